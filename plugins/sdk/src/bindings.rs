//! The contract's types and functions, generated from `wit/`. Nothing is written by hand here, and
//! connectors take what they need from the crate's root.

#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "connector",
    pub_export_macro: true,
    export_macro_name: "export_component",
    default_bindings_module: "crosswalk_sdk::bindings",
    additional_derives: [PartialEq],
    generate_unused_types: true,
});
