//! Links between source records and target records.

mod row;

pub(super) use row::{LinkRow, put, set_free, state};

use super::connections::connection_id;
use super::rows::{collect, count, word};
use super::syncs::sync_id;
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Kind, LineKey, Link, LinkState, SyncName};
use row::{COLUMNS, put_all, read};
use rusqlite::params;
use std::collections::HashSet;

impl TenantStore {
    /// Returns all links of a kind to the kind it becomes, by source.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_all(&self, sync: &SyncName, kind: Kind) -> Result<Vec<Link>, StoreError> {
        self.links_between(sync, kind, kind.counterpart()).await
    }

    /// Returns all links of one kind to another, by source. A customer has a link to an account, and may have one to a
    /// contract.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_between(&self, sync: &SyncName, kind: Kind, to: Kind) -> Result<Vec<Link>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let sql = format!(
                "SELECT {COLUMNS} FROM links l WHERE l.tenant = ?1 AND l.sync = ?2 AND l.kind = ?3 \
                 AND l.target_kind = ?4 ORDER BY l.source"
            );
            collect(db.prepare_cached(&sql)?.query(params![tenant, sync, kind.as_str(), to.as_str()])?, read)
        })
        .await
    }

    /// Returns the excluded source records of a kind.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn excluded(&self, sync: &SyncName, kind: Kind) -> Result<HashSet<String>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT source FROM links WHERE tenant = ?1 AND sync = ?2 AND kind = ?3 AND target_kind = ?4 \
                 AND state = 'excluded'",
            )?;
            let rows = params![tenant, sync, kind.as_str(), kind.counterpart().as_str()];
            Ok(collect(select.query(rows)?, |row| Ok(row.get(0)?))?.into_iter().collect())
        })
        .await
    }

    /// Returns the link of a source record to a target record of the kind it becomes.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn link_get(&self, sync: &SyncName, kind: Kind, source: &str) -> Result<Option<Link>, StoreError> {
        Ok(self.links_by_sources(sync, kind, &[source.to_owned()]).await?.pop())
    }

    /// Returns the links of source records to targets of the kind they become, in the order of the ids.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_by_sources(
        &self,
        sync: &SyncName,
        kind: Kind,
        sources: &[String],
    ) -> Result<Vec<Link>, StoreError> {
        let which = format!("l.kind = ?3 AND l.source = ?4 AND l.target_kind = '{}'", kind.counterpart());
        self.links_each(sync, kind, &which, sources).await
    }

    /// Returns the links of a source record, to targets of any kind.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_of_source(&self, sync: &SyncName, kind: Kind, source: &str) -> Result<Vec<Link>, StoreError> {
        self.links_each(sync, kind, "l.kind = ?3 AND l.source = ?4 ORDER BY +l.target_kind DESC", &[source.to_owned()])
            .await
    }

    /// Returns the links of a source customer's lines, and of any line whose memory names one of them in a document,
    /// such as the parts of a sum; by source.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_of_lines(&self, sync: &SyncName, customer: &str) -> Result<Vec<Link>, StoreError> {
        let (tenant, sync, begins) = (self.id, sync.clone(), LineKey::new(customer, "").to_string());
        // The text as it begins within the column's document.
        let mut within = serde_json::Value::from(begins.as_str()).to_string();
        within.pop();
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let sql = format!(
                "SELECT {COLUMNS} FROM links l WHERE l.tenant = ?1 AND l.sync = ?2 AND l.kind = 'usage' \
                 AND (l.source BETWEEN ?3 AND ?3 || char(1114111) OR instr(l.memory, ?4)) \
                 ORDER BY l.source"
            );
            collect(db.prepare_cached(&sql)?.query(params![tenant, sync, begins, within])?, read)
        })
        .await
    }

    /// Returns the links to a target record of a kind.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_of_target(&self, sync: &SyncName, kind: Kind, target: &str) -> Result<Vec<Link>, StoreError> {
        self.links_of_targets(sync, kind, &[target.to_owned()]).await
    }

    /// Returns the links to target records of a kind, in the order of the ids.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn links_of_targets(
        &self,
        sync: &SyncName,
        kind: Kind,
        targets: &[String],
    ) -> Result<Vec<Link>, StoreError> {
        // `+` lets the rows be found by their target and sorted afterwards, not found by another index.
        self.links_each(sync, kind, "l.target_kind = ?3 AND l.target = ?4 ORDER BY +l.kind, +l.source", targets).await
    }

    async fn links_each(
        &self,
        sync: &SyncName,
        kind: Kind,
        which: &str,
        ids: &[String],
    ) -> Result<Vec<Link>, StoreError> {
        let (tenant, sync, ids) = (self.id, sync.clone(), ids.to_vec());
        let sql = format!("SELECT {COLUMNS} FROM links l WHERE l.tenant = ?1 AND l.sync = ?2 AND {which}");
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(&sql)?;
            let mut links = Vec::with_capacity(ids.len());
            for id in ids {
                links.append(&mut collect(select.query(params![tenant, sync, kind.as_str(), id])?, read)?);
            }
            Ok(links)
        })
        .await
    }

    /// Returns the links whose source record, present or gone, has this parent; by source.
    ///
    /// # Errors
    /// `NotFound` (the sync, the connection).
    #[boxed]
    pub async fn links_of_parent(
        &self,
        sync: &SyncName,
        kind: Kind,
        source_connection: &ConnectionName,
        source_parent: &str,
    ) -> Result<Vec<Link>, StoreError> {
        let (tenant, sync, parent) = (self.id, sync.clone(), source_parent.to_owned());
        let connection = source_connection.clone();
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let connection = connection_id(db, tenant, &connection)?;
            // CROSS JOIN reads from the few records of the parent to their links, never the other way.
            let sql = format!(
                "SELECT {COLUMNS} FROM records r CROSS JOIN links l \
                 ON l.tenant = r.tenant AND l.sync = ?2 AND l.kind = r.kind AND l.source = r.id \
                 WHERE r.tenant = ?1 AND r.connection = ?3 AND r.kind = ?4 AND r.parent = ?5 \
                 ORDER BY l.source, l.target_kind"
            );
            collect(db.prepare_cached(&sql)?.query(params![tenant, sync, connection, kind.as_str(), parent])?, read)
        })
        .await
    }

    /// Stores links, all or none. Each must have the stored revision (0: it is not stored yet), which then counts up by
    /// one. Links may exchange their targets. The commit does not wait for the disk: the next plan repeats the decision
    /// of a rule, and a person's decision ends with a commit that waits.
    ///
    /// # Errors
    /// `Stale`, naming the first link that was changed meanwhile, or whose target is linked to another record of the
    /// sync although that kind is one to one; `NotFound` (the sync).
    #[boxed]
    pub async fn links_put(&self, sync: &SyncName, links: &[Link]) -> Result<(), StoreError> {
        if links.is_empty() {
            return Ok(());
        }
        let (tenant, sync) = (self.id, sync.clone());
        let links = links.iter().map(LinkRow::new).collect::<Result<Vec<_>, _>>()?;
        self.write_lightly(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            put_all(db, tenant, sync, &links)
        })
        .await
    }

    /// Returns the number of links, by kind and state. Links of customers to contracts count as contracts.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn link_counts(&self, sync: &SyncName) -> Result<Vec<(Kind, LinkState, u64)>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT CASE target_kind WHEN 'contract' THEN target_kind ELSE kind END, state, count(*) FROM links \
                 WHERE tenant = ?1 AND sync = ?2 GROUP BY 1, 2",
            )?;
            let mut counts =
                collect(select.query([tenant, sync])?, |row| Ok((word(row, 0)?, word(row, 1)?, count(row, 2)?)))?;
            counts.sort_by_key(|(kind, state, _): &(Kind, LinkState, u64)| (*kind, *state));
            Ok(counts)
        })
        .await
    }

    /// Returns what an item of a connection is linked to, in any sync and at either side: the sync, and the kind and id
    /// of the other item.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn linked_by_item(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        id: &str,
    ) -> Result<Vec<(SyncName, Kind, String)>, StoreError> {
        let (tenant, connection, id) = (self.id, connection.clone(), id.to_owned());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT s.name, l.target_kind, l.target FROM syncs s CROSS JOIN links l ON l.tenant = s.tenant \
                     AND l.sync = s.id AND l.kind = ?3 AND l.source = ?4 \
                 WHERE s.tenant = ?1 AND s.source = ?2 AND l.state = 'linked' \
                 UNION \
                 SELECT s.name, l.kind, l.source FROM syncs s CROSS JOIN links l ON l.tenant = s.tenant \
                     AND l.sync = s.id AND l.target_kind = ?3 AND l.target = ?4 \
                 WHERE s.tenant = ?1 AND s.target = ?2 AND l.state = 'linked' \
                 ORDER BY 1, 2, 3",
            )?;
            collect(select.query(params![tenant, connection, kind.as_str(), id])?, |row| {
                Ok((word(row, 0)?, word(row, 1)?, row.get(2)?))
            })
        })
        .await
    }
}
