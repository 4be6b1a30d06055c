//! What is due, and doing one thing of it: a job of a sync, a look-up of its uncertain writes (`overdue`), a wake-up
//! of a connector, whether it asked for it or its manifest lets the job recur, or the daily pruning.
//!
//! What is due is a fact in the store; nobody gives hints. A thing is taken in the store
//! before it is done, so that several processes may look at once and each is done by one.
//! A slot whose sync somebody works on is skipped and told; slots missed while nobody
//! looked are one. What was skipped, failed or got only a part is tried again long before
//! the next slot, later and later; a failure that time alone does not heal once a day. What
//! was stopped is due again at once. The loop that looks is `worker`.

use super::overdue;
use super::report::{JobOutcome, JobReport, LOST_MS, in_words};
use crate::boxed;
use crate::error::Error;
use crate::ground::engine::Engine;
use crate::ground::progress::NoProgress;
use crate::ground::tenant::Tenant;
use crate::ground::{accounts, claim, opened, plugins, schedules};
use crate::run::report::RunReport;
use crosswalk_model::schedule::{first_slot, next_slot, rest_at, retry_at};
use crosswalk_model::{
    Calendar, ConnectionName, Job, Kind, Manifest, Mode, Recurrence, RunStatus, Schedule, SyncName, TenantName,
    Timestamp,
};
use crosswalk_runtime::CallContext;
use crosswalk_store::{Claim, DueNow, Recurring, Wakeup};
use std::sync::Arc;

/// One thing that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    Job(Schedule),
    Wake(Wakeup),
    /// The look-up of a sync's uncertain writes, since then.
    LookUp(SyncName, Timestamp),
    /// Pruning, since then.
    Prune(Timestamp),
}

impl Due {
    /// Since when.
    pub(crate) fn at(&self) -> Timestamp {
        match self {
            Due::Job(schedule) => schedule.due_at,
            Due::Wake(wake) => wake.due_at,
            Due::LookUp(_, due_at) | Due::Prune(due_at) => *due_at,
        }
    }

    /// Whether it failed the last time it was tried.
    pub(crate) fn failed(&self) -> bool {
        matches!(self, Due::Job(schedule) if schedule.failures > 0)
    }

    /// What tells it from everything else of its tenant.
    pub(crate) fn key(&self) -> String {
        match self {
            // Two jobs of one sync would only find each other's claim.
            Due::Job(schedule) => format!("sync {}", schedule.sync),
            Due::LookUp(sync, _) => format!("sync {sync}"),
            // A job goes on from where its last wake-up left it.
            Due::Wake(wake) => format!("job {} {}", wake.connection, wake.job),
            Due::Prune(_) => "prune".to_owned(),
        }
    }
}

