//! One process at a time works on a sync, or does a job of a connector.
//!
//! Claims are leases of the store; here they are taken and asked for in a tenant's words.

use super::tenant::Tenant;
use crate::error::Error;
use crosswalk_store::{Claim, Lease, StoreError};

impl Tenant {
    /// Takes a claim, and returns this tenant for the work of it: writes fail once another process has taken the
    /// claim. It lasts until the lease is dropped.
    ///
    /// # Errors
    /// `Busy`: it is held, by this process or another.
    pub(crate) async fn claimed(&self, claim: &Claim) -> Result<(Self, Lease), Error> {
        let lease = self.store.claim_take(claim).await.map_err(|error| match error {
            StoreError::Held { claim } => Error::Busy {
                message: format!("another process is {claim}"),
                hint: match claim {
                    Claim::Sync(_) => {
                        "wait until it is done, or stop it: nothing is lost, the next run goes on from there"
                    }
                    Claim::Job { .. } => "wait until it is done",
                }
                .to_owned(),
            },
            other => other.into(),
        })?;
        Ok((Self { store: lease.store().clone(), ..self.clone() }, lease))
    }

    /// Whether somebody works under a claim. What cannot be asked counts as held.
    pub(crate) async fn is_claimed(&self, claim: &Claim) -> bool {
        self.store.claim_is_held(claim).await.unwrap_or(true)
    }
}
