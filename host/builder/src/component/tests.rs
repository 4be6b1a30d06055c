//! Hand-written modules: one that matches the contract, and one for each kind of mismatch.

use super::*;
use wit_component::StringEncoding;

/// The exports of the contract's world as core functions: name and number of `i32` parameters
/// (flattened by the canonical ABI). Each returns a pointer.
const EXPORTS: [(&str, usize); 8] = [
    ("describe", 0),
    ("check", 0),
    ("crosswalk:connector/reader@0.2.0#read", 10),
    ("crosswalk:connector/reader@0.2.0#choices", 2),
    ("crosswalk:connector/writer@0.2.0#write", 2),
    ("crosswalk:connector/writer@0.2.0#settle", 2),
    ("crosswalk:connector/jobs@0.2.0#run", 4),
    ("crosswalk:connector/jobs@0.2.0#event", 6),
];

fn module(imports: &str, wit: &[(&str, String)]) -> Vec<u8> {
    module_of(CONTRACT, imports, wit)
}

/// A module with these imports (as WAT), all exports of `EXPORTS` under this version,
/// and bindings for the world of `wit`.
fn module_of(version: &str, imports: &str, wit: &[(&str, String)]) -> Vec<u8> {
    let mut text = format!("(module {imports} (memory (export \"memory\") 1)\n");
    text.push_str("(func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) unreachable)\n");
    for (name, params) in EXPORTS {
        let (name, params) = (name.replace(CONTRACT, version), "i32 ".repeat(params));
        text.push_str(&format!("(func (export \"{name}\") (param {params}) (result i32) unreachable)\n"));
    }
    text.push(')');
    let mut module = wat::parse_str(text).unwrap();
    let mut sources = SourceMap::default();
    for (name, text) in wit {
        sources.push_str(name, text.clone());
    }
    let mut resolve = Resolve::default();
    let package = resolve.push_group(sources.parse().map_err(|(_, error)| error).unwrap()).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    module
}

/// The contract's text with a replacement.
fn wit_with(old: &str, new: &str) -> Vec<(&'static str, String)> {
    assert!(WIT.iter().any(|(_, text)| text.contains(old)), "`{old}` is not in the contract");
    WIT.map(|(name, text)| (name, text.replace(old, new))).to_vec()
}

fn wit() -> Vec<(&'static str, String)> {
    wit_with("world connector", "world connector")
}

fn section(component: &[u8], wanted: &str) -> Option<String> {
    Parser::new(0).parse_all(component).find_map(|payload| match payload.unwrap() {
        Payload::CustomSection(section) if section.name() == wanted => {
            Some(String::from_utf8(section.data().to_vec()).unwrap())
        }
        _ => None,
    })
}

#[test]
fn a_module_that_fits_becomes_a_plugin_with_its_manifest_inside() {
    let http = r#"(import "crosswalk:connector/clock@0.2.0" "now-ms" (func (result i64)))"#;
    let plugin = finish(encode(&module(http, &wit())).unwrap(), "id = \"é\"\n").unwrap();
    assert_eq!(section(&plugin, CONTRACT_SECTION).as_deref(), Some(CONTRACT));
    assert_eq!(section(&plugin, MANIFEST_SECTION).as_deref(), Some("id = \"é\"\n"));
    wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&plugin).unwrap();
    let face = face(&plugin).unwrap();
    assert!(face.exports.contains("describe") && face.exports.contains("crosswalk:connector/reader@0.2.0"), "{face:?}");
    assert!(face.imports.contains("crosswalk:connector/clock@0.2.0"), "{face:?}");
    assert!(!face.imports.contains("crosswalk:connector/http@0.2.0"), "unused imports are left out: {face:?}");

    let again = finish(plugin, "id = \"other\"\n").unwrap_err().to_string();
    assert!(again.contains("already carries a manifest"), "{again}");
}

