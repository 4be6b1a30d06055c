//! Parts: lines that go to one service on one contract, and add up there.
//!
//! Two products mapped to one service, or two customers to one contract, are one line in the target.
//! One of them leads: its link remembers what was approved for all. Each part's count is kept and
//! shown; a part that is not known makes the sum unknown.

use super::types::{Part, Retire};
use super::{LineKey, Link, PRODUCT, QUANTITY, Record, integer};
use crosswalk_model::PartCount;
use std::collections::{BTreeSet, HashMap};

impl Retire {
    /// A line that bills something, of the link that leads to it.
    pub(crate) fn of(key: LineKey, link: &Link, line: &Record) -> Option<Self> {
        let has = integer(line.field(QUANTITY)).filter(|has| *has != 0 && line.active())?;
        Some(Self {
            key,
            line: line.id.clone(),
            contract: line.parent.clone().unwrap_or_default(),
            service: line.text(PRODUCT).map(str::to_owned),
            name: line.name.clone(),
            has,
            changed: link.memory.line().effective,
            revision: link.revision,
        })
    }
}

/// A line with what decides where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    /// Its part.
    pub(crate) part: Part,
    /// The contract and service it goes to.
    pub(crate) place: (String, String),
    /// The line there that its link leads to.
    pub(crate) line: Option<String>,
    /// Whether somebody or some plan has decided on it.
    pub(crate) is_known: bool,
}

/// Lines that add up: who leads, and all of them in order, the leader first.
pub(crate) type Groups = (HashMap<LineKey, LineKey>, HashMap<LineKey, Vec<Part>>);

/// Which lines add up: for every one of several the leader, and for every leader the others. A line
/// that never was billed and counts nothing takes no part; nor do those of a service that stands on
/// the contract several times, each billed by its own line.
pub(crate) fn group(members: &[Member]) -> Groups {
    let mut places = HashMap::<&(String, String), Vec<&Member>>::new();
    for member in members.iter().filter(|member| member.is_known || member.part.counted != Some(0)) {
        places.entry(&member.place).or_default().push(member);
    }
    let (mut leaders, mut others) = (HashMap::new(), HashMap::new());
    for mut group in places.into_values().filter(|group| group.len() > 1) {
        let own: BTreeSet<&String> = group.iter().filter_map(|member| member.line.as_ref()).collect();
        if own.len() > 1 {
            continue;
        }
        group.sort_by_key(|member| (member.line.is_none(), member.part.counted == Some(0), &member.part.key));
        let leader = group.remove(0).part.key.clone();
        for member in &group {
            leaders.insert(member.part.key.clone(), leader.clone());
        }
        others.insert(leader, group.into_iter().map(|member| member.part.clone()).collect());
    }
    (leaders, others)
}

/// The names of what counts in a sum, in order.
pub(super) fn names(parts: &[Part]) -> Vec<String> {
    let mut names: Vec<String> =
        parts.iter().filter(|part| part.counted != Some(0)).map(|part| part.key.to_string()).collect();
    names.sort();
    names
}

/// Parts that count, as a change and a link have them.
pub(crate) fn counts(parts: &[Part]) -> Vec<PartCount> {
    let counting = parts.iter().filter(|part| part.counted != Some(0));
    counting.map(|part| PartCount { line: part.key.to_string(), counted: part.counted }).collect()
}
