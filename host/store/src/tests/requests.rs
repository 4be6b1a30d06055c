//! Requests: one process gets each, and a run can be stopped from another.

use super::*;
use crosswalk_model::{RunState, RunStatus, StopOutcome, Wanted};
use crosswalk_say::English;

async fn status(tenant: &TenantStore, run: RunId) -> RunStatus {
    tenant.run_get(run).await.unwrap().unwrap().status
}

#[tokio::test]
async fn one_of_two_processes_gets_a_request_and_another_gets_it_when_that_died() {
    let bed = Bed::new().await;
    let tenant = bed.tenant.by(Actor::Local("anna".into()));
    let (now, later) = (T0.plus_ms(1_000), T0.plus_ms(60_000));
    let run = tenant.request_add(&main_sync(), &Wanted::Plan, T0, now).await.unwrap();
    assert_eq!(status(&tenant, run).await, RunStatus::Queued);
    assert_eq!(bed.store.due_tenants(T0, T0).await.unwrap(), [], "it is not due yet");
    assert_eq!(bed.store.next_due(T0, None).await.unwrap(), Some(now));
    assert_eq!(bed.store.due_tenants(now, T0).await.unwrap(), [tenant.name().clone()]);
    let due = tenant.requests_due(now, T0).await.unwrap();
    assert_eq!((due.len(), due[0].run, due[0].actor.to_string().as_str()), (1, run, "local:anna"));
    assert!(tenant.request_take(&due[0], now).await.unwrap());
    assert!(!tenant.request_take(&due[0], now).await.unwrap(), "the other one saw it free");
    assert_eq!(tenant.requests_due(now, T0).await.unwrap(), []);

    let lost = tenant.requests_due(later, later).await.unwrap();
    assert!(tenant.request_take(&lost[0], later).await.unwrap(), "its process died before it began");
    tenant.request_put_back(run, later.plus_ms(9)).await.unwrap();
    assert_eq!(tenant.requests_due(later, T0).await.unwrap(), [], "the sync is busy for a while");
    assert_eq!(tenant.requests_due(later.plus_ms(9), T0).await.unwrap()[0].taken_at, None);

    assert_eq!(tenant.run_begin(&main_sync(), Mode::Plan, Some(run), later).await.unwrap(), run);
    let begun = tenant.run_get(run).await.unwrap().unwrap();
    assert_eq!((begun.status, begun.started_at), (RunStatus::Running, later));
    assert_eq!(tenant.requests_due(later.plus_ms(99), later.plus_ms(99)).await.unwrap(), []);
    assert!(matches!(
        tenant.run_begin(&main_sync(), Mode::Plan, Some(run), later).await,
        Err(StoreError::Stale { .. })
    ));
}

#[tokio::test]
async fn a_run_is_stopped_before_it_begins_and_while_it_goes_on() {
    let bed = Bed::new().await;
    let (anna, bea) = (bed.tenant.by(Actor::Local("anna".into())), bed.tenant.by(Actor::Local("bea".into())));
    let queued = anna.request_add(&main_sync(), &Wanted::Run, T0, T0).await.unwrap();
    let due = anna.requests_due(T0, T0).await.unwrap();
    assert_eq!(bea.run_stop(queued, T0).await.unwrap(), StopOutcome::Cancelled);
    let run = anna.run_get(queued).await.unwrap().unwrap();
    assert_eq!(
        (run.status, run.message.english().as_str()),
        (RunStatus::Cancelled, "stopped by local:bea before it began")
    );
    assert!(!anna.request_take(&due[0], T0).await.unwrap(), "it was seen before");
    assert!(matches!(anna.run_begin(&main_sync(), Mode::Apply, Some(queued), T0).await, Err(StoreError::Stale { .. })));

    let running = anna.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let state = RunState {
        number: 2,
        stage: "reading".into(),
        connection: "rmm".into(),
        kind: Some(Kind::Asset),
        done: 3,
        steps: None,
    };
    assert!(!anna.run_beat(running, Some(state.clone())).await.unwrap());
    assert_eq!(bea.run_state(running).await.unwrap(), (Some(state.clone()), None));
    assert_eq!(bea.run_stop(running, T0).await.unwrap(), StopOutcome::Asked);
    assert!(anna.run_beat(running, None).await.unwrap() && anna.run_beat(running, Some(state)).await.unwrap());
    assert_eq!(bea.run_state(running).await.unwrap().1, Some(Actor::Local("bea".into())));
    let ended = crosswalk_model::Run { status: RunStatus::Partial, ..anna.run_get(running).await.unwrap().unwrap() };
    anna.run_finish(&ended).await.unwrap();
    assert_eq!(bea.run_stop(running, T0).await.unwrap(), StopOutcome::Ended);
}
