//! Wake-ups: what connectors asked to be called again for.

use super::connections::connection_id;
use super::rows::{check_length, collect, count, first, limit, time, word};
use super::{StoreError, TenantStore};
use crate::model::{ConnectionName, Timestamp};
use rusqlite::params;

/// How many may be pending for a connection.
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
    /// What to call it with.
    pub payload: String,
    /// When.
    pub due_at: Timestamp,
}

impl TenantStore {
    /// Notes a wake-up and gives its id; none when the connection has too many pending.
    ///
    /// # Errors
    /// `NotFound` (the connection); `TooLarge`.
    pub async fn wake_insert(
        &self,
        connection: &ConnectionName,
        job: &str,
        payload: &str,
        due_at: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        check_length("the payload", payload, PAYLOAD)?;
        let (tenant, connection, job, payload) = (self.id, connection.clone(), job.to_owned(), payload.to_owned());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached("SELECT count(*) FROM wakeups WHERE tenant = ?1 AND connection = ?2")?;
            let pending: u64 = first(select.query([tenant, connection])?, |row| count(row, 0))?.unwrap_or(0);
            if pending >= PENDING {
                return Ok(None);
            }
            db.prepare_cached(
                "INSERT INTO wakeups (tenant, connection, job, payload, due_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![tenant, connection, job, payload, due_at.0])?;
            Ok(Some(db.last_insert_rowid().to_string()))
        })
        .await
    }

    /// Takes a wake-up of a connection back; fine when it is gone.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn wake_cancel(&self, connection: &ConnectionName, id: &str) -> Result<(), StoreError> {
        self.wake_delete(connection, id).await.map(drop)
    }

    /// The wake-ups that are due, the longest overdue first. Each stays until
    /// it is taken out with [`wake_take`](Self::wake_take).
    ///
    /// # Errors
    /// The database's.
    pub async fn wakes_due(&self, now: Timestamp) -> Result<Vec<Wakeup>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT w.id, c.name, w.job, w.payload, w.due_at FROM wakeups w JOIN connections c \
                 ON c.id = w.connection WHERE w.tenant = ?1 AND w.due_at <= ?2 ORDER BY w.due_at, w.id LIMIT ?3",
            )?;
            collect(select.query([tenant, now.0, limit(usize::MAX)])?, |row| {
                Ok(Wakeup {
                    id: row.get::<_, i64>(0)?.to_string(),
                    connection: word(row, 1)?,
                    job: row.get(2)?,
                    payload: row.get(3)?,
                    due_at: time(row, 4)?,
                })
            })
        })
        .await
    }

    /// Takes a wake-up out to serve it. Only one who asks gets it: says whether that is you.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn wake_take(&self, wakeup: &Wakeup) -> Result<bool, StoreError> {
        self.wake_delete(&wakeup.connection, &wakeup.id).await
    }

    async fn wake_delete(&self, connection: &ConnectionName, id: &str) -> Result<bool, StoreError> {
        // An id that is no number was never given out.
        let Ok(id) = id.parse::<i64>() else { return Ok(false) };
        let (tenant, connection) = (self.id, connection.clone());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let taken = db
                .prepare_cached("DELETE FROM wakeups WHERE id = ?1 AND tenant = ?2 AND connection = ?3")?
                .execute([id, tenant, connection])?;
            Ok(taken > 0)
        })
        .await
    }
}
