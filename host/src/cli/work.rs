//! `crosswalk work`: the schedule, run for real. It does what is due until it is stopped, one
//! line for each thing when it ends.

use super::exit::Exit;
use super::output::clean;
use super::session::Session;
use super::shapes::spelled;
use crate::engine::{JobOutcome, JobReport, WorkOptions};
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};

/// Do what is due.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What is due is a fact in the database: a sync with an interval (`crosswalk sync set NAME --every
60`, --daily or --monthly), the jobs that a plugin's manifest lets recur for connections of syncs that are not paused, and
what connectors asked to be woken for; once a day what is old is pruned (`crosswalk prune --help`). Several of these may run at once, and commands by
hand beside them: each thing is done by one. A signal stops it where nothing is lost, and it
ends with 0. With --json each line is a document.

Most of the time a thing waits for a vendor, so many are done side by side. Of one tenant no
more than four are, and while others may come, half of the places are kept for tenants that have
none; what failed the last time has a quarter. A vendor that hangs so keeps its own tenant
waiting and no other. Each thing takes memory: about 1 MiB for a small sync, up to 150 MiB for
one of 50,000 assets; lower --at-once where that is too much.

Examples:
  crosswalk work
  * * * * * crosswalk work --once --quiet      (by cron, in place of a process that stays)")]
pub(super) struct WorkArgs {
    /// Do what is due now, and end
    #[arg(long)]
    once: bool,
    /// How many things are done side by side, of all tenants together
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
            let line = if session.output.json() { json!(report).to_string() } else { line(&report) };
            if session.output.line(&line).is_err() {
                // Nobody listens any more.
                engine.stop().stop();
            }
        };
        if !self.once {
            session.output.talk("at work; Ctrl-C stops it where nothing is lost");
        }
        engine.work(&options, &tell).await?;
        let partly = self.once && !engine.stop().is_stopped() && failed.into_inner();
        Ok(if partly { Exit::Partial } else { Exit::Done })
    }
}

/// One thing that was done, for a person.
fn line(report: &JobReport) -> String {
    let seconds = format!("{}.{} s", report.took_ms / 1000, report.took_ms % 1000 / 100);
    let mut line = format!(
        "{}  {}  {} {}  {} in {seconds}: {}",
        report.began_at,
        report.tenant,
        report.job,
        report.of,
        spelled(&report.outcome),
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
