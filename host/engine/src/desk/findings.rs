//! What plans found and left as it is, for people and programs: those that say the same together, or one by one.
//! The rules that give findings are the planner's; what is kept of them how long, the store's.

use crate::boxed;
use crate::error::Error;
use crate::ground::find::no_plan;
use crate::ground::tenant::Tenant;
use crosswalk_model::{Finding, Plan, PlanId, SyncName};
use crosswalk_store::{FindingFilter, FindingGroup};

/// What a plan found, as far as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FindingList {
    /// The plan.
    pub plan: Plan,
    /// Its sync.
    pub sync: SyncName,
    /// How many findings of this kind and cause the plan counted, of whatever customer and record.
    pub counted: u64,
    /// How many of those that were asked for are kept one by one.
    pub kept: u64,
    /// How many groups these make.
    pub groups_total: u64,
    /// Those that say the same together, the most frequent first.
    pub groups: Vec<FindingGroup>,
}

impl FindingList {
    /// Why fewer are kept than were counted; `None` where all are, or only some were asked for.
    #[must_use]
    pub fn gap(&self, filter: &FindingFilter) -> Option<String> {
        let (some, kept) = (filter.customer.is_some() || filter.source.is_some(), self.kept);
        match (kept, self.counted) {
            (_, 0) => None,
            (0, counted) if !some => Some(format!(
                "plan {} found {counted}; one by one they are kept of the newest plans only",
                self.plan.id
            )),
            (kept, counted) if !some && kept < counted => {
                Some(format!("plan {} found {counted}, of which the first {kept} are kept one by one", self.plan.id))
            }
            _ => None,
        }
    }
}

/// A finding with its place among those of its plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// From 1.
    pub number: u64,
    /// The finding.
    pub finding: Finding,
}

impl Tenant {
    /// What a plan found: the groups that are the most frequent, at most so many, and how many there are.
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

    /// Some findings of a plan, in the order in which they were found, after a number (0: from the first).
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
