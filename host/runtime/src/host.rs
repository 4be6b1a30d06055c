//! The functions a connector may import, bound to one call: log, clock, settings, http, mapping and
//! schedule. Each takes a few lines over the connection's [`Ports`] or its gate.
//!
//! Requests run on the host's own threads, not on the guests': a guest that never yields blocks no
//! request, and a pooled connection outlives the call that made it. A fault of the host itself (a
//! full disk, say) ends the call.

use super::bindings::crosswalk::connector::http::{Error, Request, Response};
use super::bindings::crosswalk::connector::mapping::{Entry, EntryPage, Link, PutError};
use super::bindings::crosswalk::connector::schedule::ScheduleError;
use super::bindings::crosswalk::connector::{clock, http, log, mapping, schedule, settings, types};
use super::call_clock::CallClock;
use super::gate::{Gate, Pass};
use super::limits::{Limits, Meter};
use super::ports::{Ports, Scratch};
use crosswalk_model::manifest::Manifest;
use crosswalk_model::{self as model, Mode, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Entries per page of `mapping.entries`.
const ENTRIES_PAGE: usize = 500;

/// The connection as its calls see it.
pub(super) struct ConnectionContext {
    pub(super) manifest: Arc<Manifest>,
    /// The settings as one JSON object, with defaults filled in.
    pub(super) settings: String,
    pub(super) ports: Arc<dyn Ports>,
    /// `None` without an account, as in a bare `describe`.
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) limits: Limits,
}

/// The state of one call, as its host functions see it.
pub(super) struct CallState {
    pub(super) meter: Meter,
    pub(super) clock: CallClock,
    pub(super) connection: Arc<ConnectionContext>,
    pub(super) mode: Mode,
    pub(super) scratch: Arc<Scratch>,
    /// Whether `mapping` shows what earlier calls stored.
    pub(super) sees_mapping: bool,
    pub(super) pass: Arc<Pass>,
    pub(super) call_log: Arc<CallLog>,
    /// The host's own runtime.
    pub(super) main: Handle,
}

/// Number of lines the guest logged, and its last error, for the failure's message.
#[derive(Debug, Default)]
pub(super) struct CallLog(Mutex<(usize, Option<String>)>);

impl CallLog {
    /// The last line logged as an error.
    pub(super) fn last_error(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Counts a line and returns its number, from 1.
    fn count_line(&self, error: Option<&str>) -> usize {
        let mut call_log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        call_log.0 += 1;
        if let Some(text) = error {
            call_log.1 = Some(text.to_owned());
        }
        call_log.0
    }
}

impl CallState {
    fn ports(&self) -> &dyn Ports {
        &*self.connection.ports
    }

    /// Milliseconds since 1970.
    pub(super) fn now_ms(&self) -> u64 {
        u64::try_from(self.ports().now_ms()).unwrap_or_default()
    }
}

/// Makes the error that ends the call when the host itself cannot go on.
fn fault(what: &'static str) -> impl FnOnce(String) -> wasmtime::Error {
    move |why| wasmtime::Error::new(HostFault { what, why })
}

/// A fault of the host, not of the connector.
#[derive(Debug, thiserror::Error)]
#[error("the host could not {what}: {why}")]
pub(super) struct HostFault {
    what: &'static str,
    why: String,
}

impl types::Host for CallState {}

impl log::Host for CallState {
    async fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let (level, is_error) = match level {
            log::Level::Debug => ("debug", false),
            log::Level::Info => ("info", false),
            log::Level::Warn => ("warn", false),
            log::Level::Error => ("error", true),
        };
        let message = match &self.connection.gate {
            Some(gate) => gate.without_secrets(message),
            None => message,
        };
        let line = plain(&message, self.connection.limits.log_line_bytes);
        let number = self.call_log.count_line(is_error.then_some(&line));
        match number.cmp(&(self.connection.limits.log_lines + 1)) {
            std::cmp::Ordering::Less => self.ports().logged(level, &line).await,
            std::cmp::Ordering::Equal => {
                self.ports()
                    .logged("warn", "the connector logs more than its limit; the rest of this call is dropped")
                    .await
            }
            std::cmp::Ordering::Greater => {}
        }
        Ok(())
    }
}

/// Makes one line without control characters, truncated to `max` bytes.
fn plain(text: &str, max: usize) -> String {
    let line: String =
        text[..text.floor_char_boundary(max)].chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.trim_end().to_owned()
}

