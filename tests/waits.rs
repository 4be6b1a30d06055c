//! What cannot be read, or be told, holds only itself: one ticket, one item, one customer of a target whose other
//! records are fine, a vendor that fails between two batches, and a person's word about the wrong record.

use crate::harness::pair::{Psa, Rmm};
use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, sync, told};
use crate::sandbox::Scene;
use crosswalk::engine::{ChangeFilter, ChangeStatus, Decision, Found, NoProgress, PlanReport};
use crosswalk::model::sync::KindRules;
use crosswalk::model::{Action, Kind, RunStatus, SyncRules, Trust};
use crosswalk_say::English;
use crosswalk_sims::{Existing, World};
use serde_json::json;

const MINUTE_MS: i64 = 60_000;

/// A sync in step between an RMM and the PSA that gives its items one by one.
async fn in_step(world: &World, rules: SyncRules) -> (TestApp, Rmm, Psa) {
    let (rmm, psa) = (Rmm::start("datto-rmm", world), Psa::start("pulseway-psa", &Existing::default()));
    let app = TestApp::start().await;
    app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
    app.bring_in_step().await;
    (app, rmm, psa)
}

fn two_devices() -> World {
    World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").device("PC-2", "SN-2").build()
}

fn refuse(psa: &Psa, path: &str, id: &str) {
    psa.faults().set("server-error", &format!("always,reads,path:{path}/{id},status:500")).unwrap();
}

