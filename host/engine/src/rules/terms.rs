//! The term of a contract: whether it is offered, and on which days it is in force.
//!
//! A contract's own flag follows the vendor's clock, and counts only if the contract has no dates. Years that no
//! contract has (1, 1900, 9999) mean *not given* or *no end*.

use super::plan::line::types::date;
use crosswalk_model::{Record, Value};
use jiff::civil::Date;

/// Whether a contract can be chosen: not called off, and of a kind that takes quantities.
pub(crate) fn is_offered(contract: &Record) -> bool {
    contract.field("cancelled") != Some(&Value::Boolean(true))
        && contract.field("takes-usage") != Some(&Value::Boolean(false))
}

/// A contract's first and last day; none is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    /// The first.
    pub(crate) first: Option<Date>,
    /// The last.
    pub(crate) last: Option<Date>,
}

impl Term {
    pub(crate) fn has(self, day: Date) -> bool {
        self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
    }

    /// The last day, once it has gone by.
    pub(crate) fn ended(self, today: Date) -> Option<Date> {
        self.last.filter(|last| *last < today)
    }
}

/// How long a contract lasts.
pub(crate) fn term(contract: &Record) -> Term {
    let of = |name: &str| date(contract.field(name)).filter(|day| YEARS.contains(&day.year()));
    Term { first: of("starts"), last: of("ends") }
}

/// Whether a contract is in force on a day.
pub(crate) fn in_force(contract: &Record, day: Date) -> bool {
    let told = |name: &str| contract.field(name).is_some_and(|value| !value.is_blank());
    let by_days = told("starts") || told("ends");
    contract.field("cancelled") != Some(&Value::Boolean(true))
        && if by_days { term(contract).has(day) } else { contract.active() }
}

/// The years a contract can begin or end in.
const YEARS: std::ops::Range<i16> = 1901..9000;
