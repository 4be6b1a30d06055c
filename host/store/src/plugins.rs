//! Plugins: the installed components, for all tenants, each pinned by its digest.

use super::rows::{collect, first, is_duplicate, time, word};
use super::{Store, StoreError};
use crate::boxed;
use crosswalk_model::{PluginId, Timestamp};
use rusqlite::{Row, params};
use std::cmp::Reverse;
use std::collections::HashSet;
use std::path::PathBuf;

/// One installed component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRow {
    /// The id in its manifest.
    pub id: PluginId,
    /// The version in its manifest.
    pub version: String,
    /// SHA-256 of the component, lower-case hex: its key.
    pub digest: String,
    /// Its manifest, as TOML.
    pub manifest: String,
    /// The file of the component.
    pub file: PathBuf,
    /// Time of installation.
    pub added_at: Timestamp,
}

const COLUMNS: &str = "id, version, digest, manifest, file, added_at";

impl Store {
    /// Adds a component.
    ///
    /// # Errors
    /// `Exists`, if that digest is installed.
    #[boxed]
    pub async fn plugin_insert(&self, plugin: &PluginRow) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        self.write(move |db| {
            let sql = format!("INSERT INTO plugins ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
            db.prepare_cached(&sql)?
                .execute(params![
                    plugin.id.as_str(),
                    plugin.version,
                    plugin.digest,
                    plugin.manifest,
                    plugin.file.to_string_lossy(),
                    plugin.added_at.0
                ])
                .map(drop)
                .map_err(
                    |error| {
                        if is_duplicate(&error) { StoreError::exists("plugin", &plugin.digest) } else { error.into() }
                    },
                )
        })
        .await
    }

    /// Returns all components, by id, the newest version of each first.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plugin_list(&self) -> Result<Vec<PluginRow>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM plugins"))?;
            let mut plugins = collect(select.query([])?, read)?;
            plugins.sort_by_cached_key(|plugin| (plugin.id.clone(), Reverse(age(plugin))));
            Ok(plugins)
        })
        .await
    }

    /// Returns the newest version of a plugin.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plugin_get(&self, id: &PluginId) -> Result<Option<PluginRow>, StoreError> {
        let id = id.clone();
        self.read(move |db| {
            let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM plugins WHERE id = ?1"))?;
            Ok(collect(select.query([id.as_str()])?, read)?.into_iter().max_by_key(age))
        })
        .await
    }

    /// Returns the digests that connections of all tenants are pinned to.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plugins_pinned(&self) -> Result<HashSet<String>, StoreError> {
        self.read(|db| {
            let mut select = db.prepare_cached("SELECT DISTINCT digest FROM connections")?;
            Ok(collect(select.query([])?, |row| Ok(row.get(0)?))?.into_iter().collect())
        })
        .await
    }

    /// Returns the component with this digest.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plugin_by_digest(&self, digest: &str) -> Result<Option<PluginRow>, StoreError> {
        let digest = digest.to_owned();
        self.read(move |db| {
            let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM plugins WHERE digest = ?1"))?;
            first(select.query([digest])?, read)
        })
        .await
    }
}

fn read(row: &Row<'_>) -> Result<PluginRow, StoreError> {
    Ok(PluginRow {
        id: word(row, 0)?,
        version: row.get(1)?,
        digest: row.get(2)?,
        manifest: row.get(3)?,
        file: PathBuf::from(row.get::<_, String>(4)?),
        added_at: time(row, 5)?,
    })
}

/// The order of two rows of one plugin: by version, then by time of installation.
fn age(plugin: &PluginRow) -> (Option<semver::Version>, Timestamp) {
    (semver::Version::parse(&plugin.version).ok(), plugin.added_at)
}
