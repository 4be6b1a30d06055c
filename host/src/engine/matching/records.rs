//! Locations and assets of one customer, inside the account it is linked to.
//!
//! A location links by its name within the account; an equal address or a near name
//! proposes. An asset links by its serial number, then by a network card's address;
//! an equal name proposes, unless two serial numbers say that they are two devices.
//! Only a stamp reaches beyond the account: it says that the record is this very
//! device, which then changed customers.

use super::Matched;
use super::board::{Board, Setting};
use super::score::NameIndex;
use crate::engine::{names, serials};
use crate::model::sync::KindRules;
use crate::model::{Candidate, Kind, KindDescription, Link, Record, Value};
use std::collections::{HashMap, HashSet};

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
    /// Records outside the account that carry the stamp of one of the source records.
    pub stamped_elsewhere: &'a [Record],
    /// Whether the target has a record of this id, in whatever account.
    pub exists: &'a dyn Fn(&str) -> bool,
    /// Whether a target is linked to a source record outside `links`, or about to be.
    pub taken_elsewhere: &'a dyn Fn(&str) -> bool,
    /// The stamp this sync writes for a source id.
    pub stamp_of: &'a dyn Fn(&str) -> String,
    /// The sync's rules for the kind.
    pub rules: &'a KindRules,
    /// What the target's connector can do with the kind.
    pub describe: &'a KindDescription,
}

/// Decides about every source record; the result is in the order of `source`.
#[must_use]
pub fn match_records(input: &MatchInput<'_>) -> Vec<Matched> {
    let setting = Setting {
        kind: input.kind,
        rules: input.rules,
        describe: input.describe,
        target_complete: input.target_complete,
    };
    let mut board = Board::new(setting, input.source, input.target, input.links, input.exists, input.taken_elsewhere);
    if board.is_done() {
        return board.finish();
    }
    let pool: Vec<&Record> = input.target.iter().collect();
    // A stamped record elsewhere that is out of use is what an earlier move left behind.
    let elsewhere = input.stamped_elsewhere.iter().filter(|r| r.active() && !(input.taken_elsewhere)(&r.id));
    let stamped: Vec<&Record> = pool.iter().copied().chain(elsewhere).collect();
    let stamp = |record: &Record| record.stamp.clone().into_iter().collect();
    board.by_key("stamp", &stamped, |record| vec![(input.stamp_of)(&record.id)], stamp, |_, _| true);
    board.create_as_decided();
    if input.kind == Kind::Asset {
        board.by_key("serial number", &pool, serial_keys, serial_keys, |_, _| true);
        board.by_key("MAC address", &pool, mac_keys, mac_keys, |source, target| !two_devices(source, target));
        let found = like(&board, &asset_likeness);
        board.by_likeness(found, &HashSet::new());
    } else {
        board.by_key("name within the account", &pool, plain_name, plain_name, |_, _| true);
        let index = NameIndex::new(input.target.iter().map(|record| names::Company::new(&record.name)).collect());
        let found = like(&board, &|source, target| location_likeness(&index, source, target));
        board.by_likeness(found, &HashSet::new());
    }
    board.finish()
}

type Likeness<'l> = dyn Fn(&Record, &Record) -> Option<(f64, String)> + 'l;

/// For each open source record the free targets that are like it. Compares everything
/// with everything, which within one account is little: it is done for new records only.
fn like(board: &Board<'_>, likeness: &Likeness<'_>) -> HashMap<usize, Vec<Candidate>> {
    let open: Vec<usize> = board.open().collect();
    let candidates = |at: &usize| {
        let record = &board.source[*at];
        let free: Vec<&Record> =
            board.target.iter().filter(|target| target.active() && board.is_free(record, target)).collect();
        free.into_iter()
            .filter_map(|target| {
                let (score, reason) = likeness(record, target)?;
                Some(Candidate { target: target.id.clone(), name: target.name.clone(), score, reason })
            })
            .collect()
    };
    open.iter().map(|at| (*at, candidates(at))).collect()
}

fn asset_likeness(source: &Record, target: &Record) -> Option<(f64, String)> {
    let host = names::host(&source.name)?;
    if two_devices(source, target) || names::host(&target.name)? != host {
        return None;
    }
    let model = |record: &Record| record.text("model").map(names::plain);
    let same_model = model(source).is_some_and(|own| model(target).as_ref() == Some(&own));
    Some(if same_model {
        (SAME_HOST_AND_MODEL, format!("same name {host} and same model"))
    } else {
        (SAME_HOST, format!("same name {host}, and no serial number to be sure"))
    })
}

fn location_likeness(index: &NameIndex, source: &Record, target: &Record) -> Option<(f64, String)> {
    let (score, name) = index.score(&names::Company::new(&source.name), &names::Company::new(&target.name));
    let named = score >= NEAR_SITE && !names::plain(&source.name).is_empty();
    let address = address(source).is_some_and(|own| address(target).as_ref() == Some(&own));
    match (named, address) {
        (true, true) => Some((score.max(NAME_AND_ADDRESS), format!("{name}, same address"))),
        (true, false) => Some((score, name)),
        (false, true) => Some((SAME_ADDRESS, "same address".to_owned())),
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

fn serial_keys(record: &Record) -> Vec<String> {
    record.text("serial-number").and_then(serials::serial_key).into_iter().collect()
}

fn mac_keys(record: &Record) -> Vec<String> {
    match record.field("mac-addresses") {
        Some(Value::Json(json)) => {
            let macs: Vec<String> = serde_json::from_str(json).unwrap_or_default();
            macs.iter().filter_map(|mac| serials::mac_key(mac)).collect()
        }
        Some(Value::Text(text)) => text.split([',', ';']).filter_map(serials::mac_key).collect(),
        _ => Vec::new(),
    }
}

/// Whether two serial numbers say that these are two devices.
fn two_devices(a: &Record, b: &Record) -> bool {
    let (a, b) = (serial_keys(a), serial_keys(b));
    !a.is_empty() && !b.is_empty() && a != b
}
