//! Errors of the database, in our words, each with what to do about it.
//!
//! SQL never shows in a message. The database library's own error is the `source`.

use super::claims::Claim;
use crosswalk_model::{Said, said};
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A named thing does not exist.
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// Kind of thing: a word that the catalogues know (`thing`).
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A thing of that name exists already.
    #[error("there is a {what} `{name}` already")]
    Exists {
        /// Kind of thing: a word that the catalogues know (`thing`).
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It was changed by somebody else since it was read.
    #[error("the {what} `{name}` was changed by somebody else meanwhile")]
    Stale {
        /// Kind of thing: a word that the catalogues know (`thing`).
        what: &'static str,
        /// Its name.
        name: String,
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
        /// The thing, and the limit.
        what: Said,
    },
    /// Written by a newer version of this program.
    #[error(
        "the database {} is of version {found}, this program knows versions up to {known}: \
         use the newer program, or a backup from before it; nothing was changed", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version of the file.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The same version number with other tables: a build between two releases.
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
    /// A database of another program.
    #[error("{} is a database, but not one of this program: name another file; nothing was changed", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Another process held the database for too long.
    #[error(
        "the database {} is locked by another process: wait until it is done, or find it with `fuser`, \
         and try again; nothing was changed", path.display()
    )]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a database, or its content is broken.
    #[error(
        "the database {} is damaged ({detail}): restore a backup, or move the file away to start anew; \
         nothing was changed", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The defect that was found.
        detail: String,
    },
    /// The disk is full.
    #[error("the disk of the database {} is full: make room and try again; nothing was changed", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// The key is not the one the secrets were encrypted with.
    #[error("this key is not the one the stored secrets were encrypted with: use the earlier key")]
    WrongKey,
    /// There are secrets, but the key file is gone.
    #[error(
        "the key file {} is missing, and the database holds secrets encrypted with it: put the file back, \
         or pass the key another way", path.display()
    )]
    KeyMissing {
        /// The file.
        path: PathBuf,
    },
    /// The key file can be read or changed by others.
    #[error(
        "the key file {} can be read or changed by other users of this machine, and opens every stored secret: \
         remove their permissions with `chmod 600` (a mounted secret: set its mode to 0440)", path.display()
    )]
    KeyOpen {
        /// The file.
        path: PathBuf,
    },
    /// The text given as a key is not one.
    #[error("the key that was passed is not 32 bytes in base64 or hex: `openssl rand -base64 32` makes one")]
    KeyInvalid,
    /// A file cannot be used.
    #[error("cannot use {}: check its path and its permissions", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// A stored value cannot be decoded.
    #[error(
        "the stored {what} cannot be read ({detail}): the database was changed by another program, restore a backup"
    )]
    Unreadable {
        /// The kind of value.
        what: &'static str,
        /// The cause.
        detail: String,
    },
    /// The system returned no random bytes.
    #[error("the system returned no random bytes: check whether this container has a source of them")]
    Random(#[source] getrandom::Error),
    /// The tables could not be migrated.
    #[error("the tables could not be migrated; nothing was changed")]
    Migration(#[source] Box<refinery::Error>),
    /// The store was closed.
    #[error("the database is closed: the program is stopping")]
    Closed,
    /// Any other error of the database library.
    #[error("the database returned an error")]
    Database(#[from] rusqlite::Error),
}

impl StoreError {
    /// Returns what happened and what to do, for people.
    #[must_use]
    pub fn said(&self) -> Said {
        let shown = |path: &PathBuf| path.display().to_string();
        match self {
            StoreError::NotFound { what, name } => said!("not-found", what = *what, name),
            StoreError::Exists { what, name } => said!("exists-already", what = *what, name),
            StoreError::Stale { what, name } => said!("changed-meanwhile", what = *what, name),
            StoreError::Held { claim } => said!("busy-elsewhere", claim = claim.said()),
            StoreError::Lost { claim } => said!("busy-taken-over", claim = claim.said()),
            StoreError::TooLarge { what } => what.clone(),
            StoreError::Newer { path, found, known } => {
                said!("database-newer", path = shown(path), found = found.to_string(), known = known.to_string())
            }
            StoreError::Diverged { path, version } => {
                said!("database-diverged", path = shown(path), version = version.to_string())
            }
            StoreError::Foreign { path } => said!("database-foreign", path = shown(path)),
            StoreError::Locked { path } => said!("database-locked", path = shown(path)),
            StoreError::Damaged { path, detail } => said!("database-damaged", path = shown(path), detail),
            StoreError::DiskFull { path } => said!("database-disk-full", path = shown(path)),
            StoreError::WrongKey => said!("key-wrong"),
            StoreError::KeyMissing { path } => said!("key-missing", path = shown(path)),
            StoreError::KeyOpen { path } => said!("key-open", path = shown(path)),
            StoreError::KeyInvalid => said!("key-invalid"),
            StoreError::File { path, .. } => said!("store-file", path = shown(path)),
            StoreError::Unreadable { what, detail } => said!("store-unreadable", what = *what, detail),
            StoreError::Random(_) => said!("store-random"),
            StoreError::Migration(_) => said!("store-migration"),
            StoreError::Closed => said!("store-closed"),
            StoreError::Database(_) => said!("store-database"),
        }
    }

    pub(super) fn not_found(what: &'static str, name: impl std::fmt::Display) -> Self {
        StoreError::NotFound { what, name: name.to_string() }
    }

    pub(super) fn exists(what: &'static str, name: impl std::fmt::Display) -> Self {
        StoreError::Exists { what, name: name.to_string() }
    }

    pub(super) fn stale(what: &'static str, name: impl std::fmt::Display) -> Self {
        StoreError::Stale { what, name: name.to_string() }
    }

    pub(super) fn unreadable(what: &'static str, detail: impl ToString) -> Self {
        StoreError::Unreadable { what, detail: detail.to_string() }
    }

    /// Replaces the database library's error by one of ours, if there is one for it.
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

/// Copies an error for several callers.
pub(super) fn copy(error: &rusqlite::Error) -> rusqlite::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, text) => rusqlite::Error::SqliteFailure(*code, text.clone()),
        other => rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    }
}
