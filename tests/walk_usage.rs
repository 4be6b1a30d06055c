//! Licences into contracts, whole: A1 to A9 as one walk, through the engine's door and by the
//! program's commands; and what must never happen to an invoice, case by case.
//!
//! The program lives on the machine's clock, and beside it the vendors do; the host in this process has a clock that the
//! tests move.

use crate::harness::licences::{Licences, map_all};
use crate::harness::program::Program;
use crate::harness::{SYNC, TestApp, sync};
use crosswalk::engine::{
    ApplyOptions, CustomerFilter, CustomerState, NoProgress, Release, UsageChoice, UsageFilter, UsageLine, UsageState,
};
use crosswalk::model::usage::Ending;
use crosswalk::model::{Event, Kind, LineKey, Switch, SyncRules, Timestamp};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::{NewAlert, SophosTenant};
use jiff::ToSpan;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A customer of the walk.
#[derive(Clone)]
struct Known {
    tenant: SophosTenant,
    account: i64,
    contract: i64,
}

fn known(licences: &Licences) -> Vec<Known> {
    let pairs = licences.pairs().into_iter();
    pairs.map(|(tenant, account)| Known { tenant, account, contract: licences.contract(account) }).collect()
}

async fn lines(app: &TestApp) -> Vec<UsageLine> {
    app.tenant.usage_list(&sync(), &UsageFilter::default()).await.expect("lines")
}

async fn line(app: &TestApp, customer: &str, product: &str) -> UsageLine {
    let mut all = lines(app).await.into_iter().rev();
    all.find(|line| line.customer == customer && line.product == product).expect("the line")
}

/// A host on which everything is mapped, approved and written.
async fn billing(customers: usize) -> (Licences, TestApp, Vec<Known>) {
    billing_at(Licences::start(customers)).await
}

/// The same at these vendors.
async fn billing_at(licences: Licences) -> (Licences, TestApp, Vec<Known>) {
    let app = licences.host().await;
    app.on_the_tenth();
    map_all(&app, &licences).await;
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let known = known(&licences);
    assert!(known.len() > 1);
    (licences, app, known)
}

/// What each contract has is what is billed, and every change was written once.
fn assert_billed(licences: &Licences, customers: &[Known]) {
    for one in customers {
        let mut billed: Vec<i64> = licences.billed(&one.tenant.id).into_iter().map(|(_, quantity)| quantity).collect();
        let mut units: Vec<i64> = licences.on_contract(one.contract).into_iter().map(|(_, _, units)| units).collect();
        billed.sort_unstable();
        units.sort_unstable();
        assert_eq!(units, billed, "{}", one.tenant.name);
    }
    assert!(licences.psa.duplicates().is_empty(), "{:?}", licences.psa.duplicates());
}

/// The next day, for the host; the vendor's report stays that of the same month.
fn next_day(app: &TestApp) -> jiff::civil::Date {
    app.clock.advance_ms(24 * 3_600_000);
    app.today()
}

