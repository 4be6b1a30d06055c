//! Findings of plans, for people and programs: grouped by equal text, or one by one. The planner's rules produce them;
//! how long they are kept is the store's.

use crate::boxed;
use crate::error::Error;
use crate::ground::find::no_plan;
use crate::ground::tenant::Tenant;
use crosswalk_model::{Finding, Plan, PlanId, Said, SyncName, said};
use crosswalk_store::{FindingFilter, FindingGroup};

/// Findings of a plan that match a filter.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingList {
    /// The plan.
    pub plan: Plan,
    /// Its sync.
    pub sync: SyncName,
    /// Number of findings of this kind and cause that the plan counted, for all customers and records.
    pub counted: u64,
    /// Number of matching findings that are kept one by one.
    pub kept: u64,
    /// Number of groups among them.
    pub groups_total: u64,
    /// Groups of equal findings, the most frequent first.
    pub groups: Vec<FindingGroup>,
}

impl FindingList {
    /// Reason why fewer are kept than were counted; `None` where all are kept, or the filter selects only some.
    #[must_use]
    pub fn gap(&self, filter: &FindingFilter) -> Option<Said> {
        let (some, kept) = (filter.customer.is_some() || filter.source.is_some(), self.kept);
        match (kept, self.counted) {
            (_, 0) => None,
            (0, counted) if !some => Some(said!("sync-findings-not-kept", plan = self.plan.id, counted)),
            (kept, counted) if !some && kept < counted => {
                Some(said!("sync-findings-kept-in-part", plan = self.plan.id, counted, kept))
            }
            _ => None,
        }
    }
}

/// A finding with its position in its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// Position, from 1.
    pub number: u64,
    /// The finding.
    pub finding: Finding,
}

impl Tenant {
    /// Returns the most frequent groups of a plan's findings, at most `most`, with the total number of groups.
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn findings(&self, plan: PlanId, filter: &FindingFilter, most: usize) -> Result<FindingList, Error> {
        let plan = self.store.plan_get(plan).await?.ok_or_else(|| no_plan(plan))?;
        let sync = self.store.plan_sync(plan.id).await?;
        let wanted = plan.findings.iter().filter(|total| {
            filter.kind.is_none_or(|kind| kind == total.kind) && filter.cause.is_none_or(|cause| cause == total.cause)
        });
        let counted = wanted.map(|total| total.count).sum();
        let (groups, kept, groups_total) = self.store.findings_groups(plan.id, filter, most).await?;
        Ok(FindingList { plan, sync, counted, kept, groups_total, groups })
    }

    /// Returns findings of a plan in the order they were found, after a number (0: from the first).
    ///
    /// # Errors
    /// There is no such plan.
    #[boxed]
    pub async fn findings_each(
        &self,
        plan: PlanId,
        filter: &FindingFilter,
        after: u64,
        most: usize,
    ) -> Result<Vec<FindingRow>, Error> {
        self.plan_sync(plan).await?;
        let rows = self.store.findings_list(plan, filter, after, most).await?;
        Ok(rows.into_iter().map(|(number, finding)| FindingRow { number, finding }).collect())
    }
}
