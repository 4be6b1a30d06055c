//! The schedules of a tenant as they stand, and connections noted as sound.
//!
//! What is due and doing it is `work`'s.

use super::tenant::Tenant;
use crate::boxed;
use crate::error::Error;
use crosswalk_model::{ConnectionName, Schedule, Timestamp};

impl Tenant {
    /// What recurs in this tenant, by sync.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn schedule_list(&self) -> Result<Vec<Schedule>, Error> {
        Ok(self.store.schedule_list().await?)
    }
}

/// Notes that work with connections went without a crash. The work is done either way.
pub(crate) async fn note_sound(tenant: &Tenant, connections: &[&ConnectionName], began: Timestamp) {
    if let Err(error) = tenant.store.connections_sound(connections, began).await {
        tracing::warn!(?connections, %error, "that it went well could not be noted");
    }
}
