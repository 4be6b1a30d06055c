//! Counts become spans; switches and outcomes are kept per customer.

use super::*;
use crosswalk_model::Switches;
use crosswalk_model::usage::{Count, Ending, LastOutcome};

const DAY: i64 = 24 * 3_600_000;

fn count(quantity: i64) -> Count {
    Count {
        customer: "c".to_owned(),
        product: "p".to_owned(),
        period: "2023-11".to_owned(),
        quantity,
        actual: Some(quantity),
    }
}

#[tokio::test]
async fn equal_reports_are_one_span_and_a_day_without_a_report_breaks_it() {
    let bed = Bed::new().await;
    for (day, quantity) in [(0, 5), (1, 5), (2, 7), (3, 7), (4, 5), (8, 5), (9, 5)] {
        bed.tenant.counts_put(&rmm(), vec![count(quantity)], T0.plus_ms(day * DAY)).await.unwrap();
    }
    let spans = bed.tenant.counts_of(&rmm(), "c").await.unwrap();
    let days = |at: Timestamp| at.since_ms(T0) / DAY;
    let spans: Vec<(i64, i64, i64)> =
        spans.iter().map(|span| (span.quantity, days(span.first_at), days(span.last_at))).collect();
    assert_eq!(spans, [(5, 0, 1), (7, 2, 3), (5, 4, 4), (5, 8, 9)]);
    assert!(bed.tenant.counts_of(&rmm(), "other").await.unwrap().is_empty());
}

#[tokio::test]
async fn two_reports_of_one_moment_leave_the_later_one() {
    let bed = Bed::new().await;
    bed.tenant.counts_put(&rmm(), vec![count(5)], T0).await.unwrap();
    bed.tenant.counts_put(&rmm(), vec![count(6)], T0).await.unwrap();
    let spans = bed.tenant.counts_of(&rmm(), "c").await.unwrap();
    assert_eq!((spans.len(), spans[0].quantity), (1, 6));
}

#[tokio::test]
async fn a_decision_that_comes_too_late_leaves_no_link_no_switch_and_no_entry() {
    use crate::{JournalEntry, JournalFilter};
    use crosswalk_model::{Event, Kind, Link};
    let bed = Bed::new().await;
    let main = SyncName::new("main").unwrap();
    let entry = JournalEntry { event: Event::Decided, ..JournalEntry::at(T0) };
    let entries = || async {
        let filter = JournalFilter { event: Some(Event::Decided), ..JournalFilter::default() };
        bed.tenant.journal_list(&filter).await.unwrap().len()
    };
    let link = Link::unmapped(Kind::Customer, "c", T0);
    let late = Link { revision: 7, ..Link::unmapped(Kind::Customer, "d", T0) };
    let off = Switches { usage: Some(false), tickets: None };
    let switched = || vec![("c".to_owned(), off)];
    let links = [link.clone(), late];
    bed.tenant.decide(&main, &links, switched(), std::slice::from_ref(&entry)).await.unwrap_err();
    assert!(bed.tenant.link_get(&main, Kind::Customer, "c").await.unwrap().is_none());
    assert!(bed.tenant.switches(&main).await.unwrap().is_empty());
    assert_eq!(entries().await, 0);
    bed.tenant.decide(&main, &[link], switched(), &[entry]).await.unwrap();
    assert_eq!(entries().await, 1);
}

#[tokio::test]
async fn the_lines_of_a_customer_are_found_with_those_that_name_one_of_them_whatever_signs_its_id_has() {
    use crosswalk_model::{Kind, LineKey, Link, PartCount, PartDay};
    let bed = Bed::new().await;
    let main = SyncName::new("main").unwrap();
    let ids = ["c", "c2", "c/2", "%", "%2F", "\"", "\\", "ü\n", "_"];
    let line = |id: &str, product: &str| Link::unmapped(Kind::Usage, LineKey::new(id, product).to_string(), T0);
    let mut links = Vec::new();
    for (nth, id) in ids.iter().enumerate() {
        let mut sum = line(&format!("sum {nth}"), "p");
        let line_of = LineKey::new(*id, "p").to_string();
        match nth % 2 {
            0 => sum.memory.line_mut().parts = Some(vec![PartCount { line: line_of, counted: Some(1) }]),
            _ => sum.memory.line_mut().left.push(PartDay { line: line_of, day: "2026-11-30".parse().unwrap() }),
        }
        links.extend([line(id, "p"), line(id, "q/1"), line("other", id), sum]);
    }
    bed.tenant.links_put(&main, &links).await.unwrap();
    for (nth, id) in ids.iter().enumerate() {
        let found = bed.tenant.links_of_lines(&main, id).await.unwrap();
        let found: Vec<String> = found.into_iter().map(|link| link.source).collect();
        let mut expected = vec![line(id, "p").source, line(id, "q/1").source, format!("sum {nth}/p")];
        expected.sort();
        assert_eq!(found, expected, "{id:?}");
    }
}

#[tokio::test]
async fn switches_and_outcomes_are_kept_by_customer_and_replaced() {
    let bed = Bed::new().await;
    let main = SyncName::new("main").unwrap();
    let off = Switches { usage: Some(false), tickets: None };
    bed.tenant.decide(&main, &[], vec![("c".to_owned(), off), ("d".to_owned(), off)], &[]).await.unwrap();
    bed.tenant.decide(&main, &[], vec![("d".to_owned(), Switches::default())], &[]).await.unwrap();
    let switches = bed.tenant.switches(&main).await.unwrap();
    assert_eq!((switches["c"], switches["d"]), (off, Switches::default()));

    let failure = crosswalk_model::Failure::broken("x");
    let mut outcome = LastOutcome::failed(T0, RunId(3), "psa", &failure);
    bed.tenant.outcomes_put(&main, [("c".to_owned(), Some(outcome.clone()))].into()).await.unwrap();
    assert_eq!(bed.tenant.outcomes(&main).await.unwrap()["c"], outcome);
    outcome.ending = Ending::Succeeded;
    outcome.trouble = None;
    bed.tenant.outcomes_put(&main, [("c".to_owned(), Some(outcome.clone()))].into()).await.unwrap();
    assert_eq!(bed.tenant.outcomes(&main).await.unwrap()["c"], outcome);
    bed.tenant.outcomes_put(&main, [("c".to_owned(), None)].into()).await.unwrap();
    assert!(bed.tenant.outcomes(&main).await.unwrap().is_empty());
}

#[tokio::test]
async fn how_the_last_reading_went_is_told_as_it_was_left() {
    let bed = Bed::new().await;
    let main = SyncName::new("main").unwrap();
    assert_eq!(bed.tenant.fetched(&main).await.unwrap(), None);
    let gaps = [("c".to_owned(), "refused".to_owned())].into();
    bed.tenant.fetched_put(&main, Some("half read".to_owned()), &Default::default(), None).await.unwrap();
    bed.tenant.fetched_put(&main, None, &gaps, Some("2026-11".to_owned())).await.unwrap();
    assert_eq!(bed.tenant.fetched(&main).await.unwrap(), Some((None, gaps, Some("2026-11".to_owned()))));
}
