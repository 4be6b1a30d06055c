//! Every state of a record, in words: the verdict, the steps, and what would change it.

use super::*;
use crate::desk::uncertain::UncertainView;
use crate::rules::plan::{Finding, Planned};
use crate::testkit::{NOW, record};
use crosswalk_model::{Action, Candidate, Cause, Hold, PlanId, PlannedChange, Risk, RunId, SyncName, SyncRules, Value};
use crosswalk_say::{English, Lang, command, render};
use crosswalk_store::{JournalEntry, Stored};

fn sync() -> Sync {
    Sync {
        name: SyncName::new("s").unwrap(),
        source: "rmm".parse().unwrap(),
        target: "psa".parse().unwrap(),
        rules: SyncRules::default(),
        paused: false,
        revision: 1,
    }
}

fn stored(id: &str, name: &str) -> Stored {
    let record = record(id, Some("c"), name, &[]);
    Stored { record, digest: [0; 16], gone_at: None, first_at: Some(NOW), seen_at: NOW.plus_ms(1000) }
}

fn link(state: LinkState, by: &str, reason: &str) -> Link {
    let mut link = Link::unmapped(Kind::Asset, "a", NOW);
    link.state = state;
    link.target = matches!(state, LinkState::Linked | LinkState::Broken).then(|| "t".to_owned());
    link.decided_by = Decider::read(by);
    link.reason = reason.into();
    link
}

fn customer(state: LinkState) -> Customer {
    let mut link = link(state, "operator", "");
    link.kind = Kind::Customer;
    Customer { id: "c".to_owned(), name: "Acme".to_owned(), link: Some(link), listed: true, to_come: None }
}

/// An asset with a linked customer, as the source returned it.
fn facts(link: Option<Link>) -> Facts {
    let target = link.as_ref().and_then(Link::linked).map(|id| stored(id, "PC"));
    Facts {
        source: Some(stored("a", "PC")),
        customer: Some(customer(LinkState::Linked)),
        plan: Some((PlanId(6), NOW)),
        link,
        target,
        ..Facts::default()
    }
}

fn change(action: Action) -> PlannedChange {
    PlannedChange {
        sequence: 1,
        kind: Kind::Asset,
        action,
        customer: "c".into(),
        source: "a".into(),
        target: None,
        name: "PC".into(),
        fields: Vec::new(),
        step: crosswalk_model::Step::Record,
        reason: "model “A” becomes “B”".into(),
        risk: Risk::Low,
        calls: 1,
        held: None,
        link_revision: 0,
    }
}

fn view(status: ChangeStatus, message: &str, held: Option<&str>) -> ChangeView {
    let held = held.map(|words| Hold::parse(words, "many").unwrap());
    ChangeView { change: PlannedChange { held, ..change(Action::Update) }, status, message: message.into() }
}

fn verdict(facts: &Facts) -> (String, Vec<String>) {
    let (verdict, _, next) = tell(&sync(), Kind::Asset, facts);
    (verdict.english(), next.iter().map(|advice| command(&advice.call)).collect())
}

fn steps(facts: &Facts) -> Vec<String> {
    let steps = tell(&sync(), Kind::Asset, facts).1;
    steps.into_iter().map(|step| format!("{}: {}", step.what, step.words.english())).collect()
}

#[test]
fn what_is_polled_is_not_said_to_be_planned() {
    let mut sync = sync();
    sync.rules.kinds.entry(Kind::Alert).or_default();
    let (_, _, next) = tell(&sync, Kind::Alert, &facts(None));
    assert_eq!(command(&next[0].call), "crosswalk alert poll s --plan");
}

#[test]
fn each_state_of_a_link_has_a_verdict_and_what_would_change_it() {
    let near = Candidate { target: "77".into(), name: "PC".into(), score: 0.85, reason: "same name".into() };
    let proposed = Link { candidates: vec![near.clone()], ..link(LinkState::Proposed, "matching", "near") };
    for (state, expected, command) in [
        (
            link(LinkState::Linked, "serial number", "SER-1 on both"),
            "in step: linked by serial number (SER-1 on both)",
            None,
        ),
        (proposed, "waits to be confirmed or declined", Some("crosswalk link set s asset a 77")),
        (
            link(LinkState::Conflict, "matching", "two"),
            "a person must choose",
            Some("crosswalk link set s asset a TARGET"),
        ),
        (
            link(LinkState::Excluded, "operator", "no"),
            "left out: excluded by the operator",
            Some("crosswalk link set s asset a TARGET"),
        ),
        (
            link(LinkState::Excluded, "undo", "run 9"),
            "left out: excluded by an undo",
            Some("crosswalk link set s asset a TARGET"),
        ),
        (link(LinkState::Create, "operator", ""), "to be created by the next plan", Some("crosswalk plan s")),
        (link(LinkState::Broken, "matching", ""), "gone from the target", Some("crosswalk link set s asset a TARGET")),
        (
            link(LinkState::Unmapped, "matching", "no serial number"),
            "not in step: no serial number",
            Some("crosswalk link set s asset a TARGET"),
        ),
    ] {
        let (said, next) = verdict(&facts(Some(state)));
        assert!(said.contains(expected), "{said}");
        assert_eq!(next.first().map(String::as_str), command, "{said}");
    }
    let (said, next) = verdict(&facts(None));
    assert!(said.contains("nothing is decided yet"), "{said}");
    assert_eq!(next, ["crosswalk plan s"]);
}

