//! Signs that nobody sees, in what a person pastes or types: a pasted id is refused and shown with its sign, and a
//! record is found by the name that can be seen.
//!
//! Names of records that are matched with each other are in `field`; files in general are in `files`.

use crate::harness::SYNC;
use crate::harness::licences::Licences;
use crate::harness::program::Program;
use crosswalk_sims::sophos_central::SophosTenant;
use serde_json::json;

struct Desk {
    licences: Licences,
    program: Program,
    tenant: SophosTenant,
    account: i64,
}

fn desk() -> Desk {
    let licences = Licences::start(6);
    let program = licences.program();
    program.run(&format!("plan {SYNC}"));
    let (tenant, account) = licences.pairs().remove(0);
    Desk { licences, program, tenant, account }
}

/// Zero width in the middle and at the end, a byte order mark, a writing direction, a soft hyphen, a tag.
fn spoilt(id: &str) -> Vec<(String, String)> {
    let (start, end) = id.split_at(1);
    let signs = ['\u{200b}', '\u{feff}', '\u{200f}', '\u{ad}', '\u{2060}', '\u{e0041}'];
    let spoil = |sign: char| {
        let shown = sign.escape_unicode().to_string();
        [
            (format!("{id}{sign}"), format!("{id}{shown}")),
            (format!("{start}{sign}{end}"), format!("{start}{shown}{end}")),
        ]
    };
    signs.into_iter().flat_map(spoil).collect()
}

#[test]
fn a_pasted_id_with_a_sign_nobody_sees_is_refused_and_the_sign_is_shown() {
    let Desk { licences, program, tenant, account } = desk();
    let (id, contract) = (&tenant.id, licences.contract(account));
    let refused = |line: String, shown: &str| {
        let said = program.run(&line);
        assert!(matches!(said.code, Some(1 | 2)) && said.out.is_empty(), "{}", said.whole());
        assert!(said.err.contains(shown), "`{shown}` is not in it: {}", said.whole());
    };
    for (pasted, shown) in spoilt(&account.to_string()) {
        refused(format!("customer map {SYNC} {id} --to {pasted}"), &shown);
        refused(format!("link set {SYNC} customer {id} {pasted}"), &shown);
        refused(format!("link decline {SYNC} customer {id} {pasted}"), &shown);
    }
    for (pasted, shown) in spoilt(id) {
        refused(format!("customer map {SYNC} {pasted} --exclude"), &shown);
        refused(format!("customer edit {SYNC} {pasted} --usage off"), &shown);
        refused(format!("link exclude {SYNC} customer {pasted}"), &shown);
        refused(format!("why {SYNC} customer {pasted}"), &shown);
        refused(format!("usage history {SYNC} {pasted}"), &shown);
        refused(format!("link take-back {SYNC} {pasted}"), &shown);
    }
    for (pasted, shown) in spoilt(SYNC) {
        refused(format!("plan {pasted}"), &shown);
    }
    program.run(&format!("customer map {SYNC} {id} --to {account}")).ends(0);
    for (pasted, shown) in spoilt(&contract.to_string()) {
        refused(format!("customer map {SYNC} {id} --contract {pasted}"), &shown);
    }
    // A program gets the sign as JSON writes it.
    let said = program.run(&format!("why {SYNC} customer {id}\u{200b} --json")).ends(1);
    assert!(said.err.contains(&format!("{id}\\u200b")), "{}", said.whole());
}

#[test]
fn a_cell_with_a_sign_nobody_sees_is_refused_and_the_sign_is_shown() {
    let Desk { licences, program, tenant, account } = desk();
    let (id, contract) = (&tenant.id, licences.contract(account));
    let rows = |header: &str, row: &str, command: &str, shown: &str| {
        let file = program.write("pasted.csv", format!("{header}\n{row}\n"));
        program.run(&format!("{command} import {SYNC} {}", file.display())).refused(1, &["row 2: ", shown]);
    };
    for (pasted, shown) in spoilt(&account.to_string()) {
        rows("customer,account", &format!("{id},{pasted}"), "customer", &shown);
        rows("kind,source,state,target", &format!("customer,{id},linked,{pasted}"), "link", &shown);
    }
    for (pasted, shown) in spoilt(id) {
        rows("customer,account", &format!("{pasted},{account}"), "customer", &shown);
        rows("kind,source,state,target", &format!("customer,{pasted},linked,{account}"), "link", &shown);
    }
    rows("customer,account,contract", &format!("{id},{account},{contract}\u{200b}"), "customer", "\\u{200b}");
    rows("customer,usage", &format!("{id},on\u{200b}"), "customer", "on\\u{200b}");
    rows("kind,source,state", &format!("customer\u{200b},{id},excluded"), "link", "customer\\u{200b}");
    rows("kind,source,state", &format!("customer,{id},excluded\u{200b}"), "link", "excluded\\u{200b}");
    let mapped = program.run(&format!("customer list {SYNC} --state mapped --json")).ends(0).json();
    assert_eq!(mapped["customers"], json!([]));
}

#[test]
fn a_record_is_named_as_it_is_seen() {
    let Desk { licences, program, tenant, account } = desk();
    let other = licences.pairs()[1].0.clone();
    let rename = |name: &str| assert!(licences.psa.edit("Companies", account, "companyName", &json!(name)));
    // As it is kept, and as it is typed.
    for (kept, typed) in
        [("Con\u{200b}toso-Legal", "contoso-legal"), ("Zu\u{308}rcher", "Zürcher"), ("\u{ff21}CME", "acme")]
    {
        rename(kept);
        licences.vendor.rename_tenant(&other.id, &format!("Fab\u{ad}{kept}"));
        program.run(&format!("plan {SYNC}"));
        program.run(&format!("customer map {SYNC} {} --to {typed}", tenant.id)).ends(0);
        let found = program.run(&format!("customer find {SYNC} {typed}")).ends(0);
        assert!(found.out.contains(&account.to_string()), "{}", found.whole());
        let why = program.run(&format!("why {SYNC} customer Fab{typed} --json")).ends(0).json();
        assert!(why.to_string().contains(&other.id), "{why}");
        for list in ["customer list", "link list"] {
            let listed = program.run(&format!("{list} {SYNC} --search fab{typed} --json")).ends(0);
            assert!(listed.out.contains(&other.id), "{}", listed.whole());
        }
        program.run(&format!("customer map {SYNC} {} --to none", tenant.id)).ends(0);
    }
    // Two that look the same are told apart by their ids alone, however the name is typed.
    rename("Twin\u{200b}Ltd");
    let twin = licences.psa.add_company("TwinLtd");
    program.run(&format!("plan {SYNC}"));
    let both = program.run(&format!("customer map {SYNC} {} --to TwinLtd", tenant.id));
    both.refused(1, &["2 customers are called `TwinLtd`", &account.to_string(), &twin.to_string()]);
}
