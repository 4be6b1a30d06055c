//! A connector that misbehaves, one habit at a time: the setting `habit` says which.
//!
//! With the habit `none` it is a small honest connector over nothing: it reads three
//! assets of one customer, and writes by POST to `/items`. The tests assert the host's
//! answer to each habit, *and* that the next call on the same host works.

#![expect(clippy::panic, reason = "to trap is one of the habits")]

use crosswalk_sdk::{
    Body, Change, Connector, Description, Failure, Field, Gap, Host, HttpError, Identity, Item, Kind, KindDescription,
    Method, Operations, Outcome, Page, Query, Request, Selection, Selections, Settlement, Signal, StampPlace, Value,
};

/// The connector.
#[derive(Debug)]
pub struct Misbehaving;

crosswalk_sdk::export!(Misbehaving);

fn habit(host: &dyn Host) -> (String, u64) {
    let settings: serde_json::Value = serde_json::from_str(&host.settings()).unwrap_or_default();
    let habit = settings["habit"].as_str().unwrap_or("none").to_owned();
    (habit, settings["times"].as_u64().unwrap_or(1))
}

impl Connector for Misbehaving {
    fn describe(host: &dyn Host) -> Description {
        let (habit, _) = habit(host);
        let mut kinds = [Kind::Customer, Kind::Location, Kind::Asset].map(describe).to_vec();
        if habit == "stamp-short" {
            kinds[0].stamp = Some(StampPlace { field: "key".to_owned(), length: 4 });
        }
        Description { kinds }
    }

    fn check(host: &dyn Host) -> Result<Identity, Failure> {
        misbehave(host)?;
        Ok(Identity { account: "nobody".to_owned(), id: None, time_zone: None, detail: None })
    }

    fn read(host: &dyn Host, query: Query, after: Option<&str>) -> Result<Page, Failure> {
        misbehave(host)?;
        let (habit, times) = habit(host);
        if habit == "mapping-across-calls" {
            match query.kind {
                Kind::Customer => drop(host.entry_put("space", "key", "value", None)),
                _ => return Err(Failure::Broken(seen(host))),
            }
        }
        let kind = format!("{:?}", query.kind).trim_start_matches("Kind::").to_lowercase();
        if habit.split_once("unreadable-").is_some_and(|(_, unreadable)| unreadable == kind) {
            return Err(Failure::Denied("not for this account".to_owned()));
        }
        if habit.starts_with("fleet") {
            return fleet(&habit, times, &query, after);
        }
        if habit == "bad-items" && query.kind == Kind::Asset {
            return Ok(Page { items: bad_items(), total: Some(9), ..Page::default() });
        }
        if habit == "cursor-toggles" {
            let next = if after == Some("a") { "b" } else { "a" };
            return Ok(Page { next: Some(next.to_owned()), ..Page::default() });
        }
        if habit == "gaps-endless" {
            let page: u64 = after.and_then(|after| after.parse().ok()).unwrap_or(0);
            let gap =
                |n| Gap { parent: Some(format!("{page}/{n}")), item: None, cause: Failure::Broken("x".repeat(1000)) };
            let gaps = (0..5000).map(gap).collect();
            return Ok(Page { gaps, next: Some((page + 1).to_string()), ..Page::default() });
        }
        let next = match (habit.as_str(), after) {
            ("cursor-twice", _) => Some("the same".to_owned()),
            ("cursor-endless", after) => {
                let page: u64 = after.and_then(|after| after.parse().ok()).unwrap_or(0);
                Some((page + 1).to_string())
            }
            ("cursor-long", None) => Some("x".repeat(9 * 1024)),
            ("total-lies", None) => Some("second".to_owned()),
            _ => None,
        };
        let count = if habit == "page-flood" { 5001 } else { 3 };
        let total = match habit.as_str() {
            "total-lies" => Some(times + u64::from(after.is_some())),
            "total-huge" => Some(u64::MAX),
            _ => None,
        };
        let left_out = if habit == "left-out-huge" { u64::MAX } else { 0 };
        let items = match query.kind {
            Kind::Customer => vec![item("1", None, "Honest Ltd")],
            Kind::Location => vec![item("10", Some("1"), "Head office")],
            Kind::Asset => (0..count).map(|n| item(&format!("a{n}"), Some("1"), &format!("PC-{n}"))).collect(),
            _ => Vec::new(),
        };
        Ok(Page { items, next, total, left_out, ..Page::default() })
    }

