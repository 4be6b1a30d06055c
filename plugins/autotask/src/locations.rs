//! Locations: read at `CompanyLocations`, written below their company. Never deleted, only made inactive.

use crate::client::Client;
use crate::current::Current;
use crate::entity::Entity;
use crate::query::{Query, parent, target};
use crosswalk_sdk::batch;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Failure, Kind, Location, Method, Nullable, Operation, Outcome, Page, Request, Selection, names,
};
use serde::{Deserialize, Serialize};

/// Where the vendor keeps them.
pub(crate) const LOCATIONS: Entity = Entity {
    path: "CompanyLocations",
    kind: Kind::Location,
    name: "name",
    company: Some("companyID"),
    changed: None,
    fields: &[
        ("name", "name", None),
        ("isActive", "active", None),
        ("isPrimary", "primary", None),
        ("phone", "phone", Some(25)),
        ("fax", "fax", Some(25)),
        ("address1", "address-1", Some(128)),
        ("address2", "address-2", Some(128)),
        ("city", "city", Some(50)),
        ("state", "region", None),
        ("postalCode", "postal-code", None),
        ("description", "description", Some(500)),
    ],
    also: &[],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: Int,
    #[serde(default, rename = "companyID")]
    company_id: Nullable<Int>,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(default)]
    is_primary: Nullable<bool>,
    #[serde(borrow, default)]
    phone: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    fax: Nullable<Str<'a>>,
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
    #[serde(borrow, default)]
    description: Nullable<Str<'a>>,
}

impl Row<'_> {
    fn location(&self) -> Location {
        Location {
            id: self.id.0.to_string(),
            parent: self.company_id.value().map(|Int(id)| id.to_string()),
            name: self.name.text().into_value().unwrap_or_default(),
            active: self.is_active.clone(),
            primary: self.is_primary.clone(),
            phone: self.phone.text(),
            fax: self.fax.text(),
            address_1: self.address1.text(),
            address_2: self.address2.text(),
            city: self.city.text(),
            region: self.state.text(),
            postal_code: self.postal_code.text(),
            description: self.description.text(),
            ..Location::default()
        }
    }
}

/// Reads locations.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let include = LOCATIONS.include();
    let query = Query::new(&include, LOCATIONS.filter(selection)?);
    let reply = client.query(LOCATIONS.path, &query, after)?;
    let page = client.rows::<Row<'_>>(&reply)?.page(|row| {
        let location = row.location();
        names::answers(selection, &location.name, LOCATIONS.name_length()).then(|| location.into_item())
    });
    client.with_total(page, LOCATIONS.path, &query, (selection, after))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    is_active: Nullable<bool>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    is_primary: Nullable<bool>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    phone: Nullable<String>,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    fax: Nullable<String>,
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
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    description: Nullable<String>,
}

fn request(change: &Change) -> Result<Request, Failure> {
    let is_new = change.operation == Operation::Create;
    let location = Location::of_change(change.clone())?;
    let body = Body {
        id: if is_new { None } else { Some(target(change)?) },
        name: &location.name,
        is_active: batch::active_after(change.operation, location.active),
        is_primary: location.primary,
        phone: location.phone,
        fax: location.fax,
        address1: location.address_1,
        address2: location.address_2,
        city: location.city,
        state: location.region,
        postal_code: location.postal_code,
        description: location.description,
    };
    let method = if is_new { Method::Post } else { Method::Patch };
    let path = format!("Companies/{}/Locations", parent(change)?);
    Ok(Request::new(method, "zone", path).json(json::write(&body)).change(&change.id))
}

/// Writes locations.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let now = Current::of(changes, |selection, after| read(client, selection, after));
    let prepared = |change: &Change| now.holds(change).and_then(|()| request(change));
    client.write_all(changes, changes.iter().map(prepared).collect(), LOCATIONS.fields)
}
