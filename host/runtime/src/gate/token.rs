//! The token of one login and the cache that shares it. Tokens live in memory only, with the
//! connection's [`VendorChannel`](super::VendorChannel); they are not stored. Logging in and
//! attaching a token are in `signed.rs`.
//!
//! The cache remembers a refused login for half a minute, because vendors lock accounts after
//! too many of them, and a vendor's `Retry-After` for at most as long.

use super::redact::Redactor;
use crate::bindings::crosswalk::connector::http::{Error, Response};
use crosswalk_model::Secret;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Time for which a refused login is not retried, and the longest deferral a vendor can ask for.
const REFUSED: Duration = Duration::from_secs(30);
/// Time for which 401s are passed on after a new token did not help.
const FUTILE: Duration = Duration::from_secs(60);

/// A token and what renews it.
pub(super) struct Token {
    pub(super) value: Secret,
    pub(super) refresh: Option<Secret>,
    /// When renewal is due, in milliseconds since 1970; `None` means at the vendor's next 401.
    pub(super) renew_ms: Option<i64>,
    /// When it was received.
    pub(super) got: Instant,
    /// Blanks the token and its refresh token.
    pub(super) redactor: Redactor,
}

/// The token of one login, shared by all openings of a connection.
#[derive(Default)]
pub(super) struct TokenCache {
    /// Held by the call that is logging in.
    pub(super) asking: tokio::sync::Mutex<()>,
    cached: Mutex<Cached>,
}

#[derive(Default)]
struct Cached {
    token: Option<Arc<Token>>,
    /// The previous token, which a vendor may still echo.
    former: Option<Arc<Token>>,
    failed: Option<(Instant, LoginFailure)>,
    /// When a new token last failed to help against a 401.
    futile: Option<Instant>,
}

/// The failure of a login.
#[derive(Clone)]
pub(super) enum LoginFailure {
    /// The vendor refused the credentials; its answer.
    Refused(Response),
    /// No usable answer.
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

    /// The token, unless its renewal is due.
    pub(super) fn fresh(&self, now_ms: i64) -> Option<Arc<Token>> {
        self.lock().token.clone().filter(|token| token.renew_ms.is_none_or(|renew| now_ms < renew))
    }

    /// Records the outcome of a login.
    pub(super) fn store(&self, result: &Result<Arc<Token>, LoginFailure>) {
        let mut cached = self.lock();
        match result {
            Ok(token) => {
                cached.former = cached.token.replace(Arc::clone(token)).or(cached.former.take());
                cached.failed = None;
            }
            Err(none) => cached.failed = Some((Instant::now(), none.clone())),
        }
    }

    /// A failure that also answers a call which began waiting at `asked`.
    pub(super) fn recent_failure(&self, asked: Instant) -> Option<LoginFailure> {
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

    /// Drops a token that the vendor rejected, unless a newer one replaced it.
    pub(super) fn forget(&self, stale: &Arc<Token>) {
        let mut cached = self.lock();
        if cached.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, stale)) {
            cached.former = cached.token.take();
        }
    }

    /// The token, even when its renewal is due.
    pub(super) fn current(&self) -> Option<Arc<Token>> {
        self.lock().token.clone()
    }

    /// Notes that a new token did not help against a 401.
    pub(super) fn set_futile(&self) {
        self.lock().futile = Some(Instant::now());
    }

    /// Whether a new token recently failed to help against a 401.
    pub(super) fn is_futile(&self) -> bool {
        self.lock().futile.is_some_and(|at| at.elapsed() < FUTILE)
    }

    /// The current token and the previous one.
    pub(super) fn known_tokens(&self) -> Vec<Arc<Token>> {
        let cached = self.lock();
        cached.token.iter().chain(&cached.former).cloned().collect()
    }
}
