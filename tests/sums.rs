//! Sums whose leader goes elsewhere, and parts that join a sum later than they left what billed them: every count is
//! billed exactly once on every day, whatever was let go of it.
//!
//! Parts that leave a sum whose leader stays are in `leaving`, lines that rest on each other in `rings`.

use crate::billing::{
    Known, assert_nothing_to_do, billing, changes, line, lines, map_product, next_day, number, service_of,
    spare_service, units,
};
use crate::harness::licences::Licences;
use crate::harness::{TestApp, release, sync, told};
use crosswalk::engine::{ApplyOptions, ApplyReport, Decision, NoProgress, PlanReport, UsageChoice, UsageState};
use crosswalk::model::{Action, Kind, LineKey, PlannedChange};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::NewRow;
use jiff::civil::Date;

/// A host on which products and customers are mapped to and fro.
pub(crate) struct Sums {
    pub(crate) licences: Licences,
    pub(crate) app: TestApp,
    pub(crate) customers: Vec<Known>,
}

impl Sums {
    pub(crate) async fn start() -> Self {
        let (licences, app, customers) = billing(8).await;
        Self { licences, app, customers }
    }

    pub(crate) fn counted(&self, customer: &Known, product: &str) -> i64 {
        let billed = self.licences.billed(&customer.tenant.id);
        billed.iter().filter(|(own, _)| own == product).map(|(_, quantity)| quantity).sum()
    }

    /// Lets the vendor count a product of a customer that has none of it.
    pub(crate) fn sell(&self, customer: &Known, product: &str, quantity: i64) {
        if self.counted(customer, product) == 0 {
            let row = NewRow {
                tenant: customer.tenant.id.clone(),
                sku: product.to_owned(),
                order: format!("SOLD-{quantity}"),
                billable: Some(quantity as f64),
                ..NewRow::default()
            };
            assert!(self.licences.vendor.add_row(&self.licences.vendor.month(), row));
        }
    }

    pub(crate) async fn move_to(&self, customer: &Known, to: &Known) {
        let (account, contract) = (Decision::Link(to.account.to_string()), Decision::Link(to.contract.to_string()));
        let mapped =
            self.app.tenant.customer_map(&sync(), &customer.tenant.id, Some(&account), Some(&contract), None).await;
        mapped.unwrap_or_else(|error| panic!("{}", told(&error)));
    }

    pub(crate) async fn settle(&self) {
        let report = self.app.apply(&self.app.plan().await).await;
        assert!(report.failures.is_empty(), "{:?}", report.failures);
    }

    /// Applies a plan with only these brakes let go, and without these changes.
    pub(crate) async fn let_go(
        &self,
        plan: &PlanReport,
        brakes: &[&str],
        not: impl Fn(&PlannedChange) -> bool,
    ) -> ApplyReport {
        let withheld = changes(&self.app, plan).await.iter().filter(|one| not(one)).map(|one| one.sequence).collect();
        let release = release(brakes);
        let options = ApplyOptions { release, withheld, ..ApplyOptions::default() };
        self.app.tenant.apply(plan.plan.id, &options, &NoProgress).await.expect("applied")
    }

    /// What the vendor counts of all customers.
    pub(crate) fn counted_of_all(&self) -> i64 {
        let counted = |one: &Known| self.licences.billed(&one.tenant.id);
        self.customers.iter().flat_map(counted).map(|(_, quantity)| quantity).sum()
    }

    /// What all contracts bill on a day.
    pub(crate) fn billed_of_all(&self, day: Date) -> i64 {
        let contracts: Vec<i64> = self.customers.iter().map(|one| one.contract).collect();
        let lines = self.licences.psa.service_lines(&day.to_string()).into_iter();
        lines.filter(|line| contracts.contains(&line.contract_id)).map(|line| line.units.unwrap_or(0)).sum()
    }

    /// What all contracts bill on these days is what the vendor counts of all customers, no more and no less.
    pub(crate) fn assert_billed_once(&self, days: &[Date]) {
        for day in days {
            assert_eq!(self.billed_of_all(*day), self.counted_of_all(), "{day}: neither lost nor twice");
        }
    }

    pub(crate) async fn assert_in_step(&self) {
        next_day(&self.app);
        assert_nothing_to_do(&self.app.plan().await);
    }
}

