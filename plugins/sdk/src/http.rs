//! Requests, replies, and what a reply that is no success means. The host retries reads and
//! honours `Retry-After` by itself; a connector only says what it got.

use crate::{Body, Failure, HttpError, Method, Request, Response, Throttle};

impl Request {
    /// A request to an endpoint of the manifest. The path is percent-encoded and without query.
    pub fn new(method: Method, endpoint: &str, path: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            host: None,
            method,
            path: path.into(),
            query: Vec::new(),
            headers: vec![("accept".to_owned(), "application/json".to_owned())],
            body: None,
            change: None,
        }
    }

    /// A read.
    pub fn get(endpoint: &str, path: impl Into<String>) -> Self {
        Self::new(Method::Get, endpoint, path)
    }

    /// With one more parameter in the query, not encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// To this host of an endpoint that is a pattern.
    #[must_use]
    pub fn host(mut self, host: &str) -> Self {
        self.host = Some(host.to_owned());
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: String) -> Self {
        self.headers.push(("content-type".to_owned(), "application/json".to_owned()));
        self.body = Some(Body::Text(body));
        self
    }

    /// In the name of a change.
    #[must_use]
    pub fn change(mut self, id: &str) -> Self {
        self.change = Some(id.to_owned());
        self
    }
}

impl Response {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The body as text; empty when it is none.
    pub fn text(&self) -> &str {
        match &self.body {
            Body::Text(text) => text,
            Body::Bytes(_) => "",
        }
    }

    /// What the vendor asks to wait, in milliseconds. Only the form in seconds is understood.
    pub fn retry_after_ms(&self) -> Option<u64> {
        self.header("retry-after")?.trim().parse::<u64>().ok().map(|seconds| seconds.saturating_mul(1000))
    }

    /// The failure that a status stands for by HTTP's own rules, with the vendor's words. Vendors
    /// that use statuses in another way are read by their connector first.
    pub fn failure(&self, message: impl Into<String>) -> Failure {
        let message = message.into();
        match self.status {
            401 | 403 => Failure::Denied(message),
            404 | 410 => Failure::NotFound(message),
            409 => Failure::Conflict(message),
            429 => Failure::Throttled(Throttle { message, retry_after_ms: self.retry_after_ms() }),
            405 | 501 => Failure::Unsupported(message),
            400..=499 if self.status != 408 => Failure::rejected(message),
            _ => Failure::Unavailable(message),
        }
    }
}

impl HttpError {
    /// Whether a writing request may have arrived all the same.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, HttpError::Timeout(_) | HttpError::Unreachable(_) | HttpError::TooLarge(_))
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::NotGranted(what) => Failure::Denied(what),
            HttpError::Throttled(ms) => Failure::Throttled(Throttle {
                message: "the budget of calls is spent".to_owned(),
                retry_after_ms: Some(ms),
            }),
            HttpError::Timeout(why) | HttpError::Unreachable(why) => Failure::Unavailable(why),
            HttpError::TooLarge(bytes) => {
                Failure::Broken(format!("a request or reply is over the limit of {bytes} bytes"))
            }
            HttpError::ReadOnly(why) | HttpError::Refused(why) => Failure::Broken(why),
        }
    }
}

/// A text as one segment of a path: everything but letters, digits, `-`, `.`, `_` and `~` encoded.
pub fn segment(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(byte as char);
        } else {
            out.push('%');
            out.push(HEX[usize::from(byte >> 4)] as char);
            out.push(HEX[usize::from(byte & 15)] as char);
        }
    }
    out
}

/// A query string's parameters, decoded, for vendors that hand out whole URLs to follow.
pub fn parameters(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = |i: usize| bytes.get(i).and_then(|b| (*b as char).to_digit(16));
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::reply;

    #[test]
    fn a_status_becomes_the_failure_the_host_can_act_on() {
        for (status, name) in [
            (400, "rejected"),
            (401, "denied"),
            (403, "denied"),
            (404, "not-found"),
            (405, "unsupported"),
            (408, "unavailable"),
            (409, "conflict"),
            (422, "rejected"),
            (429, "throttled"),
            (302, "unavailable"),
            (500, "unavailable"),
            (503, "unavailable"),
        ] {
            assert_eq!(reply(status, "").failure("x").case(), name, "{status}");
        }
        let mut throttled = reply(429, "");
        throttled.headers.push(("retry-after".to_owned(), "7".to_owned()));
        assert_eq!(
            throttled.failure("slow down"),
            Failure::Throttled(Throttle { message: "slow down".to_owned(), retry_after_ms: Some(7000) })
        );
    }

    #[test]
    fn paths_and_queries_are_encoded_and_decoded() {
        assert_eq!(segment("a b/ü"), "a%20b%2F%C3%BC");
        assert_eq!(
            parameters("paging=%7B%22pageSize%22%3A500%7D&search=a+b&odd=%zz&&bare"),
            [("paging", "{\"pageSize\":500}"), ("search", "a b"), ("odd", "%zz"), ("bare", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }
}
