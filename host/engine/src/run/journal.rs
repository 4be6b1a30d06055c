//! A line for the journal about one change.

use crate::ground::sync_run::SyncRun;
use crosswalk_model::{Event, PlanId, PlannedChange, Said};
use crosswalk_store::JournalEntry;

/// A line for the journal about one change; what it changed stands in the plan, and is read from there.
pub(crate) fn entry(
    run: &SyncRun<'_>,
    plan: PlanId,
    planned: &PlannedChange,
    event: Event,
    message: Said,
    target: Option<String>,
) -> JournalEntry {
    JournalEntry {
        run: Some(run.id),
        plan: Some(plan),
        sequence: Some(planned.sequence),
        kind: Some(planned.kind),
        source: Some(planned.source.clone()),
        target,
        customer: Some(planned.customer.clone()),
        event,
        message,
        detail: crate::rules::plan::line::detail(planned),
        ..JournalEntry::at(run.now())
    }
}
