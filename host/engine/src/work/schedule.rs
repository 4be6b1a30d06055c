//! Finds due work and runs one piece of it: a job of a sync, a look-up of its uncertain writes (`overdue`), a wake-up
//! of a connector (requested by it, or recurring by its manifest), or the daily pruning.
//!
//! Due work is a fact in the store; there are no hints. Work is taken in the store before it runs, so that several
//! processes may look at once and each piece is run by one. A slot is skipped and reported if another process works on
//! the sync; slots missed while no process looked count as one. Skipped, failed and partial work is tried again long
//! before the next slot, at growing intervals; a failure that time alone does not heal, once a day. Stopped work is due
//! again at once. The loop that looks is `worker`.

use super::report::{JobOutcome, JobReport, LOST_MS, in_words};
use super::{overdue, requests};
use crate::boxed;
use crate::error::Error;
use crate::ground::engine::Engine;
use crate::ground::progress::NoProgress;
use crate::ground::tenant::Tenant;
use crate::ground::{accounts, claim, opened, plugins, schedules};
use crate::run::report::{ApplyReport, RunReport};
use crosswalk_model::said::Arg;
use crosswalk_model::schedule::{first_slot, next_slot, rest_at, retry_at};
use crosswalk_model::{
    Calendar, ConnectionName, Job, Kind, Manifest, Mode, Recurrence, Request, RunStatus, Said, Schedule, SyncName,
    TenantName, Timestamp, said,
};
use crosswalk_runtime::CallContext;
use crosswalk_store::{Claim, DueNow, Recurring, Wakeup};
use std::sync::Arc;

/// One piece of due work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    Request(Request),
    Job(Schedule),
    Wake(Wakeup),
    /// The look-up of a sync's uncertain writes, due since this time.
    LookUp(SyncName, Timestamp),
    /// Pruning, due since this time.
    Prune(Timestamp),
}

impl Due {
    /// Time since which it is due.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Due::Request(request) => request.due_at,
            Due::Job(schedule) => schedule.due_at,
            Due::Wake(wake) => wake.due_at,
            Due::LookUp(_, due_at) | Due::Prune(due_at) => *due_at,
        }
    }

    /// Whether it failed at its last try.
    pub(crate) fn failed(&self) -> bool {
        matches!(self, Due::Job(schedule) if schedule.failures > 0)
    }

    /// Key that is unique among the due work of a tenant.
    pub(crate) fn key(&self) -> String {
        match self {
            // Two jobs of one sync would only meet each other's claim.
            Due::Request(request) => format!("sync {}", request.sync),
            Due::Job(schedule) => format!("sync {}", schedule.sync),
            Due::LookUp(sync, _) => format!("sync {sync}"),
            // A job continues from the point where its last wake-up left it.
            Due::Wake(wake) => format!("job {} {}", wake.connection, wake.job),
            Due::Prune(_) => "prune".to_owned(),
        }
    }
}

/// Notes the jobs that recur by the manifests of connections in use, where they are not noted yet.
pub(crate) async fn note_jobs(engine: &Engine, only: Option<&TenantName>) -> Result<(), Error> {
    for (tenant, connection, digest) in engine.parts.store.jobs_unnoted().await? {
        if only.is_some_and(|only| *only != tenant) {
            continue;
        }
        match plugins::plugin(&engine.parts, &digest).await {
            Ok(plugin) => note_jobs_of(&engine.tenant(&tenant).await?, &connection, &digest, plugin.manifest()).await?,
            Err(error) => tracing::warn!(%tenant, %connection, %error, "its plugin's jobs cannot be done"),
        }
    }
    Ok(())
}

impl Tenant {
    /// Sets the interval of a sync's job in minutes; `None` removes its schedule.
    ///
    /// # Errors
    /// There is no such sync; the interval is out of range.
    #[boxed]
    pub async fn schedule_set(&self, sync: &SyncName, job: Job, minutes: Option<u32>) -> Result<(), Error> {
        let Some(minutes) = minutes else {
            self.sync(sync).await?;
            return Ok(self.store.schedule_remove(sync, job).await?);
        };
        if !(1..=MINUTES_MAX).contains(&minutes) {
            return Err(Error::invalid(
                said!("job-no-interval", minutes),
                said!("job-hint-interval", most = MINUTES_MAX),
            ));
        }
        let same = |known: &Schedule| known.minutes() == Some(i64::from(minutes));
        schedule_change(self, sync, job, same, |last, _| {
            let now = self.parts.clock.now();
            Schedule::new(&self.name, sync, job, minutes, now, last.filter(|last| *last <= now))
        })
        .await
    }

