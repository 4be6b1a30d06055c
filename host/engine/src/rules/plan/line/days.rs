//! Days: the successor of a contract, and the first day on which a quantity can take effect.
//!
//! Days are those of the sync's calendar. The term of a contract is in `terms`.

use super::{LineKey, Retire, Weighing, date};
use crate::rules::terms::{in_force, is_offered, term};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Brake, Hold, Record, Said, said};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::HashSet;

/// The contracts of an account that may follow one which has ended: those that begin as it ends, or
/// else those in force. Those that have a line of every service come first.
pub(crate) fn successors<'r>(
    contract: &Record,
    of_account: &'r [Record],
    today: Date,
    services: &dyn Fn(&str) -> HashSet<String>,
) -> Vec<&'r Record> {
    let Some(last) = term(contract).ended(today) else { return Vec::new() };
    let others = of_account.iter().filter(|one| one.id != contract.id && is_offered(one));
    let lasts = |one: &&Record| term(one).ended(today).is_none();
    let (follows, others): (Vec<&Record>, Vec<&Record>) = others.filter(lasts).partition(|one| {
        term(one).first.is_some_and(|first| first == last || last.tomorrow().is_ok_and(|next| next == first))
    });
    let mut found =
        if follows.is_empty() { others.into_iter().filter(|one| in_force(one, today)).collect() } else { follows };
    let billed = services(&contract.id);
    found.sort_by_key(|one| (!billed.is_subset(&services(&one.id)), one.id.clone()));
    found
}

impl Retire {
    /// The first day on which the line can end, where its last change holds from a given day on or from a later one.
    pub(super) fn open_day(&self, on: Date) -> Option<Date> {
        self.changed.filter(|changed| *changed >= on)?.tomorrow().ok()
    }

    /// What keeps the line from ending on a day.
    pub(super) fn taken(&self, on: Date) -> Option<Hold> {
        let (changed, open) = (self.changed?, self.open_day(on)?);
        let approve = approve(&self.key, open);
        Some(Hold::new(Brake::Dates, said!("line-end-taken", line = &self.line, changed, on, open, approve)))
    }
}

/// The first day that is not invoiced, from a day on that has gone by: today at the latest.
pub(crate) fn open_from(day: Date, contract: &Record, line: Option<&Record>, today: Date) -> Date {
    let invoiced = line.and_then(|line| date(line.field("invoiced-until"))).and_then(|until| until.tomorrow().ok());
    [term(contract).first, invoiced].into_iter().flatten().fold(day, Date::max).min(today)
}

impl Weighing<'_, '_> {
    /// The day a change holds from where nobody says: today; for what a contract billed that has ended,
    /// the day after that, for what a line billed that goes on without it or is at 0, the day that is from, and
    /// for what is billed by another already, the day from which it is. So no day of a renewal or a move is lost, nor
    /// billed twice.
    pub(super) fn usual_day(&self, contract: &Record, line: Option<&Record>) -> Date {
        let today = self.input.today;
        let ended = self.linked_elsewhere(line).and_then(|old| self.contract_of(old)).and_then(|old| term(old).last);
        let next = ended.filter(|last| *last < today).and_then(|last| last.tomorrow().ok());
        let begun = || {
            let doubled = (self.input.doubled)(&self.key);
            self.begun().into_iter().chain(doubled).min()
        };
        let Some(next) = next.or_else(begun) else { return today };
        if next > today {
            return next;
        }
        open_from(next, contract, line, today)
    }

    /// What a change of a line does not reach: it holds from the first day that is not invoiced, and may have
    /// been counted before that.
    pub(super) fn lost(&self, line: Option<&Record>, effective: Date) -> Option<Said> {
        let until = line.and_then(|line| date(line.field("invoiced-until")))?;
        let is_first = until.tomorrow().ok() == Some(effective);
        is_first.then(|| said!("line-days-lost", until, effective))
    }

    /// The first day from which on a line of a contract can change, a given one at the earliest.
    pub(super) fn open_day(&self, contract: &Record, line: Option<&Record>, from: Date) -> Option<Date> {
        let term = term(contract);
        let invoiced = line.and_then(|line| date(line.field("invoiced-until"))).and_then(|until| until.tomorrow().ok());
        let mut day = [term.first, invoiced].into_iter().flatten().fold(from, Date::max);
        if let Some(changed) = self.changed(line, day) {
            day = changed.checked_add(1.day()).ok()?;
        }
        term.has(day).then_some(day)
    }

