//! The schedule: what is due is done, once, by one; and a stop in the middle loses nothing.

use crate::harness::{TestApp, Vendors, name, secrets, sync, texts, told};
use crosswalk::engine::{
    Decision, Engine, JobOutcome, JobReport, LinkFilter, NewConnection, NewSync, NoProgress, Release, WorkOptions,
};
use crosswalk::error::Error;
use crosswalk::model::{Job, Kind, ReverseDecision, RunStatus, SyncRules, Timestamp, Trust};
use crosswalk::store::{KeySource, Store, TenantStore};
use crosswalk_say::English;
use crosswalk_sims::{PulsewayRmm, RmmOptions, Size, World};
use std::sync::Mutex;
use std::time::Duration;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// A small world in step, whose sync runs every hour; the first time is done.
async fn hourly() -> (Vendors, TestApp) {
    let vendors = Vendors::start(2, 2, 8, 0.0);
    let mut rules = SyncRules::default();
    rules.kinds.values_mut().for_each(|own| own.trust = Trust::Automatic);
    let app = TestApp::with(&vendors, rules).await;
    app.bring_in_step().await;
    app.tenant.schedule_set(&sync(), Job::Sync, Some(60)).await.unwrap();
    assert!(tick(&app.engine).await.is_empty(), "not before its time");
    app.clock.advance_ms(6 * MINUTE_MS);
    let first = tick_one(&app).await;
    assert_eq!((first.outcome, first.message.english().as_str()), (JobOutcome::Done, "nothing to do"));
    (vendors, app)
}

/// Does what is due of the sync; the connectors' own jobs are looked at elsewhere.
async fn tick(engine: &Engine) -> Vec<JobReport> {
    let mut reports = engine.tick().await.unwrap();
    reports.retain(|report| report.of == sync().as_str());
    reports
}

async fn tick_one(app: &TestApp) -> JobReport {
    let mut reports = tick(&app.engine).await;
    assert_eq!(reports.len(), 1, "{reports:?}");
    reports.pop().unwrap()
}

async fn due_in_ms(app: &TestApp, from: Timestamp) -> i64 {
    app.tenant.schedule_list().await.unwrap()[0].due_at.since_ms(from)
}

fn now(app: &TestApp) -> Timestamp {
    use crosswalk::clock::Clock;
    app.clock.now()
}

