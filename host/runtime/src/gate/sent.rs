//! What of a batch of changes went out, as the gate saw it. The guest is not asked.
//!
//! A request is counted when it is about to leave, before anything is known of its
//! fate, so that a call which is cut short leaves the truth behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// The writing requests of one `write` call, by change.
#[derive(Debug, Default)]
pub(crate) struct SentBook(Mutex<BTreeMap<String, Counts>>);

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    started: u32,
    never_left: u32,
    answered: u32,
}

/// How a writing request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The connection never came about: nothing left.
    NeverLeft,
    /// A complete reply was read.
    Answered,
}

impl SentBook {
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
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match book.get_mut(change) {
            Some(counts) => count(counts),
            None => count(book.entry(change.to_owned()).or_default()),
        }
    }

    /// The changes of which something left, and of those the ones with something unanswered.
    pub(crate) fn report(&self) -> (BTreeSet<String>, BTreeSet<String>) {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let names = |which: fn(&Counts) -> bool| {
            book.iter().filter(|(_, counts)| which(counts)).map(|(change, _)| change.clone()).collect()
        };
        (names(|c| c.started > c.never_left), names(|c| c.started > c.never_left + c.answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_left_and_what_was_answered_are_told_apart() {
        let book = SentBook::default();
        for (change, fate) in [("done", Some(Fate::Answered)), ("refused", Some(Fate::NeverLeft)), ("lost", None)] {
            book.started(change);
            if let Some(fate) = fate {
                book.ended(change, fate);
            }
        }
        book.started("half");
        book.ended("half", Fate::Answered);
        book.started("half");
        let (sent, unanswered) = book.report();
        assert_eq!(sent.iter().collect::<Vec<_>>(), ["done", "half", "lost"]);
        assert_eq!(unanswered.iter().collect::<Vec<_>>(), ["half", "lost"]);
    }
}
