//! No tenant sees anything of another, in any table.

use super::*;
use crosswalk_model::usage::{Count, LastOutcome};
use crosswalk_model::{BudgetTake, ReverseDecision, Secret};

/// Fills every table that has tenants, under the same names.
async fn fill(tenant: &TenantStore) -> (RunId, crosswalk_model::PlanId, Read, String) {
    let (rmm, psa, sync) = (rmm(), psa(), main_sync());
    keep(tenant, &rmm, "password", &Secret::new(tenant.name().to_string())).await.unwrap();
    tenant
        .records_put(&rmm, Kind::Asset, &[Record { stamp: Some("s".into()), ..record("1", Some("a")) }], T0)
        .await
        .unwrap();
    let read = tenant.read_begin(None, &rmm, Kind::Asset, T0, 1000).await.unwrap();
    let unread = [crosswalk_model::Gap {
        parent: None,
        item: Some("9".to_owned()),
        cause: crosswalk_model::Failure::broken(tenant.name().to_string()),
    }];
    let rows = [record("2", Some("a"))];
    let page = PageCommit { unread: &unread, ..one_page(&rows, Some("2"), None) };
    tenant.page_commit(&read, &rmm, Kind::Asset, &page, T0).await.unwrap();
    tenant.links_put(&sync, &[linked("1", "t1")]).await.unwrap();
    tenant.reverse_put(&sync, "t9", Some(ReverseDecision::Exclude), T0).await.unwrap();
    let (run, plan) = planned(tenant, 2).await;
    let finding = crosswalk_model::Finding::new(crosswalk_model::Cause::ByHand, Kind::Asset, "a", "1", "edited");
    tenant.findings_insert(plan, 1, vec![finding]).await.unwrap();
    let batch = tenant.batch_intend(run, plan, &at_revision(&[1, 2]), T0).await.unwrap();
    tenant.batch_settle(plan, Some(batch), &[settled(1, ChangeStatus::Done)], &[], &psa, T0).await.unwrap();
    let doubt = Doubt {
        intended_at: T0,
        since: T0,
        answered: false,
        looks: 0,
        due_at: T0,
        why: "no reply".into(),
        failure: None,
        named: None,
    };
    tenant.doubts_put(plan, &[(2, doubt)], &[]).await.unwrap();
    tenant.first_runs_end(plan, None, T0).await.unwrap();
    let hash = tenant.plan_get(plan).await.unwrap().unwrap().hash;
    let finished =
        crosswalk_model::Plan { hash: "h".to_owned() + &hash, ..tenant.plan_get(plan).await.unwrap().unwrap() };
    tenant.plan_finish(&finished).await.unwrap();
    tenant.approval_add(plan, &approving(&finished.hash), T0).await.unwrap();
    tenant.request_add(&sync, &crosswalk_model::Wanted::Plan, T0, T0).await.unwrap();
    tenant.entry_put(&rmm, "s", "k", "v", None).await.unwrap().unwrap();
    let wakeup = tenant.wake_insert(&rmm, "job", "", T0).await.unwrap().unwrap();
    let schedule = crosswalk_model::Schedule::new(tenant.name(), &sync, crosswalk_model::Job::Sync, 60, T0, None);
    tenant.schedule_put(&schedule).await.unwrap();
    let off = crosswalk_model::Switches { usage: Some(false), tickets: None };
    tenant.decide(&sync, &[], vec![("a".to_owned(), off)], &[]).await.unwrap();
    let outcome = LastOutcome::failed(T0, run, "psa", &crosswalk_model::Failure::broken("x"));
    tenant.outcomes_put(&sync, [("a".to_owned(), Some(outcome))].into()).await.unwrap();
    tenant.fetched_put(&sync, None, &Default::default(), None).await.unwrap();
    let count = Count { customer: "a".into(), product: "p".into(), period: String::new(), quantity: 1, actual: None };
    tenant.counts_put(&rmm, vec![count], T0).await.unwrap();
    tenant.budget_take(&[1; 32], "all", 1, 60_000, 1, T0).await.unwrap();
    let account = crosswalk_model::Account { name: tenant.name().to_string(), id: None };
    let known =
        crosswalk_model::KnownAccount { account, since: T0, said_at: None, revision: 1, asked_at: T0, other: None };
    tenant.account_put(&rmm, &known).await.unwrap();
    tenant.refusal_note(&rmm, "not granted", 1, T0).await.unwrap();
    kept(tenant, &rmm, Kind::Asset).await;
    drop(tenant.claim_take(&Claim::Sync(sync)).await.unwrap());
    (run, plan, read, wakeup)
}

