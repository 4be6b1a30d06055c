//! Helpers between rows and the model: words, times, counts, documents.

use super::LIST_LIMIT;
use super::error::StoreError;
use crosswalk_model::{Said, Timestamp, said};
use rusqlite::types::ValueRef;
use rusqlite::{Row, Rows};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};

/// Converts every row.
pub(super) fn collect<T>(
    mut rows: Rows<'_>,
    mut convert: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(convert(row)?);
    }
    Ok(all)
}

/// Converts the first row; `None` if there is none.
pub(super) fn first<T>(
    mut rows: Rows<'_>,
    convert: impl FnOnce(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    rows.next()?.map(convert).transpose()
}

/// Reads a column that holds one of the model's words or names.
pub(super) fn word<'a, T: Deserialize<'a>>(row: &'a Row<'_>, column: usize) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|error| StoreError::unreadable("word", error))?;
    let from: StrDeserializer<'a, serde::de::value::Error> = text.into_deserializer();
    T::deserialize(from).map_err(|error| StoreError::unreadable("word", error))
}

/// Reads a column that holds a word or NULL.
pub(super) fn word_or_none<'a, T: Deserialize<'a>>(row: &'a Row<'_>, column: usize) -> Result<Option<T>, StoreError> {
    if row.get_ref(column)? == rusqlite::types::ValueRef::Null { Ok(None) } else { word(row, column).map(Some) }
}

/// Reads a column that holds a time.
pub(super) fn time(row: &Row<'_>, column: usize) -> Result<Timestamp, StoreError> {
    Ok(Timestamp(row.get(column)?))
}

/// Reads a column that holds a time or NULL.
pub(super) fn time_or_none(row: &Row<'_>, column: usize) -> Result<Option<Timestamp>, StoreError> {
    Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
}

/// Reads a column that holds a number that is never negative.
pub(super) fn count<T: TryFrom<i64>>(row: &Row<'_>, column: usize) -> Result<T, StoreError> {
    T::try_from(row.get(column)?).map_err(|_| StoreError::unreadable("number", "out of range"))
}

/// Reads a column that holds a JSON document.
pub(super) fn document<T: DeserializeOwned>(row: &Row<'_>, column: usize, what: &'static str) -> Result<T, StoreError> {
    let text = row.get_ref(column)?.as_str().map_err(|error| StoreError::unreadable(what, error))?;
    serde_json::from_str(text).map_err(|error| StoreError::unreadable(what, error))
}

/// A JSON document; the default if there is none.
pub(super) fn document_or_default<T: DeserializeOwned + Default>(
    row: &Row<'_>,
    column: usize,
    what: &'static str,
) -> Result<T, StoreError> {
    if row.get_ref(column)? == ValueRef::Null { Ok(T::default()) } else { document(row, column, what) }
}

/// Encodes a JSON document for a column.
pub(super) fn to_document(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::unreadable("document", error))
}

/// Encodes a word whose type has no method for it.
pub(super) fn to_word(value: &impl Serialize) -> Result<String, StoreError> {
    Ok(to_document(value)?.trim_matches('"').to_owned())
}

/// Converts a number for a column.
pub(super) fn int(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// A caller's limit, bounded by [`LIST_LIMIT`].
pub(super) fn limit(wanted: usize) -> i64 {
    int(wanted.min(LIST_LIMIT))
}

/// Checks that a name or text is short enough to store. `part` is a word that the catalogues know (`stored-part`).
pub(super) fn check_length(part: &str, text: &str, most: usize) -> Result<(), StoreError> {
    if text.len() <= most {
        return Ok(());
    }
    let start: String = text.chars().take(40).collect();
    Err(StoreError::TooLarge { what: said!("too-large", part, start, bytes = text.len(), most) })
}

/// The form of a message in a column. Each text in it is cut where it is longer than anyone reads.
pub(super) fn message(said: &Said) -> String {
    const MOST: usize = 8 * 1024;
    said.clone().cut(MOST).to_column()
}

/// Reads a message: empty where the column is.
pub(super) fn said(row: &Row<'_>, column: usize) -> rusqlite::Result<Said> {
    Ok(row.get::<_, Option<String>>(column)?.map_or_else(Said::default, |text| Said::of_column(&text)))
}

/// Whether an insert failed because the key exists already.
pub(super) fn is_duplicate(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error().map(|error| error.extended_code),
        Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE | rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY)
    )
}
