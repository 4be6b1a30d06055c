//! Planning one record: what has to happen to it, or why nothing does.
//!
//! Checks use on both sides, then the account, then the fields. Each step respects a person's work: a change in the
//! target that this host did not make differs from what the link remembers; it is kept and reported.

use super::fields::{self, Fields, Layout};
use super::sides::Note;
use super::words::decider;
use super::write::note_rest;
use super::{HOUR_MS, Item, PlanInput, Planned};
use crate::rules::matching::Decision;
use crate::rules::value::cut;
use crosswalk_model::sync::KindRules;
use crosswalk_model::{
    Action, Brake, Cause, Decider, FieldDiff, FieldRule, Finding, Hold, Kind, Link, LinkState, Operation,
    PlannedChange, Record, Risk, Said, Step, Value, said,
};
use std::collections::BTreeMap;

/// Plans one record into `out`.
pub(super) struct Planner<'p, 'a> {
    pub(super) input: &'p PlanInput<'a>,
    pub(super) rules: &'a KindRules,
    pub(super) layout: &'p Layout<'a>,
    pub(super) item: &'p Item<'a>,
    pub(super) out: &'p mut Planned,
}

/// Where a linked record stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In its customer's account, or a rule says that this does not matter.
    Right,
    /// In the account its customer was linked to before.
    Left,
    /// Where a person put it.
    ByHand,
}

impl Planner<'_, '_> {
    pub(super) fn plan(mut self) {
        let Some(source) = self.item.source else { return self.plan_gone() };
        match self.item.decision {
            Decision::Keep => self.plan_kept(source),
            Decision::Linked { by, reason, .. } => match self.item.target {
                Some(target) => {
                    let risk = if *by == Decider::AcceptedScore { Risk::Medium } else { Risk::Low };
                    self.link(source, target, *by, reason, risk);
                    self.plan_linked(source, target);
                }
                None => self.tell(Cause::TargetUnread, said!("plan-to-be-linked-unread", by = decider(Some(*by)))),
            },
            Decision::Create { reason } => self.create(source, reason.clone(), None),
            Decision::Proposed { reason, .. } => self.tell(Cause::Proposed, said!("plan-proposed", reason)),
            Decision::Conflict { reason, .. } => self.tell(Cause::Conflict, said!("plan-conflict", reason)),
            Decision::Unmapped { reason } => self.tell(Cause::Unmapped, said!("plan-unmapped", reason)),
            Decision::Broken { reason } => self.tell(Cause::Broken, said!("plan-broken", reason)),
        }
    }

    /// Its link stands as it is.
    fn plan_kept(&mut self, source: &Record) {
        let Some(link) = self.item.link else { return };
        match (link.state, self.item.target) {
            (LinkState::Linked, Some(target)) => self.plan_linked(source, target),
            (LinkState::Linked, None) => self.tell(Cause::TargetUnread, said!("plan-linked-unread")),
            (LinkState::Excluded, _) => {
                self.tell(Cause::Excluded, said!("plan-excluded-by", by = decider(link.decided_by)))
            }
            (LinkState::Create, _) => self.tell(Cause::Unused, said!("plan-created-once-in-use")),
            (state, _) => {
                let message = said!("plan-link-stands", state = state.as_str(), reason = &link.reason);
                self.tell(cause_of(state), message);
            }
        }
    }

    /// The record is there on both sides.
    fn plan_linked(&mut self, source: &Record, target: &Record) {
        let place = self.place(target);
        let forced = self.rules.rule("active") == FieldRule::SourceForces;
        match (source.active(), target.active()) {
            (true, true) => {}
            (false, false) => return,
            (false, true) if !self.steers_use() => {}
            (false, true) if self.taken_out_by_us() && !forced => {
                return self.tell(Cause::ByHand, said!("plan-unused-back-by-hand"));
            }
            (false, true) => return self.deactivate(target, said!("plan-unused-in-source")),
            // Retired where it does not belong any more, by a person or by a try that went no further.
            (true, false) if place == Place::Left && !self.can(Operation::Move) => {}
            (true, false) if self.steers_use() && (self.taken_out_by_us() || forced) => {
                if !self.reactivate(target) {
                    return;
                }
            }
            (true, false) => return self.tell(Cause::ByHand, said!("plan-retired-by-hand")),
        }
        let same_record = match place {
            Place::Right => true,
            Place::Left => self.relocate(source, target),
            Place::ByHand => {
                self.tell(Cause::ByHand, said!("plan-moved-by-hand"));
                true
            }
        };
        if same_record {
            let by_hand = self.named_by_hand(source, target);
            let link = by_hand.as_ref().or(self.item.link);
            let mut fields = fields::compare(self.input, self.layout, source, target, link);
            self.note(target, place, std::mem::take(&mut fields.notes), by_hand.as_ref());
            self.update(source, target, fields);
        }
    }

