//! Repair after a wrong clock. One run with the clock ten years ahead would otherwise stop everything for ten years:
//! slots, wake-ups, rests and pauses would never be reached, and records would never be old.
//!
//! The clock is noted as it advances. If it has gone back, every stored time that lies further ahead than its kind can
//! ever be set is reset to what it would be now. A leap in either direction is remembered: until the clock has advanced
//! for a week since, nothing is deleted for its age without a person's word. Times that only record when something
//! happened are left in the journal, in plans and in runs as they were written.

use super::rows::{collect, first, time_or_none, word};
use super::schedules::{SELECT, read};
use super::{Store, StoreError};
use crate::boxed;
use crosswalk_model::{Recurrence, Schedule, TenantName, Timestamp};
use rusqlite::{Connection, params};

/// Interval at which the clock is noted, in milliseconds.
const NOTED_MS: i64 = 60_000;
/// A step back up to this is ignored, as clocks are corrected by that much all the time.
const BACK_MS: i64 = 5_000;
/// A step of the clock beyond this between two notes is a leap. The clock must also advance for this time after one.
const LEAP_MS: i64 = 7 * 24 * 3_600_000;
/// The longest time by which a job of a sync may be due later than its interval.
const JITTER_MS: i64 = 5 * 60_000;
/// Distance by which a slot of the calendar may lie behind the next, because a change of the time zone keeps its day.
const DAY_MS: i64 = 24 * 3_600_000;
/// The longest rest of a connection.
const REST_MAX_MS: i64 = super::health::REST_MAX_MS;
/// The longest pause of a wake-up whose own is unknown.
const WAKE_MAX_MS: i64 = 31 * DAY_MS;

/// Changes of the clock since it was last noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockStep {
    /// The time that was noted.
    pub before: Timestamp,
    /// The stored times that were reset, by what they belong to; empty if the clock only advanced.
    pub taken_back: Vec<(&'static str, u64)>,
}

impl Store {
    /// Notes the time of the clock. Returns what was done if it went back or leapt.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn clock_note(&self, now: Timestamp) -> Result<Option<ClockStep>, StoreError> {
        let known = self.read(seen).await?;
        if known.is_some_and(|(at, _)| (-BACK_MS..NOTED_MS).contains(&now.since_ms(at))) {
            return Ok(None);
        }
        self.write(move |db| {
            // Another process may have noted it meanwhile. A database from before the clock was noted has its runs.
            let (before, steady_since) = match seen(db)? {
                Some(known) => known,
                None => {
                    let mut select = db.prepare_cached("SELECT max(started_at) FROM runs")?;
                    let last = first(select.query([])?, |row| time_or_none(row, 0))?.flatten();
                    (last.unwrap_or(now), Timestamp(0))
                }
            };
            let step = now.since_ms(before);
            let leapt = !(-LEAP_MS..=LEAP_MS).contains(&step);
            // The part of the week that lies ahead of the clock has not passed.
            let steady_since = if leapt { now } else { steady_since.min(now) };
            db.prepare_cached("UPDATE instance SET seen_at = ?1, steady_since = ?2 WHERE id = 1")?
                .execute([now.0, steady_since.0])?;
            let taken_back = if step < 0 { take_back(db, now)? } else { Vec::new() };
            Ok((leapt || !taken_back.is_empty()).then_some(ClockStep { before, taken_back }))
        })
        .await
    }

    /// Returns the time since which the clock has not advanced for a week without a leap; `None` if it has.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn clock_doubted(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let known = self.read(seen).await?;
        let since = known.map(|(_, steady_since)| steady_since);
        Ok(since.filter(|since| since.0 > 0 && !(LEAP_MS..).contains(&now.since_ms(*since))))
    }

    /// Stores a person's word that the clock is right.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn clock_trust(&self) -> Result<(), StoreError> {
        self.write(|db| {
            db.prepare_cached("UPDATE instance SET steady_since = 0 WHERE id = 1")?.execute([])?;
            Ok(())
        })
        .await
    }
}

/// The last noted time, and the time since which the clock has advanced without a leap.
fn seen(db: &Connection) -> Result<Option<(Timestamp, Timestamp)>, StoreError> {
    let mut select = db.prepare_cached("SELECT seen_at, steady_since FROM instance WHERE id = 1")?;
    let both = first(select.query([])?, |row| Ok((time_or_none(row, 0)?, time_or_none(row, 1)?)))?;
    Ok(both.and_then(|(seen, steady)| Some((seen?, steady.unwrap_or_default()))))
}

