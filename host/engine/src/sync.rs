//! Making a plan: what was observed, matched and planned customer by customer, and stored.
//!
//! First the customers, all at once (`customers`); then what each has, kind by kind
//! (`accounts`). What is decided stands in the pure halves ([`crate::rules::matching`], [`plan`],
//! [`brakes`]); here it is fed, and kept in a [`Draft`].

pub(crate) use crate::run::customers::out_of_use;
pub(crate) use crate::run::draft::Draft;
pub(crate) use crate::run::identity::{adopted, given_up};
#[cfg(test)]
pub(crate) use crate::run::identity::{candidates, why_stays};
pub(crate) use crate::run::ledger::Ledger;
pub(crate) use crate::run::left::is_left;

use crate::billing;
use crate::billing::outcomes;
use crate::boxed;
use crate::error::Error;
use crate::ground::progress::{Progress, Stage};
use crate::ground::sync_run::SyncRun;
use crate::ground::tenant::Tenant;
use crate::rules::brakes;
use crate::rules::matching::{Decision, Matched};
use crate::rules::plan::{self, Finding, Item, PlanInput};
use crate::run::accounts;
use crate::run::apply;
use crate::run::apply::{ApplyOptions, ApplyReport};
use crate::run::customers;
use crate::run::left;
use crate::run::observe;
use crate::run::observe::Observed;
use crate::run::recover;
use crate::run::stamps;
use crosswalk_model::{
    Hold, Kind, KindDescription, Link, Mode, Plan, PlannedChange, Record, RunStatus, SyncName, Trust, plan::PlanTotal,
};
use crosswalk_store::Stored;
use serde::Serialize;
use std::collections::HashMap;

/// What planning came to.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// The plan, in short.
    pub plan: Plan,
    /// Records read: source, target.
    pub read: (u64, u64),
    /// What was not read, or not to the end: one sentence each.
    pub complaints: Vec<String>,
    /// What cannot be done or was left as it is, with why: the first of each kind and cause. All of them are
    /// counted in the plan, and stored with it.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_total: u64,
    /// Of these, the number that bills are wrong by until a person acts.
    pub attention: u64,
}

/// What a run came to: the plan, and what was applied of it.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The plan.
    pub plan: PlanReport,
    /// What was applied, if anything could be.
    pub applied: Option<ApplyReport>,
}

impl Tenant {
    /// Observes both sides and makes a plan. Nothing is written to either.
    ///
    /// # Errors
    /// No such sync, somebody else works on it, neither side could be read at all.
    #[boxed]
    pub async fn plan(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let work = self.begin(sync, Mode::Plan, progress).await?;
        let report = plan(&work).await;
        planned(&work, report).await
    }

    /// Plans from what is stored, without asking either vendor.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    #[boxed]
    pub async fn plan_stored(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let work = self.begin_stored(sync, progress).await?;
        let report = make_plan(&work, None).await;
        planned(&work, report).await
    }

    /// Plans, then applies what trust and brakes let go by themselves.
    ///
    /// # Errors
    /// As [`plan`](Self::plan) and [`apply`](Self::apply).
    #[boxed]
    pub async fn run(&self, sync: &SyncName, progress: &dyn Progress) -> Result<RunReport, Error> {
        let work = self.begin(sync, Mode::Apply, progress).await?;
        let report = plan(&work).await;
        apply_by_trust(&work, report, None).await
    }
}

async fn plan(run: &SyncRun<'_>) -> Result<PlanReport, Error> {
    let planned = read_and_plan(run).await;
    if let Err(error) = &planned {
        outcomes::outcomes_failed(run, error).await?;
    }
    planned
}

