//! Texts as headers and forms carry them.

use reqwest::header::HeaderValue;
use url::form_urlencoded;

/// A header value that no debug print shows.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Text as a form writes it, which is how OAuth 2 wants a client's id and secret in a
/// Basic header (RFC 6749, section 2.3.1).
pub(super) fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
