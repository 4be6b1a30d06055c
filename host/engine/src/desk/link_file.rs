//! Export and import of links: hundreds of records are mapped in a spreadsheet.
//!
//! A file is imported whole or not at all: every bad row is named, and nothing is stored while one is left. Rows
//! unchanged since their export decide nothing. The file's format is `sheet`'s.

use super::decisions;
use super::imports::{Cause, Import, ImportChange, Problems, misplaced, refused};
use super::links::{self, Decision, LinkFilter, LinkView};
use super::sheet::{self, Form, Sheet};
use crate::boxed;
use crate::error::Error;
use crate::ground::find;
use crate::ground::tenant::Tenant;
use crosswalk_model::{Kind, LinkState, Record, SyncName};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// Columns of the file, in order.
pub const LINK_COLUMNS: &[&str] =
    &["kind", "source", "source_name", "state", "target", "target_name", "score", "reason", "revision"];

const FORM: Form =
    Form { what: "links", required: &["kind", "source", "state"], deciding: &["state", "target"], known: LINK_COLUMNS };

/// One row. On import `kind`, `source`, `state` and, for `linked`, `target` decide; names are compared with the ids
/// beside them, and the other columns are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRow {
    /// The kind.
    pub kind: String,
    /// The source record's id.
    pub source: String,
    /// Name of the source record.
    #[serde(default)]
    pub source_name: String,
    /// `linked`, `create`, `excluded` or `unmapped`; rows in other states are left as they are.
    pub state: String,
    /// The target record's id.
    #[serde(default)]
    pub target: String,
    /// Name of the target record, or of the best candidate.
    #[serde(default)]
    pub target_name: String,
    /// The best candidate's score.
    #[serde(default)]
    pub score: String,
    /// Reason of the state.
    #[serde(default)]
    pub reason: String,
    /// Digest of the state at export; empty in a file that was not exported.
    #[serde(default)]
    pub revision: String,
}

impl LinkRow {
    fn of(view: &LinkView) -> Self {
        let best = view.link.candidates.first();
        let row = Self {
            kind: view.link.kind.to_string(),
            source: view.link.source.clone(),
            source_name: view.source_name.clone(),
            state: view.link.state.as_str().to_owned(),
            target: view.link.target.clone().or_else(|| best.map(|best| best.target.clone())).unwrap_or_default(),
            target_name: view.target_name.clone().or_else(|| best.map(|best| best.name.clone())).unwrap_or_default(),
            score: best.map(|best| format!("{:.2}", best.score)).unwrap_or_default(),
            reason: match (&view.link.reason, best) {
                (reason, Some(best)) if reason.is_empty() => best.reason.clone(),
                (reason, _) => reason.clone(),
            },
            revision: String::new(),
        };
        Self { revision: row.digest(), ..row }
    }

    fn digest(&self) -> String {
        sheet::revision(&[&self.state, &self.target])
    }

    /// Whether a target was entered where the state takes none. An exported target (a candidate, or one to be given up)
    /// remains when only the state is changed, and does not count.
    fn has_new_target(&self, decision: &Decision) -> bool {
        let exported = || {
            let was = |state: &LinkState| sheet::revision(&[state.as_str(), &self.target]) == self.revision;
            LinkState::ALL.iter().any(was)
        };
        !matches!(decision, Decision::Link(_)) && !self.target.is_empty() && !exported()
    }

    fn target_for_nothing(&self) -> String {
        format!("its state is still `{}`: write `linked` to take the target", self.state)
    }
}

