//! The lines that billed a count before: what goes to 0 where it is billed elsewhere, and what stays.
//!
//! Gives the verdict on what is no longer billed; on what is counted, `weigh` does.

use super::weigh::{Weighed, Weighing};
use super::{LineVerdict, Place, QUANTITY, Retire, integer};
use crate::rules::terms::term;
use crosswalk_model::{Brake, Hold, Record};
use jiff::civil::Date;
use std::collections::HashSet;

impl Weighing<'_, '_> {
    /// A part of it was billed by a line of its own.
    pub(super) fn joined(&self) -> Option<Hold> {
        let Retire { key, line, .. } = self.parts.iter().find_map(|part| part.old.as_ref())?;
        let reason = format!("{key} was billed by line {line} until now: that is set to 0 from the same day on");
        Some(Hold::new(Brake::Moved, reason))
    }

    /// Of what it was billed by until now, another line.
    pub(super) fn moved(&self, id: &str, line: Option<&Record>) -> Hold {
        let old = self.linked_elsewhere(line);
        let has = old.map_or(0, |old| integer(old.field(QUANTITY)).unwrap_or_default());
        let contract = old.and_then(|old| self.contract_of(old));
        let name = contract.map_or("its contract", |contract| contract.name.as_str());
        let ended = contract.and_then(|contract| term(contract).ended(self.input.today));
        let reason = match (old, ended) {
            (Some(_), Some(ended)) => {
                format!("it was billed by line {id} of the contract {name} until that ended, on {ended}")
            }
            (Some(_), None) if (self.input.goes_on)(&self.key, id) => {
                format!("it was billed by line {id} of the contract {name} until now, which goes on for others")
            }
            (Some(old), None) if old.active() && has != 0 => format!(
                "it was billed by line {id} of the contract {name} until now: that is set from {has} to 0 from the same day on"
            ),
            (Some(_), None) => format!("it was billed by line {id} of the contract {name}, which has nothing any more"),
            (None, _) => {
                format!("it was billed by line {id} until now, which is not to be seen: look that it bills nothing")
            }
        };
        Hold::new(Brake::Moved, reason)
    }

    /// The line that billed this one, as long as it bills: what goes to 0 where this goes elsewhere.
    fn bills_on(&self, line: Option<&Record>) -> Option<Retire> {
        let old = self.linked_elsewhere(line)?;
        let ends = || {
            let ended = |contract: &Record| term(contract).ended(self.input.today).is_some();
            self.contract_of(old).is_some_and(ended) || (self.input.goes_on)(&self.key, &old.id)
        };
        Retire::of(self.key.clone(), self.link?, old).filter(|_| !ends())
    }

    /// What goes to 0 with a change of this line: each line once, whoever it billed.
    pub(super) fn retires(&self, line: Option<&Record>) -> Vec<Retire> {
        let all = self.bills_on(line).into_iter().chain(self.parts.iter().filter_map(|part| part.old.clone()));
        let mut seen = HashSet::new();
        all.filter(|old| seen.insert(old.line.clone())).collect()
    }

    pub(super) fn cannot_retire(&self, line: Option<&Record>) -> Option<String> {
        let old = self.retires(line).into_iter().next().filter(|_| !self.writes())?;
        Some(format!("it is billed by line {}, which the target cannot change: set that to 0 there", old.line))
    }

    pub(super) fn dates_of(&self, old: &Retire, effective: Date) -> Option<Hold> {
        let line = (self.input.line_of)(&old.line)?;
        self.dates(self.contract_of(line)?, Some(line), effective).or_else(|| old.taken(effective))
    }

    /// What is not billed any more: what stays on a contract is told until it is 0.
    pub(super) fn ends(&self, why: &str) -> Weighed {
        match self.bills_on(None) {
            Some(old) => {
                let how = match self.input.place {
                    Place::Contract(_) => "set it to 0 with `crosswalk usage adjust`",
                    _ => "set it to 0 in the PSA",
                };
                let contract =
                    (self.input.contract_of)(&old.contract).map_or("its contract", |contract| &contract.name);
                let reason =
                    format!("{why}, and line {} stays on the contract {contract} with {}: {how}", old.line, old.has);
                (LineVerdict::Left, reason)
            }
            None => (LineVerdict::InStep, why.to_owned()),
        }
    }

    /// What else is wrong with the line.
    pub(super) fn notes(&self, line: Option<&Record>) -> Vec<String> {
        let mut notes = Vec::new();
        for id in self.known().former.iter().filter(|id| Some(id.as_str()) != line.map(|line| line.id.as_str())) {
            let Some(old) = (self.input.line_of)(id).filter(|old| old.active()) else { continue };
            let Some(contract) = self.contract_of(old) else { continue };
            let has = integer(old.field(QUANTITY)).unwrap_or_default();
            if has != 0 && term(contract).ended(self.input.today).is_none() && !(self.input.goes_on)(&self.key, id) {
                notes.push(format!(
                    "line {id} of the contract {}, by which it was billed before, still has {has}: set it to 0 in the PSA",
                    contract.name
                ));
            }
        }
        notes
    }
}
