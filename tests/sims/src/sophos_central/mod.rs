//! A simulated Sophos Central, seen by a partner: login, whoami, tenants, billing usage, licences, alerts, endpoints.
//!
//! What it does by default is what the vendor documents or several live accounts report; what is doubtful is a switch in
//! [`SophosOptions`]. An organisation of the world is a tenant here, its devices are that one's endpoints. All hosts the vendor
//! spreads over (identity, global, the regions) are this one server: every tenant's `apiHost` points back at it.
//! `state` holds tenants; `products` is what can be bought; `reports` the usage month by month; `alerts` what is wrong; `pages` walks
//! by number and by key; `render` writes; `routes` is the API.
//!
//! There is nothing to write at this vendor. Not simulated: the refresh of a token, partial replies (`fields`), organisations'
//! own lists, making tenants, acknowledging alerts, SIEM events, firewalls' licences.

mod alerts;
mod pages;
mod products;
mod render;
mod reports;
mod routes;
mod state;

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use crate::counts::Counts;
use crate::faults::Faults;
use crate::server::Server;
use crate::world::World;
use state::State;

pub use alerts::NewAlert;
pub use reports::NewRow;

/// How a simulated Sophos Central behaves where the vendor's behaviour is known to vary or not known.
#[derive(Clone, Debug)]
pub struct SophosOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Wait before each reply.
    pub latency: Duration,
    /// The public half of the credentials.
    pub client_id: String,
    /// The secret half.
    pub client_secret: String,
    /// Whose credentials they are: `partner`, `organization` or `tenant`.
    pub id_type: &'static str,
    /// How long a token is good for.
    pub token_seconds: i64,
    /// Names quantities and SKUs, together with the world.
    pub seed: u64,
    /// Products of each tenant that is billed by usage.
    pub products: usize,
    /// Whether some tenants are special: the fourth is still being provisioned (no `apiHost`), the fifth does not let the
    /// partner in, the sixth is a trial, the seventh is billed by term; and one that is gone is still billed.
    pub oddities: bool,
    /// Months before the running one that have a report.
    pub history: u32,
    /// What time it is there, in unix seconds; none: what the machine says. It decides which month is running.
    pub now: Option<i64>,
    /// Whether a month's number may have a zero before it; else 400.
    pub padded_month: bool,
    /// Whether the last page of a walk by key has an empty `nextKey` instead of none.
    pub empty_next_key: bool,
    /// Whether each tenant's `apiHost` ends in a slash, as a sample of the vendor's `global` does.
    pub trailing_slash: bool,
    /// Rows of a page of alerts, at most: 1,000 by the documentation, 100 by a vendor's tool.
    pub alerts_max: usize,
    /// Calls in a minute after which 429 is answered; none: no limit, as the vendor's numbers are not known.
    pub minute_limit: Option<usize>,
    /// Whether that 429 says when to come back.
    pub retry_after: bool,
}

impl Default for SophosOptions {
    fn default() -> Self {
        SophosOptions {
            port: 0,
            latency: Duration::ZERO,
            client_id: "5f0c1d7e-0000-4000-8000-51a7ed000001".to_owned(),
            client_secret: "sim-client-secret".to_owned(),
            id_type: "partner",
            token_seconds: 3600,
            seed: 7,
            products: 4,
            oddities: true,
            history: 12,
            now: None,
            padded_month: false,
            empty_next_key: false,
            trailing_slash: false,
            alerts_max: 100,
            minute_limit: None,
            retry_after: true,
        }
    }
}

/// A running simulated Sophos Central; stops when dropped.
#[derive(Debug)]
pub struct SophosCentral {
    server: Server,
    vendor: Arc<Sophos>,
}

/// What the server is given: the state behind a lock, the tokens given out with when they end (unix milliseconds), the times of
/// the last minute's calls.
#[derive(Debug)]
struct Sophos {
    state: Mutex<State>,
    tokens: Mutex<HashMap<String, i64>>,
    calls: Mutex<VecDeque<i64>>,
    options: SophosOptions,
    faults: Faults,
}

/// A tenant, as a test sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SophosTenant {
    /// Its id, which is also the `accountId` of its usage.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The organisation of the world it stands for; none for one that is gone.
    pub organisation: Option<i64>,
    /// `usage`, `term` or `trial`.
    pub billing_type: &'static str,
    /// Whether it is in the list of tenants.
    pub listed: bool,
}

