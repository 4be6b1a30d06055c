//! Entries: a connector's own cross-references, by space and key.
//!
//! Writes do not wait for the disk, as a connector may put many entries in a row. The outcome of the batch, stored
//! after them, waits and includes them.

use super::connections::connection_id;
use super::rows::{collect, count, first, int, limit};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Entry, PutError};
use rusqlite::{Connection, Row, params};

/// Number of entries that a connection may have.
pub(super) const ENTRIES: u64 = 10_000;
/// Bytes of all entries of a connection, keys and values.
pub(super) const ENTRIES_BYTES: i64 = 64 << 20;
/// Bytes of the entries of all connections of a tenant.
pub(super) const TENANT_BYTES: i64 = 256 << 20;
/// The longest value, in bytes.
pub(super) const VALUE: usize = 64 * 1024;
/// The longest space, and the longest key, in bytes.
pub(super) const KEY: usize = 1024;

impl TenantStore {
    /// Returns one entry.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
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

    /// Stores an entry and returns its new revision. With `if_revision`, only if the stored revision is that one (0:
    /// only if there is no entry). The inner error is for the connector to handle.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
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
                "SELECT revision, octet_length(value) FROM entries \
                 WHERE tenant = ?1 AND connection = ?2 AND space = ?3 AND key = ?4",
            )?;
            let found = first(select.query(params![tenant, connection, space, key])?, |row| {
                Ok((count(row, 0)?, row.get::<_, i64>(1)?))
            })?;
            let (current, before): (u64, i64) = found.unwrap_or_default();
            if if_revision.is_some_and(|wanted| wanted != current) {
                return Ok(Err(PutError::Stale(current)));
            }
            let number = i64::from(current == 0);
            let names = if current == 0 { length(&space) + length(&key) } else { 0 };
            let bytes = length(&value) - before + names;
            if let Err(full) = room(db, tenant, connection, number, bytes)? {
                return Ok(Err(PutError::Full(full)));
            }
            add(db, tenant, connection, number, bytes)?;
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

    /// Removes an entry. It is not an error if there is none.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn entry_remove(&self, connection: &ConnectionName, space: &str, key: &str) -> Result<(), StoreError> {
        let (tenant, connection, space, key) = (self.id, connection.clone(), space.to_owned(), key.to_owned());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut delete = db.prepare_cached(
                "DELETE FROM entries WHERE tenant = ?1 AND connection = ?2 AND space = ?3 AND key = ?4 \
                 RETURNING octet_length(space) + octet_length(key) + octet_length(value)",
            )?;
            let gone: Option<i64> =
                first(delete.query(params![tenant, connection, space, key])?, |row| Ok(row.get(0)?))?;
            gone.map_or(Ok(()), |bytes| add(db, tenant, connection, -1, -bytes))
        })
        .await
    }

    /// Returns entries of a space after a key, in the order of their keys.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
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

/// Checks that this much more may be kept; the inner error names the limit.
fn room(
    db: &Connection,
    tenant: i64,
    connection: i64,
    number: i64,
    bytes: i64,
) -> Result<Result<(), String>, StoreError> {
    let mut select = db.prepare_cached("SELECT number, bytes FROM stored WHERE tenant = ?1 AND connection = ?2")?;
    let own = first(select.query([tenant, connection])?, |row| Ok((row.get(0)?, row.get(1)?)))?;
    let (own_number, own_bytes): (i64, i64) = own.unwrap_or_default();
    if number > 0 && own_number + number > int(ENTRIES) {
        return Ok(Err(format!("the connection has {ENTRIES} entries: remove some")));
    }
    // An entry that takes no more room than before is always stored.
    if bytes <= 0 {
        return Ok(Ok(()));
    }
    if own_bytes + bytes > ENTRIES_BYTES {
        return Ok(Err(format!("the entries of the connection have {} MiB: remove some", ENTRIES_BYTES >> 20)));
    }
    let mut select = db.prepare_cached("SELECT coalesce(sum(bytes), 0) FROM stored WHERE tenant = ?1")?;
    let all: i64 = first(select.query([tenant])?, |row| Ok(row.get(0)?))?.unwrap_or(0);
    if all + bytes > TENANT_BYTES {
        return Ok(Err(format!("the entries of all connections have {} MiB: remove some", TENANT_BYTES >> 20)));
    }
    Ok(Ok(()))
}

fn add(db: &Connection, tenant: i64, connection: i64, number: i64, bytes: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO stored (tenant, connection, number, bytes) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT DO UPDATE SET number = number + excluded.number, bytes = bytes + excluded.bytes",
    )?
    .execute([tenant, connection, number, bytes])?;
    Ok(())
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

fn read(row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry { key: row.get(0)?, value: row.get(1)?, revision: count(row, 2)? })
}
