//! What a planned change is by now: still right or stale, with everything it refers to resolved, what is
//! sent, and what its link is afterwards.
//!
//! The one place where it matters which way a change goes: onward by the sync's rules, to the source, or
//! back to what was before a run. What each way means is decided in `plan`, `reverse` and `undo`.

use super::identity;
use super::totals::Tally;
use super::resting;
use super::fresh;
use super::fresh::Waits;
use super::resting::Not;
use super::reverse;
use super::session::Prepared;
use super::session::Session;
use super::session::lock;
use super::undo;
use crate::billing::preconditions;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::anew::{self, Along};
use crate::rules::plan;
use crate::rules::plan::ticket::LEAD;
use crate::sync;
use crosswalk_model::{Action, Change, ChangeId, Kind, Link, PlanId, PlannedChange, Record, Value, Way, catalogue};
use crosswalk_store::{ChangeStatus, JournalEntry, Settled, StoreError};
use std::collections::HashMap;
use std::sync::Mutex;

/// Checks each change against what is known now, and resolves its references.
pub(crate) async fn resolve(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: Vec<PlannedChange>,
    tally: &mut Tally,
) -> Result<Vec<Prepared>, Error> {
    let (open, changes): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|planned| session.is_open(planned.kind, planned.known_by()));
    let why = "it waits: an earlier write of it is not settled, or waits itself";
    let mut not: Vec<Not> = open.into_iter().map(|planned| (planned, ChangeStatus::Pending, why.to_owned())).collect();
    if changes.is_empty() {
        leave_out(session, not, tally).await?;
        return Ok(Vec::new());
    }
    let work = session.work;
    // So that staleness is judged on now.
    let mut waits = Waits::new();
    let now = fresh::targets_now(session, kind, &changes, &mut waits).await?;
    let mut moved = fresh::sources_moved(session, kind, &changes, &mut waits).await?;
    let links = links_of(work, kind, &changes).await?;
    let mut refusals = reverse::refusals(work, &changes, &mut waits).await?;
    if kind == Kind::Usage {
        let ground = session.usage.get_or_try_init(|| preconditions::usage_ground(work, session.plan)).await?;
        let refused = |change: &PlannedChange| Some((change.source.clone(), ground.refusal(change)?));
        refusals.extend(changes.iter().filter_map(refused));
        refusals.extend(
            preconditions::still_billed(work, &changes, &|one, other| session.resting.together(one, other)).await?,
        );
        waits.extend(changes.iter().filter_map(|change| Some((change.sequence, resting::waits_for_line(session, change)?))));
    }
    let given_over = given_over(work, kind, &changes, &links).await?;
    // A target whose record is gone from the source is handed over; any other belongs to whom it is linked.
    let taken = fresh::taken(session, kind, &changes).await?.into_iter();
    refusals.extend(taken.filter(|(source, _)| !given_over.get(source).is_some_and(Result::is_ok)));
    let references = references(work, &changes, &session.known).await?;
    refusals.extend(fresh::out_of_use(session, &changes, &references, &mut waits).await?);
    refusals.extend(fresh::made_meanwhile(session, kind, &changes, &references, &links, &mut waits).await?);
    let mut ready = Vec::with_capacity(changes.len());
    for mut planned in changes {
        let key = planned.known_by().to_owned();
        if let Some(why) = waits.remove(&planned.sequence) {
            not.push((planned, ChangeStatus::Pending, why));
            continue;
        }
        let mut link = links.get(&key).cloned();
        let there = planned.target.as_ref().and_then(|id| now.get(id));
        follow_own(session, &mut planned, there);
        let over = given_over.get(&key).cloned().filter(|_| planned.action == Action::Link).transpose();
        let stale = stale(&planned, link.as_ref(), there)
            .or_else(|| moved.remove(&planned.sequence))
            .or_else(|| refusals.get(&key).cloned())
            .map_or(over, Err);
        let checked = match stale {
            Err(why) => Err((ChangeStatus::Stale, why)),
            Ok(over) => to_write(work, session.plan, &planned, there, &references)
                .and_then(|change| follow_lead(&mut planned, &references).map(|()| (change, over)))
                .map_err(|unresolved| match session.is_open(unresolved.kind, &unresolved.id) {
                    true => (
                        ChangeStatus::Pending,
                        format!("it waits for the {} {}, which is not settled", unresolved.kind, unresolved.id),
                    ),
                    false => (ChangeStatus::Skipped, unresolved.to_string()),
                }),
        };
        let checked = match checked {
            Ok((change, Some(over))) => match hand_over(session, kind, over).await? {
                Some(new) => {
                    link = Some(new);
                    Ok(change)
                }
                None => Err((ChangeStatus::Stale, "its link was decided on since".to_owned())),
            },
            checked => checked.map(|(change, _)| change),
        };
        match checked {
            Ok(change) => ready.push(Prepared { planned, change, link, tries: 0 }),
            Err((status, why)) => not.push((planned, status, why)),
        }
    }
    not.extend(session.resting.broken(&mut ready, &not));
    leave_out(session, not, tally).await?;
    Ok(ready)
}

