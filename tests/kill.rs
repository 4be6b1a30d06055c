//! Killed with SIGKILL at fifty random moments of an apply, and run again each time until the quiet
//! time of what was in flight is over: the PSA ends in the same state as without a kill, with nothing
//! twice.

use crate::harness::{TestApp, Vendors, connection, reopened, sync, told};
use crosswalk::engine::{ApplyOptions, Decision, NoProgress};
use crosswalk::model::{Kind, PlanId, SyncRules};
use crosswalk_sims::{Autotask, PsaOptions};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const KILLS: u32 = 50;

/// What every attempt starts from: a folder with a finished plan, and its number.
struct Prepared {
    folder: tempfile::TempDir,
    plan: i64,
}

fn psa(existing: &crosswalk_sims::Existing) -> Autotask {
    let options = PsaOptions { latency_steps: false, ..PsaOptions::default() };
    let psa = Autotask::start(existing, options).expect("a PSA");
    // Slow enough that a kill falls between requests, not before or after all of them.
    psa.set_latency(Duration::from_millis(2));
    psa
}

async fn prepare(vendors: &Vendors) -> Prepared {
    let app = TestApp::with(vendors, SyncRules::default()).await;
    app.plan().await;
    app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.expect("accepted");
    for view in app.undecided().await {
        app.tenant.link_decide(&sync(), view.link.kind, &view.link.source, &Decision::Create).await.expect("decided");
    }
    let plan = app.tenant.plan(&sync(), &NoProgress).await.expect("a plan").plan.id.0;
    app.engine.close().await;
    // Compiled once here, so that each attempt takes its connectors from the cache.
    run(app.folder.path(), &["plugin", "list"]);
    Prepared { folder: app.folder, plan }
}

/// A copy of the prepared folder, connected to another PSA with the same content.
fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

fn crosswalk(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crosswalk"));
    command.arg("--data").arg(folder).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn run(folder: &Path, args: &[&str]) -> Option<i32> {
    let output = crosswalk(folder, args).output().expect("it starts");
    let code = output.status.code();
    assert!(matches!(code, Some(0)), "{args:?}: {code:?}: {}", String::from_utf8_lossy(&output.stderr));
    code
}

fn connect(folder: &Path, psa: &Autotask) {
    for endpoint in ["discovery", "zone"] {
        run(folder, &["connection", "grant", connection("psa").as_str(), endpoint, "--url", &psa.url()]);
    }
}

/// Applies the plan again, by a clock that moves on, until nothing is left of it.
async fn apply_until_settled(folder: &Path, plan: PlanId) {
    let (engine, tenant, clock) = reopened(folder).await;
    let options = ApplyOptions { release: vec!["all".to_owned()], ..ApplyOptions::default() };
    for round in 0.. {
        let report = tenant.apply(plan, &options, &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)));
        let uncertain = tenant.uncertain_list(None).await.expect("a list");
        if uncertain.is_empty() && report.failures.is_empty() {
            break;
        }
        assert!(round < 5, "it is not settled: {uncertain:?} {:?}", report.failures);
        clock.advance_ms(8 * 60_000);
    }
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_at_any_moment_and_run_again_ends_in_the_same_state() {
    let vendors = Vendors::start(10, 20, 200, 0.4);
    let existing = vendors.world.existing_in_psa(0.4, 11);
    let prepared = prepare(&vendors).await;
    let plan = prepared.plan.to_string();
    let apply = ["apply", plan.as_str(), "--release", "all", "--yes", "--quiet"];

    // Without a kill: how it shall end, and with how many writes.
    let reference = psa(&existing);
    let folder = tempfile::tempdir().expect("a folder");
    copy(prepared.folder.path(), folder.path());
    connect(folder.path(), &reference);
    run(folder.path(), &apply);
    let wanted = reference.canonical_state();
    let writes = reference.counts().writes;
    assert!(writes > 200, "{writes}");

    let mut amid = 0;
    let mut random = fastrand::Rng::with_seed(50);
    for kill in 0..KILLS {
        let psa = psa(&existing);
        let folder = tempfile::tempdir().expect("a folder");
        copy(prepared.folder.path(), folder.path());
        connect(folder.path(), &psa);
        let mut child = crosswalk(folder.path(), &apply).spawn().expect("it starts");
        // A random moment, counted in writes: time alone would fall before or after them on a busy machine.
        let moment = random.u64(0..=writes);
        while psa.counts().writes < moment && child.try_wait().expect("it can be asked").is_none() {
            std::thread::sleep(Duration::from_micros(200));
        }
        std::thread::sleep(Duration::from_micros(random.u64(0..4000)));
        child.kill().ok();
        child.wait().expect("it ends");
        let so_far = psa.counts().writes;
        amid += u32::from(so_far > 0 && so_far < writes);
        apply_until_settled(folder.path(), PlanId(prepared.plan)).await;
        assert!(psa.duplicates().is_empty(), "kill {kill} after {so_far} writes: {:?}", psa.duplicates());
        assert_eq!(psa.canonical_state(), wanted, "kill {kill} after {so_far} writes");
    }
    assert!(amid >= KILLS / 2, "only {amid} of {KILLS} kills fell amid the writes");
}