    /// The record is gone from the source.
    fn plan_gone(&mut self) {
        let (Some(link), Some(since)) = (self.item.link, self.item.gone_since) else { return };
        let Some(target) = self.item.target.filter(|target| link.linked().is_some() && target.active()) else { return };
        if link.missing_since != Some(since) {
            // Its return moves the link's revision once more, by which a plan of now is stale then.
            self.out.noted.push(Link { missing_since: Some(since), ..link.clone() });
        }
        let until = since.plus_ms(i64::from(self.input.rules.grace_hours) * HOUR_MS);
        if !self.steers_use() {
            self.tell(Cause::ByRule, said!("plan-gone-by-rule"));
        } else if self.taken_out_by_us() {
            self.tell(Cause::ByHand, said!("plan-gone-back-by-hand"));
        } else if self.input.kind != Kind::Asset && !link.made {
            self.tell(Cause::NotOurs, said!("plan-gone-not-ours", kind = self.input.kind));
        } else if self.input.now < until {
            self.tell(Cause::Missing, said!("plan-missing-until", since, until));
        } else {
            self.deactivate(target, said!("plan-missing", since));
        }
    }

    /// Whether the source says what is in use.
    fn steers_use(&self) -> bool {
        matches!(self.rules.rule("active"), FieldRule::SourceWins | FieldRule::SourceForces)
    }

    /// Whether this host was the last to say, and said: out of use.
    fn taken_out_by_us(&self) -> bool {
        self.item.link.is_some_and(|link| link.written.get("active") == Some(&Value::Boolean(false)))
    }

    /// Three-way, as for fields: the customer's account, the account it stands in, and
    /// the account it was put in or found in when it was linked.
    fn place(&self, target: &Record) -> Place {
        let Some(stands) = target.parent.as_deref().filter(|_| self.input.kind != Kind::Customer) else {
            return Place::Right;
        };
        let wanted = self.input.parent_target;
        if wanted == Some(stands) {
            return Place::Right;
        }
        let known = |values: fn(&Link) -> Option<&Value>| self.item.link.and_then(values).and_then(Value::as_text);
        let (sent, written) = (known(|link| link.sent.get("parent")), known(|link| link.written.get("parent")));
        match self.rules.rule("parent") {
            FieldRule::SourceForces => Place::Left,
            FieldRule::SourceWins if sent.is_some() && sent != wanted && written == Some(stands) => Place::Left,
            FieldRule::SourceWins => Place::ByHand,
            FieldRule::TargetWins | FieldRule::SeedOnce | FieldRule::FillIfEmpty | FieldRule::Ignore => Place::Right,
        }
    }

    /// Gives the record its new account: by the vendor's own operation, or by retiring it
    /// and creating another. Says whether it stays the same record.
    fn relocate(&mut self, source: &Record, target: &Record) -> bool {
        let before = target.parent.clone().map(Value::Text);
        if self.can(Operation::Move) {
            let parent = diff("parent", before, Value::Text(self.input.customer.to_owned()));
            self.push(Action::Move, Some(target), vec![parent], said!("plan-moved"), Risk::Medium);
            true
        } else if self.can(Operation::Create) && self.can(Operation::Deactivate) {
            let active = diff("active", Some(Value::Boolean(target.active())), Value::Boolean(false));
            self.push(Action::Retire, Some(target), vec![active], said!("plan-moved-retired"), Risk::High);
            self.create(source, said!("plan-moved-anew"), before);
            false
        } else {
            self.tell(Cause::Cannot, said!("plan-moved-cannot"));
            true
        }
    }

