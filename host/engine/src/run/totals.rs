//! Counts of an apply while it goes on, with the first failures.

use crosswalk_model::{Failure, PlannedChange, RunCounts, Said, said};
use crosswalk_store::Overtaken;

/// What a run came to so far.
#[derive(Debug, Default)]
pub(crate) struct ApplyTotals {
    pub(crate) counts: RunCounts,
    pub(crate) failures: Vec<(Said, Said)>,
    /// How many changes the vendor still works on, or wait for one that is not settled.
    pub(crate) open: u64,
    /// How many changes were done while somebody decided otherwise.
    pub(crate) overtaken: u64,
    /// Why the run ends early: going on would fail every change in the same way.
    pub(crate) stop: Option<Said>,
    /// How the vendor refused a whole batch: what follows is decided where the next one is.
    pub(crate) denied: Option<Failure>,
}

impl ApplyTotals {
    pub(crate) fn add(&mut self, other: ApplyTotals) {
        self.counts.done += other.counts.done;
        self.counts.failed += other.counts.failed;
        self.counts.stale += other.counts.stale;
        self.counts.held += other.counts.held;
        self.counts.uncertain += other.counts.uncertain;
        self.counts.writes += other.counts.writes;
        self.open += other.open;
        self.overtaken += other.overtaken;
        let room = FAILURES_TOLD.saturating_sub(self.failures.len());
        self.failures.extend(other.failures.into_iter().take(room));
        self.stop = self.stop.take().or(other.stop);
        self.denied = self.denied.take().or(other.denied);
    }

    pub(crate) fn failure(&mut self, planned: &PlannedChange, why: Said) {
        let (action, kind, name) = (planned.action, planned.kind, &planned.name);
        self.tell(said!("run-change", action, kind, name), why);
    }

    /// Counts a change that was done while somebody decided otherwise.
    pub(crate) fn overtake(&mut self, change: Overtaken) {
        self.overtaken += 1;
        self.tell(change.what.into(), change.message);
    }

    pub(crate) fn tell(&mut self, what: Said, why: Said) {
        if self.failures.len() < FAILURES_TOLD {
            self.failures.push((what, why));
        }
    }

    pub(crate) fn seen(&self) -> u64 {
        let counts = &self.counts;
        counts.done + counts.failed + counts.stale + counts.held + counts.uncertain + self.open
    }
}

/// Failures that a report names one by one.
const FAILURES_TOLD: usize = 20;
