//! The journal: what was done, and why. Entries are only added, and deleted when they are old enough.
//!
//! An entry about a change of a plan need not repeat the values before and after. The change is kept as long as the
//! entry, and its values are put into the entry's detail when it is read.

use super::actors::{self, actor_id};
use super::rows::{collect, document_or_default, limit, message, said, time, to_document, word_or_none};
use super::syncs::sync_id;
use super::{StoreError, TenantStore, codec};
use crate::boxed;
use crosswalk_model::{Actor, Event, FieldDiff, Kind, LineKey, PlanId, RunId, Said, Step, SyncName, Timestamp};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde::Serialize;

/// The columns that [`read`] reads, of the journal `j` and of the change `c` that an entry is about.
pub(super) const COLUMNS: &str = "j.at, j.run, j.plan, j.sequence, j.kind, j.source, j.target, j.customer, j.event, j.message, j.detail, c.fields, \
     c.step, (SELECT a.actor FROM actors a WHERE a.id = j.actor)";

/// One event.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct JournalEntry {
    /// Time of the event.
    pub at: Timestamp,
    /// The run.
    pub run: Option<RunId>,
    /// The plan …
    pub plan: Option<PlanId>,
    /// … and the change in it.
    pub sequence: Option<u32>,
    /// The kind of record.
    pub kind: Option<Kind>,
    /// The source record.
    pub source: Option<String>,
    /// The target record.
    pub target: Option<String>,
    /// The source customer it belongs to.
    pub customer: Option<String>,
    /// The event.
    pub event: Event,
    /// Who did it; `None` in entries of earlier versions. An entry that is added without one is of the handle's actor.
    pub actor: Option<Actor>,
    /// The sentence for people; cut after 8 KiB.
    pub message: Said,
    /// Further data. If it is left out of an entry about a change, it reads as that change's `[{"field": …, "before":
    /// …, "after": …}, …]`, with `{"step": …}` at the end if the change is more than a record's.
    pub detail: Option<serde_json::Value>,
}

impl JournalEntry {
    /// An empty entry to be filled.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self { at, ..Self::default() }
    }
}

/// Selects entries, newest first. `None` selects all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFilter {
    /// Of this sync.
    pub sync: Option<SyncName>,
    /// Of this run.
    pub run: Option<RunId>,
    /// About this kind.
    pub kind: Option<Kind>,
    /// About this source record.
    pub source: Option<String>,
    /// About this target record.
    pub target: Option<String>,
    /// About records of this source customer, or about lines that its usage is a part of.
    pub customer: Option<String>,
    /// Of this event.
    pub event: Option<Event>,
    /// Done by this actor.
    pub actor: Option<Actor>,
    /// The largest number of entries.
    pub limit: usize,
}

impl Default for JournalFilter {
    fn default() -> Self {
        Self {
            sync: None,
            run: None,
            kind: None,
            source: None,
            target: None,
            customer: None,
            event: None,
            actor: None,
            limit: 100,
        }
    }
}

impl TenantStore {
    /// Adds entries, of a sync or of none.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn journal_append(&self, sync: Option<&SyncName>, entries: &[JournalEntry]) -> Result<(), StoreError> {
        let (tenant, actor, sync) = (self.id, self.actor.clone(), sync.cloned());
        let entries = entries.iter().map(EntryRow::new).collect::<Result<Vec<_>, _>>()?;
        self.write(move |db| {
            let sync = sync.map(|sync| sync_id(db, tenant, &sync)).transpose()?;
            append(db, (tenant, &actor), sync, &entries)
        })
        .await
    }

    /// Returns entries, newest first.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn journal_list(&self, filter: &JournalFilter) -> Result<Vec<JournalEntry>, StoreError> {
        let (tenant, filter) = (self.id, filter.clone());
        self.read(move |db| {
            let mut sql = format!(
                "SELECT {COLUMNS} FROM journal j LEFT JOIN changes c ON j.detail IS NULL \
                 AND c.tenant = j.tenant AND c.plan = j.plan AND c.sequence = j.sequence \
                 WHERE j.tenant = ?"
            );
            let mut values = vec![Sql::from(tenant)];
            let sync = filter.sync.map(|sync| sync_id(db, tenant, &sync)).transpose()?;
            let wanted = [
                ("sync", sync.map(Sql::from)),
                ("run", filter.run.map(|run| Sql::from(run.0))),
                ("kind", filter.kind.map(|kind| Sql::from(kind.as_str().to_owned()))),
                ("source", filter.source.map(Sql::from)),
                ("target", filter.target.map(Sql::from)),
                ("event", filter.event.map(|event| Sql::from(event.as_str().to_owned()))),
            ];
            for (column, value) in wanted {
                if let Some(value) = value {
                    sql.push_str(&format!(" AND j.{column} = ?"));
                    values.push(value);
                }
            }
            if let Some(actor) = filter.actor {
                sql.push_str(" AND j.actor = (SELECT a.id FROM actors a WHERE a.tenant = j.tenant AND a.actor = ?)");
                values.push(Sql::from(actor.to_string()));
            }
            if let Some(customer) = filter.customer {
                sql.push_str(" AND (j.customer = ? OR (j.kind = 'usage' AND instr(j.detail -> '$.parts', ?) > 0))");
                // The form in which a line of the customer stands in the detail of a sum it is a part of.
                let line = serde_json::Value::from(LineKey::new(&customer, "").to_string()).to_string();
                values.push(Sql::from(customer));
                values.push(Sql::from(format!("\"line\":{}", line.trim_end_matches('"'))));
            }
            sql.push_str(" ORDER BY j.id DESC LIMIT ?");
            values.push(Sql::from(limit(filter.limit)));
            collect(db.prepare_cached(&sql)?.query(params_from_iter(values))?, read)
        })
        .await
    }
}

