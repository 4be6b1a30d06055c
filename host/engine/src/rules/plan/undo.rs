//! The reverse of one change that was done, computed from what it came to and what is there now.
//!
//! A change did up to three things: it took a record in or out of use, it wrote fields (or the parent), and it led the
//! source record's link to a record or away from one. Its reverse is the same three with before and after swapped, each
//! only if the target and the link are still as the change left them; the rest is left and reported.
//!
//! Every reversing change is a [`Step::Undo`] with the link's target, even if that is unchanged. It refers to target ids
//! and leaves what the link remembers, so the next plan treats the undone values as a person's edit and leaves them. It
//! can be reversed by the same rules.
//!
//! Values that change by themselves are not written back: an old check-in time helps nobody. Nor
//! are quantities of contracts: a day takes one change, so that another day has to be chosen.
//!
//! Pure: from a change, a link and a record to a change or a reason why not.

use super::words::shown;
use super::{line, now_has, same, stale_target};
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Action, Decider, FieldDiff, FieldRule, Head, Kind, KindDescription, LineStep, Link, LinkState, Operation,
    PartCount, PlannedChange, Record, Risk, RunId, Said, Step, SyncRules, Timestamp, Value, catalogue, said,
};
use std::collections::HashMap;

/// A change that was done.
#[derive(Clone, Copy)]
pub(crate) struct Done<'a> {
    /// As it was planned.
    pub(crate) change: &'a PlannedChange,
    /// The target record that came of it.
    pub(crate) target: &'a str,
    /// The source record's link now.
    pub(crate) link: Option<&'a Link>,
    /// The target record now; none when it is gone.
    pub(crate) now: Option<&'a Record>,
    /// Whether the same run made this link, so that undoing it leaves the record out of the sync.
    pub(crate) leaves: bool,
}

/// What follows for a change that was done.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reversed {
    /// Its reverse, not numbered; none when there is nothing to do.
    pub(crate) change: Option<PlannedChange>,
    /// What is not undone, with why.
    pub(crate) left: Vec<Said>,
}

/// The reversal of a run, change by change: those of a record in the reverse of the order
/// in which they were done.
pub(crate) struct Reversal<'a> {
    pub(crate) run: RunId,
    pub(crate) rules: &'a SyncRules,
    /// Where links lead once the changes reversed so far are applied.
    heads: HashMap<(Kind, String), Option<String>>,
}

/// What a change did.
struct Did<'a> {
    /// Whether the record was in use before and after.
    active: Option<(bool, bool)>,
    /// Where the link led before and after.
    head: Option<(Option<&'a str>, Option<&'a str>)>,
    fields: Vec<&'a FieldDiff>,
}

impl<'a> Did<'a> {
    fn of(change: &'a PlannedChange, target: &'a str) -> Self {
        if let Some((before, after)) = head_of(change) {
            let fields = change.fields.iter().filter(|diff| diff.name != "active").collect();
            return Self { active: active(change), head: Some((before, after)).filter(|_| before != after), fields };
        }
        let (active, head) = match change.action {
            Action::Link => (None, Some((None, Some(target)))),
            Action::Create => (Some((false, true)), Some((None, Some(target)))),
            Action::Retire => (active(change), Some((Some(target), None))),
            Action::Deactivate | Action::Reactivate => (active(change), None),
            Action::Update | Action::Move | Action::Unlink => (None, None),
            Action::Open | Action::Append | Action::Close | Action::CreateSource => (None, None),
        };
        let fields = match change.action {
            Action::Update | Action::Move => change.fields.iter().collect(),
            _ => Vec::new(),
        };
        Self { active, head, fields }
    }
}

impl<'a> Reversal<'a> {
    pub(crate) fn new(run: RunId, rules: &'a SyncRules) -> Self {
        Self { run, rules, heads: HashMap::new() }
    }

