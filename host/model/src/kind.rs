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
