//! A person's verbs on usage lines: list, dismiss, assign a contract line, show the history.
//!
//! A dismissal writes nothing to the vendor; it records that this count was seen and is not wanted, until it moves. An
//! approval is a plan like any other, only of the named lines, made from the present contract and shown before it is
//! applied; `billing::choices` plans it.

use crate::billing::choices::no_line;
use crate::billing::snapshot::{self, UsageSnapshot};
use crate::billing::view::{UsageLine, UsageState, view};
use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::ground::{claim, find, opened};
use crate::rules::plan::line::{
    LineVerdict, PRODUCT, Place, Product, QUANTITY, counts, forget_line, integer, keep_former, remember_since, settle,
    since_of,
};
use crosswalk_model::usage::CountSpan;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Action, Decider, Event, Kind, LineKey, Link, LinkState, Said, Sync, SyncName, said};
use crosswalk_store::{Claim, JournalEntry, JournalFilter};
use serde::Serialize;
use std::collections::HashMap;

/// Filter of lines.
#[derive(Debug, Clone, Default)]
pub struct UsageFilter {
    /// Only these source customers, by id; empty means all.
    pub customers: Vec<String>,
    /// Only these states; empty means all.
    pub states: Vec<UsageState>,
}

/// Evidence for an invoice: counts over time, and writes over time.
#[derive(Debug, Clone, Serialize)]
pub struct UsageHistory {
    /// Counts of the customer's lines, by product, oldest first.
    pub counts: Vec<CountSpan>,
    /// Journal entries on its contract, newest first.
    pub written: Vec<JournalEntry>,
    /// Names of the products at the source, by id.
    pub product_names: HashMap<String, String>,
}

