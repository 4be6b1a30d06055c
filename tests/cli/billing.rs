//! Billing by usage on the command line: what wrong names, days and files get, and that nothing
//! was stored of them. How it goes when all is right is in `walk_usage`.

use crate::harness::licences::{Licences, map_all};
use crate::harness::program::Program;
use crate::harness::{SYNC, sync};
use crosswalk::engine::UsageFilter;
use serde_json::Value;

/// Vendors and the program with all read, and mapped what goes by itself.
fn office() -> (Licences, Program) {
    let licences = Licences::start(8);
    let program = licences.program();
    program.run(&format!("plan {SYNC}"));
    let accepted = program.run(&format!("customer accept {SYNC} --yes --json")).ends(0).json();
    assert!(!accepted["contracts"].as_array().expect("a list").is_empty(), "{accepted}");
    program.run(&format!("product accept {SYNC} --score 0.8 --yes")).ends(0);
    (licences, program)
}

/// Everything that was decided.
fn decided(program: &Program) -> (Value, Value) {
    let customers = program.run(&format!("customer list {SYNC} --json")).ends(0).json();
    (customers, program.run(&format!("product list {SYNC} --json")).ends(0).json())
}

#[test]
fn a_wrong_name_is_told_and_nothing_is_stored() {
    let (licences, program) = office();
    let before = decided(&program);
    let pairs = licences.pairs();
    let (one, other) = (&pairs[0].0.id, licences.contract(pairs[1].1));
    let product = before.1[0]["source"].as_str().expect("an id");
    for (line, words) in [
        (format!("customer map {SYNC} nobody --to 400"), ["no customer `nobody`", "customer list"]),
        (format!("customer map {SYNC} {one} --to nobody"), ["no customer `nobody`", "customer find"]),
        (format!("customer map {SYNC} {one} --contract {other}"), ["belongs to another account", "customer contracts"]),
        (format!("customer map {SYNC} {one} --contract 1"), ["no contract `1`", "customer contracts"]),
        (format!("customer contracts {SYNC} nobody"), ["no customer `nobody`", "customer list"]),
        (format!("customer edit {SYNC} nobody --usage off"), ["no customer `nobody`", "customer list"]),
        (format!("customer edit {SYNC} {one} --tickets on"), ["alerts are not part", "--kinds"]),
        (format!("customer edit {SYNC} {one} --usage off --tickets on"), ["alerts are not part", "--kinds"]),
        (format!("customer refresh {SYNC} nobody"), ["no customer `nobody`", "customer list"]),
        (format!("product exclude {SYNC} nothing"), ["no product `nothing`", "product list"]),
        (format!("product map {SYNC} {product} --to nothing"), ["no product `nothing`", "product find"]),
        (format!("usage adjust {SYNC} {one} nothing --quantity 1 --yes"), ["no product `nothing`", "product list"]),
        (format!("usage approve {SYNC} nobody --yes"), ["no customer `nobody`", "customer list"]),
        (format!("usage history {SYNC} nobody"), ["no customer `nobody`", "customer list"]),
        ("usage list nothing".to_owned(), ["no sync `nothing`", "sync list"]),
    ] {
        program.run(&line).refused(1, &words);
    }
    // Decided on since it was looked at.
    program.run(&format!("customer map {SYNC} {one} --exclude --if-revision 99.99")).refused(6, &["after you looked"]);
    for line in [format!("customer refresh {SYNC}"), format!("customer edit {SYNC} --usage off")] {
        program.run(&format!("{line} --search zzzz")).refused(2, &["no customer matches the filter", "customer list"]);
    }
    program.run("connection help licences nothing").refused(2, &["`nothing`", "denied"]);
    assert!(program.run("connection help licences denied").ends(0).out.contains("client secret"));
    assert_eq!(decided(&program), before);
}

