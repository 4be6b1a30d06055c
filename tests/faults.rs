//! What a vendor may do to us: every fault of every simulator. Whatever it is, the run ends
//! in the same state, or stops with the right failure and goes on from there when the
//! vendor is itself again; and nothing is written twice.

use crate::harness::pair::{Psa, Rmm};
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

/// Every fault, with how it is set (TITLE, COMPANY: the fields with an asset's and a customer's name), and how it ends. What concerns only writes cannot meet a source.
const FAULTS: [(&str, &str, End); 18] = [
    ("throttle", "every:7,retry-after:0", End::Same),
    ("server-error", "next:3", End::Same),
    ("lost-reply", "every:3", End::Same),
    ("drop-connection", "every:9", End::Same),
    ("slow", "next:3,ms:40", End::Same),
    ("hang", "next:1,after:2,ms:100", End::Same),
    ("cut-body", "next:2", End::Same),
    ("half-page", "next:2", End::Same),
    ("unauthorized", "next:1,after:3", End::Same),
    ("html-ok", "next:2,after:1", End::Same),
    ("html-error", "next:2,after:1", End::Same),
    ("row-appears", "next:1", End::Settled),
    ("row-leaves", "next:1", End::Settled),
    ("reorder", "on", End::Same),
    ("cut-values", "chars:12,field:TITLE", End::Settled),
    ("upper-case", "field:COMPANY", End::Settled),
    ("trim-values", "field:TITLE", End::Settled),
    ("duplicate-submit", "next:2", End::Doubled),
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
    for (fault, value, end) in FAULTS.into_iter().filter(|(name, ..)| !OF_WRITES.contains(name)) {
        meets(rmm, psa, |source, _| source.faults().clone(), fault, value, end, &wanted).await;
    }
}

async fn all_of_target(rmm: &str, psa: &str) {
    let wanted = without_fault(rmm, psa).await;
    for (fault, value, end) in FAULTS {
        meets(rmm, psa, |_, target| target.faults().clone(), fault, value, end, &wanted).await;
    }
}

async fn without_fault(rmm: &str, psa: &str) -> Vec<String> {
    let (_source, target, app) = start(rmm, psa).await;
    app.bring_in_step().await;
    target.canonical_state()
}

async fn start(rmm: &str, psa: &str) -> (Rmm, Psa, TestApp) {
    let world = World::generate(Size::new(3, 4, 18), 11);
    let (source, target) = (Rmm::start(rmm, &world), Psa::start(psa, &world.existing_in_psa(0.5, 11)));
    let app = TestApp::start().await;
    app.join(source.connection("rmm"), target.connection("psa"), SyncRules::default()).await;
    (source, target, app)
}

async fn meets(
    rmm: &str,
    psa: &str,
    of: impl Fn(&Rmm, &Psa) -> Faults,
    fault: &str,
    value: &str,
    end: End,
    wanted: &[String],
) {
    let named = format!("{rmm} to {psa}, {fault}={value}");
    let (source, target, app) = start(rmm, psa).await;
    let faults = of(&source, &target);
    let value = value.replace("TITLE", target.title_field()).replace("COMPANY", target.company_field());
    faults.set(fault, &value).unwrap_or_else(|error| panic!("{named}: {error}"));
    // Some of it fails while the fault lasts, and says so; the next rounds bring it in step.
    for _ in 0..4 {
        let plan = match app.tenant.plan(&sync(), &NoProgress).await {
            Ok(plan) => plan,
            Err(error) => {
                assert!(matches!(error, Error::Vendor { .. }), "{named}: {}", told(&error));
                continue;
            }
        };
        app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.ok();
        if let Err(error) = app.try_apply(&plan).await {
            assert!(matches!(error, Error::Vendor { .. }), "{named}: {}", told(&error));
        }
    }
    assert!(faults.fired(fault) > 0 || MAY_PASS.contains(&fault), "{named} never fired");
    if end != End::Settled {
        faults.clear();
    }
    app.bring_in_step().await;
    if end != End::Doubled {
        assert_eq!(target.duplicates(), Vec::<String>::new(), "{named}");
    }
    if end == End::Same {
        assert_eq!(target.canonical_state(), wanted, "{named}");
    }
    target.reset_counts();
    app.bring_in_step().await;
    assert_eq!(target.counts().writes, 0, "{named}: it differs for ever");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_says_so_and_burns_no_calls() {
    for (rmm, psa) in [("pulseway-rmm", "autotask"), ("datto-rmm", "pulseway-psa")] {
        let (source, target, app) = start(rmm, psa).await;
        let sides: [(&Faults, &dyn Fn() -> u64); 2] =
            [(source.faults(), &|| source.counts().total()), (target.faults(), &|| target.counts().total())];
        for (faults, calls) in sides {
            let before = calls();
            faults.set("unauthorized", "on").expect("a fault");
            let error = app.tenant.plan(&sync(), &NoProgress).await.expect_err("no login, no plan");
            assert!(told(&error).contains("denied"), "{}", told(&error));
            assert!(calls() - before < 20, "{rmm} to {psa}: {}", calls() - before);
            faults.clear();
        }
    }
}
