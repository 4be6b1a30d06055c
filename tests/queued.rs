//! Work that one process asks for and another does: approved in part by several people, followed, stopped from outside,
//! and neither lost nor done twice.
//!
//! A second engine on the same folder stands for a second process: it shares nothing with the first but the database.

use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, name, sync};
use crosswalk::engine::{ChangeFilter, Engine, JournalFilter, NoProgress, Tenant};
use crosswalk::error::Error;
use crosswalk::model::{
    Actor, Approved, Brake, Event, Kind, Part, Release, RunId, RunStatus, StopOutcome, SyncRules, Wanted,
};
use crosswalk_say::English;
use serde_json::json;
use std::time::Duration;

struct Scene {
    app: TestApp,
    rmm: Scripted,
    psa: Scripted,
}

async fn tenant(engine: &Engine, who: &str) -> Tenant {
    engine.tenant(&name("default")).await.unwrap().by(Actor::Local(who.to_owned()))
}

impl Scene {
    /// Two customers that the target has, each with two devices that it has not.
    async fn start() -> Self {
        let (rmm, psa) = (Scripted::start(), Scripted::start());
        let app = TestApp::start().await;
        let rules = SyncRules::default();
        app.join(rmm.connection("rmm", &json!({})), psa.connection("psa", &json!({})), rules).await;
        for id in ["c1", "c2"] {
            rmm.put("customer", id, None, &format!("Customer {id}"), &json!({ "number": id }));
            psa.put("customer", &format!("a{id}"), None, &format!("Customer {id}"), &json!({ "number": id }));
            for device in ["d1", "d2"] {
                let device = format!("{id}-{device}");
                rmm.put("asset", &device, Some(id), &device, &json!({ "serial-number": format!("S-{device}") }));
            }
        }
        Self { app, rmm, psa }
    }

    async fn status(&self, run: RunId) -> RunStatus {
        self.app.tenant.run_show(run).await.unwrap().status
    }

    fn devices(&self) -> usize {
        self.psa.records("asset").len()
    }
}

