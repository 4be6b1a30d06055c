//! Old rows are deleted, and nothing else; and the size of a database after a year.

use super::*;
use crate::kept::SIZE;
use crosswalk_model::usage::Count;
use crosswalk_model::{Decider, Event, Plan, PlanId, Retention, Run, RunStatus};

const DAY: i64 = 24 * 3_600_000;
const KEEP: Retention =
    Retention { plans_days: 90, runs_days: 400, journal_days: 400, usage_days: 3653, gone_days: 90, tickets_days: 90 };

fn day(number: i64) -> Timestamp {
    T0.plus_ms(number * DAY)
}

/// Prunes to the end, and checks that the deleted rows are those that were counted before.
async fn prune(tenant: &TenantStore, now: Timestamp) -> BTreeMap<&'static str, u64> {
    // Sizes that are unknown are measured.
    kept(tenant, &psa(), Kind::Contract).await;
    let foretold: BTreeMap<_, _> =
        tenant.prune_count(&KEEP, now).await.unwrap().into_iter().filter(|(_, rows)| *rows > 0).collect();
    let (mut gone, mut place) = (BTreeMap::new(), 0);
    while let Some(((what, rows), more)) = tenant.prune_some(place, &KEEP, now).await.unwrap() {
        if rows > 0 {
            *gone.entry(what).or_default() += rows;
        }
        place += usize::from(!more);
    }
    assert_eq!(gone, foretold);
    let wrong = format!(
        "SELECT count(*) FROM kept WHERE bytes IS NOT (SELECT coalesce(sum({SIZE}), 0) FROM records r \
             WHERE r.tenant = kept.tenant AND r.connection = kept.connection AND r.kind = kept.kind)"
    );
    let wrong = tenant.read(move |db| Ok(db.query_row(&wrong, [], |row| row.get::<_, i64>(0))?)).await.unwrap();
    assert_eq!(wrong, 0, "what is kept is summed up");
    gone
}

/// A whole finished plan with this number of changes, and its run.
async fn finished(tenant: &TenantStore, changes: u32, at: Timestamp) -> (RunId, PlanId) {
    made(tenant, changes, at, true, None).await
}

async fn made(
    tenant: &TenantStore,
    changes: u32,
    at: Timestamp,
    whole: bool,
    undoes: Option<RunId>,
) -> (RunId, PlanId) {
    let run = tenant.run_begin(&main_sync(), Mode::Apply, None, at).await.unwrap();
    let plan = if whole {
        tenant.plan_begin(run, &main_sync(), at).await.unwrap()
    } else {
        tenant.plan_begin_part(run, &main_sync(), at).await.unwrap()
    };
    tenant.plan_changes_insert(plan, &(1..=changes).map(change).collect::<Vec<_>>(), &Digests::new()).await.unwrap();
    let hash = format!("h{plan}");
    let made = Plan {
        id: plan,
        run,
        made_at: at,
        hash,
        totals: Vec::new(),
        undecided: 0,
        approved_at: None,
        approved_by: None,
        findings: Vec::new(),
        undoes,
    };
    tenant.plan_finish(&made).await.unwrap();
    end(tenant, run, plan, at, 0).await;
    (run, plan)
}

async fn end(tenant: &TenantStore, run: RunId, plan: PlanId, at: Timestamp, done: u64) {
    let known = tenant.run_get(run).await.unwrap().unwrap();
    let counts = crosswalk_model::RunCounts { done, ..known.counts.clone() };
    let ended = Run { ended_at: Some(at), status: RunStatus::Succeeded, plan: Some(plan), counts, ..known };
    tenant.run_finish(&ended).await.unwrap();
}

/// Writes the changes of a plan. Their journal entries name them.
async fn written(tenant: &TenantStore, run: RunId, plan: PlanId, changes: u32, at: Timestamp) {
    let all: Vec<u32> = (1..=changes).collect();
    let batch = tenant.batch_intend(run, plan, &at_revision(&all), at).await.unwrap();
    let settled: Vec<Settled> = all
        .iter()
        .map(|sequence| {
            let mut one = settled(*sequence, ChangeStatus::Done);
            one.journal =
                JournalEntry { plan: Some(plan), sequence: Some(*sequence), run: Some(run), at, ..one.journal };
            one
        })
        .collect();
    tenant.batch_settle(plan, Some(batch), &settled, &[], &psa(), at).await.unwrap();
    end(tenant, run, plan, at, changes.into()).await;
}

async fn plans(tenant: &TenantStore, all: &[PlanId]) -> Vec<bool> {
    let mut there = Vec::new();
    for plan in all {
        there.push(tenant.plan_get(*plan).await.unwrap().is_some());
    }
    there
}

