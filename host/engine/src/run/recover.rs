//! Looking up what earlier runs left open: writes whose reply never came, writes of a process that
//! ended between the intent and the outcome, and what a vendor accepted and still works on.
//!
//! A write that is found is done and credited to the run that sent it; one missed often enough is pending again; the
//! rest stays open and blocks only its own record. The rules are in `doubt`.

use super::look_up::{self, Look};
use super::references::{self, References};
use super::reverse::told_by_both;
use super::settle::by_change;
use super::{ending, journal, reading};
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::progress::Stage;
use crate::ground::sync_run::SyncRun;
use crate::rules::doubt::{self, Nature, Next, Verdict};
use crate::rules::plan;
use crosswalk_model::{Change, Decider, Direction, Event, Failure, Kind, PlanId, Record, Said, Settlement, Side, said};
use crosswalk_store::{ChangeStatus, Doubt, JournalEntry, Settled, Unsettled};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::Ordering;

/// What became of a change that was open.
enum Outcome {
    Done(String),
    Again(Said),
    Over(Said),
    Failed(Failure),
    /// The vendor still works on it; with another token, it is asked after by that.
    Open(Option<String>),
    Wait(Doubt),
}

/// Looks up everything earlier runs of this sync left open, once a run, before anything else is done.
///
/// # Errors
/// The database's.
pub(crate) async fn recover(run: &SyncRun<'_>) -> Result<(), Error> {
    if run.recovered.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let open = run.store.unsettled(&run.sync.name).await?;
    if open.is_empty() {
        return Ok(());
    }
    run.progress.begin(Stage::Recovering, Some(open.len() as u64));
    let plans: BTreeSet<PlanId> = open.iter().map(|open| open.plan).collect();
    let mut by_side: HashMap<(Kind, Side), Vec<Unsettled>> = HashMap::new();
    for one in open {
        by_side.entry((one.row.change.kind, one.row.change.action.side())).or_default().push(one);
    }
    // Parents first: an asset's customer may itself have been in flight.
    for (kind, side) in Kind::ALL.into_iter().flat_map(|kind| [(kind, Side::Target), (kind, Side::Source)]) {
        let rows = by_side.remove(&(kind, side)).unwrap_or_default();
        if !rows.is_empty() {
            recover_rows(run, run.at(side), kind, rows).await?;
        }
    }
    // What was left open of a plan may have been the last of it.
    for plan in plans {
        if let Some(plan) = run.store.plan_get(plan).await? {
            ending::end_first_runs(run, &plan).await?;
        }
    }
    run.progress.end(&Stage::Recovering);
    let (_, complaint) = look_up::uncertain(run, &run.store.unsettled(&run.sync.name).await?);
    run.complain(complaint);
    Ok(())
}

async fn recover_rows(run: &SyncRun<'_>, side: &Opened, kind: Kind, rows: Vec<Unsettled>) -> Result<(), Error> {
    let references =
        references::references(run, rows.iter().map(|open| &open.row.change), &References::default()).await?;
    let (mut found, mut asked, mut lost) = (Vec::new(), Vec::new(), Vec::new());
    for open in rows {
        let change = references::change_to_write(run, open.plan, &open.row.change, None, &references);
        match (&open.row.token, change) {
            // What a vendor accepted is not there yet, and not absent either.
            (Some(token), change) if open.row.status == ChangeStatus::Accepted => {
                asked.push((token.clone(), open, change.ok().flatten()));
            }
            (_, Ok(Some(change))) => lost.push((doubt_of(run, side, &open), open, change)),
            // A link writes nothing, and is simply done again.
            (_, Ok(None)) => found.push((open, None, Outcome::Again(said!("settle-writes-nothing")))),
            // It may have been sent before a person took away what it refers to.
            (_, Err(missing)) => {
                let why = said!("settle-reference-unlinked", kind = missing.kind, id = missing.id);
                let doubt = doubt_of(run, side, &open);
                let outcome = after(run, side, doubt, Nature::Once, Verdict::Unclear(why));
                found.push((open, None, outcome));
            }
        }
    }
    let looks: Vec<Look<'_>> = lost
        .iter()
        .map(|(doubt, open, change)| Look {
            planned: &open.row.change,
            change,
            intended_at: doubt.intended_at,
            said_done: false,
        })
        .collect();
    let verdicts = look_up::look_up(run, side, kind.counterpart(), &looks, &HashSet::new()).await?;
    for ((doubt, open, change), verdict) in lost.into_iter().zip(verdicts) {
        let outcome = after(run, side, doubt, Nature::of(&change), verdict);
        found.push((open, Some(change), outcome));
    }
    found.extend(ask_after(run, side, kind, asked).await?);
    let kept = kept(run, side, kind.counterpart(), found.iter().map(|(.., outcome)| outcome)).await;
    for (open, change, outcome) in found {
        settle_recovered(run, side, &open, change.as_ref(), outcome, &kept).await?;
    }
    Ok(())
}

