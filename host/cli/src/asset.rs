//! `crosswalk asset`: refreshes one asset at once.

use super::exit::Exit;
use super::output::clean;
use super::progress::Bars;
use super::session::Session;
use super::{plan, shapes};
use clap::Subcommand;
use crosswalk_engine::RefreshReport;
use crosswalk_model::{Kind, SyncName, said};
use crosswalk_say::Lang;
use serde_json::{Value, json};

/// Commands on one asset.
#[derive(Debug, Subcommand)]
pub(super) enum AssetCommand {
    /// Read one asset now and update its target record at once
    #[command(after_help = "\
Reads the asset from both sides and writes what differs, check-in times included. Only a linked asset
can be refreshed; nothing is created.

Example:
  crosswalk asset refresh rmm-to-psa 4711")]
    Refresh {
        /// The sync
        sync: SyncName,
        /// The asset's id, at the source or at the target
        id: String,
    },
}

impl AssetCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        let AssetCommand::Refresh { sync, id } = self;
        let tenant = session.tenant().await?;
        let report = tenant.refresh(&sync, Kind::Asset, &id, &Bars::new(session.output)).await?;
        let lang = session.output.lang();
        session.output.answer(|| document(&report, lang), || summary(&report, lang))?;
        Ok(report.applied.as_ref().map_or(Exit::Done, |applied| Exit::of_run(&applied.run)))
    }
}

fn document(report: &RefreshReport, lang: Lang) -> Value {
    json!({
        "source": report.source,
        "target": report.target,
        "name": report.name,
        "changes": report.changes.iter().map(|view| shapes::change(view, lang)).collect::<Vec<_>>(),
        "findings": report.plan.findings.iter().map(|one| shapes::finding(one, lang)).collect::<Vec<_>>(),
        "applied": report.applied.as_ref().map_or(Value::Null, |applied| shapes::applied(applied, lang)),
    })
}

fn summary(report: &RefreshReport, lang: Lang) -> String {
    let (source, name, target) = (&report.source, clean(&report.name), report.target.as_deref().unwrap_or("none"));
    let mut text = lang.say(match report.applied {
        Some(_) => said!("cli-refreshed", source, name, target),
        None => said!("cli-refreshed-already", source, name, target),
    });
    text.push('\n');
    report.changes.iter().for_each(|view| text.push_str(&plan::one(view, lang)));
    for finding in &report.plan.findings {
        text.push_str(&format!("{}\n", clean(&lang.say(said!("cli-left-finding", message = &finding.message)))));
    }
    text
}
