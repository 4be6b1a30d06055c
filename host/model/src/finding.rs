//! Findings: the reasons why a record, or a part of it, is not brought in step. A plan has them beside its changes.
//!
//! Each has a cause, by which findings are counted, listed and filtered; the sentence has the details. The planner
//! decides what is a finding.

use super::{Kind, Said, Side};
use crate::words::words;
use serde::{Deserialize, Serialize};

/// The reason why a record, or a field of it, is not brought in step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The record's kind, at its own side.
    pub kind: Kind,
    /// The cause.
    pub cause: Cause,
    /// The side of the record.
    pub side: Side,
    /// The source customer that the record belongs to; empty if unknown or none.
    pub customer: String,
    /// The record's id at that side. A line of usage is `customer/product`; empty if the finding is about no single
    /// record.
    pub source: String,
    /// The details.
    pub message: Said,
}

impl Finding {
    /// A finding about a source record.
    pub fn new(
        cause: Cause,
        kind: Kind,
        customer: impl Into<String>,
        source: impl Into<String>,
        message: impl Into<Said>,
    ) -> Self {
        let (customer, source, message) = (customer.into(), source.into(), message.into());
        Self { kind, cause, side: Side::Source, customer, source, message }
    }

    /// Moves the finding to a record of this side.
    #[must_use]
    pub fn at(self, side: Side) -> Self {
        Self { side, ..self }
    }
}

/// Number of findings of a kind with one cause, in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingTotal {
    /// The kind.
    pub kind: Kind,
    /// The cause.
    pub cause: Cause,
    /// Number of findings.
    pub count: u64,
}

words! {
    /// The cause that keeps a record, or a part of it, from being in step.
    "a finding" Cause {
        /// A vendor sent something for it that cannot be accepted.
        Flawed = "flawed",
        /// The source did not send it whole.
        Unread = "unread",
        /// It belongs to a customer that the source does not list.
        Astray = "astray",
        /// Several target records carry its stamp.
        SharedKey = "shared-key",
        /// It is unknown whether a write of it was carried out.
        Uncertain = "uncertain",
        /// An earlier write of it is not settled.
        Unsettled = "unsettled",
        /// A near match was found and waits for a yes or no.
        Proposed = "proposed",
        /// Several records match it.
        Conflict = "conflict",
        /// It is linked to nothing.
        Unmapped = "unmapped",
        /// The record it is linked to is gone from the target.
        Broken = "broken",
        /// A person or an undo excluded it.
        Excluded = "excluded",
        /// It will be created once it is in use in the source.
        Unused = "unused",
        /// The record it is linked to, or is to be linked to, was not read.
        TargetUnread = "target-unread",
        /// It is missing from the source, but not for long enough yet.
        Missing = "missing",
        /// It is missing from the source and stays in use, because it may be present under another id.
        Undecided = "undecided",
        /// It is gone from the source, and was in the target before this host.
        NotOurs = "not-ours",
        /// A rule of the sync lets the target's value stand.
        ByRule = "by-rule",
        /// A person changed it in the target.
        ByHand = "by-hand",
        /// The target, with its settings, does not support what is needed.
        Cannot = "cannot",
        /// A record that it refers to is not linked.
        Reference = "reference",
        /// The target accepts only other values.
        Value = "value",
        /// The source has no name for it.
        Nameless = "nameless",
        /// An alert comes and goes.
        Flapping = "flapping",
        /// The alert is over, and its ticket is left open.
        TicketOpen = "ticket-open",
        /// The alert does not become a ticket.
        NoTicket = "no-ticket",
        /// It, or its ticket, could not be read again for an alert.
        NotRefreshed = "not-refreshed",
        /// Its count is unknown.
        NotFetched = "not-fetched",
        /// Something must be mapped or corrected before it is billed.
        Unbilled = "unbilled",
        /// A line that billed it before still bills.
        Former = "former",
        /// The contract of its customer bills nothing.
        Contract = "contract",
        /// A service that was created for it has no price.
        Unpriced = "unpriced",
        /// A report names no product.
        NoProduct = "no-product",
        /// A report names a customer that the source does not list.
        Unlisted = "unlisted",
        /// A target customer is not created at the source.
        NotCreated = "not-created",
        /// A change of a run is not undone.
        NotUndone = "not-undone",
        /// A plan of the kind was let go, but its first run is not over.
        FirstRun = "first-run",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_written_as_it_reads() {
        for cause in Cause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(cause));
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
        assert!("no".parse::<Cause>().unwrap_err().contains("no-ticket, "));
    }
}
