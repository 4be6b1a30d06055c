//! What a login asks a vendor, and what its answer means. It knows no connection: asking
//! is the gate's (`signed.rs`).
//!
//! The two grants of OAuth 2 are token requests that a standard has filled in, so there
//! is one shape behind all three schemes. What is a refusal: HTTP 400, 401 or 403 (RFC
//! 6749, section 5.2, answers a wrong password with 400), or a place for success that says
//! anything but `true`. Any other answer without a token is the vendor's trouble, not the
//! operator's: a page of HTML, a 500, a 404.

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

/// The longest margin by which a token is renewed ahead of its end; short-lived ones are
/// renewed in the last tenth of their life, those that live no longer than this when they are refused.
const MARGIN: Duration = Duration::from_secs(60);

/// A login, its secrets included.
pub(super) struct Login {
    request: TokenRequest,
    /// The OAuth client, where it stands in a header.
    client: Option<HeaderValue>,
    carriers: Vec<(HeaderName, String)>,
    fill: Fill,
}

/// What is sent to ask for a token, or for a newer one.
pub(super) struct LoginRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: String,
    pub(super) client: Option<HeaderValue>,
}

/// What a reply to a login request means.
pub(super) enum LoginReply {
    Token(Box<Token>),
    /// These credentials are not taken.
    Refused,
    /// Neither; what is wrong with it, as the rest of a sentence.
    Unclear(String),
}

impl Login {
    /// A login of the vendor's own shape, with an OAuth client where that stands in a header.
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
        // What is missing is told when the connection is opened, not when it is used.
        login.request_for(None)?;
        Ok(login)
    }

    /// A grant of OAuth 2 as a token request.
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

    /// The endpoint that is asked.
    pub(super) fn endpoint(&self) -> &str {
        &self.request.endpoint
    }

    /// The paths that are asked there.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let refresh = self.request.refresh.as_ref().map(|refresh| refresh.path.as_str());
        std::iter::once(self.request.path.as_str()).chain(refresh)
    }

    /// Whether this header carries the token.
    pub(super) fn sets(&self, name: &HeaderName) -> bool {
        self.carriers.iter().any(|(carrier, _)| carrier == name)
    }

    /// What to send for a token; with an old one that renews, for a newer.
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

    /// Whether a token can be renewed without a login.
    pub(super) fn renews(&self, old: &Token) -> bool {
        old.refresh.is_some() && self.request.refresh.is_some()
    }

    /// Reads the reply to a login request.
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
        let Some(json) = json else { return LoginReply::Unclear("answered something else than JSON".to_owned()) };
        if let Some(place) = &shape.success {
            match json.pointer(place) {
                Some(Value::Bool(true)) => {}
                Some(_) => return LoginReply::Refused,
                None => return LoginReply::Unclear(format!("did not say at `{place}` whether it went well")),
            }
        }
        let text = |place: &str| json.pointer(place).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(value) = text(&shape.token) else {
            return LoginReply::Unclear(format!("gave no token at `{}`", shape.token));
        };
        // Kept, it would fail every request until it ends.
        if sensitive(value).is_none() {
            return LoginReply::Unclear(format!("gave a token at `{}` that no header can carry", shape.token));
        }
        let refresh = shape.refresh.as_ref().and_then(|refresh| text(&refresh.token)).map(Secret::new);
        let refresh = refresh.or_else(|| old.and_then(|old| old.refresh.clone()));
        let life_ms = shape.lifetime.as_ref().and_then(|lifetime| life_ms(lifetime, &json, now_ms));
        // A life that is over before it began, or soon after, is a clock that is off: the vendor's 401
        // will tell. To renew ahead would be a login for every few requests.
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

    /// Puts the token where it belongs in a request.
    pub(super) fn attach(&self, token: &Token, request: &mut HeaderMap) -> Result<(), AuthProblem> {
        for (name, template) in &self.carriers {
            let value = sensitive(&self.fill.text(template, Some(token))?);
            request.insert(name.clone(), value.ok_or_else(|| AuthProblem::Header(name.to_string()))?);
        }
        Ok(())
    }

    /// What tells this login from every other: the same credentials at the same address
    /// can share a token.
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

/// How long a token lasts, in milliseconds; none when the reply does not say it in a way
/// that is understood.
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
