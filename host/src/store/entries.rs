//! Entries: a connector's own cross-references, by space and key.
//!
//! They are written without waiting for the disk, as a connector may put one after the
//! other: what is stored after them (the outcome of the batch) takes them along to it.

use super::connections::connection_id;
use super::rows::{collect, count, first, int, limit};
use super::{StoreError, TenantStore};
use crate::model::ConnectionName;
use rusqlite::{Connection, Row, params};

/// How many entries a connection may have.
pub(super) const ENTRIES: u64 = 10_000;
/// The longest value, in bytes.
pub(super) const VALUE: usize = 64 * 1024;
/// The longest space, and the longest key, in bytes.
pub(super) const KEY: usize = 1024;

/// One cross-reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Counts up from 1 with every put.
    pub revision: u64,
}

/// Why an entry was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutError {
    /// It has this revision by now (0: it is not there).
    Stale(u64),
    /// A limit; the text says which.
    Full(String),
}

impl TenantStore {
    /// One entry.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn entry_get(
        &self,
        connection: &ConnectionName,
        space: &str,
        key: &str,
    ) -> Result<Option<Entry>, StoreError> {
        let (tenant, connection, space, key) = (self.id, connection.clone(), space.to_owned(), key.to_owned());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT key, value, revision FROM entries \
                 WHERE tenant = ?1 AND connection = ?2 AND space = ?3 AND key = ?4",
            )?;
            first(select.query(params![tenant, connection, space, key])?, read)
        })
        .await
    }

    /// Stores an entry and gives its new revision; with `if_revision` only when it has that
    /// one now (0: only when it is not there). The inner error is the connector's to handle.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn entry_put(
        &self,
        connection: &ConnectionName,
        space: &str,
        key: &str,
        value: &str,
        if_revision: Option<u64>,
    ) -> Result<Result<u64, PutError>, StoreError> {
        let full = |what: String| Ok(Err(PutError::Full(what)));
        if value.len() > VALUE {
            return full(format!("the value has {} bytes, at most {VALUE} are stored", value.len()));
        }
        if space.len() > KEY || key.len() > KEY {
            return full(format!("a space and a key have at most {KEY} bytes each"));
        }
        let (tenant, connection) = (self.id, connection.clone());
        let (space, key, value) = (space.to_owned(), key.to_owned(), value.to_owned());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT revision FROM entries WHERE tenant = ?1 AND connection = ?2 AND space = ?3 AND key = ?4",
            )?;
            let current: u64 =
                first(select.query(params![tenant, connection, space, key])?, |row| count(row, 0))?.unwrap_or(0);
            if if_revision.is_some_and(|wanted| wanted != current) {
                return Ok(Err(PutError::Stale(current)));
            }
            if current == 0 && stored(db, tenant, connection)? >= ENTRIES {
                return Ok(Err(PutError::Full(format!("the connection has {ENTRIES} entries: remove some"))));
            }
            let revision = current + 1;
            db.prepare_cached(
                "INSERT INTO entries (tenant, connection, space, key, revision, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO UPDATE SET revision = excluded.revision, value = excluded.value",
            )?
            .execute(params![tenant, connection, space, key, int(revision), value])?;
            Ok(Ok(revision))
        })
        .await
    }

    /// Removes an entry; fine when it is not there.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn entry_remove(&self, connection: &ConnectionName, space: &str, key: &str) -> Result<(), StoreError> {
        let (tenant, connection, space, key) = (self.id, connection.clone(), space.to_owned(), key.to_owned());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            db.prepare_cached("DELETE FROM entries WHERE tenant = ?1 AND connection = ?2 AND space = ?3 AND key = ?4")?
                .execute(params![tenant, connection, space, key])?;
            Ok(())
        })
        .await
    }

    /// Entries of a space after a key, in the order of their keys.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn entries(
        &self,
        connection: &ConnectionName,
        space: &str,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let (tenant, connection, space) = (self.id, connection.clone(), space.to_owned());
        let after = after.map(str::to_owned);
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let from = if after.is_some() { "AND key > ?4" } else { "AND ?4 IS NULL" };
            let sql = format!(
                "SELECT key, value, revision FROM entries \
                 WHERE tenant = ?1 AND connection = ?2 AND space = ?3 {from} ORDER BY key LIMIT ?5"
            );
            collect(db.prepare_cached(&sql)?.query(params![tenant, connection, space, after, limit(most)])?, read)
        })
        .await
    }
}

fn stored(db: &Connection, tenant: i64, connection: i64) -> Result<u64, StoreError> {
    let mut select = db.prepare_cached("SELECT count(*) FROM entries WHERE tenant = ?1 AND connection = ?2")?;
    Ok(first(select.query([tenant, connection])?, |row| count(row, 0))?.unwrap_or(0))
}

fn read(row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry { key: row.get(0)?, value: row.get(1)?, revision: count(row, 2)? })
}
