//! Refusals of one call: the first of each kind is journalled at once; repetitions are counted and
//! journalled at the end. Sentences contain text that a connector chose (paths, hosts), so they are
//! truncated, and their number per call is limited.

use crate::texts::truncated;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Most sentences of a call that are journalled individually.
const SORTS: usize = 50;
/// Most bytes of a sentence.
const SENTENCE: usize = 1_024;
/// The sentence that stands for all others.
const OTHERS: &str = "further requests of this call were refused, for more reasons than are listed";

/// The refusals of one call.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<BTreeMap<String, u32>>);

/// Prepares a sentence for the journal.
pub(super) fn sentence_of(sentence: &str) -> String {
    truncated(sentence.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(), SENTENCE)
}

impl Refusals {
    /// Whether the call has not been refused for this reason before; counts it otherwise.
    pub(super) fn is_new(&self, sentence: &str) -> bool {
        let mut sorts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let full = sorts.len() >= SORTS;
        match sorts.get_mut(sentence) {
            Some(times) => *times = times.saturating_add(1),
            None if full => {
                let times = sorts.entry(OTHERS.to_owned()).or_default();
                *times = times.saturating_add(1);
            }
            None => {
                sorts.insert(sentence.to_owned(), 0);
                return true;
            }
        }
        false
    }

    /// Returns the repeated sentences with their numbers of repetitions.
    pub(super) fn repeated(&self) -> Vec<(String, u32)> {
        let sorts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sorts.iter().filter(|(_, times)| **times > 0).map(|(sentence, times)| (sentence.clone(), *times)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_counted_and_sorts_are_few() {
        let refusals = Refusals::default();
        let new = (0..1_000).filter(|n| refusals.is_new(&format!("sort {}", n % 500))).count();
        assert_eq!(new, SORTS);
        let repeated = refusals.repeated();
        assert_eq!(repeated.len(), SORTS + 1);
        assert_eq!(repeated.iter().map(|(_, times)| *times).sum::<u32>(), 1_000 - u32::try_from(SORTS).unwrap());
        assert!(sentence_of(&"a\n".repeat(10_000)).len() <= SENTENCE);
        assert_eq!(sentence_of("a\u{1b}[31mb"), "a [31mb");
    }
}
