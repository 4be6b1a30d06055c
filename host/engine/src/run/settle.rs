//! Settles a batch: reads each change's result back, verifies and commits it.
//!
//! An outcome is *uncertain* if a request left and no reply settles it, or if the connector's statement cannot be true.
//! Uncertain changes are looked up at once; what is not found then waits (`doubt`), and the rest goes on.

use super::batch::{Batch, Prepared};
use super::look_up::{self, Look, told};
use super::reverse::told_by_both;
use super::session::Session;
use super::totals::Tally;
use super::{outcomes, reading, references};
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::patience::{THROTTLE_MAX_MS, THROTTLE_MS};
use crate::rules::doubt::{self, Nature, Next, Verdict};
use crate::rules::plan;
use crosswalk_model::{
    Action, Change, Direction, Event, Failure, Kind, Link, Operation, Outcome, Record, Settlement, WriteReport,
};
use crosswalk_store::{BatchOutcomes, ChangeStatus, Doubt, Settled};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How often the host asks after work a vendor accepted, and how long it waits before the
/// first time; each wait is twice the one before, up to the longest.
const SETTLE_ASKS: u32 = 20;
const SETTLE_WAIT: Duration = Duration::from_millis(10);
const SETTLE_WAIT_MAX: Duration = Duration::from_secs(1);
/// How one change of a batch ended.
enum Fate {
    Done {
        target: String,
        looked_up: bool,
    },
    /// The vendor works on it; `stored` when the token is in the database already.
    Accepted {
        token: String,
        stored: bool,
    },
    Failed(Failure),
    /// Certainly not written, or a repeat does no harm.
    Again(Failure),
    /// Nobody knows; the look-up said nothing.
    Uncertain(Doubt),
}

/// A change that is looked up because of what its outcome leaves open.
struct Doubtful {
    index: usize,
    answered: bool,
    /// What the connector says of it, or why that cannot be.
    failure: Failure,
    /// Whether any request of it left.
    sent: bool,
    /// Whether the connector says that it is done.
    said_done: bool,
}

/// Settles a batch; gives back the changes that are worth another try.
pub(crate) async fn settle(
    session: &Session<'_, '_>,
    batch: Batch,
    report: WriteReport,
    tally: &mut Tally,
) -> Result<Vec<Prepared>, Error> {
    tally.counts.writes += report.sent.len() as u64;
    let mut fates = fates(session, &batch, report).await?;
    wait_for_accepted(session, &batch, &mut fates).await?;
    part_shared(session, &batch, &mut fates).await?;
    let target_kind = batch.kind.counterpart();
    let side = session.run.at(batch.action.side());
    let checks_before = side.description.kind(target_kind).is_some_and(|can| can.checks_before);
    let mut kept = read_back(session, side, target_kind, &fates).await;
    let (mut settled, mut read, mut again, mut wait) = (Vec::new(), Vec::new(), Vec::new(), None);
    let (mut doubts, mut entries) = (Vec::new(), Vec::new());
    let all_refused =
        !fates.is_empty() && fates.iter().all(|fate| matches!(fate, Fate::Failed(Failure::Denied { .. })));
    for (mut prepared, fate) in batch.changes.into_iter().zip(fates) {
        match fate {
            Fate::Again(failure) if Session::try_again(&prepared) => {
                if let Failure::Throttled { retry_after_ms, .. } = &failure {
                    wait = wait.max(Some(retry_after_ms.unwrap_or(THROTTLE_MS)));
                }
                prepared.tries += 1;
                settled.push(put_back(session, &prepared, &failure));
                again.push(prepared);
            }
            // The vendor has another value than the change was decided on.
            Fate::Failed(Failure::Conflict { message }) if checks_before && rests_on(&prepared) => {
                tally.counts.stale += 1;
                tally.failure(&prepared.planned, &message);
                settled.push(overruled(session, &prepared, &message));
            }
            Fate::Failed(failure) | Fate::Again(failure) => {
                tally.counts.failed += 1;
                tally.failure(&prepared.planned, &failure.to_string());
                if all_refused {
                    tally.denied = Some(failure.clone());
                }
                settled.push(failed(session, &prepared, &failure));
            }
            Fate::Uncertain(doubt) => {
                tally.counts.uncertain += 1;
                tally.failure(&prepared.planned, &told(session.plan, prepared.planned.sequence, &doubt));
                session.leave_open(&prepared.planned);
                entries.push(session.entry(
                    &prepared.planned,
                    Event::Uncertain,
                    doubt.why.clone(),
                    prepared.planned.target.clone(),
                ));
                doubts.push((prepared.planned.sequence, doubt));
            }
            Fate::Accepted { token, stored } => {
                tally.open += 1;
                tally.failure(&prepared.planned, "the vendor still works on it; the next run asks again");
                session.leave_open(&prepared.planned);
                settled.extend((!stored).then(|| taken_by_token(session, &prepared, token)));
            }
            Fate::Done { target, looked_up } => {
                tally.counts.done += 1;
                settled.push(done(session, &prepared, &target, kept.get(&target), looked_up).await?);
                read.push(target);
            }
        }
    }
    let run = session.run;
    let all_done = settled.iter().all(|one| one.status == ChangeStatus::Done) && doubts.is_empty();
    let records: Vec<_> = read.iter().filter_map(|id| Some((target_kind, kept.remove(id)?))).collect();
    let outcomes = BatchOutcomes::new(Some(batch.id), settled, &records, run.now())?;
    outcomes::take_outcomes(session, (batch.kind, batch.action), outcomes, all_done).await?;
    if !doubts.is_empty() {
        run.store.doubts_put(session.plan, &doubts, &entries).await?;
    }
    if let Some(ms) = wait {
        let wait = tokio::time::sleep(Duration::from_millis(ms.min(THROTTLE_MAX_MS)));
        tokio::select! { () = wait => {}, () = run.parts.stop.stopped() => {} }
    }
    Ok(again)
}

