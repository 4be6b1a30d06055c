//! Usage where two months meet, and reports of a month that say nothing: an invoiced day that a change does not
//! reach is told, an empty report is not zero, and a report that was broken off counts nothing twice.

use crate::billing::{Known, assert_nothing_to_do, billing, line, lines, messages, next_day, number, units};
use crate::harness::licences::Licences;
use crate::harness::{TestApp, name, sync, told};
use crosswalk::engine::{NewSync, NoProgress, UsageState};
use crosswalk::model::{Kind, RunStatus, SyncRules, Trust};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::NewRow;

async fn automatic(app: &TestApp) {
    let mut known = app.tenant.sync(&sync()).await.expect("the sync");
    known.rules.kinds.get_mut(&Kind::Usage).expect("usage").trust = Trust::Automatic;
    app.tenant.sync_change(known).await.expect("changed");
}

async fn run(app: &TestApp) -> crosswalk::engine::RunReport {
    app.tenant.run(&sync(), &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)))
}

/// A customer's first product, its number and its line.
async fn first(licences: &Licences, app: &TestApp, one: &Known) -> (String, i64, i64) {
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let target = number(&line(app, &one.tenant.id, &product).await.line.expect("a line"));
    (product, quantity, target)
}

#[tokio::test]
async fn an_invoiced_last_day_that_a_change_does_not_reach_is_told_once() {
    let (licences, app, customers) = billing(4).await;
    automatic(&app).await;
    let one = &customers[0];
    let (product, quantity, target) = first(&licences, &app, one).await;
    // The month is invoiced, and on its last evening the count rises; the next run is tomorrow's.
    let last = app.today();
    assert!(licences.psa.approve_and_post(one.contract, &last.to_string()) > 0);
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    let last = last.last_of_month();
    while app.today() <= last {
        next_day(&app);
    }
    let day = app.today();
    assert!(licences.vendor.set_month(&day.to_string()[..7]));
    let report = run(&app).await;
    assert_eq!((units(&licences, last)[&target], units(&licences, day)[&target]), (quantity, quantity + 1));
    let lost = format!("it is invoiced until {last}: the change holds from {day} on");
    assert!(messages(&report.plan).contains(&lost), "{}", messages(&report.plan));
    let history = app.tenant.usage_history(&sync(), &one.tenant.id).await.expect("history");
    assert!(history.written.iter().any(|entry| entry.message.english().contains(&lost)), "{:?}", history.written);

    next_day(&app);
    let again = app.plan().await;
    assert!(!messages(&again).contains("it is invoiced until"), "once: {}", messages(&again));
    // Nor where an open day lies between: from that one a person may still bill it.
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 2);
    let again = app.plan().await;
    assert!(!messages(&again).contains("it is invoiced until"), "{}", messages(&again));
}

#[tokio::test]
async fn an_empty_report_of_the_running_month_bills_nothing_of_the_last_one() {
    let (licences, app, customers) = billing(4).await;
    automatic(&app).await;
    let one = &customers[0];
    let (product, quantity, target) = first(&licences, &app, one).await;
    // Last month it was another number.
    let month = licences.vendor.month();
    let before = app.today().first_of_month().yesterday().expect("a day").to_string();
    licences.vendor.set_quantity_in(&before[..7], &one.tenant.id, &product, quantity + 7);
    next_day(&app);
    assert!(run(&app).await.applied.is_none());
    let writes = licences.psa.counts().writes;
    for nth in 0..2 {
        // The first report that is asked for, or the second: whichever is that of the running month.
        let fault = format!("after:{nth},next:1,whole,path:billing/usage");
        licences.vendor.faults().set("empty-list", &fault).expect("a fault");
        let report = run(&app).await;
        assert!(licences.vendor.faults().fired("empty-list") > 0);
        licences.vendor.faults().clear();
        assert_eq!(licences.psa.counts().writes, writes, "{nth}: nothing is written");
        let now = line(&app, &one.tenant.id, &product).await;
        let is_known = (now.counted, now.state) == (Some(quantity), UsageState::InStep);
        if !is_known {
            assert_eq!((now.counted, now.state), (None, UsageState::NotFetched), "{nth}: {now:?}");
            assert!(
                now.reason.english().contains("is not taken for zero") || now.reason.english().contains("rows before"),
                "{now:?}"
            );
            assert_ne!(report.plan.complaints, [], "{month}: it is told");
            let shown = app.tenant.run_show(report.plan.plan.run).await.expect("the run");
            assert_eq!(shown.status, RunStatus::Partial, "{shown:?}");
        }
        assert_eq!(units(&licences, app.today())[&target], quantity);
    }
    assert_nothing_to_do(&app.plan().await);
    assert!(lines(&app).await.iter().all(|line| line.state == UsageState::InStep));
}

