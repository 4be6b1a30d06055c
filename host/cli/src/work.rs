//! `crosswalk work`: runs the schedule. It does what is due until stopped, and prints one line when
//! each item ends.

use super::exit::Exit;
use super::output::{clean, moment, word};
use super::session::Session;
use super::shapes::{self, word_of};
use crosswalk_engine::{JobOutcome, JobReport, WorkOptions};
use crosswalk_model::said::{Arg, Typed};
use crosswalk_model::{Said, said};
use crosswalk_say::Lang;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};

/// Options of `crosswalk work`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The database lists due items: syncs with a schedule (`crosswalk sync set NAME --every 60`, --daily or
--monthly), recurring jobs of plugins whose syncs are not paused, wake-ups requested by connectors, and
pruning once a day (`crosswalk prune --help`). Several of these processes and other commands may run at
once: each item is run by one of them. A signal stops the process at a safe point, with the exit code 0.
With --json each line is a document.

An item mostly waits for a vendor, so many run side by side, at most four of one tenant. Half of the
slots are reserved for tenants with nothing running, and items that failed the last time share a
quarter, so a vendor that hangs delays no other tenant. A small sync takes about 1 MiB of memory, one of
50,000 assets up to 150 MiB; lower --at-once if that is too much.

Examples:
  crosswalk work
  * * * * * crosswalk work --once --quiet      (by cron, in place of a process that stays)")]
pub(super) struct WorkArgs {
    /// Do what is due now, then exit
    #[arg(long)]
    once: bool,
    /// Maximum number of items to run at once, across all tenants
    #[arg(long, value_name = "NUMBER", default_value = "32", value_parser = clap::value_parser!(u16).range(1..=64))]
    at_once: u16,
}

impl WorkArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let engine = session.engine()?;
        if session.tenant_named {
            session.tenant().await?;
        }
        let tenant = session.tenant_named.then(|| session.tenant.clone());
        let options = WorkOptions { tenant, at_once: self.at_once.into(), once: self.once };
        let failed = AtomicBool::new(false);
        let lang = session.output.lang();
        let tell = |report: JobReport| {
            failed.fetch_or(!matches!(report.outcome, JobOutcome::Done | JobOutcome::Skipped), Ordering::Relaxed);
            let line =
                if session.output.json() { document(&report, lang).to_string() } else { describe(&report, lang) };
            if session.output.line(&line).is_err() {
                // Nobody is reading any more.
                engine.stop().stop();
            }
        };
        if !self.once {
            session.output.talk(&lang.say(said!("cli-work-begins")));
        }
        engine.work(&options, &tell).await?;
        let partly = self.once && !engine.stop().is_stopped() && failed.into_inner();
        Ok(if partly { Exit::Partial } else { Exit::Done })
    }
}

fn document(report: &JobReport, lang: Lang) -> Value {
    let mut document = json!(report);
    document["message"] = shapes::message(&report.message, lang);
    document
}

/// Describes one finished item for a person.
fn describe(report: &JobReport, lang: Lang) -> String {
    let seconds = Arg::decimal(format!("{}.{}", report.took_ms / 1000, report.took_ms % 1000 / 100));
    let mut ended = vec![said!("cli-work-ended", word = word_of(&report.outcome), seconds, message = &report.message)];
    if report.failures > 1 {
        ended.push(said!("cli-work-in-a-row", count = report.failures));
    }
    if let Some(next) = &report.next_at {
        ended.push(said!("cli-work-next", at = Arg::Typed(Typed::Moment(next.clone()))));
    }
    let (began, job) = (moment(lang, &report.began_at), word(lang, &report.job));
    format!("{began}  {}  {job} {}  {}", report.tenant, report.of, clean(&lang.say(Said::several(ended))))
}
