//! Matching, case by case, and what holds for every input.

use super::table::{Follows, Grade, Here, TABLE, There};
use super::*;
use crate::testkit::{NOW, With, describe, record, stamp_of};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{Candidate, Operation, Record, Timestamp, Value};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

struct Customers {
    source: Vec<Record>,
    target: Vec<Record>,
    links: Vec<Link>,
    rules: KindRules,
    complete: bool,
}

impl Customers {
    fn new(source: Vec<Record>, target: Vec<Record>) -> Self {
        Self { source, target, links: Vec::new(), rules: KindRules::default(), complete: true }
    }

    fn decide(&self) -> BTreeMap<String, Decision> {
        let matched = match_customers(&CustomerMatchInput {
            kind: Kind::Customer,
            source: &self.source,
            target: &self.target,
            target_complete: self.complete,
            links: &self.links,
            stamp_of: &stamp_of,
            rules: &self.rules,
            describe: &describe(Kind::Customer),
            stopped: &|| false,
        });
        assert!(matched.iter().map(|m| &m.source).eq(self.source.iter().map(|r| &r.id)), "in the order of the source");
        matched.into_iter().map(|matched| (matched.source, matched.decision)).collect()
    }
}

fn customer(id: &str, name: &str, fields: &[(&str, &str)]) -> Record {
    record(id, None, name, fields)
}

fn link(kind: Kind, source: &str, state: LinkState, target: Option<&str>, by: &str) -> Link {
    let mut link = Link::unmapped(kind, source, NOW);
    link.state = state;
    link.target = target.map(str::to_owned);
    link.decided_by = Decider::read(by);
    link.revision = 3;
    link
}

/// A decision in a word or two, for comparing.
fn short(decision: &Decision) -> String {
    let ids = |candidates: &[Candidate]| candidates.iter().map(|c| c.target.as_str()).collect::<Vec<_>>().join(",");
    match decision {
        Decision::Keep => "keep".to_owned(),
        Decision::Linked { target, by, .. } => format!("{target} by {by}"),
        Decision::Proposed { candidates, .. } => format!("proposed {}", ids(candidates)),
        Decision::Conflict { candidates, .. } => format!("conflict {}", ids(candidates)),
        Decision::Create { .. } => "create".to_owned(),
        Decision::Unmapped { .. } => "unmapped".to_owned(),
        Decision::Broken { .. } => "broken".to_owned(),
    }
}

#[test]
fn a_customer_is_found_by_stamp_then_number_and_a_name_only_proposes() {
    let stamped = Record { stamp: Some(stamp_of("s1")), ..customer("t1", "Renamed Since", &[]) };
    let world = Customers::new(
        vec![
            customer("s1", "Acme", &[]),
            customer("s2", "Contoso", &[("number", "C-100")]),
            customer("s3", "Fabrikam Ltd", &[]),
            customer("s4", "Northwind", &[]),
            customer("s5", "Litware", &[("website", "https://www.litware.example")]),
            customer("s6", "Woodgrove", &[]).with("active", Value::Boolean(false)),
        ],
        vec![
            stamped,
            customer("t2", "Something Else", &[("number", "c100")]),
            customer("t3", "FABRIKAM Limited", &[]),
            customer("t5", "L.W. Holding", &[("website", "litware.example")]),
            customer("t6", "Woodgrove", &[]),
        ],
    );
    let decisions = world.decide();
    for (source, expected) in [
        ("s1", "t1 by stamp"),
        ("s2", "t2 by customer number"),
        ("s3", "proposed t3"),
        ("s4", "create"),
        ("s5", "proposed t5"),
        ("s6", "unmapped"),
    ] {
        assert_eq!(short(&decisions[source]), expected, "{source}");
    }
    let Decision::Proposed { candidates, reason } = &decisions["s3"] else { panic!() };
    assert!(candidates[0].score >= 0.9 && reason.contains("same name"), "{candidates:?}");
}

