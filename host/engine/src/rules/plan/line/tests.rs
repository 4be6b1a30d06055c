//! Every line of the table of what follows from three numbers, and from what is not there.

mod days;
mod sums;

use super::*;
use crate::rules::plan::after_write;
use crate::rules::terms::in_force;
use crate::testkit::{NOW, With, describe, record};
use crosswalk_model::sync::{BrakeLimits, UsageRules};
use crosswalk_model::{
    Brake, Decider, FieldDiff, KindDescription, LineStep, LinkState, Operation, PartCount, PartDay, PlannedChange,
    Replaced, Rest, Step, Value,
};
use crosswalk_say::English;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap};

/// A world of one customer and one product, told in a line.
struct Bed {
    rows: Vec<Record>,
    lines: Option<Vec<Record>>,
    /// Lines of other contracts, and those contracts.
    elsewhere: Vec<Record>,
    contracts: Vec<Record>,
    links: BTreeMap<String, Link>,
    contract: Record,
    /// What adds up to the same line.
    others: Vec<Part>,
    leader: Option<LineKey>,
    goes_on: bool,
    left: Option<Left>,
    leaves: Vec<LineKey>,
    /// From which day on the last change of its line holds that another made.
    changed: Option<Date>,
    /// Whether the leader's sum was agreed on with it.
    agreed: bool,
    off: bool,
    taken: Option<&'static str>,
    automatic: bool,
    not_fetched: Option<Said>,
    product: Product,
    choices: HashMap<String, Choice>,
    today: Date,
}

fn row(quantity: i64, period: &str) -> Record {
    record("r", Some("c"), "Endpoint", &[(PRODUCT, "p"), ("period", period)]).with(QUANTITY, Value::Integer(quantity))
}

fn on_contract(id: &str, quantity: i64) -> Record {
    record(id, Some("k"), "Endpoint", &[(PRODUCT, "s")]).with(QUANTITY, Value::Integer(quantity))
}

fn service(id: &str, name: &str) -> Product {
    Product::Linked { id: id.to_owned(), name: name.to_owned(), made: false, unpriced: false }
}

fn part(customer: &str, counted: Option<i64>) -> Part {
    let why = counted.is_none().then(|| "no report".into());
    Part { key: LineKey::new(customer, "p"), counted, actual: None, why, old: None, ended: None, left: None }
}

fn time(day: &str) -> Value {
    Value::Time(format!("{day}T00:00:00Z"))
}

impl Bed {
    fn new(counted: i64, has: Option<i64>) -> Self {
        Self {
            rows: vec![row(counted, "2026-11")],
            lines: Some(has.map(|has| on_contract("l", has)).into_iter().collect()),
            elsewhere: Vec::new(),
            contracts: Vec::new(),
            others: Vec::new(),
            leader: None,
            goes_on: false,
            left: None,
            leaves: Vec::new(),
            changed: None,
            agreed: false,
            links: BTreeMap::new(),
            contract: record("k", Some("a"), "Care", &[])
                .with("starts", time("2026-01-01"))
                .with("ends", time("2026-12-31")),
            off: false,
            taken: None,
            automatic: false,
            not_fetched: None,
            product: service("s", "Endpoint"),
            choices: HashMap::new(),
            today: jiff::civil::date(2026, 11, 21),
        }
    }

    /// The same after somebody approved `quantity` for a count of `counted`, a month ago.
    fn approved(mut self, quantity: i64, counted: i64) -> Self {
        let mut link = Link::unmapped(Kind::Usage, "c/p", NOW);
        link.state = LinkState::Linked;
        link.target = Some("l".to_owned());
        settle(&mut link, quantity, counted, None);
        let memory = link.memory.line_mut();
        memory.effective = Some(jiff::civil::date(2026, 10, 21));
        memory.contract = Some("k".to_owned());
        self.links.insert("p".to_owned(), link);
        self
    }