#[tokio::test]
async fn from_the_first_look_to_the_invoice_a1_to_a9() {
    let licences = Licences::start_beside_the_program(8);
    let app = licences.host().await;
    let program = Program::over(app.folder.path());
    let customers = known(&licences);
    let [first, second, third, ..] = customers.as_slice() else { panic!("three customers at least") };

    // A1: nothing is mapped by itself, nothing is made, and nothing is billed.
    app.plan().await;
    assert_eq!(licences.psa.counts().writes, 0);
    let list = app.tenant.customer_list(&sync(), &CustomerFilter::default()).await.expect("customers");
    assert_eq!((list.counts.mapped, list.counts.all), (0, licences.vendor.tenants().len()));

    // A2: part of a name finds the account, its contracts are listed, and the row is saved.
    let name =
        licences.psa.companies().iter().find(|row| row["id"] == json!(first.account)).expect("it")["companyName"]
            .clone();
    let part: String = name.as_str().expect("a name").split(' ').next().expect("a word").to_lowercase();
    let found = program.run(&format!("customer find {SYNC} {part} --json")).ends(0).json();
    assert!(
        found.as_array().expect("a list").iter().any(|one| one["id"] == json!(first.account.to_string())),
        "{found}"
    );
    let (id, account, contract) = (&first.tenant.id, first.account, first.contract);
    program.run(&format!("customer map {SYNC} {id} --to {account}")).ends(0);
    let cancelled = licences
        .psa
        .contracts_of(account)
        .iter()
        .find(|one| one["status"] == json!(0))
        .and_then(|one| one["id"].as_i64());
    if let Some(cancelled) = cancelled {
        program.run(&format!("customer map {SYNC} {id} --contract {cancelled}")).refused(1, &["cancelled"]);
    }
    let foreign = second.contract;
    program.run(&format!("customer map {SYNC} {id} --contract {foreign}")).refused(1, &["another account"]);
    let contracts = program.run(&format!("customer contracts {SYNC} {id} --json")).ends(0).json();
    assert!(
        contracts.as_array().expect("a list").iter().any(|one| one["id"] == json!(contract.to_string())),
        "{contracts}"
    );
    program.run(&format!("customer map {SYNC} {id} --contract {contract}")).ends(0);
    // Somebody who looked before that does not undo it.
    program.run(&format!("customer map {SYNC} {id} --exclude --if-revision 0.0")).refused(6, &["after you looked"]);

    // The others from a file, out of a spreadsheet and of a program; a bad row stores nothing.
    let file = |rows: &[Value]| serde_json::to_string(rows).expect("JSON");
    let row = |one: &Known, contract: i64| json!({"customer": one.tenant.id, "account": one.account.to_string(), "contract": contract.to_string()});
    let bad = program.write("bad.json", file(&[row(second, second.contract), row(third, second.contract)]));
    program.run(&format!("customer import {SYNC} {}", bad.display())).refused(1, &["row 2", "another account"]);
    let rows: Vec<Value> = customers[1..].iter().map(|one| row(one, one.contract)).collect();
    let good = program.write("good.json", file(&rows));
    program.run(&format!("customer import {SYNC} {}", good.display())).ends(0);
    let csv = program.run(&format!("customer export {SYNC} --format csv")).ends(0).out;
    let again = program.write("again.csv", &csv);
    program.run(&format!("customer import {SYNC} {}", again.display())).ends(0);

    // A9: one product is mapped to a service, one is excluded, the others are created.
    let products = app.tenant.link_list(&sync(), &products()).await.expect("products");
    let ids: Vec<String> = products.iter().map(|view| view.link.source.clone()).collect();
    let service = licences.psa.rows("Services")[0]["id"].as_i64().expect("an id");
    program.run(&format!("product map {SYNC} {} --to {service}", ids[0])).ends(0);
    program.run(&format!("product exclude {SYNC} {}", ids[1])).ends(0);
    for id in &ids[2..] {
        program.run(&format!("product create {SYNC} {id}")).ends(0);
    }

    // A3: usage and tickets are switched apart; a customer that is off is left alone.
    let switched =
        app.tenant.customer_switch(&sync(), std::slice::from_ref(&third.tenant.id), &[(Switch::Usage, false)]).await;
    assert_eq!(switched.map(|switched| switched.turned).ok(), Some(vec![(Switch::Usage, 1)]));

    // A4, at once for one: its three numbers stand side by side, and approving starts its billing.
    let plan = app.plan().await;
    assert_eq!(licences.psa.counts().writes, 0);
    let own =
        lines(&app).await.into_iter().find(|line| line.customer == *id && line.product != ids[1]).expect("a line");
    assert_eq!((own.has, own.approved), (None, None));
    assert_eq!(own.becomes, own.counted);
    app.tenant.apply(plan.plan.id, &of_kind_product(), &NoProgress).await.expect("products are made");
    program.run(&format!("usage approve {SYNC} {id} --yes")).ends(0);
    let billed = |one: &Known| -> Vec<i64> {
        let mut all: Vec<i64> =
            licences.billed(&one.tenant.id).into_iter().filter(|(p, _)| *p != ids[1]).map(|(_, n)| n).collect();
        all.sort_unstable();
        all
    };
    let units = |one: &Known| -> Vec<i64> {
        let mut all: Vec<i64> = licences.on_contract(one.contract).into_iter().map(|(_, _, units)| units).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(units(first), billed(first));
    assert!(units(second).is_empty() && units(third).is_empty());
    // … for some and for all.
    program.run(&format!("usage approve {SYNC} {} --yes", second.tenant.id)).ends(0);
    assert_eq!(units(second), billed(second));
    program.run(&format!("usage approve {SYNC} --all --held --yes")).ends(0);
    for one in customers.iter().filter(|one| one.tenant.id != third.tenant.id) {
        assert_eq!(units(one), billed(one), "{}", one.tenant.name);
    }
    assert!(units(third).is_empty(), "it is switched off");
    // A second run has nothing to do.
    let before = licences.psa.counts().writes;
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    assert_eq!(licences.psa.counts().writes, before);

    // A6: all of them in one go, switched and refreshed.
    program.run(&format!("customer edit {SYNC} --all --usage on")).ends(0);
    program.run(&format!("usage approve {SYNC} --all --held --yes")).ends(0);
    assert_eq!(units(third), billed(third));

    // A8: a new name on either side is shown at the next look.
    assert!(licences.vendor.rename_tenant(id, "Renamed Here Ltd"));
    licences.psa.edit("Companies", account, "companyName", &json!("Renamed There Ltd"));
    let told = program.run(&format!("customer refresh {SYNC} {id} --json")).ends(0).json();
    assert_eq!(told[0]["name"], "Renamed Here Ltd", "{told}");
    let this_one = CustomerFilter { ids: vec![id.clone()], ..CustomerFilter::default() };
    let listed = app.tenant.customer_list(&sync(), &this_one).await.expect("it").customers;
    assert_eq!(listed[0].name, "Renamed Here Ltd");
    assert_eq!(listed[0].account.as_ref().map(|account| account.1.as_str()), Some("Renamed There Ltd"));

    // A5 and A7: a failure stands behind each customer, with its cause and what to do.
    let failed = with_fault(&licences, &app).await;
    assert!(failed, "the plan fails");
    let filter = CustomerFilter { endings: vec![Ending::Failed], ..CustomerFilter::default() };
    let failed = app.tenant.customer_list(&sync(), &filter).await.expect("customers").customers;
    assert_eq!(failed.len(), customers.len());
    let outcome = failed[0].outcome.as_ref().expect("an outcome");
    let (connection, failure) = outcome.trouble.clone().expect("where");
    assert_eq!(connection, "licences");
    assert!(failed[0].remedy.as_ref().is_some_and(|text| !text.is_empty()), "{outcome:?}");
    let help = program.run(&format!("connection help {connection} {failure}")).ends(0).out;
    assert!(help.contains(failed[0].remedy.as_deref().expect("it")), "{help}");
    licences.vendor.faults().clear();
    app.plan().await;
    let list = app.tenant.customer_list(&sync(), &filter).await.expect("customers");
    assert!(list.customers.is_empty());
    let mapped = CustomerFilter { states: vec![CustomerState::Mapped], has_usage: true, ..CustomerFilter::default() };
    let list = app.tenant.customer_list(&sync(), &mapped).await.expect("customers");
    assert_eq!((list.customers.len(), list.counts.mapped), (customers.len(), customers.len()));

    // What an invoice is defended with: what was counted, and what was written when.
    let history = app.tenant.usage_history(&sync(), id).await.expect("history");
    let month = licences.vendor.month();
    for (product, quantity) in licences.billed(id) {
        let span = history.counts.iter().rfind(|span| span.product == product && span.period == month).expect("a span");
        assert_eq!(span.quantity, quantity);
    }
    assert!(
        history
            .written
            .iter()
            .any(|entry| entry.event == Event::Mapped && entry.message.english().contains("contract"))
    );
    let written = history.written.iter().filter_map(|entry| entry.detail.as_ref()?["quantity"].as_i64()).count();
    assert_eq!(written, billed(first).len());
}

fn products() -> crosswalk::engine::LinkFilter {
    crosswalk::engine::LinkFilter { kind: Some(Kind::Product), ..Default::default() }
}

fn of_kind_product() -> ApplyOptions {
    ApplyOptions { kind: Some(Kind::Product), release: Release::All, ..ApplyOptions::default() }
}

/// Whether a plan fails while the licence vendor refuses everybody.
async fn with_fault(licences: &Licences, app: &TestApp) -> bool {
    licences.vendor.faults().parse("unauthorized=on").expect("the fault");
    licences.vendor.expire_tokens();
    app.tenant.plan(&sync(), &NoProgress).await.is_err()
}

#[tokio::test]
async fn a_month_without_a_report_is_not_zero() {
    let (licences, app, customers) = billing(4).await;
    assert_billed(&licences, &customers);
    assert!(licences.vendor.withhold(&licences.vendor.month(), true));
    let before = licences.psa.counts().writes;
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    assert_eq!(licences.psa.counts().writes, before);
    for line in lines(&app).await {
        assert_eq!((line.counted, line.state), (None, UsageState::NotFetched), "{line:?}");
        assert!(line.approved.is_some());
    }
    let list = app.tenant.customer_list(&sync(), &CustomerFilter::default()).await.expect("customers");
    for customer in list.customers.iter().filter(|one| one.state == CustomerState::Mapped) {
        let outcome = customer.outcome.as_ref().expect("an outcome");
        assert_eq!(outcome.ending, Ending::NotFetched, "{outcome:?}");
        assert!(outcome.message.english().contains("no usage report"), "{outcome:?}");
    }
    licences.vendor.withhold(&licences.vendor.month(), false);
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty());
    assert!(lines(&app).await.iter().all(|line| line.state == UsageState::InStep));
}

