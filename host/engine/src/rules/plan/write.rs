//! Converts a planned change into what is sent, and its outcome into what the link remembers.
//!
//! A planned change refers to source ids, so that it can be planned before what it refers to exists; [`to_write`] makes
//! them target ids when its turn has come. Names and texts go out in Unicode normal form C: a vendor that keeps texts
//! as they come, one that composes them, and a look-up by name then all have the same one. [`after_write`] is the one
//! place that says what a link holds after a success, and [`verify`] compares what the vendor stored with what was
//! sent.

use super::Reference;
use super::line::{EFFECTIVE, after_retire, after_usage, keep_former};
use super::ticket::{self, LAST_ACTIVITY};
use crate::rules::value::{composed, may_become, same};
use crosswalk_model::{
    Action, Change, ChangeId, Decider, Direction, Field, FieldDiff, Kind, LineStep, Link, LinkState, Operation,
    PlannedChange, Record, Said, Step, TicketStep, Timestamp, Value, catalogue,
};

/// By how much the clocks of host and vendor may differ, and how long a write may take.
const CLOCKS_MS: i64 = 5 * 60_000;

/// What a change refers to is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unresolved: {kind} {id}")]
pub struct Unresolved {
    /// What is missing.
    pub kind: Kind,
    /// Its id in the source.
    pub id: String,
}

/// The write of a planned change, with every reference resolved to the target system, where it is
/// not of that already ([`Direction::Back`]).
/// `parent_now` is the account its target record stands in, `stamp` the key to leave in it.
/// None for a link, which writes nothing.
///
/// # Errors
/// When it refers to a record that is not linked (yet).
pub fn to_write(
    change: &PlannedChange,
    id: ChangeId,
    key: String,
    parent_now: Option<&str>,
    stamp: Option<String>,
    resolve: &dyn Fn(Kind, &str) -> Reference,
) -> Result<Option<Change>, Unresolved> {
    let operation = match change.action {
        Action::Link | Action::Unlink => return Ok(None),
        Action::Create | Action::Open | Action::CreateSource => Operation::Create,
        Action::Update | Action::Append | Action::Close => Operation::Update,
        Action::Move => Operation::Move,
        // A line of a contract is out of use with the quantity 0.
        Action::Retire if change.line().is_some() => Operation::Update,
        Action::Retire | Action::Deactivate => Operation::Deactivate,
        Action::Reactivate => Operation::Reactivate,
    };
    let target_id = |kind: Kind, id: &str| match resolve(kind, id) {
        _ if change.direction() == Direction::Back => Ok(id.to_owned()),
        Reference::Target(target) => Ok(target),
        Reference::Planned | Reference::Unknown => Err(Unresolved { kind, id: id.to_owned() }),
    };
    let mut write = Change {
        id: id.to_string(),
        key,
        operation,
        kind: change.kind.counterpart(),
        // What is created at the source has a target, which is not what is written.
        target: change.target.clone().filter(|_| operation != Operation::Create),
        parent: own_parent(change).or(parent_now).map(str::to_owned),
        name: None,
        stamp,
        fields: Vec::with_capacity(change.fields.len()),
        before: Vec::new(),
    };
    for diff in &change.fields {
        match (diff.name.as_str(), &diff.after) {
            ("name", Value::Text(name)) => {
                write.name = Some(composed(name).into_owned());
                precondition(&mut write, diff);
            }
            ("parent", Value::Text(id)) => write.parent = Some(target_id(Kind::Customer, id)?),
            // Said by the operation.
            ("active", _) if operation != Operation::Create => {}
            (name, Value::Text(id)) if let Some(kind) = catalogue::refers_to(change.kind, name) => {
                write.fields.push(Field::new(name, Value::Text(target_id(kind, id)?)));
                precondition(&mut write, diff);
            }
            (name, value) => {
                let value = match value {
                    Value::Text(text) => Value::Text(composed(text).into_owned()),
                    other => other.clone(),
                };
                write.fields.push(Field::new(name, value));
                precondition(&mut write, diff);
            }
        }
    }
    Ok(Some(write))
}

/// The parent that the change itself names by the target's id.
fn own_parent(change: &PlannedChange) -> Option<&str> {
    match &change.step {
        Step::Line(line) => line.contract.as_deref(),
        Step::Ticket(ticket) => ticket.account.as_deref(),
        Step::Record | Step::Link(_) | Step::CreateSource | Step::Undo(_) => None,
    }
}

/// Puts down what a field had when the change was decided on. What changes at every read decides nothing.
fn precondition(write: &mut Change, diff: &FieldDiff) {
    let decides = !catalogue::is_volatile(write.kind, &diff.name);
    if let (Some(before), true) = (&diff.before, decides && write.operation != Operation::Create) {
        write.before.push(Field::new(diff.name.clone(), before.clone()));
    }
}

