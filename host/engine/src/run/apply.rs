//! Applying a plan: prepare a batch, write down what is intended, call, settle.
//!
//! Three batches are under way at a time: one is at the vendor, the one before it is read
//! back and settled (and stored: `outcomes`), the next one is prepared. The intents of a batch are committed
//! before its call leaves, so that after a crash everything that may have been written is
//! known and looked up (`recover`) before anything is tried again.
//!
//! A change knows its own direction (`Direction`); `resolve` decides what follows. Lines that take over what others bill
//! come after those, in the order of `resting`.

use super::batch::{Batch, Prepared, lock};
use super::lines::{self, ReadPreconditions};
use super::queue::{Queue, mark, marks};
use super::report::ApplyOptions;
use super::resolve::{self, waits_for_line};
use super::resting::{ACTIONS, Not, rounds};
use super::session::{Session, Trusted};
use super::totals::ApplyTotals;
use super::{approvals, outcomes, recover, refused, settle};
use crate::error::Error;
use crate::ground::find::no_plan;
use crate::ground::progress::Stage;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Action, Approved, Change, Failure, Kind, Plan, PlanId, PlannedChange, Trust, WriteReport, said};
use crosswalk_store::{Approving, ChangeFilter, ChangeStatus};
use std::collections::HashSet;

/// What of a plan is applied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Go<'a> {
    /// What is let go with this application, which is an approval.
    Now(&'a ApplyOptions),
    /// What people approved before.
    Approved,
}

pub(crate) async fn apply_plan(
    run: &SyncRun<'_>,
    plan: PlanId,
    go: Go<'_>,
    read_lines: ReadPreconditions,
    tally: &mut ApplyTotals,
) -> Result<Plan, Error> {
    recover::recover(run).await?;
    let stored = run.store.plan_get(plan).await?.ok_or_else(|| no_plan(plan))?;
    if let Some(newer) = run.store.plan_superseded_by(plan).await? {
        return Err(Error::invalid(
            said!("run-plan-superseded", plan, newer),
            said!(
                "run-hint-newer-plan",
                show = Call::of(Verb::Plan).with("show", newer),
                apply = Call::of(Verb::Apply).with("plan", newer)
            ),
        ));
    }
    same_accounts(run, &stored).await?;
    let (approved, trust) = approved(run, &stored, go).await?;
    let session = Session::new(run, &stored, (&approved, trust), read_lines).await?;
    let waiting = stored.totals.iter().map(|total| u64::from(total.changes)).sum();
    run.progress.begin(Stage::Applying, Some(waiting));
    let is_in = |kind: Kind| approved.iter().any(|one| one.part.kind.is_none_or(|only| only == kind));
    let mut steps = steps(&stored).into_iter().filter(|(kind, _)| is_in(*kind)).peekable();
    while let Some((kind, action)) = steps.next() {
        if tally.stop.is_some() {
            break;
        }
        let went = do_all(&session, (kind, action), Queue::default(), waiting, tally).await;
        refused::go_on(&session, (kind, action), went, tally).await?;
        // What takes over from others of its kind follows when those are settled.
        if steps.peek().is_none_or(|(next, _)| *next != kind) {
            let went = do_resting(&session, waiting, tally).await;
            refused::go_on(&session, (kind, action), went, tally).await?;
        }
    }
    run.progress.end(&Stage::Applying);
    Ok(stored)
}