/// One customer's two products on one line: who leads, the other, and the line.
pub(crate) async fn two_products(sums: &Sums) -> (Known, String, String, i64) {
    let one = sums.customers.iter().find(|one| sums.licences.billed(&one.tenant.id).len() > 1).expect("one").clone();
    let billed = sums.licences.billed(&one.tenant.id);
    map_product(&sums.app, &billed[1].0, &service_of(&sums.app, &billed[0].0).await).await;
    next_day(&sums.app);
    sums.settle().await;
    let sum = lines(&sums.app).await.into_iter().find(|line| line.customer == one.tenant.id && !line.parts.is_empty());
    let sum = sum.expect("a sum");
    let other = if billed[0].0 == sum.product { billed[1].0.clone() } else { billed[0].0.clone() };
    (one, sum.product, other, number(&sum.line.expect("a line")))
}

/// Two customers with a product in common on the contract of the first: who leads comes first.
async fn two_customers(sums: &Sums, product: &str) -> (Known, Known) {
    let (one, two) = (sums.customers[0].clone(), sums.customers[1].clone());
    sums.sell(&one, product, 4);
    sums.sell(&two, product, 9);
    next_day(&sums.app);
    sums.settle().await;
    sums.move_to(&two, &one).await;
    next_day(&sums.app);
    sums.settle().await;
    let leads = line(&sums.app, &one.tenant.id, product).await;
    assert_eq!((leads.state, leads.parts.len()), (UsageState::InStep, 2), "{leads:?}");
    (one, two)
}

