//! Taking back what a run did: what goes, what is left and said, and that the next plan does
//! not do it again.

use crate::harness::{TestApp, Vendors, sync, told};
use crosswalk::engine::{ApplyOptions, ApplyReport, LinkFilter, LinkView, NoProgress, PlanReport, UndoOptions};
use crosswalk::error::Error;
use crosswalk::model::{Action, Decider, Kind, LinkState, Mode, RunId, RunStatus, SyncRules, TenantName, Trust};
use crosswalk::store::{KeySource, Store};
use crosswalk_say::English;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ENTITIES: [&str; 3] = ["Companies", "CompanyLocations", "ConfigurationItems"];

/// The PSA's rows by entity and id, without what the PSA itself counts on.
fn rows(vendors: &Vendors) -> BTreeMap<(&'static str, i64), Value> {
    let mut all = BTreeMap::new();
    for entity in ENTITIES {
        for mut row in vendors.psa.rows(entity) {
            let id = row["id"].as_i64().unwrap();
            let fields = row.as_object_mut().unwrap();
            fields.retain(|name, _| !name.to_lowercase().starts_with("last"));
            all.insert((entity, id), row);
        }
    }
    all
}

async fn applying_runs(app: &TestApp) -> Vec<RunId> {
    let runs = app.tenant.run_list(Some(&sync()), 100).await.unwrap();
    runs.into_iter().filter(|run| run.mode == Mode::Apply && run.counts.done > 0).map(|run| run.id).collect()
}

async fn planned(app: &TestApp, run: RunId) -> Result<PlanReport, Error> {
    app.tenant.undo(run, &UndoOptions::default(), &NoProgress).await
}

async fn applied(app: &TestApp, plan: &PlanReport) -> ApplyReport {
    app.tenant.apply(plan.plan.id, &ApplyOptions::default(), &NoProgress).await.unwrap()
}

