//! Plugins: installed once for all tenants, pinned by digest. Loading one for work is `ground::plugins`'s.

use crate::boxed;
use crate::error::Error;
use crate::ground::engine::Engine;
use crate::ground::parts::Parts;
use crate::ground::plugins::{self, plugin_error};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Description, Manifest, PluginId, Said, said};
use crosswalk_runtime::{Inspected, PluginError, Runtime};
use crosswalk_store::{PluginRow, make_private};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Result of `plugin_add`.
#[derive(Debug, Clone, Serialize)]
pub struct PluginAdded {
    /// The installed plugin.
    pub plugin: PluginView,
    /// The newest version before, if any.
    pub before: Option<String>,
    /// Whether this file was installed already.
    pub known: bool,
}

/// One plugin, for people and programs.
#[derive(Debug, Clone, Serialize)]
pub struct PluginView {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of its file, hex.
    pub digest: String,
    /// Bytes of its file.
    pub size: u64,
    /// Interfaces it imports.
    pub imports: Vec<String>,
    /// Its description; `None` when it was only inspected.
    pub description: Option<Description>,
}

/// An installed plugin that this host cannot use.
#[derive(Debug, Clone, Serialize)]
pub struct UnusablePlugin {
    /// Its id.
    pub id: PluginId,
    /// Its version.
    pub version: String,
    /// SHA-256 of its file as it was installed, hex.
    pub digest: String,
    /// Reason with a hint.
    pub problem: Said,
    /// Whether it is no longer needed: a newer version is installed, and no connection is pinned to this one.
    pub superseded: bool,
}

/// An installed plugin that this host can use.
#[derive(Debug, Clone, Serialize)]
pub struct UsablePlugin {
    /// The plugin.
    pub view: PluginView,
    /// As [`UnusablePlugin::superseded`].
    pub superseded: bool,
}

/// The installed plugins.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PluginList {
    /// Plugins that can be used.
    pub plugins: Vec<UsablePlugin>,
    /// Plugins that cannot be used: of another contract, changed, gone, or failing to describe themselves.
    pub unusable: Vec<UnusablePlugin>,
}

impl Engine {
    /// Installs a component file: checks it, compiles it once, keeps a copy, pins its digest. A connection keeps the
    /// version it was added with until it is moved.
    ///
    /// # Errors
    /// There is no such file, it is no component, its manifest is wrong, it is of another contract, or it has foreign
    /// imports.
    #[boxed]
    pub async fn plugin_add(&self, file: &Path) -> Result<PluginAdded, Error> {
        let parts = &self.parts;
        let bytes = std::fs::read(file).map_err(|source| Error::File { path: file.display().to_string(), source })?;
        let inspected = Runtime::inspect(&bytes).map_err(|error| plugin_error(error, file))?;
        let plugin = parts.runtime.load(&bytes).await.map_err(|error| plugin_error(error, file))?;
        let description = plugin.describe().await.map_err(|failure| Error::Vendor {
            connection: inspected.manifest.id.to_string(),
            failure,
            hint: said!("plugin-describe-failed"),
        })?;
        let before = parts.store.plugin_get(&inspected.manifest.id).await?;
        let known = parts.store.plugin_by_digest(&inspected.digest).await?.is_some();
        keep(&parts.data_dir, &inspected.digest, &bytes)?;
        if !known {
            let row = PluginRow {
                id: inspected.manifest.id.clone(),
                version: inspected.manifest.version.clone(),
                digest: inspected.digest.clone(),
                manifest: inspected.manifest_text.clone(),
                file: PathBuf::from(format!("{}.wasm", inspected.digest)),
                added_at: parts.clock.now(),
            };
            parts.store.plugin_insert(&row).await?;
        }
        plugins::remember(parts, &inspected.digest, plugin);
        Ok(PluginAdded { plugin: view(inspected, Some(description)), before: before.map(|row| row.version), known })
    }

    /// Returns the manifest and imports of a component file, without installing or running it.
    ///
    /// # Errors
    /// As [`plugin_add`](Self::plugin_add), except for what only running it shows.
    pub fn plugin_inspect_file(&self, file: &Path) -> Result<PluginView, Error> {
        let bytes = std::fs::read(file).map_err(|source| Error::File { path: file.display().to_string(), source })?;
        let inspected = Runtime::inspect(&bytes).map_err(|error| plugin_error(error, file))?;
        Ok(view(inspected, None))
    }

