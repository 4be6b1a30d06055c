//! Exit codes of the program, and the rendering of errors.
//!
//! An error is printed once, at the edge: the event, its causes, a blank line, and the remedy.
//! Codes from 3 on let a script distinguish "something needs approval" from "something broke".

use super::output::Output;
use crosswalk_engine::error::Error;
use crosswalk_model::{Run, RunStatus};
use serde_json::json;
use std::process::ExitCode;

/// Table of codes, for `--help`.
pub(super) const TABLE: &str = "\
Exit codes:
    0  done, or there was nothing to do
    1  failed
    2  the command was used wrongly
    3  a plan has changes that wait for an approval
    4  done in part: something was not read, some records failed or went stale, or a plugin cannot be used
    5  brakes, the sync's trust, or a connection that answers as another account hold what is left to do
    6  another process works on the same sync, or holds the database
  130  interrupted";

/// Exit code of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage; the argument parser uses the same code.
    Usage = 2,
    /// A plan has changes that wait for approval.
    Pending = 3,
    /// Done in part.
    Partial = 4,
    /// Brakes, trust or another account hold what is left.
    Held = 5,
    /// Another process is working on the same data.
    Busy = 6,
    /// Interrupted by a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

impl Exit {
    /// Returns the code of a run.
    pub(super) fn of_run(run: &Run) -> Self {
        if run.was_stopped() {
            return Exit::Interrupted;
        }
        match run.status {
            RunStatus::Succeeded | RunStatus::NothingToDo if run.counts.held > 0 => Exit::Held,
            RunStatus::Succeeded | RunStatus::NothingToDo => Exit::Done,
            RunStatus::Held => Exit::Held,
            RunStatus::Partial => Exit::Partial,
            RunStatus::Failed | RunStatus::Running => Exit::Failed,
        }
    }

    /// Returns the code of an error.
    fn of_error(error: &anyhow::Error) -> Self {
        if let Some(own) = error.downcast_ref::<CliError>() {
            return own.exit;
        }
        match error.downcast_ref::<Error>() {
            Some(Error::Busy { .. }) => Exit::Busy,
            Some(Error::Held { .. }) => Exit::Held,
            Some(error) if error.is_locked() => Exit::Busy,
            _ => Exit::Failed,
        }
    }
}

/// An error of the command line itself, with its remedy.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct CliError {
    message: String,
    hint: String,
    exit: Exit,
}

impl CliError {
    /// Wrong usage of a command.
    pub(super) fn usage(message: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
        Self { message: message.into(), hint: hint.into(), exit: Exit::Usage }.into()
    }
}

impl Output {
    /// Prints an error and returns the exit code.
    pub fn fail(&self, error: &anyhow::Error) -> Exit {
        // A reader that closed the pipe (`| head`) is not a failure.
        if error.chain().any(|cause| {
            cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
        }) {
            return Exit::Done;
        }
        let exit = Exit::of_error(error);
        let text = ErrorText::of(error);
        if self.json() {
            let document =
                json!({ "error": text.message, "causes": text.causes, "hint": text.hint, "exit": exit as u8 });
            self.tell_error(&document.to_string());
        } else {
            self.tell_error(&text.text());
        }
        exit
    }
}

/// An error as text.
#[derive(Debug, PartialEq, Eq)]
struct ErrorText {
    message: String,
    causes: Vec<String>,
    hint: String,
}

impl ErrorText {
    fn of(error: &anyhow::Error) -> Self {
        let mut hint = error.chain().find_map(hint).unwrap_or_default();
        let mut sentences: Vec<String> = Vec::new();
        for cause in error.chain() {
            let text = cause.to_string();
            let (sentence, own) = text.split_once("\n\nhint: ").unwrap_or((&text, ""));
            if hint.is_empty() {
                own.clone_into(&mut hint);
            }
            let sentence = sentence.trim_end().trim_end_matches('.');
            // A transparent error repeats its source's text.
            if !sentences.iter().any(|said| said.ends_with(sentence)) {
                sentences.push(sentence.to_owned());
            }
        }
        let causes = sentences.split_off(1.min(sentences.len()));
        Self { message: sentences.pop().unwrap_or_default(), causes, hint }
    }

    fn text(&self) -> String {
        let mut text = format!("error: {}", self.message);
        for cause in &self.causes {
            text.push_str(&format!("\n  because: {}", cause.replace('\n', "\n  ")));
        }
        if !self.hint.is_empty() {
            text.push_str(&format!("\n\nhint: {}", self.hint));
        }
        text
    }
}

fn hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let text = if let Some(error) = error.downcast_ref::<Error>() {
        error.hint()
    } else if let Some(error) = error.downcast_ref::<CliError>() {
        &error.hint
    } else {
        ""
    };
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswalk_model::{Mode, RunCounts, RunId, SyncName, Timestamp};

    fn ended(status: RunStatus, held: u64) -> Run {
        Run {
            id: RunId(1),
            sync: SyncName::new("s").unwrap(),
            mode: Mode::Apply,
            actor: None,
            started_at: Timestamp(0),
            ended_at: None,
            status,
            plan: None,
            counts: RunCounts { held, ..RunCounts::default() },
            message: String::new(),
        }
    }

    #[test]
    fn each_end_of_a_run_has_its_code() {
        for (status, held, exit) in [
            (RunStatus::Succeeded, 0, Exit::Done),
            (RunStatus::Succeeded, 3, Exit::Held),
            (RunStatus::NothingToDo, 0, Exit::Done),
            (RunStatus::Held, 3, Exit::Held),
            (RunStatus::Partial, 3, Exit::Partial),
            (RunStatus::Failed, 0, Exit::Failed),
        ] {
            assert_eq!(Exit::of_run(&ended(status, held)), exit, "{status:?}");
        }
        let stopped = Run { message: crosswalk_model::run::STOPPED.to_owned(), ..ended(RunStatus::Partial, 3) };
        assert_eq!(Exit::of_run(&stopped), Exit::Interrupted);
    }

    #[test]
    fn each_error_has_its_code() {
        let busy = Error::Busy { message: "m".into(), hint: "h".into() };
        for (error, exit) in [
            (anyhow::Error::from(busy), Exit::Busy),
            (anyhow::Error::from(Error::Held { message: "m".into(), hint: "h".into() }), Exit::Held),
            (anyhow::Error::from(Error::invalid("m", "h")), Exit::Failed),
            (CliError::usage("m", "h"), Exit::Usage),
            (anyhow::anyhow!("m"), Exit::Failed),
        ] {
            assert_eq!(Exit::of_error(&error), exit, "{error:?}");
        }
    }

    #[test]
    fn the_table_names_every_code() {
        for exit in [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Pending,
            Exit::Partial,
            Exit::Held,
            Exit::Busy,
            Exit::Interrupted,
        ] {
            let code = format!("  {}  ", exit as u8);
            assert!(TABLE.lines().any(|line| line.starts_with(&format!("{code:>7}"))), "{exit:?} {code:?}");
        }
    }

    #[test]
    fn an_error_says_what_happened_why_and_what_to_do() {
        #[derive(Debug, thiserror::Error)]
        #[error("the lock is stuck\n\nhint: oil it")]
        struct Stuck;
        let error = anyhow::Error::from(Stuck).context("the door stays shut");
        assert_eq!(
            ErrorText::of(&error).text(),
            "error: the door stays shut\n  because: the lock is stuck\n\nhint: oil it"
        );

        let error = anyhow::Error::from(Error::invalid("it is wrong", "do it right"));
        assert_eq!(ErrorText::of(&error).text(), "error: it is wrong\n\nhint: do it right");
    }
}
