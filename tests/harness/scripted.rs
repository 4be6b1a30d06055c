//! A vendor that has what a test wrote down, of any kind, and keeps what is written to it. What it says of a write
//! is the test's to choose. Its connector is `tests/guests/scripted`.

use super::vendor::{Arrived, Vendor};
use super::{name, secrets, texts};
use crosswalk::engine::NewConnection;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Writes {
    /// Done and told.
    Done,
    /// Under way for ever.
    Accepted,
    /// Not done, and the reply settles nothing.
    Lost,
    /// Done and told; but from this one on, a create gives back the first record that was made.
    Merged { from: u32 },
}

/// The running vendor.
pub(crate) struct Scripted {
    vendor: Vendor,
    state: Arc<Mutex<State>>,
}

struct State {
    records: BTreeMap<String, Vec<Value>>,
    gaps: BTreeMap<String, Vec<Value>>,
    unread: BTreeMap<String, Vec<Value>>,
    refused: Vec<String>,
    denied: Vec<String>,
    writes: Writes,
    made: u32,
    slow: Duration,
}

impl Scripted {
    pub(crate) fn start() -> Self {
        let state = State {
            records: BTreeMap::new(),
            gaps: BTreeMap::new(),
            unread: BTreeMap::new(),
            refused: Vec::new(),
            denied: Vec::new(),
            writes: Writes::Done,
            made: 0,
            slow: Duration::ZERO,
        };
        let state = Arc::new(Mutex::new(state));
        let inner = Arc::clone(&state);
        let vendor = Vendor::answering(move |request, body| {
            let slow = inner.lock().expect("the state").slow;
            std::thread::sleep(slow);
            inner.lock().expect("the state").answer(request, body)
        });
        Self { vendor, state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("the state")
    }

    /// How an operator connects to it, with what its connector cannot do.
    pub(crate) fn connection(&self, called: &str, limits: &Value) -> NewConnection {
        NewConnection {
            name: name(called),
            plugin: name("scripted"),
            settings: [("limits".to_owned(), json!(limits.to_string()))].into(),
            secrets: secrets([("key", "k")]),
            endpoints: texts([("api", self.vendor.url().to_owned())]),
            grant_all: false,
            buckets: [].into(),
        }
    }

    /// Puts a record there, in the place of one with the same id.
    pub(crate) fn put(&self, kind: &str, id: &str, parent: Option<&str>, name: &str, fields: &Value) {
        let mut all: Map<String, Value> = fields.as_object().cloned().unwrap_or_default();
        if !matches!(kind, "usage" | "alert" | "ticket") || all.contains_key("active") {
            all.entry("active").or_insert(json!(true));
        }
        let record = json!({ "id": id, "parent": parent, "name": name, "fields": all });
        let mut state = self.state();
        let records = state.records.entry(kind.to_owned()).or_default();
        records.retain(|record| record["id"] != id);
        records.push(record);
    }

    /// Changes fields of a record; `name`, `parent` and `stamp` are ones too.
    pub(crate) fn edit(&self, kind: &str, id: &str, fields: &Value) {
        let mut state = self.state();
        let records = state.records.entry(kind.to_owned()).or_default();
        let record = records.iter_mut().find(|record| record["id"] == id).expect("a record");
        write(record, fields);
    }

    /// The records of a kind, as they stand there.
    pub(crate) fn records(&self, kind: &str) -> Vec<Value> {
        self.state().records.get(kind).cloned().unwrap_or_default()
    }

    pub(crate) fn remove(&self, kind: &str, id: &str) {
        self.state().records.entry(kind.to_owned()).or_default().retain(|record| record["id"] != id);
    }

    /// What of a kind cannot be read in a walk: each a parent and an item.
    pub(crate) fn set_gaps(&self, kind: &str, gaps: &[(Option<&str>, Option<&str>)]) {
        self.state().gaps.insert(kind.to_owned(), gaps.iter().map(gap).collect());
    }

    /// What of a kind no look-up can read: each a parent and an item.
    pub(crate) fn set_unread(&self, kind: &str, gaps: &[(Option<&str>, Option<&str>)]) {
        self.state().unread.insert(kind.to_owned(), gaps.iter().map(gap).collect());
    }

    /// Lets nobody write these kinds, and all others again.
    pub(crate) fn deny(&self, kinds: &[&str]) {
        self.state().denied = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    }

    /// Lets nobody read a kind any more, or log in (`login`).
    pub(crate) fn refuse(&self, kind: &str) {
        self.state().refused.push(kind.to_owned());
    }

    /// Takes so long over each answer.
    pub(crate) fn slow(&self, slow: Duration) {
        self.state().slow = slow;
    }

    pub(crate) fn set_writes(&self, writes: Writes) {
        self.state().writes = writes;
    }
}

impl State {
    fn answer(&mut self, request: &Arrived, body: &str) -> (u16, String) {
        let kind = request.path.trim_start_matches('/').to_owned();
        if request.method == "GET" && self.refused.contains(&kind) {
            return (403, String::new());
        }
        if request.method == "GET" {
            let of = |all: &BTreeMap<String, Vec<Value>>| all.get(&kind).cloned().unwrap_or_default();
            return (
                200,
                json!({ "items": of(&self.records), "gaps": of(&self.gaps), "unread": of(&self.unread) }).to_string(),
            );
        }
        if self.denied.contains(&kind) {
            return (403, String::new());
        }
        self.made += 1;
        let (id, time) = (format!("n{}", self.made), format!("2026-01-01T00:{:02}:00Z", self.made % 60));
        match self.writes {
            Writes::Merged { from } if self.made >= from => return (200, json!({ "id": "n1" }).to_string()),
            Writes::Done | Writes::Merged { .. } => {}
            Writes::Accepted => return (202, json!({ "token": id }).to_string()),
            Writes::Lost => return (503, String::new()),
        }
        let wanted: Value = serde_json::from_str(body).expect("JSON");
        let records = self.records.entry(kind.clone()).or_default();
        let id = match wanted["target"].as_str() {
            Some(target) => target.to_owned(),
            None => {
                records.push(json!({ "id": id, "parent": null, "name": "", "fields": {} }));
                id
            }
        };
        let record = records.iter_mut().find(|record| record["id"] == id.as_str()).expect("a record");
        let mut fields = wanted["fields"].clone();
        if kind == "ticket" {
            // Kept, and never given back.
            fields.as_object_mut().expect("an object").remove("note");
        }
        write(record, &fields);
        for part in ["name", "parent", "stamp"] {
            if wanted[part].is_string() {
                record[part] = wanted[part].clone();
            }
        }
        match wanted["operation"].as_str() {
            Some("create" | "reactivate") => record["fields"]["active"] = json!(true),
            Some("deactivate") => record["fields"]["active"] = json!(false),
            _ => {}
        }
        if kind == "ticket" {
            record["fields"]["last-activity"] = json!(time);
        }
        (200, json!({ "id": id }).to_string())
    }
}

fn gap((parent, item): &(Option<&str>, Option<&str>)) -> Value {
    json!({ "parent": parent, "item": item, "why": "it is not given" })
}

fn write(record: &mut Value, fields: &Value) {
    for (field, value) in fields.as_object().into_iter().flatten() {
        match field.as_str() {
            "name" | "parent" | "stamp" => record[field] = value.clone(),
            _ => record["fields"][field] = value.clone(),
        }
    }
}
