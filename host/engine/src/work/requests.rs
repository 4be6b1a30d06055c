//! Requests: what somebody wants done, asked for by one process, done by whichever works, followed and stopped by any.
//!
//! A request has its run from the beginning. The loop that looks for requests is `worker`; what a run does is in `sync`.

use super::report::{JobOutcome, JobReport, in_words};
use super::schedule::{outcome_of, outcome_of_applied};
use crate::boxed;
use crate::error::Error;
use crate::ground::find::no_plan;
use crate::ground::progress::NoProgress;
use crate::ground::tenant::Tenant;
use crate::run::report::RunReport;
use crosswalk_model::request::{Request, RunState, StopOutcome, Wanted};
use crosswalk_model::{Actor, Call, Kind, Run, RunId, RunStatus, Said, SyncName, Timestamp, Verb, said};
use serde::Serialize;

/// Milliseconds until a request is tried again that met another run of its sync.
const AGAIN_MS: i64 = 2_000;
/// Milliseconds ahead for which a request can be made: what is wanted later belongs in a schedule.
const AHEAD_MS: i64 = 7 * 24 * 3_600_000;

/// A run as any process sees it.
#[derive(Debug, Clone, Serialize)]
pub struct RunView {
    /// The run.
    pub run: Run,
    /// How far it is; `None` before its first second has passed.
    pub state: Option<RunState>,
    /// Who asked to stop it.
    pub stop_by: Option<Actor>,
}

impl Tenant {
    /// Asks for work on a sync, from `at` on or at once, and returns its run. Whichever process works does it.
    ///
    /// # Errors
    /// There is no such sync or plan; alerts take no part in it; `at` is more than a week ahead.
    #[boxed]
    pub async fn request(&self, sync: &SyncName, wanted: &Wanted, at: Option<Timestamp>) -> Result<RunId, Error> {
        let rules = self.sync(sync).await?.rules;
        let now = self.parts.clock.now();
        match wanted {
            Wanted::PollAlerts if !rules.kinds.contains_key(&Kind::Alert) => {
                return Err(Error::invalid(said!("run-no-alerts", sync), said!("job-hint-alerts")));
            }
            Wanted::Apply { plan } if self.plan_sync(*plan).await? != *sync => return Err(no_plan(*plan)),
            _ => {}
        }
        let due = at.unwrap_or(now).max(now);
        if due.since_ms(now) > AHEAD_MS {
            return Err(Error::invalid(
                said!("request-too-far", at = due),
                said!("request-hint-schedule", set = Call::of(Verb::SyncSet).with("name", sync)),
            ));
        }
        Ok(self.store.request_add(sync, wanted, now, due).await?)
    }

    /// Stops a run: one that has not begun is cancelled, another one breaks off where nothing is lost, whichever process
    /// does it.
    ///
    /// # Errors
    /// There is no such run.
    #[boxed]
    pub async fn run_stop(&self, run: RunId) -> Result<StopOutcome, Error> {
        self.run_show(run).await?;
        Ok(self.store.run_stop(run, self.parts.clock.now()).await?)
    }

    /// Returns a run with how far it is, whichever process does it. To follow it, call again.
    ///
    /// # Errors
    /// There is no such run.
    #[boxed]
    pub async fn run_view(&self, run: RunId) -> Result<RunView, Error> {
        let (state, stop_by) = match self.store.run_state(run).await {
            Err(crosswalk_store::StoreError::NotFound { .. }) => (None, None),
            state => state?,
        };
        Ok(RunView { run: self.run_show(run).await?, state, stop_by })
    }
}

/// Takes and does one request; `None` when another process took it first, it was cancelled, or its sync is busy.
pub(crate) async fn do_request(tenant: &Tenant, request: &Request) -> Result<Option<JobReport>, Error> {
    let began = tenant.parts.clock.now();
    if !tenant.store.request_take(request, began).await? {
        return Ok(None);
    }
    let (outcome, message) = outcome(&tenant.by(request.actor.clone()).queued(request.run), request).await;
    let now = tenant.parts.clock.now();
    // A run that is still queued was not begun.
    let waiting = tenant.store.run_get(request.run).await?.filter(|run| run.status == RunStatus::Queued);
    match (waiting, outcome) {
        (Some(_), JobOutcome::Skipped | JobOutcome::Stopped) => {
            let again = if outcome == JobOutcome::Stopped { now } else { now.plus_ms(AGAIN_MS) };
            tenant.store.request_put_back(request.run, again).await?;
            return Ok(None);
        }
        (Some(run), _) => {
            let message = message.clone();
            let failed = Run { status: RunStatus::Failed, ended_at: Some(now), message, ..run };
            tenant.store.run_finish(&failed).await?;
        }
        (None, _) => {}
    }
    Ok(Some(JobReport {
        tenant: tenant.name.to_string(),
        job: format!("run {}", request.run),
        of: request.sync.to_string(),
        began_at: began.to_string(),
        took_ms: now.since_ms(began),
        outcome,
        message,
        failures: u32::from(outcome == JobOutcome::Failed),
        next_at: None,
    }))
}

async fn outcome(tenant: &Tenant, request: &Request) -> (JobOutcome, Said) {
    let (sync, progress) = (&request.sync, &NoProgress);
    let went: Result<RunReport, Error> = match &request.wanted {
        Wanted::Plan => tenant.plan(sync, progress).await.map(|plan| RunReport { plan, applied: None }),
        Wanted::Run => tenant.run(sync, progress).await,
        Wanted::PollAlerts => tenant.alerts_run(sync, progress).await,
        Wanted::Apply { plan } => {
            return match tenant.apply_approved(*plan, progress).await {
                Ok(applied) => outcome_of_applied(&applied),
                Err(error) => outcome_of(&Err(error)),
            };
        }
        Wanted::Refresh { kind, id } => {
            return match tenant.refresh(sync, *kind, id, progress).await {
                Ok(report) => match &report.applied {
                    Some(applied) => outcome_of_applied(applied),
                    None => (JobOutcome::Done, said!("job-nothing-to-do")),
                },
                Err(Error::Busy { message, .. }) => (JobOutcome::Skipped, message),
                Err(error) => (JobOutcome::Failed, in_words(&error)),
            };
        }
    };
    outcome_of(&went)
}
