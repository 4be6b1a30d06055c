//! Requests and their runs: queued, taken by whichever process works, begun, stopped from another one.
//!
//! What a request does is the engine's. Runs that are under way are in `runs`.

use super::actors::{actor_id, read as read_actor};
use super::rows::{collect, document, first, message, time, time_or_none, to_document, to_word, word};
use super::syncs::sync_id;
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::request::{Request, RunState, StopOutcome, Wanted};
use crosswalk_model::{Actor, RunCounts, RunId, RunStatus, SyncName, Timestamp, said};
use rusqlite::{Connection, Row, params};

/// Requests whose run has not begun, and that no living process has.
pub(super) const OPEN: &str = "requests q JOIN runs r ON r.tenant = q.tenant AND r.id = q.run AND r.status = 'queued' JOIN syncs y ON y.id = r.sync";

impl TenantStore {
    /// Stores a request of this handle's actor, to be begun at `due_at` or later, and returns its run.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn request_add(
        &self,
        sync: &SyncName,
        wanted: &Wanted,
        at: Timestamp,
        due_at: Timestamp,
    ) -> Result<RunId, StoreError> {
        let (tenant, actor, sync, wanted) = (self.id, self.actor.clone(), sync.clone(), wanted.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            db.prepare_cached(
                "INSERT INTO runs (tenant, sync, mode, started_at, status, plan, counts, message, actor) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8)",
            )?
            .execute(params![
                tenant,
                sync,
                to_word(&wanted.mode())?,
                at.0,
                RunStatus::Queued.as_str(),
                match wanted {
                    Wanted::Apply { plan } => Some(plan.0),
                    _ => None,
                },
                to_document(&RunCounts::default())?,
                actor_id(db, tenant, &actor)?,
            ])?;
            let run = db.last_insert_rowid();
            db.prepare_cached(
                "INSERT INTO requests (run, tenant, wanted, asked_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![run, tenant, to_document(&wanted)?, at.0, due_at.0])?;
            Ok(RunId(run))
        })
        .await
    }

    /// Returns the requests that can be begun at `now`, in the order in which they were made: those that no process has,
    /// or that one took before `lost` and never began.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn requests_due(&self, now: Timestamp, lost: Timestamp) -> Result<Vec<Request>, StoreError> {
        let tenant = self.id;
        self.read(move |db| due(db, tenant, now, lost)).await
    }

    /// Takes a request. Returns `false` if another process took it, or it was cancelled, since it was seen. If the take is
    /// lost in a power failure, the request is due again.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn request_take(&self, seen: &Request, now: Timestamp) -> Result<bool, StoreError> {
        let (tenant, run, taken_at) = (self.id, seen.run, seen.taken_at);
        self.write_lightly(move |db| {
            let taken = db
                .prepare_cached(
                    "UPDATE requests SET taken_at = ?1 WHERE tenant = ?2 AND run = ?3 AND taken_at IS ?4 \
                     AND EXISTS (SELECT 1 FROM runs r WHERE r.id = ?3 AND r.status = 'queued')",
                )?
                .execute(params![now.0, tenant, run.0, taken_at.map(|at| at.0)])?;
            Ok(taken > 0)
        })
        .await
    }

    /// Puts a request back that could not be begun: others may take it from `due_at` on.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn request_put_back(&self, run: RunId, due_at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.id;
        self.write_lightly(move |db| {
            db.prepare_cached("UPDATE requests SET taken_at = NULL, due_at = ?3 WHERE tenant = ?1 AND run = ?2")?
                .execute(params![tenant, run.0, due_at.0])?;
            Ok(())
        })
        .await
    }

    /// Stops a run for this handle's actor: one that has not begun is cancelled at once, another one's process is told.
    ///
    /// # Errors
    /// `NotFound` (the run).
    #[boxed]
    pub async fn run_stop(&self, run: RunId, at: Timestamp) -> Result<StopOutcome, StoreError> {
        let (tenant, actor) = (self.id, self.actor.clone());
        self.write(move |db| {
            let mut select = db.prepare_cached("SELECT status FROM runs WHERE tenant = ?1 AND id = ?2")?;
            let status: Option<RunStatus> = first(select.query([tenant, run.0])?, |row| word(row, 0))?;
            let by = actor_id(db, tenant, &actor)?;
            match status {
                None => Err(StoreError::not_found("run", run)),
                Some(RunStatus::Queued) => {
                    let message = message(&said!("run-cancelled", by = actor.to_string()));
                    db.prepare_cached(
                        "UPDATE runs SET status = 'cancelled', ended_at = ?3, stop_at = ?3, stop_by = ?4, message = ?5 \
                         WHERE tenant = ?1 AND id = ?2",
                    )?
                    .execute(params![tenant, run.0, at.0, by, message])?;
                    Ok(StopOutcome::Cancelled)
                }
                Some(RunStatus::Running) => {
                    db.prepare_cached(
                        "UPDATE runs SET stop_at = coalesce(stop_at, ?3), stop_by = coalesce(stop_by, ?4) \
                         WHERE tenant = ?1 AND id = ?2",
                    )?
                    .execute(params![tenant, run.0, at.0, by])?;
                    Ok(StopOutcome::Asked)
                }
                Some(_) => Ok(StopOutcome::Ended),
            }
        })
        .await
    }

    /// Stores how far a run is, and returns whether somebody asked to stop it.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn run_beat(&self, run: RunId, state: Option<RunState>) -> Result<bool, StoreError> {
        let tenant = self.id;
        let Some(state) = state else {
            return self.read(move |db| stop_asked(db, tenant, run)).await;
        };
        self.write_lightly(move |db| {
            db.prepare_cached("UPDATE runs SET progress = ?3 WHERE tenant = ?1 AND id = ?2 AND status = 'running'")?
                .execute(params![tenant, run.0, to_document(&state)?])?;
            stop_asked(db, tenant, run)
        })
        .await
    }

    /// Returns how far a run is, as its process stored it last, and who asked to stop it.
    ///
    /// # Errors
    /// `NotFound` (the run).
    #[boxed]
    pub async fn run_state(&self, run: RunId) -> Result<(Option<RunState>, Option<Actor>), StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT r.progress, a.actor FROM runs r LEFT JOIN actors a ON a.id = r.stop_by \
                 WHERE r.tenant = ?1 AND r.id = ?2",
            )?;
            first(select.query([tenant, run.0])?, |row| {
                let state = row.get::<_, Option<String>>(0)?.map(|_| document(row, 0, "progress")).transpose()?;
                Ok((state, read_actor(row, 1)?))
            })?
            .ok_or_else(|| StoreError::not_found("run", run))
        })
        .await
    }
}