async fn read_and_plan(run: &SyncRun<'_>) -> Result<PlanReport, Error> {
    recover::recover(run).await?;
    if run.sync.rules.kinds.contains_key(&Kind::Usage) {
        // Until it is read to its end nobody knows what is zero.
        let unread = "the last reading of usage did not come to its end".to_owned();
        let period = run.store.fetched(&run.sync.name).await?.and_then(|(.., period)| period);
        run.store.fetched_put(&run.sync.name, Some(unread), &HashMap::new(), period).await?;
    }
    let observed = observe::observe(run).await?;
    for (side, reports) in [(&run.source, &observed.source), (&run.target, &observed.target)] {
        let nothing = reports.iter().all(|report| report.records == 0 && report.failure.is_some());
        if let (true, Some(failure)) = (nothing, reports.iter().find_map(|report| report.failure.clone())) {
            return Err(side.failed(failure));
        }
    }
    make_plan(run, Some(&observed)).await
}

/// Applies what trust and brakes let go of a plan, and ends the run. `trusted` is as in [`ApplyOptions`].
pub(crate) async fn apply_by_trust(
    run: &SyncRun<'_>,
    plan: Result<PlanReport, Error>,
    trusted: Option<Kind>,
) -> Result<RunReport, Error> {
    let plan = match plan {
        Ok(plan) => plan,
        Err(error) => {
            run.fail(&error).await;
            return Err(error);
        }
    };
    let mut rules = run.sync.rules.kinds.iter().filter(|(kind, _)| trusted.is_none_or(|only| only == **kind));
    let automatic = rules.any(|(_, rules)| rules.trust == Trust::Automatic);
    let pending = plan.plan.totals.iter().any(|total| total.changes > total.held);
    if !automatic || !pending {
        end_plan(run, &plan).await?;
        return Ok(RunReport { plan, applied: None });
    }
    let options = ApplyOptions { automatic: true, trusted, ..ApplyOptions::default() };
    let applied = apply::finish_apply(run, plan.plan.id, &options).await?;
    Ok(RunReport { plan, applied: Some(applied) })
}

/// Ends a run that only planned, however that went.
pub(crate) async fn planned(run: &SyncRun<'_>, report: Result<PlanReport, Error>) -> Result<PlanReport, Error> {
    match &report {
        Ok(report) => end_plan(run, report).await?,
        Err(error) => run.fail(error).await,
    }
    report
}

/// Ends a run that only read.
pub(crate) async fn end_idle(run: &SyncRun<'_>) -> Result<(), Error> {
    let Some(mut row) = run.store.run_get(run.run).await? else { return Ok(()) };
    let complaints = run.complaints();
    row.status = if complaints.is_empty() { RunStatus::NothingToDo } else { RunStatus::Partial };
    row.message = complaints.into_iter().next().unwrap_or_default();
    row.ended_at = Some(run.now());
    Ok(run.store.run_finish(&row).await?)
}

pub(crate) async fn end_plan(run: &SyncRun<'_>, report: &PlanReport) -> Result<(), Error> {
    let Some(mut row) = run.store.run_get(run.run).await? else { return Ok(()) };
    let sum = |pick: fn(&PlanTotal) -> u32| report.plan.totals.iter().map(|total| u64::from(pick(total))).sum::<u64>();
    (row.counts.source_read, row.counts.target_read) = report.read;
    row.counts.planned = sum(|total| total.changes);
    row.counts.held = sum(|total| total.held);
    let attention = run.attention();
    let complaints = run.complaints();
    row.status = match (row.counts.planned, complaints.is_empty()) {
        (_, false) => RunStatus::Partial,
        (0, true) if attention > 0 => RunStatus::Held,
        (0, true) => RunStatus::NothingToDo,
        (planned, true) if planned == row.counts.held => RunStatus::Held,
        _ => RunStatus::Succeeded,
    };
    row.counts.held += attention;
    row.message = complaints.into_iter().next().unwrap_or_default();
    row.plan = Some(report.plan.id);
    row.ended_at = Some(run.now());
    Ok(run.store.run_finish(&row).await?)
}

