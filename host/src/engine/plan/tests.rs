//! Planning, case by case and as a whole: match, plan, apply, and nothing is left.

use super::*;
use crate::engine::testkit::{Fate, HOUR, Habit, NOW, Source, With, World, record, stamp_of};
use crate::model::sync::{KindRules, Sites};
use crate::model::{Change, Field, FieldDiff, FieldRule, Hold, LinkState, Operation, Risk, Value, Writable};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// One customer, two sites, two devices.
fn small() -> Source {
    BTreeMap::from([
        (Kind::Customer, vec![record("c1", None, "Acme Ltd", &[("phone", "+39 02 1234")])]),
        (
            Kind::Location,
            vec![record("l1", Some("c1"), "Milano", &[("city", "Milano")]), record("l2", Some("c1"), "Torino", &[])],
        ),
        (Kind::Asset, vec![device("a1", "c1", "l1"), device("a2", "c1", "l2")]),
    ])
}

fn device(id: &str, customer: &str, site: &str) -> Record {
    let serial = format!("SER-{id}-X1");
    record(
        id,
        Some(customer),
        &format!("PC-{id}"),
        &[("location", site), ("serial-number", &serial), ("model", "Model One")],
    )
    .with("last-seen", Value::Time("2026-01-01T08:00:00Z".into()))
    .with("memory", Value::Integer(1 << 34))
}

fn edit(source: &mut Source, kind: Kind, id: &str, name: &str, value: Value) {
    for record in source.get_mut(&kind).unwrap().iter_mut().filter(|record| record.id == id) {
        *record = record.clone().with(name, value.clone());
    }
}

fn set(world: &mut World, kind: Kind, source: &str, name: &str, value: Value) {
    let id = world.linked(kind, source).id.clone();
    let record = world.get_mut(kind, &id);
    *record = record.clone().with(name, value);
}

/// What a plan does, in short.
fn short(planned: &Planned) -> Vec<String> {
    planned.changes.iter().map(|c| format!("{} {} {}", c.action.as_str(), c.kind, c.source)).collect()
}

fn fields_of(change: &PlannedChange) -> Vec<&str> {
    change.fields.iter().map(|diff| diff.name.as_str()).collect()
}

fn rules(world: &mut World, kind: Kind) -> &mut KindRules {
    world.rules.kinds.get_mut(&kind).unwrap()
}

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
    assert_eq!((link.decided_by.as_str(), link.made), ("serial number", false));
    assert_eq!(link.written["model"], text("Model One"), "what both hold is agreed");
    assert_eq!(link.sent["parent"], text("t1"));
    assert_eq!(world.get(Kind::Asset, "t2").name, "PC-a1");
}

#[test]
fn a_change_in_the_source_is_written_and_says_why() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    let planned = world.run(&source, NOW.plus_ms(HOUR));
    assert_eq!(short(&planned), ["update asset a1"]);
    assert_eq!(planned.changes[0].reason, "model differs: “Model One” becomes “Model Two”");
    assert_eq!(planned.changes[0].calls, 1);
}

#[test]
fn a_technicians_edit_is_kept_unless_the_source_forces() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    set(&mut world, Kind::Asset, "a1", "model", text("Edited"));
    let planned = world.run(&source, NOW);
    assert_eq!(short(&planned), [""; 0]);
    assert_eq!(planned.findings[0].message, "model was edited in the target to “Edited”, and is left so");
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    let planned = world.run(&source, NOW);
    assert_eq!(short(&planned), [""; 0]);
    assert!(planned.findings[0].message.contains("changed on both sides"), "{:?}", planned.findings);
    rules(&mut world, Kind::Asset).fields.insert("model".into(), FieldRule::SourceForces);
    assert_eq!(short(&world.run(&source, NOW)), ["update asset a1"]);
    assert_eq!(world.linked(Kind::Asset, "a1").text("model"), Some("Model Two"));
}

#[test]
fn what_a_technician_fills_in_is_kept_when_the_source_gets_a_value_later() {
    for linked in [false, true] {
        let mut world = World::new();
        let mut source = small();
        if linked {
            world.put(Kind::Customer, record("t1", None, "Acme Ltd", &[("number", "77"), ("website", "")]));
            edit(&mut source, Kind::Customer, "c1", "number", text("77"));
        }
        world.run(&source, NOW);
        set(&mut world, Kind::Customer, "c1", "website", text("acme.example"));
        edit(&mut source, Kind::Customer, "c1", "website", text("old.example"));
        assert_eq!(short(&world.run(&source, NOW)), [""; 0], "linked: {linked}");
        assert_eq!(world.linked(Kind::Customer, "c1").text("website"), Some("acme.example"));
    }
}