#[test]
fn two_candidates_are_a_conflict_on_either_side() {
    let target_twice = Customers::new(
        vec![customer("s1", "Acme", &[])],
        vec![customer("t1", "Acme Ltd", &[]), customer("t2", "Acme GmbH", &[])],
    );
    assert_eq!(short(&target_twice.decide()["s1"]), "conflict t1,t2");
    let source_twice = Customers::new(
        vec![customer("s1", "Acme", &[]), customer("s2", "ACME", &[])],
        vec![customer("t1", "Acme", &[])],
    );
    assert!(source_twice.decide().values().all(|d| short(d) == "conflict t1"));
    let mut one_excluded = source_twice;
    one_excluded.links = vec![link(Kind::Customer, "s2", LinkState::Excluded, None, "operator")];
    assert_eq!(short(&one_excluded.decide()["s1"]), "proposed t1", "what is excluded is nobody's twin");
    let not_there = Customers::new(vec![customer("s1", "Acme", &[]), customer("s2", "acme", &[])], Vec::new());
    assert!(not_there.decide().values().all(|d| short(d) == "conflict "), "two of one name are never both created");
    let number_twice = Customers::new(
        vec![customer("s1", "Acme", &[("number", "7")]), customer("s2", "Zenith", &[("number", "7")])],
        vec![customer("t1", "Other", &[("number", "7")])],
    );
    assert!(number_twice.decide().values().all(|d| short(d) == "conflict t1"));
}

#[test]
fn a_near_name_holds_back_a_creation_and_an_accepted_score_links() {
    let mut world = Customers::new(
        vec![customer("s1", "Acme", &[]), customer("s2", "Contoso Ltd", &[])],
        vec![customer("t1", "Acme Holdings", &[]), customer("t2", "Contoso", &[])],
    );
    assert_eq!(short(&world.decide()["s1"]), "proposed t1");
    world.rules.accept_score = Some(0.95);
    assert_eq!(short(&world.decide()["s1"]), "proposed t1", "near is not enough");
    assert_eq!(short(&world.decide()["s2"]), "t2 by accepted score");
    world.target.push(customer("t3", "Contoso AG", &[]));
    assert_eq!(short(&world.decide()["s2"]), "t2 by accepted score", "the second is not close");
    world.target.push(customer("t4", "CONTOSO Limited", &[]));
    assert_eq!(short(&world.decide()["s2"]), "conflict t4,t2,t3", "the second is close");
}

#[test]
fn accepting_one_frees_the_other() {
    let mut world = Customers::new(
        vec![customer("s1", "Acme", &[]), customer("s2", "Acme Holdings", &[])],
        vec![customer("t1", "Acme", &[])],
    );
    world.rules.accept_score = Some(0.95);
    let decisions = world.decide();
    assert_eq!(short(&decisions["s1"]), "t1 by accepted score");
    assert_eq!(short(&decisions["s2"]), "create", "what was near is taken");
}

#[test]
fn what_an_operator_decided_stands() {
    let mut world = Customers::new(
        vec![
            customer("s1", "Acme", &[]),
            customer("s2", "Contoso", &[]),
            customer("s3", "Fabrikam", &[]),
            customer("s4", "Litware", &[]),
            customer("s5", "Tailspin", &[]),
        ],
        vec![
            customer("t1", "Acme", &[]),
            customer("t2", "Contoso", &[]),
            customer("t3", "Fabrikam", &[]),
            customer("t4", "Litware", &[]),
            customer("t5", "Tailspin", &[]),
        ],
    );
    let mut declined = link(Kind::Customer, "s4", LinkState::Unmapped, None, "matching");
    declined.declined = vec!["t4".to_owned()];
    world.links = vec![
        link(Kind::Customer, "s1", LinkState::Excluded, None, "operator"),
        link(Kind::Customer, "s2", LinkState::Create, None, "operator"),
        link(Kind::Customer, "s3", LinkState::Linked, Some("t1"), "operator"),
        declined,
        link(Kind::Customer, "s5", LinkState::Unmapped, None, "operator"),
    ];
    let decisions = world.decide();
    for (source, expected) in [("s1", "keep"), ("s2", "create"), ("s3", "keep"), ("s4", "create"), ("s5", "keep")] {
        assert_eq!(short(&decisions[source]), expected, "{source}");
    }
}

