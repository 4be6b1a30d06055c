//! Tables as files: CSV as spreadsheets write and save it, and JSON.
//!
//! A file from a person is read as meant, or refused whole with one sentence. `read` undoes what a spreadsheet does to
//! a file (another encoding, separator or line end, a `sep=` line, header in capitals, added columns); `cell` prevents
//! what it would do to a cell (run it as a formula, turn an id into a number or a date). The meaning of a row is not
//! known here.

mod cell;
mod read;
mod write;

pub(crate) use self::cell::altered;
pub use self::read::{Form, Row, Sheet};
pub use self::write::{Separator, csv};

/// Digest of a row's decisions at export, short and in a form that a spreadsheet leaves as it is. An import compares it
/// to distinguish a cell that a person changed from one that only became outdated.
pub(crate) fn revision(cells: &[&str]) -> String {
    format!("r{:08x}", xxhash_rust::xxh3::xxh3_64(cells.join("\0").as_bytes()) as u32)
}