impl SophosCentral {
    /// Starts a server that holds `world`.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub fn start(world: &World, options: SophosOptions) -> io::Result<SophosCentral> {
        let faults = Faults::default();
        let vendor = Arc::new(Sophos {
            state: Mutex::new(State::new(world, &options)),
            tokens: Mutex::default(),
            calls: Mutex::default(),
            options: options.clone(),
            faults: faults.clone(),
        });
        let server = Server::start(vendor.clone(), options.port, options.latency, faults)?;
        Ok(SophosCentral { server, vendor })
    }

    /// Where it listens: identity, global and regions at once; scheme, host and port.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The client id it accepts.
    pub fn client_id(&self) -> &str {
        &self.vendor.options.client_id
    }

    /// The client secret it accepts.
    pub fn client_secret(&self) -> &str {
        &self.vendor.options.client_secret
    }

    /// The partner's id.
    pub fn partner_id(&self) -> String {
        self.vendor.state.lock().partner.clone()
    }

    /// What goes wrong, switched while it runs.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Wait before each reply, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// What it was asked since its start or the last reset. Nothing here is a write.
    pub fn counts(&self) -> Counts {
        self.server.counter().snapshot()
    }

    /// Counts from zero again.
    pub fn reset_counts(&self) {
        self.server.counter().reset();
    }

    /// Every token given out so far ends now.
    pub fn expire_tokens(&self) {
        self.vendor.tokens.lock().clear();
    }

    /// A tenant is made anew: it goes on under a new id, which is returned; nothing when it is unknown.
    pub fn renew_tenant(&self, tenant: &str) -> Option<String> {
        let mut state = self.vendor.state.lock();
        let new = state.rng.guid();
        state.renew_as(tenant, &new).then_some(new)
    }

    /// Sets what time it is there, in unix seconds. A month that ends by it keeps its report as it is then.
    pub fn set_clock(&self, now: i64) {
        self.vendor.state.lock().set_clock(now);
    }

    /// It goes by the machine's clock from now on.
    pub fn follow_the_machine(&self) {
        self.vendor.state.lock().follow_the_machine();
    }

    /// As [`SophosCentral::set_clock`], to the tenth of a month, written `yyyy-mm`. False when that is no month.
    pub fn set_month(&self, month: &str) -> bool {
        self.vendor.state.lock().set_month(month)
    }

    /// The running month, as `yyyy-mm`.
    pub fn month(&self) -> String {
        self.vendor.state.lock().month()
    }

    /// Sets what the running month's report bills a tenant for a product (its SKU, else its code), over all rows: the first row
    /// takes the difference, or all of it where the others have more. It is in use, too. A product the tenant does not have
    /// is added. False when the tenant is unknown.
    pub fn set_quantity(&self, tenant: &str, sku: &str, quantity: i64) -> bool {
        let month = self.month();
        self.set_quantity_in(&month, tenant, sku, quantity)
    }

    /// As [`SophosCentral::set_quantity`], in the report of any month (`yyyy-mm`). False when there is none.
    pub fn set_quantity_in(&self, month: &str, tenant: &str, sku: &str, quantity: i64) -> bool {
        self.vendor.state.lock().set_quantity(month, tenant, sku, quantity)
    }

    /// One more row in the report of a month (`yyyy-mm`). False when there is no such report or tenant.
    pub fn add_row(&self, month: &str, row: NewRow) -> bool {
        self.vendor.state.lock().add_row(month, row)
    }

    /// Takes a product from a tenant: its rows leave the running month's report. False when there were none.
    pub fn remove_product(&self, tenant: &str, sku: &str) -> bool {
        self.vendor.state.lock().remove_product(tenant, sku)
    }

    /// Holds a month's report (`yyyy-mm`) back, as before it is produced: 404; or gives it out again. False when that is no month.
    pub fn withhold(&self, month: &str, withheld: bool) -> bool {
        self.vendor.state.lock().withhold(month, withheld)
    }

    /// What the report of a month (`yyyy-mm`) bills: tenant, SKU (else code), quantity, rows added up, in the report's order.
    pub fn billed(&self, month: &str) -> Vec<(String, String, i64)> {
        self.vendor.state.lock().billed(month)
    }

    /// The tenants as they are now, the one that is gone included.
    pub fn tenants(&self) -> Vec<SophosTenant> {
        self.vendor.state.lock().seen()
    }

    /// The tenant that stands for an organisation of the world.
    pub fn tenant_of_organisation(&self, organisation: i64) -> Option<String> {
        self.tenants().into_iter().find(|t| t.organisation == Some(organisation)).map(|t| t.id)
    }

    /// Renames a tenant. False when unknown.
    pub fn rename_tenant(&self, tenant: &str, name: &str) -> bool {
        self.vendor.state.lock().edit(tenant, |t| {
            name.clone_into(&mut t.name);
            t.show_as = None;
        })
    }

    /// Takes a tenant out of the list; its usage stays in the reports. False when unknown.
    pub fn remove_tenant(&self, tenant: &str) -> bool {
        self.vendor.state.lock().edit(tenant, |t| t.listed = false)
    }

    /// Lets the partner in at a tenant, or keeps it out: 403. False when unknown.
    pub fn set_forbidden(&self, tenant: &str, forbidden: bool) -> bool {
        self.vendor.state.lock().edit(tenant, |t| t.forbidden = forbidden)
    }

    /// An alert of a tenant; its id, or nothing when the tenant is unknown.
    pub fn raise_alert(&self, tenant: &str, alert: NewAlert) -> Option<String> {
        self.vendor.state.lock().raise(tenant, alert)
    }

    /// An alert is over: it vanishes from the list. False when there is none of that id.
    pub fn resolve_alert(&self, alert: &str) -> bool {
        self.vendor.state.lock().resolve(alert)
    }

    /// The ids of all alerts that are open now.
    pub fn open_alerts(&self) -> Vec<String> {
        self.vendor.state.lock().open_alerts()
    }

    /// Tenants and the running month's usage, a sorted line each, tenants by name, without ids or times.
    pub fn canonical_state(&self) -> Vec<String> {
        self.vendor.state.lock().canonical()
    }
}
