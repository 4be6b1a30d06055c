//! A plan in the making: its changes in a [`Ledger`], and facts that later changes need.

use super::ledger::Ledger;
use super::observe::Observed;
use super::report::PlanReport;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::{Finding, Reference};
use crate::rules::serials_held::Serials;
use crosswalk_model::{Cause, Direction, Hold, Kind, Link, PlanId, PlannedChange, Record, Said, said};
use crosswalk_store::FirstRuns;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A plan in the making.
pub(crate) struct Draft<'w, 'p> {
    run: &'w SyncRun<'p>,
    ledger: Ledger<'w, 'p>,
    /// The target's kinds that were read to the end, but for these parents.
    target_read: HashMap<Kind, HashSet<Option<String>>>,
    source_complete: HashSet<Kind>,
    /// Records of the source that could not be read whole, with why.
    unread: HashMap<Kind, HashMap<String, Said>>,
    /// Whether nothing of this sync was ever applied.
    pub(crate) nothing_done: bool,
    /// Whether somebody asked for just these records: volatile fields are written, however young.
    pub(crate) refresh: bool,
    pub(crate) undecided: u32,
    /// The locations by source id: whose they are, and where references to them lead.
    pub(crate) locations: HashMap<String, (String, Reference)>,
    /// Targets that this plan gives to a source record, or that belong to one: whose they are.
    pub(crate) taken: HashMap<(Kind, String), String>,
    /// Source records that are gone and whose link goes to another one in this plan.
    pub(crate) given_up: HashSet<(Kind, String)>,
    /// Targets that may be an undecided record's, and whose: neither they nor what is in such an account leaves
    /// use meanwhile.
    pub(crate) undecided_targets: HashMap<(Kind, String), String>,
    /// What holds a customer's own change, and so all that belongs to it.
    pub(crate) held_customers: HashMap<String, Hold>,
    /// What holds a location that is to be made, and so the devices that name it.
    pub(crate) held_locations: HashMap<String, Hold>,
    /// Which serial numbers there are in the whole sync; none until somebody asks.
    pub(crate) serials: Option<Arc<Serials>>,
    /// The linked accounts that are not in use in the target, with why nothing is made in them.
    pub(crate) out_of_use: HashMap<String, Said>,
    /// Records with a write that is not settled: nothing is planned for them.
    open: HashSet<(Kind, String)>,
    /// Target customers that the source is being given, not settled yet.
    open_at_source: HashSet<String>,
    /// Links that remember more than before, though nothing is to be written.
    pub(crate) noted: Vec<Link>,
}

impl<'w, 'p> Draft<'w, 'p> {
    pub(crate) async fn new(run: &'w SyncRun<'p>, id: PlanId, observed: Option<&Observed>) -> Result<Self, Error> {
        let (mut target_read, mut source_complete, mut unread) = (HashMap::new(), HashSet::new(), HashMap::new());
        let mut of_source = run.store.unread(&run.source.name).await?;
        let mut of_target = run.store.unread(&run.target.name).await?;
        for kind in run.kinds() {
            let complete = match observed.map(|seen| &seen.source) {
                Some(reports) => Observed::of(reports, kind).is_some_and(|report| report.complete),
                None => run.store.read_last_complete(&run.source.name, kind).await?.is_some(),
            };
            if complete {
                source_complete.insert(kind);
            }
            let of_kind = of_source.remove(&kind).unwrap_or_default().into_iter();
            unread.insert(kind, of_kind.map(|one| (one.id, one.cause)).collect());
            let walked = match observed.map(|seen| &seen.target) {
                Some(reports) => Observed::of(reports, kind).is_some_and(|report| report.walked),
                // Where nothing was read in this run: ever to the end.
                None => run.store.read_last_began(&run.target.name, kind).await?.is_some(),
            };
            if walked {
                // Beside a record that could not be read whole anything may be that very record.
                let of_kind = of_target.remove(&kind).unwrap_or_default().into_iter().map(|one| one.parent);
                let report = observed.and_then(|seen| Observed::of(&seen.target, kind));
                let gaps = report.into_iter().flat_map(|report| report.gaps.iter().map(|(parent, _)| parent.clone()));
                target_read.insert(kind, gaps.chain(of_kind).collect::<HashSet<_>>());
            }
        }
        let open = run.store.unsettled(&run.sync.name).await?;
        let FirstRuns { ended, any_done } = run.store.first_runs(&run.sync.name).await?;
        let mut ledger = Ledger::new(run, id, &open);
        ledger.first_runs = run.sync.rules.kinds.keys().copied().filter(|kind| !ended.contains(kind)).collect();
        Ok(Self {
            run,
            ledger,
            target_read,
            source_complete,
            unread,
            nothing_done: !any_done,
            refresh: false,
            undecided: 0,
            locations: HashMap::new(),
            taken: HashMap::new(),
            given_up: HashSet::new(),
            undecided_targets: HashMap::new(),
            held_customers: HashMap::new(),
            held_locations: HashMap::new(),
            serials: None,
            out_of_use: HashMap::new(),
            noted: Vec::new(),
            open_at_source: open
                .iter()
                .filter(|open| open.row.change.direction() == Direction::AtSource)
                .filter_map(|open| open.row.change.target.clone())
                .collect(),
            open: open.into_iter().map(|open| (open.row.change.kind, open.row.change.source)).collect(),
        })
    }

