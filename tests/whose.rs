//! Whose a record is: what a person names for a write without a reply, what a vendor says it made, and what another
//! sync bills, also by another connection to the same account. Nothing is made or billed twice for any of it.

use crate::billing::{billing, next_day, units};
use crate::harness::licences::Licences;
use crate::harness::pair::{Psa, Rmm, autotask_connection};
use crate::harness::scripted::{Scripted, Writes};
use crate::harness::{TestApp, connection, name, sync, told};
use crosswalk::engine::{
    ApplyOptions, ApplyReport, ChangeFilter, ChangeStatus, Decision, Found, LinkFilter, LinkView, NewSync, NoProgress,
    PlanReport, Release, UncertainView,
};
use crosswalk::model::sync::KindRules;
use crosswalk::model::{Action, Kind, LineKey, LinkState, SyncName, SyncRules, Trust};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::NewRow;
use crosswalk_sims::{Existing, World};
use serde_json::json;

const PSAS: [&str; 2] = ["autotask", "pulseway-psa"];

async fn settle(app: &TestApp, open: &UncertainView, id: &str) -> Result<UncertainView, String> {
    let found = Found::Written(id.to_owned());
    let settled = app.tenant.uncertain_settle(open.change.parse().unwrap(), &found, "seen in the PSA").await;
    settled.map_err(|error| told(&error))
}

