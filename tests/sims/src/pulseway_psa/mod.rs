//! A simulated Pulseway PSA, which is Kaseya BMS by its API 2.0.
//!
//! What it does by default is what the vendor's document says or several clients rely on; what is doubtful is a switch in
//! [`BmsOptions`]. `schema` is the table of fields everything is driven by; `state` holds rows; `list` filters and
//! pages; `write` checks writes; `login` gives tokens and `limits` is the vendor's brake; `routes` is the API; `report` is
//! for tests. `jobs` is the door for RMMs, which takes its time.
//!
//! Not simulated: mappings and tickets of that door, billing, contacts, webhooks, JSON-Patch below the first level.

mod jobs;
mod limits;
mod list;
mod login;
mod report;
mod routes;
mod schema;
mod state;
mod write;

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::autotask::Duplicate;
use crate::clock::{TimeStyle, iso, now_ms};
use crate::counts::Counts;
use crate::faults::Faults;
use crate::server::Server;
use crate::stale::Held;
use crate::world::Existing;
use limits::Hours;
use login::Tokens;
use schema::{ACCOUNTS, ASSETS, CONTRACTS, LOCATIONS, NOTES, TICKETS};
use state::State;

/// How a simulated PSA behaves where the vendor's behaviour is known to vary or not known.
#[derive(Clone, Debug)]
pub struct BmsOptions {
    /// Port to listen on; 0 takes a free one.
    pub port: u16,
    /// Wait before each reply.
    pub latency: Duration,
    /// The user who may log in.
    pub user: String,
    /// That user's password.
    pub password: String,
    /// The company name shown at login.
    pub tenant: String,
    /// How long an access token holds.
    pub token_life: Duration,
    /// How long a refresh token holds; each can be used once.
    pub refresh_life: Duration,
    /// Calls per rolling hour and endpoint; the reply beyond is 429.
    pub hourly_limit: usize,
    /// Whether refusals of what was asked come as status 200 with `success: false` (else with 400, 403, 404). A token that does not
    /// hold is 401 either way.
    pub failures_as_200: bool,
    /// Whether JSON is said to be `text/plain`.
    pub text_plain: bool,
    /// The most rows of a page; more cannot be asked for.
    pub max_page_size: usize,
    /// Whether filters of texts find what contains the text (else what equals it); case is ignored.
    pub filters_contain: bool,
    /// Whether rows of the list of accounts carry their locations (else null).
    pub list_has_locations: bool,
    /// Whether an account read by its id comes without an envelope, as the vendor's document has it.
    pub bare_summary: bool,
    /// Whether the list of hardware assets tells how many there are; the vendor's document says no.
    pub searchselect_total: bool,
    /// Whether lists without a path of their own can be read at `/v2/system/lookup/{name}` under the names used here.
    pub lookup_tables: bool,
    /// How long a batch of the RMMs' door is worked on.
    pub job_time: Duration,
}

impl Default for BmsOptions {
    fn default() -> Self {
        BmsOptions {
            port: 0,
            latency: Duration::ZERO,
            user: "api@msp.example".to_owned(),
            password: "sim-password".to_owned(),
            tenant: "Simulated MSP".to_owned(),
            token_life: Duration::from_secs(1800),
            refresh_life: Duration::from_secs(86_400),
            hourly_limit: 1500,
            failures_as_200: true,
            text_plain: false,
            max_page_size: 100,
            filters_contain: true,
            list_has_locations: false,
            bare_summary: false,
            searchselect_total: false,
            lookup_tables: true,
            job_time: Duration::from_millis(200),
        }
    }
}

/// A running simulated PSA; stops when dropped.
#[derive(Debug)]
pub struct PulsewayPsa {
    server: Server,
    vendor: Arc<Bms>,
}

/// What the server is given.
#[derive(Debug)]
struct Bms {
    state: Held<State>,
    tokens: Mutex<Tokens>,
    hours: Mutex<Hours>,
    denied: Mutex<HashSet<String>>,
    options: BmsOptions,
    faults: Faults,
}

