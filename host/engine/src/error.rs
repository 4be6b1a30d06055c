//! Errors of the engine, worded for its callers.
//!
//! No HTTP, no SQL, no wasm: each room's own error is the `source`. Every error can carry a hint on what to do
//! ([`Error::hint`]); the edge prints both, once.

use crosswalk_model::Failure;
use crosswalk_store::{Claim, StoreError};

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A named thing does not exist.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// Kind of thing.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// What to do.
        hint: String,
    },
    /// The request is wrong.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Several problems of one input; nothing of it was stored.
    #[error("{what}: {} wrong, nothing was taken\n{}", problems.len(), problems.join("\n"))]
    Problems {
        /// The input.
        what: String,
        /// One line each.
        problems: Vec<String>,
        /// What to do.
        hint: String,
    },
    /// Another process or person changed it, or works on it.
    #[error("{message}")]
    Busy {
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A vendor or its connector failed.
    #[error("{connection}: {failure}")]
    Vendor {
        /// The connection.
        connection: String,
        /// What happened.
        failure: Failure,
        /// The manifest's troubleshooting text, or a general hint.
        hint: String,
    },
    /// Nothing is done until a person decides.
    #[error("{message}")]
    Held {
        /// What is held, and why.
        message: String,
        /// What to do.
        hint: String,
    },
    /// A stop was requested, and work broke off where nothing is lost.
    #[error("{}", crosswalk_model::run::STOPPED)]
    Stopped,
    /// The plugin cannot be used.
    #[error("{0}")]
    Plugin(#[source] Box<dyn std::error::Error + Send + Sync>, String),
    /// A failure of the database.
    #[error(transparent)]
    Store(StoreError),
    /// A failure of a file.
    #[error("cannot use {path}")]
    File {
        /// Path of the file.
        path: String,
        /// Cause of the failure.
        #[source]
        source: std::io::Error,
    },
}

impl From<StoreError> for Error {
    /// A claim that another process holds, or has taken over, is [`Error::Busy`].
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Held { claim } => Error::Busy {
                message: format!("another process is {claim}"),
                hint: match claim {
                    Claim::Sync(_) => {
                        "wait until it is done, or stop it: nothing is lost, the next run goes on from there"
                    }
                    Claim::Job { .. } => "wait until it is done",
                }
                .to_owned(),
            },
            StoreError::Lost { claim } => Error::Busy {
                message: format!("another process took over and is {claim}"),
                hint: "nothing is lost: what this process wrote is looked up by the next run".to_owned(),
            },
            other => Error::Store(other),
        }
    }
}

impl Error {
    /// What to do about it; empty when the message suffices.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Error::NotFound { hint, .. }
            | Error::Invalid { hint, .. }
            | Error::Problems { hint, .. }
            | Error::Busy { hint, .. }
            | Error::Held { hint, .. }
            | Error::Vendor { hint, .. }
            | Error::Plugin(_, hint) => hint,
            Error::File { .. } => "look at its path and its rights",
            // The message itself says what to do.
            Error::Store(_) | Error::Stopped => "",
        }
    }

    /// Reports whether another process holds the database.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Error::Store(StoreError::Locked { .. }))
    }

    /// Returns [`Error::Invalid`].
    #[must_use]
    pub fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Error::Invalid { message: message.into(), hint: hint.into() }
    }

    /// Returns [`Error::NotFound`].
    #[must_use]
    pub fn not_found(what: &'static str, name: impl ToString, hint: impl Into<String>) -> Self {
        Error::NotFound { what, name: name.to_string(), hint: hint.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::SyncName;

    #[test]
    fn a_claim_that_another_process_has_or_took_over_is_busy() {
        let claim = Claim::Sync("main".parse::<SyncName>().unwrap());
        for error in [StoreError::Held { claim: claim.clone() }, StoreError::Lost { claim }] {
            let error = Error::from(error);
            assert!(matches!(error, Error::Busy { .. }), "{error}");
            assert!(error.to_string().contains("working on the sync `main`") && !error.hint().is_empty(), "{error}");
        }
    }
}
