//! Export and import of links: hundreds of records are mapped in a spreadsheet.
//!
//! A file is imported whole or not at all: every bad row is named, and nothing is stored while one is left. Rows
//! unchanged since their export decide nothing. The file's format is `sheet`'s.

use super::decisions::{self, By};
use super::imports::{Cause, Import, ImportChange, Problems, misplaced, refusal, refused};
use super::links::{self, Decision, LinkFilter, LinkView};
use super::sheet::{self, Form, Sheet};
use crate::boxed;
use crate::error::Error;
use crate::ground::find;
use crate::ground::tenant::Tenant;
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, Link, LinkState, Record, Said, Sync, SyncName, said};
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
    pub reason: Said,
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

    fn target_for_nothing(&self) -> Said {
        said!("file-row-target-for-nothing", state = self.state.as_str())
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
        let export = Call::of(Verb::LinkExport).with("sync", &sync.name);
        let sheet = Sheet::read(file, &FORM).map_err(|why| refused(&FORM, why, export.clone()))?;
        let mut problems = Problems::default();
        let rows = given(&sheet, &mut problems);
        let known = known(self, &sync.name, &rows).await?;
        let mut taking = Taking {
            tenant: self,
            sync: &sync,
            freed: freed(&rows, &known),
            known: &known,
            sources: HashMap::new(),
            targets: HashMap::new(),
            links: Vec::new(),
            changes: Vec::new(),
            problems,
        };
        for row in &rows {
            taking.take(row).await?;
        }
        let Taking { links, changes, problems, .. } = taking;
        problems.refuse(&FORM, export)?;
        let decision =
            if dry_run { String::new() } else { decisions::decide(self, &sync, By::File, links).await?.decision };
        Ok(Import { decision, changes, ignored: sheet.ignored })
    }
}

/// A row of the file that decides something.
struct Given {
    number: usize,
    kind: Kind,
    decision: Decision,
    row: LinkRow,
}

/// Present links, by kind and source record.
type Known = HashMap<(Kind, String), LinkView>;

/// Returns the rows that decide something; those that cannot be read are added to the problems.
fn given(sheet: &Sheet, problems: &mut Problems) -> Vec<Given> {
    let mut rows = Vec::new();
    for row in &sheet.rows {
        let parsed = row.parse::<LinkRow>().and_then(|row| Ok((parse(&row)?, row)));
        match parsed {
            Ok((Some((_, decision)), parsed)) if parsed.has_new_target(&decision) => {
                problems.add(Cause::Unreadable, row.number, parsed.target_for_nothing());
            }
            Ok((Some((kind, decision)), parsed)) if parsed.revision != parsed.digest() => {
                rows.push(Given { number: row.number, kind, decision, row: parsed });
            }
            Ok((None, parsed)) if !parsed.revision.is_empty() && parsed.revision != parsed.digest() => {
                problems.add(Cause::Unreadable, row.number, parsed.target_for_nothing());
            }
            Ok(_) => {}
            Err(why) => problems.add(Cause::Unreadable, row.number, why),
        }
    }
    rows
}

/// Returns the present links of all kinds in the file.
async fn known(tenant: &Tenant, sync: &SyncName, rows: &[Given]) -> Result<Known, Error> {
    let mut known = Known::new();
    for kind in Kind::ALL.into_iter().filter(|kind| rows.iter().any(|row| row.kind == *kind)) {
        let filter = LinkFilter { kind: Some(kind), ..LinkFilter::default() };
        let views = tenant.link_list(sync, &filter).await?;
        known.extend(views.into_iter().map(|view| ((kind, view.link.source.clone()), view)));
    }
    Ok(known)
}

/// Returns the source records whose targets are free at the end of the file: a file is judged by its end state, and a
/// target that one row frees, another may use.
fn freed(rows: &[Given], known: &Known) -> HashMap<Kind, HashSet<String>> {
    let mut freed: HashMap<Kind, HashSet<String>> = HashMap::new();
    for Given { kind, decision, row, .. } in rows {
        let now = known.get(&(*kind, row.source.clone())).and_then(|view| view.link.target.clone());
        if now.is_some_and(|now| *decision != Decision::Link(now)) {
            freed.entry(*kind).or_default().insert(row.source.clone());
        }
    }
    freed
}

