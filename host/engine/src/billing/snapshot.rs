//! The usage snapshot: everything stored that usage is planned from, and where each line of it goes.
//!
//! Opened once for a plan or a list: `load` reads them, `sums` finds which lines add up. The numbers are not judged here.

mod load;
mod sums;

use super::fetched::{Fetched, TargetRead, fetched_before, fetched_now};
use super::leaving::{self, Leaving};
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::sync_run::SyncRun;
use crate::ground::tenant::Tenant;
use crate::rules::matching::{self, ContractMatchInput, Decision};
use crate::rules::plan::line as lines;
use crate::rules::plan::line::{Choice, Line, PRODUCT, Part, Place, Product, Sweep, UsageInput, count};
use crate::rules::terms;
use crosswalk_model::{
    Kind, KindDescription, LineKey, Link, LinkState, Record, Said, Switch, Switches, Sync, SyncName, Trust, said,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

/// Everything stored that usage is planned from.
pub(crate) struct UsageSnapshot<'a> {
    pub(super) sync: &'a Sync,
    describe: Option<&'a KindDescription>,
    pub(crate) today: Date,
    /// The source's rows by customer, of any month: only the counted fields, without id and name.
    pub(super) rows: HashMap<String, Vec<Record>>,
    pub(super) fetched: Fetched,
    /// The target's lines by contract; `None` when they could not be read to the end.
    pub(super) lines: Option<HashMap<String, Vec<Record>>>,
    /// Position of each line: its contract, and its index among that contract's lines.
    line_places: HashMap<String, (String, usize)>,
    /// The target's contracts by account.
    contracts: HashMap<String, Vec<Record>>,
    /// Position of each contract: its account, and its index among that account's contracts.
    contract_places: HashMap<String, (String, usize)>,
    contracts_complete: bool,
    pub(super) contract_links: HashMap<String, Link>,
    pub(crate) links: HashMap<String, BTreeMap<String, Link>>,
    pub(super) products: HashMap<String, Product>,
    /// Mapping of a product that is not among `products`.
    unmapped: Product,
    /// Owners of the target's contract lines; several where one took over from another.
    pub(super) owners: HashMap<String, Vec<LineKey>>,
    /// Contract lines that links led to before, with the first day of each one's last change.
    freed: HashMap<String, Date>,
    /// Contract lines that other syncs bill, with the sync of each.
    pub(super) others: HashMap<String, String>,
    /// Accounts that source customers are linked to.
    pub(super) accounts: HashMap<String, String>,
    /// Source customers that an operator left out.
    excluded: HashSet<String>,
    /// Source customers that the source lists.
    listed: HashSet<String>,
    /// Names of products at the source.
    pub(super) product_names: HashMap<String, String>,
    switches: HashMap<String, Switches>,
    /// Parts that sums were agreed on with.
    pub(super) named: HashSet<LineKey>,
    /// Leader of each line that adds up with others.
    pub(super) leaders: HashMap<LineKey, LineKey>,
    /// Other parts of each leader's sum.
    pub(super) sums: HashMap<LineKey, Vec<Part>>,
    /// Customers whose quantities go to a contract, in order.
    customers_of: HashMap<String, Vec<String>>,
    /// Source products that are mapped to a service of the target, in order.
    products_of: HashMap<String, Vec<String>>,
    /// Parts that leave a sum, or left it.
    pub(super) leaving: Leaving,
    /// Sum of all changes, computed on first use.
    sweep: OnceLock<Sweep>,
}

