//! Errors of the engine, worded for its callers.
//!
//! No HTTP, no SQL, no wasm: each room's own error is the `source`. Every error has a message ([`Error::said`]) and can
//! carry a hint on what to do ([`Error::hint`]); the edge renders both, once.

use crosswalk_model::said::Arg;
use crosswalk_model::{Failure, Said, said};
use crosswalk_store::{Claim, StoreError};

/// An error of the engine.
///
/// Its text is for logs: [`Error::said`] and [`Error::hint`] are the messages for people.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A named thing does not exist.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// Kind of thing: a word that the catalogues know (`thing`).
        what: &'static str,
        /// The name asked for.
        name: String,
        /// What to do.
        hint: Said,
    },
    /// The request is wrong.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: Said,
        /// What to do.
        hint: Said,
    },
    /// Several problems of one input; nothing of it was stored.
    #[error("{what}: {}", Said::Several(problems.clone()))]
    Problems {
        /// The input.
        what: Said,
        /// One message each.
        problems: Vec<Said>,
        /// What to do.
        hint: Said,
    },
    /// Another process or person changed it, or works on it.
    #[error("{message}")]
    Busy {
        /// What happened.
        message: Said,
        /// What to do.
        hint: Said,
    },
    /// A vendor or its connector failed.
    #[error("{connection}: {failure}")]
    Vendor {
        /// The connection.
        connection: String,
        /// What happened.
        failure: Failure,
        /// The manifest's troubleshooting text, or a general hint.
        hint: Said,
    },
    /// Nothing is done until a person decides.
    #[error("{message}")]
    Held {
        /// What is held, and why.
        message: Said,
        /// What to do.
        hint: Said,
    },
    /// A stop was requested, and work broke off where nothing is lost.
    #[error("stopped on request")]
    Stopped,
    /// The plugin cannot be used.
    #[error("{0}")]
    Plugin(#[source] Box<dyn std::error::Error + Send + Sync>, Said),
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
                hint: match claim {
                    Claim::Sync(_) => said!("hint-wait-or-stop"),
                    Claim::Job { .. } => said!("hint-wait"),
                },
                message: said!("busy-elsewhere", claim = claim.said()),
            },
            StoreError::Lost { claim } => Error::Busy {
                message: said!("busy-taken-over", claim = claim.said()),
                hint: said!("hint-nothing-lost"),
            },
            other => Error::Store(other),
        }
    }
}

impl Error {
    /// Returns what happened.
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Error::NotFound { what, name, .. } => said!("not-found", what = *what, name),
            Error::Invalid { message, .. } | Error::Busy { message, .. } | Error::Held { message, .. } => {
                message.clone()
            }
            Error::Problems { what, problems, .. } => {
                said!("problems", what, count = problems.len(), problems = Arg::lines(problems.iter().cloned()))
            }
            Error::Vendor { connection, failure, .. } => said!("vendor-failed", connection, failure = failure.said()),
            Error::Stopped => said!("run-stopped"),
            Error::Plugin(error, _) => error.to_string().into(),
            Error::Store(error) => error.said(),
            Error::File { path, .. } => said!("file-unusable", path),
        }
    }

    /// Returns what to do about it; nothing where the message suffices.
    #[must_use]
    pub fn hint(&self) -> Said {
        match self {
            Error::NotFound { hint, .. }
            | Error::Invalid { hint, .. }
            | Error::Problems { hint, .. }
            | Error::Busy { hint, .. }
            | Error::Held { hint, .. }
            | Error::Vendor { hint, .. }
            | Error::Plugin(_, hint) => hint.clone(),
            Error::File { .. } => said!("hint-file"),
            // The message itself says what to do.
            Error::Store(_) | Error::Stopped => Said::default(),
        }
    }

    /// Reports whether another process holds the database.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Error::Store(StoreError::Locked { .. }))
    }

    /// Returns [`Error::Invalid`].
    #[must_use]
    pub fn invalid(message: impl Into<Said>, hint: impl Into<Said>) -> Self {
        Error::Invalid { message: message.into(), hint: hint.into() }
    }

    /// Returns [`Error::NotFound`].
    #[must_use]
    pub fn not_found(what: &'static str, name: impl ToString, hint: impl Into<Said>) -> Self {
        Error::NotFound { what, name: name.to_string(), hint: hint.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::SyncName;
    use crosswalk_say::English;

    #[test]
    fn a_claim_that_another_process_has_or_took_over_is_busy() {
        let claim = Claim::Sync("main".parse::<SyncName>().unwrap());
        for error in [StoreError::Held { claim: claim.clone() }, StoreError::Lost { claim }] {
            let error = Error::from(error);
            assert!(matches!(error, Error::Busy { .. }), "{error}");
            assert!(
                error.said().english().contains("working on the sync `main`") && !error.hint().is_empty(),
                "{error}"
            );
        }
    }
}
