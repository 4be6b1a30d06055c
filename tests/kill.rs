//! Killed with SIGKILL at two hundred random moments of an apply, and run again at once each time: while
//! organisations are imported, while devices move between customers, while quantities on contracts are
//! adjusted. In part of it the vendor's reads lag behind its writes, and writes outlast their caller.
//! When the quiet time of what was in flight is over nothing is there twice and nothing is missing,
//! counted at the vendor.
//!
//! What is killed is this test program, started once more as a process that only applies a plan
//! ([`a_process_that_only_applies_a_plan`]), by the clock of the world it works in. The moments come from
//! a seed that is printed; `CROSSWALK_KILL_SEED` repeats one.

#![expect(clippy::print_stdout, reason = "counts and seeds are for who reads the test's output")]
#![expect(clippy::disallowed_methods, reason = "the child is told its work by variables, and a person repeats a seed")]

use crate::harness::licences::{Licences, map_all};
use crate::harness::pair::{Psa, Rmm};
use crate::harness::{TestApp, sync, told};
use crosswalk::clock::Clock as _;
use crosswalk::engine::{
    ApplyOptions, ChangeStatus, Engine, Found, NoProgress, PlanReport, Release, UncertainView, UsageChoice, UsageFilter,
};
use crosswalk::model::{Kind, LineKey, PlanId, SyncRules, TenantName, Timestamp};
use crosswalk::runtime::{Runtime, RuntimeOptions};
use crosswalk::store::{KeySource, Store};
use crosswalk_sims::{Counts, Existing, Faults, World};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Kills of each phase.
const IMPORTS: u32 = 80;
const MOVES: u32 = 60;
const ADJUSTMENTS: u32 = 60;

/// How long reads lag behind, and how long a slow write takes: longer than who sent it lives.
const STALE: Duration = Duration::from_millis(400);
const SLOW: Duration = Duration::from_millis(250);

/// Longer than a look-up's pause after the quiet time of any connector here.
const PAUSE_MS: i64 = 15 * 60_000;

const FOLDER: &str = "CROSSWALK_KILL_FOLDER";
const PLAN: &str = "CROSSWALK_KILL_PLAN";
const CLOCK: &str = "CROSSWALK_KILL_CLOCK";
const SEED: &str = "CROSSWALK_KILL_SEED";

/// The child of the tests below: it applies a plan in a data folder, and ends.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by the tests of this file"]
async fn a_process_that_only_applies_a_plan() {
    let told_of = |variable| std::env::var(variable).expect("a variable");
    let (folder, plan) = (PathBuf::from(told_of(FOLDER)), PlanId(told_of(PLAN).parse().expect("a number")));
    let clock = Ticking { from: told_of(CLOCK).parse().expect("a time"), since: Instant::now() };
    let store = Store::open(&folder.join("crosswalk.db"), &KeySource::File(folder.join("key"))).expect("a database");
    let engine = Engine::new(store, runtime(), std::sync::Arc::new(clock), folder);
    let tenant = engine.tenant(&TenantName::default()).await.expect("the tenant");
    let options = ApplyOptions { release: Release::All, ..ApplyOptions::default() };
    tenant.apply(plan, &options, &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    engine.close().await;
}

/// A clock that goes on from a time.
struct Ticking {
    from: i64,
    since: Instant,
}

impl crosswalk::clock::Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp(self.from).plus_ms(i64::try_from(self.since.elapsed().as_millis()).expect("a short time"))
    }
}

/// Compiled once for all processes.
fn runtime() -> Runtime {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kill-cache");
    Runtime::new(RuntimeOptions { cache_dir: Some(cache), ..RuntimeOptions::default() }).expect("a runtime")
}

/// Pseudo-random moments, and how many kills there were at which of them.
struct Kills {
    phase: &'static str,
    wanted: u32,
    random: fastrand::Rng,
    all: u32,
    /// After the first write of its plan, and before the last.
    amid: u32,
    /// While the vendor lagged behind or was slow.
    at_fault: u32,
    worlds: u32,
    /// Writes that were looked up in the end.
    in_flight: usize,
}

