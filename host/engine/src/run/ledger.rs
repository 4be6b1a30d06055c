//! Collects a plan's changes as they come: numbered, counted, hashed and stored in portions, with the findings beside
//! them. The caller decides what is planned, and in which order.

use super::look_up;
use super::report::PlanReport;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::first_run::{Now, why_open};
use crate::rules::plan::{Finding, PlanHasher};
use crate::rules::wide::Wide;
use crosswalk_model::plan::PlanTotal;
use crosswalk_model::{
    Action, Brake, Cause, FindingTotal, Hold, Kind, KindDescription, Plan, PlanId, PlannedChange, Said, Timestamp,
};
use crosswalk_store::{Digests, Unsettled};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Findings of one kind and cause that a report names one by one.
const FINDINGS_TOLD: u64 = 20;
/// Findings of a plan that are stored one by one; what is over is counted.
const FINDINGS_KEPT: u64 = 100_000;
/// Changes that are stored in one commit.
const AT_ONCE: usize = 1000;

/// A plan's changes and findings.
pub(crate) struct Ledger<'w, 'p> {
    run: &'w SyncRun<'p>,
    id: PlanId,
    made_at: Timestamp,
    sequence: u32,
    hasher: PlanHasher,
    totals: BTreeMap<(Kind, Action), PlanTotal>,
    /// Of the kinds that the target is asked for once more before something is made: the customers.
    makes: BTreeMap<Kind, BTreeSet<String>>,
    /// What is told of writes of earlier plans that are uncertain: a finding each, and a message for all.
    uncertain: (Vec<Finding>, Option<Said>),
    waiting: Vec<PlannedChange>,
    /// The digests of the source records that these were planned on, as far as they were read for it.
    pub(crate) planned_on: Digests,
    /// The findings that are not stored yet.
    untold: Vec<Finding>,
    findings_stored: u64,
    /// The first of each kind and cause.
    told: Vec<Finding>,
    findings: BTreeMap<(Kind, Cause), u64>,
    /// What the brakes of the whole sync count.
    pub(crate) wide: Wide,
    /// The kinds of which no whole plan was let go yet.
    pub(crate) first_runs: HashSet<Kind>,
    /// The kinds of which the plan tells why they still are at their first run.
    pub(crate) tells: Vec<Kind>,
    /// Of kinds at their first run: the brakes that hold any of their changes.
    held_by: BTreeMap<Kind, BTreeSet<Brake>>,
}

impl<'w, 'p> Ledger<'w, 'p> {
    /// For a plan that was begun, with these writes of earlier ones not settled.
    pub(crate) fn new(run: &'w SyncRun<'p>, id: PlanId, open: &[Unsettled]) -> Self {
        Self {
            run,
            id,
            uncertain: look_up::uncertain(run, open),
            made_at: run.now(),
            sequence: 0,
            hasher: PlanHasher::default(),
            totals: BTreeMap::new(),
            makes: BTreeMap::new(),
            waiting: Vec::new(),
            untold: Vec::new(),
            findings_stored: 0,
            told: Vec::new(),
            findings: BTreeMap::new(),
            planned_on: Digests::new(),
            wide: Wide::default(),
            first_runs: HashSet::new(),
            tells: Vec::new(),
            held_by: BTreeMap::new(),
        }
    }

