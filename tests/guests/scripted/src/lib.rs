//! A connector over whatever a test writes down. It has every kind of the contract with all fields of the
//! catalogue; the setting `limits` takes operations and values away, and adds fields of the vendor's own:
//! `{"asset": {"cannot": ["create"], "values": {"type": ["server"]}, "extras": ["colour"]}}`.
//!
//! The vendor is `tests/harness/scripted.rs`: `GET /KIND` gives `{"items": [{"id", "parent", "name", "stamp",
//! "fields"}], "gaps": [{"parent", "item", "why"}]}`, and `unread` in the way of `gaps` for look-ups; `POST /KIND` takes a change and gives `{"id"}`, or
//! `{"token"}` where it works on it still.

use crosswalk_sdk::{
    Alert, Asset, Change, Connector, Contract, Customer, Description, Failure, Field, FieldDescription, Gap, Host,
    HttpError, Identity, Item, Kind, KindDescription, Location, Method, Operation, Operations, Outcome, Page, Product,
    Query, Request, Response, Selection, Selections, Settlement, StampPlace, Ticket, Usage, Value, Writable,
};
use serde_json::{Map, Value as Json, json};

/// The connector.
#[derive(Debug)]
pub struct Scripted;

crosswalk_sdk::export!(Scripted);

/// The catalogue's fields of a kind: name and type.
type Fields = &'static [(&'static str, &'static str)];

const KINDS: [(Kind, &str, Fields); 8] = [
    (Kind::Customer, "customer", Customer::FIELDS),
    (Kind::Location, "location", Location::FIELDS),
    (Kind::Asset, "asset", Asset::FIELDS),
    (Kind::Contract, "contract", Contract::FIELDS),
    (Kind::Product, "product", Product::FIELDS),
    (Kind::Usage, "usage", Usage::FIELDS),
    (Kind::Alert, "alert", Alert::FIELDS),
    (Kind::Ticket, "ticket", Ticket::FIELDS),
];

const OPERATIONS: [(&str, Operations); 5] = [
    ("create", Operations::CREATE),
    ("update", Operations::UPDATE),
    ("move", Operations::MOVE),
    ("deactivate", Operations::DEACTIVATE),
    ("reactivate", Operations::REACTIVATE),
];

impl Connector for Scripted {
    fn describe(host: &dyn Host) -> Description {
        let settings: Json = serde_json::from_str(&host.settings()).unwrap_or_default();
        let limits: Json = serde_json::from_str(settings["limits"].as_str().unwrap_or("{}")).unwrap_or_default();
        Description { kinds: KINDS.iter().map(|(kind, word, fields)| describe(*kind, fields, &limits[word])).collect() }
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        document(host.send(Request::get("api", "/login")))?;
        Ok(Identity { account: "scripted".to_owned(), id: None, time_zone: None, detail: None })
    }

    fn read(host: &dyn Host, query: Query, _: Option<&str>) -> Result<Page, Failure> {
        let (_, word, fields) = of(query.kind);
        let document = document(host.send(Request::get("api", format!("/{word}"))))?;
        let wanted = |item: &Item| match &query.selection {
            Selection::Everything | Selection::ChangedSince(_) => true,
            Selection::OfParent(parent) => item.parent.as_ref() == Some(parent),
            Selection::Ids(ids) => ids.contains(&item.id),
            Selection::Search(text) => item.name.to_lowercase().contains(&text.to_lowercase()),
            Selection::Stamps(stamps) => item.stamp.as_ref().is_some_and(|stamp| stamps.contains(stamp)),
            Selection::Named(named) => {
                item.name.to_lowercase() == named.name.to_lowercase()
                    && (named.parent.is_none() || named.parent == item.parent)
            }
        };
        let rows = |name: &str| document[name].as_array().cloned().unwrap_or_default();
        let items = rows("items").iter().map(|row| item(row, fields)).filter(wanted).collect();
        let gap = |row: &Json| Gap {
            parent: row["parent"].as_str().map(str::to_owned),
            item: row["item"].as_str().map(str::to_owned),
            cause: Failure::NotFound(text(&row["why"])),
        };
        let gaps = match &query.selection {
            Selection::Everything => rows("gaps").iter().map(gap).collect(),
            Selection::Ids(ids) => {
                let asked = |gap: &Gap| gap.item.as_ref().is_some_and(|id| ids.contains(id));
                rows("unread").iter().map(gap).filter(asked).collect()
            }
            _ => rows("unread").iter().map(gap).collect(),
        };
        Ok(Page { items, gaps, ..Page::default() })
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        let request = |change: &Change| {
            let fields: Map<String, Json> =
                change.fields.iter().map(|field| (field.name.clone(), plain(&field.value))).collect();
            let operation = match change.operation {
                Operation::Create => "create",
                Operation::Update => "update",
                Operation::Move => "move",
                Operation::Deactivate => "deactivate",
                Operation::Reactivate => "reactivate",
            };
            let body = json!({
                "operation": operation,
                "target": change.target,
                "parent": change.parent,
                "name": change.name,
                "stamp": change.stamp,
                "fields": fields,
            });
            Request::new(Method::Post, "api", format!("/{}", of(change.kind).1))
                .json(body.to_string())
                .change(&change.id)
        };
        let replies = host.send_all(changes.iter().map(request).collect());
        let outcome = |(change, reply): (Change, _)| Outcome {
            change: change.id,
            result: match document(reply) {
                Ok(done) if done["token"].is_string() => Settlement::Accepted(text(&done["token"])),
                Ok(done) => Settlement::Done(text(&done["id"])),
                Err(failure) => Settlement::Failed(failure),
            },
        };
        changes.into_iter().zip(replies).map(outcome).collect()
    }

