//! The board on which the passes of matching work: which sources are decided, which targets are taken.
//!
//! A pass decides what is certain and leaves the rest to the next. It works out all its decisions before it records
//! any, so that no record profits from its place in a list and no target is assigned twice.

use super::table::{Follows, Grade, Here, There, follows};
use super::{Decision, Holder, Matched};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Decider, Kind, KindDescription, Link, LinkState, Operation, Record, Timestamp};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Two candidates whose scores are this near are a conflict.
const CLOSE: f64 = 0.05;
/// More candidates than this tell a person nothing.
const CANDIDATES_SHOWN: usize = 8;
/// The most candidates that are kept of one record while they are weighed.
pub(super) const CANDIDATES_KEPT: usize = 16;

/// What every pass needs to know.
pub(super) struct Setting<'a> {
    pub(super) kind: Kind,
    pub(super) rules: &'a KindRules,
    pub(super) describe: &'a KindDescription,
    /// Whether the target's records were read to the end: else nothing is gone, and nothing is new.
    pub(super) target_complete: bool,
    /// Until when a source record that nothing is like is not created yet; `None`: it is new.
    pub(super) waits: &'a dyn Fn(&Record) -> Option<Timestamp>,
    /// Whether stopping is wanted: then the rest is left out, and what comes out means nothing.
    pub(super) stopped: &'a dyn Fn() -> bool,
}

/// See the file's header.
pub(super) struct Board<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) source: &'a [Record],
    pub(super) target: &'a [Record],
    links: HashMap<&'a str, &'a Link>,
    decisions: Vec<Option<Decision>>,
    /// Who has a target by a link that stands.
    holder: &'a dyn Fn(&str) -> Option<Holder>,
    /// What was given away on this board.
    given: HashSet<Cow<'a, str>>,
}

/// A key that decides, and what it finds in the target.
pub(super) struct ByKey<'k, 'a> {
    /// What it is called.
    pub(super) by: Decider,
    /// The records it is looked for in; those of other accounts among them.
    pub(super) pool: &'k [&'a Record],
    /// A record's keys, on either side.
    pub(super) source_keys: &'k dyn Fn(&Record) -> Vec<String>,
    pub(super) target_keys: &'k dyn Fn(&Record) -> Vec<String>,
    /// Whether it names one thing in all the world, so that two of the source that have it wait, be it in the
    /// target or not.
    pub(super) names_one: bool,
    /// Whether a target that belongs to another source record is none for this one: two sites may have one name.
    pub(super) free_only: bool,
    /// Whether a source record outside this board has the key, too.
    pub(super) elsewhere: &'k dyn Fn(&Record, &str) -> bool,
    /// Whether a target belongs to another account, and so is not simply taken.
    pub(super) outside: &'k dyn Fn(&Record) -> bool,
}

impl<'k, 'a> ByKey<'k, 'a> {
    /// A key of records that all belong here, on which nothing else bears.
    pub(super) fn plain(
        by: Decider,
        pool: &'k [&'a Record],
        source_keys: &'k dyn Fn(&Record) -> Vec<String>,
        target_keys: &'k dyn Fn(&Record) -> Vec<String>,
    ) -> Self {
        let (elsewhere, outside) = (&|_: &Record, _: &str| false, &|_: &Record| false);
        Self { by, pool, source_keys, target_keys, names_one: false, free_only: false, elsewhere, outside }
    }
}

impl<'a> Board<'a> {
    /// Sets up the board with what the links say. `exists` tells whether the target has a
    /// record of this id, anywhere; `holder` which source record has it by a link.
    pub(super) fn new(
        setting: Setting<'a>,
        source: &'a [Record],
        target: &'a [Record],
        links: &'a [Link],
        exists: &dyn Fn(&str) -> bool,
        holder: &'a dyn Fn(&str) -> Option<Holder>,
    ) -> Self {
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let decisions = vec![None; source.len()];
        let mut board = Self { setting, source, target, links, decisions, holder, given: HashSet::new() };
        for (at, record) in source.iter().enumerate() {
            let known = board.known(record, exists);
            if let Some(Decision::Linked { target, .. }) = &known {
                board.given.insert(Cow::Owned(target.clone()));
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
                let back =
                    link.and_then(|link| link.target.clone()).filter(|target| exists(target) && !self.is_taken(target));
                return Some(back.map_or(Decision::Keep, |target| Decision::Linked {
                    target,
                    by: Decider::KnownLink,
                    reason: format!("the linked {} is back in the target", self.setting.kind),
                }));
            }
            Some(LinkState::Excluded) => return Some(Decision::Keep),
            Some(LinkState::Create) if !record.active() => return Some(Decision::Keep),
            Some(LinkState::Create) => {}
            _ if link.is_some_and(|link| matches!(link.decided_by, Some(Decider::Operator | Decider::OneToOne))) => {
                return Some(Decision::Keep);
            }
            _ => {}
        }
        (!record.active()).then(|| Decision::Unmapped { reason: "it is not in use in the source".to_owned() })
    }

