//! Sightings: which records an unfinished read has seen. They decide what is gone when the read ends.

use super::StoreError;
use super::rows::collect;
use crosswalk_model::Kind;
use rusqlite::{CachedStatement, Connection, params};

/// Stores which records a walk meets.
pub(super) struct Sight<'c> {
    insert: CachedStatement<'c>,
    key: (i64, i64),
}

impl<'c> Sight<'c> {
    pub(super) fn prepare(db: &'c Connection, tenant: i64, read: i64) -> Result<Self, StoreError> {
        // A record that this host wrote in the meantime still counts as met for the first time.
        let insert = db.prepare_cached(
            "INSERT INTO sightings (tenant, read, record, walked) VALUES (?1, ?2, ?3, 1) \
             ON CONFLICT DO UPDATE SET walked = 1 WHERE walked = 0",
        )?;
        Ok(Self { insert, key: (tenant, read) })
    }

    /// Whether the walk meets the record for the first time.
    pub(super) fn meets(&mut self, record: i64) -> Result<bool, StoreError> {
        Ok(self.insert.execute([self.key.0, self.key.1, record])? > 0)
    }
}

/// Makes every unfinished read of a kind count records as seen, because this host wrote them.
pub(super) struct SightEverywhere<'c> {
    insert: CachedStatement<'c>,
    tenant: i64,
    reads: Vec<i64>,
}

impl<'c> SightEverywhere<'c> {
    pub(super) fn prepare(db: &'c Connection, tenant: i64, connection: i64, kind: Kind) -> Result<Self, StoreError> {
        let mut select = db.prepare_cached(
            "SELECT id FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND ended_at IS NULL",
        )?;
        let reads = collect(select.query(params![tenant, connection, kind.as_str()])?, |row| Ok(row.get(0)?))?;
        let insert =
            db.prepare_cached("INSERT OR IGNORE INTO sightings (tenant, read, record, walked) VALUES (?1, ?2, ?3, 0)")?;
        Ok(Self { insert, tenant, reads })
    }

    pub(super) fn see(&mut self, record: i64) -> Result<(), StoreError> {
        for read in &self.reads {
            self.insert.execute([self.tenant, *read, record])?;
        }
        Ok(())
    }
}

/// Deletes the sightings of a read that has ended.
pub(super) fn delete(db: &Connection, tenant: i64, read: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM sightings WHERE tenant = ?1 AND read = ?2")?.execute([tenant, read])?;
    Ok(())
}
