//! The size of what is kept of a vendor's records, and the number of transactions in which any of them moved: came,
//! went, or changed in more than volatile fields. One row sums up the records of a kind of a connection, updated by the
//! transactions that store and delete them. How much may be kept is left to the caller.

use super::StoreError;
use super::rows::first;
use crosswalk_model::Kind;
use rusqlite::{Connection, params};

/// Approximate bytes of a row beside its texts: numbers, times, digests, indexes.
pub(super) const ROW: i64 = 150;
/// The bytes of a record: its texts and `ROW`.
pub(super) const SIZE: &str = "octet_length(fields) + octet_length(name) + octet_length(id) + 150";

/// Size of what is kept, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Records of one kind of one connection.
    pub kind: u64,
    /// Records of all kinds and connections of the tenant.
    pub tenant: u64,
}

/// Returns the size of a kind of a connection, records that are gone included. If that is not known (the first time,
/// and in a database from before this was summed up), all unknown sizes of the tenant are measured.
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

/// The known sizes; `None` if this one is to be measured. A deleted connection does not count.
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

/// Adds the growth of records in bytes, and counts the transaction if any of them moved.
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
