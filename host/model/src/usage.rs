//! Terms of billing: a line, its numbers, and the result of a customer's last run.
//!
//! A *line* is one product of one source customer. It is what is mapped to a contract, approved, and defended. A
//! vendor's report may have several rows of a line, a contract has one.

use super::{Failure, RunId, Said, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// One product of one source customer. Written `customer/product`, with slashes and percent signs of the customer's id
/// encoded as in URLs, so that it parses back.
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
        let (customer, product) = text
            .split_once('/')
            .ok_or_else(|| format!("`{text}` is not a line: write it as CUSTOMER/PRODUCT, with ids"))?;
        Ok(Self::new(customer.replace("%2F", "/").replace("%25", "%"), product))
    }
}

/// The same count of a line over consecutive days with a report: one row of the history that defends an invoice. A day
/// between two rows is a day without a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountSpan {
    /// The source customer's id.
    pub customer: String,
    /// The source product's id.
    pub product: String,
    /// The month of the report, `yyyy-mm`; empty if the vendor does not report by month.
    pub period: String,
    /// The quantity to pay for.
    pub quantity: i64,
    /// The quantity in use, if the vendor reports it.
    pub actual: Option<i64>,
    /// Time at which this count was read first …
    pub first_at: Timestamp,
    /// … and last.
    pub last_at: Timestamp,
}

/// One count of the current report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The source customer's id.
    pub customer: String,
    /// The source product's id.
    pub product: String,
    /// The month of the report, or empty.
    pub period: String,
    /// The quantity to pay for.
    pub quantity: i64,
    /// The quantity in use, if the vendor reports it.
    pub actual: Option<i64>,
}

/// Features that can be switched per customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Switch {
    /// Whether its usage goes to its contract.
    Usage,
    /// Whether its alerts become tickets.
    Tickets,
}

impl Switch {
    /// All switches.
    pub const ALL: [Switch; 2] = [Switch::Usage, Switch::Tickets];

    /// The word for people and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Switch::Usage => "usage",
            Switch::Tickets => "tickets",
        }
    }
}

/// The switches that a person set for one customer. `None` follows the sync's rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Switches {
    /// Usage.
    pub usage: Option<bool>,
    /// Tickets.
    pub tickets: Option<bool>,
}

impl Switches {
    /// Returns the state of a switch.
    #[must_use]
    pub fn get(&self, switch: Switch) -> Option<bool> {
        match switch {
            Switch::Usage => self.usage,
            Switch::Tickets => self.tickets,
        }
    }

    /// Sets the state of a switch.
    pub fn set(&mut self, switch: Switch, on: Option<bool>) {
        match switch {
            Switch::Usage => self.usage = on,
            Switch::Tickets => self.tickets = on,
        }
    }
}

/// The result of the last run for one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything is in step.
    Succeeded,
    /// Something waits for an approval, or a brake holds it.
    Held,
    /// The vendor reported nothing about this customer, which is not the same as zero.
    NotFetched,
    /// An error occurred.
    Failed,
}

impl Ending {
    /// The word for people and the database.
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
    /// The result.
    pub ending: Ending,
    /// Time of the run.
    pub at: Timestamp,
    /// The run.
    pub run: RunId,
    /// The details.
    pub message: Said,
    /// The connection that failed, and the name of the failure (see [`Failure::name`]), under which its plugin has a
    /// troubleshooting text.
    pub trouble: Option<(String, String)>,
}

impl LastOutcome {
    /// A failure of a connection.
    #[must_use]
    pub fn failed(at: Timestamp, run: RunId, connection: &str, failure: &Failure) -> Self {
        let trouble = Some((connection.to_owned(), failure.name().to_owned()));
        Self { ending: Ending::Failed, at, run, message: failure.said(), trouble }
    }
}

/// Parses the day of a value of type `time`: its first ten characters.
#[must_use]
pub fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// Formats a day as a value of type `time`: its midnight.
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
