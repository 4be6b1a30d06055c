//! A whole host in a test: its own folder, database and clock, the real connectors, and
//! simulated vendors. It speaks the domain, so that tests do.

pub(crate) mod licences;
pub(crate) mod pair;
pub(crate) mod program;
pub(crate) mod scripted;
pub(crate) mod slow;
pub(crate) mod vendor;

use crosswalk::clock::{Clock, FixedClock, SystemClock};
use crosswalk::engine::{
    ApplyOptions, ApplyReport, ChangeStatus, Decision, Engine, LinkFilter, LinkView, NewConnection, NewSync,
    NoProgress, PlanReport, Release, Tenant, UncertainView,
};
use crosswalk::error::Error;
use crosswalk::model::connection::BucketOverride;
use crosswalk::model::{Action, ConnectionName, Kind, LinkState, Secret, SyncName, SyncRules, TenantName, Trust};
use crosswalk::runtime::{Runtime, RuntimeOptions};
use crosswalk::store::{KeySource, Store};
use crosswalk_say::English;
use crosswalk_sims::{Autotask, Existing, PsaOptions, PulsewayRmm, RmmOptions, Size, World};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The sync of most tests.
pub(crate) const SYNC: &str = "rmm-to-psa";

/// A whole host.
pub(crate) struct TestApp {
    pub(crate) engine: Engine,
    pub(crate) tenant: Tenant,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) folder: tempfile::TempDir,
}

/// One runtime for all tests of the process: each component is compiled once.
fn runtime() -> Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new(RuntimeOptions::default()).expect("a runtime")).clone()
}

/// One whose patience with a vendor is short: slow writes outlast it.
pub(crate) fn impatient() -> Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let make = || {
        let mut options = RuntimeOptions::default();
        options.limits.http.attempt = std::time::Duration::from_millis(700);
        Runtime::new(options).expect("a runtime")
    };
    RUNTIME.get_or_init(make).clone()
}

/// A built connector or guest.
pub(crate) fn component(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("a target folder")
        .join("connectors")
        .join(format!("{name}.wasm"));
    assert!(file.exists(), "{} is not built: run `make connectors` first", file.display());
    file
}

pub(crate) fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a name")
}

impl TestApp {
    /// A host with nothing in it.
    pub(crate) async fn start() -> Self {
        Self::start_on(runtime()).await
    }

