//! The brakes at their limits, in the trials, and what several of them hold at once.

use super::*;
use crosswalk_model::{FieldDiff, Value};
use crosswalk_say::English;
use proptest::prelude::*;

fn change(action: Action, field: &str) -> PlannedChange {
    PlannedChange {
        sequence: 0,
        kind: Kind::Asset,
        action,
        customer: "c".into(),
        source: "s".into(),
        target: None,
        name: "PC".into(),
        fields: vec![FieldDiff { name: field.into(), before: None, after: Value::Blank }],
        step: crosswalk_model::Step::Record,
        reason: Said::default(),
        risk: Risk::Low,
        calls: 1,
        held: None,
        link_revision: 0,
    }
}

fn many(count: usize, action: Action, field: &str) -> Vec<PlannedChange> {
    (0..count).map(|n| PlannedChange { source: n.to_string(), ..change(action, field) }).collect()
}

fn deactivated(source: &str) -> PlannedChange {
    PlannedChange { source: source.into(), ..change(Action::Deactivate, "active") }
}

/// Of as many records; a link is one that was given over.
fn of_many(count: usize, action: Action) -> Vec<PlannedChange> {
    let step = if action == Action::Link { Step::Link(Decider::ReEnrolled) } else { Step::Record };
    many(count, action, "model").into_iter().map(|one| PlannedChange { step: step.clone(), ..one }).collect()
}

fn serials(count: usize) -> Vec<PlannedChange> {
    let mut changes = of_many(count, Action::Update);
    for (at, change) in changes.iter_mut().enumerate() {
        change.fields = vec![FieldDiff {
            name: "serial-number".into(),
            before: Some(Value::Text(format!("PF3XK9Q{at}"))),
            after: Value::Text(format!("CN0ABCDE{at}")),
        }];
    }
    changes
}

#[test]
fn a_changed_identity_is_high_risk_and_a_first_one_is_not() {
    let mut changes = serials(1);
    hold(&mut changes, unit(40, false, Trust::Automatic), &BrakeLimits::default());
    assert_eq!((changes[0].risk, &changes[0].held), (Risk::High, &None), "one swapped board goes on");
    changes[0].fields[0].before = None;
    changes[0].risk = Risk::Low;
    hold(&mut changes, unit(40, false, Trust::Automatic), &BrakeLimits::default());
    assert_eq!(changes[0].risk, Risk::Low);
}

#[test]
fn each_brake_of_the_sync_at_its_limit_and_in_the_trials() {
    let limits = BrakeLimits::default();
    let held = |kind, class, count, all| over_the_sync(kind, class, count, all, &limits).map(|hold| hold.words());
    for (what, kind, class, count, all, expected) in [
        ("40 customers lose their 4 devices", Kind::Asset, Class::Deactivations, 160, 450, true),
        ("at the share", Kind::Asset, Class::Deactivations, 10, 200, false),
        ("over it", Kind::Asset, Class::Deactivations, 10, 199, true),
        ("few", Kind::Asset, Class::Deactivations, 9, 10, false),
        ("a maker's serials", Kind::Asset, Class::Identity, 180, 450, true),
        ("two boards", Kind::Asset, Class::Identity, 2, 10, false),
        ("40 customers have their neighbour's devices", Kind::Asset, Class::Moves, 360, 360, true),
        ("a customer of nine is taken over", Kind::Asset, Class::Moves, 9, 100, false),
        ("40 become 80", Kind::Asset, Class::Creates, 40, 40, true),
        ("a new customer of a small provider", Kind::Asset, Class::Creates, 24, 100, false),
        ("companies made twice", Kind::Customer, Class::Creates, 121, 121, true),
        ("ten companies of thirty", Kind::Customer, Class::Creates, 10, 30, true),
        ("three companies of ten", Kind::Customer, Class::Creates, 3, 10, false),
    ] {
        assert_eq!(held(kind, class, count, all).as_deref(), expected.then(|| class.brake().as_str()), "{what}");
    }
}

