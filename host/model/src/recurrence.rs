//! The calendar: daily at a time, or monthly on a day, by the clock of a time zone.
//!
//! A slot is a day of the calendar, not an interval, so each day or month has exactly one. A time that does not exist
//! (clocks go forward) becomes the next moment that does. One that exists twice (clocks go back) happens the first
//! time. A day that a month lacks is its last day. When the zone is changed, the next slot keeps its day, in the other
//! zone: no day is done twice and none is left out. Pure: times are values; no jitter, no store.

use super::Timestamp;
use jiff::ToSpan;
use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The day that stands for the last one of each month.
const LAST: i8 = 31;

/// A recurrence by the calendar. Written `daily 02:30`, `monthly 15@02:30`, `monthly last@02:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Calendar {
    /// Each day at this time.
    Daily(Time),
    /// Each month on this day, 1 to 31, at this time. A month without that day uses its last one.
    Monthly(i8, Time),
}

impl Calendar {
    /// Returns the first slot after a time, without jitter.
    #[must_use]
    pub fn next(self, zone: &TimeZone, after: Timestamp) -> Timestamp {
        let slot = self.around(zone, after).filter_map(|day| self.slot(zone, day)).find(|slot| *slot > after);
        // Only at the end of the calendar, in the year 9999.
        slot.unwrap_or(Timestamp(i64::MAX))
    }

    /// Moves a slot of one zone to another zone: the same day of the calendar.
    #[must_use]
    pub fn moved(self, slot: Timestamp, from: &TimeZone, to: &TimeZone) -> Timestamp {
        let mut days = self.around(from, slot);
        let day = days.find(|day| self.slot(from, *day).is_some_and(|one| one >= slot));
        let rest = day.into_iter().chain(days);
        rest.filter_map(|day| self.slot(to, day)).next().unwrap_or(slot)
    }

    /// Returns the days of slots, from a little before a time.
    fn around(self, zone: &TimeZone, at: Timestamp) -> impl Iterator<Item = Date> {
        let today =
            jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX).to_zoned(zone.clone()).date();
        let (first, step) = match self {
            Calendar::Daily(_) => (today.saturating_sub(2.days()), 1.day()),
            Calendar::Monthly(..) => (today.first_of_month().saturating_sub(1.month()), 1.month()),
        };
        first.series(step).map(move |day| match self {
            Calendar::Daily(_) => day,
            Calendar::Monthly(wanted, _) => {
                let last = day.days_in_month();
                day.with().day(wanted.clamp(1, last)).build().unwrap_or(day)
            }
        })
    }

    /// Returns the beginning of a day's slot. `None` if the zone skips the whole day (it moved across the date line),
    /// unless it is all that a month has.
    fn slot(self, zone: &TimeZone, day: Date) -> Option<Timestamp> {
        let time = match self {
            Calendar::Monthly(_, time) => time,
            Calendar::Daily(time) => {
                let begins = moment(zone, day, Time::midnight())?;
                if begins.to_zoned(zone.clone()).date() != day {
                    return None;
                }
                time
            }
        };
        moment(zone, day, time).map(|at| Timestamp(at.as_millisecond()))
    }
}

/// The moment at which a zone's clocks show this time first, or first show a later time.
fn moment(zone: &TimeZone, day: Date, time: Time) -> Option<jiff::Timestamp> {
    let shown = day.to_datetime(time);
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            let before_the_change = after.to_timestamp(shown).ok()?;
            zone.following(before_the_change).next().map(|change| change.timestamp())
        }
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |time: &Time| format!("{:02}:{:02}", time.hour(), time.minute());
        match self {
            Calendar::Daily(time) => write!(f, "daily {}", clock(time)),
            Calendar::Monthly(LAST, time) => write!(f, "monthly last@{}", clock(time)),
            Calendar::Monthly(day, time) => write!(f, "monthly {day}@{}", clock(time)),
        }
    }
}

impl From<Calendar> for String {
    fn from(calendar: Calendar) -> Self {
        calendar.to_string()
    }
}

impl TryFrom<String> for Calendar {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Calendar {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            Some(("daily", time)) => Ok(Calendar::Daily(clock(time)?)),
            Some(("monthly", rest)) => {
                let (day, time) =
                    rest.split_once('@').ok_or_else(|| format!("`{rest}` has no time: write it as 15@02:30"))?;
                let number = if day == "last" { Some(LAST) } else { digits(day, 1..=LAST) };
                let day = number.ok_or_else(|| format!("`{day}` is not a day of a month: write 1 to 31, or `last`"))?;
                Ok(Calendar::Monthly(day, clock(time)?))
            }
            _ => Err(format!("`{text}` is neither `daily HH:MM` nor `monthly DAY@HH:MM`")),
        }
    }
}

/// Parses a time of day, `HH:MM`.
fn clock(text: &str) -> Result<Time, String> {
    let time = text.split_once(':').and_then(|(hour, minute)| {
        let minute = digits(minute, 0..=59).filter(|_| minute.len() == 2)?;
        Time::new(digits(hour, 0..=23)?, minute, 0, 0).ok()
    });
    time.ok_or_else(|| format!("`{text}` is not a time of day: write it as 02:30"))
}

fn digits(text: &str, range: std::ops::RangeInclusive<i8>) -> Option<i8> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && range.contains(number))
}

#[cfg(test)]
mod tests;
