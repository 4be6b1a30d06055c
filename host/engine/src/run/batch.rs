//! Changes that go out together: resolved, ready to be called.

use crosswalk_model::{Action, Change, Kind, Link, PlannedChange, Timestamp};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A change with everything resolved, ready to be called.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) planned: PlannedChange,
    /// What is sent; none for a link, which is only recorded.
    pub(crate) change: Option<Change>,
    pub(crate) link: Option<Link>,
    pub(crate) tries: u32,
}

/// Changes of one kind and action that go out in one call.
pub(crate) struct Batch {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) action: Action,
    pub(crate) changes: Vec<Prepared>,
    pub(crate) intended_at: Timestamp,
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The record that a change is about, as it is known while it is not done.
pub(crate) fn record_of(planned: &PlannedChange) -> (Kind, String) {
    (planned.kind, planned.known_by().to_owned())
}

/// How often a change is tried in one run.
pub(crate) const TRIES: u32 = 3;
