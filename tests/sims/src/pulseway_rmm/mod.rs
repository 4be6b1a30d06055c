//! A simulated Pulseway RMM / Kaseya VSA X, REST v3.
//!
//! What it does by default is what the vendor documents or several live tenants report; what is
//! doubtful is a switch in [`RmmOptions`]. `state` holds the tree of organisations, sites, groups and
//! devices, `extras` custom fields, webhooks and scopes; `odata` reads `$filter` and `$orderby`; `list` walks; `render`
//! writes; `routes` is the API.
//!
//! Not simulated: deliveries of webhooks, automation, package downloads.

mod extras;
mod list;
mod odata;
mod render;
mod renew;
mod routes;
mod state;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;

use crate::counts::Counts;
use crate::faults::Faults;
use crate::server::Server;
use crate::stale::Held;
use crate::world::{Device, World};
use state::State;

/// How a simulated RMM behaves where the vendor's behaviour is known to vary or not known.
#[derive(Clone, Debug)]
pub struct RmmOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Wait before each reply.
    pub latency: Duration,
    /// The id half of the API token.
    pub token_id: String,
    /// The secret half of the API token.
    pub token_secret: String,
    /// Whether assets carry `SiteId`, as some tenants' do.
    pub asset_site_id: bool,
    /// Whether `IpAddresses` of every second asset is a list of plain texts, as some tenants' is.
    pub plain_ip_addresses: bool,
    /// Whether asset lists leave `AssetInfo` and `Disks` out unless `include=` names them.
    pub sections_on_request: bool,
    /// Whether creates and updates reply with the object (else with an envelope and no `Data`).
    pub write_replies_object: bool,
    /// Whether an organisation's name, and a site's within its organisation, must be unique.
    pub unique_names: bool,
}

impl Default for RmmOptions {
    fn default() -> Self {
        RmmOptions {
            port: 0,
            latency: Duration::ZERO,
            token_id: "sim-token-id".to_owned(),
            token_secret: "sim-token-secret".to_owned(),
            asset_site_id: true,
            plain_ip_addresses: true,
            sections_on_request: false,
            write_replies_object: true,
            unique_names: false,
        }
    }
}

/// A running simulated RMM; stops when dropped.
#[derive(Debug)]
pub struct PulsewayRmm {
    server: Server,
    vendor: Arc<Rmm>,
    options: RmmOptions,
}

/// What the server is given: the state behind a lock, and the login.
#[derive(Debug)]
struct Rmm {
    state: Held<State>,
    login: String,
    options: RmmOptions,
    faults: Faults,
}

