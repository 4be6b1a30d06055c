//! Every line of the table of what follows from three numbers, and from what is not there.

use super::*;
use crate::rules::plan::after_write;
use crate::rules::terms::in_force;
use crate::testkit::{NOW, With, describe, record};
use crosswalk_model::sync::{BrakeLimits, UsageRules};
use crosswalk_model::{
    Brake, Decider, FieldDiff, KindDescription, LineStep, LinkState, Operation, PartCount, PartDay, PlannedChange,
    Replaced, Rest, Step, Value,
};
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
    not_fetched: Option<&'static str>,
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
    let why = counted.is_none().then(|| "no report".to_owned());
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
            place: if self.off { Place::Off("usage is switched off") } else { Place::Contract(&self.contract) },
            rows: &self.rows,
            period: Some("2026-11"),
            not_fetched: self.not_fetched,
            links: &self.links,
            lines: self.lines.as_deref(),
            line_of: &|id| lines().find(|line| line.id == id),
            contract_of: &of_contract,
            successors: &successors,
            taken: &|_, _| self.taken.map(str::to_owned),
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
            LineVerdict::Left => format!("left: {}", line.reason),
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
    bed.not_fetched = Some("no report yet");
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
    assert!(bed.step().contains("2 times on the contract Care, as l and m"), "{}", bed.step());
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
    bed.product = Product::Open("nothing is like it".to_owned());
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
    bed.product = Product::Open("forgotten".to_owned());
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
        assert_eq!(line.reason.contains(&format!("it is invoiced until {until}")), told, "{}", line.reason);
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

#[test]
fn what_was_applied_is_in_step_and_a_second_plan_is_empty() {
    for (counted, has) in [(7, None), (7, Some(7)), (7, Some(6))] {
        let mut bed = Bed::new(counted, has);
        assert_eq!(bed.apply(), 1, "whatever holds it, somebody let it go");
        assert_eq!(bed.step(), "in step");
        assert_eq!(bed.plan(), Planned::default());
        assert_eq!(bed.line().and_then(|line| line.approved), Some(7));
    }
}

#[test]
fn a_change_for_a_day_to_come_waits_for_that_day() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    let tomorrow = jiff::civil::date(2026, 11, 22);
    bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: Some(tomorrow) });
    bed.apply();
    bed.choices.clear();
    bed.lines = Some(vec![on_contract("l", 7)]);
    assert_eq!(bed.step(), "in step", "it still has 7 today");
    bed.today = tomorrow;
    assert_eq!(bed.step(), "held dates+edited: update 9", "the day came, and the contract did not follow");
    bed.lines = Some(vec![on_contract("l", 9)]);
    assert_eq!(bed.step(), "in step");
}

#[test]
fn a_person_can_ask_for_another_number_and_it_stands_until_the_count_moves() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.choices.insert("p".to_owned(), Choice { quantity: Some(8), effective: None });
    assert_eq!(bed.step(), "update 8");
    bed.apply();
    bed.choices.clear();
    assert_eq!(bed.step(), "in step");
    bed.rows = vec![row(10, "2026-11")];
    bed.today = jiff::civil::date(2026, 11, 22);
    assert_eq!(bed.step(), "update 10");
}

#[test]
fn a_target_that_cannot_is_told_beforehand() {
    let cannot = |bed: &Bed| {
        let mut describe = describe(Kind::Usage);
        describe.writes.clear();
        bed.input_at(&describe, |input| lines(input).remove(0).verdict)
    };
    assert_eq!(cannot(&Bed::new(9, None)), LineVerdict::Left);
    assert_eq!(cannot(&Bed::new(9, Some(7))), LineVerdict::Left);
}

