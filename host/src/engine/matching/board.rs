//! The board the passes of matching play on: who is decided, which targets are taken.
//!
//! A pass decides what it is sure of and leaves the rest to the next. Within a pass all
//! is worked out first and put down after, so that no record profits from standing
//! earlier in a list, and no target is ever given twice.

use super::{Decision, Matched, OPERATOR};
use crate::model::sync::KindRules;
use crate::model::{Candidate, Kind, KindDescription, Link, LinkState, Operation, Record};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Two candidates whose scores are this near are a conflict.
pub(in crate::engine) const CLOSE: f64 = 0.05;
/// More candidates than this tell a person nothing.
const CANDIDATES_SHOWN: usize = 8;

/// What every pass needs to know.
pub(super) struct Setting<'a> {
    pub(super) kind: Kind,
    pub(super) rules: &'a KindRules,
    pub(super) describe: &'a KindDescription,
    /// Whether the target's records were read to the end: else nothing is gone, and nothing is new.
    pub(super) target_complete: bool,
}

/// See the file's header.
pub(super) struct Board<'a> {
    setting: Setting<'a>,
    pub(super) source: &'a [Record],
    pub(super) target: &'a [Record],
    links: HashMap<&'a str, &'a Link>,
    decisions: Vec<Option<Decision>>,
    taken: HashSet<Cow<'a, str>>,
}

impl<'a> Board<'a> {
    /// Sets up the board with what the links say. `exists` tells whether the target has a
    /// record of this id, anywhere.
    pub(super) fn new(
        setting: Setting<'a>,
        source: &'a [Record],
        target: &'a [Record],
        links: &'a [Link],
        exists: &dyn Fn(&str) -> bool,
        taken_elsewhere: &dyn Fn(&str) -> bool,
    ) -> Self {
        let mut taken: HashSet<Cow<'a, str>> =
            target.iter().filter(|r| taken_elsewhere(&r.id)).map(|r| Cow::Borrowed(r.id.as_str())).collect();
        taken.extend(links.iter().filter_map(Link::linked).map(Cow::Borrowed));
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let mut board = Self { setting, source, target, links, decisions: vec![None; source.len()], taken };
        for (at, record) in source.iter().enumerate() {
            let known = board.known(record, exists);
            if let Some(Decision::Linked { target, .. }) = &known {
                board.taken.insert(Cow::Owned(target.clone()));
            }
            board.decisions[at] = known;
        }
        board
    }

    /// What the link alone decides.
    fn known(&self, record: &Record, exists: &dyn Fn(&str) -> bool) -> Option<Decision> {
        let link = self.link(record);
        match link.map(|link| link.state) {
            Some(LinkState::Linked) => {
                let gone =
                    self.setting.target_complete && link.and_then(Link::linked).is_some_and(|target| !exists(target));
                return Some(if gone {
                    Decision::Broken { reason: format!("the linked {} is gone from the target", self.setting.kind) }
                } else {
                    Decision::Keep
                });
            }
            Some(LinkState::Broken) => {
                let back = link
                    .and_then(|link| link.target.clone())
                    .filter(|target| exists(target) && !self.taken.contains(target.as_str()));
                return Some(back.map_or(Decision::Keep, |target| Decision::Linked {
                    target,
                    by: "known link",
                    reason: format!("the linked {} is back in the target", self.setting.kind),
                }));
            }
            Some(LinkState::Excluded) => return Some(Decision::Keep),
            Some(LinkState::Create) if !record.active() => return Some(Decision::Keep),
            Some(LinkState::Create) => {}
            _ if link.is_some_and(|link| link.decided_by == OPERATOR) => return Some(Decision::Keep),
            _ => {}
        }
        (!record.active()).then(|| Decision::Unmapped { reason: "it is not in use in the source".to_owned() })
    }

    /// Whether there is nothing left to decide.
    pub(super) fn is_done(&self) -> bool {
        self.decisions.iter().all(Option::is_some)
    }

