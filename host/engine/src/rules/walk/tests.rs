//! Walks that a connector may return, and their verdicts.

use super::*;
use crosswalk_say::English;

fn begun() -> Read {
    Read {
        id: 1,
        cursor: None,
        records: 0,
        total: None,
        left_out: 0,
        unread: 0,
        gaps: Vec::new(),
        resumed: false,
        sound: true,
        kept: Kept::default(),
    }
}

fn page(items: usize, next: Option<&str>, total: Option<u64>) -> Page {
    let record = Record { id: String::new(), parent: None, name: String::new(), stamp: None, fields: Vec::new() };
    Page { items: vec![record; items], next: next.map(str::to_owned), total, ..Page::default() }
}

fn walk(pages: &[Page]) -> ReadReport {
    walk_on(&begun(), pages)
}

/// A walk whose records are all distinct, over a store that knows none of them.
fn walk_on(read: &Read, pages: &[Page]) -> ReadReport {
    go(Walk::new(Kind::Asset, read, WALK), pages).report()
}

fn go(mut walk: Walk, pages: &[Page]) -> Walk {
    for page in pages {
        let taken = walk.take(page);
        let named = |gap: &&Gap| !page.items.iter().any(|item| Some(&item.id) == gap.item.as_ref());
        let unread = taken.unread.iter().filter(named).count() as u64;
        walk.stored(PageStats { fresh: page.items.len() as u64, unread, ..PageStats::default() });
        if taken.next.is_none() {
            break;
        }
    }
    walk
}

fn gap(parent: Option<&str>, item: Option<&str>) -> Gap {
    Gap { parent: parent.map(str::to_owned), item: item.map(str::to_owned), cause: Failure::broken("x") }
}

#[test]
fn complete_is_an_unfiltered_walk_to_the_end_with_a_steady_total_and_no_gaps() {
    assert!(walk(&[page(2, Some("a"), Some(3)), page(1, None, Some(3))]).complete);
    assert!(walk(&[page(0, None, None)]).complete);
    assert!(!walk(&[page(2, Some("a"), Some(3)), page(1, None, Some(4))]).complete);
    let gapped = Page { gaps: vec![gap(Some("7"), None)], ..page(1, None, None) };
    assert!(!walk(&[gapped]).complete);
    assert!(!walk(&[page(2, Some("a"), None)]).complete);
}

#[test]
fn a_walk_that_ends_before_its_total_is_incomplete_and_says_both_numbers() {
    for pages in [vec![page(500, Some("a"), Some(620)), page(0, None, Some(620))], vec![page(500, None, Some(620))]] {
        let report = walk(&pages);
        assert_eq!(report.flaw, Some(ReadFlaw::Short { told: 620, came: 500 }));
        assert!(!report.walked && !report.complete && report.failure.is_none());
        let said: Vec<String> = complaints("psa", &report, &HashMap::new()).iter().map(English::english).collect();
        assert_eq!(
            said,
            ["psa assets are incomplete: the vendor reports 620, 500 came: nothing counts as gone or new"]
        );
    }
    // A total that only a later page gives, and more rows than it: a row came in.
    assert!(walk(&[page(2, Some("a"), None), page(2, None, Some(4))]).complete);
    assert!(walk(&[page(3, None, Some(2))]).complete);
}

#[test]
fn rows_left_out_and_gaps_that_name_something_count_towards_the_total() {
    let left_out = Page { left_out: 120, ..page(500, None, Some(620)) };
    assert!(walk(&[left_out]).complete);
    let named = Page { gaps: vec![gap(None, Some("8")), gap(Some("7"), None)], ..page(2, None, Some(4)) };
    let report = walk(&[named]);
    assert!(report.walked && !report.complete);
    assert_eq!((report.gaps.len(), report.unread_total), (1, 1));
    let short = Page { gaps: vec![gap(Some("7"), None), gap(Some("7"), None)], ..page(2, None, Some(4)) };
    assert_eq!(walk(&[short]).flaw, Some(ReadFlaw::Short { told: 4, came: 3 }), "one parent counts once");
}

#[test]
fn without_a_total_a_large_drop_waits_for_a_second_read() {
    let fell = |before: Option<u64>, doubted: Option<u64>, now: usize| {
        let mut walk = go(Walk::new(Kind::Asset, &begun(), WALK), &[page(now, None, None)]);
        assert!(walk.asks_before());
        walk.compare(ReadsBefore { walked: before, doubted });
        walk.report().flaw
    };
    let dropped = |before, came| Some(ReadFlaw::Dropped { before, came });
    assert_eq!(fell(None, None, 0), None, "nothing to compare with");
    assert_eq!(fell(Some(620), None, 500), dropped(620, 500));
    assert_eq!(fell(Some(620), None, 559), None);
    assert_eq!(fell(Some(620), None, 900), None);
    assert_eq!(fell(Some(12), None, 8), None, "a few of a small list");
    assert_eq!(fell(Some(1), None, 0), dropped(1, 0), "all of it");
    assert_eq!(fell(Some(620), Some(500), 500), None, "the second agrees");
    assert_eq!(fell(Some(620), Some(500), 498), None);
    assert_eq!(fell(Some(620), Some(500), 300), dropped(620, 300), "it fell again");
    assert_eq!(fell(Some(620), Some(0), 0), None);
    assert_eq!(fell(Some(1000), Some(500), 700), dropped(1000, 700), "neither what was there nor what the first said");
    assert_eq!(fell(Some(1000), Some(500), 540), None);
    let alerts = go(Walk::new(Kind::Alert, &begun(), WALK), &[page(0, None, None)]);
    assert!(!alerts.asks_before());
    let told = go(Walk::new(Kind::Asset, &begun(), WALK), &[page(0, None, Some(0))]);
    assert!(!told.asks_before(), "a vendor that says zero is believed");
}

