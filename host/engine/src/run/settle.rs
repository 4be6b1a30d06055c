//! Settles a batch: reads each change's result back, verifies and commits it.
//!
//! An outcome is *uncertain* if a request left and no reply settles it, or if the connector's statement cannot be true.
//! Uncertain changes are looked up at once; what is not found then waits (`doubt`), and the rest goes on.

mod rows;
mod stated;

pub(crate) use stated::by_change;

use super::batch::{Batch, Prepared};
use super::look_up::{self, Look, told};
use super::session::Session;
use super::totals::ApplyTotals;
use super::{outcomes, reading};
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::patience::{THROTTLE_MAX_MS, THROTTLE_MS};
use crate::rules::doubt::{self, Nature, Next, Verdict};
use crosswalk_model::{Action, Direction, Event, Failure, Kind, Operation, Record, Settlement, WriteReport, said};
use crosswalk_store::{BatchOutcomes, ChangeStatus, Doubt, JournalEntry, Settled};
use stated::Settlements;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// How often the host asks after work a vendor accepted, and how long it waits before the
/// first time; each wait is twice the one before, up to the longest.
const SETTLE_ASKS: u32 = 20;
const SETTLE_WAIT: Duration = Duration::from_millis(10);
const SETTLE_WAIT_MAX: Duration = Duration::from_secs(1);

/// How one change of a batch ended.
enum WriteOutcome {
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
    tally: &mut ApplyTotals,
) -> Result<Vec<Prepared>, Error> {
    tally.counts.writes += report.sent.len() as u64;
    let mut fates = fates(session, &batch, report).await?;
    wait_for_accepted(session, &batch, &mut fates).await?;
    part_shared(session, &batch, &mut fates).await?;
    let target_kind = batch.kind.counterpart();
    let side = session.run.at(batch.action.side());
    let checks_before = side.description.kind(target_kind).is_some_and(|can| can.checks_before);
    let mut kept = read_back(session, side, target_kind, &fates).await;
    let all_refused =
        !fates.is_empty() && fates.iter().all(|fate| matches!(fate, WriteOutcome::Failed(Failure::Denied { .. })));
    let mut sorted = Sorted::default();
    for (prepared, fate) in batch.changes.into_iter().zip(fates) {
        match fate {
            // The vendor has another value than the change was decided on.
            WriteOutcome::Failed(Failure::Conflict { message }) if checks_before && rests_on(&prepared) => {
                tally.counts.stale += 1;
                tally.failure(&prepared.planned, message.as_str().into());
                sorted.settled.push(rows::overruled(session, &prepared, message));
            }
            WriteOutcome::Done { target, looked_up } => {
                tally.counts.done += 1;
                let row = rows::done(session, &prepared, &target, kept.get(&target), looked_up).await?;
                sorted.settled.push(row);
                sorted.read.push(target);
            }
            WriteOutcome::Again(failure) if Session::try_again(&prepared) => sorted.again(session, prepared, &failure),
            WriteOutcome::Failed(failure) | WriteOutcome::Again(failure) => {
                tally.counts.failed += 1;
                tally.failure(&prepared.planned, failure.said());
                if all_refused {
                    tally.denied = Some(failure.clone());
                }
                sorted.settled.push(rows::failed(session, &prepared, &failure));
            }
            WriteOutcome::Uncertain(doubt) => {
                tally.counts.uncertain += 1;
                tally.failure(&prepared.planned, told(session.plan, prepared.planned.sequence, &doubt));
                sorted.uncertain(session, &prepared, doubt);
            }
            WriteOutcome::Accepted { token, stored } => {
                tally.open += 1;
                tally.failure(&prepared.planned, said!("write-vendor-at-work"));
                session.leave_open(&prepared.planned);
                sorted.settled.extend((!stored).then(|| rows::accepted(session, &prepared, token)));
            }
        }
    }
    let all_done = sorted.doubts.is_empty() && sorted.settled.iter().all(|one| one.status == ChangeStatus::Done);
    let records: Vec<_> = sorted.read.iter().filter_map(|id| Some((target_kind, kept.remove(id)?))).collect();
    let outcomes = BatchOutcomes::new(Some(batch.id), sorted.settled, &records, session.run.now())?;
    outcomes::take_outcomes(session, (batch.kind, batch.action), outcomes, all_done).await?;
    if !sorted.doubts.is_empty() {
        session.run.store.doubts_put(session.plan, &sorted.doubts, &sorted.entries).await?;
    }
    if let Some(ms) = sorted.wait_ms {
        let wait = tokio::time::sleep(Duration::from_millis(ms.min(THROTTLE_MAX_MS)));
        tokio::select! { () = wait => {}, () = session.run.stop.stopped() => {} }
    }
    Ok(sorted.again)
}

/// The changes of a batch by how they ended.
#[derive(Default)]
struct Sorted {
    settled: Vec<Settled>,
    /// Ids of the records that were written.
    read: Vec<String>,
    /// Changes that are worth another try.
    again: Vec<Prepared>,
    /// Time the vendor asks to wait before that.
    wait_ms: Option<u64>,
    doubts: Vec<(u32, Doubt)>,
    /// Journal entries of the doubts.
    entries: Vec<JournalEntry>,
}

impl Sorted {
    fn again(&mut self, session: &Session<'_, '_>, mut prepared: Prepared, failure: &Failure) {
        if let Failure::Throttled { retry_after_ms, .. } = failure {
            self.wait_ms = self.wait_ms.max(Some(retry_after_ms.unwrap_or(THROTTLE_MS)));
        }
        prepared.tries += 1;
        self.settled.push(rows::put_back(session, &prepared, failure));
        self.again.push(prepared);
    }

