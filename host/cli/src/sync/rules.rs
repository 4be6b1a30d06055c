//! The rules of a sync as flags; rules that are not named stay unchanged.

use crate::exit::CliError;
use crate::parse::{BrakeName, ForKind, RuleArg, brake, kind_score, kind_word, on_off, rule, word};
use crosswalk_model::sync::{Sites, TicketRules};
use crosswalk_model::{Kind, Said, SyncRules, Timestamp, Trust, catalogue, said};

/// Rules. Some values apply to one kind (`KIND=VALUE`) or to all.
#[derive(Debug, clap::Args)]
pub(super) struct RulesArgs {
    /// The kinds that take part: customer, location, asset, alert, or usage, which takes contracts and products along [default: customer,location,asset]
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    kinds: Vec<Kind>,
    /// Make `each` site of a customer a location, or bring all to the `primary` one
    #[arg(long, value_name = "each|primary", value_parser = word::<Sites>)]
    sites: Option<Sites>,
    /// Never create target records of this kind: link them, or leave them
    #[arg(long, value_name = "KIND")]
    no_create: Vec<Kind>,
    /// Create target records of this kind where nothing matches (the default)
    #[arg(long, value_name = "KIND")]
    create: Vec<Kind>,
    /// Set how much happens without a person: preview, approve or automatic
    #[arg(long, value_name = "[KIND=]TRUST", value_parser = kind_word::<Trust>)]
    trust: Vec<ForKind<Trust>>,
    /// Link proposals with at least this score, from 0 to 1, without asking; `none` always asks
    #[arg(long, value_name = "[KIND=]SCORE|none", value_parser = kind_score)]
    accept_score: Vec<ForKind<Option<f64>>>,
    /// Set whose value of a field wins; the field `*` stands for the name and every field without a rule
    #[arg(long = "rule", value_name = "KIND.FIELD=RULE", value_parser = rule)]
    rules: Vec<RuleArg>,
    /// Write values that change at every read only when the target's are this old
    #[arg(long, value_name = "HOURS")]
    volatile_hours: Option<u32>,
    /// Deactivate what is missing at the source only after this long
    #[arg(long, value_name = "HOURS")]
    grace_hours: Option<u32>,
    /// Wait this long after it was first seen before creating a device with neither a serial number nor a name of its
    /// own (DESKTOP-1H2J3K); 0 creates it at once
    #[arg(long, value_name = "HOURS")]
    identity_hours: Option<u32>,
    /// Do not hold everything of a kind's first run for review
    #[arg(long)]
    no_first_run_hold: bool,
    /// Hold everything of a kind for review until a whole plan of it was released (the default)
    #[arg(long, conflicts_with = "no_first_run_hold")]
    first_run_hold: bool,
    /// Also create customers at the source that only the target has
    #[arg(long)]
    reverse: bool,
    /// Create nothing at the source (the default)
    #[arg(long, conflicts_with = "reverse")]
    no_reverse: bool,
    /// Set a brake's limit, a percentage (`-percent`) or a minimum count (`-least`): per customer deactivate, update, create, identity, quantity; over the whole sync sync-deactivate, sync-create, sync-identity, sync-quantity (such as sync-create-least)
    #[arg(long = "brake", value_name = "LIMIT=NUMBER", value_parser = brake)]
    brakes: Vec<(BrakeName, u32)>,
    #[command(flatten)]
    tickets: TicketArgs,
    /// Time zone in which days are counted: an IANA name, such as Europe/Rome [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Switch usage and tickets on or off for customers without a switch of their own [default: on]
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    switched: Option<bool>,
    /// Allow several source customers on one account, in a sync of usage without locations and assets [default: on]
    #[arg(long, value_name = "on|off", value_parser = on_off)]
    share_accounts: Option<bool>,
}

/// Rules of alerts, if that kind takes part.
#[derive(Debug, clap::Args)]
struct TicketArgs {
    /// The target customer, by its id, that gets the tickets of customers without a link [default: none, tickets are held]
    #[arg(long, value_name = "ID|none")]
    catch_all: Option<String>,
    /// Leave tickets open when their alerts are over
    #[arg(long)]
    keep_tickets_open: bool,
    /// Close tickets that nobody worked on when their alerts are over (the default)
    #[arg(long, conflicts_with = "keep_tickets_open")]
    close_tickets: bool,
    /// Open a ticket again when its alert comes back within this many hours; 0 opens a new ticket each time [default: 4]
    #[arg(long, value_name = "HOURS")]
    swing_hours: Option<u32>,
    /// Make tickets of alerts raised at this time or later [default: when alerts first took part]
    #[arg(long, value_name = "TIME", value_parser = time)]
    tickets_from: Option<Timestamp>,
}

impl TicketArgs {
    fn change(&self, rules: &mut TicketRules) {
        if let Some(account) = &self.catch_all {
            rules.catch_all = (account != "none").then(|| account.clone());
        }
        rules.close = (rules.close && !self.keep_tickets_open) || self.close_tickets;
        rules.swing_hours = self.swing_hours.unwrap_or(rules.swing_hours);
        rules.from = self.tickets_from.or(rules.from);
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).ok_or_else(|| format!("`{text}` is not a time: write it as 2026-01-31T09:30:00Z"))
}

