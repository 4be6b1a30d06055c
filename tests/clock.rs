//! A clock that is wrong once: ten years ahead for one run, then right again. Everything that recurs
//! goes on within its own interval, nothing is deleted for an age it does not have, and both are told.

use crate::harness::program::Program;
use crate::harness::{TestApp, Vendors, sync};
use crosswalk::clock::Clock as _;
use crosswalk::engine::{JobOutcome, JobReport, NoProgress};
use crosswalk::model::{Action, Event, Job, SyncRules, Timestamp, Trust};
use crosswalk::store::JournalFilter;
use crosswalk_say::English;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const AHEAD_MS: i64 = 3650 * DAY_MS;

async fn in_step(job: Job, calendar: Option<&str>) -> (Vendors, TestApp) {
    let vendors = Vendors::start(2, 2, 8, 0.0);
    let mut rules = SyncRules::default();
    rules.kinds.values_mut().for_each(|own| own.trust = Trust::Automatic);
    let app = TestApp::with(&vendors, rules).await;
    app.bring_in_step().await;
    match calendar {
        None => app.tenant.schedule_set(&sync(), job, Some(60)).await.unwrap(),
        Some(calendar) => app.tenant.schedule_by(&sync(), job, calendar.parse().unwrap()).await.unwrap(),
    }
    (vendors, app)
}

async fn tick(app: &TestApp, of: &str, job: &str) -> Vec<JobReport> {
    let mut reports = app.engine.tick().await.unwrap();
    reports.retain(|report| report.of == of && report.job == job);
    reports
}

