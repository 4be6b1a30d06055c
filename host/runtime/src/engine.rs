//! The wasm engine of a process, the threads that guests run on, and the clock that interrupts
//! them. The reason for each setting stands beside it.

use super::limits::Limits;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Interval between two interruptions of a guest.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Errors that prevent a runtime from starting.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The engine rejects its settings on this machine.
    #[error(
        "the wasm engine cannot start: {0}; it needs a 64-bit machine that lets a process reserve address space (see `ulimit -v`)"
    )]
    Engine(String),
    /// The guests' threads cannot be started.
    #[error("the guests' threads cannot be started")]
    Threads(#[source] std::io::Error),
    /// The cache folder cannot be opened.
    #[error("the cache of compiled plugins at {path} cannot be opened")]
    Cache {
        /// The folder.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// The engine and the guests' threads.
pub(super) struct Sandbox {
    pub(super) engine: Engine,
    /// `None` only while the sandbox is dropped.
    guests: Option<tokio::runtime::Runtime>,
    /// Call slots of this process.
    pub(super) call_slots: Arc<Semaphore>,
    /// Slots for calls that compute for long: one fewer than there are threads, so that a short
    /// call always finds a thread.
    pub(super) slow_lane: Arc<Semaphore>,
}

impl Sandbox {
    pub(super) fn new(limits: &Limits, threads: usize) -> Result<Self, RuntimeError> {
        let engine = Engine::new(&config(limits)).map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let guests = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("guest")
            .enable_time()
            // Guests keep a thread for a whole tick, so timers and new calls are polled each time.
            .event_interval(1)
            .global_queue_interval(1)
            .build()
            .map_err(RuntimeError::Threads)?;
        start_ticker(&engine).map_err(RuntimeError::Threads)?;
        Ok(Self {
            engine,
            guests: Some(guests),
            call_slots: Arc::new(Semaphore::new(limits.calls_at_once)),
            slow_lane: Arc::new(Semaphore::new(threads.saturating_sub(1).max(1))),
        })
    }

    /// Runs a future on the guests' threads.
    pub(super) fn spawn<R: Send + 'static>(
        &self,
        call: impl Future<Output = R> + Send + 'static,
    ) -> Option<tokio::task::JoinHandle<R>> {
        self.guests.as_ref().map(|guests| guests.spawn(call))
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if let Some(guests) = self.guests.take() {
            guests.shutdown_background();
        }
    }
}

fn config(limits: &Limits) -> Config {
    let mut config = Config::new();
    // The component model's own concurrency is its newest attack surface and outside long-term
    // support. The contract is synchronous.
    config.concurrency_support(false);
    config.wasm_memory64(false);
    config.epoch_interruption(true);
    // Deeply nested JSON in a script needs more than the default half mebibyte.
    config.max_wasm_stack(1 << 20);
    config.async_stack_size(2 << 20);

    let calls = u32::try_from(limits.calls_at_once).unwrap_or(u32::MAX);
    let instances = u32::try_from(limits.instances).unwrap_or(u32::MAX);
    let memories = u32::try_from(limits.memories).unwrap_or(u32::MAX);
    // A fresh page costs over 1 µs, so pages that a call touched stay mapped for the next one,
    // zeroed. Where the system cannot report which pages those are (Linux 6.7 can), all of them are
    // zeroed.
    let scans = PoolingAllocationConfig::is_pagemap_scan_available();
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(calls)
        .total_stacks(calls)
        .total_core_instances(calls.saturating_mul(instances))
        .total_memories(calls.saturating_mul(memories))
        .total_tables(calls.saturating_mul(memories))
        .max_core_instances_per_component(instances)
        .max_memories_per_component(memories)
        .max_memories_per_module(memories)
        .max_tables_per_component(instances)
        .max_tables_per_module(memories)
        .table_elements(limits.table_elements)
        .max_memory_size(limits.memory_per_call)
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(if scans { 4 << 20 } else { 256 << 10 })
        .table_keep_resident(16 * 1024)
        .max_unused_warm_slots(16);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Starts the ticker on an operating-system thread, because a guest that never yields stops every
/// timer of an async runtime. The ticker ends with the engine.
fn start_ticker(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    let ticker = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    };
    thread::Builder::new().name("ticker".to_owned()).spawn(ticker).map(drop)
}
