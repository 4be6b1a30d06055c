//! A ticket as the vendor sends it.

use crate::picklists::Picklist;
use crosswalk_sdk::json::{Int, Str};
use crosswalk_sdk::{Nullable, Reference, Ticket, Time};
use serde::Deserialize;

/// What rows are read with.
pub(super) struct Reading {
    /// The status of one that is done.
    pub(super) complete: i64,
    /// What people call statuses.
    pub(super) statuses: Picklist,
    /// The vendor's levels and our words for them.
    pub(super) priorities: Vec<(i64, &'static str)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    id: Int,
    #[serde(default, rename = "companyID")]
    company_id: Nullable<Int>,
    #[serde(borrow, default)]
    title: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    description: Nullable<Str<'a>>,
    #[serde(default)]
    priority: Nullable<Int>,
    #[serde(default, rename = "configurationItemID")]
    configuration_item_id: Nullable<Int>,
    #[serde(default)]
    status: Nullable<Int>,
    #[serde(borrow, default)]
    ticket_number: Nullable<Str<'a>>,
    #[serde(borrow, default, rename = "externalID")]
    external_id: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_activity_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_tracked_modification_date_time: Nullable<Str<'a>>,
}

impl Row<'_> {
    pub(super) fn ticket(self, reading: &Reading) -> Ticket {
        let priority = |Int(level): Int| {
            let found = reading.priorities.iter().find(|(number, _)| *number == level);
            found.map(|(_, word)| (*word).to_owned())
        };
        let status =
            |Int(number): Int| reading.statuses.label(number).map_or_else(|| number.to_string(), str::to_owned);
        Ticket {
            id: self.id.0.to_string(),
            parent: self.company_id.value().map(|Int(id)| id.to_string()),
            name: self.title.text().into_value().unwrap_or_default(),
            stamp: self.external_id.text().into_value(),
            asset: self.configuration_item_id.map(|Int(id)| Reference(id.to_string())),
            number: self.ticket_number.text(),
            closed: self.status.clone().map(|Int(status)| status == reading.complete),
            status: self.status.map(status),
            priority: self.priority.and_then(priority),
            description: self.description.text(),
            last_activity: later(self.last_activity_date.time(), self.last_tracked_modification_date_time.time()),
            ..Ticket::default()
        }
    }
}

/// The later of two times: a note moves one, a changed field the other. Without their `Z` they sort as texts, with or
/// without a fraction.
fn later(a: Nullable<Time>, b: Nullable<Time>) -> Nullable<Time> {
    match (a, b) {
        (Nullable::Value(a), Nullable::Value(b)) => {
            Nullable::Value(if a.0.trim_end_matches('Z') < b.0.trim_end_matches('Z') { b } else { a })
        }
        (Nullable::Value(time), _) | (_, Nullable::Value(time)) => Nullable::Value(time),
        (a, _) => a,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_tells_what_was_done_last() {
        let time = |text: &str| Nullable::Value(Time(text.to_owned()));
        let (whole, half) = ("2025-11-03T08:00:00Z", "2025-11-03T08:00:00.500Z");
        assert_eq!(later(time(whole), time(half)), time(half));
        assert_eq!(later(time(half), time(whole)), time(half));
        assert_eq!(later(Nullable::Null, time(whole)), time(whole));
        assert_eq!(later(Nullable::Null, Nullable::Absent), Nullable::Null);
    }

    #[test]
    fn a_row_is_a_ticket() {
        let json = r#"{"id":7001,"companyID":412,"title":"Disk full","description":"C: 4 %","priority":4,"configurationItemID":null,
            "status":9,"ticketNumber":"T20251103.0001","externalID":"rmm:1","lastActivityDate":"2025-11-03T08:00:00",
            "lastTrackedModificationDateTime":"2025-11-03T07:00:00.000Z"}"#;
        let row = || serde_json::from_str::<Row<'_>>(json).unwrap();
        let plain =
            Reading { complete: 5, statuses: Picklist::default(), priorities: vec![(4, "critical"), (2, "normal")] };
        let ticket = row().ticket(&plain);
        let text = |text: &str| Nullable::Value(text.to_owned());
        assert_eq!((ticket.parent.as_deref(), ticket.stamp.as_deref()), (Some("412"), Some("rmm:1")));
        assert_eq!((ticket.priority, ticket.status), (text("critical"), text("9")), "without labels, the number");
        assert_eq!((ticket.closed, ticket.asset), (Nullable::Value(false), Nullable::Null));
        assert_eq!(ticket.last_activity, Nullable::Value(Time("2025-11-03T08:00:00Z".to_owned())));
        let other = Reading { complete: 9, priorities: Vec::new(), ..plain };
        let ticket = row().ticket(&other);
        assert_eq!((ticket.closed, ticket.priority), (Nullable::Value(true), Nullable::Absent));
    }
}
