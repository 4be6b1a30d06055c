//! The ports of a plugin that runs without an account, or is measured without a database: nothing
//! is read or stored, and no budget is counted.

use super::ports::{LinkedTo, Ports};
use async_trait::async_trait;
use crosswalk_model::{BudgetTake, Entry, Kind, PutError};

/// Ports without an account.
#[derive(Debug, Clone, Copy)]
pub struct NoAccount;

#[async_trait]
impl Ports for NoAccount {
    fn now_ms(&self) -> i64 {
        0
    }
    async fn linked(&self, _: Kind, _: &str) -> Result<Vec<LinkedTo>, String> {
        Ok(Vec::new())
    }
    async fn entry_get(&self, _: &str, _: &str) -> Result<Option<Entry>, String> {
        Ok(None)
    }
    async fn entry_put(&self, _: &str, _: &str, _: &str, _: Option<u64>) -> Result<Result<u64, PutError>, String> {
        Ok(Err(PutError::Full("there is no account".to_owned())))
    }
    async fn entry_remove(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
    async fn entries(&self, _: &str, _: Option<&str>, _: usize) -> Result<Vec<Entry>, String> {
        Ok(Vec::new())
    }
    async fn wake_after(&self, _: &str, _: u64, _: &str) -> Result<Option<String>, String> {
        Ok(None)
    }
    async fn wake_cancel(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
    async fn budget_take(&self, _: &[u8; 32], _: &str, _: u32, _: i64, wanted: u32) -> Result<BudgetTake, String> {
        Ok(BudgetTake::Granted(wanted))
    }
    async fn crashed(&self, sentence: &str) {
        tracing::debug!(sentence, "a plugin crashed without an account");
    }
    async fn refused(&self, sentence: &str, times: u32) {
        tracing::warn!(sentence, times, "the gate refused a request that is in no journal");
    }
    async fn logged(&self, level: &str, line: &str) {
        tracing::debug!(level, line, "a plugin logged without an account");
    }
}