#[test]
fn a_walk_taken_up_again_is_judged_as_if_it_had_never_been_left() {
    let left = Read { cursor: Some("a".into()), records: 2, total: Some(3), resumed: true, ..begun() };
    let report = walk_on(&left, &[page(1, None, Some(3))]);
    assert!(report.complete && report.records == 3);
    assert!(!walk_on(&left, &[page(1, None, Some(4))]).complete);
    assert!(!walk_on(&Read { sound: false, ..left.clone() }, &[page(1, None, Some(3))]).complete);
    let gaps = vec![(Some("7".to_owned()), Failure::broken("x"))];
    let report = walk_on(&Read { gaps: gaps.clone(), unread: 1, ..left }, &[page(0, None, Some(3))]);
    assert!(report.walked && !report.complete);
    assert_eq!(report.gaps, gaps, "what the first half could not read is known");
}

#[test]
fn a_cursor_given_twice_ends_the_walk_with_the_connectors_fault() {
    let report = walk(&[page(1, Some("a"), None), page(1, Some("a"), None), page(1, None, None)]);
    assert!(!report.complete);
    assert!(report.failure.unwrap().message().contains("`a` twice"));
    let mut meter = Meter::new(LOOK_UP);
    for cursor in ["a", "b", "c"] {
        meter.count(&page(1, Some(cursor), None)).unwrap();
    }
    let failure = meter.count(&page(1, Some("b"), None)).unwrap_err();
    assert!(failure.message().contains("`b` twice"), "of whatever period: {failure}");
}

#[test]
fn an_endless_walk_ends_at_the_limit_that_names_itself() {
    let small = WalkLimits { pages: 3, rows: 10, bytes: 2 << 20, gaps: 4 };
    let ends = |items: usize, name: usize, gaps: usize| {
        let mut meter = Meter::new(small);
        for cursor in 0..100 {
            let mut page = page(items, Some(&cursor.to_string()), None);
            for item in &mut page.items {
                item.name = "x".repeat(name);
            }
            page.gaps = vec![gap(None, Some("1")); gaps];
            if let Err(failure) = meter.count(&page) {
                return failure.message().to_owned();
            }
        }
        panic!("it did not end");
    };
    assert_eq!(ends(1, 1, 0), "the walk did not end within 3 pages");
    assert_eq!(ends(6, 1, 0), "the walk did not end within 10 records");
    assert_eq!(ends(1, 1 << 20, 0), "the walk did not end within 2 MiB of records");
    assert_eq!(ends(1, 1, 3), "the walk has more than 4 gaps");
}

#[test]
fn what_is_kept_of_endless_gaps_is_bounded() {
    let mut walk = Walk::new(Kind::Asset, &begun(), WALK);
    for from in 0..30 {
        let parents = (0..1000).map(|at| Gap {
            cause: Failure::broken("y".repeat(100_000 / 1000)),
            ..gap(Some(&format!("{from}/{at}")), (at % 2 == 0).then_some("i"))
        });
        walk.take(&Page { gaps: parents.collect(), ..page(0, Some(&from.to_string()), None) });
    }
    let report = walk.report();
    assert_eq!((report.unread.len(), report.unread_total), (100, 15_000));
    assert_eq!(report.gaps.len(), 10_001);
    assert!(report.gaps.iter().any(|(parent, _)| parent.is_none()), "beyond the bound anything may be missing");
}

#[test]
fn a_row_of_usage_that_could_not_be_read_leaves_its_customers_sum_unknown() {
    let walk = go(
        Walk::new(Kind::Usage, &begun(), WALK),
        &[Page { gaps: vec![gap(Some("7"), Some("row"))], ..page(1, None, None) }],
    );
    assert_eq!(walk.report().gaps, [(Some("7".to_owned()), Failure::broken("x"))]);
}

#[test]
fn a_kind_or_a_tenant_that_keeps_too_much_is_not_read_on_and_is_told_what_to_do() {
    let room = |kind, tenant| has_room("rmm", Kind::Asset, Kept { kind, tenant });
    assert_eq!(room(KEPT_OF_KIND, KEPT_OF_TENANT), Ok(()));
    let told = |kind, tenant| room(kind, tenant).unwrap_err().to_string();
    assert!(told(KEPT_OF_KIND + 1, 0).contains("2,048 MiB of the assets of `rmm` are kept"));
    assert!(told(0, KEPT_OF_TENANT + 1).contains("8,192 MiB of all records of the tenant are kept"));
    assert!(told(KEPT_OF_KIND + 1, 0).contains("crosswalk prune"));
}
