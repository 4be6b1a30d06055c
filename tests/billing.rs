//! Everyday billing, end to end: lines that add up, moves that are one decision, contracts that end,
//! what bills on though it should not, and what an approval lets go.
//!
//! The walk from the first look to the invoice, and what must never happen to it, is in `walk_usage`.

use crate::harness::licences::{Licences, map_all};
use crate::harness::program::Program;
use crate::harness::{SYNC, TestApp, release, sync, told};
use crosswalk::engine::{
    ApplyOptions, ChangeFilter, CustomerFilter, Decision, JobOutcome, NoProgress, PlanReport, UndoOptions, UsageChoice,
    UsageFilter, UsageLine, UsageState,
};
use crosswalk::model::usage::Ending;
use crosswalk::model::{Action, Brake, Calendar, Job, Kind, LineKey, RunStatus, Switch};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::{NewRow, SophosTenant};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::json;
use std::collections::BTreeMap;

pub(crate) const DAY_MS: i64 = 24 * 3_600_000;

#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) tenant: SophosTenant,
    pub(crate) account: i64,
    pub(crate) contract: i64,
}

/// A host on which everything is mapped, approved and written, on the tenth of the month.
pub(crate) async fn billing(customers: usize) -> (Licences, TestApp, Vec<Known>) {
    billing_at(Licences::start(customers)).await
}

/// The same at these vendors.
async fn billing_at(licences: Licences) -> (Licences, TestApp, Vec<Known>) {
    let app = licences.host().await;
    app.on_the_tenth();
    map_all(&app, &licences).await;
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let known = |(tenant, account)| Known { contract: licences.contract(account), tenant, account };
    let known: Vec<Known> = licences.pairs().into_iter().map(known).collect();
    assert!(known.len() > 1);
    (licences, app, known)
}

pub(crate) fn next_day(app: &TestApp) -> Date {
    app.clock.advance_ms(DAY_MS);
    app.today()
}

pub(crate) async fn lines(app: &TestApp) -> Vec<UsageLine> {
    app.tenant.usage_list(&sync(), &UsageFilter::default()).await.expect("lines")
}

pub(crate) async fn line(app: &TestApp, customer: &str, product: &str) -> UsageLine {
    let mut all = lines(app).await.into_iter();
    all.find(|line| line.customer == customer && line.product == product).expect("the line")
}

/// Units of every line of the PSA on a day.
pub(crate) fn units(licences: &Licences, day: Date) -> BTreeMap<i64, i64> {
    let lines = licences.psa.service_lines(&day.to_string()).into_iter();
    lines.map(|line| (line.id, line.units.unwrap_or(0))).collect()
}

/// What a contract has on a day, service by service, without what has nothing.
pub(crate) fn on_contract(licences: &Licences, contract: i64, day: Date) -> Vec<(String, i64)> {
    let lines = licences.psa.service_lines(&day.to_string()).into_iter().filter(|line| line.contract_id == contract);
    let mut all: Vec<(String, i64)> =
        lines.map(|line| (line.service, line.units.unwrap_or(0))).filter(|(_, units)| *units != 0).collect();
    all.sort();
    all
}

pub(crate) fn number(text: &str) -> i64 {
    text.parse().expect("a number")
}

pub(crate) async fn service_of(app: &TestApp, product: &str) -> String {
    let filter = crosswalk::engine::LinkFilter { kind: Some(Kind::Product), ..Default::default() };
    let links = app.tenant.link_list(&sync(), &filter).await.expect("links");
    let link = links.into_iter().find(|view| view.link.source == product).expect("the product").link;
    link.linked().expect("a service").to_owned()
}

/// A service that no product is mapped to: its id and name.
pub(crate) async fn spare_service(app: &TestApp, licences: &Licences) -> (String, String) {
    let filter = crosswalk::engine::LinkFilter { kind: Some(Kind::Product), ..Default::default() };
    let links = app.tenant.link_list(&sync(), &filter).await.expect("links");
    let taken: Vec<&str> = links.iter().filter_map(|view| view.link.linked()).collect();
    let services = licences.psa.rows("Services").into_iter().map(|row| (row["id"].to_string(), row["name"].clone()));
    let spare = services.into_iter().find(|(id, _)| !taken.contains(&id.as_str())).expect("a spare service");
    (spare.0, spare.1.as_str().expect("a name").to_owned())
}

