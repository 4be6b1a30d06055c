//! The author's crate as cargo describes it, and its compilation to a core module.

use super::BuildError;
use super::compiler::{TARGET, Toolchain};
use super::process::{self, ProcessError};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The profile connectors are compiled with. Speed comes first: optimised for size (`s`), a page
/// takes a third longer. A workspace may define its own profile under this name; these settings
/// apply if it does not. `panic` and `lto` cannot be set per package, hence a profile.
const PROFILE: &str = "connector";
const PROFILE_SETTINGS: [&str; 6] =
    ["inherits=\"release\"", "opt-level=3", "lto=true", "codegen-units=1", "panic=\"abort\"", "strip=true"];

const QUERY_LIMIT: Duration = Duration::from_secs(120);

/// The crate in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Crate {
    /// The path of its `Cargo.toml`.
    pub(super) manifest_path: PathBuf,
    /// Its name in cargo's messages.
    id: String,
    /// The target folder that cargo uses for it.
    pub(super) target_dir: PathBuf,
    /// Whether its workspace defines the connectors' profile.
    has_profile: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    crate_types: Vec<String>,
}

/// Inspects the crate in `dir` with cargo.
///
/// # Errors
/// cargo is missing or rejects the `Cargo.toml`, or the crate makes no `cdylib`.
pub(super) fn inspect(dir: &Path) -> Result<Crate, BuildError> {
    let manifest_path = dir.join("Cargo.toml");
    if !manifest_path.is_file() {
        return Err(BuildError::NoFile { what: "Cargo.toml", dir: dir.to_owned() });
    }
    let mut query = Command::new("cargo");
    query
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
        .arg(&manifest_path)
        .current_dir(dir);
    let text = process::capture(&mut query, QUERY_LIMIT).map_err(cargo_failed)?;
    let metadata: Metadata =
        serde_json::from_str(&text).map_err(|error| BuildError::CargoOutput { why: error.to_string() })?;
    let root = metadata.workspace_root.join("Cargo.toml");
    let root_text = std::fs::read_to_string(&root).map_err(|source| BuildError::Io { path: root, source })?;
    select(metadata, manifest_path, defines_profile(&root_text))
}

fn select(metadata: Metadata, manifest_path: PathBuf, has_profile: bool) -> Result<Crate, BuildError> {
    let package = metadata.packages.into_iter().find(|package| package.manifest_path == manifest_path);
    let Some(package) = package else {
        return Err(BuildError::NoPackage { manifest_path });
    };
    let makes = |word: &str| package.targets.iter().any(|target| target.crate_types.iter().any(|made| made == word));
    if !makes("cdylib") {
        return Err(BuildError::NotCdylib { manifest_path });
    }
    Ok(Crate { manifest_path, id: package.id, target_dir: metadata.target_directory, has_profile })
}

fn defines_profile(workspace_toml: &str) -> bool {
    let table: Result<toml::Table, _> = toml::from_str(workspace_toml);
    table.is_ok_and(|table| table.get("profile").is_some_and(|profiles| profiles.get(PROFILE).is_some()))
}

/// Compiles the crate and returns the path of the core module. Connectors have their own target
/// folder, so that their profile and the host's do not evict each other.
///
/// # Errors
/// The crate does not compile.
pub(super) fn compile(
    source: &Crate,
    toolchain: &Toolchain,
    target_dir: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<PathBuf, BuildError> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--lib", "--target", TARGET, "--profile", PROFILE]);
    if !source.has_profile {
        for setting in PROFILE_SETTINGS {
            cargo.args(["--config", &format!("profile.{PROFILE}.{setting}")]);
        }
    }
    cargo.args(["--message-format", "json-render-diagnostics", "--manifest-path"]).arg(&source.manifest_path);
    cargo.arg("--target-dir").arg(target_dir);
    if let Some(dir) = source.manifest_path.parent() {
        cargo.current_dir(dir);
    }
    toolchain.apply(&mut cargo);
    // From the first error on, cargo's output becomes the text of the error.
    let mut failing = false;
    let mut talk = |line: &str| {
        failing |= process::begins_error(line);
        if !failing {
            progress(line);
        }
    };
    let messages = process::run(&mut cargo, None, &mut talk).map_err(cargo_failed)?;
    artifact(&messages, &source.id)
        .ok_or_else(|| BuildError::CargoOutput { why: "it named no .wasm file of this crate".to_owned() })
}

/// Returns the `.wasm` file of a package from cargo's messages, one JSON object per line.
fn artifact(messages: &str, package_id: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Artifact {
        reason: String,
        package_id: String,
        filenames: Vec<PathBuf>,
    }
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Artifact>(line).ok())
        .filter(|message| message.reason == "compiler-artifact" && message.package_id == package_id)
        .flat_map(|message| message.filenames)
        .find(|file| file.extension().is_some_and(|extension| extension == "wasm"))
}

fn cargo_failed(source: ProcessError) -> BuildError {
    match source {
        ProcessError::Missing { .. } => BuildError::NoCargo,
        other => BuildError::Cargo { source: other },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(crate_type: &str) -> Metadata {
        let text = format!(
            r#"{{"packages": [
                {{"id": "other", "manifest_path": "/w/other/Cargo.toml", "targets": [{{"crate_types": ["bin"]}}]}},
                {{"id": "mine", "manifest_path": "/w/mine/Cargo.toml", "targets": [{{"crate_types": ["{crate_type}", "rlib"]}}]}}
            ], "target_directory": "/w/target", "workspace_root": "/w"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn the_crate_of_the_folder_is_taken() {
        let found = select(metadata("cdylib"), "/w/mine/Cargo.toml".into(), true).unwrap();
        assert_eq!((found.id.as_str(), found.target_dir.as_path()), ("mine", Path::new("/w/target")));
    }

    #[test]
    fn what_is_no_connector_crate_is_refused_with_what_to_write() {
        let error = select(metadata("lib"), "/w/mine/Cargo.toml".into(), true).unwrap_err().to_string();
        assert!(error.contains(r#"crate-type = ["cdylib", "rlib"]"#), "{error}");
        let error = select(metadata("cdylib"), "/w/Cargo.toml".into(), true).unwrap_err().to_string();
        assert!(error.contains("/w/Cargo.toml"), "{error}");
        let empty = tempfile::tempdir().unwrap();
        let error = inspect(empty.path()).unwrap_err().to_string();
        assert!(error.contains("Cargo.toml"), "{error}");
    }

    #[test]
    fn a_workspace_may_define_the_profile() {
        assert!(defines_profile("[profile.connector]\ninherits = \"release\"\n"));
        assert!(!defines_profile("[profile.release]\nlto = true\n"));
        assert!(!defines_profile("[package]\nname = \"x\"\n"));
    }

    #[test]
    fn the_artifact_is_that_of_the_package() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","package_id":"dep","filenames":["/t/libdep.rlib","/t/dep.wasm"]}"#,
            "\n",
            "not json\n",
            r#"{"reason":"compiler-message","package_id":"mine","message":{}}"#,
            "\n",
            r#"{"reason":"compiler-artifact","package_id":"mine","filenames":["/t/mine.wasm","/t/libmine.rlib"]}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        assert_eq!(artifact(messages, "mine"), Some("/t/mine.wasm".into()));
        assert_eq!(artifact(messages, "absent"), None);
    }
}