/// The one uncertain write of an app.
async fn open(app: &TestApp) -> UncertainView {
    let mut all = app.uncertain().await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn creates(plan: &PlanReport, kind: Kind) -> u32 {
    let of = plan.plan.totals.iter().filter(|total| (total.kind, total.action) == (kind, Action::Create));
    of.map(|total| total.changes).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_not_settled_with_the_item_of_a_device_that_left_the_source() {
    for psa in PSAS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").device("PC-2", "SN-2").build();
        let (rmm, psa) = (Rmm::start("pulseway-rmm", &world), Psa::start(psa, &Existing::default()));
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
        app.bring_in_step().await;
        let gone = rmm.device("PC-2").id;
        let theirs = app.link_target(Kind::Asset, &gone).await.unwrap();
        rmm.remove_device(&gone);
        let Rmm::Pulseway(sim) = &rmm else { panic!() };
        let mut new = sim.devices()[0].clone();
        new.id = "0b6a4c1e-0000-4000-8000-000000000001".to_owned();
        (new.name, new.serial, new.mac) = ("PC-3".to_owned(), Some("SN-3".to_owned()), "A4:BB:6D:00:00:01".to_owned());
        assert!(sim.add_device(new.clone()));
        let plan = app.plan().await;
        let path = if matches!(psa, Psa::Autotask(_)) { "ConfigurationItems" } else { "hardwareasset" };
        psa.faults().set("drop-connection", &format!("next:1,writes,path:{path}")).unwrap();
        app.apply(&plan).await;
        psa.faults().clear();
        let write = open(&app).await;
        assert_eq!((write.action, write.source.as_str()), (Action::Create, new.id.as_str()));
        let said = settle(&app, &write, &theirs).await.unwrap_err();
        assert!(said.contains(&format!("{theirs} (`PC-2`) is already linked to {gone}")), "{said}");
        let gives = format!("crosswalk link set rmm-to-psa asset {} {theirs}", new.id);
        assert!(said.contains("--not-written") && said.contains(&gives), "{said}");
        assert_eq!(open(&app).await.looks, write.looks, "it stays open");
        assert_eq!(app.link_target(Kind::Asset, &gone).await.as_ref(), Some(&theirs));

        // What it says to do does it.
        let change = write.change.parse().unwrap();
        app.tenant.uncertain_settle(change, &Found::NotWritten, "there is none").await.unwrap();
        let decision = Decision::Link(theirs.clone());
        let linked = app.tenant.link_decide(&sync(), Kind::Asset, &new.id, &decision).await;
        linked.unwrap_or_else(|error| panic!("{}", told(&error)));
        app.bring_in_step().await;
        assert_eq!((psa.items().len(), app.link_target(Kind::Asset, &new.id).await), (2, Some(theirs)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_not_settled_with_the_ticket_of_another_alert() {
    for psa in PSAS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").device("PC-2", "SN-2").build();
        let (rmm, psa) = (Rmm::start("datto-rmm", &world), Psa::start(psa, &Existing::default()));
        let mut rules = SyncRules::default();
        rules.kinds.insert(Kind::Alert, KindRules { trust: Trust::Automatic, ..KindRules::default() });
        rules.brakes.first_run = false;
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
        app.bring_in_step().await;
        app.clock.advance_ms(60_000);
        let alert = rmm.raise(&rmm.device("PC-1").id, app.clock_s());
        app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        let other = psa.tickets().remove(0).id;
        rmm.raise(&rmm.device("PC-2").id, app.clock_s());
        psa.faults().set("drop-connection", "next:1,writes,path:tickets").unwrap();
        app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        psa.faults().clear();
        let write = open(&app).await;
        assert_eq!(write.action, Action::Open);
        let said = settle(&app, &write, &other).await.unwrap_err();
        assert!(said.contains(&format!("is already linked to {alert}")), "{said}");
        assert!(said.contains("--not-written"), "{said}");
        open(&app).await;
    }
}

#[tokio::test]
async fn a_new_line_is_not_settled_with_a_line_that_bills_something_else() {
    let (licences, app, customers) = billing(2).await;
    let one = &customers[0].tenant.id;
    let billed = licences.billed(one);
    let (sku, _) = licences
        .billed(&customers[1].tenant.id)
        .into_iter()
        .find(|(sku, _)| !billed.iter().any(|one| one.0 == *sku))
        .expect("another product");
    let row = NewRow {
        tenant: one.clone(),
        sku: sku.clone(),
        order: "X-1".to_owned(),
        billable: Some(3.0),
        ..NewRow::default()
    };
    assert!(licences.vendor.add_row(&licences.vendor.month(), row));
    next_day(&app);
    let before = units(&licences, app.today());
    let plan = app.plan().await;
    assert_eq!(creates(&plan, Kind::Usage), 1, "{:?}", plan.findings);
    licences.psa.faults().set("drop-connection", "next:1,writes").unwrap();
    app.apply(&plan).await;
    licences.psa.faults().clear();
    let write = open(&app).await;
    assert_eq!((write.action, &write.source), (Action::Create, &LineKey::new(one, &sku).to_string()));
    let other = LineKey::new(one, &billed[0].0).to_string();
    let line = app.link_target(Kind::Usage, &other).await.unwrap();
    let said = settle(&app, &write, &line).await.unwrap_err();
    assert!(said.contains(&format!("is already linked to {other}")) && said.contains("--not-written"), "{said}");
    // One that is nobody's, of another service.
    let spare = crate::billing::spare_service(&app, &licences).await;
    let free = licences.psa.add_service_line(customers[0].contract, &spare.1, 1).unwrap();
    app.plan().await;
    let said = settle(&app, &write, &free.to_string()).await.unwrap_err();
    assert!(said.contains(&format!("is of the product “{}”", spare.0)), "{said}");
    assert_eq!(app.link_target(Kind::Usage, &write.source).await, None);
    let after = units(&licences, app.today());
    assert!(before.iter().all(|(line, units)| after.get(line) == Some(units)));
    open(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_is_not_settled_by_a_persons_word_while_the_vendor_is_down() {
    let world = World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").build();
    let (rmm, psa) = (Rmm::start("pulseway-rmm", &world), Psa::start("autotask", &Existing::default()));
    let app = TestApp::start().await;
    app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
    app.plan().await;
    app.decide().await;
    let plan = app.plan().await;
    psa.faults().set("drop-connection", "next:1,writes,path:Companies").unwrap();
    app.apply(&plan).await;
    psa.faults().set("server-error", "always,reads,path:Companies,status:503").unwrap();
    let write = open(&app).await;
    let said = settle(&app, &write, "424242").await.unwrap_err();
    assert!(said.contains("424242") && said.contains("when it answers"), "{said}");
    assert_eq!(app.link_target(Kind::Customer, &write.source).await, None);
    open(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_gives_back_what_another_is_linked_to_makes_no_create_for_ever() {
    let (source, target) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    let mut rules = SyncRules::default();
    rules.kinds.retain(|kind, _| *kind == Kind::Customer);
    app.join(source.connection("rmm", &json!({})), target.connection("psa", &json!({})), rules).await;
    // More than go out at once: the last one comes in a batch of its own.
    for at in 0..=50 {
        source.put("customer", &format!("c{at:02}"), None, &format!("Acme {at:02}"), &json!({}));
    }
    target.set_writes(Writes::Merged { from: 51 });
    app.plan().await;
    app.decide().await;
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.uncertain), (50, 1), "{:?}", report.failures);
    let write = open(&app).await;
    let filter = LinkFilter { kind: Some(Kind::Customer), ..LinkFilter::default() };
    let links = app.tenant.link_list(&sync(), &filter).await.unwrap();
    let holders = links.iter().filter(|view| view.link.linked() == Some("n1"));
    let holders: Vec<&str> = holders.map(|view| view.link.source.as_str()).collect();
    let [holder] = holders[..] else { panic!("{holders:?}") };
    let said = format!("the vendor named n1 as the new record, but it is linked to {holder}");
    assert!(holder != write.source && write.why.english().contains(&said), "{}", write.why.english());
    // And in a later run.
    source.put("customer", "c99", None, "Beta", &json!({}));
    app.plan().await;
    app.decide().await;
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.uncertain), (0, 1), "{:?}", report.failures);
    let again = app.plan().await;
    assert_eq!(creates(&again, Kind::Customer), 0, "{:?}", again.plan.totals);
    // Nor once it was missed as often as a create may be.
    for _ in 0..4 {
        app.clock.advance_ms(24 * 3_600_000);
        let again = app.plan().await;
        assert_eq!(creates(&again, Kind::Customer), 0, "{:?}", again.plan.totals);
    }
    let open = app.uncertain().await.into_iter().find(|open| open.source == write.source).expect("it stays open");
    assert!(open.why.english().contains(&said), "{}", open.why.english());
}

/// A sync of another licence vendor's usage into the same PSA, mapped as far as it goes.
async fn second_sync(app: &TestApp, licences: &Licences, target: &str) -> (SyncName, Licences) {
    let other = Licences::start(2);
    app.add(other.connection("licences-too")).await;
    if target != "psa" {
        app.add(autotask_connection(&licences.psa, target)).await;
    }
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage]);
    let (second, source) = (name("second"), connection("licences-too"));
    let new = NewSync { name: name("second"), source, target: connection(target), rules };
    app.tenant.sync_add(new).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    app.tenant.plan(&second, &NoProgress).await.unwrap();
    for (tenant, account) in licences.pairs() {
        let same = other.vendor.tenants().into_iter().find(|one| one.name == tenant.name).expect("the same customer");
        let contract = Decision::Link(licences.contract(account).to_string());
        let account = Decision::Link(account.to_string());
        let mapped = app.tenant.customer_map(&second, &same.id, Some(&account), Some(&contract), None).await;
        mapped.unwrap_or_else(|error| panic!("{}: {}", tenant.name, told(&error)));
    }
    app.tenant.link_accept(&second, Kind::Product, 0.8).await.unwrap();
    (second, other)
}

async fn let_go(app: &TestApp, plan: &PlanReport) -> ApplyReport {
    let options = ApplyOptions { release: Release::All, ..ApplyOptions::default() };
    app.tenant.apply(plan.plan.id, &options, &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)))
}

