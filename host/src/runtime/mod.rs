//! Everything about wasm: the only room that names wasmtime.

mod connector;
mod ports;

pub use connector::{CallContext, Choice, Connector, Identity, Signal};
pub use ports::{BudgetTake, Entry, LinkedTo, Ports, PutError, Scratch};
