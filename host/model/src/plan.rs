//! A plan: typed, ordered changes with their before-images, that a person can read and approve.

use super::{Brake, FindingTotal, Kind, LineStep, PlanId, RunId, Said, Step, TicketStep, Timestamp, Value};
use serde::{Deserialize, Serialize};

/// A plan. Its changes are stored apart, as there can be many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The id.
    pub id: PlanId,
    /// The run that made it.
    pub run: RunId,
    /// Time at which it was begun.
    pub made_at: Timestamp,
    /// SHA-256 over its changes in order, in hex: what an approval signs.
    pub hash: String,
    /// Numbers of changes, writes and calls, by (kind, action).
    pub totals: Vec<PlanTotal>,
    /// Number of customers that wait for a person: proposals and conflicts.
    pub undecided: u32,
    /// Numbers of its findings, by kind and cause.
    #[serde(default)]
    pub findings: Vec<FindingTotal>,
    /// Time of the approval.
    pub approved_at: Option<Timestamp>,
    /// The latest approver: a person, or a rule. `None` for a plan from before this was stored.
    #[serde(default)]
    pub approved_by: Option<Said>,
    /// The run that it undoes; `None` for a plan that brings in step.
    #[serde(default)]
    pub undoes: Option<RunId>,
}

/// One line of a plan's summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanTotal {
    /// The kind.
    pub kind: Kind,
    /// The action.
    pub action: Action,
    /// Number of changes.
    pub changes: u32,
    /// Number of these changes that a brake holds.
    pub held: u32,
    /// The largest number of calls to the target that they cost.
    pub calls: u32,
}

/// One change of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// The position, from 1. A change comes after those it depends on.
    pub sequence: u32,
    /// The kind.
    pub kind: Kind,
    /// The action.
    pub action: Action,
    /// The source customer that it belongs to: the unit of failure and of brakes.
    pub customer: String,
    /// The source record; empty, like the customer, until it is created ([`Step::CreateSource`]).
    pub source: String,
    /// The target record; `None` until it exists.
    pub target: Option<String>,
    /// The record's name, for people.
    pub name: String,
    /// The fields to write, with the values before and after. The name and the parent appear as the fields `name` and
    /// `parent`.
    pub fields: Vec<FieldDiff>,
    /// What it is beside its fields.
    #[serde(default)]
    pub step: Step,
    /// The reason.
    pub reason: Said,
    /// The attention that it needs from a person.
    pub risk: Risk,
    /// The largest number of calls that it costs.
    pub calls: u32,
    /// The brake that holds it, if any.
    pub held: Option<Hold>,
    /// The revision of the link that it was planned on (0: there was no link).
    pub link_revision: i64,
}

/// The direction of a change: which side its ids are of, and what makes it right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the source to the target by the sync's rules. References are source ids.
    Onward,
    /// From the target to the source: the record is known by its target alone.
    AtSource,
    /// Back to the state before a run, whatever the rules. References are target ids.
    Back,
}

impl PlannedChange {
    /// Returns its direction.
    #[must_use]
    pub fn direction(&self) -> Direction {
        match self.step {
            Step::CreateSource => Direction::AtSource,
            Step::Undo(_) => Direction::Back,
            Step::Record | Step::Link(_) | Step::Ticket(_) | Step::Line(_) => Direction::Onward,
        }
    }

    /// Returns the id that its record and link are known by until it is done: the source's, or the target's if the
    /// source has none yet.
    #[must_use]
    pub fn known_by(&self) -> &str {
        match self.direction() {
            Direction::AtSource => self.target.as_deref().unwrap_or_default(),
            Direction::Onward | Direction::Back => &self.source,
        }
    }

    /// Returns the field of a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldDiff> {
        self.fields.iter().find(|diff| diff.name == name)
    }

    /// What it carries as the change of a contract line; `None` for any other change.
    #[must_use]
    pub fn line(&self) -> Option<&LineStep> {
        match &self.step {
            Step::Line(line) => Some(line),
            _ => None,
        }
    }

    /// What it carries as the change of a ticket; `None` for any other change.
    #[must_use]
    pub fn ticket(&self) -> Option<&TicketStep> {
        match &self.step {
            Step::Ticket(ticket) => Some(ticket),
            _ => None,
        }
    }
}

/// One field of a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldDiff {
    /// The field's name.
    pub name: String,
    /// The target's value; `None` if unknown or new.
    pub before: Option<Value>,
    /// The new value. References hold the *source* system's id. They are resolved through the links when the change is
    /// applied, so that a change may refer to what an earlier change of the same plan creates.
    pub after: Value,
}

