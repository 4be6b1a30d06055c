//! Wake-ups: calls that connectors asked for, and the recurring jobs of their manifests.
//!
//! A wake-up that was asked for is deleted before it is served. A recurring one is moved to its next slot instead. It
//! belongs to the manifest, and counts only while a sync that is not paused uses its connection and no other wake-up of
//! the same job is pending: a long walk continues by wake-ups of its own, and two of them would cost the vendor twice.

use super::connections::connection_id;
use super::rows::{check_length, collect, count, first, limit, time, word};
use super::{Store, StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, TenantName, Timestamp};
use rusqlite::{Connection, params};

/// Number of wake-ups that may be pending for a connection.
pub(super) const PENDING: u64 = 100;

/// The longest payload, in bytes.
const PAYLOAD: usize = 64 * 1024;

/// One wake-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wakeup {
    /// Its id.
    pub id: String,
    /// The connection that asked.
    pub connection: ConnectionName,
    /// The job to call.
    pub job: String,
    /// The payload of the call.
    pub payload: String,
    /// The time at which it is due.
    pub due_at: Timestamp,
    /// Interval of a recurring wake-up, in milliseconds; `None` for one that the connector asked for.
    pub every_ms: Option<i64>,
}

/// A recurring job of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// The job.
    pub job: String,
    /// Interval in milliseconds.
    pub every_ms: i64,
    /// The first slot, used if the job is new.
    pub first_at: Timestamp,
}

/// The condition under which the wake-up `w` counts.
pub(super) const COUNTS: &str = "(NOT EXISTS (SELECT 1 FROM connections q WHERE q.id = w.connection AND q.quarantined_at IS NOT NULL) \
     AND (w.every_ms IS NULL OR ( \
     EXISTS (SELECT 1 FROM syncs y WHERE y.tenant = w.tenant AND NOT y.paused AND w.connection IN (y.source, y.target)) \
     AND NOT EXISTS (SELECT 1 FROM wakeups o WHERE o.tenant = w.tenant AND o.connection = w.connection \
         AND o.job = w.job AND o.every_ms IS NULL))))";

impl Store {
    /// Returns the connections of syncs whose plugin's jobs are not stored, because they or their plugin are new, each
    /// with the digest of the plugin.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn jobs_unnoted(&self) -> Result<Vec<(TenantName, ConnectionName, String)>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(
                "SELECT t.name, c.name, c.digest FROM connections c JOIN tenants t ON t.id = c.tenant \
                 WHERE c.jobs_of IS NOT c.digest AND EXISTS (SELECT 1 FROM syncs y WHERE y.tenant = c.tenant \
                 AND NOT y.paused AND c.id IN (y.source, y.target)) ORDER BY t.name, c.name",
            )?;
            collect(select.query([])?, |row| Ok((word(row, 0)?, word(row, 1)?, row.get(2)?)))
        })
        .await
    }
}

