//! Schedules: the interval of a job of a sync or a connector, and its next time.
//!
//! The arithmetic of slots, pure: an interval or the calendar (see `recurrence`), a jitter that stays the same for a
//! job, a missed slot that is caught up once, and the pause before a failure is tried again.

use super::{Calendar, Said, SyncName, TenantName, Timestamp};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

const MINUTE_MS: i64 = 60_000;
/// The largest jitter of a job, so that not all of them begin at once.
const JITTER_MAX_MS: i64 = 5 * MINUTE_MS;
/// The same by the calendar, where a person chose the minute.
const CALENDAR_JITTER_MAX_MS: i64 = 3 * MINUTE_MS;
/// Pause before the first retry after a failure. Each further pause is twice as long …
const RETRY_MS: i64 = MINUTE_MS;
/// … up to this.
const RETRY_MAX_MS: i64 = 60 * MINUTE_MS;
/// The longest pause before an incomplete job is tried again.
const REST_MAX_MS: i64 = 24 * 60 * MINUTE_MS;

/// A job that can recur. To add one: a word here, and a line where the engine runs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    /// Plan the sync, and apply what trust and brakes allow.
    Sync,
    /// Poll the source's alerts, and create their tickets.
    Alerts,
}

impl Job {
    /// The word for people and the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Job::Sync => "sync",
            Job::Alerts => "alerts",
        }
    }
}

/// The distance between slots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recurrence {
    /// An interval in milliseconds.
    Interval(i64),
    /// By the calendar.
    Calendar {
        /// The days and the time.
        calendar: Calendar,
        /// The sync's time zone: an IANA name.
        time_zone: String,
        /// Distance by which it begins later than its slot, in milliseconds, the same for all of its slots.
        jitter_ms: i64,
    },
}

/// A recurring job of a sync.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The sync.
    pub sync: SyncName,
    /// The job.
    pub job: Job,
    /// The distance between slots.
    pub recurs: Recurrence,
    /// The next regular time, jitter included.
    pub slot_at: Timestamp,
    /// The next time: earlier than the slot if a failure is tried again.
    pub due_at: Timestamp,
    /// Time since which a process does it.
    pub taken_at: Option<Timestamp>,
    /// Time of the last beginning.
    pub last_at: Option<Timestamp>,
    /// Number of failures in a row.
    pub failures: u32,
    /// The last result.
    pub message: Said,
}

impl Schedule {
    /// A job that begins after its jitter, and no sooner than an interval after its last beginning.
    #[must_use]
    pub fn new(
        tenant: &TenantName,
        sync: &SyncName,
        job: Job,
        minutes: u32,
        now: Timestamp,
        last: Option<Timestamp>,
    ) -> Self {
        let (every_ms, soon) = first_slot(tenant, sync.as_str(), job.as_str(), minutes, now);
        let slot_at = last.map_or(soon, |last| soon.max(last.plus_ms(every_ms)));
        Self::first(sync, job, Recurrence::Interval(every_ms), slot_at, last)
    }

    /// A job that is done at each slot of the calendar from `now` on, never before it and at most a few minutes later.
    #[must_use]
    pub fn by_calendar(
        tenant: &TenantName,
        sync: &SyncName,
        job: Job,
        (calendar, time_zone): (Calendar, &str),
        now: Timestamp,
        last: Option<Timestamp>,
    ) -> Self {
        let jitter_ms = jitter_ms(tenant, sync.as_str(), job.as_str(), CALENDAR_JITTER_MAX_MS);
        let slot_at = calendar.next(&zone(time_zone), now).plus_ms(jitter_ms);
        let recurs = Recurrence::Calendar { calendar, time_zone: time_zone.to_owned(), jitter_ms };
        Self::first(sync, job, recurs, slot_at, last)
    }

    /// Returns the same schedule for another sync, as if the job was never done.
    #[must_use]
    pub fn of_another(&self, tenant: &TenantName, sync: &SyncName, now: Timestamp) -> Self {
        match &self.recurs {
            Recurrence::Interval(every_ms) => {
                let minutes = u32::try_from(every_ms / MINUTE_MS).unwrap_or(u32::MAX);
                Self::new(tenant, sync, self.job, minutes, now, None)
            }
            Recurrence::Calendar { calendar, time_zone, .. } => {
                Self::by_calendar(tenant, sync, self.job, (*calendar, time_zone), now, None)
            }
        }
    }

