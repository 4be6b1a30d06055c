//! Customers made anew at the source, whose accounts go over to their new records: what else was decided of the ones
//! before goes along, with what was written for them. Their contracts, their lines, sums that name them, and what was
//! switched on or off for them.
//!
//! `matching` and `desk::decisions` decide who takes over from whom.

use super::matching::{Decision, Matched};
use crosswalk_model::usage::Switches;
use crosswalk_model::{Decider, LineKey, Link, LinkState, Memory, Timestamp, said};
use std::collections::HashMap;

/// What goes along.
#[derive(Debug, Clone, Default)]
pub(crate) struct Along {
    /// Links: each as it is the new record's, what is left of the one before, and those of sums that name it.
    pub(crate) links: Vec<Link>,
    /// Switches of the new records.
    pub(crate) switches: Vec<(String, Switches)>,
}

impl Along {
    /// Gives a link to the new record, unless its own stands.
    pub(crate) fn hand(&mut self, old: &Link, own: Option<&Link>, source: &str, now: Timestamp) {
        if is_decided(old) && !own.is_some_and(stands) {
            self.links.push(Link { state: old.state, ..adopted(own, old, source) });
            self.links.push(given_up(old, source, now));
        }
    }
}

/// Whether a new record's own link stands: a person said what it is, or something was sent for it. What a rule linked
/// ahead, and what was only forgotten, gives way.
pub(crate) fn stands(own: &Link) -> bool {
    own.decided_by == Some(Decider::Operator) || own.remembers()
}

/// Whether a person, a rule or a run said what a link is.
fn is_decided(link: &Link) -> bool {
    stands(link) || link.linked().is_some() || link.state == LinkState::Excluded
}

/// A line's link with customers by their new ids among what the line is the sum of, and was.
pub(crate) fn renamed(link: &Link, new_ids: &HashMap<&str, &str>) -> Link {
    let mut link = link.clone();
    if let Memory::Line(memory) = &mut link.memory {
        let counted = memory.parts.iter_mut().flatten().map(|part| &mut part.line);
        for line in counted.chain(memory.left.iter_mut().chain(&mut memory.since).map(|part| &mut part.line)) {
            let key = line.parse::<LineKey>().ok();
            if let Some((new, key)) = key.and_then(|key| Some((new_ids.get(key.customer.as_str())?, key))) {
                *line = LineKey::new(*new, key.product).to_string();
            }
        }
    }
    link
}

/// A link with all that was known of another one's target, for the source record that has its key now. It is not
/// linked until a plan says so, and keeps its own revision and what a person declined for it.
#[must_use]
pub(crate) fn adopted(own: Option<&Link>, of: &Link, source: &str) -> Link {
    Link {
        source: source.to_owned(),
        state: LinkState::Unmapped,
        declined: own.map(|own| own.declined.clone()).unwrap_or_default(),
        candidates: Vec::new(),
        missing_since: None,
        revision: own.map_or(0, |own| own.revision),
        ..of.clone()
    }
}

/// What is left of a link whose target goes to another source record.
#[must_use]
pub(crate) fn given_up(of: &Link, to: &str, now: crosswalk_model::Timestamp) -> Link {
    Link {
        declined: of.declined.clone(),
        decided_by: Some(Decider::ReEnrolled),
        reason: said!("anew-re-enrolled", source = to),
        target_kind: of.target_kind,
        revision: of.revision,
        ..Link::unmapped(of.kind, of.source.clone(), now)
    }
}

/// The targets that undecided records have as candidates: whose they may be.
pub(crate) fn candidates(matched: &[Matched]) -> HashMap<&str, &str> {
    let undecided =
        |matched: &'_ Matched| matches!(matched.decision, Decision::Proposed { .. } | Decision::Conflict { .. });
    let mut all = HashMap::new();
    for matched in matched.iter().filter(|matched| undecided(matched)) {
        if let Decision::Proposed { candidates, .. } | Decision::Conflict { candidates, .. } = &matched.decision {
            all.extend(candidates.iter().map(|candidate| (candidate.target.as_str(), matched.source.as_str())));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::NOW;
    use crosswalk_model::{Kind, PartCount, PartDay};
    use jiff::civil::date;

    #[test]
    fn a_customers_new_id_takes_the_place_of_the_old_one_as_lines_and_documents_write_it() {
        let lines = |customer: &str| {
            [LineKey::new(customer, "p/1"), LineKey::new("c", "p"), LineKey::new("other", customer)]
                .map(|key| key.to_string())
        };
        let parts = |customer: &str| lines(customer).map(|line| PartCount { line, counted: Some(3) }).to_vec();
        let days = |customer: &str| lines(customer).map(|line| PartDay { line, day: date(2026, 11, 30) }).to_vec();
        for old in ["b", "b/2", "50%", "%2F", "\"b\"", "b\\", "ü\n"] {
            for new in ["n", "n/\"1%\""] {
                let mut link = Link::unmapped(Kind::Usage, "c/p", NOW);
                let memory = link.memory.line_mut();
                (memory.parts, memory.left, memory.since) = (Some(parts(old)), days(old), days(old));
                let now = renamed(&link, &[(old, new)].into());
                let told = now.memory.line();
                let expected = LineKey::new(new, "p/1").to_string();
                let named = told.parts.clone().unwrap();
                assert_eq!((&named[0].line, named[0].counted), (&expected, Some(3)), "{old:?}: {named:?}");
                // What a product is called after is no customer.
                assert_eq!(named[2].line, LineKey::new("other", old).to_string(), "{old:?}");
                assert_eq!((told.left[0].line == expected, told.left.len()), (true, 3), "{old:?}");
                assert_eq!(told.since, told.left, "{old:?}");
                assert_eq!(renamed(&now, &[(new, old)].into()), link, "{old:?}");
            }
        }
    }
}
