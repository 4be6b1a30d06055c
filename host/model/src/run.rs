//! Runs: the executions of a sync, and how they ended.

use super::{Actor, Failure, Flaw, Kind, Period, PlanId, RunId, Said, SyncName, Timestamp};
use serde::{Deserialize, Serialize};

/// The mode of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Only read.
    Plan,
    /// Read, and write for changes of its batch.
    Apply,
}

/// One execution of a sync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// The id.
    pub id: RunId,
    /// The sync.
    pub sync: SyncName,
    /// The mode.
    pub mode: Mode,
    /// Who began it; `None` for one of an earlier version.
    pub actor: Option<Actor>,
    /// Time of the beginning.
    pub started_at: Timestamp,
    /// Time of the end.
    pub ended_at: Option<Timestamp>,
    /// The status.
    pub status: RunStatus,
    /// The plan it made or applied.
    pub plan: Option<PlanId>,
    /// The numbers of records and changes.
    pub counts: RunCounts,
    /// A summary of what went wrong. The journal has each case.
    pub message: Said,
}

/// The code of the message of a run that was stopped on request.
pub const STOPPED: &str = "run-stopped";

impl Run {
    /// Whether it was stopped on request before its end.
    #[must_use]
    pub fn was_stopped(&self) -> bool {
        self.status == RunStatus::Partial && self.message.code() == Some(STOPPED)
    }
}

/// The status of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Asked for, and not begun.
    Queued,
    /// In progress, or its process died.
    Running,
    /// Everything was done.
    Succeeded,
    /// Some customers or records failed.
    Partial,
    /// Nothing could be done.
    Failed,
    /// Brakes hold all that is left to do.
    Held,
    /// There was nothing to do.
    NothingToDo,
    /// Stopped before it began.
    Cancelled,
}

impl RunStatus {
    /// The word for people and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Queued => "queued",
            RunStatus::Running => "running",
            RunStatus::Succeeded => "succeeded",
            RunStatus::Partial => "partial",
            RunStatus::Failed => "failed",
            RunStatus::Held => "held",
            RunStatus::NothingToDo => "nothing-to-do",
            RunStatus::Cancelled => "cancelled",
        }
    }
}

/// Numbers of records and changes of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunCounts {
    /// Records read from the source.
    pub source_read: u64,
    /// Records read from the target.
    pub target_read: u64,
    /// Changes planned.
    pub planned: u64,
    /// Changes done.
    pub done: u64,
    /// Changes that failed.
    pub failed: u64,
    /// Changes refused as stale.
    pub stale: u64,
    /// Changes that may have been written and will be looked up.
    pub uncertain: u64,
    /// Changes a brake holds.
    pub held: u64,
    /// Write requests that left the host.
    pub writes: u64,
}

/// The result of one read of a kind. Failed, partial, empty and full differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadReport {
    /// The kind.
    pub kind: Kind,
    /// Number of distinct records.
    pub records: u64,
    /// Whether it went to the end without a filter, with every row accounted for and without gaps.
    pub complete: bool,
    /// Whether it is complete except for gaps that name what is missing.
    pub walked: bool,
    /// The failure that ended it early.
    pub failure: Option<Failure>,
    /// The reason why it does not count as read to the end, if nothing failed.
    pub flaw: Option<ReadFlaw>,
    /// Parents that could not be read, each with the reason.
    pub gaps: Vec<(Option<String>, Failure)>,
    /// The first records that could not be read whole: id, name if known, and reason.
    pub unread: Vec<(String, Failure)>,
    /// Number of records that could not be read whole.
    pub unread_total: u64,
    /// The periods that a read of usage covers.
    pub periods: Vec<Period>,
    /// The first flaws of records that were set aside.
    pub flaws: Vec<Flaw>,
    /// Number of flaws.
    pub flaws_total: u64,
}

/// The reason why a walk that reached its end is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadFlaw {
    /// The vendor's total changed during the walk.
    Moved {
        /// The total before.
        before: u64,
        /// The total after.
        after: u64,
    },
    /// Fewer rows came than the vendor's total.
    Short {
        /// The total.
        told: u64,
        /// The rows.
        came: u64,
    },
    /// The vendor sends no total, and far fewer records came than the time before.
    Dropped {
        /// Number of records in the last read.
        before: u64,
        /// Number of records in this one.
        came: u64,
    },
}