impl RulesArgs {
    /// Applies the named rules; returns notes on possible mistakes.
    pub(super) fn change(&self, rules: &mut SyncRules) -> anyhow::Result<Vec<Said>> {
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
                // As it is typed: it is to be added to `--kinds`.
                let kind = kind.as_str();
                return Err(CliError::usage(said!("desk-cli-kind-apart", kind), said!("desk-cli-kind-add", kind)));
            }
        }
        for (kind, own) in &mut rules.kinds {
            own.create = (own.create && !self.no_create.contains(kind)) || self.create.contains(kind);
            // A value for one kind wins over one for all, in any order.
            own.trust = chosen(&self.trust, *kind).unwrap_or(own.trust);
            own.accept_score = chosen(&self.accept_score, *kind).unwrap_or(own.accept_score);
            for rule in self.rules.iter().filter(|rule| rule.kind == *kind) {
                let Some(field) = &rule.field else {
                    own.otherwise = rule.rule;
                    continue;
                };
                if !matches!(field.as_str(), "name" | "parent") && catalogue::field(*kind, field).is_none() {
                    notes.push(said!("desk-cli-field-unknown", field, kind = *kind));
                }
                own.fields.insert(field.clone(), rule.rule);
            }
        }
        rules.sites = self.sites.unwrap_or(rules.sites);
        rules.volatile_hours = self.volatile_hours.unwrap_or(rules.volatile_hours);
        rules.grace_hours = self.grace_hours.unwrap_or(rules.grace_hours);
        rules.identity_hours = self.identity_hours.unwrap_or(rules.identity_hours);
        rules.brakes.first_run = (rules.brakes.first_run && !self.no_first_run_hold) || self.first_run_hold;
        rules.reverse = (rules.reverse && !self.no_reverse) || self.reverse;
        for (name, number) in &self.brakes {
            name.set(rules, *number);
        }
        self.tickets.change(&mut rules.tickets);
        if let Some(zone) = &self.time_zone {
            rules.time_zone.clone_from(zone);
        }
        rules.switched_on = self.switched.unwrap_or(rules.switched_on);
        rules.share_accounts = self.share_accounts.unwrap_or(rules.share_accounts);
        Ok(notes)
    }
}

fn chosen<T: Copy>(values: &[ForKind<T>], kind: Kind) -> Option<T> {
    let own = values.iter().rev().find(|value| value.kind == Some(kind));
    own.or_else(|| values.iter().rev().find(|value| value.applies(kind))).map(|value| value.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;
    use crosswalk_model::FieldRule;

    #[derive(Parser)]
    struct CommandLine {
        #[command(flatten)]
        args: RulesArgs,
    }

    fn rules(flags: &str) -> anyhow::Result<(SyncRules, Vec<Said>)> {
        change(SyncRules::default(), flags)
    }

    fn change(mut rules: SyncRules, flags: &str) -> anyhow::Result<(SyncRules, Vec<Said>)> {
        let line = format!("set {flags}");
        let notes = CommandLine::try_parse_from(line.split_whitespace()).unwrap().args.change(&mut rules)?;
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
        assert_eq!(notes, [said!("desk-cli-field-unknown", field = "serail", kind = Kind::Asset)]);
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
        let (asked, _) = change(before.clone(), "--accept-score none --accept-score asset=0.8").unwrap();
        let score = |kind| asked.kinds[&kind].accept_score;
        assert_eq!((score(Kind::Customer), score(Kind::Asset)), (None, Some(0.8)));
        let (again, _) = change(before, "--create asset").unwrap();
        assert!(again.kinds[&Kind::Asset].create);
    }

    #[test]
    fn usage_takes_contracts_and_products_along_and_has_rules_of_its_own() {
        let flags = "--kinds customer,usage --time-zone Europe/Rome --brake quantity-percent=50 --switched off";
        let (rules, _) = rules(flags).unwrap();
        assert!([Kind::Contract, Kind::Product].iter().all(|kind| rules.kinds.contains_key(kind)));
        assert_eq!((rules.time_zone.as_str(), rules.usage.quantity_percent), ("Europe/Rome", 50));
        assert!(!rules.switched_on && change(rules, "--switched on").unwrap().0.switched_on);
    }

    #[test]
    fn hours_and_brakes_are_taken() {
        assert_eq!(rules("--kinds customer,alert --swing-hours 1").unwrap().0.tickets.swing_hours, 1);
        let (rules, _) =
            rules("--grace-hours 1 --identity-hours 4 --volatile-hours 2 --brake update-least=3 --no-first-run-hold --sites primary")
                .unwrap();
        assert_eq!((rules.grace_hours, rules.volatile_hours, rules.brakes.update_least), (1, 2, 3));
        assert_eq!(rules.identity_hours, 4);
        assert!(!rules.brakes.first_run && rules.sites == Sites::Primary);
    }
}
