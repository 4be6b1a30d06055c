//! Linking and creating: what is there is linked, what is not is made, and what cannot be is told.

use super::*;
use crate::testkit::{NOW, stamp_of};
use crosswalk_model::sync::Sites;
use crosswalk_model::{Action, Decider, Link, LinkState, PlannedChange, Record};

#[test]
fn everything_is_created_in_order_and_then_nothing_is_left() {
    let mut world = World::new();
    let planned = world.run(&small(), NOW);
    assert_eq!(
        short(&planned),
        ["create customer c1", "create location l1", "create location l2", "create asset a1", "create asset a2"]
    );
    assert_eq!(planned.findings, []);
    let account = world.linked(Kind::Customer, "c1").id.clone();
    let asset = world.linked(Kind::Asset, "a1").clone();
    assert_eq!(asset.parent.as_deref(), Some(account.as_str()));
    assert_eq!(asset.text("location"), Some(world.linked(Kind::Location, "l1").id.as_str()), "resolved when applied");
    assert_eq!(asset.stamp, Some(stamp_of("a1")));
    let link = world.link(Kind::Asset, "a1").unwrap();
    assert!(link.made && link.volatile_at == Some(NOW));
    assert_eq!(link.sent["location"], text(&world.linked(Kind::Location, "l1").id));
}

#[test]
fn what_is_there_is_linked_and_brought_in_step() {
    let mut world = World::new();
    world.put(Kind::Customer, record("t1", None, "Other name", &[("number", "77"), ("phone", "")]));
    world.put(
        Kind::Asset,
        record("t2", Some("t1"), "OLD-NAME", &[("serial-number", "ser a1 x1"), ("model", "Model One")]),
    );
    let mut source = small();
    edit(&mut source, Kind::Customer, "c1", "number", text("77"));
    let planned = world.run(&source, NOW);
    assert_eq!(
        short(&planned),
        [
            "link customer c1",
            "update customer c1",
            "create location l1",
            "create location l2",
            "link asset a1",
            "update asset a1",
            "create asset a2"
        ]
    );
    assert_eq!(fields_of(&planned.changes[1]), ["name", "phone"]);
    let link = world.link(Kind::Asset, "a1").unwrap();
    assert_eq!((link.decider(), link.made), ("serial number", false));
    assert_eq!(link.written["model"], text("Model One"), "what both hold is agreed");
    assert_eq!(link.sent["parent"], text("t1"));
    assert_eq!(world.get(Kind::Asset, "t2").name, "PC-a1");
}

#[test]
fn what_the_target_cannot_do_is_told_and_not_planned() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    world.describe.get_mut(&Kind::Asset).unwrap().writes.clear();
    world.describe.get_mut(&Kind::Location).unwrap().writes.clear();
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    edit(&mut source, Kind::Asset, "a2", "active", Value::Boolean(false));
    source.get_mut(&Kind::Location).unwrap().push(record("l3", Some("c1"), "Roma", &[]));
    source.get_mut(&Kind::Asset).unwrap().push(device("a3", "c1", "l3"));
    let planned = world.run(&source, NOW);
    assert_eq!(short(&planned), [""; 0]);
    for (source, message) in [
        ("a1", "cannot be updated"),
        ("a2", "cannot be taken out of use"),
        ("l3", "cannot be created"),
        ("a3", "cannot be created"),
    ] {
        assert!(
            planned.findings.iter().any(|f| f.source == source && f.message.english().contains(message)),
            "{source}: {message}"
        );
    }
}

#[test]
fn a_reference_to_what_is_not_linked_is_left_out_until_it_is() {
    let mut world = World::new();
    world.rules.kinds.get_mut(&Kind::Location).unwrap().create = false;
    let source = small();
    let planned = world.run(&source, NOW);
    assert_eq!(world.linked(Kind::Asset, "a1").field("location"), Some(&Value::Blank));
    assert!(planned.findings.iter().any(|f| f.source == "a1" && f.message.english().contains("is not linked")));
    world.rules.kinds.get_mut(&Kind::Location).unwrap().create = true;
    let planned = world.run(&source, NOW);
    assert_eq!(short(&planned), ["create location l1", "create location l2", "update asset a1", "update asset a2"]);
    assert_eq!(world.linked(Kind::Asset, "a1").text("location"), Some(world.linked(Kind::Location, "l1").id.as_str()));
}

#[test]
fn with_all_at_the_primary_site_no_location_is_looked_at() {
    let mut world = World::new();
    world.rules.sites = Sites::Primary;
    let planned = world.run(&small(), NOW);
    assert_eq!(short(&planned), ["create customer c1", "create asset a1", "create asset a2"]);
    assert!(!fields_of(&planned.changes[1]).contains(&"location"));
}

#[test]
fn a_link_set_by_hand_notes_what_both_hold() {
    let mut world = World::new();
    world.put(Kind::Customer, record("t1", None, "Acme Ltd", &[("phone", "+39 02 1234"), ("city", "Milano")]));
    let mut link = Link::unmapped(Kind::Customer, "c1", NOW);
    (link.state, link.target, link.decided_by, link.revision) =
        (LinkState::Linked, Some("t1".into()), Some(Decider::Operator), 1);
    world.links.insert((Kind::Customer, "c1".into()), link);
    let planned = world.run(&small(), NOW);
    assert_eq!(short(&planned)[0], "create location l1", "nothing to write for the customer");
    assert_eq!(world.link(Kind::Customer, "c1").unwrap().written["city"], text("Milano"));
    assert_eq!(world.link(Kind::Customer, "c1").unwrap().decided_by, Some(Decider::Operator));
    set(&mut world, Kind::Customer, "c1", "phone", text("edited"));
    assert_eq!(short(&world.run(&small(), NOW)), [""; 0]);
}

