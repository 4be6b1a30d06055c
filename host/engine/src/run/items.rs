//! From one customer's records of a kind to its changes: fed to the rules, and held by the brakes.

use super::draft::Draft;
use crate::ground::sync_run::SyncRun;
use crate::rules::brakes;
use crate::rules::matching::{Decision, Matched};
use crate::rules::plan::{self, Item, PlanInput};
use crosswalk_model::{Hold, Kind, KindDescription, Link, PlannedChange, Record};
use crosswalk_store::Stored;
use std::collections::HashMap;

/// A source customer and the account it is: none while it takes no part, `Some(None)`
/// while this plan creates it.
pub(crate) struct Account {
    pub(crate) source: String,
    pub(crate) target: Option<Option<String>>,
}

impl Account {
    pub(crate) fn linked(&self) -> Option<&str> {
        self.target.as_ref().and_then(Option::as_deref)
    }
}

pub(crate) fn item<'a>(
    source: Option<&'a Record>,
    gone: Option<&Stored>,
    link: Option<&'a Link>,
    matched: &'a Matched,
    targets: &HashMap<&str, &'a Record>,
) -> Item<'a> {
    let target = match &matched.decision {
        Decision::Linked { target, .. } => Some(target.as_str()),
        _ => link.and_then(|link| link.target.as_deref()),
    };
    Item {
        source,
        gone_since: gone.and_then(|stored| stored.gone_at),
        link,
        decision: &matched.decision,
        target: target.and_then(|id| targets.get(id).copied()),
    }
}

/// Present records, and gone ones.
pub(crate) fn split(stored: Vec<Stored>) -> (Vec<Record>, Vec<Stored>) {
    let (present, gone): (Vec<Stored>, Vec<Stored>) = stored.into_iter().partition(|stored| stored.gone_at.is_none());
    (present.into_iter().map(|stored| stored.record).collect(), gone)
}

pub(crate) fn plan_items(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    customer: &str,
    parent_target: Option<&str>,
    items: Vec<Item<'_>>,
    can: &KindDescription,
) -> Vec<PlannedChange> {
    let planned = plan::plan_kind(&PlanInput {
        kind,
        customer,
        items: &items,
        parent_target,
        parent_out_of_use: parent_target.and_then(|id| draft.out_of_use.get(id)),
        describe: can,
        rules: &run.sync.rules,
        now: run.now(),
        refresh: draft.refresh,
        resolve: &|kind, id| draft.reference(customer, kind, id),
    });
    draft.find(planned.findings);
    draft.noted.extend(planned.noted);
    draft.without_open(kind, planned.changes)
}

/// Lays the brakes on one customer's changes of a kind, of which so many records are linked and in use.
pub(crate) fn brake(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    customer: &str,
    changes: &mut [PlannedChange],
    in_use: Option<u32>,
) {
    let rules = &run.sync.rules;
    // What the plan itself holds, no release of another brake lets go.
    let own: Vec<Option<Hold>> = changes.iter_mut().map(|change| change.held.take()).collect();
    let unit = brakes::Unit { in_use, first_run: draft.first_run(kind), trust: rules.kinds[&kind].trust };
    brakes::hold(changes, unit, &rules.brakes);
    for (change, own) in changes.iter_mut().zip(own) {
        change.held = brakes::also(own, change.held.as_ref());
    }
    brakes::hold_with_customer(changes, draft.customer_hold(customer));
}
