//! Headers that a guest may set, and headers of a reply that it may see.

use crosswalk_model::manifest::headers::refused_in_requests;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Headers of a login, which is the host's concern.
const KEPT_BACK: [&str; 9] = [
    "set-cookie",
    "set-cookie2",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "proxy-authentication-info",
    "authorization",
    "proxy-authorization",
    "cookie",
];

/// Parses a guest's header.
///
/// # Errors
/// The reason for the refusal.
pub(super) fn parse(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header has a name that is none".to_owned())?;
    if let Some(why) = refused_in_requests(key.as_str()) {
        return Err(format!("the header `{key}` {why}"));
    }
    let value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| format!("the header `{key}` has a line break or control character in its value"))?;
    Ok((key, value))
}

/// Size of headers as the limit counts it, in bytes.
pub(super) fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Returns the headers of a reply as the guest sees them, or their size if it exceeds the limit.
pub(super) fn of_reply(
    headers: &HeaderMap,
    is_ours: impl Fn(&HeaderName) -> bool,
    max: usize,
    max_bytes: usize,
) -> Result<Vec<(String, String)>, u64> {
    let bytes = size(headers);
    if headers.len() > max || bytes > max_bytes {
        return Err(bytes as u64);
    }
    let seen = headers.iter().filter(|(name, _)| !KEPT_BACK.contains(&name.as_str()) && !is_ours(name));
    Ok(seen
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_sets_no_framing_credentials_or_other_method() {
        for good in [("Accept", "application/json"), ("x-zone", "7"), ("If-Match", "\"é\"")] {
            assert!(parse(good.0, good.1).is_ok(), "{good:?}");
        }
        for bad in [
            ("Host", "x"),
            ("CONTENT-LENGTH", "0"),
            ("Transfer-Encoding", "chunked"),
            ("Authorization", "Basic x"),
            ("Cookie", "a=b"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Vendor-Method-Override", "DELETE"),
            ("X-Forwarded-Host", "x"),
            ("Proxy-Authorization", "x"),
            ("Forwarded", "for=x"),
            ("Trailer", "x"),
            ("Expect", "100-continue"),
            ("Accept-Encoding", "br"),
            ("X-Original-URL", "/admin"),
            ("X_HTTP_METHOD_OVERRIDE", "DELETE"),
            ("X-HTTP_Method-Override", "DELETE"),
            ("Content_Length", "0"),
            ("x_zone", "7"),
            ("bad name", "x"),
            ("", "x"),
            ("x", "a\r\nHost: b"),
            ("x", "a\u{0}"),
            ("x\r\nHost", "b"),
            (":authority", "x"),
        ] {
            assert!(parse(bad.0, bad.1).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_guest_sees_no_cookies_and_no_credentials() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("set-cookie", "s=1"), ("www-authenticate", "Basic"), ("x-key", "s3cret"), ("retry-after", "7")]
        {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let seen = of_reply(&headers, |name| name == "x-key", 100, 1_000).unwrap();
        assert_eq!(seen, [("retry-after".to_owned(), "7".to_owned())]);
        assert!(of_reply(&headers, |_| false, 3, 1_000).is_err());
        assert!(of_reply(&headers, |_| false, 100, 10).is_err());
    }
}
