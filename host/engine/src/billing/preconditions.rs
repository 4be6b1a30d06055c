//! Whether what a line was planned on still stands as it is written.

use super::snapshot::Books;
use crate::desk::usage;
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::line::{CONTRACT, PARTS, PRODUCT, Place, Product, SERVICE, parts_of, replaced, rests};
use crosswalk_model::{Action, Kind, LineKey, Link, PlanId, PlannedChange};
use crosswalk_store::ChangeFilter;
use std::collections::HashMap;

/// What lines are written on: gathered once an apply.
pub(crate) struct Preconditions {
    /// A newer plan of the whole sync counts anew.
    is_old: bool,
    /// Where each linked customer's quantities go, by id and name; or why nowhere.
    contracts: HashMap<String, Result<(String, String), String>>,
    products: HashMap<String, Product>,
    /// What each line of the plan is the sum of by now; or who bills it with its own.
    sums: HashMap<String, Result<Vec<String>, String>>,
    /// The change that takes the place of a line: by that one's source and id.
    instead: HashMap<(String, String), PlannedChange>,
    /// The lines that other syncs bill.
    others: HashMap<String, String>,
}

impl Preconditions {
    /// Why a line must not be written any more; none when it may be.
    pub(crate) fn refusal(&self, change: &PlannedChange) -> Option<String> {
        if self.is_old {
            return Some("a newer plan counts it anew: apply that".to_owned());
        }
        if let Some(sync) = change.target.as_ref().and_then(|line| self.others.get(line)) {
            return Some(format!("its line is billed by the sync {sync} by now"));
        }
        if change.action != Action::Retire {
            return self.refused(change);
        }
        // What ends is half of a move: it stands as long as the other half does.
        match self.instead.get(&(change.source.clone(), change.target.clone().unwrap_or_default())) {
            Some(new) => {
                let why = self.refused(new)?;
                Some(format!("what takes its place cannot be written: {why}"))
            }
            None => self.stays(change),
        }
    }

    fn refused(&self, change: &PlannedChange) -> Option<String> {
        match self.contract(change) {
            Err(why) => return Some(why),
            Ok((id, _)) if Some(id.as_str()) == text(change, CONTRACT) => {}
            Ok((_, name)) => return Some(format!("the customer has the contract {name} by now")),
        }
        match self.product(change) {
            Some(Product::Excluded) if change.action == Action::Create => {
                return Some("its product was excluded since".to_owned());
            }
            Some(Product::Open(why)) => return Some(why.clone()),
            Some(Product::Linked { id, name, .. }) if text(change, SERVICE).is_some_and(|planned| planned != id) => {
                return Some(format!("its product is mapped to {name} by now"));
            }
            _ => {}
        }
        let planned = sum_of(change);
        match self.sums.get(&change.source)? {
            Ok(now) if *now == planned => None,
            Ok(now) => Some(format!(
                "it was planned as the sum of {}, and is that of {} by now",
                planned.join(" and "),
                now.join(" and ")
            )),
            Err(leader) => Some(format!("it is billed together with {leader} by now")),
        }
    }

    /// Why a line that ends without another in its place is needed again.
    fn stays(&self, change: &PlannedChange) -> Option<String> {
        let (id, name) = match self.contract(change) {
            Err(why) => return Some(why),
            Ok(contract) => contract,
        };
        let is_same = match self.product(change) {
            Some(Product::Linked { id, .. }) => text(change, SERVICE) == Some(id),
            _ => false,
        };
        let again = Some(id.as_str()) == text(change, CONTRACT) && is_same;
        again.then(|| format!("it goes to the contract {name} by now, where this line is"))
    }

    fn contract(&self, change: &PlannedChange) -> Result<&(String, String), String> {
        let gone = || "its customer is not linked to an account any more".to_owned();
        self.contracts.get(&change.customer).ok_or_else(gone)?.as_ref().map_err(Clone::clone)
    }

    fn product(&self, change: &PlannedChange) -> Option<&Product> {
        self.products.get(text(change, PRODUCT)?)
    }
}

fn text<'c>(change: &'c PlannedChange, name: &str) -> Option<&'c str> {
    change.fields.iter().find(|diff| diff.name == name)?.after.as_text()
}

