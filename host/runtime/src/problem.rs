//! All that is wrong with what an operator set or granted, told at once: one sentence
//! each, in the order of the names.

use std::fmt;

/// Sentences about things of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    sort: &'static str,
    sentences: Vec<String>,
}

impl Problems {
    /// None yet, about this sort of things (`setting`).
    pub(super) fn of(sort: &'static str) -> Self {
        Self { sort, sentences: Vec::new() }
    }

    /// Adds what is wrong with a thing, and what to write, as the rest of a sentence.
    pub(super) fn add(&mut self, name: &str, why: impl fmt::Display) {
        self.sentences.push(format!("{} `{name}` {why}", self.sort));
    }

    /// The value, when there is no problem.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.sentences.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The sentences, at least one.
    #[must_use]
    pub fn sentences(&self) -> &[String] {
        &self.sentences
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentences.join("; "))
    }
}

impl std::error::Error for Problems {}
