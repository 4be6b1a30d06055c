//! What was agreed on, what somebody else decides, and from which day a change of a line can hold.

use super::*;

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
        assert!(held.reason.english().contains(word), "{:?}", held.reason);
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
    assert!(
        planned.findings[0].message.english().contains("line before")
            && planned.findings[0].message.english().contains("still has 4")
    );
    bed.lines.as_mut().unwrap().pop();
    bed.lines.as_mut().unwrap().push(on_contract("before", 0).with(PRODUCT, Value::Text("t".to_owned())));
    assert_eq!(bed.plan(), Planned::default());
}

#[test]
fn what_is_excluded_and_bills_on_is_told_until_it_is_zero() {
    let bed = Bed::new(9, Some(7)).approved(7, 7);
    let step = |bed: &Bed, place| bed.input(|input| lines(&UsageInput { place, ..*input }).remove(0));
    let line = step(&bed, Place::Excluded("the customer is excluded".into()));
    assert_eq!(line.verdict, LineVerdict::Left);
    assert!(line.reason.english().contains("line l stays on the contract Care with 7"), "{:?}", line.reason);
    let line = step(&bed, Place::Off("usage is switched off".into()));
    assert_eq!(line.verdict, LineVerdict::InStep, "switched off is left as it is");
    let mut bed = Bed::new(9, Some(0)).approved(7, 7);
    assert_eq!(step(&bed, Place::Excluded("the customer is excluded".into())).verdict, LineVerdict::InStep);
    bed.lines = Some(vec![on_contract("l", 7)]);
    bed.goes_on = true;
    assert_eq!(
        step(&bed, Place::Excluded("the customer is excluded".into())).verdict,
        LineVerdict::InStep,
        "others bill it"
    );
}

#[test]
fn a_contract_out_of_force_is_told_whatever_the_count_with_what_follows_it() {
    let mut bed = Bed::new(7, Some(7)).approved(7, 7);
    bed.today = jiff::civil::date(2027, 1, 1);
    let next =
        record("36", Some("a"), "Care 2027", &[]).with("starts", time("2027-01-01")).with("ends", time("9999-12-31"));
    bed.contracts = vec![record("35", Some("a"), "Projects", &[]).with("starts", time("2026-05-01")), next];
    assert!(bed.step().starts_with("left: the contract Care ended on 2026-12-31"), "{}", bed.step());
    assert!(
        bed.step().contains("Care 2027 follows it: `crosswalk customer map SYNC c --contract 36`"),
        "{}",
        bed.step()
    );
    bed.rows = vec![row(9, "2026-11")];
    let held = bed.plan().changes[0].held.clone().unwrap();
    assert!(
        held.brakes == [Brake::Dates]
            && held.reason.english().contains("--contract 36")
            && !held.reason.english().contains("another day")
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
    let told = "the first open day is 2026-12-01: `crosswalk usage approve SYNC c --effective 2026-12-01 --product p`";
    assert!(held.reason.english().contains(told), "{}", held.reason.english());
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
    assert!(line.reason.english().contains("60 for later, and 40 today"), "{:?}", line.reason);
    // An own one, at a vendor that tells the number to come only.
    let mut bed = Bed::new(9, Some(7)).approved(7, 7);
    let later = jiff::civil::date(2026, 12, 1);
    bed.choices.insert("p".to_owned(), Choice { quantity: None, effective: Some(later) });
    bed.apply();
    bed.choices.clear();
    let line = bed.line().unwrap();
    assert_eq!((line.verdict, line.has, line.now), (LineVerdict::InStep, Some(9), Some(7)));
    assert!(line.reason.english().contains("today it is 7"), "{:?}", line.reason);
}
