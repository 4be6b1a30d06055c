//! Files that commands read and write, and tables in them; `-` is the standard stream.

use super::exit::Exit;
use super::output::{count, table};
use super::session::Session;
use anyhow::Context;
use crosswalk_engine::Import;
use crosswalk_engine::sheet::{self, Separator};
use crosswalk_model::SyncName;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads a file, or standard input.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return std::fs::read(file).with_context(|| format!("cannot read {}", file.display()));
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
    Ok(bytes)
}

/// Format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Separated values with a header, for a spreadsheet
    Csv,
    /// A list of objects
    Json,
}

/// Separator of the cells of a CSV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SeparatorArg {
    /// `;`, which a spreadsheet expects where a comma is the decimal mark
    Semicolon,
    /// `,`
    Comma,
    /// A tab
    Tab,
}

impl From<SeparatorArg> for Separator {
    fn from(arg: SeparatorArg) -> Self {
        match arg {
            SeparatorArg::Semicolon => Separator::Semicolon,
            SeparatorArg::Comma => Separator::Comma,
            SeparatorArg::Tab => Separator::Tab,
        }
    }
}

/// Options of a written table.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct TableArgs {
    /// The form: csv or json
    #[arg(long, default_value = "csv")]
    format: Format,
    /// The separator of CSV
    #[arg(long, default_value = "semicolon", value_name = "WHICH")]
    separator: SeparatorArg,
}

impl TableArgs {
    /// The format with its default separator.
    pub(super) fn of(format: Format) -> Self {
        Self { format, separator: SeparatorArg::Semicolon }
    }

    /// Renders rows as the text of a file.
    pub(super) fn text(self, columns: &[&str], rows: &[impl Serialize]) -> anyhow::Result<String> {
        Ok(match self.format {
            Format::Json => format!("{:#}\n", json!(rows)),
            Format::Csv => sheet::csv(columns, rows, self.separator.into())?,
        })
    }
}

/// A file with decisions, and options for importing it.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The sync
    pub(super) sync: SyncName,
    /// The file; `-` is standard input
    pub(super) file: PathBuf,
    /// Show what would change; store nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

impl ImportArgs {
    /// Shows the changes of an import, or those it would make.
    pub(super) fn answer(&self, session: &Session<'_>, what: &str, import: &Import) -> anyhow::Result<Exit> {
        let changed = import.records();
        session.output.answer(
            || {
                json!({
                    "changed": changed,
                    "stored": !self.dry_run,
                    "decision": import.decision,
                    "changes": import.changes,
                    "ignored_columns": import.ignored,
                })
            },
            || {
                let rows = import.changes.iter().map(|change| {
                    let either = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
                    [
                        change.row.to_string(),
                        format!("{} {}", change.kind, change.source),
                        change.name.clone(),
                        change.what.to_owned(),
                        either(&change.before),
                        either(&change.after),
                    ]
                });
                let mut text = String::new();
                if !import.changes.is_empty() {
                    text = format!("{}\n\n", table(["row", "record", "name", "what", "before", "after"], rows));
                }
                if !import.ignored.is_empty() {
                    text.push_str(&format!("ignored columns: {}\n", import.ignored.join(", ")));
                }
                let count = count(changed as u64, what);
                text.push_str(&match (self.dry_run, changed) {
                    (true, _) => format!("{count} would change; nothing was stored"),
                    (false, _) if import.decision.is_empty() => {
                        format!("{count} changed; next: crosswalk plan {}", self.sync)
                    }
                    (false, _) => format!(
                        "{count} changed; next: crosswalk plan {sync}; back: crosswalk link take-back {sync} {}",
                        import.decision,
                        sync = self.sync
                    ),
                });
                text
            },
        )?;
        Ok(Exit::Done)
    }
}

/// Writes a text to a file and reports `what` it contains, or prints it; with --json prints
/// `document`.
pub(super) fn write_out(
    session: &Session<'_>,
    file: Option<PathBuf>,
    what: &str,
    text: &str,
    document: impl FnOnce() -> Value,
) -> anyhow::Result<()> {
    match file.filter(|file| file.as_os_str() != "-") {
        None if session.output.json() => session.output.answer(document, String::new),
        None => session.output.file(text),
        Some(file) => {
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            session.output.answer(|| json!({ "file": file }), || format!("the {what} are in {}", file.display()))
        }
    }
}
