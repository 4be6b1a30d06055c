//! Brakes by name: what holds a change until a person lets it go, or something else changes.
//!
//! The limits are decided in the engine; here are the names, which a release, a stored plan and a file have.

/// What can hold a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Brake {
    /// The kind is only previewed.
    Preview,
    /// All of a kind, until a whole plan of it was let go.
    FirstRun,
    /// Many leave use.
    Deactivations,
    /// Many are updated.
    Updates,
    /// Many are new.
    Creates,
    /// Records become other machines or customers.
    Identity,
    /// A quantity moves far, or falls.
    Quantity,
    /// A quantity falls to zero.
    Zero,
    /// Somebody changed a quantity in the PSA.
    Edited,
    /// A line was billed elsewhere until now.
    Moved,
    /// A line had another number before this sync had it.
    Takeover,
    /// Others add up to a line than before.
    Parts,
    /// Many units leave over the whole sync.
    Falls,
    /// Many units come over the whole sync.
    Rises,
    /// A day on which a quantity cannot hold.
    Dates,
    /// A customer that is linked to nothing.
    Unmapped,
    /// An account that is not in use in the target.
    OutOfUse,
}

impl Brake {
    /// All of them.
    pub const ALL: [Brake; 17] = [
        Brake::Preview,
        Brake::FirstRun,
        Brake::Deactivations,
        Brake::Updates,
        Brake::Creates,
        Brake::Identity,
        Brake::Quantity,
        Brake::Zero,
        Brake::Edited,
        Brake::Moved,
        Brake::Takeover,
        Brake::Parts,
        Brake::Falls,
        Brake::Rises,
        Brake::Dates,
        Brake::Unmapped,
        Brake::OutOfUse,
    ];

    /// The word, as people and the database have it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Brake::Preview => "preview",
            Brake::FirstRun => "first-run",
            Brake::Deactivations => "deactivations",
            Brake::Updates => "updates",
            Brake::Creates => "creates",
            Brake::Identity => "identity",
            Brake::Quantity => "quantity",
            Brake::Zero => "zero",
            Brake::Edited => "edited",
            Brake::Moved => "moved",
            Brake::Takeover => "takeover",
            Brake::Parts => "parts",
            Brake::Falls => "falls",
            Brake::Rises => "rises",
            Brake::Dates => "dates",
            Brake::Unmapped => "unmapped",
            Brake::OutOfUse => "out-of-use",
        }
    }

    /// Whether an operator can let go what it holds. A preview wants more trust, a day that is wrong another
    /// one, an unmapped alert a customer, and what is not in use another account.
    #[must_use]
    pub fn can_release(self) -> bool {
        !matches!(self, Brake::Preview | Brake::Dates | Brake::Unmapped | Brake::OutOfUse)
    }
}
