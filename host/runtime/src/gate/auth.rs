//! Credentials of a connection's requests. They are made from the manifest's templates and the
//! connection's secrets, and attached in the gate (`signed.rs`). No guest ever holds them.

use super::encoding::sensitive;
use super::fill::{AuthProblem, Fill, basic};
use super::login::Login;
use super::token::{Token, TokenCache};
use crosswalk_model::manifest::Auth;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Credentials of a connection.
pub(super) enum Credentials {
    /// None.
    None,
    /// Constant headers, made from the secrets alone.
    Fixed(HeaderMap),
    /// The token of a login.
    Login(Box<Login>, Arc<TokenCache>),
}

impl Credentials {
    /// Makes the credentials of a connection; `cache` returns the token cache for a login.
    pub(super) fn new(
        auth: Option<&Auth>,
        fill: Fill,
        cache: impl FnOnce(&Login) -> Result<Arc<TokenCache>, AuthProblem>,
    ) -> Result<Self, AuthProblem> {
        let login = match auth {
            None => return Ok(Self::None),
            Some(Auth::Headers { headers: templates }) => {
                let headers = templates.iter().map(|(name, template)| {
                    let bad = || AuthProblem::Header(name.clone());
                    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
                    Ok((key, sensitive(&fill.text(template, None)?).ok_or_else(bad)?))
                });
                return headers.collect::<Result<_, AuthProblem>>().map(Self::Fixed);
            }
            Some(Auth::Basic { user, password }) => {
                let value = basic(&fill.text(user, None)?, &fill.text(password, None)?)?;
                return Ok(Self::Fixed(HeaderMap::from_iter([(AUTHORIZATION, value)])));
            }
            Some(Auth::ClientCredentials { endpoint, path, client, scope }) => {
                let form = [("grant_type", "client_credentials")];
                Login::oauth(endpoint, path, &form, scope.as_deref(), Some(client), fill)?
            }
            Some(Auth::Password { endpoint, path, client, user, password, scope }) => {
                let form = [("grant_type", "password"), ("username", user), ("password", password)];
                Login::oauth(endpoint, path, &form, scope.as_deref(), client.as_ref(), fill)?
            }
            Some(Auth::TokenRequest(request)) => Login::new(request.as_ref().clone(), None, fill)?,
        };
        let cache = cache(&login)?;
        Ok(Self::Login(Box::new(login), cache))
    }

    /// Whether only the host may set this header.
    pub(super) fn sets(&self, name: &HeaderName) -> bool {
        match self {
            Self::None => false,
            Self::Fixed(headers) => headers.contains_key(name),
            Self::Login(login, _) => login.sets(name),
        }
    }

    /// Returns a digest of the account: the vendor's address and the credentials. Without
    /// credentials only the connection distinguishes two accounts.
    pub(super) fn account(&self, places: &[String], connection: &str) -> Result<[u8; 32], AuthProblem> {
        let mut parts: Vec<Vec<u8>> = places.iter().map(|place| place.as_bytes().to_vec()).collect();
        match self {
            Self::None => parts.push(connection.as_bytes().to_vec()),
            Self::Fixed(headers) => {
                let line = |(name, value): (&HeaderName, &HeaderValue)| {
                    [name.as_str().as_bytes(), b":", value.as_bytes()].concat()
                };
                let mut lines: Vec<Vec<u8>> = headers.iter().map(line).collect();
                lines.sort();
                parts.extend(lines);
            }
            Self::Login(login, _) => parts.push(login.fingerprint(&[])?.to_vec()),
        }
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Ok(hasher.finalize().into())
    }

    /// Returns the tokens that a vendor may echo: the current one and the previous one.
    pub(super) fn tokens(&self) -> Vec<Arc<Token>> {
        match self {
            Self::Login(_, cache) => cache.known_tokens(),
            Self::None | Self::Fixed(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::Secret;
    use serde_json::Value;
    use std::collections::BTreeMap;

    fn credentials(auth: &Auth) -> Result<BTreeMap<String, String>, AuthProblem> {
        let secrets = BTreeMap::from([
            ("key".to_owned(), Secret::new("s3cret")),
            ("lines".to_owned(), Secret::new("a\r\nX-Evil: 1")),
            ("colon".to_owned(), Secret::new("a:b")),
        ]);
        let settings = BTreeMap::from([("user".to_owned(), Value::from("anna")), ("zone".to_owned(), Value::from(7))]);
        let cache = |_: &Login| Ok(Arc::default());
        Credentials::new(Some(auth), Fill { secrets, settings }, cache).map(|made| match made {
            Credentials::None | Credentials::Login(..) => BTreeMap::new(),
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
        // The example of RFC 7617: base64("anna:s3cret").
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
        for message in [message(&headers("x", "{secret:lines}")), message(&headers("bad name", "{secret:key}"))] {
            assert!(
                message.contains("cannot be sent") && !message.contains("Evil") && !message.contains("s3cret"),
                "{message}"
            );
        }
        assert_eq!(message(&basic("{secret:colon}", "x")), AuthProblem::ColonInUser.to_string());
    }
}