impl Kills {
    fn new(phase: &'static str, wanted: u32) -> Self {
        let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
        println!("{phase}: {SEED}={seed}");
        let random = fastrand::Rng::with_seed(seed);
        Self { phase, wanted, random, all: 0, amid: 0, at_fault: 0, worlds: 0, in_flight: 0 }
    }

    /// Whether more are wanted; then of another world. Every second one is at a vendor with faults.
    fn another_world(&mut self) -> Option<bool> {
        (self.all < self.wanted).then(|| {
            self.worlds += 1;
            self.worlds.is_multiple_of(2)
        })
    }

    fn told(&self) {
        let Self { phase, all, amid, at_fault, worlds, in_flight, .. } = self;
        println!(
            "{phase}: {all} kills in {worlds} worlds, {amid} between the first write and the last, {at_fault} with \
             stale reads and slow writes, {in_flight} writes left in flight"
        );
        assert!(*amid * 2 >= *all, "{phase}: only {amid} of {all} kills fell between the writes");
        assert!(*in_flight * 4 >= usize::try_from(*all).expect("few"), "{phase}: only {in_flight} were in flight");
    }

    /// Applies a plan in processes that are killed after a few writes each, until one comes to the end of it.
    async fn amid(&mut self, app: &TestApp, plan: &PlanReport, counts: &dyn Fn() -> Counts, faults: &Faults) {
        let program = std::env::current_exe().expect("this program");
        let first = counts().writes;
        let faulty = !faults.active().is_empty();
        loop {
            let began = Instant::now();
            let mut child = Command::new(&program)
                .args(["kill::a_process_that_only_applies_a_plan", "--exact", "--ignored", "--nocapture"])
                .env(FOLDER, app.folder.path())
                .env(PLAN, plan.plan.id.0.to_string())
                .env(CLOCK, app.clock.now().0.to_string())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .expect("it starts");
            // A moment counted in writes: time alone would fall before or after them on a busy machine.
            let moment = counts().writes + self.random.u64(0..3);
            let pause = Duration::from_micros(self.random.u64(0..4000));
            while counts().writes < moment && child.try_wait().expect("it can be asked").is_none() {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(pause);
            let ended = child.try_wait().expect("it can be asked").is_some();
            child.kill().ok();
            let output = child.wait_with_output().expect("it ends");
            app.clock.advance_ms(i64::try_from(began.elapsed().as_millis()).expect("a short time"));
            if ended {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                break;
            }
            self.all += 1;
            self.amid += u32::from(counts().writes > first);
            self.at_fault += u32::from(faulty);
            assert!(self.all < self.wanted * 4, "{}: it never comes to an end", self.phase);
        }
        let open = app.uncertain().await;
        self.in_flight += open.iter().filter(|open| open.status != ChangeStatus::Accepted).count();
    }
}

fn set_faults(faults: &Faults) {
    faults.set("stale-reads", &format!("ms:{}", STALE.as_millis())).expect("a fault");
    faults.set("slow-write", &format!("every:5,ms:{}", SLOW.as_millis())).expect("a fault");
}

/// The vendor comes to rest as it would within the quiet time: nothing is under way, and reads are no more behind.
/// Then that time passes on the host's clock.
async fn wait_out(app: &TestApp, faults: &Faults) {
    while faults.slow_writes() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if !faults.active().is_empty() {
        // A time of the vendor's own, which nobody can ask after.
        tokio::time::sleep(STALE + STALE / 4).await;
    }
    app.clock.advance_ms(PAUSE_MS);
}

/// Plans, applies, and lets time pass, until nothing is left of it.
async fn in_step(app: &TestApp, faults: &Faults) {
    for _ in 0..8 {
        wait_out(app, faults).await;
        let plan = app.plan().await;
        if plan.plan.totals.is_empty() && app.uncertain().await.is_empty() {
            return;
        }
        app.apply(&plan).await;
    }
    panic!("it is not settled: {:?}", app.uncertain().await);
}

const CUSTOMERS: usize = 4;
const DEVICES: usize = 6;

fn world() -> World {
    let mut world = World::by_hand();
    for customer in 0..CUSTOMERS {
        world = world.customer(["Acme Ltd", "Contoso", "Globex GmbH", "Initech Services"][customer]);
        for device in 0..DEVICES {
            world = world.device(&format!("PC-{customer}-{device}"), &format!("SN-{customer}{device}X7"));
        }
    }
    world.build()
}

struct Pair {
    rmm: Rmm,
    psa: Psa,
    app: TestApp,
}

impl Pair {
    async fn start(psa: &str) -> Self {
        let world = world();
        let (rmm, psa) = (Rmm::start("pulseway-rmm", &world), Psa::start(psa, &Existing::default()));
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
        Self { rmm, psa, app }
    }

