//! Reversing, case by case, and as a whole in a small world: what a run did is taken back, the
//! next plan leaves it so, and taking that back does the work again.

use super::*;
use crate::rules::plan;
use crate::run::undo::{order, place};
use crate::testkit::{Fate, HOUR, NOW, Source, With, World, describe, record};
use crosswalk_model::{ChangeId, Direction, Field, PlanId};
use crosswalk_say::English;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A change that was done, and the record that came of it.
struct Ran {
    change: PlannedChange,
    target: String,
}

/// Plans and applies once; gives what was done.
fn run(world: &mut World, source: &Source, now: Timestamp) -> Vec<Ran> {
    let planned = world.plan(source, now);
    let mut ran = Vec::new();
    for change in planned.changes {
        world.apply_one(&change, Fate::Done, now).unwrap();
        let made = world.link(change.kind, &change.source).and_then(Link::linked).map(str::to_owned);
        let target = change.target.clone().or(made).unwrap();
        ran.push(Ran { change, target });
    }
    ran
}

/// Plans the reverse; gives it in order, and what is left.
fn reverse(world: &World, ran: &[Ran], undid: bool) -> (Vec<PlannedChange>, Vec<(String, String)>) {
    let (kinds, order) = order(undid);
    let mut reversal = Reversal::new(RunId(7), &world.rules);
    let (mut changes, mut left) = (Vec::new(), Vec::new());
    for kind in &kinds {
        for (action, _) in order {
            for Ran { change, target } in
                ran.iter().filter(|ran| (ran.change.kind, ran.change.action) == (*kind, *action))
            {
                let links = |other: &Ran| {
                    other.change.action == Action::Link
                        && other.change.source == change.source
                        && other.change.kind == change.kind
                };
                let done = Done {
                    change,
                    target,
                    link: world.link(change.kind, &change.source),
                    now: world.records[kind].get(target),
                    leaves: !undid && ran.iter().any(links),
                };
                let resolve = |kind, id: &str| world.link(kind, id).and_then(Link::linked).map(str::to_owned);
                let reversed = reversal.take(&done, &world.describe[kind], &resolve);
                changes.extend(reversed.change);
                left.extend(reversed.left.into_iter().map(|why| (change.source.clone(), why.english())));
            }
        }
    }
    changes.sort_by_key(|change| place(&kinds, order, change.kind, change.action));
    for (at, change) in (1..).zip(&mut changes) {
        change.sequence = at;
    }
    (changes, left)
}

/// Applies reversing changes, each still valid when its turn comes.
fn apply(world: &mut World, changes: Vec<PlannedChange>) -> Vec<Ran> {
    let mut ran = Vec::new();
    for change in changes {
        let link = world.link(change.kind, &change.source).cloned();
        let target = change.target.clone().unwrap();
        let there = world.records[&change.kind].get(&target).cloned();
        assert_eq!(stale(&change, link.as_ref(), there.as_ref()), None, "{change:?}");
        let id = ChangeId { plan: PlanId(2), sequence: change.sequence };
        let parent = there.as_ref().and_then(|record| record.parent.as_deref());
        if let Some(sent) =
            plan::to_write(&change, id, id.to_string(), parent, None, &|_, _| plan::Reference::Unknown).unwrap()
        {
            assert_eq!(sent.stamp, None);
            world.write(&sent);
        }
        world.save(link_after(link.as_ref(), &change, RunId(9), NOW));
        ran.push(Ran { change, target });
    }
    ran
}

fn undo(world: &mut World, ran: &[Ran]) -> (Vec<Ran>, Vec<(String, String)>) {
    let undid = ran.iter().any(|ran| ran.change.direction() == Direction::Back);
    let (changes, left) = reverse(world, ran, undid);
    (apply(world, changes), left)
}

