//! `crosswalk alert`: polls a source's alerts, creates and updates their tickets, and lists them.

use super::applied;
use super::exit::Exit;
use super::output::{clean, moment, or_dash, table};
use super::plan::{self, Held};
use super::progress::Bars;
use super::queue::QueueArgs;
use super::session::Session;
use super::shapes;
use clap::Subcommand;
use crosswalk_engine::AlertView;
use crosswalk_model::{SyncName, Wanted, said};
use crosswalk_say::Lang;
use serde_json::{Value, json};

/// Turn alerts into tickets.
#[derive(Debug, Subcommand)]
pub(super) enum AlertCommand {
    /// Read the alerts now, and make, note or close tickets as trust allows
    #[command(after_help = "\
Alerts of one device and condition share a ticket. An alert that comes back soon after its ticket was
closed opens the ticket again (`crosswalk sync set SYNC --swing-hours`). With the trust `approve` the
plan waits for `crosswalk apply`; with `automatic` it is applied at once. Exits as `crosswalk run` does.

Examples:
  crosswalk alert poll rmm-to-psa --plan
  crosswalk alert poll rmm-to-psa")]
    Poll {
        /// The sync
        sync: SyncName,
        /// Only show the plan; write nothing
        #[arg(long, conflicts_with = "queue")]
        plan: bool,
        #[command(flatten)]
        queue: QueueArgs,
    },
    /// List the alerts of the last read, with their tickets
    List {
        /// The sync
        sync: SyncName,
        /// Only alerts without a ticket
        #[arg(long)]
        open: bool,
    },
}

impl AlertCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            AlertCommand::Poll { sync, queue, .. } if queue.queue => {
                let tenant = session.tenant().await?;
                queue.ask(session, &tenant, &sync, &Wanted::PollAlerts).await
            }
            AlertCommand::Poll { sync, plan: true, .. } => {
                let tenant = session.tenant().await?;
                let report = tenant.alerts_plan(&sync, &Bars::new(session.output)).await?;
                let held = Held::of(&tenant, &report.plan).await?;
                let billing = plan::billing(&tenant, &sync).await?;
                let lang = session.output.lang();
                session.output.answer(
                    || plan::document(&sync, &report, &held, lang),
                    || plan::summary(&sync, &report, &held, billing, lang),
                )?;
                Ok(plan::exit(&report))
            }
            AlertCommand::Poll { sync, plan: false, .. } => {
                let tenant = session.tenant().await?;
                let report = tenant.alerts_run(&sync, &Bars::new(session.output)).await?;
                applied::report_run(session, &tenant, &sync, &report).await
            }
            AlertCommand::List { sync, open } => list(session, &sync, open).await,
        }
    }
}

async fn list(session: &Session<'_>, sync: &SyncName, open: bool) -> anyhow::Result<Exit> {
    let mut alerts = session.tenant().await?.alerts_list(sync).await?;
    alerts.retain(|view| !open || view.ticket.is_none());
    let lang = session.output.lang();
    session.output.answer(
        || alerts.iter().map(|view| document(view, lang)).collect(),
        || {
            let row = |view: &AlertView| {
                [
                    view.id.clone(),
                    or_dash(view.raised.as_deref().map(|at| moment(lang, at))),
                    or_dash(view.device.as_deref().map(clean)),
                    clean(&view.name).chars().take(60).collect(),
                    or_dash(view.ticket.as_deref()),
                    clean(&lang.say(&view.state)),
                ]
            };
            let shown = table(lang, ["alert", "raised", "device", "what", "ticket", "state"], alerts.iter().map(row));
            format!("{shown}\n{}", lang.say(said!("cli-alerts", count = alerts.len())))
        },
    )?;
    Ok(Exit::Done)
}

fn document(view: &AlertView, lang: Lang) -> Value {
    let mut document = json!(view);
    document["state"] = shapes::message(&view.state, lang);
    document
}
