//! Runs: the executions of a sync.

use super::actors::{self, actor_id};
use super::plans::plan_row;
use super::rows::{
    collect, count, document, first, limit, message, said, time, time_or_none, to_document, to_word, word,
};
use super::syncs::sync_id;
use super::{ChangeStatus, StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{Hold, Kind, Mode, PlanId, Run, RunCounts, RunId, RunStatus, SyncName, Timestamp, said};
use rusqlite::{Connection, Row, params};
use std::collections::HashSet;

const SELECT: &str = "SELECT r.id, s.name, r.mode, r.started_at, r.ended_at, r.status, r.plan, r.counts, r.message, \
     (SELECT a.actor FROM actors a WHERE a.id = r.actor) FROM runs r JOIN syncs s ON s.id = r.sync";

/// Progress of a sync beyond its first runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRuns {
    /// The kinds whose first run is over: a whole plan of them was let go.
    pub ended: Vec<Kind>,
    /// Whether any run of a whole plan ever did something.
    pub any_done: bool,
}

/// The changes of one kind in a plan that was let go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetGo {
    /// The kind.
    pub kind: Kind,
    /// The plan.
    pub plan: PlanId,
    /// Number of changes that were done.
    pub done: u64,
    /// Number of changes that were tried and not done.
    pub failed: u64,
    /// Number of changes whose outcome is unknown.
    pub open: u64,
    /// Number of changes that wait, by the brakes that hold them. Those without a brake come first.
    pub left: Vec<(Option<String>, u64)>,
}