    /// Returns an installed plugin.
    ///
    /// # Errors
    /// There is no plugin of that name, or its file was changed.
    #[boxed]
    pub async fn plugin_inspect(&self, id: &PluginId) -> Result<PluginView, Error> {
        let row = self.parts.store.plugin_get(id).await?.ok_or_else(|| no_plugin(id))?;
        view_row(&self.parts, &row).await
    }

    /// Returns the installed plugins, every version of each; unusable ones separately.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn plugin_list(&self) -> Result<PluginList, Error> {
        let (rows, pinned) = tokio::try_join!(self.parts.store.plugin_list(), self.parts.store.plugins_pinned())?;
        let mut list = PluginList::default();
        let mut newest = None;
        for row in rows {
            // Rows are sorted with the newest version of each first.
            let superseded = newest.as_ref() == Some(&row.id) && !pinned.contains(&row.digest);
            newest = Some(row.id.clone());
            match view_row(&self.parts, &row).await {
                Ok(view) => list.plugins.push(UsablePlugin { view, superseded }),
                Err(error @ (Error::Plugin(..) | Error::Vendor { .. })) => {
                    let problem = unusable(&error);
                    list.unusable.push(UnusablePlugin {
                        id: row.id,
                        version: row.version,
                        digest: row.digest,
                        problem,
                        superseded,
                    });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(list)
    }
}

async fn view_row(parts: &Parts, row: &PluginRow) -> Result<PluginView, Error> {
    let plugin = plugins::plugin(parts, &row.digest).await?;
    let description = plugin.describe().await.map_err(|failure| Error::Vendor {
        connection: row.id.to_string(),
        failure,
        hint: said!("plugin-describe-failed"),
    })?;
    Ok(PluginView {
        manifest: plugin.manifest().clone(),
        digest: row.digest.clone(),
        size: std::fs::metadata(plugins::plugin_file(parts, row)).map(|meta| meta.len()).unwrap_or_default(),
        imports: plugin.inspected().imports.clone(),
        description: Some(description),
    })
}

pub(crate) fn no_plugin(id: &PluginId) -> Error {
    let (list, add) = (Call::of(Verb::PluginList), Call::of(Verb::PluginAdd));
    Error::not_found("plugin", id, said!("plugin-hint-list", list, add))
}

/// Reason why a plugin cannot be used, with a hint.
pub(crate) fn unusable(error: &Error) -> Said {
    let why = match error {
        // Its text names the command.
        Error::Plugin(plugin, _) if matches!(plugin.downcast_ref(), Some(PluginError::Digest { .. })) => {
            return causes(plugin.as_ref());
        }
        Error::Plugin(plugin, _) => causes(plugin.as_ref()),
        other => other.said(),
    };
    Said::several([why, said!("plugin-hint-add", add = Call::of(Verb::PluginAdd))])
}

/// Text of a failure of the sandbox with its causes.
fn causes(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Said {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.ends_with(&inner_text) {
            text.push_str(&format!(": {inner_text}"));
        }
        cause = inner.source();
    }
    text.into()
}

fn view(inspected: Inspected, description: Option<Description>) -> PluginView {
    PluginView {
        manifest: inspected.manifest,
        digest: inspected.digest,
        size: inspected.size,
        imports: inspected.imports,
        description,
    }
}

/// Stores the file under its digest: written beside, then renamed, so that a partial file is never found.
fn keep(data_dir: &Path, digest: &str, bytes: &[u8]) -> Result<(), Error> {
    let folder = data_dir.join("plugins");
    let path = folder.join(format!("{digest}.wasm"));
    let fault = |source| Error::File { path: path.display().to_string(), source };
    make_private(&folder).map_err(fault)?;
    let half = folder.join(format!("{digest}.{}.half", std::process::id()));
    std::fs::write(&half, bytes).map_err(fault)?;
    std::fs::rename(&half, &path).map_err(fault)
}