pub(crate) async fn map_product(app: &TestApp, product: &str, service: &str) {
    let to = Decision::Link(service.to_owned());
    let mapped = app.tenant.link_decide(&sync(), Kind::Product, product, &to).await;
    mapped.unwrap_or_else(|error| panic!("{product}: {}", told(&error)));
}

pub(crate) async fn changes(app: &TestApp, plan: &PlanReport) -> Vec<crosswalk::model::PlannedChange> {
    let views = app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 1000).await.expect("changes");
    views.into_iter().map(|view| view.change).collect()
}

pub(crate) fn assert_nothing_to_do(plan: &PlanReport) {
    assert!(plan.plan.totals.is_empty() && plan.attention == 0, "{:?} {:?}", plan.plan.totals, plan.findings);
}

pub(crate) fn messages(plan: &PlanReport) -> String {
    plan.findings.iter().map(|found| format!("{}: {}\n", found.source, found.message.english())).collect()
}

#[tokio::test]
async fn a_product_mapped_to_another_service_ends_the_old_line_and_begins_the_new_one_for_one_day() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let old = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let (service, _) = spare_service(&app, &licences).await;
    map_product(&app, &product, &service).await;
    let day = next_day(&app);
    let plan = app.plan().await;
    let held = line(&app, &one.tenant.id, &product).await;
    assert!(held.brake.as_deref() == Some("moved") && held.reason.english().contains(&old.to_string()), "{held:?}");
    assert_eq!(held.ends, [old.to_string()]);

    // What takes its place is not written while the old line bills.
    let ends = changes(&app, &plan).await.into_iter().filter(|change| change.action == Action::Retire);
    let withheld = ends.map(|change| change.sequence).collect();
    let options = ApplyOptions { release: release(&["moved"]), withheld, ..ApplyOptions::default() };
    let report = app.tenant.apply(plan.plan.id, &options, &NoProgress).await.expect("applied");
    assert_eq!(report.run.counts.done, 0, "{report:?}");
    assert!(report.failures.iter().any(|(_, why)| why.english().contains("was not set to 0")), "{:?}", report.failures);
    assert_eq!(units(&licences, day)[&old], quantity, "nothing is billed twice, nor not at all");

    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let now = line(&app, &one.tenant.id, &product).await;
    let new = number(&now.line.expect("a line"));
    let before = day.yesterday().expect("a day");
    assert_eq!((units(&licences, before)[&old], units(&licences, day)[&old]), (quantity, 0));
    assert_eq!(units(&licences, day)[&new], quantity);
    next_day(&app);
    assert_nothing_to_do(&app.plan().await);
}

