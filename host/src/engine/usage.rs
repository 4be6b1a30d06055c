//! Usage: what vendors count, brought to contracts.
//!
//! Planning of it goes along with every plan of a sync in which usage takes part (`planning`);
//! what a person does with a single line (look, approve, dismiss, say which it is) is in `verbs`.
//! Both read the [`Books`]: everything stored that the numbers of a line come from. What follows
//! from the numbers is decided in `plan::usage`, which is pure.

mod outcomes;
mod planning;
mod verbs;

pub(super) use planning::Ground;
pub(super) use verbs::detail;

pub use verbs::{UsageChoice, UsageFilter, UsageHistory, UsageLine, UsageState};

use super::connections::Opened;
use super::matching::{self, ContractMatchInput, Decision};
use super::plan::Finding;
use super::plan::usage::{Choice, Line, Place, Product, UsageInput, lines};
use super::planning::Draft;
use crate::error::Error;
use crate::model::usage::Count;
use crate::model::{
    Kind, KindDescription, LineKey, Link, LinkState, Operation, Record, Switch, Switches, Sync, Timestamp, Trust,
};
use crate::store::TenantStore;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Which counts are not known, and why.
#[derive(Debug, Default)]
pub(super) struct NotFetched {
    /// Why nothing is known of any customer.
    whole: Option<String>,
    /// Why nothing is known of single ones.
    of: HashMap<String, String>,
}

impl NotFetched {
    fn why(&self, customer: &str) -> Option<&str> {
        self.whole.as_ref().or_else(|| self.of.get(customer)).map(String::as_str)
    }
}

/// What of the target was read to the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct TargetRead {
    usage: bool,
    contracts: bool,
}

impl TargetRead {
    fn of(draft: &Draft<'_, '_>) -> Self {
        Self { usage: draft.target_complete(Kind::Usage), contracts: draft.target_complete(Kind::Contract) }
    }

    /// By the last complete reads.
    async fn stored(store: &TenantStore, sync: &Sync) -> Result<Self, Error> {
        Ok(Self {
            usage: store.read_last_complete(&sync.target, Kind::Usage).await?.is_some(),
            contracts: store.read_last_complete(&sync.target, Kind::Contract).await?.is_some(),
        })
    }
}

/// Everything stored that usage is planned from.
pub(super) struct Books<'a> {
    sync: &'a Sync,
    describe: Option<&'a KindDescription>,
    today: Date,
    /// The source's rows by customer, of whatever month.
    rows: HashMap<String, Vec<Record>>,
    /// The month of the newest report.
    period: Option<String>,
    not_fetched: NotFetched,
    /// The target's lines by contract; none when they could not be read to the end.
    lines: Option<HashMap<String, Vec<Record>>>,
    /// The target's contracts by account.
    contracts: HashMap<String, Vec<Record>>,
    contracts_complete: bool,
    contract_links: HashMap<String, Link>,
    links: HashMap<String, BTreeMap<String, Link>>,
    products: HashMap<String, Product>,
    /// Lines of the target's contracts, and whose they are.
    owners: HashMap<String, LineKey>,
    /// Those of other syncs.
    others: HashMap<String, String>,
    /// Source customers that an operator left out.
    excluded: HashSet<String>,
    /// What the source calls its products.
    product_names: HashMap<String, String>,
    switches: HashMap<String, Switches>,
}

