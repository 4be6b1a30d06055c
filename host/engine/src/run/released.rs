//! Journals the brakes that an approval releases: which, by whom, for which changes, and why they held. Stored in one
//! transaction with the approval. `Session::may_go` in `session` decides what may go.

use super::session::Session;
use crate::error::Error;
use crosswalk_model::{Event, Kind, Plan};
use crosswalk_store::JournalEntry;
use serde_json::json;
use std::collections::BTreeMap;

/// Changes read at a time: a first plan is held whole.
const PAGE: usize = 500;
/// Reasons of one brake and kind that are kept: of a customer each has its own.
const REASONS: usize = 20;

/// What one brake held of one kind.
#[derive(Default)]
struct Held {
    changes: u64,
    reasons: Vec<String>,
}

/// The entry about the brakes that this application lets go, by `by`; `None` when nothing that is held is let go.
pub(crate) async fn released(session: &Session<'_, '_>, plan: &Plan, by: &str) -> Result<Option<JournalEntry>, Error> {
    if session.options.release.is_empty() || plan.totals.iter().all(|total| total.held == 0) {
        return Ok(None);
    }
    let (customer, kind) = (session.options.customer.as_deref(), session.options.kind);
    let (mut held, mut after) = (BTreeMap::<(String, Kind), Held>::new(), 0);
    loop {
        let page = session.run.store.plan_holds(plan.id, customer, kind, after, PAGE).await?;
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        for (_, kind, hold) in page.into_iter().filter(|(at, kind, hold)| session.lets_go(*at, *kind, Some(hold))) {
            let of = held.entry((hold.words(), kind)).or_default();
            of.changes += 1;
            if of.reasons.len() < REASONS && !of.reasons.contains(&hold.reason) {
                of.reasons.push(hold.reason);
            }
        }
    }
    if held.is_empty() {
        return Ok(None);
    }
    let told = |((brake, kind), of): (&(String, Kind), &Held)| format!("{brake} of {} {kind} changes", of.changes);
    let told: Vec<String> = held.iter().map(told).collect();
    let rested = |((brake, kind), of): (&(String, Kind), &Held)| json!({ "brake": brake, "kind": kind, "changes": of.changes, "reasons": of.reasons });
    let rested: Vec<serde_json::Value> = held.iter().map(rested).collect();
    Ok(Some(JournalEntry {
        run: Some(session.run.id),
        plan: Some(plan.id),
        kind: session.options.kind,
        customer: session.options.customer.clone(),
        event: Event::Released,
        message: format!("plan {}: {} let go by {by}", plan.id, told.join(", ")),
        detail: Some(
            json!({ "by": by, "hash": plan.hash, "release": session.options.release.words(), "held": rested }),
        ),
        ..JournalEntry::at(session.run.now())
    }))
}
