//! What happened to users of other systems, end to end, as small worlds with their right outcome: names and keys that
//! vendors spell their own way, records that people delete, later pages that are refused, plans that say all they do.
//!
//! Cases of one area stand with that area (`files`, `identity`, `brakes`, `tickets`, `reading`, `months`, `uncertain`).

use crate::billing::{billing, line, lines, next_day, units};
use crate::harness::pair::{Psa, Rmm, joined};
use crate::harness::{TestApp, planned, sync, told};
use crate::pages::{REFUSALS, assert_told, at};
use crosswalk::engine::{ChangeFilter, Decision, LinkFilter, NoProgress, PlanReport, UndoOptions, UsageState};
use crosswalk::model::{Action, Kind, LinkState, SyncRules};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::NewRow;
use crosswalk_sims::{Existing, World};
use std::collections::BTreeMap;

const PSAS: [&str; 2] = ["autotask", "pulseway-psa"];

async fn started(pair: (&str, &str), world: &World, existing: &Existing) -> (TestApp, Rmm, Psa) {
    joined(pair, world, existing, SyncRules::default()).await
}

fn count(plan: &PlanReport, kind: Kind, action: Action) -> u32 {
    planned(plan, kind, action).0
}

async fn all_changes(app: &TestApp, plan: &PlanReport) -> Vec<crosswalk::model::PlannedChange> {
    let views = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 10_000).await.expect("changes");
    views.into_iter().map(|view| view.change).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_with_entities_and_signs_nobody_sees_are_proposed_and_made_once() {
    let world = World::by_hand()
        .customer("Smith & Sons Ltd")
        .customer("D'Angelo \"Due\" S.r.l.")
        .customer("Contoso\u{a0}Dental")
        .customer("Con\u{200b}toso Legal")
        .customer("\u{200f}Fabrikam Ltd")
        .customer("\u{ff21}\u{ff23}\u{ff2d}\u{ff25} \u{ff11}\u{ff12}")
        .customer("50% Off_GmbH")
        .customer("A+B <Test>")
        .build();
    let existing = Existing::by_hand()
        .account("Smith &amp; Sons Ltd")
        .account("D&#39;Angelo &quot;Due&quot; S.r.l.")
        .account("Contoso Dental")
        .account("Contoso Legal")
        .account("Fabrikam Ltd")
        .account("ACME 12")
        .build();
    for psa in PSAS {
        let (app, _rmm, psa_) = started(("pulseway-rmm", psa), &world, &existing).await;
        let before = psa_.canonical_state().len();
        let plan = app.plan().await;
        assert_eq!(count(&plan, Kind::Customer, Action::Create), 2, "{psa}: {:?}", plan.plan.totals);
        let proposed = app.undecided().await;
        assert_eq!(proposed.len(), 6, "{psa}: {proposed:?}");
        for view in &proposed {
            let best = &view.link.candidates[0];
            assert!(best.score >= 0.95, "{psa}: {} and {}: {}", view.source_name, best.name, best.score);
        }
        // Those that are new are made once each, though no reply comes.
        psa_.faults().set("lost-reply", "next:2").expect("a fault");
        app.apply(&plan).await;
        psa_.faults().clear();
        app.bring_in_step().await;
        assert!(psa_.duplicates().is_empty(), "{psa}: {:?}", psa_.duplicates());
        assert_eq!(app.linked(Kind::Customer).await, 8, "{psa}");
        let state = psa_.canonical_state();
        let names = |name: &str| state.iter().filter(|line| line.contains(name)).count();
        assert!(names("50% Off_GmbH") > 0 && names("A+B <Test>") > 0, "{psa}: they go out as they are");
        assert!(state.len() > before);
        psa_.reset_counts();
        app.bring_in_step().await;
        assert_eq!(psa_.counts().writes, 0, "{psa}: it differs for ever");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_virtual_machines_serial_in_another_spelling_is_the_same_machine() {
    let world = World::by_hand().customer("Acme Ltd").device("SRV-1", "564d4cbc-c6a9-4f11-8d3a-010203040506").build();
    for other in ["BC4C4D56-A9C6-114F-8D3A-010203040506", "VMware-56 4d 4c bc c6 a9 4f 11-8d 3a 01 02 03 04 05 06"] {
        let existing = Existing::by_hand().account("Acme Ltd").item("SRV-1", other).build();
        for psa in PSAS {
            let (app, _rmm, psa_) = started(("datto-rmm", psa), &world, &existing).await;
            app.bring_in_step().await;
            assert_eq!((psa_.items().len(), app.linked(Kind::Asset).await), (1, 1), "{psa}: {other}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_a_technician_deletes_is_told_and_made_again_only_when_asked_for() {
    let world = World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").devices("WS", 3).build();
    for psa in PSAS {
        let (app, rmm, psa_) = started(("pulseway-rmm", psa), &world, &Existing::default()).await;
        app.bring_in_step().await;
        let device = rmm.device("PC-1").id;
        for _ in 0..2 {
            let item: i64 = app.link_target(Kind::Asset, &device).await.expect("an item").parse().expect("a number");
            assert!(match &psa_ {
                Psa::Autotask(sim) => sim.delete("ConfigurationItems", item),
                Psa::Bms(sim) => sim.delete("assets", item),
            });
            for _ in 0..3 {
                let plan = app.plan().await;
                assert!(plan.plan.totals.is_empty(), "{psa}: {:?}", plan.plan.totals);
            }
            let why = app.tenant.why(&sync(), Kind::Asset, &device).await.expect("it is known");
            assert_eq!(why.link.expect("a link").state, LinkState::Broken, "{psa}: {}", why.verdict.english());
            assert_eq!(psa_.items().len(), 3, "{psa}");
            let made = app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Create).await;
            made.unwrap_or_else(|error| panic!("{psa}: {}", told(&error)));
            app.bring_in_step().await;
            assert_eq!(psa_.items().len(), 4, "{psa}: once");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_page_that_is_refused_creates_nothing_and_breaks_no_link() {
    let world = World::by_hand().customer("Acme Ltd").devices("WS", 20).build();
    for (psa, stock, path) in [("autotask", 510, "ConfigurationItems/query"), ("pulseway-psa", 110, "searchselect")] {
        let stock = (0..stock).fold(Existing::by_hand().account("Stock Room").location("Shelf"), |all, nth| {
            all.item(&format!("STOCK-{nth:04}"), &format!("STK{nth:06}"))
        });
        let (app, rmm, psa_) = started(("pulseway-rmm", psa), &world, &stock.build()).await;
        app.bring_in_step().await;
        let (items, linked) = (psa_.items().len(), app.linked(Kind::Asset).await);
        rmm.rename_device(&rmm.devices()[0].id, "RENAMED");
        for fault in REFUSALS.into_iter().chain(["half-page="]) {
            let (name, how) = at(fault, "after:1", path);
            psa_.faults().set(&name, &how).unwrap_or_else(|error| panic!("{fault}: {error}"));
            psa_.reset_counts();
            let plan = app.plan().await;
            assert_told(&plan, "asset");
            assert_eq!(count(&plan, Kind::Asset, Action::Create), 0, "{psa} {fault}");
            app.apply(&plan).await;
            assert!(psa_.faults().fired(&name) > 0, "{psa} {fault} never fired");
            psa_.faults().clear();
            assert_eq!((psa_.items().len(), app.linked(Kind::Asset).await), (items, linked), "{psa} {fault}");
            // The next one begins its walk anew.
            app.plan().await;
        }
        app.bring_in_step().await;
        assert!(psa_.duplicates().is_empty(), "{psa}: {:?}", psa_.duplicates());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_shows_every_write_that_it_and_its_undo_send() {
    let world = World::by_hand()
        .customer("Acme Ltd")
        .site("Branch")
        .device("PC-1", "SN-1")
        .devices("A", 3)
        .customer("Contoso")
        .devices("C", 3)
        .build();
    for psa in PSAS {
        let (app, rmm, psa_) = started(("pulseway-rmm", psa), &world, &Existing::default()).await;
        let agrees = async |plan: &PlanReport, named: &str| {
            let shown = all_changes(&app, plan).await;
            let writing = shown.iter().filter(|change| change.action.writes()).count() as u64;
            let calls: u64 = shown.iter().map(|change| u64::from(change.calls)).sum();
            psa_.reset_counts();
            let report = app.apply(plan).await;
            assert!(report.failures.is_empty(), "{psa} {named}: {:?}", report.failures);
            let sent = psa_.counts().writes;
            assert_eq!(report.run.counts.done as usize, shown.len(), "{psa} {named}: each shown change is done");
            assert_eq!(report.run.counts.writes, sent, "{psa} {named}: each write is of a change");
            assert!(sent >= writing && sent <= calls, "{psa} {named}: {writing} <= {sent} <= {calls}");
            report
        };
        app.plan().await;
        app.decide().await;
        agrees(&app.plan().await, "first").await;
        let (device, other) = (rmm.device("PC-1"), rmm.device("C-001"));
        rmm.move_device(&device.id, &other.customer);
        rmm.rename_device(&rmm.device("A-001").id, "RENAMED");
        rmm.remove_device(&rmm.device("A-002").id);
        app.plan().await;
        app.clock.advance_ms(10 * 24 * 3_600_000);
        let report = agrees(&app.plan().await, "move, rename, removal").await;
        let undone = app.tenant.undo(report.run.id, &UndoOptions::default(), &NoProgress).await;
        let undone = undone.unwrap_or_else(|error| panic!("{psa}: {}", told(&error)));
        agrees(&undone, "undo").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_at_two_customers_never_crosses_over_when_they_trade_it_in_a_night() {
    let world = World::by_hand()
        .customer("Acme Ltd")
        .device("PC01", "")
        .devices("A", 4)
        .customer("Contoso")
        .device("PC01", "")
        .devices("C", 4)
        .build();
    for psa in PSAS {
        let (app, rmm, psa_) = started(("pulseway-rmm", psa), &world, &Existing::default()).await;
        app.bring_in_step().await;
        let both: Vec<_> = rmm.devices().into_iter().filter(|device| device.name == "PC01").collect();
        let [a, b] = &both[..] else { panic!("{both:?}") };
        let item_of_a = app.link_target(Kind::Asset, &a.id).await.expect("an item");
        rmm.rename_device(&a.id, "PC01-old");
        rmm.move_device(&b.id, &a.customer);
        app.bring_in_step().await;
        assert_eq!(app.link_target(Kind::Asset, &a.id).await.as_ref(), Some(&item_of_a), "{psa}: it keeps its item");
        let items: BTreeMap<String, _> = psa_.items().into_iter().map(|item| (item.id.clone(), item)).collect();
        let account = app.link_target(Kind::Customer, &a.customer).await.expect("an account");
        let of_b = app.link_target(Kind::Asset, &b.id).await.expect("an item");
        assert_eq!((items[&item_of_a].name.as_str(), &items[&item_of_a].account), ("PC01-old", &account), "{psa}");
        assert_eq!((items[&of_b].name.as_str(), &items[&of_b].account), ("PC01", &account), "{psa}");
        let active = items.values().filter(|item| item.active && item.name == "PC01").count();
        assert_eq!(active, 1, "{psa}: one move, and no second record in use: {items:?}");
        psa_.reset_counts();
        app.bring_in_step().await;
        assert_eq!(psa_.counts().writes, 0, "{psa}");
    }
}

#[tokio::test]
async fn one_product_on_several_orders_adds_up_across_pages_and_a_row_without_a_number_stops_its_line_alone() {
    let (licences, app, customers) = billing(4).await;
    let (one, two) = (&customers[0], &customers[1]);
    let month = licences.vendor.month();
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let add = |tenant: &str, order: &str, line: &str, billable: Option<f64>| {
        let row = NewRow {
            tenant: tenant.to_owned(),
            sku: product.clone(),
            order: order.to_owned(),
            line: line.to_owned(),
            billable,
            ..NewRow::default()
        };
        assert!(licences.vendor.add_row(&month, row));
    };
    add(&one.tenant.id, "A-1", "10", Some(18.0));
    // More than a page of the report lies between.
    for nth in 0..120 {
        add(&two.tenant.id, &format!("F-{nth}"), "1", Some(1.0));
    }
    add(&one.tenant.id, "A-2", "10", Some(18.0));
    add(&one.tenant.id, "A-2", "10", Some(4.0));
    app.plan().await;
    assert_eq!(line(&app, &one.tenant.id, &product).await.counted, Some(quantity + 40));
    add(&one.tenant.id, "A-3", "10", None);
    app.plan().await;
    let unknown = line(&app, &one.tenant.id, &product).await;
    assert_eq!((unknown.counted, unknown.state), (None, UsageState::NotFetched), "{unknown:?}");
    assert!(line(&app, &two.tenant.id, &product).await.counted.is_some(), "others go on");
}

#[tokio::test]
async fn a_hundred_lines_of_which_every_seventh_is_refused_end_at_their_numbers_with_one_adjustment_each() {
    let (licences, app, customers) = billing(45).await;
    let grow = || {
        for one in &customers {
            for (product, quantity) in licences.billed(&one.tenant.id) {
                licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
            }
        }
    };
    for fault in
        ["server-error=every:7,writes,path:ServiceAdjustments,status:500", "throttle=every:5,writes,retry-after:0"]
    {
        let (name, how) = fault.split_once('=').expect("a fault");
        let made = licences.psa.adjustments().len();
        next_day(&app);
        grow();
        let plan = app.plan().await;
        let changes = all_changes(&app, &plan).await.len();
        assert!(changes >= 100, "{changes} lines");
        licences.psa.faults().set(name, how).expect("a fault");
        app.try_apply(&plan).await.ok();
        licences.psa.faults().clear();
        for _ in 0..3 {
            app.wait_out().await;
            app.apply(&app.plan().await).await;
        }
        let adjustments = &licences.psa.adjustments()[made..];
        assert_eq!(adjustments.len(), changes, "{fault}: one a line");
        assert!(adjustments.iter().all(|one| one.change == 1), "{fault}");
        let billed = units(&licences, app.today());
        for line in lines(&app).await.iter().filter(|line| line.line.is_some()) {
            let id: i64 = line.line.as_ref().expect("a line").parse().expect("a number");
            assert_eq!(Some(billed[&id]), line.counted, "{fault}: {line:?}");
        }
    }
}

#[tokio::test]
async fn one_customer_that_the_vendor_refuses_is_not_fetched_by_name_and_the_others_are_billed() {
    let (licences, app, customers) = billing(6).await;
    let odd = &customers[0];
    assert!(licences.vendor.set_forbidden(&odd.tenant.id, true));
    for one in &customers {
        let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
        licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    }
    next_day(&app);
    let plan = app.plan().await;
    let changed = all_changes(&app, &plan).await;
    for one in &customers[1..] {
        assert!(changed.iter().any(|change| change.customer == one.tenant.id), "{}", one.tenant.name);
    }
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    // A customer that the vendor lists no more is told as well.
    assert!(licences.vendor.remove_tenant(&customers[1].tenant.id));
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "nothing of it is taken off by itself: {:?}", plan.plan.totals);
    let filter = LinkFilter { kind: Some(Kind::Customer), ..LinkFilter::default() };
    let links = app.tenant.link_list(&sync(), &filter).await.expect("links");
    assert!(links.iter().any(|view| view.link.source == customers[1].tenant.id), "its link stays");
}
