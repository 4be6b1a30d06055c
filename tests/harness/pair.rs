//! Any RMM and any PSA, by the names of their plugins: what a test does to them, and what
//! it sees of them, in the neutral words. Which vendor it is shows only here.

use super::{TestApp, secrets, texts};
use crosswalk::engine::NewConnection;
use crosswalk::model::SyncRules;
use crosswalk::model::connection::BucketOverride;
use crosswalk_sims::{
    Autotask, BmsOptions, Counts, DattoOptions, DattoRmm, Existing, Faults, PsaOptions, PulsewayPsa, PulsewayRmm,
    RmmOptions, World,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Any RMM and any PSA, by the names of their plugins, and a host that joins them by the sync of most tests.
pub(crate) async fn joined(
    (rmm, psa): (&str, &str),
    world: &World,
    existing: &Existing,
    rules: SyncRules,
) -> (TestApp, Rmm, Psa) {
    let (rmm, psa) = (Rmm::start(rmm, world), Psa::start(psa, existing));
    let app = TestApp::start().await;
    app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
    (app, rmm, psa)
}

/// A simulated RMM.
pub(crate) enum Rmm {
    Pulseway(PulsewayRmm),
    Datto(DattoRmm),
}

/// A device: id, name, and the customer it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) customer: String,
}

impl Rmm {
    /// Starts the vendor of this plugin.
    pub(crate) fn start(plugin: &str, world: &World) -> Self {
        match plugin {
            "pulseway-rmm" => Self::Pulseway(PulsewayRmm::start(world, RmmOptions::default()).expect("an RMM")),
            "datto-rmm" => {
                let options = DattoOptions { limited: false, ..DattoOptions::default() };
                Self::Datto(DattoRmm::start(world, options).expect("an RMM"))
            }
            other => panic!("there is no simulated {other}"),
        }
    }

    /// How an operator connects to it.
    pub(crate) fn connection(&self, name: &str) -> NewConnection {
        let (plugin, settings, secrets, url) = match self {
            Self::Pulseway(sim) => (
                "pulseway-rmm",
                vec![],
                secrets([("token-id", sim.token_id()), ("token-secret", sim.token_secret())]),
                format!("{}/api/v3", sim.url()),
            ),
            Self::Datto(sim) => (
                "datto-rmm",
                vec![("api-key", json!(sim.api_key()))],
                secrets([("api-secret", sim.api_secret())]),
                sim.url(),
            ),
        };
        new_connection(name, plugin, settings, secrets, texts([("api", url)]), &["minute"])
    }

    pub(crate) fn devices(&self) -> Vec<Device> {
        let device =
            |id: &str, name: &str, customer: String| Device { id: id.to_owned(), name: name.to_owned(), customer };
        match self {
            Self::Pulseway(sim) => {
                let of: BTreeMap<i64, i64> =
                    sim.sites().into_iter().map(|(site, customer, _)| (site, customer)).collect();
                sim.devices().iter().map(|one| device(&one.id, &one.name, of[&one.site].to_string())).collect()
            }
            Self::Datto(sim) => sim
                .devices()
                .iter()
                .map(|one| device(&one.id, &one.name, sim.site_of_device(&one.id).expect("its site")))
                .collect(),
        }
    }

