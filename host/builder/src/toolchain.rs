//! Which compiler makes wasm: the choice, from what is on this machine.
//!
//! A connector is compiled for `wasm32-unknown-unknown`, whose standard library does
//! not come with Rust by itself. In this order: rustup's copy if it is installed;
//! Debian's toolchain if it was unpacked earlier; rustup's copy, fetched; Debian's
//! toolchain, fetched (see `debian`); else a sentence that says what to install.

use super::debian;
use super::process::{ProcessError, ask, is_there};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The target connectors are compiled for.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// rustup fetches some 20 MB, or waits for a server that cannot be reached.
const FETCH: Duration = Duration::from_secs(90);
const QUESTION: Duration = Duration::from_secs(60);

/// What the operator wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Choice {
    /// Whatever works.
    #[default]
    Auto,
    /// The target's library installed beside the machine's own Rust.
    Installed,
    /// Debian's toolchain, whatever else is there.
    Debian,
}

impl std::str::FromStr for Choice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "installed" => Ok(Self::Installed),
            "debian" => Ok(Self::Debian),
            _ => Err(format!("`{text}` is no toolchain: use auto, installed or debian")),
        }
    }
}

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

/// What is on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Probes {
    /// The target's library is installed for the machine's own Rust.
    installed: bool,
    /// Debian's toolchain was unpacked earlier.
    debian_ready: bool,
    /// rustup is there.
    rustup: bool,
    /// apt and dpkg are there.
    apt: bool,
}

/// One way to get a toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    UseInstalled,
    UseDebian,
    FetchByRustup,
    FetchDebian,
}

/// The ways to try, in order: what is there before what must be fetched.
fn ways(choice: Choice, probes: Probes) -> Vec<Way> {
    let installed = choice != Choice::Debian;
    let debian = choice != Choice::Installed;
    [
        (installed && probes.installed, Way::UseInstalled),
        (debian && probes.debian_ready, Way::UseDebian),
        (installed && probes.rustup && !probes.installed, Way::FetchByRustup),
        (debian && probes.apt && !probes.debian_ready, Way::FetchDebian),
    ]
    .into_iter()
    .filter_map(|(open, way)| open.then_some(way))
    .collect()
}

/// Finds a toolchain, or makes one. `crate_dir` matters since a folder can choose its
/// own Rust.
///
/// # Errors
/// No way works; the message says which were tried and what to install.
pub(super) fn provide(
    choice: Choice,
    toolchain_dir: &Path,
    crate_dir: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Toolchain, ToolchainError> {
    let installed = is_installed(crate_dir);
    let debian_ready = debian::is_ready(toolchain_dir);
    // Asking for programs takes time too: only when it matters.
    let fetching = !installed && !debian_ready || choice != Choice::Auto;
    let probes = Probes {
        installed,
        debian_ready,
        rustup: fetching && is_there("rustup"),
        apt: fetching && ["apt-get", "apt-cache", "dpkg"].into_iter().all(is_there),
    };
    let mut tried = String::new();
    for way in ways(choice, probes) {
        let result = match way {
            Way::UseInstalled => Ok(Toolchain::Installed),
            Way::UseDebian | Way::FetchDebian => debian::provide(toolchain_dir, progress).map(Toolchain::BuildStd),
            Way::FetchByRustup => fetch_by_rustup(crate_dir, progress).map(|()| Toolchain::Installed),
        };
        match result {
            Ok(toolchain) => return Ok(toolchain),
            Err(error) => {
                progress(&format!("{error}"));
                tried.push_str(&format!("\n- {error}"));
            }
        }
    }
    Err(ToolchainError::None { tried })
}

fn fetch_by_rustup(crate_dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), ToolchainError> {
    progress(&format!("asking rustup for {TARGET}"));
    ask(Command::new("rustup").args(["target", "add", TARGET]).current_dir(crate_dir), FETCH)?;
    match is_installed(crate_dir) {
        true => Ok(()),
        // rustup served another Rust than the one that `rustc` is.
        false => Err(ToolchainError::Incomplete { missing: PathBuf::from(TARGET) }),
    }
}

/// Whether the machine's own Rust has the target's library.
fn is_installed(crate_dir: &Path) -> bool {
    let libdir = ask(
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(crate_dir),
        QUESTION,
    );
    let Ok(libdir) = libdir else { return false };
    let entries = std::fs::read_dir(libdir.trim());
    entries.is_ok_and(|mut files| {
        files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libstd-")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_comes_before_what_must_be_fetched() {
        use Way::*;
        let all = Probes { installed: true, debian_ready: true, rustup: true, apt: true };
        let bare = Probes { installed: false, debian_ready: false, rustup: true, apt: true };
        for (choice, probes, expected) in [
            (Choice::Auto, all, vec![UseInstalled, UseDebian]),
            (Choice::Auto, bare, vec![FetchByRustup, FetchDebian]),
            (Choice::Auto, Probes { debian_ready: true, ..bare }, vec![UseDebian, FetchByRustup]),
            (Choice::Auto, Probes { rustup: false, ..bare }, vec![FetchDebian]),
            (Choice::Auto, Probes { apt: false, ..bare }, vec![FetchByRustup]),
            (Choice::Auto, Probes::default(), vec![]),
            (Choice::Debian, all, vec![UseDebian]),
            (Choice::Debian, bare, vec![FetchDebian]),
            (Choice::Installed, all, vec![UseInstalled]),
            (Choice::Installed, bare, vec![FetchByRustup]),
            (Choice::Installed, Probes { rustup: false, ..bare }, vec![]),
        ] {
            assert_eq!(ways(choice, probes), expected, "{choice:?} {probes:?}");
        }
    }

    #[test]
    fn nothing_at_all_says_what_to_install() {
        let text = ToolchainError::None { tried: "\n- `rustup` is not on this machine".to_owned() }.to_string();
        assert!(text.contains("rustup target add wasm32-unknown-unknown"), "{text}");
        assert!(text.contains("`rustup` is not on this machine"), "{text}");
    }

    #[test]
    fn a_choice_is_one_of_three_words() {
        assert_eq!("debian".parse(), Ok(Choice::Debian));
        assert_eq!("nix".parse::<Choice>().unwrap_err(), "`nix` is no toolchain: use auto, installed or debian");
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
