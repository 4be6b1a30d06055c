//! The engine's door for one tenant. Its methods stand in the files of their nouns.

use super::parts::Parts;
use crosswalk_model::TenantName;
use crosswalk_store::TenantStore;
use std::sync::Arc;

/// One tenant's engine. Cheap to clone; nothing of another tenant can be reached from it.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) name: TenantName,
    pub(crate) store: TenantStore,
    pub(crate) parts: Arc<Parts>,
}

impl Tenant {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &TenantName {
        &self.name
    }
}
