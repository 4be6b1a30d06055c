//! What a person reviews before a quantity is written, each reason by its own name: the line was changed in the PSA
//! (`edited`), ends (`zero`), moves far (`quantity`), or is the sum of other parts than before (`parts`); over the
//! whole sync, units that leave (`falls`) or come (`rises`) in one plan. `takeover` and `moved` are in `weigh` and
//! `leaving`.

use super::{Line, LineVerdict, Weighing, parts};
use crosswalk_model::said::Arg;
use crosswalk_model::sync::{BrakeLimits, UsageRules};
use crosswalk_model::{Action, Brake, Hold, said};
use std::cmp::Ordering;

impl Weighing<'_, '_> {
    /// What holds a change from one number to another; `as_left`: what is there is what was approved.
    pub(super) fn brakes(&self, has: i64, quantity: i64, as_left: bool) -> Vec<Hold> {
        let UsageRules { quantity_percent: percent, quantity_least: least, .. } = self.input.rules;
        let mut holds = Vec::new();
        if !as_left {
            let approved = self.known().quantity.unwrap_or_default();
            holds.push(Hold::new(Brake::Edited, said!("line-edited", has, approved)));
        }
        let moved = has.abs_diff(quantity);
        let is_share = moved.saturating_mul(100) > u64::from(*percent).saturating_mul(has.unsigned_abs());
        if quantity == 0 && has != 0 {
            holds.push(Hold::new(Brake::Zero, said!("line-fell-to-zero", has)));
        } else if quantity < has && is_share {
            holds.push(Hold::new(Brake::Quantity, said!("line-falls-far", has, quantity, percent = *percent)));
        } else if moved >= u64::from(*least) && is_share {
            let reason = said!("line-moves-far", has, quantity, percent = *percent, least = *least);
            holds.push(Hold::new(Brake::Quantity, reason));
        }
        holds
    }

    /// What its line was agreed on as the sum of, in order.
    pub(super) fn parts_before(&self) -> Vec<String> {
        let mut before = match &self.known().parts {
            Some(parts) => parts.iter().map(|part| part.line.clone()).collect(),
            None => vec![self.key.to_string()],
        };
        before.sort();
        before
    }

    /// What was agreed on was the sum of other parts.
    pub(super) fn parts_changed(&self) -> Option<Hold> {
        if self.parts.is_empty() && self.known().parts.is_none() {
            return None;
        }
        let own = if self.parts.is_empty() { vec![self.key.to_string()] } else { parts::names(&self.parts) };
        let before = self.parts_before();
        (own != before).then(|| {
            Hold::new(Brake::Parts, said!("line-parts-changed", parts = Arg::list(own), before = Arg::list(before)))
        })
    }
}

/// What one plan moves over the whole sync, in lines and in units.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sweep {
    all: Moved,
    up: Moved,
    down: Moved,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Moved {
    lines: u64,
    units: u64,
}

impl Moved {
    fn add(&mut self, units: u64) {
        self.lines += 1;
        self.units += units;
    }
}

impl Sweep {
    /// Takes a customer's lines in. New lines count where nobody looks at them otherwise.
    pub(crate) fn add(&mut self, lines: &[Line], automatic: bool) {
        for line in lines {
            let linked = line.approved.is_some();
            if linked {
                self.all.add(line.has.unwrap_or(0).unsigned_abs());
            }
            let LineVerdict::Change { action, quantity, .. } = &line.verdict else { continue };
            let counts = linked || (automatic && *action == Action::Create);
            let has = had(line, *action);
            if counts && *quantity != has {
                let side = if *quantity < has { &mut self.down } else { &mut self.up };
                side.add(has.abs_diff(*quantity));
            }
        }
    }

    /// What holds what goes one way, if it is too much: of the lines, or of the units.
    fn over(&self, brake: Brake, moved: Moved, limits: &BrakeLimits) -> Option<Hold> {
        let (percent, least) = (limits.sync_quantity_percent, limits.sync_quantity_least);
        let is_over = |part: u64, all: u64| part >= u64::from(least) && part * 100 > u64::from(percent) * all;
        let Moved { lines, units } = moved;
        // One line has brakes of its own.
        let held = lines > 1 && (is_over(lines, self.all.lines) || is_over(units, self.all.units));
        held.then(|| {
            let Moved { lines: all_lines, units: all_units } = self.all;
            Hold::new(brake, said!("line-sweep", brake, lines, all_lines, units, all_units, percent, least))
        })
    }

    /// Holds what goes the way of which there is too much. A number that a person asked for is left alone.
    pub(crate) fn hold(&self, limits: &BrakeLimits, lines: &mut [Line], asked: &dyn Fn(&str) -> bool) {
        let falls = self.over(Brake::Falls, self.down, limits);
        let rises = self.over(Brake::Rises, self.up, limits);
        for line in lines.iter_mut().filter(|line| !asked(&line.product)) {
            let LineVerdict::Change { action, quantity, .. } = line.verdict else { continue };
            let hold = match quantity.cmp(&had(line, action)) {
                Ordering::Less => &falls,
                Ordering::Greater => &rises,
                Ordering::Equal => continue,
            };
            if let LineVerdict::Change { holds, .. } = &mut line.verdict {
                holds.extend(hold.clone());
            }
        }
    }
}

fn had(line: &Line, action: Action) -> i64 {
    if action == Action::Create { 0 } else { line.has.unwrap_or(0) }
}