/// The link as it is after a change succeeded; storing it counts up its revision.
/// `sent` is what [`to_write`] gave (none for a link), `target` the record's id by now,
/// `kept` the record as read back after a write, where it was; for a link, the record
/// as the target has it.
#[must_use]
pub fn after_write(
    link: Option<&Link>,
    change: &PlannedChange,
    sent: Option<&Change>,
    target: &str,
    kept: Option<&Record>,
    now: Timestamp,
) -> Link {
    let mut next = link.cloned().unwrap_or_else(|| Link::unmapped(change.kind, &change.source, now));
    match &change.step {
        Step::Ticket(step) => after_ticket(&mut next, change, step, target, kept, now),
        Step::Line(step) => after_line(&mut next, change, step, target, now),
        Step::Record | Step::Link(_) | Step::CreateSource | Step::Undo(_) => {
            after_record(&mut next, change, sent, target, kept, now)
        }
    }
    next
}

fn after_line(link: &mut Link, change: &PlannedChange, step: &LineStep, target: &str, now: Timestamp) {
    if change.action == Action::Retire {
        return after_retire(link, change, step, now);
    }
    let by = if change.action == Action::Create { Decider::NoSuchLine } else { Decider::SameProduct };
    if link.linked() != Some(target) {
        keep_former(link);
        link.made = change.action == Action::Create;
        decide(link, LinkState::Linked, Some(target), by, &change.reason, now);
    }
    after_usage(link, change, step);
}

fn after_record(
    next: &mut Link,
    change: &PlannedChange,
    sent: Option<&Change>,
    target: &str,
    kept: Option<&Record>,
    now: Timestamp,
) {
    match change.action {
        Action::Link => {
            if next.target.as_deref() != Some(target) {
                next.forget();
            }
            if next.linked() != Some(target) {
                let by = match change.step {
                    Step::Link(by) => by,
                    _ => Decider::Other,
                };
                decide(next, LinkState::Linked, Some(target), by, &change.reason, now);
            }
            for diff in &change.fields {
                let has = diff.before.clone().unwrap_or(Value::Blank);
                let refers = diff.name == "parent" || catalogue::refers_to(change.kind, &diff.name).is_some();
                next.sent.insert(diff.name.clone(), if refers { has.clone() } else { diff.after.clone() });
                next.written.insert(diff.name.clone(), has);
            }
            kept.into_iter().for_each(|record| note_rest(next, record));
        }
        Action::Create => {
            let by = next.decided_by.filter(|_| next.state == LinkState::Create).unwrap_or(Decider::Matching);
            next.forget();
            next.made = true;
            decide(next, LinkState::Linked, Some(target), by, &change.reason, now);
        }
        Action::Retire => {
            next.forget();
            decide(next, LinkState::Create, None, Decider::Planning, &change.reason, now);
        }
        Action::Update | Action::Move | Action::Deactivate | Action::Reactivate | Action::Unlink => {}
        // Of tickets only, which are dealt with; and what is created at the source has `after_reverse`.
        Action::Open | Action::Append | Action::Close | Action::CreateSource => {}
    }
    if let (Some(sent), false) = (sent, change.action == Action::Retire) {
        remember(next, sent, kept);
        if sent.fields.iter().any(|field| catalogue::is_volatile(sent.kind, &field.name)) {
            next.volatile_at = Some(now);
        }
        if change.action == Action::Create {
            kept.into_iter().for_each(|record| note_rest(next, record));
        }
    }
}

/// An alert's link to its ticket. Only the state in which this host left the ticket matters.
fn after_ticket(
    link: &mut Link,
    change: &PlannedChange,
    step: &TicketStep,
    target: &str,
    kept: Option<&Record>,
    now: Timestamp,
) {
    if change.action != Action::Close {
        link.made = change.action == Action::Open;
        let by = match change.action {
            Action::Open => Decider::Alert,
            _ if ticket::reopens(change) => Decider::Back,
            _ => Decider::Repeat,
        };
        decide(link, LinkState::Linked, Some(target), by, &change.reason, now);
    }
    ticket::remember(link.memory.ticket_mut(), change, step, kept, now);
}

pub(super) fn decide(
    link: &mut Link,
    state: LinkState,
    target: Option<&str>,
    by: Decider,
    reason: &Said,
    now: Timestamp,
) {
    link.state = state;
    link.target = target.map(str::to_owned);
    link.decided_by = Some(by);
    link.decided_at = now;
    link.reason.clone_from(reason);
    link.candidates.clear();
    link.missing_since = None;
}

/// Puts down what was sent and what was kept of it. What stands there and can be neither that nor what was there before,
/// somebody else wrote before it was read back: by what was sent planning then tells that person's hand.
fn remember(link: &mut Link, sent: &Change, kept: Option<&Record>) {
    for (name, value) in sent_values(sent) {
        let there = kept.and_then(|record| value_of(record, name));
        match there.map(|there| if by_another(sent, name, &value, &there) { value.clone() } else { there }) {
            Some(kept) => link.written.insert(name.to_owned(), kept),
            // Not read back: what was kept of an earlier write says nothing of this one.
            None => link.written.remove(name),
        };
        link.sent.insert(name.to_owned(), value);
    }
    // These two are certain, read back or not: planning tells a person's hand by them.
    for name in ["active", "parent"] {
        if let Some(value) = link.sent.get(name).filter(|_| !link.written.contains_key(name)) {
            link.written.insert(name.to_owned(), value.clone());
        }
    }
}