impl Tenant {
    /// Returns links as rows of a file.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn link_export(&self, sync: &SyncName, filter: &LinkFilter) -> Result<Vec<LinkRow>, Error> {
        Ok(self.link_list(sync, filter).await?.iter().map(LinkRow::of).collect())
    }

    /// Imports decisions from a CSV or JSON file; with `dry_run`, only returns the changes it would make.
    ///
    /// # Errors
    /// The file as a whole, or all its bad rows; nothing is stored then.
    #[boxed]
    pub async fn link_import(&self, sync: &SyncName, file: &[u8], dry_run: bool) -> Result<Import, Error> {
        let sync = self.sync(sync).await?;
        let export = format!("crosswalk link export {}", sync.name);
        let sheet = Sheet::read(file, &FORM).map_err(|why| refused("the file of links", why, &export))?;
        let mut problems = Problems::default();
        let mut rows = Vec::new();
        for row in &sheet.rows {
            let parsed = row.parse::<LinkRow>().and_then(|row| Ok((parse(&row)?, row)));
            match parsed {
                Ok((Some((_, decision)), parsed)) if parsed.has_new_target(&decision) => {
                    problems.add(Cause::Unreadable, row.number, parsed.target_for_nothing());
                }
                Ok((Some((kind, decision)), parsed)) if parsed.revision != parsed.digest() => {
                    rows.push((row.number, kind, decision, parsed));
                }
                Ok((None, parsed)) if !parsed.revision.is_empty() && parsed.revision != parsed.digest() => {
                    problems.add(Cause::Unreadable, row.number, parsed.target_for_nothing());
                }
                Ok(_) => {}
                Err(why) => problems.add(Cause::Unreadable, row.number, why),
            }
        }
        let mut known: HashMap<(Kind, String), LinkView> = HashMap::new();
        for kind in Kind::ALL.into_iter().filter(|kind| rows.iter().any(|row| row.1 == *kind)) {
            let filter = LinkFilter { kind: Some(kind), ..LinkFilter::default() };
            let views = self.link_list(&sync.name, &filter).await?;
            known.extend(views.into_iter().map(|view| ((kind, view.link.source.clone()), view)));
        }
        // A file is judged by its end state: a target that one row frees, another may use.
        let mut freed: HashMap<Kind, HashSet<String>> = HashMap::new();
        for (_, kind, decision, row) in &rows {
            let now = known.get(&(*kind, row.source.clone())).and_then(|view| view.link.target.clone());
            if now.is_some_and(|now| *decision != Decision::Link(now)) {
                freed.entry(*kind).or_default().insert(row.source.clone());
            }
        }
        let none = HashSet::new();
        let (mut links, mut changes) = (Vec::new(), Vec::new());
        let mut sources: HashMap<(Kind, &str), usize> = HashMap::new();
        let mut targets: HashMap<(Kind, &str), usize> = HashMap::new();
        for (number, kind, decision, row) in &rows {
            let (number, kind) = (*number, *kind);
            if let Some(before) = sources.insert((kind, &row.source), number) {
                problems.add(Cause::Twice, number, format!("{kind} {} stands in row {before} already", row.source));
                continue;
            }
            let view = known.get(&(kind, row.source.clone()));
            if let Decision::Link(target) = decision
                && !sync.rules.shares(kind)
                && let Some(before) = targets.insert((kind, target), number)
            {
                problems.add(Cause::Twice, number, format!("target {kind} {target} stands in row {before} already"));
                continue;
            }
            if let Some(why) = misplaced_row(self, &sync, kind, decision, row, view).await? {
                problems.add(Cause::Name, number, why);
                continue;
            }
            let now = view.map(LinkRow::of);
            let now_revision =
                now.as_ref().map_or_else(|| sheet::revision(&["unmapped", ""]), |now| now.revision.clone());
            if !row.revision.is_empty() && row.revision != now_revision {
                problems.add(Cause::Old, number, decided_since(kind, &row.source, now.as_ref()));
                continue;
            }
            match links::decided_among(self, &sync, kind, &row.source, decision, freed.get(&kind).unwrap_or(&none))
                .await
            {
                Ok(link) => {
                    let stored = view.map(|view| &view.link);
                    if stored.is_some_and(|stored| stored.state == link.state && stored.target == link.target) {
                        continue;
                    }
                    let to = |link: &crosswalk_model::Link| match &link.target {
                        Some(target) => format!("{} {target}", link.state.as_str()),
                        None => link.state.as_str().to_owned(),
                    };
                    changes.push(ImportChange {
                        row: number,
                        kind,
                        source: row.source.clone(),
                        name: view.map(|view| view.source_name.clone()).unwrap_or_default(),
                        what: "link",
                        before: stored.map(to).unwrap_or_default(),
                        after: to(&link),
                    });
                    links.push(link);
                }
                Err(error) => problems.add(Cause::Refused, number, error.to_string()),
            }
        }
        problems.refuse("the file of links", &export)?;
        let decision =
            if dry_run { String::new() } else { decisions::decide(self, &sync, "file", links).await?.decision };
        Ok(Import { decision, changes, ignored: sheet.ignored })
    }
}

/// Whether a name in a row belongs to another record than the id beside it.
async fn misplaced_row(
    tenant: &Tenant,
    sync: &crosswalk_model::Sync,
    kind: Kind,
    decision: &Decision,
    row: &LinkRow,
    view: Option<&LinkView>,
) -> Result<Option<String>, Error> {
    if let Some(view) = view
        && let Some(why) = misplaced(&format!("source {kind}"), &row.source, &view.source_name, &row.source_name)
    {
        return Ok(Some(why));
    }
    let Decision::Link(target) = decision else { return Ok(None) };
    let there: Option<Record> = find::record(tenant, &sync.target, kind, target).await?;
    Ok(there.and_then(|there| misplaced(&format!("target {kind}"), target, &there.name, &row.target_name)))
}

fn decided_since(kind: Kind, source: &str, now: Option<&LinkRow>) -> String {
    let stands = match now {
        Some(now) if now.target.is_empty() => format!("it is {}", now.state),
        Some(now) => format!("it is {} {}", now.state, now.target),
        None => "nothing is decided of it".to_owned(),
    };
    format!("{kind} {source} was decided on since this file was made: {stands} now; export it again")
}

fn parse(row: &LinkRow) -> Result<Option<(Kind, Decision)>, String> {
    let kind: Kind = row.kind.parse()?;
    if row.source.is_empty() {
        return Err("`source` is empty: it is the id of the source record".to_owned());
    }
    let state: LinkState = row.state.to_lowercase().parse()?;
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
