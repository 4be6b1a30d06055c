//! Links, plans and batches.

use super::*;
use crosswalk_model::Said;
use crosswalk_model::{Hold, Job, Plan, RunStatus, Schedule};
use crosswalk_say::English;

fn stale(error: &StoreError, words: &str) -> bool {
    matches!(error, StoreError::Stale { name, .. } if name.contains(words))
}

#[tokio::test]
async fn links_are_stored_all_or_none_by_revision() {
    let bed = Bed::new().await;
    let (tenant, sync) = (&bed.tenant, main_sync());
    let mut link = linked("1", "t1");
    link.candidates =
        vec![crosswalk_model::Candidate { target: "t".into(), name: "T".into(), score: 0.9, reason: "near".into() }];
    link.declined = vec!["t9".into()];
    link.volatile_at = Some(T0);
    let as_sent = Link { sent: link.written.clone(), ..linked("3", "t3") };
    tenant.links_put(&sync, &[link.clone(), linked("2", "t2"), as_sent.clone()]).await.unwrap();
    link.revision = 1;
    assert_eq!(tenant.link_get(&sync, Kind::Asset, "1").await.unwrap(), Some(link.clone()));
    assert_eq!(tenant.link_get(&sync, Kind::Asset, "3").await.unwrap(), Some(Link { revision: 1, ..as_sent }));
    assert_eq!(tenant.link_get(&sync, Kind::Asset, "9").await.unwrap(), None);

    link.target = Some("t7".into());
    let error = tenant.links_put(&sync, &[link.clone(), linked("2", "t3")]).await.unwrap_err();
    assert!(stale(&error, "asset 2"), "{error}");
    assert_eq!(tenant.link_get(&sync, Kind::Asset, "1").await.unwrap().unwrap().target.as_deref(), Some("t1"));

    tenant.links_put(&sync, std::slice::from_ref(&link)).await.unwrap();
    let error = tenant.links_put(&sync, &[link]).await.unwrap_err();
    assert!(stale(&error, "asset 1"), "{error}");
    assert_eq!(tenant.link_get(&sync, Kind::Asset, "1").await.unwrap().unwrap().revision, 2);
}

#[tokio::test]
async fn links_are_found_by_target_parent_and_state() {
    let bed = Bed::new().await;
    let (tenant, sync) = (&bed.tenant, main_sync());
    let records = [record("1", Some("a")), record("2", Some("a")), record("3", Some("b"))];
    tenant.records_put(&rmm(), Kind::Asset, &records, T0).await.unwrap();
    let excluded = Link { state: LinkState::Excluded, target: None, ..linked("3", "") };
    let site = Link { kind: Kind::Location, target_kind: Kind::Location, ..linked("s1", "l1") };
    let twin = Link { kind: Kind::Location, target_kind: Kind::Location, ..linked("s2", "l1") };
    tenant.links_put(&sync, &[linked("1", "t1"), linked("2", "t2"), excluded, site, twin]).await.unwrap();

    let sources = |links: Vec<Link>| links.into_iter().map(|link| link.source).collect::<Vec<_>>();
    assert_eq!(sources(tenant.links_all(&sync, Kind::Asset).await.unwrap()), ["1", "2", "3"]);
    assert_eq!(sources(tenant.links_of_target(&sync, Kind::Location, "l1").await.unwrap()), ["s1", "s2"]);
    let ids = ["l1".to_owned(), "l9".to_owned()];
    assert_eq!(sources(tenant.links_of_targets(&sync, Kind::Location, &ids).await.unwrap()), ["s1", "s2"]);
    let ids = ["3".to_owned(), "9".to_owned(), "1".to_owned()];
    assert_eq!(sources(tenant.links_by_sources(&sync, Kind::Asset, &ids).await.unwrap()), ["3", "1"]);
    assert_eq!(sources(tenant.links_of_parent(&sync, Kind::Asset, &rmm(), "a").await.unwrap()), ["1", "2"]);
    assert_eq!(sources(tenant.links_of_parent(&sync, Kind::Asset, &rmm(), "b").await.unwrap()), ["3"]);
    assert_eq!(
        tenant.link_counts(&sync).await.unwrap(),
        [
            (Kind::Location, LinkState::Linked, 2),
            (Kind::Asset, LinkState::Linked, 2),
            (Kind::Asset, LinkState::Excluded, 1)
        ]
    );
    let here = |id: &str| (main_sync(), Kind::Asset, id.to_owned());
    assert_eq!(tenant.linked_by_item(&rmm(), Kind::Asset, "1").await.unwrap(), [here("t1")]);
    assert_eq!(tenant.linked_by_item(&psa(), Kind::Asset, "t1").await.unwrap(), [here("1")]);
    assert_eq!(tenant.linked_by_item(&psa(), Kind::Location, "l1").await.unwrap().len(), 2);
    assert_eq!(tenant.linked_by_item(&rmm(), Kind::Asset, "3").await.unwrap(), [], "excluded is not linked");
    assert_eq!(tenant.linked_by_item(&psa(), Kind::Asset, "1").await.unwrap(), [], "ids are of one side");
}

