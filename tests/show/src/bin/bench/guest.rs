//! What a call into a connector costs: a fresh instance, and a page of devices against the same code
//! compiled natively.
//!
//! The page: the connector is asked for 250 devices, as the host asks it, and answered by a server on
//! loopback that has its two replies ready. Taken off is what those two calls take by themselves, side
//! by side through the same client library. What remains is the sandbox's whole price: the instance, the
//! gate, the replies copied in, the mapping, the page lifted out. It is set against the connector's own
//! function from those two replies to that page. All three take turns, and the ratio is of the times that
//! only a tenth of the rounds were better than: a call crosses threads, and on a busy machine its median
//! tells how long threads wait.

use crate::replay::{client, rmm_headers};
use crate::report::{Report, middle};
use crosswalk_model::connection::BucketOverride;
use crosswalk_model::{Connection, Grant, Kind, Mode, Query, Secret, Selection, TenantName};
use crosswalk_pulseway_rmm::{Settings, map_assets_page};
use crosswalk_runtime::{CallContext, ConnectionSpec, Connector, NoAccount, Plugin, Runtime, RuntimeOptions};
use crosswalk_sdk::paging::Offset;
use crosswalk_show::{Accounts, Trouble, connectors};
use crosswalk_sims::{PulsewayRmm, RmmOptions, Size, World};
use reqwest::Client;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const ROWS: usize = 250;
const DESCRIBES: usize = 3_000;
const PAGES: usize = 500;

/// Measures both.
///
/// # Errors
/// The connector is not built, or fails.
pub(crate) async fn measure(target: &Path, report: &mut Report) -> Result<(), Trouble> {
    println!("── calls into a connector");
    let file = connectors(target)?.swap_remove(0);
    let runtime = Runtime::new(RuntimeOptions::default())?;
    let plugin = runtime.load(&std::fs::read(file)?).await?;
    let mut times = Vec::with_capacity(DESCRIBES);
    for _ in 0..DESCRIBES {
        let started = Instant::now();
        plugin.describe().await.map_err(|failure| failure.to_string())?;
        times.push(micros(started));
    }
    report.put("fresh_call_us_p50", middle(&mut times));
    report.put("fresh_call_us_p10", calm(&mut times));
    page(&runtime, &plugin, report).await
}

async fn page(runtime: &Runtime, plugin: &Plugin, report: &mut Report) -> Result<(), Trouble> {
    let world = World::generate(Size::new(10, 20, ROWS), 2026);
    let rmm = PulsewayRmm::start(&world, RmmOptions::default())?;
    let accounts = Accounts {
        rmm_url: rmm.url(),
        rmm_token_id: rmm.token_id().to_owned(),
        rmm_token_secret: rmm.token_secret().to_owned(),
        ..Accounts::default()
    };
    let client = client()?;
    let devices = rows(&client, &accounts, "devices", "").await?;
    let assets = rows(&client, &accounts, "assets", "&include=Disks,AssetInfo,IpAddresses,LocalIpAddresses").await?;
    drop(rmm);
    let url = serve(vec![("/api/v3/devices", devices.clone()), ("/api/v3/assets", assets.clone())])?;
    let connector = runtime.open(plugin, spec(plugin, &url, &accounts)?)?;
    let settings: Settings = serde_json::from_str("{}")?;
    let urls = [format!("{url}/api/v3/devices"), format!("{url}/api/v3/assets")];

    let (mut wasm, mut bare, mut native) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAGES {
        let started = Instant::now();
        let items = read(&*connector).await?;
        wasm.push(micros(started));
        let started = Instant::now();
        let (one, two) = tokio::try_join!(fetch(&client, &urls[0]), fetch(&client, &urls[1]))?;
        std::hint::black_box((one, two));
        bare.push(micros(started));
        let started = Instant::now();
        let mapped = std::hint::black_box(map_assets_page(&devices, &assets, &settings))
            .map_err(|failure| failure.message().to_owned())?;
        native.push(micros(started));
        if (items, mapped.items.len()) != (ROWS, ROWS) {
            return Err(format!("{items} and {} devices were mapped, not {ROWS}", mapped.items.len()).into());
        }
    }
    let (wasm, bare, native) = (calm(&mut wasm), calm(&mut bare), calm(&mut native));
    report.put("page_wasm_us", wasm);
    report.put("page_bare_calls_us", bare);
    report.put("page_native_us", native);
    report.put("page_reply_kib", (devices.len() + assets.len()) as f64 / 1024.0);
    report.put("wasm_over_native", (wasm - bare) / native);
    Ok(())
}

