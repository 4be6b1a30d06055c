//! Writing tickets: first what is in the ticket itself, then its notes, so that a note is never of a ticket that was
//! refused. A change that is a note alone is what becomes of the note. Where a note fails for the moment after its
//! ticket was changed, the change fails with it and comes again: fields may be written twice. Where the note is refused,
//! or the ticket is new, that is told in the log, as the ticket is written all the same.

use super::{PRIORITIES, TICKETS, complete};
use crate::client::Client;
use crate::entity::Fields;
use crate::picklists::{chosen, required};
use crate::query::{Condition, Query, number, parent, target};
use crosswalk_sdk::json::{self, Int};
use crosswalk_sdk::{
    Change, Failure, Level, Method, Nullable, Operation, Outcome, Reference, Request, Settlement, Ticket, time,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

const NOTE_FIELDS: &Fields = &[("description", "note", None), ("title", "note", None)];
/// The longest title that a note is given, in characters; the vendor's own limit is not told.
const NOTE_TITLE: usize = 100;
const HOUR_MS: u64 = 3_600_000;

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(rename = "companyID", skip_serializing_if = "Option::is_none")]
    company_id: Option<i64>,
    #[serde(rename = "companyLocationID", skip_serializing_if = "Option::is_none")]
    company_location_id: Option<i64>,
    #[serde(rename = "configurationItemID", skip_serializing_if = "Option::is_none")]
    configuration_item_id: Option<i64>,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "Nullable::is_absent")]
    description: Nullable<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date_time: Option<&'a str>,
    #[serde(rename = "queueID", skip_serializing_if = "Option::is_none")]
    queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<i64>,
    #[serde(rename = "externalID", skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
}

/// What every new ticket gets.
struct New {
    status: i64,
    queue: i64,
    source: Option<i64>,
    type_: Option<i64>,
    due: String,
    /// Of the configuration items in the batch: company and location.
    places: HashMap<i64, (i64, i64)>,
}

impl New {
    fn of(client: &Client<'_>, tickets: &[Ticket]) -> Result<Self, Failure> {
        let due = client.host.now_ms() / 1000 * 1000 + client.settings.due_hours.saturating_mul(HOUR_MS);
        Ok(Self {
            status: required(client, "ticket-status", "a new ticket needs a status")?,
            queue: required(client, "ticket-queue", "a new ticket needs a queue")?,
            source: chosen(client, "ticket-source")?,
            type_: chosen(client, "ticket-type")?,
            due: time::from_unix_ms(due),
            places: places(client, tickets),
        })
    }
}

#[derive(Deserialize)]
struct Place {
    id: Int,
    #[serde(rename = "companyID")]
    company: Int,
    #[serde(rename = "companyLocationID")]
    location: Option<Int>,
}

/// Where the configuration items of new tickets stand. A ticket is made without its location when that is not to be had.
fn places(client: &Client<'_>, tickets: &[Ticket]) -> HashMap<i64, (i64, i64)> {
    let ids: Vec<String> = tickets.iter().filter_map(|ticket| Some(ticket.asset.value()?.0.clone())).collect();
    if ids.is_empty() {
        return HashMap::new();
    }
    let query = Query::new(&["id", "companyID", "companyLocationID"], vec![Condition::ids(&ids)]);
    let read =
        client.query("ConfigurationItems", &query, None).and_then(|reply| Ok(client.rows::<Place>(&reply)?.rows));
    let rows = read.unwrap_or_else(|failure| {
        client.host.log(Level::Warn, &format!("tickets are made without a location: {}", failure.message()));
        Vec::new()
    });
    rows.into_iter().filter_map(|row| Some((row.id.0, (row.company.0, row.location?.0)))).collect()
}

/// The vendor's level for a neutral word; where none is chosen for it, the one for `normal`.
fn priority(client: &Client<'_>, word: &str) -> Result<i64, Failure> {
    let Some((_, setting)) = PRIORITIES.iter().find(|(known, _)| *known == word) else {
        return Err(Failure::rejected_field("priority", format!("`{word}` is no priority")));
    };
    match chosen(client, setting)? {
        Some(level) => Ok(level),
        None => required(client, "priority-normal", "a ticket needs a priority"),
    }
}

