//! Plans single lines as a person chose them, from the present state of their contracts. Judging the lines is
//! `rules::plan::line`'s.

use super::fetched::{TargetRead, fetched_now};
use super::snapshot::UsageSnapshot;
use super::{leaving, plan};
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::line::Choice;
use crate::run::draft::Draft;
use crate::run::report::PlanReport;
use crate::run::{reading, recover};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, LineKey, SyncName, said};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

pub(crate) async fn plan_choices(
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
    let id = run.store.plan_begin_part(run.id, &run.sync.name, run.now()).await?;
    let mut draft = Draft::new(run, id, None).await?;
    let products = wanted.values().flat_map(|choices| choices.keys().map(String::as_str)).collect();
    plan::plan_products(run, &mut draft, Some(&products)).await?;
    let before = fetched_now(&run.store, &run.sync).await?;
    let read = TargetRead::of(&draft);
    let books = UsageSnapshot::open(&run.store, &run.sync, &run.target, before, read, run.now()).await?;
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

/// Reads contracts and their lines from the target, and stores them.
async fn read_contracts(run: &SyncRun<'_>, contracts: &[String]) -> Result<(), Error> {
    reading::read_now(run, &run.target, Kind::Contract, contracts).await?;
    for contract in contracts {
        reading::read_of(run, Kind::Usage, contract).await?;
    }
    Ok(())
}

/// A person's choice for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageChoice {
    /// The line.
    pub line: LineKey,
    /// Quantity; `None` means as counted.
    pub quantity: Option<i64>,
    /// First day it holds; `None` means today.
    pub effective: Option<Date>,
}

/// Groups choices by the leaders of their lines: lines that add up are decided as one.
fn by_leader(
    books: &UsageSnapshot<'_>,
    wanted: &BTreeMap<String, HashMap<String, Choice>>,
) -> Result<BTreeMap<String, HashMap<String, Choice>>, Error> {
    let mut all = BTreeMap::<String, HashMap<String, Choice>>::new();
    for (customer, choices) in wanted {
        for (product, choice) in choices {
            let key = LineKey::new(customer, product);
            let leader = books.leader(&key);
            if leader != key && choice.quantity.is_some() {
                return Err(Error::invalid(
                    said!("usage-billed-together", line = key.to_string(), leader = leader.to_string()),
                    said!("usage-hint-adjust-leader", adjust = adjust(&books.sync.name, &leader)),
                ));
            }
            let of_leader = all.entry(leader.customer).or_default();
            let known = of_leader.entry(leader.product).or_insert(*choice);
            known.effective = known.effective.or(choice.effective);
            known.quantity = known.quantity.or(choice.quantity);
        }
    }
    // A part that moves to another line and the sum it leaves are one decision.
    let chosen = all.iter().flat_map(|(customer, of)| {
        of.iter().map(|(product, choice)| (LineKey::new(customer, product), choice.effective)).collect::<Vec<_>>()
    });
    let mut open: Vec<(LineKey, Option<Date>)> = chosen.collect();
    while let Some((key, effective)) = open.pop() {
        for other in leaving::decided_with(books, &key) {
            let of_customer = all.entry(other.customer.clone()).or_default();
            if !of_customer.contains_key(&other.product) {
                of_customer.insert(other.product.clone(), Choice { quantity: None, effective });
                open.push((other, effective));
            }
        }
    }
    Ok(all)
}

/// The command that changes the count of a line by hand.
fn adjust(sync: &SyncName, LineKey { customer, product }: &LineKey) -> Call {
    Call::of(Verb::UsageAdjust)
        .with("sync", sync)
        .with("customer", customer)
        .with("product", product)
        .choose("quantity")
}

pub(crate) fn no_line(sync: &SyncName, key: &LineKey) -> Error {
    let list = Call::of(Verb::UsageList).with("sync", sync).with("customer", &key.customer);
    Error::not_found("line", key, said!("usage-hint-lines", list))
}
