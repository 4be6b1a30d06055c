//! The other way, case by case and as a whole: what is created at the source is nobody
//! else's, is created once, and never comes back.

use super::*;
use crate::rules::matching::{CustomerMatchInput, match_customers};
use crate::rules::plan::{Item, PlanInput, Reference, plan_kind, to_write};
use crate::testkit::{NOW, With, describe, record, stamp_of};
use crosswalk_model::{Candidate, ChangeId, PlanId};
use crosswalk_say::English;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One sync's customers on both sides.
#[derive(Debug, Default, Clone)]
struct Both {
    source: Vec<Record>,
    target: Vec<Record>,
    links: Vec<Link>,
    decisions: HashMap<String, ReverseDecision>,
}

impl Both {
    fn of(source: &[&str], target: &[&str]) -> Self {
        let side = |prefix: &str, names: &[&str]| {
            names.iter().enumerate().map(|(at, name)| record(&format!("{prefix}{at}"), None, name, &[])).collect()
        };
        Self { source: side("s", source), target: side("t", target), ..Self::default() }
    }

    fn link(&mut self, source: usize, target: usize) {
        let mut link = Link::unmapped(Kind::Customer, &self.source[source].id, NOW);
        link.state = LinkState::Linked;
        link.target = Some(self.target[target].id.clone());
        self.links.push(link);
    }

    fn matched(&self) -> Vec<Matched> {
        match_customers(&CustomerMatchInput {
            kind: Kind::Customer,
            source: &self.source,
            target: &self.target,
            target_complete: true,
            links: &self.links,
            stamp_of: &stamp_of,
            rules: &KindRules::default(),
            describe: &describe(Kind::Customer),
            stopped: &|| false,
        })
    }

    fn plan(&self) -> Planned {
        self.plan_with(&describe(Kind::Customer), None)
    }

    fn plan_with(&self, describe: &KindDescription, apart: Option<&str>) -> Planned {
        self.plan_until(describe, apart, &|| false)
    }

    fn plan_until(&self, describe: &KindDescription, apart: Option<&str>, stopped: &dyn Fn() -> bool) -> Planned {
        plan_reverse(&ReverseInput {
            source: &self.source,
            target: &self.target,
            links: &self.links,
            matched: &self.matched(),
            decisions: &self.decisions,
            apart,
            sync: &"s".parse().unwrap(),
            describe,
            now: NOW,
            stopped,
        })
    }

    /// Creates what is planned at the source and links it, as applying does.
    fn apply(&mut self, planned: &Planned) {
        for change in &planned.changes {
            let there = self.target.iter().find(|record| Some(&record.id) == change.target.as_ref()).cloned();
            assert_eq!(stale_reverse(change, there.as_ref()), None);
            let id = ChangeId { plan: PlanId(1), sequence: 1 };
            let sent = to_write(change, id, id.to_string(), None, None, &|_, _| Reference::Unknown).unwrap().unwrap();
            assert_eq!((sent.operation, sent.target.as_ref()), (Operation::Create, None));
            let made = Record {
                fields: sent.fields.clone(),
                ..record(&format!("n{}", self.source.len()), None, sent.name.as_deref().unwrap(), &[])
            };
            let link = after_reverse(None, change, Some(&sent), &made.id, Some(&made), there.as_ref(), NOW);
            self.links.push(Link { revision: 1, ..link });
            self.source.push(made);
        }
    }

    /// What the usual way makes of the linked ones.
    fn forward(&self) -> Planned {
        let matched = self.matched();
        let items: Vec<Item<'_>> = self
            .source
            .iter()
            .zip(&matched)
            .filter_map(|(source, matched)| {
                let link = self.links.iter().find(|link| link.source == source.id)?;
                let target = self.target.iter().find(|record| Some(record.id.as_str()) == link.linked());
                Some(Item {
                    source: Some(source),
                    gone_since: None,
                    link: Some(link),
                    decision: &matched.decision,
                    target,
                })
            })
            .collect();
        plan_kind(&PlanInput {
            kind: Kind::Customer,
            customer: "",
            items: &items,
            parent_target: None,
            parent_out_of_use: None,
            describe: &describe(Kind::Customer),
            rules: &SyncRules::default(),
            now: NOW,
            refresh: false,
            resolve: &|_, _| Reference::Unknown,
        })
    }
}

