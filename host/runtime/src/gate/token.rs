//! Tokens: kept, renewed ahead of their end, and attached. No guest sees one.
//!
//! One login at a time: whoever needs a token while one is being asked for waits, and
//! takes what came of it, be it a token or a failure; only where that one's call ended
//! before the vendor answered, the next asks for itself. A refusal is remembered for half a
//! minute, since vendors lock accounts after too many of them, and so is a vendor's wish
//! not to be asked for now, if it is for as long as that. When the vendor answers
//! 401, the token is dropped, the host logs in once more, and the request is repeated
//! once: the vendor refused before it did anything, so that holds for a write, too,
//! unless its token was new. Where a new token did not help, 401s are handed on as they
//! are for a minute, as some vendors answer 401 to what an account may not do.
//!
//! How it reaches a connector: a refused login is the vendor's own answer, under status
//! 401, so that what a connector makes of a 401 (`denied`, with the vendor's words) needs
//! no new case. A login that gets no answer, or none that makes sense, is `unreachable`.
//!
//! A token request is addressed, counted, limited and retried like any read of the
//! connector, whatever its method, in every mode. Tokens live in memory, with the
//! connection's [`VendorChannel`](super::VendorChannel), as long as some opening of the connection does:
//! a process of the command line logs in once. They are not stored.

use super::auth::Credentials;
use super::login::{Login, LoginReply, LoginRequest};
use super::redact::Redactor;
use super::send::{self, Admitted};
use super::{Gate, Pass};
use crate::bindings::crosswalk::connector::http::{Body, Error, Response};
use crosswalk_model::Secret;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long a refused login is not tried again; and the longest that one is put off.
const REFUSED: Duration = Duration::from_secs(30);
/// How long a 401 is taken for good after a new token did not help.
const FUTILE: Duration = Duration::from_secs(60);
/// The largest reply of a login.
const REPLY_BYTES: usize = 64 * 1024;
/// How long to wait where a vendor that is asked too often does not say.
const PAUSE_MS: u64 = 60_000;

/// What a login gave.
pub(super) struct Token {
    pub(super) value: Secret,
    pub(super) refresh: Option<Secret>,
    /// From when on a newer one is asked for, in milliseconds since 1970.
    pub(super) renew_ms: Option<i64>,
    /// When it came.
    pub(super) got: Instant,
    /// Over the token and what renews it.
    pub(super) redactor: Redactor,
}

/// Keeps the token of one login.
#[derive(Default)]
pub(super) struct TokenCache {
    /// Held by the one who asks for a token.
    asking: tokio::sync::Mutex<()>,
    cached: Mutex<Cached>,
}

#[derive(Default)]
struct Cached {
    token: Option<Arc<Token>>,
    /// The one before, which a vendor may still echo.
    former: Option<Arc<Token>>,
    failed: Option<(Instant, LoginFailure)>,
    futile: Option<Instant>,
}

/// Why there is no token.
#[derive(Clone)]
enum LoginFailure {
    /// The vendor's answer.
    Refused(Response),
    Failed(Error),
}

impl From<LoginFailure> for Result<Response, Error> {
    fn from(none: LoginFailure) -> Self {
        match none {
            LoginFailure::Refused(reply) => Ok(reply),
            LoginFailure::Failed(error) => Err(error),
        }
    }
}

impl TokenCache {
    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token, unless it is to be renewed.
    fn fresh(&self, now_ms: i64) -> Option<Arc<Token>> {
        self.lock().token.clone().filter(|token| token.renew_ms.is_none_or(|renew| now_ms < renew))
    }

    /// Takes what came of a login.
    fn store(&self, result: &Result<Arc<Token>, LoginFailure>) {
        let mut cached = self.lock();
        match result {
            Ok(token) => {
                cached.former = cached.token.replace(Arc::clone(token)).or(cached.former.take());
                cached.failed = None;
            }
            Err(none) => cached.failed = Some((Instant::now(), none.clone())),
        }
    }

    /// A failure that holds for one who asked at this time.
    fn recent_failure(&self, asked: Instant) -> Option<LoginFailure> {
        let holds = |at: Instant, none: &LoginFailure| {
            let lasts = match none {
                LoginFailure::Refused(_) => REFUSED,
                LoginFailure::Failed(Error::Throttled(ms)) => REFUSED.min(Duration::from_millis(*ms)),
                LoginFailure::Failed(_) => Duration::ZERO,
            };
            at >= asked || at.elapsed() < lasts
        };
        self.lock().failed.as_ref().filter(|(at, none)| holds(*at, none)).map(|(_, none)| none.clone())
    }

    /// Drops a token the vendor no longer takes, unless a newer one is there already.
    fn forget(&self, stale: &Arc<Token>) {
        let mut cached = self.lock();
        if cached.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, stale)) {
            cached.former = cached.token.take();
        }
    }

    fn is_futile(&self) -> bool {
        self.lock().futile.is_some_and(|at| at.elapsed() < FUTILE)
    }

    /// The token and the one before it.
    pub(super) fn known_tokens(&self) -> Vec<Arc<Token>> {
        let cached = self.lock();
        cached.token.iter().chain(&cached.former).cloned().collect()
    }
}

impl Gate {
    /// Signs a request, and sends it.
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
                cache.lock().futile = Some(Instant::now());
            }
            let new = token.got >= asked;
            if repeated || cache.is_futile() || (new && !admitted.read) {
                return Ok(reply);
            }
            cache.forget(&token);
            repeated = true;
        }
    }

    /// The connection's token: the one that is kept, or one that is asked for now.
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
        let late = || Error::Timeout("the host waited for a login longer than this call may take".to_owned());
        let _turn = turn.map_err(|_| LoginFailure::Failed(late()))?;
        if let Some(token) = cache.fresh(self.ports.now_ms()) {
            return Ok(token);
        }
        if let Some(failed) = cache.recent_failure(asked) {
            return Err(failed);
        }
        let old = cache.lock().token.clone().filter(|old| login.renews(old));
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
        // What failed for want of this call's time says nothing to another.
        if result.is_ok() || Instant::now() < pass.until {
            cache.store(&result);
        }
        result
    }

    /// Asks the vendor for a token: with the credentials, or with an old token.
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

    /// A token request, addressed and counted like any other.
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

/// A refused login as the connector sees it: a 401 with the vendor's words. What of them is
/// secret is blanked on the way, as in any reply.
fn refusal(reply: Response) -> Response {
    let body = match reply.body {
        Body::Text(words) => Body::Text(words),
        Body::Bytes(_) => Body::Text(String::new()),
    };
    let headers = reply.headers.into_iter().filter(|(name, _)| name == CONTENT_TYPE.as_str()).collect();
    Response { status: 401, headers, body }
}
