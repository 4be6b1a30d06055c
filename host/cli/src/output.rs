//! Output streams: answers go to standard output, messages and progress to standard error.
//!
//! A program receives exactly one JSON document; a person receives text and tables. Nothing depends
//! on colour. Writing and sanitising are in `terminal`.

use super::terminal::{self, Answer};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use crosswalk_model::said::{Arg, Typed};
use crosswalk_model::{Value, said};
use crosswalk_say::Lang;
use indicatif::{MultiProgress, ProgressDrawTarget};
use serde_json::Value as Json;
use std::io::Write;

/// The output of a command. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Output {
    json: bool,
    quiet: bool,
    lang: Lang,
    bars: MultiProgress,
}

impl Output {
    /// Output for programs (`json`) or people; `quiet` keeps only answers and errors.
    pub(super) fn new(json: bool, quiet: bool, lang: Lang) -> Self {
        // Hidden if standard error is not a terminal.
        let target = if json || quiet { ProgressDrawTarget::hidden() } else { terminal::bars() };
        Self { json, quiet, lang, bars: MultiProgress::with_draw_target(target) }
    }

    /// The reader's language.
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Whether the output is JSON.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Prints the answer of a command: the document as JSON, otherwise the text.
    pub(super) fn answer(&self, document: impl FnOnce() -> Json, text: impl FnOnce() -> String) -> anyhow::Result<()> {
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
        self.talk(&self.lang().say(said!("cli-stopping")));
    }

    /// Reports that a signal ended the work, at a safe point or (`dropped`) at once.
    pub fn interrupted(&self, dropped: bool) {
        let told = if dropped { said!("cli-interrupted-at-once") } else { said!("cli-interrupted") };
        self.tell(&self.lang().say(told));
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

/// Renders a table: a header, then rows. The header's words are identifiers of the catalogue's `column`. Columns of
/// numbers are right-aligned. On a terminal the table has the terminal's width, and long cells wrap.
pub(super) fn table<const N: usize>(
    lang: Lang,
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    wide_table(lang, header, rows.into_iter().map(|row| row.to_vec()))
}

/// As [`table`], for any number of columns.
pub(super) fn wide_table<'a>(
    lang: Lang,
    header: impl IntoIterator<Item = &'a str>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.into_iter().map(|column| lang.say(said!("column", column)).to_uppercase()));
    // Per column: whether it contains a number, and whether it contains anything else.
    let mut seen = vec![(false, false); table.column_count()];
    for row in rows {
        for ((numbers, words), cell) in seen.iter_mut().zip(&row).filter(|(_, cell)| *cell != "-") {
            let number = !cell.is_empty()
                && cell.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',')
                && cell.matches(['.', ',']).count() < 2;
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

/// A word of the product in a table's cell: a state, a kind, an event. Blanks in it count as hyphens.
pub(super) fn word(lang: Lang, word: &str) -> String {
    let word = word.replace(", ", "-").replace(' ', "-");
    lang.say(said!("word", word))
}

/// A time, RFC 3339 in UTC, as it stands in a table's cell.
pub(super) fn moment(lang: Lang, at: impl ToString) -> String {
    lang.say(said!("cli-moment", at = Arg::Typed(Typed::Moment(at.to_string()))))
}

/// A record's value, as a person reads it.
pub(super) fn value(lang: Lang, value: &Value) -> String {
    match value {
        Value::Blank => lang.say(said!("cli-empty")),
        Value::Boolean(yes) => word(lang, if *yes { "yes" } else { "no" }),
        Value::Decimal(number) => decimal(lang, number),
        Value::Time(at) => moment(lang, at),
        Value::Text(_) | Value::Json(_) | Value::Integer(_) => value.to_string(),
    }
}

/// An exact decimal in a table's cell.
pub(super) fn decimal(lang: Lang, number: impl ToString) -> String {
    lang.say(said!("cli-decimal", number = Arg::decimal(number)))
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
pub(super) fn yes_or_dash(lang: Lang, yes: bool) -> String {
    if yes { word(lang, "yes") } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_engine::ChangeStatus;
    use crosswalk_model::{Brake, Cause, Event, Kind};

    #[test]
    fn a_table_puts_numbers_to_the_right_and_keeps_a_cell_on_its_line() {
        let text = table(
            Lang::En,
            ["what", "times"],
            [["a\nb\u{1b}[31m".to_owned(), "5".to_owned()], ["c".to_owned(), "1000".to_owned()]],
        );
        assert_eq!(text, "WHAT      TIMES\na b [31m      5\nc          1000");
    }

    #[test]
    fn each_word_of_the_product_is_written_in_italian() {
        let words = Event::ALL.map(Event::as_str).to_vec();
        let words = words.into_iter().chain(Cause::ALL.map(Cause::as_str)).chain(Brake::ALL.map(Brake::as_str));
        let words = words.chain(ChangeStatus::ALL.map(ChangeStatus::as_str)).chain(Kind::ALL.map(Kind::as_str));
        for one in words.filter(|one| !["asset", "ticket", "zero"].contains(one)) {
            assert_eq!(word(Lang::En, one), one);
            assert_ne!(word(Lang::It, one), word(Lang::En, one));
        }
    }
}