    /// Lets a job of a sync recur by a calendar, in the sync's time zone.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn schedule_by(&self, sync: &SyncName, job: Job, calendar: Calendar) -> Result<(), Error> {
        let same =
            |known: &Schedule| matches!(known.recurs, Recurrence::Calendar { calendar: own, .. } if own == calendar);
        schedule_change(self, sync, job, same, |last, zone| {
            Schedule::by_calendar(&self.name, sync, job, (calendar, zone), self.parts.clock.now(), last)
        })
        .await
    }

    /// Applies the default schedule for the sync's kinds: once a day with usage, as vendors count by the day; none
    /// otherwise, until a person sets one. Returns whether a schedule was applied.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn schedule_usual(&self, sync: &SyncName) -> Result<bool, Error> {
        let usage = self.sync(sync).await?.rules.bills();
        if usage {
            self.schedule_set(sync, Job::Sync, Some(DAY_MINUTES)).await?;
        }
        Ok(usage)
    }
}

async fn note_jobs_of(
    tenant: &Tenant,
    connection: &ConnectionName,
    digest: &str,
    manifest: &Manifest,
) -> Result<(), Error> {
    let now = tenant.parts.clock.now();
    let recurring = manifest.jobs.iter().filter_map(|(job, spec)| {
        let (every_ms, first_at) = first_slot(&tenant.name, connection.as_str(), job, spec.every_minutes?, now);
        Some(Recurring { job: job.clone(), every_ms, first_at })
    });
    Ok(tenant.store.jobs_note(connection, digest, &recurring.collect::<Vec<_>>()).await?)
}

/// Returns what is due by `now`, the longest overdue first. `busy` reports whether this process already runs a piece.
pub(crate) async fn due(
    tenant: &Tenant,
    now: Timestamp,
    busy: &(dyn Fn(&Due) -> bool + Sync),
) -> Result<Vec<Due>, Error> {
    let DueNow { wakes, requests, jobs, look_ups, prune } = tenant.store.due(now, now.plus_ms(-LOST_MS)).await?;
    let mut due: Vec<Due> = requests.into_iter().map(Due::Request).collect();
    for wake in wakes {
        let one = Due::Wake(wake);
        let Due::Wake(wake) = &one else { continue };
        if !busy(&one) && !claim::is_claimed(tenant, &job_of(wake)).await {
            due.push(one);
        }
    }
    for schedule in jobs {
        let one = Due::Job(schedule);
        let Due::Job(schedule) = &one else { continue };
        // A taken job is lost only if its claim is free.
        if schedule.taken_at.is_some()
            && (busy(&one) || claim::is_claimed(tenant, &Claim::Sync(schedule.sync.clone())).await)
        {
            continue;
        }
        due.push(one);
    }
    // A job of the sync looks up its uncertain writes itself.
    let has_job = |sync: &SyncName| due.iter().any(|one| matches!(one, Due::Job(job) if job.sync == *sync));
    let alone = look_ups.into_iter().filter(|(sync, _)| !has_job(sync));
    let alone: Vec<Due> = alone.map(|(sync, since)| Due::LookUp(sync, since)).collect();
    due.extend(alone);
    due.extend(prune.map(Due::Prune));
    due.retain(|one| !busy(one));
    due.sort_by_key(Due::at);
    Ok(due)
}

/// Takes and runs one piece of due work; `None` when another process took it first.
pub(crate) async fn do_due(tenant: &Tenant, due: Due) -> Result<Option<JobReport>, Error> {
    match due {
        Due::Request(request) => requests::do_request(tenant, &request).await,
        Due::Job(schedule) => do_job(tenant, &schedule).await,
        Due::Wake(wake) => do_wake(tenant, &wake).await,
        Due::LookUp(sync, _) => overdue::do_look_up(tenant, &sync).await,
        Due::Prune(due) => do_prune(tenant, due).await,
    }
}

