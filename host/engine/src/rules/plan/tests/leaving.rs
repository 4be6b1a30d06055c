//! Leaving: what is gone from the source, or out of use there, and what comes back.

use super::*;
use crate::testkit::{Fate, HOUR, NOW};
use crosswalk_model::{FieldRule, Risk};

#[test]
fn what_left_the_source_is_taken_out_of_use_after_the_grace_period_and_comes_back() {
    let mut world = World::new();
    let source = small();
    world.run(&source, NOW);
    let mut without = source.clone();
    without.get_mut(&Kind::Asset).unwrap().remove(0);
    let planned = world.run(&without, NOW);
    assert!(planned.findings[0].message.english().contains("missing from the source since"), "{:?}", planned.findings);
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
    assert!(
        planned.findings[0].message.english().contains("retired in the target by a person"),
        "{:?}",
        planned.findings
    );
    set(&mut world, Kind::Asset, "a1", "active", Value::Boolean(true));
    world.plan(&without, NOW.plus_ms(grace + HOUR));
    world.run(&without, NOW.plus_ms(3 * grace));
    set(&mut world, Kind::Asset, "a1", "active", Value::Boolean(true));
    let planned = world.run(&without, NOW.plus_ms(3 * grace));
    assert_eq!(short(&planned), [""; 0]);
    assert!(planned.findings[0].message.english().contains("put back in use"), "{:?}", planned.findings);
}

#[test]
fn a_device_that_came_back_is_not_taken_out_of_use_by_a_plan_from_before() {
    let mut world = World::new();
    let source = small();
    world.run(&source, NOW);
    let mut without = source.clone();
    without.get_mut(&Kind::Asset).unwrap().remove(0);
    world.plan(&without, NOW);
    assert_eq!(world.link(Kind::Asset, "a1").unwrap().missing_since, Some(NOW));
    let old = world.plan(&without, NOW.plus_ms(72 * HOUR));
    assert_eq!(short(&old), ["deactivate asset a1"]);
    world.plan(&source, NOW.plus_ms(72 * HOUR));
    assert_eq!(world.link(Kind::Asset, "a1").unwrap().missing_since, None);
    let refused = world.apply_one(&old.changes[0], Fate::Done, NOW).unwrap_err();
    assert!(refused.contains("plan-stale-may-be-back"), "{refused}");
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
    assert!(
        planned.findings.iter().any(|f| f.source == "c1" && f.message.english().contains("was in the target before"))
    );
}
