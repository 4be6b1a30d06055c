//! The changes of plans, and their status.

use super::plans::plan_row;
use super::rows::{
    collect, count, document_or_default, first, is_duplicate, limit, message, said, to_document, to_word, word,
};
use super::{StoreError, TenantStore, codec};
use crate::boxed;
use crosswalk_model::{Action, Hold, Kind, PlanId, PlannedChange, RunId, Said, Step};
use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The status of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeStatus {
    /// Nothing was done yet.
    Pending,
    /// About to be written. If it stays so, the outcome is unknown.
    Intended,
    /// The vendor is working on it.
    Accepted,
    /// Possibly written; it will be looked up.
    Uncertain,
    /// Done, and read back.
    Done,
    /// Failed; the message says why.
    Failed,
    /// The state it was planned on has changed.
    Stale,
    /// Not done, because what it refers to is not linked.
    Skipped,
}

impl ChangeStatus {
    /// All statuses, in the order of a change's life.
    pub const ALL: [ChangeStatus; 8] = [
        ChangeStatus::Pending,
        ChangeStatus::Intended,
        ChangeStatus::Accepted,
        ChangeStatus::Uncertain,
        ChangeStatus::Done,
        ChangeStatus::Failed,
        ChangeStatus::Stale,
        ChangeStatus::Skipped,
    ];

    /// The word for people and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeStatus::Pending => "pending",
            ChangeStatus::Intended => "intended",
            ChangeStatus::Accepted => "accepted",
            ChangeStatus::Uncertain => "uncertain",
            ChangeStatus::Done => "done",
            ChangeStatus::Failed => "failed",
            ChangeStatus::Stale => "stale",
            ChangeStatus::Skipped => "skipped",
        }
    }
}

impl std::fmt::Display for ChangeStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for ChangeStatus {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        ChangeStatus::ALL.into_iter().find(|status| status.as_str() == text).ok_or_else(|| {
            format!("`{text}` is no status: use pending, intended, accepted, uncertain, done, failed, stale or skipped")
        })
    }
}

/// A change of a plan with its status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredChange {
    /// The change as planned.
    pub change: PlannedChange,
    /// The status.
    pub status: ChangeStatus,
    /// The reason, if the change did not go well.
    pub message: Said,
    /// The [name](crosswalk_model::Failure::name) of the connector's failure, if one ended the change or left it
    /// uncertain.
    pub failure: Option<String>,
    /// The batch it was written in.
    pub batch: Option<i64>,
    /// The target record that was written.
    pub target: Option<String>,
    /// The token to ask the connector with, while the change is accepted.
    pub token: Option<String>,
}

/// Digests of source records that are present, by kind and id.
pub type Digests = HashMap<Kind, HashMap<String, [u8; 16]>>;

/// What happened to the source record of a change since it was planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceMoved {
    /// It was missing, and is present again.
    Back,
    /// It is missing.
    Gone,
    /// Its content differs.
    Changed,
}

/// Selects changes of a plan. `None` selects all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChangeFilter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With this action.
    pub action: Option<Action>,
    /// Of this source customer.
    pub customer: Option<String>,
    /// Of this source record.
    pub source: Option<String>,
    /// Of this target record, as it was planned.
    pub target: Option<String>,
    /// Held by a brake, or not.
    pub held: Option<bool>,
    /// With this status.
    pub status: Option<ChangeStatus>,
    /// In a batch of this run.
    pub run: Option<RunId>,
}

