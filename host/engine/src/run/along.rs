//! Collects a person's decisions about a record that another replaces, for its successor.

use crate::rules::anew::{Along, renamed};
use crosswalk_model::{Kind, LineKey, Link, Switch, SyncName, Timestamp};
use crosswalk_store::{StoreError, TenantStore};
use std::collections::{BTreeMap, HashMap};

/// What goes along with the accounts of source customers to the records that they are now; `over` is each customer's
/// old id and its new one. What a person decided for that one already stands.
///
/// # Errors
/// The database's; `NotFound` (the sync).
pub(crate) async fn along(
    store: &TenantStore,
    sync: &SyncName,
    over: &[(String, String)],
    now: Timestamp,
) -> Result<Along, StoreError> {
    let mut found = Along::default();
    if over.is_empty() {
        return Ok(found);
    }
    let mut lines = BTreeMap::new();
    for (old, new) in over {
        let contract = |links: Vec<Link>| links.into_iter().find(|link| link.target_kind == Kind::Contract);
        let of_old = contract(store.links_of_source(sync, Kind::Customer, old).await?);
        let of_new = contract(store.links_of_source(sync, Kind::Customer, new).await?);
        if let Some(of_old) = of_old {
            found.hand(&of_old, of_new.as_ref(), new, now);
        }
        let of_lines = store.links_of_lines(sync, old).await?.into_iter();
        lines.extend(of_lines.map(|link| (link.source.clone(), link)));
    }
    let new_ids: HashMap<&str, &str> = over.iter().map(|(old, new)| (old.as_str(), new.as_str())).collect();
    let as_new = |link: &Link| {
        let LineKey { customer, product } = link.source.parse().ok()?;
        Some(LineKey::new(*new_ids.get(customer.as_str())?, product).to_string())
    };
    let sources: Vec<String> = lines.values().filter_map(as_new).collect();
    let own = store.links_by_sources(sync, Kind::Usage, &sources).await?;
    let own: HashMap<&str, &Link> = own.iter().map(|link| (link.source.as_str(), link)).collect();
    for link in lines.values() {
        let renamed = renamed(link, &new_ids);
        match as_new(link) {
            Some(source) => found.hand(&renamed, own.get(source.as_str()).copied(), &source, now),
            None if renamed.memory != link.memory => found.links.push(renamed),
            None => {}
        }
    }
    let switches = store.switches(sync).await?;
    for (old, new) in over {
        let own = switches.get(new).copied().unwrap_or_default();
        let mut all = own;
        for switch in Switch::ALL {
            let before = switches.get(old).and_then(|before| before.get(switch));
            all.set(switch, own.get(switch).or(before));
        }
        if all != own {
            found.switches.push((new.clone(), all));
        }
    }
    Ok(found)
}
