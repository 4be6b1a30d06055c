//! What a vendor may do to us: every fault of every simulator, while everything is new and once more while a device is
//! renamed, one changes hands and one has an alert. Whatever it is, the run ends in the same state, or stops with the
//! right failure and goes on from there when the vendor is itself again; and nothing is written twice, tickets least of all.
//! Billing has its own: what a licence vendor does not tell is not zero, and an adjustment is made once.

use crate::harness::licences::{Licences, map_all};
use crate::harness::pair::{Psa, Rmm, Ticket};
use crate::harness::{TestApp, impatient, sync, told};
use crosswalk::engine::{Found, NoProgress, UsageChoice, UsageFilter, UsageLine, UsageState};
use crosswalk::error::Error;
use crosswalk::model::{Kind, LineKey, SyncRules};
use crosswalk_sims::Faults;
use jiff::ToSpan;
use scenes::Scene;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

mod scenes;

/// What holds when a fault is over.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The PSA is as it would have been without the fault.
    Same,
    /// The vendor's own data became another, or it keeps values its own way: nothing differs for ever.
    Settled,
    /// The same, but for the keys that records have from the other side, which are new.
    Renewed,
    /// The vendor made records twice by itself: they are left alone.
    Doubled,
}

/// Every fault: its name; how it is set (TITLE, COMPANY: the fields with an asset's and a customer's name; LIST, DETAIL: the
/// paths of the assets' list and of what it lacks; after a space: another fault beside it); the failures that a
/// run may stop with, if any; how it ends.
/// What concerns only writes cannot meet a source.
const FAULTS: [(&str, &str, &str, End); 36] = [
    ("throttle", "every:7,retry-after:0", "throttled", End::Same),
    ("server-error", "next:3", "unavailable", End::Same),
    ("lost-reply", "every:3", "unavailable", End::Same),
    ("drop-connection", "every:9", "unavailable", End::Same),
    ("slow", "next:3,ms:40", "", End::Same),
    ("hang", "next:1,after:2,ms:100", "unavailable", End::Same),
    ("cut-body", "next:2", "unavailable", End::Same),
    ("half-page", "next:2", "unavailable", End::Same),
    ("unauthorized", "next:1,after:3", "denied", End::Same),
    ("html-ok", "next:2,after:1", "unavailable", End::Same),
    ("html-error", "next:2,after:1", "unavailable", End::Same),
    ("row-appears", "next:1", "", End::Settled),
    ("row-leaves", "next:1", "", End::Settled),
    ("reorder", "on", "", End::Same),
    ("cut-values", "chars:12,field:TITLE", "", End::Settled),
    ("upper-case", "field:COMPANY", "", End::Settled),
    ("trim-values", "field:TITLE", "", End::Settled),
    ("duplicate-submit", "next:2", "", End::Doubled),
    ("empty-page", "path:LIST", "", End::Same),
    ("empty-page", "linked,path:LIST", "", End::Same),
    ("empty-list", "next:1,path:LIST", "", End::Same),
    ("empty-list", "next:1,whole,path:LIST", "", End::Same),
    ("empty-list", "path:DETAIL", "", End::Same),
    ("stale-reads", "ms:2000", "unavailable", End::Same),
    ("stale-reads", "ms:2000 lost-reply=next:2", "unavailable", End::Same),
    ("slow-write", "next:2,ms:1500", "unavailable", End::Same),
    ("slow-write", "next:2,ms:1500,early", "unavailable", End::Same),
    ("renew-ids", "on", "", End::Renewed),
    ("renew-ids", "case", "", End::Renewed),
    ("merge-accounts", "keep", "", End::Settled),
    ("recompose-names", "nfc", "", End::Settled),
    ("recompose-names", "cut:20", "", End::Settled),
    ("recompose-names", "nfc lost-reply=every:3", "unavailable", End::Settled),
    ("recompose-names", "upper lost-reply=every:3", "unavailable", End::Settled),
    ("day-offset", "hours:1", "", End::Same),
    ("bare-serials", "on", "", End::Same),
];

