//! Looking up what may have been written: after a reply that never came, and after a
//! process that died between the intent and the outcome.
//!
//! A create is looked up by its stamp, else by exact name within its parent, among records
//! that were not known before; any other write by reading its target and comparing. What
//! is found counts as done, what is surely absent may be tried again, and what is neither
//! is left to a person.

use super::apply::{References, Unsettled};
use super::connections::Opened;
use super::context::Work;
use super::plan::alerts::LAST_ACTIVITY;
use super::plan::usage::EFFECTIVE;
use super::progress::Stage;
use super::reverse::told_by_both;
use super::settle::{by_change, past};
use crate::error::Error;
use crate::model::{Change, Failure, Kind, Operation, PlanId, Record, Selection, Settlement, Side};
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
    /// The vendor still works on it, and nothing is planned for it. With another token, it is asked after by that.
    Open(Option<String>),
}

impl Work<'_> {
    /// Looks up changes of one kind, one verdict each, in their order.
    pub(super) async fn look_up(
        &self,
        side: &Opened,
        kind: Kind,
        changes: &[&Change],
    ) -> Result<Vec<Verdict>, Failure> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let can =
            side.description.kind(kind).ok_or_else(|| Failure::broken("a kind that is not described was written"))?;
        let at_once = can.ids_at_once.max(1) as usize;
        let (creates, others): (Vec<&Change>, Vec<&Change>) =
            changes.iter().copied().partition(|change| change.operation == Operation::Create);
        let mut verdicts = HashMap::new();
        let (stamped, named): (Vec<&Change>, Vec<&Change>) =
            creates.into_iter().partition(|change| can.reads.stamps && change.stamp.is_some());
        for chunk in stamped.chunks(at_once) {
            let stamps = chunk.iter().filter_map(|change| change.stamp.clone()).collect();
            let found = self.unknown(side, kind, self.read_all(side, kind, Selection::Stamps(stamps)).await?).await?;
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
            let found = self.unknown(side, kind, self.read_all(side, kind, selection).await?).await?;
            verdicts.insert(change.id.clone(), verdict(found.iter()));
        }
        // To write anything but a note once more does no harm.
        let others = if can.reads.ids || kind == Kind::Ticket { others } else { Vec::new() };
        for chunk in others.chunks(at_once) {
            let ids: Vec<String> = chunk.iter().filter_map(|change| change.target.clone()).collect();
            let before = self.stored(side, kind, &ids).await?;
            let found = self.read_all(side, kind, Selection::Ids(ids)).await?;
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
    async fn unknown(&self, side: &Opened, kind: Kind, found: Vec<Record>) -> Result<Vec<Record>, Failure> {
        let ids: Vec<String> = found.iter().map(|record| record.id.clone()).collect();
        let known = self.stored(side, kind, &ids).await?;
        Ok(found.into_iter().filter(|record| !known.contains_key(&record.id)).collect())
    }

    /// Records of a side as they were known before.
    async fn stored(&self, side: &Opened, kind: Kind, ids: &[String]) -> Result<HashMap<String, Record>, Failure> {
        let stored = self.store.records_by_ids(&side.name, kind, ids).await;
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
        let mut by_side: HashMap<(Kind, Side), Vec<Unsettled>> = HashMap::new();
        for row in open {
            by_side.entry((row.1.change.kind, row.1.change.action.side())).or_default().push(row);
        }
        // Parents first: an asset's customer may itself have been in flight.
        for (kind, side) in Kind::ALL.into_iter().flat_map(|kind| [(kind, Side::Target), (kind, Side::Source)]) {
            let rows = by_side.remove(&(kind, side)).unwrap_or_default();
            self.recover_rows(self.at(side), kind, rows).await?;
        }
        self.progress.end(&Stage::Recovering);
        Ok(())
    }

    async fn recover_rows(&self, side: &Opened, kind: Kind, rows: Vec<Unsettled>) -> Result<(), Error> {
        let references = self.references(rows.iter().map(|(_, row, _)| &row.change), &References::default()).await?;
        let (mut found, mut asked, mut lost) = (Vec::new(), Vec::new(), Vec::new());
        for (plan, row, _) in rows {
            let change = self.to_write(plan, &row.change, None, &references).ok().flatten();
            match (&row.token, change) {
                // What a vendor accepted is not there yet, and not absent either.
                (Some(token), change) => asked.push((token.clone(), plan, row, change)),
                (None, Some(change)) => lost.push((plan, row, change)),
                // A link writes nothing, and what refers to nothing was never sent: both are simply done again.
                (None, None) => found.push((plan, row, None, Verdict::NotWritten)),
            }
        }
        let changes: Vec<&Change> = lost.iter().map(|(_, _, change)| change).collect();
        let verdicts =
            self.look_up(side, kind.counterpart(), &changes).await.map_err(|failure| side.failed(failure))?;
        found.extend(
            lost.into_iter().zip(verdicts).map(|((plan, row, change), verdict)| (plan, row, Some(change), verdict)),
        );
        let tokens: Vec<String> = asked.iter().map(|(token, ..)| token.clone()).collect();
        let mut answers = self.ask_after_tokens(side, &tokens).await;
        found.extend(asked.into_iter().map(|(token, plan, row, change)| {
            (plan, row, change, answers.remove(&token).unwrap_or(Verdict::Open(None)))
        }));
        let kept = self.kept(side, kind.counterpart(), found.iter().map(|(.., verdict)| verdict)).await?;
        for (plan, row, change, verdict) in &found {
            self.settle_recovered(side, *plan, row, change.as_ref(), verdict, &kept).await?;
        }
        Ok(())
    }

    /// What became of what a vendor accepted, by token. While it cannot be asked, all of it stays open.
    async fn ask_after_tokens(&self, side: &Opened, tokens: &[String]) -> HashMap<String, Verdict> {
        if tokens.is_empty() {
            return HashMap::new();
        }
        let answers = side.connector.settle(&self.reading, tokens).await.unwrap_or_else(|failure| {
            tracing::warn!(connection = %side.name, %failure, "accepted writes cannot be asked after; the next run asks again");
            Vec::new()
        });
        let verdict = |token: &str, settlement| match settlement {
            Settlement::Done(target) => Verdict::Written(target),
            Settlement::Failed(failure) => Verdict::Unclear(failure.to_string()),
            Settlement::Accepted(next) => Verdict::Open((next != token).then_some(next)),
        };
        let told = by_change(answers).into_iter().map(|(token, settlement)| {
            let verdict = verdict(&token, settlement);
            (token, verdict)
        });
        told.collect()
    }

    async fn kept(
        &self,
        side: &Opened,
        kind: Kind,
        verdicts: impl Iterator<Item = &Verdict>,
    ) -> Result<HashMap<String, Record>, Error> {
        let written = verdicts.filter_map(|verdict| match verdict {
            Verdict::Written(id) => Some(id.clone()),
            _ => None,
        });
        let ids: Vec<String> = written.collect();
        let kept = self.read_ids(side, kind, &ids).await.map_err(|failure| side.failed(failure))?;
        Ok(kept.unwrap_or_default().into_iter().map(|record| (record.id.clone(), record)).collect())
    }

    async fn settle_recovered(
        &self,
        side: &Opened,
        plan_id: PlanId,
        row: &StoredChange,
        change: Option<&Change>,
        verdict: &Verdict,
        kept: &HashMap<String, Record>,
    ) -> Result<(), Error> {
        let planned = &row.change;
        let (status, link, event, message) = match verdict {
            Verdict::Written(id) => {
                let link = self.store.link_get(&self.sync.name, planned.kind, &planned.source).await?;
                let link = self.link_after(link.as_ref(), planned, change, id, kept.get(id)).await?;
                let message = format!("{}; an interrupted run had written it", planned.reason);
                (ChangeStatus::Done, Some(link), past(planned.action), message)
            }
            Verdict::NotWritten => {
                (ChangeStatus::Pending, None, "looked up", "an interrupted run had not written it".to_owned())
            }
            Verdict::Open(None) => return Ok(()),
            Verdict::Open(Some(token)) => (ChangeStatus::Accepted, None, "accepted", token.clone()),
            Verdict::Unclear(why) => (ChangeStatus::Failed, None, "failed", why.clone()),
        };
        let written = match verdict {
            Verdict::Written(id) => Some(id),
            _ => None,
        };
        let mut settled = Settled {
            sequence: planned.sequence,
            status,
            target: written.or(planned.target.as_ref()).cloned(),
            message: if status == ChangeStatus::Failed { message.clone() } else { String::new() },
            link,
            journal: self.entry(plan_id, planned, event, message, written.cloned()),
            token: match verdict {
                Verdict::Open(token) => token.clone(),
                _ => None,
            },
        };
        if let Some(id) = written {
            told_by_both(&mut settled, planned, id);
        }
        let record: Vec<(Kind, Record)> = written
            .and_then(|id| kept.get(id))
            .map(|record| (planned.kind.counterpart(), record.clone()))
            .into_iter()
            .collect();
        self.store.batch_settle(plan_id, None, &[settled], &record, &side.name, self.now()).await?;
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
            // From which day on a quantity holds is not told back by everyone.
            None if change.kind == Kind::Usage && field.name == EFFECTIVE => true,
            None => field.value.is_blank(),
        })
}
