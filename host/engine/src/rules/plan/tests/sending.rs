//! From a change to what is sent: stale or not, what it refers to, what was kept, and the hash over all of it.

use super::*;
use crate::testkit::NOW;
use crosswalk_model::{
    Action, Activity, Change, Decider, Field, FieldDiff, Head, Hold, LineStep, Link, LinkState, Operation,
    PlannedChange, Record, Risk, Step, TicketStep, Timestamp,
};
use proptest::prelude::*;

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
    assert!(is_stale(Some(&link), Some(&edited)).unwrap().english().contains("model was changed"));
    assert!(is_stale(Some(&link), None).unwrap().english().contains("gone"));
    assert!(is_stale(None, Some(&target)).unwrap().english().contains("not linked"));
    let elsewhere = Link { target: Some("t9".into()), ..link.clone() };
    assert!(is_stale(Some(&elsewhere), Some(&target)).unwrap().english().contains("another record"));
    let excluded = Link { state: LinkState::Excluded, ..link.clone() };
    assert!(is_stale(Some(&excluded), Some(&target)).is_some());
    let create = PlannedChange { action: Action::Create, target: None, link_revision: 0, ..change.clone() };
    assert_eq!(stale(&create, None, None), None);
    assert!(stale(&create, Some(&link), None).unwrap().english().contains("linked to"));
    assert!(stale(&create, Some(&excluded), None).is_some());
    let out = PlannedChange {
        action: Action::Deactivate,
        link_revision: link.revision,
        fields: Vec::new(),
        ..change.clone()
    };
    assert_eq!(stale(&out, Some(&link), Some(&target)), None);
    let touched = Link { revision: link.revision + 1, ..link };
    assert!(stale(&out, Some(&touched), Some(&target)).unwrap().english().contains("may be back"));
}

#[test]
fn a_write_that_refers_to_nothing_is_refused() {
    let mut world = World::new();
    let planned = world.plan(&small(), NOW);
    let asset = planned.changes.iter().find(|c| c.kind == Kind::Asset).unwrap();
    let id = crosswalk_model::ChangeId { plan: crosswalk_model::PlanId(1), sequence: 1 };
    let refused = to_write(asset, id, id.to_string(), None, None, &|_, _| Reference::Planned).unwrap_err();
    assert_eq!(refused, Unresolved { kind: Kind::Customer, id: "c1".to_owned() });
}

#[test]
fn verify_tells_what_was_kept_differently() {
    let sent = Change {
        key: String::new(),
        before: Vec::new(),
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
    let of = |name: &str, sent: &str, kept: &str, by_another| FieldNote {
        name: name.into(),
        sent: text(sent),
        kept: text(kept),
        by_another,
    };
    assert_eq!(notes, [of("model", "Long name", "Long", false)]);
    let notes = verify(&sent, &Record { name: "Reception".into(), ..kept });
    assert_eq!(notes, [of("name", "PC", "Reception", true), of("model", "Long name", "Long", false)]);
}

/// A change as it is sent.
fn create(kind: Kind, fields: Vec<Field>) -> Change {
    Change {
        key: String::new(),
        before: Vec::new(),
        id: "1.1".into(),
        operation: Operation::Create,
        kind,
        target: None,
        parent: Some("p".into()),
        name: Some("PC-1".into()),
        stamp: None,
        fields,
    }
}

#[test]
fn what_people_made_of_a_record_before_it_was_found_is_not_taken_for_ours() {
    let written_at = Timestamp::parse("2026-01-01T08:00:00Z").unwrap();
    let fields = [("model", "Latitude 7440"), ("serial-number", "SN-1")];
    let sent = create(Kind::Asset, fields.map(|(name, value)| Field::new(name, text(value))).to_vec());
    let found = [("model", "LATITUDE 7440"), ("serial-number", "SN-9"), ("description", "at the desk")];
    let found = record("t", Some("p"), "Reception", &found);
    let left = as_left(&sent, &found, written_at);
    let changes = World::new().plan(&small(), NOW).changes;
    let is_create = |change: &&PlannedChange| (change.kind, change.action) == (Kind::Asset, Action::Create);
    let planned = changes.iter().find(is_create).unwrap();
    let link = after_write(None, planned, Some(&sent), "t", Some(&left), written_at);
    for (name, sent, written) in [
        ("name", Some(text("PC-1")), Some(text("PC-1"))),
        ("model", Some(text("Latitude 7440")), Some(text("LATITUDE 7440"))),
        ("serial-number", Some(text("SN-1")), Some(text("SN-1"))),
        ("description", None, Some(Value::Blank)),
    ] {
        assert_eq!((link.sent.get(name).cloned(), link.written.get(name).cloned()), (sent, written), "{name}");
    }
    // Of a ticket, an activity of about the time of the write is ours, and a later one somebody else's.
    let sent = create(Kind::Ticket, Vec::new());
    for (at, ours) in [("2026-01-01T08:00:31Z", true), ("2026-01-01T07:58:00Z", true), ("2026-01-01T08:09:00Z", false)]
    {
        let ticket = record("t", Some("p"), "PC-1", &[]).with("last-activity", Value::Time(at.into()));
        assert_eq!(as_left(&sent, &ticket, written_at).field("last-activity").is_some(), ours, "{at}");
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
    let id = || prop::option::of("[ab]{0,2}");
    let step = prop_oneof![
        Just(Step::Record),
        Just(Step::CreateSource),
        prop::sample::select(Decider::ALL.to_vec()).prop_map(Step::Link),
        (id(), id()).prop_map(|(before, after)| Step::Undo(Head { before, after })),
        (id(), id(), prop::option::of(any::<bool>())).prop_map(|(lead, account, touched)| {
            let activity = touched.map(|touched| Activity { at: String::new(), touched });
            Step::Ticket(TicketStep { lead, account, activity })
        }),
        (id(), id(), any::<bool>(), prop::option::of(0..3_i64)).prop_map(|(contract, service, moves, counted)| {
            Step::Line(Box::new(LineStep { contract, service, moves, counted, ..LineStep::default() }))
        }),
    ];
    (
        (0..3_u32, prop::sample::select(Kind::ALL.to_vec()), prop::sample::select(Action::ALL.to_vec())),
        ("[ab]{0,2}", "[ab]{0,2}", prop::option::of("[ab]{0,2}"), "[ab]{0,2}"),
        (prop::collection::vec(diff, 0..3), step),
        ("[ab]{0,2}", 0..3_u32, prop::option::of("[ab]{0,2}"), 0..3_i64),
    )
        .prop_map(
            |(
                (sequence, kind, action),
                (customer, source, target, name),
                (fields, step),
                (reason, calls, held, link_revision),
            )| {
                let held = held.map(|reason| Hold::new(crosswalk_model::Brake::Updates, reason));
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
                    step,
                    reason: reason.into(),
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

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn the_hash_tells_every_difference(a in prop::collection::vec(any_change(), 0..3), b in prop::collection::vec(any_change(), 0..3)) {
        prop_assert_eq!(hash(&a) == hash(&b), a == b);
        prop_assert_eq!(hash(&a), hash(&a.clone()));
    }
}
