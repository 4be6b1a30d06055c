//! Claims: one process at a time works on a sync, or runs a connector's job.
//!
//! Claims are leases of the store; this file takes and queries them for a tenant.

use super::tenant::Tenant;
use crate::error::Error;
use crosswalk_store::{Claim, Lease, StoreError};

/// Takes a claim and returns this tenant bound to it: writes through it fail once another process has taken the claim.
/// The claim lasts until the lease is dropped.
///
/// # Errors
/// `Busy`: the claim is held, by this process or another.
pub(crate) async fn claimed(tenant: &Tenant, claim: &Claim) -> Result<(Tenant, Lease), Error> {
    let lease = tenant.store.claim_take(claim).await.map_err(|error| match error {
        StoreError::File { path, source } => Error::File { path: path.display().to_string(), source },
        other => other.into(),
    })?;
    Ok((Tenant { store: lease.store().clone(), ..tenant.clone() }, lease))
}

/// Reports whether a claim is held. A claim that cannot be queried counts as held.
pub(crate) async fn is_claimed(tenant: &Tenant, claim: &Claim) -> bool {
    tenant.store.claim_is_held(claim).await.unwrap_or(true)
}
