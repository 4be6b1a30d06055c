//! Billing while what is mapped where changes: parts that leave a sum, moves of nothing, and plans that wait
//! while the mapping goes on. Nothing is billed twice, nor by none.

use crate::billing::{Known, assert_nothing_to_do, billing, changes, line, lines, map_product, messages, next_day};
use crate::billing::{number, service_of, spare_service, units};
use crate::harness::licences::Licences;
use crate::harness::{TestApp, sync};
use crosswalk::engine::{ApplyOptions, NoProgress, Release, UsageChoice, UsageState};
use crosswalk::model::{Action, Brake, LineKey};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::NewRow;
use jiff::civil::Date;

/// A customer two of whose products are one line of its contract by now.
struct Sum {
    licences: Licences,
    app: TestApp,
    one: Known,
    first: (String, i64),
    second: (String, i64),
    /// Their line.
    line: i64,
    day: Date,
}

async fn sum() -> Sum {
    let (licences, app, customers) = billing(4).await;
    let one = customers.into_iter().find(|one| licences.billed(&one.tenant.id).len() > 1).expect("two products");
    let billed = licences.billed(&one.tenant.id);
    let ((first, some), (second, more)) = (billed[0].clone(), billed[1].clone());
    map_product(&app, &second, &service_of(&app, &first).await).await;
    next_day(&app);
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let own = lines(&app).await.into_iter().filter(|line| line.customer == one.tenant.id && !line.parts.is_empty());
    let leads = own.map(|line| (line.product, line.line)).next().expect("a sum");
    let (first, second) =
        if leads.0 == first { ((first, some), (second, more)) } else { ((second, more), (first, some)) };
    let line = number(&leads.1.expect("a line"));
    let day = next_day(&app);
    assert_eq!(units(&licences, day)[&line], some + more);
    Sum { licences, app, one, first, second, line, day }
}

impl Sum {
    /// What the customer's two products are billed on a day, on whatever line.
    fn billed(&self, day: Date) -> i64 {
        let all: i64 = self.licences.billed(&self.one.tenant.id).iter().map(|(_, quantity)| quantity).sum();
        let others = all - self.first.1 - self.second.1;
        let on = crate::billing::on_contract(&self.licences, self.one.contract, day);
        on.iter().map(|(_, units)| units).sum::<i64>() - others
    }

    fn key(&self, product: &str) -> LineKey {
        LineKey::new(&self.one.tenant.id, product)
    }
}

