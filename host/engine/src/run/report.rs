//! Options and reports of planning and applying.

use crate::rules::plan::Finding;
use crosswalk_model::{Brake, Hold, Kind, Plan, Run};
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
    pub complaints: Vec<String>,
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

/// The brakes that an application releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Release {
    /// All that can be released.
    All,
    /// These; none by default.
    These(Vec<Brake>),
}

impl Default for Release {
    fn default() -> Self {
        Release::These(Vec::new())
    }
}

impl Release {
    /// Whether nothing is released.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Release::default()
    }

    /// Whether a hold is let go: each of its brakes can be released, and is.
    #[must_use]
    pub fn lets_go(&self, hold: &Hold) -> bool {
        let released = |brake: &Brake| match self {
            Release::All => true,
            Release::These(brakes) => brakes.contains(brake),
        };
        hold.can_release() && hold.brakes.iter().all(released)
    }

    /// Returns the words of the brakes, or `all`.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        match self {
            Release::All => vec!["all"],
            Release::These(brakes) => brakes.iter().map(|brake| brake.as_str()).collect(),
        }
    }
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
    /// Nobody approved: only kinds whose trust is automatic.
    pub automatic: bool,
    /// The kind whose trust counts for the whole plan; none: each kind's own. What is refreshed
    /// because of an alert goes along with its ticket.
    pub trusted: Option<Kind>,
}

/// What applying came to.
#[derive(Debug, Clone, serde::Serialize)]
pub struct ApplyReport {
    /// The run, with its counts.
    pub run: Run,
    /// The first failures: (what, why).
    pub failures: Vec<(String, String)>,
}
