//! Signals and the schedule, by the real program: a stop in the middle loses nothing, a
//! second signal ends it at once, and what is due is done by one of several.

use super::Office;
use crate::harness::program::{Said, Started};
use crosswalk_sims::Size;
use std::process::Command;
use std::time::{Duration, Instant};

fn signal(started: &Started, name: &str) {
    assert!(Command::new("kill").args([name, &started.id().to_string()]).status().unwrap().success());
}

fn until(what: &str, mut reached: impl FnMut() -> bool) {
    let waiting = Instant::now();
    while !reached() {
        assert!(waiting.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nothing is under way in the database, and nothing may have been written unknown to it.
fn assert_at_rest(office: &Office) {
    let db = rusqlite::Connection::open(office.program.folder().join("crosswalk.db")).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM runs WHERE status = 'running'"), 0);
    assert_eq!(count("SELECT count(*) FROM change_states WHERE status IN ('intended', 'accepted')"), 0);
}

fn newest_run(office: &Office) -> serde_json::Value {
    office.program.run("runs --json").ends(0).json()[0].clone()
}

fn assert_everything_once(office: &Office) {
    assert_eq!(office.psa.configuration_items().len(), crate::harness::told_apart(&office.rmm.devices()));
    assert!(office.psa.duplicates().is_empty());
}

#[test]
fn a_signal_amid_the_pages_ends_the_run_as_itself_and_the_next_completes() {
    let office = Office::sized(Size::new(3, 4, 700));
    office.rmm.set_latency(Duration::from_millis(150));
    let plan = office.program.start("plan s");
    until("amid the devices", || office.rmm.counts().of("GET", "assets") >= 2);
    signal(&plan, "-TERM");
    let stopped = plan.wait().ends(130);
    assert!(stopped.out.is_empty(), "{}", stopped.whole());
    assert!(stopped.err.contains("interrupted: the next run continues from there"), "{}", stopped.whole());
    assert_at_rest(&office);
    let run = newest_run(&office);
    assert_eq!(run["status"], "partial");
    assert!(run["message"]["text"].as_str().unwrap().contains("stopped on request"), "{run}");
    office.rmm.set_latency(Duration::ZERO);
    let next = office.program.run("plan s --json").ends(3).json();
    assert_eq!(next["complaints"], serde_json::json!([]));
}

#[test]
fn a_signal_amid_the_writes_leaves_the_rest_to_the_next_and_doubles_nothing() {
    let office = Office::sized(Size::new(3, 4, 700));
    office.plan(3);
    office.psa.set_latency(Duration::from_millis(10));
    let apply = office.program.start("apply 1 --yes --release first-run");
    until("amid the writes", || office.psa.counts().writes >= 30);
    signal(&apply, "-INT");
    let stopped = apply.wait().ends(130);
    assert!(stopped.out.contains("partial") && stopped.out.contains("stopped on request"), "{}", stopped.whole());
    let written = office.psa.counts().writes;
    assert!((30..700).contains(&written), "{written}");
    assert_at_rest(&office);
    assert_eq!(newest_run(&office)["counts"]["writes"], written);
    office.psa.set_latency(Duration::ZERO);
    office.program.run("apply 1 --yes --release first-run").ends(0);
    assert_everything_once(&office);
    office.plan(0);
}

#[test]
fn a_second_signal_ends_a_write_that_hangs_and_the_next_run_looks_it_up() {
    let office = Office::sized(Size::new(2, 2, 6));
    office.plan(3);
    office.psa.faults().set("hang", "writes").unwrap();
    let apply = office.program.start("apply 1 --yes --release first-run");
    until("a write hangs", || office.psa.faults().fired("hang") > 0);
    signal(&apply, "-TERM");
    std::thread::sleep(Duration::from_millis(300));
    let hurry = Instant::now();
    signal(&apply, "-TERM");
    let dropped = apply.wait().ends(130);
    assert!(dropped.err.contains("the next run looks up"), "{}", dropped.whole());
    assert!(hurry.elapsed() < Duration::from_secs(10), "{:?}", hurry.elapsed());
    office.psa.faults().clear();
    // What hung may still arrive: it is looked up, and waits for its time or a person.
    let waits = office.program.run("apply 1 --yes --release first-run").ends(4);
    assert!(waits.out.contains("is not settled"), "{}", waits.whole());
    super::guests::settle_as_not_written(&office.program);
    office.program.run("apply 1 --yes --release first-run").ends(0);
    assert_everything_once(&office);
}

#[test]
fn work_does_what_is_due_beside_another_and_ends_well_when_it_is_stopped() {
    let office = Office::in_step();
    let program = &office.program;
    assert_eq!(program.run("work --once").ends(0).out, "", "nothing is due");
    program.run("sync set s --trust automatic --every 1").ends(0);
    office.rmm.rename_device(&office.rmm.devices()[0].id, "RENAMED");
    let workers = [program.start("work --json"), program.start("work --json")];
    until("the new name arrives", || {
        office.psa.configuration_items().iter().any(|row| row["referenceTitle"] == "RENAMED")
    });
    let shown = || program.run("sync show s --json").ends(0).json()["schedules"][0].clone();
    until("it is noted", || shown()["running_since"].is_null());
    for worker in &workers {
        signal(worker, "-TERM");
    }
    let said: Vec<Said> = workers.into_iter().map(|worker| worker.wait().ends(0)).collect();
    let lines: Vec<serde_json::Value> = said
        .iter()
        .flat_map(|said| said.out.lines())
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["outcome"], &lines[0]["of"]), (&"done".into(), &"s".into()));
    assert_at_rest(&office);
    let schedule = shown();
    assert_eq!((&schedule["every_minutes"], &schedule["failures"]), (&1.into(), &0.into()));
    let text = program.run("sync list").ends(0);
    assert!(text.out.contains("1 min"), "{}", text.whole());
}

#[test]
fn work_that_is_stopped_amid_a_job_takes_it_up_again_at_once() {
    let office = Office::sized(Size::new(3, 4, 700));
    office.program.run("sync set s --trust automatic --no-first-run-hold --every 1").ends(0);
    office.psa.set_latency(Duration::from_millis(10));
    let worker = office.program.start("work --quiet");
    until("amid the writes", || office.psa.counts().writes >= 30);
    signal(&worker, "-TERM");
    let said = worker.wait().ends(0);
    assert!(said.out.contains("stopped"), "{}", said.whole());
    assert!(office.psa.counts().writes < 700);
    assert_at_rest(&office);
    office.psa.set_latency(Duration::ZERO);
    let again = office.program.run("work --once").ends(0);
    assert!(again.out.contains("sync s  done"), "{}", again.whole());
    assert_everything_once(&office);
}

#[test]
fn a_sync_is_set_paused_swapped_and_removed() {
    let office = Office::in_step();
    let program = &office.program;
    program.run("sync set s --grace-hours 5 --no-create customer --every 90").ends(0);
    let shown = program.run("sync show s --json").ends(0).json();
    assert_eq!(shown["sync"]["rules"]["grace-hours"], 5);
    assert_eq!(shown["sync"]["rules"]["kinds"]["customer"]["create"], false);
    assert_eq!(shown["sync"]["rules"]["kinds"]["asset"]["create"], true);
    assert_eq!((&shown["sync"]["revision"], &shown["schedules"][0]["every_minutes"]), (&2.into(), &90.into()));
    program.run("sync set s --every never").ends(0);
    let shown = program.run("sync show s --json").ends(0).json();
    assert_eq!((&shown["sync"]["revision"], shown["schedules"].as_array().unwrap().len()), (&2.into(), 0));
    program.run("sync set s --every 0").refused(1, &["every 0 minutes is not a possible interval", "never"]);
    program.run("sync set s --every soon").ends(2);
    program.run("sync set s --alerts-every 5").refused(1, &["alerts take no part", "--kinds"]);
    program.run("sync set nobody --every 5").refused(1, &["there is no sync `nobody`"]);
    program.run("sync set s --kinds asset").refused(1, &["belong to customers"]);
    let paused = program.run("sync pause s").ends(0);
    assert!(paused.out.contains("crosswalk sync resume s"), "{}", paused.whole());
    program.run("sync resume s").ends(0);

    program.run("sync swap s").ends(2);
    program.run("sync swap s --to psa").refused(1, &["has that connection already"]);
    program.run("sync swap s --to nowhere").refused(1, &["there is no connection `nowhere`"]);
    let (url, user) = (office.psa.url(), office.psa.user());
    let args = super::PSA;
    program
        .run(&format!("connection add psa2 {args} --set user={user} --endpoint discovery={url} --endpoint zone={url}"))
        .ends(0);
    let swapped = program.run("sync swap s --to psa2 --as t").ends(0);
    for words in ["s is paused and keeps its", "proposed", "crosswalk sync resume s"] {
        assert!(swapped.out.contains(words), "{words}: {}", swapped.whole());
    }
    let links = |sync: &str| program.run(&format!("link list {sync} --state linked --json")).ends(0).json();
    let kept = links("s").as_array().unwrap().len();
    assert!(kept > 10);

    program.run("sync remove t").refused(2, &["nobody can confirm", "crosswalk sync remove t --yes"]);
    let removed = program.run("sync remove t --yes").ends(0);
    assert!(removed.out.contains("sync t removed: its rules"), "{}", removed.whole());
    program.run("sync show t").refused(1, &["there is no sync `t`"]);
    let journal = program.run("journal --event sync-removed").ends(0);
    assert!(journal.out.contains("t: rmm to psa2"), "{}", journal.whole());
    assert_eq!(links("s").as_array().unwrap().len(), kept);
    program.run("sync resume s").ends(0);
    office.plan(0);
}
