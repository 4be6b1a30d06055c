//! Retention periods, in days, set by the operator. Plain data.
//!
//! What is in progress, newest or linked is kept regardless.

const DAY_MS: i64 = 24 * 3_600_000;

/// The periods, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Plans and their changes, after they were made and after a run last wrote anything of them: as long as a run can
    /// be undone. Also ended reads.
    pub plans_days: u32,
    /// Runs.
    pub runs_days: u32,
    /// The journal, except its entries about usage.
    pub journal_days: u32,
    /// Counts, and the journal's entries about usage, which defend invoices.
    pub usage_days: u32,
    /// Records that are gone at their vendor and that no link leads from or to.
    pub gone_days: u32,
    /// Alerts that are gone, with closed tickets, and the links between them.
    pub tickets_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { plans_days: 90, runs_days: 400, journal_days: 400, usage_days: 3653, gone_days: 90, tickets_days: 90 }
    }
}

impl Retention {
    /// Converts days to milliseconds.
    #[must_use]
    pub fn ms(days: u32) -> i64 {
        i64::from(days) * DAY_MS
    }
}
