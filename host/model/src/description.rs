//! What a connector can do, as it declares it; see the contract's `description`.

use super::{Kind, Operation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Everything a connector can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Per kind; an absent kind cannot be touched.
    pub kinds: Vec<KindDescription>,
}

impl Description {
    /// What can be done with a kind.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> Option<&KindDescription> {
        self.kinds.iter().find(|described| described.kind == kind)
    }
}

/// What can be done with one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindDescription {
    /// The kind.
    pub kind: Kind,
    /// Which selections a read answers.
    pub reads: Reads,
    /// Which operations a write does.
    pub writes: BTreeSet<Operation>,
    /// The fields it knows.
    pub fields: Vec<FieldDescription>,
    /// The longest name, in characters.
    pub name_length: Option<u32>,
    /// Where the host's key goes.
    pub stamp: Option<StampPlace>,
    /// The most changes a write takes.
    pub changes_at_once: u32,
    /// The most ids or stamps a read takes.
    pub ids_at_once: u32,
    /// Items a page holds.
    pub page_size: u32,
    /// Calls one change costs, at most.
    pub calls_per_change: u32,
    /// Whether a write compares `Change::before` with what the vendor has.
    #[serde(default)]
    pub checks_before: bool,
}

impl KindDescription {
    /// What it says of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDescription> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Which selections a read answers.
#[expect(clippy::struct_excessive_bools, reason = "the contract's flags, one by one")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reads {
    /// All items.
    pub everything: bool,
    /// Of one parent.
    pub of_parent: bool,
    /// By id.
    pub ids: bool,
    /// Changed since a time.
    pub changed_since: bool,
    /// By part of the name.
    pub search: bool,
    /// By stamp.
    pub stamps: bool,
    /// By exact name.
    pub named: bool,
}

/// What can be done with one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDescription {
    /// Its name.
    pub name: String,
    /// Whether reads give it.
    pub readable: bool,
    /// When it can be written.
    pub writable: Writable,
    /// The longest text, in characters.
    pub length: Option<u32>,
    /// The only texts that can be written; empty when any can.
    pub values: Vec<String>,
}

/// When a field can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Writable {
    /// Never.
    Never,
    /// Only while creating.
    OnCreate,
    /// At any time.
    Always,
}

/// Where the host's key is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampPlace {
    /// The vendor's name of the field.
    pub field: String,
    /// The longest key, in characters.
    pub length: u32,
}
