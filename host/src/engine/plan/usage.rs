//! Usage: what a vendor counted, what the contract says, what was approved last, and what follows.
//!
//! Per line (a customer's product) three numbers stand side by side. The contract is brought to
//! the vendor's count when that moved since somebody approved or dismissed it; a quantity that a
//! person set instead of the count stays until the count moves again. A quantity that somebody
//! else changed in the PSA is held, never overwritten unseen.
//!
//! What is not there is told apart: a count that is *not fetched* changes nothing, whatever the
//! contract says; a report that was fetched and does not name a line says zero, which is held.
//! Only lines of mapped customers, contracts and products are touched, and of the contract only
//! what this sync made or took over. One product twice on one contract is nobody's guess.
//!
//! A quantity holds from a day on, today unless the operator says otherwise. A day outside the
//! contract, one that was invoiced already, and a second change of a line for one day are held,
//! and no release lets them go: they want another day.
//!
//! Pure. The change's fields hold source ids, as in every change, but for [`CONTRACT`].

use super::{Finding, Planned, rank};
use crate::model::sync::UsageRules;
use crate::model::usage::{day, midnight};
use crate::model::{
    Action, FieldDiff, Hold, Kind, KindDescription, LineKey, Link, LinkState, Operation, PlannedChange, Record, Risk,
    Value, Writable,
};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How many, in a change and in the link that remembers it.
pub const QUANTITY: &str = "quantity";
/// From which day on.
pub const EFFECTIVE: &str = "effective";
/// What is counted.
pub const PRODUCT: &str = "product";
/// The vendor's count that a decision was about. Not written.
pub const COUNTED: &str = "counted";
/// What the contract had before the last change.
const HAD: &str = "had";
/// The contract, as the *target's* id.
pub const CONTRACT: &str = "contract";
/// Who decided that a line of a contract is the one: a person who looked at it.
pub(in crate::engine) const TAKEN: &str = "operator";
/// The brake that no release lifts: the day is wrong.
pub const DATES: &str = "dates";

/// One customer's usage.
pub struct UsageInput<'a> {
    /// The source customer's id.
    pub customer: &'a str,
    /// Where its quantities go.
    pub place: Place<'a>,
    /// The source's rows of it, of whatever month.
    pub rows: &'a [Record],
    /// The month the newest report is for, where the vendor reports by month.
    pub period: Option<&'a str>,
    /// Why its counts are not known, if they are not.
    pub not_fetched: Option<&'a str>,
    /// The links of its lines, by the source's product.
    pub links: &'a BTreeMap<String, Link>,
    /// What is on the contract; none when that could not be read.
    pub lines: Option<&'a [Record]>,
    /// Who else has a line of a contract, in words.
    pub taken: &'a dyn Fn(&str) -> Option<String>,
    /// What a source product is in the target.
    pub product: &'a dyn Fn(&str) -> Product,
    /// What the target can do with usage.
    pub describe: &'a KindDescription,
    /// The sync's rules.
    pub rules: &'a UsageRules,
    /// Whether what nothing holds is written without a person.
    pub automatic: bool,
    /// The day it is.
    pub today: Date,
    /// What a person asks for instead, by product; empty in an ordinary plan.
    pub choices: &'a HashMap<String, Choice>,
}

/// Where a customer's quantities go.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// To this contract.
    Contract(&'a Record),
    /// Nowhere: a person excluded the customer, or switched its usage off; which, in words.
    Off(&'a str),
    /// Nowhere yet, for this reason.
    Nowhere(&'a str),
}

/// What a source product is in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// This one: its id and name there.
    Linked {
        /// Its id.
        id: String,
        /// What it is called.
        name: String,
    },
    /// One that this plan creates, under this name.
    Planned(String),
    /// Not to be billed.
    Excluded,
    /// Nobody decided yet, for this reason.
    Open(String),
}

/// What a person wants of a line instead of the count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    /// How many; none: the vendor's count.
    pub quantity: Option<i64>,
    /// From which day on; none: today.
    pub effective: Option<Date>,
}