#[test]
fn the_field_rules() {
    use FieldRule::{FillIfEmpty, Ignore, SeedOnce, SourceForces, SourceWins, TargetWins};
    // (rule, what the target has when linked, what the source says, what it has then)
    for (rule, has, says, then) in [
        (SourceWins, "old", "new", "new"),
        (SourceWins, "old", "", "old"),
        (SourceForces, "old", "new", "new"),
        (SourceForces, "old", "", ""),
        (TargetWins, "old", "new", "old"),
        (TargetWins, "", "new", ""),
        (SeedOnce, "old", "new", "old"),
        (SeedOnce, "", "new", "new"),
        (FillIfEmpty, "old", "new", "old"),
        (FillIfEmpty, "", "new", "new"),
        (Ignore, "old", "new", "old"),
        (Ignore, "", "new", ""),
    ] {
        let mut world = World::new();
        world.put(Kind::Customer, record("t1", None, "Acme Ltd", &[("number", "77"), ("phone", has)]));
        rules(&mut world, Kind::Customer).fields.insert("phone".into(), rule);
        let mut source = small();
        edit(&mut source, Kind::Customer, "c1", "number", text("77"));
        edit(&mut source, Kind::Customer, "c1", "phone", text(says));
        world.run(&source, NOW);
        assert_eq!(world.get(Kind::Customer, "t1").text("phone").unwrap_or(""), then, "{rule:?}: {has:?} and {says:?}");
        // Emptied by a technician afterwards: only these two fill it again.
        if !then.is_empty() && !says.is_empty() {
            set(&mut world, Kind::Customer, "c1", "phone", Value::Blank);
            world.run(&source, NOW);
            let filled = world.get(Kind::Customer, "t1").text("phone").is_some();
            assert_eq!(filled, matches!(rule, SourceForces | FillIfEmpty), "{rule:?} emptied");
        }
    }
    // On creation the target has nothing to win with.
    for (rule, then) in [(TargetWins, Some("+39 02 1234")), (SeedOnce, Some("+39 02 1234")), (Ignore, None)] {
        let mut world = World::new();
        rules(&mut world, Kind::Customer).fields.insert("phone".into(), rule);
        world.run(&small(), NOW);
        assert_eq!(world.linked(Kind::Customer, "c1").text("phone"), then, "{rule:?}");
    }
}

#[test]
fn only_what_the_target_takes_is_written() {
    let mut world = World::new();
    let asset = world.describe.get_mut(&Kind::Asset).unwrap();
    asset.name_length = Some(4);
    for field in &mut asset.fields {
        match field.name.as_str() {
            "model" => field.length = Some(7),
            "type" => field.values = vec!["Server".into(), "Workstation".into()],
            "memory" => field.writable = Writable::Never,
            "manufacturer" => field.writable = Writable::OnCreate,
            "cpu" => field.readable = false,
            _ => {}
        }
    }
    let mut source = small();
    for (name, value) in [("manufacturer", "Maker"), ("type", "server"), ("cpu", "One"), ("own-attribute", "x")] {
        edit(&mut source, Kind::Asset, "a1", name, text(value));
    }
    edit(&mut source, Kind::Asset, "a2", "type", text("toaster"));
    edit(&mut source, Kind::Asset, "a2", "model", text("Long model name"));
    let planned = world.run(&source, NOW);
    let one = world.linked(Kind::Asset, "a1").clone();
    assert_eq!((one.name.as_str(), one.text("type"), one.text("model")), ("PC-a", Some("Server"), Some("Model O")));
    assert_eq!((one.field("memory"), one.text("manufacturer")), (Some(&Value::Blank), Some("Maker")));
    assert_eq!(one.field("own-attribute"), None, "nothing is written that the target did not declare");
    assert_eq!(world.linked(Kind::Asset, "a2").text("model"), Some("Long mo"), "cut");
    assert!(planned.findings.iter().any(|f| f.source == "a2" && f.message.contains("none of the values")));
    edit(&mut source, Kind::Asset, "a1", "manufacturer", text("Another"));
    assert_eq!(short(&world.run(&source, NOW)), [""; 0], "fixed after creation");
    edit(&mut source, Kind::Asset, "a1", "cpu", text("Two"));
    let planned = world.run(&source, NOW);
    assert_eq!(fields_of(&planned.changes[0]), ["cpu"]);
    assert_eq!(planned.changes[0].fields[0].before, None, "what cannot be read is judged by what was sent");
}

