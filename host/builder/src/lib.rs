//! Builds a plugin from a source folder: one component file that contains its manifest.
//!
//! The folder holds a Rust crate (`Cargo.toml`, crate type `cdylib`) and a `plugin.toml`. It may be
//! in our workspace or in a third party's. A component made by other tools (from JavaScript or
//! Python) becomes a plugin with [`pack`].
//!
//! Cheap checks come first (the manifest, the crate's type), then the toolchain, then the compiler,
//! then the component's shape. It knows nothing of the store, the engine or wasmtime, and needs
//! none of them. It is the only room that runs programs.

mod cargo;
mod compiler;
mod component;
mod debian;
mod process;
mod toolchain;

use crosswalk_model::Manifest;
use crosswalk_model::manifest::{COMPONENT_BYTES_MAX, CONTRACT, ManifestError};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

pub use compiler::ToolchainError;
pub use process::ProcessError;
pub use toolchain::ToolchainChoice;

/// Parameters of a build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The folder with `Cargo.toml` and `plugin.toml`.
    pub dir: PathBuf,
    /// The file to write; `None` means `connectors/<id>.wasm` in the target folder.
    pub out: Option<PathBuf>,
    /// The compiler to use.
    pub toolchain: ToolchainChoice,
    /// The folder to unpack a compiler in, if necessary; `None` means `toolchain` in the target folder.
    pub toolchain_dir: Option<PathBuf>,
    /// The target folder; `None` means the one cargo names.
    pub target_dir: Option<PathBuf>,
    /// Maximum size of the component, in bytes.
    pub max_bytes: u64,
}

impl BuildOptions {
    /// The default options for a folder.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            out: None,
            toolchain: ToolchainChoice::Auto,
            toolchain_dir: None,
            target_dir: None,
            max_bytes: COMPONENT_BYTES_MAX,
        }
    }
}

/// A built plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The file.
    pub file: PathBuf,
    /// Its SHA-256, lower-case hex.
    pub digest: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its manifest.
    pub manifest: Manifest,
}

/// Errors that prevent a plugin from being built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder cannot be opened.
    #[error("the folder {} cannot be opened", dir.display())]
    NoFolder {
        /// The folder.
        dir: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The folder lacks a file that every connector has.
    #[error("{} has no {what}: a connector's folder holds a Cargo.toml and a plugin.toml", dir.display())]
    NoFile {
        /// The missing file.
        what: &'static str,
        /// The folder.
        dir: PathBuf,
    },
    /// The manifest is invalid.
    #[error("{} is invalid\n\nhint: correct it there; `crosswalk plugin inspect` on a working plugin shows what it may contain", path.display())]
    Manifest {
        /// The `plugin.toml`.
        path: PathBuf,
        /// The cause.
        source: ManifestError,
    },
    /// cargo is missing.
    #[error("`cargo` is not on this machine\n\nhint: install Rust 1.95 or newer, with cargo")]
    NoCargo,
    /// cargo failed; its output states the reason.
    #[error("the crate cannot be built")]
    Cargo {
        /// The failure, with the last lines of output.
        source: ProcessError,
    },
    /// cargo's output is not understood.
    #[error("cargo's output is not understood: {why}")]
    CargoOutput {
        /// The unexpected part.
        why: String,
    },
    /// The `Cargo.toml` is a workspace's.
    #[error("{} describes no package: name the folder of the connector itself", manifest_path.display())]
    NoPackage {
        /// The `Cargo.toml`.
        manifest_path: PathBuf,
    },
    /// The crate makes no wasm module.
    #[error(
        "{} makes no wasm module\n\nhint: write\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]",
        manifest_path.display()
    )]
    NotCdylib {
        /// The `Cargo.toml`.
        manifest_path: PathBuf,
    },
    /// No compiler for wasm was found.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// The component imports what the host does not serve.
    #[error("{}", foreign(from, names))]
    ForeignImport {
        /// The module or interface.
        from: String,
        /// The imported names; empty for a whole interface.
        names: Vec<String>,
    },
    /// It lacks exports of the contract.
    #[error(
        "the component does not export {names}\n\nhint: a connector exports every function of the contract's world; \
        in Rust, is the export macro there, and not only natively?"
    )]
    MissingExports {
        /// Their names.
        names: String,
    },
    /// Its bindings are of another contract.
    #[error(
        "the connector's bindings are of contract {version}, and this host speaks {CONTRACT}\n\nhint: build it against \
        the contract files (wit/) or the SDK that came with this host"
    )]
    OtherContract {
        /// The version found.
        version: String,
    },
    /// It does not match the contract in another way.
    #[error("the component does not fit the contract {CONTRACT}: {why}")]
    Unfit {
        /// The mismatch, in the tools' words.
        why: String,
    },
    /// It exceeds the size limit.
    #[error(
        "the component has {bytes} bytes, more than the {limit} allowed\n\nhint: look for large tables or generated code \
        among its dependencies, or raise the limit here and on the host"
    )]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A file cannot be read or written.
    #[error("{} cannot be read or written", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

