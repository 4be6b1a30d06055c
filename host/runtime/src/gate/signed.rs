//! Signed delivery: attaches a connection's credentials to a request, logging in when they are
//! a token. No guest sees a token.
//!
//! Only one call logs in at a time. Others wait and share its result, token or failure; if that
//! call's time ran out before the vendor answered, the next one logs in itself. When the vendor
//! answers 401, the token is dropped, the host logs in once more, and the request is repeated
//! once. The vendor refused before it acted, so this is safe for a write, too, unless its token
//! was new. If a new token did not help, 401s are passed on for a minute: some vendors answer
//! 401 to an action the account is not allowed.
//!
//! A refused login reaches the connector as the vendor's own answer under status 401, so its
//! handling of a 401 (`denied`, with the vendor's message) covers this case, too. A login
//! without an answer, or with an unintelligible one, is `unreachable`.
//!
//! A token request is addressed, counted, limited and retried like a read of the connector,
//! whatever its method, in every mode.

use super::auth::Credentials;
use super::login::{Login, LoginReply, LoginRequest};
use super::send::{self, Admitted};
use super::token::{LoginFailure, Token, TokenCache};
use super::{Gate, Pass};
use crate::bindings::crosswalk::connector::http::{Body, Error, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use tokio::time::{Instant, timeout_at};

/// Most bytes of a login's reply.
const REPLY_BYTES: usize = 64 * 1024;
/// Pause after a 429 without `Retry-After`.
const PAUSE_MS: u64 = 60_000;

impl Gate {
    /// Signs a request and sends it; after a 401, once more with a new token.
    pub(super) async fn deliver_signed(
        &self,
        mut admitted: Admitted,
        pass: &Pass,
        replies_left: &AtomicUsize,
    ) -> Result<Response, Error> {
        let (login, cache) = match &self.credentials {
            Credentials::Login(login, cache) if admitted.signed => (login, cache),
            Credentials::Fixed(headers) if admitted.signed => {
                for (name, value) in headers {
                    admitted.request.headers_mut().insert(name.clone(), value.clone());
                }
                return self.deliver(&admitted, pass, replies_left).await;
            }
            _ => return self.deliver(&admitted, pass, replies_left).await,
        };
        let asked = Instant::now();
        let mut repeated = false;
        loop {
            let token = match self.token(login, cache, pass, asked).await {
                Ok(token) => token,
                Err(none) => return none.into(),
            };
            login.attach(&token, admitted.request.headers_mut()).map_err(|why| Error::Unreachable(why.to_string()))?;
            let reply = self.deliver(&admitted, pass, replies_left).await?;
            if reply.status != 401 {
                return Ok(reply);
            }
            if repeated {
                cache.set_futile();
            }
            let new = token.got >= asked;
            if repeated || cache.is_futile() || (new && !admitted.read) {
                return Ok(reply);
            }
            cache.forget(&token);
            repeated = true;
        }
    }

    /// Returns the connection's token, logging in if the cache has none.
    async fn token(
        &self,
        login: &Login,
        cache: &TokenCache,
        pass: &Pass,
        asked: Instant,
    ) -> Result<Arc<Token>, LoginFailure> {
        if let Some(token) = cache.fresh(self.ports.now_ms()) {
            return Ok(token);
        }
        let turn = timeout_at(pass.until, cache.asking.lock()).await;
        let late = || Error::Timeout("the host waited for a login until this call's time ran out".to_owned());
        let _turn = turn.map_err(|_| LoginFailure::Failed(late()))?;
        if let Some(token) = cache.fresh(self.ports.now_ms()) {
            return Ok(token);
        }
        if let Some(failed) = cache.recent_failure(asked) {
            return Err(failed);
        }
        let old = cache.current().filter(|old| login.renews(old));
        let renewed = match &old {
            Some(old) => Some(self.ask(login, Some(old), pass).await),
            None => None,
        };
        let result = match renewed {
            Some(done @ (Ok(_) | Err(LoginFailure::Failed(Error::Throttled(_))))) => done,
            _ => self.ask(login, None, pass).await,
        };
        if let Err(LoginFailure::Refused(_)) = &result {
            tracing::warn!(connection = %self.connection, "the vendor refused the login");
        }
        // A login that ran out of this call's time says nothing about another call's.
        if result.is_ok() || Instant::now() < pass.until {
            cache.store(&result);
        }
        result
    }

    /// Requests a token from the vendor: with the credentials, or by refreshing `old`.
    async fn ask(&self, login: &Login, old: Option<&Token>, pass: &Pass) -> Result<Arc<Token>, LoginFailure> {
        let trouble = |why: String| LoginFailure::Failed(Error::Unreachable(format!("the login {why}")));
        let admitted = self.request_for(login, old, pass).map_err(LoginFailure::Failed)?;
        let reply = match self.deliver(&admitted, pass, &AtomicUsize::new(REPLY_BYTES)).await {
            Ok(reply) => reply,
            Err(Error::Unreachable(why)) => return Err(trouble(format!("failed: {why}"))),
            Err(Error::Timeout(why)) => {
                return Err(LoginFailure::Failed(Error::Timeout(format!("the login got {why}"))));
            }
            Err(Error::TooLarge(bytes)) => return Err(trouble(format!("answered {bytes} bytes, which is too much"))),
            Err(other) => return Err(LoginFailure::Failed(other)),
        };
        if reply.status == 429 {
            let asked = send::asked_pause(&reply.headers, self.ports.now_ms());
            let ms = asked.map_or(PAUSE_MS, |pause| u64::try_from(pause.as_millis()).unwrap_or(PAUSE_MS));
            return Err(LoginFailure::Failed(Error::Throttled(ms)));
        }
        match login.answer(&reply, old, self.ports.now_ms()) {
            LoginReply::Token(token) => Ok(Arc::from(token)),
            LoginReply::Unclear(why) => Err(trouble(why)),
            LoginReply::Refused => Err(LoginFailure::Refused(refusal(reply))),
        }
    }

    /// Builds a token request, addressed and counted like any other.
    fn request_for(&self, login: &Login, old: Option<&Token>, pass: &Pass) -> Result<Admitted, Error> {
        self.count(pass)?;
        let problem = |why: super::AuthProblem| Error::Refused(why.to_string());
        let LoginRequest { method, path, content_type, body, client } = login.request_for(old).map_err(problem)?;
        let (url, _, private) = self.address(login.endpoint(), None, &path, &[])?;
        let slots = self.buckets.slots(url.path(), &self.budget);
        let mut request = reqwest::Request::new(method, url);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(client) = client {
            headers.insert(AUTHORIZATION, client);
        }
        *request.body_mut() = Some(body.into());
        let endpoint = login.endpoint().to_owned();
        Ok(Admitted { request, endpoint, private, read: true, change: None, signed: false, slots })
    }
}

/// A refused login as the connector sees it: a 401 with the vendor's message. Secrets in it
/// are blanked later, as in any reply.
fn refusal(reply: Response) -> Response {
    let body = match reply.body {
        Body::Text(words) => Body::Text(words),
        Body::Bytes(_) => Body::Text(String::new()),
    };
    let headers = reply.headers.into_iter().filter(|(name, _)| name == CONTENT_TYPE.as_str()).collect();
    Response { status: 401, headers, body }
}
