//! A person's decisions about target customers that the source does not have.

use super::rows::{collect, word};
use super::syncs::sync_id;
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ReverseDecision, SyncName, Timestamp};
use rusqlite::params;
use std::collections::HashMap;

impl TenantStore {
    /// Returns all decisions of a sync, by target customer.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn reverse_all(&self, sync: &SyncName) -> Result<HashMap<String, ReverseDecision>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select =
                db.prepare_cached("SELECT target, decision FROM reverse_decisions WHERE tenant = ?1 AND sync = ?2")?;
            Ok(collect(select.query([tenant, sync])?, |row| Ok((row.get(0)?, word(row, 1)?)))?.into_iter().collect())
        })
        .await
    }

    /// Stores a decision about a target customer; `None` withdraws it.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn reverse_put(
        &self,
        sync: &SyncName,
        target: &str,
        decision: Option<ReverseDecision>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, sync, target) = (self.id, sync.clone(), target.to_owned());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            match decision {
                Some(decision) => db
                    .prepare_cached(
                        "INSERT INTO reverse_decisions (tenant, sync, target, decision, decided_at) \
                         VALUES (?1, ?2, ?3, ?4, ?5) \
                         ON CONFLICT DO UPDATE SET decision = excluded.decision, decided_at = excluded.decided_at",
                    )?
                    .execute(params![tenant, sync, target, decision.as_str(), at.0])?,
                None => db
                    .prepare_cached("DELETE FROM reverse_decisions WHERE tenant = ?1 AND sync = ?2 AND target = ?3")?
                    .execute(params![tenant, sync, target])?,
            };
            Ok(())
        })
        .await
    }
}
