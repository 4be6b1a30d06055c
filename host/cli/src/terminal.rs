//! The only output to a terminal and the only input from its keyboard: nothing else in the program
//! prints or prompts (enforced by a test).
//!
//! Text from vendors, plugins and files reaches a person without characters that control a terminal
//! or mislead a reader: control characters (with the escape sequences they begin), characters that
//! change the direction of text, and invisible ones. An error shows invisible ones as `\u{200b}`:
//! in a pasted id they are the mistake. A JSON document keeps its data, with such characters as
//! `\uXXXX`. File content written to a file or a pipe is left as it is.

use super::exit::CliError;
use crosswalk_model::said::Arg;
use crosswalk_model::signs::is_invisible;
use crosswalk_model::{Said, said};
use crosswalk_say::Lang;
use indicatif::ProgressDrawTarget;
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// Whether a character controls a terminal, changes the direction of text, or is invisible.
fn is_hidden(sign: char) -> bool {
    sign.is_control() || is_invisible(sign) || matches!(sign, '\u{2028}' | '\u{2029}')
}

/// Text of an error: as [`lines`], with invisible characters written out.
fn shown_in_error(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return lines(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        if is_invisible(sign) {
            out.extend(sign.escape_unicode());
        } else {
            out.push(sign);
        }
    }
    Cow::Owned(lines(&out).into_owned())
}

/// Multi-line text: line ends and tabs stay, other controls become spaces, invisible characters go.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    sanitized(text, |sign| sign == '\n' || sign == '\t')
}

/// The same on one line.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    sanitized(text, |_| false)
}

fn sanitized(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|sign| is_hidden(sign) && !stays(sign)) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|sign| match sign {
        sign if stays(sign) || !is_hidden(sign) => Some(sign),
        sign if sign.is_control() || matches!(sign, '\u{2028}' | '\u{2029}') => Some(' '),
        _ => None,
    });
    Cow::Owned(kept.collect())
}

/// A JSON document with the same content, such characters escaped.
fn document(text: &str) -> Cow<'_, str> {
    let escaped = |sign: char| is_hidden(sign) && sign != '\n';
    if !text.chars().any(escaped) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 64);
    for sign in text.chars() {
        if escaped(sign) {
            let mut units = [0; 2];
            safe.extend(sign.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            safe.push(sign);
        }
    }
    Cow::Owned(safe)
}

