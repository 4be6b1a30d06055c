//! Applying a plan: intents before the call, outcomes after it. The outcomes of a batch are stored as a whole.
//!
//! The outcome of a change that is intended or accepted when its process dies is unknown. The next run finds it with
//! [`unsettled`](TenantStore::unsettled) and looks it up at the vendor before anything else happens to it. `doubts.rs`
//! holds what is known meanwhile.
//!
//! Changes are settled one by one. If a person decided on a link after it was read, that decision stands, the change is
//! still done, and the journal has both.

use super::connections::connection_id;
use super::plans::{check_run, plan_row};
use super::rows::message;
use super::{ChangeStatus, JournalEntry, StoreError, TenantStore, journal, links, upsert};
use crate::boxed;
use crosswalk_model::{Actor, ConnectionName, Kind, Link, LinkState, PlanId, Record, RunId, Said, Timestamp, said};
use rusqlite::{Connection, params};

/// The outcome of one change.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The change.
    pub sequence: u32,
    /// The new status. `Pending` puts the change back; only for one that was certainly not written.
    pub status: ChangeStatus,
    /// The target record that was written.
    pub target: Option<String>,
    /// The reason, if the change did not go well; cut after 8 KiB.
    pub message: Said,
    /// The [name](crosswalk_model::Failure::name) of the connector's failure, if one ended the change or left it
    /// uncertain.
    pub failure: Option<&'static str>,
    /// The link to store, with the revision it was read with.
    pub link: Option<Link>,
    /// The journal entry.
    pub journal: JournalEntry,
    /// The token to ask the connector with, while the change is accepted.
    pub token: Option<String>,
}

impl Settled {
    /// The outcome of a change as its journal entry has it: with the entry's target, without a link, a token or a reason
    /// why it did not go well.
    #[must_use]
    pub fn new(sequence: u32, status: ChangeStatus, journal: JournalEntry) -> Self {
        let target = journal.target.clone();
        Self { sequence, status, target, message: Said::default(), failure: None, link: None, journal, token: None }
    }
}

/// A change whose link was decided on while it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overtaken {
    /// Kind and source record: `asset 12`.
    pub what: String,
    /// What was written and what stands.
    pub message: Said,
}

impl TenantStore {
    /// Stores the intent to write these changes, each with the revision of its link (0: there is no link), and returns
    /// the batch's id.
    ///
    /// # Errors
    /// `Stale`, naming a change that is not pending; `NotFound` (the plan, the run). Nothing is stored then.
    #[boxed]
    pub async fn batch_intend(
        &self,
        run: RunId,
        plan: PlanId,
        changes: &[(u32, i64)],
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        let (tenant, changes) = (self.id, changes.to_vec());
        self.write(move |db| {
            plan_row(db, tenant, plan)?;
            check_run(db, tenant, run)?;
            db.prepare_cached("INSERT INTO batches (tenant, plan, run, intended_at) VALUES (?1, ?2, ?3, ?4)")?
                .execute([tenant, plan.0, run.0, at.0])?;
            let batch = db.last_insert_rowid();
            let mut intend = db.prepare_cached(
                "UPDATE change_states SET status = 'intended', batch = ?1, link_revision = ?5 \
                 WHERE tenant = ?2 AND plan = ?3 AND sequence = ?4 AND +status = 'pending'",
            )?;
            for (sequence, revision) in changes {
                if intend.execute([batch, tenant, plan.0, i64::from(sequence), revision])? == 0 {
                    return Err(StoreError::stale("change", format!("{plan}.{sequence}")));
                }
            }
            Ok(batch)
        })
        .await
    }

    /// Stores the outcomes of changes: their status, links and journal entries, and the target's records as read back.
    /// `batch` is `None` for changes that needed no call. Returns the changes whose link was changed meanwhile; those
    /// links stay as they are.
    ///
    /// # Errors
    /// `Stale`, naming a change that was settled already; `NotFound` (the plan, the connection);
    /// `TooLarge`. Nothing is stored then.
    #[boxed]
    pub async fn batch_settle(
        &self,
        plan: PlanId,
        batch: Option<i64>,
        settled: &[Settled],
        records: &[(Kind, Record)],
        target: &ConnectionName,
        at: Timestamp,
    ) -> Result<Vec<Overtaken>, StoreError> {
        self.outcomes_store(plan, BatchOutcomes::new(batch, settled.to_vec(), records, at)?, target).await
    }

    /// Stores the outcomes of a batch like [`batch_settle`](Self::batch_settle). Several that are handed over at a time
    /// share commits, and each is stored or not by itself.
    ///
    /// # Errors
    /// As for `batch_settle`.
    #[boxed]
    pub async fn outcomes_store(
        &self,
        plan: PlanId,
        mut outcomes: BatchOutcomes,
        target: &ConnectionName,
    ) -> Result<Vec<Overtaken>, StoreError> {
        let (tenant, actor, target) = (self.id, self.actor.clone(), target.clone());
        self.write(move |db| {
            let sync = plan_row(db, tenant, plan)?.sync;
            let overtaken = settle(db, (tenant, &actor), (sync, plan), &mut outcomes)?;
            let target = connection_id(db, tenant, &target)?;
            for (kind, records) in &outcomes.records {
                upsert::put_all(db, tenant, target, *kind, records, outcomes.at)?;
            }
            Ok(overtaken)
        })
        .await
    }
}