fn foreign(from: &str, names: &[String]) -> String {
    let what = match names {
        [] => String::new(),
        [first, rest @ ..] if rest.len() > 2 => format!(" ({first} and {} more)", rest.len()),
        some => format!(" ({})", some.join(", ")),
    };
    let why = match from {
        from if from.starts_with("wasi") => "a dependency uses the operating system (files, clock, randomness)",
        "env" => "a dependency calls C code that is not there",
        from if from.contains("wbindgen") => {
            "a dependency expects a browser: look for its feature `js` or `wasm-bindgen`"
        }
        _ => "a dependency uses something outside the contract",
    };
    format!(
        "the connector imports from `{from}`{what}: {why}\n\nhint: a connector can use only the contract's own \
        interfaces; `cargo tree --target {}` lists its dependencies",
        compiler::TARGET
    )
}

/// Builds the plugin in a folder. `progress` receives one line at a time: the current step, and
/// cargo's output.
///
/// # Errors
/// See [`BuildError`]; each says what to do.
pub fn build(options: &BuildOptions, progress: &mut dyn FnMut(&str)) -> Result<Built, BuildError> {
    let dir =
        fs::canonicalize(&options.dir).map_err(|source| BuildError::NoFolder { dir: options.dir.clone(), source })?;
    let manifest_path = dir.join("plugin.toml");
    if !manifest_path.is_file() {
        return Err(BuildError::NoFile { what: "plugin.toml", dir });
    }
    let (text, manifest) = read_manifest(manifest_path)?;
    let source = cargo::inspect(&dir)?;

    // cargo and apt run in other folders, where relative paths would resolve differently.
    let target_dir = absolute(options.target_dir.as_ref().unwrap_or(&source.target_dir))?;
    let toolchain_dir = options.toolchain_dir.as_deref().map(absolute).transpose()?;
    let toolchain_dir = toolchain_dir.unwrap_or_else(|| target_dir.join("toolchain"));
    let toolchain = toolchain::provide(options.toolchain, &toolchain_dir, &dir, progress)?;
    let module = cargo::compile(&source, &toolchain, &target_dir.join("connector"), progress)?;

    let component = component::finish(component::encode(&read(&module)?)?, &text)?;
    let out =
        options.out.clone().unwrap_or_else(|| target_dir.join("connectors").join(format!("{}.wasm", manifest.id)));
    save(component, out, manifest, options.max_bytes)
}

/// Inserts the manifest into a component built by other tools (from JavaScript or Python, say),
/// which makes it a plugin.
///
/// # Errors
/// A file cannot be read or written, the manifest is invalid, or the component does not match the
/// contract.
pub fn pack(component: &Path, manifest: &Path, out: &Path, max_bytes: u64) -> Result<Built, BuildError> {
    let (text, parsed) = read_manifest(manifest.to_owned())?;
    let plugin = component::finish(read(component)?, &text)?;
    save(plugin, out.to_owned(), parsed, max_bytes)
}

