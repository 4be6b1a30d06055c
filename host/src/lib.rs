//! Crosswalk: a WebAssembly plugin host that keeps an MSP's systems in step.

pub mod builder;
pub mod clock;
pub mod engine;
pub mod error;
pub mod model;
pub mod runtime;
pub mod store;
