//! One HTTP server on its own thread: accepts, meets faults, asks the vendor, counts.
//!
//! Every sim is a [`Vendor`]; this file knows nothing of either's API. It is plain hyper on a
//! current-thread runtime: a reply is made in microseconds under one lock, so more threads would only take
//! cores from what is measured; and dropping a connection on purpose needs the connection itself.
//! Leaves alone: TLS, HTTP/2, compression.

use std::any::Any;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use std::{fmt, io, thread};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::time::Sleep;

use crate::counts::Counter;
use crate::faults::{Faults, Stop};
use crate::recorder::Recorder;

/// What a simulated vendor is to the server.
pub(crate) trait Vendor: Send + Sync + 'static {
    /// What a call is about, from its first line alone.
    fn classify(&self, method: &Method, path: &str) -> Class;
    /// Whether the call may start now, and how long the vendor makes it wait.
    fn admit(&self, head: &Parts, class: Class) -> Result<Permit, Reply>;
    /// Carries the call out.
    fn handle(&self, call: &Call) -> Reply;
    /// A refusal in the vendor's own envelope.
    fn failure(&self, status: u16, text: &str) -> Reply;
    /// One of the sim's own endpoints, `/_sim/<name>`, beyond those every sim has.
    fn control(&self, method: &Method, name: &str, body: &Value) -> Option<Value>;
}

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    /// The entity, as counted; a query of one has a name of its own.
    pub(crate) entity: &'static str,
    /// Whether the call is meant to change something.
    pub(crate) write: bool,
}

/// Leave to go on: kept until the reply is made.
#[derive(Default)]
pub(crate) struct Permit {
    pub(crate) delay: Duration,
    /// Given back when dropped.
    pub(crate) slot: Option<Box<dyn Any + Send>>,
}

/// A call, whole.
pub(crate) struct Call {
    pub(crate) head: Parts,
    pub(crate) body: Bytes,
    /// Whether it is meant to change something.
    pub(crate) write: bool,
}

impl Call {
    /// The path, undecoded, without a trailing slash.
    pub(crate) fn path(&self) -> &str {
        self.head.uri.path().trim_end_matches('/')
    }

    /// A header as text, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.head.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }

    /// The parameters of the query string, decoded.
    pub(crate) fn parameters(&self) -> Vec<(String, String)> {
        pairs(self.head.uri.query().unwrap_or(""))
    }

    /// A field of a form in the body, decoded; empty where there is none.
    pub(crate) fn form(&self, name: &str) -> String {
        let fields = pairs(&String::from_utf8_lossy(&self.body));
        fields.into_iter().find(|(n, _)| n == name).map(|(_, v)| v).unwrap_or_default()
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
    };
    let pairs = text.split('&').filter(|p| !p.is_empty());
    pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).map(|(k, v)| (decode(k), decode(v))).collect()
}

/// What a reply's body is said to be.
const JSON: &str = "application/json; charset=utf-8";
const HTML_KIND: &str = "text/html; charset=utf-8";

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// A JSON answer.
    pub(crate) fn json(status: u16, body: Vec<u8>) -> Self {
        Reply { status, kind: JSON, retry_after: None, body }
    }

    /// A JSON answer from a value.
    pub(crate) fn value(status: u16, value: &Value) -> Self {
        Reply::json(status, value.to_string().into_bytes())
    }

    /// The same, said to be plain text, as some vendors do.
    pub(crate) fn plain(self) -> Self {
        Reply { kind: "text/plain; charset=utf-8", ..self }
    }
}

/// A running server; stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<Infallible>>,
    thread: Option<thread::JoinHandle<()>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    latency_ms: AtomicU64,
    faults: Faults,
    counter: Counter,
    recorder: Recorder,
}

