//! A simulated Autotask PSA, REST 1.0.
//!
//! What it does by default is what the vendor documents or several live tenants report; what is doubtful is a switch in
//! [`PsaOptions`]. `schema`, `fields` and `desk_fields` are the table of entities everything is driven by; `seed` is what is
//! there at the start; `table` holds rows; `query` and `select` answer queries; `rules` checks writes, `desk` does what
//! tickets do by themselves, `billing` what lines of contracts do and `services` what a technician does to them; `limits` are the vendor's brakes; `routes` is the API; `meta` is what entities say of
//! themselves; `report` is for tests.
//!
//! Not simulated: contract charges and bundles, contacts, attachments, webhooks, security levels.

mod billing;
mod billing_fields;
mod desk;
mod desk_fields;
mod fields;
mod limits;
mod merge;
mod meta;
mod query;
mod report;
mod routes;
mod rules;
mod schema;
mod seed;
mod select;
mod services;
mod table;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::clock::now_ms;
use crate::counts::Counts;
use crate::faults::Faults;
use crate::server::Server;
use crate::stale::Held;
use crate::world::Existing;
use limits::Limits;
pub use report::{Adjustment, Duplicate, ServiceLine};
use schema::{COMPANIES, ITEMS, LOCATIONS};
use table::{Cell, Table};

/// How a simulated PSA behaves where the vendor's behaviour is known to vary or not known.
#[derive(Clone, Debug)]
pub struct PsaOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Wait before each reply.
    pub latency: Duration,
    /// The API user.
    pub user: String,
    /// The API user's secret.
    pub secret: String,
    /// The tracking identifier it accepts.
    pub integration_code: String,
    /// Further tracking identifiers: other integrations of the same customer.
    pub other_integration_codes: Vec<String>,
    /// Calls per rolling hour.
    pub hourly_limit: u64,
    /// Whether calls wait 0.5 s from 50 % of the hour's calls and 1 s from 75 %.
    pub latency_steps: bool,
    /// Calls at once per tracking identifier and entity.
    pub thread_limit: usize,
    /// Status when the hour is used up: 429 or 500.
    pub over_limit_status: u16,
    /// Status of `zoneInformation` for an unknown user: 500 or 404.
    pub zone_error_status: u16,
    /// Status of a read of an id that does not exist: 200 (with a null item) or 404.
    pub missing_id_status: u16,
    /// Status of a call the login has no permission for: 500 or 403.
    pub permission_status: u16,
    /// Whether texts that are too long are cut instead of refused.
    pub cut_long_values: bool,
    /// Whether the last page points to one more, which is empty.
    pub last_page_is_empty: bool,
    /// Whether text comparisons in queries regard case.
    pub case_sensitive: bool,
    /// Whether an id given as a text in a query matches (else it matches nothing).
    pub string_ids_match: bool,
    /// Whether a company created with an address gets a primary location.
    pub primary_location: bool,
    /// The products there are.
    pub products: Vec<String>,
    /// The services there are.
    pub services: Vec<String>,
    /// Whether a company that is made later gets a contract in force, as by a workflow rule of the MSP.
    pub contracts_for_new_accounts: bool,
    /// First and last day of the contract in force that a company has at the start, counted from the world's day.
    pub contract_days: (i64, i64),
    /// Whether a row of units that an adjustment splits ends on the adjustment's day (else on the day before).
    pub split_shares_day: bool,
    /// Whether an adjustment is answered with `itemId` null (else with its id).
    pub adjustment_without_id: bool,
    /// User-defined fields an administrator has not set up, by name.
    pub missing_udfs: Vec<String>,
    /// User-defined fields that are protected, by name: they read `*****` and refuse updates.
    pub protected_udfs: Vec<String>,
}

