//! Applying a plan: prepare a batch, write down what is intended, call, settle.
//!
//! Three batches are under way at a time: one is at the vendor, the one before it is read
//! back and settled (and stored: `outcomes`), the next one is prepared. The intents of a batch are committed
//! before its call leaves, so that after a crash everything that may have been written is
//! known and looked up (`recover`) before anything is tried again.
//!
//! Which way a change goes, it says itself (`Way`): what follows from that is in `resolve`. Lines that take over what
//! others bill come after those, in the order of `resting`.

pub(crate) use super::queue::{Queue, mark, marks};
use super::recover;
use super::resolve;
pub(crate) use super::resolve::References;
use crate::billing::outcomes;
use crate::boxed;
use crate::ground::accounts;

use super::settle::Tally;
use crate::billing::Ground;
use crate::desk::query::no_plan;
use crate::error::Error;
use crate::ground::progress::{Progress, Stage};
use crate::ground::sync_run::SyncRun;
use crate::ground::tenant::Tenant;
use crate::rules::brakes::can_let_go;
use crate::rules::plan;
use crate::rules::plan::line::rests;
use crosswalk_model::run::STOPPED;
use crosswalk_model::{
    Action, Change, Failure, Hold, Kind, Link, Mode, Plan, PlanId, PlannedChange, Record, Run, RunCounts, RunStatus,
    SyncName, Timestamp, Trust, WriteReport,
};
use crosswalk_runtime::CallContext;
use crosswalk_store::{ChangeFilter, ChangeStatus, JournalEntry};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How often a change is tried in one run.
const TRIES: u32 = 3;

/// Which part of a plan is applied.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Brakes the operator lets go: their names, or `all`.
    pub release: Vec<String>,
    /// Changes that stay held whatever is released, by their sequence: what holds them was not seen.
    pub withheld: HashSet<u32>,
    /// Only this source customer's changes.
    pub customer: Option<String>,
    /// Only this kind's changes.
    pub kind: Option<Kind>,
    /// Nobody approved: only kinds whose trust is automatic.
    pub automatic: bool,
    /// The kind whose trust counts for the whole plan; none: each kind's own. What is refreshed
    /// because of an alert goes along with its ticket.
    pub trusted: Option<Kind>,
    /// Who approved, where a person did; none: the operator.
    pub approved_by: Option<String>,
}

/// What applying came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ApplyReport {
    /// The run, with its counts.
    pub run: Run,
    /// The first failures: (what, why).
    pub failures: Vec<(String, String)>,
}

impl Tenant {
    /// Applies a plan, or a part of it. What went stale is refused, change by change.
    ///
    /// # Errors
    /// No such plan, the sync is only previewed, or somebody else works on it.
    #[boxed]
    pub async fn apply(
        &self,
        plan: PlanId,
        options: &ApplyOptions,
        progress: &dyn Progress,
    ) -> Result<ApplyReport, Error> {
        let sync = self.plan_sync(plan).await?;
        let work = self.begin(&sync, Mode::Apply, progress).await?;
        finish_apply(&work, plan, options).await
    }

    /// The sync a plan belongs to.
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn plan_sync(&self, plan: PlanId) -> Result<SyncName, Error> {
        self.store.plan_sync(plan).await.map_err(|error| match error {
            crosswalk_store::StoreError::NotFound { .. } => no_plan(plan),
            other => other.into(),
        })
    }
}

/// Applies a plan in this run, and ends the run.
pub(crate) async fn finish_apply(
    run: &SyncRun<'_>,
    plan: PlanId,
    options: &ApplyOptions,
) -> Result<ApplyReport, Error> {
    let mut tally = Tally::default();
    match apply_plan(run, plan, options, &mut tally).await {
        Ok(plan) => end_apply(run, &plan, tally).await,
        Err(error) => {
            let done = (tally.counts != RunCounts::default()).then_some((plan, tally.counts));
            run.fail_after(&error, done).await;
            Err(error)
        }
    }
}

