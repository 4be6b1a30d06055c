//! Changing quantities. The vendor takes differences, is not idempotent and keeps no key: so what is there is read at that
//! very moment, the difference is sent once, and the vendor's word that there was one already is answered by reading again.
//!
//! A write that gets no reply is the host's to look up: the next try reads first, and sends nothing where the number
//! is as wanted.

use super::LINES;
use super::units::{self, Day, Term, Units, moment};
use crate::client::Client;
use crate::contracts::{ACTIVE, RECURRING};
use crate::entity::Fields;
use crate::query::{Condition, Query, number, parent, target};
use crosswalk_sdk::batch::all_failed;
use crosswalk_sdk::json::{self, Int};
use crosswalk_sdk::{
    Change, Failure, Method, Operation, Outcome, Reference, Request, Settlement, Usage, Value, precondition,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

const FIELDS: &Fields =
    &[("effectiveDate", "effective", None), ("unitChange", "quantity", None), ("serviceID", "product", None)];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(rename = "contractServiceID", skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
    #[serde(rename = "contractID", skip_serializing_if = "Option::is_none")]
    contract: Option<i64>,
    #[serde(rename = "serviceID", skip_serializing_if = "Option::is_none")]
    service: Option<i64>,
    unit_change: i64,
    effective_date: String,
}

fn request(change: &Change, contract: i64, body: &Body) -> Request {
    let path = format!("Contracts/{contract}/ServiceAdjustments");
    Request::new(Method::Post, "zone", path).json(json::write(body)).change(&change.id)
}

/// Writes lines.
pub(crate) fn write(client: &Client<'_>, changes: &[Change]) -> Vec<Outcome> {
    let settled = match changes.first().map(|change| change.operation) {
        Some(Operation::Create) => create(client, changes),
        Some(Operation::Update) => update(client, changes),
        _ => Err(Failure::Unsupported("a service on a contract is added and given another quantity".to_owned())),
    };
    match settled {
        Err(failure) => all_failed(changes, &failure),
        Ok(mut settled) => {
            let lost = || Settlement::Failed(Failure::Broken("nothing became of the change".to_owned()));
            let outcome = |change: &Change| Outcome {
                change: change.id.clone(),
                result: settled.remove(&change.id).unwrap_or_else(lost),
            };
            changes.iter().map(outcome).collect()
        }
    }
}

type Settled = BTreeMap<String, Settlement>;

/// What a change asks for.
struct Wanted<'c> {
    change: &'c Change,
    usage: Usage,
    quantity: i64,
    day: String,
}

impl<'c> Wanted<'c> {
    fn of(change: &'c Change) -> Result<Self, Failure> {
        let usage = Usage::of_change(change.clone())?;
        let Some(&quantity) = usage.quantity.value() else {
            return Err(Failure::rejected_field("quantity", "a change of usage says how many it shall be"));
        };
        if quantity < 0 {
            return Err(Failure::rejected_field("quantity", format!("{quantity} is less than nothing")));
        }
        let day = usage.effective.value().and_then(|time| Day::of(&time.0));
        let day = day.ok_or_else(|| {
            Failure::rejected_field("effective", "Autotask changes a quantity from a day on: that day is missing")
        })?;
        Ok(Self { change, usage, quantity, day })
    }

    /// Whether its day is one of the contract's.
    fn within(&self, term: &Term) -> Result<(), Failure> {
        let day = &self.day;
        let has_begun = term.first.as_ref().is_none_or(|first| first.date() <= day.as_str());
        if has_begun && term.last.as_ref().is_none_or(|last| day.as_str() <= last.date()) {
            return Ok(());
        }
        let named = |day: &Option<Day>| day.as_ref().map_or("(no day)", |day| day.date()).to_owned();
        let (first, last) = (named(&term.first), named(&term.last));
        let why = format!("{day} is no day of the contract, which lasts from {first} to {last}");
        Err(Failure::rejected_field("effective", why))
    }
}

