//! The wasm room: the only one that names wasmtime.
//!
//! A file is read (`catalog.rs`), compiled or taken from the cache (`cache.rs`), linked, and opened
//! for a connection (`plugin.rs`). The result is a [`Connector`] (`wasm.rs`). Each of its methods
//! is one call (`call.rs`) on a fresh instance, under limits (`limits.rs`), on the guests' own
//! threads (`engine.rs`), with host functions (`host.rs`). One of these, `http`, leads out through
//! the `gate`.
//!
//! It knows nothing of the store, the engine's rules or any surface. What it needs from the host it
//! requests through [`Ports`].

mod bindings;
mod cache;
mod call;
mod call_clock;
mod catalog;
mod connector;
mod convert;
mod describe;
mod engine;
mod gate;
mod host;
mod inert_wasi;
mod intake;
mod limits;
mod loaded;
mod no_account;
mod plugin;
mod ports;
mod problem;
mod registry;
mod settings;
mod texts;
mod wasm;

/// Boxes the future of a public async function, so that this crate compiles its body: see `crosswalk`'s map.
pub(crate) use async_recursion::async_recursion as boxed;

pub use catalog::{Inspected, PluginError};
pub use connector::{CallContext, Choice, Connector, Identity, Signal};
pub use engine::RuntimeError;
pub use gate::{AuthProblem, GateProblem, SECRET_MIN, Standing, literal};
pub use limits::{HttpLimits, Limits};
pub use no_account::NoAccount;
pub use plugin::{ConnectionSpec, OpenError, Plugin, Runtime, RuntimeOptions};
pub use ports::{LinkedTo, Ports, Scratch};
pub use problem::Problems;
pub use settings::check_settings;

#[cfg(test)]
mod tests;