fn targets(planned: &Planned) -> Vec<&str> {
    planned.changes.iter().filter_map(|change| change.target.as_deref()).collect()
}

#[test]
fn what_is_in_the_target_alone_is_created_with_what_the_source_takes() {
    let mut both = Both::of(&["Acme Ltd"], &["Acme Ltd", "Zenith Pharma"]);
    both.link(0, 0);
    both.target[1] =
        both.target[1].clone().with("phone", Value::Text("+39 02".into())).with("active", Value::Boolean(true));
    let planned = both.plan();
    assert_eq!(targets(&planned), ["t1"]);
    let change = &planned.changes[0];
    assert_eq!((change.action, change.source.as_str(), change.customer.as_str()), (Action::CreateSource, "", ""));
    let named: Vec<(&str, String)> =
        change.fields.iter().map(|diff| (diff.name.as_str(), diff.after.to_string())).collect();
    assert_eq!(named, [("name", "Zenith Pharma".to_owned()), ("phone", "+39 02".to_owned())]);
    // A source that takes names only, and short ones.
    let narrow = KindDescription { fields: Vec::new(), name_length: Some(6), ..describe(Kind::Customer) };
    let planned = both.plan_with(&narrow, None);
    assert_eq!(planned.changes[0].fields.len(), 1);
    assert_eq!(planned.changes[0].fields[0].after, Value::Text("Zenith".into()));
    // It was cut there; that is no rename to send back.
    both.apply(&planned);
    let forward = both.forward();
    assert_eq!((forward.changes, forward.findings), (vec![], vec![]), "{:?}", both.links);
    assert!(forward.noted.iter().all(|link| link.decided_by != Some(Decider::Reverse)), "{:?}", forward.noted);
    assert_eq!(both.plan(), Planned::default());
    let unable = KindDescription { writes: [Operation::Update].into(), ..describe(Kind::Customer) };
    assert_eq!(Both::of(&[], &["New"]).plan_with(&unable, None), Planned::default());
}

#[test]
fn what_has_a_part_in_anything_is_left_alone() {
    let mut both =
        Both::of(&["Acme Ltd", "Gone", "Open"], &["Acme", "Retired", "Linked", "Broken", "Candidate", "Catch-all"]);
    both.target[1] = both.target[1].clone().with("active", Value::Boolean(false));
    both.link(1, 2);
    both.link(2, 3);
    both.links[1].state = LinkState::Broken;
    let mut proposed = Link::unmapped(Kind::Customer, "s9", NOW);
    proposed.state = LinkState::Proposed;
    proposed.candidates = vec![Candidate {
        target: "t4".into(),
        name: "Candidate".into(),
        score: 0.9,
        reason: crosswalk_model::Said::default(),
    }];
    both.links.push(proposed);
    // `Acme` is proposed for `Acme Ltd` just now.
    assert_eq!(both.plan_with(&describe(Kind::Customer), Some("t5")), Planned::default());
    both.decisions.insert("t5".into(), ReverseDecision::Exclude);
    assert_eq!(both.plan(), Planned::default());
}

#[test]
fn a_near_name_and_a_twin_wait_for_a_person() {
    let mut both = Both::of(&["Acme Ltd"], &["Acme Ltd", "Acme Holdings", "Twin", "TWIN.", " "]);
    both.link(0, 0);
    let planned = both.plan();
    assert_eq!(planned.changes, []);
    let told: Vec<(&str, String)> =
        planned.findings.iter().map(|found| (found.source.as_str(), found.message.english())).collect();
    assert_eq!(told.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ["t1", "t2", "t3", "t4"]);
    assert!(
        told[0].1.contains("`Acme Holdings` is near the source's s0 `Acme Ltd`")
            && told[0].1.contains("crosswalk link reverse s t1 DECISION` (`create` or `exclude`)"),
        "{told:?}"
    );
    assert!(told[1].1.contains("several customers of this name") && told[3].1.contains("no name"), "{told:?}");
    for id in ["t1", "t2", "t4"] {
        both.decisions.insert(id.into(), ReverseDecision::Create);
    }
    assert_eq!(targets(&both.plan()), ["t1", "t2"], "what has no name cannot be created, whoever says so");
}