/// Those that ask for something that can be done; the others are settled. `key` tells what two must not share: each is
/// reckoned from what is there before the batch.
fn wanted<'c, K: Ord + Copy>(
    changes: &'c [Change],
    settled: &mut Settled,
    key: impl Fn(&Wanted<'_>) -> Result<K, Failure>,
) -> Vec<(K, Wanted<'c>)> {
    let mut keys = BTreeSet::new();
    let mut all = Vec::new();
    for change in changes {
        let checked = Wanted::of(change).and_then(|wanted| Ok((key(&wanted)?, wanted)));
        match checked {
            Ok((key, wanted)) if keys.insert(key) => all.push((key, wanted)),
            Ok(_) => {
                let why = "another change of the same service on the same contract goes first";
                fail(settled, change, Failure::Conflict(why.to_owned()));
            }
            Err(failure) => fail(settled, change, failure),
        }
    }
    all
}

fn fail(settled: &mut Settled, change: &Change, failure: Failure) {
    settled.insert(change.id.clone(), Settlement::Failed(failure));
}

/// What a line has from a day on, as far as it was read.
struct Line {
    contract: i64,
    have: i64,
}

/// Of the rows of a line, the one that holds a day: the latest to begin by then, as a row may end on the day the
/// next one begins.
fn holding<'r>(rows: &'r [Units], line: i64, day: &str) -> Option<&'r Units> {
    let begun = rows.iter().filter(|row| row.line.0 == line && row.start.date() <= day);
    begun.max_by(|a, b| a.start.date().cmp(b.start.date()))
}

fn update(client: &Client<'_>, changes: &[Change]) -> Result<Settled, Failure> {
    let mut settled = Settled::new();
    let all = wanted(changes, &mut settled, |wanted| target(wanted.change));
    let mut rows = units::on(client, all.iter().map(|(line, wanted)| (*line, &*wanted.day)))?;
    let rest = all.iter().filter(|(line, wanted)| holding(&rows, *line, &wanted.day).is_none());
    let rest: Vec<i64> = rest.map(|(line, _)| *line).collect();
    rows.extend(units::whole(client, &rest)?);

    // A line that has no units yet on the day has none.
    let mut lines = HashMap::new();
    for (line, wanted) in &all {
        let have = holding(&rows, *line, &wanted.day).map_or(0, |row| row.units.0);
        if let Some(row) = rows.iter().find(|row| row.line.0 == *line) {
            lines.insert(*line, Line { contract: row.contract.0, have });
        } else {
            let why = format!("Autotask has no units of the contract's service {line}");
            fail(&mut settled, wanted.change, Failure::NotFound(why));
        }
    }
    let reckoned = all.iter().filter_map(|(line, wanted)| Some((*line, &*wanted.day, lines.get(line)?.have)));
    let later = units::differing(client, reckoned)?;
    let terms = units::terms(client, &lines.values().map(|line| line.contract).collect())?;

    let (mut sending, mut prepared) = (Vec::new(), Vec::new());
    for (id, wanted) in &all {
        let Some(line) = lines.get(id) else { continue };
        match difference(wanted, *id, line, terms.get(&line.contract), (&rows, &later)) {
            Err(failure) => fail(&mut settled, wanted.change, failure),
            Ok(0) => {
                settled.insert(wanted.change.id.clone(), Settlement::Done(id.to_string()));
            }
            Ok(unit_change) => {
                let own = rows.iter().filter(|row| row.line.0 == *id).flat_map(|row| [&row.start, &row.end]);
                let effective_date = moment(&wanted.day, own);
                let body = Body { line: Some(*id), contract: None, service: None, unit_change, effective_date };
                prepared.push(Ok(request(wanted.change, line.contract, &body)));
                sending.push(wanted.change.clone());
            }
        }
    }
    let sent = client.write_each(&sending, prepared, FIELDS, |change, _| Ok(change.target.clone().unwrap_or_default()));
    let is_twice = |outcome: &&Outcome| matches!(outcome.result, Settlement::Failed(Failure::Conflict(_)));
    let twice: HashSet<String> = sent.iter().filter(is_twice).map(|outcome| outcome.change.clone()).collect();
    settled.extend(sent.into_iter().map(|outcome| (outcome.change, outcome.result)));
    settle_twice(client, all.iter().filter(|(_, wanted)| twice.contains(&wanted.change.id)), &mut settled);
    Ok(settled)
}

