//! The storage of connectors: entries, wake-ups, budgets.

use super::*;
use crosswalk_model::{BudgetTake, Entry, PutError};
use crosswalk_say::English;

#[tokio::test]
async fn an_entry_is_put_by_revision() {
    let bed = Bed::new().await;
    let put = async |key: &str, value: &str, revision| {
        bed.tenant.entry_put(&rmm(), "picklist", key, value, revision).await.unwrap()
    };
    assert_eq!(put("a", "1", Some(0)).await, Ok(1));
    assert_eq!(put("a", "2", Some(0)).await, Err(PutError::Stale(1)));
    assert_eq!(put("a", "2", Some(1)).await, Ok(2));
    assert_eq!(put("a", "3", None).await, Ok(3));
    assert_eq!(put("b", "1", Some(4)).await, Err(PutError::Stale(0)));
    let get = async |space: &str, key: &str| bed.tenant.entry_get(&rmm(), space, key).await.unwrap();
    assert_eq!(get("picklist", "a").await, Some(Entry { key: "a".into(), value: "3".into(), revision: 3 }));
    assert_eq!(get("other", "a").await, None);
    bed.tenant.entry_remove(&rmm(), "picklist", "a").await.unwrap();
    bed.tenant.entry_remove(&rmm(), "picklist", "a").await.unwrap();
    assert_eq!(get("picklist", "a").await, None);
}

#[tokio::test]
async fn entries_come_in_pages() {
    let bed = Bed::new().await;
    for key in ["b", "a", "c", "d"] {
        bed.tenant.entry_put(&rmm(), "s", key, key, None).await.unwrap().unwrap();
    }
    bed.tenant.entry_put(&rmm(), "t", "b", "", None).await.unwrap().unwrap();
    let keys = async |after: Option<&str>| {
        let page = bed.tenant.entries(&rmm(), "s", after, 2).await.unwrap();
        page.into_iter().map(|entry| entry.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(None).await, ["a", "b"]);
    assert_eq!(keys(Some("b")).await, ["c", "d"]);
    assert_eq!(keys(Some("d")).await, [""; 0]);
}

#[tokio::test]
async fn entries_have_limits_that_are_told() {
    let bed = Bed::new().await;
    let put = async |key: String, value: String| bed.tenant.entry_put(&rmm(), "s", &key, &value, None).await.unwrap();
    assert!(put("fits".into(), "x".repeat(64 * 1024)).await.is_ok());
    for (key, value, words) in [
        ("a".to_owned(), "x".repeat(64 * 1024 + 1), "65536 are stored"),
        ("k".repeat(1025), String::new(), "1024 bytes"),
    ] {
        assert!(matches!(put(key, value).await, Err(PutError::Full(what)) if what.contains(words)));
    }
    let mut tasks = tokio::task::JoinSet::new();
    for at in 1..10_000 {
        let tenant = bed.tenant.clone();
        tasks.spawn(async move { tenant.entry_put(&rmm(), "s", &at.to_string(), "", None).await.unwrap().unwrap() });
    }
    tasks.join_all().await;
    assert!(matches!(put("more".into(), String::new()).await, Err(PutError::Full(what)) if what.contains("10000")));
    assert_eq!(put("fits".into(), "again".into()).await, Ok(2), "what is there can still be changed");
    assert_eq!(
        bed.tenant.entry_put(&psa(), "s", "more", "", None).await.unwrap(),
        Ok(1),
        "each connection has its own"
    );
}

#[tokio::test]
async fn wakeups_are_due_in_order_and_stay_until_done() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let wake = async |job: &str, ms| tenant.wake_insert(&rmm(), job, "{}", T0.plus_ms(ms)).await.unwrap().unwrap();
    let (late, soon, gone) = (wake("late", 10).await, wake("soon", 5).await, wake("gone", 1).await);
    tenant.wake_cancel(&psa(), &soon).await.unwrap();
    tenant.wake_cancel(&rmm(), &gone).await.unwrap();
    tenant.wake_cancel(&rmm(), "no id").await.unwrap();
    assert_eq!(tenant.due(T0, T0).await.unwrap().wakes, []);
    let due = tenant.due(T0.plus_ms(10), T0.plus_ms(10)).await.unwrap().wakes;
    assert_eq!(due.iter().map(|wakeup| &wakeup.id).collect::<Vec<_>>(), [&soon, &late]);
    assert_eq!((due[0].job.as_str(), &due[0].connection, due[0].due_at), ("soon", &rmm(), T0.plus_ms(5)));
    assert!(tenant.wake_take(&due[0], None).await.unwrap());
    assert_eq!(tenant.due(T0.plus_ms(10), T0.plus_ms(10)).await.unwrap().wakes, due[1..]);
}