#[test]
fn what_a_link_brings_waits_with_it_and_half_a_move_is_no_creation() {
    let mut changes = of_many(2, Action::Link);
    changes.push(PlannedChange { source: "1".into(), ..change(Action::Update, "name") });
    changes.push(PlannedChange { source: "9".into(), ..change(Action::Update, "name") });
    assert_eq!(counted(&changes, Class::Identity), (vec![0, 1, 2], 2));
    let moved = [Action::Retire, Action::Create].map(|action| change(action, "model"));
    assert_eq!(counted(&moved, Class::Creates), (Vec::new(), 0));
    assert_eq!(counted(&moved, Class::Moves), (vec![0, 1], 1), "both halves wait");
}

#[test]
fn what_belongs_to_a_held_customer_is_held_with_it() {
    let hold = held("deactivations", "many");
    let customer = PlannedChange { kind: Kind::Customer, held: Some(hold), ..deactivated("c") };
    let mut devices = of_many(2, Action::Update);
    hold_with_customer(&mut devices, of_customer(&customer).as_ref());
    assert!(devices.iter().all(|change| change.held.as_ref().is_some_and(|hold| hold.words() == "deactivations")));
    let preview = held("preview", "");
    let renamed = PlannedChange { held: Some(preview), ..change(Action::Update, "name") };
    assert_eq!(of_customer(&renamed), None, "a name that is only previewed stops no device");
}

fn unit(in_use: u32, first_run: bool, trust: Trust) -> Unit {
    Unit { in_use: Some(in_use), first_run, trust }
}

fn brake(mut changes: Vec<PlannedChange>, linked: u32, first_run: bool, trust: Trust) -> Option<String> {
    hold(&mut changes, unit(linked, first_run, trust), &BrakeLimits::default());
    assert!(changes.windows(2).all(|pair| pair[0].held == pair[1].held), "all of a customer and kind, or none");
    changes.first().and_then(|change| change.held.clone()).map(|hold| hold.words())
}

#[test]
fn each_brake_at_its_limit() {
    let auto = Trust::Automatic;
    for (what, changes, linked, first_run, trust, expected) in [
        ("nothing", vec![], 10, true, Trust::Preview, None),
        ("few deactivations", many(4, Action::Deactivate, "active"), 10, false, auto, None),
        ("enough", many(5, Action::Deactivate, "active"), 10, false, auto, Some("deactivations")),
        ("a small share", many(5, Action::Deactivate, "active"), 50, false, auto, None),
        ("just over", many(6, Action::Deactivate, "active"), 59, false, auto, Some("deactivations")),
        ("nothing linked", many(5, Action::Deactivate, "active"), 0, false, auto, Some("deactivations")),
        ("updates", many(10, Action::Update, "model"), 33, false, auto, Some("updates")),
        ("few updates", many(9, Action::Update, "model"), 9, false, auto, None),
        ("a share of updates", many(30, Action::Update, "model"), 100, false, auto, None),
        ("by themselves", many(100, Action::Update, "last-seen"), 100, false, auto, None),
        ("moves", many(10, Action::Move, "parent"), 10, false, auto, Some("updates")),
        ("halves of moves", many(10, Action::Retire, "active"), 10, false, auto, Some("updates")),
        ("all of a small customer", vec![deactivated("a")], 1, false, auto, Some("deactivations")),
        ("one of two", vec![deactivated("a")], 2, false, auto, None),
        ("a new customer", of_many(60, Action::Create), 0, false, auto, None),
        ("few creates", of_many(9, Action::Create), 10, false, auto, None),
        ("more than half as many again", of_many(10, Action::Create), 19, false, auto, Some("creates")),
        ("half as many again", of_many(10, Action::Create), 20, false, auto, None),
        ("two boards", of_many(2, Action::Update), 2, false, auto, None),
        ("boards", serials(3), 14, false, auto, Some("identity")),
        ("a few of many boards", serials(3), 15, false, auto, None),
        ("re-enrolled", of_many(3, Action::Link), 14, false, auto, Some("identity")),
        ("first run", many(1, Action::Create, "model"), 0, true, Trust::Approve, Some("first-run")),
        ("preview", many(1, Action::Link, "model"), 10, false, Trust::Preview, Some("preview")),
        ("both", many(20, Action::Update, "model"), 20, true, auto, Some("updates+first-run")),
    ] {
        assert_eq!(brake(changes, linked, first_run, trust).as_deref(), expected, "{what}");
    }
}

