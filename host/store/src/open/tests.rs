//! Opening older databases: each step of the schema keeps what it finds.

use super::*;
use crosswalk_model::{
    Activity, Event, Head, LineMemory, LineStep, Memory, PartCount, PartDay, Replaced, Rest, Step, TicketMemory,
    TicketStep, Timestamp,
};
use refinery::Migration;

const SOON: Duration = Duration::from_millis(100);

fn version(number: u32, sql: &str) -> Migration {
    Migration::unapplied(&format!("V{number}__step"), sql).unwrap()
}

fn tables(path: &Path) -> Vec<String> {
    let db = Connection::open(path).unwrap();
    let mut select = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'refinery%' ORDER BY name")
        .unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn two_source_records_on_one_target_of_an_old_database_wait_for_a_person_and_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let all = embedded::migrations::runner();
    let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() < 10).cloned().collect();
    bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
    let db = Connection::open(&path).unwrap();
    let link = |kind: &str, source: &str, state: &str, target: &str| {
        db.execute(
            "INSERT INTO links (tenant, sync, kind, source, target_kind, revision, state, target, made, decided_by, \
                 decided_at, reason, written) VALUES (1, 1, ?1, ?2, ?1, 3, ?3, ?4, 0, 'operator', 1, 'r', '{}')",
            [kind, source, state, target],
        )
        .unwrap();
    };
    db.execute_batch(
        "INSERT INTO tenants (id, name, added_at) VALUES (1, 'default', 1); \
         INSERT INTO connections (id, tenant, name, plugin, digest, settings, grants, buckets, revision) VALUES \
             (1, 1, 'rmm', 'p', 'd', '{}', '{}', '{}', 1), (2, 1, 'psa', 'p', 'd', '{}', '{}', '{}', 1); \
         INSERT INTO syncs (id, tenant, name, source, target, rules, revision) VALUES (1, 1, 's', 1, 2, '{}', 1); \
         INSERT INTO records (tenant, connection, kind, id, digest, seen_at, name, fields) VALUES \
             (1, 2, 'customer', 't1', x'00', 1, 'Umbrella', '{}');",
    )
    .unwrap();
    for (kind, source, state, target) in [
        ("customer", "a", "linked", "t1"),
        ("customer", "b", "linked", "t1"),
        ("customer", "c", "linked", "t2"),
        ("customer", "d", "broken", "t1"),
        ("location", "e", "linked", "t3"),
        ("location", "f", "linked", "t3"),
    ] {
        link(kind, source, state, target);
    }
    drop(db);
    bring_up_to_date(&path, SOON, &all).unwrap();
    let db = Connection::open(&path).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut select = db.prepare(sql).unwrap();
        select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let states = texts("SELECT source || ' ' || state || ' ' || coalesce(target, '-') FROM links ORDER BY source");
    let expected = ["a conflict -", "b conflict -", "c linked t2", "d broken t1", "e linked t3", "f linked t3"];
    assert_eq!(states, expected);
    let reasons = texts("SELECT DISTINCT reason || candidates FROM links WHERE state = 'conflict'");
    let [reason] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert!(reason.contains("to which another was linked as well") && reason.contains("Umbrella"), "{reason}");
    assert_eq!(texts("SELECT source || ' ' || target FROM journal ORDER BY source"), ["a t1", "b t1"]);
    let events = texts("SELECT DISTINCT event FROM journal");
    assert_eq!(events.iter().map(|word| word.parse()).collect::<Vec<_>>(), [Ok(Event::Conflict)]);
}