#[tokio::test]
async fn two_products_on_one_service_add_up_with_each_parts_count_through_history_and_undo() {
    let (licences, app, customers) = billing_at(Licences::start_beside_the_program(4)).await;
    let one = customers.iter().find(|one| licences.billed(&one.tenant.id).len() > 1).expect("one with two products");
    let billed = licences.billed(&one.tenant.id);
    let ((first, some), (second, more)) = (billed[0].clone(), billed[1].clone());
    let service = service_of(&app, &first).await;
    map_product(&app, &second, &service).await;
    let day = next_day(&app);
    let plan = app.plan().await;
    let planned = changes(&app, &plan).await;
    let own = planned.iter().filter(|change| change.customer == one.tenant.id).collect::<Vec<_>>();
    assert_eq!(own.iter().map(|change| change.action).collect::<Vec<_>>(), [Action::Retire, Action::Update], "{own:?}");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let sum = lines(&app).await.into_iter().find(|line| line.customer == one.tenant.id && !line.parts.is_empty());
    let sum = sum.expect("a sum");
    assert_eq!(
        (sum.counted, sum.has, sum.state),
        (Some(some + more), Some(some + more), UsageState::InStep),
        "{sum:?}"
    );
    let counted: BTreeMap<&str, Option<i64>> =
        sum.parts.iter().map(|part| (part.product.as_str(), part.counted)).collect();
    assert_eq!(counted, BTreeMap::from([(first.as_str(), Some(some)), (second.as_str(), Some(more))]));
    let together = lines(&app).await.into_iter().find(|line| line.together.is_some()).expect("the other");
    assert_eq!(together.state, UsageState::Together);
    let rest: i64 = billed[2..].iter().map(|(_, quantity)| quantity).sum();
    let all: i64 = on_contract(&licences, one.contract, day).iter().map(|(_, units)| units).sum();
    assert_eq!(all, some + more + rest, "and nothing twice");
    next_day(&app);
    assert_nothing_to_do(&app.plan().await);

    // A part moves, and the line goes along; a part that is not known makes the sum unknown.
    licences.vendor.set_quantity(&one.tenant.id, &second, more + 1);
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let target = number(&sum.line.expect("a line"));
    assert_eq!(units(&licences, app.today())[&target], some + more + 1);
    let undone = app.tenant.undo(report.run.id, &UndoOptions::default(), &NoProgress).await.expect("a plan");
    assert!(messages(&undone).contains(&format!("{some} of {}/{first}", one.tenant.id)), "{}", messages(&undone));
    let row =
        NewRow { tenant: one.tenant.id.clone(), sku: second.clone(), order: "X-1".to_owned(), ..NewRow::default() };
    assert!(licences.vendor.add_row(&licences.vendor.month(), row));
    app.plan().await;
    let unknown = line(&app, &one.tenant.id, &sum.product).await;
    assert_eq!((unknown.counted, unknown.state), (None, UsageState::NotFetched), "{unknown:?}");
    assert!(unknown.reason.english().contains(&format!("{}/", one.tenant.id)), "it names the part: {unknown:?}");

    // What was written names the parts, in the program's table and file, too.
    let history = app.tenant.usage_history(&sync(), &one.tenant.id).await.expect("history");
    let of_sum = |entry: &&crosswalk::engine::JournalEntry| {
        entry.detail.as_ref().is_some_and(|detail| detail["parts"].as_array().is_some_and(|parts| parts.len() == 2))
    };
    assert!(history.written.iter().any(|entry| of_sum(&entry)), "{:?}", history.written);
    app.engine.close().await;
    let program = Program::over(app.folder.path());
    let out =
        program.run(&format!("usage history {SYNC} {} --product {second} --format csv", one.tenant.id)).ends(0).out;
    assert!(out.contains(&format!("{some} of {}/{first}", one.tenant.id)), "{out}");
    let out = program.run(&format!("plan --show {} --all", plan.plan.id)).ends(0).out;
    assert!(out.contains(&format!("{} of {}/{second}", more + 1, one.tenant.id)), "{out}");
    // What two products share is exported and comes back.
    let file = program.folder().join("products.csv");
    program.run(&format!("link export {SYNC} {} --kind product", file.display())).ends(0);
    program.run(&format!("link import {SYNC} {}", file.display())).ends(0);
}

