//! Customers of a sync as people work with them: one row each, with its mapping, its switches and its last outcome.
//!
//! A row is a customer's two links (account and contract), its switches and its last outcome. `links` checks what may
//! be linked; files are in `file`, proposals accepted together in `accept`, switches in `switch`, and resolving the
//! names people type in `named`.

mod accept;
mod file;
mod named;
mod switch;

pub use self::accept::Accepted;
pub use self::file::{CUSTOMER_COLUMNS, CustomerRow};
pub(crate) use self::named::called;
pub use self::switch::Switched;
use super::decisions;
use super::links::{self, Decision};
use crate::boxed;
use crate::error::Error;
use crate::ground::progress::Progress;
use crate::ground::sync_run::{self, SyncRun};
use crate::ground::tenant::Tenant;
use crate::ground::{find, plugins};
use crate::rules::matching::contracts::in_words;
use crate::rules::terms::{in_force, is_offered};
use crate::run::ending;
use crate::run::reading::{self, read_of};
use crosswalk_model::signs::seen;
use crosswalk_model::usage::{Ending, LastOutcome};
use crosswalk_model::{Decider, Kind, Link, LinkState, Mode, Record, Sync, SyncName};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};

/// Customers of a sync that match a filter, with counts of all.
#[derive(Debug, Clone, Serialize)]
pub struct CustomerList {
    /// Counts of all customers, whatever the filter.
    pub counts: CustomerCounts,
    /// Customers that match the filter, by name.
    pub customers: Vec<CustomerView>,
}

/// Number of customers in each state. A held customer counts as mapped too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CustomerCounts {
    /// All.
    pub all: usize,
    /// Mapped, with all that is needed.
    pub mapped: usize,
    /// No match was found.
    pub unmapped: usize,
    /// A proposal waits for a yes or no.
    pub proposed: usize,
    /// A person must choose, or the chosen record is gone.
    pub conflict: usize,
    /// Waiting for a person after planning.
    pub held: usize,
    /// Left out by the operator.
    pub excluded: usize,
}

/// A customer, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct CustomerView {
    /// The source's id.
    pub id: String,
    /// Name at the source.
    pub name: String,
    /// State of its mapping.
    pub state: CustomerState,
    /// Account it is linked to: id and name.
    pub account: Option<(String, String)>,
    /// Contract its usage goes to: id and name.
    pub contract: Option<(String, String)>,
    /// Candidates for the account while that is open, else for the contract.
    pub candidates: Vec<crosswalk_model::Candidate>,
    /// Reason of the state.
    pub reason: String,
    /// Revisions of both links, account and contract, for saving a decision on what was seen.
    pub revision: (i64, i64),
    /// Whether its usage goes to its contract.
    pub usage: bool,
    /// Whether its alerts become tickets.
    pub tickets: bool,
    /// Whether the source reports usage of it.
    pub has_usage: bool,
    /// Its last outcome.
    pub outcome: Option<LastOutcome>,
    /// Troubleshooting text for that outcome, from the plugin that failed.
    pub remedy: Option<String>,
}

/// State of a customer's mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustomerState {
    /// Linked to an account, and to a contract where usage takes part.
    Mapped,
    /// No match was found.
    Unmapped,
    /// A proposal waits for a yes or no.
    Proposed,
    /// A person must choose, or the chosen record is gone.
    Conflict,
    /// Left out by the operator.
    Excluded,
}

impl CustomerState {
    /// Label for people and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CustomerState::Mapped => "mapped",
            CustomerState::Unmapped => "unmapped",
            CustomerState::Proposed => "proposed",
            CustomerState::Conflict => "conflict",
            CustomerState::Excluded => "excluded",
        }
    }

    fn of(link: Option<&Link>) -> Self {
        match link.map(|link| link.state) {
            Some(LinkState::Linked) => CustomerState::Mapped,
            Some(LinkState::Proposed) => CustomerState::Proposed,
            Some(LinkState::Conflict | LinkState::Broken) => CustomerState::Conflict,
            Some(LinkState::Excluded) => CustomerState::Excluded,
            // A create is decided, but the customer is mapped only once a plan is applied.
            Some(LinkState::Unmapped | LinkState::Create) | None => CustomerState::Unmapped,
        }
    }
}