#[test]
fn volatile_fields_ride_along_or_wait_until_due() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    let seen = Value::Time("2026-02-02T08:00:00Z".into());
    edit(&mut source, Kind::Asset, "a1", "last-seen", seen.clone());
    let day = 24 * HOUR;
    assert_eq!(short(&world.plan(&source, NOW.plus_ms(day - 1))), [""; 0]);
    let due = world.plan(&source, NOW.plus_ms(day));
    assert_eq!((short(&due), fields_of(&due.changes[0])), (vec!["update asset a1".to_owned()], vec!["last-seen"]));
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    let along = world.run(&source, NOW.plus_ms(HOUR));
    assert_eq!(fields_of(&along.changes[0]), ["model", "last-seen"]);
    assert_eq!(world.link(Kind::Asset, "a1").unwrap().volatile_at, Some(NOW.plus_ms(HOUR)));
    assert_eq!(world.linked(Kind::Asset, "a1").field("last-seen"), Some(&seen));
}

#[test]
fn a_device_that_changed_customers_is_moved_or_retired_and_created() {
    for can_move in [true, false] {
        let mut world = World::new();
        if can_move {
            world.describe.get_mut(&Kind::Asset).unwrap().writes.insert(Operation::Move);
        }
        let mut source = small();
        world.run(&source, NOW);
        let old = world.linked(Kind::Asset, "a1").id.clone();
        // To a customer that this very plan creates.
        source.get_mut(&Kind::Customer).unwrap().push(record("c2", None, "Zenith", &[]));
        source.get_mut(&Kind::Location).unwrap().push(record("l3", Some("c2"), "Roma", &[]));
        source.get_mut(&Kind::Asset).unwrap()[0] = device("a1", "c2", "l3");
        let planned = world.run(&source, NOW);
        let new = world.linked(Kind::Asset, "a1").clone();
        assert_eq!(new.parent, world.link(Kind::Customer, "c2").unwrap().target);
        assert_eq!(new.text("location"), Some(world.linked(Kind::Location, "l3").id.as_str()));
        if can_move {
            assert_eq!(short(&planned)[2..], ["move asset a1", "update asset a1"]);
            assert_eq!(new.id, old);
        } else {
            assert_eq!(short(&planned)[2..], ["retire asset a1", "create asset a1"]);
            assert!(!world.get(Kind::Asset, &old).active() && new.id != old);
            assert!(planned.changes[2].reason.contains("cannot move"), "{}", planned.changes[2].reason);
        }
    }
}

#[test]
fn a_move_is_followed_for_what_was_only_linked_and_not_against_a_technician() {
    let mut world = World::new();
    world.put(Kind::Customer, record("t1", None, "Acme Ltd", &[("number", "77")]));
    world.put(Kind::Customer, record("t9", None, "Somebody Else", &[]));
    world.put(Kind::Asset, record("t2", Some("t1"), "PC-a1", &[("serial-number", "SER-a1-X1")]));
    let mut source = small();
    edit(&mut source, Kind::Customer, "c1", "number", text("77"));
    world.run(&source, NOW);
    world.get_mut(Kind::Asset, "t2").parent = Some("t9".into());
    let planned = world.run(&source, NOW);
    assert_eq!(short(&planned), [""; 0]);
    assert!(planned.findings.iter().any(|f| f.source == "a1" && f.message.contains("another account")));
    world.get_mut(Kind::Asset, "t2").parent = Some("t1".into());
    source.get_mut(&Kind::Customer).unwrap().push(record("c2", None, "Zenith", &[]));
    source.get_mut(&Kind::Asset).unwrap()[0].parent = Some("c2".into());
    assert!(short(&world.run(&source, NOW)).contains(&"retire asset a1".to_owned()));
}

