//! The verbs of the product: the one door for the command line, and later the API and the UI.
//!
//! A sync runs `observe → match → plan → gate → apply → verify → journal`. What decides
//! ([`rules`]) is pure: from data to data, without I/O. What acts
//! (`run`, `billing`) moves data between the store and the
//! connectors and decides nothing of its own.
//!
//! The engine knows no vendor, no SQL, no wasm and no way of printing. It takes times from
//! a [`Clock`] and tells of long work through a [`Progress`].

pub mod clock;
pub mod error;
pub mod rules;

mod billing;
mod desk;
mod ground;
mod run;
mod sync;
mod work;

/// Boxes the future of a public async function, so that this crate compiles its body: see `crosswalk`'s map.
use crate::run::report::RunReport;
use crate::run::report::PlanReport;
use crate::run::report::ApplyReport;
use crate::run::report::ApplyOptions;
use crate::ground::find::ChangeView;
pub(crate) use async_recursion::async_recursion as boxed;

pub use billing::{UsageBrake, UsageChoice, UsageFilter, UsageHistory, UsageLine, UsagePart, UsageState};
pub use desk::connections::{ConnectionView, HealthView, NewConnection};
pub use desk::customers::{
    Accepted, CUSTOMER_COLUMNS, ContractView, CustomerCounts, CustomerFilter, CustomerList, CustomerRow, CustomerState,
    CustomerView, Refreshed, Switched,
};
pub use desk::decisions::{Decided, TakenBack, Turn};
pub use desk::findings::{FindingList, FindingRow};
pub use desk::imports::{Import, ImportChange};
pub use desk::link_file::{LINK_COLUMNS, LinkRow};
pub use desk::links::{Decision, LinkFilter, LinkView};
pub use desk::plugins::{PluginAdded, PluginList, PluginView, UnusablePlugin, UsablePlugin};
pub use desk::prune::{PruneReport, PrunedRows};
pub use desk::query::LinkCount;
pub use desk::sheet;
pub use desk::swap::{SwapEnd, Swapped};
pub use desk::syncs::NewSync;
pub use desk::uncertain::{Found, UncertainView};
pub use desk::why::{Advice, Step, Trace};
pub use ground::accounts::{Checked, Standing};
pub use ground::claim;
pub use ground::progress::{NoProgress, Progress, Stage};
pub use ground::stop::Stop;
pub use ground::tenant::Tenant;
pub use run::alerts::AlertView;
pub use run::refresh::RefreshReport;
pub use run::undo::UndoOptions;
pub use work::schedule::{JobOutcome, JobReport};
pub use work::worker::WorkOptions;

pub use crosswalk_runtime::{Choice, Identity};
pub use crosswalk_store::{ChangeFilter, ChangeStatus, FindingFilter, FindingGroup, JournalEntry, JournalFilter};

use crate::clock::Clock;
use crate::error::Error;
use crate::ground::parts::Parts;
use crosswalk_model::{Retention, TenantName};
use crosswalk_runtime::Runtime;
use crosswalk_store::Store;
use std::path::PathBuf;
use std::sync::Arc;

/// The door. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    parts: Arc<Parts>,
}

impl Engine {
    /// Joins the parts.
    #[must_use]
    pub fn new(store: Store, runtime: Runtime, clock: Arc<dyn Clock>, data_dir: PathBuf) -> Self {
        Self { parts: Arc::new(Parts::new(store, runtime, clock, data_dir)) }
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

#[cfg(test)]
mod testkit;