    /// Has the link remember what needs no write: fields, and that it is where it belongs and in use.
    fn note(&mut self, target: &Record, place: Place, notes: Vec<Note>, named: Option<&Link>) {
        let Some(link) = self.item.link.filter(|link| link.linked() == Some(target.id.as_str())) else { return };
        let by_hand = link.written.is_empty() && link.sent.is_empty();
        let back_by_hand = self.taken_out_by_us() && target.active();
        let parent = target.parent.as_deref().filter(|_| place == Place::Right && self.input.parent_target.is_some());
        let parent = parent.filter(|parent| {
            let holds =
                |values: &BTreeMap<String, Value>| values.get("parent").and_then(Value::as_text) == Some(*parent);
            !holds(&link.sent) || !holds(&link.written)
        });
        if notes.is_empty() && !by_hand && !back_by_hand && parent.is_none() && link.missing_since.is_none() {
            return;
        }
        let mut next = named.unwrap_or(link).clone();
        next.missing_since = None;
        let parent = parent.map(|parent| Value::Text(parent.to_owned()));
        let parent = parent.map(|id| Note { name: "parent".to_owned(), sent: Some(id.clone()), kept: id });
        let active = back_by_hand.then_some(Value::Boolean(true));
        let active = active.map(|yes| Note { name: "active".to_owned(), sent: Some(yes.clone()), kept: yes });
        for Note { name, sent, kept } in notes.into_iter().chain(parent).chain(active) {
            next.written.insert(name.clone(), kept);
            if let Some(sent) = sent {
                next.sent.insert(name, sent);
            }
        }
        if by_hand {
            note_rest(&mut next, target);
        }
        self.out.noted.push(next);
    }

    /// A link that a person made and nothing was written of yet, with the target's name as the one both agree
    /// on: whoever links two records of different names wants neither renamed. None for any other link.
    fn named_by_hand(&self, source: &Record, target: &Record) -> Option<Link> {
        let made = |link: &&Link| link.linked() == Some(target.id.as_str()) && link.written.is_empty();
        let link = self.item.link.filter(made).filter(|link| link.sent.is_empty())?;
        if source.name.trim().is_empty() || self.rules.rule("name") == FieldRule::SourceForces {
            return None;
        }
        let mut next = link.clone();
        let sent = cut(source.name.trim(), self.input.describe.name_length);
        next.sent.insert("name".to_owned(), Value::Text(sent.to_owned()));
        next.written.insert("name".to_owned(), Value::Text(target.name.clone()));
        Some(next)
    }

    fn link(&mut self, source: &Record, target: &Record, by: Decider, reason: &Said, risk: Risk) {
        let mut agreed = fields::agreed(self.input, self.layout, source, target);
        if let Some(parent) = target.parent.as_deref().filter(|parent| self.input.parent_target == Some(*parent)) {
            let (before, after) = (Value::Text(parent.to_owned()), Value::Text(self.input.customer.to_owned()));
            agreed.insert(0, diff("parent", Some(before), after));
        }
        self.push(Action::Link, Some(target), agreed, said!("plan-linked-by", by = decider(Some(by)), reason), risk)
            .step = Step::Link(by);
    }

    fn create(&mut self, source: &Record, reason: Said, old_parent: Option<Value>) {
        let kind = self.input.kind;
        if !self.can(Operation::Create) {
            return self.tell(Cause::Cannot, said!("plan-cannot-create", kind));
        }
        let Fields { mut diffs, left, .. } = fields::initial(self.input, self.layout, source);
        if kind != Kind::Customer {
            diffs.insert(0, diff("parent", old_parent, Value::Text(self.input.customer.to_owned())));
        }
        for (cause, why) in left {
            self.tell(cause, why);
        }
        let risk = if kind == Kind::Customer { Risk::Medium } else { Risk::Low };
        self.push(Action::Create, None, diffs, reason, risk);
    }

    fn update(&mut self, source: &Record, target: &Record, mut fields: Fields) {
        for (cause, why) in std::mem::take(&mut fields.left) {
            self.tell(cause, why);
        }
        if fields.diffs.is_empty() {
            return;
        }
        let reason = fields.reason(self.input.kind);
        if !self.can(Operation::Update) {
            let cannot = said!("plan-cannot-update", kind = self.input.kind);
            return self.tell(Cause::Cannot, Said::several([reason, cannot]));
        }
        let clears = fields.diffs.iter().any(|diff| diff.after.is_blank());
        let renames = fields.diffs.iter().any(|diff| diff.name == "name" && source.name != target.name);
        let risk = if clears || renames { Risk::Medium } else { Risk::Low };
        self.push(Action::Update, Some(target), fields.diffs, reason, risk);
    }

