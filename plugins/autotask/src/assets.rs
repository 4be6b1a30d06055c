//! Assets: the vendor's configuration items. They stay with their company for life; one that leaves is
//! made inactive. The host's key is in a user-defined field or in `referenceNumber`; what the vendor
//! has no field for is in the user-defined fields that the settings name.

use crate::client::Client;
use crate::current::Current;
use crate::entity::Entity;
use crate::lookups::Products;
use crate::query::{Condition, Operand, Query, number, parent, target};
use crate::settings::{Settings, StampPlace};
use crate::udfs::{self, Udf};
use crosswalk_sdk::batch;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Asset, Change, Failure, Kind, Level, Method, Nullable, Operation, Outcome, Page, Reference, Request, Selection,
    names, time,
};
use serde::{Deserialize, Serialize};

/// Where the vendor keeps them.
pub(crate) const ITEMS: Entity = Entity {
    path: "ConfigurationItems",
    kind: Kind::Asset,
    name: "referenceTitle",
    company: Some("companyID"),
    changed: Some("lastModifiedTime"),
    fields: &[
        ("referenceTitle", "name", Some(200)),
        ("isActive", "active", None),
        ("companyLocationID", "location", None),
        ("productID", "type", None),
        ("serialNumber", "serial-number", Some(100)),
        ("notes", "description", Some(5000)),
    ],
    also: &["referenceNumber"],
};

/// Where it is remembered that a database does not give user-defined fields when it is asked for some
/// fields only: the vendor's documents leave that open.
const WIDE: &str = "whole-rows";
const DAY_MS: u64 = 24 * 3_600_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigurationItem<'a> {
    id: Int,
    #[serde(default, rename = "companyID")]
    company_id: Nullable<Int>,
    #[serde(default, rename = "companyLocationID")]
    company_location_id: Nullable<Int>,
    #[serde(default, rename = "productID")]
    product_id: Nullable<Int>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(borrow, default)]
    reference_title: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    reference_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    serial_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    notes: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    user_defined_fields: Nullable<Vec<Udf<'a>>>,
}

impl ConfigurationItem<'_> {
    fn asset(self, settings: &Settings, products: Products) -> Asset {
        let (stamp, extra) = udfs::read(self.user_defined_fields, settings);
        Asset {
            id: self.id.0.to_string(),
            parent: self.company_id.value().map(|Int(id)| id.to_string()),
            name: self.reference_title.text().into_value().unwrap_or_default(),
            stamp: match settings.stamp {
                StampPlace::Udf(_) => stamp,
                StampPlace::ReferenceNumber => self.reference_number.text().into_value(),
            },
            active: self.is_active,
            location: self.company_location_id.map(|Int(id)| Reference(id.to_string())),
            type_: Nullable::or_absent(
                self.product_id.value().and_then(|Int(id)| products.type_of(*id)).map(str::to_owned),
            ),
            serial_number: self.serial_number.text(),
            description: self.notes.text(),
            extra,
            ..Asset::default()
        }
    }
}

