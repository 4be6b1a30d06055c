//! One process at a time works on a sync, or does a job of a connector.
//!
//! A claim is an exclusive lock on a file of the data folder. The operating system lets go
//! of it when its process ends, however it ends, so a killed run never blocks the next.

use crate::error::Error;
use crosswalk_model::{ConnectionName, SyncName, TenantName};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Held while work is under way; let go when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    file: File,
}

impl Drop for Claim {
    /// Lets go at once: closing alone would leave the lock with a child that this process is just starting.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "a claim could not be let go; it ends with the process");
        }
    }
}

/// Makes a folder that only its owner may look into; one that is there stays as it is.
pub fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Claim {
    /// Claims a sync, or says who has it.
    pub(crate) fn take(data_dir: &Path, tenant: &TenantName, sync: &SyncName) -> Result<Self, Error> {
        Self::lock(data_dir, &format!("{tenant}.{sync}.lock"), || Error::Busy {
            message: format!("another process is working on the sync `{sync}`"),
            hint: "wait until it is done, or stop it: nothing is lost, the next run goes on from there".to_owned(),
        })
    }

    /// Claims a connector's job, or says that somebody has it.
    pub(crate) fn take_job(
        data_dir: &Path,
        tenant: &TenantName,
        connection: &ConnectionName,
        job: &str,
    ) -> Result<Self, Error> {
        Self::lock(data_dir, &format!("{tenant}.{connection}.{job}.job"), || Error::Busy {
            message: format!("another process is doing the job `{job}` of `{connection}`"),
            hint: "wait until it is done".to_owned(),
        })
    }

    fn lock(data_dir: &Path, name: &str, busy: impl FnOnce() -> Error) -> Result<Self, Error> {
        let folder = data_dir.join("claims");
        let path = folder.join(name);
        let fault = |source| Error::File { path: path.display().to_string(), source };
        make_private(&folder).map_err(fault)?;
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        // Who can open it can hold its lock, and with it the sync.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(fault)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(busy()),
            Err(TryLockError::Error(source)) => Err(fault(source)),
        }
    }
}