#[test]
fn what_left_the_source_is_taken_out_of_use_after_the_grace_period_and_comes_back() {
    let mut world = World::new();
    let source = small();
    world.run(&source, NOW);
    let mut without = source.clone();
    without.get_mut(&Kind::Asset).unwrap().remove(0);
    let planned = world.run(&without, NOW);
    assert!(planned.findings[0].message.contains("missing from the source since"), "{:?}", planned.findings);
    let grace = 72 * HOUR;
    assert_eq!(short(&world.plan(&without, NOW.plus_ms(grace - 1))), [""; 0]);
    let planned = world.run(&without, NOW.plus_ms(grace));
    assert_eq!(short(&planned), ["deactivate asset a1"]);
    assert_eq!(planned.changes[0].risk, Risk::High);
    assert!(!world.linked(Kind::Asset, "a1").active());
    let planned = world.run(&source, NOW.plus_ms(grace + HOUR));
    assert_eq!(short(&planned), ["reactivate asset a1"]);
    // A person's retirement is respected, and so is a person's putting back.
    set(&mut world, Kind::Asset, "a1", "active", Value::Boolean(false));
    let planned = world.run(&source, NOW.plus_ms(grace + HOUR));
    assert!(planned.findings[0].message.contains("retired in the target by a person"), "{:?}", planned.findings);
    set(&mut world, Kind::Asset, "a1", "active", Value::Boolean(true));
    world.plan(&without, NOW.plus_ms(grace + HOUR));
    world.run(&without, NOW.plus_ms(3 * grace));
    set(&mut world, Kind::Asset, "a1", "active", Value::Boolean(true));
    let planned = world.run(&without, NOW.plus_ms(3 * grace));
    assert_eq!(short(&planned), [""; 0]);
    assert!(planned.findings[0].message.contains("put back in use"), "{:?}", planned.findings);
}

#[test]
fn not_in_use_in_the_source_is_out_of_use_at_once() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    edit(&mut source, Kind::Asset, "a1", "active", Value::Boolean(false));
    assert_eq!(short(&world.run(&source, NOW)), ["deactivate asset a1"]);
    edit(&mut source, Kind::Asset, "a1", "active", Value::Boolean(true));
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    assert_eq!(short(&world.run(&source, NOW)), ["reactivate asset a1", "update asset a1"]);
    rules(&mut world, Kind::Asset).fields.insert("active".into(), FieldRule::TargetWins);
    edit(&mut source, Kind::Asset, "a1", "active", Value::Boolean(false));
    assert_eq!(short(&world.run(&source, NOW)), [""; 0]);
}

#[test]
fn an_account_that_was_there_before_is_not_taken_out_of_use() {
    let mut world = World::new();
    world.put(Kind::Customer, record("t1", None, "Acme Ltd", &[("number", "77")]));
    let mut source = small();
    edit(&mut source, Kind::Customer, "c1", "number", text("77"));
    source.get_mut(&Kind::Customer).unwrap().push(record("c2", None, "Zenith", &[]));
    world.run(&source, NOW);
    let later = NOW.plus_ms(100 * HOUR);
    world.plan(&Source::new(), NOW);
    let planned = world.plan(&Source::new(), later);
    assert_eq!(short(&planned)[0], "deactivate customer c2", "made by this host");
    assert!(planned.findings.iter().any(|f| f.source == "c1" && f.message.contains("was in the target before")));
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
            planned.findings.iter().any(|f| f.source == source && f.message.contains(message)),
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
    assert!(planned.findings.iter().any(|f| f.source == "a1" && f.message.contains("is not linked")));
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
        (LinkState::Linked, Some("t1".into()), "operator".into(), 1);
    world.links.insert((Kind::Customer, "c1".into()), link);
    let planned = world.run(&small(), NOW);
    assert_eq!(short(&planned)[0], "create location l1", "nothing to write for the customer");
    assert_eq!(world.link(Kind::Customer, "c1").unwrap().written["city"], text("Milano"));
    assert_eq!(world.link(Kind::Customer, "c1").unwrap().decided_by, "operator");
    set(&mut world, Kind::Customer, "c1", "phone", text("edited"));
    assert_eq!(short(&world.run(&small(), NOW)), [""; 0]);
}

#[test]
fn what_was_known_of_a_lost_record_does_not_hold_for_the_one_created_in_its_place() {
    let mut world = World::new();
    let source = small();
    world.run(&source, NOW);
    let id = world.linked(Kind::Customer, "c1").id.clone();
    world.records.get_mut(&Kind::Customer).unwrap().remove(&id);
    let planned = world.run(&source, NOW);
    assert!(planned.findings.iter().any(|f| f.source == "c1" && f.message.contains("is gone from the target")));
    let mut link = world.link(Kind::Customer, "c1").unwrap().clone();
    link.written.insert("website".into(), text("of the lost one"));
    (link.state, link.target, link.decided_by) = (LinkState::Create, None, "operator".into());
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
    assert_eq!(planned.findings[0].message, "waits for a yes or no: one name begins with the other");
}