impl Server {
    /// Listens on the loopback address; port 0 takes any free port.
    pub(crate) fn start(vendor: Arc<dyn Vendor>, port: u16, latency: Duration, faults: Faults) -> io::Result<Server> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { faults, ..Shared::default() });
        shared.set_latency(latency);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let for_thread = shared.clone();
        let thread = thread::Builder::new().name("sim".to_owned()).spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, vendor, for_thread) => {}
                    _ = stopped => {}
                }
            });
            // Dropping the runtime drops every connection with it.
        })?;
        Ok(Server { address, stop: Some(stop), thread: Some(thread), shared })
    }

    /// Where it listens, e.g. `http://127.0.0.1:4711`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    pub(crate) fn counter(&self) -> &Counter {
        &self.shared.counter
    }

    pub(crate) fn set_latency(&self, latency: Duration) {
        self.shared.set_latency(latency);
    }
}

impl Shared {
    fn set_latency(&self, latency: Duration) {
        self.latency_ms.store(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: std::net::TcpListener, vendor: Arc<dyn Vendor>, shared: Arc<Shared>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, most likely: give others time to close theirs.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (vendor, shared) = (vendor.clone(), shared.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| serve(request, vendor.clone(), shared.clone()));
            let mut builder = http1::Builder::new();
            builder.header_read_timeout(None).max_buf_size(1 << 20);
            // An error here is a connection that ended, by the client or on purpose.
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// The reply did not come on purpose: hyper closes the connection.
#[derive(Debug)]
struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropped on purpose")
    }
}

impl std::error::Error for Dropped {}

async fn serve(
    request: Request<Incoming>,
    vendor: Arc<dyn Vendor>,
    shared: Arc<Shared>,
) -> Result<Response<SimBody>, Dropped> {
    let (head, body) = request.into_parts();
    if let Some(name) = head.uri.path().strip_prefix("/_sim/") {
        let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
        return Ok(control(&head.method, name.trim_end_matches('/'), &body, &*vendor, &shared).into_response());
    }
    let class = vendor.classify(&head.method, head.uri.path());
    shared.counter.call(method_name(&head.method), class.entity, class.write);
    let trouble = shared.faults.meet(head.uri.path(), class.write);
    let permit = match (&trouble.stop, vendor.admit(&head, class)) {
        // A call that goes wrong takes its place among the running ones all the same, a hanging one for as long.
        (_, Ok(permit)) => permit,
        (Some(_), Err(_)) => Permit::default(),
        (None, Err(reply)) => {
            shared.counter.refused();
            // The body is read even so, or the next request on this connection would be lost.
            let _ = body.collect().await;
            return Ok(reply.into_response());
        }
    };
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let place = shared.recorder.call(&head, &body);
    if permit.slot.is_some() {
        // Lets requests that have arrived on other connections be seen as running beside this one.
        tokio::task::yield_now().await;
    }
    let delay = permit.delay + Duration::from_millis(shared.latency_ms.load(Ordering::Relaxed) + trouble.delay_ms);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if let Some(stop) = trouble.stop {
        shared.counter.refused();
        return match stop {
            Stop::Status { status, retry_after } => {
                let mut reply = vendor.failure(status, fault_text(status));
                reply.retry_after = retry_after;
                Ok(reply.into_response())
            }
            Stop::Html(status) => {
                Ok(Reply { kind: HTML_KIND, ..Reply::json(status, HTML.as_bytes().to_vec()) }.into_response())
            }
            Stop::Drop { after_ms } => {
                tokio::time::sleep(Duration::from_millis(after_ms)).await;
                Err(Dropped)
            }
            Stop::Hang => std::future::pending().await,
        };
    }
    let carry_out = {
        let shared = shared.clone();
        move || {
            let reply = vendor.handle(&Call { head, body, write: class.write });
            drop(permit);
            if class.write {
                shared.recorder.reply(place, &reply.body);
            }
            reply
        }
    };
    let mut reply = match trouble.slow_write {
        None => carry_out(),
        // A task of its own: it goes on when the caller has hung up.
        Some(slow) => {
            let pause = Duration::from_millis(slow.ms);
            let under_way = shared.faults.slow_write();
            let late = async move {
                let _until_then = under_way;
                if slow.early {
                    let reply = carry_out();
                    tokio::time::sleep(pause).await;
                    return reply;
                }
                tokio::time::sleep(pause).await;
                carry_out()
            };
            tokio::spawn(late).await.map_err(|_| Dropped)?
        }
    };
    if reply.status >= 400 || trouble.lost_reply {
        shared.counter.refused();
    }
    if trouble.lost_reply {
        return Err(Dropped);
    }
    if trouble.bare_serials {
        reply.body = crate::json::bare(&reply.body, &["serialNumber", "Serial Number"]);
    }
    if trouble.half_page {
        reply.body.truncate(reply.body.len() / 2);
    }
    let mut response = reply.into_response();
    response.body_mut().cut = trouble.cut_body;
    Ok(response)
}

const HTML: &str = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>The service is being updated</h1></body></html>\n";

fn fault_text(status: u16) -> &'static str {
    match status {
        401 => "Unauthorized. The login was not accepted.",
        429 => "Too many requests.",
        503 => "Service unavailable.",
        504 => "Gateway timeout.",
        _ => "An unexpected error occurred.",
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "OTHER",
    }
}