/// Filter of customers; all conditions that are set must match.
#[derive(Debug, Clone, Default)]
pub struct CustomerFilter {
    /// Only these, by id; empty means all.
    pub ids: Vec<String>,
    /// Only names that contain this text, ignoring case.
    pub text: Option<String>,
    /// Only these states; empty means all.
    pub states: Vec<CustomerState>,
    /// Only customers whose usage switch has this position.
    pub usage: Option<bool>,
    /// Only customers whose tickets switch has this position.
    pub tickets: Option<bool>,
    /// Only customers for which the source reports usage.
    pub has_usage: bool,
    /// Only customers whose last run ended so; empty means all.
    pub endings: Vec<Ending>,
}

/// Result of reading a customer again.
#[derive(Debug, Clone, Serialize)]
pub struct Refreshed {
    /// The source's id.
    pub id: String,
    /// Present name at the source; `None` if it is gone from there.
    pub name: Option<String>,
    /// Previous name at the source, if it changed.
    pub was: Option<String>,
    /// Present name of its account at the target.
    pub account: Option<String>,
    /// Previous name of its account at the target, if it changed.
    pub account_was: Option<String>,
}

/// A contract of a customer's account, and whether it can be chosen.
#[derive(Debug, Clone, Serialize)]
pub struct ContractView {
    /// The target's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The vendor's name for its type.
    pub type_: Option<String>,
    /// First and last day, and whether it is in force.
    pub term: String,
    /// Whether usage can be put on it: not cancelled, and of a kind that takes quantities.
    pub eligible: bool,
    /// Whether it is the chosen one.
    pub chosen: bool,
}

impl Tenant {
    /// Returns the customers of a sync.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn customer_list(&self, sync: &SyncName, filter: &CustomerFilter) -> Result<CustomerList, Error> {
        let sync = self.sync(sync).await?;
        let rows = customer_rows(self, &sync).await?;
        let mut counts = CustomerCounts { all: rows.len(), ..CustomerCounts::default() };
        for row in &rows {
            *match row.state {
                CustomerState::Mapped => &mut counts.mapped,
                CustomerState::Unmapped => &mut counts.unmapped,
                CustomerState::Proposed => &mut counts.proposed,
                CustomerState::Conflict => &mut counts.conflict,
                CustomerState::Excluded => &mut counts.excluded,
            } += 1;
            counts.held += usize::from(row.outcome.as_ref().is_some_and(|outcome| outcome.ending == Ending::Held));
        }
        Ok(CustomerList { counts, customers: rows.into_iter().filter(|row| passes(row, filter)).collect() })
    }

    /// Returns accounts of the target whose name contains a text, as last read.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn account_search(
        &self,
        sync: &SyncName,
        text: &str,
        most: usize,
    ) -> Result<Vec<(String, String)>, Error> {
        let sync = self.sync(sync).await?;
        let found = self.store.record_search(&sync.target, Kind::Customer, text, most).await?;
        Ok(found.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
    }

    /// Returns the contracts of the account a customer is linked to, those in force first.
    ///
    /// # Errors
    /// There is no such sync; the customer is not linked.
    #[boxed]
    pub async fn contract_list(&self, sync: &SyncName, customer: &str) -> Result<Vec<ContractView>, Error> {
        let sync = find::usage_sync(self, sync).await?;
        let account = account_of(self, &sync, customer).await?;
        let links = self.store.links_of_source(&sync.name, Kind::Customer, customer).await?;
        let chosen = links.iter().find(|link| link.target_kind == Kind::Contract).and_then(Link::linked);
        let contracts = self.store.records_of_parent(&sync.target, Kind::Contract, &account).await?;
        let mut contracts: Vec<Record> =
            contracts.into_iter().filter(|stored| stored.gone_at.is_none()).map(|stored| stored.record).collect();
        let today = crate::billing::today(&sync.rules.time_zone, self.parts.clock.now());
        contracts.sort_by_key(|one| (!is_offered(one), !in_force(one, today), one.name.clone(), one.id.clone()));
        let view = |record: Record| ContractView {
            type_: record.text("type").map(str::to_owned),
            term: in_words(&record, today),
            eligible: is_offered(&record),
            chosen: chosen == Some(record.id.as_str()),
            id: record.id,
            name: record.name,
        };
        Ok(contracts.into_iter().map(view).collect())
    }

    /// Decides a customer's account, its contract, or both. With revisions (account, contract), only while the links
    /// still have those.
    ///
    /// # Errors
    /// There is no such record; the contract is not one of the account, or takes no usage; another decision was made
    /// meanwhile. Nothing is stored then.
    #[boxed]
    pub async fn customer_map(
        &self,
        sync: &SyncName,
        customer: &str,
        account: Option<&Decision>,
        contract: Option<&Decision>,
        seen: Option<(i64, i64)>,
    ) -> Result<(), Error> {
        let sync = self.sync(sync).await?;
        let links = mapped(self, &sync, customer, account, contract, &HashSet::new()).await?;
        for link in &links {
            let expected =
                seen.map(|(account, contract)| if link.target_kind == Kind::Contract { contract } else { account });
            if expected.is_some_and(|expected| expected != link.revision) {
                return Err(Error::Busy {
                    message: format!("customer {customer} was decided on since you looked"),
                    hint: format!("`crosswalk customer list {}` shows how it stands now", sync.name),
                });
            }
        }
        decisions::decide(self, &sync, Decider::Operator.as_str(), links).await?;
        Ok(())
    }

    /// Reads customers, their accounts, contracts and contract lines again now, ahead of the next run. Writes to
    /// neither side.
    ///
    /// # Errors
    /// There is no such sync; another process works on it; the vendor's answer.
    #[boxed]
    pub async fn customer_refresh(
        &self,
        sync: &SyncName,
        customers: &[String],
        progress: &dyn Progress,
    ) -> Result<Vec<Refreshed>, Error> {
        let run = sync_run::begin(self, sync, Mode::Plan, progress).await?;
        let refreshed = refresh_customers(&run, customers).await;
        match &refreshed {
            Ok(_) => ending::end_idle(&run).await?,
            Err(error) => run.fail(error).await,
        }
        refreshed
    }
}

