//! What this connector can do, which depends on the settings: where the host's key goes, and which
//! attributes have a user-defined field. Customers have no country, which the vendor keeps as a number
//! of its own; an asset has no more than the settings give it room for.

use crate::assets::ITEMS;
use crate::contracts::CONTRACTS;
use crate::customers::COMPANIES;
use crate::entity::field;
use crate::locations::LOCATIONS;
use crate::products::SERVICES;
use crate::query::MOST;
use crate::settings::{Settings, StampPlace};
use crate::tickets::{PRIORITIES, TICKETS};
use crosswalk_sdk::describe::{on_create, read_only, writable};
use crosswalk_sdk::{Description, FieldDescription, Kind, KindDescription, Operations, Selections, Writable};

/// Everything.
pub(crate) fn description(settings: &Settings) -> Description {
    let kinds =
        [customers(settings), checked(LOCATIONS.description()), assets(settings), contracts(), products(settings)];
    Description { kinds: kinds.into_iter().chain([usage(), tickets()]).collect() }
}

fn place(field: &str, length: u32) -> Option<crosswalk_sdk::StampPlace> {
    Some(crosswalk_sdk::StampPlace { field: field.to_owned(), length })
}

/// With what a change was decided on held against what is there: one question for the whole batch, before it, which a
/// change that is written alone pays alone.
fn checked(this: KindDescription) -> KindDescription {
    KindDescription { checks_before: true, calls_per_change: 2, ..this }
}

fn customers(settings: &Settings) -> KindDescription {
    let mut this = checked(COMPANIES.description());
    if settings.company_stamp {
        this.reads |= Selections::STAMPS;
        this.stamp = place("companyNumber", 50);
        this.fields.retain(|field| field.name != "number");
    }
    this
}

fn assets(settings: &Settings) -> KindDescription {
    let mut this = checked(ITEMS.description());
    this.reads |= Selections::STAMPS;
    this.stamp = match &settings.stamp {
        StampPlace::Udf(name) => place(name, settings.udf_length),
        StampPlace::ReferenceNumber => place("referenceNumber", 50),
    };
    if let Some(type_) = field(&mut this, "type") {
        type_.writable = Writable::OnCreate;
        type_.values = vec!["workstation".to_owned(), "server".to_owned()];
    }
    if let Some(description) = field(&mut this, "description") {
        // Notes are a person's from then on, and lose their formatting when they are written.
        description.writable = Writable::OnCreate;
    }
    this.fields.extend(settings.udfs.iter().map(|(name, ..)| writable(name, Some(settings.udf_length))));
    this
}

fn contracts() -> KindDescription {
    let mut this = CONTRACTS.description();
    this.writes = Operations::empty();
    this.calls_per_change = 0;
    this.fields.iter_mut().for_each(|field| field.writable = Writable::Never);
    this.fields.extend(["cancelled", "takes-usage"].map(read_only));
    this
}

fn products(settings: &Settings) -> KindDescription {
    let mut this = SERVICES.description();
    let can_make = settings.service_billing_code.is_some() && settings.pick("service-period").is_some();
    this.writes = if can_make { Operations::CREATE } else { Operations::empty() };
    this.fields.iter_mut().for_each(|field| field.writable = Writable::Never);
    this.fields.push(read_only("price"));
    this
}

fn usage() -> KindDescription {
    KindDescription {
        kind: Kind::Usage,
        reads: Selections::EVERYTHING | Selections::OF_PARENT | Selections::IDS | Selections::NAMED,
        writes: Operations::CREATE | Operations::UPDATE,
        fields: vec![
            on_create("product", None),
            writable("quantity", None),
            // The last row begins with a billing period most often: that is not since when the number holds.
            FieldDescription { readable: false, ..writable("effective", None) },
            read_only("invoiced-until"),
            read_only("current"),
            read_only("price"),
        ],
        name_length: None,
        stamp: None,
        changes_at_once: 100,
        ids_at_once: MOST,
        page_size: MOST,
        // The adjustment and what is read around it, which a batch shares: its units, later ones and the terms.
        calls_per_change: 4,
        checks_before: true,
    }
}

fn tickets() -> KindDescription {
    let mut this = TICKETS.description();
    this.reads |= Selections::STAMPS | Selections::CHANGED_SINCE;
    // A title is no key: two alerts may well say the same.
    this.reads.remove(Selections::NAMED);
    this.writes = Operations::CREATE | Operations::UPDATE;
    this.stamp = place("externalID", 50);
    this.calls_per_change = 2;
    for name in ["status", "number"] {
        field(&mut this, name).into_iter().for_each(|field| field.writable = Writable::Never);
    }
    if let Some(asset) = field(&mut this, "asset") {
        asset.writable = Writable::OnCreate;
    }
    if let Some(priority) = field(&mut this, "priority") {
        priority.values = PRIORITIES.iter().map(|(word, _)| (*word).to_owned()).collect();
    }
    let note = FieldDescription { readable: false, ..writable("note", None) };
    this.fields.extend([writable("closed", None), read_only("last-activity"), note]);
    this
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
        let makes_services = |json: &str| {
            let this = of(json).kinds.into_iter().find(|kind| kind.kind == Kind::Product);
            this.is_some_and(|kind| kind.writes.contains(Operations::CREATE))
        };
        assert!(makes_services(r#"{"service-billing-code":5,"service-period":"Monthly"}"#));
        for json in ["{}", r#"{"service-billing-code":5}"#, r#"{"service-period":"Monthly"}"#] {
            assert!(!makes_services(json), "{json}");
        }
        let number = of(r#"{"company-stamp":"number"}"#);
        assert!(!number.kinds[0].fields.iter().any(|field| field.name == "number"));
    }
}
