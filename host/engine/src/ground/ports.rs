//! The engine's side of [`runtime::Ports`](crosswalk_runtime::Ports), over the store, for one connection.
//!
//! Stores and logs what a connector asks for; limits on its calls are the runtime's.

use crate::clock::Clock;
use async_trait::async_trait;
use crosswalk_model::{BudgetTake, ConnectionName, Entry, Kind, PutError};
use crosswalk_runtime::{LinkedTo, Ports};
use crosswalk_store::TenantStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Longest delay of a wake-up, in milliseconds: a number from outside cannot stop a job for longer.
const LONGEST_DELAY_MS: u64 = 31 * 24 * 3_600_000;

/// Ports of one connection of one tenant.
pub(crate) struct ConnectionPorts {
    pub(crate) store: TenantStore,
    pub(crate) connection: ConnectionName,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether a crash was noted: a connector that crashes in each call of one run counts once.
    pub(crate) crashed: AtomicBool,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[async_trait]
impl Ports for ConnectionPorts {
    fn now_ms(&self) -> i64 {
        self.clock.now().0
    }

    async fn linked(&self, kind: Kind, id: &str) -> Result<Vec<LinkedTo>, String> {
        let links = self.store.linked_by_item(&self.connection, kind, id).await.map_err(text)?;
        Ok(links.into_iter().map(|(sync, kind, id)| LinkedTo { sync, kind, id }).collect())
    }

    async fn entry_get(&self, space: &str, key: &str) -> Result<Option<Entry>, String> {
        self.store.entry_get(&self.connection, space, key).await.map_err(text)
    }

    async fn entry_put(
        &self,
        space: &str,
        key: &str,
        value: &str,
        if_revision: Option<u64>,
    ) -> Result<Result<u64, PutError>, String> {
        self.store.entry_put(&self.connection, space, key, value, if_revision).await.map_err(text)
    }

    async fn entry_remove(&self, space: &str, key: &str) -> Result<(), String> {
        self.store.entry_remove(&self.connection, space, key).await.map_err(text)
    }

    async fn entries(&self, space: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, String> {
        self.store.entries(&self.connection, space, after, limit).await.map_err(text)
    }

    async fn wake_after(&self, job: &str, delay_ms: u64, payload: &str) -> Result<Option<String>, String> {
        let now = self.clock.now();
        let earliest = self.store.wake_earliest(&self.connection, now).await.map_err(text)?;
        let delay_ms = i64::try_from(delay_ms.min(LONGEST_DELAY_MS)).unwrap_or(i64::MAX);
        let due = now.plus_ms(delay_ms).max(earliest);
        self.store.wake_later(&self.connection, job, payload, (now, due)).await.map_err(text)
    }

    async fn wake_cancel(&self, id: &str) -> Result<(), String> {
        self.store.wake_cancel(&self.connection, id).await.map_err(text)
    }

    async fn budget_take(
        &self,
        account: &[u8; 32],
        bucket: &str,
        limit: u32,
        window_ms: i64,
        wanted: u32,
    ) -> Result<BudgetTake, String> {
        let now = self.clock.now();
        self.store.budget_take(account, bucket, limit, window_ms, wanted, now).await.map_err(text)
    }

    async fn refused(&self, sentence: &str, times: u32) {
        if let Err(error) = self.store.refusal_note(&self.connection, sentence, times, self.clock.now()).await {
            tracing::error!(connection = %self.connection, %error, "a refusal could not be journalled");
        }
    }

    async fn crashed(&self, sentence: &str) {
        if self.crashed.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.store.connection_crashed(&self.connection, sentence, self.clock.now()).await {
            tracing::error!(connection = %self.connection, %error, "a crash could not be noted");
        }
    }

    async fn logged(&self, level: &str, line: &str) {
        match level {
            "error" => tracing::error!(connection = %self.connection, "{line}"),
            "warn" => tracing::warn!(connection = %self.connection, "{line}"),
            "info" => tracing::info!(connection = %self.connection, "{line}"),
            _ => tracing::debug!(connection = %self.connection, "{line}"),
        }
    }
}