/// Number of rows that a tenant has in each table with tenants.
fn rows(path: &Path, tenant: &TenantStore) -> BTreeMap<String, i64> {
    let db = rusqlite::Connection::open(path).unwrap();
    let mut tables = db
        .prepare("SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'tenant' WHERE m.type = 'table'")
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    tables
        .into_iter()
        .map(|table| {
            let sql = format!("SELECT count(*) FROM {table} WHERE tenant = ?1");
            let count = db.query_row(&sql, [tenant.id], |row| row.get(0)).unwrap();
            (table, count)
        })
        .collect()
}

/// Uses every number of the first tenant through the second, and expects that nothing is found or changed.
async fn reach_by_number(
    one: &TenantStore,
    two: &TenantStore,
    (run, plan, read, wakeup): (RunId, crosswalk_model::PlanId, Read, &str),
) {
    let (rmm, psa, sync) = (rmm(), psa(), main_sync());
    let fails =
        |result: Result<(), StoreError>| assert!(matches!(result, Err(StoreError::NotFound { .. })), "{result:?}");
    fails(two.plan_sync(plan).await.map(drop));
    fails(two.plan_changes(plan, &ChangeFilter::default(), 0, 9).await.map(drop));
    fails(two.plan_changes_insert(plan, &[change(9)], &Digests::new()).await);
    fails(two.approval_add(plan, &approving(""), T0).await.map(drop));
    fails(two.approvals_withdraw(plan, T0).await.map(drop));
    fails(two.run_stop(run, T0).await.map(drop));
    fails(two.run_state(run).await.map(drop));
    fails(two.first_runs_end(plan, None, T0).await);
    let mut foreign = one.plan_get(plan).await.unwrap().unwrap();
    foreign.hash = "mine".into();
    fails(two.plan_finish(&foreign).await.map(drop));
    fails(two.plan_begin(run, &sync, T0).await.map(drop));
    fails(two.plan_begin_part(run, &sync, T0).await.map(drop));
    fails(two.batch_intend(run, plan, &at_revision(&[2]), T0).await.map(drop));
    fails(two.batch_settle(plan, None, &[settled(2, ChangeStatus::Done)], &[], &psa, T0).await.map(drop));
    let foreign = one.run_get(run).await.unwrap().unwrap();
    fails(two.run_finish(&foreign).await);
    fails(two.page_commit(&read, &rmm, Kind::Asset, &one_page(&[], None, None), T0).await.map(drop));
    fails(two.read_finish(read.id, &rmm, Kind::Asset, true, &[], T0).await.map(drop));
    two.reverse_put(&sync, "t9", None, T0).await.unwrap();
    two.wake_cancel(&rmm, wakeup).await.unwrap();
    two.entry_remove(&rmm, "s", "k").await.unwrap();
    two.run_begin(&sync, Mode::Plan, None, T0).await.unwrap();
    assert!(!two.read_begin(None, &rmm, Kind::Asset, T0, 1000).await.unwrap().resumed);
    assert_eq!(two.budget_take(&[1; 32], "all", 1, 60_000, 1, T0).await.unwrap(), BudgetTake::Granted(1));
}

