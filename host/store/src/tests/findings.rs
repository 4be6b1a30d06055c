//! Findings of plans: counted by cause, listed by filters, kept for the newest plans.

use super::*;
use crate::FindingFilter;
use crosswalk_model::{Cause, Finding, FindingTotal, Plan, PlanId};

fn finding(cause: Cause, customer: &str, source: u64, message: &str) -> Finding {
    Finding::new(cause, Kind::Asset, customer, source.to_string(), message)
}

async fn plan(tenant: &TenantStore, findings: Vec<Finding>, whole: bool) -> PlanId {
    let run = tenant.run_begin(&main_sync(), Mode::Plan, None, T0).await.unwrap();
    let id = match whole {
        true => tenant.plan_begin(run, &main_sync(), T0).await.unwrap(),
        false => tenant.plan_begin_part(run, &main_sync(), T0).await.unwrap(),
    };
    let count = findings.len() as u64;
    for (at, some) in findings.chunks(700).enumerate() {
        tenant.findings_insert(id, at as u64 * 700 + 1, some.to_vec()).await.unwrap();
    }
    let totals = vec![FindingTotal { kind: Kind::Asset, cause: Cause::ByHand, count }];
    let made = Plan {
        id,
        run,
        made_at: T0,
        hash: "same".to_owned(),
        totals: Vec::new(),
        undecided: 0,
        findings: totals,
        approved_at: None,
        approved_by: None,
        undoes: None,
    };
    tenant.plan_finish(&made).await.unwrap();
    id
}

async fn kept(tenant: &TenantStore, plan: PlanId) -> u64 {
    tenant.findings_groups(plan, &FindingFilter::default(), 1).await.unwrap().1
}

#[tokio::test]
async fn findings_that_say_the_same_are_one_group_counted_over_all_of_the_plan() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let of = |n: u64| match n {
        0..1500 => finding(Cause::ByHand, &format!("c{}", n % 30), n, "edited"),
        _ => finding(Cause::Missing, "c1", n, &format!("missing since {n}")),
    };
    let plan = plan(tenant, (0..1777).map(of).collect(), true).await;
    let (groups, count, total) = tenant.findings_groups(plan, &FindingFilter::default(), 5).await.unwrap();
    assert_eq!((count, total, groups.len()), (1777, 278, 5));
    assert_eq!((groups[0].count, groups[0].customers, groups[0].source.as_str()), (1500, 30, "0"));

    let missing = FindingFilter { cause: Some(Cause::Missing), ..FindingFilter::default() };
    assert_eq!(tenant.findings_groups(plan, &missing, 1).await.unwrap().1, 277);
    let of_one = FindingFilter { customer: Some("c1".to_owned()), kind: Some(Kind::Asset), ..missing.clone() };
    let rows = tenant.findings_list(plan, &of_one, 1600, 2).await.unwrap();
    assert_eq!(rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1601, 1602]);
    let record = FindingFilter { source: Some("7".to_owned()), ..FindingFilter::default() };
    assert_eq!(tenant.findings_list(plan, &record, 0, 9).await.unwrap(), [(8, of(7))]);
}

#[tokio::test]
async fn one_by_one_they_are_kept_for_the_newest_plans_and_go_with_their_plan() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let some = || (0..6000).map(|n| finding(Cause::ByHand, "c", n, "edited")).collect::<Vec<_>>();
    let mut plans = Vec::new();
    for _ in 0..5 {
        plans.push(plan(tenant, some(), true).await);
    }
    let part = plan(tenant, some(), false).await;
    while tenant.findings_trim(&main_sync()).await.unwrap() > 0 {}
    let mut left = Vec::new();
    for plan in &plans {
        left.push(kept(tenant, *plan).await);
    }
    assert_eq!((left, kept(tenant, part).await), (vec![0, 0, 6000, 6000, 6000], 6000));
    let oldest = tenant.plan_get(plans[0]).await.unwrap().unwrap();
    assert_eq!(oldest.findings[0].count, 6000, "how many there were stays");
    tenant.sync_remove(&main_sync()).await.unwrap();
    let db = rusqlite::Connection::open(bed.folder.path().join("db")).unwrap();
    let rows: i64 = db.query_row("SELECT count(*) FROM findings", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn a_poll_that_says_the_same_leaves_what_it_found_with_the_plan_that_waits() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let waiting = plan(tenant, vec![finding(Cause::NoTicket, "c", 1, "off")], false).await;
    let newer = plan(tenant, vec![finding(Cause::NoTicket, "c", 2, "off")], false).await;
    let settled = tenant.plan_settle_for_waiting(&main_sync(), newer).await.unwrap().unwrap();
    assert_eq!(settled.id, waiting);
    let rows = tenant.findings_list(waiting, &FindingFilter::default(), 0, 9).await.unwrap();
    assert_eq!(rows.iter().map(|(_, one)| one.source.as_str()).collect::<Vec<_>>(), ["2"]);
    assert!(tenant.findings_insert(waiting, 9, Vec::new()).await.is_err(), "it is finished");
}
