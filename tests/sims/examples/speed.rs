//! How many requests a second the sims answer, over real HTTP on this machine: to know that they are not what a benchmark
//! measures. `cargo run --release -p crosswalk-sims --example speed`
//!
//! Client and server share the machine, and the client is the test's own, which reads bytes and does not parse them.

#![allow(clippy::print_stdout, reason = "a program for people")]
#![allow(clippy::disallowed_methods, reason = "it measures time")]
#![allow(clippy::panic, dead_code, unreachable_pub, reason = "shared with the tests")]

#[path = "../tests/all/client.rs"]
mod client;

use std::time::{Duration, Instant};

use client::Client;
use crosswalk_sims::{Autotask, Existing, PsaOptions, PulsewayRmm, RmmOptions, Size, World};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const DEVICES: usize = 50_000;

fn main() -> std::io::Result<()> {
    let start = Instant::now();
    let world = World::generate(Size::new(500, 1000, DEVICES), 7);
    println!("world of {DEVICES} devices              {:>8.0} ms", ms(start.elapsed()));
    let start = Instant::now();
    let rmm = PulsewayRmm::start(&world, RmmOptions::default())?;
    println!("rmm start                             {:>8.0} ms", ms(start.elapsed()));
    let options =
        PsaOptions { hourly_limit: u64::MAX / 4, thread_limit: 1000, latency_steps: false, ..PsaOptions::default() };
    let psa = Autotask::start(&Existing::default(), options)?;

    let page = |n: usize| {
        ("GET", format!("/api/v3/assets?$top=100&$skip={}&$orderby=Identifier", n * 100 % DEVICES), String::new())
    };
    for threads in [1, 4] {
        measure("assets page of 100", threads, 4000, &|| rmm_client(&rmm), &page);
    }
    let by_site = |n: usize| ("GET", format!("/api/v3/assets?$filter=SiteId eq {}", 5000 + n % 1000), String::new());
    measure("assets of a site", 1, 4000, &|| rmm_client(&rmm), &by_site);
    let start = Instant::now();
    rmm.check_in_all(1_800_000_000);
    println!("check-in of all                       {:>8.0} ms", ms(start.elapsed()));

    let company = r#"{"companyName":"Acme","companyType":1,"ownerResourceID":29682885,"phone":"1"}"#.to_owned();
    measure("Company create", 1, 2000, &|| psa_client(&psa), &|_| ("POST", path("Companies"), company.clone()));
    let create = |n: usize| {
        let body = format!(
            r#"{{"companyID":{},"productID":77,"isActive":true,"installDate":"2025-01-02T00:00:00Z","referenceTitle":"PC-{n}","serialNumber":"S{n:07}","notes":"made by the speed example","userDefinedFields":[{{"name":"RMM Device Key","value":"vsax:{n}"}},{{"name":"RMM Last Seen","value":"2025-11-03T08:00:00Z"}},{{"name":"RMM Storage","value":"C: 249 GB, 41 % free"}}]}}"#,
            400 + n % 500
        );
        ("POST", path("ConfigurationItems"), body)
    };
    measure("ConfigurationItem create", 1, 25_000, &|| psa_client(&psa), &create);
    measure("ConfigurationItem create", 4, 25_000, &|| psa_client(&psa), &|n| create(n + 25_000));
    let patch = |n: usize| {
        ("PATCH", path("ConfigurationItems"), format!(r#"{{"id":{},"referenceTitle":"PC {n}"}}"#, 55_120 + n))
    };
    measure("ConfigurationItem update", 1, 20_000, &|| psa_client(&psa), &patch);
    let few = r#""IncludeFields":["id","companyID","companyLocationID","referenceTitle","serialNumber","isActive","RMM Device Key"],"#;
    for (what, include) in [("query page of 500, 7 fields", few), ("query page of 500, all fields", "")] {
        let walk = |n: usize| {
            let body = format!(
                r#"{{{include}"MaxRecords":500,"filter":[{{"op":"gt","field":"id","value":{}}}]}}"#,
                55_119 + n % 100 * 500
            );
            ("POST", path("ConfigurationItems/query"), body)
        };
        measure(&format!("{what}, first"), 1, 100, &|| psa_client(&psa), &walk);
        measure(&format!("{what}, again"), 1, 1000, &|| psa_client(&psa), &walk);
    }
    let by_key = |n: usize| {
        let keys: Vec<String> = (0..100).map(|k| format!(r#""vsax:{}""#, (n * 100 + k) % DEVICES)).collect();
        let body = format!(
            r#"{{{few}"filter":[{{"op":"in","udf":true,"field":"RMM Device Key","value":[{}]}}]}}"#,
            keys.join(",")
        );
        ("POST", path("ConfigurationItems/query"), body)
    };
    measure("lookup of 100 device keys", 1, 2000, &|| psa_client(&psa), &by_key);
    Ok(())
}

fn path(below: &str) -> String {
    format!("/ATServicesRest/V1.0/{below}")
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn rmm_client(rmm: &PulsewayRmm) -> Client {
    Client::new(&rmm.url(), &[("Authorization", "Basic c2ltLXRva2VuLWlkOnNpbS10b2tlbi1zZWNyZXQ=")])
}

fn psa_client(psa: &Autotask) -> Client {
    let headers = [("ApiIntegrationCode", psa.integration_code()), ("UserName", psa.user()), ("Secret", psa.secret())];
    Client::new(&psa.url(), &headers)
}

type Call = (&'static str, String, String);

fn measure(
    what: &str,
    threads: usize,
    calls: usize,
    client: &(dyn Fn() -> Client + Sync),
    call: &(dyn Fn(usize) -> Call + Sync),
) {
    let start = Instant::now();
    let bytes: usize = std::thread::scope(|scope| {
        let one = |thread: usize| {
            let mut client = client();
            let share = (thread..calls).step_by(threads);
            share
                .map(|n| {
                    let (method, path, body) = call(n);
                    let answer = client.send(method, &path, &body).expect("a reply");
                    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
                    answer.body.len()
                })
                .sum::<usize>()
        };
        let running: Vec<_> = (0..threads).map(|t| scope.spawn(move || one(t))).collect();
        running.into_iter().map(|r| r.join().unwrap_or(0)).sum()
    });
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{what:34} x{threads} {:>8.0} requests/s {:>8.1} MB/s",
        calls as f64 / seconds,
        bytes as f64 / seconds / 1e6
    );
}