impl TenantStore {
    /// Begins a run: a new one, or one that was `queued`. Runs of the sync that are still `running` have failed: the caller holds the sync's claim, so their
    /// processes are dead. The commit does not wait for the disk; that of the first intent does, and includes the run.
    ///
    /// # Errors
    /// `NotFound` (the sync); `Stale`, if the queued run was cancelled or begun meanwhile.
    #[boxed]
    pub async fn run_begin(
        &self,
        sync: &SyncName,
        mode: Mode,
        queued: Option<RunId>,
        at: Timestamp,
    ) -> Result<RunId, StoreError> {
        let (tenant, actor, sync) = (self.id, self.actor.clone(), sync.clone());
        self.write_lightly(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            db.prepare_cached(
                "UPDATE runs SET ended_at = ?1, status = 'failed', message = ?4 \
                 WHERE tenant = ?2 AND sync = ?3 AND status = 'running'",
            )?
            .execute(params![at.0, tenant, sync, message(&said!("run-ended-with-program"))])?;
            if let Some(run) = queued {
                let begun = db
                    .prepare_cached(
                        "UPDATE runs SET status = 'running', started_at = ?1 \
                         WHERE id = ?2 AND tenant = ?3 AND sync = ?4 AND status = 'queued'",
                    )?
                    .execute([at.0, run.0, tenant, sync])?;
                return if begun == 0 { Err(StoreError::stale("run", run)) } else { Ok(run) };
            }
            db.prepare_cached(
                "INSERT INTO runs (tenant, sync, mode, started_at, status, counts, message, actor) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7)",
            )?
            .execute(params![
                tenant,
                sync,
                to_word(&mode)?,
                at.0,
                RunStatus::Running.as_str(),
                to_document(&RunCounts::default())?,
                actor_id(db, tenant, &actor)?,
            ])?;
            Ok(RunId(db.last_insert_rowid()))
        })
        .await
    }

    /// Stores the state of a run: its end, status, plan, counts and message. If a run that wrote nothing is lost in a
    /// power failure, it only appears as one that did not end.
    ///
    /// # Errors
    /// `NotFound`.
    #[boxed]
    pub async fn run_finish(&self, run: &Run) -> Result<(), StoreError> {
        let (tenant, run) = (self.id, run.clone());
        let wrote = run.counts.done + run.counts.writes > 0;
        let update = move |db: &Connection| {
            let changed = db
                .prepare_cached(
                    "UPDATE runs SET ended_at = ?1, status = ?2, plan = ?3, counts = ?4, message = ?5 \
                     WHERE id = ?6 AND tenant = ?7",
                )?
                .execute(params![
                    run.ended_at.map(|at| at.0),
                    run.status.as_str(),
                    run.plan.map(|plan| plan.0),
                    to_document(&run.counts)?,
                    message(&run.message),
                    run.id.0,
                    tenant,
                ])?;
            if changed == 0 { Err(StoreError::not_found("run", run.id)) } else { Ok(()) }
        };
        if wrote { self.write(update).await } else { self.write_lightly(update).await }
    }

    /// Adds changes to the counts of the run that sent them and has ended, after a later look-up found their outcome.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn run_book(&self, run: RunId, done: u64) -> Result<(), StoreError> {
        let tenant = self.id;
        self.write(move |db| {
            let mut select = db.prepare_cached("SELECT counts FROM runs WHERE id = ?1 AND tenant = ?2")?;
            let counts = first(select.query([run.0, tenant])?, |row| document::<RunCounts>(row, 0, "counts"))?;
            let Some(mut counts) = counts else { return Ok(()) };
            counts.done += done;
            counts.uncertain = counts.uncertain.saturating_sub(done);
            db.prepare_cached("UPDATE runs SET counts = ?1 WHERE id = ?2 AND tenant = ?3")?.execute(params![
                to_document(&counts)?,
                run.0,
                tenant
            ])?;
            Ok(())
        })
        .await
    }

    /// Returns one run.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn run_get(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let sql = format!("{SELECT} WHERE r.id = ?1 AND r.tenant = ?2");
            first(db.prepare_cached(&sql)?.query([id.0, tenant])?, read)
        })
        .await
    }

    /// Returns the latest runs, newest first, of one sync or of all.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn run_list(&self, sync: Option<&SyncName>, most: usize) -> Result<Vec<Run>, StoreError> {
        let (tenant, sync) = (self.id, sync.cloned());
        self.read(move |db| {
            let sync = sync.map(|sync| sync_id(db, tenant, &sync)).transpose()?;
            let only = if sync.is_some() { "AND r.sync = ?2" } else { "AND ?2 IS NULL" };
            let sql = format!("{SELECT} WHERE r.tenant = ?1 {only} ORDER BY r.id DESC LIMIT ?3");
            collect(db.prepare_cached(&sql)?.query(params![tenant, sync, limit(most)])?, read)
        })
        .await
    }

    /// Returns how far a sync is beyond its first runs.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn first_runs(&self, sync: &SyncName) -> Result<FirstRuns, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached("SELECT kind FROM first_runs WHERE tenant = ?1 AND sync = ?2")?;
            let ended = collect(select.query([tenant, sync])?, |row| word(row, 0))?;
            let mut select = db.prepare_cached(
                "SELECT 1 FROM runs r LEFT JOIN plans p ON p.tenant = r.tenant AND p.id = r.plan \
                 WHERE r.tenant = ?1 AND r.sync = ?2 AND r.counts ->> 'done' > 0 AND coalesce(p.whole, 1) \
                 ORDER BY r.id LIMIT 1",
            )?;
            Ok(FirstRuns { ended, any_done: select.exists([tenant, sync])? })
        })
        .await
    }

    /// Returns the changes of each of these kinds in the newest plan of a sync that was let go, in whole or in part.
    /// Kinds without such a plan are left out. What is approved or polled apart has plans of its own.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn let_go_last(&self, sync: &SyncName, kinds: &[Kind]) -> Result<Vec<LetGo>, StoreError> {
        let (tenant, sync, kinds) = (self.id, sync.clone(), kinds.to_vec());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let each = kinds.into_iter().map(|kind| let_go(db, tenant, sync, kind));
            each.filter_map(Result::transpose).collect()
        })
        .await
    }

    /// Ends the first run of the kinds of a plan, or of `only` these, that have nothing left to do, neither held nor
    /// cut off by a stop. Changes that wait for something else than a person's release do not count as left.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn first_runs_end(&self, plan: PlanId, only: Option<Vec<Kind>>, at: Timestamp) -> Result<(), StoreError> {
        let tenant = self.id;
        self.write(move |db| {
            let sync = plan_row(db, tenant, plan)?.sync;
            let mut select = db.prepare_cached(
                "SELECT DISTINCT kind, status, brake FROM change_states \
                 WHERE tenant = ?1 AND plan = ?2 AND status IN ('done', 'pending')",
            )?;
            let states: Vec<(Kind, bool, Option<String>)> = collect(select.query([tenant, plan.0])?, |row| {
                Ok((word(row, 0)?, row.get::<_, String>(1)? == "done", row.get(2)?))
            })?;
            // A change that a brake of an earlier version holds is left as well.
            let waits = |words: &Option<String>| {
                let hold = words.as_ref().and_then(|words| Hold::parse(words, String::new()).ok());
                hold.is_none_or(|hold| hold.can_release())
            };
            let left: HashSet<Kind> =
                states.iter().filter(|(_, done, brake)| !done && waits(brake)).map(|(kind, ..)| *kind).collect();
            let done = states.iter().filter(|(kind, done, _)| *done && !left.contains(kind));
            let over: HashSet<Kind> = done.map(|(kind, ..)| *kind).collect();
            let mut insert = db.prepare_cached(
                "INSERT INTO first_runs (tenant, sync, kind, ended_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?;
            for kind in over.into_iter().filter(|kind| only.as_ref().is_none_or(|only| only.contains(kind))) {
                insert.execute(params![tenant, sync, kind.as_str(), at.0])?;
            }
            Ok(())
        })
        .await
    }
}