#[tokio::test]
async fn two_tenants_on_one_contract_add_up_and_each_ones_history_has_what_was_written() {
    let (licences, app, customers) = billing(4).await;
    let shared = |a: &Known, b: &Known| {
        let of =
            |one: &Known| licences.billed(&one.tenant.id).into_iter().map(|(product, _)| product).collect::<Vec<_>>();
        of(a).into_iter().find(|product| of(b).contains(product))
    };
    let pairs = customers.iter().flat_map(|a| customers.iter().map(move |b| (a, b)));
    let (one, two, product) = pairs
        .filter(|(a, b)| a.tenant.id != b.tenant.id)
        .find_map(|(a, b)| Some((a, b, shared(a, b)?)))
        .expect("two customers with one product");
    let (account, contract) = (Decision::Link(one.account.to_string()), Decision::Link(one.contract.to_string()));
    let mapped = app.tenant.customer_map(&sync(), &two.tenant.id, Some(&account), Some(&contract), None).await;
    mapped.unwrap_or_else(|error| panic!("{}", told(&error)));
    let day = next_day(&app);
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(on_contract(&licences, two.contract, day), [], "the other contract bills nothing any more");
    let quantity = |one: &Known| {
        licences
            .billed(&one.tenant.id)
            .into_iter()
            .filter(|(own, _)| *own == product)
            .map(|(_, units)| units)
            .sum::<i64>()
    };
    let sum =
        lines(&app).await.into_iter().find(|line| line.product == product && !line.parts.is_empty()).expect("a sum");
    assert_eq!(sum.has, Some(quantity(one) + quantity(two)), "{sum:?}");
    assert_eq!(units(&licences, day)[&number(&sum.line.clone().expect("a line"))], quantity(one) + quantity(two));
    for customer in [one, two] {
        let history = app.tenant.usage_history(&sync(), &customer.tenant.id).await.expect("history");
        let key = LineKey::new(&customer.tenant.id, &product).to_string();
        let names = history.written.iter().any(|entry| {
            entry
                .detail
                .as_ref()
                .and_then(|detail| detail["parts"].as_array())
                .is_some_and(|parts| parts.iter().any(|part| part["line"] == key.as_str()))
        });
        assert!(names, "{}: {:?}", customer.tenant.name, history.written);
    }
    next_day(&app);
    assert_nothing_to_do(&app.plan().await);
    // Both stand in the file of customers with one account, and come back.
    let rows = app.tenant.customer_export(&sync(), &CustomerFilter::default()).await.expect("rows");
    let same = rows.iter().filter(|row| row.account == one.account.to_string()).count();
    assert_eq!(same, 2, "{rows:?}");
    let text = serde_json::to_string(&rows).expect("JSON");
    app.tenant
        .customer_import(&sync(), text.as_bytes(), false)
        .await
        .unwrap_or_else(|error| panic!("{}", told(&error)));
    // One of them is taken out: what is left is looked at, and the line goes on for the other.
    app.tenant.customer_map(&sync(), &two.tenant.id, Some(&Decision::Exclude), None, None).await.expect("excluded");
    app.plan().await;
    let left = lines(&app).await.into_iter().find(|line| line.line == sum.line && line.becomes.is_some()).expect("it");
    assert!(left.brakes.iter().any(|one| one.brake == Brake::Parts), "{left:?}");
}

#[tokio::test]
async fn an_ended_contract_is_told_whatever_the_count_and_its_renewal_loses_no_day() {
    let (licences, app, customers) = billing(8).await;
    let next = |one: &Known| {
        let contracts = licences.psa.contracts_of(one.account).into_iter();
        contracts.into_iter().find(|row| row["contractName"] == json!("Managed Services, next term"))?["id"].as_i64()
    };
    let (one, next) = customers.iter().find_map(|one| Some((one, next(one)?))).expect("a contract yet to begin");
    let last = app.today().checked_add(1.day()).expect("a day");
    assert!(licences.psa.end_contract(one.contract, &last.to_string()));
    let first = last.tomorrow().expect("a day");
    assert!(licences.psa.edit("Contracts", next, "startDate", &json!(first.to_string())));
    app.clock.advance_ms(3 * DAY_MS);
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "no count moved: {:?}", plan.plan.totals);
    assert!(plan.attention > 0 && messages(&plan).contains(&format!("ended on {last}")), "{}", messages(&plan));
    assert!(
        messages(&plan).contains(&format!("crosswalk customer map SYNC {} --contract {next}", one.tenant.id)),
        "{}",
        messages(&plan)
    );
    let run = app.tenant.run_show(plan.plan.run).await.expect("the run");
    assert_eq!(run.status, RunStatus::Held, "{run:?}");
    let filter = CustomerFilter { ids: vec![one.tenant.id.clone()], ..CustomerFilter::default() };
    let listed = app.tenant.customer_list(&sync(), &filter).await.expect("it").customers.remove(0);
    let outcome = listed.outcome.expect("an outcome");
    assert!(outcome.ending == Ending::Held && outcome.message.english().contains(&next.to_string()), "{outcome:?}");
    for line in lines(&app).await.iter().filter(|line| line.customer == one.tenant.id) {
        assert_eq!(line.state, UsageState::Left, "{line:?}");
    }

    let contract = Decision::Link(next.to_string());
    app.tenant.customer_map(&sync(), &one.tenant.id, None, Some(&contract), None).await.expect("mapped");
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let billed = |day: Date| {
        let both = [one.contract, next].into_iter().flat_map(|contract| on_contract(&licences, contract, day));
        both.map(|(_, units)| units).sum::<i64>()
    };
    let all: i64 = licences.billed(&one.tenant.id).into_iter().map(|(_, quantity)| quantity).sum();
    for day in [last, first, first.tomorrow().expect("a day"), app.today()] {
        assert_eq!(billed(day), all, "{day}: neither lost nor twice");
    }
    next_day(&app);
    assert_nothing_to_do(&app.plan().await);
}

