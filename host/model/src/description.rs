//! The abilities of a connector, as it declares them; see the contract's `description`.

use super::{Kind, Operation};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// All abilities of a connector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// The abilities per kind. An absent kind cannot be touched.
    pub kinds: Vec<KindDescription>,
}

impl Description {
    /// Returns the abilities for a kind.
    #[must_use]
    pub fn kind(&self, kind: Kind) -> Option<&KindDescription> {
        self.kinds.iter().find(|described| described.kind == kind)
    }
}

/// The abilities for one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindDescription {
    /// The kind.
    pub kind: Kind,
    /// The selections that a read answers.
    pub reads: Reads,
    /// The operations that a write does.
    pub writes: BTreeSet<Operation>,
    /// The fields that it supports.
    pub fields: Vec<FieldDescription>,
    /// The longest name, in characters.
    pub name_length: Option<u32>,
    /// The place of the host's stamp.
    pub stamp: Option<StampPlace>,
    /// The largest number of changes in one write.
    pub changes_at_once: u32,
    /// The largest number of ids or stamps in one read.
    pub ids_at_once: u32,
    /// Number of items in a page.
    pub page_size: u32,
    /// The largest number of calls that one change costs.
    pub calls_per_change: u32,
    /// Whether a write compares `Change::before` with the vendor's values.
    #[serde(default)]
    pub checks_before: bool,
}

impl KindDescription {
    /// Returns the abilities for a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDescription> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// The selections that a read answers.
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

/// The abilities for one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDescription {
    /// The field's name.
    pub name: String,
    /// Whether reads return it.
    pub readable: bool,
    /// The times at which it can be written.
    pub writable: Writable,
    /// The longest text, in characters.
    pub length: Option<u32>,
    /// The only texts that can be written; empty if any text can.
    pub values: Vec<String>,
}

/// The times at which a field can be written.
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

/// The place of the host's stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StampPlace {
    /// The vendor's name of the field.
    pub field: String,
    /// The longest stamp, in characters.
    pub length: u32,
}
