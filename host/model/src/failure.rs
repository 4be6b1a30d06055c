//! Failures at a vendor or in a connector, as cases that the engine can act on.

use super::Said;
use super::said::Arg;
use crate::said;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The contract's `failure`. Texts are for people and never contain a credential.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "failure", rename_all = "kebab-case")]
pub enum Failure {
    /// Credentials wrong or expired, permissions missing, or not granted.
    Denied {
        /// For people.
        message: String,
    },
    /// Too many calls.
    Throttled {
        /// For people.
        message: String,
        /// Time to wait, in milliseconds, if the vendor states it.
        retry_after_ms: Option<u64>,
    },
    /// Down, slow, or answering nonsense.
    Unavailable {
        /// For people.
        message: String,
    },
    /// The vendor refuses this record.
    Rejected {
        /// For people.
        message: String,
        /// (field, reason), if the vendor states them.
        fields: Vec<(String, String)>,
    },
    /// Not there, or no longer.
    NotFound {
        /// For people.
        message: String,
    },
    /// Collides with something that exists.
    Conflict {
        /// For people.
        message: String,
    },
    /// Not supported.
    Unsupported {
        /// For people.
        message: String,
    },
    /// A bug in the connector: a trap, a crossed limit, a broken rule of the contract.
    Broken {
        /// For people.
        message: String,
    },
}

impl Failure {
    /// The names of all cases.
    pub const NAMES: [&str; 8] =
        ["denied", "throttled", "unavailable", "rejected", "not-found", "conflict", "unsupported", "broken"];

    /// The name of the case, as in the troubleshooting texts of manifests.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Failure::Denied { .. } => "denied",
            Failure::Throttled { .. } => "throttled",
            Failure::Unavailable { .. } => "unavailable",
            Failure::Rejected { .. } => "rejected",
            Failure::NotFound { .. } => "not-found",
            Failure::Conflict { .. } => "conflict",
            Failure::Unsupported { .. } => "unsupported",
            Failure::Broken { .. } => "broken",
        }
    }

    /// The text for people.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Failure::Denied { message }
            | Failure::Throttled { message, .. }
            | Failure::Unavailable { message }
            | Failure::Rejected { message, .. }
            | Failure::NotFound { message }
            | Failure::Conflict { message }
            | Failure::Unsupported { message }
            | Failure::Broken { message } => message,
        }
    }

    /// Returns the message for people: the name of the case, and the text as the vendor or the connector wrote it.
    #[must_use]
    pub fn said(&self) -> Said {
        let (failure, message) = (self.name(), self.message());
        match self {
            Failure::Rejected { fields, .. } if !fields.is_empty() => {
                let fields = Arg::list(fields.iter().map(|(field, why)| format!("{field}: {why}")));
                said!("failure-of-fields", failure, message, fields)
            }
            _ => said!("failure", failure, message),
        }
    }

    /// Shorthand for [`Failure::Broken`].
    pub fn broken(message: impl Into<String>) -> Self {
        Failure::Broken { message: message.into() }
    }

    /// Whether a later attempt may succeed without anybody's help.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(self, Failure::Throttled { .. } | Failure::Unavailable { .. })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.message())?;
        if let Failure::Rejected { fields, .. } = self {
            for (field, why) in fields {
                write!(f, "; {field}: {why}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