async fn fates(session: &Session<'_, '_>, batch: &Batch, report: WriteReport) -> Result<Vec<Fate>, Error> {
    if !batch.action.writes() {
        let done = |prepared: &Prepared| Fate::Done {
            target: prepared.planned.target.clone().unwrap_or_default(),
            looked_up: false,
        };
        return Ok(batch.changes.iter().map(done).collect());
    }
    let (outcomes, whole) = match report.outcomes {
        Ok(outcomes) => (outcomes, Failure::broken("the connector gave no outcome for it")),
        Err(failure) => (Vec::new(), failure),
    };
    let mut outcomes = Settlements::new(outcomes);
    let mut fates = Vec::with_capacity(batch.changes.len());
    let mut doubtful = Vec::new();
    for (index, prepared) in batch.changes.iter().enumerate() {
        let Some(change) = prepared.change.as_ref() else { continue };
        let settlement = outcomes.take(&change.id).unwrap_or_else(|| Settlement::Failed(whole.clone()));
        let sent = report.sent.contains(&change.id);
        let answered = !report.unanswered.contains(&change.id);
        fates.push(match settlement {
            Settlement::Done(target) => match outcomes.why_not(change, &target, sent) {
                None => Fate::Done { target, looked_up: false },
                Some(why) => {
                    let failure = Failure::broken(why);
                    doubtful.push(Doubtful { index, answered, failure: failure.clone(), sent, said_done: true });
                    Fate::Failed(failure)
                }
            },
            Settlement::Accepted(token) => Fate::Accepted { token, stored: false },
            Settlement::Failed(failure) => {
                let settles = answered && !matches!(failure, Failure::Unavailable { .. } | Failure::Broken { .. });
                if sent && !settles {
                    doubtful.push(Doubtful { index, answered, failure: failure.clone(), sent, said_done: false });
                }
                if failure.is_passing() { Fate::Again(failure) } else { Fate::Failed(failure) }
            }
        });
    }
    look_into(session, batch, doubtful, &mut fates).await?;
    Ok(fates)
}

