//! Schedules: recurring jobs, and which process does one now.
//!
//! A job that is due is taken before it is done, by comparing what was seen with what is stored, so that one of several
//! processes gets it. The take moves the job to its next slot, so a slot is done once. A job whose process died is
//! recognised by its old take.

use super::doubts::RECURRING;
use super::prune::EVERY_MS;
use super::requests::{self, OPEN};
use super::rows::{collect, count, first, message, said, time, time_or_none, word};
use super::syncs::sync_id;
use super::wakeups::{COUNTS, Wakeup};
use super::{Store, StoreError, TenantStore, doubts, prune, wakeups};
use crate::boxed;
use crosswalk_model::{Job, Recurrence, Request, Said, Schedule, SyncName, TenantName, Timestamp};
use rusqlite::{Connection, Row, params};

pub(super) const SELECT: &str = "SELECT y.name, s.job, s.every_ms, s.slot_at, s.due_at, s.taken_at, s.last_at, s.failures, \
     s.message, s.calendar, s.jitter_ms, coalesce(y.rules ->> '$.time-zone', 'UTC') FROM schedules s JOIN syncs y ON y.id = s.sync";

/// What is due for a tenant, each kind with the longest overdue first.
#[derive(Debug, Clone, PartialEq)]
pub struct DueNow {
    /// The due wake-ups.
    pub wakes: Vec<Wakeup>,
    /// What somebody asked for.
    pub requests: Vec<Request>,
    /// The due jobs of syncs.
    pub jobs: Vec<Schedule>,
    /// The syncs with uncertain writes to look up, and since when that is due.
    pub look_ups: Vec<(SyncName, Timestamp)>,
    /// Time since which pruning is due; `None` if it is not.
    pub prune: Option<Timestamp>,
}

impl Store {
    /// Returns the tenants with anything to do at `now`: a request, a job, a wake-up, a look-up or a pruning that is due, or a job
    /// that was taken before `lost` and not finished since.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn due_tenants(&self, now: Timestamp, lost: Timestamp) -> Result<Vec<TenantName>, StoreError> {
        self.read(move |db| {
            let sql = format!(
                "SELECT t.name FROM tenants t WHERE t.id IN ( \
                     SELECT s.tenant FROM schedules s JOIN syncs y ON y.id = s.sync \
                     WHERE NOT y.paused AND (s.due_at <= ?1 OR s.taken_at <= ?2 OR s.taken_at > ?1) \
                     UNION SELECT w.tenant FROM wakeups w WHERE w.due_at <= ?1 AND {COUNTS} \
                     UNION SELECT d.tenant FROM {RECURRING} WHERE d.due_at <= ?1 \
                     UNION SELECT q.tenant FROM {OPEN} WHERE q.due_at <= ?1 AND (q.taken_at IS NULL OR q.taken_at < ?2) \
                     UNION SELECT id FROM tenants WHERE coalesce(pruned_at, added_at) + {EVERY_MS} <= ?1) ORDER BY t.name"
            );
            collect(db.prepare_cached(&sql)?.query([now.0, lost.0])?, |row| word(row, 0))
        })
        .await
    }

    /// Returns when the next job, wake-up, look-up or pruning after `now` is due, of one tenant or of all.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn next_due(&self, now: Timestamp, tenant: Option<&TenantName>) -> Result<Option<Timestamp>, StoreError> {
        let tenant = tenant.map(|tenant| tenant.as_str().to_owned());
        self.read(move |db| {
            let sql = format!(
                "SELECT min(due_at) FROM ( \
                     SELECT s.tenant, s.due_at FROM schedules s JOIN syncs y ON y.id = s.sync WHERE NOT y.paused \
                     UNION ALL SELECT w.tenant, w.due_at FROM wakeups w WHERE {COUNTS} \
                     UNION ALL SELECT d.tenant, d.due_at FROM {RECURRING} \
                     UNION ALL SELECT q.tenant, q.due_at FROM {OPEN} WHERE q.taken_at IS NULL \
                     UNION ALL SELECT id, coalesce(pruned_at, added_at) + {EVERY_MS} FROM tenants) d \
                 WHERE d.due_at > ?1 AND (?2 IS NULL OR d.tenant = (SELECT id FROM tenants WHERE name = ?2))"
            );
            Ok(first(db.prepare_cached(&sql)?.query(params![now.0, tenant])?, |row| time_or_none(row, 0))?.flatten())
        })
        .await
    }
}

