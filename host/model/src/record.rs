//! Records (one thing of a kind, as a vendor has it), queries for records, and pages of them.

use super::{Failure, Field, Kind, Timestamp, Value};
use serde::{Deserialize, Serialize};

/// One thing of a kind, as a vendor has it. Where it is stored or passed determines the kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The vendor's id.
    pub id: String,
    /// The vendor's id of its parent.
    pub parent: Option<String>,
    /// The name that people use.
    pub name: String,
    /// The key this host wrote into it, if any.
    pub stamp: Option<String>,
    /// All other values. A name appears at most once.
    pub fields: Vec<Field>,
}

impl Record {
    /// Returns the value of a field; `None` if the vendor sent nothing about it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }

    /// Returns the text of a field, trimmed; `None` if it is absent, blank or not a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name).and_then(Value::as_text)
    }

    /// Whether the record is in use: the field `active`, or yes if the vendor sent nothing.
    #[must_use]
    pub fn active(&self) -> bool {
        self.field("active") != Some(&Value::Boolean(false))
    }
}

/// Selects items; see the contract's `selection`.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// All of them.
    Everything,
    /// Items of a parent.
    OfParent(String),
    /// Items with these ids.
    Ids(Vec<String>),
    /// Items that were created or changed at this time or later.
    ChangedSince(Timestamp),
    /// Items whose name contains this text.
    Search(String),
    /// Items with one of these stamps.
    Stamps(Vec<String>),
    /// Items with this name, as the vendor stores it, within a parent.
    Named {
        /// The parent, if the kind has one.
        parent: Option<String>,
        /// The name.
        name: String,
    },
}

/// A query for a connector.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The kind.
    pub kind: Kind,
    /// The selection.
    pub selection: Selection,
}

/// One page of a walk.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page {
    /// The items.
    pub items: Vec<Record>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Number of rows of the whole walk, as the vendor counts them.
    pub total: Option<u64>,
    /// Number of rows of this page that count in the total and are not items.
    pub left_out: u64,
    /// The periods that a read of usage covers.
    pub periods: Vec<Period>,
    /// The parts that could not be read.
    pub gaps: Vec<Gap>,
    /// What the host set aside or repaired with a loss, up to a number per page.
    pub flaws: Vec<Flaw>,
    /// Number of such flaws.
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
    /// The one item that could not be read whole; `None` if all items of the parent are affected.
    pub item: Option<String>,
    /// The reason.
    pub cause: Failure,
}
