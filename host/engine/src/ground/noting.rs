//! Journal lines of a person's decisions.

use super::tenant::Tenant;
use crate::error::Error;
use crosswalk_model::SyncName;
use crosswalk_store::{JournalEntry, TenantStore};

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
