//! The walks: plan, run, apply, undo, refresh, poll alerts, plan lines. Each calls the steps in their order.
//!
//! ```text
//! plan     begin ─> look up ─> observe ─> match and plan: customers, locations, assets, lines ─> end
//! apply    begin ─> apply: resolve, intend, call, settle, for each batch ─> end ─> outcomes of usage
//! run      plan, then what trust and brakes let go of it is applied
//! ```
//!
//! Nothing is decided here: rules are [`crate::rules`]', steps of a run [`crate::run`]'s, bills [`crate::billing`]'s.

use crate::billing::choices::{UsageChoice, plan_choices};
use crate::billing::{self, fetched, outcomes, preconditions};
use crate::boxed;
use crate::error::Error;
use crate::ground::find;
use crate::ground::progress::{Progress, Stage};
use crate::ground::sync_run::{self, SyncRun};
use crate::ground::tenant::Tenant;
use crate::rules::plan::line::Choice;
use crate::run::alerts::plan_tickets;
use crate::run::apply::{Go, apply_plan};
use crate::run::draft::Draft;
use crate::run::ending::{end_apply, end_plan, planned};
use crate::run::observe::{self, Observed};
use crate::run::refresh::{RefreshReport, refresh_one};
use crate::run::report::{ApplyOptions, ApplyReport, PlanReport, RunReport};
use crate::run::totals::ApplyTotals;
use crate::run::undo::{UndoOptions, plan_undo};
use crate::run::{accounts, customers, left, recover, stamps};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, Mode, PlanId, Release, RunCounts, RunId, RunStatus, SyncName, Trust, said};
use crosswalk_store::ChangeFilter;
use std::collections::{BTreeMap, HashMap};

impl Tenant {
    /// Observes both sides and makes a plan. Nothing is written to either.
    ///
    /// # Errors
    /// No such sync, somebody else works on it, neither side could be read at all.
    #[boxed]
    pub async fn plan(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let run = sync_run::begin(self, sync, Mode::Plan, progress).await?;
        let report = plan(&run).await;
        planned(&run, report).await
    }

    /// Plans from what is stored, without asking either vendor.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    #[boxed]
    pub async fn plan_stored(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let run = sync_run::begin_stored(self, sync, progress).await?;
        let report = make_plan(&run, None).await;
        planned(&run, report).await
    }

    /// Plans, then applies what trust and brakes let go by themselves.
    ///
    /// # Errors
    /// As [`plan`](Self::plan) and [`apply`](Self::apply).
    #[boxed]
    pub async fn run(&self, sync: &SyncName, progress: &dyn Progress) -> Result<RunReport, Error> {
        let run = sync_run::begin(self, sync, Mode::Apply, progress).await?;
        let report = plan(&run).await;
        apply_by_trust(&run, report, None).await
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
        let run = sync_run::begin(self, &sync, Mode::Apply, progress).await?;
        finish_apply(&run, plan, Go::Now(options)).await
    }

    /// Applies what people approved of a plan ([`Tenant::plan_approve`]). What went stale is refused, change by change.
    ///
    /// # Errors
    /// No such plan, nothing of it is approved, the sync is only previewed, or somebody else works on it.
    #[boxed]
    pub async fn apply_approved(&self, plan: PlanId, progress: &dyn Progress) -> Result<ApplyReport, Error> {
        let sync = self.plan_sync(plan).await?;
        let run = sync_run::begin(self, &sync, Mode::Apply, progress).await?;
        finish_apply(&run, plan, Go::Approved).await
    }

    /// Plans single lines as a person wants them, from what their contracts have now. Nothing
    /// is written: applying the plan does that.
    ///
    /// # Errors
    /// No such sync or line; somebody else works on the sync; the target cannot be read.
    #[boxed]
    pub async fn usage_plan(
        &self,
        sync: &SyncName,
        choices: &[UsageChoice],
        progress: &dyn Progress,
    ) -> Result<PlanReport, Error> {
        find::usage_sync(self, sync).await?;
        let mut by_customer = BTreeMap::<String, HashMap<String, Choice>>::new();
        for choice in choices {
            if choice.quantity.is_some_and(|quantity| quantity < 0) {
                return Err(Error::invalid(said!("usage-negative"), said!("usage-hint-quantity")));
            }
            let wanted = Choice { quantity: choice.quantity, effective: choice.effective };
            by_customer.entry(choice.line.customer.clone()).or_default().insert(choice.line.product.clone(), wanted);
        }
        let run = sync_run::begin(self, sync, Mode::Plan, progress).await?;
        let report = plan_choices(&run, &by_customer).await;
        planned(&run, report).await
    }

    /// Reads the source's alerts and plans their tickets. Nothing is written to either side.
    ///
    /// # Errors
    /// No such sync, alerts take no part in it, somebody else works on it, the alerts could not be read.
    #[boxed]
    pub async fn alerts_plan(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let run = begin_alerts(self, sync, Mode::Plan, progress).await?;
        let report = plan_tickets(&run).await;
        planned(&run, report).await
    }

    /// Polls the source's alerts: plans their tickets, and applies what trust lets go.
    ///
    /// # Errors
    /// As [`alerts_plan`](Self::alerts_plan) and [`apply`](Self::apply).
    #[boxed]
    pub async fn alerts_run(&self, sync: &SyncName, progress: &dyn Progress) -> Result<RunReport, Error> {
        let run = begin_alerts(self, sync, Mode::Apply, progress).await?;
        let report = plan_tickets(&run).await;
        apply_by_trust(&run, report, Some(Kind::Alert)).await
    }

