//! NEW

use crosswalk_store::TenantStore;
use crosswalk_store::JournalEntry;
use crosswalk_model::SyncName;
use super::tenant::Tenant;
use crate::error::Error;

impl Tenant {
    /// A handle of the store whose next write also journals a decision about settings, in the same transaction.
    pub(crate) fn noting(&self, sync: Option<&SyncName>, event: &str, message: String) -> Result<TenantStore, Error> {
        Ok(self.store.noting(sync, &[self.entry(event, message)])?)
    }

    /// A journal entry of now.
    pub(crate) fn entry(&self, event: &str, message: String) -> JournalEntry {
        JournalEntry { event: event.to_owned(), message, ..JournalEntry::at(self.parts.clock.now()) }
    }
}
