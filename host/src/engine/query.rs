//! Reads for people and lists: plans, runs, the journal, and why a record is or is not in step.

use super::Tenant;
use crate::error::Error;
use crate::model::{Kind, Link, LinkState, Plan, PlanId, PlannedChange, Record, Run, SyncName};
use crate::store::{ChangeFilter, ChangeStatus, JournalEntry, JournalFilter};
use serde::Serialize;
use std::collections::HashMap;

/// A change of a plan and how it stands.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeView {
    /// The change.
    pub change: PlannedChange,
    /// How it stands.
    pub status: ChangeStatus,
    /// Why, if it failed or was refused.
    pub message: String,
}

/// Why a record is, or is not, in step.
#[derive(Debug, Clone, Serialize)]
pub struct Trace {
    /// The record at the source, as it was read last.
    pub source: Option<Record>,
    /// Since when it is missing there.
    pub source_gone: Option<String>,
    /// The record at the target.
    pub target: Option<Record>,
    /// The link.
    pub link: Option<Link>,
    /// The verdict, in one sentence.
    pub verdict: String,
    /// What the newest plan has for it.
    pub planned: Vec<ChangeView>,
    /// What happened to it, newest first.
    pub journal: Vec<JournalEntry>,
}

/// How many records are how.
#[derive(Debug, Clone, Serialize)]
pub struct LinkCount {
    /// The kind.
    pub kind: Kind,
    /// The state.
    pub state: LinkState,
    /// How many.
    pub links: u64,
}

impl Tenant {
    /// A plan in short.
    ///
    /// # Errors
    /// There is none with this id.
    pub async fn plan_show(&self, plan: PlanId) -> Result<Plan, Error> {
        self.store.plan_get(plan).await?.ok_or_else(|| no_plan(plan))
    }

    /// The newest plans of a sync.
    ///
    /// # Errors
    /// No such sync.
    pub async fn plan_list(&self, sync: &SyncName, limit: usize) -> Result<Vec<Plan>, Error> {
        self.sync(sync).await?;
        Ok(self.store.plan_list(sync, limit).await?)
    }

    /// Changes of a plan, by sequence.
    ///
    /// # Errors
    /// No such plan.
    pub async fn plan_changes(
        &self,
        plan: PlanId,
        filter: &ChangeFilter,
        after: u32,
        limit: usize,
    ) -> Result<Vec<ChangeView>, Error> {
        self.plan_sync(plan).await?;
        let rows = self.store.plan_changes(plan, filter, after, limit).await?;
        Ok(rows
            .into_iter()
            .map(|row| ChangeView { change: row.change, status: row.status, message: row.message })
            .collect())
    }

    /// What the source calls these customers.
    ///
    /// # Errors
    /// No such sync.
    pub async fn customer_names(&self, sync: &SyncName, ids: &[String]) -> Result<HashMap<String, String>, Error> {
        let sync = self.sync(sync).await?;
        let customers = self.store.records_by_ids(&sync.source, Kind::Customer, ids).await?;
        Ok(customers.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect())
    }

    /// The newest runs.
    ///
    /// # Errors
    /// The database's.
    pub async fn run_list(&self, sync: Option<&SyncName>, limit: usize) -> Result<Vec<Run>, Error> {
        Ok(self.store.run_list(sync, limit).await?)
    }

