//! The other way: customers that are in the target alone, created at the source.
//!
//! What is to be created is decided in [`plan::plan_reverse`]; here it is fed, guarded once
//! more before it is written, and linked. The write itself, the look-up of an uncertain one
//! and the settlement go the way of all changes, at the other side.

use super::draft::Draft;
use super::reading;
use crate::error::Error;
use crate::ground::stop::beside_others;
use crate::ground::sync_run::SyncRun;
use crate::rules::brakes;
use crate::rules::matching::Matched;
use crate::rules::plan::{self, ReverseInput};
use crosswalk_model::{
    Change, Decider, Direction, Kind, Link, PlannedChange, Record, ReverseDecision, Said, Selection, said,
};
use crosswalk_store::Settled;
use std::collections::HashMap;

/// Plans the customers to be created at the source; none unless the rules say so and
/// both sides were read to the end.
pub(super) async fn plan_reverse(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    source: &[Record],
    target: &[Record],
    links: &[Link],
    matched: &[Matched],
) -> Result<Vec<PlannedChange>, Error> {
    let rules = &run.sync.rules;
    let can = run.source.description.kind(Kind::Customer);
    let Some(describe) = can.filter(|_| rules.reverse && draft.both_complete(Kind::Customer)) else {
        return Ok(Vec::new());
    };
    let decisions = run.store.reverse_all(&run.sync.name).await?;
    let planned = beside_others(source.len() + target.len(), || {
        plan::plan_reverse(&ReverseInput {
            source,
            target,
            links,
            matched,
            decisions: &decisions,
            apart: rules.tickets.catch_all.as_deref(),
            sync: &run.sync.name,
            describe,
            now: run.now(),
            stopped: &|| run.stop.is_stopped(),
        })
    });
    run.go_on()?;
    draft.find(planned.findings);
    let mut changes = planned.changes;
    changes.retain(|change| !draft.is_open_at_source(change.target.as_deref()));
    // The first that go this way are looked at, be the sync itself long trusted.
    let first_run =
        draft.first_run(Kind::Customer) || !links.iter().any(|link| link.decided_by == Some(Decider::Reverse));
    let unit = brakes::Unit { in_use: None, first_run, trust: rules.kinds[&Kind::Customer].trust };
    brakes::hold(&mut changes, unit, &rules.brakes);
    Ok(changes)
}

/// Why customers among these changes must not be created at the source any more, by target id:
/// somebody decided so since, or one of that name is there by now.
/// One of which the source could not be asked waits, by its sequence.
pub(super) async fn refusals(
    run: &SyncRun<'_>,
    changes: &[PlannedChange],
    waits: &mut HashMap<u32, Said>,
) -> Result<HashMap<String, Said>, Error> {
    let changes: Vec<_> = changes.iter().filter(|change| change.direction() == Direction::AtSource).collect();
    if changes.is_empty() {
        return Ok(HashMap::new());
    }
    let decisions = run.store.reverse_all(&run.sync.name).await?;
    let named = run.source.description.kind(Kind::Customer).is_some_and(|can| can.reads.named);
    let mut refusals = HashMap::new();
    for change in changes {
        let Some(target) = &change.target else { continue };
        if decisions.get(target) == Some(&ReverseDecision::Exclude) {
            refusals.insert(target.clone(), said!("write-excluded"));
            continue;
        }
        let sent = change.fields.iter().find(|diff| diff.name == "name").and_then(|diff| diff.after.as_text());
        let Some(name) = sent.filter(|_| named) else { continue };
        let selection = Selection::Named { parent: None, name: name.to_owned() };
        match reading::read_all(run, &run.source, Kind::Customer, selection).await {
            Ok(found) => refusals
                .extend(found.first().map(|there| (target.clone(), said!("write-there-in-source", id = &there.id)))),
            Err(failure) => {
                let why = said!("write-waits-for-look", connection = &run.source.name, why = failure.said());
                waits.insert(change.sequence, why);
            }
        }
    }
    Ok(refusals)
}

/// The link of a target customer to what was created for it; a person's own link stands.
pub(super) async fn reverse_link(
    run: &SyncRun<'_>,
    planned: &PlannedChange,
    sent: Option<&Change>,
    source: &str,
    kept: Option<&Record>,
) -> Result<Link, Error> {
    let link = run.store.link_get(&run.sync.name, planned.kind, source).await?;
    if let Some(own) = link.as_ref().filter(|link| link.linked().is_some()) {
        return Ok(own.clone());
    }
    let ids: Vec<String> = planned.target.iter().cloned().collect();
    let there = run.store.records_by_ids(&run.target.name, planned.kind, &ids).await?.pop();
    let there = there.map(|stored| stored.record);
    Ok(plan::after_reverse(link.as_ref(), planned, sent, source, kept, there.as_ref(), run.now()))
}

/// What came of a change at the source is told by both ids, as the target's was there before:
/// `id` is then the source's. Of all other changes it was known whose they are.
pub(super) fn told_by_both(settled: &mut Settled, planned: &PlannedChange, id: &str) {
    if planned.direction() != Direction::AtSource {
        return;
    }
    settled.target.clone_from(&planned.target);
    settled.journal.target.clone_from(&planned.target);
    settled.journal.source = Some(id.to_owned());
    settled.journal.customer = Some(id.to_owned());
}
