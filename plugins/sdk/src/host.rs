//! What the host offers a connector, as one trait, so that the same connector code runs inside the
//! sandbox ([`Imports`]) and natively in tests and benchmarks ([`crate::testing::Script`]).

use crate::bindings::crosswalk::connector as wit;
use crate::{Entry, EntryPage, HttpError, Kind, Level, Link, PutError, Request, Response, ScheduleError};

/// The host, as the contract describes it (`wit/host.wit`).
pub trait Host {
    /// Several requests side by side, replies in their order.
    fn send_all(&self, requests: Vec<Request>) -> Vec<Result<Response, HttpError>>;
    /// This connection's settings, a JSON object.
    fn settings(&self) -> String;
    /// Milliseconds since 1970.
    fn now_ms(&self) -> u64;
    /// One line into the run's log.
    fn log(&self, level: Level, line: &str);
    /// What an item of this connection is linked to.
    fn linked(&self, kind: Kind, id: &str) -> Vec<Link>;
    /// One cross-reference of ours.
    fn entry(&self, space: &str, key: &str) -> Option<Entry>;
    /// Stores one; with a revision only when it has that now.
    ///
    /// # Errors
    /// Stale, or no room.
    fn entry_put(&self, space: &str, key: &str, value: &str, if_revision: Option<u64>) -> Result<u64, PutError>;
    /// Removes one.
    fn entry_remove(&self, space: &str, key: &str);
    /// All of a space, in pages.
    fn entries(&self, space: &str, after: Option<&str>) -> EntryPage;
    /// Asks to be called again.
    ///
    /// # Errors
    /// In a call that may only read, for an unknown job, or with too many pending.
    fn wake_after(&self, job: &str, delay_ms: u64, payload: &str) -> Result<String, ScheduleError>;
    /// Takes a wake-up back.
    fn wake_cancel(&self, id: &str);
}

impl dyn Host + '_ {
    /// One request.
    ///
    /// # Errors
    /// There is no reply.
    pub fn send(&self, request: Request) -> Result<Response, HttpError> {
        let mut replies = self.send_all(vec![request]);
        replies.pop().unwrap_or_else(|| Err(HttpError::Unreachable("the host gave no reply".to_owned())))
    }

    /// A value remembered with `remember`, unless it is older than that.
    pub fn recall(&self, space: &str, key: &str, max_age_ms: u64) -> Option<String> {
        let entry = self.entry(space, key)?;
        let (at, value) = entry.value.split_once(' ')?;
        let age = self.now_ms().saturating_sub(at.parse().ok()?);
        (age <= max_age_ms).then(|| value.to_owned())
    }

    /// Remembers a value that can be asked for again; there is nothing to do when no room is left.
    pub fn remember(&self, space: &str, key: &str, value: &str) {
        let stamped = format!("{} {value}", self.now_ms());
        if self.entry_put(space, key, &stamped, None).is_err() {
            self.log(Level::Warn, &format!("no room to remember {key} of {space}"));
        }
    }
}

/// The contract's imports. They exist inside the sandbox only: natively, calling one panics.
#[derive(Debug, Clone, Copy)]
pub struct Imports;

impl Host for Imports {
    fn send_all(&self, requests: Vec<Request>) -> Vec<Result<Response, HttpError>> {
        wit::http::send_all(&requests)
    }
    fn settings(&self) -> String {
        wit::settings::get()
    }
    fn now_ms(&self) -> u64 {
        wit::clock::now_ms()
    }
    fn log(&self, level: Level, line: &str) {
        wit::log::write(level, line);
    }
    fn linked(&self, kind: Kind, id: &str) -> Vec<Link> {
        wit::mapping::linked(kind, id)
    }
    fn entry(&self, space: &str, key: &str) -> Option<Entry> {
        wit::mapping::get(space, key)
    }
    fn entry_put(&self, space: &str, key: &str, value: &str, if_revision: Option<u64>) -> Result<u64, PutError> {
        wit::mapping::put(space, key, value, if_revision)
    }
    fn entry_remove(&self, space: &str, key: &str) {
        wit::mapping::remove(space, key);
    }
    fn entries(&self, space: &str, after: Option<&str>) -> EntryPage {
        wit::mapping::entries(space, after)
    }
    fn wake_after(&self, job: &str, delay_ms: u64, payload: &str) -> Result<String, ScheduleError> {
        wit::schedule::after(job, delay_ms, payload)
    }
    fn wake_cancel(&self, id: &str) {
        wit::schedule::cancel(id);
    }
}
