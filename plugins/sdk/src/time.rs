//! Times as the contract wants them (RFC 3339, UTC), made of what vendors write, without a clock or
//! a time-zone database: neither exists inside the sandbox.

/// ISO 8601 in its usual forms (`2025-01-02T03:04:05`, with `Z`, an offset or a fraction, a blank for
/// the `T`, or a date alone) as RFC 3339 in UTC. Without an offset it is taken as UTC. None when it is
/// no time.
pub fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    if !text.is_ascii() || text.len() < 10 {
        return None;
    }
    let (date, rest) = text.split_at(10);
    let (year, month, day) = (digits(&date[..4], 4)?, digits(&date[5..7], 2)?, digits(&date[8..], 2)?);
    if date.as_bytes()[4] != b'-'
        || date.as_bytes()[7] != b'-'
        || !(1..=12).contains(&month)
        || day < 1
        || day > days_in(year, month)
    {
        return None;
    }
    let day_seconds = days_from_civil(year, month, day) * 86_400;
    if rest.is_empty() {
        return Some(rfc3339(day_seconds, 0));
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let clock_end = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(clock_end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut parts = clock.split(':');
    let (hour, minute) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    let second = parts.next().map_or(Some(0), |part| digits(part, 2))?;
    if parts.next().is_some()
        || hour > 23
        || minute > 59
        || second > 60
        || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let millis = fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |sum, b| sum * 10 + u32::from(b - b'0'));
    let offset = offset(zone)?;
    if offset == 0 && millis == 0 && second < 60 && clock.len() == 8 {
        return Some([date, "T", clock, "Z"].concat()); // as it is, most often
    }
    let seconds = day_seconds + hour * 3600 + minute * 60 + second - offset;
    (FIRST..MOST_MS as i64 / 1000).contains(&seconds).then(|| rfc3339(seconds, millis))
}

/// The years that a time of a record can be of: before and after them are a vendor's words for "none" (`0001-01-01`,
/// `1753-01-01`, `9999-12-31`), a counter that was never set, or milliseconds taken for seconds.
const SENSIBLE: std::ops::RangeInclusive<i64> = 1970..=2199;
/// The day of a counter that was never set.
const NEVER: &str = "1970-01-01";
/// A year after it: a time before then in milliseconds was told in seconds.
const FIRST_MS: u64 = 31_536_000_000;

/// As [`canonical`], of a time that can be meant; none of one in a year that cannot (before 1970, after 2199), nor of the first
/// of January 1970.
pub fn sensible(text: &str) -> Option<String> {
    let can_be = |time: &String| {
        let year = digits(time.get(..4).unwrap_or_default(), 4);
        year.is_some_and(|year| SENSIBLE.contains(&year)) && !time.starts_with(NEVER)
    };
    canonical(text).filter(can_be)
}

/// Milliseconds since 1970 as RFC 3339, of a time that can be meant (see [`sensible`]).
pub fn sensible_ms(ms: i64) -> Option<String> {
    let ms = u64::try_from(ms).ok().filter(|ms| (FIRST_MS..MOST_MS).contains(ms))?;
    sensible(&from_unix_ms(ms))
}

/// Whether a last day, as the vendor writes it, says that there is none: a year after all that can be meant (`9999-12-31`).
pub fn is_open_end(text: &str) -> bool {
    let year = text.trim().get(..4).and_then(|year| digits(year, 4));
    year.is_some_and(|year| year > *SENSIBLE.end())
}

/// The start of the year 0, in seconds since 1970.
const FIRST: i64 = -62_167_219_200;
/// A day as a vendor tells it, and since when it lasts there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// `2025-01-31`: as a text it sorts as a day does.
    pub date: String,
    /// How many seconds the day's midnight there is ahead of UTC's: 0 where it is UTC's, or only a date is told.
    pub ahead: i64,
}

impl Day {
    /// As a time of the contract: the midnight of its date.
    pub fn midnight(&self) -> String {
        format!("{}T00:00:00Z", self.date)
    }
}