#[test]
fn a_linked_target_that_is_gone_breaks_the_link_and_is_never_made_again() {
    let mut world = Customers::new(vec![customer("s1", "Acme", &[])], vec![customer("t2", "Acme", &[])]);
    world.links = vec![link(Kind::Customer, "s1", LinkState::Linked, Some("t1"), "stamp")];
    assert_eq!(short(&world.decide()["s1"]), "broken");
    world.complete = false;
    assert_eq!(short(&world.decide()["s1"]), "keep", "not read is not gone");
    world.complete = true;
    world.links = vec![link(Kind::Customer, "s1", LinkState::Broken, Some("t1"), "matching")];
    assert_eq!(short(&world.decide()["s1"]), "keep", "broken stays broken");
    world.target.push(customer("t1", "Acme", &[]));
    assert_eq!(short(&world.decide()["s1"]), "t1 by known link");
}

#[test]
fn nothing_is_created_where_it_cannot_be_known_to_be_new() {
    let mut world = Customers::new(vec![customer("s1", "Acme", &[])], Vec::new());
    assert_eq!(short(&world.decide()["s1"]), "create");
    world.complete = false;
    assert_eq!(short(&world.decide()["s1"]), "unmapped");
    world.complete = true;
    world.rules.create = false;
    assert_eq!(short(&world.decide()["s1"]), "unmapped");
    let mut cannot = describe(Kind::Customer);
    cannot.writes.remove(&Operation::Create);
    let matched = match_customers(&CustomerMatchInput {
        kind: Kind::Customer,
        source: &world.source,
        target: &[],
        target_complete: true,
        links: &[],
        stamp_of: &stamp_of,
        rules: &KindRules::default(),
        describe: &cannot,
        stopped: &|| false,
    });
    assert_eq!(short(&matched[0].decision), "unmapped");
}

#[test]
fn a_domain_that_many_share_says_nothing() {
    let site = [("website", "https://social.example/page")];
    let world = Customers::new(
        vec![customer("s1", "Acme", &site), customer("s2", "Zenith", &site)],
        vec![customer("t1", "Other One", &site), customer("t2", "Second Thing", &site)],
    );
    assert!(world.decide().values().all(|d| short(d) == "create"));
}

#[test]
fn what_is_decided_is_stored_only_when_it_differs() {
    let candidates =
        vec![Candidate { target: "t1".into(), name: "Acme".into(), score: 0.9, reason: "similar name".into() }];
    let proposed = Decision::Proposed { candidates, reason: "similar name".into() };
    let first = decided(None, Kind::Customer, "s1", &proposed, NOW).unwrap();
    assert_eq!((first.state, first.candidates.len(), first.revision), (LinkState::Proposed, 1, 0));
    assert_eq!(decided(Some(&first), Kind::Customer, "s1", &proposed, NOW.plus_ms(5)), None);
    let linked = link(Kind::Customer, "s1", LinkState::Linked, Some("t1"), "stamp");
    let broken =
        decided(Some(&linked), Kind::Customer, "s1", &Decision::Broken { reason: "gone".into() }, NOW).unwrap();
    assert_eq!((broken.state, broken.target.as_deref()), (LinkState::Broken, Some("t1")), "it may come back");
    for stays in [Decision::Keep, Decision::Create { reason: String::new() }] {
        assert_eq!(decided(Some(&linked), Kind::Customer, "s1", &stays, NOW), None);
    }
}

struct Records {
    kind: Kind,
    source: Vec<Record>,
    target: Vec<Record>,
    elsewhere: Vec<Record>,
    links: Vec<Link>,
    taken: BTreeSet<String>,
    serials_elsewhere: BTreeSet<String>,
    waits: Option<Timestamp>,
    rules: KindRules,
}

impl Records {
    fn new(kind: Kind, source: Vec<Record>, target: Vec<Record>) -> Self {
        Self {
            kind,
            source,
            target,
            elsewhere: Vec::new(),
            links: Vec::new(),
            taken: BTreeSet::new(),
            serials_elsewhere: BTreeSet::new(),
            waits: None,
            rules: KindRules::default(),
        }
    }