#[test]
fn the_change_says_what_is_written_and_what_it_is_about() {
    let planned = Bed::new(7, None).plan();
    let [change] = planned.changes.as_slice() else { panic!("one change") };
    let resolve = |kind, id: &str| {
        assert_eq!((kind, id), (Kind::Product, "p"));
        crate::rules::plan::Reference::Target("s".to_owned())
    };
    let id = crosswalk_model::ChangeId { plan: crosswalk_model::PlanId(1), sequence: 1 };
    let write = crate::rules::plan::to_write(change, id, id.to_string(), None, None, &resolve).unwrap().unwrap();
    assert_eq!((write.parent.as_deref(), write.name.as_deref(), write.target), (Some("k"), Some("Endpoint"), None));
    let fields: Vec<(&str, String)> =
        write.fields.iter().map(|field| (field.name.as_str(), field.value.to_string())).collect();
    let expected = [(QUANTITY, "7"), (EFFECTIVE, "2026-11-21T00:00:00Z"), (PRODUCT, "s")];
    assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn every_reason_that_holds_a_line_is_told_and_named() {
    let mut bed = Bed::new(0, Some(60)).approved(40, 40);
    bed.lines = Some(vec![on_contract("l", 60).with("invoiced-until", time("2026-11-30"))]);
    assert_eq!(bed.step(), "held dates+edited+zero: update 0");
    let planned = bed.plan();
    let held = planned.changes[0].held.clone().unwrap();
    for word in ["invoiced until 2026-11-30", "somebody set it to 60", "fell from 60 to zero"] {
        assert!(held.reason.contains(word), "{}", held.reason);
    }
    assert!(!held.can_release(), "one of them nobody can let go");
}

#[test]
fn a_product_that_goes_to_another_service_is_one_decision() {
    let mut bed = Bed::new(48, Some(48)).approved(48, 48);
    bed.product = service("t", "Server");
    let planned = bed.plan();
    let [old, new] = planned.changes.as_slice() else { panic!("two halves: {:?}", planned.changes) };
    let of =
        |change: &PlannedChange, name: &str| change.fields.iter().find(|diff| diff.name == name).unwrap().after.clone();
    assert_eq!((old.action, new.action), (Action::Retire, Action::Create), "what ends is first");
    assert_eq!((of(old, QUANTITY), of(new, QUANTITY)), (Value::Integer(0), Value::Integer(48)));
    assert_eq!(of(old, EFFECTIVE), of(new, EFFECTIVE), "for one day");
    assert_eq!(old.held, new.held, "released together");
    assert_eq!(new.line().unwrap().replaces, [Replaced { source: "c/p".to_owned(), line: "l".to_owned() }]);
    let id = crosswalk_model::ChangeId { plan: crosswalk_model::PlanId(1), sequence: 1 };
    let unknown = |_, _: &str| crate::rules::plan::Reference::Unknown;
    let write = crate::rules::plan::to_write(old, id, id.to_string(), Some("k"), None, &unknown).unwrap().unwrap();
    assert_eq!(
        (write.operation, write.target.as_deref(), write.parent.as_deref()),
        (Operation::Update, Some("l"), Some("k"))
    );
    assert_eq!(write.before, [crosswalk_model::Field::new(QUANTITY, Value::Integer(48))]);
    // Once the old one is at 0 the new one goes on, though its link moved on.
    let link = after_write(bed.links.get("p"), old, None, "l", None, NOW);
    let link = Link { revision: 5, ..link };
    assert_eq!(crate::rules::plan::stale(new, Some(&link), None), None);
    let link = after_write(Some(&link), new, None, "n", None, NOW);
    bed.links.insert("p".to_owned(), link);
    let mut other = on_contract("n", 48);
    other.fields.retain(|field| field.name != PRODUCT);
    bed.lines = Some(vec![on_contract("l", 0), other.with(PRODUCT, Value::Text("t".to_owned()))]);
    assert_eq!(bed.step(), "in step");
    assert!(bed.line().unwrap().notes.is_empty());
}

#[test]
fn a_line_that_billed_the_same_before_is_told_until_it_is_zero() {
    let mut bed = Bed::new(9, Some(9)).approved(9, 9);
    let link = bed.links.get_mut("p").unwrap();
    link.target = Some("before".to_owned());
    keep_former(link);
    link.target = Some("l".to_owned());
    bed.lines.as_mut().unwrap().push(on_contract("before", 4).with(PRODUCT, Value::Text("t".to_owned())));
    assert_eq!(bed.step(), "in step");
    let planned = bed.plan();
    assert!(planned.findings[0].message.contains("line before") && planned.findings[0].message.contains("still has 4"));
    bed.lines.as_mut().unwrap().pop();
    bed.lines.as_mut().unwrap().push(on_contract("before", 0).with(PRODUCT, Value::Text("t".to_owned())));
    assert_eq!(bed.plan(), Planned::default());
}

#[test]
fn what_is_excluded_and_bills_on_is_told_until_it_is_zero() {
    let bed = Bed::new(9, Some(7)).approved(7, 7);
    let step = |bed: &Bed, place| bed.input(|input| lines(&UsageInput { place, ..*input }).remove(0));
    let line = step(&bed, Place::Excluded("the customer is excluded"));
    assert_eq!(line.verdict, LineVerdict::Left);
    assert!(line.reason.contains("line l stays on the contract Care with 7"), "{}", line.reason);
    let line = step(&bed, Place::Off("usage is switched off"));
    assert_eq!(line.verdict, LineVerdict::InStep, "switched off is left as it is");
    let mut bed = Bed::new(9, Some(0)).approved(7, 7);
    assert_eq!(step(&bed, Place::Excluded("the customer is excluded")).verdict, LineVerdict::InStep);
    bed.lines = Some(vec![on_contract("l", 7)]);
    bed.goes_on = true;
    assert_eq!(step(&bed, Place::Excluded("the customer is excluded")).verdict, LineVerdict::InStep, "others bill it");
}

#[test]
fn a_contract_out_of_force_is_told_whatever_the_count_with_what_follows_it() {
    let mut bed = Bed::new(7, Some(7)).approved(7, 7);
    bed.today = jiff::civil::date(2027, 1, 1);
    let next =
        record("36", Some("a"), "Care 2027", &[]).with("starts", time("2027-01-01")).with("ends", time("9999-12-31"));
    bed.contracts = vec![record("35", Some("a"), "Projects", &[]).with("starts", time("2026-05-01")), next];
    assert!(bed.step().starts_with("left: the contract Care ended on 2026-12-31"), "{}", bed.step());
    assert!(bed.step().contains("Care 2027 follows it: `crosswalk customer map --contract 36`"), "{}", bed.step());
    bed.rows = vec![row(9, "2026-11")];
    let held = bed.plan().changes[0].held.clone().unwrap();
    assert!(
        held.brakes == [Brake::Dates] && held.reason.contains("--contract 36") && !held.reason.contains("another day")
    );

    // With the next one mapped no day is lost, and what the old one billed is not set to 0.
    bed.today = jiff::civil::date(2027, 1, 3);
    bed.contracts.push(std::mem::replace(&mut bed.contract, bed.contracts[1].clone()));
    bed.elsewhere = bed.lines.replace(Vec::new()).unwrap();
    assert_eq!(bed.step(), "held moved: create 9");
    assert_eq!(bed.line().unwrap().effective, jiff::civil::date(2027, 1, 1));
    bed.lines = Some(vec![
        Record { parent: Some("36".to_owned()), ..on_contract("n", 9) }.with("invoiced-until", time("2027-01-01")),
    ]);
    assert_eq!(bed.step(), "held moved: link 9");
    assert_eq!(bed.line().unwrap().effective, jiff::civil::date(2027, 1, 2), "but what is invoiced");
}

#[test]
fn years_that_no_contract_has_are_open_ends() {
    for (starts, ends, on) in [
        ("2026-01-01", "9999-12-31", true),
        ("2026-01-01", "0001-01-01", true),
        ("0001-01-01", "2026-12-31", true),
        ("1900-01-01", "2025-12-31", false),
        ("2026-12-01", "9999-12-31", false),
    ] {
        let contract = record("k", Some("a"), "Care", &[]).with("starts", time(starts)).with("ends", time(ends));
        // The vendor's own clock does not decide where it gives days.
        let contract = contract.with("active", Value::Boolean(false));
        assert_eq!(in_force(&contract, jiff::civil::date(2026, 11, 21)), on, "{starts} to {ends}");
    }
    let undated = record("k", Some("a"), "Care", &[]);
    assert!(in_force(&undated, jiff::civil::date(2026, 11, 21)));
    assert!(!in_force(&undated.with("active", Value::Boolean(false)), jiff::civil::date(2026, 11, 21)));
}

#[test]
fn inside_a_posted_period_the_first_open_day_is_offered() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.lines = Some(vec![on_contract("l", 7).with("invoiced-until", time("2026-11-30"))]);
    let line = bed.line().unwrap();
    assert_eq!(line.open_day, Some(jiff::civil::date(2026, 12, 1)));
    let held = bed.plan().changes[0].held.clone().unwrap();
    assert!(held.reason.contains("the first open day is 2026-12-01: `crosswalk usage approve --effective 2026-12-01`"));
    bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: line.open_day });
    assert_eq!(bed.step(), "update 9");
}

