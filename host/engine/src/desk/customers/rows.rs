//! Rows of customers, built from what is stored: the links, the switches, the last outcomes and their troubleshooting
//! texts. Which rows are listed is `customers`'s.

use super::{CustomerState, CustomerView};
use crate::error::Error;
use crate::ground::plugins;
use crate::ground::tenant::Tenant;
use crosswalk_model::usage::LastOutcome;
use crosswalk_model::{Kind, Link, Record, Sync};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Returns the rows of a sync's present customers, by name.
pub(super) async fn customer_rows(tenant: &Tenant, sync: &Sync) -> Result<Vec<CustomerView>, Error> {
    let store = &tenant.store;
    let customers = store.records_all(&sync.source, Kind::Customer).await?;
    let customers = customers.into_iter().filter(|stored| stored.gone_at.is_none());
    let billing = sync.rules.bills();
    let links = by_source(store.links_all(&sync.name, Kind::Customer).await?);
    let contract_links = by_source(store.links_between(&sync.name, Kind::Customer, Kind::Contract).await?);
    let ids = |links: &HashMap<String, Link>| -> Vec<String> {
        links.values().filter_map(|link| link.target.clone()).collect()
    };
    let accounts = names(tenant, sync, Kind::Customer, &ids(&links)).await?;
    let contracts = names(tenant, sync, Kind::Contract, &ids(&contract_links)).await?;
    let with_usage = if billing { store.customers_with_usage(&sync.source).await? } else { HashSet::new() };
    let (switches, outcomes) = (store.switches(&sync.name).await?, store.outcomes(&sync.name).await?);
    let remedies = remedies(tenant, &outcomes).await?;
    let mut rows: Vec<CustomerView> = customers
        .map(|stored| {
            let Record { id, name, .. } = stored.record;
            let (link, contract) = (links.get(&id), contract_links.get(&id).filter(|_| billing));
            let switches = switches.get(&id).copied().unwrap_or_default();
            let named = |link: Option<&Link>, names: &HashMap<String, String>| {
                let id = link?.linked()?;
                Some((id.to_owned(), names.get(id).cloned().unwrap_or_default()))
            };
            let mut state = CustomerState::of(link);
            let mut open = link;
            if state == CustomerState::Mapped && billing {
                state = CustomerState::of(contract);
                open = contract.or(link);
            }
            let outcome = outcomes.get(&id).cloned();
            CustomerView {
                account: named(link, &accounts),
                contract: named(contract, &contracts),
                candidates: open.map(|link| link.candidates.clone()).unwrap_or_default(),
                reason: open.map(|link| link.reason.clone()).unwrap_or_default(),
                revision: (link.map_or(0, |link| link.revision), contract.map_or(0, |link| link.revision)),
                usage: billing && switches.usage.unwrap_or(sync.rules.switched_on),
                tickets: sync.rules.kinds.contains_key(&Kind::Alert)
                    && switches.tickets.unwrap_or(sync.rules.switched_on),
                has_usage: with_usage.contains(&id),
                remedy: outcome.as_ref().and_then(|outcome| remedies.get(outcome.trouble.as_ref()?).cloned()),
                outcome,
                state,
                id,
                name,
            }
        })
        .collect();
    rows.sort_by(|a, b| (a.name.to_lowercase(), &a.id).cmp(&(b.name.to_lowercase(), &b.id)));
    Ok(rows)
}

/// Names of records of the target, by id.
async fn names(tenant: &Tenant, sync: &Sync, kind: Kind, ids: &[String]) -> Result<HashMap<String, String>, Error> {
    let records = tenant.store.records_by_ids(&sync.target, kind, ids).await?;
    Ok(records.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
}

/// Troubleshooting texts of outcomes, by connection and failure.
async fn remedies(
    tenant: &Tenant,
    outcomes: &HashMap<String, LastOutcome>,
) -> Result<HashMap<(String, String), String>, Error> {
    let troubles: BTreeSet<&(String, String)> = outcomes.values().filter_map(|one| one.trouble.as_ref()).collect();
    let mut texts = HashMap::new();
    for (connection, failure) in troubles {
        let Ok(name) = crosswalk_model::ConnectionName::new(connection) else { continue };
        let Some(connection) = tenant.store.connection_get(&name).await? else { continue };
        // A plugin that cannot be used has no texts.
        let Ok(plugin) = plugins::plugin(&tenant.parts, &connection.digest).await else { continue };
        if let Some(text) = plugin.manifest().troubleshooting.get(failure) {
            texts.insert((name.to_string(), failure.clone()), text.clone());
        }
    }
    Ok(texts)
}

/// Keys links by their source records.
pub(super) fn by_source(links: Vec<Link>) -> HashMap<String, Link> {
    links.into_iter().map(|link| (link.source.clone(), link)).collect()
}
