//! Writes whose outcome is unknown: what is stored about them while they are looked up.
//!
//! A row exists while a change is `uncertain`, and is deleted when the change is settled (`apply.rs`). The engine
//! decides when a look-up is due and what it proves.

use super::changes::{read_change, select_changes};
use super::plans::plan_row;
use super::rows::{collect, count, first, message, said, time, word};
use super::syncs::sync_id;
use super::{JournalEntry, StoreError, StoredChange, TenantStore, journal};
use crate::boxed;
use crosswalk_model::{PlanId, RunId, Said, SyncName, Timestamp};
use rusqlite::{Connection, params};

/// What is known of a write that may have been carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// Time of the first intent.
    pub intended_at: Timestamp,
    /// The last moment at which a request for it may have left the host.
    pub since: Timestamp,
    /// Whether the vendor sent a complete reply that does not settle the change.
    pub answered: bool,
    /// Number of look-ups after the quiet time that found nothing.
    pub looks: u32,
    /// Time of the next look-up.
    pub due_at: Timestamp,
    /// The reason why it is uncertain; cut after 8 KiB.
    pub why: Said,
    /// The [name](crosswalk_model::Failure::name) of the connector's failure that left it open, if one did.
    pub failure: Option<String>,
    /// The record that the vendor named as the result of a create, though it belongs to another change.
    pub named: Option<String>,
}

/// A change that is intended, accepted or uncertain.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// The plan it belongs to.
    pub plan: PlanId,
    /// The change.
    pub row: StoredChange,
    /// The run that sent it, or was about to.
    pub run: RunId,
    /// Time of the last intent.
    pub intended_at: Timestamp,
    /// The revision of its link at the intent.
    pub link_revision: Option<i64>,
    /// What its look-ups found; `None` while it is intended or accepted.
    pub doubt: Option<Doubt>,
}

/// The uncertain writes of syncs that recur and are not paused, as `d`.
pub(super) const RECURRING: &str = "doubts d JOIN plans p ON p.id = d.plan JOIN syncs y ON y.id = p.sync AND NOT y.paused \
     AND EXISTS (SELECT 1 FROM schedules s WHERE s.tenant = y.tenant AND s.sync = y.id)";

impl TenantStore {
    /// Marks changes as uncertain, or updates what is known of uncertain ones.
    ///
    /// # Errors
    /// `Stale`, naming a change that was settled already; `NotFound` (the plan). Nothing is stored then.
    #[boxed]
    pub async fn doubts_put(
        &self,
        plan: PlanId,
        doubts: &[(u32, Doubt)],
        entries: &[JournalEntry],
    ) -> Result<(), StoreError> {
        let (tenant, actor) = (self.id, self.actor.clone());
        let doubts = doubts.to_vec();
        let entries = entries.iter().map(journal::EntryRow::new).collect::<Result<Vec<_>, _>>()?;
        self.write(move |db| {
            let sync = plan_row(db, tenant, plan)?.sync;
            let mut state = db.prepare_cached(
                "UPDATE change_states SET status = 'uncertain', message = ?1, failure = ?5 WHERE tenant = ?2 \
                 AND plan = ?3 AND sequence = ?4 AND +status IN ('intended', 'accepted', 'uncertain')",
            )?;
            let mut put = db.prepare_cached(
                "INSERT INTO doubts (tenant, plan, sequence, intended_at, since_at, answered, looks, due_at, why, named, \
                 failure) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET since_at = excluded.since_at, \
                 answered = excluded.answered, looks = excluded.looks, due_at = excluded.due_at, why = excluded.why, \
                 named = excluded.named, failure = excluded.failure",
            )?;
            for (sequence, doubt) in &doubts {
                let why = message(&doubt.why);
                if state.execute(params![why, tenant, plan.0, sequence, doubt.failure])? == 0 {
                    return Err(StoreError::stale("change", format!("{plan}.{sequence}")));
                }
                put.execute(params![
                    tenant,
                    plan.0,
                    sequence,
                    doubt.intended_at.0,
                    doubt.since.0,
                    doubt.answered,
                    doubt.looks,
                    doubt.due_at.0,
                    why,
                    doubt.named,
                    doubt.failure,
                ])?;
            }
            journal::append(db, (tenant, &actor), Some(sync), &entries)
        })
        .await
    }

