//! Progress of long work: its stages, and the trait that receives them. Displays nothing itself.

use crosswalk_model::Kind;

/// A stage of work.
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

impl Stage {
    /// The word of the stage.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Stage::Reading { .. } => "reading",
            Stage::Planning => "planning",
            Stage::Recovering => "recovering",
            Stage::Applying => "applying",
        }
    }
}

/// Receiver of progress. Called often: must return fast.
pub trait Progress: Send + Sync {
    /// A stage begins; `steps` is the total, `None` if unknown.
    fn begin(&self, stage: Stage, steps: Option<u64>);
    /// `done` steps of a stage are complete, counted from its beginning; `steps` is the total, `None` if unknown.
    fn at(&self, stage: &Stage, done: u64, steps: Option<u64>);
    /// A stage ended.
    fn end(&self, stage: &Stage);
}

/// Discards all progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _: Stage, _: Option<u64>) {}
    fn at(&self, _: &Stage, _: u64, _: Option<u64>) {}
    fn end(&self, _: &Stage) {}
}
