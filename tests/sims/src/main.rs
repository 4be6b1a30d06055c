//! `crosswalk-sims`: a simulated RMM and a simulated PSA over one seeded world, and a licence vendor where one is asked for, for
//! demos and benchmarks that want the vendors in a process of their own.
//!
//! Prints one line of JSON on stdout when both answer, and runs until it is told to stop: SIGTERM or SIGINT, the end
//! of stdin (`--until-stdin-closes`), or a time (`--for`). While it runs, each server also answers `/_sim/counts`, `/_sim/reset`,
//! `/_sim/faults`, `/_sim/latency`, `/_sim/state`, `/_sim/cpu`, `/_sim/record`, `/_sim/recording`, the RMM `/_sim/check-in` and `/_sim/notify`
//! (Datto RMM also `/_sim/audit`, `/_sim/resolve` and `/_sim/expire-tokens`), the PSA `/_sim/duplicates` (Autotask also `/_sim/usage`),
//! and the licence vendor `/_sim/clock`, `/_sim/quantity`, `/_sim/withhold`, `/_sim/rename`, `/_sim/remove`, `/_sim/notify`,
//! `/_sim/resolve`, `/_sim/expire-tokens`, `/_sim/tenants` and `/_sim/usage`.
//! Leaves alone: everything but arguments and waiting; the servers are the library's.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use crosswalk_sims::{
    Autotask, BmsOptions, DattoOptions, DattoRmm, Existing, FaultError, Faults, PsaOptions, PulsewayPsa, PulsewayRmm,
    RmmOptions, Size, SophosCentral, SophosOptions, World,
};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Simulated vendors over a seeded world: an RMM, a PSA and, where one is asked for, a licence vendor.
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
    /// Which RMM.
    #[arg(long, default_value = "pulseway-rmm", value_parser = ["pulseway-rmm", "datto-rmm"])]
    rmm: String,
    /// Port of the RMM; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    rmm_port: u16,
    /// Which PSA.
    #[arg(long, default_value = "autotask", value_parser = ["autotask", "pulseway-psa"])]
    psa: String,
    /// Port of the PSA; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    psa_port: u16,
    /// Which licence vendor; none unless asked for.
    #[arg(long, value_parser = ["sophos-central"])]
    licences: Option<String>,
    /// Port of the licence vendor; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    licences_port: u16,
    /// Products of each customer at the licence vendor.
    #[arg(long, default_value_t = 4)]
    products: usize,
    /// No special customers at the licence vendor: all are billed by usage and let the MSP in.
    #[arg(long)]
    no_oddities: bool,
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
    /// Calls per hour the PSA allows (Pulseway PSA: per endpoint); its vendor's number where not given.
    #[arg(long)]
    hourly_limit: Option<u64>,
    /// Calls at once that Autotask allows per integration and entity.
    #[arg(long, default_value_t = 3)]
    thread_limit: usize,
    /// Count Datto RMM's calls without its limits of a minute.
    #[arg(long)]
    no_minute_limits: bool,
    /// Do not let Autotask grow slow as the hour's calls run out.
    #[arg(long)]
    no_latency_steps: bool,
    /// A service that Autotask has at the start, in place of its own few; may be repeated.
    #[arg(long = "service", value_name = "NAME")]
    services: Vec<String>,
    /// Let every company that is made in Autotask get a contract, as by a workflow rule.
    #[arg(long)]
    contracts_for_new_accounts: bool,
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
    let rmm = Rmm::start(&world, arguments, latency)?;
    let psa = Psa::start(&existing, arguments, latency)?;
    let licences = start_licences(&world, arguments, latency)?;
    for fault in &arguments.faults {
        set_fault(fault, rmm.faults(), psa.faults(), licences.as_ref().map(SophosCentral::faults))?;
    }
    let mut ready = json!({
        "rmm": rmm.access(),
        "psa": psa.access(),
        "world": {"organisations": world.organisations.len(), "sites": world.sites.len(), "devices": world.devices.len()},
    });
    if let Some(sim) = &licences {
        ready["licences"] =
            json!({"url": sim.url(), "client_id": sim.client_id(), "client_secret": sim.client_secret()});
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

/// The RMM that was asked for.
enum Rmm {
    Pulseway(PulsewayRmm),
    Datto(DattoRmm),
}

impl Rmm {
    fn start(world: &World, arguments: &Arguments, latency: Duration) -> std::io::Result<Rmm> {
        let port = arguments.rmm_port;
        Ok(if arguments.rmm == "datto-rmm" {
            let limited = !arguments.no_minute_limits;
            Rmm::Datto(DattoRmm::start(world, DattoOptions { port, latency, limited, ..DattoOptions::default() })?)
        } else {
            Rmm::Pulseway(PulsewayRmm::start(world, RmmOptions { port, latency, ..RmmOptions::default() })?)
        })
    }

    /// Where it is and what it lets in, in its own words.
    fn access(&self) -> Value {
        match self {
            Rmm::Pulseway(rmm) => {
                json!({"url": rmm.url(), "token_id": rmm.token_id(), "token_secret": rmm.token_secret()})
            }
            Rmm::Datto(rmm) => json!({"url": rmm.url(), "api_key": rmm.api_key(), "api_secret": rmm.api_secret()}),
        }
    }

    fn faults(&self) -> &Faults {
        match self {
            Rmm::Pulseway(rmm) => rmm.faults(),
            Rmm::Datto(rmm) => rmm.faults(),
        }
    }
}

/// The PSA that was asked for.
enum Psa {
    Autotask(Autotask),
    Pulseway(PulsewayPsa),
}

impl Psa {
    fn start(existing: &Existing, arguments: &Arguments, latency: Duration) -> std::io::Result<Psa> {
        let port = arguments.psa_port;
        Ok(if arguments.psa == "pulseway-psa" {
            let mut options = BmsOptions { port, latency, ..BmsOptions::default() };
            if let Some(limit) = arguments.hourly_limit {
                options.hourly_limit = usize::try_from(limit).unwrap_or(usize::MAX);
            }
            Psa::Pulseway(PulsewayPsa::start(existing, options)?)
        } else {
            let mut options = PsaOptions { port, latency, ..PsaOptions::default() };
            options.hourly_limit = arguments.hourly_limit.unwrap_or(options.hourly_limit);
            options.thread_limit = arguments.thread_limit;
            options.latency_steps = !arguments.no_latency_steps;
            options.contracts_for_new_accounts = arguments.contracts_for_new_accounts;
            if !arguments.services.is_empty() {
                options.services.clone_from(&arguments.services);
            }
            Psa::Autotask(Autotask::start(existing, options)?)
        })
    }

    /// Where it is and what it lets in, in its own words.
    fn access(&self) -> Value {
        match self {
            Psa::Autotask(psa) => {
                json!({"url": psa.url(), "user": psa.user(), "secret": psa.secret(), "integration_code": psa.integration_code()})
            }
            Psa::Pulseway(psa) => {
                json!({"url": psa.url(), "user": psa.user(), "password": psa.password(), "tenant": psa.tenant()})
            }
        }
    }

    fn faults(&self) -> &Faults {
        match self {
            Psa::Autotask(psa) => psa.faults(),
            Psa::Pulseway(psa) => psa.faults(),
        }
    }
}

/// The licence vendor, where one was asked for.
fn start_licences(world: &World, arguments: &Arguments, latency: Duration) -> std::io::Result<Option<SophosCentral>> {
    let options = SophosOptions {
        port: arguments.licences_port,
        latency,
        seed: arguments.seed,
        products: arguments.products,
        oddities: !arguments.no_oddities,
        ..SophosOptions::default()
    };
    arguments.licences.as_ref().map(|_| SophosCentral::start(world, options)).transpose()
}

fn set_fault(
    text: &str,
    rmm: &Faults,
    psa: &Faults,
    licences: Option<&Faults>,
) -> Result<(), Box<dyn std::error::Error>> {
    let Some((side, fault)) = text.split_once(':') else {
        return Err(format!("--fault {text}: say whose it is, e.g. psa:{text}").into());
    };
    let set = |faults: &Faults| -> Result<(), FaultError> { faults.parse(fault) };
    match (side, licences) {
        ("rmm", _) => set(rmm)?,
        ("psa", _) => set(psa)?,
        ("both", _) => {
            set(rmm)?;
            set(psa)?;
        }
        ("licences", Some(licences)) => set(licences)?,
        ("licences", None) => return Err(format!("--fault {text}: ask for a licence vendor with --licences").into()),
        _ => return Err(format!("--fault {text}: {side:?} is neither rmm, psa, both nor licences").into()),
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
