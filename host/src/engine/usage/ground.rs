//! Whether what a line was planned on still stands as it is written.

use super::books::Books;
use crate::engine::context::Work;
use crate::engine::plan::usage::{CONTRACT, PRODUCT, Place, Product, replaced};
use crate::error::Error;
use crate::model::{Action, Kind, Link, PlanId, PlannedChange};
use std::collections::HashMap;

/// What lines are written on: gathered once an apply.
pub(in crate::engine) struct Ground {
    /// A newer plan of the whole sync counts anew.
    is_old: bool,
    /// Where each linked customer's quantities go, by id and name; or why nowhere.
    contracts: HashMap<String, Result<(String, String), String>>,
    products: HashMap<String, Product>,
}

impl Ground {
    /// Why a line must not be written any more; none when it may be.
    pub(in crate::engine) fn refusal(&self, change: &PlannedChange) -> Option<String> {
        let of = |name: &str| change.fields.iter().find(|diff| diff.name == name)?.after.as_text();
        if self.is_old {
            return Some("a newer plan counts it anew: apply that".to_owned());
        }
        // What is ended is told by its line alone, wherever the customer's lines go by now.
        if change.action == Action::Retire {
            return None;
        }
        match self.contracts.get(&change.customer) {
            None => return Some("its customer is not linked to an account any more".to_owned()),
            Some(Err(why)) => return Some(why.clone()),
            Some(Ok((id, _))) if Some(id.as_str()) == of(CONTRACT) => {}
            Some(Ok((_, name))) => return Some(format!("the customer has the contract {name} by now")),
        }
        match of(PRODUCT).and_then(|product| self.products.get(product)) {
            Some(Product::Excluded) if change.action == Action::Create => {
                Some("its product was excluded since".to_owned())
            }
            Some(Product::Open(why)) => Some(why.clone()),
            _ => None,
        }
    }
}

impl Work<'_> {
    /// What a plan's lines have to agree with when they are written, as it is now.
    pub(in crate::engine) async fn usage_ground(&self, plan: PlanId) -> Result<Ground, Error> {
        let newest = self.store.plan_list(&self.sync.name, 1).await?.first().map(|newest| newest.id);
        let books: Books<'_> = self.books().await?;
        let contract = |customer: &String| {
            let contract = match books.place(customer) {
                Place::Contract(contract) => Ok((contract.id.clone(), contract.name.clone())),
                Place::Off(why) | Place::Excluded(why) | Place::Nowhere(why) => Err(why.to_owned()),
            };
            (customer.clone(), contract)
        };
        Ok(Ground {
            is_old: newest.is_some_and(|newest| newest > plan),
            contracts: books.accounts.keys().map(contract).collect(),
            products: books.products,
        })
    }

    /// Why lines must not be written yet: what billed the same before was not set to 0. By source.
    pub(in crate::engine) async fn still_billed(
        &self,
        changes: &[PlannedChange],
    ) -> Result<HashMap<String, String>, Error> {
        let mut refused = HashMap::new();
        for change in changes {
            for (source, line) in replaced(change) {
                let link = self.store.link_get(&self.sync.name, Kind::Usage, &source).await?;
                if link.as_ref().and_then(Link::linked) == Some(&line) {
                    let why = format!("line {line}, which it takes the place of, was not set to 0");
                    refused.insert(change.source.clone(), why);
                }
            }
        }
        Ok(refused)
    }
}
