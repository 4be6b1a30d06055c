//! A run: one execution of a sync, and how it ended.

use super::{Failure, Flaw, Kind, Period, PlanId, RunId, SyncName, Timestamp};
use serde::{Deserialize, Serialize};

/// What a call may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Only read.
    Plan,
    /// Write, in the name of changes of its batch.
    Apply,
}

/// One execution of a sync.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// Of which sync.
    pub sync: SyncName,
    /// Whether it only plans.
    pub mode: Mode,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How it stands.
    pub status: RunStatus,
    /// The plan it made or applied.
    pub plan: Option<PlanId>,
    /// What it read, matched and wrote.
    pub counts: RunCounts,
    /// What went wrong, in short; the journal has each case.
    pub message: String,
}

/// What the message of a run says that was stopped on request.
pub const STOPPED: &str = "stopped on request: the next run goes on from there";

impl Run {
    /// Whether it was stopped on request before its end.
    #[must_use]
    pub fn was_stopped(&self) -> bool {
        self.status == RunStatus::Partial && self.message == STOPPED
    }
}

/// How a run stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// Under way, or its process died.
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
}

impl RunStatus {
    /// The word, as people and the database have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Succeeded => "succeeded",
            RunStatus::Partial => "partial",
            RunStatus::Failed => "failed",
            RunStatus::Held => "held",
            RunStatus::NothingToDo => "nothing-to-do",
        }
    }
}

/// What a run read, matched and wrote.
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
    /// Changes that may have been written, and are looked up later.
    pub uncertain: u64,
    /// Changes a brake holds.
    pub held: u64,
    /// Write requests that left the host.
    pub writes: u64,
}

/// What one read of a kind came to: failed, partial, empty and full are different.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadReport {
    /// The kind.
    pub kind: Kind,
    /// The number of distinct records.
    pub records: u64,
    /// Whether it went unfiltered to the end, with every row accounted for and without gaps.
    pub complete: bool,
    /// Whether it is complete but for gaps that name what is missing.
    pub walked: bool,
    /// Why it ended early, if it did.
    pub failure: Option<Failure>,
    /// Why it does not count as read to the end, where nothing failed.
    pub flaw: Option<ReadFlaw>,
    /// Parents that could not be read, with why.
    pub gaps: Vec<(Option<String>, Failure)>,
    /// The first records that could not be read whole: id, name where it is known, and why.
    pub unread: Vec<(String, Failure)>,
    /// The number of records that could not be read whole.
    pub unread_total: u64,
    /// The periods a read of usage covers.
    pub periods: Vec<Period>,
    /// The first things that were wrong with records and set aside.
    pub flaws: Vec<Flaw>,
    /// The number of them.
    pub flaws_total: u64,
}

/// Why a walk that came to its end is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadFlaw {
    /// The vendor's total changed on the way.
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
    /// The vendor gives no total, and far fewer records came than the time before.
    Dropped {
        /// The records of the last read.
        before: u64,
        /// The records of this one.
        came: u64,
    },
}
