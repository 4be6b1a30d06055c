//! The state of a ticket: whether it takes notes, whether somebody worked on it, and how this host left it.
//!
//! What follows for the alerts is decided in `ticket`.

use super::LAST_ACTIVITY;
use crate::rules::value::same;
use crosswalk_model::{Action, PlannedChange, Record, TicketMemory, TicketStep, Timestamp, Value};

/// Whether a ticket takes notes.
pub(crate) fn is_open(ticket: &Record) -> bool {
    ticket.active() && ticket.field("closed") != Some(&Value::Boolean(true))
}

/// The last activity of a ticket, as its vendor writes it.
pub(super) fn last_activity(ticket: &Record) -> Option<&str> {
    match ticket.field(LAST_ACTIVITY)? {
        Value::Time(text) | Value::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a ticket was worked on since a change of it was planned.
pub(in crate::rules::plan) fn is_worked_on(step: &TicketStep, ticket: &Record) -> bool {
    let time = |text: &str| Value::Time(text.to_owned());
    let then = step.activity.as_ref().map(|activity| time(&activity.at));
    then.zip(last_activity(ticket)).is_some_and(|(then, now)| !same(&then, &time(now)))
}

/// Whether a change opens a ticket that is closed.
pub(in crate::rules::plan) fn reopens(change: &PlannedChange) -> bool {
    change.action == Action::Append && change.fields.iter().any(|diff| diff.name == "closed")
}

/// Remembers the ticket as a change left it; `kept` is the ticket as read back.
pub(in crate::rules::plan) fn remember(
    memory: &mut TicketMemory,
    change: &PlannedChange,
    step: &TicketStep,
    kept: Option<&Record>,
    now: Timestamp,
) {
    if change.action == Action::Close {
        memory.closed_at = Some(now);
    } else if reopens(change) {
        memory.reopened_at = Some(now);
    }
    memory.touched |= step.activity.as_ref().is_some_and(|activity| activity.touched);
    if let Some(at) = kept.and_then(last_activity) {
        memory.last_activity = Some(at.to_owned());
    }
}
