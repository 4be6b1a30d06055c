//! Explains why one record is, or is not, in step: one trace from source to target, in words.
//!
//! The reasons are the plan's own. Holds and findings of the newest plan on the record are reported as stored, with the
//! plan's number and time. Where the rules can judge one record alone (a link, an alert, a line of usage), they do so
//! again on what is stored now, with the same functions as planning, keeping nothing; their answer replaces the plan's
//! finding on the same matter. Facts of a whole sync (identities, what could not be read) come from the plan. Neither
//! vendor is asked.
//!
//! This file gathers the facts; `meant` resolves the record, `afresh` asks the rules, `words` writes the sentences.

mod afresh;
mod meant;
mod words;

use self::meant::Meant;
pub use self::words::{Advice, Step};
use super::uncertain::UncertainView;
use crate::billing::view::UsageLine;
use crate::boxed;
use crate::error::Error;
use crate::ground::find::ChangeView;
use crate::ground::tenant::Tenant;
use crate::rules::plan::Planned;
use crate::run::left;
use crosswalk_model::{
    Action, Brake, Cause, Decider, Finding, Kind, Link, Plan, PlanId, PlannedChange, Record, Said, Side, Sync,
    SyncName, Timestamp, said,
};
use crosswalk_store::{ChangeFilter, ChangeStatus, FindingFilter, JournalEntry, JournalFilter, Stored};
use serde::Serialize;

/// Trace of a record: why it is, or is not, in step.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    /// The record's kind at the source.
    pub kind: Kind,
    /// The record at the source, as last read.
    pub source: Option<Record>,
    /// Time since which it is missing there.
    pub source_gone: Option<Timestamp>,
    /// The record at the target.
    pub target: Option<Record>,
    /// The link.
    pub link: Option<Link>,
    /// The verdict, in one sentence.
    pub verdict: Said,
    /// Steps that lead to the verdict, from the source to the target.
    pub steps: Vec<Step>,
    /// What would change it.
    pub next: Vec<Advice>,
    /// The newest plan that concerns it, with its time: the trace rests on it.
    pub plan: Option<(PlanId, Timestamp)>,
    /// That plan's changes for it.
    pub planned: Vec<ChangeView>,
    /// Findings of plans on it that still hold.
    pub findings: Vec<Finding>,
    /// Journal entries on it, newest first.
    pub journal: Vec<JournalEntry>,
}

/// All known facts on one record.
#[derive(Default)]
struct Facts {
    source: Option<Stored>,
    target: Option<Stored>,
    link: Option<Link>,
    customer: Option<Customer>,
    /// The newest plan with its time, and its changes for the record.
    plan: Option<(PlanId, Timestamp)>,
    planned: Vec<ChangeView>,
    /// Findings of plans on it that still hold.
    found: Vec<Found>,
    /// Whether the rules were asked again for this record.
    asked: bool,
    /// Present plan of this record alone.
    afresh: Planned,
    /// Differences that the sync's rules leave as they are.
    by_rule: Vec<Said>,
    /// For an alert: reason why it is in no ticket, where that is settled.
    no_ticket: Option<Said>,
    /// For a line of usage: its present state.
    line: Option<UsageLine>,
    /// For a customer whose usage is counted: reason why none of it is billed.
    unbilled: Option<Said>,
    /// Its unsettled write, of any plan.
    uncertain: Option<UncertainView>,
    journal: Vec<JournalEntry>,
}

/// A finding of a plan.
struct Found {
    plan: PlanId,
    made_at: Timestamp,
    finding: Finding,
}

/// The source customer a record belongs to.
struct Customer {
    id: String,
    name: String,
    link: Option<Link>,
    /// Whether the source lists it.
    listed: bool,
    /// The newest plan's intention for it, as what is said of the customer.
    to_come: Option<Said>,
}

impl Tenant {
    /// Explains why a record is, or is not, in step. `record` is its id at the source or at the target, or its exact
    /// name.
    ///
    /// # Errors
    /// There is no such sync; the record is unknown; several have that name.
    #[boxed]
    pub async fn why(&self, sync: &SyncName, kind: Kind, record: &str) -> Result<Trace, Error> {
        let sync = self.sync(sync).await?;
        let meant = meant::meant(self, &sync, kind, record).await?;
        let kind = meant.kind;
        let facts = facts(self, &sync, meant).await?;
        let (verdict, steps, next) = words::tell(&sync, kind, &facts);
        Ok(Trace {
            kind,
            source_gone: facts.source.as_ref().and_then(|stored| stored.gone_at),
            source: facts.source.map(|stored| stored.record),
            target: facts.target.filter(|stored| stored.gone_at.is_none()).map(|stored| stored.record),
            link: facts.link,
            verdict,
            steps,
            next,
            plan: facts.plan,
            planned: facts.planned,
            findings: facts.found.into_iter().map(|found| found.finding).collect(),
            journal: facts.journal,
        })
    }
}

