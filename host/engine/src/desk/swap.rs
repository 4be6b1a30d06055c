//! Swapping a vendor: a successor to a sync, with another connection at one of its ends.
//!
//! The successor has the same rules and the same schedule. Links are not taken along: the
//! other vendor's ids mean something else, and its first plan proposes them anew, by stamp,
//! serial number and name. What the operator decided *against*, or for creating, is about records
//! of one side, and is taken along where that is the same. The old sync is paused and keeps all it
//! has until it is removed, so that one can go back.

use super::syncs::NewSync;
use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::ground::{claim, noting};
use crosswalk_model::{ConnectionName, Link, LinkState, Sync, SyncName};
use crosswalk_store::Claim;
use serde::Serialize;

/// Which end of a sync gets another connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SwapEnd {
    /// Its source.
    Source(ConnectionName),
    /// Its target.
    Target(ConnectionName),
}

/// What swapping came to.
#[derive(Debug, Clone, Serialize)]
pub struct Swapped {
    /// The successor.
    pub sync: Sync,
    /// The paused one.
    pub old: Sync,
    /// The operator's decisions that hold for the successor too.
    pub taken_along: u64,
    /// Those that do not: they are about records of the connection that was replaced.
    pub left_behind: u64,
    /// Links that the old sync keeps.
    pub kept: u64,
}

impl Tenant {
    /// Makes the successor of a sync and pauses the old one. Nothing is read or planned yet.
    ///
    /// # Errors
    /// No such sync or connection, the name is taken, the other vendor cannot do what the
    /// rules ask for, or somebody works on the sync.
    #[boxed]
    pub async fn sync_swap(&self, name: &SyncName, end: &SwapEnd, successor: &SyncName) -> Result<Swapped, Error> {
        let old = self.sync(name).await?;
        let (claimed, _lease) = claim::claimed(self, &Claim::Sync(name.clone())).await?;
        let mut rules = old.rules.clone();
        let (source, target) = match end {
            SwapEnd::Source(source) => (source.clone(), old.target.clone()),
            SwapEnd::Target(target) => {
                // An account of the old target.
                rules.tickets.catch_all = None;
                (old.source.clone(), target.clone())
            }
        };
        if (&source, &target) == (&old.source, &old.target) {
            return Err(Error::invalid(
                format!("the sync `{name}` has that connection already"),
                "name the connection of the other vendor",
            ));
        }
        // Alerts from before are the old sync's.
        rules.tickets.from = None;
        let sync = self.sync_add(NewSync { name: successor.clone(), source, target, rules }).await?;
        let (mut decided, mut kept) = (Vec::new(), 0);
        for kind in old.rules.kinds.keys() {
            for link in self.store.links_all(name, *kind).await? {
                kept += u64::from(link.state == LinkState::Linked);
                decided.extend(again(self, name, &link));
            }
        }
        let reverse = self.store.reverse_all(name).await?;
        let (of_source, of_target) = (decided.len() as u64, reverse.len() as u64);
        let (taken_along, left_behind) = match end {
            SwapEnd::Source(_) => {
                for (customer, decision) in reverse {
                    let now = self.parts.clock.now();
                    self.store.reverse_put(successor, &customer, Some(decision), now).await?;
                }
                (of_target, of_source)
            }
            SwapEnd::Target(_) => {
                self.store.links_put(successor, &decided).await?;
                (of_source, of_target)
            }
        };
        for known in self.schedule_list().await?.into_iter().filter(|known| known.sync == *name) {
            self.store.schedule_put(&known.of_another(&self.name, successor, self.parts.clock.now())).await?;
        }
        let message = format!("in place of {name}: {} to {}", sync.source, sync.target);
        self.store.journal_append(Some(successor), &[noting::entry(self, "swapped", message)]).await?;
        let paused = [
            noting::entry(self, "paused", String::new()),
            noting::entry(self, "swapped", format!("paused: {successor} takes its place; its {kept} links stay")),
        ];
        claimed.store.noting(Some(name), &paused)?.sync_pause(name, true).await?;
        let old = self.sync(name).await?;
        Ok(Swapped { sync, old, taken_along, left_behind, kept })
    }
}

/// A person's decision that needs no target: as the successor has it.
fn again(tenant: &Tenant, old: &SyncName, link: &Link) -> Option<Link> {
    let by_a_person = matches!(link.state, LinkState::Excluded | LinkState::Create) && link.decided_by == "operator";
    by_a_person.then(|| Link {
        state: link.state,
        target_kind: link.target_kind,
        decided_by: link.decided_by.clone(),
        reason: format!("{}, in {old}", link.reason),
        ..Link::unmapped(link.kind, link.source.clone(), tenant.parts.clock.now())
    })
}
