//! Parts that move elsewhere while their old line goes on. One decision in two halves: the old line is reduced first,
//! from the day on which another bills the part. If the leader leaves, one of the others takes the line over, as the
//! first half.
//!
//! `billing::leaving` finds who leaves; the consequences are decided here, with how changes and links record them.

use super::Weighing;
use super::days::approve;
use super::types::Left;
use crosswalk_model::said::Arg;
use crosswalk_model::{Brake, Hold, LineKey, LineMemory, LineStep, Link, PartDay, Rest, Said, said};
use jiff::civil::Date;
use std::collections::HashSet;

impl Left {
    /// From which day gone by no line bills it, once the line goes on without it.
    pub(crate) fn unbilled_since(&self) -> Option<Date> {
        self.since.or(self.from)
    }
}

impl<'a> Weighing<'_, 'a> {
    /// The sum it left, by itself.
    pub(super) fn own_left(&self) -> Option<&'a Left> {
        (self.input.left)(&self.key)
    }

    fn all_left(&self) -> impl Iterator<Item = (&LineKey, &Left)> {
        let own = self.own_left().map(|left| (&self.key, left));
        own.into_iter().chain(self.parts.iter().filter_map(|part| Some((&part.key, part.left.as_ref()?))))
    }

    /// What has to be written first.
    pub(super) fn rests(&self) -> Vec<Rest> {
        let rest = |(part, left): (&LineKey, &Left)| Rest {
            part: part.to_string(),
            leader: left.leader.to_string(),
            line: left.line.clone(),
        };
        self.all_left().filter(|(_, left)| left.since.is_none()).map(rest).collect()
    }

    /// It, or a part of it, was billed with others.
    pub(super) fn comes_from_a_sum(&self) -> Option<Hold> {
        let (part, Left { leader, line, since, .. }) = self.all_left().next()?;
        let (part, leader) = (part.to_string(), leader.to_string());
        let reason = match since {
            None => said!("line-leaves-sum", part, leader, line),
            Some(day) => said!("line-left-sum", part, leader, day = *day),
        };
        Some(Hold::new(Brake::Moved, reason))
    }

    /// From which day on the change of it holds where nobody says: from when on no line bills anything of what comes to
    /// it. What is billed elsewhere until then would be billed twice for the days before.
    pub(super) fn begun(&self) -> Option<Date> {
        let rests = self.all_left().filter(|(_, left)| left.since.is_none()).map(|(_, left)| left.from);
        begun(self.unbilled().into_iter().map(|(_, day)| day).max(), rests)
    }

    /// The days that a change leaves out on which no line bills something of it. Approved by itself it holds from any
    /// day, and what it rests on from the same.
    pub(super) fn left_out(&self, effective: Date) -> Option<Said> {
        if let Some(told) = self.since_different_days() {
            return Some(told);
        }
        let (_, since) = self.unbilled().into_iter().next().filter(|(_, since)| *since < effective)?;
        if self.rests().is_empty() {
            return None;
        }
        Some(said!("line-days-left-out", since, effective, approve = approve(&self.key, since)))
    }

    /// Of parts that no line bills since different days one is billed from a later day than it could be, as from its
    /// own another would be billed twice.
    fn since_different_days(&self) -> Option<Said> {
        let mut days = self.unbilled();
        days.sort_by(|(a, from), (b, since)| (from, a).cmp(&(since, b)));
        let (_, last) = *days.last()?;
        let early = days.iter().filter(|(_, since)| *since < last);
        let early: Vec<Said> =
            early.map(|(part, since)| said!("line-part-since", part = part.to_string(), since = *since)).collect();
        (!early.is_empty()).then(|| said!("line-parts-left-out", parts = Arg::list(early), last))
    }

    /// The same, held: a person has to know of the days.
    pub(super) fn leaves_days_out(&self) -> Option<Hold> {
        Some(Hold::new(Brake::Moved, self.since_different_days()?))
    }

    /// What of it no line bills, and from which day on.
    fn unbilled(&self) -> Vec<(&LineKey, Date)> {
        let before = if self.parts.is_empty() { Vec::new() } else { self.parts_before() };
        let joins = |part: &&super::Part| part.counted != Some(0) && !before.contains(&part.key.to_string());
        let joined = self.parts.iter().filter(joins);
        let since = |part: &super::Part| part.ended.or_else(|| part.left.as_ref()?.unbilled_since());
        let joined = joined.filter_map(|part| Some((&part.key, since(part)?)));
        // Billed with others since, the end of its own line says nothing any more.
        let ended = || self.known().ended.filter(|_| !(self.input.agreed)(&self.key));
        let own = match self.own_left() {
            Some(left) => left.unbilled_since(),
            None => ended(),
        };
        own.map(|day| (&self.key, day)).into_iter().chain(joined).collect()
    }

    /// What was billed with it goes elsewhere: held under the same name as that, so that both are let go at once.
    pub(super) fn gives_away(&self) -> Option<Hold> {
        let parts = self.leaves();
        let names = Arg::list(parts.iter().map(ToString::to_string));
        let reason = || said!("line-gives-away", count = parts.len(), parts = names);
        (!parts.is_empty()).then(|| Hold::new(Brake::Moved, reason()))
    }

    /// The parts that its line is to go on without.
    pub(super) fn leaves(&self) -> &'a [LineKey] {
        (self.input.leaves)(&self.key)
    }
}

