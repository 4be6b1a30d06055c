//! The compiler of connectors, and the errors of finding one. The choice among compilers is made in
//! `toolchain.rs`.

use super::process::ProcessError;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Compilation target of connectors.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler for connectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Toolchain {
    /// The machine's own Rust, which has the target's library.
    Installed,
    /// Another compiler, which builds the library from source.
    BuildStd(BuildStd),
}

/// A compiler in a folder, and its companions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BuildStd {
    /// The compiler.
    pub(super) rustc: PathBuf,
    /// The linker for wasm.
    pub(super) linker: PathBuf,
    /// The folder of the compiler's shared libraries.
    pub(super) libraries: PathBuf,
}

impl Toolchain {
    /// Makes a cargo command use this compiler.
    pub(super) fn apply(&self, cargo: &mut Command) {
        let Self::BuildStd(found) = self else { return };
        // Building the standard library is a nightly feature of cargo; this enables it in a stable
        // one. Cargo fetches the library's few dependencies from the registry, as it does the
        // connector's, although copies are beside the sources.
        cargo
            .args(["-Z", "build-std=std,panic_abort"])
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTC", &found.rustc)
            .env("LD_LIBRARY_PATH", &found.libraries)
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &found.linker);
    }
}

/// Errors that leave no compiler for wasm.
#[derive(Debug, thiserror::Error)]
pub enum ToolchainError {
    /// Every method failed.
    #[error(
        "no compiler for {TARGET} was found{tried}\n\nhint: run `rustup target add {TARGET}`, or build on Debian with its security updates"
    )]
    None {
        /// The methods tried, and their errors.
        tried: String,
    },
    /// apt, dpkg or rustup failed.
    #[error("{source}")]
    Apt {
        /// The failure.
        source: ProcessError,
    },
    /// apt has no package list and may not fetch one.
    #[error(
        "apt does not know the package rustc-web, and its list cannot be fetched: {source}\n\nhint: run `apt-get update` as root"
    )]
    ListOutOfDate {
        /// The failure of the attempt.
        source: ProcessError,
    },
    /// apt lacks a package.
    #[error("apt has no package {package}")]
    NoPackage {
        /// The package.
        package: String,
    },
    /// A file is not where Debian puts it.
    #[error("Debian's toolchain has no {}: delete its folder to have it fetched again", missing.display())]
    Incomplete {
        /// The missing file.
        missing: PathBuf,
    },
    /// The unpacked compiler does not start: the system lacks a shared library.
    #[error("{} does not run: {source}\n\nhint: install what is missing, such as `apt-get install libedit2 libxml2 libz3-4`", rustc.display())]
    DoesNotRun {
        /// The compiler.
        rustc: PathBuf,
        /// Its output.
        source: ProcessError,
    },
    /// A file operation failed.
    #[error("{what} {}: {source}", path.display())]
    Io {
        /// The operation.
        what: &'static str,
        /// The path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// For `map_err`: adds the failed operation and its path.
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
