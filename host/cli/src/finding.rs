//! `crosswalk finding`: lists what plans found and left unchanged, grouped by message or one by
//! one.

use super::exit::{CliError, Exit};
use super::output::{count, or_dash, table};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{FindingFilter, FindingList, FindingRow, Tenant};
use crosswalk_model::{Cause, Kind, PlanId, SyncName};
use serde_json::{Value, json};

/// Groups or findings shown at once.
const SHOWN: usize = 50;
/// Findings read per page if all are wanted.
const PAGE: usize = 1000;

/// Commands on findings.
#[derive(Debug, clap::Subcommand)]
pub(super) enum FindingCommand {
    /// List the findings of a plan, grouped by what they say
    List(ListArgs),
}

/// List the findings of a plan.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A finding is a record, or a part of one, that a plan does not bring in step, with the reason. Each
plan counts its findings by kind and cause. The newest plans of a sync also keep them one by one,
up to 100000 a plan; where there are more, the answer says so.

Examples:
  crosswalk finding list rmm-to-psa
  crosswalk finding list rmm-to-psa --finding by-hand --each
  crosswalk finding list --plan 12 --kind asset --customer 17 --each --all")]
pub(super) struct ListArgs {
    /// The sync; its newest plan is listed
    #[arg(required_unless_present = "plan", conflicts_with = "plan")]
    sync: Option<SyncName>,
    /// The plan, instead of the newest of a sync
    #[arg(long)]
    plan: Option<PlanId>,
    /// Only findings of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Only findings with this cause, as the list names it: by-hand, cannot, not-fetched, …
    #[arg(long, value_name = "CAUSE")]
    finding: Option<Cause>,
    /// Only findings of this source customer, by its id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// List each finding by itself
    #[arg(long)]
    each: bool,
    /// With --each: start after this number
    #[arg(long, value_name = "NUMBER", requires = "each", default_value_t = 0)]
    after: u64,
    /// List all of them, without a limit
    #[arg(long)]
    all: bool,
}

impl FindingCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.run(session).await,
        }
    }
}

impl ListArgs {
    async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let plan = self.plan_of(&tenant).await?;
        let filter = FindingFilter {
            kind: self.kind,
            cause: self.finding,
            customer: self.customer.clone(),
            ..FindingFilter::default()
        };
        let list = tenant.findings(plan, &filter, if self.all { usize::MAX } else { SHOWN }).await?;
        let gap = list.gap(&filter);
        if !self.each {
            session.output.answer(|| document(&list, gap.as_deref()), || summary(&list, gap.as_deref()))?;
            return Ok(Exit::Done);
        }
        let rows = self.rows(&tenant, plan, &filter).await?;
        session.output.answer(
            || {
                let mut document = document(&list, gap.as_deref());
                document["each"] = rows.iter().map(row).collect();
                document
            },
            || one_by_one(&list, gap.as_deref(), &rows),
        )?;
        Ok(Exit::Done)
    }

    async fn plan_of(&self, tenant: &Tenant) -> anyhow::Result<PlanId> {
        let sync = match (self.plan, &self.sync) {
            (Some(plan), _) => return Ok(plan),
            (None, Some(sync)) => sync,
            (None, None) => {
                return Err(CliError::usage(
                    "neither a sync nor a plan is named",
                    "`crosswalk finding list SYNC` or `crosswalk finding list --plan PLAN`",
                ));
            }
        };
        match tenant.plan_list(sync, 1).await?.first() {
            Some(plan) => Ok(plan.id),
            None => Err(CliError::usage(
                format!("the sync {sync} has no plan yet"),
                format!("`crosswalk plan {sync}` creates one"),
            )),
        }
    }

    async fn rows(&self, tenant: &Tenant, plan: PlanId, filter: &FindingFilter) -> anyhow::Result<Vec<FindingRow>> {
        if !self.all {
            return Ok(tenant.findings_each(plan, filter, self.after, SHOWN).await?);
        }
        let (mut rows, mut after) = (Vec::new(), self.after);
        loop {
            let page = tenant.findings_each(plan, filter, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(rows) };
            after = last.number;
            rows.extend(page);
        }
    }
}

fn document(list: &FindingList, gap: Option<&str>) -> Value {
    let group = |group: &crosswalk_engine::FindingGroup| {
        json!({
            "kind": group.kind,
            "finding": group.cause,
            "message": group.message,
            "count": group.count,
            "customers": group.customers,
            "source": group.source,
        })
    };
    json!({
        "sync": list.sync,
        "plan": list.plan.id,
        "made_at": shapes::time(Some(list.plan.made_at)),
        "totals": list.plan.findings,
        "count": list.kept,
        "note": gap,
        "groups_total": list.groups_total,
        "groups": list.groups.iter().map(group).collect::<Vec<_>>(),
    })
}

fn row(row: &FindingRow) -> Value {
    let finding = &row.finding;
    json!({
        "number": row.number,
        "kind": finding.kind,
        "finding": finding.cause,
        "side": finding.side,
        "customer": finding.customer,
        "source": finding.source,
        "message": finding.message,
    })
}

/// The first line of either list.
fn heading(list: &FindingList, gap: Option<&str>) -> String {
    let (plan, found) = (&list.plan, count(list.kept, "finding"));
    let gap = gap.map_or_else(String::new, |gap| format!("; {gap}"));
    format!("{found} in plan {} of {} ({}){gap}\n", plan.id, list.sync, plan.made_at)
}

fn summary(list: &FindingList, gap: Option<&str>) -> String {
    let rows = list.groups.iter().map(|group| {
        let more = if group.count > 1 { ", …" } else { "" };
        [
            group.count.to_string(),
            group.customers.to_string(),
            group.kind.to_string(),
            group.cause.to_string(),
            group.message.clone(),
            format!("{}{more}", or_dash(Some(&group.source))),
        ]
    });
    let mut text = heading(list, gap);
    if !list.groups.is_empty() {
        text.push_str(&table(["times", "customers", "kind", "finding", "why", "of"], rows));
    }
    let shown = list.groups.len() as u64;
    if shown < list.groups_total {
        text.push_str(&format!("\n{} more; `--all` shows all", count(list.groups_total - shown, "group")));
    }
    text
}

fn one_by_one(list: &FindingList, gap: Option<&str>, rows: &[FindingRow]) -> String {
    let cells = rows.iter().map(|row| {
        let finding = &row.finding;
        [
            row.number.to_string(),
            or_dash(Some(&finding.customer)),
            finding.kind.to_string(),
            or_dash(Some(&finding.source)),
            finding.cause.to_string(),
            finding.message.clone(),
        ]
    });
    let mut text = heading(list, gap);
    if let Some(last) = rows.last() {
        text.push_str(&table(["number", "customer", "kind", "record", "finding", "why"], cells));
        if (rows.len() as u64) < list.kept {
            text.push_str(&format!("\n`--after {}` shows what follows, `--all` all", last.number));
        }
    }
    text
}