    /// Reverses one change. `resolve` gives the target id of a source record.
    pub(crate) fn take(
        &mut self,
        done: &Done<'_>,
        can: &KindDescription,
        resolve: &dyn Fn(Kind, &str) -> Option<String>,
    ) -> Reversed {
        let mut out = Reversed::default();
        let Done { change, target, link, now, .. } = *done;
        if let Some(left) = never_undone(change, target) {
            out.left.extend(left);
            return out;
        }
        let did = Did::of(change, target);
        let key = (change.kind, change.source.clone());
        let planned = self.heads.get(&key).map(Option::as_deref);
        let head = planned.unwrap_or_else(|| link.and_then(Link::linked));
        let led = did.head.map_or(Some(target), |(_, after)| after);
        if head != led || (head.is_none() && planned.is_none() && !freed(link)) {
            out.left.extend(led_elsewhere(&did, head, link, now));
            return out;
        }
        let leads = did.head.map_or(Some(target), |(before, _)| before);
        let stays = leads == Some(target) && !done.leaves;
        let redone =
            stays && head_of(change).is_none() && self.rule(change.kind, "active") == Some(FieldRule::SourceForces);
        if self.moves_again(change) {
            out.left.push(by_rule("parent", FieldRule::SourceForces));
            return out;
        }
        let mut fields = Vec::new();
        match did.active.map(|active| use_again(active, leads, now, redone, can)) {
            Some(Ok(diff)) => fields.extend(diff),
            Some(Err(why)) => out.left.push(why),
            None => {}
        }
        let lasting: Vec<_> =
            did.fields.iter().filter(|wrote| !catalogue::is_volatile(change.kind, &wrote.name)).collect();
        if lasting.is_empty() && !did.fields.is_empty() {
            out.left.push(said!("undo-only-volatile"));
        }
        for wrote in lasting {
            match self.field(done, wrote, stays, resolve) {
                Ok(diff) => fields.extend(diff),
                Err(why) => out.left.push(why),
            }
        }
        // A link is not led to what is gone.
        if (fields.is_empty() && leads == led) || (leads.is_some() && leads != led && now.is_none()) {
            return out;
        }
        if leads != led {
            self.heads.insert(key, leads.map(str::to_owned));
        }
        let action = action(&fields, leads);
        let head = Head { before: led.map(str::to_owned), after: leads.map(str::to_owned) };
        out.change = Some(PlannedChange {
            sequence: 0,
            kind: change.kind,
            action,
            customer: change.customer.clone(),
            source: change.source.clone(),
            target: Some(target.to_owned()),
            name: change.name.clone(),
            fields,
            step: Step::Undo(head),
            reason: self.reason(change, leads, now),
            risk: if action == Action::Deactivate { Risk::High } else { Risk::Medium },
            calls: if action.writes() { can.calls_per_change } else { 0 },
            held: None,
            link_revision: link.map_or(0, |link| link.revision),
        });
        out
    }

    fn reason(&self, change: &PlannedChange, leads: Option<&str>, now: Option<&Record>) -> Said {
        match leads.is_none() && now.is_some_and(|now| now.stamp.is_some()) {
            true => said!("undo-reason-key-stays", action = change.action, run = self.run),
            false => said!("undo-reason", action = change.action, run = self.run),
        }
    }

    /// One field put back: none when it is back already, or why it is not.
    fn field(
        &self,
        done: &Done<'_>,
        wrote: &FieldDiff,
        stays: bool,
        resolve: &dyn Fn(Kind, &str) -> Option<String>,
    ) -> Result<Option<FieldDiff>, Said> {
        let (change, name) = (done.change, wrote.name.as_str());
        let Some(now) = done.now else { return Err(said!("undo-gone")) };
        let Some(before) = &wrote.before else { return Err(said!("undo-before-unknown", field = name)) };
        let Some(has) = now_has(now, name) else { return Err(said!("undo-field-not-reported", field = name)) };
        if same(&has, before) {
            return Ok(None);
        }
        // Doing again what was undone is what the rules want.
        let rule = self.rule(change.kind, name).filter(|_| head_of(change).is_none());
        let refilled = before.is_blank() && rule == Some(FieldRule::FillIfEmpty);
        if let Some(rule) = rule.filter(|rule| stays && (*rule == FieldRule::SourceForces || refilled)) {
            return Err(by_rule(name, rule));
        }
        if name == "name" && before.is_blank() {
            return Err(said!("undo-name-never-emptied"));
        }
        let kept = match head_of(change) {
            Some(_) => wrote.after.clone(),
            None => self.kept(done, wrote, resolve)?,
        };
        if !same(&has, &kept) {
            return Err(said!("undo-field-edited", field = name, has = shown(&has)));
        }
        Ok(Some(diff(name, has, before.clone())))
    }

