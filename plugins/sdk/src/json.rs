//! JSON as vendors write it: borrowed where possible, and tolerant where two forms are known (a
//! number as text, `null` for empty). Types here are for `#[derive(Deserialize)]` structs; there
//! is no tree of values on any path.

use crate::{Failure, Gap, Nullable};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

const USUAL_ROWS: usize = 128;
/// 2^53: from here on a float no longer holds every whole number.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Reads a reply.
///
/// # Errors
/// Unavailable: it is not the JSON that was expected. A page of HTML is told apart.
pub fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let page = text.trim_start().starts_with('<');
        Failure::Unavailable(if page {
            "the vendor answered with a web page instead of data".to_owned()
        } else {
            format!("the vendor's reply cannot be read: {error}")
        })
    })
}

/// The members of a row that say which item it is and whose, as the vendor names them; empty where a row has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keys<'k> {
    /// The item's id.
    pub item: &'k str,
    /// The id of what the item belongs to.
    pub parent: &'k str,
}

impl Keys<'_> {
    /// A gap of one row, which names the item and its parent where the row as it came (`raw`) tells them.
    pub fn gap(self, raw: &str, cause: Failure) -> Gap {
        let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(raw).unwrap_or_default();
        let text = |name: &str| {
            let raw = members.get(name)?;
            serde_json::from_str::<Str<'_>>(raw.get()).ok()?.filled()
        };
        Gap { parent: text(self.parent), item: text(self.item), cause }
    }
}

/// A page's rows where the page as a whole cannot be read (`why`): those that can be, and for each that cannot a gap,
/// which names the record where the row still tells its id. One bad row stops no walk and is not taken for gone.
///
/// # Errors
/// No row can be read, and none tells its id: the vendor writes something else than was expected.
pub fn readable<'a, T: Deserialize<'a>>(
    raw: &[&'a RawValue],
    why: Failure,
    keys: Keys<'_>,
) -> Result<(Vec<T>, Vec<Gap>), Failure> {
    let (mut rows, mut gaps) = (Vec::with_capacity(raw.len()), Vec::new());
    for raw in raw {
        match parse(raw.get()) {
            Ok(row) => rows.push(row),
            Err(cause) => gaps.push(keys.gap(raw.get(), cause)),
        }
    }
    let nothing_is_known = rows.is_empty() && gaps.iter().all(|gap| gap.parent.is_none() && gap.item.is_none());
    if nothing_is_known { Err(why) } else { Ok((rows, gaps)) }
}

/// A list of many rows. It starts with room for a usual page: a list that grows is copied on the way, and a
/// connector's memory is not reused.
#[derive(Debug)]
pub struct List<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut rows = Vec::with_capacity(USUAL_ROWS);
                while let Some(row) = list.next_element()? {
                    rows.push(row);
                }
                Ok(List(rows))
            }
        }
        deserializer.deserialize_seq(Rows(PhantomData))
    }
}

/// Writes a body. Bodies are structs of plain values, which always can be written.
pub fn write<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Appends a text as JSON writes it, in quotes.
pub fn push_text(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[from..at]);
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            _ => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(HEX[usize::from(byte >> 4)] as char);
                out.push(HEX[usize::from(byte & 15)] as char);
            }
        }
        from = at + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// A text, borrowed from the reply unless it has escapes. A number or a boolean is taken as its
/// digits or word, `null` as empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Str<'a>(pub Cow<'a, str>);

