//! Links between source and target records: their state, who decided it, and why.

use super::{Decider, Kind, Memory, Said, Timestamp, Value};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// A link, keyed by (sync, source kind, source id, target kind).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The source record's kind.
    pub kind: Kind,
    /// The source record's id.
    pub source: String,
    /// The target record's kind.
    pub target_kind: Kind,
    /// The target record's id, in the states `linked` and `broken`.
    pub target: Option<String>,
    /// The state.
    pub state: LinkState,
    /// Whether this host created the target record.
    pub made: bool,
    /// The decider; `None` if nothing was decided.
    #[serde(deserialize_with = "lenient")]
    pub decided_by: Option<Decider>,
    /// Time of the decision.
    pub decided_at: Timestamp,
    /// The reason.
    pub reason: Said,
    /// The candidates, best first; in the states `proposed` and `conflict`.
    pub candidates: Vec<Candidate>,
    /// Target ids that an operator declined. They are not proposed again.
    pub declined: Vec<String>,
    /// The value last written or agreed per field, as the vendor stored it: the third side of the three-way comparison.
    /// The name is stored as `name`, the parent as `parent`.
    pub written: BTreeMap<String, Value>,
    /// The values that were sent, with references as ids of the target system. They differ from `written` where the
    /// vendor cut or reformatted. A field that is only here was sent and never read back.
    #[serde(default)]
    pub sent: BTreeMap<String, Value>,
    /// What is remembered beside fields, of a ticket or of a contract line.
    #[serde(default)]
    pub memory: Memory,
    /// Time at which volatile fields were written last.
    pub volatile_at: Option<Timestamp>,
    /// Time since which the source record is missing from complete reads.
    pub missing_since: Option<Timestamp>,
    /// Whether a person let several source records share this target record, as an exception from
    /// [`is_one_to_one`](Link::is_one_to_one). All links to that target are then shared.
    #[serde(default)]
    pub shared: bool,
    /// Counts up with every change; 0 before it is first stored.
    pub revision: i64,
}

/// Reads the decider of a link in a journal entry, which an earlier version may have written: an empty word for none, or
/// the word of a rule that is no more.
fn lenient<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decider>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.and_then(|word| Decider::read(&word)))
}

impl Link {
    /// A link without a decision.
    #[must_use]
    pub fn unmapped(kind: Kind, source: impl Into<String>, at: Timestamp) -> Self {
        Self {
            kind,
            source: source.into(),
            target_kind: kind.counterpart(),
            target: None,
            state: LinkState::Unmapped,
            made: false,
            decided_by: None,
            decided_at: at,
            reason: Said::default(),
            candidates: Vec::new(),
            declined: Vec::new(),
            written: BTreeMap::new(),
            sent: BTreeMap::new(),
            memory: Memory::Fields,
            volatile_at: None,
            missing_since: None,
            shared: false,
            revision: 0,
        }
    }

    /// Whether its target is to be of this source record alone, unless it is [`shared`](Self::shared). A customer's
    /// link to its contract is not.
    #[must_use]
    pub fn is_one_to_one(&self) -> bool {
        self.kind == self.target_kind && self.kind.is_one_to_one()
    }

    /// Returns the word of the decider; empty if nothing was decided.
    #[must_use]
    pub fn decider(&self) -> &'static str {
        self.decided_by.map_or("", Decider::as_str)
    }

    /// Whether anything is remembered of what it leads to, or led to.
    #[must_use]
    pub fn remembers(&self) -> bool {
        !self.sent.is_empty() || !self.memory.is_empty()
    }

    /// Forgets all that is known of the target record: nothing of that holds for another.
    pub fn forget(&mut self) {
        self.made = false;
        self.sent.clear();
        self.written.clear();
        self.memory = Memory::Fields;
        self.volatile_at = None;
    }

    /// Returns the target's id, if the state is `linked`.
    #[must_use]
    pub fn linked(&self) -> Option<&str> {
        self.target.as_deref().filter(|_| self.state == LinkState::Linked)
    }
}

/// The state of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// No decision, and no candidate.
    Unmapped,
    /// A candidate was found that a person should confirm.
    Proposed,
    /// Source and target record are the same thing.
    Linked,
    /// To be created in the target.
    Create,
    /// Not to be synced.
    Excluded,
    /// Several candidates, of which a person must choose.
    Conflict,
    /// The linked target is gone.
    Broken,
}

impl LinkState {
    /// All states.
    pub const ALL: [LinkState; 7] = [
        LinkState::Unmapped,
        LinkState::Proposed,
        LinkState::Linked,
        LinkState::Create,
        LinkState::Excluded,
        LinkState::Conflict,
        LinkState::Broken,
    ];

    /// The word for people, the database and CSV files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            LinkState::Unmapped => "unmapped",
            LinkState::Proposed => "proposed",
            LinkState::Linked => "linked",
            LinkState::Create => "create",
            LinkState::Excluded => "excluded",
            LinkState::Conflict => "conflict",
            LinkState::Broken => "broken",
        }
    }
}

impl std::str::FromStr for LinkState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        LinkState::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| {
            format!(
                "`{text}` is not a link state: use unmapped, proposed, linked, create, excluded, conflict or broken"
            )
        })
    }
}

/// A person's decision about a target customer that the source does not have, in a sync that also goes the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReverseDecision {
    /// To be created at the source, even if a name is near its own.
    Create,
    /// Never to be created there.
    Exclude,
}

impl ReverseDecision {
    /// The word for people and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReverseDecision::Create => "create",
            ReverseDecision::Exclude => "exclude",
        }
    }
}

impl std::str::FromStr for ReverseDecision {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let all = [ReverseDecision::Create, ReverseDecision::Exclude];
        all.into_iter()
            .find(|decision| decision.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a decision: use create or exclude"))
    }
}

/// A target record that may be the one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The target record's id.
    pub target: String,
    /// The name of the target record.
    pub name: String,
    /// The score, from 0 to 1.
    pub score: f64,
    /// The reason.
    pub reason: Said,
}