    fn write(host: &dyn Host, changes: Vec<Change>) -> Vec<Outcome> {
        let (habit, _) = habit(host);
        if let Err(failure) = misbehave(host) {
            return changes
                .into_iter()
                .map(|change| Outcome { change: change.id, result: Settlement::Failed(failure.clone()) })
                .collect();
        }
        let requests: Vec<Request> = changes
            .iter()
            .map(|change| {
                let request =
                    Request::new(Method::Post, "api", "/items").json(format!("{{\"name\":{:?}}}", change.name));
                match habit.as_str() {
                    "write-unnamed" => request,
                    "write-another-name" => request.change("0.0"),
                    _ => request.change(&change.id),
                }
            })
            .collect();
        let replies = host.send_all(requests);
        let mut outcomes: Vec<Outcome> = changes
            .into_iter()
            .zip(replies)
            .map(|(change, reply)| Outcome {
                result: match reply {
                    Ok(reply) if reply.is_success() => {
                        Settlement::Done(change.target.clone().unwrap_or_else(|| reply.text().to_owned()))
                    }
                    Ok(reply) => Settlement::Failed(reply.failure("refused")),
                    Err(error) => Settlement::Failed(error.into()),
                },
                change: change.id,
            })
            .collect();
        match habit.as_str() {
            "fewer-outcomes" => {
                outcomes.pop();
            }
            "foreign-outcome" => {
                for outcome in &mut outcomes {
                    outcome.change = "999.999".to_owned();
                }
            }
            "trap-after-write" => panic!("after the write"),
            _ => {}
        }
        outcomes
    }

    fn run(host: &dyn Host, _: &str, _: &str) -> Result<Vec<Signal>, Failure> {
        misbehave(host)?;
        Ok(Vec::new())
    }
}

/// The habits that need no page and no batch.
fn misbehave(host: &dyn Host) -> Result<(), Failure> {
    let (habit, times) = habit(host);
    match habit.as_str() {
        "loop" => loop {
            std::hint::black_box(0);
        },
        "loop-of-host-calls" => loop {
            host.now_ms();
        },
        "memory" => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(vec![1; 1024 * 1024]);
                std::hint::black_box(&hoard);
            }
        }
        "trap" => panic!("I was told to"),
        "stack" => {
            std::hint::black_box(deeper(1));
            Ok(())
        }
        "log-flood" => {
            for n in 0..times {
                host.log(crosswalk_sdk::Level::Info, &format!("line {n} {}", "x".repeat(5000)));
            }
            Ok(())
        }
        "write-while-reading" => every_way_to_write(host),
        "schedule-while-reading" => match host.wake_after("poll", 1000, "") {
            Err(error) => Err(Failure::Broken(format!("schedule: {error:?}"))),
            Ok(_) => Err(Failure::Broken("schedule: it was let".to_owned())),
        },
        "mapping-while-reading" => {
            let put = host.entry_put("space", "key", "value", None);
            let seen = host.entry("space", "key").map(|entry| entry.value);
            Err(Failure::Broken(format!("mapping: put {} seen {seen:?}", put.is_ok())))
        }
        "mapping-seen" => Err(Failure::Broken(seen(host))),
        "mapping-flood" => {
            for n in 0..times {
                if let Err(error) = host.entry_put("flood", &n.to_string(), "x", None) {
                    return Err(Failure::Broken(format!("mapping: {n}: {error:?}")));
                }
            }
            Ok(())
        }
        "mapping-bytes" => {
            for n in 0..times {
                if let Err(error) = host.entry_put("bytes", &n.to_string(), &"x".repeat(60_000), None) {
                    return Err(Failure::Broken(format!("mapping: {n}: {error:?}")));
                }
            }
            Ok(())
        }
        "escape" => every_way_out(host),
        "wake-itself" => {
            let _ = host.wake_after("poll", 0, "");
            Ok(())
        }
        "wake-and-trap" => {
            let _ = host.wake_after("poll", 0, "");
            panic!("I was told to");
        }
        // What the vendor says to it, told in every way a connector has.
        "echo" => {
            let reply = host.send(Request::get("api", "/echo"))?;
            let said = format!("{} {:?}", reply.text(), reply.headers);
            host.log(crosswalk_sdk::Level::Error, &said);
            host.log(crosswalk_sdk::Level::Warn, &said);
            Err(Failure::rejected(said))
        }
        "long-failure" => Err(Failure::Rejected(crosswalk_sdk::Rejection {
            message: "x".repeat(times as usize),
            problems: Vec::new(),
        })),
        "refusal-flood" => {
            // The same refusal again and again, and others of which each is new.
            for n in 0..times {
                let _ = host.send(Request::new(Method::Delete, "api", "/items"));
                let _ = host.send(Request::new(Method::Delete, "api", format!("/items/{n}")));
            }
            Ok(())
        }
        "secret-in-settings" => Err(Failure::Broken(host.settings())),
        "call-flood" => {
            let requests = (0..times).map(|_| Request::get("api", "/search")).collect();
            let refused = host.send_all(requests).into_iter().filter(Result::is_err).count();
            Err(Failure::Broken(format!("{refused} refused")))
        }
        _ => Ok(()),
    }
}