#[test]
fn a_database_of_version_7_keeps_all_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let all = embedded::migrations::runner();
    let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() <= 7).cloned().collect();
    bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
    let rows = || -> Vec<(String, i64)> {
        let db = Connection::open(&path).unwrap();
        let count = |table: String| {
            let rows = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
            (table, rows)
        };
        tables(&path).into_iter().filter(|table| !table.starts_with("sqlite")).map(count).collect()
    };
    Connection::open(&path).unwrap().execute_batch(include_str!("../tests/version_7.sql")).unwrap();
    let old = rows();
    assert!(old.iter().all(|(_, rows)| *rows > 0), "each table holds something: {old:?}");
    bring_up_to_date(&path, SOON, &all).unwrap();
    let new = rows();
    for one in &old {
        // Calls count for an account now: those of at most one window are forgotten.
        assert!(new.contains(one) || one.0 == "budget", "{one:?} became {new:?}");
    }
    let db = Connection::open(&path).unwrap();
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    assert!(!db.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap());
    // What the steps made of it: a whole read stays whole, a kind that was written is beyond its first run.
    let one = |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(one("SELECT group_concat(walked, ' ') FROM reads"), "1 0");
    assert_eq!(one("SELECT group_concat(kind, ' ') FROM first_runs"), "customer");
    assert_eq!(one("SELECT grants ->> '$.api.reads[0].form' FROM connections WHERE id = 1"), "query");
    assert_eq!(one("SELECT number || ' ' || bytes FROM stored"), "1 15");
}

#[test]
fn a_migration_that_fails_half_way_leaves_the_old_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let first = version(1, "CREATE TABLE a (x)");
    let old = Runner::new(std::slice::from_ref(&first));
    bring_up_to_date(&path, SOON, &old).unwrap();

    let second = version(2, "CREATE TABLE b (x)");
    let broken = version(3, "CREATE TABLE c (x); INSERT INTO nowhere VALUES (1)");
    let new = Runner::new(&[first.clone(), second.clone(), broken]);
    let error = bring_up_to_date(&path, SOON, &new).unwrap_err();
    assert!(matches!(error, StoreError::Migration(_)), "{error}");
    assert_eq!(tables(&path), ["a"]);
    bring_up_to_date(&path, SOON, &old).unwrap();

    let good = Runner::new(&[first, second]);
    bring_up_to_date(&path, SOON, &good).unwrap();
    assert_eq!(tables(&path), ["a", "b"]);
    let error = bring_up_to_date(&path, SOON, &old).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
}

#[test]
fn reads_that_were_granted_before_they_had_a_form_are_searches() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let all = embedded::migrations::runner();
    let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() < 13).cloned().collect();
    bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
    let grants = r#"{"api":{"base":"https://x.example","hosts":null,"reads":["/a/*/query","/b"]},"web":{"base":null,"hosts":"https://y.example","reads":[]}}"#;
    Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "INSERT INTO tenants (id, name, added_at) VALUES (1, 'default', 0); \
             INSERT INTO connections (tenant, name, plugin, digest, settings, grants, buckets, revision) VALUES \
             (1, 'psa', 'p', 'd', '{{}}', '{grants}', '{{}}', 1), (1, 'rmm', 'p', 'd', '{{}}', '{{}}', '{{}}', 1);"
        ))
        .unwrap();
    bring_up_to_date(&path, SOON, &all).unwrap();
    let read = |name: &str| -> crosswalk_model::Grants {
        let db = Connection::open(&path).unwrap();
        let text: String =
            db.query_row("SELECT grants FROM connections WHERE name = ?1", [name], |row| row.get(0)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let psa = read("psa");
    let told: Vec<String> = psa["api"].reads.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["/a/*/query (search)", "/b (search)"]);
    assert_eq!(
        (psa["api"].base.as_deref(), psa["web"].hosts.as_deref()),
        (Some("https://x.example"), Some("https://y.example"))
    );
    assert!(read("rmm").is_empty());
}

#[test]
fn the_name_of_a_failure_is_kept_beside_its_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let all = embedded::migrations::runner();
    let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() < 21).cloned().collect();
    bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (sequence, status, message) in [
        (1, "failed", "rejected: no such product: p"),
        (2, "uncertain", "not-found: it is gone"),
        (3, "skipped", "it waits for the customer c: it is not linked"),
        (4, "pending", "unavailable: put back"),
        (5, "failed", "no colon"),
    ] {
        db.execute(
            "INSERT INTO change_states (tenant, plan, sequence, kind, action, status, message) \
             VALUES (1, 1, ?1, 'usage', 'update', ?2, ?3)",
            rusqlite::params![sequence, status, message],
        )
        .unwrap();
    }
    drop(db);
    bring_up_to_date(&path, SOON, &all).unwrap();
    let db = Connection::open(&path).unwrap();
    let failures: Vec<_> = pair(&db, "SELECT failure, message FROM change_states ORDER BY sequence")
        .into_iter()
        .map(|(failure, _)| failure)
        .collect();
    assert_eq!(failures, [text("rejected"), text("not-found"), None, None, None]);
}

