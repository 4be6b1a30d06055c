//! What a vendor told of one field: nothing, that it is empty, or a value. The three are never
//! mixed up: an absent field leaves the other side alone, a blank one may empty it.
//!
//! [`Shape`] ties the Rust types to the contract's values; a catalogue type is one Rust type.

use crate::bindings::crosswalk::connector::types::Value;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the vendor told of a field; in a change, what is to be done with it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Told<T> {
    /// Nothing. In a change: leave it.
    #[default]
    Nothing,
    /// That it is empty. In a change: empty it.
    Blank,
    /// This.
    Value(T),
}

impl<T> Told<T> {
    /// Whether nothing was told; also for serde's `skip_serializing_if`.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Told::Nothing)
    }

    /// The value, if one was told.
    pub fn value(&self) -> Option<&T> {
        match self {
            Told::Value(value) => Some(value),
            Told::Nothing | Told::Blank => None,
        }
    }

    /// The value, if one was told.
    pub fn into_value(self) -> Option<T> {
        match self {
            Told::Value(value) => Some(value),
            Told::Nothing | Told::Blank => None,
        }
    }

    /// Another form of the same value.
    pub fn map<U>(self, with: impl FnOnce(T) -> U) -> Told<U> {
        match self {
            Told::Nothing => Told::Nothing,
            Told::Blank => Told::Blank,
            Told::Value(value) => Told::Value(with(value)),
        }
    }

    /// Another form of the same value, where it has one; else nothing is told: what is not
    /// understood is not taken for empty.
    pub fn understood<U>(self, with: impl FnOnce(T) -> Option<U>) -> Told<U> {
        match self {
            Told::Nothing => Told::Nothing,
            Told::Blank => Told::Blank,
            Told::Value(value) => with(value).map_or(Told::Nothing, Told::Value),
        }
    }

    /// A value where there is one, else blank: for vendors that always name the field.
    pub fn or_blank(value: Option<T>) -> Self {
        value.map_or(Told::Blank, Told::Value)
    }

    /// A value where there is one, else nothing: for values that are put together.
    pub fn or_nothing(value: Option<T>) -> Self {
        value.map_or(Told::Nothing, Told::Value)
    }
}

impl<T> From<T> for Told<T> {
    fn from(value: T) -> Self {
        Told::Value(value)
    }
}

/// `null` is blank; with `#[serde(default)]` a missing member is nothing.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Told::or_blank)
    }
}

/// Blank is `null`. Nothing must be left out: `skip_serializing_if = "Told::is_nothing"`.
impl<T: Serialize> Serialize for Told<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

/// The id of an item of another kind, in the same system.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reference(pub String);

/// A time: RFC 3339, UTC. `time::canonical` makes one of what vendors write.
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

/// A Rust type that stands for a catalogue type.
pub trait Shape: Sized {
    /// The catalogue's word for it.
    const TYPE: &'static str;
    /// As the contract carries it.
    fn into_wire(self) -> Value;
    /// From what the contract carries; none when it is of another type. Never asked about blank.
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
