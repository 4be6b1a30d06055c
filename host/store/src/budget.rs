//! Budgets: the number of calls that may still be made to a vendor's account in a bucket's window, shared by every
//! connection to the account and every process that uses this database.
//!
//! The window slides in slices of a sixtieth. Calls are counted per slice, and a slice counts until its last possible
//! call has left the window. So a vendor never sees more than the limit in any window, at the price of opening up to a
//! sixtieth of it late.

use super::rows::{collect, count, int, time};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{BudgetTake, Timestamp};
use rusqlite::params;

/// Number of slices of a window.
const SLICES: i64 = 60;

impl TenantStore {
    /// Takes up to `wanted` calls (at least one) out of a bucket of `limit` calls in any `window_ms`. A limit of 0
    /// means no limit. The account is a digest of the vendor's address and of the credentials. It is stored as a digest
    /// under the key of the secrets, so that the database does not help to guess them.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn budget_take(
        &self,
        account: &[u8; 32],
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
        let (tenant, account, bucket) = (self.id, self.account_digest(account), bucket.to_owned());
        let window = window_ms.max(1);
        let length = (window / SLICES).max(1);
        self.write_lightly(move |db| {
            // Of all buckets, as a connector may name thousands and never use them again.
            db.prepare_cached("DELETE FROM budget WHERE tenant = ?1 AND expires_at <= ?2")?.execute([tenant, now.0])?;
            let slice = now.0 - now.0.rem_euclid(length);
            // Counted by a clock that was ahead: they may have gone out just now.
            let ahead = params![tenant, account, bucket, slice];
            let mut later = db.prepare_cached(
                "DELETE FROM budget WHERE tenant = ?1 AND account = ?2 AND bucket = ?3 AND slice > ?4 RETURNING calls",
            )?;
            let ahead: u64 = collect(later.query(ahead)?, |row| count::<u64>(row, 0))?.iter().sum();
            let mut put = db.prepare_cached(
                "INSERT INTO budget (tenant, account, bucket, slice, expires_at, calls) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                 ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, expires_at = excluded.expires_at",
            )?;
            if ahead > 0 {
                put.execute(params![tenant, account, bucket, slice, slice + length + window, int(ahead)])?;
            }
            let mut select = db.prepare_cached(
                "SELECT expires_at, calls FROM budget WHERE tenant = ?1 AND account = ?2 AND bucket = ?3 \
                 ORDER BY slice",
            )?;
            let slices = collect(select.query(params![tenant, account, bucket])?, |row| {
                Ok((time(row, 0)?, count::<u64>(row, 1)?))
            })?;
            let used: u64 = slices.iter().map(|(_, calls)| calls).sum();
            if let Some(over) = used.checked_sub(u64::from(limit)) {
                return Ok(BudgetTake::Wait(wait_ms(&slices, over, now)));
            }
            let granted = wanted.min(limit - u32::try_from(used).unwrap_or(limit));
            put.execute(params![tenant, account, bucket, slice, slice + length + window, granted])?;
            Ok(BudgetTake::Granted(granted))
        })
        .await
    }
}

/// Time until more than `over` calls have left the window. That takes more than one slice if the limit was lowered
/// meanwhile.
fn wait_ms(slices: &[(Timestamp, u64)], over: u64, now: Timestamp) -> u64 {
    let mut left = 0;
    let opens = slices.iter().find(|(_, calls)| {
        left += calls;
        left > over
    });
    opens.map_or(1, |(expires_at, _)| expires_at.since_ms(now).max(1).unsigned_abs())
}
