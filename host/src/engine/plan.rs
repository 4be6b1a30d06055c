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
//! The order of changes: by action (link, reactivate, move, update, retire, create,
//! deactivate), then by source id. So a change comes after those it depends on, and
//! changes of one operation stand together for batches.
//!
//! Pure, like all of it: references go through a function the caller gives. What a
//! change is when it is sent and what a link remembers of it is in [`write`]; whether
//! one is still valid in [`stale`]; what an approval signs in [`hash`].

mod fields;
mod hash;
mod stale;
mod write;

pub use hash::PlanHasher;
pub use stale::stale;
pub use write::{FieldNote, Unresolved, after_write, to_write, verify};

use super::matching::Decision;
use crate::model::sync::{KindRules, Sites};
use crate::model::{
    Action, FieldDiff, FieldRule, Kind, KindDescription, Link, LinkState, Operation, PlannedChange, Record, Risk,
    SyncRules, Timestamp, Value,
};
use fields::Fields;

/// The rule that links a stamped record: it alone may stand in another account.
const BY_STAMP: &str = "stamp";
const HOUR_MS: i64 = 3_600_000;

/// Where a reference of a source record leads in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// To this target record.
    Target(String),
    /// To one that this plan creates.
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
}

/// Why a record, or a field of it, is not brought in step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source record's id.
    pub source: String,
    /// One sentence.
    pub message: String,
}

/// Plans one customer's records of a kind; nothing when the kind takes no part in the sync.
#[must_use]
pub fn plan_kind(input: &PlanInput<'_>) -> Planned {
    let no_locations = input.kind == Kind::Location && input.rules.sites == Sites::Primary;
    let Some(rules) = input.rules.kinds.get(&input.kind).filter(|_| !no_locations) else { return Planned::default() };
    let mut planned = Planned::default();
    for item in input.items {
        let planner = Planner { input, rules, item };
        planner.plan(&mut planned);
    }
    planned.changes.sort_by(|a, b| (rank(a.action), &a.source).cmp(&(rank(b.action), &b.source)));
    planned.findings.sort_by(|a, b| a.source.cmp(&b.source));
    planned
}

/// The order of actions within a kind; for one source record it is also the order of dependence.
fn rank(action: Action) -> u8 {
    match action {
        Action::Link => 0,
        Action::Reactivate => 1,
        Action::Move => 2,
        Action::Update => 3,
        Action::Retire => 4,
        Action::Create => 5,
        Action::Deactivate => 6,
    }
}

/// Plans one record.
struct Planner<'p, 'a> {
    input: &'p PlanInput<'a>,
    rules: &'a KindRules,
    item: &'p Item<'a>,
}

/// Where a linked record's parent stands.
enum Parent {
    InPlace,
    /// The source's customer changed.
    Moved,
    /// A person moved it.
    MovedByHand,
}

impl Planner<'_, '_> {
    fn plan(&self, out: &mut Planned) {
        let Some(source) = self.item.source else { return self.plan_gone(out) };
        match self.item.decision {
            Decision::Keep => self.plan_kept(source, out),
            Decision::Linked { by, reason, .. } => match self.item.target {
                Some(target) => {
                    self.link(source, target, format!("{by}: {reason}"), risk_of_link(by), out);
                    self.plan_linked(source, target, Some(by), out);
                }
                None => self.finding(out, format!("to be linked by {by}, but the record was not read from the target")),
            },
            Decision::Create { reason } => self.create(source, reason, None, out),
            Decision::Proposed { reason, .. } => self.finding(out, format!("waits for a yes or no: {reason}")),
            Decision::Conflict { reason, .. } => self.finding(out, format!("waits for a choice: {reason}")),
            Decision::Unmapped { reason } => self.finding(out, format!("not linked: {reason}")),
            Decision::Broken { reason } => {
                self.finding(out, format!("{reason}: link it to another, or ask for it to be created again"));
            }
        }
    }

    fn plan_kept(&self, source: &Record, out: &mut Planned) {
        let Some(link) = self.item.link else { return };
        match (link.state, self.item.target) {
            (LinkState::Linked, Some(target)) => {
                if link.written.is_empty() && link.sent.is_empty() {
                    // Linked by hand: what both hold now is what later edits are told by.
                    self.link(
                        source,
                        target,
                        format!("{}: what both sides hold is noted", link.decided_by),
                        Risk::Low,
                        out,
                    );
                }
                self.plan_linked(source, target, None, out);
            }
            (LinkState::Linked, None) => self.finding(out, "the linked record was not read from the target".to_owned()),
            (LinkState::Excluded, _) => self.finding(out, format!("excluded by {}", link.decided_by)),
            (LinkState::Create, _) => self.finding(out, "to be created once it is in use in the source".to_owned()),
            (state, _) => self.finding(out, format!("{}: {}", state.as_str(), link.reason)),
        }
    }

