//! Builds and joins the parts, and stops the program.
//!
//! The engine is opened when a command first needs it, so `plugin build` and `--help` touch no
//! data. Long work listens to Ctrl-C and SIGTERM. The first signal requests a stop: work ends
//! between pages and batches, and the run is closed properly. The second drops the work at once.
//! Nothing is lost by that either: a possible write is in the store as an intent before its call
//! leaves, and the next run looks it up. The store is closed after both. It decides nothing about
//! the domain.

use crate::cli::{Args, CliError, Exit, Output, Session};
use crate::clock::SystemClock;
use crate::config::{Config, Guests, Key, Storage};
use crate::engine::Engine;
use crate::error::Error;
use crate::model::{Said, said};
use crate::runtime::{Runtime, RuntimeOptions};
use crate::store::{KeySource, Store, make_private};
use std::cell::OnceCell;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Runs the program from its arguments to its end.
///
/// # Errors
/// Any failure; the caller prints it once.
pub fn run(args: Args, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    log(config, output)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::failed(said!("cli-no-threads"), Said::default()).because(error))?;
    let ended = runtime.block_on(until_end(args, config, output));
    // A waiting prompt, or a guest that never yields, must not keep the process alive.
    runtime.shutdown_background();
    ended
}

async fn until_end(args: Args, config: &Config, output: &Output) -> anyhow::Result<Exit> {
    let opened = OnceCell::new();
    let open = || {
        if let Some(engine) = opened.get() {
            return Ok(Engine::clone(engine));
        }
        let engine = join(config)?;
        Ok(opened.get_or_init(|| engine).clone())
    };
    let session = Session {
        output,
        tenant: &config.tenant,
        tenant_named: config.tenant_named,
        open: &open,
        environment: &crate::config::environment,
    };
    let stoppable = args.works_long();
    let mut work = std::pin::pin!(crate::cli::run(args, &session));
    let mut dropped = false;
    let ended = tokio::select! {
        ended = &mut work => ended,
        () = stop_signal(), if stoppable => {
            // Before the engine is open, no work is in progress.
            match opened.get() {
                None => Ok(Exit::Interrupted),
                Some(engine) => {
                    output.stopping();
                    engine.stop().stop();
                    tokio::select! {
                        ended = &mut work => ended,
                        () = stop_signal() => {
                            dropped = true;
                            Ok(Exit::Interrupted)
                        }
                    }
                }
            }
        }
    };
    let ended = match ended {
        Err(error) if matches!(error.downcast_ref(), Some(Error::Stopped)) => Ok(Exit::Interrupted),
        ended => ended,
    };
    if let Some(engine) = opened.get() {
        engine.close().await;
    }
    if matches!(ended, Ok(Exit::Interrupted)) {
        output.interrupted(dropped);
    }
    ended
}

/// Builds the parts and joins them.
fn join(config: &Config) -> anyhow::Result<Engine> {
    let Storage { data, key } = &config.storage;
    make_private(data).map_err(|source| Error::File { path: data.display().to_string(), source })?;
    tell_what_is_open(data);
    let key = match key {
        Key::File(path) => KeySource::File(path.clone()),
        Key::Text(text) => KeySource::Value(text.clone()),
    };
    let store = Store::open(&data.join("crosswalk.db"), &key).map_err(Error::from)?;
    let runtime = Runtime::new(options(config));
    let runtime = runtime.map_err(|error| CliError::failed(said!("cli-no-sandbox"), Said::default()).because(error))?;
    Ok(Engine::new(store, runtime, Arc::new(SystemClock), data.clone()).keeping(config.retention))
}

/// Warns about parts of the data folder that other users of this machine can read or change:
/// customers' data, and locks that keep a sync from running. Permissions are left as they are, as
/// they may be intended.
#[cfg(unix)]
fn tell_what_is_open(data: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    // A closed folder protects its contents.
    let open = |path: &Path| std::fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o077 != 0);
    if !open(data) {
        return;
    }
    tracing::warn!("other users of this machine can look into {0}: `chmod 700 {0}` keeps them out", data.display());
    for name in ["crosswalk.db", "crosswalk.db-wal", "crosswalk.db-shm", "claims"] {
        let path = data.join(name);
        if open(&path) {
            tracing::warn!("and {0} is theirs to read: `chmod go-rwx {0}` ends that", path.display());
        }
    }
}

#[cfg(not(unix))]
fn tell_what_is_open(_: &Path) {}

/// Returns the runtime's defaults with the configured values.
fn options(config: &Config) -> RuntimeOptions {
    let mut options =
        RuntimeOptions { cache_dir: Some(config.storage.data.join("cache")), ..RuntimeOptions::default() };
    let Guests { memory_mib, call_seconds, component_mib, threads } = config.guests;
    if let Some(mib) = memory_mib {
        options.limits.memory_per_call = (mib as usize) << 20;
        options.limits.memory_per_tenant = options.limits.memory_per_tenant.max(options.limits.memory_per_call);
    }
    if let Some(seconds) = call_seconds {
        options.limits.wall = Duration::from_secs(seconds.into());
        options.limits.wall_max = options.limits.wall;
    }
    if let Some(mib) = component_mib {
        options.max_component_bytes = u64::from(mib) << 20;
    }
    if let Some(threads) = threads {
        options.guest_threads = threads as usize;
    }
    options
}

/// Log lines go to standard error, between drawings of the progress bars.
fn log(config: &Config, output: &Output) -> anyhow::Result<()> {
    let filter = EnvFilter::builder().parse(&config.log).map_err(|error| {
        CliError::failed(said!("cli-log-level", level = &config.log), said!("cli-log-level-hint")).because(error)
    })?;
    let output = output.clone();
    let writer = move || output.log_writer();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).init();
    Ok(())
}

/// Resolves when a stop is requested.
#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else { return std::future::pending().await };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

/// Resolves when a stop is requested.
#[cfg(not(unix))]
async fn stop_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending().await
    }
}
