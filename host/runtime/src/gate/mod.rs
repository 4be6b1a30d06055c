//! The only way out to vendors: every request of every connector passes [`Gate::send_all`].
//!
//! A request names an endpoint and a path. The gate checks it against requests and grants
//! (`grants.rs`), against the call's reach (read, write, and for which changes), and against the
//! limits. It builds the URL and compares the result with what was checked; attaches the
//! credentials (`auth.rs`), logging in if necessary (`login.rs`, `signed.rs`); waits for the budget
//! (`budget.rs`); and sends the request (`send.rs`) to addresses permitted by `address.rs`. Every
//! refusal is journalled with a sentence that says what to grant.
//!
//! It knows no vendor, no kind and no sync, and leaves redirects to the connector.

mod address;
mod auth;
mod budget;
mod channel;
mod encoding;
mod fill;
mod form;
mod grants;
mod headers;
mod login;
mod path;
mod redact;
mod refusals;
mod send;
mod sent;
mod signed;
mod token;

#[cfg(test)]
pub(super) use address::Lookup;
pub use address::{Standing, literal};
pub(super) use budget::AccountBudgets;
pub(super) use channel::VendorChannel;
pub use fill::AuthProblem;
pub use redact::SECRET_MIN;
pub(super) use sent::SentWrites;

use super::bindings::crosswalk::connector::http::{Body, Error, Method, Request, Response};
use super::limits::HttpLimits;
use super::ports::Ports;
use super::problem::Problems;
use auth::Credentials;
use budget::{AccountBudget, Buckets};
use crosswalk_model::manifest::PatternError;
use crosswalk_model::{Connection, Manifest, Secret};
use fill::Fill;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use grants::{Endpoint, Grants, Origin};
use login::Login;
use redact::Redactor;
use refusals::{Refusals, sentence_of};
use reqwest::header::HeaderMap;
use send::Admitted;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::time::Instant;
use url::{Position, Url};

/// The gate of one connection.
pub(super) struct Gate {
    connection: String,
    grants: Grants,
    credentials: Credentials,
    buckets: Buckets,
    /// The account's budget, which other connections may share.
    budget: Arc<AccountBudget>,
    /// Blanks the connection's secrets; each token has its own.
    redactor: Redactor,
    /// URLs of the host's own login; closed to guests.
    login_urls: Vec<String>,
    channel: Arc<VendorChannel>,
    ports: Arc<dyn Ports>,
    limits: HttpLimits,
}

