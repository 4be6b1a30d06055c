//! Vendor swaps: a successor to a sync, with another connection at one of its ends.
//!
//! The successor has the same rules and the same schedule. Links are not copied: the other vendor's ids have other
//! meanings, and the first plan proposes links again, by stamp, serial number and name. The operator's decisions
//! *against* a link, or to create, concern records of one side, and are copied where that side stays. The old sync is
//! paused and keeps all its data until it is removed, so that the swap can be undone.

use super::syncs::NewSync;
use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::ground::{claim, noting};
use crosswalk_model::{ConnectionName, Decider, Event, Link, LinkState, Said, Sync, SyncName, said};
use crosswalk_store::Claim;
use serde::Serialize;

/// The end of a sync that gets another connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwapEnd {
    /// Its source.
    Source(ConnectionName),
    /// Its target.
    Target(ConnectionName),
}

/// Result of a swap.
#[derive(Debug, Clone, Serialize)]
pub struct Swapped {
    /// The successor.
    pub sync: Sync,
    /// The paused one.
    pub old: Sync,
    /// Number of the operator's decisions that hold for the successor too.
    pub taken_along: u64,
    /// Number of decisions that do not: they concern records of the replaced connection.
    pub left_behind: u64,
    /// Number of links that the old sync keeps.
    pub kept: u64,
}

impl Tenant {
    /// Adds the successor of a sync and pauses the old one. Reads and plans nothing yet.
    ///
    /// # Errors
    /// There is no such sync or connection, the name is taken, the other vendor does not support the rules, or another
    /// process works on the sync.
    #[boxed]
    pub async fn sync_swap(&self, name: &SyncName, end: &SwapEnd, successor: &SyncName) -> Result<Swapped, Error> {
        let old = self.sync(name).await?;
        let (claimed, _lease) = claim::claimed(self, &Claim::Sync(name.clone())).await?;
        let mut rules = old.rules.clone();
        let (source, target) = match end {
            SwapEnd::Source(source) => (source.clone(), old.target.clone()),
            SwapEnd::Target(target) => {
                // The catch-all is an account of the old target.
                rules.tickets.catch_all = None;
                (old.source.clone(), target.clone())
            }
        };
        if (&source, &target) == (&old.source, &old.target) {
            return Err(Error::invalid(said!("sync-swap-same", sync = name), said!("sync-hint-other-connection")));
        }
        // Earlier alerts belong to the old sync.
        rules.tickets.from = None;
        let sync = claimed.sync_add(NewSync { name: successor.clone(), source, target, rules }).await?;
        let (mut decided, mut kept) = (Vec::new(), 0);
        for kind in old.rules.kinds.keys() {
            for link in claimed.store.links_all(name, *kind).await? {
                kept += u64::from(link.state == LinkState::Linked);
                decided.extend(again(self, name, &link));
            }
        }
        let reverse = claimed.store.reverse_all(name).await?;
        let (of_source, of_target) = (decided.len() as u64, reverse.len() as u64);
        let (taken_along, left_behind) = match end {
            SwapEnd::Source(_) => {
                for (customer, decision) in reverse {
                    let now = self.parts.clock.now();
                    claimed.store.reverse_put(successor, &customer, Some(decision), now).await?;
                }
                (of_target, of_source)
            }
            SwapEnd::Target(_) => {
                claimed.store.links_put(successor, &decided).await?;
                (of_source, of_target)
            }
        };
        for known in self.schedule_list().await?.into_iter().filter(|known| known.sync == *name) {
            claimed.store.schedule_put(&known.of_another(&self.name, successor, self.parts.clock.now())).await?;
        }
        let message = said!("sync-successor", old = name, source = &sync.source, target = &sync.target);
        claimed.store.journal_append(Some(successor), &[noting::entry(self, Event::Swapped, message)]).await?;
        let paused = [
            noting::entry(self, Event::Paused, Said::default()),
            noting::entry(self, Event::Swapped, said!("sync-succeeded", successor, links = kept)),
        ];
        claimed.store.noting(Some(name), &paused)?.sync_pause(name, true).await?;
        let old = self.sync(name).await?;
        Ok(Swapped { sync, old, taken_along, left_behind, kept })
    }
}

/// Copies a person's decision that needs no target, for the successor; `None` for any other link.
fn again(tenant: &Tenant, old: &SyncName, link: &Link) -> Option<Link> {
    let by_a_person =
        matches!(link.state, LinkState::Excluded | LinkState::Create) && link.decided_by == Some(Decider::Operator);
    by_a_person.then(|| Link {
        state: link.state,
        target_kind: link.target_kind,
        decided_by: link.decided_by,
        reason: said!("link-taken-along", reason = &link.reason, sync = old),
        ..Link::unmapped(link.kind, link.source.clone(), tenant.parts.clock.now())
    })
}
