//! Requests: what somebody wants done now, by whichever process works.
//!
//! A request has a run from the moment it is made, so that it can be followed and stopped before anything has begun.

use super::{Actor, Kind, Mode, PlanId, RunId, SyncName, Timestamp};
use serde::{Deserialize, Serialize};

/// What is wanted of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Wanted {
    /// Read both sides and make a plan.
    Plan,
    /// Plan, and apply what trust and brakes let go.
    Run,
    /// Apply what is approved of a plan.
    Apply {
        /// The plan.
        plan: PlanId,
    },
    /// Poll alerts: plan their tickets, and apply what trust lets go.
    PollAlerts,
    /// Refresh one record.
    Refresh {
        /// Its kind.
        kind: Kind,
        /// Its id at the source or at the target.
        id: String,
    },
}

impl Wanted {
    /// Returns the mode of its run.
    #[must_use]
    pub fn mode(&self) -> Mode {
        match self {
            Wanted::Plan => Mode::Plan,
            Wanted::Run | Wanted::Apply { .. } | Wanted::PollAlerts | Wanted::Refresh { .. } => Mode::Apply,
        }
    }
}

/// A request as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its run.
    pub run: RunId,
    /// The sync.
    pub sync: SyncName,
    /// What is wanted.
    pub wanted: Wanted,
    /// Who asked.
    pub actor: Actor,
    /// Time at which it was asked for.
    pub asked_at: Timestamp,
    /// Time before which it is not begun.
    pub due_at: Timestamp,
    /// Time since which a process has it.
    pub taken_at: Option<Timestamp>,
}

/// How far a run is, as others see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunState {
    /// Number of the state among those of its run, from 1.
    pub number: u64,
    /// Stage of the work: `reading`, `planning`, `recovering`, `applying`.
    pub stage: String,
    /// The connection that is read; empty for other stages.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub connection: String,
    /// The kind that is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Steps that are done.
    pub done: u64,
    /// Number of all steps; `None` if unknown.
    pub steps: Option<u64>,
}

/// What became of a wish to stop a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopOutcome {
    /// It had not begun, and will not.
    Cancelled,
    /// Its process is told, and breaks off where nothing is lost.
    Asked,
    /// It had ended already.
    Ended,
}