async fn apply_plan(run: &SyncRun<'_>, plan: PlanId, options: &ApplyOptions, tally: &mut Tally) -> Result<Plan, Error> {
    recover::recover(run).await?;
    let stored = run.store.plan_get(plan).await?.ok_or_else(|| no_plan(plan))?;
    if let Some(newer) = run.store.plan_superseded_by(plan).await? {
        return Err(Error::invalid(
            format!("plan {plan} is superseded by plan {newer}, which was made from what is there now"),
            format!("look at that one: `crosswalk plan show {newer}`, then `crosswalk apply {newer}`"),
        ));
    }
    accounts::same_accounts(run, &stored).await?;
    let session = Session::new(run, &stored, options).await?;
    let by = approved_by(run, options);
    let released: Vec<JournalEntry> = session.released(&stored, &by).await?.into_iter().collect();
    let store = run.store.noting(Some(&run.sync.name), &released)?;
    store.plan_approve(plan, run.now(), &stored.hash, &by).await?;
    let waiting = stored.totals.iter().map(|total| u64::from(total.changes)).sum();
    run.progress.begin(Stage::Applying, Some(waiting));
    let steps = steps(&stored).into_iter().filter(|(kind, _)| options.kind.is_none_or(|only| only == *kind));
    let mut steps = steps.peekable();
    while let Some((kind, action)) = steps.next() {
        if tally.stop.is_some() {
            break;
        }
        let went = session.do_all((kind, action), Queue::default(), waiting, tally).await;
        session.go_on((kind, action), went, tally).await?;
        // What takes over from others of its kind follows when those are settled.
        if steps.peek().is_none_or(|(next, _)| *next != kind) {
            let went = session.do_resting(waiting, tally).await;
            session.go_on((kind, action), went, tally).await?;
        }
    }
    run.progress.end(&Stage::Applying);
    Ok(stored)
}

/// Who lets the changes go: a person, or the rule that stands for one.
fn approved_by(run: &SyncRun<'_>, options: &ApplyOptions) -> String {
    if !options.automatic {
        return options.approved_by.clone().unwrap_or_else(|| "operator".to_owned());
    }
    let trusted =
        run.sync.rules.kinds.iter().filter(|(kind, rules)| {
            rules.trust == Trust::Automatic && options.trusted.is_none_or(|only| only == **kind)
        });
    let kinds: Vec<&str> = trusted.map(|(kind, _)| kind.as_str()).collect();
    format!("the rule `trust = automatic` of {}", kinds.join(", "))
}

async fn end_apply(run: &SyncRun<'_>, plan: &Plan, mut tally: Tally) -> Result<ApplyReport, Error> {
    let mut row = run.store.run_get(run.run).await?.ok_or_else(|| Error::not_found("run", run.run, ""))?;
    tally.counts.held += run.attention();
    let counts = &tally.counts;
    let stopped = tally.stop.as_deref() == Some(STOPPED);
    let complaints = run.complaints();
    let unsettled = counts.uncertain + tally.open;
    let failed = counts.failed + counts.stale + unsettled + tally.overtaken > 0 || tally.stop.is_some();
    row.status = match (counts.done > 0 || stopped, failed || !complaints.is_empty()) {
        (true, false) => RunStatus::Succeeded,
        (true, true) => RunStatus::Partial,
        (false, true) if unsettled > counts.failed || !failed => RunStatus::Partial,
        (false, true) => RunStatus::Failed,
        (false, false) if counts.held > 0 => RunStatus::Held,
        (false, false) => RunStatus::NothingToDo,
    };
    let failure = tally.failures.first().map(|(what, why)| format!("{what}: {why}"));
    let both = complaints.into_iter().take(1).chain(failure).collect::<Vec<_>>().join("; ");
    row.message = tally
        .stop
        .clone()
        .or_else(|| Some(both).filter(|both| !both.is_empty()))
        .or_else(|| plan.undoes.filter(|_| tally.counts.done > 0).map(|undone| format!("it undid run {undone}")))
        .unwrap_or_default();
    row.counts = tally.counts;
    row.plan = Some(plan.id);
    row.ended_at = Some(run.now());
    run.store.run_finish(&row).await?;
    end_first_runs(run, plan).await?;
    outcomes::outcomes_after(run, plan.id).await?;
    Ok(ApplyReport { run: row, failures: tally.failures })
}

