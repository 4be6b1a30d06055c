//! Plans. Their changes are in `changes.rs`.

use super::rows::{collect, count, document, first, limit, said, time, time_or_none, to_document, word};
use super::syncs::sync_id;
use super::{StoreError, TenantStore, findings};
use crate::boxed;
use crosswalk_model::{Kind, Plan, PlanId, RunId, SyncName, Timestamp};
use rusqlite::{Connection, Row, params};

const PLAN: &str =
    "SELECT id, run, made_at, hash, totals, undecided, approved_at, undoes, approved_by, findings FROM plans";
impl TenantStore {
    /// Begins a plan of a whole sync, before any record is read for it.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn plan_begin(&self, run: RunId, sync: &SyncName, at: Timestamp) -> Result<PlanId, StoreError> {
        self.plan_insert(run, sync, at, true).await
    }

    /// Begins a plan of single records. It appears in no list, so that the newest plan there still shows what is open
    /// in the whole sync.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn plan_begin_part(&self, run: RunId, sync: &SyncName, at: Timestamp) -> Result<PlanId, StoreError> {
        self.plan_insert(run, sync, at, false).await
    }

    async fn plan_insert(&self, run: RunId, sync: &SyncName, at: Timestamp, whole: bool) -> Result<PlanId, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write_lightly(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            check_run(db, tenant, run)?;
            db.prepare_cached(
                "INSERT INTO plans (tenant, sync, run, made_at, totals, undecided, whole, moves) \
                 SELECT ?1, id, ?3, ?4, '[]', 0, ?5, \
                     CASE WHEN ?5 THEN (SELECT coalesce(sum(moves), 0) FROM kept \
                         WHERE tenant = ?1 AND connection = source) END \
                 FROM syncs WHERE id = ?2",
            )?
            .execute(params![tenant, sync, run.0, at.0, whole])?;
            Ok(PlanId(db.last_insert_rowid()))
        })
        .await
    }

    /// Finishes a plan: its totals, hash, undecided customers, and the run it undoes. From then on it appears in lists.
    /// Deletes some findings of the older plans of its sync, and returns their number. A plan without changes may be
    /// lost in a power failure, as it has nothing to approve.
    ///
    /// # Errors
    /// `NotFound`.
    #[boxed]
    pub async fn plan_finish(&self, plan: &Plan) -> Result<usize, StoreError> {
        let (tenant, plan) = (self.id, plan.clone());
        let empty = plan.totals.is_empty();
        let finish = move |db: &Connection| {
            let mut update = db.prepare_cached(
                "UPDATE plans SET hash = ?1, totals = ?2, undecided = ?3, undoes = ?4, findings = ?7 \
                 WHERE id = ?5 AND tenant = ?6 RETURNING sync",
            )?;
            let row = params![
                plan.hash,
                to_document(&plan.totals)?,
                plan.undecided,
                plan.undoes.map(|run| run.0),
                plan.id.0,
                tenant,
                to_document(&plan.findings)?
            ];
            let sync = first(update.query(row)?, |row| Ok(row.get(0)?))?;
            findings::trim(db, tenant, sync.ok_or_else(|| StoreError::not_found("plan", plan.id))?)
        };
        if empty { self.write_lightly(finish).await } else { self.write(finish).await }
    }

    /// Replaces a finished plan of single records by an earlier one of the same hash that was not approved yet, and
    /// returns that. Returns `None` if there is none; the plan then stays.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn plan_settle_for_waiting(&self, sync: &SyncName, plan: PlanId) -> Result<Option<Plan>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let sql = format!(
                "{PLAN} WHERE tenant = ?1 AND sync = ?2 AND id < ?3 AND whole = 0 AND undoes IS NULL \
                 AND approved_at IS NULL AND hash = (SELECT hash FROM plans WHERE id = ?3 AND tenant = ?1) \
                 ORDER BY id DESC LIMIT 1"
            );
            let waiting = first(db.prepare_cached(&sql)?.query([tenant, sync, plan.0])?, read_plan)?;
            if let Some(kept) = &waiting {
                for table in ["changes", "change_states"] {
                    let sql = format!("DELETE FROM {table} WHERE tenant = ?1 AND plan = ?2");
                    db.execute(&sql, [tenant, plan.0])?;
                }
                // The findings of the kept plan are replaced by the current ones.
                db.execute("DELETE FROM findings WHERE tenant = ?1 AND plan = ?2", [tenant, kept.id.0])?;
                db.execute(
                    "UPDATE findings SET plan = ?3 WHERE tenant = ?1 AND plan = ?2",
                    [tenant, plan.0, kept.id.0],
                )?;
                db.execute(
                    "UPDATE plans SET findings = (SELECT findings FROM plans WHERE id = ?2) WHERE tenant = ?1 AND id = ?3",
                    [tenant, plan.0, kept.id.0],
                )?;
                db.execute("DELETE FROM plans WHERE tenant = ?1 AND id = ?2", [tenant, plan.0])?;
            }
            Ok(waiting)
        })
        .await
    }

    /// Returns one plan. The hash of an unfinished plan is empty.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plan_get(&self, plan: PlanId) -> Result<Option<Plan>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let sql = format!("{PLAN} WHERE id = ?1 AND tenant = ?2");
            first(db.prepare_cached(&sql)?.query([plan.0, tenant])?, read_plan)
        })
        .await
    }

    /// Returns the latest finished plans of a sync as a whole, newest first.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn plan_list(&self, sync: &SyncName, most: usize) -> Result<Vec<Plan>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let sql = format!(
                "{PLAN} WHERE tenant = ?1 AND sync = ?2 AND hash IS NOT NULL AND whole = 1 ORDER BY id DESC LIMIT ?3"
            );
            collect(db.prepare_cached(&sql)?.query([tenant, sync, limit(most)])?, read_plan)
        })
        .await
    }

    /// Returns the newest finished plan of the whole sync that was made after this one, itself a plan of the whole
    /// sync, and has other changes. `None` if this plan is the newest, has the same changes, or is of single records.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plan_superseded_by(&self, plan: PlanId) -> Result<Option<PlanId>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT n.id FROM plans p JOIN plans n ON n.tenant = p.tenant AND n.sync = p.sync AND n.id > p.id \
                 AND n.whole = 1 AND n.undoes IS NULL AND n.hash IS NOT NULL \
                 WHERE p.id = ?1 AND p.tenant = ?2 AND p.whole = 1 AND p.undoes IS NULL AND n.hash <> p.hash \
                 ORDER BY n.id DESC LIMIT 1",
            )?;
            first(select.query([plan.0, tenant])?, |row| Ok(PlanId(row.get(0)?)))
        })
        .await
    }

    /// Returns the latest finished plan of single records of a sync that has a change of this kind.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn plan_part_latest(&self, sync: &SyncName, kind: Kind) -> Result<Option<PlanId>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT id FROM plans p WHERE tenant = ?1 AND sync = ?2 AND hash IS NOT NULL AND whole = 0 \
                 AND undoes IS NULL AND EXISTS (SELECT 1 FROM json_each(p.totals) WHERE value ->> 'kind' = ?3) \
                 ORDER BY id DESC LIMIT 1",
            )?;
            first(select.query(params![tenant, sync, kind.as_str()])?, |row| Ok(PlanId(row.get(0)?)))
        })
        .await
    }

    /// Returns the finished plans of single records of a sync that were made after a plan, newest first, up to 20.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn plan_parts_since(&self, sync: &SyncName, plan: PlanId) -> Result<Vec<Plan>, StoreError> {
        const MOST: usize = 20;
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let sql = format!(
                "{PLAN} WHERE tenant = ?1 AND sync = ?2 AND id > ?3 AND hash IS NOT NULL AND whole = 0 \
                 ORDER BY id DESC LIMIT ?4"
            );
            collect(db.prepare_cached(&sql)?.query([tenant, sync, plan.0, limit(MOST)])?, read_plan)
        })
        .await
    }

    /// Returns the sync that a plan belongs to.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn plan_sync(&self, plan: PlanId) -> Result<SyncName, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT s.name FROM plans p JOIN syncs s ON s.id = p.sync WHERE p.id = ?1 AND p.tenant = ?2",
            )?;
            first(select.query([plan.0, tenant])?, |row| word(row, 0))?
                .ok_or_else(|| StoreError::not_found("plan", plan))
        })
        .await
    }

    /// Whether a plan is of a whole sync, and not of single records.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plan_is_whole(&self, plan: PlanId) -> Result<bool, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached("SELECT 1 FROM plans WHERE id = ?1 AND tenant = ?2 AND whole = 1")?;
            Ok(select.exists([plan.0, tenant])?)
        })
        .await
    }

    /// Returns the plan whose changes a run was about to write; `None` if it applied nothing.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plan_applied_by(&self, run: RunId) -> Result<Option<PlanId>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select =
                db.prepare_cached("SELECT plan FROM batches WHERE tenant = ?1 AND run = ?2 ORDER BY id DESC LIMIT 1")?;
            first(select.query([tenant, run.0])?, |row| Ok(PlanId(row.get(0)?)))
        })
        .await
    }

    /// Returns the latest run that did anything of a plan that undoes this run.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn run_undone_by(&self, run: RunId) -> Result<Option<RunId>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let mut select = db.prepare_cached(
                "SELECT b.run FROM plans p JOIN batches b ON b.tenant = p.tenant AND b.plan = p.id \
                 WHERE p.tenant = ?1 AND p.undoes = ?2 AND EXISTS (SELECT 1 FROM change_states s \
                     WHERE s.tenant = p.tenant AND s.plan = p.id AND s.status = 'done' AND s.batch = b.id) \
                 ORDER BY b.run DESC LIMIT 1",
            )?;
            first(select.query([tenant, run.0])?, |row| Ok(RunId(row.get(0)?)))
        })
        .await
    }
}