#[tokio::test]
async fn a_count_that_falls_to_zero_is_held_and_a_product_that_is_gone_is_one() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    assert!(licences.vendor.remove_product(&one.tenant.id, &product));
    next_day(&app);
    let plan = app.plan().await;
    assert!(plan.plan.totals.iter().all(|total| total.changes == total.held), "{:?}", plan.plan.totals);
    let held = line(&app, &one.tenant.id, &product).await;
    assert_eq!((held.counted, held.has, held.brake.as_deref()), (Some(0), Some(quantity), Some("zero")));
    // A run by itself leaves it; a person lets it go.
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    assert_eq!(line(&app, &one.tenant.id, &product).await.has, Some(quantity));
    approve(&app, one, &product, None, None).await;
    assert_eq!(line(&app, &one.tenant.id, &product).await.has, Some(0));
}

async fn approve(
    app: &TestApp,
    one: &Known,
    product: &str,
    quantity: Option<i64>,
    effective: Option<jiff::civil::Date>,
) -> crosswalk::model::RunCounts {
    let choice = UsageChoice { line: LineKey::new(&one.tenant.id, product), quantity, effective };
    let plan = app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.expect("a plan");
    app.apply(&plan).await.run.counts
}

#[tokio::test]
async fn what_a_technician_changed_is_held_and_a_dismissal_lets_it_stand() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let target = line(&app, &one.tenant.id, &product).await.line.expect("a line").parse().expect("a number");
    let day = next_day(&app).to_string();
    licences.psa.adjust_units(target, 2, &day).expect("the technician may");
    let plan = app.plan().await;
    assert!(plan.plan.totals.iter().all(|total| total.changes == total.held), "{:?}", plan.plan.totals);
    let edited = line(&app, &one.tenant.id, &product).await;
    assert_eq!((edited.has, edited.approved), (Some(quantity + 2), Some(quantity)));
    assert_eq!(edited.brake.as_deref(), Some("edited"), "{edited:?}");
    let key = LineKey::new(&one.tenant.id, &product);
    let unseen = app.tenant.usage_dismiss(&sync(), &[(key.clone(), quantity + 7)]).await;
    assert!(unseen.is_err_and(|error| error.said().english().contains("now counts")));
    assert_eq!(app.tenant.usage_dismiss(&sync(), &[(key, quantity)]).await.ok(), Some(1));
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    // It stands until the count moves.
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 3);
    app.plan().await;
    let moved = line(&app, &one.tenant.id, &product).await;
    assert_eq!((moved.counted, moved.becomes), (Some(quantity + 3), Some(quantity + 3)), "{moved:?}");
}

