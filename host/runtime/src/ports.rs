//! What the runtime needs from the rest of the host, declared here and implemented by
//! the engine over the store: identity storage, wake-ups, call budgets, and a journal
//! of refusals. Every port is made for one tenant and one connection, so that no
//! connector can name another's.

use async_trait::async_trait;
use crosswalk_model::{BudgetTake, Entry, Kind, PutError, SyncName};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Where an item is linked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedTo {
    /// In which sync.
    pub sync: SyncName,
    /// The other side's kind.
    pub kind: Kind,
    /// The other side's id.
    pub id: String,
}

/// What a plan-mode run put into `mapping`.
#[derive(Debug, Default)]
pub struct Scratch(pub(super) Mutex<Scratched>);

/// See [`Scratch`].
#[derive(Debug, Default)]
pub(super) struct Scratched {
    /// (space, key) → entry, none when removed.
    pub(super) entries: BTreeMap<(String, String), Option<Entry>>,
    /// Bytes of all keys and values.
    bytes: usize,
}

impl Scratch {
    /// Puts an entry, or notes that one is removed.
    ///
    /// # Errors
    /// The limit that is reached, in words; nothing is put then.
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

/// The host's storage, clock and journal for one connection. An `Err` is a fault of
/// the host itself (a full disk, say); its text is for the log.
#[async_trait]
pub trait Ports: Send + Sync {
    /// Milliseconds since 1970.
    fn now_ms(&self) -> i64;
    /// Links of an item of this connection.
    async fn linked(&self, kind: Kind, id: &str) -> Result<Vec<LinkedTo>, String>;
    /// One entry.
    async fn entry_get(&self, space: &str, key: &str) -> Result<Option<Entry>, String>;
    /// Stores an entry, if it has the revision, and if there is room; gives the new revision.
    async fn entry_put(
        &self,
        space: &str,
        key: &str,
        value: &str,
        if_revision: Option<u64>,
    ) -> Result<Result<u64, PutError>, String>;
    /// Removes an entry.
    async fn entry_remove(&self, space: &str, key: &str) -> Result<(), String>;
    /// Up to `limit` entries of a space after a key, in order.
    async fn entries(&self, space: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, String>;
    /// Asks for a wake-up; none when 100 are pending. Gives its id.
    async fn wake_after(&self, job: &str, delay_ms: u64, payload: &str) -> Result<Option<String>, String>;
    /// Takes a wake-up back.
    async fn wake_cancel(&self, id: &str) -> Result<(), String>;
    /// Takes up to `wanted` calls out of a bucket's sliding window, shared by every
    /// process that uses this database. Gives how many it got; with none, how many
    /// milliseconds until one is free.
    /// The budget is the account's, a digest of where its vendor is and of its credentials.
    async fn budget_take(
        &self,
        account: &[u8; 32],
        bucket: &str,
        limit: u32,
        window_ms: i64,
        wanted: u32,
    ) -> Result<BudgetTake, String>;
    /// Writes down that the gate refused something so many times, and what to grant.
    async fn refused(&self, sentence: &str, times: u32);
    /// Notes that the connector crashed or was stopped at a limit; the sentence says how.
    async fn crashed(&self, sentence: &str);
    /// One line a connector logged: level (`debug`, `info`, `warn`, `error`) and text.
    async fn logged(&self, level: &str, line: &str);
}