/// Returns what is let go, and whose trust it rests on. What is let go now is stored as an approval.
///
/// # Errors
/// Nothing was approved before.
async fn approved(run: &SyncRun<'_>, plan: &Plan, go: Go<'_>) -> Result<(Vec<Approved>, Trusted), Error> {
    let Go::Now(options) = go else {
        // A rule approves for its own run alone.
        let given = run.store.approvals(plan.id).await?.into_iter().filter(|one| one.rule.is_none());
        let given: Vec<Approved> = given.map(|one| one.approved).collect();
        if given.is_empty() {
            return Err(Error::Held {
                message: said!("run-not-approved", plan = plan.id),
                hint: said!("run-hint-approve", approve = Call::of(Verb::Approve).with("plan", plan.id)),
            });
        }
        return Ok((given, Trusted { least: Trust::Approve, kind: None }));
    };
    let trusted =
        run.sync.rules.kinds.iter().filter(|(kind, rules)| {
            rules.trust == Trust::Automatic && options.trusted.is_none_or(|only| only == **kind)
        });
    let approving = Approving {
        approved: options.approved(),
        hash: plan.hash.clone(),
        rule: options.automatic.then(|| trusted.map(|(kind, _)| *kind).collect()),
        note: options.note.clone(),
    };
    let of = approvals::Of { sync: &run.sync.name, plan, run: Some(run.id), now: run.now() };
    approvals::approve(&run.store, &of, &approving, None).await?;
    let least = if options.automatic { Trust::Automatic } else { Trust::Approve };
    Ok((vec![approving.approved], Trusted { least, kind: options.trusted }))
}

/// The kinds and actions a plan has, in the order in which they are done: a plan that undoes has
/// its own.
fn steps(plan: &Plan) -> Vec<(Kind, Action)> {
    let planned: Vec<(Kind, Action)> = plan.totals.iter().map(|total| (total.kind, total.action)).collect();
    if plan.undoes.is_some() {
        return planned;
    }
    let all = Kind::ALL.into_iter().flat_map(|kind| plan::order_of(kind).map(|action| (kind, action)));
    all.filter(|step| planned.contains(step)).collect()
}

/// Does all changes of one kind and action that are pending and not held, but for those that rest on others: or
/// those of a queue.
async fn do_all(
    session: &Session<'_, '_>,
    step: (Kind, Action),
    queue: Queue,
    waiting: u64,
    tally: &mut ApplyTotals,
) -> Result<(), Error> {
    let went = outcomes::storing_in_time(session, do_batches(session, step, queue, waiting, tally)).await;
    tally.add(outcomes::stored_tally(session));
    went
}

async fn do_batches(
    session: &Session<'_, '_>,
    (kind, action): (Kind, Action),
    mut queue: Queue,
    waiting: u64,
    tally: &mut ApplyTotals,
) -> Result<(), Error> {
    let mut next = prepare(session, kind, action, &mut queue, tally).await?;
    let mut written: Option<(Batch, WriteReport)> = None;
    while next.is_some() || written.is_some() {
        let current = next.take();
        let settled: Vec<_> = written.iter().flat_map(|(batch, _)| marks(batch)).collect();
        let mut settling = ApplyTotals::default();
        let call = async {
            match current {
                Some(batch) => {
                    let report = call(session, &batch).await;
                    Some((batch, report))
                }
                None => None,
            }
        };
        let settle = async {
            match written.take() {
                Some((batch, report)) => settle::settle(session, batch, report, &mut settling).await,
                None => Ok(Vec::new()),
            }
        };
        let mut preparing = ApplyTotals::default();
        let (called, again, prepared) =
            tokio::join!(call, settle, prepare(session, kind, action, &mut queue, &mut preparing));
        tally.add(settling);
        tally.add(preparing);
        let heeded = refused::heed(session, (kind, action), settled.len(), &mut queue, tally).await;
        let (again, prepared) = match (heeded.and(again), prepared) {
            (Ok(again), Ok(prepared)) => (again, prepared),
            (Err(error), prepared) => return Err(leave(session, called, prepared.ok().flatten(), error, tally).await),
            (_, Err(error)) => return Err(leave(session, called, None, error, tally).await),
        };
        let tried: HashSet<_> = again.iter().map(|prepared| mark(&prepared.planned)).collect();
        queue.settled.extend(settled.into_iter().filter(|record| !tried.contains(record)));
        queue.again.extend(again);
        if !outcomes::has_outcomes(session).await {
            queue.release();
        }
        next = prepared;
        written = called;
        session.run.progress.at(&Stage::Applying, tally.seen(), Some(waiting));
        if tally.stop.is_some() {
            queue.end();
        }
        if next.is_none() && written.is_none() && !(queue.again.is_empty() && queue.later.is_empty()) {
            outcomes::store_outcomes(session).await?;
            queue.release();
            next = prepare(session, kind, action, &mut queue, tally).await?;
        }
    }
    Ok(())
}