#[test]
fn a_line_that_another_changed_takes_no_second_change_on_that_day() {
    let day = jiff::civil::date(2026, 11, 21);
    for (changed, expected) in [
        (day.yesterday(), None),
        (Ok(day), day.tomorrow().ok()),
        (day.tomorrow(), Some(jiff::civil::date(2026, 11, 23))),
    ] {
        let mut bed = Bed::new(9, Some(7));
        bed.changed = changed.ok();
        let line = bed.line().unwrap();
        assert_eq!(line.open_day, expected, "{:?}: {}", bed.changed, line.reason);
        assert_eq!(bed.step().contains("dates"), expected.is_some(), "{}", bed.step());
        bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: expected });
        assert_eq!(bed.step(), "held takeover: update 9", "{:?}", bed.changed);
    }
}

#[test]
fn a_link_keeps_the_day_of_its_lines_last_change_after_it_leads_elsewhere() {
    let day = jiff::civil::date(2026, 10, 21);
    // Set to 0 while its count goes to another service.
    let mut bed = Bed::new(7, Some(7)).approved(7, 7);
    bed.product = service("t", "Mail");
    let planned = bed.plan();
    let retire = planned.changes.iter().find(|change| change.action == Action::Retire).unwrap();
    let link = after_write(bed.links.get("p"), retire, None, "l", None, NOW);
    assert_eq!(link.memory.line().changed, [PartDay { line: "l".to_owned(), day: bed.today }]);
    // The same line changes hands, and goes on for others.
    let mut link = bed.links["p"].clone();
    keep_former(&mut link);
    assert_eq!(link.memory.line().changed, [PartDay { line: "l".to_owned(), day }]);
    // It bills others by then, and nothing is counted.
    let mut bed = Bed::new(0, Some(7)).approved(7, 7);
    bed.product = service("t", "Mail");
    bed.goes_on = true;
    let link = bed.plan().noted.pop().unwrap();
    assert_eq!((link.linked(), &link.memory.line().changed), (None, &vec![PartDay { line: "l".to_owned(), day }]));
}

