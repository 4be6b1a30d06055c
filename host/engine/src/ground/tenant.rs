//! The engine's handle for one tenant. Its verbs are in the files of their nouns.

use super::parts::Parts;
use crosswalk_model::{Actor, RunId, TenantName};
use crosswalk_store::TenantStore;
use std::sync::Arc;

/// One tenant's engine. Cheap to clone; no data of another tenant is reachable from it.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) name: TenantName,
    pub(crate) store: TenantStore,
    pub(crate) parts: Arc<Parts>,
    /// The queued run that the next run is; `None` means that it is a new one.
    pub(crate) queued: Option<RunId>,
}

impl Tenant {
    /// The tenant's name.
    #[must_use]
    pub fn name(&self) -> &TenantName {
        &self.name
    }

    /// Returns a handle whose verbs are done by an actor: its decisions, approvals, runs and journal entries are kept
    /// with it. [`Engine::tenant`](super::engine::Engine::tenant) returns one of [`Actor::Host`].
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { store: self.store.by(actor), ..self.clone() }
    }

    /// Returns a handle whose next run is one that was asked for.
    pub(crate) fn queued(&self, run: RunId) -> Self {
        Self { queued: Some(run), ..self.clone() }
    }
}
