//! The brakes: what is held for a person to look at before it happens.
//!
//! They work per customer and kind, and hold all of its changes: where half the devices
//! seem gone, nothing else that was read of that customer is to be trusted either. The
//! rest of the plan goes on. Fields that change by themselves count for no brake, and
//! half a move (retire and create) counts as one update.

use crate::model::sync::BrakeLimits;
use crate::model::{Action, Hold, PlannedChange, Trust, catalogue};

/// Holds the changes of one customer and kind where a limit is passed. `linked` is how
/// many of its records are linked. Changes come in with `held` empty.
///
/// The hold names the first that applies of `preview` (no approval lifts it),
/// `deactivations`, `updates` and `first-run`; its reason tells them all.
pub fn hold(changes: &mut [PlannedChange], linked: u32, limits: &BrakeLimits, first_run: bool, trust: Trust) {
    let Some(first) = changes.first() else { return };
    let kind = first.kind;
    let deactivations = changes.iter().filter(|change| change.action == Action::Deactivate).count();
    let updates = changes.iter().filter(|change| is_update(change)).count();
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
        Action::Link | Action::Create | Action::Deactivate => false,
    }
}

fn is_over(count: usize, linked: u32, percent: u32, least: u32) -> bool {
    let count = count as u64;
    count > 0 && count >= u64::from(least) && count * 100 > u64::from(percent) * u64::from(linked)
}
