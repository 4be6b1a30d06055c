//! The main job by hand: plan, apply, links in a spreadsheet, the lists, the exit codes;
//! two at once, and a database that cannot be used.

use super::Office;
use crate::harness::program::Program;
use std::process::Command;
use std::time::Duration;

#[test]
fn a_plan_is_shown_approved_applied_and_nothing_is_left() {
    let office = Office::connected();
    let program = &office.program;
    let planned = program.run("plan s").ends(3);
    for words in ["plan 1 of s: ", "KIND", "CREATE", "HELD BY", "first-run", "crosswalk apply 1 --release first-run"] {
        assert!(planned.out.contains(words), "{words}: {}", planned.whole());
    }
    program.run("apply 1").refused(2, &["nobody can confirm", "crosswalk apply 1 --yes"]);
    program.run("apply 1 --yes").ends(5);
    assert_eq!(office.psa.counts().writes, 0, "what a brake holds is not written");
    let applied = program.run("apply 1 --yes --release first-run").ends(0);
    assert!(applied.out.contains("succeeded") && applied.err.is_empty(), "{}", applied.whole());
    assert_eq!(office.psa.configuration_items().len(), office.rmm.devices().len());
    assert!(office.psa.duplicates().is_empty());
    office.psa.reset_counts();
    let again = program.run("plan s").ends(0);
    assert!(again.out.contains("nothing to do"), "{}", again.whole());
    program.run("run s").ends(0);
    assert_eq!(office.psa.counts().writes, 0);

    let device = &office.rmm.devices()[0].id;
    let why = program.run(&format!("why s asset {device}")).ends(0);
    for words in
        ["in step: linked by", "\n  1. source    `rmm` has it as", "customer  it belongs to", "written   created at"]
    {
        assert!(why.out.contains(words), "{words}: {}", why.whole());
    }
    assert!(!why.out.contains("LAST WRITTEN"), "{}", why.whole());
    let why = program.run(&format!("why s asset {device} --fields")).ends(0);
    for words in ["FIELD", "LAST WRITTEN", "serial-number", "created"] {
        assert!(why.out.contains(words), "{words}: {}", why.whole());
    }
    program.run("why s asset nobody").refused(1, &["nobody"]);
    let journal = program.run("journal s --event created --kind customer").ends(0);
    assert_eq!(journal.out.lines().count(), 1 + office.rmm.organisations().len(), "{}", journal.whole());
    program.run("plan nowhere").refused(1, &["there is no sync `nowhere`", "crosswalk sync list"]);
    program.run("apply 99 --yes").refused(1, &["99"]);
    program.run("--tenant other connection list").refused(1, &["there is no tenant `other`", "crosswalk tenant list"]);
}

#[test]
fn what_is_done_is_kept_with_who_typed_it() {
    let mut office = Office::connected();
    office.program.variable("USER", "crosswalk");
    office.program.variable("SUDO_USER", "anna");
    let program = &office.program;
    program.run("plan s").ends(3);
    program.run("apply 1 --yes --release first-run").ends(0);
    let runs = program.run("runs s --json").ends(0).json();
    let actors: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["actor"].as_str().unwrap()).collect();
    assert_eq!(actors, ["local:anna", "local:anna"]);
    let shown = program.run("plan --show 1").ends(0);
    assert!(shown.out.contains(" by local:anna"), "{}", shown.whole());
    let released = program.run("journal s --event released").ends(0);
    assert!(released.out.contains("local:anna") && released.out.contains("first-run"), "{}", released.whole());
    let by = |actor: &str| program.run(&format!("journal s --by {actor} --limit 500 --json")).ends(0).json();
    assert!(by("local:anna").as_array().unwrap().len() > office.rmm.devices().len());
    assert_eq!(by("schedule"), serde_json::json!([]));
    let wrong = program.run("journal s --by anna").ends(2);
    assert!(wrong.err.contains("`anna` is not an actor: use local:NAME"), "{}", wrong.whole());
}

