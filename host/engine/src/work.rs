//! The schedule: what is due, taken fairly, one process at a time.
//!
//! Decides when a verb runs; what it does is `sync`'s and `desk`'s.

pub(crate) mod fairness;
pub(crate) mod overdue;
pub(crate) mod report;
pub(crate) mod schedule;
pub(crate) mod worker;
