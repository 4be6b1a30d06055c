//! Refreshing: single records, read now from both sides and brought in step now.
//!
//! For a person who presses a button, and for what is about to name a record (an alert's
//! ticket). What is written is what a plan of the whole sync would write of these records,
//! with the fields that change by themselves, however young. Nothing is matched and
//! nothing is ever doubled: only records that are linked can be refreshed.

use super::customers::out_of_use;
use super::draft::Draft;
use super::report::{ApplyReport, PlanReport};
use super::{items, reading, recover};
use crate::error::Error;
use crate::ground::find::ChangeView;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::{Finding, Item};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Cause, Kind, KindDescription, Link, Record, Said, said};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// What refreshing a record came to.
#[derive(Debug, Clone, Serialize)]
pub struct RefreshReport {
    /// The source's id.
    pub source: String,
    /// The target's id, as it is linked now.
    pub target: Option<String>,
    /// What the source calls it.
    pub name: String,
    /// What was planned, for this record alone; its findings say what was left as it is.
    pub plan: PlanReport,
    /// The changes of the plan with before and after, and how each stands now.
    pub changes: Vec<ChangeView>,
    /// What was applied; none when it was up to date already.
    pub applied: Option<ApplyReport>,
}

/// Plans for one record alone, as read just now.
pub(crate) async fn refresh_one(run: &SyncRun<'_>, kind: Kind, source: &str) -> Result<PlanReport, Error> {
    recover::recover(run).await?;
    let id = run.store.plan_begin_part(run.id, &run.sync.name, run.now()).await?;
    let mut draft = Draft::new(run, id, None).await?;
    if draft.nothing_done {
        return Err(Error::invalid(
            said!("run-nothing-applied", sync = &run.sync.name),
            said!("run-hint-plan-and-apply", plan = Call::of(Verb::Plan).with("sync", &run.sync.name)),
        ));
    }
    let missed = refresh_records(run, &mut draft, kind, &[source.to_owned()]).await?;
    if let Some(missed) = missed.into_iter().next() {
        return Err(Error::invalid(
            said!("run-cannot-refresh", kind, id = source, why = missed.message),
            said!("run-hint-plan-all", plan = Call::of(Verb::Plan).with("sync", &run.sync.name)),
        ));
    }
    Ok(PlanReport { read: (1, 1), ..draft.report().await? })
}

/// Reads these source records and what they are linked to, stores both, and plans for
/// them alone into a plan, volatile fields too. Gives back those that could not be
/// refreshed, with why.
///
/// # Errors
/// A vendor's, and the database's.
pub(crate) async fn refresh_records(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    sources: &[String],
) -> Result<Vec<Finding>, Error> {
    let links = run.store.links_by_sources(&run.sync.name, kind, sources).await?;
    let links: HashMap<&str, &Link> =
        links.iter().filter(|link| link.linked().is_some()).map(|link| (link.source.as_str(), link)).collect();
    let ids = |pick: fn(&Link) -> Option<&str>| -> Vec<String> {
        links.values().filter_map(|link| pick(link)).map(str::to_owned).collect()
    };
    let read = reading::read_now(run, &run.source, kind, &ids(|link| Some(&link.source))).await?;
    let there = reading::read_now(run, &run.target, kind, &ids(Link::linked)).await?;
    let can = run.target.description.kind(kind).filter(|_| run.sync.rules.kinds.contains_key(&kind));
    let (Some(can), Some(read), Some(there)) = (can, &read, &there) else {
        let why = said!("run-no-single-reads", kind, source = &run.source.name, target = &run.target.name);
        let missed =
            sources.iter().map(|source| Finding::new(Cause::NotRefreshed, kind, "", source.clone(), why.clone()));
        return Ok(missed.collect());
    };
    let (mut missed, mut by_customer) = (Vec::new(), BTreeMap::<&str, Vec<Fresh<'_>>>::new());
    for source in sources {
        let link = links.get(source.as_str()).copied();
        let record = read.records.get(source);
        let id = link.and_then(Link::linked);
        let target = id.and_then(|id| there.records.get(id));
        let why = match (link, record, target) {
            (Some(link), Some(source), Some(target)) => {
                let customer = if kind.is_account() { Some(&source.id) } else { source.parent.as_ref() };
                let fresh = Fresh { source, target, link };
                by_customer.entry(customer.map_or("", String::as_str)).or_default().push(fresh);
                continue;
            }
            (None, _, _) => said!("run-not-linked"),
            (_, None, _) if let Some(cause) = read.unread.get(source) => {
                said!("run-source-unread", connection = &run.source.name, cause = cause.said())
            }
            (_, _, None) if let Some(cause) = id.and_then(|id| there.unread.get(id)) => {
                said!("run-target-unread", connection = &run.target.name, cause = cause.said())
            }
            (_, None, _) => said!("run-source-gone", connection = &run.source.name),
            (_, _, None) => said!("run-target-gone", connection = &run.target.name),
        };
        missed.push(Finding::new(Cause::NotRefreshed, kind, "", source.clone(), why));
    }
    let asked = std::mem::replace(&mut draft.refresh, true);
    for (customer, fresh) in by_customer {
        if let Some(why) = refresh_account(run, draft, kind, customer, &fresh, can).await? {
            missed.extend(
                fresh.iter().map(|fresh| {
                    Finding::new(Cause::NotRefreshed, kind, customer, fresh.source.id.clone(), why.clone())
                }),
            );
        }
    }
    draft.refresh = asked;
    Ok(missed)
}

/// Plans for some records of one customer; gives back why not, when that is so.
async fn refresh_account(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    customer: &str,
    fresh: &[Fresh<'_>],
    can: &KindDescription,
) -> Result<Option<Said>, Error> {
    let sync = &run.sync.name;
    let mut account = None;
    if !kind.is_account() {
        let link = run.store.link_get(sync, Kind::Customer, customer).await?;
        account = link.and_then(|link| link.linked().map(str::to_owned));
        if account.is_none() {
            return Ok(Some(said!("run-customer-not-linked", customer)));
        }
        if let Some(id) = &account {
            let known = run.store.records_by_ids(&run.target.name, Kind::Customer, std::slice::from_ref(id)).await?;
            for record in known.iter().map(|stored| &stored.record).filter(|record| !record.active()) {
                draft.out_of_use.insert(id.clone(), out_of_use(&run.sync, customer, record, &[]));
            }
        }
        for link in run.store.links_of_parent(sync, Kind::Location, &run.source.name, customer).await? {
            if let Some(target) = link.linked() {
                draft.learn(Kind::Location, customer, &link.source, target);
            }
        }
    }
    // What the brakes count in: all of the customer's.
    let linked = match account {
        Some(_) => run.store.links_of_parent(sync, kind, &run.source.name, customer).await?.len(),
        None => 1,
    };
    let keep = crate::rules::matching::Decision::Keep;
    let items = fresh.iter().map(|fresh| Item {
        source: Some(fresh.source),
        gone_since: None,
        link: Some(fresh.link),
        decision: &keep,
        target: Some(fresh.target),
    });
    let mut changes = items::plan_items(run, draft, kind, customer, account.as_deref(), items.collect(), can);
    items::brake(run, draft, kind, customer, &mut changes, u32::try_from(linked).ok());
    let noted = std::mem::take(&mut draft.noted);
    run.store.links_put(sync, &noted).await?;
    draft.keep(changes).await?;
    Ok(None)
}

/// A linked record as both sides have it now.
struct Fresh<'a> {
    source: &'a Record,
    target: &'a Record,
    link: &'a Link,
}
