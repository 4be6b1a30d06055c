//! `crosswalk apply` and `crosswalk run`: what is planned is done, after a person said yes
//! (`apply`) or by the trust they gave before (`run`). Undoing a run is in `undo.rs`.

use super::exit::{Exit, Told};
use super::output::{clean, count, table};
use super::plan::{self, Held, PAGE};
use super::progress::Bars;
use super::session::Session;
use super::shapes;
use super::terminal::{self, can_ask};
use anyhow::Context;
use clap::builder::PossibleValuesParser;
use crosswalk_engine::rules::brakes::can_release;
use crosswalk_engine::{ApplyOptions, ApplyReport, ChangeFilter, ChangeStatus, RunReport, Tenant};
use crosswalk_model::{Brake, Kind, PlanId, Run, SyncName};
use serde_json::{Value, json};

/// The brakes a person can let go, and all of them.
fn releasable() -> PossibleValuesParser {
    let brakes = Brake::ALL.into_iter().filter(|brake| brake.can_release()).map(Brake::as_str);
    PossibleValuesParser::new(brakes.chain(["all"]))
}

/// Do what a plan says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each change is checked again before it is done; a stale change is refused, with the reason. A newer
plan of the whole sync with other changes supersedes this one: nothing is done, and the exit code is 1.
Nothing is lost when it is stopped: the next plan or apply goes on from there.

Examples:
  crosswalk apply 12
  crosswalk apply 12 --customer 17 --kind asset
  crosswalk apply 12 --release first-run --yes")]
pub(super) struct ApplyArgs {
    /// The plan
    plan: PlanId,
    /// Release what this brake holds; repeat for several
    #[arg(long, value_name = "BRAKE", value_parser = releasable())]
    release: Vec<String>,
    /// Only changes of this source customer, by its id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only changes of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Do not ask whether to go ahead
    #[arg(short, long)]
    yes: bool,
}

/// Plan and apply in one go, or take back what a run did.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Applies only kinds with the trust `automatic`, and nothing that a brake holds; the rest waits in the
plan. Suits a timer of the machine. `crosswalk runs` lists past runs; `crosswalk run -- undo` runs a
sync called `undo`.

Examples:
  crosswalk run rmm-to-psa
  crosswalk run undo 7"
)]
pub(super) struct RunArgs {
    /// The sync
    #[arg(required = true)]
    sync: Option<SyncName>,
    #[command(subcommand)]
    command: Option<RunCommand>,
}

/// What else can be done with runs.
#[derive(Debug, clap::Subcommand)]
enum RunCommand {
    /// Show what takes back what a run did, and do it after a yes
    Undo(super::undo::UndoArgs),
}

impl ApplyArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let tenant = session.tenant().await?;
        let go_ahead = self.go_ahead();
        if !self.yes && !confirmed(session, self.question(&tenant).await?, &go_ahead).await? {
            session.output.talk("nothing was applied");
            return Ok(Exit::Pending);
        }
        let options = ApplyOptions {
            release: self.release,
            customer: self.customer,
            kind: self.kind,
            approved_by: session.environment("USER").or_else(|| session.environment("LOGNAME")),
            ..ApplyOptions::default()
        };
        let report = tenant.apply(self.plan, &options, &Bars::new(session.output)).await?;
        session.output.answer(|| shapes::applied(&report), || words(&report))?;
        Ok(Exit::of_run(&report.run))
    }

    /// The same command, with a yes.
    fn go_ahead(&self) -> String {
        let mut command = format!("crosswalk apply {}", self.plan);
        self.release.iter().for_each(|brake| command.push_str(&format!(" --release {brake}")));
        if let Some(customer) = &self.customer {
            command.push_str(&format!(" --customer {}", quoted(customer)));
        }
        if let Some(kind) = self.kind {
            command.push_str(&format!(" --kind {kind}"));
        }
        command + " --yes"
    }

    /// What is asked before anything is done.
    async fn question(&self, tenant: &Tenant) -> anyhow::Result<String> {
        let filter = ChangeFilter {
            kind: self.kind,
            customer: self.customer.clone(),
            status: Some(ChangeStatus::Pending),
            ..ChangeFilter::default()
        };
        let free =
            |brake: &str| can_release(brake) && self.release.iter().any(|release| release == brake || release == "all");
        let (mut go, mut held, mut calls, mut after) = (0, 0, 0, 0);
        loop {
            let page = tenant.plan_changes(self.plan, &filter, after, PAGE).await?;
            for change in page.iter().map(|view| &view.change) {
                if change.held.as_ref().is_none_or(|hold| hold.brakes().all(free)) {
                    (go, calls) = (go + 1, calls + u64::from(change.calls));
                } else {
                    held += 1;
                }
                after = change.sequence;
            }
            if page.len() < PAGE {
                break;
            }
        }
        let held = if held == 0 { String::new() } else { format!(", and leave {held} held") };
        Ok(format!("Apply {} of plan {} (at most {}){held}?", count(go, "change"), self.plan, count(calls, "call")))
    }
}