/// Stores the outcomes of a batch, and returns the changes that were overtaken.
fn settle(
    db: &Connection,
    (tenant, actor): (i64, &Actor),
    (sync, plan): (i64, PlanId),
    batch: &mut BatchOutcomes,
) -> Result<Vec<Overtaken>, StoreError> {
    let mut overtaken = Vec::new();
    let mut settle = db.prepare_cached(
        "UPDATE change_states SET status = ?1, message = ?2, target = ?3, token = ?4, batch = coalesce(?5, batch), \
         failure = ?9 WHERE tenant = ?6 AND plan = ?7 AND sequence = ?8 \
         AND +status IN ('pending', 'intended', 'accepted', 'uncertain')",
    )?;
    for outcome in &mut batch.settled {
        if let Some(link) = &outcome.link {
            match links::put(db, tenant, sync, link) {
                Ok(()) => {}
                Err(StoreError::Stale { .. }) => {
                    let stands = stands(db, tenant, sync, link)?;
                    outcome.overtake(stands);
                    let what = outcome.journal.what();
                    overtaken.push(Overtaken { what, message: outcome.message.clone() });
                }
                Err(other) => return Err(other),
            }
        }
        let row = params![
            outcome.status.as_str(),
            message(&outcome.message),
            outcome.target,
            outcome.token,
            batch.batch,
            tenant,
            plan.0,
            outcome.sequence,
            outcome.failure,
        ];
        if settle.execute(row)? == 0 {
            return Err(StoreError::stale("change", format!("{plan}.{}", outcome.sequence)));
        }
    }
    forget_doubts(db, tenant, plan, &batch.settled)?;
    let entries = batch.settled.iter().map(|outcome| &outcome.journal);
    journal::append(db, (tenant, actor), Some(sync), entries)?;
    Ok(overtaken)
}

/// Deletes the doubts about changes that are no longer uncertain.
fn forget_doubts(db: &Connection, tenant: i64, plan: PlanId, settled: &[OutcomeRow]) -> Result<(), StoreError> {
    let mut any = db.prepare_cached("SELECT 1 FROM doubts WHERE tenant = ?1 AND plan = ?2 LIMIT 1")?;
    if !any.exists([tenant, plan.0])? {
        return Ok(());
    }
    let mut forget = db.prepare_cached("DELETE FROM doubts WHERE tenant = ?1 AND plan = ?2 AND sequence = ?3")?;
    for outcome in settled {
        forget.execute(params![tenant, plan.0, outcome.sequence])?;
    }
    Ok(())
}

/// Describes the current state of a link that a decision changed.
fn stands(db: &Connection, tenant: i64, sync: i64, link: &links::LinkRow) -> Result<Said, StoreError> {
    let now = links::state(db, tenant, sync, link)?;
    Ok(match now {
        Some((LinkState::Excluded, _)) => said!("link-stands-excluded"),
        Some((LinkState::Linked, Some(target))) => said!("link-stands-linked", target),
        Some((LinkState::Create, _)) => said!("link-stands-create"),
        Some((LinkState::Unmapped, _)) => said!("link-stands-forgotten"),
        Some(_) | None => said!("link-stands-decided"),
    })
}

/// The outcomes of a batch, ready to be stored.
pub struct BatchOutcomes {
    batch: Option<i64>,
    settled: Vec<OutcomeRow>,
    records: Vec<(Kind, Vec<upsert::RecordRow>)>,
    at: Timestamp,
}

impl BatchOutcomes {
    /// Takes the outcome of each change of a batch (`None` for changes that needed no call), and the records of the
    /// side that was written to, as read back at `at`.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn new(
        batch: Option<i64>,
        settled: Vec<Settled>,
        records: &[(Kind, Record)],
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        let records = records.chunk_by(|(one, _), (next, _)| one == next).map(|chunk| {
            let kind = chunk[0].0;
            Ok((kind, upsert::RecordRow::all(kind, chunk.iter().map(|(_, record)| record))?))
        });
        let records = records.collect::<Result<_, StoreError>>()?;
        Ok(Self { batch, settled: settled.into_iter().map(OutcomeRow::new).collect::<Result<_, _>>()?, records, at })
    }

    /// Number of changes.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.settled.len()
    }
}

/// The outcome of a change as its rows hold it.
struct OutcomeRow {
    sequence: u32,
    status: ChangeStatus,
    target: Option<String>,
    message: Said,
    failure: Option<&'static str>,
    token: Option<String>,
    link: Option<links::LinkRow>,
    journal: journal::EntryRow,
}

impl OutcomeRow {
    fn new(settled: Settled) -> Result<Self, StoreError> {
        Ok(Self {
            sequence: settled.sequence,
            status: settled.status,
            target: settled.target,
            message: settled.message,
            failure: settled.failure,
            token: settled.token,
            link: settled.link.as_ref().map(links::LinkRow::new).transpose()?,
            journal: journal::EntryRow::of(settled.journal)?,
        })
    }

    /// Adds to the outcome that the link was decided on meanwhile.
    fn overtake(&mut self, stands: Said) {
        let event = self.journal.event().as_str();
        let written = match &self.target {
            Some(target) => said!("write-overtaken-as", event, target, stands),
            None => said!("write-overtaken", event, stands),
        };
        self.journal.prepend(&written);
        self.message = written;
        self.link = None;
    }
}
