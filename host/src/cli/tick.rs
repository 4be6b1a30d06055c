//! `crosswalk tick`: the wake-ups that connectors asked for, run once. A timer of the
//! machine can call it until the daemon comes.

use super::exit::Exit;
use super::output::{count, table};
use super::session::Session;
use serde_json::json;

/// Run what is due.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Idempotent: what is due is a fact in the database, so it may be called as often as you like.

Example, once a minute by cron:
  * * * * * crosswalk tick --quiet")]
pub(super) struct TickArgs {}

impl TickArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let woken = session.tenant().await?.tick().await?;
        let failed = woken.iter().any(|wake| wake.outcome.is_err());
        session.output.answer(
            || json!(woken),
            || {
                if woken.is_empty() {
                    return "nothing was due".to_owned();
                }
                let rows = woken.iter().map(|wake| {
                    let outcome = match &wake.outcome {
                        Ok(signals) => format!("done, {}", count(*signals as u64, "signal")),
                        Err(why) => format!("failed: {why}"),
                    };
                    [wake.connection.clone(), wake.job.clone(), outcome]
                });
                table(["connection", "job", "outcome"], rows)
            },
        )?;
        Ok(if failed { Exit::Partial } else { Exit::Done })
    }
}