    /// The same, with a sandbox of the test's own.
    pub(crate) async fn start_on(runtime: Runtime) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("crosswalk.db"), &KeySource::File(folder.path().join("key")))
            .expect("a database");
        let clock = Arc::new(FixedClock::at(SystemClock.now()));
        let engine = Engine::new(store, runtime, clock.clone(), folder.path().to_owned());
        engine.tenant_add(&TenantName::default()).await.expect("a tenant");
        let tenant = engine.tenant(&TenantName::default()).await.expect("the tenant");
        Self { engine, tenant, clock, folder }
    }

    /// A host with both connectors, connected to these vendors, and a sync between them.
    pub(crate) async fn with(vendors: &Vendors, rules: SyncRules) -> Self {
        let app = Self::start().await;
        for plugin in ["pulseway-rmm", "autotask"] {
            app.engine.plugin_add(&component(plugin)).await.expect("the plugin is fine");
        }
        app.connect(vendors).await;
        let new = NewSync { name: name(SYNC), source: name("rmm"), target: name("psa"), rules };
        app.tenant.sync_add(new).await.expect("the sync is fine");
        app
    }

    /// The same data folder through an engine of its own, as another process has it.
    pub(crate) async fn second(&self) -> Engine {
        let folder = self.folder.path();
        let store =
            Store::open(&folder.join("crosswalk.db"), &KeySource::File(folder.join("key"))).expect("a database");
        Engine::new(store, runtime(), self.clock.clone(), folder.to_owned())
    }

    /// Joins any two connections by the sync of most tests, their plugins installed.
    pub(crate) async fn join(&self, source: NewConnection, target: NewConnection, rules: SyncRules) {
        let new = NewSync { name: name(SYNC), source: source.name.clone(), target: target.name.clone(), rules };
        for connection in [source, target] {
            self.engine.plugin_add(&component(connection.plugin.as_str())).await.expect("the plugin is fine");
            self.add(connection).await;
        }
        self.tenant.sync_add(new).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    }

    async fn connect(&self, vendors: &Vendors) {
        self.connect_rmm(&vendors.rmm).await;
        self.connect_psa("psa", &vendors.psa).await;
    }

    /// Connects a PSA under this name.
    pub(crate) async fn connect_psa(&self, called: &str, psa: &Autotask) {
        self.add(NewConnection {
            name: name(called),
            plugin: name("autotask"),
            settings: [
                ("user".to_owned(), psa.user().into()),
                ("owner-resource-id".to_owned(), 29_682_885.into()),
                ("udf-last-seen".to_owned(), "RMM Last Seen".into()),
                ("udf-storage".to_owned(), "RMM Storage".into()),
            ]
            .into(),
            secrets: secrets([("secret", psa.secret()), ("integration-code", psa.integration_code())]),
            endpoints: texts([("discovery", psa.url()), ("zone", psa.url())]),
            grant_all: false,
            buckets: [("hour".to_owned(), BucketOverride { calls: Some(0), at_once: None })].into(),
        })
        .await;
    }

    /// Connects the RMM alone.
    pub(crate) async fn connect_rmm(&self, rmm: &PulsewayRmm) {
        self.connect_rmm_as("rmm", rmm).await;
    }

    /// Connects an RMM under this name.
    pub(crate) async fn connect_rmm_as(&self, called: &str, rmm: &PulsewayRmm) {
        self.add(NewConnection {
            name: name(called),
            plugin: name("pulseway-rmm"),
            settings: BTreeMap::new(),
            secrets: secrets([("token-id", rmm.token_id()), ("token-secret", rmm.token_secret())]),
            endpoints: texts([("api", format!("{}/api/v3", rmm.url()))]),
            grant_all: false,
            buckets: [("minute".to_owned(), BucketOverride { calls: Some(0), at_once: Some(4) })].into(),
        })
        .await;
    }

    pub(crate) async fn add(&self, new: NewConnection) {
        let name = new.name.clone();
        self.tenant.connection_add(new).await.unwrap_or_else(|error| panic!("{name}: {}", told(&error)));
    }

    pub(crate) async fn plan(&self) -> PlanReport {
        self.tenant.plan(&name(SYNC), &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    /// Applies a plan with all brakes let go.
    pub(crate) async fn apply(&self, plan: &PlanReport) -> ApplyReport {
        self.try_apply(plan).await.unwrap_or_else(|error| panic!("{}", told(&error)))
    }

    pub(crate) async fn try_apply(&self, plan: &PlanReport) -> Result<ApplyReport, Error> {
        let options = ApplyOptions { release: Release::All, ..ApplyOptions::default() };
        self.tenant.apply(plan.plan.id, &options, &NoProgress).await
    }

    /// Plans, decides what is undecided (sure names are the same, all else is new), and
    /// applies, until nothing is left to do.
    pub(crate) async fn bring_in_step(&self) {
        for _ in 0..6 {
            self.wait_out().await;
            let plan = self.plan().await;
            assert!(plan.complaints.is_empty(), "{:?}", plan.complaints);
            self.decide().await;
            let plan = self.plan().await;
            if plan.plan.totals.is_empty() && self.open().await == 0 {
                return;
            }
            let report = self.apply(&plan).await;
            assert!(report.failures.is_empty(), "{:?}", report.failures);
        }
        panic!("six rounds and still not in step: {:?}", self.plan().await.plan.totals);
    }

    /// Lets the quiet time of uncertain writes pass, and has them looked up, until none is left that
    /// time settles.
    pub(crate) async fn wait_out(&self) {
        for _ in 0..4 {
            let open = self.uncertain().await;
            if open.iter().all(|open| open.status == ChangeStatus::Accepted) {
                return;
            }
            self.clock.advance_ms(15 * 60_000);
            // A vendor may be at fault still; then they stay as they are.
            self.tenant.plan(&name(SYNC), &NoProgress).await.ok();
        }
    }

    /// The writes whose outcome nobody knows.
    pub(crate) async fn uncertain(&self) -> Vec<UncertainView> {
        self.tenant.uncertain_list(None).await.expect("a list")
    }

    pub(crate) async fn decide(&self) {
        self.tenant.link_accept(&name(SYNC), Kind::Customer, 0.9).await.expect("accepted");
        for view in self.undecided().await {
            let decide = |decision| {
                let (kind, source) = (view.link.kind, view.link.source.clone());
                async move { self.tenant.link_decide(&name(SYNC), kind, &source, &decision).await }
            };
            // What the target cannot make is left out.
            if decide(Decision::Create).await.is_err() {
                decide(Decision::Exclude).await.unwrap_or_else(|error| panic!("{}", told(&error)));
            }
        }
    }

    async fn open(&self) -> usize {
        self.undecided().await.len()
    }

    pub(crate) async fn undecided(&self) -> Vec<LinkView> {
        let filter = LinkFilter { states: vec![LinkState::Proposed, LinkState::Conflict], ..LinkFilter::default() };
        self.tenant.link_list(&name(SYNC), &filter).await.expect("links")
    }

    /// How many links of a kind are linked.
    pub(crate) async fn linked(&self, kind: Kind) -> usize {
        let filter = LinkFilter { kind: Some(kind), states: vec![LinkState::Linked], ..LinkFilter::default() };
        self.tenant.link_list(&name(SYNC), &filter).await.expect("links").len()
    }

    /// What a source record is linked to, at a vendor whose ids are numbers.
    pub(crate) async fn target_of(&self, kind: Kind, source: &str) -> Option<i64> {
        self.link_target(kind, source).await?.parse().ok()
    }

    /// What a source record is linked to.
    pub(crate) async fn link_target(&self, kind: Kind, source: &str) -> Option<String> {
        let trace = self.tenant.why(&name(SYNC), kind, source).await.ok()?;
        trace.link?.target
    }

    /// The day it is in UTC, by the host's clock.
    pub(crate) fn today(&self) -> jiff::civil::Date {
        self.clock.now().to_string()[..10].parse().expect("a day")
    }

    /// Puts the host on the tenth of the month: days that a test lets pass stay in the month of
    /// the licence vendor's report. The other vendors and the program stay on the machine's clock.
    pub(crate) fn on_the_tenth(&self) {
        self.clock.advance_ms((10 - i64::from(self.today().day())) * crosswalk_sims::clock::DAY_MS);
    }

    /// Unix seconds, by the host's clock.
    pub(crate) fn clock_s(&self) -> i64 {
        self.clock.now().0 / 1000
    }
}

/// Both simulated vendors and what is in them.
pub(crate) struct Vendors {
    pub(crate) world: World,
    pub(crate) rmm: PulsewayRmm,
    pub(crate) psa: Autotask,
}

impl Vendors {
    /// A world of this size, of which the PSA holds a part already.
    pub(crate) fn start(organisations: usize, sites: usize, devices: usize, held: f64) -> Self {
        let world = World::generate(Size::new(organisations, sites, devices), 11);
        let existing = if held > 0.0 { world.existing_in_psa(held, 11) } else { Existing::default() };
        let rmm = PulsewayRmm::start(&world, RmmOptions::default()).expect("an RMM");
        let options = PsaOptions { latency_steps: false, ..PsaOptions::default() };
        let psa = Autotask::start(&existing, options).expect("a PSA");
        Self { world, rmm, psa }
    }

    /// Another PSA that holds a part of the same customers, by numbers of its own.
    pub(crate) fn second_psa(&self, held: f64) -> Autotask {
        let existing = self.world.existing_in_psa(held, 12);
        Autotask::start(&existing, PsaOptions { latency_steps: false, ..PsaOptions::default() }).expect("a PSA")
    }

    /// Nothing stands twice in the PSA.
    pub(crate) fn assert_no_duplicates(&self) {
        let twins = self.psa.duplicates();
        assert!(twins.is_empty(), "{twins:?}");
    }
}

/// How many devices a serial number tells apart, or none speaks of: those that share one wait for a person.
pub(crate) fn told_apart(devices: &[crosswalk_sims::world::Device]) -> usize {
    let real = |one: &&crosswalk_sims::world::Device| one.has_real_serial();
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for serial in devices.iter().filter(real).filter_map(|one| one.serial.as_deref()) {
        *count.entry(serial).or_default() += 1;
    }
    devices.len() - count.values().filter(|count| **count > 1).sum::<usize>()
}

pub(crate) fn secrets<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, Secret> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), Secret::new(value))).collect()
}