#[test]
fn what_bars_a_record_comes_before_its_own_link() {
    for (state, expected) in [
        (LinkState::Excluded, "its customer “Acme” (`c`) is excluded by the operator"),
        (LinkState::Proposed, "waits for its proposal to be confirmed or declined"),
        (LinkState::Unmapped, "is linked to nothing"),
    ] {
        let barred = Facts { customer: Some(customer(state)), ..facts(None) };
        let (said, next) = verdict(&barred);
        assert!(said.contains(expected) && said.starts_with("not in step"), "{said}");
        assert_eq!(next, ["crosswalk why s customer c"]);
    }
    let unknown = Facts { target: Some(stored("t", "PC")), ..Facts::default() };
    assert!(verdict(&unknown).0.contains("nothing of this sync touches it"));
    let (said, _, next) = tell(&sync(), Kind::Product, &facts(None));
    assert_eq!((said.english().as_str(), next.len()), ("left out: products take no part in the sync `s`", 0));
}

#[test]
fn what_a_plan_has_for_it_says_what_holds_it_or_what_went_wrong() {
    let linked = || facts(Some(link(LinkState::Linked, "stamp", "its key")));
    for (view, expected, command) in [
        (view(ChangeStatus::Pending, "", None), "“update” is planned (model", Some("crosswalk apply 6")),
        (
            view(ChangeStatus::Pending, "", Some("updates")),
            "held by the brake `updates` (many)",
            Some("crosswalk apply 6 --release updates"),
        ),
        (view(ChangeStatus::Pending, "", Some("preview")), "held by the brake `preview`", None),
        (view(ChangeStatus::Pending, "", Some("out-of-use")), "held by the brake `out-of-use`", None),
        (view(ChangeStatus::Failed, "too long", None), "update failed: too long", Some("crosswalk plan s")),
        (view(ChangeStatus::Stale, "edited", None), "update went stale: edited", Some("crosswalk plan s")),
        (view(ChangeStatus::Skipped, "no site", None), "update was skipped: no site", Some("crosswalk plan s")),
        (view(ChangeStatus::Intended, "", None), "the outcome of “update” is not known", Some("crosswalk plan s")),
        (view(ChangeStatus::Done, "", None), "in step: linked by stamp", None),
    ] {
        let planned = Facts { planned: vec![view.clone()], ..linked() };
        let (said, next) = verdict(&planned);
        assert!(said.contains(expected), "{said}");
        assert_eq!(next.first().map(String::as_str), command, "{said}");
        let told = steps(&planned).iter().any(|step| step.starts_with("planned: plan 6 has “update”"));
        assert_eq!(told, view.status != ChangeStatus::Done);
    }
}

#[test]
fn a_linked_record_that_is_gone_due_or_left_says_so() {
    let linked = || facts(Some(link(LinkState::Linked, "stamp", "its key")));
    let mut gone = linked();
    gone.source.as_mut().unwrap().gone_at = Some(NOW);
    let finding = Finding::new(Cause::Missing, Kind::Asset, "c", "a", "missing from the source since then");
    gone.afresh.findings = vec![finding];
    assert_eq!(verdict(&gone).0, "missing from the source since then");
    assert!(steps(&gone)[0].contains("; gone since 2023-11-14"), "{:?}", steps(&gone));

    let unread = Facts { target: None, ..linked() };
    assert!(verdict(&unread).0.contains("not among what was read from the target"));

    let due = Facts { afresh: Planned { changes: vec![change(Action::Update)], ..Planned::default() }, ..linked() };
    assert_eq!(
        verdict(&due),
        ("not in step: “update” is due (model “A” becomes “B”)".to_owned(), vec!["crosswalk plan s".to_owned()])
    );
    assert!(steps(&due).iter().any(|step| step.starts_with("planned: the next plan has “update”")));

    let left =
        Finding::new(Cause::ByHand, Kind::Asset, "c", "a", "name was edited in the target to “X”, and is left so");
    let mut edited = Facts { by_rule: vec!["cpu is left by the rule `ignore`".into()], ..linked() };
    edited.afresh.findings = vec![left];
    assert!(verdict(&edited).0.starts_with("in step, but for what is left as it is"));
    let said = steps(&edited);
    assert!(said.contains(&"left: name was edited in the target to “X”, and is left so".to_owned()), "{said:?}");
    assert!(said.contains(&"left: cpu is left by the rule `ignore`".to_owned()), "{said:?}");
}

