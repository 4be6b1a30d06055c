//! Writes a table as CSV that a spreadsheet opens correctly: UTF-8 with a byte order mark, and cells that stay texts.

use super::cell::guarded;
use crate::error::Error;
use crosswalk_model::{Said, said};
use serde::Serialize;
use serde_json::Value;

/// Separator between two cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separator {
    /// `;`: where a comma is the decimal mark (Italy, Germany), spreadsheets split lines at semicolons.
    #[default]
    Semicolon,
    /// `,`
    Comma,
    /// A tab.
    Tab,
}

impl Separator {
    fn byte(self) -> u8 {
        match self {
            Separator::Semicolon => b';',
            Separator::Comma => b',',
            Separator::Tab => b'\t',
        }
    }
}

/// Writes rows as the text of a CSV file, with `columns` as its header. Each row is a flat object; a missing member is
/// an empty cell. A message has to be text in the reader's language already.
///
/// # Errors
/// A row that is not a flat object.
pub fn csv(columns: &[&str], rows: &[impl Serialize], separator: Separator) -> Result<String, Error> {
    let unwritable = |why: &dyn std::fmt::Display| {
        Error::invalid(said!("import-unwritable", detail = why.to_string()), Said::default())
    };
    let mut writer = csv::WriterBuilder::new().delimiter(separator.byte()).from_writer(Vec::new());
    writer.write_record(columns).map_err(|error| unwritable(&error))?;
    for row in rows {
        let row = serde_json::to_value(row).map_err(|error| unwritable(&error))?;
        let cells = columns.iter().map(|column| match row.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => guarded(text),
            // Numbers written by the host are meant as numbers.
            Some(other) => other.to_string(),
        });
        writer.write_record(cells).map_err(|error| unwritable(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
    Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
}