#[test]
fn a_change_that_is_agreed_for_later_does_not_hide_todays_number() {
    let mut bed = Bed::new(40, Some(60)).approved(40, 40);
    bed.lines = Some(vec![on_contract("l", 60).with("current", Value::Integer(40))]);
    let line = bed.line().unwrap();
    assert_eq!((line.has, line.now), (Some(60), Some(40)));
    assert!(line.reason.contains("60 for later, and 40 today"), "{}", line.reason);
    // An own one, at a vendor that tells the number to come only.
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    let later = jiff::civil::date(2026, 12, 1);
    bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: Some(later) });
    bed.apply();
    bed.choices.clear();
    let line = bed.line().unwrap();
    assert_eq!((line.verdict, line.has, line.now), (LineVerdict::InStep, Some(9), Some(7)));
    assert!(line.reason.contains("today it is 7"), "{}", line.reason);
}

#[test]
fn lines_of_one_service_on_one_contract_add_up_with_each_parts_count() {
    let mut bed = Bed::new(8, None);
    bed.others = vec![part("d", Some(10))];
    assert_eq!(bed.step(), "create 18");
    let change = bed.plan().changes.remove(0);
    let part_count = |line: &str, counted| PartCount { line: line.to_owned(), counted: Some(counted) };
    assert_eq!(change.line().unwrap().parts, Some(vec![part_count("c/p", 8), part_count("d/p", 10)]));
    assert!(change.reason.contains("18 (8 of c/p and 10 of d/p)"), "{}", change.reason);
    bed.apply();
    assert_eq!(bed.step(), "in step");
    bed.others = vec![part("d", Some(11))];
    bed.today = jiff::civil::date(2026, 11, 22);
    assert_eq!(bed.step(), "update 19", "a part moved");
    bed.others = vec![part("d", None)];
    assert_eq!(bed.step(), "not fetched", "a part that is not known makes the sum unknown");
    bed.others = vec![part("d", Some(10)), part("e", Some(1))];
    assert_eq!(bed.step(), "held parts: update 19", "another one joined");
    bed.others.clear();
    assert_eq!(bed.step(), "held quantity+parts: update 8", "one left");
    bed.leader = Some(LineKey::new("b", "p"));
    assert_eq!(bed.step(), "together with b/p");
    assert_eq!(bed.plan(), Planned::default(), "who leads bills it");
}