/// The request for what a change writes into the ticket itself; none where that is nothing.
fn request(
    client: &Client<'_>,
    change: &Change,
    ticket: &Ticket,
    new: Option<&New>,
) -> Result<Option<Request>, Failure> {
    let priority = match (ticket.priority.value(), new) {
        (Some(word), _) => Some(priority(client, word)?),
        (None, Some(_)) => Some(priority(client, "normal")?),
        (None, None) => None,
    };
    let status = match (&ticket.closed, new) {
        (Nullable::Value(true), _) => Some(complete(client)?),
        (Nullable::Value(false), None) => {
            Some(required(client, "ticket-status", "a ticket that is opened needs a status")?)
        }
        (_, new) => new.map(|new| new.status),
    };
    let item = ticket.asset.value().map(|Reference(id)| number(id)).transpose()?;
    let mut body =
        Body { title: &ticket.name, description: ticket.description.clone(), status, priority, ..Body::default() };
    body.configuration_item_id = item;
    let method = match new {
        None if is_empty(&body) => return Ok(None),
        None => {
            body.id = Some(target(change)?);
            Method::Patch
        }
        Some(new) => {
            let company = parent(change)?;
            body.company_id = Some(company);
            let place = item.and_then(|id| new.places.get(&id));
            body.company_location_id = place.filter(|(of, _)| *of == company).map(|(_, location)| *location);
            body.due_date_time = Some(&new.due);
            body.queue_id = Some(new.queue);
            body.source = new.source;
            body.ticket_type = new.type_;
            body.external_id = change.stamp.as_deref();
            Method::Post
        }
    };
    Ok(Some(Request::new(method, "zone", TICKETS.path).json(json::write(&body)).change(&change.id)))
}

fn is_empty(body: &Body<'_>) -> bool {
    let Body { title, description, status, priority, configuration_item_id, .. } = body;
    title.is_empty()
        && description.is_absent()
        && status.is_none()
        && priority.is_none()
        && configuration_item_id.is_none()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NoteBody<'a> {
    title: String,
    description: &'a str,
    note_type: i64,
    publish: i64,
}

fn note(client: &Client<'_>, change: &Change, text: &str) -> Result<Request, Failure> {
    let body = NoteBody {
        title: text.lines().next().unwrap_or_default().chars().take(NOTE_TITLE).collect(),
        description: text,
        note_type: required(client, "note-type", "a note needs a type")?,
        publish: required(client, "note-publish", "a note needs to say who sees it")?,
    };
    let path = format!("Tickets/{}/Notes", target(change)?);
    Ok(Request::new(Method::Post, "zone", path).json(json::write(&body)).change(&change.id))
}

/// Writes tickets.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let unsupported = || Failure::Unsupported("tickets are opened and changed, nothing else".to_owned());
    let is_new = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => true,
        Some(Operation::Update) => false,
        _ => return crate::all_failed(changes, &unsupported()),
    };
    let tickets: Result<Vec<Ticket>, Failure> = changes.iter().cloned().map(Ticket::of_change).collect();
    let new = |tickets: &[Ticket]| is_new.then(|| New::of(client, tickets)).transpose();
    let (tickets, new) = match tickets.and_then(|tickets| Ok((new(&tickets)?, tickets))) {
        Ok((new, tickets)) => (tickets, new),
        Err(failure) => return crate::all_failed(changes, &failure),
    };

    let mut outcomes = BTreeMap::new();
    let (mut writing, mut prepared) = (Vec::new(), Vec::new());
    for (change, ticket) in changes.iter().zip(&tickets) {
        if let Some(request) = request(client, change, ticket, new.as_ref()).transpose() {
            writing.push(change.clone());
            prepared.push(request);
        }
    }
    for outcome in client.write_all(&writing, prepared, TICKETS.fields) {
        outcomes.insert(outcome.change, outcome.result);
    }

    let (mut noting, mut prepared) = (Vec::new(), Vec::new());
    for (change, ticket) in changes.iter().zip(&tickets) {
        let target = match outcomes.get(&change.id) {
            Some(Settlement::Done(id)) => Some(id.clone()),
            Some(_) => continue,
            None => change.target.clone(),
        };
        if let Some(text) = ticket.note.value().filter(|text| !text.trim().is_empty()) {
            let change = Change { target, ..change.clone() };
            prepared.push(note(client, &change, text));
            noting.push(change);
        }
    }
    for Outcome { change, result } in client.write_all(&noting, prepared, NOTE_FIELDS) {
        let is_new = new.is_some();
        match (outcomes.get(&change), &result) {
            // The fields may be written again, so that the note is not lost; a new ticket may not.
            (Some(_), Settlement::Failed(Failure::Throttled(_) | Failure::Unavailable(_))) if !is_new => {
                outcomes.insert(change, result);
            }
            (Some(_), Settlement::Failed(failure)) => {
                let line = format!("a ticket was written, but not its note: {}", failure.message());
                client.host.log(Level::Warn, &line);
            }
            (Some(_), _) => {}
            (None, _) => {
                outcomes.insert(change, result);
            }
        }
    }
    let nothing = |change: &Change| match &change.target {
        Some(id) => Settlement::Done(id.clone()), // nothing was asked for
        None => Settlement::Failed(Failure::Broken("the change names no target".to_owned())),
    };
    let settled = |change: &Change| Outcome {
        change: change.id.clone(),
        result: outcomes.remove(&change.id).unwrap_or_else(|| nothing(change)),
    };
    changes.iter().map(settled).collect()
}
