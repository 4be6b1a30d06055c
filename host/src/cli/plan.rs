//! `crosswalk plan`: make a plan, show one change by change, list the newest.
//!
//! A plan in short is a table of kinds and actions, what is held and by which brake, what
//! it costs in calls, what a person still has to decide, and the next command to type.

use super::exit::{Exit, Told};
use super::output::{clean, count, or_dash, table, tick};
use super::progress::Bars;
use super::session::Session;
use super::shapes::{self, spelled};
use crate::engine::{ChangeFilter, ChangeView, PlanReport, Tenant};
use crate::model::{Action, Kind, Plan, PlanId, SyncName};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many changes are shown unless all are asked for.
const SHOWN: usize = 100;
/// How many changes are read at a time.
const PAGE: usize = 5_000;

/// Make or show plans.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with 0 when there is nothing to do, with 3 when changes wait for an approval, with 4
when nothing is to be done but something could not be read.

Examples:
  crosswalk plan rmm-to-psa
  crosswalk plan --show 12 --kind asset --customer 17
  crosswalk plan --list rmm-to-psa")]
pub(super) struct PlanArgs {
    /// The sync to plan
    #[arg(required_unless_present = "show", conflicts_with = "show")]
    sync: Option<SyncName>,
    /// Show the changes of a plan, customer by customer
    #[arg(long, value_name = "PLAN")]
    show: Option<PlanId>,
    /// List the newest plans of the sync instead of making one
    #[arg(long, requires = "sync")]
    list: bool,
    /// Show only changes of this source customer, by its id
    #[arg(long, value_name = "ID", requires = "show")]
    customer: Option<String>,
    /// Show only changes of this kind
    #[arg(long, requires = "show")]
    kind: Option<Kind>,
    /// Show only changes with this action
    #[arg(long, requires = "show")]
    action: Option<Action>,
    /// Show only what a brake holds
    #[arg(long, requires = "show")]
    held: bool,
    /// Show all changes, however many there are
    #[arg(long, requires = "show")]
    all: bool,
}

impl PlanArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        match (&self.sync, self.show) {
            (Some(sync), _) if self.list => list(session, &tenant, sync).await,
            (Some(sync), _) => make(session, &tenant, sync).await,
            (None, Some(plan)) => show(session, &tenant, plan, &self).await,
            (None, None) => Err(Told::usage("neither a sync nor a plan is named", "`crosswalk plan SYNC` or `crosswalk plan --show PLAN`")),
        }
    }
}

async fn make(session: &Session<'_>, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<Exit> {
    let report = tenant.plan(sync, &Bars::new(session.output)).await?;
    let held = Held::of(tenant, &report.plan).await?;
    session.output.answer(|| document(sync, &report, &held), || words(sync, &report, &held))?;
    Ok(exit(&report))
}

/// How planning alone ends.
pub(super) fn exit(report: &PlanReport) -> Exit {
    match (Sums::of(&report.plan).changes, report.complaints.is_empty()) {
        (0, true) => Exit::Done,
        (0, false) => Exit::Partial,
        _ => Exit::Pending,
    }
}

/// A plan's totals over all kinds and actions.
pub(super) struct Sums {
    pub(super) changes: u64,
    pub(super) writes: u64,
    pub(super) held: u64,
    pub(super) calls: u64,
}

impl Sums {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut sums = Self { changes: 0, writes: 0, held: 0, calls: 0 };
        for total in &plan.totals {
            sums.changes += u64::from(total.changes);
            sums.writes += if total.action.writes() { u64::from(total.changes) } else { 0 };
            sums.held += u64::from(total.held);
            sums.calls += u64::from(total.calls);
        }
        sums
    }
}

/// What brakes hold: brake and kind, with how many customers and changes.
pub(super) struct Held(BTreeMap<(String, Kind), (BTreeSet<String>, u64)>);

impl Held {
    pub(super) async fn of(tenant: &Tenant, plan: &Plan) -> anyhow::Result<Self> {
        let mut held: BTreeMap<(String, Kind), (BTreeSet<String>, u64)> = BTreeMap::new();
        if Sums::of(plan).held > 0 {
            let filter = ChangeFilter { held: Some(true), ..ChangeFilter::default() };
            for view in changes(tenant, plan.id, &filter, usize::MAX).await? {
                let Some(hold) = view.change.held else { continue };
                let (customers, changes) = held.entry((hold.brake, view.change.kind)).or_default();
                customers.insert(view.change.customer);
                *changes += 1;
            }
        }
        Ok(Self(held))
    }

    /// The brakes an operator can release.
    fn releasable(&self) -> BTreeSet<&str> {
        self.0.keys().map(|(brake, _)| brake.as_str()).filter(|brake| *brake != "preview").collect()
    }

    fn document(&self) -> Value {
        let row = |((brake, kind), (customers, changes)): (&(String, Kind), &(BTreeSet<String>, u64))| {
            json!({ "brake": brake, "kind": kind, "customers": customers.len(), "changes": changes })
        };
        self.0.iter().map(row).collect()
    }