/// A line with its three numbers, and what follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The source product's id.
    pub product: String,
    /// The vendor's count; none: not fetched.
    pub counted: Option<i64>,
    /// How many are in use, where the vendor tells.
    pub actual: Option<i64>,
    /// The contract's line; none: not there yet.
    pub target: Option<String>,
    /// What the contract has; none: not there, or not read.
    pub has: Option<i64>,
    /// What was approved last.
    pub approved: Option<i64>,
    /// From which day on a change of it would hold.
    pub effective: Date,
    /// What follows.
    pub step: Step,
    /// Why, in one sentence.
    pub reason: String,
}

/// What follows for a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing: all is as approved.
    InStep,
    /// The contract is brought to this quantity; `Link` only takes the line over.
    Change {
        /// Create, update or link.
        action: Action,
        /// How many.
        quantity: i64,
        /// What holds it.
        hold: Option<Hold>,
    },
    /// The link is to remember what both sides came to by themselves.
    Agreed,
    /// The count is not known.
    NotFetched,
    /// It is left as it is until somebody does something.
    Left,
}

/// The lines of a customer: everything the vendor counts or this sync put on the contract.
#[must_use]
pub fn lines(input: &UsageInput<'_>) -> Vec<Line> {
    let counted = input.rows.iter().filter_map(|row| row.text(PRODUCT));
    let products: BTreeSet<&str> = counted.chain(input.links.keys().map(String::as_str)).collect();
    products.into_iter().filter_map(|product| Weighing::new(input, product).line()).collect()
}

/// The changes and findings that lines come to, in the order of work.
#[must_use]
pub fn plan_usage(input: &UsageInput<'_>, lines: &[Line]) -> Planned {
    let mut out = Planned::default();
    for line in lines {
        match &line.step {
            Step::Change { action, quantity, hold } => {
                out.changes.push(change(input, line, *action, *quantity, hold.clone()));
            }
            Step::Agreed => out.noted.extend(agreed(input, line)),
            Step::NotFetched | Step::Left => out.findings.push(Finding {
                source: LineKey::new(input.customer, &line.product).to_string(),
                message: line.reason.clone(),
            }),
            Step::InStep => {}
        }
    }
    out.changes.sort_by(|a, b| (rank(a.action), &a.source).cmp(&(rank(b.action), &b.source)));
    out
}

/// One line on the scales.
struct Weighing<'i, 'a> {
    input: &'i UsageInput<'a>,
    product: &'i str,
    /// A link somebody or some plan made.
    link: Option<&'i Link>,
    counted: Option<i64>,
    actual: Option<i64>,
}

impl<'i, 'a> Weighing<'i, 'a> {
    fn new(input: &'i UsageInput<'a>, product: &'i str) -> Self {
        let mut this = Self { input, product, link: input.links.get(product), counted: None, actual: None };
        if input.not_fetched.is_none() {
            (this.counted, this.actual) = this.count();
        }
        this
    }

    /// The rows of the newest month added up; unknown as soon as one of them tells no number.
    fn count(&self) -> (Option<i64>, Option<i64>) {
        let of_line = |row: &&Record| {
            let month = row.text("period");
            row.text(PRODUCT) == Some(self.product) && (month.is_none() || month == self.input.period)
        };
        let (mut counted, mut actual) = (Some(0_i64), None::<i64>);
        for row in self.input.rows.iter().filter(of_line) {
            counted = counted.zip(integer(row.field(QUANTITY))).and_then(|(sum, more)| sum.checked_add(more));
            if let Some(more) = integer(row.field("actual")) {
                actual = Some(actual.unwrap_or_default().saturating_add(more));
            }
        }
        (counted, actual)
    }

    fn sent(&self, name: &str) -> Option<&Value> {
        self.link?.sent.get(name)
    }

    fn effective(&self) -> Date {
        self.choice().and_then(|choice| choice.effective).unwrap_or(self.input.today)
    }

    fn choice(&self) -> Option<&Choice> {
        self.input.choices.get(self.product)
    }

    fn line(&self) -> Option<Line> {
        let service = (self.input.product)(self.product);
        let on_contract = self.on_contract(&service);
        let line = match on_contract.as_slice() {
            [one] => Some(*one),
            several => {
                let linked = self.link.and_then(Link::linked);
                several.iter().copied().find(|line| Some(line.id.as_str()) == linked)
            }
        };
        let (step, reason) = self.weigh(&service, &on_contract, line)?;
        Some(Line {
            product: self.product.to_owned(),
            counted: self.counted,
            actual: self.actual,
            target: line.map(|line| line.id.clone()),
            has: line.and_then(|line| integer(line.field(QUANTITY))),
            approved: integer(self.sent(QUANTITY)),
            effective: self.effective(),
            step,
            reason,
        })
    }