    /// The journal, newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn journal(&self, filter: &JournalFilter) -> Result<Vec<JournalEntry>, Error> {
        Ok(self.store.journal_list(filter).await?)
    }

    /// How many links of each kind are in each state.
    ///
    /// # Errors
    /// No such sync.
    pub async fn link_counts(&self, sync: &SyncName) -> Result<Vec<LinkCount>, Error> {
        self.sync(sync).await?;
        let counts = self.store.link_counts(sync).await?;
        Ok(counts.into_iter().map(|(kind, state, links)| LinkCount { kind, state, links }).collect())
    }

    /// Why a source record is, or is not, in step. The id may be the source's or the target's.
    ///
    /// # Errors
    /// No such sync; nobody knows the record.
    pub async fn why(&self, sync: &SyncName, kind: Kind, id: &str) -> Result<Trace, Error> {
        let sync = self.sync(sync).await?;
        let link = match self.store.link_get(&sync.name, kind, id).await? {
            Some(link) => Some(link),
            None => self.store.links_of_target(&sync.name, kind, id).await?.into_iter().next(),
        };
        let source_id = link.as_ref().map_or(id, |link| &link.source).to_owned();
        let stored = self.store.records_by_ids(&sync.source, kind, std::slice::from_ref(&source_id)).await?.pop();
        let journal = self
            .store
            .journal_list(&JournalFilter {
                sync: Some(sync.name.clone()),
                kind: Some(kind),
                source: Some(source_id.clone()),
                limit: 50,
                ..JournalFilter::default()
            })
            .await?;
        if stored.is_none() && link.is_none() && journal.is_empty() {
            return Err(Error::not_found(
                "record",
                format!("{kind} {id}"),
                format!("it was never read: run `crosswalk plan {}`, or look at the id again", sync.name),
            ));
        }
        let target = match link.as_ref().and_then(|link| link.target.as_deref()) {
            Some(target) => self.record(&sync.target, kind, target).await?,
            None => None,
        };
        let planned = match self.store.plan_list(&sync.name, 1).await?.first() {
            Some(plan) => {
                let filter = ChangeFilter { kind: Some(kind), source: Some(source_id), ..ChangeFilter::default() };
                self.plan_changes(plan.id, &filter, 0, 10).await?
            }
            None => Vec::new(),
        };
        let gone = stored.as_ref().and_then(|stored| stored.gone_at);
        let mut trace = Trace {
            source: stored.map(|stored| stored.record),
            source_gone: gone.map(|at| at.to_string()),
            target,
            link,
            verdict: String::new(),
            planned,
            journal,
        };
        trace.verdict = verdict(&trace, kind);
        Ok(trace)
    }
}

pub(super) fn no_plan(plan: PlanId) -> Error {
    Error::not_found("plan", plan, "`crosswalk plan --list SYNC` names those there are")
}

/// One sentence: in step or not, and what would change it.
fn verdict(trace: &Trace, kind: Kind) -> String {
    if let Some(open) = trace.planned.iter().find(|view| view.status == ChangeStatus::Pending) {
        let action = open.change.action.as_str();
        return match &open.change.held {
            Some(hold) => format!(
                "not in step: {action} is planned and held by the brake `{}` ({}); apply the plan with `--release {}`",
                hold.brake, hold.reason, hold.brake
            ),
            None => format!("not in step: {action} is planned ({}); apply the plan", open.change.reason),
        };
    }
    if let Some(failed) = trace
        .planned
        .iter()
        .find(|view| matches!(view.status, ChangeStatus::Failed | ChangeStatus::Stale | ChangeStatus::Skipped))
    {
        return format!(
            "not in step: {} {}: {}; the next plan tries again",
            failed.change.action.as_str(),
            status(failed.status),
            failed.message
        );
    }
    let Some(link) = &trace.link else {
        return format!("not in step: this {kind} was read, and nothing is decided yet; plan the sync");
    };
    match link.state {
        LinkState::Linked if trace.source_gone.is_some() => {
            "it is gone from the source; it is deactivated when the grace period is over".to_owned()
        }
        LinkState::Linked if trace.target.is_none() => {
            "not in step: the linked record is gone from the target; link it anew or create it".to_owned()
        }
        LinkState::Linked => format!("in step: linked by {} ({})", link.decided_by, link.reason),
        LinkState::Proposed => {
            "not in step: something near was found and waits for your decision; see the candidates".to_owned()
        }
        LinkState::Conflict => "not in step: several candidates; choose one with `crosswalk link set`".to_owned(),
        LinkState::Excluded => "left out: the operator excluded it".to_owned(),
        LinkState::Create => "not in step: it is to be created by the next plan".to_owned(),
        LinkState::Broken => {
            "not in step: the linked record is gone from the target; link it anew or create it".to_owned()
        }
        LinkState::Unmapped => "not in step: no match was found and nothing is to be created unless asked".to_owned(),
    }
}

fn status(status: ChangeStatus) -> &'static str {
    match status {
        ChangeStatus::Stale => "went stale",
        ChangeStatus::Skipped => "was skipped",
        _ => "failed",
    }
}