fn seen(host: &dyn Host) -> String {
    format!("mapping: seen {:?}", host.entry("space", "key").map(|entry| entry.value))
}

fn deeper(n: u64) -> u64 {
    if n == 0 { 0 } else { std::hint::black_box(deeper(std::hint::black_box(n + 1))) + 1 }
}

/// Tries to write by every way there is, and reports which were let through.
fn every_way_to_write(host: &dyn Host) -> Result<(), Failure> {
    let mut ways: Vec<(&str, Request)> =
        [("post", Method::Post), ("put", Method::Put), ("patch", Method::Patch), ("delete", Method::Delete)]
            .into_iter()
            .map(|(name, method)| (name, Request::new(method, "api", "/items")))
            .collect();
    ways.push(("in the name of a change", Request::new(Method::Post, "api", "/items").change("1.1")));
    ways.push(("beside a read path", Request::new(Method::Post, "api", "/search/items")));
    ways.push(("encoded read path", Request::new(Method::Post, "api", "/items/%2e%2e/search")));
    ways.push(("dotted read path", Request::new(Method::Post, "api", "/search/../items")));
    ways.push(("case of a read path", Request::new(Method::Post, "api", "/SEARCH")));
    ways.push(("query in the path", Request::new(Method::Post, "api", "/items?x=/search")));
    for header in ["x-http-method-override", "x-http-method", "x-method-override"] {
        let mut request = Request::get("api", "/items");
        request.headers.push((header.to_owned(), "DELETE".to_owned()));
        ways.push(("method override", request));
    }
    for (name, value) in [("x_http_method_override", "DELETE"), ("x-http_method-override", "PUT")] {
        let mut request = Request::new(Method::Post, "api", "/search").json("{}".to_owned());
        request.headers.push((name.to_owned(), value.to_owned()));
        ways.push(("method override with a `_`", request));
    }
    for parameter in ["_method", "x-http-method-override"] {
        ways.push(("method in the query", Request::get("api", "/items").query(parameter, "DELETE")));
    }
    let mutation = r#"{"query":"mutation { deleteDevice(id: 1) { id } }"}"#;
    let two = r#"{"query":"query a { x } mutation b { y }","operationName":"b"}"#;
    let twice = r#"{"query":"{ a }","query":"mutation { x }"}"#;
    for path in ["/graphql", "/search"] {
        for body in [mutation, two, twice, &format!("[{mutation}]")] {
            ways.push(("a mutation", Request::new(Method::Post, "api", path).json(body.to_owned())));
        }
    }
    let read = Request::new(Method::Post, "api", "/graphql").json(r#"{"query":"{ a }"}"#.to_owned());
    ways.push(("a mutation beside a query", read.query("query", "mutation { x }")));
    ways.push(("a mutation by GET", Request::get("api", "/graphql").query("query", "mutation { x }")));
    let stored = r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}"#;
    ways.push(("a stored document", Request::new(Method::Post, "api", "/graphql").json(stored.to_owned())));
    let envelope = |operation: &str| {
        format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>{operation}</s:Body></s:Envelope>"
        )
    };
    for (action, operation) in [
        ("urn:guest/Delete", "<Delete/>"),
        ("urn:guest/Get", "<Delete/>"),
        ("urn:guest/Delete", "<Get/>"),
        ("urn:guest/Get", "<Get/><Delete/>"),
    ] {
        let mut request = Request::new(Method::Post, "api", "/soap");
        request.headers.push(("content-type".to_owned(), "text/xml; charset=utf-8".to_owned()));
        request.headers.push(("soapaction".to_owned(), action.to_owned()));
        request.body = Some(Body::Text(envelope(operation)));
        ways.push(("an operation of SOAP", request));
    }
    let (names, requests): (Vec<&str>, Vec<Request>) = ways.into_iter().unzip();
    let through: Vec<&str> = names
        .into_iter()
        .zip(host.send_all(requests))
        .filter(|(_, reply)| reply.is_ok())
        .map(|(name, _)| name)
        .collect();
    let put = host.entry_put("plan", "kept", "x", None).is_ok();
    let woken = host.wake_after("poll", 1, "").is_ok();
    Err(Failure::Broken(format!("through: {through:?}; put: {put}; woken: {woken}")))
}

