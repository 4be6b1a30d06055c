//! A simulated Datto RMM, API v2.
//!
//! What it does by default is what the vendor documents or several live accounts report; what is
//! doubtful is a switch in [`DattoOptions`]. An organisation of the world is a site here, the devices of all its
//! sites are that one's, because this vendor knows no level between account and device but the site, and no address.
//! `state` holds sites and devices, `alerts` what is wrong with them; `limits` counts calls; `render` writes;
//! `pages` walks; `routes` is the API, `write` its writes.
//!
//! Not simulated: v3, webhooks, variables, jobs, software, activity logs, the audits of printers and hypervisors, saved filters,
//! the system sites ("Deleted Devices", …), which [`DattoRmm::add_site`] can make.

mod alerts;
mod limits;
mod pages;
mod render;
mod renew;
mod routes;
mod state;
mod write;

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::Value;

use crate::counts::Counts;
use crate::faults::Faults;
use crate::server::Server;
use crate::stale::Held;
use crate::world::{Device, World};
use limits::Limits;
use state::State;

/// How a simulated Datto RMM behaves where the vendor's behaviour is known to vary or not known.
#[derive(Clone, Debug)]
pub struct DattoOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Wait before each reply.
    pub latency: Duration,
    /// The API key, which is the user of the password grant.
    pub api_key: String,
    /// The API secret, which is its password.
    pub api_secret: String,
    /// How long a token is good for.
    pub token_seconds: i64,
    /// Whether the token reply says so (`expires_in`).
    pub tells_expiry: bool,
    /// Whether times are ISO text, as the specification says, instead of epoch milliseconds, as the wire has them.
    pub iso_dates: bool,
    /// Whether the last page's `nextPageUrl` is null instead of an empty text.
    pub null_next_page: bool,
    /// The status of a create or rename that takes another site's name; nothing: names may repeat.
    pub name_clash: Option<u16>,
    /// Whether the limits below are kept. They are counted, and told by `request_rate`, either way.
    pub limited: bool,
    /// Reads per rolling minute.
    pub read_limit: u64,
    /// Writes per rolling minute.
    pub write_limit: u64,
    /// Writes of one operation per rolling minute; the vendor gives setting UDFs 600 of its own.
    pub operation_limit: u64,
    /// How many 429 within a minute lead to the block. The vendor says only that ignoring them does.
    pub ignored_limit: u64,
    /// How long a block lasts: 403 for every call.
    pub block_seconds: i64,
}

impl Default for DattoOptions {
    fn default() -> Self {
        DattoOptions {
            port: 0,
            latency: Duration::ZERO,
            api_key: "SIMKEY0123456789".to_owned(),
            api_secret: "sim-api-secret".to_owned(),
            token_seconds: 360_000,
            tells_expiry: true,
            iso_dates: false,
            null_next_page: false,
            name_clash: None,
            limited: true,
            read_limit: 600,
            write_limit: 600,
            operation_limit: 100,
            ignored_limit: 5,
            block_seconds: 300,
        }
    }
}

/// A running simulated Datto RMM; stops when dropped.
#[derive(Debug)]
pub struct DattoRmm {
    server: Server,
    vendor: Arc<Datto>,
    options: DattoOptions,
}

/// What the server is given: the state behind a lock, the tokens given out with when they end (unix milliseconds), the limits.
#[derive(Debug)]
struct Datto {
    state: Held<State>,
    tokens: Mutex<HashMap<String, i64>>,
    limits: Limits,
    options: DattoOptions,
    faults: Faults,
}

