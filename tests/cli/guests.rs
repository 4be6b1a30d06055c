//! Connectors that break the rules, as an operator sees it. The sandbox's own tests have
//! every habit; here is what is told, and how the program ends.

use super::Office;

/// Connects the guest under a name.
fn connect(office: &Office, name: &str, endpoint: &str) {
    office
        .program
        .run(&format!("connection add {name} --plugin misbehaving --secret-env key=KEY --endpoint api={endpoint}"))
        .ends(0);
}

fn habit(office: &Office, name: &str, habit: &str) {
    office.program.run(&format!("connection set {name} --set habit={habit}")).ends(0);
}

#[test]
fn a_connector_that_breaks_the_rules_is_stopped_and_told_of() {
    let office = Office::open();
    office.program.write("crosswalk.toml", "[limits]\nmemory-mib = 8\ncall-seconds = 1\n");
    connect(&office, "guest", "http://127.0.0.1:9");
    for (name, words) in [
        ("loop", "guest: broken: the connector was stopped: it took longer than 1s"),
        ("memory", "guest: broken: the connector was stopped: it wanted more than the 8 MiB of memory a call may have"),
        ("trap", "I was told to"),
        ("escape", "through []"),
    ] {
        habit(&office, "guest", name);
        let said = office.program.run("connection check guest").refused(1, &[words]);
        assert!(said.err.ends_with("hint: this connector is broken on purpose\n"), "{}", said.whole());
    }
    habit(&office, "guest", "none");
    assert_eq!(office.program.run("connection check guest").ends(0).out, "guest works: nobody\n");
}

#[test]
fn a_cursor_given_twice_ends_the_walk_and_the_plan_says_so() {
    let office = Office::open();
    connect(&office, "source", "http://127.0.0.1:9");
    connect(&office, "target", "http://127.0.0.1:9");
    office.program.run("sync add s --from source --to target --kinds customer").ends(0);
    habit(&office, "source", "cursor-twice");
    let said = office.program.run("plan s").ends(4);
    assert!(said.out.contains("Not read, or read in part:"), "{}", said.whole());
    assert!(said.out.contains("the connector gave the cursor `the same` twice"), "{}", said.whole());
}

/// Somebody looked at the vendor, and found none of the uncertain writes there.
pub(super) fn settle_as_not_written(program: &crate::harness::program::Program) {
    let open = program.run("uncertain list --json").ends(0).json();
    let open = open.as_array().unwrap();
    assert!(!open.is_empty());
    for write in open {
        let change = write["change"].as_str().unwrap();
        program.run(&format!("uncertain settle {change} --not-written --reason looked")).ends(0);
    }
}

#[test]
fn fewer_outcomes_than_changes_are_looked_up_and_told() {
    let office = Office::open();
    let vendor = crate::harness::vendor::Vendor::start();
    let program = &office.program;
    program.run(&format!("connection add rmm {} --endpoint api={}/api/v3", super::RMM, office.rmm.url())).ends(0);
    connect(&office, "guest", vendor.url());
    program.run("sync add s --from rmm --to guest --kinds customer --no-first-run-hold").ends(0);
    let plan = office.plan(3);
    habit(&office, "guest", "fewer-outcomes");
    let said = program.run(&format!("apply {plan} --yes")).ends(4);
    assert!(said.out.contains("it is not known whether it was written"), "{}", said.whole());
    assert!(said.out.contains("crosswalk uncertain list s"), "{}", said.whole());
    habit(&office, "guest", "none");
    settle_as_not_written(program);
    let plan = office.plan(3);
    program.run(&format!("apply {plan} --yes")).ends(0);
}
