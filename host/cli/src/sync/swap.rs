//! `crosswalk sync swap`: creates and plans the successor, and explains how to go back.

use super::show::link_table;
use crate::exit::{CliError, Exit};
use crate::plan::{self, Held};
use crate::progress::Bars;
use crate::session::Session;
use crosswalk_engine::SwapEnd;
use crosswalk_engine::Swapped;
use crosswalk_model::{Call, ConnectionName, SyncName, Verb, said};
use crosswalk_say::Lang;
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
            .map_err(|_| CliError::usage(said!("desk-cli-successor-name"), said!("desk-cli-successor-as")))?,
    };
    let end = match (to, from) {
        (Some(to), _) => SwapEnd::Target(to),
        (None, Some(from)) => SwapEnd::Source(from),
        (None, None) => {
            return Err(CliError::usage(
                said!("desk-cli-no-connection-named"),
                said!("desk-cli-connection-to-or-from"),
            ));
        }
    };
    let swapped = tenant.sync_swap(name, &end, &successor).await?;
    let lang = session.output.lang();
    session.output.talk(&lang.say(said!("desk-cli-replaces", sync = name, successor = &successor)));
    let report = tenant.plan(&successor, &Bars::new(session.output)).await?;
    let held = Held::of(&tenant, &report.plan).await?;
    let links = tenant.link_counts(&successor).await?;
    let billing = plan::billing(&tenant, &successor).await?;
    session.output.answer(
        || json!({ "swapped": swapped, "plan": plan::document(&successor, &report, &held, lang), "links": links }),
        || {
            let summary = plan::summary(&successor, &report, &held, billing, lang);
            format!("{}\n{}\n{summary}", told(name, &end, &swapped, lang), link_table(&links, lang))
        },
    )?;
    Ok(plan::exit(&report))
}

/// What became of the old sync and of its decisions, line by line.
fn told(name: &SyncName, end: &SwapEnd, swapped: &Swapped, lang: Lang) -> String {
    let (resume, remove) = (format!("crosswalk sync resume {name}"), format!("crosswalk sync remove {name}"));
    let mut lines = vec![said!("desk-cli-swapped", sync = name, links = swapped.kept, resume, remove)];
    if swapped.taken_along > 0 {
        lines.push(said!("desk-cli-taken-along", count = swapped.taken_along));
    }
    if swapped.left_behind > 0 {
        let list = Call::of(Verb::LinkList).with("sync", name).each("state", ["excluded", "create"]);
        lines.push(match end {
            SwapEnd::Source(_) => said!("desk-cli-left-behind-source", count = swapped.left_behind, list),
            SwapEnd::Target(_) => said!("desk-cli-left-behind-target", count = swapped.left_behind),
        });
    }
    lines.into_iter().map(|line| lang.say(line) + "\n").collect()
}
