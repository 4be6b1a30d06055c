//! Reads again before a write: the targets of changes, and the source records of those that take something away. What
//! is new before a create is `made`'s.
//!
//! Only records read more than a minute ago are read again, so an apply right after its plan costs no extra call;
//! quantities and tickets always are, because people edit them in parallel.
//!
//! `plan::stale` decides what follows.

use super::asked::Waits;
use super::reading::{self, Now};
use super::references::by_key;
use super::session::Session;
use crate::error::Error;
use crosswalk_model::{Action, Direction, Kind, Link, PlannedChange, Record, Said, Timestamp, Value, said};
use crosswalk_store::{SourceMoved, Stored};
use std::collections::HashMap;

/// What is known of a record for longer is asked again before it is written over.
const FRESH_MS: i64 = 60_000;

/// The target records of changes as they are now; those that are gone are left out. A change waits whose
/// record could not be read.
pub(crate) async fn targets_now(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
    waits: &mut Waits,
) -> Result<HashMap<String, Record>, Error> {
    let (run, of) = (session.run, kind.counterpart());
    let ids: Vec<String> = changes.iter().filter_map(|change| change.target.clone()).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let always = of.is_edited_by_people();
    let stored = run.store.records_by_ids(&run.target.name, of, &ids).await?;
    let stored: HashMap<String, Stored> = by_key(stored, |stored| stored.record.id.clone());
    let mut old: Vec<String> = ids
        .into_iter()
        .filter(|id| always || stored.get(id).is_none_or(|stored| is_old(session, stored.seen_at)))
        .collect();
    old.sort_unstable();
    old.dedup();
    let read = if old.is_empty() { None } else { reading::read_now(run, &run.target, of, &old).await? };
    let mut now: HashMap<String, Record> = stored
        .into_iter()
        .filter(|(_, stored)| stored.gone_at.is_none())
        .map(|(id, stored)| (id, stored.record))
        .collect();
    if let Some(read) = read {
        old.iter().for_each(|id| drop(now.remove(id)));
        now.extend(read.records);
        waits.extend(changes.iter().filter_map(|change| {
            let id = change.target.as_ref()?;
            let cause = read.unread.get(id)?;
            Some((change.sequence, said!("write-waits-for-target", kind = of, id, cause = cause.said())))
        }));
    }
    Ok(now)
}

/// Why changes rest on source records that are not as they were planned on: by sequence. What takes
/// something away waits where its source record could not be read.
pub(crate) async fn sources_moved(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
    waits: &mut Waits,
) -> Result<HashMap<u32, Said>, Error> {
    let run = session.run;
    let onward = |change: &&PlannedChange| change.direction() == Direction::Onward;
    if session.made_now || changes.is_empty() {
        return Ok(HashMap::new());
    }
    // What takes something away is not undone by the next plan: whether the source says so still is asked.
    let takes = |change: &&PlannedChange| {
        matches!(change.action, Action::Deactivate | Action::Retire | Action::Move) && onward(change)
    };
    let sources: Vec<String> = changes.iter().filter(takes).map(|change| change.source.clone()).collect();
    if !sources.is_empty() {
        let began = run.store.read_last_began(&run.source.name, kind).await?;
        let stored = run.store.records_by_ids(&run.source.name, kind, &sources).await?;
        let old = |stored: &&Stored| {
            is_old(session, if stored.gone_at.is_some() { began.unwrap_or_default() } else { stored.seen_at })
        };
        let old: Vec<String> = stored.iter().filter(old).map(|stored| stored.record.id.clone()).collect();
        if !old.is_empty() {
            let read = reading::read_now(run, &run.source, kind, &old).await?.unwrap_or_default();
            waits.extend(changes.iter().filter(takes).filter_map(|change| {
                let cause = read.unread.get(&change.source)?;
                let (id, connection) = (&change.source, &run.source.name);
                Some((change.sequence, said!("write-waits-for-source", kind, id, connection, cause = cause.said())))
            }));
        }
    }
    let sequences: Vec<u32> = changes.iter().filter(onward).map(|change| change.sequence).collect();
    let moved = run.store.plan_sources_moved(session.plan, &sequences).await?;
    if moved.is_empty() {
        return Ok(HashMap::new());
    }
    let by_sequence: HashMap<u32, &PlannedChange> = changes.iter().map(|change| (change.sequence, change)).collect();
    let alerts = if kind.is_polled() { resolved(session, changes).await? } else { HashMap::new() };
    let why = |(sequence, how): (u32, SourceMoved)| {
        let change = by_sequence.get(&sequence)?;
        let why = match how {
            // An alert leaves its list by itself; only whether it is over matters.
            _ if kind.is_polled() => match (change.action, alerts.get(&change.source)) {
                (Action::Open | Action::Append | Action::Link, Some(true)) => said!("write-alert-over"),
                (Action::Close, Some(false)) => said!("write-alert-not-over"),
                _ => return None,
            },
            SourceMoved::Back => said!("write-back-in-source"),
            SourceMoved::Gone => said!("write-gone-from-source"),
            SourceMoved::Changed => said!("write-changed-in-source"),
        };
        Some((sequence, why))
    };
    Ok(moved.into_iter().filter_map(why).collect())
}

/// Whether the source tells that alerts are over.
async fn resolved(session: &Session<'_, '_>, changes: &[PlannedChange]) -> Result<HashMap<String, bool>, Error> {
    let ids: Vec<String> = changes.iter().map(|change| change.source.clone()).collect();
    let stored = session.run.store.records_by_ids(&session.run.source.name, Kind::Alert, &ids).await?;
    let over = |stored: Stored| {
        let over = stored.record.field("resolved") == Some(&Value::Boolean(true));
        (stored.record.id, over)
    };
    Ok(stored.into_iter().map(over).collect())
}

