//! Checks whether a change still holds, resolves what it refers to, and prepares what is sent and what its link
//! becomes.
//!
//! The only place that depends on a change's direction: onward by the sync's rules, to the source, or back to the state
//! before a run. `plan`, `reverse` and `undo` decide what each means.

use super::asked::Waits;
use super::batch::{Prepared, lock};
use super::references::{self, follow_lead, given_over, links_of, references};
use super::resting::Not;
use super::session::Session;
use super::totals::ApplyTotals;
use super::{along, fresh, lines, made, reverse};
use crate::error::Error;
use crate::rules::anew::Along;
use crate::rules::plan::{self, undo};
use crosswalk_model::{Action, Change, Direction, Event, Kind, Link, PlannedChange, Record, Said, said};
use crosswalk_store::{ChangeStatus, Settled, StoreError};
use std::collections::HashMap;

/// Checks each change against what is known now, and resolves its references.
pub(crate) async fn resolve(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: Vec<PlannedChange>,
    tally: &mut ApplyTotals,
) -> Result<Vec<Prepared>, Error> {
    let (open, changes): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|planned| session.is_open(planned.kind, planned.known_by()));
    let waits = |planned| (planned, ChangeStatus::Pending, said!("write-waits-for-earlier"));
    let mut not: Vec<Not> = open.into_iter().map(waits).collect();
    if changes.is_empty() {
        leave_out(session, not, tally).await?;
        return Ok(Vec::new());
    }
    let mut facts = facts(session, kind, &changes).await?;
    let mut ready = Vec::with_capacity(changes.len());
    for mut planned in changes {
        match check(session, &mut facts, &mut planned).await? {
            Ok((change, link)) => ready.push(Prepared { planned, change, link, tries: 0 }),
            Err((status, why)) => not.push((planned, status, why)),
        }
    }
    not.extend(session.resting.broken(&mut ready, &not));
    leave_out(session, not, tally).await?;
    Ok(ready)
}

/// What is known of the records of some changes just before they are written.
struct Facts {
    /// Target records by id, so that staleness is judged on them as they are.
    now: HashMap<String, Record>,
    /// By the record that a change is known by.
    links: HashMap<String, Link>,
    references: HashMap<(Kind, String), String>,
    /// Both links, by the source that a target is handed over to; or why that cannot be.
    given_over: HashMap<String, Result<(Link, Link), Said>>,
    /// Reasons to wait, by sequence.
    waits: Waits,
    /// Reasons why the source no longer asks for a change, by sequence.
    moved: HashMap<u32, Said>,
    /// Other reasons against a change, by the record it is known by.
    refusals: HashMap<String, Said>,
}

async fn facts(session: &Session<'_, '_>, kind: Kind, changes: &[PlannedChange]) -> Result<Facts, Error> {
    let run = session.run;
    let mut waits = Waits::new();
    let now = fresh::targets_now(session, kind, changes, &mut waits).await?;
    let moved = fresh::sources_moved(session, kind, changes, &mut waits).await?;
    let links = links_of(run, kind, changes).await?;
    let mut refusals = reverse::refusals(run, changes, &mut waits).await?;
    if kind.is_billed() {
        let ground = session.lines.get_or_try_init(|| (session.read_lines)(run, session.plan)).await?;
        let refused = |change: &PlannedChange| Some((change.source.clone(), ground.refusal(change)?));
        refusals.extend(changes.iter().filter_map(refused));
        refusals.extend(lines::still_billed(run, changes, &|one, other| session.resting.together(one, other)).await?);
        waits.extend(changes.iter().filter_map(|change| Some((change.sequence, waits_for_line(session, change)?))));
    }
    let given_over = given_over(run, kind, changes, &links).await?;
    // A target whose record is gone from the source is handed over; any other belongs to whom it is linked.
    let taken = fresh::taken(session, kind, changes).await?.into_iter();
    refusals.extend(taken.filter(|(source, _)| !given_over.get(source).is_some_and(Result::is_ok)));
    let references = references(run, changes, &session.known).await?;
    refusals.extend(fresh::out_of_use(session, changes, &references, &mut waits).await?);
    refusals.extend(made::made_meanwhile(session, kind, changes, &references, &links, &mut waits).await?);
    Ok(Facts { now, links, references, given_over, waits, moved, refusals })
}

/// What is sent for a change, and the link it has; or the status of a change that is not written, and why.
type Checked = Result<(Option<Change>, Option<Link>), (ChangeStatus, Said)>;