    /// Whether the target's records of a kind were read to the end, and what they belong to as well:
    /// only then is what is not there new.
    pub(crate) fn target_complete(&self, kind: Kind) -> bool {
        self.target_read.get(&kind).is_some_and(HashSet::is_empty) && self.parents_read(kind)
    }

    /// Whether the source's records of a kind were read to the end.
    pub(crate) fn source_complete(&self, kind: Kind) -> bool {
        self.source_complete.contains(&kind)
    }

    /// Whether the target's records of a kind in one account were read to the end.
    pub(crate) fn target_complete_in(&self, kind: Kind, account: Option<&str>) -> bool {
        let read = self.target_read.get(&kind).is_some_and(|missing| {
            !missing.contains(&None) && account.is_none_or(|account| !missing.contains(&Some(account.to_owned())))
        });
        read && self.parents_read(kind)
    }

    fn parents_read(&self, kind: Kind) -> bool {
        let Some(parent) = kind.parent() else { return true };
        !self.run.kinds().any(|kind| kind == parent) || self.target_read.contains_key(&parent)
    }

    /// Leaves out unlinked source records that could not be read whole: nothing is created or
    /// matched on half of what there is to know.
    pub(crate) fn read_whole(&mut self, kind: Kind, mut records: Vec<Record>, links: &[Link]) -> Vec<Record> {
        let Some(unread) = self.unread.get(&kind).filter(|unread| !unread.is_empty()) else { return records };
        let linked: HashSet<&str> =
            links.iter().filter(|link| link.linked().is_some()).map(|link| link.source.as_str()).collect();
        let mut left = Vec::new();
        records.retain(|record| match unread.get(&record.id).filter(|_| !linked.contains(record.id.as_str())) {
            None => true,
            Some(cause) => {
                let (name, connection) = (&record.name, &self.run.source.name);
                let message = said!("run-not-read-whole", kind, name, connection, cause);
                let customer = if kind.is_account() { Some(record.id.clone()) } else { record.parent.clone() };
                let customer = customer.unwrap_or_default();
                left.push(Finding::new(Cause::Unread, kind, customer, record.id.clone(), message));
                false
            }
        });
        self.find(left);
        records
    }

    pub(crate) fn learn(&mut self, kind: Kind, customer: &str, source: &str, target: &str) {
        // Only locations are referred to; of the others it matters that they are taken.
        if kind.is_place() {
            let reference = Reference::Target(target.to_owned());
            self.locations.insert(source.to_owned(), (customer.to_owned(), reference));
        } else {
            self.taken.insert((kind, target.to_owned()), source.to_owned());
        }
    }

    /// Whether no whole plan of a kind was let go yet.
    pub(crate) fn first_run(&self, kind: Kind) -> bool {
        self.ledger.first_runs.contains(&kind)
    }

    /// Has the plan tell which of these kinds are still at their first run, and why.
    pub(crate) fn tell_first_runs(&mut self, kinds: Vec<Kind>) {
        self.ledger.tells = kinds;
    }