    /// Counts findings in; they are stored along with changes.
    pub(crate) fn find(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let count = self.findings.entry((finding.kind, finding.cause)).or_default();
            *count += 1;
            if *count <= FINDINGS_TOLD {
                self.told.push(finding.clone());
            }
            if self.findings_stored + (self.untold.len() as u64) < FINDINGS_KEPT {
                self.untold.push(finding);
            }
        }
    }

    async fn store_untold(&mut self) -> Result<(), Error> {
        let findings = std::mem::take(&mut self.untold);
        if findings.is_empty() {
            return Ok(());
        }
        let number = self.findings_stored + 1;
        self.findings_stored += findings.len() as u64;
        Ok(self.run.store.findings_insert(self.id, number, findings).await?)
    }

    /// Numbers changes, counts them in, and stores them when there are enough for one commit.
    pub(crate) async fn keep(&mut self, mut changes: Vec<PlannedChange>) -> Result<(), Error> {
        for change in &mut changes {
            self.sequence += 1;
            change.sequence = self.sequence;
        }
        changes.chunk_by(|one, next| one.kind == next.kind).for_each(|of_kind| self.wide.count(of_kind));
        for change in changes {
            self.hasher.add(&change);
            self.note_held(change.kind, change.held.as_ref());
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
            if change.action == Action::Create && change.kind.is_one_to_one() {
                self.makes.entry(change.kind).or_default().insert(change.customer.clone());
            }
            self.waiting.push(change);
        }
        if self.waiting.len() >= AT_ONCE {
            self.store_waiting().await?;
        }
        if self.untold.len() >= AT_ONCE {
            self.store_untold().await?;
        }
        Ok(())
    }

    fn note_held(&mut self, kind: Kind, hold: Option<&Hold>) {
        let Some(hold) = hold.filter(|_| self.first_runs.contains(&kind)) else { return };
        self.held_by.entry(kind).or_default().extend(hold.brakes.iter().copied());
    }

    /// Tells why kinds still are at their first run of which a plan was let go.
    async fn find_first_runs(&mut self) -> Result<(), Error> {
        let sync = &self.run.sync;
        let mut kinds = std::mem::take(&mut self.tells);
        kinds.retain(|kind| self.first_runs.contains(kind));
        if kinds.is_empty() {
            return Ok(());
        }
        for before in self.run.store.let_go_last(&sync.name, &kinds).await? {
            let kind = before.kind;
            let own = self.totals.iter().filter(|((of, _), _)| *of == kind);
            let now = Now {
                plan: self.id,
                changes: own.map(|(_, total)| u64::from(total.changes)).sum(),
                held_by: self.held_by.entry(kind).or_default(),
                holds: sync.rules.brakes.first_run,
            };
            let told = why_open(kind, &before, &now);
            self.find(told.map(|message| Finding::new(Cause::FirstRun, kind, "", "", message)).into_iter().collect());
        }
        Ok(())
    }

    async fn store_waiting(&mut self) -> Result<(), Error> {
        let changes = std::mem::take(&mut self.waiting);
        if changes.is_empty() {
            return Ok(());
        }
        let planned_on = std::mem::take(&mut self.planned_on);
        Ok(self.run.store.plan_changes_insert(self.id, &changes, &planned_on).await?)
    }

    /// Holds what is over a limit of the whole sync, of all kinds or of one that is planned to its end, and
    /// gives the locations that were to be made among it.
    pub(crate) async fn hold_over_the_sync(&mut self, only: Option<Kind>) -> Result<Vec<(String, Hold)>, Error> {
        self.store_waiting().await?;
        let mut locations = Vec::new();
        for over in self.wide.over(only, &self.run.sync.rules.brakes, &self.first_runs) {
            self.hasher.hold(over.kind, &over.hold);
            self.note_held(over.kind, Some(&over.hold));
            for action in &over.newly {
                if let Some(total) = self.totals.get_mut(&(over.kind, *action)) {
                    total.held += 1;
                }
            }
            self.run.store.plan_changes_hold(self.id, over.changes, over.hold.clone()).await?;
            locations.extend(over.locations.into_iter().map(|source| (source, over.hold.clone())));
        }
        Ok(locations)
    }

    /// Ends the plan, `shape` having the last word; what was read for it is the caller's to say.
    pub(crate) async fn finish(mut self, shape: impl FnOnce(&mut Plan)) -> Result<PlanReport, Error> {
        self.hold_over_the_sync(None).await?;
        self.find_first_runs().await?;
        let (uncertain, complaint) = std::mem::take(&mut self.uncertain);
        self.find(uncertain);
        self.run.complain(complaint);
        self.store_untold().await?;
        for (kind, customers) in &self.makes {
            let can = self.run.target.description.kind(*kind);
            if let (Some(can), Some(total)) = (can, self.totals.get_mut(&(*kind, Action::Create))) {
                total.calls += asks(can, customers.len());
            }
        }
        let mut plan = Plan {
            id: self.id,
            run: self.run.id,
            made_at: self.made_at,
            hash: self.hasher.finish(),
            totals: self.totals.into_values().collect(),
            undecided: 0,
            findings: totals(self.findings),
            approved_at: None,
            approved_by: None,
            undoes: None,
        };
        shape(&mut plan);
        let mut trimmed = self.run.store.plan_finish(&plan).await?;
        while trimmed > 0 {
            trimmed = self.run.store.findings_trim(&self.run.sync.name).await?;
        }
        let findings_total = plan.findings.iter().map(|total| total.count).sum();
        let complaints = self.run.complaints();
        Ok(PlanReport { plan, read: (0, 0), complaints, findings: self.told, findings_total, attention: 0 })
    }
}

/// Counted findings, the most frequent first.
fn totals(findings: BTreeMap<(Kind, Cause), u64>) -> Vec<FindingTotal> {
    let total = |((kind, cause), count)| FindingTotal { kind, cause, count };
    let mut totals: Vec<FindingTotal> = findings.into_iter().map(total).collect();
    totals.sort_by_key(|total| std::cmp::Reverse(total.count));
    totals
}

/// The calls it takes, at most, to ask once more for what is new of a kind before something of these customers is
/// made: one where the connector tells what changed, else one for each account or name.
fn asks(can: &KindDescription, customers: usize) -> u32 {
    let each = (can.kind.has_serial() && can.reads.of_parent) || can.reads.named;
    match (can.reads.changed_since, each) {
        (true, _) => 1,
        (false, true) => u32::try_from(customers).unwrap_or(u32::MAX),
        (false, false) => 0,
    }
}
