//! Records as connectors hand them over, and what intake makes of them.

use super::*;

const NOW_MS: i64 = 1_762_156_800_000; // 2025-11-03

fn asset(id: &str, fields: &[(&str, Value)]) -> Record {
    Record {
        id: id.to_owned(),
        parent: Some("1".to_owned()),
        name: "PC-7".to_owned(),
        stamp: None,
        fields: fields.iter().map(|(name, value)| Field::new(*name, value.clone())).collect(),
    }
}

fn taken(items: Vec<Record>) -> Page {
    check(Kind::Asset, Page { items, ..Page::default() }, NOW_MS)
}

fn said(page: &Page) -> Vec<String> {
    page.flaws.iter().map(|flaw| format!("{}: {}", flaw.id, flaw.what)).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

#[test]
fn a_sound_page_is_taken_as_it_is() {
    let fields = [
        ("memory", Value::Integer(16 << 30)),
        ("last-seen", Value::Time("2025-11-03T08:00:00Z".to_owned())),
        ("mac-addresses", Value::Json("[\"00:11\"]".to_owned())),
        ("active", Value::Boolean(true)),
        ("description", text("two\nlines\tand a tab")),
        ("Vendor's own", Value::Decimal(0.5)),
        ("cpu", Value::Blank),
    ];
    let items = vec![asset("a", &fields), asset("b", &[])];
    let page = taken(items.clone());
    assert_eq!((page.items, page.flaws, page.left_out), (items, Vec::new(), 0));
}

#[test]
fn a_record_without_a_usable_id_is_left_out_and_the_rest_goes_on() {
    for (id, why) in [
        ("", "is empty"),
        ("  ", "is empty"),
        ("a\0b", "has control characters"),
        (&*"x".repeat(5_000), "has 5000 bytes, at most 1024 are kept"),
    ] {
        let page = taken(vec![asset(id, &[]), asset("good", &[])]);
        assert_eq!(page.items, [asset("good", &[])]);
        assert_eq!((page.left_out, page.flaws_total), (1, 1), "it counts in the vendor's total");
        assert!(page.flaws[0].what.contains(why) && page.flaws[0].name == "PC-7", "{:?}", page.flaws);
    }
}

#[test]
fn a_name_is_cut_and_cleaned_and_the_record_lives_on() {
    let named = |name: &str| Record { name: name.to_owned(), ..asset("a", &[]) };
    let page = taken(vec![named(&"x".repeat(100_000))]);
    assert_eq!(page.items[0].name.len(), NAME);
    assert_eq!(said(&page), ["a: its name has 100000 characters and was cut to 1000"]);
    for (name, clean) in [
        ("PC\0-7", "PC-7"),
        ("\u{1b}[31mPC-7\u{1b}[0m", "PC-7"),
        ("\u{1b}]0;owned\u{7}PC-7", "PC-7"),
        ("PC\n7\t", "PC 7"),
        ("Zoë 東京", "Zoë 東京"),
    ] {
        let page = taken(vec![named(name)]);
        assert_eq!((page.items[0].name.as_str(), page.flaws.len()), (clean, 0), "{name:?}");
    }
}

#[test]
fn what_is_obvious_is_repaired() {
    for (name, given, kept) in [
        ("memory", text(" 17179869184 "), Value::Integer(17_179_869_184)),
        ("memory", Value::Decimal(8.0), Value::Integer(8)),
        ("memory", text(""), Value::Blank),
        ("active", text("True"), Value::Boolean(true)),
        ("serial-number", Value::Integer(7), text("7")),
        ("location", Value::Integer(7), text("7")),
        ("last-seen", text("2025-11-03T08:00:00+01:00"), Value::Time("2025-11-03T08:00:00+01:00".to_owned())),
        ("mac-addresses", text("[]"), Value::Json("[]".to_owned())),
        ("description", text("a\0b\u{1b}[1mc"), text("abc")),
    ] {
        let page = taken(vec![asset("a", &[(name, given.clone())])]);
        assert_eq!((page.items[0].field(name), said(&page).len()), (Some(&kept), 0), "{name}: {given:?}");
    }
}

#[test]
fn a_value_that_means_nothing_is_set_aside_by_name_and_the_record_lives_on() {
    for (name, value, why) in [
        ("memory", text("16 GB"), "its memory is `16 GB`, which is not a whole number, and was set aside"),
        ("memory", Value::Decimal(1.5), "its memory is `1.5`, which is not a whole number, and was set aside"),
        ("memory", Value::Decimal(f64::NAN), "its memory is no number (NaN) and was set aside"),
        ("own", Value::Decimal(f64::INFINITY), "its own is no number (inf) and was set aside"),
        ("active", text("perhaps"), "its active is `perhaps`, which is not yes or no, and was set aside"),
        ("serial-number", Value::Boolean(true), "its serial-number is `yes`, which is not a text, and was set aside"),
        ("serial-number", text(&"9".repeat(70_000)), "its serial-number has 70000 bytes and was set aside"),
        ("last-seen", Value::Time("never".into()), "its last-seen is `never`, which is not a time, and was set aside"),
        ("last-seen", Value::Time("0000-01-01T00:00:00Z".into()), "which is not a time that can have been, and"),
        ("last-seen", Value::Time("7810-01-01T00:00:00Z".into()), "its last-seen lies in the year 7810 and was"),
        ("own", Value::Time("2025-13-01T00:00:00Z".into()), "which is not a time, and was set aside"),
        ("mac-addresses", Value::Json("[".into()), "its mac-addresses is no JSON that can be kept and was set aside"),
        ("mac-addresses", Value::Json("[\"\\u0000\"]".into()), "is no JSON that can be kept"),
        ("\u{1b}[2J", text("x"), "a field was set aside: `` is no name of a field"),
    ] {
        let page = taken(vec![asset("a", &[(name, value), ("cpu", text("x"))])]);
        assert_eq!(page.items, [asset("a", &[("cpu", text("x"))])], "{name}");
        assert!(said(&page)[0].contains(why), "{name}: {:?}", said(&page));
    }
}

#[test]
fn what_comes_twice_is_taken_once_or_set_aside() {
    let page = taken(vec![asset("a", &[("cpu", text("x"))]), asset("a", &[("cpu", text("x"))])]);
    assert_eq!((page.items.len(), page.flaws.len()), (1, 0), "the same once more says nothing new");
    let page = taken(vec![asset("a", &[("cpu", text("x"))]), asset("a", &[("cpu", text("y"))])]);
    assert_eq!(page.items, [asset("a", &[("cpu", text("x"))])]);
    assert_eq!(said(&page), ["a: its id is on the page twice, with other values: the first is kept"]);
    let page =
        taken(vec![asset("a", &[("cpu", text("x")), ("cpu", text("y")), ("cpu", text("x")), ("model", text("m"))])]);
    assert_eq!(page.items, [asset("a", &[("model", text("m"))])]);
    assert_eq!(said(&page), ["a: its cpu is there twice, with other values, and was set aside"]);
    let page = taken(vec![asset("a", &[("cpu", text("x")), ("cpu", text("x"))])]);
    assert_eq!((page.items, page.flaws.len()), (vec![asset("a", &[("cpu", text("x"))])], 0));
}

#[test]
fn a_record_that_belongs_to_nothing_is_told() {
    let lost = Record { parent: Some(String::new()), ..asset("a", &[]) };
    let page = taken(vec![lost]);
    assert_eq!(page.items[0].parent, None);
    assert_eq!(said(&page), ["a: the asset belongs to nothing: no plan can use it"]);
    let stray = Record { parent: None, ..asset("1", &[]) };
    assert_eq!(check(Kind::Alert, Page { items: vec![stray], ..Page::default() }, NOW_MS).flaws, []);
}

#[test]
fn a_record_larger_than_can_be_kept_is_there_and_not_read() {
    let heap: Vec<(String, Value)> = (0..20).map(|n| (format!("f{n}"), text(&"x".repeat(60_000)))).collect();
    let heap: Vec<(&str, Value)> = heap.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let page = taken(vec![asset("a", &heap), asset("b", &[])]);
    assert_eq!(page.items, [asset("b", &[])]);
    assert_eq!((page.gaps[0].item.as_deref(), page.gaps[0].parent.as_deref()), (Some("a"), Some("1")));
    assert!(page.gaps[0].cause.message().contains("it has 20 fields"), "{:?}", page.gaps);
}

#[test]
fn flaws_are_told_up_to_a_number_and_counted() {
    let page = taken((0..500).map(|n| asset(&n.to_string(), &[("memory", text("much"))])).collect());
    assert_eq!((page.items.len(), page.flaws.len(), page.flaws_total), (500, FLAWS, 500));
}
