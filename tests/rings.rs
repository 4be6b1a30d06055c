//! Lines that rest on each other in a ring: all of it is resolved before any of it is written, and what a vendor breaks
//! off is closed for the same day.
//!
//! Sums that are no ring are in `sums` and `leaving`.

use crate::billing::{changes, line, map_product, next_day, number, service_of, spare_service, units};
use crate::harness::{sync, told};
use crate::sums::{Sums, two_products};
use crosswalk::engine::{ChangeFilter, ChangeStatus, Decision, Found, PlanReport};
use crosswalk::model::{Action, Kind, LineKey, PlannedChange, Said};
use crosswalk_say::English;
use jiff::civil::Date;

/// Three sums of two customers each, whose parts are to go round: to the next contract each.
async fn ring() -> (Sums, Date) {
    let sums = Sums::start().await;
    assert!(sums.customers.len() >= 6, "six customers");
    let product = of_ring(&sums);
    for (nth, customer) in sums.customers[..6].iter().enumerate() {
        sums.sell(customer, &product, 3 + 2 * nth as i64);
    }
    next_day(&sums.app);
    sums.settle().await;
    for nth in 0..3 {
        sums.move_to(&sums.customers[3 + nth], &sums.customers[nth]).await;
    }
    let day = next_day(&sums.app);
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day]);
    for nth in 0..3 {
        sums.move_to(&sums.customers[3 + nth], &sums.customers[(nth + 1) % 3]).await;
    }
    let day = next_day(&sums.app);
    (sums, day)
}

/// The product that the six have in common.
fn of_ring(sums: &Sums) -> String {
    sums.licences.billed(&sums.customers[0].tenant.id).remove(0).0
}

/// The ring with the write of one of its lines refused. Its part is billed by the next line as well, and the part that
/// was to come to it by none.
async fn broken_off(nth: usize) -> (Sums, Date) {
    let (sums, day) = ring().await;
    let product = of_ring(&sums);
    let mut ring: Vec<String> =
        sums.customers[..3].iter().map(|one| LineKey::new(&one.tenant.id, &product).to_string()).collect();
    let own = ring[nth].clone();
    ring.sort();
    let after = ring.iter().position(|source| *source == own).expect("it");
    let plan = sums.app.plan().await;
    sums.licences
        .psa
        .faults()
        .set("server-error", &format!("after:{after},next:1,writes,status:400"))
        .expect("a fault");
    let report = sums.let_go(&plan, &["all"], |change| !ring.contains(&change.source)).await;
    sums.licences.psa.faults().clear();
    assert_eq!((report.run.counts.done, report.run.counts.failed), (2, 1), "{nth}: {:?}", report.failures);
    let views = sums.app.tenant.plan_changes(plan.plan.id, &ChangeFilter::default(), 0, 1000).await.expect("changes");
    let failed = views.into_iter().filter(|view| view.status == ChangeStatus::Failed);
    assert_eq!(failed.map(|view| view.change.source).collect::<Vec<_>>(), [own]);
    (sums, day)
}

#[tokio::test]
async fn a_line_that_bills_what_another_does_as_well_does_not_grow_before_that_one_is_put_right() {
    for nth in 0..3 {
        let (sums, day) = broken_off(nth).await;
        let (before, product) = (sums.counted_of_all(), of_ring(&sums));
        // What was to come to the line that was not written goes back to its own contract, so that this one only falls.
        let back = &sums.customers[3 + (nth + 2) % 3];
        sums.move_to(back, back).await;
        let grows = &sums.customers[(nth + 1) % 3];
        sums.licences.vendor.set_quantity(&grows.tenant.id, &product, sums.counted(grows, &product) + 1);
        let grown = next_day(&sums.app);
        let left = LineKey::new(&sums.customers[nth].tenant.id, &product).to_string();
        let report = sums.let_go(&sums.app.plan().await, &["all"], |change| change.source == left).await;
        let said = |(_, why): &(Said, Said)| why.english().contains("is to be approved with it");
        assert!(report.failures.len() == 1 && report.failures.iter().all(said), "{nth}: {:?}", report.failures);
        let later = next_day(&sums.app);
        sums.settle().await;
        for day in [day.yesterday().expect("a day"), day, grown] {
            assert_eq!(sums.billed_of_all(day), before, "{nth}: {day}: neither lost nor twice");
        }
        sums.assert_billed_once(&[later]);
        sums.assert_in_step().await;
    }
}

