//! The outcomes that a connector states for a batch, and why one cannot be true.
//!
//! What becomes of a change then is `settle`'s.

use crosswalk_model::{Change, Failure, Operation, Outcome, Settlement};
use std::collections::HashMap;

/// Settlements of the changes of one batch.
pub(super) struct Settlements {
    by_change: HashMap<String, Vec<Settlement>>,
    /// Number of changes that are stated as done, by id of the result.
    named: HashMap<String, usize>,
}

impl Settlements {
    pub(super) fn new(outcomes: Vec<Outcome>) -> Self {
        let (mut by_change, mut named) = (HashMap::<String, Vec<Settlement>>::new(), HashMap::new());
        for Outcome { change, settlement } in outcomes {
            if let Settlement::Done(id) = &settlement {
                *named.entry(id.clone()).or_insert(0) += 1;
            }
            by_change.entry(change).or_default().push(settlement);
        }
        Self { by_change, named }
    }

    /// Returns what is stated for a change, once; `None` if nothing is.
    pub(super) fn take(&mut self, change: &str) -> Option<Settlement> {
        let mut all = self.by_change.remove(change)?;
        let first = all.pop()?;
        let twice = all.iter().any(|other| *other != first);
        Some(if twice { Settlement::Failed(Failure::broken("the connector reported it twice")) } else { first })
    }

    /// Returns why a change cannot be done with this id; `None` if it can.
    pub(super) fn why_not(&self, change: &Change, id: &str, sent: bool) -> Option<String> {
        let shared = self.named.get(id).is_some_and(|named| *named > 1);
        match (&change.target, change.operation) {
            _ if id.trim().is_empty() => Some("the connector says that it is done, without an id".to_owned()),
            (_, Operation::Create) if shared => {
                Some(format!("the connector says {id} of more than one change of a batch"))
            }
            (Some(target), _) if target != id => {
                Some(format!("the connector says that {id} was written, where {target} was to be"))
            }
            _ if !sent => Some("the connector says that it is done, and sent nothing for it".to_owned()),
            _ => None,
        }
    }
}

/// Returns settlements by change, or, from the connector's `settle`, by token.
pub(crate) fn by_change(outcomes: Vec<Outcome>) -> HashMap<String, Settlement> {
    outcomes.into_iter().map(|outcome| (outcome.change, outcome.settlement)).collect()
}