#[tokio::test]
async fn a_tenant_sees_and_changes_nothing_of_another() {
    let bed = Bed::new().await;
    let (one, two) = (&bed.tenant, &tenant(&bed.store, "other").await);
    let (run, plan, read, wakeup) = fill(one).await;
    let path = bed.folder.path().join("db");
    let before = rows(&path, one);
    assert!(before.values().all(|count| *count > 0), "every table is filled: {before:?}");
    let (rmm, sync) = (rmm(), main_sync());

    // By every list and every look-up.
    assert!(two.approvals(plan).await.unwrap().is_empty());
    assert!(two.requests_due(T0, T0).await.unwrap().is_empty());
    assert!(two.secrets(&rmm).await.unwrap().is_empty());
    assert!(two.records_all(&rmm, Kind::Asset).await.unwrap().is_empty());
    assert!(two.records_of_parent(&rmm, Kind::Asset, "a").await.unwrap().is_empty());
    assert!(two.records_by_ids(&rmm, Kind::Asset, &["1".into()]).await.unwrap().is_empty());
    assert!(two.records_by_stamps(&rmm, Kind::Asset, &["s".into()]).await.unwrap().is_empty());
    assert!(two.record_search(&rmm, Kind::Asset, "", 9).await.unwrap().is_empty());
    assert!(two.record_counts(&rmm).await.unwrap().is_empty());
    assert!(two.read_last_complete(&rmm, Kind::Asset).await.unwrap().is_none());
    assert!(two.unread(&rmm).await.unwrap().is_empty());
    assert!(two.links_all(&sync, Kind::Asset).await.unwrap().is_empty());
    assert!(two.link_get(&sync, Kind::Asset, "1").await.unwrap().is_none());
    assert!(two.links_of_target(&sync, Kind::Asset, "t1").await.unwrap().is_empty());
    assert!(two.links_of_parent(&sync, Kind::Asset, &rmm, "a").await.unwrap().is_empty());
    assert!(two.reverse_all(&sync).await.unwrap().is_empty());
    assert!(two.link_counts(&sync).await.unwrap().is_empty());
    assert!(two.linked_by_item(&rmm, Kind::Asset, "1").await.unwrap().is_empty());
    assert!(two.run_get(run).await.unwrap().is_none());
    assert!(two.run_list(None, 9).await.unwrap().is_empty());
    assert!(two.plan_get(plan).await.unwrap().is_none());
    assert!(two.plan_list(&sync, 9).await.unwrap().is_empty());
    assert!(two.findings_list(plan, &crate::FindingFilter::default(), 0, 9).await.is_err());
    assert!(two.findings_groups(plan, &crate::FindingFilter::default(), 9).await.is_err());
    assert!(two.first_runs(&sync).await.unwrap().ended.is_empty());
    assert!(two.unsettled(&sync).await.unwrap().is_empty());
    assert!(two.journal_list(&JournalFilter::default()).await.unwrap().is_empty());
    assert!(two.entry_get(&rmm, "s", "k").await.unwrap().is_none());
    assert!(two.entries(&rmm, "s", None, 9).await.unwrap().is_empty());
    assert!(two.due(T0, T0).await.unwrap().wakes.is_empty());
    assert!(two.schedule_list().await.unwrap().is_empty());
    let lease = one.claim_take(&Claim::Sync(sync.clone())).await.unwrap();
    assert!(!two.claim_is_held(&Claim::Sync(sync.clone())).await.unwrap());
    assert_eq!((lease.epoch(), two.claim_take(lease.claim()).await.unwrap().epoch()), (2, 1));
    let seen = one.schedule_list().await.unwrap().pop().unwrap();
    assert!(!two.schedule_take(&seen, T0, T0).await.unwrap());
    assert!(two.due(seen.due_at, T0).await.unwrap().jobs.is_empty());

    reach_by_number(one, two, (run, plan, read, &wakeup)).await;
    let foreign = one.run_get(run).await.unwrap();

    // And with the same names and ids it has its own.
    let other = tenant(&bed.store, "third").await;
    fill(&other).await;
    assert_eq!(other.secrets(&rmm).await.unwrap()["password"].expose(), "third");
    assert_eq!(rows(&path, &other), before);
    assert_eq!(rows(&path, one), before, "nothing of the first was touched");
    assert_eq!(one.run_get(run).await.unwrap(), foreign);
}

#[tokio::test]
async fn a_sync_that_is_removed_leaves_no_row_of_it_in_any_table() {
    let bed = Bed::new().await;
    fill(&bed.tenant).await;
    bed.tenant.sync_remove(&main_sync()).await.unwrap();
    let db = rusqlite::Connection::open(bed.folder.path().join("db")).unwrap();
    let mut tables = db
        .prepare("SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c ON c.name = 'sync' WHERE m.type = 'table'")
        .unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    assert!(tables.len() >= 10, "{tables:?}");
    let rows = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        db.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    // The journal outlives what it speaks of.
    let left: Vec<&String> = tables.iter().filter(|table| *table != "journal" && rows(table) > 0).collect();
    assert_eq!(left, [""; 0]);
}

#[tokio::test]
async fn a_sealed_secret_is_of_no_use_elsewhere() {
    let bed = Bed::new().await;
    keep(&bed.tenant, &rmm(), "password", &Secret::new("hush")).await.unwrap();
    let two = tenant(&bed.store, "other").await;
    let db = rusqlite::Connection::open(bed.folder.path().join("db")).unwrap();
    let copied = db
        .execute(
            "INSERT INTO secrets SELECT c.tenant, c.id, s.name, s.sealed FROM secrets s JOIN connections c \
             ON c.tenant = ?1 AND c.name = 'rmm'",
            [two.id],
        )
        .unwrap();
    assert_eq!(copied, 1);
    let error = two.secrets(&rmm()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unreadable { what: "secret", .. }), "{error}");
}
