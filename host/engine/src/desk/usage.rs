//! What a person does with lines: looks at them, approves, dismisses, says which is which.
//!
//! An approval is a plan like any other, only of the lines that were named, made from what the
//! contract has at that moment: it is shown before it is applied. A dismissal writes nothing to
//! the vendor; it remembers that this count was seen and is not wanted, until it moves.

use crate::billing::choices::no_line;
use crate::billing::snapshot::{self, Books};
pub(crate) use crate::billing::view::{UsageLine, UsageState, view};
use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crate::ground::{claim, find, opened};
use crate::rules::plan::line::{
    CHANGED, CONTRACT, FORMER, LEFT, PRODUCT, Place, Product, Step, TAKEN, integer, keep_former, parts_written,
    remember_since, settle, since_of,
};
use crosswalk_model::usage::CountSpan;
use crosswalk_model::{Action, Kind, LineKey, Link, LinkState, SyncName, Value};
use crosswalk_store::{Claim, JournalEntry, JournalFilter};
use serde::Serialize;
use std::collections::HashMap;

/// Which lines are listed.
#[derive(Debug, Clone, Default)]
pub struct UsageFilter {
    /// Only these source customers, by id; empty: all.
    pub customers: Vec<String>,
    /// Only these states; empty: all.
    pub states: Vec<UsageState>,
}

/// What can be shown for an invoice: what was counted when, and what was written when.
#[derive(Debug, Clone, Serialize)]
pub struct UsageHistory {
    /// The counts of the customer's lines, by product, oldest first.
    pub counts: Vec<CountSpan>,
    /// What was done on its contract, newest first.
    pub written: Vec<JournalEntry>,
    /// What the source calls the products.
    pub product_names: HashMap<String, String>,
}

impl Tenant {
    /// The lines of a sync with their three numbers, from what was read last.
    ///
    /// # Errors
    /// No such sync; usage takes no part in it; the target's connection cannot be opened.
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

