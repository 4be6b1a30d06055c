//! The brakes: what is held for a person to look at before it happens.
//!
//! They work per customer and kind, and per kind over the whole sync. One customer's hold all of its
//! changes of the kind: where half the devices seem gone, nothing else that was read of that customer is to be
//! trusted either. The sync's hold what is over their limit, of every customer; the rest of the plan
//! goes on. What belongs to a customer that is held is held with it. Fields that change by themselves
//! count for no brake, nor does what is written as a record is first linked, and a move to another customer counts
//! as one update, also where it is done as retire and create.
//!
//! The limits, and what each would have done in the trials (450 devices of 30 customers renew their ids;
//! 40 customers lose all of their 4 devices; a maker's 180 serial numbers change at once; 40 customers have the 9
//! devices of their neighbour each; a broken read turns 40 devices into 80; a list ends early and 121 companies
//! are new; 100 lines fall by 12 each):
//!
//! | brake | of a customer | over the sync | in the trials |
//! |---|---|---|---|
//! | `deactivations` | over 10 %, at least 5; or all there are | over 5 %, at least 10 | 40 × 4: all of each customer, and 160 over the sync: held, 0 retired |
//! | `updates` | over 30 %, at least 10 | moves to another customer: as `identity` | 40 × 9: 360 of 360 held; single renames go on |
//! | `creates` | over 50 %, at least 10, where it has any | over 20 %, at least 25 | 40 → 80: 40 of 40 held over the sync; 450 new ids: re-linked, 0 created |
//! | `identity` | over 20 %, at least 3 | over 5 %, at least 10 | 180 serials, 20 × 9: held; 450 re-links held; one swapped board goes on, at high risk |
//! | `quantity` | a line: falls over 25 %, or rises over 25 % and at least 5 | none | 20 → 15 goes on, 20 → 14 is held |
//! | `falls`, `rises` | | of the lines or of the units, each way: over 20 %, at least 10 | 100 lines × −12: `falls` |
//! | `zero`, `edited`, `moved`, `takeover`, `parts` | each such line | none | 60 set by hand: never overwritten unseen |
//! | `first-run` | | all of a kind until a whole plan of it was let go | a kind added later is looked at once |
//!
//! Before any brake two waits, told as findings: what is missing is taken out of use after 72 hours (`grace-hours`), and a
//! device that tells no serial number, under a name that systems make up, is created after 24 (`identity-hours`): an
//! inventory comes within a day of the agent, and brings what it is found by in the target.
//!
//! What holds quantities is decided with the lines (`plan/usage/holds.rs`), where `usage list` and an approval see it as
//! well: usage counts for none of the classes here, and a new line is a rise.
//!
//! Customers and products stand for themselves: over the sync they have the least numbers of a customer, so 121
//! companies made twice are held. A small provider (10 customers, 100 devices) is not asked for a new customer
//! of 24 devices, for 4 devices of one customer that leave in a night, or for two exchanged boards.

use super::matching::RE_ENROLLED;
use super::serials;
use crate::model::plan::Way;
use crate::model::sync::BrakeLimits;
use crate::model::{Action, Brake, Hold, Kind, PlannedChange, Risk, Trust, catalogue};
use std::collections::HashSet;

/// Whether an operator can let go what this brake holds. A preview wants more trust, a day that is
/// wrong another one, an unmapped alert a customer, and what is not in use another account.
#[must_use]
pub fn can_release(brake: &str) -> bool {
    Brake::ALL.into_iter().find(|one| one.as_str() == brake).is_none_or(Brake::can_release)
}

/// Whether an operator can let go all brakes of a hold.
#[must_use]
pub fn can_let_go(hold: &Hold) -> bool {
    hold.brakes().all(can_release)
}

/// What the brakes of the whole sync count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Records taken out of use.
    Deactivations,
    /// Records that name another machine or customer than before, or are given to another source record.
    Identity,
    /// Records that go to another customer, by a move or by retiring one and creating another.
    Moves,
    /// New records.
    Creates,
}

impl Class {
    /// All of them.
    pub const ALL: [Class; 4] = [Class::Deactivations, Class::Identity, Class::Moves, Class::Creates];

    /// The brake that holds them.
    #[must_use]
    pub fn brake(self) -> Brake {
        match self {
            Class::Deactivations => Brake::Deactivations,
            Class::Identity => Brake::Identity,
            Class::Moves => Brake::Updates,
            Class::Creates => Brake::Creates,
        }
    }

    fn counted(self) -> &'static str {
        match self {
            Class::Deactivations => "deactivations",
            Class::Identity => "changed identities",
            Class::Moves => "moves to another customer",
            Class::Creates => "new ones",
        }
    }
}

