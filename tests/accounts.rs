//! Whose account a connection answers as: pointed at another database, nothing is written there until a person decides.

use crate::billing::{billing, line, next_day};
use crate::harness::pair::{Psa, Rmm};
use crate::harness::{TestApp, connection, sync, told};
use crosswalk::engine::{Found, NoProgress, PlanReport, Standing, UndoOptions, UsageChoice};
use crosswalk::error::Error;
use crosswalk::model::{Kind, LineKey, RunStatus, SyncRules, Trust};
use crosswalk::store::JournalFilter;
use crosswalk_say::English;
use crosswalk_sims::{Existing, World};
use serde_json::json;

const HOUR_MS: i64 = 60 * 60 * 1000;
const PAIRS: [(&str, &str); 2] = [("pulseway-rmm", "autotask"), ("datto-rmm", "autotask")];

fn rules() -> SyncRules {
    let mut rules = SyncRules::default();
    rules.kinds.insert(Kind::Alert, Default::default());
    rules.kinds.values_mut().for_each(|rules| rules.trust = Trust::Automatic);
    rules
}

async fn in_step(pair: (&str, &str)) -> (TestApp, Rmm, Psa) {
    let world = World::by_hand().customer("Acme Ltd").devices("WS", 4).customer("Contoso").devices("C", 3).build();
    let (rmm, psa) = (Rmm::start(pair.0, &world), Psa::start(pair.1, &Existing::default()));
    let app = TestApp::start().await;
    app.join(rmm.connection("rmm"), psa.connection("psa"), rules()).await;
    app.bring_in_step().await;
    (app, rmm, psa)
}

/// Another database of the vendor, with other companies under the same numbers.
fn another(id: Option<&str>) -> Psa {
    let existing = Existing::by_hand().account("Fabrikam").account("Northwind").account("Tailspin").build();
    let other = Psa::start("autotask", &existing);
    if let Some(id) = id {
        other.faults().answer_as(id);
    }
    other
}

/// An operator points the connection `psa` there.
async fn point(app: &TestApp, psa: &Psa) {
    for (endpoint, url) in psa.connection("psa").endpoints {
        app.tenant.connection_grant(&connection("psa"), &endpoint, Some(&url), &[]).await.expect("granted");
    }
}

fn held<T: std::fmt::Debug>(result: Result<T, Error>, one: &str, other: &str) {
    match result {
        Err(error @ Error::Held { .. }) => {
            let told = told(&error);
            assert!(told.contains(one) && told.contains(other) && told.contains("--same"), "{told}");
        }
        other => panic!("not held: {other:?}"),
    }
}

async fn journal(app: &TestApp, event: &str) -> Vec<String> {
    let entries = app.tenant.journal(&JournalFilter::default()).await.expect("a journal");
    entries.into_iter().filter(|entry| entry.event.as_str() == event).map(|entry| entry.message.english()).collect()
}

