//! The main job, whole: organisations, sites and devices of the RMM into the PSA, and
//! everything that happens to them later.

use crate::harness::{TestApp, Vendors, now_s, sync};
use crosswalk::engine::{ApplyOptions, ChangeFilter, Decision, NoProgress, Release};
use crosswalk::model::{Action, Kind, LinkState, RunStatus, SyncRules, Trust};
use crosswalk_say::English;
use serde_json::json;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test(flavor = "multi_thread")]
async fn everything_arrives_and_the_second_run_writes_nothing() {
    let vendors = Vendors::start(12, 30, 300, 0.5);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    assert_eq!(app.linked(Kind::Customer).await, vendors.rmm.organisations().len());
    assert_eq!(app.linked(Kind::Location).await, vendors.rmm.sites().len());
    assert_eq!(app.linked(Kind::Asset).await, vendors.rmm.devices().len());
    vendors.assert_no_duplicates();

    vendors.rmm.check_in_all(now_s());
    vendors.psa.reset_counts();
    vendors.rmm.reset_counts();
    let second = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert!(second.plan.plan.totals.is_empty(), "{:?}", second.plan.plan.totals);
    assert_eq!(vendors.psa.counts().writes, 0);
    assert_eq!(vendors.rmm.counts().writes, 0);
    assert!(vendors.psa.counts().reads > 0 && vendors.rmm.counts().reads > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn planning_writes_to_nobody_and_a_first_run_is_held() {
    let vendors = Vendors::start(5, 10, 60, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let plan = app.plan().await;
    let total = |kind, action| {
        plan.plan
            .totals
            .iter()
            .find(|total| (total.kind, total.action) == (kind, action))
            .map_or(0, |total| total.changes)
    };
    assert_eq!(total(Kind::Customer, Action::Create), 5);
    assert_eq!(total(Kind::Location, Action::Create), 10);
    assert_eq!(total(Kind::Asset, Action::Create), 60);
    assert!(
        plan.plan.totals.iter().all(|total| total.held == total.changes),
        "a first run is held: {:?}",
        plan.plan.totals
    );
    assert!(plan.plan.totals.iter().map(|total| total.calls).sum::<u32>() >= 75);
    let kept = app.tenant.apply(plan.plan.id, &ApplyOptions::default(), &NoProgress).await.unwrap();
    assert_eq!(kept.run.status, RunStatus::Held);
    assert_eq!(vendors.psa.counts().writes + vendors.rmm.counts().writes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_plan_can_be_applied_and_the_rest_later() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let plan = app.plan().await;
    let one = vendors.rmm.organisations()[0].0.to_string();
    let part = ApplyOptions { release: Release::All, customer: Some(one.clone()), ..ApplyOptions::default() };
    let first = app.tenant.apply(plan.plan.id, &part, &NoProgress).await.unwrap();
    let own = app
        .tenant
        .plan_changes(plan.plan.id, &ChangeFilter { customer: Some(one), ..ChangeFilter::default() }, 0, 1000)
        .await
        .unwrap();
    assert_eq!(first.run.counts.done, own.len() as u64);
    app.apply(&plan).await;
    assert_eq!(app.linked(Kind::Asset).await, 30);
    assert!(app.plan().await.plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_changed_customer_moves_and_is_not_doubled() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let device = vendors.rmm.devices()[0].clone();
    let (_, old, _) = site(&vendors, device.site);
    let elsewhere = vendors.rmm.sites().into_iter().find(|(_, organisation, _)| *organisation != old).unwrap();
    let before = app.target_of(Kind::Asset, &device.id).await.unwrap();
    assert!(vendors.rmm.move_device(&device.id, elsewhere.0));
    app.bring_in_step().await;
    let after = app.target_of(Kind::Asset, &device.id).await.unwrap();
    let account = app.target_of(Kind::Customer, &elsewhere.1.to_string()).await.unwrap();
    let items = vendors.psa.configuration_items();
    let item = |id: i64| items.iter().find(|item| item["id"] == id).unwrap();
    assert_ne!(before, after, "this vendor cannot move an item: the old one is retired");
    assert_eq!(item(before)["isActive"], json!(false));
    assert_eq!(item(after)["isActive"], json!(true));
    assert_eq!(item(after)["companyID"], json!(account));
    vendors.assert_no_duplicates();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_left_is_deactivated_only_after_a_complete_read_and_the_grace() {
    let vendors = Vendors::start(3, 6, 60, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let device = vendors.rmm.devices()[7].id.clone();
    let item = app.target_of(Kind::Asset, &device).await.unwrap();
    assert!(vendors.rmm.remove_device(&device));
    assert!(app.plan().await.plan.totals.is_empty(), "within the grace period nothing happens");
    app.clock.advance_ms(4 * DAY_MS);
    // A read that breaks off says nothing about who is gone.
    vendors.rmm.faults().set("server-error", "next:500,path:assets").unwrap();
    let broken = app.plan().await;
    assert!(!broken.complaints.is_empty());
    vendors.rmm.faults().clear();
    let plan = app.plan().await;
    let gone: Vec<_> = plan.plan.totals.iter().filter(|total| total.action == Action::Deactivate).collect();
    assert_eq!(gone.iter().map(|total| total.changes).sum::<u32>(), 1, "{:?}", plan.plan.totals);
    app.apply(&plan).await;
    let row = vendors.psa.configuration_items().into_iter().find(|row| row["id"] == item).unwrap();
    assert_eq!(row["isActive"], json!(false), "deactivated, never deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_deactivation_is_held_for_that_customer_alone() {
    let vendors = Vendors::start(3, 3, 60, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let (first, second) = (vendors.rmm.sites()[0].0, vendors.rmm.sites()[1].0);
    let of = |site| {
        vendors
            .rmm
            .devices()
            .into_iter()
            .filter(move |device| device.site == site)
            .map(|device| device.id)
            .collect::<Vec<_>>()
    };
    let many = of(first);
    assert!(many.len() >= 8, "{}", many.len());
    for device in &many {
        vendors.rmm.remove_device(device);
    }
    vendors.rmm.remove_device(&of(second)[0]);
    app.plan().await;
    app.clock.advance_ms(4 * DAY_MS);
    let plan = app.plan().await;
    let total = plan.plan.totals.iter().find(|total| total.action == Action::Deactivate).unwrap();
    assert_eq!((total.changes, total.held), (many.len() as u32 + 1, many.len() as u32));
    let kept = app.tenant.apply(plan.plan.id, &ApplyOptions::default(), &NoProgress).await.unwrap();
    assert_eq!((kept.run.counts.done, kept.run.counts.held), (1, many.len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_customers_leaving_at_once_are_held_and_one_is_not() {
    let vendors = Vendors::start(20, 20, 40, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let left = |plan: &crosswalk::engine::PlanReport| {
        let of_customers = |total: &&crosswalk::model::plan::PlanTotal| {
            total.kind == Kind::Customer && total.action == Action::Deactivate
        };
        plan.plan.totals.iter().find(of_customers).map(|total| (total.changes, total.held))
    };
    let organisations = vendors.rmm.organisations();
    assert!(vendors.rmm.remove_organisation(organisations[0].0));
    app.plan().await;
    app.clock.advance_ms(4 * DAY_MS);
    let plan = app.plan().await;
    assert_eq!(left(&plan), Some((1, 0)), "{:?}", plan.plan.totals);
    app.apply(&plan).await;
    let companies = vendors.psa.companies();
    let company = companies.iter().find(|row| row["companyName"] == json!(organisations[0].1)).unwrap();
    assert_eq!(company["isActive"], json!(false), "deactivated, never deleted");

    for (id, _) in &organisations[1..7] {
        assert!(vendors.rmm.remove_organisation(*id));
    }
    app.plan().await;
    app.clock.advance_ms(4 * DAY_MS);
    let plan = app.plan().await;
    assert_eq!(left(&plan), Some((6, 6)), "{:?}", plan.plan.totals);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_technicians_edit_is_kept_and_a_rename_at_the_source_arrives() {
    let vendors = Vendors::start(2, 4, 20, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let devices = vendors.rmm.devices();
    let (edited, renamed) = (devices[0].id.clone(), devices[1].id.clone());
    let item = app.target_of(Kind::Asset, &edited).await.unwrap();
    assert!(vendors.psa.edit("ConfigurationItems", item, "referenceTitle", &json!("Reception (do not touch)")));
    vendors.rmm.rename_device(&renamed, "NEW-NAME-01");
    let organisation = vendors.rmm.organisations()[0].0;
    vendors.rmm.rename_organisation(organisation, "Renamed & Sons Ltd");
    app.bring_in_step().await;
    let items = vendors.psa.configuration_items();
    let title = |id: i64| items.iter().find(|row| row["id"] == id).unwrap()["referenceTitle"].clone();
    assert_eq!(title(item), json!("Reception (do not touch)"));
    assert_eq!(title(app.target_of(Kind::Asset, &renamed).await.unwrap()), json!("NEW-NAME-01"));
    let account = app.target_of(Kind::Customer, &organisation.to_string()).await.unwrap();
    let companies = vendors.psa.companies();
    let company = companies.iter().find(|row| row["id"] == account).unwrap();
    assert_eq!(company["companyName"], json!("Renamed & Sons Ltd"));
}

#[tokio::test(flavor = "multi_thread")]
async fn volatile_fields_alone_are_written_only_when_they_are_old() {
    let vendors = Vendors::start(2, 2, 20, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    vendors.rmm.check_in_all(now_s() + 60);
    assert!(app.plan().await.plan.totals.is_empty());
    app.clock.advance_ms(DAY_MS + 1000);
    let plan = app.plan().await;
    let updates: u32 =
        plan.plan.totals.iter().filter(|total| total.action == Action::Update).map(|total| total.changes).sum();
    let held: u32 = plan.plan.totals.iter().map(|total| total.held).sum();
    assert!(updates >= 15, "{:?}", plan.plan.totals);
    assert_eq!(held, 0, "volatile fields count for no brake");
    app.apply(&plan).await;
    assert!(app.plan().await.plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn near_names_are_proposed_and_never_linked_by_themselves() {
    let vendors = Vendors::start(20, 20, 40, 1.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let plan = app.plan().await;
    let open = app.undecided().await;
    let customers: Vec<_> = open.iter().filter(|view| view.link.kind == Kind::Customer).collect();
    assert!(!customers.is_empty());
    assert_eq!(plan.plan.undecided as usize, customers.len());
    for view in customers {
        assert!(matches!(view.link.state, LinkState::Proposed | LinkState::Conflict));
        assert!(view.link.state == LinkState::Conflict || !view.link.candidates.is_empty());
        assert!(!view.link.reason.english().is_empty());
    }
    assert_eq!(app.linked(Kind::Customer).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_location_of_another_account_is_refused_and_a_decided_one_is_used() {
    let vendors = Vendors::start(8, 16, 20, 1.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.plan().await;
    app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.unwrap();
    let sites = vendors.rmm.sites();
    let locations = vendors.psa.locations();
    let mut tried = (false, false);
    for (site, organisation, _) in &sites {
        let Some(account) = app.target_of(Kind::Customer, &organisation.to_string()).await else { continue };
        for location in &locations {
            let decision = Decision::Link(location["id"].to_string());
            let outcome = app.tenant.link_decide(&sync(), Kind::Location, &site.to_string(), &decision).await;
            if location["companyID"] == account {
                outcome.unwrap();
                tried.0 = true;
            } else {
                let error = outcome.unwrap_err();
                assert!(error.said().english().contains("belongs to another account"), "{error}");
                tried.1 = true;
            }
        }
    }
    assert_eq!(tried, (true, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_excluded_customer_is_left_alone_with_all_that_is_its() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.plan().await;
    let out = vendors.rmm.organisations()[1].clone();
    app.tenant.link_decide(&sync(), Kind::Customer, &out.0.to_string(), &Decision::Exclude).await.unwrap();
    app.bring_in_step().await;
    assert!(vendors.psa.companies().iter().all(|row| row["companyName"] != json!(out.1)));
    let trace = app.tenant.why(&sync(), Kind::Customer, &out.0.to_string()).await.unwrap();
    assert!(trace.verdict.english().contains("excluded"), "{}", trace.verdict.english());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_went_stale_is_refused_change_by_change() {
    let vendors = Vendors::start(2, 2, 12, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let devices = vendors.rmm.devices();
    for device in &devices[..2] {
        vendors.rmm.rename_device(&device.id, &format!("{}-X", device.id));
    }
    let plan = app.plan().await;
    let item = app.target_of(Kind::Asset, &devices[0].id).await.unwrap();
    vendors.psa.edit("ConfigurationItems", item, "referenceTitle", &json!("by hand, meanwhile"));
    app.clock.advance_ms(60 * 60 * 1000);
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (1, 1), "{:?}", report.failures);
    assert!(report.failures[0].1.english().contains("changed"), "{:?}", report.failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_applies_what_no_brake_holds() {
    let vendors = Vendors::start(2, 2, 20, 0.0);
    let mut rules = SyncRules::default();
    for kind in rules.kinds.values_mut() {
        kind.trust = Trust::Automatic;
    }
    let app = TestApp::with(&vendors, rules).await;
    let first = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert!(first.applied.is_none(), "the first run is held");
    app.apply(&first.plan).await;
    vendors.rmm.rename_device(&vendors.rmm.devices()[0].id, "RENAMED");
    let second = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(second.applied.unwrap().run.counts.done, 1);
}

fn site(vendors: &Vendors, id: i64) -> (i64, i64, String) {
    vendors.rmm.sites().into_iter().find(|(site, _, _)| *site == id).unwrap()
}