    fn input<T>(&self, with: impl FnOnce(&UsageInput<'_>) -> T) -> T {
        self.input_at(&describe(Kind::Usage), with)
    }

    fn input_at<T>(&self, describe: &KindDescription, with: impl FnOnce(&UsageInput<'_>) -> T) -> T {
        let lines = || self.lines.iter().flatten().chain(&self.elsewhere);
        let of_contract = |id: &str| [&self.contract].into_iter().chain(&self.contracts).find(|one| one.id == id);
        let none = |_: &str| std::collections::HashSet::new();
        let successors = successors(&self.contract, &self.contracts, self.today, &none);
        with(&UsageInput {
            customer: "c",
            place: if self.off { Place::Off("usage is switched off".into()) } else { Place::Contract(&self.contract) },
            rows: &self.rows,
            period: Some("2026-11"),
            not_fetched: self.not_fetched.as_ref(),
            links: &self.links,
            lines: self.lines.as_deref(),
            line_of: &|id| lines().find(|line| line.id == id),
            contract_of: &of_contract,
            successors: &successors,
            taken: &|_, _| self.taken.map(Said::from),
            goes_on: &|_, _| self.goes_on,
            left: &|_| self.left.as_ref(),
            leaves: &|_| &self.leaves,
            doubled: &|_| None,
            since: &|_, _| None,
            changed: &|_, _| self.changed,
            agreed: &|_| self.agreed,
            share: &|_| match &self.leader {
                Some(leader) => Share::With(leader),
                None if self.others.is_empty() => Share::Alone,
                None => Share::Leads(&self.others),
            },
            automatic: self.automatic,
            product: &|_| &self.product,
            describe,
            rules: &UsageRules::default(),
            today: self.today,
            choices: &self.choices,
        })
    }

    fn line(&self) -> Option<Line> {
        self.input(|input| {
            let lines = lines(input);
            assert!(lines.len() < 2);
            lines.into_iter().next()
        })
    }

    /// The step in short: `update 12`, `held zero: update 0`, …
    fn step(&self) -> String {
        let Some(line) = self.line() else { return "nothing".to_owned() };
        match line.verdict {
            LineVerdict::InStep => "in step".to_owned(),
            LineVerdict::Agreed => "agreed".to_owned(),
            LineVerdict::NotFetched => "not fetched".to_owned(),
            LineVerdict::Left => format!("left: {}", line.reason.english()),
            LineVerdict::Together(leader) => format!("together with {leader}"),
            LineVerdict::Change { action, quantity, holds } => {
                let ends: String =
                    line.retires.iter().map(|old| format!("end {} of {}, ", old.line, old.has)).collect();
                let held = Hold::together(holds).map(|hold| format!("held {}: ", hold.words())).unwrap_or_default();
                format!("{held}{ends}{} {quantity}", action.as_str())
            }
        }
    }

    fn plan(&self) -> Planned {
        self.input(|input| plan_usage(input, &lines(input)))
    }

    /// Carries the plan out, as the vendor would, from the day the change names on.
    fn apply(&mut self) -> usize {
        let planned = self.plan();
        for change in &planned.changes {
            let target = change.target.clone().unwrap_or_else(|| "l".to_owned());
            let FieldDiff { after, .. } = change.fields.iter().find(|diff| diff.name == QUANTITY).unwrap();
            let link = after_write(self.links.get("p"), change, None, &target, None, NOW);
            self.links.insert("p".to_owned(), link);
            self.lines = Some(vec![on_contract(&target, integer(Some(after)).unwrap())]);
        }
        planned.changes.len()
    }
}

#[test]
fn three_numbers_and_what_follows() {
    for (what, bed, expected) in [
        ("not on the contract", Bed::new(7, None), "create 7"),
        ("zero and not there", Bed::new(0, None), "nothing"),
        ("zero, and a line that is not ours", Bed::new(0, Some(5)), "nothing"),
        ("taken over as it is", Bed::new(7, Some(7)), "link 7"),
        ("taken over and set", Bed::new(7, Some(6)), "held takeover: update 7"),
        ("in step", Bed::new(7, Some(7)).approved(7, 7), "in step"),
        ("the count moved", Bed::new(8, Some(7)).approved(7, 7), "update 8"),
        ("approved with another number", Bed::new(9, Some(7)).approved(7, 9), "in step"),
        ("… until the count moves", Bed::new(10, Some(7)).approved(7, 9), "update 10"),
        ("somebody changed it", Bed::new(7, Some(6)).approved(7, 7), "held edited: update 7"),
        ("somebody changed it, and the count moved", Bed::new(9, Some(6)).approved(7, 7), "held edited: update 9"),
        ("somebody changed it to the count", Bed::new(9, Some(9)).approved(7, 7), "agreed"),
        ("it fell to zero", Bed::new(0, Some(7)).approved(7, 7), "held zero: update 0"),
        ("it leapt", Bed::new(126, Some(100)).approved(100, 100), "held quantity: update 126"),
        ("it rose by a quarter", Bed::new(125, Some(100)).approved(100, 100), "update 125"),
        ("it leapt among few", Bed::new(6, Some(2)).approved(2, 2), "update 6"),
        ("it fell among few", Bed::new(1, Some(4)).approved(4, 4), "held quantity: update 1"),
        ("it fell a little", Bed::new(9, Some(10)).approved(10, 10), "update 9"),
        ("it fell", Bed::new(70, Some(100)).approved(100, 100), "held quantity: update 70"),
    ] {
        assert_eq!(bed.step(), expected, "{what}");
    }
}

#[test]
fn not_fetched_is_not_zero_and_changes_nothing() {
    let mut bed = Bed::new(0, Some(7)).approved(7, 7);
    bed.rows.clear();
    assert_eq!(bed.step(), "held zero: update 0", "fetched, and empty");
    bed.not_fetched = Some("no report yet".into());
    assert_eq!(bed.step(), "not fetched");
    assert_eq!(bed.line().and_then(|line| line.counted), None);
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.rows[0].fields.retain(|field| field.name != QUANTITY);
    assert_eq!(bed.step(), "not fetched", "a row without a number");
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.lines = None;
    assert_eq!(bed.step(), "not fetched", "the contract's lines");
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.rows = vec![row(9, "2026-10")];
    assert_eq!(bed.step(), "held zero: update 0", "last month's row says nothing of this month");
}

#[test]
fn rows_of_one_line_add_up() {
    let mut bed = Bed::new(7, None);
    bed.rows.push(row(5, "2026-11"));
    bed.rows.push(row(100, "2026-10"));
    let mut licence = row(1, "");
    licence.fields.retain(|field| field.name != "period");
    bed.rows.push(licence.with("actual", Value::Integer(3)));
    assert_eq!(bed.step(), "create 13");
    assert_eq!(bed.line().and_then(|line| line.actual), Some(3));
}

#[test]
fn what_is_nobodys_to_change_is_left_and_told() {
    let mut bed = Bed::new(9, Some(7));
    bed.lines = Some(vec![on_contract("l", 7), on_contract("m", 2)]);
    assert!(bed.step().contains("2 times on the contract Care, as l, m"), "{}", bed.step());
    let mut bed = bed.approved(7, 7);
    assert!(bed.step().starts_with("left"), "it appeared twice only later");
    bed.links.get_mut("p").unwrap().decided_by = Some(Decider::Operator);
    assert_eq!(bed.step(), "update 9", "an operator said which it is");

    let gone = Bed::new(9, None).approved(7, 7);
    assert!(gone.step().contains("gone from the contract"), "{}", gone.step());
    let mut moved = Bed::new(9, None).approved(7, 7);
    moved.contract.id = "other".to_owned();
    assert_eq!(moved.step(), "held moved: create 9");

    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.contract = bed.contract.with("cancelled", Value::Boolean(true));
    assert!(bed.step().contains("cancelled"));
    bed.product = Product::Excluded;
    assert!(bed.step().contains("line l stays on the contract"), "{}", bed.step());
    bed.contract = bed.contract.with("cancelled", Value::Boolean(false));
    bed.choices.insert("p".to_owned(), Choice { quantity: Some(0), effective: None });
    assert_eq!(bed.step(), "held zero: update 0");
    bed.choices.clear();
    bed.lines = Some(vec![on_contract("l", 0)]);
    assert_eq!(bed.step(), "in step");
    let mut bed = Bed::new(9, None);
    bed.product = Product::Open("nothing is like it".into());
    assert_eq!(bed.step(), "left: nothing is like it");
    bed.off = true;
    assert_eq!(bed.step(), "in step");
}

#[test]
fn another_product_since_is_held_and_goes_to_its_own_line() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.product = service("t", "Server");
    assert_eq!(bed.step(), "held moved: end l of 7, create 9");
    let mut other = on_contract("m", 2);
    other.fields.retain(|field| field.name != PRODUCT);
    bed.lines.as_mut().unwrap().push(other.with(PRODUCT, Value::Text("t".to_owned())));
    assert_eq!(bed.step(), "held moved+takeover+quantity: end l of 7, update 9");
    bed.product = Product::Open("forgotten".into());
    assert_eq!(bed.step(), "left: forgotten");
    let mut none = Bed::new(0, None).approved(7, 7);
    none.contract.id = "other".to_owned();
    assert!(none.step().starts_with("left: nothing is counted"), "{}", none.step());
}

#[test]
fn the_second_half_of_a_move_holds_from_the_day_of_the_first_half_until_it_is_written() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.product = service("t", "Server");
    let first = bed.plan().changes.remove(0);
    assert_eq!(first.action, Action::Retire);
    let day = bed.today;
    let ended = after_write(bed.links.get("p"), &first, None, "l", None, NOW);
    bed.links.insert("p".to_owned(), ended.clone());
    bed.lines = Some(vec![on_contract("l", 0)]);
    bed.today = day.checked_add(jiff::ToSpan::days(2)).unwrap();
    assert_eq!(bed.step(), "create 9");
    assert_eq!(bed.line().unwrap().effective, day);
    let second = bed.plan().changes.remove(0);
    let written = after_write(bed.links.get("p"), &second, None, "m", None, NOW);
    assert!(written.memory.line().ended.is_none(), "{written:?}");
    // Billed by another line meanwhile, the day is nobody's any more.
    bed.leader = Some(LineKey::new("d", "p"));
    assert!(bed.plan().noted.is_empty(), "the other does not bill it yet");
    bed.agreed = true;
    let noted = bed.plan().noted.remove(0);
    assert_eq!((noted.memory.line().ended, noted.target), (None, None));
    // What goes into a sum is not a move of its own.
    let other = PlannedChange {
        step: Step::Line(Box::new(LineStep { moves: false, ..first.line().unwrap().clone() })),
        ..first
    };
    assert!(after_write(Some(&ended), &other, None, "l", None, NOW).memory.line().ended.is_none());
}

