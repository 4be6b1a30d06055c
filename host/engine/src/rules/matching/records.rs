//! Locations and assets of one customer, inside the account it is linked to.
//!
//! A location links by its name within the account; an equal address or a near name proposes. An asset links by its
//! serial number, then by a network card's address where the name or a second card agrees; an equal name or a lone card
//! proposes, unless two serial numbers say that they are two devices. A device without a serial number, under a
//! generated name, is not created until its wait is over. If its serial number is in use outside the account, nothing
//! is created here. A stamp found out there is left to a person: it is this device at another customer, or a copy that
//! includes the key.

use super::board::{Board, ByKey, CANDIDATES_KEPT, Setting};
use super::score::NameIndex;
use super::{Holder, Matched};
use crate::rules::names::{self, Host};
use crate::rules::serials::{mac_keys, serial_keys};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Decider, Kind, KindDescription, Link, Record, Said, Timestamp, said};
use std::collections::{BTreeSet, HashMap, HashSet};

/// An equal address within the account.
const SAME_ADDRESS: f64 = 0.85;
/// Sites of one account often have much of their name in common: be stricter than for customers.
const NEAR_SITE: f64 = 0.9;
/// Both of them.
const NAME_AND_ADDRESS: f64 = 0.95;
/// An equal device name within the account …
const SAME_HOST: f64 = 0.85;
/// … and an equal model.
const SAME_HOST_AND_MODEL: f64 = 0.92;
/// An equal address of a network card, and nothing else that agrees.
const SAME_CARD: f64 = 0.75;
/// The most targets of one name, card or address that one record is compared with.
const COMPARED: usize = 64;

/// One customer's records of a kind.
#[derive(Clone, Copy)]
pub struct MatchInput<'a> {
    /// [`Kind::Location`] or [`Kind::Asset`].
    pub kind: Kind,
    /// The source customer's.
    pub source: &'a [Record],
    /// Those of the linked account; empty when it is yet to be created.
    pub target: &'a [Record],
    /// Whether the target's records of the kind were read to the end.
    pub target_complete: bool,
    /// The links of the source records.
    pub links: &'a [Link],
    /// Records outside the account that carry the stamp or the serial number of one of the source records.
    pub elsewhere: &'a [Record],
    /// Whether the target has a record of this id, in whatever account.
    pub exists: &'a dyn Fn(&str) -> bool,
    /// Which source record a target is linked to, or about to be; of whatever customer.
    pub holder: &'a dyn Fn(&str) -> Option<Holder>,
    /// Whether a source record of another customer that is there has this serial number, as a key.
    pub serial_elsewhere: &'a dyn Fn(&str) -> bool,
    /// The stamp this sync writes for a source id.
    pub stamp_of: &'a dyn Fn(&str) -> String,
    /// The sync's rules for the kind.
    pub rules: &'a KindRules,
    /// What the target's connector can do with the kind.
    pub describe: &'a KindDescription,
    /// Until when a source record waits for its serial number, by its id; `None` where it has waited.
    pub waits: &'a dyn Fn(&str) -> Option<Timestamp>,
    /// Whether stopping is wanted: then what comes out means nothing.
    pub stopped: &'a dyn Fn() -> bool,
}

