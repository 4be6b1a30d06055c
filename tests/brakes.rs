//! The brakes: what changes at once at many customers is looked at by a person, and what is everyday goes on.

use crate::harness::pair::{Psa, Rmm, joined};
use crate::harness::{TestApp, automatic, planned, release, sync};
use crosswalk::engine::{ApplyOptions, ChangeFilter, NoProgress, PlanReport, Release};
use crosswalk::model::{Action, Actor, Cause, Event, Finding, Kind, Said};
use crosswalk::store::{JournalEntry, JournalFilter};
use crosswalk_say::English;
use crosswalk_sims::{Existing, World};
use serde_json::json;

const PAIR: (&str, &str) = ("datto-rmm", "autotask");
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

async fn started(customers: usize, devices: usize) -> (TestApp, Rmm, Psa) {
    let names = [
        "Acme",
        "Contoso",
        "Fabrikam",
        "Northwind",
        "Tailspin",
        "Litware",
        "Proseware",
        "Woodgrove",
        "Zenith",
        "Wingtip",
    ];
    let mut world = World::by_hand();
    for name in names.iter().take(customers) {
        world = world.customer(name).devices(name, devices);
    }
    let (app, rmm, psa) = joined(PAIR, &world.build(), &Existing::default(), automatic()).await;
    app.bring_in_step().await;
    (app, rmm, psa)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_devices_of_many_small_customers_are_not_retired_in_one_night() {
    let (app, rmm, psa) = started(6, 4).await;
    let gone: Vec<String> =
        rmm.devices().into_iter().filter(|one| !one.name.starts_with("Acme")).map(|one| one.id).collect();
    assert_eq!(rmm.remove_devices(gone.iter().map(String::as_str)), 20);
    app.plan().await;
    app.clock.advance_ms(10 * DAY_MS);
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Deactivate), (20, 20), "{:?}", run.plan.plan.totals);
    assert!(psa.items().iter().all(|item| item.active));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_device_here_and_there_is_retired_without_asking() {
    let (app, rmm, psa) = started(5, 8).await;
    for name in ["Acme-001", "Contoso-003"] {
        rmm.remove_devices([rmm.device(name).id.as_str()]);
    }
    app.plan().await;
    app.clock.advance_ms(10 * DAY_MS);
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Deactivate), (2, 0), "{:?}", run.plan.plan.totals);
    assert_eq!(psa.items().iter().filter(|item| !item.active).count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_makers_new_serial_numbers_wait_and_one_exchanged_board_does_not() {
    let (app, rmm, psa) = started(8, 9).await;
    let serials = |psa: &Psa| {
        let Psa::Autotask(sim) = psa else { unreachable!() };
        sim.configuration_items().iter().map(|row| row["serialNumber"].to_string()).collect::<Vec<_>>()
    };
    rmm.set_serial(&rmm.device("Acme-001").id, Some("PF3XK9Q2"));
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Update), (1, 0), "{:?}", run.plan.plan.totals);
    let before = serials(&psa);
    assert!(before.iter().any(|serial| serial.contains("PF3XK9Q2")));

    for (nth, device) in rmm.devices().into_iter().enumerate() {
        // Two of nine of a customer: below its own limit, far over the sync's.
        if ["-002", "-003"].iter().any(|end| device.name.ends_with(end)) {
            rmm.set_serial(&device.id, Some(&format!("CN0ABCDEFGH{nth:04}")));
        }
    }
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Update), (16, 16), "{:?}", run.plan.plan.totals);
    assert_eq!(serials(&psa), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_is_not_over_until_a_whole_plan_of_the_kind_was_let_go() {
    let world = World::by_hand().customer("Acme").devices("A", 3).customer("Contoso").devices("C", 3).build();
    let (app, rmm, psa) = joined(PAIR, &world, &Existing::default(), automatic()).await;
    let plan = app.plan().await;
    let one = rmm.device("A-001").customer;
    let part = ApplyOptions { release: Release::All, customer: Some(one), ..ApplyOptions::default() };
    app.tenant.apply(plan.plan.id, &part, &NoProgress).await.unwrap();
    assert_eq!(psa.items().len(), 3);
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Create), (3, 3), "one customer's yes is not everybody's");
    assert_eq!(psa.items().len(), 3);
    let plan = app.plan().await;
    app.apply(&plan).await;
    assert_eq!(psa.items().len(), 6);
    assert!(app.plan().await.plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_that_goes_on_after_a_yes_says_what_keeps_it_and_what_ends_it() {
    let world = World::by_hand().customer("Acme").devices("A", 3).customer("Contoso").devices("C", 3).build();
    let (app, rmm, psa) = joined(PAIR, &world, &Existing::default(), automatic()).await;
    let told = |plan: &PlanReport| {
        let of = |finding: &&Finding| (finding.kind, finding.cause) == (Kind::Asset, Cause::FirstRun);
        plan.findings.iter().find(of).map(|finding| finding.message.english().clone())
    };
    let plan = app.plan().await;
    assert_eq!(told(&plan), None, "nothing was let go yet: what is held says so itself");
    let one = rmm.device("A-001").customer;
    let part = ApplyOptions { release: Release::All, customer: Some(one), ..ApplyOptions::default() };
    app.tenant.apply(plan.plan.id, &part, &NoProgress).await.unwrap();
    let next = app.plan().await;
    let message = told(&next).expect("it says why");
    let left = format!("plan {} did 3 of its 6 asset changes and left 3 held by `first-run`", plan.plan.id);
    assert!(message.contains(&left), "{message}");
    let waiting = app.tenant.why(&sync(), Kind::Asset, &rmm.device("C-001").id).await.unwrap();
    assert!(waiting.steps.iter().any(|step| step.words.english().contains(&message)), "{:?}", waiting.steps);
    // What it says ends it.
    let command = message.split('`').find(|part| part.starts_with("crosswalk apply ")).expect("a command");
    assert!(command.starts_with(&format!("crosswalk apply {} ", next.plan.id)), "{command}");
    let release = release(&command.split(" --release ").skip(1).collect::<Vec<_>>());
    app.tenant.apply(next.plan.id, &ApplyOptions { release, ..ApplyOptions::default() }, &NoProgress).await.unwrap();
    assert_eq!(psa.items().len(), 6);
    assert_eq!(told(&app.plan().await), None);
    rmm.rename_device(&rmm.device("A-001").id, "RECEPTION");
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Update), (1, 0), "{:?}", run.plan.plan.totals);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_neighbours_devices_for_every_customer_move_nothing_until_it_was_looked_at() {
    let (app, rmm, psa) = started(8, 9).await;
    let devices = rmm.devices();
    let customers = rmm.customers();
    for device in &devices {
        let at = customers.iter().position(|(id, _)| *id == device.customer).unwrap();
        rmm.move_device(&device.id, &customers[(at + 1) % customers.len()].0);
    }
    let before = psa.canonical_state();
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Retire), (72, 72), "{:?}", run.plan.plan.totals);
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Create), (72, 72), "{:?}", run.plan.plan.totals);
    assert_eq!(psa.canonical_state(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_retired_for_an_account_in_which_nothing_can_be_made() {
    let (app, rmm, psa) = started(2, 12).await;
    let Psa::Autotask(sim) = &psa else { unreachable!() };
    let contoso = rmm.device("Contoso-001").customer;
    let account = app.target_of(Kind::Customer, &contoso).await.unwrap();
    for device in rmm.devices().into_iter().filter(|device| device.name.starts_with("Acme")) {
        rmm.move_device(&device.id, &contoso);
    }
    // Retired by a person after the plan …
    let plan = app.plan().await;
    assert_eq!(planned(&plan, Kind::Asset, Action::Retire), (12, 12), "{:?}", plan.plan.totals);
    assert!(sim.edit("Companies", account, "isActive", &json!(false)));
    app.clock.advance_ms(2 * 60_000);
    app.try_apply(&plan).await.unwrap();
    assert!(psa.items().iter().all(|item| item.active), "retired, and nothing made in its place");
    // … or before it: then no release of another brake lets it go.
    let plan = app.plan().await;
    let changes = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 100).await.unwrap();
    let moves = changes.iter().filter(|view| matches!(view.change.action, Action::Retire | Action::Create));
    let brakes: Vec<String> = moves.map(|view| view.change.held.clone().unwrap().words()).collect();
    assert!(brakes.len() == 24 && brakes.iter().all(|brake| brake == "out-of-use"), "{brakes:?}");
    app.try_apply(&plan).await.unwrap();
    assert_eq!(psa.items().iter().filter(|item| item.active).count(), 24);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_ends_though_something_waits_for_what_no_yes_can_give() {
    let world = World::by_hand().customer("Acme").devices("A", 3).customer("Contoso").devices("C", 3).build();
    let existing = Existing::by_hand().account("Acme").account("Contoso").build();
    let (app, rmm, psa) = joined(PAIR, &world, &existing, automatic()).await;
    app.plan().await;
    app.decide().await;
    let account = app.target_of(Kind::Customer, &rmm.device("C-001").customer).await.unwrap();
    let Psa::Autotask(sim) = &psa else { unreachable!() };
    assert!(sim.edit("Companies", account, "isActive", &json!(false)));
    let plan = app.plan().await;
    app.apply(&plan).await;
    assert_eq!(psa.items().len(), 3, "those of the account that is out of use wait");
    rmm.rename_device(&rmm.device("A-001").id, "RECEPTION");
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(planned(&run.plan, Kind::Asset, Action::Update), (1, 0), "{:?}", run.plan.plan.totals);
    assert!(psa.items().iter().any(|item| item.name == "RECEPTION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brake_that_is_let_go_is_in_the_journal_with_what_it_held_and_who_let_it_go() {
    let (app, rmm, _psa) = started(2, 12).await;
    let gone: Vec<String> =
        rmm.devices().into_iter().filter(|one| one.name.starts_with("Acme")).map(|one| one.id).take(8).collect();
    rmm.remove_devices(gone.iter().map(String::as_str));
    app.plan().await;
    app.clock.advance_ms(10 * DAY_MS);
    let plan = app.plan().await;
    assert_eq!(planned(&plan, Kind::Asset, Action::Deactivate), (8, 8));
    let journal = || async {
        let filter = JournalFilter { sync: Some(sync()), ..JournalFilter::default() };
        let entries = app.tenant.journal(&filter).await.expect("a journal");
        let of = move |entry: &JournalEntry| entry.event == Event::Released && entry.plan == Some(plan.plan.id);
        entries.into_iter().filter(of).collect::<Vec<_>>()
    };
    let options = ApplyOptions { release: release(&["updates"]), ..ApplyOptions::default() };
    app.tenant.apply(plan.plan.id, &options, &NoProgress).await.expect("applied");
    assert!(journal().await.is_empty(), "nothing was held by that brake");
    let options = ApplyOptions { release: release(&["deactivations"]), ..ApplyOptions::default() };
    app.tenant.by(Actor::Local("maria".to_owned())).apply(plan.plan.id, &options, &NoProgress).await.expect("applied");
    let entries = journal().await;
    let [entry] = entries.as_slice() else { panic!("{entries:?}") };
    assert!(
        entry.message.english().contains("`deactivations` of 8 asset changes")
            && entry.message.english().contains("maria"),
        "{entry:?}"
    );
    let detail = entry.detail.as_ref().expect("what it rested on");
    assert_eq!(detail["held"][0]["changes"], 8);
    let reason: Said = serde_json::from_value(detail["held"][0]["reasons"][0].clone()).expect("a reason");
    assert!(reason.english().contains("of 12 linked assets"), "{detail}");
}
