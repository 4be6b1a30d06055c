//! What happened between a plan and its application: a technician's edit, a colleague's company, a device that came
//! back, an account that was retired, an operator's own link. Nothing of it is undone by an older plan.

use crate::harness::pair::{Psa, Rmm};
use crate::harness::{TestApp, Vendors, sync, told};
use crosswalk::engine::{ChangeFilter, Decision, PlanReport};
use crosswalk::model::{Action, Kind, LinkState, ReverseDecision, SyncRules};
use crosswalk::store::ChangeStatus;
use crosswalk_say::English;
use crosswalk_sims::{Size, World};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

async fn in_step(organisations: usize, sites: usize, devices: usize) -> (Vendors, TestApp) {
    let vendors = Vendors::start(organisations, sites, devices, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    (vendors, app)
}

fn row(rows: Vec<Value>, id: i64) -> Value {
    rows.into_iter().find(|row| row["id"] == id).unwrap()
}

/// Why changes of a plan were refused, by action and source.
async fn refused(app: &TestApp, plan: &PlanReport) -> Vec<(Action, String, String)> {
    let filter = ChangeFilter { status: Some(ChangeStatus::Stale), ..ChangeFilter::default() };
    let views = app.tenant.plan_changes(plan.plan.id, &filter, 0, 100).await.unwrap();
    views.into_iter().map(|view| (view.change.action, view.change.source, view.message.english())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technicians_rename_two_minutes_after_the_plan_is_not_overwritten() {
    let (vendors, app) = in_step(2, 2, 8).await;
    let device = vendors.rmm.devices()[3].id.clone();
    let id = app.target_of(Kind::Asset, &device).await.unwrap();
    vendors.rmm.rename_device(&device, "BY-THE-RMM");
    let plan = app.plan().await;
    assert!(vendors.psa.edit("ConfigurationItems", id, "referenceTitle", &json!("Reception (do not touch)")));
    app.clock.advance_ms(2 * MINUTE_MS);
    app.try_apply(&plan).await.unwrap();
    assert_eq!(row(vendors.psa.configuration_items(), id)["referenceTitle"], "Reception (do not touch)");
    let why = refused(&app, &plan).await;
    assert_eq!(why, [(Action::Update, device, "name was changed in the target since the plan".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_apply_right_after_its_plan_reads_nothing_once_more() {
    let (vendors, app) = in_step(2, 2, 20).await;
    let reads = async |wait: i64| {
        for (at, device) in vendors.rmm.devices().iter().enumerate() {
            vendors.rmm.rename_device(&device.id, &format!("RENAMED-{wait}-{at}"));
        }
        vendors.rmm.add_organisation(&format!("Brand New {wait} Ltd"));
        let plan = app.plan().await;
        app.clock.advance_ms(wait);
        vendors.psa.reset_counts();
        app.apply(&plan).await;
        assert_eq!(refused(&app, &plan).await, []);
        vendors.psa.counts().reads
    };
    let (at_once, later) = (reads(0).await, reads(2 * MINUTE_MS).await);
    assert!(at_once < later, "what is read back alone, then what is old as well: {at_once}, {later}");
    assert!(later <= at_once + 3, "one more call for each batch, however many records: {at_once}, {later}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_plan_is_superseded_as_a_whole_by_one_that_says_something_else() {
    let (vendors, app) = in_step(2, 2, 8).await;
    let devices = vendors.rmm.devices();
    vendors.rmm.rename_device(&devices[0].id, "FIRST");
    let (old, same) = (app.plan().await, app.plan().await);
    assert_eq!(old.plan.hash, same.plan.hash);
    vendors.rmm.rename_device(&devices[1].id, "SECOND");
    let new = app.plan().await;
    vendors.psa.reset_counts();
    let said = told(&app.try_apply(&old).await.unwrap_err());
    assert!(said.starts_with(&format!("plan {} is superseded by plan {}", old.plan.id, new.plan.id)), "{said}");
    assert!(said.contains(&format!("crosswalk apply {}", new.plan.id)), "{said}");
    assert_eq!(vendors.psa.counts().writes, 0);
    app.apply(&new).await;

    // One that says the same supersedes nothing: who looked at the first one may apply it.
    vendors.rmm.rename_device(&devices[2].id, "THIRD");
    let first = app.plan().await;
    app.plan().await;
    app.apply(&first).await;
    let id = app.target_of(Kind::Asset, &devices[2].id).await.unwrap();
    assert_eq!(row(vendors.psa.configuration_items(), id)["referenceTitle"], "THIRD");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_came_back_since_the_plan_is_not_retired() {
    let (vendors, app) = in_step(2, 2, 8).await;
    let device = vendors.rmm.devices()[3].clone();
    let id = app.target_of(Kind::Asset, &device.id).await.unwrap();
    assert!(vendors.rmm.remove_device(&device.id));
    app.plan().await;
    app.clock.advance_ms(4 * DAY_MS);
    let plan = app.plan().await;
    assert_eq!(plan.plan.totals.len(), 1, "{:?}", plan.plan.totals);
    assert!(vendors.rmm.add_device(device.clone()));
    app.clock.advance_ms(2 * MINUTE_MS);
    app.try_apply(&plan).await.unwrap();
    assert_eq!(row(vendors.psa.configuration_items(), id)["isActive"], json!(true));
    let why = refused(&app, &plan).await;
    assert_eq!(why, [(Action::Deactivate, device.id, "it is back in the source".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_a_colleague_made_since_the_plan_is_not_made_again() {
    for psa in ["autotask", "pulseway-psa"] {
        let world = World::generate(Size::new(2, 2, 8), 11);
        let (rmm, psa) = (Rmm::start("pulseway-rmm", &world), Psa::start(psa, &Default::default()));
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
        app.bring_in_step().await;
        let Rmm::Pulseway(source) = &rmm else { panic!() };
        let names = ["Zephyr Robotics", "Quokka Ceramics"];
        let [taken, new] = names.map(|name| source.add_organisation(name).to_string());
        let plan = app.plan().await;
        match &psa {
            Psa::Autotask(sim) => sim.add_company(names[0]),
            Psa::Bms(sim) => sim.add_account(names[0]),
        };
        app.clock.advance_ms(2 * MINUTE_MS);
        app.try_apply(&plan).await.unwrap();
        let why = refused(&app, &plan).await;
        let [(Action::Create, source, message)] = why.as_slice() else { panic!("{why:?}") };
        assert_eq!(*source, taken);
        assert!(message.contains("was made or changed in `psa` since"), "{message}");
        let made = match &psa {
            Psa::Autotask(sim) => sim.companies(),
            Psa::Bms(sim) => sim.accounts(),
        };
        for name in names {
            assert_eq!(made.iter().filter(|row| row[psa.company_field()] == name).count(), 1, "{name}");
        }
        assert!(app.link_target(Kind::Customer, &new).await.is_some(), "the other one is made");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_somebody_made_since_the_plan_is_not_made_again_for_its_account() {
    let vendors = Vendors::start(2, 2, 8, 0.0);
    let app = TestApp::with(&vendors, SyncRules { reverse: true, ..SyncRules::default() }).await;
    app.plan().await;
    app.tenant.reverse_decide(&sync(), "0", Some(ReverseDecision::Exclude)).await.unwrap();
    app.bring_in_step().await;
    let account = vendors.psa.add_company("Zephyr Robotics").to_string();
    let plan = app.plan().await;
    vendors.rmm.add_organisation("Zephyr Robotics");
    app.clock.advance_ms(2 * MINUTE_MS);
    app.try_apply(&plan).await.unwrap();
    let of_name = |(_, name): &(i64, String)| name == "Zephyr Robotics";
    assert_eq!(vendors.rmm.organisations().iter().filter(|one| of_name(one)).count(), 1);
    let filter = ChangeFilter { status: Some(ChangeStatus::Stale), ..ChangeFilter::default() };
    let stale = app.tenant.plan_changes(plan.plan.id, &filter, 0, 10).await.unwrap().remove(0);
    assert_eq!((stale.change.action, stale.change.target), (Action::CreateSource, Some(account)));
    assert!(stale.message.english().contains("was made or changed in `rmm` since"), "{}", stale.message.english());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_whose_serial_a_colleague_typed_in_since_the_plan_is_not_made_again() {
    for psa in ["autotask", "pulseway-psa"] {
        let world = World::generate(Size::new(2, 2, 8), 11);
        let (rmm, psa) = (Rmm::start("pulseway-rmm", &world), Psa::start(psa, &Default::default()));
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
        app.bring_in_step().await;
        let Rmm::Pulseway(source) = &rmm else { panic!() };
        // An item that stands for nothing: its device is left out of the sync.
        let left_out = source.devices()[0].clone();
        let item = app.target_of(Kind::Asset, &left_out.id).await.unwrap();
        app.tenant.link_decide(&sync(), Kind::Asset, &left_out.id, &Decision::Exclude).await.unwrap();
        let mut new = left_out;
        new.id = "0b6a4c1e-0000-4000-8000-000000000001".to_owned();
        new.name = "NEW-01".to_owned();
        new.serial = Some("NEWSERIAL01".to_owned());
        new.mac = "A4:BB:6D:00:00:01".to_owned();
        assert!(source.add_device(new.clone()));
        let plan = app.plan().await;
        assert!(match &psa {
            Psa::Autotask(sim) => sim.edit("ConfigurationItems", item, "serialNumber", &json!("NEWSERIAL01")),
            Psa::Bms(sim) => sim.edit("assets", item, "serialNumber", &json!("NEWSERIAL01")),
        });
        let items = psa.items().len();
        app.clock.advance_ms(2 * MINUTE_MS);
        app.try_apply(&plan).await.unwrap();
        assert_eq!(psa.items().len(), items);
        let why = refused(&app, &plan).await;
        assert!(why.len() == 1 && why[0].1 == new.id && why[0].2.contains("same serial number"), "{why:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_in_an_account_that_a_person_retired() {
    let (vendors, app) = in_step(2, 2, 8).await;
    let template = vendors.rmm.devices()[0].clone();
    let add = |number: u32| {
        let mut device = template.clone();
        device.id = format!("0b6a4c1e-0000-4000-8000-00000000000{number}");
        device.name = format!("NEW-0{number}");
        device.serial = Some(format!("NEWSERIAL0{number}"));
        device.mac = format!("A4:BB:6D:00:00:0{number}");
        assert!(vendors.rmm.add_device(device));
    };
    let organisation = vendors.rmm.sites().into_iter().find(|(site, ..)| *site == template.site).unwrap().1.to_string();
    let account = app.target_of(Kind::Customer, &organisation).await.unwrap();
    let name = row(vendors.psa.companies(), account)["companyName"].as_str().unwrap().to_owned();
    add(1);
    let plan = app.plan().await;
    // Between plan and application …
    let items = vendors.psa.configuration_items().len();
    assert!(vendors.psa.edit("Companies", account, "isActive", &json!(false)));
    app.clock.advance_ms(2 * MINUTE_MS);
    app.try_apply(&plan).await.unwrap();
    assert_eq!(vendors.psa.configuration_items().len(), items);
    let why = refused(&app, &plan).await;
    assert!(why[0].2.contains(&format!("its account {account} (`{name}`) is not in use")), "{why:?}");
    // … and before it: held, with the account that took its place.
    let survivor = vendors.psa.add_company(&name);
    let plan = app.plan().await;
    let views = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 10).await.unwrap();
    let hold = views[0].change.held.as_ref().unwrap();
    assert_eq!((views[0].change.action, hold.words().as_str()), (Action::Create, "out-of-use"));
    assert!(
        hold.reason.english().contains(&format!("{survivor} in `psa` has that name and is in use")),
        "{}",
        hold.reason.english()
    );
    app.try_apply(&plan).await.unwrap();
    assert_eq!(vendors.psa.configuration_items().len(), items, "no release of brakes lets it go");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_linked_by_hand_to_the_survivor_of_a_merger_does_not_rename_it() {
    let (vendors, app) = in_step(2, 2, 8).await;
    let customer = vendors.rmm.organisations()[0].0;
    let merged = app.target_of(Kind::Customer, &customer.to_string()).await.unwrap();
    let survivor = vendors.psa.add_company("Umbrella Group");
    assert!(vendors.psa.edit("Companies", merged, "isActive", &json!(false)));
    app.plan().await;
    let decision = Decision::Link(survivor.to_string());
    app.tenant.link_decide(&sync(), Kind::Customer, &customer.to_string(), &decision).await.unwrap();
    let plan = app.plan().await;
    app.apply(&plan).await;
    assert_eq!(row(vendors.psa.companies(), survivor)["companyName"], "Umbrella Group");
    assert!(vendors.rmm.rename_organisation(customer, "Umbrella Holding"));
    let plan = app.plan().await;
    app.apply(&plan).await;
    assert_eq!(row(vendors.psa.companies(), survivor)["companyName"], "Umbrella Holding", "what the source says since");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_another_customers_account_is_a_question_also_after_the_link_is_forgotten() {
    let (vendors, app) = in_step(3, 3, 12).await;
    let device = vendors.rmm.devices()[0].id.clone();
    let id = app.target_of(Kind::Asset, &device).await.unwrap();
    let item = row(vendors.psa.configuration_items(), id);
    let companies = vendors.psa.companies();
    let other = companies.iter().find(|company| company["id"] != item["companyID"]).unwrap()["id"].clone();
    assert!(vendors.psa.edit("ConfigurationItems", id, "companyID", &other));
    app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Forget).await.unwrap();
    vendors.psa.reset_counts();
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    app.apply(&plan).await;
    assert_eq!(vendors.psa.counts().writes, 0);
    let why = app.tenant.why(&sync(), Kind::Asset, &device).await.unwrap();
    let link = why.link.unwrap();
    assert_eq!(link.state, LinkState::Conflict);
    assert!(link.reason.english().contains("of another account"), "{}", link.reason.english());
    // A person's word makes another.
    app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Create).await.unwrap();
    let plan = app.plan().await;
    app.apply(&plan).await;
    assert_ne!(app.target_of(Kind::Asset, &device).await, Some(id));
    assert_eq!(row(vendors.psa.configuration_items(), id)["isActive"], json!(true), "the one over there is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_does_not_link_a_second_device_to_what_an_operator_linked_meanwhile() {
    let vendors = Vendors::start(2, 2, 12, 1.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.plan().await;
    app.tenant.link_accept(&sync(), Kind::Customer, 0.0).await.unwrap();
    let plan = app.plan().await;
    let filter = ChangeFilter { kind: Some(Kind::Asset), action: Some(Action::Link), ..ChangeFilter::default() };
    let planned = app.tenant.plan_changes(plan.plan.id, &filter, 0, 100).await.unwrap();
    let pair = planned.iter().find_map(|one| {
        let other = planned
            .iter()
            .find(|other| other.change.customer == one.change.customer && other.change.source != one.change.source)?;
        Some((one.change.clone(), other.change.clone()))
    });
    let (one, other) = pair.expect("two devices of one customer that are in the PSA already");
    let target = one.target.clone().unwrap();
    app.tenant.link_decide(&sync(), Kind::Asset, &other.source, &Decision::Link(target.clone())).await.unwrap();
    app.try_apply(&plan).await.unwrap();
    let why = refused(&app, &plan).await;
    let mine = why.iter().find(|(action, source, _)| *action == Action::Link && *source == one.source).unwrap();
    assert_eq!(mine.2, format!("its target is now linked to {}", other.source));
    let linked = app.tenant.why(&sync(), Kind::Asset, &other.source).await.unwrap().link.unwrap();
    assert_eq!(linked.target, Some(target));
}
