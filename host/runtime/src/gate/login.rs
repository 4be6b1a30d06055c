//! The requests of a login and the meaning of their replies. It knows no connection; the gate sends
//! the requests (`signed.rs`).
//!
//! The two grants of OAuth 2 are token requests prescribed by a standard, so one shape serves all
//! three schemes. A refusal is HTTP 400, 401 or 403 (RFC 6749, section 5.2, answers a wrong
//! password with 400), or a success field with any value but `true`. Any other reply without a
//! token (a page of HTML, a 500, a 404) is the vendor's fault, not the operator's.

use super::encoding::{form_encoded, sensitive};
use super::fill::{AuthProblem, Fill, basic};
use super::redact::Redactor;
use super::token::Token;
use crate::bindings::crosswalk::connector::http::{Body, Response};
use crosswalk_model::Secret;
use crosswalk_model::manifest::{ClientSent, Lifetime, OAuthClient, TokenBody, TokenMethod, TokenRequest, bearer};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tokio::time::Instant;

/// The longest margin before expiry at which a token is renewed. Shorter-lived tokens are renewed
/// in the last tenth of their life; those that live less than the margin, when the vendor rejects
/// them.
const MARGIN: Duration = Duration::from_secs(60);

/// A login, including its secrets.
pub(super) struct Login {
    request: TokenRequest,
    /// The OAuth client, if sent in a header.
    client: Option<HeaderValue>,
    carriers: Vec<(HeaderName, String)>,
    fill: Fill,
}

/// A request for a token, or for its renewal.
pub(super) struct LoginRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) client: Option<HeaderValue>,
}

/// The meaning of a reply to a login request.
pub(super) enum LoginReply {
    Token(Box<Token>),
    /// The vendor refuses the credentials.
    Refused,
    /// Neither; the cause, as the rest of a sentence.
    Unclear(String),
}