    fn table(&self) -> String {
        let rows = self.0.iter().map(|((brake, kind), (customers, changes))| {
            [brake.clone(), kind.to_string(), customers.len().to_string(), changes.to_string()]
        });
        table(["held by", "kind", "customers", "changes"], rows)
    }
}

/// The document of a plan that was just made.
pub(super) fn document(sync: &SyncName, report: &PlanReport, held: &Held) -> Value {
    json!({
        "sync": sync,
        "plan": shapes::plan(&report.plan),
        "held": held.document(),
        "read": { "source": report.read.0, "target": report.read.1 },
        "complaints": report.complaints,
        "findings": report.findings,
        "findings_total": report.findings_total,
    })
}

/// A plan that was just made, in short.
pub(super) fn words(sync: &SyncName, report: &PlanReport, held: &Held) -> String {
    let plan = &report.plan;
    let sums = Sums::of(plan);
    let mut text = format!("read {} and {}\n", count(report.read.0, "source record"), count(report.read.1, "target record"));
    if sums.changes == 0 {
        text.push_str(&format!("plan {} of {sync}: nothing to do\n", plan.id));
    } else {
        text.push_str(&format!("plan {} of {sync}: {}\n\n{}\n", plan.id, cost(&sums), matrix(plan)));
    }
    if sums.held > 0 {
        text.push_str(&format!("\n{}\n", held.table()));
    }
    if !report.complaints.is_empty() {
        let complaints = report.complaints.iter().map(|complaint| format!("  {}\n", clean(complaint)));
        text.push_str(&format!("\nNot read, or not to the end:\n{}", complaints.collect::<String>()));
    }
    if !report.findings.is_empty() {
        let findings = report.findings.iter().take(10).map(|found| format!("  {}: {}\n", clean(&found.source), clean(&found.message)));
        text.push_str(&format!("\nLeft as it is ({} in all):\n{}", report.findings_total, findings.collect::<String>()));
    }
    let next = next(sync, plan, &sums, held);
    if !next.is_empty() {
        text.push_str(&format!("\nnext:\n{}\n", next.join("\n")));
    }
    text
}

fn cost(sums: &Sums) -> String {
    format!("{}, {} of them writes, at most {} to the target", count(sums.changes, "change"), sums.writes, count(sums.calls, "call"))
}

/// Kinds down, actions across; actions that do not occur are left out.
fn matrix(plan: &Plan) -> String {
    let actions: Vec<Action> = Action::ALL.into_iter().filter(|action| plan.totals.iter().any(|total| total.action == *action)).collect();
    let kinds: BTreeSet<Kind> = plan.totals.iter().map(|total| total.kind).collect();
    let header = std::iter::once("kind").chain(actions.iter().map(|action| action.as_str())).chain(["held", "calls"]);
    let rows = kinds.into_iter().map(|kind| {
        let own: Vec<_> = plan.totals.iter().filter(|total| total.kind == kind).collect();
        let changes = |action: &Action| own.iter().filter(|total| total.action == *action).map(|total| total.changes).sum::<u32>();
        let held: u32 = own.iter().map(|total| total.held).sum();
        let calls: u32 = own.iter().map(|total| total.calls).sum();
        let numbers = actions.iter().map(changes).chain([held, calls]).map(|number| number.to_string());
        std::iter::once(kind.to_string()).chain(numbers).collect()
    });
    super::output::wide_table(header, rows)
}

/// What to type next.
fn next(sync: &SyncName, plan: &Plan, sums: &Sums, held: &Held) -> Vec<String> {
    let mut next = Vec::new();
    if plan.undecided > 0 {
        let waiting = count(plan.undecided.into(), "customer");
        next.push(format!(
            "  crosswalk link list {sync} --kind customer --state proposed --state conflict --state unmapped   ({waiting} to decide)"
        ));
    }
    if sums.changes > 0 {
        next.push(format!("  crosswalk plan --show {}", plan.id));
    }
    if sums.changes > sums.held {
        let rest = if sums.held > 0 { "   (what no brake holds)" } else { "" };
        next.push(format!("  crosswalk apply {}{rest}", plan.id));
    }
    let releasable = held.releasable();
    if !releasable.is_empty() {
        let flags: String = releasable.iter().map(|brake| format!(" --release {brake}")).collect();
        next.push(format!("  crosswalk apply {}{flags}   (when you have looked at it)", plan.id));
    }
    next
}