#[test]
fn a_change_goes_stale_with_its_target() {
    let both = Both::of(&[], &["Zenith"]);
    let change = &both.plan().changes[0];
    let stale = |there: Option<&Record>| crate::rules::plan::stale(change, None, there);
    assert_eq!(stale(Some(&both.target[0])), None);
    assert!(stale(None).unwrap().english().contains("gone"));
    assert!(stale(Some(&record("t0", None, "Zenith Group", &[]))).unwrap().english().contains("name was changed"));
    assert!(
        stale(Some(&both.target[0].clone().with("active", Value::Boolean(false))))
            .unwrap()
            .english()
            .contains("out of use")
    );
    let mut linked = both.clone();
    linked.source.push(record("s7", None, "Zenith", &[]));
    linked.link(0, 0);
    assert!(
        crate::rules::plan::stale(change, Some(&linked.links[0]), Some(&both.target[0]))
            .unwrap()
            .english()
            .contains("s7")
    );
}

fn name() -> impl Strategy<Value = String> {
    let first = prop::sample::select(vec!["Acme", "Contoso", "Zenith", "Fabrikam", "Litware", "Proseware"]);
    let last = prop::sample::select(vec!["", " Ltd", " Holdings", " Dental", " 2"]);
    (first, last).prop_map(|(first, last)| format!("{first}{last}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_created_twice_and_nothing_comes_back(
        source in prop::collection::vec(name(), 0..8), target in prop::collection::vec(name(), 0..12),
        linked in prop::collection::vec((0..8_usize, 0..12_usize), 0..6), decided in prop::collection::vec(0..12_usize, 0..4),
    ) {
        let names = |names: &[String]| -> Vec<String> { names.to_vec() };
        let (source, target) = (names(&source), names(&target));
        let mut both = Both::of(
            &source.iter().map(String::as_str).collect::<Vec<_>>(),
            &target.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        let (mut used_source, mut used_target) = (BTreeSet::new(), BTreeSet::new());
        for (s, t) in linked {
            if s < source.len() && t < target.len() && used_source.insert(s) && used_target.insert(t) {
                both.link(s, t);
            }
        }
        for at in decided.into_iter().filter(|at| *at < target.len()) {
            both.decisions.insert(format!("t{at}"), ReverseDecision::Create);
        }
        let first = both.plan();
        let created: BTreeSet<&str> = targets(&first).into_iter().collect();
        prop_assert_eq!(created.len(), first.changes.len(), "each once");
        for (at, id) in (0..target.len()).map(|at| (at, format!("t{at}"))) {
            prop_assert!(!(used_target.contains(&at) && created.contains(id.as_str())), "{} is linked", id);
            let told = first.findings.iter().filter(|found| found.source == id).count();
            prop_assert!(told + usize::from(created.contains(id.as_str())) <= 1);
        }
        // The order in which either side lists its customers does not matter.
        let mut turned = both.clone();
        turned.source.reverse();
        turned.target.reverse();
        prop_assert_eq!(&turned.plan().changes, &first.changes);
        let before = both.source.len();
        both.apply(&first);
        prop_assert_eq!(both.source.len(), before + created.len());
        let again = both.plan();
        for id in &created {
            prop_assert!(!targets(&again).contains(id), "{} twice", id);
        }
        let forward = both.forward();
        for change in &forward.changes {
            prop_assert!(!change.source.starts_with('n'), "what was made at the source comes back: {:?}", change);
        }
    }
}

#[test]
fn a_stop_is_heard_at_the_next_record_wherever_it_comes() {
    let names = |side: &str| (0..300).map(|at| format!("{side} Holding {at}")).collect::<Vec<_>>();
    let (source, target) = (names("Alder"), names("Birch"));
    let both = Both::of(
        &source.iter().map(String::as_str).collect::<Vec<_>>(),
        &target.iter().map(String::as_str).collect::<Vec<_>>(),
    );
    let describe = describe(Kind::Customer);
    let asked_in_all = std::cell::Cell::new(0);
    let whole = both.plan_until(&describe, None, &|| {
        asked_in_all.set(asked_in_all.get() + 1);
        false
    });
    assert_eq!(whole.changes.len() + whole.findings.len(), 300);
    for after in [0, 299, 450, 600, 750, 899] {
        assert!(after < asked_in_all.get(), "{after} of {}", asked_in_all.get());
        let asked = std::cell::Cell::new(0);
        both.plan_until(&describe, None, &|| {
            asked.set(asked.get() + 1);
            asked.get() > after
        });
        assert!(asked.get() <= after + 3, "asked {} times though stopped after {after}", asked.get());
    }
}
