//! What this connector can do, which depends on the settings: where the host's keys go, and how much of an asset is read.
//! Locations have no writes, since the vendor has no call for them; of an account its address is fixed once it is there.

use crate::client::PAGE;
use crate::settings::{Settings, StampPlace};
use crate::{assets, customers, drafts};
use crosswalk_sdk::describe::{on_create, read_only, writable};
use crosswalk_sdk::{
    Description, FieldDescription, Kind, KindDescription, Operations, Selections, StampPlace as Place, Writable,
};

/// Everything.
pub(crate) fn description(settings: &Settings) -> Description {
    Description { kinds: vec![customers(settings), locations(), assets(settings), contracts(), tickets()] }
}

/// The room for a key: the vendor names none, and people's own fields of this sort hold as much.
const KEY: u32 = 50;

fn place(field: &str) -> Option<Place> {
    Some(Place { field: field.to_owned(), length: KEY })
}

fn read_fields(names: &[&str]) -> Vec<FieldDescription> {
    names.iter().map(|name| read_only(name)).collect()
}

fn customers(settings: &Settings) -> KindDescription {
    let mut reads =
        Selections::EVERYTHING | Selections::IDS | Selections::CHANGED_SINCE | Selections::SEARCH | Selections::NAMED;
    let mut fields = vec![writable("active", None), writable("website", None)];
    if settings.account_stamp {
        reads |= Selections::STAMPS;
    } else {
        fields.push(writable("number", None));
    }
    fields.extend(customers::ADDRESS.iter().map(|name| on_create(name, None)));
    fields.push(read_only("country"));
    KindDescription {
        kind: Kind::Customer,
        reads,
        writes: Operations::CREATE | Operations::UPDATE | Operations::DEACTIVATE | Operations::REACTIVATE,
        fields,
        name_length: None,
        stamp: if settings.account_stamp { place("accountCode") } else { None },
        changes_at_once: 50,
        ids_at_once: 50,
        page_size: PAGE,
        calls_per_change: 1,
        checks_before: false,
    }
}

fn locations() -> KindDescription {
    KindDescription {
        kind: Kind::Location,
        reads: Selections::EVERYTHING | Selections::OF_PARENT | Selections::NAMED,
        writes: Operations::empty(),
        fields: read_fields(&[
            "active",
            "primary",
            "phone",
            "fax",
            "email",
            "address-1",
            "address-2",
            "city",
            "region",
            "postal-code",
            "country",
        ]),
        name_length: None,
        stamp: None,
        changes_at_once: 1,
        ids_at_once: 1,
        page_size: PAGE,
        calls_per_change: 0,
        checks_before: false,
    }
}

fn assets(settings: &Settings) -> KindDescription {
    let mut reads =
        Selections::EVERYTHING | Selections::OF_PARENT | Selections::IDS | Selections::SEARCH | Selections::NAMED;
    if settings.stamp == StampPlace::MachineGroup {
        reads |= Selections::STAMPS;
    }
    let mut type_ = on_create("type", None);
    type_.values = vec!["workstation".to_owned(), "server".to_owned()];
    let mut fields: Vec<FieldDescription> = drafts::FIELDS.iter().map(|(_, ours)| writable(ours, None)).collect();
    fields.extend([type_, read_only("manufacturer"), read_only("storage")]);
    KindDescription {
        kind: Kind::Asset,
        reads,
        writes: Operations::all(),
        fields,
        name_length: None,
        stamp: place(settings.stamp.field()),
        changes_at_once: 50,
        ids_at_once: 50,
        page_size: if settings.full { assets::FULL_PAGE } else { PAGE },
        calls_per_change: 3,
        checks_before: true,
    }
}

fn contracts() -> KindDescription {
    KindDescription {
        kind: Kind::Contract,
        reads: Selections::OF_PARENT,
        writes: Operations::empty(),
        fields: read_fields(&["active", "type", "starts", "ends"]),
        name_length: None,
        stamp: None,
        changes_at_once: 1,
        ids_at_once: 1,
        page_size: PAGE,
        calls_per_change: 0,
        checks_before: false,
    }
}

fn tickets() -> KindDescription {
    let mut priority = writable("priority", None);
    priority.values = ["low", "normal", "elevated", "critical"].map(str::to_owned).to_vec();
    let note = FieldDescription {
        name: "note".to_owned(),
        readable: false,
        writable: Writable::Always,
        length: None,
        values: Vec::new(),
    };
    let mut fields =
        vec![writable("asset", None), priority, writable("description", None), writable("closed", None), note];
    fields.extend(read_fields(&["number", "status", "last-activity"]));
    KindDescription {
        kind: Kind::Ticket,
        reads: Selections::EVERYTHING
            | Selections::OF_PARENT
            | Selections::IDS
            | Selections::CHANGED_SINCE
            | Selections::SEARCH
            | Selections::STAMPS,
        writes: Operations::CREATE | Operations::UPDATE,
        fields,
        name_length: None,
        stamp: place("title"),
        changes_at_once: 50,
        ids_at_once: 20,
        page_size: PAGE,
        calls_per_change: 3,
        checks_before: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::inconsistencies;

    #[test]
    fn the_description_holds_together_whatever_the_settings() {
        for json in [
            "{}",
            r#"{"account-stamp":"account-code","stamp-place":"machine-group","asset-read":"listed"}"#,
            r#"{"stamp-place":"bar-code"}"#,
        ] {
            assert_eq!(inconsistencies(&description(&Settings::parse(json).unwrap())), [""; 0], "{json}");
        }
    }

    #[test]
    fn no_location_can_be_written_and_keys_are_searched_for_only_where_they_can_be() {
        let of = |json: &str| description(&Settings::parse(json).unwrap()).kinds;
        let plain = of("{}");
        assert_eq!(plain[1].writes, Operations::empty());
        assert!(plain[2].stamp.is_some() && !plain[2].reads.contains(Selections::STAMPS));
        assert!(of(r#"{"stamp-place":"machine-group"}"#)[2].reads.contains(Selections::STAMPS));
        assert!(!of(r#"{"account-stamp":"account-code"}"#)[0].fields.iter().any(|field| field.name == "number"));
    }
}
