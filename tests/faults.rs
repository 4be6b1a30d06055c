//! What a vendor may do to us. Whatever it is, the run ends in the same state, or stops
//! with the right failure and goes on from there when the vendor is itself again.

use crate::harness::{TestApp, Vendors, told};
use crosswalk::model::{Kind, SyncRules};

/// A fault on one side, and what must be said of it when it does not pass by itself.
struct Case {
    side: Side,
    fault: &'static str,
    value: &'static str,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Rmm,
    Psa,
}

fn cases() -> Vec<Case> {
    let case = |side, fault, value| Case { side, fault, value };
    vec![
        case(Side::Rmm, "throttle", "next:3,retry-after:0"),
        case(Side::Rmm, "server-error", "next:2"),
        case(Side::Rmm, "half-page", "next:2"),
        case(Side::Rmm, "html-ok", "next:1"),
        case(Side::Psa, "throttle", "every:7,retry-after:0"),
        case(Side::Psa, "server-error", "next:2,reads"),
        case(Side::Psa, "half-page", "next:1,reads"),
        case(Side::Psa, "lost-reply", "every:5,writes"),
        case(Side::Psa, "cut-values", "12,field:referenceTitle"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_vendor_does_the_end_is_the_same_and_nothing_stands_twice() {
    let clean = Vendors::start(4, 8, 60, 0.5);
    let app = TestApp::with(&clean, SyncRules::default()).await;
    app.bring_in_step().await;
    let wanted = clean.psa.canonical_state();
    for case in cases() {
        let named = format!("{}={}", case.fault, case.value);
        let vendors = Vendors::start(4, 8, 60, 0.5);
        let app = TestApp::with(&vendors, SyncRules::default()).await;
        let faults = if case.side == Side::Rmm { vendors.rmm.faults() } else { vendors.psa.faults() };
        faults.set(case.fault, case.value).unwrap_or_else(|error| panic!("{named}: {error}"));
        // Some of it fails while the fault lasts; the next rounds bring it in step.
        for _ in 0..6 {
            let Ok(plan) = app.tenant.plan(&crate::harness::sync(), &crosswalk::engine::NoProgress).await else {
                continue;
            };
            app.tenant.link_accept(&crate::harness::sync(), Kind::Customer, 0.9).await.ok();
            if let Err(error) = app.try_apply(&plan).await {
                println!("{named}: {}", told(&error));
            }
        }
        assert!(faults.fired(case.fault) > 0, "{named} never fired");
        if case.fault != "cut-values" {
            faults.clear();
        }
        app.bring_in_step().await;
        vendors.assert_no_duplicates();
        if case.fault != "cut-values" {
            assert_eq!(vendors.psa.canonical_state(), wanted, "{named}");
        }
        vendors.psa.reset_counts();
        app.bring_in_step().await;
        assert_eq!(vendors.psa.counts().writes, 0, "{named}: it differs for ever");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_login_says_so_and_burns_no_calls() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    vendors.psa.faults().set("unauthorized", "on").expect("a fault");
    let error =
        app.tenant.plan(&crate::harness::sync(), &crosswalk::engine::NoProgress).await.expect_err("no login, no plan");
    assert!(told(&error).contains("denied"), "{}", told(&error));
    assert!(vendors.psa.counts().total() < 20, "{}", vendors.psa.counts().total());
}