    /// The record is there on both sides.
    fn plan_linked(&self, source: &Record, target: &Record, linked_by: Option<&str>, out: &mut Planned) {
        let active_rule = self.rules.rule("active");
        let steered = self.steers_active();
        let taken_out_by_us =
            self.item.link.is_some_and(|link| link.written.get("active") == Some(&Value::Boolean(false)));
        match (source.active(), target.active()) {
            (false, false) => return,
            (false, true) if !steered => {}
            (false, true) if taken_out_by_us && active_rule != FieldRule::SourceForces => {
                return self.finding(
                    out,
                    "not in use in the source; put back in use in the target by a person, and left so".to_owned(),
                );
            }
            (false, true) => return self.deactivate(target, "not in use in the source any more", out),
            (true, false) if steered && (taken_out_by_us || active_rule == FieldRule::SourceForces) => {
                if !self.reactivate(target, "in use in the source again", out) {
                    return;
                }
            }
            (true, false) => return self.finding(out, "retired in the target by a person, and left so".to_owned()),
            (true, true) => {}
        }
        match self.parent(target, linked_by) {
            Parent::InPlace => {}
            Parent::Moved => {
                if !self.relocate(source, target, out) {
                    return;
                }
            }
            Parent::MovedByHand => {
                self.finding(
                    out,
                    "it stands in another account in the target, by a person's hand, and is left there".to_owned(),
                );
            }
        }
        let fields = fields::compare(self.input, self.rules, source, target, self.item.link);
        self.update(source, target, fields, out);
    }

    /// The record is gone from the source.
    fn plan_gone(&self, out: &mut Planned) {
        let (Some(link), Some(since)) = (self.item.link, self.item.gone_since) else { return };
        let Some(target) = self.item.target.filter(|_| link.linked().is_some()) else { return };
        if !target.active() {
            return;
        }
        if !self.steers_active() {
            return self.finding(out, "gone from the source; by rule the target's state stands".to_owned());
        }
        if link.written.get("active") == Some(&Value::Boolean(false)) {
            return self.finding(
                out,
                "gone from the source; put back in use in the target by a person, and left so".to_owned(),
            );
        }
        let grace_ms = i64::from(self.input.rules.grace_hours) * HOUR_MS;
        if self.input.now.since_ms(since) < grace_ms {
            let until = since.plus_ms(grace_ms);
            return self.finding(
                out,
                format!("missing from the source since {since}; taken out of use if it is still missing at {until}"),
            );
        }
        if self.input.kind != Kind::Asset && !link.made {
            return self.finding(
                out,
                format!(
                    "gone from the source; this {} was in the target before, so it is left in use",
                    self.input.kind
                ),
            );
        }
        self.deactivate(target, &format!("missing from the source since {since}"), out);
    }

    /// Whether the source says what is in use.
    fn steers_active(&self) -> bool {
        matches!(self.rules.rule("active"), FieldRule::SourceWins | FieldRule::SourceForces)
    }

    /// Whether the target record stands in its customer's account.
    fn parent(&self, target: &Record, linked_by: Option<&str>) -> Parent {
        if self.input.kind == Kind::Customer {
            return Parent::InPlace;
        }
        let rule = self.rules.rule("parent");
        let Some(has) = target.parent.as_deref() else { return Parent::InPlace };
        if Some(has) == self.input.parent_target {
            return Parent::InPlace;
        }
        let sent = self.item.link.and_then(|link| link.sent.get("parent")).and_then(Value::as_text);
        match rule {
            FieldRule::SourceForces => Parent::Moved,
            FieldRule::SourceWins => match sent {
                Some(sent) if Some(sent) == self.input.parent_target => Parent::MovedByHand,
                // Where we put it, or where it was found: only when it is still there did nobody else move it.
                Some(_) if self.written_parent().is_some_and(|written| written != has) => Parent::MovedByHand,
                Some(_) => Parent::Moved,
                None if linked_by == Some(BY_STAMP) => Parent::Moved,
                None => Parent::MovedByHand,
            },
            FieldRule::TargetWins | FieldRule::SeedOnce | FieldRule::FillIfEmpty | FieldRule::Ignore => Parent::InPlace,
        }
    }

    fn written_parent(&self) -> Option<&str> {
        self.item.link.and_then(|link| link.written.get("parent")).and_then(Value::as_text)
    }

    /// Moves a record, by the vendor's own operation or by retiring and creating. Says
    /// whether the record stays the same one, so that its fields can be compared.
    fn relocate(&self, source: &Record, target: &Record, out: &mut Planned) -> bool {
        let writes = &self.input.describe.writes;
        let before = target.parent.clone().map(Value::Text);
        if writes.contains(&Operation::Move) {
            let parent =
                FieldDiff { name: "parent".to_owned(), before, after: Value::Text(self.input.customer.to_owned()) };
            self.push(
                out,
                Action::Move,
                Some(target),
                vec![parent],
                "it changed customers in the source".to_owned(),
                Risk::Medium,
            );
            return true;
        }
        if writes.contains(&Operation::Create) && writes.contains(&Operation::Deactivate) {
            let active = FieldDiff {
                name: "active".to_owned(),
                before: Some(Value::Boolean(true)),
                after: Value::Boolean(false),
            };
            let reason = "it changed customers in the source; the target cannot move it, so this one is retired and a new one created";
            self.push(out, Action::Retire, Some(target), vec![active], reason.to_owned(), Risk::High);
            self.create(source, "in place of the one retired, as it changed customers", before, out);
            return false;
        }
        self.finding(
            out,
            "it changed customers in the source, and the target can neither move nor retire it".to_owned(),
        );
        true
    }

