//! Values side by side: whether two say the same, and how they read in a sentence.

use crate::model::{Timestamp, Value};

/// Whether two values say the same, however they are typed or spelt by a vendor: line
/// ends and outer white space, fractions of a second, the order of a JSON object's keys.
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
    let lines = |text: &str| text.trim().replace("\r\n", "\n");
    a == b || lines(a) == lines(b)
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
