//! Making a plan: what was observed, matched and planned customer by customer, and stored.
//!
//! One customer's records of one kind are in memory at a time, so a plan over 50,000
//! assets needs no more room than its largest customer. What is decided stands in the
//! pure halves ([`matching`], [`plan`], [`brakes`]); here it is fed and kept.

use super::context::Work;
use super::matching::{self, CustomerMatchInput, Decision, MatchInput, Matched};
use super::observe::Observed;
use super::plan::{self, Finding, Item, PlanInput, Reference};
use super::progress::{Progress, Stage};
use super::{ApplyOptions, ApplyReport, Tenant, brakes};
use crate::error::Error;
use crate::model::{
    Action, Kind, KindDescription, Link, LinkState, Mode, Plan, PlanId, PlannedChange, Record, RunStatus, SyncName,
    Trust, plan::PlanTotal,
};
use crate::store::Stored;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What planning came to.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// The plan, in short.
    pub plan: Plan,
    /// Records read: source, target.
    pub read: (u64, u64),
    /// What was not read, or not to the end: one sentence each.
    pub complaints: Vec<String>,
    /// What cannot be done or was left as it is, with why: the first of each kind.
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub findings_total: u64,
}

/// What a run came to: the plan, and what was applied of it.
#[derive(Debug, Clone, Serialize)]
pub struct RunReport {
    /// The plan.
    pub plan: PlanReport,
    /// What was applied, if anything could be.
    pub applied: Option<ApplyReport>,
}

/// Findings that a report names one by one.
pub(super) const FINDINGS_TOLD: usize = 50;

impl Tenant {
    /// Observes both sides and makes a plan. Nothing is written to either.
    ///
    /// # Errors
    /// No such sync, somebody else works on it, neither side could be read at all.
    pub async fn plan(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let work = self.begin(sync, Mode::Plan, progress).await?;
        let report = work.plan().await;
        work.planned(report).await
    }

    /// Plans from what is stored, without asking either vendor.
    ///
    /// # Errors
    /// As [`plan`](Self::plan).
    pub async fn plan_stored(&self, sync: &SyncName, progress: &dyn Progress) -> Result<PlanReport, Error> {
        let work = self.begin(sync, Mode::Plan, progress).await?;
        let report = work.make_plan(None).await;
        work.planned(report).await
    }

    /// Plans, then applies what trust and brakes let go by themselves.
    ///
    /// # Errors
    /// As [`plan`](Self::plan) and [`apply`](Self::apply).
    pub async fn run(&self, sync: &SyncName, progress: &dyn Progress) -> Result<RunReport, Error> {
        let work = self.begin(sync, Mode::Apply, progress).await?;
        let report = work.plan().await;
        work.apply_by_trust(report, None).await
    }
}

