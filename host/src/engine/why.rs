//! Why one record is, or is not, in step: one trace from source to target, in words.
//!
//! A record is found by its id at the source, by its id at the target, or by its exact
//! name. What is told is what is stored: both sides as last read, the link, the newest
//! plan and the journal. What planning leaves as it is stands nowhere; for a linked record
//! it is planned again from what is stored, alone and without keeping anything. Neither
//! vendor is asked.
//!
//! Here the facts are gathered; `words` says them.

mod words;

pub use words::{Advice, Step};

use super::matching::Decision;
use super::plan::{self, Item, PlanInput, Planned, Reference, same, shown};
use super::query::ChangeView;
use super::{Tenant, UncertainView};
use crate::error::Error;
use crate::model::{
    FieldRule, Kind, KindDescription, Link, PlanId, Record, Sync, SyncName, Value, Writable, catalogue,
};
use crate::store::{ChangeFilter, JournalEntry, JournalFilter, LIST_LIMIT, Stored};
use serde::Serialize;
use std::collections::HashMap;

/// Why a record is, or is not, in step.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    /// The record's kind at the source.
    pub kind: Kind,
    /// The record at the source, as it was read last.
    pub source: Option<Record>,
    /// Since when it is missing there.
    pub source_gone: Option<String>,
    /// The record at the target.
    pub target: Option<Record>,
    /// The link.
    pub link: Option<Link>,
    /// The verdict, in one sentence.
    pub verdict: String,
    /// How it came to that, from the source to the target.
    pub steps: Vec<Step>,
    /// What would change it.
    pub next: Vec<Advice>,
    /// What the newest plan has for it.
    pub planned: Vec<ChangeView>,
    /// What happened to it, newest first.
    pub journal: Vec<JournalEntry>,
}

/// Everything that is known of one record.
#[derive(Default)]
struct Facts {
    source: Option<Stored>,
    target: Option<Stored>,
    link: Option<Link>,
    customer: Option<Customer>,
    /// The newest plan, and what it has for the record.
    plan: Option<PlanId>,
    planned: Vec<ChangeView>,
    /// What a plan of this record alone would do and leave now.
    afresh: Planned,
    /// What differs and is left so by the sync's rules.
    by_rule: Vec<String>,
    /// Its write that is not settled, of whatever plan.
    uncertain: Option<UncertainView>,
    journal: Vec<JournalEntry>,
}

/// The source customer a record belongs to.
struct Customer {
    id: String,
    name: String,
    link: Option<Link>,
}

/// Which record is meant.
struct Meant {
    kind: Kind,
    source: Option<String>,
    target: Option<String>,
    link: Option<Link>,
}

impl Tenant {
    /// Why a record is, or is not, in step. It is named by its id at the source or at the target, or
    /// by its exact name.
    ///
    /// # Errors
    /// No such sync; nobody knows the record; several have that name.
    pub async fn why(&self, sync: &SyncName, kind: Kind, record: &str) -> Result<Trace, Error> {
        let sync = self.sync(sync).await?;
        let meant = self.meant(&sync, kind, record).await?;
        let kind = meant.kind;
        let facts = self.facts(&sync, meant).await?;
        let (verdict, steps, next) = words::tell(&sync, kind, &facts);
        Ok(Trace {
            kind,
            source_gone: facts.source.as_ref().and_then(|stored| stored.gone_at).map(|at| at.to_string()),
            source: facts.source.map(|stored| stored.record),
            target: facts.target.filter(|stored| stored.gone_at.is_none()).map(|stored| stored.record),
            link: facts.link,
            verdict,
            steps,
            next,
            planned: facts.planned,
            journal: facts.journal,
        })
    }