/// Rows being turned into decisions.
struct Taking<'a> {
    tenant: &'a Tenant,
    sync: &'a Sync,
    /// Source records whose targets are free at the end of the file.
    freed: HashMap<Kind, HashSet<String>>,
    known: &'a Known,
    /// The row that decides a source record, or uses a target, already.
    sources: HashMap<(Kind, &'a str), usize>,
    targets: HashMap<(Kind, &'a str), usize>,
    links: Vec<Link>,
    changes: Vec<ImportChange>,
    problems: Problems,
}

impl<'a> Taking<'a> {
    /// Adds the decision of a row, or why it has none.
    async fn take(&mut self, given: &'a Given) -> Result<(), Error> {
        let Given { number, kind, decision, row } = given;
        let (number, kind) = (*number, *kind);
        let view = self.known.get(&(kind, row.source.clone()));
        if let Some(why) = self.twice(given) {
            self.problems.add(Cause::Twice, number, why);
            return Ok(());
        }
        if let Some(why) = misplaced_row(self.tenant, self.sync, kind, decision, row, view).await? {
            self.problems.add(Cause::Name, number, why);
            return Ok(());
        }
        let now = view.map(LinkRow::of);
        let now_revision = now.as_ref().map_or_else(|| sheet::revision(&["unmapped", ""]), |now| now.revision.clone());
        if !row.revision.is_empty() && row.revision != now_revision {
            self.problems.add(Cause::Old, number, decided_since(kind, &row.source, now.as_ref()));
            return Ok(());
        }
        let none = HashSet::new();
        let freed = self.freed.get(&kind).unwrap_or(&none);
        match links::decided_among(self.tenant, self.sync, kind, &row.source, decision, freed).await {
            Ok(link) => self.add(number, view, link),
            Err(error) => self.problems.add(Cause::Refused, number, refusal(&error, &[&row.source, &row.target])),
        }
        Ok(())
    }

    /// Notes what a row decides, and describes what a row before decides already: the same source record, or a target
    /// that is not shared.
    fn twice(&mut self, given: &'a Given) -> Option<Said> {
        let Given { number, kind, decision, row } = given;
        if let Some(before) = self.sources.insert((*kind, &row.source), *number) {
            let source = row.source.as_str();
            return Some(said!("file-row-source-twice", kind = *kind, source, before = before.to_string()));
        }
        if let Decision::Link(target) = decision
            && !self.sync.rules.shares(*kind)
            && let Some(before) = self.targets.insert((*kind, target), *number)
        {
            return Some(said!("file-row-target-twice", kind = *kind, target, before = before.to_string()));
        }
        None
    }

    /// Adds a link, unless it stands so already.
    fn add(&mut self, number: usize, view: Option<&LinkView>, link: Link) {
        let stored = view.map(|view| &view.link);
        if stored.is_some_and(|stored| stored.state == link.state && stored.target == link.target) {
            return;
        }
        let to = |link: &Link| match &link.target {
            Some(target) => format!("{} {target}", link.state.as_str()),
            None => link.state.as_str().to_owned(),
        };
        self.changes.push(ImportChange {
            row: number,
            kind: link.kind,
            source: link.source.clone(),
            name: view.map(|view| view.source_name.clone()).unwrap_or_default(),
            what: "link",
            before: stored.map(to).unwrap_or_default(),
            after: to(&link),
        });
        self.links.push(link);
    }
}

/// Whether a name in a row belongs to another record than the id beside it.
async fn misplaced_row(
    tenant: &Tenant,
    sync: &Sync,
    kind: Kind,
    decision: &Decision,
    row: &LinkRow,
    view: Option<&LinkView>,
) -> Result<Option<Said>, Error> {
    if let Some(view) = view
        && let Some(why) = misplaced(said!("file-row-source", kind), &row.source, &view.source_name, &row.source_name)
    {
        return Ok(Some(why));
    }
    let Decision::Link(target) = decision else { return Ok(None) };
    let there: Option<Record> = find::record(tenant, &sync.target, kind, target).await?;
    Ok(there.and_then(|there| misplaced(said!("file-row-target", kind), target, &there.name, &row.target_name)))
}

fn decided_since(kind: Kind, source: &str, now: Option<&LinkRow>) -> Said {
    match now {
        Some(now) if now.target.is_empty() => {
            said!("file-row-decided-since", kind, source, state = now.state.as_str())
        }
        Some(now) => {
            let (state, target) = (now.state.as_str(), now.target.as_str());
            said!("file-row-targeted-since", kind, source, state, target)
        }
        None => said!("file-row-undecided-since", kind, source),
    }
}

fn parse(row: &LinkRow) -> Result<Option<(Kind, Decision)>, Said> {
    let known = Arg::list(Kind::ALL.map(Kind::as_str));
    let kind: Kind = row.kind.parse().map_err(|_| said!("file-row-no-kind", text = row.kind.as_str(), known))?;
    if row.source.is_empty() {
        return Err(said!("file-row-no-source"));
    }
    let known = Arg::list(LinkState::ALL.map(LinkState::as_str));
    let state = row.state.to_lowercase().parse::<LinkState>();
    let state = state.map_err(|_| said!("file-row-no-state", text = row.state.as_str(), known))?;
    let decision = match state {
        LinkState::Linked if row.target.is_empty() => {
            return Err(said!("file-row-no-target"));
        }
        LinkState::Linked => Decision::Link(row.target.clone()),
        LinkState::Create => Decision::Create,
        LinkState::Excluded => Decision::Exclude,
        LinkState::Unmapped => Decision::Forget,
        LinkState::Proposed | LinkState::Conflict | LinkState::Broken => return Ok(None),
    };
    Ok(Some((kind, decision)))
}
