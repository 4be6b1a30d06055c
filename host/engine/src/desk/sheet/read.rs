//! Reads a table from a file that a person edited or a program wrote. Deciding by its rows is the importers'.

use super::cell::unguarded;
use crosswalk_model::said::Arg;
use crosswalk_model::{Said, said};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::HashMap;

/// Form of the expected table.
#[derive(Debug, Clone, Copy)]
pub struct Form {
    /// Noun for its rows, in the plural, which the catalogues know: `customers` or `links`.
    pub what: &'static str,
    /// Columns that every row needs.
    pub required: &'static [&'static str],
    /// Columns that decide.
    pub deciding: &'static [&'static str],
    /// All known columns, those above included.
    pub known: &'static [&'static str],
}

impl Form {
    /// Whether a column identifies a row or decides.
    fn decides(&self, column: &str) -> bool {
        self.required.contains(&column) || self.deciding.contains(&column)
    }
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The rows, without empty ones.
    pub rows: Vec<Row>,
    /// Unknown columns, which were ignored.
    pub ignored: Vec<String>,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number as a spreadsheet shows it: the header is row 1. In JSON the position in the list, from 1.
    pub number: usize,
    cells: HashMap<String, String>,
}

impl Row {
    /// Parses the row into a struct whose members are the known columns, all of them texts.
    ///
    /// # Errors
    /// One sentence on what does not fit.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Said> {
        let members: Map<String, Value> =
            self.cells.iter().map(|(name, cell)| (name.clone(), Value::String(cell.clone()))).collect();
        serde_json::from_value(Value::Object(members))
            .map_err(|error| said!("file-row-unreadable", detail = error.to_string()))
    }
}

impl Sheet {
    /// Reads a CSV or JSON file as it was saved.
    ///
    /// # Errors
    /// One sentence on why the file as a whole cannot be read, and how to save it.
    pub fn read(bytes: &[u8], form: &Form) -> Result<Self, Said> {
        let text = decoded(bytes)?;
        if text.trim_start().starts_with('[') {
            return Self::of_json(&text, form);
        }
        Self::of_csv(&text, form)
    }

    fn of_json(text: &str, form: &Form) -> Result<Self, Said> {
        let values: Vec<Map<String, Value>> =
            serde_json::from_str(text).map_err(|error| said!("import-json-unreadable", detail = error.to_string()))?;
        let mut rows = Vec::with_capacity(values.len());
        let mut names: Vec<String> = Vec::new();
        for (index, members) in values.into_iter().enumerate() {
            let mut cells = HashMap::with_capacity(members.len());
            for (name, value) in members {
                let cell = match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.trim().to_owned(),
                    Value::Bool(_) | Value::Number(_) => value.to_string(),
                    Value::Array(_) | Value::Object(_) if form.decides(&name) => {
                        let object = (index + 1).to_string();
                        return Err(said!("import-json-no-text", object, member = name));
                    }
                    // A message for people.
                    Value::Array(_) | Value::Object(_) => String::new(),
                };
                if !names.contains(&name) {
                    names.push(name.clone());
                }
                cells.insert(name, cell);
            }
            if let Some(missing) = form.required.iter().find(|name| !cells.contains_key(**name)) {
                return Err(said!("import-json-no-member", object = (index + 1).to_string(), member = *missing));
            }
            rows.push(Row { number: index + 1, cells });
        }
        let ignored = ignored(names, form)?;
        for row in &mut rows {
            row.cells.retain(|name, _| !ignored.contains(name));
        }
        Ok(Self { rows, ignored })
    }

    fn of_csv(text: &str, form: &Form) -> Result<Self, Said> {
        // A spreadsheet consumes the `sep=` line itself: it has no row number.
        let (declared, text) = match text.split_once('\n') {
            Some((first, rest)) if first.to_ascii_lowercase().starts_with("sep=") && first.len() == 5 => {
                (first.as_bytes().get(4).copied(), rest)
            }
            _ => (None, text),
        };
        let header_line = text.lines().next().unwrap_or_default();
        let separator = declared.unwrap_or_else(|| separator(header_line, form));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut lines = Numbered { row: 0, next_line: 1 };
        let mut header = csv::StringRecord::new();
        match reader.read_record(&mut header) {
            Ok(true) => lines.number(&header, reader.position()),
            Ok(false) => return Err(said!("import-csv-empty", what = form.what)),
            Err(error) => return Err(said!("import-csv-header-unreadable", detail = error.to_string())),
        };
        let columns: Vec<String> = header.iter().map(column_name).collect();
        if let Some(missing) = form.required.iter().find(|name| !columns.iter().any(|column| column == *name)) {
            let columns = listed(&columns);
            return Err(said!("import-csv-no-column", what = form.what, missing = *missing, columns));
        }
        if let Some(twice) =
            columns.iter().enumerate().find(|(at, name)| !name.is_empty() && columns[..*at].contains(name))
        {
            return Err(said!("import-csv-column-twice", column = twice.1));
        }
        let ignored = ignored(columns.iter().filter(|name| !name.is_empty()).cloned().collect(), form)?;
        let mut rows = Vec::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(unreadable)? {
            let number = lines.number(&record, reader.position());
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty()) {
                let (row, cells, header) = (number.to_string(), record.len(), columns.len());
                return Err(said!("import-csv-too-many-cells", row, cells, header));
            }
            let cells =
                columns.iter().zip(record.iter()).filter(|(name, _)| !name.is_empty() && !ignored.contains(name));
            let cells = cells.map(|(name, cell)| (name.clone(), unguarded(cell.trim()).to_owned())).collect();
            rows.push(Row { number, cells });
        }
        Ok(Self { rows, ignored })
    }
}