async fn customer_rows(tenant: &Tenant, sync: &Sync) -> Result<Vec<CustomerView>, Error> {
    let store = &tenant.store;
    let customers = store.records_all(&sync.source, Kind::Customer).await?;
    let customers = customers.into_iter().filter(|stored| stored.gone_at.is_none());
    let billing = sync.rules.kinds.contains_key(&Kind::Usage);
    let links = by_source(store.links_all(&sync.name, Kind::Customer).await?);
    let contract_links = by_source(store.links_between(&sync.name, Kind::Customer, Kind::Contract).await?);
    let ids = |links: &HashMap<String, Link>| -> Vec<String> {
        links.values().filter_map(|link| link.target.clone()).collect()
    };
    let accounts = names(tenant, sync, Kind::Customer, &ids(&links)).await?;
    let contracts = names(tenant, sync, Kind::Contract, &ids(&contract_links)).await?;
    let with_usage = if billing { store.customers_with_usage(&sync.source).await? } else { HashSet::new() };
    let (switches, outcomes) = (store.switches(&sync.name).await?, store.outcomes(&sync.name).await?);
    let remedies = remedies(tenant, &outcomes).await?;
    let mut rows: Vec<CustomerView> = customers
        .map(|stored| {
            let Record { id, name, .. } = stored.record;
            let (link, contract) = (links.get(&id), contract_links.get(&id).filter(|_| billing));
            let switches = switches.get(&id).copied().unwrap_or_default();
            let named = |link: Option<&Link>, names: &HashMap<String, String>| {
                let id = link?.linked()?;
                Some((id.to_owned(), names.get(id).cloned().unwrap_or_default()))
            };
            let mut state = CustomerState::of(link);
            let mut open = link;
            if state == CustomerState::Mapped && billing {
                state = CustomerState::of(contract);
                open = contract.or(link);
            }
            let outcome = outcomes.get(&id).cloned();
            CustomerView {
                account: named(link, &accounts),
                contract: named(contract, &contracts),
                candidates: open.map(|link| link.candidates.clone()).unwrap_or_default(),
                reason: open.map(|link| link.reason.clone()).unwrap_or_default(),
                revision: (link.map_or(0, |link| link.revision), contract.map_or(0, |link| link.revision)),
                usage: billing && switches.usage.unwrap_or(sync.rules.switched_on),
                tickets: sync.rules.kinds.contains_key(&Kind::Alert)
                    && switches.tickets.unwrap_or(sync.rules.switched_on),
                has_usage: with_usage.contains(&id),
                remedy: outcome.as_ref().and_then(|outcome| remedies.get(outcome.trouble.as_ref()?).cloned()),
                outcome,
                state,
                id,
                name,
            }
        })
        .collect();
    rows.sort_by(|a, b| (a.name.to_lowercase(), &a.id).cmp(&(b.name.to_lowercase(), &b.id)));
    Ok(rows)
}