#[test]
fn the_reason_has_the_numbers_of_every_brake() {
    let mut changes = many(12, Action::Deactivate, "active");
    hold(&mut changes, unit(40, true, Trust::Approve), &BrakeLimits::default());
    assert_eq!(
        changes[0].held.as_ref().unwrap().reason.english(),
        "12 deactivations of 40 linked assets: more than 10 %, and at least 5; the first run of assets in this sync: 12 changes to review"
    );
}

fn any_action() -> impl Strategy<Value = (Action, &'static str)> {
    (prop::sample::select(Action::ALL.to_vec()), prop::sample::select(vec!["model", "last-seen", "active"]))
}

#[test]
fn what_is_written_along_with_a_first_link_is_no_mass_update() {
    let mut changes = Vec::new();
    for n in 0..20 {
        for action in [Action::Link, Action::Update] {
            changes.push(PlannedChange { source: n.to_string(), ..change(action, "name") });
        }
    }
    hold(&mut changes, unit(20, false, Trust::Approve), &BrakeLimits::default());
    assert!(changes.iter().all(|change| change.held.is_none()));
    changes.retain(|change| change.action == Action::Update);
    hold(&mut changes, unit(20, false, Trust::Approve), &BrakeLimits::default());
    assert!(changes.iter().all(|change| change.held.is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_changes_or_stricter_limits_never_release(
        some in prop::collection::vec(any_action(), 1..60), more in prop::collection::vec(any_action(), 0..20),
        linked in 0..200_u32, percent in 0..100_u32, least in 0..20_u32, first_run in any::<bool>(),
    ) {
        let limits = BrakeLimits {
            deactivate_percent: percent, deactivate_least: least, update_percent: percent, update_least: least,
            create_percent: percent, create_least: least, identity_percent: percent, identity_least: least,
            ..BrakeLimits::default()
        };
        let is_held = |actions: &[(Action, &str)], limits: &BrakeLimits, linked: u32| {
            // Of different records: what comes along with a link of its own counts for nothing.
            let one = |(at, (action, field)): (usize, &(Action, &str))| PlannedChange { source: at.to_string(), ..change(*action, field) };
            let mut changes: Vec<PlannedChange> = actions.iter().enumerate().map(one).collect();
            hold(&mut changes, unit(linked, first_run, Trust::Automatic), limits);
            changes[0].held.is_some()
        };
        if is_held(&some, &limits, linked) {
            let all: Vec<_> = some.iter().chain(&more).copied().collect();
            prop_assert!(is_held(&all, &limits, linked));
            // A customer that has nothing yet is new, and what is created for it is no mass change.
            prop_assert!(linked < 2 || is_held(&some, &limits, linked - 1));
            let stricter = BrakeLimits { deactivate_percent: percent / 2, update_percent: percent / 2, create_percent: percent / 2, ..limits };
            prop_assert!(is_held(&some, &stricter, linked));
        }
    }
}

fn held(brake: &str, reason: &str) -> Hold {
    Hold::parse(brake, reason).unwrap()
}

fn reason(change: &PlannedChange) -> String {
    change.held.as_ref().map(|hold| hold.reason.english()).unwrap_or_default()
}

#[test]
fn what_its_customer_holds_too_is_not_let_go_with_its_own_brake() {
    let mut devices = many(3, Action::Update, "model");
    devices[1].held = Some(held("updates", "many"));
    devices[2].held = Some(held("out-of-use", "its account is not in use"));
    hold_with_customer(&mut devices, Some(&held("identity", "it belongs to a customer")));
    let brakes = |change: &PlannedChange| -> Vec<String> {
        change.held.as_ref().expect("held").brakes.iter().map(ToString::to_string).collect()
    };
    assert_eq!(brakes(&devices[0]), ["identity"]);
    assert_eq!(brakes(&devices[1]), ["updates", "identity"]);
    assert_eq!(reason(&devices[1]), "many; it belongs to a customer");
    assert_eq!(brakes(&devices[2]), ["out-of-use"], "no yes lets it go");
}

#[test]
fn a_customer_that_more_than_a_first_run_holds_holds_what_belongs_to_it() {
    let renamed = |brake: &str| PlannedChange { held: Some(held(brake, "")), ..change(Action::Update, "name") };
    assert_eq!(of_customer(&renamed("preview+first-run")), None);
    assert_eq!(of_customer(&renamed("first-run+identity")).map(|hold| hold.words()), Some("first-run+identity".into()));
}

#[test]
fn a_first_run_that_holds_a_device_its_site_and_its_customer_is_said_once() {
    let mut devices = many(1, Action::Create, "location");
    devices[0].fields[0].after = Value::Text("l1".into());
    devices[0].held = Some(held("first-run", "the first run of assets"));
    let site = held("first-run", "it names a location that is held: the first run of locations");
    hold_with_customer(&mut devices, Some(&held("first-run", "it belongs to a customer that is held")));
    hold_with_locations(&mut devices, &HashMap::from([("l1".to_owned(), site)]));
    assert_eq!(devices[0].held, Some(held("first-run", "the first run of assets")));
    // What says something of its customer is said beside it.
    hold_with_customer(&mut devices, Some(&held("first-run+identity", "another number")));
    assert_eq!(reason(&devices[0]), "the first run of assets; another number");
}

#[test]
fn nothing_is_retired_for_a_device_whose_new_site_waits() {
    let moved = |source: &str, action| PlannedChange { source: source.into(), ..change(action, "location") };
    let mut changes = vec![
        moved("a", Action::Retire),
        moved("a", Action::Create),
        moved("b", Action::Retire),
        moved("b", Action::Create),
    ];
    changes[1].fields[0].after = Value::Text("l1".into());
    changes[1].held = Some(held("updates", "many"));
    changes[3].fields[0].after = Value::Text("l2".into());
    hold_with_locations(&mut changes, &HashMap::from([("l1".to_owned(), held("creates", "many sites"))]));
    let brakes: Vec<String> =
        changes.iter().map(|change| change.held.as_ref().map(Hold::words).unwrap_or_default()).collect();
    assert_eq!(brakes, ["creates", "updates+creates", "", ""]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_hold_lets_go_when_each_of_its_brakes_is_and_no_sooner(
        holds in prop::collection::vec(prop::collection::vec(0..6_usize, 1..4), 1..4),
        released in prop::collection::btree_set(0..6_usize, 0..6),
    ) {
        let names = ["deactivations", "updates", "identity", "creates", "first-run", "quantity"];
        let of = |brakes: &Vec<usize>| {
            Hold::together(brakes.iter().map(|at| held(names[*at], names[*at]))).expect("a hold")
        };
        let all = Hold::together(holds.iter().map(of)).expect("a hold");
        let is_released = |brake: &Brake| released.iter().any(|at| names[*at] == brake.as_str());
        let each = holds.iter().all(|hold| of(hold).brakes.iter().all(is_released));
        prop_assert_eq!(all.brakes.iter().all(is_released), each);
        let mut once = all.brakes.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), all.brakes.len(), "{}", all.words());
    }
}
