//! Brakes: names of what holds a change until a person releases it, or something else changes.
//!
//! The limits are decided in the engine. Releases, stored plans and files use these names.

use crate::words::words;

words! {
    /// A reason for holding a change.
    "a brake" Brake {
        /// Many records are new.
        Creates = "creates",
        /// A quantity cannot take effect on its day.
        Dates = "dates",
        /// Many records leave use.
        Deactivations = "deactivations",
        /// Somebody changed a quantity in the PSA.
        Edited = "edited",
        /// Many units leave, summed over the whole sync.
        Falls = "falls",
        /// All of a kind, until a whole plan of it was let go.
        FirstRun = "first-run",
        /// Records become other machines or customers.
        Identity = "identity",
        /// A line was billed elsewhere before.
        Moved = "moved",
        /// An account is not in use in the target.
        OutOfUse = "out-of-use",
        /// The parts that add up to a line have changed.
        Parts = "parts",
        /// The kind is only previewed.
        Preview = "preview",
        /// A quantity moves far, or falls.
        Quantity = "quantity",
        /// Many units are added, summed over the whole sync.
        Rises = "rises",
        /// A line had another number before this sync took it over.
        Takeover = "takeover",
        /// A customer is linked to nothing.
        Unmapped = "unmapped",
        /// Many records are updated.
        Updates = "updates",
        /// A quantity falls to zero.
        Zero = "zero",
    }
}

/// What it takes to let go what a brake holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetGo {
    /// No release does: something else has to change.
    Never,
    /// A release does.
    Released,
    /// A release does; an approval of billing has to name the brake, because the contract is not as it was left, or a
    /// whole line ends.
    Named,
}

impl Brake {
    /// What it takes to let go what it holds. A preview needs more trust, a wrong day another one, an unmapped alert a
    /// customer, and an account out of use another account.
    #[must_use]
    pub fn let_go(self) -> LetGo {
        match self {
            Brake::Preview | Brake::Dates | Brake::Unmapped | Brake::OutOfUse => LetGo::Never,
            Brake::Edited | Brake::Moved | Brake::Zero | Brake::Takeover | Brake::Parts => LetGo::Named,
            Brake::FirstRun
            | Brake::Deactivations
            | Brake::Updates
            | Brake::Creates
            | Brake::Identity
            | Brake::Quantity
            | Brake::Falls
            | Brake::Rises => LetGo::Released,
        }
    }

    /// Whether an operator can release what it holds.
    #[must_use]
    pub fn can_release(self) -> bool {
        self.let_go() != LetGo::Never
    }

    /// Whether it holds single lines of contracts.
    #[must_use]
    pub fn is_of_lines(self) -> bool {
        match self {
            Brake::Quantity
            | Brake::Zero
            | Brake::Edited
            | Brake::Moved
            | Brake::Takeover
            | Brake::Parts
            | Brake::Falls
            | Brake::Rises
            | Brake::Dates => true,
            Brake::Preview
            | Brake::FirstRun
            | Brake::Deactivations
            | Brake::Updates
            | Brake::Creates
            | Brake::Identity
            | Brake::Unmapped
            | Brake::OutOfUse => false,
        }
    }

    /// Whether it holds whatever is planned of a kind, and says nothing about a single record.
    #[must_use]
    pub fn is_for_a_look(self) -> bool {
        matches!(self, Brake::Preview | Brake::FirstRun)
    }
}
