//! The end of a run: its counts, its outcome and its message, stored.

use super::report::{ApplyReport, PlanReport};
use super::totals::ApplyTotals;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crosswalk_model::plan::PlanTotal;
use crosswalk_model::run::STOPPED;
use crosswalk_model::{Kind, Plan, RunStatus, Said, said};

/// Ends a run that only planned, however that went.
pub(crate) async fn planned(run: &SyncRun<'_>, report: Result<PlanReport, Error>) -> Result<PlanReport, Error> {
    match &report {
        Ok(report) => end_plan(run, report).await?,
        Err(error) => run.fail(error).await,
    }
    report
}

/// Ends a run that only read.
pub(crate) async fn end_idle(run: &SyncRun<'_>) -> Result<(), Error> {
    let Some(mut row) = run.store.run_get(run.id).await? else { return Ok(()) };
    let complaints = run.complaints();
    row.status = if complaints.is_empty() { RunStatus::NothingToDo } else { RunStatus::Partial };
    row.message = complaints.into_iter().next().unwrap_or_default();
    row.ended_at = Some(run.now());
    Ok(run.store.run_finish(&row).await?)
}

pub(crate) async fn end_plan(run: &SyncRun<'_>, report: &PlanReport) -> Result<(), Error> {
    let Some(mut row) = run.store.run_get(run.id).await? else { return Ok(()) };
    let sum = |pick: fn(&PlanTotal) -> u32| report.plan.totals.iter().map(|total| u64::from(pick(total))).sum::<u64>();
    (row.counts.source_read, row.counts.target_read) = report.read;
    row.counts.planned = sum(|total| total.changes);
    row.counts.held = sum(|total| total.held);
    let attention = run.attention();
    let complaints = run.complaints();
    row.status = match (row.counts.planned, complaints.is_empty()) {
        (_, false) => RunStatus::Partial,
        (0, true) if attention > 0 => RunStatus::Held,
        (0, true) => RunStatus::NothingToDo,
        (planned, true) if planned == row.counts.held => RunStatus::Held,
        _ => RunStatus::Succeeded,
    };
    row.counts.held += attention;
    row.message = complaints.into_iter().next().unwrap_or_default();
    row.plan = Some(report.plan.id);
    row.ended_at = Some(run.now());
    Ok(run.store.run_finish(&row).await?)
}

pub(crate) async fn end_apply(run: &SyncRun<'_>, plan: &Plan, mut tally: ApplyTotals) -> Result<ApplyReport, Error> {
    let mut row = run.store.run_get(run.id).await?.ok_or_else(|| Error::not_found("run", run.id, ""))?;
    tally.counts.held += run.attention();
    let counts = &tally.counts;
    let stopped = tally.stop.as_ref().and_then(Said::code) == Some(STOPPED);
    let complaints = run.complaints();
    let unsettled = counts.uncertain + tally.open;
    let failed = counts.failed + counts.stale + unsettled + tally.overtaken > 0 || tally.stop.is_some();
    row.status = match (counts.done > 0 || stopped, failed || !complaints.is_empty()) {
        (true, false) => RunStatus::Succeeded,
        (true, true) => RunStatus::Partial,
        (false, true) if unsettled > counts.failed || !failed => RunStatus::Partial,
        (false, true) => RunStatus::Failed,
        (false, false) if counts.held > 0 => RunStatus::Held,
        (false, false) => RunStatus::NothingToDo,
    };
    let failure = tally.failures.first().map(|(what, why)| said!("run-failure", what, why));
    let both = Said::several(complaints.into_iter().take(1).chain(failure));
    row.message = tally
        .stop
        .clone()
        .or_else(|| Some(both).filter(|both| !both.is_empty()))
        .or_else(|| plan.undoes.filter(|_| tally.counts.done > 0).map(|run| said!("run-undid", run)))
        .unwrap_or_default();
    row.counts = tally.counts;
    row.plan = Some(plan.id);
    row.ended_at = Some(run.now());
    run.store.run_finish(&row).await?;
    end_first_runs(run, plan).await?;
    Ok(ApplyReport { run: row, failures: tally.failures })
}

/// Notes the kinds of which this plan was let go as a whole. What is polled is whole by itself; an approval of
/// lines is when it has as many as the newest plan of the sync.
pub(crate) async fn end_first_runs(run: &SyncRun<'_>, plan: &Plan) -> Result<(), Error> {
    if plan.undoes.is_some() {
        return Ok(());
    }
    let lines = |plan: &Plan| -> u64 {
        let usage = plan.totals.iter().filter(|total| total.kind.is_billed());
        usage.map(|total| u64::from(total.changes)).sum()
    };
    let newest = run.store.plan_list(&run.sync.name, 1).await?.into_iter().next();
    let is_whole = run.store.plan_is_whole(plan.id).await?;
    let all_lines = newest.is_none_or(|newest| lines(plan) >= lines(&newest));
    let by_itself = |kind: &Kind| kind.is_polled() || (kind.is_billed() && all_lines);
    let only: Option<Vec<Kind>> = (!is_whole).then(|| Kind::ALL.into_iter().filter(by_itself).collect());
    Ok(run.store.first_runs_end(plan.id, only, run.now()).await?)
}