/// Looks up what an outcome leaves open.
async fn look_into(
    session: &Session<'_, '_>,
    batch: &Batch,
    doubtful: Vec<Doubtful>,
    fates: &mut [Fate],
) -> Result<(), Error> {
    if doubtful.is_empty() {
        return Ok(());
    }
    // A look-up asks whose records are: also those of the batches before.
    outcomes::store_outcomes(session).await?;
    let (run, side) = (session.run, session.run.at(batch.action.side()));
    let taken: HashSet<String> = fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Done { target, .. } => Some(target.clone()),
            _ => None,
        })
        .collect();
    let looks: Vec<Look<'_>> = doubtful
        .iter()
        .filter_map(|doubtful| {
            let Prepared { planned, change, .. } = &batch.changes[doubtful.index];
            let said_done = doubtful.said_done;
            Some(Look { planned, change: change.as_ref()?, intended_at: batch.intended_at, said_done })
        })
        .collect();
    let verdicts = look_up::look_up(run, side, batch.kind.counterpart(), &looks, &taken).await?;
    for ((doubtful, look), verdict) in doubtful.into_iter().zip(&looks).zip(verdicts) {
        let Doubtful { index, answered, failure, sent, .. } = doubtful;
        let nature = Nature::of(look.change);
        let why = match &failure {
            failure if answered => failure.to_string(),
            failure => format!("no reply came ({failure})"),
        };
        let quiet = side.quiet_ms();
        fates[index] = match verdict {
            Verdict::Written(target) => Fate::Done { target, looked_up: true },
            // Nothing left the host, so that nothing was written.
            _ if !sent => Fate::Failed(failure),
            Verdict::NotWritten if nature == Nature::Absolute && Session::try_again(&batch.changes[index]) => {
                Fate::Again(failure)
            }
            verdict => {
                let doubt = doubt::begin(batch.intended_at, run.now(), answered, quiet, why);
                match doubt::next(doubt.clone(), nature, verdict, run.now(), quiet) {
                    Next::Wait(doubt) => Fate::Uncertain(doubt),
                    // Before the quiet time is over nothing else follows.
                    Next::Done(_) | Next::Again | Next::Over(_) => Fate::Uncertain(doubt),
                }
            }
        };
    }
    Ok(())
}

/// No create links a record that another links, whoever says so: another create of its batch, or one that was done
/// before.
async fn part_shared(session: &Session<'_, '_>, batch: &Batch, fates: &mut [Fate]) -> Result<(), Error> {
    let mut made = HashMap::<String, Vec<usize>>::new();
    for (at, (fate, prepared)) in fates.iter().zip(&batch.changes).enumerate() {
        let creates = prepared.change.as_ref().is_some_and(|change| change.operation == Operation::Create);
        if let (Fate::Done { target, .. }, true) = (fate, creates) {
            made.entry(target.clone()).or_default().push(at);
        }
    }
    if made.is_empty() {
        return Ok(());
    }
    let kind = batch.kind;
    let mut held = HashMap::new();
    if batch.action == Action::Create && (Link::is_one_to_one(kind, kind) || kind == Kind::Usage) {
        let ids: Vec<String> = made.keys().cloned().collect();
        held = look_up::linked_to(session.run, Direction::Onward, kind, &ids).await?;
        // Those of batches before that are not stored yet.
        held.extend(ids.iter().filter_map(|id| Some((id.clone(), session.made_for(kind, id)?))));
    }
    for (target, all) in made {
        let other = held.get(&target).filter(|other| all.iter().any(|at| batch.changes[*at].planned.source != **other));
        let other = other.filter(|_| all.len() == 1).map(String::as_str);
        if all.len() == 1 && other.is_none() {
            session.note_made(&batch.changes[all[0]].planned, &target);
            continue;
        }
        let quiet = session.run.at(batch.action.side()).quiet_ms();
        for at in all {
            let doubt = doubt::begin_named(batch.intended_at, session.run.now(), quiet, (&target, other));
            fates[at] = Fate::Uncertain(doubt);
        }
    }
    Ok(())
}

