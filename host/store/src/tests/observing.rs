//! Reads, pages and records.

use super::*;
use crosswalk_say::English;

const DAY: i64 = 86_400_000;

async fn walk(tenant: &TenantStore, records: &[Record], complete: bool, at: Timestamp) -> (PageStats, u64) {
    let read = tenant.read_begin(None, &rmm(), Kind::Asset, at, DAY).await.unwrap();
    let stats = tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(records, None, None), at).await.unwrap();
    let missing = tenant.read_finish(read.id, &rmm(), Kind::Asset, complete, &[], at).await.unwrap();
    (stats, missing)
}

async fn gone(tenant: &TenantStore) -> Vec<String> {
    let all = tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    all.into_iter().filter(|stored| stored.gone_at.is_some()).map(|stored| stored.record.id).collect()
}

#[tokio::test]
async fn a_page_tells_fresh_changed_same_and_repeated() {
    let bed = Bed::new().await;
    let mut records = vec![record("1", Some("a")), record("2", Some("a")), record("3", None)];
    let all_fresh = PageStats { fresh: 3, ..PageStats::default() };
    assert_eq!(walk(&bed.tenant, &records, true, T0).await.0, all_fresh);

    records[0].fields.push(Field::new("last-seen", Value::Time("2026-01-01T00:00:00Z".into())));
    records[1].name = "Renamed".into();
    records[2].fields.reverse();
    records.push(record("1", Some("b")));
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    let stats =
        bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&records, Some("2"), Some(4)), T0).await.unwrap();
    assert_eq!(stats, PageStats { fresh: 0, changed: 1, same: 2, repeated: 1, unread: 0, twice: Some("1".to_owned()) });
    let ids = ["3".to_owned(), "1".to_owned(), "none".to_owned()];
    let stored = bed.tenant.records_by_ids(&rmm(), Kind::Asset, &ids).await.unwrap();
    assert_eq!(stored.iter().map(|stored| stored.record.id.as_str()).collect::<Vec<_>>(), ["3", "1"]);
    assert_eq!(stored[1].record, records[3], "of a repeated record the last is kept");
}

#[tokio::test]
async fn a_volatile_field_is_stored_but_is_no_change() {
    let volatile = crosswalk_model::catalogue::fields(Kind::Asset).find(|(_, field)| field.volatile).unwrap().0;
    let bed = Bed::new().await;
    let mut one = record("1", None);
    one.fields.push(Field::new(volatile, Value::Time("2026-01-01T00:00:00Z".into())));
    walk(&bed.tenant, &[one.clone()], true, T0).await;
    let before = bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    one.fields[2].value = Value::Time("2026-01-02T00:00:00Z".into());
    assert_eq!(walk(&bed.tenant, &[one.clone()], true, T0).await.0, PageStats { same: 1, ..PageStats::default() });
    let after = bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    assert_eq!(after[0].record, one);
    assert_eq!(after[0].digest, before[0].digest);
    one.fields[0].value = Value::Text("other".into());
    walk(&bed.tenant, &[one], true, T0).await;
    assert_ne!(bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap()[0].digest, before[0].digest);
}

#[tokio::test]
async fn only_a_complete_read_says_what_is_gone() {
    let bed = Bed::new().await;
    let all = [record("1", Some("a")), record("2", Some("a")), record("3", Some("b"))];
    walk(&bed.tenant, &all, true, T0).await;
    let later = T0.plus_ms(1000);
    assert_eq!(walk(&bed.tenant, &all[..1], false, later).await.1, 0);
    assert_eq!(gone(&bed.tenant).await, [""; 0]);
    assert_eq!(walk(&bed.tenant, &all[..1], true, later).await.1, 2);
    assert_eq!(gone(&bed.tenant).await, ["2", "3"]);
    let stored = bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    assert_eq!((stored[1].gone_at, stored[1].seen_at), (Some(later), T0));
    assert_eq!(stored[0].seen_at, later);

    let much_later = T0.plus_ms(2000);
    assert_eq!(walk(&bed.tenant, &all[..1], true, much_later).await.1, 0, "gone is told once");
    assert_eq!(bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap()[1].gone_at, Some(later));
    assert_eq!(bed.tenant.record_counts(&rmm()).await.unwrap(), [KindCount { kind: Kind::Asset, present: 1, gone: 2 }]);

    assert_eq!(walk(&bed.tenant, &all, true, much_later).await.0, PageStats { same: 3, ..PageStats::default() });
    assert_eq!(gone(&bed.tenant).await, [""; 0], "what comes back is there again");
}