#[tokio::test]
async fn the_same_service_twice_on_a_contract_stops_and_a_person_says_which() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let known = line(&app, &one.tenant.id, &product).await.line.expect("a line");
    let service =
        licences.on_contract(one.contract).into_iter().find(|line| line.0.to_string() == known).expect("it").1;
    let twin = licences.psa.add_service_line(one.contract, &service, 3).expect("a second line");
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    next_day(&app);
    let before = licences.psa.adjustments().len();
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    let twice = line(&app, &one.tenant.id, &product).await;
    assert_eq!(twice.state, UsageState::Left);
    assert!(twice.reason.english().contains(&known) && twice.reason.english().contains(&twin.to_string()), "{twice:?}");
    let key = LineKey::new(&one.tenant.id, &product);
    app.tenant.usage_take(&sync(), &key, &known).await.expect("it is this one");
    approve(&app, one, &product, None, None).await;
    let units: BTreeMap<i64, i64> = licences
        .psa
        .service_lines(&app.today().to_string())
        .into_iter()
        .map(|line| (line.id, line.units.unwrap_or(0)))
        .collect();
    assert_eq!((units[&known.parse().expect("an id")], units[&twin]), (quantity + 1, 3));
    assert_eq!(licences.psa.adjustments().len(), before + 1);
}

