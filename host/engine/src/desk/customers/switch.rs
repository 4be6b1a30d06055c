//! Switches of customers: which of their features take part. One call is one decision, for one switch of one customer
//! or all of all, and can be taken back like any other.

use crate::boxed;
use crate::desk::decisions::{self, By};
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, Switch, SyncName, said};
use serde::Serialize;
use std::collections::HashSet;

/// Result of switching.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Switched {
    /// Id of the decision, to take it back; empty when nothing changed.
    pub decision: String,
    /// Number of customers changed, for each switch.
    pub turned: Vec<(Switch, usize)>,
}

impl Tenant {
    /// Switches usage or tickets of customers, or both.
    ///
    /// # Errors
    /// There is no such sync; it has nothing to switch; a customer does not exist: nothing is stored then.
    #[boxed]
    pub async fn customer_switch(
        &self,
        sync: &SyncName,
        customers: &[String],
        wanted: &[(Switch, bool)],
    ) -> Result<Switched, Error> {
        let sync = self.sync(sync).await?;
        for (switch, _) in wanted {
            let needs = if *switch == Switch::Usage { Kind::Usage } else { Kind::Alert };
            if !sync.rules.kinds.contains_key(&needs) {
                return Err(Error::invalid(
                    said!("customer-nothing-to-switch", kind = needs, sync = &sync.name),
                    said!("customer-hint-kinds", set = Call::of(Verb::SyncSet).with("name", &sync.name)),
                ));
            }
        }
        let there = self.store.records_by_ids(&sync.source, Kind::Customer, customers).await?;
        let there: HashSet<&str> = there.iter().map(|stored| stored.record.id.as_str()).collect();
        if let Some(unknown) = customers.iter().find(|id| !there.contains(id.as_str())) {
            let list = Call::of(Verb::CustomerList).with("sync", &sync.name);
            return Err(Error::not_found("customer", unknown, said!("customer-hint-list", list)));
        }
        let known = self.store.switches(&sync.name).await?;
        let (mut turns, mut turned) = (Vec::new(), Vec::new());
        for (switch, on) in wanted {
            let is_on = |customer: &String| known.get(customer).and_then(|said| said.get(*switch));
            let others = customers.iter().filter(|one| is_on(one).unwrap_or(sync.rules.switched_on) != *on);
            let before = turns.len();
            turns.extend(others.map(|customer| (customer.clone(), *switch, Some(*on))));
            turned.push((*switch, turns.len() - before));
        }
        let decided = decisions::decide_with(self, &sync, By::Operator, Vec::new(), turns).await?;
        Ok(Switched { decision: decided.decision, turned })
    }
}
