//! Sends an admitted request: one attempt for a write, several for a read.
//!
//! A write is sent exactly once, whatever its outcome (but see `signed.rs` for a 401). A read is
//! retried if the connection breaks, no reply arrives in time, or the vendor answers 429 or a
//! transient 5xx; the pause doubles, with jitter, or follows `Retry-After`. Bodies are capped by
//! their decompressed size, counted before they are kept.

use super::address::Forbidden;
use super::budget::{self, BucketSlot};
use super::sent::Fate;
use super::{Gate, Pass, headers};
use crate::bindings::crosswalk::connector::http::{Body, Error, Response};
use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::header::RETRY_AFTER;
use reqwest::{Method, Request, StatusCode};
use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// A request that passed every rule.
pub(super) struct Admitted {
    pub(super) request: Request,
    /// The endpoint's name.
    pub(super) endpoint: String,
    /// The `host:port` if it was granted as private.
    pub(super) private: Option<String>,
    /// It only reads or logs in, so it may be retried.
    pub(super) read: bool,
    /// The change that a writing request belongs to.
    pub(super) change: Option<String>,
    /// Whether credentials are attached.
    pub(super) signed: bool,
    pub(super) slots: Vec<Arc<BucketSlot>>,
}

/// The failure of an attempt.
enum AttemptError {
    /// No connection: nothing was sent.
    NeverLeft(String),
    /// The host's addresses are forbidden: nothing was sent.
    Forbidden(Forbidden),
    /// Something was sent and no complete reply arrived.
    Incomplete(String),
    /// No complete reply within this time.
    Timeout(Duration),
    TooLarge(u64),
}

impl AttemptError {
    fn into_error(self, not_granted: impl FnOnce(&Forbidden) -> String) -> Error {
        match self {
            AttemptError::Forbidden(why) => Error::NotGranted(not_granted(&why)),
            AttemptError::NeverLeft(why) | AttemptError::Incomplete(why) => Error::Unreachable(why),
            AttemptError::Timeout(time) => {
                Error::Timeout(format!("no complete reply within {} s", (time.as_secs_f64() * 10.0).round() / 10.0))
            }
            AttemptError::TooLarge(bytes) => Error::TooLarge(bytes),
        }
    }
}

impl Gate {
    /// Waits for the budget, sends, and retries reads.
    pub(super) async fn deliver(
        &self,
        admitted: &Admitted,
        pass: &Pass,
        replies_left: &AtomicUsize,
    ) -> Result<Response, Error> {
        let Pass { until, sent, .. } = pass;
        let until = *until;
        let budget_until = until.min(Instant::now() + self.limits.budget_wait);
        let denied = |denied| self.denied(denied);
        let acquired = timeout_at(until, budget::acquire(&admitted.slots, &*self.ports, budget_until)).await;
        let _places = acquired
            .map_err(|_| {
                Error::Timeout("the vendor's limit of concurrent calls left no room within this call's time".to_owned())
            })?
            .map_err(denied)?;
        let client = self.channel.client(&self.limits, admitted.private.as_deref()).map_err(Error::Unreachable)?;
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(self.limits.first_pause)
            .with_max_delay(self.limits.longest_pause)
            .with_max_times(self.limits.tries.saturating_sub(1))
            .with_jitter()
            .build();
        // A body in memory can always be resent.
        while let Some(request) = admitted.request.try_clone() {
            let writes = admitted.change.as_deref().filter(|_| !admitted.read);
            if let Some(change) = writes {
                sent.started(change);
            }
            let time = until.saturating_duration_since(Instant::now()).min(self.limits.attempt);
            let result = timeout(time, self.attempt(&client, request, replies_left))
                .await
                .unwrap_or(Err(AttemptError::Timeout(time)));
            if let Some((change, fate)) = writes.zip(fate(&result)) {
                sent.ended(change, fate);
            }
            let pause = match &result {
                Ok(response) if is_passing(response.status) => {
                    pauses.next().map(|own| asked_pause(&response.headers, self.ports.now_ms()).unwrap_or(own))
                }
                Ok(_) | Err(AttemptError::TooLarge(_) | AttemptError::Forbidden(_)) => None,
                Err(_) => pauses.next(),
            };
            match pause
                .filter(|&pause| admitted.read && pause <= self.limits.longest_pause && Instant::now() + pause < until)
            {
                None => return result.map_err(|error| error.into_error(|why| self.forbidden(why, admitted))),
                Some(pause) => tokio::time::sleep(pause).await,
            }
            let budget_until = until.min(Instant::now() + self.limits.budget_wait);
            budget::take_calls(&admitted.slots, &*self.ports, budget_until).await.map_err(denied)?;
        }
        Err(Error::Unreachable("the request could not be sent".to_owned()))
    }

