//! Lines that take over what other lines bill: each is written after those, in as many rounds as needed. Lines in a
//! ring have no first.
//!
//! A round is resolved before any of it is written. A ring is written whole or not at all: one line that cannot be
//! written, or waits, holds the rest. A ring larger than a call takes several calls. What the vendor then refuses is
//! reported. Lines that are only recorded come last, if what they depend on was done. Half a ring stands, and the next
//! plan completes it from the same day.
//!
//! `lines::still_billed` reads from the links whether what a line depends on was done.

use super::batch::{Prepared, lock};
use crosswalk_model::{Action, PlannedChange, Said, said};
use crosswalk_store::ChangeStatus;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

/// The actions of a round, in order: what is written comes before what is only recorded.
pub(crate) const ACTIONS: [Action; 3] = [Action::Update, Action::Create, Action::Link];

/// What rests on other changes of a plan.
#[derive(Default)]
pub(crate) struct Resting {
    /// All that are pending.
    pub(crate) all: Mutex<Vec<PlannedChange>>,
    /// By source, the number of the ring it is of.
    pub(crate) rings: Mutex<HashMap<String, usize>>,
}

/// A change that is not written: it waits or is refused, and why.
pub(crate) type Not = (PlannedChange, ChangeStatus, Said);

impl Resting {
    pub(crate) fn put(&self, changes: Vec<PlannedChange>) {
        lock(&self.all).extend(changes);
    }

    /// Whether two are of one ring.
    pub(crate) fn together(&self, one: &str, other: &str) -> bool {
        let rings = lock(&self.rings);
        rings.get(one).is_some_and(|ring| rings.get(other) == Some(ring))
    }

    /// Takes out of what is ready the rest of each ring of which something is not written.
    pub(crate) fn broken(&self, ready: &mut Vec<Prepared>, not: &[Not]) -> Vec<Not> {
        let rings = lock(&self.rings);
        let mut broken = HashMap::<usize, &Not>::new();
        for one in not {
            if let Some(ring) = rings.get(&one.0.source) {
                let known = broken.entry(*ring).or_insert(one);
                // What is refused says more than what waits.
                if known.1 == ChangeStatus::Pending {
                    *known = one;
                }
            }
        }
        let mut out = Vec::new();
        ready.retain(|prepared| {
            let why = rings.get(&prepared.planned.source).and_then(|ring| broken.get(ring));
            out.extend(why.map(|(other, status, why)| {
                let status = if *status == ChangeStatus::Pending { *status } else { ChangeStatus::Stale };
                let other = &other.source;
                let why = said!("write-ring-broken", other, why);
                (prepared.planned.clone(), status, why)
            }));
            why.is_none()
        });
        out
    }
}

/// Changes in rounds: each round rests on earlier ones only, or its rings on themselves, and has as many changes as go
/// out at once where that parts no ring. And the ring that each source is of.
pub(crate) fn rounds(changes: Vec<PlannedChange>, at_once: usize) -> (Vec<Vec<PlannedChange>>, HashMap<String, usize>) {
    let mut left: BTreeMap<String, PlannedChange> =
        changes.into_iter().map(|change| (change.source.clone(), change)).collect();
    let (mut rounds, mut rings) = (Vec::<Vec<PlannedChange>>::new(), HashMap::new());
    while !left.is_empty() {
        let groups = next(&left);
        let mut round = Vec::new();
        for group in groups {
            if !round.is_empty() && round.len() + group.len() > at_once {
                rounds.push(std::mem::take(&mut round));
            }
            let ring = rings.len();
            for source in group.iter().filter(|_| group.len() > 1) {
                rings.insert(source.clone(), ring);
            }
            round.extend(group.iter().filter_map(|source| left.remove(source)));
        }
        rounds.push(round);
    }
    (rounds, rings)
}

