//! Writes whose outcome nobody knows, end to end: replies that are lost, writes that outlast the host's
//! patience, reads that lag behind, a second sync on the same target, look-ups that fail, decisions made
//! meanwhile. Whatever it is: one effect at the vendor, nothing believed on absence alone, the rest goes
//! on, and a person sees what is open and can settle it.

use crate::billing::{billing, line, next_day, number};
use crate::harness::licences::{Licences, map_all};
use crate::harness::pair::{Psa, Rmm};
use crate::harness::program::Program;
use crate::harness::slow::SlowVendor;
use crate::harness::vendor::Vendor;
use crate::harness::{TestApp, component, connection, impatient, name, secrets, sync, texts, told};
use crosswalk::clock::Clock as _;
use crosswalk::engine::{
    ChangeFilter, ChangeStatus, Decision, Found, JobOutcome, NewConnection, NewSync, NoProgress, PlanReport, Release,
    UsageChoice, UsageFilter, UsageState,
};
use crosswalk::model::{Job, Kind, LineKey, LinkState, RunStatus, SyncRules, Trust};
use crosswalk::store::JournalFilter;
use crosswalk_say::{English, command};
use crosswalk_sims::{Existing, Faults, World};
use serde_json::json;
use std::time::Duration;

/// Longer than the quiet time of any connector.
const QUIET_MS: i64 = 15 * 60_000;
const PSAS: [&str; 2] = ["autotask", "pulseway-psa"];

struct Pair {
    rmm: Rmm,
    psa: Psa,
    app: TestApp,
}

impl Pair {
    async fn start(app: TestApp, psa: &str, world: &World) -> Self {
        let (rmm, psa) = (Rmm::start("pulseway-rmm", world), Psa::start(psa, &Existing::default()));
        let mut rules = SyncRules::default();
        rules.kinds.insert(Kind::Alert, Default::default());
        app.join(rmm.connection("rmm"), psa.connection("psa"), rules).await;
        Self { rmm, psa, app }
    }

    /// A plan in which everything is decided.
    async fn ready(&self) -> PlanReport {
        self.app.plan().await;
        self.app.decide().await;
        self.app.plan().await
    }

    fn assert_once(&self, named: &str) {
        assert!(self.psa.duplicates().is_empty(), "{named}: {:?}", self.psa.duplicates());
    }
}

fn small() -> World {
    World::by_hand().customer("Acme Ltd").device("PC-1", "SN-1").customer("Contoso").device("PC-2", "SN-2").build()
}

