//! The host's side of a connection, in memory.

use crate::{LinkedTo, Ports};
use async_trait::async_trait;
use crosswalk_model::{BudgetTake, Entry, Kind, PutError};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

/// Records what it receives; a bucket's window never moves.
#[derive(Default)]
pub(crate) struct TestPorts {
    pub(crate) entries: Mutex<BTreeMap<(String, String), Entry>>,
    pub(crate) budget: Mutex<HashMap<String, u32>>,
    pub(crate) takes: AtomicUsize,
    pub(crate) refusals: Mutex<Vec<String>>,
    pub(crate) crashes: Mutex<Vec<String>>,
    pub(crate) lines: Mutex<Vec<String>>,
    pub(crate) wakes: Mutex<Vec<String>>,
    /// Milliseconds since [`NOW_MS`].
    pub(crate) passed_ms: AtomicI64,
    /// Whether the host fails.
    pub(crate) panics: AtomicBool,
}

/// The start of every test: 2026-01-31T09:30:00Z.
pub(crate) const NOW_MS: i64 = 1_769_851_800_000;

#[async_trait]
impl Ports for TestPorts {
    fn now_ms(&self) -> i64 {
        NOW_MS + self.passed_ms.load(Ordering::Relaxed)
    }
    async fn linked(&self, _: Kind, _: &str) -> Result<Vec<LinkedTo>, String> {
        Ok(Vec::new())
    }
    async fn entry_get(&self, space: &str, key: &str) -> Result<Option<Entry>, String> {
        Ok(self.entries.lock().unwrap().get(&(space.to_owned(), key.to_owned())).cloned())
    }
    async fn entry_put(
        &self,
        space: &str,
        key: &str,
        value: &str,
        _: Option<u64>,
    ) -> Result<Result<u64, PutError>, String> {
        let entry = Entry { key: key.to_owned(), value: value.to_owned(), revision: 1 };
        self.entries.lock().unwrap().insert((space.to_owned(), key.to_owned()), entry);
        Ok(Ok(1))
    }
    async fn entry_remove(&self, space: &str, key: &str) -> Result<(), String> {
        self.entries.lock().unwrap().remove(&(space.to_owned(), key.to_owned()));
        Ok(())
    }
    async fn entries(&self, space: &str, after: Option<&str>, limit: usize) -> Result<Vec<Entry>, String> {
        let entries = self.entries.lock().unwrap();
        let of_space =
            entries.iter().filter(|((own, key), _)| own == space && after.is_none_or(|after| key.as_str() > after));
        Ok(of_space.map(|(_, entry)| entry.clone()).take(limit).collect())
    }
    async fn wake_after(&self, job: &str, _: u64, _: &str) -> Result<Option<String>, String> {
        self.wakes.lock().unwrap().push(job.to_owned());
        Ok(Some(job.to_owned()))
    }
    async fn wake_cancel(&self, _: &str) -> Result<(), String> {
        Ok(())
    }
    async fn budget_take(
        &self,
        _: &[u8; 32],
        bucket: &str,
        limit: u32,
        window_ms: i64,
        wanted: u32,
    ) -> Result<BudgetTake, String> {
        self.takes.fetch_add(1, Ordering::Relaxed);
        let mut budget = self.budget.lock().unwrap();
        let taken = budget.entry(bucket.to_owned()).or_default();
        let got = wanted.min(limit - *taken);
        *taken += got;
        Ok(if got == 0 { BudgetTake::Wait(window_ms as u64) } else { BudgetTake::Granted(got) })
    }
    async fn refused(&self, sentence: &str, times: u32) {
        self.refusals.lock().unwrap().push(if times == 1 {
            sentence.to_owned()
        } else {
            format!("{times} × {sentence}")
        });
    }
    async fn crashed(&self, sentence: &str) {
        self.crashes.lock().unwrap().push(sentence.to_owned());
    }
    async fn logged(&self, level: &str, line: &str) {
        assert!(!self.panics.load(Ordering::Relaxed), "a bug of the host, on purpose");
        self.lines.lock().unwrap().push(format!("{level}: {line}"));
    }
}