    /// The places of the source records nobody decided on yet.
    pub(super) fn open(&self) -> impl Iterator<Item = usize> + '_ {
        self.decisions.iter().enumerate().filter(|(_, decision)| decision.is_none()).map(|(at, _)| at)
    }

    fn link(&self, record: &Record) -> Option<&'a Link> {
        self.links.get(record.id.as_str()).copied()
    }

    /// Whether a source record counts as another of the same name or key: in use, and not excluded.
    pub(super) fn takes_part(&self, record: &Record) -> bool {
        record.active() && self.link(record).is_none_or(|link| link.state != LinkState::Excluded)
    }

    /// Whether a target may still become the source record's. One that is to be created does
    /// not come back as what was retired to make room for it.
    pub(super) fn is_free(&self, source: &Record, target: &Record) -> bool {
        let link = self.link(source);
        let declined = link.is_some_and(|link| link.declined.contains(&target.id));
        let retired = !target.active() && link.is_some_and(|link| link.state == LinkState::Create);
        !self.taken.contains(target.id.as_str()) && !declined && !retired
    }

    fn put(&mut self, decided: Vec<(usize, Decision)>) {
        for (at, decision) in decided {
            if let Decision::Linked { target, .. } = &decision {
                self.taken.insert(Cow::Owned(target.clone()));
            }
            self.decisions[at] = Some(decision);
        }
    }

    /// One pass by a key. A source record is linked when exactly one free target shares a
    /// key with it and the key is unique on both sides among what is in use; it is a
    /// conflict when several do, or when the key is not unique. `fits` can rule a pair out.
    pub(super) fn by_key(
        &mut self,
        by: &'static str,
        pool: &[&'a Record],
        source_keys: impl Fn(&Record) -> Vec<String>,
        target_keys: impl Fn(&Record) -> Vec<String>,
        fits: impl Fn(&Record, &Record) -> bool,
    ) {
        let mut here: HashMap<String, usize> = HashMap::new();
        for record in self.source.iter().filter(|record| self.takes_part(record)) {
            for key in distinct(source_keys(record)) {
                *here.entry(key).or_default() += 1;
            }
        }
        let mut there: HashMap<String, Vec<&'a Record>> = HashMap::new();
        for record in pool {
            for key in distinct(target_keys(record)).into_iter().filter(|key| here.contains_key(key)) {
                there.entry(key).or_default().push(record);
            }
        }
        if there.is_empty() {
            return;
        }
        let mut decided: Vec<(usize, Decision)> = Vec::new();
        for at in self.open() {
            let record = &self.source[at];
            let keys = distinct(source_keys(record));
            let shared = keys.iter().filter_map(|key| there.get_key_value(key));
            let mut found: Vec<(&str, &Record)> =
                shared.flat_map(|(key, targets)| targets.iter().map(move |target| (key.as_str(), *target))).collect();
            found.retain(|(_, target)| self.is_free(record, target) && fits(record, target));
            if found.iter().any(|(_, target)| target.active()) {
                found.retain(|(_, target)| target.active());
            }
            found.sort_by(|a, b| (&a.1.id, a.0).cmp(&(&b.1.id, b.0)));
            found.dedup_by(|a, b| a.1.id == b.1.id);
            let twice_here =
                keys.iter().any(|key| there.contains_key(key) && here.get(key).is_some_and(|count| *count > 1));
            match found.as_slice() {
                [] => {}
                [(key, target)] => {
                    let active = there.get(*key).map_or(0, |all| all.iter().filter(|r| r.active()).count());
                    let decision = if twice_here || active > 1 {
                        let side = if twice_here { "source" } else { "target" };
                        conflict(by, &found, &format!("the {side} has this {by} more than once"))
                    } else {
                        Decision::Linked { target: target.id.clone(), by, reason: format!("same {by}: {key}") }
                    };
                    decided.push((at, decision));
                }
                several => {
                    let why = format!("{} records of the target share this {by}", several.len());
                    decided.push((at, conflict(by, several, &why)));
                }
            }
        }
        // Two that reach for one target, by different keys of it, both have to wait.
        let mut reached: HashMap<String, usize> = HashMap::new();
        for (_, decision) in &decided {
            if let Decision::Linked { target, .. } = decision {
                *reached.entry(target.clone()).or_default() += 1;
            }
        }
        for (_, decision) in &mut decided {
            if let Decision::Linked { target, .. } = decision
                && reached.get(target).is_some_and(|count| *count > 1)
                && let Some(record) = pool.iter().find(|record| record.id == *target)
            {
                *decision = conflict(
                    by,
                    &[("", record)],
                    &format!("several records of the source share a {by} with one of the target"),
                );
            }
        }
        self.put(decided);
    }

    /// Decides that a link in the state `create` is carried out.
    pub(super) fn create_as_decided(&mut self) {
        let decided = self
            .open()
            .filter_map(|at| {
                let link = self.link(&self.source[at]).filter(|link| link.state == LinkState::Create)?;
                let reason = match link.decided_by.as_str() {
                    OPERATOR => "an operator asked for it".to_owned(),
                    _ => link.reason.clone(),
                };
                Some((at, Decision::Create { reason }))
            })
            .collect();
        self.put(decided);
    }

    /// The last pass: what soft keys found. `found` gives the candidates of each open
    /// source record, `twins` the source records whose name another has as well.
    pub(super) fn by_likeness(&mut self, mut found: HashMap<usize, Vec<Candidate>>, twins: &HashSet<usize>) {
        for candidates in found.values_mut() {
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.target.cmp(&b.target)));
        }
        // Accepting one frees others of a rival, so it is done until nothing moves.
        if let Some(enough) = self.setting.rules.accept_score {
            loop {
                let rivals = rivals(&found);
                let accepted: Vec<(usize, Decision)> = found
                    .iter()
                    .filter(|(at, _)| !twins.contains(at))
                    .filter_map(|(at, candidates)| {
                        let best = candidates.first().filter(|best| best.score >= enough)?;
                        let contested = has_close_second(candidates) || has_rival(&rivals, *at, best);
                        (!contested).then(|| {
                            let reason = format!("accepted at {:.2}: {}", best.score, best.reason);
                            (*at, Decision::Linked { target: best.target.clone(), by: "accepted score", reason })
                        })
                    })
                    .collect();
                if accepted.is_empty() {
                    break;
                }
                for (at, _) in &accepted {
                    found.remove(at);
                }
                self.put(accepted);
                for candidates in found.values_mut() {
                    candidates.retain(|candidate| !self.taken.contains(candidate.target.as_str()));
                }
            }
        }
        let rivals = rivals(&found);
        let rest: Vec<(usize, Decision)> = self
            .open()
            .map(|at| {
                let candidates = found.get(&at).map_or(&[][..], Vec::as_slice);
                (at, self.verdict(at, candidates, twins.contains(&at), &rivals))
            })
            .collect();
        self.put(rest);
    }

    fn verdict(&self, at: usize, candidates: &[Candidate], twin: bool, rivals: &Rivals) -> Decision {
        let kind = self.setting.kind;
        let shown = || candidates.iter().take(CANDIDATES_SHOWN).cloned().collect();
        if twin {
            let reason =
                format!("the source has another {kind} of this name: link each by hand, or ask for it to be created");
            return Decision::Conflict { candidates: shown(), reason };
        }
        let Some(best) = candidates.first() else { return self.nothing_like_it() };
        if has_close_second(candidates) {
            let near = candidates.iter().filter(|other| other.score >= best.score - CLOSE).count();
            return Decision::Conflict {
                candidates: shown(),
                reason: format!("{near} records of the target are alike: {}", best.reason),
            };
        }
        if has_rival(rivals, at, best) {
            let reason = format!("another {kind} of the source is as near to “{}”", best.name);
            return Decision::Conflict { candidates: shown(), reason };
        }
        Decision::Proposed { candidates: shown(), reason: best.reason.clone() }
    }

    fn nothing_like_it(&self) -> Decision {
        let kind = self.setting.kind;
        if !self.setting.rules.create {
            Decision::Unmapped {
                reason: format!("nothing in the target is like it, and this sync creates no {kind}s by itself"),
            }
        } else if !self.setting.describe.writes.contains(&Operation::Create) {
            Decision::Unmapped {
                reason: format!(
                    "nothing in the target is like it, and a {kind} cannot be created there: make it by hand, and the next plan finds it"
                ),
            }
        } else if !self.setting.target_complete {
            Decision::Unmapped { reason: "the target was not read completely, so it is not known to be new".to_owned() }
        } else {
            Decision::Create { reason: format!("new: nothing in the target is like this {kind}") }
        }
    }

    /// The decisions, in the order of the source records.
    pub(super) fn finish(self) -> Vec<Matched> {
        self.source
            .iter()
            .zip(self.decisions)
            .map(|(record, decision)| Matched {
                source: record.id.clone(),
                decision: decision.unwrap_or(Decision::Keep),
            })
            .collect()
    }
}