    /// What the target kept of a field that a run wrote, by what its link remembers.
    fn kept(
        &self,
        done: &Done<'_>,
        wrote: &FieldDiff,
        resolve: &dyn Fn(Kind, &str) -> Option<String>,
    ) -> Result<Value, Said> {
        let name = wrote.name.as_str();
        let refers = if name == "parent" { Some(Kind::Customer) } else { catalogue::refers_to(done.change.kind, name) };
        let after = match (refers, &wrote.after) {
            (Some(kind), Value::Text(id)) => resolve(kind, id).map(Value::Text),
            (_, value) => Some(value.clone()),
        };
        let sent = done.link.and_then(|link| link.sent.get(name));
        match (sent, after) {
            (Some(sent), Some(after)) if same(sent, &after) => {
                let kept = done.link.and_then(|link| link.written.get(name));
                Ok(kept.unwrap_or(sent).clone())
            }
            _ => Err(said!("undo-written-again", field = name)),
        }
    }

    /// Whether the next plan would move the record away again, as the rule says so.
    fn moves_again(&self, change: &PlannedChange) -> bool {
        let in_place_of_another = change.action == Action::Create
            && change.fields.iter().any(|diff| diff.name == "parent" && diff.before.is_some());
        let moves = change.action == Action::Move || change.action == Action::Retire || in_place_of_another;
        moves && head_of(change).is_none() && self.rule(change.kind, "parent") == Some(FieldRule::SourceForces)
    }

    fn rule(&self, kind: Kind, field: &str) -> Option<FieldRule> {
        self.rules.kinds.get(&kind).map(|rules| rules.rule(field))
    }
}

/// Puts a record back in use or out of it, as it was before; `None` if it is so already, or why it is not.
fn use_again(
    (before, after): (bool, bool),
    leads: Option<&str>,
    now: Option<&Record>,
    redone: bool,
    can: &KindDescription,
) -> Result<Option<FieldDiff>, Said> {
    match now {
        None => Err(said!("undo-gone")),
        Some(now) if now.active() == before && leads.is_none() => Err(said!("undo-out-of-use-already")),
        Some(now) if now.active() == before => Ok(None),
        Some(_) if redone => Err(by_rule("active", FieldRule::SourceForces)),
        Some(_) if !can.writes.contains(&operation(before)) => Err(match before {
            true => said!("plan-cannot-reactivate", kind = can.kind),
            false => said!("plan-cannot-deactivate", kind = can.kind),
        }),
        Some(_) => Ok(Some(diff("active", Value::Boolean(after), Value::Boolean(before)))),
    }
}

/// Why a change is not undone whose record is linked otherwise by now; nothing when it is undone already.
fn led_elsewhere(did: &Did<'_>, head: Option<&str>, link: Option<&Link>, now: Option<&Record>) -> Option<Said> {
    match (did.head, head) {
        (Some((Some(before), _)), Some(head)) if before == head => None,
        (Some(_), None) if undone(link) => None,
        // Its link was taken back; that its fields were is another matter.
        (None, None) if undone(link) => {
            let not_back = did.fields.iter().find(|wrote| {
                let has = now.and_then(|now| now_has(now, &wrote.name));
                has.zip(wrote.before.as_ref()).is_some_and(|(has, before)| !same(&has, before))
            })?;
            Some(said!("undo-field-not-put-back", field = &not_back.name))
        }
        (_, Some(target)) => Some(said!("plan-stale-linked-to", target)),
        (_, None) => Some(said!("plan-stale-link-decided")),
    }
}

/// Why a reversing change must not be applied any more; none when it may be.
pub(crate) fn stale(change: &PlannedChange, link: Option<&Link>, now: Option<&Record>) -> Option<Said> {
    let led = head_of(change).and_then(|(before, _)| before);
    let linked = link.and_then(Link::linked);
    if linked != led || (led.is_none() && !freed(link)) {
        return Some(said!("plan-stale-link-decided"));
    }
    if change.action.writes() { stale_target(change, now) } else { None }
}