async fn do_job(tenant: &Tenant, schedule: &Schedule) -> Result<Option<JobReport>, Error> {
    let began = tenant.parts.clock.now();
    if !tenant.store.schedule_take(schedule, began, schedule.next_slot(began)).await? {
        return Ok(None);
    }
    let went = match schedule.job {
        Job::Sync => tenant.run(&schedule.sync, &NoProgress).await,
        Job::Alerts => tenant.alerts_run(&schedule.sync, &NoProgress).await,
    };
    let now = tenant.parts.clock.now();
    let (outcome, message) = outcome_of(&went);
    let again = schedule.failures + 1;
    let (failures, retry) = match (outcome, &went) {
        (JobOutcome::Stopped, _) => (schedule.failures, Some(now)),
        (JobOutcome::Done, _) => (0, None),
        (JobOutcome::Failed, Err(Error::Vendor { failure, .. })) if !failure.is_passing() => {
            (again, Some(now.plus_ms(HOPELESS_MS)))
        }
        (JobOutcome::Skipped | JobOutcome::Failed, _) => (again, Some(retry_at(again, now))),
        // A monthly run that read nothing would otherwise be due a month later.
        (JobOutcome::Partial, _) => (again, Some(rest_at(again, now))),
    };
    if matches!(outcome, JobOutcome::Done | JobOutcome::Partial) {
        // The sync may have been removed meanwhile.
        if let Ok(sync) = tenant.sync(&schedule.sync).await {
            schedules::note_sound(tenant, &[&sync.source, &sync.target], began).await;
        }
    }
    let key = (&schedule.sync, schedule.job);
    let next = tenant.store.schedule_done(key, began, failures, &message, retry).await?;
    Ok(Some(JobReport {
        tenant: tenant.name.to_string(),
        job: schedule.job.as_str().to_owned(),
        of: schedule.sync.to_string(),
        began_at: began.to_string(),
        took_ms: now.since_ms(began),
        outcome,
        message,
        failures,
        next_at: next.map(|at| at.to_string()),
    }))
}

/// Runs a connector's job: it reads, stores what it needs, and may ask for another wake-up.
async fn do_wake(tenant: &Tenant, wake: &Wakeup) -> Result<Option<JobReport>, Error> {
    // The wake-up stays due while another process runs the same job.
    let (claimed, _lease) = match claim::claimed(tenant, &job_of(wake)).await {
        Err(Error::Busy { .. }) => return Ok(None),
        claimed => claimed?,
    };
    let began = claimed.parts.clock.now();
    // A connector in quarantine waits, whatever it requested.
    if wake.every_ms.is_none() && claimed.store.wake_counted(&wake.connection, &wake.job, began).await? {
        let (connection, job) = (&wake.connection, &wake.job);
        tracing::error!(%connection, job, "it asks to be called again all the time and is in quarantine");
        return Ok(None);
    }
    // Taken before it runs, so that a job that kills the process does not run for ever.
    let next = wake.every_ms.map(|every| next_slot(wake.due_at, every, began));
    if !claimed.store.wake_take(wake, next).await? {
        return Ok(None);
    }
    let went = tokio::select! {
        went = call_job(&claimed, wake) => went,
        () = claimed.parts.stop.stopped() => Err(Error::Stopped),
    };
    let (outcome, message) = match went {
        Ok(signals) => {
            schedules::note_sound(&claimed, &[&wake.connection], began).await;
            (JobOutcome::Done, said!("job-signalled", count = signals))
        }
        Err(error @ Error::Stopped) => {
            claimed.store.wake_insert(&wake.connection, &wake.job, &wake.payload, began).await?;
            (JobOutcome::Stopped, error.said())
        }
        Err(error) => (JobOutcome::Failed, in_words(&error)),
    };
    Ok(Some(JobReport {
        tenant: claimed.name.to_string(),
        job: wake.job.clone(),
        of: wake.connection.to_string(),
        began_at: began.to_string(),
        took_ms: claimed.parts.clock.now().since_ms(began),
        failures: u32::from(outcome == JobOutcome::Failed),
        outcome,
        message,
        next_at: next.map(|at| at.to_string()),
    }))
}

/// Prunes once a day: taken before it runs, so that a stopped or failed pruning is due the next day.
async fn do_prune(tenant: &Tenant, due: Timestamp) -> Result<Option<JobReport>, Error> {
    let began = tenant.parts.clock.now();
    let Some(next) = tenant.store.prune_take(due, began).await? else { return Ok(None) };
    let (outcome, message) = match tenant.prune(false, false).await {
        Err(error @ Error::Invalid { .. }) => (JobOutcome::Skipped, in_words(&error)),
        Ok(report) => (JobOutcome::Done, report.words()),
        Err(error @ Error::Stopped) => (JobOutcome::Stopped, error.said()),
        Err(error) => (JobOutcome::Failed, in_words(&error)),
    };
    Ok(Some(JobReport {
        tenant: tenant.name.to_string(),
        job: "prune".to_owned(),
        of: tenant.name.to_string(),
        began_at: began.to_string(),
        took_ms: tenant.parts.clock.now().since_ms(began),
        failures: u32::from(outcome == JobOutcome::Failed),
        outcome,
        message,
        next_at: Some(next.to_string()),
    }))
}

