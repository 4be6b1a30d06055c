//! Recurring jobs: one taker, a dead one is noticed, pausing and removing.

use super::super::Recurring;
use super::*;
use crosswalk_model::Said;
use crosswalk_model::{Job, Schedule};
use crosswalk_say::English;

const MINUTE: i64 = 60_000;

async fn put(tenant: &TenantStore, job: Job) -> Schedule {
    let schedule = Schedule::new(tenant.name(), &main_sync(), job, 60, T0, None);
    tenant.schedule_put(&schedule).await.unwrap();
    schedule
}

fn later() -> Timestamp {
    T0.plus_ms(10 * MINUTE)
}

#[tokio::test]
async fn what_is_due_is_taken_by_one_and_is_due_again_at_its_next_slot() {
    let bed = Bed::new().await;
    let other = bed.second().await;
    let schedule = put(&bed.tenant, Job::Sync).await;
    assert_eq!(bed.tenant.schedule_list().await.unwrap(), std::slice::from_ref(&schedule));
    assert_eq!(bed.store.next_due(T0.plus_ms(-1), None).await.unwrap(), Some(schedule.due_at));
    assert!(bed.tenant.due(T0.plus_ms(-1), T0.plus_ms(-MINUTE)).await.unwrap().jobs.is_empty());
    let due = bed.tenant.due(later(), T0).await.unwrap().jobs;
    assert_eq!(due, std::slice::from_ref(&schedule));
    assert_eq!(bed.store.due_tenants(later(), T0).await.unwrap(), [bed.tenant.name().clone()]);

    let next = schedule.next_slot(later());
    let takes = [bed.tenant.schedule_take(&due[0], later(), next), other.schedule_take(&due[0], later(), next)];
    let [one, two] = takes;
    assert!(one.await.unwrap() && !two.await.unwrap());
    assert!(bed.tenant.due(later(), T0).await.unwrap().jobs.is_empty());
    // Its taker may have died.
    let lost = bed.tenant.due(later(), later()).await.unwrap().jobs;
    assert_eq!((lost[0].taken_at, lost[0].due_at), (Some(later()), next));

    let key = (&main_sync(), Job::Sync);
    let retry = later().plus_ms(MINUTE);
    let due_at = bed.tenant.schedule_done(key, later(), 2, &"the vendor is down".into(), Some(retry)).await.unwrap();
    assert_eq!(due_at, Some(retry));
    let known = bed.tenant.schedule_list().await.unwrap().pop().unwrap();
    assert_eq!((known.failures, known.message.english(), known.slot_at), (2, "the vendor is down".to_owned(), next));
    assert_eq!((known.taken_at, known.last_at), (None, Some(later())));
    assert_eq!(
        bed.tenant.schedule_done(key, later(), 0, &Said::default(), None).await.unwrap(),
        None,
        "it was done already"
    );

    // A retry never comes after the slot.
    assert!(bed.tenant.schedule_take(&known, retry, next).await.unwrap());
    let far = next.plus_ms(MINUTE);
    assert_eq!(bed.tenant.schedule_done(key, retry, 3, &Said::default(), Some(far)).await.unwrap(), Some(next));
}

#[tokio::test]
async fn another_interval_lets_what_is_under_way_end() {
    let bed = Bed::new().await;
    let schedule = put(&bed.tenant, Job::Sync).await;
    assert!(bed.tenant.schedule_take(&schedule, later(), schedule.next_slot(later())).await.unwrap());
    let changed = Schedule::new(bed.tenant.name(), &main_sync(), Job::Sync, 5, later(), Some(later()));
    bed.tenant.schedule_put(&changed).await.unwrap();
    let key = (&main_sync(), Job::Sync);
    assert_eq!(bed.tenant.schedule_done(key, later(), 0, &Said::default(), None).await.unwrap(), Some(changed.slot_at));
    put(&bed.tenant, Job::Alerts).await;
    bed.tenant.schedule_remove(&main_sync(), Job::Sync).await.unwrap();
    let left = bed.tenant.schedule_list().await.unwrap();
    assert_eq!(left.iter().map(|left| left.job).collect::<Vec<_>>(), [Job::Alerts]);
    assert_eq!(bed.tenant.schedule_done(key, later(), 0, &Said::default(), None).await.unwrap(), None);
}