/// By how much a line has to change; `rows` and `later` are those of all lines.
fn difference(
    wanted: &Wanted<'_>,
    id: i64,
    line: &Line,
    term: Option<&Term>,
    (rows, later): (&[Units], &[Units]),
) -> Result<i64, Failure> {
    let is_own = |row: &&Units| row.line.0 == id;
    let day = &wanted.day;
    let term = term.ok_or_else(|| Failure::NotFound(format!("Autotask has no contract {}", line.contract)))?;
    wanted.within(term)?;
    if let Some(row) = later.iter().filter(is_own).min_by(|a, b| a.start.date().cmp(b.start.date())) {
        let (from, units, have) = (row.start.date(), row.units.0, line.have);
        let why =
            format!("there is a later change already: {have} on {day}, but {units} from {from}; change it in Autotask");
        return Err(Failure::Conflict(why));
    }
    let change = wanted.quantity - line.have;
    let before = wanted.change.before.iter().find(|field| field.name == "quantity").map(|field| &field.value);
    if let Some(Value::Integer(before)) = before
        && *before != line.have
        && change != 0
    {
        return Err(precondition::differs("quantity", &before.to_string(), &line.have.to_string()));
    }
    let posted = rows.iter().filter(is_own).filter(|row| row.is_posted()).map(|row| row.end.date());
    match posted.filter(|until| *until >= day.as_str()).max() {
        Some(until) if change != 0 => {
            let why = format!("it was invoiced until {until} already: a change can hold from a day after that");
            Err(Failure::rejected_field("effective", why))
        }
        _ => Ok(change),
    }
}

