//! A plan in the making: its changes numbered, counted, hashed and stored as they come, and what is
//! known meanwhile that later ones need.

use super::{FINDINGS_TOLD, PlanReport};
use crate::engine::context::Work;
use crate::engine::observe::Observed;
use crate::engine::plan::{Finding, PlanHasher, Reference};
use crate::error::Error;
use crate::model::plan::PlanTotal;
use crate::model::{Action, Kind, Link, Plan, PlanId, PlannedChange, Timestamp, Way};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A plan in the making.
pub(in crate::engine) struct Draft<'w, 'p> {
    work: &'w Work<'p>,
    id: PlanId,
    made_at: Timestamp,
    complete: HashSet<Kind>,
    source_complete: HashSet<Kind>,
    /// Whether nothing of this sync was ever applied.
    pub(in crate::engine) first_run: bool,
    /// Whether somebody asked for just these records: volatile fields are written, however young.
    pub(in crate::engine) refresh: bool,
    sequence: u32,
    hasher: PlanHasher,
    totals: BTreeMap<(Kind, Action), PlanTotal>,
    waiting: Vec<PlannedChange>,
    pub(super) undecided: u32,
    findings: Vec<Finding>,
    findings_total: u64,
    /// The locations by source id: whose they are, and where references to them lead.
    pub(super) locations: HashMap<String, (String, Reference)>,
    pub(super) taken: HashSet<(Kind, String)>,
    /// Records with a write that is not settled: nothing is planned for them.
    open: HashSet<(Kind, String)>,
    /// Target customers that the source is being given, not settled yet.
    open_at_source: HashSet<String>,
    /// Links that remember more than before, though nothing is to be written.
    pub(in crate::engine) noted: Vec<Link>,
}

impl<'w, 'p> Draft<'w, 'p> {
    pub(in crate::engine) async fn new(
        work: &'w Work<'p>,
        id: PlanId,
        observed: Option<&Observed>,
    ) -> Result<Self, Error> {
        let (mut complete, mut source_complete) = (HashSet::new(), HashSet::new());
        for kind in work.kinds() {
            for (side, source, whole) in
                [(&work.target, false, &mut complete), (&work.source, true, &mut source_complete)]
            {
                let read = match observed {
                    Some(seen) => Observed::of(if source { &seen.source } else { &seen.target }, kind)
                        .is_some_and(|report| report.complete),
                    None => work.store.read_last_complete(&side.name, kind).await?.is_some(),
                };
                if read {
                    whole.insert(kind);
                }
            }
        }
        let open = work.store.unsettled(&work.sync.name).await?;
        let runs = work.store.run_list(Some(&work.sync.name), 1000).await?;
        Ok(Self {
            work,
            id,
            made_at: work.now(),
            complete,
            source_complete,
            first_run: !runs.iter().any(|run| run.counts.done > 0),
            refresh: false,
            sequence: 0,
            hasher: PlanHasher::default(),
            totals: BTreeMap::new(),
            waiting: Vec::new(),
            undecided: 0,
            findings: Vec::new(),
            findings_total: 0,
            locations: HashMap::new(),
            taken: HashSet::new(),
            noted: Vec::new(),
            open_at_source: open
                .iter()
                .filter(|(_, row, _)| row.change.way() == Way::AtSource)
                .filter_map(|(_, row, _)| row.change.target.clone())
                .collect(),
            open: open.into_iter().map(|(_, row, _)| (row.change.kind, row.change.source)).collect(),
        })
    }

    pub(in crate::engine) fn target_complete(&self, kind: Kind) -> bool {
        self.complete.contains(&kind)
    }

    pub(in crate::engine) fn learn(&mut self, kind: Kind, customer: &str, source: &str, target: &str) {
        // Only locations are referred to; of the others it matters that they are taken.
        if kind == Kind::Location {
            let reference = Reference::Target(target.to_owned());
            self.locations.insert(source.to_owned(), (customer.to_owned(), reference));
        } else {
            self.taken.insert((kind, target.to_owned()));
        }
    }

    /// Where a customer's record leads with a reference: nowhere when that is another customer's.
    pub(super) fn reference(&self, customer: &str, kind: Kind, id: &str) -> Reference {
        let location = self.locations.get(id).filter(|(owner, _)| kind == Kind::Location && owner == customer);
        location.map_or(Reference::Unknown, |(_, reference)| reference.clone())
    }

    /// Whether both sides were read to the end.
    pub(in crate::engine) fn both_complete(&self, kind: Kind) -> bool {
        self.complete.contains(&kind) && self.source_complete.contains(&kind)
    }

    /// Leaves out what the vendor still works on, and tells it.
    pub(in crate::engine) fn without_open(&mut self, kind: Kind, changes: Vec<PlannedChange>) -> Vec<PlannedChange> {
        let (free, waiting): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| !self.is_open(kind, &change.source, change.target.as_deref()));
        let message = "the vendor still works on an earlier write of it".to_owned();
        self.find(
            waiting.into_iter().map(|change| Finding { source: change.source, message: message.clone() }).collect(),
        );
        free
    }

    /// Whether an earlier write of a record is not settled yet.
    fn is_open(&self, kind: Kind, source: &str, target: Option<&str>) -> bool {
        let at_source = kind == Kind::Customer && self.is_open_at_source(target);
        at_source || self.open.contains(&(kind, source.to_owned()))
    }

    /// Whether the source is being given this target customer just now.
    pub(in crate::engine) fn is_open_at_source(&self, target: Option<&str>) -> bool {
        target.is_some_and(|target| self.open_at_source.contains(target))
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
        if self.waiting.len() >= 1000 {
            self.store_waiting().await?;
        }
        Ok(())
    }

    async fn store_waiting(&mut self) -> Result<(), Error> {
        let changes = std::mem::take(&mut self.waiting);
        Ok(self.work.store.plan_changes_insert(self.id, &changes).await?)
    }

    /// Ends the plan; what was read for it is the caller's to say.
    pub(in crate::engine) async fn report(mut self) -> Result<PlanReport, Error> {
        let plan = self.finish().await?;
        let (findings, findings_total) = (self.findings, self.findings_total);
        Ok(PlanReport { plan, read: (0, 0), complaints: Vec::new(), findings, findings_total })
    }

    async fn finish(&mut self) -> Result<Plan, Error> {
        self.store_waiting().await?;
        let plan = Plan {
            id: self.id,
            run: self.work.run,
            made_at: self.made_at,
            hash: std::mem::take(&mut self.hasher).finish(),
            totals: std::mem::take(&mut self.totals).into_values().collect(),
            undecided: self.undecided,
            approved_at: None,
            undoes: None,
        };
        self.work.store.plan_finish(&plan).await?;
        Ok(plan)
    }
}
