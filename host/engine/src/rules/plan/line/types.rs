//! Input and output of planning lines.

use crosswalk_model::sync::UsageRules;
use crosswalk_model::usage::day;
use crosswalk_model::{Action, Hold, KindDescription, LineKey, Link, Record, Rest, Said, Value};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// The catalogue's field: a line's quantity.
pub const QUANTITY: &str = "quantity";

/// The catalogue's field: the first day of a quantity.
pub const EFFECTIVE: &str = "effective";

/// The catalogue's field: a line's product.
pub const PRODUCT: &str = "product";

/// One customer's usage.
pub struct UsageInput<'a> {
    /// The source customer's id.
    pub customer: &'a str,
    /// Where its quantities go.
    pub place: Place<'a>,
    /// The source's rows of it, of whatever month.
    pub rows: &'a [Record],
    /// The month that counts, where the vendor reports by month.
    pub period: Option<&'a str>,
    /// Why its counts are not known, if they are not.
    pub not_fetched: Option<&'a Said>,
    /// The links of its lines, by the source's product.
    pub links: &'a BTreeMap<String, Link>,
    /// What is on the contract; none when that could not be read.
    pub lines: Option<&'a [Record]>,
    /// A line of any contract, by its id.
    pub line_of: &'a dyn Fn(&str) -> Option<&'a Record>,
    /// A contract of any account, by its id.
    pub contract_of: &'a dyn Fn(&str) -> Option<&'a Record>,
    /// The contracts that may follow the one it has, which has ended; the likeliest first.
    pub successors: &'a [&'a Record],
    /// Who else has a line of a contract, as `billed by …`; asked for the sake of one of these lines.
    pub taken: &'a dyn Fn(&LineKey, &str) -> Option<Said>,
    /// Whether a line of a contract is billed by others than this one: it goes on without it.
    pub goes_on: &'a dyn Fn(&LineKey, &str) -> bool,
    /// The sum that this line was a part of and is not billed by any more, or is to leave.
    pub left: &'a dyn Fn(&LineKey) -> Option<&'a Left>,
    /// What goes elsewhere of what this line bills.
    pub leaves: &'a dyn Fn(&LineKey) -> &'a [LineKey],
    /// From which day on something of that is billed by another line already.
    pub doubled: &'a dyn Fn(&LineKey) -> Option<Date>,
    /// From which day on a part is billed already: by a line of a contract, whoever had it, or by another than one that
    /// bills it still.
    pub since: &'a dyn Fn(&LineKey, Option<&str>) -> Option<Date>,
    /// From which day on the last change of a line of a contract holds that another line than this one made, or this
    /// one before its link was another.
    pub changed: &'a dyn Fn(&LineKey, &str) -> Option<Date>,
    /// Whether a sum was agreed on that has this line as a part.
    pub agreed: &'a dyn Fn(&LineKey) -> bool,
    /// Which lines go to the same line of the contract as this one.
    pub share: &'a dyn Fn(&LineKey) -> Share<'a>,
    /// What a source product is in the target.
    pub product: &'a dyn Fn(&str) -> &'a Product,
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

/// With whom a line goes to one line of a contract.
#[derive(Debug, Clone, Copy, Default)]
pub enum Share<'a> {
    /// With nobody.
    #[default]
    Alone,
    /// It leads these others.
    Leads(&'a [Part]),
    /// This one leads it.
    With(&'a LineKey),
}

/// Where a customer's quantities go.
#[derive(Debug, Clone)]
pub enum Place<'a> {
    /// To this contract.
    Contract(&'a Record),
    /// Nowhere for now: a person switched its usage off; which switch.
    Off(Said),
    /// Nowhere any more: a person excluded the customer or its contract; which of both.
    Excluded(Said),
    /// Nowhere yet, for this reason.
    Nowhere(Said),
}

/// What a source product is in the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Product {
    /// This one.
    Linked {
        /// Its id there.
        id: String,
        /// What it is called there.
        name: String,
        /// Whether this sync made it.
        made: bool,
        /// Whether nothing is charged for it.
        unpriced: bool,
    },
    /// One that this plan creates, under this name.
    Planned(String),
    /// Not to be billed.
    Excluded,
    /// Nobody decided yet, for this reason.
    Open(Said),
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
    /// The vendor's count, all parts added up; none: not fetched.
    pub counted: Option<i64>,
    /// How many are in use, where the vendor tells.
    pub actual: Option<i64>,
    /// The contract's line; none: not there yet.
    pub target: Option<String>,
    /// What the contract has, after all that is agreed so far; none: not there, or not read.
    pub has: Option<i64>,
    /// What the contract has today, where a change for a later day is agreed already.
    pub now: Option<i64>,
    /// What was approved last.
    pub approved: Option<i64>,
    /// From which day on a change of it would hold.
    pub effective: Date,
    /// The first day from which a change can hold, where the day above is none.
    pub open_day: Option<Date>,
    /// Of what it is the sum, itself first; empty where it is alone.
    pub parts: Vec<Part>,
    /// Lines that go to 0 with the change.
    pub retires: Vec<Retire>,
    /// What has to be written first.
    pub(crate) rests: Vec<Rest>,
    /// The parts it goes on without.
    pub(crate) leaves: Vec<LineKey>,
    /// What follows.
    pub verdict: LineVerdict,
    /// Why, in one sentence.
    pub reason: Said,
    /// What else is wrong, one sentence each, until it is put right.
    pub notes: Vec<Said>,
}

