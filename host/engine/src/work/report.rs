//! Reports on due work, for people and programs: outcome, message and next time. Running it is `schedule`'s.

use crate::error::Error;
use crosswalk_model::Said;
use serde::Serialize;

/// Age in milliseconds from which a taken job may belong to a dead process; its claim decides.
pub(crate) const LOST_MS: i64 = 60_000;

/// Outcome of a piece of due work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// Done, or nothing was to be done.
    Done,
    /// Done in part.
    Partial,
    /// Not done.
    Failed,
    /// Another process works on it: it is tried again soon.
    Skipped,
    /// Stopped on request; due again at once.
    Stopped,
}

/// Report on one piece of due work that ran.
#[derive(Debug, Clone, Serialize)]
pub struct JobReport {
    /// The tenant.
    pub tenant: String,
    /// `sync`, `alerts`, `look-up`, `prune`, or the connector's own name of a job.
    pub job: String,
    /// The sync; for a connector's job, its connection; for pruning, the tenant.
    pub of: String,
    /// Time it began: RFC 3339.
    pub began_at: String,
    /// Duration in milliseconds.
    pub took_ms: i64,
    /// The outcome.
    pub outcome: JobOutcome,
    /// Description of the outcome.
    pub message: Said,
    /// Number of times in a row it failed, was skipped, or was done in part.
    pub failures: u32,
    /// Time it is due next: RFC 3339; `None` if it does not recur, or if a look-up left no uncertain write open.
    pub next_at: Option<String>,
}

/// Message of an error, with its hint.
pub(crate) fn in_words(error: &Error) -> Said {
    Said::several([error.said(), error.hint()])
}