impl TenantStore {
    /// Adds changes to an unfinished plan. `planned_on` holds the digests of the source records that they were planned
    /// on. For records that it does not name, the stored digest is taken.
    ///
    /// # Errors
    /// `NotFound` (the plan); `Exists` (a sequence); `Stale`, if the plan is finished.
    #[boxed]
    pub async fn plan_changes_insert(
        &self,
        plan: PlanId,
        changes: &[PlannedChange],
        planned_on: &Digests,
    ) -> Result<(), StoreError> {
        let tenant = self.id;
        let row = |change: &PlannedChange| {
            let known = planned_on.get(&change.kind).and_then(|digests| digests.get(&change.source)).copied();
            (without_fields(change), codec::write_diffs(&change.fields), known)
        };
        let changes: Vec<(PlannedChange, String, Option<[u8; 16]>)> = changes.iter().map(row).collect();
        self.write_lightly(move |db| {
            if plan_row(db, tenant, plan)?.hash.is_some() {
                return Err(StoreError::stale("plan", plan));
            }
            insert_changes(db, tenant, plan, &changes)
        })
        .await
    }

    /// Holds changes of an unfinished plan, in addition to what holds them already. The brakes of the whole sync are
    /// known only when all of a kind is planned.
    ///
    /// # Errors
    /// `NotFound` (the plan); `Stale`, if the plan is finished.
    #[boxed]
    pub async fn plan_changes_hold(&self, plan: PlanId, sequences: Vec<u32>, hold: Hold) -> Result<(), StoreError> {
        let tenant = self.id;
        self.write_lightly(move |db| {
            if plan_row(db, tenant, plan)?.hash.is_some() {
                return Err(StoreError::stale("plan", plan));
            }
            let mut known = db.prepare_cached(
                "SELECT brake, brake_reason FROM changes \
                 WHERE tenant = ?1 AND plan = ?2 AND sequence = ?3 AND brake IS NOT NULL",
            )?;
            let mut change = db.prepare_cached(
                "UPDATE changes SET brake = ?4, brake_reason = ?5 WHERE tenant = ?1 AND plan = ?2 AND sequence = ?3",
            )?;
            let mut state = db.prepare_cached(
                "UPDATE change_states SET brake = ?4 WHERE tenant = ?1 AND plan = ?2 AND sequence = ?3",
            )?;
            for sequence in sequences {
                let own = first(known.query(params![tenant, plan.0, sequence])?, |row| read_hold(row, 0))?;
                let Some(all) = Hold::together(own.into_iter().chain([hold.clone()])) else { continue };
                change.execute(params![tenant, plan.0, sequence, all.words(), message(&all.reason)])?;
                state.execute(params![tenant, plan.0, sequence, all.words()])?;
            }
            Ok(())
        })
        .await
    }

