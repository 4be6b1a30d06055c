//! Numbers, days and times as a language writes them.
//!
//! ICU4X holds the rules; this file picks the forms. What cannot be read as a number or a day is shown as it is.

use super::Lang;
use fixed_decimal::Decimal;
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_datetime::input::{Date, DateTime};
use icu_decimal::DecimalFormatter;
use icu_locale_core::{Locale, locale};
use jiff::tz::TimeZone;
use jiff_icu::ConvertFrom;

fn locale(lang: Lang) -> Locale {
    match lang {
        Lang::En | Lang::Pseudo => locale!("en"),
        Lang::It => locale!("it"),
    }
}

/// Writes an exact decimal, `12345.6789`, with all its digits.
pub(super) fn decimal(digits: &str, lang: Lang) -> String {
    let Ok(number) = digits.parse::<Decimal>() else { return digits.to_owned() };
    match DecimalFormatter::try_new(locale(lang).into(), Default::default()) {
        Ok(formatter) => formatter.format(&number).to_string(),
        Err(_) => digits.to_owned(),
    }
}

/// Writes a day, `2026-11-29`.
pub(super) fn day(day: &str, lang: Lang) -> String {
    if lang != Lang::It {
        return day.to_owned();
    }
    let Ok(date) = day.parse::<jiff::civil::Date>() else { return day.to_owned() };
    let date = Date::convert_from(date);
    match DateTimeFormatter::try_new(locale(lang).into(), YMD::medium()) {
        Ok(formatter) => formatter.format(&date).to_string(),
        Err(_) => day.to_owned(),
    }
}

/// Writes a moment, `2026-11-29T14:03:00.123Z`, in UTC, without the fraction of a second.
pub(super) fn moment(moment: &str, lang: Lang) -> String {
    let Ok(at) = moment.parse::<jiff::Timestamp>() else { return moment.to_owned() };
    if lang != Lang::It {
        return format!("{at:.0}");
    }
    let at = DateTime::convert_from(at.to_zoned(TimeZone::UTC).datetime());
    match DateTimeFormatter::try_new(locale(lang).into(), YMD::medium().with_time_hm()) {
        Ok(formatter) => format!("{} UTC", formatter.format(&at)),
        Err(_) => moment.to_owned(),
    }
}
