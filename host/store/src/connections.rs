//! Connections: a tenant's accounts at vendors.

use super::rows::{collect, document, first, is_duplicate, to_document, word};
use super::{StoreError, TenantStore, accounts, health, secrets};
use crate::boxed;
use crosswalk_model::{Connection, ConnectionName, KnownAccount, Said, Secret, Timestamp};
use rusqlite::{Row, params};
use std::collections::BTreeMap;

const COLUMNS: &str = "name, plugin, digest, settings, grants, buckets, revision";

/// Everything that is needed to open a connection, from one transaction.
pub struct Opening {
    /// The connection.
    pub connection: Connection,
    /// All secrets of the connection.
    pub secrets: BTreeMap<String, Secret>,
    /// Time since which the connection is in quarantine, and the reason.
    pub quarantine: Option<(Timestamp, Said)>,
    /// What is known of its account; `None` before the vendor was asked.
    pub account: Option<KnownAccount>,
}

impl TenantStore {
    /// Adds a connection with its secrets, in one transaction; its revision becomes 1.
    ///
    /// # Errors
    /// `Exists`; `TooLarge` (a secret), and all errors of keys.
    #[boxed]
    pub async fn connection_insert(
        &self,
        connection: &Connection,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<(), StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        let sealed = self.seal(&connection.name, secrets).await?;
        let put = sealed.clone();
        self.write(move |db| {
            let sql = format!("INSERT INTO connections ({COLUMNS}, tenant) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7)");
            db.prepare_cached(&sql)?
                .execute(params![
                    connection.name.as_str(),
                    connection.plugin.as_str(),
                    connection.digest,
                    to_document(&connection.settings)?,
                    to_document(&connection.grants)?,
                    to_document(&connection.buckets)?,
                    tenant,
                ])
                .map(drop)
                .map_err(|error| {
                    if is_duplicate(&error) { StoreError::exists("connection", &connection.name) } else { error.into() }
                })?;
            put.put(db, tenant, connection_id(db, tenant, &connection.name)?)
        })
        .await?;
        self.sealed_with(sealed);
        Ok(())
    }

    /// Returns one connection.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn connection_get(&self, name: &ConnectionName) -> Result<Option<Connection>, StoreError> {
        let (tenant, name) = (self.id, name.clone());
        self.read(move |db| {
            let sql = format!("SELECT {COLUMNS} FROM connections WHERE tenant = ?1 AND name = ?2");
            first(db.prepare_cached(&sql)?.query(params![tenant, name.as_str()])?, read)
        })
        .await
    }

    /// Returns everything that is needed to open a connection; `None` if there is none of that name.
    ///
    /// # Errors
    /// All errors of keys.
    #[boxed]
    pub async fn connection_opening(&self, name: &ConnectionName) -> Result<Option<Opening>, StoreError> {
        let (tenant, wanted) = (self.id, name.clone());
        let stored = self
            .read(move |db| {
                let sql = format!("SELECT {COLUMNS}, id FROM connections WHERE tenant = ?1 AND name = ?2");
                let mut select = db.prepare_cached(&sql)?;
                let found =
                    first(select.query(params![tenant, wanted.as_str()])?, |row| Ok((read(row)?, row.get(7)?)))?;
                let Some((connection, id)) = found else { return Ok(None) };
                let quarantine = health::of(db, tenant, id)?.quarantine;
                Ok(Some((connection, quarantine, accounts::known(db, tenant, id)?, secrets::stored(db, tenant, id)?)))
            })
            .await?;
        let Some((connection, quarantine, account, secrets)) = stored else { return Ok(None) };
        let secrets = self.unsealed(name, secrets)?;
        Ok(Some(Opening { connection, secrets, quarantine, account }))
    }

    /// Returns all connections, by name.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn connection_list(&self) -> Result<Vec<Connection>, StoreError> {
        let tenant = self.id;
        self.read(move |db| {
            let sql = format!("SELECT {COLUMNS} FROM connections WHERE tenant = ?1 ORDER BY name");
            collect(db.prepare_cached(&sql)?.query([tenant])?, read)
        })
        .await
    }

    /// Stores a changed connection with these of its secrets, in one transaction, and returns its new revision. The
    /// revision shows that anything learnt from the vendor before is older than the login.
    ///
    /// # Errors
    /// `Stale`, unless its revision is the stored one; `NotFound`; `TooLarge` (a secret), and all errors of keys.
    #[boxed]
    pub async fn connection_update(
        &self,
        connection: &Connection,
        secrets: &BTreeMap<String, Secret>,
    ) -> Result<i64, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        let sealed = self.seal(&connection.name, secrets).await?;
        let put = sealed.clone();
        let stored = self
            .write(move |db| {
                let id = connection_id(db, tenant, &connection.name)?;
                let changed = db
                    .prepare_cached(
                        "UPDATE connections SET plugin = ?1, digest = ?2, settings = ?3, grants = ?4, buckets = ?5, \
                     revision = revision + 1 WHERE tenant = ?6 AND name = ?7 AND revision = ?8",
                    )?
                    .execute(params![
                        connection.plugin.as_str(),
                        connection.digest,
                        to_document(&connection.settings)?,
                        to_document(&connection.grants)?,
                        to_document(&connection.buckets)?,
                        tenant,
                        connection.name.as_str(),
                        connection.revision,
                    ])?;
                if changed == 0 {
                    return Err(StoreError::stale("connection", &connection.name));
                }
                put.put(db, tenant, id)?;
                Ok(connection.revision + 1)
            })
            .await?;
        self.sealed_with(sealed);
        Ok(stored)
    }
}

/// The number that keys use for a connection.
pub(super) fn connection_id(db: &rusqlite::Connection, tenant: i64, name: &ConnectionName) -> Result<i64, StoreError> {
    let mut select = db.prepare_cached("SELECT id FROM connections WHERE tenant = ?1 AND name = ?2")?;
    first(select.query(params![tenant, name.as_str()])?, |row| Ok(row.get(0)?))?
        .ok_or_else(|| StoreError::not_found("connection", name))
}

fn read(row: &Row<'_>) -> Result<Connection, StoreError> {
    Ok(Connection {
        name: word(row, 0)?,
        plugin: word(row, 1)?,
        digest: row.get(2)?,
        settings: document(row, 3, "settings")?,
        grants: document(row, 4, "grants")?,
        buckets: document(row, 5, "buckets")?,
        revision: row.get(6)?,
    })
}
