//! Looking up what may have been written: after a reply that never came, and after a
//! process that died between the intent and the outcome.
//!
//! A create is looked up by its stamp, else by exact name within its parent, among records
//! that were not known before; any other write by reading its target and comparing. What
//! is found counts as done, what is surely absent may be tried again, and what is neither
//! is left to a person.

use super::apply::{References, Unsettled};
use super::context::Work;
use super::plan;
use super::plan::alerts::LAST_ACTIVITY;
use super::progress::Stage;
use super::settle::{by_change, past};
use crate::error::Error;
use crate::model::{Change, Failure, Kind, Operation, PlanId, Record, Selection, Settlement};
use crate::store::{ChangeStatus, Settled, StoredChange};
use std::collections::HashMap;

/// What a look-up found.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It is there, with this id.
    Written(String),
    /// It is not there.
    NotWritten,
    /// Nobody can tell; the text says why.
    Unclear(String),
    /// The vendor still works on it: it stays as it is, and nothing is planned for it.
    Open,
}

impl Work<'_> {
    /// Looks up changes of one kind, one verdict each, in their order.
    pub(super) async fn look_up(&self, kind: Kind, changes: &[&Change]) -> Result<Vec<Verdict>, Failure> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let can = self
            .target
            .description
            .kind(kind)
            .ok_or_else(|| Failure::broken("a kind that is not described was written"))?;
        let at_once = can.ids_at_once.max(1) as usize;
        let (creates, others): (Vec<&Change>, Vec<&Change>) =
            changes.iter().copied().partition(|change| change.operation == Operation::Create);
        let mut verdicts = HashMap::new();
        let (stamped, named): (Vec<&Change>, Vec<&Change>) =
            creates.into_iter().partition(|change| can.reads.stamps && change.stamp.is_some());
        for chunk in stamped.chunks(at_once) {
            let stamps = chunk.iter().filter_map(|change| change.stamp.clone()).collect();
            let found = self.unknown(kind, self.read_all(&self.target, kind, Selection::Stamps(stamps)).await?).await?;
            for change in chunk {
                let fits = |record: &&Record| {
                    record.stamp == change.stamp && record.parent == change.parent && record.active()
                };
                verdicts.insert(change.id.clone(), verdict(found.iter().filter(fits)));
            }
        }
        for change in named {
            let name = change.name.clone().unwrap_or_default();
            if !can.reads.named {
                verdicts.insert(
                    change.id.clone(),
                    Verdict::Unclear(
                        "the vendor gave no answer, and has no way to look the record up: see whether it is there"
                            .to_owned(),
                    ),
                );
                continue;
            }
            let selection = Selection::Named { parent: change.parent.clone(), name };
            let found = self.unknown(kind, self.read_all(&self.target, kind, selection).await?).await?;
            verdicts.insert(change.id.clone(), verdict(found.iter()));
        }
        for chunk in others.chunks(at_once) {
            let ids: Vec<String> = chunk.iter().filter_map(|change| change.target.clone()).collect();
            let before = self.stored(kind, &ids).await?;
            let found = self.read_all(&self.target, kind, Selection::Ids(ids)).await?;
            for change in chunk {
                let there = found.iter().find(|record| Some(&record.id) == change.target.as_ref());
                let verdict = match there {
                    Some(record) if carries(record, change, before.get(&record.id)) => {
                        Verdict::Written(record.id.clone())
                    }
                    _ => Verdict::NotWritten,
                };
                verdicts.insert(change.id.clone(), verdict);
            }
        }
        Ok(changes.iter().map(|change| verdicts.remove(&change.id).unwrap_or(Verdict::NotWritten)).collect())
    }

    /// Those that the store does not know: a create cannot have made what was there before.
    async fn unknown(&self, kind: Kind, found: Vec<Record>) -> Result<Vec<Record>, Failure> {
        let ids: Vec<String> = found.iter().map(|record| record.id.clone()).collect();
        let known = self.stored(kind, &ids).await?;
        Ok(found.into_iter().filter(|record| !known.contains_key(&record.id)).collect())
    }

    /// Target records as they were known before.
    async fn stored(&self, kind: Kind, ids: &[String]) -> Result<HashMap<String, Record>, Failure> {
        let stored = self.store.records_by_ids(&self.target.name, kind, ids).await;
        let stored = stored.map_err(|error| Failure::broken(format!("the database could not be read: {error}")))?;
        Ok(stored.into_iter().map(|stored| (stored.record.id.clone(), stored.record)).collect())
    }

    /// Looks up everything an interrupted run of this sync left open, before anything else is done.
    pub(super) async fn recover(&self) -> Result<(), Error> {
        let open = self.store.unsettled(&self.sync.name).await?;
        if open.is_empty() {
            return Ok(());
        }
        self.progress.begin(Stage::Recovering, Some(open.len() as u64));
        let mut by_kind: HashMap<Kind, Vec<Unsettled>> = HashMap::new();
        for row in open {
            by_kind.entry(row.1.change.kind).or_default().push(row);
        }
        // Parents first: an asset's customer may itself have been in flight.
        for kind in Kind::ALL {
            let rows = by_kind.remove(&kind).unwrap_or_default();
            let references =
                self.references(rows.iter().map(|(_, row, _)| &row.change), &References::default()).await?;
            let (mut open, mut changes) = (Vec::new(), Vec::new());
            for (plan, row, _) in &rows {
                // A link writes nothing, and what refers to nothing was never sent: both are simply done again.
                match self.to_write(*plan, &row.change, None, &references) {
                    Ok(Some(change)) => {
                        changes.push(change);
                        open.push((*plan, row));
                    }
                    Ok(None) | Err(_) => {
                        self.settle_recovered(*plan, row, None, &Verdict::NotWritten, &HashMap::new()).await?
                    }
                }
            }
            let refs: Vec<&Change> = changes.iter().collect();
            let mut verdicts =
                self.look_up(kind.counterpart(), &refs).await.map_err(|failure| self.target.failed(failure))?;
            let rows: Vec<&StoredChange> = open.iter().map(|(_, row)| *row).collect();
            self.ask_after_tokens(&rows, &mut verdicts).await?;
            let kept = self.kept(kind.counterpart(), &verdicts).await?;
            for (((plan, row), change), verdict) in open.into_iter().zip(&changes).zip(verdicts) {
                self.settle_recovered(plan, row, Some(change), &verdict, &kept).await?;
            }
        }
        self.progress.end(&Stage::Recovering);
        Ok(())
    }

    /// What a vendor accepted is not there yet, and not absent either: it is asked after by its token.
    async fn ask_after_tokens(&self, rows: &[&StoredChange], verdicts: &mut [Verdict]) -> Result<(), Error> {
        let tokens: Vec<String> = rows.iter().filter_map(|row| row.token.clone()).collect();
        if tokens.is_empty() {
            return Ok(());
        }
        let answers = self.target.connector.settle(&self.reading, &tokens).await;
        let mut answers = by_change(answers.map_err(|failure| self.target.failed(failure))?);
        for (row, verdict) in rows.iter().zip(verdicts) {
            let Some(token) = &row.token else { continue };
            *verdict = match answers.remove(token) {
                Some(Settlement::Done(target)) => Verdict::Written(target),
                Some(Settlement::Failed(failure)) => Verdict::Unclear(failure.to_string()),
                Some(Settlement::Accepted(_)) | None => Verdict::Open,
            };
        }
        Ok(())
    }

    async fn kept(&self, kind: Kind, verdicts: &[Verdict]) -> Result<HashMap<String, Record>, Error> {
        let ids: Vec<String> = verdicts
            .iter()
            .filter_map(|verdict| match verdict {
                Verdict::Written(id) => Some(id.clone()),
                _ => None,
            })
            .collect();
        let kept = self.read_ids(&self.target, kind, &ids).await.map_err(|failure| self.target.failed(failure))?;
        Ok(kept.unwrap_or_default().into_iter().map(|record| (record.id.clone(), record)).collect())
    }

    async fn settle_recovered(
        &self,
        plan_id: PlanId,
        row: &StoredChange,
        change: Option<&Change>,
        verdict: &Verdict,
        kept: &HashMap<String, Record>,
    ) -> Result<(), Error> {
        let planned = &row.change;
        let (status, target, link, event, message) = match verdict {
            Verdict::Written(target) => {
                let link = self.store.link_get(&self.sync.name, planned.kind, &planned.source).await?;
                let link = plan::after_write(link.as_ref(), planned, change, target, kept.get(target), self.now());
                let message = format!("{}; an interrupted run had written it", planned.reason);
                (ChangeStatus::Done, Some(target.clone()), Some(link), past(planned.action), message)
            }
            Verdict::NotWritten => {
                (ChangeStatus::Pending, None, None, "looked up", "an interrupted run had not written it".to_owned())
            }
            Verdict::Open => return Ok(()),
            Verdict::Unclear(why) => (ChangeStatus::Failed, None, None, "failed", why.clone()),
        };
        let settled = Settled {
            sequence: planned.sequence,
            status,
            target: target.clone().or_else(|| planned.target.clone()),
            message: String::new(),
            link,
            journal: self.entry(plan_id, planned, event, message, target.clone()),
            token: None,
        };
        let record: Vec<(Kind, Record)> = target
            .and_then(|id| kept.get(&id))
            .map(|record| (planned.kind.counterpart(), record.clone()))
            .into_iter()
            .collect();
        self.store.batch_settle(plan_id, None, &[settled], &record, &self.target.name, self.now()).await?;
        Ok(())
    }
}

