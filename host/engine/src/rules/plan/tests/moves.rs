//! Moves: from one customer to another, where the vendor can and where it cannot.

use super::*;
use crate::testkit::NOW;
use crosswalk_model::Operation;

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
            assert!(planned.changes[2].reason.english().contains("cannot move"), "{}", planned.changes[2].reason);
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
    assert!(planned.findings.iter().any(|f| f.source == "a1" && f.message.english().contains("another account")));
    world.get_mut(Kind::Asset, "t2").parent = Some("t1".into());
    source.get_mut(&Kind::Customer).unwrap().push(record("c2", None, "Zenith", &[]));
    source.get_mut(&Kind::Asset).unwrap()[0].parent = Some("c2".into());
    assert!(short(&world.run(&source, NOW)).contains(&"retire asset a1".to_owned()));
}
