//! Crosswalk: a WebAssembly plugin host that keeps an MSP's systems in step.
//!
//! # The map
//!
//! One room a module, one door a room; knowledge runs one way:
//!
//! ```text
//! shell ─> cli ─> engine ──> runtime ──> connector (wasm) ──> runtime's gate ──> vendor
//!                   │
//!                   └──────> store ──> SQLite        (model, error: below all; app: above all)
//! ```
//!
//! | room | is | leaves alone |
//! |---|---|---|
//! | [`model`] | plain data in the product's words | I/O, SQL, wasm, the time |
//! | [`error`] | what can go wrong before the engine's door | how it is printed |
//! | [`clock`] | the time as an argument | |
//! | [`store`] | everything about SQL and secrets at rest | engine, runtime, the time |
//! | [`runtime`] | everything about wasm; its gate is the one way out to vendors | store, engine |
//! | [`engine`] | the verbs: observe, match, plan, hold, apply, verify, journal | SQL, wasm, HTTP, printing |
//! | [`builder`] | from a connector's source folder to one plugin file | running it |
//! | [`cli`] | parse, call the engine, print | store, runtime |
//! | [`config`] | file < environment < flags, read in one place | the domain |
//! | [`app`] | joins the parts | deciding anything |
//!
//! A test (`tests/tidy.rs`) holds this table.
//!
//! # Four walks
//!
//! *Sync now.* `crosswalk run SYNC` claims the sync (`engine::claim`), looks up what an
//! interrupted run left open (`engine::recover`), reads both sides page by page with rows
//! and cursor committed together (`engine::observe`), matches and plans customer by
//! customer (`engine::planning` feeding [`engine::matching`] and [`engine::plan`]), holds what
//! [`engine::brakes`] catch, and applies the rest (`engine::apply`): intents committed, call,
//! outcomes read back and committed (`engine::settle`).
//!
//! *The schedule wakes.* `crosswalk work` (`engine::worker`) asks the store what is due, takes
//! each thing there so that one process does it, and runs it (`engine::schedule`); from there it is
//! the walk above. A stop is asked for through `engine::Stop`, and heard between pages and batches.
//!
//! *A connector calls its vendor.* The guest's `http.send-all` arrives in `runtime::host`
//! and passes the gate: endpoint and path become a URL that is checked against what was
//! asked *and* granted, the mode and the batch decide whether a write may pass, the bucket
//! is drawn on, credentials are attached, and only then is it sent. What comes back is
//! capped and cleaned before the guest sees it.
//!
//! *A connector is added.* `crosswalk plugin build DIR` makes one file that carries its
//! manifest and contract version ([`builder`]); `plugin add` reads both before anything is
//! compiled, compiles once, caches by digest ([`runtime`]); `connection add` checks settings,
//! stores secrets encrypted, and grants what the operator names ([`engine`]).

pub mod model;

pub mod clock;
pub mod error;

pub mod store;

pub mod runtime;

pub mod engine;

pub mod builder;

pub mod app;
pub mod cli;
pub mod config;