#[test]
fn a_change_from_the_first_day_that_is_not_invoiced_says_which_days_it_does_not_reach() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    let before = bed.today.yesterday().unwrap();
    for (until, told) in [(before, true), (before.yesterday().unwrap(), false)] {
        let line = on_contract("l", 7).with("invoiced-until", time(&until.to_string()));
        bed.lines = Some(vec![line]);
        let line = bed.line().unwrap();
        assert_eq!(bed.step(), "update 9");
        assert_eq!(line.reason.english().contains(&format!("it is invoiced until {until}")), told, "{:?}", line.reason);
        assert_eq!(line.notes.len(), usize::from(told));
    }
}

#[test]
fn a_line_that_somebody_else_has_is_left_and_one_that_is_given_up_is_in_step() {
    let mut bed = Bed::new(9, Some(7));
    bed.taken = Some("billed by d/p");
    assert!(bed.step().contains("is billed by d/p"), "{}", bed.step());
    let mut bed = Bed::new(0, None).approved(0, 0);
    assert_eq!(bed.step(), "in step", "nothing is counted, and nothing is there");
    bed.rows = vec![row(-3, "2026-11")];
    assert_eq!(bed.step(), "not fetched");
}

#[test]
fn a_large_new_line_is_held_where_nobody_looks() {
    let mut bed = Bed::new(5, None);
    bed.automatic = true;
    assert_eq!(bed.step(), "held quantity: create 5");
    bed.rows = vec![row(4, "2026-11")];
    assert_eq!(bed.step(), "create 4");
}