impl<'a> Books<'a> {
    /// Opens them.
    pub(super) async fn open(
        store: &TenantStore,
        sync: &'a Sync,
        target: &'a Opened,
        not_fetched: NotFetched,
        read: TargetRead,
        now: Timestamp,
    ) -> Result<Self, Error> {
        // The long lists side by side.
        let (rows, lines, contracts, line_links, contract_links, customers) = tokio::try_join!(
            store.records_present(&sync.source, Kind::Usage),
            store.records_present(&sync.target, Kind::Usage),
            store.records_present(&sync.target, Kind::Contract),
            store.links_all(&sync.name, Kind::Usage),
            store.links_between(&sync.name, Kind::Customer, Kind::Contract),
            store.links_all(&sync.name, Kind::Customer),
        )?;
        let period = rows.iter().filter_map(|row| row.text("period")).max().map(str::to_owned);
        let mut links = HashMap::<String, BTreeMap<String, Link>>::new();
        let mut owners = HashMap::new();
        for link in line_links {
            if let Ok(key) = link.source.parse::<LineKey>() {
                owners.extend(link.linked().map(|line| (line.to_owned(), key.clone())));
                links.entry(key.customer).or_default().insert(key.product, link);
            }
        }
        let names = |records: Vec<Record>| -> HashMap<String, String> {
            records.into_iter().map(|record| (record.id, record.name)).collect()
        };
        let services = names(store.records_present(&sync.target, Kind::Product).await?);
        let product_names = names(
            store.records_all(&sync.source, Kind::Product).await?.into_iter().map(|stored| stored.record).collect(),
        );
        let products = store.links_all(&sync.name, Kind::Product).await?;
        let creates = target.description.kind(Kind::Product).is_some_and(|can| can.writes.contains(&Operation::Create));
        let mapped = |link: &Link| match link.state {
            LinkState::Create if creates => {
                Product::Planned(product_names.get(&link.source).unwrap_or(&link.source).clone())
            }
            _ => product(link, &services),
        };
        Ok(Self {
            sync,
            describe: target.description.kind(Kind::Usage),
            today: today(&sync.rules.time_zone, now),
            rows: by_parent(rows),
            period,
            not_fetched,
            lines: read.usage.then(|| by_parent(lines)),
            contracts: by_parent(contracts),
            contracts_complete: read.contracts,
            contract_links: contract_links.into_iter().map(|link| (link.source.clone(), link)).collect(),
            links,
            products: products.iter().map(|link| (link.source.clone(), mapped(link))).collect(),
            owners,
            others: store.lines_of_others(&sync.name).await?,
            excluded: customers
                .into_iter()
                .filter(|link| link.state == LinkState::Excluded)
                .map(|link| link.source)
                .collect(),
            product_names,
            switches: store.switches(&sync.name).await?,
        })
    }

    /// A customer's contract as matching has it: what follows for its link.
    pub(super) fn contract_decision(&self, customer: &str, account: &str) -> Decision {
        let contracts = self.contracts.get(account).map_or(&[][..], Vec::as_slice);
        let none = crate::model::sync::KindRules::default();
        matching::match_contract(&ContractMatchInput {
            contracts,
            complete: self.contracts_complete,
            link: self.contract_links.get(customer),
            rules: self.sync.rules.kinds.get(&Kind::Contract).unwrap_or(&none),
        })
    }