#[tokio::test]
async fn a_report_that_was_broken_off_counts_nothing_twice_beside_a_standing_gap() {
    let (licences, app, customers) = billing(4).await;
    automatic(&app).await;
    let (one, two) = (&customers[0], &customers[1]);
    let (product, quantity, target) = first(&licences, &app, one).await;
    // A row without a product stands in every report.
    let odd = NewRow { tenant: two.tenant.id.clone(), order: "ODD".to_owned(), ..NewRow::default() };
    assert!(licences.vendor.add_row(&licences.vendor.month(), odd));
    next_day(&app);
    run(&app).await;
    let writes = licences.psa.counts().writes;
    for nth in 0..2 {
        // It breaks off at one of its calls; meanwhile the same count comes under another order.
        let fault = format!("always,after:{nth},status:500,path:billing/usage");
        licences.vendor.faults().set("server-error", &fault).expect("a fault");
        let broken = app.tenant.run(&sync(), &NoProgress).await;
        licences.vendor.faults().clear();
        assert!(broken.is_err() || !broken.expect("a report").plan.complaints.is_empty(), "{nth}");
        assert!(licences.vendor.remove_product(&one.tenant.id, &product));
        let again = NewRow {
            tenant: one.tenant.id.clone(),
            sku: product.clone(),
            order: format!("AGAIN-{nth}"),
            billable: Some(quantity as f64),
            ..NewRow::default()
        };
        assert!(licences.vendor.add_row(&licences.vendor.month(), again));
        run(&app).await;
        let now = line(&app, &one.tenant.id, &product).await;
        assert_eq!((now.counted, now.state), (Some(quantity), UsageState::InStep), "{nth}: {now:?}");
        assert_eq!((units(&licences, app.today())[&target], licences.psa.counts().writes), (quantity, writes), "{nth}");
    }
}

#[tokio::test]
async fn a_report_that_another_sync_broke_off_counts_nothing_twice() {
    let (licences, app, customers) = billing(4).await;
    let one = &customers[0];
    let (product, quantity, _) = first(&licences, &app, one).await;
    let row = |sku: &str, order: &str, quantity: i64| NewRow {
        tenant: one.tenant.id.clone(),
        sku: sku.to_owned(),
        order: order.to_owned(),
        billable: Some(quantity as f64),
        ..NewRow::default()
    };
    // The same count comes under another order, and the report has more than a page behind it.
    let month = licences.vendor.month();
    assert!(licences.vendor.remove_product(&one.tenant.id, &product));
    assert!(licences.vendor.add_row(&month, row(&product, "AGAIN", quantity)));
    (0..300).for_each(|nth| assert!(licences.vendor.add_row(&month, row("FILLER", &format!("F-{nth}"), 1))));
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage]);
    let other = NewSync { name: name("other"), source: name("licences"), target: name("psa"), rules };
    app.tenant.sync_add(other).await.expect("a second sync");
    let broken = |nth: u32| format!("always,after:{nth},status:500,path:billing/usage");
    let mut twice = Vec::new();
    for nth in 0..4 {
        licences.vendor.faults().set("server-error", &broken(nth)).expect("a fault");
        app.tenant.plan(&name("other"), &NoProgress).await.ok();
        licences.vendor.faults().clear();
        let now = line(&app, &one.tenant.id, &product).await;
        if now.counted.is_some_and(|counted| counted != quantity) {
            twice.push((nth, now.counted, now.reason.english()));
        }
    }
    assert!(twice.is_empty(), "{quantity} are counted: {twice:?}");
    // Whoever reads it whole makes it known again.
    app.plan().await;
    assert_eq!(line(&app, &one.tenant.id, &product).await.counted, Some(quantity));
}
