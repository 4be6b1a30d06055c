//! `crosswalk journal` and `crosswalk runs`: past actions with their reasons, and past runs.

use super::applied::seconds;
use super::exit::Exit;
use super::output::{count, or_dash, table};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{JournalEntry, JournalFilter};
use crosswalk_model::{Actor, Event, Kind, RunId, SyncName};

/// The journal.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  crosswalk journal rmm-to-psa --run 7 --event failed
  crosswalk journal --kind asset --source 4711 --limit 20")]
pub(super) struct JournalArgs {
    /// Only of this sync
    sync: Option<SyncName>,
    /// Only of this run
    #[arg(long, value_name = "RUN")]
    run: Option<RunId>,
    /// Only about this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Only about this source record, by its id
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Only about this target record, by its id
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Only about records of this source customer, by its id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only this event: created, linked, updated, failed, refused, …
    #[arg(long)]
    event: Option<Event>,
    /// Only what was done by this actor: local:USER, schedule, host, …
    #[arg(long, value_name = "ACTOR")]
    by: Option<Actor>,
    /// The most entries to list
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Past runs.
#[derive(Debug, clap::Args)]
pub(super) struct RunsArgs {
    /// Only of this sync
    sync: Option<SyncName>,
    /// The most runs to list
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

impl JournalArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let filter = JournalFilter {
            sync: self.sync,
            run: self.run,
            kind: self.kind,
            source: self.source,
            target: self.target,
            customer: self.customer,
            event: self.event,
            actor: self.by,
            limit: self.limit,
        };
        let entries = session.tenant().await?.journal(&filter).await?;
        session.output.answer(
            || entries.iter().map(shapes::journal).collect(),
            || if entries.is_empty() { "no such entry in the journal".to_owned() } else { summary(&entries) },
        )?;
        Ok(Exit::Done)
    }
}

/// Renders journal entries as a table.
pub(super) fn summary(entries: &[JournalEntry]) -> String {
    let rows = entries.iter().map(|entry| {
        [
            entry.at.to_string(),
            or_dash(entry.run),
            or_dash(entry.actor.as_ref()),
            entry.event.to_string(),
            or_dash(entry.kind),
            or_dash(entry.source.as_deref()),
            or_dash(entry.target.as_deref()),
            message(entry),
        ]
    });
    table(["at", "run", "by", "event", "kind", "source", "target", "message"], rows)
}

/// The text of an entry, with its count if repeated.
fn message(entry: &JournalEntry) -> String {
    match entry.detail.as_ref().and_then(|detail| detail["times"].as_u64()).filter(|times| *times > 1) {
        Some(times) => format!("{} ({})", entry.message, count(times, "time")),
        None => entry.message.clone(),
    }
}

impl RunsArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let runs = session.tenant().await?.run_list(self.sync.as_ref(), self.limit).await?;
        session.output.answer(
            || runs.iter().map(shapes::run).collect(),
            || {
                if runs.is_empty() {
                    return "no run yet".to_owned();
                }
                let rows = runs.iter().map(|run| {
                    [
                        run.id.to_string(),
                        run.sync.to_string(),
                        shapes::word_of(&run.mode),
                        or_dash(run.actor.as_ref()),
                        run.started_at.to_string(),
                        or_dash(seconds(run)),
                        run.status.as_str().to_owned(),
                        or_dash(run.plan),
                        run.counts.done.to_string(),
                        run.counts.failed.to_string(),
                        run.counts.held.to_string(),
                        run.message.clone(),
                    ]
                });
                table(
                    ["run", "sync", "mode", "by", "started", "s", "ended", "plan", "done", "failed", "held", "message"],
                    rows,
                )
            },
        )?;
        Ok(Exit::Done)
    }
}
