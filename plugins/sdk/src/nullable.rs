//! Values of a vendor's field: absent, null, or a value. The three are distinct: an absent field
//! leaves the other side unchanged, a null one may clear it.
//!
//! [`Shape`] ties the Rust types to the contract's values; each catalogue type has one Rust type.

use crate::bindings::crosswalk::connector::types::Value;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The vendor's value of a field; in a change, the new value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Nullable<T> {
    /// The vendor does not state it. In a change: leave it.
    #[default]
    Absent,
    /// Empty. In a change: clear it.
    Null,
    /// A value.
    Value(T),
}

impl<T> Nullable<T> {
    /// Whether it is absent; also for serde's `skip_serializing_if`.
    pub fn is_absent(&self) -> bool {
        matches!(self, Nullable::Absent)
    }

    /// Returns the value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Nullable::Value(value) => Some(value),
            Nullable::Absent | Nullable::Null => None,
        }
    }

    /// Returns the value, if there is one.
    pub fn into_value(self) -> Option<T> {
        match self {
            Nullable::Value(value) => Some(value),
            Nullable::Absent | Nullable::Null => None,
        }
    }

    /// Converts the value.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Nullable<U> {
        match self {
            Nullable::Absent => Nullable::Absent,
            Nullable::Null => Nullable::Null,
            Nullable::Value(value) => Nullable::Value(with(value)),
        }
    }

    /// Converts the value; if that fails it is absent: an unintelligible value does not count as
    /// empty.
    pub fn and_then<U>(self, with: impl FnOnce(T) -> Option<U>) -> Nullable<U> {
        match self {
            Nullable::Absent => Nullable::Absent,
            Nullable::Null => Nullable::Null,
            Nullable::Value(value) => with(value).map_or(Nullable::Absent, Nullable::Value),
        }
    }

    /// A value or null: for vendors that always state the field.
    pub fn or_null(value: Option<T>) -> Self {
        value.map_or(Nullable::Null, Nullable::Value)
    }

    /// A value or absent: for derived values.
    pub fn or_absent(value: Option<T>) -> Self {
        value.map_or(Nullable::Absent, Nullable::Value)
    }
}

impl<T> From<T> for Nullable<T> {
    fn from(value: T) -> Self {
        Nullable::Value(value)
    }
}

/// JSON `null` is null; with `#[serde(default)]` a missing member is absent.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Nullable::or_null)
    }
}

/// Null is JSON `null`. An absent value must be skipped: `skip_serializing_if = "Nullable::is_absent"`.
impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// The id of an item of another kind, in the same system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reference(pub String);

/// A time: RFC 3339, UTC. `time::canonical` converts vendors' notations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Time(pub String);

/// A JSON document, compact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Json(pub String);

impl Json {
    /// A list of texts.
    pub fn list<S: AsRef<str>>(texts: &[S]) -> Json {
        let mut out = String::with_capacity(2 + texts.iter().map(|text| text.as_ref().len() + 3).sum::<usize>());
        out.push('[');
        for (i, text) in texts.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            crate::json::push_text(&mut out, text.as_ref());
        }
        out.push(']');
        Json(out)
    }
}

/// A Rust type for a catalogue type.
pub trait Shape: Sized {
    /// The catalogue's word for it.
    const TYPE: &'static str;
    /// Converts to the contract's value.
    fn into_wire(self) -> Value;
    /// Converts from the contract's value; `None` if it has another type. Never called with blank.
    fn from_wire(value: Value) -> Option<Self>;
}

macro_rules! shape {
    ($type:ty, $word:literal, $out:expr, $pattern:pat => $in:expr) => {
        impl Shape for $type {
            const TYPE: &'static str = $word;
            fn into_wire(self) -> Value {
                $out(self)
            }
            fn from_wire(value: Value) -> Option<Self> {
                match value {
                    $pattern => Some($in),
                    _ => None,
                }
            }
        }
    };
}

shape!(String, "text", Value::Text, Value::Text(text) => text);
shape!(i64, "integer", Value::Integer, Value::Integer(number) => number);
shape!(f64, "decimal", Value::Decimal, Value::Decimal(number) => number);
shape!(bool, "boolean", Value::Boolean, Value::Boolean(yes) => yes);
shape!(Time, "time", |time: Time| Value::Time(time.0), Value::Time(text) => Time(text));
shape!(Json, "json", |json: Json| Value::Json(json.0), Value::Json(text) => Json(text));
shape!(Reference, "reference", |id: Reference| Value::Text(id.0), Value::Text(text) => Reference(text));
