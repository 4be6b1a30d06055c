//! The schedule: selects what is due, fairly, one process at a time.
//!
//! Decides when a verb runs; its work is in `sync` and `desk`.

pub(crate) mod fairness;
pub(crate) mod overdue;
pub(crate) mod report;
pub(crate) mod requests;
pub(crate) mod schedule;
pub(crate) mod worker;
