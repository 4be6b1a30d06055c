//! Days: the successor of a contract, and the first day on which a quantity can take effect.
//!
//! Days are those of the sync's calendar. The term of a contract is in `terms`.

use super::{Retire, Weighing, date};
use crate::rules::terms::{in_force, is_offered, term};
use crosswalk_model::{Brake, Hold, Record};
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
        let reason = format!(
            "line {} was changed from {changed} on already, and cannot end on {on}; the first open day is {open}: \
             `crosswalk usage approve --effective {open}`",
            self.line
        );
        Some(Hold::new(Brake::Dates, reason))
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
    pub(super) fn lost(&self, line: Option<&Record>, effective: Date) -> Option<String> {
        let until = line.and_then(|line| date(line.field("invoiced-until")))?;
        let is_first = until.tomorrow().ok() == Some(effective);
        is_first.then(|| {
            format!("it is invoiced until {until}: the change holds from {effective} on, and for no day before that")
        })
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
        let name = &contract.name;
        let why = if let Some(starts) = term.first.filter(|starts| on < *starts) {
            format!("{on} lies before the contract {name} begins, on {starts}")
        } else if let Some(ends) = term.last.filter(|ends| on > *ends) {
            let why = format!("{on} lies after the contract {name} ended, on {ends}");
            let reason =
                format!("{why}; {}; its last day: `crosswalk usage approve --effective {ends}`", self.what_follows());
            return Some(Hold::new(Brake::Dates, reason));
        } else if let Some(until) =
            line.and_then(|line| date(line.field("invoiced-until"))).filter(|until| on <= *until)
        {
            format!("it is invoiced until {until}: {on} cannot change any more")
        } else if let Some(changed) = self.changed(line, on) {
            match changed == on {
                true => format!("it was changed from {on} on already, and a day takes one change"),
                false => format!("it was changed from {changed} on already, and cannot change from {on} on any more"),
            }
        } else {
            return None;
        };
        let other = match self.open_day(contract, line, on) {
            Some(day) => format!("the first open day is {day}: `crosswalk usage approve --effective {day}`"),
            None => "no day of the contract is open: choose another contract with `crosswalk customer map --contract`"
                .to_owned(),
        };
        Some(Hold::new(Brake::Dates, format!("{why}; {other}")))
    }

    /// Which contract to choose instead of one that has ended.
    pub(super) fn what_follows(&self) -> String {
        what_follows(self.input.successors)
    }
}

/// Why a contract bills nothing today.
pub(crate) fn out_of_force(contract: &Record, today: Date, successors: &[&Record]) -> Option<String> {
    if in_force(contract, today) {
        return None;
    }
    let (days, name) = (term(contract), &contract.name);
    Some(match (days.ended(today), days.first.filter(|first| *first > today)) {
        (Some(ended), _) => {
            let follows = what_follows(successors);
            format!("the contract {name} ended on {ended}, and nothing is billed any more: {follows}")
        }
        (None, Some(first)) => format!("the contract {name} begins on {first} only"),
        (None, None) => format!("the contract {name} is not in force, and bills nothing: choose another"),
    })
}

/// Which contract to choose instead of one that has ended, in words.
fn what_follows(successors: &[&Record]) -> String {
    match successors {
        [] => "choose the contract that follows with `crosswalk customer map --contract`".to_owned(),
        [only] => format!("{} follows it: `crosswalk customer map --contract {}`", only.name, only.id),
        [first, rest @ ..] => format!(
            "{} ({}) follows it, or one of {} more: `crosswalk customer map --contract {}`",
            first.name,
            first.id,
            rest.len(),
            first.id
        ),
    }
}
