//! Reads for people and lists: plans, runs, the journal, counts of links. Changes nothing.

use crate::boxed;
use crate::error::Error;
use crate::ground::find::no_plan;
use crate::ground::tenant::Tenant;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, LinkState, Plan, PlanId, Run, RunId, SyncName, said};
use crosswalk_store::{JournalEntry, JournalFilter};
use serde::Serialize;
use std::collections::HashMap;

/// Number of links of a kind in a state.
#[derive(Debug, Clone, Serialize)]
pub struct LinkCount {
    /// The kind.
    pub kind: Kind,
    /// The state.
    pub state: LinkState,
    /// Number of links.
    pub links: u64,
}

impl Tenant {
    /// Returns a plan without its changes.
    ///
    /// # Errors
    /// There is no plan with this id.
    #[boxed]
    pub async fn plan_show(&self, plan: PlanId) -> Result<Plan, Error> {
        self.store.plan_get(plan).await?.ok_or_else(|| no_plan(plan))
    }

    /// Returns the newest plans of a sync.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn plan_list(&self, sync: &SyncName, limit: usize) -> Result<Vec<Plan>, Error> {
        self.sync(sync).await?;
        Ok(self.store.plan_list(sync, limit).await?)
    }

    /// Returns the names of customers at the source, by id.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn customer_names(&self, sync: &SyncName, ids: &[String]) -> Result<HashMap<String, String>, Error> {
        let sync = self.sync(sync).await?;
        let customers = self.store.records_by_ids(&sync.source, Kind::Customer, ids).await?;
        Ok(customers.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
    }

    /// Returns the newest runs.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn run_list(&self, sync: Option<&SyncName>, limit: usize) -> Result<Vec<Run>, Error> {
        Ok(self.store.run_list(sync, limit).await?)
    }

    /// Returns the journal, newest first.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn journal(&self, filter: &JournalFilter) -> Result<Vec<JournalEntry>, Error> {
        Ok(self.store.journal_list(filter).await?)
    }

    /// Returns the number of links of each kind in each state.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn link_counts(&self, sync: &SyncName) -> Result<Vec<LinkCount>, Error> {
        self.sync(sync).await?;
        let counts = self.store.link_counts(sync).await?;
        Ok(counts.into_iter().map(|(kind, state, links)| LinkCount { kind, state, links }).collect())
    }

    /// Returns one run.
    ///
    /// # Errors
    /// There is no run with this number.
    #[boxed]
    pub async fn run_show(&self, run: RunId) -> Result<Run, Error> {
        let hint = || said!("sync-hint-runs", runs = Call::of(Verb::Runs));
        self.store.run_get(run).await?.ok_or_else(|| Error::not_found("run", run, hint()))
    }
}
