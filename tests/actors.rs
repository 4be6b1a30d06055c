//! Who did it: kept with every decision, approval, run and entry of the journal, and read from the database alone.

use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, sync};
use crosswalk::engine::{ApplyOptions, Decision, JournalFilter, NoProgress, Release, Tenant};
use crosswalk::model::schedule::Job;
use crosswalk::model::{Actor, Event, Kind, SyncRules, Trust};
use crosswalk_say::English;
use serde_json::json;

const HOUR_MS: i64 = 60 * 60_000;

fn local(name: &str) -> Actor {
    Actor::Local(name.to_owned())
}

/// The actors of the entries of an event, oldest first.
async fn who(tenant: &Tenant, event: Event) -> Vec<Option<Actor>> {
    let filter = JournalFilter { event: Some(event), ..JournalFilter::default() };
    let entries = tenant.journal(&filter).await.expect("a journal");
    entries.into_iter().rev().map(|entry| entry.actor).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_is_kept_with_who_did_it() {
    let (rmm, psa) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    let mut rules = SyncRules::default();
    rules.kinds.values_mut().for_each(|own| own.trust = Trust::Automatic);
    app.join(rmm.connection("rmm", &json!({})), psa.connection("psa", &json!({})), rules).await;
    for (id, name) in [("c1", "Alpha"), ("c2", "Beta")] {
        rmm.put("customer", id, None, name, &json!({ "number": id }));
        psa.put("customer", &format!("a{id}"), None, name, &json!({ "number": id }));
    }
    rmm.put("asset", "d1", Some("c1"), "PC-1", &json!({ "serial-number": "S1" }));

    let (anna, bruno) = (app.tenant.by(local("anna")), app.tenant.by(local("bruno")));
    anna.plan(&sync(), &NoProgress).await.unwrap();
    anna.link_decide(&sync(), Kind::Customer, "c2", &Decision::Exclude).await.unwrap();
    let plan = bruno.plan(&sync(), &NoProgress).await.unwrap().plan;
    let options = ApplyOptions { release: Release::All, ..ApplyOptions::default() };
    let applied = bruno.apply(plan.id, &options, &NoProgress).await.unwrap();
    assert_eq!(applied.run.actor, Some(local("bruno")));

    assert_eq!(who(&app.tenant, Event::Decided).await, [Some(local("anna"))], "who mapped it");
    assert_eq!(who(&app.tenant, Event::Created).await, [Some(local("bruno"))], "who wrote it");
    assert_eq!(who(&app.tenant, Event::Released).await, [Some(local("bruno"))], "who released the brake");
    let shown = app.tenant.plan_show(plan.id).await.unwrap();
    assert_eq!(shown.approved_by, Some("local:bruno".into()), "who approved it");
    let why = app.tenant.why(&sync(), Kind::Customer, "c2").await.unwrap();
    assert_eq!(why.verdict.english(), "left out: excluded by the operator local:anna");

    app.tenant.schedule_set(&sync(), Job::Sync, Some(60)).await.unwrap();
    app.clock.advance_ms(2 * HOUR_MS);
    app.engine.tick().await.unwrap();
    let runs = app.tenant.run_list(Some(&sync()), 100).await.unwrap();
    let actors: Vec<_> = runs.into_iter().rev().map(|run| run.actor.expect("each has one")).collect();
    assert_eq!(actors, [local("anna"), local("bruno"), local("bruno"), Actor::Schedule]);
}