#[tokio::test]
async fn a_line_is_billed_by_one_sync_also_where_another_writes_by_another_connection() {
    for target in ["psa", "psa-too"] {
        let (licences, app, customers) = billing(2).await;
        next_day(&app);
        let before = units(&licences, app.today());
        let (second, other) = second_sync(&app, &licences, target).await;
        let tenant = other.vendor.tenants().into_iter().find(|one| one.name == customers[0].tenant.name).unwrap();
        let (product, quantity) = other.billed(&tenant.id).remove(0);
        other.vendor.set_quantity(&tenant.id, &product, quantity + 7);
        let plan = app.tenant.plan(&second, &NoProgress).await.unwrap();
        let said: Vec<String> = plan.findings.iter().map(|found| found.message.english()).collect();
        assert!(said.iter().any(|said| said.contains("billed by the sync rmm-to-psa")), "{target}: {said:?}");
        let report = let_go(&app, &plan).await;
        let after = units(&licences, app.today());
        assert!(before.iter().all(|(line, units)| after.get(line) == Some(units)), "{target}: {report:?}");
        // Nor by a person's word.
        let key = LineKey::new(&tenant.id, &product);
        let own = app.link_target(Kind::Usage, &LineKey::new(&customers[0].tenant.id, &product).to_string()).await;
        let said = told(&app.tenant.usage_take(&second, &key, &own.expect("a line")).await.unwrap_err());
        assert!(said.contains("billed by the sync rmm-to-psa"), "{target}: {said}");
    }
}

