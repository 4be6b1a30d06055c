//! Secrets of connections, encrypted at rest (`cipher.rs`).

use super::cipher::Cipher;
use super::connections::connection_id;
use super::rows::{check_length, collect, first};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Secret, said};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// The longest name of a secret, and the longest secret, in bytes. A private key fits.
const LIMITS: (usize, usize) = (100, 64 * 1024);

/// Encrypted secrets to be stored in a transaction; `None` if there are none.
#[derive(Clone)]
pub(super) struct Sealed(Option<Seal>);

#[derive(Clone)]
struct Seal {
    cipher: Cipher,
    /// The value by which the cipher's key is recognised.
    check: Vec<u8>,
    /// Each secret, by its name.
    rows: Vec<(String, Vec<u8>)>,
}

impl Sealed {
    /// Stores the secrets.
    ///
    /// # Errors
    /// Another process stored secrets first, with another key.
    pub(super) fn put(&self, db: &Connection, tenant: i64, connection: i64) -> Result<(), StoreError> {
        let Some(Seal { cipher, check, rows }) = &self.0 else { return Ok(()) };
        db.prepare_cached("INSERT INTO key_check (id, sealed) VALUES (1, ?1) ON CONFLICT DO NOTHING")?
            .execute([check])?;
        if !key_check(db)?.is_some_and(|check| cipher.made(&check)) {
            return Err(StoreError::WrongKey);
        }
        let mut insert = db.prepare_cached(
            "INSERT INTO secrets (tenant, connection, name, sealed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
        )?;
        for (name, sealed) in rows {
            insert.execute(params![tenant, connection, name, sealed])?;
        }
        Ok(())
    }
}

impl TenantStore {
    /// Encrypts secrets for a transaction that stores them ([`Sealed::put`]). After its commit
    /// [`sealed_with`](Self::sealed_with) must be called. Makes the key file, if one is configured and these are the
    /// first secrets of the database.
    ///
    /// # Errors
    /// `TooLarge`, and all errors of keys.
    pub(super) async fn seal(
        &self,
        connection: &ConnectionName,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<Sealed, StoreError> {
        for (name, secret) in secrets {
            check_length("secret-name", name, LIMITS.0)?;
            if secret.expose().len() > LIMITS.1 {
                return Err(StoreError::TooLarge { what: said!("too-large-secret", name, most = LIMITS.1) });
            }
        }
        if secrets.is_empty() {
            return Ok(Sealed(None));
        }
        let cipher = self.cipher_or_new().await?;
        let check = cipher.check_value()?;
        let seal = |(name, secret): (&String, &Secret)| {
            let sealed = cipher.seal(secret.expose().as_bytes(), &self.place(connection, name))?;
            Ok((name.clone(), sealed))
        };
        let rows = secrets.iter().map(seal).collect::<Result<_, StoreError>>()?;
        Ok(Sealed(Some(Seal { cipher, check, rows })))
    }

    /// Remembers the key that stored secrets are encrypted with.
    pub(super) fn sealed_with(&self, sealed: Sealed) {
        if let Some(Seal { cipher, .. }) = sealed.0 {
            let _ = self.base.cipher.set(cipher);
        }
    }

    /// Returns all secrets of a connection.
    ///
    /// # Errors
    /// `NotFound` (the connection), and all errors of keys.
    #[boxed]
    pub async fn secrets(&self, connection: &ConnectionName) -> Result<BTreeMap<String, Secret>, StoreError> {
        let (tenant, name) = (self.id, connection.clone());
        let stored = self.read(move |db| stored(db, tenant, connection_id(db, tenant, &name)?)).await?;
        self.unsealed(connection, stored)
    }

    /// Decrypts the secrets of a connection.
    ///
    /// # Errors
    /// All errors of keys.
    pub(super) fn unsealed(
        &self,
        connection: &ConnectionName,
        Stored { check, rows }: Stored,
    ) -> Result<BTreeMap<String, Secret>, StoreError> {
        let (Some(check), false) = (check, rows.is_empty()) else { return Ok(BTreeMap::new()) };
        let cipher = self.cipher(&check)?;
        rows.into_iter()
            .map(|(name, sealed)| {
                let text = cipher
                    .open(&sealed, &self.place(connection, &name))
                    .and_then(|text| String::from_utf8(text).ok())
                    .ok_or_else(|| StoreError::unreadable("secret", "it does not open"))?;
                Ok((name, Secret::new(text)))
            })
            .collect()
    }

    /// Returns a digest of an account under the key of the secrets. Without a key the account has nothing secret in it.
    pub(super) fn account_digest(&self, account: &[u8; 32]) -> Vec<u8> {
        self.base.cipher.get().map_or_else(|| account.to_vec(), |cipher| cipher.digest(account))
    }

    /// The place that a sealed text is bound to. Only a secret's name can contain a NUL, so it comes last.
    fn place(&self, connection: &ConnectionName, name: &str) -> Vec<u8> {
        format!("{}\0{connection}\0{name}", self.name).into_bytes()
    }

    /// Returns the cipher that made `check`.
    fn cipher(&self, check: &[u8]) -> Result<Cipher, StoreError> {
        if let Some(cipher) = self.base.cipher.get() {
            return Ok(cipher.clone());
        }
        let cipher = Cipher::load(&self.base.key)?;
        if !cipher.made(check) {
            return Err(StoreError::WrongKey);
        }
        let _ = self.base.cipher.set(cipher.clone());
        Ok(cipher)
    }

    /// Returns the cipher in use; while there are no secrets, one whose key may be made.
    async fn cipher_or_new(&self) -> Result<Cipher, StoreError> {
        match self.read(key_check).await? {
            Some(check) => self.cipher(&check),
            None => Cipher::load_or_make(&self.base.key),
        }
    }
}

/// The stored secrets of a connection.
pub(super) struct Stored {
    /// The value by which the key is recognised, once there are secrets.
    check: Option<Vec<u8>>,
    /// Each secret, encrypted, by its name.
    rows: Vec<(String, Vec<u8>)>,
}

pub(super) fn stored(db: &Connection, tenant: i64, connection: i64) -> Result<Stored, StoreError> {
    let mut select = db.prepare_cached("SELECT name, sealed FROM secrets WHERE tenant = ?1 AND connection = ?2")?;
    let rows = collect(select.query([tenant, connection])?, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Stored { check: key_check(db)?, rows })
}

/// The value by which the key is recognised, once there are secrets.
pub(super) fn key_check(db: &Connection) -> Result<Option<Vec<u8>>, StoreError> {
    first(db.prepare_cached("SELECT sealed FROM key_check")?.query([])?, |row| Ok(row.get(0)?))
}
