//! Writes: what the engine asks a connector to write, and the outcomes.

use super::{Failure, Field, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The operation on one item; see the contract's `operation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Make a new item.
    Create,
    /// Write the given fields.
    Update,
    /// Give it another parent.
    Move,
    /// Take it out of use.
    Deactivate,
    /// Put it back in use.
    Reactivate,
}

impl Operation {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Move => "move",
            Operation::Deactivate => "deactivate",
            Operation::Reactivate => "reactivate",
        }
    }
}

/// One write, with every reference resolved to ids of the target system.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The host's id of the change.
    pub id: String,
    /// The idempotency key, 32 hexadecimal digits. It is the same at every attempt, also after a restart.
    pub key: String,
    /// The operation.
    pub operation: Operation,
    /// The kind.
    pub kind: Kind,
    /// The item to change; `None` for a create.
    pub target: Option<String>,
    /// The parent that the item has, or is to have.
    pub parent: Option<String>,
    /// The name that the item is to have.
    pub name: Option<String>,
    /// The stamp to write.
    pub stamp: Option<String>,
    /// The fields to write.
    pub fields: Vec<Field>,
    /// The values of the target's fields that the change was decided on.
    pub before: Vec<Field>,
}

/// The outcome of one change.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The change, or the token in a reply to `settle`.
    pub change: String,
    /// The result.
    pub settlement: Settlement,
}

/// The result of a change.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// Written, with this id.
    Done(String),
    /// In progress. The token asks for the result later.
    Accepted(String),
    /// Not written, as far as the connector can tell.
    Failed(Failure),
}

/// The result of a write call, and what the gate saw of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteReport {
    /// The outcomes, in any order and possibly too few; or the reason why the call as a whole failed.
    pub outcomes: Result<Vec<Outcome>, Failure>,
    /// The changes for which a writing request left the host. A failed change in this set is uncertain unless the
    /// vendor's reply was read. One outside this set was certainly not written.
    pub sent: BTreeSet<String>,
    /// The changes among them for which some writing request got no complete reply.
    pub unanswered: BTreeSet<String>,
}