    async fn meant(&self, sync: &Sync, kind: Kind, text: &str) -> Result<Meant, Error> {
        let of_link = |link: Link| Meant {
            kind: link.kind,
            source: Some(link.source.clone()),
            target: link.target.clone(),
            link: Some(link),
        };
        let of_source = |id: String| Meant { kind, source: Some(id), target: None, link: None };
        let of_target = |id: String| Meant { kind, source: None, target: Some(id), link: None };
        if let Some(link) = self.store.link_get(&sync.name, kind, text).await? {
            return Ok(of_link(link));
        }
        if self.stored(&sync.source, kind, text).await?.is_some() {
            return Ok(of_source(text.to_owned()));
        }
        if let Some(link) = self.link_of_target(sync, kind, text).await? {
            return Ok(of_link(link));
        }
        if self.stored(&sync.target, kind.counterpart(), text).await?.is_some() {
            return Ok(of_target(text.to_owned()));
        }
        for (connection, kind, is_source) in [(&sync.source, kind, true), (&sync.target, kind.counterpart(), false)] {
            let found = self.store.record_search(connection, kind, text, LIST_LIMIT).await?;
            let mut named: Vec<String> = found
                .into_iter()
                .filter(|stored| stored.record.name.to_lowercase() == text.trim().to_lowercase())
                .map(|stored| stored.record.id)
                .collect();
            match (named.pop(), named.is_empty()) {
                (None, _) => {}
                (Some(id), true) if is_source => {
                    let link = self.store.link_get(&sync.name, kind, &id).await?;
                    return Ok(link.map_or_else(|| of_source(id), of_link));
                }
                (Some(id), true) => {
                    let link = self.link_of_target(sync, kind, &id).await?;
                    return Ok(link.map_or_else(|| of_target(id), of_link));
                }
                (Some(id), false) => {
                    named.push(id);
                    return Err(Error::invalid(
                        format!("{} {kind}s of `{connection}` are called `{text}`", named.len()),
                        format!("name one by its id: {}", named.join(", ")),
                    ));
                }
            }
        }
        let journal = JournalFilter { source: Some(text.to_owned()), ..of_record(sync, kind) };
        if self.store.journal_list(&journal).await?.is_empty() {
            return Err(Error::not_found(
                "record",
                format!("{kind} {text}"),
                format!("it was never read: run `crosswalk plan {}`, or look at the id or the name again", sync.name),
            ));
        }
        Ok(of_source(text.to_owned()))
    }

    /// The link to a target record: of this kind, or of whatever kind at the source.
    async fn link_of_target(&self, sync: &Sync, kind: Kind, id: &str) -> Result<Option<Link>, Error> {
        for target_kind in Kind::ALL {
            let links = self.store.links_of_target(&sync.name, target_kind, id).await?;
            if let Some(link) = links.into_iter().find(|link| link.kind == kind || target_kind == kind) {
                return Ok(Some(link));
            }
        }
        Ok(None)
    }

    async fn stored(
        &self,
        connection: &crate::model::ConnectionName,
        kind: Kind,
        id: &str,
    ) -> Result<Option<Stored>, Error> {
        Ok(self.store.records_by_ids(connection, kind, &[id.to_owned()]).await?.pop())
    }

    async fn facts(&self, sync: &Sync, meant: Meant) -> Result<Facts, Error> {
        let Meant { kind, source, target, link } = meant;
        let mut facts = Facts::default();
        if let Some(id) = &source {
            facts.source = self.stored(&sync.source, kind, id).await?;
        }
        if let Some(id) = &target {
            let kind = link.as_ref().map_or(kind.counterpart(), |link| link.target_kind);
            facts.target = self.stored(&sync.target, kind, id).await?;
        }
        facts.link = link;
        let open = self.uncertain_list(Some(&sync.name)).await?.into_iter().rev();
        facts.uncertain = open
            .filter(|open| open.kind == kind)
            .find(|open| source.as_ref() == Some(&open.source) || (target.is_some() && open.target == target));
        let record = facts.source.as_ref().map(|stored| &stored.record);
        if let Some(id) = record.and_then(|record| record.parent.clone()).filter(|_| kind != Kind::Customer) {
            let stored = self.stored(&sync.source, Kind::Customer, &id).await?;
            let link = self.store.link_get(&sync.name, Kind::Customer, &id).await?;
            facts.customer =
                Some(Customer { name: stored.map_or_else(String::new, |stored| stored.record.name), id, link });
        }
        // What becomes another kind at the target is planned apart.
        let plan = match kind.counterpart() == kind {
            true => self.store.plan_list(&sync.name, 1).await?.pop().map(|plan| plan.id),
            false => self.store.plan_part_latest(&sync.name, kind).await?,
        };
        if let (Some(plan), Some(source)) = (plan, &source) {
            let filter = ChangeFilter { kind: Some(kind), source: Some(source.clone()), ..ChangeFilter::default() };
            facts.planned = self.plan_changes(plan, &filter, 0, 10).await?;
            facts.plan = Some(plan);
        }
        let journal =
            JournalFilter { source, target: target.filter(|_| facts.link.is_none()), ..of_record(sync, kind) };
        facts.journal = self.store.journal_list(&journal).await?;
        self.look_afresh(sync, kind, &mut facts).await?;
        Ok(facts)
    }

