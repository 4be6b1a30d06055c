//! `crosswalk sync`: from which connection to which, and by which rules.

use super::apply::confirmed;
use super::exit::{Exit, Told};
use super::output::{clean, count, or_dash, table};
use super::parse::{BrakeName, ForKind, RuleArg, brake, kind_score, kind_word, rule, word};
use super::plan::{self, Held};
use super::progress::Bars;
use super::session::Session;
use super::shapes::{self, spelled};
use crate::engine::{LinkCount, NewSync, SwapEnd, Tenant};
use crate::model::sync::{Sites, TicketRules};
use crate::model::{ConnectionName, Job, Kind, Schedule, Sync, SyncName, SyncRules, Timestamp, Trust, catalogue};
use clap::Subcommand;
use serde_json::json;

/// Say what flows where.
#[derive(Debug, Subcommand)]
pub(super) enum SyncCommand {
    /// Add a sync from one connection to another
    #[command(after_help = "\
Field rules: source-wins (the default), source-forces, target-wins, seed-once, fill-if-empty,
ignore. Trust: preview (nothing can be applied), approve (the default: a person approves each
plan), automatic (`run` applies what no brake holds).

Examples:
  crosswalk sync add rmm-to-psa --from rmm --to psa
  crosswalk sync add rmm-to-psa --from rmm --to psa --sites primary --no-create customer \\
      --accept-score customer=0.95 --rule asset.name=seed-once --trust automatic --every 60")]
    Add(Box<AddArgs>),
    /// Change rules of a sync, and how often it is run; what is not named stays
    #[command(after_help = "\
A plan that was made before is judged by the rules it was made with; plan again.

Examples:
  crosswalk sync set rmm-to-psa --every 60
  crosswalk sync set rmm-to-psa --trust asset=automatic --brake update-percent=50
  crosswalk sync set rmm-to-psa --every never")]
    Set(Box<SetArgs>),
    /// Let the schedule leave a sync alone; by hand it works as ever
    Pause {
        /// The sync
        name: SyncName,
    },
    /// Let the schedule have a paused sync again; what it missed is done once
    Resume {
        /// The sync
        name: SyncName,
    },
    /// Make a successor with another connection, pause this one, and plan
    #[command(after_help = "\
For changing a vendor. The successor has the same rules and schedule; its links are proposed anew
by its first plan, which writes nothing. What you excluded, or said to create, holds for another
target too. The old sync keeps its links until it is removed: `sync resume` goes back.

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
        /// What the successor is called [default: SOURCE-to-TARGET]
        #[arg(long = "as", value_name = "NAME")]
        successor: Option<SyncName>,
    },
    /// Remove a sync with all that was decided and linked in it; the journal stays
    Remove {
        /// The sync
        name: SyncName,
        /// Do not ask whether to go ahead
        #[arg(short, long)]
        yes: bool,
    },
    /// List the syncs
    List,
    /// Show a sync: its rules, its brakes, and how its links stand
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

/// How often things are done by `crosswalk work`.
#[derive(Debug, clap::Args)]
struct TimesArgs {
    /// Run it this often with `crosswalk work` [default: never]
    #[arg(long, value_name = "MINUTES|never", value_parser = minutes)]
    every: Option<Every>,
    /// Poll its alerts this often with `crosswalk work` [default: never]
    #[arg(long, value_name = "MINUTES|never", value_parser = minutes)]
    alerts_every: Option<Every>,
}