/// What of a customer's changes of one kind the brakes of the sync count: the places of the changes of each class
/// in `changes`, and how many records they are of. Whatever depends on one of them stands with it.
#[must_use]
pub fn counted(changes: &[PlannedChange], class: Class) -> (Vec<usize>, usize) {
    let retired: HashSet<&str> = sources(changes, |change| change.action == Action::Retire);
    let is_of = |change: &PlannedChange| match class {
        Class::Deactivations => change.action == Action::Deactivate,
        Class::Identity => is_identity(change),
        Class::Moves => matches!(change.action, Action::Move | Action::Retire),
        Class::Creates => {
            matches!(change.action, Action::Create | Action::CreateSource) && !retired.contains(change.source.as_str())
        }
    };
    // What a customer's own brake holds is looked at anyway, and takes nobody else along.
    let is_one = |change: &PlannedChange| change.held.is_none() && change.way() != Way::Back && is_of(change);
    let of = sources(changes, is_one);
    // A link that waits has its updates wait, and what is retired what is made in its place.
    let along = matches!(class, Class::Identity | Class::Moves);
    let with = |change: &PlannedChange| along && of.contains(change.source.as_str());
    let places = (0..changes.len()).filter(|at| is_one(&changes[*at]) || with(&changes[*at]));
    (
        places.collect(),
        changes
            .iter()
            .filter(|change| is_one(change))
            .map(|change| (&change.source, &change.target))
            .collect::<HashSet<_>>()
            .len(),
    )
}

fn sources(changes: &[PlannedChange], which: impl Fn(&PlannedChange) -> bool) -> HashSet<&str> {
    changes.iter().filter(|change| which(change)).map(|change| change.source.as_str()).collect()
}

/// Whether the change gives a record another identity: one of its fields names another, or the link goes to
/// another source record.
fn is_identity(change: &PlannedChange) -> bool {
    match change.action {
        Action::Link => change.reason.starts_with(RE_ENROLLED),
        Action::Update => change.fields.iter().any(|diff| serials::changes_identity(change.kind, diff)),
        _ => false,
    }
}

/// The hold of a kind over the whole sync, when `count` records of `in_use` are over the limit of their class;
/// `None` when they are not.
#[must_use]
pub fn over_the_sync(kind: Kind, class: Class, count: usize, in_use: u64, limits: &BrakeLimits) -> Option<Hold> {
    let (percent, least, own_least) = match class {
        Class::Deactivations => (limits.sync_deactivate_percent, limits.sync_deactivate_least, limits.deactivate_least),
        Class::Identity | Class::Moves => {
            (limits.sync_identity_percent, limits.sync_identity_least, limits.identity_least)
        }
        Class::Creates => (limits.sync_create_percent, limits.sync_create_least, limits.create_least),
    };
    let least = if matches!(kind, Kind::Customer | Kind::Product) { least.min(own_least) } else { least };
    is_over(count, in_use, percent, least).then(|| {
        let reason = format!(
            "{count} {} of {in_use} {kind}s in the whole sync: more than {percent} %, and at least {least}",
            class.counted()
        );
        Hold::new(class.brake(), reason)
    })
}

/// One customer's part of a kind, as the brakes see it.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    /// How many of its records are linked and in use; `u32::MAX` where that says nothing.
    pub in_use: u32,
    /// Whether no whole plan of the kind was let go yet.
    pub first_run: bool,
    /// How much the kind is trusted.
    pub trust: Trust,
}

/// Holds the changes of one customer and kind where a limit is passed, and raises the risk of those that change
/// an identity. Changes come in with `held` empty.
///
/// The hold names the first that applies of `preview` (no approval lifts it),
/// `deactivations`, `updates`, `identity`, `creates` and `first-run`; its reason tells them all. While
/// a kind is at its first run, all is new in it: then `first-run` alone holds what is created.
pub fn hold(changes: &mut [PlannedChange], unit: Unit, limits: &BrakeLimits) {
    let Some(kind) = changes.first().map(|change| change.kind) else { return };
    for change in changes.iter_mut().filter(|change| is_identity(change)) {
        change.risk = Risk::High;
    }
    let deactivations = counted(changes, Class::Deactivations).1;
    // What is written as a record is first linked belongs to the linking, not to a mass change.
    let fresh = sources(changes, |change| change.action == Action::Link);
    let updates = changes.iter().filter(|change| is_update(change) && !fresh.contains(change.source.as_str())).count();
    let in_use = unit.in_use;
    let mut brakes: Vec<(Brake, String)> = Vec::new();
    if unit.trust == Trust::Preview {
        brakes.push((Brake::Preview, format!("this sync only previews {kind}s: raise its trust to apply")));
    }
    if deactivations > 0 && in_use > 0 && deactivations as u64 >= u64::from(in_use) {
        brakes.push((
            Brake::Deactivations,
            format!("all {in_use} linked {kind}s of this customer are to be deactivated"),
        ));
    }
    let known = in_use > 0 && !unit.first_run;
    let own = |class| if known { counted(changes, class).1 } else { 0 };
    let limited = [
        (Brake::Deactivations, "deactivations", deactivations, limits.deactivate_percent, limits.deactivate_least),
        (Brake::Updates, "updates", updates, limits.update_percent, limits.update_least),
        (
            Brake::Identity,
            Class::Identity.counted(),
            own(Class::Identity),
            limits.identity_percent,
            limits.identity_least,
        ),
        (Brake::Creates, Class::Creates.counted(), own(Class::Creates), limits.create_percent, limits.create_least),
    ];
    for (brake, counted, count, percent, least) in limited {
        if is_over(count, u64::from(in_use), percent, least) && brakes.iter().all(|(other, _)| *other != brake) {
            let why =
                format!("{count} {counted} of {in_use} linked {kind}s: more than {percent} %, and at least {least}");
            brakes.push((brake, why));
        }
    }
    if unit.first_run && limits.first_run {
        brakes.push((
            Brake::FirstRun,
            format!("the first run of {kind}s in this sync: {} changes to look at", changes.len()),
        ));
    }
    let Some((brake, _)) = brakes.first() else { return };
    let reason = brakes.iter().map(|(_, reason)| reason.as_str()).collect::<Vec<_>>().join("; ");
    let hold = Hold::new(*brake, reason);
    for change in changes {
        change.held = Some(hold.clone());
    }
}

