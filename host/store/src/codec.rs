//! The encoding of values in a column: compact JSON that a person can read in place.
//!
//! Text, whole numbers, booleans and blanks stand for themselves (`"x"`, `1`, `true`, `null`). A number with a fraction
//! always shows it (`1.0`). A time is `{"t":"…"}`, a document `{"j":"…"}`, and a number that JSON lacks `{"d":"NaN"}`.
//! The fields of a record are an object; those of a change are an object of `[after]` or `[before, after]`. Written by
//! hand, because this runs for every field of every record.

use super::error::StoreError;
use crosswalk_model::{Field, FieldDiff, Value};
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::marker::PhantomData;

/// The largest number of pairs that room is reserved for before they are read.
const PAIRS: usize = 64;

/// `{"name":value,…}`.
pub(super) fn write_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a Value)>) -> String {
    let mut text = String::with_capacity(512);
    write_object(&mut text, fields, write_value);
    text
}

/// `{"name":[after],"name":[before,after]}`.
pub(super) fn write_diffs(diffs: &[FieldDiff]) -> String {
    let mut text = String::with_capacity(256);
    write_object(&mut text, diffs.iter().map(|diff| (diff.name.as_str(), diff)), |text, diff| {
        text.push('[');
        if let Some(before) = &diff.before {
            write_value(text, before);
            text.push(',');
        }
        write_value(text, &diff.after);
        text.push(']');
    });
    text
}

/// The fields of a record.
pub(super) fn read_fields(text: &str) -> Result<Vec<Field>, StoreError> {
    let pairs: Vec<(String, Stored)> = read_object(text, "fields")?;
    Ok(pairs.into_iter().map(|(name, value)| Field { name, value: value.0 }).collect())
}

/// The fields of a record that have one of these names. The others are skipped.
pub(super) fn read_named(text: &str, names: &[&str]) -> Result<Vec<Field>, StoreError> {
    let mut json = serde_json::Deserializer::from_str(text);
    let fields = json.deserialize_map(Only(names)).map_err(|error| StoreError::unreadable("fields", error))?;
    json.end().map_err(|error| StoreError::unreadable("fields", error))?;
    Ok(fields)
}

/// One field of records, found without parsing the others.
pub(super) struct Named([String; 2]);

impl Named {
    pub(super) fn new(name: &str) -> Self {
        // A quote within a text or a name is escaped by a backslash, so only a name begins like this.
        Self([format!("{{\"{name}\":"), format!(",\"{name}\":")])
    }

    /// The record's fields, beginning at the value of this one.
    fn value<'f>(&self, fields: &'f str) -> Option<&'f str> {
        let [first, later] = &self.0;
        fields.strip_prefix(first.as_str()).or_else(|| Some(fields.split_once(later.as_str())?.1))
    }

    /// Whether the record has the field, with the value `false`.
    pub(super) fn is_false(&self, fields: &str) -> bool {
        self.value(fields).is_some_and(|value| value.starts_with("false"))
    }

    /// The field's text; `None` if it has another value.
    pub(super) fn text(&self, fields: &str) -> Result<Option<String>, StoreError> {
        let Some(value) = self.value(fields).filter(|value| value.starts_with('"')) else { return Ok(None) };
        let text = serde_json::Deserializer::from_str(value).into_iter::<String>().next().transpose();
        text.map_err(|error| StoreError::unreadable("fields", error))
    }
}

/// Values by field.
pub(super) fn read_map(text: &str) -> Result<BTreeMap<String, Value>, StoreError> {
    let pairs: Vec<(String, Stored)> = read_object(text, "written values")?;
    Ok(pairs.into_iter().map(|(name, value)| (name, value.0)).collect())
}

/// The fields of a change.
pub(super) fn read_diffs(text: &str) -> Result<Vec<FieldDiff>, StoreError> {
    let pairs: Vec<(String, Pair)> = read_object(text, "changes")?;
    Ok(pairs.into_iter().map(|(name, Pair { before, after })| FieldDiff { name, before, after }).collect())
}

