//! Undoing a run: its reverse as a plan, which is shown, approved and applied as any other.
//!
//! A run's changes are kept for `plans-days` of the retention. Each is compared with its record, read again from the
//! target, and [`crate::rules::plan::undo`] returns its reverse, or why there is none. The reverse goes in the other
//! direction than the work: assets before the customers they belong to, a record's fields before its link. An undo is
//! itself a run, and undone by the same rules: then everything goes the other way round again.
//!
//! Nothing is undone for a record with an uncertain write, because its state is unknown; that is reported, and the rest
//! goes on.
//!
//! A mass brake does not hold an undo, since a person asked for exactly this; the trust
//! `preview` does.

use super::ledger::Ledger;
use super::reading::{self, Now};
use super::recover;
use super::references::{self, References};
use super::report::PlanReport;
use crate::error::Error;
use crate::ground::progress::Stage;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::Finding;
use crate::rules::plan::undo::{Done, Reversal};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Action, Cause, Direction, Failure, Kind, Link, PlanId, PlannedChange, Record, Run, RunId, Said, Side, Trust, said,
};
use crosswalk_store::{ChangeFilter, ChangeStatus, StoredChange};
use std::collections::{BTreeMap, HashMap, HashSet};

/// How many changes are reversed at a time.
const PAGE: usize = 500;
/// What is looked at first of a record that a run brought in step, and what the reverse is done in.
const BACK: [(Action, &[Action]); 11] = [
    // Of tickets, which are told and left.
    (Action::Close, &[]),
    (Action::Append, &[]),
    (Action::Open, &[]),
    (Action::Update, &[Action::Update]),
    (Action::Move, &[Action::Move]),
    (Action::Reactivate, &[Action::Deactivate]),
    (Action::Create, &[Action::Deactivate, Action::Unlink]),
    (Action::Link, &[Action::Unlink]),
    (Action::Retire, &[Action::Reactivate, Action::Link]),
    (Action::Deactivate, &[Action::Reactivate]),
    // Told, and left.
    (Action::CreateSource, &[]),
];
/// The same for a run that undid another.
const AGAIN: [(Action, &[Action]); 6] = [
    (Action::Link, &[Action::Unlink]),
    (Action::Reactivate, &[Action::Deactivate, Action::Unlink]),
    (Action::Unlink, &[Action::Link]),
    (Action::Deactivate, &[Action::Reactivate, Action::Link]),
    (Action::Move, &[Action::Move]),
    (Action::Update, &[Action::Update]),
];

/// What is looked at, action by action, and what comes of it.
type Order = &'static [(Action, &'static [Action])];

/// The order in which kinds and actions are reversed: of a run that did the work, or of one that undid it.
pub(crate) fn order(undid: bool) -> (Vec<Kind>, Order) {
    if undid { (Kind::ALL.to_vec(), &AGAIN) } else { (Kind::ALL.into_iter().rev().collect(), &BACK) }
}

/// When a reversing change has its turn.
pub(crate) fn place(kinds: &[Kind], order: Order, kind: Kind, action: Action) -> Option<(usize, usize)> {
    let turn = order.iter().flat_map(|(_, reverse)| *reverse).position(|reverse| *reverse == action);
    kinds.iter().position(|one| *one == kind).zip(turn)
}

/// Which part of a run is undone.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Only what it did for this source customer.
    pub customer: Option<String>,
    /// Only what it did to this kind.
    pub kind: Option<Kind>,
}

pub(crate) async fn plan_undo(run: &SyncRun<'_>, undone: &Run, options: &UndoOptions) -> Result<PlanReport, Error> {
    recover::recover(run).await?;
    let applied = run.store.plan_applied_by(undone.id).await?;
    let Some(plan) = applied else {
        if undone.counts.done > 0 {
            return Err(Error::invalid(
                said!("run-undo-not-kept", run = undone.id),
                said!(
                    "run-hint-undo-not-kept",
                    journal = Call::of(Verb::Journal).with("sync", &undone.sync).with("run", undone.id),
                    prune = Call::of(Verb::Prune).flag("help")
                ),
            ));
        }
        return Err(Error::invalid(
            said!("run-undo-nothing", run = undone.id),
            said!("run-hint-runs", runs = Call::of(Verb::Runs).with("sync", &undone.sync)),
        ));
    };
    run.progress.begin(Stage::Planning, Some(undone.counts.done));
    let again = undid(run, plan).await?;
    let mut draft = UndoDraft::begin(run, plan, undone.id, options).await?;
    let (kinds, order) = order(again);
    for kind in kinds.iter().filter(|kind| options.kind.is_none_or(|only| only == **kind)) {
        draft.kind(*kind, order).await?;
        draft.tell_open(*kind).await?;
    }
    run.progress.end(&Stage::Planning);
    draft.finish(&kinds, order).await
}

