//! What a person does with lines: looks at them, approves, dismisses, says which is which.
//!
//! An approval is a plan like any other, only of the lines that were named, made from what the
//! contract has at that moment: it is shown before it is applied. A dismissal writes nothing to
//! the vendor; it remembers that this count was seen and is not wanted, until it moves.

use crate::ground::opened::Opened;
use crate::run::report::PlanReport;
use crate::run::ending;
use super::customers;
use crate::billing::fetched::{TargetRead, fetched_before, fetched_now};
use crate::billing::plan;
use crate::billing::snapshot::Books;
pub(crate) use crate::billing::view::{UsageLine, UsageState, view};
use crate::boxed;
use crate::error::Error;
use crate::ground::claim::Claim;
use crate::ground::progress::Progress;
use crate::ground::sync_run::SyncRun;
use crate::ground::tenant::Tenant;
use crate::rules::plan::line::{
    CHANGED, CONTRACT, Choice, FORMER, LEFT, PARTS, PRODUCT, Place, Product, Step, TAKEN, integer, keep_former,
    parts_of, parts_written, remember_since, settle, since_of,
};
use crate::run::reading;
use crate::run::recover;
use crate::sync;
use crate::run::draft::Draft;
use crosswalk_model::usage::CountSpan;
use crosswalk_model::{Action, Kind, LineKey, Link, LinkState, Mode, PlannedChange, SyncName, Value};
use crosswalk_store::{JournalEntry, JournalFilter};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Which lines are listed.
#[derive(Debug, Clone, Default)]
pub struct UsageFilter {
    /// Only these source customers, by id; empty: all.
    pub customers: Vec<String>,
    /// Only these states; empty: all.
    pub states: Vec<UsageState>,
}

