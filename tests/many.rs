//! As many customers as a partner has, some of them odd: what is wrong with one is told by its name, and the others go on.

use crate::billing::{changes, lines, next_day};
use crate::harness::licences::{Licences, map_all};
use crate::harness::{connection, sync, told};
use crosswalk::engine::{NoProgress, PlanReport, UsageState};
use crosswalk::model::{Action, Kind, SyncRules, Trust};
use crosswalk_say::English;
use crosswalk_sims::sophos_central::{NewAlert, SophosTenant};
use crosswalk_sims::{SophosOptions, clock};
use std::collections::BTreeSet;

const CUSTOMERS: usize = 230;

fn all_told(plan: &PlanReport) -> String {
    let found =
        plan.findings.iter().map(|found| format!("{} {} {}", found.customer, found.source, found.message.english()));
    plan.complaints.iter().map(English::english).chain(found).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_230_customers_the_odd_ones_are_told_by_name_and_the_others_go_on() {
    // One has no host yet, one lets nobody in, one is on trial, one is billed by term.
    let tenth = clock::month(clock::now_ms()).0 / 1000 + 9 * 24 * 3600;
    let options = SophosOptions { products: 1, now: Some(tenth), ..SophosOptions::default() };
    let licences = Licences::start_with(CUSTOMERS, 1.0, options);
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage, Kind::Alert]);
    rules.kinds.values_mut().for_each(|rules| rules.trust = Trust::Automatic);
    let app = licences.host_with(rules).await;
    let term = [("term-licences".to_owned(), serde_json::Value::Bool(true))].into();
    app.tenant
        .connection_set(&connection("licences"), &term, &Default::default(), &Default::default())
        .await
        .expect("set");
    map_all(&app, &licences).await;
    app.apply(&app.plan().await).await;
    // In the order of the vendor's list: those that the PSA has an account of, and that the report bills.
    let mapped: BTreeSet<String> = licences.pairs().into_iter().map(|(tenant, _)| tenant.id).collect();
    let tenants: Vec<_> = licences.vendor.tenants().into_iter().filter(|tenant| tenant.listed).collect();
    assert_eq!(tenants.len(), CUSTOMERS);
    let is_billed = |tenant: &SophosTenant| mapped.contains(&tenant.id) && !licences.billed(&tenant.id).is_empty();
    let billed = |from: usize| tenants[from..].iter().filter(|tenant| is_billed(tenant)).cloned().collect::<Vec<_>>();
    // One behind the second page lets nobody in any more, and one is gone while the list is walked.
    let (shut, gone) = (billed(205).remove(0), billed(120).remove(0));
    let billed = billed(0);
    assert!(billed.len() > 150, "{}", billed.len());
    next_day(&app);
    for one in &billed {
        let (product, quantity) = licences.billed(&one.id).remove(0);
        licences.vendor.set_quantity(&one.id, &product, quantity + 1);
        let alert = NewAlert { severity: "high".to_owned(), at: app.clock_s(), ..NewAlert::default() };
        licences.vendor.raise_alert(&one.id, alert).expect("it is raised");
    }
    assert!(licences.vendor.set_forbidden(&shut.id, true));
    let hostless = &tenants[3];

    let polled = app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let said = all_told(&polled.plan);
    for odd in [&shut, hostless] {
        assert!(said.contains(&odd.name) || said.contains(&odd.id), "{} is not told: {said}", odd.name);
    }
    // More than the brakes let go by themselves.
    let report = app.apply(&app.tenant.alerts_plan(&sync(), &NoProgress).await.expect("a plan")).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);
    let tickets: BTreeSet<i64> =
        licences.psa.rows("Tickets").iter().filter_map(|row| row["companyID"].as_i64()).collect();
    assert_eq!(tickets.len(), billed.len() - 1, "each of the others has its ticket");

    let plan = app.plan().await;
    let changed: BTreeSet<String> = changes(&app, &plan).await.into_iter().map(|change| change.customer).collect();
    for one in &billed {
        assert!(changed.contains(&one.id), "{}: the report has it, whoever lets nobody in", one.name);
    }
    let report = app.apply(&plan).await;
    assert!(report.failures.is_empty(), "{:?}", report.failures);

    licences.vendor.faults().set("row-leaves", "next:1,path:tenants").expect("a fault");
    app.plan().await;
    licences.vendor.faults().clear();
    assert!(licences.vendor.remove_tenant(&gone.id));
    next_day(&app);
    let plan = app.plan().await;
    assert!(plan.plan.totals.iter().all(|total| total.action != Action::Retire), "{:?}", plan.plan.totals);
    let list = app.tenant.customer_list(&sync(), &Default::default()).await.expect("customers");
    assert!(list.customers.len() >= tenants.len() - 3, "{} of {}", list.customers.len(), tenants.len());
    let billing = lines(&app).await;
    for one in billed.iter().filter(|one| one.id != gone.id) {
        let own: Vec<_> = billing.iter().filter(|line| line.customer == one.id).collect();
        assert!(own.iter().all(|line| line.state == UsageState::InStep), "{own:?}");
    }
}
