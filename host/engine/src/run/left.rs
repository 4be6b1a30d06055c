//! Plans the records of customers that have no account any more: those gone from the source together with a customer
//! whose account went to another or was taken away. No customer's turn comes to them, so they have one of their own.
//! They are judged like any other missing record; nothing is matched or created.

use super::draft::Draft;
use super::identity;
use super::items::{self, item, split};
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::matching::{Decision, Matched};
use crosswalk_model::{Kind, KindDescription, Link, LinkState, Record};
use std::collections::{HashMap, HashSet};

/// Whether what a customer had is left to nobody: the source does not list it, and no account is linked to it. What a
/// person left out stays as it is.
#[must_use]
pub(crate) fn is_left(listed: bool, link: Option<&Link>) -> bool {
    !listed && link.is_none_or(|link| link.linked().is_none() && link.state != LinkState::Excluded)
}

/// Plans a kind's records of customers that are left to nobody, each such customer a unit of its own.
pub(crate) async fn plan_left(run: &SyncRun<'_>, draft: &mut Draft<'_, '_>, kind: Kind) -> Result<(), Error> {
    let Some(can) = run.target.description.kind(kind) else { return Ok(()) };
    let customers = run.store.parents_of_gone(&run.sync.name, kind, &run.source.name).await?;
    let stored = run.store.records_by_ids(&run.source.name, Kind::Customer, &customers).await?;
    let present = stored.iter().filter(|stored| stored.gone_at.is_none());
    let listed: HashSet<&str> = present.map(|stored| stored.record.id.as_str()).collect();
    let links = run.store.links_by_sources(&run.sync.name, Kind::Customer, &customers).await?;
    let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
    for customer in &customers {
        if is_left(listed.contains(customer.as_str()), links.get(customer.as_str()).copied()) {
            plan_left_of(run, draft, kind, customer, can).await?;
        }
    }
    Ok(())
}

async fn plan_left_of(
    run: &SyncRun<'_>,
    draft: &mut Draft<'_, '_>,
    kind: Kind,
    customer: &str,
    can: &KindDescription,
) -> Result<(), Error> {
    let (source, links) = tokio::try_join!(
        run.store.records_of_parent(&run.source.name, kind, customer),
        run.store.links_of_parent(&run.sync.name, kind, &run.source.name, customer),
    )?;
    let links: HashMap<&str, &Link> = links
        .iter()
        .filter(|link| link.linked().is_some() && !draft.given_up.contains(&(kind, link.source.clone())))
        .map(|link| (link.source.as_str(), link))
        .collect();
    let (_, mut gone) = split(source);
    gone.retain(|stored| links.contains_key(stored.record.id.as_str()));
    let targets: Vec<String> =
        gone.iter().filter_map(|stored| links[stored.record.id.as_str()].linked().map(str::to_owned)).collect();
    let (there, _) = split(run.store.records_by_ids(&run.target.name, kind, &targets).await?);
    let targets: HashMap<&str, &Record> = there.iter().map(|record| (record.id.as_str(), record)).collect();
    let keep: Vec<Matched> =
        gone.iter().map(|stored| Matched { source: stored.record.id.clone(), decision: Decision::Keep }).collect();
    let of = |stored: &crosswalk_store::Stored| links.get(stored.record.id.as_str()).copied();
    let items = gone.iter().zip(&keep).map(|(stored, matched)| item(None, Some(stored), of(stored), matched, &targets));
    let items = items.collect();
    let in_use = there.iter().filter(|record| record.active()).count();
    let changes = items::plan_items(run, draft, kind, customer, None, items, can);
    let mut changes = identity::guard(run, draft, kind, &targets, changes).await?;
    items::brake(run, draft, kind, customer, &mut changes, u32::try_from(in_use).ok());
    draft.in_use(kind, in_use as u64);
    run.store.links_put(&run.sync.name, &std::mem::take(&mut draft.noted)).await?;
    draft.keep(changes).await
}
