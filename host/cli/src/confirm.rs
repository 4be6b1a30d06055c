//! Confirmation before something is written: the flags that select what a command acts on, the
//! question, and the command that goes ahead without it.

use super::exit::CliError;
use super::session::Session;
use super::terminal::{self, can_ask, interrupted};
use crosswalk_model::{Kind, said};

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
        return Err(CliError::usage(said!("cli-not-a-terminal"), said!("cli-goes-ahead", command = go_ahead)));
    }
    let lang = session.output.lang();
    // On its own thread, so that a signal is handled meanwhile.
    let answer = tokio::task::spawn_blocking(move || terminal::ask(&question, lang));
    let engine = session.engine()?;
    tokio::select! {
        answer = answer => Ok(answer.map_err(interrupted)?.map_err(interrupted)?),
        () = engine.stop().stopped() => Err(crosswalk_engine::error::Error::Stopped.into()),
    }
}