    fn first(sync: &SyncName, job: Job, recurs: Recurrence, slot_at: Timestamp, last: Option<Timestamp>) -> Self {
        Self {
            sync: sync.clone(),
            job,
            recurs,
            slot_at,
            due_at: slot_at,
            taken_at: None,
            last_at: last,
            failures: 0,
            message: Said::default(),
        }
    }

    /// Returns the interval in minutes; `None` by the calendar.
    #[must_use]
    pub fn minutes(&self) -> Option<i64> {
        match self.recurs {
            Recurrence::Interval(every_ms) => Some(every_ms / MINUTE_MS),
            Recurrence::Calendar { .. } => None,
        }
    }

    /// Moves a schedule by the calendar to another zone, where its next slot keeps its day. `None` for an interval.
    #[must_use]
    pub fn in_zone(mut self, other: &str) -> Option<Self> {
        let Recurrence::Calendar { calendar, time_zone, jitter_ms } = &mut self.recurs else { return None };
        let slot = calendar.moved(self.slot_at.plus_ms(-*jitter_ms), &zone(time_zone), &zone(other));
        self.slot_at = slot.plus_ms(*jitter_ms);
        self.due_at = if self.failures > 0 { self.due_at.min(self.slot_at) } else { self.slot_at };
        other.clone_into(time_zone);
        Some(self)
    }

    /// Returns the first slot after `now`. Several missed slots are done once.
    #[must_use]
    pub fn next_slot(&self, now: Timestamp) -> Timestamp {
        match &self.recurs {
            Recurrence::Interval(every_ms) => next_slot(self.slot_at, *every_ms, now),
            _ if now < self.slot_at => self.slot_at,
            Recurrence::Calendar { calendar, time_zone, jitter_ms } => {
                calendar.next(&zone(time_zone), now.plus_ms(-jitter_ms)).plus_ms(*jitter_ms)
            }
        }
    }
}

/// Returns a zone by its name. The engine accepts only names that exist. If a newer list of zones drops one, its syncs
/// continue by UTC.
fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// Returns the interval in milliseconds, and the first slot of a job that recurs every `minutes` from `now` on. `of` is
/// the sync or the connection of the job.
#[must_use]
pub fn first_slot(tenant: &TenantName, of: &str, job: &str, minutes: u32, now: Timestamp) -> (i64, Timestamp) {
    let every_ms = i64::from(minutes.max(1)) * MINUTE_MS;
    (every_ms, now.plus_ms(jitter_ms(tenant, of, job, (every_ms / 10).min(JITTER_MAX_MS))))
}

/// Returns the first slot after `now`, given one slot.
#[must_use]
pub fn next_slot(slot_at: Timestamp, every_ms: i64, now: Timestamp) -> Timestamp {
    let behind = now.since_ms(slot_at);
    if behind < 0 {
        return slot_at;
    }
    slot_at.plus_ms((behind / every_ms + 1) * every_ms)
}

/// Returns when a job is tried again after this number of failures in a row, regardless of its next slot.
#[must_use]
pub fn retry_at(failures: u32, now: Timestamp) -> Timestamp {
    now.plus_ms(pause_ms(failures, RETRY_MAX_MS))
}

/// Returns when a job is tried again that was incomplete this number of times in a row, regardless of its next slot.
/// The pause grows to a day, as what is missing may stay missing.
#[must_use]
pub fn rest_at(times: u32, now: Timestamp) -> Timestamp {
    now.plus_ms(pause_ms(times, REST_MAX_MS))
}

fn pause_ms(times: u32, most_ms: i64) -> i64 {
    RETRY_MS.saturating_mul(1 << times.saturating_sub(1).min(20)).min(most_ms)
}

