//! JSON as vendors write it: borrowed where possible, and tolerant where two forms are known (a
//! number as text, `null` for empty). Types here are for `#[derive(Deserialize)]` structs; there
//! is no tree of values on any path.

use crate::{Failure, Gap, Told};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

const USUAL_ROWS: usize = 128;

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

/// A page's rows where the page as a whole cannot be read (`why`): those that can be, and a gap for each
/// that cannot. One bad row must not stop a walk, and must not be taken for gone either.
///
/// # Errors
/// No row can be read: the vendor writes something else than was expected.
pub fn readable<'a, T: Deserialize<'a>>(raw: &[&'a RawValue], why: Failure) -> Result<(Vec<T>, Vec<Gap>), Failure> {
    readable_of(raw, why, |_| None)
}

/// The same where a row that cannot be read may still tell whose it is (`parent`): then nobody else's items are missing.
///
/// # Errors
/// No row can be read, nor whose any of them is.
pub fn readable_of<'a, T: Deserialize<'a>>(
    raw: &[&'a RawValue],
    why: Failure,
    parent: impl Fn(&str) -> Option<String>,
) -> Result<(Vec<T>, Vec<Gap>), Failure> {
    let (mut rows, mut gaps) = (Vec::with_capacity(raw.len()), Vec::new());
    for raw in raw {
        match parse(raw.get()) {
            Ok(row) => rows.push(row),
            Err(cause) => gaps.push(Gap { parent: parent(raw.get()), item: None, cause }),
        }
    }
    let nothing_is_known = rows.is_empty() && gaps.iter().all(|gap| gap.parent.is_none());
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

impl Told<Str<'_>> {
    /// As a field's text: white space around it is dropped, and nothing but white space is blank.
    pub fn text(&self) -> Told<String> {
        match self {
            Told::Nothing => Told::Nothing,
            Told::Blank => Told::Blank,
            Told::Value(text) => Told::or_blank(text.filled()),
        }
    }

    /// As a field's time; a text that is no time tells nothing.
    pub fn time(&self) -> Told<crate::Time> {
        match self.value().map(Str::trimmed) {
            None if *self == Told::Nothing => Told::Nothing,
            None | Some("") => Told::Blank,
            Some(text) => Told::or_nothing(crate::time::canonical(text).map(crate::Time)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Str<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(number.to_string())))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Str(Cow::Owned(number.to_string())))
            }
            fn visit_bool<E: Error>(self, yes: bool) -> Result<Self::Value, E> {
                Ok(Str(Cow::Borrowed(if yes { "true" } else { "false" })))
            }
            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Str::default())
            }
        }
        deserializer.deserialize_any(Texts)
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
                Ok(Int(number as i64))
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
        name: Told<Str<'a>>,
        #[serde(default)]
        size: Told<Int>,
    }

    #[test]
    fn texts_are_borrowed_and_other_forms_taken() {
        for (json, name, size) in [
            (r#"{"name":" PC ","size":5}"#, Told::Value("PC".to_owned()), Told::Value(Int(5))),
            (r#"{"name":"a\"b","size":"5"}"#, Told::Value("a\"b".to_owned()), Told::Value(Int(5))),
            (r#"{"name":42,"size":5.0}"#, Told::Value("42".to_owned()), Told::Value(Int(5))),
            (r#"{"name":null,"size":null}"#, Told::Blank, Told::Blank),
            (r#"{"name":"  "}"#, Told::Blank, Told::Nothing),
            ("{}", Told::Nothing, Told::Nothing),
        ] {
            let row: Row<'_> = parse(json).unwrap();
            assert_eq!((row.name.text(), row.size), (name, size), "{json}");
        }
        let row: Row<'_> = parse(r#"{"name":"PC"}"#).unwrap();
        assert!(matches!(row.name, Told::Value(Str(Cow::Borrowed("PC")))));
    }

    #[test]
    fn one_bad_row_is_set_aside() {
        let text = r#"[{"size":1},{"size":[]},{"size":3}]"#;
        let why = parse::<Vec<Row<'_>>>(text).err().unwrap();
        let raw: Vec<&RawValue> = parse(text).unwrap();
        let (rows, gaps) = readable::<Row<'_>>(&raw, why.clone()).unwrap();
        assert_eq!((rows.len(), gaps.len()), (2, 1));
        assert_eq!(readable::<Row<'_>>(&raw[1..2], why.clone()).err(), Some(why.clone()));
        let (rows, gaps) = readable_of::<Row<'_>>(&raw[1..2], why, |row| Some(row.to_owned())).unwrap();
        assert_eq!((rows.len(), gaps[0].parent.as_deref()), (0, Some(r#"{"size":[]}"#)));
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
