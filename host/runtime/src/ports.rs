//! The services that the runtime needs from the rest of the host, declared here and implemented by
//! the engine over the store: identity storage, wake-ups, call budgets and a journal of refusals.
//! Each port serves one tenant and one connection, so no connector can name another's data.

use async_trait::async_trait;
use crosswalk_model::{BudgetTake, Entry, Kind, PutError, SyncName};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// The other side of an item's link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedTo {
    /// The sync of the link.
    pub sync: SyncName,
    /// The other side's kind.
    pub kind: Kind,
    /// The other side's id.
    pub id: String,
}

/// Entries that a plan-mode run put into `mapping`.
#[derive(Debug, Default)]
pub struct Scratch(pub(super) Mutex<Scratched>);

/// The entries of a [`Scratch`] and their size.
#[derive(Debug, Default)]
pub(super) struct Scratched {
    /// (space, key) → entry; `None` if removed.
    pub(super) entries: BTreeMap<(String, String), Option<Entry>>,
    /// Total bytes of keys and values.
    bytes: usize,
}

impl Scratch {
    /// Puts an entry, or records its removal.
    ///
    /// # Errors
    /// The limit that is reached; nothing is put.
    pub(super) fn put(
        &self,
        space: String,
        key: String,
        entry: Option<Entry>,
        most: usize,
        most_bytes: usize,
    ) -> Result<(), String> {
        let size = |entry: Option<&Entry>| entry.map_or(0, |entry| entry.key.len() + entry.value.len());
        let names = space.len() + key.len();
        let mut scratch = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let place = (space, key);
        let before = scratch.entries.get(&place).map(|there| names + size(there.as_ref()));
        if before.is_none() && scratch.entries.len() >= most {
            return Err(format!("a plan puts at most {most} entries"));
        }
        let bytes = scratch.bytes - before.unwrap_or(0) + names + size(entry.as_ref());
        if bytes > most_bytes {
            return Err(format!("a plan puts at most {most_bytes} bytes"));
        }
        scratch.bytes = bytes;
        scratch.entries.insert(place, entry);
        Ok(())
    }
}

/// Storage, clock and journal of the host for one connection. An `Err` is a fault of the host
/// itself (a full disk, say); its text is for the log.
#[async_trait]
pub trait Ports: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Returns the links of an item of this connection.
    async fn linked(&self, kind: Kind, id: &str) -> Result<Vec<LinkedTo>, String>;
    /// Returns one entry.
    async fn entry_get(&self, space: &str, key: &str) -> Result<Option<Entry>, String>;
    /// Stores an entry if its revision matches and there is room; returns the new revision.
    async fn entry_put(
        &self,
        space: &str,
        key: &str,
        value: &str,
        if_revision: Option<u64>,
    ) -> Result<Result<u64, PutError>, String>;
    /// Removes an entry.
    async fn entry_remove(&self, space: &str, key: &str) -> Result<(), String>;
    /// Returns up to `limit` entries of a space after a key, in order.
    async fn entries(&self, space: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, String>;
    /// Requests a wake-up and returns its id; `None` if 100 are pending.
    async fn wake_after(&self, job: &str, delay_ms: u64, payload: &str) -> Result<Option<String>, String>;
    /// Cancels a wake-up.
    async fn wake_cancel(&self, id: &str) -> Result<(), String>;
    /// Takes up to `wanted` calls from a bucket's sliding window, which all processes on this
    /// database share. Returns how many were granted or, if none, the milliseconds until one is
    /// free. The budget belongs to `account`, a digest of the vendor's address and the credentials.
    async fn budget_take(
        &self,
        account: &[u8; 32],
        bucket: &str,
        limit: u32,
        window_ms: i64,
        wanted: u32,
    ) -> Result<BudgetTake, String>;
    /// Journals that the gate refused a request `times` times, and what to grant.
    async fn refused(&self, sentence: &str, times: u32);
    /// Records that the connector crashed or was stopped at a limit; `sentence` gives the cause.
    async fn crashed(&self, sentence: &str);
    /// Records one line that a connector logged: level (`debug`, `info`, `warn`, `error`) and text.
    async fn logged(&self, level: &str, line: &str);
}