#[test]
fn what_stood_among_the_fields_of_changes_and_links_becomes_their_step_and_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("db");
    let all = embedded::migrations::runner();
    let before: Vec<Migration> = all.get_migrations().iter().filter(|one| one.version() < 20).cloned().collect();
    bring_up_to_date(&path, SOON, &Runner::new(&before)).unwrap();
    let db = Connection::open(&path).unwrap();
    put_as_before_steps(&db);
    drop(db);
    bring_up_to_date(&path, SOON, &all).unwrap();

    let db = Connection::open(&path).unwrap();
    let changes = pair(&db, "SELECT step, fields FROM changes ORDER BY plan, sequence");
    let step = |at: usize| changes[at].0.as_deref().map(|text| serde_json::from_str::<Step>(text).unwrap());
    let line = LineStep {
        contract: text("k"),
        service: text("s"),
        counted: Some(18),
        parts: Some(both_parts()),
        replaces: vec![Replaced { source: "c/p".to_owned(), line: "l".to_owned() }],
        rests: vec![Rest { part: "c/p".to_owned(), leader: "a/p".to_owned(), line: "sum".to_owned() }],
        leaves: vec![day("d/p")],
        since: vec![day("d/p")],
        moves: false,
    };
    assert_eq!(step(0), Some(Step::Line(Box::new(line))));
    assert_eq!(changes[0].1, r#"{"quantity":[5,18],"effective":[{"t":"2026-11-21T00:00:00Z"}]}"#);
    let only = |moves| Step::Line(Box::new(LineStep { contract: text("k"), moves, ..LineStep::default() }));
    assert_eq!((step(1), step(2)), (Some(only(false)), Some(only(true))));
    assert_eq!(changes[1].1, r#"{"quantity":[3],"product":["p"],"name":["Endpoint"]}"#, "a create says its product");
    assert_eq!(changes[2].1, r#"{"quantity":[3,0]}"#);
    let activity = |at: &str, touched| Some(Activity { at: at.to_owned(), touched });
    let none = TicketStep::default;
    assert_eq!(step(3), Some(Step::Ticket(TicketStep { lead: text("1"), ..none() })));
    assert_eq!(step(4), Some(Step::Ticket(TicketStep { account: text("a9"), ..none() })));
    let touched = activity("2026-03-01T09:00:00Z", true);
    assert_eq!(step(5), Some(Step::Ticket(TicketStep { activity: touched, ..none() })));
    assert_eq!(step(6), Some(Step::Ticket(TicketStep { activity: activity("2026-03-01", false), ..none() })));
    assert_eq!((changes[3].1.as_str(), changes[6].1.as_str()), ("{}", r#"{"closed":[false,true]}"#));
    assert_eq!(step(7), Some(Step::CreateSource));
    assert_eq!((step(8), changes[8].1.as_str()), (None, OWN_WORDS), "a vendor's own fields stay fields");
    assert_eq!(step(9), Some(Step::Undo(Head { before: text("t1"), after: None })));
    assert_eq!(changes[9].1, r#"{"model":["b","a"]}"#);

    check_memories(&db);
    check_journal(&db);
}

/// A vendor's own fields, under names that had a meaning before.
const OWN_WORDS: &str = r#"{"contract":["a","b"],"counted":[7],"linked to":["x","y"],"ticket":["z"],"moves":[true]}"#;

fn pair(db: &Connection, sql: &str) -> Vec<(Option<String>, String)> {
    let mut select = db.prepare(sql).unwrap();
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn day(line: &str) -> PartDay {
    PartDay { line: line.to_owned(), day: "2026-11-21".parse().unwrap() }
}

fn count(line: &str, counted: Option<i64>) -> PartCount {
    PartCount { line: line.to_owned(), counted }
}

fn both_parts() -> Vec<PartCount> {
    vec![count("c/p", Some(8)), count("d\"/p", None)]
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Stores changes, links and decisions as versions before 20 did.
fn put_as_before_steps(db: &Connection) {
    db.execute_batch(
        "PRAGMA foreign_keys = OFF; INSERT INTO tenants (id, name, added_at) VALUES (1, 'default', 1); \
         INSERT INTO plans (id, tenant, sync, run, made_at, totals, undecided, whole, undoes) VALUES \
             (1, 1, 1, 1, 1, '[]', 0, 1, NULL), (2, 1, 1, 2, 1, '[]', 0, 1, 1);",
    )
    .unwrap();
    let days = r#"{"j":"[{\"line\":\"d/p\",\"day\":\"2026-11-21\"}]"}"#;
    let parts = r#"{"j":"[{\"counted\":8,\"line\":\"c/p\"},{\"counted\":null,\"line\":\"d\\\"/p\"}]"}"#;
    let old_line = format!(
        r#"{{"quantity":[5,18],"effective":[{{"t":"2026-11-21T00:00:00Z"}}],"counted":[18],"product":["p"],"contract":["k"],"service":["s"],"parts":[{parts}],"leaves":[{days}],"since":[{days}],"rests":[{{"j":"[{{\"part\":\"c/p\",\"source\":\"a/p\",\"line\":\"sum\"}}]"}}],"replaces":[{{"j":"[{{\"source\":\"c/p\",\"line\":\"l\"}}]"}}]}}"#
    );
    let undone = r#"{"model":["b","a"],"linked to":["t1",null]}"#;
    for (plan, sequence, kind, action, fields) in [
        (1, 1, "usage", "update", old_line.as_str()),
        (1, 2, "usage", "create", r#"{"quantity":[3],"product":["p"],"contract":["k"],"name":["Endpoint"]}"#),
        (1, 3, "usage", "retire", r#"{"quantity":[3,0],"product":["p"],"contract":["k"],"moves":[true]}"#),
        (1, 4, "alert", "link", r#"{"ticket":["1"]}"#),
        (1, 5, "alert", "open", r#"{"name":["PC is full"],"account":["a9"]}"#),
        (1, 6, "alert", "append", r#"{"note":["Again"],"last-activity":[{"t":"2026-03-01T09:00:00Z"},null]}"#),
        (1, 7, "alert", "close", r#"{"closed":[false,true],"last-activity":["2026-03-01","2026-03-01"]}"#),
        (1, 8, "customer", "create-source", r#"{"name":["Alpha"]}"#),
        (1, 9, "asset", "update", OWN_WORDS),
        (2, 1, "asset", "unlink", undone),
    ] {
        db.execute(
            "INSERT INTO changes (tenant, plan, sequence, kind, action, customer, source, name, risk, calls, link_revision, \
                 reason, fields) VALUES (1, ?1, ?2, ?3, ?4, 'c', 's', 'n', 'low', 1, 1, 'r', ?5)",
            rusqlite::params![plan, sequence, kind, action, fields],
        )
        .unwrap();
    }
    let remembered = format!(
        r#"{{"quantity":18,"counted":18,"had":5,"contract":"k","product":"p","effective":{{"t":"2026-11-21T00:00:00Z"}},"parts":{parts},"since":{days},"left":{days},"changed":{days},"former":{{"j":"[\"old\"]"}},"ended":{{"t":"2026-11-20T00:00:00Z"}}}}"#
    );
    let ticket = r#"{"touched":true,"last-activity":{"t":"2026-03-01T09:00:00.1239Z"},"closed-at":{"t":"2026-03-01T12:30:00.123Z"}}"#;
    for (kind, source, target_kind, written, sent) in [
        ("usage", "c/p", "usage", remembered.as_str(), None),
        ("usage", "c/q", "usage", "{}", Some(r#"{"counted":0}"#)),
        ("usage", "c/r", "usage", "{}", None),
        ("alert", "1", "ticket", ticket, Some("{}")),
        ("asset", "d1", "asset", r#"{"counted":7}"#, Some(r#"{"counted":8}"#)),
    ] {
        db.execute(
            "INSERT INTO links (tenant, sync, kind, source, target_kind, revision, state, made, decided_by, decided_at, reason, \
                 written, sent) VALUES (1, 1, ?1, ?2, ?3, 1, 'linked', 0, 'x', 1, 'r', ?4, ?5)",
            rusqlite::params![kind, source, target_kind, written, sent],
        )
        .unwrap();
    }
    let decided = r#"{"decision":"1","by":"operator","before":{"kind":"usage","target_kind":"usage","sent":{"quantity":{"i":18},"contract":{"s":"k"},"effective":{"t":"2026-11-21T00:00:00Z"},"parts":{"j":"[{\"line\":\"c/p\",\"counted\":8}]"}},"written":{}},"after":{"kind":"usage","target_kind":"usage","sent":{},"written":{}}}"#;
    db.execute("INSERT INTO journal (tenant, at, event, message, detail) VALUES (1, 1, 'decided', 'm', ?1)", [decided])
        .unwrap();
    let left_out = r#"{"decision":"2","by":"operator","before":{"kind":"alert","target_kind":"ticket","sent":{},"written":{"touched":{"b":true},"last-activity":{"t":"2026-03-01T09:00:00Z"}}},"after":{"kind":"alert","target_kind":"ticket","sent":{},"written":{}}}"#;
    db.execute(
        "INSERT INTO journal (tenant, at, event, message, detail) VALUES (1, 2, 'decided', 'm', ?1)",
        [left_out],
    )
    .unwrap();
}

fn check_memories(db: &Connection) {
    let links = pair(db, "SELECT memory, written || ' ' || coalesce(sent, '-') FROM links ORDER BY number");
    let memory = |at: usize| links[at].0.as_deref().map(|text| serde_json::from_str::<Memory>(text).unwrap());
    let known = LineMemory {
        quantity: Some(18),
        counted: Some(18),
        had: Some(5),
        contract: text("k"),
        effective: Some(day("").day),
        parts: Some(both_parts()),
        since: vec![day("d/p")],
        left: vec![day("d/p")],
        ended: Some("2026-11-20".parse().unwrap()),
        former: vec!["old".to_owned()],
        changed: vec![day("d/p")],
    };
    assert_eq!(memory(0), Some(Memory::Line(Box::new(known))));
    assert_eq!(memory(1), Some(Memory::Line(Box::new(LineMemory { counted: Some(0), ..LineMemory::new() }))));
    assert_eq!(memory(2), None, "nothing was remembered");
    let left = TicketMemory {
        touched: true,
        last_activity: text("2026-03-01T09:00:00.1239Z"),
        closed_at: Timestamp::parse("2026-03-01T12:30:00.123Z"),
        reopened_at: None,
    };
    assert_eq!(memory(3), Some(Memory::Ticket(Box::new(left))));
    assert!(links[..4].iter().all(|(_, fields)| fields == "{} -"), "{links:?}");
    assert_eq!(links[4], (None, r#"{"counted":7} {"counted":8}"#.to_owned()));
}

fn check_journal(db: &Connection) {
    let entries = pair(
        db,
        "SELECT detail -> '$.before.memory', detail -> '$.before.sent' FROM journal WHERE event = 'decided' ORDER BY id",
    );
    let before: Memory = serde_json::from_str(entries[0].0.as_deref().unwrap()).unwrap();
    let known = LineMemory {
        quantity: Some(18),
        contract: text("k"),
        effective: Some(day("").day),
        parts: Some(vec![count("c/p", Some(8))]),
        ..LineMemory::new()
    };
    assert_eq!((before, entries[0].1.as_str()), (Memory::Line(Box::new(known)), "{}"));
    let before: Memory = serde_json::from_str(entries[1].0.as_deref().unwrap()).unwrap();
    let left = TicketMemory { touched: true, last_activity: text("2026-03-01T09:00:00Z"), ..TicketMemory::default() };
    assert_eq!(before, Memory::Ticket(Box::new(left)));
}
