//! What may be written: required fields, types, ids that must exist, and the rules of accounts, assets and tickets.
//!
//! A body is read into values for the whole row first, and only then carried out: a refused write changes nothing.
//! Leaves alone: which verb is allowed where (`routes`).

use serde_json::{Map, Value, json};

use super::schema::{ACCOUNTS, ASSETS, Field, Kind, LOCATIONS, NOTES, TABLES, TICKETS, Way};
use super::state::State;
use crate::clock::{TimeStyle, iso, parse_iso};
use crate::faults::Faults;

/// A refusal: a status for those tenants that use them, and words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn bad(message: impl Into<String>) -> Refusal {
        Refusal { status: 400, message: message.into() }
    }

    pub(super) fn missing(what: &str, id: i64) -> Refusal {
        Refusal { status: 404, message: format!("The {what} {id} does not exist.") }
    }
}

/// What a write does with fields its body leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Save {
    Create,
    /// PUT: they become null, except whether the row is in use.
    Replace,
    /// PATCH: they stay.
    Patch,
}

/// How a write came.
pub(super) struct Order<'a> {
    pub(super) path: &'a str,
    pub(super) faults: &'a Faults,
    pub(super) now: i64,
}

impl Order<'_> {
    pub(super) fn time(&self) -> Value {
        Value::String(iso(self.now, TimeStyle::Zulu))
    }
}

impl State {
    /// An account with its locations.
    pub(super) fn create_account(&mut self, body: &Value, order: &Order<'_>) -> Result<i64, Refusal> {
        let mut values = self.read(ACCOUNTS, body, None, Save::Create, order)?;
        let told = member(body, "locations").as_array().cloned().unwrap_or_default();
        if told.is_empty() {
            return Err(Refusal::bad("The Locations field is required."));
        }
        let mut places = Vec::new();
        for place in &told {
            let name = member(place, "locationName").as_str().unwrap_or("").trim().to_owned();
            let addresses = member(place, "addresses").as_array().cloned().unwrap_or_default();
            if name.is_empty() {
                return Err(Refusal::bad("The LocationName field is required."));
            }
            if addresses.is_empty() {
                return Err(Refusal::bad("The Addresses field is required."));
            }
            places.push((name, member(place, "isMain") == &json!(true), addresses.iter().map(address).collect()));
        }
        preset(&mut values, self.tables[ACCOUNTS].fields, "isActive", json!(true));
        preset(&mut values, self.tables[ACCOUNTS].fields, "tenantName", json!("Simulated MSP"));
        preset(&mut values, self.tables[ACCOUNTS].fields, "createdOn", order.time());
        let id = self.tables[ACCOUNTS].add(None, values);
        let has_main = places.iter().any(|(_, main, _)| *main);
        for (n, (name, main, addresses)) in places.into_iter().enumerate() {
            let name = order.faults.reshape(order.path, "locationName", &name).unwrap_or(name);
            self.add_location(id, &name, main || (n == 0 && !has_main), addresses, &order.time());
        }
        Ok(id)
    }

    /// A hardware asset.
    pub(super) fn create_asset(&mut self, body: &Value, order: &Order<'_>) -> Result<i64, Refusal> {
        let mut values = self.read(ASSETS, body, None, Save::Create, order)?;
        let fields = self.tables[ASSETS].fields;
        preset(&mut values, fields, "isActive", json!(true));
        preset(&mut values, fields, "createdOn", order.time());
        let account = self.belongs(ASSETS, &values)?;
        Ok(self.tables[ASSETS].add(Some(account), values))
    }

    /// A ticket.
    pub(super) fn create_ticket(&mut self, body: &Value, order: &Order<'_>) -> Result<i64, Refusal> {
        let mut values = self.read(TICKETS, body, None, Save::Create, order)?;
        let account = self.belongs(TICKETS, &values)?;
        let number = format!("T{:08}", self.tables[TICKETS].rows.len() + 1);
        preset(&mut values, self.tables[TICKETS].fields, "ticketNumber", json!(number));
        preset(&mut values, self.tables[TICKETS].fields, "createdOn", order.time());
        let id = self.tables[TICKETS].add(Some(account), values);
        self.ticket_touched(self.tables[TICKETS].rows.len() - 1, order.now);
        Ok(id)
    }

    /// PUT, or PATCH as one object of the fields it names.
    pub(super) fn update(
        &mut self,
        entity: usize,
        id: i64,
        body: &Value,
        save: Save,
        order: &Order<'_>,
    ) -> Result<(), Refusal> {
        let at = self.tables[entity].at(id).ok_or_else(|| Refusal::missing(TABLES[entity].0, id))?;
        let mut values = self.read(entity, body, Some(at), save, order)?;
        preset_always(&mut values, self.tables[entity].fields, "modifiedOn", order.time());
        let account = if entity == ACCOUNTS { id } else { self.belongs(entity, &values)? };
        let row = &mut self.tables[entity].rows[at];
        (row.account, row.values) = (account, values);
        if entity == TICKETS {
            self.ticket_touched(at, order.now);
        }
        Ok(())
    }

    /// A note on a ticket.
    pub(super) fn add_note(&mut self, ticket: i64, body: &Value, order: &Order<'_>) -> Result<i64, Refusal> {
        let at = self.tables[TICKETS].at(ticket).ok_or_else(|| Refusal::missing("ticket", ticket))?;
        let mut values = self.read(NOTES, body, None, Save::Create, order)?;
        preset(&mut values, self.tables[NOTES].fields, "ticketId", json!(ticket));
        preset(&mut values, self.tables[NOTES].fields, "createdOn", order.time());
        let account = self.tables[TICKETS].rows[at].account;
        let id = self.tables[NOTES].add(Some(account), values);
        if let Some(status) = member(body, "statusId").as_i64() {
            self.tables[TICKETS].set(at, "statusId", json!(status));
        }
        self.ticket_touched(at, order.now);
        Ok(id)
    }

