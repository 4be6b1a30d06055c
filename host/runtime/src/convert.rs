//! Converts the contract's types to those of `model` and back. The only rule here is the shape of a
//! page, which the contract promises and a connector may break.

use super::bindings::crosswalk::connector::types as wit;
use super::bindings::exports::crosswalk::connector::jobs;
use super::intake;
use super::limits::Limits;
use super::{Choice, Identity, Signal};
use crosswalk_model::description::Reads;
use crosswalk_model::{
    Change, Description, Failure, Field, FieldDescription, Gap, Kind, KindDescription, Operation, Outcome, Page,
    Period, Query, Record, Selection, Settlement, StampPlace, Value, Writable,
};

impl From<wit::Kind> for Kind {
    fn from(kind: wit::Kind) -> Self {
        match kind {
            wit::Kind::Customer => Kind::Customer,
            wit::Kind::Location => Kind::Location,
            wit::Kind::Asset => Kind::Asset,
            wit::Kind::Contract => Kind::Contract,
            wit::Kind::Product => Kind::Product,
            wit::Kind::Usage => Kind::Usage,
            wit::Kind::Alert => Kind::Alert,
            wit::Kind::Ticket => Kind::Ticket,
        }
    }
}

impl From<Kind> for wit::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Customer => wit::Kind::Customer,
            Kind::Location => wit::Kind::Location,
            Kind::Asset => wit::Kind::Asset,
            Kind::Contract => wit::Kind::Contract,
            Kind::Product => wit::Kind::Product,
            Kind::Usage => wit::Kind::Usage,
            Kind::Alert => wit::Kind::Alert,
            Kind::Ticket => wit::Kind::Ticket,
        }
    }
}

impl From<wit::Value> for Value {
    fn from(value: wit::Value) -> Self {
        match value {
            wit::Value::Blank => Value::Blank,
            wit::Value::Text(text) => Value::Text(text),
            wit::Value::Integer(number) => Value::Integer(number),
            wit::Value::Decimal(number) => Value::Decimal(number),
            wit::Value::Boolean(yes) => Value::Boolean(yes),
            wit::Value::Time(text) => Value::Time(text),
            wit::Value::Json(text) => Value::Json(text),
        }
    }
}

impl From<Value> for wit::Value {
    fn from(value: Value) -> Self {
        match value {
            Value::Blank => wit::Value::Blank,
            Value::Text(text) => wit::Value::Text(text),
            Value::Integer(number) => wit::Value::Integer(number),
            Value::Decimal(number) => wit::Value::Decimal(number),
            Value::Boolean(yes) => wit::Value::Boolean(yes),
            Value::Time(text) => wit::Value::Time(text),
            Value::Json(text) => wit::Value::Json(text),
        }
    }
}

impl From<wit::Field> for Field {
    fn from(field: wit::Field) -> Self {
        Field { name: field.name, value: field.value.into() }
    }
}

impl From<&Field> for wit::Field {
    fn from(field: &Field) -> Self {
        wit::Field { name: field.name.clone(), value: field.value.clone().into() }
    }
}

impl From<wit::Item> for Record {
    fn from(item: wit::Item) -> Self {
        Record {
            id: item.id,
            parent: item.parent,
            name: item.name,
            stamp: item.stamp,
            fields: item.fields.into_iter().map(Field::from).collect(),
        }
    }
}

impl From<wit::Failure> for Failure {
    fn from(failure: wit::Failure) -> Self {
        match failure {
            wit::Failure::Denied(message) => Failure::Denied { message },
            wit::Failure::Throttled(throttle) => {
                Failure::Throttled { message: throttle.message, retry_after_ms: throttle.retry_after_ms }
            }
            wit::Failure::Unavailable(message) => Failure::Unavailable { message },
            wit::Failure::Rejected(rejection) => Failure::Rejected {
                message: rejection.message,
                fields: rejection.problems.into_iter().map(|problem| (problem.field, problem.message)).collect(),
            },
            wit::Failure::NotFound(message) => Failure::NotFound { message },
            wit::Failure::Conflict(message) => Failure::Conflict { message },
            wit::Failure::Unsupported(message) => Failure::Unsupported { message },
            wit::Failure::Broken(message) => Failure::Broken { message },
        }
    }
}

impl From<wit::Gap> for Gap {
    fn from(gap: wit::Gap) -> Self {
        Gap { parent: gap.parent, item: gap.item, cause: gap.cause.into() }
    }
}

impl From<&Query> for wit::Query {
    fn from(query: &Query) -> Self {
        let selection = match &query.selection {
            Selection::Everything => wit::Selection::Everything,
            Selection::OfParent(parent) => wit::Selection::OfParent(parent.clone()),
            Selection::Ids(ids) => wit::Selection::Ids(ids.clone()),
            Selection::ChangedSince(time) => wit::Selection::ChangedSince(time.to_string()),
            Selection::Search(text) => wit::Selection::Search(text.clone()),
            Selection::Stamps(stamps) => wit::Selection::Stamps(stamps.clone()),
            Selection::Named { parent, name } => {
                wit::Selection::Named(wit::Named { parent: parent.clone(), name: name.clone() })
            }
        };
        wit::Query { kind: query.kind.into(), selection }
    }
}

/// The most rows of a kind that a vendor can plausibly have.
const ROWS_MOST: u64 = 4_000_000_000;