#[tokio::test]
async fn of_plans_the_newest_the_open_and_the_undoable_stay() {
    let bed = Bed::new().await;
    let (tenant, other) = (&bed.tenant, &super::tenant(&bed.store, "other").await);
    let (_, theirs) = finished(other, 3, day(0)).await;
    let (_, old) = finished(tenant, 3, day(0)).await;
    let (run, open) = finished(tenant, 3, day(0)).await;
    tenant.batch_intend(run, open, &at_revision(&[2]), day(0)).await.unwrap();
    // Made long ago, written lately: its run may still be undone.
    let (run, late) = finished(tenant, 3, day(0)).await;
    written(tenant, run, late, 3, day(60)).await;
    // Undone by a plan that is kept.
    let (run, undone) = finished(tenant, 3, day(0)).await;
    written(tenant, run, undone, 3, day(1)).await;
    let (_, undoing) = made(tenant, 3, day(50), false, Some(run)).await;
    let (_, unfinished) = planned(tenant, 2).await;
    let (_, newest) = finished(tenant, 3, day(2)).await;
    let all = [old, open, late, undone, undoing, unfinished, newest];

    assert!(prune(tenant, day(90)).await.is_empty(), "90 days are not over");
    let gone = prune(tenant, day(91)).await;
    assert_eq!(plans(tenant, &all).await, [false, true, true, true, true, false, true]);
    assert_eq!((gone["plans"], gone["changes"], gone["states of changes"]), (2, 5, 5), "{gone:?}");
    assert_eq!(tenant.unsettled(&main_sync()).await.unwrap().len(), 1);
    assert_eq!(plans(other, &[theirs]).await, [true], "another tenant's");

    // Then the undoing one goes, and the day after what it undid. The journal stays whole.
    prune(tenant, day(151)).await;
    let gone = prune(tenant, day(152)).await;
    assert_eq!(plans(tenant, &all).await, [false, true, false, false, false, false, true], "{gone:?}");
    let journal = tenant.journal_list(&JournalFilter::default()).await.unwrap();
    assert_eq!(journal.len(), 6);
    assert!(journal.iter().all(|entry| entry.detail.is_some()), "before and after are told for as long as it is");
    assert_eq!(tenant.plan_changes(open, &ChangeFilter::default(), 0, 9).await.unwrap().len(), 3);
    assert_eq!(tenant.plan_changes(newest, &ChangeFilter::default(), 0, 9).await.unwrap().len(), 3);

    tenant.run_begin(&main_sync(), Mode::Plan, None, day(2)).await.unwrap();
    let gone = prune(tenant, day(500)).await;
    assert_eq!((gone["journal entries"], gone["changes"]), (6, 6), "{gone:?}");
    // The run of the open plan, of the newest one, the last that did anything, and one that never ended.
    let runs = tenant.run_list(None, 99).await.unwrap();
    assert!(runs.len() == 4 && runs.iter().any(|run| run.counts.done > 0), "{runs:?}");
}

#[tokio::test]
async fn counts_and_the_journal_of_usage_are_kept_for_ten_years() {
    let bed = Bed::new().await;
    let count = |customer: &str| Count {
        customer: customer.to_owned(),
        product: "p".to_owned(),
        period: String::new(),
        quantity: 5,
        actual: None,
    };
    bed.tenant.counts_put(&rmm(), vec![count("old")], day(0)).await.unwrap();
    for number in 0..60 {
        bed.tenant.counts_put(&rmm(), vec![count("long")], day(number)).await.unwrap();
    }
    for (kind, event) in [(Kind::Usage, Event::Updated), (Kind::Asset, Event::Created)] {
        let entry = JournalEntry { kind: Some(kind), event, ..JournalEntry::at(day(0)) };
        bed.tenant.journal_append(Some(&main_sync()), &[entry]).await.unwrap();
    }
    assert_eq!(prune(&bed.tenant, day(401)).await, BTreeMap::from([("journal entries", 1)]));
    assert!(prune(&bed.tenant, day(3653)).await.is_empty());
    let gone = prune(&bed.tenant, day(3654)).await;
    assert_eq!(gone, BTreeMap::from([("counts", 1), ("journal entries", 1)]));
    let long = bed.tenant.counts_of(&rmm(), "long").await.unwrap();
    assert_eq!((long.len(), long[0].first_at), (1, day(0)), "a span is whole or gone");
}

