//! How it went for each customer: what stands behind its name in the list.
//!
//! Put down when a plan is made, when it was applied, and when a connection failed as a whole.

use super::super::context::Work;
use super::super::observe::Observed;
use super::super::plan::usage::{Line, Place, Step};
use super::Books;
use crate::error::Error;
use crate::model::usage::{Ending, LastOutcome};
use crate::model::{Failure, Kind, PlanId, PlannedChange};
use crate::store::{ChangeFilter, ChangeStatus};
use std::collections::HashMap;

impl Work<'_> {
    /// How planning went for a customer; none while usage is off for it, or it is not mapped: the
    /// list says that by itself.
    pub(super) fn outcome(
        &self,
        books: &Books<'_>,
        observed: Option<&Observed>,
        (customer, account): (&str, Option<&str>),
        lines: &[Line],
        changes: &[PlannedChange],
    ) -> Option<LastOutcome> {
        let Place::Contract(_) = books.place(customer, account) else { return None };
        let told =
            |ending, message: String| LastOutcome { ending, at: self.now(), run: self.run, message, trouble: None };
        if let Some(failure) = observed.and_then(|observed| failure_of(observed, customer)) {
            return Some(LastOutcome::failed(self.now(), self.run, self.source.name.as_str(), failure));
        }
        let first = |wanted: fn(&Step) -> bool| lines.iter().find(|line| wanted(&line.step));
        if let Some(why) = books.not_fetched.why(customer) {
            return Some(told(Ending::NotFetched, why.to_owned()));
        }
        if let Some(held) = changes.iter().find_map(|change| change.held.as_ref()) {
            let more = if changes.len() > 1 { format!(" ({} changes)", changes.len()) } else { String::new() };
            return Some(told(Ending::Held, format!("{}{more}", held.reason)));
        }
        if !changes.is_empty() {
            return Some(told(Ending::Held, format!("{} changes wait for approval", changes.len())));
        }
        if let Some(line) = first(|step| matches!(step, Step::NotFetched)) {
            return Some(told(Ending::NotFetched, line.reason.clone()));
        }
        if let Some(line) = first(|step| matches!(step, Step::Left)) {
            return Some(told(Ending::Held, line.reason.clone()));
        }
        Some(told(Ending::Succeeded, format!("{} lines in step", lines.len())))
    }

    /// Puts down how applying a plan went for the customers whose lines were in it.
    pub(in crate::engine) async fn outcomes_after(&self, plan: PlanId) -> Result<(), Error> {
        if !self.sync.rules.kinds.contains_key(&Kind::Usage) {
            return Ok(());
        }
        let mut tallies = HashMap::<String, Tally>::new();
        let filter = ChangeFilter { kind: Some(Kind::Usage), ..ChangeFilter::default() };
        let mut after = 0;
        loop {
            let rows = self.store.plan_changes(plan, &filter, after, 1000).await?;
            let Some(last) = rows.last() else { break };
            after = last.change.sequence;
            for row in rows {
                let tally = tallies.entry(row.change.customer.clone()).or_default();
                match row.status {
                    ChangeStatus::Done => tally.done += 1,
                    ChangeStatus::Failed | ChangeStatus::Stale | ChangeStatus::Skipped => {
                        tally.failed.get_or_insert(row.message);
                    }
                    ChangeStatus::Pending | ChangeStatus::Intended | ChangeStatus::Accepted => {
                        let why = row.change.held.map_or_else(|| "not applied yet".to_owned(), |hold| hold.reason);
                        tally.waiting.get_or_insert(why);
                    }
                }
            }
        }
        let outcomes = tallies.into_iter().map(|(customer, tally)| (customer, self.outcome_of(tally))).collect();
        Ok(self.store.outcomes_put(&self.sync.name, outcomes).await?)
    }

    fn outcome_of(&self, tally: Tally) -> LastOutcome {
        let (ending, message) = match (tally.failed, tally.waiting) {
            (Some(why), _) => (Ending::Failed, why),
            (None, Some(why)) => (Ending::Held, why),
            (None, None) => (Ending::Succeeded, format!("{} lines written", tally.done)),
        };
        // A failure's text begins with its name.
        let name = message.split(':').next().unwrap_or_default();
        let trouble = (ending == Ending::Failed && Failure::NAMES.contains(&name))
            .then(|| (self.target.name.to_string(), name.to_owned()));
        LastOutcome { ending, at: self.now(), run: self.run, message, trouble }
    }

    /// Puts down that nothing could be done for anybody, because a connection failed.
    pub(in crate::engine) async fn outcomes_failed(&self, error: &Error) -> Result<(), Error> {
        let Error::Vendor { connection, failure, .. } = error else { return Ok(()) };
        if !self.sync.rules.kinds.contains_key(&Kind::Usage) {
            return Ok(());
        }
        let outcome = LastOutcome::failed(self.now(), self.run, connection, failure);
        let switches = self.store.switches(&self.sync.name).await?;
        let on =
            |customer: &str| switches.get(customer).and_then(|said| said.usage).unwrap_or(self.sync.rules.switched_on);
        let links = self.store.links_between(&self.sync.name, Kind::Customer, Kind::Contract).await?;
        let mapped = links.into_iter().filter(|link| link.linked().is_some() && on(&link.source));
        let outcomes = mapped.map(|link| (link.source, outcome.clone())).collect();
        Ok(self.store.outcomes_put(&self.sync.name, outcomes).await?)
    }
}

#[derive(Default)]
struct Tally {
    done: usize,
    failed: Option<String>,
    waiting: Option<String>,
}

/// Why a customer's usage could not be read, where that is a failure: a month without a report is none.
fn failure_of<'o>(observed: &'o Observed, customer: &str) -> Option<&'o Failure> {
    let report = Observed::of(&observed.source, Kind::Usage)?;
    let of_customer = report.gaps.iter().find(|(parent, _)| parent.as_deref() == Some(customer));
    let whole = report.gaps.iter().find(|(parent, _)| parent.is_none());
    let gap = of_customer.or(whole).map(|(_, cause)| cause).filter(|cause| !matches!(cause, Failure::NotFound { .. }));
    report.failure.as_ref().or(gap)
}