impl Default for PsaOptions {
    fn default() -> Self {
        PsaOptions {
            port: 0,
            latency: Duration::ZERO,
            user: "api@msp.example".to_owned(),
            secret: "sim-secret".to_owned(),
            integration_code: "SIMINTEGRATIONCODE".to_owned(),
            other_integration_codes: Vec::new(),
            hourly_limit: 10_000,
            latency_steps: true,
            thread_limit: 3,
            over_limit_status: 429,
            zone_error_status: 500,
            missing_id_status: 200,
            permission_status: 500,
            cut_long_values: false,
            last_page_is_empty: false,
            case_sensitive: false,
            string_ids_match: false,
            primary_location: true,
            products: vec!["Managed Workstation".to_owned(), "Managed Server".to_owned()],
            services: [
                "Sophos Central Intercept X Advanced",
                "Sophos Central Intercept X Advanced for Server",
                "Sophos Email Advanced",
                "Managed Backup",
                "Microsoft 365 Business Premium",
            ]
            .map(str::to_owned)
            .to_vec(),
            contracts_for_new_accounts: false,
            contract_days: (-400, 3650),
            split_shares_day: false,
            adjustment_without_id: true,
            missing_udfs: Vec::new(),
            protected_udfs: Vec::new(),
        }
    }
}

/// A running simulated PSA; stops when dropped.
#[derive(Debug)]
pub struct Autotask {
    server: Server,
    vendor: Arc<Psa>,
}

/// What the server is given.
#[derive(Debug)]
struct Psa {
    state: Held<State>,
    limits: Arc<Limits>,
    integrations: Vec<String>,
    options: PsaOptions,
    faults: Faults,
}

/// What the PSA holds, a table per entity in the order of `ENTITIES`.
#[derive(Clone, Debug)]
struct State {
    tables: Vec<Table>,
    denied: HashSet<usize>,
    primary_location: bool,
    contracts_for_new_accounts: bool,
    split_shares_day: bool,
    /// Adjustments that a technician made.
    by_hand: HashSet<i64>,
    /// By how many milliseconds the midnight that days are told as comes before UTC's.
    day_offset: i64,
    /// Notes that a person formatted, by entity and row: the API tells their words and loses the rest when it writes them.
    formatted: HashMap<(usize, i64), String>,
}