/// The tables by the names that tests use.
fn entity(name: &str) -> Option<usize> {
    Some(match name {
        "accounts" => ACCOUNTS,
        "locations" => LOCATIONS,
        "assets" => ASSETS,
        "contracts" => CONTRACTS,
        "tickets" => TICKETS,
        "notes" => NOTES,
        _ => return None,
    })
}

impl PulsewayPsa {
    /// Starts a server that holds `existing`, each account with one location at least, and contracts with some of them.
    ///
    /// # Errors
    /// The port cannot be listened on.
    pub fn start(existing: &Existing, options: BmsOptions) -> io::Result<PulsewayPsa> {
        let faults = Faults::default();
        let vendor = Arc::new(Bms {
            state: Held::new(State::new(existing)),
            tokens: Mutex::default(),
            hours: Mutex::default(),
            denied: Mutex::default(),
            options: options.clone(),
            faults: faults.clone(),
        });
        let server = Server::start(vendor.clone(), options.port, options.latency, faults)?;
        Ok(PulsewayPsa { server, vendor })
    }

    /// Where it listens: scheme, host and port, without `/v2`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// The user it accepts.
    pub fn user(&self) -> &str {
        &self.vendor.options.user
    }

    /// The password it accepts.
    pub fn password(&self) -> &str {
        &self.vendor.options.password
    }

    /// The tenant it accepts.
    pub fn tenant(&self) -> &str {
        &self.vendor.options.tenant
    }

    /// An access token, as a login would give it.
    pub fn access_token(&self) -> String {
        let options = &self.vendor.options;
        let life = options.token_life.as_millis() as i64;
        let pair = self.vendor.tokens.lock().give(&options.user, life, life, now_ms());
        pair["accessToken"].as_str().unwrap_or_default().to_owned()
    }

    /// Every access token runs out now, and every refresh token too if asked.
    pub fn expire_tokens(&self, refresh_too: bool) {
        self.vendor.tokens.lock().expire(refresh_too);
    }

    /// What goes wrong, switched while it runs.
    pub fn faults(&self) -> &Faults {
        self.server.faults()
    }

    /// Wait before each reply, from now on.
    pub fn set_latency(&self, latency: Duration) {
        self.server.set_latency(latency);
    }

    /// What it was asked since its start or the last reset. Logins and searches by POST are reads.
    pub fn counts(&self) -> Counts {
        self.server.counter().snapshot()
    }

    /// Counts from zero again. The hour's calls go on: see [`PulsewayPsa::forget_hour`].
    pub fn reset_counts(&self) {
        self.server.counter().reset();
    }

    /// Calls of the last hour, of the endpoint that was called most.
    pub fn hour_calls(&self) -> usize {
        self.vendor.hours.lock().most()
    }

    /// Starts the hour of every endpoint again.
    pub fn forget_hour(&self) {
        self.vendor.hours.lock().reset();
    }

    /// The accounts: only the fields that have a value.
    pub fn accounts(&self) -> Vec<Value> {
        self.rows("accounts")
    }

    /// The locations, as [`PulsewayPsa::accounts`].
    pub fn locations(&self) -> Vec<Value> {
        self.rows("locations")
    }

    /// The hardware assets, as [`PulsewayPsa::accounts`].
    pub fn hardware_assets(&self) -> Vec<Value> {
        self.rows("assets")
    }

    /// The tickets, as [`PulsewayPsa::accounts`].
    pub fn tickets(&self) -> Vec<Value> {
        self.rows("tickets")
    }

    /// The rows of `accounts`, `locations`, `assets`, `contracts`, `tickets` or `notes`; none of anything else.
    pub fn rows(&self, name: &str) -> Vec<Value> {
        entity(name).map_or_else(Vec::new, |entity| report::rows(&self.vendor.state.lock(), entity))
    }

    /// How many rows an entity has.
    pub fn len(&self, name: &str) -> usize {
        entity(name).map_or(0, |entity| self.vendor.state.lock().tables[entity].rows.len())
    }

