//! `crosswalk link`: pairs of source and target records, decided by a person one by one, by score,
//! or in a spreadsheet.

use super::confirm::confirmed;
use super::exit::Exit;
use super::files::{self, ImportArgs, TableArgs};
use super::output::{table, word};
use super::parse::score;
use super::session::Session;
use super::shapes;
use clap::Subcommand;
use crosswalk_engine::{Decision, LINK_COLUMNS, LinkFilter, LinkView};
use crosswalk_model::said::Arg;
use crosswalk_model::{Call, Kind, Link, LinkState, ReverseDecision, Said, Switch, SyncName, Verb, said};
use crosswalk_say::command;
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
    /// Reject a proposed target record; others may still be proposed
    #[command(after_help = "\
Example:
  crosswalk link decline rmm-to-psa customer 17 29683")]
    Decline {
        #[command(flatten)]
        record: RecordArgs,
        /// The target record's id
        target: String,
    },
    /// Take back a decision: restore its links and switches as they were before it
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

/// The command that plans a sync.
pub(super) fn plan_call(sync: &SyncName) -> Call {
    Call::of(Verb::Plan).with("sync", sync)
}

/// What was done, and the command to type next.
pub(super) fn and_next(done: Said, next: &Call) -> Said {
    said!("desk-cli-done-next", done, next = command(next))
}

/// As [`and_next`] for a decision on a sync, with the command that takes it back.
pub(super) fn and_back(done: Said, sync: &SyncName, decision: &str) -> Said {
    let back = take_back_command(sync, decision);
    said!("desk-cli-done-next-back", done, next = command(&plan_call(sync)), back)
}

/// The command that takes a decision back.
pub(super) fn take_back_command(sync: &SyncName, decision: &str) -> String {
    format!("crosswalk link take-back {sync} {decision}")
}