#[tokio::test]
async fn of_two_syncs_that_planned_one_line_the_second_leaves_it_to_the_first() {
    for target in ["psa", "psa-too"] {
        let licences = Licences::start(2);
        let app = licences.host().await;
        app.on_the_tenth();
        crate::harness::licences::map_all(&app, &licences).await;
        // A line that nobody bills yet, and both would take over.
        let filter = LinkFilter { kind: Some(Kind::Product), states: vec![LinkState::Linked], ..LinkFilter::default() };
        let services = app.tenant.link_list(&sync(), &filter).await.unwrap();
        let (tenant, account) = licences.pairs().remove(0);
        let billed = licences.billed(&tenant.id);
        let of = |view: &LinkView| {
            let (_, quantity) = billed.iter().find(|(product, _)| *product == view.link.source)?;
            Some((view.target_name.clone()?, *quantity))
        };
        let (service, quantity) = services.iter().find_map(of).expect("a service that is there");
        licences.psa.add_service_line(licences.contract(account), &service, quantity).unwrap();
        let (second, other) = second_sync(&app, &licences, target).await;
        for tenant in other.vendor.tenants() {
            for (product, quantity) in other.billed(&tenant.id) {
                other.vendor.set_quantity(&tenant.id, &product, quantity + 7);
            }
        }
        let first = app.plan().await;
        let then = app.tenant.plan(&second, &NoProgress).await.unwrap();
        assert!(app.apply(&first).await.failures.is_empty());
        let today = app.today();
        let billed = units(&licences, today);
        let_go(&app, &then).await;
        assert_eq!(units(&licences, today), billed, "{target}");
        let filter = ChangeFilter { kind: Some(Kind::Usage), ..ChangeFilter::default() };
        let changes = app.tenant.plan_changes(then.plan.id, &filter, 0, 1000).await.unwrap();
        let taking = changes.iter().filter(|change| change.change.action != Action::Create);
        let taking: Vec<_> = taking.map(|change| (change.status, change.message.english())).collect();
        assert_eq!(
            taking,
            [(ChangeStatus::Stale, "its line is now billed by the sync rmm-to-psa".to_owned())],
            "{target}"
        );
        assert!(changes.iter().all(|change| change.status != ChangeStatus::Done), "{target}: {changes:?}");
    }
}

#[tokio::test]
async fn a_new_line_that_the_vendor_took_is_done_where_it_refuses_to_say_which_it_is() {
    for fault in ["throttle", "unauthorized"] {
        let (licences, app, customers) = billing(2).await;
        let one = &customers[0].tenant.id;
        let billed = licences.billed(one);
        let others = licences.billed(&customers[1].tenant.id);
        let (sku, _) = others.into_iter().find(|(sku, _)| !billed.iter().any(|one| one.0 == *sku)).expect("another");
        let row =
            NewRow { tenant: one.clone(), sku, order: "X-1".to_owned(), billable: Some(3.0), ..NewRow::default() };
        assert!(licences.vendor.add_row(&licences.vendor.month(), row));
        next_day(&app);
        let plan = app.plan().await;
        assert_eq!(creates(&plan, Kind::Usage), 1, "{:?}", plan.findings);
        let made = licences.psa.adjustments().len();
        // Before it is written the contract's lines are asked for, and after it again.
        licences.psa.faults().set(fault, "after:1,next:1,reads,path:ContractServices/query").unwrap();
        let report = app.apply(&plan).await;
        assert_eq!(licences.psa.faults().fired(fault), 1);
        licences.psa.faults().clear();
        assert_eq!((report.failures.as_slice(), report.run.counts.done), (&[][..], 1), "{fault}: {report:?}");
        assert_eq!(licences.psa.adjustments().len(), made + 1);
        app.plan().await;
        let after = app.plan().await;
        assert!(after.plan.totals.is_empty(), "{fault}: {:?}", after.plan.totals);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_was_refused_for_a_moment_stands_once_in_the_ticket_that_was_opened_again() {
    for psa in PSAS {
        let world = World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").build();
        let (rmm, psa) = (Rmm::start("datto-rmm", &world), Psa::start(psa, &Existing::default()));
        let mut rules = SyncRules::default();
        rules.kinds.insert(Kind::Alert, KindRules { trust: Trust::Automatic, ..KindRules::default() });
        rules.brakes.first_run = false;
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
        app.bring_in_step().await;
        app.clock.advance_ms(60_000);
        let poll = async || app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
        let alert = rmm.raise(&rmm.device("PC-1").id, app.clock_s());
        poll().await;
        assert!(rmm.resolve(&alert, app.clock_s()));
        app.clock.advance_ms(20 * 60_000);
        poll().await;
        assert!(psa.tickets()[0].closed);
        let again = rmm.raise(&rmm.device("PC-1").id, app.clock_s());
        // First it is opened again, then it is noted.
        psa.faults().set("throttle", "next:1,writes,path:notes").unwrap();
        poll().await;
        assert_eq!(psa.faults().fired("throttle"), 1);
        psa.faults().clear();
        app.clock.advance_ms(20 * 60_000);
        poll().await;
        let tickets = psa.tickets();
        assert_eq!((tickets.len(), tickets[0].closed, tickets[0].notes), (1, false, 1), "{tickets:?}");
        // What came again was not somebody's work on it.
        assert!(rmm.resolve(&again, app.clock_s()));
        app.clock.advance_ms(20 * 60_000);
        poll().await;
        assert!(psa.tickets()[0].closed, "{:?}", psa.tickets());
    }
}