fn write_object<'a, T>(
    text: &mut String,
    pairs: impl IntoIterator<Item = (&'a str, T)>,
    write: impl Fn(&mut String, T),
) {
    text.push('{');
    for (name, value) in pairs {
        if text.len() > 1 {
            text.push(',');
        }
        write_text(text, name);
        text.push(':');
        write(text, value);
    }
    text.push('}');
}

fn write_value(text: &mut String, value: &Value) {
    // Writing into a string cannot fail.
    match value {
        Value::Blank => text.push_str("null"),
        Value::Text(inner) => write_text(text, inner),
        Value::Integer(number) => drop(write!(text, "{number}")),
        Value::Decimal(number) if number.is_finite() => drop(write!(text, "{number:?}")),
        Value::Decimal(number) => drop(write!(text, r#"{{"d":"{number}"}}"#)),
        Value::Boolean(yes) => text.push_str(if *yes { "true" } else { "false" }),
        Value::Time(inner) => write_tagged(text, 't', inner),
        Value::Json(inner) => write_tagged(text, 'j', inner),
    }
}

fn write_tagged(text: &mut String, tag: char, inner: &str) {
    text.push_str("{\"");
    text.push(tag);
    text.push_str("\":");
    write_text(text, inner);
    text.push('}');
}

fn write_text(text: &mut String, inner: &str) {
    text.push('"');
    let mut rest = inner;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        text.push_str(&rest[..at]);
        let byte = rest.as_bytes()[at];
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            _ => drop(write!(text, "\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
    text.push('"');
}

fn read_object<'a, T: Deserialize<'a>>(text: &'a str, what: &'static str) -> Result<Vec<(String, T)>, StoreError> {
    let mut json = serde_json::Deserializer::from_str(text);
    // A pair has one colon and some values have more. The estimate is a little too large, and limited for a long
    // document.
    let pairs = text.bytes().filter(|byte| *byte == b':').take(PAIRS).count();
    let pairs =
        Pairs(pairs, PhantomData).deserialize(&mut json).map_err(|error| StoreError::unreadable(what, error))?;
    json.end().map_err(|error| StoreError::unreadable(what, error))?;
    Ok(pairs)
}

/// An object as pairs, in the order in which it was written, with room for a number of them.
struct Pairs<T>(usize, PhantomData<T>);

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for Pairs<T> {
    type Value = Vec<(String, T)>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Pairs<T> {
    type Value = Vec<(String, T)>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::with_capacity(self.0);
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}

/// The fields of an object that have one of these names.
struct Only<'n>(&'n [&'n str]);

impl<'de> Visitor<'de> for Only<'_> {
    type Value = Vec<Field>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::with_capacity(self.0.len());
        while let Some(name) = map.next_key_seed(OneOf(self.0))? {
            match name {
                Some(name) => fields.push(Field { name: name.to_owned(), value: map.next_value::<Stored>()?.0 }),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(fields)
    }
}

/// One of these names; `None` for another.
struct OneOf<'n>(&'n [&'n str]);

impl<'de, 'n> DeserializeSeed<'de> for OneOf<'n> {
    type Value = Option<&'n str>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl<'n> Visitor<'_> for OneOf<'n> {
    type Value = Option<&'n str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().copied().find(|name| *name == text))
    }
}

struct Stored(Value);

impl<'de> Deserialize<'de> for Stored {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(StoredVisitor).map(Stored)
    }
}

struct StoredVisitor;

impl<'de> Visitor<'de> for StoredVisitor {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Blank)
    }
    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Boolean(yes))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map(Value::Integer).map_err(E::custom)
    }
    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Decimal(number))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some((tag, text)) = map.next_entry::<String, String>()? else {
            return Err(A::Error::custom("a tag is missing"));
        };
        match tag.as_str() {
            "t" => Ok(Value::Time(text)),
            "j" => Ok(Value::Json(text)),
            "d" => text.parse().map(Value::Decimal).map_err(A::Error::custom),
            _ => Err(A::Error::custom("an unknown tag")),
        }
    }
}

