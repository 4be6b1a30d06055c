//! The same HTTP calls with the same concurrency and nothing else.
//!
//! What the host sent was recorded at the simulators. Here the same calls go to simulators in the same state:
//! through the same client library with the same options, ready made before the clock starts, their
//! replies read and dropped. Ids of what is created depend on the order of arrival, so a create that names a
//! parent gets the id that this replay was told; the clock stands meanwhile.
//!
//! It is kinder to itself than the host can be: windows of pages are not waited for, nor are batches. What
//! stays in order is what depends on an earlier reply: the walk by next-page addresses, and parents before
//! children.

use crosswalk_show::{Accounts, Trouble};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Calls at one time: the buckets the host is given, and what the replay keeps to.
pub(crate) const RMM_AT_ONCE: usize = 4;
/// As above, for each kind of object.
pub(crate) const PSA_AT_ONCE: usize = 8;

/// A recorded call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    pub(crate) body: String,
    /// The reply, of writes only.
    pub(crate) reply: String,
}

impl Call {
    fn writes(&self) -> bool {
        !self.reply.is_empty()
    }

    /// The kind of object a write makes: the last word of its path.
    fn entity(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The calls of one sync.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    rmm: Vec<Call>,
    /// What the PSA is asked before the first write.
    psa: Vec<Call>,
    /// Then writes and what is read back, one kind of object after the other.
    writing: Vec<Vec<Call>>,
}

impl Script {
    pub(crate) fn new([rmm, mut psa]: [Vec<Call>; 2]) -> Self {
        let first = psa.iter().position(Call::writes).unwrap_or(psa.len());
        let mut writing: Vec<Vec<Call>> = Vec::new();
        let mut entity = String::new();
        for call in psa.split_off(first) {
            if call.writes() && call.entity() != entity {
                call.entity().clone_into(&mut entity);
                writing.push(Vec::new());
            }
            if let Some(part) = writing.last_mut() {
                part.push(call);
            }
        }
        Self { rmm, psa, writing }
    }

    /// How many calls there are.
    pub(crate) fn calls(&self) -> usize {
        self.rmm.len() + self.psa.len() + self.writing.iter().map(Vec::len).sum::<usize>()
    }

    /// Makes the calls.
    ///
    /// # Errors
    /// One is not answered with success: these are not the same calls then.
    pub(crate) async fn play(&self, to: &Accounts) -> Result<Bare, Trouble> {
        let client = client()?;
        let (rmm, psa) = (rmm_headers(to)?, psa_headers(to)?);
        let reads = requests(&self.rmm, &to.rmm_url, &rmm)?;
        let walks = requests(&self.psa, &to.psa_url, &psa)?;
        let watch = Watch::start();
        let (one, two) = tokio::join!(send(&client, reads, RMM_AT_ONCE, false), send(&client, walks, 1, false));
        let mut total = watch.stop();
        one?;
        two?;
        let mut made = Ids::default();
        for (at, part) in self.writing.iter().enumerate() {
            let mut part = part.clone();
            made.put_into(&mut part);
            let ready = requests(&part, &to.psa_url, &psa)?;
            let keep = at + 1 < self.writing.len();
            let watch = Watch::start();
            let replies = send(&client, ready, PSA_AT_ONCE, keep).await?;
            let part_took = watch.stop();
            total = Bare { wall: total.wall + part_took.wall, cpu_seconds: total.cpu_seconds + part_took.cpu_seconds };
            made.learn(&part, &replies);
        }
        Ok(total)
    }
}

/// What the calls took by themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bare {
    pub(crate) wall: Duration,
    /// CPU of this process.
    pub(crate) cpu_seconds: f64,
}

struct Watch {
    started: Instant,
    cpu_seconds: f64,
}

impl Watch {
    fn start() -> Self {
        Self { started: Instant::now(), cpu_seconds: cpu_seconds("utime") }
    }

    fn stop(&self) -> Bare {
        Bare { wall: self.started.elapsed(), cpu_seconds: cpu_seconds("utime") - self.cpu_seconds }
    }
}