/// Rules. A value may be for one kind (`KIND=VALUE`) or for all of them.
#[derive(Debug, clap::Args)]
struct RulesArgs {
    /// The kinds that take part [default: customer,location,asset]
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    kinds: Vec<Kind>,
    /// What becomes of a customer's sites: `each` is a location, or all go to the `primary` one
    #[arg(long, value_name = "each|primary", value_parser = word::<Sites>)]
    sites: Option<Sites>,
    /// Never create target records of this kind: link them, or leave them
    #[arg(long, value_name = "KIND")]
    no_create: Vec<Kind>,
    /// Create target records of this kind where nothing matches, as is usual
    #[arg(long, value_name = "KIND")]
    create: Vec<Kind>,
    /// How much happens without a person: preview, approve or automatic
    #[arg(long, value_name = "[KIND=]TRUST", value_parser = kind_word::<Trust>)]
    trust: Vec<ForKind<Trust>>,
    /// Link proposals with at least this score, from 0 to 1, without asking
    #[arg(long, value_name = "[KIND=]SCORE", value_parser = kind_score)]
    accept_score: Vec<ForKind<f64>>,
    /// Whose value of a field stands; the field `*` is all others and the name
    #[arg(long = "rule", value_name = "KIND.FIELD=RULE", value_parser = rule)]
    rules: Vec<RuleArg>,
    /// Write values that change at every read only when what the target has is this old
    #[arg(long, value_name = "HOURS")]
    volatile_hours: Option<u32>,
    /// Deactivate what is missing at the source only after this long
    #[arg(long, value_name = "HOURS")]
    grace_hours: Option<u32>,
    /// Do not hold everything of the first run for review
    #[arg(long)]
    no_first_run_hold: bool,
    /// Hold everything of the first run for review, as is usual
    #[arg(long, conflicts_with = "no_first_run_hold")]
    first_run_hold: bool,
    /// Also create customers of the target that the source does not have there
    #[arg(long)]
    reverse: bool,
    /// Create nothing at the source, as is usual
    #[arg(long, conflicts_with = "reverse")]
    no_reverse: bool,
    /// Set a brake's limit: deactivate-percent, deactivate-least, update-percent, update-least
    #[arg(long = "brake", value_name = "LIMIT=NUMBER", value_parser = brake)]
    brakes: Vec<(BrakeName, u32)>,
    #[command(flatten)]
    tickets: TicketArgs,
}

/// Rules of alerts, where the kind takes part.
#[derive(Debug, clap::Args)]
struct TicketArgs {
    /// The target customer, by its id there, that gets the tickets of customers that are not linked [default: none, they are held]
    #[arg(long, value_name = "ID|none")]
    catch_all: Option<String>,
    /// Leave tickets open when the vendor tells that their alerts are over
    #[arg(long)]
    keep_tickets_open: bool,
    /// Close tickets nobody worked on when their alerts are over, as is usual
    #[arg(long, conflicts_with = "keep_tickets_open")]
    close_tickets: bool,
    /// Make tickets of alerts that were raised from then on [default: from when alerts first took part]
    #[arg(long, value_name = "TIME", value_parser = time)]
    tickets_from: Option<Timestamp>,
}

impl TicketArgs {
    fn change(&self, rules: &mut TicketRules) {
        if let Some(account) = &self.catch_all {
            rules.catch_all = (account != "none").then(|| account.clone());
        }
        rules.close = (rules.close && !self.keep_tickets_open) || self.close_tickets;
        rules.from = self.tickets_from.or(rules.from);
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| format!("`{text}` is no time: write it as 2026-01-31T09:30:00Z"))
}