/// Whether a plan undid what some run did; one that undid an undo did the work itself again.
async fn undid(run: &SyncRun<'_>, plan: PlanId) -> Result<bool, Error> {
    let (mut again, mut next) = (false, Some(plan));
    while let Some(id) = next {
        let undoes = run.store.plan_get(id).await?.and_then(|plan| plan.undoes);
        again ^= undoes.is_some();
        next = match undoes {
            Some(undone) => run.store.plan_applied_by(undone).await?,
            None => None,
        };
    }
    Ok(again)
}

/// The plan in the making.
struct UndoDraft<'w, 'p> {
    run: &'w SyncRun<'p>,
    ledger: Ledger<'w, 'p>,
    /// What is undone: the plan, and which changes of it.
    plan: PlanId,
    of: ChangeFilter,
    reversal: Reversal<'w>,
    /// Records with a write that is not settled yet.
    open: HashSet<(Kind, String)>,
    seen: u64,
    read: u64,
}

/// What is known now about the records of some changes.
struct Known {
    links: HashMap<String, Link>,
    records: HashMap<String, Record>,
    /// Why target records could not be read.
    unread: BTreeMap<String, Failure>,
    references: HashMap<(Kind, String), String>,
}

impl<'w, 'p> UndoDraft<'w, 'p> {
    async fn begin(run: &'w SyncRun<'p>, plan: PlanId, undone: RunId, options: &UndoOptions) -> Result<Self, Error> {
        let id = run.store.plan_begin_part(run.id, &run.sync.name, run.now()).await?;
        let open = run.store.unsettled(&run.sync.name).await?;
        Ok(Self {
            run,
            ledger: Ledger::new(run, id, &open),
            open: open.into_iter().map(|one| (one.row.change.kind, one.row.change.source)).collect(),
            plan,
            of: ChangeFilter {
                customer: options.customer.clone(),
                status: Some(ChangeStatus::Done),
                run: Some(undone),
                ..ChangeFilter::default()
            },
            reversal: Reversal::new(undone, &run.sync.rules),
            seen: 0,
            read: 0,
        })
    }

    async fn kind(&mut self, kind: Kind, order: Order) -> Result<(), Error> {
        // Which records leave the sync with the undo: needed before their fields are looked at.
        let mut leaves = HashSet::new();
        let mut after = 0;
        loop {
            let rows = self.page(kind, Action::Link, after).await?;
            let Some(last) = rows.last() else { break };
            after = last.change.sequence;
            leaves.extend(
                rows.into_iter().filter(|row| row.change.direction() != Direction::Back).map(|row| row.change.source),
            );
        }
        for (action, _) in order {
            let mut after = 0;
            loop {
                let rows = self.page(kind, *action, after).await?;
                let Some(last) = rows.last() else { break };
                after = last.change.sequence;
                self.reverse(kind, &rows, &leaves).await?;
            }
        }
        Ok(())
    }

    /// Tells what the run wrote without its outcome being known: there is nothing yet to undo.
    async fn tell_open(&mut self, kind: Kind) -> Result<(), Error> {
        for status in [ChangeStatus::Uncertain, ChangeStatus::Accepted] {
            let filter = ChangeFilter { kind: Some(kind), status: Some(status), ..self.of.clone() };
            let mut after = 0;
            loop {
                let rows = self.run.store.plan_changes(self.plan, &filter, after, PAGE).await?;
                let Some(last) = rows.last() else { break };
                after = last.change.sequence;
                rows.iter().for_each(|row| self.tell(&row.change, self.is_open()));
            }
        }
        Ok(())
    }