/// The day that a time means. A vendor may write a day as the midnight of its own zone (`2025-01-31T23:00:00Z` for the first of
/// February in Rome): then it is the day whose midnight is nearest, or by `ahead`, the seconds that the vendor's zone is
/// ahead of UTC, where that is known (within an hour or two, as of summer time). The last second of a day is of that
/// day. What is no midnight of any zone is of its date in UTC. None when it is no time.
pub fn day(text: &str, ahead: Option<i64>) -> Option<Day> {
    const DAY: i64 = 86_400;
    let time = canonical(text)?;
    let number = |at: std::ops::Range<usize>| digits(time.get(at.clone())?, at.len());
    let date = days_from_civil(number(0..4)?, number(5..7)?, number(8..10)?);
    let clock = number(11..13)? * 3600 + number(14..16)? * 60 + number(17..19)?;
    let is_last = clock % 60 == 59;
    let seconds = date * DAY + clock + i64::from(is_last);
    // Midnight of UTC is how a mere date is written, too.
    let known = if clock == 0 { 0 } else { ahead.unwrap_or(0) };
    // Zones are ahead of each other by quarters of an hour.
    let days = if seconds.rem_euclid(900) == 0 { (seconds + known + DAY / 2).div_euclid(DAY) } else { date };
    let ahead = if seconds.rem_euclid(900) == 0 { days * DAY - seconds } else { 0 };
    let date = rfc3339((days - i64::from(is_last)) * DAY, 0);
    Some(Day { date: date.get(..10)?.to_owned(), ahead })
}

/// The midnight of a day (`2025-01-31`) of a zone so many seconds ahead of UTC, as RFC 3339. None when it is no day.
pub fn midnight(date: &str, ahead: i64) -> Option<String> {
    let time = canonical(date)?;
    let number = |at: std::ops::Range<usize>| digits(time.get(at.clone())?, at.len());
    Some(rfc3339(days_from_civil(number(0..4)?, number(5..7)?, number(8..10)?) * 86_400 - ahead, 0))
}

/// How many days one day (`2025-01-31`) is from another.
pub fn days_between(from: &str, to: &str) -> Option<i64> {
    let number = |date: &str, at: std::ops::Range<usize>| digits(date.get(at.clone())?, at.len());
    let days = |date: &str| Some(days_from_civil(number(date, 0..4)?, number(date, 5..7)?, number(date, 8..10)?));
    Some(days(to)? - days(from)?)
}

