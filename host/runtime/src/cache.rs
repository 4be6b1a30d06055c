//! Compiled components on disk, so that a component is compiled once per machine.
//!
//! A cache file contains machine code that the engine runs without validation, so it is used only
//! with a valid seal by this folder's own key: a Poly1305 tag over the code, bound to the
//! component's digest and to the engine's version and settings. A damaged file, one copied from
//! elsewhere, or one of another engine is not loaded; the component is compiled again. The folder
//! and the key are readable by the user alone.
//!
//! A cache that cannot be read or written costs time, not correctness: this is logged, and work
//! continues without it.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The first bytes of a cache file: its type and the layout's version.
const MAGIC: &[u8; 8] = b"cwcache1";
const NONCE: usize = 12;
/// The sealed name (SHA-256) and its tag.
const SEAL: usize = 32 + 16;
const HEAD: usize = MAGIC.len() + NONCE + SEAL;

/// The folder of compiled components.
pub(super) struct Cache {
    folder: PathBuf,
    key: Key,
}

impl Cache {
    /// Opens the folder, creating it and its key if absent.
    ///
    /// # Errors
    /// The folder or its key can be neither read nor created.
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        make_private(folder)?;
        let key = read_key(&folder.join("key"))?;
        Ok(Self { folder: folder.to_owned(), key })
    }

    /// Returns the compiled component if it is cached and intact.
    pub(super) fn get(&self, engine: &Engine, digest: &str) -> Option<Component> {
        let name = name(engine, digest);
        let path = self.path(&name);
        let file = fs::read(&path).ok()?;
        let Some(code) = self.unseal(&name, &file) else {
            tracing::warn!(path = %path.display(), "a cache file is damaged or was sealed elsewhere; the component is compiled again");
            return None;
        };
        // SAFETY: the bytes were produced by `Component::serialize` of this engine's version and
        // settings (both are part of `name`) and have not changed since: the tag was made with a
        // key that only this user can read.
        #[expect(unsafe_code, reason = "machine code from disk; its seal was checked just above")]
        let component = unsafe { Component::deserialize(engine, code) };
        component.inspect_err(|error| tracing::warn!(path = %path.display(), %error, "a cache file is not loaded")).ok()
    }

    /// Stores a compiled component.
    pub(super) fn put(&self, engine: &Engine, digest: &str, component: &Component) {
        let name = name(engine, digest);
        let kept = component.serialize().map_err(io::Error::other).and_then(|code| {
            let file = self.seal(&name, &code)?;
            write_whole(&self.path(&name), &file)
        });
        if let Err(error) = kept {
            tracing::warn!(folder = %self.folder.display(), %error, "a compiled component cannot be cached; it will be compiled again next time");
        }
    }

    fn path(&self, name: &[u8; 32]) -> PathBuf {
        let hex: String = name[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.join(hex).with_extension("cwasm")
    }

    fn seal(&self, name: &[u8; 32], code: &[u8]) -> io::Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(io::Error::other)?;
        let payload = Payload { msg: name, aad: code };
        let seal = ChaCha20Poly1305::new(&self.key).encrypt(&Nonce::from(nonce), payload).map_err(io::Error::other)?;
        Ok([MAGIC.as_slice(), &nonce, &seal, code].concat())
    }

    fn unseal<'f>(&self, name: &[u8; 32], file: &'f [u8]) -> Option<&'f [u8]> {
        let (head, code) = file.split_at_checked(HEAD)?;
        let (nonce, seal) = head.strip_prefix(MAGIC)?.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let payload = Payload { msg: seal, aad: code };
        let sealed = ChaCha20Poly1305::new(&self.key).decrypt(&Nonce::from(nonce), payload).ok()?;
        (sealed == name).then_some(code)
    }
}

/// The name of a cache file: a digest of the component and of everything that shapes its machine
/// code.
fn name(engine: &Engine, digest: &str) -> [u8; 32] {
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let mut name = Sha256::new();
    name.update(env!("CARGO_PKG_VERSION"));
    name.update(hasher.finish().to_le_bytes());
    name.update(digest);
    name.finalize().into()
}

fn read_key(path: &Path) -> io::Result<Key> {
    if let Ok(key) = fs::read(path) {
        return <[u8; 32]>::try_from(key.as_slice()).map(Key::from).map_err(|_| {
            io::Error::other(format!("{} is damaged; remove its folder to have it made again", path.display()))
        });
    }
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    write_once(path, &key)?;
    // Another process may have been first; its key wins.
    read_key(path)
}

/// Writes a file atomically, unless it exists.
fn write_once(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path)?;
    write_private(&temporary, bytes)?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Writes a file atomically, replacing an existing one.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary(path)?;
    write_private(&temporary, bytes).and_then(|()| fs::rename(&temporary, path)).inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

fn temporary(path: &Path) -> io::Result<PathBuf> {
    let random = getrandom::u64().map_err(io::Error::other)?;
    Ok(path.with_extension(format!("{random:016x}.part")))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: [u8; 32] = [7; 32];

    #[test]
    fn only_what_was_sealed_here_for_this_name_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("one")).unwrap();
        let sealed = cache.seal(&NAME, b"machine code").unwrap();
        assert_eq!(cache.unseal(&NAME, &sealed), Some(b"machine code".as_slice()));
        assert_eq!(cache.unseal(&[8; 32], &sealed), None, "made for another component or engine");
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(cache.unseal(&NAME, &damaged), None, "byte {at}");
            assert_eq!(cache.unseal(&NAME, &sealed[..at]), None, "cut at {at}");
        }
        let elsewhere = Cache::open(&folder.path().join("two")).unwrap();
        assert_eq!(elsewhere.unseal(&NAME, &sealed), None, "copied from another folder");
        let again = Cache::open(&folder.path().join("one")).unwrap();
        assert_eq!(again.unseal(&NAME, &sealed), Some(b"machine code".as_slice()));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_is_the_user_s_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        Cache::open(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(path.join("key")).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
