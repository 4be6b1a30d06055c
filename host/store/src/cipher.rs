//! Secrets at rest: XChaCha20-Poly1305 with a random nonce, bound to the place where they are stored.
//!
//! A sealed text opens only under the same key and for the same tenant, connection and name. A row copied elsewhere in
//! the database is therefore useless. The extended nonce is long enough to be drawn at random without counting.
//!
//! The key is 32 bytes, from a file or passed as text. An absent file is made (readable by its owner only) when the
//! first secret is stored, never later.

use super::error::StoreError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use crosswalk_model::{Secret, said};
use sha2::{Digest as _, Sha256};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

const KEY: usize = 32;
const NONCE: usize = 24;
const CHECK: &[u8] = b"crosswalk key check";

/// The source of the key.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// A file with 32 bytes in base64 or hex, made on first use.
    File(PathBuf),
    /// The same text, passed by the caller.
    Value(Secret),
}

/// Seals and opens texts.
#[derive(Clone)]
pub(super) struct Cipher {
    aead: XChaCha20Poly1305,
    /// The key for digests, derived from the main key.
    digests: [u8; 32],
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cipher(…)")
    }
}

impl Cipher {
    /// Returns the cipher with an existing key.
    pub(super) fn load(source: &KeySource) -> Result<Self, StoreError> {
        match source {
            KeySource::Value(text) => Self::from_text(text.expose()),
            KeySource::File(path) => match std::fs::read_to_string(path) {
                Ok(_) if is_open_to_others(path) => Err(StoreError::KeyOpen { path: path.clone() }),
                Ok(text) => Self::from_text(&text),
                Err(error) if error.kind() == ErrorKind::NotFound => Err(StoreError::KeyMissing { path: path.clone() }),
                Err(source) => Err(StoreError::File { path: path.clone(), source }),
            },
        }
    }

    /// Returns the cipher with an existing key, or with a new one if the key file may be made.
    pub(super) fn load_or_make(source: &KeySource) -> Result<Self, StoreError> {
        match (Self::load(source), source) {
            (Err(StoreError::KeyMissing { .. }), KeySource::File(path)) => {
                let key = random::<KEY>()?;
                if make_file(path, &key)? { Ok(Self::from_key(&key)) } else { Self::load(source) }
            }
            (result, _) => result,
        }
    }

    fn from_text(text: &str) -> Result<Self, StoreError> {
        let text = text.trim();
        let bytes = unhex(text).or_else(|| STANDARD.decode(text).ok()).unwrap_or_default();
        let key: [u8; KEY] = bytes.try_into().map_err(|_| StoreError::KeyInvalid)?;
        Ok(Self::from_key(&key))
    }

    fn from_key(key: &[u8; KEY]) -> Self {
        let digests = Sha256::new().chain_update(b"crosswalk digests").chain_update(key).finalize().into();
        Self { aead: XChaCha20Poly1305::new(key.into()), digests }
    }

    /// Returns nonce and ciphertext of a text, bound to `belongs`.
    pub(super) fn seal(&self, text: &[u8], belongs: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = random::<NONCE>()?;
        let sealed = self
            .aead
            .encrypt(&XNonce::from(nonce), Payload { msg: text, aad: belongs })
            .map_err(|_| StoreError::TooLarge { what: said!("secret-too-large") })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Returns the text, if it was sealed under this key for `belongs`.
    pub(super) fn open(&self, sealed: &[u8], belongs: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
        self.aead.decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: belongs }).ok()
    }

    /// Returns a keyed digest of a text of one length. Without the key nobody can test guesses of the text against it.
    pub(super) fn digest(&self, text: &[u8; 32]) -> Vec<u8> {
        Sha256::new().chain_update(self.digests).chain_update(text).finalize().to_vec()
    }

    /// Returns a known text sealed under this key, by which the key is recognised later.
    pub(super) fn check_value(&self) -> Result<Vec<u8>, StoreError> {
        self.seal(CHECK, CHECK)
    }

    /// Whether a check value was made with this key.
    pub(super) fn made(&self, check: &[u8]) -> bool {
        self.open(check, CHECK).is_some_and(|text| text == CHECK)
    }
}

/// Whether any user of this machine may read or change a file. Its group may read it, because mounted secrets are
/// passed to services that way.
#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o027 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// Makes the key file, whole or not at all. Returns `false` if another process was faster.
fn make_file(path: &Path, key: &[u8; KEY]) -> Result<bool, StoreError> {
    let fault = |source| StoreError::File { path: path.to_owned(), source };
    let draft = path.with_extension(format!("draft-{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(STANDARD.encode(key).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    // A link, not a rename, because a link never replaces an existing key.
    let made = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    });
    let _ = std::fs::remove_file(&draft);
    made.map_err(fault)
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(bytes)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * KEY || !text.is_ascii() {
        return None;
    }
    (0..KEY).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(byte: u8) -> Cipher {
        Cipher::from_key(&[byte; KEY])
    }

    #[test]
    fn a_secret_opens_only_with_its_key_and_place() {
        let sealed = cipher(1).seal(b"hush", b"a\0b\0c").unwrap();
        assert_eq!(cipher(1).open(&sealed, b"a\0b\0c").unwrap(), b"hush");
        assert!(cipher(2).open(&sealed, b"a\0b\0c").is_none());
        assert!(cipher(1).open(&sealed, b"a\0b\0d").is_none());
        let mut touched = sealed.clone();
        *touched.last_mut().unwrap() ^= 1;
        assert!(cipher(1).open(&touched, b"a\0b\0c").is_none());
        assert!(cipher(1).open(b"short", b"a\0b\0c").is_none());
        assert_ne!(sealed, cipher(1).seal(b"hush", b"a\0b\0c").unwrap(), "a nonce is drawn each time");
    }

    #[test]
    fn a_key_is_base64_or_hex_of_32_bytes() {
        for (text, good) in [
            (STANDARD.encode([7; 32]), true),
            (format!(" {}\n", "07".repeat(32)), true),
            (STANDARD.encode([7; 31]), false),
            ("07".repeat(33), false),
            ("correct horse".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(Cipher::load(&KeySource::Value(Secret::new(&text))).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn a_key_file_is_made_once_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let source = KeySource::File(path.clone());
        assert!(matches!(Cipher::load(&source), Err(StoreError::KeyMissing { .. })));
        let check = Cipher::load_or_make(&source).unwrap().check_value().unwrap();
        assert!(Cipher::load(&source).unwrap().made(&check));
        assert!(Cipher::load_or_make(&source).unwrap().made(&check), "the second use takes the same key");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn debug_shows_no_key() {
        let text = "07".repeat(32);
        let source = KeySource::Value(Secret::new(&text));
        assert!(!format!("{source:?} {:?}", Cipher::load(&source)).contains("07"));
    }
}
