//! `crosswalk finding`: lists what plans found and left unchanged, grouped by message or one by
//! one.

use super::exit::{CliError, Exit};
use super::output::{or_dash, table, word};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{FindingFilter, FindingList, FindingRow, Tenant};
use crosswalk_model::{Call, Cause, Kind, PlanId, Said, SyncName, Verb, said};
use crosswalk_say::Lang;
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
        let lang = session.output.lang();
        if !self.each {
            session.output.answer(|| document(&list, gap.as_ref(), lang), || summary(&list, gap.clone(), lang))?;
            return Ok(Exit::Done);
        }
        let rows = self.rows(&tenant, plan, &filter).await?;
        session.output.answer(
            || {
                let mut document = document(&list, gap.as_ref(), lang);
                document["each"] = rows.iter().map(|one| row(one, lang)).collect();
                document
            },
            || one_by_one(&list, gap.clone(), &rows, lang),
        )?;
        Ok(Exit::Done)
    }

    async fn plan_of(&self, tenant: &Tenant) -> anyhow::Result<PlanId> {
        let sync = match (self.plan, &self.sync) {
            (Some(plan), _) => return Ok(plan),
            (None, Some(sync)) => sync,
            (None, None) => {
                let one = Call::of(Verb::FindingList).choose("sync");
                let other = Call::of(Verb::FindingList).choose("plan");
                return Err(CliError::usage(said!("cli-no-sync-or-plan"), said!("cli-one-or-other", one, other)));
            }
        };
        match tenant.plan_list(sync, 1).await?.first() {
            Some(plan) => Ok(plan.id),
            None => Err(CliError::usage(
                said!("cli-sync-without-plan", sync),
                said!("cli-plan-hint", plan = Call::of(Verb::Plan).with("sync", sync)),
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

fn document(list: &FindingList, gap: Option<&Said>, lang: Lang) -> Value {
    let group = |group: &crosswalk_engine::FindingGroup| {
        json!({
            "kind": group.kind,
            "finding": group.cause,
            "message": shapes::message(&group.message, lang),
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
        "note": gap.map(|gap| shapes::message(gap, lang)),
        "groups_total": list.groups_total,
        "groups": list.groups.iter().map(group).collect::<Vec<_>>(),
    })
}

fn row(row: &FindingRow, lang: Lang) -> Value {
    let finding = &row.finding;
    json!({
        "number": row.number,
        "kind": finding.kind,
        "finding": finding.cause,
        "side": finding.side,
        "customer": finding.customer,
        "source": finding.source,
        "message": shapes::message(&finding.message, lang),
    })
}

/// The first line of either list.
fn heading(list: &FindingList, gap: Option<Said>, lang: Lang) -> String {
    let (plan, sync) = (&list.plan, &list.sync);
    let found = said!("cli-findings", count = list.kept, plan = plan.id, sync, made = plan.made_at);
    format!("{}\n", lang.say(Said::several([found, gap.unwrap_or_default()])))
}

fn summary(list: &FindingList, gap: Option<Said>, lang: Lang) -> String {
    let rows = list.groups.iter().map(|group| {
        let more = if group.count > 1 { ", …" } else { "" };
        [
            group.count.to_string(),
            group.customers.to_string(),
            word(lang, group.kind.as_str()),
            word(lang, group.cause.as_str()),
            lang.say(&group.message),
            format!("{}{more}", or_dash(Some(&group.source))),
        ]
    });
    let mut text = heading(list, gap, lang);
    if !list.groups.is_empty() {
        text.push_str(&table(lang, ["times", "customers", "kind", "finding", "why", "of"], rows));
    }
    let shown = list.groups.len() as u64;
    if shown < list.groups_total {
        let more = lang.say(said!("cli-more-groups", count = list.groups_total - shown));
        text.push_str(&format!("\n{more}"));
    }
    text
}

fn one_by_one(list: &FindingList, gap: Option<Said>, rows: &[FindingRow], lang: Lang) -> String {
    let cells = rows.iter().map(|row| {
        let finding = &row.finding;
        [
            row.number.to_string(),
            or_dash(Some(&finding.customer)),
            word(lang, finding.kind.as_str()),
            or_dash(Some(&finding.source)),
            word(lang, finding.cause.as_str()),
            lang.say(&finding.message),
        ]
    });
    let mut text = heading(list, gap, lang);
    if let Some(last) = rows.last() {
        text.push_str(&table(lang, ["number", "customer", "kind", "record", "finding", "why"], cells));
        if (rows.len() as u64) < list.kept {
            let more = lang.say(said!("cli-more-findings", after = last.number.to_string()));
            text.push_str(&format!("\n{more}"));
        }
    }
    text
}
