//! Planning what customers leave behind: records that are gone from the source together with a customer that has no
//! account any more, as this went over to another customer or was taken from it.
//!
//! No customer's turn comes to such records, so they have one of their own. What follows for each is decided as for
//! any other that is gone; nothing is matched here, and nothing made.

use crate::error::Error;
use crate::ground::sync_run::Work;
use crate::rules::matching::{Decision, Matched};
use crate::sync::{Draft, item, split};
use crosswalk_model::{Kind, KindDescription, Link, LinkState, Record};
use std::collections::{HashMap, HashSet};

/// Whether what a customer had is left to nobody: the source does not list it, and no account is linked to it. What a
/// person left out stays as it is.
#[must_use]
pub(crate) fn is_left(listed: bool, link: Option<&Link>) -> bool {
    !listed && link.is_none_or(|link| link.linked().is_none() && link.state != LinkState::Excluded)
}

impl Work<'_> {
    /// Plans a kind's records of customers that are left to nobody, each such customer a unit of its own.
    pub(crate) async fn plan_left(&self, draft: &mut Draft<'_, '_>, kind: Kind) -> Result<(), Error> {
        let Some(can) = self.target.description.kind(kind) else { return Ok(()) };
        let customers = self.store.parents_of_gone(&self.sync.name, kind, &self.source.name).await?;
        let stored = self.store.records_by_ids(&self.source.name, Kind::Customer, &customers).await?;
        let present = stored.iter().filter(|stored| stored.gone_at.is_none());
        let listed: HashSet<&str> = present.map(|stored| stored.record.id.as_str()).collect();
        let links = self.store.links_by_sources(&self.sync.name, Kind::Customer, &customers).await?;
        let links: HashMap<&str, &Link> = links.iter().map(|link| (link.source.as_str(), link)).collect();
        for customer in &customers {
            if is_left(listed.contains(customer.as_str()), links.get(customer.as_str()).copied()) {
                self.plan_left_of(draft, kind, customer, can).await?;
            }
        }
        Ok(())
    }

    async fn plan_left_of(
        &self,
        draft: &mut Draft<'_, '_>,
        kind: Kind,
        customer: &str,
        can: &KindDescription,
    ) -> Result<(), Error> {
        let (source, links) = tokio::try_join!(
            self.store.records_of_parent(&self.source.name, kind, customer),
            self.store.links_of_parent(&self.sync.name, kind, &self.source.name, customer),
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
        let (there, _) = split(self.store.records_by_ids(&self.target.name, kind, &targets).await?);
        let targets: HashMap<&str, &Record> = there.iter().map(|record| (record.id.as_str(), record)).collect();
        let keep: Vec<Matched> =
            gone.iter().map(|stored| Matched { source: stored.record.id.clone(), decision: Decision::Keep }).collect();
        let of = |stored: &crosswalk_store::Stored| links.get(stored.record.id.as_str()).copied();
        let items =
            gone.iter().zip(&keep).map(|(stored, matched)| item(None, Some(stored), of(stored), matched, &targets));
        let items = items.collect();
        let in_use = there.iter().filter(|record| record.active()).count();
        let changes = self.plan_items(draft, kind, customer, None, items, can);
        let mut changes = self.guard(draft, kind, &targets, changes).await?;
        self.brake(draft, kind, customer, &mut changes, u32::try_from(in_use).unwrap_or(u32::MAX));
        draft.in_use(kind, in_use as u64);
        self.store.links_put(&self.sync.name, &std::mem::take(&mut draft.noted)).await?;
        draft.keep(changes).await
    }
}
