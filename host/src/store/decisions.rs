//! Decisions and what the journal says of them, in one transaction.
//!
//! [`TenantStore::noting`] gives a handle whose write also appends journal entries: whatever is
//! decided (a link, a rule of a sync, a grant, a secret) is stored with its account or not at all.
//! What an entry says is the caller's matter.

use super::rows::collect;
use super::syncs::sync_id;
use super::{JournalEntry, StoreError, TenantStore, journal, links, usage};
use crate::model::{Link, Switches, SyncName};
use rusqlite::{Connection, params};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Journal entries that wait for the write they belong to.
pub(super) struct Notes {
    sync: Option<SyncName>,
    entries: Vec<journal::Encoded>,
    used: AtomicBool,
}

impl Notes {
    /// Appends the entries inside the transaction of the write; a second write has nothing left to append.
    pub(super) fn append(&self, db: &Connection, tenant: i64) -> Result<(), StoreError> {
        if self.used.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let sync = self.sync.as_ref().map(|sync| sync_id(db, tenant, sync)).transpose()?;
        journal::append(db, tenant, sync, &self.entries)
    }
}

impl TenantStore {
    /// A handle whose first write appends these entries, of a sync or of none, in the same transaction.
    /// A write that fails appends nothing.
    ///
    /// # Errors
    /// An entry that cannot be encoded.
    pub fn noting(&self, sync: Option<&SyncName>, entries: &[JournalEntry]) -> Result<Self, StoreError> {
        let entries = entries.iter().map(journal::Encoded::new).collect::<Result<Vec<_>, _>>()?;
        let notes = Notes { sync: sync.cloned(), entries, used: AtomicBool::new(false) };
        Ok(Self { notes: Some(Arc::new(notes)), ..self.clone() })
    }

    /// Stores what a person decided, all or none: links, switches of source customers, and the journal
    /// entries about them. Links must have the revision they have in the store; targets that the links
    /// exchange among themselves are set free first.
    ///
    /// # Errors
    /// `Stale`, naming the first link that was changed meanwhile; `NotFound` (the sync).
    pub async fn decide(
        &self,
        sync: &SyncName,
        links: &[Link],
        switches: Vec<(String, Switches)>,
        entries: &[JournalEntry],
    ) -> Result<(), StoreError> {
        if links.is_empty() && switches.is_empty() && entries.is_empty() {
            return Ok(());
        }
        let (tenant, name) = (self.id, sync.clone());
        let links = links.iter().map(links::Encoded::new).collect::<Result<Vec<_>, _>>()?;
        self.noting(Some(sync), entries)?
            .write(move |db| {
                let sync = sync_id(db, tenant, &name)?;
                if links.len() > 1 {
                    links.iter().try_for_each(|link| links::set_free(db, tenant, sync, link))?;
                }
                links.iter().try_for_each(|link| links::put(db, tenant, sync, link))?;
                usage::put_switches(db, tenant, sync, &switches)
            })
            .await
    }

    /// The journal entries of one decision, oldest first, by the id in their detail's member `decision`.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    pub async fn decision_entries(&self, sync: &SyncName, id: &str) -> Result<Vec<JournalEntry>, StoreError> {
        let (tenant, sync, id) = (self.id, sync.clone(), id.to_owned());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let sql = format!(
                "SELECT {} FROM journal j LEFT JOIN changes c ON 0 WHERE j.tenant = ?1 AND j.sync = ?2 \
                 AND j.detail IS NOT NULL AND j.detail ->> 'decision' = ?3 ORDER BY j.id",
                journal::COLUMNS
            );
            collect(db.prepare_cached(&sql)?.query(params![tenant, sync, id])?, journal::read)
        })
        .await
    }
}