#[tokio::test]
async fn a_part_that_leaves_a_sum_is_billed_once_on_every_day() {
    let sum = sum().await;
    let Sum { licences, app, one, first, second, day, .. } = &sum;
    map_product(app, &second.0, &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    let part = line(app, &one.tenant.id, &second.0).await;
    assert!(part.state == UsageState::Held && part.reason.english().contains("billed together with"), "{part:?}");
    let fall = line(app, &one.tenant.id, &first.0).await;
    let brakes =
        |line: &crosswalk::engine::UsageLine| -> Vec<Brake> { line.brakes.iter().map(|one| one.brake).collect() };
    for brake in [Brake::Moved, Brake::Parts] {
        assert!(brakes(&fall).contains(&brake), "{fall:?}");
    }
    // Let go by itself it is refused as long as the sum bills it.
    let options = ApplyOptions { release: Release::These(brakes(&part)), ..ApplyOptions::default() };
    let report = app.tenant.apply(plan.plan.id, &options, &NoProgress).await.expect("applied");
    assert!(
        report.failures.iter().any(|(_, why)| why.english().contains("is to be approved with it")),
        "{:?}",
        report.failures
    );
    assert_eq!(sum.billed(*day), first.1 + second.1, "nothing twice");

    // Whoever names it alone gets both, for one day.
    let choice = UsageChoice { line: sum.key(&second.0), quantity: None, effective: None };
    let plan = app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await.expect("a plan");
    let planned: Vec<String> = changes(app, &plan).await.into_iter().map(|change| change.source).collect();
    let both = [sum.key(&first.0), sum.key(&second.0)].map(|key| key.to_string());
    assert!(planned.len() == 2 && both.iter().all(|key| planned.contains(key)), "{planned:?}");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let new = line(app, &one.tenant.id, &second.0).await.line.expect("a line of its own");
    assert_eq!((units(licences, *day)[&sum.line], units(licences, *day)[&number(&new)]), (first.1, second.1));
    next_day(app);
    assert_nothing_to_do(&app.plan().await);
}

#[tokio::test]
async fn the_second_half_of_leaving_holds_from_the_first_halfs_day() {
    let sum = sum().await;
    let Sum { licences, app, one, second, day, .. } = &sum;
    map_product(app, &second.0, &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    let own = sum.key(&second.0).to_string();
    let made = changes(app, &plan).await.into_iter().filter(|change| change.source == own);
    let withheld = made.map(|change| change.sequence).collect();
    let options = ApplyOptions { release: Release::All, withheld, ..ApplyOptions::default() };
    app.tenant.apply(plan.plan.id, &options, &NoProgress).await.expect("applied");
    assert_eq!(units(licences, *day)[&sum.line], sum.first.1);
    let later = {
        next_day(app);
        next_day(app)
    };
    let plan = app.plan().await;
    let waiting = line(app, &one.tenant.id, &second.0).await;
    assert!(
        waiting.effective == day.to_string() && waiting.reason.english().contains("no line bills it"),
        "{waiting:?}"
    );
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    for day in [day.yesterday().expect("a day"), *day, day.tomorrow().expect("a day"), later] {
        assert_eq!(sum.billed(day), sum.first.1 + second.1, "{day}: neither lost nor twice");
    }
}

#[tokio::test]
async fn a_line_of_which_only_what_counts_nothing_is_left_ends_with_a_move() {
    let sum = sum().await;
    let Sum { licences, app, one, first, second, .. } = &sum;
    licences.vendor.set_quantity(&one.tenant.id, &second.0, 0);
    let report = app.apply(&app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let day = next_day(app);
    map_product(app, &first.0, &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    let planned: Vec<Action> =
        changes(app, &plan).await.iter().filter(|one| one.held.is_some()).map(|one| one.action).collect();
    assert!(planned.contains(&Action::Retire), "{planned:?}");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(units(licences, day)[&sum.line], 0, "the old line bills nothing any more");
}

#[tokio::test]
async fn a_waiting_plan_of_a_sum_is_not_written_once_a_part_is_mapped_elsewhere() {
    let sum = sum().await;
    let Sum { licences, app, one, first, second, day, .. } = &sum;
    licences.vendor.set_quantity(&one.tenant.id, &first.0, first.1 + 1);
    let plan = app.plan().await;
    map_product(app, &second.0, &spare_service(app, licences).await.0).await;
    let report = app.apply(&plan).await;
    assert!(
        report.failures.iter().any(|(_, why)| why.english().contains("it was planned as the sum of")),
        "{:?}",
        report.failures
    );
    assert_eq!(units(licences, *day)[&sum.line], first.1 + second.1);
}

#[tokio::test]
async fn a_waiting_plan_is_not_written_once_its_product_is_another_service() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let own = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let day = next_day(&app);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    let plan = app.plan().await;
    map_product(&app, &product, &spare_service(&app, &licences).await.0).await;
    let report = app.apply(&plan).await;
    assert!(
        report.failures.iter().any(|(_, why)| why.english().contains("its product is now mapped to")),
        "{:?}",
        report.failures
    );
    assert_eq!(units(&licences, day)[&own], quantity);
}

#[tokio::test]
async fn a_move_that_is_taken_back_while_its_plan_waits_ends_no_line() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let own = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    let before = service_of(&app, &product).await;
    let day = next_day(&app);
    map_product(&app, &product, &spare_service(&app, &licences).await.0).await;
    let plan = app.plan().await;
    map_product(&app, &product, &before).await;
    let report = app.apply(&plan).await;
    assert_eq!(report.run.counts.done, 0, "{:?}", report.failures);
    assert!(
        report.failures.iter().any(|(_, why)| why.english().contains("what takes its place")),
        "{:?}",
        report.failures
    );
    assert_eq!(units(&licences, day)[&own], quantity);
    // Of a move of nothing there is one half only.
    map_product(&app, &product, &spare_service(&app, &licences).await.0).await;
    licences.vendor.set_quantity(&one.tenant.id, &product, 0);
    let plan = app.plan().await;
    map_product(&app, &product, &before).await;
    let report = app.apply(&plan).await;
    assert!(
        report.failures.iter().any(|(_, why)| why.english().contains("which has this line")),
        "{:?}",
        report.failures
    );
    assert_eq!(units(&licences, day)[&own], quantity);
}

#[tokio::test]
async fn a_move_of_nothing_is_finished() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, _) = licences.billed(&one.tenant.id).remove(0);
    let own = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    map_product(&app, &product, &spare_service(&app, &licences).await.0).await;
    licences.vendor.set_quantity(&one.tenant.id, &product, 0);
    let day = next_day(&app);
    let plan = app.plan().await;
    let held = line(&app, &one.tenant.id, &product).await;
    assert_eq!(
        (held.state, held.becomes, held.brake.as_deref()),
        (UsageState::Held, Some(0), Some("moved+zero")),
        "{held:?}"
    );
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    assert_eq!(units(&licences, day)[&own], 0);
    next_day(&app);
    let plan = app.plan().await;
    assert!(plan.plan.totals.is_empty() && plan.attention == 0, "{}", messages(&plan));
}

#[tokio::test]
async fn history_names_no_count_where_a_row_tells_no_number() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let (tenant, sku) = (one.tenant.id.clone(), product.clone());
    let row = NewRow { tenant, sku, order: "X-1".to_owned(), ..NewRow::default() };
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    assert!(licences.vendor.add_row(&licences.vendor.month(), row));
    next_day(&app);
    app.plan().await;
    assert_eq!(line(&app, &one.tenant.id, &product).await.state, UsageState::NotFetched);
    let history = app.tenant.usage_history(&sync(), &one.tenant.id).await.expect("history");
    let counts: Vec<i64> =
        history.counts.iter().filter(|count| count.product == product).map(|count| count.quantity).collect();
    assert!(counts.contains(&quantity) && !counts.contains(&(quantity + 1)), "{counts:?}");
}
