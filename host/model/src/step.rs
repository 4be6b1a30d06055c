//! What a change is beside the fields that it writes: a record's, a ticket's, a contract line's, one created at the
//! source, or one that undoes another. The names of fields decide nothing.

use super::Decider;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

/// What a change is, with what it carries beside the fields to write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A record of the target is written by the sync's rules.
    #[default]
    Record,
    /// A record is linked, by this rule.
    Link(#[serde(deserialize_with = "known")] Decider),
    /// A ticket is made, appended to or closed for an alert.
    Ticket(TicketStep),
    /// A line of a contract gets a quantity.
    Line(Box<LineStep>),
    /// A record is created at the source.
    CreateSource,
    /// An earlier change is undone; the link's target before and after, which may be the same.
    Undo(Head),
}

/// Reads a rule, also one that is no more.
fn known<'de, D: Deserializer<'de>>(from: D) -> Result<Decider, D::Error> {
    Ok(Decider::read(&String::deserialize(from)?).unwrap_or(Decider::Other))
}

/// The target of a link before and after a change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// The target's id before; `None` if the link leads nowhere.
    pub before: Option<String>,
    /// The target's id after.
    pub after: Option<String>,
}

/// What a ticket's change carries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TicketStep {
    /// The alert whose ticket it is, if an earlier change of the plan makes that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    /// The account of a new ticket as the target's id, if it is not that of the alert's customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The ticket's last activity, for a change that is only right if nobody worked on the ticket since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<Activity>,
}

/// The last activity of a ticket when a change was planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// The time, as the vendor writes it.
    pub at: String,
    /// Whether somebody else worked on the ticket by then.
    pub touched: bool,
}

/// What the change of a contract line carries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineStep {
    /// The contract, as the target's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// The line's service, as the target's id; `None` if this plan creates it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The vendor's count that was decided on; `None` for a line that only ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted: Option<i64>,
    /// The lines that the count adds up; `None` for a line alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<PartCount>>,
    /// The contract lines that are set to 0 with the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<Replaced>,
    /// What has to be written first, so that no part is billed twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rests: Vec<Rest>,
    /// The parts that the line goes on without, with the first day of that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<PartDay>,
    /// The first day on which the line bills a part, if that is not the change's own day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<PartDay>,
    /// Whether another line bills what this one billed: the first half of a move.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moves: bool,
}

/// A line that adds up with others, with its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCount {
    /// The line, as a [`LineKey`](crate::LineKey) writes it.
    pub line: String,
    /// Its count; `None` if it is not known.
    pub counted: Option<i64>,
}

/// A line and a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartDay {
    /// The line: a [`LineKey`](crate::LineKey) as it writes itself, or the id of a contract's line.
    pub line: String,
    /// The day.
    pub day: Date,
}

/// A contract line whose count another one takes over.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Replaced {
    /// The line, as a [`LineKey`](crate::LineKey) writes it.
    pub source: String,
    /// The id of the contract's line.
    pub line: String,
}

/// A change that has to be written before another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// The part that both bill.
    pub part: String,
    /// The line that goes on without it, as a [`LineKey`](crate::LineKey) writes it.
    pub leader: String,
    /// The id of the contract's line.
    pub line: String,
}
