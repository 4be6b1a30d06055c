//! Customers in a file: how hundreds are mapped and switched at once.

use crate::cli::exit::Exit;
use crate::cli::files;
use crate::cli::output::count;
use crate::cli::session::Session;
use crate::engine::CustomerFilter;
use crate::model::SyncName;
use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Format {
    /// Comma-separated values with a header
    Csv,
    /// A list of objects
    Json,
}

/// Rows as the text of a file.
pub(in crate::cli) fn text(rows: &[impl Serialize], format: Format) -> anyhow::Result<String> {
    if format == Format::Json {
        return Ok(format!("{:#}\n", json!(rows)));
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row)).context("a row does not fit into CSV")?;
    let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("CSV could not be written: {error}"))?;
    Ok(String::from_utf8(bytes)?)
}

pub(super) async fn export(
    session: &Session<'_>,
    sync: &SyncName,
    filter: &CustomerFilter,
    format: Format,
    output: Option<PathBuf>,
) -> anyhow::Result<Exit> {
    let rows = session.tenant().await?.customer_export(sync, filter).await?;
    files::give(session, output, "customers", &text(&rows, format)?, || json!(rows))?;
    Ok(Exit::Done)
}

pub(super) async fn import(session: &Session<'_>, sync: &SyncName, file: &Path) -> anyhow::Result<Exit> {
    let text = files::read(file)?;
    let changed = session.tenant().await?.customer_import(sync, &text).await?;
    session.output.answer(
        || json!({ "changed": changed }),
        || format!("{} changed; next: crosswalk plan {sync}", count(changed as u64, "customer")),
    )?;
    Ok(Exit::Done)
}