/// Decides about every source record; the result is in the order of `source`.
#[must_use]
pub fn match_records(input: &MatchInput<'_>) -> Vec<Matched> {
    let waits = |record: &Record| (input.waits)(&record.id).filter(|_| is_nameless(input.kind, record));
    let setting = Setting {
        waits: &waits,
        kind: input.kind,
        rules: input.rules,
        describe: input.describe,
        target_complete: input.target_complete,
        stopped: input.stopped,
    };
    let mut board = Board::new(setting, input.source, input.target, input.links, input.exists, input.holder);
    if board.is_done() {
        return board.finish();
    }
    let pool: Vec<&Record> = input.target.iter().collect();
    // A record elsewhere that is out of use is what an earlier move left behind.
    let elsewhere = || input.elsewhere.iter().filter(|record| record.active());
    let away: Vec<&Record> = elsewhere().collect();
    let known = |target: &Record| match (input.holder)(&target.id) {
        Some(Holder::Gone(source)) => vec![same_id(&source)],
        _ => Vec::new(),
    };
    let stamp = |record: &Record| record.stamp.clone().into_iter().collect();
    let own_stamp = |record: &Record| vec![(input.stamp_of)(&record.id)];
    let own_id = |record: &Record| vec![same_id(&record.id)];
    // What an earlier move left out of use has the stamp still: it gives way to what is in use, here or elsewhere, and
    // is this record.
    let (used, left): (Vec<&Record>, Vec<&Record>) = pool.iter().partition(|record| record.active());
    let beside_left = || used.iter().filter(|_| !left.is_empty());
    let ids: HashSet<String> = beside_left().flat_map(|record| known(record)).collect();
    let serials = |record: &Record| if input.kind == Kind::Asset { serial_keys(record) } else { Vec::new() };
    let numbers: HashSet<String> = beside_left().copied().chain(elsewhere()).flat_map(&serials).collect();
    let left_stamp = |record: &Record| {
        let is_in_use = ids.contains(&same_id(&record.id)) || serials(record).iter().any(|key| numbers.contains(key));
        if is_in_use { Vec::new() } else { own_stamp(record) }
    };
    board.by_key(&ByKey::plain(Decider::Stamp, &used, &own_stamp, &stamp));
    board.by_key(&ByKey::plain(Decider::Stamp, &left, &left_stamp, &stamp));
    board.create_as_decided();
    board.by_key(&ByKey::plain(Decider::KnownId, &pool, &own_id, &known));
    if input.kind == Kind::Asset {
        let serials: Vec<&Record> = pool.iter().copied().chain(elsewhere()).collect();
        let inside: HashSet<&str> = input.target.iter().map(|record| record.id.as_str()).collect();
        let twin = |_: &Record, key: &str| (input.serial_elsewhere)(key);
        board.by_key(&ByKey {
            names_one: true,
            elsewhere: &twin,
            outside: &|record| !inside.contains(record.id.as_str()),
            ..ByKey::plain(Decider::SerialNumber, &serials, &serial_keys, &serial_keys)
        });
        let devices = Devices::new(&board);
        let own_cards = |record: &Record| devices.agreeing(record, Side::Source);
        let cards = |record: &Record| devices.agreeing(record, Side::Target);
        board.by_key(&ByKey::plain(Decider::MacAddress, &pool, &own_cards, &cards));
        board.stamped_elsewhere(&away, input.stamp_of);
        let (found, crowded) = devices.like(&board);
        board.by_likeness(found, &crowded);
    } else {
        let by = Decider::NameWithin;
        board.by_key(&ByKey { free_only: true, ..ByKey::plain(by, &pool, &plain_name, &plain_name) });
        board.stamped_elsewhere(&away, input.stamp_of);
        let found = like_locations(&board);
        board.by_likeness(found, &HashSet::new());
    }
    board.finish()
}

/// Whether a device tells nothing yet that it could be found by when its serial number comes: a network card is in few
/// records that were made by hand.
#[must_use]
pub fn is_nameless(kind: Kind, record: &Record) -> bool {
    let made_up = || Host::new(&record.name).is_none_or(|host| host.is_made_up());
    kind == Kind::Asset && serial_keys(record).is_empty() && made_up()
}

/// An id without the case of its letters and the braces around it.
pub(super) fn same_id(id: &str) -> String {
    id.trim().trim_matches(['{', '}']).to_lowercase()
}

#[derive(Clone, Copy)]
pub(crate) enum Side {
    Source,
    Target,
}

/// What tells one device from another, worked out once.
struct Device {
    host: Option<Host>,
    serials: Vec<String>,
    macs: BTreeSet<String>,
    model: Option<String>,
}

impl Device {
    fn new(record: &Record) -> Self {
        Self {
            host: Host::new(&record.name),
            serials: serial_keys(record),
            macs: mac_keys(record).into_iter().collect(),
            model: record.text("model").map(names::plain),
        }
    }

    /// Whether two serial numbers say that these are two devices.
    fn is_another(&self, other: &Self) -> bool {
        !self.serials.is_empty() && !other.serials.is_empty() && self.serials != other.serials
    }

