//! Look-ups that every room needs: a sync, a record, a linked source, the changes of a plan.
//!
//! Returns what is stored, or an error whose hint leads to the right name.

use super::tenant::Tenant;
use crate::boxed;
use crate::error::Error;
use crosswalk_model::{
    Call, ConnectionName, Kind, LinkState, PlanId, PlannedChange, Record, Said, Sync, SyncName, Verb, said,
};
use crosswalk_store::{ChangeFilter, ChangeStatus};
use serde::Serialize;

impl Tenant {
    /// Returns the sync a plan belongs to.
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn plan_sync(&self, plan: PlanId) -> Result<SyncName, Error> {
        self.store.plan_sync(plan).await.map_err(|error| match error {
            crosswalk_store::StoreError::NotFound { .. } => no_plan(plan),
            other => other.into(),
        })
    }

    /// Returns a sync.
    ///
    /// # Errors
    /// There is no sync of that name.
    #[boxed]
    pub async fn sync(&self, name: &SyncName) -> Result<Sync, Error> {
        self.store
            .sync_get(name)
            .await?
            .ok_or_else(|| Error::not_found("sync", name, said!("find-hint-sync", list = Call::of(Verb::SyncList))))
    }

    /// Returns the tenant's syncs.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn sync_list(&self) -> Result<Vec<Sync>, Error> {
        Ok(self.store.sync_list().await?)
    }

    /// Returns changes of a plan, by sequence.
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn plan_changes(
        &self,
        plan: PlanId,
        filter: &ChangeFilter,
        after: u32,
        limit: usize,
    ) -> Result<Vec<ChangeView>, Error> {
        self.plan_sync(plan).await?;
        let rows = self.store.plan_changes(plan, filter, after, limit).await?;
        Ok(rows
            .into_iter()
            .map(|row| ChangeView { change: row.change, status: row.status, message: row.message })
            .collect())
    }
}

/// Returns a record that its connection had at the last read; `None` if it is absent or gone.
pub(crate) async fn record(
    tenant: &Tenant,
    connection: &ConnectionName,
    kind: Kind,
    id: &str,
) -> Result<Option<Record>, Error> {
    let ids = [id.to_owned()];
    Ok(tenant
        .store
        .records_by_ids(connection, kind, &ids)
        .await?
        .into_iter()
        .find(|stored| stored.gone_at.is_none())
        .map(|stored| stored.record))
}

/// Returns a sync that includes usage; an error for any other.
pub(crate) async fn usage_sync(tenant: &Tenant, name: &SyncName) -> Result<Sync, Error> {
    let sync = tenant.sync(name).await?;
    if sync.rules.bills() {
        return Ok(sync);
    }
    // The hint names the kinds already in the sync too: `--kinds` drops those it does not list.
    let kinds: Vec<&str> = sync.rules.kinds.keys().map(|kind| kind.as_str()).chain(["usage"]).collect();
    let kinds = kinds.join(",");
    let set = Call::of(Verb::SyncSet).with("name", name).with("kinds", kinds);
    Err(Error::invalid(said!("find-no-usage", sync = name), said!("find-hint-usage", set)))
}

/// Resolves the source id of a linked record from the id of either side.
pub(crate) async fn linked_source(tenant: &Tenant, sync: &SyncName, kind: Kind, id: &str) -> Result<String, Error> {
    let link = match tenant.store.link_get(sync, kind, id).await? {
        Some(link) => Some(link),
        None => tenant.store.links_of_target(sync, kind, id).await?.into_iter().next(),
    };
    match link {
        Some(link) if link.state == LinkState::Linked => Ok(link.source),
        Some(link) => Err(Error::invalid(
            said!("find-not-linked", kind, record = id, state = link.state.as_str()),
            said!("find-hint-why", why = Call::of(Verb::Why).with("sync", sync).with("kind", kind).with("record", id)),
        )),
        None => Err(Error::not_found(
            "link-of",
            format!("{kind} {id}"),
            said!("find-hint-record", plan = Call::of(Verb::Plan).with("sync", sync)),
        )),
    }
}

/// The error for a plan that does not exist.
pub(crate) fn no_plan(plan: PlanId) -> Error {
    Error::not_found("plan", plan, said!("find-hint-plan", list = Call::of(Verb::Plan).choose("sync").flag("list")))
}

/// A change of a plan with its state.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// The planned change.
    pub change: PlannedChange,
    /// Its state.
    pub status: ChangeStatus,
    /// Reason, if it failed or was refused.
    pub message: Said,
}
