//! `crosswalk sync`: manages syncs between connections, and their rules.

mod rules;
mod show;
mod swap;
mod times;

use super::confirm::confirmed;
use super::exit::Exit;
use super::link::{and_next, plan_call};
use super::session::Session;
use clap::Subcommand;
use crosswalk_engine::NewSync;
use crosswalk_model::{ConnectionName, Kind, Said, SyncName, SyncRules, said};
use rules::RulesArgs;
use serde_json::json;
use show::{list, show};
use swap::swap;
use times::TimesArgs;

/// Commands on syncs.
#[derive(Debug, Subcommand)]
pub(super) enum SyncCommand {
    /// Add a sync from one connection to another
    #[command(after_help = "\
Field rules: source-wins (the default), source-forces, target-wins, seed-once, fill-if-empty,
ignore. Trust: preview (nothing can be applied), approve (the default: a person approves each
plan), automatic (`run` applies what no brake holds).

Examples:
  crosswalk sync add rmm-to-psa --from rmm --to psa
  crosswalk sync add licences --from licences --to psa --kinds customer,usage --time-zone Europe/Rome
  crosswalk sync add rmm-to-psa --from rmm --to psa --sites primary --no-create customer \\
      --accept-score customer=0.95 --rule asset.name=seed-once --trust automatic --every 60")]
    Add(Box<AddArgs>),
    /// Change rules and schedule of a sync; what is not named stays
    #[command(after_help = "\
An earlier plan keeps the rules it was made with; plan again. A sync that gets usage as a kind, and
has no schedule, is run once a day by `crosswalk work` unless a time is given.

Examples:
  crosswalk sync set rmm-to-psa --every 60
  crosswalk sync set rmm-to-psa --trust asset=automatic --brake update-percent=50
  crosswalk sync set rmm-to-psa --every never
  crosswalk sync set licences-to-psa --daily 02:30
  crosswalk sync set licences-to-psa --monthly last@22:00")]
    Set(Box<SetArgs>),
    /// Pause a sync: the schedule skips it, commands still work
    Pause {
        /// The sync
        name: SyncName,
    },
    /// Resume a paused sync; the slots it missed are done once
    Resume {
        /// The sync
        name: SyncName,
    },
    /// Make a successor with another connection, pause this one, and plan
    #[command(after_help = "\
Use it to change vendors. The successor has the same rules and schedule. Its first plan proposes
links anew and writes nothing. Exclusions and requests to create also hold for another target. The
old sync keeps its links until it is removed: `sync resume` goes back.

Examples:
  crosswalk sync swap rmm-to-psa --to psa2
  crosswalk sync swap rmm-to-psa --from rmm2 --as rmm2-to-psa")]
    Swap {
        /// The sync
        name: SyncName,
        /// The connection that records go to instead
        #[arg(long, value_name = "CONNECTION", required_unless_present = "from", conflicts_with = "from")]
        to: Option<ConnectionName>,
        /// The connection that records come from instead
        #[arg(long, value_name = "CONNECTION")]
        from: Option<ConnectionName>,
        /// The name of the successor [default: SOURCE-to-TARGET]
        #[arg(long = "as", value_name = "NAME")]
        successor: Option<SyncName>,
    },
    /// Remove a sync with its decisions and links; the journal stays
    Remove {
        /// The sync
        name: SyncName,
        /// Do not ask for confirmation
        #[arg(short, long)]
        yes: bool,
    },
    /// List the syncs
    List,
    /// Show a sync: its rules, brakes and link states
    Show {
        /// The sync
        name: SyncName,
    },
}

/// A new sync.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// Its name: lower-case letters, digits and dashes
    name: SyncName,
    /// The connection records come from
    #[arg(long, value_name = "CONNECTION")]
    from: ConnectionName,
    /// The connection they go to
    #[arg(long, value_name = "CONNECTION")]
    to: ConnectionName,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    times: TimesArgs,
}

/// Changes to a sync.
#[derive(Debug, clap::Args)]
pub(super) struct SetArgs {
    /// The sync
    name: SyncName,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    times: TimesArgs,
}

impl SyncCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            SyncCommand::Add(args) => add(session, *args).await,
            SyncCommand::Set(args) => set(session, *args).await,
            SyncCommand::List => list(session).await,
            SyncCommand::Show { name } => show(session, &name, &Said::default()).await,
            SyncCommand::Pause { name } => {
                session.tenant().await?.sync_pause(&name, true).await?;
                show(session, &name, &said!("desk-cli-sync-paused")).await
            }
            SyncCommand::Resume { name } => {
                session.tenant().await?.sync_pause(&name, false).await?;
                show(session, &name, &said!("desk-cli-sync-resumed")).await
            }
            SyncCommand::Swap { name, to, from, successor } => swap(session, &name, to, from, successor).await,
            SyncCommand::Remove { name, yes } => remove(session, &name, yes).await,
        }
    }
}

async fn add(session: &Session<'_>, args: AddArgs) -> anyhow::Result<Exit> {
    let mut rules = SyncRules::default();
    let notes = args.rules.change(&mut rules)?;
    let tenant = session.tenant().await?;
    let sync = tenant.sync_add(NewSync { name: args.name, source: args.from, target: args.to, rules }).await?;
    let usual = args.times.set_first(&tenant, &sync.name).await?;
    tell(session, notes.iter().chain(&usual));
    let added = said!("desk-cli-sync-added", sync = &sync.name);
    show(session, &sync.name, &and_next(added, &plan_call(&sync.name))).await
}

async fn set(session: &Session<'_>, args: SetArgs) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let mut sync = tenant.sync(&args.name).await?;
    let before = sync.rules.clone();
    let notes = args.rules.change(&mut sync.rules)?;
    let enters = sync.rules.bills() && !before.kinds.contains_key(&Kind::Usage);
    if sync.rules != before {
        tenant.sync_change(sync).await?;
    }
    let usual = args.times.set_later(&tenant, &args.name, enters).await?;
    tell(session, notes.iter().chain(&usual));
    let changed = said!("desk-cli-sync-changed", sync = &args.name);
    show(session, &args.name, &and_next(changed, &plan_call(&args.name))).await
}

fn tell<'a>(session: &Session<'_>, notes: impl Iterator<Item = &'a Said>) {
    notes.for_each(|note| session.output.talk(&session.output.lang().say(note)));
}

async fn remove(session: &Session<'_>, name: &SyncName, yes: bool) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    tenant.sync(name).await?;
    let links: u64 = tenant.link_counts(name).await?.iter().map(|count| count.links).sum();
    let lang = session.output.lang();
    let question = lang.say(said!("desk-cli-sync-remove", sync = name, links));
    if !yes && !confirmed(session, question, &format!("crosswalk sync remove {name} --yes")).await? {
        session.output.talk(&lang.say(said!("desk-cli-not-removed")));
        return Ok(Exit::Pending);
    }
    tenant.sync_remove(name).await?;
    let removed = || lang.say(said!("desk-cli-sync-removed", sync = name, links));
    session.output.answer(|| json!({ "removed": name, "links": links }), removed)?;
    Ok(Exit::Done)
}
