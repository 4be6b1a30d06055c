//! Reads a file's description of itself before anything is compiled: whether it is a component, its
//! manifest, its contract version and its imports.
//!
//! A component may import the contract's own interfaces and WASI 0.2 (linked inert, see
//! `inert_wasi.rs`); any other import is refused by name. Exports beyond the contract are ignored.

use crosswalk_model::Manifest;
use crosswalk_model::manifest::{CONTRACT, CONTRACT_SECTION, MANIFEST_SECTION, ManifestError, speaks};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use wasmparser::{ComponentTypeRef, Encoding, Parser, Payload, TypeBounds};

/// The contract's package, as in the names of imports.
const PACKAGE: &str = "crosswalk:connector/";

/// Reasons for which this host cannot use a file as a plugin.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    /// The file cannot be read.
    #[error("the plugin file {path} cannot be read")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// It exceeds the host's limit.
    #[error("the component is {size} bytes and the limit is {max}; make it smaller, or raise the size limit")]
    TooLarge {
        /// Its size.
        size: u64,
        /// The limit.
        max: u64,
    },
    /// It is not WebAssembly.
    #[error("this is no WebAssembly component: {0}; make one with `crosswalk plugin build DIR`")]
    NoComponent(String),
    /// It is a core module.
    #[error(
        "this is a core WebAssembly module, not a component; `crosswalk plugin build DIR` turns a connector's source into a component"
    )]
    CoreModule,
    /// It contains no manifest.
    #[error(
        "the component carries no manifest (custom section `{MANIFEST_SECTION}`); `crosswalk plugin build DIR` puts plugin.toml into it"
    )]
    NoManifest,
    /// It contains no contract version.
    #[error(
        "the component does not say which contract it is for (custom section `{CONTRACT_SECTION}`); `crosswalk plugin build DIR` writes it"
    )]
    NoContract,
    /// A section is duplicated or is not text.
    #[error("the custom section `{0}` is there twice or is no UTF-8 text; build the plugin again")]
    BadSection(&'static str),
    /// It is for another contract.
    #[error(
        "the component is written for contract {found} and this host speaks {CONTRACT}; build it against this host's `wit/`, or take the host it was made for"
    )]
    Contract {
        /// The version it is for.
        found: String,
    },
    /// The manifest is invalid.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// It imports what the host does not provide.
    #[error("the component imports {}, which this host does not provide; a connector may import `{PACKAGE}*@{CONTRACT}` and WASI 0.2", list(.0))]
    Imports(Vec<String>),
    /// It is another file than the pinned one.
    #[error(
        "the plugin file has digest {found} but {expected} is pinned; if the change is yours, add it again with `crosswalk plugin add FILE`"
    )]
    Digest {
        /// The pinned digest.
        expected: String,
        /// The file's.
        found: String,
    },
    /// Compiling takes too long.
    #[error("the component does not compile within {0} s; make it smaller")]
    CompileTime(u64),
    /// It does not compile.
    #[error("the component cannot be compiled: {0}")]
    Compile(String),
    /// It does not fit the contract's world.
    #[error(
        "the component does not fit the contract {CONTRACT}: {0}; export every function of the world `connector` as `wit/` has it"
    )]
    World(String),
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A component's description of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Its manifest.
    pub manifest: Manifest,
    /// The manifest's text, as its author wrote it.
    pub manifest_text: String,
    /// SHA-256 of the file, lower-case hex.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// Full names of its imports.
    pub imports: Vec<String>,
    /// The contract version it is written for.
    pub contract: String,
}

impl Inspected {
    /// The imports that belong to WASI.
    pub(super) fn wasi(&self) -> impl Iterator<Item = &str> {
        self.imports.iter().map(String::as_str).filter(|name| is_wasi(name))
    }
}

/// Reads a component without compiling it.
pub(super) fn inspect(bytes: &[u8]) -> Result<Inspected, PluginError> {
    let parts = walk(bytes)?;
    let contract = parts.contract.ok_or(PluginError::NoContract)?.trim().to_owned();
    if !speaks(&contract) {
        return Err(PluginError::Contract { found: contract });
    }
    let foreign: Vec<String> = parts.imports.iter().filter(|name| !is_ours(name) && !is_wasi(name)).cloned().collect();
    if !foreign.is_empty() {
        return Err(PluginError::Imports(foreign));
    }
    let manifest_text = parts.manifest.ok_or(PluginError::NoManifest)?;
    let manifest = Manifest::parse(&manifest_text)?;
    if manifest.contract != contract {
        return Err(PluginError::Contract { found: manifest.contract });
    }
    let size = bytes.len() as u64;
    Ok(Inspected { manifest, manifest_text, digest: digest(bytes), size, imports: parts.imports, contract })
}

/// SHA-256 in lower-case hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn is_ours(name: &str) -> bool {
    name.strip_prefix(PACKAGE).is_some_and(|rest| rest.split_once('@').is_some_and(|(_, version)| speaks(version)))
}