/// Hands a target over: both links at once, so that whenever this ends, one of them has all that is known of it.
/// Gives the new one as it is stored; `None` where one of them was decided on since.
async fn hand_over(session: &Session<'_, '_>, kind: Kind, (old, new): (Link, Link)) -> Result<Option<Link>, Error> {
    let work = session.work;
    let mut along = Along::default();
    if kind == Kind::Customer {
        let who = (old.source.clone(), new.source.clone());
        along = anew::along(&work.store, &work.sync.name, &[who], work.now()).await?;
    }
    along.links.extend([old, new.clone()]);
    match work.store.decide(&work.sync.name, &along.links, along.switches, &[]).await {
        Ok(()) => Ok(Some(Link { revision: new.revision + 1, ..new })),
        Err(StoreError::Stale { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Tells what is not written. What waits stays as it is, and with it what refers to its record or comes after it.
pub(crate) async fn leave_out(session: &Session<'_, '_>, not: Vec<Not>, tally: &mut Tally) -> Result<(), Error> {
    let mut refused = Vec::new();
    for (planned, status, why) in not {
        if status == ChangeStatus::Pending {
            session.leave_open(&planned);
            tally.open += 1;
            tally.failure(&planned, &why);
        } else {
            refused.push(refusal(session, &planned, status, why, tally));
        }
    }
    if !refused.is_empty() {
        let work = session.work;
        work.store.batch_settle(session.plan, None, &refused, &[], &work.target.name, work.now()).await?;
    }
    Ok(())
}

/// What this plan's own write made of the record is what its later changes rest on: a vendor may take
/// a record's place away when it is moved.
fn follow_own(session: &Session<'_, '_>, planned: &mut PlannedChange, there: Option<&Record>) {
    let own = lock(&session.own);
    let Some((there, kept)) = there.and_then(|there| Some((there, own.get(&(planned.kind, there.id.clone()))?))) else {
        return;
    };
    for diff in planned.fields.iter_mut().filter(|diff| diff.before.is_some()) {
        let (now, made) = (plan::now_has(there, &diff.name), plan::now_has(kept, &diff.name));
        if now.as_ref().zip(made.as_ref()).is_some_and(|(now, made)| plan::same(now, made)) {
            diff.before = now;
        }
    }
}

fn refusal(
    session: &Session<'_, '_>,
    planned: &PlannedChange,
    status: ChangeStatus,
    why: String,
    tally: &mut Tally,
) -> Settled {
    let event = if status == ChangeStatus::Stale {
        tally.counts.stale += 1;
        "stale"
    } else {
        tally.counts.failed += 1;
        "skipped"
    };
    tally.failure(planned, &why);
    Settled {
        sequence: planned.sequence,
        status,
        target: planned.target.clone(),
        message: why.clone(),
        link: None,
        journal: session.entry(planned, event, why, planned.target.clone()),
        token: None,
    }
}

/// Source → target ids, shared by the batches under way.
#[derive(Default)]
pub(crate) struct References(Mutex<HashMap<(Kind, String), String>>);

impl References {
    pub(crate) fn learn(&self, kind: Kind, source: &str, target: &str) {
        self.lock().insert((kind, source.to_owned()), target.to_owned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Kind, String), String>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Where everything that these changes refer to leads, by today's links. What goes back refers to the
/// target already.
pub(crate) async fn references<'c>(
    run: &SyncRun<'_>,
    changes: impl IntoIterator<Item = &'c PlannedChange>,
    known: &References,
) -> Result<HashMap<(Kind, String), String>, Error> {
    let (mut found, mut missing) = (HashMap::new(), HashMap::<Kind, Vec<String>>::new());
    for change in changes.into_iter().filter(|change| change.way() != Way::Back) {
        for diff in &change.fields {
            let kind = match diff.name.as_str() {
                "parent" => Some(Kind::Customer),
                LEAD if change.action == Action::Link => Some(change.kind),
                name => catalogue::refers_to(change.kind, name),
            };
            let (Some(kind), Value::Text(source)) = (kind, &diff.after) else { continue };
            let key = (kind, source.clone());
            let target = known.lock().get(&key).cloned();
            match target {
                Some(target) => {
                    found.insert(key, target);
                }
                None => missing.entry(kind).or_default().push(source.clone()),
            }
        }
    }
    for (kind, mut sources) in missing {
        sources.sort_unstable();
        sources.dedup();
        for link in run.store.links_by_sources(&run.sync.name, kind, &sources).await? {
            if let Some(target) = link.linked() {
                known.lock().insert((kind, link.source.clone()), target.to_owned());
                found.insert((kind, link.source.clone()), target.to_owned());
            }
        }
    }
    Ok(found)
}

/// What becomes of links whose target these changes give to another source record: the old one without it, and
/// the new one with all that was known, by the new source record; or why it is not given any more. Lines of contracts
/// are handed over by the rules of `usage`: who gives one up keeps what is known of its days.
async fn given_over(
    run: &SyncRun<'_>,
    kind: Kind,
    changes: &[PlannedChange],
    links: &HashMap<String, Link>,
) -> Result<HashMap<String, Result<(Link, Link), String>>, Error> {
    let linking = |change: &&PlannedChange| change.action == Action::Link && change.way() == Way::Onward;
    let by_target: HashMap<&str, &PlannedChange> =
        changes.iter().filter(linking).filter_map(|change| Some((change.target.as_deref()?, change))).collect();
    if by_target.is_empty() || kind.counterpart() != kind || kind == Kind::Usage {
        return Ok(HashMap::new());
    }
    let targets: Vec<String> = by_target.keys().map(|id| (*id).to_owned()).collect();
    let held = run.store.links_of_targets(&run.sync.name, kind, &targets).await?;
    let held: Vec<&Link> = held.iter().filter(|link| link.kind == kind && link.linked().is_some()).collect();
    let sources: Vec<String> = held.iter().map(|link| link.source.clone()).collect();
    let stored = run.store.records_by_ids(&run.source.name, kind, &sources).await?;
    let there: std::collections::HashSet<&str> =
        stored.iter().filter(|one| one.gone_at.is_none()).map(|one| one.record.id.as_str()).collect();
    let mut over = HashMap::new();
    for old in held {
        let Some(change) = old.target.as_deref().and_then(|id| by_target.get(id)) else { continue };
        if old.source == change.source {
            continue;
        }
        let new = identity::adopted(links.get(&change.source), old, &change.source);
        let given = if there.contains(old.source.as_str()) {
            Err(format!("its record is linked to {}, which is in the source again", old.source))
        } else {
            Ok((identity::given_up(old, &change.source, run.now()), new))
        };
        over.insert(change.source.clone(), given);
    }
    Ok(over)
}

/// The links of changes, by what these are known by.
async fn links_of(run: &SyncRun<'_>, kind: Kind, changes: &[PlannedChange]) -> Result<HashMap<String, Link>, Error> {
    let (at_source, others): (Vec<&PlannedChange>, Vec<&PlannedChange>) =
        changes.iter().partition(|change| change.way() == Way::AtSource);
    let ids =
        |changes: &[&PlannedChange]| changes.iter().map(|change| change.known_by().to_owned()).collect::<Vec<_>>();
    let links = run.store.links_by_sources(&run.sync.name, kind, &ids(&others)).await?;
    let mut links = by_key(links, |link| link.source.clone());
    if !at_source.is_empty() {
        let found = run.store.links_of_targets(&run.sync.name, kind, &ids(&at_source)).await?;
        links.extend(by_key(found, |link| link.target.clone().unwrap_or_default()));
    }
    Ok(links)
}

/// The write of a planned change; `there` is its target record as it is known.
pub(crate) fn to_write(
    run: &SyncRun<'_>,
    plan: PlanId,
    planned: &PlannedChange,
    there: Option<&Record>,
    references: &HashMap<(Kind, String), String>,
) -> Result<Option<Change>, plan::Unresolved> {
    let id = ChangeId { plan, sequence: planned.sequence };
    let parent = there.and_then(|record| record.parent.as_deref());
    plan::to_write(planned, id, run.idempotency_key(id), parent, stamp_for(run, planned, there), &|kind, id| {
        references
            .get(&(kind, id.to_owned()))
            .map_or(plan::Reference::Unknown, |target| plan::Reference::Target(target.clone()))
    })
}

/// The key that a change leaves in what it writes.
fn stamp_for(run: &SyncRun<'_>, planned: &PlannedChange, there: Option<&Record>) -> Option<String> {
    if matches!(planned.action, Action::Retire | Action::Deactivate | Action::Append | Action::Close) {
        return None;
    }
    let has = there.and_then(|record| record.stamp.as_ref());
    match planned.way() {
        Way::Onward => run.stamp(planned.kind, &planned.source).filter(|stamp| has != Some(stamp)),
        Way::AtSource => run.source_stamp(planned.kind, planned.known_by()),
        Way::Back => None,
    }
}

/// The link as it is to be stored after a change was done.
///
/// `id` is the record that came of it, on the side it was made.
pub(crate) async fn link_after(
    run: &SyncRun<'_>,
    link: Option<&Link>,
    planned: &PlannedChange,
    sent: Option<&Change>,
    id: &str,
    kept: Option<&Record>,
) -> Result<Link, Error> {
    Ok(match planned.way() {
        Way::Onward => plan::after_write(link, planned, sent, id, kept, run.now()),
        Way::AtSource => reverse::reverse_link(run, planned, sent, id, kept).await?,
        Way::Back => undo::link_after(link, planned, run.run, run.now()),
    })
}

/// A line for the journal about one change; what it changed stands in the plan, and is read from there.
pub(crate) fn entry(
    run: &SyncRun<'_>,
    plan: PlanId,
    planned: &PlannedChange,
    event: &str,
    message: String,
    target: Option<String>,
) -> JournalEntry {
    JournalEntry {
        run: Some(run.run),
        plan: Some(plan),
        sequence: Some(planned.sequence),
        kind: Some(planned.kind),
        source: Some(planned.source.clone()),
        target,
        customer: Some(planned.customer.clone()),
        event: event.to_owned(),
        message,
        detail: crate::billing::detail(planned),
        ..JournalEntry::at(run.now())
    }
}

/// Why a change must not be applied any more; none when it may be.
fn stale(change: &PlannedChange, link: Option<&Link>, there: Option<&Record>) -> Option<String> {
    match change.way() {
        Way::Onward | Way::AtSource => plan::stale(change, link, there),
        Way::Back => undo::stale(change, link, there),
    }
}

/// A link without a target takes the one that an earlier change of its plan made.
fn follow_lead(
    planned: &mut PlannedChange,
    references: &HashMap<(Kind, String), String>,
) -> Result<(), plan::Unresolved> {
    if planned.action != Action::Link || planned.target.is_some() {
        return Ok(());
    }
    let lead = planned.fields.iter().find(|diff| diff.name == LEAD).and_then(|diff| diff.after.as_text());
    let key = (planned.kind, lead.unwrap_or_default().to_owned());
    planned.target = references.get(&key).cloned();
    if planned.target.is_none() {
        return Err(plan::Unresolved { kind: key.0, id: key.1 });
    }
    Ok(())
}

pub(crate) fn by_key<T>(items: Vec<T>, key: impl Fn(&T) -> String) -> HashMap<String, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}