/// Counts rows as a spreadsheet does: an empty line is a row, and a cell with line ends is one row.
struct Numbered {
    row: usize,
    /// Line on which the next row starts if no line between is empty.
    next_line: u64,
}

impl Numbered {
    /// Row number of a record that ends before `end`.
    fn number(&mut self, record: &csv::StringRecord, end: &csv::Position) -> usize {
        let inside = record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        let start = end.line().saturating_sub(1 + inside);
        self.row += 1 + usize::try_from(start.saturating_sub(self.next_line)).unwrap_or(0);
        self.next_line = end.line();
        self.row
    }
}

/// Decodes a file: UTF-8 or UTF-16 by its byte order mark, else UTF-8 if valid, else Windows-1252, in which
/// spreadsheets of western Europe save. Line ends become `\n`.
fn decoded(bytes: &[u8]) -> Result<String, Said> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(said!("import-workbook"));
    }
    let (text, _, broken) = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding.decode(bytes),
        None if std::str::from_utf8(bytes).is_ok() => encoding_rs::UTF_8.decode(bytes),
        None => encoding_rs::WINDOWS_1252.decode(bytes),
    };
    if broken {
        return Err(said!("import-encoding"));
    }
    if text.contains('\0') {
        return Err(said!("import-not-text"));
    }
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

/// Separator by which the header has the most known columns.
fn separator(header: &str, form: &Form) -> u8 {
    let known = |separator: &u8| {
        header.split(char::from(*separator)).filter(|name| form.known.contains(&column_name(name).as_str())).count()
    };
    // On a tie the last wins: a header of one column has no separator.
    [b'\t', b',', b';'].into_iter().max_by_key(known).unwrap_or(b';')
}

/// Normalized column name: `Customer Name ` is `customer_name`.
fn column_name(cell: &str) -> String {
    let cell = cell.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\u{feff}');
    cell.to_lowercase().replace([' ', '-', '\u{a0}'], "_")
}

/// Returns the unknown columns. An added column is ignored; if a deciding one is missing too, the unknown one may be
/// that column under another name, and its decisions must not be lost.
fn ignored(columns: Vec<String>, form: &Form) -> Result<Vec<String>, Said> {
    let missing: Vec<&str> =
        form.deciding.iter().copied().filter(|name| !columns.iter().any(|column| column == name)).collect();
    let unknown: Vec<String> = columns.into_iter().filter(|name| !form.known.contains(&name.as_str())).collect();
    match (unknown.first(), missing.is_empty()) {
        (Some(_), false) => {
            let missing = Arg::list(missing.iter().map(|name| format!("`{name}`")));
            Err(said!("import-unknown-column", unknown = listed(&unknown), missing))
        }
        _ => Ok(unknown),
    }
}

/// The first names, and the number of the others.
fn listed(names: &[String]) -> Arg {
    let shown = Arg::list(names.iter().take(5).map(|name| format!("`{}`", name.escape_debug())));
    if names.len() > 5 { said!("import-names-and-more", names = shown, more = names.len() - 5).into() } else { shown }
}

fn unreadable(error: csv::Error) -> Said {
    said!("import-csv-unreadable", detail = error.to_string())
}

#[cfg(test)]
mod tests;