/// Notes which jobs recur by the manifests of connections in use, where that is not known yet.
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
    /// Lets a job of a sync recur every so many minutes, or no more.
    ///
    /// # Errors
    /// No such sync; the interval is out of range.
    #[boxed]
    pub async fn schedule_set(&self, sync: &SyncName, job: Job, minutes: Option<u32>) -> Result<(), Error> {
        let Some(minutes) = minutes else {
            self.sync(sync).await?;
            return Ok(self.store.schedule_remove(sync, job).await?);
        };
        if !(1..=MINUTES_MAX).contains(&minutes) {
            return Err(Error::invalid(
                format!("every {minutes} minutes is no interval"),
                format!("use 1 to {MINUTES_MAX} minutes, or `never`"),
            ));
        }
        let same = |known: &Schedule| known.minutes() == Some(i64::from(minutes));
        schedule_change(self, sync, job, same, |last, _| {
            let now = self.parts.clock.now();
            Schedule::new(&self.name, sync, job, minutes, now, last.filter(|last| *last <= now))
        })
        .await
    }

    /// Lets a job of a sync recur by the calendar, as the sync's time zone tells it.
    ///
    /// # Errors
    /// No such sync.
    #[boxed]
    pub async fn schedule_by(&self, sync: &SyncName, job: Job, calendar: Calendar) -> Result<(), Error> {
        let same =
            |known: &Schedule| matches!(known.recurs, Recurrence::Calendar { calendar: own, .. } if own == calendar);
        schedule_change(self, sync, job, same, |last, zone| {
            Schedule::by_calendar(&self.name, sync, job, (calendar, zone), self.parts.clock.now(), last)
        })
        .await
    }

    /// Lets a sync recur as is usual for what takes part in it: with usage once a day, as vendors
    /// count by the day; any other waits for somebody to say. Tells whether it does.
    ///
    /// # Errors
    /// No such sync.
    #[boxed]
    pub async fn schedule_usual(&self, sync: &SyncName) -> Result<bool, Error> {
        let usage = self.sync(sync).await?.rules.kinds.contains_key(&Kind::Usage);
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

/// What is due by `now`, the longest overdue first. `busy` tells what this process is at.
pub(crate) async fn due(
    tenant: &Tenant,
    now: Timestamp,
    busy: &(dyn Fn(&Due) -> bool + Sync),
) -> Result<Vec<Due>, Error> {
    let DueNow { wakes, jobs, look_ups, prune } = tenant.store.due(now, now.plus_ms(-LOST_MS)).await?;
    let mut due = Vec::new();
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
        // Somebody has it. Its claim tells whether they live.
        if schedule.taken_at.is_some()
            && (busy(&one) || claim::is_claimed(tenant, &Claim::Sync(schedule.sync.clone())).await)
        {
            continue;
        }
        due.push(one);
    }
    // A job of the sync looks them up itself.
    let has_job = |sync: &SyncName| due.iter().any(|one| matches!(one, Due::Job(job) if job.sync == *sync));
    let alone = look_ups.into_iter().filter(|(sync, _)| !has_job(sync));
    let alone: Vec<Due> = alone.map(|(sync, since)| Due::LookUp(sync, since)).collect();
    due.extend(alone);
    due.extend(prune.map(Due::Prune));
    due.retain(|one| !busy(one));
    due.sort_by_key(Due::at);
    Ok(due)
}