async fn stored(
    tenant: &Tenant,
    connection: &crosswalk_model::ConnectionName,
    kind: Kind,
    id: &str,
) -> Result<Option<Stored>, Error> {
    Ok(tenant.store.records_by_ids(connection, kind, &[id.to_owned()]).await?.pop())
}

async fn facts(tenant: &Tenant, sync: &Sync, meant: Meant) -> Result<Facts, Error> {
    let Meant { kind, source, target, link } = meant;
    let mut facts = Facts::default();
    if let Some(id) = &source {
        facts.source = match kind {
            Kind::Usage => meant::row_of(tenant, sync, id).await?,
            _ => stored(tenant, &sync.source, kind, id).await?,
        };
    }
    if let Some(id) = &target {
        let kind = link.as_ref().map_or(kind.counterpart(), |link| link.target_kind);
        facts.target = stored(tenant, &sync.target, kind, id).await?;
    }
    facts.link = link;
    let open = tenant.uncertain_list(Some(&sync.name)).await?.into_iter().rev();
    facts.uncertain = open
        .filter(|open| open.kind == kind)
        .find(|open| source.as_ref() == Some(&open.source) || (target.is_some() && open.target == target));
    let record = facts.source.as_ref().map(|stored| &stored.record);
    if let Some(id) = record.and_then(|record| record.parent.clone()).filter(|_| kind != Kind::Customer) {
        facts.customer = Some(customer_of(tenant, sync, id).await?);
    }
    let ids = (source.as_deref(), target.as_deref());
    let whole = tenant.store.plan_list(&sync.name, 1).await?.pop();
    // Records that become another kind at the target are planned separately.
    let plan = match kind.counterpart() == kind {
        true => whole.clone(),
        false => match tenant.store.plan_part_latest(&sync.name, kind).await? {
            Some(plan) => tenant.store.plan_get(plan).await?,
            None => None,
        },
    };
    if let Some(plan) = &plan {
        facts.planned = planned(tenant, plan, kind, ids).await?;
        facts.plan = Some((plan.id, plan.made_at));
    }
    let journal = JournalFilter {
        source: source.clone(),
        target: target.clone().filter(|_| facts.link.is_none()),
        ..of_record(sync, kind)
    };
    facts.journal = tenant.store.journal_list(&journal).await?;
    afresh::look_afresh(tenant, sync, kind, &mut facts, ids.0).await?;
    facts.found = found(tenant, sync, kind, &facts, ids, whole.as_ref()).await?;
    // Only a plan of the whole sync sees that the record may exist under another id.
    if facts.found.iter().any(|found| found.finding.cause == Cause::Undecided) {
        facts.afresh.changes.retain(|change| change.action != Action::Deactivate);
    }
    Ok(facts)
}

async fn customer_of(tenant: &Tenant, sync: &Sync, id: String) -> Result<Customer, Error> {
    let stored = stored(tenant, &sync.source, Kind::Customer, &id).await?;
    let link = tenant.store.link_get(&sync.name, Kind::Customer, &id).await?;
    let listed = stored.as_ref().is_some_and(|stored| stored.gone_at.is_none());
    let name = stored.map_or_else(String::new, |stored| stored.record.name);
    let mut to_come = None;
    if let (None, Some(plan)) =
        (link.as_ref().and_then(Link::linked), tenant.store.plan_list(&sync.name, 1).await?.first())
    {
        let planned = planned(tenant, plan, Kind::Customer, (Some(&id), None)).await?;
        let makes = |view: &&ChangeView| {
            view.status == ChangeStatus::Pending && matches!(view.change.action, Action::Link | Action::Create)
        };
        to_come = planned.iter().find(makes).map(|view| match view.change.action {
            Action::Link => said!("why-customer-waits-link", plan = plan.id),
            _ => said!("why-customer-waits-create", plan = plan.id),
        });
    }
    Ok(Customer { name, id, link, listed, to_come })
}

/// A plan's changes for a record, by either of its ids.
async fn planned(
    tenant: &Tenant,
    plan: &Plan,
    kind: Kind,
    (source, target): (Option<&str>, Option<&str>),
) -> Result<Vec<ChangeView>, Error> {
    let filter = match (source, target) {
        (Some(source), _) => ChangeFilter { source: Some(source.to_owned()), ..ChangeFilter::default() },
        // A create at the source is known by its target alone.
        (None, Some(target)) => {
            ChangeFilter { source: Some(String::new()), target: Some(target.to_owned()), ..ChangeFilter::default() }
        }
        (None, None) => return Ok(Vec::new()),
    };
    tenant.plan_changes(plan.id, &ChangeFilter { kind: Some(kind), ..filter }, 0, 10).await
}