    /// Whether an entity has no rows.
    pub fn is_empty(&self, name: &str) -> bool {
        self.len(name) == 0
    }

    /// A technician's edit: sets a field of a row; null clears it. Goes past what the API forbids. False when entity, row or field do
    /// not exist.
    pub fn edit(&self, name: &str, id: i64, field: &str, value: &Value) -> bool {
        let Some(entity) = entity(name) else { return false };
        let mut state = self.vendor.state.lock();
        let table = &mut state.tables[entity];
        let (Some(at), Some(_)) = (table.at(id), table.position(field)) else { return false };
        table.set(at, field, value.clone());
        table.set(at, "modifiedOn", Value::String(iso(now_ms(), TimeStyle::Zulu)));
        if entity == TICKETS {
            state.ticket_touched(at, now_ms());
        }
        true
    }

    /// Deletes a row, whatever refers to it. False when there is none.
    pub fn delete(&self, name: &str, id: i64) -> bool {
        let Some(entity) = entity(name) else { return false };
        let mut state = self.vendor.state.lock();
        let at = state.tables[entity].at(id);
        at.is_some_and(|at| state.tables[entity].rows.drain(at..=at).count() == 1)
    }

    /// An account with a main location that a technician makes; its id.
    pub fn add_account(&self, name: &str) -> i64 {
        self.vendor.state.lock().add_account(name, &[("Main", None, "01234 567890")], now_ms())
    }

    /// A further location of an account that a technician makes by hand, as no API call can; its id.
    pub fn add_location(&self, account: i64, name: &str) -> i64 {
        let mut state = self.vendor.state.lock();
        let time = Value::String(iso(now_ms(), TimeStyle::Zulu));
        state.add_location(account, name, false, vec![json!({"isMain": true})], &time);
        state.tables[LOCATIONS].rows.last().map_or(0, |row| row.id)
    }

    /// A contract with an account, in force from `from` to `to` (unix milliseconds); its id. The status is `Active`, `Expired` or whatever else.
    pub fn add_contract(&self, account: i64, name: &str, status: &str, from: i64, to: i64) -> i64 {
        self.vendor.state.lock().add_contract(account, name, status, from, to)
    }

    /// The main location of an account.
    pub fn main_location(&self, account: i64) -> Option<i64> {
        self.vendor.state.lock().main_location(account)
    }

    /// A technician's note on a ticket. False when there is no such ticket.
    pub fn add_note(&self, ticket: i64, text: &str) -> bool {
        let body = json!({"details": text, "isInternal": true, "typeId": schema::NOTE_TYPES.first(), "noteDate": "2025-01-01"});
        let order = write::Order { path: "", faults: &Faults::default(), now: now_ms() };
        self.vendor.state.lock().add_note(ticket, &body, &order).is_ok()
    }

    /// Merges an account into another: what belongs to it moves over, and it is gone or, where it is kept, out of use. False when
    /// either does not exist.
    pub fn merge_accounts(&self, from: i64, into: i64, keep: bool) -> bool {
        report::merge(&mut self.vendor.state.lock(), from, into, keep)
    }

    /// Takes the permission for a part of the API away (`accounts`, `hardwareasset`, `tickets`, `contracts`): calls there are
    /// refused as forbidden.
    pub fn deny(&self, part: &str) {
        self.vendor.denied.lock().insert(part.to_ascii_lowercase());
    }

    /// Gives every permission back.
    pub fn allow_all(&self) {
        self.vendor.denied.lock().clear();
    }

    /// Accounts, locations, assets, tickets and notes as sorted lines without ids and times of the server's, parents by name: equal
    /// for two end states that are the same.
    pub fn canonical_state(&self) -> Vec<String> {
        report::canonical(&self.vendor.state.lock())
    }

    /// Accounts of one name, locations of one name in one account, assets in use of one key, tickets of one reference.
    pub fn duplicates(&self) -> Vec<Duplicate> {
        report::duplicates(&self.vendor.state.lock())
    }
}