#[tokio::test]
async fn a_day_takes_one_change_and_a_day_outside_the_contract_none() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    app.plan().await;
    let same_day = line(&app, &one.tenant.id, &product).await;
    assert_eq!((same_day.state, same_day.brake.as_deref()), (UsageState::Held, Some("dates")), "{same_day:?}");
    assert_eq!(approve(&app, one, &product, None, None).await.done, 0, "whoever says yes");
    let day: jiff::civil::Date = app.today();
    let tomorrow = day.checked_add(1.day()).expect("a day");
    assert_eq!(approve(&app, one, &product, None, Some(tomorrow)).await.done, 1);
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    // The contract runs out, and a day beyond its end cannot be.
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 2);
    let last = day.checked_add(2.days()).expect("a day");
    assert!(licences.psa.end_contract(one.contract, &last.to_string()));
    app.clock.advance_ms(4 * 24 * 3_600_000);
    app.plan().await;
    let over = line(&app, &one.tenant.id, &product).await;
    assert_eq!(over.brake.as_deref(), Some("dates"), "{over:?}");
    assert!(over.reason.english().contains("after the contract"), "{over:?}");
    assert_eq!(approve(&app, one, &product, None, Some(last)).await.done, 1, "its last day");
    let lines = licences.psa.service_lines(&last.to_string());
    let target: i64 = over.line.expect("a line").parse().expect("a number");
    let units = lines.iter().find(|line| line.id == target).and_then(|line| line.units);
    assert_eq!(units, Some(quantity + 2));
}

#[tokio::test]
async fn automatic_is_within_limits_and_only_when_told() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let billed = licences.billed(&one.tenant.id);
    let (small, quantity) = billed[0].clone();
    let (big, much) = billed[1].clone();
    licences.vendor.set_quantity(&one.tenant.id, &small, quantity + 1);
    licences.vendor.set_quantity(&one.tenant.id, &big, much * 2 + 20);
    next_day(&app);
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    assert_eq!(line(&app, &one.tenant.id, &small).await.has, Some(quantity), "nobody told it to");
    let mut changed = app.tenant.sync(&sync()).await.expect("the sync");
    let rules = changed.rules.kinds.get_mut(&Kind::Usage).expect("its rules");
    rules.trust = crosswalk::model::Trust::Automatic;
    app.tenant.sync_change(changed).await.expect("changed");
    app.tenant.run(&sync(), &NoProgress).await.expect("a run");
    assert_eq!(line(&app, &one.tenant.id, &small).await.has, Some(quantity + 1));
    let held = line(&app, &one.tenant.id, &big).await;
    assert_eq!((held.has, held.brake.as_deref()), (Some(much), Some("quantity")), "{held:?}");
    let list = app.tenant.customer_list(&sync(), &CustomerFilter::default()).await.expect("customers");
    assert_eq!(list.counts.held, 1);
}