#[test]
fn a_part_that_was_billed_by_a_line_of_its_own_ends_that_one() {
    let mut bed = Bed::new(8, Some(8)).approved(8, 8);
    let old = Retire {
        key: LineKey::new("d", "p"),
        line: "own".to_owned(),
        contract: "k".to_owned(),
        service: None,
        name: "Server".to_owned(),
        has: 5,
        changed: None,
        revision: 3,
    };
    bed.others = vec![Part { old: Some(old), ..part("d", Some(5)) }];
    assert_eq!(bed.step(), "held moved+quantity+parts: end own of 5, update 13");
    let planned = bed.plan();
    let ended = &planned.changes[0];
    assert_eq!((ended.action, ended.source.as_str(), ended.customer.as_str()), (Action::Retire, "d/p", "d"));
    assert_eq!(ended.link_revision, 3);
}

#[test]
fn a_part_that_goes_elsewhere_is_one_decision_with_the_line_it_leaves() {
    let left = |since| Some(Left { leader: LineKey::new("a", "p"), line: "sum".to_owned(), since, from: None });
    let mut bed = Bed::new(5, None);
    bed.left = left(None);
    assert_eq!(bed.step(), "held moved: create 5", "no ordinary approval");
    let change = bed.plan().changes.remove(0);
    let rest = Rest { part: "c/p".to_owned(), leader: "a/p".to_owned(), line: "sum".to_owned() };
    assert_eq!(change.line().unwrap().rests, [rest]);
    let id = crosswalk_model::ChangeId { plan: crosswalk_model::PlanId(1), sequence: 1 };
    let service = |_, _: &str| crate::rules::plan::Reference::Target("s".to_owned());
    let write = crate::rules::plan::to_write(&change, id, id.to_string(), None, None, &service).unwrap().unwrap();
    let names: Vec<&str> = write.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, [QUANTITY, EFFECTIVE, PRODUCT], "and of that the vendor hears nothing");
    bed.left = None;
    bed.others = vec![Part { left: left(None), ..part("d", Some(3)) }];
    assert_eq!(bed.step(), "held moved: create 8", "a part of it comes from another sum");

    // The sum goes on without it, from the day on which the part is billed elsewhere.
    let mut sum = Bed::new(10, Some(15)).approved(15, 15);
    let parts = counts(&[part("c", Some(10)), part("d", Some(5))]);
    sum.links.get_mut("p").unwrap().memory.line_mut().parts = Some(parts);
    sum.leaves = vec![LineKey::new("d", "p")];
    assert_eq!(sum.step(), "held moved+quantity+parts: update 10");
    sum.apply();
    assert_eq!(sum.links["p"].memory.line().left, [PartDay { line: "d/p".to_owned(), day: sum.today }]);

    // Where the other half comes later, it holds from that day on, too.
    let mut bed = Bed::new(5, None);
    bed.left = left(Some(jiff::civil::date(2026, 11, 19)));
    assert_eq!(bed.step(), "held moved: create 5");
    assert_eq!(bed.line().unwrap().effective, jiff::civil::date(2026, 11, 19));
    assert_eq!(bed.plan().changes[0].line().unwrap().rests, []);
}

