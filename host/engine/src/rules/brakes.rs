//! The brakes: hold changes for a person to review.
//!
//! They work per customer and kind, and per kind over the whole sync. A customer's brake holds all of its changes of
//! the kind: if half the devices seem gone, the rest of that read cannot be trusted either. A brake of the sync holds
//! what is over its limit, of every customer; the rest of the plan goes on. Whatever belongs to a held customer is held
//! with it. Volatile fields count for no brake, nor do fields written when a record is first linked. A move to another
//! customer counts as one update, even if it is done as retire and create.
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
//! Two waits come before any brake and are reported as findings: a missing record is taken out of use after 72 hours
//! (`grace-hours`); a device without a serial number, under a generated name, is created after 24 (`identity-hours`),
//! because its inventory arrives within a day of the agent and brings the keys by which it is found in the target.
//!
//! What holds quantities is decided with the lines (`plan/line/holds.rs`), where `usage list` and an approval see it as
//! well: usage counts for none of the classes here, and a new line is a rise.
//!
//! Customers and products use the least numbers of a customer over the sync, so that 121 duplicated companies are held.
//! A small provider (10 customers, 100 devices) is not asked about a new customer with 24 devices, 4 devices of one
//! customer that leave in one night, or two exchanged boards.

use super::serials;
use crosswalk_model::plan::Direction;
use crosswalk_model::sync::BrakeLimits;
use crosswalk_model::{
    Action, Brake, Decider, FieldDiff, Hold, Kind, PlannedChange, Risk, Said, Step, Trust, catalogue, said,
};
use std::collections::{HashMap, HashSet};

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

    /// The word by which the catalogues choose what is counted.
    fn counted(self) -> &'static str {
        match self {
            Class::Deactivations => "deactivations",
            Class::Identity => "identities",
            Class::Moves => "moves",
            Class::Creates => "creates",
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
    let is_one =
        |change: &PlannedChange| change.held.is_none() && change.direction() != Direction::Back && is_of(change);
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
        Action::Link => change.step == Step::Link(Decider::ReEnrolled),
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
        Hold::new(
            class.brake(),
            said!("brake-share-of-sync", counted = class.counted(), count, in_use, kind, percent, least),
        )
    })
}

/// One customer's part of a kind, as the brakes see it.
#[derive(Debug, Clone, Copy)]
pub struct Unit {
    /// Number of its records that are linked and in use; `None` if no share of them is a limit.
    pub in_use: Option<u32>,
    /// Whether no whole plan of the kind was let go yet.
    pub first_run: bool,
    /// How much the kind is trusted.
    pub trust: Trust,
}

/// Holds the changes of one customer and kind where a limit is passed, and raises the risk of those that change
/// an identity. Changes come in with `held` empty.
///
/// The hold names all that apply of `preview` (no approval lifts it), `deactivations`, `updates`, `identity`,
/// `creates` and `first-run`, and lets go when each of them is released. While a kind is at its first run, all is
/// new in it: then `first-run` alone holds what is created.
pub fn hold(changes: &mut [PlannedChange], unit: Unit, limits: &BrakeLimits) {
    let Some(kind) = changes.first().map(|change| change.kind) else { return };
    for change in changes.iter_mut().filter(|change| is_identity(change)) {
        change.risk = Risk::High;
    }
    let mut brakes: Vec<(Brake, Said)> = Vec::new();
    if unit.trust == Trust::Preview {
        brakes.push((Brake::Preview, said!("brake-preview", kind)));
    }
    if let Some(in_use) = unit.in_use {
        brakes.extend(over_a_share(kind, changes, in_use, unit.first_run, limits));
    }
    if unit.first_run && limits.first_run {
        brakes.push((Brake::FirstRun, said!("brake-first-run", kind, count = changes.len())));
    }
    let hold = Hold::together(brakes.into_iter().map(|(brake, reason)| Hold::new(brake, reason)));
    for change in changes {
        change.held.clone_from(&hold);
    }
}

