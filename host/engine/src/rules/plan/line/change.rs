//! A line's change: what is written, and what its link remembers afterwards.

use super::{
    EFFECTIVE, Line, LineVerdict, PRODUCT, Place, Product, QUANTITY, Retire, UsageInput, date, integer, leaving,
    midnight, parts,
};
use crosswalk_model::{
    Action, Decider, FieldDiff, Hold, Kind, LineKey, LineMemory, LineStep, Link, LinkState, PartCount, PartDay,
    PlannedChange, Replaced, Risk, Step, Timestamp, Value, said,
};
use jiff::civil::Date;
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
    if action == Action::Create {
        fields.push(new(PRODUCT, Value::Text(line.product.clone())));
        fields.push(new("name", Value::Text(name.clone())));
    }
    let leaves = line.leaves.iter().map(|part| PartDay { line: part.to_string(), day: line.effective });
    let step = LineStep {
        contract: contract(input),
        service,
        counted: Some(line.counted.unwrap_or_default()),
        parts: (!line.parts.is_empty()).then(|| parts::counts(&line.parts)),
        replaces: line
            .retires
            .iter()
            .map(|old| Replaced { source: old.key.to_string(), line: old.line.clone() })
            .collect(),
        rests: line.rests.clone(),
        leaves: leaves.collect(),
        since: since(input, line, action, &key),
        moves: false,
    };
    PlannedChange {
        sequence: 0,
        kind: Kind::Usage,
        action,
        customer: input.customer.to_owned(),
        source: key.to_string(),
        target: line.target.clone().filter(|_| action != Action::Create),
        name,
        fields,
        step: Step::Line(Box::new(step)),
        reason: line.reason.clone(),
        risk: if line.has.is_some_and(|has| quantity < has) { Risk::High } else { Risk::Medium },
        calls: if action.writes() { input.describe.calls_per_change } else { 0 },
        held,
        link_revision: link.map_or(0, |link| link.revision),
    }
}

fn contract(input: &UsageInput<'_>) -> Option<String> {
    match &input.place {
        Place::Contract(contract) => Some(contract.id.clone()),
        Place::Off(_) | Place::Excluded(_) | Place::Nowhere(_) => None,
    }
}

/// From which day on the line bills what it is the sum of, where its link does not tell and the day of the change does
/// not either: where nothing is written, and for what is billed already.
fn since(input: &UsageInput<'_>, line: &Line, action: Action, key: &LineKey) -> Vec<PartDay> {
    let link = input
        .links
        .get(&line.product)
        .filter(|link| link.linked().is_some() && link.linked() == line.target.as_deref());
    let known = link.map(leaving::since_of).unwrap_or_default();
    let known: HashSet<&str> = known.iter().map(|part| part.line.as_str()).collect();
    let alone = [key];
    let parts: Vec<&LineKey> = match line.parts.as_slice() {
        [] => alone.to_vec(),
        parts => parts.iter().filter(|part| part.counted != Some(0)).map(|part| &part.key).collect(),
    };
    let of = line.target.as_deref().filter(|_| action != Action::Create);
    let day = |part: &LineKey| {
        let name = Some(part.to_string()).filter(|name| !known.contains(name.as_str()))?;
        let day = (input.since)(part, of).map_or(line.effective, |day| day.min(line.effective));
        (action == Action::Link || day != line.effective).then_some(PartDay { line: name, day })
    };
    parts.into_iter().filter_map(day).collect()
}

