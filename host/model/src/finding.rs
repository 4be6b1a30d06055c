//! Findings: why a record, or a part of it, is not brought in step. What a plan tells beside its changes.
//!
//! Each has a cause, by which findings are counted, listed and asked for; the sentence says the rest. The
//! rules that give them are the planner's.

use super::{Kind, Side};
use serde::{Deserialize, Serialize};

/// Why a record, or a field of it, is not brought in step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The record's kind, at its own side.
    pub kind: Kind,
    /// What keeps it so.
    pub cause: Cause,
    /// The side whose record this is.
    pub side: Side,
    /// The source customer it belongs to; empty where nobody knows, or it belongs to none.
    pub customer: String,
    /// The record's id at that side; a line of usage as `customer/product`; empty where it is of no single record.
    pub source: String,
    /// One sentence.
    pub message: String,
}

impl Finding {
    /// Of a source record.
    pub fn new(
        cause: Cause,
        kind: Kind,
        customer: impl Into<String>,
        source: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let (customer, source, message) = (customer.into(), source.into(), message.into());
        Self { kind, cause, side: Side::Source, customer, source, message }
    }

    /// The same, of a record of this side.
    #[must_use]
    pub fn at(self, side: Side) -> Self {
        Self { side, ..self }
    }
}

/// How many findings of a kind a plan has for one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingTotal {
    /// The kind.
    pub kind: Kind,
    /// The cause.
    pub cause: Cause,
    /// How many.
    pub count: u64,
}

macro_rules! causes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// What keeps a record, or a part of it, from being in step.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Cause {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Cause {
            /// All of them.
            pub const ALL: &[Cause] = &[$(Cause::$variant,)+];

            /// The word, as people and the database have it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Cause::$variant => $word,)+
                }
            }
        }
    };
}

causes! {
    /// A vendor gave something of it that cannot be taken.
    Flawed = "flawed",
    /// The source did not give it whole.
    Unread = "unread",
    /// It belongs to a customer that the source does not list.
    Astray = "astray",
    /// Several target records carry one key.
    SharedKey = "shared-key",
    /// Nobody knows whether a write of it was carried out.
    Uncertain = "uncertain",
    /// An earlier write of it is not settled.
    Unsettled = "unsettled",
    /// Something near was found and waits for a yes or no.
    Proposed = "proposed",
    /// Several could be it.
    Conflict = "conflict",
    /// It is linked to nothing.
    Unmapped = "unmapped",
    /// What it is linked to is gone from the target.
    Broken = "broken",
    /// A person, or an undo, left it out.
    Excluded = "excluded",
    /// It is to be created once it is in use in the source.
    Unused = "unused",
    /// What it is linked to, or is to be, was not among what was read.
    TargetUnread = "target-unread",
    /// It is missing from the source, not for long enough yet.
    Missing = "missing",
    /// It is missing from the source, and stays in use: it may be there under another id.
    Undecided = "undecided",
    /// It is gone from the source, and was in the target before this host.
    NotOurs = "not-ours",
    /// A rule of the sync says that the target's value stands.
    ByRule = "by-rule",
    /// A person changed it in the target.
    ByHand = "by-hand",
    /// The target, with its settings, cannot do what it takes.
    Cannot = "cannot",
    /// What it refers to is not linked.
    Reference = "reference",
    /// The target takes other values only.
    Value = "value",
    /// The source gives it no name.
    Nameless = "nameless",
    /// An alert comes and goes.
    Flapping = "flapping",
    /// The alert is over and its ticket is left open.
    TicketOpen = "ticket-open",
    /// The alert makes no ticket.
    NoTicket = "no-ticket",
    /// It, or its ticket, could not be read again for an alert.
    NotRefreshed = "not-refreshed",
    /// Its count is not known.
    NotFetched = "not-fetched",
    /// Something has to be mapped or put right before it is billed.
    Unbilled = "unbilled",
    /// A line by which it was billed before still bills.
    Former = "former",
    /// Its customer's contract bills nothing.
    Contract = "contract",
    /// A service that was made for it has no price.
    Unpriced = "unpriced",
    /// A report names no product.
    NoProduct = "no-product",
    /// A report names a customer that the source does not list.
    Unlisted = "unlisted",
    /// A target customer is not created at the source.
    NotCreated = "not-created",
    /// A change of a run is not undone.
    NotUndone = "not-undone",
    /// A plan of the kind was let go, and still it is at its first run.
    FirstRun = "first-run",
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Cause {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Cause::ALL.iter().copied().find(|cause| cause.as_str() == text).ok_or_else(|| {
            let all: Vec<&str> = Cause::ALL.iter().map(|cause| cause.as_str()).collect();
            format!("`{text}` is no finding: use one of {}", all.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_written_as_it_reads() {
        for cause in Cause::ALL {
            assert_eq!(cause.as_str().parse(), Ok(*cause));
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.as_str());
        }
        assert!("no".parse::<Cause>().unwrap_err().contains("no-ticket, "));
    }
}