#[test]
fn a_link_set_by_hand_renames_neither_until_the_source_does() {
    for (kind, source, there) in [
        (Kind::Customer, "c1", record("t1", None, "Umbrella Group", &[])),
        (Kind::Location, "l1", record("t3", Some("t1"), "Head office", &[])),
        (Kind::Asset, "a1", record("t2", Some("t1"), "Reception", &[])),
    ] {
        let mut world = World::new();
        world.put(Kind::Customer, record("t1", None, "Umbrella Group", &[]));
        let target = there.id.clone();
        let name = there.name.clone();
        world.put(kind, there);
        for (kind, source, target) in [(Kind::Customer, "c1", "t1"), (kind, source, target.as_str())] {
            let mut link = Link::unmapped(kind, source, NOW);
            (link.state, link.target, link.decided_by, link.revision) =
                (LinkState::Linked, Some(target.into()), Some(Decider::Operator), 1);
            world.links.insert((kind, source.into()), link);
        }
        let mut source_now = small();
        world.run(&source_now, NOW);
        assert_eq!(world.linked(kind, source).name, name, "{kind}");
        let record = source_now.get_mut(&kind).unwrap().iter_mut().find(|record| record.id == source).unwrap();
        record.name = "Renamed".to_owned();
        world.run(&source_now, NOW);
        assert_eq!(world.linked(kind, source).name, "Renamed", "{kind}");
    }
}

#[test]
fn nothing_is_made_in_an_account_that_is_out_of_use_nor_retired_to_be_made_there() {
    let mut world = World::new();
    let mut source = small();
    source.get_mut(&Kind::Customer).unwrap().push(record("c2", None, "Zenith", &[]));
    world.run(&source, NOW);
    let account = world.linked(Kind::Customer, "c2").id.clone();
    let why = "account 9 is not in use";
    world.out_of_use.insert(account, why.into());
    source.get_mut(&Kind::Asset).unwrap()[0].parent = Some("c2".into());
    source.get_mut(&Kind::Location).unwrap().push(record("l9", Some("c2"), "Roma", &[]));
    let planned = world.plan(&source, NOW);
    let held = |change: &PlannedChange| (change.action, change.held.clone().map(|hold| (hold.words(), hold.reason)));
    let hold = Some(("out-of-use".to_owned(), why.into()));
    let all: Vec<_> = planned.changes.iter().map(held).collect();
    assert_eq!(all, [(Action::Create, hold.clone()), (Action::Retire, hold.clone()), (Action::Create, hold)]);
}

#[test]
fn what_was_known_of_a_lost_record_does_not_hold_for_the_one_created_in_its_place() {
    let mut world = World::new();
    let source = small();
    world.run(&source, NOW);
    let id = world.linked(Kind::Customer, "c1").id.clone();
    world.records.get_mut(&Kind::Customer).unwrap().remove(&id);
    let planned = world.run(&source, NOW);
    assert!(
        planned.findings.iter().any(|f| f.source == "c1" && f.message.english().contains("is gone from the target"))
    );
    let mut link = world.link(Kind::Customer, "c1").unwrap().clone();
    link.written.insert("website".into(), text("of the lost one"));
    (link.state, link.target, link.decided_by) = (LinkState::Create, None, Some(Decider::Operator));
    world.links.insert((Kind::Customer, "c1".into()), link);
    world.run(&source, NOW);
    assert_eq!(world.link(Kind::Customer, "c1").unwrap().written["website"], Value::Blank);
}

#[test]
fn every_undecided_record_has_a_finding() {
    let mut world = World::new();
    world.put(Kind::Customer, record("t1", None, "Acme Holdings", &[]));
    let planned = world.run(&small(), NOW);
    assert_eq!(short(&planned), [""; 0]);
    assert_eq!(planned.findings[0].message.english(), "waits for a yes or no: one name begins with the other");
}

#[test]
fn an_id_that_the_vendor_uses_anew_is_not_made_while_the_key_is_in_anothers_site() {
    let mut world = World::new();
    let site = |id: &str, customer: &str| record(id, Some(customer), "Annex", &[]);
    let customers = vec![record("c3", None, "Fabrikam", &[]), record("c0", None, "Acme", &[])];
    let of = |sites: Vec<Record>| BTreeMap::from([(Kind::Customer, customers.clone()), (Kind::Location, sites)]);
    world.run(&of(vec![site("l3", "c3")]), NOW);
    // The site is there under another id, and keeps the key of the former: nothing else is written to it.
    assert_eq!(short(&world.run(&of(vec![site("l0", "c3")]), NOW)), ["link location l0"]);
    let planned = world.run(&of(vec![site("l0", "c3"), site("l3", "c0")]), NOW);
    assert_eq!(short(&planned), [""; 0]);
    assert!(planned.findings[0].message.to_string().contains("match-key-taken-elsewhere"), "{:?}", planned.findings);
}