/// The change that sets a line to 0 whose count goes to another, or that counts nothing where it goes.
pub(super) fn retire(input: &UsageInput<'_>, line: &Line, old: &Retire, held: Option<Hold>) -> PlannedChange {
    let is_alone = matches!(line.verdict, LineVerdict::Change { action: Action::Retire, .. });
    let step = LineStep {
        contract: Some(old.contract.clone()),
        service: old.service.clone(),
        moves: !is_alone,
        ..LineStep::default()
    };
    PlannedChange {
        sequence: 0,
        kind: Kind::Usage,
        action: Action::Retire,
        customer: old.key.customer.clone(),
        source: old.key.to_string(),
        target: Some(old.line.clone()),
        name: old.name.clone(),
        fields: vec![
            FieldDiff { name: QUANTITY.to_owned(), before: Some(Value::Integer(old.has)), after: Value::Integer(0) },
            new(EFFECTIVE, Value::Time(midnight(line.effective))),
        ],
        step: Step::Line(Box::new(step)),
        reason: match is_alone {
            true => said!("line-retired", line = old.key.to_string()),
            false => said!("line-retired-for-another", line = old.key.to_string()),
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
    settle(&mut link, line.has?, line.counted?, (!line.parts.is_empty()).then(|| parts::counts(&line.parts)));
    Some(link)
}

/// The link of a line that another bills by now: the day on which its own ended is nobody's any more.
pub(super) fn without_end(input: &UsageInput<'_>, line: &Line) -> Option<Link> {
    let mut link = input.links.get(&line.product).filter(|link| link.memory.line().ended.is_some())?.clone();
    link.memory.line_mut().ended = None;
    Some(link)
}

/// Puts down that this quantity answers this count, of these parts: it stands until one of them moves.
pub(crate) fn settle(link: &mut Link, quantity: i64, counted: i64, parts: Option<Vec<PartCount>>) {
    let memory = link.memory.line_mut();
    (memory.quantity, memory.counted, memory.parts) = (Some(quantity), Some(counted), parts);
    (memory.had, memory.ended) = (None, None);
}

/// The link of a line after a change of it succeeded; the rest is in `after_write`.
pub(in crate::rules::plan) fn after_usage(link: &mut Link, change: &PlannedChange, step: &LineStep) {
    let (Some(quantity), Some(counted)) = (change.field(QUANTITY), step.counted) else { return };
    let mut since = leaving::since_of(link);
    since.extend(step.since.iter().cloned());
    settle(link, integer(Some(&quantity.after)).unwrap_or_default(), counted, step.parts.clone());
    let (memory, day) = (link.memory.line_mut(), day_of(change));
    memory.effective = day.or(memory.effective);
    memory.contract = step.contract.clone().or(memory.contract.take());
    memory.had = Some(integer(quantity.before.as_ref()).unwrap_or_default());
    leaving::remember(memory, step);
    leaving::remember_since(link, &since, day);
}

fn day_of(change: &PlannedChange) -> Option<Date> {
    date(change.field(EFFECTIVE).map(|diff| &diff.after))
}

/// The link of a line after the line it led to was set to 0: what it is billed by now, a change of the
/// same plan says. Should that one come later, it holds from the same day on.
pub(crate) fn after_retire(link: &mut Link, change: &PlannedChange, step: &LineStep, now: Timestamp) {
    let day = day_of(change);
    if let Some(day) = day {
        leaving::remember_end(link, day);
        link.memory.line_mut().effective = Some(day);
    }
    free(link, day.filter(|_| step.moves));
    link.decided_at = now;
    link.reason.clone_from(&change.reason);
}

/// Lets go of the line that a link led to: nothing of it is known any more but from which day on it is at 0, and from
/// which day on its last change holds.
fn free(link: &mut Link, ended: Option<Date>) {
    leaving::remember_change(link);
    forget_line(link);
    link.memory.line_mut().ended = ended;
    link.made = false;
    link.state = LinkState::Create;
    link.target = None;
    link.decided_by = Some(Decider::Retirement);
}

/// Forgets what was agreed on; what was left behind stays known.
pub(crate) fn forget_line(link: &mut Link) {
    let LineMemory { left, former, changed, .. } = std::mem::take(link.memory.line_mut());
    *link.memory.line_mut() = LineMemory { left, former, changed, ..LineMemory::new() };
}

/// Remembers a line by which the same was billed before and which was not set to 0 by this host, with the day from
/// which on its last change holds.
pub(crate) fn keep_former(link: &mut Link) {
    let Some(old) = link.linked().map(str::to_owned) else { return };
    leaving::remember_change(link);
    let former = &mut link.memory.line_mut().former;
    if !former.contains(&old) {
        former.push(old);
    }
}
