//! `crosswalk link`: pairs of source and target records, decided by a person one by one, by score,
//! or in a spreadsheet.

use super::confirm::confirmed;
use super::exit::Exit;
use super::files::{self, ImportArgs, TableArgs};
use super::output::{count, table};
use super::parse::score;
use super::session::Session;
use super::shapes;
use clap::Subcommand;
use crosswalk_engine::{Decision, LINK_COLUMNS, LinkFilter, LinkView};
use crosswalk_model::{Kind, Link, LinkState, ReverseDecision, Switch, SyncName};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Commands on links.
#[derive(Debug, Subcommand)]
pub(super) enum LinkCommand {
    /// List links, with what was found for the undecided ones
    #[command(after_help = "\
States: unmapped, proposed, linked, create, excluded, conflict, broken.

Example:
  crosswalk link list rmm-to-psa --kind customer --state proposed --state conflict")]
    List {
        /// The sync
        sync: SyncName,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Link a source record to a target record
    #[command(after_help = "\
Example:
  crosswalk link set rmm-to-psa customer 17 29683")]
    Set {
        #[command(flatten)]
        record: RecordArgs,
        /// The target record's id
        target: String,
    },
    /// Have a source record created in the target
    Create {
        #[command(flatten)]
        record: RecordArgs,
    },
    /// Leave a source record, and what belongs to it, out of the sync
    Exclude {
        #[command(flatten)]
        record: RecordArgs,
    },
    /// Forget what was decided about a source record; matching starts over
    Forget {
        #[command(flatten)]
        record: RecordArgs,
    },
    /// Say that a proposed target record is not the one; others may still be proposed
    #[command(after_help = "\
Example:
  crosswalk link decline rmm-to-psa customer 17 29683")]
    Decline {
        #[command(flatten)]
        record: RecordArgs,
        /// The target record's id
        target: String,
    },
    /// Take a decision back: restore its links and switches as they were before
    #[command(after_help = "\
Later writes are not undone (`crosswalk run undo` does that), and later decisions stay. `crosswalk
journal` names the decisions.

Example:
  crosswalk link take-back rmm-to-psa d1f4a9c2e")]
    TakeBack {
        /// The sync
        sync: SyncName,
        /// The decision's id
        decision: String,
    },
    /// Show every proposal with at least a score and no close second, ask, and link them
    #[command(after_help = "\
Example:
  crosswalk link accept rmm-to-psa --kind customer --score 0.9")]
    Accept {
        /// The sync
        sync: SyncName,
        /// The kind of the links
        #[arg(long, default_value = "customer")]
        kind: Kind,
        /// The score, from 0 to 1
        #[arg(long, value_parser = score)]
        score: f64,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
    /// Decide whether a customer that is in the target alone is created at the source
    #[command(after_help = "\
Only for a sync with `--reverse`. Without a decision, a customer is created when no source customer
has a similar name; the findings of the plan list the customers that wait for a decision.

Examples:
  crosswalk link reverse rmm-to-psa 29683 create
  crosswalk link reverse rmm-to-psa 0 exclude")]
    Reverse {
        /// The sync
        sync: SyncName,
        /// The target customer's id
        target: String,
        /// The decision; `forget` takes it back
        #[arg(value_parser = ["create", "exclude", "forget"])]
        decision: String,
    },
    /// Write links into a file, for a spreadsheet or a program
    Export {
        /// The sync
        sync: SyncName,
        #[command(flatten)]
        form: TableArgs,
        /// The file [default: `-`, standard output]
        file: Option<PathBuf>,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Import decisions from a CSV or JSON file; one wrong row refuses the whole file
    #[command(after_help = "\
The columns that decide are kind, source, state (linked, create, excluded, unmapped) and, for
linked, target. A name beside an id must be its name, or empty. An unchanged row decides nothing,
and a changed row is refused when its record was decided on after the export. CSV is read with any
separator and encoding that a spreadsheet saves; columns you add are ignored.

Example:
  crosswalk link export rmm-to-psa links.csv      (edit it, then)
  crosswalk link import rmm-to-psa links.csv")]
    Import(ImportArgs),
}

/// A source record.
#[derive(Debug, clap::Args)]
pub(super) struct RecordArgs {
    /// The sync
    sync: SyncName,
    /// The record's kind
    kind: Kind,
    /// The source record's id
    source: String,
}

/// Filters of links.
#[derive(Debug, clap::Args)]
pub(super) struct FilterArgs {
    /// Only links of this kind
    #[arg(long)]
    kind: Option<Kind>,
    /// Only links in this state; repeat for several
    #[arg(long = "state", value_name = "STATE")]
    states: Vec<LinkState>,
    /// Only links of this source customer, by its id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only links with this text in a name, of either side
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

impl From<FilterArgs> for LinkFilter {
    fn from(args: FilterArgs) -> Self {
        Self { kind: args.kind, states: args.states, customer: args.customer, text: args.search }
    }
}

impl LinkCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            LinkCommand::List { sync, filter } => list(session, &sync, &filter.into()).await,
            LinkCommand::Set { record, target } => record.decide(session, &Decision::Link(target)).await,
            LinkCommand::Create { record } => record.decide(session, &Decision::Create).await,
            LinkCommand::Exclude { record } => record.decide(session, &Decision::Exclude).await,
            LinkCommand::Forget { record } => record.decide(session, &Decision::Forget).await,
            LinkCommand::Decline { record, target } => record.decide(session, &Decision::Decline(target)).await,
            LinkCommand::TakeBack { sync, decision } => take_back(session, &sync, &decision).await,
            LinkCommand::Accept { sync, kind, score, yes } => accept(session, &sync, kind, score, yes).await,
            LinkCommand::Reverse { sync, target, decision } => reverse(session, &sync, &target, &decision).await,
            LinkCommand::Export { sync, form, file, filter } => {
                export(session, &sync, form, file, &filter.into()).await
            }
            LinkCommand::Import(args) => import(session, &args).await,
        }
    }
}

pub(super) async fn list(session: &Session<'_>, sync: &SyncName, filter: &LinkFilter) -> anyhow::Result<Exit> {
    let views = session.tenant().await?.link_list(sync, filter).await?;
    session.output.answer(
        || views.iter().map(shapes::link_view).collect(),
        || {
            if views.is_empty() {
                return format!("no such link; `crosswalk plan {sync}` reads both sides and matches them");
            }
            let rows = views.iter().map(|view| {
                let (target, name) = target(view);
                [
                    view.link.kind.to_string(),
                    view.link.source.clone(),
                    view.source_name.clone(),
                    view.link.state.as_str().to_owned(),
                    target,
                    name,
                    [Some(why(&view.link)), view.note.clone()].into_iter().flatten().collect::<Vec<_>>().join("; "),
                ]
            });
            let shown = table(["kind", "source", "name", "state", "target", "name there", "why"], rows);
            format!("{shown}\n\n{}", count(views.len() as u64, "link"))
        },
    )?;
    Ok(Exit::Done)
}

/// The linked target; the best candidate has a question mark.
fn target(view: &LinkView) -> (String, String) {
    match (&view.link.target, view.link.candidates.first()) {
        (Some(target), _) => (target.clone(), view.target_name.clone().unwrap_or_default()),
        (None, Some(best)) => (format!("{}?", best.target), best.name.clone()),
        (None, None) => ("-".to_owned(), "-".to_owned()),
    }
}

/// The reason for its state; for an undecided link, the candidates.
fn why(link: &Link) -> String {
    if !matches!(link.state, LinkState::Proposed | LinkState::Conflict) || link.candidates.is_empty() {
        return link.reason.clone();
    }
    let found = |candidate: &crosswalk_model::Candidate| {
        format!("{:.2} {} ({})", candidate.score, candidate.reason, candidate.target)
    };
    let candidates = match link.candidates.as_slice() {
        [only] => format!("{:.2} {}", only.score, only.reason),
        several => several.iter().take(3).map(found).collect::<Vec<_>>().join("; "),
    };
    // The link's own reason says why a choice is needed.
    if link.state == LinkState::Conflict { format!("{}; {candidates}", link.reason) } else { candidates }
}

impl RecordArgs {
    async fn decide(&self, session: &Session<'_>, decision: &Decision) -> anyhow::Result<Exit> {
        decide(session, &self.sync, self.kind, &self.source, decision).await
    }
}

pub(super) async fn decide(
    session: &Session<'_>,
    sync: &SyncName,
    kind: Kind,
    source: &str,
    decision: &Decision,
) -> anyhow::Result<Exit> {
    let link = session.tenant().await?.link_decide(sync, kind, source, decision).await?;
    session.output.answer(
        || shapes::link(&link),
        || {
            let done = match decision {
                Decision::Link(target) => format!("is linked to {target}"),
                Decision::Create => "is to be created".to_owned(),
                Decision::Exclude => "is left out".to_owned(),
                Decision::Forget => "is undecided again".to_owned(),
                Decision::Decline(target) => format!("is not {target}"),
            };
            format!("{kind} {source} {done}; next: crosswalk plan {sync}")
        },
    )?;
    Ok(Exit::Done)
}

async fn reverse(session: &Session<'_>, sync: &SyncName, target: &str, decision: &str) -> anyhow::Result<Exit> {
    // `forget`, one of the three words the parser accepts, is not a decision.
    let decided = decision.parse::<ReverseDecision>().ok();
    session.tenant().await?.reverse_decide(sync, target, decided).await?;
    session.output.answer(
        || json!({ "sync": sync, "target": target, "decision": decided }),
        || {
            let done = match decided {
                Some(ReverseDecision::Create) => "is to be created at the source",
                Some(ReverseDecision::Exclude) => "is never created at the source",
                None => "is undecided again",
            };
            format!("target customer {target} {done}; next: crosswalk plan {sync}")
        },
    )?;
    Ok(Exit::Done)
}

pub(super) async fn accept(
    session: &Session<'_>,
    sync: &SyncName,
    kind: Kind,
    score: f64,
    yes: bool,
) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let found = tenant.link_acceptable(sync, kind, score).await?;
    if found.is_empty() {
        session.output.answer(
            || json!({ "decision": "", "links": [] }),
            || format!("no {kind} is proposed with a score of {score} or more; `crosswalk link list {sync} --kind {kind} --state proposed` shows what is"),
        )?;
        return Ok(Exit::Done);
    }
    if !yes {
        let shown = found
            .iter()
            .map(|link| [link.source.clone(), link.target.clone().unwrap_or_default(), link.reason.clone()]);
        // Shown even with --quiet, because the question refers to it.
        session.output.tell(&format!("{}\n", table(["source", "target", "why"], shown)));
        let question = format!("Link {}?", count(found.len() as u64, kind.as_str()));
        if !confirmed(session, question, &format!("crosswalk link accept {sync} --kind {kind} --score {score} --yes"))
            .await?
        {
            return Ok(Exit::Done);
        }
    }
    let decided = tenant.link_accept_these(sync, score, found).await?;
    session.output.answer(
        || json!({ "decision": decided.decision, "links": decided.links.iter().map(shapes::link).collect::<Value>() }),
        || {
            let linked = count(decided.links.len() as u64, kind.as_str());
            let back = format!("crosswalk link take-back {sync} {}", decided.decision);
            format!("{linked} linked; next: crosswalk plan {sync}; back: {back}")
        },
    )?;
    Ok(Exit::Done)
}

