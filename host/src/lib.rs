//! Crosswalk: a WebAssembly plugin host that keeps an MSP's systems in step.
//!
//! # The map
//!
//! Each room is a crate (`host/<room>`) with one door; knowledge runs one way. This crate is the
//! program, and re-exports all rooms by name:
//!
//! ```text
//! shell ─> cli ─> engine ──> runtime ──> connector (wasm) ──> runtime's gate ──> vendor
//!                   │
//!                   └──────> store ──> SQLite        (model: below all; app: above all)
//! ```
//!
//! | room | is | leaves alone |
//! |---|---|---|
//! | [`model`] | plain data in the product's words | I/O, SQL, wasm, the time |
//! | [`error`], of the engine | what can go wrong before its door | how it is printed |
//! | [`clock`], of the engine | the time as an argument | |
//! | [`store`] | everything about SQL and secrets at rest | engine, runtime, the time |
//! | [`runtime`] | everything about wasm; its gate is the one way out to vendors | store, engine |
//! | [`engine`] | the verbs: observe, match, plan, hold, apply, verify, journal | SQL, wasm, HTTP, printing |
//! | [`builder`] | from a connector's source folder to one plugin file | running it |
//! | [`cli`] | parse, call the engine, print | store, runtime |
//! | [`config`] | file < environment < flags, read in one place | the domain |
//! | [`app`] | joins the parts | deciding anything |
//!
//! The manifests hold this table, and a test (`tests/tidy.rs`) checks the manifests.
//!
//! Public async functions of a room are `#[boxed]`. An `async fn` is compiled in the crate that
//! polls it, which would be the program for all of them. A boxed future is compiled where it is
//! written, so a change in a surface recompiles that surface alone.
//!
//! # Four walks
//!
//! *Sync now.* `crosswalk run SYNC` is `engine::sync` from top to bottom: it begins a run under the
//! claim of the sync (`engine::ground::sync_run`), looks up what an interrupted run left open
//! (`engine::run::recover`), reads both sides page by page with rows and cursor committed together
//! (`engine::run::observe`), matches and plans customer by customer ([`engine::rules::matching`],
//! [`engine::rules::plan`]), holds what [`engine::rules::brakes`] catch, and applies the rest
//! (`engine::run::apply`): intents committed, call, outcomes read back and committed
//! (`engine::run::settle`).
//!
//! *The schedule wakes.* `crosswalk work` (`engine::work::worker`) queries the store for due items,
//! claims each so that only one process runs it, and runs it (`engine::work::schedule`); from there
//! it is the walk above. A stop is requested through `engine::Stop` and takes effect between pages
//! and batches.
//!
//! *A connector calls its vendor.* The guest's `http.send-all` arrives in `runtime::host` and
//! passes the gate. Endpoint and path become a URL that is checked against what was requested *and*
//! granted; the mode and the batch decide whether a write is allowed; a call is taken from the
//! bucket; credentials are attached; only then is the request sent. The reply is capped and
//! redacted before the guest sees it.
//!
//! *A connector is added.* `crosswalk plugin build DIR` makes one file that contains its manifest
//! and contract version ([`builder`]). `plugin add` reads both before anything is compiled,
//! compiles once and caches by digest ([`runtime`]). `connection add` checks settings, stores
//! secrets encrypted, and grants what the operator names ([`engine`]).

pub use crosswalk_model as model;

pub use crosswalk_store as store;

pub use crosswalk_runtime as runtime;

pub use crosswalk_engine as engine;
pub use crosswalk_engine::{clock, error};

pub use crosswalk_builder as builder;

pub mod app;
pub use crosswalk_cli as cli;
pub mod config;