#[test]
fn the_steps_go_from_the_source_to_the_target_and_tell_the_last_write() {
    let mut link = link(LinkState::Linked, "serial number", "SER-1 on both");
    link.sent.insert("name".to_owned(), Value::Text("A LONG NAME".into()));
    link.written.insert("name".to_owned(), Value::Text("A LONG".into()));
    let entry = |event: &str, message: &str, fields: &[&str]| JournalEntry {
        run: Some(RunId(7)),
        event: event.parse().unwrap(),
        message: message.into(),
        detail: Some(fields.iter().map(|field| serde_json::json!({ "field": field })).collect()),
        ..JournalEntry::at(NOW)
    };
    let journal = vec![
        entry("failed", "the vendor is down", &[]),
        entry("updated", "cpu is new", &["cpu", "model"]),
        entry("created", "new", &[]),
    ];
    let said = steps(&Facts { journal, ..facts(Some(link)) });
    let at = "2023-11-14T22:13:20";
    for (index, words) in [
        format!("source: `rmm` has it as `a` “PC”; first seen {at}"),
        "customer: it belongs to “Acme” (`c`), which is linked to `t`".to_owned(),
        format!("match: linked to `t` by serial number at {at}"),
        "target: `psa` has it as `t` “PC”; first seen".to_owned(),
        format!("written: updated at {at}"),
        format!("tried: failed at {at}"),
        "kept: of name the target kept “A LONG” where “A LONG NAME” was sent".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        assert!(said[index].starts_with(words), "{words}: {said:?}");
    }
    assert!(said[4].ends_with("in run 7: cpu is new (cpu, model)"), "{said:?}");
    assert!(said[2].ends_with(": SER-1 on both"), "{said:?}");
}

#[test]
fn candidates_come_with_their_scores_and_reasons() {
    let near = |target: &str, score: f64| Candidate {
        target: target.into(),
        name: "PC".into(),
        score,
        reason: "same name".into(),
    };
    let mut conflict = link(LinkState::Conflict, "matching", "two are as near");
    conflict.candidates = vec![near("77", 0.85), near("78", 0.84)];
    conflict.declined = vec!["70".to_owned()];
    let said = steps(&facts(Some(conflict)));
    let expected = "two are as near; `77` “PC” scores 0.85: same name; `78` “PC” scores 0.84: same name; declined: 70";
    assert!(said[2].ends_with(expected), "{said:?}");
}

#[test]
fn a_link_whose_record_was_never_read_waits_for_the_source() {
    let unread = Facts { source: None, ..facts(Some(link(LinkState::Unmapped, "matching", "no serial number"))) };
    let said = ("not in step: it was never read from `rmm`".to_owned(), vec!["crosswalk plan s".to_owned()]);
    assert_eq!(verdict(&unread), said);
}

#[test]
fn a_person_who_decided_is_named() {
    let decided = |actor: Actor| JournalEntry { event: Event::Decided, actor: Some(actor), ..JournalEntry::at(NOW) };
    let anna = Actor::Local("anna".to_owned());
    for (by, actor, english, italian) in [
        ("operator", &anna, "by the operator local:anna", "dall'operatore local:anna"),
        ("operator", &Actor::Schedule, "by the schedule", "da un'esecuzione programmata"),
        ("undo", &anna, "by an undo", "da un annullamento"),
    ] {
        let excluded =
            Facts { journal: vec![decided(actor.clone())], ..facts(Some(link(LinkState::Excluded, by, "no"))) };
        let said = tell(&sync(), Kind::Asset, &excluded).0;
        assert_eq!(said.english(), format!("left out: excluded {english}"));
        assert_eq!(render(&said, Lang::It), format!("escluso {italian}"));
    }
}

#[test]
fn every_decider_has_words_in_each_language() {
    for decider in Decider::ALL {
        let said = by(&link(LinkState::Linked, decider.as_str(), ""), None);
        let (english, italian) = (said.english(), render(&said, Lang::It));
        let hyphens = key(decider.as_str());
        assert!(hyphens == decider.as_str() || english != format!("by {hyphens}"), "{english}");
        assert!(!italian.starts_with("in base a:"), "{italian}");
    }
}

#[test]
fn an_open_write_says_when_it_is_looked_up() {
    let open = |due_at| UncertainView {
        change: "6.2".to_owned(),
        sync: sync().name,
        status: ChangeStatus::Uncertain,
        kind: Kind::Asset,
        action: Action::Create,
        source: "a".to_owned(),
        name: "PC".to_owned(),
        target: None,
        run: RunId(7),
        intended_at: NOW,
        looks: 1,
        due_at,
        why: "no reply".into(),
        overtaken: None,
    };
    let begins = "not in step yet: it is unknown whether “create” of run 7 was written (no reply); it is looked up";
    for (due_at, then) in [(None, ", and"), (Some(NOW), " by the first run after 2023-11-14T22:13:20Z, and")] {
        let (said, next) = verdict(&Facts { uncertain: Some(open(due_at)), ..facts(None) });
        assert_eq!(said, format!("{begins}{then} nothing else is planned meanwhile"));
        assert_eq!(next, ["crosswalk plan s", "crosswalk uncertain settle 6.2"]);
    }
}
