//! Assets and locations within an account, the decision table, and what holds for every kind.

use super::*;

#[test]
fn a_declined_target_of_the_same_serial_number_asks_until_an_operator_wants_a_new_one() {
    let source = vec![asset("s1", "PC-1", "PF3XK9Q2", &[])];
    let target = vec![asset("t1", "PC-1", "PF3XK9Q2", &[])];
    let mut world = Records::new(Kind::Asset, source, target);
    let mut declined = link(Kind::Asset, "s1", LinkState::Unmapped, None, "matching");
    declined.declined = vec!["t1".to_owned()];
    world.links = vec![declined.clone()];
    let Decision::Conflict { candidates, reason } = &world.decide()["s1"] else { panic!("{:?}", world.decide()) };
    let reason = reason.english();
    assert!(
        candidates.is_empty() && reason.contains("t1 (“PC-1”) has this serial number and was declined"),
        "{reason}"
    );
    world.links = vec![Link { state: LinkState::Create, decided_by: Some(Decider::Operator), ..declined }];
    assert_eq!(short(&world.decide()["s1"]), "create");
}

#[test]
fn an_asset_is_found_by_serial_then_mac_and_a_name_only_proposes() {
    const CARD: &str = "00:1a:2b:3c:4d:5e";
    for (what, source, target, expected) in [
        ("serial", asset("s", "PC-1", "5CG-1234", &[]), vec![asset("t", "OLD", "5cg1234", &[])], "t by serial number"),
        (
            "junk serial",
            asset("s", "PC-1", "Default string", &[]),
            vec![asset("t", "OLD", "Default string", &[])],
            "create",
        ),
        (
            "mac and name",
            asset("s", "PC-1", "", &[CARD]),
            vec![asset("t", "pc-1", "", &["001A2B3C4D5E"])],
            "t by MAC address",
        ),
        (
            "two macs",
            asset("s", "PC-1", "", &[CARD, "00:1a:2b:3c:4d:5f"]),
            vec![asset("t", "OLD", "", &["001A2B3C4D5E", "001A2B3C4D5F"])],
            "t by MAC address",
        ),
        ("a lone mac", asset("s", "PC-1", "", &[CARD]), vec![asset("t", "OLD", "", &["001A2B3C4D5E"])], "proposed t"),
        (
            "a lone mac of an accessory",
            asset("s", "LT-A", "", &["00:1A:7D:DA:71:0A"]),
            vec![asset("t", "LT-B", "PF2B0001", &["00:1A:7D:DA:71:0A"])],
            "create",
        ),
        ("addresses", asset("s", "192.168.10.21", "", &[]), vec![asset("t", "192.168.10.40", "", &[])], "create"),
        (
            "dotted names",
            asset("s", "maria.rossi-mbp", "", &[]),
            vec![asset("t", "maria.bianchi-mbp", "", &[])],
            "create",
        ),
        (
            "a hypervisor's other spelling",
            asset("s", "SRV", "VMware-56 4d 4c bc c6 a9 4f 11-8d 3a 01 02 03 04 05 06", &[]),
            vec![asset("t", "SRV", "BC4C4D56-A9C6-114F-8D3A-010203040506", &[])],
            "t by serial number",
        ),
        (
            "wide digits",
            asset("s", "A", "\u{ff15}\u{ff23}\u{ff27}1234", &[]),
            vec![asset("t", "B", "5CG1234", &[])],
            "t by serial number",
        ),
        ("a look-alike", asset("s", "A", "5\u{421}G1234", &[]), vec![asset("t", "B", "5CG1234", &[])], "create"),
        ("mac of a dock", asset("s", "PC-1", "AAAA1", &[CARD]), vec![asset("t", "OLD", "BBBB2", &[CARD])], "create"),
        (
            "made-up mac",
            asset("s", "PC-1", "", &["02:42:ac:11:00:02"]),
            vec![asset("t", "X", "", &["02:42:ac:11:00:02"])],
            "create",
        ),
        ("name", asset("s", "PC-1", "", &[]), vec![asset("t", "pc-1.corp.local", "", &[])], "proposed t"),
        ("name, one serial", asset("s", "PC-1", "AAAA1", &[]), vec![asset("t", "PC-1", "", &[])], "proposed t"),
        ("name, other serial", asset("s", "PC-1", "AAAA1", &[]), vec![asset("t", "PC-1", "BBBB2", &[])], "create"),
        (
            "name twice",
            asset("s", "PC-1", "", &[]),
            vec![asset("t", "PC-1", "", &[]), asset("u", "PC-1", "", &[])],
            "conflict t,u",
        ),
        (
            "serial twice in the target",
            asset("s", "PC-1", "AAAA1", &[]),
            vec![asset("t", "A", "AAAA1", &[]), asset("u", "B", "AAAA1", &[])],
            "conflict t,u",
        ),
        (
            "one of two is in use",
            asset("s", "PC-1", "AAAA1", &[]),
            vec![asset("t", "A", "AAAA1", &[]).with("active", Value::Boolean(false)), asset("u", "B", "AAAA1", &[])],
            "u by serial number",
        ),
        ("nothing", asset("s", "PC-1", "AAAA1", &[]), vec![], "create"),
    ] {
        let world = Records::new(Kind::Asset, vec![source], target);
        assert_eq!(short(&world.decide()["s"]), expected, "{what}");
    }
}

