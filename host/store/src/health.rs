//! The health of a connection's connector: its crashes in a row, the rest after each, and its quarantine, which a
//! person ends. Automatic work avoids a connection that rests.

use super::connections::connection_id;
use super::rows::{first, message, said, time_or_none};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Said, Timestamp, said};
use rusqlite::{Connection, params};

/// The rest after the first crash, in milliseconds. It doubles with each further one.
pub(super) const REST_MS: i64 = 30_000;
/// The longest rest, in milliseconds.
pub(super) const REST_MAX_MS: i64 = 6 * 60 * 60 * 1_000;
/// Crashes in a row that lead to quarantine.
const CRASHES: u32 = 10;
/// The period over which wake-ups are counted.
const HOUR_MS: i64 = 60 * 60 * 1_000;
/// Number of wake-ups per hour that are served when asked for. Further ones wait a second, later ten.
const FREE_WAKES: u32 = 10;
const QUICK_WAKES: u32 = 60;
/// Number of wake-ups per hour that lead to quarantine: one in twelve seconds.
const WAKES: u32 = 300;

/// The health of a connection's connector.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Number of crashes in a row.
    pub crashes: u32,
    /// Time until which automatic work avoids the connection.
    pub rests_until: Option<Timestamp>,
    /// Time since which the connection is in quarantine, and the reason.
    pub quarantine: Option<(Timestamp, Said)>,
}