/// Findings on a record that still hold, of the newest plan of the whole sync and of polls and refreshes since.
async fn found(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    facts: &Facts,
    (source, target): (Option<&str>, Option<&str>),
    whole: Option<&Plan>,
) -> Result<Vec<Found>, Error> {
    let mut plans = tenant.store.plan_parts_since(&sync.name, whole.map_or(PlanId(0), |plan| plan.id)).await?;
    plans.extend(whole.cloned());
    let mut all: Vec<Found> = Vec::new();
    // A hold of the whole kind holds this record too.
    let by_first_run = |view: &ChangeView| {
        let held = view.change.held.as_ref().filter(|_| view.status == ChangeStatus::Pending);
        held.is_some_and(|hold| hold.brakes.contains(&Brake::FirstRun))
    };
    let by_first_run = facts.planned.iter().any(by_first_run) && (kind != Kind::Alert || facts.due().is_some());
    for plan in plans.into_iter().filter(|plan| !plan.findings.is_empty()) {
        let filter = FindingFilter { kind: Some(kind), cause: Some(Cause::FirstRun), ..FindingFilter::default() };
        let counted = plan.findings.iter().any(|total| (total.kind, total.cause) == (kind, Cause::FirstRun));
        let known = all.iter().any(|found| found.finding.cause == Cause::FirstRun);
        if by_first_run && counted && !known {
            let rows = tenant.store.findings_list(plan.id, &filter, 0, 1).await?;
            let found = |(_, finding)| Found { plan: plan.id, made_at: plan.made_at, finding };
            all.extend(rows.into_iter().map(found));
        }
        for (side, kind, id) in [(Side::Source, kind, source), (Side::Target, kind.counterpart(), target)] {
            let Some(id) = id else { continue };
            let filter = FindingFilter { kind: Some(kind), source: Some(id.to_owned()), ..FindingFilter::default() };
            let rows = tenant.store.findings_list(plan.id, &filter, 0, FINDINGS).await?;
            for (_, finding) in rows.into_iter().filter(|(_, finding)| finding.side == side) {
                let known = all.iter().any(|found| found.plan != plan.id && found.finding.cause == finding.cause);
                if !known && facts.holds(&finding, plan.made_at) {
                    all.push(Found { plan: plan.id, made_at: plan.made_at, finding });
                }
            }
        }
    }
    Ok(all)
}

impl Facts {
    /// Whether a plan's finding still holds: no decision was made since, and the rules were not asked again.
    fn holds(&self, finding: &Finding, made_at: Timestamp) -> bool {
        let of_customer = self.customer.as_ref().and_then(|customer| customer.link.as_ref());
        let decided = self.link.iter().chain(of_customer);
        let mut decided =
            decided.filter(|link| link.decided_at > made_at && link.decided_by != Some(Decider::Matching));
        match origin(finding.cause) {
            Origin::Record => !self.asked && decided.next().is_none(),
            Origin::Write => self.uncertain.is_some(),
            Origin::Sync => true,
        }
    }

    /// Whether the record went with its customer, which no longer has an account.
    fn is_left(&self) -> bool {
        let gone = self.source.as_ref().is_some_and(|stored| stored.gone_at.is_some());
        let left = |customer: &Customer| left::is_left(customer.listed, customer.link.as_ref());
        gone && self.customer.as_ref().is_some_and(left)
    }

    /// The planned change for the record that only waits for an approval or for the release of a brake.
    fn due(&self) -> Option<&PlannedChange> {
        self.afresh.changes.first()
    }
}

/// Basis of a finding.
enum Origin {
    /// The record, its link and its linked record: the rules can be asked again.
    Record,
    /// A write that is not settled.
    Write,
    /// More than the above.
    Sync,
}

fn origin(cause: Cause) -> Origin {
    match cause {
        Cause::Proposed
        | Cause::Conflict
        | Cause::Unmapped
        | Cause::Broken
        | Cause::Excluded
        | Cause::Unused
        | Cause::TargetUnread
        | Cause::Missing
        | Cause::NotOurs
        | Cause::ByRule
        | Cause::ByHand
        | Cause::Cannot
        | Cause::Reference
        | Cause::Value
        | Cause::Nameless
        | Cause::TicketOpen
        | Cause::NoTicket
        | Cause::NotFetched
        | Cause::Unbilled
        | Cause::Former => Origin::Record,
        Cause::Uncertain | Cause::Unsettled => Origin::Write,
        Cause::Flawed
        | Cause::Unread
        | Cause::Astray
        | Cause::SharedKey
        | Cause::Undecided
        | Cause::NotRefreshed
        | Cause::Flapping
        | Cause::Contract
        | Cause::Unpriced
        | Cause::NoProduct
        | Cause::Unlisted
        | Cause::NotCreated
        | Cause::NotUndone
        | Cause::FirstRun => Origin::Sync,
    }
}

/// Maximum number of findings in a trace.
const FINDINGS: usize = 20;

fn of_record(sync: &Sync, kind: Kind) -> JournalFilter {
    JournalFilter { sync: Some(sync.name.clone()), kind: Some(kind), limit: 50, ..JournalFilter::default() }
}