/// What a tenth of the times were better than.
fn calm(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 10).copied().unwrap_or(f64::NAN)
}

fn micros(started: Instant) -> f64 {
    started.elapsed().as_secs_f64() * 1e6
}

async fn read(connector: &dyn Connector) -> Result<usize, Trouble> {
    let context = CallContext { mode: Mode::Plan, scratch: Arc::default() };
    let query = Query { kind: Kind::Asset, selection: Selection::Everything };
    // Of both lists a page as long as the list, which the connector asks for only once it knows the total.
    let rows = ROWS as u64;
    let whole = Offset { skip: 0, top: rows, total: Some(rows), told: rows };
    let cursor = format!("{whole}/{whole}");
    let page = connector.read(&context, &query, Some(&cursor)).await.map_err(|failure| failure.to_string())?;
    Ok(page.items.len())
}

async fn fetch(client: &Client, url: &str) -> Result<String, reqwest::Error> {
    client.get(url).send().await?.text().await
}

/// A whole list, as one reply.
async fn rows(client: &Client, accounts: &Accounts, list: &str, include: &str) -> Result<String, Trouble> {
    let mut all: Vec<String> = Vec::with_capacity(ROWS);
    while all.len() < ROWS {
        let url =
            format!("{}/api/v3/{list}?$top=100&$skip={}&$orderby=Identifier{include}", accounts.rmm_url, all.len());
        let text = client.get(url).headers(rmm_headers(accounts)?).send().await?.error_for_status()?.text().await?;
        let mut reply: HashMap<String, Box<RawValue>> = serde_json::from_str(&text)?;
        let data = reply.remove("Data").ok_or("the simulator sends no rows")?;
        let page: Vec<Box<RawValue>> = serde_json::from_str(data.get())?;
        if page.is_empty() {
            return Err(format!("the simulator has {} {list} only", all.len()).into());
        }
        all.extend(page.into_iter().map(|row| row.get().to_owned()));
    }
    Ok(format!(r#"{{"Data":[{}],"Meta":{{"ResponseCode":200,"TotalCount":{ROWS}}}}}"#, all.join(",")))
}

/// A server that has its replies ready, by the path they begin with. It ends with the process.
fn serve(replies: Vec<(&'static str, String)>) -> Result<String, Trouble> {
    let whole = |body: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
    };
    let replies: Arc<Vec<(&str, String)>> =
        Arc::new(replies.into_iter().map(|(path, body)| (path, whole(&body))).collect());
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let replies = Arc::clone(&replies);
            std::thread::spawn(move || answer(stream, &replies));
        }
    });
    Ok(url)
}

/// Answers requests without a body until the other side hangs up.
fn answer(mut stream: TcpStream, replies: &[(&str, String)]) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut head = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let length = stream.read(&mut buffer).ok().filter(|&length| length > 0)?;
        head.extend_from_slice(&buffer[..length]);
        while let Some(end) = head.windows(4).position(|part| part == b"\r\n\r\n") {
            let request = String::from_utf8_lossy(&head[..end]).into_owned();
            head.drain(..end + 4);
            let path = request.split(' ').nth(1)?;
            let (_, reply) = replies.iter().find(|(start, _)| path.starts_with(start))?;
            stream.write_all(reply.as_bytes()).ok()?;
        }
    }
}

fn spec(plugin: &Plugin, url: &str, accounts: &Accounts) -> Result<ConnectionSpec, Trouble> {
    let grant = Grant {
        base: Some(format!("{url}/api/v3")),
        hosts: None,
        reads: Vec::new(),
        private: vec![url.trim_start_matches("http://").to_owned()],
    };
    let unlimited = BucketOverride { calls: Some(0), at_once: Some(0) };
    let secret = |name: &str, value: &str| (name.to_owned(), Secret::new(value.to_owned()));
    Ok(ConnectionSpec {
        tenant: TenantName::default(),
        connection: Connection {
            name: "rmm".parse()?,
            plugin: plugin.manifest().id.clone(),
            digest: plugin.digest().to_owned(),
            settings: BTreeMap::new(),
            grants: BTreeMap::from([("api".to_owned(), grant)]),
            buckets: BTreeMap::from([("minute".to_owned(), unlimited)]),
            revision: 1,
        },
        secrets: BTreeMap::from([
            secret("token-id", &accounts.rmm_token_id),
            secret("token-secret", &accounts.rmm_token_secret),
        ]),
        ports: Arc::new(NoAccount),
    })
}