#[tokio::test]
async fn what_is_under_a_gap_is_not_gone() {
    let bed = Bed::new().await;
    let all = [record("1", Some("a")), record("2", Some("b")), record("3", None)];
    for (gaps, expected) in [
        (vec![None], vec![]),
        (vec![Some("b".to_owned()), None], vec![]),
        (vec![Some("b".to_owned())], vec!["1", "3"]),
        (vec![], vec!["1", "2", "3"]),
    ] {
        walk(&bed.tenant, &all, true, T0).await;
        let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
        bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&[], None, None), T0).await.unwrap();
        bed.tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &gaps, T0).await.unwrap();
        assert_eq!(gone(&bed.tenant).await, expected, "{gaps:?}");
    }
}

#[tokio::test]
async fn a_read_goes_on_where_it_stopped() {
    let bed = Bed::new().await;
    walk(&bed.tenant, &[record("1", None), record("2", None), record("3", None)], true, T0).await;
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    assert!(!read.resumed);
    bed.tenant
        .page_commit(&read, &rmm(), Kind::Asset, &one_page(&[record("1", None)], Some("page 2"), Some(2)), T0)
        .await
        .unwrap();

    // Another process takes it up …
    let other = bed.second().await;
    let resumed = other.read_begin(None, &rmm(), Kind::Asset, T0.plus_ms(DAY), DAY).await.unwrap();
    assert_eq!(
        resumed,
        Read { cursor: Some("page 2".into()), records: 1, total: Some(2), resumed: true, ..read.clone() }
    );
    other.page_commit(&resumed, &rmm(), Kind::Asset, &one_page(&[record("2", None)], None, Some(2)), T0).await.unwrap();
    assert_eq!(other.read_finish(resumed.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 1);
    assert_eq!(gone(&other).await, ["3"], "what the first process saw counts");
    assert_eq!(other.read_last_complete(&rmm(), Kind::Asset).await.unwrap(), Some((T0, 2)));

    // … and the first one, if it lives on, does no harm.
    bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&[record("2", None)], None, None), T0).await.unwrap();
    assert_eq!(bed.tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 1);
    assert_eq!(gone(&other).await, ["3"]);
}

#[tokio::test]
async fn an_old_or_pageless_read_is_given_up() {
    let bed = Bed::new().await;
    let first = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    let second = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    assert!(second.id != first.id && !second.resumed, "there is nothing to go on from");
    bed.tenant
        .page_commit(&second, &rmm(), Kind::Asset, &one_page(&[record("1", None)], Some("2"), None), T0)
        .await
        .unwrap();
    let third = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0.plus_ms(DAY + 1), DAY).await.unwrap();
    assert!(third.id != second.id && !third.resumed);
    assert_eq!(bed.tenant.read_finish(third.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 1);
    assert_eq!(bed.tenant.read_last_complete(&rmm(), Kind::Asset).await.unwrap(), Some((T0, 0)));
    for _ in 0..120 {
        bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    }
    assert!(bed.tenant.read_last_complete(&rmm(), Kind::Asset).await.unwrap().is_some(), "it is not tidied away");
    let error = bed.tenant.page_commit(&first, &rmm(), Kind::Asset, &one_page(&[], None, None), T0).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn what_we_wrote_during_a_read_is_not_gone_after_it() {
    let bed = Bed::new().await;
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&[record("1", None)], None, None), T0).await.unwrap();
    bed.tenant.records_put(&rmm(), Kind::Asset, &[record("2", None)], T0).await.unwrap();
    assert_eq!(bed.tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 0);
    let (_, missing) = walk(&bed.tenant, &[record("1", None)], true, T0).await;
    assert_eq!(missing, 1, "the next read tells");
}