    /// From which day on the last change of a line holds, where that keeps it from changing on a day: its own on the
    /// same day or a later one that is there, and that of another that has the line or had it on the same day or any
    /// later one.
    fn changed(&self, line: Option<&Record>, on: Date) -> Option<Date> {
        let later = |changed: Date| changed > on && changed <= self.input.today;
        let own = self.known().effective.filter(|changed| *changed == on || later(*changed));
        let own = own.filter(|_| self.is_linked(line));
        let others = line.and_then(|line| (self.input.changed)(&self.key, &line.id)).filter(|changed| *changed >= on);
        own.into_iter().chain(others).max()
    }

    /// What keeps a quantity from holding from its day on.
    pub(super) fn dates(&self, contract: &Record, line: Option<&Record>, on: Date) -> Option<Hold> {
        let term = term(contract);
        let contract_name = &contract.name;
        let why = if let Some(starts) = term.first.filter(|starts| on < *starts) {
            said!("line-before-contract", on, contract = contract_name, starts)
        } else if let Some(ends) = term.last.filter(|ends| on > *ends) {
            let why = said!("line-after-contract", on, contract = contract_name, ends);
            let last_day = said!("line-last-day", approve = approve(&self.key, ends));
            return Some(Hold::new(Brake::Dates, Said::several([why, self.what_follows(), last_day])));
        } else if let Some(until) =
            line.and_then(|line| date(line.field("invoiced-until"))).filter(|until| on <= *until)
        {
            said!("line-invoiced", until, on)
        } else if let Some(changed) = self.changed(line, on) {
            match changed == on {
                true => said!("line-changed-that-day", on),
                false => said!("line-changed-later", changed, on),
            }
        } else {
            return None;
        };
        let other = match self.open_day(contract, line, on) {
            Some(day) => said!("line-first-open-day", day, approve = approve(&self.key, day)),
            None => said!("line-no-open-day", map = map(Some(&self.key.customer)).choose("contract")),
        };
        Some(Hold::new(Brake::Dates, Said::several([why, other])))
    }

    /// Which contract to choose instead of one that has ended.
    fn what_follows(&self) -> Said {
        what_follows(self.input.successors, Some(&self.key.customer))
    }

    /// Why its contract bills nothing today.
    pub(super) fn out_of_force(&self, contract: &Record) -> Option<Said> {
        not_in_force(contract, self.input.today, || self.what_follows())
    }
}

/// Approves the line from a day on.
pub(super) fn approve(line: &LineKey, from: Date) -> Call {
    Call::of(Verb::UsageApprove).with("customer", &line.customer).with("product", &line.product).with("effective", from)
}

/// Maps a customer; the person chooses which where none is given.
fn map(customer: Option<&str>) -> Call {
    let map = Call::of(Verb::CustomerMap);
    customer.into_iter().fold(map, |map, customer| map.with("customer", customer))
}

/// Why a contract bills nothing today.
pub(crate) fn out_of_force(contract: &Record, today: Date, successors: &[&Record]) -> Option<Said> {
    not_in_force(contract, today, || what_follows(successors, None))
}

fn not_in_force(contract: &Record, today: Date, what_follows: impl FnOnce() -> Said) -> Option<Said> {
    if in_force(contract, today) {
        return None;
    }
    let (days, contract) = (term(contract), &contract.name);
    Some(match (days.ended(today), days.first.filter(|first| *first > today)) {
        (Some(ended), _) => said!("line-contract-ended", contract, ended, follows = what_follows()),
        (None, Some(first)) => said!("line-contract-begins", contract, first),
        (None, None) => said!("line-contract-not-in-force", contract),
    })
}

/// Which contract to choose instead of one that has ended.
fn what_follows(successors: &[&Record], customer: Option<&str>) -> Said {
    let to = |id: &str| map(customer).with("contract", id);
    match successors {
        [] => said!("line-choose-successor", map = map(customer).choose("contract")),
        [only] => said!("line-successor", contract = &only.name, map = to(&only.id)),
        [first, rest @ ..] => {
            let (contract, id) = (&first.name, &first.id);
            said!("line-successors", contract, id, count = rest.len(), map = to(id))
        }
    }
}
