//! Links in a CSV file, out and in: how hundreds of customers are mapped in a spreadsheet.
//!
//! A file is taken whole or not at all: every bad row is named with its line, and nothing
//! is stored while one is left.

use super::Tenant;
use super::links::{Decision, LinkFilter};
use crate::error::Error;
use crate::model::{Kind, LinkState, SyncName};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// One row. On the way in `kind`, `source`, `state` and, for `linked`, `target` matter;
/// the other columns are for people and may be left out.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkRow {
    /// The kind.
    pub kind: String,
    /// The source record's id.
    pub source: String,
    /// What the source calls it.
    #[serde(default)]
    pub source_name: String,
    /// `linked`, `create`, `excluded` or `unmapped`; rows in other states are left as they are.
    pub state: String,
    /// The target record's id.
    #[serde(default)]
    pub target: String,
    /// What the target calls it, or the best candidate.
    #[serde(default)]
    pub target_name: String,
    /// The best candidate's score.
    #[serde(default)]
    pub score: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

impl Tenant {
    /// Links as CSV text (RFC 4180, with a header).
    ///
    /// # Errors
    /// No such sync.
    pub async fn link_export(&self, sync: &SyncName, filter: &LinkFilter) -> Result<String, Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for view in self.link_list(sync, filter).await? {
            let best = view.link.candidates.first();
            let row = LinkRow {
                kind: view.link.kind.to_string(),
                source: view.link.source.clone(),
                source_name: view.source_name,
                state: view.link.state.as_str().to_owned(),
                target: view.link.target.clone().or_else(|| best.map(|best| best.target.clone())).unwrap_or_default(),
                target_name: view.target_name.or_else(|| best.map(|best| best.name.clone())).unwrap_or_default(),
                score: best.map(|best| format!("{:.2}", best.score)).unwrap_or_default(),
                reason: if view.link.reason.is_empty() {
                    best.map(|best| best.reason.clone()).unwrap_or_default()
                } else {
                    view.link.reason.clone()
                },
            };
            writer.serialize(row).map_err(|error| unwritable(&error))?;
        }
        let bytes = writer.into_inner().map_err(|error| unwritable(&error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Takes decisions from CSV text. Gives how many links changed.
    ///
    /// # Errors
    /// All bad rows, by line; then nothing was stored.
    pub async fn link_import(&self, sync: &SyncName, text: &str) -> Result<usize, Error> {
        let sync = self.sync(sync).await?;
        let (mut links, mut problems) = (Vec::new(), Vec::new());
        let mut lines: HashMap<(Kind, String), u64> = HashMap::new();
        let mut targets: HashMap<(Kind, String), u64> = HashMap::new();
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(text.as_bytes());
        for (index, row) in reader.deserialize::<LinkRow>().enumerate() {
            let fallback = index as u64 + 2;
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    let line = error.position().map_or(fallback, csv::Position::line);
                    problems.push(format!("line {line}: {error}"));
                    if error.position().is_none() { break } else { continue }
                }
            };
            let line = fallback;
            match parse(&row) {
                Ok(None) => {}
                Ok(Some((kind, decision))) => {
                    if let Some(before) = lines.insert((kind, row.source.clone()), line) {
                        problems.push(format!("line {line}: {kind} {} stands in line {before} already", row.source));
                        continue;
                    }
                    if let Decision::Link(target) = &decision
                        && kind != Kind::Location
                        && let Some(before) = targets.insert((kind, target.clone()), line)
                    {
                        problems.push(format!("line {line}: target {kind} {target} stands in line {before} already"));
                        continue;
                    }
                    match self.decided(&sync, kind, &row.source, &decision).await {
                        Ok(link) => links.push(link),
                        Err(error) => problems.push(format!("line {line}: {error}")),
                    }
                }
                Err(why) => problems.push(format!("line {line}: {why}")),
            }
        }
        if !problems.is_empty() {
            return Err(Error::Problems {
                what: "the link file".to_owned(),
                problems,
                hint: "`crosswalk link export` shows the form; mend the lines and import it again".to_owned(),
            });
        }
        // What stands as it is already needs no new revision.
        let mut changed = Vec::new();
        for link in links {
            let stored = self.store.link_get(&sync.name, link.kind, &link.source).await?;
            if stored.is_none_or(|stored| stored.state != link.state || stored.target != link.target) {
                changed.push(link);
            }
        }
        self.store.links_put(&sync.name, &changed).await?;
        self.note_mapped(&sync, &changed).await?;
        Ok(changed.len())
    }
}

fn parse(row: &LinkRow) -> Result<Option<(Kind, Decision)>, String> {
    let kind: Kind = row.kind.parse()?;
    if row.source.is_empty() {
        return Err("`source` is empty: it is the id of the source record".to_owned());
    }
    let state: LinkState = row.state.parse()?;
    let decision = match state {
        LinkState::Linked if row.target.is_empty() => {
            return Err("`linked` needs the id of the target record in `target`".to_owned());
        }
        LinkState::Linked => Decision::Link(row.target.clone()),
        LinkState::Create => Decision::Create,
        LinkState::Excluded => Decision::Exclude,
        LinkState::Unmapped => Decision::Forget,
        LinkState::Proposed | LinkState::Conflict | LinkState::Broken => return Ok(None),
    };
    Ok(Some((kind, decision)))
}

fn unwritable(error: &dyn std::fmt::Display) -> Error {
    Error::invalid(format!("the links could not be written as CSV: {error}"), "")
}
