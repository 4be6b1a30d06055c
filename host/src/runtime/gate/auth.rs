//! Logging in for a connector: the credentials are put together from the manifest's
//! templates and the connection's secrets, and attached here. No guest ever holds them.
//!
//! The schemes of today need nothing but the secrets, so their headers are made once
//! when the connection is opened. A scheme that fetches a token becomes another case of
//! [`Credentials`]; [`Credentials::attach`] is asynchronous for its sake.

use crate::model::Secret;
use crate::model::manifest::Auth;
use crate::model::manifest::template::{self, Part};
use base64::Engine as _;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why no credentials can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthProblem {
    /// A template names a secret or setting that is not there.
    #[error("the manifest's login needs {0}, which this connection does not have")]
    Missing(String),
    /// A template that is none.
    #[error("the manifest's login has a template that is none: {0}")]
    Template(String),
    /// What comes out cannot be a header.
    #[error("the login header `{0}` has a name or value that cannot be sent; check the secret for line breaks")]
    Header(String),
    /// RFC 7617 forbids it.
    #[error("the user name of the login has a `:` in it, which basic authentication cannot carry")]
    ColonInUser,
}

/// How requests of a connection are signed.
pub(super) enum Credentials {
    /// Not at all.
    None,
    /// With these headers.
    Fixed(HeaderMap),
}

impl Credentials {
    /// Makes the credentials of a connection.
    pub(super) fn new(
        auth: Option<&Auth>,
        secrets: &BTreeMap<String, Secret>,
        settings: &BTreeMap<String, Value>,
    ) -> Result<Self, AuthProblem> {
        let fill = |template: &str| fill(template, secrets, settings);
        let mut headers = HeaderMap::new();
        match auth {
            None => return Ok(Self::None),
            Some(Auth::Headers { headers: templates }) => {
                for (name, template) in templates {
                    let bad = || AuthProblem::Header(name.clone());
                    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
                    headers.insert(key, sensitive(&fill(template)?).ok_or_else(bad)?);
                }
            }
            Some(Auth::Basic { user, password }) => {
                let (user, password) = (fill(user)?, fill(password)?);
                if user.contains(':') {
                    return Err(AuthProblem::ColonInUser);
                }
                let token = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
                let value = sensitive(&format!("Basic {token}"))
                    .ok_or_else(|| AuthProblem::Header("authorization".to_owned()))?;
                headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(Self::Fixed(headers))
    }

    /// Whether this header is the host's to set.
    pub(super) fn sets(&self, name: &HeaderName) -> bool {
        match self {
            Self::None => false,
            Self::Fixed(headers) => headers.contains_key(name),
        }
    }

    /// Attaches them to a request.
    #[expect(clippy::unused_async, reason = "a scheme with a token waits for it here")]
    pub(super) async fn attach(&self, request: &mut HeaderMap) {
        match self {
            Self::None => {}
            Self::Fixed(headers) => {
                for (name, value) in headers {
                    request.insert(name.clone(), value.clone());
                }
            }
        }
    }
}

/// A header value that no debug print shows.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn fill(
    template: &str,
    secrets: &BTreeMap<String, Secret>,
    settings: &BTreeMap<String, Value>,
) -> Result<String, AuthProblem> {
    let mut filled = String::new();
    for part in template::parts(template).map_err(AuthProblem::Template)? {
        match part {
            Part::Literal(text) => filled.push_str(text),
            Part::Secret(name) => {
                let secret = secrets.get(name).ok_or_else(|| AuthProblem::Missing(format!("secret `{name}`")))?;
                filled.push_str(secret.expose());
            }
            Part::Setting(name) => match settings.get(name) {
                None => return Err(AuthProblem::Missing(format!("setting `{name}`"))),
                Some(Value::String(text)) => filled.push_str(text),
                Some(other) => filled.push_str(&other.to_string()),
            },
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(auth: &Auth) -> Result<BTreeMap<String, String>, AuthProblem> {
        let secrets = BTreeMap::from([
            ("key".to_owned(), Secret::new("s3cret")),
            ("lines".to_owned(), Secret::new("a\r\nX-Evil: 1")),
            ("colon".to_owned(), Secret::new("a:b")),
        ]);
        let settings = BTreeMap::from([("user".to_owned(), Value::from("anna")), ("zone".to_owned(), Value::from(7))]);
        Credentials::new(Some(auth), &secrets, &settings).map(|made| match made {
            Credentials::None => BTreeMap::new(),
            Credentials::Fixed(headers) => {
                assert!(headers.values().all(HeaderValue::is_sensitive));
                headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
            }
        })
    }

    fn headers(name: &str, template: &str) -> Auth {
        Auth::Headers { headers: BTreeMap::from([(name.to_owned(), template.to_owned())]) }
    }

    fn basic(user: &str, password: &str) -> Auth {
        Auth::Basic { user: user.to_owned(), password: password.to_owned() }
    }

    #[test]
    fn credentials_come_from_templates() {
        assert_eq!(
            credentials(&headers("X-Key", "k={secret:key}; z={setting:zone}")).unwrap()["x-key"],
            "k=s3cret; z=7"
        );
        // RFC 7617's own way: base64("anna:s3cret").
        assert_eq!(
            credentials(&basic("{setting:user}", "{secret:key}")).unwrap()["authorization"],
            "Basic YW5uYTpzM2NyZXQ="
        );
    }

    #[test]
    fn what_cannot_be_made_says_why_and_shows_no_secret() {
        let message = |auth: &Auth| credentials(auth).unwrap_err().to_string();
        assert!(message(&headers("x", "{secret:none}")).contains("secret `none`"));
        assert!(message(&headers("x", "{setting:none}")).contains("setting `none`"));
        for template in ["{secret:key", "{key}", "key}", "{}"] {
            assert!(message(&headers("x", template)).contains("{secret:NAME}"), "{template}");
        }
        for told in [message(&headers("x", "{secret:lines}")), message(&headers("bad name", "{secret:key}"))] {
            assert!(told.contains("cannot be sent") && !told.contains("Evil") && !told.contains("s3cret"), "{told}");
        }
        assert_eq!(message(&basic("{secret:colon}", "x")), AuthProblem::ColonInUser.to_string());
    }
}