    /// Returns, by sequence, which of these changes have a source record that differs from the planned state in more
    /// than volatile fields.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn plan_sources_moved(
        &self,
        plan: PlanId,
        sequences: &[u32],
    ) -> Result<HashMap<u32, SourceMoved>, StoreError> {
        let (tenant, sequences) = (self.id, sequences.to_vec());
        self.read(move |db| {
            let source = source_of(db, tenant, plan)?;
            let mut still = db.prepare_cached(
                "SELECT 1 FROM plans WHERE id = ?1 AND tenant = ?2 AND moves = \
                     (SELECT coalesce(sum(moves), 0) FROM kept WHERE tenant = ?2 AND connection = ?3)",
            )?;
            if still.exists([plan.0, tenant, source])? {
                return Ok(HashMap::new());
            }
            let mut select = db.prepare_cached(
                "SELECT c.basis, r.gone_at IS NULL, substr(r.digest, 1, 16) FROM changes c \
                 CROSS JOIN records r ON r.tenant = c.tenant AND r.connection = ?4 AND r.kind = c.kind AND r.id = c.source \
                 WHERE c.tenant = ?1 AND c.plan = ?2 AND c.sequence = ?3 AND c.basis IS NOT NULL",
            )?;
            let mut moved = HashMap::new();
            for sequence in sequences {
                let found = first(select.query(params![tenant, plan.0, sequence, source])?, |row| {
                    let (basis, now): (Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(2)?);
                    Ok(match (basis.as_slice() == [0], row.get(1)?) {
                        (true, true) => Some(SourceMoved::Back),
                        (false, false) => Some(SourceMoved::Gone),
                        (false, true) if basis != now => Some(SourceMoved::Changed),
                        _ => None,
                    })
                })?;
                moved.extend(found.flatten().map(|how| (sequence, how)));
            }
            Ok(moved)
        })
        .await
    }

    /// Returns what holds changes of a plan, optionally of one customer or kind: sequence, kind and hold of each
    /// change, in order, after a sequence (0: from the first), up to `limit`.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn plan_holds(
        &self,
        plan: PlanId,
        customer: Option<&str>,
        kind: Option<Kind>,
        after_sequence: u32,
        most: usize,
    ) -> Result<Vec<(u32, Kind, Hold)>, StoreError> {
        let (tenant, customer) = (self.id, customer.map(str::to_owned));
        self.read(move |db| {
            plan_row(db, tenant, plan)?;
            let mut select = db.prepare_cached(
                "SELECT sequence, kind, brake, brake_reason FROM changes \
                 WHERE tenant = ?1 AND plan = ?2 AND sequence > ?3 AND brake IS NOT NULL \
                   AND (?4 IS NULL OR customer = ?4) AND (?5 IS NULL OR kind = ?5) ORDER BY sequence LIMIT ?6",
            )?;
            let kind = kind.map(Kind::as_str);
            collect(select.query(params![tenant, plan.0, after_sequence, customer, kind, limit(most)])?, |row| {
                Ok((count(row, 0)?, word(row, 1)?, read_hold(row, 2)?))
            })
        })
        .await
    }

    /// Returns changes of a plan, in order, after a sequence (0: from the first).
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn plan_changes(
        &self,
        plan: PlanId,
        filter: &ChangeFilter,
        after_sequence: u32,
        most: usize,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let (tenant, filter) = (self.id, filter.clone());
        self.read(move |db| {
            plan_row(db, tenant, plan)?;
            let mut sql = select_changes("NOT INDEXED") + " WHERE s.tenant = ? AND s.plan = ? AND s.sequence > ?";
            let mut values = vec![Sql::from(tenant), Sql::from(plan.0), Sql::from(after_sequence)];
            let words = [
                ("s.kind", filter.kind.map(Kind::as_str)),
                ("s.action", filter.action.map(Action::as_str)),
                ("s.status", filter.status.map(ChangeStatus::as_str)),
                ("c.customer", filter.customer.as_deref()),
                ("c.source", filter.source.as_deref()),
                ("c.target", filter.target.as_deref()),
            ];
            for (column, word) in words {
                if let Some(word) = word {
                    sql.push_str(&format!(" AND {column} = ?"));
                    values.push(Sql::from(word.to_owned()));
                }
            }
            match filter.held {
                Some(true) => sql.push_str(" AND s.brake IS NOT NULL"),
                Some(false) => sql.push_str(" AND s.brake IS NULL"),
                None => {}
            }
            if let Some(run) = filter.run {
                sql.push_str(" AND s.batch IN (SELECT id FROM batches WHERE tenant = ? AND run = ?)");
                values.extend([Sql::from(tenant), Sql::from(run.0)]);
            }
            sql.push_str(" ORDER BY s.sequence LIMIT ?");
            values.push(Sql::from(limit(most)));
            collect(db.prepare_cached(&sql)?.query(params_from_iter(values))?, read_change)
        })
        .await
    }
}

/// The source connection of a plan's sync.
fn source_of(db: &Connection, tenant: i64, plan: PlanId) -> Result<i64, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT s.source FROM plans p JOIN syncs s ON s.id = p.sync WHERE p.id = ?1 AND p.tenant = ?2",
    )?;
    first(select.query([plan.0, tenant])?, |row| Ok(row.get(0)?))?.ok_or_else(|| StoreError::not_found("plan", plan))
}

/// The query for changes with their status, read through an index of `change_states`.
pub(super) fn select_changes(index: &str) -> String {
    format!(
        "SELECT c.sequence, c.kind, c.action, c.customer, c.source, c.target, c.name, c.risk, c.calls, c.brake, \
         c.brake_reason, c.link_revision, c.reason, c.fields, s.status, s.message, s.batch, s.target, s.token, c.plan, c.step, s.failure \
         FROM change_states s {index} \
         CROSS JOIN changes c ON c.tenant = s.tenant AND c.plan = s.plan AND c.sequence = s.sequence"
    )
}

