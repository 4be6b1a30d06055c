//! Fields: whose value stands, what the target takes, and what changes by itself.

use super::*;
use crate::testkit::{HOUR, NOW};
use crosswalk_model::{FieldRule, Writable};

#[test]
fn a_change_in_the_source_is_written_and_says_why() {
    let mut world = World::new();
    let mut source = small();
    world.run(&source, NOW);
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    let planned = world.run(&source, NOW.plus_ms(HOUR));
    assert_eq!(short(&planned), ["update asset a1"]);
    assert_eq!(planned.changes[0].reason.english(), "model differs: “Model One” becomes “Model Two”");
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
    assert_eq!(
        planned.findings[0].message.english(),
        "model was edited in the target to “Edited”, and is left as it is"
    );
    edit(&mut source, Kind::Asset, "a1", "model", text("Model Two"));
    let planned = world.run(&source, NOW);
    assert_eq!(short(&planned), [""; 0]);
    assert!(planned.findings[0].message.english().contains("changed on both sides"), "{:?}", planned.findings);
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
    assert!(planned.findings.iter().any(|f| f.source == "a2" && f.message.english().contains("none of the values")));
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
fn a_placeholder_for_a_serial_number_is_never_written() {
    let mut world = World::new();
    let mut source = small();
    edit(&mut source, Kind::Asset, "a1", "serial-number", text("Default string"));
    world.run(&source, NOW);
    assert_ne!(world.linked(Kind::Asset, "a1").text("serial-number"), Some("Default string"));
    edit(&mut source, Kind::Asset, "a2", "serial-number", text("To be filled by O.E.M."));
    world.run(&source, NOW);
    assert_eq!(world.linked(Kind::Asset, "a2").text("serial-number"), Some("SER-a2-X1"), "what was known stays");
}