/// What follows for a line.
#[derive(Debug, Clone, PartialEq)]
pub enum LineVerdict {
    /// Nothing: all is as approved.
    InStep,
    /// The contract is brought to this quantity; `Link` only takes the line over, and `Retire` only ends what billed it.
    Change {
        /// Create, update, link or retire.
        action: Action,
        /// How many.
        quantity: i64,
        /// What holds it, each for its own reason.
        holds: Vec<Hold>,
    },
    /// The link is to remember what both sides came to by themselves.
    Agreed,
    /// The count is not known.
    NotFetched,
    /// It is left as it is until somebody does something.
    Left,
    /// It is billed by the line of this one, with which it adds up.
    Together(LineKey),
}

/// What is counted of a product, and how many are in use: the rows of the month that counts added
/// up; unknown as soon as one of them tells no number.
pub(crate) fn count(rows: &[Record], product: &str, period: Option<&str>) -> (Option<i64>, Option<i64>) {
    let of_line = |row: &&Record| {
        let month = row.text("period");
        row.text(PRODUCT) == Some(product) && (month.is_none() || month == period)
    };
    let (mut counted, mut actual) = (Some(0_i64), None::<i64>);
    for row in rows.iter().filter(of_line) {
        counted = counted.zip(integer(row.field(QUANTITY))).and_then(|(sum, more)| sum.checked_add(more));
        if let Some(more) = integer(row.field("actual")) {
            actual = Some(actual.unwrap_or_default().saturating_add(more));
        }
    }
    (counted, actual)
}

/// Whether the vendor tells that nothing is charged for a service or a line.
pub(crate) fn is_free(record: &Record) -> bool {
    let price = record.text("price").and_then(|price| price.replace(',', ".").parse::<f64>().ok());
    price.is_some_and(|price| price == 0.0)
}

/// A whole number; none for a fraction, which no line can have.
pub fn integer(value: Option<&Value>) -> Option<i64> {
    match value? {
        Value::Integer(number) => Some(*number),
        Value::Decimal(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
        _ => None,
    }
}

pub(crate) fn date(value: Option<&Value>) -> Option<Date> {
    match value? {
        Value::Time(text) | Value::Text(text) => day(text),
        _ => None,
    }
}

/// The line by which something was billed with others, while its count goes elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Whose that line is, or is to be.
    pub leader: LineKey,
    /// That line.
    pub line: String,
    /// From which day on the line is without it; none: it is billed by it still.
    pub since: Option<Date>,
    /// From which day gone by the line will be without it, where it is billed by it still: the change of who goes on
    /// with the line holds from then on.
    pub from: Option<Date>,
}

/// One of the lines that add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub key: LineKey,
    /// Its own count; none: not known.
    pub counted: Option<i64>,
    /// How many of it are in use, where the vendor tells.
    pub actual: Option<i64>,
    /// Why its count is not known.
    pub why: Option<Said>,
    /// The line it was billed by until now, where that is another.
    pub old: Option<Retire>,
    /// From which day on no line bills it, where the line of its own came to its end.
    pub ended: Option<Date>,
    /// The sum it was billed with until now, where it goes elsewhere.
    pub left: Option<Left>,
}

/// A line of a contract that is set to 0 because what it billed is billed by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retire {
    /// Whose it is.
    pub key: LineKey,
    /// The line.
    pub line: String,
    /// Its contract.
    pub contract: String,
    /// Its service.
    pub service: Option<String>,
    /// What it is called.
    pub name: String,
    /// What it has.
    pub has: i64,
    /// From which day on its last change holds; `None` where this host made none.
    pub changed: Option<Date>,
    /// The revision of its link.
    pub revision: i64,
}
