//! What can go wrong, in our words, for whoever stands before the engine's door.
//!
//! No HTTP, no SQL, no wasm: each room's own error is the `source`. Every error can say
//! what to do about it ([`Error::hint`]); the edge prints both, once.

use crosswalk_model::Failure;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something that was named is not there.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// How it was called.
        name: String,
        /// What to do.
        hint: String,
    },
    /// What was asked for is wrong.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// Several things at once are wrong with an input; nothing of it was taken.
    #[error("{what}: {} wrong, nothing was taken\n{}", problems.len(), problems.join("\n"))]
    Problems {
        /// The input.
        what: String,
        /// One line each.
        problems: Vec<String>,
        /// What to do.
        hint: String,
    },
    /// Somebody else changed it, or works on it.
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
        /// The manifest's troubleshooting text, or ours.
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
    /// Somebody wanted it to stop, and it did where nothing is lost.
    #[error("{}", crosswalk_model::run::STOPPED)]
    Stopped,
    /// The plugin cannot be used.
    #[error("{0}")]
    Plugin(#[source] Box<dyn std::error::Error + Send + Sync>, String),
    /// The database.
    #[error(transparent)]
    Store(#[from] crosswalk_store::StoreError),
    /// A file.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// What to do about it; empty when the message says it all.
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
            // Its own message says what to do.
            Error::Store(_) | Error::Stopped => "",
        }
    }

    /// Whether another process holds the database.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self, Error::Store(crosswalk_store::StoreError::Locked { .. }))
    }

    /// What was asked for is wrong, and what to do.
    #[must_use]
    pub fn invalid(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Error::Invalid { message: message.into(), hint: hint.into() }
    }

    /// There is no such thing of that name, and what to do.
    #[must_use]
    pub fn not_found(what: &'static str, name: impl ToString, hint: impl Into<String>) -> Self {
        Error::NotFound { what, name: name.to_string(), hint: hint.into() }
    }
}
