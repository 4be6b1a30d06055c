//! Journal entries of a person's decisions: builds them, and leaves storing them to the write they belong to.

use super::tenant::Tenant;
use crate::error::Error;
use crosswalk_model::{Event, Said, SyncName};
use crosswalk_store::{JournalEntry, TenantStore};

/// Returns a handle of the store whose next write also journals a decision about settings, in the same transaction.
pub(crate) fn noting(
    tenant: &Tenant,
    sync: Option<&SyncName>,
    event: Event,
    message: Said,
) -> Result<TenantStore, Error> {
    Ok(tenant.store.noting(sync, &[entry(tenant, event, message)])?)
}

/// Returns a journal entry with the current time.
pub(crate) fn entry(tenant: &Tenant, event: Event, message: Said) -> JournalEntry {
    JournalEntry { event, message, ..JournalEntry::at(tenant.parts.clock.now()) }
}
