//! Wake-ups that connectors asked for: kept in the store, run by a tick.
//!
//! One idempotent function looks at what is due and acts; whoever calls it gives no
//! hints. Later a daemon calls it by time; today the command line does.

use super::Tenant;
use crate::error::Error;
use crate::model::Mode;
use crate::runtime::CallContext;
use serde::Serialize;
use std::sync::Arc;

/// One wake-up that was run.
#[derive(Debug, Clone, Serialize)]
pub struct Woken {
    /// The connection.
    pub connection: String,
    /// The job.
    pub job: String,
    /// How many things it signalled, or why it failed.
    pub outcome: Result<usize, String>,
}

impl Tenant {
    /// Runs every wake-up that is due. A job reads, keeps what it needs, and may ask to be woken again.
    ///
    /// # Errors
    /// The database's; a job's failure is in its [`Woken`].
    pub async fn tick(&self) -> Result<Vec<Woken>, Error> {
        let mut woken = Vec::new();
        for wake in self.store.wakes_due(self.parts.clock.now()).await? {
            // Taken out first: a job that kills the process is not run for ever.
            self.store.wake_done(&wake).await?;
            // It may keep things and ask to be woken again; with no batch there is no change to write for.
            let context = CallContext { mode: Mode::Apply, scratch: Arc::default() };
            let outcome = match self.open(&wake.connection).await {
                Ok(opened) => opened
                    .connector
                    .run_job(&context, &wake.job, &wake.payload)
                    .await
                    .map_err(|failure| failure.to_string()),
                Err(error) => Err(error.to_string()),
            };
            woken.push(Woken {
                connection: wake.connection.to_string(),
                job: wake.job,
                outcome: outcome.map(|signals| signals.len()),
            });
        }
        Ok(woken)
    }
}