fn is_wasi(name: &str) -> bool {
    name.starts_with("wasi:")
        && name.split_once('@').is_some_and(|(_, version)| version == "0.2" || version.starts_with("0.2."))
}

#[derive(Default)]
struct Parts {
    manifest: Option<String>,
    contract: Option<String>,
    imports: Vec<String>,
}

/// Walks the outermost component; the compiler checks nested ones.
fn walk(bytes: &[u8]) -> Result<Parts, PluginError> {
    let broken = |error: wasmparser::BinaryReaderError| PluginError::NoComponent(error.message().to_owned());
    let mut parts = Parts::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version { encoding, .. } => {
                if depth == 0 && encoding == Encoding::Module {
                    return Err(PluginError::CoreModule);
                }
                depth += 1;
            }
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    let import = import.map_err(broken)?;
                    // A world that uses an interface's types lists them as imports, too; nothing
                    // has to provide those.
                    if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
                        parts.imports.push(import.name.name.to_owned());
                    }
                }
            }
            Payload::CustomSection(section) if depth == 1 => match section.name() {
                MANIFEST_SECTION => keep(&mut parts.manifest, section.data(), MANIFEST_SECTION)?,
                CONTRACT_SECTION => keep(&mut parts.contract, section.data(), CONTRACT_SECTION)?,
                _ => {}
            },
            _ => {}
        }
    }
    Ok(parts)
}

fn keep(place: &mut Option<String>, data: &[u8], name: &'static str) -> Result<(), PluginError> {
    let text = std::str::from_utf8(data).map_err(|_| PluginError::BadSection(name))?;
    match place.replace(text.to_owned()) {
        None => Ok(()),
        Some(_) => Err(PluginError::BadSection(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{Component, ComponentSection, CustomSection, Module};

    const MANIFEST: &str = "id = \"x\"\nversion = \"1.0.0\"\ncontract = \"0.2.0\"\ntitle = \"X\"\n";

    fn component(sections: &[(&str, &str)]) -> Vec<u8> {
        let mut component = Component::new().finish();
        for (name, text) in sections {
            let section = CustomSection { name: (*name).into(), data: text.as_bytes().into() };
            section.append_to_component(&mut component);
        }
        component
    }

    fn message(bytes: &[u8]) -> String {
        inspect(bytes).unwrap_err().to_string()
    }

    #[test]
    fn a_plugin_is_known_without_compiling_it() {
        let bytes = component(&[(CONTRACT_SECTION, "0.2.0"), (MANIFEST_SECTION, MANIFEST)]);
        let inspected = inspect(&bytes).unwrap();
        assert_eq!(inspected.manifest.id.as_str(), "x");
        assert_eq!(inspected.manifest_text, MANIFEST);
        assert_eq!(inspected.size, bytes.len() as u64);
        assert_eq!(inspected.digest, digest(&bytes));
        assert_eq!(digest(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn what_is_no_plugin_is_told_so() {
        assert!(message(b"hello").starts_with("this is no WebAssembly component"));
        assert!(message(b"").starts_with("this is no WebAssembly component"));
        assert!(message(&Module::new().finish()).starts_with("this is a core WebAssembly module"));
        assert!(message(&component(&[])).contains("does not say which contract"));
        assert!(message(&component(&[(CONTRACT_SECTION, "0.2.0")])).contains("carries no manifest"));
        let other = component(&[(CONTRACT_SECTION, "0.9.0"), (MANIFEST_SECTION, MANIFEST)]);
        assert!(message(&other).starts_with("the component is written for contract 0.9.0 and this host speaks 0.2.0"));
        let twice = component(&[(CONTRACT_SECTION, "0.2.0"), (CONTRACT_SECTION, "0.2.0")]);
        assert!(message(&twice).contains("there twice"));
        let unknown = format!("{MANIFEST}colour = \"red\"\n");
        let unknown = component(&[(CONTRACT_SECTION, "0.2.0"), (MANIFEST_SECTION, &unknown)]);
        assert!(message(&unknown).contains("colour"), "{}", message(&unknown));
        let mut cut = component(&[(CONTRACT_SECTION, "0.2.0"), (MANIFEST_SECTION, MANIFEST)]);
        cut.truncate(cut.len() - 3);
        assert!(message(&cut).starts_with("this is no WebAssembly component"));
    }

    #[test]
    fn imports_are_ours_or_wasi_0_2() {
        for (name, ours, wasi) in [
            ("crosswalk:connector/http@0.2.0", true, false),
            ("crosswalk:connector/http@0.3.0", false, false),
            ("crosswalk:connector/http", false, false),
            ("crosswalk:other/http@0.2.0", false, false),
            ("wasi:cli/environment@0.2.3", false, true),
            ("wasi:cli/environment@0.3.0", false, false),
            ("wasi:cli/environment@0.20.0", false, false),
            ("wasi:cli/environment", false, false),
            ("env", false, false),
        ] {
            assert_eq!((is_ours(name), is_wasi(name)), (ours, wasi), "{name}");
        }
    }
}
