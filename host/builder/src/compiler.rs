//! The compiler of connectors, and the errors of finding one. Which one is used is decided in
//! `toolchain.rs`.

use super::process::ProcessError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target connectors are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// What compiles a connector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// The machine's own Rust, which has the target's library.
    Installed,
    /// Another compiler, with which the library is built from source.
    BuildStd(BuildStd),
}

/// A compiler in a folder, and what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BuildStd {
    /// The compiler.
    pub(super) rustc: PathBuf,
    /// The linker for wasm.
    pub(super) linker: PathBuf,
    /// Where the compiler's own shared libraries are.
    pub(super) libraries: PathBuf,
}

impl Toolchain {
    /// Makes a cargo command use it.
    pub(super) fn apply(&self, cargo: &mut Command) {
        let Self::BuildStd(found) = self else { return };
        // Building the standard library is a nightly feature of cargo; this lets a
        // stable one do it. Cargo fetches the library's own few dependencies from the
        // registry, as it does the connector's, although copies lie beside the sources.
        cargo
            .args(["-Z", "build-std=std,panic_abort"])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", &found.rustc)
            .env("LD_LIBRARY_PATH", &found.libraries)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &found.linker);
    }
}

/// Why there is nothing to compile wasm with.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    /// Every way was tried.
    #[error(
        "there is nothing to compile for {TARGET} with{tried}\n\nhint: run `rustup target add {TARGET}`, or build on Debian with its security updates"
    )]
    None {
        /// What was tried, and why it failed.
        tried: String,
    },
    /// apt, dpkg or rustup failed.
    #[error("{source}")]
    Apt {
        /// How.
        source: ProcessError,
    },
    /// apt has no list, and may not fetch one.
    #[error(
        "apt does not know the package rustc-web, and its list cannot be fetched: {source}\n\nhint: run `apt-get update` as root"
    )]
    ListOutOfDate {
        /// How the attempt failed.
        source: ProcessError,
    },
    /// apt does not have a package.
    #[error("apt has no package {package}")]
    NoPackage {
        /// Which.
        package: String,
    },
    /// Something is not where Debian puts it.
    #[error("Debian's toolchain has no {}: delete its folder to have it fetched again", missing.display())]
    Incomplete {
        /// What is missing.
        missing: PathBuf,
    },
    /// The unpacked compiler does not start: a shared library of the system is missing.
    #[error("{} does not run: {source}\n\nhint: install what it misses, such as `apt-get install libedit2 libxml2 libz3-4`", rustc.display())]
    DoesNotRun {
        /// The compiler.
        rustc: PathBuf,
        /// What it said.
        source: ProcessError,
    },
    /// A folder or file.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// What could not be done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// For `map_err`: says what could not be done to which path.
pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ToolchainError {
    let path = path.to_owned();
    move |source| ToolchainError::Io { what, path, source }
}

impl From<ProcessError> for ToolchainError {
    fn from(source: ProcessError) -> Self {
        Self::Apt { source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_at_all_says_what_to_install() {
        let text = ToolchainError::None { tried: "\n- `rustup` is not on this machine".to_owned() }.to_string();
        assert!(text.contains("rustup target add wasm32-unknown-unknown"), "{text}");
        assert!(text.contains("`rustup` is not on this machine"), "{text}");
    }

    #[test]
    fn only_a_compiler_from_a_folder_builds_the_library() {
        let mut plain = Command::new("cargo");
        Toolchain::Installed.apply(&mut plain);
        assert_eq!((plain.get_args().count(), plain.get_envs().count()), (0, 0));
        let mut other = Command::new("cargo");
        let found = BuildStd { rustc: "r".into(), linker: "l".into(), libraries: "s".into() };
        Toolchain::BuildStd(found).apply(&mut other);
        assert_eq!(other.get_args().collect::<Vec<_>>(), ["-Z", "build-std=std,panic_abort"]);
        assert_eq!(other.get_envs().count(), 4);
    }
}