#[tokio::test]
async fn records_are_found_by_parent_stamp_and_name() {
    let bed = Bed::new().await;
    let mut records = [record("1", Some("a")), record("2", Some("b")), record("3", Some("a"))];
    records[0].stamp = Some("rmm:1".into());
    records[1].stamp = Some("rmm:2".into());
    records[1].name = "Ärztehaus NORD".into();
    bed.tenant.records_put(&psa(), Kind::Asset, &records, T0).await.unwrap();
    let ids = |stored: Vec<Stored>| stored.into_iter().map(|stored| stored.record.id).collect::<Vec<_>>();
    let tenant = &bed.tenant;
    assert_eq!(ids(tenant.records_of_parent(&psa(), Kind::Asset, "a").await.unwrap()), ["1", "3"]);
    let stamps = ["rmm:2".to_owned(), "rmm:1".to_owned(), "rmm:9".to_owned()];
    assert_eq!(ids(tenant.records_by_stamps(&psa(), Kind::Asset, &stamps).await.unwrap()), ["2", "1"]);
    for (text, most, expected) in [
        ("ärzte", 9, vec!["2"]),
        ("nord ", 9, vec!["2"]),
        ("device", 9, vec!["1", "3"]),
        ("device", 1, vec!["1"]),
        ("", 9, vec!["1", "3", "2"]),
        ("%", 9, vec![]),
    ] {
        let found = tenant.record_search(&psa(), Kind::Asset, text, most).await.unwrap();
        assert_eq!(ids(found), expected, "{text}");
    }
    // A moved and unstamped record is found under its new parent only.
    records[0].parent = Some("b".into());
    records[0].stamp = None;
    tenant.records_put(&psa(), Kind::Asset, &records, T0).await.unwrap();
    assert_eq!(ids(tenant.records_of_parent(&psa(), Kind::Asset, "a").await.unwrap()), ["3"]);
    assert_eq!(ids(tenant.records_of_parent(&psa(), Kind::Asset, "b").await.unwrap()), ["1", "2"]);
    assert_eq!(ids(tenant.records_by_stamps(&psa(), Kind::Asset, &stamps).await.unwrap()), ["2"]);
}

#[tokio::test]
async fn an_oversized_record_is_refused_by_name() {
    let bed = Bed::new().await;
    let mut big = record("1", None);
    big.fields.push(Field::new("note", Value::Text("x".repeat(2 << 20))));
    let long = Record { id: "i".repeat(1025), ..record("1", None) };
    for (record, words) in [(big, "fields of `1`"), (long, "the id `iiii")] {
        let error = bed.tenant.records_put(&rmm(), Kind::Asset, &[record], T0).await.unwrap_err();
        assert!(matches!(&error, StoreError::TooLarge { what } if what.english().contains(words)), "{error}");
    }
}

#[tokio::test]
async fn counts_are_by_kind_in_the_order_of_work() {
    let bed = Bed::new().await;
    bed.tenant.records_put(&rmm(), Kind::Asset, &[record("1", None), record("2", None)], T0).await.unwrap();
    bed.tenant.records_put(&rmm(), Kind::Customer, &[record("1", None)], T0).await.unwrap();
    let counts = bed.tenant.record_counts(&rmm()).await.unwrap();
    assert_eq!(
        counts,
        [KindCount { kind: Kind::Customer, present: 1, gone: 0 }, KindCount { kind: Kind::Asset, present: 2, gone: 0 }]
    );
}