    /// The contract's lines of this product; without a product, the one this line is linked to.
    fn on_contract(&self, service: &Product) -> Vec<&'a Record> {
        let linked = self.link.and_then(Link::linked);
        let fits = |line: &&Record| match service {
            Product::Linked { id, .. } => line.text(PRODUCT) == Some(id),
            _ => Some(line.id.as_str()) == linked,
        };
        let lines = self.input.lines.unwrap_or_default().iter();
        lines.filter(|line| line.active()).filter(fits).collect()
    }

    /// What follows, and why; nothing for a line that is nobody's matter.
    fn weigh(&self, service: &Product, on_contract: &[&Record], line: Option<&Record>) -> Option<(Step, String)> {
        let left = |why: String| Some((Step::Left, why));
        let linked = self.link.and_then(Link::linked);
        if linked.is_none() && self.counted == Some(0) {
            return None;
        }
        let contract = match (service, self.input.place) {
            (Product::Excluded, _) if self.choice().is_none() => return Some(self.excluded(line)),
            _ if self.link.is_some_and(|link| link.state == LinkState::Excluded) => {
                return Some((Step::InStep, "excluded by the operator".to_owned()));
            }
            (_, Place::Off(why)) => return Some((Step::InStep, why.to_owned())),
            (_, Place::Nowhere(why)) => return left(why.to_owned()),
            (_, Place::Contract(contract)) => contract,
        };
        if let Some(why) = self.input.not_fetched {
            return Some((Step::NotFetched, why.to_owned()));
        }
        let Some(counted) = self.counted else {
            return Some((Step::NotFetched, "the vendor names it without a number".to_owned()));
        };
        if counted < 0 {
            return Some((Step::NotFetched, format!("the vendor counts {counted}, which is less than nothing")));
        }
        if let Product::Open(why) = service {
            return left(why.clone());
        }
        if contract.field("cancelled") == Some(&Value::Boolean(true)) {
            return left(format!("the contract {} was cancelled: choose another", contract.name));
        }
        if self.input.lines.is_none() {
            return Some((Step::NotFetched, "what is on the contract could not be read".to_owned()));
        }
        let chosen = self.link.is_some_and(|link| link.decided_by == TAKEN);
        if on_contract.len() > 1 && !(chosen && line.is_some()) {
            let ids: Vec<&str> = on_contract.iter().map(|line| line.id.as_str()).collect();
            return left(format!(
                "it stands {} times on the contract {}, as {}: end all but one there, or say which it is with `crosswalk usage take`",
                ids.len(),
                contract.name,
                ids.join(" and ")
            ));
        }
        if let Some((line, owner)) = line.and_then(|line| Some((line, (self.input.taken)(&line.id)?))) {
            return left(format!(
                "line {} of the contract {} is {owner}: one line is billed by one count",
                line.id, contract.name
            ));
        }
        let Some(id) = linked else {
            return Some(match line {
                Some(line) => self.set(contract, line, counted, None),
                None => self.add(contract, counted, None),
            });
        };
        let here = |id: &str| self.input.lines.unwrap_or_default().iter().any(|line| line.id == id && line.active());
        let same_contract = self.sent(CONTRACT).and_then(Value::as_text) == Some(&contract.id);
        match line {
            Some(line) if line.id == id => Some(self.set(contract, line, counted, None)),
            // Another contract, or another product, since: what it was billed by keeps its quantity.
            _ if !same_contract || here(id) => {
                let hold = Hold {
                    brake: "moved".to_owned(),
                    reason: format!(
                        "it was billed by line {id} until now, which keeps its quantity: set that to 0 in the PSA, and release this"
                    ),
                };
                Some(match line {
                    Some(line) => self.set(contract, line, counted, Some(hold)),
                    None => self.add(contract, counted, Some(hold)),
                })
            }
            Some(line) => left(format!(
                "its line {id} is gone from the contract {}; line {} took its place: say so with `crosswalk usage take`",
                contract.name, line.id
            )),
            None if counted == 0 => Some((Step::InStep, format!("nothing is counted, and its line {id} is gone"))),
            None => left(format!(
                "its line {id} is gone from the contract {}: add it there, and say which it is with `crosswalk usage take`",
                contract.name
            )),
        }
    }

    /// What is excluded is not billed any more; what is on the contract already is told until it is 0.
    fn excluded(&self, line: Option<&Record>) -> (Step, String) {
        let linked = self.link.and_then(Link::linked);
        match line.filter(|line| Some(line.id.as_str()) == linked) {
            Some(line) if integer(line.field(QUANTITY)) != Some(0) => (
                Step::Left,
                format!(
                    "its product is excluded, and line {} stays on the contract: set it to 0 with `crosswalk usage adjust`",
                    line.id
                ),
            ),
            _ => (Step::InStep, "its product is excluded".to_owned()),
        }
    }

    fn add(&self, contract: &Record, counted: i64, hold: Option<Hold>) -> (Step, String) {
        if !self.input.describe.writes.contains(&Operation::Create) {
            return (
                Step::Left,
                format!("it is not on the contract {}, and the target cannot add it: add it there", contract.name),
            );
        }
        if self.choice().is_none() && integer(self.sent(COUNTED)) == Some(counted) && hold.is_none() {
            return (Step::InStep, format!("{counted} are counted, and were dismissed"));
        }
        let quantity = self.choice().and_then(|choice| choice.quantity).unwrap_or(counted);
        if quantity == 0 {
            return match hold {
                Some(hold) => (Step::Left, format!("nothing is counted; {}", hold.reason)),
                None => (Step::InStep, "nothing is counted, and nothing is on the contract".to_owned()),
            };
        }
        let hold = self.dates(contract, None).or(hold);
        let hold = hold.or_else(|| self.brake(0, quantity, true).filter(|_| self.input.automatic));
        (
            Step::Change { action: Action::Create, quantity, hold },
            format!("counted {counted}; it is not on the contract {} yet", contract.name),
        )
    }

    fn set(&self, contract: &Record, line: &Record, counted: i64, moved: Option<Hold>) -> (Step, String) {
        let Some(has) = integer(line.field(QUANTITY)) else {
            return (Step::NotFetched, format!("line {} of the contract {} tells no quantity", line.id, contract.name));
        };
        let linked = self.link.and_then(Link::linked) == Some(line.id.as_str());
        let settled = linked && integer(self.sent(COUNTED)) == Some(counted);
        let approved = integer(self.sent(QUANTITY));
        // A change for a day to come shows in the contract only then.
        let to_come = date(self.sent(EFFECTIVE)).is_some_and(|from| from > self.input.today);
        let as_left = approved == Some(has) || (to_come && integer(self.sent(HAD)) == Some(has));
        let asked = self.choice().and_then(|choice| choice.quantity);
        let stands = settled && self.choice().is_none();
        let quantity = asked.unwrap_or(if stands { approved.unwrap_or(counted) } else { counted });
        let line_of = format!("line {} of the contract {}", line.id, contract.name);
        if linked && has == quantity && asked.is_none() {
            let step = if settled && as_left { Step::InStep } else { Step::Agreed };
            return (step, format!("{line_of} has {has}, as counted or approved"));
        }
        if linked && settled && as_left && self.choice().is_none() {
            return (Step::InStep, format!("{line_of} will have the approved {quantity}"));
        }
        if !self.writes() {
            return (Step::Left, format!("{line_of} has {has} and {counted} are counted; the target cannot change it"));
        }
        if has == quantity {
            let why = if linked { "and stays so" } else { "and is taken over" };
            let reason = format!("counted {counted}; {line_of} has {has}, {why}");
            return (Step::Change { action: Action::Link, quantity, hold: moved }, reason);
        }
        let why = match (linked, as_left) {
            (false, _) => format!("{line_of} is taken over; it has {has}"),
            (true, false) => format!("{line_of} was changed in the PSA to {has}"),
            (true, true) => format!("{line_of} has {has}"),
        };
        let hold = self.dates(contract, Some(line)).or(moved);
        let hold = hold.or_else(|| self.brake(has, quantity, !linked || as_left));
        (Step::Change { action: Action::Update, quantity, hold }, format!("counted {counted}; {why}"))
    }

    fn writes(&self) -> bool {
        let describe = self.input.describe;
        describe.writes.contains(&Operation::Update)
            && describe.field(QUANTITY).is_some_and(|field| field.writable == Writable::Always)
    }

    /// What keeps a quantity from holding from its day on.
    fn dates(&self, contract: &Record, line: Option<&Record>) -> Option<Hold> {
        let on = self.effective();
        let of = |record: &Record, name: &str| date(record.field(name));
        let name = &contract.name;
        let why = if let Some(starts) = of(contract, "starts").filter(|starts| on < *starts) {
            format!("{on} lies before the contract {name} begins, on {starts}")
        } else if let Some(ends) = of(contract, "ends").filter(|ends| on > *ends) {
            format!("{on} lies after the contract {name} ended, on {ends}")
        } else if let Some(until) = line.and_then(|line| of(line, "invoiced-until")).filter(|until| on <= *until) {
            format!("it is invoiced until {until}: {on} cannot change any more")
        } else if date(self.sent(EFFECTIVE)) == Some(on) {
            format!("it was changed from {on} on already, and a day takes one change")
        } else {
            return None;
        };
        Some(Hold {
            brake: DATES.to_owned(),
            reason: format!("{why}; choose another day with `crosswalk usage approve --effective`"),
        })
    }

    fn brake(&self, has: i64, quantity: i64, as_left: bool) -> Option<Hold> {
        let hold = |brake: &str, reason: String| Some(Hold { brake: brake.to_owned(), reason });
        let moved = has.abs_diff(quantity);
        let UsageRules { quantity_percent: percent, quantity_least: least, .. } = self.input.rules;
        if !as_left {
            return hold(
                "edited",
                format!(
                    "somebody set it to {has} in the PSA, where {} were approved",
                    integer(self.sent(QUANTITY)).unwrap_or_default()
                ),
            );
        }
        if quantity == 0 {
            return hold("zero", format!("the count fell from {has} to zero"));
        }
        if moved >= u64::from(*least)
            && moved.saturating_mul(100) > u64::from(*percent).saturating_mul(has.unsigned_abs())
        {
            return hold("quantity", format!("from {has} to {quantity}: more than {percent} %, and at least {least}"));
        }
        None
    }
}

