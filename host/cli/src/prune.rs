//! `crosswalk prune`: deletes data older than its retention, or lists it.

use super::exit::Exit;
use super::output::{table, word};
use super::session::Session;
use crosswalk_model::said;

/// Options of `crosswalk prune`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`crosswalk work` prunes once a day, for every tenant. The data folder's crosswalk.toml sets how long
things are kept, in days; these are the defaults:

  [retention]
  plans-days = 90       # plans and their changes; a run can be undone for this long
  runs-days = 400       # runs
  journal-days = 400    # the journal, except for usage
  usage-days = 3653     # counts, and the journal of usage: the proof of invoices
  gone-days = 90        # records that are gone at their vendor and not linked
  tickets-days = 90     # alerts that are gone, their closed tickets, and the links between them

Always kept: a plan with an open write, the newest plan of a sync, links, and a person's decisions.
The file does not shrink; it stops growing. After the clock jumps by more than a week, nothing is
deleted for a week, unless --clock-is-right confirms the clock.

Examples:
  crosswalk prune --dry-run
  crosswalk prune")]
pub(super) struct PruneArgs {
    /// Only show what would be deleted
    #[arg(long)]
    dry_run: bool,
    /// Confirm that the clock is right after a jump, for every tenant
    #[arg(long, conflicts_with = "dry_run")]
    clock_is_right: bool,
}

impl PruneArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let lang = session.output.lang();
        let report = session.tenant().await?.prune(self.dry_run, self.clock_is_right).await?;
        session.output.answer(
            || serde_json::json!(report),
            || {
                if report.removed.is_empty() {
                    return lang.say(said!("desk-cli-prune-nothing"));
                }
                let rows = report.removed.iter().map(|one| [word(lang, one.what), one.rows.to_string()]);
                table(lang, ["what", if report.dry_run { "would-go" } else { "removed" }], rows)
            },
        )?;
        Ok(Exit::Done)
    }
}
