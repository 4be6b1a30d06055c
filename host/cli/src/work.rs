//! `crosswalk work`: runs the schedule. It does what is due until stopped, and prints one line when
//! each item ends.

use super::exit::Exit;
use super::output::clean;
use super::session::Session;
use super::shapes::word_of;
use crosswalk_engine::{JobOutcome, JobReport, WorkOptions};
use serde_json::json;
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
    /// The most items to run side by side, of all tenants together
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
        let tell = |report: JobReport| {
            failed.fetch_or(!matches!(report.outcome, JobOutcome::Done | JobOutcome::Skipped), Ordering::Relaxed);
            let line = if session.output.json() { json!(report).to_string() } else { describe_item(&report) };
            if session.output.line(&line).is_err() {
                // Nobody is reading any more.
                engine.stop().stop();
            }
        };
        if !self.once {
            session.output.talk("running the schedule; Ctrl-C stops it at a safe point");
        }
        engine.work(&options, &tell).await?;
        let partly = self.once && !engine.stop().is_stopped() && failed.into_inner();
        Ok(if partly { Exit::Partial } else { Exit::Done })
    }
}

/// Describes one finished item for a person.
fn describe_item(report: &JobReport) -> String {
    let seconds = format!("{}.{} s", report.took_ms / 1000, report.took_ms % 1000 / 100);
    let mut line = format!(
        "{}  {}  {} {}  {} in {seconds}: {}",
        report.began_at,
        report.tenant,
        report.job,
        report.of,
        word_of(&report.outcome),
        clean(&report.message)
    );
    if report.failures > 1 {
        line.push_str(&format!("; {} times in a row", report.failures));
    }
    if let Some(next) = &report.next_at {
        line.push_str(&format!("; next {next}"));
    }
    line
}