#[tokio::test]
async fn a_plan_is_written_finished_and_approved_by_its_hash() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (run, id) = planned(tenant, 3).await;
    assert_eq!(tenant.plan_list(&main_sync(), 9).await.unwrap(), [], "an unfinished plan is not shown");
    assert!(stale(&tenant.approval_add(id, &approving(""), T0).await.unwrap_err(), "1"));
    let error = tenant.plan_changes_insert(id, &[change(3)], &Digests::new()).await.unwrap_err();
    assert!(matches!(&error, StoreError::Exists { name, .. } if name.contains("1.3")), "{error}");

    let mut plan = tenant.plan_get(id).await.unwrap().unwrap();
    assert_eq!((plan.run, plan.hash.as_str()), (run, ""));
    plan = Plan {
        hash: "abc".into(),
        undecided: 2,
        totals: vec![crosswalk_model::plan::PlanTotal {
            kind: Kind::Asset,
            action: Action::Create,
            changes: 3,
            held: 0,
            calls: 3,
        }],
        ..plan
    };
    tenant.plan_finish(&plan).await.unwrap();
    assert_eq!(tenant.plan_list(&main_sync(), 9).await.unwrap(), [plan.clone()]);
    assert_eq!(tenant.plan_sync(id).await.unwrap(), main_sync());
    assert!(stale(&tenant.plan_changes_insert(id, &[change(4)], &Digests::new()).await.unwrap_err(), "1"));
    assert!(stale(&tenant.approval_add(id, &approving("abd"), T0).await.unwrap_err(), "1"));
    tenant.approval_add(id, &approving("abc"), T0).await.unwrap();
    let approved = tenant.plan_get(id).await.unwrap().unwrap();
    assert_eq!((approved.approved_at, approved.approved_by), (Some(T0), Some("host".into())));
}

#[tokio::test]
async fn changes_are_listed_by_any_filter_and_in_pages() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (_, plan) = planned(tenant, 6).await;
    let held = PlannedChange {
        held: Some(Hold::parse("updates", "40 of 100").unwrap()),
        kind: Kind::Customer,
        action: Action::Update,
        target: Some("t7".into()),
        fields: vec![crosswalk_model::FieldDiff {
            name: "phone".into(),
            before: Some(Value::Blank),
            after: Value::Integer(1),
        }],
        ..change(7)
    };
    tenant.plan_changes_insert(plan, std::slice::from_ref(&held), &Digests::new()).await.unwrap();
    let all = ChangeFilter::default();
    let read = async |filter: ChangeFilter, after, most| {
        let changes = tenant.plan_changes(plan, &filter, after, most).await.unwrap();
        changes.into_iter().map(|stored| stored.change.sequence).collect::<Vec<_>>()
    };
    assert_eq!(read(all.clone(), 0, 3).await, [1, 2, 3]);
    assert_eq!(read(all.clone(), 3, 30).await, [4, 5, 6, 7]);
    assert_eq!(read(ChangeFilter { held: Some(true), ..all.clone() }, 0, 9).await, [7]);
    assert_eq!(
        read(ChangeFilter { held: Some(false), customer: Some("c1".into()), ..all.clone() }, 1, 9).await,
        [3, 5]
    );
    assert_eq!(read(ChangeFilter { source: Some("4".into()), ..all.clone() }, 0, 9).await, [4]);
    assert_eq!(read(ChangeFilter { kind: Some(Kind::Customer), ..all.clone() }, 0, 9).await, [7]);
    assert_eq!(read(ChangeFilter { action: Some(Action::Create), ..all.clone() }, 5, 9).await, [6]);
    assert_eq!(read(ChangeFilter { status: Some(ChangeStatus::Done), ..all.clone() }, 0, 9).await, [0; 0]);
    let stored = tenant.plan_changes(plan, &all, 6, 1).await.unwrap().remove(0);
    assert_eq!((stored.change, stored.status, stored.batch), (held, ChangeStatus::Pending, None));
}

