//! Customers: by stamp, by number, by name.

use super::*;

#[test]
fn a_customer_is_found_by_stamp_then_number_and_a_name_only_proposes() {
    let stamped = Record { stamp: Some(stamp_of("s1")), ..customer("t1", "Renamed Since", &[]) };
    let world = Customers::new(
        vec![
            customer("s1", "Acme", &[]),
            customer("s2", "Contoso", &[("number", "C-100")]),
            customer("s3", "Fabrikam Ltd", &[]),
            customer("s4", "Northwind", &[]),
            customer("s5", "Litware", &[("website", "https://www.litware.example")]),
            customer("s6", "Woodgrove", &[]).with("active", Value::Boolean(false)),
        ],
        vec![
            stamped,
            customer("t2", "Something Else", &[("number", "c100")]),
            customer("t3", "FABRIKAM Limited", &[]),
            customer("t5", "L.W. Holding", &[("website", "litware.example")]),
            customer("t6", "Woodgrove", &[]),
        ],
    );
    let decisions = world.decide();
    for (source, expected) in [
        ("s1", "t1 by stamp"),
        ("s2", "t2 by customer number"),
        ("s3", "proposed t3"),
        ("s4", "create"),
        ("s5", "proposed t5"),
        ("s6", "unmapped"),
    ] {
        assert_eq!(short(&decisions[source]), expected, "{source}");
    }
    let Decision::Proposed { candidates, reason } = &decisions["s3"] else { panic!() };
    assert!(candidates[0].score >= 0.9 && reason.english().contains("same name"), "{candidates:?}");
}

#[test]
fn two_candidates_are_a_conflict_on_either_side() {
    let target_twice = Customers::new(
        vec![customer("s1", "Acme", &[])],
        vec![customer("t1", "Acme Ltd", &[]), customer("t2", "Acme GmbH", &[])],
    );
    assert_eq!(short(&target_twice.decide()["s1"]), "conflict t1,t2");
    let source_twice = Customers::new(
        vec![customer("s1", "Acme", &[]), customer("s2", "ACME", &[])],
        vec![customer("t1", "Acme", &[])],
    );
    assert!(source_twice.decide().values().all(|d| short(d) == "conflict t1"));
    let mut one_excluded = source_twice;
    one_excluded.links = vec![link(Kind::Customer, "s2", LinkState::Excluded, None, "operator")];
    assert_eq!(short(&one_excluded.decide()["s1"]), "proposed t1", "what is excluded is nobody's twin");
    let not_there = Customers::new(vec![customer("s1", "Acme", &[]), customer("s2", "acme", &[])], Vec::new());
    assert!(not_there.decide().values().all(|d| short(d) == "conflict "), "two of one name are never both created");
    let number_twice = Customers::new(
        vec![customer("s1", "Acme", &[("number", "7")]), customer("s2", "Zenith", &[("number", "7")])],
        vec![customer("t1", "Other", &[("number", "7")])],
    );
    assert!(number_twice.decide().values().all(|d| short(d) == "conflict t1"));
}

#[test]
fn a_near_name_holds_back_a_creation_and_an_accepted_score_links() {
    let mut world = Customers::new(
        vec![customer("s1", "Acme", &[]), customer("s2", "Contoso Ltd", &[])],
        vec![customer("t1", "Acme Holdings", &[]), customer("t2", "Contoso", &[])],
    );
    assert_eq!(short(&world.decide()["s1"]), "proposed t1");
    world.rules.accept_score = Some(0.95);
    assert_eq!(short(&world.decide()["s1"]), "proposed t1", "near is not enough");
    assert_eq!(short(&world.decide()["s2"]), "t2 by accepted score");
    world.target.push(customer("t3", "Contoso AG", &[]));
    assert_eq!(short(&world.decide()["s2"]), "t2 by accepted score", "the second is not close");
    world.target.push(customer("t4", "CONTOSO Limited", &[]));
    assert_eq!(short(&world.decide()["s2"]), "conflict t4,t2,t3", "the second is close");
}

#[test]
fn accepting_one_frees_the_other() {
    let mut world = Customers::new(
        vec![customer("s1", "Acme", &[]), customer("s2", "Acme Holdings", &[])],
        vec![customer("t1", "Acme", &[])],
    );
    world.rules.accept_score = Some(0.95);
    let decisions = world.decide();
    assert_eq!(short(&decisions["s1"]), "t1 by accepted score");
    assert_eq!(short(&decisions["s2"]), "create", "what was near is taken");
}

