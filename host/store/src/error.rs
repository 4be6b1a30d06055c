//! What can go wrong with the database, in our words, with what to do about it.
//!
//! SQL never shows in a message; the database library's own error is the `source`.

use super::claims::Claim;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Something that was named is not there.
    #[error("there is no {what}")]
    NotFound {
        /// What, with its name.
        what: String,
    },
    /// Something of that name is there already.
    #[error("there is a {what} already: choose another name")]
    Exists {
        /// What, with its name.
        what: String,
    },
    /// It was changed by somebody else since it was read.
    #[error("the {what} was changed by somebody else meanwhile: read it again")]
    Stale {
        /// What, with its name.
        what: String,
    },
    /// Another lease of the claim exists.
    #[error("another process is {claim}")]
    Held {
        /// The claim.
        claim: Claim,
    },
    /// Another process took the claim under which a write was to be made.
    #[error("another process is {claim} now, and this one has stopped: nothing more was stored")]
    Lost {
        /// The claim.
        claim: Claim,
    },
    /// Larger than the store takes.
    #[error("{what}")]
    TooLarge {
        /// What, and the limit.
        what: String,
    },
    /// Written by a newer version of this program.
    #[error(
        "the database {} is of version {found}, this program knows versions up to {known}: \
         use the newer program, or a backup from before it; nothing was changed", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version this program knows.
        known: i64,
    },
    /// Same version number, other tables: a build from between two releases.
    #[error(
        "the database {} was made by another build of this program (version {version} differs): \
         use that build, or start with a new file; nothing was changed", path.display()
    )]
    Diverged {
        /// The file.
        path: PathBuf,
        /// The version whose definition differs.
        version: i64,
    },
    /// A database of some other program.
    #[error("{} is a database, but not one of this program: name another file; nothing was changed", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another process held it for too long.
    #[error(
        "the database {} is locked by another process: wait until it is done, or find it with `fuser`, \
         and try again; nothing was changed", path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// Not a database, or one whose content is broken.
    #[error(
        "the database {} is damaged ({detail}): restore a backup, or move the file away to start anew; \
         nothing was changed", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// No room on the disk.
    #[error("the disk of the database {} is full: make room and try again; nothing was changed", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The key is not the one the secrets were encrypted with.
    #[error("this key is not the one the stored secrets were encrypted with: give the key that was used before")]
    WrongKey,
    /// There are secrets, but the key file is gone.
    #[error(
        "the key file {} is missing, and the database holds secrets encrypted with it: put the file back, \
         or give the key another way", path.display()
    )]
    KeyMissing {
        /// The file.
        path: PathBuf,
    },
    /// The key file can be read or changed by others.
    #[error(
        "the key file {} can be read or changed by other users of this machine, and opens every stored secret: \
         take their rights away with `chmod 600` (a mounted secret: give it the mode 0440)", path.display()
    )]
    KeyOpen {
        /// The file.
        path: PathBuf,
    },
    /// What was given as a key is none.
    #[error("what was given as the key is not 32 bytes in base64 or hex: `openssl rand -base64 32` makes one")]
    KeyInvalid,
    /// A file cannot be used.
    #[error("cannot use {}: look at its path and its rights", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A stored value does not read as what it should be.
    #[error(
        "the stored {what} cannot be read ({detail}): the database was changed by another program, restore a backup"
    )]
    Unreadable {
        /// What.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: is this a container without them?")]
    Random(#[source] getrandom::Error),
    /// The tables could not be brought up to date.
    #[error("the tables could not be brought up to date; the database is as it was")]
    Migration(#[source] Box<refinery::Error>),
    /// The store was closed.
    #[error("the database was closed while it was still asked for: the program is stopping")]
    Closed,
    /// Anything else the database library says.
    #[error("the database did not take it")]
    Database(#[from] rusqlite::Error),
}

impl StoreError {
    pub(super) fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        StoreError::NotFound { what: format!("{what} `{name}`") }
    }

    pub(super) fn exists(what: &str, name: impl std::fmt::Display) -> Self {
        StoreError::Exists { what: format!("{what} `{name}`") }
    }

    pub(super) fn stale(what: &str, name: impl std::fmt::Display) -> Self {
        StoreError::Stale { what: format!("{what} `{name}`") }
    }

    pub(super) fn unreadable(what: &'static str, detail: impl ToString) -> Self {
        StoreError::Unreadable { what, detail: detail.to_string() }
    }

    /// Gives what the library reports a name of ours, where there is one.
    pub(super) fn in_file(self, path: &Path) -> Self {
        let StoreError::Database(error) = self else { return self };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Damaged { path, detail: error.to_string() }
            }
            Some(ErrorCode::DiskFull) => StoreError::DiskFull { path },
            _ => StoreError::Database(error),
        }
    }
}

/// A second copy of an error that several callers get.
pub(super) fn copy(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    }
}