impl Str<'_> {
    /// Without white space around it.
    pub fn trimmed(&self) -> &str {
        self.0.trim()
    }

    /// Its own copy, without white space around it; none when nothing is left.
    pub fn filled(&self) -> Option<String> {
        Some(self.trimmed()).filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

impl Nullable<Str<'_>> {
    /// As a field's text: white space around it is dropped, and nothing but white space is blank.
    pub fn text(&self) -> Nullable<String> {
        match self {
            Nullable::Absent => Nullable::Absent,
            Nullable::Null => Nullable::Null,
            Nullable::Value(text) => Nullable::or_null(text.filled()),
        }
    }

    /// As a field's day, its midnight: see [`crate::time::day`].
    pub fn day(&self, ahead: Option<i64>) -> Nullable<crate::Time> {
        match self.time() {
            Nullable::Value(crate::Time(time)) => {
                Nullable::or_absent(crate::time::day(&time, ahead).map(|day| crate::Time(day.midnight())))
            }
            told => told,
        }
    }

    /// As a field's last day: one after all that can be meant (`9999-12-31`) says that there is none, which is blank.
    pub fn last_day(&self, ahead: Option<i64>) -> Nullable<crate::Time> {
        match self.value().map(Str::trimmed) {
            Some(text) if crate::time::is_open_end(text) => Nullable::Null,
            _ => self.day(ahead),
        }
    }

    /// As a field's time; a text that is no time, or none that can be meant, tells nothing.
    pub fn time(&self) -> Nullable<crate::Time> {
        match self.value().map(Str::trimmed) {
            None if *self == Nullable::Absent => Nullable::Absent,
            None | Some("") => Nullable::Null,
            Some(text) => Nullable::or_absent(crate::time::sensible(text).map(crate::Time)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As it stands in the text: a number has digits that a float would lose.
        let raw = <&'de RawValue>::deserialize(deserializer)?.get();
        match raw.as_bytes().first() {
            Some(b'"') if !raw.contains('\\') => Ok(Str(Cow::Borrowed(&raw[1..raw.len() - 1]))),
            Some(b'"') => serde_json::from_str(raw).map(|text| Str(Cow::Owned(text))).map_err(D::Error::custom),
            Some(b'n') => Ok(Str::default()),
            Some(b'[' | b'{') | None => Err(D::Error::custom("a text was expected, and a list or an object came")),
            _ => Ok(Str(Cow::Borrowed(raw))),
        }
    }
}

/// A whole number, also where the vendor writes it as text or with a fraction of zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Int(pub i64);

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Ints;
        impl Visitor<'_> for Ints {
            type Value = Int;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Int, E> {
                Ok(Int(number))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Int, E> {
                i64::try_from(number).map(Int).map_err(E::custom)
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Int, E> {
                if number.abs() < EXACT {
                    return Ok(Int(number as i64));
                }
                Err(E::custom(format!("the number {number} is too large to be read exactly")))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Int, E> {
                text.trim().parse().map(Int).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Ints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Row<'a> {
        #[serde(borrow, default)]
        name: Nullable<Str<'a>>,
        #[serde(default)]
        size: Nullable<Int>,
    }

    #[test]
    fn texts_are_borrowed_and_other_forms_taken() {
        for (json, name, size) in [
            (r#"{"name":" PC ","size":5}"#, Nullable::Value("PC".to_owned()), Nullable::Value(Int(5))),
            (r#"{"name":"a\"b","size":"5"}"#, Nullable::Value("a\"b".to_owned()), Nullable::Value(Int(5))),
            (r#"{"name":42,"size":5.0}"#, Nullable::Value("42".to_owned()), Nullable::Value(Int(5))),
            (r#"{"name":true,"size":-5}"#, Nullable::Value("true".to_owned()), Nullable::Value(Int(-5))),
            (r#"{"name":null,"size":null}"#, Nullable::Null, Nullable::Null),
            (r#"{"name":"  "}"#, Nullable::Null, Nullable::Absent),
            ("{}", Nullable::Absent, Nullable::Absent),
        ] {
            let row: Row<'_> = parse(json).unwrap();
            assert_eq!((row.name.text(), row.size), (name, size), "{json}");
        }
        let row: Row<'_> = parse(r#"{"name":"PC"}"#).unwrap();
        assert!(matches!(row.name, Nullable::Value(Str(Cow::Borrowed("PC")))));
    }

    #[test]
    fn a_senseless_time_is_unknown_and_an_open_end_is_none() {
        fn told(text: &str) -> Nullable<Str<'_>> {
            Nullable::Value(Str(text.into()))
        }
        for (text, time, last) in [
            ("9999-12-31T00:00:00", Nullable::Absent, Nullable::Null),
            ("0001-01-01T00:00:00", Nullable::Absent, Nullable::Absent),
            ("0000-00-00", Nullable::Absent, Nullable::Absent),
            ("", Nullable::Null, Nullable::Null),
        ] {
            assert_eq!((told(text).time(), told(text).last_day(None)), (time, last), "{text}");
        }
        let day = Nullable::Value(crate::Time("2026-01-31T00:00:00Z".to_owned()));
        assert_eq!(told("2026-01-31").last_day(None), day);
        assert_eq!(Nullable::<Str<'_>>::Absent.last_day(None), Nullable::Absent);
    }

    #[test]
    fn a_serial_that_is_a_bare_number_keeps_its_digits() {
        for digits in ["89390101023584784351", "89390101023584784352", "1E5", "1.50", "-0", "7"] {
            let text = format!(r#"{{"name":{digits}}}"#);
            let row: Row<'_> = parse(&text).unwrap();
            assert_eq!(row.name.text(), Nullable::Value(digits.to_owned()));
        }
        assert!(parse::<Row<'_>>(r#"{"name":["x"]}"#).is_err() && parse::<Row<'_>>(r#"{"name":{}}"#).is_err());
        assert!(parse::<Row<'_>>(r#"{"size":89390101023584784351}"#).is_err(), "no id is rounded");
    }

    #[test]
    fn one_bad_row_is_set_aside_and_named_where_it_tells_its_id() {
        let text = r#"[{"size":1},{"id":7,"of":" c ","size":[]},{"size":{}}]"#;
        let why = parse::<Vec<Row<'_>>>(text).err().unwrap();
        let raw: Vec<&RawValue> = parse(text).unwrap();
        let keys = Keys { item: "id", parent: "of" };
        let (rows, gaps) = readable::<Row<'_>>(&raw, why.clone(), keys).unwrap();
        let named: Vec<_> = gaps.iter().map(|gap| (gap.item.as_deref(), gap.parent.as_deref())).collect();
        assert_eq!((rows.len(), named), (1, vec![(Some("7"), Some("c")), (None, None)]));
        assert_eq!(readable::<Row<'_>>(&raw[2..], why.clone(), keys).err(), Some(why.clone()));
        let (rows, gaps) = readable::<Row<'_>>(&raw[1..2], why, keys).unwrap();
        assert_eq!((rows.len(), gaps.len()), (0, 1));
    }

    #[test]
    fn what_is_no_data_says_so() {
        let html = parse::<Row<'_>>("<html>down</html>").err().unwrap();
        assert_eq!(html.message(), "the vendor answered with a web page instead of data");
        assert_eq!(parse::<Row<'_>>("{\"name\":").err().unwrap().case(), "unavailable");
    }

    #[test]
    fn texts_are_written_as_serde_writes_them_or_as_plainly() {
        for text in ["", "plain", "Zoë \"Z\" \\ end", "tab\tand\u{1}"] {
            let mut out = String::new();
            push_text(&mut out, text);
            assert_eq!(serde_json::from_str::<String>(&out).unwrap(), text);
        }
    }
}
