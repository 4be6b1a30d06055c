//! Requests that pass the gate and requests that do not, against a vendor on loopback that reports
//! what arrived.

use super::guest::{MANIFEST, getting};
use super::vendor::{Answer, Vendor, ok};
use super::*;
use crate::HttpLimits;
use crate::bindings::crosswalk::connector::http::{Body, Error, Method, Request, Response};
use crate::gate::{Gate, Pass, Reach, SentWrites, VendorChannel};
use crosswalk_model::Manifest;
use std::collections::HashSet;
use tokio::time::Instant;

/// A gate with its vendor.
pub(super) struct Setting {
    pub(super) vendor: Vendor,
    pub(super) gate: Gate,
    pub(super) ports: Arc<TestPorts>,
}

impl Setting {
    async fn new(script: impl Fn(usize, &vendor::Arrived) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(script, |_, _| ()).await
    }

    async fn with(
        script: impl Fn(usize, &vendor::Arrived) -> Answer + Send + Sync + 'static,
        change: impl FnOnce(&mut Connection, &mut HttpLimits),
    ) -> Self {
        let vendor = Vendor::start(script).await;
        let mut connection = connection("any", &format!("{}/v1", vendor.base));
        let mut limits = HttpLimits { first_pause: Duration::from_millis(5), ..HttpLimits::default() };
        for grant in connection.grants.values_mut() {
            grant.reads = reads(&["/v1/search", "/v1/*/query", "/v1/items"]);
        }
        change(&mut connection, &mut limits);
        let manifest = MANIFEST.replace("\"/search\"", "\"/v1/search\"").replace("\"/*/query\"", "\"/v1/*/query\"");
        let manifest = format!("{manifest}\n[buckets.entity]\npaths = \"/v1/{{}}/**\"\nat-once = 2\n");
        Self::opened(vendor, &manifest, &connection, limits, &Arc::default())
    }

    /// The gate of a connection, on a channel.
    pub(super) fn opened(
        vendor: Vendor,
        manifest: &str,
        connection: &Connection,
        limits: HttpLimits,
        channel: &Arc<VendorChannel>,
    ) -> Self {
        let manifest = Manifest::parse(manifest).unwrap();
        let settings = BTreeMap::from([("user".to_owned(), "anna".into())]);
        let ports = Arc::new(TestPorts::default());
        let gate = Gate::new(&manifest, connection, &settings, &secrets(), Arc::clone(channel), ports.clone(), limits)
            .unwrap();
        Self { vendor, gate, ports }
    }

    pub(super) async fn send(&self, request: Request) -> Result<Response, Error> {
        self.pass(Reach::Reads, vec![request]).await.0.remove(0)
    }

    /// Sends in the name of the changes `1.1` and `1.2`.
    pub(super) async fn write(
        &self,
        requests: Vec<Request>,
    ) -> (Vec<Result<Response, Error>>, Vec<String>, Vec<String>) {
        let batch = HashSet::from(["1.1".to_owned(), "1.2".to_owned()]);
        let (results, sent) = self.pass(Reach::Batch(Arc::new(batch)), requests).await;
        let (sent, unanswered) = sent.report();
        (results, sent.into_iter().collect(), unanswered.into_iter().collect())
    }

    pub(super) async fn pass(
        &self,
        reach: Reach,
        requests: Vec<Request>,
    ) -> (Vec<Result<Response, Error>>, Arc<SentWrites>) {
        self.pass_within(Duration::from_secs(20), reach, requests).await
    }

    /// The same, by a call that may take this long.
    pub(super) async fn pass_within(
        &self,
        time: Duration,
        reach: Reach,
        requests: Vec<Request>,
    ) -> (Vec<Result<Response, Error>>, Arc<SentWrites>) {
        let sent = Arc::<SentWrites>::default();
        let pass = Pass::new(reach, Instant::now() + time, Arc::clone(&sent));
        (self.gate.send_all(requests, &pass).await, sent)
    }
}

/// Grants the endpoint `api` at another address.
fn move_to(connection: &mut Connection, base: String) {
    let grant = connection.grants.get_mut("api").unwrap();
    grant.private = private_of(&base);
    grant.base = Some(base);
}

