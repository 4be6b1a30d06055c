//! What is all alike, on either side: the host's own work where a comparison of all with all would not end.
//!
//! 20,000 customers and 20,000 accounts whose names differ in a number, from stored data: how long a plan takes,
//! and how long it goes on after a stop that comes somewhere in it. And 5,000 devices with one name and one serial
//! number at one customer, at the RMM and in the PSA: the program's memory while it reads and plans them.

use crate::inside;
use crate::report::{Report, middle};
use crate::usage::plan_memory;
use crosswalk_engine::clock::SystemClock;
use crosswalk_engine::{Engine, NewSync, NoProgress, Tenant};
use crosswalk_model::{Kind, SyncName, SyncRules, TenantName};
use crosswalk_show::{Accounts, Crosswalk, Trouble, connectors};
use crosswalk_sims::{Autotask, Existing, PsaOptions, PulsewayRmm, RmmOptions, World};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const SYNC: &str = "alike";
/// At how many moments of a plan it is told to stop.
const STOPS: u32 = 8;

/// Measures with this many customers and devices.
///
/// # Errors
/// A vendor cannot be read, or a plan fails.
pub(crate) async fn measure(
    target: &Path,
    customers: usize,
    devices: usize,
    report: &mut Report,
) -> Result<(), Trouble> {
    println!("── alike: {customers} x {customers} names, {devices} devices with one name and serial number");
    names(target, customers, report).await?;
    let peak = twins(target, devices).await?;
    println!("   {peak:.0} MiB at most for the devices");
    report.put("alike_devices_rss_mib", peak);
    Ok(())
}

async fn names(target: &Path, count: usize, report: &mut Report) -> Result<(), Trouble> {
    let name = |n: usize| format!("Contoso Dental Care Branch {n:05}");
    let world = (0..count).fold(World::by_hand(), |world, n| world.customer(&name(2 * n))).build();
    let existing =
        (0..count).fold(Existing::by_hand(), |psa, n| psa.account(&format!("{} Ltd", name(2 * n + 1)))).build();
    let data = target.join("bench/alike-names");
    let (host, _vendors) = connected(target, &data, &world, &existing, &[Kind::Customer]).await?;
    drop(host);
    let sync: SyncName = SYNC.parse()?;
    let (engine, tenant) = open(&data).await?;
    tenant.plan(&sync, &NoProgress).await?;
    let mut times = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        tenant.plan_stored(&sync, &NoProgress).await?;
        times.push(started.elapsed().as_secs_f64());
    }
    engine.close().await;
    let whole = middle(&mut times);
    report.put("alike_plan_seconds", whole);
    let mut slowest = 0_f64;
    for nth in 0..STOPS {
        let (engine, tenant) = open(&data).await?;
        let (sync, stop) = (sync.clone(), engine.stop().clone());
        let plan = tokio::spawn(async move { tenant.plan_stored(&sync, &NoProgress).await.map(|_| ()) });
        tokio::time::sleep(Duration::from_secs_f64(whole * (f64::from(nth) + 0.5) / f64::from(STOPS))).await;
        let asked = Instant::now();
        stop.stop();
        // It is stopped, or was ready just before.
        drop(plan.await?);
        slowest = slowest.max(asked.elapsed().as_secs_f64());
        engine.close().await;
    }
    println!("   planned in {whole:.2} s, stopped in {slowest:.2} s at most");
    report.put("alike_stop_seconds", slowest);
    Ok(())
}

/// The highest resident memory of the program that reads and plans so many devices that are all the same, in MiB.
async fn twins(target: &Path, count: usize) -> Result<f64, Trouble> {
    let world = (0..count).fold(World::by_hand().customer("Acme Ltd"), |world, _| world.device("PC", "SN-1")).build();
    let account = Existing::by_hand().account("Acme Ltd").location("Head Office");
    let existing = (0..count).fold(account, |psa, _| psa.item("PC", "SN-1")).build();
    let data = target.join("bench/alike-devices");
    let kinds = [Kind::Customer, Kind::Location, Kind::Asset];
    let (host, _vendors) = connected(target, &data, &world, &existing, &kinds).await?;
    Ok(plan_memory(&host, SYNC)? as f64 / 1024.0)
}

/// A host on a new folder, connected to both vendors, with a sync of these kinds.
async fn connected(
    target: &Path,
    data: &Path,
    world: &World,
    existing: &Existing,
    kinds: &[Kind],
) -> Result<(Crosswalk, (PulsewayRmm, Autotask)), Trouble> {
    let rmm = PulsewayRmm::start(world, RmmOptions::default())?;
    let options =
        PsaOptions { hourly_limit: 100_000_000, thread_limit: 1000, latency_steps: false, ..PsaOptions::default() };
    let psa = Autotask::start(existing, options)?;
    let accounts = Accounts::of(&rmm, &psa);
    let host = Crosswalk::new(target, data)?;
    let engine = inside::engine(data, Arc::new(SystemClock))?;
    for file in connectors(target)? {
        engine.plugin_add(&file).await?;
    }
    engine.tenant_add(&TenantName::default()).await?;
    let tenant = engine.tenant(&TenantName::default()).await?;
    tenant.connection_add(inside::rmm("rmm", &accounts)?).await?;
    tenant.connection_add(inside::psa("psa", &accounts)?).await?;
    let mut rules = SyncRules::default();
    rules.take_part(kinds);
    let new = NewSync { name: SYNC.parse()?, source: "rmm".parse()?, target: "psa".parse()?, rules };
    tenant.sync_add(new).await?;
    engine.close().await;
    Ok((host, (rmm, psa)))
}

async fn open(data: &Path) -> Result<(Engine, Tenant), Trouble> {
    let engine = inside::engine(data, Arc::new(SystemClock))?;
    let tenant = engine.tenant(&TenantName::default()).await?;
    Ok((engine, tenant))
}