/// CPU of this process (`utime`) or of its children that have ended (`cutime`), with what the system did
/// for them, in steps of a hundredth of a second (proc_pid_stat(5)).
pub(crate) fn cpu_seconds(from: &str) -> f64 {
    let told = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = told.rsplit(')').next().unwrap_or_default().split_whitespace();
    let first = if from == "cutime" { 13 } else { 11 };
    fields.skip(first).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// A client with the options of the host's own.
///
/// # Errors
/// It cannot be made.
pub(crate) fn client() -> Result<Client, Trouble> {
    // Plain HTTP is all that is spoken, but the library wants to know who would do TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .tcp_nodelay(true)
        .build()?)
}

/// The login at the RMM.
///
/// # Errors
/// It is no header.
pub(crate) fn rmm_headers(to: &Accounts) -> Result<HeaderMap, Trouble> {
    use base64::Engine as _;
    let login =
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", to.rmm_token_id, to.rmm_token_secret));
    headers(&[("authorization", &format!("Basic {login}"))])
}

fn psa_headers(to: &Accounts) -> Result<HeaderMap, Trouble> {
    headers(&[("apiintegrationcode", &to.psa_integration_code), ("username", &to.psa_user), ("secret", &to.psa_secret)])
}

fn headers(pairs: &[(&'static str, &str)]) -> Result<HeaderMap, Trouble> {
    let pairs = pairs.iter().map(|(name, value)| Ok((HeaderName::from_static(name), HeaderValue::from_str(value)?)));
    pairs.collect()
}

fn requests(calls: &[Call], base: &str, headers: &HeaderMap) -> Result<Vec<Request>, Trouble> {
    let request = |call: &Call| {
        let mut request =
            Request::new(Method::from_bytes(call.method.as_bytes())?, format!("{base}{}", call.path).parse()?);
        *request.headers_mut() = headers.clone();
        if !call.body.is_empty() {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(call.body.clone().into());
        }
        Ok(request)
    };
    calls.iter().map(request).collect()
}

/// Sends them in their order, so many at a time; gives the bodies of the replies if they are to be kept.
async fn send(
    client: &Client,
    requests: Vec<Request>,
    at_once: usize,
    keep: bool,
) -> Result<HashMap<usize, Vec<u8>>, Trouble> {
    let queue = Arc::new(Mutex::new(requests.into_iter().enumerate()));
    let mut lanes = JoinSet::new();
    for _ in 0..at_once {
        let (client, queue) = (client.clone(), Arc::clone(&queue));
        lanes.spawn(async move {
            let mut kept = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((at, request)) = next else { return Ok::<_, reqwest::Error>(kept) };
                let mut reply = client.execute(request).await?.error_for_status()?;
                let mut body = Vec::new();
                while let Some(chunk) = reply.chunk().await? {
                    if keep {
                        body.extend_from_slice(&chunk);
                    }
                }
                if keep {
                    kept.push((at, body));
                }
            }
        });
    }
    let mut replies = HashMap::new();
    while let Some(kept) = lanes.join_next().await {
        replies.extend(kept??);
    }
    Ok(replies)
}

/// Ids of this replay by recorded ids, per field that names them.
#[derive(Default)]
struct Ids {
    companies: HashMap<i64, i64>,
    locations: HashMap<i64, i64>,
}

impl Ids {
    fn learn(&mut self, part: &[Call], replies: &HashMap<usize, Vec<u8>>) {
        let id = |body: &[u8]| serde_json::from_slice::<Value>(body).ok()?["itemId"].as_i64();
        for (call, reply) in replies.iter().filter_map(|(at, reply)| Some((part.get(*at)?, reply))) {
            let ids = if call.entity() == "Companies" { &mut self.companies } else { &mut self.locations };
            ids.extend(id(call.reply.as_bytes()).filter(|_| call.writes()).zip(id(reply)));
        }
    }

    fn put_into(&self, part: &mut [Call]) {
        for call in part.iter_mut().filter(|call| call.writes()) {
            replace(&mut call.path, "/Companies/", &self.companies);
            replace(&mut call.body, "\"companyID\":", &self.companies);
            replace(&mut call.body, "\"companyLocationID\":", &self.locations);
        }
    }
}

/// Replaces the number behind a word.
fn replace(text: &mut String, word: &str, ids: &HashMap<i64, i64>) {
    let Some(start) = text.find(word).map(|at| at + word.len()) else { return };
    let end = text[start..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |length| start + length);
    if let Some(id) = text[start..end].parse().ok().and_then(|id: i64| ids.get(&id)) {
        text.replace_range(start..end, &id.to_string());
    }
}
