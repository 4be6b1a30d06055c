//! Approvals of plans: by whom, of what, and withdrawn.

use super::*;
use crosswalk_model::{Approved, Brake, Part, Plan, Release};
use crosswalk_say::English;

async fn finished(tenant: &TenantStore) -> crosswalk_model::PlanId {
    let (_, id) = planned(tenant, 3).await;
    let plan = Plan { hash: "abc".into(), ..tenant.plan_get(id).await.unwrap().unwrap() };
    tenant.plan_finish(&plan).await.unwrap();
    id
}

#[tokio::test]
async fn several_people_approve_parts_of_a_plan_and_one_takes_all_back() {
    let bed = Bed::new().await;
    let (anna, bea) = (bed.tenant.by(Actor::Local("anna".into())), bed.tenant.by(Actor::Local("bea".into())));
    let plan = finished(&anna).await;
    let part = Approved {
        part: Part { customer: Some("c1".into()), changes: Some("1-2".parse().unwrap()), ..Part::default() },
        release: Release::These(vec![Brake::Creates]),
        ..Approved::default()
    };
    let of_anna = Approving { approved: part.clone(), note: "as agreed".into(), ..approving("abc") };
    let first = anna.approval_add(plan, &of_anna, T0).await.unwrap();
    let rule = Approving { rule: Some(vec![Kind::Asset, Kind::Location]), ..approving("abc") };
    let second = bea.approval_add(plan, &rule, T0.plus_ms(5)).await.unwrap();

    let all = bed.tenant.approvals(plan).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(
        (&all[0].approved, all[0].by.to_string().as_str(), all[0].note.as_str()),
        (&part, "local:anna", "as agreed")
    );
    assert_eq!((all[1].rule.as_deref(), all[1].at), (Some(&[Kind::Asset, Kind::Location][..]), T0.plus_ms(5)));
    let by = bed.tenant.plan_get(plan).await.unwrap().unwrap().approved_by.unwrap();
    assert_eq!(by.english(), "the rule `trust = automatic` of asset, location");

    assert_eq!(bea.approvals_withdraw(plan, T0).await.unwrap(), 2);
    assert_eq!(bea.approvals_withdraw(plan, T0).await.unwrap(), 0, "there is nothing left");
    assert_eq!(bed.tenant.approvals(plan).await.unwrap(), []);
    assert_eq!(bed.tenant.plan_get(plan).await.unwrap().unwrap().approved_at, None);
}