async fn statuses(app: &TestApp, plan: &PlanReport) -> Vec<(String, ChangeStatus)> {
    let views = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 1000).await.unwrap();
    views.into_iter().map(|view| (view.change.source, view.status)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_cannot_be_read_keeps_no_other_alert_from_its_ticket() {
    let mut rules = SyncRules::default();
    rules.kinds.insert(Kind::Alert, KindRules { trust: Trust::Automatic, ..KindRules::default() });
    rules.brakes.first_run = false;
    let (app, rmm, psa) = in_step(&two_devices(), rules).await;
    app.clock.advance_ms(MINUTE_MS);
    let (first, second) = (rmm.device("PC-1").id, rmm.device("PC-2").id);
    let alert = rmm.raise(&first, app.clock_s());
    app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
    let ticket = psa.tickets().remove(0);

    refuse(&psa, "/servicedesk/tickets", &ticket.id);
    rmm.resolve(&alert, app.clock_s());
    rmm.raise(&second, app.clock_s());
    let report = app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(psa.tickets().len(), 2, "the other device has its ticket");
    let said = format!("it waits: its ticket {} could not be read", ticket.id);
    let found = report.plan.findings.iter().find(|finding| finding.message.english().starts_with(&said));
    assert!(found.is_some_and(|finding| finding.source == alert), "{:?}", report.plan.findings);
    assert_eq!(report.applied.unwrap().run.status, RunStatus::Partial, "and the run says so");
    psa.faults().clear();
    app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
    assert!(psa.tickets().iter().any(|one| one.id == ticket.id && one.closed), "{:?}", psa.tickets());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_cannot_be_read_holds_its_own_change_and_goes_later() {
    let (app, rmm, psa) = in_step(&two_devices(), SyncRules::default()).await;
    let (first, second) = (rmm.device("PC-1").id, rmm.device("PC-2").id);
    rmm.rename_device(&first, "FIRST");
    rmm.rename_device(&second, "SECOND");
    let plan = app.plan().await;
    app.clock.advance_ms(2 * MINUTE_MS);
    let item = app.link_target(Kind::Asset, &first).await.unwrap();
    refuse(&psa, "/hardwareasset", &item);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((report.run.status, report.run.counts.done), (RunStatus::Partial, 1), "{report:?}");
    let said = format!("it waits: asset {item} could not be read from the target");
    assert!(report.failures.iter().any(|(_, why)| why.english().starts_with(&said)), "{:?}", report.failures);
    let names = |psa: &Psa| psa.items().into_iter().map(|item| item.name).collect::<Vec<_>>();
    assert!(names(&psa).contains(&"SECOND".to_owned()) && !names(&psa).contains(&"FIRST".to_owned()));
    psa.faults().clear();
    app.apply(&plan).await;
    assert!(names(&psa).contains(&"FIRST".to_owned()), "the same plan has it still");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_of_many_writes_leaves_only_the_unreadable_one_uncertain() {
    let (app, rmm, psa) = in_step(&two_devices(), SyncRules::default()).await;
    let (first, second) = (rmm.device("PC-1").id, rmm.device("PC-2").id);
    rmm.rename_device(&first, "FIRST");
    rmm.rename_device(&second, "SECOND");
    let plan = app.plan().await;
    let item = app.link_target(Kind::Asset, &first).await.unwrap();
    psa.faults().set("lost-reply", "next:2").unwrap();
    // It is read once, for its write.
    psa.faults().set("server-error", &format!("always,reads,after:1,path:/hardwareasset/{item},status:500")).unwrap();
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let open = app.uncertain().await;
    let open: Vec<_> = open.iter().map(|open| open.source.as_str()).collect();
    assert_eq!((report.run.counts.done, open), (1, vec![first.as_str()]), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_cannot_be_read_holds_creates_in_its_own_account_only() {
    let (source, target) = (Scripted::start(), Scripted::start());
    let serial = |serial: &str| json!({ "serial-number": serial });
    for (at, customer) in [("1", "Acme Ltd"), ("2", "Contoso")] {
        source.put("customer", &format!("c{at}"), None, customer, &json!({}));
        source.put(
            "asset",
            &format!("d{at}"),
            Some(&format!("c{at}")),
            &format!("PC-{at}"),
            &serial(&format!("SN-{at}")),
        );
    }
    let app = TestApp::start().await;
    let unlimited = json!({});
    app.join(source.connection("rmm", &unlimited), target.connection("psa", &unlimited), SyncRules::default()).await;
    app.bring_in_step().await;
    let (item, account) =
        (app.link_target(Kind::Asset, "d1").await.unwrap(), app.link_target(Kind::Customer, "c1").await.unwrap());
    source.put("asset", "d3", Some("c1"), "PC-3", &serial("SN-3"));
    source.put("asset", "d4", Some("c2"), "PC-4", &serial("SN-4"));
    let plan = app.plan().await;
    app.clock.advance_ms(2 * MINUTE_MS);
    target.set_unread("asset", &[(Some(&account), Some(&item))]);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((report.run.status, report.run.counts.done), (RunStatus::Partial, 1), "{report:?}");
    let said = format!("it waits: whether `psa` already has it could not be read: asset {item}: ");
    assert!(report.failures.iter().any(|(_, why)| why.english().starts_with(&said)), "{:?}", report.failures);
    assert!(app.link_target(Kind::Asset, "d4").await.is_some(), "the other account has its item");
    assert_eq!(app.link_target(Kind::Asset, "d3").await, None);
    target.set_unread("asset", &[]);
    app.apply(&plan).await;
    assert!(app.link_target(Kind::Asset, "d3").await.is_some(), "the same plan has it still");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_answered_is_kept_where_the_next_batch_cannot_be_prepared() {
    let scene = Scene::roomy().await;
    scene.connect("source").await;
    scene.connect("target").await;
    scene.sync("source", "target", &[Kind::Customer, Kind::Asset]).await;
    scene.habit("source", "fleet", 60).await;
    scene.habit("target", "fleet", 60).await;
    scene.app.bring_in_step().await;
    scene.habit("source", "fleet-renamed", 60).await;
    let plan = scene.plan().await.unwrap();
    let waiting = statuses(&scene.app, &plan).await;
    // The last of 60, and so in the second batch.
    assert_eq!((waiting.len(), waiting[59].0.as_str()), (60, "a9"));
    scene.app.clock.advance_ms(2 * MINUTE_MS);
    scene.habit("target", "fleet-sealed", 60).await;
    let report = scene.app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let said = report.failures.iter().any(|(_, why)| why.english().contains("a9 is not for this account"));
    assert!(said, "{:?}", report.failures);
    let open = scene.app.uncertain().await;
    assert!(open.is_empty(), "{} of the first batch are open", open.len());
    let after = statuses(&scene.app, &plan).await;
    let count = |status| after.iter().filter(|(_, own)| *own == status).count();
    assert_eq!((count(ChangeStatus::Done), count(ChangeStatus::Pending)), (50, 10), "{after:?}");
    let run = scene.app.tenant.run_list(Some(&sync()), 1).await.unwrap().remove(0);
    assert_eq!((run.status, run.counts.done), (RunStatus::Partial, 50));
}

/// Customers and devices that were renamed, between systems that have a kind each that can be refused.
async fn renamed() -> (TestApp, Scripted, Scripted, PlanReport) {
    let (source, target) = (Scripted::start(), Scripted::start());
    for at in ["1", "2"] {
        source.put("customer", &format!("c{at}"), None, &format!("Acme {at}"), &json!({}));
        let serial = json!({ "serial-number": format!("SN-{at}") });
        source.put("asset", &format!("d{at}"), Some(&format!("c{at}")), &format!("PC-{at}"), &serial);
    }
    let app = TestApp::start().await;
    let unlimited = json!({});
    app.join(source.connection("rmm", &unlimited), target.connection("psa", &unlimited), SyncRules::default()).await;
    app.bring_in_step().await;
    for at in ["1", "2"] {
        source.put("customer", &format!("c{at}"), None, &format!("Acme {at} Ltd"), &json!({}));
        source.put(
            "asset",
            &format!("d{at}"),
            Some(&format!("c{at}")),
            &format!("NEW-{at}"),
            &json!({ "serial-number": format!("SN-{at}") }),
        );
    }
    let plan = app.plan().await;
    assert_eq!(statuses(&app, &plan).await.len(), 4);
    (app, source, target, plan)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_whose_writes_are_all_refused_keeps_no_other_kind_waiting() {
    let (app, _source, target, plan) = renamed().await;
    target.deny(&["customer"]);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((report.run.status, report.run.counts.done), (RunStatus::Partial, 2), "{report:?}");
    assert!(
        report
            .failures
            .iter()
            .any(|(what, why)| what.english().contains("customer") && why.english().contains("denied")),
        "{report:?}"
    );
    target.deny(&[]);
    let again = app.plan().await;
    assert_eq!(app.apply(&again).await.run.counts.done, 2, "what was refused is planned again, and nothing twice");
    assert!(app.plan().await.plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_cannot_be_read_any_more_keeps_no_other_kind_waiting() {
    let (app, _source, target, plan) = renamed().await;
    app.clock.advance_ms(2 * MINUTE_MS);
    target.refuse("customer");
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((report.run.status, report.run.counts.done), (RunStatus::Partial, 2), "{report:?}");
    assert!(report.run.message.english().contains("update customer: the rest of it waits"), "{report:?}");
    let after = statuses(&app, &plan).await;
    let pending = after.iter().filter(|(_, status)| *status == ChangeStatus::Pending).count();
    assert_eq!(pending, 2, "the same plan has them still: {after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_that_is_refused_one_and_all_is_not_tried_to_its_end() {
    let (source, target) = (Scripted::start(), Scripted::start());
    source.put("customer", "c1", None, "Acme Ltd", &json!({}));
    let put = |at: u32, name: &str| {
        let serial = json!({ "serial-number": format!("SN-{at}") });
        source.put("asset", &format!("d{at}"), Some("c1"), &format!("{name}-{at}"), &serial);
    };
    (0..170).for_each(|at| put(at, "PC"));
    let app = TestApp::start().await;
    let unlimited = json!({});
    app.join(source.connection("rmm", &unlimited), target.connection("psa", &unlimited), SyncRules::default()).await;
    app.bring_in_step().await;
    (0..170).for_each(|at| put(at, "NEW"));
    let plan = app.plan().await;
    target.deny(&["asset"]);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    // A batch has 50, and two more are under way when the first is settled.
    assert_eq!((report.run.counts.failed, report.run.counts.done), (150, 0), "{:?}", report.run);
    assert!(report.run.message.english().contains("refuses all of them"), "{:?}", report.run);
    target.deny(&[]);
    assert_eq!(app.apply(&app.plan().await).await.run.counts.done, 170);
}

/// The statuses of a plan's changes of records that are called so.
async fn pending(app: &TestApp, plan: &PlanReport, of: &str) -> usize {
    let all = statuses(app, plan).await;
    all.iter().filter(|(source, status)| source.starts_with(of) && *status == ChangeStatus::Pending).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_customers_that_wait_as_a_kind_waits_with_them() {
    let (source, target) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    let unlimited = json!({});
    app.join(source.connection("rmm", &unlimited), target.connection("psa", &unlimited), SyncRules::default()).await;
    for at in 0..170 {
        source.put("customer", &format!("c{at}"), None, &format!("Acme {at}"), &json!({}));
        let serial = json!({ "serial-number": format!("SN-{at}") });
        source.put("asset", &format!("d{at}"), Some(&format!("c{at}")), &format!("PC-{at}"), &serial);
    }
    app.plan().await;
    app.decide().await;
    let plan = app.plan().await;
    assert_eq!(statuses(&app, &plan).await.len(), 340);
    target.deny(&["customer"]);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert!(report.run.message.english().contains("refuses all of them"), "{:?}", report.run);
    assert_eq!((pending(&app, &plan, "c").await, pending(&app, &plan, "d").await), (20, 20), "{:?}", report.run);
    target.deny(&[]);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(report.run.counts.done, 40, "the same plan has them still: {report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_customer_whose_account_cannot_be_read_waits_with_its_link() {
    let (source, target) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    let unlimited = json!({});
    app.join(source.connection("rmm", &unlimited), target.connection("psa", &unlimited), SyncRules::default()).await;
    for at in ["1", "2"] {
        let number = json!({ "number": format!("4711-{at}") });
        source.put("customer", &format!("c{at}"), None, &format!("Acme {at}"), &number);
        target.put("customer", &format!("a{at}"), None, &format!("Acme {at}"), &number);
        let serial = json!({ "serial-number": format!("SN-{at}") });
        source.put("asset", &format!("d{at}"), Some(&format!("c{at}")), &format!("PC-{at}"), &serial);
    }
    let plan = app.plan().await;
    assert_eq!(statuses(&app, &plan).await.len(), 4);
    app.clock.advance_ms(2 * MINUTE_MS);
    // One account alone, then all of them.
    target.set_unread("customer", &[(None, Some("a1"))]);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((pending(&app, &plan, "c").await, pending(&app, &plan, "d").await), (1, 1), "{:?}", report.failures);
    target.set_unread("customer", &[]);
    target.refuse("customer");
    app.clock.advance_ms(2 * MINUTE_MS);
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert!(report.run.message.english().contains("link customer: the rest of it waits"), "{report:?}");
    assert_eq!((pending(&app, &plan, "c").await, pending(&app, &plan, "d").await), (1, 1), "{:?}", report.failures);
    let said = "it waits for the customer c1, which is not settled";
    assert!(report.failures.iter().any(|(_, why)| why.english().starts_with(said)), "{:?}", report.failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_amid_an_apply_ends_it() {
    let (app, _source, target, plan) = renamed().await;
    target.deny(&["customer"]);
    target.refuse("login");
    let report = app.try_apply(&plan).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((report.run.status, report.run.counts.done), (RunStatus::Failed, 0), "{report:?}");
    let after = statuses(&app, &plan).await;
    let pending = after.iter().filter(|(_, status)| *status == ChangeStatus::Pending).count();
    assert_eq!(pending, 2, "the devices are not tried: {after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_cannot_settle_a_write_with_a_record_of_another_customer_or_device() {
    let world = World::by_hand()
        .customer("Acme Ltd")
        .device("PC-1", "SN-1")
        .device("PC-2", "SN-2")
        .customer("Contoso")
        .device("PC-9", "SN-9")
        .build();
    let (app, rmm, psa) = in_step(&world, SyncRules::default()).await;
    let items = psa.items();
    let item = |name: &str| items.iter().find(|item| item.name == name).unwrap().id.clone();
    // A third device of Acme, whose create nobody knows about.
    let device = rmm.device("PC-9").id;
    let (acme, contoso) = (rmm.device("PC-1").customer, rmm.device("PC-9").customer);
    app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Exclude).await.unwrap();
    rmm.move_device(&device, &acme);
    app.plan().await;
    app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Create).await.unwrap();
    let plan = app.plan().await;
    psa.faults().set("drop-connection", "next:1,writes,path:hardwareasset").unwrap();
    app.try_apply(&plan).await.unwrap();
    psa.faults().clear();
    let open = app.uncertain().await.remove(0);
    assert_eq!((open.action, open.source.as_str()), (Action::Create, device.as_str()));
    let settle = async |id: String| {
        app.tenant.uncertain_settle(open.change.parse().unwrap(), &Found::Written(id), "seen in the PSA").await
    };
    let account = app.link_target(Kind::Customer, &contoso).await.unwrap();
    let refused = told(&settle(item("PC-9")).await.unwrap_err());
    assert!(refused.contains("belongs to another account") && refused.contains(&account), "{refused}");
    let refused = told(&settle(item("PC-2")).await.unwrap_err());
    assert!(refused.contains(&format!("is already linked to {}", rmm.device("PC-2").id)), "{refused}");
    assert_eq!(app.uncertain().await.len(), 1, "it stays open");

    // A free item of the right account is taken; a person's link from before stands, and that is said.
    let free = item("PC-1");
    app.tenant.link_decide(&sync(), Kind::Asset, &rmm.device("PC-1").id, &Decision::Exclude).await.unwrap();
    app.tenant.link_decide(&sync(), Kind::Asset, &device, &Decision::Exclude).await.unwrap();
    let settled = settle(free).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let said = settled.overtaken.unwrap_or_default().english();
    assert!(said.contains("excluded meanwhile: that decision stands"), "{said}");
    assert_eq!(app.link_target(Kind::Asset, &device).await, None);
}
