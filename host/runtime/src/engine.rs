//! The one wasm engine of a process, the threads guests run on, and the clock that
//! interrupts them. Each setting has its reason beside it.

use super::limits::Limits;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// How often guests are interrupted.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// Why there is no runtime.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The engine refuses its settings on this machine.
    #[error(
        "the wasm engine cannot start: {0}; it needs a 64-bit machine that lets a process reserve address space (see `ulimit -v`)"
    )]
    Engine(String),
    /// No thread.
    #[error("the guests' threads cannot be started")]
    Threads(#[source] std::io::Error),
    /// No cache folder.
    #[error("the cache of compiled plugins at {path} cannot be opened")]
    Cache {
        /// Where.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The engine and the guests' threads.
pub(super) struct Sandbox {
    pub(super) engine: Engine,
    /// None only while it is dropped.
    guests: Option<tokio::runtime::Runtime>,
    /// Places for calls, in this process.
    pub(super) call_slots: Arc<Semaphore>,
    /// Places for calls that compute for long: one less than there are threads, so that a
    /// call which needs little always finds one.
    pub(super) slow_lane: Arc<Semaphore>,
}

impl Sandbox {
    pub(super) fn new(limits: &Limits, threads: usize) -> Result<Self, RuntimeError> {
        let engine = Engine::new(&config(limits)).map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let guests = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("guest")
            .enable_time()
            // Guests keep a thread for a whole tick: look for timers and new calls each time.
            .event_interval(1)
            .global_queue_interval(1)
            .build()
            .map_err(RuntimeError::Threads)?;
        tick(&engine).map_err(RuntimeError::Threads)?;
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
    // The component model's own concurrency is the newest attack surface and outside the
    // long-term support: the contract is synchronous.
    config.concurrency_support(false);
    config.wasm_memory64(false);
    config.epoch_interruption(true);
    // Deep JSON in a script needs more than the usual half mebibyte.
    config.max_wasm_stack(1 << 20);
    config.async_stack_size(2 << 20);

    let calls = u32::try_from(limits.calls_at_once).unwrap_or(u32::MAX);
    let instances = u32::try_from(limits.instances).unwrap_or(u32::MAX);
    let memories = u32::try_from(limits.memories).unwrap_or(u32::MAX);
    // A fresh page costs over 1 µs: what a call touched stays for the next, zeroed. Where the
    // system does not tell which pages those are (Linux 6.7 does), all are zeroed by hand.
    let told = PoolingAllocationConfig::is_pagemap_scan_available();
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
        .linear_memory_keep_resident(if told { 4 << 20 } else { 256 << 10 })
        .table_keep_resident(16 * 1024)
        .max_unused_warm_slots(16);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// Starts the ticker: a thread of the operating system, as a guest that never yields
/// stops every timer of an asynchronous runtime. It ends with the engine.
fn tick(engine: &Engine) -> std::io::Result<()> {
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