#[tokio::test]
async fn two_syncs_on_one_connection_do_not_disturb_each_other() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let all = [record("1", None), record("2", None)];
    walk(tenant, &all, true, T0).await;
    let main = tenant.run_begin(&sync("main").name, Mode::Plan, None, T0).await.unwrap();
    let first = tenant.read_begin(Some(main), &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    tenant.page_commit(&first, &rmm(), Kind::Asset, &one_page(&all[..1], Some("2"), None), T0).await.unwrap();
    tenant.sync_insert(&sync("other")).await.unwrap();
    let other = tenant.run_begin(&sync("other").name, Mode::Plan, None, T0).await.unwrap();
    let second = tenant.read_begin(Some(other), &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    assert!(!second.resumed && second.id != first.id, "a live read is not taken up");
    tenant.page_commit(&second, &rmm(), Kind::Asset, &one_page(&all, None, None), T0).await.unwrap();
    assert_eq!(tenant.read_finish(second.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 0);
    let stats = tenant.page_commit(&first, &rmm(), Kind::Asset, &one_page(&all[1..], None, None), T0).await.unwrap();
    assert_eq!(stats.distinct(), 1);
    assert_eq!(tenant.read_finish(first.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 0);
    assert_eq!(gone(tenant).await, [""; 0]);

    // What a run left that has ended is taken up.
    let third = tenant.read_begin(Some(main), &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    tenant.page_commit(&third, &rmm(), Kind::Asset, &one_page(&all[..1], Some("2"), None), T0).await.unwrap();
    tenant.run_begin(&sync("main").name, Mode::Plan, None, T0).await.unwrap();
    let fourth = tenant.read_begin(Some(other), &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    assert_eq!((fourth.id, fourth.resumed, fourth.records), (third.id, true, 1));
}

#[tokio::test]
async fn what_we_wrote_in_mid_walk_counts_once_when_the_walk_meets_it() {
    let bed = Bed::new().await;
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    bed.tenant.records_put(&rmm(), Kind::Asset, &[record("2", None)], T0).await.unwrap();
    let page = [record("1", None), record("2", None)];
    let stats =
        bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&page, Some("2"), None), T0).await.unwrap();
    assert_eq!((stats.distinct(), stats.repeated), (2, 0));
    let stats = bed.tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&page, None, None), T0).await.unwrap();
    assert_eq!((stats.distinct(), stats.repeated), (0, 2), "a page that comes again counts for nothing");
}

#[tokio::test]
async fn a_record_that_could_not_be_read_whole_keeps_what_was_known_of_it() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let mut known = record("1", Some("a"));
    known.stamp = Some("key".to_owned());
    known.fields.push(Field::new("serial-number", Value::Text("S1".to_owned())));
    walk(tenant, &[known.clone(), record("2", Some("b")), record("3", None)], true, T0).await;
    let gap = |id: &str| crosswalk_model::Gap {
        parent: None,
        item: Some(id.to_owned()),
        cause: crosswalk_model::Failure::broken("its details were not there"),
    };
    let bare = Record { name: "Renamed".to_owned(), stamp: None, fields: Vec::new(), ..known.clone() };
    let read = tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    let unread = [gap("1"), gap("2"), gap("9")];
    let page = PageCommit { unread: &unread, ..one_page(std::slice::from_ref(&bare), None, None) };
    let stats = tenant.page_commit(&read, &rmm(), Kind::Asset, &page, T0).await.unwrap();
    assert_eq!(
        (stats.distinct(), stats.unread),
        (2, 1),
        "the one on the page, the one that is known; the third is new"
    );
    assert_eq!(tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap(), 1);
    assert_eq!(gone(tenant).await, ["3"], "what could not be read is not gone");
    let stored = tenant.records_by_ids(&rmm(), Kind::Asset, &["1".to_owned()]).await.unwrap();
    assert_eq!(stored[0].record, Record { name: "Renamed".to_owned(), ..known.clone() });
    let told = tenant.unread(&rmm()).await.unwrap();
    let told: Vec<_> = told[&Kind::Asset].iter().map(|one| (one.id.as_str(), one.parent.as_deref())).collect();
    assert_eq!(told, [("1", Some("a")), ("2", Some("b")), ("9", None)]);

    walk(tenant, &[known, record("2", Some("b"))], true, T0).await;
    assert!(tenant.unread(&rmm()).await.unwrap().is_empty(), "read whole, or named no more");
}

