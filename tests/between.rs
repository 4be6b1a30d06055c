//! What happens between a plan and its write: a technician's value, at the vendor's own connector, whatever the
//! host read a moment ago. And what rests on a write without a reply: the other half of a move, the undo of a run.
//!
//! Writes without a reply by themselves are in `uncertain`, plans older than what they speak of in `stale`.

use crate::billing::{
    DAY_MS, Known, assert_nothing_to_do, billing, line, map_product, messages, next_day, number, spare_service, units,
};
use crate::harness::licences::Licences;
use crate::harness::pair::{Psa, Rmm};
use crate::harness::{TestApp, sync, told};
use crosswalk::engine::{
    ChangeFilter, ChangeStatus, NoProgress, PlanReport, Release, UndoOptions, UsageChoice, UsageState,
};
use crosswalk::model::{Action, Brake, Kind, LineKey, RunStatus, SyncRules};
use crosswalk_say::English;
use crosswalk_sims::{Existing, World};
use jiff::civil::Date;
use serde_json::json;
use std::time::Duration;

const QUIET_MS: i64 = 15 * 60_000;

fn small() -> World {
    World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").customer("Contoso").device("PC-2", "SN-2").build()
}

async fn in_step(psa: &str) -> (TestApp, Rmm, Psa) {
    let (rmm, psa) = (Rmm::start("pulseway-rmm", &small()), Psa::start(psa, &Existing::default()));
    let app = TestApp::start().await;
    app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
    app.bring_in_step().await;
    (app, rmm, psa)
}

/// The changes of a plan that became stale, with why.
async fn stale(app: &TestApp, plan: &PlanReport) -> Vec<(String, String)> {
    let filter = ChangeFilter { status: Some(ChangeStatus::Stale), ..ChangeFilter::default() };
    let views = app.tenant.plan_changes(plan.plan.id, &filter, 0, 100).await.expect("changes");
    views.into_iter().map(|view| (view.change.source, view.message.english())).collect()
}

/// What assets are called at both vendors: the path they are written at, and their table.
fn table(psa: &Psa) -> (&'static str, &'static str) {
    match psa {
        Psa::Autotask(_) => ("ConfigurationItems", "ConfigurationItems"),
        Psa::Bms(_) => ("hardwareasset", "assets"),
    }
}

/// A technician gives an item another name.
fn call(psa: &Psa, item: &str, name: &str) {
    let (id, (_, table), field) = (item.parse().expect("a number"), table(psa), psa.title_field());
    assert!(match psa {
        Psa::Autotask(sim) => sim.edit(table, id, field, &json!(name)),
        Psa::Bms(sim) => sim.edit(table, id, field, &json!(name)),
    });
}

