//! Common parts of imports from files: their result, the problems of rows, and the check that a name beside an id is
//! the name of that id.
//!
//! Only cells that a person changed count: each row carries the state it was exported with (see `sheet::revision`).
//! `link_file` and `customers::file` know which cells decide.

use super::sheet::{self, Form};
use crate::error::Error;
use crate::rules::names::{Company, plain};
use crosswalk_model::verb::Call;
use crosswalk_model::{Kind, Said, said};
use serde::Serialize;
use std::collections::BTreeMap;

/// Number of problems of one cause that are written out; of the others only the rows are named.
const WRITTEN_OUT: usize = 5;

/// Changes that an import made, or would make.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Import {
    /// Id of the decision, to take it back; empty when nothing changed or nothing was stored.
    pub decision: String,
    /// The changes.
    pub changes: Vec<ImportChange>,
    /// Unknown columns of the file, which were ignored.
    pub ignored: Vec<String>,
}

impl Import {
    /// Number of records that change.
    #[must_use]
    pub fn records(&self) -> usize {
        let mut records: Vec<(Kind, &str)> =
            self.changes.iter().map(|change| (change.kind, change.source.as_str())).collect();
        records.sort_unstable();
        records.dedup();
        records.len()
    }
}

/// One change of an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportChange {
    /// Number of the row in the file.
    pub row: usize,
    /// The source record's kind.
    pub kind: Kind,
    /// The source record's id.
    pub source: String,
    /// Name of the source record.
    pub name: String,
    /// The decided cell: `link`, `account`, `contract`, `usage`, `tickets`.
    pub what: &'static str,
    /// Value before; empty when nothing was decided.
    pub before: String,
    /// Value after.
    pub after: String,
}

/// Reason why a row is refused; problems of one cause are reported together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cause {
    /// The row itself cannot be read.
    Unreadable,
    /// It names a record that does not exist.
    Unknown,
    /// Two rows decide the same cell.
    Twice,
    /// A name beside an id belongs to another record.
    Name,
    /// Another decision was made since the file was exported.
    Old,
    /// Its decision is refused.
    Refused,
}

/// Problems of a file, by cause.
#[derive(Debug, Default)]
pub(crate) struct Problems(BTreeMap<Cause, Vec<(usize, Said)>>);

impl Problems {
    pub(crate) fn add(&mut self, cause: Cause, row: usize, why: impl Into<Said>) {
        self.0.entry(cause).or_default().push((row, why.into()));
    }

    /// Refuses the file if there is any problem: writes each out, or names its row after the first of its cause.
    pub(crate) fn refuse(self, form: &Form, export: Call) -> Result<(), Error> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut problems = Vec::new();
        for (_, mut of) in self.0 {
            of.sort_by_key(|(row, _)| *row);
            let more = of.split_off(of.len().min(WRITTEN_OUT));
            problems.extend(of.into_iter().map(|(row, why)| said!("file-row", row = row.to_string(), why)));
            if !more.is_empty() {
                let rows: Vec<usize> = more.into_iter().map(|(row, _)| row).collect();
                problems.push(said!("file-row-more", count = rows.len(), rows = ranges(&rows)));
            }
        }
        Err(Error::Problems {
            what: said!("import-file", what = form.what),
            problems,
            hint: said!("import-hint-rows", export),
        })
    }
}

/// Error for a file that is refused as a whole.
pub(crate) fn refused(form: &Form, why: Said, export: Call) -> Error {
    Error::invalid(said!("import-refused", what = form.what, why), said!("import-hint-form", export))
}

/// Message on a row whose decision is refused; where a record is missing, also that a spreadsheet altered its id.
pub(crate) fn refusal(error: &Error, ids: &[&str]) -> Said {
    let missing = matches!(error, Error::NotFound { .. });
    let altered = ids.iter().filter(|_| missing).map(|id| by_a_spreadsheet(id));
    Said::several([error.said()].into_iter().chain(altered))
}

/// Reason why a name beside an id is not the name of the record `id`; `None` if it may be. Empty names are ignored, and
/// case, punctuation and the legal form do not matter. A name as the export offers it (`Acme? (77)`) is compared
/// without its id.
pub(crate) fn misplaced(what: Said, id: &str, actual: &str, beside: &str) -> Option<Said> {
    let offered = beside.rsplit_once("? (").filter(|(_, rest)| rest.ends_with(')')).map_or(beside, |(name, _)| name);
    let same = |one: &str, other: &str| match (plain(one), plain(other)) {
        (one, other) if one.is_empty() && other.is_empty() => true,
        (one_plain, other_plain) => one_plain == other_plain || Company::new(one).core == Company::new(other).core,
    };
    (!beside.is_empty() && !same(offered, actual))
        .then(|| said!("file-row-misplaced", what, id = id.escape_debug().to_string(), actual, beside))
}

/// Message about an id that a spreadsheet altered; empty if it looks unaltered.
pub(crate) fn by_a_spreadsheet(id: &str) -> Said {
    if sheet::altered(id) { said!("file-row-altered-id") } else { Said::default() }
}

/// `2-30, 34`
fn ranges(rows: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for &row in rows {
        match parts.last_mut() {
            Some((_, last)) if row <= *last + 1 => *last = row,
            _ => parts.push((row, row)),
        }
    }
    let part =
        |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::verb::Verb;
    use crosswalk_say::English;

    #[test]
    fn a_name_beside_an_id_has_to_be_its_name() {
        for beside in ["", "ACME Limited", "Acme? (7)"] {
            assert_eq!(misplaced("account".into(), "7", "Acme Ltd", beside), None, "{beside}");
        }
        let why = misplaced("account".into(), "7\u{200b}", "Acme Ltd", "Contoso").unwrap().english();
        assert!(
            why.starts_with("account 7\\u{200b} is called `Acme Ltd`, but the name beside it is `Contoso`"),
            "{why}"
        );
    }

    #[test]
    fn many_rows_of_one_cause_are_one_sentence() {
        let mut problems = Problems::default();
        for row in 2..=5_000 {
            problems.add(Cause::Unknown, row, "there is no customer x");
        }
        problems.add(Cause::Twice, 9, "customer y stands in row 8 already");
        let form = Form { what: "customers", required: &[], deciding: &[], known: &[] };
        let refused = problems.refuse(&form, Call::of(Verb::CustomerExport));
        let Err(Error::Problems { problems, .. }) = refused else { panic!("refused") };
        assert_eq!(problems.len(), WRITTEN_OUT + 2);
        assert_eq!(problems[WRITTEN_OUT].english(), "the same in 4,994 more rows: 7-5000");
        assert_eq!(problems[WRITTEN_OUT + 1].english(), "row 9: customer y stands in row 8 already");
        assert_eq!(ranges(&[2, 3, 4, 9, 11, 12]), "2-4, 9, 11-12");
    }
}
