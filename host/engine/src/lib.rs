//! The verbs of the product: the one door for the command line, and later the API and the UI.
//!
//! A sync runs `observe → match → plan → gate → apply → verify → journal`. What decides
//! ([`matching`], [`plan`], [`brakes`]) is pure: from data to data, without I/O. What acts
//! (`observe`, `planning`, `apply`, `recover`) moves data between the store and the
//! connectors and decides nothing of its own.
//!
//! The engine knows no vendor, no SQL, no wasm and no way of printing. It takes times from
//! a [`Clock`] and tells of long work through a [`Progress`].

pub mod brakes;
pub mod clock;
pub mod error;
pub mod matching;
pub mod names;
pub mod plan;
pub mod serials;

mod accounts;
mod alerts;
mod anew;
mod apply;
pub mod claim;
mod connections;
mod context;
mod customers;
mod decisions;
mod doubt;
mod findings;
mod grants;
mod held;
mod imports;
mod link_file;
mod links;
mod look_up;
mod observe;
mod overdue;
mod places;
mod planning;
mod plugins;
mod ports;
mod progress;
mod prune;
mod query;
mod reading;
mod recover;
mod refresh;
mod reverse;
mod schedule;
mod settle;
pub mod sheet;
mod stop;
mod swap;
mod syncs;
mod tenant;
mod uncertain;
mod undo;
mod usage;
mod walk;
mod why;
mod worker;

/// Boxes the future of a public async function, so that this crate compiles its body: see `crosswalk`'s map.
pub(crate) use async_recursion::async_recursion as boxed;

pub use accounts::{Checked, Standing};
pub use alerts::AlertView;
pub use apply::{ApplyOptions, ApplyReport};
pub use connections::{ConnectionView, HealthView, NewConnection};
pub use customers::{
    Accepted, CUSTOMER_COLUMNS, ContractView, CustomerCounts, CustomerFilter, CustomerList, CustomerRow, CustomerState,
    CustomerView, Refreshed, Switched,
};
pub use decisions::{Decided, TakenBack, Turn};
pub use findings::{FindingList, FindingRow};
pub use imports::{Import, ImportChange};
pub use link_file::{LINK_COLUMNS, LinkRow};
pub use links::{Decision, LinkFilter, LinkView};
pub use planning::{PlanReport, RunReport};
pub use plugins::{PluginAdded, PluginList, PluginView, UnusablePlugin, UsablePlugin};
pub use progress::{NoProgress, Progress, Stage};
pub use prune::{PruneReport, PrunedRows};
pub use query::{ChangeView, LinkCount};
pub use refresh::RefreshReport;
pub use schedule::{JobOutcome, JobReport};
pub use stop::Stop;
pub use swap::{SwapEnd, Swapped};
pub use syncs::NewSync;
pub use tenant::Tenant;
pub use uncertain::{Found, UncertainView};
pub use undo::UndoOptions;
pub use usage::{UsageBrake, UsageChoice, UsageFilter, UsageHistory, UsageLine, UsagePart, UsageState};
pub use why::{Advice, Step, Trace};
pub use worker::WorkOptions;

pub use crosswalk_runtime::{Choice, Identity};
pub use crosswalk_store::{ChangeFilter, ChangeStatus, FindingFilter, FindingGroup, JournalEntry, JournalFilter};

use crate::clock::Clock;
use crate::error::Error;
use crosswalk_model::{Retention, TenantName};
use crosswalk_runtime::{Plugin, Runtime};
use crosswalk_store::Store;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<Parts>,
}

/// What the engine is made of; `app` joins it.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) runtime: Runtime,
    pub(crate) clock: Arc<dyn Clock>,
    /// Where component files and claims are kept.
    pub(crate) data_dir: PathBuf,
    /// Components in use, by digest: compiled or taken from the cache once a process.
    pub(crate) loaded: Mutex<HashMap<String, Plugin>>,
    /// Whether work shall break off at the next place where nothing is lost.
    pub(crate) stop: Stop,
    /// What is kept how long; the usual, where nobody said.
    pub(crate) retention: OnceLock<Retention>,
    /// What look-ups hold in memory at this time.
    held: held::Held,
    /// What the clock said when it was noted last, in milliseconds since 1970.
    clock_noted: AtomicI64,
}

/// How long the clock is not looked at again while it goes on.
const CLOCK_NOTED_MS: i64 = 1_000;

impl Engine {
    /// Joins the parts.
    #[must_use]
    pub fn new(store: Store, runtime: Runtime, clock: Arc<dyn Clock>, data_dir: PathBuf) -> Self {
        Self {
            parts: Arc::new(Parts {
                store,
                runtime,
                clock,
                data_dir,
                loaded: Mutex::default(),
                stop: Stop::default(),
                retention: OnceLock::new(),
                held: held::Held::default(),
                clock_noted: AtomicI64::new(i64::MIN),
            }),
        }
    }

    /// The same, with another retention; the first that is given holds.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        self.parts.retention.get_or_init(|| retention);
        self
    }

    /// The engine for one tenant.
    ///
    /// # Errors
    /// There is no such tenant.
    #[boxed]
    pub async fn tenant(&self, name: &TenantName) -> Result<Tenant, Error> {
        self.parts.note_clock().await?;
        let store = self.parts.store.tenant(name).await.map_err(|error| match error {
            crosswalk_store::StoreError::NotFound { .. } => {
                Error::not_found("tenant", name, "`crosswalk tenant list` names them, `crosswalk tenant add` makes one")
            }
            other => other.into(),
        })?;
        Ok(Tenant { name: name.clone(), store, parts: self.parts.clone() })
    }

    /// Adds a tenant.
    ///
    /// # Errors
    /// It exists.
    #[boxed]
    pub async fn tenant_add(&self, name: &TenantName) -> Result<(), Error> {
        Ok(self.parts.store.tenant_insert(name, self.parts.clock.now()).await?)
    }

    /// The tenants.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn tenant_list(&self) -> Result<Vec<TenantName>, Error> {
        Ok(self.parts.store.tenant_list().await?)
    }

    /// The handle that makes work under way break off where nothing is lost: runs end as
    /// partial, and the next ones go on from there.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.parts.stop
    }

    /// Waits for what is still to be written, and closes the database.
    #[boxed]
    pub async fn close(&self) {
        self.parts.store.close().await;
    }
}

impl Parts {
    /// Notes what the clock says, and tells in the log and in each tenant's journal where it went back or leapt.
    pub(crate) async fn note_clock(&self) -> Result<(), Error> {
        let (store, now) = (&self.store, self.clock.now());
        let noted = self.clock_noted.load(Ordering::Relaxed);
        if (0..CLOCK_NOTED_MS).contains(&now.0.saturating_sub(noted)) {
            return Ok(());
        }
        let step = store.clock_note(now).await?;
        self.clock_noted.store(now.0, Ordering::Relaxed);
        let Some(step) = step else { return Ok(()) };
        let each: Vec<String> = step.taken_back.iter().map(|(what, rows)| format!("{rows} {what}")).collect();
        let mut message = format!("the clock went from {} to {now}", step.before);
        if !each.is_empty() {
            message.push_str(&format!("; times that lay too far ahead were taken back: {}", each.join(", ")));
        }
        tracing::warn!("{message}");
        for tenant in store.tenant_list().await? {
            let entry = crosswalk_store::JournalEntry {
                event: "clock".to_owned(),
                message: message.clone(),
                ..crosswalk_store::JournalEntry::at(now)
            };
            store.tenant(&tenant).await?.journal_append(None, &[entry]).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod testkit;