fn change(input: &UsageInput<'_>, line: &Line, action: Action, quantity: i64, held: Option<Hold>) -> PlannedChange {
    let key = LineKey::new(input.customer, &line.product);
    let link = input.links.get(&line.product);
    let new = |name: &str, after: Value| FieldDiff { name: name.to_owned(), before: None, after };
    let name = match (input.product)(&line.product) {
        Product::Linked { name, .. } | Product::Planned(name) => name,
        Product::Excluded | Product::Open(_) => line.product.clone(),
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

/// The link as it is once both sides say the same without a write.
fn agreed(input: &UsageInput<'_>, line: &Line) -> Option<Link> {
    let mut link = input.links.get(&line.product)?.clone();
    settle(&mut link, line.has?, line.counted?);
    Some(link)
}

/// Puts down that this quantity answers this count: it stands until one of the two moves.
pub(in crate::engine) fn settle(link: &mut Link, quantity: i64, counted: i64) {
    link.sent.insert(QUANTITY.to_owned(), Value::Integer(quantity));
    link.sent.insert(COUNTED.to_owned(), Value::Integer(counted));
    link.sent.remove(HAD);
    link.written = link.sent.clone();
}

/// The link of a line after a change of it succeeded; the rest is in `after_write`.
pub(super) fn after_usage(link: &mut Link, change: &PlannedChange) {
    let of = |name: &str| change.fields.iter().find(|diff| diff.name == name);
    let (Some(quantity), Some(counted)) = (of(QUANTITY), of(COUNTED)) else { return };
    let number = |value: &Value| integer(Some(value)).unwrap_or_default();
    settle(link, number(&quantity.after), number(&counted.after));
    for diff in [of(EFFECTIVE), of(CONTRACT), of(PRODUCT)].into_iter().flatten() {
        link.sent.insert(diff.name.clone(), diff.after.clone());
    }
    let had = quantity.before.clone().unwrap_or(Value::Integer(0));
    link.sent.insert(HAD.to_owned(), had);
    link.written = link.sent.clone();
}

/// A whole number; none for a fraction, which no line can have.
pub(crate) fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Integer(number) => Some(*number),
        Value::Decimal(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
        _ => None,
    }
}

fn date(value: Option<&Value>) -> Option<Date> {
    match value? {
        Value::Time(text) | Value::Text(text) => day(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
