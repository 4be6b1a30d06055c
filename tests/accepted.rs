//! A vendor that says "accepted" and takes its time: its token is asked after, in this run
//! and in the next ones, and what it works on is neither written twice nor planned again.

use crate::harness::slow::{Pace, SlowVendor};
use crate::harness::{TestApp, component, name, secrets, sync, texts};
use crosswalk::engine::{
    ApplyOptions, ChangeFilter, ChangeStatus, NewConnection, NewSync, NoProgress, PlanReport, Release,
};
use crosswalk::model::{Event, Kind, RunStatus, SyncRules};
use crosswalk_say::English;
use std::time::Duration;

/// A sync of customers between two such vendors, the target's being slow.
async fn app(source: &SlowVendor, target: &SlowVendor) -> TestApp {
    let app = TestApp::start().await;
    app.engine.plugin_add(&component("slow")).await.expect("the guest is fine");
    for (connection, vendor) in [("from", source), ("to", target)] {
        app.add(NewConnection {
            name: name(connection),
            plugin: name("slow"),
            settings: [].into(),
            secrets: secrets([("key", "k")]),
            endpoints: texts([("api", vendor.url().to_owned())]),
            grant_all: false,
            buckets: [].into(),
        })
        .await;
    }
    let mut rules = SyncRules::default();
    rules.kinds.retain(|kind, _| *kind == Kind::Customer);
    let new = NewSync { name: sync(), source: name("from"), target: name("to"), rules };
    app.tenant.sync_add(new).await.expect("the sync is fine");
    app
}

async fn status(app: &TestApp, plan: &PlanReport) -> Vec<ChangeStatus> {
    let changes = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 100).await.unwrap();
    changes.into_iter().map(|view| view.status).collect()
}

