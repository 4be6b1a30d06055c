//! Autotask PSA, REST API 1.0.
//!
//! `zone` finds the database's host and `client` is the vendor's HTTP; `query` is its query language and
//! `entity` the tables that queries are made of; `errors` turns its texts into failures; `customers`,
//! `locations`, `assets` (with `udfs`, its user-defined fields), `products`, `usage` and `tickets` map both ways, `contracts`
//! are only read; `current` reads again what a change was decided on; `lookups` finds products and resources by name, `picklists` the numbers of labels; `describe` says what
//! can be done, `days` in whose zone the vendor's days begin and `settings` what the operator chose. The vendor's quirks are in this folder's README.
//!
//! Leaves alone: login and limits, which are the host's.

mod assets;
mod client;
mod contracts;
mod current;
mod customers;
mod days;
mod describe;
mod entity;
mod errors;
mod locations;
mod lookups;
mod picklists;
mod products;
mod query;
mod settings;
mod tickets;
mod udfs;
mod usage;
mod zone;

pub use settings::{Settings, StampPlace};

use client::Client;
use crosswalk_sdk::batch::all_failed;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Choice, Connector, Description, Failure, Host, Identity, Kind, Nullable, Outcome, Page, Selection,
};
use query::{Condition, Operand, Query};
use serde::Deserialize;

/// The connector.
#[derive(Debug)]
pub struct Autotask;

crosswalk_sdk::export!(Autotask);

impl Connector for Autotask {
    fn describe(host: &dyn Host) -> Description {
        describe::description(&Settings::read(host).unwrap_or_default())
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        let client = Client::open(host)?;
        let filter = vec![Condition::new("eq", "id", Operand::Int(0))];
        let reply = client.query("Companies", &Query::new(&["id", "companyName"], filter), None)?;
        let own = client.rows::<Own<'_>>(&reply)?.rows;
        let account = own.into_iter().find_map(|company| company.company_name.text().into_value());
        let used = client.get("ThresholdInformation").ok().and_then(|reply| {
            let told: Threshold = json::parse(reply.text()).ok()?;
            let (used, limit) = (told.current_timeframe_request_count?.0, told.external_request_threshold?.0);
            Some(format!("{used} of {limit} calls of this hour used"))
        });
        let zone = Some(client.zone_name()).filter(|name| !name.is_empty()).map(|name| format!("zone {name}"));
        let detail: Vec<String> = zone.into_iter().chain(used).collect();
        Ok(Identity {
            account: account.unwrap_or_else(|| client.settings.user.clone()),
            id: Some(client.database()).filter(|database| !database.is_empty()),
            time_zone: days::zone(&client)?,
            detail: Some(detail.join(", ")).filter(|detail| !detail.is_empty()),
        })
    }

    fn read(host: &dyn Host, query: crosswalk_sdk::Query, after: Option<&str>) -> Result<Page, Failure> {
        if is_empty(&query.selection) {
            return Ok(nothing());
        }
        let client = Client::open(host)?;
        match query.kind {
            Kind::Customer => customers::read(&client, &query.selection, after),
            Kind::Location => locations::read(&client, &query.selection, after),
            Kind::Asset => assets::read(&client, &query.selection, after),
            Kind::Contract => contracts::read(&client, &query.selection, after),
            Kind::Ticket => tickets::read(&client, &query.selection, after),
            Kind::Product => products::read(&client, &query.selection, after),
            Kind::Usage => usage::read(&client, &query.selection, after),
            Kind::Alert => Err(Failure::Unsupported("this connector has no alerts".to_owned())),
        }
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        let client = match Client::open(host) {
            Ok(client) => client,
            Err(failure) => return all_failed(&changes, &failure),
        };
        match changes.first().map(|change| change.kind) {
            Some(Kind::Customer) => customers::write(&client, &changes),
            Some(Kind::Location) => locations::write(&client, &changes),
            Some(Kind::Asset) => assets::write(&client, &changes),
            Some(Kind::Ticket) => tickets::write(&client, &changes),
            Some(Kind::Product) => products::write(&client, &changes),
            Some(Kind::Usage) => usage::write(&client, &changes),
            _ => {
                let failure = "this connector writes neither contracts nor alerts";
                all_failed(&changes, &Failure::Unsupported(failure.to_owned()))
            }
        }
    }

    fn choices(host: &dyn Host, setting: &str) -> Result<Vec<Choice>, Failure> {
        lookups::choices(&Client::open(host)?, setting)
    }
}

/// The MSP's own company, number 0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Own<'a> {
    #[serde(borrow, default)]
    company_name: Nullable<Str<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Threshold {
    external_request_threshold: Option<Int>,
    current_timeframe_request_count: Option<Int>,
}

/// A page without items.
fn nothing() -> Page {
    Page::default()
}

/// Whether nothing is asked for: the vendor refuses an empty list, and so an id that is no number.
fn is_empty(selection: &Selection) -> bool {
    match selection {
        Selection::Ids(ids) => !ids.iter().any(|id| id.parse::<i64>().is_ok()),
        Selection::Stamps(stamps) => stamps.is_empty(),
        _ => false,
    }
}