/// An entry as its row holds it: the detail as text, the rest unchanged.
pub(super) struct EntryRow {
    entry: JournalEntry,
    detail: Option<String>,
}

impl EntryRow {
    pub(super) fn new(entry: &JournalEntry) -> Result<Self, StoreError> {
        Self::of(entry.clone())
    }

    pub(super) fn of(mut entry: JournalEntry) -> Result<Self, StoreError> {
        let detail = entry.detail.take().as_ref().map(to_document).transpose()?;
        Ok(Self { entry, detail })
    }
}

impl EntryRow {
    pub(super) fn event(&self) -> Event {
        self.entry.event
    }

    /// The record that the entry is about: kind and id.
    pub(super) fn what(&self) -> String {
        let kind = self.entry.kind.map(|kind| format!("{kind} ")).unwrap_or_default();
        kind + self.entry.source.as_deref().unwrap_or_default()
    }

    /// Puts a message before its own.
    pub(super) fn prepend(&mut self, before: &Said) {
        self.entry.message = Said::several([before.clone(), std::mem::take(&mut self.entry.message)]);
    }
}

/// Adds entries inside a transaction: of this actor, where they name none.
pub(super) fn append<'a>(
    db: &Connection,
    (tenant, actor): (i64, &Actor),
    sync: Option<i64>,
    entries: impl IntoIterator<Item = &'a EntryRow>,
) -> Result<(), StoreError> {
    let mut insert = db.prepare_cached(
        "INSERT INTO journal (tenant, sync, at, run, plan, sequence, kind, source, target, customer, event, message, detail, \
         actor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    let mut own = None;
    for EntryRow { entry, detail } in entries {
        let actor = match (&entry.actor, own) {
            (Some(other), _) => actor_id(db, tenant, other)?,
            (None, Some(own)) => own,
            (None, None) => *own.insert(actor_id(db, tenant, actor)?),
        };
        insert.execute(params![
            tenant,
            sync,
            entry.at.0,
            entry.run.map(|run| run.0),
            entry.plan.map(|plan| plan.0),
            entry.sequence,
            entry.kind.map(Kind::as_str),
            entry.source,
            entry.target,
            entry.customer,
            entry.event.as_str(),
            message(&entry.message),
            detail,
            actor,
        ])?;
    }
    Ok(())
}

pub(super) fn read(row: &Row<'_>) -> Result<JournalEntry, StoreError> {
    let detail = match (row.get::<_, Option<String>>(10)?, row.get::<_, Option<String>>(11)?) {
        (Some(text), _) => {
            Some(serde_json::from_str(&text).map_err(|error| StoreError::unreadable("journal entry", error))?)
        }
        (None, Some(fields)) => {
            Some(diffs(&codec::read_diffs(&fields)?, document_or_default(row, 12, "step of a change")?))
        }
        (None, None) => None,
    };
    Ok(JournalEntry {
        at: time(row, 0)?,
        run: row.get::<_, Option<i64>>(1)?.map(RunId),
        plan: row.get::<_, Option<i64>>(2)?.map(PlanId),
        sequence: row.get(3)?,
        kind: word_or_none(row, 4)?,
        source: row.get(5)?,
        target: row.get(6)?,
        customer: row.get(7)?,
        // An earlier version may have had other words.
        event: row.get_ref(8)?.as_str().ok().and_then(|word| word.parse().ok()).unwrap_or_default(),
        message: said(row, 9)?,
        detail,
        actor: actors::read(row, 13)?,
    })
}

fn diffs(diffs: &[FieldDiff], step: Step) -> serde_json::Value {
    let fields =
        diffs.iter().map(|diff| serde_json::json!({ "field": diff.name, "before": diff.before, "after": diff.after }));
    let step = (!matches!(step, Step::Record | Step::Link(_))).then(|| serde_json::json!({ "step": step }));
    fields.chain(step).collect()
}