/// The vendor takes one change of a service on one date. Where it was ours, the number is as wanted by now.
fn settle_twice<'w, 'c: 'w>(
    client: &Client<'_>,
    twice: impl Iterator<Item = &'w (i64, Wanted<'c>)>,
    settled: &mut Settled,
) {
    let twice: Vec<&(i64, Wanted<'_>)> = twice.collect();
    if twice.is_empty() {
        return;
    }
    let read = units::on(client, twice.iter().map(|(line, wanted)| (*line, &*wanted.day)));
    for (line, wanted) in twice {
        let result = match &read {
            Err(failure) => Settlement::Failed(failure.clone()),
            Ok(rows) if holding(rows, *line, &wanted.day).is_some_and(|row| row.units.0 == wanted.quantity) => {
                Settlement::Done(line.to_string())
            }
            Ok(_) => {
                let day = &wanted.day;
                let why = format!(
                    "Autotask takes one change of a service on one date, and {day} has its own: make this one on another day"
                );
                Settlement::Failed(Failure::Conflict(why))
            }
        };
        settled.insert(wanted.change.id.clone(), result);
    }
}

#[derive(Deserialize)]
struct Found {
    id: Int,
    #[serde(rename = "contractID")]
    contract: Int,
    #[serde(rename = "serviceID")]
    service: Int,
}

/// The lines that contracts have of services.
fn found(client: &Client<'_>, pairs: &[(i64, i64)]) -> Result<Vec<Found>, Failure> {
    let some = |pairs: &[(i64, i64)]| {
        let contracts: BTreeSet<i64> = pairs.iter().map(|(contract, _)| *contract).collect();
        let services: BTreeSet<i64> = pairs.iter().map(|(_, service)| *service).collect();
        let filter = vec![Condition::among("contractID", contracts), Condition::among("serviceID", services)];
        Query::new(&["id", "contractID", "serviceID"], filter)
    };
    client.every(LINES, &pairs.chunks(250).map(some).collect::<Vec<_>>())
}

fn create(client: &Client<'_>, changes: &[Change]) -> Result<Settled, Failure> {
    let mut settled = Settled::new();
    let all = wanted(changes, &mut settled, |wanted| {
        let Some(Reference(product)) = wanted.usage.product.value() else {
            return Err(Failure::rejected_field("product", "a line of a contract is of a service"));
        };
        Ok((parent(wanted.change)?, number(product)?))
    });
    let pairs: Vec<(i64, i64)> = all.iter().map(|(pair, _)| *pair).collect();
    let there: HashSet<(i64, i64)> =
        found(client, &pairs)?.iter().map(|line| (line.contract.0, line.service.0)).collect();
    let terms = units::terms(client, &pairs.iter().map(|(contract, _)| *contract).collect())?;
    let (mut sending, mut prepared) = (Vec::new(), Vec::new());
    for (pair, wanted) in &all {
        match addable(wanted, *pair, terms.get(&pair.0), &there) {
            Err(failure) => fail(&mut settled, wanted.change, failure),
            Ok(()) => {
                let (contract, service) = (Some(pair.0), Some(pair.1));
                let days = terms.get(&pair.0).into_iter().flat_map(|term| [&term.first, &term.last]).flatten();
                let effective_date = moment(&wanted.day, days);
                let body = Body { line: None, contract, service, unit_change: wanted.quantity, effective_date };
                prepared.push(Ok(request(wanted.change, pair.0, &body)));
                sending.push(wanted.change.clone());
            }
        }
    }
    // The reply names no line: that is looked up.
    let sent = client.write_each(&sending, prepared, FIELDS, |_, _| Ok(String::new()));
    let is_done =
        |id: &str| sent.iter().any(|outcome| outcome.change == id && matches!(outcome.result, Settlement::Done(_)));
    let made: Vec<_> = all.iter().filter(|(_, wanted)| is_done(&wanted.change.id)).collect();
    let lines = found(client, &made.iter().map(|(pair, _)| *pair).collect::<Vec<_>>());
    let made: Vec<(String, Settlement)> =
        made.iter().map(|(pair, wanted)| (wanted.change.id.clone(), made_line(&lines, *pair))).collect();
    settled.extend(sent.into_iter().map(|outcome| (outcome.change, outcome.result)));
    settled.extend(made);
    Ok(settled)
}

/// Whether a service can be added to a contract.
fn addable(
    wanted: &Wanted<'_>,
    (contract, service): (i64, i64),
    term: Option<&Term>,
    there: &HashSet<(i64, i64)>,
) -> Result<(), Failure> {
    let term = term.ok_or_else(|| Failure::NotFound(format!("Autotask has no contract {contract}")))?;
    if term.contract_type.0 != RECURRING {
        return Err(Failure::rejected("services can only be on a contract of the type Recurring Service"));
    }
    if term.status.0 != ACTIVE {
        return Err(Failure::rejected("the contract is cancelled: choose one that is active"));
    }
    wanted.within(term)?;
    if wanted.quantity == 0 {
        return Err(Failure::rejected_field("quantity", "a service is added to a contract with at least 1"));
    }
    if there.contains(&(contract, service)) {
        return Err(Failure::Conflict(format!("the contract has the service {service} already: change that line")));
    }
    Ok(())
}

/// What became of a line that the vendor took.
fn made_line(lines: &Result<Vec<Found>, Failure>, pair: (i64, i64)) -> Settlement {
    let mut of_pair = lines.iter().flatten().filter(|line| (line.contract.0, line.service.0) == pair);
    match (lines, of_pair.next(), of_pair.next()) {
        // It was written, whatever keeps the look-up from telling which it is.
        (Err(failure), ..) => {
            let why = format!("Autotask took the new line, but which it is could not be asked: {}", failure.message());
            Settlement::Failed(Failure::Unavailable(why))
        }
        (Ok(_), Some(line), None) => Settlement::Done(line.id.0.to_string()),
        (Ok(_), ..) => {
            let why = "Autotask took the new line, but it cannot be told which it is";
            Settlement::Failed(Failure::Unavailable(why.to_owned()))
        }
    }
}
