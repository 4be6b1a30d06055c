//! Explains why a kind still counts as at its first run although plans of it were released, and what would end that.
//! `run::ending` decides when it is over.

use crosswalk_model::{Brake, Kind, PlanId};
use crosswalk_store::LetGo;
use std::collections::BTreeSet;

/// What the plan that tells it has of the kind.
pub(crate) struct Now<'a> {
    pub(crate) plan: PlanId,
    pub(crate) changes: u64,
    /// The brakes that hold any of them.
    pub(crate) held_by: &'a BTreeSet<Brake>,
    /// Whether the sync holds a first run at all.
    pub(crate) holds: bool,
}

/// The sentence; `None` where nothing is left but writes whose outcome is not known, which are told by themselves.
pub(crate) fn why_open(kind: Kind, before: &LetGo, now: &Now<'_>) -> Option<String> {
    if before.open > 0 && before.left.is_empty() {
        return None;
    }
    let waiting: u64 = before.left.iter().map(|(_, count)| count).sum();
    let all = before.done + before.failed + before.open + waiting;
    let mut left: Vec<String> = Vec::new();
    for (brake, count) in &before.left {
        left.push(match brake {
            Some(brake) => format!("{count} held by `{brake}`"),
            None => format!("{count} not begun"),
        });
    }
    for (count, what) in [(before.failed, "that failed or went stale"), (before.open, "that are not settled")] {
        if count > 0 {
            left.push(format!("{count} {what}"));
        }
    }
    let left = if left.is_empty() { String::new() } else { format!(" and left {}", left.join(", ")) };
    let follows = match now.holds {
        true => "each change of them is held by `first-run`",
        false => "the brakes `creates` and `identity` hold none of them",
    };
    let flags: String =
        now.held_by.iter().filter(|brake| brake.can_release()).map(|brake| format!(" --release {brake}")).collect();
    let ends = match now.changes {
        0 => "with the next plan that has any and is let go as a whole".to_owned(),
        _ => format!("when all that one may let go of this plan is let go: `crosswalk apply {}{flags}`", now.plan),
    };
    Some(format!(
        "the first run of {kind}s is not over: plan {} did {} of its {all} {kind} changes{left}; until it is, {follows}; it ends {ends}",
        before.plan, before.done
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_first_run_names_what_was_left_and_what_ends_it() {
        let before = LetGo {
            kind: Kind::Asset,
            plan: PlanId(3),
            done: 3,
            failed: 1,
            open: 2,
            left: vec![(None, 2), (Some("deactivations+first-run".to_owned()), 5)],
        };
        let held_by = BTreeSet::from([Brake::Deactivations, Brake::FirstRun, Brake::OutOfUse]);
        let now = Now { plan: PlanId(4), changes: 8, held_by: &held_by, holds: true };
        assert_eq!(
            why_open(Kind::Asset, &before, &now).expect("a sentence"),
            "the first run of assets is not over: plan 3 did 3 of its 13 asset changes and left 2 not begun, 5 held by \
             `deactivations+first-run`, 1 that failed or went stale, 2 that are not settled; until it is, each change of them is held by \
             `first-run`; it ends when all that one may let go of this plan is let go: `crosswalk apply 4 --release \
             deactivations --release first-run`"
        );
        let none = Now { changes: 0, holds: false, ..now };
        let stopped = LetGo { done: 0, failed: 0, open: 0, left: vec![(None, 2)], ..before.clone() };
        let text = why_open(Kind::Asset, &stopped, &none).expect("a sentence");
        assert!(text.contains("did 0 of its 2 asset changes and left 2 not begun"), "{text}");
        assert!(text.ends_with("hold none of them; it ends with the next plan that has any and is let go as a whole"));
        assert_eq!(
            why_open(Kind::Asset, &LetGo { left: Vec::new(), ..before }, &none),
            None,
            "they settle by themselves"
        );
    }
}