async fn none_under_way(faults: &Faults) {
    while faults.slow_writes() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Outcomes of several batches share a commit; they do not wait for a vendor that falls silent.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_stored_while_the_vendor_keeps_the_next_call_waiting() {
    const DEVICES: usize = 150;
    for psa in PSAS {
        let world = World::by_hand().customer("Acme Ltd").devices("PC", DEVICES).build();
        let pair = Pair::start(TestApp::start().await, psa, &world).await;
        let plan = pair.ready().await;
        let filter = ChangeFilter { kind: Some(Kind::Asset), ..ChangeFilter::default() };
        let done = async || {
            let changes = pair.app.tenant.plan_changes(plan.plan.id, &filter, 0, DEVICES).await.unwrap();
            changes.iter().filter(|change| change.status == ChangeStatus::Done).count()
        };
        // The last of all: calls of other devices went before it.
        let faults = pair.psa.faults();
        faults.set("slow-write", &format!("after:{DEVICES},ms:10000")).unwrap();
        let stored = async {
            while faults.slow_writes() == 0 || done().await == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert!(faults.slow_writes() > 0, "{psa}: nothing was stored before the slow write was over");
        };
        tokio::select! {
            biased;
            report = pair.app.apply(&plan) => panic!("{psa}: it ended without a slow write: {report:?}"),
            () = stored => {}
        }
        pair.psa.faults().clear();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_takes_longer_than_the_host_waits_is_done_once() {
    for psa in PSAS {
        let pair = Pair::start(TestApp::start_on(impatient()).await, psa, &small()).await;
        let plan = pair.ready().await;
        pair.psa.faults().set("slow-write", "next:1,ms:1500").unwrap();
        let report = pair.app.apply(&plan).await;
        assert_eq!((report.run.status, report.run.counts.uncertain), (RunStatus::Partial, 1), "{psa}: {report:?}");
        assert!(report.run.counts.done > 0, "{psa}: the rest goes on: {report:?}");
        assert!(
            report.failures.iter().any(|(_, why)| why.english().contains("crosswalk uncertain settle")),
            "{report:?}"
        );

        // Right away, and again: it is looked for, and nothing of it is written or planned once more.
        let open = pair.app.uncertain().await;
        assert_eq!((open.len(), open[0].status), (1, ChangeStatus::Uncertain));
        for _ in 0..2 {
            let again = pair.app.plan().await;
            assert!(
                again.complaints.iter().any(|told| told.english().contains("1 write is uncertain")),
                "{:?}",
                again.complaints
            );
            pair.app.apply(&again).await;
        }
        none_under_way(pair.psa.faults()).await;
        pair.app.bring_in_step().await;
        pair.assert_once(psa);
        assert!(pair.app.uncertain().await.is_empty());
        assert_eq!((pair.app.linked(Kind::Customer).await, pair.app.linked(Kind::Asset).await), (2, 2));
        // It belongs to the run that sent it, not to the one that found it.
        let sent = pair.app.tenant.run_show(report.run.id).await.unwrap();
        assert_eq!((sent.counts.done, sent.counts.uncertain), (report.run.counts.done + 1, 0), "{sent:?}");
        let of_run = JournalFilter { run: Some(report.run.id), ..JournalFilter::default() };
        let entries = pair.app.tenant.journal(&of_run).await.unwrap();
        assert!(
            entries.iter().any(|entry| entry.message.english().contains("it was looked up and is there")),
            "{entries:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_replies_and_reads_that_lag_make_nothing_twice() {
    for psa in PSAS {
        let pair = Pair::start(TestApp::start().await, psa, &small()).await;
        let plan = pair.ready().await;
        let faults = pair.psa.faults();
        faults.set("lost-reply", "next:2").unwrap();
        faults.set("stale-reads", "ms:600000").unwrap();
        let report = pair.app.apply(&plan).await;
        assert_eq!(report.run.counts.uncertain, 2, "{psa}: {report:?}");
        // However often it is run before the quiet time is over.
        for _ in 0..3 {
            let again = pair.app.plan().await;
            pair.app.apply(&again).await;
            pair.assert_once(psa);
        }
        faults.clear();
        pair.app.bring_in_step().await;
        pair.assert_once(psa);

        // The same for a ticket.
        pair.rmm.raise(&pair.rmm.devices()[0].id, pair.app.clock_s() + 60);
        faults.set("lost-reply", "next:1").unwrap();
        faults.set("stale-reads", "ms:600000").unwrap();
        for _ in 0..2 {
            let plan = pair.app.tenant.alerts_plan(&sync(), &NoProgress).await.unwrap();
            pair.app.apply(&plan).await;
        }
        faults.clear();
        pair.app.clock.advance_ms(QUIET_MS);
        let plan = pair.app.tenant.alerts_plan(&sync(), &NoProgress).await.unwrap();
        pair.app.apply(&plan).await;
        assert_eq!(pair.psa.tickets().len(), 1, "{psa}: {:?}", pair.psa.tickets());
        assert!(pair.app.uncertain().await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_written_is_written_by_a_later_run_once_the_quiet_time_is_over() {
    for psa in PSAS {
        let pair = Pair::start(TestApp::start().await, psa, &small()).await;
        let plan = pair.ready().await;
        pair.psa.faults().set("drop-connection", "next:1,writes").unwrap();
        let report = pair.app.apply(&plan).await;
        assert_eq!((report.run.counts.uncertain, report.run.status), (1, RunStatus::Partial), "{psa}: {report:?}");
        let open = pair.app.uncertain().await.remove(0);
        let why = pair.app.tenant.why(&sync(), open.kind, &open.source).await.unwrap();
        assert!(why.verdict.english().contains("it is unknown whether “create”"), "{}", why.verdict.english());
        assert!(
            why.next.iter().any(|next| command(&next.call) == format!("crosswalk uncertain settle {}", open.change))
        );
        let planned = async |plan: &PlanReport| {
            let filter =
                ChangeFilter { kind: Some(open.kind), source: Some(open.source.clone()), ..Default::default() };
            pair.app.tenant.plan_changes(plan.plan.id, &filter, 0, 9).await.unwrap().len()
        };
        // One look after the quiet time is not enough.
        pair.app.clock.advance_ms(QUIET_MS);
        assert_eq!(planned(&pair.app.plan().await).await, 0, "{psa}");
        pair.app.clock.advance_ms(QUIET_MS);
        assert_eq!(planned(&pair.app.plan().await).await, 1, "{psa}");
        pair.app.bring_in_step().await;
        pair.assert_once(psa);
        assert_eq!((pair.app.linked(Kind::Customer).await, pair.app.linked(Kind::Asset).await), (2, 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sync_that_reads_the_target_meanwhile_makes_nothing_twice() {
    for psa in PSAS {
        let pair = Pair::start(TestApp::start().await, psa, &small()).await;
        let other = Rmm::start("datto-rmm", &World::by_hand().customer("Another").device("X", "SN-9").build());
        pair.app.engine.plugin_add(&component("datto-rmm")).await.unwrap();
        pair.app.add(other.connection("other")).await;
        let (source, target) = (connection("other"), connection("psa"));
        let new = NewSync { name: name("second"), source, target, rules: SyncRules::default() };
        pair.app.tenant.sync_add(new).await.unwrap();

        let plan = pair.ready().await;
        let faults = pair.psa.faults();
        faults.set("lost-reply", "always").unwrap();
        faults.set("stale-reads", "ms:600000").unwrap();
        let report = pair.app.apply(&plan).await;
        assert!(report.run.counts.uncertain > 0, "{psa}: {report:?}");
        faults.clear();
        // The other sync stores what was made before this one looks it up.
        pair.app.clock.advance_ms(1000);
        pair.app.tenant.plan(&name("second"), &NoProgress).await.unwrap();
        pair.app.bring_in_step().await;
        pair.assert_once(psa);
        assert_eq!((pair.app.linked(Kind::Customer).await, pair.app.linked(Kind::Asset).await), (2, 2), "{psa}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_vendor_composes_or_capitalises_is_found_again() {
    let world = World::by_hand()
        .customer("Zu\u{308}rcher Clinics AG")
        .device("Gera\u{308}t-1", "")
        .customer("Cafe\u{301} Noir")
        .device("PC-2", "SN-2")
        .build();
    for psa in PSAS {
        for mode in ["nfc", "upper"] {
            let pair = Pair::start(TestApp::start().await, psa, &world).await;
            let plan = pair.ready().await;
            pair.psa.faults().set("recompose-names", mode).unwrap();
            pair.psa.faults().set("lost-reply", "next:3").unwrap();
            let report = pair.app.apply(&plan).await;
            assert!(mode != "nfc" || report.run.counts.uncertain == 0, "{psa} {mode}: {report:?}");
            pair.app.bring_in_step().await;
            pair.assert_once(psa);
            pair.psa.reset_counts();
            pair.app.bring_in_step().await;
            assert_eq!(pair.psa.counts().writes, 0, "{psa} {mode}: it differs for ever");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_made_while_a_plan_is_applied_stands_and_fails_nothing_else() {
    let pair = Pair::start(TestApp::start().await, "autotask", &small()).await;
    let plan = pair.ready().await;
    // The reply to the first company is late: time enough to decide.
    pair.psa.faults().set("slow-write", "next:1,ms:2000,early").unwrap();
    let first = {
        let filter = ChangeFilter { kind: Some(Kind::Customer), ..ChangeFilter::default() };
        pair.app.tenant.plan_changes(plan.plan.id, &filter, 0, 9).await.unwrap().remove(0).change
    };
    let tenant = pair.app.tenant.clone();
    let applying = {
        let (tenant, plan) = (tenant.clone(), plan.plan.id);
        let options = crosswalk::engine::ApplyOptions { release: Release::All, ..Default::default() };
        tokio::spawn(async move { tenant.apply(plan, &options, &NoProgress).await })
    };
    while pair.psa.faults().slow_writes() == 0 {
        assert!(!applying.is_finished(), "the slow write never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tenant.link_decide(&sync(), Kind::Customer, &first.source, &Decision::Exclude).await.unwrap();
    let report = applying.await.unwrap().unwrap_or_else(|error| panic!("{}", told(&error)));
    assert!(
        report.failures.iter().any(|(_, why)| why.english().contains("excluded meanwhile")),
        "{:?}",
        report.failures
    );
    assert_eq!(report.run.status, RunStatus::Partial);
    assert!(report.run.counts.done > 1, "{report:?}");
    let trace = tenant.why(&sync(), Kind::Customer, &first.source).await.unwrap();
    assert_eq!(trace.link.map(|link| link.state), Some(LinkState::Excluded));
    assert!(
        trace.journal.iter().any(|entry| entry.message.english().contains("excluded meanwhile")),
        "{:?}",
        trace.journal
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_made_while_a_write_is_uncertain_stands() {
    let pair = Pair::start(TestApp::start().await, "autotask", &small()).await;
    let plan = pair.ready().await;
    pair.psa.faults().set("lost-reply", "next:1,path:Companies").unwrap();
    pair.psa.faults().set("stale-reads", "ms:600000").unwrap();
    pair.app.apply(&plan).await;
    let open = pair.app.uncertain().await.remove(0);
    assert_eq!(open.kind, Kind::Customer);
    pair.app.tenant.link_decide(&sync(), Kind::Customer, &open.source, &Decision::Exclude).await.unwrap();
    pair.psa.faults().clear();
    pair.app.wait_out().await;
    let trace = pair.app.tenant.why(&sync(), Kind::Customer, &open.source).await.unwrap();
    assert_eq!(trace.link.map(|link| link.state), Some(LinkState::Excluded));
    assert!(
        trace.journal.iter().any(|entry| entry.message.english().contains("excluded meanwhile")),
        "{:?}",
        trace.journal
    );
    assert!(pair.app.uncertain().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_fails_holds_its_own_change_and_a_person_settles_it() {
    let pair = Pair::start(TestApp::start().await, "autotask", &small()).await;
    let plan = pair.ready().await;
    let faults = pair.psa.faults();
    faults.set("lost-reply", "next:1,path:ConfigurationItems").unwrap();
    // What is asked of items is answered with an error: look-ups and lists.
    faults.set("server-error", "always,reads,path:ConfigurationItems,status:400").unwrap();
    let report = pair.app.apply(&plan).await;
    assert_eq!(report.run.counts.uncertain, 1, "{report:?}");
    assert_eq!(pair.app.linked(Kind::Customer).await, 2, "all else goes on");
    let open = pair.app.uncertain().await.remove(0);
    assert!(open.why.english().contains("cannot be looked up"), "{}", open.why.english());

    // The sync goes on; it cannot be removed yet, and says how it can.
    pair.app.clock.advance_ms(QUIET_MS);
    pair.app.tenant.plan(&sync(), &NoProgress).await.unwrap();
    let refused = told(&pair.app.tenant.sync_remove(&sync()).await.unwrap_err());
    assert!(refused.contains("crosswalk uncertain settle"), "{refused}");
    let id = || open.change.parse().unwrap();
    let said = |result: Result<_, _>| told(&Result::<crosswalk::engine::UncertainView, _>::unwrap_err(result));
    let tenant = &pair.app.tenant;
    let reason = said(tenant.uncertain_settle(id(), &Found::NotWritten, "  ").await);
    assert!(reason.contains("--reason"), "{reason}");

    faults.clear();
    let there = said(tenant.uncertain_settle(id(), &Found::Written("424242".to_owned()), "I saw it").await);
    assert!(there.contains("424242"), "{there}");
    let items = pair.psa.items();
    let made = items.iter().find(|item| item.name == open.name).expect("it was made");
    tenant.uncertain_settle(id(), &Found::Written(made.id.clone()), "seen in the PSA").await.unwrap();
    assert_eq!(pair.app.link_target(Kind::Asset, &open.source).await.as_ref(), Some(&made.id));
    let trace = tenant.why(&sync(), Kind::Asset, &open.source).await.unwrap();
    assert!(
        trace
            .journal
            .iter()
            .any(|entry| entry.message.english().contains("settled by hand as written: seen in the PSA"))
    );
    let again = said(tenant.uncertain_settle(id(), &Found::NotWritten, "once more").await);
    assert!(again.contains("is not uncertain"), "{again}");
    pair.app.bring_in_step().await;
    pair.assert_once("settled by hand");
    pair.app.tenant.sync_remove(&sync()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_without_a_reply_waits_for_its_line_or_a_person() {
    let licences = Licences::start(2);
    let app = licences.host().await;
    app.on_the_tenth();
    map_all(&app, &licences).await;
    let plan = app.plan().await;
    assert!(app.apply(&plan).await.failures.is_empty());
    let all = app.tenant.usage_list(&sync(), &UsageFilter::default()).await.unwrap();
    let line = all.into_iter().find(|line| line.has.is_some_and(|has| has > 0)).expect("a billed line");
    let has = line.has.unwrap();
    assert!(licences.vendor.set_quantity(&line.customer, &line.product, has + 5));
    app.plan().await;
    app.clock.advance_ms(24 * 3_600_000);
    app.plan().await;
    let made = licences.psa.adjustments().len();
    licences.psa.faults().set("drop-connection", "next:1,writes").unwrap();
    let approve = async || {
        let key = LineKey::new(&line.customer, &line.product);
        let choice = UsageChoice { line: key, quantity: None, effective: None };
        app.tenant.usage_plan(&sync(), &[choice], &NoProgress).await
    };
    let plan = approve().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let report = app.apply(&plan).await;
    assert_eq!(report.run.counts.uncertain, 1, "{report:?}");
    // However long it reads as before: that proves nothing.
    for _ in 0..4 {
        app.clock.advance_ms(QUIET_MS);
        app.plan().await;
    }
    let open = app.uncertain().await.remove(0);
    assert!(open.why.english().contains("reads as before"), "{}", open.why.english());
    let blocked = approve().await.map(|plan| plan.plan.totals.len()).unwrap_or(0);
    assert_eq!((blocked, licences.psa.adjustments().len()), (0, made), "nothing more is planned of it");

    app.tenant.uncertain_settle(open.change.parse().unwrap(), &Found::NotWritten, "no such adjustment").await.unwrap();
    let plan = approve().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    let report = app.apply(&plan).await;
    assert_eq!(report.run.counts.done, 1, "{report:?}");
    assert_eq!(licences.psa.adjustments().len(), made + 1);
    app.plan().await;
    let lines = app.tenant.usage_list(&sync(), &UsageFilter::default()).await.unwrap();
    let now = lines.iter().find(|now| (&now.customer, &now.product) == (&line.customer, &line.product)).unwrap();
    assert_eq!((now.has, now.state), (Some(has + 5), UsageState::InStep));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_is_due_to_be_looked_up_is_looked_up_alone_and_what_waited_for_it_follows() {
    let (licences, app, customers) = billing(2).await;
    let tick = async || {
        let mut reports = app.engine.tick().await.unwrap();
        reports.retain(|report| report.of == sync().as_str());
        reports
    };
    next_day(&app);
    app.tenant.schedule_set(&sync(), Job::Sync, Some(24 * 60)).await.unwrap();
    let slot = app.tenant.schedule_list().await.unwrap()[0].due_at;
    app.clock.advance_ms(slot.since_ms(app.clock.now()));
    assert_eq!(tick().await.len(), 1, "the slot of today");
    let one = &customers[0];
    let (product, quantity) = licences.billed(&one.tenant.id).remove(0);
    let target = number(&line(&app, &one.tenant.id, &product).await.line.expect("a line"));
    licences.vendor.set_quantity(&one.tenant.id, &product, quantity + 1);
    let plan = app.plan().await;
    licences.psa.faults().set("drop-connection", "next:1,writes").unwrap();
    assert_eq!(app.apply(&plan).await.run.counts.uncertain, 1);
    let newest = async || app.tenant.plan_list(&sync(), 1).await.unwrap().remove(0).id;
    let due = async || app.uncertain().await.remove(0).due_at.expect("a time");
    let (last, asked) = (newest().await, licences.vendor.counts().reads);
    for _ in 0..3 {
        let at = due().await;
        app.clock.advance_ms(at.since_ms(app.clock.now()));
        let reports = tick().await;
        let jobs: Vec<_> = reports.iter().map(|report| (report.job.as_str(), report.outcome)).collect();
        assert_eq!(jobs, [("look-up", JobOutcome::Partial)], "{reports:?}");
        assert!(reports[0].message.english().contains("1 write is uncertain"), "{reports:?}");
        assert!(tick().await.is_empty(), "it has its own time");
        assert!(due().await > at);
    }
    assert_eq!((newest().await, licences.vendor.counts().reads), (last, asked), "nothing is read or planned");

    // A vendor that is down is not asked all the time.
    licences.psa.faults().set("server-error", "always,status:503").unwrap();
    let at = due().await;
    app.clock.advance_ms(at.since_ms(app.clock.now()));
    tick().await;
    assert!(due().await > at && tick().await.is_empty());
    licences.psa.faults().clear();

    // The line shows that it was written: what else there is to do is done now.
    licences.psa.adjust_units(target, 1, &app.today().to_string()).expect("the vendor was slow");
    let at = due().await;
    app.clock.advance_ms(at.since_ms(app.clock.now()));
    let jobs: Vec<String> = tick().await.into_iter().map(|report| report.job).collect();
    assert_eq!(jobs, ["look-up", "sync"]);
    assert!(app.uncertain().await.is_empty());
    assert_eq!(line(&app, &one.tenant.id, &product).await.state, UsageState::InStep);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_moves_between_customers_leaves_nothing_behind() {
    let world = World::by_hand()
        .customer("Acme Ltd")
        .site("Acme Branch")
        .device("PC-1", "SN-1")
        .customer("Contoso")
        .site("Contoso Branch")
        .device("PC-2", "SN-2")
        .build();
    for psa in PSAS {
        let pair = Pair::start(TestApp::start().await, psa, &world).await;
        pair.ready().await;
        pair.app.bring_in_step().await;
        let device = pair.rmm.devices().remove(0);
        let (to, _) = pair.rmm.customers().into_iter().find(|(id, _)| *id != device.customer).unwrap();
        pair.rmm.move_device(&device.id, &to);
        let plan = pair.app.plan().await;
        let report = pair.app.apply(&plan).await;
        assert_eq!((report.run.status, report.run.counts.stale), (RunStatus::Succeeded, 0), "{psa}: {report:?}");
        assert!(pair.app.plan().await.plan.totals.is_empty(), "{psa}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_for_two_creates_links_neither() {
    let source = SlowVendor::start(&["Alpha", "Beta"]);
    let target = Vendor::answering(|request, _| (200, if request.method == "POST" { "same" } else { "{}" }.to_owned()));
    let app = TestApp::start().await;
    for (called, plugin, file, url) in
        [("from", "slow", "slow", source.url()), ("to", "misbehaving", "guests", target.url())]
    {
        app.engine.plugin_add(&component(file)).await.unwrap();
        app.add(NewConnection {
            name: name(called),
            plugin: name(plugin),
            settings: [].into(),
            secrets: secrets([("key", "k")]),
            endpoints: texts([("api", url.to_owned())]),
            grant_all: false,
            buckets: [].into(),
        })
        .await;
    }
    let mut rules = SyncRules::default();
    rules.kinds.retain(|kind, _| *kind == Kind::Customer);
    let new = NewSync { name: sync(), source: name("from"), target: name("to"), rules };
    app.tenant.sync_add(new).await.unwrap();
    let plan = app.plan().await;
    let report = app.apply(&plan).await;
    assert_eq!((report.run.counts.done, report.run.counts.uncertain), (0, 2), "{report:?}");
    assert!(
        report.failures.iter().all(|(_, why)| why.english().contains("same of more than one change")),
        "{report:?}"
    );
    assert_eq!(app.linked(Kind::Customer).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_somebody_copied_is_told_by_every_plan_and_the_link_stays() {
    let pair = Pair::start(TestApp::start().await, "autotask", &small()).await;
    pair.ready().await;
    pair.app.bring_in_step().await;
    let Psa::Autotask(psa) = &pair.psa else { panic!() };
    let items = psa.configuration_items();
    let [one, other] = &pair.rmm.devices()[..] else { panic!("two devices") };
    let copy: i64 = pair.app.link_target(Kind::Asset, &other.id).await.unwrap().parse().unwrap();
    assert!(psa.edit("ConfigurationItems", copy, "RMM Device Key", &json!(format!("rmm:{}", one.id))));
    for _ in 0..2 {
        let plan = pair.app.plan().await;
        let told: Vec<_> =
            plan.findings.iter().filter(|found| found.message.english().contains("carry one key")).collect();
        assert_eq!(told.len(), 1, "{:?}", plan.findings);
        for item in &items {
            assert!(told[0].message.english().contains(&item["id"].to_string()), "{}", told[0].message.english());
        }
    }
    assert_eq!(pair.app.linked(Kind::Asset).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_automatic_run_is_approved_by_its_rule_and_a_plan_by_who_applied_it() {
    let pair = Pair::start(TestApp::start().await, "autotask", &small()).await;
    let plan = pair.ready().await;
    pair.app.apply(&plan).await;
    let shown = pair.app.tenant.plan_show(plan.plan.id).await.unwrap();
    assert_eq!(shown.approved_by, Some("host".into()));
    pair.app.bring_in_step().await;

    let mut rules = pair.app.tenant.sync(&sync()).await.unwrap();
    rules.rules.kinds.get_mut(&Kind::Asset).unwrap().trust = Trust::Automatic;
    pair.app.tenant.sync_change(rules).await.unwrap();
    let device = pair.rmm.devices().remove(0);
    pair.rmm.rename_device(&device.id, "RENAMED");
    let report = pair.app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert!(report.applied.is_some(), "{report:?}");
    let shown = pair.app.tenant.plan_show(report.plan.plan.id).await.unwrap();
    assert_eq!(shown.approved_by.unwrap().english(), "the rule `trust = automatic` of asset");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_lists_and_settles_what_is_uncertain() {
    let pair = Pair::start(TestApp::start().await, "autotask", &small()).await;
    let plan = pair.ready().await;
    pair.psa.faults().set("drop-connection", "next:1,writes").unwrap();
    pair.app.apply(&plan).await;
    let open = pair.app.uncertain().await.remove(0);
    pair.app.engine.close().await;

    let program = Program::over(pair.app.folder.path());
    let listed = program.run("--json uncertain list").ends(0).json();
    assert_eq!((listed[0]["change"].as_str(), listed[0]["status"].as_str()), (Some(&*open.change), Some("uncertain")));
    let table = program.run("uncertain list rmm-to-psa").ends(0);
    assert!(table.out.contains(&open.name) && table.out.contains("LOOKED UP AFTER"), "{}", table.whole());
    // A plan says so, by its words and its exit code.
    let plan = program.run("--json plan rmm-to-psa").json();
    assert!(plan["complaints"].to_string().contains("1 write is uncertain"), "{plan}");

    let settle = format!("uncertain settle {} --reason looked", open.change);
    program.run(&settle).refused(2, &["--written ID", "--not-written"]);
    program.run("uncertain settle twelve --not-written --reason looked").ends(2);
    let settled = program.run(&format!("{settle} --not-written")).ends(0);
    assert!(settled.out.contains("not written"), "{}", settled.whole());
    assert!(program.run("uncertain list").ends(0).out.contains("no uncertain writes"));
    program.run(&format!("{settle} --not-written")).refused(1, &["is not uncertain", "crosswalk uncertain list"]);
}