    /// A part of the path that devices are listed at.
    pub(crate) fn list_path(&self) -> &'static str {
        match self {
            Self::Pulseway(_) => "/devices",
            Self::Datto(_) => "/account/devices",
        }
    }

    /// A part of the path at which is what the list of devices lacks.
    pub(crate) fn detail_path(&self) -> &'static str {
        match self {
            Self::Pulseway(_) => "/assets",
            // No list: one audit a device.
            Self::Datto(_) => self.list_path(),
        }
    }

    /// Ids and names.
    pub(crate) fn customers(&self) -> Vec<(String, String)> {
        match self {
            Self::Pulseway(sim) => sim.organisations().into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
            Self::Datto(sim) => sim.sites(),
        }
    }

    pub(crate) fn check_in_all(&self, now_s: i64) {
        match self {
            Self::Pulseway(sim) => sim.check_in_all(now_s),
            Self::Datto(sim) => sim.check_in_all(now_s),
        }
    }

    pub(crate) fn rename_device(&self, device: &str, name: &str) {
        assert!(match self {
            Self::Pulseway(sim) => sim.rename_device(device, name),
            Self::Datto(sim) => sim.rename_device(device, name),
        });
    }

    pub(crate) fn remove_device(&self, device: &str) {
        assert_eq!(self.remove_devices([device]), 1);
    }

    /// Removes devices; how many there were of them.
    pub(crate) fn remove_devices<'i>(&self, devices: impl IntoIterator<Item = &'i str>) -> usize {
        match self {
            Self::Pulseway(sim) => sim.remove_devices(devices),
            Self::Datto(sim) => sim.remove_devices(devices),
        }
    }

    /// The serial of a device, none: the agent tells none.
    pub(crate) fn set_serial(&self, device: &str, serial: Option<&str>) {
        assert!(match self {
            Self::Pulseway(sim) => sim.set_serial(device, serial),
            Self::Datto(sim) => sim.set_serial(device, serial),
        });
    }

    /// The serial that a device tells.
    pub(crate) fn serial_of(&self, device: &str) -> Option<String> {
        let devices = match self {
            Self::Pulseway(sim) => sim.devices(),
            Self::Datto(sim) => sim.devices(),
        };
        devices.into_iter().find(|one| one.id == device).expect("a device").serial
    }

    /// An agent enrols again; the device's new id.
    pub(crate) fn renew_device(&self, device: &str) -> String {
        let new = match self {
            Self::Pulseway(sim) => sim.renew_device(device),
            Self::Datto(sim) => sim.renew_device(device),
        };
        new.expect("a device")
    }

    /// A customer is made anew, its devices moved over; its new id.
    pub(crate) fn renew_customer(&self, customer: &str) -> String {
        let new = match self {
            Self::Pulseway(sim) => sim.renew_organisation(customer.parse().expect("a number")).map(|id| id.to_string()),
            Self::Datto(sim) => sim.renew_site(customer),
        };
        new.expect("a customer")
    }

    /// The one device of this name.
    pub(crate) fn device(&self, name: &str) -> Device {
        let mut named = self.devices().into_iter().filter(|device| device.name == name);
        let device = named.next().unwrap_or_else(|| panic!("no device is called {name}"));
        assert!(named.next().is_none(), "two devices are called {name}");
        device
    }

    /// Gives a device to another customer.
    pub(crate) fn move_device(&self, device: &str, customer: &str) {
        assert!(match self {
            Self::Pulseway(sim) => {
                let mut sites = sim.sites().into_iter();
                let site = sites.find(|(_, of, _)| of.to_string() == customer).expect("a site of the customer");
                sim.move_device(device, site.0)
            }
            Self::Datto(sim) => sim.move_device(device, customer),
        });
    }

    /// A disk of the device runs full; the alert's id.
    pub(crate) fn raise(&self, device: &str, at_s: i64) -> String {
        match self {
            Self::Pulseway(sim) => sim
                .raise_notification(device, "Critical", "Drive C: has less than 5 % free space", at_s)
                .expect("an alert")
                .to_string(),
            Self::Datto(sim) => {
                let context = json!({
                    "@class": "perf_disk_usage_ctx", "diskName": "C:", "totalVolume": 100, "freeSpace": 4,
                    "unitOfMeasure": "PERCENT",
                });
                sim.raise_alert(device, "Critical", context, at_s).expect("an alert")
            }
        }
    }

    /// The condition is over. False where this vendor does not tell of that.
    pub(crate) fn resolve(&self, alert: &str, at_s: i64) -> bool {
        match self {
            Self::Pulseway(_) => false,
            Self::Datto(sim) => sim.resolve_alert(alert, at_s),
        }
    }

    pub(crate) fn faults(&self) -> &Faults {
        match self {
            Self::Pulseway(sim) => sim.faults(),
            Self::Datto(sim) => sim.faults(),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        match self {
            Self::Pulseway(sim) => sim.counts(),
            Self::Datto(sim) => sim.counts(),
        }
    }
}