    fn has_name_of(&self, other: &Self) -> bool {
        matches!((&self.host, &other.host), (Some(one), Some(two)) if one.is_same(two))
    }
}

/// The devices of both sides, and where in the target a name or a card is found.
struct Devices<'a> {
    source: HashMap<&'a str, Device>,
    target: HashMap<&'a str, (&'a Record, Device)>,
    named: HashMap<String, Vec<&'a str>>,
    cards: HashMap<String, Vec<&'a str>>,
    /// The pairs that a card and a second fact make one, by the ids of either side: a key of their own.
    pairs: HashMap<(bool, String), Vec<String>>,
}

impl<'a> Devices<'a> {
    fn new(board: &Board<'a>) -> Self {
        // Where nothing is there, nothing is like anything.
        let open: Vec<usize> = board.open().filter(|_| !board.target.is_empty()).collect();
        let source: HashMap<&str, Device> =
            open.iter().map(|at| &board.source[*at]).map(|one| (one.id.as_str(), Device::new(one))).collect();
        let mut targets: Vec<&Record> = if source.is_empty() { Vec::new() } else { board.target.iter().collect() };
        targets.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let (mut named, mut cards) = (HashMap::<String, Vec<&str>>::new(), HashMap::<String, Vec<&str>>::new());
        let mut target = HashMap::new();
        for record in targets {
            let device = Device::new(record);
            for key in device.host.iter().flat_map(Host::keys) {
                named.entry(key.to_owned()).or_default().push(&record.id);
            }
            for mac in &device.macs {
                cards.entry(mac.clone()).or_default().push(&record.id);
            }
            target.insert(record.id.as_str(), (record, device));
        }
        let mut devices = Self { source, target, named, cards, pairs: HashMap::new() };
        devices.pair();
        devices
    }

    /// Finds the pairs of a shared card whose name or a second card agrees.
    fn pair(&mut self) {
        let mut pairs: HashMap<(bool, String), Vec<String>> = HashMap::new();
        for (id, own) in &self.source {
            let near: BTreeSet<&str> = own
                .macs
                .iter()
                .filter_map(|mac| self.cards.get(mac))
                .flat_map(|all| all.iter().take(COMPARED).copied())
                .collect();
            for there in near {
                let Some((record, other)) = self.target.get(there) else { continue };
                let shared: Vec<&String> = own.macs.intersection(&other.macs).collect();
                let agrees = shared.len() > 1 || own.has_name_of(other);
                if let (true, false, Some(mac)) = (agrees, own.is_another(other), shared.first()) {
                    pairs.entry((true, (*id).to_owned())).or_default().push((*mac).clone());
                    pairs.entry((false, record.id.clone())).or_default().push((*mac).clone());
                }
            }
        }
        self.pairs = pairs;
    }

    /// The addresses by which a record is one with another, a second fact agreeing.
    fn agreeing(&self, record: &Record, side: Side) -> Vec<String> {
        let key = (matches!(side, Side::Source), record.id.clone());
        self.pairs.get(&key).cloned().unwrap_or_default()
    }

    /// For each open source record the free targets that are like it, and those of which more are like it than
    /// are compared: for these no score is enough.
    fn like(&self, board: &Board<'_>) -> (HashMap<usize, Vec<Candidate>>, HashSet<usize>) {
        let (mut found, mut crowded) = (HashMap::new(), HashSet::new());
        for at in board.open().take_while(|_| !board.is_stopped()) {
            let record = &board.source[at];
            let Some(own) = self.source.get(record.id.as_str()) else { continue };
            let mut near: BTreeSet<&str> = BTreeSet::new();
            let hosts = own.host.iter().flat_map(Host::keys).filter_map(|key| self.named.get(key));
            for all in hosts.chain(own.macs.iter().filter_map(|mac| self.cards.get(mac))) {
                near.extend(all.iter().take(COMPARED));
                if all.len() > COMPARED {
                    crowded.insert(at);
                }
            }
            let mut candidates = Vec::new();
            for id in near {
                let Some((target, device)) = self.target.get(id) else { continue };
                // One whose device is gone may come back with it, though it was taken out of use.
                let there = target.active() || board.gone_holder(&target.id).is_some();
                if !there || !board.is_free(record, target) {
                    continue;
                }
                let Some((score, reason)) = likeness(own, device) else { continue };
                let reason = with_holder(board, target, reason);
                candidates.push(Candidate { target: target.id.clone(), name: target.name.clone(), score, reason });
            }
            candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.target.cmp(&b.target)));
            candidates.truncate(CANDIDATES_KEPT);
            found.insert(at, candidates);
        }
        (found, crowded)
    }
}