impl Work<'_> {
    async fn plan(&self) -> Result<PlanReport, Error> {
        self.recover().await?;
        let observed = self.observe().await?;
        for (side, reports) in [(&self.source, &observed.source), (&self.target, &observed.target)] {
            let nothing = reports.iter().all(|report| report.records == 0 && report.failure.is_some());
            if let (true, Some(failure)) = (nothing, reports.iter().find_map(|report| report.failure.clone())) {
                return Err(side.failed(failure));
            }
        }
        self.make_plan(Some(&observed)).await
    }

    /// Applies what trust and brakes let go of a plan, and ends the run. `trusted` is as in [`ApplyOptions`].
    pub(super) async fn apply_by_trust(
        &self,
        plan: Result<PlanReport, Error>,
        trusted: Option<Kind>,
    ) -> Result<RunReport, Error> {
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                self.fail(&error).await;
                return Err(error);
            }
        };
        let mut rules = self.sync.rules.kinds.iter().filter(|(kind, _)| trusted.is_none_or(|only| only == **kind));
        let automatic = rules.any(|(_, rules)| rules.trust == Trust::Automatic);
        let pending = plan.plan.totals.iter().any(|total| total.changes > total.held);
        if !automatic || !pending {
            self.end_plan(&plan).await?;
            return Ok(RunReport { plan, applied: None });
        }
        let options = ApplyOptions { automatic: true, trusted, ..ApplyOptions::default() };
        let applied = self.finish_apply(plan.plan.id, &options).await?;
        Ok(RunReport { plan, applied: Some(applied) })
    }

    /// Ends a run that only planned, however that went.
    pub(super) async fn planned(&self, report: Result<PlanReport, Error>) -> Result<PlanReport, Error> {
        match &report {
            Ok(report) => self.end_plan(report).await?,
            Err(error) => self.fail(error).await,
        }
        report
    }

    /// Ends a run that only read.
    pub(super) async fn end_idle(&self) -> Result<(), Error> {
        let Some(mut run) = self.store.run_get(self.run).await? else { return Ok(()) };
        run.status = RunStatus::NothingToDo;
        run.ended_at = Some(self.now());
        Ok(self.store.run_finish(&run).await?)
    }

    pub(super) async fn end_plan(&self, report: &PlanReport) -> Result<(), Error> {
        let Some(mut run) = self.store.run_get(self.run).await? else { return Ok(()) };
        let sum =
            |pick: fn(&PlanTotal) -> u32| report.plan.totals.iter().map(|total| u64::from(pick(total))).sum::<u64>();
        (run.counts.source_read, run.counts.target_read) = report.read;
        run.counts.planned = sum(|total| total.changes);
        run.counts.held = sum(|total| total.held);
        run.status = match (run.counts.planned, report.complaints.is_empty()) {
            (_, false) => RunStatus::Partial,
            (0, true) => RunStatus::NothingToDo,
            (planned, true) if planned == run.counts.held => RunStatus::Held,
            _ => RunStatus::Succeeded,
        };
        run.message = report.complaints.first().cloned().unwrap_or_default();
        run.plan = Some(report.plan.id);
        run.ended_at = Some(self.now());
        Ok(self.store.run_finish(&run).await?)
    }

    /// Matches and plans from what is stored. Without a fresh observation the last
    /// complete reads decide what counts as read to the end.
    async fn make_plan(&self, observed: Option<&Observed>) -> Result<PlanReport, Error> {
        self.progress.begin(Stage::Planning, None);
        let id = self.store.plan_begin(self.run, &self.sync.name, self.now()).await?;
        let mut draft = Draft::new(self, id, observed).await?;
        let accounts = self.plan_customers(&mut draft).await?;
        for kind in self.kinds().filter(|kind| matches!(kind, Kind::Location | Kind::Asset)) {
            if kind == Kind::Location && self.sync.rules.sites == crate::model::sync::Sites::Primary {
                continue;
            }
            self.plan_kind(&mut draft, kind, &accounts).await?;
        }
        self.plan_billing(&mut draft, &accounts, observed).await?;
        let report = draft.report().await?;
        self.progress.end(&Stage::Planning);
        Ok(PlanReport {
            read: observed.map(Observed::totals).unwrap_or_default(),
            complaints: observed.map(|seen| seen.complaints(&self.source, &self.target)).unwrap_or_default(),
            ..report
        })
    }

    async fn plan_customers(&self, draft: &mut Draft<'_, '_>) -> Result<Vec<Account>, Error> {
        let kind = Kind::Customer;
        let Some(can) = self.target.description.kind(kind) else { return Ok(Vec::new()) };
        let rules = &self.sync.rules.kinds[&kind];
        let (source, gone) = split(self.store.records_all(&self.source.name, kind).await?);
        let (target, _) = split(self.store.records_all(&self.target.name, kind).await?);
        let links = self.store.links_all(&self.sync.name, kind).await?;
        let matched = matching::match_customers(&CustomerMatchInput {
            kind: Kind::Customer,
            source: &source,
            target: &target,
            target_complete: draft.target_complete(kind),
            links: &links,
            stamp_of: &|id| self.stamp(kind, id).unwrap_or_default(),
            rules,
            describe: can,
        });
        let reverse = self.plan_reverse(draft, &source, &target, &links, &matched).await?;
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let targets: HashMap<&str, &Record> = target.iter().map(|record| (record.id.as_str(), record)).collect();
        let (mut accounts, mut decided, mut leaving) = (Vec::new(), Vec::new(), Vec::new());
        for (record, matched) in source.iter().zip(&matched) {
            let link = links.get(record.id.as_str()).copied();
            decided.extend(matching::decided(link, kind, &record.id, &matched.decision, self.now()));
            let item = item(Some(record), None, link, matched, &targets);
            let changes = self.plan_items(draft, kind, &record.id, None, vec![item], can, 1);
            let account = match (&matched.decision, link) {
                (Decision::Linked { target, .. }, _) => Some(Some(target.clone())),
                (Decision::Create { .. }, _) if changes.iter().any(|change| change.action == Action::Create) => {
                    Some(None)
                }
                (Decision::Keep, Some(link)) => link.linked().map(|target| Some(target.to_owned())),
                _ => None,
            };
            if account.is_none() {
                draft.undecided += u32::from(
                    !matches!((&matched.decision, link), (Decision::Keep, Some(link)) if link.state == LinkState::Excluded),
                );
            }
            let (out, rest): (Vec<_>, Vec<_>) =
                changes.into_iter().partition(|change| change.action == Action::Deactivate);
            leaving.extend(out);
            draft.keep(rest).await?;
            accounts.push(Account { source: record.id.clone(), target: account });
        }
        for stored in &gone {
            let Some(link) = links.get(stored.record.id.as_str()).copied() else { continue };
            let matched = Matched { source: stored.record.id.clone(), decision: Decision::Keep };
            let item = item(None, Some(stored), Some(link), &matched, &targets);
            leaving.extend(self.plan_items(draft, kind, &stored.record.id, None, vec![item], can, 1));
            // Its sites and devices are gone with it, and are planned like those of the others.
            accounts.push(Account {
                source: stored.record.id.clone(),
                target: link.linked().map(|id| Some(id.to_owned())),
            });
        }
        // Each customer is its own unit; that many leave at once is only seen over all of them.
        let linked = links.values().filter(|link| link.state == LinkState::Linked).count();
        let linked = u32::try_from(linked).unwrap_or(u32::MAX);
        brakes::hold(&mut leaving, linked, &self.sync.rules.brakes, draft.first_run, rules.trust);
        draft.keep(leaving).await?;
        draft.keep(reverse).await?;
        decided.append(&mut draft.noted);
        self.store.links_put(&self.sync.name, &decided).await?;
        Ok(accounts)
    }

    async fn plan_kind(&self, draft: &mut Draft<'_, '_>, kind: Kind, accounts: &[Account]) -> Result<(), Error> {
        let Some(can) = self.target.description.kind(kind) else { return Ok(()) };
        // While one customer is planned the next one's records are read.
        let mut waiting = accounts.iter().filter(|account| account.target.is_some());
        let mut next = self.rows(kind, waiting.next()).await?;
        let mut done = 0;
        while let Some(rows) = next.take() {
            self.progress.at(&Stage::Planning, done, Some(accounts.len() as u64));
            done += 1;
            let (ahead, planned) =
                tokio::join!(self.rows(kind, waiting.next()), self.plan_account(draft, kind, rows, can));
            planned?;
            next = ahead?;
        }
        Ok(())
    }

    /// What planning one customer's records of a kind begins with.
    async fn rows<'a>(&self, kind: Kind, account: Option<&'a Account>) -> Result<Option<Rows<'a>>, Error> {
        let Some(account) = account else { return Ok(None) };
        let target = async {
            match account.linked() {
                Some(id) => self.store.records_of_parent(&self.target.name, kind, id).await,
                None => Ok(Vec::new()),
            }
        };
        let (source, links, target) = tokio::try_join!(
            self.store.records_of_parent(&self.source.name, kind, &account.source),
            self.store.links_of_parent(&self.sync.name, kind, &self.source.name, &account.source),
            target,
        )?;
        Ok(Some(Rows { account, source, links, target }))
    }

    async fn plan_account(
        &self,
        draft: &mut Draft<'_, '_>,
        kind: Kind,
        rows: Rows<'_>,
        can: &KindDescription,
    ) -> Result<(), Error> {
        let sync = &self.sync;
        let account = rows.account;
        let ((source, gone), links) = (split(rows.source), rows.links);
        if source.is_empty() && links.is_empty() {
            return Ok(());
        }
        let (target, _) = split(rows.target);
        // What lies outside the account: linked records that stayed behind, and stamped ones.
        let inside: HashSet<&str> = target.iter().map(|record| record.id.as_str()).collect();
        let away: Vec<String> =
            links.iter().filter_map(|link| link.target.clone()).filter(|id| !inside.contains(id.as_str())).collect();
        let (away, _) = split(self.store.records_by_ids(&self.target.name, kind, &away).await?);
        let linked: HashSet<&str> =
            links.iter().filter(|link| link.target.is_some()).map(|link| link.source.as_str()).collect();
        let stamps: Vec<String> = source
            .iter()
            .filter(|record| !linked.contains(record.id.as_str()))
            .filter_map(|record| self.stamp(kind, &record.id))
            .collect();
        let (stamped, _) = split(self.store.records_by_stamps(&self.target.name, kind, &stamps).await?);
        let stamped: Vec<Record> = stamped.into_iter().filter(|record| !inside.contains(record.id.as_str())).collect();
        let targets: HashMap<&str, &Record> =
            target.iter().chain(&away).chain(&stamped).map(|record| (record.id.as_str(), record)).collect();
        let taken = self.taken_elsewhere(kind, &targets, &links).await?;
        let matched = matching::match_records(&MatchInput {
            kind,
            source: &source,
            target: &target,
            target_complete: draft.target_complete(kind),
            links: &links,
            stamped_elsewhere: &stamped,
            exists: &|id| targets.contains_key(id),
            taken_elsewhere: &|id| taken.contains(id) || draft.taken.contains(&(kind, id.to_owned())),
            stamp_of: &|id| self.stamp(kind, id).unwrap_or_default(),
            rules: &sync.rules.kinds[&kind],
            describe: can,
        });
        let by_source: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        let (mut items, mut decided) = (Vec::new(), Vec::new());
        for (record, matched) in source.iter().zip(&matched) {
            let link = by_source.get(record.id.as_str()).copied();
            decided.extend(matching::decided(link, kind, &record.id, &matched.decision, self.now()));
            match (&matched.decision, link.and_then(Link::linked)) {
                (Decision::Linked { target, .. }, _) => draft.learn(kind, &account.source, &record.id, target),
                (Decision::Keep, Some(target)) => draft.learn(kind, &account.source, &record.id, target),
                _ => {}
            }
            items.push(item(Some(record), None, link, matched, &targets));
        }
        let keep: Vec<Matched> =
            gone.iter().map(|stored| Matched { source: stored.record.id.clone(), decision: Decision::Keep }).collect();
        for (stored, matched) in gone.iter().zip(&keep) {
            if let Some(link) = by_source.get(stored.record.id.as_str()).copied() {
                items.push(item(None, Some(stored), Some(link), matched, &targets));
            }
        }
        let linked = links.iter().filter(|link| link.state == LinkState::Linked).count();
        let changes = self.plan_items(
            draft,
            kind,
            &account.source,
            account.linked(),
            items,
            can,
            u32::try_from(linked).unwrap_or(u32::MAX),
        );
        if kind == Kind::Location {
            // Also those created in place of one that is retired: only assets refer to them, and are planned later.
            for change in changes.iter().filter(|change| change.action == Action::Create) {
                draft.locations.insert(change.source.clone(), (account.source.clone(), Reference::Planned));
            }
        }
        decided.append(&mut draft.noted);
        self.store.links_put(&sync.name, &decided).await?;
        draft.keep(changes).await
    }

    /// Targets that are linked to source records of other customers. Those of the customer's own
    /// links are not asked for: matching knows that they are taken.
    async fn taken_elsewhere(
        &self,
        kind: Kind,
        targets: &HashMap<&str, &Record>,
        own: &[Link],
    ) -> Result<HashSet<String>, Error> {
        let linked: HashSet<&str> = own.iter().filter_map(Link::linked).collect();
        let ids: Vec<String> = targets.keys().filter(|id| !linked.contains(*id)).map(|id| (*id).to_owned()).collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let own: HashSet<&str> = own.iter().map(|link| link.source.as_str()).collect();
        let links = self.store.links_of_targets(&self.sync.name, kind, &ids).await?;
        Ok(links
            .into_iter()
            .filter(|link| !own.contains(link.source.as_str()))
            .filter_map(|link| link.target)
            .collect())
    }

    #[expect(clippy::too_many_arguments, reason = "one place feeds the planner")]
    pub(super) fn plan_items(
        &self,
        draft: &mut Draft<'_, '_>,
        kind: Kind,
        customer: &str,
        parent_target: Option<&str>,
        items: Vec<Item<'_>>,
        can: &KindDescription,
        linked: u32,
    ) -> Vec<PlannedChange> {
        let planned = plan::plan_kind(&PlanInput {
            kind,
            customer,
            items: &items,
            parent_target,
            describe: can,
            rules: &self.sync.rules,
            now: self.now(),
            refresh: draft.refresh,
            resolve: &|kind, id| draft.reference(customer, kind, id),
        });
        draft.find(planned.findings);
        draft.noted.extend(planned.noted);
        let mut changes = draft.without_open(kind, planned.changes);
        let rules = &self.sync.rules;
        brakes::hold(&mut changes, linked, &rules.brakes, draft.first_run, rules.kinds[&kind].trust);
        changes
    }
}

