//! Resolves the record a person means: by its id at the source, its id at the target, or its whole name. A line of
//! usage is named as `customer/product`, or by one of its rows. Explaining it is `why`'s.

use super::of_record;
use crate::desk::customers::called;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Kind, LineKey, Link, Record, Side, Sync, Verb, said};
use crosswalk_store::{FindingFilter, JournalFilter, LIST_LIMIT, Stored};

/// A resolved record.
pub(super) struct Meant {
    pub(super) kind: Kind,
    pub(super) source: Option<String>,
    pub(super) target: Option<String>,
    pub(super) link: Option<Link>,
}

pub(super) async fn meant(tenant: &Tenant, sync: &Sync, kind: Kind, text: &str) -> Result<Meant, Error> {
    let of_link = |link: Link| Meant {
        kind: link.kind,
        source: Some(link.source.clone()),
        target: link.target.clone(),
        link: Some(link),
    };
    let of_source = |id: String| Meant { kind, source: Some(id), target: None, link: None };
    let of_target = |id: String| Meant { kind, source: None, target: Some(id), link: None };
    if let Some(link) = tenant.store.link_get(&sync.name, kind, text).await? {
        return Ok(of_link(link));
    }
    if kind == Kind::Usage && row_of(tenant, sync, text).await?.is_some() {
        return Ok(of_source(text.to_owned()));
    }
    if let Some(stored) = super::stored(tenant, &sync.source, kind, text).await? {
        let id = known_by(kind, &stored.record);
        let link = tenant.store.link_get(&sync.name, kind, &id).await?;
        return Ok(link.map_or_else(|| of_source(id), of_link));
    }
    if let Some(link) = link_of_target(tenant, sync, kind, text).await? {
        return Ok(of_link(link));
    }
    if super::stored(tenant, &sync.target, kind.counterpart(), text).await?.is_some() {
        return Ok(of_target(text.to_owned()));
    }
    for (connection, kind, is_source) in [(&sync.source, kind, true), (&sync.target, kind.counterpart(), false)] {
        let found = tenant.store.record_search(connection, kind, text, LIST_LIMIT).await?;
        let found: Vec<Record> = found.into_iter().map(|stored| stored.record).collect();
        let named = called(&found, text).into_iter();
        let mut named: Vec<String> =
            named.map(|record| if is_source { known_by(kind, record) } else { record.id.clone() }).collect();
        named.sort_unstable();
        named.dedup();
        match (named.pop(), named.is_empty()) {
            (None, _) => {}
            (Some(id), true) if is_source => {
                let link = tenant.store.link_get(&sync.name, kind, &id).await?;
                return Ok(link.map_or_else(|| of_source(id), of_link));
            }
            (Some(id), true) => {
                let link = link_of_target(tenant, sync, kind, &id).await?;
                return Ok(link.map_or_else(|| of_target(id), of_link));
            }
            (Some(id), false) => {
                named.push(id);
                return Err(Error::invalid(
                    said!("why-several-called", count = named.len(), kind, connection, name = text),
                    said!("why-name-by-id", ids = Arg::list(&named)),
                ));
            }
        }
    }
    let journal = JournalFilter { source: Some(text.to_owned()), ..of_record(sync, kind) };
    if !tenant.store.journal_list(&journal).await?.is_empty() {
        return Ok(of_source(text.to_owned()));
    }
    match found_at(tenant, sync, kind, text).await? {
        Some(Side::Source) => Ok(of_source(text.to_owned())),
        Some(Side::Target) => Ok(of_target(text.to_owned())),
        None => Err(Error::not_found(
            "record",
            format!("{kind} {text}"),
            said!("why-never-read", plan = Call::of(Verb::Plan).with("sync", &sync.name)),
        )),
    }
}

/// Returns the side of a record that the newest plan has a finding on: one that could not be stored, or is not listed,
/// is known by that alone.
async fn found_at(tenant: &Tenant, sync: &Sync, kind: Kind, text: &str) -> Result<Option<Side>, Error> {
    let Some(plan) = tenant.store.plan_list(&sync.name, 1).await?.into_iter().next() else { return Ok(None) };
    for kind in [kind, kind.counterpart()] {
        let filter = FindingFilter { kind: Some(kind), source: Some(text.to_owned()), ..FindingFilter::default() };
        if let Some((_, found)) = tenant.store.findings_list(plan.id, &filter, 0, 1).await?.pop() {
            return Ok(Some(found.side));
        }
    }
    Ok(None)
}

/// Returns a link to a target record of the kind that this kind becomes; to a contract, that of a customer. Ids of
/// different kinds may be the same, so no other kind is looked at.
async fn link_of_target(tenant: &Tenant, sync: &Sync, kind: Kind, id: &str) -> Result<Option<Link>, Error> {
    Ok(tenant.store.links_of_target(&sync.name, kind.counterpart(), id).await?.into_iter().next())
}

/// Returns a row of a line of usage as last read; a present one before one that is gone.
pub(super) async fn row_of(tenant: &Tenant, sync: &Sync, line: &str) -> Result<Option<Stored>, Error> {
    let Ok(key) = line.parse::<LineKey>() else { return Ok(None) };
    let rows = tenant.store.records_of_parent(&sync.source, Kind::Usage, &key.customer).await?;
    let of_line = rows.into_iter().filter(|stored| stored.record.text("product") == Some(key.product.as_str()));
    Ok(of_line.max_by_key(|stored| (stored.gone_at.is_none(), stored.seen_at)))
}

/// Key of a record's link: its id, or for a row of usage its line.
fn known_by(kind: Kind, record: &Record) -> String {
    match (kind, &record.parent, record.text("product")) {
        (Kind::Usage, Some(customer), Some(product)) => LineKey::new(customer, product).to_string(),
        _ => record.id.clone(),
    }
}
