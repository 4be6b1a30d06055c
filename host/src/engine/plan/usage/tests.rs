//! Every line of the table of what follows from three numbers, and from what is not there.

use super::*;
use crate::engine::plan::after_write;
use crate::engine::testkit::{NOW, With, describe, record};

/// A world of one customer and one product, told in a line.
struct Bed {
    rows: Vec<Record>,
    lines: Option<Vec<Record>>,
    links: BTreeMap<String, Link>,
    contract: Record,
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

fn time(day: &str) -> Value {
    Value::Time(format!("{day}T00:00:00Z"))
}

impl Bed {
    fn new(counted: i64, has: Option<i64>) -> Self {
        Self {
            rows: vec![row(counted, "2026-11")],
            lines: Some(has.map(|has| on_contract("l", has)).into_iter().collect()),
            links: BTreeMap::new(),
            contract: record("k", Some("a"), "Care", &[])
                .with("starts", time("2026-01-01"))
                .with("ends", time("2026-12-31")),
            off: false,
            taken: None,
            automatic: false,
            not_fetched: None,
            product: Product::Linked { id: "s".to_owned(), name: "Endpoint".to_owned() },
            choices: HashMap::new(),
            today: jiff::civil::date(2026, 11, 21),
        }
    }

    /// The same after somebody approved `quantity` for a count of `counted`, a month ago.
    fn approved(mut self, quantity: i64, counted: i64) -> Self {
        let mut link = Link::unmapped(Kind::Usage, "c/p", NOW);
        link.state = LinkState::Linked;
        link.target = Some("l".to_owned());
        settle(&mut link, quantity, counted);
        link.sent.insert(EFFECTIVE.to_owned(), time("2026-10-21"));
        link.sent.insert(CONTRACT.to_owned(), Value::Text("k".to_owned()));
        self.links.insert("p".to_owned(), link);
        self
    }

    fn input<T>(&self, with: impl FnOnce(&UsageInput<'_>) -> T) -> T {
        let describe = describe(Kind::Usage);
        with(&UsageInput {
            customer: "c",
            place: if self.off { Place::Off("usage is switched off") } else { Place::Contract(&self.contract) },
            rows: &self.rows,
            period: Some("2026-11"),
            not_fetched: self.not_fetched,
            links: &self.links,
            lines: self.lines.as_deref(),
            taken: &|_| self.taken.map(str::to_owned),
            automatic: self.automatic,
            product: &|_| self.product.clone(),
            describe: &describe,
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
        match line.step {
            Step::InStep => "in step".to_owned(),
            Step::Agreed => "agreed".to_owned(),
            Step::NotFetched => "not fetched".to_owned(),
            Step::Left => format!("left: {}", line.reason),
            Step::Change { action, quantity, hold } => {
                let held = hold.map(|hold| format!("held {}: ", hold.brake)).unwrap_or_default();
                format!("{held}{} {quantity}", action.as_str())
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
        ("taken over and set", Bed::new(7, Some(6)), "update 7"),
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
    bed.links.get_mut("p").unwrap().decided_by = "operator".to_owned();
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
    bed.product = Product::Linked { id: "t".to_owned(), name: "Server".to_owned() };
    assert_eq!(bed.step(), "held moved: create 9");
    let mut other = on_contract("m", 2);
    other.fields.retain(|field| field.name != PRODUCT);
    bed.lines.as_mut().unwrap().push(other.with(PRODUCT, Value::Text("t".to_owned())));
    assert_eq!(bed.step(), "held moved: update 9");
    bed.product = Product::Open("forgotten".to_owned());
    assert_eq!(bed.step(), "left: forgotten");
    let mut none = Bed::new(0, None).approved(7, 7);
    none.contract.id = "other".to_owned();
    assert!(none.step().starts_with("left: nothing is counted"), "{}", none.step());
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
    let stale = crate::engine::plan::stale(&planned.changes[0], bed.links.get("p"), None);
    assert_eq!(stale, None);
    bed.apply();
    assert_eq!(bed.step(), "in step");
    let decided_since = Link { revision: 9, ..bed.links["p"].clone() };
    assert!(crate::engine::plan::stale(&planned.changes[0], Some(&decided_since), None).is_some());
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
        assert_eq!(bed.apply(), 1);
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
    assert_eq!(bed.step(), "held dates: update 9", "the day came, and the contract did not follow");
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
        bed.input(|input| {
            let mut describe = describe(Kind::Usage);
            describe.writes.clear();
            let input = UsageInput {
                describe: &describe,
                customer: input.customer,
                place: input.place,
                rows: input.rows,
                period: input.period,
                not_fetched: None,
                links: input.links,
                lines: input.lines,
                taken: input.taken,
                automatic: false,
                product: input.product,
                rules: input.rules,
                today: input.today,
                choices: input.choices,
            };
            lines(&input).remove(0).step
        })
    };
    assert_eq!(cannot(&Bed::new(9, None)), Step::Left);
    assert_eq!(cannot(&Bed::new(9, Some(7))), Step::Left);
}

#[test]
fn the_change_says_what_is_written_and_what_it_is_about() {
    let planned = Bed::new(7, None).plan();
    let [change] = planned.changes.as_slice() else { panic!("one change") };
    let resolve = |kind, id: &str| {
        assert_eq!((kind, id), (Kind::Product, "p"));
        crate::engine::plan::Reference::Target("s".to_owned())
    };
    let id = crate::model::ChangeId { plan: crate::model::PlanId(1), sequence: 1 };
    let write = crate::engine::plan::to_write(change, id, id.to_string(), None, None, &resolve).unwrap().unwrap();
    assert_eq!((write.parent.as_deref(), write.name.as_deref(), write.target), (Some("k"), Some("Endpoint"), None));
    let fields: Vec<(&str, String)> =
        write.fields.iter().map(|field| (field.name.as_str(), field.value.to_string())).collect();
    let expected = [(QUANTITY, "7"), (EFFECTIVE, "2026-11-21T00:00:00Z"), (PRODUCT, "s")];
    assert_eq!(fields, expected.map(|(name, value)| (name, value.to_owned())));
}
