//! One process at a time works on a sync, or does a job of a connector.
//!
//! Claims are leases of the store; here they are taken and asked for in a tenant's words.

use super::tenant::Tenant;
use crate::error::Error;
use crosswalk_store::{Claim, Lease, StoreError};

/// Takes a claim, and returns this tenant for the work of it: writes fail once another process has taken the
/// claim. It lasts until the lease is dropped.
///
/// # Errors
/// `Busy`: it is held, by this process or another.
pub(crate) async fn claimed(tenant: &Tenant, claim: &Claim) -> Result<(Tenant, Lease), Error> {
    let lease = tenant.store.claim_take(claim).await.map_err(|error| match error {
        StoreError::Held { claim } => Error::Busy {
            message: format!("another process is {claim}"),
            hint: match claim {
                Claim::Sync(_) => "wait until it is done, or stop it: nothing is lost, the next run goes on from there",
                Claim::Job { .. } => "wait until it is done",
            }
            .to_owned(),
        },
        other => other.into(),
    })?;
    Ok((Tenant { store: lease.store().clone(), ..tenant.clone() }, lease))
}

/// Whether somebody works under a claim. What cannot be asked counts as held.
pub(crate) async fn is_claimed(tenant: &Tenant, claim: &Claim) -> bool {
    tenant.store.claim_is_held(claim).await.unwrap_or(true)
}