#[test]
fn a_run_is_undone_after_it_was_shown() {
    let office = Office::in_step();
    let program = &office.program;
    let asked = program.run("run undo 2").refused(2, &["nobody can confirm", "crosswalk apply 3 --yes"]);
    for words in ["plan 3 of s, undoes run 2: ", "DEACTIVATE", "linked to: "] {
        assert!(asked.err.contains(words), "{words}: {}", asked.whole());
    }
    program.run("run undo 1").refused(1, &["run 1 applied nothing", "crosswalk runs s"]);
    program.run("run undo 99").refused(1, &["there is no run `99`"]);
    program.run("run undo").ends(2);
    program.run("run").ends(2);
    program.run("run -- undo").refused(1, &["there is no sync `undo`"]);
    office.psa.reset_counts();
    let undone = program.run("run undo 2 --yes").ends(0);
    for words in ["undoes run 2", "because: undoes “create” of run 2", "undid run 2"] {
        assert!(undone.out.contains(words), "{words}: {}", undone.whole());
    }
    assert!(office.psa.configuration_items().iter().all(|row| row["isActive"] == false));
    assert!(office.psa.counts().writes > 0);
    office.plan(0);
    program.run("run undo 2 --yes").refused(1, &["run 2 was undone already, by run"]);
    let organisation = office.rmm.organisations()[0].0;
    let why = program.run(&format!("why s customer {organisation}")).ends(0);
    for words in ["left out: excluded by an undo", &format!("crosswalk link create s customer {organisation}")] {
        assert!(why.out.contains(words), "{words}: {}", why.whole());
    }
    let runs = program.run("runs s --json").ends(0).json();
    let undo =
        runs.as_array().unwrap().iter().find(|run| run["message"]["text"] == "undid run 2").unwrap()["id"].clone();
    let again = program.run(&format!("run undo {undo} --yes --json")).ends(0).json();
    assert_eq!(again["plan"]["plan"]["undoes"], undo);
    assert_eq!(again["applied"]["run"]["status"], "succeeded");
    assert!(office.psa.configuration_items().iter().all(|row| row["isActive"] == true));
    office.plan(0);
}

#[test]
fn an_asset_is_refreshed_by_hand() {
    let office = Office::in_step();
    let (program, device) = (&office.program, office.rmm.devices()[0].id.clone());
    office.rmm.rename_device(&device, "NEW-NAME-01");
    office.psa.reset_counts();
    let said = program.run(&format!("asset refresh s {device}")).ends(0);
    for words in [device.as_str(), "update asset NEW-NAME-01", "[done]", "name: ", " -> NEW-NAME-01"] {
        assert!(said.out.contains(words), "{words}: {}", said.whole());
    }
    assert_eq!(office.psa.counts().writes, 1);
    let again = program.run(&format!("asset refresh s {device}")).ends(0);
    assert!(again.out.contains("is already up to date"), "{}", again.whole());
    program.run("asset refresh s nobody").refused(1, &["there is no link of `asset nobody`", "crosswalk plan s"]);
}

#[test]
fn a_program_gets_one_json_document_of_everything() {
    let office = Office::in_step();
    let program = &office.program;
    let organisation = office.rmm.organisations()[0].0;
    let why = format!("why s customer {organisation}");
    let refresh = format!("asset refresh s {}", office.rmm.devices()[0].id);
    for line in [
        "plugin list",
        "plugin inspect autotask",
        "tenant list",
        "connection list",
        "connection show psa",
        "connection check rmm",
        "connection choices psa owner-resource-id",
        "sync list",
        "sync show s",
        "link list s",
        "link export s",
        "plan s",
        "plan --list s",
        "plan --show 1",
        "run s",
        "runs",
        "runs s",
        "journal",
        "journal s",
        &why,
        &refresh,
    ] {
        let said = program.run(&format!("{line} --json")).ends(0);
        let document = said.json();
        assert!(document.is_object() || document.is_array(), "{}", said.whole());
        assert!(said.err.is_empty(), "{}", said.whole());
        let text = program.run(line).ends(0);
        assert!(!text.out.is_empty(), "{}", text.whole());
        assert!(serde_json::from_str::<serde_json::Value>(&text.out).is_err(), "a person gets text: {}", text.whole());
    }
    let failed = program.run("plan nowhere --json").ends(1);
    assert!(failed.out.is_empty(), "{}", failed.whole());
    let error: serde_json::Value = serde_json::from_str(&failed.err).unwrap();
    assert_eq!(
        (error["error"]["text"].as_str(), error["exit"].as_u64()),
        (Some("there is no sync `nowhere`"), Some(1))
    );
    assert!(error["hint"]["text"].as_str().is_some_and(|hint| hint.contains("sync list")), "{error}");
    program.run("plan").ends(2);
    program.run("fly").ends(2);
}

