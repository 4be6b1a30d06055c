//! Confirmation before something is written: the flags that select what a command acts on, the
//! question, and the command that goes ahead without it.

use super::exit::CliError;
use super::session::Session;
use super::terminal::{self, can_ask};
use anyhow::Context;
use crosswalk_model::Kind;

/// The changes a command acts on, and whether it asks first.
#[derive(Debug, clap::Args)]
pub(super) struct ScopeArgs {
    /// Only changes of this source customer, by its id
    #[arg(long, value_name = "ID")]
    pub(super) customer: Option<String>,
    /// Only changes of this kind
    #[arg(long)]
    pub(super) kind: Option<Kind>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub(super) yes: bool,
}

/// Asks a person. Without a terminal it fails and names `go_ahead`, the command that does not ask.
pub(super) async fn confirmed(session: &Session<'_>, question: String, go_ahead: &str) -> anyhow::Result<bool> {
    if !can_ask() {
        return Err(CliError::usage("nobody can confirm: this is not a terminal", format!("`{go_ahead}` goes ahead")));
    }
    // On its own thread, so that a signal is handled meanwhile.
    let answer = tokio::task::spawn_blocking(move || terminal::ask(&question));
    let engine = session.engine()?;
    tokio::select! {
        answer = answer => Ok(answer.context("the prompt was interrupted")??),
        () = engine.stop().stopped() => Err(crosswalk_engine::error::Error::Stopped.into()),
    }
}

/// Quotes a word for a shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}