async fn undo(app: &TestApp, run: RunId) -> (PlanReport, ApplyReport) {
    let plan = planned(app, run).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let report = applied(app, &plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(report.run.status, RunStatus::Succeeded, "{:?}", plan.plan.totals);
    (plan, report)
}

async fn links(app: &TestApp) -> Vec<LinkView> {
    app.tenant.link_list(&sync(), &LinkFilter::default()).await.unwrap()
}

async fn assert_nothing_to_do(app: &TestApp) {
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_undone_leaves_what_was_there_before_and_takes_the_rest_out_of_use() {
    let vendors = Vendors::start(8, 16, 80, 0.5);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let before = rows(&vendors);
    app.bring_in_step().await;
    let in_step = rows(&vendors);
    assert!(in_step.len() > before.len() + 20);
    vendors.psa.reset_counts();
    for run in applying_runs(&app).await {
        let plan = planned(&app, run).await.unwrap();
        assert_eq!(plan.plan.undoes, Some(run));
        assert!(plan.plan.totals.iter().all(|total| total.held == 0), "no brake holds an undo");
        let report = applied(&app, &plan).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
    }
    let after = rows(&vendors);
    for (key, row) in &after {
        match before.get(key) {
            None => assert_eq!(row["isActive"], json!(false), "{key:?} was made and is in use: {row}"),
            Some(was) => assert_same(key, was, row),
        }
    }
    for view in links(&app).await {
        match view.link.state {
            LinkState::Excluded => {
                assert_eq!(view.link.decided_by, Some(Decider::Undo));
                assert!(view.link.reason.english().contains("crosswalk link set"), "{}", view.link.reason.english());
            }
            state => assert_eq!((state, view.link.decided_by), (LinkState::Linked, Some(Decider::Operator))),
        }
    }
    assert_nothing_to_do(&app).await;
}

/// A row of before the import, but for what nobody keeps by hand and for the host's key.
fn assert_same(key: &(&str, i64), was: &Value, is: &Value) {
    for (name, value) in was.as_object().unwrap() {
        if name == "udf" {
            let by_hand = |row: &Value| -> Vec<(String, Value)> {
                let fields = row["udf"].as_object().unwrap().clone();
                fields.into_iter().filter(|(name, _)| !name.starts_with("RMM ")).collect()
            };
            assert_eq!(by_hand(was), by_hand(is), "{key:?} {name}");
        } else {
            assert_eq!(value, &is[name], "{key:?} {name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_come_back_and_what_a_technician_changed_since_is_left_and_told() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let before = rows(&vendors);
    let devices = vendors.rmm.devices();
    for device in &devices[..4] {
        vendors.rmm.rename_device(&device.id, &format!("{}-NEW", device.name));
    }
    let organisation = vendors.rmm.organisations()[0].clone();
    vendors.rmm.rename_organisation(organisation.0, "Renamed & Sons Ltd");
    let report = app.apply(&app.plan().await).await;
    assert_eq!(report.run.counts.done, 5, "{:?}", report.failures);
    let edited = app.target_of(Kind::Asset, &devices[0].id).await.unwrap();
    assert!(vendors.psa.edit("ConfigurationItems", edited, "referenceTitle", &json!("Reception")));

    let (plan, undone) = undo(&app, report.run.id).await;
    assert_eq!(undone.run.counts.done, 4);
    assert_eq!(undone.run.message.english(), format!("undid run {}", report.run.id));
    assert_eq!(plan.findings_total, 1);
    assert_eq!(plan.findings[0].source, devices[0].id);
    assert_eq!(
        plan.findings[0].message.english(),
        "name has been edited in the target since, to “Reception”, and is left as it is"
    );
    let mut expected = before;
    expected.get_mut(&("ConfigurationItems", edited)).unwrap()["referenceTitle"] = json!("Reception");
    for (key, row) in rows(&vendors) {
        assert_same(&key, &expected[&key], &row);
    }
    assert_nothing_to_do(&app).await;

    let again = planned(&app, report.run.id).await.unwrap_err();
    assert!(told(&again).contains(&format!("was undone already, by run {}", undone.run.id)), "{again}");

    // Undoing the undo does the work again, where nobody changed anything.
    let (_, redone) = undo(&app, undone.run.id).await;
    assert_eq!(redone.run.counts.done, 4);
    let items = vendors.psa.configuration_items();
    let title = |id: i64| items.iter().find(|row| row["id"] == id).unwrap()["referenceTitle"].clone();
    for device in &devices[1..4] {
        let item = app.target_of(Kind::Asset, &device.id).await.unwrap();
        assert_eq!(title(item), json!(format!("{}-NEW", device.name)));
    }
    assert_eq!(title(edited), json!("Reception"));
    assert_nothing_to_do(&app).await;
    // What was done again can be undone again.
    let (_, third) = undo(&app, redone.run.id).await;
    assert_eq!(third.run.counts.done, 4);
    assert_nothing_to_do(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_undone_by_mistake_comes_back_with_its_links() {
    let vendors = Vendors::start(4, 8, 30, 0.5);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let (state, linked) = (rows(&vendors), linked(&app).await);
    let run = applying_runs(&app).await[0];
    let (_, undone) = undo(&app, run).await;
    assert_ne!(state, rows(&vendors));
    undo(&app, undone.run.id).await;
    for (key, row) in rows(&vendors) {
        assert_same(&key, &state[&key], &row);
    }
    assert_eq!(linked, self::linked(&app).await);
    assert_nothing_to_do(&app).await;
    vendors.assert_no_duplicates();
}

async fn linked(app: &TestApp) -> Vec<(Kind, String, Option<String>)> {
    links(app).await.into_iter().map(|view| (view.link.kind, view.link.source.clone(), view.link.target)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_and_a_retirement_are_taken_back() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let devices = vendors.rmm.devices();
    let (moved, left) = (devices[0].clone(), devices[1].id.clone());
    let sites = vendors.rmm.sites();
    let owner = |site: i64| sites.iter().find(|(id, _, _)| *id == site).unwrap().1;
    let elsewhere = sites.iter().find(|(_, organisation, _)| *organisation != owner(moved.site)).unwrap().0;
    let (old, gone) =
        (app.target_of(Kind::Asset, &moved.id).await.unwrap(), app.target_of(Kind::Asset, &left).await.unwrap());
    vendors.rmm.move_device(&moved.id, elsewhere);
    vendors.rmm.remove_device(&left);
    app.plan().await;
    app.clock.advance_ms(4 * 24 * 60 * 60 * 1000);
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let new = app.target_of(Kind::Asset, &moved.id).await.unwrap();
    let active = |id: i64| {
        let items = vendors.psa.configuration_items();
        items.iter().find(|row| row["id"] == id).unwrap()["isActive"] == json!(true)
    };
    assert_eq!((active(old), active(new), active(gone)), (false, true, false));
    let (_, undone) = undo(&app, report.run.id).await;
    assert_eq!((active(old), active(new), active(gone)), (true, false, true));
    assert_eq!(app.target_of(Kind::Asset, &moved.id).await, Some(old));
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    let told = |source: &str| plan.findings.iter().any(|finding| finding.source == source);
    assert!(told(&moved.id) && told(&left), "what is not in step is said: {:?}", plan.findings);
    undo(&app, undone.run.id).await;
    assert_eq!((active(old), active(new), active(gone)), (false, true, false));
    assert_eq!(app.target_of(Kind::Asset, &moved.id).await, Some(new));
    assert_nothing_to_do(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_undone_and_the_rest_later() {
    let vendors = Vendors::start(2, 4, 20, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let run = applying_runs(&app).await[0];
    let one = vendors.rmm.organisations()[0].0.to_string();
    let part = UndoOptions { customer: Some(one.clone()), kind: Some(Kind::Asset) };
    let plan = app.tenant.undo(run, &part, &NoProgress).await.unwrap();
    let report = applied(&app, &plan).await;
    let out = |state: LinkState| {
        let app = &app;
        async move { links(app).await.into_iter().filter(move |view| view.link.state == state).collect::<Vec<_>>() }
    };
    let excluded = out(LinkState::Excluded).await;
    assert_eq!(excluded.len() as u64, report.run.counts.done);
    assert!(excluded.iter().all(|view| view.customer == one && view.link.kind == Kind::Asset));
    assert_nothing_to_do(&app).await;
    let (_, rest) = undo(&app, run).await;
    assert_eq!(rest.run.counts.done + report.run.counts.done, 2 + 4 + 20);
    assert!(out(LinkState::Linked).await.is_empty());
    assert_nothing_to_do(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_undone_says_so() {
    let vendors = Vendors::start(2, 2, 10, 0.0);
    let mut rules = SyncRules::default();
    rules.kinds.get_mut(&Kind::Asset).unwrap().otherwise = crosswalk::model::FieldRule::SourceForces;
    let app = TestApp::with(&vendors, rules).await;
    let only_planned = app.plan().await;
    let error = planned(&app, only_planned.plan.run).await.unwrap_err();
    assert!(error.said().english().contains("applied nothing"), "{error}");
    let error = planned(&app, RunId(99)).await.unwrap_err();
    assert!(told(&error).contains("crosswalk runs"), "{}", told(&error));

    app.bring_in_step().await;
    let device = vendors.rmm.devices()[0].id.clone();
    vendors.rmm.rename_device(&device, "FORCED");
    let report = app.apply(&app.plan().await).await;
    let plan = planned(&app, report.run.id).await.unwrap();
    assert!(plan.plan.totals.is_empty());
    assert!(plan.findings[0].message.english().contains("`source-forces`"), "{:?}", plan.findings);

    // What somebody took out of use by hand is only let go of; what is gone as well.
    let items = vendors.psa.configuration_items();
    let by_hand = items[0]["id"].as_i64().unwrap();
    vendors.psa.edit("ConfigurationItems", by_hand, "isActive", &json!(false));
    let import = *applying_runs(&app).await.last().unwrap();
    let (plan, _) = undo(&app, import).await;
    assert!(
        plan.plan.totals.iter().any(|total| (total.action, total.changes) == (Action::Unlink, 1)),
        "{:?}",
        plan.plan.totals
    );
    assert!(
        plan.findings.iter().any(|finding| finding.message.english().contains("out of use in the target already")),
        "{:?}",
        plan.findings
    );
    assert_nothing_to_do(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_only_previews_undoes_nothing() {
    let vendors = Vendors::start(1, 1, 3, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let run = applying_runs(&app).await[0];
    let key = KeySource::File(app.folder.path().join("key"));
    let store = Store::open(&app.folder.path().join("crosswalk.db"), &key).unwrap();
    let mut changed = app.tenant.sync(&sync()).await.unwrap();
    changed.rules.kinds.values_mut().for_each(|rules| rules.trust = Trust::Preview);
    store.tenant(&TenantName::default()).await.unwrap().sync_update(&changed).await.unwrap();
    store.close().await;
    vendors.psa.reset_counts();
    let error = planned(&app, run).await.unwrap_err();
    assert!(error.said().english().contains("only previews"), "{error}");
    assert_eq!(vendors.psa.counts().writes, 0);
}
