//! Debian's Rust, unpacked into a folder: the compiler, the library's sources and the linker, for
//! machines on which rustup cannot fetch the wasm target.
//!
//! Nothing is installed. Packages are downloaded with apt, which checks their signatures, and
//! unpacked with dpkg. Debian's compiler and library sources have the same version; rustup's
//! compiler cannot build the library of another. The folder appears atomically (built beside, then
//! renamed), and a lock file keeps two builds from creating it at the same time. To update, delete
//! the folder.

use super::compiler::{BuildStd, ToolchainError, io};
use super::process::{capture, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Written when the folder is complete: the packages and their versions.
const STAMP: &str = "packages.txt";

/// Downloads amount to 140 MB.
const DOWNLOAD: Duration = Duration::from_secs(15 * 60);
const QUERY_LIMIT: Duration = Duration::from_secs(60);

/// Whether the toolchain is unpacked and complete.
pub(super) fn is_ready(toolchain_dir: &Path) -> bool {
    folder(toolchain_dir).join(STAMP).is_file()
}

/// Returns Debian's toolchain, unpacking it first if absent.
///
/// # Errors
/// apt does not know or cannot fetch the packages, the disk is full, or the compiler does not run.
pub(super) fn provide(toolchain_dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<BuildStd, ToolchainError> {
    fs::create_dir_all(toolchain_dir).map_err(io("cannot make", toolchain_dir))?;
    let lock_path = toolchain_dir.join("lock");
    let lock = fs::File::create(&lock_path).map_err(io("cannot make", &lock_path))?;
    lock.lock().map_err(io("cannot lock", &lock_path))?;
    if !is_ready(toolchain_dir) {
        make(toolchain_dir, progress)?;
    }
    let found = find(&folder(toolchain_dir))?;
    capture(Command::new(&found.rustc).arg("--version").env("LD_LIBRARY_PATH", &found.libraries), QUERY_LIMIT)
        .map_err(|source| ToolchainError::DoesNotRun { rustc: found.rustc.clone(), source })?;
    Ok(found)
}

fn folder(toolchain_dir: &Path) -> PathBuf {
    toolchain_dir.join("debian")
}

fn make(toolchain_dir: &Path, progress: &mut dyn FnMut(&str)) -> Result<(), ToolchainError> {
    if candidate("rustc-web")?.is_none() {
        progress("fetching apt's list of packages");
        run(apt_get().arg("update"), Some(DOWNLOAD), &mut |_| {})
            .map_err(|source| ToolchainError::ListOutOfDate { source })?;
    }
    let packages = packages(&mut |package| depends(package))?;
    let mut stamp = String::new();
    for package in &packages {
        let version = candidate(package)?.ok_or_else(|| ToolchainError::NoPackage { package: package.clone() })?;
        stamp.push_str(&format!("{package} {version}\n"));
    }

    let part = toolchain_dir.join("debian.part");
    clear(&part)?;
    let archives = part.join("archives");
    fs::create_dir_all(&archives).map_err(io("cannot make", &archives))?;
    progress(&format!("downloading Debian's Rust (140 MB): {}", packages.join(" ")));
    run(apt_get().arg("download").args(&packages).current_dir(&archives), Some(DOWNLOAD), &mut |_| {})?;
    progress("unpacking");
    for entry in fs::read_dir(&archives).map_err(io("cannot read", &archives))? {
        let archive = entry.map_err(io("cannot read", &archives))?.path();
        run(Command::new("dpkg").arg("-x").arg(&archive).arg(&part), Some(DOWNLOAD), &mut |_| {})?;
    }
    clear(&archives)?;
    // Only the library's sources are built.
    for source in children(&part.join("usr/src"))? {
        clear(&source.join("src"))?;
        clear(&source.join("compiler"))?;
    }
    find(&part)?;
    let stamp_path = part.join(STAMP);
    fs::write(&stamp_path, stamp).map_err(io("cannot write", &stamp_path))?;
    let done = folder(toolchain_dir);
    clear(&done)?;
    fs::rename(&part, &done).map_err(io("cannot rename", &part))
}

/// Lists the packages to unpack. Versioned names (`libstd-rust-web-1.96`, `libllvm22`, `lld-22`)
/// change with Debian's updates, so they are found through their dependencies.
fn packages(
    depends: &mut dyn FnMut(&str) -> Result<Vec<String>, ToolchainError>,
) -> Result<Vec<String>, ToolchainError> {
    let mut one_of = |package: &str, start: &str| {
        depends(package)?
            .into_iter()
            .find(|name| name.starts_with(start))
            .ok_or_else(|| ToolchainError::NoPackage { package: format!("{start}… (which {package} should need)") })
    };
    let libstd = one_of("libstd-rust-web-dev", "libstd-rust-web-")?;
    let libllvm = one_of(&libstd, "libllvm")?;
    let lld = libllvm.replacen("libllvm", "lld-", 1);
    let fixed = ["rustc-web", "rust-web-src", "rust-web-llvm", "libstd-rust-web-dev"].map(str::to_owned);
    Ok(fixed.into_iter().chain([libstd, libllvm, lld]).collect())
}

fn depends(package: &str) -> Result<Vec<String>, ToolchainError> {
    let text = capture(apt_cache().args(["depends", package]), QUERY_LIMIT)?;
    Ok(parse_depends(&text))
}

fn parse_depends(text: &str) -> Vec<String> {
    text.lines().filter_map(|line| line.trim().strip_prefix("Depends: ")).map(str::to_owned).collect()
}

/// The version apt would install; `None` if unknown.
fn candidate(package: &str) -> Result<Option<String>, ToolchainError> {
    let text = capture(apt_cache().args(["policy", package]), QUERY_LIMIT)?;
    Ok(parse_candidate(&text))
}

fn parse_candidate(text: &str) -> Option<String> {
    let version = text.lines().find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (version != "(none)").then(|| version.to_owned())
}

fn apt_get() -> Command {
    in_english("apt-get")
}

fn apt_cache() -> Command {
    in_english("apt-cache")
}

fn in_english(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("LC_ALL", "C");
    command
}

/// Locates the parts of an unpacked toolchain.
fn find(root: &Path) -> Result<BuildStd, ToolchainError> {
    let mut libraries = None;
    for folder in children(&root.join("usr/lib"))? {
        let holds_compiler = |path: &PathBuf| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("librustc_driver-"))
        };
        if folder.is_dir() && children(&folder)?.iter().any(holds_compiler) {
            libraries = Some(folder);
        }
    }
    let found = BuildStd {
        rustc: root.join("usr/bin/rustc"),
        linker: root.join("usr/bin/rust-lld"),
        libraries: libraries.unwrap_or_else(|| root.join("usr/lib/librustc_driver")),
    };
    for path in [&found.rustc, &found.linker, &found.libraries] {
        if !path.exists() {
            return Err(ToolchainError::Incomplete { missing: path.clone() });
        }
    }
    Ok(found)
}

