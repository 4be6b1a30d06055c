//! Crosswalk: a WebAssembly plugin host that keeps an MSP's systems in step.

pub mod model;
pub mod runtime;
pub mod store;