    /// Returns the changes of a sync whose outcome is unknown, from any of its plans, oldest first.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn unsettled(&self, sync: &SyncName) -> Result<Vec<Unsettled>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut begun = db.prepare_cached("SELECT intended_at, run FROM batches WHERE id = ?1 AND tenant = ?2")?;
            let mut revision = db.prepare_cached(
                "SELECT link_revision FROM change_states WHERE tenant = ?1 AND plan = ?2 AND sequence = ?3",
            )?;
            let sql = select_changes("INDEXED BY change_states_open")
                + " WHERE s.tenant = ?1 AND s.status IN ('intended', 'accepted', 'uncertain') \
                   AND s.plan IN (SELECT id FROM plans WHERE tenant = ?1 AND sync = ?2) ORDER BY s.plan, s.sequence";
            collect(db.prepare_cached(&sql)?.query([tenant, sync])?, |row| {
                let (change, plan) = (read_change(row)?, row.get::<_, i64>(19)?);
                let batch =
                    first(begun.query(params![change.batch, tenant])?, |row| Ok((time(row, 0)?, RunId(row.get(1)?))))?;
                let (intended_at, run) = batch.unwrap_or((Timestamp(0), RunId(0)));
                let key = params![tenant, plan, change.change.sequence];
                let link_revision = first(revision.query(key)?, |row| Ok(row.get(0)?))?.flatten();
                let doubt = doubt(db, tenant, plan, change.change.sequence)?;
                Ok(Unsettled { plan: PlanId(plan), row: change, run, intended_at, link_revision, doubt })
            })
        })
        .await
    }

    /// Postpones the look-ups of a sync's uncertain writes that are due at `now`.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn doubts_put_off(&self, sync: &SyncName, now: Timestamp, until: Timestamp) -> Result<(), StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            db.prepare_cached(
                "UPDATE doubts SET due_at = ?1 WHERE tenant = ?2 AND due_at <= ?3 \
                 AND plan IN (SELECT id FROM plans WHERE tenant = ?2 AND sync = ?4)",
            )?
            .execute(params![until.0, tenant, now.0, sync])?;
            Ok(())
        })
        .await
    }

    /// Returns when the next look-up of an uncertain write of a sync is due; `None` if there is no such write.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn doubt_due(&self, sync: &SyncName) -> Result<Option<Timestamp>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT min(due_at) FROM doubts WHERE tenant = ?1 \
                 AND plan IN (SELECT id FROM plans WHERE tenant = ?1 AND sync = ?2)",
            )?;
            let due = first(select.query([tenant, sync])?, |row| Ok(row.get::<_, Option<i64>>(0)?))?;
            Ok(due.flatten().map(Timestamp))
        })
        .await
    }

    /// Returns the prefix of this database's idempotency keys.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn instance_key(&self) -> Result<String, StoreError> {
        if let Some(known) = self.base.instance.get() {
            return Ok(known.clone());
        }
        let key: String = self
            .read(|db| {
                let mut select = db.prepare_cached("SELECT key FROM instance WHERE id = 1")?;
                first(select.query([])?, |row| Ok(row.get(0)?))?.ok_or_else(|| StoreError::not_found("instance", 1))
            })
            .await?;
        Ok(self.base.instance.get_or_init(|| key).clone())
    }
}

fn doubt(db: &Connection, tenant: i64, plan: i64, sequence: u32) -> Result<Option<Doubt>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT intended_at, since_at, answered, looks, due_at, why, named, failure FROM doubts \
         WHERE tenant = ?1 AND plan = ?2 AND sequence = ?3",
    )?;
    first(select.query(params![tenant, plan, sequence])?, |row| {
        Ok(Doubt {
            intended_at: time(row, 0)?,
            since: time(row, 1)?,
            answered: row.get(2)?,
            looks: count(row, 3)?,
            due_at: time(row, 4)?,
            why: said(row, 5)?,
            named: row.get(6)?,
            failure: row.get(7)?,
        })
    })
}

/// The syncs with an uncertain write whose look-up is due at `now`, the longest overdue first. Only syncs that recur:
/// for others the look-up waits for the next run.
pub(super) fn due(db: &Connection, tenant: i64, now: Timestamp) -> Result<Vec<(SyncName, Timestamp)>, StoreError> {
    let sql = format!(
        "SELECT y.name, min(d.due_at) FROM {RECURRING} WHERE d.tenant = ?1 AND d.due_at <= ?2 \
         GROUP BY y.name ORDER BY 2, 1"
    );
    collect(db.prepare_cached(&sql)?.query([tenant, now.0])?, |row| Ok((word(row, 0)?, time(row, 1)?)))
}
