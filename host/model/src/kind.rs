//! The neutral kinds of things, in the words of the contract.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The kind of a record. The order is the order of work: a parent before its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A company the MSP serves.
    Customer,
    /// A site of a customer.
    Location,
    /// A device of a customer.
    Asset,
    /// An agreement with a customer.
    Contract,
    /// Something sold or licensed.
    Product,
    /// The quantity of a product that a customer uses.
    Usage,
    /// An event that needs attention.
    Alert,
    /// A piece of work in a PSA.
    Ticket,
}

impl Kind {
    /// All kinds, in the order of work.
    pub const ALL: [Kind; 8] = [
        Kind::Customer,
        Kind::Location,
        Kind::Asset,
        Kind::Contract,
        Kind::Product,
        Kind::Usage,
        Kind::Alert,
        Kind::Ticket,
    ];

    /// Returns the kind that a source record of this kind becomes in the target: the same, except that an alert becomes
    /// a ticket.
    #[must_use]
    pub fn counterpart(self) -> Kind {
        match self {
            Kind::Alert => Kind::Ticket,
            same => same,
        }
    }

    /// The kind that a record of this kind has to belong to at the target; `None` if it can stand alone, as an alert
    /// and a ticket do. At the source, usage belongs to a customer.
    #[must_use]
    pub fn parent(self) -> Option<Kind> {
        match self {
            Kind::Location | Kind::Asset | Kind::Contract => Some(Kind::Customer),
            Kind::Usage => Some(Kind::Contract),
            Kind::Customer | Kind::Product | Kind::Alert | Kind::Ticket => None,
        }
    }

    /// Whether records of this kind are the accounts that records of others belong to.
    #[must_use]
    pub fn is_account(self) -> bool {
        self == Kind::Customer
    }

    /// Whether records of this kind are matched and planned within the account that they belong to.
    #[must_use]
    pub fn is_within_account(self) -> bool {
        matches!(self, Kind::Location | Kind::Asset)
    }

    /// Whether records of other kinds name records of this one as their place.
    #[must_use]
    pub fn is_place(self) -> bool {
        self == Kind::Location
    }

    /// Whether a record of this kind has a serial number that says which thing it is.
    #[must_use]
    pub fn has_serial(self) -> bool {
        self == Kind::Asset
    }

    /// Whether a record of this kind is a quantity that is billed.
    #[must_use]
    pub fn is_billed(self) -> bool {
        self == Kind::Usage
    }

    /// Whether invoices are made of records of this kind: half a record would be a wrong amount.
    #[must_use]
    pub fn is_invoiced(self) -> bool {
        matches!(self, Kind::Contract | Kind::Usage)
    }

    /// Whether notes are added to records of this kind, which vendors do not return.
    #[must_use]
    pub fn takes_notes(self) -> bool {
        self == Kind::Ticket
    }

    /// Whether people edit records of this kind all the time: they are read anew before every write.
    #[must_use]
    pub fn is_edited_by_people(self) -> bool {
        matches!(self, Kind::Usage | Kind::Ticket)
    }

    /// Whether records of this kind are polled apart from the runs of the sync.
    #[must_use]
    pub fn is_polled(self) -> bool {
        self == Kind::Alert
    }

    /// Whether plans of this kind are made apart from those of the whole sync: for a poll, or for chosen lines.
    #[must_use]
    pub fn is_planned_apart(self) -> bool {
        self.is_polled() || self.is_billed()
    }

    /// Whether a run reads records of this kind that take part at the target alone.
    #[must_use]
    pub fn is_of_target(self) -> bool {
        self == Kind::Contract
    }

    /// Whether a target record of this kind belongs to one source record, which the database enforces. Only accounts
    /// and assets do: sites may share a location, alerts a ticket, and billed quantities are added up.
    #[must_use]
    pub fn is_one_to_one(self) -> bool {
        matches!(self, Kind::Customer | Kind::Asset)
    }

    /// Whether a target record that was created is of one source record. A billed line is; a sum is that of its leader.
    #[must_use]
    pub fn is_made_for_one(self) -> bool {
        self.is_one_to_one() || self.is_billed()
    }

    /// The word in the contract, the catalogue and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Customer => "customer",
            Kind::Location => "location",
            Kind::Asset => "asset",
            Kind::Contract => "contract",
            Kind::Product => "product",
            Kind::Usage => "usage",
            Kind::Alert => "alert",
            Kind::Ticket => "ticket",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Kind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            format!("`{text}` is not a kind: use customer, location, asset, contract, product, usage, alert or ticket")
        })
    }
}
