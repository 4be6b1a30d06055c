//! The last result for each customer, shown with its name in the list.
//!
//! Stored when a plan is made, when it was applied, and when a connection failed as a whole; planning itself is
//! `plan`'s.

use super::fetched::is_failure;
use super::snapshot::{self, UsageSnapshot};
use crate::error::Error;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::line::{Line, LineVerdict, Place};
use crate::run::observe::Observed;
use crosswalk_model::usage::{Ending, LastOutcome};
use crosswalk_model::{Failure, Kind, PlanId, Said, said};
use crosswalk_store::{ChangeFilter, ChangeStatus};
use std::collections::HashMap;

/// Result of planning for a customer; `None` while usage is off for it or it is not mapped, as the list shows that by
/// itself.
pub(super) fn outcome(
    run: &SyncRun<'_>,
    books: &UsageSnapshot<'_>,
    observed: Option<&Observed>,
    customer: &str,
    lines: &[Line],
) -> Option<LastOutcome> {
    let Place::Contract(_) = books.place(customer) else { return None };
    if let Some(failure) = observed.and_then(|observed| failure_of(observed, customer)) {
        return Some(LastOutcome::failed(run.now(), run.id, run.source.name.as_str(), failure));
    }
    // Whatever the count: the contract it goes to bills nothing.
    let (ending, message) = match (books.contract_trouble(customer), books.fetched.why(customer)) {
        (Some(why), _) => (Ending::Held, why),
        (None, Some(why)) => (Ending::NotFetched, why.clone()),
        (None, None) => ending(lines),
    };
    Some(LastOutcome { ending, at: run.now(), run: run.id, message, trouble: None })
}

/// Stores results after a plan was applied, for the customers whose lines it touched.
pub(crate) async fn outcomes_after(run: &SyncRun<'_>, plan: PlanId) -> Result<(), Error> {
    if !run.sync.rules.bills() {
        return Ok(());
    }
    // By customer, the result of the first line that was not written, if any.
    let mut touched = HashMap::<String, Option<LastOutcome>>::new();
    let filter = ChangeFilter { kind: Some(Kind::Usage), ..ChangeFilter::default() };
    let mut after = 0;
    loop {
        let rows = run.store.plan_changes(plan, &filter, after, 1000).await?;
        let Some(last) = rows.last() else { break };
        after = last.change.sequence;
        for row in rows {
            use ChangeStatus::{Failed, Skipped, Stale, Uncertain};
            let failed = matches!(row.status, Failed | Stale | Skipped | Uncertain);
            if failed || row.status == ChangeStatus::Done {
                let first = touched.entry(row.change.customer).or_default();
                *first = first.take().or(failed.then(|| write_failed(run, row.message, row.failure)));
            }
        }
    }
    if touched.is_empty() {
        return Ok(());
    }
    let books = snapshot::of_run(run).await?;
    let outcome = |(customer, failed): (String, Option<LastOutcome>)| {
        let one = match failed {
            Some(one) => Some(one),
            None => outcome(run, &books, None, &customer, &books.lines_of(&customer)),
        };
        (customer, one)
    };
    let outcomes = touched.into_iter().map(outcome).collect();
    Ok(run.store.outcomes_put(&run.sync.name, outcomes).await?)
}

fn write_failed(run: &SyncRun<'_>, message: Said, failure: Option<String>) -> LastOutcome {
    let trouble = failure.map(|name| (run.target.name.to_string(), name));
    LastOutcome { ending: Ending::Failed, at: run.now(), run: run.id, message, trouble }
}

/// Stores for every billed customer that nothing could be planned, because a connection failed.
pub(crate) async fn outcomes_failed(run: &SyncRun<'_>, error: &Error) -> Result<(), Error> {
    let Error::Vendor { connection, failure, .. } = error else { return Ok(()) };
    if !run.sync.rules.bills() {
        return Ok(());
    }
    let outcome = LastOutcome::failed(run.now(), run.id, connection, failure);
    let books = snapshot::of_run(run).await?;
    let billed = books.accounts.keys().filter(|customer| matches!(books.place(customer), Place::Contract(_)));
    let outcomes = billed.map(|customer| (customer.clone(), Some(outcome.clone()))).collect();
    Ok(run.store.outcomes_put(&run.sync.name, outcomes).await?)
}

/// Result of a customer by its lines: the worst of them; a failure to read is not among these.
pub(crate) fn ending(lines: &[Line]) -> (Ending, Said) {
    let held = lines.iter().find_map(|line| match &line.verdict {
        LineVerdict::Change { holds, .. } if !holds.is_empty() => {
            Some(Said::several(holds.iter().map(|hold| hold.reason.clone())))
        }
        _ => None,
    });
    let waiting = lines.iter().filter(|line| matches!(line.verdict, LineVerdict::Change { .. })).count();
    let first = |step: &LineVerdict| lines.iter().find(|line| line.verdict == *step).map(|line| line.reason.clone());
    let note = lines.iter().find_map(|line| line.notes.first().cloned());
    match (held, waiting, first(&LineVerdict::NotFetched), first(&LineVerdict::Left).or(note)) {
        (Some(why), 1, ..) => (Ending::Held, why),
        (Some(why), more, ..) => (Ending::Held, said!("usage-held-with-others", why, count = more)),
        (None, 0, Some(why), _) => (Ending::NotFetched, why),
        (None, 0, None, Some(why)) => (Ending::Held, why),
        (None, 0, None, None) => (Ending::Succeeded, said!("usage-lines-in-step", count = lines.len())),
        (None, waiting, ..) => (Ending::Held, said!("usage-lines-to-approve", count = waiting)),
    }
}

/// Failure to read a customer's usage, if any: a month without a report is not one.
fn failure_of<'o>(observed: &'o Observed, customer: &str) -> Option<&'o Failure> {
    let report = Observed::of(&observed.source, Kind::Usage)?;
    let of_customer = report.gaps.iter().find(|(parent, _)| parent.as_deref() == Some(customer));
    let whole = report.gaps.iter().find(|(parent, _)| parent.is_none());
    let gap = of_customer.or(whole).map(|(_, cause)| cause).filter(|cause| is_failure(cause));
    report.failure.as_ref().or(gap)
}