impl RulesArgs {
    /// Changes what is named; gives notes on what may be a slip of the pen.
    fn change(&self, rules: &mut SyncRules) -> anyhow::Result<Vec<String>> {
        let mut notes = Vec::new();
        if !self.kinds.is_empty() {
            rules.take_part(&self.kinds);
        }
        let named = self.no_create.iter().chain(&self.create).copied().chain(self.rules.iter().map(|rule| rule.kind));
        let named = named
            .chain(self.trust.iter().filter_map(|trust| trust.kind))
            .chain(self.accept_score.iter().filter_map(|score| score.kind));
        for kind in named {
            if !rules.kinds.contains_key(&kind) {
                return Err(Told::usage(
                    format!("{kind} takes no part in this sync"),
                    format!("take {kind} into --kinds, or leave its rules out"),
                ));
            }
        }
        for (kind, own) in &mut rules.kinds {
            own.create = (own.create && !self.no_create.contains(kind)) || self.create.contains(kind);
            // What names the kind wins over what is for all, wherever it stands.
            own.trust = chosen(&self.trust, *kind).unwrap_or(own.trust);
            own.accept_score = chosen(&self.accept_score, *kind).or(own.accept_score);
            for rule in self.rules.iter().filter(|rule| rule.kind == *kind) {
                let Some(field) = &rule.field else {
                    own.otherwise = rule.rule;
                    continue;
                };
                if !matches!(field.as_str(), "name" | "parent") && catalogue::field(*kind, field).is_none() {
                    notes.push(format!("note: `{field}` is not in the catalogue of {kind}s; the rule is for an extra attribute of that name"));
                }
                own.fields.insert(field.clone(), rule.rule);
            }
        }
        rules.sites = self.sites.unwrap_or(rules.sites);
        rules.volatile_hours = self.volatile_hours.unwrap_or(rules.volatile_hours);
        rules.grace_hours = self.grace_hours.unwrap_or(rules.grace_hours);
        rules.brakes.first_run = (rules.brakes.first_run && !self.no_first_run_hold) || self.first_run_hold;
        rules.reverse = (rules.reverse && !self.no_reverse) || self.reverse;
        for (name, number) in &self.brakes {
            name.set(&mut rules.brakes, *number);
        }
        self.tickets.change(&mut rules.tickets);
        Ok(notes)
    }
}

impl TimesArgs {
    async fn set(&self, tenant: &Tenant, sync: &SyncName) -> anyhow::Result<()> {
        for (job, every) in [(Job::Sync, self.every), (Job::Alerts, self.alerts_every)] {
            if let Some(Every(minutes)) = every {
                tenant.schedule_set(sync, job, minutes).await?;
            }
        }
        Ok(())
    }
}

/// An interval in minutes, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Every(Option<u32>);

fn minutes(text: &str) -> Result<Every, String> {
    if text == "never" {
        return Ok(Every(None));
    }
    let number = text.parse().map_err(|_| format!("`{text}` is no interval: write minutes, such as 60, or `never`"))?;
    Ok(Every(Some(number)))
}

fn chosen<T: Copy>(values: &[ForKind<T>], kind: Kind) -> Option<T> {
    let own = values.iter().rev().find(|value| value.kind == Some(kind));
    own.or_else(|| values.iter().rev().find(|value| value.applies(kind))).map(|value| value.value)
}

impl SyncCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            SyncCommand::Add(args) => add(session, *args).await,
            SyncCommand::Set(args) => set(session, *args).await,
            SyncCommand::List => list(session).await,
            SyncCommand::Show { name } => show(session, &name, "").await,
            SyncCommand::Pause { name } => {
                session.tenant().await?.sync_pause(&name, true).await?;
                show(session, &name, "the schedule leaves it alone; by hand it works as ever").await
            }
            SyncCommand::Resume { name } => {
                session.tenant().await?.sync_pause(&name, false).await?;
                show(session, &name, "the schedule has it again").await
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
    args.times.set(&tenant, &sync.name).await?;
    notes.iter().for_each(|note| session.output.talk(note));
    show(session, &sync.name, &format!("sync {} added; next: crosswalk plan {}", sync.name, sync.name)).await
}

async fn set(session: &Session<'_>, args: SetArgs) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let mut sync = tenant.sync(&args.name).await?;
    let before = sync.rules.clone();
    let notes = args.rules.change(&mut sync.rules)?;
    if sync.rules != before {
        tenant.sync_change(sync).await?;
    }
    args.times.set(&tenant, &args.name).await?;
    notes.iter().for_each(|note| session.output.talk(note));
    show(session, &args.name, &format!("sync {} changed; next: crosswalk plan {}", args.name, args.name)).await
}

