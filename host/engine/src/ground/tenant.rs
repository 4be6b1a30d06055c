//! The engine's handle for one tenant. Its verbs are in the files of their nouns.

use super::parts::Parts;
use crosswalk_model::TenantName;
use crosswalk_store::TenantStore;
use std::sync::Arc;

/// One tenant's engine. Cheap to clone; no data of another tenant is reachable from it.
#[derive(Clone)]
pub struct Tenant {
    pub(crate) name: TenantName,
    pub(crate) store: TenantStore,
    pub(crate) parts: Arc<Parts>,
}

impl Tenant {
    /// The tenant's name.
    #[must_use]
    pub fn name(&self) -> &TenantName {
        &self.name
    }
}
