//! `crosswalk sync`: from which connection to which, and by which rules.

use super::exit::{Exit, Told};
use super::output::{or_dash, table};
use super::parse::{BrakeName, ForKind, RuleArg, brake, kind_score, kind_word, rule, word};
use super::session::Session;
use super::shapes::spelled;
use crate::engine::{LinkCount, NewSync};
use crate::model::sync::{KindRules, Sites};
use crate::model::{ConnectionName, Kind, Sync, SyncName, SyncRules, Trust, catalogue};
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
      --accept-score customer=0.95 --rule asset.name=seed-once --trust automatic")]
    Add(Box<AddArgs>),
    /// List the syncs
    List,
    /// Show a sync: its rules, its brakes, and how its links stand
    Show {
        /// The sync
        name: SyncName,
    },
}

/// A new sync. A value may be for one kind (`KIND=VALUE`) or for all of them.
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
    /// The kinds that take part
    #[arg(long, value_name = "KIND,…", value_delimiter = ',', default_value = "customer,location,asset")]
    kinds: Vec<Kind>,
    /// What becomes of a customer's sites: `each` is a location, or all go to the `primary` one
    #[arg(long, value_name = "each|primary", value_parser = word::<Sites>)]
    sites: Option<Sites>,
    /// Never create target records of this kind: link them, or leave them
    #[arg(long, value_name = "KIND")]
    no_create: Vec<Kind>,
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
    /// Also create customers of the target that the source does not have there
    #[arg(long)]
    reverse: bool,
    /// Set a brake's limit: deactivate-percent, deactivate-least, update-percent, update-least
    #[arg(long = "brake", value_name = "LIMIT=NUMBER", value_parser = brake)]
    brakes: Vec<(BrakeName, u32)>,
}

impl AddArgs {
    /// The rules, and notes on what may be a slip of the pen.
    fn rules(&self) -> anyhow::Result<(SyncRules, Vec<String>)> {
        let mut rules = SyncRules::default();
        let mut notes = Vec::new();
        rules.kinds = self.kinds.iter().map(|kind| (*kind, KindRules::default())).collect();
        let named = self.no_create.iter().copied().chain(self.rules.iter().map(|rule| rule.kind));
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
            own.create = !self.no_create.contains(kind);
            // What names the kind wins over what is for all, wherever it stands.
            own.trust = chosen(&self.trust, *kind).unwrap_or(own.trust);
            own.accept_score = chosen(&self.accept_score, *kind);
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
        rules.sites = self.sites.unwrap_or_default();
        rules.volatile_hours = self.volatile_hours.unwrap_or(rules.volatile_hours);
        rules.grace_hours = self.grace_hours.unwrap_or(rules.grace_hours);
        rules.brakes.first_run = !self.no_first_run_hold;
        rules.reverse = self.reverse;
        for (name, number) in &self.brakes {
            name.set(&mut rules.brakes, *number);
        }
        Ok((rules, notes))
    }
}

fn chosen<T: Copy>(values: &[ForKind<T>], kind: Kind) -> Option<T> {
    let own = values.iter().rev().find(|value| value.kind == Some(kind));
    own.or_else(|| values.iter().rev().find(|value| value.applies(kind))).map(|value| value.value)
}

impl SyncCommand {
    pub(super) async fn run(self, session: &Session<'_>) -> anyhow::Result<Exit> {
        match self {
            SyncCommand::Add(args) => add(session, *args).await,
            SyncCommand::List => list(session).await,
            SyncCommand::Show { name } => {
                let tenant = session.tenant().await?;
                let sync = tenant.sync(&name).await?;
                let links = tenant.link_counts(&name).await?;
                session.output.answer(|| json!({ "sync": sync, "links": links }), || words(&sync, &links))?;
                Ok(Exit::Done)
            }
        }
    }
}

async fn add(session: &Session<'_>, args: AddArgs) -> anyhow::Result<Exit> {
    let (rules, notes) = args.rules()?;
    let new = NewSync { name: args.name, source: args.from, target: args.to, rules };
    let sync = session.tenant().await?.sync_add(new).await?;
    notes.iter().for_each(|note| session.output.talk(note));
    session.output.answer(
        || json!({ "sync": sync, "links": [] }),
        || format!("sync {} added; next: crosswalk plan {}\n\n{}", sync.name, sync.name, words(&sync, &[])),
    )?;
    Ok(Exit::Done)
}

async fn list(session: &Session<'_>) -> anyhow::Result<Exit> {
    let syncs = session.tenant().await?.sync_list().await?;
    session.output.answer(
        || json!(syncs),
        || {
            if syncs.is_empty() {
                return "there is no sync: `crosswalk sync add NAME --from CONNECTION --to CONNECTION` makes one"
                    .to_owned();
            }
            let rows = syncs.iter().map(|sync| {
                let kinds = sync.rules.kinds.keys().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                [sync.name.to_string(), sync.source.to_string(), sync.target.to_string(), kinds]
            });
            table(["sync", "from", "to", "kinds"], rows)
        },
    )?;
    Ok(Exit::Done)
}

fn words(sync: &Sync, links: &[LinkCount]) -> String {
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
        "brakes          deactivations over {} % (and {}), updates over {} % (and {}){}\n\n",
        brakes.deactivate_percent,
        brakes.deactivate_least,
        brakes.update_percent,
        brakes.update_least,
        if brakes.first_run { ", the first run" } else { "" },
    ));
    if rules.reverse {
        text.push_str(&format!(
            "reverse         customers that {} alone has are created in {}\n\n",
            sync.target, sync.source
        ));
    }
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
        let rows = links
            .iter()
            .map(|count| [count.kind.to_string(), count.state.as_str().to_owned(), count.links.to_string()]);
        text.push_str(&format!("\n\n{}", table(["kind", "link", "records"], rows)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FieldRule;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: AddArgs,
    }

    fn rules(flags: &str) -> anyhow::Result<(SyncRules, Vec<String>)> {
        let line = format!("add s --from a --to b {flags}");
        Line::try_parse_from(line.split_whitespace()).unwrap().args.rules()
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
    fn hours_and_brakes_are_taken() {
        let (rules, _) =
            rules("--grace-hours 1 --volatile-hours 2 --brake update-least=3 --no-first-run-hold --sites primary")
                .unwrap();
        assert_eq!((rules.grace_hours, rules.volatile_hours, rules.brakes.update_least), (1, 2, 3));
        assert!(!rules.brakes.first_run && rules.sites == Sites::Primary);
    }
}