async fn take_back(session: &Session<'_>, sync: &SyncName, decision: &str) -> anyhow::Result<Exit> {
    let taken = session.tenant().await?.decision_take_back(sync, decision).await?;
    let switch = |(customer, switch, on): &(String, Switch, Option<bool>)| json!({ "customer": customer, "switch": switch, "on": on });
    session.output.answer(
        || {
            json!({
                "links": taken.links.iter().map(shapes::link).collect::<Value>(),
                "switches": taken.switches.iter().map(switch).collect::<Value>(),
                "left": taken.left.iter().map(|(source, why)| json!({ "source": source, "why": why })).collect::<Value>(),
            })
        },
        || {
            let switches = match taken.switches.len() {
                0 => String::new(),
                1 => " and 1 switch".to_owned(),
                more => format!(" and {more} switches"),
            };
            let mut text = format!("{}{switches} restored to before {decision}", count(taken.links.len() as u64, "link"));
            for (source, why) in &taken.left {
                text.push_str(&format!("\n{source} stays: {why}"));
            }
            format!("{text}\nnext: crosswalk plan {sync}")
        },
    )?;
    Ok(if taken.left.is_empty() { Exit::Done } else { Exit::Partial })
}

async fn export(
    session: &Session<'_>,
    sync: &SyncName,
    form: TableArgs,
    file: Option<PathBuf>,
    filter: &LinkFilter,
) -> anyhow::Result<Exit> {
    let rows = session.tenant().await?.link_export(sync, filter).await?;
    files::write_out(session, file, "links", &form.text(LINK_COLUMNS, &rows)?, || json!(rows))?;
    Ok(Exit::Done)
}

async fn import(session: &Session<'_>, args: &ImportArgs) -> anyhow::Result<Exit> {
    let file = files::read(&args.file)?;
    let import = session.tenant().await?.link_import(&args.sync, &file, args.dry_run).await?;
    args.answer(session, "link", &import)
}
