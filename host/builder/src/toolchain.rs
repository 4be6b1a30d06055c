//! Chooses the compiler for wasm from what is installed.
//!
//! Connectors are compiled for `wasm32-unknown-unknown`, whose standard library does not come with
//! Rust by default. Tried in this order: rustup's copy, if installed; Debian's toolchain, if
//! unpacked earlier; rustup's copy, fetched; Debian's toolchain, fetched (see `debian`). If all
//! fail, the error says what to install.

use super::compiler::{TARGET, Toolchain, ToolchainError};
use super::debian;
use super::process::{capture, is_available};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// rustup fetches some 20 MB, or waits for an unreachable server.
const FETCH: Duration = Duration::from_secs(90);
const QUERY_LIMIT: Duration = Duration::from_secs(60);

/// The operator's choice of toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ToolchainChoice {
    /// Any that works.
    #[default]
    Auto,
    /// The target's library beside the machine's own Rust.
    Installed,
    /// Debian's toolchain, even if another is available.
    Debian,
}

impl std::str::FromStr for ToolchainChoice {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "installed" => Ok(Self::Installed),
            "debian" => Ok(Self::Debian),
            _ => Err(format!("`{text}` is not a toolchain: use auto, installed or debian")),
        }
    }
}

/// Tools found on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Probes {
    /// The target's library is installed for the machine's own Rust.
    installed: bool,
    /// Debian's toolchain is already unpacked.
    debian_ready: bool,
    /// rustup is available.
    rustup: bool,
    /// apt and dpkg are available.
    apt: bool,
}

/// One method of obtaining a toolchain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    UseInstalled,
    UseDebian,
    FetchByRustup,
    FetchDebian,
}

/// Returns the methods to try, in order: installed ones before those that fetch.
fn ways(choice: ToolchainChoice, probes: Probes) -> Vec<Way> {
    let installed = choice != ToolchainChoice::Debian;
    let debian = choice != ToolchainChoice::Installed;
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

/// Finds a toolchain, or fetches one. `crate_dir` matters because a folder can select its own Rust.
///
/// # Errors
/// Every method failed; the message lists them and says what to install.
pub(super) fn provide(
    choice: ToolchainChoice,
    toolchain_dir: &Path,
    crate_dir: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<Toolchain, ToolchainError> {
    let installed = is_installed(crate_dir);
    let debian_ready = debian::is_ready(toolchain_dir);
    // Probing programs takes time, so they are probed only if it matters.
    let fetching = !installed && !debian_ready || choice != ToolchainChoice::Auto;
    let probes = Probes {
        installed,
        debian_ready,
        rustup: fetching && is_available("rustup"),
        apt: fetching && ["apt-get", "apt-cache", "dpkg"].into_iter().all(is_available),
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
    progress(&format!("fetching {TARGET} with rustup"));
    capture(Command::new("rustup").args(["target", "add", TARGET]).current_dir(crate_dir), FETCH)?;
    match is_installed(crate_dir) {
        true => Ok(()),
        // rustup serves another Rust than the `rustc` in use.
        false => Err(ToolchainError::Incomplete { missing: PathBuf::from(TARGET) }),
    }
}

/// Whether the machine's own Rust has the target's library.
fn is_installed(crate_dir: &Path) -> bool {
    let libdir = capture(
        Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).current_dir(crate_dir),
        QUERY_LIMIT,
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
            (ToolchainChoice::Auto, all, vec![UseInstalled, UseDebian]),
            (ToolchainChoice::Auto, bare, vec![FetchByRustup, FetchDebian]),
            (ToolchainChoice::Auto, Probes { debian_ready: true, ..bare }, vec![UseDebian, FetchByRustup]),
            (ToolchainChoice::Auto, Probes { rustup: false, ..bare }, vec![FetchDebian]),
            (ToolchainChoice::Auto, Probes { apt: false, ..bare }, vec![FetchByRustup]),
            (ToolchainChoice::Auto, Probes::default(), vec![]),
            (ToolchainChoice::Debian, all, vec![UseDebian]),
            (ToolchainChoice::Debian, bare, vec![FetchDebian]),
            (ToolchainChoice::Installed, all, vec![UseInstalled]),
            (ToolchainChoice::Installed, bare, vec![FetchByRustup]),
            (ToolchainChoice::Installed, Probes { rustup: false, ..bare }, vec![]),
        ] {
            assert_eq!(ways(choice, probes), expected, "{choice:?} {probes:?}");
        }
    }

    #[test]
    fn a_choice_is_one_of_three_words() {
        assert_eq!("debian".parse(), Ok(ToolchainChoice::Debian));
        assert_eq!(
            "nix".parse::<ToolchainChoice>().unwrap_err(),
            "`nix` is not a toolchain: use auto, installed or debian"
        );
    }
}