    /// Whether stopping is wanted.
    pub(super) fn is_stopped(&self) -> bool {
        (self.setting.stopped)()
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

    /// Whether a target belongs to a source record that is there.
    fn is_taken(&self, target: &str) -> bool {
        self.given.contains(target) || matches!((self.holder)(target), Some(Holder::Present(_)))
    }

    /// The source record that is gone and has a target by its link.
    pub(super) fn gone_holder(&self, target: &str) -> Option<String> {
        match (self.holder)(target) {
            Some(Holder::Gone(source)) if !self.given.contains(target) => Some(source),
            _ => None,
        }
    }

    /// Whether a target may be spoken of as the source record's at all: nobody said no to it, and it was not
    /// retired to make room for one that is to be created.
    fn is_offered(&self, source: &Record, target: &Record) -> bool {
        let link = self.link(source);
        let declined = link.is_some_and(|link| link.declined.contains(&target.id));
        let retired = !target.active() && link.is_some_and(|link| link.state == LinkState::Create);
        !declined && !retired
    }

    /// Whether a target may still become the source record's: also one whose source record is gone.
    pub(super) fn is_free(&self, source: &Record, target: &Record) -> bool {
        self.is_offered(source, target) && !self.is_taken(&target.id)
    }

    fn put(&mut self, decided: Vec<(usize, Decision)>) {
        for (at, decision) in decided {
            if let Decision::Linked { target, .. } = &decision {
                self.given.insert(Cow::Owned(target.clone()));
            }
            self.decisions[at] = Some(decision);
        }
    }

    /// One pass by a hard key: what follows stands in the table.
    pub(super) fn by_key(&mut self, key: &ByKey<'_, 'a>) {
        let by = key.by;
        if key.pool.is_empty() && !key.names_one {
            return;
        }
        let keys_of = |record: &Record| match self.takes_part(record) {
            true => distinct((key.source_keys)(record)),
            false => Vec::new(),
        };
        let own: Vec<Vec<String>> = self.source.iter().map(keys_of).collect();
        let mut here: HashMap<&str, usize> = HashMap::new();
        for key in own.iter().flatten() {
            *here.entry(key).or_default() += 1;
        }
        if here.is_empty() {
            return;
        }
        let mut pool: Vec<&'a Record> = key.pool.to_vec();
        pool.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut there: HashMap<String, Vec<&'a Record>> = HashMap::new();
        for record in pool {
            for key in distinct((key.target_keys)(record)).into_iter().filter(|key| here.contains_key(key.as_str())) {
                there.entry(key).or_default().push(record);
            }
        }
        let mut decided: Vec<(usize, Decision)> = Vec::new();
        for at in self.open().take_while(|_| !self.is_stopped()) {
            let (record, keys) = (&self.source[at], &own[at]);
            let mut found = self.found(record, keys, &there);
            found.retain(|(_, target)| !(key.free_only && self.is_taken(&target.id)));
            if found.iter().any(|(_, target)| !(key.outside)(target)) {
                found.retain(|(_, target)| !(key.outside)(target));
            }
            let twins =
                |own: &String| here.get(own.as_str()).is_some_and(|count| *count > 1) || (key.elsewhere)(record, own);
            let twin = keys.iter().find(|own| (key.names_one || there.contains_key(*own)) && twins(own));
            let side = self.side(key, &found);
            let several = if twin.is_some() { Here::Several } else { Here::One };
            let decision = match (follows(Grade::Hard, several, side), found.first()) {
                (Follows::Link, Some((own, target))) => {
                    Decision::Linked { target: target.id.clone(), by, reason: format!("same {by}: {own}") }
                }
                (Follows::Relink, Some((own, target))) => {
                    let gone = self.gone_holder(&target.id).unwrap_or_default();
                    let reason = format!("same {by} {own} as {gone}, which is gone from the source");
                    Decision::Linked { target: target.id.clone(), by: Decider::ReEnrolled, reason }
                }
                (Follows::Ask, _) => conflict(by, &found, &self.why_ask(key, side, twin, &found)),
                _ => match self.why_not_new(record, key, keys, &there) {
                    Some(why) => conflict(by, &[], &why),
                    None => continue,
                },
            };
            decided.push((at, decision));
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
                && let Some(record) = key.pool.iter().find(|record| record.id == *target)
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

    /// The targets that share a key with a source record, with the key: those in use, if any is; no more than
    /// are shown, and one more.
    fn found<'k>(
        &self,
        record: &Record,
        keys: &'k [String],
        there: &HashMap<String, Vec<&'a Record>>,
    ) -> Vec<(&'k str, &'a Record)> {
        let pick = |active: bool| {
            let mut found: Vec<(&str, &Record)> = Vec::new();
            for key in keys {
                let offered = there.get(key).into_iter().flatten().filter(|target| {
                    target.active() == active
                        && self.is_offered(record, target)
                        && found.iter().all(|(_, known)| known.id != target.id)
                });
                let more: Vec<_> = offered.take(CANDIDATES_SHOWN + 1).map(|target| (key.as_str(), *target)).collect();
                found.extend(more);
            }
            found.sort_by(|a, b| (&a.1.id, a.0).cmp(&(&b.1.id, b.0)));
            found
        };
        let active = pick(true);
        if active.is_empty() { pick(false) } else { active }
    }

    /// Why a record whose key only a declined target has is not new all the same; `None` where an operator asked
    /// for it to be created, or no such target has the key.
    fn why_not_new(
        &self,
        record: &Record,
        key: &ByKey<'_, 'a>,
        keys: &[String],
        there: &HashMap<String, Vec<&'a Record>>,
    ) -> Option<String> {
        let link = self.link(record).filter(|link| link.state != LinkState::Create)?;
        let mut with_key = keys.iter().filter_map(|key| there.get(key)).flatten();
        let target = with_key
            .find(|target| link.declined.contains(&target.id) && !(key.free_only && self.is_taken(&target.id)))?;
        let (by, kind) = (key.by, self.setting.kind);
        Some(format!(
            "{} (“{}”) has this {by} and was declined: link it after all, or ask for this {kind} to be created",
            target.id, target.name
        ))
    }

    /// How the target stands to what was found.
    fn side(&self, key: &ByKey<'_, 'a>, found: &[(&str, &Record)]) -> There {
        match found {
            [] => There::Nobody,
            [(_, target)] if self.is_taken(&target.id) => There::OfPresent,
            [(_, target)] => match (self.gone_holder(&target.id), (key.outside)(target)) {
                (Some(_), true) => There::OfGoneElsewhere,
                (Some(_), false) => There::OfGone,
                (None, true) => There::FreeElsewhere,
                (None, false) => There::Free,
            },
            _ => There::Several,
        }
    }

    fn why_ask(&self, key: &ByKey<'_, 'a>, side: There, twin: Option<&String>, found: &[(&str, &Record)]) -> String {
        let (by, kind) = (key.by, self.setting.kind);
        match (side, twin, found.first()) {
            (There::OfPresent, _, Some((_, target))) => match (self.holder)(&target.id) {
                Some(Holder::Present(other)) => format!(
                    "{} (“{}”) has this {by} and is linked to {other}, which is in the source as well: exclude or remove the one that is not in use, or ask for this one to be created",
                    target.id, target.name
                ),
                _ => format!("several {kind}s of the source share this {by}"),
            },
            (There::FreeElsewhere, _, Some((_, target))) => format!(
                "{} (“{}”) of another account, {}, has this {by}: move it there, or ask for this {kind} to be created",
                target.id,
                target.name,
                target.parent.as_deref().unwrap_or("none")
            ),
            (There::OfGoneElsewhere, _, Some((_, target))) => format!(
                "{} (“{}”) of another account, {}, has this {by}, and its own {kind} is gone from the source: link it (`link set`) if it is the same, and it is moved to this customer, or ask for this {kind} to be created",
                target.id,
                target.name,
                target.parent.as_deref().unwrap_or("none")
            ),
            (There::Nobody, Some(twin), _) => format!(
                "the source has the {by} {twin} more than once: exclude or remove what is not in use, or ask for it to be created"
            ),
            (_, Some(_), _) => format!("the source has this {by} more than once"),
            _ if found.len() > CANDIDATES_SHOWN => {
                format!("more than {CANDIDATES_SHOWN} records of the target share this {by}")
            }
            _ => format!("{} records of the target share this {by}", found.len()),
        }
    }

    /// What is still open and has its stamp in a record of another account waits for a person.
    pub(super) fn stamped_elsewhere(&mut self, away: &[&'a Record], stamp_of: &dyn Fn(&str) -> String) {
        let kind = self.setting.kind;
        if away.is_empty() {
            return;
        }
        let decided = self.open().filter_map(|at| {
            let record = &self.source[at];
            let stamp = stamp_of(&record.id);
            let its: Vec<&&Record> =
                away.iter().filter(|r| r.stamp.as_ref() == Some(&stamp) && self.is_offered(record, r)).collect();
            let candidate = |found: &Record| Candidate {
                target: found.id.clone(),
                name: found.name.clone(),
                score: 1.0,
                reason: format!("its key, in account {}", found.parent.as_deref().unwrap_or("none")),
            };
            let free = its.iter().copied().filter(|found| !self.is_taken(&found.id));
            let candidates: Vec<Candidate> = free.map(|found| candidate(found)).take(CANDIDATES_SHOWN).collect();
            let reason = match (candidates.first(), its.first()) {
                (Some(first), _) => format!(
                    "{kind} {} (`{}`) of another account has its key: give that one to this customer or take the key out of it in the target, or ask for a new one to be created",
                    first.target, first.name
                ),
                // A vendor that uses an id anew, or a copy: two records of one key cannot be told apart by it.
                (None, Some(taken)) => format!(
                    "{kind} {} (`{}`) of another account has its key still and is linked to another {kind}: take the key out of it in the target, or ask for a new one to be created",
                    taken.id, taken.name
                ),
                (None, None) => return None,
            };
            Some((at, Decision::Conflict { candidates, reason }))
        });
        let decided = decided.collect();
        self.put(decided);
    }

    /// Decides that a link in the state `create` is carried out.
    pub(super) fn create_as_decided(&mut self) {
        let decided = self
            .open()
            .filter_map(|at| {
                let link = self.link(&self.source[at]).filter(|link| link.state == LinkState::Create)?;
                let reason = match link.decided_by {
                    Some(Decider::Operator) => "an operator asked for it".to_owned(),
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
            candidates.retain(|candidate| !self.is_taken(&candidate.target));
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
                            (*at, Decision::Linked { target: best.target.clone(), by: Decider::AcceptedScore, reason })
                        })
                    })
                    .collect();
                if accepted.is_empty() || self.is_stopped() {
                    break;
                }
                for (at, _) in &accepted {
                    found.remove(at);
                }
                self.put(accepted);
                for candidates in found.values_mut() {
                    candidates.retain(|candidate| !self.given.contains(candidate.target.as_str()));
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
        let best = candidates.first();
        let contested = best.is_some_and(|best| has_rival(rivals, at, best));
        let side = match best {
            None => There::Nobody,
            Some(_) if has_close_second(candidates) => There::Several,
            Some(best) if self.gone_holder(&best.target).is_some() => There::OfGone,
            Some(_) => There::Free,
        };
        let here = if twin || contested { Here::Several } else { Here::One };
        match (follows(Grade::Soft, here, side), best) {
            (Follows::Propose, Some(best)) => Decision::Proposed { candidates: shown(), reason: best.reason.clone() },
            (Follows::Ask, Some(best)) => {
                let near = candidates.iter().filter(|other| other.score >= best.score - CLOSE).count();
                let near = if near == CANDIDATES_KEPT { format!("{near} or more") } else { near.to_string() };
                let reason = match side {
                    _ if twin => twin_reason(kind),
                    There::Several => format!("{near} records of the target are alike: {}", best.reason),
                    _ => format!("another {kind} of the source is as near to “{}”", best.name),
                };
                Decision::Conflict { candidates: shown(), reason }
            }
            _ if twin => Decision::Conflict { candidates: Vec::new(), reason: twin_reason(kind) },
            _ => self.nothing_like_it(&self.source[at]),
        }
    }

    fn nothing_like_it(&self, record: &Record) -> Decision {
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
        } else if let Some(until) = (self.setting.waits)(record) {
            Decision::Unmapped {
                reason: format!(
                    "it tells no serial number yet, under a name that systems make up, so it may be in the target already: created if that is still so at {until}, or once it is asked for"
                ),
            }
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

fn twin_reason(kind: Kind) -> String {
    format!("the source has another {kind} of this name: link each by hand, or ask for it to be created")
}

/// Whether the second of some candidates, best first, is as near as makes it a choice.
pub(crate) fn has_close_second(candidates: &[Candidate]) -> bool {
    matches!(candidates, [best, second, ..] if second.score >= best.score - CLOSE)
}

fn conflict(by: impl std::fmt::Display, found: &[(&str, &Record)], why: &str) -> Decision {
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

fn distinct(mut keys: Vec<String>) -> Vec<String> {
    keys.sort_unstable();
    keys.dedup();
    keys
}
