//! Syncs: adds, changes, pauses and removes them, each a source, a target and rules. Running one is `sync`'s.

use super::decisions::difference;
use crate::boxed;
use crate::error::Error;
use crate::ground::opened::{self, Opened};
use crate::ground::tenant::Tenant;
use crate::ground::{claim, noting};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{ConnectionName, Event, Kind, LinkState, Operation, Said, Sync, SyncName, SyncRules, said};
use crosswalk_store::Claim;
use serde_json::json;

/// An operator's input for a new sync.
#[derive(Debug, Clone)]
pub struct NewSync {
    /// Its name.
    pub name: SyncName,
    /// Connection that records come from.
    pub source: ConnectionName,
    /// Connection that records go to.
    pub target: ConnectionName,
    /// Its rules.
    pub rules: SyncRules,
}

impl Tenant {
    /// Adds a sync.
    ///
    /// # Errors
    /// The name is taken, a connection is missing, both are the same, or a connector lacks what a kind requires.
    #[boxed]
    pub async fn sync_add(&self, new: NewSync) -> Result<Sync, Error> {
        let mut sync = Sync {
            name: new.name,
            source: new.source,
            target: new.target,
            rules: new.rules,
            paused: false,
            revision: 0,
        };
        check_rules(self, &mut sync).await?;
        let rules = json!(sync.rules).to_string();
        let message = said!("sync-added", source = &sync.source, target = &sync.target, rules);
        noting::noting(self, Some(&sync.name), Event::SyncAdded, message)?.sync_insert(&sync).await?;
        self.sync(&sync.name).await
    }

    /// Stores changed rules of a sync as it was read before; its connections stay as they are.
    ///
    /// # Errors
    /// The sync was changed since; the rules need what a connector does not support.
    #[boxed]
    pub async fn sync_change(&self, mut sync: Sync) -> Result<Sync, Error> {
        check_rules(self, &mut sync).await?;
        let schedules = self.schedule_list().await?;
        let before = self.sync(&sync.name).await?.rules;
        let changed = difference(&json!(before), &json!(sync.rules));
        if changed.is_empty() {
            self.store.sync_update(&sync).await?;
        } else {
            noting::noting(self, Some(&sync.name), Event::SyncChanged, changed)?.sync_update(&sync).await?;
        }
        for schedule in schedules.into_iter().filter(|schedule| schedule.sync == sync.name) {
            if let Some(moved) = schedule.clone().in_zone(&sync.rules.time_zone).filter(|moved| *moved != schedule) {
                self.store.schedule_put(&moved).await?;
            }
        }
        self.sync(&sync.name).await
    }

    /// Pauses a sync, or ends the pause: the schedule skips a paused sync. Manual verbs work as usual.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn sync_pause(&self, name: &SyncName, paused: bool) -> Result<Sync, Error> {
        self.sync(name).await?;
        let event = if paused { Event::Paused } else { Event::Resumed };
        noting::noting(self, Some(name), event, Said::default())?.sync_pause(name, paused).await?;
        self.sync(name).await
    }

    /// Removes a sync: its rules, decisions, links, plans and runs. The journal stays, and so does everything at the
    /// vendors.
    ///
    /// # Errors
    /// There is no such sync; another process works on it; a write of it may be under way at the vendor.
    #[boxed]
    pub async fn sync_remove(&self, name: &SyncName) -> Result<(), Error> {
        let sync = self.sync(name).await?;
        let (claimed, _lease) = claim::claimed(self, &Claim::Sync(name.clone())).await?;
        let open = self.store.unsettled(name).await?.len();
        if open > 0 {
            let of_sync = |verb| Call::of(verb).with("sync", name);
            let (plan, list) = (of_sync(Verb::Plan), of_sync(Verb::UncertainList));
            return Err(Error::invalid(
                said!("sync-remove-uncertain", count = open),
                said!("sync-hint-uncertain", plan, list, settle = Call::of(Verb::UncertainSettle)),
            ));
        }
        let counts = self.store.link_counts(name).await?;
        let linked: u64 =
            counts.iter().filter(|(_, state, _)| *state == LinkState::Linked).map(|(_, _, links)| links).sum();
        let (source, target) = (&sync.source, &sync.target);
        let message = said!("sync-removed", sync = name, source, target, links = linked);
        Ok(noting::noting(&claimed, None, Event::SyncRemoved, message)?.sync_remove(name).await?)
    }
}

/// Checks that both connectors support the rules.
async fn check_rules(tenant: &Tenant, sync: &mut Sync) -> Result<(), Error> {
    if sync.source == sync.target {
        return Err(Error::invalid(said!("sync-one-connection"), said!("sync-hint-two-connections")));
    }
    let source = opened::open(tenant, &sync.source).await?;
    let target = opened::open(tenant, &sync.target).await?;
    for kind in sync.rules.kinds.keys() {
        if *kind == Kind::Alert {
            tickets_possible(&source, &target)?;
            sync.rules.tickets.from = sync.rules.tickets.from.or(Some(tenant.parts.clock.now()));
            continue;
        }
        for (side, opened) in [("source", &source), ("target", &target)] {
            if *kind == Kind::Contract && side == "source" {
                continue;
            }
            if !opened.description.kind(*kind).is_some_and(|can| can.reads.everything) {
                return Err(Error::invalid(
                    said!("sync-cannot-list", side, connection = &opened.name, kind = *kind),
                    said!("sync-hint-without-kind", word = kind.as_str()),
                ));
            }
        }
    }
    let has = |kind| sync.rules.kinds.contains_key(&kind);
    if sync.rules.kinds.keys().any(|kind| !matches!(kind, Kind::Customer | Kind::Product)) && !has(Kind::Customer) {
        return Err(Error::invalid(said!("sync-without-customers"), said!("sync-hint-customers")));
    }
    if has(Kind::Ticket) || (!has(Kind::Usage) && (has(Kind::Contract) || has(Kind::Product))) {
        return Err(Error::invalid(said!("sync-kind-alone"), said!("sync-hint-kind-alone")));
    }
    if jiff::tz::TimeZone::get(&sync.rules.time_zone).is_err() {
        return Err(Error::invalid(
            said!("sync-no-time-zone", zone = sync.rules.time_zone.as_str()),
            said!("sync-hint-time-zone"),
        ));
    }
    if sync.rules.reverse {
        let creates = source.description.kind(Kind::Customer);
        if !creates.is_some_and(|can| can.writes.contains(&Operation::Create)) || !has(Kind::Customer) {
            return Err(Error::invalid(
                said!("sync-cannot-reverse", connection = &source.name),
                said!("sync-hint-without-reverse"),
            ));
        }
    }
    Ok(())
}

/// Checks that alerts of the source can become tickets of the target.
fn tickets_possible(source: &Opened, target: &Opened) -> Result<(), Error> {
    let hint = || said!("sync-hint-without-kind", word = Kind::Alert.as_str());
    if !source.description.kind(Kind::Alert).is_some_and(|can| can.reads.everything) {
        return Err(Error::invalid(
            said!("sync-cannot-list", side = "source", connection = &source.name, kind = Kind::Alert),
            hint(),
        ));
    }
    let can = target.description.kind(Kind::Ticket);
    if !can.is_some_and(|can| can.reads.ids && can.writes.contains(&Operation::Create)) {
        return Err(Error::invalid(said!("sync-cannot-make-tickets", connection = &target.name), hint()));
    }
    Ok(())
}
