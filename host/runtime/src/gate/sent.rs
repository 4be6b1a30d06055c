//! The writes of a batch of changes that went out, as the gate saw them; the guest is not asked.
//!
//! A request is counted just before it leaves, so an interrupted call leaves an accurate count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The writing requests of one `write` call, by change.
#[derive(Debug, Default)]
pub(crate) struct SentWrites(Mutex<BTreeMap<String, Counts>>);

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    started: u32,
    never_left: u32,
    answered: u32,
}

/// The end of a writing request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// No connection was made: nothing was sent.
    NeverLeft,
    /// A complete reply was read.
    Answered,
}

impl SentWrites {
    pub(super) fn started(&self, change: &str) {
        self.with(change, |counts| counts.started += 1);
    }

    pub(super) fn ended(&self, change: &str, fate: Fate) {
        self.with(change, |counts| match fate {
            Fate::NeverLeft => counts.never_left += 1,
            Fate::Answered => counts.answered += 1,
        });
    }

    fn with(&self, change: &str, count: impl FnOnce(&mut Counts)) {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match writes.get_mut(change) {
            Some(counts) => count(counts),
            None => count(writes.entry(change.to_owned()).or_default()),
        }
    }

    /// Returns the changes with a request sent and, of those, the ones with a request unanswered.
    pub(crate) fn report(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names = |which: fn(&Counts) -> bool| {
            writes.iter().filter(|(_, counts)| which(counts)).map(|(change, _)| change.clone()).collect()
        };
        (names(|c| c.started > c.never_left), names(|c| c.started > c.never_left + c.answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_and_what_was_answered_are_told_apart() {
        let writes = SentWrites::default();
        for (change, fate) in [("done", Some(Fate::Answered)), ("refused", Some(Fate::NeverLeft)), ("lost", None)] {
            writes.started(change);
            if let Some(fate) = fate {
                writes.ended(change, fate);
            }
        }
        writes.started("half");
        writes.ended("half", Fate::Answered);
        writes.started("half");
        let (sent, unanswered) = writes.report();
        assert_eq!(sent.iter().collect::<Vec<_>>(), ["done", "half", "lost"]);
        assert_eq!(unanswered.iter().collect::<Vec<_>>(), ["half", "lost"]);
    }
}
