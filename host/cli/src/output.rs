//! Output streams: answers go to standard output, messages and progress to standard error.
//!
//! A program receives exactly one JSON document; a person receives text and tables. Nothing depends
//! on colour. Writing and sanitising are in `terminal`.

use super::terminal::{self, Answer};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::Value;
use std::io::Write;

/// The output of a command. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Output {
    json: bool,
    quiet: bool,
    bars: MultiProgress,
}

impl Output {
    /// Output for programs (`json`) or people; `quiet` keeps only answers and errors.
    pub(super) fn new(json: bool, quiet: bool) -> Self {
        // Hidden if standard error is not a terminal.
        let target = if json || quiet { ProgressDrawTarget::hidden() } else { terminal::bars() };
        Self { json, quiet, bars: MultiProgress::with_draw_target(target) }
    }

    /// Whether the output is JSON.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Prints the answer of a command: the document as JSON, otherwise the text.
    pub(super) fn answer(&self, document: impl FnOnce() -> Value, text: impl FnOnce() -> String) -> anyhow::Result<()> {
        if self.json {
            return self.write(Answer::Json(&format!("{:#}\n", document())));
        }
        let text = text();
        let text = text.trim_end();
        if text.is_empty() { Ok(()) } else { self.write(Answer::Text(&format!("{text}\n"))) }
    }

    /// Prints the content of a file; sanitised only on a terminal.
    pub(super) fn file(&self, text: &str) -> anyhow::Result<()> {
        self.write(Answer::File(text))
    }

    /// Prints one of several answers as a line.
    pub(super) fn line(&self, text: &str) -> anyhow::Result<()> {
        let text = format!("{text}\n");
        self.write(if self.json { Answer::Json(&text) } else { Answer::Text(&text) })
    }

    fn write(&self, answer: Answer<'_>) -> anyhow::Result<()> {
        Ok(self.bars.suspend(|| terminal::answer(answer))?)
    }

    /// Prints a message to standard error, unless quiet or JSON.
    pub(super) fn talk(&self, text: &str) {
        if !self.quiet && !self.json {
            self.tell(text);
        }
    }

    /// Prints a message to standard error in any case.
    pub(super) fn tell(&self, text: &str) {
        self.bars.suspend(|| terminal::tell(text, self.json));
    }

    /// Prints an error to standard error in any case.
    pub(super) fn tell_error(&self, text: &str) {
        self.bars.suspend(|| terminal::fail(text, self.json));
    }

    /// Reports that a signal was received.
    pub fn stopping(&self) {
        self.talk("stopping at the next safe point; a second signal stops at once");
    }

    /// Reports that a signal ended the work, at a safe point or (`dropped`) at once.
    pub fn interrupted(&self, dropped: bool) {
        self.tell(if dropped {
            "interrupted: the next run looks up what may have been written"
        } else {
            "interrupted: the next run continues from there"
        });
    }

    /// The progress bars.
    pub(super) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Returns a writer for log lines that does not disturb progress bars.
    #[must_use]
    pub fn log_writer(&self) -> LogWriter {
        LogWriter(self.bars.clone())
    }
}

/// Writes to standard error between two drawings of the progress bars.
#[derive(Debug, Clone)]
pub struct LogWriter(MultiProgress);

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.suspend(|| terminal::log(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Renders a table: a header, then rows. Columns of numbers are right-aligned. On a terminal the
/// table has the terminal's width, and long cells wrap.
pub(super) fn table<const N: usize>(header: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    wide_table(header, rows.into_iter().map(|row| row.to_vec()))
}

/// As [`table`], for any number of columns.
pub(super) fn wide_table<'a>(
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.into_iter().map(str::to_uppercase));
    // Per column: whether it contains a number, and whether it contains anything else.
    let mut seen = vec![(false, false); table.column_count()];
    for row in rows {
        for ((numbers, words), cell) in seen.iter_mut().zip(&row).filter(|(_, cell)| *cell != "-") {
            let number = !cell.is_empty()
                && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                && cell.matches('.').count() < 2;
            *(if number { numbers } else { words }) = true;
        }
        table.add_row(row.iter().map(|cell| clean(cell)));
    }
    for (column, seen) in table.column_iter_mut().zip(seen) {
        column.set_padding((0, 2));
        if seen == (true, false) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

/// Returns a vendor's text on one line, without characters that control a terminal or mislead a
/// reader.
pub(super) fn clean(text: &str) -> String {
    terminal::line(text).into_owned()
}

/// `1 asset`, `2 assets`.
pub(super) fn count(number: u64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// The start of a digest, enough for a person to compare two.
pub(super) fn short_digest(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// `-` if absent or empty.
pub(super) fn or_dash(text: Option<impl ToString>) -> String {
    text.map(|text| text.to_string()).filter(|text| !text.is_empty()).unwrap_or_else(|| "-".to_owned())
}

/// `yes` or `-`.
pub(super) fn yes_or_dash(yes: bool) -> String {
    if yes { "yes" } else { "-" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_puts_numbers_to_the_right_and_keeps_a_cell_on_its_line() {
        let text = table(
            ["what", "many"],
            [["a\nb\u{1b}[31m".to_owned(), "5".to_owned()], ["c".to_owned(), "1000".to_owned()]],
        );
        assert_eq!(text, "WHAT      MANY\na b [31m     5\nc         1000");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!((count(1, "asset"), count(0, "asset")), ("1 asset".to_owned(), "0 assets".to_owned()));
    }
}