/// What a change was planned as the sum of, in order.
fn sum_of(change: &PlannedChange) -> Vec<String> {
    let parts = change.fields.iter().find(|diff| diff.name == PARTS).map(|diff| parts_of(&diff.after));
    let mut names = match parts {
        Some(parts) => parts.into_iter().map(|part| part.0).collect(),
        None => vec![change.source.clone()],
    };
    names.sort();
    names
}

impl Books<'_> {
    /// What a line is the sum of; or who bills it with its own.
    fn sum_now(&self, source: &str) -> Option<Result<Vec<String>, String>> {
        let key: LineKey = source.parse().ok()?;
        if let Some(leader) = self.leaders.get(&key) {
            return Some(Err(leader.to_string()));
        }
        let Some(others) = self.sums.get(&key) else { return Some(Ok(vec![key.to_string()])) };
        let own = (self.counted(&key) != Some(0)).then(|| key.to_string());
        let others = others.iter().filter(|part| part.counted != Some(0)).map(|part| part.key.to_string());
        let mut names: Vec<String> = own.into_iter().chain(others).collect();
        names.sort();
        Some(Ok(names))
    }
}

/// What a plan's lines have to agree with when they are written, as it is now.
pub(crate) async fn usage_ground(run: &SyncRun<'_>, plan: PlanId) -> Result<Preconditions, Error> {
    let newest = run.store.plan_list(&run.sync.name, 1).await?.first().map(|newest| newest.id);
    let books: Books<'_> = usage::books(run).await?;
    let contract = |customer: &String| {
        let contract = match books.place(customer) {
            Place::Contract(contract) => Ok((contract.id.clone(), contract.name.clone())),
            Place::Off(why) | Place::Excluded(why) | Place::Nowhere(why) => Err(why.to_owned()),
        };
        (customer.clone(), contract)
    };
    let contracts = books.accounts.keys().map(contract).collect();
    let (mut sums, mut instead) = (HashMap::new(), HashMap::new());
    let filter = ChangeFilter { kind: Some(Kind::Usage), ..ChangeFilter::default() };
    let mut after = 0;
    loop {
        let rows = run.store.plan_changes(plan, &filter, after, 1000).await?;
        let Some(last) = rows.last() else { break };
        after = last.change.sequence;
        for change in rows.into_iter().map(|row| row.change).filter(|change| change.action != Action::Retire) {
            sums.extend(books.sum_now(&change.source).map(|sum| (change.source.clone(), sum)));
            instead.extend(replaced(&change).into_iter().map(|old| (old, change.clone())));
        }
    }
    let is_old = newest.is_some_and(|newest| newest > plan);
    Ok(Preconditions { is_old, contracts, products: books.products, sums, instead, others: books.others })
}

/// Why lines must not be written yet: what billed the same before was not set to 0, or bills a part
/// of it still. By source. `together` tells which are written at once with one: those of a ring, of which none
/// can be the first.
pub(crate) async fn still_billed(
    run: &SyncRun<'_>,
    changes: &[PlannedChange],
    together: &(dyn Fn(&str, &str) -> bool + Sync),
) -> Result<HashMap<String, String>, Error> {
    let mut refused = HashMap::new();
    for change in changes {
        for (source, line) in replaced(change) {
            let link = run.store.link_get(&run.sync.name, Kind::Usage, &source).await?;
            if link.as_ref().and_then(Link::linked) == Some(&line) {
                let why = format!("line {line}, which it takes the place of, was not set to 0");
                refused.insert(change.source.clone(), why);
            }
        }
        for rest in rests(change).into_iter().filter(|rest| !together(&change.source, &rest.leader)) {
            let links = run.store.links_of_target(&run.sync.name, Kind::Usage, &rest.line).await?;
            let bills = |link: &Link| match link.sent.get(PARTS).map(parts_of) {
                Some(parts) => parts.iter().any(|(part, _)| *part == rest.part),
                None => link.source == rest.part,
            };
            // Who took the line over says what it bills, whatever the link from before says.
            let mut links = links.iter().filter(|link| link.linked().is_some()).peekable();
            if links.peek().is_some() && links.all(bills) {
                let why = format!(
                    "line {} bills {} still, and goes on with {}: that is to be approved with it",
                    rest.line, rest.part, rest.leader
                );
                refused.insert(change.source.clone(), why);
            }
        }
    }
    Ok(refused)
}