pub(super) fn get(path: &str) -> Request {
    let path = path.to_owned();
    Request {
        endpoint: "api".to_owned(),
        host: None,
        method: Method::Get,
        path,
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        change: None,
    }
}

pub(super) fn request(method: Method, path: &str) -> Request {
    Request { method, ..get(path) }
}

pub(super) fn changing(method: Method, path: &str, change: &str) -> Request {
    Request { change: Some(change.to_owned()), body: Some(Body::Text("{}".to_owned())), ..request(method, path) }
}

#[tokio::test]
async fn a_guest_s_request_arrives_signed() {
    let vendor = Vendor::start(|_, _| ok("hello")).await;
    let runtime = runtime(|_| ());
    let plugin = runtime.load(&getting("/devices")).await.unwrap();
    let (connector, _) = open_for("default", &runtime, &plugin, &format!("{}/v1/", vendor.base));
    assert_eq!(check(&connector).await, Ok("hello".to_owned()));
    let arrived = vendor.first();
    assert_eq!(arrived.line, "GET /v1/devices");
    assert_eq!(arrived.header("x-key"), Some("s3cret-key"));
    assert_eq!(arrived.header("x-user"), Some("anna"));
    assert!(arrived.header("user-agent").unwrap().starts_with("crosswalk/"));
    let denied = runtime.load(&getting("/a/../b")).await.unwrap();
    let (connector, ports) = open_for("default", &runtime, &denied, &vendor.base);
    assert_eq!(check(&connector).await, Err("broken: the path has a dot segment".to_owned()));
    assert_eq!(*ports.refusals.lock().unwrap(), ["the path has a dot segment"]);
}

#[tokio::test]
async fn what_is_asked_is_what_arrives() {
    let setting = Setting::new(|_, _| ok("{}")).await;
    let mut asked = request(Method::Post, "/search");
    asked.query = vec![("a b".to_owned(), "c&d=é".to_owned())];
    asked.headers = vec![("Accept".to_owned(), "application/json".to_owned())];
    asked.body = Some(Body::Text("{\"q\":\"é\"}".to_owned()));
    let reply = setting.send(asked).await.unwrap();
    assert!(matches!(reply, Response { status: 200, body: Body::Text(text), .. } if text == "{}"));
    let arrived = setting.vendor.first();
    assert_eq!(arrived.line, "POST /v1/search?a%20b=c%26d%3D%C3%A9");
    assert_eq!(arrived.header("accept"), Some("application/json"));
    assert_eq!(arrived.body, "{\"q\":\"é\"}");
    let mut open = get("/x");
    open.endpoint = "open".to_owned();
    setting.send(open).await.unwrap();
    assert_eq!(setting.vendor.arrived.lock().unwrap()[1].header("x-key"), None, "an endpoint without credentials");
}

#[tokio::test]
async fn a_call_that_reads_cannot_write_by_any_way() {
    let setting = Setting::new(|_, _| ok("{}")).await;
    for (method, path) in [
        (Method::Post, "/items"),
        (Method::Put, "/search"),
        (Method::Patch, "/search"),
        (Method::Delete, "/search"),
        (Method::Post, "/search/"),
        (Method::Post, "/search/x"),
        (Method::Post, "/SEARCH"),
        (Method::Post, "/a/b/query"),
    ] {
        for change in [None, Some("1.1".to_owned())] {
            let refused = setting.send(Request { change, ..request(method, path) }).await;
            assert!(matches!(refused, Err(Error::ReadOnly(_))), "{method:?} {path}: {refused:?}");
        }
    }
    for bad in [
        "/x/../search",
        "/%73earch",
        "/search%2F",
        "/x/%2e%2e/search",
        "search",
        "//search",
        "/search;x",
        "/search?x",
        "/search#x",
    ] {
        assert!(matches!(setting.send(request(Method::Post, bad)).await, Err(Error::Refused(_))), "{bad}");
    }
    for header in [
        "X-HTTP-Method-Override",
        "x-method-override",
        "x-http-method",
        "X-Original-URL",
        "transfer-encoding",
        "content-length",
        "X-Key",
    ] {
        let headers = vec![(header.to_owned(), "DELETE".to_owned())];
        assert!(matches!(setting.send(Request { headers, ..get("/x") }).await, Err(Error::Refused(_))), "{header}");
    }
    assert_eq!(setting.vendor.lines(), Vec::<String>::new());
    let refusals = setting.ports.refusals.lock().unwrap().clone();
    assert!(refusals.contains(&"POST /v1/items would write, and this call may only read; if it does only read, declare its path and form under `reads` in the manifest and grant it".to_owned()), "{refusals:?}");
    setting.send(request(Method::Post, "/assets/query")).await.unwrap();
    setting.send(request(Method::Head, "/assets")).await.unwrap();
}