impl Autotask {
    /// Starts a server that holds `existing`, besides the MSP's own company (id 0), an owner and the products.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub fn start(existing: &Existing, options: PsaOptions) -> io::Result<Autotask> {
        let faults = Faults::default();
        let codes = std::iter::once(&options.integration_code).chain(&options.other_integration_codes);
        let vendor = Arc::new(Psa {
            state: Held::new(State::new(existing, &options)),
            limits: Arc::new(Limits::new(options.hourly_limit, options.thread_limit, options.latency_steps)),
            integrations: codes.cloned().collect(),
            options: options.clone(),
            faults: faults.clone(),
        });
        let server = Server::start(vendor.clone(), options.port, options.latency, faults)?;
        Ok(Autotask { server, vendor })
    }

    /// Where it listens: scheme, host and port. Zone discovery is at `/atservicesrest/v1.0/zoneInformation` of it.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The API user it accepts.
    pub fn user(&self) -> &str {
        &self.vendor.options.user
    }

    /// The secret it accepts.
    pub fn secret(&self) -> &str {
        &self.vendor.options.secret
    }

    /// The tracking identifier it accepts.
    pub fn integration_code(&self) -> &str {
        &self.vendor.options.integration_code
    }

    /// What goes wrong, switched while it runs.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Wait before each reply, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// What it was asked since its start or the last reset. POST, PATCH, PUT and DELETE are writes, except of queries.
    pub fn counts(&self) -> Counts {
        self.server.counter().snapshot()
    }

    /// Counts from zero again. The hour's calls go on: see [`Autotask::set_hour_calls`].
    pub fn reset_counts(&self) {
        self.server.counter().reset();
    }

    /// Calls of the last hour, as `ThresholdInformation` says.
    pub fn hour_calls(&self) -> u64 {
        self.vendor.limits.used()
    }

    /// Pretends that so many calls were made just now, by whomever.
    pub fn set_hour_calls(&self, calls: u64) {
        self.vendor.limits.set_used(calls);
    }

    /// The companies: only the fields that have a value, user-defined ones by name in `udf`.
    pub fn companies(&self) -> Vec<Value> {
        report::rows(&self.vendor.state.lock(), COMPANIES)
    }

    /// The locations, as [`Autotask::companies`].
    pub fn locations(&self) -> Vec<Value> {
        report::rows(&self.vendor.state.lock(), LOCATIONS)
    }

    /// The configuration items, as [`Autotask::companies`].
    pub fn configuration_items(&self) -> Vec<Value> {
        report::rows(&self.vendor.state.lock(), ITEMS)
    }

    /// The rows of any entity, as [`Autotask::companies`]; none when there is no such entity.
    pub fn rows(&self, entity: &str) -> Vec<Value> {
        schema::entity(entity).map_or_else(Vec::new, |at| report::rows(&self.vendor.state.lock(), at))
    }

    /// How many rows an entity has.
    pub fn len(&self, entity: &str) -> usize {
        schema::entity(entity).map_or(0, |at| self.vendor.state.lock().tables[at].rows.len())
    }

    /// Whether an entity has no rows.
    pub fn is_empty(&self, entity: &str) -> bool {
        self.len(entity) == 0
    }

    /// A technician's edit: sets a field, or a user-defined field, of a row; null clears it. Goes past what the API forbids. False
    /// when entity, row or field do not exist, or the value does not fit.
    pub fn edit(&self, entity: &str, id: i64, field: &str, value: &Value) -> bool {
        let Some(at) = schema::entity(entity) else { return false };
        let mut state = self.vendor.state.lock();
        let table = &mut state.tables[at];
        let touched = rules::touched(table, now_ms());
        if let Some(udf) = table.udf_position(field) {
            let text = value.as_str().map(Into::into);
            return table.update(id, |row| {
                row.set_udf(udf, text);
                touched.into_iter().for_each(|(f, c)| row.set(f, c));
            });
        }
        let Some(position) = table.position(field).filter(|p| *p != 0) else { return false };
        let cell = match value {
            Value::Null => None,
            Value::Bool(b) => Some(Cell::Flag(*b)),
            Value::Number(n) => n.as_i64().map(Cell::Int).or_else(|| n.as_f64().map(Cell::Number)),
            Value::String(s) if matches!(table.field(position).kind, schema::Kind::Time | schema::Kind::Day) => {
                crate::clock::parse_iso(s).map(Cell::Time)
            }
            Value::String(s) => Some(Cell::text(s)),
            Value::Array(_) | Value::Object(_) => return false,
        };
        table.update(id, |row| {
            row.set(position, cell);
            touched.into_iter().for_each(|(f, c)| row.set(f, c));
        })
    }

    /// A technician formats the notes of a configuration item: the API tells the words, without the marks. False when there is
    /// no such item.
    pub fn format_notes(&self, item: i64, html: &str) -> bool {
        let plain: String = html.split('<').map(|part| part.split_once('>').map_or(part, |(_, words)| words)).collect();
        self.vendor.state.lock().formatted.insert((ITEMS, item), html.to_owned());
        self.edit("ConfigurationItems", item, "notes", &Value::from(plain))
    }

    /// The notes of a configuration item as a person formatted them; nothing once the API has written them.
    pub fn formatted_notes(&self, item: i64) -> Option<String> {
        self.vendor.state.lock().formatted.get(&(ITEMS, item)).cloned()
    }

    /// Deletes a row, whatever refers to it. False when there is none.
    pub fn delete(&self, entity: &str, id: i64) -> bool {
        schema::entity(entity).is_some_and(|at| self.vendor.state.lock().tables[at].delete(id))
    }

    /// A company a technician makes in the PSA; its id.
    pub fn add_company(&self, name: &str) -> i64 {
        let mut state = self.vendor.state.lock();
        let id = state.add_company(name, "01234 567890", now_ms());
        state.add_contract_by_rule(id, now_ms());
        id
    }

    /// Merges a company into another: what belongs to it moves over, and it is gone or, where it is kept, out of use. False when
    /// either does not exist.
    pub fn merge_companies(&self, from: i64, into: i64, keep: bool) -> bool {
        merge::companies(&mut self.vendor.state.lock(), from, into, keep)
    }

    /// Takes the permission for an entity away: calls on it fail with `permission_status`. False when there is none.
    pub fn deny(&self, entity: &str) -> bool {
        schema::entity(entity).is_some_and(|at| self.vendor.state.lock().denied.insert(at))
    }

    /// Gives every permission back.
    pub fn allow_all(&self) {
        self.vendor.state.lock().denied.clear();
    }

    /// Companies, locations, configuration items, services on contracts with their units now and at last, and adjustments,
    /// as sorted lines without ids and times of the server's, parents by name: equal for two end states that are the same.
    pub fn canonical_state(&self) -> Vec<String> {
        report::canonical(&self.vendor.state.lock())
    }

    /// Accounts of one name, locations of one name in one account, items of one device key, tickets of one external id,
    /// services that a contract has twice.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        report::duplicates(&self.vendor.state.lock())
    }
}
