//! Claims: one process at a time works on a sync, or does a job of a connector.
//!
//! [`TenantStore::claim_take`] returns a [`Lease`], which lasts until it is dropped. Each lease of a claim has a
//! higher epoch than the one before, and the writes of [`Lease::store`] fail as soon as a newer lease exists. So a
//! process that lost its lease without noticing cannot write over the work of its successor.
//!
//! On SQLite all processes share one machine, and a lease stands on an exclusive lock on a file in `claims/` beside
//! the database. The operating system releases the lock when the process ends, however it ends, so a killed run never
//! blocks the next. For a database with nodes on several machines only the inside of this file changes: the row then
//! names the node as well, and a lease ends when the node's heartbeat does.
//!
//! Waiting and trying again are left to the caller.

use super::rows::first;
use super::writer::Strength;
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Said, SyncName, TenantName, said};
use rusqlite::{Connection, params};
use std::fmt;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Work that one process at a time may do for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Everything that reads for, plans, applies or changes a sync.
    Sync(SyncName),
    /// A job that a connector declares.
    Job {
        /// The connection.
        connection: ConnectionName,
        /// The job's name in the manifest.
        job: String,
    },
}

impl Claim {
    /// Key of the claim within its tenant.
    fn thing(&self) -> String {
        match self {
            Claim::Sync(sync) => format!("sync {sync}"),
            Claim::Job { connection, job } => format!("job {connection} {job}"),
        }
    }

    /// Name of the file that is locked. A program of an earlier version that is running locks the same file, and raises
    /// no epoch.
    fn file(&self, tenant: &TenantName) -> String {
        match self {
            Claim::Sync(sync) => format!("{tenant}.{sync}.lock"),
            Claim::Job { connection, job } => format!("{tenant}.{connection}.{job}.job"),
        }
    }
}

impl Claim {
    /// Returns the work, as the end of "a process is …".
    #[must_use]
    pub fn said(&self) -> Said {
        match self {
            Claim::Sync(sync) => said!("claim-sync", sync),
            Claim::Job { connection, job } => said!("claim-job", connection, job),
        }
    }
}

impl fmt::Display for Claim {
    /// The work, as the end of "a process is …".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Claim::Sync(sync) => write!(f, "working on the sync `{sync}`"),
            Claim::Job { connection, job } => write!(f, "doing the job `{job}` of `{connection}`"),
        }
    }
}

/// The right to do the work of a claim. Released when dropped.
#[derive(Debug)]
pub struct Lease {
    fence: Arc<Fence>,
    store: TenantStore,
    _lock: Lock,
}

impl Lease {
    /// The claim that is held.
    #[must_use]
    pub fn claim(&self) -> &Claim {
        &self.fence.claim
    }

    /// Number of this lease among all of its claim, from 1. A later lease has a higher one.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.fence.epoch.unsigned_abs()
    }

    /// The tenant's part of the database for the work of this lease. A write fails with `Lost`, and stores nothing,
    /// once another process has taken the claim.
    #[must_use]
    pub fn store(&self) -> &TenantStore {
        &self.store
    }
}

/// The lease under which writes are made.
#[derive(Debug)]
pub(super) struct Fence {
    claim: Claim,
    thing: String,
    epoch: i64,
}

impl Fence {
    /// Checks, inside the transaction of a write, that the lease is the newest of its claim.
    pub(super) fn check(&self, db: &Connection, tenant: i64) -> Result<(), StoreError> {
        let mut select = db.prepare_cached("SELECT epoch FROM claims WHERE tenant = ?1 AND thing = ?2")?;
        let newest: Option<i64> = first(select.query(params![tenant, self.thing])?, |row| Ok(row.get(0)?))?;
        if newest == Some(self.epoch) { Ok(()) } else { Err(StoreError::Lost { claim: self.claim.clone() }) }
    }
}

impl TenantStore {
    /// Takes a claim.
    ///
    /// # Errors
    /// `Held` if a lease of it exists, in this process or another; `File`.
    #[boxed]
    pub async fn claim_take(&self, claim: &Claim) -> Result<Lease, StoreError> {
        let lock = Lock::take(&self.claims_folder(), &claim.file(&self.name))?
            .ok_or_else(|| StoreError::Held { claim: claim.clone() })?;
        let (tenant, thing) = (self.id, claim.thing());
        // Journal entries of this handle wait for the write they belong to, and an earlier lease is no condition.
        let plain = Self { notes: None, fence: None, ..self.clone() };
        // The lock goes along into the write: should the caller go away, a queued epoch is still counted under it.
        let (epoch, lock) = plain
            .commit(Strength::Process, move |db| {
                let mut put = db.prepare_cached(
                    "INSERT INTO claims (tenant, thing, epoch) VALUES (?1, ?2, 1) \
                     ON CONFLICT DO UPDATE SET epoch = epoch + 1 RETURNING epoch",
                )?;
                Ok((put.query_row(params![tenant, thing], |row| row.get(0))?, lock))
            })
            .await?;
        let fence = Arc::new(Fence { claim: claim.clone(), thing: claim.thing(), epoch });
        Ok(Lease { store: Self { fence: Some(fence.clone()), ..plain }, fence, _lock: lock })
    }

    /// Whether a lease of a claim exists, in this process or another. Takes nothing, and the answer may be out of date
    /// when it arrives. While the question is being answered, a `claim_take` of the same claim may fail with `Held`.
    ///
    /// # Errors
    /// `File`.
    #[boxed]
    pub async fn claim_is_held(&self, claim: &Claim) -> Result<bool, StoreError> {
        Lock::is_held(&self.claims_folder(), &claim.file(&self.name))
    }

    fn claims_folder(&self) -> PathBuf {
        self.base.path.with_file_name("claims")
    }
}

/// An exclusive lock on a file.
#[derive(Debug)]
struct Lock(File);

impl Lock {
    /// Locks a file of the folder; `None` if it is locked. Makes both if they are absent, for their owner only:
    /// whoever can open the file can hold its lock, and with it the claim.
    fn take(folder: &Path, name: &str) -> Result<Option<Self>, StoreError> {
        let path = folder.join(name);
        let fault = |source| StoreError::File { path: path.clone(), source };
        make_private(folder).map_err(fault)?;
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(fault(source)),
        }
    }

    /// Whether a file of the folder is locked. Fails where it could not be locked.
    fn is_held(folder: &Path, name: &str) -> Result<bool, StoreError> {
        let path = folder.join(name);
        let fault = |source| StoreError::File { path: path.clone(), source };
        let file = match File::options().write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::take(folder, name)?.is_none());
            }
            Err(source) => return Err(fault(source)),
        };
        // Shared, so that two questions at once do not see each other.
        match file.try_lock_shared() {
            Ok(()) => {
                drop(Self(file));
                Ok(false)
            }
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(source)) => Err(fault(source)),
        }
    }
}

impl Drop for Lock {
    /// Releases the lock at once. Closing the file alone would leave it with a child that this process is starting.
    /// If that fails, the lock ends with the process.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Makes a folder that only its owner can open. An existing folder stays as it is.
///
/// # Errors
/// The folder cannot be made.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
