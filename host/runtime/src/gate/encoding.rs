//! Encodings of text for headers and forms.

use reqwest::header::HeaderValue;
use url::form_urlencoded;

/// A header value hidden from debug output.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Form-encodes a text, as OAuth 2 requires of a client's id and secret in a Basic header (RFC
/// 6749, section 2.3.1).
pub(super) fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