/// Faults that need not bite: a walk of a few rows in one page meets no row that comes or goes, and
/// what is sent has no spaces around it to be trimmed, and is composed already.
const MAY_PASS: [&str; 5] = ["row-appears", "row-leaves", "reorder", "trim-values", "recompose-names=nfc"];
/// The one vendor that tells days as its own midnight.
const TELLS_MIDNIGHTS: &str = "autotask";
/// Faults of writes, accounts and days, which only a target sees.
const OF_WRITES: [&str; 10] = [
    "lost-reply",
    "cut-values",
    "upper-case",
    "trim-values",
    "duplicate-submit",
    "stale-reads",
    "slow-write",
    "merge-accounts",
    "recompose-names",
    "day-offset",
];
/// Faults of what only a source tells: ids that become others, serials.
const OF_SOURCES: [&str; 2] = ["renew-ids", "bare-serials"];
/// What a licence vendor's report cannot meet: it has one page here, and a tenant made anew is another customer to map.
const NOT_OF_USAGE: [&str; 2] = ["empty-page", "renew-ids"];

#[test]
fn every_fault_of_the_simulators_has_its_case() {
    let named: Vec<&str> = Faults::names().map(|(name, _)| name).collect();
    let mut rows = FAULTS.map(|(name, ..)| name).to_vec();
    rows.dedup();
    assert_eq!(named, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn pulseway_rmm_at_fault() {
    all_of_source("pulseway-rmm", "autotask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn datto_rmm_at_fault() {
    all_of_source("datto-rmm", "autotask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn autotask_at_fault() {
    all_of_target("pulseway-rmm", "autotask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pulseway_psa_at_fault() {
    all_of_target("pulseway-rmm", "pulseway-psa").await;
}

async fn all_of_source(rmm: &str, psa: &str) {
    let wanted = without_fault(rmm, psa, scenes::usual()).await;
    for fault in FAULTS.into_iter().filter(|(name, ..)| !OF_WRITES.contains(name)) {
        meets(rmm, psa, rmm, fault, &wanted).await;
    }
}

async fn all_of_target(rmm: &str, psa: &str) {
    let wanted = without_fault(rmm, psa, scenes::usual()).await;
    let is_of_target = |name: &str, value: &str| {
        !OF_SOURCES.contains(&name) && !value.contains("DETAIL") && (name != "day-offset" || psa == TELLS_MIDNIGHTS)
    };
    for fault in FAULTS.into_iter().filter(|(name, value, ..)| is_of_target(name, value)) {
        meets(rmm, psa, psa, fault, &wanted).await;
    }
}

async fn without_fault(rmm: &str, psa: &str, scene: Scene) -> Vec<String> {
    let pair = Pair::start(rmm, psa, scene).await;
    pair.app.bring_in_step().await;
    pair.change();
    pair.settle("without a fault").await;
    pair.records()
}

/// Two vendors, and the host between them.
struct Pair {
    rmm: Rmm,
    psa: Psa,
    app: TestApp,
}

impl Pair {
    async fn start(rmm: &str, psa: &str, scene: Scene) -> Self {
        Self::start_in(TestApp::start().await, rmm, psa, scene).await
    }

    async fn start_in(app: TestApp, rmm: &str, psa: &str, Scene { world, existing }: Scene) -> Self {
        let (rmm, psa) = (Rmm::start(rmm, &world), Psa::start(psa, &existing));
        let mut rules = SyncRules::default();
        rules.kinds.insert(Kind::Alert, Default::default());
        app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
        Self { rmm, psa, app }
    }

    /// One device is renamed, one changes hands, one has an alert.
    fn change(&self) {
        let devices = self.rmm.devices();
        self.rmm.rename_device(&devices[5].id, "RENAMED-DEVICE-5");
        let (elsewhere, _) = self.rmm.customers().into_iter().find(|(id, _)| *id != devices[6].customer).unwrap();
        self.rmm.move_device(&devices[6].id, &elsewhere);
        self.rmm.raise(&devices[2].id, self.app.clock_s() + 60);
    }

    /// A round of what there is to do while a fault may last, of the alerts or of all else: what goes wrong says what it is.
    async fn round(&self, of_alerts: &[bool], may_say: &str, named: &str) {
        let tenant = &self.app.tenant;
        for of_alerts in of_alerts {
            let plan = match of_alerts {
                false => tenant.plan(&sync(), &NoProgress).await,
                true => tenant.alerts_plan(&sync(), &NoProgress).await,
            };
            tenant.link_accept(&sync(), Kind::Customer, 0.9).await.ok();
            let done = match plan {
                Ok(plan) => self.app.try_apply(&plan).await.map(drop),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                assert_fits(&error, may_say, named);
            }
        }
    }

    /// The vendor is itself again: all is brought in step, and the alert has its ticket.
    async fn settle(&self, named: &str) {
        self.app.bring_in_step().await;
        let plan = self.app.tenant.alerts_plan(&sync(), &NoProgress).await.unwrap();
        let applied = self.app.apply(&plan).await;
        assert!(applied.failures.is_empty(), "{named}: {:?}", applied.failures);
        let device = self.rmm.devices()[2].clone();
        let item = self.app.link_target(Kind::Asset, &device.id).await;
        let tickets = self.psa.tickets();
        // The host composes what it reads; the vendor's own name may be decomposed.
        let name: String = device.name.nfc().collect();
        let has_name = |title: &str| title.nfc().collect::<String>().contains(&name);
        let fits = |ticket: &Ticket| ticket.asset == item && has_name(&ticket.title) && !ticket.closed;
        assert!(!tickets.is_empty() && tickets.iter().all(fits), "{named}: {tickets:?}");
    }

    /// What the PSA holds but for tickets, which tell times.
    fn records(&self) -> Vec<String> {
        let is_record = |line: &String| !line.starts_with("ticket") && !line.starts_with("note");
        self.psa.canonical_state().into_iter().filter(is_record).collect()
    }
}

async fn meets(
    rmm: &str,
    psa: &str,
    side: &str,
    (fault, value, may_say, end): (&str, &str, &str, End),
    usual: &[String],
) {
    // A write is slow where the host does not wait for it.
    let app = if fault == "slow-write" { TestApp::start_on(impatient()).await } else { TestApp::start().await };
    let own = match scenes::of(fault, side) {
        Some(scene) => Some(without_fault(rmm, psa, scene).await),
        None => None,
    };
    let wanted = own.as_deref().unwrap_or(usual);
    let scene = scenes::of(fault, side).unwrap_or_else(scenes::usual);
    let pair = Pair::start_in(app, rmm, psa, scene).await;
    let (faults, list, detail) = match side == rmm {
        true => (pair.rmm.faults().clone(), pair.rmm.list_path(), pair.rmm.detail_path()),
        false => (pair.psa.faults().clone(), pair.psa.list_path(), pair.psa.list_path()),
    };
    let set = |value: &str| {
        let (value, beside) = value.split_once(' ').unwrap_or((value, ""));
        if let Some((other, how)) = beside.split_once('=') {
            faults.set(other, how).unwrap_or_else(|error| panic!("{beside}: {error}"));
        }
        let value = value.replace("TITLE", pair.psa.title_field()).replace("COMPANY", pair.psa.company_field());
        let value = value.replace("LIST", list).replace("DETAIL", detail);
        faults.set(fault, &value).unwrap_or_else(|error| panic!("{fault}={value}: {error}"));
    };
    let named = format!("{rmm} to {psa}, {fault}={value} at {side}");
    let bites = || assert!(faults.fired(fault) > 0 || may_pass(fault, value), "{named} never fired");
    set(value);
    // Some of it fails while the fault lasts; the next rounds bring it in step.
    for _ in 0..3 {
        pair.round(&[false], may_say, &named).await;
    }
    bites();
    if end != End::Settled {
        faults.clear();
    }
    none_under_way(&faults).await;
    pair.app.bring_in_step().await;

    pair.change();
    let all_is_lost = fault == "lost-reply";
    if end != End::Settled {
        set(if all_is_lost { "always" } else { value });
    }
    if end == End::Renewed {
        // A person says that they are the same; until then an alert's ticket names no asset.
        pair.round(&[false], may_say, &named).await;
    }
    for _ in 0..2 {
        pair.round(&[false, true], may_say, &named).await;
    }
    bites();
    let tickets = pair.psa.tickets().len();
    assert!(
        !all_is_lost || tickets == 1,
        "{named}: {tickets} tickets of one alert, though it was made and nobody told"
    );
    if end != End::Settled {
        faults.clear();
    }
    none_under_way(&faults).await;
    pair.settle(&named).await;
    if end == End::Renewed {
        // What a device that moved under a new id left behind is missing for long enough to leave use.
        pair.app.clock.advance_ms(80 * 3_600_000);
        pair.settle(&named).await;
    }
    if end != End::Doubled {
        assert_eq!(pair.psa.duplicates(), Vec::<String>::new(), "{named}");
        assert_eq!(pair.psa.tickets().len(), 1, "{named}: {:?}", pair.psa.tickets());
    }
    if end == End::Same {
        assert_eq!(pair.records(), wanted, "{named}");
    }
    if end == End::Renewed {
        assert_eq!(without_keys(&pair.records()), without_keys(wanted), "{named}");
    }
    pair.psa.reset_counts();
    pair.settle(&named).await;
    assert_eq!(pair.psa.counts().writes, 0, "{named}: it differs for ever");
}

fn may_pass(fault: &str, value: &str) -> bool {
    let row = format!("{fault}={value}");
    MAY_PASS.iter().any(|one| *one == fault || row.starts_with(one))
}

/// The lines of records without the members that hold keys, in order.
fn without_keys(records: &[String]) -> Vec<String> {
    const KEYS: [&str; 5] = ["RMM Device Key=", "RMM Customer Key=", "machineGroupId=", "accountCode=", "assetTag="];
    let cut = |line: &String| {
        let mut line = line.clone();
        for key in KEYS {
            if let Some(from) = line.find(key) {
                let value = from + key.len() + 1;
                let to = line[value..].find('"').map_or(line.len(), |end| value + end + 1);
                line.replace_range(from..to, "");
            }
        }
        line
    };
    let mut lines: Vec<String> = records.iter().map(cut).collect();
    lines.sort();
    lines
}

/// Whatever the vendor was still at work on is done: the clock of the host only moves on then.
async fn none_under_way(faults: &Faults) {
    while faults.slow_writes() > 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_says_so_and_burns_no_calls() {
    for (rmm, psa) in [("pulseway-rmm", "autotask"), ("datto-rmm", "pulseway-psa")] {
        let pair = Pair::start(rmm, psa, scenes::usual()).await;
        let sides: [(&Faults, &dyn Fn() -> u64); 2] =
            [(pair.rmm.faults(), &|| pair.rmm.counts().total()), (pair.psa.faults(), &|| pair.psa.counts().total())];
        for (faults, calls) in sides {
            let before = calls();
            faults.set("unauthorized", "on").expect("a fault");
            let error = pair.app.tenant.plan(&sync(), &NoProgress).await.expect_err("no login, no plan");
            assert!(told(&error).contains("denied"), "{}", told(&error));
            assert!(calls() - before < 20, "{rmm} to {psa}: {}", calls() - before);
            faults.clear();
        }
    }
}

/// Counts by customer and product.
type Counts = BTreeMap<(String, String), i64>;

/// A licence vendor and a PSA in step, and the host between them.
struct Billing {
    licences: Licences,
    app: TestApp,
    /// The day that the next changes hold from: a line takes one change a day.
    day: jiff::civil::Date,
}

impl Billing {
    async fn start() -> Self {
        let licences = Licences::start(4);
        let app = licences.host().await;
        // Waiting for what is uncertain would lead over the last midnight of a month.
        app.on_the_tenth();
        map_all(&app, &licences).await;
        let plan = app.plan().await;
        let report = app.apply(&plan).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        let today = crosswalk::clock::Clock::now(&*app.clock).to_string();
        let this = Self { licences, app, day: today[..10].parse().expect("a day") };
        this.assert_billed("without a fault").await;
        this
    }

    /// What the running month's report bills those whom the PSA knows.
    fn billed(&self) -> Counts {
        let pairs = self.licences.pairs().into_iter();
        pairs
            .flat_map(|(tenant, _)| {
                let own = self.licences.billed(&tenant.id).into_iter();
                own.map(move |(product, quantity)| ((tenant.id.clone(), product), quantity))
            })
            .collect()
    }

    /// Every count grows by one, and a new day comes; gives the counts of before.
    fn grow(&mut self) -> Counts {
        self.day = self.day.checked_add(1.day()).expect("a day");
        let before = self.billed();
        for ((customer, product), quantity) in &before {
            assert!(self.licences.vendor.set_quantity(customer, product, quantity + 1));
        }
        before
    }

    async fn lines(&self) -> Vec<UsageLine> {
        let all = self.app.tenant.usage_list(&sync(), &UsageFilter::default()).await.expect("lines");
        let known = self.billed();
        all.into_iter().filter(|line| known.contains_key(&key(line))).collect()
    }

    /// A person approves every line that differs, from the day on.
    async fn approve(&self) -> Result<(), Error> {
        let lines = self.lines().await.into_iter().filter(|line| line.state != UsageState::InStep);
        let choice = |line: UsageLine| UsageChoice {
            line: LineKey::new(&line.customer, &line.product),
            quantity: None,
            effective: Some(self.day),
        };
        let choices: Vec<_> = lines.map(choice).collect();
        if choices.is_empty() {
            return Ok(());
        }
        let plan = self.app.tenant.usage_plan(&sync(), &choices, &NoProgress).await?;
        self.app.try_apply(&plan).await.map(drop)
    }

    /// What the contracts have on a day.
    async fn on_contracts(&self, day: jiff::civil::Date) -> Counts {
        let units: BTreeMap<i64, i64> = (self.licences.psa.service_lines(&day.to_string()).into_iter())
            .map(|line| (line.id, line.units.unwrap_or(0)))
            .collect();
        (self.lines().await.iter())
            .map(|line| (key(line), units[&line.line.as_ref().expect("a line").parse().expect("a number")]))
            .collect()
    }

    /// What the contracts have, on the day, is what is billed; nothing is left to do.
    async fn assert_billed(&self, named: &str) {
        assert_eq!(self.on_contracts(self.day).await, self.billed(), "{named}");
        for line in self.lines().await {
            assert_eq!((line.state, line.has), (UsageState::InStep, line.counted), "{named}: {line:?}");
        }
        assert!(self.licences.psa.duplicates().is_empty(), "{named}: {:?}", self.licences.psa.duplicates());
    }

    /// The vendors are themselves again: what is left is approved, and each line had one adjustment of `made` in all before.
    async fn settle(&self, made: usize, named: &str) {
        self.app.wait_out().await;
        // A difference without a reply, whose line reads as before, is for a person to settle.
        for open in self.app.uncertain().await {
            let id = open.change.parse().expect("a change");
            let settled = self.app.tenant.uncertain_settle(id, &Found::NotWritten, "seen on the contract").await;
            settled.unwrap_or_else(|error| panic!("{named}: {}", told(&error)));
        }
        // A login that was put off is waited for.
        for _ in 0..20 {
            match self.app.tenant.plan(&sync(), &NoProgress).await {
                Ok(plan) if plan.complaints.is_empty() => break,
                _ => tokio::time::sleep(std::time::Duration::from_millis(500)).await,
            }
        }
        self.approve().await.unwrap_or_else(|error| panic!("{named}: {}", told(&error)));
        let plan = self.app.plan().await;
        assert!(plan.plan.totals.is_empty(), "{named}: {:?}", plan.plan.totals);
        self.assert_billed(named).await;
        let adjustments = self.licences.psa.adjustments();
        assert_eq!(adjustments.len(), made + self.billed().len(), "{named}");
        assert!(adjustments[made..].iter().all(|one| one.change == 1), "{named}: {adjustments:?}");
    }
}

fn key(line: &UsageLine) -> (String, String) {
    (line.customer.clone(), line.product.clone())
}

fn assert_fits(error: &Error, may_say: &str, named: &str) {
    let fits = matches!(error, Error::Vendor { failure, .. } if may_say.contains(failure.name()));
    assert!(fits, "{named}: {}", told(error));
}

/// From each of the calls on that a plan makes: what the vendor does not tell is not zero, and nothing is written of it.
#[tokio::test(flavor = "multi_thread")]
async fn sophos_central_at_fault() {
    let mut billing = Billing::start().await;
    let is_of_usage = |name: &str, value: &str| {
        !OF_WRITES.contains(&name) && !NOT_OF_USAGE.contains(&name) && !value.contains("DETAIL")
    };
    for (fault, value, may_say, _) in FAULTS.into_iter().filter(|(name, value, ..)| is_of_usage(name, value)) {
        let kept = value.split(',').filter(|part| part.starts_with("ms:") || part.starts_with("retry-after:"));
        let mut kept: String = kept.map(|part| format!(",{part}")).collect();
        // What is empty as a whole is a month's report: that of the month that decides, or the one before it.
        let is_report = value.contains("whole");
        if is_report {
            kept.push_str(",next:1,whole,path:billing/usage");
        }
        billing.licences.vendor.reset_counts();
        billing.app.plan().await;
        let calls = billing.licences.vendor.counts().total();
        let (before, made) = (billing.grow(), billing.licences.psa.adjustments().len());
        let now = billing.billed();
        let writes = billing.licences.psa.counts().writes;
        // From the login on, and from amid the walk on.
        for after in [0, if is_report { 1 } else { calls / 2 }] {
            let named = format!("{fault} after {after} of {calls} calls");
            let faults = billing.licences.vendor.faults();
            faults.set(fault, &format!("after:{after}{kept}")).expect("a fault");
            let plan = billing.app.tenant.plan(&sync(), &NoProgress).await;
            let struck = faults.fired(fault) > 0;
            faults.clear();
            // What is remembered is not asked again, so that it may be a call or two less.
            if !struck {
                assert!(after + 2 >= calls || may_pass(fault, value), "{named}: it never fired");
                break;
            }
            if let Err(error) = &plan {
                assert_fits(error, may_say, &named);
            }
            let lines = billing.lines().await;
            assert_eq!(lines.len(), now.len(), "{named}");
            for line in lines {
                let (old, new) = (before[&key(&line)], now[&key(&line)]);
                assert_eq!((line.has, line.approved), (Some(old), Some(old)), "{named}: {line:?}");
                match (line.counted, &plan) {
                    (None, _) => {
                        assert_eq!((line.state, line.becomes), (UsageState::NotFetched, None), "{named}: {line:?}")
                    }
                    (Some(counted), Ok(_)) => assert_eq!(counted, new, "{named}: {line:?}"),
                    (Some(counted), Err(_)) => assert!(counted == old || counted == new, "{named}: {line:?}"),
                }
            }
        }
        assert_eq!(billing.licences.psa.counts().writes, writes, "{fault}: a plan writes nothing");
        billing.settle(made, fault).await;
    }
}

/// While adjustments are made: each is made once, whatever the reply was.
#[tokio::test(flavor = "multi_thread")]
async fn adjustments_at_fault() {
    let mut billing = Billing::start().await;
    for name in ["lost-reply", "drop-connection", "server-error", "throttle", "cut-body", "day-offset"] {
        let (fault, value, may_say, _) = FAULTS.into_iter().find(|(fault, ..)| *fault == name).expect("a fault");
        let before = billing.grow();
        billing.app.plan().await;
        let made = billing.licences.psa.adjustments().len();
        let faults = billing.licences.psa.faults().clone();
        faults.set(fault, value).expect("a fault");
        // What is done is done; the second round meets what the first left open.
        for _ in 0..2 {
            if let Err(error) = billing.approve().await {
                assert_fits(&error, may_say, fault);
            }
        }
        assert!(faults.fired(fault) > 0, "{fault} never fired");
        faults.clear();
        billing.settle(made, fault).await;
        let yesterday = billing.day.yesterday().expect("a day");
        assert_eq!(billing.on_contracts(yesterday).await, before, "{fault}: the day before is as it was");
    }
}