/// A pause up to `most_ms`, the same for a job at every time and place.
fn jitter_ms(tenant: &TenantName, of: &str, job: &str, most_ms: i64) -> i64 {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{tenant}\n{of}\n{job}"));
    let draw = digest.iter().take(4).fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
    draw % (most_ms + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    fn every(minutes: u32) -> Schedule {
        Schedule::new(&name("msp"), &name("s"), Job::Sync, minutes, NOW, None)
    }

    #[test]
    fn jitter_is_kept_differs_between_syncs_and_has_a_limit() {
        for minutes in [1, 5, 60, 24 * 60, 31 * 24 * 60] {
            let own = i64::from(minutes) * MINUTE_MS / 10;
            let mut seen = std::collections::BTreeSet::new();
            for n in 0..200 {
                let jitter = || first_slot(&name("msp"), &format!("s{n}"), "sync", minutes, NOW).1.since_ms(NOW);
                assert!((0..=own.min(JITTER_MAX_MS)).contains(&jitter()), "{minutes}");
                assert_eq!(jitter(), jitter());
                seen.insert(jitter());
            }
            assert!(seen.len() > 150, "{minutes}: {}", seen.len());
        }
        assert_eq!(every(60).slot_at, every(60).slot_at);
    }

    #[test]
    fn slots_keep_their_distance_and_missed_ones_are_one() {
        let schedule = every(60);
        let slot = schedule.slot_at;
        assert_eq!(schedule.next_slot(slot.plus_ms(-1)), slot);
        assert_eq!(schedule.next_slot(slot), slot.plus_ms(60 * MINUTE_MS));
        assert_eq!(schedule.next_slot(slot.plus_ms(59 * MINUTE_MS)), slot.plus_ms(60 * MINUTE_MS));
        assert_eq!(schedule.next_slot(slot.plus_ms(7 * 60 * MINUTE_MS + 1)), slot.plus_ms(8 * 60 * MINUTE_MS));
    }

    #[test]
    fn the_end_of_a_month_is_a_day_like_any_other() {
        let schedule = Schedule { slot_at: Timestamp::parse("2027-02-28T23:30:00Z").unwrap(), ..every(24 * 60) };
        let next = schedule.next_slot(Timestamp::parse("2027-03-01T00:10:00Z").unwrap());
        assert_eq!(Some(next), Timestamp::parse("2027-03-01T23:30:00Z"));
    }

    #[test]
    fn by_the_calendar_it_is_never_early_and_a_little_late_at_most() {
        let calendar: Calendar = "daily 02:00".parse().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..200 {
            let sync = name(&format!("s{n}"));
            let mut schedule =
                Schedule::by_calendar(&name("msp"), &sync, Job::Sync, (calendar, "Europe/Rome"), NOW, None);
            let late = schedule.slot_at.since_ms(calendar.next(&zone("Europe/Rome"), NOW));
            assert!((0..=CALENDAR_JITTER_MAX_MS).contains(&late), "{late}");
            seen.insert(late);
            // Within its own jitter the slot before is not done again.
            for _ in 0..400 {
                let next = schedule.next_slot(schedule.slot_at);
                assert_eq!(schedule.next_slot(schedule.slot_at.plus_ms(-1)), schedule.slot_at);
                assert!((23..=25).contains(&(next.since_ms(schedule.slot_at) / 3_600_000)), "{next}");
                schedule.slot_at = next;
            }
            assert_eq!(schedule.slot_at.since_ms(NOW) / 86_400_000, 400);
        }
        assert!(seen.len() > 150);
    }

    #[test]
    fn missed_days_are_caught_up_once_and_another_zone_keeps_the_day() {
        let calendar: Calendar = "daily 02:00".parse().unwrap();
        let schedule = Schedule::by_calendar(&name("msp"), &name("s"), Job::Sync, (calendar, "Europe/Rome"), NOW, None);
        let next = schedule.next_slot(schedule.slot_at.plus_ms(5 * 86_400_000 + 1));
        assert_eq!(next.since_ms(schedule.slot_at), 6 * 86_400_000);
        let moved = schedule.clone().in_zone("America/New_York").unwrap();
        assert_eq!(moved.slot_at.since_ms(schedule.slot_at), 6 * 3_600_000);
        assert_eq!(moved.in_zone("Europe/Rome").unwrap(), schedule);
        assert_eq!(every(60).in_zone("Europe/Rome"), None);
    }

    #[test]
    fn another_interval_does_not_begin_sooner_than_it_says() {
        let new = Schedule::new(&name("msp"), &name("s"), Job::Sync, 60, NOW, Some(NOW.plus_ms(-10 * MINUTE_MS)));
        assert_eq!(new.slot_at, NOW.plus_ms(50 * MINUTE_MS));
        let late = Schedule::new(&name("msp"), &name("s"), Job::Sync, 60, NOW, Some(NOW.plus_ms(-600 * MINUTE_MS)));
        assert_eq!(late.slot_at, every(60).slot_at);
    }

    #[test]
    fn retries_come_later_and_later_but_not_ever_later() {
        let wait = |failures| retry_at(failures, NOW).since_ms(NOW) / MINUTE_MS;
        assert_eq!([0, 1, 2, 3, 6, 7, 60].map(wait), [1, 1, 2, 4, 32, 60, 60]);
        let rest = |times| rest_at(times, NOW).since_ms(NOW) / MINUTE_MS;
        assert_eq!([1, 2, 7, 11, 12, 60].map(rest), [1, 2, 64, 1024, 1440, 1440], "at least once a day");
    }
}
