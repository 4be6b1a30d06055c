//! Planning usage: 2,000 customers with 10 products each, from what is stored.
//!
//! Both vendors are read once, everything is mapped (each customer to its account and the contract in force,
//! each product to a service), and then the plan is made from stored data: 20,000 lines that nobody
//! approved yet, so that each becomes a change. It is measured within this process, as the plan of 50,000 assets
//! is; and the program, for its memory, reads both vendors again and plans. No line is written.

use crate::inside;
use crate::replay::cpu_seconds;
use crate::report::{Report, middle};
use crate::sync::high_water_kib;
use crosswalk_engine::clock::SystemClock;
use crosswalk_engine::{Decision, LinkFilter, NewSync, NoProgress, Tenant};
use crosswalk_model::{Kind, LinkState, SyncName, SyncRules, TenantName};
use crosswalk_show::{Accounts, Crosswalk, Trouble, connectors};
use crosswalk_sims::world::{Existing, ExistingCompany, Organisation, Relation};
use crosswalk_sims::{Autotask, PsaOptions, Size, SophosCentral, SophosOptions, World};
use std::collections::HashMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PRODUCTS: usize = 10;
const SYNC: &str = "usage";

/// Measures with so many customers.
///
/// # Errors
/// Something is not mapped, or the plan does not have a change for every line.
pub(crate) async fn measure(target: &Path, customers: usize, report: &mut Report) -> Result<(), Trouble> {
    println!("── usage: {customers} customers, {PRODUCTS} products each");
    let world = World::generate(Size::new(customers, customers, 0), 2026);
    let licences = SophosCentral::start(
        &world,
        SophosOptions { products: PRODUCTS, oddities: false, ..SophosOptions::default() },
    )?;
    let psa = start_psa(&world)?;
    let data = target.join("bench/usage");
    let host = Crosswalk::new(target, &data)?;
    let engine = inside::engine(&data, Arc::new(SystemClock))?;
    for file in connectors(target)? {
        engine.plugin_add(&file).await?;
    }
    engine.tenant_add(&TenantName::default()).await?;
    let tenant = engine.tenant(&TenantName::default()).await?;
    let sync: SyncName = connect(&tenant, &licences, &psa).await?;

    licences.reset_counts();
    psa.reset_counts();
    let started = Instant::now();
    let first = tenant.plan(&sync, &NoProgress).await?;
    println!("   read in {:.1} s", started.elapsed().as_secs_f64());
    if let Some(complaint) = first.complaints.first() {
        return Err(format!("the vendors could not be read: {complaint}").into());
    }
    report.put("usage_read_seconds", started.elapsed().as_secs_f64());
    report.put("usage_read_calls_source", licences.counts().total() as f64);
    report.put("usage_read_calls_target", psa.counts().total() as f64);
    map(&tenant, &sync, &psa).await?;
    tenant.plan_stored(&sync, &NoProgress).await?;

    let (mut times, mut cpus) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let (started, cpu) = (Instant::now(), cpu_seconds("utime"));
        let planned = tenant.plan_stored(&sync, &NoProgress).await?;
        times.push(started.elapsed().as_secs_f64());
        cpus.push(cpu_seconds("utime") - cpu);
        let lines: u32 =
            planned.plan.totals.iter().filter(|total| total.kind == Kind::Usage).map(|total| total.changes).sum();
        if lines as usize != customers * PRODUCTS {
            return Err(format!(
                "{} lines are there, and planned were {:?}",
                customers * PRODUCTS,
                planned.plan.totals
            )
            .into());
        }
    }
    engine.close().await;
    println!("   planned in {:.2} s, {:.2} s of processor time", middle(&mut times), middle(&mut cpus));
    report.put("usage_plan_seconds", middle(&mut times));
    report.put("usage_plan_cpu_seconds", middle(&mut cpus));
    report.put("usage_plan_rss_mib", plan_memory(&host, SYNC)? as f64 / 1024.0);
    Ok(())
}

