//! Results of matching: a decision for each source record.

use crosswalk_model::{Candidate, Decider, Said};

/// Which source record a target record is linked to already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// One that is there, by its id.
    Present(String),
    /// One that complete reads miss, by its id.
    Gone(String),
}

/// What is known about one source record.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The source record's id.
    pub source: String,
    /// What follows.
    pub decision: Decision,
}

/// What follows for a source record. All but [`Decision::Linked`] and
/// [`Decision::Create`], which become changes of the plan, only say where its link stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Its link stands as it is: linked and there, excluded, or as an operator left it.
    Keep,
    /// This is the record: to be linked.
    Linked {
        /// The target record's id.
        target: String,
        /// The rule that decided.
        by: Decider,
        /// Why, in words.
        reason: Said,
    },
    /// A person should say yes or no.
    Proposed {
        /// Best first.
        candidates: Vec<Candidate>,
        /// Why, in words.
        reason: Said,
    },
    /// A person must choose.
    Conflict {
        /// Best first; empty when the source itself has it twice and the target not at all.
        candidates: Vec<Candidate>,
        /// Why, in words.
        reason: Said,
    },
    /// Nothing in the target is like it: to be created.
    Create {
        /// Why, in words.
        reason: Said,
    },
    /// Nothing was found, and it is not to be created.
    Unmapped {
        /// Why, in words.
        reason: Said,
    },
    /// The target record it is linked to is gone. It is never made again by itself.
    Broken {
        /// Why, in words.
        reason: Said,
    },
}
