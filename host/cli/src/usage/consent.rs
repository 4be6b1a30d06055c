//! The consent of an approval: brakes by name, and only for lines as they were seen.
//!
//! Contracts are read again before anything is written. A hold or a number that only arose then was
//! not agreed to: the change stays held.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use crosswalk_engine::rules::plan::line::{QUANTITY, integer};
use crosswalk_engine::{ChangeView, UsageLine};
use crosswalk_model::said::Arg;
use crosswalk_model::{Brake, LetGo, LineKey, PlannedChange, Replaced, Said, said};
use std::collections::{HashMap, HashSet};

/// Parses brakes of single lines that can be released.
pub(super) fn line_brakes() -> impl TypedValueParser<Value = Brake> {
    let brakes = Brake::ALL.into_iter().filter(|brake| brake.is_of_lines() && brake.can_release());
    PossibleValuesParser::new(brakes.map(Brake::as_str)).try_map(|word| word.parse::<Brake>())
}

/// The agreed brakes.
pub(super) struct Consent {
    /// Whether brakes that need not be named are released.
    pub(super) ordinary: bool,
    /// Brakes released by name.
    pub(super) release: Vec<Brake>,
    /// Lines as listed before contracts were read again, if nobody sees the result first.
    pub(super) seen: Option<HashMap<LineKey, Seen>>,
}

/// A line as it was listed.
pub(super) struct Seen {
    has: Option<i64>,
    brakes: Vec<Brake>,
}

impl Seen {
    pub(super) fn of(lines: &[UsageLine]) -> HashMap<LineKey, Self> {
        let seen = |line: &UsageLine| {
            let brakes = line.brakes.iter().map(|one| one.brake).collect();
            (LineKey::new(&line.customer, &line.product), Self { has: line.has, brakes })
        };
        lines.iter().map(seen).collect()
    }

    /// The same for a given number: its author knows how far it moves.
    pub(super) fn for_number(lines: &[UsageLine]) -> HashMap<LineKey, Self> {
        let mut seen = Self::of(lines);
        for line in seen.values_mut() {
            line.brakes.extend([Brake::Quantity, Brake::Falls, Brake::Rises, Brake::Zero]);
        }
        seen
    }
}

impl Consent {
    /// The reason for which a change is not released; `None` if it is.
    fn refusal(&self, change: &PlannedChange) -> Option<Said> {
        let brakes: Vec<Brake> = change.held.iter().flat_map(|hold| hold.brakes.clone()).collect();
        let is_named = |brake: &Brake| self.release.contains(brake);
        let by_name = |brake: &&Brake| brake.let_go() == LetGo::Named && !is_named(brake);
        let reason = || change.held.as_ref().map(|hold| hold.reason.clone()).unwrap_or_default();
        let missing: Vec<String> = brakes.iter().filter(by_name).map(|brake| format!("--release {brake}")).collect();
        if !missing.is_empty() {
            return Some(said!("desk-cli-withheld", reason = reason(), flags = missing.join(" ")));
        }
        if !self.ordinary && brakes.iter().any(|brake| !is_named(brake)) {
            return Some(said!("desk-cli-withheld", reason = reason(), flags = "--held"));
        }
        self.unseen(change, &brakes)
    }

    /// The part of a change that nobody saw.
    fn unseen(&self, change: &PlannedChange, brakes: &[Brake]) -> Option<Said> {
        let seen = self.seen.as_ref()?.get(&change.source.parse().ok()?)?;
        let is_new = |brake: &&Brake| brake.is_of_lines() && brake.can_release() && !seen.brakes.contains(brake);
        if let Some(brake) = brakes.iter().find(is_new) {
            let reason = change.held.as_ref().map(|hold| hold.reason.clone()).unwrap_or_default();
            return Some(said!("desk-cli-unseen-brake", reason, brake = *brake));
        }
        let quantity = change.field(QUANTITY)?;
        let has = quantity.before.as_ref().and_then(|before| integer(Some(before)));
        let differs = has.is_some() && has != seen.has;
        differs.then(|| {
            let number = |number: Option<i64>| number.map_or(said!("desk-cli-nothing").into(), Arg::from);
            said!("desk-cli-unseen-number", has = number(has), seen = number(seen.has))
        })
    }

    /// The changes that stay held, with reasons. A line that would become 0 stays with its
    /// replacement.
    pub(super) fn withheld<'v>(&self, views: &'v [ChangeView]) -> Vec<(&'v PlannedChange, Said)> {
        let changes = || views.iter().map(|view| &view.change);
        let lines = || changes().filter_map(|change| Some((change, change.line()?)));
        let ended: HashMap<&Replaced, &String> =
            lines().flat_map(|(change, step)| step.replaces.iter().map(|old| (old, &change.source))).collect();
        let is_ended = |change: &PlannedChange| {
            let line = change.target.clone().unwrap_or_default();
            ended.get(&Replaced { source: change.source.clone(), line }).copied()
        };
        let (mut withheld, mut sources) = (Vec::new(), HashSet::new());
        for change in changes().filter(|change| change.line().is_some() && is_ended(change).is_none()) {
            if let Some(why) = self.refusal(change) {
                sources.insert(change.source.clone());
                withheld.push((change, why));
            }
        }
        // A part that leaves a sum and that sum are one decision.
        let pairs: Vec<(&String, &String)> =
            lines().flat_map(|(change, step)| step.rests.iter().map(|rest| (&change.source, &rest.leader))).collect();
        let cannot = |change: &&PlannedChange| change.held.as_ref().is_some_and(|hold| !hold.can_release());
        sources.extend(changes().filter(cannot).map(|change| change.source.clone()));
        let half = |sources: &HashSet<String>| {
            let mut halves = pairs.iter().flat_map(|(part, sum)| [(*part, *sum), (*sum, *part)]);
            halves.find(|(one, other)| sources.contains(*other) && !sources.contains(*one))
        };
        while let Some((one, other)) = half(&sources) {
            let why = said!("desk-cli-half-held", other);
            let of_one = |change: &&PlannedChange| change.source == *one && is_ended(change).is_none();
            withheld.extend(changes().filter(of_one).map(|change| (change, why.clone())));
            sources.insert(one.clone());
        }
        for change in changes() {
            if is_ended(change).is_some_and(|source| sources.contains(source)) {
                withheld.push((change, said!("desk-cli-replacement-held")));
            }
        }
        withheld
    }
}
