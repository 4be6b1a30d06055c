//! `crosswalk journal` and `crosswalk runs`: past actions with their reasons, and past runs.

use super::applied::seconds;
use super::exit::Exit;
use super::output::{decimal, moment, or_dash, table, word};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{JournalEntry, JournalFilter};
use crosswalk_model::{Actor, Event, Kind, RunId, SyncName, said};
use crosswalk_say::Lang;

/// The journal.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  crosswalk journal rmm-to-psa --run 7 --event failed
  crosswalk journal --kind asset --source 4711 --limit 20")]
pub(super) struct JournalArgs {
    /// Only this sync
    sync: Option<SyncName>,
    /// Only this run
    #[arg(long, value_name = "RUN")]
    run: Option<RunId>,
    /// Only records of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Only this source record, by its id
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Only this target record, by its id
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    /// Only records of this source customer, by its id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only this event: created, linked, updated, failed, refused, …
    #[arg(long)]
    event: Option<Event>,
    /// Only what was done by this actor: local:USER, schedule, host, …
    #[arg(long, value_name = "ACTOR")]
    by: Option<Actor>,
    /// Maximum number of entries to list
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Past runs.
#[derive(Debug, clap::Args)]
pub(super) struct RunsArgs {
    /// Only this sync
    sync: Option<SyncName>,
    /// Maximum number of runs to list
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
        let lang = session.output.lang();
        session.output.answer(
            || entries.iter().map(|entry| shapes::journal(entry, lang)).collect(),
            || if entries.is_empty() { lang.say(said!("cli-journal-none")) } else { summary(&entries, lang) },
        )?;
        Ok(Exit::Done)
    }
}

/// Renders journal entries as a table.
pub(super) fn summary(entries: &[JournalEntry], lang: Lang) -> String {
    let rows = entries.iter().map(|entry| {
        [
            moment(lang, entry.at),
            or_dash(entry.run),
            or_dash(entry.actor.as_ref()),
            word(lang, entry.event.as_str()),
            or_dash(entry.kind.map(|kind| word(lang, kind.as_str()))),
            or_dash(entry.source.as_deref()),
            or_dash(entry.target.as_deref()),
            message(entry, lang),
        ]
    });
    table(lang, ["at", "run", "by", "event", "kind", "source", "target", "message"], rows)
}

/// The text of an entry, with its count if repeated.
fn message(entry: &JournalEntry, lang: Lang) -> String {
    match entry.detail.as_ref().and_then(|detail| detail["times"].as_u64()).filter(|times| *times > 1) {
        Some(count) => lang.say(said!("cli-journal-times", message = &entry.message, count)),
        None => lang.say(&entry.message),
    }
}

impl RunsArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let runs = session.tenant().await?.run_list(self.sync.as_ref(), self.limit).await?;
        let lang = session.output.lang();
        session.output.answer(
            || runs.iter().map(|run| shapes::run(run, lang)).collect(),
            || {
                if runs.is_empty() {
                    return lang.say(said!("cli-runs-none"));
                }
                let rows = runs.iter().map(|run| {
                    [
                        run.id.to_string(),
                        run.sync.to_string(),
                        word(lang, &shapes::word_of(&run.mode)),
                        or_dash(run.actor.as_ref()),
                        moment(lang, run.started_at),
                        or_dash(seconds(run).map(|seconds| decimal(lang, seconds))),
                        word(lang, run.status.as_str()),
                        or_dash(run.plan),
                        run.counts.done.to_string(),
                        run.counts.failed.to_string(),
                        run.counts.held.to_string(),
                        lang.say(&run.message),
                    ]
                });
                table(
                    lang,
                    ["run", "sync", "mode", "by", "started", "s", "ended", "plan", "done", "failed", "held", "message"],
                    rows,
                )
            },
        )?;
        Ok(Exit::Done)
    }
}
