//! Budgets: the calls that an account at a vendor may take in a sliding window.

/// Answer to a request for calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetTake {
    /// Number of calls that may go out: at least one, and no more than were wanted.
    Granted(u32),
    /// No call may go out now. Milliseconds until one is free.
    Wait(u64),
}