fn name_of(psa: &Psa, item: &str) -> String {
    psa.items().into_iter().find(|one| one.id == item).expect("an item").name
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_technician_gives_before_ours_is_read_back_is_theirs() {
    for psa in ["autotask", "pulseway-psa"] {
        let (app, rmm, psa) = in_step(psa).await;
        let device = rmm.device("PC-1").id;
        let item = app.link_target(Kind::Asset, &device).await.expect("an item");
        rmm.rename_device(&device, "BY-THE-RMM");
        let plan = app.plan().await;
        // It is written at once, and the reply is late: time enough for a technician.
        psa.faults().set("slow-write", &format!("next:1,ms:1500,early,path:{}", table(&psa).0)).expect("a fault");
        let applying = {
            let (tenant, plan) = (app.tenant.clone(), plan.plan.id);
            let options = crosswalk::engine::ApplyOptions { release: Release::All, ..Default::default() };
            tokio::spawn(async move { tenant.apply(plan, &options, &NoProgress).await })
        };
        while name_of(&psa, &item) != "BY-THE-RMM" {
            assert!(!applying.is_finished(), "it was never written");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        call(&psa, &item, "Reception");
        let run = applying.await.expect("it ends").unwrap_or_else(|error| panic!("{}", told(&error))).run.id;
        psa.faults().clear();
        let trace = app.tenant.why(&sync(), Kind::Asset, &device).await.expect("a trace");
        let said = "somebody else set name to `Reception` before it was read back";
        assert!(trace.journal.iter().any(|entry| entry.message.english().contains(said)), "{:?}", trace.journal);
        // Neither the next change of the source nor an undo writes over it.
        rmm.rename_device(&device, "AGAIN-BY-THE-RMM");
        app.apply(&app.plan().await).await;
        assert_eq!(name_of(&psa, &item), "Reception");
        let undo = app.tenant.undo(run, &UndoOptions::default(), &NoProgress).await.expect("an undo");
        app.apply(&undo).await;
        assert_eq!(name_of(&psa, &item), "Reception");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_a_technician_gave_before_a_create_was_found_is_theirs() {
    // At a vendor that keeps the host's key, by which it is found under any name.
    let (app, rmm, psa) = in_step("autotask").await;
    let Rmm::Pulseway(sim) = &rmm else { unreachable!() };
    let mut new = sim.devices()[0].clone();
    new.id = "0b6a4c1e-0000-4000-8000-000000000001".to_owned();
    (new.name, new.serial, new.mac) = ("PC-3".to_owned(), Some("SN-3".to_owned()), "A4:BB:6D:00:00:01".to_owned());
    assert!(sim.add_device(new.clone()));
    let plan = app.plan().await;
    psa.faults().set("lost-reply", &format!("next:1,path:{}", table(&psa).0)).expect("a fault");
    psa.faults().set("stale-reads", "ms:600000").expect("a fault");
    assert_eq!(app.apply(&plan).await.run.counts.uncertain, 1);
    psa.faults().clear();
    let item = psa.items().into_iter().find(|item| item.name == "PC-3").expect("it was made").id;
    call(&psa, &item, "Reception");
    app.clock.advance_ms(QUIET_MS);
    app.apply(&app.plan().await).await;
    assert_eq!(app.link_target(Kind::Asset, &new.id).await.as_ref(), Some(&item));
    rmm.rename_device(&new.id, "BY-THE-RMM");
    app.apply(&app.plan().await).await;
    assert_eq!((name_of(&psa, &item).as_str(), psa.items().len()), ("Reception", 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technicians_name_given_right_after_the_plan_is_not_written_over() {
    let (app, rmm, psa) = in_step("pulseway-psa").await;
    let Psa::Bms(sim) = &psa else { unreachable!() };
    let device = rmm.device("PC-1");
    let item: i64 = app.link_target(Kind::Asset, &device.id).await.expect("an item").parse().expect("a number");
    rmm.rename_device(&device.id, "BY-THE-RMM");
    rmm.rename_device(&rmm.device("PC-2").id, "ALSO-BY-THE-RMM");
    let plan = app.plan().await;
    assert!(sim.edit("assets", item, "name", &json!("Reception")));
    // The host takes what it read a moment ago for good; the connector asks the vendor.
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (1, 1), "the other is written: {report:?}");
    let why = stale(&app, &plan).await;
    assert!(why[0].0 == device.id && why[0].1.contains("Reception"), "{why:?}");
    let names: Vec<String> = psa.items().into_iter().map(|item| item.name).collect();
    assert!(names.contains(&"Reception".to_owned()) && names.contains(&"ALSO-BY-THE-RMM".to_owned()), "{names:?}");
    // From now on it is a person's edit.
    let again = app.plan().await;
    app.apply(&again).await;
    assert!(psa.items().iter().any(|item| item.name == "Reception"), "{:?}", psa.items());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_is_not_made_on_a_number_that_a_technician_just_changed() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let target = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let approve = async |to: i64| {
        licences.vendor.set_quantity(&one.tenant.id, &product, to);
        app.plan().await;
        let choice = UsageChoice { line: LineKey::new(&one.tenant.id, &product), quantity: None, effective: None };
        app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)))
    };
    // How often the vendor is asked for units until the adjustment is made, in all.
    next_day(&app);
    let plan = approve(quantity + 1).await;
    let faults = licences.psa.faults().clone();
    let path = "path:ContractServiceUnits,reads";
    faults.set("slow", &format!("always,ms:0,{path}")).expect("a fault");
    app.apply(&plan).await;
    let asked = faults.fired("slow");
    faults.clear();
    assert!(asked > 1, "by the host, by the connector: {asked}");

    let mut said = Vec::new();
    for at in 0..asked {
        let day = next_day(&app);
        let before = units(&licences, day)[&target];
        let plan = approve(before + 1).await;
        faults.set("slow", &format!("after:{at},next:1,ms:1500,{path}")).expect("a fault");
        let applying = {
            let (tenant, plan) = (app.tenant.clone(), plan.plan.id);
            let options = crosswalk::engine::ApplyOptions { release: Release::All, ..Default::default() };
            tokio::spawn(async move { tenant.apply(plan, &options, &NoProgress).await })
        };
        while faults.fired("slow") == 0 {
            assert!(!applying.is_finished(), "it asked {at} times");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // The answer is not given yet; it will say what the technician made of it.
        let taken = licences.psa.adjust_units(target, 40, &day.to_string());
        let report = applying.await.expect("it ends").unwrap_or_else(|error| panic!("{}", told(&error)));
        faults.clear();
        said.extend(report.failures.iter().map(|(_, why)| format!("{at}: {}", why.english())));
        let now = units(&licences, day)[&target];
        if taken.is_ok() {
            assert_eq!((now, report.run.counts.done), (before + 40, 0), "asked {at} times: {report:?}");
            assert!(report.run.counts.stale > 0 || !report.failures.is_empty(), "{report:?}");
        }
        app.plan().await;
        let held = line(&app, &one.tenant.id, &product).await;
        assert!(taken.is_err() || held.brakes.iter().any(|brake| brake.brake == Brake::Edited), "{at}: {held:?}");
        licences.vendor.set_quantity(&one.tenant.id, &product, now);
        app.apply(&app.plan().await).await;
    }
    assert!(said.iter().any(|why| why.contains("the field quantity was changed")), "{said:#?}");
}

/// What both lines of a move have on a day.
fn sum(licences: &Licences, day: Date, lines: &[i64]) -> i64 {
    let all = units(licences, day);
    lines.iter().filter_map(|line| all.get(line)).sum()
}

/// A customer with a product that no other has: only its line moves with the product.
fn alone(licences: &Licences, customers: &[Known]) -> (Known, String, i64) {
    let all = customers.iter().flat_map(|one| {
        licences.billed(&one.tenant.id).into_iter().map(move |(product, quantity)| (one, product, quantity))
    });
    let all: Vec<_> = all.collect();
    let alone = all.iter().find(|(_, product, _)| all.iter().filter(|(_, other, _)| other == product).count() == 1);
    let (one, product, quantity) = alone.expect("a product of one customer alone");
    ((*one).clone(), product.clone(), *quantity)
}

/// A product that goes to another service, whose old line is taken off without a reply that is believed.
async fn half_moved() -> (Licences, TestApp, Known, String, i64, i64) {
    let (licences, app, customers) = billing(4).await;
    let (one, product, quantity) = alone(&licences, &customers);
    let old = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let (service, _) = spare_service(&app, &licences).await;
    map_product(&app, &product, &service).await;
    next_day(&app);
    let plan = app.plan().await;
    let faults = licences.psa.faults();
    faults.set("lost-reply", "next:1").expect("a fault");
    faults.set("stale-reads", "ms:600000").expect("a fault");
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.uncertain, report.run.counts.done), (1, 0), "{report:?}");
    assert!(
        report.failures.iter().any(|(_, why)| why.english().starts_with("it waits: an earlier write")),
        "{:?}",
        report.failures
    );
    (licences, app, one, product, old, quantity)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_half_of_a_move_follows_a_first_half_without_a_reply_once_and_for_the_same_day() {
    for days_later in [0, 1] {
        let (licences, app, one, product, old, quantity) = half_moved().await;
        let day = app.today();
        // While nobody knows, nothing is billed beside it.
        app.apply(&app.plan().await).await;
        assert_eq!(app.uncertain().await.len(), 1);
        licences.psa.faults().clear();
        app.clock.advance_ms(QUIET_MS + days_later * DAY_MS);
        for _ in 0..3 {
            app.apply(&app.plan().await).await;
            app.clock.advance_ms(QUIET_MS);
        }
        assert!(app.uncertain().await.is_empty());
        let now = line(&app, &one.tenant.id, &product).await;
        let new = number(now.line.as_deref().expect("a line"));
        assert!(new != old && now.state == UsageState::InStep, "{now:?}");
        let before = day.yesterday().expect("a day");
        assert_eq!(units(&licences, before)[&old], quantity);
        for day in [before, day, day.tomorrow().expect("a day"), app.today()] {
            assert_eq!(sum(&licences, day, &[old, new]), quantity, "{day}: neither twice nor lost");
        }
        next_day(&app);
        assert_nothing_to_do(&app.plan().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_half_of_a_move_waits_while_the_first_was_never_written() {
    let (licences, app, customers) = billing(4).await;
    let (one, product, quantity) = alone(&licences, &customers);
    let old = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let (service, _) = spare_service(&app, &licences).await;
    map_product(&app, &product, &service).await;
    let day = next_day(&app);
    let plan = app.plan().await;
    licences.psa.faults().set("drop-connection", "next:1,writes").expect("a fault");
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.uncertain, report.run.counts.done), (1, 0), "{report:?}");
    for _ in 0..3 {
        app.clock.advance_ms(QUIET_MS);
        app.apply(&app.plan().await).await;
    }
    let all: i64 = units(&licences, day).values().sum();
    let open = app.uncertain().await.remove(0);
    let settled = app.tenant.uncertain_settle(
        open.change.parse().expect("a change"),
        &crosswalk::engine::Found::NotWritten,
        "the line has its number still",
    );
    settled.await.unwrap_or_else(|error| panic!("{}", told(&error)));
    app.apply(&app.plan().await).await;
    let now = line(&app, &one.tenant.id, &product).await;
    let new = number(now.line.as_deref().expect("a line"));
    assert!(new != old && now.state == UsageState::InStep, "{now:?}");
    assert_eq!(sum(&licences, day, &[old, new]), quantity);
    assert_eq!(units(&licences, day).values().sum::<i64>(), all, "and nothing beside it");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_leaves_out_what_nobody_knows_the_outcome_of_and_says_so() {
    for psa in ["autotask", "pulseway-psa"] {
        let (app, rmm, psa_) = in_step(psa).await;
        let (one, other) = (rmm.device("PC-1"), rmm.device("PC-2"));
        for (device, name) in [(&one, "ONE"), (&other, "OTHER")] {
            rmm.rename_device(&device.id, name);
        }
        let first = app.apply(&app.plan().await).await;
        assert_eq!(first.run.counts.done, 2, "{psa}: {first:?}");
        // A later write of one of them has no reply, and reads lag behind.
        rmm.rename_device(&one.id, "ONE-AGAIN");
        let plan = app.plan().await;
        psa_.faults().set("stale-reads", "ms:600000").expect("a fault");
        psa_.faults().set("lost-reply", "always").expect("a fault");
        let second = app.apply(&plan).await;
        psa_.faults().set("lost-reply", "off").expect("a fault");
        assert_eq!(second.run.counts.uncertain, 1, "{psa}: {second:?}");

        for run in [&first.run, &second.run] {
            let undone = app.tenant.undo(run.id, &UndoOptions::default(), &NoProgress).await;
            let undone = undone.unwrap_or_else(|error| panic!("{psa}: {}", told(&error)));
            let told = undone
                .findings
                .iter()
                .filter(|found| found.source == one.id && found.message.english().contains("is not undone"));
            let told: Vec<_> = told.collect();
            assert_eq!(told.len(), 1, "{psa}: {}", messages(&undone));
            assert!(told[0].message.english().contains("crosswalk uncertain list"), "{psa}: {}", messages(&undone));
            let planned = app.tenant.plan_changes(undone.plan.id, &ChangeFilter::default(), 0, 9).await.expect("it");
            assert!(planned.iter().all(|view| view.change.source != one.id), "{psa}: {planned:?}");
            let wanted = usize::from(run.id == first.run.id);
            assert_eq!(planned.len(), wanted, "{psa}: the rest is undone");
        }
        // When it is known the rest is undone.
        psa_.faults().clear();
        app.clock.advance_ms(2 * QUIET_MS);
        let undone = app.tenant.undo(second.run.id, &UndoOptions::default(), &NoProgress).await.expect("a plan");
        let report = app.apply(&undone).await;
        assert_eq!((report.run.status, report.run.counts.done), (RunStatus::Succeeded, 1), "{psa}: {report:?}");
        assert!(undone.plan.totals.iter().all(|total| total.action == Action::Update), "{:?}", undone.plan.totals);
        assert!(psa_.items().iter().any(|item| item.name == "ONE"), "{psa}: {:?}", psa_.items());
    }
}