fn children(folder: &Path) -> Result<Vec<PathBuf>, ToolchainError> {
    let entries = fs::read_dir(folder).map_err(io("cannot read", folder))?;
    entries.map(|entry| Ok(entry.map_err(io("cannot read", folder))?.path())).collect()
}

fn clear(folder: &Path) -> Result<(), ToolchainError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io("cannot remove", folder)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_carry_a_version_are_asked_for() {
        let mut apt = |package: &str| {
            Ok(parse_depends(match package {
                "libstd-rust-web-dev" => {
                    "libstd-rust-web-dev\n  Depends: libstd-rust-web-1.97\n  Conflicts: <rustup>\n"
                }
                "libstd-rust-web-1.97" => "libstd-rust-web-1.97\n  Depends: libc6\n  Depends: libllvm23\n",
                _ => "",
            }))
        };
        assert_eq!(
            packages(&mut apt).unwrap().join(" "),
            "rustc-web rust-web-src rust-web-llvm libstd-rust-web-dev libstd-rust-web-1.97 libllvm23 lld-23"
        );
        let error = packages(&mut |_| Ok(Vec::new())).unwrap_err();
        assert!(error.to_string().contains("libstd-rust-web-"), "{error}");
    }

    #[test]
    fn a_candidate_is_a_version_or_nothing() {
        let policy = "rustc-web:\n  Installed: (none)\n  Candidate: 1.96.0+dfsg1-1~deb12u2\n  Version table:\n";
        assert_eq!(parse_candidate(policy).as_deref(), Some("1.96.0+dfsg1-1~deb12u2"));
        assert_eq!(parse_candidate("x:\n  Candidate: (none)\n"), None);
        assert_eq!(parse_candidate(""), None);
    }

    #[test]
    fn a_half_unpacked_toolchain_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("debian");
        for folder in ["usr/bin", "usr/lib/some-linux-gnu"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("usr/bin/rustc"), "").unwrap();
        fs::write(root.join("usr/lib/some-linux-gnu/librustc_driver-1.so"), "").unwrap();
        assert!(!is_ready(dir.path()));
        assert!(
            matches!(find(&root).unwrap_err(), ToolchainError::Incomplete { missing } if missing.ends_with("rust-lld"))
        );
        fs::write(root.join("usr/bin/rust-lld"), "").unwrap();
        assert_eq!(find(&root).unwrap().libraries, root.join("usr/lib/some-linux-gnu"));
    }
}
