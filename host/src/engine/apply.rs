//! Applying a plan: prepare a batch, write down what is intended, call, settle.
//!
//! Three batches are under way at a time: one is at the vendor, the one before it is read
//! back and committed, the next one is prepared. The intents of a batch are committed
//! before its call leaves, so that after a crash everything that may have been written is
//! known and looked up (`recover`) before anything is tried again.

use super::Tenant;
use super::context::Work;
use super::plan;
use super::plan::alerts::{LEAD, UNMAPPED};
use super::plan::usage::DATES;
use super::progress::{Progress, Stage};
use super::query::no_plan;
use super::settle::Tally;
use super::undo;
use crate::error::Error;
use crate::model::run::STOPPED;
use crate::model::{
    Action, Change, ChangeId, Kind, Link, Mode, Plan, PlanId, PlannedChange, Record, Run, RunStatus, SyncName, Trust,
    Value, WriteReport, catalogue,
};
use crate::runtime::CallContext;
use crate::store::{ChangeFilter, ChangeStatus, JournalEntry, Settled, StoredChange};
use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

/// A plan made longer ago has the targets of its changes read again before they are written.
const FRESH_MS: i64 = 10 * 60 * 1000;
/// How often a change is tried in one run.
const TRIES: u32 = 3;

/// Which part of a plan is applied.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Brakes the operator lets go: their names, or `all`.
    pub release: Vec<String>,
    /// Only this source customer's changes.
    pub customer: Option<String>,
    /// Only this kind's changes.
    pub kind: Option<Kind>,
    /// Nobody approved: only kinds whose trust is automatic.
    pub automatic: bool,
    /// The kind whose trust counts for the whole plan; none: each kind's own. What is refreshed
    /// because of an alert goes along with its ticket.
    pub trusted: Option<Kind>,
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
    /// No such plan, the sync is only previewed, somebody else works on it, or writes of
    /// an interrupted run could not be looked up.
    pub async fn apply(
        &self,
        plan: PlanId,
        options: &ApplyOptions,
        progress: &dyn Progress,
    ) -> Result<ApplyReport, Error> {
        let sync = self.plan_sync(plan).await?;
        let work = self.begin(&sync, Mode::Apply, progress).await?;
        work.finish_apply(plan, options).await
    }

    /// The sync a plan belongs to.
    ///
    /// # Errors
    /// There is no such plan.
    pub async fn plan_sync(&self, plan: PlanId) -> Result<SyncName, Error> {
        self.store.plan_sync(plan).await.map_err(|error| match error {
            crate::store::StoreError::NotFound { .. } => no_plan(plan),
            other => other.into(),
        })
    }
}

