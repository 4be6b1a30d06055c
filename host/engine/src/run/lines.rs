//! Lines as they are written: whether what a line was planned on still stands, and what else bills it.
//!
//! What stands is read by `billing`, when the first line of an apply is about to be written: products that the same
//! apply created are known then.

use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::line::{self, Product};
use crosswalk_model::said::Arg;
use crosswalk_model::{Action, Kind, LineKey, LineStep, Link, PlanId, PlannedChange, Replaced, Said, said};
use std::collections::HashMap;
use std::pin::Pin;
/// Reads the preconditions of a plan's lines, as they are now.
pub(crate) type ReadPreconditions =
    for<'r> fn(&'r SyncRun<'_>, PlanId) -> Pin<Box<dyn Future<Output = Result<Preconditions, Error>> + Send + 'r>>;

/// What lines are written on: gathered once an apply.
pub(crate) struct Preconditions {
    /// A newer plan of the whole sync counts anew.
    pub(crate) is_old: bool,
    /// Where each linked customer's quantities go, by id and name; or why nowhere.
    pub(crate) contracts: HashMap<String, Result<(String, String), Said>>,
    pub(crate) products: HashMap<String, Product>,
    /// What each line of the plan is the sum of by now; or who bills it with its own.
    pub(crate) sums: HashMap<String, Result<Vec<String>, String>>,
    /// The change that takes the place of a line.
    pub(crate) instead: HashMap<Replaced, PlannedChange>,
    /// The lines that other syncs bill.
    pub(crate) others: HashMap<String, String>,
}

impl Preconditions {
    /// Why a line must not be written any more; none when it may be.
    pub(crate) fn refusal(&self, change: &PlannedChange) -> Option<Said> {
        if self.is_old {
            return Some(said!("write-newer-plan"));
        }
        if let Some(sync) = change.target.as_ref().and_then(|line| self.others.get(line)) {
            return Some(said!("write-line-of-another-sync", sync));
        }
        let step = change.line()?;
        if change.action != Action::Retire {
            return self.refused(change, step);
        }
        // What ends is half of a move: it stands as long as the other half does.
        let line = change.target.clone().unwrap_or_default();
        match self.instead.get(&Replaced { source: change.source.clone(), line }) {
            Some(new) => {
                let why = self.refused(new, new.line()?)?;
                Some(said!("write-replacement-refused", why))
            }
            None => self.stays(change, step),
        }
    }

    fn refused(&self, change: &PlannedChange, step: &LineStep) -> Option<Said> {
        match self.contract(change) {
            Err(why) => return Some(why),
            Ok((id, _)) if Some(id) == step.contract.as_ref() => {}
            Ok((_, name)) => return Some(said!("write-contract-changed", contract = name)),
        }
        match self.product(change) {
            Some(Product::Excluded) if change.action == Action::Create => {
                return Some(said!("write-product-excluded"));
            }
            Some(Product::Open(why)) => return Some(why.clone()),
            Some(Product::Linked { id, name, .. }) if step.service.as_ref().is_some_and(|planned| planned != id) => {
                return Some(said!("write-product-changed", service = name));
            }
            _ => {}
        }
        let planned = sum_of(change, step);
        match self.sums.get(&change.source)? {
            Ok(now) if *now == planned => None,
            Ok(now) => Some(said!("write-sum-changed", planned = Arg::list(planned), now = Arg::list(now.clone()))),
            Err(leader) => Some(said!("write-billed-together", leader)),
        }
    }

    /// Why a line that ends without another in its place is needed again.
    fn stays(&self, change: &PlannedChange, step: &LineStep) -> Option<Said> {
        let (id, name) = match self.contract(change) {
            Err(why) => return Some(why),
            Ok(contract) => contract,
        };
        let is_same = match self.product(change) {
            Some(Product::Linked { id, .. }) => step.service.as_ref() == Some(id),
            _ => false,
        };
        let again = Some(id) == step.contract.as_ref() && is_same;
        again.then(|| said!("write-line-needed", contract = name))
    }

    fn contract(&self, change: &PlannedChange) -> Result<&(String, String), Said> {
        let gone = || said!("write-customer-unlinked");
        self.contracts.get(&change.customer).ok_or_else(gone)?.as_ref().map_err(Clone::clone)
    }

    fn product(&self, change: &PlannedChange) -> Option<&Product> {
        self.products.get(&change.source.parse::<LineKey>().ok()?.product)
    }
}

/// What a change was planned as the sum of, in order.
fn sum_of(change: &PlannedChange, step: &LineStep) -> Vec<String> {
    let mut names = match &step.parts {
        Some(parts) => parts.iter().map(|part| part.line.clone()).collect(),
        None => vec![change.source.clone()],
    };
    names.sort();
    names
}

/// Why lines must not be written yet: what billed the same before was not set to 0, or bills a part
/// of it still. By source. `together` tells which are written at once with one: those of a ring, of which none
/// can be the first.
pub(crate) async fn still_billed(
    run: &SyncRun<'_>,
    changes: &[PlannedChange],
    together: &(dyn Fn(&str, &str) -> bool + Sync),
) -> Result<HashMap<String, Said>, Error> {
    let mut refused = HashMap::new();
    for (change, step) in changes.iter().filter_map(|change| Some((change, change.line()?))) {
        for Replaced { source, line } in &step.replaces {
            let link = run.store.link_get(&run.sync.name, Kind::Usage, source).await?;
            if link.as_ref().and_then(Link::linked) == Some(line) {
                let why = said!("write-replaced-not-ended", line);
                refused.insert(change.source.clone(), why);
            }
        }
        for rest in step.rests.iter().filter(|rest| !together(&change.source, &rest.leader)) {
            let links = run.store.links_of_target(&run.sync.name, Kind::Usage, &rest.line).await?;
            let bills = |link: &Link| line::named(link).contains(&rest.part);
            // Who took the line over says what it bills, whatever the link from before says.
            let mut links = links.iter().filter(|link| link.linked().is_some()).peekable();
            if links.peek().is_some() && links.all(bills) {
                let (line, part, leader) = (&rest.line, &rest.part, &rest.leader);
                let why = said!("write-part-still-billed", line, part, leader);
                refused.insert(change.source.clone(), why);
            }
        }
    }
    Ok(refused)
}
