//! Customers: the vendor's sites. They are made with PUT and changed with POST, and never taken out of use.

use crate::client::{at, get};
use crate::settings::Settings;
use crate::sites::{self, Site, one};
use crosswalk_sdk::http::segment;
use crosswalk_sdk::json;
use crosswalk_sdk::{
    Change, Customer, Failure, Field, Host, Item, Method, Nullable, Operation, Outcome, Page, Request, Response,
    Selection, Settlement, Value, batch, precondition,
};
use serde::Serialize;

fn item(site: &Site<'_>) -> Item {
    let mut customer = Customer { id: site.uid.trimmed().to_owned(), name: site.name(), ..Customer::default() };
    let told = [
        ("autotaskCompanyId", &site.autotask_company_id),
        ("autotaskCompanyName", &site.autotask_company_name),
        ("description", &site.description),
    ];
    for (name, told) in told {
        if let Nullable::Value(text) = told.text() {
            customer.extra.push(Field { name: name.to_owned(), value: Value::Text(text) });
        }
    }
    customer.into_item()
}

/// Reads customers.
pub(crate) fn read(
    host: &dyn Host,
    settings: &Settings,
    selection: Selection,
    after: Option<&str>,
) -> Result<Page, Failure> {
    match selection {
        Selection::OfParent(_) => Err(Failure::Unsupported("a site belongs to nothing but the account".to_owned())),
        selection => sites::read(host, settings, selection, after, item),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_demand: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    splashtop_auto_install: Option<bool>,
}

fn name(change: &Change) -> Result<&str, Failure> {
    let name = change.name.as_deref().filter(|name| !name.trim().is_empty());
    name.ok_or_else(|| {
        Failure::rejected_field("name", "of a site, only the name can be written, and it has to have one")
    })
}

fn create(change: &Change) -> Result<Request, Failure> {
    let name = name(change)?;
    let body = Body { name, description: None, notes: None, on_demand: None, splashtop_auto_install: None };
    Ok(Request::new(Method::Put, "api", at("site")).json(json::write(&body)).change(&change.id))
}

/// The vendor does not say whether an update keeps what it does not name, so what is there is sent back.
fn update(change: &Change, now: Result<Response, Failure>) -> Result<Request, Failure> {
    let now = now?;
    let site = one(&now)?;
    precondition::holds(change, &item(&site))?;
    let body = Body {
        name: name(change)?,
        description: site.description.value().map(|text| &*text.0),
        notes: site.notes.value().map(|text| &*text.0),
        on_demand: site.on_demand.value().copied(),
        splashtop_auto_install: site.splashtop_auto_install.value().copied(),
    };
    let path = at(&format!("site/{}", segment(site.uid.trimmed())));
    Ok(Request::new(Method::Post, "api", path).json(json::write(&body)).change(&change.id))
}

/// Writes customers.
pub(crate) fn write(host: &dyn Host, changes: &[Change]) -> Vec<Outcome> {
    let prepared = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => changes.iter().map(create).collect(),
        Some(Operation::Update) => {
            let target = |change: &Change| segment(change.target.as_deref().unwrap_or_default());
            let reads = changes.iter().map(|change| get(&format!("site/{}", target(change)))).collect();
            let now = host.send_all(reads);
            changes.iter().zip(now).map(|(change, now)| update(change, now.map_err(Failure::from))).collect()
        }
        _ => {
            let failure = || Failure::Unsupported("sites can be created and renamed, nothing else".to_owned());
            changes.iter().map(|_| Err(failure())).collect()
        }
    };
    batch::write_all(
        changes,
        prepared,
        |requests| host.send_all(requests),
        |_, reply| match one(reply) {
            Ok(site) => Settlement::Done(site.uid.trimmed().to_owned()),
            Err(failure) => Settlement::Failed(failure),
        },
    )
}