pub(super) fn check_run(db: &Connection, tenant: i64, run: RunId) -> Result<(), StoreError> {
    let mut select = db.prepare_cached("SELECT 1 FROM runs WHERE id = ?1 AND tenant = ?2")?;
    if select.exists([run.0, tenant])? { Ok(()) } else { Err(StoreError::not_found("run", run)) }
}

/// The columns of a plan that other methods need.
pub(super) struct PlanRow {
    pub(super) sync: i64,
    pub(super) hash: Option<String>,
}

pub(super) fn plan_row(db: &Connection, tenant: i64, plan: PlanId) -> Result<PlanRow, StoreError> {
    let mut select = db.prepare_cached("SELECT sync, hash FROM plans WHERE id = ?1 AND tenant = ?2")?;
    first(select.query([plan.0, tenant])?, |row| Ok(PlanRow { sync: row.get(0)?, hash: row.get(1)? }))?
        .ok_or_else(|| StoreError::not_found("plan", plan))
}

fn read_plan(row: &Row<'_>) -> Result<Plan, StoreError> {
    Ok(Plan {
        id: PlanId(row.get(0)?),
        run: RunId(row.get(1)?),
        made_at: time(row, 2)?,
        hash: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
        totals: document(row, 4, "totals")?,
        undecided: count(row, 5)?,
        approved_at: time_or_none(row, 6)?,
        undoes: row.get::<_, Option<i64>>(7)?.map(RunId),
        approved_by: Some(said(row, 8)?).filter(|by| !by.is_empty()),
        findings: document(row, 9, "findings")?,
    })
}