/// The action on one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// The link is recorded; nothing is written to the vendor.
    Link,
    /// A new target record.
    Create,
    /// Fields are written.
    Update,
    /// The target record gets another parent.
    Move,
    /// The target record leaves use because its source moved and the vendor cannot move
    /// it: a `Create` for the same source follows.
    Retire,
    /// The target record leaves use because its source is gone.
    Deactivate,
    /// The target record comes back.
    Reactivate,
    /// A ticket is made for an alert.
    Open,
    /// A repeated alert is noted in the ticket that is open.
    Append,
    /// A ticket is closed because its alert is over.
    Close,
    /// A source record is made for a target record that is there alone.
    CreateSource,
    /// The link is taken back; nothing is written to the vendor. Only in a plan that undoes.
    Unlink,
}

impl Action {
    /// The word for people and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Link => "link",
            Action::Create => "create",
            Action::Update => "update",
            Action::Move => "move",
            Action::Retire => "retire",
            Action::Deactivate => "deactivate",
            Action::Reactivate => "reactivate",
            Action::Open => "open",
            Action::Append => "append",
            Action::Close => "close",
            Action::CreateSource => "create-source",
            Action::Unlink => "unlink",
        }
    }

    /// All actions.
    pub const ALL: [Action; 12] = [
        Action::Link,
        Action::Create,
        Action::Update,
        Action::Move,
        Action::Retire,
        Action::Deactivate,
        Action::Reactivate,
        Action::Open,
        Action::Append,
        Action::Close,
        Action::CreateSource,
        Action::Unlink,
    ];

    /// Whether it writes to the vendor.
    #[must_use]
    pub fn writes(self) -> bool {
        !matches!(self, Action::Link | Action::Unlink)
    }

    /// Returns the side that it writes to.
    #[must_use]
    pub fn side(self) -> Side {
        if self == Action::CreateSource { Side::Source } else { Side::Target }
    }
}

impl std::str::FromStr for Action {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Action::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not an action"))
    }
}

/// A side of a sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The side that records come from.
    Source,
    /// The side that records go to.
    Target,
}

/// The attention that a change needs from a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Easily undone.
    Low,
    /// Worth a look.
    Medium,
    /// Takes something out of use, or cannot be undone.
    High,
}

/// The brakes that stopped a change for review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The brakes, each to be released by itself. Serialised as their words, joined by a plus sign.
    #[serde(rename = "brake", with = "joined")]
    pub brakes: Vec<Brake>,
    /// The reason with the numbers.
    pub reason: Said,
}

impl Hold {
    /// A hold of one brake.
    #[must_use]
    pub fn new(brake: Brake, reason: impl Into<Said>) -> Self {
        Self { brakes: vec![brake], reason: reason.into() }
    }

    /// Joins several holds into one, in their order. The change is let go when each of its brakes is released.
    #[must_use]
    pub fn together(holds: impl IntoIterator<Item = Self>) -> Option<Self> {
        holds.into_iter().reduce(|mut all, one| {
            for brake in one.brakes {
                if !all.brakes.contains(&brake) {
                    all.brakes.push(brake);
                }
            }
            all.reason = Said::several([all.reason, one.reason]);
            all
        })
    }

    /// Whether an operator can let go all of its brakes.
    #[must_use]
    pub fn can_release(&self) -> bool {
        self.brakes.iter().all(|brake| brake.can_release())
    }

    /// Returns the words of its brakes, joined by a plus sign.
    #[must_use]
    pub fn words(&self) -> String {
        joined::words(&self.brakes)
    }

    /// Parses such words.
    ///
    /// # Errors
    /// A word is of no brake.
    pub fn parse(words: &str, reason: impl Into<Said>) -> Result<Self, String> {
        Ok(Self { brakes: joined::brakes(words)?, reason: reason.into() })
    }

    /// Reads stored words. A brake of an earlier version, which no release lets go, reads as [`Brake::Preview`].
    #[must_use]
    pub fn read(words: &str, reason: impl Into<Said>) -> Self {
        Self { brakes: joined::brakes(words).unwrap_or_else(|_| vec![Brake::Preview]), reason: reason.into() }
    }
}

mod joined {
    use super::Brake;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    /// The separator between the words of several brakes.
    const AND: &str = "+";

    pub(super) fn words(brakes: &[Brake]) -> String {
        let words: Vec<&str> = brakes.iter().map(|brake| brake.as_str()).collect();
        words.join(AND)
    }

    pub(super) fn brakes(words: &str) -> Result<Vec<Brake>, String> {
        words.split(AND).map(str::parse).collect()
    }

    pub(super) fn serialize<S: Serializer>(brakes: &[Brake], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&words(brakes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Brake>, D::Error> {
        brakes(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}
