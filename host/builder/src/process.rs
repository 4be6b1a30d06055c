//! Runs other programs: without input, with a time limit, and with their output kept for the error
//! message.
//!
//! The only file of the host that starts a process.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Interval at which a running program is polled.
const POLL: Duration = Duration::from_millis(20);

/// Most lines of a failed program's output that are kept.
const LINES_KEPT: usize = 80;

/// Errors of running a program.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The program does not exist.
    #[error("`{program}` is not on this machine")]
    Missing {
        /// Its name.
        program: String,
    },
    /// The program could not be started, or its output not read.
    #[error("`{program}` cannot be run")]
    Start {
        /// Its name.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The program exceeded its time limit and was killed.
    #[error("`{program}` did not finish within {seconds} s")]
    TimedOut {
        /// Its name.
        program: String,
        /// The limit, in seconds.
        seconds: u64,
    },
    /// The program failed.
    #[error("`{program}` failed ({status}):{}{output}", if output.contains('\n') { '\n' } else { ' ' })]
    Failed {
        /// Its name.
        program: String,
        /// Its exit status.
        status: ExitStatus,
        /// The relevant lines of its output.
        output: String,
    },
}

/// Runs a program to its end and returns its standard output. Each line of its standard error goes
/// to `line` as it arrives.
///
/// # Errors
/// The program is missing, cannot be started, exceeds `limit`, or fails.
pub(super) fn run(
    command: &mut Command,
    limit: Option<Duration>,
    line: &mut dyn FnMut(&str),
) -> Result<String, ProcessError> {
    let program = name(command);
    let start = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => ProcessError::Missing { program: program.clone() },
        _ => ProcessError::Start { program: program.clone(), source },
    };
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(start)?;
    let (Some(mut stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(start(std::io::Error::other("its output cannot be read")));
    };

    let out = thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.read_to_end(&mut text);
        read.map(|_| String::from_utf8_lossy(&text).into_owned())
    });
    let (send, lines) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stderr);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(n) if n > 0) {
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            if send.send(text).is_err() {
                return;
            }
            bytes.clear();
        }
    });

    let began = Instant::now();
    let mut output = Vec::new();
    let mut record = |text: String| {
        line(&text);
        output.push(text);
    };
    let status = loop {
        while let Ok(text) = lines.try_recv() {
            record(text);
        }
        if let Some(status) = child.try_wait().map_err(start)? {
            break status;
        }
        if limit.is_some_and(|limit| began.elapsed() > limit) {
            // Nothing more can be done about a program that cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
            return Err(ProcessError::TimedOut { program, seconds: began.elapsed().as_secs() });
        }
        thread::sleep(POLL);
    };
    // The sender ends with the program's standard error.
    for text in lines {
        record(text);
    }
    let out = out.join().unwrap_or_else(|_| Err(std::io::Error::other("its output cannot be read"))).map_err(start)?;
    if status.success() {
        return Ok(out);
    }
    if output.is_empty() {
        output = out.lines().map(str::to_owned).collect();
    }
    Err(ProcessError::Failed { program, status, output: error_part(&output) })
}

/// Whether a line begins a program's error message (cargo and rustup; apt).
pub(super) fn begins_error(line: &str) -> bool {
    line.starts_with("error") || line.starts_with("E: ")
}

/// Returns a program's error message, or its last lines if none is recognised.
fn error_part(output: &[String]) -> String {
    let first = output.iter().position(|line| begins_error(line));
    let start = first.unwrap_or(output.len().saturating_sub(LINES_KEPT));
    let kept: Vec<&str> = output[start..].iter().take(LINES_KEPT).map(String::as_str).collect();
    kept.join("\n").trim_end().to_owned()
}

/// Runs a short query with [`run`] and discards its standard error unless it fails.
///
/// # Errors
/// As [`run`].
pub(super) fn capture(command: &mut Command, limit: Duration) -> Result<String, ProcessError> {
    run(command, Some(limit), &mut |_| {})
}

/// Whether a program exists and answers `--version`.
pub(super) fn is_available(program: &str) -> bool {
    capture(Command::new(program).arg("--version"), Duration::from_secs(20)).is_ok()
}

fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    program.file_name().unwrap_or(program.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_is_given_and_talk_is_passed_on() {
        let mut talk = Vec::new();
        let out =
            run(&mut shell("echo one >&2; echo two; echo three >&2"), None, &mut |line| talk.push(line.to_owned()));
        assert_eq!(out.unwrap(), "two\n");
        assert_eq!(talk, ["one", "three"]);
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let error = capture(&mut shell("echo no such package >&2; exit 3"), Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.to_string(), "`sh` failed (exit status: 3): no such package");
        let error = capture(&mut Command::new("no-such-program-anywhere"), Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program-anywhere` is not on this machine");
        assert!(!is_available("no-such-program-anywhere"));
    }

    #[test]
    fn of_much_talk_the_error_is_kept() {
        let script = "echo Compiling >&2; echo 'error: no field' >&2; echo '  --> lib.rs' >&2; exit 1";
        let error = capture(&mut shell(script), Duration::from_secs(20)).unwrap_err();
        assert_eq!(error.to_string(), "`sh` failed (exit status: 1):\nerror: no field\n  --> lib.rs");
        let error = capture(&mut shell("seq 1 200 >&2; exit 1"), Duration::from_secs(20)).unwrap_err().to_string();
        assert!(error.contains("\n121\n") && !error.contains("\n120\n"), "{error}");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let began = Instant::now();
        let error = capture(&mut shell("exec sleep 30"), Duration::from_millis(200)).unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut { .. }), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
