//! Assets: the vendor's configuration items. They stay with their company for life; one that leaves is
//! made inactive. The host's key is in a user-defined field or in `referenceNumber`; what the vendor
//! has no field for is in the user-defined fields that the settings name.

use crate::client::{Client, Condition, Operand, Query, number, parent, target};
use crate::errors::Names;
use crate::lookups::Products;
use crate::settings::{Settings, StampPlace};
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Asset, Change, Failure, Field, Level, Method, Operation, Outcome, Page, Reference, Request, Selection, Told,
    Value, time,
};
use serde::{Deserialize, Serialize};

const NAMES: &Names = &[
    ("referenceTitle", "name"),
    ("isActive", "active"),
    ("companyLocationID", "location"),
    ("productID", "type"),
    ("serialNumber", "serial-number"),
    ("notes", "description"),
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigurationItem<'a> {
    id: Int,
    #[serde(default, rename = "companyID")]
    company_id: Told<Int>,
    #[serde(default, rename = "companyLocationID")]
    company_location_id: Told<Int>,
    #[serde(default, rename = "productID")]
    product_id: Told<Int>,
    #[serde(default)]
    is_active: Told<bool>,
    #[serde(borrow, default)]
    reference_title: Told<Str<'a>>,
    #[serde(borrow, default)]
    reference_number: Told<Str<'a>>,
    #[serde(borrow, default)]
    serial_number: Told<Str<'a>>,
    #[serde(borrow, default)]
    notes: Told<Str<'a>>,
    #[serde(borrow, default)]
    user_defined_fields: Told<Vec<Udf<'a>>>,
}

#[derive(Deserialize)]
struct Udf<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, default)]
    value: Told<Str<'a>>,
}

impl ConfigurationItem<'_> {
    fn asset(&self, settings: &Settings, products: Products) -> Asset {
        let mut asset = Asset {
            id: self.id.0.to_string(),
            parent: self.company_id.value().map(|Int(id)| id.to_string()),
            name: self.reference_title.text().into_value().unwrap_or_default(),
            active: self.is_active.clone(),
            location: self.company_location_id.clone().map(|Int(id)| Reference(id.to_string())),
            type_: Told::or_nothing(
                self.product_id.value().and_then(|Int(id)| products.type_of(*id)).map(str::to_owned),
            ),
            serial_number: self.serial_number.text(),
            description: self.notes.text(),
            ..Asset::default()
        };
        if settings.stamp == StampPlace::ReferenceNumber {
            asset.stamp = self.reference_number.text().into_value();
        }
        for udf in self.user_defined_fields.value().into_iter().flatten() {
            let name = &*udf.name.0;
            if matches!(&settings.stamp, StampPlace::Udf(stamp) if stamp.eq_ignore_ascii_case(name)) {
                asset.stamp = udf.value.text().into_value();
            }
            for (field, type_, _) in settings.udfs.iter().filter(|(.., theirs)| theirs.eq_ignore_ascii_case(name)) {
                if let Some(value) = udf_value(type_, &udf.value) {
                    asset.extra.push(Field { name: (*field).to_owned(), value });
                }
            }
        }
        asset
    }
}

/// The text of a user-defined field as a value of the catalogue's type; none when it is not one, as
/// when a person wrote something else there.
fn udf_value(type_: &str, told: &Told<Str<'_>>) -> Option<Value> {
    let text = match told.text() {
        Told::Nothing => return None,
        Told::Blank => return Some(Value::Blank),
        Told::Value(text) => text,
    };
    match type_ {
        "integer" => text.parse().ok().map(Value::Integer),
        "time" => time::canonical(&text).map(Value::Time),
        "json" => serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok().then_some(Value::Json(text)),
        _ => Some(Value::Text(text)),
    }
}

