//! Turns a core module into a component that is one plugin: checked against the contract, with its
//! contract version and manifest in custom sections.
//!
//! The host would reject the same components, but later, and in front of the operator. Here the
//! author sees the error while the editor is still open.

use super::BuildError;
use crosswalk_model::manifest::{CONTRACT, CONTRACT_SECTION, MANIFEST_SECTION};
use std::collections::BTreeSet;
use wasmparser::{Parser, Payload};
use wit_parser::{Resolve, SourceMap, WorldId};

/// The contract that the host serves, compiled in.
const WIT: [(&str, &str); 3] = [
    ("connector.wit", include_str!("../../../wit/connector.wit")),
    ("host.wit", include_str!("../../../wit/host.wit")),
    ("types.wit", include_str!("../../../wit/types.wit")),
];
const PACKAGE: &str = "crosswalk:connector";

/// Turns a core module (with the bindings' type section in it) into a component.
///
/// # Errors
/// It imports what the host does not serve, or its bindings are of another contract.
pub(super) fn encode(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let foreign = foreign_imports(module).map_err(|error| unfit(&error))?;
    if let Some((from, names)) = foreign {
        return Err(BuildError::ForeignImport { from, names });
    }
    let encoder = wit_component::ComponentEncoder::default().module(module).map_err(|error| unfit_chain(&error))?;
    encoder.validate(true).encode().map_err(|error| unfit_chain(&error))
}

/// Turns a component into a plugin: checks it against the contract and inserts the contract's
/// version and the manifest.
///
/// # Errors
/// It is not a component, does not match the contract's world, or already carries a manifest.
pub(super) fn finish(mut component: Vec<u8>, manifest: &str) -> Result<Vec<u8>, BuildError> {
    check_world(&component)?;
    for (name, data) in [(CONTRACT_SECTION, CONTRACT), (MANIFEST_SECTION, manifest)] {
        append_section(&mut component, name, data.as_bytes());
    }
    Ok(component)
}

fn append_section(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    use wasm_encoder::ComponentSection;
    wasm_encoder::CustomSection { name: name.into(), data: data.into() }.append_to_component(component);
}

/// Returns the first module outside the contract that a core module imports from, with the imported
/// names.
fn foreign_imports(module: &[u8]) -> wasmparser::Result<Option<(String, Vec<String>)>> {
    let mut found: Option<(String, Vec<String>)> = None;
    for payload in Parser::new(0).parse_all(module) {
        let Payload::ImportSection(imports) = payload? else { continue };
        for import in imports.into_imports() {
            let import = import?;
            // `$root` is the world itself; `[export]…` is how resources are returned.
            let from = import.module.strip_prefix("[export]").unwrap_or(import.module);
            if from.starts_with(PACKAGE) || from == "$root" {
                continue;
            }
            match &mut found {
                None => found = Some((from.to_owned(), vec![import.name.to_owned()])),
                Some((first, names)) if first == from => names.push(import.name.to_owned()),
                Some(_) => {}
            }
        }
    }
    Ok(found)
}

/// Names that a component imports and exports at its outermost level.
#[derive(Debug, Default, PartialEq, Eq)]
struct Face {
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
    sections: BTreeSet<String>,
}

fn face(component: &[u8]) -> wasmparser::Result<Face> {
    let mut face = Face::default();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    face.imports.insert(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    face.exports.insert(export?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 0 => {
                face.sections.insert(section.name().to_owned());
            }
            _ => {}
        }
    }
    Ok(face)
}

/// Compares names first, since a missing or foreign name makes the clearer message; then every
/// type, by the component model's own rules.
fn check_world(component: &[u8]) -> Result<(), BuildError> {
    if !Parser::is_component(component) {
        return Err(BuildError::Unfit {
            why: "it is not a component, but a core module or not wasm at all".to_owned(),
        });
    }
    let face = face(component).map_err(|error| unfit(&error))?;
    if face.sections.contains(MANIFEST_SECTION) {
        return Err(BuildError::Unfit { why: "it already carries a manifest: build it again instead".to_owned() });
    }
    let (resolve, world) = contract()?;
    let names = |items: &wit_parser::IndexMap<wit_parser::WorldKey, wit_parser::WorldItem>| -> BTreeSet<String> {
        items.keys().map(|key| resolve.name_world_key(key)).collect()
    };
    let served = names(&resolve.worlds[world].imports);
    let wanted = names(&resolve.worlds[world].exports);
    for name in face.imports.union(&face.exports) {
        if let Some(version) = other_version(name) {
            return Err(BuildError::OtherContract { version: version.to_owned() });
        }
    }
    let missing: Vec<&str> = wanted.difference(&face.exports).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(BuildError::MissingExports { names: missing.join(", ") });
    }
    // WASI exists for other languages' runtimes, without an implementation behind it.
    let foreign = face.imports.difference(&served).find(|name| !name.starts_with("wasi:"));
    if let Some(name) = foreign {
        return Err(BuildError::ForeignImport { from: name.clone(), names: Vec::new() });
    }
    if face.imports.iter().any(|name| name.starts_with("wasi:")) {
        return Ok(());
    }
    wit_component::targets(&resolve, world, component).map_err(|error| unfit_chain(&error))
}

/// The version in a name of our package, if it differs from the host's.
fn other_version(name: &str) -> Option<&str> {
    let (_, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    (version != CONTRACT).then_some(version)
}

/// Parses the contract.
fn contract() -> Result<(Resolve, WorldId), BuildError> {
    let mut sources = SourceMap::default();
    for (name, text) in WIT {
        sources.push_str(name, text);
    }
    let mut resolve = Resolve::default();
    let group = sources.parse().map_err(|(_, error)| unfit(&error))?;
    let package = resolve.push_group(group).map_err(|error| unfit(&error))?;
    let world = resolve.select_world(&[package], Some("connector")).map_err(|error| unfit_chain(&error))?;
    Ok((resolve, world))
}

fn unfit(error: &dyn std::fmt::Display) -> BuildError {
    BuildError::Unfit { why: error.to_string() }
}

fn unfit_chain(error: &anyhow::Error) -> BuildError {
    BuildError::Unfit { why: error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ") }
}

#[cfg(test)]
mod tests;
