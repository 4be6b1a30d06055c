//! `crosswalk uncertain`: lists writes of unknown outcome and settles them by hand.

use super::exit::{CliError, Exit};
use super::output::{moment, table};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{Found, UncertainView};
use crosswalk_model::{ChangeId, SyncName, said};
use crosswalk_say::Lang;
use serde_json::{Value, json};

/// Commands on uncertain writes.
#[derive(Debug, clap::Subcommand)]
pub(super) enum UncertainCommand {
    /// List writes whose outcome is not known
    List(ListArgs),
    /// Settle a write by hand, after checking at the vendor
    Settle(SettleArgs),
}

/// List uncertain writes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A write is uncertain when the vendor sent no reply, or the program ended during the write. It
is looked up at once, after the vendor's quiet time, and again after growing pauses: by the next
`plan`, `run` or `apply`, or by `work` when the look-up is due and its sync has a schedule. A write that
is found is done. A write that is not found after that may be written again by a later run. Until
then nothing else is planned for its record.

Examples:
  crosswalk uncertain list
  crosswalk uncertain list rmm-to-psa")]
pub(super) struct ListArgs {
    /// Only writes of this sync
    sync: Option<SyncName>,
}

/// Settle an uncertain write.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Look at the vendor first: this command reads only the named record. A write that is settled as not
written is planned again; if it was written after all, it is then created twice. The journal keeps the
reason.

Examples:
  crosswalk uncertain settle 12.3 --written 29683125 --reason 'seen in the PSA, made at 14:02'
  crosswalk uncertain settle 12.3 --not-written --reason 'asked the vendor, ticket 4711'")]
pub(super) struct SettleArgs {
    /// The change: its plan and its place in the plan
    #[arg(value_name = "PLAN.PLACE")]
    change: ChangeId,
    /// It was written: the id of its record at the vendor
    #[arg(long, value_name = "ID", conflicts_with = "not_written")]
    written: Option<String>,
    /// It was not written
    #[arg(long)]
    not_written: bool,
    /// Your observation at the vendor, for the journal
    #[arg(long)]
    reason: String,
}

impl UncertainCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            Self::List(args) => args.run(session).await,
            Self::Settle(args) => args.run(session).await,
        }
    }
}

impl ListArgs {
    async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let views = session.tenant().await?.uncertain_list(self.sync.as_ref()).await?;
        let lang = session.output.lang();
        session.output.answer(
            || views.iter().map(|view| document(view, lang)).collect(),
            || {
                if views.is_empty() {
                    return lang.say(said!("cli-uncertain-none"));
                }
                let rows = views.iter().map(|view| {
                    [
                        view.change.clone(),
                        view.sync.to_string(),
                        lang.say(said!("cli-action-on", action = view.action, kind = view.kind)),
                        view.name.clone(),
                        view.run.to_string(),
                        moment(lang, view.intended_at),
                        view.due_at.map_or_else(|| lang.say(said!("cli-with-the-next-run")), |due| moment(lang, due)),
                        lang.say(&view.why),
                    ]
                });
                table(lang, ["change", "sync", "what", "name", "run", "begun", "looked-up-after", "why"], rows)
            },
        )?;
        Ok(Exit::Done)
    }
}

impl SettleArgs {
    async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let found = match (self.written, self.not_written) {
            (Some(id), _) => Found::Written(id),
            (None, true) => Found::NotWritten,
            (None, false) => {
                return Err(CliError::usage(said!("cli-outcome-missing"), said!("cli-outcome-hint")));
            }
        };
        let settled = session.tenant().await?.uncertain_settle(self.change, &found, &self.reason).await?;
        let lang = session.output.lang();
        session.output.answer(
            || document(&settled, lang),
            || {
                let (action, kind, name) = (settled.action, settled.kind, &settled.name);
                lang.say(match (&found, &settled.overtaken) {
                    (Found::Written(_), Some(overtaken)) => {
                        said!("cli-settled-overtaken", action, kind, name, overtaken)
                    }
                    (Found::Written(id), None) => said!("cli-settled-written", action, kind, name, id),
                    (Found::NotWritten, _) => said!("cli-settled-not-written", action, kind, name),
                })
            },
        )?;
        Ok(Exit::Done)
    }
}

fn document(view: &UncertainView, lang: Lang) -> Value {
    json!({
        "change": view.change,
        "sync": view.sync,
        "status": view.status,
        "kind": view.kind,
        "action": view.action,
        "source": view.source,
        "name": view.name,
        "target": view.target,
        "run": view.run,
        "intended_at": shapes::time(Some(view.intended_at)),
        "looks": view.looks,
        "due_at": shapes::time(view.due_at),
        "why": shapes::message(&view.why, lang),
        "overtaken": view.overtaken.as_ref().map(|overtaken| shapes::message(overtaken, lang)),
    })
}