#[tokio::test]
async fn three_sums_whose_parts_go_round_are_one_decision() {
    let (sums, day) = ring().await;
    let report = sums.app.apply(&sums.app.plan().await).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_ring_of_which_one_sum_is_not_let_go_is_not_begun() {
    let (sums, day) = ring().await;
    let plan = sums.app.plan().await;
    let rests = |change: &PlannedChange| change.line().is_some_and(|step| !step.rests.is_empty());
    let of_ring = |change: &PlannedChange| rests(change) && change.action == Action::Update;
    let one = changes(&sums.app, &plan).await.into_iter().find(of_ring).expect("a change that rests");
    sums.let_go(&plan, &["all"], |change| change.source == one.source).await;
    sums.assert_billed_once(&[day]);
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_ring_that_the_vendor_breaks_off_is_closed_for_the_same_day() {
    for nth in 0..3 {
        let (sums, day) = ring().await;
        let plan = sums.app.plan().await;
        let round = changes(&sums.app, &plan).await;
        let rests = |change: &&PlannedChange| change.line().is_some_and(|step| !step.rests.is_empty());
        let round = round.iter().filter(rests).filter(|change| change.action == Action::Update).count();
        assert!(round >= 3, "{nth}: {round}");
        let before = changes(&sums.app, &plan).await.len() - round;
        let fault = format!("after:{},next:1,writes,status:400", before + nth);
        sums.licences.psa.faults().set("server-error", &fault).expect("a fault");
        let report = sums.app.apply(&plan).await;
        sums.licences.psa.faults().clear();
        assert_eq!(report.run.counts.failed, 1, "{nth}: {:?}", report.failures);
        next_day(&sums.app);
        let later = next_day(&sums.app);
        sums.settle().await;
        sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
        sums.assert_in_step().await;
    }
}

/// Products of the first customer, each on a line of its own with this count.
async fn sold(sums: &Sums, counts: &[i64]) -> Vec<String> {
    let app = &sums.app;
    let products: Vec<String> = (0..counts.len()).map(|nth| format!("ROUND-{nth:03}")).collect();
    for (product, count) in products.iter().zip(counts) {
        sums.sell(&sums.customers[0], product, *count);
    }
    app.plan().await;
    for product in &products {
        let made = app.tenant.link_decide(&sync(), Kind::Product, product, &Decision::Create).await;
        made.unwrap_or_else(|error| panic!("{product}: {}", told(&error)));
    }
    sums.settle().await;
    products
}

/// Each product is to go to the line of the next, from the day that it is then.
async fn turn(sums: &Sums, products: &[String]) -> Date {
    let app = &sums.app;
    let mut services = Vec::new();
    for product in products {
        services.push(service_of(app, product).await);
    }
    for (nth, product) in products.iter().enumerate() {
        map_product(app, product, &services[(nth + 1) % products.len()]).await;
    }
    next_day(app);
    next_day(app)
}

async fn round(sums: &Sums, counts: &[i64]) -> (Vec<String>, Date) {
    let products = sold(sums, counts).await;
    let day = turn(sums, &products).await;
    (products, day)
}

/// The actions of a plan's changes that rest on others.
async fn resting(sums: &Sums, plan: &PlanReport) -> Vec<Action> {
    let rests = |change: &PlannedChange| change.line().is_some_and(|step| !step.rests.is_empty());
    changes(&sums.app, plan).await.into_iter().filter(rests).map(|change| change.action).collect()
}

/// A technician changes what the line has that a product is to go to, the day before.
async fn by_hand(sums: &Sums, product: &str, day: Date) {
    let own = line(&sums.app, &sums.customers[0].tenant.id, product).await.line.expect("a line");
    let day = day.yesterday().expect("a day").to_string();
    sums.licences.psa.adjust_units(number(&own), 1, &day).expect("adjusted");
}

#[tokio::test]
async fn two_products_of_one_count_that_change_places_need_one_yes() {
    let sums = Sums::start().await;
    let (_, day) = round(&sums, &[5, 5]).await;
    let plan = sums.app.plan().await;
    assert_eq!(resting(&sums, &plan).await, [Action::Link; 2]);
    let report = sums.app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn who_leaves_a_line_that_has_the_others_count_by_then_needs_one_yes() {
    let sums = Sums::start().await;
    let (one, leads, other, own) = two_products(&sums).await;
    let (app, licences) = (&sums.app, &sums.licences);
    let day = next_day(app);
    let has = units(licences, day)[&own];
    licences.vendor.set_quantity(&one.tenant.id, &other, has);
    map_product(app, &leads, &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    let takes = changes(app, &plan).await.into_iter().find(|change| change.target == Some(own.to_string()));
    assert_eq!(takes.map(|change| change.action), Some(Action::Link));
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    sums.assert_billed_once(&[day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn who_takes_over_a_line_of_its_own_count_keeps_the_day_from_which_a_part_of_its_own_is_billed_by_none() {
    let sums = Sums::start().await;
    let (one, leads, part, _) = two_products(&sums).await;
    let (app, licences) = (&sums.app, &sums.licences);
    let key = |product: &str| LineKey::new(&one.tenant.id, product).to_string();
    // Another product, with a line of its own and the count that the leader will have.
    let third = "THIRD".to_owned();
    sums.sell(&one, &third, sums.counted(&one, &leads));
    app.plan().await;
    app.tenant.link_decide(&sync(), Kind::Product, &third, &Decision::Create).await.expect("decided");
    sums.settle().await;
    let of_third = service_of(app, &third).await;
    // The part leaves, and only the leader's half is let go.
    let day = next_day(app);
    map_product(app, &part, &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    sums.let_go(&plan, &["all"], |change| change.source == key(&part)).await;
    // Then the leader takes over the line of the third, which goes elsewhere.
    next_day(app);
    map_product(app, &third, &spare_service(app, licences).await.0).await;
    map_product(app, &leads, &of_third).await;
    let plan = app.plan().await;
    let takes = |change: PlannedChange| change.source == key(&leads) && change.action == Action::Link;
    assert!(changes(app, &plan).await.into_iter().any(takes), "the line is only taken over");
    sums.let_go(&plan, &["all"], |change| change.source == key(&part)).await;
    let later = next_day(app);
    let plan = app.plan().await;
    let waiting = line(app, &one.tenant.id, &part).await;
    assert_eq!(waiting.effective, day.to_string(), "{waiting:?}");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_ring_of_which_a_line_that_is_only_taken_over_was_changed_by_hand_is_not_begun() {
    let sums = Sums::start().await;
    let (products, day) = round(&sums, &[5, 5, 7]).await;
    let plan = sums.app.plan().await;
    let actions = resting(&sums, &plan).await;
    assert_eq!(actions.iter().filter(|action| **action == Action::Link).count(), 1, "{actions:?}");
    by_hand(&sums, &products[0], day).await;
    let before = units(&sums.licences, day);
    let report = sums.app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (0, 3), "{:?}", report.failures);
    let said = |(_, why): &&(Said, Said)| {
        why.english().contains("it is written together with") && why.english().contains("or not at all")
    };
    assert_eq!(report.failures.iter().filter(said).count(), 2, "{:?}", report.failures);
    assert_eq!(units(&sums.licences, day), before);
    sums.settle().await;
    sums.assert_billed_once(&[day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_line_of_a_ring_is_not_taken_over_where_the_vendor_refused_what_it_rests_on() {
    for nth in 0..2 {
        let sums = Sums::start().await;
        let (_, day) = round(&sums, &[5, 5, 7]).await;
        let plan = sums.app.plan().await;
        sums.licences
            .psa
            .faults()
            .set("server-error", &format!("after:{nth},next:1,writes,status:400"))
            .expect("a fault");
        let report = sums.app.apply(&plan).await;
        sums.licences.psa.faults().clear();
        assert_eq!(report.run.counts.failed, 1, "{nth}: {:?}", report.failures);
        next_day(&sums.app);
        let later = next_day(&sums.app);
        sums.settle().await;
        sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
        sums.assert_in_step().await;
    }
}

/// More than one call takes: of these the target takes a hundred.
fn many() -> Vec<i64> {
    (0..103).map(|nth| 3 + nth).collect()
}

#[tokio::test]
async fn a_ring_of_more_than_one_call_of_which_one_was_changed_by_hand_is_not_begun() {
    let sums = Sums::start().await;
    let (products, day) = round(&sums, &many()).await;
    let plan = sums.app.plan().await;
    // In the second call, were it not asked before the first.
    by_hand(&sums, products.last().expect("the last"), day).await;
    let before = units(&sums.licences, day);
    let report = sums.app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.stale), (0, 103), "{:?}", report.failures);
    assert_eq!(units(&sums.licences, day), before);
    sums.settle().await;
    sums.assert_billed_once(&[day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_ring_that_the_vendor_breaks_off_between_two_calls_is_closed_for_the_same_day() {
    let sums = Sums::start().await;
    let (_, day) = round(&sums, &many()).await;
    let plan = sums.app.plan().await;
    sums.licences.psa.faults().set("server-error", "after:100,writes,always,status:400").expect("a fault");
    let report = sums.app.apply(&plan).await;
    sums.licences.psa.faults().clear();
    assert_eq!((report.run.counts.done, report.run.counts.failed), (100, 3), "{:?}", report.failures);
    next_day(&sums.app);
    let later = next_day(&sums.app);
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn what_rests_on_a_write_that_nobody_knows_about_waits_for_it_in_the_same_plan() {
    let sums = Sums::start().await;
    let (app, licences) = (&sums.app, &sums.licences);
    let products = sold(&sums, &[5, 9]).await;
    next_day(app);
    map_product(app, &products[1], &service_of(app, &products[0]).await).await;
    sums.settle().await;
    let day = next_day(app);
    map_product(app, &products[1], &spare_service(app, licences).await.0).await;
    let plan = app.plan().await;
    assert_eq!(resting(&sums, &plan).await, [Action::Create]);
    licences.psa.faults().set("drop-connection", "next:1,writes").expect("a fault");
    let report = app.apply(&plan).await;
    let said = |(_, why): &(Said, Said)| why.english().starts_with("it waits for the line of");
    assert!(report.failures.iter().any(said), "{:?}", report.failures);
    assert_eq!(report.run.counts.stale, 0, "{:?}", report.failures);
    sums.assert_billed_once(&[day]);
    // The vendor was slow, and a person says so.
    let open = app.uncertain().await.remove(0);
    let own = line(app, &sums.customers[0].tenant.id, &products[0]).await.line.expect("a line");
    licences.psa.adjust_units(number(&own), -9, &day.to_string()).expect("adjusted");
    let change = open.change.parse().expect("a change");
    app.tenant.uncertain_settle(change, &Found::Written(own), "seen in the PSA").await.expect("settled");
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day")]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn a_ring_with_a_write_that_nobody_knows_about_is_closed_for_the_same_day() {
    let sums = Sums::start().await;
    let (_, day) = round(&sums, &[5, 5, 7]).await;
    let plan = sums.app.plan().await;
    sums.licences.psa.faults().set("drop-connection", "next:1,writes").expect("a fault");
    let report = sums.app.apply(&plan).await;
    assert_eq!((report.run.counts.uncertain, report.run.counts.stale), (1, 0), "{:?}", report.failures);
    let open = sums.app.uncertain().await.remove(0).change.parse().expect("a change");
    sums.app.tenant.uncertain_settle(open, &Found::NotWritten, "no such adjustment").await.expect("settled");
    next_day(&sums.app);
    let later = next_day(&sums.app);
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
    sums.assert_in_step().await;
}

#[tokio::test]
async fn who_gives_its_line_to_one_whose_move_was_broken_off_is_billed_on_every_day() {
    let sums = Sums::start().await;
    let (app, licences) = (&sums.app, &sums.licences);
    let products = sold(&sums, &[5, 9]).await;
    let to = [service_of(app, &products[1]).await, spare_service(app, licences).await.0];
    next_day(app);
    let day = next_day(app);
    for (product, service) in products.iter().zip(&to) {
        map_product(app, product, service).await;
    }
    let plan = app.plan().await;
    // Its own line is at 0 by then, and the line it goes to is not written.
    licences.psa.faults().set("server-error", "after:1,next:1,writes,status:400").expect("a fault");
    let report = app.apply(&plan).await;
    licences.psa.faults().clear();
    assert_eq!((report.run.counts.done, report.run.counts.failed), (1, 1), "{:?}", report.failures);
    next_day(app);
    let later = next_day(app);
    sums.settle().await;
    sums.assert_billed_once(&[day.yesterday().expect("a day"), day, day.tomorrow().expect("a day"), later]);
    sums.assert_in_step().await;
}