#[tokio::test]
async fn a_write_passes_in_the_name_of_a_change_of_its_batch_alone() {
    let setting = Setting::new(|_, _| ok("{}")).await;
    let (results, sent, unanswered) = setting
        .write(vec![
            changing(Method::Post, "/items", "1.1"),
            changing(Method::Post, "/items", "9.9"),
            request(Method::Post, "/items"),
            changing(Method::Delete, "/items/7", "1.2"),
            changing(Method::Post, "/search", "1.2"),
        ])
        .await;
    let statuses: Vec<_> = results.iter().map(|result| result.as_ref().map(|reply| reply.status)).collect();
    assert!(
        matches!(statuses[..], [Ok(200), Err(Error::ReadOnly(_)), Err(Error::ReadOnly(_)), Ok(200), Ok(200)]),
        "{statuses:?}"
    );
    assert_eq!((sent, unanswered), (vec!["1.1".to_owned(), "1.2".to_owned()], Vec::new()));
    assert_eq!(setting.vendor.lines().len(), 3);
}

#[tokio::test]
async fn a_write_is_sent_once_and_its_end_is_told() {
    let setting = Setting::with(
        |_, arrived| match arrived.line.as_str() {
            "PUT /v1/busy" => Answer::Reply("HTTP/1.1 503 Busy", Vec::new()),
            "PUT /v1/half" => Answer::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec()),
            "PUT /v1/silent" => Answer::Silence,
            _ => Answer::Close,
        },
        |_, limits| limits.attempt = Duration::from_millis(100),
    )
    .await;
    for (path, named, lost) in
        [("/busy", "1.1", false), ("/gone", "1.1", true), ("/half", "1.2", true), ("/silent", "1.2", true)]
    {
        let (results, sent, unanswered) = setting.write(vec![changing(Method::Put, path, named)]).await;
        assert_eq!(results[0].is_ok(), !lost, "{path}: {results:?}");
        assert_eq!(sent, [named], "{path}");
        assert_eq!(unanswered, if lost { vec![named] } else { vec![] }, "{path}");
    }
    assert_eq!(setting.vendor.lines().len(), 4, "each once");
    let nobody = Setting::with(
        |_, _| Answer::Close,
        |connection, _| {
            let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            move_to(connection, format!("http://{refusing}"));
        },
    );
    let (results, sent, unanswered) = nobody.await.write(vec![changing(Method::Put, "/x", "1.1")]).await;
    assert!(matches!(&results[0], Err(Error::Unreachable(why)) if why.contains("no connection")), "{results:?}");
    assert_eq!((sent, unanswered), (Vec::new(), Vec::new()), "nothing left the host");
}