impl Work<'_> {
    /// Applies a plan in this run, and ends the run.
    pub(super) async fn finish_apply(&self, plan: PlanId, options: &ApplyOptions) -> Result<ApplyReport, Error> {
        match self.apply_plan(plan, options).await {
            Ok(tally) => self.end_apply(plan, tally).await,
            Err(error) => {
                self.fail(&error).await;
                Err(error)
            }
        }
    }

    async fn apply_plan(&self, plan: PlanId, options: &ApplyOptions) -> Result<Tally, Error> {
        self.recover().await?;
        let stored = self.store.plan_get(plan).await?.ok_or_else(|| no_plan(plan))?;
        self.store.plan_approve(plan, self.now(), &stored.hash).await?;
        let session = Session::new(self, plan, options, self.now().since_ms(stored.made_at) > FRESH_MS);
        let waiting = stored.totals.iter().map(|total| u64::from(total.changes)).sum();
        self.progress.begin(Stage::Applying, Some(waiting));
        let mut tally = Tally::default();
        for (kind, action) in
            self.steps(&stored).into_iter().filter(|(kind, _)| options.kind.is_none_or(|only| only == *kind))
        {
            if tally.stop.is_some() {
                break;
            }
            session.do_all(kind, action, waiting, &mut tally).await?;
        }
        self.progress.end(&Stage::Applying);
        Ok(tally)
    }

    /// The kinds and actions a plan has, in the order in which they are done: a plan that undoes has
    /// its own.
    fn steps(&self, stored: &Plan) -> Vec<(Kind, Action)> {
        let planned: Vec<(Kind, Action)> = stored.totals.iter().map(|total| (total.kind, total.action)).collect();
        if stored.undoes.is_some() {
            return planned;
        }
        let all = Kind::ALL.into_iter().flat_map(|kind| plan::ORDER.map(|action| (kind, action)));
        all.filter(|step| planned.contains(step)).collect()
    }

    async fn end_apply(&self, plan: PlanId, tally: Tally) -> Result<ApplyReport, Error> {
        let mut run = self.store.run_get(self.run).await?.ok_or_else(|| Error::not_found("run", self.run, ""))?;
        let undone = self.store.plan_get(plan).await?.and_then(|plan| plan.undoes);
        let counts = &tally.counts;
        let stopped = tally.stop.as_deref() == Some(STOPPED);
        let troubled = counts.failed + counts.stale + tally.open > 0 || tally.stop.is_some();
        run.status = match (counts.done > 0 || stopped, troubled) {
            (true, false) => RunStatus::Succeeded,
            (true, true) => RunStatus::Partial,
            (false, true) if tally.open > counts.failed => RunStatus::Partial,
            (false, true) => RunStatus::Failed,
            (false, false) if counts.held > 0 => RunStatus::Held,
            (false, false) => RunStatus::NothingToDo,
        };
        run.message = tally
            .stop
            .clone()
            .or_else(|| tally.failures.first().map(|(what, why)| format!("{what}: {why}")))
            .or_else(|| undone.filter(|_| tally.counts.done > 0).map(|undone| format!("it undid run {undone}")))
            .unwrap_or_default();
        run.counts = tally.counts;
        run.plan = Some(plan);
        run.ended_at = Some(self.now());
        self.store.run_finish(&run).await?;
        self.outcomes_after(plan).await?;
        Ok(ApplyReport { run, failures: tally.failures })
    }
}

/// A change with everything resolved, ready to be called.
#[derive(Clone)]
pub(super) struct Prepared {
    pub(super) planned: PlannedChange,
    /// What is sent; none for a link, which is only recorded.
    pub(super) change: Option<Change>,
    pub(super) link: Option<Link>,
    pub(super) tries: u32,
}

/// Changes of one kind and action that go out in one call.
pub(super) struct Batch {
    pub(super) id: i64,
    pub(super) kind: Kind,
    pub(super) action: Action,
    pub(super) changes: Vec<Prepared>,
}

/// One application of one plan.
pub(super) struct Session<'w, 'p> {
    pub(super) work: &'w Work<'p>,
    pub(super) plan: PlanId,
    options: &'w ApplyOptions,
    reread: bool,
    writing: CallContext,
    /// Where the references of this plan's changes lead, as far as it is known.
    known: References,
}

impl<'w, 'p> Session<'w, 'p> {
    fn new(work: &'w Work<'p>, plan: PlanId, options: &'w ApplyOptions, reread: bool) -> Self {
        let writing = CallContext { mode: Mode::Apply, scratch: std::sync::Arc::default() };
        Self { work, plan, options, reread, writing, known: References::default() }
    }

    /// Does all changes of one kind and action that are pending and not held.
    async fn do_all(&self, kind: Kind, action: Action, waiting: u64, tally: &mut Tally) -> Result<(), Error> {
        let mut queue = Queue { after: 0, ended: false, again: VecDeque::new() };
        let mut next = self.prepare(kind, action, &mut queue, tally).await?;
        let mut written: Option<(Batch, WriteReport)> = None;
        while next.is_some() || written.is_some() {
            let current = next.take();
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
            queue.again.extend(again?);
            next = prepared?;
            written = called;
            self.work.progress.at(&Stage::Applying, tally.seen(), Some(waiting));
            if tally.stop.is_some() {
                queue.ended = true;
                queue.again.clear();
            }
            if next.is_none() && written.is_none() && !queue.again.is_empty() {
                next = self.prepare(kind, action, &mut queue, tally).await?;
            }
        }
        Ok(())
    }