/// Notes the kinds of which this plan was let go as a whole. What is polled is whole by itself; an approval of
/// lines is when it has as many as the newest plan of the sync.
pub(crate) async fn end_first_runs(run: &SyncRun<'_>, plan: &Plan) -> Result<(), Error> {
    if plan.undoes.is_some() {
        return Ok(());
    }
    let lines = |plan: &Plan| -> u64 {
        let usage = plan.totals.iter().filter(|total| total.kind == Kind::Usage);
        usage.map(|total| u64::from(total.changes)).sum()
    };
    let newest = run.store.plan_list(&run.sync.name, 1).await?.into_iter().next();
    let is_whole = run.store.plan_is_whole(plan.id).await?;
    let all_lines = newest.is_none_or(|newest| lines(plan) >= lines(&newest));
    let only: Option<Vec<Kind>> =
        (!is_whole).then(|| [Some(Kind::Alert), all_lines.then_some(Kind::Usage)].into_iter().flatten().collect());
    Ok(run.store.first_runs_end(plan.id, only, can_let_go, run.now()).await?)
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

/// A change with everything resolved, ready to be called.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub(crate) planned: PlannedChange,
    /// What is sent; none for a link, which is only recorded.
    pub(crate) change: Option<Change>,
    pub(crate) link: Option<Link>,
    pub(crate) tries: u32,
}

/// Changes of one kind and action that go out in one call.
pub(crate) struct Batch {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) action: Action,
    pub(crate) changes: Vec<Prepared>,
    pub(crate) intended_at: Timestamp,
}

/// One application of one plan.
pub(crate) struct Session<'w, 'p> {
    pub(crate) work: &'w SyncRun<'p>,
    pub(crate) plan: PlanId,
    pub(crate) options: &'w ApplyOptions,
    /// Whether this very run made the plan: then its source records are as it was planned on.
    pub(crate) made_now: bool,
    /// When the plan was made.
    pub(crate) made_at: Timestamp,
    writing: CallContext,
    /// Where the references of this plan's changes lead, as far as it is known.
    pub(crate) known: References,
    /// What lines of contracts are written on, where the plan has any.
    pub(crate) usage: tokio::sync::OnceCell<Ground>,
    /// Records with a write that is not settled or a change that is put off, as changes are known: nothing else is done
    /// to them.
    open: Mutex<HashSet<(Kind, String)>>,
    /// What the vendor made of this plan's own writes, by target record, where a later change of the
    /// plan may meet it: moved, a record may have lost its place.
    pub(crate) own: Mutex<HashMap<(Kind, String), Record>>,
    /// Whose each record is that this session made, by kind and id.
    made: Mutex<HashMap<(Kind, String), String>>,
    /// What was asked of the target once more before something is created in it.
    pub(crate) asked: super::fresh::Asked,
    /// What takes over from other lines, once those are settled.
    pub(crate) resting: super::resting::Resting,
    /// What came of batches, until it is stored.
    pub(crate) outcomes: super::outcomes::Outcomes,
}

impl<'w, 'p> Session<'w, 'p> {
    async fn new(work: &'w SyncRun<'p>, plan: &Plan, options: &'w ApplyOptions) -> Result<Self, Error> {
        let open = work.store.unsettled(&work.sync.name).await?.into_iter().map(|open| record_of(&open.row.change));
        Ok(Self {
            work,
            plan: plan.id,
            options,
            made_now: plan.run == work.run,
            // By a clock that was ahead: then all that is there is asked for.
            made_at: if plan.made_at > work.now() { Timestamp::default() } else { plan.made_at },
            writing: CallContext { mode: Mode::Apply, scratch: std::sync::Arc::default() },
            known: References::default(),
            usage: tokio::sync::OnceCell::new(),
            open: Mutex::new(open.collect()),
            own: Mutex::default(),
            made: Mutex::default(),
            asked: super::fresh::Asked::default(),
            resting: super::resting::Resting::default(),
            outcomes: super::outcomes::Outcomes::default(),
        })
    }

    /// Notes that a change is not settled, or put off.
    pub(crate) fn leave_open(&self, planned: &PlannedChange) {
        lock(&self.open).insert(record_of(planned));
    }

    pub(crate) fn is_open(&self, kind: Kind, known_by: &str) -> bool {
        let open = lock(&self.open);
        !open.is_empty() && open.contains(&(kind, known_by.to_owned()))
    }

    /// Notes which record a create made.
    pub(crate) fn note_made(&self, planned: &PlannedChange, id: &str) {
        lock(&self.made).insert((planned.kind, id.to_owned()), planned.source.clone());
    }

    /// The source record that a record was made for in this session.
    pub(crate) fn made_for(&self, kind: Kind, id: &str) -> Option<String> {
        lock(&self.made).get(&(kind, id.to_owned())).cloned()
    }

    /// Whether the apply ends early: what is intended by then is done to its end, and nothing more is begun.
    pub(crate) fn is_stopped(&self, tally: &mut Tally) -> bool {
        if tally.stop.is_none() && self.work.parts.stop.is_stopped() {
            tally.stop = Some(STOPPED.to_owned());
        }
        tally.stop.is_some()
    }