#[tokio::test]
async fn a_customer_made_anew_keeps_its_contract_its_lines_and_its_switches() {
    let (licences, app, customers) = billing(4).await;
    let (one, off) = (&customers[0], &customers[1]);
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let own = line(&app, &one.tenant.id, &product).await.line.expect("a line");
    let customer = std::slice::from_ref(&off.tenant.id);
    app.tenant.customer_switch(&sync(), customer, &[(Switch::Usage, false)]).await.expect("off");
    next_day(&app);
    let [new, new_off] = [one, off].map(|one| licences.vendor.renew_tenant(&one.tenant.id).expect("a new id"));
    licences.vendor.set_quantity(&new, &product, quantity + 1);
    app.plan().await;
    let accepted = app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.expect("accepted");
    assert!([&new, &new_off].iter().all(|new| accepted.links.iter().any(|link| link.source == **new)), "{accepted:?}");
    let plan = app.plan().await;
    let now = line(&app, &new, &product).await;
    assert_eq!(now.contract.as_ref().map(|(id, _)| number(id)), Some(one.contract), "{now:?}");
    // Only what moved is to be done, as with any line that is known.
    assert_eq!(
        (now.line.as_deref(), now.approved, now.becomes),
        (Some(own.as_str()), Some(quantity), Some(quantity + 1))
    );
    let planned: Vec<String> = changes(&app, &plan).await.into_iter().map(|change| change.source).collect();
    assert_eq!(planned, [LineKey::new(&new, &product).to_string()], "{}", messages(&plan));
    let of_off = lines(&app).await.into_iter().filter(|line| line.customer == new_off);
    assert!(of_off.into_iter().all(|line| line.reason.english().contains("switched off")), "it is billed no more");

    app.tenant.decision_take_back(&sync(), &accepted.decision).await.expect("taken back");
    let contracts = app.tenant.contract_list(&sync(), &one.tenant.id).await.expect("contracts");
    assert!(contracts.iter().any(|contract| contract.chosen && number(&contract.id) == one.contract), "{contracts:?}");
}

#[tokio::test]
async fn a_contract_without_a_sensible_end_is_in_force() {
    let (licences, app, customers) = billing(3).await;
    let one = &customers[0];
    for end in ["9999-12-31", "0001-01-01"] {
        licences.psa.edit("Contracts", one.contract, "endDate", &json!(end));
        let plan = app.plan().await;
        assert_eq!(plan.attention, 0, "{end}: {}", messages(&plan));
        let contracts = app.tenant.contract_list(&sync(), &one.tenant.id).await.expect("contracts");
        let own = contracts.iter().find(|contract| contract.chosen).expect("it");
        assert!(!own.term.english().contains("not in force") && !own.term.english().contains(&end[..4]), "{own:?}");
    }
    let day = next_day(&app);
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "and it takes changes: {:?}", report.failures);
    let own = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    assert_eq!(units(&licences, day)[&own], quantity + 1);
}