impl Tenant {
    /// Returns the lines of a sync with their three numbers, from what was last read.
    ///
    /// # Errors
    /// There is no such sync; it has no usage; the target's connection cannot be opened.
    #[boxed]
    pub async fn usage_list(&self, sync: &SyncName, filter: &UsageFilter) -> Result<Vec<UsageLine>, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let target = opened::open(self, &sync.target).await?;
        let books = snapshot::stored(self, &sync, &target).await?;
        let customers = self.store.records_all(&sync.source, Kind::Customer).await?;
        let names: HashMap<&str, &str> =
            customers.iter().map(|stored| (stored.record.id.as_str(), stored.record.name.as_str())).collect();
        let mut views = Vec::new();
        for customer in books.customers() {
            if !filter.customers.is_empty() && !filter.customers.contains(&customer) {
                continue;
            }
            let lines = books.lines_of(&customer);
            views.extend(lines.into_iter().map(|line| view(&books, &names, &customer, line)));
        }
        views.retain(|view| filter.states.is_empty() || filter.states.contains(&view.state));
        views.sort_by(|a, b| (&a.customer_name, &a.product_name).cmp(&(&b.customer_name, &b.product_name)));
        Ok(views)
    }

    /// Records that these counts of lines were seen and the contract stays as it is, until the count or the contract
    /// moves. Returns the number of lines changed.
    ///
    /// # Errors
    /// There is no such sync; another process works on it; a line does not exist, or its count is not the one that was
    /// seen: nothing is stored then.
    #[boxed]
    pub async fn usage_dismiss(&self, sync: &SyncName, lines: &[(LineKey, i64)]) -> Result<usize, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let (claimed, _lease) = claim::claimed(self, &Claim::Sync(sync.name.clone())).await?;
        let target = opened::open(self, &sync.target).await?;
        let books = snapshot::stored(self, &sync, &target).await?;
        let now = self.parts.clock.now();
        let mut links = Vec::new();
        for (key, seen) in lines {
            let line = books.lines_of(&key.customer).into_iter().find(|line| line.product == key.product);
            let line = line.ok_or_else(|| no_line(&sync.name, key))?;
            let Some(counted) = line.counted else {
                let line_of = key.to_string();
                return Err(Error::invalid(
                    said!("usage-desk-not-counted", line = line_of, reason = line.reason),
                    said!("usage-desk-hint-not-counted"),
                ));
            };
            if counted != *seen {
                return Err(Error::Busy {
                    message: said!("usage-desk-count-moved", line = key.to_string(), counted, seen = *seen),
                    hint: said!("usage-desk-hint-list", list = list_call(&sync, key)),
                });
            }
            let LineVerdict::Change { action, .. } = line.verdict else { continue };
            // A change that only ends a line has no other line.
            let ends = action == Action::Retire;
            let known = books.links.get(&key.customer).and_then(|links| links.get(&key.product));
            let mut link = known.cloned().unwrap_or_else(|| Link::unmapped(Kind::Usage, key.to_string(), now));
            // The line that billed it until now goes on, and is reported as long as it does.
            if ends || link.linked() != line.target.as_deref() {
                keep_former(&mut link);
            }
            let parts = (!line.parts.is_empty()).then(|| counts(&line.parts));
            match (&line.target, line.has) {
                (Some(target), Some(has)) if !ends => {
                    link.state = LinkState::Linked;
                    link.target = Some(target.clone());
                    remember_place(&mut link, &books, key);
                    let since = since_of(&link);
                    settle(&mut link, has, counted, parts);
                    remember_since(&mut link, &since, Some(books.today));
                }
                _ => {
                    link.state = LinkState::Unmapped;
                    link.target = None;
                    settle(&mut link, 0, counted, parts);
                }
            }
            link.decided_by = Some(Decider::Dismissal);
            link.decided_at = now;
            link.reason = said!("usage-desk-dismissed", counted);
            links.push(link);
        }
        let entry = |link: &Link| line_entry(self, &link.source, Event::Dismissed, link.reason.clone());
        let entries: Vec<JournalEntry> = links.iter().map(entry).collect();
        claimed.store.decide(&sync.name, &links, Vec::new(), &entries).await?;
        Ok(links.len())
    }

    /// Assigns a line to a line of the contract: where the contract has a product more than once, or the known line is
    /// gone.
    ///
    /// # Errors
    /// There is no such sync, line or contract line; the contract line is of another contract or product, or taken.
    #[boxed]
    pub async fn usage_take(&self, sync: &SyncName, key: &LineKey, target: &str) -> Result<Link, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let (claimed, _lease) = claim::claimed(self, &Claim::Sync(sync.name.clone())).await?;
        let opened = opened::open(self, &sync.target).await?;
        let books = snapshot::stored(self, &sync, &opened).await?;
        let hint = said!("usage-desk-hint-lines", list = list_call(&sync, key));
        let Place::Contract(contract) = books.place(&key.customer) else {
            return Err(Error::invalid(said!("usage-desk-no-contract", customer = key.customer.as_str()), hint));
        };
        let record = find::record(self, &sync.target, Kind::Usage, target)
            .await?
            .ok_or_else(|| Error::not_found("line-of-a-contract", target, hint.clone()))?;
        if record.parent.as_deref() != Some(&contract.id) {
            let contract = contract.name.as_str();
            return Err(Error::invalid(said!("usage-desk-other-contract", target, contract), hint));
        }
        if let Product::Linked { id, name, .. } = books.product(&key.product)
            && record.text(PRODUCT) != Some(id)
        {
            let (service, product) = (name.as_str(), key.product.as_str());
            return Err(Error::invalid(said!("usage-desk-other-product", target, service, product), hint));
        }
        let taken = self.store.links_of_target(&sync.name, Kind::Usage, target).await?;
        if let Some(other) = taken.iter().find(|link| link.source != key.to_string() && link.linked().is_some()) {
            return Err(Error::invalid(said!("usage-desk-taken-already", target, other = other.source.as_str()), hint));
        }
        if let Some(elsewhere) = books.billed_elsewhere(target) {
            return Err(Error::invalid(said!("usage-desk-billed-elsewhere", target, elsewhere), hint));
        }
        let now = self.parts.clock.now();
        let known = books.links.get(&key.customer).and_then(|links| links.get(&key.product));
        let mut link = known.cloned().unwrap_or_else(|| Link::unmapped(Kind::Usage, key.to_string(), now));
        if link.target.as_deref() != Some(target) {
            keep_former(&mut link);
            forget_line(&mut link);
            remember_since(&mut link, &[], Some(books.today));
            link.made = false;
        }
        link.state = LinkState::Linked;
        link.target = Some(target.to_owned());
        link.decided_by = Some(Decider::Operator);
        link.decided_at = now;
        link.reason = said!("usage-desk-line-chosen");
        remember_place(&mut link, &books, key);
        // The present quantity is the agreed one; the count is still open.
        if let Some(has) = integer(record.field(QUANTITY)) {
            link.memory.line_mut().quantity = Some(has);
        }
        let entry = line_entry(self, &link.source, Event::Taken, said!("usage-desk-taken", target));
        claimed.store.decide(&sync.name, std::slice::from_ref(&link), Vec::new(), &[entry]).await?;
        Ok(Link { revision: link.revision + 1, ..link })
    }

    /// Returns what was counted for a customer and what was written for it.
    ///
    /// # Errors
    /// There is no such sync; it has no usage.
    #[boxed]
    pub async fn usage_history(&self, sync: &SyncName, customer: &str) -> Result<UsageHistory, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let filter = JournalFilter {
            sync: Some(sync.name.clone()),
            kind: Some(Kind::Usage),
            customer: Some(customer.to_owned()),
            limit: 1000,
            ..JournalFilter::default()
        };
        let products = self.store.records_all(&sync.source, Kind::Product).await?;
        Ok(UsageHistory {
            counts: self.store.counts_of(&sync.source, customer).await?,
            written: self.store.journal_list(&filter).await?,
            product_names: products.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect(),
        })
    }

    /// Returns products of the target whose name contains a text, as last read: id and name.
    ///
    /// # Errors
    /// There is no such sync; it has no usage.
    #[boxed]
    pub async fn product_search(
        &self,
        sync: &SyncName,
        text: &str,
        most: usize,
    ) -> Result<Vec<(String, String)>, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let found = self.store.record_search(&sync.target, Kind::Product, text, most).await?;
        Ok(found.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
    }
}

fn line_entry(tenant: &Tenant, line: &str, event: Event, message: Said) -> JournalEntry {
    let customer = line.parse::<LineKey>().ok().map(|key| key.customer);
    JournalEntry {
        kind: Some(Kind::Usage),
        source: Some(line.to_owned()),
        customer,
        event,
        message,
        ..JournalEntry::at(tenant.parts.clock.now())
    }
}

fn list_call(sync: &Sync, key: &LineKey) -> Call {
    Call::of(Verb::UsageList).with("sync", &sync.name).with("customer", &key.customer)
}

fn remember_place(link: &mut Link, books: &UsageSnapshot<'_>, key: &LineKey) {
    if let Place::Contract(contract) = books.place(&key.customer) {
        link.memory.line_mut().contract = Some(contract.id.clone());
    }
}
