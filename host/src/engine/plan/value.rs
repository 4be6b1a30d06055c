//! Values side by side: whether two say the same, and how they read in a sentence.
//!
//! Texts are sent in Unicode normal form C, which vendors keep as it is or make themselves; one
//! text in two normal forms is the same text.

use crate::model::{Timestamp, Value};
use std::borrow::Cow;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Whether two values say the same, however they are typed or spelt by a vendor: line
/// ends and outer white space, normal forms, fractions of a second, the order of a JSON object's keys.
pub(in crate::engine) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        _ if a.is_blank() || b.is_blank() => a.is_blank() && b.is_blank(),
        (Value::Text(a), Value::Text(b)) => same_text(a, b),
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Boolean(a), Value::Boolean(b)) => a == b,
        (Value::Decimal(a), Value::Decimal(b)) => near(*a, *b),
        (Value::Integer(i), Value::Decimal(d)) | (Value::Decimal(d), Value::Integer(i)) => near(*i as f64, *d),
        (Value::Json(a), Value::Json(b)) => a == b || same_json(a, b),
        (Value::Time(a) | Value::Text(a), Value::Time(b) | Value::Text(b)) => same_text(a, b) || same_time(a, b),
        _ => same_text(&a.to_string(), &b.to_string()),
    }
}

fn same_text(a: &str, b: &str) -> bool {
    let lines = |text: &str| composed(text.trim()).replace("\r\n", "\n");
    a == b || lines(a) == lines(b)
}

/// A text in Unicode normal form C.
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    if is_nfc(text) { Cow::Borrowed(text) } else { Cow::Owned(text.nfc().collect()) }
}

/// Whether a vendor may have made `kept` of `sent`: in normal form C, without regard to case and outer
/// white space, and by the first characters where it keeps only so many.
pub(in crate::engine) fn alike(kept: &str, sent: &str, length: Option<u32>) -> bool {
    let plain = |text: &str| {
        let composed = composed(text.trim());
        cut(&composed, length).to_lowercase().nfc().collect::<String>().replace("\r\n", "\n")
    };
    kept == sent || plain(kept) == plain(sent)
}

/// To the second: few vendors keep more.
fn same_time(a: &str, b: &str) -> bool {
    let second = |text: &str| Timestamp::parse(text).map(|time| time.0.div_euclid(1000));
    second(a).is_some_and(|time| second(b) == Some(time))
}

fn same_json(a: &str, b: &str) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(a).is_some_and(|document| parse(b) == Some(document))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON * 4.0 * a.abs().max(b.abs())
}

/// The first characters of a text, without white space at the new end; all of it without a limit.
pub(super) fn cut(text: &str, length: Option<u32>) -> &str {
    let end = length.and_then(|length| text.char_indices().nth(length as usize));
    end.map_or(text, |(end, _)| text[..end].trim_end())
}

/// A value in a sentence, shortened.
pub(in crate::engine) fn shown(value: &Value) -> String {
    let text = value.to_string();
    let short = cut(&text, Some(60));
    if short.len() == text.len() { format!("“{text}”") } else { format!("“{short}…”") }
}
