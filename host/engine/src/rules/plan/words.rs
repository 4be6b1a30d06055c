//! How values and deciders stand in a message.

use crate::rules::value::cut;
use crosswalk_model::said::Arg;
use crosswalk_model::{Decider, Said, Timestamp, Value, said};

/// A value in a sentence, in quotes and shortened.
pub(super) fn shown(value: &Value) -> Said {
    const LENGTH: u32 = 60;
    match value {
        Value::Blank => said!("plan-value-empty"),
        Value::Boolean(true) => said!("plan-value-yes"),
        Value::Boolean(false) => said!("plan-value-no"),
        Value::Integer(number) => said!("plan-value-number", number = Arg::decimal(number)),
        Value::Decimal(number) => said!("plan-value-number", number = Arg::decimal(number)),
        Value::Time(text) if let Some(at) = Timestamp::parse(text) => said!("plan-value-time", at),
        Value::Text(text) | Value::Time(text) | Value::Json(text) => match cut(text, Some(LENGTH)) {
            all if all.len() == text.len() => said!("plan-value-text", text),
            text => said!("plan-value-text-cut", text),
        },
    }
}

/// Who or what decided on a link, as the entry `plan-decider` selects by it: variants of an entry have no blanks. Empty if
/// nobody did.
pub(super) fn decider(by: Option<Decider>) -> String {
    by.map(|by| by.as_str().replace(',', "").replace(' ', "-")).unwrap_or_default()
}