/// What a person wants of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageChoice {
    /// The line.
    pub line: LineKey,
    /// How many; none: as counted.
    pub quantity: Option<i64>,
    /// From which day on; none: today.
    pub effective: Option<Date>,
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
        let sync = self.usage_sync(sync).await?;
        let target = self.open(&sync.target).await?;
        let books = self.books(&sync, &target).await?;
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

    /// Plans single lines as a person wants them, from what their contracts have now. Nothing
    /// is written: applying the plan does that.
    ///
    /// # Errors
    /// No such sync or line; somebody else works on the sync; the target cannot be read.
    #[boxed]
    pub async fn usage_plan(
        &self,
        sync: &SyncName,
        choices: &[UsageChoice],
        progress: &dyn Progress,
    ) -> Result<PlanReport, Error> {
        self.usage_sync(sync).await?;
        let mut by_customer = BTreeMap::<String, HashMap<String, Choice>>::new();
        for choice in choices {
            if choice.quantity.is_some_and(|quantity| quantity < 0) {
                return Err(Error::invalid("a quantity cannot be negative", "write how many the contract shall have"));
            }
            let wanted = Choice { quantity: choice.quantity, effective: choice.effective };
            by_customer.entry(choice.line.customer.clone()).or_default().insert(choice.line.product.clone(), wanted);
        }
        let work = self.begin(sync, Mode::Plan, progress).await?;
        let report = plan_choices(&work, &by_customer).await;
        ending::planned(&work, report).await
    }

    /// Remembers that these counts of lines were seen and that the contract stays as it is, until
    /// the count or the contract moves. Gives how many lines that changed.
    ///
    /// # Errors
    /// No such sync; somebody works on it; a line is not there, or its count is not the one that
    /// was seen: then nothing was stored.
    #[boxed]
    pub async fn usage_dismiss(&self, sync: &SyncName, lines: &[(LineKey, i64)]) -> Result<usize, Error> {
        let sync = self.usage_sync(sync).await?;
        let _claim = Claim::take(&self.parts.data_dir, &self.name, &sync.name)?;
        let target = self.open(&sync.target).await?;
        let books = self.books(&sync, &target).await?;
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
        let entry = |link: &Link| self.line_entry(&link.source, "dismissed", link.reason.clone());
        let entries: Vec<JournalEntry> = links.iter().map(entry).collect();
        self.store.decide(&sync.name, &links, Vec::new(), &entries).await?;
        Ok(links.len())
    }

    /// Says which line of the contract a line is: where a product stands on it more than once, or
    /// the one that was known is gone.
    ///
    /// # Errors
    /// No such sync, line or contract line; it is of another contract or product, or taken.
    #[boxed]
    pub async fn usage_take(&self, sync: &SyncName, key: &LineKey, target: &str) -> Result<Link, Error> {
        let sync = self.usage_sync(sync).await?;
        let _claim = Claim::take(&self.parts.data_dir, &self.name, &sync.name)?;
        let opened = self.open(&sync.target).await?;
        let books = self.books(&sync, &opened).await?;
        let hint = format!("`crosswalk usage list {} --customer {}` shows the lines", sync.name, key.customer);
        let Place::Contract(contract) = books.place(&key.customer) else {
            return Err(Error::invalid(format!("no contract is chosen for customer {}", key.customer), hint));
        };
        let record = self
            .record(&sync.target, Kind::Usage, target)
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
        let entry = self.line_entry(&link.source, "taken", format!("it is line {target}"));
        self.store.decide(&sync.name, std::slice::from_ref(&link), Vec::new(), &[entry]).await?;
        Ok(Link { revision: link.revision + 1, ..link })
    }

    /// What was counted of a customer and what was written for it.
    ///
    /// # Errors
    /// No such sync; usage takes no part in it.
    #[boxed]
    pub async fn usage_history(&self, sync: &SyncName, customer: &str) -> Result<UsageHistory, Error> {
        let sync = self.usage_sync(sync).await?;
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

    /// The accounts that source customers are linked to.
    pub(crate) async fn accounts(&self, sync: &SyncName) -> Result<HashMap<String, String>, Error> {
        let links = self.store.links_all(sync, Kind::Customer).await?;
        Ok(links.into_iter().filter_map(|link| Some((link.source.clone(), link.linked()?.to_owned()))).collect())
    }

    pub(crate) async fn books<'a>(
        &self,
        sync: &'a crosswalk_model::Sync,
        target: &'a Opened,
    ) -> Result<Books<'a>, Error> {
        let not_fetched = fetched_now(&self.store, sync).await?;
        let read = TargetRead::stored(&self.store, sync).await?;
        Books::open(&self.store, sync, target, not_fetched, read, self.parts.clock.now()).await
    }

    fn line_entry(&self, line: &str, event: &str, message: String) -> JournalEntry {
        let customer = line.parse::<LineKey>().ok().map(|key| key.customer);
        JournalEntry {
            kind: Some(Kind::Usage),
            source: Some(line.to_owned()),
            customer,
            event: event.to_owned(),
            message,
            ..JournalEntry::at(self.parts.clock.now())
        }
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
        let sync = self.usage_sync(sync).await?;
        let found = self.store.record_search(&sync.target, Kind::Product, text, most).await?;
        Ok(found.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
    }
}

/// The books as they are by now.
pub(crate) async fn books<'r>(run: &'r SyncRun<'_>) -> Result<Books<'r>, Error> {
    let read = TargetRead::stored(&run.store, &run.sync).await?;
    let before = fetched_before(&run.store, &run.sync).await?;
    Books::open(&run.store, &run.sync, &run.target, before, read, run.now()).await
}

async fn plan_choices(
    run: &SyncRun<'_>,
    wanted: &BTreeMap<String, HashMap<String, Choice>>,
) -> Result<PlanReport, Error> {
    recover::recover(run).await?;
    let contracts = run.store.links_between(&run.sync.name, Kind::Customer, Kind::Contract).await?;
    let contracts: Vec<String> = contracts
        .iter()
        .filter(|link| wanted.contains_key(&link.source))
        .filter_map(|link| link.linked().map(str::to_owned))
        .collect();
    read_contracts(run, &contracts).await?;
    let id = run.store.plan_begin_part(run.run, &run.sync.name, run.now()).await?;
    let mut draft = Draft::new(run, id, None).await?;
    let products = wanted.values().flat_map(|choices| choices.keys().map(String::as_str)).collect();
    plan::plan_products(run, &mut draft, Some(&products)).await?;
    let before = fetched_now(&run.store, &run.sync).await?;
    let read = TargetRead::of(&draft);
    let books = Books::open(&run.store, &run.sync, &run.target, before, read, run.now()).await?;
    for (customer, choices) in &by_leader(&books, wanted)? {
        let planned = plan::plan_customer(run, &mut draft, &books, customer, choices, None);
        let (lines, changes) = planned.unwrap_or_default();
        if let Some(product) = choices.keys().find(|product| !lines.iter().any(|line| line.product == **product)) {
            return Err(no_line(&run.sync.name, &LineKey::new(customer, product)));
        }
        draft.keep(changes).await?;
    }
    run.store.links_put(&run.sync.name, &std::mem::take(&mut draft.noted)).await?;
    draft.report().await
}