/// Answers with the whole sync.
async fn show(session: &Session<'_>, name: &SyncName, done: &str) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let sync = tenant.sync(name).await?;
    let links = tenant.link_counts(name).await?;
    let schedules = schedules_of(&tenant.schedule_list().await?, name);
    session.output.answer(
        || {
            let schedules: Vec<_> = schedules.iter().map(shapes::schedule).collect();
            json!({ "sync": sync, "links": links, "schedules": schedules })
        },
        || {
            let text = words(&sync, &links, &schedules);
            if done.is_empty() { text } else { format!("{done}\n\n{text}") }
        },
    )?;
    Ok(Exit::Done)
}

fn schedules_of(all: &[Schedule], sync: &SyncName) -> Vec<Schedule> {
    all.iter().filter(|schedule| schedule.sync == *sync).cloned().collect()
}

async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    let syncs = tenant.sync_list().await?;
    let schedules = tenant.schedule_list().await?;
    session.output.answer(
        || json!(syncs),
        || {
            if syncs.is_empty() {
                return "there is no sync: `crosswalk sync add NAME --from CONNECTION --to CONNECTION` makes one"
                    .to_owned();
            }
            let rows = syncs.iter().map(|sync| {
                let kinds = sync.rules.kinds.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let own = schedules_of(&schedules, &sync.name);
                let every = own.iter().find(|schedule| schedule.job == Job::Sync).map(interval);
                let next = own.iter().map(|schedule| schedule.due_at).min().filter(|_| !sync.paused);
                let next = if sync.paused { "paused".to_owned() } else { or_dash(next) };
                [sync.name.to_string(), sync.source.to_string(), sync.target.to_string(), kinds, or_dash(every), next]
            });
            table(["sync", "from", "to", "kinds", "every", "next"], rows)
        },
    )?;
    Ok(Exit::Done)
}

/// `5 min`, `2 h`, `1 d`.
fn interval(schedule: &Schedule) -> String {
    match schedule.minutes() {
        minutes if minutes % (24 * 60) == 0 => format!("{} d", minutes / (24 * 60)),
        minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
        minutes => format!("{minutes} min"),
    }
}

async fn swap(
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
            .map_err(|_| Told::usage("the successor needs a name of its own", "give it with `--as NAME`"))?,
    };
    let end = match (to, from) {
        (Some(to), _) => SwapEnd::Target(to),
        (None, Some(from)) => SwapEnd::Source(from),
        (None, None) => return Err(Told::usage("no connection is named", "name one with `--to` or `--from`")),
    };
    let swapped = tenant.sync_swap(name, &end, &successor).await?;
    session.output.talk(&format!("{successor} takes the place of {name}, which is paused; planning it"));
    let report = tenant.plan(&successor, &Bars::new(session.output)).await?;
    let held = Held::of(&tenant, &report.plan).await?;
    let links = tenant.link_counts(&successor).await?;
    session.output.answer(
        || json!({ "swapped": swapped, "plan": plan::document(&successor, &report, &held), "links": links }),
        || {
            let mut text = format!(
                "{name} is paused and keeps its {}; `crosswalk sync resume {name}` goes back, `crosswalk sync remove {name}` ends it\n",
                count(swapped.kept, "link")
            );
            if swapped.taken_along > 0 {
                text.push_str(&format!("{} taken along\n", count(swapped.taken_along, "decision")));
            }
            if swapped.left_behind > 0 {
                text.push_str(&format!(
                    "{} about records of the old source not taken along: `crosswalk link list {name} --state excluded --state create`\n",
                    count(swapped.left_behind, "decision")
                ));
            }
            text.push_str(&format!("\n{}\n{}", link_table(&links), plan::words(&successor, &report, &held)));
            text
        },
    )?;
    Ok(plan::exit(&report))
}

