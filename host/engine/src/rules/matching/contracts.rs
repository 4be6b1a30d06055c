//! Contracts: which contract of its account a customer's usage goes to.
//!
//! Contracts have no name that the two systems share, so nothing is linked automatically: the only contract in force is
//! proposed; several are a conflict that a person decides. A cancelled contract is never offered; an expired one is,
//! because last month may still have to be settled.

use super::Decision;
use crate::rules::terms::{self, in_force, is_offered};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Decider, Link, LinkState, Record, Said, Value, said};
use jiff::civil::Date;

const ONLY_ONE_IN_FORCE: f64 = 0.9;
const ONLY_ONE: f64 = 0.6;
const ONE_OF_SEVERAL: f64 = 0.5;

/// What is known of one customer's contract.
#[derive(Clone, Copy)]
pub struct ContractMatchInput<'a> {
    /// The account's contracts, in any order.
    pub contracts: &'a [Record],
    /// Whether all of the account's contracts were read.
    pub complete: bool,
    /// The customer's link to a contract.
    pub link: Option<&'a Link>,
    /// The sync's rules for contracts.
    pub rules: &'a KindRules,
    /// The day it is.
    pub today: Date,
}

/// Decides which contract a customer's usage goes to.
#[must_use]
pub fn match_contract(input: &ContractMatchInput<'_>) -> Decision {
    let there = |id: &str| input.contracts.iter().find(|contract| contract.id == id);
    if let Some(link) = input.link {
        match (link.state, link.target.as_deref()) {
            (LinkState::Excluded, _) => return Decision::Keep,
            (LinkState::Linked, Some(id)) if there(id).is_some() || !input.complete => return Decision::Keep,
            (LinkState::Linked | LinkState::Broken, Some(id)) => {
                return match there(id) {
                    Some(_) => linked(id, Decider::KnownLink, said!("match-contract-back")),
                    None => Decision::Broken { reason: said!("match-contract-gone", contract = id) },
                };
            }
            _ if link.decided_by == Some(Decider::Operator) => return Decision::Keep,
            _ => {}
        }
    }
    if !input.complete {
        return Decision::Unmapped { reason: said!("match-contracts-unread") };
    }
    let declined = |id: &String| input.link.is_some_and(|link| link.declined.contains(id));
    let offered: Vec<&Record> =
        input.contracts.iter().filter(|contract| is_offered(contract) && !declined(&contract.id)).collect();
    let in_force: Vec<&&Record> = offered.iter().filter(|contract| in_force(contract, input.today)).collect();
    match (in_force.as_slice(), offered.as_slice()) {
        (_, []) => Decision::Unmapped { reason: said!("match-no-contract") },
        ([only], _) => proposed(only, ONLY_ONE_IN_FORCE, said!("match-only-contract"), input),
        ([], [only]) => proposed(only, ONLY_ONE, said!("match-only-contract-not-in-force"), input),
        (some, all) => {
            let several: Vec<&Record> =
                if some.is_empty() { all.to_vec() } else { some.iter().map(|one| **one).collect() };
            let mut candidates: Vec<Candidate> =
                several.iter().map(|one| candidate(one, ONE_OF_SEVERAL, input.today)).collect();
            candidates.sort_by(|a, b| a.target.cmp(&b.target));
            Decision::Conflict { candidates, reason: said!("match-several-contracts", count = several.len()) }
        }
    }
}

/// When a contract runs and how it stands on a day.
pub(crate) fn in_words(contract: &Record, today: Date) -> Said {
    let days = terms::term(contract);
    let term = match (days.first, days.last) {
        (Some(starts), Some(ends)) => said!("match-term", starts, ends),
        (Some(starts), None) => said!("match-term-from", starts),
        (None, Some(ends)) => said!("match-term-until", ends),
        (None, None) => said!("match-term-open"),
    };
    if contract.field("cancelled") == Some(&Value::Boolean(true)) {
        said!("match-term-cancelled", term)
    } else if in_force(contract, today) {
        term
    } else {
        said!("match-term-not-in-force", term)
    }
}

