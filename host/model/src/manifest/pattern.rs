//! Patterns of hosts and paths, parsed once and matched often. An invalid pattern is an error, never one that matches
//! nothing or everything.
//!
//! A host pattern is `scheme://host[:port]` where `*` stands for letters, digits and dashes inside one label
//! (`https://webservices*.vendor.example`). The segments of a path pattern are literal, `*` (one segment), `{}` (one
//! segment, captured) or, at the end, `**` (any number of segments).

use std::fmt;

/// The reason why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{pattern}` is not a pattern: {why}")]
pub struct PatternError {
    /// The text.
    pub pattern: String,
    /// What is wrong, and what to write instead.
    pub why: &'static str,
}

fn wrong(pattern: &str, why: &'static str) -> PatternError {
    PatternError { pattern: pattern.to_owned(), why }
}

/// A scheme, a host with `*` inside labels, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPattern {
    scheme: String,
    labels: Vec<String>,
    port: u16,
}

impl HostPattern {
    /// Parses `scheme://host[:port]`. The port defaults to the scheme's. `*` must not be a whole label, nor part of the
    /// last two labels, nor of the name that its owner registered below a public suffix, because then anybody could own
    /// a matching host.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong(text, "write scheme://host, such as https://api*.vendor.example"))?;
        let default_port = match scheme {
            "https" => 443,
            "http" => 80,
            _ => return Err(wrong(text, "the scheme is https (or http)")),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong(text, "the port is a number up to 65535"))?),
            None => (rest, default_port),
        };
        let labels: Vec<String> = host.to_ascii_lowercase().split('.').map(str::to_owned).collect();
        let label_ok = |label: &String| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'*')
                && label.matches('*').count() <= 1
        };
        if !labels.iter().all(label_ok) {
            return Err(wrong(text, "a host is labels of letters, digits and dashes with at most one `*` in each"));
        }
        let wild = labels.iter().rposition(|label| label.contains('*'));
        if labels.iter().any(|label| label == "*") || wild.is_some_and(|at| at + 2 >= labels.len()) {
            return Err(wrong(text, "`*` stands for part of a label, and not in the last two labels"));
        }
        if wild.is_some_and(|at| at + owned_labels(&labels) >= labels.len()) {
            return Err(wrong(
                text,
                "anybody can own a matching host: `*` must be left of the name that its owner registered, as in https://api*.vendor.co.uk",
            ));
        }
        Ok(Self { scheme: scheme.to_owned(), labels, port })
    }

    /// Whether a canonical (lower-case) host and port, with this scheme, match.
    #[must_use]
    pub fn matches(&self, scheme: &str, host: &str, port: u16) -> bool {
        let labels: Vec<&str> = host.split('.').collect();
        self.scheme == scheme
            && self.port == port
            && labels.len() == self.labels.len()
            && self.labels.iter().zip(labels).all(|(pattern, label)| label_matches(pattern, label))
    }

    /// Returns the scheme of requests to such a host.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Returns the port of requests to such a host that name none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{}", self.scheme, self.labels.join("."), self.port)
    }
}

/// Number of labels in the name that somebody registered, by the public suffix list: 2 in `vendor.com`, 3 in
/// `vendor.co.uk`, 3 in `vendor.azurewebsites.net`.
fn owned_labels(labels: &[String]) -> usize {
    let host = labels.join(".").replace('*', "x");
    let suffix = psl::suffix(host.as_bytes()).map_or(1, |suffix| suffix.as_bytes().split(|&byte| byte == b'.').count());
    suffix + 1
}

fn label_matches(pattern: &str, label: &str) -> bool {
    let label_ok = !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match pattern.split_once('*') {
        None => pattern == label,
        Some((start, end)) => {
            label_ok && label.len() >= start.len() + end.len() && label.starts_with(start) && label.ends_with(end)
        }
    }
}

/// A path with `*`, `{}` and a final `**`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
    open_end: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Any,
    Kept,
}