#[tokio::test]
async fn a_paused_sync_is_never_due() {
    let bed = Bed::new().await;
    put(&bed.tenant, Job::Sync).await;
    bed.tenant.sync_pause(&main_sync(), true).await.unwrap();
    assert!(bed.tenant.sync_get(&main_sync()).await.unwrap().unwrap().paused);
    assert!(bed.tenant.due(later(), later()).await.unwrap().jobs.is_empty());
    assert!(bed.store.due_tenants(later(), later()).await.unwrap().is_empty());
    assert_eq!(bed.store.next_due(T0.plus_ms(-1), None).await.unwrap(), Some(T0.plus_ms(24 * 60 * MINUTE)), "pruning");
    bed.tenant.wake_insert(&rmm(), "poll", "", T0).await.unwrap();
    assert_eq!(bed.store.next_due(T0.plus_ms(-1), Some(bed.tenant.name())).await.unwrap(), Some(T0));
    assert_eq!(bed.store.due_tenants(T0, T0).await.unwrap().len(), 1, "a connection's wake-up is no sync's");
    let nobody = TenantName::new("nobody").unwrap();
    assert_eq!(bed.store.next_due(T0.plus_ms(-1), Some(&nobody)).await.unwrap(), None);
}

#[tokio::test]
async fn jobs_of_a_manifest_recur_as_its_newest_version_says() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let unnoted = async || bed.store.jobs_unnoted().await.unwrap();
    let found = unnoted().await;
    assert_eq!(found.iter().map(|(_, connection, _)| connection.clone()).collect::<Vec<_>>(), [psa(), rmm()]);
    let every =
        |job: &str, minutes: i64, first_at| Recurring { job: job.to_owned(), every_ms: minutes * MINUTE, first_at };
    let digest = found[1].2.as_str();
    tenant.jobs_note(&rmm(), digest, &[every("walk", 60, T0), every("poll", 10, later())]).await.unwrap();
    assert_eq!(unnoted().await.len(), 1);
    let due = tenant.due(later(), later()).await.unwrap().wakes;
    assert_eq!(due.iter().map(|due| due.job.as_str()).collect::<Vec<_>>(), ["walk", "poll"]);

    // Taken by one; it is no wake-up that the connector could take back.
    let next = T0.plus_ms(60 * MINUTE);
    tenant.wake_cancel(&rmm(), &due[0].id).await.unwrap();
    assert!(tenant.wake_take(&due[0], Some(next)).await.unwrap());
    assert!(!tenant.wake_take(&due[0], Some(next)).await.unwrap());
    assert_eq!(tenant.due(later(), later()).await.unwrap().wakes, due[1..]);

    // It waits for what is left of its own walk.
    let rest = tenant.wake_insert(&rmm(), "walk", "page 2", T0).await.unwrap().unwrap();
    let jobs = async |now| {
        let due = tenant.due(now, now).await.unwrap().wakes;
        due.into_iter().map(|due| format!("{} {}", due.job, due.payload)).collect::<Vec<_>>()
    };
    assert_eq!(jobs(next).await, ["walk page 2", "poll "]);
    tenant.wake_cancel(&rmm(), &rest).await.unwrap();
    assert_eq!(jobs(next).await, ["poll ", "walk "]);

    // Another version: a job fewer, another interval, counted from when it was begun last.
    tenant.jobs_note(&rmm(), "other", &[every("walk", 90, later())]).await.unwrap();
    assert!(unnoted().await.iter().any(|(_, connection, _)| *connection == rmm()), "it is not the pinned one");
    assert!(jobs(T0.plus_ms(90 * MINUTE - 1)).await.is_empty());
    assert_eq!(jobs(T0.plus_ms(90 * MINUTE)).await, ["walk "]);
    tenant.jobs_note(&rmm(), digest, &[every("walk", 90, T0)]).await.unwrap();
    assert!(jobs(T0.plus_ms(90 * MINUTE - 1)).await.is_empty(), "the same interval leaves it as it is");

    tenant.sync_pause(&main_sync(), true).await.unwrap();
    assert!(jobs(next.plus_ms(next.0)).await.is_empty() && unnoted().await.is_empty());
    assert_eq!(bed.store.next_due(T0, None).await.unwrap(), Some(T0.plus_ms(24 * 60 * MINUTE)), "pruning");
}