    /// Explains why an address is not dialled, and what to grant.
    fn forbidden(&self, why: &Forbidden, admitted: &Admitted) -> String {
        let url = admitted.request.url();
        let (host, port) = (url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        match why {
            Forbidden::Private { host: name, address, what } => {
                let what = format!("`{name}` is at {address}, which is {what}");
                self.grants.not_private(&admitted.endpoint, &format!("{host}:{port}"), &what)
            }
            other => other.to_string(),
        }
    }

    fn denied(&self, denied: budget::Denied) -> Error {
        match denied {
            budget::Denied::Exhausted(ms) => Error::Throttled(ms),
            budget::Denied::Store(why) => {
                tracing::error!(connection = %self.connection, error = %why, "the budget of calls cannot be read");
                Error::Unreachable("the host could not read the budget of calls".to_owned())
            }
        }
    }

    async fn attempt(
        &self,
        client: &reqwest::Client,
        request: Request,
        replies_left: &AtomicUsize,
    ) -> Result<Response, AttemptError> {
        let head_only = request.method() == Method::HEAD;
        let mut reply = client.execute(request).await.map_err(|error| attempt_error(&error))?;
        let is_ours = |name: &_| self.credentials.sets(name);
        let seen = headers::of_reply(reply.headers(), is_ours, self.limits.headers, self.limits.header_bytes)
            .map_err(AttemptError::TooLarge)?;
        let announced = if head_only { 0 } else { reply.content_length().unwrap_or_default() };
        if announced > self.limits.reply_bytes as u64 {
            return Err(AttemptError::TooLarge(announced));
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or_default());
        while let Some(chunk) = reply.chunk().await.map_err(|error| attempt_error(&error))? {
            let size = body.len() + chunk.len();
            let room =
                replies_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(chunk.len()));
            if size > self.limits.reply_bytes || room.is_err() {
                return Err(AttemptError::TooLarge(size as u64));
            }
            body.extend_from_slice(&chunk);
        }
        let body = String::from_utf8(body).map_or_else(|error| Body::Bytes(error.into_bytes()), Body::Text);
        Ok(Response { status: reply.status().as_u16(), headers: seen, body })
    }
}

/// The consequence of an attempt for its change; `None` if unknown.
fn fate(result: &Result<Response, AttemptError>) -> Option<Fate> {
    match result {
        Ok(_) => Some(Fate::Answered),
        Err(AttemptError::NeverLeft(_) | AttemptError::Forbidden(_)) => Some(Fate::NeverLeft),
        Err(AttemptError::Incomplete(_) | AttemptError::Timeout(_) | AttemptError::TooLarge(_)) => None,
    }
}

/// Describes a transport error without the URL, which may contain people's input.
fn attempt_error(error: &reqwest::Error) -> AttemptError {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        if let Some(forbidden) = source.downcast_ref::<Forbidden>() {
            return AttemptError::Forbidden(forbidden.clone());
        }
        deepest = source;
    }
    let why = if error.source().is_some() { deepest.to_string() } else { "the connection broke".to_owned() };
    if error.is_connect() {
        return AttemptError::NeverLeft(format!("no connection to the vendor: {why}"));
    }
    AttemptError::Incomplete(format!("the connection to the vendor broke: {why}"))
}

/// Whether the same request may succeed a moment later: too many calls, and all server errors but
/// permanent ones (not implemented, unsupported version of HTTP).
fn is_passing(status: u16) -> bool {
    let never = [StatusCode::NOT_IMPLEMENTED, StatusCode::HTTP_VERSION_NOT_SUPPORTED];
    status == StatusCode::TOO_MANY_REQUESTS.as_u16()
        || (status >= 500 && !never.iter().any(|never| never.as_u16() == status))
}

/// Parses `Retry-After` (RFC 9110, section 10.2.3): seconds, or an HTTP date.
pub(super) fn asked_pause(headers: &[(String, String)], now_ms: i64) -> Option<Duration> {
    let (_, text) = headers.iter().find(|(name, _)| name == RETRY_AFTER.as_str())?;
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Duration::from_millis(u64::try_from(date.as_millisecond() - now_ms).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let asked = |text: &str| asked_pause(&[("retry-after".to_owned(), text.to_owned())], 1_445_412_470_000);
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("18446744073709551615"), Some(Duration::from_secs(u64::MAX)));
        assert_eq!(asked("18446744073709551616"), None, "no number of seconds");
        assert!(asked("Thu, 01 Jan 2099 00:00:00 GMT").is_some_and(|pause| pause > Duration::from_secs(1 << 31)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:27:00 GMT"), Some(Duration::ZERO), "a date that is past");
        for senseless in ["soon", "-3", "1.5", "120junk", ""] {
            assert_eq!(asked(senseless), None, "{senseless:?}");
        }
        assert_eq!(asked("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(asked_pause(&[], 0), None);
    }
}