#[tokio::test]
async fn who_leads_a_sum_and_leaves_it_is_not_billed_twice_while_the_others_are_not_let_go() {
    let sums = Sums::start().await;
    let (one, leads, other, target) = two_products(&sums).await;
    let (app, licences) = (&sums.app, &sums.licences);
    let day = next_day(app);
    map_product(app, &leads, &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    let left = line(app, &one.tenant.id, &other).await;
    let brakes: Vec<&str> = left.brakes.iter().map(|one| one.brake.as_str()).collect();
    assert!(brakes.contains(&"moved") && brakes.contains(&"takeover"), "{left:?}");
    let report = sums.let_go(&plan, &["moved"], |_| false).await;
    let why = report.failures.iter().find(|(_, why)| why.english().contains("is to be approved with it"));
    assert!(why.is_some(), "{:?}", report.failures);
    sums.assert_billed_once(&[day]);

    // Whoever names one of them gets both, for one day.
    for named in [&leads, &other] {
        let choice = UsageChoice { line: LineKey::new(&one.tenant.id, named), quantity: None, effective: None };
        let plan = app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.expect("a plan");
        let planned: Vec<String> = changes(app, &plan).await.into_iter().map(|change| change.source).collect();
        assert_eq!(planned.len(), 2, "{planned:?}");
        if *named == other {
            let report = app.apply(&plan).await;
            assert!(report.failures.is_empty(), "{:?}", report.failures);
        }
    }
    assert_eq!(units(licences, day)[&target], sums.counted(&one, &other));
    // The product of other customers moves with the plan of all.
    sums.settle().await;
    sums.assert_billed_once(&[day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_customer_that_leads_a_sum_and_goes_to_another_contract_leaves_the_line_to_the_other() {
    let sums = Sums::start().await;
    let product = sums.licences.billed(&sums.customers[0].tenant.id).remove(0).0;
    let (one, two) = two_customers(&sums, &product).await;
    let day = next_day(&sums.app);
    sums.move_to(&one, &two).await;
    let plan = sums.app.plan().await;
    let stays = line(&sums.app, &two.tenant.id, &product).await;
    assert_eq!(stays.state, UsageState::Held, "{stays:?}");
    sums.let_go(&plan, &["moved"], |change| change.customer == two.tenant.id).await;
    let counted: i64 = [&one, &two].map(|known| sums.counted(known, &product)).iter().sum();
    let of_product = |day: Date| {
        let service = sums.licences.psa.service_lines(&day.to_string()).into_iter();
        let ids: Vec<i64> = [&stays.line].iter().filter_map(|id| id.as_deref().map(number)).collect();
        let name = sums.licences.psa.service_lines(&day.to_string()).into_iter().find(|line| ids.contains(&line.id));
        let name = name.expect("the line").service;
        let of_both = service.filter(|line| [one.contract, two.contract].contains(&line.contract_id));
        of_both.filter(|line| line.service == name).map(|line| line.units.unwrap_or(0)).sum::<i64>()
    };
    assert_eq!(of_product(day), counted, "nothing twice while one half waits");
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn who_led_a_sum_is_billed_from_the_day_on_from_which_the_others_are_without_it() {
    let sums = Sums::start().await;
    let (one, leads, _, _) = two_products(&sums).await;
    let app = &sums.app;
    let day = next_day(app);
    map_product(app, &leads, &spare_service(app, &sums.licences).await.0).await;
    let plan = app.plan().await;
    let own = LineKey::new(&one.tenant.id, &leads).to_string();
    sums.let_go(&plan, &["all"], |change| change.source == own).await;
    next_day(app);
    let later = next_day(app);
    let plan = app.plan().await;
    let waiting = line(app, &one.tenant.id, &leads).await;
    assert_eq!(waiting.effective, day.to_string(), "{waiting:?}");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn two_products_that_change_places_are_let_go_together_or_not_at_all() {
    let sums = Sums::start().await;
    let one = sums.customers.iter().find(|one| sums.licences.billed(&one.tenant.id).len() > 1).expect("one").clone();
    let billed = sums.licences.billed(&one.tenant.id);
    let (first, second) = (billed[0].0.clone(), billed[1].0.clone());
    sums.licences.vendor.set_quantity(&one.tenant.id, &first, billed[1].1 + 3);
    next_day(&sums.app);
    sums.settle().await;
    let (of_first, of_second) = (service_of(&sums.app, &first).await, service_of(&sums.app, &second).await);
    map_product(&sums.app, &first, &of_second).await;
    map_product(&sums.app, &second, &of_first).await;
    let day = next_day(&sums.app);
    let plan = sums.app.plan().await;
    let own = LineKey::new(&one.tenant.id, &second).to_string();
    sums.let_go(&plan, &["all"], |change| change.source == own).await;
    sums.assert_billed_once(&[day]);
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_product_that_leaves_a_service_that_stands_twice_on_its_contract_ends_its_own_line() {
    let sums = Sums::start().await;
    let (app, licences) = (&sums.app, &sums.licences);
    let one = sums.customers.iter().find(|one| licences.billed(&one.tenant.id).len() > 1).expect("one").clone();
    let billed = licences.billed(&one.tenant.id);
    let (first, second) = (billed[0].clone(), billed[1].clone());
    let own = number(&line(app, &one.tenant.id, &first.0).await.line.expect("a line"));
    let service = licences.on_contract(one.contract).into_iter().find(|line| line.0 == own).expect("it").1;
    let twin = licences.psa.add_service_line(one.contract, &service, 3).expect("a second line");
    map_product(app, &second.0, &service_of(app, &first.0).await).await;
    app.plan().await;
    let key = LineKey::new(&one.tenant.id, &second.0);
    app.tenant.usage_take(&sync(), &key, &twin.to_string()).await.expect("it is this one");
    app.plan().await;
    map_product(app, &first.0, &spare_service(app, licences).await.0).await;
    let day = next_day(app);
    sums.settle().await;
    let now = units(licences, day);
    let new = number(&line(app, &one.tenant.id, &first.0).await.line.expect("a line"));
    assert_eq!((now[&own], now[&new], now[&twin]), (0, first.1, second.1));
}

#[tokio::test]
async fn a_product_that_joins_a_sum_after_its_own_line_ended_is_billed_from_that_day_on() {
    let sums = Sums::start().await;
    let one = sums.customers.iter().find(|one| sums.licences.billed(&one.tenant.id).len() > 1).expect("one").clone();
    let billed = sums.licences.billed(&one.tenant.id);
    map_product(&sums.app, &billed[1].0, &service_of(&sums.app, &billed[0].0).await).await;
    let day = next_day(&sums.app);
    let plan = sums.app.plan().await;
    let report = sums.let_go(&plan, &["all"], |change| change.action != Action::Retire).await;
    assert!(report.run.counts.done > 0, "{report:?}");
    let written = |change: &PlannedChange| change.action != Action::Retire;
    assert!(changes(&sums.app, &plan).await.iter().any(written));
    late(&sums, day).await;
}

#[tokio::test]
async fn a_product_that_joins_a_sum_after_it_left_another_is_billed_from_that_day_on() {
    let sums = Sums::start().await;
    let product = sums.licences.billed(&sums.customers[0].tenant.id).remove(0).0;
    let (_, two) = two_customers(&sums, &product).await;
    let three = sums.customers[2].clone();
    sums.sell(&three, &product, 5);
    next_day(&sums.app);
    sums.settle().await;
    let day = next_day(&sums.app);
    sums.move_to(&two, &three).await;
    let plan = sums.app.plan().await;
    let report = sums.let_go(&plan, &["all"], |change| change.customer == three.tenant.id).await;
    assert!(report.run.counts.done > 0, "{report:?}");
    late(&sums, day).await;
}

/// The second half comes two days later, after plans that wrote nothing, and holds from the day of the first.
async fn late(sums: &Sums, day: Date) {
    for _ in 0..2 {
        next_day(&sums.app);
        sums.app.plan().await;
    }
    let later = sums.app.today();
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
    sums.assert_in_step().await;
    // The day is nobody's any more: what comes later holds from its own day on.
    let grown = sums.customers.iter().flat_map(|one| {
        sums.licences.billed(&one.tenant.id).into_iter().map(|(product, quantity)| (one.clone(), product, quantity))
    });
    for (customer, product, quantity) in grown.collect::<Vec<_>>() {
        sums.licences.vendor.set_quantity(&customer.tenant.id, &product, quantity + 1);
    }
    let today = next_day(&sums.app);
    let before = units(&sums.licences, today.yesterday().expect("a day"));
    sums.settle().await;
    assert_eq!(units(&sums.licences, today.yesterday().expect("a day")), before);
    sums.assert_billed_once(&[today]);
}

#[tokio::test]
async fn a_line_that_another_left_on_the_day_a_move_was_begun_says_the_first_open_day() {
    let sums = Sums::start().await;
    let (app, licences) = (&sums.app, &sums.licences);
    let one = sums.customers[0].clone();
    let key = |product: &str| LineKey::new(&one.tenant.id, product);
    sums.sell(&one, "LEAVES", 4);
    sums.sell(&one, "JOINS", 9);
    app.plan().await;
    for product in ["LEAVES", "JOINS"] {
        let made = app.tenant.link_decide(&sync(), Kind::Product, product, &Decision::Create).await;
        made.unwrap_or_else(|error| panic!("{product}: {}", told(&error)));
    }
    sums.settle().await;
    let left = service_of(app, "LEAVES").await;
    let target = number(&line(app, &one.tenant.id, "LEAVES").await.line.expect("a line"));

    // On one day the one leaves its line, and of the other's move only the first half is let go.
    let day = next_day(app);
    for product in ["LEAVES", "JOINS"] {
        map_product(app, product, &spare_service(app, licences).await.0).await;
    }
    let plan = app.plan().await;
    let report = sums
        .let_go(&plan, &["all"], |change| change.source == key("JOINS").to_string() && change.action != Action::Retire)
        .await;
    assert_eq!(units(licences, day)[&target], 0, "{report:?}");

    // What is billed by none since that day is to go on the line that was left on it.
    next_day(app);
    map_product(app, "JOINS", &left).await;
    let plan = app.plan().await;
    let held = line(app, &one.tenant.id, "JOINS").await;
    let open = day.tomorrow().expect("a day");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "nothing that the vendor refuses is sent: {:?}", report.failures);
    let brakes: Vec<&str> = held.brakes.iter().map(|one| one.brake.as_str()).collect();
    assert!(brakes.contains(&"dates") && held.reason.english().contains(&format!("--effective {open}")), "{held:?}");
    assert_eq!(held.open_day, Some(open.to_string()), "{held:?}");

    let choice = UsageChoice { line: key("JOINS"), quantity: None, effective: Some(open) };
    let plan = app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.expect("a plan");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!((units(licences, day)[&target], units(licences, open)[&target]), (0, 9));
    sums.assert_in_step().await;
}
