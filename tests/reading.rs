//! Reading: what is not known must not be taken for what is not there.
//!
//! A read that ended early, fell short, or could not tell all of a record: what a plan makes of
//! it, what the run says of it, and that bad data is set aside by name while the rest goes on.
//! Fleets come from the guest of the sandbox, whose setting says what it hides; single faults of
//! a vendor from the simulators.

use crate::harness::licences::Licences;
use crate::harness::pair::{Psa, Rmm};
use crate::harness::{TestApp, Vendors, name, sync, told};
use crate::sandbox::Scene;
use crosswalk::engine::{ApplyOptions, JobOutcome, LinkFilter, NewSync, NoProgress, PlanReport, Release};
use crosswalk::model::sync::KindRules;
use crosswalk::model::{Action, Job, Kind, LinkState, RunStatus, SyncRules, Trust};
use crosswalk_say::English;
use crosswalk_sims::{Size, World};

/// A fleet at both ends of a sync.
async fn fleets(kinds: &[Kind], source: u64, target: u64) -> Scene {
    let scene = Scene::start().await;
    scene.connect("source").await;
    scene.connect("target").await;
    scene.sync("source", "target", kinds).await;
    scene.habit("source", "fleet", source).await;
    scene.habit("target", "fleet", target).await;
    scene
}

async fn plan(scene: &Scene) -> PlanReport {
    scene.plan().await.unwrap_or_else(|error| panic!("{}", told(&error)))
}

/// Links the customers, and nothing else.
async fn link_customers(scene: &Scene) {
    let report = plan(scene).await;
    scene.app.tenant.link_accept(&sync(), Kind::Customer, 0.9).await.unwrap();
    let only = ApplyOptions { release: Release::All, kind: Some(Kind::Customer), ..ApplyOptions::default() };
    let report =
        if report.plan.totals.iter().any(|total| total.kind == Kind::Customer) { report } else { plan(scene).await };
    scene.app.tenant.apply(report.plan.id, &only, &NoProgress).await.unwrap();
}

fn planned(report: &PlanReport, action: Action) -> u32 {
    report.plan.totals.iter().filter(|total| total.action == action).map(|total| total.changes).sum()
}

