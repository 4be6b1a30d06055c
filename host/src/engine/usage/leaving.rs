//! Who leaves a line that goes on for others: found out from what links were agreed on and where everything goes.
//!
//! What follows from it is decided in `plan::usage`.

use super::books::Books;
use crate::engine::plan::usage::{
    COUNTED, EFFECTIVE, ENDED, LEFT, Left, PARTS, Place, Product, QUANTITY, begun, date, integer, left_of, open_from,
    parts_of,
};
use crate::model::{LineKey, Link, LinkState, Record};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// What leaves lines that go on, or left them.
#[derive(Default)]
pub(super) struct Leaving {
    /// By what leaves, the line it leaves.
    pub(super) left: HashMap<LineKey, Left>,
    /// By who goes on with a line, what goes elsewhere of what it bills.
    pub(super) of: HashMap<LineKey, Vec<LineKey>>,
    /// By who goes on with a line, from which day on something of that is billed by another already.
    pub(super) doubled: HashMap<LineKey, Date>,
}

type At = (String, String);

impl Books<'_> {
    /// Finds it: what a line bills and what goes elsewhere, while others go on with the line; and what is not on a
    /// line any more, while no other bills it.
    pub(super) fn find_leaving(&self) -> Leaving {
        let mut found = Leaving::default();
        let all = self.links.values().flat_map(BTreeMap::values);
        let links = all.filter(|link| link.linked().is_some() || link.sent.contains_key(LEFT));
        let links: Vec<(LineKey, &Link)> = links.filter_map(|link| Some((link.source.parse().ok()?, link))).collect();
        for (lead, link) in &links {
            let line = link.linked().and_then(|line| self.line_of(line));
            let Some(line) = line.filter(|line| self.bills(line)) else { continue };
            let Some(heir) = self.who_goes_on(lead, line, link.sent.contains_key(PARTS)) else { continue };
            let at = self.stands(line);
            for part in named(lead, link) {
                if !self.goes_elsewhere(&part, &heir, &at) || !self.is_billed_by(&part, &line.id) {
                    continue;
                }
                if let Some(day) = self.billed_elsewhere_since(&part, &line.id) {
                    let known = found.doubled.entry(heir.clone()).or_insert(day);
                    *known = day.min(*known);
                }
                found.left.insert(
                    part.clone(),
                    Left { leader: heir.clone(), line: line.id.clone(), since: None, from: None },
                );
                let of_heir = found.of.entry(heir.clone()).or_default();
                if !of_heir.contains(&part) {
                    of_heir.push(part);
                }
            }
        }
        for (lead, link) in &links {
            let line = link.linked().unwrap_or_default();
            for (part, day) in left_of(link) {
                let Ok(part) = part.parse::<LineKey>() else { continue };
                if !self.is_billed_by_none(&part, line) || self.leader(&part) == self.leader(lead) {
                    continue;
                }
                let left = Left { leader: lead.clone(), line: line.to_owned(), since: Some(day), from: None };
                let known = found.left.entry(part).or_insert_with(|| left.clone());
                // Of several that it left one after the other, the last.
                if known.since.is_some_and(|known| known < day) {
                    *known = left;
                }
            }
        }
        let mut begins = HashMap::new();
        let billed = found.left.iter().filter(|(_, left)| left.since.is_none());
        let days: Vec<(LineKey, Option<Date>)> =
            billed.map(|(part, left)| (part.clone(), self.goes_on_from(left, &found, &mut begins))).collect();
        for (part, day) in days {
            found.left.entry(part).and_modify(|left| left.from = day);
        }
        found
    }

    /// From which day gone by the change holds of who goes on with a line: as in `plan::usage`, where it begins.
    fn goes_on_from(&self, left: &Left, found: &Leaving, begins: &mut HashMap<LineKey, Option<Date>>) -> Option<Date> {
        let day = self.begins(&left.leader, found, begins)?;
        let line = self.line_of(&left.line)?;
        let day = open_from(day, self.contract(line.parent.as_deref()?)?, Some(line), self.today);
        (day < self.today).then_some(day)
    }

    /// Half of a ring or a chain may be written: then who takes over the next line is billed by none itself, and so on
    /// round to where it was broken off. `begins` keeps what is known; a whole ring begins today.
    fn begins(&self, key: &LineKey, found: &Leaving, begins: &mut HashMap<LineKey, Option<Date>>) -> Option<Date> {
        if let Some(known) = begins.get(key) {
            return *known;
        }
        begins.insert(key.clone(), None);
        let link = self.link(key);
        let parts = self.sums.get(key).into_iter().flatten();
        let (mut since, mut rests) = (Vec::new(), Vec::new());
        for (of, ended) in [(key, None)].into_iter().chain(parts.map(|part| (&part.key, part.ended))) {
            let day = match found.left.get(of) {
                Some(left) if left.since.is_none() => {
                    let day = self.goes_on_from(left, found, begins);
                    rests.push(day);
                    day
                }
                Some(left) => left.since,
                None if of == key => {
                    link.filter(|_| !self.named.contains(key)).and_then(|link| date(link.sent.get(ENDED)))
                }
                None => None,
            };
            let joins = of == key || (self.counted(of) != Some(0) && !link.is_some_and(|link| names(link, of)));
            since.extend(ended.or(day).filter(|_| joins));
        }
        let day = begun(since.into_iter().min(), rests.into_iter());
        let day = day.into_iter().chain(found.doubled.get(key).copied()).min();
        begins.insert(key.clone(), day);
        day
    }

    /// The lines that are decided with one: those that what it bills leaves, and those that what leaves its line goes
    /// to.
    pub(super) fn decided_with(&self, key: &LineKey) -> Vec<LineKey> {
        let parts = self.sums.get(key).into_iter().flatten().map(|part| &part.key);
        let left = [key].into_iter().chain(parts).filter_map(|part| self.leaving.left.get(part));
        let from = left.filter(|left| left.since.is_none()).map(|left| self.leader(&left.leader));
        let to = self.leaving.of.get(key).into_iter().flatten().map(|part| self.leader(part));
        from.chain(to).collect()
    }

    /// Whether the sum that a line is a part of was agreed on with it.
    pub(super) fn is_agreed(&self, part: &LineKey) -> bool {
        let link = self.leaders.get(part).and_then(|leader| self.link(leader));
        link.is_some_and(|link| link.linked().is_some() && names(link, part))
    }

    fn bills(&self, line: &Record) -> bool {
        line.active() && integer(line.field(QUANTITY)).is_some_and(|has| has != 0) && !self.has_ended(line)
    }

    /// Whether a line bills something still. Where one took a line over from another, both links lead to it, and the
    /// newer one says what it bills.
    fn is_billed_by(&self, part: &LineKey, line: &str) -> bool {
        let owners = self.owners.get(line).into_iter().flatten();
        owners.filter_map(|owner| self.link(owner)).all(|link| names(link, part))
    }

    /// From which day on another line than this one bills something as well.
    fn billed_elsewhere_since(&self, part: &LineKey, line: &str) -> Option<Date> {
        let link = self.link(&self.leader(part))?;
        let elsewhere = link.linked().is_some_and(|id| id != line) && names(link, part);
        date(link.sent.get(EFFECTIVE)).filter(|day| elsewhere && *day < self.today)
    }

    /// Whether something counts, and is to be billed by another line than the one that stands there.
    fn goes_elsewhere(&self, part: &LineKey, heir: &LineKey, at: &At) -> bool {
        let Place::Contract(contract) = self.place(&part.customer) else { return false };
        let is_other = match self.products.get(&part.product) {
            Some(Product::Linked { id, .. }) => (contract.id.as_str(), id.as_str()) != (at.0.as_str(), at.1.as_str()),
            Some(Product::Planned(_)) => true,
            _ => false,
        };
        let excluded = self.link(part).is_some_and(|link| link.state == LinkState::Excluded);
        part != heir && is_other && !excluded && self.leader(part) != *heir && self.counted(part) != Some(0)
    }

    /// Who goes on with a line: who has it, or who leads those that go there; who has it also where nobody does,
    /// and ends it for its other parts.
    fn who_goes_on(&self, lead: &LineKey, line: &Record, shared: bool) -> Option<LineKey> {
        let mut going = self.going_on(line).peekable();
        match going.peek().map(|first| self.leader(first)) {
            Some(first) if !going.any(|one| one == *lead) => Some(first),
            _ => shared.then(|| lead.clone()),
        }
    }

    /// Whether nothing was decided on a line of its own since a line went on without it.
    fn is_billed_by_none(&self, part: &LineKey, line: &str) -> bool {
        let undecided = |link: &Link| match link.linked() {
            // Of its own before that.
            Some(own) => own == line && !self.is_billed_by(part, line),
            None => !link.sent.contains_key(COUNTED),
        };
        self.link(part).is_none_or(undecided) && !self.is_agreed(part)
    }
}

/// What was agreed on that a link's line bills.
fn named(lead: &LineKey, link: &Link) -> Vec<LineKey> {
    match link.sent.get(PARTS).map(parts_of) {
        Some(parts) => parts.into_iter().filter_map(|(part, _)| part.parse().ok()).collect(),
        None => vec![lead.clone()],
    }
}

/// Whether a link's line was agreed on as one that bills something.
fn names(link: &Link, part: &LineKey) -> bool {
    let part = part.to_string();
    match link.sent.get(PARTS).map(parts_of) {
        Some(parts) => parts.into_iter().any(|(name, _)| name == part),
        None => link.source == part,
    }
}
