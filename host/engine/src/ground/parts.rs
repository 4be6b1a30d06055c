//! The parts of the engine that all tenants share: database, runtime, clock, data folder.
//!
//! Holds them and notes the clock; verbs are in the other rooms.

use super::held;
use super::stop::Stop;
use crate::clock::Clock;
use crate::error::Error;
use crosswalk_model::said::Arg;
use crosswalk_model::{Retention, said};
use crosswalk_runtime::{Plugin, Runtime};
use crosswalk_store::Store;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// Shared parts of the engine; the program's `app` joins them.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) clock: Arc<dyn Clock>,
    /// Folder of component files.
    pub(crate) data_dir: PathBuf,
    /// Components in use, by digest: compiled or taken from the cache once a process.
    pub(crate) loaded: Mutex<HashMap<String, Plugin>>,
    /// Asks work to break off at the next place where nothing is lost.
    pub(crate) stop: Stop,
    /// Retention of stored data; the default where it is not set.
    pub(crate) retention: OnceLock<Retention>,
    /// Memory that look-ups hold at present.
    pub(crate) held: held::Held,
    /// Time last noted, in milliseconds since 1970.
    clock_noted: AtomicI64,
}

/// Milliseconds for which a clock that runs forward is not noted again.
const CLOCK_NOTED_MS: i64 = 1_000;

impl Parts {
    /// Joins the parts.
    pub(crate) fn new(store: Store, runtime: Runtime, clock: Arc<dyn Clock>, data_dir: PathBuf) -> Self {
        Self {
            store,
            runtime,
            clock,
            data_dir,
            loaded: Mutex::default(),
            stop: Stop::default(),
            retention: OnceLock::new(),
            held: held::Held::default(),
            clock_noted: AtomicI64::new(i64::MIN),
        }
    }

    /// Notes the time; logs and journals, for each tenant, a clock that went back or leapt.
    pub(crate) async fn note_clock(&self) -> Result<(), Error> {
        let (store, now) = (&self.store, self.clock.now());
        let noted = self.clock_noted.load(Ordering::Relaxed);
        if (0..CLOCK_NOTED_MS).contains(&now.0.saturating_sub(noted)) {
            return Ok(());
        }
        let step = store.clock_note(now).await?;
        self.clock_noted.store(now.0, Ordering::Relaxed);
        let Some(step) = step else { return Ok(()) };
        let reset = step.taken_back.iter().map(|(what, rows)| {
            // The store's description, as the word by which the catalogues choose theirs.
            said!("clock-reset", what = what.replace(' ', "-"), count = *rows)
        });
        let before = step.before;
        let message = match step.taken_back.is_empty() {
            true => said!("clock-stepped", before, now),
            false => said!("clock-stepped-and-reset", before, now, reset = Arg::list(reset)),
        };
        tracing::warn!("{message}");
        for tenant in store.tenant_list().await? {
            let entry = crosswalk_store::JournalEntry {
                event: crosswalk_model::Event::Clock,
                message: message.clone(),
                ..crosswalk_store::JournalEntry::at(now)
            };
            store.tenant(&tenant).await?.journal_append(None, &[entry]).await?;
        }
        Ok(())
    }
}