    fn settle(_: &dyn Host, tokens: Vec<String>) -> Vec<Outcome> {
        // Under way for ever.
        let still = |token: String| Outcome { change: token.clone(), result: Settlement::Accepted(token) };
        tokens.into_iter().map(still).collect()
    }
}

fn of(kind: Kind) -> (Kind, &'static str, Fields) {
    KINDS.into_iter().find(|(own, ..)| *own == kind).unwrap_or(KINDS[0])
}

fn describe(kind: Kind, fields: &[(&str, &str)], limits: &Json) -> KindDescription {
    let cannot: Vec<String> = limits["cannot"].as_array().into_iter().flatten().map(text).collect();
    let can = OPERATIONS.into_iter().filter(|(word, _)| *word != "move" && !cannot.iter().any(|no| no == word));
    let field = |(name, _): &(&str, &str)| FieldDescription {
        name: (*name).to_owned(),
        readable: *name != "note",
        writable: if *name == "last-activity" { Writable::Never } else { Writable::Always },
        length: None,
        values: limits["values"][*name].as_array().into_iter().flatten().map(text).collect(),
    };
    let extras = limits["extras"].as_array().into_iter().flatten();
    let extra = |name: &Json| FieldDescription {
        name: text(name),
        readable: true,
        writable: Writable::Always,
        length: None,
        values: Vec::new(),
    };
    KindDescription {
        kind,
        reads: Selections::EVERYTHING
            | Selections::OF_PARENT
            | Selections::IDS
            | Selections::STAMPS
            | Selections::NAMED
            | Selections::SEARCH,
        writes: can.fold(Operations::empty(), |all, (_, one)| all | one),
        fields: fields.iter().map(field).chain(extras.map(extra)).collect(),
        name_length: Some(100),
        stamp: Some(StampPlace { field: "key".to_owned(), length: 200 }),
        changes_at_once: 50,
        ids_at_once: 100,
        page_size: 5000,
        calls_per_change: 1,
        checks_before: false,
    }
}

fn item(row: &Json, fields: &[(&str, &str)]) -> Item {
    let type_of = |name: &str| fields.iter().find(|(own, _)| *own == name).map_or("text", |(_, type_)| *type_);
    let told = row["fields"].as_object().into_iter().flatten();
    Item {
        id: text(&row["id"]),
        parent: row["parent"].as_str().map(str::to_owned),
        name: text(&row["name"]),
        stamp: row["stamp"].as_str().map(str::to_owned),
        fields: told.map(|(name, value)| Field { name: name.clone(), value: typed(value, type_of(name)) }).collect(),
    }
}

fn typed(value: &Json, type_: &str) -> Value {
    match (value, type_) {
        (Json::Null, _) => Value::Blank,
        (Json::Bool(yes), _) => Value::Boolean(*yes),
        (Json::Number(number), _) => number.as_i64().map_or(Value::Blank, Value::Integer),
        (Json::String(text), "time") => Value::Time(text.clone()),
        (Json::String(text), "json") => Value::Json(text.clone()),
        (Json::String(text), _) => Value::Text(text.clone()),
        (other, _) => Value::Json(other.to_string()),
    }
}

fn plain(value: &Value) -> Json {
    match value {
        Value::Blank => Json::Null,
        Value::Text(text) | Value::Time(text) | Value::Json(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Decimal(number) => json!(number),
        Value::Boolean(yes) => json!(yes),
    }
}

fn document(reply: Result<Response, HttpError>) -> Result<Json, Failure> {
    let reply = reply.map_err(Failure::from)?;
    if !reply.is_success() {
        return Err(reply.failure("the vendor refuses"));
    }
    serde_json::from_str(reply.text()).map_err(|error| Failure::Unavailable(format!("no JSON: {error}")))
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
