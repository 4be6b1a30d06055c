//! What the engine asks a connector to write, and what came of it.

use super::{Failure, Field, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What is done to one item; see the contract's `operation`.
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
    /// The word, as in the contract.
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
    /// The host's id of it.
    pub id: String,
    /// An idempotency key, 32 hexadecimal digits: the same at every attempt, also after a restart.
    pub key: String,
    /// What to do.
    pub operation: Operation,
    /// The kind.
    pub kind: Kind,
    /// The item to change; none for a create.
    pub target: Option<String>,
    /// The parent it has, or shall have.
    pub parent: Option<String>,
    /// The name it shall have.
    pub name: Option<String>,
    /// The key to write.
    pub stamp: Option<String>,
    /// The fields to write.
    pub fields: Vec<Field>,
    /// The values of the target's fields that the change was decided on.
    pub before: Vec<Field>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The change (or, from `settle`, the token).
    pub change: String,
    /// How it went.
    pub settlement: Settlement,
}

/// How a change went.
#[derive(Debug, Clone, PartialEq)]
pub enum Settlement {
    /// Written, with this id.
    Done(String),
    /// Being worked on; ask with this token.
    Accepted(String),
    /// Not written, as far as the connector can tell.
    Failed(Failure),
}

/// What a write call came to, and what the gate saw of it.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteReport {
    /// The outcomes, in any order, possibly too few; or why the call as a whole failed.
    pub outcomes: Result<Vec<Outcome>, Failure>,
    /// The changes in whose name a writing request left the host. A failed change
    /// that is in here is uncertain unless the vendor's reply was read; one that is
    /// not in here was certainly not written.
    pub sent: BTreeSet<String>,
    /// Of those, the ones for which some writing request got no complete reply.
    pub unanswered: BTreeSet<String>,
}