async fn walk_past(tenant: &TenantStore, records: &[Record], unread: &[crosswalk_model::Gap], at: Timestamp) {
    let read = tenant.read_begin(None, &rmm(), Kind::Asset, at, DAY).await.unwrap();
    let page = PageCommit { unread, ..one_page(records, None, None) };
    tenant.page_commit(&read, &rmm(), Kind::Asset, &page, at).await.unwrap();
    tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &[], at).await.unwrap();
}

fn unreadable(id: &str) -> crosswalk_model::Gap {
    crosswalk_model::Gap {
        parent: None,
        item: Some(id.to_owned()),
        cause: crosswalk_model::Failure::broken("no details"),
    }
}

#[tokio::test]
async fn a_record_that_comes_back_unreadable_is_there_again() {
    let bed = Bed::new().await;
    let all = [record("1", None), record("2", None)];
    walk(&bed.tenant, &all, true, T0).await;
    walk(&bed.tenant, &all[..1], true, T0.plus_ms(1000)).await;
    assert_eq!(gone(&bed.tenant).await, ["2"]);
    let later = T0.plus_ms(2000);
    walk_past(&bed.tenant, &all[..1], &[unreadable("2")], later).await;
    assert_eq!(gone(&bed.tenant).await, [""; 0]);
    let back = bed.tenant.records_by_ids(&rmm(), Kind::Asset, &["2".to_owned()]).await.unwrap().remove(0);
    assert_eq!((back.seen_at, &back.record), (later, &all[1]), "with what was known of it");
}

#[tokio::test]
async fn one_record_that_stays_unreadable_makes_nothing_else_old() {
    let bed = Bed::new().await;
    let all = [record("1", None), record("2", None)];
    walk(&bed.tenant, &all, true, T0).await;
    let month = T0.plus_ms(30 * DAY);
    walk_past(&bed.tenant, &all[..1], &[unreadable("2")], month).await;
    assert_eq!(bed.tenant.read_last_began(&rmm(), Kind::Asset).await.unwrap(), Some(month));
    let seen = bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    assert_eq!((seen[0].seen_at, seen[1].seen_at), (month, T0), "it alone is as old as it is");
    assert_eq!(
        bed.tenant.read_last_complete(&rmm(), Kind::Asset).await.unwrap(),
        Some((T0, 2)),
        "what is new or gone is told by a complete read only"
    );
}

#[tokio::test]
async fn what_a_drop_is_measured_by_outlives_the_reads_after_it() {
    let bed = Bed::new().await;
    let all: Vec<Record> = (0..9).map(|id| record(&id.to_string(), None)).collect();
    walk_past(&bed.tenant, &all, &[unreadable("8")], T0).await;
    for _ in 0..2 * super::super::reads::KEPT {
        bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    }
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, DAY).await.unwrap();
    let before = bed.tenant.reads_before(read.id, &rmm(), Kind::Asset).await.unwrap();
    assert_eq!(before.walked, Some(9));
    let keep = crosswalk_model::Retention::default();
    for place in 0.. {
        if bed.tenant.prune_some(place, &keep, T0.plus_ms(4000 * DAY)).await.unwrap().is_none() {
            break;
        }
    }
    let before = bed.tenant.reads_before(read.id, &rmm(), Kind::Asset).await.unwrap();
    assert_eq!(before.walked, Some(9), "nor is it pruned");
}