/// A simulated PSA.
pub(crate) enum Psa {
    Autotask(Autotask),
    Bms(PulsewayPsa),
}

/// An asset as the PSA has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) active: bool,
}

/// A ticket as the PSA has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) account: String,
    pub(crate) asset: Option<String>,
    pub(crate) closed: bool,
    /// How many notes it has.
    pub(crate) notes: usize,
}

/// Autotask's picklist value of a ticket that is done (`vendors/autotask.md`: 5 = Complete).
const COMPLETE: i64 = 5;

impl Psa {
    /// Starts the vendor of this plugin over what it holds already.
    pub(crate) fn start(plugin: &str, existing: &Existing) -> Self {
        match plugin {
            "autotask" => {
                let options = PsaOptions { latency_steps: false, ..PsaOptions::default() };
                Self::Autotask(Autotask::start(existing, options).expect("a PSA"))
            }
            "pulseway-psa" => {
                let options = BmsOptions { hourly_limit: 1_000_000, ..BmsOptions::default() };
                Self::Bms(PulsewayPsa::start(existing, options).expect("a PSA"))
            }
            other => panic!("there is no simulated {other}"),
        }
    }

    /// How an operator connects to it.
    pub(crate) fn connection(&self, name: &str) -> NewConnection {
        match self {
            Self::Autotask(sim) => autotask_connection(sim, name),
            Self::Bms(sim) => new_connection(
                name,
                "pulseway-psa",
                vec![
                    ("user", json!(sim.user())),
                    ("tenant", json!(sim.tenant())),
                    ("business-type", json!("Small business")),
                    ("account-manager", json!("Olga Owner")),
                ],
                secrets([("password", sim.password())]),
                texts([("api", sim.url())]),
                &["lists", "accounts", "account", "account-locations", "assets", "ticket", "tickets", "contracts"],
            ),
        }
    }