    async fn ready(&self) -> PlanReport {
        self.app.plan().await;
        self.app.decide().await;
        self.app.plan().await
    }

    /// Each customer is one account, each device one item in use in its customer's account, and of items out
    /// of use there are so many.
    async fn assert_each_once(&self, kills: &Kills, retired: usize) {
        let said = format!("{}, world {}", kills.phase, kills.worlds);
        let items = self.psa.items();
        let in_use: Vec<_> = items.iter().filter(|item| item.active).collect();
        assert_eq!(in_use.len(), CUSTOMERS * DEVICES, "{said}: items in use: {in_use:?}");
        assert_eq!(items.len() - in_use.len(), retired, "{said}: items out of use: {items:?}");
        let mut accounts = BTreeMap::new();
        for (id, _) in self.rmm.customers() {
            let account = self.app.link_target(Kind::Customer, &id).await.expect("a customer's account");
            accounts.insert(id, account);
        }
        for device in self.rmm.devices() {
            let of: Vec<_> = in_use.iter().filter(|item| item.name == device.name).collect();
            let [one] = of.as_slice() else { panic!("{said}: {} is there as {of:?}", device.name) };
            assert_eq!(one.account, accounts[&device.customer], "{said}: {}", device.name);
            assert_eq!(self.app.link_target(Kind::Asset, &device.id).await.as_ref(), Some(&one.id), "{said}");
        }
        let companies = match &self.psa {
            Psa::Autotask(sim) => sim.companies().len(),
            Psa::Bms(sim) => sim.rows("accounts").len(),
        };
        assert_eq!(companies, self.companies_before() + CUSTOMERS, "{said}: accounts");
        assert!(self.psa.duplicates().is_empty(), "{said}: {:?}", self.psa.duplicates());
    }

    /// Applies what a plan finds in processes that are killed, lets the quiet time pass, and plans again, a few
    /// times; what is left then is done without a kill.
    async fn killed_into_step(&self, kills: &mut Kills, mut plan: PlanReport) {
        for _ in 0..4 {
            kills.amid(&self.app, &plan, &|| self.psa.counts(), self.psa.faults()).await;
            wait_out(&self.app, self.psa.faults()).await;
            plan = self.app.plan().await;
            let open = self.app.uncertain().await;
            if plan.plan.totals.is_empty() && open.is_empty() {
                return;
            }
        }
        in_step(&self.app, self.psa.faults()).await;
    }

    /// The account of the vendor's own company, where there is one.
    fn companies_before(&self) -> usize {
        let empty = Existing::default();
        match &self.psa {
            Psa::Autotask(_) => match Psa::start("autotask", &empty) {
                Psa::Autotask(sim) => sim.companies().len(),
                Psa::Bms(_) => 0,
            },
            Psa::Bms(_) => match Psa::start("pulseway-psa", &empty) {
                Psa::Bms(sim) => sim.rows("accounts").len(),
                Psa::Autotask(_) => 0,
            },
        }
    }