    /// So many more records of a kind are linked and in use: what the brakes of the sync count in.
    pub(crate) fn in_use(&mut self, kind: Kind, count: u64) {
        self.ledger.wide.in_use(kind, count);
    }

    /// Notes that a location that is to be made is held, and so the devices that name it.
    pub(crate) fn hold_location(&mut self, source: &str, hold: &Hold) {
        let reason = said!("run-location-held", reason = &hold.reason);
        self.held_locations.insert(source.to_owned(), Hold { reason, ..hold.clone() });
    }

    /// Holds the locations that are over a limit of the sync, before the devices are planned that name them.
    pub(crate) async fn hold_locations_over_the_sync(&mut self) -> Result<(), Error> {
        for (source, hold) in self.ledger.hold_over_the_sync(Some(Kind::Location)).await? {
            self.hold_location(&source, &hold);
        }
        Ok(())
    }

    /// What holds a customer, and with it all that belongs to it.
    pub(crate) fn customer_hold(&self, customer: &str) -> Option<&Hold> {
        self.held_customers.get(customer)
    }

    /// Where a customer's record leads with a reference: nowhere when that is another customer's.
    pub(crate) fn reference(&self, customer: &str, kind: Kind, id: &str) -> Reference {
        let location = self.locations.get(id).filter(|(owner, _)| kind.is_place() && owner == customer);
        location.map_or(Reference::Unknown, |(_, reference)| reference.clone())
    }

    /// Whether both sides were read to the end.
    pub(crate) fn both_complete(&self, kind: Kind) -> bool {
        self.target_complete(kind) && self.source_complete.contains(&kind)
    }

    /// Leaves out what the vendor still works on, and tells it.
    pub(crate) fn without_open(&mut self, kind: Kind, changes: Vec<PlannedChange>) -> Vec<PlannedChange> {
        let (free, waiting): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| !self.is_open(kind, &change.source, change.target.as_deref()));
        let told = |change: PlannedChange| {
            Finding::new(Cause::Unsettled, kind, change.customer, change.source, said!("run-still-at-work"))
        };
        self.find(waiting.into_iter().map(told).collect());
        free
    }

    /// The source records of a kind with a write that is not settled yet.
    pub(crate) fn settling(&self, kind: Kind) -> HashSet<String> {
        self.open.iter().filter(|(of, _)| *of == kind).map(|(_, source)| source.clone()).collect()
    }

    /// Whether an earlier write of a record is not settled yet.
    fn is_open(&self, kind: Kind, source: &str, target: Option<&str>) -> bool {
        let at_source = kind.is_account() && self.is_open_at_source(target);
        at_source || self.open.contains(&(kind, source.to_owned()))
    }

    /// Whether the source is being given this target customer just now.
    pub(crate) fn is_open_at_source(&self, target: Option<&str>) -> bool {
        target.is_some_and(|target| self.open_at_source.contains(target))
    }

    pub(crate) fn find(&mut self, findings: Vec<Finding>) {
        self.ledger.find(findings);
    }

    /// Notes the digests of source records that the next changes are planned on.
    pub(crate) fn planned_on(&mut self, kind: Kind, digests: HashMap<String, [u8; 16]>) {
        self.ledger.planned_on.entry(kind).or_default().extend(digests);
    }

    pub(crate) async fn keep(&mut self, changes: Vec<PlannedChange>) -> Result<(), Error> {
        self.ledger.keep(changes).await
    }

    /// Ends the plan, unless an earlier one of single records says the same and waits for approval still:
    /// then that stays, and this one is dropped. What is polled often is else planned anew at each poll.
    pub(crate) async fn report_or_waiting(self) -> Result<PlanReport, Error> {
        let run = self.run;
        let report = self.report().await?;
        let waiting = run.store.plan_settle_for_waiting(&run.sync.name, report.plan.id).await?;
        Ok(match waiting {
            Some(plan) => PlanReport { plan, ..report },
            None => report,
        })
    }

    /// Ends the plan; what was read for it is the caller's to say.
    pub(crate) async fn report(self) -> Result<PlanReport, Error> {
        let undecided = self.undecided;
        self.ledger.finish(|plan| plan.undecided = undecided).await
    }
}