    async fn call(&self, batch: &Batch) -> WriteReport {
        if !batch.action.writes() {
            // Nothing is written to the vendor: the settlement records what becomes of the link.
            return WriteReport { outcomes: Ok(Vec::new()), sent: Default::default(), unanswered: Default::default() };
        }
        let changes: Vec<Change> = batch.changes.iter().filter_map(|prepared| prepared.change.clone()).collect();
        self.work.written_side(batch.action).connector.write(&self.writing, &changes).await
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
        let side = &self.work.written_side(action).description;
        let at_once = side.kind(kind.counterpart()).map_or(1, |can| can.changes_at_once.clamp(1, 1000)) as usize;
        loop {
            // What is intended by now is done to its end; nothing more is begun.
            if tally.stop.is_none() && self.work.parts.stop.is_stopped() {
                tally.stop = Some(STOPPED.to_owned());
            }
            if tally.stop.is_some() {
                return Ok(None);
            }
            if queue.ended {
                let again: Vec<Prepared> = queue.again.drain(..queue.again.len().min(at_once)).collect();
                return if again.is_empty() { Ok(None) } else { self.intend(kind, action, again).await.map(Some) };
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
            let (free, held): (Vec<_>, Vec<_>) =
                rows.into_iter().map(|row| row.change).partition(|change| self.may_go(change));
            tally.counts.held += held.len() as u64;
            let ready = self.resolve(kind, free, tally).await?;
            if !ready.is_empty() {
                return self.intend(kind, action, ready).await.map(Some);
            }
        }
    }

    fn may_go(&self, change: &PlannedChange) -> bool {
        let released = |brake: &str| self.options.release.iter().any(|name| name == "all" || name == brake);
        let kind = self.options.trusted.unwrap_or(change.kind);
        let trust = self.work.sync.rules.kinds.get(&kind).map_or(Trust::Preview, |rules| rules.trust);
        let least = if self.options.automatic { Trust::Automatic } else { Trust::Approve };
        // A ticket without an account has nowhere to go, and a day that cannot be will not come, whoever says yes.
        let hopeless = |brake: &str| brake == UNMAPPED || brake == DATES;
        trust >= least && change.held.as_ref().is_none_or(|hold| !hopeless(&hold.brake) && released(&hold.brake))
    }

    async fn intend(&self, kind: Kind, action: Action, changes: Vec<Prepared>) -> Result<Batch, Error> {
        let sequences: Vec<u32> = changes.iter().map(|prepared| prepared.planned.sequence).collect();
        let id = self.work.store.batch_intend(self.work.run, self.plan, &sequences, self.work.now()).await?;
        Ok(Batch { id, kind, action, changes })
    }

    /// Checks each change against what is known now, and resolves its references.
    async fn resolve(
        &self,
        kind: Kind,
        changes: Vec<PlannedChange>,
        tally: &mut Tally,
    ) -> Result<Vec<Prepared>, Error> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let work = self.work;
        let sources: Vec<String> = changes.iter().map(|change| change.source.clone()).collect();
        let targets: Vec<String> = changes.iter().filter_map(|change| change.target.clone()).collect();
        if self.reread && !targets.is_empty() {
            // So that staleness is judged on now.
            work.read_now(&work.target, kind.counterpart(), &targets).await?;
        }
        // What is created at the source is known by its target alone.
        let reverse = changes.iter().any(|change| change.action == Action::CreateSource);
        let mut links: HashMap<String, Link> = if reverse {
            let links = work.store.links_of_targets(&work.sync.name, kind, &targets).await?;
            by_key(links, |link| link.target.clone().unwrap_or_default())
        } else {
            by_key(work.store.links_by_sources(&work.sync.name, kind, &sources).await?, |link| link.source.clone())
        };
        let mut refusals = if reverse { work.reverse_refusals(&changes).await? } else { HashMap::new() };
        let references = work.references(&changes, &self.known).await?;
        let now: HashMap<String, Record> = by_key(
            present(work.store.records_by_ids(&work.target.name, kind.counterpart(), &targets).await?),
            |record| record.id.clone(),
        );
        let mut ready = Vec::with_capacity(changes.len());
        let mut refused = Vec::new();
        for mut planned in changes {
            let key = planned.target.as_ref().filter(|_| reverse).unwrap_or(&planned.source).clone();
            let link = links.remove(&key);
            let there = planned.target.as_ref().and_then(|id| now.get(id));
            let stale = if undo::is_reversal(&planned) { undo::stale } else { plan::stale };
            let stale = stale(&planned, link.as_ref(), there).or_else(|| refusals.remove(&key));
            let checked = match stale {
                Some(why) => Err((ChangeStatus::Stale, why)),
                None => work
                    .to_write(self.plan, &planned, there, &references)
                    .and_then(|change| follow_lead(&mut planned, &references).map(|()| change))
                    .map_err(|unresolved| (ChangeStatus::Skipped, unresolved.to_string())),
            };
            match checked {
                Ok(change) => ready.push(Prepared { planned, change, link, tries: 0 }),
                Err((status, why)) => refused.push(self.refusal(&planned, status, why, tally)),
            }
        }
        if !refused.is_empty() {
            work.store.batch_settle(self.plan, None, &refused, &[], &work.target.name, work.now()).await?;
        }
        Ok(ready)
    }