/// Stores the tokens of what the vendor accepted, so that they outlive this process, and
/// asks after it for a while.
async fn wait_for_accepted(session: &Session<'_, '_>, batch: &Batch, fates: &mut [Fate]) -> Result<(), Error> {
    let (run, side) = (session.run, session.run.at(batch.action.side()));
    let mut accepted = Vec::new();
    for (prepared, fate) in batch.changes.iter().zip(fates.iter_mut()) {
        if let Fate::Accepted { token, stored } = fate {
            accepted.push(taken_by_token(session, prepared, token.clone()));
            *stored = true;
        }
    }
    if accepted.is_empty() {
        return Ok(());
    }
    run.store.batch_settle(session.plan, Some(batch.id), &accepted, &[], &side.name, run.now()).await?;
    let mut wait = SETTLE_WAIT;
    for _ in 0..SETTLE_ASKS {
        let waiting = fates.iter().filter_map(|fate| match fate {
            Fate::Accepted { token, .. } => Some(token.clone()),
            _ => None,
        });
        let tokens: Vec<String> = waiting.collect();
        if tokens.is_empty() {
            break;
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(SETTLE_WAIT_MAX);
        let Ok(answers) = side.connector.settle(&side.reading, &tokens).await else { break };
        let mut answers = by_change(answers);
        for fate in fates.iter_mut() {
            let Fate::Accepted { token, .. } = fate else { continue };
            match answers.remove(token.as_str()) {
                // Without an id it is asked after again.
                Some(Settlement::Done(target)) if target.trim().is_empty() => {}
                Some(Settlement::Done(target)) => *fate = Fate::Done { target, looked_up: false },
                Some(Settlement::Failed(failure)) => *fate = Fate::Failed(failure),
                Some(Settlement::Accepted(next)) if next != *token => {
                    *fate = Fate::Accepted { token: next, stored: false };
                }
                Some(Settlement::Accepted(_)) | None => {}
            }
        }
    }
    Ok(())
}

/// What the vendor kept of everything that was done.
async fn read_back(session: &Session<'_, '_>, side: &Opened, kind: Kind, fates: &[Fate]) -> HashMap<String, Record> {
    let ids: Vec<String> = fates
        .iter()
        .filter_map(|fate| match fate {
            Fate::Done { target, .. } => Some(target.clone()),
            _ => None,
        })
        .collect();
    let read = reading::read_ids(session.run, side, kind, &ids).await;
    let (kept, untold) = match read {
        Ok(read) => read.unwrap_or_default().by_id(),
        Err(failure) => (HashMap::new(), Some(failure.to_string())),
    };
    session.run.complain(untold.map(|why| {
        format!("{} {kind}s that were written could not be read back, the next run compares them: {why}", side.name)
    }));
    kept
}

async fn done(
    session: &Session<'_, '_>,
    prepared: &Prepared,
    target: &str,
    kept: Option<&Record>,
    looked_up: bool,
) -> Result<Settled, Error> {
    let planned = &prepared.planned;
    let sent = prepared.change.as_ref();
    let link = references::link_after(session.run, prepared.link.as_ref(), planned, sent, target, kept).await?;
    if matches!(planned.action, Action::Create | Action::Link | Action::Open) {
        session.learn(planned.kind, &planned.source, target);
    }
    session.wrote(planned, kept);
    let mut message = planned.reason.clone();
    if looked_up {
        message.push_str("; the vendor did not answer, it was looked up and is there");
    }
    for note in sent.zip(kept).into_iter().flat_map(|(sent, kept)| plan::verify(sent, kept)) {
        message.push_str(&match note.by_another {
            true => format!("; somebody else made {} `{}` before it was read back", note.name, note.kept),
            false => format!("; the vendor kept {} as `{}`", note.name, note.kept),
        });
    }
    let mut settled = Settled {
        sequence: planned.sequence,
        status: ChangeStatus::Done,
        target: Some(target.to_owned()),
        message: String::new(),
        link: Some(link),
        journal: session.entry(planned, Event::done(planned.action), message, Some(target.to_owned())),
        token: None,
    };
    told_by_both(&mut settled, planned, target);
    Ok(settled)
}

fn failed(session: &Session<'_, '_>, prepared: &Prepared, failure: &Failure) -> Settled {
    let planned = &prepared.planned;
    Settled {
        sequence: planned.sequence,
        status: ChangeStatus::Failed,
        target: planned.target.clone(),
        message: failure.to_string(),
        link: None,
        journal: session.entry(planned, Event::Failed, failure.to_string(), planned.target.clone()),
        token: None,
    }
}

/// Refused by its precondition: it was decided on what is not so any more.
fn overruled(session: &Session<'_, '_>, prepared: &Prepared, message: &str) -> Settled {
    let failure = Failure::Conflict { message: message.to_owned() };
    let planned = &prepared.planned;
    let why = format!("it was changed in the target since: {message}");
    Settled {
        status: ChangeStatus::Stale,
        message: why.clone(),
        journal: session.entry(planned, Event::Stale, why, planned.target.clone()),
        ..failed(session, prepared, &failure)
    }
}

/// Certainly not written: pending again, to be tried again in this run.
fn put_back(session: &Session<'_, '_>, prepared: &Prepared, failure: &Failure) -> Settled {
    let planned = &prepared.planned;
    Settled {
        status: ChangeStatus::Pending,
        journal: session.entry(planned, Event::PutOff, failure.to_string(), None),
        ..failed(session, prepared, failure)
    }
}

fn taken_by_token(session: &Session<'_, '_>, prepared: &Prepared, token: String) -> Settled {
    let planned = &prepared.planned;
    Settled {
        sequence: planned.sequence,
        status: ChangeStatus::Accepted,
        target: planned.target.clone(),
        message: "not settled yet; the next run asks again".to_owned(),
        link: None,
        journal: session.entry(planned, Event::Accepted, token.clone(), planned.target.clone()),
        token: Some(token),
    }
}

/// Whether a change carries what it was decided on.
fn rests_on(prepared: &Prepared) -> bool {
    prepared.change.as_ref().is_some_and(|change| !change.before.is_empty())
}

/// What a connector said of a batch, and what of it cannot be.
struct Settlements {
    by_change: HashMap<String, Vec<Settlement>>,
    /// How many changes are said to be done with this id.
    named: HashMap<String, usize>,
}

impl Settlements {
    fn new(outcomes: Vec<Outcome>) -> Self {
        let (mut by_change, mut named) = (HashMap::<String, Vec<Settlement>>::new(), HashMap::new());
        for Outcome { change, settlement } in outcomes {
            if let Settlement::Done(id) = &settlement {
                *named.entry(id.clone()).or_insert(0) += 1;
            }
            by_change.entry(change).or_default().push(settlement);
        }
        Self { by_change, named }
    }

    fn take(&mut self, change: &str) -> Option<Settlement> {
        let mut all = self.by_change.remove(change)?;
        let first = all.pop()?;
        let twice = all.iter().any(|other| *other != first);
        Some(if twice { Settlement::Failed(Failure::broken("the connector told of it twice")) } else { first })
    }

    /// Why a change cannot be done with this id; none when it can.
    fn why_not(&self, change: &Change, id: &str, sent: bool) -> Option<String> {
        let shared = self.named.get(id).is_some_and(|named| *named > 1);
        match (&change.target, change.operation) {
            _ if id.trim().is_empty() => Some("the connector says that it is done, without an id".to_owned()),
            (_, Operation::Create) if shared => {
                Some(format!("the connector says {id} of more than one change of a batch"))
            }
            (Some(target), _) if target != id => {
                Some(format!("the connector says that {id} was written, where {target} was to be"))
            }
            _ if !sent => Some("the connector says that it is done, and sent nothing for it".to_owned()),
            _ => None,
        }
    }
}

/// Outcomes by change (or, from `settle`, by token).
pub(crate) fn by_change(outcomes: Vec<Outcome>) -> HashMap<String, Settlement> {
    outcomes.into_iter().map(|outcome| (outcome.change, outcome.settlement)).collect()
}