#[test]
fn a_name_that_two_have_is_nobodys() {
    let (licences, program) = office();
    let tenants = licences.vendor.tenants();
    for tenant in &tenants[..2] {
        assert!(licences.vendor.rename_tenant(&tenant.id, "Twin"));
    }
    assert!(licences.vendor.rename_tenant(&tenants[2].id, "Single"));
    let told = program.run(&format!("customer refresh {SYNC} --all")).ends(0);
    assert!(told.out.contains("is now Twin") && told.out.contains("3 renamed"), "{}", told.whole());
    let words = ["2 customers are called `twin`", tenants[0].id.as_str(), tenants[1].id.as_str()];
    program.run(&format!("customer map {SYNC} twin --exclude")).refused(1, &words);
    let mapped = program.run(&format!("customer map {SYNC} single --exclude --json")).ends(0).json();
    assert_eq!((&mapped["id"], &mapped["state"]), (&Value::from(tenants[2].id.as_str()), &Value::from("excluded")));
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_read() {
    let program = Program::empty();
    for line in [
        "customer list s --state often",
        "customer list s --status maybe",
        "customer list s --usage yes",
        "customer map s c",
        "customer map s c --to 1 --exclude",
        "customer map s c --to 1 --if-revision 3",
        "customer edit s c",
        "customer edit s c --all --usage on",
        "customer export s --format xml",
        "product accept s --score 2",
        "usage list s --state often",
        "usage approve s --all --effective 2026-02-30",
        "usage adjust s c p --quantity -1",
        "usage adjust s c p --quantity 1.5",
        "usage adjust s c p",
        "sync set s --switched maybe",
        "sync set s --brake quantity=3",
        "apply 1 --release dates",
    ] {
        let said = program.run(line).ends(2);
        assert!(said.out.is_empty() && said.err.starts_with("error: "), "{}", said.whole());
    }
    for line in ["customer edit s --usage on", "customer refresh s", "usage approve s", "usage dismiss s"] {
        program.run(line).refused(2, &["no customer is named", "--all"]);
    }
}

#[test]
fn a_file_is_taken_whole_or_not_at_all() {
    let (licences, program) = office();
    let before = decided(&program);
    let pairs = licences.pairs();
    let (one, two) = (&pairs[0].0.id, &pairs[1].0.id);
    let foreign = licences.contract(pairs[1].1);
    let rows = format!("customer,contract,usage\n{one},{foreign},\nnobody,,off\n{two},,maybe\n{two},,off\n");
    let file = program.write("customers.csv", rows);
    let words = [
        "row 2: contract",
        "another account",
        "row 3: there is no customer nobody",
        "row 4: `usage` is `maybe`",
        "row 5",
    ];
    program.run(&format!("customer import {SYNC} {}", file.display())).refused(1, &words);
    let file = program.write("customers.json", r#"[{"customer":"x","colour":"red"}]"#);
    program
        .run(&format!("customer import {SYNC} {}", file.display()))
        .refused(1, &["unknown column `colour`", "no column `account`"]);
    program.run(&format!("customer import {SYNC} /nowhere.csv")).ends(1);
    assert_eq!(decided(&program), before);

    // What was exported, with one word changed, changes one customer; sent back as it is, none.
    for form in ["csv", "json"] {
        let file = program.folder().join(format!("out.{form}"));
        program.run(&format!("customer export {SYNC} --format {form} -o {}", file.display())).ends(0);
        let import = format!("customer import {SYNC} {} --json", file.display());
        assert_eq!(program.run(&import).ends(0).json()["changed"], 0, "{form}");
        let text = std::fs::read_to_string(&file).expect("the file");
        let (on, off) = if form == "csv" { (";on;", ";off;") } else { (r#""usage": "on""#, r#""usage": "off""#) };
        std::fs::write(&file, text.replacen(on, off, 1)).expect("the file");
        assert_eq!(program.run(&import).ends(0).json()["changed"], 1, "{form}");
    }
    let off = program.run(&format!("customer list {SYNC} --usage off --json")).ends(0).json();
    assert_eq!(off["customers"].as_array().expect("a list").len(), 2);
}

#[test]
fn a_sync_without_usage_has_nothing_to_bill() {
    let (licences, program) = office();
    program.run("sync add plain --from licences --to psa --kinds customer").ends(0);
    let (tenant, account) = licences.pairs().remove(0);
    for line in [
        "usage list plain".to_owned(),
        "usage approve plain --all".to_owned(),
        format!("usage history plain {}", tenant.id),
        "product find plain x".to_owned(),
        "customer edit plain --all --usage off".to_owned(),
        format!("customer contracts plain {}", tenant.id),
        format!("customer map plain {} --contract {}", tenant.id, licences.contract(account)),
    ] {
        program.run(&line).refused(1, &["usage is not part of the sync `plain`"]);
    }
    program.run("sync set plain --time-zone Europe/Atlantis").refused(1, &["Europe/Atlantis", "IANA"]);
    // With usage it recurs as a new one does, unless somebody said how, or does.
    let kinds = "sync set plain --kinds customer,usage";
    let told = program.run(&format!("{kinds} --every never")).ends(0);
    assert!(told.out.contains("none: "), "{}", told.whole());
    program.run("sync set plain --kinds customer").ends(0);
    let told = program.run(kinds).ends(0);
    assert!(told.err.contains("once a day") && told.out.contains("every 1 d"), "{}", told.whole());
    program.run("sync set plain --kinds customer --daily 02:30").ends(0);
    let told = program.run(kinds).ends(0);
    assert!(!told.err.contains("once a day") && told.out.contains("daily 02:30"), "{}", told.whole());
}

#[tokio::test]
async fn without_a_yes_a_plan_is_shown_and_nothing_is_written() {
    let licences = Licences::start_beside_the_program(6);
    let app = licences.host().await;
    map_all(&app, &licences).await;
    let plan = app.plan().await;
    app.apply(&plan).await;
    let program = Program::over(app.folder.path());
    let lines = app.tenant.usage_list(&sync(), &UsageFilter::default()).await.expect("lines");
    let told = program.run(&format!("usage list {SYNC} --json")).ends(0).json();
    assert_eq!(told.as_array().expect("a list").len(), lines.len());

    let (tenant, account) =
        licences.pairs().into_iter().find(|(one, _)| !licences.billed(&one.id).is_empty()).expect("one");
    let contract = licences.contract(account);
    let line = lines.iter().find(|line| line.customer == tenant.id && line.counted.is_some()).expect("a line");
    let before = licences.on_contract(contract);
    // Today it was put on the contract; the contract runs until 2035.
    let adjust = format!("usage adjust {SYNC} {} {} --quantity 1", tenant.id, line.product);
    let told = program.run(&adjust).ends(5);
    assert!(told.out.contains("a day takes one change"), "{}", told.whole());
    let said = program.run(&format!("{adjust} --effective 2035-01-01")).ends(2);
    for word in ["this is not a terminal", "crosswalk apply", "-> 1 from 2035-01-01"] {
        assert!(said.err.contains(word), "{word}: {}", said.whole());
    }
    assert_eq!(licences.on_contract(contract), before);

    // An approval and an adjustment are told to programs in one shape.
    let told = program.run(&format!("{adjust} --json")).ends(5).json();
    assert_eq!(told["not_possible"][0]["product"], line.product.as_str(), "{told}");
    assert!(told["plan"].is_object() && told["changes"].is_array() && told["applied"].is_null(), "{told}");
    let told = program.run(&format!("usage list {SYNC} --product {} --json", line.product)).ends(0).json();
    let told = told.as_array().expect("a list");
    assert!(!told.is_empty() && told.iter().all(|one| one["product"] == line.product.as_str()), "{told:?}");
    let own = told.iter().find(|one| one["customer"] == tenant.id.as_str()).expect("the line");
    assert_eq!(own["contract"]["id"], contract.to_string().as_str(), "{own}");
    let told = program.run(&format!("customer contracts {SYNC} {} --json", tenant.id)).ends(0).json();
    assert!(told[0]["type"].is_string() && told[0].get("type_").is_none(), "{told}");

    // What a person asked for and cannot be is no success.
    program.run(&format!("customer map {SYNC} {} --contract none", tenant.id)).ends(0);
    let told = program.run(&format!("{adjust} --yes")).ends(5);
    assert!(told.out.contains("left as it is"), "{}", told.whole());
    assert_eq!(licences.on_contract(contract), before);
}

#[test]
fn lines_are_dismissed_after_a_yes_and_taken_back_by_a_quantity() {
    let (_licences, program) = office();
    program.run(&format!("plan {SYNC}"));
    let waiting = || {
        let lines = program.run(&format!("usage list {SYNC} --state waiting --state held --json")).ends(0).json();
        lines.as_array().expect("a list").len()
    };
    let before = waiting();
    assert!(before > 0);
    program.run(&format!("usage dismiss {SYNC} --all --held")).refused(2, &["not a terminal", "--all --held --yes"]);
    assert_eq!(waiting(), before);
    let told = program.run(&format!("usage dismiss {SYNC} --all --held --yes")).ends(0);
    assert!(told.out.contains("usage adjust") && told.out.contains("--quantity N"), "{}", told.whole());
    assert_eq!(waiting(), 0);
    let told = program.run(&format!("usage list {SYNC}")).ends(0);
    assert!(told.out.contains("to take it back: crosswalk usage adjust"), "{}", told.whole());
}