/// The link after a reversing change was done by `run`. What it remembers of its record stays, so
/// that the next plan takes what was undone for a person's edit, and so that the undo can be undone.
pub(crate) fn link_after(link: Option<&Link>, change: &PlannedChange, run: RunId, now: Timestamp) -> Link {
    let mut next = link.cloned().unwrap_or_else(|| Link::unmapped(change.kind, &change.source, now));
    let Some((before, after)) = head_of(change).filter(|(before, after)| before != after) else { return next };
    next.state = if after.is_some() { LinkState::Linked } else { LinkState::Excluded };
    next.target = after.map(str::to_owned);
    next.decided_by = Some(Decider::Undo);
    next.decided_at = now;
    next.candidates.clear();
    let took_back = said!("undo-took-back", run, reason = &change.reason);
    next.reason = match (before, after) {
        (Some(before), None) => {
            let of = |verb| Call::of(verb).with("kind", change.kind).with("source", &change.source);
            let (link, create) = (of(Verb::LinkSet).with("target", before), of(Verb::LinkCreate));
            Said::several([took_back, said!("undo-was-linked", target = before, link, create)])
        }
        _ => took_back,
    };
    next
}

/// Where a reversing change finds the link and leaves it; none for any other change.
fn head_of(change: &PlannedChange) -> Option<(Option<&str>, Option<&str>)> {
    match &change.step {
        Step::Undo(head) => Some((head.before.as_deref(), head.after.as_deref())),
        Step::Record | Step::Link(_) | Step::Ticket(_) | Step::Line(_) | Step::CreateSource => None,
    }
}

fn active(change: &PlannedChange) -> Option<(bool, bool)> {
    let diff = change.field("active")?;
    let yes = |value: &Value| *value == Value::Boolean(true);
    Some((diff.before.as_ref().is_some_and(yes), yes(&diff.after)))
}

/// Whether a link that leads nowhere is so by this host's own doing: by the retirement half of a
/// move, or by an undo.
fn freed(link: Option<&Link>) -> bool {
    undone(link) || link.is_some_and(|link| link.state == LinkState::Create)
}

fn undone(link: Option<&Link>) -> bool {
    link.is_some_and(|link| link.state == LinkState::Excluded && link.decided_by == Some(Decider::Undo))
}

fn action(fields: &[FieldDiff], leads: Option<&str>) -> Action {
    let has = |name: &str| fields.iter().find(|diff| diff.name == name);
    match (has("active"), has("parent")) {
        (Some(active), _) if active.after == Value::Boolean(true) => Action::Reactivate,
        (Some(_), _) => Action::Deactivate,
        (None, Some(_)) => Action::Move,
        (None, None) if !fields.is_empty() => Action::Update,
        (None, None) if leads.is_some() => Action::Link,
        (None, None) => Action::Unlink,
    }
}

fn operation(active: bool) -> Operation {
    if active { Operation::Reactivate } else { Operation::Deactivate }
}

fn by_rule(field: &str, rule: FieldRule) -> Said {
    let rule = match rule {
        FieldRule::FillIfEmpty => "fill-if-empty",
        _ => "source-forces",
    };
    said!("undo-done-again-by-rule", rule, field)
}

fn diff(name: &str, before: Value, after: Value) -> FieldDiff {
    FieldDiff { name: name.to_owned(), before: Some(before), after }
}

/// What is left of a change that no undo takes back; `None` for one that it does. A line that was only linked leaves
/// nothing.
fn never_undone(change: &PlannedChange, target: &str) -> Option<Vec<Said>> {
    match &change.step {
        Step::Ticket(_) => Some(vec![said!("undo-ticket-stays", ticket = target)]),
        Step::Line(step) => Some(quantity_set(change, step).into_iter().collect()),
        Step::CreateSource => Some(vec![said!("undo-source-stays", target)]),
        Step::Record | Step::Link(_) | Step::Undo(_) => None,
    }
}

/// How a quantity is set back by hand; `None` if none was written.
fn quantity_set(change: &PlannedChange, step: &LineStep) -> Option<Said> {
    let quantity = change.field(line::QUANTITY).filter(|_| change.action.writes())?;
    let before = line::integer(quantity.before.as_ref()).unwrap_or_default();
    let after = line::integer(Some(&quantity.after)).unwrap_or_default();
    let product = change.source.split_once('/').map_or(change.source.as_str(), |(_, product)| product);
    let adjust = Call::of(Verb::UsageAdjust).with("customer", &change.customer).with("product", product);
    let adjust = adjust.with("quantity", before);
    Some(match step.parts.as_deref().unwrap_or_default() {
        [] => said!("undo-quantity-set", before, after, adjust),
        parts => {
            let part =
                |part: &PartCount| said!("line-part", counted = part.counted.unwrap_or_default(), line = &part.line);
            said!("undo-sum-set", before, after, parts = Arg::list(parts.iter().map(part)), adjust)
        }
    })
}

#[cfg(test)]
mod tests;