#[tokio::test]
async fn a_read_is_tried_again_and_a_pause_that_is_asked_for_is_kept() {
    let setting = Setting::new(|number, _| match number {
        0 => Answer::Close,
        1 => Answer::Reply("HTTP/1.1 503 Busy", Vec::new()),
        2 => Answer::Reply("HTTP/1.1 429 Slow\r\nretry-after: 1", Vec::new()),
        _ => ok("there"),
    })
    .await;
    let start = Instant::now();
    let reply = setting.send(request(Method::Post, "/search")).await.unwrap();
    assert_eq!((reply.status, setting.vendor.lines().len()), (200, 4));
    assert!(start.elapsed() >= Duration::from_secs(1), "the vendor asked for a second");

    let busy = Setting::new(|_, _| Answer::Reply("HTTP/1.1 429 Slow\r\nretry-after: 3600", b"later".to_vec())).await;
    let reply = busy.send(get("/x")).await.unwrap();
    assert_eq!((reply.status, busy.vendor.lines().len()), (429, 1), "an hour is for the engine to wait");
    assert!(reply.headers.contains(&("retry-after".to_owned(), "3600".to_owned())));

    for head in [
        "HTTP/1.1 429 Slow\r\nretry-after: 18446744073709551615",
        "HTTP/1.1 429 Slow\r\nretry-after: 9999999999",
        "HTTP/1.1 503 Busy\r\nretry-after: Thu, 01 Jan 2099 00:00:00 GMT",
    ] {
        let never = Setting::new(move |_, _| Answer::Reply(head, Vec::new())).await;
        assert!(never.send(get("/x")).await.unwrap().status > 400, "{head}");
        assert_eq!(never.vendor.lines().len(), 1, "{head}: as if it were an hour");
    }

    let down = Setting::new(|_, _| Answer::Close).await;
    assert!(matches!(down.send(get("/x")).await, Err(Error::Unreachable(_))));
    assert_eq!(down.vendor.lines().len(), 4, "and then no more");
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_cookie_is_kept() {
    let setting = Setting::new(|_, _| {
        Answer::Reply("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\nset-cookie: a=b", Vec::new())
    })
    .await;
    let reply = setting.send(get("/x")).await.unwrap();
    assert_eq!(reply.status, 302);
    assert!(!reply.headers.iter().any(|(name, _)| name == "set-cookie"));
    setting.send(get("/x")).await.unwrap();
    assert_eq!(setting.vendor.lines().len(), 2);
    assert_eq!(setting.vendor.arrived.lock().unwrap()[1].header("cookie"), None);
}

#[tokio::test]
async fn sizes_are_capped_before_anything_is_kept() {
    // 1 MiB of zeros in 1 KiB of gzip would be a bomb; here it is made by hand, as one
    // stored block that repeats is enough to count the decompressed size.
    let setting = Setting::with(
        |_, arrived| match arrived.line.as_str() {
            "GET /v1/announced" => Answer::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_vec()),
            "GET /v1/endless" => Answer::Raw([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 5_000]].concat()),
            "GET /v1/bomb" => Answer::Reply("HTTP/1.1 200 OK\r\ncontent-encoding: gzip", bomb()),
            "GET /v1/headers" => {
                Answer::Raw([b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".repeat(40_000), b"\r\n".to_vec()].concat())
            }
            _ => ok(&"x".repeat(900)),
        },
        |_, limits| {
            limits.reply_bytes = 1_000;
            limits.replies_bytes = 2_000;
            limits.request_bytes = 100;
            limits.url_bytes = 200;
            limits.tries = 1;
        },
    )
    .await;
    for path in ["/announced", "/endless", "/bomb"] {
        assert!(matches!(setting.send(get(path)).await, Err(Error::TooLarge(_))), "{path}");
    }
    assert!(setting.send(get("/headers")).await.is_err());
    let long = Request { query: vec![("q".to_owned(), "x".repeat(200))], ..get("/x") };
    assert!(matches!(setting.send(long).await, Err(Error::TooLarge(_))));
    let fat = Request { body: Some(Body::Bytes(vec![0; 101])), ..request(Method::Post, "/search") };
    assert!(matches!(setting.send(fat).await, Err(Error::TooLarge(101))));
    let (together, _) = setting.pass(Reach::Reads, vec![get("/a"), get("/b"), get("/c")]).await;
    assert_eq!(together.iter().filter(|result| result.is_ok()).count(), 2, "2,000 bytes are room for two of 900");
    let many = (0..1_001).map(|_| get("/x")).collect();
    let (refused, _) = setting.pass(Reach::Reads, many).await;
    assert!(refused.len() == 1_001 && refused.iter().all(|result| matches!(result, Err(Error::Refused(_)))));
}

/// A gzip stream of 64 KiB of zeros.
fn bomb() -> Vec<u8> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let block = vec![0_u8; 65_535];
    gzip.extend([1, 0xff, 0xff, 0, 0]);
    gzip.extend(&block);
    gzip
}

