//! Who leaves a line that several share: found out from what links were agreed on and where everything goes.
//!
//! What follows from it is decided in `plan::usage`.

use super::books::Books;
use crate::engine::plan::usage::{COUNTED, LEFT, Left, PARTS, Place, Product, QUANTITY, integer, left_of, parts_of};
use crate::model::{LineKey, Link, LinkState, Record};
use std::collections::{BTreeMap, HashMap};

/// The parts that leave sums, or left them.
#[derive(Default)]
pub(super) struct Leaving {
    /// By part, the sum it leaves.
    pub(super) left: HashMap<LineKey, Left>,
    /// By who leads a sum, the parts that go elsewhere.
    pub(super) of: HashMap<LineKey, Vec<LineKey>>,
}

type At = (String, String);

impl Books<'_> {
    /// Finds them: parts that a link names, and that go elsewhere than its line; and those without which it
    /// goes on already, while no line bills them.
    pub(super) fn find_leaving(&self) -> Leaving {
        let mut found = Leaving::default();
        let all = self.links.values().flat_map(BTreeMap::values);
        let shared = all.filter(|link| link.sent.contains_key(PARTS) || link.sent.contains_key(LEFT));
        let links: Vec<(LineKey, &Link)> = shared.filter_map(|link| Some((link.source.parse().ok()?, link))).collect();
        for (lead, link) in &links {
            let line = link.linked().and_then(|line| self.line_of(line));
            let Some(line) = line.filter(|line| self.bills(line)) else { continue };
            let at = self.stands(line);
            for part in named(link).into_iter().filter(|part| self.goes_elsewhere(part, lead, &at)) {
                let leader = self.who_goes_on(lead, &at).clone();
                found.left.insert(part.clone(), Left { leader, line: line.id.clone(), since: None });
                found.of.entry(lead.clone()).or_default().push(part);
            }
        }
        for (lead, link) in &links {
            for (part, day) in left_of(link) {
                let Ok(part) = part.parse::<LineKey>() else { continue };
                let line = link.linked().unwrap_or_default().to_owned();
                if self.is_billed_by_none(&part) && self.leader(&part) != self.leader(lead) {
                    let left = Left { leader: lead.clone(), line, since: Some(day) };
                    found.left.entry(part).or_insert(left);
                }
            }
        }
        found
    }

    /// The lines that are decided with one: those whose sums a part of it leaves, and those its parts go to.
    pub(super) fn decided_with(&self, key: &LineKey) -> Vec<LineKey> {
        let parts = self.sums.get(key).into_iter().flatten().map(|part| &part.key);
        let left = [key].into_iter().chain(parts).filter_map(|part| self.leaving.left.get(part));
        let from = left.filter(|left| left.since.is_none()).map(|left| self.leader(&left.leader));
        let to = self.leaving.of.get(key).into_iter().flatten().map(|part| self.leader(part));
        from.chain(to).collect()
    }

    fn bills(&self, line: &Record) -> bool {
        line.active() && integer(line.field(QUANTITY)).is_some_and(|has| has != 0) && !self.has_ended(line)
    }

    /// Whether a part counts something, and is to be billed by another line than the one its sum stands at.
    fn goes_elsewhere(&self, part: &LineKey, lead: &LineKey, at: &At) -> bool {
        let Place::Contract(contract) = self.place(&part.customer) else { return false };
        let is_other = match self.products.get(&part.product) {
            Some(Product::Linked { id, .. }) => (contract.id.as_str(), id.as_str()) != (at.0.as_str(), at.1.as_str()),
            Some(Product::Planned(_)) => true,
            _ => false,
        };
        let excluded = self.link(part).is_some_and(|link| link.state == LinkState::Excluded);
        part != lead && is_other && !excluded && self.leader(part) != self.leader(lead) && self.counted(part) != Some(0)
    }

    /// Whose the line of a sum is when one goes: who leads it, or who goes on with it.
    fn who_goes_on<'k>(&'k self, lead: &'k LineKey, at: &At) -> &'k LineKey {
        let going = self.going.get(at).map_or(&[][..], Vec::as_slice);
        if going.contains(lead) { lead } else { going.first().unwrap_or(lead) }
    }

    /// Whether nothing was decided on a line since a sum went on without it.
    fn is_billed_by_none(&self, part: &LineKey) -> bool {
        self.link(part).is_none_or(|link| link.linked().is_none() && !link.sent.contains_key(COUNTED))
    }
}

/// The parts that were agreed on of a link's line.
fn named(link: &Link) -> Vec<LineKey> {
    let parts = link.sent.get(PARTS).map(parts_of).unwrap_or_default();
    parts.into_iter().filter_map(|(part, _)| part.parse().ok()).collect()
}
