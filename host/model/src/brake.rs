//! Brakes: names of what holds a change until a person releases it, or something else changes.
//!
//! The limits are decided in the engine. Releases, stored plans and files use these names.

/// A reason for holding a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Brake {
    /// The kind is only previewed.
    Preview,
    /// All of a kind, until a whole plan of it was let go.
    FirstRun,
    /// Many records leave use.
    Deactivations,
    /// Many records are updated.
    Updates,
    /// Many records are new.
    Creates,
    /// Records become other machines or customers.
    Identity,
    /// A quantity moves far, or falls.
    Quantity,
    /// A quantity falls to zero.
    Zero,
    /// Somebody changed a quantity in the PSA.
    Edited,
    /// A line was billed elsewhere before.
    Moved,
    /// A line had another number before this sync took it over.
    Takeover,
    /// The parts that add up to a line have changed.
    Parts,
    /// Many units leave, summed over the whole sync.
    Falls,
    /// Many units are added, summed over the whole sync.
    Rises,
    /// A quantity cannot take effect on its day.
    Dates,
    /// A customer is linked to nothing.
    Unmapped,
    /// An account is not in use in the target.
    OutOfUse,
}

impl Brake {
    /// All brakes.
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

    /// The word for people and the database.
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

    /// Whether an operator can release what it holds. A preview needs more trust, a wrong day another one, an unmapped
    /// alert a customer, and an account out of use another account.
    #[must_use]
    pub fn can_release(self) -> bool {
        !matches!(self, Brake::Preview | Brake::Dates | Brake::Unmapped | Brake::OutOfUse)
    }
}