pub(crate) fn texts<const N: usize>(pairs: [(&str, String); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// These brakes, to be let go; or `all`.
pub(crate) fn release(brakes: &[&str]) -> Release {
    if brakes.contains(&"all") {
        return Release::All;
    }
    Release::These(brakes.iter().map(|brake| brake.parse().expect("a brake")).collect())
}

/// An error with its causes and its hint, as the command line would tell it.
pub(crate) fn told(error: &Error) -> String {
    let mut text = error.said().english();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    format!("{text}\nhint: {}", error.hint().english())
}

/// A connection's name.
pub(crate) fn connection(id: &str) -> ConnectionName {
    name(id)
}

/// A sync's name.
pub(crate) fn sync() -> SyncName {
    name(SYNC)
}

/// Unix seconds, as a device that checks in now says it.
pub(crate) fn now_s() -> i64 {
    crosswalk_sims::clock::now_ms() / 1000
}

/// Rules by which everything goes out by itself.
pub(crate) fn automatic() -> SyncRules {
    let mut rules = SyncRules::default();
    rules.kinds.values_mut().for_each(|rules| rules.trust = Trust::Automatic);
    rules
}

/// How many changes of a kind and action a plan has, and how many of them are held.
pub(crate) fn planned(plan: &PlanReport, kind: Kind, action: Action) -> (u32, u32) {
    let of = plan.plan.totals.iter().filter(|total| (total.kind, total.action) == (kind, action));
    of.fold((0, 0), |sum, total| (sum.0 + total.changes, sum.1 + total.held))
}
