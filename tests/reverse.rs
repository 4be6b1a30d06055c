//! The other way: accounts made in the PSA become organisations of the RMM, once, linked
//! at once, and never sent back.

use crate::harness::{TestApp, Vendors, sync, told};
use crosswalk::engine::{ApplyOptions, NoProgress, PlanReport};
use crosswalk::model::{Action, Decider, Event, Kind, ReverseDecision, SyncRules};
use crosswalk_say::English;

/// In step by a sync that goes both ways. The MSP's own company, 0, is none of its customers.
async fn in_step(vendors: &Vendors) -> TestApp {
    let app = TestApp::with(vendors, SyncRules { reverse: true, ..SyncRules::default() }).await;
    app.plan().await;
    app.tenant.reverse_decide(&sync(), "0", Some(ReverseDecision::Exclude)).await.unwrap();
    app.bring_in_step().await;
    app
}

/// What a plan creates at the source: how many, and how many of them are held.
fn created(plan: &PlanReport) -> (u32, u32) {
    let own = plan.plan.totals.iter().filter(|total| total.action == Action::CreateSource);
    own.fold((0, 0), |(changes, held), total| (changes + total.changes, held + total.held))
}

fn organisations(vendors: &Vendors, name: &str) -> Vec<i64> {
    vendors.rmm.organisations().into_iter().filter(|(_, own)| own == name).map(|(id, _)| id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_the_psa_becomes_an_organisation_once_and_stays_in_step() {
    let vendors = Vendors::start(3, 4, 12, 0.0);
    let app = in_step(&vendors).await;
    let account = vendors.psa.add_company("Zephyr Robotics");
    vendors.psa.reset_counts();
    vendors.rmm.reset_counts();
    let plan = app.plan().await;
    assert_eq!(created(&plan), (1, 1), "the first that go this way are looked at: {:?}", plan.plan.totals);
    assert_eq!(vendors.rmm.counts().writes, 0);
    let kept = app.tenant.apply(plan.plan.id, &ApplyOptions::default(), &NoProgress).await.unwrap();
    assert_eq!((kept.run.counts.held, vendors.rmm.counts().writes), (1, 0));

    let report = app.apply(&plan).await;
    assert_eq!(report.run.counts.done, 1, "{:?}", report.failures);
    let made = organisations(&vendors, "Zephyr Robotics");
    assert_eq!(made.len(), 1);
    let source = made[0].to_string();
    assert_eq!(app.target_of(Kind::Customer, &source).await, Some(account));
    let trace = app.tenant.why(&sync(), Kind::Customer, &account.to_string()).await.unwrap();
    let link = trace.link.unwrap();
    assert_eq!((link.decided_by, link.made), (Some(Decider::Reverse), false));
    assert_eq!(trace.journal[0].event, Event::CreatedAtSource);
    assert_eq!(vendors.psa.counts().writes, 0, "the account was there");
    assert!(app.plan().await.plan.totals.is_empty(), "nothing comes back");

    // From here on it is a customer like any other; and the next one is not held any more.
    vendors.rmm.add_site(made[0], "Hangar 1").unwrap();
    vendors.psa.add_company("Quokka Ceramics");
    let plan = app.plan().await;
    assert_eq!(created(&plan), (1, 0), "{:?}", plan.plan.totals);
    app.apply(&plan).await;
    assert!(vendors.psa.locations().iter().any(|row| row["name"] == "Hangar 1" && row["companyID"] == account));
    assert_eq!(organisations(&vendors, "Quokka Ceramics").len(), 1);
    app.bring_in_step().await;
    vendors.assert_no_duplicates();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_unless_asked_for() {
    let vendors = Vendors::start(2, 2, 6, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let account = vendors.psa.add_company("Zephyr Robotics").to_string();
    assert!(app.plan().await.plan.totals.is_empty());
    let decided = app.tenant.reverse_decide(&sync(), &account, Some(ReverseDecision::Create)).await;
    let said = told(&decided.unwrap_err());
    assert!(said.contains("creates nothing at its source") && said.contains("--reverse"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_near_name_waits_for_a_person_and_an_incomplete_read_for_a_better_one() {
    let vendors = Vendors::start(3, 4, 12, 0.0);
    let app = in_step(&vendors).await;
    let near = format!("{} Holdings", vendors.rmm.organisations()[0].1);
    let account = vendors.psa.add_company(&near).to_string();
    let other = vendors.psa.add_company("Zephyr Robotics").to_string();
    let plan = app.plan().await;
    assert_eq!(created(&plan).0, 1, "{:?}", plan.findings);
    let found = plan.findings.iter().find(|found| found.source == account).unwrap();
    for words in ["is near the source's", "crosswalk link reverse rmm-to-psa"] {
        assert!(found.message.english().contains(words), "{words}: {}", found.message.english());
    }
    // Decided, the one is created and the other never is.
    app.tenant.reverse_decide(&sync(), &account, Some(ReverseDecision::Create)).await.unwrap();
    app.tenant.reverse_decide(&sync(), &other, Some(ReverseDecision::Exclude)).await.unwrap();
    // The plan that was made before says otherwise, and is refused in that.
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (0, 1), "{:?}", report.failures);
    vendors.rmm.faults().set("server-error", "next:500,path:organizations").unwrap();
    assert_eq!(created(&app.plan().await).0, 0, "the source was not read to the end");
    vendors.rmm.faults().clear();
    let plan = app.plan().await;
    assert_eq!(created(&plan).0, 1, "{:?}", plan.findings);
    app.apply(&plan).await;
    assert_eq!((organisations(&vendors, &near).len(), organisations(&vendors, "Zephyr Robotics").len()), (1, 0));
    app.bring_in_step().await;
    let said = told(&app.tenant.reverse_decide(&sync(), &account, None).await.unwrap_err());
    assert!(said.contains("is already linked to") && said.contains("crosswalk link forget"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_made_by_hand_meanwhile_is_not_doubled() {
    let vendors = Vendors::start(2, 2, 6, 0.0);
    let app = in_step(&vendors).await;
    let account = vendors.psa.add_company("Zephyr Robotics");
    let plan = app.plan().await;
    let by_hand = vendors.rmm.add_organisation("Zephyr Robotics");
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (0, 1), "{:?}", report.failures);
    assert!(report.failures[0].1.english().contains(&by_hand.to_string()), "{:?}", report.failures);
    app.bring_in_step().await;
    assert_eq!(app.target_of(Kind::Customer, &by_hand.to_string()).await, Some(account));
    assert_eq!(organisations(&vendors, "Zephyr Robotics").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_makes_no_organisation_twice() {
    let vendors = Vendors::start(2, 2, 6, 0.0);
    let app = in_step(&vendors).await;
    let names = ["Zephyr Robotics", "Quokka Ceramics", "Umbra Textiles"];
    let accounts = names.map(|name| vendors.psa.add_company(name));
    let plan = app.plan().await;
    assert_eq!(created(&plan).0, 3);
    vendors.rmm.faults().set("lost-reply", "every:2,writes").unwrap();
    let report = app.apply(&plan).await;
    assert!(vendors.rmm.faults().fired("lost-reply") > 0);
    vendors.rmm.faults().clear();
    assert_eq!(report.run.counts.done, 3, "{:?}", report.failures);
    for (name, account) in names.iter().zip(accounts) {
        let made = organisations(&vendors, name);
        assert_eq!(made.len(), 1, "{name}");
        assert_eq!(app.target_of(Kind::Customer, &made[0].to_string()).await, Some(account));
    }
    assert!(app.plan().await.plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_between_the_write_and_its_outcome_it_is_looked_up_at_the_source() {
    let vendors = Vendors::start(2, 2, 6, 0.0);
    let app = in_step(&vendors).await;
    let account = vendors.psa.add_company("Zephyr Robotics");
    let plan = app.plan().await;
    // Written there, and no word of it: not even the look-up gets through, so the run ends with it open.
    vendors.rmm.faults().set("lost-reply", "next:1,writes").unwrap();
    vendors.rmm.faults().set("server-error", "always,reads,after:1").unwrap();
    let stopped = app.apply(&plan).await;
    vendors.rmm.faults().clear();
    assert!(stopped.failures[0].1.english().contains("looks it up again"), "{:?}", stopped.failures);
    assert_eq!(organisations(&vendors, "Zephyr Robotics").len(), 1, "it was written");
    assert_eq!(app.linked(Kind::Customer).await, 2, "and nobody knows");
    app.bring_in_step().await;
    let made = organisations(&vendors, "Zephyr Robotics");
    assert_eq!(made.len(), 1);
    assert_eq!(app.target_of(Kind::Customer, &made[0].to_string()).await, Some(account));
    vendors.assert_no_duplicates();
}