#[test]
fn what_is_billed_elsewhere_until_today_is_not_billed_for_days_before_that() {
    let yesterday = jiff::civil::date(2026, 11, 20);
    let mut bed = Bed::new(5, None);
    bed.others = vec![Part { ended: Some(yesterday), ..part("d", Some(3)) }];
    let line = bed.line().unwrap();
    assert_eq!((line.effective, line.notes), (yesterday, Vec::new()), "nothing else bills any of it");
    let left = Left { leader: LineKey::new("a", "p"), line: "sum".to_owned(), since: None, from: None };
    bed.others.push(Part { left: Some(left), ..part("e", Some(2)) });
    let line = bed.line().unwrap();
    assert_eq!(line.effective, bed.today, "twice for a day else");
    let told = format!("no line bills a part of it from {yesterday} to {}", bed.today);
    assert!(line.notes[0].contains(&told) && line.reason.contains(&told), "{line:?}");
    // Whoever says the day gets both halves for it.
    let choice = Choice { effective: Some(yesterday), ..Choice::default() };
    bed.choices = [("p".to_owned(), choice)].into();
    let line = bed.line().unwrap();
    assert_eq!((line.effective, line.notes), (yesterday, Vec::new()));
}

#[test]
fn of_two_that_no_line_bills_since_different_days_the_later_is_not_billed_twice() {
    let (early, late) = (jiff::civil::date(2026, 11, 16), jiff::civil::date(2026, 11, 18));
    let mut bed = Bed::new(5, None);
    bed.others = [("d", early), ("e", late)].map(|(own, day)| Part { ended: Some(day), ..part(own, Some(3)) }).into();
    let line = bed.line().unwrap();
    assert_eq!(line.effective, late, "{line:?}");
    let told = format!("from {early} to {late}");
    assert!(line.notes[0].contains(&told) && !line.notes[0].contains("--effective"), "{line:?}");
    assert!(bed.step().starts_with("held moved"), "a person is told of the days: {}", bed.step());
}

#[test]
fn what_comes_to_a_line_that_was_changed_since_is_offered_the_first_day_on_which_it_can() {
    let (since, changed) = (jiff::civil::date(2026, 11, 14), jiff::civil::date(2026, 11, 17));
    let mut bed = Bed::new(8, Some(8)).approved(8, 8);
    bed.links.get_mut("p").unwrap().memory.line_mut().effective = Some(changed);
    bed.others = vec![Part { ended: Some(since), ..part("d", Some(3)) }];
    let line = bed.line().unwrap();
    assert_eq!((line.effective, line.open_day), (since, Some(jiff::civil::date(2026, 11, 18))), "{line:?}");
}

#[test]
fn a_line_that_is_only_taken_over_takes_another_change_on_the_day_of_the_last_of_the_line_before() {
    let mut bed = Bed::new(8, Some(8)).approved(8, 8);
    let link = bed.links.get_mut("p").unwrap();
    link.target = Some("old".to_owned());
    let memory = link.memory.line_mut();
    (memory.effective, memory.contract) = (Some(bed.today), Some("other".to_owned()));
    let old = record("old", Some("other"), "Endpoint", &[(PRODUCT, "s")]).with(QUANTITY, Value::Integer(0));
    bed.elsewhere = vec![old];
    bed.contracts = vec![record("other", Some("a"), "Other", &[])];
    assert_eq!(bed.step(), "held moved: link 8");
    assert_eq!(bed.apply(), 1);
    assert_eq!(
        bed.links["p"].memory.line().changed,
        [PartDay { line: "old".to_owned(), day: bed.today }],
        "the day is of the line before"
    );
    bed.rows = vec![row(9, "2026-11")];
    assert_eq!(bed.step(), "update 9");
}