fn candidate(contract: &Record, score: f64, today: Date) -> Candidate {
    Candidate { target: contract.id.clone(), name: contract.name.clone(), score, reason: in_words(contract, today) }
}

fn proposed(contract: &Record, score: f64, reason: Said, input: &ContractMatchInput<'_>) -> Decision {
    if input.rules.accept_score.is_some_and(|enough| score >= enough) {
        return linked(&contract.id, Decider::OnlyContract, reason);
    }
    Decision::Proposed { candidates: vec![candidate(contract, score, input.today)], reason }
}

fn linked(id: &str, by: Decider, reason: Said) -> Decision {
    Decision::Linked { target: id.to_owned(), by, reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::{NOW, With, record};
    use crosswalk_model::Kind;

    const TODAY: Date = jiff::civil::date(2026, 11, 29);

    fn contract(id: &str, active: bool) -> Record {
        record(id, Some("a"), "Care", &[])
            .with("active", Value::Boolean(active))
            .with("takes-usage", Value::Boolean(true))
    }

    fn decide(contracts: &[Record], link: Option<&Link>, accept_score: Option<f64>) -> Decision {
        let rules = KindRules { accept_score, ..KindRules::default() };
        match_contract(&ContractMatchInput { contracts, complete: true, link, rules: &rules, today: TODAY })
    }

    fn in_short(decision: &Decision) -> String {
        match decision {
            Decision::Keep => "keep".to_owned(),
            Decision::Linked { target, .. } => format!("linked {target}"),
            Decision::Proposed { candidates, .. } => format!("proposed {}", candidates[0].target),
            Decision::Conflict { candidates, .. } => format!("conflict of {}", candidates.len()),
            Decision::Create { .. } => "create".to_owned(),
            Decision::Unmapped { .. } => "unmapped".to_owned(),
            Decision::Broken { .. } => "broken".to_owned(),
        }
    }

    #[test]
    fn one_is_proposed_several_are_a_conflict_and_a_cancelled_one_is_none() {
        let cancelled = contract("x", false).with("cancelled", Value::Boolean(true));
        let hours = contract("h", true).with("takes-usage", Value::Boolean(false));
        for (contracts, accept, expected) in [
            (vec![], None, "unmapped"),
            (vec![cancelled.clone(), hours.clone()], None, "unmapped"),
            (vec![cancelled.clone(), contract("k", true), hours], None, "proposed k"),
            (vec![contract("k", true), contract("old", false)], None, "proposed k"),
            (vec![contract("old", false)], None, "proposed old"),
            (vec![contract("old", false)], Some(0.9), "proposed old"),
            (vec![contract("k", true)], Some(0.9), "linked k"),
            (vec![contract("k", true), contract("l", true), cancelled], Some(0.9), "conflict of 2"),
        ] {
            assert_eq!(in_short(&decide(&contracts, None, accept)), expected, "{contracts:?}");
        }
    }

    #[test]
    fn what_was_decided_stands_while_the_contract_is_there() {
        let mut link = Link::unmapped(Kind::Customer, "c", NOW);
        link.state = LinkState::Linked;
        link.target = Some("k".to_owned());
        let cancelled = contract("k", false).with("cancelled", Value::Boolean(true));
        assert_eq!(in_short(&decide(&[cancelled], Some(&link), None)), "keep", "the plan says so, line by line");
        assert_eq!(in_short(&decide(&[contract("l", true)], Some(&link), None)), "broken");
        link.state = LinkState::Broken;
        assert_eq!(in_short(&decide(&[contract("k", true)], Some(&link), None)), "linked k");
        link.state = LinkState::Unmapped;
        link.target = None;
        link.decided_by = Some(Decider::Operator);
        assert_eq!(in_short(&decide(&[contract("k", true)], Some(&link), None)), "keep");
        let rules = KindRules::default();
        let unread = ContractMatchInput { contracts: &[], complete: false, link: None, rules: &rules, today: TODAY };
        assert_eq!(in_short(&match_contract(&unread)), "unmapped");
    }
}