/// A source customer and the account it is: none while it takes no part, `Some(None)`
/// while this plan creates it.
pub(super) struct Account {
    pub(super) source: String,
    target: Option<Option<String>>,
}

impl Account {
    pub(super) fn linked(&self) -> Option<&str> {
        self.target.as_ref().and_then(Option::as_deref)
    }
}

/// A customer's records of a kind on both sides, and its links.
struct Rows<'a> {
    account: &'a Account,
    source: Vec<Stored>,
    links: Vec<Link>,
    target: Vec<Stored>,
}

/// A plan in the making.
pub(super) struct Draft<'w, 'p> {
    work: &'w Work<'p>,
    id: PlanId,
    made_at: crate::model::Timestamp,
    complete: HashSet<Kind>,
    source_complete: HashSet<Kind>,
    /// Whether nothing of this sync was ever applied.
    pub(super) first_run: bool,
    /// Whether somebody asked for just these records: volatile fields are written, however young.
    pub(super) refresh: bool,
    sequence: u32,
    hasher: plan::PlanHasher,
    totals: BTreeMap<(Kind, Action), PlanTotal>,
    waiting: Vec<PlannedChange>,
    undecided: u32,
    findings: Vec<Finding>,
    findings_total: u64,
    /// The locations by source id: whose they are, and where references to them lead.
    locations: HashMap<String, (String, Reference)>,
    taken: HashSet<(Kind, String)>,
    /// Records with a write that is not settled: nothing is planned for them.
    open: HashSet<(Kind, String)>,
    /// Target customers that the source is being given, not settled yet.
    open_at_source: HashSet<String>,
    /// Links that remember more than before, though nothing is to be written.
    pub(super) noted: Vec<Link>,
}