    fn link(&self, source: &Record, target: &Record, reason: String, risk: Risk, out: &mut Planned) {
        let mut agreed = fields::agreed(self.input, self.rules, source, target);
        if let Some(parent) = target.parent.as_deref().filter(|parent| Some(*parent) == self.input.parent_target) {
            let (before, after) = (Value::Text(parent.to_owned()), Value::Text(self.input.customer.to_owned()));
            agreed.insert(0, FieldDiff { name: "parent".to_owned(), before: Some(before), after });
        }
        self.push(out, Action::Link, Some(target), agreed, reason, risk);
    }

    fn create(&self, source: &Record, reason: &str, old_parent: Option<Value>, out: &mut Planned) {
        let kind = self.input.kind;
        if !self.input.describe.writes.contains(&Operation::Create) {
            return self.finding(out, format!("a {kind} cannot be created in the target"));
        }
        let Fields { mut diffs, notes, .. } = fields::initial(self.input, self.rules, source);
        if kind != Kind::Customer {
            let after = Value::Text(self.input.customer.to_owned());
            diffs.insert(0, FieldDiff { name: "parent".to_owned(), before: old_parent, after });
        }
        for note in notes {
            self.finding(out, note);
        }
        let risk = if kind == Kind::Customer { Risk::Medium } else { Risk::Low };
        self.push(out, Action::Create, None, diffs, reason.to_owned(), risk);
    }

    fn update(&self, source: &Record, target: &Record, fields: Fields, out: &mut Planned) {
        for note in &fields.notes {
            self.finding(out, note.clone());
        }
        if fields.diffs.is_empty() {
            return;
        }
        if !self.input.describe.writes.contains(&Operation::Update) {
            return self.finding(
                out,
                format!(
                    "{}, but a {} cannot be updated in the target",
                    fields.reason(self.input.kind),
                    self.input.kind
                ),
            );
        }
        let clears = fields.diffs.iter().any(|diff| diff.after.is_blank());
        let renames = fields.diffs.iter().any(|diff| diff.name == "name" && source.name != target.name);
        let risk = if clears || renames { Risk::Medium } else { Risk::Low };
        let reason = fields.reason(self.input.kind);
        self.push(out, Action::Update, Some(target), fields.diffs, reason, risk);
    }

    fn deactivate(&self, target: &Record, reason: &str, out: &mut Planned) {
        if !self.input.describe.writes.contains(&Operation::Deactivate) {
            return self
                .finding(out, format!("{reason}, but a {} cannot be taken out of use in the target", self.input.kind));
        }
        let active =
            FieldDiff { name: "active".to_owned(), before: Some(Value::Boolean(true)), after: Value::Boolean(false) };
        self.push(out, Action::Deactivate, Some(target), vec![active], reason.to_owned(), Risk::High);
    }

    fn reactivate(&self, target: &Record, reason: &str, out: &mut Planned) -> bool {
        if !self.input.describe.writes.contains(&Operation::Reactivate) {
            self.finding(out, format!("{reason}, but a {} cannot be put back in use in the target", self.input.kind));
            return false;
        }
        let active =
            FieldDiff { name: "active".to_owned(), before: Some(Value::Boolean(false)), after: Value::Boolean(true) };
        self.push(out, Action::Reactivate, Some(target), vec![active], reason.to_owned(), Risk::Medium);
        true
    }

    fn push(
        &self,
        out: &mut Planned,
        action: Action,
        target: Option<&Record>,
        fields: Vec<FieldDiff>,
        reason: String,
        risk: Risk,
    ) {
        let source = self.source_id().to_owned();
        let name = self.item.source.or(target).map(|record| record.name.clone()).unwrap_or_default();
        let customer = if self.input.kind == Kind::Customer { source.clone() } else { self.input.customer.to_owned() };
        out.changes.push(PlannedChange {
            sequence: 0,
            kind: self.input.kind,
            action,
            customer,
            source,
            target: target.map(|record| record.id.clone()),
            name,
            fields,
            reason,
            risk,
            calls: if action.writes() { self.input.describe.calls_per_change } else { 0 },
            held: None,
            link_revision: self.item.link.map_or(0, |link| link.revision),
        });
    }

    fn finding(&self, out: &mut Planned, message: String) {
        out.findings.push(Finding { source: self.source_id().to_owned(), message });
    }

    fn source_id(&self) -> &str {
        let linked = self.item.link.map(|link| link.source.as_str());
        self.item.source.map(|record| record.id.as_str()).or(linked).unwrap_or_default()
    }
}

/// A key is sure; what was accepted by its likeness is worth a look.
fn risk_of_link(by: &str) -> Risk {
    if by == "accepted score" { Risk::Medium } else { Risk::Low }
}

#[cfg(test)]
mod tests;