impl TenantStore {
    /// Returns the health of a connection's connector.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn health(&self, connection: &ConnectionName) -> Result<Health, StoreError> {
        let (tenant, name) = (self.id, connection.clone());
        self.read(move |db| of(db, tenant, connection_id(db, tenant, &name)?)).await
    }

    /// Stores a crash. It leads to a rest that doubles with each crash in a row, and in the end to quarantine.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn connection_crashed(&self, name: &ConnectionName, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let (tenant, name, why) = (self.id, name.clone(), why.to_owned());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            let mut select = db.prepare_cached("SELECT crashes FROM connections WHERE tenant = ?1 AND id = ?2")?;
            let before: u32 = first(select.query([tenant, connection])?, |row| Ok(row.get(0)?))?.unwrap_or(0);
            let rest = now.plus_ms(REST_MS.saturating_mul(1 << before.min(20)).min(REST_MAX_MS));
            let crashes = before.saturating_add(1);
            let quarantine =
                (crashes >= CRASHES).then(|| message(&said!("connection-crashes", crashes, why = why.as_str())));
            db.prepare_cached(
                "UPDATE connections SET crashes = ?3, crashed_at = ?4, rests_until = ?5, \
                     quarantine = coalesce(quarantine, ?6), \
                     quarantined_at = coalesce(quarantined_at, CASE WHEN ?6 IS NOT NULL THEN ?4 END) \
                 WHERE tenant = ?1 AND id = ?2",
            )?
            .execute(params![tenant, connection, crashes, now.0, rest.0, quarantine])?;
            db.prepare_cached("UPDATE wakeups SET due_at = max(due_at, ?3) WHERE tenant = ?1 AND connection = ?2")?
                .execute([tenant, connection, rest.0])?;
            Ok(())
        })
        .await
    }

    /// Stores that work with these connections, begun at `began`, went without a crash.
    ///
    /// # Errors
    /// `NotFound` (a connection).
    #[boxed]
    pub async fn connections_sound(&self, names: &[&ConnectionName], began: Timestamp) -> Result<(), StoreError> {
        let (tenant, names) = (self.id, names.iter().map(|name| (*name).clone()).collect::<Vec<_>>());
        let crashed = move |db: &Connection| {
            let ids = names.iter().map(|name| connection_id(db, tenant, name));
            let each = ids.map(|id| id.and_then(|id| Ok((id, of(db, tenant, id)?.crashes))));
            let crashes: Vec<(i64, u32)> = each.collect::<Result<_, StoreError>>()?;
            Ok(crashes.into_iter().filter(|(_, crashes)| *crashes > 0).map(|(id, _)| id).collect::<Vec<_>>())
        };
        let crashed = self.read(crashed).await?;
        if crashed.is_empty() {
            return Ok(());
        }
        self.write(move |db| {
            let mut update = db.prepare_cached(
                "UPDATE connections SET crashes = 0, rests_until = NULL \
                 WHERE tenant = ?1 AND id = ?2 AND quarantined_at IS NULL AND crashed_at <= ?3",
            )?;
            for connection in crashed {
                update.execute([tenant, connection, began.0])?;
            }
            Ok(())
        })
        .await
    }

    /// Counts a wake-up that the connector asked for and that is served now. One too many in an hour leads to
    /// quarantine. Returns whether the connection is in quarantine.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn wake_counted(&self, name: &ConnectionName, job: &str, now: Timestamp) -> Result<bool, StoreError> {
        let (tenant, name, job) = (self.id, name.clone(), job.to_owned());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            let mut count = db.prepare_cached(
                "UPDATE connections SET woken = CASE WHEN woken_from > ?3 - ?4 THEN woken + 1 ELSE 1 END, \
                     woken_from = CASE WHEN woken_from > ?3 - ?4 THEN woken_from ELSE ?3 END \
                 WHERE tenant = ?1 AND id = ?2 RETURNING woken",
            )?;
            let woken: u32 =
                first(count.query([tenant, connection, now.0, HOUR_MS])?, |row| Ok(row.get(0)?))?.unwrap_or(0);
            if woken <= WAKES {
                return Ok(false);
            }
            let why = message(&said!("connection-wakes", job = job.as_str(), wakes = WAKES));
            db.prepare_cached(
                "UPDATE connections SET quarantined_at = coalesce(quarantined_at, ?3), \
                 quarantine = coalesce(quarantine, ?4) WHERE tenant = ?1 AND id = ?2",
            )?
            .execute(params![tenant, connection, now.0, why])?;
            Ok(true)
        })
        .await
    }

    /// Returns the earliest time of a wake-up that a connector asks for now: at once, unless it asks often or rests.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn wake_earliest(&self, name: &ConnectionName, now: Timestamp) -> Result<Timestamp, StoreError> {
        let (tenant, name) = (self.id, name.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            let mut select = db.prepare_cached(
                "SELECT CASE WHEN woken_from > ?3 THEN woken ELSE 0 END, coalesce(rests_until, 0) FROM connections \
                 WHERE tenant = ?1 AND id = ?2",
            )?;
            let found: Option<(u32, i64)> =
                first(select.query([tenant, connection, now.0 - HOUR_MS])?, |row| Ok((row.get(0)?, row.get(1)?)))?;
            let (woken, rests_until) = found.unwrap_or_default();
            let pause = match woken {
                woken if woken <= FREE_WAKES => 0,
                woken if woken <= QUICK_WAKES => 1_000,
                _ => 10_000,
            };
            Ok(now.plus_ms(pause).max(Timestamp(rests_until)))
        })
        .await
    }

    /// Ends the quarantine and the rest of a connection. Returns whether there was one.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn connection_release(&self, name: &ConnectionName) -> Result<bool, StoreError> {
        let (tenant, name) = (self.id, name.clone());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &name)?;
            let changed = db
                .prepare_cached(
                    "UPDATE connections SET crashes = 0, rests_until = NULL, quarantined_at = NULL, quarantine = NULL, \
                     woken = 0 WHERE tenant = ?1 AND id = ?2 AND (quarantined_at IS NOT NULL OR crashes > 0)",
                )?
                .execute([tenant, connection])?;
            Ok(changed > 0)
        })
        .await
    }
}

pub(super) fn of(db: &Connection, tenant: i64, connection: i64) -> Result<Health, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT crashes, rests_until, quarantined_at, quarantine FROM connections WHERE tenant = ?1 AND id = ?2",
    )?;
    let health = first(select.query([tenant, connection])?, |row| {
        let since = time_or_none(row, 2)?;
        Ok(Health {
            crashes: row.get(0)?,
            rests_until: time_or_none(row, 1)?,
            quarantine: since.zip(Some(said(row, 3)?)),
        })
    })?;
    Ok(health.unwrap_or_default())
}