/// Tries to reach what was not granted, by every way there is, and reports what was let through.
fn every_way_out(host: &dyn Host) -> Result<(), Failure> {
    let elsewhere = |name: &str| Request::get("api", "/").host(name);
    let mut requests = vec![
        Request::get("nowhere", "/"),
        Request::get("api", "http://evil.example/"),
        Request::get("api", "//evil.example/"),
        Request::get("api", "/\\evil.example/"),
        Request::get("api", "/../.."),
        Request::get("api", "/a%2fb/%2e%2e"),
        Request::get("api", "no slash"),
        Request::get("api", "/x\r\nHost: evil.example"),
        elsewhere("evil.example"),
        elsewhere("user@evil.example"),
        elsewhere("169.254.169.254"),
        elsewhere("127.0.0.1:1"),
    ];
    for header in [
        "host",
        "Host",
        "content-length",
        "transfer-encoding",
        "authorization",
        "cookie",
        "proxy-authorization",
        "x-key",
        "X-KEY",
        "connection",
        "te",
        "trailer",
        "forwarded",
        "x-forwarded-host",
        "bad name",
    ] {
        let mut request = Request::get("api", "/");
        request.headers.push((header.to_owned(), "x".to_owned()));
        requests.push(request);
    }
    let asked = requests.len();
    let replies = host.send_all(requests);
    let refused =
        replies.iter().filter(|reply| matches!(reply, Err(HttpError::Refused(_) | HttpError::NotGranted(_)))).count();
    let through: Vec<usize> = replies.iter().enumerate().filter(|(_, reply)| reply.is_ok()).map(|(at, _)| at).collect();
    Err(Failure::Broken(format!("asked {asked}, refused {refused}, through {through:?}")))
}

/// How many assets of a fleet a page holds.
const FLEET_PAGE: u64 = 100;