#[tokio::test(flavor = "multi_thread")]
async fn after_one_run_in_2036_the_sync_and_the_connector_s_job_go_on_within_their_interval() {
    for (calendar, within_ms) in [(None, HOUR_MS + 6 * MINUTE_MS), (Some("daily 02:00"), DAY_MS + 4 * MINUTE_MS)] {
        let (vendors, app) = in_step(Job::Sync, calendar).await;
        app.clock.advance_ms(AHEAD_MS);
        assert_eq!(tick(&app, sync().as_str(), "sync").await.len(), 1, "{calendar:?}");
        tick(&app, "rmm", "notifications").await;
        app.clock.advance_ms(-AHEAD_MS);
        assert!(tick(&app, sync().as_str(), "sync").await.is_empty(), "{calendar:?}: not before its time");
        vendors.rmm.rename_device(&vendors.rmm.devices()[0].id, "RENAMED");
        app.clock.advance_ms(within_ms);
        let reports = app.engine.tick().await.unwrap();
        let done = |of: &str| reports.iter().filter(|one| one.of == of && one.outcome == JobOutcome::Done).count();
        assert_eq!((done(sync().as_str()), done("rmm")), (1, 1), "{calendar:?}: {reports:?}");
        assert!(reports.iter().any(|one| one.message.english().contains("1 done")), "{calendar:?}: {reports:?}");
        let journal = app.tenant.journal(&JournalFilter::default()).await.unwrap();
        let told = journal
            .iter()
            .any(|entry| entry.event == Event::Clock && entry.message.english().contains("schedules (1)"));
        assert!(told, "{calendar:?}: {journal:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_is_noticed_however_busy_the_time_before_was() {
    let (_vendors, app) = in_step(Job::Sync, None).await;
    // Somebody asks more than once a second for a quarter of an hour.
    for _ in 0..2_250 {
        app.clock.advance_ms(400);
        app.engine.tenant(app.tenant.name()).await.unwrap();
    }
    app.tenant.schedule_set(&sync(), Job::Sync, Some(1)).await.unwrap();
    app.clock.advance_ms(-10 * MINUTE_MS);
    app.engine.tenant(app.tenant.name()).await.unwrap();
    let due = app.tenant.schedule_list().await.unwrap()[0].due_at;
    assert!(due.since_ms(app.clock.now()) <= 6 * MINUTE_MS, "{due}");
    let journal = app.tenant.journal(&JournalFilter::default()).await.unwrap();
    assert!(journal.iter().any(|entry| entry.event == Event::Clock), "{journal:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_pruned_by_a_clock_that_leapt_until_a_week_or_a_person_agrees() {
    let (_vendors, app) = in_step(Job::Sync, None).await;
    let kept = async || {
        let journal = app.tenant.journal(&JournalFilter { limit: 1_000, ..JournalFilter::default() }).await.unwrap();
        journal.iter().filter(|entry| entry.event == Event::Created).count()
    };
    let before = kept().await;
    assert!(before > 0);
    app.clock.advance_ms(AHEAD_MS);
    let pruned = tick(&app, "default", "prune").await;
    assert_eq!(pruned[0].outcome, JobOutcome::Skipped, "{pruned:?}");
    assert!(pruned[0].message.english().contains("the clock jumped"), "{pruned:?}");
    assert_eq!(kept().await, before);
    let refused = app.tenant.prune(false, false).await.unwrap_err();
    assert!(refused.hint().english().contains("--clock-is-right"), "{}", refused.hint());
    assert!(!app.tenant.prune(true, false).await.unwrap().removed.is_empty(), "what would go can be seen");

    app.clock.advance_ms(-AHEAD_MS);
    assert!(tick(&app, "default", "prune").await.is_empty(), "a day after the last time");
    app.clock.advance_ms(DAY_MS);
    let pruned = tick(&app, "default", "prune").await;
    assert_eq!((pruned[0].outcome, kept().await), (JobOutcome::Skipped, before), "{pruned:?}");
    for _ in 0..7 {
        app.clock.advance_ms(DAY_MS);
        app.engine.tick().await.unwrap();
    }
    app.clock.advance_ms(DAY_MS);
    let pruned = tick(&app, "default", "prune").await;
    assert_eq!((pruned[0].outcome, kept().await), (JobOutcome::Done, before), "{pruned:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_missed_in_2036_keeps_its_grace_and_is_retired_after_it() {
    let (vendors, app) = in_step(Job::Sync, None).await;
    let device = vendors.rmm.devices().remove(0);
    vendors.rmm.remove_device(&device.id);
    app.clock.advance_ms(AHEAD_MS);
    let run = app.tenant.run(&sync(), &NoProgress).await.unwrap();
    assert!(run.plan.plan.totals.is_empty(), "{:?}", run.plan.plan.totals);
    app.clock.advance_ms(-AHEAD_MS);
    assert!(app.plan().await.plan.totals.is_empty(), "its grace is not over");
    app.clock.advance_ms(i64::from(app.tenant.sync(&sync()).await.unwrap().rules.grace_hours) * HOUR_MS + MINUTE_MS);
    let plan = app.plan().await;
    let retires: Vec<_> = plan.plan.totals.iter().map(|total| (total.action, total.changes)).collect();
    assert_eq!(retires, [(Action::Deactivate, 1)], "{}", app.clock.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_how_to_prune_after_a_leap() {
    let (_vendors, app) = in_step(Job::Sync, None).await;
    app.clock.advance_ms(AHEAD_MS);
    app.engine.tick().await.unwrap();
    app.engine.close().await;
    // By the machine's clock, which is right.
    let program = Program::over(app.folder.path());
    program.run("prune").refused(1, &["the clock jumped", "--clock-is-right"]);
    program.run("prune --dry-run").ends(0);
    program.run("prune --clock-is-right").ends(0);
    program.run("prune").ends(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_vendor_says_to_come_back_in_585_billion_years_goes_on_within_a_day() {
    for seconds in [u64::MAX, 9_999_999_999] {
        let (vendors, app) = in_step(Job::Sync, None).await;
        // The first look only notes when it is due.
        app.engine.tick().await.unwrap();
        app.clock.advance_ms(HOUR_MS);
        vendors.rmm.faults().set("throttle", &format!("always,path:notifications,retry-after:{seconds}")).unwrap();
        assert_eq!(tick(&app, "rmm", "notifications").await.len(), 1, "{seconds}");
        assert!(vendors.rmm.faults().fired("throttle") > 0);
        vendors.rmm.faults().clear();
        vendors.rmm.reset_counts();
        app.clock.advance_ms(DAY_MS);
        let reports = tick(&app, "rmm", "notifications").await;
        assert!(reports.iter().any(|one| one.outcome == JobOutcome::Done), "{seconds}: {reports:?}");
        assert!(vendors.rmm.counts().of("GET", "notifications") > 0, "{seconds}: it never asks again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_of_the_31st_is_done_once_a_month_on_its_last_day() {
    let (_vendors, app) = in_step(Job::Sync, Some("monthly 31@02:00")).await;
    let start = Timestamp::parse("2041-01-01T00:00:00Z").unwrap();
    app.clock.advance_ms(start.since_ms(app.clock.now()));
    // What was due before.
    app.engine.tick().await.unwrap();
    let mut begun = Vec::new();
    while app.clock.now() < Timestamp::parse("2041-06-01T00:00:00Z").unwrap() {
        app.clock.advance_ms(6 * HOUR_MS);
        let done = tick(&app, sync().as_str(), "sync").await;
        begun.extend(done.into_iter().map(|report| report.began_at[..10].to_owned()));
    }
    assert_eq!(begun, ["2041-01-31", "2041-02-28", "2041-03-31", "2041-04-30", "2041-05-31"]);
}
