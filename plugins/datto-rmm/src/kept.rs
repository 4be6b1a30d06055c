//! Audits that are kept, by the device's `lastAuditDate`: as long as that stands, the audit need not be asked for again.
//!
//! What a read stores lasts for its run only, so reads use what is kept and add nothing: the job `audits` walks the devices,
//! asks for the audits that are new, and keeps them. Many devices share an entry, spread by their uid; one that outgrows
//! its room begins anew with the devices at hand, which also forgets those that are gone.
//! A device without a `lastAuditDate` is asked for every time.

use crate::audit::Facts;
use crate::client::get;
use crosswalk_sdk::http::segment;
use crosswalk_sdk::{Failure, Host, HttpError, Level, Response, json};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const SPACE: &str = "audits";
/// Entries the devices are spread over: fifty devices each in an account of 50,000, at half a KiB a device.
const ENTRIES: u32 = 1024;

/// A device whose audit is wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'d> {
    pub(crate) uid: &'d str,
    /// `lastAuditDate`, as told; empty where it is not: then it was never audited.
    pub(crate) date: &'d str,
    /// Whether the vendor says that it is a computer, all of which it audits.
    pub(crate) is_computer: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    date: String,
    /// None in entries of earlier versions, which kept it of a device without an audit.
    facts: Option<Facts>,
}

type Shelf = BTreeMap<String, Kept>;

/// What became of one device's audit: none where the vendor has none.
pub(crate) type Found = Result<Option<Facts>, Failure>;

/// The audits of these devices, in their order: those kept, the others asked for side by side. With `keep`, the
/// new ones are stored, also when some were refused.
///
/// # Errors
/// Calls are refused or run out, or of several none could be read. One that cannot be read is in the list.
pub(crate) fn audits(host: &dyn Host, devices: &[Wanted<'_>], keep: bool) -> Result<Vec<Found>, Failure> {
    let mut shelves: BTreeMap<String, Shelf> = BTreeMap::new();
    let mut found: Vec<Option<Found>> = Vec::with_capacity(devices.len());
    for device in devices {
        let shelf = shelves.entry(key(device.uid)).or_insert_with_key(|key| shelf(host, key));
        let kept = shelf.get(device.uid).filter(|kept| !device.date.is_empty() && kept.date == device.date);
        found.push(kept.and_then(|kept| kept.facts.clone()).map(|facts| Ok(Some(facts))));
    }
    let missing: Vec<usize> = (0..devices.len()).filter(|&at| found[at].is_none()).collect();
    let replies = ask(host, missing.iter().map(|&at| devices[at].uid));
    let mut changed: BTreeMap<String, Shelf> = BTreeMap::new();
    let mut refused = None;
    let (asked, mut failed) = (missing.len(), 0);
    for (at, reply) in missing.into_iter().zip(replies) {
        let device = &devices[at];
        let answer = match reply {
            // One audit that is too large is no fault of the others.
            Err(error @ HttpError::TooLarge(_)) => Err(Failure::Unavailable(Failure::from(error).message().to_owned())),
            Err(error) => Err(error.into()),
            Ok(reply) => Facts::open(&reply, device),
        };
        if let (true, Ok(Some(facts))) = (keep && !device.date.is_empty(), &answer) {
            let kept = Kept { date: device.date.to_owned(), facts: Some(facts.clone()) };
            changed.entry(key(device.uid)).or_default().insert(device.uid.to_owned(), kept);
        }
        match &answer {
            Err(failure) if failure.stops_all() => refused = refused.or(answer.err()),
            Err(Failure::Unavailable(_)) => {
                failed += 1;
                found[at] = Some(answer);
            }
            _ => found[at] = Some(answer),
        }
    }
    if asked > 1 && failed == asked && refused.is_none() {
        refused = found.iter().flatten().find_map(|found| found.as_ref().err().cloned());
    }
    for (key, new) in changed {
        let shelf = shelves.remove(&key).unwrap_or_default();
        store(host, &key, shelf, new);
    }
    match refused {
        Some(failure) => Err(failure),
        None => Ok(found.into_iter().map(|found| found.unwrap_or(Ok(None))).collect()),
    }
}

fn ask<'u>(host: &dyn Host, uids: impl Iterator<Item = &'u str>) -> Vec<Result<Response, HttpError>> {
    let requests: Vec<_> = uids.map(|uid| get(&format!("audit/device/{}", segment(uid)))).collect();
    if requests.is_empty() { Vec::new() } else { host.send_all(requests) }
}

