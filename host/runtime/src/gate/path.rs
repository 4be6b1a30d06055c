//! Paths and queries as a guest may write them. Each path has exactly one spelling, so that the
//! path compared with a pattern is the one the vendor's server acts on.
//!
//! Refused are all spellings that servers, proxies and URL parsers read differently: dot segments,
//! empty segments, backslashes, path parameters (`;`), encoded slashes, encoded letters, and
//! percent signs encoded twice. To use one of those characters in an id, a guest percent-encodes it
//! once.

use std::fmt::Write as _;

/// Checks that a path has its one permitted spelling.
///
/// # Errors
/// The deviation, as the rest of a sentence that begins with "the path".
pub(super) fn check(path: &str) -> Result<(), &'static str> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err("has to start with `/`");
    };
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        if segment.is_empty() && segments.peek().is_some() {
            return Err("has an empty segment (`//`)");
        }
        if segment == "." || segment == ".." {
            return Err("has a dot segment");
        }
        check_segment(segment.as_bytes())?;
    }
    Ok(())
}

fn check_segment(segment: &[u8]) -> Result<(), &'static str> {
    let mut at = 0;
    while let Some(&byte) = segment.get(at) {
        if byte == b'%' {
            let encoded = hex(segment.get(at + 1)).zip(hex(segment.get(at + 2))).map(|(high, low)| high * 16 + low);
            let twice = hex(segment.get(at + 3)).is_some() && hex(segment.get(at + 4)).is_some();
            match encoded {
                None => return Err("has a `%` without two hex digits behind it"),
                Some(b'/' | b'\\') => return Err("has an encoded slash"),
                Some(0..=31 | 127) => return Err("has an encoded control character"),
                Some(b'%') if twice => return Err("is percent-encoded twice"),
                Some(plain) if is_unreserved(plain) => {
                    return Err("has a letter, digit or `-._~` encoded: write it plainly");
                }
                Some(_) => at += 3,
            }
        } else if is_plain(byte) {
            at += 1;
        } else {
            return Err(match byte {
                b'?' => "has a `?`: give the query in `query`",
                b'#' => "has a `#`",
                b'\\' => "has a backslash",
                b';' => "has a `;`: percent-encode it",
                0..=31 | 127 => "has a control character",
                _ => "has a character that has to be percent-encoded",
            });
        }
    }
    Ok(())
}

fn hex(digit: Option<&u8>) -> Option<u8> {
    digit.and_then(|&byte| char::from(byte).to_digit(16)).and_then(|value| u8::try_from(value).ok())
}

/// RFC 3986, section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Bytes that may stand unencoded in a segment (RFC 3986 `pchar`, without `;`).
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@')
}

/// Appends a query to a URL. Everything but unreserved characters is encoded, a space as `%20`,
/// which every server reads alike.
pub(super) fn push_query(url: &mut String, query: &[(String, String)]) {
    for (at, (name, value)) in query.iter().enumerate() {
        url.push(if at == 0 { '?' } else { '&' });
        push_encoded(url, name);
        url.push('=');
        push_encoded(url, value);
    }
}

fn push_encoded(url: &mut String, text: &str) {
    for &byte in text.as_bytes() {
        if is_unreserved(byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for good in [
            "/",
            "/v3/devices",
            "/v3/devices/",
            "/a/b%20c",
            "/a/%C3%A9",
            "/a/x@y:z",
            "/a/100%25",
            "/a/%3B",
            "/a.b/..c",
            "/a/%25zz",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "v3",
            "http://evil.example/",
            "//evil.example/x",
            "/a//b",
            "/a/../b",
            "/..",
            "/a/.",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/a%2fb",
            "/a%2Fb",
            "/a%5cb",
            "/a\\b",
            "/a?b=1",
            "/a#b",
            "/a b",
            "/a\r\nHost: x",
            "/a\u{0}",
            "/a%00",
            "/a%0d%0a",
            "/a%7f",
            "/a%",
            "/a%2",
            "/a%zz",
            "/%61dmin",
            "/a%252e",
            "/a%252F",
            "/é",
            "/a;b=1",
            "/..;/b",
            "/a/{x}",
            "/a|b",
            "/a\"b",
            "/a<b>",
            "/a^b",
            "/a`b",
            "/@evil.example/../x",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_query_cannot_leave_its_place() {
        let mut url = "https://a.example/x".to_owned();
        push_query(&mut url, &[("$filter".into(), "name eq 'a&b=c#d'".into()), ("é".into(), String::new())]);
        assert_eq!(url, "https://a.example/x?%24filter=name%20eq%20%27a%26b%3Dc%23d%27&%C3%A9=");
    }
}