/// The reason for a candidate, and that it is linked to a source record that is gone.
fn with_holder(board: &Board<'_>, target: &Record, reason: Said) -> Said {
    let gone = board.gone_holder(&target.id).map(|gone| said!("match-linked-to-gone", gone));
    Said::several([reason].into_iter().chain(gone))
}

fn likeness(own: &Device, other: &Device) -> Option<(f64, Said)> {
    if own.is_another(other) {
        return None;
    }
    if own.has_name_of(other) {
        let host = other.host.as_ref().map(|host| host.full.as_str()).unwrap_or_default();
        let same_model = own.model.is_some() && own.model == other.model;
        return Some(if same_model {
            (SAME_HOST_AND_MODEL, said!("match-same-host-and-model", host))
        } else {
            (SAME_HOST, said!("match-same-host", host))
        });
    }
    let mac = own.macs.intersection(&other.macs).next()?;
    Some((SAME_CARD, said!("match-same-card", mac)))
}

/// For each open source location the free targets of a near name or the same address.
fn like_locations(board: &Board<'_>) -> HashMap<usize, Vec<Candidate>> {
    let open: Vec<usize> = board.open().collect();
    if open.is_empty() {
        return HashMap::new();
    }
    let index = NameIndex::new(board.target.iter().map(|record| names::Company::new(&record.name)).collect());
    let mut addresses: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, record) in board.target.iter().enumerate() {
        if let Some(address) = address(record) {
            addresses.entry(address).or_default().push(place);
        }
    }
    let candidates = |at: usize| {
        let record = &board.source[at];
        let mut places: BTreeSet<usize> =
            index.near(&names::Company::new(&record.name)).into_iter().map(|(place, ..)| place).collect();
        let same = address(record).and_then(|own| addresses.get(&own));
        places.extend(same.into_iter().flatten().take(COMPARED));
        let mut found: Vec<Candidate> = places
            .into_iter()
            .map(|place| &board.target[place])
            .filter(|target| target.active() && board.is_free(record, target))
            .filter_map(|target| {
                let (score, reason) = location_likeness(&index, record, target)?;
                let reason = with_holder(board, target, reason);
                Some(Candidate { target: target.id.clone(), name: target.name.clone(), score, reason })
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.target.cmp(&b.target)));
        found.truncate(CANDIDATES_KEPT);
        found
    };
    open.into_iter().take_while(|_| !board.is_stopped()).map(|at| (at, candidates(at))).collect()
}

fn location_likeness(index: &NameIndex, source: &Record, target: &Record) -> Option<(f64, Said)> {
    let (score, names) = index.score(&names::Company::new(&source.name), &names::Company::new(&target.name));
    let named = score >= NEAR_SITE && !names::plain(&source.name).is_empty();
    let address = address(source).is_some_and(|own| address(target).as_ref() == Some(&own));
    match (named, address) {
        (true, true) => Some((score.max(NAME_AND_ADDRESS), said!("match-names-and-address", names))),
        (true, false) => Some((score, names)),
        (false, true) => Some((SAME_ADDRESS, said!("match-same-address"))),
        (false, false) => None,
    }
}

/// Street and place as one key; none when either is missing.
fn address(record: &Record) -> Option<String> {
    let street = record.text("address-1").map(names::plain)?;
    let place = record.text("postal-code").or_else(|| record.text("city")).map(names::plain)?;
    Some(format!("{street}|{place}"))
}

fn plain_name(record: &Record) -> Vec<String> {
    Some(names::plain(&record.name)).filter(|name| !name.is_empty()).into_iter().collect()
}
