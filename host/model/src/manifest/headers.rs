//! The headers that belong to the host, in one list for connectors and manifests: a manifest may not set for a
//! connector what its requests may not set.

/// Framing, routing, cookies, and every way to name another method or path than the one that was checked.
const RESERVED: [&str; 23] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "cookie",
    "cookie2",
    "x-http-method",
    "x-original-url",
    "x-original-uri",
    "x-original-method",
    "x-rewrite-url",
    "x-rewrite-uri",
    "forwarded",
    "via",
    "x-real-ip",
    "accept-encoding",
    "content-encoding",
    "http2-settings",
];
const RESERVED_PREFIXES: [&str; 2] = ["proxy-", "x-forwarded-"];
const RESERVED_SUFFIX: &str = "method-override";

/// Headers that describe the body. The connector sets them together with the body.
const OF_THE_BODY: [&str; 2] = ["content-type", "soapaction"];

/// Returns why a connector's request may not have a header of this name; `None` if it may.
#[must_use]
pub fn refused_in_requests(name: &str) -> Option<&'static str> {
    refused(name).or_else(|| name.eq_ignore_ascii_case("authorization").then_some("is the host's to set"))
}

/// Returns why a manifest's login may not set a header of this name; `None` if it may. Of the headers that a connector
/// may not set, a login may set `authorization` only.
#[must_use]
pub fn refused_in_logins(name: &str) -> Option<&'static str> {
    let body = OF_THE_BODY.iter().any(|own| name.eq_ignore_ascii_case(own));
    refused(name).or_else(|| body.then_some("describes the body: the connector sets it with the body"))
}

fn refused(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower.contains('_') {
        // Many servers treat `X_A` and `X-A` as one name.
        return Some("has a `_` in its name, which servers read as `-`: write `-`");
    }
    let odd = RESERVED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) || lower.ends_with(RESERVED_SUFFIX);
    (odd || RESERVED.contains(&lower.as_str())).then_some("is the host's to set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_list_holds_for_connectors_and_manifests() {
        for name in RESERVED.iter().copied().chain([
            "Proxy-Authorization",
            "X-Forwarded-Host",
            "X-HTTP-Method-Override",
            "x-vendor-method-override",
            "X_HTTP_METHOD_OVERRIDE",
            "X-HTTP_Method-Override",
            "Content_Length",
            "x_key",
        ]) {
            assert!(refused_in_requests(name).is_some(), "{name}");
            assert!(refused_in_logins(name).is_some(), "{name}");
        }
        assert!(refused_in_requests("Authorization").is_some() && refused_in_logins("Authorization").is_none());
        for of_body in ["Content-Type", "SOAPAction"] {
            assert!(refused_in_requests(of_body).is_none() && refused_in_logins(of_body).is_some(), "{of_body}");
        }
        for good in ["accept", "x-zone", "if-match", "ApiIntegrationCode", "x-tenant-id"] {
            assert!(refused_in_requests(good).is_none() && refused_in_logins(good).is_none(), "{good}");
        }
    }
}
