//! Input and output of planning records, and the order of changes.

use crate::rules::matching::Decision;
use crosswalk_model::{
    Action, Finding, Kind, KindDescription, Link, PlannedChange, Record, Said, SyncRules, Timestamp,
};

pub(crate) const HOUR_MS: i64 = 3_600_000;

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
    pub parent_out_of_use: Option<&'a Said>,
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

pub(crate) fn rank_of(kind: Kind, action: Action) -> usize {
    order_of(kind).iter().position(|one| *one == action).unwrap_or(ORDER.len())
}

pub(crate) fn rank(action: Action) -> usize {
    ORDER.iter().position(|one| *one == action).unwrap_or(ORDER.len())
}
