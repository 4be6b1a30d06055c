//! Proposals taken in one go: first which account a customer is, then which of its contracts.

use super::super::Tenant;
use super::super::links::Decision;
use super::super::matching;
use crate::error::Error;
use crate::model::{Kind, SyncName};
use serde::Serialize;

/// What was accepted: source customers, by id.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Accepted {
    /// Those linked to their account just now.
    pub accounts: Vec<String>,
    /// Those linked to a contract of it just now.
    pub contracts: Vec<String>,
}

impl Tenant {
    /// Links customers to the accounts that are proposed with at least the first score and no close
    /// second; then, where usage takes part, every linked customer to the contract that is proposed
    /// with at least the second. Contracts are those that were read last.
    ///
    /// # Errors
    /// No such sync; the target's connection cannot be opened; somebody else decided meanwhile.
    pub async fn customer_accept(&self, sync: &SyncName, account: f64, contract: f64) -> Result<Accepted, Error> {
        let accounts = self.link_accept(sync, Kind::Customer, account).await?;
        let mut accepted =
            Accepted { accounts: accounts.into_iter().map(|link| link.source).collect(), contracts: Vec::new() };
        let sync = self.sync(sync).await?;
        if !sync.rules.kinds.contains_key(&Kind::Usage) {
            return Ok(accepted);
        }
        let target = self.open(&sync.target).await?;
        let books = self.books(&sync, &target).await?;
        let mut links = Vec::new();
        for (customer, account) in self.accounts(&sync.name).await? {
            let matching::Decision::Proposed { candidates, .. } = books.contract_decision(&customer, &account) else {
                continue;
            };
            let Some(best) = candidates.first().filter(|best| best.score >= contract) else { continue };
            let decision = Decision::Link(best.target.clone());
            links.extend(self.mapped(&sync, &customer, None, Some(&decision)).await?);
            accepted.contracts.push(customer);
        }
        self.store.links_put(&sync.name, &links).await?;
        self.note_mapped(&sync, &links).await?;
        accepted.contracts.sort();
        Ok(accepted)
    }
}
