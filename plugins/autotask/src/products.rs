//! Products: the vendor's services. They are read, and made where the settings say what every new one gets; a service has no
//! place for the host's key and is found again by its name.

use crate::client::Client;
use crate::entity::{Entity, named_like};
use crate::picklists::required;
use crate::query::{Condition, MOST, Query};
use crosswalk_sdk::batch::all_failed;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Failure, Kind, Level, Method, Nullable, Operation, Outcome, Page, Product, Request, Selection, Settlement,
    names,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

/// Where the vendor keeps them.
pub(crate) const SERVICES: Entity = Entity {
    path: "Services",
    kind: Kind::Product,
    name: "name",
    company: None,
    changed: None,
    fields: &[("name", "name", None), ("isActive", "active", None)],
    also: &["unitPrice"],
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: Int,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    #[serde(default)]
    is_active: Nullable<bool>,
    #[serde(borrow, default)]
    unit_price: Nullable<Str<'a>>,
}

impl Row<'_> {
    fn product(self) -> Product {
        Product {
            id: self.id.0.to_string(),
            name: self.name.text().into_value().unwrap_or_default(),
            active: self.is_active,
            price: price(&self.unit_price),
            ..Product::default()
        }
    }
}

/// A price as digits with a point, however the vendor wrote the number.
pub(crate) fn price(told: &Nullable<Str<'_>>) -> Nullable<String> {
    let plain = |text: String| text.parse::<f64>().map_or(text, |number| number.to_string());
    told.text().map(plain)
}

/// Reads services.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let include = SERVICES.include();
    let query = Query::new(&include, SERVICES.filter(selection)?);
    let reply = client.query(SERVICES.path, &query, after)?;
    let page = client.rows::<Row<'_>>(&reply)?.page(|row| {
        let product = row.product();
        names::answers(selection, &product.name, SERVICES.name_length()).then(|| product.into_item())
    });
    client.with_total(page, SERVICES.path, &query, (selection, after))
}

#[derive(Deserialize)]
struct Named {
    id: Int,
    #[serde(default)]
    name: Nullable<String>,
}

/// What these services are called.
///
/// # Errors
/// They cannot be read.
pub(crate) fn names(client: &Client<'_>, ids: BTreeSet<i64>) -> Result<HashMap<i64, String>, Failure> {
    let ids: Vec<i64> = ids.into_iter().collect();
    let some = |ids: &[i64]| Query::new(&["id", "name"], vec![Condition::among("id", ids.iter().copied())]);
    let queries: Vec<Query<'_>> = ids.chunks(MOST as usize).map(some).collect();
    let rows = client.every::<Named>(SERVICES.path, &queries)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.id.0, row.name.value()?.trim().to_owned()))).collect())
}

/// The services of this name, as the vendor keeps it.
///
/// # Errors
/// They cannot be read.
pub(crate) fn named(client: &Client<'_>, name: &str) -> Result<Vec<i64>, Failure> {
    let query = Query::new(&["id", "name"], vec![named_like("name", name, SERVICES.name_length())]);
    let mut rows = client.every::<Named>(SERVICES.path, &[query])?;
    rows.retain(|row| row.name.value().is_some_and(|told| names::same(name, told, SERVICES.name_length())));
    Ok(rows.into_iter().map(|row| row.id.0).collect())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    name: &'a str,
    #[serde(rename = "billingCodeID")]
    billing_code: i64,
    period_type: i64,
    unit_price: u8,
    is_active: bool,
}

/// Makes services.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    if changes.iter().any(|change| change.operation != Operation::Create) {
        return all_failed(changes, &Failure::Unsupported("services are made, and changed in Autotask".to_owned()));
    }
    let missing = "a new service needs a billing code: set `service-billing-code` in this connection's settings";
    let given = client.settings.service_billing_code.ok_or_else(|| Failure::rejected(missing));
    let given = given.and_then(|code| Ok((code, required(client, "service-period", "a new service needs a period")?)));
    let (billing_code, period_type) = match given {
        Ok(given) => given,
        Err(failure) => return all_failed(changes, &failure),
    };
    let request = |change: &Change| {
        let name = change.name.as_deref().unwrap_or_default().trim();
        if name.is_empty() {
            return Err(Failure::rejected_field("name", "a service needs a name"));
        }
        // What it sells for is the MSP's to say.
        let body = Body { name, billing_code, period_type, unit_price: 0, is_active: true };
        Ok(Request::new(Method::Post, "zone", SERVICES.path).json(json::write(&body)).change(&change.id))
    };
    let outcomes = client.write_all(changes, changes.iter().map(request).collect(), SERVICES.fields);
    let made = outcomes.iter().filter(|outcome| matches!(outcome.result, Settlement::Done(_))).count();
    if made > 0 {
        client.host.log(Level::Warn, &format!("{made} services were made with the price 0: set it in Autotask"));
    }
    outcomes
}