async fn links(app: &TestApp, state: LinkState) -> usize {
    let filter = LinkFilter { kind: Some(Kind::Asset), states: vec![state], ..LinkFilter::default() };
    app.tenant.link_list(&sync(), &filter).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_whose_second_page_is_empty_gets_nothing_created_and_loses_no_link() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 620, 620).await;
    link_customers(&scene).await;
    scene.habit("target", "fleet-cut", 620).await;
    let report = plan(&scene).await;
    assert_eq!(
        report.complaints.iter().map(English::english).collect::<Vec<_>>(),
        ["target assets are incomplete: the vendor reports 620, 100 came: nothing counts as gone or new"]
    );
    assert_eq!((planned(&report, Action::Create), planned(&report, Action::Link)), (0, 620), "those known before");

    scene.habit("target", "fleet", 620).await;
    scene.app.bring_in_step().await;
    assert_eq!(links(&scene.app, LinkState::Linked).await, 620);
    scene.habit("target", "fleet-cut", 620).await;
    let report = plan(&scene).await;
    assert_eq!(report.plan.totals, []);
    assert_eq!((links(&scene.app, LinkState::Linked).await, links(&scene.app, LinkState::Broken).await), (620, 0));
    scene.habit("target", "fleet", 620).await;
    let report = plan(&scene).await;
    assert_eq!((report.plan.totals, report.complaints), (Vec::new(), Vec::new()));
    assert_eq!(scene.vendor.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_waits_while_the_target_is_not_read_to_its_end() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 621, 620).await;
    link_customers(&scene).await;
    for habit in ["fleet-cut", "unreadable-asset", "unreadable-customer"] {
        scene.habit("target", habit, 620).await;
        let report = plan(&scene).await;
        assert!(!report.complaints.is_empty(), "{habit}");
        assert_eq!(planned(&report, Action::Create), 0, "{habit}: {:?}", report.plan.totals);
    }
    scene.habit("target", "fleet", 620).await;
    assert_eq!(planned(&plan(&scene).await, Action::Create), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_ends_early_has_lost_nothing() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 250, 250).await;
    scene.app.bring_in_step().await;
    scene.habit("source", "fleet-cut", 250).await;
    for _ in 0..3 {
        let report = plan(&scene).await;
        assert_eq!(
            report.complaints.iter().map(English::english).collect::<Vec<_>>(),
            ["source assets are incomplete: the vendor reports 250, 100 came: nothing counts as gone or new"]
        );
        assert_eq!(report.plan.totals, []);
        scene.app.clock.advance_ms(40 * 24 * 3_600_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_total_a_large_drop_is_believed_only_when_a_second_read_agrees() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 250, 250).await;
    scene.habit("target", "fleet-untold", 250).await;
    scene.app.bring_in_step().await;
    scene.habit("target", "fleet-cut-untold", 250).await;
    let report = plan(&scene).await;
    let said = "target assets fell from 250 to 100 since the last read, and the vendor reports no total: \
                nothing counts as gone or new until a second read agrees";
    assert_eq!(report.complaints.iter().map(English::english).collect::<Vec<_>>(), [said]);
    assert_eq!((report.plan.totals, links(&scene.app, LinkState::Broken).await), (Vec::new(), 0));
    // One good read between: the next drop is a first one again.
    scene.habit("target", "fleet-untold", 250).await;
    assert_eq!(plan(&scene).await.complaints.iter().map(English::english).collect::<Vec<_>>(), [""; 0]);
    scene.habit("target", "fleet-cut-untold", 250).await;
    assert_eq!(plan(&scene).await.complaints.iter().map(English::english).collect::<Vec<_>>(), [said]);
    assert_eq!(links(&scene.app, LinkState::Broken).await, 0);
    let report = plan(&scene).await;
    assert_eq!((report.complaints, links(&scene.app, LinkState::Broken).await), (Vec::new(), 150));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_could_not_be_read_whole_is_not_created_and_keeps_its_serial_number() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 150, 149).await;
    link_customers(&scene).await;
    scene.habit("source", "fleet-half", 150).await;
    let report = plan(&scene).await;
    let said =
        "source assets that could not be read whole: 1, the first PC-149 (a149): not-found: its details are not there";
    assert_eq!(report.complaints.iter().map(English::english).collect::<Vec<_>>(), [said]);
    assert_eq!(planned(&report, Action::Create), 0);
    let told = report.findings.iter().find(|finding| finding.source == "a149").expect("a finding");
    assert!(told.message.english().contains("PC-149 could not be read whole from `source`"), "{told:?}");

    // Read whole once, it is made; and what is known of it then stays.
    scene.habit("source", "fleet", 150).await;
    assert_eq!(planned(&plan(&scene).await, Action::Create), 1);
    scene.habit("source", "fleet-half", 150).await;
    plan(&scene).await;
    let why = scene.app.tenant.why(&sync(), Kind::Asset, "a149").await.unwrap();
    let serial = why.source.as_ref().and_then(|record| record.text("serial-number"));
    assert_eq!(serial, Some("SN000149"));
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_target_record_that_could_not_be_read_whole_nothing_is_created() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 151, 150).await;
    link_customers(&scene).await;
    scene.habit("target", "fleet-half", 150).await;
    let report = plan(&scene).await;
    assert_eq!(planned(&report, Action::Create), 0, "{:?}", report.plan.totals);
    assert_eq!(planned(&report, Action::Link), 150, "its serial number was known before");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_records_are_findings_by_name_and_the_rest_goes_on() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 1, 0).await;
    scene.habit("source", "bad-items", 1).await;
    let report = plan(&scene).await;
    assert_eq!(report.complaints.iter().map(English::english).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(report.read, (8, 1), "one customer and all assets with an id");
    let said: Vec<String> = report.findings.iter().map(|finding| finding.message.english()).collect();
    for words in [
        "`source` gave the asset PC-1: the asset was left out: its id has 5000 bytes",
        "its name has 100000 characters and was cut to 1000",
        "`source` gave the asset PC-3: its memory is `16 GB`, which is not a whole number, and was set aside",
        "`source` gave the asset PC-3: its last-seen is `yesterday`, which is not a time, and was set aside",
        "`source` gave the asset PC-4: its cpu is no number (NaN) and was set aside",
        "`source` gave the asset PC-6: the asset was left out: its id is empty",
        "1 asset in `source` belongs to the customer nobody, which it does not list; the first is PC-7",
        "`source` gave the asset PC-8: its cpu is there twice, with other values, and was set aside",
    ] {
        assert!(said.iter().any(|said| said.contains(words)), "{words}: {said:#?}");
    }
    assert!(said.iter().all(|said| !said.contains("`target`") && !said.contains('\u{1b}')), "{said:#?}");
    let clean = scene.app.tenant.why(&sync(), Kind::Asset, "a5").await.unwrap();
    assert_eq!(clean.source.unwrap().name, "PC-5");
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_gaps_and_toggling_cursors_end_with_a_sentence() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 1, 1).await;
    for (habit, words) in [
        ("gaps-endless", "source customers were not read to the end: broken: the walk has more than 100,000 gaps"),
        (
            "cursor-toggles",
            "source customers were not read to the end: broken: the connector gave the cursor `a` twice",
        ),
    ] {
        scene.habit("source", habit, 1).await;
        let said = match scene.plan().await {
            Ok(report) => report.complaints.iter().map(English::english).collect::<Vec<_>>().join("\n"),
            Err(error) => told(&error),
        };
        let words = words.trim_start_matches("source customers were not read to the end: ");
        assert!(said.contains(words), "{habit}: {said}");
    }
    // A look-up as well: the refresh of one record asks for it by its id.
    scene.habit("source", "fleet", 1).await;
    scene.app.bring_in_step().await;
    scene.habit("source", "cursor-toggles", 1).await;
    let failed = scene.app.tenant.refresh(&sync(), Kind::Asset, "a0", &NoProgress).await.unwrap_err();
    assert!(told(&failed).contains("the connector gave the cursor `a` twice"), "{}", told(&failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_description_that_does_not_hold_together_is_refused() {
    let scene = fleets(&[Kind::Customer], 1, 1).await;
    scene.habit("target", "stamp-short", 1).await;
    let failed = scene.plan().await.unwrap_err();
    let words =
        "the connector's description does not hold together: customer: the stamp's place `key` holds 4 characters";
    assert!(told(&failed).contains(words), "{}", told(&failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_comes_again_with_other_values_is_told() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 150, 150).await;
    scene.habit("source", "fleet-twice", 150).await;
    let report = plan(&scene).await;
    assert_eq!((report.complaints, report.read), (Vec::new(), (151, 151)), "it counts once");
    let words =
        "`source` gave the asset a0: its id came again on a later page with other values: the later one is kept";
    assert!(report.findings.iter().any(|finding| finding.message.english() == words), "{:?}", report.findings);
}

/// A sync that writes by itself, in step, whose source then has one more device and no locations to read.
async fn automatic() -> Scene {
    let scene = fleets(&[Kind::Customer, Kind::Location, Kind::Asset], 2, 3).await;
    scene.app.bring_in_step().await;
    let mut changed = scene.app.tenant.sync(&sync()).await.unwrap();
    changed.rules.kinds.values_mut().for_each(|own| own.trust = Trust::Automatic);
    scene.app.tenant.sync_change(changed).await.unwrap();
    scene
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_wrote_something_is_partial_where_a_kind_was_not_read() {
    let scene = automatic().await;
    scene.habit("source", "fleet-unreadable-location", 3).await;
    let report = scene.app.tenant.run(&sync(), &NoProgress).await.unwrap();
    let applied = report.applied.expect("something was written");
    assert_eq!((applied.run.counts.done, applied.run.status), (1, RunStatus::Partial), "{:?}", applied.run);
    assert!(
        applied.run.message.english().starts_with("source locations were not read to the end"),
        "{}",
        applied.run.message.english()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_schedule_says_of_such_a_run_is_partial_as_well() {
    let scene = automatic().await;
    scene.app.tenant.schedule_set(&sync(), Job::Sync, Some(5)).await.unwrap();
    scene.habit("source", "fleet-unreadable-location", 3).await;
    scene.app.clock.advance_ms(3_600_000);
    let done = scene.app.engine.tick().await.unwrap();
    let told: Vec<_> =
        done.iter().filter(|done| done.job == "sync").map(|done| (done.outcome, done.message.english())).collect();
    assert!(
        matches!(&told[..], [(JobOutcome::Partial, said)] if said.contains("source locations were not read to the end")),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_of_the_same_connections_at_the_same_hour_do_not_disturb_each_other() {
    let scene = fleets(&[Kind::Customer, Kind::Asset], 450, 450).await;
    let kinds = [Kind::Customer, Kind::Asset].map(|kind| (kind, KindRules::default())).into();
    let rules = SyncRules { kinds, ..SyncRules::default() };
    let other = NewSync { name: name("other"), source: name("source"), target: name("target"), rules };
    scene.app.tenant.sync_add(other).await.unwrap();
    let other = name("other");
    for _ in 0..5 {
        let (one, two) = tokio::join!(scene.plan(), scene.app.tenant.plan(&other, &NoProgress));
        for report in [one.unwrap(), two.unwrap()] {
            assert_eq!((report.complaints, report.read), (Vec::new(), (451, 451)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_answer_ends_no_walk() {
    let vendors = Vendors::start(3, 4, 40, 0.5);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let whole = app.plan().await;
    assert_eq!(whole.complaints, []);
    for (fault, value) in [
        ("server-error", "next:1,after:2,status:500"),
        ("server-error", "next:6,after:2,status:500"),
        ("html-ok", "next:1,after:2"),
        ("html-error", "next:1,after:2"),
        ("cut-body", "next:1,after:2"),
        ("half-page", "next:1,after:2"),
        ("drop-connection", "next:1,after:2"),
    ] {
        for faults in [vendors.rmm.faults(), vendors.psa.faults()] {
            faults.set(fault, value).unwrap_or_else(|error| panic!("{fault}={value}: {error}"));
            let report = app.plan().await;
            assert!(faults.fired(fault) > 0, "{fault}={value} never fired");
            assert_eq!((report.complaints, report.read), (Vec::new(), whole.read), "{fault}={value}");
            faults.clear();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_poll_says_which_customers_it_could_not_read() {
    let scene = Licences::start(4);
    let mut rules = SyncRules::default();
    rules.take_part(&[Kind::Customer, Kind::Usage, Kind::Alert]);
    let app = scene.host_with(rules).await;
    app.plan().await;
    let report = app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
    assert_eq!(report.plan.complaints, []);
    let crosswalk_sims::sophos_central::SophosTenant { id: tenant, name, .. } = scene.vendor.tenants().remove(1);
    assert!(scene.vendor.set_forbidden(&tenant, true));
    let report = app.tenant.alerts_run(&sync(), &NoProgress).await.unwrap();
    let said = report.plan.complaints.iter().map(English::english).collect::<Vec<_>>().join("\n");
    assert!(
        said.contains(&format!("licences alerts of one parent could not be read, the first {name} ({tenant}): ")),
        "{said}"
    );
    let run = app.tenant.run_list(Some(&sync()), 1).await.unwrap().remove(0);
    assert_eq!((run.status, run.message.english()), (RunStatus::Partial, said));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_whose_second_page_comes_back_empty_has_lost_no_device() {
    for rmm in ["pulseway-rmm", "datto-rmm"] {
        let world = World::generate(Size::new(2, 2, 300), 11);
        let (rmm, psa) = (Rmm::start(rmm, &world), Psa::start("autotask", &world.existing_in_psa(0.0, 11)));
        let app = TestApp::start().await;
        app.join(rmm.connection("rmm"), psa.connection("psa"), SyncRules::default()).await;
        app.bring_in_step().await;
        let before = psa.canonical_state();
        rmm.faults().set("empty-page", "page:2").unwrap();
        for _ in 0..2 {
            app.clock.advance_ms(40 * 24 * 3_600_000);
            let report = app.plan().await;
            let said = report.complaints.iter().map(English::english).collect::<Vec<_>>().join("\n");
            assert!(said.contains("are incomplete: the vendor reports 300, "), "{said}");
            let leaving = [Action::Deactivate, Action::Create, Action::Link];
            assert_eq!(leaving.map(|action| planned(&report, action)), [0, 0, 0], "{:?}", report.plan.totals);
        }
        rmm.faults().clear();
        assert_eq!(app.plan().await.complaints, []);
        assert_eq!(psa.canonical_state(), before);
    }
}
