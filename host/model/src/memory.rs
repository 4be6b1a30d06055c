//! What a link remembers of a ticket or of a contract line. What it remembers of a record's fields is in the link.

use super::{PartCount, PartDay, Timestamp};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a link remembers beside the fields in `written` and `sent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Memory {
    /// Nothing.
    #[default]
    Fields,
    /// Of an alert's ticket.
    Ticket(Box<TicketMemory>),
    /// Of a contract line.
    Line(Box<LineMemory>),
}

impl Memory {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Memory::Fields => true,
            Memory::Ticket(ticket) => **ticket == NO_TICKET,
            Memory::Line(line) => **line == NO_LINE,
        }
    }

    /// What is remembered of a contract line: nothing for other memories.
    #[must_use]
    pub fn line(&self) -> &LineMemory {
        match self {
            Memory::Line(line) => line,
            Memory::Fields | Memory::Ticket(_) => &NO_LINE,
        }
    }

    /// The same, to change; another memory gives way.
    pub fn line_mut(&mut self) -> &mut LineMemory {
        if !matches!(self, Memory::Line(_)) {
            *self = Memory::Line(Box::default());
        }
        match self {
            Memory::Line(line) => line,
            Memory::Fields | Memory::Ticket(_) => unreachable!("it was set above"),
        }
    }

    /// What is remembered of a ticket: nothing for other memories.
    #[must_use]
    pub fn ticket(&self) -> &TicketMemory {
        match self {
            Memory::Ticket(ticket) => ticket,
            Memory::Fields | Memory::Line(_) => &NO_TICKET,
        }
    }

    /// The same, to change; another memory gives way.
    pub fn ticket_mut(&mut self) -> &mut TicketMemory {
        if !matches!(self, Memory::Ticket(_)) {
            *self = Memory::Ticket(Box::default());
        }
        match self {
            Memory::Ticket(ticket) => ticket,
            Memory::Fields | Memory::Line(_) => unreachable!("it was set above"),
        }
    }
}

/// The state in which this host left a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct TicketMemory {
    /// Whether somebody else worked on it. It stays so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub touched: bool,
    /// Its last activity, as the vendor writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_activity: Option<String>,
    /// Time at which this host closed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// Time at which this host opened it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopened_at: Option<Timestamp>,
}

/// What was agreed on for a line, and what it left behind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct LineMemory {
    /// The quantity approved last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// The vendor's count that the quantity answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<i64>,
    /// The quantity before the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub had: Option<i64>,
    /// The contract, as the target's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// First day of the last change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<Date>,
    /// The lines that the count adds up; `None` for a line alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<PartCount>>,
    /// The first day on which the line bills each of its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<PartDay>,
    /// The parts that the line is without while no other line bills them, with the first day of that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<PartDay>,
    /// The first day on which the line is at 0 while its count goes to another that is not written yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<Date>,
    /// Contract lines that billed the same before, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// The first day of the last change of contract lines that the link led to before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<PartDay>,
}

static NO_TICKET: TicketMemory =
    TicketMemory { touched: false, last_activity: None, closed_at: None, reopened_at: None };

static NO_LINE: LineMemory = LineMemory::new();

impl LineMemory {
    /// An empty memory.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            quantity: None,
            counted: None,
            had: None,
            contract: None,
            effective: None,
            parts: None,
            since: Vec::new(),
            left: Vec::new(),
            ended: None,
            former: Vec::new(),
            changed: Vec::new(),
        }
    }
}
