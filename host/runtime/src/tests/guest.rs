//! Hand-written guests: a core module in text whose one interesting function each test writes,
//! wrapped into a component that fits the contract.
//!
//! All exports answer with zeros, which the contract reads as an empty description, an empty page,
//! or no outcomes. Tests define `check`, which returns the address of a `result<identity, failure>`;
//! zeros are an identity without a name. Addresses from 1024 to 2047 are zeros, 2048 to 4095 are the
//! test's, and the heap starts at 8192.

use crosswalk_model::manifest::{CONTRACT, CONTRACT_SECTION, MANIFEST_SECTION};
use wasm_encoder::{ComponentSection as _, CustomSection};
use wit_parser::Resolve;

/// A manifest with one endpoint, one secret and one setting.
pub(crate) const MANIFEST: &str = r#"
id = "hand-made"
version = "1.0.0"
contract = "0.2.0"
title = "Hand-made"
[endpoints.api]
reads = [{ path = "/search", form = "query" }, { path = "/*/query", form = "query" }]
[endpoints.zones]
hosts = "https://zone*.vendor.example"
[endpoints.open]
auth = false
[auth]
scheme = "headers"
headers = { X-Key = "{secret:key}", X-User = "{setting:user}" }
[settings.user]
type = "text"
title = "User"
default = "anna"
[secrets.key]
title = "Key"
[jobs.poll]
title = "Poll"
"#;

/// A component whose `check` has this body.
pub(crate) fn guest(check: &str) -> Vec<u8> {
    guest_with(check, "")
}

/// The same, with more definitions in its core module.
pub(crate) fn guest_with(check: &str, more: &str) -> Vec<u8> {
    plugin(&component(&core(check, more)), MANIFEST)
}

/// A component with its contract version and manifest.
pub(crate) fn plugin(component: &[u8], manifest: &str) -> Vec<u8> {
    let mut plugin = component.to_vec();
    for (name, text) in [(CONTRACT_SECTION, CONTRACT), (MANIFEST_SECTION, manifest)] {
        let section = CustomSection { name: name.into(), data: text.as_bytes().into() };
        section.append_to_component(&mut plugin);
    }
    plugin
}

/// A core module as a component of the world `connector`.
pub(crate) fn component(core: &str) -> Vec<u8> {
    component_of(core, &[], "")
}

/// The same, of a world that has more: packages it knows, and what it imports of them.
pub(crate) fn component_of(core: &str, packages: &[&str], imports: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core).unwrap();
    let mut resolve = Resolve::default();
    resolve.push_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit")).unwrap();
    for package in packages {
        resolve.push_str("package.wit", package).unwrap();
    }
    let world =
        format!("package test:guest; world guest {{ include crosswalk:connector/connector@{CONTRACT}; {imports} }}");
    let package = resolve.push_str("guest.wit", &world).unwrap();
    let world = resolve.select_world(&[package], Some("guest")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, wit_component::StringEncoding::UTF8).unwrap();
    wit_component::ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

/// The core module of a guest.
pub(crate) fn core(check: &str, more: &str) -> String {
    format!(
        r#"(module
  (import "crosswalk:connector/log@0.2.0" "write" (func $log (param i32 i32 i32)))
  (import "crosswalk:connector/http@0.2.0" "send" (func $send (param i32 i32)))
  (import "crosswalk:connector/settings@0.2.0" "get" (func $settings (param i32)))
  (import "crosswalk:connector/clock@0.2.0" "now-ms" (func $now (result i64)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 8192))
  (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 15)) (i32.const -16)))
    (global.set $heap (i32.add (local.get $at) (local.get $new)))
    (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then (drop (memory.grow (i32.add (i32.div_u (local.get $new) (i32.const 65536)) (i32.const 1))))))
    (local.get $at))
  (func (export "describe") (result i32) (i32.const 1024))
  (func (export "check") (result i32) {check})
  (func (export "crosswalk:connector/reader@{CONTRACT}#read")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "crosswalk:connector/reader@{CONTRACT}#choices") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "crosswalk:connector/writer@{CONTRACT}#write") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "crosswalk:connector/writer@{CONTRACT}#settle") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "crosswalk:connector/jobs@{CONTRACT}#run") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "crosswalk:connector/jobs@{CONTRACT}#event") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 1024))
  {more})"#
    )
}

/// A `check` that sends `GET path` to the endpoint `api` and returns the reply's body as the
/// account, or the error's text as a `broken`.
pub(crate) fn getting(path: &str) -> Vec<u8> {
    let body = format!(
        r#"
    (i32.store (i32.const 3000) (i32.const 2048)) (i32.store (i32.const 3004) (i32.const 3))
    (i32.store (i32.const 3024) (i32.const 2052)) (i32.store (i32.const 3028) (i32.const {}))
    (call $send (i32.const 3000) (i32.const 3200))
    (if (i32.load8_u (i32.const 3200))
      (then (i32.store8 (i32.const 3208) (i32.const 7)) (return (i32.const 3200))))
    (i32.store (i32.const 3408) (i32.load (i32.const 3224)))
    (i32.store (i32.const 3412) (i32.load (i32.const 3228)))
    (i32.const 3400)"#,
        path.len()
    );
    guest_with(&body, &format!(r#"(data (i32.const 2048) "api ") (data (i32.const 2052) "{path}")"#))
}

/// A guest that sends a request while it is described.
pub(crate) fn describing_by_calling() -> Vec<u8> {
    let call = r#"
    (i32.store (i32.const 3000) (i32.const 2048)) (i32.store (i32.const 3004) (i32.const 3))
    (i32.store (i32.const 3024) (i32.const 2052)) (i32.store (i32.const 3028) (i32.const 2))
    (call $send (i32.const 3000) (i32.const 3200))"#;
    let core = core("(i32.const 1024)", r#"(data (i32.const 2048) "api /x")"#);
    let core =
        core.replace(r#"(export "describe") (result i32)"#, &format!(r#"(export "describe") (result i32) {call}"#));
    plugin(&component(&core), MANIFEST)
}
