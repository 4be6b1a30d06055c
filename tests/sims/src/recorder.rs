//! What a sim was asked, call by call, for a benchmark that makes the same calls again.
//!
//! Off until `POST /_sim/record`; `GET /_sim/recording` gives what came since, in the order of arrival,
//! and ends it. Of replies only those to writes are kept: they tell the id of what was made.
//! Leaves alone: headers, which whoever replays has of its own, and calls that were refused.

use http::request::Parts;
use parking_lot::Mutex;
use serde_json::{Value, json};

/// The recorder of one server.
#[derive(Debug, Default)]
pub(crate) struct Recorder(Mutex<Option<Vec<Recorded>>>);

#[derive(Debug)]
struct Recorded {
    method: String,
    /// Path and query.
    path: String,
    body: String,
    reply: String,
}

impl Recorder {
    /// Starts anew.
    pub(crate) fn start(&self) {
        *self.0.lock() = Some(Vec::new());
    }

    /// Keeps a call; gives its place for [`reply`](Self::reply).
    pub(crate) fn call(&self, head: &Parts, body: &[u8]) -> Option<usize> {
        let mut calls = self.0.lock();
        let calls = calls.as_mut()?;
        calls.push(Recorded {
            method: head.method.to_string(),
            path: head.uri.path_and_query().map_or_else(String::new, ToString::to_string),
            body: String::from_utf8_lossy(body).into_owned(),
            reply: String::new(),
        });
        Some(calls.len() - 1)
    }

    /// Keeps the reply of a call.
    pub(crate) fn reply(&self, place: Option<usize>, body: &[u8]) {
        if let Some(place) = place
            && let Some(call) = self.0.lock().as_mut().and_then(|calls| calls.get_mut(place))
        {
            call.reply = String::from_utf8_lossy(body).into_owned();
        }
    }

    /// All calls as `[[method, path, body, reply], …]`; recording ends.
    pub(crate) fn take(&self) -> Vec<u8> {
        let calls = self.0.lock().take().unwrap_or_default();
        let rows = calls.into_iter().map(|call| json!([call.method, call.path, call.body, call.reply]));
        Value::Array(rows.collect()).to_string().into_bytes()
    }
}