#[test]
fn links_go_out_and_in_as_csv_and_a_file_with_bad_rows_changes_nothing() {
    let office = Office::in_step();
    let program = &office.program;
    let file = program.folder().join("links.csv");
    let links = || program.run("link list s --json").ends(0).json();
    let before = links();
    program.run(&format!("link export s {}", file.display())).ends(0);
    let imported = program.run(&format!("link import s {}", file.display())).ends(0);
    assert_eq!(imported.out, "0 links changed; next: crosswalk plan s\n");
    assert_eq!(links(), before);

    let organisations = office.rmm.organisations();
    let (one, two) = (organisations[0].0, organisations[1].0);
    let rows = format!(
        "kind,source,state,target\n\
         customer,{one},excluded,\n\
         customer,{two},linked,\n\
         planet,{two},create,\n\
         customer,{two},married,\n\
         customer,nobody,create,\n\
         customer,{two},linked,nobody\n\
         customer,{one},create,\n\
         customer\n"
    );
    std::fs::write(&file, rows).unwrap();
    let said = program.run(&format!("link import s {}", file.display())).refused(1, &["7 wrong, nothing was taken"]);
    for line in 3..=9 {
        assert!(said.err.contains(&format!("row {line}: ")), "line {line}: {}", said.whole());
    }
    assert!(!said.err.contains("row 2: "), "{}", said.whole());
    assert_eq!(links(), before, "the good row was taken");

    std::fs::write(&file, format!("kind,source,state\ncustomer,{one},excluded\n")).unwrap();
    assert_eq!(program.run(&format!("link import s {} --json", file.display())).ends(0).json()["changed"], 1);
    let excluded = program.run("link list s --state excluded --json").ends(0).json();
    assert_eq!(excluded[0]["source"], one.to_string());
    program.run("link import s no/such/file.csv").ends(1);
}

#[test]
fn a_plan_that_went_stale_is_refused_change_by_change_and_an_older_one_as_a_whole() {
    let office = Office::in_step();
    let devices = office.rmm.devices();
    office.rmm.rename_device(&devices[1].id, "RENAMED-1");
    let older = office.plan(3);
    office.rmm.rename_device(&devices[1].id, "RENAMED-2");
    let newer = office.plan(3);
    office.psa.reset_counts();
    let superseded = format!("plan {older} is superseded by plan {newer}");
    let said = office.program.run(&format!("apply {older} --yes")).refused(1, &[superseded.as_str()]);
    assert!(said.err.contains(&format!("crosswalk apply {newer}")) && !said.out.contains("stale"), "{}", said.whole());
    assert_eq!(office.psa.counts().writes, 0);
    office.program.run(&format!("apply {newer} --yes")).ends(0);

    office.rmm.rename_device(&devices[0].id, "RENAMED-0");
    let old = office.plan(3);
    office.program.run(&format!("asset refresh s {}", devices[0].id)).ends(0);
    office.psa.reset_counts();
    let said = office.program.run(&format!("apply {old} --yes")).ends(1);
    assert!(said.out.contains("1 stale") && said.out.contains("was changed in the target since"), "{}", said.whole());
    assert!(said.out.contains("crosswalk plan s"), "what to do: {}", said.whole());
    assert_eq!(office.psa.counts().writes, 0);
    office.plan(0);
}

