//! Decisions and their journal entries, in one transaction.
//!
//! [`TenantStore::noting`] returns a handle whose write also appends journal entries. So a decision (a link, a rule of
//! a sync, a grant, a secret) is stored with its entries or not at all. The content of an entry is left to the caller.

use super::rows::{collect, word};
use super::syncs::sync_id;
use super::{JournalEntry, StoreError, TenantStore, journal, links, usage};
use crate::boxed;
use crosswalk_model::{Actor, Event, Kind, Link, Switch, Switches, SyncName};
use rusqlite::{Connection, params};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Journal entries that wait for the write they belong to.
pub(super) struct Notes {
    sync: Option<SyncName>,
    entries: Vec<journal::EntryRow>,
    used: AtomicBool,
}

impl Notes {
    /// Appends the entries inside the transaction of the write. A second write appends nothing.
    pub(super) fn append(&self, db: &Connection, tenant: i64, actor: &Actor) -> Result<(), StoreError> {
        if self.used.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let sync = self.sync.as_ref().map(|sync| sync_id(db, tenant, sync)).transpose()?;
        journal::append(db, (tenant, actor), sync, &self.entries)
    }
}

/// A change that a run has done, or may have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoneSince {
    /// Its kind.
    pub kind: Kind,
    /// Its source record.
    pub source: String,
    /// The source customer it belongs to.
    pub customer: String,
}

impl TenantStore {
    /// Returns a handle whose first write appends these entries, of a sync or of none, in the same transaction. A write
    /// that fails appends nothing.
    ///
    /// # Errors
    /// An entry that cannot be encoded.
    pub fn noting(&self, sync: Option<&SyncName>, entries: &[JournalEntry]) -> Result<Self, StoreError> {
        let entries = entries.iter().map(journal::EntryRow::new).collect::<Result<Vec<_>, _>>()?;
        let notes = Notes { sync: sync.cloned(), entries, used: AtomicBool::new(false) };
        Ok(Self { notes: Some(Arc::new(notes)), ..self.clone() })
    }

    /// Stores a person's decisions, all or none: links, switches of source customers, and the journal entries about
    /// them. Links must have the stored revision. Targets that the links exchange among themselves are released first.
    ///
    /// # Errors
    /// `Stale`, naming the first link that was changed meanwhile; `NotFound` (the sync).
    #[boxed]
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
        let links = links.iter().map(links::LinkRow::new).collect::<Result<Vec<_>, _>>()?;
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

    /// Returns the journal entries of one decision, oldest first. The detail's member `decision` has the id.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
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

    /// Returns the switches of source customers that were changed after a decision: customer and switch.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn turned_since(&self, sync: &SyncName, decision: &str) -> Result<HashSet<(String, Switch)>, StoreError> {
        let (tenant, sync, decision) = (self.id, sync.clone(), decision.to_owned());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT DISTINCT j.customer, j.detail ->> 'switch' FROM journal j \
                 WHERE j.tenant = ?1 AND j.sync = ?2 AND j.event = ?4 AND j.customer IS NOT NULL AND j.id > ( \
                     SELECT max(d.id) FROM journal d WHERE d.tenant = ?1 AND d.sync = ?2 \
                     AND d.detail IS NOT NULL AND d.detail ->> 'decision' = ?3)",
            )?;
            let rows = collect(select.query(params![tenant, sync, decision, Event::Switched.as_str()])?, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            })?;
            let known = |word: &str| Switch::ALL.into_iter().find(|switch| switch.as_str() == word);
            Ok(rows.into_iter().filter_map(|(customer, word)| Some((customer, known(&word?)?))).collect())
        })
        .await
    }

    /// Returns what runs of a sync have done since a decision, or may have done, without what was undone again.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn done_since(&self, sync: &SyncName, decision: &str) -> Result<Vec<DoneSince>, StoreError> {
        let (tenant, sync, decision) = (self.id, sync.clone(), decision.to_owned());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            // By the order of the journal, as two entries may have one time.
            let mut select = db.prepare_cached(
                "WITH done (plan, sequence) AS ( \
                     SELECT j.plan, j.sequence FROM journal j \
                     WHERE j.tenant = ?1 AND j.sync = ?2 AND j.plan IS NOT NULL AND j.sequence IS NOT NULL AND j.id > ( \
                         SELECT max(d.id) FROM journal d WHERE d.tenant = ?1 AND d.sync = ?2 \
                         AND d.detail IS NOT NULL AND d.detail ->> 'decision' = ?3) \
                     AND NOT EXISTS (SELECT 1 FROM plans u WHERE u.tenant = ?1 AND u.undoes = j.run \
                         AND u.approved_at IS NOT NULL) \
                     AND NOT EXISTS (SELECT 1 FROM plans u WHERE u.tenant = ?1 AND u.id = j.plan \
                         AND u.undoes IS NOT NULL) \
                     UNION SELECT s.plan, s.sequence FROM change_states s INDEXED BY change_states_open \
                     WHERE s.tenant = ?1 AND s.status IN ('intended', 'accepted', 'uncertain') \
                     AND s.plan IN (SELECT id FROM plans WHERE tenant = ?1 AND sync = ?2)) \
                 SELECT DISTINCT c.kind, c.source, c.customer FROM done \
                 CROSS JOIN change_states s ON s.tenant = ?1 AND s.plan = done.plan AND s.sequence = done.sequence \
                 CROSS JOIN changes c ON c.tenant = ?1 AND c.plan = done.plan AND c.sequence = done.sequence \
                 WHERE s.status IN ('intended', 'accepted', 'uncertain', 'done')",
            )?;
            collect(select.query(params![tenant, sync, decision])?, |row| {
                Ok(DoneSince { kind: word(row, 0)?, source: row.get(1)?, customer: row.get(2)? })
            })
        })
        .await
    }
}