#[tokio::test]
async fn changes_are_found_by_action_state_and_hold() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (run, plan) = planned(tenant, 4).await;
    let hold = |sequence, brake: &str| PlannedChange {
        held: Some(Hold::parse(brake, String::new()).unwrap()),
        ..change(sequence)
    };
    tenant.plan_changes_insert(plan, &[hold(5, "updates"), hold(6, "first-run")], &Digests::new()).await.unwrap();
    tenant.batch_intend(run, plan, &at_revision(&[2]), T0).await.unwrap();
    let next = async |action, held, most| {
        let filter = ChangeFilter {
            kind: Some(Kind::Asset),
            action: Some(action),
            status: Some(ChangeStatus::Pending),
            held,
            ..ChangeFilter::default()
        };
        let stored = tenant.plan_changes(plan, &filter, 0, most).await.unwrap();
        stored.into_iter().map(|stored| stored.change.sequence).collect::<Vec<_>>()
    };
    assert_eq!(next(Action::Create, Some(false), 2).await, [1, 3]);
    assert_eq!(next(Action::Create, Some(false), 9).await, [1, 3, 4]);
    assert_eq!(next(Action::Create, Some(true), 9).await, [5, 6]);
    assert_eq!(next(Action::Create, None, 9).await, [1, 3, 4, 5, 6]);
    assert_eq!(next(Action::Update, None, 9).await, [0; 0]);
}

#[tokio::test]
async fn a_hold_that_is_laid_on_later_stands_beside_the_first() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (_, plan) = planned(tenant, 2).await;
    let hold = |brake: &str| Hold::parse(brake, format!("because of {brake}")).unwrap();
    tenant
        .plan_changes_insert(plan, &[PlannedChange { held: Some(hold("creates")), ..change(3) }], &Digests::new())
        .await
        .unwrap();
    for _ in 0..2 {
        tenant.plan_changes_hold(plan, vec![2, 3], hold("identity")).await.unwrap();
    }
    let filter = ChangeFilter { held: Some(true), ..ChangeFilter::default() };
    let stored = tenant.plan_changes(plan, &filter, 0, 9).await.unwrap();
    let held: Vec<Hold> = stored.into_iter().filter_map(|stored| stored.change.held).collect();
    let both =
        Hold::parse("creates+identity", Said::Several(vec!["because of creates".into(), "because of identity".into()]))
            .unwrap();
    assert_eq!(held, [hold("identity"), both]);
}

