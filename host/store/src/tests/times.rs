//! A clock that was ten years ahead for a while, and the times it left.

use super::*;
use crate::Recurring;
use crosswalk_model::BudgetTake;
use crosswalk_model::{Job, Schedule};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const AHEAD: Timestamp = Timestamp(T0.0 + 3650 * DAY);

/// A database whose clock was ahead, and is right again a minute later.
async fn back(bed: &Bed) -> Timestamp {
    let now = T0.plus_ms(MINUTE);
    let step = bed.store.clock_note(now).await.unwrap().expect("it went back");
    assert_eq!(step.before, AHEAD);
    assert_eq!(bed.store.clock_note(now).await.unwrap(), None, "told once");
    now
}

async fn bed() -> Bed {
    let bed = Bed::new().await;
    assert_eq!(bed.store.clock_note(T0).await.unwrap(), None, "a new database has nothing to doubt");
    bed.store.clock_note(AHEAD).await.unwrap().expect("it leapt");
    bed
}

#[tokio::test]
async fn a_slot_beyond_its_interval_is_computed_anew_by_interval_and_by_calendar() {
    for calendar in [None, Some("daily 02:00"), Some("monthly 31@02:00")] {
        let bed = bed().await;
        let of = |now| match calendar {
            None => Schedule::new(bed.tenant.name(), &main_sync(), Job::Sync, 60, now, None),
            Some(text) => Schedule::by_calendar(
                bed.tenant.name(),
                &main_sync(),
                Job::Sync,
                (text.parse().unwrap(), "UTC"),
                now,
                None,
            ),
        };
        bed.tenant.schedule_put(&of(AHEAD)).await.unwrap();
        let now = back(&bed).await;
        let [known] = <[Schedule; 1]>::try_from(bed.tenant.schedule_list().await.unwrap()).unwrap();
        assert_eq!((known.slot_at, known.due_at), (of(now).slot_at, of(now).slot_at), "{calendar:?}");
        assert_eq!(bed.store.next_due(now, None).await.unwrap().map(|at| at <= known.due_at), Some(true));
    }
}

