//! A sync: a source connection, a target connection, and the rules between them.

use super::{ConnectionName, Kind, SyncName, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A source, a target and rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sync {
    /// Its name, unique in the tenant.
    pub name: SyncName,
    /// Where records come from.
    pub source: ConnectionName,
    /// Where they go.
    pub target: ConnectionName,
    /// How.
    pub rules: SyncRules,
    /// Whether the schedule leaves it alone; by hand it works as ever.
    #[serde(default)]
    pub paused: bool,
    /// Counts up with every change of the rules.
    pub revision: i64,
}

/// How a sync decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SyncRules {
    /// Which kinds take part, and how each is treated.
    pub kinds: BTreeMap<Kind, KindRules>,
    /// Whose calendar tells which day it is, for what is billed and for when it is run: an IANA
    /// name, such as `Europe/Rome`.
    pub time_zone: String,
    /// What becomes of the sites of a customer.
    pub sites: Sites,
    /// A volatile field alone is written when what the target has is this old.
    pub volatile_hours: u32,
    /// How long a record must be missing before it is deactivated.
    pub grace_hours: u32,
    /// How long a device that tells no serial number, under a name that systems make up, is waited for
    /// before it is created; 0: not at all.
    pub identity_hours: u32,
    /// When changes are held for review.
    pub brakes: BrakeLimits,
    /// What becomes of alerts, where the kind takes part.
    pub tickets: TicketRules,
    /// Whether customers that are in the target alone are created at the source.
    pub reverse: bool,
    /// How counts become quantities, where usage takes part.
    pub usage: UsageRules,
    /// Whether usage and tickets are on for a customer that nobody switched.
    pub switched_on: bool,
    /// Whether several source customers may be one account; see [`SyncRules::shares`].
    pub share_accounts: bool,
}

impl Default for SyncRules {
    fn default() -> Self {
        Self {
            kinds: [Kind::Customer, Kind::Location, Kind::Asset]
                .into_iter()
                .map(|kind| (kind, KindRules::default()))
                .collect(),
            time_zone: "UTC".to_owned(),
            sites: Sites::default(),
            volatile_hours: 24,
            grace_hours: 72,
            identity_hours: 24,
            brakes: BrakeLimits::default(),
            tickets: TicketRules::default(),
            reverse: false,
            usage: UsageRules::default(),
            switched_on: true,
            share_accounts: true,
        }
    }
}

impl SyncRules {
    /// Whether several source records of a kind may be one record of the target, where a person says so.
    ///
    /// Sites share a location, and products a service. Customers share an account only where nothing of
    /// them is kept in step but what is billed: two fleets of devices in one account would be matched
    /// against each other.
    #[must_use]
    pub fn shares(&self, kind: Kind) -> bool {
        match kind {
            Kind::Location | Kind::Product => true,
            Kind::Customer => {
                let takes_part = |kind| self.kinds.contains_key(&kind);
                let fleets = takes_part(Kind::Location) || takes_part(Kind::Asset);
                self.share_accounts && takes_part(Kind::Usage) && !fleets
            }
            _ => false,
        }
    }

    /// Lets these kinds take part, and no others. Those that did keep their rules.
    ///
    /// Where usage takes part, contracts and products do too; customers and products are then
    /// found and not made, and a customer's own data is left alone: a licence vendor is no
    /// authority on what an account is called.
    pub fn take_part(&mut self, kinds: &[Kind]) {
        let billing = kinds.contains(&Kind::Usage);
        let implied: &[Kind] = if billing { &[Kind::Contract, Kind::Product] } else { &[] };
        let begins = billing && !self.kinds.contains_key(&Kind::Usage);
        self.kinds.retain(|kind, _| kinds.contains(kind) || implied.contains(kind));
        for kind in kinds.iter().chain(implied) {
            self.kinds.entry(*kind).or_default();
        }
        if begins {
            for kind in [Kind::Customer, Kind::Contract, Kind::Product] {
                if let Some(rules) = self.kinds.get_mut(&kind) {
                    rules.create = false;
                    rules.otherwise = FieldRule::Ignore;
                }
            }
        }
    }
}

/// How counts become quantities of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UsageRules {
    /// A quantity that moves by more than this share of what is on the contract …
    pub quantity_percent: u32,
    /// … and by at least so many is held for review; so is every count that falls to zero.
    pub quantity_least: u32,
}

impl Default for UsageRules {
    fn default() -> Self {
        Self { quantity_percent: 25, quantity_least: 5 }
    }
}