/// The hold that a customer's own change lays on all that belongs to the customer; `None` when the change is
/// free, or when what it holds says nothing of the rest: a name that is only previewed.
#[must_use]
pub fn of_customer(change: &PlannedChange) -> Option<Hold> {
    let hold = change.held.as_ref()?;
    let only_looked_at = [Brake::Preview, Brake::FirstRun].iter().any(|brake| hold.brake == brake.as_str());
    let decides = !matches!(change.action, Action::Update | Action::Move);
    (decides || !only_looked_at).then(|| Hold {
        brake: hold.brake.clone(),
        reason: format!("it belongs to the customer {}, which is held: {}", change.name, hold.reason),
    })
}

/// Holds with its customer what nothing else holds.
pub fn hold_with_customer(changes: &mut [PlannedChange], hold: Option<&Hold>) {
    if let Some(hold) = hold {
        for change in changes.iter_mut().filter(|change| change.held.is_none()) {
            change.held = Some(hold.clone());
        }
    }
}

fn is_update(change: &PlannedChange) -> bool {
    match change.action {
        Action::Update => change.fields.iter().any(|diff| !catalogue::is_volatile(change.kind, &diff.name)),
        Action::Move | Action::Retire | Action::Reactivate => true,
        Action::Link
        | Action::Create
        | Action::Deactivate
        | Action::Open
        | Action::Append
        | Action::Close
        | Action::CreateSource
        | Action::Unlink => false,
    }
}

fn is_over(count: usize, all: u64, percent: u32, least: u32) -> bool {
    let count = count as u64;
    count > 0 && count >= u64::from(least) && count.saturating_mul(100) > u64::from(percent).saturating_mul(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FieldDiff, Value};
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
            reason: String::new(),
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
        let reason = if action == Action::Link { format!("{RE_ENROLLED}: same serial number") } else { String::new() };
        many(count, action, "model").into_iter().map(|one| PlannedChange { reason: reason.clone(), ..one }).collect()
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
        let held = |kind, class, count, all| over_the_sync(kind, class, count, all, &limits).map(|hold| hold.brake);
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
        let hold = Hold { brake: "deactivations".into(), reason: "many".into() };
        let customer = PlannedChange { kind: Kind::Customer, held: Some(hold), ..deactivated("c") };
        let mut devices = of_many(2, Action::Update);
        hold_with_customer(&mut devices, of_customer(&customer).as_ref());
        assert!(devices.iter().all(|change| change.held.as_ref().is_some_and(|hold| hold.brake == "deactivations")));
        let preview = Hold { brake: "preview".into(), reason: String::new() };
        let renamed = PlannedChange { held: Some(preview), ..change(Action::Update, "name") };
        assert_eq!(of_customer(&renamed), None, "a name that is only previewed stops no device");
    }

    fn unit(in_use: u32, first_run: bool, trust: Trust) -> Unit {
        Unit { in_use, first_run, trust }
    }

    fn brake(mut changes: Vec<PlannedChange>, linked: u32, first_run: bool, trust: Trust) -> Option<String> {
        hold(&mut changes, unit(linked, first_run, trust), &BrakeLimits::default());
        assert!(changes.windows(2).all(|pair| pair[0].held == pair[1].held), "all of a customer and kind, or none");
        changes.first().and_then(|change| change.held.clone()).map(|hold| hold.brake)
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
            ("both", many(20, Action::Update, "model"), 20, true, auto, Some("updates")),
        ] {
            assert_eq!(brake(changes, linked, first_run, trust).as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn the_reason_has_the_numbers_of_every_brake() {
        let mut changes = many(12, Action::Deactivate, "active");
        hold(&mut changes, unit(40, true, Trust::Approve), &BrakeLimits::default());
        assert_eq!(
            changes[0].held.as_ref().unwrap().reason,
            "12 deactivations of 40 linked assets: more than 10 %, and at least 5; the first run of assets in this sync: 12 changes to look at"
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
}
