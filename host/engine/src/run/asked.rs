//! What the target returned before a create: data, kept for one apply.

use crosswalk_model::{Kind, Record, Said, Side};
use std::collections::{HashMap, HashSet};
use tokio::sync::Mutex;

/// What was asked in one application of a plan: per kind and side the records that are new or another than they
/// were, and the accounts that were asked for (none where all were).
#[derive(Default)]
pub(crate) struct Asked(pub(crate) Mutex<HashMap<(Kind, Side), Known>>);

#[derive(Default)]
pub(crate) struct Known {
    /// Everything was asked for, or is known well enough.
    pub(crate) all: bool,
    pub(crate) accounts: HashSet<String>,
    pub(crate) new: Vec<Record>,
    pub(crate) unsure: Vec<Unsure>,
}

/// What could not be asked: anything new may be there.
pub(crate) struct Unsure {
    /// In this account; in any where there is none.
    pub(crate) account: Option<String>,
    /// Of this name; of any where there is none.
    pub(crate) name: Option<String>,
    pub(crate) why: Said,
}

/// Why changes wait, by their sequence: they stay as they are, and the rest goes on.
pub(crate) type Waits = HashMap<u32, Said>;
