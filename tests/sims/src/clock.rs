//! Times as the vendors write them: ISO-8601 text to and from unix milliseconds, and the one
//! place of this crate that asks the system what time it is.
//!
//! A few lines of calendar arithmetic instead of a date library: the sims only ever speak UTC.
//! Leaves alone: time zones, leap seconds, localised dates.

use std::time::{SystemTime, UNIX_EPOCH};

/// A day, in milliseconds.
pub const DAY_MS: i64 = 86_400_000;

/// Now, in unix milliseconds.
#[allow(
    clippy::disallowed_methods,
    reason = "a simulated vendor has its own clock; everything else in this crate is handed times"
)]
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeStyle {
    /// `2025-01-02T03:04:05`, meant as UTC though it does not say so.
    Bare,
    /// `2025-01-02T03:04:05Z`.
    Zulu,
    /// `2025-01-02T03:04:05.678Z`.
    Millis,
}

/// Unix milliseconds as ISO-8601 text.
pub fn iso(ms: i64, style: TimeStyle) -> String {
    let days = ms.div_euclid(DAY_MS);
    let rest = ms.rem_euclid(DAY_MS);
    let (year, month, day) = civil(days);
    let (h, m, s, f) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    let base = format!("{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}");
    match style {
        TimeStyle::Bare => base,
        TimeStyle::Zulu => base + "Z",
        TimeStyle::Millis => format!("{base}.{f:03}Z"),
    }
}

/// ISO-8601 text (date alone, with or without fraction, `Z` or offset) as unix milliseconds.
pub fn parse_iso(text: &str) -> Option<i64> {
    let text = text.trim();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|t| t.parse::<i64>().ok());
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let bytes = text.as_bytes();
    if bytes.get(4) != Some(&b'-')
        || bytes.get(7) != Some(&b'-')
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    let mut ms = days(year, month, day) * DAY_MS;
    if bytes.len() == 10 {
        return Some(ms);
    }
    if !matches!(bytes[10], b'T' | b' ') || bytes.get(13) != Some(&b':') {
        return None;
    }
    ms += number(11, 13)? * 3_600_000 + number(14, 16)? * 60_000;
    let mut at = 16;
    if bytes.get(at) == Some(&b':') {
        ms += number(17, 19)? * 1000;
        at = 19;
        if bytes.get(at) == Some(&b'.') {
            let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
            let fraction: String = text[at + 1..at + 1 + digits].chars().chain("000".chars()).take(3).collect();
            ms += fraction.parse::<i64>().ok()?;
            at += 1 + digits;
        }
    }
    match &text[at..] {
        "" | "Z" | "z" => Some(ms),
        offset => {
            let sign = match offset.as_bytes()[0] {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let hours: i64 = offset.get(1..3)?.parse().ok()?;
            let minutes: i64 = offset.get(offset.len() - 2..)?.parse().ok()?;
            Some(ms - sign * (hours * 60 + minutes) * 60_000)
        }
    }
}

/// Midnight of the first and of the last day of the month of a time.
pub fn month(ms: i64) -> (i64, i64) {
    let (year, month, _) = civil(ms.div_euclid(DAY_MS));
    let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
    (days(year, month, 1) * DAY_MS, (next - 1) * DAY_MS)
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The reverse of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, doy - (153 * mp + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_a_first_and_a_last_day() {
        for (text, first, last) in [
            ("2024-02-10T12:00:00Z", "2024-02-01", "2024-02-29"),
            ("2025-12-31", "2025-12-01", "2025-12-31"),
            ("2025-09-01", "2025-09-01", "2025-09-30"),
        ] {
            let expected = parse_iso(first).zip(parse_iso(last));
            assert_eq!(parse_iso(text).map(month), expected, "{text}");
        }
    }

    #[test]
    fn times_read_back_in_every_form() {
        for (text, style) in [
            ("2024-02-29T23:59:58", TimeStyle::Bare),
            ("1969-12-31T00:00:01Z", TimeStyle::Zulu),
            ("2025-10-24T05:00:00.120Z", TimeStyle::Millis),
        ] {
            assert_eq!(parse_iso(text).map(|ms| iso(ms, style)).as_deref(), Some(text));
        }
        assert_eq!(parse_iso("2025-01-01T02:00:00+02:00"), parse_iso("2025-01-01"));
        assert_eq!(parse_iso("yesterday"), None);
        assert_eq!(parse_iso("2025-13-01"), None);
    }
}