    fn uncertain(&mut self, session: &Session<'_, '_>, prepared: &Prepared, doubt: Doubt) {
        let planned = &prepared.planned;
        session.leave_open(planned);
        self.entries.push(session.entry(planned, Event::Uncertain, doubt.why.clone(), planned.target.clone()));
        self.doubts.push((planned.sequence, doubt));
    }
}

/// Whether a change carries what it was decided on.
fn rests_on(prepared: &Prepared) -> bool {
    prepared.change.as_ref().is_some_and(|change| !change.before.is_empty())
}

async fn fates(session: &Session<'_, '_>, batch: &Batch, report: WriteReport) -> Result<Vec<WriteOutcome>, Error> {
    if !batch.action.writes() {
        let done = |prepared: &Prepared| WriteOutcome::Done {
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
                None => WriteOutcome::Done { target, looked_up: false },
                Some(why) => {
                    let failure = Failure::broken(why);
                    doubtful.push(Doubtful { index, answered, failure: failure.clone(), sent, said_done: true });
                    WriteOutcome::Failed(failure)
                }
            },
            Settlement::Accepted(token) => WriteOutcome::Accepted { token, stored: false },
            Settlement::Failed(failure) => {
                let settles = answered && !matches!(failure, Failure::Unavailable { .. } | Failure::Broken { .. });
                if sent && !settles {
                    doubtful.push(Doubtful { index, answered, failure: failure.clone(), sent, said_done: false });
                }
                if failure.is_passing() { WriteOutcome::Again(failure) } else { WriteOutcome::Failed(failure) }
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
    fates: &mut [WriteOutcome],
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
            WriteOutcome::Done { target, .. } => Some(target.clone()),
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
            failure if answered => failure.said(),
            failure => said!("settle-no-reply", failure = failure.said()),
        };
        let quiet = side.quiet_ms();
        fates[index] = match verdict {
            Verdict::Written(target) => WriteOutcome::Done { target, looked_up: true },
            // Nothing left the host, so that nothing was written.
            _ if !sent => WriteOutcome::Failed(failure),
            Verdict::NotWritten if nature == Nature::Absolute && Session::try_again(&batch.changes[index]) => {
                WriteOutcome::Again(failure)
            }
            verdict => {
                let doubt = doubt::begin(batch.intended_at, run.now(), answered, quiet, why);
                let doubt = Doubt { failure: Some(failure.name().to_owned()), ..doubt };
                match doubt::next(doubt.clone(), nature, verdict, run.now(), quiet) {
                    Next::Wait(doubt) => WriteOutcome::Uncertain(doubt),
                    // Before the quiet time is over nothing else follows.
                    Next::Done(_) | Next::Again | Next::Over(_) => WriteOutcome::Uncertain(doubt),
                }
            }
        };
    }
    Ok(())
}

/// No create links a record that another links, whoever says so: another create of its batch, or one that was done
/// before.
async fn part_shared(session: &Session<'_, '_>, batch: &Batch, fates: &mut [WriteOutcome]) -> Result<(), Error> {
    let mut made = HashMap::<String, Vec<usize>>::new();
    for (at, (fate, prepared)) in fates.iter().zip(&batch.changes).enumerate() {
        let creates = prepared.change.as_ref().is_some_and(|change| change.operation == Operation::Create);
        if let (WriteOutcome::Done { target, .. }, true) = (fate, creates) {
            made.entry(target.clone()).or_default().push(at);
        }
    }
    if made.is_empty() {
        return Ok(());
    }
    let kind = batch.kind;
    let mut held = HashMap::new();
    if batch.action == Action::Create && kind.is_made_for_one() {
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
            fates[at] = WriteOutcome::Uncertain(doubt);
        }
    }
    Ok(())
}

/// Stores the tokens of what the vendor accepted, so that they outlive this process, and
/// asks after it for a while.
async fn wait_for_accepted(session: &Session<'_, '_>, batch: &Batch, fates: &mut [WriteOutcome]) -> Result<(), Error> {
    let (run, side) = (session.run, session.run.at(batch.action.side()));
    let mut accepted = Vec::new();
    for (prepared, fate) in batch.changes.iter().zip(fates.iter_mut()) {
        if let WriteOutcome::Accepted { token, stored } = fate {
            accepted.push(rows::accepted(session, prepared, token.clone()));
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
            WriteOutcome::Accepted { token, .. } => Some(token.clone()),
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
            let WriteOutcome::Accepted { token, .. } = fate else { continue };
            match answers.remove(token.as_str()) {
                // Without an id it is asked after again.
                Some(Settlement::Done(target)) if target.trim().is_empty() => {}
                Some(Settlement::Done(target)) => *fate = WriteOutcome::Done { target, looked_up: false },
                Some(Settlement::Failed(failure)) => *fate = WriteOutcome::Failed(failure),
                Some(Settlement::Accepted(next)) if next != *token => {
                    *fate = WriteOutcome::Accepted { token: next, stored: false };
                }
                Some(Settlement::Accepted(_)) | None => {}
            }
        }
    }
    Ok(())
}

/// What the vendor kept of everything that was done.
async fn read_back(
    session: &Session<'_, '_>,
    side: &Opened,
    kind: Kind,
    fates: &[WriteOutcome],
) -> HashMap<String, Record> {
    let ids: Vec<String> = fates
        .iter()
        .filter_map(|fate| match fate {
            WriteOutcome::Done { target, .. } => Some(target.clone()),
            _ => None,
        })
        .collect();
    let read = reading::read_ids(session.run, side, kind, &ids).await;
    let (kept, untold) = match read {
        Ok(read) => read.unwrap_or_default().by_id(),
        Err(failure) => (HashMap::new(), Some(failure.said())),
    };
    session.run.complain(untold.map(|why| said!("write-not-read-back", connection = &side.name, kind, why)));
    kept
}
