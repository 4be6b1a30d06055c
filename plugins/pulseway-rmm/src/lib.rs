//! Pulseway RMM and Kaseya VSA X (VSA 10), which share one REST API, v3.
//!
//! `client` is the vendor's HTTP; `customers`, `locations` and `assets` map its organisations, sites and
//! devices (`inventory` and `facts` are the device's attributes, `walk` joins the two lists they come in); `alerts`
//! maps its notifications; `describe` says what can be done and `settings` what the operator chose. The vendor's
//! quirks are in this folder's README.
//!
//! Leaves alone: login and limits, which are the host's; groups, custom fields and automation.

mod alerts;
mod assets;
mod client;
mod customers;
mod describe;
mod facts;
mod inventory;
mod known;
mod locations;
mod settings;
mod walk;

pub use assets::map_assets_page;
pub use settings::{DiskUnit, LastLogin, Settings};

use crosswalk_sdk::json::Str;
use crosswalk_sdk::{
    Change, Connector, Description, Failure, Host, Identity, Kind, Nullable, Outcome, Page, Query, Settlement, Signal,
    jobs,
};
use serde::Deserialize;

/// The connector.
#[derive(Debug)]
pub struct PulsewayRmm;

crosswalk_sdk::export!(PulsewayRmm);

impl Connector for PulsewayRmm {
    fn describe(host: &dyn Host) -> Description {
        describe::description(&Settings::read(host).unwrap_or_default())
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        let organisations = client::list("/organizations", "Id", None, 0, 1);
        let replies = client::send_all(host, vec![client::get("/environment"), organisations])?;
        let organisations = client::open::<Vec<serde::de::IgnoredAny>>(&replies[1])?;
        // A token may be kept from this one; any other failure leaves open whose account it is.
        let environment = match client::open::<Environment<'_>>(&replies[0]) {
            Ok(reply) => reply.data.unwrap_or_default(),
            Err(failure @ (Failure::Throttled(_) | Failure::Unavailable(_))) => return Err(failure),
            Err(_) => Environment::default(),
        };
        let account = environment.customer_name.text().into_value();
        let untold = account.is_none().then(|| "the token may not read the account's name".to_owned());
        let version = environment.product_version.text().into_value().map(|version| format!("version {version}"));
        let count = organisations.total.map(|total| format!("{total} organisations in reach"));
        let detail: Vec<String> = untold.into_iter().chain(version).chain(count).collect();
        Ok(Identity {
            account: account.unwrap_or_default(),
            id: environment.customer_id.text().into_value(),
            time_zone: None,
            detail: Some(detail.join(", ")).filter(|detail| !detail.is_empty()),
        })
    }

    fn read(host: &dyn Host, query: Query, after: Option<&str>) -> Result<Page, Failure> {
        match query.kind {
            Kind::Customer => customers::read(host, query.selection, after),
            Kind::Location => locations::read(host, query.selection, after),
            Kind::Asset => assets::read(host, &Settings::read(host)?, query.selection, after),
            Kind::Alert => alerts::read(host, &Settings::read(host)?, query.selection, after),
            _ => Err(Failure::Unsupported(
                "this connector has organisations, sites, devices and notifications".to_owned(),
            )),
        }
    }

    fn run(host: &dyn Host, job: &str, payload: &str) -> Result<Vec<Signal>, Failure> {
        if job != "notifications" {
            return Err(Failure::Unsupported(format!("there is no job `{job}`")));
        }
        let settings = Settings::read(host)?;
        jobs::walk(host, job, payload, |after| alerts::keep_devices(host, &settings, after))
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        match changes.first().map(|change| change.kind) {
            Some(Kind::Customer) => customers::write(host, changes),
            Some(Kind::Location) => locations::write(host, changes),
            _ => changes.into_iter().map(unwritable).collect(),
        }
    }
}

fn unwritable(change: Change) -> Outcome {
    let failure = Failure::Unsupported("this connector writes organisations and sites, nothing else".to_owned());
    Outcome { change: change.id, result: Settlement::Failed(failure) }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Environment<'a> {
    #[serde(borrow)]
    customer_id: Nullable<Str<'a>>,
    #[serde(borrow)]
    customer_name: Nullable<Str<'a>>,
    #[serde(borrow)]
    product_version: Nullable<Str<'a>>,
}