#[test]
fn what_an_operator_decided_stands() {
    let mut world = Customers::new(
        vec![
            customer("s1", "Acme", &[]),
            customer("s2", "Contoso", &[]),
            customer("s3", "Fabrikam", &[]),
            customer("s4", "Litware", &[]),
            customer("s5", "Tailspin", &[]),
        ],
        vec![
            customer("t1", "Acme", &[]),
            customer("t2", "Contoso", &[]),
            customer("t3", "Fabrikam", &[]),
            customer("t4", "Litware", &[]),
            customer("t5", "Tailspin", &[]),
        ],
    );
    let mut declined = link(Kind::Customer, "s4", LinkState::Unmapped, None, "matching");
    declined.declined = vec!["t4".to_owned()];
    world.links = vec![
        link(Kind::Customer, "s1", LinkState::Excluded, None, "operator"),
        link(Kind::Customer, "s2", LinkState::Create, None, "operator"),
        link(Kind::Customer, "s3", LinkState::Linked, Some("t1"), "operator"),
        declined,
        link(Kind::Customer, "s5", LinkState::Unmapped, None, "operator"),
    ];
    let decisions = world.decide();
    for (source, expected) in [("s1", "keep"), ("s2", "create"), ("s3", "keep"), ("s4", "create"), ("s5", "keep")] {
        assert_eq!(short(&decisions[source]), expected, "{source}");
    }
}

#[test]
fn a_linked_target_that_is_gone_breaks_the_link_and_is_never_made_again() {
    let mut world = Customers::new(vec![customer("s1", "Acme", &[])], vec![customer("t2", "Acme", &[])]);
    world.links = vec![link(Kind::Customer, "s1", LinkState::Linked, Some("t1"), "stamp")];
    assert_eq!(short(&world.decide()["s1"]), "broken");
    world.complete = false;
    assert_eq!(short(&world.decide()["s1"]), "keep", "not read is not gone");
    world.complete = true;
    world.links = vec![link(Kind::Customer, "s1", LinkState::Broken, Some("t1"), "matching")];
    assert_eq!(short(&world.decide()["s1"]), "keep", "broken stays broken");
    world.target.push(customer("t1", "Acme", &[]));
    assert_eq!(short(&world.decide()["s1"]), "t1 by known link");
}

#[test]
fn nothing_is_created_where_it_cannot_be_known_to_be_new() {
    let mut world = Customers::new(vec![customer("s1", "Acme", &[])], Vec::new());
    assert_eq!(short(&world.decide()["s1"]), "create");
    world.complete = false;
    assert_eq!(short(&world.decide()["s1"]), "unmapped");
    world.complete = true;
    world.rules.create = false;
    assert_eq!(short(&world.decide()["s1"]), "unmapped");
    let mut cannot = describe(Kind::Customer);
    cannot.writes.remove(&Operation::Create);
    let matched = match_customers(&CustomerMatchInput {
        kind: Kind::Customer,
        source: &world.source,
        target: &[],
        target_complete: true,
        links: &[],
        stamp_of: &stamp_of,
        rules: &KindRules::default(),
        describe: &cannot,
        stopped: &|| false,
    });
    assert_eq!(short(&matched[0].decision), "unmapped");
}

#[test]
fn a_domain_that_many_share_says_nothing() {
    let site = [("website", "https://social.example/page")];
    let world = Customers::new(
        vec![customer("s1", "Acme", &site), customer("s2", "Zenith", &site)],
        vec![customer("t1", "Other One", &site), customer("t2", "Second Thing", &site)],
    );
    assert!(world.decide().values().all(|d| short(d) == "create"));
}

#[test]
fn what_is_decided_is_stored_only_when_it_differs() {
    let candidates =
        vec![Candidate { target: "t1".into(), name: "Acme".into(), score: 0.9, reason: "similar name".into() }];
    let proposed = Decision::Proposed { candidates, reason: "similar name".into() };
    let first = decided(None, Kind::Customer, "s1", &proposed, NOW).unwrap();
    assert_eq!((first.state, first.candidates.len(), first.revision), (LinkState::Proposed, 1, 0));
    assert_eq!(decided(Some(&first), Kind::Customer, "s1", &proposed, NOW.plus_ms(5)), None);
    let linked = link(Kind::Customer, "s1", LinkState::Linked, Some("t1"), "stamp");
    let broken =
        decided(Some(&linked), Kind::Customer, "s1", &Decision::Broken { reason: "gone".into() }, NOW).unwrap();
    assert_eq!((broken.state, broken.target.as_deref()), (LinkState::Broken, Some("t1")), "it may come back");
    for stays in [Decision::Keep, Decision::Create { reason: Said::default() }] {
        assert_eq!(decided(Some(&linked), Kind::Customer, "s1", &stays, NOW), None);
    }
}
