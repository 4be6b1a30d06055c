//! The login that the host does for a connector, as a manifest declares it. It is declared, not coded: the host
//! requests a token, keeps it, renews it and attaches it, and no guest sees it.
//!
//! Texts are templates (`template.rs`): `{secret:NAME}` and `{setting:NAME}` anywhere; `{token}` in the headers that
//! carry the token; `{token}` and `{refresh-token}` in the body of a refresh. A login is a request to an endpoint of
//! the manifest. That is granted like any other, may be one of its own, and its base precedes the path. Places in a
//! reply are JSON pointers (RFC 6901).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The login of the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "scheme", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Auth {
    /// Fixed headers on every request.
    Headers {
        /// Name → template.
        headers: BTreeMap<String, String>,
    },
    /// HTTP Basic (RFC 7617).
    Basic {
        /// Template.
        user: String,
        /// Template.
        password: String,
    },
    /// OAuth 2, client credentials grant (RFC 6749, section 4.4).
    #[serde(rename = "oauth2-client-credentials")]
    ClientCredentials {
        /// The endpoint that issues tokens.
        endpoint: String,
        /// The path of the token endpoint there.
        path: String,
        /// The client.
        client: OAuthClient,
        /// Template. The scope, if the vendor requires one.
        scope: Option<String>,
    },
    /// OAuth 2, resource owner password grant (RFC 6749, section 4.3).
    #[serde(rename = "oauth2-password")]
    Password {
        /// The endpoint that issues tokens.
        endpoint: String,
        /// The path of the token endpoint there.
        path: String,
        /// The client, if the vendor requires one.
        client: Option<OAuthClient>,
        /// Template.
        user: String,
        /// Template.
        password: String,
        /// Template. The scope, if the vendor requires one.
        scope: Option<String>,
    },
    /// A vendor's own token request.
    TokenRequest(Box<TokenRequest>),
}

impl Auth {
    /// Returns the login requests, each a POST: endpoint and path. Empty if every request carries the credentials.
    #[must_use]
    pub fn requests(&self) -> Vec<(&str, &str)> {
        match self {
            Auth::Headers { .. } | Auth::Basic { .. } => Vec::new(),
            Auth::ClientCredentials { endpoint, path, .. } | Auth::Password { endpoint, path, .. } => {
                vec![(endpoint.as_str(), path.as_str())]
            }
            Auth::TokenRequest(request) => {
                let refresh = request.refresh.as_ref().map(|refresh| refresh.path.as_str());
                let paths = std::iter::once(request.path.as_str()).chain(refresh);
                paths.map(|path| (request.endpoint.as_str(), path)).collect()
            }
        }
    }

    /// Returns the headers that carry credentials in every request.
    #[must_use]
    pub fn carriers(&self) -> Vec<&str> {
        match self {
            Auth::Headers { headers } => headers.keys().map(String::as_str).collect(),
            Auth::TokenRequest(request) => request.headers.keys().map(String::as_str).collect(),
            Auth::Basic { .. } | Auth::ClientCredentials { .. } | Auth::Password { .. } => vec!["Authorization"],
        }
    }
}

/// An OAuth 2 client (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OAuthClient {
    /// Template.
    pub id: String,
    /// Template.
    pub secret: String,
    /// The place of both in the request.
    #[serde(default)]
    pub sent: ClientSent,
}

/// The place of a client's id and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientSent {
    /// In a Basic header.
    #[default]
    Basic,
    /// In the body.
    Body,
}

/// A request of a vendor's own shape, whose reply contains a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenRequest {
    /// The endpoint.
    pub endpoint: String,
    /// The path at the endpoint.
    pub path: String,
    /// The method, which is POST: calls that only read log in, too.
    #[serde(default)]
    pub method: TokenMethod,
    /// The body.
    pub body: TokenBody,
    /// The place in the reply that is `true` if the login succeeded, for vendors that refuse with HTTP 200.
    pub success: Option<String>,
    /// The place of the token in the reply.
    pub token: String,
    /// The place of its lifetime. `None` uses the token until the vendor answers 401.
    pub lifetime: Option<Lifetime>,
    /// The headers that carry the token, name → template.
    #[serde(default = "bearer")]
    pub headers: BTreeMap<String, String>,
    /// The renewal of a token without a login. `None` renews by a login.
    pub refresh: Option<Refresh>,
}

/// `Authorization: Bearer {token}` (RFC 6750), which most vendors accept.
#[must_use]
pub fn bearer() -> BTreeMap<String, String> {
    BTreeMap::from([("Authorization".to_owned(), "Bearer {token}".to_owned())])
}

/// The method of a token request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TokenMethod {
    /// POST.
    #[default]
    Post,
}

/// The body of a token request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenBody {
    /// `application/x-www-form-urlencoded`: name → template.
    Form(BTreeMap<String, String>),
    /// `application/json`; each text in it is a template.
    Json(serde_json::Value),
}

/// The lifetime of a token in a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// At this place, in seconds from now.
    Seconds(String),
    /// At this place, as an RFC 3339 time; one without a time zone is UTC.
    Until(String),
}

/// The renewal of a token. The reply has the shape of the login's. If it fails, the host logs in, unless the vendor
/// asked it to wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Refresh {
    /// The path, on the login's endpoint.
    pub path: String,
    /// The body. The method is the login's.
    pub body: TokenBody,
    /// The place of the refresh token in a reply.
    pub token: String,
}