#[test]
fn a_move_of_nothing_ends_what_billed_it_and_is_done() {
    let moved = |counted: i64, has: i64| {
        let mut bed = Bed::new(counted, None).approved(20, 20);
        bed.contracts = vec![std::mem::replace(&mut bed.contract, record("other", Some("a"), "Other", &[]))];
        bed.elsewhere = vec![on_contract("l", has)];
        bed
    };
    let mut bed = moved(0, 20);
    assert_eq!(bed.step(), "held moved+zero: end l of 20, retire 0");
    let line = bed.line().unwrap();
    assert_eq!((line.target.as_deref(), line.has), (Some("l"), Some(20)), "what is seen is what ends");
    let planned = bed.plan();
    let [change] = planned.changes.as_slice() else { panic!("one change: {:?}", planned.changes) };
    assert_eq!((change.action, change.target.as_deref()), (Action::Retire, Some("l")));
    let link = after_write(bed.links.get("p"), change, None, "l", None, NOW);
    bed.links.insert("p".to_owned(), link);
    bed.elsewhere = vec![on_contract("l", 0)];
    assert_eq!((bed.step(), bed.plan()), ("nothing".to_owned(), Planned::default()));
    // A person who wants nothing billed has it so whatever is counted.
    let mut bed = moved(7, 20);
    bed.choices.insert("p".to_owned(), Choice { quantity: Some(0), effective: None });
    assert_eq!(bed.step(), "held moved+zero: end l of 20, retire 0");
    // What bills nothing any more is let go of.
    let mut bed = moved(0, 0);
    assert_eq!(bed.step(), "agreed");
    let link = bed.plan().noted.remove(0);
    assert_eq!(link.linked(), None);
    bed.links.insert("p".to_owned(), link);
    assert_eq!((bed.step(), bed.plan()), ("nothing".to_owned(), Planned::default()));
}

#[test]
fn a_line_that_billed_two_ends_once() {
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    bed.product = service("t", "Server");
    let link = Link { source: "d/p".to_owned(), ..bed.links["p"].clone() };
    let old = Retire::of(LineKey::new("d", "p"), &link, &on_contract("l", 7));
    bed.others = vec![Part { old, ..part("d", Some(2)) }];
    assert_eq!(bed.step(), "held moved: end l of 7, create 11");
}

#[test]
fn a_move_that_was_begun_goes_on_for_its_day_and_is_forgotten_with_the_count() {
    let begun = |day: &str| {
        let mut bed = Bed::new(9, Some(7)).approved(7, 7);
        bed.product = service("t", "Server");
        let asked = Choice { quantity: None, effective: Some(day.parse().unwrap()) };
        bed.choices.insert("p".to_owned(), asked);
        let planned = bed.plan();
        let link = after_write(bed.links.get("p"), &planned.changes[0], None, "l", None, NOW);
        bed.links.insert("p".to_owned(), link);
        bed.lines = Some(vec![on_contract("l", 0)]);
        bed.choices.clear();
        bed
    };
    for day in ["2026-11-19", "2026-12-01"] {
        let bed = begun(day);
        assert_eq!(bed.step(), "create 9", "what was let go stays so");
        assert_eq!(bed.line().unwrap().effective.to_string(), day, "and no day is billed by none, nor by both");
    }
    let mut bed = begun("2026-11-19");
    bed.rows = vec![row(0, "2026-11")];
    let link = bed.plan().noted.remove(0);
    bed.links.insert("p".to_owned(), link);
    assert_eq!(bed.plan(), Planned::default());
    bed.rows = vec![row(3, "2026-11")];
    assert_eq!(bed.line().unwrap().effective, bed.today, "what is counted anew is billed from today on");
}

