//! User-defined fields of configuration items: texts, under the names that the settings give them. They hold the
//! host's key and every attribute that the vendor has no field of its own for.

use crate::client::Client;
use crate::settings::{Settings, StampPlace};
use crosswalk_sdk::json::Str;
use crosswalk_sdk::{Change, Field, Level, Nullable, Value, time};
use serde::{Deserialize, Serialize};

/// One of a row's.
#[derive(Deserialize)]
pub(crate) struct Udf<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow, default)]
    value: Nullable<Str<'a>>,
}

impl Udf<'_> {
    /// The vendor does not regard case. Most often the names are the same to the letter.
    fn is(&self, name: &str) -> bool {
        self.name.0 == name || self.name.0.eq_ignore_ascii_case(name)
    }

    /// Whether it is protected: then the vendor writes stars for whatever it holds, which is not known.
    fn is_hidden(&self) -> bool {
        let text = self.value.value().map_or("", Str::trimmed);
        !text.is_empty() && text.bytes().all(|sign| sign == b'*')
    }
}

/// Whether each one that was asked for is there, if only as empty. A row without the member has a value in none: the vendor
/// leaves it out of a page of which no row has one.
pub(crate) fn all_told(told: &Nullable<Vec<Udf<'_>>>, settings: &Settings) -> bool {
    match told {
        Nullable::Absent => true,
        told => settings.udf_names().all(|name| told.value().is_some_and(|told| told.iter().any(|udf| udf.is(name)))),
    }
}

/// The host's key, and the fields that they hold.
pub(crate) fn read(told: Nullable<Vec<Udf<'_>>>, settings: &Settings) -> (Option<String>, Vec<Field>) {
    let (mut stamp, mut fields) = (None, Vec::with_capacity(settings.udfs.len()));
    if told.is_absent() {
        let blank = |(field, ..): &(&str, &str, String)| Field { name: (*field).to_owned(), value: Value::Blank };
        return (None, settings.udfs.iter().map(blank).collect());
    }
    for udf in told.into_value().unwrap_or_default() {
        if udf.is_hidden() {
            continue;
        }
        if matches!(&settings.stamp, StampPlace::Udf(name) if udf.is(name)) {
            stamp = udf.value.text().into_value();
        }
        for (field, type_, _) in settings.udfs.iter().filter(|(.., name)| udf.is(name)) {
            if let Some(value) = value(type_, &udf.value) {
                fields.push(Field { name: (*field).to_owned(), value });
            }
        }
    }
    (stamp, fields)
}

/// A text as a value of the catalogue's type; none when it is not one, as when a person wrote something else there.
fn value(type_: &str, told: &Nullable<Str<'_>>) -> Option<Value> {
    let text = match told {
        Nullable::Absent => return None,
        Nullable::Null => "",
        Nullable::Value(text) => text.trimmed(),
    };
    match type_ {
        _ if text.is_empty() => Some(Value::Blank),
        "integer" => text.parse().ok().map(Value::Integer),
        "time" => time::sensible(text).map(Value::Time),
        "json" => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok().then(|| Value::Json(text.to_owned())),
        _ => Some(Value::Text(text.to_owned())),
    }
}

/// One, as it is written.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    name: &'a str,
    value: Option<String>,
}

/// Those that a change writes.
pub(crate) fn write<'a>(client: &'a Client<'_>, change: &Change) -> Vec<Body<'a>> {
    let stamp = match (&client.settings.stamp, &change.stamp) {
        (StampPlace::Udf(name), Some(stamp)) => Some(Body { name, value: Some(stamp.clone()) }),
        _ => None,
    };
    stamp.into_iter().chain(change.fields.iter().filter_map(|field| body(client, field))).collect()
}

/// A field for which the settings name one, as its text. A document that does not fit is left out, as half of one
/// could not be read back.
fn body<'a>(client: &'a Client<'_>, field: &Field) -> Option<Body<'a>> {
    let name = client.settings.udf(&field.name)?;
    let value = match &field.value {
        Value::Blank => None,
        Value::Json(text) if text.chars().count() > client.settings.udf_length as usize => {
            client.host.log(Level::Warn, &format!("{} does not fit into the user-defined field {name}", field.name));
            return None;
        }
        Value::Text(text) | Value::Time(text) | Value::Json(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Decimal(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(yes.to_string()),
    };
    Some(Body { name, value })
}