    /// What planning would do and leave now, of a record whose link stands. It needs the target's
    /// description; a connection that cannot be opened is told elsewhere.
    async fn look_afresh(&self, sync: &Sync, kind: Kind, facts: &mut Facts) -> Result<(), Error> {
        let Some(link) = facts.link.as_ref().filter(|link| link.linked().is_some() && link.target_kind == kind) else {
            return Ok(());
        };
        let account = facts.customer.as_ref().map(|customer| customer.link.as_ref().and_then(Link::linked));
        let Ok(target) = self.open(&sync.target).await else { return Ok(()) };
        let (Some(can), false) = (target.description.kind(kind), account == Some(None)) else { return Ok(()) };
        let present = |stored: &'_ &Stored| stored.gone_at.is_none();
        let (source, there) = (facts.source.as_ref().filter(present), facts.target.as_ref().filter(present));
        let (source, there) = (source.map(|stored| &stored.record), there.map(|stored| &stored.record));
        let customer = facts.customer.as_ref().map_or(link.source.as_str(), |customer| customer.id.as_str());
        let references = match source {
            Some(record) => self.references(sync, kind, customer, record).await?,
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
            now: self.parts.clock.now(),
            refresh: false,
            resolve: &|kind, id| {
                references.get(&(kind, id.to_owned())).map_or(Reference::Unknown, |id| Reference::Target(id.clone()))
            },
        });
        if let (Some(source), Some(there)) = (source, there) {
            facts.by_rule = left_by_rule(sync, kind, can, source, there);
        }
        facts.afresh = planned;
        Ok(())
    }

    /// Where the references of a record lead, as far as they stay within its customer.
    async fn references(
        &self,
        sync: &Sync,
        kind: Kind,
        customer: &str,
        record: &Record,
    ) -> Result<HashMap<(Kind, String), String>, Error> {
        let mut found = HashMap::new();
        for field in &record.fields {
            let Some((to, id)) = catalogue::refers_to(kind, &field.name).zip(field.value.as_text()) else { continue };
            let owned = self.stored(&sync.source, to, id).await?;
            if owned.is_some_and(|stored| stored.record.parent.as_deref() == Some(customer)) {
                let link = self.store.link_get(&sync.name, to, id).await?;
                found.extend(
                    link.as_ref().and_then(Link::linked).map(|target| ((to, id.to_owned()), target.to_owned())),
                );
            }
        }
        Ok(found)
    }
}

/// What the two sides say differently of a field that a rule keeps the host from writing.
fn left_by_rule(sync: &Sync, kind: Kind, can: &KindDescription, source: &Record, target: &Record) -> Vec<String> {
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
            Some(format!("{name} is left by the rule `{rule}`: the source says {source}, the target {target}"))
        })
        .collect()
}

fn of_record(sync: &Sync, kind: Kind) -> JournalFilter {
    JournalFilter { sync: Some(sync.name.clone()), kind: Some(kind), limit: 50, ..JournalFilter::default() }
}