#[tokio::test]
async fn an_excluded_customers_line_is_told_until_it_is_zero() {
    let (licences, app, customers) = billing(3).await;
    let one = &customers[0];
    app.tenant.customer_map(&sync(), &one.tenant.id, Some(&Decision::Exclude), None, None).await.expect("excluded");
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty(), "{:?}", plan.plan.totals);
    assert!(messages(&plan).contains("the customer is excluded; line"), "{}", messages(&plan));
    let day = next_day(&app);
    for (line, _, units) in licences.on_contract(one.contract) {
        licences.psa.adjust_units(line, -units, &day.to_string()).expect("the technician ends it");
    }
    assert!(!messages(&app.plan().await).contains("is excluded, and line"));
}

#[tokio::test]
async fn a_service_made_at_the_price_zero_is_told_until_it_has_one() {
    let (licences, app, _) = billing(3).await;
    let plan = app.plan().await;
    let told = messages(&plan);
    assert!(told.contains("was made at the price 0"), "{told}");
    for service in licences.psa.rows("Services") {
        licences.psa.edit("Services", service["id"].as_i64().expect("an id"), "unitPrice", &json!(9.5));
    }
    for line in licences.psa.rows("ContractServices") {
        licences.psa.edit("ContractServices", line["id"].as_i64().expect("an id"), "unitPrice", &json!(9.5));
    }
    assert!(!messages(&app.plan().await).contains("price 0"));
}

#[tokio::test]
async fn what_is_agreed_for_later_and_what_is_invoiced_are_both_shown() {
    let (licences, app, customers) = billing(3).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let target = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let later = app.today().checked_add(40.days()).expect("a day");
    licences.psa.adjust_units(target, 20, &later.to_string()).expect("the technician may");
    app.plan().await;
    let both = line(&app, &one.tenant.id, &product).await;
    assert_eq!((both.has, both.today), (Some(quantity + 20), Some(quantity)), "{both:?}");

    let two = &customers[1];
    let (product, quantity) = licences.billed(&two.tenant.id).remove(0);
    let day = next_day(&app);
    assert!(licences.psa.approve_and_post(two.contract, &day.to_string()) > 0);
    licences.vendor.set_quantity(&two.tenant.id, &product, quantity + 1);
    app.plan().await;
    let posted = line(&app, &two.tenant.id, &product).await;
    assert!(posted.brakes.iter().any(|one| one.brake == Brake::Dates), "{posted:?}");
    let open = posted.open_day.clone().expect("an open day");
    assert!(posted.reason.english().contains(&format!("--effective {open}")), "{posted:?}");
    let effective = Some(open.parse().expect("a day"));
    let choice = UsageChoice { line: LineKey::new(&two.tenant.id, &product), quantity: None, effective };
    let plan = app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.expect("a plan");
    assert_eq!(app.apply(&plan).await.run.counts.done, 1);
}

#[tokio::test]
async fn approving_all_with_yes_lets_nothing_go_that_arose_on_reading_again() {
    let (licences, app, customers) = billing_at(Licences::start_beside_the_program(4)).await;
    let (one, two) = (&customers[0], &customers[1]);
    let count = |one: &Known| licences.billed(&one.tenant.id).remove(0);
    let ((product, quantity), (other, number_of_other)) = (count(one), count(two));
    for (customer, product, quantity) in [(one, &product, quantity), (two, &other, number_of_other)] {
        licences.vendor.set_quantity(&customer.tenant.id, product, quantity + 1);
    }
    app.plan().await;
    let target = |line: UsageLine| number(&line.line.expect("a line"));
    let (mine, others) =
        (target(line(&app, &one.tenant.id, &product).await), target(line(&app, &two.tenant.id, &other).await));
    // Somebody sets it to another number after it was looked at.
    let edited = app.today().checked_add(1.day()).expect("a day");
    licences.psa.adjust_units(mine, 20, &edited.to_string()).expect("the technician may");
    app.engine.close().await;
    let program = Program::over(app.folder.path());
    let day = edited.checked_add(1.day()).expect("a day");
    let approve = format!("usage approve {SYNC} --all --held --effective {day} --yes");
    let told = program.run(&approve).ends(5);
    assert!(told.whole().contains("edited"), "{}", told.whole());
    assert_eq!(units(&licences, day)[&mine], quantity + 20, "it stands as somebody set it");
    assert_eq!(units(&licences, day)[&others], number_of_other + 1, "what was seen goes on");
    // Nor is it let go once it was listed, unless it is named.
    let approve = format!("usage approve {SYNC} {} --product {product} --effective {day} --yes", one.tenant.id);
    assert!(program.run(&approve).ends(5).whole().contains("--release edited"));
    program.run(&format!("{approve} --release edited --release quantity")).ends(0);
    assert_eq!(units(&licences, day)[&mine], quantity + 1);
}

