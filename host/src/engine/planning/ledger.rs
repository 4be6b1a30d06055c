//! The changes of a plan as they come: numbered, counted, hashed and stored some at a time; and what is
//! told beside them. What is planned, and in which order, is the caller's.

use super::PlanReport;
use crate::engine::context::Work;
use crate::engine::plan::{Finding, PlanHasher};
use crate::error::Error;
use crate::model::plan::PlanTotal;
use crate::model::{Action, Kind, Plan, PlanId, PlannedChange, Timestamp};
use std::collections::BTreeMap;

/// Findings that a report names one by one.
const FINDINGS_TOLD: usize = 50;
/// Changes that are stored in one commit.
const AT_ONCE: usize = 1000;

/// A plan's changes and findings.
pub(in crate::engine) struct Ledger<'w, 'p> {
    work: &'w Work<'p>,
    id: PlanId,
    made_at: Timestamp,
    sequence: u32,
    hasher: PlanHasher,
    totals: BTreeMap<(Kind, Action), PlanTotal>,
    waiting: Vec<PlannedChange>,
    findings: Vec<Finding>,
    findings_total: u64,
}

impl<'w, 'p> Ledger<'w, 'p> {
    /// For a plan that was begun.
    pub(in crate::engine) fn new(work: &'w Work<'p>, id: PlanId) -> Self {
        Self {
            work,
            id,
            made_at: work.now(),
            sequence: 0,
            hasher: PlanHasher::default(),
            totals: BTreeMap::new(),
            waiting: Vec::new(),
            findings: Vec::new(),
            findings_total: 0,
        }
    }

    pub(in crate::engine) fn find(&mut self, findings: Vec<Finding>) {
        self.findings_total += findings.len() as u64;
        let room = FINDINGS_TOLD.saturating_sub(self.findings.len());
        self.findings.extend(findings.into_iter().take(room));
    }

    /// Numbers changes, counts them in, and stores them when there are enough for one commit.
    pub(in crate::engine) async fn keep(&mut self, changes: Vec<PlannedChange>) -> Result<(), Error> {
        for mut change in changes {
            self.sequence += 1;
            change.sequence = self.sequence;
            self.hasher.add(&change);
            let total = self.totals.entry((change.kind, change.action)).or_insert(PlanTotal {
                kind: change.kind,
                action: change.action,
                changes: 0,
                held: 0,
                calls: 0,
            });
            total.changes += 1;
            total.held += u32::from(change.held.is_some());
            total.calls += change.calls;
            self.waiting.push(change);
        }
        if self.waiting.len() >= AT_ONCE {
            self.store_waiting().await?;
        }
        Ok(())
    }

    async fn store_waiting(&mut self) -> Result<(), Error> {
        let changes = std::mem::take(&mut self.waiting);
        Ok(self.work.store.plan_changes_insert(self.id, &changes).await?)
    }

    /// Ends the plan, `shape` having the last word; what was read for it is the caller's to say.
    pub(in crate::engine) async fn finish(mut self, shape: impl FnOnce(&mut Plan)) -> Result<PlanReport, Error> {
        self.store_waiting().await?;
        let (uncertain, complaint) = self.work.uncertain().await?;
        self.find(uncertain);
        self.work.complain(complaint);
        let mut plan = Plan {
            id: self.id,
            run: self.work.run,
            made_at: self.made_at,
            hash: self.hasher.finish(),
            totals: self.totals.into_values().collect(),
            undecided: 0,
            approved_at: None,
            approved_by: None,
            undoes: None,
        };
        shape(&mut plan);
        self.work.store.plan_finish(&plan).await?;
        let (findings, findings_total) = (self.findings, self.findings_total);
        Ok(PlanReport { plan, read: (0, 0), complaints: self.work.complaints(), findings, findings_total })
    }
}