/// Per target the source records that have it as a candidate, with the score.
type Rivals = HashMap<String, Vec<(usize, f64)>>;

fn rivals(found: &HashMap<usize, Vec<Candidate>>) -> Rivals {
    let mut rivals = Rivals::new();
    for (at, candidates) in found {
        for candidate in candidates {
            rivals.entry(candidate.target.clone()).or_default().push((*at, candidate.score));
        }
    }
    rivals
}

fn has_rival(rivals: &Rivals, at: usize, best: &Candidate) -> bool {
    rivals
        .get(&best.target)
        .is_some_and(|all| all.iter().any(|(other, score)| *other != at && *score >= best.score - CLOSE))
}

fn has_close_second(candidates: &[Candidate]) -> bool {
    matches!(candidates, [best, second, ..] if second.score >= best.score - CLOSE)
}

fn conflict(by: &str, found: &[(&str, &Record)], why: &str) -> Decision {
    let candidates = found
        .iter()
        .take(CANDIDATES_SHOWN)
        .map(|(key, target)| Candidate {
            target: target.id.clone(),
            name: target.name.clone(),
            score: 1.0,
            reason: if key.is_empty() { format!("same {by}") } else { format!("same {by}: {key}") },
        })
        .collect();
    Decision::Conflict { candidates, reason: why.to_owned() }
}

fn distinct(keys: Vec<String>) -> BTreeSet<String> {
    keys.into_iter().collect()
}