fn let_go(db: &Connection, tenant: i64, sync: i64, kind: Kind) -> Result<Option<LetGo>, StoreError> {
    let apart = kind.is_planned_apart();
    let mut newest = db.prepare_cached(
        "SELECT p.id FROM plans p WHERE p.tenant = ?1 AND p.sync = ?2 AND p.approved_at IS NOT NULL \
         AND p.undoes IS NULL AND (p.whole = 1 OR ?4) \
         AND EXISTS (SELECT 1 FROM json_each(p.totals) t WHERE t.value ->> 'kind' = ?3) \
         ORDER BY p.id DESC LIMIT 1",
    )?;
    let newest = newest.query(params![tenant, sync, kind.as_str(), apart])?;
    let Some(plan) = first(newest, |row| Ok(PlanId(count(row, 0)?)))? else { return Ok(None) };
    let mut select = db.prepare_cached(
        "SELECT status, brake, count(*) FROM change_states WHERE tenant = ?1 AND plan = ?2 AND kind = ?3 \
         GROUP BY status, brake ORDER BY status, brake",
    )?;
    let mut let_go = LetGo { kind, plan, done: 0, failed: 0, open: 0, left: Vec::new() };
    let rows = collect(select.query(params![tenant, plan.0, kind.as_str()])?, |row| {
        Ok((word::<ChangeStatus>(row, 0)?, row.get::<_, Option<String>>(1)?, count::<u64>(row, 2)?))
    })?;
    for (status, brake, count) in rows {
        match status {
            ChangeStatus::Done => let_go.done += count,
            ChangeStatus::Pending => let_go.left.push((brake, count)),
            ChangeStatus::Failed | ChangeStatus::Stale | ChangeStatus::Skipped => let_go.failed += count,
            ChangeStatus::Intended | ChangeStatus::Accepted | ChangeStatus::Uncertain => let_go.open += count,
        }
    }
    Ok(Some(let_go))
}

fn read(row: &Row<'_>) -> Result<Run, StoreError> {
    Ok(Run {
        id: RunId(count(row, 0)?),
        sync: word(row, 1)?,
        mode: word(row, 2)?,
        started_at: time(row, 3)?,
        ended_at: time_or_none(row, 4)?,
        status: word(row, 5)?,
        plan: row.get::<_, Option<i64>>(6)?.map(PlanId),
        counts: document(row, 7, "counts")?,
        message: said(row, 8)?,
        actor: actors::read(row, 9)?,
    })
}