    fn is_open(&self) -> Said {
        let list = Call::of(Verb::UncertainList).with("sync", &self.run.sync.name);
        said!("run-not-undone-uncertain", list, run = self.reversal.run)
    }

    async fn page(&self, kind: Kind, action: Action, after: u32) -> Result<Vec<StoredChange>, Error> {
        let filter = ChangeFilter { kind: Some(kind), action: Some(action), ..self.of.clone() };
        Ok(self.run.store.plan_changes(self.plan, &filter, after, PAGE).await?)
    }

    async fn reverse(&mut self, kind: Kind, rows: &[StoredChange], leaves: &HashSet<String>) -> Result<(), Error> {
        let run = self.run;
        if run.sync.rules.kinds.get(&kind).is_none_or(|rules| rules.trust == Trust::Preview) {
            return Err(Error::invalid(
                said!("run-undo-previewed", sync = &run.sync.name, kind),
                said!("run-hint-undo-previewed", kind),
            ));
        }
        let Some(can) = run.target.description.kind(kind.counterpart()) else {
            rows.iter().for_each(|row| self.tell(&row.change, said!("run-undo-no-kind", kind)));
            return Ok(());
        };
        let known = self.known(kind, rows).await?;
        let mut changes = Vec::with_capacity(rows.len());
        for row in rows {
            let change = &row.change;
            let Some(target) = row.target.as_deref().or(change.target.as_deref()) else { continue };
            if self.open.contains(&(change.kind, change.source.clone())) {
                self.tell(change, self.is_open());
                continue;
            }
            if let Some(cause) = known.unread.get(target) {
                self.tell(change, said!("run-undo-unread", target, cause = cause.said()));
                continue;
            }
            let done = Done {
                change,
                target,
                link: known.links.get(&change.source),
                now: known.records.get(target),
                leaves: leaves.contains(&change.source),
            };
            let reversed =
                self.reversal.take(&done, can, &|kind, id| known.references.get(&(kind, id.to_owned())).cloned());
            changes.extend(reversed.change);
            reversed.left.into_iter().for_each(|why| self.tell(change, why));
        }
        self.seen += rows.len() as u64;
        run.progress.at(&Stage::Planning, self.seen, None);
        self.ledger.keep(changes).await
    }

    async fn known(&mut self, kind: Kind, rows: &[StoredChange]) -> Result<Known, Error> {
        let run = self.run;
        let sources: Vec<String> = rows.iter().map(|row| row.change.source.clone()).collect();
        let mut targets: Vec<String> = rows.iter().filter_map(|row| row.target.clone()).collect();
        targets.dedup();
        let links = run.store.links_by_sources(&run.sync.name, kind, &sources).await?;
        let kind = kind.counterpart();
        let read = reading::read_now(run, &run.target, kind, &targets).await?;
        let (records, unread) = match read {
            Some(Now { records, unread }) => (records, unread),
            None => {
                let stored = run.store.records_by_ids(&run.target.name, kind, &targets).await?;
                let there = stored.into_iter().filter(|stored| stored.gone_at.is_none());
                (there.map(|stored| (stored.record.id.clone(), stored.record)).collect(), BTreeMap::new())
            }
        };
        self.read += records.len() as u64;
        Ok(Known {
            links: links.into_iter().map(|link| (link.source.clone(), link)).collect(),
            records,
            unread,
            // By the links as they are now: one that changed makes the value of today another than the run's.
            references: references::references(run, rows.iter().map(|row| &row.change), &References::default()).await?,
        })
    }

    fn tell(&mut self, change: &PlannedChange, message: Said) {
        let (kind, customer) = (change.kind, change.customer.clone());
        let side = if change.direction() == Direction::AtSource { Side::Target } else { Side::Source };
        let finding = Finding::new(Cause::NotUndone, kind, customer, change.known_by(), message).at(side);
        self.ledger.find(vec![finding]);
    }

    /// The totals of the plan are in the order in which it is to be applied.
    async fn finish(self, kinds: &[Kind], order: Order) -> Result<PlanReport, Error> {
        let (run, read) = (self.reversal.run, self.read);
        let report = self.ledger.finish(|plan| {
            plan.undoes = Some(run);
            plan.totals.sort_by_key(|total| place(kinds, order, total.kind, total.action));
        });
        Ok(PlanReport { read: (0, read), ..report.await? })
    }
}
