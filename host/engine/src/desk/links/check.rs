//! Whether a link can be at all, as far as its records say: the target exists, belongs to the linked account, and is
//! linked to no other. Nothing is decided or stored here.

use crate::desk::imports::by_a_spreadsheet;
use crate::error::Error;
use crate::ground::find;
use crate::ground::tenant::Tenant;
use crosswalk_model::{Kind, Link, LinkState, Record, Sync, Timestamp};
use std::collections::HashSet;

/// Checks that a source record may be linked to a target record.
pub(super) async fn check_target(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    source: &Record,
    target: &str,
    freed: &HashSet<String>,
) -> Result<(), Error> {
    let record = find::record(tenant, &sync.target, kind, target).await?.ok_or_else(|| {
        Error::not_found(
            "target record",
            format!("{kind} {}{}", target.escape_debug(), by_a_spreadsheet(target)),
            format!("run `crosswalk plan {}` first if it is new in {}", sync.name, sync.target),
        )
    })?;
    // Records of a customer must belong to its account; customers and products have no parent.
    if !matches!(kind, Kind::Customer | Kind::Product) {
        let customer = source.parent.as_deref().unwrap_or_default();
        let account = tenant
            .store
            .link_get(&sync.name, Kind::Customer, customer)
            .await?
            .and_then(|link| link.linked().map(str::to_owned));
        match account {
            None => {
                return Err(Error::invalid(
                    format!("the customer {customer} of {kind} {} is not linked yet", source.id),
                    format!("link it first: `crosswalk link set {} customer {customer} TARGET`", sync.name),
                ));
            }
            Some(account) if record.parent.as_deref() != Some(&account) => {
                return Err(Error::invalid(
                    format!(
                        "{kind} {target} (`{}`) belongs to another account, {}",
                        record.name,
                        record.parent.as_deref().unwrap_or("none")
                    ),
                    format!("choose a {kind} of account {account}, to which the customer is linked"),
                ));
            }
            Some(_) => {}
        }
    }
    check_free(tenant, sync, kind, &source.id, (target, &record.name), freed).await
}

/// Checks that a target record is linked to no other source record.
async fn check_free(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    source: &str,
    (target, name): (&str, &str),
    freed: &HashSet<String>,
) -> Result<(), Error> {
    if !sync.rules.shares(kind) {
        for other in tenant.store.links_of_target(&sync.name, kind, target).await? {
            let holds = other.source != source
                && other.state == LinkState::Linked
                && !freed.contains(&other.source)
                // A record that is gone from the source frees its target.
                && find::record(tenant, &sync.source, kind, &other.source).await?.is_some();
            if holds {
                return Err(Error::invalid(
                    format!("{kind} {target} (`{name}`) is linked to {} already", other.source),
                    format!("set that one free first: `crosswalk link forget {} {kind} {}`", sync.name, other.source),
                ));
            }
        }
    }
    Ok(())
}

/// Checks that a target record may be declined for a source record: it is proposed, or at least there, and the record is
/// not linked.
pub(super) async fn check_declined(tenant: &Tenant, sync: &Sync, link: &Link, target: &str) -> Result<(), Error> {
    let Link { kind, source, .. } = link;
    if link.target.is_some() {
        return Err(Error::invalid(
            format!("{kind} {source} is linked: only a proposal can be declined"),
            format!("`crosswalk link forget {} {kind} {source}` takes the link away first", sync.name),
        ));
    }
    let is_proposed = link.candidates.iter().any(|candidate| candidate.target == *target);
    if !is_proposed && find::record(tenant, &sync.target, kind.counterpart(), target).await?.is_none() {
        return Err(Error::not_found(
            "target record",
            format!("{} {}{}", kind.counterpart(), target.escape_debug(), by_a_spreadsheet(target)),
            format!("`crosswalk link list {} --kind {kind} --state proposed` names what is proposed", sync.name),
        ));
    }
    Ok(())
}

/// Checks whether a target record may be the one created for a source record: a person could link the two. Unknown
/// values of either are no objection.
pub(crate) async fn check_made(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    source: &str,
    target: &str,
) -> Result<(), Error> {
    let known = tenant.store.records_by_ids(&sync.source, kind, &[source.to_owned()]).await?.pop();
    match known {
        Some(known) if find::record(tenant, &sync.target, kind, target).await?.is_some() => {
            check_target(tenant, sync, kind, &known.record, target, &HashSet::new()).await
        }
        _ => Ok(()),
    }
}

/// Checks whether a target record can result from a create intended at that time: not where another source record is
/// linked to it, unless several may be and it is new since.
pub(crate) async fn check_nobodys(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    source: &str,
    target: &str,
    intended_at: Timestamp,
) -> Result<(), Error> {
    let of = kind.counterpart();
    let there = tenant.store.records_by_ids(&sync.target, of, &[target.to_owned()]).await?.pop();
    let is_new = there.as_ref().is_some_and(|there| there.first_at.is_some_and(|first| first >= intended_at));
    if is_new && sync.rules.shares(kind) {
        return Ok(());
    }
    let named = match there.as_ref().map(|there| there.record.name.as_str()).filter(|name| !name.is_empty()) {
        Some(name) => format!("{of} {target} (`{name}`)"),
        None => format!("{of} {target}"),
    };
    let links = tenant.store.links_of_target(&sync.name, of, target).await?;
    let other = links.iter().find(|link| link.kind == kind && link.source != source && link.linked().is_some());
    let look = "look its id up there, and say `--not-written` where nothing was made";
    if let Some(Link { source: other, .. }) = other {
        let why = format!("{named} is linked to {other} already: it is not what was made for {source}");
        let name = &sync.name;
        let hint = match kind {
            Kind::Usage | Kind::Alert => look.to_owned(),
            _ if find::record(tenant, &sync.source, kind, other).await?.is_none() => format!(
                "{look}; {other} is gone from the source: `crosswalk link set {name} {kind} {source} {target}` then \
                 gives it over"
            ),
            _ => format!("{look}; where that link is wrong, first `crosswalk link forget {name} {kind} {other}`"),
        };
        return Err(Error::invalid(why, hint));
    }
    if kind == Kind::Usage
        && let Some(other) = crate::ground::accounts::lines_of_others(&tenant.store, sync).await?.remove(target)
    {
        return Err(Error::invalid(format!("{named} is billed by the sync {other}"), look));
    }
    Ok(())
}
