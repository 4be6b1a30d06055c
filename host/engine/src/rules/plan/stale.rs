//! Whether a planned change is still the right thing to do.
//!
//! Judged per change, by its own link and before-image: one refreshed record, or an earlier change of the same plan,
//! affects no other change. The link's revision alone decides only where nothing follows up on an earlier change of the
//! plan; elsewhere it is enough that the link still leads to the record the change is about.

use super::reverse::stale_reverse;
use super::ticket::{self, LAST_ACTIVITY, is_open, reopens};
use crate::rules::value::same;
use crosswalk_model::{
    Action, Decider, FieldDiff, Link, LinkState, PlannedChange, Record, Said, Step, Value, catalogue, said,
};

/// Why a change must not be applied any more; none when it may be. `link` and
/// `target_now` are as they are now: the record's link, and the target record the change names.
#[must_use]
pub fn stale(change: &PlannedChange, link: Option<&Link>, target_now: Option<&Record>) -> Option<Said> {
    stale_link(change, link).or_else(|| stale_target(change, target_now))
}

fn stale_link(change: &PlannedChange, link: Option<&Link>) -> Option<Said> {
    let moved = link.map_or(0, |link| link.revision) != change.link_revision;
    let linked = link.and_then(Link::linked);
    match change.action {
        // Whatever was decided or written of a line since makes another change of it right.
        _ if let Step::Line(step) = &change.step => {
            // The first half of its move, just before, freed it.
            let freed =
                link.is_some_and(|link| link.decided_by == Some(Decider::Retirement)) && !step.replaces.is_empty();
            (moved && !freed).then(|| said!("plan-stale-decided"))
        }
        Action::Create => match link.map(|link| link.state) {
            _ if let Some(target) = linked => Some(said!("plan-stale-linked-to", target)),
            // Somebody, or the retirement just before, wants it created.
            Some(LinkState::Create) => None,
            _ if moved => Some(said!("plan-stale-link-decided")),
            _ => None,
        },
        Action::Open | Action::Append if linked.is_some() => Some(said!("plan-stale-has-ticket")),
        Action::Open | Action::Append => moved.then(|| said!("plan-stale-link-decided")),
        // Its link is looked for by its target.
        Action::CreateSource => link.map(|link| said!("plan-stale-linked-to", target = link.source.as_str())),
        Action::Link if linked.is_some() && linked != change.target.as_deref() => {
            Some(said!("plan-stale-linked-elsewhere"))
        }
        Action::Link => moved.then(|| said!("plan-stale-link-decided")),
        _ if linked.is_none() => Some(said!("plan-stale-not-linked")),
        _ if linked != change.target.as_deref() => Some(said!("plan-stale-linked-elsewhere")),
        // A source record that came back shows on the link only.
        Action::Deactivate => moved.then(|| said!("plan-stale-may-be-back")),
        _ => None,
    }
}

/// Why the target record has left a change behind; none when it has not.
pub(crate) fn stale_target(change: &PlannedChange, target_now: Option<&Record>) -> Option<Said> {
    if change.action == Action::CreateSource {
        return stale_reverse(change, target_now);
    }
    // A link without a target waits for one that the same plan makes.
    if matches!(change.action, Action::Create | Action::Open)
        || (change.action == Action::Link && change.target.is_none())
    {
        return None;
    }
    let Some(target) = target_now else { return Some(said!("plan-stale-gone")) };
    if matches!(change.action, Action::Append | Action::Close) && !reopens(change) && !is_open(target) {
        return Some(said!("plan-stale-ticket-closed"));
    }
    let differs = |diff: &&FieldDiff| match &diff.before {
        Some(before) if !catalogue::is_volatile(change.kind, &diff.name) => {
            now(target, &diff.name).is_some_and(|now| !same(before, &now))
        }
        _ => false,
    };
    let differs = change.fields.iter().find(differs).map(|diff| diff.name.as_str());
    let worked_on = || change.ticket().is_some_and(|step| ticket::is_worked_on(step, target)).then_some(LAST_ACTIVITY);
    differs.or_else(worked_on).map(|field| said!("plan-stale-field-changed", field))
}

/// A field now; none when the target does not tell.
pub(crate) fn now(target: &Record, name: &str) -> Option<Value> {
    match name {
        "name" => Some(Value::Text(target.name.clone())),
        "parent" => target.parent.clone().map(Value::Text),
        "active" => Some(Value::Boolean(target.active())),
        other => target.field(other).cloned(),
    }
}
