//! How a thing that was due went, for people and programs.

use crate::error::Error;
use serde::Serialize;

/// A job that was taken this long ago may belong to a dead process: its claim tells.
pub(crate) const LOST_MS: i64 = 60_000;

/// How a thing that was due went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobOutcome {
    /// Done, or nothing was to be done.
    Done,
    /// Done in part.
    Partial,
    /// Not done.
    Failed,
    /// Somebody else works on it: it is tried again soon.
    Skipped,
    /// Stopped on request; due again at once.
    Stopped,
}

/// One thing that was done because it was due.
#[derive(Debug, Clone, Serialize)]
pub struct JobReport {
    /// Whose.
    pub tenant: String,
    /// `sync`, `alerts`, `look-up`, `prune`, or the connector's own name of a job.
    pub job: String,
    /// The sync; for a connector's job, its connection; for pruning, the tenant.
    pub of: String,
    /// When it was begun: RFC 3339.
    pub began_at: String,
    /// How long it took.
    pub took_ms: i64,
    /// How it went.
    pub outcome: JobOutcome,
    /// In words.
    pub message: String,
    /// How often in a row it failed, was skipped, or got only a part.
    pub failures: u32,
    /// When it is due next: RFC 3339.
    pub next_at: Option<String>,
}

/// What happened, and what to do about it.
pub(crate) fn in_words(error: &Error) -> String {
    if error.hint().is_empty() { error.to_string() } else { format!("{error}; {}", error.hint()) }
}