/// A PSA that has every organisation under its own name, and services to map to.
fn start_psa(world: &World) -> Result<Autotask, Trouble> {
    let company = |organisation: &Organisation| ExistingCompany {
        name: organisation.name.clone(),
        relation: Relation::Same(organisation.id),
        phone: organisation.phone.clone(),
        address: None,
        locations: Vec::new(),
        items: Vec::new(),
    };
    let existing = Existing { companies: world.organisations.iter().map(company).collect() };
    let options = PsaOptions {
        hourly_limit: 100_000_000,
        thread_limit: 1000,
        latency_steps: false,
        services: (0..2 * PRODUCTS).map(|n| format!("Managed service {n}")).collect(),
        ..PsaOptions::default()
    };
    Ok(Autotask::start(&existing, options)?)
}

/// Connects to both, and joins them by a sync of customers and usage.
async fn connect(tenant: &Tenant, licences: &SophosCentral, psa: &Autotask) -> Result<SyncName, Trouble> {
    let url = licences.url();
    let endpoints = ["identity", "global", "regional"].map(|name| (name, url.clone()));
    let secret = [("client-secret", &licences.client_secret().to_owned())];
    let mut new = inside::connection("licences", "sophos-central", &endpoints, &secret, &["minute"])?;
    new.settings.insert("client-id".to_owned(), licences.client_id().into());
    tenant.connection_add(new).await?;
    let accounts = Accounts {
        psa_url: psa.url(),
        psa_user: psa.user().to_owned(),
        psa_secret: psa.secret().to_owned(),
        psa_integration_code: psa.integration_code().to_owned(),
        ..Accounts::default()
    };
    tenant.connection_add(inside::psa("psa", &accounts)?).await?;
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage]);
    rules.kinds.entry(Kind::Contract).or_default().accept_score = Some(0.9);
    let name: SyncName = SYNC.parse()?;
    let new = NewSync { name: name.clone(), source: "licences".parse()?, target: "psa".parse()?, rules };
    tenant.sync_add(new).await?;
    Ok(name)
}

/// Maps each customer to the company of the very same name, and the products to services in turn.
async fn map(tenant: &Tenant, sync: &SyncName, psa: &Autotask) -> Result<(), Trouble> {
    let named = |rows: Vec<serde_json::Value>, name: &str| -> Vec<(String, String)> {
        let row = |row: &serde_json::Value| (row[name].as_str().unwrap_or_default().to_owned(), row["id"].to_string());
        rows.iter().map(row).collect()
    };
    let companies: HashMap<String, String> = named(psa.companies(), "companyName").into_iter().collect();
    let mut services = named(psa.rows("Services"), "name").into_iter();
    for kind in [Kind::Customer, Kind::Product] {
        let links = tenant.link_list(sync, &LinkFilter { kind: Some(kind), ..LinkFilter::default() }).await?;
        for view in links.iter().filter(|view| view.link.state != LinkState::Linked) {
            let target = match kind {
                Kind::Customer => companies.get(&view.source_name).cloned(),
                _ => services.next().map(|(_, id)| id),
            };
            let target = target.ok_or_else(|| format!("there is nothing to map {} to", view.source_name))?;
            tenant.link_decide(sync, kind, &view.link.source, &Decision::Link(target)).await?;
        }
        println!("   {} of kind {kind} mapped", links.len());
    }
    Ok(())
}

/// The highest resident memory of the program while it reads both vendors and plans that sync, in KiB.
///
/// # Errors
/// The plan fails.
pub(crate) fn plan_memory(host: &Crosswalk, sync: &str) -> Result<u64, Trouble> {
    let mut child = host
        .command(&["plan", sync, "--json", "--quiet"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()?;
    let mut peak = 0;
    let status = loop {
        peak = peak.max(high_water_kib(child.id()).unwrap_or_default());
        match child.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    // 3: there is something to approve.
    if !matches!(status.code(), Some(0 | 3)) {
        return Err(format!("the plan by the program ended with {status}").into());
    }
    Ok(peak)
}
