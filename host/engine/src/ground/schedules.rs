//! Lists a tenant's schedules, and notes connections whose work ended without a crash.
//!
//! Finding and doing what is due is `work`'s.

use super::tenant::Tenant;
use crate::boxed;
use crate::error::Error;
use crosswalk_model::{ConnectionName, Schedule, Timestamp};

impl Tenant {
    /// Returns the tenant's schedules, by sync.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn schedule_list(&self) -> Result<Vec<Schedule>, Error> {
        Ok(self.store.schedule_list().await?)
    }
}

/// Notes that work with connections ended without a crash. A failure to note it is only logged: the work is done either
/// way.
pub(crate) async fn note_sound(tenant: &Tenant, connections: &[&ConnectionName], began: Timestamp) {
    if let Err(error) = tenant.store.connections_sound(connections, began).await {
        tracing::warn!(?connections, %error, "that it went well could not be noted");
    }
}
