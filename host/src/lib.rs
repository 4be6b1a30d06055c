//! Crosswalk: a WebAssembly plugin host that keeps an MSP's systems in step.

pub mod builder;
pub mod model;
pub mod runtime;
