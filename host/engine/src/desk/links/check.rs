//! Whether a link can be at all, as far as its records say: the target exists, belongs to the linked account, and is
//! linked to no other. Nothing is decided or stored here.

use super::{forget_call, plan_first};
use crate::desk::imports::by_a_spreadsheet;
use crate::error::Error;
use crate::ground::find;
use crate::ground::tenant::Tenant;
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, Link, LinkState, Record, Said, Sync, Timestamp, said};
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
            "target-record",
            format!("{kind} {}", target.escape_debug()),
            Said::several([by_a_spreadsheet(target), plan_first(sync)]),
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
                let set = set_call(sync, Kind::Customer, customer);
                return Err(Error::invalid(
                    said!("link-customer-not-linked", customer, kind, source = source.id.as_str()),
                    said!("link-hint-customer-first", set),
                ));
            }
            Some(account) if record.parent.as_deref() != Some(&account) => {
                let name = record.name.as_str();
                let message = match record.parent.as_deref() {
                    Some(other) => said!("link-of-another-account", kind, target, name, other),
                    None => said!("link-of-no-account", kind, target, name),
                };
                return Err(Error::invalid(message, said!("link-hint-of-account", kind, account)));
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
                let forget = forget_call(sync, kind, &other.source);
                return Err(Error::invalid(
                    said!("link-taken-named", kind, target, name, other = other.source.as_str()),
                    said!("link-hint-free-first", forget),
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
            said!("link-declined-linked", kind = *kind, source),
            said!("link-hint-remove-first", forget = forget_call(sync, *kind, source)),
        ));
    }
    let is_proposed = link.candidates.iter().any(|candidate| candidate.target == *target);
    if !is_proposed && find::record(tenant, &sync.target, kind.counterpart(), target).await?.is_none() {
        let list = Call::of(Verb::LinkList).with("sync", &sync.name).with("kind", kind).with("state", "proposed");
        return Err(Error::not_found(
            "target-record",
            format!("{} {}", kind.counterpart(), target.escape_debug()),
            Said::several([by_a_spreadsheet(target), said!("link-hint-proposed", list)]),
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
        Some(name) => said!("link-record-named", kind = of, id = target, name),
        None => said!("link-record", kind = of, id = target),
    };
    let links = tenant.store.links_of_target(&sync.name, of, target).await?;
    let other = links.iter().find(|link| link.kind == kind && link.source != source && link.linked().is_some());
    let look = said!("uncertain-hint-look-made");
    if let Some(Link { source: other, .. }) = other {
        let more = match kind {
            Kind::Usage | Kind::Alert => Said::default(),
            _ if find::record(tenant, &sync.source, kind, other).await?.is_none() => {
                said!("uncertain-hint-set", other, set = set_call(sync, kind, source).with("target", target))
            }
            _ => said!("uncertain-hint-forget", forget = forget_call(sync, kind, other)),
        };
        let why = said!("uncertain-linked-to-another", record = named, other, source);
        return Err(Error::invalid(why, Said::several([look, more])));
    }
    if kind == Kind::Usage
        && let Some(other) = crate::ground::accounts::lines_of_others(&tenant.store, sync).await?.remove(target)
    {
        return Err(Error::invalid(said!("uncertain-billed-elsewhere", record = named, sync = Arg::from(other)), look));
    }
    Ok(())
}

fn set_call(sync: &Sync, kind: Kind, source: &str) -> Call {
    Call::of(Verb::LinkSet).with("sync", &sync.name).with("kind", kind).with("source", source)
}
