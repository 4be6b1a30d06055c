//! Reads whether the basis of a planned line still stands when it is written; comparing and refusing is `run`'s.

use super::snapshot::{self, UsageSnapshot};
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::line::Place;
use crate::run::lines::Preconditions;
use crosswalk_model::{Action, Kind, LineKey, PlanId};
use crosswalk_store::ChangeFilter;
use std::collections::HashMap;
use std::pin::Pin;

/// Keys that a line is the sum of, or the leader that bills it as `Err`; `None` if `source` is not a line key.
fn sum_now(books: &UsageSnapshot<'_>, source: &str) -> Option<Result<Vec<String>, String>> {
    let key: LineKey = source.parse().ok()?;
    if let Some(leader) = books.leaders.get(&key) {
        return Some(Err(leader.to_string()));
    }
    let Some(others) = books.sums.get(&key) else { return Some(Ok(vec![key.to_string()])) };
    let own = (books.counted(&key) != Some(0)).then(|| key.to_string());
    let others = others.iter().filter(|part| part.counted != Some(0)).map(|part| part.key.to_string());
    let mut names: Vec<String> = own.into_iter().chain(others).collect();
    names.sort();
    Some(Ok(names))
}

/// Reads the present state that a plan's lines must agree with when they are written.
pub(crate) fn read<'r>(
    run: &'r SyncRun<'_>,
    plan: PlanId,
) -> Pin<Box<dyn Future<Output = Result<Preconditions, Error>> + Send + 'r>> {
    Box::pin(gather(run, plan))
}

async fn gather(run: &SyncRun<'_>, plan: PlanId) -> Result<Preconditions, Error> {
    let newest = run.store.plan_list(&run.sync.name, 1).await?.first().map(|newest| newest.id);
    let books: UsageSnapshot<'_> = snapshot::of_run(run).await?;
    let contract = |customer: &String| {
        let contract = match books.place(customer) {
            Place::Contract(contract) => Ok((contract.id.clone(), contract.name.clone())),
            Place::Off(why) | Place::Excluded(why) | Place::Nowhere(why) => Err(why),
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
            sums.extend(sum_now(&books, &change.source).map(|sum| (change.source.clone(), sum)));
            let replaced = change.line().map(|step| step.replaces.clone()).unwrap_or_default();
            instead.extend(replaced.into_iter().map(|old| (old, change.clone())));
        }
    }
    let is_old = newest.is_some_and(|newest| newest > plan);
    Ok(Preconditions { is_old, contracts, products: books.products, sums, instead, others: books.others })
}
