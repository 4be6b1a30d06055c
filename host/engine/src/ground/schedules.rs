//! NEW

use crosswalk_model::Timestamp;
use crosswalk_model::Schedule;
use crosswalk_model::ConnectionName;
use super::tenant::Tenant;
use crate::error::Error;
use crate::boxed;

impl Tenant {
    /// What recurs in this tenant, by sync.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn schedule_list(&self) -> Result<Vec<Schedule>, Error> {
        Ok(self.store.schedule_list().await?)
    }

    /// Notes that work with connections went without a crash. The work is done either way.
    pub(crate) async fn note_sound(&self, connections: &[&ConnectionName], began: Timestamp) {
        if let Err(error) = self.store.connections_sound(connections, began).await {
            tracing::warn!(?connections, %error, "that it went well could not be noted");
        }
    }
}