#[test]
fn one_serial_on_two_devices_of_the_source_is_a_conflict() {
    let twins = vec![asset("s1", "PC-1", "AAAA1", &[]), asset("s2", "PC-2", "AAAA1", &[])];
    let known = Records::new(Kind::Asset, twins.clone(), vec![asset("t", "X", "AAAA1", &[])]);
    assert!(known.decide().values().all(|d| short(d) == "conflict t"));
    let new = Records::new(Kind::Asset, twins.clone(), vec![]);
    assert!(new.decide().values().all(|d| short(d) == "conflict "), "one machine is not made twice");
    let mut one_linked = known;
    one_linked.links = vec![link(Kind::Asset, "s1", LinkState::Linked, Some("t"), "operator")];
    assert_eq!(short(&one_linked.decide()["s2"]), "conflict t", "one key, two that are there");
    one_linked.target = vec![asset("t", "X", "", &[]), asset("u", "Y", "AAAA1", &[])];
    assert_eq!(short(&one_linked.decide()["s2"]), "conflict u", "it may as well be the other's new board");
}

#[test]
fn two_devices_that_reach_for_one_record_both_wait() {
    let (a, b) = ("00:1a:2b:3c:4d:01", "00:1a:2b:3c:4d:02");
    let world = Records::new(
        Kind::Asset,
        vec![asset("s1", "PC-1", "", &[a]), asset("s2", "PC-2", "", &[b])],
        vec![asset("t", "X", "", &[a, b])],
    );
    assert!(world.decide().values().all(|d| short(d) == "conflict t"));
}

#[test]
fn a_stamp_beyond_the_account_is_a_question_for_a_person_and_no_other_key_reaches_there() {
    let stamped =
        Record { stamp: Some(stamp_of("s")), parent: Some("other".into()), ..asset("t", "PC-1", "AAAA1", &[]) };
    let mut world = Records::new(Kind::Asset, vec![asset("s", "PC-1", "AAAA1", &[])], vec![]);
    world.elsewhere = vec![stamped.clone()];
    assert_eq!(short(&world.decide()["s"]), "conflict t", "moved to another customer, or copied there");
    world.links = vec![link(Kind::Asset, "s", LinkState::Unmapped, None, "")];
    assert_eq!(short(&world.decide()["s"]), "conflict t", "also once its link is forgotten");
    world.links = vec![link(Kind::Asset, "s", LinkState::Create, None, "operator")];
    assert_eq!(short(&world.decide()["s"]), "create", "somebody decided");
    world.links.clear();
    world.target = vec![asset("u", "PC-1", "AAAA1", &[])];
    assert_eq!(short(&world.decide()["s"]), "u by serial number", "a hard key of the account is surer");
    world.target.clear();
    world.taken = BTreeSet::from(["t".to_owned()]);
    assert_eq!(short(&world.decide()["s"]), "conflict t", "another source record has it, and the serial number");
    world.taken.clear();
    world.elsewhere = vec![stamped.with("active", Value::Boolean(false))];
    assert_eq!(short(&world.decide()["s"]), "create", "what a move left behind");
    world.elsewhere = vec![Record { parent: Some("other".into()), ..asset("t", "PC-1", "AAAA1", &[]) }];
    assert_eq!(short(&world.decide()["s"]), "conflict t", "a serial number does not link, and lets nothing be made");
    world.links = vec![link(Kind::Asset, "gone", LinkState::Linked, Some("t"), "stamp")];
    assert_eq!(short(&world.decide()["s"]), "conflict t", "enrolled anew at another customer: a person moves it there");
    let site = |id: &str, parent: &str| record(id, Some(parent), "Sede", &[]);
    let mut world = Records::new(Kind::Location, vec![site("s", "c")], vec![]);
    world.elsewhere = vec![Record { stamp: Some(stamp_of("s")), ..site("t", "other") }];
    assert_eq!(short(&world.decide()["s"]), "conflict t", "of a site as well");
}

