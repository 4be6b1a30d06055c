//! One asset, now: read from both sides, brought in step at once, and nothing else touched.

use crate::harness::{TestApp, Vendors, sync, told};
use crosswalk::engine::{Decision, NoProgress, RefreshReport};
use crosswalk::error::Error;
use crosswalk::model::{Action, Kind, RunStatus, SyncRules, Trust};
use crosswalk_say::English;
use serde_json::{Value, json};

async fn refresh(app: &TestApp, id: &str) -> Result<RefreshReport, Error> {
    app.tenant.refresh(&sync(), Kind::Asset, id, &NoProgress).await
}

/// A refusal, with its hint.
async fn refused(app: &TestApp, id: &str) -> String {
    told(&refresh(app, id).await.unwrap_err())
}

fn item(vendors: &Vendors, id: i64) -> Value {
    vendors.psa.configuration_items().into_iter().find(|row| row["id"] == id).unwrap()
}

fn last_seen(item: &Value) -> Value {
    item["udf"]["RMM Last Seen"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_arrives_with_one_write_and_touches_no_other_asset() {
    let vendors = Vendors::start(3, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let device = vendors.rmm.devices()[4].id.clone();
    let id = app.target_of(Kind::Asset, &device).await.unwrap();
    let (seen, others) = (last_seen(&item(&vendors, id)), others(&vendors, id));
    let in_all = vendors.psa.configuration_items().len();
    vendors.rmm.check_in_all(crosswalk_sims::clock::now_ms() / 1000 + 60);
    assert!(app.plan().await.plan.totals.is_empty(), "a check-in alone waits for its time");
    vendors.psa.reset_counts();
    vendors.rmm.reset_counts();

    let report = refresh(&app, &device).await.unwrap();
    assert_eq!((vendors.psa.counts().writes, vendors.rmm.counts().writes), (1, 0));
    assert!(vendors.rmm.counts().reads <= 6, "one device is read, not all: {:?}", vendors.rmm.counts());
    let applied = report.applied.unwrap();
    assert_eq!((applied.run.status, applied.run.counts.done), (RunStatus::Succeeded, 1), "{:?}", applied.failures);
    assert_eq!(report.target, Some(id.to_string()));
    let change = &report.changes[0].change;
    assert_eq!((report.changes.len(), change.action, change.held.as_ref()), (1, Action::Update, None));
    let field = change.fields.iter().find(|diff| diff.name == "last-seen").unwrap();
    assert!(field.before.is_some() && field.before.as_ref() != Some(&field.after), "before and after: {field:?}");
    assert!(seen.is_string(), "{seen}");
    assert_ne!(last_seen(&item(&vendors, id)), seen);
    assert_eq!(others, self::others(&vendors, id), "another asset was written");

    // By the target's id too; and there is nothing left to write.
    let again = refresh(&app, &id.to_string()).await.unwrap();
    assert_eq!((again.source, again.applied.is_none(), again.changes.len()), (device.clone(), true, 0));
    assert_eq!(vendors.psa.counts().writes, 1);

    // Importing again updates what is there, and never doubles it.
    vendors.rmm.rename_device(&device, "REFRESHED-01");
    app.bring_in_step().await;
    assert_eq!(item(&vendors, id)["referenceTitle"], json!("REFRESHED-01"));
    assert_eq!(vendors.psa.configuration_items().len(), in_all);
    vendors.assert_no_duplicates();
}

fn others(vendors: &Vendors, id: i64) -> Vec<Value> {
    vendors.psa.configuration_items().into_iter().filter(|row| row["id"] != id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_and_another_site_arrive_and_a_technicians_edit_is_kept() {
    let vendors = Vendors::start(2, 6, 30, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let sites = vendors.rmm.sites();
    let of = |site: i64| sites.iter().find(|(id, ..)| *id == site).unwrap().1;
    let other = |site: i64| sites.iter().find(|(id, own, _)| *own == of(site) && *id != site).map(|(id, ..)| *id);
    let (device, other) =
        vendors.rmm.devices().into_iter().find_map(|device| Some((device.clone(), other(device.site)?))).unwrap();
    let id = app.target_of(Kind::Asset, &device.id).await.unwrap();
    assert!(vendors.rmm.move_device(&device.id, other));
    vendors.rmm.rename_device(&device.id, "MOVED-01");
    refresh(&app, &device.id).await.unwrap();
    let location = app.target_of(Kind::Location, &other.to_string()).await.unwrap();
    let now = item(&vendors, id);
    assert_eq!((&now["companyLocationID"], &now["referenceTitle"]), (&json!(location), &json!("MOVED-01")));

    vendors.psa.edit("ConfigurationItems", id, "referenceTitle", &json!("Reception (do not touch)"));
    vendors.rmm.rename_device(&device.id, "MOVED-02");
    let report = refresh(&app, &device.id).await.unwrap();
    assert_eq!(item(&vendors, id)["referenceTitle"], json!("Reception (do not touch)"));
    assert!(
        report.plan.findings.iter().any(|found| found.message.english().contains("name")),
        "{:?}",
        report.plan.findings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_refreshed_says_why_and_what_to_do() {
    let vendors = Vendors::start(2, 4, 20, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let devices = vendors.rmm.devices();
    let said = refused(&app, "nobody").await;
    assert!(said.contains("there is no link of `asset nobody`") && said.contains("crosswalk plan"), "{said}");
    app.bring_in_step().await;

    let [gone, out, lost] = [1, 2, 3].map(|at| devices[at].id.clone());
    assert!(vendors.rmm.remove_device(&gone));
    let said = refused(&app, &gone).await;
    assert!(said.contains("it is gone from `rmm`") && said.contains("hint: `crosswalk plan"), "{said}");
    let item = app.target_of(Kind::Asset, &lost).await.unwrap();
    assert!(vendors.psa.delete("ConfigurationItems", item));
    let said = refused(&app, &lost).await;
    assert!(said.contains("is gone from `psa`"), "{said}");
    app.tenant.link_decide(&sync(), Kind::Asset, &out, &Decision::Exclude).await.unwrap();
    let said = refused(&app, &out).await;
    assert!(said.contains("is not linked: its link is excluded") && said.contains("crosswalk why"), "{said}");
    let runs = app.tenant.run_list(Some(&sync()), 2).await.unwrap();
    assert!(
        runs.iter().all(|run| run.status == RunStatus::Failed),
        "what was refused after it began is told: {runs:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_only_previews_or_was_never_applied_writes_nothing() {
    let vendors = Vendors::start(2, 2, 10, 0.0);
    let mut rules = SyncRules::default();
    rules.kinds.get_mut(&Kind::Asset).unwrap().trust = Trust::Preview;
    let app = TestApp::with(&vendors, rules).await;
    app.plan().await;
    let device = vendors.rmm.devices()[0].id.clone();
    let said = refused(&app, &device).await;
    assert!(said.contains("only previews assets"), "{said}");

    // Linked by hand, before anything was looked at: the first run stays one to look at.
    let vendors = Vendors::start(3, 6, 30, 1.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.plan().await;
    let customer = vendors.rmm.organisations()[0].0.to_string();
    let company = vendors.psa.companies()[0]["id"].to_string();
    app.tenant.link_decide(&sync(), Kind::Customer, &customer, &Decision::Link(company)).await.unwrap();
    let said = told(&app.tenant.refresh(&sync(), Kind::Customer, &customer, &NoProgress).await.unwrap_err());
    assert!(said.contains("nothing of the sync `rmm-to-psa` was applied yet"), "{said}");
    assert_eq!(vendors.psa.counts().writes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_hides_nothing_that_the_plan_of_the_whole_sync_has_open() {
    let vendors = Vendors::start(2, 2, 12, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.bring_in_step().await;
    let devices = vendors.rmm.devices();
    vendors.rmm.rename_device(&devices[0].id, "OPEN-01");
    let plan = app.plan().await;
    vendors.rmm.check_in_all(crosswalk_sims::clock::now_ms() / 1000 + 60);
    let refreshed = refresh(&app, &devices[1].id).await.unwrap();
    assert!(refreshed.applied.is_some());
    let newest = app.tenant.plan_list(&sync(), 1).await.unwrap();
    assert_eq!(newest[0].id, plan.plan.id);
    let why = app.tenant.why(&sync(), Kind::Asset, &devices[0].id).await.unwrap();
    assert!(why.verdict.english().contains("“update” is planned"), "{}", why.verdict.english());
    // The plan is good for the rest, and what the refresh wrote already is not written twice.
    vendors.psa.reset_counts();
    app.apply(&plan).await;
    assert_eq!(vendors.psa.counts().writes, 1);
}
