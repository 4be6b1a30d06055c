//! How much is kept of a vendor's records. It is measured when a walk begins: a sum kept with each
//! record that is written would cost more than the measuring. What may be kept is decided by who asks.

use super::connections::connection_id;
use super::rows::first;
use super::{StoreError, TenantStore};
use crate::model::{ConnectionName, Kind};
use rusqlite::params;

/// About what a row takes beside its texts: numbers, times, digests, indexes.
const ROW: i64 = 150;

/// How much is kept, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Of the kind that was measured, of its connection.
    pub kind: u64,
    /// Of all kinds and connections of the tenant, each as it was measured last.
    pub tenant: u64,
}

impl TenantStore {
    /// Measures what is kept of a kind of a connection, records that are gone included.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn records_measure(&self, connection: &ConnectionName, kind: Kind) -> Result<Kept, StoreError> {
        let (tenant, name) = (self.id, connection.clone());
        let (connection, bytes) = self
            .read(move |db| {
                let connection = connection_id(db, tenant, &name)?;
                let mut select = db.prepare_cached(
                    "SELECT coalesce(sum(octet_length(fields) + octet_length(name) + octet_length(id) + ?4), 0) \
                     FROM records WHERE tenant = ?1 AND connection = ?2 AND kind = ?3",
                )?;
                let rows = select.query(params![tenant, connection, kind.as_str(), ROW])?;
                Ok((connection, first(rows, |row| Ok(row.get::<_, i64>(0)?))?.unwrap_or(0)))
            })
            .await?;
        self.write_lightly(move |db| {
            db.prepare_cached(
                "INSERT INTO kept (tenant, connection, kind, bytes) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT DO UPDATE SET bytes = excluded.bytes WHERE bytes <> excluded.bytes",
            )?
            .execute(params![tenant, connection, kind.as_str(), bytes])?;
            let mut select = db.prepare_cached(
                "SELECT coalesce(sum(k.bytes), 0) FROM kept k JOIN connections c ON c.id = k.connection \
                 WHERE k.tenant = ?1",
            )?;
            let all: i64 = first(select.query([tenant])?, |row| Ok(row.get(0)?))?.unwrap_or(0);
            Ok(Kept { kind: bytes.unsigned_abs(), tenant: all.unsigned_abs() })
        })
        .await
    }
}
