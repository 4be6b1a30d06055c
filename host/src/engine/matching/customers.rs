//! Customers, and products: all of a sync at once, some thousands on each side.
//!
//! The one shared hard key is the number in the MSP's own books, or the seller's code of a
//! product. Name and web domain are soft: they propose. Before one is created, something near is
//! always looked for. A domain that several customers of one side share (a web
//! presence on somebody else's site, a group of companies) says nothing.

use super::Matched;
use super::board::{Board, Setting};
use super::score::NameIndex;
use crate::engine::{names, serials};
use crate::model::sync::KindRules;
use crate::model::{Candidate, Kind, KindDescription, Link, Record};
use std::collections::{HashMap, HashSet};

/// How near two customers of one web domain are, at least.
const SAME_DOMAIN: f64 = 0.9;
/// A near name and the same domain.
const NAME_AND_DOMAIN: f64 = 0.97;

/// All customers of a sync, or all products.
#[derive(Clone, Copy)]
pub struct CustomerMatchInput<'a> {
    /// Customers or products.
    pub kind: Kind,
    /// The source's.
    pub source: &'a [Record],
    /// The target's.
    pub target: &'a [Record],
    /// Whether the target was read to the end: only then is a linked account gone, or a customer new.
    pub target_complete: bool,
    /// All customer links of the sync.
    pub links: &'a [Link],
    /// The stamp this sync writes for a source id.
    pub stamp_of: &'a dyn Fn(&str) -> String,
    /// The sync's rules for customers.
    pub rules: &'a KindRules,
    /// What the target's connector can do with customers.
    pub describe: &'a KindDescription,
}

/// Decides about every source customer; the result is in the order of `source`.
#[must_use]
pub fn match_customers(input: &CustomerMatchInput<'_>) -> Vec<Matched> {
    let setting = Setting {
        kind: input.kind,
        rules: input.rules,
        describe: input.describe,
        target_complete: input.target_complete,
    };
    let ids: HashSet<&str> = input.target.iter().map(|record| record.id.as_str()).collect();
    let exists = |id: &str| ids.contains(id);
    let mut board = Board::new(setting, input.source, input.target, input.links, &exists, &|_| false);
    if !board.is_done() {
        let pool: Vec<&Record> = input.target.iter().collect();
        let stamp = |record: &Record| record.stamp.clone().into_iter().collect();
        board.by_key("stamp", &pool, |record| vec![(input.stamp_of)(&record.id)], stamp, |_, _| true);
        board.create_as_decided();
        let (by, field) =
            if input.kind == Kind::Product { ("product code", "code") } else { ("customer number", "number") };
        let number = |record: &Record| record.text(field).and_then(serials::number_key).into_iter().collect();
        board.by_key(by, &pool, number, number, |_, _| true);
        let found = candidates(&board);
        let twins = twins(&board);
        board.by_likeness(found, &twins);
    }
    board.finish()
}

/// For each open source customer the free targets of a near name or the same domain.
fn candidates(board: &Board<'_>) -> HashMap<usize, Vec<Candidate>> {
    let names = board.target.iter().map(|record| names::Company::new(&record.name)).collect();
    let index = NameIndex::new(names);
    let domains = unique_domains(board.target);
    let own_domains: HashMap<usize, String> =
        unique_domains(board.source).into_iter().map(|(domain, at)| (at, domain)).collect();
    let open: Vec<usize> = board.open().collect();
    open.into_iter()
        .map(|at| {
            let record = &board.source[at];
            let mut found: HashMap<usize, (f64, String)> = index
                .near(&names::Company::new(&record.name))
                .into_iter()
                .map(|(place, score, reason)| (place, (score, reason)))
                .collect();
            if let Some((domain, place)) = own_domains.get(&at).and_then(|domain| Some((domain, *domains.get(domain)?)))
            {
                let entry = found.entry(place).or_insert((0.0, String::new()));
                let why = format!("same web domain {domain}");
                *entry = if entry.1.is_empty() {
                    (SAME_DOMAIN, why)
                } else {
                    (entry.0.max(NAME_AND_DOMAIN), format!("{}, {why}", entry.1))
                };
            }
            let free = found.into_iter().filter(|(place, _)| board.is_free(record, &board.target[*place]));
            let mut free: Vec<(&Record, f64, String)> =
                free.map(|(place, (score, reason))| (&board.target[place], score, reason)).collect();
            if free.iter().any(|(target, ..)| target.active()) {
                free.retain(|(target, ..)| target.active());
            }
            let candidates = free
                .into_iter()
                .map(|(target, score, reason)| Candidate {
                    target: target.id.clone(),
                    name: target.name.clone(),
                    score,
                    reason: if target.active() { reason } else { format!("{reason}; not in use in the target") },
                })
                .collect();
            (at, candidates)
        })
        .collect()
}

/// The web domains that one record of a side has alone, and its place.
fn unique_domains(records: &[Record]) -> HashMap<String, usize> {
    let mut owners: HashMap<String, Option<usize>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        if let Some(domain) = record.text("website").and_then(names::domain) {
            owners.entry(domain).and_modify(|owner| *owner = None).or_insert(Some(at));
        }
    }
    owners.into_iter().filter_map(|(domain, owner)| Some((domain, owner?))).collect()
}

/// The open source customers whose whole name another one in use has as well.
fn twins(board: &Board<'_>) -> HashSet<usize> {
    let mut count: HashMap<String, u32> = HashMap::new();
    for record in board.source.iter().filter(|record| board.takes_part(record)) {
        *count.entry(names::plain(&record.name)).or_default() += 1;
    }
    board
        .open()
        .filter(|at| count.get(&names::plain(&board.source[*at].name)).is_some_and(|count| *count > 1))
        .collect()
}
