//! What is kept how long. The operator's, in days; plain data.
//!
//! What is under way, what is newest and what is linked is kept whatever these say.

const DAY_MS: i64 = 24 * 3_600_000;

/// How long what is kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Plans and their changes, after they were made and after a run wrote anything of them: for as
    /// long a run can be undone. Ended reads too.
    pub plans_days: u32,
    /// Runs.
    pub runs_days: u32,
    /// The journal, without what it says of usage.
    pub journal_days: u32,
    /// What was counted, and what the journal says of usage: invoices are defended with it.
    pub usage_days: u32,
    /// Records that their vendor has no more and no link leads from or to.
    pub gone_days: u32,
    /// Alerts that are gone, with tickets that are closed, and the links between them.
    pub tickets_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { plans_days: 90, runs_days: 400, journal_days: 400, usage_days: 3653, gone_days: 90, tickets_days: 90 }
    }
}

impl Retention {
    /// So many days, in milliseconds.
    #[must_use]
    pub fn ms(days: u32) -> i64 {
        i64::from(days) * DAY_MS
    }
}