/// Reads contracts and what is on them now, and stores it.
async fn read_contracts(run: &SyncRun<'_>, contracts: &[String]) -> Result<(), Error> {
    reading::read_now(run, &run.target, Kind::Contract, contracts).await?;
    for contract in contracts {
        customers::read_of(run, Kind::Usage, contract).await?;
    }
    Ok(())
}

/// What the journal keeps of a line's change besides its words: it outlives the plan.
pub(crate) fn detail(planned: &PlannedChange) -> Option<serde_json::Value> {
    if planned.kind != Kind::Usage {
        return None;
    }
    let of = |name: &str| planned.fields.iter().find(|diff| diff.name == name);
    let number = |value: &Value| integer(Some(value));
    Some(serde_json::json!({
        "before": of("quantity").and_then(|diff| number(diff.before.as_ref()?)),
        "quantity": of("quantity").and_then(|diff| number(&diff.after)),
        "counted": of("counted").and_then(|diff| number(&diff.after)),
        "effective": of("effective").map(|diff| diff.after.to_string().chars().take(10).collect::<String>()),
        "contract": of("contract").map(|diff| diff.after.to_string()),
        "parts": of(PARTS).map(|diff| {
            let part = |(line, counted): (String, Option<i64>)| serde_json::json!({ "line": line, "counted": counted });
            parts_of(&diff.after).into_iter().map(part).collect::<Vec<_>>()
        }),
    }))
}

fn remember_place(link: &mut Link, books: &Books<'_>, key: &LineKey) {
    if let Place::Contract(contract) = books.place(&key.customer) {
        link.sent.insert(CONTRACT.to_owned(), Value::Text(contract.id.clone()));
    }
    link.sent.insert(PRODUCT.to_owned(), Value::Text(key.product.clone()));
}

/// Choices by who leads the lines they are about: lines that add up are decided as one.
fn by_leader(
    books: &Books<'_>,
    wanted: &BTreeMap<String, HashMap<String, Choice>>,
) -> Result<BTreeMap<String, HashMap<String, Choice>>, Error> {
    let mut all = BTreeMap::<String, HashMap<String, Choice>>::new();
    for (customer, choices) in wanted {
        for (product, choice) in choices {
            let key = LineKey::new(customer, product);
            let leader = books.leader(&key);
            if leader != key && choice.quantity.is_some() {
                return Err(Error::invalid(
                    format!("{key} is billed together with {leader}, on one line"),
                    format!("adjust that line as a whole: customer {}, product {}", leader.customer, leader.product),
                ));
            }
            let of_leader = all.entry(leader.customer).or_default();
            let known = of_leader.entry(leader.product).or_insert(*choice);
            known.effective = known.effective.or(choice.effective);
            known.quantity = known.quantity.or(choice.quantity);
        }
    }
    // A part that goes elsewhere and the sum it leaves are one decision.
    let chosen = all.iter().flat_map(|(customer, of)| {
        of.iter().map(|(product, choice)| (LineKey::new(customer, product), choice.effective)).collect::<Vec<_>>()
    });
    let mut open: Vec<(LineKey, Option<Date>)> = chosen.collect();
    while let Some((key, effective)) = open.pop() {
        for other in books.decided_with(&key) {
            let of_customer = all.entry(other.customer.clone()).or_default();
            if !of_customer.contains_key(&other.product) {
                of_customer.insert(other.product.clone(), Choice { quantity: None, effective });
                open.push((other, effective));
            }
        }
    }
    Ok(all)
}

fn no_line(sync: &SyncName, key: &LineKey) -> Error {
    Error::not_found("line", key, format!("`crosswalk usage list {sync} --customer {}` names its lines", key.customer))
}
