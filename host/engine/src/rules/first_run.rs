//! Explains why a kind still counts as at its first run although plans of it were released, and what would end that.
//! `run::ending` decides when it is over.

use crosswalk_model::said::Arg;
use crosswalk_model::{Brake, Call, Kind, PlanId, Said, Verb, said};
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

/// The message; `None` where nothing is left but writes whose outcome is not known, which are told by themselves.
pub(crate) fn why_open(kind: Kind, before: &LetGo, now: &Now<'_>) -> Option<Said> {
    if before.open > 0 && before.left.is_empty() {
        return None;
    }
    let meanwhile = match now.holds {
        true => said!("first-run-holds-each"),
        false => said!("first-run-brakes-off"),
    };
    let ends = match now.changes {
        0 => said!("first-run-ends-with-next-plan"),
        _ => {
            let brakes = now.held_by.iter().filter(|brake| brake.can_release()).map(|brake| brake.as_str());
            let apply = Call::of(Verb::Apply).with("plan", now.plan).each("release", brakes);
            said!("first-run-ends-with-this-plan", apply)
        }
    };
    Some(said!("first-run-open", kind, did = did(kind, before), meanwhile, ends))
}

/// What the plan that was released before came to.
fn did(kind: Kind, before: &LetGo) -> Said {
    let waiting: u64 = before.left.iter().map(|(_, count)| count).sum();
    let all = before.done + before.failed + before.open + waiting;
    let waits = |(brakes, count): &(Option<String>, u64)| match brakes {
        Some(brakes) => said!("first-run-left-held", count = *count, brakes),
        None => said!("first-run-left-not-begun", count = *count),
    };
    let mut left: Vec<Said> = before.left.iter().map(waits).collect();
    left.extend((before.failed > 0).then(|| said!("first-run-left-failed", count = before.failed)));
    left.extend((before.open > 0).then(|| said!("first-run-left-unsettled", count = before.open)));
    let (plan, done) = (before.plan, before.done);
    match left.is_empty() {
        true => said!("first-run-did", plan, done, all, kind),
        false => said!("first-run-did-and-left", plan, done, all, kind, left = Arg::list(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_say::English;

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
            why_open(Kind::Asset, &before, &now).expect("a message").english(),
            "the first run of assets is not over: plan 3 did 3 of its 13 asset changes and left 2 not begun, 5 held by \
             `deactivations+first-run`, 1 failed or stale, 2 unsettled; until it is over, `first-run` holds each of their \
             changes; it ends once all that can be released of this plan is released: `crosswalk apply 4 --release \
             deactivations --release first-run`"
        );
        let none = Now { changes: 0, holds: false, ..now };
        let stopped = LetGo { done: 0, failed: 0, open: 0, left: vec![(None, 2)], ..before.clone() };
        let text = why_open(Kind::Asset, &stopped, &none).expect("a message").english();
        assert!(text.contains("did 0 of its 2 asset changes and left 2 not begun"), "{text}");
        assert!(
            text.ends_with("hold none of them; it ends with the next plan that has any and is released as a whole"),
            "{text}"
        );
        assert_eq!(
            why_open(Kind::Asset, &LetGo { left: Vec::new(), ..before }, &none),
            None,
            "they settle by themselves"
        );
    }
}