#[test]
fn staleness_is_judged_per_change() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    edit(&mut source, Kind::Asset, "a1", "last-seen", Value::Time("2026-03-03T00:00:00Z".into()));
    let change = world.plan(&source, NOW).changes.remove(0);
    let (link, target) = (world.link(Kind::Asset, "a1").unwrap().clone(), world.linked(Kind::Asset, "a1").clone());
    let is_stale = |link: Option<&Link>, target: Option<&Record>| stale(&change, link, target);
    assert_eq!(is_stale(Some(&link), Some(&target)), None);
    let refreshed = target.clone().with("last-seen", Value::Time("2026-03-02T00:00:00Z".into())).with("cpu", text("x"));
    assert_eq!(is_stale(Some(&link), Some(&refreshed)), None, "what the change does not write, or changes by itself");
    let edited = target.clone().with("model", text("Edited"));
    assert!(is_stale(Some(&link), Some(&edited)).unwrap().contains("model was changed"));
    assert!(is_stale(Some(&link), None).unwrap().contains("gone"));
    assert!(is_stale(None, Some(&target)).unwrap().contains("not linked"));
    let elsewhere = Link { target: Some("t9".into()), ..link.clone() };
    assert!(is_stale(Some(&elsewhere), Some(&target)).unwrap().contains("another record"));
    let excluded = Link { state: LinkState::Excluded, ..link.clone() };
    assert!(is_stale(Some(&excluded), Some(&target)).is_some());
    let create = PlannedChange { action: Action::Create, target: None, link_revision: 0, ..change.clone() };
    assert_eq!(stale(&create, None, None), None);
    assert!(stale(&create, Some(&link), None).unwrap().contains("linked to"));
    assert!(stale(&create, Some(&excluded), None).is_some());
    let out = PlannedChange {
        action: Action::Deactivate,
        link_revision: link.revision,
        fields: Vec::new(),
        ..change.clone()
    };
    assert_eq!(stale(&out, Some(&link), Some(&target)), None);
    let touched = Link { revision: link.revision + 1, ..link };
    assert!(stale(&out, Some(&touched), Some(&target)).unwrap().contains("may be back"));
}

#[test]
fn a_write_that_refers_to_nothing_is_refused() {
    let mut world = World::new();
    let planned = world.plan(&small(), NOW);
    let asset = planned.changes.iter().find(|c| c.kind == Kind::Asset).unwrap();
    let id = crate::model::ChangeId { plan: crate::model::PlanId(1), sequence: 1 };
    let refused = to_write(asset, id, None, None, &|_, _| Reference::Planned).unwrap_err();
    assert_eq!(refused.to_string(), "the customer c1 it refers to is not in the target: apply what creates it first");
}

#[test]
fn verify_tells_what_was_kept_differently() {
    let sent = Change {
        id: "1.1".into(),
        operation: Operation::Update,
        kind: Kind::Asset,
        target: Some("t".into()),
        parent: Some("p".into()),
        name: Some("PC".into()),
        stamp: None,
        fields: vec![
            Field::new("model", text("Long name")),
            Field::new("memory", Value::Integer(5)),
            Field::new("last-seen", Value::Time("2026-01-01T08:00:00.250Z".into())),
            Field::new("cpu", text("untold")),
        ],
    };
    let kept = record("t", None, "PC", &[("model", "Long"), ("memory", "5")])
        .with("last-seen", Value::Time("2026-01-01T09:00:00+01:00".into()));
    let notes = verify(&sent, &kept);
    assert_eq!(notes, [FieldNote { name: "model".into(), sent: text("Long name"), kept: text("Long") }]);
}