    fn refusal(&self, planned: &PlannedChange, status: ChangeStatus, why: String, tally: &mut Tally) -> Settled {
        let event = if status == ChangeStatus::Stale {
            tally.counts.stale += 1;
            "stale"
        } else {
            tally.counts.failed += 1;
            "skipped"
        };
        tally.failure(planned, &why);
        Settled {
            sequence: planned.sequence,
            status,
            target: planned.target.clone(),
            message: why.clone(),
            link: None,
            journal: self.entry(planned, event, why, planned.target.clone()),
            token: None,
        }
    }

    pub(super) fn learn(&self, kind: Kind, source: &str, target: &str) {
        self.known.lock().insert((kind, source.to_owned()), target.to_owned());
    }

    pub(super) fn entry(
        &self,
        planned: &PlannedChange,
        event: &str,
        message: String,
        target: Option<String>,
    ) -> JournalEntry {
        self.work.entry(self.plan, planned, event, message, target)
    }

    /// A change is worth another try in this run.
    pub(super) fn try_again(prepared: &Prepared) -> bool {
        prepared.tries + 1 < TRIES
    }
}

/// Source → target ids, shared by the batches under way.
#[derive(Default)]
pub(super) struct References(Mutex<HashMap<(Kind, String), String>>);

impl References {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Kind, String), String>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Work<'_> {
    /// Where everything that these changes refer to leads, by today's links.
    pub(super) async fn references<'c>(
        &self,
        changes: impl IntoIterator<Item = &'c PlannedChange>,
        known: &References,
    ) -> Result<HashMap<(Kind, String), String>, Error> {
        let (mut found, mut missing) = (HashMap::new(), HashMap::<Kind, Vec<String>>::new());
        for change in changes {
            for diff in &change.fields {
                let kind = match diff.name.as_str() {
                    "parent" => Some(Kind::Customer),
                    LEAD if change.action == Action::Link => Some(change.kind),
                    name => catalogue::refers_to(change.kind, name),
                };
                let (Some(kind), Value::Text(source)) = (kind, &diff.after) else { continue };
                let key = (kind, source.clone());
                let target = known.lock().get(&key).cloned();
                match target {
                    Some(target) => {
                        found.insert(key, target);
                    }
                    None => missing.entry(kind).or_default().push(source.clone()),
                }
            }
        }
        for (kind, mut sources) in missing {
            sources.sort_unstable();
            sources.dedup();
            for link in self.store.links_by_sources(&self.sync.name, kind, &sources).await? {
                if let Some(target) = link.linked() {
                    known.lock().insert((kind, link.source.clone()), target.to_owned());
                    found.insert((kind, link.source.clone()), target.to_owned());
                }
            }
        }
        Ok(found)
    }

    /// The write of a planned change; `there` is its target record as it is known.
    pub(super) fn to_write(
        &self,
        plan: PlanId,
        planned: &PlannedChange,
        there: Option<&Record>,
        references: &HashMap<(Kind, String), String>,
    ) -> Result<Option<Change>, plan::Unresolved> {
        if undo::is_reversal(planned) {
            let id = ChangeId { plan, sequence: planned.sequence };
            return undo::to_write(planned, id, there.and_then(|record| record.parent.as_deref()));
        }
        let stamped = there.and_then(|record| record.stamp.as_ref());
        let stamp = match (planned.action, &planned.target) {
            (Action::CreateSource, Some(target)) => self.source_stamp(planned.kind, target),
            _ => self.stamp(planned.kind, &planned.source).filter(|stamp| stamped != Some(stamp)),
        };
        let unstamped = [Action::Retire, Action::Deactivate, Action::Append, Action::Close];
        let stamp = stamp.filter(|_| !unstamped.contains(&planned.action));
        let id = ChangeId { plan, sequence: planned.sequence };
        let parent = there.and_then(|record| record.parent.as_deref());
        plan::to_write(planned, id, parent, stamp, &|kind, id| {
            references
                .get(&(kind, id.to_owned()))
                .map_or(plan::Reference::Unknown, |target| plan::Reference::Target(target.clone()))
        })
    }

    /// The link as it is to be stored after a change was done.
    ///
    /// `id` is the record that came of it, on the side it was made.
    pub(super) async fn link_after(
        &self,
        link: Option<&Link>,
        planned: &PlannedChange,
        sent: Option<&Change>,
        id: &str,
        kept: Option<&Record>,
    ) -> Result<Link, Error> {
        if planned.action == Action::CreateSource {
            return self.reverse_link(planned, sent, id, kept).await;
        }
        if undo::is_reversal(planned) {
            return Ok(undo::link_after(link, planned, self.run, self.now()));
        }
        Ok(plan::after_write(link, planned, sent, id, kept, self.now()))
    }

    /// A line for the journal about one change; what it changed stands in the plan, and is read from there.
    pub(super) fn entry(
        &self,
        plan: PlanId,
        planned: &PlannedChange,
        event: &str,
        message: String,
        target: Option<String>,
    ) -> JournalEntry {
        JournalEntry {
            run: Some(self.run),
            plan: Some(plan),
            sequence: Some(planned.sequence),
            kind: Some(planned.kind),
            source: Some(planned.source.clone()),
            target,
            customer: Some(planned.customer.clone()),
            event: event.to_owned(),
            message,
            detail: super::usage::detail(planned),
            ..JournalEntry::at(self.now())
        }
    }
}

/// A link without a target takes the one that an earlier change of its plan made.
fn follow_lead(
    planned: &mut PlannedChange,
    references: &HashMap<(Kind, String), String>,
) -> Result<(), plan::Unresolved> {
    if planned.action != Action::Link || planned.target.is_some() {
        return Ok(());
    }
    let lead = planned.fields.iter().find(|diff| diff.name == LEAD).and_then(|diff| diff.after.as_text());
    let key = (planned.kind, lead.unwrap_or_default().to_owned());
    planned.target = references.get(&key).cloned();
    if planned.target.is_none() {
        return Err(plan::Unresolved { kind: key.0, id: key.1 });
    }
    Ok(())
}

struct Queue {
    after: u32,
    ended: bool,
    again: VecDeque<Prepared>,
}

fn by_key<T>(items: Vec<T>, key: impl Fn(&T) -> String) -> HashMap<String, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}

fn present(stored: Vec<crate::store::Stored>) -> Vec<Record> {
    stored.into_iter().filter(|stored| stored.gone_at.is_none()).map(|stored| stored.record).collect()
}

/// Rows of `unsettled`, by plan.
pub(super) type Unsettled = (PlanId, StoredChange, crate::model::Timestamp);
