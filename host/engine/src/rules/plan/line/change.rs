//! A line's change: what is written, and what its link remembers afterwards.

use super::{
    CHANGED, CONTRACT, COUNTED, EFFECTIVE, ENDED, FORMER, HAD, LEAVES, LEFT, Line, MOVES, PARTS, PRODUCT, Place,
    Product, QUANTITY, REPLACES, RESTS, RETIRED, Retire, SERVICE, SINCE, Step, UsageInput, date, integer, leaving,
    midnight, parts,
};
use crosswalk_model::{Action, FieldDiff, Hold, Kind, LineKey, Link, LinkState, PlannedChange, Risk, Timestamp, Value};
use std::collections::HashSet;

fn new(name: &str, after: Value) -> FieldDiff {
    FieldDiff { name: name.to_owned(), before: None, after }
}

/// The change that brings a line to a quantity.
pub(super) fn change(
    input: &UsageInput<'_>,
    line: &Line,
    action: Action,
    quantity: i64,
    held: Option<Hold>,
) -> PlannedChange {
    let key = LineKey::new(input.customer, &line.product);
    let link = input.links.get(&line.product);
    let (name, service) = match (input.product)(&line.product) {
        Product::Linked { id, name, .. } => (name.clone(), Some(id.clone())),
        Product::Planned(name) => (name.clone(), None),
        Product::Excluded | Product::Open(_) => (line.product.clone(), None),
    };
    let mut fields = vec![FieldDiff {
        name: QUANTITY.to_owned(),
        before: line.has.filter(|_| action != Action::Create).map(Value::Integer),
        after: Value::Integer(quantity),
    }];
    if action != Action::Link {
        fields.push(new(EFFECTIVE, Value::Time(midnight(line.effective))));
    }
    fields.push(new(COUNTED, Value::Integer(line.counted.unwrap_or_default())));
    fields.push(new(PRODUCT, Value::Text(line.product.clone())));
    if let Place::Contract(contract) = input.place {
        fields.push(new(CONTRACT, Value::Text(contract.id.clone())));
    }
    fields.extend(service.map(|service| new(SERVICE, Value::Text(service))));
    if !line.parts.is_empty() {
        fields.push(new(PARTS, parts::written(&line.parts)));
    }
    if !line.leaves.is_empty() {
        let day = line.effective.to_string();
        fields.push(new(LEAVES, leaving::days(line.leaves.iter().map(|part| (part.to_string(), day.clone())))));
    }
    let since = since(input, line, action, &key);
    if !since.is_empty() {
        fields.push(new(SINCE, leaving::days(since.into_iter())));
    }
    if !line.rests.is_empty() {
        fields.push(new(RESTS, leaving::written(&line.rests)));
    }
    if !line.retires.is_empty() {
        let old = |old: &Retire| serde_json::json!({ "source": old.key.to_string(), "line": old.line });
        let list: Vec<serde_json::Value> = line.retires.iter().map(old).collect();
        fields.push(new(REPLACES, Value::Json(serde_json::Value::from(list).to_string())));
    }
    if action == Action::Create {
        fields.push(new("name", Value::Text(name.clone())));
    }
    PlannedChange {
        sequence: 0,
        kind: Kind::Usage,
        action,
        customer: input.customer.to_owned(),
        source: key.to_string(),
        target: line.target.clone().filter(|_| action != Action::Create),
        name,
        fields,
        reason: line.reason.clone(),
        risk: if line.has.is_some_and(|has| quantity < has) { Risk::High } else { Risk::Medium },
        calls: if action.writes() { input.describe.calls_per_change } else { 0 },
        held,
        link_revision: link.map_or(0, |link| link.revision),
    }
}

