//! The lines that billed a count before: what goes to 0 where it is billed elsewhere, and what stays.
//!
//! Gives the verdict on what is no longer billed; on what is counted, `weigh` does.

use super::weigh::{Weighed, Weighing};
use super::{LineVerdict, Place, QUANTITY, Retire, integer};
use crate::rules::terms::term;
use crosswalk_model::verb::Verb;
use crosswalk_model::{Brake, Hold, Record, Said, said};
use jiff::civil::Date;
use std::collections::HashSet;

impl Weighing<'_, '_> {
    /// A part of it was billed by a line of its own.
    pub(super) fn joined(&self) -> Option<Hold> {
        let Retire { key, line, .. } = self.parts.iter().find_map(|part| part.old.as_ref())?;
        Some(Hold::new(Brake::Moved, said!("line-joined", part = key.to_string(), line)))
    }

    /// Of what it was billed by until now, another line.
    pub(super) fn moved(&self, id: &str, line: Option<&Record>) -> Hold {
        let old = self.linked_elsewhere(line);
        let has = old.map_or(0, |old| integer(old.field(QUANTITY)).unwrap_or_default());
        let contract = old.and_then(|old| self.contract_of(old));
        let name = || contract.map_or_else(|| old_contract(old), |contract| contract.name.clone());
        let ended = contract.and_then(|contract| term(contract).ended(self.input.today));
        let reason = match (old, ended) {
            (Some(_), Some(ended)) => said!("line-moved-ended", line = id, contract = name(), ended),
            (Some(_), None) if (self.input.goes_on)(&self.key, id) => {
                said!("line-moved-goes-on", line = id, contract = name())
            }
            (Some(old), None) if old.active() && has != 0 => {
                said!("line-moved", line = id, contract = name(), has)
            }
            (Some(_), None) => said!("line-moved-empty", line = id, contract = name()),
            (None, _) => said!("line-moved-unseen", line = id),
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

    pub(super) fn cannot_retire(&self, line: Option<&Record>) -> Option<Said> {
        let old = self.retires(line).into_iter().next().filter(|_| !self.writes())?;
        Some(said!("line-cannot-retire", line = old.line))
    }

    pub(super) fn dates_of(&self, old: &Retire, effective: Date) -> Option<Hold> {
        let line = (self.input.line_of)(&old.line)?;
        self.dates(self.contract_of(line)?, Some(line), effective).or_else(|| old.taken(effective))
    }

    /// What is not billed any more: what stays on a contract is told until it is 0.
    pub(super) fn ends(&self, why: Said) -> Weighed {
        match self.bills_on(None) {
            Some(old) => {
                let contract = (self.input.contract_of)(&old.contract).map_or(&old.contract, |contract| &contract.name);
                let stays = match self.input.place {
                    Place::Contract(_) => {
                        let adjust = self.call(Verb::UsageAdjust).with("quantity", 0);
                        said!("line-stays-adjust", line = old.line, contract, has = old.has, adjust)
                    }
                    _ => said!("line-stays", line = old.line, contract, has = old.has),
                };
                (LineVerdict::Left, Said::several([why, stays]))
            }
            None => (LineVerdict::InStep, why),
        }
    }

    /// What else is wrong with the line.
    pub(super) fn notes(&self, line: Option<&Record>) -> Vec<Said> {
        let mut notes = Vec::new();
        for id in self.known().former.iter().filter(|id| Some(id.as_str()) != line.map(|line| line.id.as_str())) {
            let Some(old) = (self.input.line_of)(id).filter(|old| old.active()) else { continue };
            let Some(contract) = self.contract_of(old) else { continue };
            let has = integer(old.field(QUANTITY)).unwrap_or_default();
            if has != 0 && term(contract).ended(self.input.today).is_none() && !(self.input.goes_on)(&self.key, id) {
                notes.push(said!("line-former", line = id, contract = &contract.name, has));
            }
        }
        notes
    }
}

/// The id of the contract of a line that was billed by before, where that contract was not read.
fn old_contract(old: Option<&Record>) -> String {
    old.and_then(|old| old.parent.clone()).unwrap_or_default()
}