/// Seconds ahead of UTC as the contract writes an offset: `+01:00`.
pub fn offset_text(ahead: i64) -> String {
    let (sign, minutes) = (if ahead < 0 { '-' } else { '+' }, ahead.abs() / 60);
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Seconds ahead of UTC of an offset such as `+01:00` or `-0500`. None when it is none.
pub fn parse_offset(text: &str) -> Option<i64> {
    offset(text.trim()).filter(|_| text.trim().starts_with(['+', '-']))
}

/// The end of the year 9999, in milliseconds since 1970.
const MOST_MS: u64 = 253_402_300_800_000;

/// Milliseconds since 1970 as RFC 3339; from the year 10000 on, which RFC 3339 cannot write, its last moment.
pub fn from_unix_ms(ms: u64) -> String {
    let ms = ms.min(MOST_MS - 1);
    rfc3339((ms / 1000) as i64, (ms % 1000) as u32)
}

fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Seconds east of UTC of `Z`, `+hh:mm`, `-hhmm` or nothing.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first() {
        None | Some(b'Z' | b'z') => return (zone.len() <= 1).then_some(0),
        Some(b'-') => -1,
        Some(_) => 1,
    };
    let (hours, minutes) = match zone[1..].split_once(':') {
        Some(parts) => parts,
        None => zone[1..].split_at_checked(2)?,
    };
    Some(sign * (digits(hours, 2)? * 3600 + digits(minutes, 2)? * 60))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, by counting years from March so that the leap day comes last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month > 2 { year } else { year - 1 };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn rfc3339(seconds: i64, millis: u32) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);

    let mut out = String::with_capacity(24);
    let mut put = |number: i64, width: u32, after: &str| {
        for power in (0..width).rev() {
            out.push((b'0' + (number / 10_i64.pow(power) % 10) as u8) as char);
        }
        out.push_str(after);
    };
    put(year, 4, "-");
    put(month, 2, "-");
    put(day, 2, "T");
    put(second / 3600, 2, ":");
    put(second / 60 % 60, 2, ":");
    if millis == 0 {
        put(second % 60, 2, "Z");
    } else {
        put(second % 60, 2, ".");
        put(i64::from(millis), 3, "Z");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_becomes_one() {
        for (text, expected) in [
            ("2025-01-02T03:04:05Z", Some("2025-01-02T03:04:05Z")),
            ("2025-01-02T03:04:05", Some("2025-01-02T03:04:05Z")),
            ("2025-01-02T03:04:05.000Z", Some("2025-01-02T03:04:05Z")),
            ("2025-01-02T03:04:05.1234567Z", Some("2025-01-02T03:04:05.123Z")),
            ("2025-01-02T03:04:05.5", Some("2025-01-02T03:04:05.500Z")),
            ("2025-01-02 03:04", Some("2025-01-02T03:04:00Z")),
            ("2025-01-02T00:30:00+01:00", Some("2025-01-01T23:30:00Z")),
            ("2024-12-31T23:30:00-0100", Some("2025-01-01T00:30:00Z")),
            ("2024-02-29", Some("2024-02-29T00:00:00Z")),
            ("1969-12-31T23:59:59Z", Some("1969-12-31T23:59:59Z")),
            ("2025-02-29", None),
            ("2025-13-01", None),
            ("2025-01-02T25:00:00", None),
            ("2025-01-02T03:04:05+1", None),
            ("14/06/2024 02:00:00", None),
            ("yesterday évening", None),
            ("", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text}");
        }
        assert_eq!(from_unix_ms(1_762_156_800_250), "2025-11-03T08:00:00.250Z");
    }

    #[test]
    fn a_senseless_time_is_no_time() {
        assert_eq!(sensible_ms(1_762_156_800_000).as_deref(), Some("2025-11-03T08:00:00Z"));
        for ms in [253_402_300_800_000, 1_762_156_800_000_000, i64::MAX, 0, -1, 1_762_156_800] {
            assert_eq!(sensible_ms(ms), None, "{ms}");
        }
        assert_eq!(from_unix_ms(u64::MAX), "9999-12-31T23:59:59.999Z");
        assert_eq!(canonical("9999-12-31T23:59:59-05:00"), None, "the year 10000");
        for text in ["0000-00-00", "0001-01-01T00:00:00", "1753-01-01", "1970-01-01T00:00:00Z", "9999-12-31"] {
            assert_eq!(sensible(text), None, "{text}");
        }
        assert_eq!(sensible("2100-06-01").as_deref(), Some("2100-06-01T00:00:00Z"));
        for (text, open) in [("9999-12-31", true), ("2999-12-31T00:00:00Z", true), ("2030-01-01", false), ("", false)] {
            assert_eq!(is_open_end(text), open, "{text}");
        }
    }

    #[test]
    fn a_day_is_the_vendors_day_whatever_its_zone() {
        for (text, ahead, expected) in [
            ("2026-02-01", None, ("2026-02-01", 0)),
            ("2026-02-01T00:00:00.000Z", None, ("2026-02-01", 0)),
            ("2026-01-31T23:00:00Z", None, ("2026-02-01", 3600)),
            ("2026-07-31T22:00:00Z", None, ("2026-08-01", 7200)),
            ("2026-01-31T18:30:00Z", None, ("2026-02-01", 19_800)),
            ("2026-02-01T05:00:00Z", None, ("2026-02-01", -18_000)),
            ("2026-02-01T11:00:00Z", None, ("2026-02-01", -39_600)),
            ("2026-01-31T12:00:00Z", None, ("2026-02-01", 43_200)),
            ("2026-01-31T11:00:00Z", Some(43_200), ("2026-02-01", 46_800)),
            ("2026-02-01T00:00:00Z", Some(43_200), ("2026-02-01", 0)),
            ("2026-01-31T23:59:59Z", None, ("2026-01-31", 0)),
            ("2026-01-31T22:59:59Z", None, ("2026-01-31", 3600)),
            ("2026-02-01T15:31:20Z", None, ("2026-02-01", 0)),
            ("2026-02-01T00:00:00+01:00", None, ("2026-02-01", 3600)),
        ] {
            let Day { date, ahead } = day(text, ahead).unwrap();
            assert_eq!((date.as_str(), ahead), expected, "{text}");
        }
        assert_eq!(day("soon", None), None);
        assert_eq!(midnight("2026-02-01", 3600).as_deref(), Some("2026-01-31T23:00:00Z"));
        assert_eq!(midnight("2026-02-01", -18_000).as_deref(), Some("2026-02-01T05:00:00Z"));
        assert_eq!(days_between("2026-02-28", "2026-03-01"), Some(1));
        assert_eq!((offset_text(3600), offset_text(-16_200)), ("+01:00".to_owned(), "-04:30".to_owned()));
        assert_eq!(
            (parse_offset("+13:00"), parse_offset("-0500"), parse_offset("Z")),
            (Some(46_800), Some(-18_000), None)
        );
    }

    #[test]
    fn a_canonical_time_stays_as_it_is() {
        for days in (-200_000_i64..200_000).step_by(97) {
            let time = rfc3339(days * 86_400 + days.rem_euclid(86_400), 0);
            assert_eq!(canonical(&time).as_ref(), Some(&time));
        }
    }
}
