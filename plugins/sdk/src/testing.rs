//! A host for native tests and benchmarks: settings and mapping in memory, replies from a closure; and what
//! tests of connectors share.

#[path = "../../../wit/description.rs"]
mod rules;

#[cfg(not(target_arch = "wasm32"))]
mod drive;
#[cfg(not(target_arch = "wasm32"))]
mod http;

#[cfg(not(target_arch = "wasm32"))]
pub use {
    drive::{all, costs, done, failed, field},
    http::http,
};

use crate::{
    Body, Change, Description, Entry, EntryPage, Field, Host, HttpError, Kind, Level, Link, Operation, Operations,
    PutError, Request, Response, ScheduleError, Selections, Value,
};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;

/// A reply with this status and text.
pub fn reply(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: Body::Text(body.to_owned()) }
}

/// A change of an item without parent, name, stamp or fields; a test sets what it needs.
pub fn change(id: &str, operation: Operation, kind: Kind) -> Change {
    Change {
        id: id.to_owned(),
        key: format!("{id:0>32}"),
        operation,
        kind,
        target: None,
        parent: None,
        name: None,
        stamp: None,
        fields: Vec::new(),
        before: Vec::new(),
    }
}

/// A named text.
pub fn text(name: &str, text: &str) -> Field {
    Field { name: name.to_owned(), value: Value::Text(text.to_owned()) }
}

/// What does not hold together in a description, in sentences; none when all does. The host refuses a
/// connector for the same, so a test of every connector should ask for it.
pub fn inconsistencies(description: &Description) -> Vec<String> {
    let names: Vec<String> = description.kinds.iter().map(|kind| format!("{:?}", kind.kind)).collect();
    let kinds = description.kinds.iter().zip(&names).map(|(kind, name)| rules::Kind {
        // The binding's own name of the kind: `Kind::Asset`.
        name: name.trim_start_matches("Kind::"),
        creates: kind.writes.contains(Operations::CREATE),
        operations: u32::from(!kind.writes.is_empty()),
        stamps: kind.reads.contains(Selections::STAMPS),
        named: kind.reads.contains(Selections::NAMED),
        name_length: kind.name_length,
        stamp: kind.stamp.as_ref().map(|place| (place.field.as_str(), place.length)),
        changes_at_once: kind.changes_at_once,
        ids_at_once: kind.ids_at_once,
        page_size: kind.page_size,
        calls_per_change: kind.calls_per_change,
        fields: kind
            .fields
            .iter()
            .map(|field| rules::Field { name: &field.name, length: field.length, values: &field.values })
            .collect(),
    });
    rules::inconsistencies(&kinds.collect::<Vec<_>>())
}

type Answer<'a> = dyn Fn(&Request) -> Result<Response, HttpError> + 'a;

/// A scripted host: keeps every request and answers by a closure.
pub struct Script<'a> {
    settings: String,
    answer: Box<Answer<'a>>,
    entries: RefCell<BTreeMap<(String, String), Entry>>,
    /// What was asked, in order, whole batches one after the other.
    pub requests: RefCell<Vec<Request>>,
    /// What was logged.
    pub logged: RefCell<Vec<String>>,
    /// The wake-ups asked for: job, delay in milliseconds, payload.
    pub woken: RefCell<Vec<(String, u64, String)>>,
    /// The time, milliseconds since 1970.
    pub now_ms: Cell<u64>,
}

impl<'a> Script<'a> {
    /// A host with these settings (a JSON object) and these answers.
    pub fn new(settings: &str, answer: impl Fn(&Request) -> Result<Response, HttpError> + 'a) -> Self {
        Self {
            settings: settings.to_owned(),
            answer: Box::new(answer),
            entries: RefCell::default(),
            requests: RefCell::default(),
            logged: RefCell::default(),
            woken: RefCell::default(),
            now_ms: Cell::new(1_762_156_800_000), // 2025-11-03T08:00:00Z
        }
    }

    /// Each request so far as `METHOD path?name=value&… body`, in order.
    pub fn asked(&self) -> Vec<String> {
        self.requests.borrow().iter().map(line).collect()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.requests.borrow_mut().clear();
    }
}

fn line(request: &Request) -> String {
    let mut out =
        format!("{} {}", format!("{:?}", request.method).trim_start_matches("Method::").to_uppercase(), request.path);
    for (i, (name, value)) in request.query.iter().enumerate() {
        out.push(if i == 0 { '?' } else { '&' });
        out.push_str(&format!("{name}={value}"));
    }
    if let Some(Body::Text(body)) = &request.body {
        out.push(' ');
        out.push_str(body);
    }
    out
}

impl fmt::Debug for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("asked", &self.asked()).finish_non_exhaustive()
    }
}

impl Host for Script<'_> {
    fn send_all(&self, requests: Vec<Request>) -> Vec<Result<Response, HttpError>> {
        let replies = requests.iter().map(&self.answer).collect();
        self.requests.borrow_mut().extend(requests);
        replies
    }
    fn settings(&self) -> String {
        self.settings.clone()
    }
    fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }
    fn log(&self, level: Level, line: &str) {
        self.logged.borrow_mut().push(format!("{level:?}: {line}"));
    }
    fn linked(&self, _kind: Kind, _id: &str) -> Vec<Link> {
        Vec::new()
    }
    fn entry(&self, space: &str, key: &str) -> Option<Entry> {
        self.entries.borrow().get(&(space.to_owned(), key.to_owned())).cloned()
    }
    fn entry_put(&self, space: &str, key: &str, value: &str, if_revision: Option<u64>) -> Result<u64, PutError> {
        let mut entries = self.entries.borrow_mut();
        let place = (space.to_owned(), key.to_owned());
        let now = entries.get(&place).map_or(0, |entry| entry.revision);
        if if_revision.is_some_and(|expected| expected != now) {
            return Err(PutError::Stale(now));
        }
        entries.insert(place, Entry { key: key.to_owned(), value: value.to_owned(), revision: now + 1 });
        Ok(now + 1)
    }
    fn entry_remove(&self, space: &str, key: &str) {
        self.entries.borrow_mut().remove(&(space.to_owned(), key.to_owned()));
    }
    fn entries(&self, space: &str, after: Option<&str>) -> EntryPage {
        let entries = self.entries.borrow();
        let of_space =
            entries.iter().filter(|((s, key), _)| s == space && after.is_none_or(|after| key.as_str() > after));
        EntryPage { entries: of_space.map(|(_, entry)| entry.clone()).collect(), next: None }
    }
    fn wake_after(&self, job: &str, delay_ms: u64, payload: &str) -> Result<String, ScheduleError> {
        self.woken.borrow_mut().push((job.to_owned(), delay_ms, payload.to_owned()));
        Ok(format!("wake-up of {job}"))
    }
    fn wake_cancel(&self, _id: &str) {}
}