#[test]
fn values_that_say_the_same() {
    let json = |text: &str| Value::Json(text.to_owned());
    let time = |text: &str| Value::Time(text.to_owned());
    for (a, b, expected) in [
        (text("a\r\nb "), text("a\nb"), true),
        (text("A"), text("a"), false),
        (text(" "), Value::Blank, true),
        (Value::Integer(0), Value::Blank, false),
        (Value::Integer(5), text("5"), true),
        (Value::Integer(5), Value::Decimal(5.0), true),
        (Value::Decimal(0.1 + 0.2), Value::Decimal(0.3), true),
        (Value::Boolean(true), Value::Boolean(false), false),
        (json("[1, 2]"), json("[1,2]"), true),
        (json("[2,1]"), json("[1,2]"), false),
        (time("2026-01-01T08:00:00.900Z"), time("2026-01-01T08:00:00Z"), true),
        (time("2026-01-01T08:00:00Z"), text("2026-01-01T09:00:00+01:00"), true),
        (time("2026-01-01T08:00:00Z"), time("2026-01-01T08:00:01Z"), false),
    ] {
        assert_eq!(value::same(&a, &b), expected, "{a:?} {b:?}");
        assert_eq!(value::same(&b, &a), expected, "{b:?} {a:?}");
    }
}

/// The whole of a change, differently in each part.
fn any_change() -> impl Strategy<Value = PlannedChange> {
    let value = prop_oneof![
        Just(Value::Blank),
        "[ab]{0,3}".prop_map(Value::Text),
        "[ab]{0,3}".prop_map(Value::Json),
        "[ab]{0,3}".prop_map(Value::Time),
        (0..9_i64).prop_map(Value::Integer),
        (0..9_i32).prop_map(|n| Value::Decimal(f64::from(n))),
        any::<bool>().prop_map(Value::Boolean)
    ];
    let diff = ("[ab]{0,2}", prop::option::of(value.clone()), value).prop_map(|(name, before, after)| FieldDiff {
        name,
        before,
        after,
    });
    (
        (0..3_u32, prop::sample::select(Kind::ALL.to_vec()), prop::sample::select(Action::ALL.to_vec())),
        ("[ab]{0,2}", "[ab]{0,2}", prop::option::of("[ab]{0,2}"), "[ab]{0,2}"),
        prop::collection::vec(diff, 0..3),
        ("[ab]{0,2}", 0..3_u32, prop::option::of("[ab]{0,2}"), 0..3_i64),
    )
        .prop_map(
            |(
                (sequence, kind, action),
                (customer, source, target, name),
                fields,
                (reason, calls, held, link_revision),
            )| {
                let held = held.map(|reason| Hold { brake: "updates".into(), reason });
                let risk = if calls == 0 { Risk::Low } else { Risk::High };
                PlannedChange {
                    sequence,
                    kind,
                    action,
                    customer,
                    source,
                    target,
                    name,
                    fields,
                    reason,
                    risk,
                    calls,
                    held,
                    link_revision,
                }
            },
        )
}

fn hash(changes: &[PlannedChange]) -> String {
    let mut hasher = PlanHasher::default();
    changes.iter().for_each(|change| hasher.add(change));
    hasher.finish()
}

/// A source of a few customers with what belongs to them; fields are small so that they meet.
fn any_source() -> impl Strategy<Value = Source> {
    let customers = prop::collection::btree_map(0..4_u8, (word(), word(), prop::bool::weighted(0.9)), 0..4);
    let locations = prop::collection::btree_map(0..5_u8, (0..4_u8, word(), word()), 0..5);
    let devices = prop::collection::btree_map(
        0..7_u8,
        (0..4_u8, 0..5_u8, word(), word(), 0..50_i64, prop::bool::weighted(0.9)),
        0..7,
    );
    (customers, locations, devices).prop_map(|(customers, locations, devices)| {
        let names = ["Acme", "Contoso", "Zenith", "Fabrikam"];
        let customers = customers.into_iter().map(|(id, (phone, city, active))| {
            record(&format!("c{id}"), None, names[usize::from(id)], &[("phone", &phone), ("city", &city)])
                .with("active", Value::Boolean(active))
        });
        // A device stands at a site of its own customer, or nowhere.
        let homes: BTreeMap<u8, u8> = locations.iter().map(|(id, (customer, ..))| (*id, *customer)).collect();
        let locations = locations.into_iter().map(|(id, (customer, name, city))| {
            record(&format!("l{id}"), Some(&format!("c{customer}")), &name, &[("city", &city)])
        });
        let devices = devices.into_iter().map(|(id, (customer, site, model, cpu, seen, active))| {
            let site = if homes.get(&site) == Some(&customer) { format!("l{site}") } else { String::new() };
            record(
                &format!("a{id}"),
                Some(&format!("c{customer}")),
                &format!("PC-{id}"),
                &[("location", &site), ("serial-number", &format!("SER{id}XY")), ("model", &model), ("cpu", &cpu)],
            )
            .with("last-seen", Value::Time(format!("2026-01-01T08:00:{seen:02}Z")))
            .with("active", Value::Boolean(active))
        });
        BTreeMap::from([
            (Kind::Customer, customers.collect()),
            (Kind::Location, locations.collect()),
            (Kind::Asset, devices.collect()),
        ])
    })
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "  ", "alpha", "Beta two", "a rather long text", "Ünïcode ß", "x"])
        .prop_map(str::to_owned)
}