#[tokio::test]
async fn a_batch_is_intended_and_settled_in_one_piece_each() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (run, plan) = planned(tenant, 5).await;
    let batch = tenant.batch_intend(run, plan, &at_revision(&[1, 2, 3]), T0).await.unwrap();
    assert!(stale(&tenant.batch_intend(run, plan, &at_revision(&[4, 3]), T0).await.unwrap_err(), "1.3"));
    let open = tenant.unsettled(&main_sync()).await.unwrap();
    let listed: Vec<_> = open.iter().map(|open| (open.plan, open.row.change.sequence, open.intended_at)).collect();
    assert_eq!(listed, [(plan, 1, T0), (plan, 2, T0), (plan, 3, T0)], "4 was not intended");

    let done = Settled { link: Some(linked("1", "t1")), ..settled(1, ChangeStatus::Done) };
    let accepted = Settled { token: Some("job 7".into()), ..settled(2, ChangeStatus::Accepted) };
    let mut failed = Settled { message: "no room".into(), target: None, ..settled(3, ChangeStatus::Failed) };
    failed.link = Some(Link { revision: 5, ..linked("3", "t3") });
    let records = [(Kind::Asset, record("t1", Some("p")))];
    let all = [done, accepted, failed.clone()];
    let wrong = Settled { sequence: 9, ..all[0].clone() };
    let error =
        tenant.batch_settle(plan, Some(batch), &[all[1].clone(), wrong], &records, &psa(), T0).await.unwrap_err();
    assert!(stale(&error, "1.9"), "{error}");
    assert_eq!(tenant.unsettled(&main_sync()).await.unwrap().len(), 3, "nothing of it was stored");
    assert_eq!(tenant.journal_list(&JournalFilter::default()).await.unwrap(), []);

    failed.link = None;
    let all = [all[0].clone(), all[1].clone(), failed];
    tenant.batch_settle(plan, Some(batch), &all, &records, &psa(), T0).await.unwrap();
    let stored = tenant.plan_changes(plan, &ChangeFilter::default(), 0, 9).await.unwrap();
    let states: Vec<_> = stored.iter().map(|stored| stored.status).collect();
    use ChangeStatus::{Accepted, Done, Failed, Pending};
    assert_eq!(states, [Done, Accepted, Failed, Pending, Pending]);
    assert_eq!((stored[0].target.as_deref(), stored[0].batch), (Some("t1"), Some(batch)));
    assert_eq!((stored[2].message.english().as_str(), stored[2].target.as_deref()), ("no room", None));
    assert!(tenant.link_get(&main_sync(), Kind::Asset, "1").await.unwrap().is_some());
    assert_eq!(tenant.records_all(&psa(), Kind::Asset).await.unwrap()[0].record, records[0].1);
    assert_eq!(tenant.journal_list(&JournalFilter::default()).await.unwrap().len(), 3);

    let open = tenant.unsettled(&main_sync()).await.unwrap();
    assert_eq!((open.len(), open[0].row.token.as_deref()), (1, Some("job 7")));
    let again = tenant.batch_settle(plan, Some(batch), &all[..1], &[], &psa(), T0).await.unwrap_err();
    assert!(stale(&again, "1.1"), "{again}");
    tenant
        .batch_settle(plan, None, &[settled(2, Pending), settled(4, ChangeStatus::Stale)], &[], &psa(), T0)
        .await
        .unwrap();
    let pending = ChangeFilter { status: Some(Pending), ..ChangeFilter::default() };
    let next = tenant.plan_changes(plan, &pending, 0, 9).await.unwrap();
    let next: Vec<_> = next.iter().map(|stored| stored.change.sequence).collect();
    assert_eq!(next, [2, 5], "what was certainly not written can be tried again");
}

#[tokio::test]
async fn a_decision_made_while_a_batch_is_written_stands_and_nothing_else_of_the_batch_fails() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (run, plan) = planned(tenant, 2).await;
    let batch = tenant.batch_intend(run, plan, &at_revision(&[1, 2]), T0).await.unwrap();
    let excluded = Link { state: LinkState::Excluded, target: None, ..linked("1", "") };
    tenant.links_put(&main_sync(), std::slice::from_ref(&excluded)).await.unwrap();

    let done = |sequence: u32| {
        let (source, target) = (sequence.to_string(), format!("t{sequence}"));
        Settled { link: Some(linked(&source, &target)), ..settled(sequence, ChangeStatus::Done) }
    };
    let overtaken = tenant.batch_settle(plan, Some(batch), &[done(1), done(2)], &[], &psa(), T0).await.unwrap();
    let told: Vec<_> = overtaken.iter().map(|one| (one.what.clone(), one.message.english())).collect();
    let stands = "was written (created) as t1, excluded meanwhile: that decision stands";
    assert_eq!(told, [("1".to_owned(), stands.to_owned())]);
    let link = async |source| tenant.link_get(&main_sync(), Kind::Asset, source).await.unwrap().unwrap();
    assert_eq!(link("1").await, Link { revision: 1, ..excluded });
    assert_eq!(link("2").await.linked(), Some("t2"));
    let changes = tenant.plan_changes(plan, &ChangeFilter::default(), 0, 9).await.unwrap();
    assert!(changes.iter().all(|stored| stored.status == ChangeStatus::Done), "{changes:?}");
    let journal = tenant.journal_list(&JournalFilter::default()).await.unwrap();
    assert!(journal.iter().any(|entry| entry.message.english().contains("excluded meanwhile")), "{journal:?}");
}