pub(super) async fn list(session: &Session<'_>, sync: &SyncName, filter: &LinkFilter) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let views = session.tenant().await?.link_list(sync, filter).await?;
    session.output.answer(
        || views.iter().map(|view| shapes::link_view(view, lang)).collect(),
        || {
            if views.is_empty() {
                return lang.say(said!("desk-cli-no-link", plan = plan_call(sync)));
            }
            let rows = views.iter().map(|view| {
                let (target, name) = target(view);
                let why = Said::several(std::iter::once(why(&view.link)).chain(view.note.clone()));
                [
                    word(lang, view.link.kind.as_str()),
                    view.link.source.clone(),
                    view.source_name.clone(),
                    word(lang, view.link.state.as_str()),
                    target,
                    name,
                    lang.say(why),
                ]
            });
            let shown = table(lang, ["kind", "source", "name", "state", "target", "name-there", "why"], rows);
            format!("{shown}\n\n{}", lang.say(said!("desk-cli-links", count = views.len())))
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
fn why(link: &Link) -> Said {
    if !matches!(link.state, LinkState::Proposed | LinkState::Conflict) || link.candidates.is_empty() {
        return link.reason.clone();
    }
    let found = |candidate: &crosswalk_model::Candidate| {
        let (target, why) = (candidate.target.as_str(), &candidate.reason);
        said!("desk-cli-scored-target", score = score_arg(candidate.score), why, target)
    };
    let candidates = match link.candidates.as_slice() {
        [only] => said!("desk-cli-scored", score = score_arg(only.score), why = &only.reason),
        several => Said::several(several.iter().take(3).map(found)),
    };
    // The link's own reason says why a choice is needed.
    if link.state == LinkState::Conflict { Said::several([link.reason.clone(), candidates]) } else { candidates }
}

/// A score with two digits after the point.
pub(super) fn score_arg(score: f64) -> Arg {
    Arg::decimal(format!("{score:.2}"))
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
    let lang = session.output.lang();
    let link = session.tenant().await?.link_decide(sync, kind, source, decision).await?;
    session.output.answer(
        || shapes::link(&link, lang),
        || {
            let done = match decision {
                Decision::Link(target) => said!("desk-cli-link-set", kind, source, target),
                Decision::Create => said!("desk-cli-link-to-create", kind, source),
                Decision::Exclude => said!("desk-cli-link-excluded", kind, source),
                Decision::Forget => said!("desk-cli-link-forgotten", kind, source),
                Decision::Decline(target) => said!("desk-cli-link-declined", kind, source, target),
            };
            lang.say(and_next(done, &plan_call(sync)))
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
                Some(ReverseDecision::Create) => said!("desk-cli-reverse-create", target),
                Some(ReverseDecision::Exclude) => said!("desk-cli-reverse-exclude", target),
                None => said!("desk-cli-reverse-forgotten", target),
            };
            session.output.lang().say(and_next(done, &plan_call(sync)))
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
    let lang = session.output.lang();
    let tenant = session.tenant().await?;
    let found = tenant.link_acceptable(sync, kind, score).await?;
    if found.is_empty() {
        let list = Call::of(Verb::LinkList).with("sync", sync).with("kind", kind).with("state", "proposed");
        session.output.answer(
            || json!({ "decision": "", "links": [] }),
            || lang.say(said!("desk-cli-no-proposal", kind, score = Arg::decimal(score), list)),
        )?;
        return Ok(Exit::Done);
    }
    if !yes {
        let shown = found
            .iter()
            .map(|link| [link.source.clone(), link.target.clone().unwrap_or_default(), lang.say(&link.reason)]);
        // Shown even with --quiet, because the question refers to it.
        session.output.tell(&format!("{}\n", table(lang, ["source", "target", "why"], shown)));
        let question = lang.say(said!("desk-cli-link-question", kind, count = found.len()));
        if !confirmed(session, question, &format!("crosswalk link accept {sync} --kind {kind} --score {score} --yes"))
            .await?
        {
            return Ok(Exit::Done);
        }
    }
    let decided = tenant.link_accept_these(sync, score, found).await?;
    session.output.answer(
        || {
            let links = decided.links.iter().map(|link| shapes::link(link, lang)).collect::<Value>();
            json!({ "decision": decided.decision, "links": links })
        },
        || {
            let linked = said!("desk-cli-linked", kind, count = decided.links.len());
            lang.say(and_back(linked, sync, &decided.decision))
        },
    )?;
    Ok(Exit::Done)
}

async fn take_back(session: &Session<'_>, sync: &SyncName, decision: &str) -> anyhow::Result<Exit> {
    let lang = session.output.lang();
    let taken = session.tenant().await?.decision_take_back(sync, decision).await?;
    let switch = |(customer, switch, on): &(String, Switch, Option<bool>)| json!({ "customer": customer, "switch": switch, "on": on });
    let left = |(source, why): &(String, Said)| json!({ "source": source, "why": shapes::message(why, lang) });
    session.output.answer(
        || {
            json!({
                "links": taken.links.iter().map(|link| shapes::link(link, lang)).collect::<Value>(),
                "switches": taken.switches.iter().map(switch).collect::<Value>(),
                "left": taken.left.iter().map(left).collect::<Value>(),
            })
        },
        || {
            let links = taken.links.len();
            let mut text = lang.say(match taken.switches.len() {
                0 => said!("desk-cli-restored", links, decision),
                switches => said!("desk-cli-restored-switches", links, switches, decision),
            });
            for (source, why) in &taken.left {
                text.push_str(&format!("\n{}", lang.say(said!("desk-cli-stays", source, why))));
            }
            format!("{text}\n{}", lang.say(said!("desk-cli-next", next = command(&plan_call(sync)))))
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
    let rows = files::worded(&session.tenant().await?.link_export(sync, filter).await?, session.output.lang())?;
    files::write_out(session, file, "links", &form.text(LINK_COLUMNS, &rows)?, || json!(rows))?;
    Ok(Exit::Done)
}

async fn import(session: &Session<'_>, args: &ImportArgs) -> anyhow::Result<Exit> {
    let file = files::read(&args.file)?;
    let import = session.tenant().await?.link_import(&args.sync, &file, args.dry_run).await?;
    args.answer(session, "link", &import)
}