impl PulsewayRmm {
    /// Starts a server that holds `world`.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub fn start(world: &World, options: RmmOptions) -> io::Result<PulsewayRmm> {
        let token = format!("{}:{}", options.token_id, options.token_secret);
        let faults = Faults::default();
        let vendor = Arc::new(Rmm {
            state: Held::new(State::new(world, &options)),
            login: format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(token)),
            options: options.clone(),
            faults: faults.clone(),
        });
        let server = Server::start(vendor.clone(), options.port, options.latency, faults)?;
        Ok(PulsewayRmm { server, vendor, options })
    }

    /// Where it listens: scheme, host and port, without `/api/v3` and without a trailing slash.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The id half of the token it accepts.
    pub fn token_id(&self) -> &str {
        &self.options.token_id
    }

    /// The secret half of the token it accepts.
    pub fn token_secret(&self) -> &str {
        &self.options.token_secret
    }

    /// What goes wrong, switched while it runs.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Wait before each reply, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// What it was asked since its start or the last reset. Any verb but GET is a write.
    pub fn counts(&self) -> Counts {
        self.server.counter().snapshot()
    }

    /// Counts from zero again.
    pub fn reset_counts(&self) {
        self.server.counter().reset();
    }

    /// Every device reports: `LastSeenOnline` becomes `now` (unix seconds) and free space moves a little.
    pub fn check_in_all(&self, now: i64) {
        self.vendor.state.lock().check_in_all(now);
    }

    /// One device reports. False when there is none of that id.
    pub fn check_in(&self, device: &str, now: i64) -> bool {
        self.vendor.state.lock().check_in(device, now)
    }

    /// Puts a device into the first group of another site. False when either is unknown.
    pub fn move_device(&self, device: &str, site: i64) -> bool {
        self.vendor.state.lock().move_to_site(device, site)
    }

    /// A new agent. False when its site is unknown or its id taken.
    pub fn add_device(&self, device: Device) -> bool {
        self.vendor.state.lock().add_device(device)
    }

    /// The agent is uninstalled. False when there is none of that id.
    pub fn remove_device(&self, device: &str) -> bool {
        self.vendor.state.lock().remove_device(device)
    }

    /// Agents are uninstalled; how many there were of these ids.
    pub fn remove_devices<'i>(&self, devices: impl IntoIterator<Item = &'i str>) -> usize {
        let mut state = self.vendor.state.lock();
        devices.into_iter().filter(|device| state.remove_device(device)).count()
    }

    /// The agent enrols again: the device goes on under a new id, which is returned; nothing when it is unknown.
    pub fn renew_device(&self, device: &str) -> Option<String> {
        self.vendor.state.lock().renew_device(device)
    }

    /// The same under an id of the caller's. False when the device is unknown or the id taken.
    pub fn renew_device_as(&self, device: &str, id: &str) -> bool {
        self.vendor.state.lock().renew_device_as(device, id)
    }

    /// The organisation and its sites are made anew and the devices moved over: new ids for both. The organisation's new id, or
    /// nothing when it is unknown.
    pub fn renew_organisation(&self, id: i64) -> Option<i64> {
        self.vendor.state.lock().renew_organisation(id)
    }

    /// Changes a device in any way (its site by [`PulsewayRmm::move_device`] only). False when unknown.
    pub fn edit_device(&self, device: &str, edit: impl FnOnce(&mut Device)) -> bool {
        self.vendor.state.lock().edit_device(device, edit)
    }

    /// Sets a device's BIOS serial; `None` takes the BIOS block away. False when unknown.
    pub fn set_serial(&self, device: &str, serial: Option<&str>) -> bool {
        self.edit_device(device, |d| d.serial = serial.map(str::to_owned))
    }

    /// Renames a device. False when unknown.
    pub fn rename_device(&self, device: &str, name: &str) -> bool {
        self.edit_device(device, |d| name.clone_into(&mut d.name))
    }

    /// A new organisation, without sites; its id.
    pub fn add_organisation(&self, name: &str) -> i64 {
        self.vendor.state.lock().add_organisation(name)
    }

    /// Renames an organisation. False when unknown.
    pub fn rename_organisation(&self, id: i64, name: &str) -> bool {
        self.vendor.state.lock().rename_organisation(id, name)
    }

    /// An organisation leaves, with its sites and devices. False when unknown.
    pub fn remove_organisation(&self, id: i64) -> bool {
        self.vendor.state.lock().remove_organisation(id)
    }

    /// A new site with one group; its id, or nothing when the organisation is unknown.
    pub fn add_site(&self, organisation: i64, name: &str) -> Option<i64> {
        self.vendor.state.lock().add_site_with_group(organisation, name)
    }

    /// Renames a site. False when unknown.
    pub fn rename_site(&self, id: i64, name: &str) -> bool {
        self.vendor.state.lock().rename_site(id, name)
    }

    /// An alert on a device; its id, or nothing when the device is unknown. Priority is one of `Low`,
    /// `Normal`, `Elevated`, `Critical`.
    pub fn raise_notification(&self, device: &str, priority: &'static str, message: &str, at: i64) -> Option<i64> {
        self.vendor.state.lock().raise(device, priority, message, at)
    }

    /// Takes organisations out of the token's scope: they are still listed, but any call about one of them, its sites or
    /// its devices is 403, and their rows are left out of wider lists. An empty list lifts it.
    pub fn forbid_organisations(&self, ids: &[i64]) {
        self.vendor.state.lock().forbid_organisations(ids);
    }

    /// Takes a collection (`assets`, `notifications`, …) out of the token's permissions: 403.
    pub fn forbid_collection(&self, name: &str) {
        self.vendor.state.lock().forbid_collection(name);
    }

    /// The devices as they are now.
    pub fn devices(&self) -> Vec<Device> {
        self.vendor.state.lock().devices()
    }

    /// The organisations as they are now: id and name.
    pub fn organisations(&self) -> Vec<(i64, String)> {
        self.vendor.state.lock().organisations()
    }

    /// The sites as they are now: id, organisation id and name.
    pub fn sites(&self) -> Vec<(i64, i64, String)> {
        self.vendor.state.lock().sites()
    }

    /// Organisations, sites and devices, a sorted line each, parents by name, without ids or times.
    pub fn canonical_state(&self) -> Vec<String> {
        self.vendor.state.lock().canonical()
    }
}
