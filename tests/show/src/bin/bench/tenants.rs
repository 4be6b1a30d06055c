//! Many tenants with everything due at once, done by `crosswalk work`; and the same beside one whose vendor hangs.
//!
//! Each tenant has a PSA and five RMM accounts, and a sync from each of these to it; all stand at one pair of
//! simulators, over a handful of devices. Nothing is written to a vendor in what is measured: each sync reads both
//! sides and stores a plan that waits for approval. A tenant's time is from the program's start until the last of
//! its syncs is told as done. That one starves shows in the longest time over the middle one: with turns
//! taken it stays near one, served one tenant after the other it would be two.

use crate::inside;
use crate::report::{Report, middle};
use crate::sync::high_water_kib;
use crate::vendors::{Devices, Vendors};
use crosswalk_engine::clock::{Clock, FixedClock, SystemClock};
use crosswalk_engine::{Engine, NewSync};
use crosswalk_model::{Job, SyncRules, TenantName};
use crosswalk_show::{Accounts, Crosswalk, Trouble, connectors};
use crosswalk_sims::{PulsewayRmm, RmmOptions, Size, World};
use reqwest::Client;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

/// Syncs of a tenant.
const SYNCS: usize = 5;
const DEVICES: Devices = Devices(6);
/// The tenant whose vendor hangs.
const HANGS: &str = "hangs";
const HOUR_MS: i64 = 3_600_000;

/// What a round came to.
struct Round {
    /// Until a tenant's last sync was done: seconds, one for each tenant.
    ends: Vec<f64>,
    peak_kib: u64,
    sims_seconds: f64,
}

impl Round {
    fn longest(&self) -> f64 {
        self.ends.iter().copied().fold(0.0, f64::max)
    }

    fn middle(&self) -> f64 {
        middle(&mut self.ends.clone())
    }
}

/// Measures with so many tenants.
///
/// # Errors
/// A sync was not done, or was done twice.
pub(crate) async fn measure(
    target: &Path,
    client: &Client,
    tenants: usize,
    report: &mut Report,
) -> Result<(), Trouble> {
    println!("── {tenants} tenants, {} syncs due at once", tenants * SYNCS);
    let vendors = Vendors::start(target, DEVICES, 0, client)?;
    let hanging = PulsewayRmm::start(&World::generate(Size::new(1, 1, 6), 2026), RmmOptions::default())?;
    hanging.faults().set("hang", "on")?;
    let prepared = target.join("bench/tenants");
    let started = Instant::now();
    prepare(target, &prepared, &vendors.accounts, &hanging, tenants).await?;
    println!("   set up in {:.1} s", started.elapsed().as_secs_f64());

    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    // In this order, so that a machine whose load rises or falls meanwhile is as slow for both.
    for hangs in [false, true, true, false] {
        let round = work(target, &prepared, &vendors, tenants, hangs).await?;
        println!(
            "   {}: all done after {:.2} s, a tenant in the middle after {:.2} s; {:.0} MiB; the vendors' CPU {:.1} s",
            if hangs { "beside a vendor that hangs" } else { "undisturbed" },
            round.longest(),
            round.middle(),
            round.peak_kib as f64 / 1024.0,
            round.sims_seconds,
        );
        if hangs { &mut beside } else { &mut alone }.push(round);
    }
    let of = |rounds: &[Round], what: fn(&Round) -> f64| middle(&mut rounds.iter().map(what).collect::<Vec<_>>());
    let (longest, half) = (of(&alone, Round::longest), of(&alone, Round::middle));
    report.put("starvation_max_over_median", of(&alone, |round| round.longest() / round.middle()));
    report.put("starvation_peak_mib", of(&alone, |round| round.peak_kib as f64 / 1024.0));
    report.put("tenants_seconds", longest);
    report.put("tenants_syncs_per_second", (tenants * SYNCS) as f64 / longest);
    report.put("tenants_sims_share", of(&alone, |round| round.sims_seconds / round.longest()));
    report.put("hanging_tenant_delay_ratio", of(&beside, Round::longest) / longest);
    report.put("hanging_tenant_median_ratio", of(&beside, Round::middle) / half);
    Ok(())
}