fn short(ran: &[Ran]) -> Vec<String> {
    ran.iter().map(|ran| format!("{} {} {}", ran.change.action.as_str(), ran.change.kind, ran.change.source)).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn device(id: &str, customer: &str) -> Record {
    let serial = format!("SER-{id}-X1");
    let fields = [("serial-number", serial.as_str()), ("model", "Model One")];
    record(id, Some(customer), &format!("PC-{id}"), &fields)
        .with("last-seen", Value::Time("2026-01-01T08:00:00Z".into()))
}

/// Two customers, three devices.
fn small() -> Source {
    BTreeMap::from([
        (
            Kind::Customer,
            vec![record("c1", None, "Acme Ltd", &[("phone", "1")]), record("c2", None, "Borealis SpA", &[])],
        ),
        (Kind::Location, Vec::new()),
        (Kind::Asset, vec![device("a1", "c1"), device("a2", "c1"), device("a3", "c2")]),
    ])
}

fn change(source: &mut Source, kind: Kind, id: &str, edit: impl Fn(&mut Record)) {
    source.get_mut(&kind).unwrap().iter_mut().filter(|record| record.id == id).for_each(edit);
}

fn set(record: &mut Record, name: &str, value: Value) {
    *record = record.clone().with(name, value);
}

/// A world in step with [`small`].
fn in_step() -> (World, Source) {
    let (mut world, source) = (World::new(), small());
    world.run(&source, NOW);
    (world, source)
}

#[test]
fn what_was_made_goes_out_of_use_and_is_excluded_and_what_was_linked_gets_its_values_back() {
    let mut world = World::new();
    let there = record("t1", None, "Acme Ltd", &[("phone", "1")]).with("number", text("77"));
    world.put(Kind::Customer, there.clone());
    world.rules.kinds.get_mut(&Kind::Customer).unwrap().accept_score = Some(0.9);
    let mut source = small();
    change(&mut source, Kind::Customer, "c1", |record| record.name = "ACME Limited".to_owned());
    let ran = run(&mut world, &source, NOW);
    assert!(short(&ran).contains(&"link customer c1".to_owned()), "{:?}", short(&ran));
    assert_eq!(world.get(Kind::Customer, "t1").name, "ACME Limited");
    let (undone, left) = undo(&mut world, &ran);
    assert_eq!(left, []);
    assert_eq!(
        short(&undone),
        [
            "deactivate asset a1",
            "deactivate asset a2",
            "deactivate asset a3",
            "update customer c1",
            "deactivate customer c2",
            "unlink customer c1"
        ]
    );
    let back = world.get(Kind::Customer, "t1");
    assert_eq!((back.name.as_str(), back.active()), ("Acme Ltd", true));
    for ((kind, id), link) in &world.links {
        assert_eq!((link.state, link.target.as_deref()), (LinkState::Excluded, None), "{kind} {id}");
        assert_eq!(link.decided_by, Some(Decider::Undo));
        assert!(
            link.reason.english().starts_with("run 9 undoes “") && link.reason.english().contains("of run 7"),
            "{:?}",
            link.reason
        );
    }
    assert_eq!(world.plan(&source, NOW).changes, []);
}

#[test]
fn only_what_still_is_as_the_run_left_it_is_put_back() {
    let (mut world, mut source) = in_step();
    for id in ["a1", "a2", "a3"] {
        change(&mut source, Kind::Asset, id, |record| set(record, "model", text("Model Two")));
    }
    change(&mut source, Kind::Asset, "a1", |record| record.name = "RENAMED".to_owned());
    let ran = run(&mut world, &source, NOW);
    let edited = world.linked(Kind::Asset, "a1").id.clone();
    set(world.get_mut(Kind::Asset, &edited), "model", text("by hand"));
    // A later run writes one again.
    change(&mut source, Kind::Asset, "a3", |record| set(record, "model", text("Model Three")));
    run(&mut world, &source, NOW);
    let (undone, left) = undo(&mut world, &ran);
    assert_eq!(short(&undone), ["update asset a1", "update asset a2"]);
    assert_eq!(undone[0].change.fields.iter().map(|diff| diff.name.as_str()).collect::<Vec<_>>(), ["name"]);
    assert_eq!(
        left,
        [
            (
                "a1".to_owned(),
                "model has been edited in the target since, to “by hand”, and is left as it is".to_owned()
            ),
            ("a3".to_owned(), "model was written again by a later run".to_owned())
        ]
    );
    assert_eq!(world.get(Kind::Asset, &edited).text("model"), Some("by hand"));
    assert_eq!(world.linked(Kind::Asset, "a2").text("model"), Some("Model One"));
    assert_eq!(world.plan(&source, NOW).changes, []);
    assert_eq!(undo(&mut world, &ran).0.len(), 0, "there is nothing more to take back");
}

#[test]
fn a_move_is_taken_back_whether_the_vendor_moves_or_replaces() {
    for can_move in [false, true] {
        let (mut world, mut source) = in_step();
        let old = world.linked(Kind::Asset, "a1").id.clone();
        let account = world.get(Kind::Asset, &old).parent.clone();
        if can_move {
            world.describe.get_mut(&Kind::Asset).unwrap().writes.insert(Operation::Move);
        }
        change(&mut source, Kind::Asset, "a1", |record| record.parent = Some("c2".to_owned()));
        let ran = run(&mut world, &source, NOW);
        let (undone, left) = undo(&mut world, &ran);
        assert_eq!(left, []);
        let expected: &[&str] =
            if can_move { &["move asset a1"] } else { &["deactivate asset a1", "reactivate asset a1"] };
        assert_eq!(short(&undone), expected);
        let record = world.linked(Kind::Asset, "a1");
        assert_eq!((&record.id, &record.parent, record.active()), (&old, &account, true));
        assert_eq!(world.plan(&source, NOW).changes, []);
        undo(&mut world, &undone);
        assert_ne!(world.linked(Kind::Asset, "a1").parent, account);
        assert!(world.linked(Kind::Asset, "a1").active());
        assert_eq!(world.plan(&source, NOW).changes, []);
    }
}

#[test]
fn what_the_vendor_cannot_take_back_or_a_rule_would_do_again_is_said() {
    let (mut world, mut source) = in_step();
    change(&mut source, Kind::Asset, "a1", |record| set(record, "model", text("Model Two")));
    world.rules.kinds.get_mut(&Kind::Asset).unwrap().otherwise = FieldRule::SourceForces;
    let ran = run(&mut world, &source, NOW);
    let (changes, left) = reverse(&world, &ran, false);
    assert_eq!((changes.len(), left.len()), (0, 1));
    assert!(left[0].1.contains("`source-forces` of model"), "{left:?}");

    let mut world = World::new();
    let ran = run(&mut world, &small(), NOW);
    world.describe.get_mut(&Kind::Asset).unwrap().writes.remove(&Operation::Deactivate);
    let (changes, left) = reverse(&world, &ran, false);
    assert_eq!(left.len(), 3);
    assert_eq!(left[0].1, "assets cannot be taken out of use in the target");
    assert_eq!(changes.iter().filter(|change| change.action == Action::Unlink).count(), 3);
    // Records that are gone are let go of.
    let ids: Vec<String> = world.records[&Kind::Asset].keys().cloned().collect();
    ids.iter().for_each(|id| drop(world.records.get_mut(&Kind::Asset).unwrap().remove(id)));
    let (changes, left) = reverse(&world, &ran, false);
    assert!(left.iter().all(|(_, why)| why == "it is gone from the target"), "{left:?}");
    assert_eq!(changes.iter().filter(|change| change.action == Action::Unlink).count(), 3);
}

#[test]
fn a_value_nobody_knew_and_one_that_changes_by_itself_are_left() {
    let target = record("t1", Some("t0"), "PC", &[("model", "new")])
        .with("last-seen", Value::Time("2026-01-02T00:00:00Z".into()));
    let mut link = Link::unmapped(Kind::Asset, "a", NOW);
    link.state = LinkState::Linked;
    link.target = Some("t1".to_owned());
    link.sent.insert("model".to_owned(), text("new"));
    let rules = SyncRules::default();
    let wrote = |name: &str, before: Option<Value>, after: Value| PlannedChange {
        sequence: 1,
        kind: Kind::Asset,
        action: Action::Update,
        customer: "c".to_owned(),
        source: "a".to_owned(),
        target: Some("t1".to_owned()),
        name: "PC".to_owned(),
        fields: vec![FieldDiff { name: name.to_owned(), before, after }],
        step: Step::Record,
        reason: crosswalk_model::Said::default(),
        risk: Risk::Low,
        calls: 1,
        held: None,
        link_revision: 1,
    };
    let left = |change: &PlannedChange, now: &Record| {
        let done = Done { change, target: "t1", link: Some(&link), now: Some(now), leaves: false };
        Reversal::new(RunId(1), &rules).take(&done, &describe(Kind::Asset), &|_, _| None)
    };
    let unknown = left(&wrote("model", None, text("new")), &target);
    assert_eq!((unknown.change, unknown.left), (None, vec![said!("undo-before-unknown", field = "model")]));
    let seen = wrote(
        "last-seen",
        Some(Value::Time("2026-01-01T00:00:00Z".into())),
        Value::Time("2026-01-02T00:00:00Z".into()),
    );
    let volatile = left(&seen, &target);
    assert_eq!((volatile.change, volatile.left), (None, vec![said!("undo-only-volatile")]));
    let silent = Record { fields: vec![Field::new("cpu", text("x"))], ..target.clone() };
    let untold = left(&wrote("model", Some(text("old")), text("new")), &silent);
    assert_eq!((untold.change, untold.left), (None, vec![said!("undo-field-not-reported", field = "model")]));
    let known = left(&wrote("model", Some(text("old")), text("new")), &target);
    let change = known.change.unwrap();
    assert_eq!((change.action, &change.fields[0].after), (Action::Update, &text("old")));

    // Stale: somebody links it elsewhere, or edits it, between the plan and its application.
    assert_eq!(stale(&change, Some(&link), Some(&target)), None);
    let elsewhere = Link { target: Some("t2".to_owned()), ..link.clone() };
    assert!(stale(&change, Some(&elsewhere), Some(&target)).is_some());
    let edited = target.clone().with("model", text("by hand"));
    assert!(stale(&change, Some(&link), Some(&edited)).unwrap().english().contains("model was changed"));
}

/// What happens at the source, and by hand in the target.
#[derive(Debug, Clone)]
enum Event {
    Rename(usize, String),
    Model(usize, String),
    Move(usize, bool),
    Remove(usize),
    Phone(bool, String),
}

fn event() -> impl Strategy<Value = Event> {
    let word = || prop::sample::select(vec!["alpha", "beta", "gamma"]).prop_map(str::to_owned);
    prop_oneof![
        (0..4_usize, word()).prop_map(|(at, name)| Event::Rename(at, name)),
        (0..4_usize, word()).prop_map(|(at, model)| Event::Model(at, model)),
        (0..4_usize, any::<bool>()).prop_map(|(at, first)| Event::Move(at, first)),
        (0..4_usize).prop_map(Event::Remove),
        (any::<bool>(), word()).prop_map(|(first, phone)| Event::Phone(first, phone)),
    ]
}

fn happen(source: &mut Source, event: &Event) {
    let customer = |first: bool| if first { "c1" } else { "c2" };
    let asset = |at: usize| format!("a{}", at + 1);
    match event {
        Event::Rename(at, name) => {
            change(source, Kind::Asset, &asset(*at), |record| record.name = format!("PC-{name}"))
        }
        Event::Model(at, model) => change(source, Kind::Asset, &asset(*at), |record| set(record, "model", text(model))),
        Event::Move(at, first) => {
            change(source, Kind::Asset, &asset(*at), |record| record.parent = Some(customer(*first).to_owned()))
        }
        Event::Remove(at) => source.get_mut(&Kind::Asset).unwrap().retain(|record| record.id != asset(*at)),
        Event::Phone(first, phone) => {
            change(source, Kind::Customer, customer(*first), |record| set(record, "phone", text(phone)))
        }
    }
}

/// What people see of the target, without what changes by itself.
fn seen(world: &World) -> Vec<(Kind, Record)> {
    let records = world.records.iter().flat_map(|(kind, records)| records.values().map(move |record| (*kind, record)));
    let told = |(kind, record): (Kind, &Record)| {
        let mut record = Record { stamp: None, ..record.clone().with("active", Value::Boolean(record.active())) };
        record.fields.retain(|field| !field.value.is_blank() && !catalogue::is_volatile(kind, &field.name));
        record.fields.sort_by(|one, next| one.name.cmp(&next.name));
        (kind, record)
    };
    records.map(told).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    /// A run undone: all records that were there are as before, what it made is out of use, the
    /// next plan is empty; undone again, all is as after the run.
    #[test]
    fn undoing_gives_back_what_was_and_undoing_that_what_came(
        events in prop::collection::vec(event(), 0..8), can_move in any::<bool>(), from_nothing in any::<bool>(),
    ) {
        let (mut world, mut source) = (World::new(), small());
        if can_move {
            world.describe.get_mut(&Kind::Asset).unwrap().writes.insert(Operation::Move);
        }
        if !from_nothing {
            world.run(&source, NOW);
        }
        events.iter().for_each(|event| happen(&mut source, event));
        // What left is missed once, and gone when the grace period is over.
        world.plan(&source, NOW);
        let later = NOW.plus_ms(100 * HOUR);
        let before = seen(&world);
        let ran = run(&mut world, &source, later);
        let after = seen(&world);
        let (undone, _) = undo(&mut world, &ran);
        let back = seen(&world);
        for record in &back {
            match before.iter().find(|was| (was.0, &was.1.id) == (record.0, &record.1.id)) {
                Some(was) => prop_assert_eq!(was, record),
                None => prop_assert!(!record.1.active(), "{:?} was made and is in use", record),
            }
        }
        prop_assert_eq!(world.plan(&source, later).changes, vec![]);
        prop_assert_eq!(seen(&world), back);
        let (redone, left) = undo(&mut world, &undone);
        prop_assert_eq!(left, vec![]);
        prop_assert_eq!(seen(&world), after);
        prop_assert_eq!(world.plan(&source, later).changes, vec![]);
        prop_assert_eq!(redone.len(), undone.len());
    }

    /// Whatever a person edited after the run stays as it is.
    #[test]
    fn what_a_person_edited_since_is_never_touched(
        events in prop::collection::vec(event(), 1..6), edits in prop::collection::vec(0..3_usize, 0..3),
    ) {
        let (mut world, mut source) = in_step();
        events.iter().for_each(|event| happen(&mut source, event));
        let ran = run(&mut world, &source, NOW);
        let mut edited = Vec::new();
        for at in edits {
            let Some(id) = world.link(Kind::Asset, &format!("a{}", at + 1)).and_then(Link::linked).map(str::to_owned) else { continue };
            set(world.get_mut(Kind::Asset, &id), "model", text("by hand"));
            edited.push(id);
        }
        undo(&mut world, &ran);
        for id in edited {
            prop_assert_eq!(world.get(Kind::Asset, &id).text("model"), Some("by hand"));
        }
        prop_assert_eq!(world.plan(&source, NOW).changes, vec![]);
    }
}