/// Matches and plans from what is stored. Without a fresh observation the last
/// complete reads decide what counts as read to the end.
async fn make_plan(run: &SyncRun<'_>, observed: Option<&Observed>) -> Result<PlanReport, Error> {
    run.progress.begin(Stage::Planning, None);
    let id = run.store.plan_begin(run.run, &run.sync.name, run.now()).await?;
    let mut draft = Draft::new(run, id, observed).await?;
    draft.tell_first_runs(run.kinds().collect());
    if let Some(observed) = observed {
        draft.find(observed.flaws(&run.source, &run.target));
    }
    let accounts = customers::plan_customers(run, &mut draft).await?;
    for kind in run.kinds().filter(|kind| matches!(kind, Kind::Location | Kind::Asset)) {
        if kind == Kind::Location && run.sync.rules.sites == crosswalk_model::sync::Sites::Primary {
            continue;
        }
        accounts::plan_kind(run, &mut draft, kind, &accounts).await?;
        left::plan_left(run, &mut draft, kind).await?;
        if kind == Kind::Location {
            // Once all of them are counted, and before the devices are planned that name them.
            draft.hold_locations_over_the_sync().await?;
        }
        if draft.source_complete(Kind::Customer) {
            accounts::find_astray(run, &mut draft, kind).await?;
        }
    }
    billing::plan::plan_billing(run, &mut draft, &accounts, observed).await?;
    stamps::tell_shared_stamps(run, &mut draft).await?;
    let report = draft.report().await?;
    run.progress.end(&Stage::Planning);
    Ok(PlanReport { attention: run.attention(), read: observed.map(Observed::totals).unwrap_or_default(), ..report })
}

pub(crate) fn plan_items(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    customer: &str,
    parent_target: Option<&str>,
    items: Vec<Item<'_>>,
    can: &KindDescription,
) -> Vec<PlannedChange> {
    let planned = plan::plan_kind(&PlanInput {
        kind,
        customer,
        items: &items,
        parent_target,
        parent_out_of_use: parent_target.and_then(|id| draft.out_of_use.get(id)).map(String::as_str),
        describe: can,
        rules: &run.sync.rules,
        now: run.now(),
        refresh: draft.refresh,
        resolve: &|kind, id| draft.reference(customer, kind, id),
    });
    draft.find(planned.findings);
    draft.noted.extend(planned.noted);
    draft.without_open(kind, planned.changes)
}

/// Lays the brakes on one customer's changes of a kind, of which so many records are linked and in use.
pub(crate) fn brake(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    customer: &str,
    changes: &mut [PlannedChange],
    in_use: u32,
) {
    let rules = &run.sync.rules;
    // What the plan itself holds, no release of another brake lets go.
    let own: Vec<Option<Hold>> = changes.iter_mut().map(|change| change.held.take()).collect();
    let unit = brakes::Unit { in_use, first_run: draft.first_run(kind), trust: rules.kinds[&kind].trust };
    brakes::hold(changes, unit, &rules.brakes);
    for (change, own) in changes.iter_mut().zip(own) {
        change.held = brakes::also(own, change.held.as_ref());
    }
    brakes::hold_with_customer(changes, draft.customer_hold(customer));
}

/// A source customer and the account it is: none while it takes no part, `Some(None)`
/// while this plan creates it.
pub(crate) struct Account {
    pub(crate) source: String,
    pub(crate) target: Option<Option<String>>,
}

impl Account {
    pub(crate) fn linked(&self) -> Option<&str> {
        self.target.as_ref().and_then(Option::as_deref)
    }
}

pub(crate) fn item<'a>(
    source: Option<&'a Record>,
    gone: Option<&Stored>,
    link: Option<&'a Link>,
    matched: &'a Matched,
    targets: &HashMap<&str, &'a Record>,
) -> Item<'a> {
    let target = match &matched.decision {
        Decision::Linked { target, .. } => Some(target.as_str()),
        _ => link.and_then(|link| link.target.as_deref()),
    };
    Item {
        source,
        gone_since: gone.and_then(|stored| stored.gone_at),
        link,
        decision: &matched.decision,
        target: target.and_then(|id| targets.get(id).copied()),
    }
}

/// Present records, and gone ones.
pub(crate) fn split(stored: Vec<Stored>) -> (Vec<Record>, Vec<Stored>) {
    let (present, gone): (Vec<Stored>, Vec<Stored>) = stored.into_iter().partition(|stored| stored.gone_at.is_none());
    (present.into_iter().map(|stored| stored.record).collect(), gone)
}