async fn show(session: &Session<'_>, tenant: &Tenant, id: PlanId, args: &PlanArgs) -> anyhow::Result<Exit> {
    let plan = tenant.plan_show(id).await?;
    let sync = tenant.plan_sync(id).await?;
    let filter = ChangeFilter {
        kind: args.kind,
        action: args.action,
        customer: args.customer.clone(),
        held: args.held.then_some(true),
        ..ChangeFilter::default()
    };
    let all = args.all || session.output.json();
    let mut views = changes(tenant, id, &filter, if all { usize::MAX } else { SHOWN + 1 }).await?;
    let more = !all && views.len() > SHOWN;
    if more {
        views.truncate(SHOWN);
    }
    let names = names(tenant, &sync, &views).await?;
    session.output.answer(
        || json!({ "sync": sync, "plan": shapes::plan(&plan), "changes": views.iter().map(shapes::change).collect::<Vec<_>>() }),
        || {
            let approved = plan.approved_at.map_or_else(String::new, |at| format!(", approved {at}"));
            let mut text = format!("plan {id} of {sync}, made {}{approved}: {}\n", plan.made_at, cost(&Sums::of(&plan)));
            text.push_str(&by_customer(&views, &names));
            if more {
                text.push_str(&format!("\nThese are the first {SHOWN} changes; --all shows them all, --customer, --kind, --action and --held narrow them down\n"));
            }
            text
        },
    )?;
    Ok(Exit::Done)
}

/// Changes of a plan, page by page, at most so many.
async fn changes(tenant: &Tenant, plan: PlanId, filter: &ChangeFilter, most: usize) -> anyhow::Result<Vec<ChangeView>> {
    let mut views: Vec<ChangeView> = Vec::new();
    while views.len() < most {
        let after = views.last().map_or(0, |view| view.change.sequence);
        let wanted = PAGE.min(most - views.len());
        let page = tenant.plan_changes(plan, filter, after, wanted).await?;
        let last = page.len() < wanted;
        views.extend(page);
        if last {
            break;
        }
    }
    Ok(views)
}

/// What the source calls the customers of these changes.
async fn names(tenant: &Tenant, sync: &SyncName, views: &[ChangeView]) -> anyhow::Result<HashMap<String, String>> {
    let mut customers: Vec<String> = views.iter().map(|view| view.change.customer.clone()).collect();
    customers.sort_unstable();
    customers.dedup();
    Ok(tenant.customer_names(sync, &customers).await?)
}

/// Changes under their customers, in the order in which customers first appear.
fn by_customer(views: &[ChangeView], names: &HashMap<String, String>) -> String {
    let mut order: Vec<&str> = Vec::new();
    let mut groups: HashMap<&str, Vec<&ChangeView>> = HashMap::new();
    for view in views {
        let customer = view.change.customer.as_str();
        groups.entry(customer).or_insert_with(|| {
            order.push(customer);
            Vec::new()
        });
        groups.entry(customer).and_modify(|group| group.push(view));
    }
    let mut text = String::new();
    for customer in order {
        let group = groups.get(customer).map(Vec::as_slice).unwrap_or_default();
        let name = names.get(customer).filter(|name| !name.is_empty()).map_or("customer", String::as_str);
        text.push_str(&format!("\n{} ({}): {}\n", clean(name), clean(customer), count(group.len() as u64, "change")));
        group.iter().for_each(|view| text.push_str(&one(view)));
    }
    text
}

/// One change: a line, then its fields.
pub(super) fn one(view: &ChangeView) -> String {
    let change = &view.change;
    let mut line = format!("  {:>5}  {} {} {}", change.sequence, change.action.as_str(), change.kind, clean(&change.name));
    line.push_str(&format!(" ({} -> {})", clean(&change.source), or_dash(change.target.as_deref().map(clean))));
    let status = spelled(&view.status);
    if status != "pending" {
        line.push_str(&format!(" [{status}]"));
    }
    if let Some(hold) = &change.held {
        line.push_str(&format!(" [held: {}]", hold.brake));
    }
    if change.risk != crate::model::Risk::Low {
        line.push_str(&format!(" [{} risk]", spelled(&change.risk)));
    }
    line.push('\n');
    // What a link notes is the same on both sides; only what differs is worth a line.
    let noted = change.action == Action::Link;
    for diff in change.fields.iter().filter(|diff| !(noted && (diff.name == "parent" || diff.before.as_ref() == Some(&diff.after)))) {
        let after = clean(&diff.after.to_string());
        match &diff.before {
            Some(before) => line.push_str(&format!("           {}: {} -> {after}\n", diff.name, clean(&before.to_string()))),
            None => line.push_str(&format!("           {}: {after}\n", diff.name)),
        }
    }
    for note in [&change.reason, &view.message] {
        if !note.is_empty() {
            line.push_str(&format!("           because: {}\n", clean(note)));
        }
    }
    line
}

async fn list(session: &Session<'_>, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<Exit> {
    let plans = tenant.plan_list(sync, 50).await?;
    session.output.answer(
        || plans.iter().map(shapes::plan).collect(),
        || {
            if plans.is_empty() {
                return format!("no plan yet: `crosswalk plan {sync}` makes one");
            }
            let rows = plans.iter().map(|plan| {
                let sums = Sums::of(plan);
                [
                    plan.id.to_string(),
                    plan.made_at.to_string(),
                    sums.changes.to_string(),
                    sums.held.to_string(),
                    sums.calls.to_string(),
                    plan.undecided.to_string(),
                    tick(plan.approved_at.is_some()),
                ]
            });
            table(["plan", "made", "changes", "held", "calls", "undecided", "approved"], rows)
        },
    )?;
    Ok(Exit::Done)
}
