//! Reports of applied plans and finished runs, for people and programs.

use super::exit::Exit;
use super::output::{clean, table};
use super::plan::{self, Held};
use super::session::Session;
use super::shapes;
use crosswalk_engine::{ApplyReport, RunReport, Tenant};
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Run, Said, SyncName, Verb, said};
use crosswalk_say::{Lang, command};
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
    let lang = session.output.lang();
    session.output.answer(
        || {
            let applied = report.applied.as_ref().map_or(Value::Null, |applied| shapes::applied(applied, lang));
            json!({ "plan": plan::document(sync, &report.plan, &held, lang), "applied": applied })
        },
        || {
            let planned = plan::summary(sync, &report.plan, &held, billing, lang);
            match &report.applied {
                Some(applied) => format!("{planned}\n{}", summary(applied, lang)),
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
pub(super) fn summary(report: &ApplyReport, lang: Lang) -> String {
    let run = &report.run;
    let mut text = format!("{}\n", lang.say(end_of_run(run)));
    if !run.message.is_empty() && report.failures.is_empty() {
        text.push_str(&format!("{}\n", clean(&lang.say(&run.message))));
    }
    if !report.failures.is_empty() {
        let rows = report.failures.iter().map(|(what, why)| [lang.say(what), lang.say(why)]);
        text.push_str(&format!("\n{}\n", table(lang, ["failed", "why"], rows)));
    }
    if run.counts.failed + run.counts.stale + run.counts.held + run.counts.uncertain > 0 {
        text.push_str(&format!("\n{}\n", lang.say(said!("cli-next"))));
        let mut next = |call: Call, note: Said| text.push_str(&plan::next_line(&command(&call), &note, lang));
        if run.counts.uncertain > 0 {
            next(Call::of(Verb::UncertainList).with("sync", &run.sync), said!("cli-next-looked-up"));
        }
        if let Some(plan) = run.plan.filter(|_| run.counts.held > 0) {
            next(Call::of(Verb::Plan).with("show", plan).flag("held"), Said::default());
        }
        if run.counts.failed + run.counts.stale > 0 {
            next(Call::of(Verb::Journal).with("sync", &run.sync).with("run", run.id), Said::default());
        }
        next(Call::of(Verb::Plan).with("sync", &run.sync), said!("cli-next-rest"));
    }
    text
}

/// Describes the end of a run in one line.
fn end_of_run(run: &Run) -> Said {
    let counts = &run.counts;
    let mut ended = vec![said!("cli-run-done", count = counts.done)];
    for (count, what) in
        [(counts.failed, "failed"), (counts.stale, "stale"), (counts.uncertain, "uncertain"), (counts.held, "held")]
    {
        if count > 0 {
            ended.push(said!("cli-run-count", count, what));
        }
    }
    let (counts, writes, status) = (Arg::list(ended), run.counts.writes, run.status.as_str());
    match seconds(run) {
        Some(seconds) => {
            let seconds = Arg::decimal(seconds);
            said!("cli-run-ended", run = run.id, sync = &run.sync, status, seconds, counts, writes)
        }
        None => said!("cli-run-under-way", run = run.id, sync = &run.sync, status, counts, writes),
    }
}

/// Duration of a run, in seconds.
pub(super) fn seconds(run: &Run) -> Option<String> {
    let ms = run.ended_at?.since_ms(run.started_at);
    Some(format!("{}.{}", ms / 1000, ms % 1000 / 100))
}