#[tokio::test]
async fn a_doubted_read_leaves_nothing_behind_and_is_remembered() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let all: Vec<Record> = (0..9).map(|id| record(&id.to_string(), None)).collect();
    walk(tenant, &all, true, T0).await;
    let later = T0.plus_ms(1000);
    let one = tenant.read_begin(None, &rmm(), Kind::Asset, later, DAY).await.unwrap();
    assert_eq!(
        tenant.reads_before(one.id, &rmm(), Kind::Asset).await.unwrap(),
        ReadsBefore { walked: Some(9), doubted: None }
    );
    tenant.page_commit(&one, &rmm(), Kind::Asset, &one_page(&all[..2], None, None), later).await.unwrap();
    tenant.read_doubt(one.id, &rmm(), Kind::Asset, later.plus_ms(1000)).await.unwrap();
    assert_eq!(gone(tenant).await, [""; 0]);
    for (begun, doubted) in [(later, None), (later.plus_ms(1000), Some(2))] {
        let two = tenant.read_begin(None, &rmm(), Kind::Asset, begun, 0).await.unwrap();
        let before = tenant.reads_before(two.id, &rmm(), Kind::Asset).await.unwrap();
        assert_eq!(before, ReadsBefore { walked: Some(9), doubted }, "begun at {begun:?}");
    }
    walk(tenant, &all, true, later.plus_ms(5000)).await;
    let last = tenant.read_begin(None, &rmm(), Kind::Asset, later.plus_ms(9000), DAY).await.unwrap();
    let before = tenant.reads_before(last.id, &rmm(), Kind::Asset).await.unwrap();
    assert_eq!(before, ReadsBefore { walked: Some(9), doubted: None }, "a good read takes the doubt away");
}

#[tokio::test]
async fn what_is_kept_is_summed_up_by_kind_and_over_the_tenant() {
    let bed = Bed::new().await;
    let measure = async |kind| kept(&bed.tenant, &rmm(), kind).await;
    assert_eq!(measure(Kind::Asset).await, crate::Kept::default());
    let long = |id: &str| Record { name: "n".repeat(10_000), ..record(id, None) };
    bed.tenant.records_put(&rmm(), Kind::Asset, &[long("1"), long("2")], T0).await.unwrap();
    bed.tenant.records_put(&rmm(), Kind::Customer, &[long("1")], T0).await.unwrap();
    let assets = measure(Kind::Asset).await;
    assert!((20_000..22_000).contains(&assets.kind) && assets.tenant == assets.kind, "{assets:?}");
    let customers = measure(Kind::Customer).await;
    assert!((10_000..11_000).contains(&customers.kind), "{customers:?}");
    assert_eq!(customers.tenant, assets.kind + customers.kind);
    // The same again is the same.
    bed.tenant.records_put(&rmm(), Kind::Asset, &[long("1"), long("2")], T0).await.unwrap();
    assert_eq!(measure(Kind::Asset).await, crate::Kept { tenant: customers.tenant, ..assets });
}

#[tokio::test]
async fn the_sum_of_what_is_kept_is_what_measuring_finds() {
    let bed = Bed::new().await;
    let store = &bed.tenant;
    let kept = async || kept(store, &rmm(), Kind::Asset).await;
    let named = |id: &str, name: &str| Record { name: name.to_owned(), ..record(id, Some("a")) };
    let seen = |id: &str, at: &str| {
        let mut record = record(id, Some("a"));
        record.fields.push(Field::new("last-seen", Value::Time(at.to_owned())));
        record
    };
    // Without a first look: then what is there is measured.
    store.records_put(&rmm(), Kind::Asset, &[named("1", "one")], T0).await.unwrap();
    assert!(kept().await.kind > 0);
    let pages = [
        vec![named("1", "another name"), named("2", "two"), seen("3", "2026-01-01T00:00:00Z")],
        vec![named("1", "short"), seen("3", "2026-01-01T00:00:00.000Z")],
        vec![named("2", "back"), seen("4", "never")],
    ];
    for page in pages {
        let read = store.read_begin(None, &rmm(), Kind::Asset, T0, 0).await.unwrap();
        store.page_commit(&read, &rmm(), Kind::Asset, &one_page(&page, None, None), T0).await.unwrap();
        store.read_finish(read.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap();
        let summed = kept().await;
        store.write_lightly(|db| Ok(db.execute("UPDATE kept SET bytes = NULL", [])?)).await.unwrap();
        assert_eq!(summed, kept().await);
    }
}