/// Applies a plan, and ends the process, as it were, while it waits for the vendor.
async fn stop_while_waiting(app: &TestApp, plan: &PlanReport) {
    let (tenant, id) = (app.tenant.clone(), plan.plan.id);
    let options = ApplyOptions { release: Release::All, ..ApplyOptions::default() };
    let applying = tokio::spawn(async move { tenant.apply(id, &options, &NoProgress).await });
    while status(app, plan).await.iter().any(|status| *status != ChangeStatus::Accepted) {
        assert!(!applying.is_finished(), "it did not wait: {:?}", status(app, plan).await);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    applying.abort();
    assert!(applying.await.is_err_and(|error| error.is_cancelled()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_accepted_is_asked_after_until_it_is_done() {
    let (source, target) = (SlowVendor::start(&["Alpha", "Beta"]), SlowVendor::start(&[]));
    let app = app(&source, &target).await;
    target.set_pace(Pace::After(4));
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.status), (2, RunStatus::Succeeded), "{:?}", report.failures);
    assert_eq!((target.names(), target.jobs()), (vec!["Alpha".to_owned(), "Beta".to_owned()], 2));
    assert_eq!(app.linked(Kind::Customer).await, 2);
    let journal = app.tenant.why(&sync(), Kind::Customer, "i0").await.unwrap().journal;
    let events: Vec<&str> = journal.iter().map(|entry| entry.event.as_str()).collect();
    assert_eq!(events, ["created", "accepted"], "newest first");
    assert!(app.plan().await.plan.totals.is_empty());
    // An update the same way.
    source.rename("Beta", "Beta Works");
    app.bring_in_step().await;
    assert_eq!((target.names(), target.jobs()), (vec!["Alpha".to_owned(), "Beta Works".to_owned()], 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_leaves_open_the_next_one_settles_by_its_token() {
    let (source, target) = (SlowVendor::start(&["Alpha", "Beta"]), SlowVendor::start(&[]));
    let app = app(&source, &target).await;
    target.set_pace(Pace::After(u32::MAX));
    let plan = app.plan().await;
    stop_while_waiting(&app, &plan).await;

    // While the vendor works on it nothing of it is planned, and nothing looked up as lost.
    let meanwhile = app.plan().await;
    assert!(meanwhile.plan.totals.is_empty(), "{:?}", meanwhile.plan.totals);
    assert_eq!(meanwhile.findings.len(), 2, "{:?}", meanwhile.findings);
    assert!(meanwhile.findings.iter().all(|found| found.message.english().contains("still works on")));
    // Nor while it cannot be asked.
    target.set_pace(Pace::Silent);
    assert!(app.plan().await.plan.totals.is_empty());

    target.set_pace(Pace::After(1));
    let settled = app.plan().await;
    assert!(settled.plan.totals.is_empty(), "{:?}", settled.plan.totals);
    assert_eq!(status(&app, &plan).await, [ChangeStatus::Done, ChangeStatus::Done]);
    assert_eq!(app.linked(Kind::Customer).await, 2);
    assert_eq!((target.names(), target.jobs()), (vec!["Alpha".to_owned(), "Beta".to_owned()], 2), "nothing twice");
    app.bring_in_step().await;
    assert_eq!(target.jobs(), 2);
    // With them the first run ended: what comes next is held by nothing.
    source.rename("Beta", "Beta Works");
    let next = app.plan().await.plan.totals;
    assert_eq!(next.iter().map(|total| (total.changes, total.held)).collect::<Vec<_>>(), [(1, 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gets_another_token_is_asked_after_by_that() {
    let (source, target) = (SlowVendor::start(&["Alpha"]), SlowVendor::start(&[]));
    let app = app(&source, &target).await;
    target.set_pace(Pace::After(u32::MAX));
    let plan = app.plan().await;
    stop_while_waiting(&app, &plan).await;
    target.set_pace(Pace::Moves);
    assert!(app.plan().await.plan.totals.is_empty());
    assert_eq!(status(&app, &plan).await, [ChangeStatus::Accepted]);
    target.set_pace(Pace::After(1));
    assert!(app.plan().await.plan.totals.is_empty());
    assert_eq!(status(&app, &plan).await, [ChangeStatus::Done]);
    assert_eq!((target.names(), target.jobs()), (vec!["Alpha".to_owned()], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_in_the_end_is_told_and_planned_again() {
    let (source, target) = (SlowVendor::start(&["Alpha"]), SlowVendor::start(&[]));
    let app = app(&source, &target).await;
    target.set_pace(Pace::Fails);
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.failed, report.run.status), (1, RunStatus::Failed));
    assert!(report.failures[0].1.english().contains("the desk said no"), "{:?}", report.failures);
    assert_eq!(status(&app, &plan).await, [ChangeStatus::Failed]);
    assert!(target.names().is_empty());
    // The next plan tries again.
    target.set_pace(Pace::After(2));
    app.bring_in_step().await;
    assert_eq!((target.names(), target.jobs()), (vec!["Alpha".to_owned()], 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_after_the_run_ended_is_told_and_tried_again() {
    let (source, target) = (SlowVendor::start(&["Alpha"]), SlowVendor::start(&[]));
    let app = app(&source, &target).await;
    target.set_pace(Pace::After(u32::MAX));
    let plan = app.plan().await;
    stop_while_waiting(&app, &plan).await;
    target.set_pace(Pace::Fails);
    let again = app.plan().await;
    assert_eq!(status(&app, &plan).await, [ChangeStatus::Failed]);
    assert_eq!(again.plan.totals.len(), 1, "it is planned again: {:?}", again.plan.totals);
    let why = app.tenant.why(&sync(), Kind::Customer, "i0").await.unwrap();
    assert!(
        why.journal
            .iter()
            .any(|entry| entry.event == Event::Failed && entry.message.english().contains("the desk said no"))
    );
    target.set_pace(Pace::After(1));
    app.bring_in_step().await;
    assert_eq!((target.names(), target.jobs()), (vec!["Alpha".to_owned()], 2));
}