    /// Notes what the vendor made of a write that a later change of the plan may follow.
    pub(crate) fn wrote(&self, planned: &PlannedChange, kept: Option<&Record>) {
        if let (Action::Move | Action::Reactivate, Some(kept)) = (planned.action, kept) {
            lock(&self.own).insert((planned.kind, kept.id.clone()), kept.clone());
        }
    }

    /// Does all changes of one kind and action that are pending and not held, but for those that rest on others: or
    /// those of a queue.
    pub(crate) async fn do_all(
        &self,
        step: (Kind, Action),
        queue: Queue,
        waiting: u64,
        tally: &mut Tally,
    ) -> Result<(), Error> {
        let went = self.storing_in_time(self.do_batches(step, queue, waiting, tally)).await;
        tally.add(self.stored_tally());
        went
    }

    async fn do_batches(
        &self,
        (kind, action): (Kind, Action),
        mut queue: Queue,
        waiting: u64,
        tally: &mut Tally,
    ) -> Result<(), Error> {
        let mut next = self.prepare(kind, action, &mut queue, tally).await?;
        let mut written: Option<(Batch, WriteReport)> = None;
        while next.is_some() || written.is_some() {
            let current = next.take();
            let settled: Vec<_> = written.iter().flat_map(|(batch, _)| marks(batch)).collect();
            let mut settling = Tally::default();
            let call = async {
                match current {
                    Some(batch) => {
                        let report = self.call(&batch).await;
                        Some((batch, report))
                    }
                    None => None,
                }
            };
            let settle = async {
                match written.take() {
                    Some((batch, report)) => self.settle(batch, report, &mut settling).await,
                    None => Ok(Vec::new()),
                }
            };
            let mut preparing = Tally::default();
            let (called, again, prepared) =
                tokio::join!(call, settle, self.prepare(kind, action, &mut queue, &mut preparing));
            tally.add(settling);
            tally.add(preparing);
            let heeded = self.heed((kind, action), settled.len(), &mut queue, tally).await;
            let (again, prepared) = match (heeded.and(again), prepared) {
                (Ok(again), Ok(prepared)) => (again, prepared),
                (Err(error), prepared) => return Err(self.leave(called, prepared.ok().flatten(), error, tally).await),
                (_, Err(error)) => return Err(self.leave(called, None, error, tally).await),
            };
            let tried: HashSet<_> = again.iter().map(|prepared| mark(&prepared.planned)).collect();
            queue.settled.extend(settled.into_iter().filter(|record| !tried.contains(record)));
            queue.again.extend(again);
            if !self.has_outcomes().await {
                queue.release();
            }
            next = prepared;
            written = called;
            self.work.progress.at(&Stage::Applying, tally.seen(), Some(waiting));
            if tally.stop.is_some() {
                queue.end();
            }
            if next.is_none() && written.is_none() && !(queue.again.is_empty() && queue.later.is_empty()) {
                self.store_outcomes().await?;
                queue.release();
                next = self.prepare(kind, action, &mut queue, tally).await?;
            }
        }
        Ok(())
    }

    /// What an error leaves behind: the vendor's answers to the batch that was called are settled all the same,
    /// and what was intended and not called is pending again. Gives the error back.
    async fn leave(
        &self,
        called: Option<(Batch, WriteReport)>,
        intended: Option<Batch>,
        error: Error,
        tally: &mut Tally,
    ) -> Error {
        let unsent = || WriteReport {
            outcomes: Err(Failure::Unavailable { message: "the run ended before it was sent".to_owned() }),
            sent: Default::default(),
            unanswered: Default::default(),
        };
        let intended = intended.filter(|batch| batch.action.writes()).map(|batch| (batch, unsent()));
        for (batch, report) in called.into_iter().chain(intended) {
            if let Err(other) = self.settle(batch, report, tally).await {
                tracing::error!(error = %other, "a batch could not be settled: the next run looks it up");
            }
        }
        error
    }

    async fn call(&self, batch: &Batch) -> WriteReport {
        if !batch.action.writes() {
            // Nothing is written to the vendor: the settlement records what becomes of the link.
            return WriteReport { outcomes: Ok(Vec::new()), sent: Default::default(), unanswered: Default::default() };
        }
        let changes: Vec<Change> = batch.changes.iter().filter_map(|prepared| prepared.change.clone()).collect();
        self.work.at(batch.action.side()).connector.write(&self.writing, &changes).await
    }

