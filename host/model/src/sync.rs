//! A sync: a source connection, a target connection, and the rules between them.

use super::{ConnectionName, Kind, SyncName, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A source, a target and rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sync {
    /// The name, unique within the tenant.
    pub name: SyncName,
    /// The connection that records come from.
    pub source: ConnectionName,
    /// The connection that records go to.
    pub target: ConnectionName,
    /// The rules.
    pub rules: SyncRules,
    /// Whether the schedule skips it. Commands by hand work as ever.
    #[serde(default)]
    pub paused: bool,
    /// Counts up with every change of the rules.
    pub revision: i64,
}

/// The rules by which a sync decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SyncRules {
    /// The kinds that take part, and the rules of each.
    pub kinds: BTreeMap<Kind, KindRules>,
    /// Time zone in which days are counted, for billing and for the schedule: an IANA name, such as `Europe/Rome`.
    pub time_zone: String,
    /// The treatment of a customer's sites.
    pub sites: Sites,
    /// Age in hours at which the target's value of a volatile field is replaced even if nothing else changed.
    pub volatile_hours: u32,
    /// Hours for which a record must be missing before it is deactivated.
    pub grace_hours: u32,
    /// Hours to wait before creating a device that reports no serial number and has a generated name. 0 means not to
    /// wait.
    pub identity_hours: u32,
    /// The limits beyond which changes are held for review.
    pub brakes: BrakeLimits,
    /// The rules for tickets, if alerts take part.
    pub tickets: TicketRules,
    /// Whether customers that exist only in the target are created at the source.
    pub reverse: bool,
    /// The rules for quantities, if usage takes part.
    pub usage: UsageRules,
    /// Whether usage and tickets are on for a customer without a switch of its own.
    pub switched_on: bool,
    /// Whether several source customers may share an account; see [`SyncRules::shares`].
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
    /// Whether quantities of contracts are kept in step.
    #[must_use]
    pub fn bills(&self) -> bool {
        self.kinds.contains_key(&Kind::Usage)
    }

    /// Whether several source records of a kind may share a record of the target, if a person says so.
    ///
    /// Sites share a location, and products a service. Customers share an account only if nothing but billing is kept
    /// in step for them: two fleets of devices in one account would be matched against each other.
    #[must_use]
    pub fn shares(&self, kind: Kind) -> bool {
        match kind {
            Kind::Location | Kind::Product => true,
            Kind::Customer => {
                let takes_part = |kind| self.kinds.contains_key(&kind);
                let fleets = takes_part(Kind::Location) || takes_part(Kind::Asset);
                self.share_accounts && self.bills() && !fleets
            }
            _ => false,
        }
    }

    /// Lets these kinds take part, and no others. Kinds that took part before keep their rules.
    ///
    /// With usage, contracts and products take part too. Customers and products are then found and not created, and a
    /// customer's own data is left alone, because a licence vendor is no authority on an account's name.
    pub fn take_part(&mut self, kinds: &[Kind]) {
        let billing = kinds.contains(&Kind::Usage);
        let implied: &[Kind] = if billing { &[Kind::Contract, Kind::Product] } else { &[] };
        let begins = billing && !self.bills();
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

/// The rules by which counts become quantities of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UsageRules {
    /// A change of a quantity by more than this share of what is on the contract …
    pub quantity_percent: u32,
    /// … and by at least this number is held for review. So is every count that falls to zero.
    pub quantity_least: u32,
}

impl Default for UsageRules {
    fn default() -> Self {
        Self { quantity_percent: 25, quantity_least: 5 }
    }
}

/// The rules of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KindRules {
    /// The trust in automatic changes.
    pub trust: Trust,
    /// Whether a source record without a match is created, or left unmapped. Locations and assets are created if their
    /// customer is linked or created.
    pub create: bool,
    /// The score from which proposals are linked without asking. `None` means always ask.
    pub accept_score: Option<f64>,
    /// The rules per field. Fields that are not listed follow `otherwise`.
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
    /// Returns the rule of a field.
    #[must_use]
    pub fn rule(&self, field: &str) -> FieldRule {
        self.fields.get(field).copied().unwrap_or(self.otherwise)
    }
}

/// The side whose value wins. In all cases a blank never overwrites, and a value that a person edited in the target
/// since it was last written is kept and shown, unless the rule is [`FieldRule::SourceForces`].
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
    /// Ignored.
    Ignore,
}

/// The degree to which changes happen without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// Plans only; nothing can be applied.
    Preview,
    /// A person approves each plan.
    Approve,
    /// Changes that no brake holds are applied automatically.
    Automatic,
}

/// The treatment of a customer's sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sites {
    /// Each site becomes, or is linked to, a location.
    #[default]
    Each,
    /// All assets go to the primary location, and no location is created.
    Primary,
}

/// The limits beyond which changes are held for review: per customer and kind, and per kind over the whole sync.
///
/// A limit is passed if a count exceeds its share of the linked records in use and reaches its least number. Over the
/// whole sync, customers and products use the least numbers of a customer, as a customer has only one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct BrakeLimits {
    /// Deactivations over this share of the linked records …
    pub deactivate_percent: u32,
    /// … and at least this number; and always if they are all records of a customer.
    pub deactivate_least: u32,
    /// Updates over this share of the linked records …
    pub update_percent: u32,
    /// … and at least this number.
    pub update_least: u32,
    /// New records over this share of the linked ones, if a customer has any …
    pub create_percent: u32,
    /// … and at least this number.
    pub create_least: u32,
    /// Identities that change (another serial number, another source record) over this share …
    pub identity_percent: u32,
    /// … and at least this number.
    pub identity_least: u32,
    /// Deactivations over this share of a kind in the whole sync …
    pub sync_deactivate_percent: u32,
    /// … and at least this number.
    pub sync_deactivate_least: u32,
    /// New records over this share of a kind in the whole sync …
    pub sync_create_percent: u32,
    /// … and at least this number.
    pub sync_create_least: u32,
    /// Identities that change over this share of a kind in the whole sync …
    pub sync_identity_percent: u32,
    /// … and at least this number.
    pub sync_identity_least: u32,
    /// Quantities that fall, or that rise, over this share of the lines or units of the whole sync …
    pub sync_quantity_percent: u32,
    /// … and at least this number.
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

/// The rules by which alerts become tickets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TicketRules {
    /// Alerts raised before this time are ignored. Set when alerts first take part, so that a vendor's years of history
    /// do not become tickets.
    pub from: Option<Timestamp>,
    /// The target customer that receives the tickets of customers that are not linked. `None` means that they are held.
    pub catch_all: Option<String>,
    /// Whether a ticket is closed when its alert is over according to the vendor and nobody worked on it.
    pub close: bool,
    /// Hours within which an alert that comes back reopens the ticket that this host closed. 0 creates a new ticket
    /// each time. Four hours keep in one ticket what comes and goes a dozen times a day.
    pub swing_hours: u32,
}

impl Default for TicketRules {
    fn default() -> Self {
        Self { from: None, catch_all: None, close: true, swing_hours: 4 }
    }
}