/// Converts a page, or names the promise of the contract that it breaks.
pub(super) fn page(kind: Kind, page: wit::Page, limits: &Limits, now_ms: i64) -> Result<Page, Failure> {
    if page.items.len() > limits.page_items {
        let (given, most) = (page.items.len(), limits.page_items);
        return Err(Failure::broken(format!(
            "the connector returned a page of {given} items; a page holds at most {most}"
        )));
    }
    if let Some(size) = page.next.as_ref().map(String::len).filter(|&size| size > limits.cursor_bytes) {
        let most = limits.cursor_bytes;
        return Err(Failure::broken(format!(
            "the connector returned a cursor of {size} bytes; a cursor has at most {most}"
        )));
    }
    if page.gaps.len() > limits.page_items {
        let (given, most) = (page.gaps.len(), limits.page_items);
        return Err(Failure::broken(format!(
            "the connector returned a page of {given} gaps; a page has at most {most}"
        )));
    }
    for (what, rows) in [("in all", page.total), ("that are left out", Some(page.left_out))] {
        if let Some(rows) = rows.filter(|rows| *rows > ROWS_MOST) {
            return Err(Failure::broken(format!(
                "the connector reported {rows} rows {what}, more than any vendor can have"
            )));
        }
    }
    let page = Page {
        items: page.items.into_iter().map(Record::from).collect(),
        next: page.next,
        total: page.total,
        left_out: page.left_out,
        periods: page.periods.into_iter().map(|one| Period { name: one.name, decides: one.decides }).collect(),
        gaps: page.gaps.into_iter().map(Gap::from).collect(),
        ..Page::default()
    };
    Ok(intake::check(kind, page, now_ms))
}

impl From<Operation> for wit::Operation {
    fn from(operation: Operation) -> Self {
        match operation {
            Operation::Create => wit::Operation::Create,
            Operation::Update => wit::Operation::Update,
            Operation::Move => wit::Operation::Move,
            Operation::Deactivate => wit::Operation::Deactivate,
            Operation::Reactivate => wit::Operation::Reactivate,
        }
    }
}

impl From<&Change> for wit::Change {
    fn from(change: &Change) -> Self {
        let fields = |fields: &[Field]| fields.iter().map(wit::Field::from).collect();
        wit::Change {
            id: change.id.clone(),
            key: change.key.clone(),
            operation: change.operation.into(),
            kind: change.kind.into(),
            target: change.target.clone(),
            parent: change.parent.clone(),
            name: change.name.clone(),
            stamp: change.stamp.clone(),
            fields: fields(&change.fields),
            before: fields(&change.before),
        }
    }
}

impl From<wit::Outcome> for Outcome {
    fn from(outcome: wit::Outcome) -> Self {
        let settlement = match outcome.result {
            wit::Settlement::Done(id) => Settlement::Done(id),
            wit::Settlement::Accepted(token) => Settlement::Accepted(token),
            wit::Settlement::Failed(failure) => Settlement::Failed(failure.into()),
        };
        Outcome { change: outcome.change, settlement }
    }
}

impl From<wit::Identity> for Identity {
    fn from(identity: wit::Identity) -> Self {
        Identity { account: identity.account, id: identity.id, time_zone: identity.time_zone, detail: identity.detail }
    }
}

impl From<wit::Choice> for Choice {
    fn from(choice: wit::Choice) -> Self {
        Choice { value: choice.value, label: choice.label }
    }
}

impl From<jobs::Signal> for Signal {
    fn from(signal: jobs::Signal) -> Self {
        Signal { kind: signal.kind.into(), ids: signal.ids }
    }
}

impl From<wit::Description> for Description {
    fn from(description: wit::Description) -> Self {
        Description { kinds: description.kinds.into_iter().map(KindDescription::from).collect() }
    }
}

impl From<wit::KindDescription> for KindDescription {
    fn from(described: wit::KindDescription) -> Self {
        use wit::{Operations as O, Selections as S};
        let reads = described.reads;
        let writes = [
            (O::CREATE, Operation::Create),
            (O::UPDATE, Operation::Update),
            (O::MOVE, Operation::Move),
            (O::DEACTIVATE, Operation::Deactivate),
            (O::REACTIVATE, Operation::Reactivate),
        ];
        KindDescription {
            kind: described.kind.into(),
            reads: Reads {
                everything: reads.contains(S::EVERYTHING),
                of_parent: reads.contains(S::OF_PARENT),
                ids: reads.contains(S::IDS),
                changed_since: reads.contains(S::CHANGED_SINCE),
                search: reads.contains(S::SEARCH),
                stamps: reads.contains(S::STAMPS),
                named: reads.contains(S::NAMED),
            },
            writes: writes
                .into_iter()
                .filter(|(flag, _)| described.writes.contains(*flag))
                .map(|(_, operation)| operation)
                .collect(),
            fields: described.fields.into_iter().map(FieldDescription::from).collect(),
            name_length: described.name_length,
            stamp: described.stamp.map(|place| StampPlace { field: place.field, length: place.length }),
            changes_at_once: described.changes_at_once,
            ids_at_once: described.ids_at_once,
            page_size: described.page_size,
            calls_per_change: described.calls_per_change,
            checks_before: described.checks_before,
        }
    }
}

impl From<wit::FieldDescription> for FieldDescription {
    fn from(field: wit::FieldDescription) -> Self {
        let writable = match field.writable {
            wit::Writable::Never => Writable::Never,
            wit::Writable::OnCreate => Writable::OnCreate,
            wit::Writable::Always => Writable::Always,
        };
        FieldDescription {
            name: field.name,
            readable: field.readable,
            writable,
            length: field.length,
            values: field.values,
        }
    }
}
