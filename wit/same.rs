//! Whether two values say the same: part of the contract, one rule for both sides.
//!
//! Compiled into the host, which plans nothing for what says the same, and into the Rust SDK, whose preconditions
//! conflict only where values do not. Each side brings its own `Value`, and `second`: the second that an RFC 3339
//! time with its zone is in, `None` for another text.

use super::{Value, second};
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Whether two values say the same, however they are typed or spelt by a vendor: line ends and outer white space, normal
/// forms, zones and fractions of a second, the order of a JSON object's keys.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        _ if is_blank(a) || is_blank(b) => is_blank(a) && is_blank(b),
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Decimal(a), Value::Decimal(b)) => near(*a, *b),
        (Value::Integer(i), Value::Decimal(d)) | (Value::Decimal(d), Value::Integer(i)) => near(*i as f64, *d),
        (Value::Json(a), Value::Json(b)) => a == b || same_json(a, b),
        (Value::Time(a), Value::Time(b) | Value::Text(b)) | (Value::Text(a), Value::Time(b)) => {
            same_text(a, b) || same_time(a, b)
        }
        _ => same_text(&written(a), &written(b)),
    }
}

fn is_blank(value: &Value) -> bool {
    match value {
        Value::Blank => true,
        Value::Text(text) => text.trim().is_empty(),
        _ => false,
    }
}

fn same_text(a: &str, b: &str) -> bool {
    let lines = |text: &str| composed(text.trim()).replace("\r\n", "\n");
    a == b || lines(a) == lines(b)
}

/// A text in Unicode normal form C.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// To the second: few vendors keep more.
fn same_time(a: &str, b: &str) -> bool {
    second(a.trim()).is_some_and(|time| second(b.trim()) == Some(time))
}

fn same_json(a: &str, b: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(a).is_some_and(|document| parse(b) == Some(document))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON * 4.0 * a.abs().max(b.abs())
}

/// A value as a person writes it.
fn written(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Blank => Cow::Borrowed(""),
        Value::Text(text) | Value::Time(text) | Value::Json(text) => Cow::Borrowed(text),
        Value::Integer(number) => Cow::Owned(number.to_string()),
        Value::Decimal(number) => Cow::Owned(number.to_string()),
        Value::Boolean(yes) => Cow::Borrowed(if *yes { "yes" } else { "no" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_say_the_same() {
        let text = |text: &str| Value::Text(text.to_owned());
        let json = |text: &str| Value::Json(text.to_owned());
        let time = |text: &str| Value::Time(text.to_owned());
        for (a, b, expected) in [
            (text("a\r\nb "), text("a\nb"), true),
            (text("a\nb"), text("a b"), false),
            (text("A"), text("a"), false),
            (text("Cafe\u{301}"), text("Caf\u{e9}"), true),
            (text("Cafe"), text("Caf\u{e9}"), false),
            (text(" "), Value::Blank, true),
            (text("0"), Value::Blank, false),
            (Value::Integer(0), Value::Blank, false),
            (Value::Integer(5), text("5"), true),
            (Value::Integer(5), text("5.0"), false),
            (Value::Integer(5), Value::Decimal(5.0), true),
            (Value::Integer(5), Value::Decimal(5.5), false),
            (Value::Decimal(0.1 + 0.2), Value::Decimal(0.3), true),
            (Value::Boolean(true), Value::Boolean(false), false),
            (Value::Boolean(true), text("yes"), true),
            (json("[1, 2]"), json("[1,2]"), true),
            (json("[2,1]"), json("[1,2]"), false),
            (json(r#"{"a":1,"b":2}"#), json(r#"{"b":2,"a":1}"#), true),
            (json("no document"), json("no document"), true),
            (time("2026-01-01T08:00:00.900Z"), time("2026-01-01T08:00:00Z"), true),
            (time("2026-01-01T08:00:00Z"), time("2026-01-01T08:00:01Z"), false),
            (time("2026-01-01T08:00:00Z"), text("2026-01-01T09:00:00+01:00"), true),
            (time("2026-01-01T08:00:00Z"), time("2025-12-31T22:30:00-09:30"), true),
            (time("2026-01-01T08:00:00Z"), time("2026-01-01t08:00:00z"), true),
            // Without a zone it is no time; two texts are texts.
            (time("2026-01-01T08:00:00Z"), text("2026-01-01T08:00:00"), false),
            (time("2026-01-01T00:00:00Z"), text("2026-01-01"), false),
            (text("2026-01-01T08:00:00Z"), text("2026-01-01T09:00:00+01:00"), false),
            (time("soon"), text(" soon"), true),
        ] {
            assert_eq!(same(&a, &b), expected, "{a:?} {b:?}");
            assert_eq!(same(&b, &a), expected, "{b:?} {a:?}");
        }
    }
}
