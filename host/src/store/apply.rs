//! Applying a plan: intents before the call, outcomes after it, one transaction each.
//!
//! A change that is intended or accepted when its process dies has an unknown outcome: the
//! next run finds it with [`unsettled`](TenantStore::unsettled) and looks it up at the vendor
//! before anything else happens to it.

use super::changes::{read_change, select_changes};
use super::connections::connection_id;
use super::plans::{check_run, plan_row};
use super::rows::{collect, cut, first, time};
use super::syncs::sync_id;
use super::{ChangeStatus, JournalEntry, StoreError, StoredChange, TenantStore, journal, links, upsert};
use crate::model::{ConnectionName, Kind, Link, PlanId, Record, RunId, SyncName, Timestamp};
use rusqlite::params;

/// What came of one change.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The change.
    pub sequence: u32,
    /// How it stands now; `Pending` puts it back, when it was certainly not written.
    pub status: ChangeStatus,
    /// The target record that came of it.
    pub target: Option<String>,
    /// Why, when it did not go well; cut after 8 KiB.
    pub message: String,
    /// The link as it is to be stored, with the revision it was read with.
    pub link: Option<Link>,
    /// What to write down.
    pub journal: JournalEntry,
    /// What to ask the connector with, while it is accepted.
    pub token: Option<String>,
}

impl TenantStore {
    /// Notes that these changes are about to be written, and gives the batch's id.
    ///
    /// # Errors
    /// `Stale`, naming a change that is not pending; `NotFound` (the plan, the run). Nothing
    /// is noted then.
    pub async fn batch_intend(
        &self,
        run: RunId,
        plan: PlanId,
        sequences: &[u32],
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let (tenant, sequences) = (self.id, sequences.to_vec());
        self.write(move |db| {
            plan_row(db, tenant, plan)?;
            check_run(db, tenant, run)?;
            db.prepare_cached("INSERT INTO batches (tenant, plan, run, intended_at) VALUES (?1, ?2, ?3, ?4)")?
                .execute([tenant, plan.0, run.0, at.0])?;
            let batch = db.last_insert_rowid();
            let mut intend = db.prepare_cached(
                "UPDATE change_states SET status = 'intended', batch = ?1 \
                 WHERE tenant = ?2 AND plan = ?3 AND sequence = ?4 AND +status = 'pending'",
            )?;
            for sequence in sequences {
                if intend.execute([batch, tenant, plan.0, i64::from(sequence)])? == 0 {
                    return Err(StoreError::stale("change", format!("{plan}.{sequence}")));
                }
            }
            Ok(batch)
        })
        .await
    }

    /// Stores what came of changes: their status, links and journal entries, and the target's
    /// records as read back. With no batch, of changes that needed no call.
    ///
    /// # Errors
    /// `Stale`, naming a change that was settled already or a link that was changed meanwhile;
    /// `NotFound` (the plan, the connection); `TooLarge`. Nothing is stored then.
    pub async fn batch_settle(
        &self,
        plan: PlanId,
        batch: Option<i64>,
        settled: &[Settled],
        records: &[(Kind, Record)],
        target: &ConnectionName,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let records: Vec<(Kind, Vec<upsert::Encoded>)> = records
            .chunk_by(|(one, _), (next, _)| one == next)
            .map(|chunk| Ok((chunk[0].0, upsert::Encoded::all(chunk[0].0, chunk.iter().map(|(_, record)| record))?)))
            .collect::<Result<_, StoreError>>()?;
        let settled = settled.iter().map(Encoded::new).collect::<Result<Vec<_>, _>>()?;
        let (tenant, target) = (self.id, target.clone());
        self.write(move |db| {
            let sync = plan_row(db, tenant, plan)?.sync;
            let mut settle = db.prepare_cached(
                "UPDATE change_states SET status = ?1, message = ?2, target = ?3, token = ?4, batch = coalesce(?5, batch) \
                 WHERE tenant = ?6 AND plan = ?7 AND sequence = ?8 AND +status IN ('pending', 'intended', 'accepted')",
            )?;
            for outcome in &settled {
                let row = params![
                    outcome.status.as_str(),
                    outcome.message,
                    outcome.target,
                    outcome.token,
                    batch,
                    tenant,
                    plan.0,
                    outcome.sequence,
                ];
                if settle.execute(row)? == 0 {
                    return Err(StoreError::stale("change", format!("{plan}.{}", outcome.sequence)));
                }
            }
            for link in settled.iter().filter_map(|outcome| outcome.link.as_ref()) {
                links::put(db, tenant, sync, link)?;
            }
            journal::append(db, tenant, Some(sync), settled.iter().map(|outcome| &outcome.journal))?;
            let target = connection_id(db, tenant, &target)?;
            for (kind, records) in &records {
                upsert::put_all(db, tenant, target, *kind, records, at)?;
            }
            Ok(())
        })
        .await
    }

    /// The changes of a sync whose outcome is unknown, from any of its plans, oldest first,
    /// each with its plan and the time when its write began.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    pub async fn unsettled(&self, sync: &SyncName) -> Result<Vec<(PlanId, StoredChange, Timestamp)>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut begun = db.prepare_cached("SELECT intended_at FROM batches WHERE id = ?1 AND tenant = ?2")?;
            let sql = select_changes("INDEXED BY change_states_open")
                + " WHERE s.tenant = ?1 AND s.status IN ('intended', 'accepted') \
                   AND s.plan IN (SELECT id FROM plans WHERE tenant = ?1 AND sync = ?2) ORDER BY s.plan, s.sequence";
            collect(db.prepare_cached(&sql)?.query([tenant, sync])?, |row| {
                let change = read_change(row)?;
                let begun = first(begun.query(params![change.batch, tenant])?, |row| time(row, 0))?;
                Ok((PlanId(row.get(19)?), change, begun.unwrap_or_default()))
            })
        })
        .await
    }
}

/// What came of a change, as its rows have it.
struct Encoded {
    sequence: u32,
    status: ChangeStatus,
    target: Option<String>,
    message: String,
    token: Option<String>,
    link: Option<links::Encoded>,
    journal: journal::Encoded,
}

impl Encoded {
    fn new(settled: &Settled) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: settled.sequence,
            status: settled.status,
            target: settled.target.clone(),
            message: cut(&settled.message),
            token: settled.token.clone(),
            link: settled.link.as_ref().map(links::Encoded::new).transpose()?,
            journal: journal::Encoded::new(&settled.journal)?,
        })
    }
}