#[tokio::test]
async fn what_is_known_of_an_uncertain_write_is_kept_until_it_is_settled() {
    let bed = Bed::new().await;
    let tenant = &bed.tenant;
    let (run, plan) = planned(tenant, 2).await;
    tenant.batch_intend(run, plan, &[(1, 7), (2, 0)], T0).await.unwrap();
    let doubt = Doubt {
        intended_at: T0,
        since: T0.plus_ms(5),
        answered: true,
        looks: 1,
        due_at: T0.plus_ms(99),
        why: "no reply".into(),
        failure: Some("unavailable".to_owned()),
        named: Some("t9".to_owned()),
    };
    tenant.doubts_put(plan, &[(1, doubt.clone())], &[JournalEntry::at(T0)]).await.unwrap();
    let open = tenant.unsettled(&main_sync()).await.unwrap();
    assert_eq!((open[0].doubt.as_ref(), open[0].link_revision, open[0].run), (Some(&doubt), Some(7), run));
    assert_eq!((open[0].row.status, open[1].row.status), (ChangeStatus::Uncertain, ChangeStatus::Intended));
    assert_eq!((open[0].row.failure.as_deref(), &open[1].row.failure), (Some("unavailable"), &None));
    assert_eq!(open[1].doubt, None);
    assert_eq!(tenant.doubt_due(&main_sync()).await.unwrap(), Some(doubt.due_at));
    let later = Doubt { intended_at: T0.plus_ms(1), looks: 2, ..doubt.clone() };
    tenant.doubts_put(plan, &[(1, later)], &[]).await.unwrap();
    let kept = tenant.unsettled(&main_sync()).await.unwrap()[0].doubt.clone().unwrap();
    assert_eq!((kept.looks, kept.intended_at), (2, T0), "the first intent stays");

    // By itself it is due where its sync recurs.
    let (at, long_after) = (doubt.due_at, doubt.due_at.plus_ms(9));
    assert!(tenant.due(at, at).await.unwrap().look_ups.is_empty());
    let daily = Schedule::new(tenant.name(), &main_sync(), Job::Sync, 24 * 60, T0.plus_ms(9_999_999), None);
    tenant.schedule_put(&daily).await.unwrap();
    assert!(tenant.due(at.plus_ms(-1), at.plus_ms(-1)).await.unwrap().look_ups.is_empty());
    assert_eq!(tenant.due(at, at).await.unwrap().look_ups, [(main_sync(), at)]);
    assert_eq!(bed.store.due_tenants(at, T0).await.unwrap(), [tenant.name().clone()]);
    assert_eq!(bed.store.next_due(T0, None).await.unwrap(), Some(at));
    tenant.doubts_put_off(&main_sync(), at, long_after).await.unwrap();
    assert!(tenant.due(at, at).await.unwrap().look_ups.is_empty());
    assert_eq!(tenant.doubt_due(&main_sync()).await.unwrap(), Some(long_after));
    assert!(tenant.due(long_after, T0).await.unwrap().jobs.is_empty(), "its job keeps its own time");
    tenant.schedule_bring_forward(&main_sync(), long_after).await.unwrap();
    assert_eq!(tenant.due(long_after, T0).await.unwrap().jobs.len(), 1);

    tenant.batch_settle(plan, None, &[settled(1, ChangeStatus::Done)], &[], &psa(), T0).await.unwrap();
    assert_eq!(tenant.doubt_due(&main_sync()).await.unwrap(), None);
    assert!(tenant.due(long_after, long_after).await.unwrap().look_ups.is_empty());
    assert!(stale(&tenant.doubts_put(plan, &[(1, doubt)], &[]).await.unwrap_err(), "1.1"));
}