fn verdict<'r>(mut found: impl Iterator<Item = &'r Record>) -> Verdict {
    match (found.next(), found.next()) {
        (None, _) => Verdict::NotWritten,
        (Some(one), None) => Verdict::Written(one.id.clone()),
        (Some(one), Some(two)) => Verdict::Unclear(format!(
            "it was written more than once, as {} and {}: keep one and link it",
            one.id, two.id
        )),
    }
}

/// Whether a record has what a change wanted. What a vendor never gives back, a note, is
/// taken for written when the record was touched since it was read: rather a note too few than twice the same.
fn carries(record: &Record, change: &Change, before: Option<&Record>) -> bool {
    let touched = || before.is_none_or(|before| before.field(LAST_ACTIVITY) != record.field(LAST_ACTIVITY));
    let active = match change.operation {
        Operation::Deactivate => !record.active(),
        Operation::Reactivate => record.active(),
        _ => true,
    };
    active
        && change.name.as_ref().is_none_or(|name| *name == record.name)
        && (change.operation != Operation::Move || change.parent == record.parent)
        && change.fields.iter().all(|field| match record.field(&field.name) {
            Some(value) => *value == field.value || (value.is_blank() && field.value.is_blank()),
            None if field.name == "note" => touched(),
            None => field.value.is_blank(),
        })
}
