//! Options and reports of planning and applying.

use crate::rules::plan::Finding;
use crosswalk_model::{Approved, Kind, Part, Plan, Release, Run, Said, Sequences};
use serde::Serialize;
use std::collections::HashSet;

/// What planning came to.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// The plan, in short.
    pub plan: Plan,
    /// Records read: source, target.
    pub read: (u64, u64),
    /// What was not read, or not to the end: one sentence each.
    pub complaints: Vec<Said>,
    /// What cannot be done or was left as it is, with why: the first of each kind and cause. All of them are
    /// counted in the plan, and stored with it.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_total: u64,
    /// Of these, the number that bills are wrong by until a person acts.
    pub attention: u64,
}

/// What a run came to: the plan, and what was applied of it.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The plan.
    pub plan: PlanReport,
    /// What was applied, if anything could be.
    pub applied: Option<ApplyReport>,
}

/// Which part of a plan is applied.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Brakes that the operator releases.
    pub release: Release,
    /// Changes that stay held whatever is released, by their sequence: what holds them was not seen.
    pub withheld: HashSet<u32>,
    /// Only this source customer's changes.
    pub customer: Option<String>,
    /// Only this kind's changes.
    pub kind: Option<Kind>,
    /// Only these changes, by their sequence.
    pub changes: Option<Sequences>,
    /// What the person who approves wrote; empty if nothing.
    pub note: String,
    /// Nobody approved: only kinds whose trust is automatic.
    pub automatic: bool,
    /// The kind whose trust counts for the whole plan; none: each kind's own. What is refreshed
    /// because of an alert goes along with its ticket.
    pub trusted: Option<Kind>,
}

impl ApplyOptions {
    /// Returns what is let go.
    #[must_use]
    pub fn approved(&self) -> Approved {
        let (customer, kind, changes) = (self.customer.clone(), self.kind, self.changes.clone());
        Approved {
            part: Part { customer, kind, changes },
            release: self.release.clone(),
            withheld: self.withheld.iter().copied().collect(),
        }
    }
}

/// What applying came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ApplyReport {
    /// The run, with its counts.
    pub run: Run,
    /// The first failures: (what, why).
    pub failures: Vec<(Said, Said)>,
}