    /// Values for a whole row.
    fn read(
        &self,
        entity: usize,
        body: &Value,
        current: Option<usize>,
        save: Save,
        order: &Order<'_>,
    ) -> Result<Vec<Value>, Refusal> {
        let table = &self.tables[entity];
        let told = body.as_object().ok_or_else(|| Refusal::bad("The body is not a JSON object."))?;
        let mut values = vec![Value::Null; table.fields.len()];
        for (at, field) in table.fields.iter().enumerate() {
            let before = current.map(|row| &table.rows[row].values[at]);
            let value = if field.way == Way::Out { None } else { found(told, field.name) };
            values[at] = match (value, before) {
                (Some(Value::Null), Some(before)) if field.name == "isActive" => before.clone(),
                (Some(value), _) => read_value(field, value, order)?,
                (None, Some(before)) if save == Save::Patch || field.way == Way::Out || field.name == "isActive" => {
                    before.clone()
                }
                (None, _) => Value::Null,
            };
            let is_empty = values[at].is_null() || values[at] == json!("") || values[at] == json!([]);
            if field.required && is_empty {
                return Err(Refusal::bad(format!("The {} field is required.", pascal(field.name))));
            }
            if let Some(id) = values[at].as_i64()
                && before != Some(&values[at])
                && !self.refers(field.of, id)
            {
                return Err(Refusal::bad(format!("The value '{id}' is not valid for {}.", pascal(field.name))));
            }
        }
        Ok(values)
    }

    /// The account of an asset or a ticket: what else it names must be of the same one.
    fn belongs(&self, entity: usize, values: &[Value]) -> Result<i64, Refusal> {
        let table = &self.tables[entity];
        let id = |name: &str| table.position(name).and_then(|at| values[at].as_i64());
        let account = id("accountId").unwrap_or(0);
        let (location, asset) =
            if entity == ASSETS { (id("accountLocationId"), None) } else { (id("locationId"), id("hardwareAssetId")) };
        for (other, what, name) in [(LOCATIONS, "Location", location), (ASSETS, "HardwareAsset", asset)] {
            let Some(id) = name else { continue };
            if self.tables[other].row(id).is_none_or(|row| row.account != account) {
                return Err(Refusal::bad(format!("The {what} does not belong to the Account.")));
            }
        }
        Ok(account)
    }
}

fn read_value(field: &Field, value: &Value, order: &Order<'_>) -> Result<Value, Refusal> {
    let wrong = || Refusal::bad(format!("The value of {} could not be converted.", pascal(field.name)));
    Ok(match (field.kind, value) {
        (_, Value::Null) => Value::Null,
        (Kind::Text, Value::String(text)) => {
            json!(order.faults.reshape(order.path, field.name, text).as_ref().unwrap_or(text))
        }
        (Kind::Int, Value::Number(number)) if number.is_i64() => value.clone(),
        (Kind::Number, Value::Number(_)) | (Kind::Flag, Value::Bool(_)) | (Kind::Json, _) => value.clone(),
        (Kind::Time, Value::String(text)) => Value::String(iso(parse_iso(text).ok_or_else(wrong)?, TimeStyle::Zulu)),
        _ => return Err(wrong()),
    })
}

/// An address in the vendor's own spelling.
fn address(told: &Value) -> Value {
    const NAMES: &[&str] = &[
        "address1",
        "address2",
        "city",
        "state",
        "zipCode",
        "countryId",
        "country",
        "phone",
        "fax",
        "emailAddress",
        "isMain",
        "isBilling",
        "addressType",
    ];
    NAMES.iter().map(|name| ((*name).to_owned(), member(told, name).clone())).collect::<Map<_, _>>().into()
}

fn preset(values: &mut [Value], fields: &[Field], name: &str, value: Value) {
    if let Some(at) = fields.iter().position(|field| field.name == name)
        && values[at].is_null()
    {
        values[at] = value;
    }
}

fn preset_always(values: &mut [Value], fields: &[Field], name: &str, value: Value) {
    if let Some(at) = fields.iter().position(|field| field.name == name) {
        values[at] = value;
    }
}

fn found<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A member of an object, its name in any case; null when there is none.
pub(super) fn member<'v>(body: &'v Value, name: &str) -> &'v Value {
    body.as_object().and_then(|object| found(object, name)).unwrap_or(&Value::Null)
}

/// The fields that a JSON-Patch names, as one object.
pub(super) fn patch(body: &Value) -> Result<Value, Refusal> {
    let operations = body.as_array().ok_or_else(|| Refusal::bad("The body is not a JSON Patch document."))?;
    let mut out = Map::new();
    for operation in operations {
        let path = member(operation, "path").as_str().unwrap_or("").trim_start_matches('/').to_owned();
        if path.is_empty() || path.contains('/') {
            return Err(Refusal::bad(format!("The target location specified by path '/{path}' was not found.")));
        }
        let value = match member(operation, "op").as_str().unwrap_or("") {
            op if op.eq_ignore_ascii_case("add") || op.eq_ignore_ascii_case("replace") => {
                member(operation, "value").clone()
            }
            op if op.eq_ignore_ascii_case("remove") => Value::Null,
            op => return Err(Refusal::bad(format!("The operation '{op}' is not supported."))),
        };
        out.insert(path, value);
    }
    Ok(Value::Object(out))
}

/// A field's name in the words of the vendor's own messages.
fn pascal(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
