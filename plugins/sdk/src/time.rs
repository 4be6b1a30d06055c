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
    Some(rfc3339(day_seconds + hour * 3600 + minute * 60 + second - offset, millis))
}

/// Milliseconds since 1970 as RFC 3339.
pub fn from_unix_ms(ms: u64) -> String {
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
    fn a_canonical_time_stays_as_it_is() {
        for days in (-200_000_i64..200_000).step_by(97) {
            let time = rfc3339(days * 86_400 + days.rem_euclid(86_400), 0);
            assert_eq!(canonical(&time).as_ref(), Some(&time));
        }
    }
}