impl clock::Host for CallState {
    async fn now(&mut self) -> wasmtime::Result<String> {
        Ok(Timestamp(self.ports().now_ms()).to_string())
    }

    async fn now_ms(&mut self) -> wasmtime::Result<u64> {
        Ok(CallState::now_ms(self))
    }
}

impl settings::Host for CallState {
    async fn get(&mut self) -> wasmtime::Result<String> {
        Ok(self.connection.settings.clone())
    }
}

impl http::Host for CallState {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        let mut results = self.send_all(vec![request]).await?;
        results.pop().ok_or_else(|| fault("send a request")("no result".to_owned()))
    }

    async fn send_all(&mut self, requests: Vec<Request>) -> wasmtime::Result<Vec<Result<Response, Error>>> {
        let Some(gate) = &self.connection.gate else {
            let refused =
                || Err(Error::Refused("there is no account to call: `describe` must not call out".to_owned()));
            return Ok(requests.iter().map(|_| refused()).collect());
        };
        let (gate, pass) = (Arc::clone(gate), Arc::clone(&self.pass));
        self.clock.rest();
        let task = self.main.spawn(async move { gate.send_all(requests, &pass).await });
        AbortOnDrop(task).join().await.map_err(|error| fault("send requests")(error.to_string()))
    }
}

/// A task that is aborted when its waiter goes away.
pub(super) struct AbortOnDrop<T>(pub(super) JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    pub(super) async fn join(mut self) -> Result<T, tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl From<model::Entry> for Entry {
    fn from(entry: model::Entry) -> Self {
        Entry { key: entry.key, value: entry.value, revision: entry.revision }
    }
}

impl mapping::Host for CallState {
    async fn linked(&mut self, kind: types::Kind, id: String) -> wasmtime::Result<Vec<Link>> {
        let links = self.ports().linked(kind.into(), &id).await.map_err(fault("look up a link"))?;
        Ok(links.into_iter().map(|to| Link { sync: to.sync.to_string(), kind: to.kind.into(), id: to.id }).collect())
    }

    async fn get(&mut self, space: String, key: String) -> wasmtime::Result<Option<Entry>> {
        Ok(self.entry(&space, &key).await?.map(Entry::from))
    }

    async fn put(
        &mut self,
        space: String,
        key: String,
        value: String,
        if_revision: Option<u64>,
    ) -> wasmtime::Result<Result<u64, PutError>> {
        let limits = &self.connection.limits;
        if value.len() > limits.mapping_value_bytes {
            return Ok(Err(PutError::Full(format!("a value has at most {} bytes", limits.mapping_value_bytes))));
        }
        if space.len().max(key.len()) > limits.mapping_key_bytes {
            return Ok(Err(PutError::Full(format!("a space or key has at most {} bytes", limits.mapping_key_bytes))));
        }
        if self.mode == Mode::Apply {
            let put =
                self.ports().entry_put(&space, &key, &value, if_revision).await.map_err(fault("store an entry"))?;
            return Ok(put.map_err(|error| match error {
                model::PutError::Stale(revision) => PutError::Stale(revision),
                model::PutError::Full(why) => PutError::Full(why),
            }));
        }
        let now = self.entry(&space, &key).await?.map_or(0, |entry| entry.revision);
        if if_revision.is_some_and(|wanted| wanted != now) {
            return Ok(Err(PutError::Stale(now)));
        }
        let entry = model::Entry { key: key.clone(), value, revision: now + 1 };
        let put = self.scratch.put(space, key, Some(entry), limits.mapping_scratch, limits.mapping_scratch_bytes);
        Ok(put.map(|()| now + 1).map_err(PutError::Full))
    }

    async fn remove(&mut self, space: String, key: String) -> wasmtime::Result<()> {
        if self.mode == Mode::Apply {
            return self.ports().entry_remove(&space, &key).await.map_err(fault("remove an entry"));
        }
        let limits = &self.connection.limits;
        // An entry that exceeds the limit was not put by this plan.
        let _ = self.scratch.put(space, key, None, limits.mapping_scratch, limits.mapping_scratch_bytes);
        Ok(())
    }

    async fn entries(&mut self, space: String, after: Option<String>) -> wasmtime::Result<EntryPage> {
        let mut found = match self.sees_mapping {
            true => {
                self.ports().entries(&space, after.as_deref(), ENTRIES_PAGE).await.map_err(fault("read entries"))?
            }
            false => Vec::new(),
        };
        let stored_to = (found.len() == ENTRIES_PAGE).then(|| found.last().map(|entry| entry.key.clone())).flatten();
        if self.mode == Mode::Plan {
            let scratch = self.scratch.0.lock().unwrap_or_else(PoisonError::into_inner);
            overlay(&mut found, &scratch.entries, &space, after.as_deref(), stored_to.as_deref());
        }
        Ok(EntryPage { entries: found.into_iter().map(Entry::from).collect(), next: stored_to })
    }
}

type ScratchMap = std::collections::BTreeMap<(String, String), Option<model::Entry>>;

/// Applies what a plan put and removed to a page of stored entries: keys after `after`, and up to
/// `to` if more stored entries follow.
fn overlay(found: &mut Vec<model::Entry>, scratch: &ScratchMap, space: &str, after: Option<&str>, to: Option<&str>) {
    let in_page = |key: &str| after.is_none_or(|after| key > after) && to.is_none_or(|to| key <= to);
    for ((_, key), entry) in scratch.iter().filter(|((own, key), _)| own == space && in_page(key)) {
        let at = found.binary_search_by(|stored| stored.key.as_str().cmp(key));
        match (at, entry) {
            (Ok(at), Some(entry)) => found[at] = entry.clone(),
            (Ok(at), None) => {
                found.remove(at);
            }
            (Err(at), Some(entry)) => found.insert(at, entry.clone()),
            (Err(_), None) => {}
        }
    }
}

impl CallState {
    /// Returns an entry as this call sees it: the plan's own entries hide stored ones.
    async fn entry(&self, space: &str, key: &str) -> wasmtime::Result<Option<model::Entry>> {
        if self.mode == Mode::Plan {
            let scratch = self.scratch.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) = scratch.entries.get(&(space.to_owned(), key.to_owned())) {
                return Ok(entry.clone());
            }
        }
        if !self.sees_mapping {
            return Ok(None);
        }
        self.ports().entry_get(space, key).await.map_err(fault("read an entry"))
    }
}

