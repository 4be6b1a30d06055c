//! Loads a usage snapshot from the store, sorted by what its parts are looked up by.
//!
//! Which lines add up is determined in `sums`.

use super::{UsageSnapshot, accounts_of};
use crate::billing::fetched::{Fetched, TargetRead};
use crate::billing::leaving::Leaving;
use crate::billing::today;
use crate::error::Error;
use crate::ground::accounts::lines_of_others;
use crate::ground::opened::Opened;
use crate::rules::plan::line::{PRODUCT, Product, QUANTITY, is_free};
use crosswalk_model::{Kind, LineKey, Link, LinkState, Operation, PartDay, Record, Sync, Timestamp, said};
use crosswalk_store::TenantStore;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::OnceLock;

/// Fields kept of a row of the source: there are as many rows as lines, for each month that a report covers.
const COUNTS: [&str; 4] = [PRODUCT, QUANTITY, "actual", "period"];

impl<'a> UsageSnapshot<'a> {
    /// Loads the snapshot from the store.
    pub(crate) async fn open(
        store: &TenantStore,
        sync: &'a Sync,
        target: &'a Opened,
        fetched: Fetched,
        read: TargetRead,
        now: Timestamp,
    ) -> Result<Self, Error> {
        // The long lists are read concurrently.
        let (rows, lines, contracts, line_links, contract_links, customers, listed) = tokio::try_join!(
            store.records_pick(&sync.source, Kind::Usage, &COUNTS, |row| {
                Some(Record { id: String::new(), name: String::new(), ..row })
            }),
            store.records_present(&sync.target, Kind::Usage),
            store.records_present(&sync.target, Kind::Contract),
            store.links_all(&sync.name, Kind::Usage),
            store.links_between(&sync.name, Kind::Customer, Kind::Contract),
            store.links_all(&sync.name, Kind::Customer),
            store.records_pick(&sync.source, Kind::Customer, &[], |customer| Some(customer.id)),
        )?;
        let LineLinks { links, owners, freed } = LineLinks::of(line_links);
        let Mapping { products, product_names } = Mapping::read(store, sync, target).await?;
        let (lines, contracts) = (by_parent(lines), by_parent(contracts));
        let mut books = Self {
            sync,
            describe: target.description.kind(Kind::Usage),
            today: today(&sync.rules.time_zone, now),
            rows: by_parent(rows),
            fetched,
            line_places: places(&lines),
            lines: read.usage.then_some(lines),
            contract_places: places(&contracts),
            contracts,
            contracts_complete: read.contracts,
            contract_links: contract_links.into_iter().map(|link| (link.source.clone(), link)).collect(),
            links,
            products,
            unmapped: Product::Open(said!("usage-product-not-mapped")),
            owners,
            freed,
            others: lines_of_others(store, sync).await?,
            accounts: accounts_of(&customers),
            excluded: excluded(customers),
            listed: listed.into_iter().collect(),
            product_names,
            switches: store.switches(&sync.name).await?,
            named: HashSet::new(),
            leaders: HashMap::new(),
            sums: HashMap::new(),
            customers_of: HashMap::new(),
            products_of: HashMap::new(),
            leaving: Leaving::default(),
            sweep: OnceLock::new(),
        };
        books.add_up();
        Ok(books)
    }
}

/// Links of lines, by customer and product, and the contract lines they lead to or led to.
#[derive(Default)]
struct LineLinks {
    links: HashMap<String, BTreeMap<String, Link>>,
    owners: HashMap<String, Vec<LineKey>>,
    freed: HashMap<String, Date>,
}

impl LineLinks {
    /// Sorts the links of lines; one whose source is not a line key is left out.
    fn of(all: Vec<Link>) -> Self {
        let mut sorted = Self::default();
        for link in all {
            if let Ok(key) = link.source.parse::<LineKey>() {
                if let Some(line) = link.linked() {
                    sorted.owners.entry(line.to_owned()).or_default().push(key.clone());
                }
                for PartDay { line, day } in &link.memory.line().changed {
                    let last = sorted.freed.entry(line.clone()).or_insert(*day);
                    *last = (*last).max(*day);
                }
                sorted.links.entry(key.customer).or_default().insert(key.product, link);
            }
        }
        sorted
    }
}

/// Mapping of the source's products, and their names there.
struct Mapping {
    products: HashMap<String, Product>,
    product_names: HashMap<String, String>,
}

impl Mapping {
    /// Reads the mapping of products to services of the target.
    async fn read(store: &TenantStore, sync: &Sync, target: &Opened) -> Result<Self, Error> {
        let services: HashMap<String, (String, bool)> = store
            .records_present(&sync.target, Kind::Product)
            .await?
            .into_iter()
            .map(|record| (record.id.clone(), (record.name.clone(), is_free(&record))))
            .collect();
        let product_names: HashMap<String, String> = store
            .records_all(&sync.source, Kind::Product)
            .await?
            .into_iter()
            .map(|stored| (stored.record.id, stored.record.name))
            .collect();
        let links = store.links_all(&sync.name, Kind::Product).await?;
        let creates = target.description.kind(Kind::Product).is_some_and(|can| can.writes.contains(&Operation::Create));
        let mapped = |link: &Link| match link.state {
            LinkState::Create if creates => {
                Product::Planned(product_names.get(&link.source).unwrap_or(&link.source).clone())
            }
            _ => product(link, &services),
        };
        let products = links.iter().map(|link| (link.source.clone(), mapped(link))).collect();
        Ok(Self { products, product_names })
    }
}

fn product(link: &Link, services: &HashMap<String, (String, bool)>) -> Product {
    match (link.state, link.linked()) {
        (LinkState::Excluded, _) => Product::Excluded,
        (_, Some(id)) => match services.get(id) {
            Some((name, unpriced)) => {
                Product::Linked { id: id.to_owned(), name: name.clone(), made: link.made, unpriced: *unpriced }
            }
            None => Product::Open(said!("usage-product-gone", product = id)),
        },
        (_, None) if link.reason.is_empty() => Product::Open(said!("usage-product-not-mapped")),
        (state, None) => Product::Open(said!("usage-product-open", state = state.as_str(), reason = &link.reason)),
    }
}

/// Source customers that an operator left out, by the links of customers.
fn excluded(links: Vec<Link>) -> HashSet<String> {
    links.into_iter().filter(|link| link.state == LinkState::Excluded).map(|link| link.source).collect()
}

fn by_parent(records: Vec<Record>) -> HashMap<String, Vec<Record>> {
    let mut sorted = HashMap::<String, Vec<Record>>::new();
    for record in records {
        sorted.entry(record.parent.clone().unwrap_or_default()).or_default().push(record);
    }
    sorted
}

/// Position of each record: its parent, and its index among that parent's records.
fn places(by_parent: &HashMap<String, Vec<Record>>) -> HashMap<String, (String, usize)> {
    let of = |(parent, records): (&String, &Vec<Record>)| {
        let parent = parent.clone();
        records
            .iter()
            .enumerate()
            .map(move |(place, record)| (record.id.clone(), (parent.clone(), place)))
            .collect::<Vec<_>>()
    };
    by_parent.iter().flat_map(of).collect()
}