/// A data folder in which every sync of so many tenants is due. Those of the one that hangs are not: their
/// schedule is set by [`work`].
async fn prepare(
    target: &Path,
    data: &Path,
    accounts: &Accounts,
    hanging: &PulsewayRmm,
    tenants: usize,
) -> Result<(), Trouble> {
    Crosswalk::new(target, data)?;
    let engine = inside::engine(data, two_hours_ago())?;
    for file in connectors(target)? {
        engine.plugin_add(&file).await?;
    }
    for n in 0..tenants {
        add_tenant(&engine, &format!("msp-{n:03}"), accounts).await?;
    }
    let slow = Accounts {
        rmm_url: hanging.url(),
        rmm_token_id: hanging.token_id().to_owned(),
        rmm_token_secret: hanging.token_secret().to_owned(),
        ..accounts.clone()
    };
    add_tenant(&engine, HANGS, &slow).await?;
    engine.close().await;
    Ok(())
}

async fn add_tenant(engine: &Engine, name: &str, accounts: &Accounts) -> Result<(), Trouble> {
    let name: TenantName = name.parse()?;
    engine.tenant_add(&name).await?;
    let tenant = engine.tenant(&name).await?;
    tenant.connection_add(inside::psa("psa", accounts)?).await?;
    for n in 0..SYNCS {
        let (sync, rmm) = (format!("sync-{n}"), format!("rmm-{n}"));
        tenant.connection_add(inside::rmm(&rmm, accounts)?).await?;
        let rules = SyncRules::default();
        tenant.sync_add(NewSync { name: sync.parse()?, source: rmm.parse()?, target: "psa".parse()?, rules }).await?;
        if name.as_str() != HANGS {
            tenant.schedule_set(&sync.parse()?, Job::Sync, Some(60)).await?;
        }
    }
    Ok(())
}

/// A clock at which what is set to recur every hour is due by now.
fn two_hours_ago() -> Arc<FixedClock> {
    let clock = FixedClock::at(SystemClock.now());
    clock.advance_ms(-2 * HOUR_MS);
    Arc::new(clock)
}

/// Lets the program do what is due in a copy of the prepared folder.
async fn work(
    target: &Path,
    prepared: &Path,
    vendors: &Vendors,
    tenants: usize,
    hangs: bool,
) -> Result<Round, Trouble> {
    let data = target.join("bench/tenants-at-work");
    let host = Crosswalk::new(target, &data)?;
    copy(prepared, &data)?;
    if hangs {
        let engine = inside::engine(&data, two_hours_ago())?;
        let tenant = engine.tenant(&HANGS.parse()?).await?;
        for n in 0..SYNCS {
            tenant.schedule_set(&format!("sync-{n}").parse()?, Job::Sync, Some(60)).await?;
        }
        engine.close().await;
    }
    let sims_before = vendors.cpu_seconds().await?;
    let started = Instant::now();
    let mut child = host
        .command(&["work", "--once", "--json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    let mut done = BTreeMap::<String, (usize, f64)>::new();
    let mut peak_kib = 0;
    for line in BufReader::new(child.stdout.take().ok_or("nothing is told")?).lines() {
        let report: Value = serde_json::from_str(&line?)?;
        let tenant = report["tenant"].as_str().unwrap_or_default();
        if tenant == HANGS {
            break;
        }
        if report["outcome"] != "done" {
            let _ = child.kill();
            return Err(format!("a sync went wrong: {report}").into());
        }
        let (times, end) = done.entry(tenant.to_owned()).or_default();
        (*times, *end) = (*times + 1, started.elapsed().as_secs_f64());
        peak_kib = peak_kib.max(high_water_kib(child.id()).unwrap_or_default());
        // The one that hangs is not waited for.
        if hangs && done.values().map(|(times, _)| times).sum::<usize>() == tenants * SYNCS {
            break;
        }
    }
    let sims_seconds = vendors.cpu_seconds().await? - sims_before;
    let _ = child.kill();
    child.wait()?;
    if done.len() != tenants || done.values().any(|(times, _)| *times != SYNCS) {
        return Err(format!("{tenants} tenants with {SYNCS} syncs each were due, and done were {done:?}").into());
    }
    Ok(Round { ends: done.into_values().map(|(_, end)| end).collect(), peak_kib, sims_seconds })
}

/// Copies what a data folder holds.
fn copy(from: &Path, to: &Path) -> Result<(), Trouble> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let place = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &place)?;
        } else {
            std::fs::copy(entry.path(), place)?;
        }
    }
    Ok(())
}