/// Takes one thing and does it; none when another process took it first.
pub(crate) async fn do_due(tenant: &Tenant, due: Due) -> Result<Option<JobReport>, Error> {
    match due {
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
    let (outcome, message) = told(&went);
    let again = schedule.failures + 1;
    let (failures, retry) = match (outcome, &went) {
        (JobOutcome::Stopped, _) => (schedule.failures, Some(now)),
        (JobOutcome::Done, _) => (0, None),
        (JobOutcome::Failed, Err(Error::Vendor { failure, .. })) if !failure.is_passing() => {
            (again, Some(now.plus_ms(HOPELESS_MS)))
        }
        (JobOutcome::Skipped | JobOutcome::Failed, _) => (again, Some(retry_at(again, now))),
        // A monthly run that got nothing would else be next due in a month.
        (JobOutcome::Partial, _) => (again, Some(rest_at(again, now))),
    };
    if matches!(outcome, JobOutcome::Done | JobOutcome::Partial) {
        // Somebody may have removed it meanwhile.
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

/// A job reads, keeps what it needs, and may ask to be woken again.
async fn do_wake(tenant: &Tenant, wake: &Wakeup) -> Result<Option<JobReport>, Error> {
    // It stays due while another process is at the same job.
    let Ok((claimed, _lease)) = claim::claimed(tenant, &job_of(wake)).await else { return Ok(None) };
    let began = claimed.parts.clock.now();
    // In quarantine it waits, whatever it asked for.
    if wake.every_ms.is_none() && claimed.store.wake_counted(&wake.connection, &wake.job, began).await? {
        let (connection, job) = (&wake.connection, &wake.job);
        tracing::error!(%connection, job, "it asks to be called again all the time and is in quarantine");
        return Ok(None);
    }
    // Taken first: a job that kills the process is not run for ever.
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
            (JobOutcome::Done, format!("{signals} signalled"))
        }
        Err(error @ Error::Stopped) => {
            claimed.store.wake_insert(&wake.connection, &wake.job, &wake.payload, began).await?;
            (JobOutcome::Stopped, error.to_string())
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

/// Once a day: taken first, so that what stops or fails goes the next day.
async fn do_prune(tenant: &Tenant, due: Timestamp) -> Result<Option<JobReport>, Error> {
    let began = tenant.parts.clock.now();
    let Some(next) = tenant.store.prune_take(due, began).await? else { return Ok(None) };
    let (outcome, message) = match tenant.prune(false, false).await {
        Err(error @ Error::Invalid { .. }) => (JobOutcome::Skipped, in_words(&error)),
        Ok(report) => (JobOutcome::Done, report.words()),
        Err(error @ Error::Stopped) => (JobOutcome::Stopped, error.to_string()),
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
    // With no batch there is no change to write for.
    let context = CallContext { mode: Mode::Apply, scratch: Arc::default() };
    let opened = opened::open(tenant, &wake.connection).await?;
    // Before an account is known, nothing is linked that what the job keeps could be mixed up with.
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

/// Stores what recurs in another way than is known; `make` gets when it was begun last, and the zone.
async fn schedule_change(
    tenant: &Tenant,
    sync: &SyncName,
    job: Job,
    same: impl Fn(&Schedule) -> bool,
    make: impl FnOnce(Option<Timestamp>, &str) -> Schedule,
) -> Result<(), Error> {
    let rules = tenant.sync(sync).await?.rules;
    if job == Job::Alerts && !rules.kinds.contains_key(&Kind::Alert) {
        return Err(Error::invalid(
            format!("alerts take no part in the sync `{sync}`"),
            "take `alert` into its `--kinds`",
        ));
    }
    let known = tenant.schedule_list().await?;
    let known = known.iter().find(|known| known.sync == *sync && known.job == job);
    if known.is_some_and(same) {
        return Ok(());
    }
    Ok(tenant.store.schedule_put(&make(known.and_then(|known| known.last_at), &rules.time_zone)).await?)
}

/// After this long a job is tried again whose failure time alone does not heal (a login that was
/// withdrawn), where its next slot is further away.
const HOPELESS_MS: i64 = 24 * 3_600_000;
/// After this long a job that its connector asked for is due again, where it was not known whose account it would
/// read.
const UNKNOWN_MS: i64 = 10 * 60_000;
/// How often usage goes out by itself where nobody said.
const DAY_MINUTES: u32 = 24 * 60;
/// The longest interval: 31 days.
const MINUTES_MAX: u32 = 31 * 24 * 60;

/// How a run went, in a word and in words.
fn told(went: &Result<RunReport, Error>) -> (JobOutcome, String) {
    let report = match went {
        Ok(report) => report,
        Err(Error::Busy { message, .. }) => return (JobOutcome::Skipped, message.clone()),
        Err(error @ Error::Stopped) => return (JobOutcome::Stopped, error.to_string()),
        Err(error) => return (JobOutcome::Failed, in_words(error)),
    };
    let plan = &report.plan.plan;
    let sum = |pick: fn(&crosswalk_model::plan::PlanTotal) -> u32| plan.totals.iter().map(pick).sum::<u32>();
    let (planned, held) = (sum(|total| total.changes), sum(|total| total.held));
    let Some(applied) = &report.applied else {
        let waiting = match (planned, planned - held, held) {
            (0, ..) => "nothing to do".to_owned(),
            (_, 0, held) => format!("plan {}: {held} held", plan.id),
            (_, free, 0) => format!("plan {}: {free} wait for approval", plan.id),
            (_, free, held) => format!("plan {}: {free} wait for approval, {held} held", plan.id),
        };
        return match report.plan.complaints.first() {
            Some(complaint) => (JobOutcome::Partial, format!("{waiting}; {complaint}")),
            None => (JobOutcome::Done, waiting),
        };
    };
    let (run, counts) = (&applied.run, &applied.run.counts);
    let mut message = format!("run {}: {} done", run.id, counts.done);
    for (number, what) in
        [(counts.failed, "failed"), (counts.stale, "stale"), (counts.uncertain, "uncertain"), (counts.held, "held")]
    {
        if number > 0 {
            message.push_str(&format!(", {number} {what}"));
        }
    }
    if !run.message.is_empty() {
        message.push_str(&format!("; {}", run.message));
    }
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
