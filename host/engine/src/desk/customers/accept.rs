//! Accepts proposals together: accounts of customers, and their contracts. Scores come from `rules::matching`.

use crate::billing::snapshot;
use crate::boxed;
use crate::desk::customers;
use crate::desk::decisions::{self, By};
use crate::desk::links::{self, Decision, accepted_for};
use crate::error::Error;
use crate::ground::opened;
use crate::ground::tenant::Tenant;
use crate::rules::matching;
use crate::run::along;
use crosswalk_model::{Kind, Link, SyncName};
use serde::Serialize;
use std::collections::HashSet;

/// Links that were accepted.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Accepted {
    /// Id of the decision, to take it back; empty when nothing changed or nothing was stored.
    pub decision: String,
    /// Links of customers to their accounts.
    pub accounts: Vec<Link>,
    /// Links of customers to a contract of their account.
    pub contracts: Vec<Link>,
}

impl Tenant {
    /// Links customers to accounts proposed with at least the score `account` and no close second; and, where the sync
    /// has usage, every customer with an account then to the contract proposed with at least the score `contract`.
    /// Contracts are those last read; where the account is that of a customer created again, the decision on its
    /// contract moves along.
    ///
    /// # Errors
    /// There is no such sync; the target's connection cannot be opened; another decision was made meanwhile.
    #[boxed]
    pub async fn customer_accept(&self, sync: &SyncName, account: f64, contract: f64) -> Result<Accepted, Error> {
        let accepted = self.customer_acceptable(sync, account, contract).await?;
        self.customer_accept_these(sync, account.min(contract), accepted).await
    }

    /// Stores exactly the links that [`customer_acceptable`](Self::customer_acceptable) returned and a person
    /// confirmed. `score` is the lowest score accepted.
    ///
    /// # Errors
    /// There is no such sync; one of the links was decided or planned again meanwhile: nothing is stored then.
    #[boxed]
    pub async fn customer_accept_these(
        &self,
        sync: &SyncName,
        score: f64,
        mut accepted: Accepted,
    ) -> Result<Accepted, Error> {
        let links = accepted.accounts.iter().chain(&accepted.contracts).cloned().collect();
        accepted.decision = decisions::decide(self, &self.sync(sync).await?, By::Score(score), links).await?.decision;
        Ok(accepted)
    }

    /// Returns what [`customer_accept`](Self::customer_accept) would link; stores nothing.
    ///
    /// # Errors
    /// As there.
    #[boxed]
    pub async fn customer_acceptable(&self, sync: &SyncName, account: f64, contract: f64) -> Result<Accepted, Error> {
        let sync = self.sync(sync).await?;
        let mut accepted = Accepted {
            accounts: links::acceptable(self, &sync, Kind::Customer, account).await?,
            ..Accepted::default()
        };
        if !sync.rules.bills() {
            return Ok(accepted);
        }
        let target = opened::open(self, &sync.target).await?;
        let books = snapshot::stored(self, &sync, &target).await?;
        let mut accounts = snapshot::accounts(self, &sync.name).await?;
        let new = accepted.accounts.iter();
        accounts.extend(new.filter_map(|link| Some((link.source.clone(), link.target.clone()?))));
        let own = accepted.accounts.iter().map(|link| (link.kind, link.source.clone())).collect();
        let mut over = Vec::new();
        for link in &accepted.accounts {
            over.extend(
                decisions::held_before(self, &sync, link, &own).await?.map(|old| (old.source, link.source.clone())),
            );
        }
        let along = along::along(&self.store, &sync.name, &over, self.parts.clock.now()).await?;
        let decided = along.links.iter().filter(|link| link.target_kind == Kind::Contract);
        let decided: HashSet<&str> = decided.map(|link| link.source.as_str()).collect();
        accounts.retain(|customer, _| !decided.contains(customer.as_str()));
        for (customer, account) in accounts {
            let matching::Decision::Proposed { candidates, .. } = books.contract_decision(&customer, &account) else {
                continue;
            };
            let Some(best) = candidates.first().filter(|best| best.score >= contract) else { continue };
            let decision = Decision::Link(best.target.clone());
            let link = customers::contract_decided(self, &sync, &customer, Some(&account), &decision).await?;
            accepted.contracts.push(Link { reason: accepted_for(best), ..link });
        }
        accepted.contracts.sort_by(|one, other| one.source.cmp(&other.source));
        Ok(accepted)
    }
}
