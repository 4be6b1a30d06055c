//! `crosswalk prune`: what is older than it has to be kept goes, or is told.

use super::exit::Exit;
use super::output::table;
use super::session::Session;

/// Delete what is old.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
`crosswalk work` does this once a day for every tenant. What is kept how long stands in the data
folder's crosswalk.toml; in days, with what it is where it is left out:

  [retention]
  plans-days = 90       # plans and their changes; for as long a run can be undone
  runs-days = 400       # runs
  journal-days = 400    # the journal, without what it says of usage
  usage-days = 3653     # counts, and what the journal says of usage: invoices are defended with it
  gone-days = 90        # records their vendor has no more and no link leads from or to
  tickets-days = 90     # alerts that are gone, their closed tickets, and the links between them

Kept whatever these say: a plan with an open write, the newest plan of a sync, what is linked or
was decided by a person. The file does not shrink; it stops growing. After the clock leapt by more
than a week nothing goes until it has gone on for a week, or a person says that it is right.

Examples:
  crosswalk prune --dry-run
  crosswalk prune")]
pub(super) struct PruneArgs {
    /// Only say what would go
    #[arg(long)]
    dry_run: bool,
    /// Say that the clock is right where it leapt and nothing is deleted for a week; the clock of every tenant
    #[arg(long, conflicts_with = "dry_run")]
    clock_is_right: bool,
}

impl PruneArgs {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let report = session.tenant().await?.prune(self.dry_run, self.clock_is_right).await?;
        session.output.answer(
            || serde_json::json!(report),
            || {
                if report.removed.is_empty() {
                    return report.words();
                }
                let rows = report.removed.iter().map(|one| [one.what.to_owned(), one.rows.to_string()]);
                table(["what", if report.dry_run { "would go" } else { "removed" }], rows)
            },
        )?;
        Ok(Exit::Done)
    }
}
