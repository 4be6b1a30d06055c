//! Reports of applied plans and finished runs, for people and programs.

use super::exit::Exit;
use super::output::{clean, count, table};
use super::plan::{self, Held};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{ApplyReport, RunReport, Tenant};
use crosswalk_model::{Run, SyncName};
use serde_json::{Value, json};

/// Reports a run: its plan, and the result of applying it.
pub(super) async fn report_run(
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
            let planned = plan::summary(sync, &report.plan, &held, billing);
            match &report.applied {
                Some(applied) => format!("{planned}\n{}", summary(applied)),
                None => planned,
            }
        },
    )?;
    Ok(match &report.applied {
        Some(applied) => Exit::of_run(&applied.run),
        None => plan::exit(&report.plan),
    })
}

/// Summarises the result of applying a plan, for people.
pub(super) fn summary(report: &ApplyReport) -> String {
    let run = &report.run;
    let mut text = format!("{}\n", end_of_run(run));
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
        text.push_str(&format!("  crosswalk plan {}   (plans what is left)\n", run.sync));
    }
    text
}

/// Describes the end of a run in one line.
pub(super) fn end_of_run(run: &Run) -> String {
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

/// Duration of a run, in seconds.
pub(super) fn seconds(run: &Run) -> Option<String> {
    let ms = run.ended_at?.since_ms(run.started_at);
    Some(format!("{}.{}", ms / 1000, ms % 1000 / 100))
}
