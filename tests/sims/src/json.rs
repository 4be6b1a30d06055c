//! JSON written straight into a byte buffer.
//!
//! Lists of thousands of rows are the sims' whole work; building a `serde_json::Value` per row
//! first would make the sims the slowest part of a benchmark. Leaves alone: reading JSON, which is
//! `serde_json`'s.

/// An object being written. Call [`Obj::end`] to close it.
pub(crate) struct Obj<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Obj<'a> {
    /// Opens an object at the end of `out`.
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Obj { out, empty: true }
    }

    /// Writes a key and hands out the buffer for its value.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// A text member.
    pub(crate) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        text(self.key(key), value);
        self
    }

    /// A text member, or null.
    pub(crate) fn text_or_null(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    /// An integer member.
    pub(crate) fn int(&mut self, key: &str, value: i64) -> &mut Self {
        int(self.key(key), value);
        self
    }

    /// A boolean member.
    pub(crate) fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.raw(key, if value { "true" } else { "false" })
    }

    /// A null member.
    pub(crate) fn null(&mut self, key: &str) -> &mut Self {
        self.raw(key, "null")
    }

    /// A member whose value is JSON already.
    pub(crate) fn raw(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key).extend_from_slice(json.as_bytes());
        self
    }

    /// Closes the object.
    pub(crate) fn end(&mut self) {
        self.out.push(b'}');
    }
}

/// Writes `items` as an array, each by `write`.
pub(crate) fn array<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

/// Writes an integer.
pub(crate) fn int(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Writes a quoted, escaped string.
pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    out.push(b'"');
    let bytes = value.as_bytes();
    let mut plain = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if b >= 0x20 && b != b'"' && b != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[plain..i]);
        plain = i + 1;
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[plain..]);
    out.push(b'"');
}

/// The same JSON with the texts of these members as bare numbers, where they can stand as one.
pub(crate) fn bare(json: &[u8], members: &[&str]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(json).into_owned();
    for member in members {
        let opening = format!("\"{member}\":\"");
        let mut parts = text.split(&opening);
        let mut out = parts.next().unwrap_or("").to_owned();
        for part in parts {
            match part.split_once('"') {
                Some((value, rest)) if serde_json::from_str::<serde_json::Number>(value).is_ok() => {
                    out.push_str(&format!("\"{member}\":{value}{rest}"));
                }
                _ => {
                    out.push_str(&opening);
                    out.push_str(part);
                }
            }
        }
        text = out;
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_could_be_numbers_stand_bare() {
        let json =
            br#"{"a":"1","serialNumber":"89390101023584784351","b":[{"serialNumber":"1E5"},{"serialNumber":"007"}]}"#;
        let wanted =
            r#"{"a":"1","serialNumber":89390101023584784351,"b":[{"serialNumber":1E5},{"serialNumber":"007"}]}"#;
        assert_eq!(String::from_utf8_lossy(&bare(json, &["serialNumber"])), wanted);
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut out = Vec::new();
        let mut obj = Obj::new(&mut out);
        obj.text("a", "tab\t\"quote\" back\\slash\u{1} é").int("b", -7).flag("c", true).null("d");
        array(obj.key("e"), [1, 2], int);
        obj.end();
        let value: serde_json::Value = serde_json::from_slice(&out).expect("valid JSON");
        assert_eq!(
            value,
            serde_json::json!({"a": "tab\t\"quote\" back\\slash\u{1} é", "b": -7, "c": true, "d": null, "e": [1, 2]})
        );
    }
}
