//! Tickets. An ordinary one has no field for another system's key, so the host's stands at the end of its title as
//! `[ref:key]`, where it can be searched for. A note and the end of the work are calls of their own.

use crate::client::{Client, Rows, get, number, one, parent, target, write as request_to};
use crate::customers::Patch;
use crate::errors::Names;
use crate::few;
use crate::lookups::{self, List};
use crate::settings::Settings;
use crosswalk_sdk::batch;
use crosswalk_sdk::json::{self, Int, Str};
use crosswalk_sdk::{
    Change, Failure, Item, Method, Nullable, Operation, Outcome, Page, Reference, Request, Response, Selection, Ticket,
    time,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

const PATH: &str = "/v2/servicedesk/tickets";

/// How far back tickets are looked through where a title's filter finds nothing: whether it finds what contains the text is not
/// known, and what is looked for was written a moment ago.
const RECENT_MS: u64 = 24 * 3_600_000;

const NAMES: &Names = &[
    ("title", "name"),
    ("details", "description"),
    ("hardwareAssetId", "asset"),
    ("hardwareAsset", "asset"),
    ("priorityId", "priority"),
    ("statusId", "closed"),
];

/// A ticket, in a list or asked for by its id.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    id: Int,
    #[serde(borrow, default)]
    ticket_number: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    title: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    details: Nullable<Str<'a>>,
    #[serde(default)]
    account_id: Nullable<Int>,
    #[serde(default)]
    hardware_asset_id: Nullable<Int>,
    #[serde(borrow, default)]
    status_name: Nullable<Str<'a>>,
    #[serde(default)]
    priority_id: Nullable<Int>,
    #[serde(borrow, default)]
    priority_name: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    completed_date: Nullable<Str<'a>>,
    #[serde(borrow, default)]
    last_activity_update: Nullable<Str<'a>>,
}

impl Row<'_> {
    fn item(&self, settings: &Settings) -> Item {
        let title = self.title.text().into_value().unwrap_or_default();
        let (name, stamp) = unstamped(&title);
        let ticket = Ticket {
            id: self.id.0.to_string(),
            parent: self.account_id.value().map(|Int(id)| id.to_string()),
            name: name.to_owned(),
            stamp: stamp.map(str::to_owned),
            asset: match self.hardware_asset_id {
                Nullable::Value(Int(0)) => Nullable::Null,
                ref told => told.clone().map(|Int(id)| Reference(id.to_string())),
            },
            number: self.ticket_number.text(),
            status: self.status_name.text(),
            priority: self.priority(settings),
            description: self.details.text(),
            closed: match self.completed_date.text() {
                Nullable::Absent => Nullable::Absent,
                told => Nullable::Value(told.value().is_some()),
            },
            last_activity: self.last_activity_update.time(),
            ..Ticket::default()
        };
        ticket.into_item()
    }

    /// Ours for the vendor's, by number or label; nothing is told of one that no setting names.
    fn priority(&self, settings: &Settings) -> Nullable<String> {
        let number = self.priority_id.value().map(|Int(id)| id.to_string());
        let label = self.priority_name.text().into_value().map(|label| label.to_lowercase());
        let fits = |theirs: &str| number.as_deref() == Some(theirs) || label == Some(theirs.to_lowercase());
        let found = settings.priorities.iter().find(|(_, theirs)| fits(theirs));
        Nullable::or_absent(found.map(|(ours, _)| (*ours).to_owned()))
    }
}

/// A title and the key at its end.
fn unstamped(title: &str) -> (&str, Option<&str>) {
    let found = title.strip_suffix(']').and_then(|title| title.rsplit_once("[ref:"));
    found.map_or((title, None), |(name, stamp)| (name.trim_end(), Some(stamp)))
}

fn mark(stamp: &str) -> String {
    format!("[ref:{stamp}]")
}

fn titled(name: &str, stamp: Option<&str>) -> String {
    stamp.map_or_else(|| name.to_owned(), |stamp| format!("{name} {}", mark(stamp)))
}

fn list() -> Request {
    get(PATH)
}

