//! Customers of a sync as people work with them: one row each, with its mapping, its switches and its last outcome.
//!
//! Lists and filters the rows, and decides a customer's account and contract together. `rows` builds a row, and `links`
//! checks what may be linked; contracts are in `contracts`, files in `file`, proposals accepted together in `accept`,
//! switches in `switch`, reading again in `refresh`, and resolving the names people type in `named`.

mod accept;
mod contracts;
mod file;
mod named;
mod refresh;
mod rows;
mod switch;

pub use self::accept::Accepted;
pub use self::contracts::ContractView;
use self::contracts::contract_decided;
pub use self::file::{CUSTOMER_COLUMNS, CustomerRow};
pub(crate) use self::named::called;
pub use self::refresh::Refreshed;
use self::rows::customer_rows;
pub use self::switch::Switched;
use super::decisions::{self, By};
use super::links::{self, Decision};
use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crosswalk_model::signs::seen;
use crosswalk_model::usage::{Ending, LastOutcome};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, Link, LinkState, Said, Sync, SyncName, said};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

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
    pub reason: Said,
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
                    message: said!("customer-decided-since", customer),
                    hint: said!("customer-hint-now", list = Call::of(Verb::CustomerList).with("sync", &sync.name)),
                });
            }
        }
        decisions::decide(self, &sync, By::Operator, links).await?;
        Ok(())
    }
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
                said!("customer-contract-without-account"),
                said!("customer-hint-name-account"),
            ));
        }
        _ => None,
    };
    links.push(contract_decided(tenant, sync, customer, account, decision).await?);
    Ok(links)
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
