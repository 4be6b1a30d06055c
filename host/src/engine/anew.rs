//! A customer made anew at the source, whose account goes over to its new record: what else was decided of the one
//! before goes along, with what was written for it. Its contract, its lines, and what was switched on or off for it.
//!
//! Who takes over from whom is decided in `matching` and `decisions`.

use super::matching::OPERATOR;
use super::plan::usage::{LEFT, PARTS};
use super::planning::{adopted, given_up};
use crate::model::usage::Switches;
use crate::model::{Kind, LineKey, Link, LinkState, SyncName, Timestamp, Value};
use crate::store::{StoreError, TenantStore};
use std::collections::HashMap;

/// What goes along.
#[derive(Debug, Clone, Default)]
pub(super) struct Along {
    /// Links: each as it is the new record's, and what is left of the one before.
    pub(super) links: Vec<Link>,
    /// Switches of the new record.
    pub(super) switches: Vec<(String, Switches)>,
}

/// What goes along with the account of a source customer to the record that it is now. What was decided for that one
/// already stands.
///
/// # Errors
/// The database's; `NotFound` (the sync).
pub(super) async fn along(
    store: &TenantStore,
    sync: &SyncName,
    (old, new): (&str, &str),
    now: Timestamp,
) -> Result<Along, StoreError> {
    let mut found = Along::default();
    let mut hand = |old: &Link, own: Option<&Link>, source: String| {
        if is_decided(old) && !own.is_some_and(is_decided) {
            found.links.push(Link { state: old.state, ..adopted(own, old, &source) });
            found.links.push(given_up(old, &source, now));
        }
    };
    let contract = |links: Vec<Link>| links.into_iter().find(|link| link.target_kind == Kind::Contract);
    let [of_old, of_new] = [
        contract(store.links_of_source(sync, Kind::Customer, old).await?),
        contract(store.links_of_source(sync, Kind::Customer, new).await?),
    ];
    if let Some(of_old) = of_old {
        hand(&of_old, of_new.as_ref(), new.to_owned());
    }
    let lines = store.links_all(sync, Kind::Usage).await?;
    let lines: HashMap<LineKey, Link> =
        lines.into_iter().filter_map(|link| Some((link.source.parse().ok()?, link))).collect();
    let mut of_old: Vec<_> = lines.iter().filter(|(key, _)| key.customer == old).collect();
    of_old.sort_by(|a, b| a.0.cmp(b.0));
    for (key, link) in of_old {
        let as_new = LineKey::new(new, &key.product);
        hand(&renamed(link, old, new), lines.get(&as_new), as_new.to_string());
    }
    let switches = store.switches(sync).await?;
    if let (Some(said), None) = (switches.get(old), switches.get(new)) {
        found.switches.push((new.to_owned(), *said));
    }
    Ok(found)
}

/// Whether a person or a run said what a link is.
fn is_decided(link: &Link) -> bool {
    link.linked().is_some() || link.state == LinkState::Excluded || link.decided_by == OPERATOR || !link.sent.is_empty()
}

/// A line's link with the customer by its new id among what the line is the sum of.
fn renamed(link: &Link, old: &str, new: &str) -> Link {
    let mut link = link.clone();
    let [from, to] = [old, new].map(|id| format!("\"{id}/"));
    for name in [PARTS, LEFT] {
        if let Some(Value::Json(text)) = link.sent.get_mut(name) {
            *text = text.replace(&from, &to);
        }
    }
    link.written = if link.written.is_empty() { link.written } else { link.sent.clone() };
    link
}
