//! Syncs: a source, a target, and rules.

use super::Tenant;
use super::connections::Opened;
use crate::error::Error;
use crate::model::{ConnectionName, Kind, Operation, Sync, SyncName, SyncRules};

/// What an operator says of a new sync.
#[derive(Debug, Clone)]
pub struct NewSync {
    /// Its name.
    pub name: SyncName,
    /// Where records come from.
    pub source: ConnectionName,
    /// Where they go.
    pub target: ConnectionName,
    /// How.
    pub rules: SyncRules,
}

impl Tenant {
    /// Makes a sync.
    ///
    /// # Errors
    /// The name is taken, a connection is missing, both are the same, or a connector
    /// cannot do what a kind needs at all.
    pub async fn sync_add(&self, mut new: NewSync) -> Result<Sync, Error> {
        if new.source == new.target {
            return Err(Error::invalid("source and target are the same connection", "name two connections"));
        }
        let source = self.open(&new.source).await?;
        let target = self.open(&new.target).await?;
        for kind in new.rules.kinds.keys() {
            if *kind == Kind::Alert {
                tickets_possible(&source, &target)?;
                new.rules.tickets.from = new.rules.tickets.from.or(Some(self.parts.clock.now()));
                continue;
            }
            for (side, opened) in [("source", &source), ("target", &target)] {
                if !opened.description.kind(*kind).is_some_and(|can| can.reads.everything) {
                    return Err(Error::invalid(
                        format!("the {side} `{}` cannot list {kind}s", opened.name),
                        format!("leave {kind} out with `--kinds`, or choose another connection"),
                    ));
                }
            }
        }
        let has = |kind| new.rules.kinds.contains_key(&kind);
        if (has(Kind::Location) || has(Kind::Asset) || has(Kind::Alert)) && !has(Kind::Customer) {
            return Err(Error::invalid(
                "locations, assets and alerts belong to customers",
                "take `customer` into `--kinds`",
            ));
        }
        if new.rules.reverse {
            let creates = source.description.kind(Kind::Customer);
            if !creates.is_some_and(|can| can.writes.contains(&Operation::Create)) || !has(Kind::Customer) {
                return Err(Error::invalid(
                    format!("the source `{}` cannot create customers", source.name),
                    "leave `--reverse` out, or choose another connection",
                ));
            }
        }
        let sync = Sync { name: new.name, source: new.source, target: new.target, rules: new.rules, revision: 0 };
        self.store.sync_insert(&sync).await?;
        self.sync(&sync.name).await
    }

    /// A sync.
    ///
    /// # Errors
    /// There is none of that name.
    pub async fn sync(&self, name: &SyncName) -> Result<Sync, Error> {
        self.store
            .sync_get(name)
            .await?
            .ok_or_else(|| Error::not_found("sync", name, "`crosswalk sync list` names those there are"))
    }

    /// The tenant's syncs.
    ///
    /// # Errors
    /// The database's.
    pub async fn sync_list(&self) -> Result<Vec<Sync>, Error> {
        Ok(self.store.sync_list().await?)
    }
}

/// Whether alerts of the one can become tickets of the other.
fn tickets_possible(source: &Opened, target: &Opened) -> Result<(), Error> {
    let hint = "leave alert out of `--kinds`, or choose another connection";
    if !source.description.kind(Kind::Alert).is_some_and(|can| can.reads.everything) {
        return Err(Error::invalid(format!("the source `{}` cannot list alerts", source.name), hint));
    }
    let can = target.description.kind(Kind::Ticket);
    if !can.is_some_and(|can| can.reads.ids && can.writes.contains(&Operation::Create)) {
        return Err(Error::invalid(format!("the target `{}` cannot make tickets and read them", target.name), hint));
    }
    Ok(())
}