#[tokio::test]
async fn a_slot_within_its_interval_stays_when_the_clock_is_set_back_a_little() {
    let bed = Bed::new().await;
    bed.store.clock_note(T0).await.unwrap();
    let schedule = Schedule::new(bed.tenant.name(), &main_sync(), Job::Sync, 60, T0, None);
    bed.tenant.schedule_put(&schedule).await.unwrap();
    assert_eq!(bed.store.clock_note(T0.plus_ms(-3_000)).await.unwrap(), None);
    assert_eq!(bed.store.clock_note(T0.plus_ms(-MINUTE)).await.unwrap().map(|step| step.taken_back.len()), Some(1));
    assert_eq!(bed.tenant.schedule_list().await.unwrap()[0].slot_at, schedule.slot_at);
    assert_eq!(bed.store.clock_doubted(T0).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_taken_by_a_clock_ahead_is_looked_at_again() {
    let bed = bed().await;
    let schedule = Schedule::new(bed.tenant.name(), &main_sync(), Job::Sync, 60, T0, None);
    bed.tenant.schedule_put(&schedule).await.unwrap();
    assert!(bed.tenant.schedule_take(&schedule, AHEAD, schedule.next_slot(AHEAD)).await.unwrap());
    let now = back(&bed).await;
    assert_eq!(bed.tenant.due(now, now.plus_ms(-MINUTE)).await.unwrap().jobs.len(), 1);
    assert_eq!(bed.store.due_tenants(now, now.plus_ms(-MINUTE)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn wake_ups_and_recurring_jobs_come_no_later_than_they_were_asked_for() {
    let bed = bed().await;
    let job = Recurring { job: "poll".to_owned(), every_ms: 10 * MINUTE, first_at: AHEAD };
    bed.tenant.jobs_note(&rmm(), "digest", &[job]).await.unwrap();
    bed.tenant.wake_later(&rmm(), "walk", "", (AHEAD, AHEAD.plus_ms(HOUR))).await.unwrap();
    bed.tenant.wake_insert(&psa(), "old", "", AHEAD).await.unwrap();
    // Asked for by the right clock, for a far day.
    bed.tenant.wake_later(&psa(), "far", "", (T0, T0.plus_ms(40 * DAY))).await.unwrap();
    let now = back(&bed).await;
    let due = bed.tenant.due(now, now).await.unwrap().wakes;
    let mut jobs: Vec<&str> = due.iter().map(|wake| wake.job.as_str()).collect();
    jobs.sort_unstable();
    assert_eq!(jobs, ["old", "poll", "walk"], "not the far one");
    assert_eq!(bed.tenant.due(T0.plus_ms(40 * DAY), T0.plus_ms(40 * DAY)).await.unwrap().wakes.len(), 4);
}

#[tokio::test]
async fn a_rest_is_no_longer_than_its_crashes_make_it_and_wake_ups_are_counted_anew() {
    let bed = bed().await;
    bed.tenant.connection_crashed(&rmm(), "boom", AHEAD).await.unwrap();
    bed.tenant.connection_crashed(&rmm(), "boom", AHEAD).await.unwrap();
    for _ in 0..11 {
        bed.tenant.wake_counted(&psa(), "job", AHEAD).await.unwrap();
    }
    let now = back(&bed).await;
    let health = bed.tenant.health(&rmm()).await.unwrap();
    assert_eq!(health.rests_until, Some(now.plus_ms(MINUTE)), "the rest of a second crash");
    assert_eq!(bed.tenant.wake_earliest(&rmm(), now).await.unwrap(), now.plus_ms(MINUTE));
    assert_eq!(bed.tenant.wake_earliest(&psa(), now).await.unwrap(), now);
    bed.tenant.connections_sound(&[&rmm()], now).await.unwrap();
    assert_eq!(bed.tenant.health(&rmm()).await.unwrap(), crate::Health::default());
}

#[tokio::test]
async fn calls_counted_by_a_clock_ahead_are_of_now_and_neither_forgotten_nor_kept() {
    let bed = bed().await;
    let take = async |now: Timestamp| bed.tenant.budget_take(&[7; 32], "all", 10, HOUR, 10, now).await.unwrap();
    assert_eq!(take(AHEAD).await, BudgetTake::Granted(10));
    let now = back(&bed).await;
    let BudgetTake::Wait(ms) = take(now).await else { panic!("they may have gone out just now") };
    assert!(ms <= HOUR.unsigned_abs() + MINUTE.unsigned_abs(), "{ms}");
    assert_eq!(take(now.plus_ms(HOUR + 2 * MINUTE)).await, BudgetTake::Granted(10));
}

#[tokio::test]
async fn what_is_missing_is_missing_since_now_and_what_was_seen_is_seen_by_now() {
    let bed = bed().await;
    let record = record("1", None);
    bed.tenant.records_put(&rmm(), Kind::Asset, &[record], AHEAD).await.unwrap();
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, AHEAD, 0).await.unwrap();
    bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&[], None, None), AHEAD).await.unwrap();
    bed.tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &[], AHEAD).await.unwrap();
    let now = back(&bed).await;
    let stored = bed.tenant.records_by_ids(&rmm(), Kind::Asset, &["1".to_owned()]).await.unwrap();
    assert!(stored[0].seen_at <= now && stored[0].first_at.is_none_or(|at| at <= now), "{:?}", stored[0]);
    assert!(stored[0].gone_at.is_some_and(|at| at <= now), "{:?}", stored[0]);
}

#[tokio::test]
async fn pruning_is_due_a_day_later_and_waits_for_a_clock_that_goes_on() {
    let bed = bed().await;
    let due = bed.tenant.due(AHEAD, AHEAD).await.unwrap().prune.unwrap();
    bed.tenant.prune_take(due, AHEAD).await.unwrap();
    assert_eq!(bed.store.clock_doubted(AHEAD).await.unwrap(), Some(AHEAD));
    let now = back(&bed).await;
    assert_eq!(bed.tenant.due(now.plus_ms(DAY), now.plus_ms(DAY)).await.unwrap().prune, Some(now.plus_ms(DAY)));
    assert_eq!(bed.store.clock_doubted(now).await.unwrap(), Some(now));
    for day in 1..=7 {
        assert!(bed.store.clock_doubted(now.plus_ms(day * DAY - 1)).await.unwrap().is_some());
        bed.store.clock_note(now.plus_ms(day * DAY)).await.unwrap();
    }
    assert_eq!(bed.store.clock_doubted(now.plus_ms(7 * DAY)).await.unwrap(), None);
}