    /// Which source record has a target: by a link, or one of another customer.
    fn holder(&self, id: &str) -> Option<Holder> {
        let link = self.links.iter().find(|link| link.linked() == Some(id));
        let own = link.map(|link| link.source.clone()).map(|source| {
            if self.source.iter().any(|r| r.id == source) { Holder::Present(source) } else { Holder::Gone(source) }
        });
        own.or_else(|| self.taken.contains(id).then(|| Holder::Present("another".to_owned())))
    }

    fn decide(&self) -> BTreeMap<String, Decision> {
        let all: BTreeSet<&str> = self.target.iter().chain(&self.elsewhere).map(|r| r.id.as_str()).collect();
        let matched = match_records(&MatchInput {
            kind: self.kind,
            source: &self.source,
            target: &self.target,
            target_complete: true,
            links: &self.links,
            elsewhere: &self.elsewhere,
            exists: &|id| all.contains(id),
            holder: &|id| self.holder(id),
            serial_elsewhere: &|key| self.serials_elsewhere.contains(key),
            stamp_of: &stamp_of,
            rules: &self.rules,
            describe: &describe(self.kind),
            waits: &|_| self.waits,
            stopped: &|| false,
        });
        matched.into_iter().map(|matched| (matched.source, matched.decision)).collect()
    }
}

#[test]
fn a_declined_target_of_the_same_serial_number_asks_until_an_operator_wants_a_new_one() {
    let source = vec![asset("s1", "PC-1", "PF3XK9Q2", &[])];
    let target = vec![asset("t1", "PC-1", "PF3XK9Q2", &[])];
    let mut world = Records::new(Kind::Asset, source, target);
    let mut declined = link(Kind::Asset, "s1", LinkState::Unmapped, None, "matching");
    declined.declined = vec!["t1".to_owned()];
    world.links = vec![declined.clone()];
    let Decision::Conflict { candidates, reason } = &world.decide()["s1"] else { panic!("{:?}", world.decide()) };
    assert!(
        candidates.is_empty() && reason.contains("t1 (“PC-1”) has this serial number and was declined"),
        "{reason}"
    );
    world.links = vec![Link { state: LinkState::Create, decided_by: Some(Decider::Operator), ..declined }];
    assert_eq!(short(&world.decide()["s1"]), "create");
}

fn asset(id: &str, name: &str, serial: &str, macs: &[&str]) -> Record {
    let json = serde_json::to_string(macs).unwrap();
    record(id, Some("c"), name, &[("serial-number", serial)]).with("mac-addresses", Value::Json(json))
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
        assert!(reason.contains("t (`Milano 6789`)") && reason.contains("has its key still"), "{reason}");
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
            Decision::Unmapped { reason } if waits => assert!(reason.contains(&later.to_string()), "{reason}"),
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

/// Few words and few keys, so that they meet often.
fn any_record(prefix: &'static str) -> impl Strategy<Value = Record> {
    let word =
        prop::sample::select(vec!["Acme", "Acme Ltd", "ACME Holdings", "Contoso", "Contoso Dental", "Zenith", ""]);
    let number = prop::sample::select(vec!["", "", "0", "N/A", "100", "200", "AAAA1", "BBBB2", "Default string"]);
    let mac = prop::sample::select(vec!["", "", "00:1a:2b:3c:4d:01", "00:1a:2b:3c:4d:02", "02:42:ac:11:00:02"]);
    let stamp = prop::option::weighted(0.2, 0..12_u8);
    (word, number, mac, stamp, prop::bool::weighted(0.9)).prop_map(move |(name, number, mac, stamp, active)| {
        let mut record = asset(prefix, name, number, &[mac]).with("active", Value::Boolean(active));
        record.stamp = stamp.map(|stamp| stamp_of(&format!("s{stamp}"))).filter(|_| prefix == "t");
        record.with("number", Value::Text(number.to_owned()))
    })
}

fn any_records(prefix: &'static str) -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(any_record(prefix), 0..12).prop_map(move |mut records| {
        for (at, record) in records.iter_mut().enumerate() {
            record.id = format!("{prefix}{at}");
        }
        records
    })
}

