//! Exit codes of the program, and the rendering of errors.
//!
//! An error is printed once, at the edge: the event, its causes, a blank line, and the remedy.
//! Codes from 3 on let a script distinguish "something needs approval" from "something broke".

use super::output::Output;
use super::shapes;
use crosswalk_engine::error::Error;
use crosswalk_model::{Run, RunStatus, Said, said};
use crosswalk_say::Lang;
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
            RunStatus::Cancelled => Exit::Interrupted,
            RunStatus::Failed | RunStatus::Running | RunStatus::Queued => Exit::Failed,
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

/// An error of the command line itself, or of the program around it, with its remedy.
///
/// Its text is for logs; [`Output::fail`] renders the message and the remedy.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    message: Said,
    hint: Said,
    exit: Exit,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl CliError {
    /// Wrong usage of a command.
    pub(super) fn usage(message: impl Into<Said>, hint: impl Into<Said>) -> anyhow::Error {
        Self { exit: Exit::Usage, ..Self::failed(message.into(), hint.into()) }.into()
    }

    /// A failure; the remedy is empty where the message or its cause suffices.
    #[must_use]
    pub fn failed(message: Said, hint: Said) -> Self {
        Self { message, hint, exit: Exit::Failed, source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(cause.into()), ..self }
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
        let lang = self.lang();
        let told = Told::of(error, lang);
        if self.json() {
            let document = json!({
                "error": shapes::message(&told.message, lang),
                "causes": shapes::messages(&told.causes, lang),
                "hint": shapes::message(&told.hint, lang),
                "exit": exit as u8,
            });
            self.tell_error(&document.to_string());
        } else {
            self.tell_error(&told.text(lang));
        }
        exit
    }
}

/// An error as messages: what happened, why, and what to do.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    message: Said,
    causes: Vec<Said>,
    hint: Said,
}

impl Told {
    /// Reads the chain of an error. Libraries' errors are text, with a remedy behind `hint:` where they have one.
    fn of(error: &anyhow::Error, lang: Lang) -> Self {
        let mut hint = error.chain().map(hint).find(|hint| !hint.is_empty()).unwrap_or_default();
        let mut messages: Vec<(Said, String)> = Vec::new();
        for cause in error.chain() {
            let message = message(cause).unwrap_or_else(|| {
                let text = cause.to_string();
                let (sentence, own) = text.split_once("\n\nhint: ").unwrap_or((&text, ""));
                if hint.is_empty() {
                    hint = own.into();
                }
                sentence.into()
            });
            let message = match message {
                Said::Text(text) => text.trim_end().trim_end_matches('.').into(),
                message => message,
            };
            let text = lang.say(&message);
            // A transparent error repeats its source's text.
            if !messages.iter().any(|(_, said)| said.ends_with(&text)) {
                messages.push((message, text));
            }
        }
        let mut messages = messages.into_iter().map(|(message, _)| message);
        Self { message: messages.next().unwrap_or_default(), causes: messages.collect(), hint }
    }

    fn text(&self, lang: Lang) -> String {
        let mut text = lang.say(said!("cli-error", message = &self.message));
        for cause in &self.causes {
            text.push_str("\n  ");
            text.push_str(&lang.say(said!("cli-because", message = cause)).replace('\n', "\n  "));
        }
        if !self.hint.is_empty() {
            text.push_str("\n\n");
            text.push_str(&lang.say(said!("cli-hint", hint = &self.hint)));
        }
        text
    }
}

/// The message of an error that has one.
fn message(error: &(dyn std::error::Error + 'static)) -> Option<Said> {
    let own = error.downcast_ref::<CliError>().map(|own| own.message.clone());
    own.or_else(|| error.downcast_ref::<Error>().map(Error::said))
}

/// The remedy of an error; empty if it has none.
fn hint(error: &(dyn std::error::Error + 'static)) -> Said {
    let own = error.downcast_ref::<CliError>().map(|own| own.hint.clone());
    own.or_else(|| error.downcast_ref::<Error>().map(Error::hint)).unwrap_or_default()
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
            message: Said::default(),
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
        let stopped = Run { message: said!("run-stopped"), ..ended(RunStatus::Partial, 3) };
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
            Told::of(&error, Lang::En).text(Lang::En),
            "error: the door stays shut\n  because: the lock is stuck\n\nhint: oil it"
        );

        let error = anyhow::Error::from(Error::invalid("it is wrong", "do it right"));
        assert_eq!(Told::of(&error, Lang::En).text(Lang::En), "error: it is wrong\n\nhint: do it right");

        let error = CliError::failed(said!("not-found", what = "sync", name = "x"), said!("hint-file"));
        let error = anyhow::Error::from(error.because(Stuck));
        assert_eq!(
            Told::of(&error, Lang::It).text(Lang::It),
            "errore: non esiste: sincronizzazione `x`\n  causa: the lock is stuck\n\nsuggerimento: controllare il percorso e i permessi"
        );
    }
}