async fn names(tenant: &Tenant, sync: &Sync, kind: Kind, ids: &[String]) -> Result<HashMap<String, String>, Error> {
    let records = tenant.store.records_by_ids(&sync.target, kind, ids).await?;
    Ok(records.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
}

/// Troubleshooting texts of outcomes, by connection and failure.
async fn remedies(
    tenant: &Tenant,
    outcomes: &HashMap<String, LastOutcome>,
) -> Result<HashMap<(String, String), String>, Error> {
    let troubles: BTreeSet<&(String, String)> = outcomes.values().filter_map(|one| one.trouble.as_ref()).collect();
    let mut texts = HashMap::new();
    for (connection, failure) in troubles {
        let Ok(name) = crosswalk_model::ConnectionName::new(connection) else { continue };
        let Some(connection) = tenant.store.connection_get(&name).await? else { continue };
        // A plugin that cannot be used has no texts.
        let Ok(plugin) = plugins::plugin(&tenant.parts, &connection.digest).await else { continue };
        if let Some(text) = plugin.manifest().troubleshooting.get(failure) {
            texts.insert((name.to_string(), failure.clone()), text.clone());
        }
    }
    Ok(texts)
}

async fn account_of(tenant: &Tenant, sync: &Sync, customer: &str) -> Result<String, Error> {
    let link = tenant.store.link_get(&sync.name, Kind::Customer, customer).await?;
    link.and_then(|link| link.linked().map(str::to_owned)).ok_or_else(|| {
        Error::invalid(
            format!("customer {customer} is not linked to an account"),
            format!("`crosswalk customer map {} {customer} --to ACCOUNT` links it", sync.name),
        )
    })
}

/// Builds the links of a decision and checks them; stores nothing. `freed`: see `decided_among`.
async fn mapped(
    tenant: &Tenant,
    sync: &Sync,
    customer: &str,
    account: Option<&Decision>,
    contract: Option<&Decision>,
    freed: &HashSet<String>,
) -> Result<Vec<Link>, Error> {
    let mut links = Vec::new();
    let contract_link = tenant.store.links_of_source(&sync.name, Kind::Customer, customer).await?;
    let contract_link = contract_link.into_iter().find(|link| link.target_kind == Kind::Contract);
    let mut contract = contract.cloned();
    if let Some(decision) = account {
        let link = links::decided_among(tenant, sync, Kind::Customer, customer, decision, freed).await?;
        let before = tenant.store.link_get(&sync.name, Kind::Customer, customer).await?;
        // A contract of another account is no longer the customer's.
        let moved = before.and_then(|before| before.target).filter(|before| Some(before) != link.target.as_ref());
        if moved.is_some() && contract.is_none() && contract_link.is_some() {
            contract = Some(Decision::Forget);
        }
        links.push(link);
    }
    let Some(decision) = &contract else { return Ok(links) };
    let account = match account {
        Some(Decision::Link(account)) => Some(account.as_str()),
        Some(_) if matches!(decision, Decision::Link(_)) => {
            return Err(Error::invalid(
                "a contract is one of an account, and the account is taken away",
                "say which account it is, or leave the contract out",
            ));
        }
        _ => None,
    };
    links.push(contract_decided(tenant, sync, customer, account, decision).await?);
    Ok(links)
}

/// Builds the link of a customer to a contract and checks it; stores nothing. `account` is the one decided in the same
/// step; `None` uses the one the customer is linked to.
async fn contract_decided(
    tenant: &Tenant,
    sync: &Sync,
    customer: &str,
    account: Option<&str>,
    decision: &Decision,
) -> Result<Link, Error> {
    if !sync.rules.kinds.contains_key(&Kind::Usage) {
        return Err(Error::invalid(
            format!("usage takes no part in the sync `{}`: a contract means nothing in it", sync.name),
            "map the account alone",
        ));
    }
    let (state, target) = match decision {
        Decision::Link(id) => {
            let account = match account {
                Some(account) => account.to_owned(),
                None => account_of(tenant, sync, customer).await?,
            };
            check_contract(tenant, sync, &account, id).await?;
            (LinkState::Linked, Some(id.clone()))
        }
        Decision::Exclude => (LinkState::Excluded, None),
        Decision::Forget => (LinkState::Unmapped, None),
        Decision::Decline(id) => {
            return Err(Error::invalid(
                format!("contract {id} cannot be declined: an account has few, and one of them is chosen"),
                format!("`crosswalk customer contracts {} {customer}` lists them", sync.name),
            ));
        }
        Decision::Create => {
            return Err(Error::invalid("contracts are not created", "make it in the PSA, and choose it"));
        }
    };
    let known = tenant.store.links_of_source(&sync.name, Kind::Customer, customer).await?;
    let now = tenant.parts.clock.now();
    let link = known
        .into_iter()
        .find(|link| link.target_kind == Kind::Contract)
        .unwrap_or_else(|| Link { target_kind: Kind::Contract, ..Link::unmapped(Kind::Customer, customer, now) });
    Ok(Link {
        state,
        target,
        decided_by: (*decision != Decision::Forget).then_some(Decider::Operator),
        decided_at: now,
        reason: "decided by the operator".to_owned(),
        candidates: Vec::new(),
        ..link
    })
}

async fn check_contract(tenant: &Tenant, sync: &Sync, account: &str, id: &str) -> Result<(), Error> {
    let hint = format!("`crosswalk customer contracts {} CUSTOMER` lists those that can be chosen", sync.name);
    let contract = find::record(tenant, &sync.target, Kind::Contract, id).await?;
    let contract = contract.ok_or_else(|| Error::not_found("contract", id, hint.clone()))?;
    if contract.parent.as_deref() != Some(account) {
        return Err(Error::invalid(format!("contract {id} (`{}`) belongs to another account", contract.name), hint));
    }
    if !is_offered(&contract) {
        let why = if contract.field("cancelled") == Some(&crosswalk_model::Value::Boolean(true)) {
            "was cancelled"
        } else {
            "is of a kind that takes no quantities"
        };
        return Err(Error::invalid(format!("contract {id} (`{}`) {why}", contract.name), hint));
    }
    Ok(())
}

async fn refresh_customers(run: &SyncRun<'_>, customers: &[String]) -> Result<Vec<Refreshed>, Error> {
    let links = run.store.links_by_sources(&run.sync.name, Kind::Customer, customers).await?;
    let accounts: HashMap<String, String> =
        links.iter().filter_map(|link| Some((link.source.clone(), link.linked()?.to_owned()))).collect();
    let targets: Vec<String> = accounts.values().cloned().collect();
    let before = names_before(run, customers, &targets).await?;
    let sides = (
        reading::read_now(run, &run.source, Kind::Customer, customers).await?,
        reading::read_now(run, &run.target, Kind::Customer, &targets).await?,
    );
    let (Some(source), Some(target)) = sides else {
        return Err(Error::invalid(
            format!("`{}` or `{}` cannot read single customers", run.source.name, run.target.name),
            format!("`crosswalk plan {}` reads all of them", run.sync.name),
        ));
    };
    if run.sync.rules.kinds.contains_key(&Kind::Usage) {
        let mut contracts = Vec::new();
        for account in &targets {
            contracts.extend(read_of(run, Kind::Contract, account).await?);
        }
        for contract in contracts {
            read_of(run, Kind::Usage, &contract).await?;
        }
    }
    let of = |id: &String| {
        let account = accounts.get(id);
        let (name, there) = (source.records.get(id), account.and_then(|account| target.records.get(account)));
        let changed = |record: Option<&Record>, before: Option<&String>| {
            before.filter(|before| record.is_some_and(|record| record.name != **before)).cloned()
        };
        Refreshed {
            id: id.clone(),
            was: changed(name, before.0.get(id)),
            name: name.map(|record| record.name.clone()),
            account_was: changed(there, account.and_then(|account| before.1.get(account))),
            account: there.map(|record| record.name.clone()).or_else(|| {
                let unread = account.filter(|account| target.unread.contains_key(*account))?;
                before.1.get(unread).cloned()
            }),
        }
    };
    Ok(customers.iter().map(of).collect())
}

async fn names_before(
    run: &SyncRun<'_>,
    customers: &[String],
    accounts: &[String],
) -> Result<(HashMap<String, String>, HashMap<String, String>), Error> {
    let names = |stored: Vec<crosswalk_store::Stored>| {
        stored.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect()
    };
    Ok((
        names(run.store.records_by_ids(&run.source.name, Kind::Customer, customers).await?),
        names(run.store.records_by_ids(&run.target.name, Kind::Customer, accounts).await?),
    ))
}

fn passes(row: &CustomerView, filter: &CustomerFilter) -> bool {
    let text = filter.text.as_deref().map(seen);
    let ending = row.outcome.as_ref().map(|outcome| outcome.ending);
    (filter.ids.is_empty() || filter.ids.contains(&row.id))
        && text.is_none_or(|text| seen(&row.name).contains(&text))
        && (filter.states.is_empty() || filter.states.contains(&row.state))
        && filter.usage.is_none_or(|on| row.usage == on)
        && filter.tickets.is_none_or(|on| row.tickets == on)
        && (row.has_usage || !filter.has_usage)
        && (filter.endings.is_empty() || ending.is_some_and(|ending| filter.endings.contains(&ending)))
}

fn by_source(links: Vec<Link>) -> HashMap<String, Link> {
    links.into_iter().map(|link| (link.source.clone(), link)).collect()
}
