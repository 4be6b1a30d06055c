//! Pulseway PSA, which is Kaseya BMS by its API 2.0, and Kaseya BMS itself.
//!
//! `client` is the vendor's HTTP and `errors` turns its refusals into failures; `customers`, `locations`, `assets`,
//! `contracts` and `tickets` map accounts and what belongs to them, `hardware` being an asset as it is read and `drafts` as it is
//! written; `few` reads by ids and keys; `lookups` resolves the tenant's lists; `describe` says
//! what can be done and `settings` what the operator chose. The vendor's quirks are in this folder's README.
//!
//! Leaves alone: login and limits, which are the host's; the vendor's door for RMMs, and billing.

mod assets;
mod client;
mod contracts;
mod customers;
mod describe;
mod drafts;
mod errors;
mod few;
mod hardware;
mod locations;
mod lookups;
mod settings;
mod tickets;

pub use settings::{Settings, StampPlace};

use client::Client;
use crosswalk_sdk::batch::all_failed;
use crosswalk_sdk::{
    Change, Choice, Connector, Description, Failure, Host, Identity, Item, Kind, Outcome, Page, Query, Selection, names,
};

/// The connector.
#[derive(Debug)]
pub struct PulsewayPsa;

crosswalk_sdk::export!(PulsewayPsa);

impl Connector for PulsewayPsa {
    fn describe(host: &dyn Host) -> Description {
        describe::description(&Settings::read(host).unwrap_or_default())
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        let client = Client::open(host)?;
        let tenant = customers::tenant(&client)?;
        let detail = tenant
            .is_none()
            .then(|| format!("tenant {}, without an account yet that tells its name", client.settings.tenant));
        Ok(Identity { account: tenant.unwrap_or_default(), id: None, time_zone: None, detail })
    }

    fn read(host: &dyn Host, query: Query, after: Option<&str>) -> Result<Page, Failure> {
        let client = Client::open(host)?;
        match query.kind {
            Kind::Customer => customers::read(&client, &query.selection, after),
            Kind::Location => locations::read(&client, &query.selection, after),
            Kind::Asset => assets::read(&client, &query.selection, after),
            Kind::Contract => contracts::read(&client, &query.selection),
            Kind::Ticket => tickets::read(&client, &query.selection, after),
            _ => Err(Failure::Unsupported(
                "this connector has accounts, locations, hardware assets, contracts and tickets".to_owned(),
            )),
        }
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        let client = match Client::open(host) {
            Ok(client) => client,
            Err(failure) => return all_failed(&changes, &failure),
        };
        match changes.first().map(|change| change.kind) {
            Some(Kind::Customer) => customers::write(&client, &changes),
            Some(Kind::Asset) => assets::write(&client, &changes),
            Some(Kind::Ticket) => tickets::write(&client, &changes),
            Some(Kind::Location) => {
                let failure = "the vendor has no call that writes a location: add it by hand on the account's page";
                all_failed(&changes, &Failure::Unsupported(failure.to_owned()))
            }
            _ => {
                let failure = "this connector writes accounts, hardware assets and tickets, nothing else";
                all_failed(&changes, &Failure::Unsupported(failure.to_owned()))
            }
        }
    }

    fn choices(host: &dyn Host, setting: &str) -> Result<Vec<Choice>, Failure> {
        lookups::choices(&Client::open(host)?, setting)
    }
}

/// Whether an item answers the selection: how the vendor's filters compare is not known, so a name or a part of one
/// is compared here once more.
fn answers(selection: &Selection, item: &Item) -> bool {
    match selection {
        Selection::Named(named) => names::is(named, item, None),
        Selection::Search(text) => item.name.to_lowercase().contains(&text.to_lowercase()),
        _ => true,
    }
}
