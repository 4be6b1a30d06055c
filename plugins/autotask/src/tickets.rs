//! Tickets: opened, changed and closed, with notes. The host's key is in `externalID`, which the vendor does not
//! force to be unique.
//!
//! Words for priority are neutral; which of the vendor's levels each means, the settings say. "Everything" is every
//! ticket that is not complete: the complete ones of a database are its whole past.

mod row;
mod write;

pub(crate) use write::write;

use crate::client::Client;
use crate::entity::Entity;
use crate::picklists::{Picklist, chosen};
use crate::query::{Condition, Operand, Query};
use crosswalk_sdk::{Failure, Kind, Page, Selection};
use row::{Reading, Row};

/// Where the vendor keeps them.
pub(crate) const TICKETS: Entity = Entity {
    path: "Tickets",
    kind: Kind::Ticket,
    name: "title",
    company: Some("companyID"),
    changed: None,
    fields: &[
        ("title", "name", Some(255)),
        ("description", "description", Some(8000)),
        ("priority", "priority", None),
        ("configurationItemID", "asset", None),
        ("status", "status", None),
        ("ticketNumber", "number", None),
    ],
    also: &["externalID", LAST_ACTIVITY, LAST_CHANGE],
};

/// When something was done about it, notes included.
const LAST_ACTIVITY: &str = "lastActivityDate";
/// When one of its fields was changed.
const LAST_CHANGE: &str = "lastTrackedModificationDateTime";

/// The neutral words for priority, and the settings that say what they mean. Where one level is chosen for several,
/// the first names it.
pub(crate) const PRIORITIES: [(&str, &str); 4] = [
    ("normal", "priority-normal"),
    ("low", "priority-low"),
    ("elevated", "priority-elevated"),
    ("critical", "priority-critical"),
];

/// Reads tickets.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let complete = complete(client)?;
    let filter = match selection {
        Selection::Everything => vec![Condition::new("noteq", "status", Operand::Int(complete))],
        Selection::Stamps(stamps) => vec![Condition::new("in", "externalID", Operand::texts(stamps))],
        Selection::ChangedSince(time) => {
            let since = |field| Condition::new("gte", field, Operand::Text(time));
            vec![Condition::any(vec![since(LAST_ACTIVITY), since(LAST_CHANGE)])]
        }
        _ => TICKETS.filter(selection)?,
    };
    let statuses = Picklist::for_reading(client, TICKETS.path, "status");
    // A setting that means nothing in this database fails when it is written by; reading goes on without.
    let priorities = PRIORITIES.iter().filter_map(|(word, setting)| Some((chosen(client, setting).ok()??, *word)));
    let reading = Reading { complete, statuses, priorities: priorities.collect() };
    let include = TICKETS.include();
    let query = Query::new(&include, filter);
    let reply = client.query(TICKETS.path, &query, after)?;
    let page = client.rows::<Row<'_>>(&reply)?.page(|row| Some(row.ticket(&reading).into_item()));
    client.with_total(page, TICKETS.path, &query, (selection, after))
}

/// The status of a ticket that is done.
fn complete(client: &Client<'_>) -> Result<i64, Failure> {
    crate::picklists::required(client, "closed-status", "a ticket that is done needs a status")
}
