//! Asks the rules about one record now, from what is stored: the same functions as planning, for this record alone.
//! Stores nothing.

use super::Facts;
use crate::billing::one;
use crate::desk::alerts;
use crate::error::Error;
use crate::ground::opened;
use crate::ground::tenant::Tenant;
use crate::rules::matching::Decision;
use crate::rules::plan::{self, Item, PlanInput, Reference, same, shown};
use crosswalk_model::{
    FieldRule, Kind, KindDescription, LineKey, Link, Record, Said, Sync, Value, Writable, catalogue, said,
};
use crosswalk_store::Stored;
use std::collections::HashMap;

/// Plans a record that can be judged alone. Needs the target's description; a connection that cannot be opened is
/// reported elsewhere.
pub(super) async fn look_afresh(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    facts: &mut Facts,
    source: Option<&str>,
) -> Result<(), Error> {
    let billing = sync.rules.bills();
    match (kind, source) {
        (Kind::Alert, Some(id)) if sync.rules.kinds.contains_key(&kind) => alert_now(tenant, sync, id, facts).await,
        (Kind::Usage, Some(line)) if billing => line_now(tenant, sync, line, facts).await,
        (Kind::Customer, Some(id)) if billing => {
            facts.unbilled = one::usage_unbilled(tenant, sync, id).await?;
            record_now(tenant, sync, kind, facts).await
        }
        _ => record_now(tenant, sync, kind, facts).await,
    }
}

async fn alert_now(tenant: &Tenant, sync: &Sync, id: &str, facts: &mut Facts) -> Result<(), Error> {
    let Ok(target) = opened::open(tenant, &sync.target).await else { return Ok(()) };
    let Some(describe) = target.description.kind(Kind::Ticket) else { return Ok(()) };
    let Some(now) = alerts::alert_afresh(tenant, sync, describe, id).await? else { return Ok(()) };
    facts.asked = true;
    facts.no_ticket = now.no_ticket;
    facts.afresh = now.planned;
    if facts.customer.is_none() && !now.customer.is_empty() {
        facts.customer = Some(super::customer_of(tenant, sync, now.customer).await?);
    }
    Ok(())
}

async fn line_now(tenant: &Tenant, sync: &Sync, line: &str, facts: &mut Facts) -> Result<(), Error> {
    let Ok(key) = line.parse::<LineKey>() else { return Ok(()) };
    if facts.customer.is_none() {
        facts.customer = Some(super::customer_of(tenant, sync, key.customer.clone()).await?);
    }
    if let Ok(line) = one::usage_line(tenant, sync, &key).await {
        facts.asked = true;
        facts.line = line;
    }
    Ok(())
}

/// Plans a record whose link stands.
async fn record_now(tenant: &Tenant, sync: &Sync, kind: Kind, facts: &mut Facts) -> Result<(), Error> {
    let Some(link) = facts.link.as_ref().filter(|link| link.linked().is_some() && link.target_kind == kind) else {
        return Ok(());
    };
    let account = facts.customer.as_ref().map(|customer| customer.link.as_ref().and_then(Link::linked));
    let Ok(target) = opened::open(tenant, &sync.target).await else { return Ok(()) };
    let barred = account == Some(None) && !facts.is_left();
    let (Some(can), false) = (target.description.kind(kind), barred) else { return Ok(()) };
    let present = |stored: &'_ &Stored| stored.gone_at.is_none();
    let (source, there) = (facts.source.as_ref().filter(present), facts.target.as_ref().filter(present));
    let (source, there) = (source.map(|stored| &stored.record), there.map(|stored| &stored.record));
    let customer = facts.customer.as_ref().map_or(link.source.as_str(), |customer| customer.id.as_str());
    let references = match source {
        Some(record) => references(tenant, sync, kind, customer, record).await?,
        None => HashMap::new(),
    };
    let decision = Decision::Keep;
    let item = Item {
        source,
        gone_since: facts.source.as_ref().and_then(|stored| stored.gone_at),
        link: Some(link),
        decision: &decision,
        target: there,
    };
    let planned = plan::plan_kind(&PlanInput {
        kind,
        customer,
        items: &[item],
        parent_target: account.flatten(),
        parent_out_of_use: None,
        describe: can,
        rules: &sync.rules,
        now: tenant.parts.clock.now(),
        refresh: false,
        resolve: &|kind, id| {
            references.get(&(kind, id.to_owned())).map_or(Reference::Unknown, |id| Reference::Target(id.clone()))
        },
    });
    if let (Some(source), Some(there)) = (source, there) {
        facts.by_rule = left_by_rule(sync, kind, can, source, there);
    }
    facts.asked = true;
    facts.afresh = planned;
    Ok(())
}

/// Resolves the references of a record, as far as they stay within its customer.
async fn references(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    customer: &str,
    record: &Record,
) -> Result<HashMap<(Kind, String), String>, Error> {
    let mut found = HashMap::new();
    for field in &record.fields {
        let Some((to, id)) = catalogue::refers_to(kind, &field.name).zip(field.value.as_text()) else { continue };
        let owned = super::stored(tenant, &sync.source, to, id).await?;
        if owned.is_some_and(|stored| stored.record.parent.as_deref() == Some(customer)) {
            let link = tenant.store.link_get(&sync.name, to, id).await?;
            found.extend(link.as_ref().and_then(Link::linked).map(|target| ((to, id.to_owned()), target.to_owned())));
        }
    }
    Ok(found)
}

/// Describes fields that differ between the sides and that a rule keeps the host from writing.
fn left_by_rule(sync: &Sync, kind: Kind, can: &KindDescription, source: &Record, target: &Record) -> Vec<Said> {
    let Some(rules) = sync.rules.kinds.get(&kind) else { return Vec::new() };
    let fields = can.fields.iter().filter(|field| field.writable != Writable::Never && field.name != "active");
    let fields = fields.filter(|field| catalogue::refers_to(kind, &field.name).is_none());
    let sides = fields.filter_map(|field| {
        Some((field.name.as_str(), source.field(&field.name)?.clone(), target.field(&field.name)?.clone()))
    });
    let names = ("name", Value::Text(source.name.clone()), Value::Text(target.name.clone()));
    std::iter::once(names)
        .chain(sides)
        .filter(|(_, source, target)| !source.is_blank() && !same(source, target))
        .filter_map(|(name, source, target)| {
            let rule = match rules.rule(name) {
                FieldRule::SourceWins | FieldRule::SourceForces => return None,
                FieldRule::TargetWins => "target-wins",
                FieldRule::SeedOnce => "seed-once",
                FieldRule::FillIfEmpty => "fill-if-empty",
                FieldRule::Ignore => "ignore",
            };
            let (source, target) = (shown(&source), shown(&target));
            Some(said!("why-left-by-rule", field = name, rule, source, target))
        })
        .collect()
}