    /// Remembers that these counts of lines were seen and that the contract stays as it is, until
    /// the count or the contract moves. Gives how many lines that changed.
    ///
    /// # Errors
    /// No such sync; somebody works on it; a line is not there, or its count is not the one that
    /// was seen: then nothing was stored.
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
                return Err(Error::invalid(
                    format!("what {key} counts is not known: {}", line.reason),
                    "there is nothing to dismiss until it is",
                ));
            };
            if counted != *seen {
                return Err(Error::Busy {
                    message: format!("{key} counts {counted} by now, not {seen}"),
                    hint: format!("`crosswalk usage list {} --customer {}` shows it", sync.name, key.customer),
                });
            }
            let Step::Change { action, .. } = line.step else { continue };
            // Of what only ends there is no other line.
            let ends = action == Action::Retire;
            let known = books.links.get(&key.customer).and_then(|links| links.get(&key.product));
            let mut link = known.cloned().unwrap_or_else(|| Link::unmapped(Kind::Usage, key.to_string(), now));
            // What billed it until now goes on, and is told as long as it does.
            if ends || link.linked() != line.target.as_deref() {
                keep_former(&mut link);
            }
            let parts = (!line.parts.is_empty()).then(|| parts_written(&line.parts));
            match (&line.target, line.has) {
                (Some(target), Some(has)) if !ends => {
                    link.state = LinkState::Linked;
                    link.target = Some(target.clone());
                    remember_place(&mut link, &books, key);
                    let since = since_of(&link);
                    settle(&mut link, has, counted, parts);
                    remember_since(&mut link, &since, Some(books.today));
                    link.written = link.sent.clone();
                }
                _ => {
                    link.state = LinkState::Unmapped;
                    link.target = None;
                    settle(&mut link, 0, counted, parts);
                }
            }
            link.decided_by = "dismissal".to_owned();
            link.decided_at = now;
            link.reason = format!("the count of {counted} was dismissed");
            links.push(link);
        }
        let entry = |link: &Link| line_entry(self, &link.source, "dismissed", link.reason.clone());
        let entries: Vec<JournalEntry> = links.iter().map(entry).collect();
        claimed.store.decide(&sync.name, &links, Vec::new(), &entries).await?;
        Ok(links.len())
    }

    /// Says which line of the contract a line is: where a product stands on it more than once, or
    /// the one that was known is gone.
    ///
    /// # Errors
    /// No such sync, line or contract line; it is of another contract or product, or taken.
    #[boxed]
    pub async fn usage_take(&self, sync: &SyncName, key: &LineKey, target: &str) -> Result<Link, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let (claimed, _lease) = claim::claimed(self, &Claim::Sync(sync.name.clone())).await?;
        let opened = opened::open(self, &sync.target).await?;
        let books = snapshot::stored(self, &sync, &opened).await?;
        let hint = format!("`crosswalk usage list {} --customer {}` shows the lines", sync.name, key.customer);
        let Place::Contract(contract) = books.place(&key.customer) else {
            return Err(Error::invalid(format!("no contract is chosen for customer {}", key.customer), hint));
        };
        let record = find::record(self, &sync.target, Kind::Usage, target)
            .await?
            .ok_or_else(|| Error::not_found("line of a contract", target, hint.clone()))?;
        if record.parent.as_deref() != Some(&contract.id) {
            return Err(Error::invalid(format!("line {target} is not on the contract {}", contract.name), hint));
        }
        if let Product::Linked { id, name, .. } = books.product(&key.product)
            && record.text(PRODUCT) != Some(id)
        {
            return Err(Error::invalid(
                format!("line {target} is not of the product {name}, to which {} is mapped", key.product),
                hint,
            ));
        }
        let taken = self.store.links_of_target(&sync.name, Kind::Usage, target).await?;
        if let Some(other) = taken.iter().find(|link| link.source != key.to_string() && link.linked().is_some()) {
            return Err(Error::invalid(format!("line {target} is taken by {} already", other.source), hint));
        }
        if let Some(elsewhere) = books.billed_elsewhere(target) {
            return Err(Error::invalid(format!("line {target} is {elsewhere}: one line is billed by one count"), hint));
        }
        let now = self.parts.clock.now();
        let known = books.links.get(&key.customer).and_then(|links| links.get(&key.product));
        let mut link = known.cloned().unwrap_or_else(|| Link::unmapped(Kind::Usage, key.to_string(), now));
        if link.target.as_deref() != Some(target) {
            keep_former(&mut link);
            link.sent.retain(|name, _| [FORMER, CHANGED, LEFT].contains(&name.as_str()));
            remember_since(&mut link, &[], Some(books.today));
            link.made = false;
        }
        link.state = LinkState::Linked;
        link.target = Some(target.to_owned());
        link.decided_by = TAKEN.to_owned();
        link.decided_at = now;
        link.reason = "the operator said which line it is".to_owned();
        remember_place(&mut link, &books, key);
        // What stands there is what is agreed on; the count is not answered yet.
        if let Some(has) = integer(record.field("quantity")) {
            link.sent.insert("quantity".to_owned(), Value::Integer(has));
        }
        link.written = link.sent.clone();
        let entry = line_entry(self, &link.source, "taken", format!("it is line {target}"));
        claimed.store.decide(&sync.name, std::slice::from_ref(&link), Vec::new(), &[entry]).await?;
        Ok(Link { revision: link.revision + 1, ..link })
    }

    /// What was counted of a customer and what was written for it.
    ///
    /// # Errors
    /// No such sync; usage takes no part in it.
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

    /// Products of the target whose name contains a text, as they were read last: id and name.
    ///
    /// # Errors
    /// No such sync; usage takes no part in it.
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

fn line_entry(tenant: &Tenant, line: &str, event: &str, message: String) -> JournalEntry {
    let customer = line.parse::<LineKey>().ok().map(|key| key.customer);
    JournalEntry {
        kind: Some(Kind::Usage),
        source: Some(line.to_owned()),
        customer,
        event: event.to_owned(),
        message,
        ..JournalEntry::at(tenant.parts.clock.now())
    }
}

fn remember_place(link: &mut Link, books: &Books<'_>, key: &LineKey) {
    if let Place::Contract(contract) = books.place(&key.customer) {
        link.sent.insert(CONTRACT.to_owned(), Value::Text(contract.id.clone()));
    }
    link.sent.insert(PRODUCT.to_owned(), Value::Text(key.product.clone()));
}
