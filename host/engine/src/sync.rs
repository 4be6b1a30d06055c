//! Making a plan: what was observed, matched and planned customer by customer, and stored.
//!
//! First the customers, all at once (`customers`); then what each has, kind by kind
//! (`accounts`). What is decided stands in the pure halves ([`crate::rules::matching`], [`plan`],
//! [`brakes`]); here it is fed, and kept in a [`Draft`].

use crate::run::draft::Draft;
use crosswalk_model::RunCounts;
use crosswalk_model::PlanId;
use crate::run::totals::Tally;
use crate::run::report::RunReport;
use crate::run::report::PlanReport;
use crate::run::report::ApplyReport;
use crate::run::report::ApplyOptions;
use crate::run::ending::planned;
use crate::run::ending::end_plan;
use crate::run::ending::end_apply;
use crate::run::apply::apply_plan;
#[cfg(test)]
pub(crate) use crate::run::identity::{candidates, why_stays};

use crate::billing;
use crate::billing::outcomes;
use crate::boxed;
use crate::error::Error;
use crate::ground::progress::{Progress, Stage};
use crate::ground::sync_run::SyncRun;
use crate::ground::tenant::Tenant;
use crate::rules::brakes;
use crate::rules::matching::{Decision, Matched};
pub(crate) use crate::rules::plan::{self, Finding, Item, PlanInput};
use crate::run::accounts;
use crate::run::apply;
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
    let applied = finish_apply(run, plan.plan.id, &options).await?;
    Ok(RunReport { plan, applied: Some(applied) })
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