/// Errors that prevent a connection's gate from being made.
#[derive(Debug, thiserror::Error)]
pub enum GateProblem {
    /// The credentials cannot be made.
    #[error(transparent)]
    Auth(#[from] AuthProblem),
    /// The grants are invalid.
    #[error(transparent)]
    Grants(#[from] Problems),
    /// A bucket of the manifest is invalid.
    #[error("the plugin's manifest has a bucket that counts nothing: {0}")]
    Bucket(#[from] PatternError),
}

/// The rights of one call at the gate, and its counters.
pub(super) struct Pass {
    reach: Reach,
    /// The gate's deadline, a little before the call's.
    until: Instant,
    sent: Arc<SentWrites>,
    made: AtomicUsize,
    refusals: Refusals,
}

/// The reach of a call.
#[derive(Debug, Clone)]
pub(super) enum Reach {
    /// None: the call has no account.
    Nothing,
    /// Reads.
    Reads,
    /// Reads, and writes for these changes.
    Batch(Arc<HashSet<String>>),
}

impl Pass {
    pub(super) fn new(reach: Reach, until: Instant, sent: Arc<SentWrites>) -> Self {
        Self { reach, until, sent, made: AtomicUsize::new(0), refusals: Refusals::default() }
    }

    /// Journals repeated refusals, at the end of the call.
    pub(super) async fn close(&self, ports: &dyn Ports) {
        for (sentence, times) in self.refusals.repeated() {
            ports.refused(&sentence, times).await;
        }
    }
}

impl Gate {
    pub(super) fn new(
        manifest: &Manifest,
        connection: &Connection,
        settings: &BTreeMap<String, Value>,
        secrets: &BTreeMap<String, Secret>,
        channel: Arc<VendorChannel>,
        ports: Arc<dyn Ports>,
        limits: HttpLimits,
    ) -> Result<Self, GateProblem> {
        let grants = Grants::new(connection.name.as_str(), manifest, &connection.grants)?;
        let mut login_urls = Vec::new();
        let cache = |login: &Login| {
            login_urls = login.paths().filter_map(|path| grants.url(login.endpoint(), path)).collect();
            Ok(channel.token_cache(login.fingerprint(&login_urls)?))
        };
        let fill = Fill { secrets: secrets.clone(), settings: settings.clone() };
        let together = fill.together(manifest.auth.as_ref());
        let redactor = Redactor::of(secrets.values().map(Secret::expose).chain(together.as_ref().map(Secret::expose)));
        let credentials = Credentials::new(manifest.auth.as_ref(), fill, cache)?;
        let budget = channel.budgets.budget(credentials.account(&grants.places(), connection.name.as_str())?);
        Ok(Self {
            connection: connection.name.to_string(),
            grants,
            credentials,
            buckets: Buckets::new(&manifest.buckets, &connection.buckets)?,
            redactor,
            budget,
            login_urls,
            channel,
            ports,
            limits,
        })
    }

    /// Sends requests concurrently; the results are in the order of the requests.
    pub(super) async fn send_all(&self, requests: Vec<Request>, pass: &Pass) -> Vec<Result<Response, Error>> {
        if requests.len() > self.limits.requests_at_once {
            let why =
                format!("{} requests at once are too many: at most {}", requests.len(), self.limits.requests_at_once);
            return requests.iter().map(|_| Err(Error::Refused(why.clone()))).collect();
        }
        let replies_left = AtomicUsize::new(self.limits.replies_bytes);
        let width = self.buckets.widest().unwrap_or(0).max(self.limits.in_flight);
        let mut results: Vec<Option<Result<Response, Error>>> = requests.iter().map(|_| None).collect();
        let mut waiting = requests.into_iter().enumerate();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < width {
                let Some((at, request)) = waiting.next() else { break };
                let replies_left = &replies_left;
                under_way.push(async move { (at, self.send(request, pass, replies_left).await) });
            }
            let Some((at, result)) = under_way.next().await else { break };
            results[at] = Some(result);
        }
        let unfinished = || Err(Error::Unreachable("the request was not sent".to_owned()));
        results.into_iter().map(|result| result.unwrap_or_else(unfinished)).collect()
    }

    /// Checks one request, and sends it if every rule allows it.
    async fn send(&self, request: Request, pass: &Pass, replies_left: &AtomicUsize) -> Result<Response, Error> {
        let result = match self.admit(request, pass) {
            Ok(admitted) => self.deliver_signed(admitted, pass, replies_left).await,
            Err(error) => Err(error),
        };
        let result = self.redacted(result);
        if let Err(Error::NotGranted(why) | Error::ReadOnly(why) | Error::Refused(why)) = &result {
            let sentence = sentence_of(why);
            if pass.refusals.is_new(&sentence) {
                self.ports.refused(&sentence, 1).await;
            }
        }
        result
    }

    /// Applies every rule that needs no waiting.
    fn admit(&self, request: Request, pass: &Pass) -> Result<Admitted, Error> {
        if matches!(pass.reach, Reach::Nothing) {
            return Err(Error::Refused("`describe` is asked without an account and must not call out".to_owned()));
        }
        self.count(pass)?;
        let Request { endpoint: name, host, method, path, query, headers: given, body, change } = request;
        let (url, endpoint, private) = self.address(&name, host.as_deref(), &path, &query)?;
        let bare = url[..Position::AfterPath].trim_end_matches('/');
        if self.login_urls.iter().any(|login| is_at_or_below(login.trim_end_matches('/'), bare)) {
            return Err(Error::Refused(format!("{path} is the host's own login, which no connector may call")));
        }
        if let Some((name, _)) = query.iter().find(|(name, _)| form::names_a_method(name)) {
            return Err(Error::Refused(format!("the parameter `{name}` would override the request's method")));
        }
        let slots = self.buckets.slots(url.path(), &self.budget);
        let mut request = reqwest::Request::new(verb(&method), url);
        *request.headers_mut() = self.headers(&given)?;
        let body = body.map(|body| match body {
            Body::Text(text) => text.into_bytes(),
            Body::Bytes(bytes) => bytes,
        });
        if let Some(size) = body.as_ref().map(Vec::len).filter(|&size| size > self.limits.request_bytes) {
            return Err(Error::TooLarge(size as u64));
        }
        self.no_secret_in(&path, &query, &given, body.as_deref())?;
        let parts = form::Parts { query: &query, headers: request.headers(), body: body.as_deref() };
        let read = match method {
            Method::Get | Method::Head => form::of_get(&parts),
            Method::Post => match endpoint.reads(request.url().path()).as_slice() {
                [] => Err(NOT_DECLARED.to_owned()),
                forms => forms.iter().try_for_each(|form| form::of_post(form, &parts)),
            },
            Method::Put | Method::Patch | Method::Delete => Err("has a method that writes".to_owned()),
        };
        if let Err(why) = &read {
            may_write(&pass.reach, change.as_deref(), &method, request.url().path(), why)?;
        }
        let read = read.is_ok();
        *request.body_mut() = body.map(reqwest::Body::from);
        let signed = endpoint.auth;
        Ok(Admitted { request, endpoint: name, private, read, change, signed, slots })
    }

    /// Removes secrets from a reply or a failure, in case the vendor echoed them.
    fn redacted(&self, result: Result<Response, Error>) -> Result<Response, Error> {
        let tokens = self.credentials.tokens();
        let text = |text: String| tokens.iter().fold(self.redactor.text(text), |text, token| token.redactor.text(text));
        let bytes =
            |bytes: Vec<u8>| tokens.iter().fold(self.redactor.bytes(bytes), |bytes, token| token.redactor.bytes(bytes));
        match result {
            Ok(reply) => Ok(Response {
                status: reply.status,
                headers: reply.headers.into_iter().map(|(name, value)| (text(name), text(value))).collect(),
                body: match reply.body {
                    Body::Text(body) => Body::Text(text(body)),
                    Body::Bytes(body) => Body::Bytes(bytes(body)),
                },
            }),
            Err(Error::NotGranted(why)) => Err(Error::NotGranted(text(why))),
            Err(Error::ReadOnly(why)) => Err(Error::ReadOnly(text(why))),
            Err(Error::Timeout(why)) => Err(Error::Timeout(text(why))),
            Err(Error::Unreachable(why)) => Err(Error::Unreachable(text(why))),
            Err(Error::Refused(why)) => Err(Error::Refused(text(why))),
            Err(error @ (Error::Throttled(_) | Error::TooLarge(_))) => Err(error),
        }
    }

    /// Removes the connection's secrets from a connector's text.
    pub(super) fn without_secrets(&self, text: String) -> String {
        let tokens = self.credentials.tokens();
        tokens.iter().fold(self.redactor.text(text), |text, token| token.redactor.text(text))
    }

    /// Counts a request of a call, including the host's own on its behalf.
    fn count(&self, pass: &Pass) -> Result<(), Error> {
        if pass.made.fetch_add(1, Ordering::Relaxed) >= self.limits.requests_per_call {
            return Err(Error::Refused(format!("one call makes at most {} requests", self.limits.requests_per_call)));
        }
        Ok(())
    }

    /// Returns the URL of a request to a granted endpoint, and the `host:port` if granted as
    /// private.
    fn address(
        &self,
        name: &str,
        host: Option<&str>,
        path: &str,
        query: &[(String, String)],
    ) -> Result<(Url, &Endpoint, Option<String>), Error> {
        let endpoint = self.grants.endpoint(name).map_err(Error::NotGranted)?;
        path::check(path).map_err(|why| Error::Refused(format!("the path {why}")))?;
        let target = self.grants.target(name, endpoint, host).map_err(Error::NotGranted)?;
        let (mut text, path_at) = target.url(path);
        let path_end = text.len();
        path::push_query(&mut text, query);
        if text.len() > self.limits.url_bytes {
            return Err(Error::TooLarge(text.len() as u64));
        }
        let url = built(&text, &target.origin, &text[path_at..path_end])?;
        Ok((url, endpoint, target.private.map(str::to_owned)))
    }

    fn headers(&self, given: &[(String, String)]) -> Result<HeaderMap, Error> {
        if given.len() > self.limits.headers {
            return Err(Error::Refused(format!("a request has at most {} headers", self.limits.headers)));
        }
        let mut map = HeaderMap::with_capacity(given.len() + 2);
        for (name, value) in given {
            let (key, value) = headers::parse(name, value).map_err(Error::Refused)?;
            if self.credentials.sets(&key) {
                return Err(Error::Refused(format!("the header `{key}` is the host's to set")));
            }
            map.append(key, value);
        }
        let size = headers::size(&map);
        if size > self.limits.header_bytes { Err(Error::TooLarge(size as u64)) } else { Ok(map) }
    }

    /// A guest never receives a secret; one that a vendor echoed may not leave again.
    fn no_secret_in(
        &self,
        path: &str,
        query: &[(String, String)],
        headers: &[(String, String)],
        body: Option<&[u8]>,
    ) -> Result<(), Error> {
        let tokens = self.credentials.tokens();
        let found = |redactor: &Redactor| {
            let inside = |text: &str| redactor.finds(text.as_bytes());
            inside(path)
                || body.is_some_and(|body| redactor.finds(body))
                || query.iter().chain(headers).any(|(name, value)| inside(name) || inside(value))
        };
        if found(&self.redactor) || tokens.iter().any(|token| found(&token.redactor)) {
            return Err(Error::Refused(
                "the request contains one of this connection's secrets; only the host attaches credentials".to_owned(),
            ));
        }
        Ok(())
    }
}

/// Parses the assembled URL and compares every part with what was checked.
fn built(text: &str, origin: &Origin, full_path: &str) -> Result<Url, Error> {
    let url = Url::parse(text).map_err(|error| Error::Refused(format!("the request makes no valid URL: {error}")))?;
    let same = url.scheme() == origin.scheme
        && url.host_str() == Some(&origin.host)
        && url.port_or_known_default() == Some(origin.port)
        && url.username().is_empty()
        && url.password().is_none()
        && url.path() == full_path
        && url.fragment().is_none();
    if same { Ok(url) } else { Err(Error::Refused("the request's URL differs from its parts".to_owned())) }
}

/// The reason against a POST that nothing declares as a read.
const NOT_DECLARED: &str = "is not declared as a read by the manifest";

fn may_write(reach: &Reach, change: Option<&str>, method: &Method, full_path: &str, why: &str) -> Result<(), Error> {
    let verb = verb(method);
    let declare = match (method, why) {
        (Method::Post, NOT_DECLARED) => {
            "; if it does only read, declare its path and form under `reads` in the manifest and grant it".to_owned()
        }
        (Method::Post | Method::Get | Method::Head, why) => format!("; it {why}"),
        _ => String::new(),
    };
    let refused = |why: &str| Err(Error::ReadOnly(format!("{verb} {full_path} would write, and {why}{declare}")));
    match (reach, change) {
        (Reach::Batch(changes), Some(change)) if changes.contains(change) => Ok(()),
        (Reach::Batch(_), Some(change)) => refused(&format!("`{change}` is not a change of this batch")),
        (Reach::Batch(_), None) => refused("the request names no change"),
        (Reach::Nothing | Reach::Reads, _) => refused("this call may only read"),
    }
}

/// Whether a URL equals another or lies below it, ignoring case.
fn is_at_or_below(place: &str, url: &str) -> bool {
    url.get(..place.len()).is_some_and(|start| start.eq_ignore_ascii_case(place))
        && matches!(url.as_bytes().get(place.len()), None | Some(b'/'))
}

fn verb(method: &Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    }
}