#[tokio::test]
async fn taking_over_another_number_waits_for_a_person_who_names_it() {
    let licences = Licences::start(3);
    let app = licences.host().await;
    app.on_the_tenth();
    map_all(&app, &licences).await;
    let (tenant, account) = licences.pairs().remove(0);
    let contract = licences.contract(account);
    let (service, name) = spare_service(&app, &licences).await;
    let (product, quantity) = licences.billed(&tenant.id).remove(0);
    map_product(&app, &product, &service).await;
    licences.psa.add_service_line(contract, &name, quantity + 1).expect("a line");
    app.plan().await;
    let held = line(&app, &tenant.id, &product).await;
    assert_eq!((held.has, held.becomes), (Some(quantity + 1), Some(quantity)));
    assert!(held.brakes.iter().any(|one| one.brake == Brake::Takeover), "{held:?}");
}

#[tokio::test]
async fn a_monthly_run_that_got_nothing_is_tried_again_long_before_the_next() {
    let (licences, app, _) = billing(3).await;
    let calendar: Calendar = "monthly 15@02:30".parse().expect("a calendar");
    app.tenant.schedule_by(&sync(), Job::Sync, calendar).await.expect("set");
    app.clock.advance_ms(6 * DAY_MS);
    assert!(licences.vendor.withhold(&licences.vendor.month(), true));
    let now = || crosswalk::clock::Clock::now(&*app.clock);
    for _ in 0..3 {
        let report = app.engine.tick().await.expect("a tick").pop().expect("it is due");
        assert_eq!(report.outcome, JobOutcome::Partial, "{}", report.message.english());
        let due = app.tenant.schedule_list().await.expect("it").remove(0).due_at;
        assert!(due.since_ms(now()) <= 3_600_000, "the same day, not in a month: {due}");
        app.clock.advance_ms(due.since_ms(now()));
    }
    licences.vendor.withhold(&licences.vendor.month(), false);
    let report = app.engine.tick().await.expect("a tick").pop().expect("it is due");
    assert_eq!(report.outcome, JobOutcome::Done, "{}", report.message.english());
    let due = app.tenant.schedule_list().await.expect("it").remove(0).due_at;
    assert!(due.since_ms(now()) > 20 * DAY_MS, "and then at its next slot: {due}");
}

#[tokio::test]
async fn a_move_on_the_day_of_its_lines_last_change_says_the_first_open_day() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let old = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    let day = next_day(&app);
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty() && units(&licences, day)[&old] == quantity + 1, "{report:?}");

    // On the same day its product becomes another service: the old line takes no second change on that day.
    map_product(&app, &product, &spare_service(&app, &licences).await.0).await;
    let plan = app.plan().await;
    let held = line(&app, &one.tenant.id, &product).await;
    let brakes: Vec<&str> = held.brakes.iter().map(|one| one.brake.as_str()).collect();
    let tomorrow = day.tomorrow().expect("a day");
    assert!(
        brakes.contains(&"dates") && held.reason.english().contains(&format!("--effective {tomorrow}")),
        "{held:?}"
    );
    assert_eq!(held.open_day, Some(tomorrow.to_string()), "{held:?}");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "nothing that the vendor refuses is sent: {:?}", report.failures);

    let choice =
        UsageChoice { line: LineKey::new(&one.tenant.id, &product), quantity: None, effective: Some(tomorrow) };
    let plan = app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.expect("a plan");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let new = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    assert_eq!((units(&licences, day)[&old], units(&licences, tomorrow)[&old]), (quantity + 1, 0));
    assert_eq!(units(&licences, tomorrow)[&new], quantity + 1);
}