/// What an error leaves behind: the vendor's answers to the batch that was called are settled all the same,
/// and what was intended and not called is pending again. Gives the error back.
async fn leave(
    session: &Session<'_, '_>,
    called: Option<(Batch, WriteReport)>,
    intended: Option<Batch>,
    error: Error,
    tally: &mut ApplyTotals,
) -> Error {
    let unsent = || WriteReport {
        outcomes: Err(Failure::Unavailable { message: "the run ended before it was sent".to_owned() }),
        sent: Default::default(),
        unanswered: Default::default(),
    };
    let intended = intended.filter(|batch| batch.action.writes()).map(|batch| (batch, unsent()));
    for (batch, report) in called.into_iter().chain(intended) {
        if let Err(other) = settle::settle(session, batch, report, tally).await {
            tracing::error!(error = %other, "a batch could not be settled: the next run looks it up");
        }
    }
    error
}

async fn call(session: &Session<'_, '_>, batch: &Batch) -> WriteReport {
    if !batch.action.writes() {
        // Nothing is written to the vendor: the settlement records what becomes of the link.
        return WriteReport { outcomes: Ok(Vec::new()), sent: Default::default(), unanswered: Default::default() };
    }
    let changes: Vec<Change> = batch.changes.iter().filter_map(|prepared| prepared.change.clone()).collect();
    session.run.at(batch.action.side()).connector.write(&session.writing, &changes).await
}

/// Takes the next changes, refuses the stale ones, resolves the others, and commits
/// that they are about to be written.
async fn prepare(
    session: &Session<'_, '_>,
    kind: Kind,
    action: Action,
    queue: &mut Queue,
    tally: &mut ApplyTotals,
) -> Result<Option<Batch>, Error> {
    let side = &session.run.at(action.side()).description;
    let at_once = side.kind(kind.counterpart()).map_or(1, |can| can.changes_at_once.clamp(1, 1000)) as usize;
    loop {
        if session.is_stopped(tally) {
            return Ok(None);
        }
        if queue.ended {
            let again: Vec<Prepared> = queue.again.drain(..queue.again.len().min(at_once)).collect();
            if !again.is_empty() {
                return intend(session, kind, action, again, queue).await.map(Some);
            }
            let later = std::mem::take(&mut queue.later);
            let free = queue.apart(later, at_once);
            if free.is_empty() {
                return Ok(None);
            }
            let ready = resolve::resolve(session, kind, free, tally).await?;
            if !ready.is_empty() {
                return intend(session, kind, action, ready, queue).await.map(Some);
            }
            continue;
        }
        let filter = ChangeFilter {
            kind: Some(kind),
            action: Some(action),
            customer: session.only_customer(),
            status: Some(ChangeStatus::Pending),
            ..ChangeFilter::default()
        };
        let rows = session.run.store.plan_changes(session.plan, &filter, queue.after, at_once).await?;
        queue.ended = rows.len() < at_once;
        queue.after = rows.last().map_or(queue.after, |row| row.change.sequence);
        let changes = rows.into_iter().map(|row| row.change).filter(|change| session.is_chosen(change));
        let (changes, resting): (Vec<_>, Vec<_>) =
            changes.partition(|change| change.line().is_none_or(|step| step.rests.is_empty()));
        session.resting.put(resting);
        let (free, held): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| session.may_go(change));
        tally.counts.held += held.len() as u64;
        let free = queue.apart(free, at_once);
        let ready = resolve::resolve(session, kind, free, tally).await?;
        if !ready.is_empty() {
            return intend(session, kind, action, ready, queue).await.map(Some);
        }
    }
}

