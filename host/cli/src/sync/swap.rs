//! `crosswalk sync swap`: creates and plans the successor, and explains how to go back.

use super::show::link_table;
use crate::exit::{CliError, Exit};
use crate::output::count;
use crate::plan::{self, Held};
use crate::progress::Bars;
use crate::session::Session;
use crosswalk_engine::SwapEnd;
use crosswalk_model::{ConnectionName, SyncName};
use serde_json::json;

pub(super) async fn swap(
    session: &Session<'_>,
    name: &SyncName,
    to: Option<ConnectionName>,
    from: Option<ConnectionName>,
    successor: Option<SyncName>,
) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let old = tenant.sync(name).await?;
    let (source, target) = (from.as_ref().unwrap_or(&old.source), to.as_ref().unwrap_or(&old.target));
    let successor = match successor {
        Some(successor) => successor,
        None => SyncName::new(format!("{source}-to-{target}"))
            .map_err(|_| CliError::usage("the successor needs another name", "pass `--as NAME`"))?,
    };
    let end = match (to, from) {
        (Some(to), _) => SwapEnd::Target(to),
        (None, Some(from)) => SwapEnd::Source(from),
        (None, None) => return Err(CliError::usage("no connection is named", "name one with `--to` or `--from`")),
    };
    let swapped = tenant.sync_swap(name, &end, &successor).await?;
    session.output.talk(&format!("{successor} replaces {name}, which is paused; planning it"));
    let report = tenant.plan(&successor, &Bars::new(session.output)).await?;
    let held = Held::of(&tenant, &report.plan).await?;
    let links = tenant.link_counts(&successor).await?;
    let billing = plan::billing(&tenant, &successor).await?;
    session.output.answer(
        || json!({ "swapped": swapped, "plan": plan::document(&successor, &report, &held), "links": links }),
        || {
            let mut text = format!(
                "{name} is paused and keeps its {}; `crosswalk sync resume {name}` goes back, `crosswalk sync remove {name}` removes it\n",
                count(swapped.kept, "link")
            );
            if swapped.taken_along > 0 {
                text.push_str(&format!("{} taken along\n", count(swapped.taken_along, "decision")));
            }
            if swapped.left_behind > 0 {
                let of = match end {
                    SwapEnd::Source(_) => format!(
                        "records of the old source that are not carried over: `crosswalk link list {name} --state excluded --state create`"
                    ),
                    SwapEnd::Target(_) => "decisions to create at the source are not carried over: they name customers of the old target".to_owned(),
                };
                text.push_str(&format!("{} about {of}\n", count(swapped.left_behind, "decision")));
            }
            text.push_str(&format!("\n{}\n{}", link_table(&links), plan::summary(&successor, &report, &held, billing)));
            text
        },
    )?;
    Ok(plan::exit(&report))
}
