//! What this connector can do. What the vendor does not tell is not named: an address of a site, that one is in use,
//! what changed since when. Without audits, what only they tell is not declared.

use crate::client::PAGE;
use crate::settings::Settings;
use crosswalk_sdk::describe::read_only;
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
        changes_at_once: 50,
        ids_at_once: 50,
        page_size: PAGE,
        calls_per_change: 2,
        checks_before: true,
    }
}

fn locations() -> KindDescription {
    KindDescription {
        kind: Kind::Location,
        reads: customers().reads | Selections::OF_PARENT,
        writes: Operations::empty(),
        fields: vec![read_only("primary")],
        changes_at_once: 1,
        calls_per_change: 0,
        checks_before: false,
        ..customers()
    }
}

fn assets(settings: &Settings) -> KindDescription {
    let recorded = [
        "active",
        "location",
        "type",
        "operating-system",
        "domain",
        "description",
        "agent-version",
        "last-login",
        "last-seen",
        "last-reboot",
        "public-ip",
        "local-ips",
    ];
    let audited = ["serial-number", "mac-addresses", "manufacturer", "model", "cpu", "memory", "storage"];
    let audited = audited.into_iter().filter(|_| settings.audits);
    KindDescription {
        kind: Kind::Asset,
        reads: locations().reads,
        writes: Operations::MOVE,
        fields: recorded.into_iter().chain(audited).map(read_only).collect(),
        changes_at_once: 50,
        calls_per_change: 1,
        checks_before: false,
        ..customers()
    }
}

fn alerts() -> KindDescription {
    let fields = ["asset", "priority", "raised", "message", "condition", "resolved"];
    KindDescription {
        kind: Kind::Alert,
        reads: Selections::EVERYTHING | Selections::OF_PARENT | Selections::IDS,
        fields: fields.into_iter().map(read_only).collect(),
        ..locations()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::inconsistencies;

    #[test]
    fn the_description_holds_together() {
        let with = description(&Settings::default());
        let without = description(&Settings { audits: false, ..Settings::default() });
        assert_eq!((inconsistencies(&with), inconsistencies(&without)), (Vec::new(), Vec::new()));
        let tells_serial = |it: &Description| it.kinds[2].fields.iter().any(|field| field.name == "serial-number");
        assert!(tells_serial(&with) && !tells_serial(&without), "what is not read is not declared");
    }
}