fn any_links() -> impl Strategy<Value = Vec<Link>> {
    let state = prop::sample::select(LinkState::ALL.to_vec());
    prop::collection::btree_map(0..12_u8, (state, 0..16_u8, any::<bool>()), 0..5).prop_map(|links| {
        let mut targets = BTreeSet::new();
        links
            .into_iter()
            .map(|(source, (state, target, operator))| {
                let free = matches!(state, LinkState::Linked | LinkState::Broken) && targets.insert(target);
                let state = if free || !matches!(state, LinkState::Linked | LinkState::Broken) {
                    state
                } else {
                    LinkState::Unmapped
                };
                let target = free.then(|| format!("t{target}"));
                let by = if operator { "operator" } else { "matching" };
                link(Kind::Asset, &format!("s{source}"), state, target.as_deref(), by)
            })
            .collect()
    })
}

fn check_decisions(decisions: &BTreeMap<String, Decision>, source: &[Record], target: &[Record], links: &[Link]) {
    let link_of = |id: &str| links.iter().find(|link| link.source == id);
    let mut taken: Vec<&str> = decisions
        .iter()
        .filter_map(|(id, decision)| match decision {
            Decision::Linked { target, .. } => Some(target.as_str()),
            Decision::Keep => link_of(id).and_then(Link::linked),
            _ => None,
        })
        .collect();
    taken.sort_unstable();
    let all = taken.len();
    taken.dedup();
    assert_eq!(taken.len(), all, "a target is linked twice: {decisions:?}");
    for (id, decision) in decisions {
        let link = link_of(id);
        let record = source.iter().find(|r| r.id == *id).unwrap();
        match decision {
            Decision::Linked { target: found, by, .. } => {
                assert_ne!(link.map(|link| link.state), Some(LinkState::Excluded));
                let found = target.iter().find(|r| r.id == *found).unwrap();
                if *by == Decider::SerialNumber {
                    let key = crate::rules::serials::serial_key(record.text("serial-number").unwrap());
                    assert!(key.is_some(), "junk links nothing");
                    assert_eq!(key, crate::rules::serials::serial_key(found.text("serial-number").unwrap()));
                }
            }
            Decision::Create { .. } => assert!(record.active() && link.and_then(Link::linked).is_none()),
            Decision::Proposed { candidates, .. } => {
                assert!(!candidates.is_empty());
                assert!(candidates.iter().all(|c| !taken.contains(&c.target.as_str())), "proposed what is taken");
            }
            Decision::Keep => assert!(link.is_some()),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn customers_do_not_depend_on_order_and_no_target_is_linked_twice(
        source in any_records("s"), target in any_records("t"), links in any_links(),
        accept in prop::option::of(0.8..1.0_f64), turn in any::<prop::sample::Index>(),
    ) {
        let mut world = Customers::new(source, target);
        world.links = links;
        world.rules.accept_score = accept;
        let decisions = world.decide();
        check_decisions(&decisions, &world.source, &world.target, &world.links);
        let around = |records: &mut Vec<Record>| if !records.is_empty() { let at = turn.index(records.len()); records.rotate_left(at); records.reverse(); };
        around(&mut world.source);
        around(&mut world.target);
        world.links.reverse();
        prop_assert_eq!(world.decide(), decisions);
    }

    #[test]
    fn assets_do_not_depend_on_order_and_no_target_is_linked_twice(
        source in any_records("s"), target in any_records("t"), links in any_links(),
        accept in prop::option::of(0.8..1.0_f64), location in any::<bool>(),
    ) {
        let kind = if location { Kind::Location } else { Kind::Asset };
        let mut world = Records::new(kind, source, target);
        world.links = links;
        world.rules.accept_score = accept;
        let decisions = world.decide();
        check_decisions(&decisions, &world.source, &world.target, &world.links);
        world.source.reverse();
        world.target.reverse();
        prop_assert_eq!(world.decide(), decisions);
    }
}