    fn slow_down(&self) {
        match &self.psa {
            Psa::Autotask(sim) => sim.set_latency(Duration::from_millis(4)),
            Psa::Bms(sim) => sim.set_latency(Duration::from_millis(4)),
        }
    }
}

const PSAS: [&str; 2] = ["autotask", "pulseway-psa"];

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_at_any_moment_leaves_each_record_once() {
    let mut kills = Kills::new("imports", IMPORTS);
    let mut wanted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    while let Some(faulty) = kills.another_world() {
        let psa = PSAS[usize::try_from(kills.worlds / 2).expect("few") % 2];
        if !wanted.contains_key(psa) {
            // Without a kill: how it ends.
            let pair = Pair::start(psa).await;
            pair.ready().await;
            in_step(&pair.app, pair.psa.faults()).await;
            wanted.insert(psa, pair.psa.canonical_state());
        }
        let pair = Pair::start(psa).await;
        let plan = pair.ready().await;
        pair.slow_down();
        if faulty {
            set_faults(pair.psa.faults());
        }
        pair.killed_into_step(&mut kills, plan).await;
        pair.assert_each_once(&kills, 0).await;
        assert_eq!(pair.psa.canonical_state(), wanted[psa], "{psa}, world {}", kills.worlds);
    }
    kills.told();
}

#[tokio::test(flavor = "multi_thread")]
async fn moves_between_customers_killed_at_any_moment_leave_each_device_once() {
    let mut kills = Kills::new("moves", MOVES);
    while let Some(faulty) = kills.another_world() {
        let psa = PSAS[usize::try_from(kills.worlds / 2).expect("few") % 2];
        let pair = Pair::start(psa).await;
        pair.ready().await;
        in_step(&pair.app, pair.psa.faults()).await;
        pair.slow_down();
        let customers: Vec<String> = pair.rmm.customers().into_iter().map(|(id, _)| id).collect();
        let mut devices = pair.rmm.devices();
        kills.random.shuffle(&mut devices);
        devices.truncate(CUSTOMERS * DEVICES / 2);
        for device in &devices {
            let others: Vec<&String> = customers.iter().filter(|id| **id != device.customer).collect();
            pair.rmm.move_device(&device.id, kills.random.choice(others).expect("another customer"));
        }
        if faulty {
            set_faults(pair.psa.faults());
        }
        let plan = pair.app.plan().await;
        pair.killed_into_step(&mut kills, plan).await;
        // One vendor cannot move an item: a new one is made, the old one is retired.
        let retired = if psa == "autotask" { devices.len() } else { 0 };
        pair.assert_each_once(&kills, retired).await;
    }
    kills.told();
}

/// A line of the PSA, and what it is to have.
struct Billed {
    key: LineKey,
    line: i64,
    before: i64,
    wanted: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn adjustments_killed_at_any_moment_are_made_once() {
    const ROUNDS: usize = 4;
    let mut kills = Kills::new("adjustments", ADJUSTMENTS);
    while let Some(faulty) = kills.another_world() {
        let licences = Licences::start(6);
        let app = licences.host().await;
        // Early in a month, which the rounds below stay in.
        let day = i64::from(app.clock.now().to_string()[8..10].parse::<u8>().expect("a day"));
        app.clock.advance_ms((5 - day) * 24 * 3_600_000);
        map_all(&app, &licences).await;
        let report = app.apply(&app.plan().await).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        licences.psa.set_latency(Duration::from_millis(4));
        if faulty {
            set_faults(licences.psa.faults());
        }
        for _ in 0..ROUNDS {
            adjust(&mut kills, &licences, &app).await;
        }
    }
    kills.told();
}

/// Counts of all lines change; what is approved of it is applied, killed, applied again.
async fn adjust(kills: &mut Kills, licences: &Licences, app: &TestApp) {
    let faults = licences.psa.faults();
    // A day takes one change of a line.
    app.clock.advance_ms(24 * 3_600_000);
    wait_out(app, faults).await;
    app.plan().await;
    let lines = app.tenant.usage_list(&sync(), &UsageFilter::default()).await.expect("lines");
    let mut billed = Vec::new();
    for line in lines {
        let (Some(has), Some(id)) = (line.has, line.line.as_deref().and_then(|id| id.parse().ok())) else { continue };
        if line.counted != Some(has) || has == 0 {
            continue;
        }
        let wanted = if has > 3 && kills.random.bool() { has - 1 } else { has + kills.random.i64(1..6) };
        if licences.vendor.set_quantity(&line.customer, &line.product, wanted) {
            billed.push(Billed { key: LineKey::new(&line.customer, &line.product), line: id, before: has, wanted });
        }
    }
    assert!(billed.len() > 4, "only {} lines", billed.len());
    app.plan().await;
    let made = licences.psa.adjustments().len();
    let changed = |one: &Billed| {
        let all = licences.psa.adjustments();
        let changes: Vec<i64> =
            all[made..].iter().filter(|made| made.line == one.line).map(|made| made.change).collect();
        changes
    };
    let plan = approve(app, &billed.iter().collect::<Vec<_>>()).await;
    assert_eq!(plan.plan.totals.iter().map(|total| total.changes as usize).sum::<usize>(), billed.len(), "{plan:?}");
    kills.amid(app, &plan, &|| licences.psa.counts(), faults).await;

    for round in 0.. {
        wait_out(app, faults).await;
        app.plan().await;
        wait_out(app, faults).await;
        app.plan().await;
        for open in app.uncertain().await {
            person_settles(app, &open, &billed, &changed).await;
        }
        let missing: Vec<&Billed> = billed.iter().filter(|one| changed(one).is_empty()).collect();
        if missing.is_empty() {
            break;
        }
        assert!(round < 4, "not adjusted: {:?}", missing.iter().map(|one| &one.key).collect::<Vec<_>>());
        let plan = approve(app, &missing).await;
        app.apply(&plan).await;
    }
    for one in &billed {
        let what = format!("adjustments, world {}: {} {} -> {}", kills.worlds, one.key, one.before, one.wanted);
        assert_eq!(changed(one), [one.wanted - one.before], "{what}");
    }
    assert_eq!(licences.psa.adjustments().len() - made, billed.len(), "one adjustment a line");
    assert!(app.uncertain().await.is_empty());
    app.plan().await;
    let lines = app.tenant.usage_list(&sync(), &UsageFilter::default()).await.expect("lines");
    for one in &billed {
        let line = lines.iter().find(|line| line.customer == one.key.customer && line.product == one.key.product);
        assert_eq!(line.and_then(|line| line.has), Some(one.wanted), "{}", one.key);
    }
}

async fn approve(app: &TestApp, lines: &[&Billed]) -> PlanReport {
    let choice = |one: &&Billed| UsageChoice { line: one.key.clone(), quantity: None, effective: None };
    let choices: Vec<UsageChoice> = lines.iter().map(choice).collect();
    app.tenant.usage_plan(&sync(), &choices, &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)))
}

/// That a line reads as before proves nothing of a difference: a person looks. What was made has to be found
/// without one.
async fn person_settles(app: &TestApp, open: &UncertainView, billed: &[Billed], changed: &dyn Fn(&Billed) -> Vec<i64>) {
    let of = billed.iter().find(|one| one.key.to_string() == open.source).expect("a line that was approved");
    assert!(changed(of).is_empty(), "{} was adjusted, and is still open: {open:?}", of.key);
    let settled = app.tenant.uncertain_settle(open.change.parse().expect("a change"), &Found::NotWritten, "not there");
    settled.await.unwrap_or_else(|error| panic!("{}", told(&error)));
}