fn part(part: Part) -> Approved {
    Approved { part, release: Release::These(vec![Brake::FirstRun]), ..Approved::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_approve_parts_and_a_third_process_applies_them() {
    let scene = Scene::start().await;
    let (anna, bruno) = (tenant(&scene.app.engine, "anna").await, tenant(&scene.app.second().await, "bruno").await);
    let plan = anna.plan(&sync(), &NoProgress).await.unwrap().plan;

    let error = bruno.apply_approved(plan.id, &NoProgress).await.unwrap_err();
    assert!(matches!(&error, Error::Held { .. }) && error.said().english().contains("nothing of plan"), "{error}");
    let error = anna.plan_approve(plan.id, &Approved::default(), "another", "").await.unwrap_err();
    assert!(matches!(error, Error::Busy { .. }), "another hash was seen: {error}");

    // Of the first customer a device by its number, with what it depends on; of the second all customers' links alone.
    let changes = anna.plan_changes(plan.id, &ChangeFilter::default(), 0, 100).await.unwrap();
    let device = changes.iter().find(|view| view.change.source == "c1-d2").unwrap().change.sequence;
    let wanted = part(Part { changes: Some([device].into_iter().collect()), ..Part::default() });
    let (approved, added) = anna.plan_depended(plan.id, &wanted).await.unwrap();
    let link = changes.iter().find(|view| view.change.source == "c1").unwrap().change.sequence;
    assert!(added.contains(link) && !approved.part.changes.as_ref().unwrap().is_empty(), "{added}");
    anna.plan_approve(plan.id, &approved, &plan.hash, "as agreed").await.unwrap();
    let of_customers = part(Part { kind: Some(Kind::Customer), ..Part::default() });
    bruno.plan_approve(plan.id, &of_customers, &plan.hash, "").await.unwrap();
    assert_eq!(scene.devices(), 0, "approving writes nothing");

    let run = bruno.request(&sync(), &Wanted::Apply { plan: plan.id }, None).await.unwrap();
    assert_eq!(scene.status(run).await, RunStatus::Queued);
    scene.app.engine.tick().await.unwrap();
    let done = anna.run_show(run).await.unwrap();
    assert_eq!((done.actor, done.counts.done), (Some(Actor::Local("bruno".into())), 3), "two links and one device");
    assert_eq!(scene.devices(), 1);

    // An audit reads it from the database: who approved this, and who released that brake.
    let approvals = anna.plan_approvals(plan.id).await.unwrap();
    let of_device = approvals.iter().find(|one| one.approved.part.has(device, Kind::Asset, "c1")).unwrap();
    assert_eq!((of_device.by.to_string().as_str(), of_device.note.as_str()), ("local:anna", "as agreed"));
    let who = async |event| {
        let filter = JournalFilter { event: Some(event), ..JournalFilter::default() };
        let entries = anna.journal(&filter).await.unwrap().into_iter().rev();
        entries.map(|entry| entry.actor.unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(who(Event::Approved).await, ["local:anna", "local:bruno"]);
    assert_eq!(who(Event::Released).await, ["local:anna", "local:bruno"]);

    assert_eq!(anna.plan_withdraw(plan.id).await.unwrap(), 2);
    assert!(bruno.apply_approved(plan.id, &NoProgress).await.is_err(), "nothing is approved any more");
    assert_eq!(who(Event::Withdrawn).await, ["local:anna"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_done_once_and_waits_for_the_run_that_holds_its_sync() {
    let scene = Scene::start().await;
    let (anna, second) = (tenant(&scene.app.engine, "anna").await, scene.app.second().await);
    let first = anna.request(&sync(), &Wanted::Plan, None).await.unwrap();
    let (one, other) = tokio::join!(scene.app.engine.tick(), second.tick());
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 1, "one of the two processes did it");
    assert_eq!(scene.status(first).await, RunStatus::Held, "it is the first run");

    // While another run holds the sync, a request waits; it is not lost.
    scene.rmm.slow(Duration::from_millis(1_500));
    let bruno = tenant(&second, "bruno").await;
    let slow = tokio::spawn(async move { bruno.plan(&sync(), &NoProgress).await.map(drop) });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let run = anna.request(&sync(), &Wanted::Plan, None).await.unwrap();
    assert_eq!(scene.app.engine.tick().await.unwrap().len(), 0, "the sync is busy");
    assert_eq!(scene.status(run).await, RunStatus::Queued);
    slow.await.unwrap().unwrap();
    scene.rmm.slow(Duration::ZERO);
    scene.app.clock.advance_ms(60_000);
    scene.app.engine.tick().await.unwrap();
    assert_eq!(scene.status(run).await, RunStatus::Held, "it was done when the sync was free");

    // One that cannot be done ends as failed, with the reason.
    let gone = anna.request(&sync(), &Wanted::Refresh { kind: Kind::Asset, id: "nobody".into() }, None).await.unwrap();
    scene.app.engine.tick().await.unwrap();
    let failed = anna.run_show(gone).await.unwrap();
    assert!(
        failed.status == RunStatus::Failed && !failed.message.is_empty() && failed.ended_at.is_some(),
        "{failed:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_another_process_is_followed_and_stopped() {
    let scene = Scene::start().await;
    let (anna, second) = (tenant(&scene.app.engine, "anna").await, scene.app.second().await);
    let cancelled = anna.request(&sync(), &Wanted::Plan, None).await.unwrap();
    assert_eq!(tenant(&second, "bruno").await.run_stop(cancelled).await.unwrap(), StopOutcome::Cancelled);
    assert_eq!(scene.app.engine.tick().await.unwrap().len(), 0);
    assert_eq!(anna.run_view(cancelled).await.unwrap().run.status, RunStatus::Cancelled);

    scene.rmm.slow(Duration::from_millis(2_500));
    let run = anna.request(&sync(), &Wanted::Plan, None).await.unwrap();
    let working = tokio::spawn(async move { second.tick().await });
    let mut state = None;
    for _ in 0..200 {
        let view = anna.run_view(run).await.unwrap();
        if view.state.is_some() {
            state = view.state;
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let state = state.expect("its process stores how far it is");
    assert!(state.number > 0 && state.stage == "reading" && !state.connection.is_empty(), "{state:?}");
    assert_eq!(anna.run_stop(run).await.unwrap(), StopOutcome::Asked);
    assert_eq!(anna.run_view(run).await.unwrap().stop_by, Some(Actor::Local("anna".into())));
    let reports = working.await.unwrap().unwrap();
    assert_eq!(reports.len(), 1);
    let ended = anna.run_view(run).await.unwrap().run;
    assert!(ended.was_stopped() && ended.ended_at.is_some(), "{ended:?}");
    assert_eq!(anna.run_stop(run).await.unwrap(), StopOutcome::Ended);
}