#[tokio::test]
async fn what_is_too_long_to_keep_is_refused() {
    let bed = Bed::new().await;
    let error = bed.tenant.wake_insert(&rmm(), "job", &"x".repeat(64 * 1024 + 1), T0).await.unwrap_err();
    assert!(matches!(&error, StoreError::TooLarge { what } if what.english().contains("payload")), "{error}");
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, 0).await.unwrap();
    let cursor = "x".repeat(8 * 1024 + 1);
    let error =
        bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&[], Some(&cursor), None), T0).await.unwrap_err();
    assert!(matches!(&error, StoreError::TooLarge { what } if what.english().contains("cursor")), "{error}");
}

#[tokio::test]
async fn a_connection_has_at_most_a_hundred_wakeups_pending() {
    let bed = Bed::new().await;
    for _ in 0..100 {
        assert!(bed.tenant.wake_insert(&rmm(), "job", "", T0).await.unwrap().is_some());
    }
    assert_eq!(bed.tenant.wake_insert(&rmm(), "job", "", T0).await.unwrap(), None);
    assert!(bed.tenant.wake_insert(&psa(), "job", "", T0).await.unwrap().is_some());
    let due = bed.tenant.due(T0, T0).await.unwrap().wakes;
    assert!(bed.tenant.wake_take(&due[0], None).await.unwrap());
    assert!(bed.tenant.wake_insert(&rmm(), "job", "", T0).await.unwrap().is_some());
}

const MINUTE: i64 = 60_000;

#[tokio::test]
async fn a_budget_is_shared_by_processes_and_slides() {
    let bed = Bed::new().await;
    let other = bed.second().await;
    let take = async |tenant: &TenantStore, limit, wanted, ms| {
        tenant.budget_take(&[1; 32], "all", limit, MINUTE, wanted, T0.plus_ms(ms)).await.unwrap()
    };
    use BudgetTake::{Granted, Wait};
    assert_eq!(take(&bed.tenant, 10, 4, 0).await, Granted(4));
    assert_eq!(take(&other, 10, 4, 10_000).await, Granted(4));
    assert_eq!(take(&bed.tenant, 10, 4, 20_000).await, Granted(2), "what is left");
    // T0 is in the middle of a slice of a second: it leaves when its end is a minute old.
    let slice_start = (T0.0 / 1000) * 1000 - T0.0;
    let opens = slice_start + 1000 + MINUTE;
    assert_eq!(take(&other, 10, 1, 20_000).await, Wait((opens - 20_000) as u64));
    assert_eq!(take(&other, 10, 9, opens - 1).await, Wait(1));
    assert_eq!(take(&other, 10, 9, opens).await, Granted(4));
    // A lowered limit waits for as many as are too much.
    assert!(matches!(take(&bed.tenant, 3, 1, opens).await, Wait(ms) if ms > 10_000));
    assert_eq!(take(&bed.tenant, 0, 7, opens).await, Granted(7), "no limit");
    assert_eq!(
        bed.tenant.budget_take(&[1; 32], "other", 1, MINUTE, 1, T0).await.unwrap(),
        Granted(1),
        "buckets are apart"
    );
    assert_eq!(bed.tenant.budget_take(&[2; 32], "all", 1, MINUTE, 1, T0).await.unwrap(), Granted(1));
}

#[tokio::test]
async fn buckets_that_are_never_used_again_are_forgotten() {
    let bed = Bed::new().await;
    for bucket in 0..20 {
        bed.tenant.budget_take(&[1; 32], &bucket.to_string(), 5, MINUTE, 1, T0).await.unwrap();
    }
    bed.tenant.budget_take(&[1; 32], "last", 5, MINUTE, 1, T0.plus_ms(2 * MINUTE)).await.unwrap();
    let rows = bed.tenant.read(|db| Ok(db.query_row("SELECT count(*) FROM budget", [], |row| row.get::<_, i64>(0))?));
    assert_eq!(rows.await.unwrap(), 1);
}

#[tokio::test]
async fn no_window_ever_sees_more_than_the_limit() {
    let bed = Bed::new().await;
    let (limit, window) = (7, 1_000);
    let mut taken: Vec<i64> = Vec::new();
    let mut now = 0;
    for step in [1, 3, 17, 40, 90, 5, 2, 333, 61].into_iter().cycle().take(400) {
        now += step;
        match bed.tenant.budget_take(&[1; 32], "all", limit, window, 3, T0.plus_ms(now)).await.unwrap() {
            BudgetTake::Granted(calls) => taken.extend((0..calls).map(|_| now)),
            BudgetTake::Wait(ms) => {
                now += ms as i64;
                let after = bed.tenant.budget_take(&[1; 32], "all", limit, window, 1, T0.plus_ms(now)).await.unwrap();
                assert_eq!(after, BudgetTake::Granted(1), "after the wait one is free");
                taken.push(now);
            }
        }
    }
    let most = taken.iter().map(|end| taken.iter().filter(|at| (end - window..=*end).contains(at)).count()).max();
    assert_eq!(most, Some(7));
}