/// The endpoints every sim has for demos and benchmarks that run it in another process.
fn control(method: &Method, name: &str, body: &[u8], vendor: &dyn Vendor, shared: &Shared) -> Reply {
    let body: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    match (method.as_str(), name) {
        ("GET", "counts") => Reply::value(200, &shared.counter.snapshot().to_json()),
        ("POST", "reset") => {
            shared.counter.reset();
            Reply::value(200, &json!({}))
        }
        ("POST", "record") => {
            shared.recorder.start();
            Reply::value(200, &json!({}))
        }
        ("GET", "recording") => Reply::json(200, shared.recorder.take()),
        ("GET", "faults") => Reply::value(
            200,
            &json!({"active": shared.faults.active(), "names": Faults::names().collect::<std::collections::BTreeMap<_, _>>()}),
        ),
        ("POST", "faults") => {
            for (name, value) in body.as_object().into_iter().flatten() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let value = match value.as_str() {
                    "true" => "on",
                    "false" | "null" => "off",
                    other => other,
                };
                if let Err(error) = shared.faults.set(name, value) {
                    return Reply::value(400, &json!({"error": error.to_string()}));
                }
            }
            Reply::value(200, &json!({"active": shared.faults.active()}))
        }
        ("POST", "latency") => {
            shared.latency_ms.store(body["ms"].as_u64().unwrap_or(0), Ordering::Relaxed);
            Reply::value(200, &json!({}))
        }
        ("GET", "cpu") => {
            let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
            let seconds = time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
            Reply::value(200, &json!({"cpu_seconds": seconds}))
        }
        _ => vendor
            .control(method, name, &body)
            .map_or_else(|| Reply::value(404, &json!({"error": "no such sim endpoint"})), |v| Reply::value(200, &v)),
    }
}

impl Reply {
    fn into_response(self) -> Response<SimBody> {
        let mut response = Response::new(SimBody { data: Some(Bytes::from(self.body)), cut: false, pause: None });
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// A reply's body, which may break off half-way.
struct SimBody {
    data: Option<Bytes>,
    cut: bool,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Body for SimBody {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(pause) = &mut self.pause {
            return pause.as_mut().poll(cx).map(|()| Some(Err(Dropped)));
        }
        match self.data.take() {
            Some(data) if self.cut => {
                // The half must be on the wire before the connection is dropped.
                self.pause = Some(Box::pin(tokio::time::sleep(Duration::from_millis(20))));
                Poll::Ready(Some(Ok(Frame::data(data.slice(..data.len() / 2)))))
            }
            Some(data) => Poll::Ready(Some(Ok(Frame::data(data)))),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.pause.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        match &self.data {
            Some(data) => SizeHint::with_exact(data.len() as u64),
            None => SizeHint::with_exact(0),
        }
    }
}