fn changes(plan: &PlanReport) -> u32 {
    plan.plan.totals.iter().map(|total| total.changes).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_pointed_at_another_database_writes_nothing_there() {
    for pair in PAIRS {
        let (app, rmm, psa) = in_step(pair).await;
        rmm.rename_device(&rmm.device("WS-001").id, "WS-RENAMED");
        let open = app.plan().await;
        assert!(changes(&open) > 0, "{pair:?}");
        let run = app.tenant.run(&sync(), &NoProgress).await.expect("a run").applied.expect("applied").run.id;
        rmm.rename_device(&rmm.device("WS-002").id, "WS-RENAMED-TOO");
        let open = app.plan().await;
        let (before, other) = (psa.canonical_state(), another(Some("99999")));
        let there = other.canonical_state();
        point(&app, &other).await;
        held(app.tenant.run(&sync(), &NoProgress).await, "99999", "30595");
        held(app.tenant.plan(&sync(), &NoProgress).await, "99999", "30595");
        held(app.tenant.plan_stored(&sync(), &NoProgress).await, "99999", "30595");
        held(app.try_apply(&open).await, "99999", "30595");
        held(app.tenant.alerts_run(&sync(), &NoProgress).await, "99999", "30595");
        held(app.tenant.undo(run, &UndoOptions::default(), &NoProgress).await, "99999", "30595");
        let device = rmm.device("C-001").id;
        held(app.tenant.refresh(&sync(), Kind::Asset, &device, &NoProgress).await, "99999", "30595");
        assert_eq!((other.counts().writes, &other.canonical_state()), (0, &there), "{pair:?}");
        assert_eq!(app.tenant.run_list(Some(&sync()), 1).await.expect("runs")[0].status, RunStatus::Held);
        assert_eq!(journal(&app, "account-other").await.len(), 1, "{pair:?}: it is told once");
        let view = app.tenant.connection_show(&connection("psa")).await.expect("a connection");
        assert_eq!(view.account.and_then(|known| known.other?.id).as_deref(), Some("99999"));
        // Pointed back, it goes on by itself.
        point(&app, &psa).await;
        app.tenant.run(&sync(), &NoProgress).await.expect("it answers as before");
        assert_eq!(journal(&app, "account-back").await.len(), 1);
        assert_ne!(psa.canonical_state(), before, "{pair:?}");
        assert!(psa.items().iter().any(|item| item.name == "WS-RENAMED-TOO"), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_says_that_both_accounts_are_the_same_and_older_plans_are_void() {
    let (app, rmm, psa) = in_step(PAIRS[1]).await;
    rmm.rename_device(&rmm.device("WS-001").id, "WS-RENAMED");
    let open = app.plan().await;
    psa.faults().answer_as("99999");
    let checked = app.tenant.connection_check(&connection("psa")).await.expect("it answers");
    assert!(matches!(checked.standing, Standing::Other { .. }), "{checked:?}");
    let unsaid = app.tenant.connection_same(&connection("psa"), " ").await;
    assert!(unsaid.is_err(), "a reason is wanted");
    app.clock.advance_ms(1000);
    let said = app.tenant.connection_same(&connection("psa"), "the vendor moved our database").await.expect("said");
    assert!(matches!(said.standing, Standing::Changed { .. }), "{said:?}");
    let entries = journal(&app, "account-same").await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    for part in ["psa", "99999", "30595", "the vendor moved our database"] {
        assert!(entry.contains(part), "{entry}");
    }
    app.clock.advance_ms(1000);
    let void = app.try_apply(&open).await.expect_err("made for the account before");
    assert!(void.said().english().contains("went over to another account"), "{void}");
    let plan = app.plan().await;
    assert_eq!(changes(&plan), changes(&open));
    app.apply(&plan).await;
    assert!(psa.items().iter().any(|item| item.name == "WS-RENAMED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_answers_as_another_account_retires_and_creates_nothing() {
    for pair in PAIRS {
        let (app, rmm, psa) = in_step(pair).await;
        let before = psa.canonical_state();
        // Behind the same address and login: nothing of the connection was changed here.
        rmm.faults().answer_as("other-account");
        for device in rmm.devices().iter().take(3) {
            rmm.remove_device(&device.id);
        }
        app.clock.advance_ms(25 * HOUR_MS);
        held(app.tenant.run(&sync(), &NoProgress).await, "other-account", "Simulated MSP");
        assert_eq!(psa.canonical_state(), before, "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_of_the_same_account_holds_nothing() {
    let (app, _rmm, psa) = in_step(PAIRS[0]).await;
    let moved = another(None);
    point(&app, &moved).await;
    let checked = app.tenant.connection_check(&connection("psa")).await.expect("it answers");
    assert_eq!(checked.standing, Standing::Same);
    point(&app, &psa).await;
    app.plan().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_in_no_sync_goes_over_to_what_it_tells() {
    let (first, second) = (another(None), another(Some("99999")));
    let app = TestApp::start().await;
    app.engine.plugin_add(&crate::harness::component("autotask")).await.expect("a plugin");
    app.add(first.connection("psa")).await;
    let check = || async { app.tenant.connection_check(&connection("psa")).await.expect("it answers").standing };
    assert_eq!(check().await, Standing::Kept);
    assert_eq!(check().await, Standing::Same);
    point(&app, &second).await;
    assert!(matches!(check().await, Standing::Changed { .. }));
    assert_eq!(check().await, Standing::Same);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_asked_for_once_a_day_and_after_a_change_not_with_each_run() {
    let (app, _rmm, psa) = in_step(PAIRS[0]).await;
    let discoveries = |psa: &Psa| -> u64 {
        psa.counts()
            .by
            .iter()
            .filter(|((_, entity), _)| entity.to_lowercase().contains("zoneinformation"))
            .map(|(_, n)| n)
            .sum()
    };
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    psa.reset_counts();
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    app.tenant.alerts_run(&sync(), &NoProgress).await.expect("a poll");
    assert_eq!(discoveries(&psa), 0);
    let secrets = psa.connection("psa").secrets;
    app.tenant
        .connection_set(&connection("psa"), &Default::default(), &secrets, &Default::default())
        .await
        .expect("set");
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    assert_eq!(discoveries(&psa), 1, "another secret may be of another account");
    app.clock.advance_ms(25 * HOUR_MS);
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    assert_eq!(discoveries(&psa), 2, "a day later");
}

#[tokio::test]
async fn licences_of_another_partner_change_no_invoice() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    for gone in &customers[1..] {
        assert!(licences.vendor.remove_tenant(&gone.tenant.id));
    }
    let own = licences.vendor.partner_id();
    let before = licences.psa.canonical_state();
    // Behind the same address and login: nothing of the connection was changed here.
    licences.vendor.faults().answer_as("00000000-another-partner");
    next_day(&app);
    app.clock.advance_ms(HOUR_MS);
    held(app.tenant.run(&sync(), &NoProgress).await, "00000000-another-partner", &own);
    let choice = UsageChoice { line: LineKey::new(&one.tenant.id, &product), quantity: None, effective: None };
    held(app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await, "00000000-another-partner", &own);
    held(
        app.tenant.customer_refresh(&sync(), std::slice::from_ref(&one.tenant.id), &NoProgress).await,
        "00000000-another-partner",
        &own,
    );
    assert_eq!(licences.psa.canonical_state(), before);
    licences.vendor.faults().answer_as(&own);
    app.apply(&app.plan().await).await;
    assert_eq!(line(&app, &one.tenant.id, &product).await.has, Some(quantity + 1), "it answers as before");
}

#[tokio::test]
async fn an_approval_writes_nothing_into_another_database() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    next_day(&app);
    let open = app.plan().await;
    let (before, adjustments) = (licences.psa.canonical_state(), licences.psa.adjustments().len());
    licences.psa.faults().answer_as("99999");
    app.clock.advance_ms(25 * HOUR_MS);
    let approve = async || {
        let choice = UsageChoice { line: LineKey::new(&one.tenant.id, &product), quantity: None, effective: None };
        app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await
    };
    held(approve().await, "99999", "30595");
    held(app.try_apply(&open).await, "99999", "30595");
    held(app.tenant.run(&sync(), &NoProgress).await, "99999", "30595");
    assert_eq!((licences.psa.adjustments().len(), licences.psa.canonical_state()), (adjustments, before));
    licences.psa.faults().answer_as("30595");
    let plan = approve().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    app.apply(&plan).await;
    assert_eq!(licences.psa.adjustments().len(), adjustments + 1);
    assert_eq!(line(&app, &one.tenant.id, &product).await.has, Some(quantity + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uncertain_write_is_neither_looked_up_nor_settled_in_another_database() {
    let (app, rmm, psa) = in_step(PAIRS[0]).await;
    let Rmm::Pulseway(sim) = &rmm else { panic!("another vendor") };
    sim.add_organisation("Brand New Ltd");
    app.plan().await;
    app.decide().await;
    let plan = app.plan().await;
    psa.faults().set("drop-connection", "next:1,writes").expect("a fault");
    app.apply(&plan).await;
    psa.faults().clear();
    let open = app.uncertain().await;
    assert_eq!(open.len(), 1, "{open:?}");
    let other = another(Some("99999"));
    point(&app, &other).await;
    app.clock.advance_ms(25 * HOUR_MS);
    let settle = async |found: Found| {
        let change = open[0].change.parse().expect("a change");
        app.tenant.uncertain_settle(change, &found, "looked at it").await
    };
    held(app.tenant.run(&sync(), &NoProgress).await, "99999", "30595");
    held(app.try_apply(&plan).await, "99999", "30595");
    held(settle(Found::Written("1".to_owned())).await, "99999", "30595");
    held(settle(Found::NotWritten).await, "99999", "30595");
    // Who it is was asked, and no more: each such question looks at the own company once.
    let asked = |part: &str| -> u64 {
        other.counts().by.iter().filter(|((_, entity), _)| entity.to_lowercase().contains(part)).map(|(_, n)| n).sum()
    };
    assert_eq!((asked("companies"), other.counts().writes), (asked("threshold"), 0), "{:?}", other.counts());
    assert_eq!(app.uncertain().await.len(), 1, "it stays as it is");
    point(&app, &psa).await;
    app.bring_in_step().await;
    assert!(app.uncertain().await.is_empty() && psa.duplicates().is_empty());
    assert_eq!(app.linked(Kind::Customer).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_tells_no_id_of_its_account_is_known_by_its_name() {
    let (app, rmm, psa) = in_step(("pulseway-rmm", "pulseway-psa")).await;
    let existing = Existing::by_hand().account("Fabrikam").account("Northwind").build();
    let other = Psa::start("pulseway-psa", &existing);
    let Psa::Bms(sim) = &other else { panic!("another vendor") };
    for row in sim.accounts() {
        assert!(sim.edit("accounts", row["id"].as_i64().expect("an id"), "tenantName", &json!("Sandbox MSP")));
    }
    let there = other.canonical_state();
    rmm.rename_device(&rmm.device("WS-001").id, "WS-RENAMED");
    let open = app.plan().await;
    point(&app, &other).await;
    held(app.tenant.run(&sync(), &NoProgress).await, "Sandbox MSP", "Simulated MSP");
    held(app.try_apply(&open).await, "Sandbox MSP", "Simulated MSP");
    assert_eq!((other.counts().writes, other.canonical_state()), (0, there));
    // One that is empty tells no name, and is not taken for the known one.
    let empty = Psa::start("pulseway-psa", &Existing::default());
    let Psa::Bms(sim) = &empty else { panic!("another vendor") };
    for row in sim.accounts() {
        assert!(sim.delete("accounts", row["id"].as_i64().expect("an id")));
    }
    point(&app, &empty).await;
    held(app.tenant.run(&sync(), &NoProgress).await, "without name and id", "Simulated MSP");
    assert_eq!(empty.counts().writes, 0);
    point(&app, &psa).await;
    app.tenant.run(&sync(), &NoProgress).await.expect("it answers as before");
    assert!(psa.items().iter().any(|item| item.name == "WS-RENAMED"));
}