    /// Takes the next changes, refuses the stale ones, resolves the others, and commits
    /// that they are about to be written.
    async fn prepare(
        &self,
        kind: Kind,
        action: Action,
        queue: &mut Queue,
        tally: &mut Tally,
    ) -> Result<Option<Batch>, Error> {
        let side = &self.work.at(action.side()).description;
        let at_once = side.kind(kind.counterpart()).map_or(1, |can| can.changes_at_once.clamp(1, 1000)) as usize;
        loop {
            if self.is_stopped(tally) {
                return Ok(None);
            }
            if queue.ended {
                let again: Vec<Prepared> = queue.again.drain(..queue.again.len().min(at_once)).collect();
                if !again.is_empty() {
                    return self.intend(kind, action, again, queue).await.map(Some);
                }
                let later = std::mem::take(&mut queue.later);
                let free = queue.apart(later, at_once);
                if free.is_empty() {
                    return Ok(None);
                }
                let ready = self.resolve(kind, free, tally).await?;
                if !ready.is_empty() {
                    return self.intend(kind, action, ready, queue).await.map(Some);
                }
                continue;
            }
            let filter = ChangeFilter {
                kind: Some(kind),
                action: Some(action),
                customer: self.options.customer.clone(),
                status: Some(ChangeStatus::Pending),
                ..ChangeFilter::default()
            };
            let rows = self.work.store.plan_changes(self.plan, &filter, queue.after, at_once).await?;
            queue.ended = rows.len() < at_once;
            queue.after = rows.last().map_or(queue.after, |row| row.change.sequence);
            let changes = rows.into_iter().map(|row| row.change);
            let (changes, resting): (Vec<_>, Vec<_>) = changes.partition(|change| rests(change).is_empty());
            self.resting.put(resting);
            let (free, held): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| self.may_go(change));
            tally.counts.held += held.len() as u64;
            let free = queue.apart(free, at_once);
            let ready = self.resolve(kind, free, tally).await?;
            if !ready.is_empty() {
                return self.intend(kind, action, ready, queue).await.map(Some);
            }
        }
    }

    pub(crate) fn may_go(&self, change: &PlannedChange) -> bool {
        self.lets_go(change.sequence, change.kind, change.held.as_ref())
    }

    /// Whether trust and what is released let a change of this sequence and kind go, with what holds it.
    pub(crate) fn lets_go(&self, sequence: u32, kind: Kind, held: Option<&Hold>) -> bool {
        let released = |brake: &str| self.options.release.iter().any(|name| name == "all" || name == brake);
        let kind = self.options.trusted.unwrap_or(kind);
        let trust = self.work.sync.rules.kinds.get(&kind).map_or(Trust::Preview, |rules| rules.trust);
        let least = if self.options.automatic { Trust::Automatic } else { Trust::Approve };
        trust >= least
            && held.is_none_or(|hold| {
                !self.options.withheld.contains(&sequence) && can_let_go(hold) && hold.brakes().all(released)
            })
    }

    async fn intend(
        &self,
        kind: Kind,
        action: Action,
        changes: Vec<Prepared>,
        queue: &mut Queue,
    ) -> Result<Batch, Error> {
        let revision = |prepared: &Prepared| prepared.link.as_ref().map_or(0, |link| link.revision);
        let intents: Vec<(u32, i64)> =
            changes.iter().map(|prepared| (prepared.planned.sequence, revision(prepared))).collect();
        let intended_at = self.work.now();
        let id = self.work.store.batch_intend(self.work.run, self.plan, &intents, intended_at).await?;
        let batch = Batch { id, kind, action, changes, intended_at };
        queue.at_work.extend(marks(&batch));
        Ok(batch)
    }

    pub(crate) fn learn(&self, kind: Kind, source: &str, target: &str) {
        self.known.learn(kind, source, target);
    }

    pub(crate) fn entry(
        &self,
        planned: &PlannedChange,
        event: &str,
        message: String,
        target: Option<String>,
    ) -> JournalEntry {
        resolve::entry(self.work, self.plan, planned, event, message, target)
    }

    /// A change is worth another try in this run.
    pub(crate) fn try_again(prepared: &Prepared) -> bool {
        prepared.tries + 1 < TRIES
    }
}

/// The record that a change is about, as it is known while it is not done.
fn record_of(planned: &PlannedChange) -> (Kind, String) {
    (planned.kind, planned.known_by().to_owned())
}

pub(crate) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