impl<'w, 'p> Draft<'w, 'p> {
    pub(super) async fn new(work: &'w Work<'p>, id: PlanId, observed: Option<&Observed>) -> Result<Self, Error> {
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
            hasher: plan::PlanHasher::default(),
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
                .filter(|(_, row, _)| row.change.action == Action::CreateSource)
                .filter_map(|(_, row, _)| row.change.target.clone())
                .collect(),
            open: open.into_iter().map(|(_, row, _)| (row.change.kind, row.change.source)).collect(),
        })
    }

    pub(super) fn target_complete(&self, kind: Kind) -> bool {
        self.complete.contains(&kind)
    }

    pub(super) fn learn(&mut self, kind: Kind, customer: &str, source: &str, target: &str) {
        // Only locations are referred to; of the others it matters that they are taken.
        if kind == Kind::Location {
            let reference = Reference::Target(target.to_owned());
            self.locations.insert(source.to_owned(), (customer.to_owned(), reference));
        } else {
            self.taken.insert((kind, target.to_owned()));
        }
    }

    /// Where a customer's record leads with a reference: nowhere when that is another customer's.
    fn reference(&self, customer: &str, kind: Kind, id: &str) -> Reference {
        let location = self.locations.get(id).filter(|(owner, _)| kind == Kind::Location && owner == customer);
        location.map_or(Reference::Unknown, |(_, reference)| reference.clone())
    }

    /// Whether both sides were read to the end.
    pub(super) fn both_complete(&self, kind: Kind) -> bool {
        self.complete.contains(&kind) && self.source_complete.contains(&kind)
    }

    /// Leaves out what the vendor still works on, and tells it.
    pub(super) fn without_open(&mut self, kind: Kind, changes: Vec<PlannedChange>) -> Vec<PlannedChange> {
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
    pub(super) fn is_open_at_source(&self, target: Option<&str>) -> bool {
        target.is_some_and(|target| self.open_at_source.contains(target))
    }

    pub(super) fn find(&mut self, findings: Vec<Finding>) {
        self.findings_total += findings.len() as u64;
        let room = FINDINGS_TOLD.saturating_sub(self.findings.len());
        self.findings.extend(findings.into_iter().take(room));
    }

    /// Numbers changes, counts them in, and stores them when there are enough for one commit.
    pub(super) async fn keep(&mut self, changes: Vec<PlannedChange>) -> Result<(), Error> {
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
    pub(super) async fn report(mut self) -> Result<PlanReport, Error> {
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

fn item<'a>(
    source: Option<&'a Record>,
    gone: Option<&Stored>,
    link: Option<&'a Link>,
    matched: &'a Matched,
    targets: &HashMap<&str, &'a Record>,
) -> Item<'a> {
    let target = match &matched.decision {
        Decision::Linked { target, .. } => Some(target.as_str()),
        _ => link.and_then(|link| link.target.as_deref()),
    };
    Item {
        source,
        gone_since: gone.and_then(|stored| stored.gone_at),
        link,
        decision: &matched.decision,
        target: target.and_then(|id| targets.get(id).copied()),
    }
}

/// Present records, and gone ones.
fn split(stored: Vec<Stored>) -> (Vec<Record>, Vec<Stored>) {
    let (present, gone): (Vec<Stored>, Vec<Stored>) = stored.into_iter().partition(|stored| stored.gone_at.is_none());
    (present.into_iter().map(|stored| stored.record).collect(), gone)
}
