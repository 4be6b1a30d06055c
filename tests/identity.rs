//! Who is who: whatever ids, names and serial numbers do at the vendor, a machine keeps its one record at the PSA.

use crate::harness::pair::{Psa, Rmm, joined};
use crate::harness::{TestApp, planned, release, sync};
use crosswalk::engine::{ApplyOptions, ChangeFilter, Decision, NoProgress, PlanReport};
use crosswalk::model::{Action, Event, Kind, LinkState, SyncRules};
use crosswalk_say::English;
use crosswalk_sims::{Existing, World};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const PAIRS: [(&str, &str); 2] = [("pulseway-rmm", "pulseway-psa"), ("datto-rmm", "autotask")];

async fn started(pair: (&str, &str), world: &World, existing: &Existing) -> (TestApp, Rmm, Psa) {
    joined(pair, world, existing, SyncRules::default()).await
}

fn count(plan: &PlanReport, kind: Kind, action: Action) -> u32 {
    planned(plan, kind, action).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_re_enrolled_agent_keeps_its_record_and_its_history() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-1", "PF3XK9Q2").devices("WS", 5).build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        let old = rmm.device("PC-1");
        let item = app.link_target(Kind::Asset, &old.id).await;
        let new = rmm.renew_device(&old.id);
        let plan = app.plan().await;
        assert_eq!(count(&plan, Kind::Asset, Action::Create), 0, "{pair:?}");
        app.apply(&plan).await;
        assert_eq!(app.link_target(Kind::Asset, &new).await, item, "{pair:?}");
        assert_eq!(app.link_target(Kind::Asset, &old.id).await, None);
        // Long after the grace the record is in use, and still made by this host: nothing of its history is lost.
        app.clock.advance_ms(10 * DAY_MS);
        assert!(app.plan().await.plan.totals.iter().all(|total| total.action == Action::Update), "{pair:?}");
        assert_eq!(psa.items().len(), 6);
        assert!(psa.items().iter().all(|item| item.active) && psa.duplicates().is_empty(), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_rmm_under_new_ids_makes_nothing_twice() {
    for pair in PAIRS {
        let mut world = World::by_hand();
        for customer in ["Acme", "Contoso", "Fabrikam", "Northwind"] {
            world = world.customer(customer).devices(customer, 15);
        }
        let (app, rmm, psa) = started(pair, &world.build(), &Existing::default()).await;
        app.bring_in_step().await;
        for device in rmm.devices() {
            rmm.renew_device(&device.id);
        }
        let plan = app.plan().await;
        assert_eq!(count(&plan, Kind::Asset, Action::Create), 0, "{pair:?}");
        assert_eq!(count(&plan, Kind::Asset, Action::Link), 60, "{pair:?}");
        let held: u32 = plan.plan.totals.iter().map(|total| total.held).sum();
        assert!(held >= 60, "that many at once are looked at: {:?}", plan.plan.totals);
        app.clock.advance_ms(10 * DAY_MS);
        let later = app.plan().await;
        assert_eq!(count(&later, Kind::Asset, Action::Deactivate), 0, "{pair:?}: nothing leaves use while they wait");
        app.apply(&later).await;
        assert_eq!(psa.items().len(), 60);
        assert!(psa.items().iter().all(|item| item.active), "{pair:?}");
        assert_eq!(app.linked(Kind::Asset).await, 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_made_anew_is_proposed_and_what_it_has_stays_in_use_meanwhile() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").devices("WS", 6).customer("Contoso").devices("C", 2).build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        let accounts = app.linked(Kind::Customer).await;
        let old = rmm.device("WS-001").customer;
        let account = app.link_target(Kind::Customer, &old).await.unwrap();
        let new = rmm.renew_customer(&old);
        let plan = app.plan().await;
        assert_eq!(count(&plan, Kind::Customer, Action::Create), 0, "{pair:?}");
        app.clock.advance_ms(10 * DAY_MS);
        let later = app.plan().await;
        assert_eq!(count(&later, Kind::Asset, Action::Deactivate), 0, "{pair:?}");
        let open = app.undecided().await;
        let open = open.iter().find(|view| view.link.source == new).unwrap();
        assert_eq!(open.link.state, LinkState::Proposed, "{pair:?}");
        assert_eq!(open.link.candidates[0].target, account);
        assert_eq!(psa.items().len(), 8);
        assert!(psa.items().iter().all(|item| item.active), "{pair:?}");
        assert!(accounts >= 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_of_a_customer_made_anew_is_accepted_in_one_go_and_can_be_taken_back() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").devices("WS", 6).customer("Contoso").devices("C", 2).build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        let before = psa.canonical_state();
        let old = rmm.device("WS-001").customer;
        let link = app.tenant.why(&sync(), Kind::Customer, &old).await.unwrap().link.unwrap();
        let new = rmm.renew_customer(&old);
        app.plan().await;
        let accepted = app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.unwrap();
        let one = accepted.links.iter().find(|link| link.source == new).expect("what is proposed can be accepted");
        assert_eq!((&one.target, one.made, &one.written), (&link.target, link.made, &link.written), "{pair:?}");
        let given_up = accepted.links.iter().find(|link| link.source == old).expect("the old one gives it up");
        assert!(given_up.target.is_none() && given_up.reason.english().contains(&new), "{given_up:?}");

        app.tenant.decision_take_back(&sync(), &accepted.decision).await.unwrap();
        assert_eq!(app.link_target(Kind::Customer, &old).await, link.target, "{pair:?}");
        assert_eq!(app.link_target(Kind::Customer, &new).await, None, "{pair:?}");
        app.tenant
            .link_decide(&sync(), Kind::Customer, &new, &Decision::Link(link.target.clone().unwrap()))
            .await
            .unwrap();
        app.clock.advance_ms(10 * DAY_MS);
        app.bring_in_step().await;
        assert_eq!(psa.canonical_state().len(), before.len(), "{pair:?}: nothing is made, nothing leaves");
        assert!(psa.items().iter().all(|item| item.active) && psa.duplicates().is_empty(), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_serial_at_two_devices_that_are_there_asks_and_makes_nothing() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-OLD", "PF3XK9Q2").devices("WS", 3).build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        // A machine is set up anew and the stale agent is still listed: both have the serial number.
        rmm.set_serial(&rmm.device("WS-001").id, Some("XX00000001"));
        let spare = rmm.device("WS-002").id;
        rmm.set_serial(&spare, Some("PF3XK9Q2"));
        let plan = app.plan().await;
        let changes = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 100).await.unwrap();
        let written = changes.iter().find(|view| {
            view.change.source == spare && view.change.fields.iter().any(|diff| diff.name == "serial-number")
        });
        let hold = written.and_then(|view| view.change.held.clone()).expect("held for a person");
        assert_eq!(hold.words(), "identity", "{pair:?}");
        assert!(hold.reason.english().contains("has this serial number already"), "{}", hold.reason.english());
        let report = app.tenant.apply(plan.plan.id, &Default::default(), &crosswalk::engine::NoProgress).await.unwrap();
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        assert_eq!(psa.items().len(), 4);
        assert!(psa.duplicates().is_empty(), "{pair:?}: {:?}", psa.duplicates());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_number_that_a_person_lets_go_is_written_with_the_rest_of_its_device() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-OLD", "PF3XK9Q2").devices("WS", 3).build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        let spare = rmm.device("WS-002").id;
        rmm.set_serial(&spare, Some("PF3XK9Q2"));
        rmm.rename_device(&spare, "PC-NEW");
        let plan = app.plan().await;
        assert_eq!(count(&plan, Kind::Asset, Action::Update), 2, "{pair:?}: {:?}", plan.plan.totals);
        let report = app.apply(&plan).await;
        assert_eq!(report.failures, [], "{pair:?}");
        assert_eq!(report.run.counts.done, 2, "{pair:?}");
        assert!(app.plan().await.plan.totals.is_empty(), "{pair:?}: both are there");
        assert!(psa.items().iter().any(|item| item.name == "PC-NEW"), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_for_a_name_and_a_placeholder_for_a_serial_link_nothing() {
    let world = World::by_hand()
        .customer("Acme Ltd")
        .device("192.168.10.21", "")
        .device("maria.rossi-mbp", "")
        .device("LT-C", "Default string")
        .build();
    let existing = Existing::by_hand()
        .account("Acme Ltd")
        .item("192.168.10.40", "")
        .item("maria.bianchi-mbp", "")
        .item("LT-D", "")
        .build();
    let (app, _rmm, psa) = started(PAIRS[0], &world, &existing).await;
    app.bring_in_step().await;
    let undecided = app.undecided().await;
    assert!(undecided.is_empty(), "{undecided:?}");
    let names: Vec<String> = psa.items().into_iter().map(|item| item.name).collect();
    for name in ["192.168.10.40", "maria.bianchi-mbp", "LT-D", "192.168.10.21", "maria.rossi-mbp", "LT-C"] {
        assert!(names.iter().any(|one| one == name), "{name} is not among {names:?}");
    }
    let Psa::Bms(sim) = &psa else { unreachable!() };
    let serials: Vec<String> = sim.hardware_assets().iter().map(|row| row["serialNumber"].to_string()).collect();
    assert!(serials.iter().all(|serial| !serial.contains("Default string")), "{serials:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_and_forgotten_finds_its_own_record_again() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-1", "PF3XK9Q2").devices("WS", 3).build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        let device = rmm.device("PC-1");
        for (kind, id) in [(Kind::Asset, &device.id), (Kind::Customer, &device.customer)] {
            let before = app.link_target(kind, id).await;
            let link = app.tenant.link_decide(&sync(), kind, id, &Decision::Exclude).await.unwrap();
            assert!(link.declined.is_empty(), "{pair:?} {kind}: what is left out is not another's");
            app.plan().await;
            app.tenant.link_decide(&sync(), kind, id, &Decision::Forget).await.unwrap();
            let plan = app.plan().await;
            assert_eq!(count(&plan, kind, Action::Create), 0, "{pair:?} {kind}");
            app.bring_in_step().await;
            assert_eq!(app.link_target(kind, id).await, before, "{pair:?} {kind}");
        }
        assert_eq!(psa.items().len(), 4, "{pair:?}");
        assert!(psa.duplicates().is_empty(), "{pair:?}: {:?}", psa.duplicates());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_number_at_two_customers_is_settled_by_leaving_the_stale_one_out() {
    for pair in PAIRS {
        let world = World::by_hand()
            .customer("Acme Ltd")
            .device("PC-OLD", "PF3XK9Q2")
            .devices("WS", 2)
            .customer("Contoso")
            .device("PC-NEW", "PF3XK9Q2")
            .devices("C", 2)
            .build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        let (old, new) = (rmm.device("PC-OLD").id, rmm.device("PC-NEW").id);
        app.plan().await;
        let open = app.undecided().await;
        assert!([&old, &new].iter().all(|id| open.iter().any(|view| view.link.source == **id)), "{pair:?}: {open:?}");
        app.tenant.link_decide(&sync(), Kind::Asset, &old, &Decision::Exclude).await.unwrap();
        let plan = app.plan().await;
        let filter = ChangeFilter { source: Some(new.clone()), ..ChangeFilter::default() };
        let changes = app.tenant.plan_changes(plan.plan.id, &filter, 0, 10).await.unwrap();
        let actions: Vec<Action> = changes.iter().map(|view| view.change.action).collect();
        assert_eq!(actions, [Action::Create], "{pair:?}: nobody else has it");
        app.bring_in_step().await;
        assert!(app.link_target(Kind::Asset, &new).await.is_some(), "{pair:?}");
        assert_eq!(psa.items().len(), 5, "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_number_that_another_item_has_stays_held_when_the_first_run_is_let_go() {
    let world = World::by_hand().customer("Acme Ltd").device("PC-1", "PF3XK9Q2").devices("WS", 2).build();
    let existing =
        Existing::by_hand().account("Acme Ltd").item("PC-1", "").account("Other Ltd").item("X", "PF3XK9Q2").build();
    let (app, rmm, psa) = started(PAIRS[1], &world, &existing).await;
    app.plan().await;
    app.decide().await;
    app.plan().await;
    let device = rmm.device("PC-1").id;
    let item = psa.items().into_iter().find(|item| item.name == "PC-1").unwrap().id;
    app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Link(item)).await.unwrap();
    let plan = app.plan().await;
    let filter = ChangeFilter { source: Some(device), ..ChangeFilter::default() };
    let changes = app.tenant.plan_changes(plan.plan.id, &filter, 0, 10).await.unwrap();
    let serial =
        |view: &&crosswalk::engine::ChangeView| view.change.fields.iter().any(|diff| diff.name == "serial-number");
    let hold = changes.iter().find(serial).unwrap().change.held.clone().unwrap();
    assert_eq!(hold.words(), "identity+first-run", "{hold:?}");
    let first = ApplyOptions { release: release(&["first-run"]), ..ApplyOptions::default() };
    app.tenant.apply(plan.plan.id, &first, &NoProgress).await.unwrap();
    let Psa::Autotask(sim) = &psa else { unreachable!() };
    let with = sim.configuration_items().iter().filter(|row| row["serialNumber"] == "PF3XK9Q2").count();
    assert_eq!(with, 1, "one machine, one item");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_taken_back_after_a_plan_and_not_after_a_run_that_rests_on_it() {
    for pair in PAIRS {
        let world = World::by_hand().customer("Acme Ltd").devices("WS", 3).build();
        let existing = Existing::by_hand().account("Acme Ltd").item("WS-001", "").build();
        let (app, rmm, _psa) = started(pair, &world, &existing).await;
        app.plan().await;
        let customer = rmm.device("WS-001").customer;
        let accept = async || app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.unwrap().decision;
        let decision = accept().await;
        for _ in 0..2 {
            app.plan().await;
        }
        let taken = app.tenant.decision_take_back(&sync(), &decision).await.unwrap();
        assert_eq!(taken.left, [], "{pair:?}: a plan writes nothing");
        assert_eq!(app.link_target(Kind::Customer, &customer).await, None, "{pair:?}");
        // What was made in the account since rests on it.
        let decision = accept().await;
        let plan = app.plan().await;
        app.apply(&plan).await;
        let taken = app.tenant.decision_take_back(&sync(), &decision).await.unwrap();
        assert!(
            taken.links.is_empty() && taken.left[0].1.english().contains("a run wrote for it since"),
            "{pair:?}: {taken:?}"
        );
        // What was decided before is taken back, whatever runs wrote before that.
        let device = rmm.device("WS-002").id;
        app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Exclude).await.unwrap();
        let filter = crosswalk::engine::JournalFilter {
            sync: Some(sync()),
            source: Some(device.clone()),
            limit: 10,
            ..Default::default()
        };
        let entry = app.tenant.journal(&filter).await.unwrap().into_iter().find(|entry| entry.event == Event::Decided);
        let decision = entry.unwrap().detail.unwrap()["decision"].as_str().unwrap().to_owned();
        app.plan().await;
        let taken = app.tenant.decision_take_back(&sync(), &decision).await.unwrap();
        assert_eq!((taken.links.len(), taken.left), (1, Vec::new()), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yes_links_what_was_shown_or_nothing() {
    let world = World::by_hand().customer("Acme Ltd").devices("A", 1).customer("Contoso").devices("C", 1).build();
    let existing = Existing::by_hand().account("Acme Ltd").account("Contoso").build();
    let (app, rmm, _psa) = started(PAIRS[1], &world, &existing).await;
    app.plan().await;
    let shown = app.tenant.link_acceptable(&sync(), Kind::Customer, 0.9).await.unwrap();
    assert_eq!(shown.len(), 2);
    // A colleague leaves one of them out while the question stands.
    let acme = rmm.device("A-001").customer;
    app.tenant.link_decide(&sync(), Kind::Customer, &acme, &Decision::Exclude).await.unwrap();
    app.tenant.link_accept_these(&sync(), 0.9, shown.clone()).await.expect_err("another list than the one shown");
    assert_eq!(app.linked(Kind::Customer).await, 0);
    let one: Vec<_> = shown.into_iter().filter(|link| link.source != acme).collect();
    assert_eq!(app.tenant.link_accept_these(&sync(), 0.9, one).await.unwrap().links.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_that_comes_an_hour_after_the_device_finds_the_item_that_purchasing_made() {
    for pair in [("datto-rmm", "autotask"), ("pulseway-rmm", "pulseway-psa")] {
        let world = World::by_hand().customer("Acme Ltd").devices("WS", 3).device("DESKTOP-1H2J3K", "").build();
        let existing = Existing::by_hand().account("Acme Ltd").item("STOCK-0815", "PF3XK9Q2").build();
        let (app, rmm, psa) = started(pair, &world, &existing).await;
        let stock = psa.items().into_iter().find(|item| item.name == "STOCK-0815").expect("purchasing's").id;
        app.bring_in_step().await;
        let device = rmm.device("DESKTOP-1H2J3K").id;
        assert_eq!(app.link_target(Kind::Asset, &device).await, None, "{pair:?}: it is waited for");
        assert_eq!(psa.items().len(), 4);
        let plan = app.plan().await;
        let told = plan.findings.iter().find(|finding| finding.source == device).expect("it is told");
        assert!(told.message.english().contains("no serial number yet"), "{}", told.message.english());
        app.clock.advance_ms(DAY_MS / 24);
        rmm.set_serial(&device, Some("PF3XK9Q2"));
        if let Rmm::Datto(sim) = &rmm {
            sim.audit_all(app.clock_s());
        }
        app.bring_in_step().await;
        assert_eq!(app.link_target(Kind::Asset, &device).await, Some(stock.clone()), "{pair:?}");
        assert_eq!(psa.items().len(), 4, "{pair:?}");
        assert!(psa.duplicates().is_empty(), "{pair:?}: {:?}", psa.duplicates());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_never_tells_a_serial_is_created_when_it_has_waited() {
    for pair in [("datto-rmm", "autotask"), ("pulseway-rmm", "pulseway-psa")] {
        let world = World::by_hand().customer("Acme Ltd").devices("WS", 3).device("DESKTOP-1H2J3K", "").build();
        let (app, rmm, psa) = started(pair, &world, &Existing::default()).await;
        app.bring_in_step().await;
        let device = rmm.device("DESKTOP-1H2J3K").id;
        app.clock.advance_ms(DAY_MS - 60_000);
        assert_eq!(count(&app.plan().await, Kind::Asset, Action::Create), 0, "{pair:?}");
        app.clock.advance_ms(2 * 60_000);
        app.bring_in_step().await;
        assert!(app.link_target(Kind::Asset, &device).await.is_some(), "{pair:?}");
        assert_eq!(psa.items().len(), 4, "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proposal_of_what_left_the_source_is_neither_accepted_nor_in_the_way() {
    let world =
        World::by_hand().customer("Acme Ltd").device("PC-7", "").device("PC-8", "").device("PC-9", "S3RIAL9").build();
    let existing = Existing::by_hand().account("Acme Ltd").item("PC-7", "").item("PC-8", "").build();
    let (app, rmm, psa) = joined(("pulseway-rmm", "autotask"), &world, &existing, SyncRules::default()).await;
    app.plan().await;
    app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.expect("accepted");
    app.apply(&app.plan().await).await;
    let proposed = app.undecided().await;
    assert_eq!(proposed.len(), 2, "{proposed:?}");
    // One leaves for good, the other enrols anew: it is proposed under its new id.
    rmm.remove_device(&rmm.device("PC-7").id);
    let new = rmm.renew_device(&rmm.device("PC-8").id);
    app.plan().await;
    app.clock.advance_ms(100 * 3_600_000);
    app.plan().await;
    let waiting: Vec<String> = app.undecided().await.into_iter().map(|view| view.link.source).collect();
    assert_eq!(waiting, [new.as_str()]);
    let accepted = app.tenant.link_accept(&sync(), Kind::Asset, 0.8).await.expect("accepted").links;
    assert_eq!(accepted.iter().map(|link| link.source.as_str()).collect::<Vec<_>>(), [new.as_str()]);
    app.apply(&app.plan().await).await;
    let active: Vec<String> = psa.items().into_iter().filter(|item| item.active).map(|item| item.name).collect();
    assert_eq!(active.len(), 3, "what a technician keeps stays in use: {active:?}");
}