async fn same_store(app: &TestApp) -> TenantStore {
    let folder = app.folder.path();
    let store = Store::open(&folder.join("crosswalk.db"), &KeySource::File(folder.join("key"))).unwrap();
    store.tenant(app.tenant.name()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_is_done_at_each_slot_and_slots_that_were_missed_are_done_once() {
    let (vendors, app) = hourly().await;
    assert!(tick(&app.engine).await.is_empty());
    vendors.rmm.rename_device(&vendors.rmm.devices()[0].id, "RENAMED");
    app.clock.advance_ms(HOUR_MS);
    let second = tick_one(&app).await;
    assert_eq!((second.job.as_str(), second.of.as_str()), ("sync", sync().as_str()));
    assert!(second.message.english().contains("1 done"), "{}", second.message.english());

    let slot = app.tenant.schedule_list().await.unwrap()[0].slot_at;
    app.clock.advance_ms(7 * HOUR_MS);
    assert_eq!(tick_one(&app).await.outcome, JobOutcome::Done);
    assert!(tick(&app.engine).await.is_empty(), "caught up once, not seven times");
    let next = app.tenant.schedule_list().await.unwrap()[0].slot_at;
    assert_eq!(next.since_ms(slot) % HOUR_MS, 0, "slots keep their distance");
    assert!(next > now(&app) && next.since_ms(now(&app)) <= HOUR_MS);

    app.tenant.schedule_set(&sync(), Job::Sync, None).await.unwrap();
    app.clock.advance_ms(24 * HOUR_MS);
    assert!(tick(&app.engine).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_sync_is_left_alone_and_done_once_when_it_is_resumed() {
    let (_vendors, app) = hourly().await;
    assert!(app.tenant.sync_pause(&sync(), true).await.unwrap().paused);
    app.clock.advance_ms(5 * HOUR_MS);
    assert!(tick(&app.engine).await.is_empty());
    app.tenant.run(&sync(), &NoProgress).await.expect("by hand it works as ever");
    app.tenant.sync_pause(&sync(), false).await.unwrap();
    assert_eq!(tick_one(&app).await.outcome, JobOutcome::Done);
    assert!(tick(&app.engine).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_down_is_tried_again_later_and_later_and_at_the_slot_in_any_case() {
    let (vendors, app) = hourly().await;
    app.clock.advance_ms(HOUR_MS);
    vendors.rmm.faults().set("drop-connection", "on").unwrap();
    let mut waits = Vec::new();
    for failures in 1..=7 {
        let report = tick_one(&app).await;
        assert_eq!((report.outcome, report.failures), (JobOutcome::Failed, failures), "{}", report.message.english());
        let wait = due_in_ms(&app, now(&app)).await;
        waits.push(wait / MINUTE_MS);
        app.clock.advance_ms(wait);
    }
    assert_eq!(waits[..5], [1, 2, 4, 8, 16]);
    assert!(waits[5] < 32, "its slot comes before the sixth retry: {waits:?}");
    let known = app.tenant.schedule_list().await.unwrap().pop().unwrap();
    assert!(
        known.failures == 7 && known.message.english().contains("rmm"),
        "seen by people: {}",
        known.message.english()
    );
    vendors.rmm.faults().clear();
    assert_eq!(tick_one(&app).await.failures, 0);
    assert!(due_in_ms(&app, now(&app)).await > 32 * MINUTE_MS);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_not_tried_again_before_the_slot() {
    let (vendors, app) = hourly().await;
    app.clock.advance_ms(HOUR_MS);
    vendors.rmm.faults().set("unauthorized", "on").unwrap();
    let report = tick_one(&app).await;
    assert_eq!((report.outcome, report.failures), (JobOutcome::Failed, 1), "{}", report.message.english());
    let known = app.tenant.schedule_list().await.unwrap().pop().unwrap();
    assert_eq!(known.due_at, known.slot_at);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_finds_somebody_at_work_is_skipped_and_told() {
    let (vendors, app) = hourly().await;
    app.clock.advance_ms(HOUR_MS);
    vendors.rmm.set_latency(Duration::from_millis(300));
    let by_hand = async { app.plan().await };
    let by_clock = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        tick_one(&app).await
    };
    let (_, report) = tokio::join!(by_hand, by_clock);
    assert_eq!((report.outcome, report.failures), (JobOutcome::Skipped, 1));
    assert!(report.message.english().contains("working on the sync"), "{}", report.message.english());
    vendors.rmm.set_latency(Duration::ZERO);
    assert!(tick(&app.engine).await.is_empty(), "not at once");
    app.clock.advance_ms(MINUTE_MS);
    assert_eq!(tick_one(&app).await.outcome, JobOutcome::Done, "and long before its next slot");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_that_is_due_waits_its_minute_while_somebody_is_at_the_sync() {
    let (vendors, app) = hourly().await;
    vendors.rmm.add_organisation("Brand New Ltd");
    app.plan().await;
    app.decide().await;
    let plan = app.plan().await;
    vendors.psa.faults().set("drop-connection", "next:1,writes").unwrap();
    app.apply(&plan).await;
    assert_eq!(app.uncertain().await.len(), 1);
    app.clock.advance_ms(HOUR_MS);
    // Who is at the sync looks it up, and has no answer for a while.
    vendors.psa.set_latency(Duration::from_millis(1500));
    let by_hand = async { app.plan().await };
    let by_clock = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let report = tick_one(&app).await;
        (report, due_in_ms(&app, now(&app)).await)
    };
    let (_, (report, due)) = tokio::join!(by_hand, by_clock);
    assert_eq!((report.outcome, due), (JobOutcome::Skipped, MINUTE_MS), "{}", report.message.english());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_one_does_it_and_what_a_dead_one_left_is_done_after_a_while() {
    let (_vendors, app) = hourly().await;
    let other = app.second().await;
    for _ in 0..5 {
        app.clock.advance_ms(HOUR_MS);
        let (one, two) = tokio::join!(tick(&app.engine), tick(&other));
        let both: Vec<_> = one.into_iter().chain(two).collect();
        assert_eq!(both.len(), 1, "{both:?}");
        assert_eq!(both[0].outcome, JobOutcome::Done);
    }

    app.clock.advance_ms(HOUR_MS);
    let store = same_store(&app).await;
    let seen = store.schedule_list().await.unwrap().pop().unwrap();
    assert!(store.schedule_take(&seen, now(&app), seen.next_slot(now(&app))).await.unwrap(), "and then it died");
    assert!(tick(&app.engine).await.is_empty(), "it may still live");
    app.clock.advance_ms(2 * MINUTE_MS);
    assert_eq!(tick_one(&app).await.outcome, JobOutcome::Done);
    assert!(tick(&app.engine).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_a_manifest_lets_recur_is_done_for_each_connection_of_a_sync() {
    let vendors = Vendors::start(2, 2, 8, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.connect_rmm_as("spare", &vendors.rmm).await;
    assert!(app.engine.tick().await.unwrap().is_empty(), "its jitter puts it off");
    vendors.rmm.reset_counts();
    let work = async |engine: &Engine, outcome| {
        let reports = engine.tick().await.unwrap();
        assert_eq!(reports.len(), 1, "{reports:?}");
        assert_eq!((reports[0].job.as_str(), reports[0].of.as_str()), ("notifications", "rmm"));
        assert_eq!(reports[0].outcome, outcome, "{}", reports[0].message.english());
        reports.into_iter().next().unwrap()
    };
    app.clock.advance_ms(MINUTE_MS);
    let first = work(&app.engine, JobOutcome::Done).await;
    assert!(vendors.rmm.counts().of("GET", "notifications") > 0);
    assert!(app.engine.tick().await.unwrap().is_empty(), "not before its next slot");

    app.clock.advance_ms(65 * MINUTE_MS);
    let restarted = app.second().await;
    let second = work(&restarted, JobOutcome::Done).await;
    assert!(app.engine.tick().await.unwrap().is_empty(), "caught up once, not six times");
    let at = |report: &JobReport| Timestamp::parse(report.next_at.as_ref().unwrap()).unwrap();
    assert_eq!(at(&second).since_ms(at(&first)) % (10 * MINUTE_MS), 0, "slots keep their distance");

    app.clock.advance_ms(10 * MINUTE_MS);
    let (one, two) = tokio::join!(app.engine.tick(), restarted.tick());
    assert_eq!(one.unwrap().len() + two.unwrap().len(), 1, "each slot is one process's");

    app.tenant.sync_pause(&sync(), true).await.unwrap();
    app.clock.advance_ms(HOUR_MS);
    assert!(app.engine.tick().await.unwrap().is_empty(), "nobody needs it");
    app.tenant.sync_pause(&sync(), false).await.unwrap();
    vendors.rmm.faults().set("unauthorized", "on").unwrap();
    let failed = work(&app.engine, JobOutcome::Failed).await;
    assert!(
        failed.message.english().contains("rmm") && failed.message.english().contains("; "),
        "what to do: {}",
        failed.message.english()
    );
    assert!(app.engine.tick().await.unwrap().is_empty(), "its next chance is its next slot");
    vendors.rmm.faults().clear();
    app.clock.advance_ms(10 * MINUTE_MS);
    work(&app.engine, JobOutcome::Done).await;

    vendors.rmm.faults().set("hang", "on").unwrap();
    app.clock.advance_ms(10 * MINUTE_MS);
    let stop = async {
        while vendors.rmm.faults().fired("hang") == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.engine.stop().stop();
    };
    let stopped = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(work(&app.engine, JobOutcome::Stopped), stop).0
    });
    stopped.await.expect("a vendor that hangs keeps nobody from stopping");
    vendors.rmm.faults().clear();
    work(&restarted, JobOutcome::Done).await;
}

/// Adds a tenant with four syncs, each between two accounts at this RMM, that recur every hour.
async fn add_tenant(app: &TestApp, called: &str, rmm: &PulsewayRmm) {
    app.engine.tenant_add(&name(called)).await.unwrap();
    let tenant = app.engine.tenant(&name(called)).await.unwrap();
    for n in 0..4 {
        for end in ["a", "b"] {
            let new = NewConnection {
                name: name(&format!("{end}{n}")),
                plugin: name("pulseway-rmm"),
                settings: Default::default(),
                secrets: secrets([("token-id", rmm.token_id()), ("token-secret", rmm.token_secret())]),
                endpoints: texts([("api", format!("{}/api/v3", rmm.url()))]),
                grant_all: false,
                buckets: Default::default(),
            };
            tenant.connection_add(new).await.unwrap_or_else(|error| panic!("{}", told(&error)));
        }
        let (source, target) = (name(&format!("a{n}")), name(&format!("b{n}")));
        let new = NewSync { name: name(&format!("s{n}")), source, target, rules: SyncRules::default() };
        tenant.sync_add(new).await.unwrap();
        tenant.schedule_set(&name(&format!("s{n}")), Job::Sync, Some(60)).await.unwrap();
    }
}

/// So many tenants' vendors hang, and have all places they can get, when the good tenant's sync falls due: it is
/// done while they hang. Gives how many of theirs were under way.
async fn good_one_beside(hanging: usize, at_once: usize) -> usize {
    good_one_beside_those(("hang", "on"), hanging, at_once).await
}

/// The same, with another fault by which they are waited for.
async fn good_one_beside_those((fault, how): (&str, &str), hanging: usize, at_once: usize) -> usize {
    let (_vendors, app) = hourly().await;
    let rmm = PulsewayRmm::start(&World::generate(Size::new(1, 1, 2), 3), RmmOptions::default()).unwrap();
    rmm.faults().set(fault, how).unwrap();
    for n in 0..hanging {
        add_tenant(&app, &format!("slow{n}"), &rmm).await;
    }
    app.clock.advance_ms(HOUR_MS);
    app.tenant.schedule_set(&sync(), Job::Sync, Some(61)).await.unwrap();
    let soon = 300;
    app.clock.advance_ms(due_in_ms(&app, now(&app)).await - soon);
    let reports = Mutex::new(Vec::new());
    let tell = |report: JobReport| {
        if report.job == "sync" {
            reports.lock().unwrap().push((report.tenant, report.outcome));
            // The good one is done; the others still hang.
            app.engine.stop().stop();
        }
    };
    let options = WorkOptions { at_once, ..WorkOptions::default() };
    let work = app.engine.work(&options, &tell);
    let good = async {
        let mut before = 0;
        loop {
            tokio::time::sleep(Duration::from_millis(400)).await;
            let fired = rmm.faults().fired(fault);
            if fired > 0 && fired == before {
                break;
            }
            before = fired;
        }
        app.clock.advance_ms(soon);
    };
    let done = tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(work, good) });
    done.await.expect("it stops").0.unwrap();
    let reports = reports.into_inner().unwrap();
    assert_eq!(reports[0], ("default".to_owned(), JobOutcome::Done), "{reports:?}");
    assert!(reports[1..].iter().all(|(_, outcome)| *outcome == JobOutcome::Stopped), "{reports:?}");
    assert!((0..hanging).all(|n| reports.iter().any(|(of, _)| *of == format!("slow{n}"))), "each hung: {reports:?}");
    reports.len() - 1
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_whose_vendor_hangs_keep_no_other_waiting() {
    let at_once = WorkOptions::default().at_once;
    assert_eq!(good_one_beside(1, at_once).await, 4, "one has a few places");
    assert_eq!(good_one_beside(6, at_once).await, at_once / 2, "of many none has a second of the other half");
    assert_eq!(good_one_beside(2, 4).await, 2, "with few places as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_whose_vendor_says_to_come_back_in_585_billion_years_keep_no_other_waiting() {
    for seconds in [u64::MAX, 9_999_999_999] {
        let fault = ("throttle", format!("always,retry-after:{seconds}"));
        assert_eq!(good_one_beside_those((fault.0, &fault.1), 2, 4).await, 2, "{seconds}");
    }
}

/// Puts the clock on a time.
fn set_clock(app: &TestApp, time: &str) {
    app.clock.advance_ms(Timestamp::parse(time).unwrap().since_ms(now(app)));
}

/// Looks three times an hour until then, and gives when the sync was begun.
async fn begun_until(app: &TestApp, until: &str) -> Vec<Timestamp> {
    let until = Timestamp::parse(until).unwrap();
    let mut begun = Vec::new();
    while now(app) < until {
        app.clock.advance_ms(20 * MINUTE_MS);
        for report in tick(&app.engine).await {
            assert_eq!(report.outcome, JobOutcome::Done, "{}", report.message.english());
            begun.push(Timestamp::parse(&report.began_at).unwrap());
        }
    }
    begun
}

#[tokio::test(flavor = "multi_thread")]
async fn by_the_calendar_each_slot_is_done_once_wherever_the_calendar_is_odd() {
    let (_vendors, app) = hourly().await;
    for (what, zone, calendar, from, until, slots) in [
        (
            "clocks go forward",
            "Europe/Rome",
            "daily 02:30",
            "2040-03-23T12:00:00Z",
            "2040-03-27T12:00:00Z",
            ["2040-03-24T01:30:00Z", "2040-03-25T01:00:00Z", "2040-03-26T00:30:00Z", "2040-03-27T00:30:00Z"].as_slice(),
        ),
        (
            "clocks go back",
            "Europe/Rome",
            "daily 02:30",
            "2040-10-26T12:00:00Z",
            "2040-10-29T12:00:00Z",
            &["2040-10-27T00:30:00Z", "2040-10-28T00:30:00Z", "2040-10-29T01:30:00Z"],
        ),
        (
            "a leap day, a month's end",
            "America/St_Johns",
            "daily 00:00",
            "2044-02-27T12:00:00Z",
            "2044-03-01T12:00:00Z",
            &["2044-02-28T03:30:00Z", "2044-02-29T03:30:00Z", "2044-03-01T03:30:00Z"],
        ),
        (
            "the last day of a month",
            "UTC",
            "monthly last@23:30",
            "2044-02-27T12:00:00Z",
            "2044-03-02T12:00:00Z",
            &["2044-02-29T23:30:00Z"],
        ),
        (
            "the last day of a year",
            "Europe/Rome",
            "monthly 31@23:50",
            "2044-12-30T12:00:00Z",
            "2045-01-02T12:00:00Z",
            &["2044-12-31T22:50:00Z"],
        ),
    ] {
        set_clock(&app, from);
        let mut changed = app.tenant.sync(&sync()).await.unwrap();
        changed.rules.time_zone = zone.to_owned();
        app.tenant.sync_change(changed).await.unwrap();
        app.tenant.schedule_set(&sync(), Job::Sync, None).await.unwrap();
        app.tenant.schedule_by(&sync(), Job::Sync, calendar.parse().unwrap()).await.unwrap();
        let begun = begun_until(&app, until).await;
        let late: Vec<i64> = begun
            .iter()
            .zip(slots)
            .map(|(begun, slot)| begun.since_ms(Timestamp::parse(slot).unwrap()) / MINUTE_MS)
            .collect();
        assert_eq!(begun.len(), slots.len(), "{what}: {begun:?}");
        // Its jitter, and what passes until somebody looks.
        assert!(late.iter().all(|late| (0..=23).contains(late)), "{what}: {late:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_days_are_one_and_another_time_zone_does_no_day_twice() {
    let (_vendors, app) = hourly().await;
    set_clock(&app, "2040-06-01T12:00:00Z");
    app.tenant.schedule_by(&sync(), Job::Sync, "daily 02:00".parse().unwrap()).await.unwrap();
    app.clock.advance_ms(5 * 24 * HOUR_MS);
    tick_one(&app).await;
    assert!(tick(&app.engine).await.is_empty(), "caught up once, not five times");
    // Of the sixth it was 02:00 already; it comes again six hours later, and again four after that.
    let zones = [("America/New_York", "06:00"), ("America/Los_Angeles", "09:00"), ("UTC", "02:00")];
    for (day, (zone, clock)) in (7..).zip(zones) {
        let mut changed = app.tenant.sync(&sync()).await.unwrap();
        changed.rules.time_zone = zone.to_owned();
        app.tenant.sync_change(changed).await.unwrap();
        let slot = Timestamp::parse(&format!("2040-06-{day:02}T{clock}:00Z")).unwrap();
        let known = app.second().await.tenant(app.tenant.name()).await.unwrap().schedule_list().await.unwrap();
        assert!((0..=3 * MINUTE_MS).contains(&known[0].due_at.since_ms(slot)), "{zone}: {}", known[0].due_at);
        set_clock(&app, &format!("2040-06-{day:02}T10:00:00Z"));
        tick_one(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_amid_the_pages_is_a_run_of_its_own_and_the_next_reads_on() {
    let vendors = Vendors::start(3, 6, 1700, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    vendors.rmm.set_latency(Duration::from_millis(120));
    let amid = async {
        while vendors.rmm.counts().of("GET", "assets") < 12 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.engine.stop().stop();
    };
    let sync = sync();
    let (stopped, ()) = tokio::join!(app.tenant.plan(&sync, &NoProgress), amid);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    let run = app.tenant.run_list(None, 1).await.unwrap().pop().unwrap();
    assert!(run.was_stopped() && run.status == RunStatus::Partial && run.ended_at.is_some(), "{run:?}");

    vendors.rmm.set_latency(Duration::ZERO);
    vendors.rmm.reset_counts();
    let again = app.second().await.tenant(app.tenant.name()).await.unwrap();
    let plan = again.plan(&sync, &NoProgress).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert!(plan.complaints.is_empty(), "a clean stop leaves a read whole: {:?}", plan.complaints);
    let rest = vendors.rmm.counts().of("GET", "assets");
    vendors.rmm.reset_counts();
    again.plan(&sync, &NoProgress).await.unwrap();
    let whole = vendors.rmm.counts().of("GET", "assets");
    assert!(rest + 5 <= whole, "it read on, not anew: {rest} of {whole} pages");
    let creates = |kind| plan.plan.totals.iter().find(|total| total.kind == kind).map_or(0, |total| total.changes);
    let told_apart = u32::try_from(crate::harness::told_apart(&vendors.rmm.devices())).unwrap();
    assert_eq!((creates(Kind::Customer), creates(Kind::Asset)), (3, told_apart));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_amid_the_writes_leaves_no_intent_open_and_the_rest_for_later() {
    let vendors = Vendors::start(3, 6, 300, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    let plan = app.plan().await;
    vendors.psa.set_latency(Duration::from_millis(10));
    let amid = async {
        while vendors.psa.counts().writes < 40 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        app.engine.stop().stop();
    };
    let (stopped, ()) = tokio::join!(app.apply(&plan), amid);
    assert!(stopped.run.was_stopped(), "{:?}", stopped.run);
    let counts = &stopped.run.counts;
    assert!(counts.done >= 30 && counts.done < 300 && counts.failed == 0, "{counts:?}");
    assert!(same_store(&app).await.unsettled(&sync()).await.unwrap().is_empty());
    assert_eq!(vendors.psa.counts().writes, counts.writes, "nothing was on its way when it ended");

    vendors.psa.set_latency(Duration::ZERO);
    let again = app.second().await.tenant(app.tenant.name()).await.unwrap();
    let options = crosswalk::engine::ApplyOptions { release: Release::All, ..Default::default() };
    let rest = again.apply(plan.plan.id, &options, &NoProgress).await.unwrap();
    assert_eq!((rest.run.status, rest.run.counts.failed), (RunStatus::Succeeded, 0));
    vendors.assert_no_duplicates();
    assert_eq!(vendors.psa.configuration_items().len(), 300);
    assert!(again.plan(&sync(), &NoProgress).await.unwrap().plan.totals.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_target_gets_its_links_proposed_and_the_old_ones_stay() {
    let vendors = Vendors::start(6, 10, 60, 0.0);
    let app = TestApp::with(&vendors, SyncRules::default()).await;
    app.plan().await;
    let out = vendors.rmm.organisations()[0].0.to_string();
    app.tenant.link_decide(&sync(), Kind::Customer, &out, &Decision::Exclude).await.unwrap();
    app.bring_in_step().await;
    app.tenant.schedule_set(&sync(), Job::Sync, Some(60)).await.unwrap();
    let before = app.tenant.link_export(&sync(), &Default::default()).await.unwrap();

    // The other PSA holds the same customers, by their own numbers.
    let other = vendors.second_psa(1.0);
    app.connect_psa("psa2", &other).await;
    let end = crosswalk::engine::SwapEnd::Target(name("psa2"));
    let new = name("rmm-to-psa2");
    let swapped = app.tenant.sync_swap(&sync(), &end, &new).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert!(swapped.old.paused && !swapped.sync.paused);
    assert_eq!((swapped.taken_along, swapped.left_behind), (1, 0));
    assert_eq!(swapped.sync.rules, app.tenant.sync(&sync()).await.unwrap().rules);
    let schedules = app.tenant.schedule_list().await.unwrap();
    let minutes = |of: &crosswalk::model::SyncName| schedules.iter().find(|s| s.sync == *of).and_then(|s| s.minutes());
    assert_eq!((minutes(&new), minutes(&sync())), (Some(60), Some(60)));

    app.tenant.plan(&new, &NoProgress).await.unwrap();
    let customers = LinkFilter { kind: Some(Kind::Customer), ..LinkFilter::default() };
    let links = app.tenant.link_list(&new, &customers).await.unwrap();
    assert_eq!(links.len(), vendors.rmm.organisations().len());
    for view in &links {
        let state = view.link.state.as_str();
        let wanted =
            if view.link.source == out { ["excluded"].as_slice() } else { &["proposed", "conflict", "linked"] };
        assert!(wanted.contains(&state), "{}: {state}, {}", view.source_name, view.link.reason.english());
    }
    assert_eq!(other.counts().writes, 0);
    assert_eq!(app.tenant.link_export(&sync(), &Default::default()).await.unwrap(), before, "none was lost");

    // Going back.
    app.tenant.sync_remove(&new).await.unwrap();
    app.tenant.sync_pause(&sync(), false).await.unwrap();
    assert!(app.plan().await.plan.totals.is_empty());
    assert!(matches!(app.tenant.sync(&new).await, Err(Error::NotFound { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swapped_source_finds_what_the_old_one_made_and_doubles_nothing() {
    let vendors = Vendors::start(4, 6, 40, 0.0);
    let app = TestApp::with(&vendors, SyncRules { reverse: true, ..SyncRules::default() }).await;
    app.plan().await;
    // The MSP's own company: what was said of it holds for another source too.
    let kept_out = ReverseDecision::Exclude;
    app.tenant.reverse_decide(&sync(), "0", Some(kept_out)).await.unwrap();
    app.bring_in_step().await;
    // The same world at another server: other ids, the same names and serial numbers.
    let rmm = PulsewayRmm::start(&vendors.world, RmmOptions::default()).unwrap();
    app.connect_rmm_as("rmm2", &rmm).await;
    let end = crosswalk::engine::SwapEnd::Source(name("rmm2"));
    let new = name("rmm2-to-psa");
    let swapped = app.tenant.sync_swap(&sync(), &end, &new).await.unwrap_or_else(|error| panic!("{}", told(&error)));
    assert_eq!((swapped.taken_along, swapped.left_behind), (1, 0));
    assert_eq!(same_store(&app).await.reverse_all(&new).await.unwrap(), [("0".to_owned(), kept_out)].into());
    vendors.psa.reset_counts();
    app.tenant.plan(&new, &NoProgress).await.unwrap();
    app.tenant.link_accept(&new, Kind::Customer, 0.9).await.unwrap();
    let plan = app.tenant.plan(&new, &NoProgress).await.unwrap();
    let creates = plan.plan.totals.iter().filter(|total| total.action.as_str().starts_with("create"));
    assert_eq!(creates.map(|total| total.changes).sum::<u32>(), 0, "{:?}", plan.plan.totals);
    assert_eq!(vendors.psa.counts().writes, 0);
    vendors.assert_no_duplicates();
}
