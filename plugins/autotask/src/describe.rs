//! What this connector can do, which depends on the settings: where the host's key goes, and which
//! attributes have a user-defined field. Customers have no country, which the vendor keeps as a number
//! of its own; an asset has no more than the settings give it room for.

use crate::client::MOST;
use crate::settings::{Settings, StampPlace};
use crate::{customers, locations};
use crosswalk_sdk::describe::{on_create, writable};
use crosswalk_sdk::{Description, FieldDescription, Kind, KindDescription, Operations, Selections};

/// Everything.
pub(crate) fn description(settings: &Settings) -> Description {
    Description { kinds: vec![customers(settings), locations(), assets(settings)] }
}

fn all_but_move() -> Operations {
    Operations::CREATE | Operations::UPDATE | Operations::DEACTIVATE | Operations::REACTIVATE
}

fn fields(table: &[(&str, &str, Option<u32>)]) -> Vec<FieldDescription> {
    table.iter().map(|(_, ours, length)| writable(ours, *length)).collect()
}

fn place(field: &str, length: u32) -> Option<crosswalk_sdk::StampPlace> {
    Some(crosswalk_sdk::StampPlace { field: field.to_owned(), length })
}

fn customers(settings: &Settings) -> KindDescription {
    let mut reads =
        Selections::EVERYTHING | Selections::IDS | Selections::CHANGED_SINCE | Selections::SEARCH | Selections::NAMED;
    let mut fields = fields(customers::FIELDS);
    if settings.company_stamp {
        reads |= Selections::STAMPS;
        fields.retain(|field| field.name != "number");
    }
    KindDescription {
        kind: Kind::Customer,
        reads,
        writes: all_but_move(),
        fields,
        name_length: Some(100),
        stamp: if settings.company_stamp { place("companyNumber", 50) } else { None },
        changes_at_once: 100,
        ids_at_once: MOST,
        page_size: MOST,
        calls_per_change: 1,
    }
}

fn locations() -> KindDescription {
    KindDescription {
        kind: Kind::Location,
        reads: Selections::EVERYTHING
            | Selections::OF_PARENT
            | Selections::IDS
            | Selections::SEARCH
            | Selections::NAMED,
        writes: all_but_move(),
        fields: fields(locations::FIELDS),
        name_length: None,
        stamp: None,
        changes_at_once: 100,
        ids_at_once: MOST,
        page_size: MOST,
        calls_per_change: 1,
    }
}

fn assets(settings: &Settings) -> KindDescription {
    let mut type_ = on_create("type", None);
    type_.values = vec!["workstation".to_owned(), "server".to_owned()];
    let native = [
        writable("active", None),
        writable("location", None),
        type_,
        writable("serial-number", Some(100)),
        writable("description", Some(5000)),
    ];
    let udfs = settings.udfs.iter().map(|(name, ..)| writable(name, Some(settings.udf_length)));
    let fields = native.into_iter().chain(udfs).collect();
    KindDescription {
        kind: Kind::Asset,
        reads: Selections::all(),
        writes: all_but_move(),
        fields,
        name_length: Some(200),
        stamp: match &settings.stamp {
            StampPlace::Udf(name) => place(name, settings.udf_length),
            StampPlace::ReferenceNumber => place("referenceNumber", 50),
        },
        changes_at_once: 100,
        ids_at_once: MOST,
        page_size: MOST,
        calls_per_change: 1,
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
            r#"{"company-stamp":"number","stamp-place":"reference-number"}"#,
            r#"{"stamp-udf":"Key","udf-last-login":"Last user","udf-storage":"Drives","udf-memory":"RAM","udf-length":50}"#,
        ] {
            assert_eq!(inconsistencies(&description(&Settings::parse(json).unwrap())), [""; 0], "{json}");
        }
    }

    #[test]
    fn only_what_has_a_place_is_declared() {
        let of = |json: &str| description(&Settings::parse(json).unwrap());
        let names =
            |it: &Description| -> Vec<String> { it.kinds[2].fields.iter().map(|field| field.name.clone()).collect() };
        assert_eq!(names(&of("{}")), ["active", "location", "type", "serial-number", "description"]);
        let with = of(r#"{"udf-last-login":"Last user","udf-serial-number":"ignored","udf-length":50}"#);
        assert_eq!(names(&with).last().map(String::as_str), Some("last-login"));
        assert_eq!(with.kinds[2].fields.last().and_then(|field| field.length), Some(50));
        assert_eq!(with.kinds[2].stamp.as_ref().map(|place| place.field.as_str()), Some("RMM Device Key"));
        let number = of(r#"{"company-stamp":"number"}"#);
        assert!(!number.kinds[0].fields.iter().any(|field| field.name == "number"));
    }
}