/// Reads tickets; everything is what is open.
pub(crate) fn read(client: &Client<'_>, selection: &Selection, after: Option<&str>) -> Result<Page, Failure> {
    let list = match selection {
        Selection::Everything => list().query("Filter.ExcludeCompleted", "1"),
        Selection::OfParent(account) => list().query("Filter.AccountIds", number(account)?.to_string()),
        Selection::ChangedSince(time) => list().query("Filter.LastActivityUpdateFrom", time),
        Selection::Search(text) => list().query("Filter.Title", text),
        Selection::Ids(ids) => {
            return few::by_ids(client, PATH, ids, |reply| Ok(one::<Row<'_>>(reply)?.item(&client.settings)));
        }
        Selection::Stamps(stamps) => return by_stamps(client, stamps),
        Selection::Named(_) => return Err(Failure::Unsupported("tickets are looked up by their reference".to_owned())),
    };
    let rows = |reply: &Response| {
        let found = Rows::<Row<'_>>::open(reply)?;
        Ok(found.map(|row| Some(row.item(&client.settings)).filter(|item| crate::answers(selection, item))))
    };
    client.walk(&list, crate::client::PAGE, after, rows)
}

fn by_stamps(client: &Client<'_>, stamps: &[String]) -> Result<Page, Failure> {
    let items = |reply: &Response| Ok(Rows::<Row<'_>>::open(reply)?.map(|row| Some(row.item(&client.settings))));
    let mut page = few::by_stamps(client, (list(), "Filter.Title"), stamps, mark, items)?;
    if page.items.is_empty() && !stamps.is_empty() {
        let since = time::from_unix_ms(client.host.now_ms().saturating_sub(RECENT_MS) / 1000 * 1000);
        let list = list().query("Filter.CreatedOnFrom", since);
        let mut after = None;
        loop {
            let rows = |reply: &Response| {
                let found = Rows::<Row<'_>>::open(reply)?;
                let wanted = |item: &Item| item.stamp.as_ref().is_some_and(|stamp| stamps.contains(stamp));
                Ok(found.map(|row| Some(row.item(&client.settings)).filter(wanted)))
            };
            let recent = client.walk_apart((&list, "tickets"), crate::client::PAGE, after.as_deref(), rows)?;
            page.items.extend(recent.items);
            page.gaps.extend(recent.gaps);
            match recent.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
    }
    Ok(page)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct New<'a> {
    title: String,
    details: &'a str,
    account_id: i64,
    location_id: i64,
    status_id: i64,
    priority_id: i64,
    type_id: i64,
    source_id: i64,
    open_date: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    queue_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hardware_asset_id: Option<i64>,
}

/// What every new ticket gets.
struct Required {
    status: i64,
    type_: i64,
    source: i64,
    queue: Option<i64>,
    now: String,
}

impl Required {
    fn read(client: &Client<'_>) -> Result<Self, Failure> {
        let settings = &client.settings;
        let id = |list: &List, wanted: &str| lookups::id(client, list, wanted);
        let queue = Some(settings.ticket_queue.as_str()).filter(|queue| !queue.is_empty());
        Ok(Self {
            status: id(&lookups::STATUS, &settings.ticket_status)?,
            type_: id(&lookups::TICKET_TYPE, &settings.ticket_type)?,
            source: id(&lookups::SOURCE, &settings.ticket_source)?,
            queue: queue.map(|queue| id(&lookups::QUEUE, queue)).transpose()?,
            now: now(client),
        })
    }
}

fn now(client: &Client<'_>) -> String {
    time::from_unix_ms(client.host.now_ms() / 1000 * 1000)
}

/// The vendor's priority for ours.
fn priority(client: &Client<'_>, ours: Option<&str>) -> Result<i64, Failure> {
    let ours = ours.unwrap_or("normal");
    let theirs = client.settings.priorities.iter().find(|(name, _)| *name == ours);
    let (_, theirs) =
        theirs.ok_or_else(|| Failure::rejected_field("priority", format!("there is no priority `{ours}`")))?;
    lookups::id(client, &lookups::PRIORITY, theirs)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stands {
    #[serde(default)]
    account_id: Nullable<Int>,
    #[serde(default)]
    account_location_id: Nullable<Int>,
}

/// Where the assets of new tickets stand, by asset: account and location.
fn assets_of(client: &Client<'_>, tickets: &[Result<Ticket, Failure>]) -> Result<HashMap<i64, (i64, i64)>, Failure> {
    let mut ids: Vec<i64> =
        tickets.iter().flatten().filter_map(|ticket| number(&ticket.asset.value()?.0).ok()).collect();
    ids.sort_unstable();
    ids.dedup();
    let requests = ids.iter().map(|id| get(format!("/v2/servicedesk/hardwareasset/{id}"))).collect();
    let mut places = HashMap::new();
    for (id, reply) in ids.iter().zip(client.get_all(requests)) {
        match one::<Stands>(&reply?) {
            Ok(Stands {
                account_id: Nullable::Value(Int(account)),
                account_location_id: Nullable::Value(Int(location)),
            }) => {
                places.insert(*id, (account, location));
            }
            Ok(_) | Err(Failure::NotFound(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(places)
}

fn create_all(client: &Client<'_>, changes: &[Change]) -> Result<Vec<Result<Vec<Request>, Failure>>, Failure> {
    let required = Required::read(client)?;
    let tickets: Vec<Result<Ticket, Failure>> =
        changes.iter().map(|change| Ticket::of_change(change.clone())).collect();
    let stands = assets_of(client, &tickets)?;
    let mains = lookups::main_locations(client, changes.iter().filter_map(|change| parent(change).ok()))?;
    let one = |(change, ticket): (&Change, &Result<Ticket, Failure>)| {
        let (ticket, account) = (ticket.as_ref().map_err(Clone::clone)?, parent(change)?);
        let asset = ticket.asset.value().map(|Reference(id)| number(id)).transpose()?;
        let location = asset.and_then(|asset| stands.get(&asset)).filter(|(of, _)| *of == account).map(|(_, at)| *at);
        let location =
            location.or_else(|| mains.get(&account).copied()).ok_or_else(|| lookups::no_location(account))?;
        let body = New {
            title: titled(&ticket.name, ticket.stamp.as_deref()),
            details: ticket.description.value().unwrap_or(&ticket.name),
            account_id: account,
            location_id: location,
            status_id: required.status,
            priority_id: priority(client, ticket.priority.value().map(String::as_str))?,
            type_id: required.type_,
            source_id: required.source,
            open_date: &required.now,
            queue_id: required.queue,
            hardware_asset_id: asset,
        };
        Ok(vec![request_to(Method::Post, PATH, json::write(&body), change)])
    };
    Ok(changes.iter().zip(&tickets).map(one).collect())
}

#[derive(Serialize)]
#[serde(untagged)]
enum Scalar<'a> {
    Text(&'a str),
    Id(Option<i64>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Note<'a> {
    details: &'a str,
    is_internal: bool,
    type_id: i64,
    note_date: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resolve<'a> {
    comment: &'a str,
    is_internal: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_id: Option<i64>,
}

/// The fields first, then the one call that cannot be made twice without harm: a note, or the end of the work with the
/// note as its comment.
fn update(client: &Client<'_>, change: &Change) -> Result<Vec<Request>, Failure> {
    let id = target(change)?;
    let path = format!("{PATH}/{id}");
    let ticket = Ticket::of_change(change.clone())?;
    let settings = &client.settings;
    let mut patch = Vec::new();
    let title = if ticket.name.is_empty() && ticket.stamp.is_none() {
        None
    } else {
        // Either half of a title may be left as it is.
        let reply = client.get(get(path.as_str()).change(&change.id))?;
        let now = one::<Row<'_>>(&reply)?.title.text().into_value().unwrap_or_default();
        let (name, stamp) = unstamped(&now);
        let name = if ticket.name.is_empty() { name } else { &ticket.name };
        Some(titled(name, ticket.stamp.as_deref().or(stamp)))
    };
    if let Some(title) = &title {
        patch.push(Patch::set("/title", Scalar::Text(title)));
    }
    match &ticket.description {
        Nullable::Value(text) => patch.push(Patch::set("/details", Scalar::Text(text))),
        Nullable::Null => return Err(Failure::rejected_field("description", "a ticket needs a description")),
        Nullable::Absent => {}
    }
    match &ticket.asset {
        Nullable::Value(Reference(asset)) => {
            patch.push(Patch::set("/hardwareAssetId", Scalar::Id(Some(number(asset)?))))
        }
        Nullable::Null => patch.push(Patch::set("/hardwareAssetId", Scalar::Id(None))),
        Nullable::Absent => {}
    }
    if let Nullable::Value(ours) = &ticket.priority {
        patch.push(Patch::set("/priorityId", Scalar::Id(Some(priority(client, Some(ours))?))));
    }
    if ticket.closed == Nullable::Value(false) {
        let open = lookups::id(client, &lookups::STATUS, &settings.ticket_status)?;
        patch.push(Patch::set("/statusId", Scalar::Id(Some(open))));
    }
    let mut requests = Vec::new();
    if !patch.is_empty() {
        requests.push(request_to(Method::Patch, path.as_str(), json::write(&patch), change));
    }
    let note = ticket.note.value().map(String::as_str);
    if ticket.closed == Nullable::Value(true) {
        let status = Some(settings.closed_status.as_str()).filter(|status| !status.is_empty());
        let body = Resolve {
            comment: note.unwrap_or("What this was about is over."),
            is_internal: true,
            status_id: status.map(|status| lookups::id(client, &lookups::STATUS, status)).transpose()?,
        };
        requests.push(request_to(Method::Post, format!("{path}/resolve"), json::write(&body), change));
    } else if let Some(details) = note {
        let type_id = lookups::id(client, &lookups::NOTE_TYPE, &settings.note_type)?;
        let body = Note { details, is_internal: true, type_id, note_date: now(client) };
        requests.push(request_to(Method::Post, format!("{path}/notes"), json::write(&body), change));
    }
    Ok(requests)
}

/// Writes tickets.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let prepared = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => match create_all(client, changes) {
            Ok(prepared) => prepared,
            Err(failure) => return batch::all_failed(changes, &failure),
        },
        Some(Operation::Update) => changes.iter().map(|change| update(client, change)).collect(),
        _ => {
            let failure = "a ticket is made and updated; it ends by being closed";
            return batch::all_failed(changes, &Failure::Unsupported(failure.to_owned()));
        }
    };
    client.write_all(changes, prepared, NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_sdk::testing::{Script, change, field, reply, text};
    use crosswalk_sdk::{Body, Field, Kind, Settlement, Value};

    const SETTINGS: &str =
        r#"{"ticket-status":"1","ticket-type":"51","note-type":"61","priority-low":"31","priority-normal":"Medium"}"#;
    const TICKET: &str = r#"{"id":900,"ticketNumber":"T1","title":"Disk full [ref:rmm:a[9]]","details":"C:","accountId":412,"accountName":"Acme",
        "locationId":9001,"hardwareAssetId":0,"statusId":1,"statusName":"New","priorityId":32,"priorityName":"medium","completedDate":null,
        "lastActivityUpdate":"2025-11-03T08:00:00.5Z","slaId":null}"#;

    fn answer(request: &Request) -> Response {
        let result = match (request.method, request.path.as_str()) {
            (Method::Get, path) if path.ends_with("locations/lookup") => r#"[{"id":9001,"isMain":true}]"#.to_owned(),
            (Method::Get, path) if path.contains("hardwareasset") => {
                r#"{"id":5,"accountId":412,"accountLocationId":9002}"#.to_owned()
            }
            (Method::Get, path) if path.ends_with("priorities/lookup") => {
                r#"[{"id":32,"name":"Medium"},{"id":34,"name":"Critical"}]"#.to_owned()
            }
            (Method::Get, PATH) => format!("[{TICKET}]"),
            (Method::Get, _) => TICKET.to_owned(),
            _ => r#"{"id":901}"#.to_owned(),
        };
        reply(200, &format!(r#"{{"success":true,"error":null,"result":{result},"totalRecords":1}}"#))
    }

    /// What was written: method, path and body.
    fn written(host: &Script<'_>) -> Vec<String> {
        let all = host.requests.borrow();
        let written = all.iter().filter(|request| request.method != Method::Get);
        let line = |request: &Request| match &request.body {
            Some(Body::Text(body)) => format!("{} {body}", request.path.trim_start_matches(PATH)),
            _ => request.path.clone(),
        };
        written.map(line).collect()
    }

    #[test]
    fn a_title_carries_its_key_at_its_end() {
        for (title, name, stamp) in [
            ("Disk full [ref:a1]", "Disk full", Some("a1")),
            ("[ref:a1]", "", Some("a1")),
            ("Disk [ref:a1] full", "Disk [ref:a1] full", None),
            ("Disk full", "Disk full", None),
        ] {
            assert_eq!(unstamped(title), (name, stamp), "{title}");
        }
        assert_eq!(titled("Disk full", Some("a1")), "Disk full [ref:a1]");
    }

    #[test]
    fn a_ticket_is_read_with_our_priority_and_whether_it_is_closed() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let stamps = Selection::Stamps(vec!["rmm:a[9]".to_owned()]);
        let item = read(&client, &stamps, None).unwrap().items.remove(0);
        assert_eq!((item.id.as_str(), item.parent.as_deref(), item.name.as_str()), ("900", Some("412"), "Disk full"));
        let text = |text: &str| Value::Text(text.to_owned());
        for (name, value) in [
            ("asset", Value::Blank),
            ("number", text("T1")),
            ("status", text("New")),
            ("priority", text("normal")),
            ("closed", Value::Boolean(false)),
            ("last-activity", Value::Time("2025-11-03T08:00:00.500Z".to_owned())),
        ] {
            assert_eq!(field(&item, name), Some(&value), "{name}");
        }
        assert_eq!(host.asked(), ["GET /v2/servicedesk/tickets?Filter.Title=[ref:rmm:a[9]]&PageSize=100"]);
        read(&client, &Selection::Stamps(vec!["other".to_owned()]), None).unwrap();
        assert!(
            host.asked().last().unwrap().contains("Filter.CreatedOnFrom=2025-11-02T08:00:00Z"),
            "then the last day's"
        );
    }

    #[test]
    fn a_create_stands_at_its_asset() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let mut create = change("1", Operation::Create, Kind::Ticket);
        create.parent = Some("412".to_owned());
        create.name = Some("Disk full".to_owned());
        create.stamp = Some("a1".to_owned());
        create.fields = vec![text("asset", "5"), text("priority", "critical")];
        assert_eq!(write(&client, &[create.clone()])[0].result, Settlement::Done("901".to_owned()));
        let made = r#" {"title":"Disk full [ref:a1]","details":"Disk full","accountId":412,"locationId":9002,"statusId":1,"priorityId":34,"typeId":51,"sourceId":5,"openDate":"2025-11-03T08:00:00Z","hardwareAssetId":5}"#;
        assert_eq!(written(&host), [made]);
        create.parent = Some("413".to_owned());
        write(&client, &[create]);
        assert!(written(&host)[1].contains(r#""locationId":9001"#), "an asset of another account does not say where");
    }

    #[test]
    fn fields_go_first_and_the_end_takes_the_note_along() {
        let host = Script::new(SETTINGS, |request| Ok(answer(request)));
        let client = Client::open(&host).unwrap();
        let mut update = change("2", Operation::Update, Kind::Ticket);
        update.target = Some("900".to_owned());
        update.name = Some("Disk".to_owned());
        update.fields = vec![text("note", "again"), text("priority", "low")];
        assert_eq!(write(&client, &[update.clone()])[0].result, Settlement::Done("900".to_owned()));
        update.name = None;
        let closed = Field { name: "closed".to_owned(), value: Value::Boolean(true) };
        update.fields = vec![text("note", "over"), closed.clone()];
        write(&client, &[update.clone()]);
        update.fields = vec![closed];
        write(&client, &[update]);
        assert_eq!(
            written(&host),
            [
                r#"/900 [{"op":"replace","path":"/title","value":"Disk [ref:rmm:a[9]]"},{"op":"replace","path":"/priorityId","value":31}]"#,
                r#"/900/notes {"details":"again","isInternal":true,"typeId":61,"noteDate":"2025-11-03T08:00:00Z"}"#,
                r#"/900/resolve {"comment":"over","isInternal":true}"#,
                r#"/900/resolve {"comment":"What this was about is over.","isInternal":true}"#,
            ]
        );
    }
}