fn stop_asked(db: &Connection, tenant: i64, run: RunId) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM runs WHERE tenant = ?1 AND id = ?2 AND stop_at IS NOT NULL")?;
    Ok(select.exists([tenant, run.0])?)
}

/// The requests of a tenant that can be begun at `now`. Those of a paused sync too: a person asks for it.
pub(super) fn due(db: &Connection, tenant: i64, now: Timestamp, lost: Timestamp) -> Result<Vec<Request>, StoreError> {
    let sql = format!(
        "SELECT q.run, y.name, q.wanted, a.actor, q.asked_at, q.due_at, q.taken_at FROM {OPEN} \
         LEFT JOIN actors a ON a.id = r.actor \
         WHERE q.tenant = ?1 AND q.due_at <= ?2 AND (q.taken_at IS NULL OR q.taken_at < ?3 OR q.taken_at > ?2) ORDER BY q.run"
    );
    collect(db.prepare_cached(&sql)?.query([tenant, now.0, lost.0])?, read)
}

fn read(row: &Row<'_>) -> Result<Request, StoreError> {
    Ok(Request {
        run: RunId(row.get(0)?),
        sync: word(row, 1)?,
        wanted: document(row, 2, "request")?,
        actor: read_actor(row, 3)?.unwrap_or(Actor::Host),
        asked_at: time(row, 4)?,
        due_at: time(row, 5)?,
        taken_at: time_or_none(row, 6)?,
    })
}