async fn remove(session: &Session<'_>, name: &SyncName, yes: bool) -> anyhow::Result<Exit> {
    let tenant = session.tenant().await?;
    tenant.sync(name).await?;
    let links: u64 = tenant.link_counts(name).await?.iter().map(|count| count.links).sum();
    let lost =
        format!("its rules, its schedule, its plans and runs, and {} with what was decided", count(links, "link"));
    let question = format!("Remove the sync {name}? Lost are {lost}. The journal and both vendors stay as they are.");
    if !yes && !confirmed(session, question, &format!("crosswalk sync remove {name} --yes")).await? {
        session.output.talk("nothing was removed");
        return Ok(Exit::Pending);
    }
    tenant.sync_remove(name).await?;
    session.output.answer(|| json!({ "removed": name, "links": links }), || format!("sync {name} removed: {lost}"))?;
    Ok(Exit::Done)
}

fn words(sync: &Sync, links: &[LinkCount], schedules: &[Schedule]) -> String {
    let rules = &sync.rules;
    let sites = match rules.sites {
        Sites::Each => "each becomes a location",
        Sites::Primary => "all assets go to the primary location",
    };
    let mut text = format!(
        "sync            {}: {} to {}\nsites           {sites}\nvolatile        written when {} h old\ngrace           {} h before what is gone is deactivated\n",
        sync.name, sync.source, sync.target, rules.volatile_hours, rules.grace_hours
    );
    let brakes = &rules.brakes;
    text.push_str(&format!(
        "brakes          deactivations over {} % (and {}), updates over {} % (and {}){}\n",
        brakes.deactivate_percent,
        brakes.deactivate_least,
        brakes.update_percent,
        brakes.update_least,
        if brakes.first_run { ", the first run" } else { "" },
    ));
    text.push_str(&format!("schedule        {}\n", times(sync, schedules)));
    if rules.reverse {
        text.push_str(&format!(
            "reverse         customers that {} alone has are created in {}\n",
            sync.target, sync.source
        ));
    }
    text.push('\n');
    let rows = rules.kinds.iter().map(|(kind, own)| {
        let fields = own.fields.iter().map(|(field, rule)| format!("{field} {}", spelled(rule)));
        let fields = std::iter::once(spelled(&own.otherwise)).chain(fields).collect::<Vec<_>>().join(", ");
        [
            kind.to_string(),
            spelled(&own.trust),
            if own.create { "yes" } else { "no" }.to_owned(),
            or_dash(own.accept_score),
            fields,
        ]
    });
    text.push_str(&table(["kind", "trust", "creates", "accepts from", "fields"], rows));
    if !links.is_empty() {
        text.push_str(&format!("\n\n{}", link_table(links)));
    }
    text
}

fn link_table(links: &[LinkCount]) -> String {
    let rows =
        links.iter().map(|count| [count.kind.to_string(), count.state.as_str().to_owned(), count.links.to_string()]);
    table(["kind", "link", "records"], rows)
}

