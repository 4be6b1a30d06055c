//! All problems of an operator's settings or grants, reported together: one sentence each, ordered
//! by name.

use std::fmt;

/// Problems of things of one sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    sort: &'static str,
    sentences: Vec<String>,
}

impl Problems {
    /// An empty list for things of this sort (`setting`).
    pub(super) fn of(sort: &'static str) -> Self {
        Self { sort, sentences: Vec::new() }
    }

    /// Adds a problem and its remedy, as the rest of a sentence.
    pub(super) fn add(&mut self, name: &str, why: impl fmt::Display) {
        self.sentences.push(format!("{} `{name}` {why}", self.sort));
    }

    /// Returns the value if there is no problem.
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
