//! One application of one plan: what its batches share.
//!
//! Keeps state only; preparing, calling and settling are in `apply`, `resolve` and `settle`.

use super::batch::{Prepared, TRIES, lock, record_of};
use super::journal;
use super::lines::{Preconditions, ReadPreconditions};
use super::references::References;
use super::totals::ApplyTotals;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crosswalk_model::{
    Action, Approved, Event, Kind, Mode, Plan, PlanId, PlannedChange, Record, Said, Side, Timestamp, Trust, said,
};
use crosswalk_runtime::CallContext;
use crosswalk_store::{BatchOutcomes, JournalEntry};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::Instant;
use tokio::sync::Notify;

/// Whose trust an application rests on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trusted {
    /// The least trust in a kind whose changes go.
    pub(crate) least: Trust,
    /// The kind whose trust counts for the whole plan; `None` means each kind's own.
    pub(crate) kind: Option<Kind>,
}

/// One application of one plan.
pub(crate) struct Session<'w, 'p> {
    pub(crate) run: &'w SyncRun<'p>,
    pub(crate) plan: PlanId,
    /// What is let go of the plan.
    pub(crate) approved: &'w [Approved],
    /// Whose trust counts, and how much of it is needed.
    pub(crate) trust: Trusted,
    /// Whether this very run made the plan: then its source records are as it was planned on.
    pub(crate) made_now: bool,
    /// When the plan was made.
    pub(crate) made_at: Timestamp,
    pub(crate) writing: CallContext,
    /// Where the references of this plan's changes lead, as far as it is known.
    pub(crate) known: References,
    /// What lines of contracts are written on, where the plan has any.
    pub(crate) lines: tokio::sync::OnceCell<Preconditions>,
    pub(crate) read_lines: ReadPreconditions,
    /// Records with a write that is not settled or a change that is put off, as changes are known: nothing else is done
    /// to them.
    open: Mutex<HashSet<(Kind, String)>>,
    /// What the vendor made of this plan's own writes, by target record, where a later change of the
    /// plan may meet it: moved, a record may have lost its place.
    pub(crate) own: Mutex<HashMap<(Kind, String), Record>>,
    /// Whose each record is that this session made, by kind and id.
    made: Mutex<HashMap<(Kind, String), String>>,
    /// What was asked of the target once more before something is created in it.
    pub(crate) asked: super::asked::Asked,
    /// What takes over from other lines, once those are settled.
    pub(crate) resting: super::resting::Resting,
    /// What came of batches, until it is stored.
    pub(crate) outcomes: Outcomes,
}

impl<'w, 'p> Session<'w, 'p> {
    pub(crate) async fn new(
        run: &'w SyncRun<'p>,
        plan: &Plan,
        (approved, trust): (&'w [Approved], Trusted),
        read_lines: ReadPreconditions,
    ) -> Result<Self, Error> {
        let open = run.store.unsettled(&run.sync.name).await?.into_iter().map(|open| record_of(&open.row.change));
        Ok(Self {
            run,
            plan: plan.id,
            approved,
            trust,
            made_now: plan.run == run.id,
            // By a clock that was ahead: then all that is there is asked for.
            made_at: if plan.made_at > run.now() { Timestamp::default() } else { plan.made_at },
            writing: CallContext { mode: Mode::Apply, scratch: std::sync::Arc::default() },
            known: References::default(),
            lines: tokio::sync::OnceCell::new(),
            read_lines,
            open: Mutex::new(open.collect()),
            own: Mutex::default(),
            made: Mutex::default(),
            asked: super::asked::Asked::default(),
            resting: super::resting::Resting::default(),
            outcomes: Outcomes::default(),
        })
    }

    /// Notes that a change is not settled, or put off.
    pub(crate) fn leave_open(&self, planned: &PlannedChange) {
        lock(&self.open).insert(record_of(planned));
    }

    pub(crate) fn is_open(&self, kind: Kind, known_by: &str) -> bool {
        let open = lock(&self.open);
        !open.is_empty() && open.contains(&(kind, known_by.to_owned()))
    }

    /// Notes which record a create made.
    pub(crate) fn note_made(&self, planned: &PlannedChange, id: &str) {
        lock(&self.made).insert((planned.kind, id.to_owned()), planned.source.clone());
    }

    /// The source record that a record was made for in this session.
    pub(crate) fn made_for(&self, kind: Kind, id: &str) -> Option<String> {
        lock(&self.made).get(&(kind, id.to_owned())).cloned()
    }

    /// Whether the apply ends early: what is intended by then is done to its end, and nothing more is begun.
    pub(crate) fn is_stopped(&self, tally: &mut ApplyTotals) -> bool {
        if tally.stop.is_none() && self.run.stop.is_stopped() {
            tally.stop = Some(said!("run-stopped"));
        }
        tally.stop.is_some()
    }

    /// Notes what the vendor made of a write that a later change of the plan may follow.
    pub(crate) fn wrote(&self, planned: &PlannedChange, kept: Option<&Record>) {
        if let (Action::Move | Action::Reactivate, Some(kept)) = (planned.action, kept) {
            lock(&self.own).insert((planned.kind, kept.id.clone()), kept.clone());
        }
    }

    /// Whether a change belongs to a part of the plan that is let go.
    pub(crate) fn is_chosen(&self, change: &PlannedChange) -> bool {
        self.approved.iter().any(|one| one.part.has(change.sequence, change.kind, &change.customer))
    }

    /// The customer that all of it belongs to, if it is one.
    pub(crate) fn only_customer(&self) -> Option<String> {
        let mut customers = self.approved.iter().map(|one| one.part.customer.as_ref());
        let first = customers.next().flatten()?;
        customers.all(|other| other == Some(first)).then(|| first.clone())
    }

    /// Whether trust and an approval let a change go, with what holds it.
    pub(crate) fn may_go(&self, change: &PlannedChange) -> bool {
        let kind = self.trust.kind.unwrap_or(change.kind);
        let trust = self.run.sync.rules.kinds.get(&kind).map_or(Trust::Preview, |rules| rules.trust);
        trust >= self.trust.least && self.approved.iter().any(|one| one.lets_go(change))
    }

    pub(crate) fn learn(&self, kind: Kind, source: &str, target: &str) {
        self.known.learn(kind, source, target);
    }

    pub(crate) fn entry(
        &self,
        planned: &PlannedChange,
        event: Event,
        message: Said,
        target: Option<String>,
    ) -> JournalEntry {
        journal::entry(self.run, self.plan, planned, event, message, target)
    }

    /// A change is worth another try in this run.
    pub(crate) fn try_again(prepared: &Prepared) -> bool {
        prepared.tries + 1 < TRIES
    }
}

/// Outcomes that are not stored yet, of batches of one side.
#[derive(Default)]
pub(crate) struct Outcomes {
    pub(crate) waiting: tokio::sync::Mutex<Waiting>,
    /// Told when outcomes begin to wait.
    pub(crate) came: Notify,
    /// What storing them came to.
    pub(crate) tally: std::sync::Mutex<ApplyTotals>,
}

#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) batches: Vec<BatchOutcomes>,
    /// When the first of them came, and the side that was written to.
    pub(crate) since: Option<(Instant, Side)>,
}