#[tokio::test]
async fn a_secret_that_the_vendor_echoes_is_blanked_before_a_connector_sees_it() {
    let setting = Setting::new(|number, arrived| {
        let key = arrived.header("x-key").unwrap().to_owned();
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("anna:{key}"));
        match number {
            0 => Answer::Reply(
                "HTTP/1.1 302 Found\r\nlocation: https://x.example/?key=s3cret-key&a=1\r\nx-echo: YW5uYTpzM2NyZXQta2V5",
                format!("<a href='?{key}'>{encoded}</a>").into_bytes(),
            ),
            _ => Answer::Reply("HTTP/1.1 500 Oops", [b"\xff\xfe".as_slice(), key.as_bytes()].concat()),
        }
    })
    .await;
    let reply = setting.send(get("/x")).await.unwrap();
    assert!(matches!(&reply.body, Body::Text(text) if text == "<a href='?…'>…</a>"), "{reply:?}");
    for (name, value) in [("location", "https://x.example/?key=…&a=1"), ("x-echo", "…")] {
        assert!(reply.headers.contains(&(name.to_owned(), value.to_owned())), "{reply:?}");
    }
    let reply = setting.send(get("/x")).await.unwrap();
    let blanked = [&[0xff, 0xfe], "…".as_bytes()].concat();
    assert!(matches!(&reply.body, Body::Bytes(bytes) if *bytes == blanked), "{reply:?}");
}

#[tokio::test]
async fn a_known_secret_does_not_leave() {
    let setting = Setting::new(|_, _| ok("{}")).await;
    let echo = "x s3cret-key y".to_owned();
    for leak in [
        Request { query: vec![("q".to_owned(), echo.clone())], ..get("/x") },
        Request { headers: vec![("x-note".to_owned(), echo.clone())], ..get("/x") },
        Request { body: Some(Body::Text(echo.clone())), ..request(Method::Post, "/search") },
        Request { body: Some(Body::Bytes(echo.into_bytes())), ..request(Method::Post, "/search") },
        get("/s3cret-key"),
        Request { query: vec![("q".to_owned(), "YW5uYTpzM2NyZXQta2V5".to_owned())], ..get("/x") },
        Request { headers: vec![("x-note".to_owned(), "7333637265742d6b6579".to_owned())], ..get("/x") },
    ] {
        assert!(matches!(setting.send(leak).await, Err(Error::Refused(why)) if !why.contains("s3cret")));
    }
    assert_eq!(setting.vendor.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn the_limit_of_calls_at_one_time_holds_and_order_is_kept() {
    let under_way = Arc::new(std::sync::Mutex::new((0_usize, 0_usize)));
    let seen = Arc::clone(&under_way);
    let vendor = Vendor::start(move |_, arrived| {
        {
            let mut seen = seen.lock().unwrap();
            seen.0 += 1;
            seen.1 = seen.1.max(seen.0);
        }
        std::thread::sleep(Duration::from_millis(2));
        seen.lock().unwrap().0 -= 1;
        ok(&arrived.line)
    });
    let vendor = vendor.await;
    let base = format!("{}/v1", vendor.base);
    let setting = Setting::with(
        |_, _| Answer::Close,
        move |connection, _| {
            move_to(connection, base);
        },
    )
    .await;
    let requests = (0..20).map(|number| get(&format!("/assets/{number}"))).collect();
    let (results, _) = setting.pass(Reach::Reads, requests).await;
    for (number, result) in results.into_iter().enumerate() {
        assert!(matches!(result.unwrap().body, Body::Text(line) if line == format!("GET /v1/assets/{number}")));
    }
    let most = under_way.lock().unwrap().1;
    assert!(most <= 2, "{most} at one time");
}

#[tokio::test]
async fn a_budget_that_is_spent_says_when_it_opens() {
    let setting = Setting::with(
        |_, _| ok("{}"),
        |connection, _| {
            connection.buckets.insert("entity".to_owned(), BucketOverride { calls: Some(3), at_once: None });
        },
    )
    .await;
    for _ in 0..3 {
        setting.send(get("/assets/1")).await.unwrap();
    }
    assert!(matches!(setting.send(get("/assets/1")).await, Err(Error::Throttled(3_600_000))));
    setting.send(get("/companies/1")).await.unwrap();
    assert_eq!(setting.vendor.lines().len(), 4);
}