async fn call_job(tenant: &Tenant, wake: &Wakeup) -> Result<usize, Error> {
    // Without a batch there is no change to write for.
    let context = CallContext { mode: Mode::Apply, scratch: Arc::default() };
    let opened = opened::open(tenant, &wake.connection).await?;
    // Before an account is known, no links exist that the job's data could be mixed up with.
    if opened.account.is_some()
        && let Err(error) = accounts::identify(tenant, &opened).await
    {
        if wake.every_ms.is_none() && !matches!(error, Error::Stopped) {
            let later = tenant.parts.clock.now().plus_ms(UNKNOWN_MS);
            tenant.store.wake_insert(&wake.connection, &wake.job, &wake.payload, later).await?;
        }
        return Err(error);
    }
    let signals = opened.connector.run_job(&context, &wake.job, &wake.payload).await;
    Ok(signals.map_err(|failure| opened.failed(failure))?.len())
}

/// Stores a schedule unless it is the `same` as the known one; `make` receives the last begin, if any, and the time
/// zone.
async fn schedule_change(
    tenant: &Tenant,
    sync: &SyncName,
    job: Job,
    same: impl Fn(&Schedule) -> bool,
    make: impl FnOnce(Option<Timestamp>, &str) -> Schedule,
) -> Result<(), Error> {
    let rules = tenant.sync(sync).await?.rules;
    if job == Job::Alerts && !rules.kinds.contains_key(&Kind::Alert) {
        return Err(Error::invalid(said!("run-no-alerts", sync), said!("job-hint-alerts")));
    }
    let known = tenant.schedule_list().await?;
    let known = known.iter().find(|known| known.sync == *sync && known.job == job);
    if known.is_some_and(same) {
        return Ok(());
    }
    Ok(tenant.store.schedule_put(&make(known.and_then(|known| known.last_at), &rules.time_zone)).await?)
}

/// Milliseconds until a job is tried again whose failure time alone does not heal (a login that was withdrawn), where
/// its next slot is further away.
const HOPELESS_MS: i64 = 24 * 3_600_000;
/// Milliseconds until a job that its connector requested is due again, where its account was not known.
const UNKNOWN_MS: i64 = 10 * 60_000;
/// Default interval of usage: a day, in minutes.
const DAY_MINUTES: u32 = 24 * 60;
/// Longest interval: 31 days, in minutes.
const MINUTES_MAX: u32 = 31 * 24 * 60;

/// Outcome and message of a run.
pub(crate) fn outcome_of(went: &Result<RunReport, Error>) -> (JobOutcome, Said) {
    let report = match went {
        Ok(report) => report,
        Err(Error::Busy { message, .. }) => return (JobOutcome::Skipped, message.clone()),
        Err(error @ Error::Stopped) => return (JobOutcome::Stopped, error.said()),
        Err(error) => return (JobOutcome::Failed, in_words(error)),
    };
    let plan = &report.plan.plan;
    let sum = |pick: fn(&crosswalk_model::plan::PlanTotal) -> u32| plan.totals.iter().map(pick).sum::<u32>();
    let (planned, held) = (sum(|total| total.changes), sum(|total| total.held));
    let Some(applied) = &report.applied else {
        let waiting = match (planned, planned - held, held) {
            (0, ..) => said!("job-nothing-to-do"),
            (_, 0, held) => said!("job-plan-held", plan = plan.id, held),
            (_, free, 0) => said!("job-plan-waits", plan = plan.id, count = free),
            (_, free, held) => said!("job-plan-waits-and-held", plan = plan.id, count = free, held),
        };
        let complaint = report.plan.complaints.first().cloned();
        let outcome = if complaint.is_some() { JobOutcome::Partial } else { JobOutcome::Done };
        return (outcome, Said::several([waiting].into_iter().chain(complaint)));
    };
    outcome_of_applied(applied)
}

/// Outcome and message of applying.
pub(crate) fn outcome_of_applied(applied: &ApplyReport) -> (JobOutcome, Said) {
    let (run, counts) = (&applied.run, &applied.run.counts);
    let counted = [
        (counts.failed, said!("job-failed", count = counts.failed)),
        (counts.stale, said!("job-stale", count = counts.stale)),
        (counts.uncertain, said!("job-uncertain", count = counts.uncertain)),
        (counts.held, said!("job-held", count = counts.held)),
    ];
    let counted = counted.into_iter().filter(|(number, _)| *number > 0).map(|(_, told)| told);
    let counts = Arg::list([said!("job-done", count = counts.done)].into_iter().chain(counted));
    let message = Said::several([said!("job-run", run = run.id, counts), run.message.clone()]);
    let outcome = match run.status {
        _ if run.was_stopped() => JobOutcome::Stopped,
        RunStatus::Failed => JobOutcome::Failed,
        RunStatus::Partial => JobOutcome::Partial,
        _ => JobOutcome::Done,
    };
    (outcome, message)
}

fn job_of(wake: &Wakeup) -> Claim {
    Claim::Job { connection: wake.connection.clone(), job: wake.job.clone() }
}