/// From which day gone by a change holds of what no line bills since a day; `None`: from today. `rests` are the days
/// from which the lines that it rests on are without it: what one of them bills until today would be billed twice.
pub(crate) fn begun(since: Option<Date>, mut rests: impl Iterator<Item = Option<Date>>) -> Option<Date> {
    rests.try_fold(since?, |last, day| Some(last.max(day?)))
}

/// What was agreed on that a link's line bills.
pub(crate) fn named(link: &Link) -> Vec<String> {
    match &link.memory.line().parts {
        Some(parts) => parts.iter().map(|part| part.line.clone()).collect(),
        None => vec![link.source.clone()],
    }
}

/// From which day on a link's line bills each part that was agreed on. Of a link that does not tell it is taken to be
/// the day of the last change.
pub(crate) fn since_of(link: &Link) -> Vec<PartDay> {
    let (memory, names) = (link.memory.line(), named(link));
    if memory.since.is_empty() {
        return names.into_iter().filter_map(|line| Some(PartDay { line, day: memory.effective? })).collect();
    }
    let names: HashSet<&String> = names.iter().collect();
    memory.since.iter().filter(|part| names.contains(&part.line)).cloned().collect()
}

/// From which day on a link's line bills a part.
pub(crate) fn billed_since(link: &Link, part: &str) -> Option<Date> {
    day_of(&since_of(link), part)
}

fn day_of(days: &[PartDay], part: &str) -> Option<Date> {
    days.iter().find(|one| one.line == part).map(|one| one.day)
}

/// Puts down from which day on the link's line bills its parts: what is among `known` from that day, everything else
/// from `day`.
pub(crate) fn remember_since(link: &mut Link, known: &[PartDay], day: Option<Date>) {
    let all = named(link).into_iter();
    let all: Vec<PartDay> = all.filter_map(|line| Some(PartDay { day: day_of(known, &line).or(day)?, line })).collect();
    if !all.is_empty() {
        link.memory.line_mut().since = all;
    }
}

/// Puts down from which day on the last change of the link's line holds, before it leads to another or to none: a day
/// takes one change of a line, whoever makes it. What days it had there say nothing of another line.
pub(super) fn remember_change(link: &mut Link) {
    let target = link.linked().map(str::to_owned);
    let memory = link.memory.line_mut();
    memory.since.clear();
    let Some((line, day)) = target.zip(memory.effective.take()) else { return };
    memory.changed.retain(|one| one.line != line);
    memory.changed.push(PartDay { line, day });
}

/// Puts down from which day on the line is without the parts that a change took from it.
pub(super) fn remember(memory: &mut LineMemory, change: &LineStep) {
    let again = |part: &str| change.parts.iter().flatten().any(|one| one.line == part);
    put(memory, change.leaves.clone(), |part| !again(part));
}

/// Puts down that a line that ends bills none of its other parts from a day on.
pub(super) fn remember_end(link: &mut Link, day: Date) {
    let own = link.source.clone();
    let memory = link.memory.line_mut();
    let others = memory.parts.iter().flatten().filter(|part| part.line != own);
    let new = others.map(|part| PartDay { line: part.line.clone(), day }).collect();
    put(memory, new, |_| true);
}

fn put(memory: &mut LineMemory, new: Vec<PartDay>, stays: impl Fn(&str) -> bool) {
    memory.left.retain(|part| stays(&part.line) && !new.iter().any(|one| one.line == part.line));
    memory.left.extend(new);
}