mod adding_up {
    //! Whatever maps where: parts add up, and nothing is billed twice or not at all.

    use super::*;
    use proptest::prelude::*;

    fn member((customer, product, place, counted, own): (u8, u8, u8, Option<i64>, bool)) -> Member {
        let key = LineKey::new(format!("c{customer}"), format!("p{product}"));
        Member {
            part: Part { key, counted, actual: None, why: None, old: None, ended: None, left: None },
            place: ("k".to_owned(), format!("s{place}")),
            line: own.then(|| format!("l{place}")),
            is_known: own,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn parts_add_up_and_nothing_is_billed_twice(
            rows in prop::collection::vec((0..4_u8, 0..4_u8, 0..3_u8, prop::option::of(0..50_i64), any::<bool>()), 0..12),
        ) {
            let mut by_key = BTreeMap::new();
            for one in rows.into_iter().map(member) {
                by_key.insert(one.part.key.clone(), one);
            }
            let members: Vec<Member> = by_key.values().cloned().collect();
            let (leaders, sums) = group(&members);
            let mut billed = BTreeSet::new();
            for member in &members {
                let key = &member.part.key;
                prop_assert!(!(leaders.contains_key(key) && sums.contains_key(key)), "who leads follows nobody");
                if let Some(leader) = leaders.get(key) {
                    prop_assert!(sums[leader].iter().any(|part| part.key == *key), "each part is in its sum");
                    prop_assert_eq!(&by_key[leader].place, &member.place, "and goes to the same line");
                    continue;
                }
                let sum = [&member.part].into_iter().chain(sums.get(key).into_iter().flatten());
                for part in sum {
                    prop_assert!(billed.insert(part.key.clone()), "{} is in one sum only", part.key);
                }
            }
            prop_assert_eq!(billed.len(), members.len(), "and none is left out");
            // All lines of a place that is shared are one sum; what counts nothing and never was billed stays alone.
            for place in members.iter().map(|member| &member.place) {
                let counts = |one: &&Member| one.place == *place && (one.is_known || one.part.counted != Some(0));
                let heads = members.iter().filter(counts).filter(|one| !leaders.contains_key(&one.part.key)).count();
                prop_assert!(heads <= 1);
            }
        }
    }
}

#[test]
fn a_service_that_stands_twice_with_a_line_each_is_no_sum() {
    let member = |customer: &str, line: Option<&str>| Member {
        part: part(customer, Some(3)),
        place: ("k".to_owned(), "s".to_owned()),
        line: line.map(str::to_owned),
        is_known: line.is_some(),
    };
    let (leaders, sums) = group(&[member("c", Some("l")), member("d", Some("m"))]);
    assert!(leaders.is_empty() && sums.is_empty());
    let (leaders, _) = group(&[member("c", None), member("d", Some("m"))]);
    assert_eq!(leaders[&LineKey::new("c", "p")], LineKey::new("d", "p"), "who has the line leads");
}

#[test]
fn what_one_night_moves_over_the_whole_sync_is_held() {
    let limits = BrakeLimits::default();
    let night = |lines: usize, from: i64, to: i64| {
        let mut all: Vec<Line> =
            (0..lines).map(|_| Bed::new(to, Some(from)).approved(from, from).line().unwrap()).collect();
        let mut sweep = Sweep::default();
        all.iter().for_each(|line| sweep.add(std::slice::from_ref(line), true));
        sweep.hold(&limits, &mut all, &|_| false);
        let LineVerdict::Change { holds, .. } = &all[0].verdict else { return "in step".to_owned() };
        holds.iter().map(Hold::words).collect::<Vec<_>>().join("+")
    };
    assert_eq!(night(100, 48, 36), "falls", "a quarter each, which no line's own brake holds");
    assert_eq!(night(100, 48, 60), "rises");
    assert_eq!(night(1, 48, 36), "", "one line has its own brake");
    assert_eq!(night(9, 4, 5), "", "nine units of thirty-six: fewer than the least");
}