/// The statements, each with what its rows are. `?1` is now.
fn statements() -> [(&'static str, String); 14] {
    let rest = format!("?1 + min({} * (1 << min(max(crashes, 1) - 1, 20)), {REST_MAX_MS})", super::health::REST_MS);
    [
        (
            "wake-ups",
            format!(
                "UPDATE wakeups SET due_at = ?1 WHERE due_at > ?1 + \
                 max(coalesce(every_ms + {JITTER_MS}, asked_ms, {WAKE_MAX_MS}), {REST_MAX_MS})"
            ),
        ),
        (
            "requests",
            // As long after now as they were after they were made, and free for whoever works.
            "UPDATE requests SET due_at = ?1 + due_at - asked_at, asked_at = ?1, taken_at = NULL \
             WHERE asked_at > ?1 OR taken_at > ?1"
                .to_owned(),
        ),
        ("rests", format!("UPDATE connections SET rests_until = {rest} WHERE rests_until > {rest}")),
        ("crashes", "UPDATE connections SET crashed_at = ?1 WHERE crashed_at > ?1".to_owned()),
        ("counts of wake-ups", "UPDATE connections SET woken = 0, woken_from = 0 WHERE woken_from > ?1".to_owned()),
        ("prunings", "UPDATE tenants SET pruned_at = ?1 WHERE pruned_at > ?1".to_owned()),
        ("tenants", "UPDATE tenants SET added_at = ?1 WHERE added_at > ?1".to_owned()),
        (
            "records",
            // Neither seen just now, nor so long ago that they are old.
            "UPDATE records SET seen_at = CASE WHEN seen_at > ?1 THEN ?1 - 3600000 ELSE seen_at END, gone_at = min(gone_at, ?1), first_at = min(first_at, ?1) \
             WHERE seen_at > ?1 OR gone_at > ?1 OR first_at > ?1"
                .to_owned(),
        ),
        (
            "reads",
            // Their beginning is unknown, so everything is asked for as changed since then.
            "UPDATE reads SET started_at = CASE WHEN started_at > ?1 THEN 0 ELSE started_at END, ended_at = min(ended_at, ?1) \
             WHERE started_at > ?1 OR ended_at > ?1"
                .to_owned(),
        ),
        (
            "links",
            "UPDATE links SET decided_at = min(decided_at, ?1), missing_since = min(missing_since, ?1), \
             volatile_at = CASE WHEN volatile_at > ?1 THEN NULL ELSE volatile_at END \
             WHERE decided_at > ?1 OR missing_since > ?1 OR volatile_at > ?1"
                .to_owned(),
        ),
        ("uncertain writes", "UPDATE doubts SET since_at = ?1, due_at = ?1 WHERE since_at > ?1".to_owned()),
        ("intents", "UPDATE batches SET intended_at = ?1 WHERE intended_at > ?1".to_owned()),
        (
            "counts",
            "UPDATE OR REPLACE counts SET first_at = min(first_at, ?1), last_at = ?1 WHERE last_at > ?1".to_owned(),
        ),
        ("refusals", "DELETE FROM refusals WHERE at > ?1".to_owned()),
    ]
}

fn take_back(db: &Connection, now: Timestamp) -> Result<Vec<(&'static str, u64)>, StoreError> {
    let mut all = vec![("schedules", schedules(db, now)?)];
    for (what, sql) in statements() {
        all.push((what, db.prepare(&sql)?.execute([now.0])? as u64));
    }
    all.retain(|(_, rows)| *rows > 0);
    Ok(all)
}

/// Resets slots that are further away than one interval, or one step of the calendar.
fn schedules(db: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    let mut changed = 0;
    let tenants: Vec<(i64, TenantName)> =
        collect(db.prepare("SELECT id, name FROM tenants")?.query([])?, |row| Ok((row.get(0)?, word(row, 1)?)))?;
    for (tenant, name) in tenants {
        let sql = format!("{SELECT} WHERE s.tenant = ?1 AND max(s.slot_at, s.due_at) > ?2");
        for known in collect(db.prepare(&sql)?.query([tenant, now.0])?, read)? {
            let Some(next) = nearer(&name, &known, now) else { continue };
            db.prepare_cached(
                "UPDATE schedules SET slot_at = ?4, due_at = min(due_at, ?4) \
                 WHERE tenant = ?1 AND sync = (SELECT id FROM syncs WHERE tenant = ?1 AND name = ?2) AND job = ?3",
            )?
            .execute(params![tenant, known.sync.as_str(), known.job.as_str(), next.0])?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// The slot that a job should have now, if the stored one lies too far ahead.
fn nearer(tenant: &TenantName, known: &Schedule, now: Timestamp) -> Option<Timestamp> {
    let anew = known.of_another(tenant, &known.sync, now).slot_at;
    let latest = match &known.recurs {
        Recurrence::Interval(every_ms) => now.plus_ms(every_ms + JITTER_MS),
        Recurrence::Calendar { .. } => anew.plus_ms(DAY_MS),
    };
    (known.slot_at > latest).then_some(anew)
}
