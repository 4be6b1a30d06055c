//! One flat value and one named value, as in the contract.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One flat scalar. Serialised compactly (`{"t":"x"}` style tags), because many are stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// The vendor states that the field is empty. An absent field states nothing.
    #[serde(rename = "x")]
    Blank,
    /// Text.
    #[serde(rename = "s")]
    Text(String),
    /// A whole number, in the catalogue's unit.
    #[serde(rename = "i")]
    Integer(i64),
    /// A number with a fraction.
    #[serde(rename = "d")]
    Decimal(f64),
    /// Yes or no.
    #[serde(rename = "b")]
    Boolean(bool),
    /// RFC 3339, UTC.
    #[serde(rename = "t")]
    Time(String),
    /// A JSON document, as text.
    #[serde(rename = "j")]
    Json(String),
}

impl Value {
    /// Returns the text of a text value, trimmed; `None` for other values and for white space.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Whether the value is empty: blank, or text of white space only.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Value::Blank => true,
            Value::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Blank => f.write_str("(empty)"),
            Value::Text(text) | Value::Time(text) | Value::Json(text) => f.write_str(text),
            Value::Integer(number) => number.fmt(f),
            Value::Decimal(number) => number.fmt(f),
            Value::Boolean(true) => f.write_str("yes"),
            Value::Boolean(false) => f.write_str("no"),
        }
    }
}

/// One named value of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// A name of the catalogue, or a name of the vendor's own.
    pub name: String,
    /// The value.
    pub value: Value,
}

impl Field {
    /// A named value.
    pub fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), value }
    }
}
