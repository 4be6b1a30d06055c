//! Resolves a plugin by its digest: read from the data folder, compiled or taken from the cache once a process.
//!
//! Installing and listing plugins is `desk`'s.

use super::parts::Parts;
use crate::error::Error;
use crosswalk_model::{Call, Verb, said};
use crosswalk_runtime::{Plugin, PluginError};
use crosswalk_store::PluginRow;
use std::path::{Path, PathBuf};

/// Returns the component with this digest, loaded once a process.
pub(crate) async fn plugin(parts: &Parts, digest: &str) -> Result<Plugin, Error> {
    if let Some(plugin) = recall(parts, digest) {
        return Ok(plugin);
    }
    let row = parts.store.plugin_by_digest(digest).await?.ok_or_else(|| {
        Error::not_found("plugin-with-digest", digest, said!("plugin-hint-again", add = Call::of(Verb::PluginAdd)))
    })?;
    let file = plugin_file(parts, &row);
    let plugin = parts.runtime.load_file(&file, &row.digest).await.map_err(|error| plugin_error(error, &file))?;
    remember(parts, digest, plugin.clone());
    Ok(plugin)
}

fn recall(parts: &Parts, digest: &str) -> Option<Plugin> {
    parts.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(digest).cloned()
}

/// Path of a component file: the row holds only its name, as the data folder may move.
pub(crate) fn plugin_file(parts: &Parts, row: &PluginRow) -> PathBuf {
    parts.data_dir.join("plugins").join(&row.file)
}

pub(crate) fn remember(parts: &Parts, digest: &str, plugin: Plugin) {
    parts.loaded.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(digest.to_owned(), plugin);
}

pub(crate) fn plugin_error(error: PluginError, file: &Path) -> Error {
    let hint = said!("plugin-hint-file", file = file.display().to_string());
    Error::Plugin(Box::new(error), hint)
}