/// An open change, what was sent for it if that can still be told, and what became of it.
type Found = (Unsettled, Option<Change>, Outcome);

/// Asks after the changes that a vendor accepted, each with its token. An id that more than one create has, or another
/// record's link, settles none of them.
async fn ask_after(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    asked: Vec<(String, Unsettled, Option<Change>)>,
) -> Result<Vec<Found>, Error> {
    let tokens: Vec<String> = asked.iter().map(|(token, ..)| token.clone()).collect();
    let mut answers = ask_after_tokens(side, &tokens).await;
    let mut made = HashMap::<String, usize>::new();
    for answer in answers.values() {
        if let Outcome::Done(id) = answer {
            *made.entry(id.clone()).or_default() += 1;
        }
    }
    let ids: Vec<String> = made.keys().cloned().collect();
    let held = if kind.is_made_for_one() {
        look_up::linked_to(run, Direction::Onward, kind, &ids).await?
    } else {
        HashMap::new()
    };
    let mut found = Vec::with_capacity(asked.len());
    for (token, open, change) in asked {
        let planned = &open.row.change;
        let creates = planned.target.is_none() && planned.direction() == Direction::Onward;
        let named = match answers.get(&token) {
            Some(Outcome::Done(id)) if planned.target.is_none() && made.get(id).is_some_and(|n| *n > 1) => {
                Some((id, None))
            }
            Some(Outcome::Done(id)) if creates => {
                let other = held.get(id).filter(|other| **other != planned.source);
                other.map(|other| (id, Some(other.as_str())))
            }
            _ => None,
        };
        let outcome = match named {
            Some((id, other)) => {
                let intended_at = doubt_of(run, side, &open).intended_at;
                Outcome::Wait(doubt::begin_named(intended_at, run.now(), side.quiet_ms(), (id, other)))
            }
            None => answers.remove(&token).unwrap_or(Outcome::Open(None)),
        };
        found.push((open, change, outcome));
    }
    Ok(found)
}

/// What is known of an open change.
fn doubt_of(run: &SyncRun<'_>, side: &Opened, open: &Unsettled) -> Doubt {
    open.doubt.clone().unwrap_or_else(|| doubt::left(open.intended_at, run.now(), side.quiet_ms()))
}

fn after(run: &SyncRun<'_>, side: &Opened, doubt: Doubt, nature: Nature, verdict: Verdict) -> Outcome {
    match doubt::next(doubt, nature, verdict, run.now(), side.quiet_ms()) {
        Next::Done(id) => Outcome::Done(id),
        Next::Again => Outcome::Again(said!("settle-not-there")),
        Next::Over(why) => Outcome::Over(why),
        Next::Wait(doubt) => Outcome::Wait(doubt),
    }
}

/// What became of what a vendor accepted, by token. While it cannot be asked, all of it stays open.
async fn ask_after_tokens(side: &Opened, tokens: &[String]) -> HashMap<String, Outcome> {
    if tokens.is_empty() {
        return HashMap::new();
    }
    let answers = side.connector.settle(&side.reading, tokens).await.unwrap_or_else(|failure| {
        tracing::warn!(connection = %side.name, %failure, "accepted writes cannot be asked after; the next run asks again");
        Vec::new()
    });
    let outcome = |token: &str, settlement| match settlement {
        Settlement::Done(target) if target.trim().is_empty() => Outcome::Open(None),
        Settlement::Done(target) => Outcome::Done(target),
        Settlement::Failed(failure) => Outcome::Failed(failure),
        Settlement::Accepted(next) => Outcome::Open((next != token).then_some(next)),
    };
    let told = by_change(answers).into_iter().map(|(token, settlement)| {
        let outcome = outcome(&token, settlement);
        (token, outcome)
    });
    told.collect()
}

async fn kept<'o>(
    run: &SyncRun<'_>,
    side: &Opened,
    kind: Kind,
    outcomes: impl Iterator<Item = &'o Outcome>,
) -> HashMap<String, Record> {
    let written = outcomes.filter_map(|outcome| match outcome {
        Outcome::Done(id) => Some(id.clone()),
        _ => None,
    });
    let ids: Vec<String> = written.collect();
    if ids.is_empty() {
        return HashMap::new();
    }
    let (kept, untold) = match reading::read_ids(run, side, kind, &ids).await {
        Ok(read) => read.unwrap_or_default().by_id(),
        Err(failure) => (HashMap::new(), Some(failure.said())),
    };
    if let Some(why) = untold {
        tracing::warn!(%kind, %why, "what was written could not be read back; the next run will compare");
    }
    kept
}

