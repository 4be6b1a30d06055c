//! Billing words: a line, the numbers of it, and how a customer's last run ended.
//!
//! A *line* is one product of one source customer. It is what is mapped to a contract, approved,
//! and defended: a vendor's report may have several rows of it, a contract has one.

use super::{Failure, RunId, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One product of one source customer. Written `customer/product`, a slash or percent sign of
/// the customer's id encoded as in URLs, so that it reads back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineKey {
    /// The source customer's id.
    pub customer: String,
    /// The source product's id.
    pub product: String,
}

impl LineKey {
    /// A line.
    pub fn new(customer: impl Into<String>, product: impl Into<String>) -> Self {
        Self { customer: customer.into(), product: product.into() }
    }
}

impl fmt::Display for LineKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.customer.replace('%', "%25").replace('/', "%2F"), self.product)
    }
}

impl FromStr for LineKey {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (customer, product) =
            text.split_once('/').ok_or_else(|| format!("`{text}` is no line: write it as CUSTOMER/PRODUCT, by ids"))?;
        Ok(Self::new(customer.replace("%2F", "/").replace("%25", "%"), product))
    }
}

/// What a vendor counted of a line over an unbroken row of days: one row of the history that
/// defends an invoice. A day between two rows is a day without a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountSpan {
    /// The source customer's id.
    pub customer: String,
    /// The source product's id.
    pub product: String,
    /// The month of the report, `yyyy-mm`; empty where the vendor does not report by month.
    pub period: String,
    /// How many are to be paid for.
    pub quantity: i64,
    /// How many are in use, where the vendor tells.
    pub actual: Option<i64>,
    /// When this count was read first …
    pub first_at: Timestamp,
    /// … and last.
    pub last_at: Timestamp,
}

/// One count as it was read just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The source customer's id.
    pub customer: String,
    /// The source product's id.
    pub product: String,
    /// The month of the report, or empty.
    pub period: String,
    /// How many are to be paid for.
    pub quantity: i64,
    /// How many are in use, where the vendor tells.
    pub actual: Option<i64>,
}

/// What of a customer is switched by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// Whether its usage goes to its contract.
    Usage,
    /// Whether its alerts become tickets.
    Tickets,
}

impl Switch {
    /// All of them.
    pub const ALL: [Switch; 2] = [Switch::Usage, Switch::Tickets];

    /// The word, as people and the database have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Switch::Usage => "usage",
            Switch::Tickets => "tickets",
        }
    }
}

/// The switches a person set for one customer; one that is none follows the sync's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Switches {
    /// Usage.
    pub usage: Option<bool>,
    /// Tickets.
    pub tickets: Option<bool>,
}

impl Switches {
    /// What was said of a switch.
    #[must_use]
    pub fn get(&self, switch: Switch) -> Option<bool> {
        match switch {
            Switch::Usage => self.usage,
            Switch::Tickets => self.tickets,
        }
    }

    /// Says it.
    pub fn set(&mut self, switch: Switch, on: Option<bool>) {
        match switch {
            Switch::Usage => self.usage = on,
            Switch::Tickets => self.tickets = on,
        }
    }
}

/// How the last run ended for one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything is in step.
    Succeeded,
    /// There is something a person has to approve, or a brake holds.
    Held,
    /// The vendor told nothing of this customer: not the same as zero.
    NotFetched,
    /// It went wrong.
    Failed,
}

impl Ending {
    /// The word, as people and the database have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Ending::Succeeded => "succeeded",
            Ending::Held => "held",
            Ending::NotFetched => "not-fetched",
            Ending::Failed => "failed",
        }
    }
}

/// The last outcome of one customer's usage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LastOutcome {
    /// How it ended.
    pub ending: Ending,
    /// When.
    pub at: Timestamp,
    /// In which run.
    pub run: RunId,
    /// What happened, in one sentence.
    pub message: String,
    /// What went wrong where, if something did: the connection, and the failure's name
    /// (see [`Failure::name`]), under which its plugin has a troubleshooting text.
    pub trouble: Option<(String, String)>,
}

impl LastOutcome {
    /// A failure of a connection.
    #[must_use]
    pub fn failed(at: Timestamp, run: RunId, connection: &str, failure: &Failure) -> Self {
        let trouble = Some((connection.to_owned(), failure.name().to_owned()));
        Self { ending: Ending::Failed, at, run, message: failure.to_string(), trouble }
    }
}

/// The day of a value of type `time`, as contracts and quantities have it: the first ten characters.
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// A day as a value of type `time`: its midnight.
#[must_use]
pub fn midnight(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_whatever_its_ids_are() {
        for (customer, product) in [("1", "CIXA"), ("a/b%2F", "x/y"), ("100%", "licence:A/B")] {
            let key = LineKey::new(customer, product);
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        assert!("no-slash".parse::<LineKey>().is_err());
    }

    #[test]
    fn a_day_is_read_as_vendors_write_it_and_not_invented() {
        for text in ["2026-02-28T00:00:00Z", "2026-02-28", "2026-02-28T00:00:00.000"] {
            assert_eq!(day(text).map(midnight).as_deref(), Some("2026-02-28T00:00:00Z"));
        }
        assert_eq!(day("2021-04-31"), None);
        assert_eq!(day(""), None);
    }
}