    /// What the vendor calls an asset's name.
    pub(crate) fn title_field(&self) -> &'static str {
        match self {
            Self::Autotask(_) => "referenceTitle",
            Self::Bms(_) => "name",
        }
    }

    /// What the vendor calls a customer's name.
    pub(crate) fn company_field(&self) -> &'static str {
        match self {
            Self::Autotask(_) => "companyName",
            Self::Bms(_) => "accountName",
        }
    }

    /// A part of the path that assets are listed at.
    pub(crate) fn list_path(&self) -> &'static str {
        match self {
            Self::Autotask(_) => "/ConfigurationItems/query",
            Self::Bms(_) => "/hardwareasset/searchselect",
        }
    }

    pub(crate) fn items(&self) -> Vec<Item> {
        match self {
            Self::Autotask(sim) => sim
                .configuration_items()
                .iter()
                .map(|row| Item {
                    id: text(&row["id"]),
                    name: text(&row["referenceTitle"]),
                    account: text(&row["companyID"]),
                    active: row["isActive"] != json!(false),
                })
                .collect(),
            Self::Bms(sim) => sim
                .hardware_assets()
                .iter()
                .map(|row| Item {
                    id: text(&row["id"]),
                    name: text(&row["name"]),
                    account: text(&row["accountId"]),
                    active: row["isActive"] != json!(false),
                })
                .collect(),
        }
    }

    pub(crate) fn tickets(&self) -> Vec<Ticket> {
        match self {
            Self::Autotask(sim) => sim
                .tickets()
                .iter()
                .map(|row| Ticket {
                    id: text(&row["id"]),
                    title: text(&row["title"]),
                    account: text(&row["companyID"]),
                    asset: some(&row["configurationItemID"]),
                    closed: row["status"] == json!(COMPLETE),
                    notes: row["id"].as_i64().map_or(0, |id| sim.notes(id).len()),
                })
                .collect(),
            Self::Bms(sim) => {
                let notes = sim.rows("notes");
                sim.tickets()
                    .iter()
                    .map(|row| Ticket {
                        id: text(&row["id"]),
                        title: text(&row["title"]),
                        account: text(&row["accountId"]),
                        asset: some(&row["hardwareAssetId"]),
                        closed: !row["completedDate"].is_null(),
                        notes: notes.iter().filter(|note| note["ticketId"] == row["id"]).count(),
                    })
                    .collect()
            }
        }
    }

    /// A technician writes a note on a ticket.
    pub(crate) fn touch(&self, ticket: &str) {
        let id = ticket.parse().expect("a number");
        assert!(match self {
            Self::Autotask(sim) => sim.add_note(id, "I am on it"),
            Self::Bms(sim) => sim.add_note(id, "I am on it"),
        });
    }

    pub(crate) fn faults(&self) -> &Faults {
        match self {
            Self::Autotask(sim) => sim.faults(),
            Self::Bms(sim) => sim.faults(),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        match self {
            Self::Autotask(sim) => sim.counts(),
            Self::Bms(sim) => sim.counts(),
        }
    }

    pub(crate) fn reset_counts(&self) {
        match self {
            Self::Autotask(sim) => sim.reset_counts(),
            Self::Bms(sim) => sim.reset_counts(),
        }
    }

    /// What stands there twice, in words.
    pub(crate) fn duplicates(&self) -> Vec<String> {
        match self {
            Self::Autotask(sim) => sim.duplicates().iter().map(|twin| format!("{twin:?}")).collect(),
            Self::Bms(sim) => sim.duplicates().iter().map(|twin| format!("{twin:?}")).collect(),
        }
    }

    /// All of it, without ids: equal for two end states that are the same.
    pub(crate) fn canonical_state(&self) -> Vec<String> {
        match self {
            Self::Autotask(sim) => sim.canonical_state(),
            Self::Bms(sim) => sim.canonical_state(),
        }
    }
}

/// How an operator connects to a simulated Autotask.
pub(crate) fn autotask_connection(sim: &Autotask, name: &str) -> NewConnection {
    new_connection(
        name,
        "autotask",
        vec![
            ("user", json!(sim.user())),
            ("owner-resource-id", json!(29_682_885)),
            ("udf-last-seen", json!("RMM Last Seen")),
            ("udf-storage", json!("RMM Storage")),
            ("ticket-queue", json!("Monitoring")),
            ("priority-normal", json!("Medium")),
            ("priority-critical", json!("Critical")),
            ("note-type", json!("Task Notes")),
        ],
        secrets([("secret", sim.secret()), ("integration-code", sim.integration_code())]),
        texts([("discovery", sim.url()), ("zone", sim.url())]),
        &["hour"],
    )
}

fn new_connection(
    name: &str,
    plugin: &str,
    settings: Vec<(&str, Value)>,
    secrets: BTreeMap<String, crosswalk::model::Secret>,
    endpoints: BTreeMap<String, String>,
    unlimited: &[&str],
) -> NewConnection {
    let free = |bucket: &&str| ((*bucket).to_owned(), BucketOverride { calls: Some(0), at_once: None });
    NewConnection {
        name: super::name(name),
        plugin: super::name(plugin),
        settings: settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        secrets,
        endpoints,
        grant_all: false,
        buckets: unlimited.iter().map(free).collect(),
    }
}

fn some(value: &Value) -> Option<String> {
    (!value.is_null()).then(|| text(value))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