async fn intend(
    session: &Session<'_, '_>,
    kind: Kind,
    action: Action,
    changes: Vec<Prepared>,
    queue: &mut Queue,
) -> Result<Batch, Error> {
    let revision = |prepared: &Prepared| prepared.link.as_ref().map_or(0, |link| link.revision);
    let intents: Vec<(u32, i64)> =
        changes.iter().map(|prepared| (prepared.planned.sequence, revision(prepared))).collect();
    let intended_at = session.run.now();
    let id = session.run.store.batch_intend(session.run.id, session.plan, &intents, intended_at).await?;
    let batch = Batch { id, kind, action, changes, intended_at };
    queue.at_work.extend(marks(&batch));
    Ok(batch)
}

/// Does all changes that rest on others, in their order.
async fn do_resting(session: &Session<'_, '_>, waiting: u64, tally: &mut ApplyTotals) -> Result<(), Error> {
    let all = std::mem::take(&mut *lock(&session.resting.all));
    let (free, held): (Vec<_>, Vec<_>) = all.into_iter().partition(|change| session.may_go(change));
    tally.counts.held += held.len() as u64;
    let at_once = session.run.target.description.kind(Kind::Usage).map_or(1, |can| can.changes_at_once);
    let (rounds, rings) = rounds(free, at_once as usize);
    *lock(&session.resting.rings) = rings;
    for round in rounds {
        let mut ready = resolve::resolve(session, Kind::Usage, round, tally).await?;
        for action in ACTIONS {
            if session.is_stopped(tally) {
                return Ok(());
            }
            let again = ready.extract_if(.., |prepared| prepared.planned.action == action).collect();
            let queue = Queue { ended: true, again, ..Queue::default() };
            do_all(session, (Kind::Usage, action), queue, waiting, tally).await?;
            ready = still_ready(session, ready, tally).await?;
        }
    }
    Ok(())
}

/// Those that are ready still: what each rests on was done, or goes along with it.
async fn still_ready(
    session: &Session<'_, '_>,
    ready: Vec<Prepared>,
    tally: &mut ApplyTotals,
) -> Result<Vec<Prepared>, Error> {
    let changes: Vec<PlannedChange> = ready.iter().map(|prepared| prepared.planned.clone()).collect();
    let along: HashSet<&str> = changes.iter().map(|change| change.source.as_str()).collect();
    let together = |one: &str, other: &str| along.contains(other) && session.resting.together(one, other);
    let billed = lines::still_billed(session.run, &changes, &together).await?;
    let (mut not, mut still) = (Vec::<Not>::new(), Vec::new());
    for prepared in ready {
        let planned = &prepared.planned;
        let waits = waits_for_line(session, planned).map(|why| (ChangeStatus::Pending, why));
        match waits.or_else(|| Some((ChangeStatus::Stale, billed.get(&planned.source)?.clone()))) {
            Some((status, why)) => not.push((prepared.planned, status, why)),
            None => still.push(prepared),
        }
    }
    not.extend(session.resting.broken(&mut still, &not));
    resolve::leave_out(session, not, tally).await?;
    Ok(still)
}

/// A plan speaks of the accounts it was made for.
///
/// # Errors
/// A person let one of them be another since.
async fn same_accounts(run: &SyncRun<'_>, plan: &Plan) -> Result<(), Error> {
    for side in [&run.source, &run.target] {
        let said = run.store.account(&side.name).await?.and_then(|known| known.said_at);
        if said.is_some_and(|said| plan.made_at <= said) {
            return Err(Error::invalid(
                said!("run-plan-of-another-account", plan = plan.id, connection = &side.name),
                said!("run-hint-plan-anew", plan = Call::of(Verb::Plan).with("sync", &run.sync.name)),
            ));
        }
    }
    Ok(())
}
