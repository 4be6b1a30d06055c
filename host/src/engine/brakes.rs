//! The brakes: what is held for a person to look at before it happens.
//!
//! They work per customer and kind, and hold all of its changes: where half the devices
//! seem gone, nothing else that was read of that customer is to be trusted either. The
//! rest of the plan goes on. Fields that change by themselves count for no brake, nor
//! does what is written as a record is first linked, and half a move (retire and create)
//! counts as one update.

use super::plan::alerts::UNMAPPED;
use super::plan::usage::DATES;
use crate::model::sync::BrakeLimits;
use crate::model::{Action, Hold, PlannedChange, Trust, catalogue};
use std::collections::HashSet;

/// Whether an operator can let go what this brake holds. A preview wants more trust, a day that is
/// wrong another one, and an unmapped alert a customer.
#[must_use]
pub fn can_release(brake: &str) -> bool {
    !["preview", DATES, UNMAPPED].contains(&brake)
}

/// Holds the changes of one customer and kind where a limit is passed. `linked` is how
/// many of its records are linked. Changes come in with `held` empty.
///
/// The hold names the first that applies of `preview` (no approval lifts it),
/// `deactivations`, `updates` and `first-run`; its reason tells them all.
pub fn hold(changes: &mut [PlannedChange], linked: u32, limits: &BrakeLimits, first_run: bool, trust: Trust) {
    let Some(first) = changes.first() else { return };
    let kind = first.kind;
    let deactivations = changes.iter().filter(|change| change.action == Action::Deactivate).count();
    // What is written as a record is first linked belongs to the linking, not to a mass change.
    let fresh: HashSet<&str> =
        changes.iter().filter(|change| change.action == Action::Link).map(|change| change.source.as_str()).collect();
    let updates = changes.iter().filter(|change| is_update(change) && !fresh.contains(change.source.as_str())).count();
    let mut brakes: Vec<(&str, String)> = Vec::new();
    if trust == Trust::Preview {
        brakes.push(("preview", format!("this sync only previews {kind}s: raise its trust to apply")));
    }
    for (brake, count, percent, least) in [
        ("deactivations", deactivations, limits.deactivate_percent, limits.deactivate_least),
        ("updates", updates, limits.update_percent, limits.update_least),
    ] {
        if is_over(count, linked, percent, least) {
            brakes.push((
                brake,
                format!("{count} {brake} of {linked} linked {kind}s: more than {percent} %, and at least {least}"),
            ));
        }
    }
    if first_run && limits.first_run {
        brakes.push(("first-run", format!("the first run of this sync: {} changes to look at", changes.len())));
    }
    let Some((brake, _)) = brakes.first() else { return };
    let hold = Hold {
        brake: (*brake).to_owned(),
        reason: brakes.iter().map(|(_, reason)| reason.as_str()).collect::<Vec<_>>().join("; "),
    };
    for change in changes {
        change.held = Some(hold.clone());
    }
}

fn is_update(change: &PlannedChange) -> bool {
    match change.action {
        Action::Update => change.fields.iter().any(|diff| !catalogue::is_volatile(change.kind, &diff.name)),
        Action::Move | Action::Retire | Action::Reactivate => true,
        Action::Link
        | Action::Create
        | Action::Deactivate
        | Action::Open
        | Action::Append
        | Action::Close
        | Action::CreateSource
        | Action::Unlink => false,
    }
}