#[tokio::test]
async fn history_tells_the_count_of_every_day_and_what_was_written() {
    let (licences, app, customers) = billing(3).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let from = crosswalk::clock::Clock::now(&*app.clock);
    for more in [0, 0, 1, 1, 2] {
        licences.vendor.set_quantity(&one.tenant.id, &product, quantity + more);
        next_day(&app);
        app.plan().await;
    }
    let month = licences.vendor.month();
    let history = app.tenant.usage_history(&sync(), &one.tenant.id).await.expect("history");
    let of_line = history.counts.iter().filter(|span| span.product == product && span.period == month);
    let days = |at: Timestamp| at.since_ms(from).div_euclid(24 * 3_600_000);
    let spans: Vec<(i64, i64, i64)> =
        of_line.map(|span| (span.quantity - quantity, days(span.first_at).max(0), days(span.last_at))).collect();
    assert_eq!(spans, [(0, 0, 2), (1, 3, 4), (2, 5, 5)]);
    // A report that does not name the line any more says zero; a day without a report says nothing.
    licences.vendor.remove_product(&one.tenant.id, &product);
    next_day(&app);
    app.plan().await;
    let after = app.tenant.usage_history(&sync(), &one.tenant.id).await.expect("history").counts;
    let last = after.iter().rfind(|span| span.product == product && span.period == month).expect("a span");
    assert_eq!((last.quantity, days(last.first_at), days(last.last_at)), (0, 6, 6));
    let first =
        history.written.iter().find(|entry| entry.detail.as_ref().is_some_and(|detail| detail["counted"] == quantity));
    assert!(first.is_some(), "{:?}", history.written);
}

#[tokio::test]
async fn an_approval_of_what_is_no_more_so_is_refused() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    next_day(&app);
    let first = app.plan().await;
    let customer = std::slice::from_ref(&one.tenant.id);
    app.tenant.customer_switch(&sync(), customer, &[(Switch::Usage, false)]).await.expect("off");
    let report = app.apply(&first).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (0, 1), "it was switched off: {report:?}");
    app.tenant.customer_switch(&sync(), customer, &[(Switch::Usage, true)]).await.expect("on");
    // Monday's plan is not applied once Tuesday's counts another number.
    let monday = app.plan().await;
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 2);
    let tuesday = app.plan().await;
    let said = app.try_apply(&monday).await.expect_err("an older plan").said().english();
    assert!(said.contains(&format!("is superseded by plan {}", tuesday.plan.id)), "{said}");
    assert_eq!(line(&app, &one.tenant.id, &product).await.has, Some(quantity));
    assert_eq!(app.apply(&tuesday).await.run.counts.done, 1);
    assert_eq!(line(&app, &one.tenant.id, &product).await.has, Some(quantity + 2));
}

#[tokio::test]
async fn tickets_have_a_switch_of_their_own() {
    let licences = Licences::start(4);
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage, Kind::Alert]);
    let app = licences.host_with(rules).await;
    map_all(&app, &licences).await;
    let customers = known(&licences);
    let (on, off) = (&customers[0], &customers[1]);
    let switch = async |to| {
        let customers = std::slice::from_ref(&off.tenant.id);
        let wanted = [(Switch::Tickets, to)];
        app.tenant.customer_switch(&sync(), customers, &wanted).await.expect("switched").turned[0].1
    };
    assert_eq!(switch(false).await, 1);
    app.clock.advance_ms(60_000);
    for one in [on, off] {
        let alert = NewAlert { severity: "high".to_owned(), at: app.clock_s(), ..NewAlert::default() };
        licences.vendor.raise_alert(&one.tenant.id, alert).expect("it is raised");
    }
    let tickets = async || {
        let plan = app.tenant.alerts_plan(&sync(), &NoProgress).await.expect("a plan");
        let report = app.apply(&plan).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
        let mut accounts: Vec<i64> =
            licences.psa.rows("Tickets").iter().filter_map(|ticket| ticket["companyID"].as_i64()).collect();
        accounts.sort_unstable();
        accounts
    };
    assert_eq!(tickets().await, [on.account]);
    // Its usage goes on meanwhile: the two switches are apart.
    app.apply(&app.plan().await).await;
    assert!(!licences.on_contract(off.contract).is_empty());
    assert_eq!(switch(true).await, 1);
    let mut both = [on.account, off.account];
    both.sort_unstable();
    assert_eq!(tickets().await, both);
    assert_eq!(tickets().await, both, "and none twice");
}