    fn deactivate(&mut self, target: &Record, reason: Said) {
        if !self.can(Operation::Deactivate) {
            let cannot = said!("plan-cannot-deactivate", kind = self.input.kind);
            return self.tell(Cause::Cannot, Said::several([reason, cannot]));
        }
        let active = diff("active", Some(Value::Boolean(true)), Value::Boolean(false));
        self.push(Action::Deactivate, Some(target), vec![active], reason, Risk::High);
    }

    /// Says whether it will be in use again.
    fn reactivate(&mut self, target: &Record) -> bool {
        let (can, reason) = (self.can(Operation::Reactivate), said!("plan-used-again"));
        if can {
            let active = diff("active", Some(Value::Boolean(false)), Value::Boolean(true));
            self.push(Action::Reactivate, Some(target), vec![active], reason, Risk::Medium);
        } else {
            let cannot = said!("plan-cannot-reactivate", kind = self.input.kind);
            self.tell(Cause::Cannot, Said::several([reason, cannot]));
        }
        can
    }

    fn can(&self, operation: Operation) -> bool {
        self.input.describe.writes.contains(&operation)
    }

    fn push(
        &mut self,
        action: Action,
        target: Option<&Record>,
        fields: Vec<FieldDiff>,
        reason: Said,
        risk: Risk,
    ) -> &mut PlannedChange {
        let source = self.source_id().to_owned();
        let name = self.item.source.or(target).map(|record| record.name.clone()).unwrap_or_default();
        let customer = if self.input.kind == Kind::Customer { source.clone() } else { self.input.customer.to_owned() };
        self.out.changes.push(PlannedChange {
            sequence: 0,
            kind: self.input.kind,
            action,
            customer,
            source,
            target: target.map(|record| record.id.clone()),
            name,
            fields,
            step: Step::Record,
            reason,
            risk,
            calls: if action.writes() { self.input.describe.calls_per_change } else { 0 },
            held: self.held(action),
            link_revision: self.revision(),
        });
        let last = self.out.changes.len() - 1;
        &mut self.out.changes[last]
    }

    /// Nothing is made in an account that is not in use, nor retired to be made there.
    fn held(&self, action: Action) -> Option<Hold> {
        let makes = matches!(action, Action::Create | Action::Move | Action::Retire);
        let reason = self.input.parent_out_of_use.filter(|_| makes)?;
        Some(Hold::new(Brake::OutOfUse, reason.clone()))
    }

    /// The link's revision once what this plan notes of it is stored.
    fn revision(&self) -> i64 {
        let Some(link) = self.item.link else { return 0 };
        let noted = self.out.noted.last().is_some_and(|noted| noted.source == link.source);
        link.revision + i64::from(noted)
    }

    fn tell(&mut self, cause: Cause, message: Said) {
        let source = self.source_id().to_owned();
        let customer = if self.input.kind == Kind::Customer { source.clone() } else { self.input.customer.to_owned() };
        self.out.findings.push(Finding::new(cause, self.input.kind, customer, source, message));
    }

    fn source_id(&self) -> &str {
        let linked = self.item.link.map(|link| link.source.as_str());
        self.item.source.map(|record| record.id.as_str()).or(linked).unwrap_or_default()
    }
}

/// What keeps a record from being in step whose link stands so.
fn cause_of(state: LinkState) -> Cause {
    match state {
        LinkState::Proposed => Cause::Proposed,
        LinkState::Conflict => Cause::Conflict,
        LinkState::Excluded => Cause::Excluded,
        LinkState::Create => Cause::Unused,
        LinkState::Broken => Cause::Broken,
        LinkState::Linked => Cause::TargetUnread,
        LinkState::Unmapped => Cause::Unmapped,
    }
}

fn diff(name: &str, before: Option<Value>, after: Value) -> FieldDiff {
    FieldDiff { name: name.to_owned(), before, after }
}
