//! The handle of the whole engine: joins its parts, opens tenants, stops and closes.
//!
//! Verbs of plugins and of the schedule are in `desk` and `work`.

use super::parts::Parts;
use super::stop::Stop;
use super::tenant::Tenant;
use crate::boxed;
use crate::clock::Clock;
use crate::error::Error;
use crosswalk_model::{Call, Retention, TenantName, Verb, said};
use crosswalk_runtime::Runtime;
use crosswalk_store::Store;
use std::path::PathBuf;
use std::sync::Arc;

/// Entry point to the engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) parts: Arc<Parts>,
}

impl Engine {
    /// Joins the parts; `data_dir` holds component files.
    #[must_use]
    pub fn new(store: Store, runtime: Runtime, clock: Arc<dyn Clock>, data_dir: PathBuf) -> Self {
        Self { parts: Arc::new(Parts::new(store, runtime, clock, data_dir)) }
    }

    /// Sets the retention. Only the first call has an effect.
    #[must_use]
    pub fn keeping(self, retention: Retention) -> Self {
        self.parts.retention.get_or_init(|| retention);
        self
    }

    /// Returns the engine for one tenant.
    ///
    /// # Errors
    /// There is no such tenant.
    #[boxed]
    pub async fn tenant(&self, name: &TenantName) -> Result<Tenant, Error> {
        self.parts.note_clock().await?;
        let store = self.parts.store.tenant(name).await.map_err(|error| match error {
            crosswalk_store::StoreError::NotFound { .. } => {
                let (list, add) = (Call::of(Verb::TenantList), Call::of(Verb::TenantAdd).with("name", name));
                Error::not_found("tenant", name, said!("find-hint-tenant", list, add))
            }
            other => other.into(),
        })?;
        Ok(Tenant { name: name.clone(), store, parts: self.parts.clone(), queued: None })
    }

    /// Adds a tenant.
    ///
    /// # Errors
    /// The tenant exists.
    #[boxed]
    pub async fn tenant_add(&self, name: &TenantName) -> Result<(), Error> {
        Ok(self.parts.store.tenant_insert(name, self.parts.clock.now()).await?)
    }

    /// Names of all tenants.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn tenant_list(&self) -> Result<Vec<TenantName>, Error> {
        Ok(self.parts.store.tenant_list().await?)
    }

    /// Handle that makes running work break off where nothing is lost: runs end as partial, and the next ones go on
    /// from there.
    #[must_use]
    pub fn stop(&self) -> &Stop {
        &self.parts.stop
    }

    /// Waits for pending writes, then closes the database.
    #[boxed]
    pub async fn close(&self) {
        self.parts.store.close().await;
    }
}