fn any_rule() -> impl Strategy<Value = FieldRule> {
    prop::sample::select(vec![
        FieldRule::SourceWins,
        FieldRule::SourceWins,
        FieldRule::SourceForces,
        FieldRule::TargetWins,
        FieldRule::SeedOnce,
        FieldRule::FillIfEmpty,
        FieldRule::Ignore,
    ])
}

/// A target with habits and abilities, and records that were there before.
fn any_world() -> impl Strategy<Value = World> {
    let habit = prop::sample::select(vec![Habit::Keeps, Habit::Cuts(4), Habit::Shouts]);
    let before = prop::collection::vec((0..4_u8, word(), 0..7_u8, word()), 0..4);
    (
        habit,
        any::<(bool, bool, bool)>(),
        prop::option::of(5..9_u32),
        any_rule(),
        any_rule(),
        before,
        prop::bool::weighted(0.2),
    )
        .prop_map(|(habit, (reads_back, stamps, can_move), length, otherwise, cpu, before, primary)| {
            let mut world = World::new();
            (world.habit, world.reads_back, world.stamps) = (habit, reads_back, stamps);
            let asset = world.describe.get_mut(&Kind::Asset).unwrap();
            asset.name_length = length;
            asset.fields.iter_mut().filter(|field| field.name == "model").for_each(|field| field.length = length);
            asset
                .fields
                .iter_mut()
                .filter(|field| field.name == "cpu")
                .for_each(|field| field.readable = length.is_none());
            if can_move {
                asset.writes.insert(Operation::Move);
            }
            for rules in world.rules.kinds.values_mut() {
                rules.otherwise = otherwise;
                rules.fields.insert("cpu".into(), cpu);
                rules.accept_score = Some(0.9);
            }
            if primary {
                world.rules.sites = Sites::Primary;
            }
            let names = ["Acme Ltd", "Contoso", "Zenith AG", "Other"];
            for (at, (customer, phone, device, model)) in before.into_iter().enumerate() {
                let account = format!("o{customer}");
                world.put(
                    Kind::Customer,
                    record(&account, None, names[usize::from(customer)], &[("phone", &phone), ("city", "")]),
                );
                let serial = format!("ser-{device}-xy");
                let fields = [("serial-number", serial.as_str()), ("model", model.as_str()), ("cpu", "")];
                world.put(Kind::Asset, record(&format!("x{at}"), Some(&account), "OLD", &fields));
            }
            world
        })
}