impl DattoRmm {
    /// Starts a server that holds `world`.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub fn start(world: &World, options: DattoOptions) -> io::Result<DattoRmm> {
        let faults = Faults::default();
        let vendor = Arc::new(Datto {
            state: Held::new(State::new(world, options.iso_dates)),
            tokens: Mutex::default(),
            limits: Limits::new(&options),
            options: options.clone(),
            faults: faults.clone(),
        });
        let server = Server::start(vendor.clone(), options.port, options.latency, faults)?;
        Ok(DattoRmm { server, vendor, options })
    }

    /// Where it listens: scheme, host and port, without `/api` and without a trailing slash. The token is to be had at
    /// `/auth/oauth/token` of the same.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The API key it accepts.
    pub fn api_key(&self) -> &str {
        &self.options.api_key
    }

    /// The API secret it accepts.
    pub fn api_secret(&self) -> &str {
        &self.options.api_secret
    }

    /// What goes wrong, switched while it runs.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Wait before each reply, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// What it was asked since its start or the last reset. Any verb but GET is a write, except asking for a token.
    pub fn counts(&self) -> Counts {
        self.server.counter().snapshot()
    }

    /// Counts from zero again.
    pub fn reset_counts(&self) {
        self.server.counter().reset();
    }

    /// Every token given out so far ends now, as when its time is over or the key was made anew.
    pub fn expire_tokens(&self) {
        self.vendor.tokens.lock().clear();
    }

    /// Pretends that so many reads were made just now and none before.
    pub fn set_reads_used(&self, calls: u64) {
        self.vendor.limits.set_reads_used(calls);
    }

    /// Every device reports: `lastSeen` becomes `now` (unix seconds). Nothing of the audits changes.
    pub fn check_in_all(&self, now: i64) {
        self.vendor.state.lock().check_in_all(now);
    }

    /// One device reports. False when there is none of that uid.
    pub fn check_in(&self, device: &str, now: i64) -> bool {
        self.vendor.state.lock().check_in(device, now)
    }

    /// Every device is audited: `lastAuditDate` becomes `now` (unix seconds) and free space moves a little.
    pub fn audit_all(&self, now: i64) {
        self.vendor.state.lock().audit_all(now);
    }

    /// Puts a device into another site. False when either uid is unknown.
    pub fn move_device(&self, device: &str, site: &str) -> bool {
        self.vendor.state.lock().move_device(device, site)
    }

    /// A new agent, in the site that stands for the organisation of its world site. False when that is unknown or its uid taken.
    pub fn add_device(&self, device: Device) -> bool {
        self.vendor.state.lock().add_device(device)
    }

    /// The device is deleted: its record is gone, its alerts with it. False when there is none of that uid.
    pub fn remove_device(&self, device: &str) -> bool {
        self.vendor.state.lock().remove_device(device)
    }

    /// Devices are deleted; how many there were of these uids.
    pub fn remove_devices<'i>(&self, devices: impl IntoIterator<Item = &'i str>) -> usize {
        let mut state = self.vendor.state.lock();
        devices.into_iter().filter(|device| state.remove_device(device)).count()
    }

    /// The agent enrols again: the device goes on under a new uid, which is returned; nothing when it is unknown.
    pub fn renew_device(&self, device: &str) -> Option<String> {
        self.vendor.state.lock().renew_device(device)
    }

    /// The same under a uid of the caller's. False when the device is unknown or the uid taken.
    pub fn renew_device_as(&self, device: &str, uid: &str) -> bool {
        self.vendor.state.lock().renew_device_as(device, uid)
    }

    /// The site is made anew and its devices moved over: it goes on under a new uid, which is returned; nothing when it is
    /// unknown.
    pub fn renew_site(&self, site: &str) -> Option<String> {
        self.vendor.state.lock().renew_site(site)
    }

    /// Takes back or makes up when a device was last audited (unix seconds). False when unknown.
    pub fn set_audited(&self, device: &str, at: Option<i64>) -> bool {
        self.vendor.state.lock().change(device, |row| row.audited = at)
    }

    /// Changes a device in any way (its site by [`DattoRmm::move_device`] only), as an audit that runs
    /// right now would find it: `lastAuditDate` moves on. False when unknown.
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

    /// Makes a device a `printer`, an `esxihost`, or anything the vendor may think of next. Only a `device` has an audit.
    pub fn set_class(&self, device: &str, class: &str) -> bool {
        self.vendor.state.lock().set_class(device, class)
    }

    /// A new site; its uid.
    pub fn add_site(&self, name: &str) -> String {
        self.vendor.state.lock().add_site(name, "", "")
    }

    /// Renames a site. False when unknown.
    pub fn rename_site(&self, site: &str, name: &str) -> bool {
        self.vendor.state.lock().edit_site(site, |s| name.clone_into(&mut s.name))
    }

    /// Deletes a site in the console, with its devices. False when unknown.
    pub fn remove_site(&self, site: &str) -> bool {
        self.vendor.state.lock().remove_site(site)
    }

    /// Switches the Autotask link of a site on. False when unknown.
    pub fn link_to_autotask(&self, site: &str, company: i64, name: &str) -> bool {
        self.vendor.state.lock().edit_site(site, |s| s.autotask = Some((company, name.to_owned())))
    }

    /// An alert on a device; its uid, or nothing when the device is unknown. `priority` is one of the vendor's (`Critical`, `High`, …),
    /// `context` its `alertContext` with the `@class`, `at` unix seconds.
    pub fn raise_alert(&self, device: &str, priority: &str, context: Value, at: i64) -> Option<String> {
        self.vendor.state.lock().raise(device, priority, context, "", at)
    }

    /// Resolves an alert, as its monitor or a person would. False when there is none open of that uid.
    pub fn resolve_alert(&self, alert: &str, at: i64) -> bool {
        self.vendor.state.lock().resolve(alert, "Autoresolve", at)
    }

    /// The uids of the alerts that are open now, the oldest first.
    pub fn open_alerts(&self) -> Vec<String> {
        self.vendor.state.lock().open_alerts()
    }

    /// The devices as they are now; their `site` is the world's, which this vendor does not know: see [`DattoRmm::site_of_device`].
    pub fn devices(&self) -> Vec<Device> {
        self.vendor.state.lock().devices()
    }

    /// The sites as they are now: uid and name.
    pub fn sites(&self) -> Vec<(String, String)> {
        self.vendor.state.lock().sites()
    }

    /// The uid of the site that stands for an organisation of the world.
    pub fn site_of_organisation(&self, organisation: i64) -> Option<String> {
        self.vendor.state.lock().site_of_organisation(organisation)
    }

    /// The uid of the site a device is in.
    pub fn site_of_device(&self, device: &str) -> Option<String> {
        self.vendor.state.lock().site_of_device(device)
    }

    /// Sites and devices, a sorted line each, parents by name, without ids or times.
    pub fn canonical_state(&self) -> Vec<String> {
        self.vendor.state.lock().canonical()
    }
}
