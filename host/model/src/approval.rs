//! Approvals: which part of a plan a person, or a rule, lets go.
//!
//! An approval is kept apart from what is done about it: it can be given by one person today, and applied by another, or
//! at night. What may go of a plan is decided here from its approvals; trust and staleness are the engine's.

use super::{Actor, Brake, Hold, Kind, PlanId, PlannedChange, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The brakes that an approval releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Release {
    /// All that can be released.
    All,
    /// These; none by default.
    These(Vec<Brake>),
}

impl Default for Release {
    fn default() -> Self {
        Release::These(Vec::new())
    }
}

impl Release {
    /// Whether nothing is released.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Release::default()
    }

    /// Whether a hold is let go: each of its brakes can be released, and is.
    #[must_use]
    pub fn lets_go(&self, hold: &Hold) -> bool {
        let released = |brake: &Brake| match self {
            Release::All => true,
            Release::These(brakes) => brakes.contains(brake),
        };
        hold.can_release() && hold.brakes.iter().all(released)
    }

    /// Returns the words of the brakes, or `all`.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match self {
            Release::All => vec!["all"],
            Release::These(brakes) => brakes.iter().map(|brake| brake.as_str()).collect(),
        }
    }
}

/// A set of changes of one plan, by their sequences. Written as people write pages: `3,5-9`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sequences(BTreeSet<u32>);

impl Sequences {
    /// Reports whether a change is in it.
    #[must_use]
    pub fn contains(&self, sequence: u32) -> bool {
        self.0.contains(&sequence)
    }

    /// Returns the sequences in order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.iter().copied()
    }

    /// Reports whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns their number.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl FromIterator<u32> for Sequences {
    fn from_iter<T: IntoIterator<Item = u32>>(sequences: T) -> Self {
        Self(sequences.into_iter().collect())
    }
}

impl fmt::Display for Sequences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.iter().copied().peekable();
        let mut separator = "";
        while let Some(first) = left.next() {
            let mut last = first;
            while left.peek() == last.checked_add(1).as_ref() {
                last = left.next().unwrap_or(last);
            }
            match last - first {
                0 => write!(f, "{separator}{first}")?,
                _ => write!(f, "{separator}{first}-{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

impl FromStr for Sequences {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        /// The longest range: a plan has no more changes.
        const MOST: u32 = 1_000_000;
        let mut all = BTreeSet::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| text.trim().parse::<u32>().ok().filter(|number| *number > 0);
            match number(first).zip(number(last)) {
                Some((first, last)) if first <= last && last - first < MOST => all.extend(first..=last),
                _ => return Err(format!("`{part}` is no number of a change, and no range of them: write `3,5-9`")),
            }
        }
        Ok(Self(all))
    }
}

impl Serialize for Sequences {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sequences {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A part of a plan: the changes for which all that is given is true.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Part {
    /// Only this source customer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Only of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Only these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Sequences>,
}

impl Part {
    /// Reports whether a change belongs to it.
    #[must_use]
    pub fn has(&self, sequence: u32, kind: Kind, customer: &str) -> bool {
        self.customer.as_deref().is_none_or(|only| only == customer)
            && self.kind.is_none_or(|only| only == kind)
            && self.changes.as_ref().is_none_or(|only| only.contains(sequence))
    }

    /// Reports whether it is the whole plan.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Part::default()
    }
}

/// What is let go of a plan: a part of it, with the brakes that are released in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The part.
    pub part: Part,
    /// The brakes.
    pub release: Release,
    /// Changes that stay held whatever is released: what holds them was not seen.
    #[serde(default, skip_serializing_if = "Sequences::is_empty")]
    pub withheld: Sequences,
}

impl Approved {
    /// Reports whether a change is let go: it belongs to the part, and what holds it is released.
    #[must_use]
    pub fn lets_go(&self, change: &PlannedChange) -> bool {
        self.part.has(change.sequence, change.kind, &change.customer)
            && change.held.as_ref().is_none_or(|hold| self.releases(change.sequence, hold))
    }

    /// Reports whether what holds a change of the part is released.
    #[must_use]
    pub fn releases(&self, sequence: u32, hold: &Hold) -> bool {
        !self.withheld.contains(sequence) && self.release.lets_go(hold)
    }
}

/// An approval as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Its number.
    pub id: i64,
    /// The plan.
    pub plan: PlanId,
    /// What is let go.
    pub approved: Approved,
    /// The plan's hash that was seen.
    pub hash: String,
    /// Who gave it.
    pub by: Actor,
    /// The rule that stood for a person: `trust = automatic` of these kinds; `None` if a person gave it.
    pub rule: Option<Vec<Kind>>,
    /// Time of it.
    pub at: Timestamp,
    /// What the person wrote; empty if nothing.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_changes_reads_back_as_it_is_written() {
        for text in ["", "7", "1-2", "3,5-9,11"] {
            let set: Sequences = text.parse().unwrap();
            assert_eq!(set.to_string(), text);
            assert_eq!(serde_json::from_value::<Sequences>(serde_json::json!(set)).unwrap(), set);
        }
        let set: Sequences = " 9, 3,4,5 ".parse().unwrap();
        assert_eq!((set.to_string().as_str(), set.len(), set.contains(4), set.contains(6)), ("3-5,9", 4, true, false));
        for bad in ["x", "0", "5-3", "1-", "1-9999999"] {
            assert!(bad.parse::<Sequences>().unwrap_err().contains("3,5-9"), "{bad}");
        }
    }

    #[test]
    fn a_part_has_what_all_of_it_is_true_of() {
        let part = Part { customer: Some("c1".to_owned()), changes: Some("1-2,4".parse().unwrap()), ..Part::default() };
        let has = |sequence, customer| part.has(sequence, Kind::Asset, customer);
        assert_eq!((has(2, "c1"), has(3, "c1"), has(5, "c1"), has(2, "c2")), (true, false, false, false));
        assert!(Part::default().is_whole() && Part::default().has(9, Kind::Usage, "x"));
        assert_eq!(serde_json::to_string(&Part::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Part>(&serde_json::to_string(&part).unwrap()).unwrap(), part);
    }
}
