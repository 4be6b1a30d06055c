//! The board on which the passes of matching work: which sources are decided, which targets are taken.
//!
//! A pass decides what is certain and leaves the rest to the next. It works out all its decisions before it records
//! any, so that no record profits from its place in a list and no target is assigned twice.

mod by_key;
mod likeness;

pub(super) use by_key::ByKey;
pub(crate) use likeness::has_close_second;

use super::{Decision, Holder, Matched};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Decider, Kind, KindDescription, Link, LinkState, Record, Timestamp, said};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

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
                    Decision::Broken { reason: said!("match-target-gone", kind = self.setting.kind) }
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
                    reason: said!("match-target-back", kind = self.setting.kind),
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
        (!record.active()).then(|| Decision::Unmapped { reason: said!("match-source-out-of-use") })
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
                reason: match found.parent.as_deref() {
                    Some(account) => said!("match-key-in-account", account),
                    None => said!("match-key-in-no-account"),
                },
            };
            let free = its.iter().copied().filter(|found| !self.is_taken(&found.id));
            let candidates: Vec<Candidate> = free.map(|found| candidate(found)).take(CANDIDATES_SHOWN).collect();
            let reason = match (candidates.first(), its.first()) {
                (Some(first), _) => {
                    said!("match-key-elsewhere", kind, target = first.target.as_str(), name = first.name.as_str())
                }
                // A vendor that uses an id anew, or a copy: two records of one key cannot be told apart by it.
                (None, Some(taken)) => {
                    said!("match-key-taken-elsewhere", kind, target = taken.id.as_str(), name = taken.name.as_str())
                }
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
                    Some(Decider::Operator) => said!("match-asked-for"),
                    _ => link.reason.clone(),
                };
                Some((at, Decision::Create { reason }))
            })
            .collect();
        self.put(decided);
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