async fn check(session: &Session<'_, '_>, facts: &mut Facts, planned: &mut PlannedChange) -> Result<Checked, Error> {
    let key = planned.known_by().to_owned();
    if let Some(why) = facts.waits.remove(&planned.sequence) {
        return Ok(Err((ChangeStatus::Pending, why)));
    }
    let link = facts.links.get(&key).cloned();
    let there = planned.target.as_ref().and_then(|id| facts.now.get(id));
    follow_own(session, planned, there);
    let over = facts.given_over.get(&key).cloned().filter(|_| planned.action == Action::Link).transpose();
    let over = stale(planned, link.as_ref(), there)
        .or_else(|| facts.moved.remove(&planned.sequence))
        .or_else(|| facts.refusals.get(&key).cloned())
        .map_or(over, Err);
    let over = match over {
        Ok(over) => over,
        Err(why) => return Ok(Err((ChangeStatus::Stale, why))),
    };
    let change = references::change_to_write(session.run, session.plan, planned, there, &facts.references)
        .and_then(|change| follow_lead(planned, &facts.references).map(|()| change));
    let change = match change {
        Ok(change) => change,
        Err(plan::Unresolved { kind, id }) if session.is_open(kind, &id) => {
            return Ok(Err((ChangeStatus::Pending, said!("write-waits-for-record", kind, id))));
        }
        Err(plan::Unresolved { kind, id }) => {
            return Ok(Err((ChangeStatus::Skipped, said!("write-reference-missing", kind, id))));
        }
    };
    let Some(over) = over else { return Ok(Ok((change, link))) };
    Ok(match hand_over(session, planned.kind, over).await? {
        Some(new) => Ok((change, Some(new))),
        None => Err((ChangeStatus::Stale, said!("write-link-decided"))),
    })
}

/// Hands a target over: both links at once, so that whenever this ends, one of them has all that is known of it.
/// Gives the new one as it is stored; `None` where one of them was decided on since.
async fn hand_over(session: &Session<'_, '_>, kind: Kind, (old, new): (Link, Link)) -> Result<Option<Link>, Error> {
    let run = session.run;
    let mut along = Along::default();
    if kind.is_account() {
        let who = (old.source.clone(), new.source.clone());
        along = along::along(&run.store, &run.sync.name, &[who], run.now()).await?;
    }
    along.links.extend([old, new.clone()]);
    match run.store.decide(&run.sync.name, &along.links, along.switches, &[]).await {
        Ok(()) => Ok(Some(Link { revision: new.revision + 1, ..new })),
        Err(StoreError::Stale { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Tells what is not written. What waits stays as it is, and with it what refers to its record or comes after it.
pub(crate) async fn leave_out(session: &Session<'_, '_>, not: Vec<Not>, tally: &mut ApplyTotals) -> Result<(), Error> {
    let mut refused = Vec::new();
    for (planned, status, why) in not {
        if status == ChangeStatus::Pending {
            session.leave_open(&planned);
            tally.open += 1;
            tally.failure(&planned, why);
        } else {
            refused.push(refusal(session, &planned, status, why, tally));
        }
    }
    if !refused.is_empty() {
        let run = session.run;
        run.store.batch_settle(session.plan, None, &refused, &[], &run.target.name, run.now()).await?;
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
    why: Said,
    tally: &mut ApplyTotals,
) -> Settled {
    let event = if status == ChangeStatus::Stale {
        tally.counts.stale += 1;
        Event::Stale
    } else {
        tally.counts.failed += 1;
        Event::Skipped
    };
    tally.failure(planned, why.clone());
    let journal = session.entry(planned, event, why.clone(), planned.target.clone());
    Settled { message: why, ..Settled::new(planned.sequence, status, journal) }
}

/// Why a change must not be applied any more; none when it may be.
fn stale(change: &PlannedChange, link: Option<&Link>, there: Option<&Record>) -> Option<Said> {
    match change.direction() {
        Direction::Onward | Direction::AtSource => plan::stale(change, link, there),
        Direction::Back => undo::stale(change, link, there),
    }
}

/// Why a line waits: what it rests on, or takes the place of, waits itself.
pub(crate) fn waits_for_line(session: &Session<'_, '_>, change: &PlannedChange) -> Option<Said> {
    let step = change.line()?;
    let on = step.rests.iter().map(|rest| &rest.leader);
    let mut on = on.chain(step.replaces.iter().map(|old| &old.source));
    let other = on.find(|source| **source != change.source && session.is_open(Kind::Usage, source))?;
    Some(said!("write-waits-for-line", line = other))
}
