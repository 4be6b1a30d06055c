//! Why a record is, or is not, in step: one trace from source to target, against real records.

use crate::harness::scripted::Scripted;
use crate::harness::{TestApp, Vendors, sync, told};
use crosswalk::engine::{Decision, Trace};
use crosswalk::model::{FieldRule, Kind, SyncRules};
use crosswalk_say::{English, command};
use serde_json::json;

async fn why(app: &TestApp, kind: Kind, record: &str) -> Trace {
    app.tenant.why(&sync(), kind, record).await.unwrap_or_else(|error| panic!("{}", told(&error)))
}

fn steps(trace: &Trace, what: &str) -> Vec<String> {
    trace.steps.iter().filter(|step| step.what == what).map(|step| step.words.english().clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_told_from_its_first_reading_to_its_last_write() {
    let vendors = Vendors::start(4, 8, 30, 0.0);
    let mut rules = SyncRules::default();
    rules.kinds.get_mut(&Kind::Asset).unwrap().fields.insert("model".to_owned(), FieldRule::SeedOnce);
    let app = TestApp::with(&vendors, rules).await;
    let device = vendors.rmm.devices()[0].clone();
    let (_, organisation, _) = vendors.rmm.sites().into_iter().find(|(site, _, _)| *site == device.site).unwrap();

    // Planned, and held.
    app.plan().await;
    let held = why(&app, Kind::Asset, &device.id).await;
    assert!(
        held.verdict.english().contains("“create” is planned and held by the brake `first-run`"),
        "{}",
        held.verdict.english()
    );
    assert!(command(&held.next[0].call).ends_with("--release first-run"), "{:?}", held.next);
    assert!(steps(&held, "source")[0].contains("; first seen "), "{:?}", held.steps);

    // In step; found by either id, and by its name in whatever case.
    app.bring_in_step().await;
    let item = app.target_of(Kind::Asset, &device.id).await.unwrap();
    for text in [device.id.clone(), item.to_string(), device.name.to_lowercase()] {
        let trace = why(&app, Kind::Asset, &text).await;
        assert!(trace.verdict.english().starts_with("in step: linked by"), "{text}: {}", trace.verdict.english());
        assert_eq!(trace.link.as_ref().unwrap().source, device.id);
        assert!(steps(&trace, "customer")[0].contains("which is linked to"), "{:?}", trace.steps);
        assert!(steps(&trace, "written")[0].starts_with("created at "), "{:?}", trace.steps);
        assert!(trace.next.is_empty() && steps(&trace, "left").is_empty(), "{:?}", trace.steps);
    }

    // Left, by a person's edit and by a rule.
    vendors.psa.edit("ConfigurationItems", item, "referenceTitle", &json!("Reception"));
    vendors.rmm.edit_device(&device.id, |device| device.name = "SOMETHING-ELSE".to_owned());
    app.plan().await;
    let left = why(&app, Kind::Asset, &device.id).await;
    assert!(left.verdict.english().starts_with("in step, but for what is left as it is"), "{}", left.verdict.english());
    let told = steps(&left, "left");
    assert!(told[0].contains("name changed on both sides") && told[0].contains("Reception"), "{told:?}");

    // Gone, within the grace period.
    vendors.rmm.remove_device(&device.id);
    app.plan().await;
    let gone = why(&app, Kind::Asset, &device.id).await;
    assert!(gone.verdict.english().contains("missing from the source since"), "{}", gone.verdict.english());

    // Its customer is left out.
    let customer = organisation.to_string();
    let other = vendors.rmm.add_organisation("Brand New Ltd");
    let site = vendors.rmm.add_site(other, "Only").unwrap();
    app.plan().await;
    app.tenant.link_decide(&sync(), Kind::Customer, &other.to_string(), &Decision::Exclude).await.unwrap();
    app.plan().await;
    let barred = why(&app, Kind::Location, &site.to_string()).await;
    assert!(barred.verdict.english().contains("its customer “Brand New Ltd”"), "{}", barred.verdict.english());
    assert!(barred.verdict.english().contains("is excluded by the operator"), "{}", barred.verdict.english());
    let excluded = why(&app, Kind::Customer, "brand new ltd").await;
    assert!(excluded.verdict.english().contains("excluded by the operator"), "{}", excluded.verdict.english());
    assert!(
        excluded.next.iter().any(|advice| command(&advice.call).starts_with("crosswalk link forget")),
        "{:?}",
        excluded.next
    );
    assert!(why(&app, Kind::Customer, &customer).await.verdict.english().starts_with("in step"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_several_have_and_one_that_nobody_has_are_told() {
    let vendors = Vendors::start(2, 2, 8, 0.5);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let company = vendors.psa.add_company("Nobody Knows Us SpA");
    let devices = vendors.rmm.devices();
    vendors.rmm.rename_device(&devices[0].id, "TWIN");
    vendors.rmm.rename_device(&devices[1].id, "TWIN");
    app.plan().await;
    let error = app.tenant.why(&sync(), Kind::Asset, "twin").await.unwrap_err();
    let said = told(&error);
    assert!(said.contains("2 assets of `rmm` are called `twin`"), "{said}");
    assert!(said.contains(&devices[0].id) && said.contains(&devices[1].id), "{said}");
    let error = app.tenant.why(&sync(), Kind::Asset, "nobody").await.unwrap_err();
    assert!(told(&error).contains("it was never read"), "{}", told(&error));
    for text in [company.to_string(), "Nobody Knows Us SpA".to_owned()] {
        let trace = why(&app, Kind::Customer, &text).await;
        assert!(trace.verdict.english().contains("nothing of this sync touches it"), "{}", trace.verdict.english());
        assert_eq!(trace.target.unwrap().id, company.to_string());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_as_it_is_kept_is_meant_before_one_that_only_looks_so_and_a_name_of_nothing_means_nobody() {
    let (from, to) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    app.join(from.connection("from", &json!({})), to.connection("to", &json!({})), SyncRules::default()).await;
    for (id, name) in [("c1", "ACME"), ("c2", "Acme"), ("c3", "Con\u{200b}toso"), ("c4", "Contoso"), ("c5", "\u{200b}")]
    {
        from.put("customer", id, None, name, &json!({}));
    }
    for (id, name) in [("a1", "Fabrikam"), ("a2", "FABRIKAM")] {
        to.put("customer", id, None, name, &json!({}));
    }
    app.plan().await;
    for (name, id) in [("ACME", "c1"), ("Acme", "c2")] {
        assert_eq!(why(&app, Kind::Customer, name).await.source.expect("a source record").id, id, "{name:?}");
    }
    for (name, id) in [("Fabrikam", "a1"), ("FABRIKAM", "a2")] {
        assert_eq!(why(&app, Kind::Customer, name).await.target.expect("a target record").id, id, "{name:?}");
    }
    for (name, ids) in [("acme", "c1, c2"), ("Con\u{200b}toso", "c3, c4"), ("Contoso", "c3, c4")] {
        let said = told(&app.tenant.why(&sync(), Kind::Customer, name).await.unwrap_err());
        assert!(said.contains("2 customers of `from` are called") && said.contains(ids), "{name:?}: {said}");
    }
    for nothing in ["", " ", "\u{200b}", "\u{200f}"] {
        let said = told(&app.tenant.why(&sync(), Kind::Customer, nothing).await.unwrap_err());
        assert!(said.contains("it was never read"), "{nothing:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_a_contract_and_a_customer_share_means_the_kind_that_was_asked_for() {
    let (from, to) = (Scripted::start(), Scripted::start());
    let app = TestApp::start().await;
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage]);
    app.join(from.connection("from", &json!({})), to.connection("to", &json!({})), rules).await;
    from.put("customer", "c1", None, "Alpha", &json!({ "number": "c1" }));
    to.put("customer", "a1", None, "Alpha", &json!({ "number": "c1" }));
    to.put("customer", "12", None, "Omega", &json!({}));
    to.put("contract", "12", Some("a1"), "Care", &json!({ "takes-usage": true }));
    let plan = app.plan().await;
    app.apply(&plan).await;
    let contract = Decision::Link("12".to_owned());
    app.tenant.customer_map(&sync(), "c1", None, Some(&contract), None).await.unwrap();
    let customer = why(&app, Kind::Customer, "12").await;
    assert_eq!((customer.link, customer.target.expect("a target record").name.as_str()), (None, "Omega"));
    let contract = why(&app, Kind::Contract, "12").await;
    assert_eq!(contract.link.map(|link| (link.kind, link.target_kind)), Some((Kind::Customer, Kind::Contract)));
}
