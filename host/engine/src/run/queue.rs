//! The changes of one kind and action of a plan that are still to be called, and the records that are at work.
//!
//! Batches overlap: while one is at the vendor the next is prepared. Two changes of one record never do, as the second
//! rests on what the first made of it and of its link. Whether a change is still right is `resolve`'s to say.

use super::batch::{Batch, Prepared};
use crosswalk_model::PlannedChange;
use std::collections::{HashSet, VecDeque};
use xxhash_rust::xxh3::xxh3_64;

/// A record of the queue's kind, as a digest: where two had one, they would only wait for each other.
pub(crate) type Mark = u64;

/// What is still to be called.
#[derive(Default)]
pub(crate) struct Queue {
    /// The sequence of the last change that was taken from the plan.
    pub(crate) after: u32,
    /// Whether the plan has no more of them.
    pub(crate) ended: bool,
    /// Changes that are worth another try.
    pub(crate) again: VecDeque<Prepared>,
    /// Changes of records that are at work: each is resolved once what was before it is settled.
    pub(crate) later: Vec<PlannedChange>,
    /// The records of batches under way.
    pub(crate) at_work: HashSet<Mark>,
    /// Of these, the records of which nothing is left to be done but to store it.
    pub(crate) settled: HashSet<Mark>,
    /// How many changes in a row the vendor refused, in whole batches.
    pub(crate) refused: usize,
    /// Whether the vendor was asked since whether the login stands, and it does.
    pub(crate) login_stands: bool,
}

impl Queue {
    /// Nothing more of it is called.
    pub(crate) fn end(&mut self) {
        self.ended = true;
        self.again.clear();
        self.later.clear();
    }

    /// Lets the records go whose outcomes are stored.
    pub(crate) fn release(&mut self) {
        let settled = std::mem::take(&mut self.settled);
        self.at_work.retain(|record| !settled.contains(record));
    }

    /// Takes out what can go now, one change of a record; the rest comes later.
    pub(crate) fn apart(&mut self, changes: Vec<PlannedChange>, most: usize) -> Vec<PlannedChange> {
        // What is to come of a record comes in its order.
        let mut taken: HashSet<Mark> = self.later.iter().map(mark).collect();
        let mut free = Vec::with_capacity(changes.len());
        for change in changes {
            let record = mark(&change);
            if free.len() < most && taken.insert(record) && !self.at_work.contains(&record) {
                free.push(change);
            } else {
                self.later.push(change);
            }
        }
        free
    }
}

pub(crate) fn mark(change: &PlannedChange) -> Mark {
    xxh3_64(change.known_by().as_bytes())
}

pub(crate) fn marks(batch: &Batch) -> impl Iterator<Item = Mark> + '_ {
    batch.changes.iter().map(|prepared| mark(&prepared.planned))
}