/// The brakes of one customer and kind whose share of the `in_use` records is passed, each once, with its reason.
fn over_a_share(
    kind: Kind,
    changes: &[PlannedChange],
    in_use: u32,
    first_run: bool,
    limits: &BrakeLimits,
) -> Vec<(Brake, Said)> {
    let mut brakes: Vec<(Brake, Said)> = Vec::new();
    let deactivations = counted(changes, Class::Deactivations).1;
    // What is written as a record is first linked belongs to the linking, not to a mass change.
    let fresh = sources(changes, |change| change.action == Action::Link);
    let updates = changes.iter().filter(|change| is_update(change) && !fresh.contains(change.source.as_str())).count();
    if deactivations > 0 && in_use > 0 && deactivations as u64 >= u64::from(in_use) {
        brakes.push((Brake::Deactivations, said!("brake-all", in_use, kind)));
    }
    let known = in_use > 0 && !first_run;
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
            brakes.push((brake, said!("brake-share", counted, count, in_use, kind, percent, least)));
        }
    }
    brakes
}

/// What holds a change that one thing holds already and another would: both, or the first alone where no release
/// lets that go.
#[must_use]
pub fn also(own: Option<Hold>, other: Option<&Hold>) -> Option<Hold> {
    match own {
        Some(own) if !own.can_release() => Some(own),
        own => Hold::together(own.into_iter().chain(other.cloned())),
    }
}

/// The hold that a customer's own change lays on all that belongs to the customer; `None` when the change is
/// free, or when what it holds says nothing of the rest: a name that is only previewed.
#[must_use]
pub fn of_customer(change: &PlannedChange) -> Option<Hold> {
    let hold = change.held.as_ref()?;
    let only_looked_at = hold.brakes.iter().all(|brake| brake.is_for_a_look());
    let decides = !matches!(change.action, Action::Update | Action::Move);
    (decides || !only_looked_at).then(|| Hold {
        brakes: hold.brakes.clone(),
        reason: said!("brake-of-customer", customer = change.name.as_str(), because = &hold.reason),
    })
}

/// Holds with its customer what belongs to it, be it held by something else or not.
pub fn hold_with_customer(changes: &mut [PlannedChange], hold: Option<&Hold>) {
    for change in changes.iter_mut().filter(|_| hold.is_some()) {
        change.held = with(change.held.take(), hold);
    }
}

/// A hold with that of what the change rests on; where both are held for a look by the same brake, that is said once.
fn with(own: Option<Hold>, other: Option<&Hold>) -> Option<Hold> {
    let says_it = |own: &Hold, brake: &Brake| brake.is_for_a_look() && own.brakes.contains(brake);
    match (own, other) {
        (Some(own), Some(other)) if other.brakes.iter().all(|brake| says_it(&own, brake)) => Some(own),
        (own, other) => also(own, other),
    }
}

/// Holds what names a location that is held, `held` by its source id; and with a record that is to be made there
/// the one that is retired to make room for it.
pub fn hold_with_locations(changes: &mut [PlannedChange], held: &HashMap<String, Hold>) {
    let named = |change: &PlannedChange| {
        let names = |diff: &&FieldDiff| catalogue::refers_to(change.kind, &diff.name) == Some(Kind::Location);
        change.fields.iter().filter(names).filter_map(|diff| diff.after.as_text()).find_map(|id| held.get(id))
    };
    let made = |change: &&PlannedChange| change.action == Action::Create;
    let made: HashMap<String, &Hold> =
        changes.iter().filter(made).filter_map(|change| Some((change.source.clone(), named(change)?))).collect();
    for change in changes {
        let of_made = made.get(&change.source).copied().filter(|_| change.action == Action::Retire);
        let hold = named(change).or(of_made);
        change.held = with(change.held.take(), hold);
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
mod tests;