#[tokio::test]
async fn two_databases_have_keys_of_their_own_that_last() {
    let (one, other) = (Bed::new().await, Bed::new().await);
    let key = one.tenant.instance_key().await.unwrap();
    assert_eq!(key.len(), 32);
    assert_ne!(key, other.tenant.instance_key().await.unwrap());
    let again = open(one.folder.path()).unwrap().tenant(one.tenant.name()).await.unwrap();
    assert_eq!(again.instance_key().await.unwrap(), key, "also after a restart");
}

#[tokio::test]
async fn intents_survive_a_process_that_dies() {
    let bed = Bed::new().await;
    let (run, plan) = planned(&bed.tenant, 2).await;
    let read = bed.tenant.read_begin(None, &rmm(), Kind::Asset, T0, 1000).await.unwrap();
    bed.tenant
        .page_commit(&read, &rmm(), Kind::Asset, &one_page(&[record("1", None)], Some("2"), None), T0)
        .await
        .unwrap();
    bed.tenant.batch_intend(run, plan, &at_revision(&[1, 2]), T0).await.unwrap();
    // What a killed process leaves: the files as they are now, the log not folded in.
    let copy = tempfile::tempdir().unwrap();
    for file in ["db", "db-wal"] {
        std::fs::copy(bed.folder.path().join(file), copy.path().join(file)).unwrap();
    }
    let store = open(copy.path()).unwrap();
    let tenant = store.tenant(bed.tenant.name()).await.unwrap();
    assert_eq!(tenant.unsettled(&main_sync()).await.unwrap().len(), 2);
    assert!(tenant.read_begin(None, &rmm(), Kind::Asset, T0, 1000).await.unwrap().resumed);
    let next = tenant.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let run = tenant.run_get(run).await.unwrap().unwrap();
    assert_eq!((run.status, run.ended_at), (RunStatus::Failed, Some(T0)));
    assert_eq!(tenant.run_get(next).await.unwrap().unwrap().status, RunStatus::Running);
}

#[tokio::test]
async fn a_record_keeps_when_it_was_stored_first() {
    let bed = Bed::new().await;
    let put = async |at| bed.tenant.records_put(&rmm(), Kind::Asset, &[record("1", None)], at).await.unwrap();
    put(T0).await;
    put(T0.plus_ms(5000)).await;
    let stored = bed.tenant.records_all(&rmm(), Kind::Asset).await.unwrap();
    assert_eq!(stored[0].first_at, Some(T0));
}

#[tokio::test]
async fn two_source_records_never_end_on_one_account_or_device_and_may_trade() {
    let bed = Bed::new().await;
    let (store, sync) = (&bed.tenant, main_sync());
    let of = |kind: Kind, source: &str, target: &str| {
        let mut link = Link::unmapped(kind, source, T0);
        (link.state, link.target) = (LinkState::Linked, Some(target.to_owned()));
        link
    };
    for kind in [Kind::Customer, Kind::Asset] {
        store.links_put(&sync, &[of(kind, "1", "t1"), of(kind, "2", "t2")]).await.unwrap();
        let error = store.links_put(&sync, &[of(kind, "3", "t1")]).await.unwrap_err();
        assert!(matches!(error, StoreError::Stale { .. }), "{error:?}");
        let said = error.said().english();
        assert!(said.contains("a record that another one is linked to") && said.contains("t1"), "{said}");
        assert!(store.link_get(&sync, kind, "3").await.unwrap().is_none());
        let moved = Link { revision: 1, ..of(kind, "2", "t1") };
        assert!(matches!(store.links_put(&sync, &[moved]).await, Err(StoreError::Stale { .. })));
        // A file, say, that puts right what was the wrong way round.
        let trade = [Link { revision: 1, ..of(kind, "1", "t2") }, Link { revision: 1, ..of(kind, "2", "t1") }];
        store.links_put(&sync, &trade).await.unwrap();
        let targets: Vec<Option<String>> =
            store.links_all(&sync, kind).await.unwrap().into_iter().map(|link| link.target).collect();
        assert_eq!(targets, [Some("t2".to_owned()), Some("t1".to_owned())]);
        let shared = |source: &str| Link { shared: true, ..of(kind, source, "t9") };
        store.links_put(&sync, &[shared("8"), shared("9")]).await.unwrap();
        assert!(store.link_get(&sync, kind, "9").await.unwrap().unwrap().shared);
    }
    let several = [of(Kind::Location, "1", "t1"), of(Kind::Location, "2", "t1")];
    store.links_put(&sync, &several).await.unwrap();
}