#[tokio::test]
async fn of_records_only_what_is_gone_for_long_and_linked_to_nothing_goes() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let ids = ["there", "linked", "excluded", "loose", "unmapped", "lately"];
    let records: Vec<_> = ids.iter().map(|id| record(id, None)).collect();
    tenant.records_put(&rmm(), Kind::Asset, &records, day(0)).await.unwrap();
    tenant.records_put(&psa(), Kind::Asset, &[record("t1", None), record("t2", None)], day(0)).await.unwrap();
    let excluded = Link {
        state: LinkState::Excluded,
        decided_by: Some(Decider::Operator),
        ..Link::unmapped(Kind::Asset, "excluded", T0)
    };
    let unmapped = Link::unmapped(Kind::Asset, "unmapped", T0);
    tenant.links_put(&main_sync(), &[linked("linked", "t1"), excluded, unmapped]).await.unwrap();
    // Two complete reads: all but one go on the first day, that one on the tenth.
    for (at, seen) in [(1, ["there", "lately"].as_slice()), (10, &["there"])] {
        let read = tenant.read_begin(None, &rmm(), Kind::Asset, day(at), 0).await.unwrap();
        let seen: Vec<_> = seen.iter().map(|id| record(id, None)).collect();
        tenant.page_commit(&read, &rmm(), Kind::Asset, &one_page(&seen, None, None), day(at)).await.unwrap();
        tenant.read_finish(read.id, &rmm(), Kind::Asset, true, &[], day(at)).await.unwrap();
        let read = tenant.read_begin(None, &psa(), Kind::Asset, day(at), 0).await.unwrap();
        tenant.read_finish(read.id, &psa(), Kind::Asset, true, &[], day(at)).await.unwrap();
    }
    assert!(prune(tenant, day(91)).await.is_empty());
    let gone = prune(tenant, day(95)).await;
    assert_eq!(gone, BTreeMap::from([("links", 1), ("reads", 2), ("records", 3)]));
    let mut left = tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    left.extend(tenant.records_all(&psa(), Kind::Asset).await.unwrap());
    let left: Vec<_> = left.into_iter().map(|stored| stored.record.id).collect();
    assert_eq!(left, ["excluded", "lately", "linked", "there", "t1"]);
    assert!(tenant.read_last_complete(&rmm(), Kind::Asset).await.unwrap().is_some());
    assert_eq!(tenant.links_all(&main_sync(), Kind::Asset).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_alert_goes_with_its_ticket_when_both_are_over_for_long() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let ticket = |id: &str, closed: bool| Record {
        fields: vec![Field::new("closed", Value::Boolean(closed))],
        ..record(id, None)
    };
    let tickets = [ticket("closed", true), ticket("open", false), ticket("shared", true)];
    tenant.records_put(&psa(), Kind::Ticket, &tickets, day(0)).await.unwrap();
    let alerts: Vec<_> = ["over", "worked-on", "one", "two"].iter().map(|id| record(id, None)).collect();
    tenant.records_put(&rmm(), Kind::Alert, &alerts, day(0)).await.unwrap();
    let link =
        |alert: &str, ticket: &str| Link { kind: Kind::Alert, target_kind: Kind::Ticket, ..linked(alert, ticket) };
    let links = [link("over", "closed"), link("worked-on", "open"), link("one", "shared"), link("two", "shared")];
    tenant.links_put(&main_sync(), &links).await.unwrap();
    let read = tenant.read_begin(None, &rmm(), Kind::Alert, day(1), 0).await.unwrap();
    tenant
        .page_commit(&read, &rmm(), Kind::Alert, &one_page(&[record("two", None)], None, None), day(1))
        .await
        .unwrap();
    tenant.read_finish(read.id, &rmm(), Kind::Alert, true, &[], day(1)).await.unwrap();
    assert!(prune(tenant, day(91)).await.is_empty());
    assert_eq!(prune(tenant, day(92)).await, BTreeMap::from([("links", 2), ("records", 3)]));
    let left = tenant.records_all(&psa(), Kind::Ticket).await.unwrap();
    assert_eq!(left.iter().map(|stored| stored.record.id.as_str()).collect::<Vec<_>>(), ["open", "shared"]);
}

#[tokio::test]
async fn pruning_is_due_once_a_day_and_taken_by_one() {
    let bed = Bed::new().await;
    let (one, two) = (&bed.tenant, bed.second().await);
    assert_eq!(one.due(day(1).plus_ms(-1), day(1).plus_ms(-1)).await.unwrap().prune, None);
    assert_eq!(bed.store.due_tenants(day(1), day(0)).await.unwrap(), [one.name().clone()]);
    let due = one.due(day(3), day(3)).await.unwrap().prune.unwrap();
    assert_eq!(due, day(1));
    let takes = (one.prune_take(due, day(3)).await.unwrap(), two.prune_take(due, day(3)).await.unwrap());
    assert_eq!(takes, (Some(day(4)), None));
    assert_eq!(two.due(day(4).plus_ms(-1), day(4).plus_ms(-1)).await.unwrap().prune, None);
    assert_eq!(bed.store.next_due(day(3), None).await.unwrap(), Some(day(4)));
}