    /// Reads one linked record now from both sides and brings it in step at once, fields
    /// that change by themselves too. The id may be the source's or the target's. Asking
    /// for it is the approval: no brake on many changes concerns one record.
    ///
    /// # Errors
    /// No such sync; the kind takes no part or is only previewed; the record is not linked,
    /// gone, or cannot be read singly; nothing of the sync was applied yet; somebody else
    /// works on it; the vendor's answer.
    #[boxed]
    pub async fn refresh(
        &self,
        sync: &SyncName,
        kind: Kind,
        id: &str,
        progress: &dyn Progress,
    ) -> Result<RefreshReport, Error> {
        let rules = self.sync(sync).await?.rules;
        let Some(rules) = rules.kinds.get(&kind) else {
            return Err(Error::invalid(
                said!("run-kind-not-synced", sync, kind),
                said!("run-hint-sync-list", list = Call::of(Verb::SyncList)),
            ));
        };
        if rules.trust == Trust::Preview {
            return Err(Error::invalid(
                said!("run-kind-previewed", sync, kind),
                said!("run-hint-raise-trust", plan = Call::of(Verb::Plan).with("sync", sync)),
            ));
        }
        let source = find::linked_source(self, sync, kind, id).await?;
        let run = sync_run::begin(self, sync, Mode::Apply, progress).await?;
        let plan = match refresh_one(&run, kind, &source).await {
            Ok(plan) => plan,
            Err(error) => {
                run.fail(&error).await;
                return Err(error);
            }
        };
        let applied = if plan.plan.totals.is_empty() {
            end_plan(&run, &plan).await?;
            None
        } else {
            let options = ApplyOptions { release: Release::All, ..ApplyOptions::default() };
            Some(finish_apply(&run, plan.plan.id, Go::Now(&options)).await?)
        };
        let sides = self.sync(sync).await?;
        let record = find::record(self, &sides.source, kind, &source).await?;
        Ok(RefreshReport {
            target: self.store.link_get(sync, kind, &source).await?.and_then(|link| link.target),
            name: record.map(|record| record.name).unwrap_or_default(),
            changes: self.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 100).await?,
            source,
            plan,
            applied,
        })
    }

    /// Plans the reverse of what a run did. Nothing is written; the findings say what is not undone.
    ///
    /// # Errors
    /// No such run, it is under way, it applied nothing, it was undone already, or the sync only
    /// previews what it wrote.
    #[boxed]
    pub async fn undo(&self, run: RunId, options: &UndoOptions, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let undone = self.run_show(run).await?;
        let planning =
            sync_run::begin(self, &undone.sync, Mode::Plan, progress).await.map_err(|error| match error {
                Error::Busy { .. } if undone.status == RunStatus::Running => Error::Busy {
                    message: said!("run-under-way", run),
                    hint: said!("run-hint-undo-later", runs = Call::of(Verb::Runs).with("sync", &undone.sync)),
                },
                other => other,
            })?;
        let report = plan_undo(&planning, &undone, options).await;
        let report = planned(&planning, report).await?;
        match self.store.run_undone_by(run).await? {
            Some(by) if report.plan.totals.is_empty() => Err(Error::invalid(
                said!("run-undone-already", run, by),
                said!("run-hint-journal", journal = Call::of(Verb::Journal).with("sync", &undone.sync).with("run", by)),
            )),
            _ => Ok(report),
        }
    }
}

async fn begin_alerts<'p>(
    tenant: &Tenant,
    sync: &SyncName,
    mode: Mode,
    progress: &'p dyn Progress,
) -> Result<SyncRun<'p>, Error> {
    let rules = tenant.sync(sync).await?.rules;
    if !rules.kinds.contains_key(&Kind::Alert) {
        return Err(Error::invalid(said!("run-no-alerts", sync), said!("run-hint-alerts")));
    }
    sync_run::begin(tenant, sync, mode, progress).await
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
    if run.sync.rules.bills() {
        fetched::begin_read(&run.store, &run.sync.name).await?;
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
async fn apply_by_trust(
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
    let applied = finish_apply(run, plan.plan.id, Go::Now(&options)).await?;
    Ok(RunReport { plan, applied: Some(applied) })
}

/// Matches and plans from what is stored. Without a fresh observation the last
/// complete reads decide what counts as read to the end.
async fn make_plan(run: &SyncRun<'_>, observed: Option<&Observed>) -> Result<PlanReport, Error> {
    run.progress.begin(Stage::Planning, None);
    let id = run.store.plan_begin(run.id, &run.sync.name, run.now()).await?;
    let mut draft = Draft::new(run, id, observed).await?;
    draft.tell_first_runs(run.kinds().collect());
    if let Some(observed) = observed {
        draft.find(observed.flaws(&run.source, &run.target));
    }
    let accounts = customers::plan_customers(run, &mut draft).await?;
    for kind in run.kinds().filter(|kind| kind.is_within_account()) {
        if kind.is_place() && run.sync.rules.sites == crosswalk_model::sync::Sites::Primary {
            continue;
        }
        accounts::plan_kind(run, &mut draft, kind, &accounts).await?;
        left::plan_left(run, &mut draft, kind).await?;
        if kind.is_place() {
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
async fn finish_apply(run: &SyncRun<'_>, plan: PlanId, go: Go<'_>) -> Result<ApplyReport, Error> {
    let mut tally = ApplyTotals::default();
    match apply_plan(run, plan, go, preconditions::read, &mut tally).await {
        Ok(plan) => {
            let report = end_apply(run, &plan, tally).await?;
            outcomes::outcomes_after(run, plan.id).await?;
            Ok(report)
        }
        Err(error) => {
            let done = (tally.counts != RunCounts::default()).then_some((plan, tally.counts));
            run.fail_after(&error, done).await;
            Err(error)
        }
    }
}