/// Every active record of a linked customer is at most one record in use, at its own account.
fn check_world(world: &World) {
    for kind in [Kind::Customer, Kind::Location, Kind::Asset] {
        let mut targets: Vec<&str> = world.links.values().filter(|l| l.kind == kind).filter_map(Link::linked).collect();
        let all = targets.len();
        targets.sort_unstable();
        targets.dedup();
        assert_eq!(targets.len(), all, "a target is linked twice");
        if world.stamps {
            let mut stamps: Vec<&String> =
                world.records[&kind].values().filter(|r| r.active()).filter_map(|r| r.stamp.as_ref()).collect();
            let all = stamps.len();
            stamps.sort_unstable();
            stamps.dedup();
            assert_eq!(stamps.len(), all, "one record is there twice");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn after_a_plan_is_applied_there_is_nothing_left(mut world in any_world(), sources in prop::collection::vec(any_source(), 1..4)) {
        for (at, source) in sources.iter().enumerate() {
            // Time passes: grace and volatile ages are crossed now and then.
            world.run(source, NOW.plus_ms(at as i64 * 50 * HOUR));
            check_world(&world);
        }
    }

    #[test]
    fn whatever_got_lost_the_next_run_ends_in_the_same_place(
        sources in prop::collection::vec(any_source(), 1..4), can_move in any::<bool>(),
        fates in prop::collection::vec(prop::sample::select(vec![Fate::Done, Fate::Forgotten, Fate::NeverSent]), 40),
    ) {
        let mut world = World::new();
        if can_move {
            world.describe.get_mut(&Kind::Asset).unwrap().writes.insert(Operation::Move);
        }
        let mut fates = fates.into_iter().cycle();
        for (at, source) in sources.iter().enumerate() {
            let now = NOW.plus_ms(at as i64 * HOUR);
            for change in world.plan(source, now).changes {
                // What takes in and out of use is looked up by whoever applies it, before anything is planned.
                let lookup = matches!(change.action, Action::Deactivate | Action::Reactivate);
                let fate = fates.next().unwrap();
                let fate = if lookup && fate == Fate::Forgotten { Fate::Done } else { fate };
                // Refused is fine: what it builds on got lost.
                let _ = world.apply_one(&change, fate, now);
            }
            world.run(source, now);
            check_world(&world);
            let customer_of = |id: &str| source[&Kind::Customer].iter().find(|c| c.id == id && c.active());
            for device in source[&Kind::Asset].iter().filter(|device| device.active()) {
                let Some(customer) = customer_of(device.parent.as_deref().unwrap()) else { continue };
                let (has, account) = (world.linked(Kind::Asset, &device.id), world.linked(Kind::Customer, &customer.id));
                prop_assert_eq!(has.parent.as_ref(), Some(&account.id));
                prop_assert!(has.active());
                if let Some(model) = device.text("model") {
                    prop_assert_eq!(has.text("model"), Some(model));
                }
            }
        }
    }

    #[test]
    fn planning_does_not_depend_on_order(mut world in any_world(), source in any_source(), next in any_source()) {
        world.run(&source, NOW);
        let mut turned = next.clone();
        turned.values_mut().for_each(|records| records.reverse());
        let sorted = |planned: Planned| {
            let mut changes = planned.changes;
            changes.iter_mut().for_each(|change| change.sequence = 0);
            changes.sort_by(|a, b| (a.kind, &a.customer, &a.source, rank(a.action)).cmp(&(b.kind, &b.customer, &b.source, rank(b.action))));
            changes
        };
        let one = sorted(world.clone().plan(&next, NOW));
        prop_assert_eq!(one, sorted(world.plan(&turned, NOW)));
    }

    #[test]
    fn a_blank_never_overwrites_unless_forced(mut world in any_world(), source in any_source(), next in any_source()) {
        world.run(&source, NOW);
        for change in world.plan(&next, NOW.plus_ms(200 * HOUR)).changes {
            for diff in change.fields {
                if diff.after.is_blank() {
                    prop_assert_eq!(world.rules.kinds[&change.kind].rule(&diff.name), FieldRule::SourceForces);
                }
            }
        }
    }

    #[test]
    fn what_changes_by_itself_is_never_written_before_its_age(mut world in any_world(), source in any_source(), hours in 0..24_i64) {
        world.run(&source, NOW);
        let mut seen = source.clone();
        for device in seen.get_mut(&Kind::Asset).unwrap() {
            *device = device.clone().with("last-seen", Value::Time("2026-05-05T05:05:05Z".into()));
        }
        // What was linked without ever being written is due from the start.
        let young: Vec<String> = world.links.values().filter(|l| l.volatile_at == Some(NOW)).map(|l| l.source.clone()).collect();
        let planned = world.plan(&seen, NOW.plus_ms(hours * HOUR));
        prop_assert!(planned.changes.iter().all(|c| !young.contains(&c.source)), "{:#?}", planned.changes);
    }

    #[test]
    fn a_technicians_edit_survives_whatever_the_source_says(
        source in any_source(), next in any_source(), habit in prop::sample::select(vec![Habit::Keeps, Habit::Cuts(4), Habit::Shouts]),
    ) {
        let mut world = World::new();
        world.habit = habit;
        world.run(&source, NOW);
        let mut edited = Vec::new();
        for record in world.records.get_mut(&Kind::Asset).unwrap().values_mut() {
            *record = record.clone().with("model", text("by hand"));
            edited.push(record.id.clone());
        }
        world.run(&next, NOW.plus_ms(100 * HOUR));
        for id in edited {
            prop_assert_eq!(world.get(Kind::Asset, &id).text("model"), Some("by hand"));
        }
    }

    #[test]
    fn the_hash_tells_every_difference(a in prop::collection::vec(any_change(), 0..3), b in prop::collection::vec(any_change(), 0..3)) {
        prop_assert_eq!(hash(&a) == hash(&b), a == b);
        prop_assert_eq!(hash(&a), hash(&a.clone()));
    }
}