/// Reads assets.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let settings = &client.settings;
    let filter = match (selection, &settings.stamp) {
        (Selection::Stamps(stamps), StampPlace::Udf(name)) => {
            vec![Condition::udf("in", name, Operand::texts(stamps))]
        }
        (Selection::Stamps(stamps), StampPlace::ReferenceNumber) => {
            vec![Condition::new("in", "referenceNumber", Operand::texts(stamps))]
        }
        _ => ITEMS.filter(selection)?,
    };
    let products = Products::for_reading(client);
    let include = ITEMS.include().into_iter().chain(settings.udf_names()).collect::<Vec<_>>();
    let mut query = Query::new(&include, filter);
    let item = |row: ConfigurationItem<'_>| {
        let asset = row.asset(settings, products);
        names::answers(selection, &asset.name, ITEMS.name_length()).then(|| asset.into_item())
    };
    let place = (selection, after);
    if client.host.recall(WIDE, "ConfigurationItems", DAY_MS).is_none() {
        match client.query("ConfigurationItems", &query, after) {
            Ok(reply) => {
                let found = client.rows::<ConfigurationItem<'_>>(&reply)?;
                if found.rows.iter().all(|row| udfs::all_told(&row.user_defined_fields, settings)) {
                    return client.with_total(found.page(item), ITEMS.path, &query, place);
                }
            }
            Err(Failure::Unsupported(_)) => {}
            Err(failure) => return Err(failure),
        }
        client.host.log(Level::Info, "this database gives user-defined fields in whole rows only");
        client.host.remember(WIDE, "ConfigurationItems", "yes");
    }
    query.widen();
    let reply = client.query("ConfigurationItems", &query, after)?;
    client.with_total(client.rows::<ConfigurationItem<'_>>(&reply)?.page(item), ITEMS.path, &query, place)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(rename = "companyID", skip_serializing_if = "Option::is_none")]
    company_id: Option<i64>,
    #[serde(rename = "productID", skip_serializing_if = "Option::is_none")]
    product_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    install_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    is_active: Nullable<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reference_title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_number: Option<&'a str>,
    #[serde(rename = "companyLocationID", skip_serializing_if = "Nullable::is_absent")]
    company_location_id: Nullable<i64>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    serial_number: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    notes: Nullable<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_defined_fields: Vec<udfs::Body<'a>>,
}

/// What every new configuration item gets.
struct Required {
    products: Products,
    now: String,
}

fn request(client: &Client<'_>, change: &Change, required: Option<&Required>) -> Result<Request, Failure> {
    let settings = &client.settings;
    let asset = Asset::of_change(change.clone())?;
    let product_id = match required {
        None => None,
        Some(required) => {
            let type_ = asset.type_.value().map(String::as_str);
            Some(required.products.of_type(type_).ok_or_else(|| no_product(settings, type_))?)
        }
    };
    let company_location_id = match &asset.location {
        Nullable::Absent => Nullable::Absent,
        Nullable::Null => Nullable::Null,
        Nullable::Value(Reference(id)) => Nullable::Value(number(id)?),
    };
    let reference_number = change.stamp.as_deref().filter(|_| settings.stamp == StampPlace::ReferenceNumber);
    let body = Body {
        id: if required.is_some() { None } else { Some(target(change)?) },
        company_id: if required.is_some() { Some(parent(change)?) } else { None },
        product_id,
        install_date: required.map(|required| required.now.as_str()),
        is_active: batch::active_after(change.operation, asset.active),
        reference_title: &asset.name,
        reference_number,
        company_location_id,
        serial_number: asset.serial_number,
        // Only of what is made here: later they are a person's.
        notes: if required.is_some() { asset.description } else { Nullable::Absent },
        user_defined_fields: udfs::write(client, change),
    };
    let method = if required.is_some() { Method::Post } else { Method::Patch };
    Ok(Request::new(method, "zone", ITEMS.path).json(json::write(&body)).change(&change.id))
}

fn no_product(settings: &Settings, type_: Option<&str>) -> Failure {
    let (name, setting) = match type_ {
        Some("server") => (&settings.server_product, "server-product"),
        _ => (&settings.workstation_product, "workstation-product"),
    };
    let message =
        format!("Autotask has no active product `{name}`: make it, or name another one in the setting `{setting}`");
    Failure::rejected_field("type", message)
}

