//! Budgets: how many calls a connection may still make in a bucket's window, shared by
//! every process that uses this database.
//!
//! The window slides in slices of a sixtieth: calls are counted per slice, and a slice
//! counts until its last possible call has left the window. So a vendor never sees more
//! than the limit in any window, at the price of opening up to a sixtieth of it late.

use super::connections::connection_id;
use super::rows::{collect, count, int};
use super::{StoreError, TenantStore};
use crate::model::{ConnectionName, Timestamp};
use rusqlite::params;

/// Slices of a window.
const SLICES: i64 = 60;

/// What was taken from a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetTake {
    /// So many calls may go out: at least one, and no more than were wanted.
    Granted(u32),
    /// None now; one is free in so many milliseconds.
    Wait(u64),
}

impl TenantStore {
    /// Takes up to `wanted` calls (at least one) out of a bucket of `limit` calls in any
    /// `window_ms`. A limit of 0 is no limit.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn budget_take(
        &self,
        connection: &ConnectionName,
        bucket: &str,
        limit: u32,
        window_ms: i64,
        wanted: u32,
        now: Timestamp,
    ) -> Result<BudgetTake, StoreError> {
        let wanted = wanted.max(1);
        if limit == 0 {
            return Ok(BudgetTake::Granted(wanted));
        }
        let (tenant, connection, bucket) = (self.id, connection.clone(), bucket.to_owned());
        let window = window_ms.max(1);
        let length = (window / SLICES).max(1);
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let gone = now.0 - window - length;
            let mut slices = db.prepare_cached(
                "SELECT slice, calls FROM budget \
                 WHERE tenant = ?1 AND connection = ?2 AND bucket = ?3 AND slice > ?4 ORDER BY slice",
            )?;
            let used = collect(slices.query(params![tenant, connection, bucket, gone])?, |row| {
                Ok((row.get::<_, i64>(0)?, count::<u64>(row, 1)?))
            })?;
            let sum: u64 = used.iter().map(|(_, calls)| calls).sum();
            let free = u64::from(limit).saturating_sub(sum);
            if free == 0 {
                // Enough slices must leave to be under the limit again: more than one, when
                // the limit was lowered.
                let mut over = sum - u64::from(limit) + 1;
                for (slice, calls) in used {
                    over = over.saturating_sub(calls);
                    if over == 0 {
                        return Ok(BudgetTake::Wait((slice - gone).try_into().unwrap_or(1)));
                    }
                }
            }
            let granted = u32::try_from(free).unwrap_or(u32::MAX).min(wanted);
            db.prepare_cached(
                "DELETE FROM budget WHERE tenant = ?1 AND connection = ?2 AND bucket = ?3 AND slice <= ?4",
            )?
            .execute(params![tenant, connection, bucket, gone])?;
            db.prepare_cached(
                "INSERT INTO budget (tenant, connection, bucket, slice, calls) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO UPDATE SET calls = calls + excluded.calls",
            )?
            .execute(params![tenant, connection, bucket, now.0 - now.0.rem_euclid(length), int(granted)])?;
            Ok(BudgetTake::Granted(granted))
        })
        .await
    }
}
