//! What customers leave behind: devices and sites whose customer is gone and whose account is another customer's by
//! then. Each is spoken of until it is out of use, and leaves use under the brakes.

use crate::harness::pair::joined;
use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, automatic, planned, sync};
use crosswalk::engine::{ApplyOptions, ChangeFilter, NoProgress, PlanReport};
use crosswalk::model::{Action, Cause, Kind, SyncRules};
use crosswalk_say::English;
use crosswalk_sims::{Existing, World};
use serde_json::json;

const PAIRS: [(&str, &str); 2] = [("pulseway-rmm", "pulseway-psa"), ("datto-rmm", "autotask")];
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn told(plan: &PlanReport, source: &str) -> Option<(Cause, String)> {
    let finding = plan.findings.iter().find(|finding| finding.source == source);
    finding.map(|finding| (finding.cause, finding.message.english().clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_item_of_a_device_that_moved_while_all_ids_are_renewed_leaves_use_after_a_yes() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-1", "PF3XK9Q2").devices("WS", 12);
        let (app, rmm, psa) = joined(
            pair,
            &world.customer("Contoso").devices("C", 4).build(),
            &Existing::default(),
            SyncRules::default(),
        )
        .await;
        app.bring_in_step().await;
        let old = rmm.device("PC-1");
        let item = app.link_target(Kind::Asset, &old.id).await.expect("an item");
        let new = rmm.renew_device(&old.id);
        rmm.move_device(&new, &rmm.device("C-001").customer);
        for name in ["WS-001", "C-001"] {
            rmm.renew_customer(&rmm.device(name).customer);
        }
        app.bring_in_step().await;
        let made = app.link_target(Kind::Asset, &new).await.expect("it was made anew");
        assert_ne!(made, item, "{pair:?}");
        let in_use = || psa.items().into_iter().find(|one| one.id == item).expect("the old item").active;
        assert!(in_use(), "{pair:?}");

        let plan = app.plan().await;
        let (cause, message) = told(&plan, &old.id).unwrap_or_else(|| panic!("{pair:?}: nobody speaks of it"));
        assert_eq!(cause, Cause::Missing, "{pair:?}: {message}");
        let trace = app.tenant.why(&sync(), Kind::Asset, &old.id).await.expect("a trace");
        assert!(
            trace.verdict.english().contains("missing from the source since"),
            "{pair:?}: {}",
            trace.verdict.english()
        );

        app.clock.advance_ms(80 * HOUR_MS);
        let plan = app.plan().await;
        assert_eq!(planned(&plan, Kind::Asset, Action::Deactivate), (1, 1), "{pair:?}: {:?}", plan.plan.totals);
        let trace = app.tenant.why(&sync(), Kind::Asset, &old.id).await.expect("a trace");
        assert!(
            trace.verdict.english().contains("held by the brake `deactivations`"),
            "{pair:?}: {}",
            trace.verdict.english()
        );
        app.tenant.apply(plan.plan.id, &ApplyOptions::default(), &NoProgress).await.expect("applied");
        assert!(in_use(), "{pair:?}: not without a yes");
        let plan = app.plan().await;
        let report = app.apply(&plan).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        assert!(!in_use(), "{pair:?}");
        assert!(app.plan().await.plan.totals.is_empty(), "{pair:?}");
        assert_eq!(psa.items().iter().filter(|one| one.active).count(), 17, "{pair:?}");
    }
}

/// A customer with a device and a site that this host made, and another one.
async fn scripted() -> (TestApp, Scripted, Scripted) {
    let (from, to) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    app.join(from.connection("from", &json!({})), to.connection("to", &json!({})), SyncRules::default()).await;
    from.put("customer", "c1", None, "Acme Foods", &json!({}));
    from.put("customer", "c2", None, "Contoso Works", &json!({}));
    from.put("location", "l1", Some("c1"), "Annex", &json!({ "city": "Rome" }));
    from.put("location", "l2", Some("c2"), "Head office", &json!({ "city": "Milan" }));
    for (id, customer, serial) in [("d1", "c1", "PF3XK9Q1"), ("d2", "c1", "PF3XK9Q2"), ("d3", "c2", "PF3XK9Q3")] {
        from.put("asset", id, Some(customer), &format!("PC-{id}"), &json!({ "serial-number": serial }));
    }
    app.bring_in_step().await;
    (app, from, to)
}

/// The customer is there under a new id, with what is kept of it.
fn renew(from: &Scripted, keep: &[&str]) {
    from.remove("customer", "c1");
    from.put("customer", "c9", None, "Acme Foods", &json!({}));
    for id in ["l1", "d1", "d2"] {
        let kind = if id == "l1" { "location" } else { "asset" };
        match keep.contains(&id) {
            true => from.edit(kind, id, &json!({ "parent": "c9" })),
            false => from.remove(kind, id),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn devices_and_sites_that_are_left_leave_use_though_their_customer_is_long_forgotten() {
    let (app, from, _to) = scripted().await;
    renew(&from, &["d2"]);
    // A list that fell is believed when a second read agrees.
    app.plan().await;
    app.bring_in_step().await;
    assert!(app.tenant.why(&sync(), Kind::Customer, "c1").await.expect("a trace").source.is_some());
    app.clock.advance_ms(200 * DAY_MS);
    app.tenant.prune(false, true).await.expect("pruned");
    let forgotten = app.tenant.why(&sync(), Kind::Customer, "c1").await.expect("the journal knows it");
    assert!(forgotten.source.is_none() && forgotten.link.is_none(), "{forgotten:?}");
    let plan = app.plan().await;
    for kind in [Kind::Asset, Kind::Location] {
        assert_eq!(planned(&plan, kind, Action::Deactivate), (1, 1), "{kind}: {:?}", plan.plan.totals);
    }
    let changes = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 10).await.expect("changes");
    let sources: Vec<&str> = changes.iter().map(|view| view.change.source.as_str()).collect();
    assert_eq!(sources, ["l1", "d1"]);
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert!(app.plan().await.plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_comes_back_with_its_device_and_stays_as_it_is_with_a_customer_that_was_left_out() {
    let (app, from, _to) = scripted().await;
    renew(&from, &["d2"]);
    // A list that fell is believed when a second read agrees.
    app.plan().await;
    app.bring_in_step().await;
    app.clock.advance_ms(80 * HOUR_MS);
    let plan = app.plan().await;
    // It is there again before anybody said yes: the plan from before takes nothing out of use.
    from.put("asset", "d1", Some("c9"), "PC-d1", &json!({ "serial-number": "PF3XK9Q1" }));
    app.plan().await;
    app.try_apply(&plan).await.expect_err("a newer plan stands");
    let after = app.plan().await;
    assert_eq!(planned(&after, Kind::Asset, Action::Deactivate), (0, 0), "{:?}", after.plan.totals);

    // A customer that a person left out and that is gone is left alone, with all that it had.
    app.tenant.link_decide(&sync(), Kind::Customer, "c2", &crosswalk::engine::Decision::Exclude).await.expect("out");
    from.remove("customer", "c2");
    from.remove("asset", "d3");
    app.plan().await;
    app.clock.advance_ms(80 * HOUR_MS);
    let plan = app.plan().await;
    let filter = ChangeFilter { source: Some("d3".to_owned()), ..ChangeFilter::default() };
    assert!(app.tenant.plan_changes(plan.plan.id, &filter, 0, 10).await.expect("changes").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_is_listed_under_a_customer_that_is_gone_is_told() {
    let (app, from, _to) = scripted().await;
    renew(&from, &["d1", "d2", "l1"]);
    from.edit("asset", "d1", &json!({ "parent": "c1" }));
    app.bring_in_step().await;
    let plan = app.plan().await;
    let (cause, message) = told(&plan, "d1").expect("it is told");
    assert_eq!(cause, Cause::Astray, "{message}");
    assert!(message.contains("belongs to the customer c1, which it does not list"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sites_that_are_left_and_sites_that_are_gone_are_held_by_one_limit_of_the_sync() {
    let (from, to) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    app.join(from.connection("from", &json!({})), to.connection("to", &json!({})), automatic()).await;
    let sites = |customer: &str, from: u32, to: u32| -> Vec<String> {
        (from..=to).map(|nth| format!("{customer}-{nth}")).collect()
    };
    for (customer, name, count) in [("c1", "Acme Foods", 5), ("c2", "Contoso Works", 10), ("c3", "Fabrikam Mills", 10)]
    {
        from.put("customer", customer, None, name, &json!({ "number": name }));
        for site in sites(customer, 1, count) {
            from.put("location", &site, Some(customer), &format!("Site {site}"), &json!({ "city": "Rome" }));
        }
    }
    app.bring_in_step().await;
    // Its account goes over to the new one, and one of its five sites is listed for a while yet.
    from.remove("customer", "c1");
    from.put("customer", "c9", None, "Acme Foods", &json!({ "number": "Acme Foods" }));
    for site in [sites("c1", 1, 4), sites("c2", 1, 3), sites("c3", 1, 3)].concat() {
        from.remove("location", &site);
    }
    // A list that fell is believed when a second read agrees.
    app.plan().await;
    app.apply(&app.plan().await).await;
    assert!(app.link_target(Kind::Customer, "c9").await.is_some());
    app.clock.advance_ms(80 * HOUR_MS);
    from.remove("location", "c1-5");
    app.plan().await;
    // Four and six: each below the customer's limit, and below that of the sync without the others.
    let run = app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    assert_eq!(planned(&run.plan, Kind::Location, Action::Deactivate), (10, 10), "{:?}", run.plan.plan.totals);
}