fn read_manifest(path: PathBuf) -> Result<(String, Manifest), BuildError> {
    let text = fs::read_to_string(&path).map_err(|source| BuildError::Io { path: path.clone(), source })?;
    let manifest = Manifest::parse(&text).map_err(|source| BuildError::Manifest { path, source })?;
    Ok((text, manifest))
}

fn absolute(path: &Path) -> Result<PathBuf, BuildError> {
    std::path::absolute(path).map_err(|source| BuildError::Io { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|source| BuildError::Io { path: path.to_owned(), source })
}

/// Writes the plugin to a temporary file and renames it, so that a host watching the folder never
/// sees a part of it.
fn save(plugin: Vec<u8>, file: PathBuf, manifest: Manifest, max_bytes: u64) -> Result<Built, BuildError> {
    let size = plugin.len() as u64;
    if size > max_bytes {
        return Err(BuildError::TooLarge { bytes: size, limit: max_bytes });
    }
    let failed = |source| BuildError::Io { path: file.clone(), source };
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    let part = file.with_extension(format!("part{}", std::process::id()));
    fs::write(&part, &plugin).and_then(|()| fs::rename(&part, &file)).map_err(failed)?;
    let digest = Sha256::digest(&plugin).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Built { file, digest, size, manifest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(manifest: Option<&str>) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        if let Some(text) = manifest {
            fs::write(dir.path().join("plugin.toml"), text).unwrap();
        }
        dir
    }

    fn refused(options: &BuildOptions) -> String {
        let error = build(options, &mut |_| {}).unwrap_err();
        let mut text = error.to_string();
        let mut next = std::error::Error::source(&error);
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    }

    #[test]
    fn what_is_wrong_with_a_folder_is_said_before_anything_is_compiled() {
        const GOOD: &str = "id = \"x\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\ntitle = \"X\"\n";
        let text = refused(&BuildOptions::new("no/such/folder"));
        assert!(text.contains("the folder no/such/folder cannot be opened"), "{text}");
        let text = refused(&BuildOptions::new(folder(None).path()));
        assert!(text.contains("has no plugin.toml"), "{text}");
        let text = refused(&BuildOptions::new(folder(Some("id = 1")).path()));
        assert!(text.contains("plugin.toml is invalid") && text.contains("the manifest cannot be read"), "{text}");
        let text = refused(&BuildOptions::new(folder(Some(&GOOD.replace("0.2.0\"\nt", "0.9.0\"\nt"))).path()));
        assert!(text.contains("wrong at `contract`: the plugin is for contract 0.9.0"), "{text}");
        let text = refused(&BuildOptions::new(folder(Some(GOOD)).path()));
        assert!(text.contains("has no Cargo.toml"), "{text}");

        let dir = folder(Some(GOOD));
        fs::create_dir(dir.path().join("src")).unwrap();
        fs::write(dir.path().join("src/lib.rs"), "").unwrap();
        let package = "[package]\nname = \"x\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
        fs::write(dir.path().join("Cargo.toml"), package).unwrap();
        let text = refused(&BuildOptions::new(dir.path()));
        assert!(text.contains("makes no wasm module") && text.contains("crate-type"), "{text}");
        fs::write(dir.path().join("Cargo.toml"), "[package]\nname = 7\n").unwrap();
        let text = refused(&BuildOptions::new(dir.path()));
        assert!(text.contains("the crate cannot be built") && text.contains("`cargo` failed"), "{text}");
    }

    #[test]
    fn a_component_over_the_limit_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deep/plugin.wasm");
        let manifest =
            Manifest::parse("id = \"x\"\nversion = \"0.1.0\"\ncontract = \"0.2.0\"\ntitle = \"X\"\n").unwrap();
        let error = save(vec![0; 11], file.clone(), manifest.clone(), 10).unwrap_err().to_string();
        assert!(error.contains("11 bytes, more than the 10 allowed"), "{error}");
        assert!(!file.exists());
        let built = save(b"abc".to_vec(), file.clone(), manifest, 10).unwrap();
        assert_eq!(built.digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((built.size, fs::read(&file).unwrap().as_slice()), (3, b"abc".as_slice()));
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }
}
