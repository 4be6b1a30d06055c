//! What a vendor holds, behind a lock, and for the fault `stale-reads` what it held before its last writes.
//!
//! A write keeps the state as it was; a read within the fault's time answers from the oldest state still kept. Writes that
//! follow each other closely share one, which then lives a little longer: a read is never fresher than the fault says.
//! Leaves alone: what tests change by hand, which is seen at once.

use std::collections::VecDeque;

use parking_lot::{MappedMutexGuard, Mutex, MutexGuard};

use crate::clock::now_ms;
use crate::faults::Faults;
use crate::server::Call;

/// A state behind a lock.
#[derive(Debug)]
pub(crate) struct Held<S> {
    now: Mutex<S>,
    before: Mutex<VecDeque<Before<S>>>,
}

/// A state as it was before writes.
#[derive(Debug)]
struct Before<S> {
    state: S,
    /// When it was kept, and when it is forgotten: unix milliseconds.
    since: i64,
    until: i64,
}

impl<S: Clone> Held<S> {
    pub(crate) fn new(state: S) -> Self {
        Held { now: Mutex::new(state), before: Mutex::default() }
    }

    /// The state as it is.
    pub(crate) fn lock(&self) -> MappedMutexGuard<'_, S> {
        MutexGuard::map(self.now.lock(), |state| state)
    }

    /// The state that a call is answered from.
    pub(crate) fn for_call(&self, call: &Call, faults: &Faults) -> MappedMutexGuard<'_, S> {
        let Some(ms) = faults.stale_ms().and_then(|ms| i64::try_from(ms).ok()) else { return self.lock() };
        let at = now_ms();
        let mut before = self.before.lock();
        while before.front().is_some_and(|old| old.until <= at) {
            before.pop_front();
        }
        if call.write {
            let state = self.lock();
            match before.back_mut() {
                Some(last) if at - last.since < ms / 8 => last.until = at + ms,
                _ => before.push_back(Before { state: state.clone(), since: at, until: at + ms }),
            }
            return state;
        }
        if before.is_empty() || !faults.strikes("stale-reads", call.path(), false) {
            return self.lock();
        }
        MutexGuard::map(before, |before| &mut before[0].state)
    }
}
