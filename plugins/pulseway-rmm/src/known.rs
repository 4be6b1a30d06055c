//! Of which device each notification is: the list does not say, and asking costs a call each. A notification never changes,
//! so it is asked for once. What a read learns lasts for its run only; the job `notifications` keeps it.
//! Some hundred notifications share an entry, by their numbers.

use crosswalk_sdk::{Host, Level, json};
use std::collections::{BTreeMap, BTreeSet};

const SPACE: &str = "notifications";
/// Notifications of an entry: at most 30 KiB.
const SHARED: i64 = 500;

/// Notification → device; empty where the vendor names none.
pub(crate) type Devices = BTreeMap<i64, String>;

/// The entry of the border below which all notifications are old.
const BORDER: &str = "older";

/// A notification, and a time (RFC 3339): it and all that came before it by number are older than that time. Numbers
/// only grow and a notification never changes, so that this stays true.
pub(crate) fn border(host: &dyn Host) -> Option<(i64, String)> {
    let kept = host.entry(SPACE, BORDER)?.value;
    let (id, since) = kept.split_once(' ')?;
    Some((id.parse().ok()?, since.to_owned()))
}

/// Keeps it.
pub(crate) fn keep_border(host: &dyn Host, id: i64, since: &str) {
    if host.entry_put(SPACE, BORDER, &format!("{id} {since}"), None).is_err() {
        host.log(Level::Warn, "there is no room to keep how far notifications were read: all are read at every time");
    }
}

/// What is known of these.
pub(crate) fn devices(host: &dyn Host, ids: impl Iterator<Item = i64>) -> Devices {
    let entries: BTreeSet<i64> = ids.map(|id| id.div_euclid(SHARED)).collect();
    entries.into_iter().flat_map(|entry| read(host, entry)).collect()
}

/// Keeps what is new.
pub(crate) fn keep(host: &dyn Host, new: Devices) {
    let mut entries: BTreeMap<i64, Devices> = BTreeMap::new();
    for (id, device) in new {
        entries.entry(id.div_euclid(SHARED)).or_default().insert(id, device);
    }
    for (entry, new) in entries {
        let mut all = read(host, entry);
        all.extend(new);
        if host.entry_put(SPACE, &entry.to_string(), &json::write(&all), None).is_err() {
            host.log(
                Level::Warn,
                "there is no room to keep of which device notifications are: each is asked for again",
            );
        }
    }
}

/// Forgets what is older than a notification, but for what shares its entry.
pub(crate) fn forget_before(host: &dyn Host, id: i64) {
    let mut after = None::<String>;
    loop {
        let page = host.entries(SPACE, after.as_deref());
        for entry in &page.entries {
            if entry.key.parse::<i64>().is_ok_and(|entry| entry < id.div_euclid(SHARED)) {
                host.entry_remove(SPACE, &entry.key);
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return,
        }
    }
}

fn read(host: &dyn Host, entry: i64) -> Devices {
    let kept = host.entry(SPACE, &entry.to_string());
    kept.and_then(|kept| serde_json::from_str(&kept.value).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::HttpError;
    use crosswalk_sdk::testing::Script;

    #[test]
    fn what_is_kept_is_known_until_it_is_too_old() {
        let host = Script::new("{}", |_| Err(HttpError::Throttled(1)));
        let all = |ids: &[i64]| devices(&host, ids.iter().copied());
        assert!(all(&[1, 700]).is_empty());
        keep(&host, BTreeMap::from([(1, "a".to_owned()), (700, "b".to_owned())]));
        keep(&host, BTreeMap::from([(701, String::new())]));
        assert_eq!(
            all(&[1, 700]).into_iter().collect::<Vec<_>>(),
            [(1, "a".into()), (700, "b".into()), (701, "".into())]
        );
        forget_before(&host, 701);
        assert_eq!(all(&[1, 700]).len(), 2);
        host.entry_put(SPACE, "0", "[]", None).unwrap();
        assert!(all(&[1]).is_empty(), "another version's");
    }
}
