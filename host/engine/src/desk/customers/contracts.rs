//! Contracts of a customer's account: listed, and checked when one is chosen for its usage. Proposing one is
//! `rules::matching`'s, and storing a choice `decisions`'s.

use crate::boxed;
use crate::desk::links::Decision;
use crate::error::Error;
use crate::ground::find;
use crate::ground::tenant::Tenant;
use crate::rules::matching::contracts::in_words;
use crate::rules::terms::{in_force, is_offered};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Decider, Kind, Link, LinkState, Record, Said, Sync, SyncName, said};
use serde::Serialize;

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
    pub term: Said,
    /// Whether usage can be put on it: not cancelled, and of a kind that takes quantities.
    pub eligible: bool,
    /// Whether it is the chosen one.
    pub chosen: bool,
}

impl Tenant {
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
}

async fn account_of(tenant: &Tenant, sync: &Sync, customer: &str) -> Result<String, Error> {
    let link = tenant.store.link_get(&sync.name, Kind::Customer, customer).await?;
    link.and_then(|link| link.linked().map(str::to_owned)).ok_or_else(|| {
        Error::invalid(
            said!("customer-without-account", customer),
            said!(
                "customer-hint-map",
                map = Call::of(Verb::CustomerMap).with("sync", &sync.name).with("customer", customer).choose("to")
            ),
        )
    })
}

/// Builds the link of a customer to a contract and checks it; stores nothing. `account` is the one decided in the same
/// step; `None` uses the one the customer is linked to.
pub(super) async fn contract_decided(
    tenant: &Tenant,
    sync: &Sync,
    customer: &str,
    account: Option<&str>,
    decision: &Decision,
) -> Result<Link, Error> {
    if !sync.rules.bills() {
        return Err(Error::invalid(
            said!("customer-contract-without-usage", sync = &sync.name),
            said!("customer-hint-account-alone"),
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
                said!("customer-contract-declined", contract = id),
                said!("customer-hint-contracts", contracts = contracts_of(sync).with("customer", customer)),
            ));
        }
        Decision::Create => {
            return Err(Error::invalid(said!("customer-contract-created"), said!("customer-hint-make-contract")));
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
        reason: said!("customer-contract-decided"),
        candidates: Vec::new(),
        ..link
    })
}

async fn check_contract(tenant: &Tenant, sync: &Sync, account: &str, id: &str) -> Result<(), Error> {
    let hint = said!("customer-hint-contracts", contracts = contracts_of(sync));
    let contract = find::record(tenant, &sync.target, Kind::Contract, id).await?;
    let contract = contract.ok_or_else(|| Error::not_found("contract", id, hint.clone()))?;
    if contract.parent.as_deref() != Some(account) {
        return Err(Error::invalid(
            said!("customer-contract-of-another", contract = id, name = contract.name.as_str()),
            hint,
        ));
    }
    if !is_offered(&contract) {
        let name = contract.name.as_str();
        let message = if contract.field("cancelled") == Some(&crosswalk_model::Value::Boolean(true)) {
            said!("customer-contract-cancelled", contract = id, name)
        } else {
            said!("customer-contract-not-eligible", contract = id, name)
        };
        return Err(Error::invalid(message, hint));
    }
    Ok(())
}

fn contracts_of(sync: &Sync) -> Call {
    Call::of(Verb::CustomerContracts).with("sync", &sync.name)
}