/// When `crosswalk work` does what, and how it went last.
fn times(sync: &Sync, schedules: &[Schedule]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for schedule in schedules {
        let mut line = format!("{} every {}, next {}", schedule.job.as_str(), interval(schedule), schedule.due_at);
        if !schedule.message.is_empty() {
            line.push_str(&format!("; last: {}", clean(&schedule.message)));
        }
        if schedule.failures > 0 {
            line.push_str(&format!(" ({} in a row)", count(schedule.failures.into(), "failure")));
        }
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(format!("none: `crosswalk sync set {} --every MINUTES` makes one", sync.name));
    }
    if sync.paused {
        lines.insert(0, format!("paused: `crosswalk sync resume {}` ends it", sync.name));
    }
    lines.join("\n                ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FieldRule;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: RulesArgs,
    }

    fn rules(flags: &str) -> anyhow::Result<(SyncRules, Vec<String>)> {
        change(SyncRules::default(), flags)
    }

    fn change(mut rules: SyncRules, flags: &str) -> anyhow::Result<(SyncRules, Vec<String>)> {
        let line = format!("set {flags}");
        let notes = Line::try_parse_from(line.split_whitespace()).unwrap().args.change(&mut rules)?;
        Ok((rules, notes))
    }

    #[test]
    fn without_flags_the_rules_are_the_usual_ones() {
        assert_eq!(rules("").unwrap(), (SyncRules::default(), Vec::new()));
    }

    #[test]
    fn what_names_a_kind_wins_over_what_is_for_all() {
        let (rules, _) =
            rules("--trust asset=preview --trust automatic --accept-score customer=0.9 --no-create customer").unwrap();
        let trust = |kind| rules.kinds[&kind].trust;
        assert_eq!((trust(Kind::Asset), trust(Kind::Customer)), (Trust::Preview, Trust::Automatic));
        assert_eq!(rules.kinds[&Kind::Customer].accept_score, Some(0.9));
        assert_eq!(rules.kinds[&Kind::Asset].accept_score, None);
        assert!(!rules.kinds[&Kind::Customer].create && rules.kinds[&Kind::Asset].create);
    }

    #[test]
    fn a_rule_for_an_unknown_field_is_taken_with_a_note() {
        let (rules, notes) =
            rules("--rule asset.serail=ignore --rule asset.*=target-wins --rule asset.name=seed-once").unwrap();
        let asset = &rules.kinds[&Kind::Asset];
        assert_eq!((asset.rule("serail"), asset.rule("name")), (FieldRule::Ignore, FieldRule::SeedOnce));
        assert_eq!(asset.otherwise, FieldRule::TargetWins);
        assert!(notes.len() == 1 && notes[0].contains("`serail`"), "{notes:?}");
    }

    #[test]
    fn a_rule_for_a_kind_that_takes_no_part_is_refused() {
        for flags in [
            "--kinds customer --rule asset.name=ignore",
            "--kinds customer --no-create asset",
            "--trust ticket=automatic",
        ] {
            assert!(rules(flags).is_err(), "{flags}");
        }
    }

    #[test]
    fn what_is_not_named_stays_as_it_is() {
        let flags = "--kinds customer,asset --no-create asset --trust automatic --rule asset.name=ignore --sites primary \
                     --accept-score 0.9 --no-first-run-hold --brake update-least=3 --grace-hours 5";
        let (before, _) = rules(flags).unwrap();
        assert_eq!(change(before.clone(), "").unwrap().0, before);
        let (after, _) = change(
            before.clone(),
            "--kinds customer,location --create customer --trust customer=preview --first-run-hold",
        )
        .unwrap();
        assert_eq!(after.kinds.keys().copied().collect::<Vec<_>>(), [Kind::Customer, Kind::Location]);
        assert_eq!(after.kinds[&Kind::Customer].trust, Trust::Preview);
        assert_eq!(after.kinds[&Kind::Customer].accept_score, Some(0.9));
        assert_eq!((after.grace_hours, after.brakes.update_least, after.sites), (5, 3, Sites::Primary));
        assert!(after.brakes.first_run && !before.brakes.first_run);
        let (again, _) = change(before, "--create asset").unwrap();
        assert!(again.kinds[&Kind::Asset].create);
    }

    #[test]
    fn an_interval_is_minutes_or_never() {
        assert_eq!((minutes("60"), minutes("never")), (Ok(Every(Some(60))), Ok(Every(None))));
        for bad in ["", "-1", "1.5", "1h", "always"] {
            assert!(minutes(bad).unwrap_err().contains("never"), "{bad}");
        }
    }

    #[test]
    fn hours_and_brakes_are_taken() {
        let (rules, _) =
            rules("--grace-hours 1 --volatile-hours 2 --brake update-least=3 --no-first-run-hold --sites primary")
                .unwrap();
        assert_eq!((rules.grace_hours, rules.volatile_hours, rules.brakes.update_least), (1, 2, 3));
        assert!(!rules.brakes.first_run && rules.sites == Sites::Primary);
    }
}