#[test]
fn two_at_once_on_one_sync_the_second_is_told_and_the_first_can_be_stopped() {
    let office = Office::connected();
    office.rmm.faults().set("hang", "on").unwrap();
    let first = office.program.start("plan s");
    let waiting = std::time::Instant::now();
    while office.rmm.faults().fired("hang") == 0 {
        assert!(waiting.elapsed() < Duration::from_secs(60), "the first never asked the vendor");
        std::thread::sleep(Duration::from_millis(10));
    }
    office
        .program
        .run("plan s")
        .refused(6, &["another process is working on the sync `s`", "hint: wait until it is done"]);
    office.program.run("run s").refused(6, &["another process"]);
    office.program.run("link list s").ends(0);
    let stop = Command::new("kill").args(["-TERM", &first.id().to_string()]).status().unwrap();
    assert!(stop.success());
    let stopped = first.wait().ends(130);
    assert!(stopped.err.contains("interrupted") && stopped.out.is_empty(), "{}", stopped.whole());
    office.rmm.faults().clear();
    office.plan(3);
}

#[test]
fn a_database_that_cannot_be_used_is_left_as_it_is() {
    let told = |program: &Program, words: &[&str]| {
        let said = program.run("connection list").ends(1);
        for word in words {
            assert!(said.err.starts_with("error: ") && said.err.contains(word), "{word}: {}", said.whole());
        }
    };
    let program = Program::empty();
    program.run("connection list").ends(0);
    let file = program.folder().join("crosswalk.db");
    rusqlite::Connection::open(&file)
        .unwrap()
        .execute("INSERT INTO refinery_schema_history SELECT 99, 'later', applied_on, '1' FROM refinery_schema_history LIMIT 1", [])
        .unwrap();
    told(&program, &["is of version 99", "use the newer program", "nothing was changed"]);
    let program = Program::empty();
    let file = program.write("crosswalk.db", "this is no database");
    told(&program, &["is damaged", "restore a backup", "nothing was changed"]);
    assert_eq!(std::fs::read(file).unwrap(), b"this is no database");

    let program = Program::empty();
    program.write("crosswalk.toml", "[limits]\nmemory-mb = 3\n");
    program.run("connection list").refused(1, &["crosswalk.toml is wrong", "line 2", "memory-mb", "it may hold:"]);
    program.write("crosswalk.toml", "[limits]\ncall-seconds = 0\n");
    program.run("connection list").refused(1, &["`limits.call-seconds` is 0, but must be from 1 to 3,600"]);
}

#[test]
fn an_account_of_the_target_is_created_at_the_source_when_the_sync_goes_both_ways() {
    let office = Office::in_step();
    let program = &office.program;
    let account = office.psa.add_company("Zephyr Robotics");
    program
        .run(&format!("link reverse s {account} create"))
        .refused(1, &["the sync `s` creates nothing at its source `rmm`", "--reverse"]);
    let added = program.run("sync add both --from rmm --to psa --reverse").ends(0);
    assert!(added.out.contains("customers that only psa has are created in rmm"), "{}", added.whole());
    program.run("plan both").ends(3);
    program.run("link reverse both nobody create").refused(1, &["there is no target record `customer nobody`"]);
    program.run("link reverse both 1 perhaps").ends(2);
    let organisations = office.rmm.organisations().len();
    // The MSP's own company.
    program.run("link reverse both 0 exclude").ends(0);
    let decided = program.run(&format!("link reverse both {account} exclude")).ends(0);
    assert_eq!(
        decided.out,
        format!("target customer {account} is never created at the source; next: crosswalk plan both\n")
    );
    let planned = program.run("plan both --json").ends(0).json();
    assert!(!planned.to_string().contains("create-source"), "{planned}");
    program.run(&format!("link reverse both {account} forget")).ends(0);
    let planned = program.run("plan both --json").ends(3).json();
    let plan = planned["plan"]["id"].as_u64().unwrap();
    let shown = program.run(&format!("plan --show {plan} --action create-source")).ends(0);
    let line = format!("create-source customer Zephyr Robotics (- -> {account}) [held: first-run]");
    assert!(shown.out.contains(&line), "{}", shown.whole());
    program.run(&format!("apply {plan} --yes --release first-run")).ends(0);
    assert_eq!(office.rmm.organisations().len(), organisations + 1);
    program.run("plan both").ends(0);
}