impl UsageSnapshot<'_> {
    /// The present lines of all customers, before any brake on the sum of all changes.
    pub(super) fn weigh_all(&self) -> HashMap<String, Vec<Line>> {
        let mut all = HashMap::new();
        let sweep = self.sweep_of(|customer, lines| {
            all.insert(customer, lines);
        });
        // An earlier caller computed the same sum.
        let _ = self.sweep.set(sweep);
        all
    }

    fn sweep_of(&self, mut each: impl FnMut(String, Vec<Line>)) -> Sweep {
        let (mut sweep, automatic) = (Sweep::default(), self.is_automatic());
        for customer in self.customers() {
            if let Some(lines) = self.with(&customer, &HashMap::new(), lines::lines) {
                sweep.add(&lines, automatic);
                each(customer, lines);
            }
        }
        sweep
    }

    /// Customers that have a line, or could have one.
    pub(crate) fn customers(&self) -> BTreeSet<String> {
        self.rows.keys().chain(self.links.keys()).chain(self.accounts.keys()).cloned().collect()
    }

    pub(super) fn link(&self, key: &LineKey) -> Option<&Link> {
        self.links.get(&key.customer)?.get(&key.product)
    }

    /// Count of a line by itself; `None` if unknown.
    pub(super) fn counted(&self, key: &LineKey) -> Option<i64> {
        let rows = self.rows.get(&key.customer).map_or(&[][..], Vec::as_slice);
        let known = self.fetched.why(&key.customer).is_none();
        known.then(|| count(rows, &key.product, self.fetched.period()).0).flatten()
    }

    /// Whether the contract of a line has ended.
    pub(super) fn has_ended(&self, line: &Record) -> bool {
        let contract = line.parent.as_deref().and_then(|contract| self.contract(contract));
        contract.is_some_and(|contract| terms::term(contract).ended(self.today).is_some())
    }

    /// Contract and service of a line.
    pub(super) fn stands(&self, line: &Record) -> (String, String) {
        (line.parent.clone().unwrap_or_default(), line.text(PRODUCT).unwrap_or_default().to_owned())
    }

    /// A line of any contract, by id.
    pub(super) fn line_of(&self, id: &str) -> Option<&Record> {
        let (contract, place) = self.line_places.get(id)?;
        self.lines.as_ref()?.get(contract)?.get(*place)
    }

    /// First day of the last change of a line by other keys than this one, or by links that led to it.
    fn changed(&self, key: &LineKey, line: &str) -> Option<Date> {
        let others = self.owners.get(line).into_iter().flatten().filter(|owner| *owner != key);
        let days = others.filter_map(|owner| self.link(owner)?.memory.line().effective);
        days.chain(self.freed.get(line).copied()).max()
    }

    /// A contract of any account, by id.
    pub(super) fn contract(&self, id: &str) -> Option<&Record> {
        let (account, place) = self.contract_places.get(id)?;
        self.contracts.get(account)?.get(*place)
    }

    /// Decision of matching on a customer's contract.
    pub(crate) fn contract_decision(&self, customer: &str, account: &str) -> Decision {
        let contracts = self.contracts.get(account).map_or(&[][..], Vec::as_slice);
        let none = crosswalk_model::sync::KindRules::default();
        matching::match_contract(&ContractMatchInput {
            contracts,
            complete: self.contracts_complete,
            link: self.contract_links.get(customer),
            rules: self.sync.rules.kinds.get(&Kind::Contract).unwrap_or(&none),
            today: self.today,
        })
    }

    /// Place that a customer's quantities go to.
    pub(crate) fn place(&self, customer: &str) -> Place<'_> {
        if self.excluded.contains(customer) {
            return Place::Excluded(said!("usage-customer-excluded"));
        }
        if !self.listed.contains(customer) {
            return Place::Excluded(said!("usage-customer-gone"));
        }
        if !self.is_on(customer, Switch::Usage) {
            return Place::Off(said!("usage-switched-off"));
        }
        let Some(account) = self.accounts.get(customer) else {
            return Place::Nowhere(said!("usage-customer-not-linked"));
        };
        match self.contract_links.get(customer) {
            Some(link) if link.state == LinkState::Excluded => Place::Excluded(said!("usage-contract-excluded")),
            Some(link) => match link.linked().and_then(|id| self.contract_of(account, id)) {
                Some(contract) => Place::Contract(contract),
                None if link.state == LinkState::Linked => Place::Nowhere(said!("usage-contract-not-of-account")),
                None => Place::Nowhere(link.reason.clone()),
            },
            None => Place::Nowhere(said!("usage-no-contract")),
        }
    }

    fn contract_of(&self, account: &str, id: &str) -> Option<&Record> {
        self.contracts.get(account)?.iter().find(|contract| contract.id == id)
    }

    /// Whether a customer takes part, as a person switched it or by the sync's rule.
    pub(super) fn is_on(&self, customer: &str, switch: Switch) -> bool {
        let switched = self.switches.get(customer).and_then(|switches| switches.get(switch));
        switched.unwrap_or(self.sync.rules.switched_on)
    }

    fn is_automatic(&self) -> bool {
        self.sync.rules.kinds.get(&Kind::Usage).is_some_and(|rules| rules.trust == Trust::Automatic)
    }

    /// Contracts that may follow one which has ended.
    fn successors(&self, contract: &Record) -> Vec<&Record> {
        let of_account = contract.parent.as_deref().and_then(|account| self.contracts.get(account));
        let services = |contract: &str| -> HashSet<String> {
            let on = self.lines.as_ref().and_then(|lines| lines.get(contract)).map_or(&[][..], Vec::as_slice);
            on.iter().filter(|line| line.active()).filter_map(|line| line.text(PRODUCT)).map(str::to_owned).collect()
        };
        lines::successors(contract, of_account.map_or(&[][..], Vec::as_slice), self.today, &services)
    }

    /// Reason why a customer's contract bills nothing today, with the contracts to choose from; `None` if it bills, or
    /// the customer has none.
    pub(super) fn contract_trouble(&self, customer: &str) -> Option<Said> {
        let Place::Contract(contract) = self.place(customer) else { return None };
        let cancelled = contract.field("cancelled") == Some(&crosswalk_model::Value::Boolean(true));
        lines::out_of_force(contract, self.today, &self.successors(contract)).filter(|_| !cancelled)
    }

    /// Calls `what` with all input for planning one customer; `None` when the target has no usage.
    pub(super) fn with<T>(
        &self,
        customer: &str,
        choices: &HashMap<String, Choice>,
        what: impl FnOnce(&UsageInput<'_>) -> T,
    ) -> Option<T> {
        static NONE: BTreeMap<String, Link> = BTreeMap::new();
        let place = self.place(customer);
        let (mut lines, mut successors) = (None, Vec::new());
        if let Place::Contract(contract) = place {
            lines = self.lines.as_ref().map(|all| all.get(&contract.id).map_or(&[][..], Vec::as_slice));
            successors = self.successors(contract);
        }
        Some(what(&UsageInput {
            customer,
            place,
            rows: self.rows.get(customer).map_or(&[][..], Vec::as_slice),
            period: self.fetched.period(),
            not_fetched: self.fetched.why(customer),
            links: self.links.get(customer).unwrap_or(&NONE),
            lines,
            line_of: &|id| self.line_of(id),
            contract_of: &|id| self.contract(id),
            successors: &successors,
            taken: &|key, line| self.taken(key, line),
            goes_on: &|key, line| self.goes_on(key, line),
            left: &|key| self.leaving.left.get(key),
            leaves: &|key| self.leaving.of.get(key).map_or(&[][..], Vec::as_slice),
            doubled: &|key| self.leaving.doubled.get(key).copied(),
            since: &|part, line| leaving::part_billed_since(self, part, line),
            changed: &|key, line| self.changed(key, line),
            agreed: &|key| self.named.contains(key),
            share: &|key| self.share(key),
            automatic: self.is_automatic(),
            product: &|id| self.product(id),
            describe: self.describe?,
            rules: &self.sync.rules.usage,
            today: self.today,
            choices,
        }))
    }

    /// Describes the other owner of a contract line, if any: another customer of this sync, or another sync.
    fn taken(&self, key: &LineKey, line: &str) -> Option<Said> {
        let leaves = |owner: &LineKey| self.leaving.left.get(owner).is_some_and(|left| left.line == line);
        let owns = |owner: &&LineKey| {
            let is_other = owner.customer != key.customer && self.leader(owner) != self.leader(key);
            is_other && !self.gave_up(owner) && !leaves(owner)
        };
        let here = self.owners.get(line).into_iter().flatten().find(owns);
        let there = self.billed_elsewhere(line);
        here.map(|owner| said!("usage-billed-by", owner = owner.to_string())).or(there)
    }

    /// Describes the other sync that bills a line, if any.
    pub(crate) fn billed_elsewhere(&self, line: &str) -> Option<Said> {
        self.others.get(line).map(|sync| said!("usage-billed-by-sync", sync))
    }

    /// Whether a line is no longer to be billed, so that its contract line may bill others.
    fn gave_up(&self, key: &LineKey) -> bool {
        let link = self.links.get(&key.customer).and_then(|links| links.get(&key.product));
        matches!(self.place(&key.customer), Place::Excluded(_))
            || self.products.get(&key.product) == Some(&Product::Excluded)
            || link.is_some_and(|link| link.state == LinkState::Excluded)
    }

    pub(crate) fn product(&self, id: &str) -> &Product {
        self.products.get(id).unwrap_or(&self.unmapped)
    }

    /// A customer's lines with a person's choices of quantities or days; `weighed` holds the lines if they are known
    /// already.
    pub(super) fn weighed<T>(
        &self,
        customer: &str,
        choices: &HashMap<String, Choice>,
        weighed: Option<Vec<Line>>,
        then: impl FnOnce(&UsageInput<'_>, Vec<Line>) -> T,
    ) -> Option<T> {
        self.with(customer, choices, |input| {
            let mut lines = weighed.unwrap_or_else(|| lines::lines(input));
            let asked = |product: &str| choices.get(product).is_some_and(|choice| choice.quantity.is_some());
            let sweep = self.sweep.get_or_init(|| self.sweep_of(|_, _| {}));
            sweep.hold(&self.sync.rules.brakes, &mut lines, &asked);
            then(input, lines)
        })
    }

    /// A customer's present lines.
    pub(crate) fn lines_of(&self, customer: &str) -> Vec<Line> {
        self.weighed(customer, &HashMap::new(), None, |_, lines| lines).unwrap_or_default()
    }
}

/// The snapshot of what is stored at present, for a run.
pub(crate) async fn of_run<'r>(run: &'r SyncRun<'_>) -> Result<UsageSnapshot<'r>, Error> {
    let read = TargetRead::stored(&run.store, &run.sync).await?;
    let before = fetched_before(&run.store, &run.sync).await?;
    UsageSnapshot::open(&run.store, &run.sync, &run.target, before, read, run.now()).await
}

/// The snapshot of what is stored at present, for a person's verb.
pub(crate) async fn stored<'a>(
    tenant: &Tenant,
    sync: &'a Sync,
    target: &'a Opened,
) -> Result<UsageSnapshot<'a>, Error> {
    let not_fetched = fetched_now(&tenant.store, sync).await?;
    let read = TargetRead::stored(&tenant.store, sync).await?;
    UsageSnapshot::open(&tenant.store, sync, target, not_fetched, read, tenant.parts.clock.now()).await
}

/// Accounts that source customers are linked to.
pub(crate) async fn accounts(tenant: &Tenant, sync: &SyncName) -> Result<HashMap<String, String>, Error> {
    Ok(accounts_of(&tenant.store.links_all(sync, Kind::Customer).await?))
}

/// Accounts of source customers, by the links of customers.
fn accounts_of(links: &[Link]) -> HashMap<String, String> {
    links.iter().filter_map(|link| Some((link.source.clone(), link.linked()?.to_owned()))).collect()
}
