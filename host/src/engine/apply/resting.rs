//! Lines that take over what other lines bill, and so rest on those: each comes after what it rests on, in as many
//! rounds as that takes. Lines that rest on each other in a ring have no first: they are written at once or not at all.
//!
//! Whether what one rests on was done is asked before it is written (`usage::ground`).

use super::{Prepared, Queue, Session, lock};
use crate::engine::plan::usage::rests;
use crate::engine::settle::Tally;
use crate::error::Error;
use crate::model::{Action, Kind, PlannedChange};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;

/// The actions of a round, in order: what is written comes before what is only recorded.
const ACTIONS: [Action; 3] = [Action::Update, Action::Create, Action::Link];

/// What rests on other changes of a plan.
#[derive(Default)]
pub(super) struct Resting {
    /// All that are pending.
    all: Mutex<Vec<PlannedChange>>,
    /// By source, the number of the ring it is of.
    rings: Mutex<HashMap<String, usize>>,
    /// The sources that were tried in a batch before.
    tried: Mutex<HashSet<String>>,
}

impl Resting {
    pub(super) fn put(&self, changes: Vec<PlannedChange>) {
        lock(&self.all).extend(changes);
    }

    /// Whether two are of one ring, and the other is written now or after this one.
    pub(super) fn together(&self, now: &[PlannedChange], one: &str, other: &str) -> bool {
        let rings = lock(&self.rings);
        let same = rings.get(one).is_some_and(|ring| rings.get(other) == Some(ring));
        same && (now.iter().any(|change| change.source == other) || !lock(&self.tried).contains(other))
    }

    /// Notes that what is ready is written now, but for what is of a ring of which something is not: that is taken out,
    /// with why. `not` is what is not written, with why.
    pub(super) fn now(&self, ready: &mut Vec<Prepared>, not: &[(String, String)]) -> Vec<(PlannedChange, String)> {
        let rings = lock(&self.rings);
        if rings.is_empty() {
            return Vec::new();
        }
        let broken: HashMap<usize, &(String, String)> =
            not.iter().filter_map(|one| Some((*rings.get(&one.0)?, one))).collect();
        let mut out = Vec::new();
        ready.retain(|prepared| {
            let why = rings.get(&prepared.planned.source).and_then(|ring| broken.get(ring));
            out.extend(why.map(|(other, why)| {
                let why = format!("it is written together with {other} or not at all, and that cannot be: {why}");
                (prepared.planned.clone(), why)
            }));
            why.is_none()
        });
        let mut tried = lock(&self.tried);
        tried.extend(ready.iter().map(|prepared| prepared.planned.source.clone()));
        tried.extend(not.iter().map(|(source, _)| source.clone()));
        tried.extend(out.iter().map(|(planned, _)| planned.source.clone()));
        out
    }
}

impl Session<'_, '_> {
    /// Does all changes that rest on others, in their order.
    pub(super) async fn do_resting(&self, waiting: u64, tally: &mut Tally) -> Result<(), Error> {
        let all = std::mem::take(&mut *lock(&self.resting.all));
        let (free, held): (Vec<_>, Vec<_>) = all.into_iter().partition(|change| self.may_go(change));
        tally.counts.held += held.len() as u64;
        let at_once = self.work.target.description.kind(Kind::Usage).map_or(1, |can| can.changes_at_once);
        let (rounds, rings) = rounds(free, at_once as usize);
        *lock(&self.resting.rings) = rings;
        for round in rounds {
            for action in ACTIONS {
                let later: Vec<_> = round.iter().filter(|change| change.action == action).cloned().collect();
                if later.is_empty() || tally.stop.is_some() {
                    continue;
                }
                let queue = Queue { ended: true, later, ..Queue::default() };
                self.do_all((Kind::Usage, action), queue, waiting, tally).await?;
            }
        }
        Ok(())
    }
}

/// Changes in rounds: each round rests on earlier ones only, or its rings on themselves, and has as many changes as go
/// out at once where that parts no ring. And the ring that each source is of.
fn rounds(changes: Vec<PlannedChange>, at_once: usize) -> (Vec<Vec<PlannedChange>>, HashMap<String, usize>) {
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
        let all = left.get(source).map(rests).unwrap_or_default().into_iter().map(|rest| rest.leader);
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
    use crate::engine::plan::usage::RESTS;
    use crate::model::{FieldDiff, Risk, Value};

    /// A line that rests on others.
    fn line(source: &str, on: &[&str]) -> PlannedChange {
        let rest = |leader: &&str| serde_json::json!({ "part": source, "source": leader, "line": "1" });
        let list: Vec<serde_json::Value> = on.iter().map(rest).collect();
        let after = Value::Json(serde_json::Value::from(list).to_string());
        PlannedChange {
            sequence: 0,
            kind: Kind::Usage,
            action: Action::Update,
            customer: String::new(),
            source: source.to_owned(),
            target: None,
            name: String::new(),
            fields: vec![FieldDiff { name: RESTS.to_owned(), before: None, after }],
            reason: String::new(),
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
