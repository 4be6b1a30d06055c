//! What a vendor may do to us: every fault of every simulator, while everything is new and once more while a device is
//! renamed, one changes hands and one has an alert. Whatever it is, the run ends in the same state, or stops with the
//! right failure and goes on from there when the vendor is itself again; and nothing is written twice, tickets least of all.

use crate::harness::pair::{Psa, Rmm, Ticket};
use crate::harness::{TestApp, sync, told};
use crosswalk::engine::NoProgress;
use crosswalk::error::Error;
use crosswalk::model::{Kind, SyncRules};
use crosswalk_sims::{Faults, Size, World};

/// What holds when a fault is over.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// The PSA is as it would have been without the fault.
    Same,
    /// The vendor's own data became another, or it keeps values its own way: nothing differs for ever.
    Settled,
    /// The vendor made records twice by itself: they are left alone.
    Doubled,
}

/// Every fault: its name; how it is set (TITLE, COMPANY: the fields with an asset's and a customer's name); the failures that a
/// run may stop with, if any; how it ends. A 500 is also how Autotask says that it knows no such user.
/// What concerns only writes cannot meet a source.
const FAULTS: [(&str, &str, &str, End); 18] = [
    ("throttle", "every:7,retry-after:0", "throttled", End::Same),
    ("server-error", "next:3", "unavailable, denied", End::Same),
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
];

/// Faults that need not bite: a walk of a few rows in one page meets no row that comes or goes, and
/// what is sent has no spaces around it to be trimmed.
const MAY_PASS: [&str; 4] = ["row-appears", "row-leaves", "reorder", "trim-values"];
/// Faults of writes, which only a target sees.
const OF_WRITES: [&str; 5] = ["lost-reply", "cut-values", "upper-case", "trim-values", "duplicate-submit"];

#[test]
fn every_fault_of_the_simulators_has_its_case() {
    let named: Vec<&str> = Faults::names().map(|(name, _)| name).collect();
    assert_eq!(named, FAULTS.map(|(name, ..)| name));
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
    let wanted = without_fault(rmm, psa).await;
    for fault in FAULTS.into_iter().filter(|(name, ..)| !OF_WRITES.contains(name)) {
        meets(rmm, psa, |pair| pair.rmm.faults().clone(), fault, &wanted).await;
    }
}

async fn all_of_target(rmm: &str, psa: &str) {
    let wanted = without_fault(rmm, psa).await;
    for fault in FAULTS {
        meets(rmm, psa, |pair| pair.psa.faults().clone(), fault, &wanted).await;
    }
}

async fn without_fault(rmm: &str, psa: &str) -> Vec<String> {
    let pair = Pair::start(rmm, psa).await;
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
    async fn start(rmm: &str, psa: &str) -> Self {
        let world = World::generate(Size::new(3, 4, 18), 11);
        let (rmm, psa) = (Rmm::start(rmm, &world), Psa::start(psa, &world.existing_in_psa(0.5, 11)));
        let app = TestApp::start().await;
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
                let fits = matches!(&error, Error::Vendor { failure, .. } if may_say.contains(failure.name()));
                assert!(fits, "{named}: {}", told(&error));
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
        let fits = |ticket: &Ticket| ticket.asset == item && ticket.title.contains(&device.name) && !ticket.closed;
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
    of: impl Fn(&Pair) -> Faults,
    (fault, value, may_say, end): (&str, &str, &str, End),
    wanted: &[String],
) {
    let pair = Pair::start(rmm, psa).await;
    let faults = of(&pair);
    let set = |value: &str| {
        let value = value.replace("TITLE", pair.psa.title_field()).replace("COMPANY", pair.psa.company_field());
        faults.set(fault, &value).unwrap_or_else(|error| panic!("{fault}={value}: {error}"));
    };
    let named = format!("{rmm} to {psa}, {fault}");
    let bites = || assert!(faults.fired(fault) > 0 || MAY_PASS.contains(&fault), "{named} never fired");
    set(value);
    // Some of it fails while the fault lasts; the next rounds bring it in step.
    for _ in 0..3 {
        pair.round(&[false], may_say, &named).await;
    }
    bites();
    if end != End::Settled {
        faults.clear();
    }
    pair.app.bring_in_step().await;

    pair.change();
    let all_is_lost = fault == "lost-reply";
    if end != End::Settled {
        set(if all_is_lost { "always" } else { value });
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
    pair.settle(&named).await;
    if end != End::Doubled {
        assert_eq!(pair.psa.duplicates(), Vec::<String>::new(), "{named}");
        assert_eq!(pair.psa.tickets().len(), 1, "{named}: {:?}", pair.psa.tickets());
    }
    if end == End::Same {
        assert_eq!(pair.records(), wanted, "{named}");
    }
    pair.psa.reset_counts();
    pair.settle(&named).await;
    assert_eq!(pair.psa.counts().writes, 0, "{named}: it differs for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_says_so_and_burns_no_calls() {
    for (rmm, psa) in [("pulseway-rmm", "autotask"), ("datto-rmm", "pulseway-psa")] {
        let pair = Pair::start(rmm, psa).await;
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