#[test]
fn another_contract_gets_the_line_once_a_person_says_so() {
    let mut bed = Bed::new(9, None).approved(7, 7);
    bed.contract.id = "other".to_owned();
    let planned = bed.plan();
    let stale = crate::rules::plan::stale(&planned.changes[0], bed.links.get("p"), None);
    assert_eq!(stale, None);
    bed.apply();
    assert_eq!(bed.step(), "in step");
    let decided_since = Link { revision: 9, ..bed.links["p"].clone() };
    assert!(crate::rules::plan::stale(&planned.changes[0], Some(&decided_since), None).is_some());
}

#[test]
fn a_day_that_cannot_be_is_held_and_another_day_goes() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.today = jiff::civil::date(2027, 1, 1);
    assert_eq!(bed.step(), "held dates: update 9", "the contract has run out");
    bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: Some(jiff::civil::date(2026, 12, 31)) });
    assert_eq!(bed.step(), "update 9", "its last day");
    bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: Some(jiff::civil::date(2025, 12, 31)) });
    assert_eq!(bed.step(), "held dates: update 9", "before it began");
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.lines = Some(vec![on_contract("l", 7).with("invoiced-until", time("2026-11-21"))]);
    assert_eq!(bed.step(), "held dates: update 9");
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.today = jiff::civil::date(2026, 10, 21);
    assert_eq!(bed.step(), "held dates: update 9", "a day takes one change");
}
