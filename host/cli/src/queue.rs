//! Work that is asked for instead of done: the flags, the request, and following its run.
//!
//! `crosswalk work`, in whichever process, does what is asked for.

use super::exit::Exit;
use super::output::word;
use super::progress::label_of;
use super::session::Session;
use super::shapes;
use crosswalk_engine::{RunView, Tenant};
use crosswalk_model::{Call, RunId, StopOutcome, SyncName, Timestamp, Verb, Wanted, said};
use crosswalk_say::Lang;
use jiff::civil::Time;
use serde_json::json;
use std::time::Duration;

/// Time between two looks at a run that is followed.
const LOOK: Duration = Duration::from_millis(500);

/// Whether work is asked for instead of done.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct QueueArgs {
    /// Ask for it instead of doing it: a process with `crosswalk work` does it
    #[arg(long)]
    pub(super) queue: bool,
    /// With --queue: not before this time, HH:MM here or 2026-11-30T22:00:00Z
    #[arg(long, value_name = "TIME", requires = "queue", value_parser = time)]
    pub(super) at: Option<Timestamp>,
    /// With --queue: follow the run until it ends
    #[arg(long, requires = "queue")]
    pub(super) follow: bool,
}

/// Parses the next `HH:MM` of this machine's time zone, or a moment.
fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp(at.as_millisecond()));
    }
    let wrong = || format!("`{text}` is no time: write 22:00 or 2026-11-30T22:00:00Z");
    let wanted: Time = text.parse().map_err(|_| wrong())?;
    let now = jiff::Zoned::now();
    let today = now.with().time(wanted).build().map_err(|_| wrong())?;
    let next = if today < now { today.tomorrow().map_err(|_| wrong())? } else { today };
    Ok(Timestamp(next.timestamp().as_millisecond()))
}

impl QueueArgs {
    /// Asks for work, and reports its run or follows it.
    pub(super) async fn ask(
        &self,
        session: &Session<'_>,
        tenant: &Tenant,
        sync: &SyncName,
        wanted: &Wanted,
    ) -> anyhow::Result<Exit> {
        let run = tenant.request(sync, wanted, self.at).await?;
        let lang = session.output.lang();
        if self.follow {
            session.output.talk(&lang.say(said!("cli-queued", run)));
            return follow(session, tenant, run).await;
        }
        let follow = Call::of(Verb::RunFollow).with("run", run);
        session.output.answer(
            || json!({ "run": run }),
            || match self.at {
                Some(at) => lang.say(said!("cli-queued-until", run, at, follow)),
                None => lang.say(said!("cli-queued-now", run, follow)),
            },
        )?;
        Ok(Exit::Done)
    }
}

/// Follow a run until it ends.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The run may be another process's. Each new state is printed as a line, with --json as one document;
the exit code is the run's. Interrupting this command does not stop the run: `crosswalk run stop` does.

Examples:
  crosswalk run follow 17")]
pub(super) struct FollowArgs {
    /// The run, as `crosswalk runs` numbers them
    run: RunId,
}

impl FollowArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        follow(session, &session.tenant().await?, self.run).await
    }
}

async fn follow(session: &Session<'_>, tenant: &Tenant, run: RunId) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let mut shown = None;
    loop {
        let view = tenant.run_view(run).await?;
        let now = (view.run.status, view.state.as_ref().map(|state| state.number), view.stop_by.clone());
        if shown.as_ref() != Some(&now) {
            let line =
                if session.output.json() { shapes::run_view(&view, lang).to_string() } else { line(&view, lang) };
            session.output.line(&line)?;
            shown = Some(now);
        }
        if view.run.ended_at.is_some() {
            return Ok(Exit::of_run(&view.run));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// One state of a run.
fn line(view: &RunView, lang: Lang) -> String {
    let (run, status) = (view.run.id, word(lang, view.run.status.as_str()));
    if view.run.ended_at.is_some() {
        let message = &view.run.message;
        return match message.is_empty() {
            true => lang.say(said!("cli-follow-ended", run, status)),
            false => lang.say(said!("cli-follow-ended-with", run, status, message)),
        };
    }
    match (&view.state, &view.stop_by) {
        (_, Some(by)) => lang.say(said!("cli-follow-stopping", run, by = by.to_string())),
        (None, None) => lang.say(said!("cli-follow-status", run, status)),
        (Some(state), None) => {
            let stage = label_of(&state.stage, &state.connection, state.kind);
            match state.steps {
                Some(steps) => lang.say(said!("cli-follow-steps", run, stage, done = state.done, steps)),
                None => lang.say(said!("cli-follow-done", run, stage, done = state.done)),
            }
        }
    }
}

/// Stop a run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A run that waits is cancelled. One that is under way, in whichever process, stops within seconds where
nothing is lost: what was sent is settled, and the next run goes on from there.

Examples:
  crosswalk run stop 17")]
pub(super) struct StopArgs {
    /// The run, as `crosswalk runs` numbers them
    run: RunId,
}

impl StopArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let outcome = session.tenant().await?.run_stop(self.run).await?;
        let (lang, run) = (session.output.lang(), self.run);
        let (name, said) = match outcome {
            StopOutcome::Cancelled => ("cancelled", said!("cli-stop-cancelled", run)),
            StopOutcome::Asked => {
                ("asked", said!("cli-stop-asked", run, follow = Call::of(Verb::RunFollow).with("run", run)))
            }
            StopOutcome::Ended => ("ended", said!("cli-stop-ended", run)),
        };
        session.output.answer(|| json!({ "run": run, "outcome": name }), || lang.say(said))?;
        Ok(Exit::Done)
    }
}
