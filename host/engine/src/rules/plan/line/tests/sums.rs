//! Lines that add up, and lines that move from one contract to another.

use super::*;

#[test]
fn lines_of_one_service_on_one_contract_add_up_with_each_parts_count() {
    let mut bed = Bed::new(8, None);
    bed.others = vec![part("d", Some(10))];
    assert_eq!(bed.step(), "create 18");
    let change = bed.plan().changes.remove(0);
    let part_count = |line: &str, counted| PartCount { line: line.to_owned(), counted: Some(counted) };
    assert_eq!(change.line().unwrap().parts, Some(vec![part_count("c/p", 8), part_count("d/p", 10)]));
    assert!(change.reason.english().contains("18 (8 of c/p, 10 of d/p)"), "{:?}", change.reason);
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
    assert!(line.notes[0].english().contains(&told) && line.reason.english().contains(&told), "{line:?}");
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
    assert!(line.notes[0].english().contains(&told) && !line.notes[0].english().contains("--effective"), "{line:?}");
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
