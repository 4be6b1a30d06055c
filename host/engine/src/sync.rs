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

use crate::boxed;
use crate::error::Error;
use crate::ground::progress::{Progress, Stage};
use crate::ground::sync_run::Work;
use crate::ground::tenant::Tenant;
use crate::rules::brakes;
use crate::rules::matching::{Decision, Matched};
use crate::rules::plan::{self, Finding, Item, PlanInput};
use crate::run::apply::{ApplyOptions, ApplyReport};
use crate::run::observe::Observed;
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
        let report = work.plan().await;
        work.planned(report).await
    }

    /// Plans from what is stored, without asking either vendor.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    #[boxed]
    pub async fn plan_stored(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let work = self.begin_stored(sync, progress).await?;
        let report = work.make_plan(None).await;
        work.planned(report).await
    }

    /// Plans, then applies what trust and brakes let go by themselves.
    ///
    /// # Errors
    /// As [`plan`](Self::plan) and [`apply`](Self::apply).
    #[boxed]
    pub async fn run(&self, sync: &SyncName, progress: &dyn Progress) -> Result<RunReport, Error> {
        let work = self.begin(sync, Mode::Apply, progress).await?;
        let report = work.plan().await;
        work.apply_by_trust(report, None).await
    }
}

impl Work<'_> {
    async fn plan(&self) -> Result<PlanReport, Error> {
        let planned = self.read_and_plan().await;
        if let Err(error) = &planned {
            self.outcomes_failed(error).await?;
        }
        planned
    }

    async fn read_and_plan(&self) -> Result<PlanReport, Error> {
        self.recover().await?;
        if self.sync.rules.kinds.contains_key(&Kind::Usage) {
            // Until it is read to its end nobody knows what is zero.
            let unread = "the last reading of usage did not come to its end".to_owned();
            let period = self.store.fetched(&self.sync.name).await?.and_then(|(.., period)| period);
            self.store.fetched_put(&self.sync.name, Some(unread), &HashMap::new(), period).await?;
        }
        let observed = self.observe().await?;
        for (side, reports) in [(&self.source, &observed.source), (&self.target, &observed.target)] {
            let nothing = reports.iter().all(|report| report.records == 0 && report.failure.is_some());
            if let (true, Some(failure)) = (nothing, reports.iter().find_map(|report| report.failure.clone())) {
                return Err(side.failed(failure));
            }
        }
        self.make_plan(Some(&observed)).await
    }

    /// Applies what trust and brakes let go of a plan, and ends the run. `trusted` is as in [`ApplyOptions`].
    pub(crate) async fn apply_by_trust(
        &self,
        plan: Result<PlanReport, Error>,
        trusted: Option<Kind>,
    ) -> Result<RunReport, Error> {
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                self.fail(&error).await;
                return Err(error);
            }
        };
        let mut rules = self.sync.rules.kinds.iter().filter(|(kind, _)| trusted.is_none_or(|only| only == **kind));
        let automatic = rules.any(|(_, rules)| rules.trust == Trust::Automatic);
        let pending = plan.plan.totals.iter().any(|total| total.changes > total.held);
        if !automatic || !pending {
            self.end_plan(&plan).await?;
            return Ok(RunReport { plan, applied: None });
        }
        let options = ApplyOptions { automatic: true, trusted, ..ApplyOptions::default() };
        let applied = self.finish_apply(plan.plan.id, &options).await?;
        Ok(RunReport { plan, applied: Some(applied) })
    }

    /// Ends a run that only planned, however that went.
    pub(crate) async fn planned(&self, report: Result<PlanReport, Error>) -> Result<PlanReport, Error> {
        match &report {
            Ok(report) => self.end_plan(report).await?,
            Err(error) => self.fail(error).await,
        }
        report
    }

    /// Ends a run that only read.
    pub(crate) async fn end_idle(&self) -> Result<(), Error> {
        let Some(mut run) = self.store.run_get(self.run).await? else { return Ok(()) };
        let complaints = self.complaints();
        run.status = if complaints.is_empty() { RunStatus::NothingToDo } else { RunStatus::Partial };
        run.message = complaints.into_iter().next().unwrap_or_default();
        run.ended_at = Some(self.now());
        Ok(self.store.run_finish(&run).await?)
    }

    pub(crate) async fn end_plan(&self, report: &PlanReport) -> Result<(), Error> {
        let Some(mut run) = self.store.run_get(self.run).await? else { return Ok(()) };
        let sum =
            |pick: fn(&PlanTotal) -> u32| report.plan.totals.iter().map(|total| u64::from(pick(total))).sum::<u64>();
        (run.counts.source_read, run.counts.target_read) = report.read;
        run.counts.planned = sum(|total| total.changes);
        run.counts.held = sum(|total| total.held);
        let attention = self.attention();
        let complaints = self.complaints();
        run.status = match (run.counts.planned, complaints.is_empty()) {
            (_, false) => RunStatus::Partial,
            (0, true) if attention > 0 => RunStatus::Held,
            (0, true) => RunStatus::NothingToDo,
            (planned, true) if planned == run.counts.held => RunStatus::Held,
            _ => RunStatus::Succeeded,
        };
        run.counts.held += attention;
        run.message = complaints.into_iter().next().unwrap_or_default();
        run.plan = Some(report.plan.id);
        run.ended_at = Some(self.now());
        Ok(self.store.run_finish(&run).await?)
    }

    /// Matches and plans from what is stored. Without a fresh observation the last
    /// complete reads decide what counts as read to the end.
    async fn make_plan(&self, observed: Option<&Observed>) -> Result<PlanReport, Error> {
        self.progress.begin(Stage::Planning, None);
        let id = self.store.plan_begin(self.run, &self.sync.name, self.now()).await?;
        let mut draft = Draft::new(self, id, observed).await?;
        draft.tell_first_runs(self.kinds().collect());
        if let Some(observed) = observed {
            draft.find(observed.flaws(&self.source, &self.target));
        }
        let accounts = self.plan_customers(&mut draft).await?;
        for kind in self.kinds().filter(|kind| matches!(kind, Kind::Location | Kind::Asset)) {
            if kind == Kind::Location && self.sync.rules.sites == crosswalk_model::sync::Sites::Primary {
                continue;
            }
            self.plan_kind(&mut draft, kind, &accounts).await?;
            self.plan_left(&mut draft, kind).await?;
            if kind == Kind::Location {
                // Once all of them are counted, and before the devices are planned that name them.
                draft.hold_locations_over_the_sync().await?;
            }
            if draft.source_complete(Kind::Customer) {
                self.find_astray(&mut draft, kind).await?;
            }
        }
        self.plan_billing(&mut draft, &accounts, observed).await?;
        self.tell_shared_stamps(&mut draft).await?;
        let report = draft.report().await?;
        self.progress.end(&Stage::Planning);
        Ok(PlanReport {
            attention: self.attention(),
            read: observed.map(Observed::totals).unwrap_or_default(),
            ..report
        })
    }

    pub(crate) fn plan_items(
        &self,
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
            rules: &self.sync.rules,
            now: self.now(),
            refresh: draft.refresh,
            resolve: &|kind, id| draft.reference(customer, kind, id),
        });
        draft.find(planned.findings);
        draft.noted.extend(planned.noted);
        draft.without_open(kind, planned.changes)
    }

    /// Lays the brakes on one customer's changes of a kind, of which so many records are linked and in use.
    pub(crate) fn brake(
        &self,
        draft: &mut Draft<'_, '_>,
        kind: Kind,
        customer: &str,
        changes: &mut [PlannedChange],
        in_use: u32,
    ) {
        let rules = &self.sync.rules;
        // What the plan itself holds, no release of another brake lets go.
        let own: Vec<Option<Hold>> = changes.iter_mut().map(|change| change.held.take()).collect();
        let unit = brakes::Unit { in_use, first_run: draft.first_run(kind), trust: rules.kinds[&kind].trust };
        brakes::hold(changes, unit, &rules.brakes);
        for (change, own) in changes.iter_mut().zip(own) {
            change.held = brakes::also(own, change.held.as_ref());
        }
        brakes::hold_with_customer(changes, draft.customer_hold(customer));
    }
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
