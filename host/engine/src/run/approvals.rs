//! Gives an approval: stored with the entry on the brakes that it releases (which, for which changes, and why they held)
//! in one transaction.
//!
//! What may go by the approvals of a plan is decided in `session`.

use crate::error::Error;
use crosswalk_model::said::Arg;
use crosswalk_model::{Approved, Event, Kind, Plan, RunId, Said, SyncName, Timestamp, said};
use crosswalk_store::{Approving, JournalEntry, TenantStore};
use serde_json::json;
use std::collections::BTreeMap;

/// Changes read at a time: a first plan is held whole.
const PAGE: usize = 500;
/// Reasons of one brake and kind that are kept: of a customer each has its own.
const REASONS: usize = 20;

/// What an approval is given for.
pub(crate) struct Of<'a> {
    pub(crate) sync: &'a SyncName,
    pub(crate) plan: &'a Plan,
    /// The run that applies it; `None` if it is applied later.
    pub(crate) run: Option<RunId>,
    pub(crate) now: Timestamp,
}

/// Stores an approval of the store's actor, with `noted` and the entry on released brakes.
pub(crate) async fn approve(
    store: &TenantStore,
    of: &Of<'_>,
    approving: &Approving,
    noted: Option<JournalEntry>,
) -> Result<(), Error> {
    let mut entries: Vec<JournalEntry> = noted.into_iter().collect();
    entries.extend(released(store, of, approving).await?);
    store.noting(Some(of.sync), &entries)?.approval_add(of.plan.id, approving, of.now).await?;
    Ok(())
}

/// What one brake held of one kind.
#[derive(Default)]
struct Held {
    changes: u64,
    reasons: Vec<Said>,
}

/// The entry on the brakes that an approval releases; `None` if nothing that is held is let go.
async fn released(store: &TenantStore, of: &Of<'_>, approving: &Approving) -> Result<Option<JournalEntry>, Error> {
    let approved @ Approved { part, release, .. } = &approving.approved;
    if release.is_empty() || of.plan.totals.iter().all(|total| total.held == 0) {
        return Ok(None);
    }
    let (mut held, mut after) = (BTreeMap::<(String, Kind), Held>::new(), 0);
    let customer = part.customer.as_deref();
    loop {
        let page = store.plan_holds(of.plan.id, customer, part.kind, after, PAGE).await?;
        let Some((last, ..)) = page.last() else { break };
        after = *last;
        for (at, kind, hold) in page {
            if !part.has(at, kind, customer.unwrap_or_default()) || !approved.releases(at, &hold) {
                continue;
            }
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
    let each =
        held.iter().map(|((brake, kind), of)| said!("run-released-brake", brake, kind = *kind, count = of.changes));
    let brakes = Arg::list(each);
    let rested = held.iter().map(
        |((brake, kind), of)| json!({ "brake": brake, "kind": kind, "changes": of.changes, "reasons": of.reasons }),
    );
    let by = approving.by(store.actor());
    Ok(Some(JournalEntry {
        run: of.run,
        plan: Some(of.plan.id),
        kind: part.kind,
        customer: part.customer.clone(),
        event: Event::Released,
        detail: Some(json!({
            "by": &by,
            "hash": of.plan.hash,
            "release": release.words(),
            "held": rested.collect::<Vec<_>>(),
        })),
        message: said!("run-released", plan = of.plan.id, brakes, by),
        ..JournalEntry::at(of.now)
    }))
}
