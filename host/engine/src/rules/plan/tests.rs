//! Planning, rule by rule and as a whole; what the tests share is here.

use super::*;
use crate::testkit::{Source, With, World, record};
use crosswalk_model::sync::KindRules;
use crosswalk_model::{PlannedChange, Record, Value};
use crosswalk_say::English;
use std::collections::BTreeMap;

mod creating;
mod fields;
mod history;
mod leaving;
mod moves;
mod sending;
mod whole;

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
