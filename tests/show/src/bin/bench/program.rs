//! The program as a whole: how fast it starts, plans from what is stored, and builds.

use crate::inside;
use crate::report::{Report, middle};
use crate::sync::SYNC;
use crosswalk_engine::NoProgress;
use crosswalk_engine::clock::SystemClock;
use crosswalk_model::TenantName;
use crosswalk_show::{Crosswalk, Trouble, connectors};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

/// Start to exit of `plugin list --json`, both connectors compiled before.
///
/// # Errors
/// It fails.
pub(crate) fn start(target: &Path, report: &mut Report) -> Result<(), Trouble> {
    println!("── start to ready");
    let host = Crosswalk::new(target, &target.join("bench/start"))?;
    let files = connectors(target)?;
    for file in &files {
        host.json(&["plugin", "add", &file.display().to_string()])?;
    }
    let mut times = Vec::new();
    for _ in 0..11 {
        let started = Instant::now();
        let listed = host.json(&["plugin", "list"])?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        if listed.as_array().is_none_or(|plugins| plugins.len() != files.len()) {
            return Err(format!("{} plugins were added, and these are listed: {listed}", files.len()).into());
        }
    }
    report.put("start_to_ready_ms", middle(&mut times));
    Ok(())
}

/// A plan from stored data, in a folder that a sync left behind.
///
/// # Errors
/// There is something left to do, or planning fails.
pub(crate) async fn plan_stored(data: &Path, report: &mut Report) -> Result<(), Trouble> {
    let engine = inside::engine(data, Arc::new(SystemClock))?;
    let tenant = engine.tenant(&TenantName::default()).await?;
    let sync = SYNC.parse()?;
    let mut times = Vec::new();
    for _ in 0..3 {
        let started = Instant::now();
        let planned = tenant.plan_stored(&sync, &NoProgress).await?;
        times.push(started.elapsed().as_secs_f64());
        if !planned.plan.totals.is_empty() {
            return Err(format!("everything is in step, but planned were {:?}", planned.plan.totals).into());
        }
    }
    engine.close().await;
    report.put("plan_seconds_50k", middle(&mut times));
    Ok(())
}

/// A clean release build of the host, in a folder of its own.
///
/// # Errors
/// It fails.
pub(crate) fn build(target: &Path, report: &mut Report) -> Result<(), Trouble> {
    println!("── a clean build of the host, which takes minutes (`--skip-build` leaves it out)");
    let folder = target.join("bench-build");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--quiet", "--package", "crosswalk", "--target-dir"])
        .arg(&folder)
        .current_dir(workspace);
    let started = Instant::now();
    if !cargo.status()?.success() {
        return Err("the host does not build".into());
    }
    report.put("host_build_seconds", started.elapsed().as_secs_f64());
    Ok(std::fs::remove_dir_all(&folder)?)
}