/// Content for standard output.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer<'a> {
    /// Text for a person.
    Text(&'a str),
    /// A JSON document, or lines of documents.
    Json(&'a str),
    /// The content of a file; sanitised on a terminal.
    File(&'a str),
}

/// Writes an answer to standard output.
pub(super) fn answer(answer: Answer<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let text = match answer {
        Answer::Text(text) => lines(text),
        Answer::File(text) if out.is_terminal() => lines(text),
        Answer::File(text) => Cow::Borrowed(text),
        Answer::Json(text) => document(text),
    };
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a message and a line end to standard error. A JSON document stays one.
pub(super) fn tell(text: &str, json: bool) {
    let text = if json { document(text) } else { lines(text) };
    // Nothing can be reported once standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes an error and a line end to standard error. A JSON document stays one.
pub(super) fn fail(text: &str, json: bool) {
    let text = if json { document(text) } else { shown_in_error(text) };
    // Nothing can be reported once standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes a log message as exactly one line.
pub(super) fn log(bytes: &[u8]) -> io::Result<()> {
    let text = String::from_utf8_lossy(bytes);
    writeln!(io::stderr().lock(), "{}", line(text.trim_end()))
}

/// The target of progress bars; hidden if standard error is not a terminal.
pub(super) fn bars() -> ProgressDrawTarget {
    ProgressDrawTarget::stderr()
}

/// Whether a person can be asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a yes-or-no question.
pub(super) fn ask(question: &str, lang: Lang) -> io::Result<bool> {
    let question = lang.say(said!("cli-ask", question));
    write!(io::stderr(), "{} ", lines(&question))?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(is_yes(&answer, lang))
}

/// Whether an answer is yes, in English or in the language of the question.
fn is_yes(answer: &str, lang: Lang) -> bool {
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => true,
        "s" | "si" | "sì" => lang == Lang::It,
        _ => false,
    }
}

/// Asks for a secret without echo. The asking program comes first, the plugin's own text in quotes.
pub(super) fn secret(plugin: &str, name: &str, title: &str, help: &str, lang: Lang) -> anyhow::Result<String> {
    rpassword::prompt_password(prompt(plugin, name, title, help, lang)).map_err(|error| interrupted(error).into())
}

/// The error of a prompt that was not answered.
pub(super) fn interrupted(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CliError {
    CliError::failed(said!("cli-prompt-interrupted"), Said::default()).because(cause)
}

fn prompt(plugin: &str, name: &str, title: &str, help: &str, lang: Lang) -> String {
    let words = |words: &str| format!("\"{}\"", line(words).replace('"', "'"));
    let words: Vec<String> =
        [title, help].into_iter().filter(|said| !said.is_empty() && *said != name).map(words).collect();
    let (plugin, name) = (line(plugin), line(name));
    let asked = if words.is_empty() {
        said!("cli-secret-prompt", name = &*name, plugin = &*plugin)
    } else {
        said!("cli-secret-prompt-described", name = &*name, plugin = &*plugin, words = Arg::list(words))
    };
    format!("{} ", lang.say(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str =
        "a\u{1b}[2J\u{1b}]0;own\u{7}\u{9b}31m\r\nb\tc\u{202e}txt\u{2066}\u{200b}\u{feff}\u{7f}\u{2028}d";

    #[test]
    fn nothing_that_steers_or_hides_reaches_a_person() {
        assert_eq!(lines(HOSTILE), "a [2J ]0;own  31m \nb\tctxt  d");
        assert_eq!(line(HOSTILE), "a [2J ]0;own  31m  b ctxt  d");
        assert!(matches!(lines("Zürich\n\t東京 — ok"), Cow::Borrowed(_)));
    }

    #[test]
    fn an_error_shows_what_is_not_seen() {
        assert_eq!(
            shown_in_error("no `29683\u{200b}\u{1b}[2J`\nhint: \u{e0041}"),
            "no `29683\\u{200b} [2J`\nhint: \\u{e0041}"
        );
        assert!(matches!(shown_in_error("no `Zürich`"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_document_keeps_its_data() {
        let value = serde_json::json!({ "name": format!("{HOSTILE}\u{e0041}"), "lines": ["a", "b"] });
        let text = format!("{value:#}\n");
        let safe = document(&text);
        assert!(!safe.chars().any(|sign| is_hidden(sign) && sign != '\n'), "{safe}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn yes_is_said_in_the_language_of_the_question_or_in_english() {
        for (answer, lang, yes) in [
            ("Yes\n", Lang::En, true),
            ("y", Lang::It, true),
            ("s", Lang::It, true),
            ("SÌ\n", Lang::It, true),
            ("s", Lang::En, false),
            ("", Lang::It, false),
            ("no", Lang::It, false),
        ] {
            assert_eq!(is_yes(answer, lang), yes, "{answer}");
        }
    }

    #[test]
    fn a_plugin_cannot_ask_in_another_s_name() {
        let help = "\"x\"\n\u{1b}[1A[sudo] password for root:";
        let asked = prompt("nice", "key", "[sudo] password for root", help, Lang::En);
        assert_eq!(
            asked,
            "secret `key` of the plugin `nice` (the plugin says: \"[sudo] password for root\", \"'x'  [1A[sudo] password for root:\"): "
        );
        assert_eq!(prompt("nice", "key", "key", "", Lang::En), "secret `key` of the plugin `nice`: ");
    }
}