/// The sources that rest on none of the others; where there are none, the rings that rest on no other ring.
fn next(left: &BTreeMap<String, PlannedChange>) -> Vec<Vec<String>> {
    let on = |source: &str| -> Vec<String> {
        let step = left.get(source).and_then(PlannedChange::line);
        let all = step.map(|step| step.rests.as_slice()).unwrap_or_default().iter().map(|rest| rest.leader.clone());
        all.filter(|leader| leader != source && left.contains_key(leader)).collect()
    };
    let edges: HashMap<&str, Vec<String>> = left.keys().map(|source| (source.as_str(), on(source))).collect();
    let free: Vec<Vec<String>> =
        left.keys().filter(|source| edges[source.as_str()].is_empty()).map(|source| vec![source.clone()]).collect();
    if !free.is_empty() {
        return free;
    }
    let reached = |source: &str| -> BTreeSet<String> {
        let (mut seen, mut open) = (BTreeSet::new(), edges[source].clone());
        while let Some(next) = open.pop() {
            if seen.insert(next.clone()) {
                open.extend(edges[next.as_str()].iter().cloned());
            }
        }
        seen
    };
    let (mut rings, mut taken) = (Vec::new(), HashSet::new());
    for source in left.keys() {
        if taken.contains(source) {
            continue;
        }
        let ring = reached(source);
        if ring.contains(source) && ring.iter().all(|other| reached(other) == ring) {
            taken.extend(ring.iter().cloned());
            rings.push(ring.into_iter().collect());
        }
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::{Kind, LineStep, Rest, Risk, Step};

    /// A line that rests on others.
    fn line(source: &str, on: &[&str]) -> PlannedChange {
        let rest = |leader: &&str| Rest { part: source.into(), leader: (*leader).into(), line: "1".into() };
        let step = LineStep { rests: on.iter().map(rest).collect(), ..LineStep::default() };
        PlannedChange {
            sequence: 0,
            kind: Kind::Usage,
            action: Action::Update,
            customer: String::new(),
            source: source.to_owned(),
            target: None,
            name: String::new(),
            fields: Vec::new(),
            step: Step::Line(Box::new(step)),
            reason: Said::default(),
            risk: Risk::Medium,
            calls: 0,
            held: None,
            link_revision: 0,
        }
    }

    fn in_short(lines: &[(&str, &[&str])], at_once: usize) -> (Vec<String>, Vec<Vec<String>>) {
        let (rounds, rings) = rounds(lines.iter().map(|(source, on)| line(source, on)).collect(), at_once);
        let sources = |round: Vec<PlannedChange>| round.into_iter().map(|one| one.source).collect::<String>();
        let mut by_ring = BTreeMap::<usize, Vec<String>>::new();
        for (source, ring) in rings {
            by_ring.entry(ring).or_default().push(source);
        }
        let mut rings: Vec<Vec<String>> = by_ring.into_values().collect();
        rings.iter_mut().for_each(|ring| ring.sort());
        rings.sort();
        (rounds.into_iter().map(sources).collect(), rings)
    }

    #[test]
    fn each_comes_after_what_it_rests_on_and_a_ring_at_once() {
        // What is not of the plan is asked of the links, and puts nothing off.
        assert_eq!(in_short(&[("a", &["x"]), ("b", &["a"]), ("c", &["b", "a"])], 9).0, ["a", "b", "c"]);
        let ring: [(&str, &[&str]); 5] = [("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"]), ("e", &["x"])];
        let (rounds, rings) = in_short(&ring, 9);
        assert_eq!(
            (rounds, rings),
            (vec!["e".into(), "abc".into(), "d".into()], vec![vec!["a".into(), "b".into(), "c".into()]])
        );
        // Two rings in one, one that rests on another, and rings that do not go out at once.
        assert_eq!(in_short(&[("a", &["b", "c"]), ("b", &["a"]), ("c", &["a"])], 9).0, ["abc"]);
        let rests: [(&str, &[&str]); 4] = [("a", &["b", "c"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"])];
        assert_eq!(in_short(&rests, 9).0, ["cd", "ab"]);
        let apart: [(&str, &[&str]); 4] = [("a", &["b"]), ("b", &["a"]), ("c", &["d"]), ("d", &["c"])];
        assert_eq!(
            (in_short(&apart, 9).0, in_short(&apart, 3).0),
            (vec!["abcd".into()], vec!["ab".into(), "cd".into()])
        );
    }
}