/// From which day on the line bills what it is the sum of, where its link does not tell and the day of the change does
/// not either: where nothing is written, and for what is billed already.
fn since(input: &UsageInput<'_>, line: &Line, action: Action, key: &LineKey) -> Vec<(String, String)> {
    let link = input
        .links
        .get(&line.product)
        .filter(|link| link.linked().is_some() && link.linked() == line.target.as_deref());
    let known = link.map(leaving::since_of).unwrap_or_default();
    let known: HashSet<&str> = known.iter().map(|(part, _)| part.as_str()).collect();
    let alone = [key];
    let parts: Vec<&LineKey> = match line.parts.as_slice() {
        [] => alone.to_vec(),
        parts => parts.iter().filter(|part| part.counted != Some(0)).map(|part| &part.key).collect(),
    };
    let of = line.target.as_deref().filter(|_| action != Action::Create);
    let day = |part: &LineKey| {
        let name = Some(part.to_string()).filter(|name| !known.contains(name.as_str()))?;
        let day = (input.since)(part, of).map_or(line.effective, |day| day.min(line.effective));
        (action == Action::Link || day != line.effective).then(|| (name, day.to_string()))
    };
    parts.into_iter().filter_map(day).collect()
}

/// The change that sets a line to 0 whose count goes to another, or that counts nothing where it goes.
pub(super) fn retire(input: &UsageInput<'_>, line: &Line, old: &Retire, held: Option<Hold>) -> PlannedChange {
    let mut fields = vec![
        FieldDiff { name: QUANTITY.to_owned(), before: Some(Value::Integer(old.has)), after: Value::Integer(0) },
        new(EFFECTIVE, Value::Time(midnight(line.effective))),
        new(PRODUCT, Value::Text(old.key.product.clone())),
        new(CONTRACT, Value::Text(old.contract.clone())),
    ];
    fields.extend(old.service.clone().map(|service| new(SERVICE, Value::Text(service))));
    let is_alone = matches!(line.step, Step::Change { action: Action::Retire, .. });
    if !is_alone {
        fields.push(new(MOVES, Value::Boolean(true)));
    }
    PlannedChange {
        sequence: 0,
        kind: Kind::Usage,
        action: Action::Retire,
        customer: old.key.customer.clone(),
        source: old.key.to_string(),
        target: Some(old.line.clone()),
        name: old.name.clone(),
        fields,
        reason: match is_alone {
            true => format!("nothing is counted of {}, and its line goes to 0", old.key),
            false => format!("{} is billed by another line from that day on", old.key),
        },
        risk: Risk::High,
        calls: input.describe.calls_per_change,
        held,
        link_revision: old.revision,
    }
}

/// The link as it is once both sides say the same without a write.
pub(super) fn agreed(input: &UsageInput<'_>, line: &Line) -> Option<Link> {
    let mut link = input.links.get(&line.product)?.clone();
    match link.linked() {
        None => return without_end(input, line),
        Some(_) if line.target.is_none() => {
            free(&mut link, None);
            link.reason.clone_from(&line.reason);
            return Some(link);
        }
        Some(_) => {}
    }
    settle(&mut link, line.has?, line.counted?, (!line.parts.is_empty()).then(|| parts::written(&line.parts)));
    Some(link)
}

/// The link of a line that another bills by now: the day on which its own ended is nobody's any more.
pub(super) fn without_end(input: &UsageInput<'_>, line: &Line) -> Option<Link> {
    let mut link = input.links.get(&line.product)?.clone();
    link.sent.remove(ENDED)?;
    link.written = link.sent.clone();
    Some(link)
}

/// Puts down that this quantity answers this count, of these parts: it stands until one of them moves.
pub(crate) fn settle(link: &mut Link, quantity: i64, counted: i64, parts: Option<Value>) {
    link.sent.insert(QUANTITY.to_owned(), Value::Integer(quantity));
    link.sent.insert(COUNTED.to_owned(), Value::Integer(counted));
    link.sent.retain(|name, _| ![HAD, PARTS, ENDED].contains(&name.as_str()));
    link.sent.extend(parts.map(|parts| (PARTS.to_owned(), parts)));
    link.written = link.sent.clone();
}

