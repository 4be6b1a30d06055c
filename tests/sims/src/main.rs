//! `crosswalk-sims`: a simulated RMM and a simulated PSA over one seeded world, for demos and benchmarks
//! that want the vendors in a process of their own; a second PSA that holds the same if asked.
//!
//! Prints one line of JSON on stdout when both answer, and runs until it is told to stop: SIGTERM or SIGINT, the end
//! of stdin (`--until-stdin-closes`), or a time (`--for`). While it runs, each server also answers `/_sim/counts`, `/_sim/reset`,
//! `/_sim/faults`, `/_sim/latency`, `/_sim/state`, `/_sim/cpu`, `/_sim/record`, `/_sim/recording`, the RMM `/_sim/check-in` and `/_sim/notify`, and each PSA `/_sim/duplicates`.
//! Leaves alone: everything but arguments and waiting; the servers are the library's.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use crosswalk_sims::{Autotask, BmsOptions, Faults, PsaOptions, PulsewayPsa, PulsewayRmm, RmmOptions, Size, World};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulated vendors over a seeded world: an RMM (Pulseway / VSA X) and a PSA (Autotask).
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Names the world: the same seed and sizes give the same world.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Organisations in the RMM.
    #[arg(long, default_value_t = 25)]
    organisations: usize,
    /// Sites of all organisations; at least one each.
    #[arg(long, default_value_t = 40)]
    sites: usize,
    /// Devices of all sites.
    #[arg(long, default_value_t = 250)]
    devices: usize,
    /// Port of the RMM; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    rmm_port: u16,
    /// Port of the PSA; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    psa_port: u16,
    /// Also start the second PSA (Pulseway PSA / Kaseya BMS), which holds the same.
    #[arg(long)]
    bms: bool,
    /// Port of the second PSA; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    bms_port: u16,
    /// Calls per hour and endpoint the second PSA allows.
    #[arg(long, default_value_t = 1_500)]
    bms_hourly_limit: usize,
    /// Wait before each reply.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// The share of organisations that the PSA already knows, in some form.
    #[arg(long, default_value_t = 0.5)]
    existing: f64,
    /// A fault from the start, e.g. `psa:throttle=every:50`, `rmm:slow=200`; may be repeated. `--list-faults` lists them.
    #[arg(long = "fault", value_name = "SIDE:NAME=VALUE")]
    faults: Vec<String>,
    /// Print the names of all faults and stop.
    #[arg(long)]
    list_faults: bool,
    /// Calls per hour the PSA allows.
    #[arg(long, default_value_t = 10_000)]
    hourly_limit: u64,
    /// Calls at once the PSA allows per integration and entity.
    #[arg(long, default_value_t = 3)]
    thread_limit: usize,
    /// Do not let the PSA grow slow as the hour's calls run out.
    #[arg(long)]
    no_latency_steps: bool,
    /// Write the line that is printed when ready to this file, too.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// Stop when stdin ends.
    #[arg(long)]
    until_stdin_closes: bool,
    /// Stop after so many seconds.
    #[arg(long = "for", value_name = "SECONDS")]
    run_for: Option<u64>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::stdout();
    if arguments.list_faults {
        for (name, does) in Faults::names() {
            writeln!(out, "{name:18} {does}")?;
        }
        return Ok(());
    }
    let latency = Duration::from_millis(arguments.latency_ms);
    let size = Size::new(arguments.organisations, arguments.sites, arguments.devices);
    let world = World::generate(size, arguments.seed);
    let existing = world.existing_in_psa(arguments.existing, arguments.seed);
    let rmm = PulsewayRmm::start(&world, RmmOptions { port: arguments.rmm_port, latency, ..RmmOptions::default() })?;
    let psa_options = PsaOptions {
        port: arguments.psa_port,
        latency,
        hourly_limit: arguments.hourly_limit,
        thread_limit: arguments.thread_limit,
        latency_steps: !arguments.no_latency_steps,
        ..PsaOptions::default()
    };
    let psa = Autotask::start(&existing, psa_options)?;
    let bms_options = BmsOptions {
        port: arguments.bms_port,
        latency,
        hourly_limit: arguments.bms_hourly_limit,
        ..BmsOptions::default()
    };
    let bms = arguments.bms.then(|| PulsewayPsa::start(&existing, bms_options)).transpose()?;
    let mut sides = vec![("rmm", rmm.faults()), ("psa", psa.faults())];
    sides.extend(bms.as_ref().map(|bms| ("bms", bms.faults())));
    for fault in &arguments.faults {
        set_fault(fault, &sides)?;
    }
    let mut ready = json!({
        "rmm": {"url": rmm.url(), "token_id": rmm.token_id(), "token_secret": rmm.token_secret()},
        "psa": {"url": psa.url(), "user": psa.user(), "secret": psa.secret(), "integration_code": psa.integration_code()},
        "world": {"organisations": world.organisations.len(), "sites": world.sites.len(), "devices": world.devices.len()},
    });
    if let Some(bms) = &bms {
        ready["bms"] =
            json!({"url": bms.url(), "user": bms.user(), "password": bms.password(), "tenant": bms.tenant()});
    }
    drop((world, existing));
    if let Some(path) = &arguments.ready_file {
        // Under another name first: whoever waits for the file must not read half of it.
        let half = path.with_extension("part");
        std::fs::write(&half, format!("{ready}\n"))?;
        std::fs::rename(&half, path)?;
    }
    writeln!(out, "{ready}")?;
    out.flush()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(wait(arguments))
}

/// Sets a fault at the side it names, or at the first two with `both`.
fn set_fault(text: &str, sides: &[(&str, &Faults)]) -> Result<(), Box<dyn std::error::Error>> {
    let Some((side, fault)) = text.split_once(':') else {
        return Err(format!("--fault {text}: say whose it is, e.g. psa:{text}").into());
    };
    let meant = |name: &str| name == side || (side == "both" && matches!(name, "rmm" | "psa"));
    let mut found = sides.iter().filter(|(name, _)| meant(name)).peekable();
    if found.peek().is_none() {
        let names: Vec<&str> = sides.iter().map(|(name, _)| *name).collect();
        return Err(format!("--fault {text}: {side:?} is neither {} nor both", names.join(", ")).into());
    }
    for (_, faults) in found {
        faults.parse(fault)?;
    }
    Ok(())
}

/// Until it is time to stop.
async fn wait(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let time = async {
        match arguments.run_for {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    // A thread of its own, which ends with the process: tokio's stdin would keep the runtime from stopping.
    let (closed, stdin) = tokio::sync::oneshot::channel::<()>();
    if arguments.until_stdin_closes {
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            drop(closed);
        });
    } else {
        std::mem::forget(closed);
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = time => {}
        _ = stdin => {}
    }
    Ok(())
}