impl Login {
    /// A login of the vendor's own shape, with an OAuth client if that is sent in a header.
    pub(super) fn new(request: TokenRequest, client: Option<&OAuthClient>, fill: Fill) -> Result<Self, AuthProblem> {
        let client = client.map(|client| {
            let encoded = |template: &str| fill.text(template, None).map(|text| form_encoded(&text));
            basic(&encoded(&client.id)?, &encoded(&client.secret)?)
        });
        let carriers = request.headers.iter().map(|(name, template)| {
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| AuthProblem::Header(name.clone()))?;
            Ok((key, template.clone()))
        });
        let carriers = carriers.collect::<Result<_, AuthProblem>>()?;
        let login = Self { client: client.transpose()?, carriers, request, fill };
        // A missing value is reported when the connection is opened, not when it is used.
        login.request_for(None)?;
        Ok(login)
    }

    /// Makes a grant of OAuth 2 a token request.
    pub(super) fn oauth(
        endpoint: &str,
        path: &str,
        form: &[(&str, &str)],
        scope: Option<&str>,
        client: Option<&OAuthClient>,
        fill: Fill,
    ) -> Result<Self, AuthProblem> {
        let (in_body, in_header) = match client {
            Some(client) if client.sent == ClientSent::Body => (Some(client), None),
            other => (None, other),
        };
        let client_form = in_body.map(|client| [("client_id", client.id.as_str()), ("client_secret", &client.secret)]);
        let form = form.iter().copied().chain(scope.map(|scope| ("scope", scope)));
        let form = form.chain(client_form.into_iter().flatten());
        let request = TokenRequest {
            endpoint: endpoint.to_owned(),
            path: path.to_owned(),
            method: TokenMethod::Post,
            body: TokenBody::Form(form.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()),
            success: None,
            token: "/access_token".to_owned(),
            lifetime: Some(Lifetime::Seconds("/expires_in".to_owned())),
            headers: bearer(),
            refresh: None,
        };
        Self::new(request, in_header, fill)
    }

    /// The endpoint of the login.
    pub(super) fn endpoint(&self) -> &str {
        &self.request.endpoint
    }

    /// The paths of the login at that endpoint.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let refresh = self.request.refresh.as_ref().map(|refresh| refresh.path.as_str());
        std::iter::once(self.request.path.as_str()).chain(refresh)
    }

    /// Whether this header carries the token.
    pub(super) fn sets(&self, name: &HeaderName) -> bool {
        self.carriers.iter().any(|(carrier, _)| carrier == name)
    }

    /// Makes the request for a token, or for the renewal of `old`.
    pub(super) fn request_for(&self, old: Option<&Token>) -> Result<LoginRequest, AuthProblem> {
        let (path, body) = match old.and(self.request.refresh.as_ref()) {
            Some(refresh) => (&refresh.path, &refresh.body),
            None => (&self.request.path, &self.request.body),
        };
        let (content_type, body) = self.fill.body(body, old)?;
        let method = match self.request.method {
            TokenMethod::Post => Method::POST,
        };
        Ok(LoginRequest { method, path: path.clone(), content_type, body, client: self.client.clone() })
    }

    /// Whether a token can be renewed without logging in.
    pub(super) fn renews(&self, old: &Token) -> bool {
        old.refresh.is_some() && self.request.refresh.is_some()
    }

    /// Interprets the reply to a login request.
    pub(super) fn answer(&self, reply: &Response, old: Option<&Token>, now_ms: i64) -> LoginReply {
        let shape = &self.request;
        match reply.status {
            200..=299 => {}
            400 | 401 | 403 => return LoginReply::Refused,
            status => return LoginReply::Unclear(format!("answered HTTP {status}")),
        }
        let json: Option<Value> = match &reply.body {
            Body::Text(text) => serde_json::from_str(text).ok(),
            Body::Bytes(_) => None,
        };
        let Some(json) = json else { return LoginReply::Unclear("answered without JSON".to_owned()) };
        if let Some(place) = &shape.success {
            match json.pointer(place) {
                Some(Value::Bool(true)) => {}
                Some(_) => return LoginReply::Refused,
                None => return LoginReply::Unclear(format!("did not state at `{place}` whether it succeeded")),
            }
        }
        let text = |place: &str| json.pointer(place).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(value) = text(&shape.token) else {
            return LoginReply::Unclear(format!("returned no token at `{}`", shape.token));
        };
        // If cached, it would fail every request until it expires.
        if sensitive(value).is_none() {
            return LoginReply::Unclear(format!("returned a token at `{}` that no header can carry", shape.token));
        }
        let refresh = shape.refresh.as_ref().and_then(|refresh| text(&refresh.token)).map(Secret::new);
        let refresh = refresh.or_else(|| old.and_then(|old| old.refresh.clone()));
        let life_ms = shape.lifetime.as_ref().and_then(|lifetime| life_ms(lifetime, &json, now_ms));
        // A lifetime that is already over, or soon will be, points to a clock that is off. Renewing
        // early would log in every few requests; the vendor's 401 will end the token.
        let margin = i64::try_from(MARGIN.as_millis()).unwrap_or(i64::MAX);
        let renew_ms =
            life_ms.filter(|&life| life >= margin).map(|life| now_ms.saturating_add(life - margin.min(life / 10)));
        let redactor = Redactor::of([value].into_iter().chain(refresh.as_ref().map(Secret::expose)));
        LoginReply::Token(Box::new(Token {
            value: Secret::new(value),
            refresh,
            renew_ms,
            got: Instant::now(),
            redactor,
        }))
    }

    /// Sets the token's headers in a request.
    pub(super) fn attach(&self, token: &Token, request: &mut HeaderMap) -> Result<(), AuthProblem> {
        for (name, template) in &self.carriers {
            let value = sensitive(&self.fill.text(template, Some(token))?);
            request.insert(name.clone(), value.ok_or_else(|| AuthProblem::Header(name.to_string()))?);
        }
        Ok(())
    }

    /// Returns a digest of the login: equal credentials at equal addresses can share a token.
    pub(super) fn fingerprint(&self, addresses: &[String]) -> Result<[u8; 32], AuthProblem> {
        let LoginRequest { method, path, content_type, body, client } = self.request_for(None)?;
        let client = client.as_ref().map(HeaderValue::as_bytes).unwrap_or_default();
        let mut hasher = Sha256::new();
        let addresses = addresses.iter().map(String::as_bytes);
        let parts = [method.as_str().as_bytes(), path.as_bytes(), content_type.as_bytes(), body.as_bytes(), client];
        for part in parts.into_iter().chain(addresses) {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Ok(hasher.finalize().into())
    }
}

/// Lifetime of a token in milliseconds; `None` if the reply does not state it intelligibly.
fn life_ms(lifetime: &Lifetime, json: &Value, now_ms: i64) -> Option<i64> {
    match lifetime {
        Lifetime::Seconds(place) => {
            let seconds = json.pointer(place)?;
            let seconds = seconds.as_i64().or_else(|| seconds.as_str()?.trim().parse().ok())?;
            seconds.checked_mul(1_000)
        }
        Lifetime::Until(place) => {
            let text = json.pointer(place)?.as_str()?.trim();
            let zoned = text.parse::<jiff::Timestamp>().ok();
            let utc = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
            let until = zoned.or_else(|| utc().map(|time| time.timestamp()))?;
            Some(until.as_millisecond().saturating_sub(now_ms))
        }
    }
}
