//! The last pass of matching: candidates that are only like a source record.
//!
//! How like two records are is `score`'s; hard keys are `by_key`'s.

use super::{Board, CANDIDATES_KEPT, CANDIDATES_SHOWN};
use crate::rules::matching::Decision;
use crate::rules::matching::table::{Follows, Grade, Here, There, follows};
use crosswalk_model::said::Arg;
use crosswalk_model::{Candidate, Decider, Kind, Operation, Record, Said, said};
use std::collections::{HashMap, HashSet};

/// Two candidates whose scores are this near are a conflict.
const CLOSE: f64 = 0.05;

impl Board<'_> {
    /// The last pass: what soft keys found. `found` gives the candidates of each open
    /// source record, `twins` the source records whose name another has as well.
    pub(in crate::rules::matching) fn by_likeness(
        &mut self,
        mut found: HashMap<usize, Vec<Candidate>>,
        twins: &HashSet<usize>,
    ) {
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
                            let score = Arg::decimal(format!("{:.2}", best.score));
                            let reason = said!("match-accepted", score, because = &best.reason);
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
                let reason = match side {
                    _ if twin => twin_reason(kind),
                    There::Several if near == CANDIDATES_KEPT => {
                        said!("match-alike-or-more", count = near, because = &best.reason)
                    }
                    There::Several => said!("match-alike", count = near, because = &best.reason),
                    _ => said!("match-rival", kind, name = best.name.as_str()),
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
            Decision::Unmapped { reason: said!("match-new-not-created", kind) }
        } else if !self.setting.describe.writes.contains(&Operation::Create) {
            Decision::Unmapped { reason: said!("match-new-not-creatable", kind) }
        } else if !self.setting.target_complete {
            Decision::Unmapped { reason: said!("match-target-unread") }
        } else if let Some(until) = (self.setting.waits)(record) {
            Decision::Unmapped { reason: said!("match-nameless", until) }
        } else {
            Decision::Create { reason: said!("match-new", kind) }
        }
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

fn twin_reason(kind: Kind) -> Said {
    said!("match-twin", kind)
}

/// Whether the second of some candidates, best first, is as near as makes it a choice.
pub(crate) fn has_close_second(candidates: &[Candidate]) -> bool {
    matches!(candidates, [best, second, ..] if second.score >= best.score - CLOSE)
}