/// Asks a person; where there is none, the command that goes ahead has to stand for the answer.
pub(super) async fn confirmed(session: &Session<'_>, question: String, go_ahead: &str) -> anyhow::Result<bool> {
    if !can_ask() {
        return Err(Told::usage(
            "nobody can be asked whether to go ahead: this is no terminal",
            format!("`{go_ahead}` goes ahead"),
        ));
    }
    // On a thread of its own, so that a signal is heard meanwhile.
    let answer = tokio::task::spawn_blocking(move || terminal::ask(&question));
    let engine = session.engine()?;
    tokio::select! {
        answer = answer => Ok(answer.context("the question was broken off")??),
        () = engine.stop().stopped() => Err(crosswalk_engine::error::Error::Stopped.into()),
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

impl RunArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let sync = match (self.command, self.sync) {
            (Some(RunCommand::Undo(undo)), _) => return undo.run(session).await,
            (None, Some(sync)) => sync,
            (None, None) => return Err(Told::usage("no sync is named", "`crosswalk run SYNC`")),
        };
        let tenant = session.tenant().await?;
        let report = tenant.run(&sync, &Bars::new(session.output)).await?;
        told(session, &tenant, &sync, &report).await
    }
}

/// Tells what a run came to: its plan, and what was applied of it.
pub(super) async fn told(
    session: &Session<'_>,
    tenant: &Tenant,
    sync: &SyncName,
    report: &RunReport,
) -> anyhow::Result<Exit> {
    let held = Held::of(tenant, &report.plan.plan).await?;
    let billing = plan::billing(tenant, sync).await?;
    session.output.answer(
        || {
            let applied = report.applied.as_ref().map_or(Value::Null, shapes::applied);
            json!({ "plan": plan::document(sync, &report.plan, &held), "applied": applied })
        },
        || {
            let planned = plan::words(sync, &report.plan, &held, billing);
            match &report.applied {
                Some(applied) => format!("{planned}\n{}", words(applied)),
                None => planned,
            }
        },
    )?;
    Ok(match &report.applied {
        Some(applied) => Exit::of_run(&applied.run),
        None => plan::exit(&report.plan),
    })
}

/// What applying came to, for people.
pub(super) fn words(report: &ApplyReport) -> String {
    let run = &report.run;
    let mut text = format!("{}\n", ended(run));
    if !run.message.is_empty() && report.failures.is_empty() {
        text.push_str(&format!("{}\n", clean(&run.message)));
    }
    if !report.failures.is_empty() {
        let rows = report.failures.iter().map(|(what, why)| [what.clone(), why.clone()]);
        text.push_str(&format!("\n{}\n", table(["failed", "why"], rows)));
    }
    if run.counts.failed + run.counts.stale + run.counts.held + run.counts.uncertain > 0 {
        text.push_str("\nnext:\n");
        if run.counts.uncertain > 0 {
            text.push_str(&format!("  crosswalk uncertain list {}   (when each is looked up)\n", run.sync));
        }
        if let Some(plan) = run.plan.filter(|_| run.counts.held > 0) {
            text.push_str(&format!("  crosswalk plan --show {plan} --held\n"));
        }
        if run.counts.failed + run.counts.stale > 0 {
            text.push_str(&format!("  crosswalk journal {} --run {}\n", run.sync, run.id));
        }
        text.push_str(&format!("  crosswalk plan {}   (what is left, planned afresh)\n", run.sync));
    }
    text
}

/// How a run ended, in one line.
pub(super) fn ended(run: &Run) -> String {
    let counts = &run.counts;
    let mut text = format!("run {} of {}: {}", run.id, run.sync, run.status.as_str());
    if let Some(seconds) = seconds(run) {
        text.push_str(&format!(" in {seconds} s"));
    }
    text.push_str(&format!(": {} done", counts.done));
    for (number, what) in
        [(counts.failed, "failed"), (counts.stale, "stale"), (counts.uncertain, "uncertain"), (counts.held, "held")]
    {
        if number > 0 {
            text.push_str(&format!(", {number} {what}"));
        }
    }
    text.push_str(&format!("; {} sent", count(counts.writes, "write")));
    text
}

/// How long a run took, in seconds.
pub(super) fn seconds(run: &Run) -> Option<String> {
    let ms = run.ended_at?.since_ms(run.started_at);
    Some(format!("{}.{}", ms / 1000, ms % 1000 / 100))
}