/// Which links would lead to a target that another record is linked to by now.
pub(crate) async fn taken(
    session: &Session<'_, '_>,
    kind: Kind,
    changes: &[PlannedChange],
) -> Result<HashMap<String, Said>, Error> {
    let links: Vec<&PlannedChange> =
        changes.iter().filter(|change| change.action == Action::Link && change.target.is_some()).collect();
    if links.is_empty() || !kind.is_one_to_one() {
        return Ok(HashMap::new());
    }
    let targets: Vec<String> = links.iter().filter_map(|change| change.target.clone()).collect();
    let found = session.run.store.links_of_targets(&session.run.sync.name, kind, &targets).await?;
    let owners: HashMap<&str, &Link> =
        found.iter().filter(|link| !link.shared).filter_map(|link| Some((link.linked()?, link))).collect();
    let why = |change: &&PlannedChange| {
        let owner = owners.get(change.target.as_deref()?).filter(|owner| owner.source != change.source)?;
        Some((change.known_by().to_owned(), said!("write-target-taken", source = &owner.source)))
    };
    Ok(links.iter().filter_map(why).collect())
}

/// What would be made in an account that is gone or not in use by now, or retired to be made there; it waits
/// where that is not known.
pub(crate) async fn out_of_use(
    session: &Session<'_, '_>,
    changes: &[PlannedChange],
    references: &HashMap<(Kind, String), String>,
    waits: &mut Waits,
) -> Result<HashMap<String, Said>, Error> {
    let makes = |change: &&PlannedChange| {
        matches!(change.action, Action::Create | Action::Open | Action::Move) && change.direction() == Direction::Onward
    };
    let mut parents: Vec<(&PlannedChange, String)> =
        changes.iter().filter(makes).filter_map(|change| Some((change, parent(change, references)?))).collect();
    let retired = |change: &&PlannedChange| change.action == Action::Retire && change.direction() == Direction::Onward;
    let retired: Vec<&PlannedChange> = changes.iter().filter(retired).collect();
    let mut refused = HashMap::new();
    if !retired.is_empty() {
        let mut customers: Vec<String> = retired.iter().map(|change| change.customer.clone()).collect();
        customers.sort_unstable();
        customers.dedup();
        let links = session.run.store.links_by_sources(&session.run.sync.name, Kind::Customer, &customers).await?;
        let accounts: HashMap<&str, &str> =
            links.iter().filter_map(|link| Some((link.source.as_str(), link.linked()?))).collect();
        for change in retired {
            match accounts.get(change.customer.as_str()) {
                Some(account) => parents.push((change, (*account).to_owned())),
                None => {
                    let why = said!("write-customer-not-linked", customer = &change.customer);
                    refused.insert(change.known_by().to_owned(), why);
                }
            }
        }
    }
    let mut ids: Vec<String> = parents.iter().map(|(_, parent)| parent.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let accounts = accounts(session, &ids).await?;
    waits.extend(parents.iter().filter_map(|(change, parent)| {
        let cause = accounts.unread.get(parent)?;
        Some((change.sequence, said!("write-waits-for-account", account = parent, cause = cause.said())))
    }));
    let why = |(change, parent): (&PlannedChange, String)| {
        let why = match accounts.records.get(&parent) {
            None if accounts.unread.contains_key(&parent) => return None,
            None => said!("write-account-gone", account = parent),
            Some(account) if !account.active() => {
                said!("write-account-out-of-use", account = parent, name = &account.name)
            }
            Some(_) => return None,
        };
        Some((change.known_by().to_owned(), why))
    };
    refused.extend(parents.into_iter().filter_map(why));
    Ok(refused)
}

/// Accounts as they are now.
async fn accounts(session: &Session<'_, '_>, ids: &[String]) -> Result<Now, Error> {
    let run = session.run;
    let stored = run.store.records_by_ids(&run.target.name, Kind::Customer, ids).await?;
    let stored: HashMap<String, Stored> = by_key(stored, |stored| stored.record.id.clone());
    let old: Vec<String> =
        ids.iter().filter(|id| stored.get(*id).is_none_or(|stored| is_old(session, stored.seen_at))).cloned().collect();
    let there = stored.into_iter().filter(|(_, stored)| stored.gone_at.is_none());
    let mut now = Now { records: there.map(|(id, stored)| (id, stored.record)).collect(), ..Now::default() };
    if !old.is_empty()
        && let Some(read) = reading::read_now(run, &run.target, Kind::Customer, &old).await?
    {
        old.iter().for_each(|id| drop(now.records.remove(id)));
        now.records.extend(read.records);
        now.unread = read.unread;
    }
    Ok(now)
}

/// Whether what was seen at a time is asked again before it is written over.
pub(crate) fn is_old(session: &Session<'_, '_>, seen: Timestamp) -> bool {
    !(0..=FRESH_MS).contains(&session.run.now().since_ms(seen))
}

/// The account in the target that a change makes something in; none for customers.
pub(crate) fn parent(change: &PlannedChange, references: &HashMap<(Kind, String), String>) -> Option<String> {
    if let Some(account) = change.ticket().and_then(|step| step.account.clone()) {
        return Some(account);
    }
    match &change.field("parent")?.after {
        Value::Text(customer) => references.get(&(Kind::Customer, customer.clone())).cloned(),
        _ => None,
    }
}