fn insert_changes(
    db: &Connection,
    tenant: i64,
    plan: PlanId,
    changes: &[(PlannedChange, String, Option<[u8; 16]>)],
) -> Result<(), StoreError> {
    let source = source_of(db, tenant, plan)?;
    let mut insert = db.prepare_cached(
        "INSERT INTO changes (tenant, plan, sequence, kind, action, customer, source, target, name, risk, calls, \
             brake, brake_reason, link_revision, reason, fields, step, basis) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?19, coalesce(?18, ( \
             SELECT CASE WHEN gone_at IS NULL THEN substr(digest, 1, 16) ELSE x'00' END FROM records \
             WHERE tenant = ?1 AND connection = ?17 AND kind = ?4 AND id = ?7)))",
    )?;
    let mut state = db.prepare_cached(
        "INSERT INTO change_states (tenant, plan, sequence, kind, action, brake, status, message) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', '')",
    )?;
    for (change, fields, known) in changes {
        let (kind, action) = (change.kind.as_str(), change.action.as_str());
        let brake = change.held.as_ref().map(Hold::words);
        // A line is not a record of the source: its counts are compared when it is written.
        let source = Some(source).filter(|_| change.line().is_none());
        let row = params![
            tenant,
            plan.0,
            change.sequence,
            kind,
            action,
            change.customer,
            change.source,
            change.target,
            change.name,
            to_word(&change.risk)?,
            change.calls,
            brake,
            change.held.as_ref().map(|hold| message(&hold.reason)),
            change.link_revision,
            message(&change.reason),
            fields,
            source,
            known,
            (change.step != Step::Record).then(|| to_document(&change.step)).transpose()?,
        ];
        insert.execute(row).map_err(|error| {
            if is_duplicate(&error) {
                StoreError::exists("change", format!("{plan}.{}", change.sequence))
            } else {
                error.into()
            }
        })?;
        state.execute(params![tenant, plan.0, change.sequence, kind, action, brake])?;
    }
    Ok(())
}

fn without_fields(change: &PlannedChange) -> PlannedChange {
    PlannedChange {
        fields: Vec::new(),
        customer: change.customer.clone(),
        source: change.source.clone(),
        target: change.target.clone(),
        name: change.name.clone(),
        reason: change.reason.clone(),
        step: change.step.clone(),
        held: change.held.clone(),
        ..*change
    }
}

/// The hold of a change: its brakes in this column, its reason in the next.
fn read_hold(row: &Row<'_>, column: usize) -> Result<Hold, StoreError> {
    let reason = said(row, column + 1)?;
    let words = row.get_ref(column)?.as_str().map_err(|error| StoreError::unreadable("brake", error))?;
    Ok(Hold::read(words, reason))
}

/// A row of [`select_changes`].
pub(super) fn read_change(row: &Row<'_>) -> Result<StoredChange, StoreError> {
    let change = PlannedChange {
        sequence: count(row, 0)?,
        kind: word(row, 1)?,
        action: word(row, 2)?,
        customer: row.get(3)?,
        source: row.get(4)?,
        target: row.get(5)?,
        name: row.get(6)?,
        risk: word(row, 7)?,
        calls: count(row, 8)?,
        held: if row.get_ref(9)? == ValueRef::Null { None } else { Some(read_hold(row, 9)?) },
        link_revision: row.get(11)?,
        reason: said(row, 12)?,
        fields: codec::read_diffs(row.get_ref(13)?.as_str().map_err(|error| StoreError::unreadable("change", error))?)?,
        step: document_or_default(row, 20, "step of a change")?,
    };
    Ok(StoredChange {
        change,
        status: word(row, 14)?,
        message: said(row, 15)?,
        batch: row.get(16)?,
        target: row.get(17)?,
        token: row.get(18)?,
        failure: row.get(21)?,
    })
}
