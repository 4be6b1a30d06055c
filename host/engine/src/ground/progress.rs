//! Telling of long work while it goes on.

use crosswalk_model::Kind;

/// What is being done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Reading records of a kind from a connection.
    Reading {
        /// The connection.
        connection: String,
        /// The kind.
        kind: Kind,
    },
    /// Matching and planning, customer by customer.
    Planning,
    /// Looking up writes of an interrupted run.
    Recovering,
    /// Writing changes.
    Applying,
}

/// Somebody who wants to know how far it is. Called often: be quick.
pub trait Progress: Send + Sync {
    /// A stage begins, with so many steps if that is known.
    fn begin(&self, stage: Stage, steps: Option<u64>);
    /// So many steps of a stage are done, in all, out of so many if that is known.
    fn at(&self, stage: &Stage, done: u64, steps: Option<u64>);
    /// A stage ended.
    fn end(&self, stage: &Stage);
}

/// Nobody wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: Stage, _: Option<u64>) {}
    fn at(&self, _: &Stage, _: u64, _: Option<u64>) {}
    fn end(&self, _: &Stage) {}
}
