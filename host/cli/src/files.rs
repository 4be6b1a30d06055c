//! Files that commands read and write, and tables in them; `-` is the standard stream.

use super::exit::Exit;
use super::link::{and_back, and_next, plan_call};
use super::output::{or_dash, table, word};
use super::session::Session;
use super::shapes;
use crosswalk_engine::Import;
use crosswalk_engine::error::Error;
use crosswalk_engine::sheet::{self, Separator};
use crosswalk_model::said::Arg;
use crosswalk_model::{Said, SyncName, said};
use crosswalk_say::Lang;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Reads a file, or standard input.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return std::fs::read(file).map_err(|source| unusable(file, source));
    }
    let mut bytes = Vec::new();
    let read = std::io::stdin().read_to_end(&mut bytes);
    read.map_err(|error| Error::invalid(said!("desk-cli-standard-input", detail = error.to_string()), ""))?;
    Ok(bytes)
}

/// Error for a file that cannot be read or written.
pub(super) fn unusable(file: &Path, source: std::io::Error) -> anyhow::Error {
    Error::File { path: file.display().to_string(), source }.into()
}

/// Rows of a file, with the message in their column `reason` as programs get it.
pub(super) fn worded(rows: &[impl Serialize], lang: Lang) -> anyhow::Result<Vec<Value>> {
    let worded = |row| {
        let mut row = serde_json::to_value(row)?;
        if let Some(reason) = row.get_mut("reason") {
            let said: Said = serde_json::from_value(reason.take())?;
            *reason = shapes::message(&said, lang);
        }
        Ok(row)
    };
    rows.iter().map(worded).collect()
}

/// A row of cells: of a message its text alone.
fn with_texts(row: &impl Serialize) -> serde_json::Result<Value> {
    let mut row = serde_json::to_value(row)?;
    for cell in row.as_object_mut().into_iter().flat_map(|cells| cells.values_mut()) {
        if cell.is_object() {
            *cell = cell["text"].take();
        }
    }
    Ok(row)
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
    /// The format: csv or json
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
            Format::Csv => {
                let rows = rows.iter().map(with_texts).collect::<Result<Vec<_>, _>>()?;
                sheet::csv(columns, &rows, self.separator.into())?
            }
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
    /// Shows the changes of an import of a `customer` or a `link`, or those it would make.
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
            || self.words(what, changed, import, session.output.lang()),
        )?;
        Ok(Exit::Done)
    }

    fn words(&self, what: &str, count: usize, import: &Import, lang: Lang) -> String {
        let rows = import.changes.iter().map(|change| {
            let record = said!("desk-cli-record", kind = change.kind, id = change.source.as_str());
            [
                change.row.to_string(),
                lang.say(record),
                change.name.clone(),
                word(lang, change.what),
                or_dash(Some(&change.before)),
                or_dash(Some(&change.after)),
            ]
        });
        let mut text = String::new();
        if !import.changes.is_empty() {
            let table = table(lang, ["row", "record", "name", "what", "before", "after"], rows);
            text = format!("{table}\n\n");
        }
        if !import.ignored.is_empty() {
            let columns = Arg::list(import.ignored.iter().map(String::as_str));
            text.push_str(&format!("{}\n", lang.say(said!("desk-cli-ignored-columns", columns))));
        }
        let changed = || said!("desk-cli-import-changed", what, count);
        text.push_str(&lang.say(match (self.dry_run, import.decision.is_empty()) {
            (true, _) => said!("desk-cli-import-would-change", what, count),
            (false, true) => and_next(changed(), &plan_call(&self.sync)),
            (false, false) => and_back(changed(), &self.sync, &import.decision),
        }));
        text
    }
}

/// Writes a text to a file and reports `what` it contains, `customers` or `links`, or prints it; with --json prints
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
            std::fs::write(&file, text).map_err(|source| unusable(&file, source))?;
            let path = file.display().to_string();
            let written = || session.output.lang().say(said!("desk-cli-written", what, path));
            session.output.answer(|| json!({ "file": file }), written)
        }
    }
}