impl TenantStore {
    /// Stores the recurrence of a job of a sync and its next time. A job that is being done stays taken.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn schedule_put(&self, schedule: &Schedule) -> Result<(), StoreError> {
        let (tenant, schedule) = (self.id, schedule.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &schedule.sync)?;
            let (every_ms, calendar, jitter_ms) = match &schedule.recurs {
                Recurrence::Interval(every_ms) => (*every_ms, None, 0),
                Recurrence::Calendar { calendar, jitter_ms, .. } => (0, Some(calendar.to_string()), *jitter_ms),
            };
            db.prepare_cached(
                "INSERT INTO schedules (tenant, sync, job, every_ms, slot_at, due_at, last_at, failures, message, \
                     calendar, jitter_ms) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET \
                 every_ms = excluded.every_ms, calendar = excluded.calendar, jitter_ms = excluded.jitter_ms, slot_at = excluded.slot_at, due_at = excluded.due_at, failures = excluded.failures, message = excluded.message",
            )?
            .execute(params![
                tenant,
                sync,
                schedule.job.as_str(),
                every_ms,
                schedule.slot_at.0,
                schedule.due_at.0,
                schedule.last_at.map(|at| at.0),
                schedule.failures,
                message(&schedule.message),
                calendar,
                jitter_ms,
            ])?;
            Ok(())
        })
        .await
    }

    /// Removes the recurrence of a job of a sync. It is not an error if there is none.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn schedule_remove(&self, sync: &SyncName, job: Job) -> Result<(), StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            db.prepare_cached("DELETE FROM schedules WHERE tenant = ?1 AND sync = ?2 AND job = ?3")?
                .execute(params![tenant, sync, job.as_str()])?;
            Ok(())
        })
        .await
    }

    /// Returns all recurring jobs, by sync and job.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn schedule_list(&self) -> Result<Vec<Schedule>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let sql = format!("{SELECT} WHERE s.tenant = ?1 ORDER BY y.name, s.job DESC");
            collect(db.prepare_cached(&sql)?.query([tenant])?, read)
        })
        .await
    }

    /// Returns what is due at `now`, including jobs that were taken before `lost` and are not done.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn due(&self, now: Timestamp, lost: Timestamp) -> Result<DueNow, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            Ok(DueNow {
                wakes: wakeups::due(db, tenant, now)?,
                requests: requests::due(db, tenant, now, lost)?,
                jobs: jobs_due(db, tenant, now, lost)?,
                look_ups: doubts::due(db, tenant, now)?,
                prune: prune::due(db, tenant, now)?,
            })
        })
        .await
    }

    /// Takes a job to do it now, and moves it to its `next` slot. Returns `false` if another process took or changed it
    /// since it was seen. If the take is lost in a power failure, the job is due again.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn schedule_take(&self, seen: &Schedule, now: Timestamp, next: Timestamp) -> Result<bool, StoreError> {
        let (tenant, seen) = (self.id, seen.clone());
        self.write_lightly(move |db| {
            let sync = sync_id(db, tenant, &seen.sync)?;
            let taken = db
                .prepare_cached(
                    "UPDATE schedules SET taken_at = ?1, last_at = ?1, slot_at = ?2, due_at = ?2 \
                     WHERE tenant = ?3 AND sync = ?4 AND job = ?5 AND due_at = ?6 AND taken_at IS ?7",
                )?
                .execute(params![
                    now.0,
                    next.0,
                    tenant,
                    sync,
                    seen.job.as_str(),
                    seen.due_at.0,
                    seen.taken_at.map(|at| at.0)
                ])?;
            Ok(taken > 0)
        })
        .await
    }

    /// Moves the main job of a sync forward to a time, if it is due later.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn schedule_bring_forward(&self, sync: &SyncName, at: Timestamp) -> Result<(), StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            db.prepare_cached(
                "UPDATE schedules SET due_at = ?1 WHERE tenant = ?2 AND sync = ?3 AND job = ?4 AND due_at > ?1 \
                 AND taken_at IS NULL",
            )?
            .execute(params![at.0, tenant, sync, Job::Sync.as_str()])?;
            Ok(())
        })
        .await
    }

    /// Stores the result of a job that was taken at `taken`: the number of failures in a row, the sentence for people,
    /// and the time of the next try if that is before the next slot. Returns when the job is due next. `None` if
    /// another process has taken it since, or it recurs no more; then nothing is changed.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn schedule_done(
        &self,
        (sync, job): (&SyncName, Job),
        taken: Timestamp,
        failures: u32,
        message: &Said,
        retry: Option<Timestamp>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (tenant, sync, message) = (self.id, sync.clone(), self::message(message));
        self.write_lightly(move |db| {
            let Ok(sync) = sync_id(db, tenant, &sync) else { return Ok(None) };
            let mut update = db.prepare_cached(
                "UPDATE schedules SET taken_at = NULL, failures = ?1, message = ?2, \
                 due_at = min(slot_at, coalesce(?3, slot_at)) \
                 WHERE tenant = ?4 AND sync = ?5 AND job = ?6 AND taken_at = ?7 RETURNING due_at",
            )?;
            let row = params![failures, message, retry.map(|at| at.0), tenant, sync, job.as_str(), taken.0];
            first(update.query(row)?, |row| time(row, 0))
        })
        .await
    }
}

/// The jobs that are due at `now`, or were taken before `lost` or by a clock ahead of this one and not finished since,
/// the longest overdue first. Without those of paused syncs.
fn jobs_due(db: &Connection, tenant: i64, now: Timestamp, lost: Timestamp) -> Result<Vec<Schedule>, StoreError> {
    let sql = format!(
        "{SELECT} WHERE s.tenant = ?1 AND NOT y.paused \
         AND (s.due_at <= ?2 OR s.taken_at <= ?3 OR s.taken_at > ?2) \
         ORDER BY s.due_at, y.name, s.job DESC"
    );
    collect(db.prepare_cached(&sql)?.query([tenant, now.0, lost.0])?, read)
}

pub(super) fn read(row: &Row<'_>) -> Result<Schedule, StoreError> {
    let recurs = match row.get::<_, Option<String>>(9)? {
        None => Recurrence::Interval(row.get(2)?),
        Some(text) => Recurrence::Calendar {
            calendar: text.parse().map_err(|error: String| StoreError::unreadable("schedule", error))?,
            time_zone: row.get(11)?,
            jitter_ms: row.get(10)?,
        },
    };
    Ok(Schedule {
        sync: word(row, 0)?,
        job: word(row, 1)?,
        recurs,
        slot_at: time(row, 3)?,
        due_at: time(row, 4)?,
        taken_at: time_or_none(row, 5)?,
        last_at: time_or_none(row, 6)?,
        failures: count(row, 7)?,
        message: said(row, 8)?,
    })
}