/// Writes assets.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let required = match changes.first().map(|change| change.operation) {
        Some(Operation::Move) => {
            let failure = Failure::Unsupported("a configuration item cannot change its company".to_owned());
            return batch::all_failed(changes, &failure);
        }
        Some(Operation::Create) => match Products::of(client) {
            Ok(products) => Some(Required { products, now: time::from_unix_ms(client.host.now_ms() / 1000 * 1000) }),
            Err(failure) => return batch::all_failed(changes, &failure),
        },
        _ => None,
    };
    let now = Current::of(changes, |selection, after| read(client, selection, after));
    let prepared = |change: &Change| now.holds(change).and_then(|()| request(client, change, required.as_ref()));
    client.write_all(changes, changes.iter().map(prepared).collect(), ITEMS.fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, change, reply, text};
    use crosswalk_sdk::{Body as HttpBody, Field, Named, Response, Settlement, Value};

    const ZONE: &str = r#"{"zoneName":"Z","url":"https://ws1.vendor.example/ATServicesRest/","ci":1}"#;
    const PRODUCTS: &str = r#"{"items":[{"id":77,"name":"Managed Workstation"},{"id":78,"name":"Managed Server"}],"pageDetails":{"nextPageUrl":null}}"#;
    const ITEM: &str = r#"{"items":[{"id":55120,"companyID":412,"companyLocationID":9001,"productID":78,"isActive":true,
        "referenceTitle":" ACME-SRV-1 ","referenceNumber":"R-1","serialNumber":null,"notes":"","installDate":"2025-01-02T00:00:00",
        "rmmDeviceAuditLastUser":null,"userDefinedFields":[{"name":"RMM Device Key","value":"vsax:1f0c"},
        {"name":"Last seen","value":"2025-01-02T03:04:05.000Z"},{"name":"Drives","value":"a note"},
        {"name":"RAM","value":"17179869184"},{"name":"Last user","value":null},{"name":"Other","value":"x"}]}],
        "pageDetails":{"count":1,"requestCount":500,"prevPageUrl":null,"nextPageUrl":null}}"#;
    const SETTINGS: &str = r#"{"user":"u","udf-last-seen":"last SEEN","udf-storage":"Drives","udf-memory":"RAM","udf-last-login":"Last user","udf-length":40}"#;

    const NARROW: &str = r#""IncludeFields":["id","companyID","referenceTitle","isActive","companyLocationID","productID","serialNumber","notes","referenceNumber","RMM Device Key","RAM","Last user","last SEEN","Drives"]"#;

    fn answer(request: &Request) -> Response {
        match request.path.as_str() {
            path if path.ends_with("zoneInformation") => reply(200, ZONE),
            path if path.ends_with("Products/query") => reply(200, PRODUCTS),
            path if path.ends_with("/query") => reply(200, ITEM),
            _ => reply(200, r#"{"itemId":55121}"#),
        }
    }

    fn sent(host: &Script<'_>) -> String {
        match host.requests.borrow().last().and_then(|request| request.body.clone()) {
            Some(HttpBody::Text(body)) => body,
            other => panic!("no body: {other:?}"),
        }
    }

    #[test]
    fn a_configuration_item_is_an_asset() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let item = read(&client, &Selection::Everything, None).unwrap().items.remove(0);
        assert_eq!(
            (item.id.as_str(), item.parent.as_deref(), item.name.as_str()),
            ("55120", Some("412"), "ACME-SRV-1")
        );
        assert_eq!(item.stamp.as_deref(), Some("vsax:1f0c"));
        let told: Vec<(&str, &Value)> = item.fields.iter().map(|field| (field.name.as_str(), &field.value)).collect();
        let text = |text: &str| Value::Text(text.to_owned());
        let expected = [
            ("active", Value::Boolean(true)),
            ("location", text("9001")),
            ("type", text("server")),
            ("serial-number", Value::Blank),
            ("description", Value::Blank),
            ("last-seen", Value::Time("2025-01-02T03:04:05Z".to_owned())),
            ("memory", Value::Integer(17_179_869_184)),
            ("last-login", Value::Blank),
        ];
        assert_eq!(
            told,
            expected.iter().map(|(name, value)| (*name, value)).collect::<Vec<_>>(),
            "a note is no list of drives"
        );
    }

    #[test]
    fn a_create_names_all_that_is_required_and_an_update_only_what_differs() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let mut create = change("1", Operation::Create, Kind::Asset);
        create.parent = Some("412".to_owned());
        create.name = Some("ACME-LT-014".to_owned());
        create.stamp = Some("vsax:1f0c".to_owned());
        create.fields = vec![
            text("location", "9001"),
            text("serial-number", "PF3X9Z12"),
            Field { name: "storage".to_owned(), value: Value::Json("[1,2]".to_owned()) },
        ];
        let outcomes = write(&client, &[create]);
        assert_eq!(outcomes[0].result, Settlement::Done("55121".to_owned()));
        assert_eq!(
            sent(&host),
            r#"{"companyID":412,"productID":77,"installDate":"2025-11-03T08:00:00Z","isActive":true,"referenceTitle":"ACME-LT-014","companyLocationID":9001,"serialNumber":"PF3X9Z12","userDefinedFields":[{"name":"RMM Device Key","value":"vsax:1f0c"},{"name":"Drives","value":"[1,2]"}]}"#
        );

        let mut update = change("2", Operation::Update, Kind::Asset);
        update.target = Some("55121".to_owned());
        update.fields = vec![
            Field { name: "serial-number".to_owned(), value: Value::Blank },
            Field { name: "last-login".to_owned(), value: Value::Blank },
            Field { name: "storage".to_owned(), value: Value::Json(format!("[\"{}\"]", "x".repeat(40))) },
        ];
        write(&client, &[update]);
        assert_eq!(
            sent(&host),
            r#"{"id":55121,"serialNumber":null,"userDefinedFields":[{"name":"Last user","value":null}]}"#
        );
        assert!(host.logged.borrow().iter().any(|line| line.contains("storage does not fit")));
        let request = host.requests.borrow().last().cloned().unwrap();
        assert_eq!(
            (request.path.as_str(), request.change.as_deref()),
            ("/ATServicesRest/V1.0/ConfigurationItems", Some("2"))
        );
        assert_eq!(request.host.as_deref(), Some("ws1.vendor.example"));

        let mut retire = change("3", Operation::Deactivate, Kind::Asset);
        retire.target = Some("55121".to_owned());
        write(&client, &[retire]);
        assert_eq!(sent(&host), r#"{"id":55121,"isActive":false}"#);
        let lookups = host.asked().iter().filter(|line| line.contains("Products")).count();
        assert_eq!(lookups, 1, "products are remembered");
    }

    #[test]
    fn a_walk_posts_the_same_query_to_the_next_page() {
        let first = ITEM.replace(
            r#""nextPageUrl":null"#,
            r#""nextPageUrl":"https://ws1.vendor.example/ATServicesRest/V1.0/ConfigurationItems/query/next?paging=%7B%22nextIds%22%3A%5B725%5D%7D""#,
        );
        let host = Script::new(SETTINGS, |request| {
            Ok(if request.path.ends_with("ConfigurationItems/query") { reply(200, &first) } else { answer(request) })
        });
        let client = Client::open(&host).unwrap();
        let named = Selection::Named(Named { parent: Some("412".to_owned()), name: "ACME-SRV-1".to_owned() });
        let next = read(&client, &named, None).unwrap().next.unwrap();
        assert_eq!(next, "ConfigurationItems/query/next?paging=%7B%22nextIds%22%3A%5B725%5D%7D");
        let body = sent(&host);
        assert_eq!(
            body,
            format!(
                r#"{{"MaxRecords":500,{NARROW},"filter":[{{"op":"eq","field":"companyID","value":412}},{{"op":"or","items":[{{"op":"eq","field":"referenceTitle","value":"ACME-SRV-1"}},{{"op":"contains","field":"referenceTitle","value":"ACME"}},{{"op":"contains","field":"referenceTitle","value":"acme"}}]}}]}}"#
            )
        );
        // The second page's reply is not what is looked at here.
        drop(read(&client, &named, Some(&next)));
        assert_eq!(sent(&host), body);
        let request = host.requests.borrow().last().cloned().unwrap();
        assert_eq!(request.path, "/ATServicesRest/V1.0/ConfigurationItems/query/next");
        assert_eq!(request.query, [("paging".to_owned(), r#"{"nextIds":[725]}"#.to_owned())]);

        let elsewhere = first.replace("//ws1.", "//evil.");
        let host = Script::new(SETTINGS, |request| {
            Ok(if request.path.ends_with("ConfigurationItems/query") {
                reply(200, &elsewhere)
            } else {
                answer(request)
            })
        });
        let client = Client::open(&host).unwrap();
        assert_eq!(read(&client, &named, None).unwrap_err().case(), "unavailable");
    }

    #[test]
    fn stamps_are_asked_for_with_one_condition() {
        for (settings, condition) in [
            (SETTINGS.to_owned(), r#"{"op":"in","field":"RMM Device Key","udf":true,"value":["a","b"]}"#),
            (
                SETTINGS.replace('{', r#"{"stamp-place":"reference-number","#),
                r#"{"op":"in","field":"referenceNumber","value":["a","b"]}"#,
            ),
        ] {
            let host = Script::new(&settings, |request| Ok(answer(request)));
            let client = Client::open(&host).unwrap();
            read(&client, &Selection::Stamps(vec!["a".to_owned(), "b".to_owned()]), None).unwrap();
            assert!(sent(&host).ends_with(&format!(r#","filter":[{condition}]}}"#)), "{}", sent(&host));
        }
    }

    #[test]
    fn a_page_without_user_defined_fields_is_read_once_and_a_protected_one_is_unknown() {
        for (rows, stamp, memory) in [
            (r#"{"id":1},{"id":2}"#, None, Some(Value::Blank)),
            (
                r#"{"id":1,"userDefinedFields":[{"name":"RMM Device Key","value":"k"},{"name":"RAM","value":"*****"},
                {"name":"Last seen","value":null},{"name":"Drives","value":null},{"name":"Last user","value":null}]}"#,
                Some("k"),
                None,
            ),
            (
                r#"{"id":1,"userDefinedFields":[{"name":"RMM Device Key","value":"*****"},{"name":"RAM","value":"5"},
                {"name":"Last seen","value":null},{"name":"Drives","value":null},{"name":"Last user","value":null}]}"#,
                None,
                Some(Value::Integer(5)),
            ),
        ] {
            let page = format!(r#"{{"items":[{rows}],"pageDetails":{{"nextPageUrl":null}}}}"#);
            let host = Script::new(SETTINGS, |request| {
                Ok(if request.path.ends_with("ConfigurationItems/query") { reply(200, &page) } else { answer(request) })
            });
            let client = Client::open(&host).unwrap();
            let item = read(&client, &Selection::Everything, None).unwrap().items.remove(0);
            let told = item.fields.iter().find(|field| field.name == "memory").map(|field| field.value.clone());
            assert_eq!((item.stamp.as_deref(), told), (stamp, memory), "{rows}");
            let reads = host.asked().iter().filter(|line| line.contains("ConfigurationItems/query {")).count();
            assert_eq!(reads, 1, "{rows}");
        }
    }

    #[test]
    fn notes_are_written_where_they_are_ours() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let mut create = change("1", Operation::Create, Kind::Asset);
        create.parent = Some("412".to_owned());
        create.name = Some("PC".to_owned());
        create.fields = vec![text("description", "ours")];
        write(&client, std::slice::from_ref(&create));
        assert!(sent(&host).contains(r#""notes":"ours""#));
        let update = crosswalk_sdk::Change { operation: Operation::Update, target: Some("5".to_owned()), ..create };
        write(&client, &[update]);
        assert_eq!(sent(&host), r#"{"id":5,"referenceTitle":"PC"}"#);
    }

    #[test]
    fn whole_rows_are_asked_for_where_some_fields_do_not_come_with_user_defined_ones() {
        let refused = r#"{"errors":["Unable to find RAM in the ConfigurationItem Entity."]}"#;
        let without = r#"{"items":[{"id":55120,"userDefinedFields":[]}],"pageDetails":{"nextPageUrl":null}}"#;
        for (status, narrow) in [(500, refused), (200, without)] {
            let host = Script::new(SETTINGS, |request| {
                let is_narrow = matches!(&request.body, Some(HttpBody::Text(body)) if body.contains("referenceNumber"));
                Ok(if is_narrow { reply(status, narrow) } else { answer(request) })
            });
            let client = Client::open(&host).unwrap();
            for calls in [2, 1] {
                host.forget();
                let item = read(&client, &Selection::Everything, None).unwrap().items.remove(0);
                assert_eq!(item.stamp.as_deref(), Some("vsax:1f0c"));
                let asked = host.asked();
                assert_eq!(
                    asked.iter().filter(|line| line.contains("ConfigurationItems/query {")).count(),
                    calls,
                    "{asked:?}"
                );
            }
        }
    }
}
