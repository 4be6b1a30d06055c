//! Customers, and products: all of a sync at once, some thousands on each side.
//!
//! The one hard key that both systems share is the number in the MSP's own books, or a product's seller's code. Name
//! and web domain only propose. Nothing is created without a search for near records. A domain shared by several
//! customers of one side (a web presence on somebody else's site, a group of companies) proves nothing.

use super::board::{Board, ByKey, CANDIDATES_KEPT, Setting};
use super::records::same_id;
use super::score::NameIndex;
use super::{Holder, Matched};
use crate::rules::{names, serials};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Decider, Kind, KindDescription, Link, Record, Said, catalogue, said};
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
    /// Whether stopping is wanted: then what comes out means nothing.
    pub stopped: &'a dyn Fn() -> bool,
}

/// Decides about every source customer; the result is in the order of `source`.
#[must_use]
pub fn match_customers(input: &CustomerMatchInput<'_>) -> Vec<Matched> {
    let setting = Setting {
        kind: input.kind,
        rules: input.rules,
        describe: input.describe,
        target_complete: input.target_complete,
        waits: &|_| None,
        stopped: input.stopped,
    };
    let ids: HashSet<&str> = input.target.iter().map(|record| record.id.as_str()).collect();
    let exists = |id: &str| ids.contains(id);
    let holders = holders(input.source, input.links);
    let holder = |id: &str| holders.get(id).cloned();
    let mut board = Board::new(setting, input.source, input.target, input.links, &exists, &holder);
    if !board.is_done() {
        let pool: Vec<&Record> = input.target.iter().collect();
        let known = |target: &Record| match holder(&target.id) {
            Some(Holder::Gone(source)) => vec![same_id(&source)],
            _ => Vec::new(),
        };
        let stamp = |record: &Record| record.stamp.clone().into_iter().collect();
        let own_stamp = |record: &Record| vec![(input.stamp_of)(&record.id)];
        let own_id = |record: &Record| vec![same_id(&record.id)];
        board.by_key(&ByKey::plain(Decider::Stamp, &pool, &own_stamp, &stamp));
        board.create_as_decided();
        board.by_key(&ByKey::plain(Decider::KnownId, &pool, &own_id, &known));
        let (by, field) = if input.kind == Kind::Product {
            (Decider::ProductCode, "code")
        } else {
            (Decider::CustomerNumber, "number")
        };
        let number = |record: &Record| record.text(field).and_then(serials::number_key).into_iter().collect();
        board.by_key(&ByKey { names_one: true, ..ByKey::plain(by, &pool, &number, &number) });
        let found = candidates(&board);
        let twins = twins(&board);
        board.by_likeness(found, &twins);
    }
    board.finish()
}

/// Which source record has which target by a link that stands.
fn holders(source: &[Record], links: &[Link]) -> HashMap<String, Holder> {
    let present: HashSet<&str> = source.iter().map(|record| record.id.as_str()).collect();
    let mut holders: HashMap<String, Holder> = HashMap::new();
    for link in links {
        let Some(target) = link.linked() else { continue };
        if present.contains(link.source.as_str()) {
            holders.insert(target.to_owned(), Holder::Present(link.source.clone()));
        } else {
            // A target that several lead to belongs to the one that is there.
            holders.entry(target.to_owned()).or_insert_with(|| Holder::Gone(link.source.clone()));
        }
    }
    holders
}

/// For each open source customer the free targets of a near name or the same domain.
fn candidates(board: &Board<'_>) -> HashMap<usize, Vec<Candidate>> {
    let names = board.target.iter().map(|record| names::Company::new(&record.name)).collect();
    let index = NameIndex::new(names);
    let domains = unique_domains(board.setting.kind, board.target);
    let own_domains: HashMap<usize, String> =
        unique_domains(board.setting.kind, board.source).into_iter().map(|(domain, at)| (at, domain)).collect();
    let open: Vec<usize> = board.open().collect();
    open.into_iter()
        .take_while(|_| !board.is_stopped())
        .map(|at| {
            let record = &board.source[at];
            let mut found: HashMap<usize, (f64, Said)> = index
                .near(&names::Company::new(&record.name))
                .into_iter()
                .map(|(place, score, reason)| (place, (score, reason)))
                .collect();
            if let Some((domain, place)) = own_domains.get(&at).and_then(|domain| Some((domain, *domains.get(domain)?)))
            {
                let both = match found.remove(&place) {
                    None => (SAME_DOMAIN, said!("match-same-domain", domain)),
                    Some((score, names)) => {
                        (score.max(NAME_AND_DOMAIN), said!("match-names-and-domain", names, domain))
                    }
                };
                found.insert(place, both);
            }
            let free = found.into_iter().filter(|(place, _)| board.is_free(record, &board.target[*place]));
            let mut free: Vec<(&Record, f64, Said)> =
                free.map(|(place, (score, reason))| (&board.target[place], score, reason)).collect();
            if free.iter().any(|(target, ..)| target.active()) {
                free.retain(|(target, ..)| target.active());
            }
            free.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
            free.truncate(CANDIDATES_KEPT);
            let candidates = free
                .into_iter()
                .map(|(target, score, reason)| {
                    let gone = board.gone_holder(&target.id).map(|gone| said!("match-linked-to-gone", gone));
                    let unused = (!target.active()).then(|| said!("match-target-out-of-use"));
                    let reason = Said::several([reason].into_iter().chain(gone).chain(unused));
                    Candidate { target: target.id.clone(), name: target.name.clone(), score, reason }
                })
                .collect();
            (at, candidates)
        })
        .collect()
}

/// The web domains that one record of a side has alone, and its place; none for a kind without a website.
fn unique_domains(kind: Kind, records: &[Record]) -> HashMap<String, usize> {
    let mut owners: HashMap<String, Option<usize>> = HashMap::new();
    let has_one = catalogue::field(kind, "website").is_some();
    for (at, record) in records.iter().enumerate().filter(|_| has_one) {
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