/// How one kind is treated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KindRules {
    /// How much happens without a person.
    pub trust: Trust,
    /// What becomes of a source record with no match: created, or left unmapped.
    /// Locations and assets are created where their customer is linked or created.
    pub create: bool,
    /// Proposals with at least this score are linked without asking; none: ask always.
    pub accept_score: Option<f64>,
    /// Per field; those not listed follow `otherwise`.
    pub fields: BTreeMap<String, FieldRule>,
    /// The rule of all other fields, and of the name.
    pub otherwise: FieldRule,
}

impl Default for KindRules {
    fn default() -> Self {
        Self {
            trust: Trust::Approve,
            create: true,
            accept_score: None,
            fields: BTreeMap::new(),
            otherwise: FieldRule::SourceWins,
        }
    }
}

impl KindRules {
    /// The rule of a field.
    #[must_use]
    pub fn rule(&self, field: &str) -> FieldRule {
        self.fields.get(field).copied().unwrap_or(self.otherwise)
    }
}

/// Whose value stands. With each of them a blank never overwrites, and a value a person
/// edited in the target since it was last written is kept and shown, unless the rule is
/// [`FieldRule::SourceForces`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldRule {
    /// The source's, except where a person edited the target.
    SourceWins,
    /// The source's, always, blanks included.
    SourceForces,
    /// The target's; it is written only on creation.
    TargetWins,
    /// Written on creation and on linking into an empty field, never again.
    SeedOnce,
    /// Written whenever the target's is empty.
    FillIfEmpty,
    /// Never looked at.
    Ignore,
}

/// How much happens without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Only plans; nothing can be applied.
    Preview,
    /// A person approves each plan.
    Approve,
    /// What no brake holds is applied by itself.
    Automatic,
}

/// What becomes of the sites of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sites {
    /// Each becomes, or is linked to, a location.
    #[default]
    Each,
    /// All assets go to the primary location; no location is made.
    Primary,
}

/// When changes are held for review: per customer and kind, and per kind over the whole sync.
///
/// A limit is passed when a count is over its share of what is linked and in use, and at least the
/// least number. Over the sync customers and products, of which a customer has one, use the least
/// numbers of a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BrakeLimits {
    /// Deactivations over this share of the linked records …
    pub deactivate_percent: u32,
    /// … and at least so many; and always when they are all of a customer.
    pub deactivate_least: u32,
    /// Updates over this share of the linked records …
    pub update_percent: u32,
    /// … and at least so many.
    pub update_least: u32,
    /// New records over this share of the linked ones, where a customer has any …
    pub create_percent: u32,
    /// … and at least so many.
    pub create_least: u32,
    /// Identities that change (another serial number, another source record) over this share …
    pub identity_percent: u32,
    /// … and at least so many.
    pub identity_least: u32,
    /// Deactivations over this share of a kind in the whole sync …
    pub sync_deactivate_percent: u32,
    /// … and at least so many.
    pub sync_deactivate_least: u32,
    /// New records over this share of a kind in the whole sync …
    pub sync_create_percent: u32,
    /// … and at least so many.
    pub sync_create_least: u32,
    /// Identities that change over this share of a kind in the whole sync …
    pub sync_identity_percent: u32,
    /// … and at least so many.
    pub sync_identity_least: u32,
    /// Quantities that fall, or that rise, over this share of the lines or units of the whole sync …
    pub sync_quantity_percent: u32,
    /// … and at least so many.
    pub sync_quantity_least: u32,
    /// Whether everything of a kind is held until a whole plan of it was let go.
    pub first_run: bool,
}

impl Default for BrakeLimits {
    fn default() -> Self {
        Self {
            deactivate_percent: 10,
            deactivate_least: 5,
            update_percent: 30,
            update_least: 10,
            create_percent: 50,
            create_least: 10,
            identity_percent: 20,
            identity_least: 3,
            sync_deactivate_percent: 5,
            sync_deactivate_least: 10,
            sync_create_percent: 20,
            sync_create_least: 25,
            sync_identity_percent: 5,
            sync_identity_least: 10,
            sync_quantity_percent: 20,
            sync_quantity_least: 10,
            first_run: true,
        }
    }
}

/// How alerts become tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TicketRules {
    /// Alerts raised before this are left alone. Set when alerts first take part, so that a
    /// vendor's years of history do not become tickets.
    pub from: Option<Timestamp>,
    /// The target customer that gets the tickets of customers that are not linked; none: they are held.
    pub catch_all: Option<String>,
    /// Whether a ticket is closed when the vendor tells that its alert is over and nobody worked on it.
    pub close: bool,
    /// An alert that comes back within so many hours after this host closed its ticket opens that again;
    /// 0 makes a new ticket each time. Four hours hold what comes and goes a dozen times a day in one ticket.
    pub swing_hours: u32,
}

impl Default for TicketRules {
    fn default() -> Self {
        Self { from: None, catch_all: None, close: true, swing_hours: 4 }
    }
}
