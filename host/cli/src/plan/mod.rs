//! `crosswalk plan`: makes a plan, shows one change by change, or lists the newest.

mod brief;
mod detail;

pub(super) use brief::{Held, Sums, billing, cost, document, findings_summary, matrix, next_line, summary};
pub(super) use detail::{PAGE, changes, first_changes, one, quantity};

use super::exit::{CliError, Exit};
use super::output::{moment, table, yes_or_dash};
use super::progress::Bars;
use super::queue::QueueArgs;
use super::session::Session;
use super::shapes;
use crosswalk_engine::{ChangeFilter, PlanReport, Tenant};
use crosswalk_model::{Action, Call, Kind, PlanId, SyncName, Verb, Wanted, said};

/// Make or show plans.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with 0 if there is nothing to do, with 4 if something could not be read, with 3 if changes wait
for approval, and with 5 if nothing is to be done but a bill stays wrong until somebody acts.

Findings, the records a plan leaves unchanged, are counted by kind and cause; `crosswalk finding list` lists them.

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
    #[command(flatten)]
    queue: QueueArgs,
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
    /// Show all changes, without a limit
    #[arg(long, requires = "show")]
    all: bool,
}

impl PlanArgs {
    fn filter(&self) -> ChangeFilter {
        ChangeFilter {
            kind: self.kind,
            action: self.action,
            customer: self.customer.clone(),
            held: self.held.then_some(true),
            ..ChangeFilter::default()
        }
    }

    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        match (&self.sync, self.show) {
            (Some(sync), _) if self.list => list(session, &tenant, sync).await,
            (Some(sync), _) if self.queue.queue => self.queue.ask(session, &tenant, sync, &Wanted::Plan).await,
            (Some(sync), _) => make(session, &tenant, sync).await,
            (None, Some(plan)) => detail::show(session, &tenant, plan, self.filter(), self.all).await,
            (None, None) => {
                let one = Call::of(Verb::Plan).choose("sync");
                let other = Call::of(Verb::Plan).with("show", "PLAN");
                Err(CliError::usage(said!("cli-no-sync-or-plan"), said!("cli-one-or-other", one, other)))
            }
        }
    }
}

async fn make(session: &Session<'_>, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<Exit> {
    let report = tenant.plan(sync, &Bars::new(session.output)).await?;
    let held = Held::of(tenant, &report.plan).await?;
    let billing = billing(tenant, sync).await?;
    let lang = session.output.lang();
    session.output.answer(|| document(sync, &report, &held, lang), || summary(sync, &report, &held, billing, lang))?;
    Ok(exit(&report))
}

/// Returns the exit code of planning alone.
pub(super) fn exit(report: &PlanReport) -> Exit {
    match (Sums::of(&report.plan).changes, report.complaints.is_empty()) {
        (_, false) => Exit::Partial,
        (0, true) if report.attention > 0 => Exit::Held,
        (0, true) => Exit::Done,
        _ => Exit::Pending,
    }
}

async fn list(session: &Session<'_>, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<Exit> {
    let plans = tenant.plan_list(sync, 50).await?;
    let lang = session.output.lang();
    session.output.answer(
        || plans.iter().map(shapes::plan).collect(),
        || {
            if plans.is_empty() {
                return lang.say(said!("cli-no-plan", plan = Call::of(Verb::Plan).with("sync", sync)));
            }
            let rows = plans.iter().map(|plan| {
                let sums = Sums::of(plan);
                [
                    plan.id.to_string(),
                    moment(lang, plan.made_at),
                    sums.changes.to_string(),
                    sums.held.to_string(),
                    sums.calls.to_string(),
                    plan.undecided.to_string(),
                    yes_or_dash(lang, plan.approved_at.is_some()),
                ]
            });
            table(lang, ["plan", "made", "changes", "held", "calls", "undecided", "approved"], rows)
        },
    )?;
    Ok(Exit::Done)
}
