//! Files that commands take in and give out; `-` is the standard stream.

use super::session::Session;
use anyhow::Context;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The text of a file, or of standard input.
pub(super) fn read(file: &Path) -> anyhow::Result<String> {
    if file.as_os_str() != "-" {
        return std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    Ok(text)
}

/// Gives out a text: into a file, saying that `what` are there, or as it is; to a program, as `document`.
pub(super) fn give(
    session: &Session<'_>,
    file: Option<PathBuf>,
    what: &str,
    text: &str,
    document: impl FnOnce() -> Value,
) -> anyhow::Result<()> {
    match file.filter(|file| file.as_os_str() != "-") {
        None if session.output.json() => session.output.answer(document, String::new),
        None => session.output.raw(text),
        Some(file) => {
            std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
            session.output.answer(|| json!({ "file": file }), || format!("the {what} are in {}", file.display()))
        }
    }
}
