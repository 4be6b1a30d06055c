//! How the host logs in for a connector, as a manifest declares it. Declared, not coded:
//! the host asks for a token, keeps it, renews it and attaches it; no guest sees it.
//!
//! Texts are templates (`template.rs`): `{secret:NAME}` and `{setting:NAME}` anywhere;
//! `{token}` in the headers that carry the token; `{token}` and `{refresh-token}` in the
//! body of a refresh. A login asks an endpoint of the manifest, which is granted like any
//! other and may be one of its own; its path is joined to that endpoint's base. Places in
//! a reply are JSON pointers (RFC 6901).

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the host logs in.
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
        /// The endpoint that is asked.
        endpoint: String,
        /// The path of the token endpoint there.
        path: String,
        /// Who asks.
        client: OAuthClient,
        /// Template. What is asked for, where the vendor wants it said.
        scope: Option<String>,
    },
    /// OAuth 2, resource owner password grant (RFC 6749, section 4.3).
    #[serde(rename = "oauth2-password")]
    Password {
        /// The endpoint that is asked.
        endpoint: String,
        /// The path of the token endpoint there.
        path: String,
        /// Who asks, where the vendor wants to know.
        client: Option<OAuthClient>,
        /// Template.
        user: String,
        /// Template.
        password: String,
        /// Template. What is asked for, where the vendor wants it said.
        scope: Option<String>,
    },
    /// A vendor's own way to a token.
    TokenRequest(Box<TokenRequest>),
}

impl Auth {
    /// The requests by which the host logs in, each a POST: endpoint and path. None where
    /// credentials stand in every request.
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

    /// The headers that carry credentials in every request.
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
    /// Where the two stand in the request.
    #[serde(default)]
    pub sent: ClientSent,
}

/// Where a client's id and secret stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientSent {
    /// In a Basic header.
    #[default]
    Basic,
    /// In the body.
    Body,
}

/// A request of a vendor's own shape that is answered with a token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TokenRequest {
    /// The endpoint that is asked.
    pub endpoint: String,
    /// The path there.
    pub path: String,
    /// The method, which is POST: a login is asked in calls that only read, too.
    #[serde(default)]
    pub method: TokenMethod,
    /// What is sent.
    pub body: TokenBody,
    /// Where the reply says `true` when the login went well, for vendors that answer a
    /// refusal with HTTP 200.
    pub success: Option<String>,
    /// Where the token is in the reply.
    pub token: String,
    /// Where its lifetime is. None: it is used until the vendor answers 401.
    pub lifetime: Option<Lifetime>,
    /// The headers that carry the token, name → template.
    #[serde(default = "bearer")]
    pub headers: BTreeMap<String, String>,
    /// How a token is renewed without a login. None: by a login.
    pub refresh: Option<Refresh>,
}

/// `Authorization: Bearer {token}` (RFC 6750), which most vendors take.
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

/// What a token request sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenBody {
    /// `application/x-www-form-urlencoded`: name → template.
    Form(BTreeMap<String, String>),
    /// `application/json`; each text in it is a template.
    Json(serde_json::Value),
}

/// Where a reply says how long its token lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lifetime {
    /// At this place, in seconds from now.
    Seconds(String),
    /// At this place, as an RFC 3339 time; one without a time zone is UTC.
    Until(String),
}

/// How a token is renewed. The answer has the shape of the login's; when that fails,
/// the host logs in, unless the vendor asked it to wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Refresh {
    /// The path, on the login's endpoint.
    pub path: String,
    /// What is sent, with the login's method.
    pub body: TokenBody,
    /// Where the refresh token is in a reply.
    pub token: String,
}
