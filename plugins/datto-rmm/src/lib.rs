//! Datto RMM, API v2.
//!
//! `client` is the vendor's HTTP; `sites` maps its sites to customers and, read only, to locations; `assets` maps
//! devices, of which `audit` is the better half and `kept` remembers it; `alerts` maps alerts; `describe` says what can be done and
//! `settings` what the operator chose. The vendor's quirks are in this folder's README.
//!
//! Leaves alone: login and limits, which are the host's; variables, jobs, software, the audits of printers and hypervisors.

mod alerts;
mod assets;
mod audit;
mod client;
mod customers;
mod describe;
mod kept;
mod locations;
mod settings;
mod sites;

pub use settings::Settings;

use client::get;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Choice, Connector, Description, Failure, Host, Identity, Kind, Nullable, Outcome, Page, Query, Settlement,
    Signal, jobs,
};
use serde::Deserialize;

/// The connector.
#[derive(Debug)]
pub struct DattoRmm;

crosswalk_sdk::export!(DattoRmm);

impl Connector for DattoRmm {
    fn describe(host: &dyn Host) -> Description {
        describe::description(&Settings::read(host).unwrap_or_default())
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        let reply = client::good(host.send(get("account"))?)?;
        let told: Account<'_> = json::parse(reply.text())?;
        let count = told.devices_status.into_value().and_then(|status| status.number_of_devices.into_value());
        Ok(Identity {
            account: told.name.text().into_value().unwrap_or_default(),
            id: told.uid.text().into_value(),
            // The vendor's text is a name of its own where it is no place of the zone database.
            time_zone: told
                .descriptor
                .into_value()
                .and_then(|it| it.time_zone.text().into_value())
                .filter(|zone| is_zone(zone)),
            detail: count.map(|Int(count)| format!("{count} devices")),
        })
    }

    fn read(host: &dyn Host, query: Query, after: Option<&str>) -> Result<Page, Failure> {
        let settings = Settings::read(host)?;
        match query.kind {
            Kind::Customer => customers::read(host, &settings, query.selection, after),
            Kind::Location => locations::read(host, &settings, query.selection, after),
            Kind::Asset => assets::read(host, &settings, query.selection, after),
            Kind::Alert => alerts::read(host, &settings, query.selection, after),
            _ => Err(Failure::Unsupported("this connector has sites, devices and alerts".to_owned())),
        }
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        match changes.first().map(|change| change.kind) {
            Some(Kind::Customer) => customers::write(host, &changes),
            Some(Kind::Asset) => assets::write(host, &changes),
            _ => changes.into_iter().map(unwritable).collect(),
        }
    }

    fn run(host: &dyn Host, job: &str, payload: &str) -> Result<Vec<Signal>, Failure> {
        if job != "audits" {
            return Err(Failure::Unsupported(format!("there is no job `{job}`")));
        }
        let settings = Settings::read(host)?;
        if !settings.audits {
            return Ok(Vec::new());
        }
        jobs::walk(host, job, payload, |after| assets::keep_audits(host, &settings, after))
    }

    fn choices(host: &dyn Host, setting: &str) -> Result<Vec<Choice>, Failure> {
        match setting {
            "skip-sites" => sites::choices(host),
            other => Err(Failure::Unsupported(format!("there is no list of choices for `{other}`"))),
        }
    }
}

fn unwritable(change: Change) -> Outcome {
    let failure = Failure::Unsupported("this connector writes sites and moves devices, nothing else".to_owned());
    Outcome { change: change.id, result: Settlement::Failed(failure) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account<'a> {
    #[serde(borrow, default)]
    uid: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    descriptor: Nullable<Descriptor<'a>>,
    #[serde(borrow, default)]
    name: Nullable<Str<'a>>,
    #[serde(default)]
    devices_status: Nullable<DevicesStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    #[serde(borrow, default)]
    time_zone: Nullable<Str<'a>>,
}

/// Whether a text is a name of the zone database, such as `Europe/Rome`.
fn is_zone(text: &str) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '/' | '_' | '-' | '+');
    text.split_once('/').is_some_and(|(area, place)| !area.is_empty() && !place.is_empty()) && text.chars().all(is_sign)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DevicesStatus {
    #[serde(default)]
    number_of_devices: Nullable<Int>,
}
