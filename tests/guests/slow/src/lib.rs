//! A connector whose vendor takes its time: each write makes a job there, `write` answers
//! `accepted` with the job's id, and `settle` asks after the job. Customers only, with names.
//!
//! The vendor is `tests/harness/slow.rs`; it has `GET /items` (`{"items": [{"id", "name"}]}`),
//! `POST /jobs` (`{"id"}`), and `GET /jobs/ID` (`{"state": "working" | "done" | "failed",
//! "item", "why"}`).

use crosswalk_sdk::{
    Change, Connector, Description, Failure, Field, Host, HttpError, Identity, Item, Kind, KindDescription, Method,
    Operations, Outcome, Page, Query, Request, Response, Selection, Selections, Settlement, Value,
};
use serde_json::{Value as Json, json};

/// The connector.
#[derive(Debug)]
pub struct Slow;

crosswalk_sdk::export!(Slow);

impl Connector for Slow {
    fn describe(_: &dyn Host) -> Description {
        Description {
            kinds: vec![KindDescription {
                kind: Kind::Customer,
                reads: Selections::EVERYTHING | Selections::IDS | Selections::NAMED,
                writes: Operations::CREATE | Operations::UPDATE,
                fields: Vec::new(),
                name_length: Some(100),
                stamp: None,
                changes_at_once: 50,
                ids_at_once: 100,
                page_size: 100,
                calls_per_change: 1,
                checks_before: false,
            }],
        }
    }

    fn check(_: &dyn Host) -> Result<Identity, Failure> {
        Ok(Identity { account: "slow".to_owned(), id: None, time_zone: None, detail: None })
    }

    fn read(host: &dyn Host, query: Query, _: Option<&str>) -> Result<Page, Failure> {
        let wanted = |item: &Item| match &query.selection {
            Selection::Ids(ids) => ids.contains(&item.id),
            Selection::Named(named) => named.name == item.name,
            _ => true,
        };
        let document = document(host.send(Request::get("api", "/items")))?;
        let rows = document["items"].as_array().cloned().unwrap_or_default();
        let items: Vec<Item> = rows.iter().map(item).filter(wanted).collect();
        Ok(Page { items, ..Page::default() })
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        let request = |change: &Change| {
            let job = json!({ "target": change.target, "name": change.name });
            Request::new(Method::Post, "api", "/jobs").json(job.to_string()).change(&change.id)
        };
        let replies = host.send_all(changes.iter().map(request).collect());
        changes
            .into_iter()
            .zip(replies)
            .map(|(change, reply)| Outcome {
                change: change.id,
                result: match document(reply) {
                    Ok(job) => Settlement::Accepted(text(&job["id"])),
                    Err(failure) => Settlement::Failed(failure),
                },
            })
            .collect()
    }

    fn settle(host: &dyn Host, tokens: Vec<String>) -> Vec<Outcome> {
        let replies = host.send_all(tokens.iter().map(|job| Request::get("api", format!("/jobs/{job}"))).collect());
        // What cannot be asked after now is asked after later: no outcome of it.
        tokens
            .into_iter()
            .zip(replies)
            .filter_map(|(token, reply)| {
                let job = document(reply).ok()?;
                let result = match job["state"].as_str() {
                    Some("done") => Settlement::Done(text(&job["item"])),
                    Some("failed") => Settlement::Failed(Failure::Conflict(text(&job["why"]))),
                    Some("moved") => Settlement::Accepted(text(&job["job"])),
                    _ => Settlement::Accepted(token.clone()),
                };
                Some(Outcome { change: token, result })
            })
            .collect()
    }
}

fn document(reply: Result<Response, HttpError>) -> Result<Json, Failure> {
    let reply = reply.map_err(Failure::from)?;
    if !reply.is_success() {
        return Err(reply.failure("the vendor refuses"));
    }
    serde_json::from_str(reply.text()).map_err(|error| Failure::Unavailable(format!("no JSON: {error}")))
}

fn item(row: &Json) -> Item {
    Item {
        id: text(&row["id"]),
        parent: None,
        name: text(&row["name"]),
        stamp: None,
        fields: vec![Field { name: "active".to_owned(), value: Value::Boolean(true) }],
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