#[test]
fn an_import_from_elsewhere_is_named_with_its_likely_cause() {
    for (imports, expected) in [
        (r#"(import "env" "sqlite3_open" (func))"#, "imports from `env` (sqlite3_open): a dependency calls C code"),
        (
            r#"(import "wasi_snapshot_preview1" "random_get" (func (param i32 i32) (result i32)))"#,
            "`wasi_snapshot_preview1` (random_get): a dependency uses the operating system",
        ),
        (r#"(import "__wbindgen_placeholder__" "now" (func (result f64)))"#, "a dependency expects a browser"),
        (
            r#"(import "env" "a" (func)) (import "env" "b" (func)) (import "env" "c" (func)) (import "env" "d" (func))"#,
            "`env` (a and 3 more)",
        ),
        (r#"(import "vendor:db/sql" "ask" (func))"#, "uses something outside the contract"),
    ] {
        let error = encode(&module(imports, &wit())).unwrap_err();
        assert!(matches!(error, BuildError::ForeignImport { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(expected) && text.contains("hint: "), "`{expected}` is not in: {text}");
    }
}

#[test]
fn bindings_of_another_contract_are_refused_with_both_versions() {
    let newer = wit_with("crosswalk:connector@0.2.0;", "crosswalk:connector@0.3.0;");
    let component = encode(&module_of("0.3.0", "", &newer)).unwrap();
    let text = finish(component, "").unwrap_err().to_string();
    assert!(text.contains("of contract 0.3.0, and this host speaks 0.2.0"), "{text}");
}

#[test]
fn what_is_missing_is_named() {
    let nothing = wat::parse_str("(component)").unwrap();
    let text = finish(nothing, "").unwrap_err().to_string();
    for name in ["describe", "check", "crosswalk:connector/reader@0.2.0", "crosswalk:connector/jobs@0.2.0"] {
        assert!(text.contains(name), "`{name}` is not in: {text}");
    }
    // A module without bindings: no export macro.
    let bare = wat::parse_str("(module (memory (export \"memory\") 1))").unwrap();
    let error = encode(&bare).and_then(|component| finish(component, "")).unwrap_err();
    assert!(matches!(error, BuildError::MissingExports { .. }), "{error}");
}

#[test]
fn the_same_names_with_other_types_do_not_fit() {
    let wit = wit_with("settle: func(tokens: list<string>)", "settle: func(tokens: list<u32>)");
    let component = encode(&module("", &wit)).unwrap();
    let error = finish(component, "").unwrap_err();
    assert!(matches!(error, BuildError::Unfit { .. }), "{error}");
    assert!(error.to_string().contains("does not fit the contract 0.2.0"), "{error}");
}

#[test]
fn other_languages_may_import_wasi_and_nothing_else() {
    let wat = |name: &str| {
        wat::parse_str(format!(
            r#"(component
                (import "{name}" (instance))
                (instance $none)
                (component $nothing (core module $m (func (export "f"))) (core instance $i (instantiate $m))
                    (func (export "f") (canon lift (core func $i "f"))))
                (instance $fun (instantiate $nothing))
                (alias export $fun "f" (func $f))
                (export "describe" (func $f)) (export "check" (func $f))
                (export "crosswalk:connector/reader@0.2.0" (instance $none))
                (export "crosswalk:connector/writer@0.2.0" (instance $none))
                (export "crosswalk:connector/jobs@0.2.0" (instance $none)))"#
        ))
        .unwrap()
    };
    assert!(finish(wat("wasi:cli/environment@0.2.6"), "").is_ok());
    let error = finish(wat("vendor:db/sql"), "").unwrap_err();
    assert!(matches!(&error, BuildError::ForeignImport { from, .. } if from == "vendor:db/sql"), "{error}");
    // Without WASI the types are checked against the contract, and these do not match.
    let error = finish(wat("crosswalk:connector/log@0.2.0"), "").unwrap_err();
    assert!(matches!(error, BuildError::Unfit { .. }), "{error}");
}

#[test]
fn what_is_no_wasm_is_refused() {
    assert!(matches!(encode(b"hello").unwrap_err(), BuildError::Unfit { .. }));
    let text = finish(b"\0asm\x01\0\0\0".to_vec(), "").unwrap_err().to_string();
    assert!(text.contains("not a component, but a core module"), "{text}");
}
