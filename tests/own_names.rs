//! A vendor's own fields: whatever they are called, they are ordinary fields.

use crate::harness::scripted::{Scripted, Writes};
use crate::harness::{TestApp, told};
use crosswalk::engine::{ApplyOptions, Found, NoProgress, UndoOptions};
use crosswalk::model::{Kind, SyncRules};
use serde_json::{Value, json};

/// Words that the host has for things of its own, and that a vendor may have for a field of an asset.
const NAMES: [&str; 24] = [
    "account",
    "activity",
    "changed",
    "contract",
    "counted",
    "effective",
    "ended",
    "former",
    "had",
    "last-activity",
    "leaves",
    "left",
    "linked to",
    "moves",
    "note",
    "parts",
    "product",
    "quantity",
    "replaces",
    "rests",
    "service",
    "since",
    "ticket",
    "touched",
];

fn all(value: &str) -> Value {
    Value::Object(NAMES.iter().map(|name| ((*name).to_owned(), json!(format!("{value} {name}")))).collect())
}

fn assert_has(psa: &Scripted, value: &str, what: &str) {
    let asset = psa.records("asset").remove(0);
    assert_eq!(asset["parent"], json!("a1"), "{what}: it stands in its account");
    for (name, expected) in all(value).as_object().unwrap() {
        assert_eq!(&asset["fields"][name], expected, "{what}: {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendors_field_is_an_ordinary_one_whatever_its_name() {
    let (rmm, psa) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    let limits = json!({ "asset": { "extras": NAMES } });
    app.join(rmm.connection("rmm", &limits), psa.connection("psa", &limits), SyncRules::default()).await;
    rmm.put("customer", "c1", None, "Alpha", &json!({ "number": "1" }));
    psa.put("customer", "a1", None, "Alpha", &json!({ "number": "1" }));
    rmm.put("asset", "d1", Some("c1"), "PC-1", &all("first"));
    app.bring_in_step().await;
    assert_has(&psa, "first", "created");
    assert!(app.plan().await.plan.totals.is_empty(), "in step after the create");

    for (name, value) in all("second").as_object().unwrap() {
        rmm.edit("asset", "d1", &json!({ name: value }));
        let plan = app.plan().await;
        let changes = app.tenant.plan_changes(plan.plan.id, &Default::default(), 0, 10).await.unwrap();
        let [view] = changes.as_slice() else { panic!("{name}: {changes:?}") };
        assert_eq!(view.change.fields.iter().map(|diff| &diff.name).collect::<Vec<_>>(), [name]);
        assert!(app.apply(&plan).await.failures.is_empty(), "{name}");
        assert_eq!(&psa.records("asset").remove(0)["fields"][name], value, "{name} is written");
        assert!(app.plan().await.plan.totals.is_empty(), "in step after {name}");
    }
    assert_has(&psa, "second", "updated");

    // What was written can be taken back.
    rmm.edit("asset", "d1", &all("third"));
    let report = app.apply(&app.plan().await).await;
    assert_has(&psa, "third", "updated at once");
    let undo = app.tenant.undo(report.run.id, &UndoOptions::default(), &NoProgress).await.unwrap();
    let undone = app.tenant.apply(undo.plan.id, &ApplyOptions::default(), &NoProgress).await.unwrap();
    assert!(undone.failures.is_empty(), "{:?}", undone.failures);
    assert_has(&psa, "second", "undone");
    assert_eq!(app.link_target(Kind::Asset, "d1").await.as_deref(), psa.records("asset")[0]["id"].as_str());

    // A write without a reply is settled by hand with the record that is there, whatever its fields say by then.
    psa.set_writes(Writes::Lost);
    rmm.put("asset", "d2", Some("c1"), "PC-2", &all("first"));
    app.apply(&app.plan().await).await;
    psa.set_writes(Writes::Done);
    psa.put("asset", "x2", Some("a1"), "PC-2", &all("edited"));
    let open = app.uncertain().await.remove(0);
    let found = Found::Written("x2".to_owned());
    let settled = app.tenant.uncertain_settle(open.change.parse().unwrap(), &found, "seen there").await;
    settled.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!(app.link_target(Kind::Asset, "d2").await.as_deref(), Some("x2"));
}