impl PathPattern {
    /// Parses a path pattern, which starts with `/` (or is `**`: every path).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let path = match text {
            "**" => "/**",
            other => other,
        };
        let mut rest = path.strip_prefix('/').ok_or_else(|| wrong(text, "a path starts with `/`"))?;
        let open_end = rest == "**" || rest.ends_with("/**");
        if open_end {
            rest = rest.trim_end_matches("**").trim_end_matches('/');
        }
        let mut segments = Vec::new();
        for segment in rest.split('/').filter(|_| !rest.is_empty()) {
            segments.push(match segment {
                "*" => Segment::Any,
                "{}" => Segment::Kept,
                "" => return Err(wrong(text, "a segment is empty: remove one `/`")),
                other if other.contains(['*', '{', '}', '?', '#', '%', '\\']) || other == "." || other == ".." => {
                    return Err(wrong(text, "a segment is a plain word, `*` or `{}`; `**` stands at the end"));
                }
                other => Segment::Literal(other.to_owned()),
            });
        }
        Ok(Self { text: text.to_owned(), segments, open_end })
    }

    /// Whether a path matches, with case.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.walk(path, str::eq).is_some()
    }

    /// Returns what `{}` captured, joined by `/` and in lower case, if the path matches without case; else `None`. On
    /// servers that ignore case, another case must not open a new bucket.
    #[must_use]
    pub fn kept(&self, path: &str) -> Option<String> {
        self.walk(path, str::eq_ignore_ascii_case).map(|kept| kept.join("/").to_ascii_lowercase())
    }

    fn walk<'p>(&self, path: &'p str, same: fn(&str, &str) -> bool) -> Option<Vec<&'p str>> {
        let mut given = path.strip_prefix('/')?.split('/').filter(|segment| !segment.is_empty());
        let mut kept = Vec::new();
        for segment in &self.segments {
            let got = given.next()?;
            match segment {
                Segment::Literal(word) if !same(word, got) => return None,
                Segment::Kept => kept.push(got),
                Segment::Literal(_) | Segment::Any => {}
            }
        }
        (self.open_end || given.next().is_none()).then_some(kept)
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_pattern_grants_part_of_a_label_and_no_more() {
        let pattern = HostPattern::parse("https://webservices*.vendor.example").unwrap();
        for (host, port, fits) in [
            ("webservices2.vendor.example", 443, true),
            ("webservices.vendor.example", 443, true),
            ("webservices2.vendor.example", 8443, false),
            ("webservices2.evil.vendor.example", 443, false),
            ("webservices2.vendor.example.evil", 443, false),
            ("evil.example", 443, false),
        ] {
            assert_eq!(pattern.matches("https", host, port), fits, "{host}:{port}");
        }
        assert!(!pattern.matches("http", "webservices2.vendor.example", 443));
        for good in ["https://a*.vendor.co.uk", "https://a*.vendor.azurewebsites.net", "http://127.0.0.1:8080"] {
            assert!(HostPattern::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "vendor.example",
            "ftp://x.example",
            "https://*.example",
            "https://a.*",
            "https://*",
            "https://a..b",
            "https://a b.example",
            "https://a*.co.uk",
            "https://a*.com",
            "https://vendor*.azurewebsites.net",
            "https://vendor*.blogspot.com",
            "https://a*.ck",
            "https://a*.b.ck",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_pattern_is_exact_but_for_its_wildcards() {
        for (pattern, path, fits) in [
            ("/v1/*/query", "/v1/companies/query", true),
            ("/v1/*/query", "/v1/companies/query/next", false),
            ("/v1/*/query", "/v1/a/b/query", false),
            ("/v1/*/query", "/V1/companies/query", false),
            ("/v1/**", "/v1", true),
            ("/v1/**", "/v1/a/b", true),
            ("**", "/anything/at/all", true),
        ] {
            assert_eq!(PathPattern::parse(pattern).unwrap().matches(path), fits, "{pattern} {path}");
        }
        let bucket = PathPattern::parse("/*/v1.0/{}/**").unwrap();
        assert_eq!(bucket.kept("/Services/V1.0/Companies/query").as_deref(), Some("companies"));
        assert_eq!(bucket.kept("/Services/V2.0/Companies"), None);
        for bad in ["v1", "/a//b", "/a*", "/**/b", "/a/../b", "/a?b", "/%2e"] {
            assert!(PathPattern::parse(bad).is_err(), "{bad}");
        }
    }
}
