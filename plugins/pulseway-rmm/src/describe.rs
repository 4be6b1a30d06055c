//! What this connector can do. What the vendor does not tell is not named: that a customer or device
//! is in use, that an alert is over, who logged in last (unless the operator takes a substitute), a region in an address.

use crate::client::{PAGE, PAGES, SINGLES};
use crate::settings::{LastLogin, Settings};
use crosswalk_sdk::describe::{read_only, writable};
use crosswalk_sdk::{Description, Kind, KindDescription, Operations, Selections};

/// Everything.
pub(crate) fn description(settings: &Settings) -> Description {
    Description { kinds: vec![customers(), locations(), assets(settings), alerts()] }
}

fn customers() -> KindDescription {
    KindDescription {
        kind: Kind::Customer,
        reads: Selections::EVERYTHING | Selections::IDS | Selections::SEARCH | Selections::NAMED,
        writes: Operations::CREATE | Operations::UPDATE,
        fields: Vec::new(),
        name_length: None,
        stamp: None,
        changes_at_once: SINGLES as u32,
        ids_at_once: SINGLES as u32,
        page_size: (PAGE * PAGES) as u32,
        calls_per_change: 1,
        checks_before: false,
    }
}

fn locations() -> KindDescription {
    let fields = ["phone", "fax", "email", "contact", "address-1", "address-2", "city", "postal-code", "country"];
    KindDescription {
        kind: Kind::Location,
        reads: Selections::EVERYTHING
            | Selections::OF_PARENT
            | Selections::IDS
            | Selections::SEARCH
            | Selections::NAMED,
        fields: fields.into_iter().map(|name| writable(name, None)).collect(),
        // An update replaces the whole site, which is read for it.
        calls_per_change: 2,
        checks_before: true,
        ..customers()
    }
}

fn assets(settings: &Settings) -> KindDescription {
    let fields = [
        "location",
        "type",
        "serial-number",
        "mac-addresses",
        "manufacturer",
        "model",
        "operating-system",
        "domain",
        "cpu",
        "memory",
        "agent-version",
        "last-seen",
        "last-reboot",
        "storage",
        "public-ip",
        "local-ips",
    ];
    let last_login = (settings.last_login != LastLogin::None).then_some("last-login");
    KindDescription {
        kind: Kind::Asset,
        reads: locations().reads,
        writes: Operations::empty(),
        fields: fields.into_iter().chain(last_login).map(read_only).collect(),
        changes_at_once: 1,
        calls_per_change: 0,
        checks_before: false,
        ..customers()
    }
}

fn alerts() -> KindDescription {
    let fields = ["asset", "priority", "raised", "message", "condition"];
    KindDescription {
        kind: Kind::Alert,
        reads: Selections::EVERYTHING | Selections::IDS | Selections::CHANGED_SINCE,
        writes: Operations::empty(),
        fields: fields.into_iter().map(read_only).collect(),
        changes_at_once: 1,
        page_size: PAGE as u32,
        calls_per_change: 0,
        checks_before: false,
        ..customers()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::inconsistencies;

    #[test]
    fn the_description_holds_together() {
        let plain = description(&Settings::default());
        assert_eq!(inconsistencies(&plain), [""; 0]);
        let with_login = description(&Settings { last_login: LastLogin::OwnerName, ..Settings::default() });
        assert_eq!(inconsistencies(&with_login), [""; 0]);
        let tells_login = |it: &Description| it.kinds[2].fields.iter().any(|field| field.name == "last-login");
        assert!(!tells_login(&plain), "what the vendor does not give is not declared");
        assert!(tells_login(&with_login));
    }
}
