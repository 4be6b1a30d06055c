//! The database: everything about SQL. No other crate names the library for it.
//!
//! [`Store`] is the whole file. [`TenantStore`] is one tenant's part of it, and has almost all methods: it adds its
//! tenant to every key, so that no caller can reach another's rows. Each method is async and one transaction, in the
//! words of the domain. There is one file per noun, and methods are called `noun_verb`. Times are passed in as values.
//! The threads, and how writes share commits, are in `writer.rs`; opening and migrating is in `open.rs`.
//!
//! The room leaves vendors, wasm and rules alone. A second database would be a second implementation of the same
//! methods.
//!
//! To add a table: a new `migrations/V<n>__<what>.sql` (never edit an old one), a file named for its noun, a `mod` line
//! here, its rows in `tests/isolation.rs`. `docs/how-to/add-a-table.md` has the whole list, and what shows each step.

mod accounts;
mod actors;
mod apply;
mod approvals;
mod budget;
mod changes;
mod cipher;
mod claims;
mod codec;
mod connections;
mod decisions;
mod doubts;
mod entries;
mod error;
mod findings;
mod health;
mod journal;
mod kept;
mod links;
mod open;
mod pages;
mod plans;
mod plugins;
mod prune;
mod reads;
mod records;
mod refusals;
mod requests;
mod reverse;
mod rows;
mod runs;
mod schedules;
mod secrets;
mod sightings;
mod syncs;
mod tenants;
mod times;
mod unread;
mod upsert;
mod usage;
mod wakeups;
mod writer;

#[cfg(test)]
mod tests;

/// Boxes the future of a public async function, so that this crate compiles its body: see `crosswalk`'s map.
pub(crate) use async_recursion::async_recursion as boxed;

pub use apply::{BatchOutcomes, Overtaken, Settled};
pub use approvals::Approving;
pub use changes::{ChangeFilter, ChangeStatus, Digests, SourceMoved, StoredChange};
pub use cipher::KeySource;
pub use claims::{Claim, Lease, make_private};
pub use connections::Opening;
pub use decisions::DoneSince;
pub use doubts::{Doubt, Unsettled};
pub use error::StoreError;
pub use findings::{FindingFilter, FindingGroup};
pub use health::Health;
pub use journal::{JournalEntry, JournalFilter};
pub use kept::Kept;
pub use pages::{PageCommit, PageStats};
pub use plugins::PluginRow;
pub use prune::Pruned;
pub use reads::{Read, ReadsBefore};
pub use records::{Astray, KindCount, Stored};
pub use runs::{FirstRuns, LetGo};
pub use schedules::DueNow;
pub use times::ClockStep;
pub use unread::Unread;
pub use wakeups::{Recurring, Wakeup};

use cipher::Cipher;
use claims::Fence;
use crosswalk_model::{Actor, TenantName};
use decisions::Notes;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use writer::{Strength, Threads};

/// The longest list that a method returns.
pub const LIST_LIMIT: usize = 10_000;

/// The database. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct Store {
    base: Arc<Base>,
}

/// One tenant's part of the database. Cheap to clone.
#[derive(Clone)]
pub struct TenantStore {
    base: Arc<Base>,
    name: TenantName,
    id: i64,
    /// On whose behalf it writes; see [`TenantStore::by`].
    actor: Arc<Actor>,
    /// Journal entries that the next write appends; see [`TenantStore::noting`].
    notes: Option<Arc<Notes>>,
    /// The lease that each write checks; see [`Lease::store`].
    fence: Option<Arc<Fence>>,
}

struct Base {
    threads: Threads,
    path: PathBuf,
    key: KeySource,
    cipher: OnceLock<Cipher>,
    /// The prefix of this database's idempotency keys, once it was needed.
    instance: OnceLock<String>,
}

impl Store {
    /// Opens the database at `path`, makes it if it is absent, and migrates an older one. The key is read only if there
    /// are secrets.
    ///
    /// # Errors
    /// `Newer`, `Diverged`, `Foreign`, `Locked` or `Damaged` (nothing is changed then); the wrong key, or none.
    pub fn open(path: &Path, key: &KeySource) -> Result<Self, StoreError> {
        Self::open_patiently(path, key, open::PATIENCE)
    }

    fn open_patiently(path: &Path, key: &KeySource, patience: Duration) -> Result<Self, StoreError> {
        let (writer, readers) = open::open(path, patience)?;
        let cipher = OnceLock::new();
        if let Some(check) = secrets::key_check(&writer).map_err(|error| error.in_file(path))? {
            let given = Cipher::load(key)?;
            if !given.made(&check) {
                return Err(StoreError::WrongKey);
            }
            let _ = cipher.set(given);
        }
        let threads = Threads::start(path, writer, readers)?;
        let base = Base { threads, path: path.to_owned(), key: key.clone(), cipher, instance: OnceLock::new() };
        Ok(Self { base: Arc::new(base) })
    }

    /// Returns the part of one tenant.
    ///
    /// # Errors
    /// `NotFound`.
    #[boxed]
    pub async fn tenant(&self, name: &TenantName) -> Result<TenantStore, StoreError> {
        let id = self.tenant_id(name).await?;
        Ok(TenantStore {
            base: self.base.clone(),
            name: name.clone(),
            id,
            actor: Arc::default(),
            notes: None,
            fence: None,
        })
    }

    /// The path of the database.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.base.path
    }

    /// Finishes the queued work, folds the log into the file, and closes it. Every later call fails with `Closed`.
    #[boxed]
    pub async fn close(&self) {
        self.base.threads.close().await;
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.base.threads.write(Strength::Power, work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.base.threads.read(work).await
    }
}

impl TenantStore {
    /// The tenant's name.
    #[must_use]
    pub fn name(&self) -> &TenantName {
        &self.name
    }

    /// A transaction that survives power loss.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.commit(Strength::Power, work).await
    }

    /// A transaction whose loss in a power failure only costs asking the vendor again. With journal entries it is a
    /// decision, and waits for the disk.
    async fn write_lightly<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.commit(if self.notes.is_some() { Strength::Power } else { Strength::Process }, work).await
    }

    /// A transaction that begins with the check of the lease and ends with the journal entries, where there are any.
    async fn commit<T: Send + 'static>(
        &self,
        strength: Strength,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tenant, actor, fence, notes) = (self.id, self.actor.clone(), self.fence.clone(), self.notes.clone());
        let guarded = move |db: &Connection| {
            fence.map_or(Ok(()), |fence| fence.check(db, tenant))?;
            let done = work(db)?;
            notes.map_or(Ok(()), |notes| notes.append(db, tenant, &actor))?;
            Ok(done)
        };
        self.base.threads.write(strength, guarded).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.base.threads.read(work).await
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.base.path).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for TenantStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantStore").field("tenant", &self.name).finish_non_exhaustive()
    }
}