#[test]
fn a_key_that_another_accounts_record_bears_for_somebody_else_lets_nothing_be_made_beside_it() {
    for kind in [Kind::Asset, Kind::Location] {
        let own = |id: &str, parent: &str, name: &str| record(id, Some(parent), name, &[]);
        let mut world = Records::new(kind, vec![own("s", "c", "Roma 12345")], vec![]);
        world.elsewhere = vec![Record { stamp: Some(stamp_of("s")), ..own("t", "other", "Milano 6789") }];
        world.taken = BTreeSet::from(["t".to_owned()]);
        let Decision::Conflict { candidates, reason } = &world.decide()["s"] else { panic!("{kind}: it is made") };
        assert!(candidates.is_empty(), "{kind}: it is another's: {candidates:?}");
        let reason = reason.english();
        assert!(reason.contains("t (`Milano 6789`)") && reason.contains("still has its key"), "{reason}");
        world.links = vec![link(kind, "s", LinkState::Create, None, "operator")];
        assert_eq!(short(&world.decide()["s"]), "create", "{kind}: somebody asked for it");
    }
}

/// One row of the decision table, tried on devices that share a serial number, or a name.
fn row(grade: Grade, here: Here, there: There) -> Decision {
    let hard = grade == Grade::Hard;
    let device = |id: &str, name: &str| {
        if hard { asset(id, name, "PF3XK9Q2", &[]) } else { asset(id, "PC-1", "", &[]) }
    };
    let mut world = Records::new(Kind::Asset, vec![device("s", "PC-1")], Vec::new());
    if here == Here::Several {
        world.source.push(device("s2", "PC-1"));
    }
    let elsewhere = || Record { parent: Some("other".into()), ..device("t", "X") };
    match there {
        There::Nobody => {}
        There::Free => world.target.push(device("t", "X")),
        There::OfGone | There::OfPresent => {
            world.target.push(device("t", "X"));
            world.links.push(link(Kind::Asset, "other", LinkState::Linked, Some("t"), "serial number"));
        }
        There::FreeElsewhere | There::OfGoneElsewhere => {
            world.elsewhere.push(elsewhere());
            if there == There::OfGoneElsewhere {
                world.links.push(link(Kind::Asset, "other", LinkState::Linked, Some("t"), "serial number"));
            }
        }
        There::Several => world.target.extend([device("t", "X"), device("u", "Y")]),
    }
    if there == There::OfPresent {
        let other = if hard && here == Here::One { asset("other", "Z", "", &[]) } else { device("other", "Z") };
        world.source.push(other);
    }
    world.decide()["s"].clone()
}

#[test]
fn a_device_without_a_serial_number_under_a_made_up_name_is_waited_for() {
    let later = Timestamp(1_700_000_000_000);
    for (name, serial, waits) in [
        ("DESKTOP-1H2J3K", "", true),
        ("DESKTOP-1H2J3K", "Default string", true),
        ("", "", true),
        ("DESKTOP-1H2J3K", "PF3XK9Q2", false),
        ("PC-ACCT-07", "", false),
    ] {
        let mut world = Records::new(Kind::Asset, vec![asset("s", name, serial, &[])], Vec::new());
        world.waits = Some(later);
        match &world.decide()["s"] {
            Decision::Unmapped { reason } if waits => assert_eq!(*reason, said!("match-nameless", until = later)),
            other => assert!(!waits && matches!(other, Decision::Create { .. }), "{name} {serial}: {other:?}"),
        }
        world.waits = None;
        assert!(matches!(world.decide()["s"], Decision::Create { .. }), "{name}: it has waited");
    }
}

#[test]
fn each_row_of_the_decision_table() {
    for (grade, here, there, expected) in TABLE {
        let decision = row(grade, here, there);
        let told = match expected {
            // Nothing else is like it here.
            Follows::NextKey => "create",
            Follows::Link => "t by serial number",
            Follows::Relink => "t by re-enrolled",
            Follows::Propose => "proposed t",
            Follows::Ask => "conflict",
        };
        assert!(short(&decision).starts_with(told), "{grade:?} {here:?} {there:?}: {decision:?}");
    }
}