/// Whether a name that was read back after a write is neither what was sent, as a vendor may keep it, nor what was there
/// before. Of other fields nobody knows what a vendor makes of them by itself.
fn by_another(sent: &Change, name: &str, value: &Value, kept: &Value) -> bool {
    let before = sent.before.iter().find(|field| field.name == name);
    name == "name" && is_another(value, kept) && before.is_none_or(|before| !same(&before.value, kept))
}

fn is_another(sent: &Value, kept: &Value) -> bool {
    matches!((sent, kept), (Value::Text(sent), Value::Text(kept)) if !may_become(sent, kept))
}

/// A record as this host left it, where it was read back only later: `kept` without what people may have made of it
/// meanwhile. A text that cannot be the vendor's form of what was sent counts as sent, what a create did not write as
/// empty, and the last activity of a ticket as ours where it is of about the time of the write.
#[must_use]
pub fn as_left(sent: &Change, kept: &Record, intended_at: Timestamp) -> Record {
    let (kind, mut left) = (sent.kind, kept.clone());
    if kind == Kind::Ticket {
        let is_ours = |field: &Field| match &field.value {
            Value::Time(at) => Timestamp::parse(at).is_some_and(|at| at.since_ms(intended_at).abs() <= CLOCKS_MS),
            _ => false,
        };
        left.fields.retain(|field| field.name != LAST_ACTIVITY || is_ours(field));
    } else if sent.operation == Operation::Create && kind != Kind::Usage {
        let sent: Vec<(&str, Value)> = sent_values(sent).collect();
        for field in &mut left.fields {
            match sent.iter().find(|(name, _)| *name == field.name) {
                None => field.value = Value::Blank,
                Some((name, value)) => {
                    let refers = catalogue::refers_to(kind, name).is_some();
                    if !refers && is_another(value, &field.value) {
                        field.value = value.clone();
                    }
                }
            }
        }
    }
    left
}

/// Puts down what a record holds beyond what was sent, so that what a person fills in
/// later is told from what was always there.
pub(super) fn note_rest(link: &mut Link, record: &Record) {
    let steady = |name: &str| catalogue::field(link.kind, name).is_some_and(|field| !field.volatile);
    let fields: Vec<&Field> =
        record.fields.iter().filter(|field| field.name != "active" && steady(&field.name)).collect();
    for field in fields {
        link.written.entry(field.name.clone()).or_insert_with(|| field.value.clone());
    }
    link.written.entry("name".to_owned()).or_insert_with(|| Value::Text(record.name.clone()));
}

/// Everything a write says, by field name.
pub(super) fn sent_values(sent: &Change) -> impl Iterator<Item = (&str, Value)> {
    let active = match sent.operation {
        Operation::Deactivate => Some(Value::Boolean(false)),
        Operation::Reactivate => Some(Value::Boolean(true)),
        Operation::Create | Operation::Update | Operation::Move => None,
    };
    let text = |text: &Option<String>| text.clone().map(Value::Text);
    let parent = text(&sent.parent).filter(|_| matches!(sent.operation, Operation::Create | Operation::Move));
    [("name", text(&sent.name)), ("parent", parent), ("active", active)]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .chain(sent.fields.iter().map(|field| (field.name.as_str(), field.value.clone())))
}

/// A field of a record, the name and the parent among them; none when the vendor does not tell.
fn value_of(record: &Record, name: &str) -> Option<Value> {
    match name {
        "name" => Some(Value::Text(record.name.clone())),
        "parent" => record.parent.clone().map(Value::Text),
        other => record.field(other).cloned(),
    }
}

/// One field the vendor did not keep as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldNote {
    /// The field.
    pub name: String,
    /// What was sent.
    pub sent: Value,
    /// What was kept.
    pub kept: Value,
    /// Whether that is somebody else's, who wrote it before it was read back.
    pub by_another: bool,
}

/// Which fields of a write the vendor kept differently: cut, rounded, reformatted or ignored.
/// From which day on a quantity holds is said of the change: a line that was read tells a day of its own.
#[must_use]
pub fn verify(sent: &Change, kept: &Record) -> Vec<FieldNote> {
    let change = sent;
    sent_values(sent)
        .filter(|(name, _)| sent.kind != Kind::Usage || *name != EFFECTIVE)
        .filter_map(|(name, sent)| {
            let kept = value_of(kept, name).filter(|kept| !same(&sent, kept))?;
            let by_another = by_another(change, name, &sent, &kept);
            Some(FieldNote { name: name.to_owned(), sent, kept, by_another })
        })
        .collect()
}
