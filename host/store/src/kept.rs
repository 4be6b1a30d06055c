//! How much is kept of a vendor's records, and in how many transactions any of them moved: came, went, or changed in
//! more than volatile fields. One row sums up the records of a kind of a connection, in the transactions that store and
//! delete them. What may be kept is decided by who asks.

use super::StoreError;
use super::rows::first;
use crosswalk_model::Kind;
use rusqlite::{Connection, params};

/// About what a row takes beside its texts: numbers, times, digests, indexes.
pub(super) const ROW: i64 = 150;
/// The bytes of a record: its texts and `ROW`.
pub(super) const SIZE: &str = "octet_length(fields) + octet_length(name) + octet_length(id) + 150";

/// How much is kept, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Of the kind that was asked for, of its connection.
    pub kind: u64,
    /// Of all kinds and connections of the tenant.
    pub tenant: u64,
}

/// Tells how much is kept of a kind of a connection, records that are gone included. Where that is not known, all
/// of the tenant that is not known is measured: the first time, and in a database of before this was summed up.
pub(super) fn measured(db: &Connection, key: (i64, i64, Kind)) -> Result<Kept, StoreError> {
    if let Some(known) = known(db, key)? {
        return Ok(known);
    }
    let (tenant, connection, kind) = key;
    db.prepare_cached(
        "INSERT INTO kept (tenant, connection, kind, moves) VALUES (?1, ?2, ?3, 0) ON CONFLICT DO NOTHING",
    )?
    .execute(params![tenant, connection, kind.as_str()])?;
    db.prepare_cached(&format!(
        "UPDATE kept SET bytes = (SELECT coalesce(sum({SIZE}), 0) FROM records r \
             WHERE r.tenant = ?1 AND r.connection = kept.connection AND r.kind = kept.kind) \
         WHERE tenant = ?1 AND bytes IS NULL"
    ))?
    .execute([tenant])?;
    Ok(known(db, key)?.unwrap_or_default())
}

/// What is kept, unless it is to be measured. A connection that is no more counts for nothing.
fn known(db: &Connection, (tenant, connection, kind): (i64, i64, Kind)) -> Result<Option<Kept>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT sum(k.bytes), sum(CASE WHEN k.connection = ?2 AND k.kind = ?3 THEN k.bytes END) \
         FROM kept k JOIN connections c ON c.id = k.connection WHERE k.tenant = ?1",
    )?;
    let sums = first(select.query(params![tenant, connection, kind.as_str()])?, |row| {
        Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
    })?;
    Ok(sums.and_then(|(all, kind)| Some(Kept { kind: kind?.unsigned_abs(), tenant: all?.unsigned_abs() })))
}

/// Notes that records grew by so many bytes, and whether any of them moved.
pub(super) fn note(
    db: &Connection,
    (tenant, connection, kind): (i64, i64, Kind),
    bytes: i64,
    moved: bool,
) -> Result<(), StoreError> {
    if bytes == 0 && !moved {
        return Ok(());
    }
    db.prepare_cached(
        "INSERT INTO kept (tenant, connection, kind, moves) VALUES (?1, ?2, ?3, ?5) \
         ON CONFLICT DO UPDATE SET bytes = bytes + ?4, moves = moves + ?5",
    )?
    .execute(params![tenant, connection, kind.as_str(), bytes, moved])?;
    Ok(())
}