#[test]
fn an_id_in_another_case_is_the_same_record_for_every_kind() {
    for kind in [Kind::Location, Kind::Asset] {
        let mut world = Records::new(
            kind,
            vec![record("0A1B-F", Some("c"), "Anything", &[])],
            vec![record("t", Some("c"), "Something", &[])],
        );
        world.links = vec![link(kind, "0a1b-f", LinkState::Linked, Some("t"), "stamp")];
        assert_eq!(short(&world.decide()["0A1B-F"]), "t by re-enrolled", "{kind}");
    }
    let mut world = Customers::new(vec![customer("0A1B-F", "Anything", &[])], vec![customer("t", "Something", &[])]);
    world.links = vec![link(Kind::Customer, "0a1b-f", LinkState::Linked, Some("t"), "stamp")];
    assert_eq!(short(&world.decide()["0A1B-F"]), "t by re-enrolled");
}

#[test]
fn a_customer_made_anew_keeps_its_account_by_its_number_and_is_proposed_by_its_name() {
    let mut world = Customers::new(
        vec![customer("new", "Acme", &[("number", "C-100")]), customer("new2", "Zenith Clinics", &[])],
        vec![customer("t", "Acme", &[("number", "C-100")]), customer("u", "Zenith Clinics", &[])],
    );
    world.links = vec![
        link(Kind::Customer, "old", LinkState::Linked, Some("t"), "matching"),
        link(Kind::Customer, "old2", LinkState::Linked, Some("u"), "matching"),
    ];
    assert_eq!(short(&world.decide()["new"]), "t by re-enrolled");
    assert_eq!(short(&world.decide()["new2"]), "proposed u", "a name alone asks, and nothing is made");
}

#[test]
fn many_devices_of_one_name_and_serial_keep_few_candidates_each() {
    let many = |prefix: &str| (0..600).map(|n| asset(&format!("{prefix}{n}"), "PC", "SAME1234", &[])).collect();
    let world = Records::new(Kind::Asset, many("s"), many("t"));
    for decision in world.decide().values() {
        let Decision::Conflict { candidates, .. } = decision else { panic!("{decision:?}") };
        assert!(candidates.len() <= 8);
    }
}

#[test]
fn a_creation_that_was_decided_still_looks_for_its_stamp() {
    let mut world = Records::new(Kind::Asset, vec![asset("s", "PC-1", "", &[])], vec![asset("t", "PC-1", "", &[])]);
    world.links = vec![link(Kind::Asset, "s", LinkState::Create, None, "operator")];
    assert_eq!(short(&world.decide()["s"]), "create");
    world.target[0].stamp = Some(stamp_of("s"));
    assert_eq!(short(&world.decide()["s"]), "t by stamp", "it was created, and the answer got lost");
    world.target[0] = world.target[0].clone().with("active", Value::Boolean(false));
    assert_eq!(short(&world.decide()["s"]), "create", "it was retired to make room");
}

#[test]
fn the_free_one_of_many_locations_of_one_name_is_found() {
    let site = |id: &str, name: &str| record(id, Some("c"), name, &[]);
    let taken: Vec<Record> = (0..20).map(|n| site(&format!("t{n:02}"), "Main")).collect();
    let mut source: Vec<Record> = (0..20).map(|n| site(&format!("s{n:02}"), &format!("Depot {n}"))).collect();
    source.push(site("new", "Main"));
    let mut world = Records::new(Kind::Location, source, taken);
    world.links = (0..20)
        .map(|n| {
            let target = format!("t{n:02}");
            link(Kind::Location, &format!("s{n:02}"), LinkState::Linked, Some(&target), "operator")
        })
        .collect();
    assert_eq!(short(&world.decide()["new"]), "create", "each of them is another's");
    world.target.push(site("t99", "Main"));
    assert_eq!(short(&world.decide()["new"]), "t99 by name within the account");
}

#[test]
fn a_location_is_found_by_its_name_within_the_account() {
    let site = |id: &str, name: &str, street: &str| {
        record(id, Some("c"), name, &[("address-1", street), ("postal-code", "20121")])
    };
    for (what, source, target, expected) in [
        ("name", site("s", "Head Office", ""), vec![site("t", "HEAD-OFFICE", "")], "t by name within the account"),
        ("address", site("s", "Main", "Via Roma 1"), vec![site("t", "Sede", "via roma, 1")], "proposed t"),
        ("near name", site("s", "Milano Centrale", ""), vec![site("t", "Milano Central", "")], "proposed t"),
        ("numbers", site("s", "Depot 12", ""), vec![site("t", "Depot 13", "")], "create"),
        ("no street", site("s", "Main", ""), vec![site("t", "Sede", "")], "create"),
        ("twice", site("s", "Main", ""), vec![site("t", "Main", ""), site("u", "MAIN", "")], "conflict t,u"),
    ] {
        let world = Records::new(Kind::Location, vec![source], target);
        assert_eq!(short(&world.decide()["s"]), expected, "{what}");
    }
}