async fn settle_recovered(
    run: &SyncRun<'_>,
    side: &Opened,
    open: &Unsettled,
    change: Option<&Change>,
    outcome: Outcome,
    kept: &HashMap<String, Record>,
) -> Result<(), Error> {
    let planned = &open.row.change;
    let entry = |event: Event, message: Said, target: Option<&String>| JournalEntry {
        // A write belongs to the run that sent it.
        run: Some(open.run),
        ..journal::entry(run, open.plan, planned, event, message, target.cloned())
    };
    let settled = |status, message: Said, event: Event| Settled {
        message: if status == ChangeStatus::Pending { Said::default() } else { message.clone() },
        ..Settled::new(planned.sequence, status, entry(event, message, planned.target.as_ref()))
    };
    let settled = match outcome {
        Outcome::Done(id) => {
            let message = Said::several([planned.reason.clone(), said!("settle-found")]);
            let overtaken = settle_written(run, side, open, change, &id, kept.get(&id), message).await?;
            let (kind, id) = (planned.kind, &planned.source);
            run.complain(overtaken.map(|why| said!("write-of-record", kind, id, why)));
            return Ok(());
        }
        Outcome::Wait(doubt) => {
            // It is told when it becomes so, and when something new is known of it.
            let old = open.doubt.as_ref().filter(|old| old.why == doubt.why);
            let entries: Vec<_> = old
                .is_none()
                .then(|| entry(Event::Uncertain, doubt.why.clone(), planned.target.as_ref()))
                .into_iter()
                .collect();
            return Ok(run.store.doubts_put(open.plan, &[(planned.sequence, doubt)], &entries).await?);
        }
        Outcome::Open(None) => return Ok(()),
        Outcome::Open(Some(token)) => {
            Settled { token: Some(token.clone()), ..settled(ChangeStatus::Accepted, token.into(), Event::Accepted) }
        }
        Outcome::Again(why) => settled(ChangeStatus::Pending, why, Event::LookedUp),
        Outcome::Over(why) => settled(ChangeStatus::Stale, why, Event::Stale),
        Outcome::Failed(failure) => {
            Settled { failure: Some(failure.name()), ..settled(ChangeStatus::Failed, failure.said(), Event::Failed) }
        }
    };
    run.store.batch_settle(open.plan, None, &[settled], &[], &side.name, run.now()).await?;
    Ok(())
}

/// Settles an open change as written; what a person decided of its link since stands, and is given back.
pub(crate) async fn settle_written(
    run: &SyncRun<'_>,
    side: &Opened,
    open: &Unsettled,
    change: Option<&Change>,
    id: &str,
    kept: Option<&Record>,
    message: Said,
) -> Result<Option<Said>, Error> {
    let planned = &open.row.change;
    let mut link = run.store.link_get(&run.sync.name, planned.kind, &planned.source).await?;
    if let (Some(link), Some(intended_on)) = (&mut link, open.link_revision)
        && link.decided_by == Some(Decider::Operator)
    {
        // Where it moved on since, the store leaves it and says so.
        link.revision = intended_on;
    }
    let intended_at = open.doubt.as_ref().map_or(open.intended_at, |doubt| doubt.intended_at);
    let onward = change.filter(|_| planned.direction() == Direction::Onward);
    let left = onward.zip(kept).map(|(change, kept)| plan::as_left(change, kept, intended_at));
    let link = references::link_after(run, link.as_ref(), planned, change, id, left.as_ref().or(kept)).await?;
    let journal = JournalEntry {
        run: Some(open.run),
        ..journal::entry(run, open.plan, planned, Event::done(planned.action), message, Some(id.to_owned()))
    };
    let mut settled = Settled { link: Some(link), ..Settled::new(planned.sequence, ChangeStatus::Done, journal) };
    told_by_both(&mut settled, planned, id);
    let record: Vec<(Kind, Record)> =
        kept.map(|record| (planned.kind.counterpart(), record.clone())).into_iter().collect();
    let overtaken = run.store.batch_settle(open.plan, None, &[settled], &record, &side.name, run.now()).await?.pop();
    run.store.run_book(open.run, 1).await?;
    Ok(overtaken.map(|overtaken| overtaken.message))
}