    /// Where a customer's quantities go; `account` is the one it is linked to.
    fn place(&self, customer: &str, account: Option<&str>) -> Place<'_> {
        if self.excluded.contains(customer) {
            return Place::Off("the customer is excluded");
        }
        if !self.is_on(customer, Switch::Usage) {
            return Place::Off("usage is switched off for the customer");
        }
        let Some(account) = account else { return Place::Nowhere("its customer is not linked to an account") };
        match self.contract_links.get(customer) {
            Some(link) if link.state == LinkState::Excluded => Place::Off("the customer's contract is excluded"),
            Some(link) => match link.linked().and_then(|id| self.contract_of(account, id)) {
                Some(contract) => Place::Contract(contract),
                None if link.state == LinkState::Linked => Place::Nowhere("its contract is not one of the account"),
                None => Place::Nowhere(&link.reason),
            },
            None => Place::Nowhere("no contract is chosen for its customer"),
        }
    }

    fn contract_of(&self, account: &str, id: &str) -> Option<&Record> {
        self.contracts.get(account)?.iter().find(|contract| contract.id == id)
    }

    /// Whether a customer takes part, as a person switched it or as the sync's rule says.
    pub(super) fn is_on(&self, customer: &str, switch: Switch) -> bool {
        let said = self.switches.get(customer).and_then(|switches| switches.get(switch));
        said.unwrap_or(self.sync.rules.switched_on)
    }

    /// Does something with everything that planning one customer needs; nothing when the target has no usage.
    fn with<T>(
        &self,
        customer: &str,
        account: Option<&str>,
        choices: &HashMap<String, Choice>,
        what: impl FnOnce(&UsageInput<'_>) -> T,
    ) -> Option<T> {
        static NONE: BTreeMap<String, Link> = BTreeMap::new();
        let place = self.place(customer, account);
        let lines = match (place, &self.lines) {
            (Place::Contract(contract), Some(all)) => Some(all.get(&contract.id).map_or(&[][..], Vec::as_slice)),
            _ => None,
        };
        Some(what(&UsageInput {
            customer,
            place,
            rows: self.rows.get(customer).map_or(&[][..], Vec::as_slice),
            period: self.period.as_deref(),
            not_fetched: self.not_fetched.why(customer),
            links: self.links.get(customer).unwrap_or(&NONE),
            lines,
            taken: &|line| self.taken(line, customer),
            automatic: self.sync.rules.kinds.get(&Kind::Usage).is_some_and(|rules| rules.trust == Trust::Automatic),
            product: &|id| self.product(id),
            describe: self.describe?,
            rules: &self.sync.rules.usage,
            today: self.today,
            choices,
        }))
    }

    /// Who else has a line of a contract: another customer of this sync, or another sync.
    fn taken(&self, line: &str, customer: &str) -> Option<String> {
        let here = self.owners.get(line).filter(|owner| owner.customer != customer);
        let there = self.others.get(line).map(|sync| format!("billed by the sync {sync}"));
        here.map(|owner| format!("billed by {owner}")).or(there)
    }

    fn product(&self, id: &str) -> Product {
        self.products.get(id).cloned().unwrap_or_else(|| Product::Open("its product is not mapped".to_owned()))
    }

    /// A customer's lines as they stand.
    pub(super) fn lines_of(&self, customer: &str, account: Option<&str>) -> Vec<Line> {
        self.with(customer, account, &HashMap::new(), lines).unwrap_or_default()
    }

    /// Rows that name no product: nobody can bill them.
    fn without_product(&self) -> Vec<Finding> {
        let nameless = |rows: &[Record]| rows.iter().filter(|row| row.text("product").is_none()).count();
        let rows = self.rows.iter().map(|(customer, rows)| (customer, nameless(rows))).filter(|(_, count)| *count > 0);
        let finding = |(customer, count): (&String, usize)| Finding {
            source: customer.clone(),
            message: format!("the report has rows of it without a product, which nobody can map: {count}"),
        };
        rows.map(finding).collect()
    }

    /// What was counted, added up by line and month, of the customers whose reports were read: zero for
    /// a known line that the newest report does not name.
    fn counts(&self) -> Vec<Count> {
        let mut sums = BTreeMap::<(&str, &str, &str), (i64, Option<i64>)>::new();
        for (customer, rows) in self.rows.iter().filter(|(customer, _)| self.not_fetched.why(customer).is_none()) {
            for row in rows {
                let quantity = super::plan::usage::integer(row.field("quantity"));
                let (Some(product), Some(quantity)) = (row.text("product"), quantity) else { continue };
                let sum = sums.entry((customer, product, row.text("period").unwrap_or_default())).or_default();
                sum.0 = sum.0.saturating_add(quantity);
                if let Some(actual) = super::plan::usage::integer(row.field("actual")) {
                    sum.1 = Some(sum.1.unwrap_or_default().saturating_add(actual));
                }
            }
        }
        let known = self.links.iter().filter(|(customer, _)| self.not_fetched.why(customer).is_none());
        for (customer, links) in known {
            let period = self.period.as_deref().unwrap_or_default();
            for product in links.keys() {
                let told = |period: &str| sums.contains_key(&(customer.as_str(), product.as_str(), period));
                if !told(period) && !told("") {
                    sums.insert((customer, product, period), (0, None));
                }
            }
        }
        let count =
            |((customer, product, period), (quantity, actual)): ((&str, &str, &str), (i64, Option<i64>))| Count {
                customer: customer.to_owned(),
                product: product.to_owned(),
                period: period.to_owned(),
                quantity,
                actual,
            };
        sums.into_iter().map(count).collect()
    }
}

/// Which counts are known of what was read before.
pub(super) async fn fetched_before(store: &TenantStore, sync: &Sync) -> Result<NotFetched, Error> {
    Ok(match store.fetched(&sync.name).await? {
        Some((whole, of)) => NotFetched { whole, of },
        None => NotFetched { whole: Some("usage was not read yet".to_owned()), of: HashMap::new() },
    })
}

fn product(link: &Link, services: &HashMap<String, String>) -> Product {
    match (link.state, link.linked()) {
        (LinkState::Excluded, _) => Product::Excluded,
        (_, Some(id)) => match services.get(id) {
            Some(name) => Product::Linked { id: id.to_owned(), name: name.clone() },
            None => Product::Open(format!("the product {id} that it is mapped to is gone")),
        },
        (state, None) => Product::Open(format!("its product is {}: {}", state.as_str(), link.reason)),
    }
}

/// The day it is in a time zone; in UTC where nobody knows the zone.
pub(super) fn today(zone: &str, now: Timestamp) -> Date {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    jiff::Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(zone).date()
}

fn by_parent(records: Vec<Record>) -> HashMap<String, Vec<Record>> {
    let mut sorted = HashMap::<String, Vec<Record>>::new();
    for record in records {
        sorted.entry(record.parent.clone().unwrap_or_default()).or_default().push(record);
    }
    sorted
}
