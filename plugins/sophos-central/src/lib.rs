//! Sophos Central, the Partner APIs. Only read.
//!
//! `client` is the vendor's HTTP, `partner` who we are to it, `tenants` the list everything starts from; `customers` are those
//! tenants. `report` walks the monthly billing reports, of which `usage` tells the rows and `products` what they name; `licences`
//! adds, where wanted, what no report has. `each` asks every tenant by itself; `alerts` does so. `describe` says what can be done
//! and `settings` what the operator chose. The vendor's quirks are in this folder's README.
//!
//! Leaves alone: login and limits, which are the host's; devices, roles, administrators, SIEM events; every write.

mod alerts;
mod client;
mod customers;
mod describe;
mod each;
mod licences;
mod partner;
mod products;
mod report;
mod settings;
mod tenants;
mod usage;

pub use settings::Settings;

use crosswalk_sdk::{
    Change, Connector, Description, Failure, Host, Identity, Kind, Outcome, Page, Query, Selection, Settlement,
};
use partner::Partner;

/// The connector.
#[derive(Debug)]
pub struct SophosCentral;

crosswalk_sdk::export!(SophosCentral);

impl Connector for SophosCentral {
    fn describe(_: &dyn Host) -> Description {
        describe::description()
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        let partner = Partner::ask(host, &Settings::read(host)?)?;
        let reply = tenants::page(host, &partner, 1)?;
        let listed = tenants::Tenants::open(&reply, 1)?;
        let count = listed.total.unwrap_or(listed.rows.len() as u64);
        let name = report::partner_name(host, &partner)?;
        Ok(Identity {
            account: name.unwrap_or_else(|| "Sophos Central partner".to_owned()),
            id: Some(partner.id.to_string()),
            time_zone: None,
            detail: Some(format!("{count} customers, partner id {}", partner.id)),
        })
    }

    fn read(host: &dyn Host, query: Query, after: Option<&str>) -> Result<Page, Failure> {
        let settings = Settings::read(host)?;
        let partner = Partner::of(host, &settings)?;
        match (query.kind, query.selection) {
            (Kind::Customer, selection) => customers::read(host, &partner, selection, after),
            (Kind::Product, Selection::Everything) => {
                report::read::<products::Products>(host, &settings, &partner, after)
            }
            (Kind::Usage, Selection::Everything) => report::read::<usage::Rows>(host, &settings, &partner, after),
            (Kind::Alert, selection) => alerts::read(host, &partner, selection, after),
            (Kind::Product | Kind::Usage, _) => {
                Err(Failure::Unsupported("usage and its products are only read as a whole".to_owned()))
            }
            _ => Err(Failure::Unsupported("this connector has customers, products, usage and alerts".to_owned())),
        }
    }

    fn write(_: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        let refuse = || Settlement::Failed(Failure::Unsupported("Sophos Central is only read".to_owned()));
        changes.into_iter().map(|change| Outcome { change: change.id, result: refuse() }).collect()
    }
}
