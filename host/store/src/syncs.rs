//! Syncs: a source connection, a target connection and rules.

use super::connections::connection_id;
use super::rows::{collect, document, first, is_duplicate, to_document, word};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{Sync, SyncName};
use rusqlite::{Connection, Row, params};

const SELECT: &str = "SELECT s.name, source.name, target.name, s.rules, s.paused, s.revision FROM syncs s \
     JOIN connections source ON source.id = s.source JOIN connections target ON target.id = s.target";

impl TenantStore {
    /// Adds a sync; its revision becomes 1.
    ///
    /// # Errors
    /// `Exists`; `NotFound`, if a connection does not exist.
    #[boxed]
    pub async fn sync_insert(&self, sync: &Sync) -> Result<(), StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let source = connection_id(db, tenant, &sync.source)?;
            let target = connection_id(db, tenant, &sync.target)?;
            db.prepare_cached(
                "INSERT INTO syncs (tenant, name, source, target, rules, revision) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
            )?
            .execute(params![tenant, sync.name.as_str(), source, target, to_document(&sync.rules)?])
            .map(drop)
            .map_err(|error| if is_duplicate(&error) { StoreError::exists("sync", &sync.name) } else { error.into() })
        })
        .await
    }

    /// Returns one sync.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn sync_get(&self, name: &SyncName) -> Result<Option<Sync>, StoreError> {
        let (tenant, name) = (self.id, name.clone());
        self.read(move |db| {
            let sql = format!("{SELECT} WHERE s.tenant = ?1 AND s.name = ?2");
            first(db.prepare_cached(&sql)?.query(params![tenant, name.as_str()])?, read)
        })
        .await
    }

    /// Returns all syncs, by name.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn sync_list(&self) -> Result<Vec<Sync>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let sql = format!("{SELECT} WHERE s.tenant = ?1 ORDER BY s.name");
            collect(db.prepare_cached(&sql)?.query([tenant])?, read)
        })
        .await
    }

    /// Stores changed rules, and returns the new revision. The two connections cannot change, as the links would mean
    /// nothing between others.
    ///
    /// # Errors
    /// `Stale`, unless its revision is the stored one and its connections are; `NotFound`.
    #[boxed]
    pub async fn sync_update(&self, sync: &Sync) -> Result<i64, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let id = sync_id(db, tenant, &sync.name)?;
            let source = connection_id(db, tenant, &sync.source)?;
            let target = connection_id(db, tenant, &sync.target)?;
            let changed = db
                .prepare_cached(
                    "UPDATE syncs SET rules = ?1, revision = revision + 1 \
                     WHERE id = ?2 AND tenant = ?3 AND revision = ?4 AND source = ?5 AND target = ?6",
                )?
                .execute(params![to_document(&sync.rules)?, id, tenant, sync.revision, source, target])?;
            if changed == 0 {
                return Err(StoreError::stale("sync", &sync.name));
            }
            Ok(sync.revision + 1)
        })
        .await
    }

    /// Sets whether the schedule skips a sync.
    ///
    /// # Errors
    /// `NotFound`.
    #[boxed]
    pub async fn sync_pause(&self, name: &SyncName, paused: bool) -> Result<(), StoreError> {
        let (tenant, name) = (self.id, name.clone());
        self.write(move |db| {
            let id = sync_id(db, tenant, &name)?;
            db.prepare_cached("UPDATE syncs SET paused = ?1 WHERE id = ?2 AND tenant = ?3")?
                .execute(params![paused, id, tenant])?;
            Ok(())
        })
        .await
    }

    /// Removes a sync with its links, plans, runs and schedule. The journal stays with the changes that it has entries
    /// about. Nothing is changed at the vendors.
    ///
    /// # Errors
    /// `NotFound`.
    #[boxed]
    pub async fn sync_remove(&self, name: &SyncName) -> Result<(), StoreError> {
        let (tenant, name) = (self.id, name.clone());
        self.write(move |db| {
            let id = sync_id(db, tenant, &name)?;
            let of_plans = "IN (SELECT id FROM plans WHERE tenant = ?1 AND sync = ?2)";
            for sql in [
                format!("DELETE FROM doubts WHERE tenant = ?1 AND plan {of_plans}"),
                format!("DELETE FROM change_states WHERE tenant = ?1 AND plan {of_plans}"),
                format!("DELETE FROM batches WHERE tenant = ?1 AND plan {of_plans}"),
                format!("DELETE FROM findings WHERE tenant = ?1 AND plan {of_plans}"),
                "DELETE FROM plans WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM runs WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM schedules WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM links WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM switches WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM fetched WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM outcomes WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM reverse_decisions WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM first_runs WHERE tenant = ?1 AND sync = ?2".to_owned(),
                "DELETE FROM syncs WHERE tenant = ?1 AND id = ?2".to_owned(),
            ] {
                db.execute(&sql, [tenant, id])?;
            }
            Ok(())
        })
        .await
    }
}

/// The number that keys use for a sync.
pub(super) fn sync_id(db: &Connection, tenant: i64, name: &SyncName) -> Result<i64, StoreError> {
    let mut select = db.prepare_cached("SELECT id FROM syncs WHERE tenant = ?1 AND name = ?2")?;
    first(select.query(params![tenant, name.as_str()])?, |row| Ok(row.get(0)?))?
        .ok_or_else(|| StoreError::not_found("sync", name))
}

fn read(row: &Row<'_>) -> Result<Sync, StoreError> {
    Ok(Sync {
        name: word(row, 0)?,
        source: word(row, 1)?,
        target: word(row, 2)?,
        rules: document(row, 3, "rules")?,
        paused: row.get(4)?,
        revision: row.get(5)?,
    })
}