/// 200 customers with 10 products each, and a run a day: what a real run of usage stores, driven by
/// the store alone. Run it with `--ignored --nocapture`; it prints the sizes.
#[tokio::test]
#[ignore = "a measurement: it takes a minute or so"]
async fn how_large_a_database_is_after_a_year_of_daily_runs() {
    const CUSTOMERS: usize = 200;
    const PRODUCTS: usize = 10;
    const CHANGED: usize = 40;
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let usage = |customer: usize, product: usize, today: i64| {
        // A few lines a day count one more.
        let line = customer * PRODUCTS + product;
        let more = (today + (line % (CUSTOMERS * PRODUCTS / CHANGED)) as i64) / (CUSTOMERS * PRODUCTS / CHANGED) as i64;
        (format!("customer-{customer:08x}-0000-4000-8000-{customer:012x}"), format!("product-{product}"), 10 + more)
    };
    let lines = || (0..CUSTOMERS).flat_map(|customer| (0..PRODUCTS).map(move |product| (customer, product)));
    for today in 0..=365_i64 {
        let at = day(today);
        let month = format!("{:04}-{:02}", 2026 + today / 360, today % 360 / 30 + 1);
        let report: Vec<_> = lines().map(|(customer, product)| usage(customer, product, today)).collect();
        for (connection, kind) in [
            (rmm(), Kind::Customer),
            (rmm(), Kind::Product),
            (rmm(), Kind::Usage),
            (psa(), Kind::Customer),
            (psa(), Kind::Contract),
            (psa(), Kind::Product),
        ] {
            let records = records_of(kind, &report, PRODUCTS, &month);
            let read = tenant.read_begin(None, &connection, kind, at, 0).await.unwrap();
            for page in records.chunks(500) {
                tenant.page_commit(&read, &connection, kind, &one_page(page, Some("next"), None), at).await.unwrap();
            }
            tenant.read_finish(read.id, &connection, kind, true, &[], at).await.unwrap();
        }
        let counts = report.iter().map(|(customer, product, quantity)| Count {
            customer: customer.clone(),
            product: product.clone(),
            period: month.clone(),
            quantity: *quantity,
            actual: Some(*quantity),
        });
        tenant.counts_put(&rmm(), counts.collect(), at).await.unwrap();
        if today == 0 {
            let links: Vec<Link> = report
                .iter()
                .map(|(customer, product, _)| Link {
                    kind: Kind::Usage,
                    target_kind: Kind::Usage.counterpart(),
                    ..linked(&format!("{customer}/{product}"), &format!("line {customer}/{product}"))
                })
                .collect();
            tenant.links_put(&main_sync(), &links).await.unwrap();
        }
        let changes = if today == 0 { CUSTOMERS * PRODUCTS } else { CHANGED };
        let (run, plan) = finished(tenant, u32::try_from(changes).unwrap(), at).await;
        written(tenant, run, plan, u32::try_from(changes).unwrap(), at).await;
        prune(tenant, at).await;
        if [1, 30, 90, 180, 270, 365].contains(&today) {
            print_size(&bed.folder.path().join("db"), today);
        }
    }
}

/// The records of a kind: `report` has customer, product and quantity of each line, customer by customer. One month's
/// rows at a time, as those of the month before are gone with its end.
fn records_of(kind: Kind, report: &[(String, String, i64)], products: usize, month: &str) -> Vec<Record> {
    let line = |(customer, product, quantity): &(String, String, i64)| {
        let id = match kind {
            Kind::Usage => format!("{customer}/{product}/{month}"),
            _ => format!("{customer}/{product}"),
        };
        let fields = vec![
            Field::new("product", Value::Text(product.clone())),
            Field::new("period", Value::Text(month.to_owned())),
            Field::new("quantity", Value::Integer(*quantity)),
            Field::new("actual", Value::Integer(*quantity)),
        ];
        Record { fields, ..record(&id, Some(customer)) }
    };
    match kind {
        Kind::Customer => report.iter().step_by(products).map(|(id, _, _)| record(id, None)).collect(),
        Kind::Product => report[..products].iter().map(|(_, id, _)| record(id, None)).collect(),
        _ => report.iter().map(line).collect(),
    }
}

/// Folds the log into the file, which is then all there is, and prints the size.
fn print_size(path: &Path, today: i64) {
    let db = rusqlite::Connection::open(path).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let free: i64 = db.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap();
    let pages: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let rows =
        |table: &str| -> i64 { db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap() };
    println!(
        "day {today}: {:.1} MiB, {} % of it free; plans {}, changes {}, journal {}, records {}, counts {}, reads {}",
        std::fs::metadata(path).unwrap().len() as f64 / 1_048_576.0,
        free * 100 / pages,
        rows("plans"),
        rows("changes"),
        rows("journal"),
        rows("records"),
        rows("counts"),
        rows("reads"),
    );
}