impl TenantStore {
    /// Replaces the recurring jobs of a connection by those of the manifest of this plugin. A job whose interval
    /// changed begins no sooner than the new interval after its last beginning.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn jobs_note(
        &self,
        connection: &ConnectionName,
        digest: &str,
        jobs: &[Recurring],
    ) -> Result<(), StoreError> {
        let (tenant, connection, digest, jobs) = (self.id, connection.clone(), digest.to_owned(), jobs.to_vec());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let names = serde_json::Value::from_iter(jobs.iter().map(|job| job.job.as_str())).to_string();
            db.prepare_cached(
                "DELETE FROM wakeups WHERE tenant = ?1 AND connection = ?2 AND every_ms IS NOT NULL \
                 AND job NOT IN (SELECT value FROM json_each(?3))",
            )?
            .execute(params![tenant, connection, names])?;
            let mut put = db.prepare_cached(
                "INSERT INTO wakeups (tenant, connection, job, payload, due_at, every_ms) VALUES (?1, ?2, ?3, '', ?4, ?5) \
                 ON CONFLICT (tenant, connection, job) WHERE every_ms IS NOT NULL DO UPDATE SET \
                 due_at = max(excluded.due_at, due_at - every_ms + excluded.every_ms), every_ms = excluded.every_ms \
                 WHERE every_ms <> excluded.every_ms",
            )?;
            for job in &jobs {
                put.execute(params![tenant, connection, job.job, job.first_at.0, job.every_ms])?;
            }
            db.prepare_cached("UPDATE connections SET jobs_of = ?3 WHERE tenant = ?1 AND id = ?2")?
                .execute(params![tenant, connection, digest])?;
            Ok(())
        })
        .await
    }

    /// Stores a wake-up and returns its id; `None` if the connection has too many pending.
    ///
    /// # Errors
    /// `NotFound` (the connection); `TooLarge`.
    #[boxed]
    pub async fn wake_insert(
        &self,
        connection: &ConnectionName,
        job: &str,
        payload: &str,
        due_at: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        self.wake_put(connection, job, payload, due_at, None).await
    }

    /// Stores a wake-up like [`wake_insert`](Self::wake_insert), with the distance between `now` and its time.
    ///
    /// # Errors
    /// `NotFound` (the connection); `TooLarge`.
    #[boxed]
    pub async fn wake_later(
        &self,
        connection: &ConnectionName,
        job: &str,
        payload: &str,
        (now, due_at): (Timestamp, Timestamp),
    ) -> Result<Option<String>, StoreError> {
        self.wake_put(connection, job, payload, due_at, Some(due_at.since_ms(now).max(0))).await
    }

    async fn wake_put(
        &self,
        connection: &ConnectionName,
        job: &str,
        payload: &str,
        due_at: Timestamp,
        asked_ms: Option<i64>,
    ) -> Result<Option<String>, StoreError> {
        check_length("payload", payload, PAYLOAD)?;
        let (tenant, connection, job, payload) = (self.id, connection.clone(), job.to_owned(), payload.to_owned());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT count(*) FROM wakeups WHERE tenant = ?1 AND connection = ?2 AND every_ms IS NULL",
            )?;
            let pending: u64 = first(select.query([tenant, connection])?, |row| count(row, 0))?.unwrap_or(0);
            if pending >= PENDING {
                return Ok(None);
            }
            db.prepare_cached(
                "INSERT INTO wakeups (tenant, connection, job, payload, due_at, asked_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![tenant, connection, job, payload, due_at.0, asked_ms])?;
            Ok(Some(db.last_insert_rowid().to_string()))
        })
        .await
    }

    /// Deletes a wake-up that a connection asked for. It is not an error if it is gone.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn wake_cancel(&self, connection: &ConnectionName, id: &str) -> Result<(), StoreError> {
        // An id that is not a number was never issued.
        let Ok(id) = id.parse::<i64>() else { return Ok(()) };
        let (tenant, connection) = (self.id, connection.clone());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            db.prepare_cached(
                "DELETE FROM wakeups WHERE id = ?1 AND tenant = ?2 AND connection = ?3 AND every_ms IS NULL",
            )?
            .execute([id, tenant, connection])?;
            Ok(())
        })
        .await
    }

    /// Takes a wake-up to serve it: deletes it, or moves it to its `next` slot if it recurs. Returns whether this
    /// caller got it; only one does.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn wake_take(&self, seen: &Wakeup, next: Option<Timestamp>) -> Result<bool, StoreError> {
        let Ok(id) = seen.id.parse::<i64>() else { return Ok(false) };
        let (tenant, seen) = (self.id, seen.clone());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &seen.connection)?;
            let taken = match next {
                Some(next) => db
                    .prepare_cached(
                        "UPDATE wakeups SET due_at = ?6 WHERE id = ?1 AND tenant = ?2 AND connection = ?3 \
                         AND due_at = ?4 AND every_ms IS ?5",
                    )?
                    .execute(params![id, tenant, connection, seen.due_at.0, seen.every_ms, next.0])?,
                None => db
                    .prepare_cached("DELETE FROM wakeups WHERE id = ?1 AND tenant = ?2 AND connection = ?3")?
                    .execute([id, tenant, connection])?,
            };
            Ok(taken > 0)
        })
        .await
    }
}

/// The wake-ups that are due, the longest overdue first. Each stays until it is taken with
/// [`wake_take`](TenantStore::wake_take).
pub(super) fn due(db: &Connection, tenant: i64, now: Timestamp) -> Result<Vec<Wakeup>, StoreError> {
    let sql = format!(
        "SELECT w.id, c.name, w.job, w.payload, w.due_at, w.every_ms FROM wakeups w JOIN connections c \
         ON c.id = w.connection WHERE w.tenant = ?1 AND w.due_at <= ?2 AND {COUNTS} \
         ORDER BY w.due_at, w.id LIMIT ?3"
    );
    collect(db.prepare_cached(&sql)?.query([tenant, now.0, limit(usize::MAX)])?, |row| {
        Ok(Wakeup {
            id: row.get::<_, i64>(0)?.to_string(),
            connection: word(row, 1)?,
            job: row.get(2)?,
            payload: row.get(3)?,
            due_at: time(row, 4)?,
            every_ms: row.get(5)?,
        })
    })
}