/// How often the program is killed around adjustments.
const KILLS: u32 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn killed_around_an_adjustment_it_is_made_once() {
    let (licences, app, customers) = billing_at(Licences::start_beside_the_program(8)).await;
    app.engine.close().await;
    let program = Program::over(app.folder.path());
    program.run("plugin list").ends(0);
    // Slow enough that a kill falls between requests, not before or after all of them.
    licences.psa.set_latency(std::time::Duration::from_millis(2));
    let made = licences.psa.adjustments().len();
    let first: jiff::civil::Date = app.today();
    let lines: Vec<(String, String)> = customers
        .iter()
        .flat_map(|one| {
            licences.billed(&one.tenant.id).into_iter().map(|(product, _)| (one.tenant.id.clone(), product))
        })
        .collect();
    let (mut amid, mut random) = (0, fastrand::Rng::with_seed(24));
    for kill in 1..=KILLS {
        let day = first.checked_add((i64::from(kill)).days()).expect("a day").to_string();
        for (customer, product) in &lines {
            let billed = licences.billed(customer).into_iter().find(|one| one.0 == *product).expect("it").1;
            assert!(licences.vendor.set_quantity(customer, product, billed + 1));
        }
        program.run(&format!("plan {SYNC}"));
        let approve = format!("usage approve {SYNC} --all --held --effective {day} --yes");
        let before = licences.psa.counts().writes;
        let moment = before + random.u64(0..=lines.len() as u64);
        let mut started = program.start(&approve);
        while licences.psa.counts().writes < moment && !started.has_ended() {
            std::thread::sleep(std::time::Duration::from_micros(200));
        }
        std::thread::sleep(std::time::Duration::from_micros(random.u64(0..4000)));
        drop(started);
        let so_far = licences.psa.counts().writes - before;
        amid += u32::from(so_far > 0 && so_far < lines.len() as u64);
        // The next run finds what was made. A line that reads as before proves nothing, so a person looks at the
        // contract and says so; a second approval does the rest.
        program.run(&format!("plan {SYNC}"));
        let uncertain = program.run("uncertain list --json").ends(0).json();
        for open in uncertain.as_array().expect("a list") {
            let change = open["change"].as_str().expect("a change");
            program.run(&format!("uncertain settle {change} --not-written --reason looked-at-the-contract")).ends(0);
        }
        program.run(&approve);
        let told = program.run(&format!("usage list {SYNC} --json")).ends(0).json();
        let open: Vec<&Value> =
            told.as_array().expect("a list").iter().filter(|line| line["state"] != "in-step").collect();
        assert!(open.is_empty(), "kill {kill} after {so_far} adjustments: {open:?}");
        let units: BTreeMap<i64, i64> =
            licences.psa.service_lines(&day).into_iter().map(|line| (line.id, line.units.unwrap_or(0))).collect();
        for line in told.as_array().expect("a list").iter().filter(|line| !line["line"].is_null()) {
            let id: i64 = line["line"].as_str().expect("a line").parse().expect("a number");
            assert_eq!(Some(units[&id]), line["counted"].as_i64(), "kill {kill} after {so_far} adjustments: {line}");
        }
        // One adjustment a line and kill, none twice.
        let adjustments = licences.psa.adjustments();
        assert_eq!(adjustments.len(), made + lines.len() * kill as usize, "kill {kill} after {so_far} adjustments");
        assert!(adjustments[made..].iter().all(|one| one.change == 1));
    }
    assert!(amid >= KILLS / 2, "only {amid} of {KILLS} kills fell amid the adjustments");
}
