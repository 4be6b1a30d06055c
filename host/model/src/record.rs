//! A record (one thing of a kind, as a vendor has it), questions about records, and pages of them.

use super::{Failure, Field, Kind, Timestamp, Value};
use serde::{Deserialize, Serialize};

/// One thing of a kind, as a vendor has it. The kind is told by where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The vendor's id.
    pub id: String,
    /// The vendor's id of what it belongs to.
    pub parent: Option<String>,
    /// What a person calls it.
    pub name: String,
    /// The key this host wrote into it, if any.
    pub stamp: Option<String>,
    /// Everything else; a name appears at most once.
    pub fields: Vec<Field>,
}

impl Record {
    /// The value of a field; none when the vendor told nothing about it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// The text of a field, trimmed; none when absent, blank or no text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_text)
    }

    /// Whether it is in use: the field `active`, or yes when the vendor tells nothing.
    #[must_use]
    pub fn active(&self) -> bool {
        self.field("active") != Some(&Value::Boolean(false))
    }
}

/// Which items are asked for; see the contract's `selection`.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// All of them.
    Everything,
    /// Those of a parent.
    OfParent(String),
    /// These ids.
    Ids(Vec<String>),
    /// Created or changed at or after.
    ChangedSince(Timestamp),
    /// Name contains.
    Search(String),
    /// Carrying one of these stamps.
    Stamps(Vec<String>),
    /// With this name as the vendor keeps it, within a parent.
    Named {
        /// The parent, where the kind has one.
        parent: Option<String>,
        /// The name.
        name: String,
    },
}

/// A question to a connector.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The kind.
    pub kind: Kind,
    /// Which of them.
    pub selection: Selection,
}

/// One page of a walk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The items.
    pub items: Vec<Record>,
    /// Where the next page starts.
    pub next: Option<String>,
    /// The number of rows of the whole walk, as the vendor counts them.
    pub total: Option<u64>,
    /// The number of rows of this page that count in the total and are no items.
    pub left_out: u64,
    /// The periods a read of usage covers.
    pub periods: Vec<Period>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// What the host set aside or repaired with a loss: the first of a page.
    pub flaws: Vec<Flaw>,
    /// The number of such flaws.
    pub flaws_total: u64,
}

/// Something wrong with one record of a page, which was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// The record's id, cut.
    pub id: String,
    /// Its name, cut.
    pub name: String,
    /// What is wrong and what was done, as a clause.
    pub what: String,
}

/// A period that a read of usage covers, whether or not a row of it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// The month, `2026-10`.
    pub name: String,
    /// Whether counts are billed from it.
    pub decides: bool,
}

/// A part of a walk that could not be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The parent whose items are missing.
    pub parent: Option<String>,
    /// The one item that could not be read whole; `None` when all of the parent's are affected.
    pub item: Option<String>,
    /// Why.
    pub cause: Failure,
}