impl schedule::Host for CallState {
    async fn after(
        &mut self,
        job: String,
        delay_ms: u64,
        payload: String,
    ) -> wasmtime::Result<Result<String, ScheduleError>> {
        if self.mode == Mode::Plan {
            return Ok(Err(ScheduleError::ReadOnly));
        }
        if !self.connection.manifest.jobs.contains_key(&job) {
            return Ok(Err(ScheduleError::UnknownJob(job)));
        }
        if payload.len() > self.connection.limits.payload_bytes {
            return Ok(Err(ScheduleError::Full));
        }
        let woken = self.ports().wake_after(&job, delay_ms, &payload).await.map_err(fault("keep a wake-up"))?;
        Ok(woken.ok_or(ScheduleError::Full))
    }

    async fn cancel(&mut self, wake_up: String) -> wasmtime::Result<()> {
        if self.mode == Mode::Plan {
            return Ok(());
        }
        self.ports().wake_cancel(&wake_up).await.map_err(fault("take a wake-up back"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: &str) -> model::Entry {
        model::Entry { key: key.to_owned(), value: value.to_owned(), revision: 1 }
    }

    #[test]
    fn a_plan_sees_what_it_put_over_what_is_stored() {
        let mut scratch = ScratchMap::new();
        for (space, key, put) in [
            ("s", "a", Some("new")),
            ("s", "b", None),
            ("s", "c", Some("new")),
            ("s", "z", Some("new")),
            ("t", "d", Some("other")),
        ] {
            scratch.insert((space.to_owned(), key.to_owned()), put.map(|value| entry(key, value)));
        }
        let seen = |after: Option<&str>, to: Option<&str>| {
            let mut found: Vec<_> = ["b", "c", "d"]
                .map(|key| entry(key, "old"))
                .into_iter()
                .filter(|e| after.is_none_or(|a| e.key.as_str() > a))
                .collect();
            overlay(&mut found, &scratch, "s", after, to);
            found.iter().map(|entry| format!("{}={}", entry.key, entry.value)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(seen(None, None), "a=new c=new d=old z=new");
        assert_eq!(seen(None, Some("d")), "a=new c=new d=old", "what lies behind the page waits for the next");
        assert_eq!(seen(Some("c"), None), "d=old z=new");
    }

    #[test]
    fn a_log_line_is_one_line_and_cut_between_characters() {
        assert_eq!(plain("a\nb\u{1b}[31mc\n", 100), "a b [31mc");
        assert_eq!(plain("aé", 2), "a");
    }
}