/// Reads assets.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let settings = &client.settings;
    let mut filter = Vec::with_capacity(2);
    match selection {
        Selection::Everything => filter.push(Condition::everything()),
        Selection::OfParent(company) => filter.push(Condition::new("eq", "companyID", Operand::Int(number(company)?))),
        Selection::Ids(ids) => filter.push(Condition::ids(ids)),
        Selection::ChangedSince(time) => filter.push(Condition::new("gte", "lastModifiedTime", Operand::Text(time))),
        Selection::Search(text) => filter.push(Condition::new("contains", "referenceTitle", Operand::Text(text))),
        Selection::Stamps(stamps) => filter.push(match &settings.stamp {
            StampPlace::Udf(name) => Condition::udf("in", name, Operand::texts(stamps)),
            StampPlace::ReferenceNumber => Condition::new("in", "referenceNumber", Operand::texts(stamps)),
        }),
        Selection::Named(named) => {
            if let Some(company) = &named.parent {
                filter.push(Condition::new("eq", "companyID", Operand::Int(number(company)?)));
            }
            filter.push(Condition::new("eq", "referenceTitle", Operand::Text(&named.name)));
        }
    }
    let products = Products::for_reading(client);
    let reply = client.query("ConfigurationItems", &Query::new(&[], filter), after)?;
    let (rows, next) = client.rows::<ConfigurationItem<'_>>(&reply)?;
    let assets = rows.iter().map(|row| row.asset(settings, products));
    let items = assets.filter(|asset| crate::is_named(selection, &asset.name)).map(Asset::into_item);
    Ok(Page { items: items.collect(), next, total: None, gaps: Vec::new() })
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
    #[serde(skip_serializing_if = "Told::is_nothing")]
    is_active: Told<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reference_title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_number: Option<&'a str>,
    #[serde(rename = "companyLocationID", skip_serializing_if = "Told::is_nothing")]
    company_location_id: Told<i64>,
    #[serde(skip_serializing_if = "Told::is_nothing")]
    serial_number: Told<String>,
    #[serde(skip_serializing_if = "Told::is_nothing")]
    notes: Told<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_defined_fields: Vec<UdfBody<'a>>,
}

#[derive(Serialize)]
struct UdfBody<'a> {
    name: &'a str,
    value: Option<String>,
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
        Told::Nothing => Told::Nothing,
        Told::Blank => Told::Blank,
        Told::Value(Reference(id)) => Told::Value(number(id)?),
    };
    let (udf_stamp, reference_number) = match (&settings.stamp, change.stamp.as_deref()) {
        (StampPlace::Udf(name), Some(stamp)) => (Some(UdfBody { name, value: Some(stamp.to_owned()) }), None),
        (StampPlace::ReferenceNumber, stamp) => (None, stamp),
        _ => (None, None),
    };
    let udfs = change.fields.iter().filter_map(|field| udf_body(client, field));
    let body = Body {
        id: if required.is_some() { None } else { Some(target(change)?) },
        company_id: if required.is_some() { Some(parent(change)?) } else { None },
        product_id,
        install_date: required.map(|required| required.now.as_str()),
        is_active: crate::active_after(change.operation, asset.active),
        reference_title: &asset.name,
        reference_number,
        company_location_id,
        serial_number: asset.serial_number,
        notes: asset.description,
        user_defined_fields: udf_stamp.into_iter().chain(udfs).collect(),
    };
    let method = if required.is_some() { Method::Post } else { Method::Patch };
    Ok(Request::new(method, "zone", "ConfigurationItems").json(json::write(&body)).change(&change.id))
}

/// A field for which the settings name a user-defined field, as its text. A document that does not fit is left
/// out, as half of one could not be read back.
fn udf_body<'a>(client: &'a Client<'_>, field: &Field) -> Option<UdfBody<'a>> {
    let name = client.settings.udf(&field.name)?;
    let value = match &field.value {
        Value::Blank => None,
        Value::Text(text) | Value::Time(text) => Some(text.clone()),
        Value::Json(text) => {
            if text.chars().count() > client.settings.udf_length as usize {
                client.host.log(Level::Warn, &format!("{} does not fit into the user-defined field {name}", field.name));
                return None;
            }
            Some(text.clone())
        }
        Value::Integer(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(yes.to_string()),
    };
    Some(UdfBody { name, value })
}

fn no_product(settings: &Settings, type_: Option<&str>) -> Failure {
    let (name, setting) = match type_ {
        Some("server") => (&settings.server_product, "server-product"),
        _ => (&settings.workstation_product, "workstation-product"),
    };
    let message = format!("Autotask has no active product `{name}`: make it, or name another one in the setting `{setting}`");
    Failure::rejected_field("type", message)
}

/// Writes assets.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let required = match changes.first().map(|change| change.operation) {
        Some(Operation::Move) => {
            let failure = Failure::Unsupported("a configuration item cannot change its company".to_owned());
            return crate::all_failed(changes, &failure);
        }
        Some(Operation::Create) => match Products::of(client) {
            Ok(products) => Some(Required { products, now: time::from_unix_ms(client.host.now_ms() / 1000 * 1000) }),
            Err(failure) => return crate::all_failed(changes, &failure),
        },
        _ => None,
    };
    let prepared = changes.iter().map(|change| request(client, change, required.as_ref())).collect();
    client.write_all(changes, prepared, NAMES)
}