struct Pair {
    before: Option<Value>,
    after: Value,
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(PairVisitor)
    }
}

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Pair;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("one or two values")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pair, A::Error> {
        let first: Stored = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
        Ok(match seq.next_element::<Stored>()? {
            Some(after) => Pair { before: Some(first.0), after: after.0 },
            None => Pair { before: None, after: first.0 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Blank),
            any::<String>().prop_map(Value::Text),
            any::<i64>().prop_map(Value::Integer),
            any::<f64>().prop_filter("equal to itself", |number| !number.is_nan()).prop_map(Value::Decimal),
            any::<bool>().prop_map(Value::Boolean),
            any::<String>().prop_map(Value::Time),
            any::<String>().prop_map(Value::Json),
        ]
    }

    proptest! {
        #[test]
        fn fields_come_back_as_they_were(pairs in prop::collection::vec((any::<String>(), value()), 0..8)) {
            let text = write_fields(pairs.iter().map(|(name, value)| (name.as_str(), value)));
            let fields: Vec<Field> = pairs.into_iter().map(|(name, value)| Field { name, value }).collect();
            prop_assert_eq!(&read_fields(&text).unwrap(), &fields);
            let names: Vec<&str> = fields.iter().step_by(2).map(|field| field.name.as_str()).collect();
            let named: Vec<Field> =
                fields.iter().filter(|field| names.contains(&field.name.as_str())).cloned().collect();
            prop_assert_eq!(read_named(&text, &names).unwrap(), named);
        }

        #[test]
        fn one_field_is_found_whatever_the_others_say(
            fields in prop::collection::btree_map("serial|active|a|x\"serial|x\"active|x,\"active", prop_oneof![
                Just(Value::Text(r#","serial":"x","active":false"#.to_owned())),
                Just(Value::Json(r#"{"serial":"x","active":false}"#.to_owned())),
                any::<bool>().prop_map(Value::Boolean),
                r#"["\\a:,]{0,4}"#.prop_map(Value::Text),
                value(),
            ], 0..4)
        ) {
            let text = write_fields(fields.iter().map(|(name, value)| (name.as_str(), value)));
            let serial = fields.get("serial").and_then(|value| match value {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            });
            prop_assert_eq!(Named::new("serial").text(&text).unwrap(), serial);
            prop_assert_eq!(Named::new("active").is_false(&text), fields.get("active") == Some(&Value::Boolean(false)));
        }

        #[test]
        fn diffs_come_back_as_they_were(
            diffs in prop::collection::vec((any::<String>(), prop::option::of(value()), value()), 0..8)
        ) {
            let diffs: Vec<FieldDiff> =
                diffs.into_iter().map(|(name, before, after)| FieldDiff { name, before, after }).collect();
            prop_assert_eq!(read_diffs(&write_diffs(&diffs)).unwrap(), diffs);
        }
    }

    #[test]
    fn it_is_json_that_a_person_can_read() {
        let values = [
            ("serial", Value::Text("A\"1\n".into())),
            ("cores", Value::Integer(8)),
            ("load", Value::Decimal(1.0)),
            ("odd", Value::Decimal(f64::INFINITY)),
            ("active", Value::Boolean(true)),
            ("note", Value::Blank),
            ("seen", Value::Time("2026-01-01T00:00:00Z".into())),
            ("more", Value::Json("[1]".into())),
        ];
        let text = write_fields(values.iter().map(|(name, value)| (*name, value)));
        assert_eq!(
            text,
            r#"{"serial":"A\"1\u000a","cores":8,"load":1.0,"odd":{"d":"inf"},"active":true,"note":null,"seen":{"t":"2026-01-01T00:00:00Z"},"more":{"j":"[1]"}}"#
        );
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }

    #[test]
    fn what_is_no_object_of_values_is_refused() {
        for text in ["", "[]", r#"{"a":{"z":"1"}}"#, r#"{"a":{}}"#, r#"{"a":18446744073709551615}"#, r#"{"a":1}x"#] {
            assert!(matches!(read_fields(text), Err(StoreError::Unreadable { .. })), "{text}");
            assert!(matches!(read_named(text, &["a"]), Err(StoreError::Unreadable { .. })), "{text}");
        }
    }
}
