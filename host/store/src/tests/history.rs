//! Runs and the journal.

use super::*;
use crosswalk_model::{Event, Plan, Run, RunCounts, RunStatus};

#[tokio::test]
async fn runs_are_listed_newest_first() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    tenant.sync_insert(&sync("second")).await.unwrap();
    let second = SyncName::new("second").unwrap();
    let one = tenant.run_begin(&main_sync(), Mode::Plan, None, T0).await.unwrap();
    let two = tenant.run_begin(&second, Mode::Apply, None, T0).await.unwrap();
    let three = tenant.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let done = Run {
        id: one,
        sync: main_sync(),
        mode: Mode::Plan,
        actor: Some(Actor::Host),
        started_at: T0,
        ended_at: Some(T0.plus_ms(5)),
        status: RunStatus::NothingToDo,
        plan: Some(crosswalk_model::PlanId(4)),
        counts: RunCounts { source_read: 7, ..RunCounts::default() },
        message: "nothing".into(),
    };
    tenant.run_finish(&done).await.unwrap();
    assert_eq!(tenant.run_get(one).await.unwrap(), Some(done));
    let ids = async |sync: Option<&SyncName>, most| {
        tenant.run_list(sync, most).await.unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(None, 9).await, [three, two, one]);
    assert_eq!(ids(Some(&main_sync()), 9).await, [three, one]);
    assert_eq!(ids(None, 1).await, [three]);
}

#[tokio::test]
async fn the_journal_is_found_by_whatever_it_names() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let anna = Actor::Local("anna".to_owned());
    let full = JournalEntry {
        run: Some(RunId(3)),
        plan: Some(crosswalk_model::PlanId(2)),
        sequence: Some(9),
        kind: Some(Kind::Asset),
        source: Some("1".into()),
        target: Some("t1".into()),
        customer: Some("c1".into()),
        event: Event::Created,
        message: "made it".into(),
        detail: Some(serde_json::json!({"name": ["a", "b"]})),
        actor: Some(anna.clone()),
        ..JournalEntry::at(T0)
    };
    let refused = JournalEntry { event: Event::Refused, ..JournalEntry::at(T0.plus_ms(1)) };
    tenant.journal_append(Some(&main_sync()), std::slice::from_ref(&full)).await.unwrap();
    tenant.journal_append(None, std::slice::from_ref(&refused)).await.unwrap();
    let refused = JournalEntry { actor: Some(Actor::Host), ..refused };
    let list = async |filter: JournalFilter| tenant.journal_list(&filter).await.unwrap();
    let any = JournalFilter::default();
    assert_eq!(list(any.clone()).await, [refused.clone(), full.clone()], "newest first");
    assert_eq!(list(JournalFilter { limit: 1, ..any.clone() }).await, std::slice::from_ref(&refused));
    for filter in [
        JournalFilter { sync: Some(main_sync()), ..any.clone() },
        JournalFilter { run: Some(RunId(3)), ..any.clone() },
        JournalFilter { kind: Some(Kind::Asset), ..any.clone() },
        JournalFilter { source: Some("1".into()), ..any.clone() },
        JournalFilter { target: Some("t1".into()), ..any.clone() },
        JournalFilter { customer: Some("c1".into()), event: Some(Event::Created), ..any.clone() },
        JournalFilter { actor: Some(anna), ..any.clone() },
    ] {
        assert_eq!(list(filter.clone()).await, std::slice::from_ref(&full), "{filter:?}");
    }
    assert_eq!(list(JournalFilter { run: Some(RunId(4)), ..any }).await, []);

    let endless = JournalEntry { message: "ä".repeat(5000).into(), ..JournalEntry::at(T0) };
    tenant.journal_append(None, &[endless]).await.unwrap();
    let kept = tenant.journal_list(&JournalFilter { limit: 1, ..JournalFilter::default() }).await.unwrap();
    assert_eq!(kept[0].message, ("ä".repeat(4096) + "…").into());
}

#[tokio::test]
async fn an_entry_about_a_change_takes_its_detail_from_the_plan() {
    let bed = Bed::new().await;
    let (_, plan) = planned(&bed.tenant, 2).await;
    let about = |sequence| JournalEntry { plan: Some(plan), sequence: Some(sequence), ..JournalEntry::at(T0) };
    let own = JournalEntry { detail: Some(serde_json::json!("own")), ..about(2) };
    bed.tenant.journal_append(Some(&main_sync()), &[about(1), own, about(9)]).await.unwrap();
    let entries = bed.tenant.journal_list(&JournalFilter::default()).await.unwrap();
    let details: Vec<_> = entries.into_iter().map(|entry| entry.detail).collect();
    let planned = serde_json::json!([{ "field": "name", "before": null, "after": { "s": "x" } }]);
    assert_eq!(details, [None, Some(serde_json::json!("own")), Some(planned)]);
}

#[tokio::test]
async fn what_a_run_did_and_who_undid_it_is_found() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (run, plan) = planned(tenant, 3).await;
    assert_eq!(tenant.plan_applied_by(run).await.unwrap(), None, "it only planned");
    let first = tenant.batch_intend(run, plan, &at_revision(&[1]), T0).await.unwrap();
    let other = tenant.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let second = tenant.batch_intend(other, plan, &at_revision(&[2]), T0).await.unwrap();
    for (sequence, batch) in [(1, first), (2, second)] {
        let done = [settled(sequence, ChangeStatus::Done)];
        tenant.batch_settle(plan, Some(batch), &done, &[], &psa(), T0).await.unwrap();
    }
    for (run, sequence) in [(run, 1), (other, 2)] {
        let own = ChangeFilter { run: Some(run), ..ChangeFilter::default() };
        let own = tenant.plan_changes(plan, &own, 0, 9).await.unwrap();
        assert_eq!(own.iter().map(|stored| stored.change.sequence).collect::<Vec<_>>(), [sequence]);
        assert_eq!(tenant.plan_applied_by(run).await.unwrap(), Some(plan));
        assert_eq!(tenant.run_undone_by(run).await.unwrap(), None);
    }

    let undoing = tenant.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let undo = tenant.plan_begin_part(undoing, &main_sync(), T0).await.unwrap();
    tenant.plan_changes_insert(undo, &[change(1)], &Digests::new()).await.unwrap();
    let made = tenant.plan_get(undo).await.unwrap().unwrap();
    tenant.plan_finish(&Plan { hash: "abc".into(), undoes: Some(run), ..made }).await.unwrap();
    assert_eq!(tenant.plan_get(undo).await.unwrap().unwrap().undoes, Some(run));
    let batch = tenant.batch_intend(undoing, undo, &at_revision(&[1]), T0).await.unwrap();
    assert_eq!(tenant.run_undone_by(run).await.unwrap(), None, "nothing of it is done yet");
    tenant.batch_settle(undo, Some(batch), &[settled(1, ChangeStatus::Done)], &[], &psa(), T0).await.unwrap();
    assert_eq!(tenant.run_undone_by(run).await.unwrap(), Some(undoing));
    let stranger = super::tenant(&bed.store, "other").await;
    assert_eq!(stranger.run_undone_by(run).await.unwrap(), None);
    assert_eq!(stranger.plan_applied_by(run).await.unwrap(), None);
}
