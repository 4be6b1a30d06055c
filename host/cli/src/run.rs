//! `crosswalk run`: plans and applies as far as trust allows, without confirmation. Undoing a run
//! is in `undo.rs`.

use super::applied::report_run;
use super::exit::{CliError, Exit};
use super::progress::Bars;
use super::queue::{FollowArgs, QueueArgs, StopArgs};
use super::session::Session;
use super::undo::UndoArgs;
use crosswalk_model::{Call, SyncName, Verb, Wanted, said};

/// Plan and apply at once, or undo a run.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Applies only kinds with the trust `automatic`, and nothing that a brake holds; the rest waits in the
plan. Suitable for a system timer. `crosswalk runs` lists past runs; `crosswalk run -- undo` runs a
sync called `undo`.

Examples:
  crosswalk run rmm-to-psa
  crosswalk run rmm-to-psa --queue --follow
  crosswalk run follow 7
  crosswalk run stop 7
  crosswalk run undo 7"
)]
pub(super) struct RunArgs {
    /// The sync
    #[arg(required = true)]
    sync: Option<SyncName>,
    #[command(flatten)]
    queue: QueueArgs,
    #[command(subcommand)]
    command: Option<RunCommand>,
}

/// Further actions on runs.
#[derive(Debug, clap::Subcommand)]
enum RunCommand {
    /// Show the reverse of a run, and apply it after confirmation
    Undo(UndoArgs),
    /// Follow a run of any process until it ends
    Follow(FollowArgs),
    /// Stop a run of any process, or cancel one that waits
    Stop(StopArgs),
}

impl RunArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let sync = match (self.command, self.sync) {
            (Some(RunCommand::Undo(undo)), _) => return undo.run(session).await,
            (Some(RunCommand::Follow(follow)), _) => return follow.run(session).await,
            (Some(RunCommand::Stop(stop)), _) => return stop.run(session).await,
            (None, Some(sync)) => sync,
            (None, None) => {
                return Err(CliError::usage(said!("cli-no-sync"), said!("cli-call", call = Call::of(Verb::Run))));
            }
        };
        let tenant = session.tenant().await?;
        if self.queue.queue {
            return self.queue.ask(session, &tenant, &sync, &Wanted::Run).await;
        }
        let report = tenant.run(&sync, &Bars::new(session.output)).await?;
        report_run(session, &tenant, &sync, &report).await
    }
}
