//! Planning: what has to happen in the target so that it says what the source says.
//!
//! [`plan_kind`] takes one customer's records of a kind, each with its link, what
//! matching decided and what the target has now, and gives typed changes with before
//! and after per field, plus findings: a sentence for everything that is *not* in step
//! and stays so. No difference, no change: the second plan after a first is empty.
//!
//! The rules, in the order they bite:
//! - Only what this sync made or linked is touched.
//! - A record whose customer changed is moved; where the vendor cannot, the old one is
//!   retired and a new one created. A record that a person moved is left there.
//! - What left the source is taken out of use, after the grace period; customers and
//!   locations only when this host made them, since they serve more than this source.
//! - What this host took out of use comes back by itself; what a person retired does not.
//! - Fields follow their rules by a three-way compare (see [`fields`]).
//!
//! The order of changes: by action ([`ORDER`]), then by source id. So a change comes after those it depends on, and
//! changes of one operation stand together for batches.
//!
//! Pure, like all of it: references go through a function the caller gives. What a
//! change is when it is sent and what a link remembers of it is in `write`; whether
//! one is still valid in [`stale()`]; what an approval signs in [`hash`].

pub(crate) mod undo;

mod fields;
mod hash;
pub mod line;
mod record;
mod reverse;
mod sides;
mod stale;
pub mod ticket;
pub(crate) mod write;

pub use self::hash::PlanHasher;
pub use self::record::OUT_OF_USE;
pub use self::reverse::{REVERSE, ReverseInput, after_reverse, plan_reverse};
pub use self::stale::stale;
pub(crate) use self::stale::{now as now_has, stale_target};
pub use self::write::{FieldNote, Unresolved, after_write, as_left, to_write, verify};
pub(crate) use super::value::{alike, same, shown};

use self::fields::Layout;
use self::record::Planner;
use super::matching::Decision;
pub use crosswalk_model::Finding;
use crosswalk_model::sync::Sites;
use crosswalk_model::{Action, Kind, KindDescription, Link, PlannedChange, Record, SyncRules, Timestamp};

const HOUR_MS: i64 = 3_600_000;

/// Where a reference of a source record leads in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// To this target record.
    Target(String),
    /// To one that this plan creates, be it in place of one that is still linked and will be retired.
    Planned,
    /// Nowhere: it is not linked and not about to be.
    Unknown,
}

/// One customer's records of a kind.
#[derive(Clone, Copy)]
pub struct PlanInput<'a> {
    /// The kind.
    pub kind: Kind,
    /// The source customer's id. For customers each is its own.
    pub customer: &'a str,
    /// The records, in any order.
    pub items: &'a [Item<'a>],
    /// The account the customer is linked to; none for customers, and while it is yet to be
    /// created. A customer that is neither linked nor created has nothing to plan for.
    pub parent_target: Option<&'a str>,
    /// Why nothing may be made in that account, as it is not in use, and what to do; none where it is.
    pub parent_out_of_use: Option<&'a str>,
    /// What the target's connector can do with the kind.
    pub describe: &'a KindDescription,
    /// The sync's rules.
    pub rules: &'a SyncRules,
    /// Now.
    pub now: Timestamp,
    /// Whether somebody asked for these records to be refreshed: volatile fields are written, however young.
    pub refresh: bool,
    /// Where the reference to a source record of a kind leads; nowhere ([`Reference::Unknown`])
    /// when that record belongs to another customer.
    pub resolve: &'a dyn Fn(Kind, &str) -> Reference,
}

/// One record to plan for: in the source, or only remembered by its link.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// As the source has it; none when it is gone from there.
    pub source: Option<&'a Record>,
    /// Since when it is missing from complete reads.
    pub gone_since: Option<Timestamp>,
    /// Its link.
    pub link: Option<&'a Link>,
    /// What matching decided; [`Decision::Keep`] for one that is gone.
    pub decision: &'a Decision,
    /// What the target has now: of the linked record, or of the one to be linked. In whatever account.
    pub target: Option<&'a Record>,
}

/// What came of planning.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Planned {
    /// What is to be done, in order, not yet numbered (`sequence` is 0).
    pub changes: Vec<PlannedChange>,
    /// What is not in step and stays so, by source id.
    pub findings: Vec<Finding>,
    /// Links to store at once, as nothing is to be written for them: what both sides came
    /// to agree on by themselves, or what the vendor made of a write that was not read back.
    pub noted: Vec<Link>,
}

/// Plans one customer's records of a kind; nothing when the kind takes no part in the sync.
#[must_use]
pub fn plan_kind(input: &PlanInput<'_>) -> Planned {
    let no_locations = input.kind == Kind::Location && input.rules.sites == Sites::Primary;
    let Some(rules) = input.rules.kinds.get(&input.kind).filter(|_| !no_locations) else { return Planned::default() };
    let layout = Layout::new(input, rules);
    let mut planned = Planned::default();
    for item in input.items {
        Planner { input, rules, layout: &layout, item, out: &mut planned }.plan();
    }
    planned.changes.sort_by(|a, b| (rank(a.action), &a.source).cmp(&(rank(b.action), &b.source)));
    planned.findings.sort_by(|a, b| a.source.cmp(&b.source));
    planned.noted.sort_by(|a, b| a.source.cmp(&b.source));
    planned
}

/// The order of actions within a kind, planned and applied: what frees names and places before
/// what takes them. For one source record it is also the order of dependence.
pub const ORDER: [Action; 12] = [
    Action::Open,
    Action::Link,
    Action::Reactivate,
    Action::Move,
    Action::Update,
    Action::Retire,
    Action::Create,
    Action::Deactivate,
    Action::Append,
    Action::Close,
    Action::CreateSource,
    Action::Unlink,
];

/// The order of the actions of a kind. A line that goes elsewhere is ended where it was first.
#[must_use]
pub fn order_of(kind: Kind) -> [Action; 12] {
    let mut order = ORDER;
    if kind == Kind::Usage {
        order.sort_by_key(|action| *action != Action::Retire);
    }
    order
}

fn rank_of(kind: Kind, action: Action) -> usize {
    order_of(kind).iter().position(|one| *one == action).unwrap_or(ORDER.len())
}

fn rank(action: Action) -> usize {
    ORDER.iter().position(|one| *one == action).unwrap_or(ORDER.len())
}

#[cfg(test)]
mod tests;
