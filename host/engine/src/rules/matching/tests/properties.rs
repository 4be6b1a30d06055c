//! What holds for every input: no order matters, and no target is linked twice.

use super::*;
use proptest::prelude::*;

/// Few words and few keys, so that they meet often.
fn any_record(prefix: &'static str) -> impl Strategy<Value = Record> {
    let word =
        prop::sample::select(vec!["Acme", "Acme Ltd", "ACME Holdings", "Contoso", "Contoso Dental", "Zenith", ""]);
    let number = prop::sample::select(vec!["", "", "0", "N/A", "100", "200", "AAAA1", "BBBB2", "Default string"]);
    let mac = prop::sample::select(vec!["", "", "00:1a:2b:3c:4d:01", "00:1a:2b:3c:4d:02", "02:42:ac:11:00:02"]);
    let stamp = prop::option::weighted(0.2, 0..12_u8);
    (word, number, mac, stamp, prop::bool::weighted(0.9)).prop_map(move |(name, number, mac, stamp, active)| {
        let mut record = asset(prefix, name, number, &[mac]).with("active", Value::Boolean(active));
        record.stamp = stamp.map(|stamp| stamp_of(&format!("s{stamp}"))).filter(|_| prefix == "t");
        record.with("number", Value::Text(number.to_owned()))
    })
}

fn any_records(prefix: &'static str) -> impl Strategy<Value = Vec<Record>> {
    prop::collection::vec(any_record(prefix), 0..12).prop_map(move |mut records| {
        for (at, record) in records.iter_mut().enumerate() {
            record.id = format!("{prefix}{at}");
        }
        records
    })
}

fn any_links() -> impl Strategy<Value = Vec<Link>> {
    let state = prop::sample::select(LinkState::ALL.to_vec());
    prop::collection::btree_map(0..12_u8, (state, 0..16_u8, any::<bool>()), 0..5).prop_map(|links| {
        let mut targets = BTreeSet::new();
        links
            .into_iter()
            .map(|(source, (state, target, operator))| {
                let free = matches!(state, LinkState::Linked | LinkState::Broken) && targets.insert(target);
                let state = if free || !matches!(state, LinkState::Linked | LinkState::Broken) {
                    state
                } else {
                    LinkState::Unmapped
                };
                let target = free.then(|| format!("t{target}"));
                let by = if operator { "operator" } else { "matching" };
                link(Kind::Asset, &format!("s{source}"), state, target.as_deref(), by)
            })
            .collect()
    })
}

fn check_decisions(decisions: &BTreeMap<String, Decision>, source: &[Record], target: &[Record], links: &[Link]) {
    let link_of = |id: &str| links.iter().find(|link| link.source == id);
    let mut taken: Vec<&str> = decisions
        .iter()
        .filter_map(|(id, decision)| match decision {
            Decision::Linked { target, .. } => Some(target.as_str()),
            Decision::Keep => link_of(id).and_then(Link::linked),
            _ => None,
        })
        .collect();
    taken.sort_unstable();
    let all = taken.len();
    taken.dedup();
    assert_eq!(taken.len(), all, "a target is linked twice: {decisions:?}");
    for (id, decision) in decisions {
        let link = link_of(id);
        let record = source.iter().find(|r| r.id == *id).unwrap();
        match decision {
            Decision::Linked { target: found, by, .. } => {
                assert_ne!(link.map(|link| link.state), Some(LinkState::Excluded));
                let found = target.iter().find(|r| r.id == *found).unwrap();
                if *by == Decider::SerialNumber {
                    let key = crate::rules::serials::serial_key(record.text("serial-number").unwrap());
                    assert!(key.is_some(), "junk links nothing");
                    assert_eq!(key, crate::rules::serials::serial_key(found.text("serial-number").unwrap()));
                }
            }
            Decision::Create { .. } => assert!(record.active() && link.and_then(Link::linked).is_none()),
            Decision::Proposed { candidates, .. } => {
                assert!(!candidates.is_empty());
                assert!(candidates.iter().all(|c| !taken.contains(&c.target.as_str())), "proposed what is taken");
            }
            Decision::Keep => assert!(link.is_some()),
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn customers_do_not_depend_on_order_and_no_target_is_linked_twice(
        source in any_records("s"), target in any_records("t"), links in any_links(),
        accept in prop::option::of(0.8..1.0_f64), turn in any::<prop::sample::Index>(),
    ) {
        let mut world = Customers::new(source, target);
        world.links = links;
        world.rules.accept_score = accept;
        let decisions = world.decide();
        check_decisions(&decisions, &world.source, &world.target, &world.links);
        let around = |records: &mut Vec<Record>| if !records.is_empty() { let at = turn.index(records.len()); records.rotate_left(at); records.reverse(); };
        around(&mut world.source);
        around(&mut world.target);
        world.links.reverse();
        prop_assert_eq!(world.decide(), decisions);
    }

    #[test]
    fn assets_do_not_depend_on_order_and_no_target_is_linked_twice(
        source in any_records("s"), target in any_records("t"), links in any_links(),
        accept in prop::option::of(0.8..1.0_f64), location in any::<bool>(),
    ) {
        let kind = if location { Kind::Location } else { Kind::Asset };
        let mut world = Records::new(kind, source, target);
        world.links = links;
        world.rules.accept_score = accept;
        let decisions = world.decide();
        check_decisions(&decisions, &world.source, &world.target, &world.links);
        world.source.reverse();
        world.target.reverse();
        prop_assert_eq!(world.decide(), decisions);
    }
}
