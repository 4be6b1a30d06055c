//! The contract as Rust, generated from `wit/`, and nothing else. Only this room sees
//! these types; `convert.rs` turns them into the words of `model`.
//!
//! Functions are asynchronous on our side only: a guest's call parks its fiber while
//! the host works. Imports may trap, which is how a fault of the host ends a call.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "connector",
    imports: { default: async | trappable },
    exports: { default: async },
});