fn is_over(count: usize, linked: u32, percent: u32, least: u32) -> bool {
    let count = count as u64;
    count > 0 && count >= u64::from(least) && count * 100 > u64::from(percent) * u64::from(linked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FieldDiff, Kind, Risk, Value};
    use proptest::prelude::*;

    fn change(action: Action, field: &str) -> PlannedChange {
        PlannedChange {
            sequence: 0,
            kind: Kind::Asset,
            action,
            customer: "c".into(),
            source: "s".into(),
            target: None,
            name: "PC".into(),
            fields: vec![FieldDiff { name: field.into(), before: None, after: Value::Blank }],
            reason: String::new(),
            risk: Risk::Low,
            calls: 1,
            held: None,
            link_revision: 0,
        }
    }

    fn many(count: usize, action: Action, field: &str) -> Vec<PlannedChange> {
        vec![change(action, field); count]
    }

    fn brake(mut changes: Vec<PlannedChange>, linked: u32, first_run: bool, trust: Trust) -> Option<String> {
        hold(&mut changes, linked, &BrakeLimits::default(), first_run, trust);
        assert!(changes.windows(2).all(|pair| pair[0].held == pair[1].held), "all of a customer and kind, or none");
        changes.first().and_then(|change| change.held.clone()).map(|hold| hold.brake)
    }

    #[test]
    fn each_brake_at_its_limit() {
        let auto = Trust::Automatic;
        for (what, changes, linked, first_run, trust, expected) in [
            ("nothing", vec![], 10, true, Trust::Preview, None),
            ("few deactivations", many(4, Action::Deactivate, "active"), 10, false, auto, None),
            ("enough", many(5, Action::Deactivate, "active"), 10, false, auto, Some("deactivations")),
            ("a small share", many(5, Action::Deactivate, "active"), 50, false, auto, None),
            ("just over", many(6, Action::Deactivate, "active"), 59, false, auto, Some("deactivations")),
            ("nothing linked", many(5, Action::Deactivate, "active"), 0, false, auto, Some("deactivations")),
            ("updates", many(10, Action::Update, "model"), 33, false, auto, Some("updates")),
            ("few updates", many(9, Action::Update, "model"), 9, false, auto, None),
            ("a share of updates", many(30, Action::Update, "model"), 100, false, auto, None),
            ("by themselves", many(100, Action::Update, "last-seen"), 100, false, auto, None),
            ("moves", many(10, Action::Move, "parent"), 10, false, auto, Some("updates")),
            ("halves of moves", many(10, Action::Retire, "active"), 10, false, auto, Some("updates")),
            ("creates", many(500, Action::Create, "model"), 10, false, auto, None),
            ("first run", many(1, Action::Create, "model"), 0, true, Trust::Approve, Some("first-run")),
            ("preview", many(1, Action::Link, "model"), 10, false, Trust::Preview, Some("preview")),
            ("both", many(20, Action::Update, "model"), 20, true, auto, Some("updates")),
        ] {
            assert_eq!(brake(changes, linked, first_run, trust).as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn the_reason_has_the_numbers_of_every_brake() {
        let mut changes = many(12, Action::Deactivate, "active");
        hold(&mut changes, 40, &BrakeLimits::default(), true, Trust::Approve);
        assert_eq!(
            changes[0].held.as_ref().unwrap().reason,
            "12 deactivations of 40 linked assets: more than 10 %, and at least 5; the first run of this sync: 12 changes to look at"
        );
    }

    fn any_action() -> impl Strategy<Value = (Action, &'static str)> {
        (prop::sample::select(Action::ALL.to_vec()), prop::sample::select(vec!["model", "last-seen", "active"]))
    }

    #[test]
    fn what_is_written_along_with_a_first_link_is_no_mass_update() {
        let mut changes = Vec::new();
        for n in 0..20 {
            for action in [Action::Link, Action::Update] {
                changes.push(PlannedChange { source: n.to_string(), ..change(action, "name") });
            }
        }
        hold(&mut changes, 0, &BrakeLimits::default(), false, Trust::Approve);
        assert!(changes.iter().all(|change| change.held.is_none()));
        changes.retain(|change| change.action == Action::Update);
        hold(&mut changes, 20, &BrakeLimits::default(), false, Trust::Approve);
        assert!(changes.iter().all(|change| change.held.is_some()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn more_changes_or_stricter_limits_never_release(
            some in prop::collection::vec(any_action(), 1..60), more in prop::collection::vec(any_action(), 0..20),
            linked in 0..200_u32, percent in 0..100_u32, least in 0..20_u32, first_run in any::<bool>(),
        ) {
            let limits = BrakeLimits {
                deactivate_percent: percent, deactivate_least: least, update_percent: percent, update_least: least, first_run: true,
            };
            let is_held = |actions: &[(Action, &str)], limits: &BrakeLimits, linked: u32| {
                // Of different records: what comes along with a link of its own counts for nothing.
                let one = |(at, (action, field)): (usize, &(Action, &str))| PlannedChange { source: at.to_string(), ..change(*action, field) };
                let mut changes: Vec<PlannedChange> = actions.iter().enumerate().map(one).collect();
                hold(&mut changes, linked, limits, first_run, Trust::Automatic);
                changes[0].held.is_some()
            };
            if is_held(&some, &limits, linked) {
                let all: Vec<_> = some.iter().chain(&more).copied().collect();
                prop_assert!(is_held(&all, &limits, linked));
                prop_assert!(is_held(&some, &limits, linked.saturating_sub(1)));
                let stricter = BrakeLimits { deactivate_percent: percent / 2, update_percent: percent / 2, ..limits };
                prop_assert!(is_held(&some, &stricter, linked));
            }
        }
    }
}
