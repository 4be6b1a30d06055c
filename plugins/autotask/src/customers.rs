//! Customers: the vendor's companies. Company 0 is the MSP itself, and a company like any other.
//! They are never deleted, only made inactive.

use crate::client::Client;
use crate::current::Current;
use crate::entity::Entity;
use crate::picklists;
use crate::query::{Condition, Operand, Query, target};
use crate::settings::Settings;
use crosswalk_sdk::batch;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Customer, Failure, Kind, Method, Nullable, Operation, Outcome, Page, Request, Selection, names,
};
use serde::{Deserialize, Serialize};

/// Where the vendor keeps them.
pub(crate) const COMPANIES: Entity = Entity {
    path: "Companies",
    kind: Kind::Customer,
    name: "companyName",
    company: None,
    changed: Some("lastTrackedModifiedDateTime"),
    fields: &[
        ("companyName", "name", Some(100)),
        ("isActive", "active", None),
        ("companyNumber", "number", Some(50)),
        ("phone", "phone", Some(25)),
        ("webAddress", "website", None),
        ("address1", "address-1", None),
        ("address2", "address-2", None),
        ("city", "city", None),
        ("state", "region", None),
        ("postalCode", "postal-code", None),
    ],
    also: &[],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Company<'a> {
    id: Int,
    #[serde(borrow, default)]
    company_name: Nullable<Str<'a>>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(borrow, default)]
    company_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    phone: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    web_address: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    address1: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    address2: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    city: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    state: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    postal_code: Nullable<Str<'a>>,
}

impl Company<'_> {
    fn customer(&self, settings: &Settings) -> Customer {
        let number = self.company_number.text();
        let phone = match self.phone.text() {
            Nullable::Value(phone) if phone == settings.default_phone => Nullable::Null,
            told => told,
        };
        Customer {
            id: self.id.0.to_string(),
            name: self.company_name.text().into_value().unwrap_or_default(),
            stamp: number.value().filter(|_| settings.company_stamp).cloned(),
            active: self.is_active.clone(),
            number: if settings.company_stamp { Nullable::Absent } else { number },
            phone,
            website: self.web_address.text(),
            address_1: self.address1.text(),
            address_2: self.address2.text(),
            city: self.city.text(),
            region: self.state.text(),
            postal_code: self.postal_code.text(),
            ..Customer::default()
        }
    }
}

/// Reads customers.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let filter = match selection {
        Selection::Stamps(stamps) if client.settings.company_stamp => {
            vec![Condition::new("in", "companyNumber", Operand::texts(stamps))]
        }
        _ => COMPANIES.filter(selection)?,
    };
    let include = COMPANIES.include();
    let query = Query::new(&include, filter);
    let reply = client.query(COMPANIES.path, &query, after)?;
    let page = client.rows::<Company<'_>>(&reply)?.page(|row| {
        let customer = row.customer(&client.settings);
        names::answers(selection, &customer.name, COMPANIES.name_length()).then(|| customer.into_item())
    });
    client.with_total(page, COMPANIES.path, &query, (selection, after))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    company_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    company_type: Option<i64>,
    #[serde(rename = "ownerResourceID", skip_serializing_if = "Option::is_none")]
    owner_resource_id: Option<i64>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    is_active: Nullable<bool>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    company_number: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    phone: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    web_address: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    address1: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    address2: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    city: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    state: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    postal_code: Nullable<String>,
}

/// What every new company gets.
struct Required {
    type_: i64,
    owner: i64,
}

fn request(change: &Change, settings: &Settings, required: Option<&Required>) -> Result<Request, Failure> {
    let customer = Customer::of_change(change.clone())?;
    let number = if settings.company_stamp { Nullable::or_absent(customer.stamp) } else { customer.number };
    let phone = match customer.phone {
        Nullable::Absent if required.is_none() => Nullable::Absent,
        Nullable::Value(phone) => Nullable::Value(phone),
        _ => Nullable::Value(settings.default_phone.clone()),
    };
    let body = Body {
        id: if required.is_some() { None } else { Some(target(change)?) },
        company_name: &customer.name,
        company_type: required.map(|required| required.type_),
        owner_resource_id: required.map(|required| required.owner),
        is_active: batch::active_after(change.operation, customer.active),
        company_number: number,
        phone,
        web_address: customer.website,
        address1: customer.address_1,
        address2: customer.address_2,
        city: customer.city,
        state: customer.region,
        postal_code: customer.postal_code,
    };
    let method = if required.is_some() { Method::Post } else { Method::Patch };
    Ok(Request::new(method, "zone", COMPANIES.path).json(json::write(&body)).change(&change.id))
}

/// Writes customers.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let required = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => match required(client) {
            Ok(required) => Some(required),
            Err(failure) => return batch::all_failed(changes, &failure),
        },
        _ => None,
    };
    let now = Current::of(changes, |selection, after| read(client, selection, after));
    let prepared =
        |change: &Change| now.holds(change).and_then(|()| request(change, &client.settings, required.as_ref()));
    client.write_all(changes, changes.iter().map(prepared).collect(), COMPANIES.fields)
}

fn required(client: &Client<'_>) -> Result<Required, Failure> {
    let owner = client.settings.owner_resource_id.ok_or_else(|| {
        Failure::rejected("a new company needs an owner: set `owner-resource-id` in this connection's settings")
    })?;
    Ok(Required { type_: picklists::required(client, "company-type", "a new company needs a type")?, owner })
}