/// What an entry holds; one that cannot be read, of another version, holds nothing.
fn shelf(host: &dyn Host, key: &str) -> Shelf {
    host.entry(SPACE, key).and_then(|entry| serde_json::from_str(&entry.value).ok()).unwrap_or_default()
}

fn store(host: &dyn Host, key: &str, mut shelf: Shelf, new: Shelf) {
    shelf.extend(new.clone());
    let stored = host.entry_put(SPACE, key, &json::write(&shelf), None);
    if stored.is_err() && host.entry_put(SPACE, key, &json::write(&new), None).is_err() {
        host.log(Level::Warn, "there is no room to keep audits: they are asked for at every read");
    }
}

/// The entry of a device: FNV-1a of its uid, which is spread evenly and the same everywhere.
fn key(uid: &str) -> String {
    let hash = uid.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash % ENTRIES).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::Asset;
    use crosswalk_sdk::testing::{Script, reply};

    fn vendor(request: &crosswalk_sdk::Request) -> Result<Response, HttpError> {
        Ok(match request.path.trim_start_matches("/api/v2/audit/device/") {
            "gone" | "never" => reply(404, "{}"),
            "odd" => reply(200, "<html>"),
            "busy" => reply(429, "{}"),
            uid => reply(200, &format!(r#"{{"bios":{{"serialNumber":"{uid}"}}}}"#)),
        })
    }

    fn wanted<'d>(devices: &[(&'d str, &'d str)]) -> Vec<Wanted<'d>> {
        devices.iter().map(|(uid, date)| Wanted { uid, date, is_computer: true }).collect()
    }

    fn serial(found: &Found) -> Option<String> {
        let mut asset = Asset::default();
        found.as_ref().ok()?.as_ref()?.fill(&mut asset);
        asset.serial_number.into_value()
    }

    #[test]
    fn an_audit_is_asked_for_once_until_its_date_moves() {
        let host = Script::new("{}", vendor);
        let devices = wanted(&[("a", "1"), ("b", "1"), ("never", ""), ("c", "")]);
        let asked = |devices: &[Wanted<'_>], keep: bool| {
            host.forget();
            let found = audits(&host, devices, keep).unwrap();
            let serials: Vec<Option<String>> = found.iter().map(serial).collect();
            assert_eq!(serials, [Some("a".to_owned()), Some("b".to_owned()), None, Some("c".to_owned())]);
            host.requests.borrow().len()
        };
        assert_eq!((asked(&devices, false), asked(&devices, true)), (4, 4), "a read keeps nothing");
        assert_eq!((asked(&devices, false), asked(&devices, true)), (2, 2), "two have no date");
        let moved = wanted(&[("a", "2"), ("b", "1"), ("never", ""), ("c", "")]);
        assert_eq!((asked(&moved, true), asked(&moved, true)), (3, 2));
    }

    #[test]
    fn an_audit_that_the_vendor_says_there_is_and_has_not_is_not_kept_as_none() {
        let host = Script::new("{}", vendor);
        for _ in 0..2 {
            host.forget();
            let found = audits(&host, &wanted(&[("gone", "1"), ("a", "1")]), true).unwrap();
            assert_eq!(found[0].as_ref().unwrap_err().case(), "not-found");
            assert!(host.asked().contains(&"GET /api/v2/audit/device/gone".to_owned()), "asked for again");
        }
        let before = r#"{"gone":{"date":"1","facts":null}}"#;
        host.entry_put(SPACE, &key("gone"), before, None).unwrap();
        assert!(audits(&host, &wanted(&[("gone", "1")]), false).unwrap()[0].is_err());
    }

    #[test]
    fn what_came_is_kept_though_another_is_refused() {
        let host = Script::new("{}", vendor);
        let devices = wanted(&[("a", "1"), ("busy", "1"), ("b", "1")]);
        assert_eq!(audits(&host, &devices, true).unwrap_err().case(), "throttled");
        host.forget();
        assert!(audits(&host, &devices, true).is_err());
        assert_eq!(host.asked(), ["GET /api/v2/audit/device/busy"]);
        let odd = audits(&host, &wanted(&[("odd", "1"), ("a", "1")]), true).unwrap();
        assert_eq!((odd[0].is_err(), serial(&odd[1])), (true, Some("a".to_owned())));
    }

    #[test]
    fn an_entry_of_another_version_is_no_hindrance() {
        let host = Script::new("{}", vendor);
        host.entry_put(SPACE, &key("a"), "[1]", None).unwrap();
        audits(&host, &wanted(&[("a", "1")]), true).unwrap();
        host.forget();
        audits(&host, &wanted(&[("a", "1")]), true).unwrap();
        assert!(host.requests.borrow().is_empty());
    }
}