#[tokio::test]
async fn a_change_knows_that_its_source_record_is_not_as_it_was_planned_on() {
    use crate::SourceMoved;
    let bed = Bed::new().await;
    let store = &bed.tenant;
    let all: Vec<Record> = ["1", "2", "3", "4"].map(|id| record(id, Some("a"))).into();
    let gone = |id: &'static str| async move {
        let read = store.read_begin(None, &rmm(), Kind::Asset, T0, 0).await.unwrap();
        let rest: Vec<Record> =
            ["1", "2", "3", "4"].iter().filter(|one| **one != id).map(|id| record(id, Some("a"))).collect();
        store.page_commit(&read, &rmm(), Kind::Asset, &one_page(&rest, None, None), T0).await.unwrap();
        store.read_finish(read.id, &rmm(), Kind::Asset, true, &[], T0).await.unwrap();
    };
    store.records_put(&rmm(), Kind::Asset, &all, T0).await.unwrap();
    gone("3").await;
    let (_, plan) = planned(store, 4).await;
    assert_eq!(store.plan_sources_moved(plan, &[1, 2, 3, 4]).await.unwrap(), [].into());
    // One is renamed, one only checks in, one comes back; and one leaves.
    let renamed = Record { name: "other".to_owned(), ..record("1", Some("a")) };
    let mut seen = record("2", Some("a"));
    seen.fields.push(Field::new("last-seen", Value::Time("2026-01-01T00:00:00Z".to_owned())));
    gone("4").await;
    store.records_put(&rmm(), Kind::Asset, &[renamed, seen, record("3", Some("a"))], T0).await.unwrap();
    let moved = store.plan_sources_moved(plan, &[1, 2, 3, 4]).await.unwrap();
    assert_eq!(moved, [(1, SourceMoved::Changed), (3, SourceMoved::Back), (4, SourceMoved::Gone)].into());
}

#[tokio::test]
async fn a_change_rests_on_the_record_that_was_read_for_it_and_not_on_what_came_meanwhile() {
    use crate::SourceMoved;
    let bed = Bed::new().await;
    let store = &bed.tenant;
    let ids = ["1", "2"].map(str::to_owned);
    let all: Vec<Record> = ids.iter().map(|id| record(id, Some("a"))).collect();
    store.records_put(&rmm(), Kind::Asset, &all, T0).await.unwrap();
    let run = store.run_begin(&main_sync(), Mode::Apply, None, T0).await.unwrap();
    let plan = store.plan_begin(run, &main_sync(), T0).await.unwrap();
    let read = store.records_by_ids(&rmm(), Kind::Asset, &ids).await.unwrap();
    let planned_on = read.into_iter().map(|stored| (stored.record.id, stored.digest)).collect();
    // Another sync reads the same connection while this one plans.
    let renamed = Record { name: "other".to_owned(), ..record("1", Some("a")) };
    store.records_put(&rmm(), Kind::Asset, &[renamed], T0).await.unwrap();
    let planned_on = Digests::from([(Kind::Asset, planned_on)]);
    store.plan_changes_insert(plan, &[change(1), change(2)], &planned_on).await.unwrap();
    let moved = store.plan_sources_moved(plan, &[1, 2]).await.unwrap();
    assert_eq!(moved, [(1, SourceMoved::Changed)].into());
}
