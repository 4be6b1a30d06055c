//! Switches taken back: whatever turned them, a file or a person, is one decision with the links it came with.

use crate::harness::licences::Licences;
use crate::harness::{SYNC, TestApp, sync, told};
use crosswalk::engine::{CustomerFilter, CustomerRow, CustomerView, Turn};
use crosswalk::model::{Kind, Switch, SyncRules};
use crosswalk::store::{JournalEntry, JournalFilter};
use crosswalk_say::English;

/// Customers that nobody mapped yet, whose usage and tickets are on.
async fn desk() -> (Licences, TestApp) {
    let licences = Licences::start(6);
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage, Kind::Alert]);
    let app = licences.host_with(rules).await;
    app.plan().await;
    (licences, app)
}

async fn rows(app: &TestApp) -> Vec<CustomerRow> {
    app.tenant.customer_export(&sync(), &CustomerFilter::default()).await.expect("rows")
}

async fn import(app: &TestApp, rows: &[CustomerRow]) -> String {
    let file = serde_json::to_vec(rows).expect("a file");
    let import = app.tenant.customer_import(&sync(), &file, false).await;
    import.unwrap_or_else(|error| panic!("{}", told(&error))).decision
}

/// Account, usage and tickets of a customer.
async fn stands(app: &TestApp, id: &str) -> (Option<String>, bool, bool) {
    let list = app.tenant.customer_list(&sync(), &CustomerFilter::default()).await.expect("customers");
    let CustomerView { account, usage, tickets, .. } =
        list.customers.into_iter().find(|view| view.id == id).expect("the customer");
    (account.map(|(id, _)| id), usage, tickets)
}

async fn entries(app: &TestApp, decision: &str) -> Vec<JournalEntry> {
    let filter = JournalFilter { sync: Some(sync()), limit: 100, ..JournalFilter::default() };
    let of = |entry: &JournalEntry| entry.detail.as_ref().is_some_and(|detail| detail["decision"] == *decision);
    app.tenant.journal(&filter).await.expect("a journal").into_iter().filter(of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_maps_and_switches_is_one_decision_and_is_taken_back_whole() {
    let (licences, app) = desk().await;
    let pairs = licences.pairs();
    let (mapped, other) = (pairs[0].0.id.clone(), pairs[1].0.id.clone());
    let mut all = rows(&app).await;
    for row in &mut all {
        if row.customer == mapped {
            (row.account, row.account_name) = (pairs[0].1.to_string(), String::new());
            row.usage = "off".to_owned();
        }
        if row.customer == other {
            (row.usage, row.tickets) = ("off".to_owned(), "off".to_owned());
        }
    }
    let before = [stands(&app, &mapped).await, stands(&app, &other).await];
    let decision = import(&app, &all).await;
    let after = [stands(&app, &mapped).await, stands(&app, &other).await];
    assert_eq!(after[0], (Some(pairs[0].1.to_string()), false, true));
    assert_eq!((after[1].1, after[1].2), (false, false));
    assert_eq!(entries(&app, &decision).await.len(), 4, "one link and three switches");

    let taken = app.tenant.decision_take_back(&sync(), &decision).await.expect("taken back");
    assert_eq!((taken.links.len(), taken.left.len()), (1, 0), "{:?}", taken.left);
    let mut turned: Vec<Turn> = taken.switches;
    turned.sort_by_key(|(customer, switch, _)| (customer.clone(), switch.as_str()));
    assert_eq!(turned.iter().map(|(.., on)| *on).collect::<Vec<_>>(), [None; 3], "by the sync's rule again");
    assert_eq!([stands(&app, &mapped).await, stands(&app, &other).await], before);
    // Taking back is a decision itself: it is in the journal, and can be taken back.
    let filter = JournalFilter { sync: Some(sync()), limit: 1, ..JournalFilter::default() };
    let newest = app.tenant.journal(&filter).await.expect("a journal").remove(0);
    let detail = newest.detail.expect("what it rested on");
    assert_eq!(detail["by"], format!("taking back {decision}"), "{}", newest.message.english());
    let back = detail["decision"].as_str().expect("an id").to_owned();
    assert_eq!(entries(&app, &back).await.len(), 4);
    app.tenant.decision_take_back(&sync(), &back).await.expect("taken back");
    assert_eq!([stands(&app, &mapped).await, stands(&app, &other).await], after);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_was_turned_again_stays_and_is_told() {
    let (licences, app) = desk().await;
    let customers: Vec<String> = licences.pairs().into_iter().take(2).map(|(tenant, _)| tenant.id).collect();
    let wanted = [(Switch::Usage, false), (Switch::Tickets, false)];
    let first = app.tenant.customer_switch(&sync(), &customers, &wanted).await.expect("switched");
    assert_eq!(first.turned, [(Switch::Usage, 2), (Switch::Tickets, 2)]);
    assert_eq!(entries(&app, &first.decision).await.len(), 4, "both switches are one decision");
    let again = app.tenant.customer_switch(&sync(), &customers, &wanted).await.expect("nothing to do");
    assert!(again.decision.is_empty() && again.turned.iter().all(|(_, count)| *count == 0), "{again:?}");
    // On and off again: it is off by somebody else's word now.
    for on in [true, false] {
        app.tenant.customer_switch(&sync(), &customers[..1], &[(Switch::Usage, on)]).await.expect("switched");
    }
    let taken = app.tenant.decision_take_back(&sync(), &first.decision).await.expect("taken back");
    assert_eq!(taken.switches.len(), 3, "{:?}", taken.switches);
    let left: Vec<_> = taken.left.iter().map(|(customer, why)| (customer, why.english())).collect();
    assert_eq!(left, [(&customers[0], "its usage was switched since".to_owned())]);
    let (_, usage, tickets) = stands(&app, &customers[0]).await;
    assert_eq!((usage, tickets), (false, true));
    let (_, usage, tickets) = stands(&app, &customers[1]).await;
    assert_eq!((usage, tickets), (true, true));
}

#[test]
fn the_program_says_how_a_switch_is_taken_back_and_does_it() {
    let licences = Licences::start(4);
    let program = licences.program();
    program.run(&format!("plan {SYNC}"));
    let id = licences.pairs()[0].0.id.clone();
    let said = program.run(&format!("customer edit {SYNC} {id} --usage off")).ends(0).out;
    let back =
        said.lines().find_map(|line| line.strip_prefix("to take it back: crosswalk ")).expect("how to take it back");
    let said = program.run(back).ends(0).out;
    assert!(said.contains("0 links and 1 switch restored to before d"), "{said}");
    let list = program.run(&format!("customer list {SYNC} --json")).ends(0).json();
    let rows = list["customers"].as_array().expect("customers");
    let row = rows.iter().find(|row| row["id"] == id).expect("the customer");
    assert_eq!(row["usage"], true);
}