#[tokio::test]
async fn a_removed_sync_leaves_its_journal_with_what_was_changed() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    put(tenant, Job::Sync).await;
    tenant.sync_insert(&sync("stays")).await.unwrap();
    let stays = SyncName::new("stays").unwrap();
    tenant.links_put(&stays, &[linked("1", "t1")]).await.unwrap();
    tenant.links_put(&main_sync(), &[linked("1", "t1")]).await.unwrap();
    let (run, plan) = planned(tenant, 2).await;
    let batch = tenant.batch_intend(run, plan, &at_revision(&[1, 2]), T0).await.unwrap();
    let mut one = settled(1, ChangeStatus::Done);
    (one.journal.plan, one.journal.sequence) = (Some(plan), Some(1));
    tenant.batch_settle(plan, Some(batch), &[one], &[], &psa(), T0).await.unwrap();

    tenant.sync_remove(&main_sync()).await.unwrap();
    assert!(tenant.sync_get(&main_sync()).await.unwrap().is_none());
    assert!(tenant.run_list(None, 9).await.unwrap().is_empty() && tenant.schedule_list().await.unwrap().is_empty());
    assert!(tenant.plan_get(plan).await.unwrap().is_none());
    let journal = tenant.journal_list(&JournalFilter::default()).await.unwrap();
    assert_eq!(journal.len(), 1);
    assert!(journal[0].detail.as_ref().is_some_and(|detail| detail[0]["field"] == "name"), "{:?}", journal[0].detail);
    assert_eq!(tenant.links_all(&stays, Kind::Asset).await.unwrap().len(), 1);
    // The name is free, and nothing of the old one comes back with it.
    tenant.sync_insert(&sync("main")).await.unwrap();
    assert!(tenant.links_all(&main_sync(), Kind::Asset).await.unwrap().is_empty());
    assert!(matches!(tenant.sync_remove(&SyncName::new("gone").unwrap()).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn that_a_sync_was_applied_is_known_however_often_it_ran_since() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    assert!(!tenant.first_runs(&main_sync()).await.unwrap().any_done);
    for done in std::iter::once(3).chain(std::iter::repeat_n(0, 1100)) {
        let id = tenant.run_begin(&main_sync(), crosswalk_model::Mode::Apply, None, T0).await.unwrap();
        if done > 0 {
            assert!(!tenant.first_runs(&main_sync()).await.unwrap().any_done);
            let mut run = tenant.run_get(id).await.unwrap().unwrap();
            run.counts.done = done;
            tenant.run_finish(&run).await.unwrap();
        }
    }
    assert!(tenant.first_runs(&main_sync()).await.unwrap().any_done);
}

#[tokio::test]
async fn a_plan_that_says_what_one_that_waits_says_is_dropped_for_it() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let run = tenant.run_begin(&main_sync(), crosswalk_model::Mode::Plan, None, T0).await.unwrap();
    let part = async |hash: &str| {
        let id = tenant.plan_begin_part(run, &main_sync(), T0).await.unwrap();
        tenant.plan_changes_insert(id, &[change(1)], &Digests::new()).await.unwrap();
        let hash = hash.to_owned();
        let plan = crosswalk_model::Plan { hash, ..tenant.plan_get(id).await.unwrap().unwrap() };
        tenant.plan_finish(&plan).await.unwrap();
        (id, tenant.plan_settle_for_waiting(&main_sync(), id).await.unwrap().map(|waiting| waiting.id))
    };
    let (first, none) = part("same").await;
    assert_eq!(none, None, "it is the first");
    let (other, none) = part("other").await;
    assert_eq!(none, None);
    let (again, waiting) = part("same").await;
    assert_eq!(waiting, Some(first));
    assert!(tenant.plan_get(again).await.unwrap().is_none() && tenant.plan_get(other).await.unwrap().is_some());
    assert!(tenant.plan_changes(again, &ChangeFilter::default(), 0, 9).await.is_err(), "it is gone");
    assert_eq!(tenant.plan_changes(first, &ChangeFilter::default(), 0, 9).await.unwrap().len(), 1);
    tenant.approval_add(first, &approving("same"), T0).await.unwrap();
    assert_eq!(part("same").await.1, None, "an approved one does not wait");
}

#[tokio::test]
async fn a_read_that_was_left_is_taken_up_as_it_was() {
    let bed = Bed::new().await;
    let gaps = [(Some("a".to_owned()), crosswalk_model::Failure::broken("x"))];
    for moved in [false, true] {
        let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, 1000).await.unwrap();
        let page =
            PageCommit { left_out: 3, gaps: Some(&gaps), fresh_gaps: 1, moved, ..one_page(&[], Some("2"), Some(7)) };
        bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &page, T0).await.unwrap();
        // However often it is taken up, and killed again.
        for _ in 0..2 {
            let again = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, 1000).await.unwrap();
            assert_eq!((again.sound, again.total, again.resumed), (!moved, Some(7), true));
            assert_eq!((again.left_out, again.unread, again.gaps), (3, 1, gaps.to_vec()));
        }
        bed.tenant.read_finish(read.id, &rmm(), Kind::Asset, false, &[], T0).await.unwrap();
    }
}