/// So many assets in pages, with serial numbers and a total, of which a habit may hide something:
/// `fleet-cut` gives nothing after the first page, `fleet-cut-untold` no total either,
/// `fleet-untold` everything without a total, `fleet-twice` the first device again on each later page, `fleet-half` the last device without its details,
/// `fleet-renamed` other names; `fleet-sealed` refuses every look-up of the device `a9`.
fn fleet(habit: &str, size: u64, query: &Query, after: Option<&str>) -> Result<Page, Failure> {
    match query.kind {
        Kind::Customer => return Ok(Page { items: vec![item("1", None, "Honest Ltd")], ..Page::default() }),
        Kind::Asset => {}
        _ => return Ok(Page::default()),
    }
    if let Selection::Ids(ids) = &query.selection {
        if habit == "fleet-sealed" && ids.iter().any(|id| id == "a9") {
            return Err(Failure::Denied("a9 is not for this account".to_owned()));
        }
        let known = ids.iter().filter_map(|id| id.strip_prefix('a')?.parse().ok().filter(|n: &u64| *n < size));
        return Ok(Page { items: known.map(device).collect(), ..Page::default() });
    }
    let from: u64 = after.and_then(|after| after.parse().ok()).unwrap_or(0);
    let to = (from + FLEET_PAGE).min(size);
    let is_cut = habit.contains("cut") && from > 0;
    let mut items: Vec<Item> = if is_cut { Vec::new() } else { (from..to).map(device).collect() };
    if habit == "fleet-twice" && from > 0 {
        items.push(Item { name: "PC-0 again".to_owned(), ..device(0) });
    }
    if habit == "fleet-renamed" {
        items.iter_mut().for_each(|item| item.name.push_str(" renamed"));
    }
    let mut gaps = Vec::new();
    if let Some(last) = items.last_mut().filter(|_| habit == "fleet-half" && to == size) {
        last.fields.clear();
        let cause = Failure::NotFound("its details are not there".to_owned());
        gaps.push(Gap { parent: last.parent.clone(), item: Some(last.id.clone()), cause });
    }
    let next = (to < size && !is_cut).then(|| to.to_string());
    Ok(Page { items, next, total: (!habit.contains("untold")).then_some(size), gaps, ..Page::default() })
}

fn device(n: u64) -> Item {
    let mut item = item(&format!("a{n}"), Some("1"), &format!("PC-{n}"));
    item.fields.push(Field { name: "serial-number".to_owned(), value: Value::Text(format!("SN{n:06}")) });
    item
}

/// Nine items: one sound, eight with something wrong.
fn bad_items() -> Vec<Item> {
    let with = |n: u64, fields: &[(&str, Value)]| {
        let mut item = device(n);
        item.fields.extend(fields.iter().map(|(name, value)| Field { name: (*name).to_owned(), value: value.clone() }));
        item
    };
    let text = |text: &str| Value::Text(text.to_owned());
    vec![
        device(0),
        Item { id: "x".repeat(5000), ..device(1) },
        Item { name: "n".repeat(100_000), ..device(2) },
        with(3, &[("memory", text("16 GB")), ("last-seen", Value::Time("yesterday".to_owned()))]),
        with(4, &[("cpu", Value::Decimal(f64::NAN))]),
        Item { name: "\u{1b}[31mPC\u{0}-5\u{1b}[0m".to_owned(), ..device(5) },
        Item { id: String::new(), ..device(6) },
        Item { parent: Some("nobody".to_owned()), ..device(7) },
        with(8, &[("cpu", text("one")), ("cpu", text("another"))]),
    ]
}

fn item(id: &str, parent: Option<&str>, name: &str) -> Item {
    Item {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
        name: name.to_owned(),
        stamp: None,
        fields: vec![Field { name: "active".to_owned(), value: Value::Boolean(true) }],
    }
}

fn describe(kind: Kind) -> KindDescription {
    KindDescription {
        kind,
        reads: Selections::EVERYTHING | Selections::IDS | Selections::STAMPS | Selections::NAMED,
        writes: Operations::CREATE | Operations::UPDATE | Operations::DEACTIVATE | Operations::REACTIVATE,
        fields: Vec::new(),
        name_length: Some(100),
        stamp: Some(StampPlace { field: "key".to_owned(), length: 50 }),
        changes_at_once: 50,
        ids_at_once: 100,
        page_size: 100,
        calls_per_change: 1,
        checks_before: false,
    }
}