/// The link of a line after a change of it succeeded; the rest is in `after_write`.
pub(in crate::rules::plan) fn after_usage(link: &mut Link, change: &PlannedChange) {
    let of = |name: &str| change.fields.iter().find(|diff| diff.name == name);
    let (Some(quantity), Some(counted)) = (of(QUANTITY), of(COUNTED)) else { return };
    let number = |value: &Value| integer(Some(value)).unwrap_or_default();
    let mut since = leaving::since_of(link);
    since.extend(leaving::told_since(change));
    settle(link, number(&quantity.after), number(&counted.after), of(PARTS).map(|diff| diff.after.clone()));
    for diff in [of(EFFECTIVE), of(CONTRACT), of(PRODUCT)].into_iter().flatten() {
        link.sent.insert(diff.name.clone(), diff.after.clone());
    }
    let had = quantity.before.clone().unwrap_or(Value::Integer(0));
    link.sent.insert(HAD.to_owned(), had);
    leaving::remember(link, change);
    leaving::remember_since(link, &since, date(of(EFFECTIVE).map(|diff| &diff.after)));
    link.written = link.sent.clone();
}

/// The link of a line after the line it led to was set to 0: what it is billed by now, a change of the
/// same plan says. Should that one come later, it holds from the same day on.
pub(crate) fn after_retire(link: &mut Link, change: &PlannedChange, now: Timestamp) {
    let of = |name: &str| change.fields.iter().find(|diff| diff.name == name).map(|diff| diff.after.clone());
    let day = of(EFFECTIVE);
    if let Some(Value::Time(day)) = &day {
        leaving::remember_end(link, &day[..day.len().min(10)]);
        link.sent.insert(EFFECTIVE.to_owned(), Value::Time(day.clone()));
    }
    free(link, day.filter(|_| of(MOVES).is_some()));
    link.decided_at = now;
    link.reason.clone_from(&change.reason);
}

/// Lets go of the line that a link led to: nothing of it is known any more but from which day on it is at 0, and from
/// which day on its last change holds.
fn free(link: &mut Link, ended: Option<Value>) {
    leaving::remember_change(link);
    link.sent.retain(|name, _| [FORMER, LEFT, CHANGED].contains(&name.as_str()));
    link.sent.extend(ended.map(|day| (ENDED.to_owned(), day)));
    link.written = link.sent.clone();
    link.made = false;
    link.state = LinkState::Create;
    link.target = None;
    link.decided_by = RETIRED.to_owned();
}

/// Remembers a line by which the same was billed before and which was not set to 0 by this host, with the day from
/// which on its last change holds.
pub(crate) fn keep_former(link: &mut Link) {
    let Some(old) = link.linked().map(str::to_owned) else { return };
    leaving::remember_change(link);
    let mut known = link.sent.get(FORMER).map(ids).unwrap_or_default();
    if !known.contains(&old) {
        known.push(old);
    }
    let list = Value::Json(serde_json::Value::from(known).to_string());
    link.sent.insert(FORMER.to_owned(), list);
}

/// A list of ids.
pub(super) fn ids(value: &Value) -> Vec<String> {
    let Value::Json(text) = value else { return Vec::new() };
    serde_json::from_str(text).unwrap_or_default()
}

/// The lines that have to be at 0 before a change is written: source and line.
pub fn replaced(change: &PlannedChange) -> Vec<(String, String)> {
    let list = change.fields.iter().find(|diff| diff.name == REPLACES);
    let Some(Value::Json(text)) = list.map(|diff| &diff.after) else { return Vec::new() };
    let list: Vec<serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
    let text = |one: &serde_json::Value, name: &str| one[name].as_str().map(str::to_owned);
    list.iter().filter_map(|one| Some((text(one, "source")?, text(one, "line")?))).collect()
}
