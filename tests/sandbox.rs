//! Connectors that misbehave, one habit at a time, through the whole host: what it says of
//! each, that nothing got out, and that the next call on the same host works.
//!
//! The guest is `tests/guests`; its setting `habit` says what it does. Limits are small,
//! so that nothing takes long. What a guest made by hand shows better is tested in the
//! runtime's own room.

use crate::harness::vendor::Vendor;
use crate::harness::{SYNC, TestApp, component, name, secrets, sync, texts, told};
use crosswalk::engine::{JobOutcome, JournalFilter, NewConnection, NewSync, NoProgress, PlanReport};
use crosswalk::error::Error;
use crosswalk::model::sync::KindRules;
use crosswalk::model::{ConnectionName, Kind, RunStatus, SyncRules};
use crosswalk::runtime::{Limits, Runtime, RuntimeOptions};
use crosswalk_say::English;
use crosswalk_sims::{PulsewayRmm, RmmOptions, Size, World};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

const SECRET: &str = "s3cret-of-the-test";
/// Requests of one call.
const REQUESTS: usize = 30;
/// Requests in one go.
const AT_ONCE: usize = 40;

fn limits() -> Limits {
    let mut limits =
        Limits { calls_at_once: 16, mapping_scratch: 50, mapping_scratch_bytes: 1 << 20, ..Limits::default() };
    limits.cpu = Duration::from_millis(300);
    limits.memory_per_call = 16 << 20;
    limits.http.requests_per_call = REQUESTS;
    limits.http.requests_at_once = AT_ONCE;
    limits
}

fn sandbox(limits: Limits) -> Runtime {
    let cache_dir = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("sandbox-cache"));
    Runtime::new(RuntimeOptions { cache_dir, guest_threads: 2, limits, ..RuntimeOptions::default() }).unwrap()
}

/// A host with the guest installed, and the vendor its connections may reach.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) vendor: Vendor,
}

impl Scene {
    /// Under the small limits, one sandbox for all tests.
    pub(crate) async fn start() -> Self {
        static SMALL: OnceLock<Runtime> = OnceLock::new();
        Self::on(SMALL.get_or_init(|| sandbox(limits())).clone()).await
    }

    /// Under the usual limits.
    pub(crate) async fn roomy() -> Self {
        Self::on(sandbox(Limits::default())).await
    }

    async fn on(runtime: Runtime) -> Self {
        let app = TestApp::start_on(runtime).await;
        app.engine.plugin_add(&component("guests")).await.unwrap();
        Self { app, vendor: Vendor::start() }
    }

    /// Connects the guest under a name, with no bad habit.
    pub(crate) async fn connect(&self, connection: &str) {
        self.app
            .add(NewConnection {
                name: name(connection),
                plugin: name("misbehaving"),
                settings: BTreeMap::new(),
                secrets: secrets([("key", SECRET)]),
                endpoints: texts([("api", self.vendor.url().to_owned())]),
                grant_all: false,
                buckets: BTreeMap::new(),
            })
            .await;
    }

    pub(crate) async fn habit(&self, connection: &str, habit: &str, times: u64) {
        let settings = [("habit".to_owned(), json!(habit)), ("times".to_owned(), json!(times))].into();
        self.app.tenant.connection_set(&name(connection), &settings, &BTreeMap::new(), &BTreeMap::new()).await.unwrap();
        // Another habit is no other account: what is tried is the next call, and not the question whose it is.
        rusqlite::Connection::open(self.app.folder.path().join("crosswalk.db"))
            .unwrap()
            .execute(
                "UPDATE accounts SET revision = (SELECT c.revision FROM connections c \
                 WHERE c.tenant = accounts.tenant AND c.id = accounts.connection)",
                [],
            )
            .unwrap();
    }

    /// What `check` comes to: nothing, or what is told of its failure.
    async fn check(&self, connection: &str) -> Result<(), String> {
        let connection: ConnectionName = name(connection);
        self.app.tenant.connection_check(&connection).await.map(drop).map_err(|error| told(&error))
    }

    pub(crate) async fn sync(&self, from: &str, to: &str, kinds: &[Kind]) {
        let kinds = kinds.iter().map(|kind| (*kind, KindRules::default())).collect();
        let rules = SyncRules { kinds, ..SyncRules::default() };
        let new = NewSync { name: name(SYNC), source: name(from), target: name(to), rules };
        self.app.tenant.sync_add(new).await.unwrap();
    }

    pub(crate) async fn plan(&self) -> Result<PlanReport, Error> {
        self.app.tenant.plan(&sync(), &NoProgress).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_guest_does_in_a_call_is_that_calls_failure_and_no_more() {
    let scene = Scene::start().await;
    scene.connect("guest").await;
    scene.connect("good").await;
    for (habit, times, words) in [
        ("trap", 1, &["broken: the connector crashed", "I was told to", "broken on purpose"] as &[&str]),
        ("loop", 1, &["the connector was stopped: it used more than 300ms of processor time"]),
        ("loop-of-host-calls", 1, &["the connector was stopped", "processor time"]),
        ("memory", 1, &["the connector was stopped: it wanted more than the 16 MiB of memory a call may have"]),
        ("stack", 1, &["broken: the connector crashed"]),
        ("mapping-flood", 60, &["mapping: 50: ", "Full(\"a plan puts at most 50 entries\")"]),
        ("mapping-bytes", 40, &["Full(\"a plan puts at most 1048576 bytes\")"]),
        ("mapping-while-reading", 1, &["mapping: put true seen Some(\"value\")"]),
        ("mapping-seen", 1, &["mapping: seen None"]),
        ("schedule-while-reading", 1, &["schedule: ", "ReadOnly"]),
        ("write-while-reading", 1, &["through: []; put: true; woken: false"]),
        ("escape", 1, &["asked 27, refused 27, through []"]),
        ("secret-in-settings", 1, &["\"habit\":\"secret-in-settings\""]),
        ("call-flood", AT_ONCE as u64 + 1, &["41 refused"]),
    ] {
        scene.habit("guest", habit, times).await;
        let failure = scene.check("guest").await.expect_err(habit);
        for word in words {
            assert!(failure.contains(word), "{habit}: {failure}");
        }
        assert!(!failure.contains(SECRET), "{habit}: {failure}");
        assert_eq!(scene.check("good").await, Ok(()), "another connection, after {habit}");
        scene.habit("guest", "none", 1).await;
        assert_eq!(scene.check("guest").await, Ok(()), "the same connection, after {habit}");
        assert_eq!(scene.vendor.arrived().len(), 0, "{habit}: {:?}", scene.vendor.arrived());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_calls_ends_at_the_limit_and_a_flood_of_lines_is_cut() {
    let scene = Scene::start().await;
    scene.connect("guest").await;
    scene.habit("guest", "call-flood", REQUESTS as u64 + 5).await;
    let failure = scene.check("guest").await.unwrap_err();
    assert!(failure.contains("5 refused"), "{failure}");
    let arrived = scene.vendor.arrived();
    assert_eq!((arrived.len(), scene.vendor.writes()), (REQUESTS, 0));
    // What the guest never sees is attached to each.
    let signed = |line: &String| line.eq_ignore_ascii_case(&format!("x-key: {SECRET}"));
    assert!(
        arrived.iter().all(|request| request.path == "/search" && request.headers.iter().any(signed)),
        "{:?}",
        arrived[0]
    );
    scene.habit("guest", "log-flood", 1000).await;
    assert_eq!(scene.check("guest").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_journalled_and_an_endpoint_not_granted_says_what_to_grant() {
    let scene = Scene::start().await;
    scene.connect("guest").await;
    scene.habit("guest", "escape", 1).await;
    scene.check("guest").await.unwrap_err();
    let filter = JournalFilter { limit: 100, ..JournalFilter::default() };
    let journal = scene.app.tenant.journal(&filter).await.unwrap();
    for words in [
        "asks for no endpoint `nowhere`",
        "dot segment",
        "`evil.example`",
        "`169.254.169.254`",
        "header `authorization`",
        "header `x-key`",
    ] {
        assert!(journal.iter().any(|entry| entry.message.english().contains(words)), "{words}: {journal:?}");
    }
    scene.habit("guest", "call-flood", 1).await;
    scene.app.tenant.connection_revoke(&name("guest"), "api").await.unwrap();
    scene.check("guest").await.unwrap_err();
    let newest = scene.app.tenant.journal(&filter).await.unwrap().remove(0);
    assert!(newest.message.english().contains("to grant it: crosswalk connection grant guest api"), "{newest:?}");
    assert_eq!(scene.vendor.arrived().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_that_breaks_the_rules_ends_with_the_connectors_fault() {
    let scene = Scene::start().await;
    scene.connect("source").await;
    scene.connect("target").await;
    scene.sync("source", "target", &[Kind::Customer, Kind::Location, Kind::Asset]).await;
    for (habit, times, words) in [
        (
            "cursor-twice",
            1,
            "source assets were not read to the end: broken: the connector gave the cursor `the same` twice",
        ),
        ("cursor-long", 1, "broken: the connector returned a cursor of 9216 bytes; a cursor has at most 8192"),
        (
            "page-flood",
            1,
            "source assets were not read to the end: broken: the connector returned a page of 5001 items; a page holds at most 5000",
        ),
        ("total-lies", 7, "source assets changed in number while they were read: nothing counts as gone"),
        (
            "total-huge",
            1,
            "broken: the connector reported 18446744073709551615 rows in all, more than any vendor can have",
        ),
        ("left-out-huge", 1, "broken: the connector reported 18446744073709551615 rows that are left out, more"),
        ("write-while-reading", 1, "through: []; put: true; woken: false"),
        ("trap", 1, "I was told to"),
    ] {
        scene.habit("source", habit, times).await;
        let said = match scene.plan().await {
            Ok(report) => report.complaints.iter().map(English::english).collect::<Vec<_>>().join("\n"),
            Err(error) => told(&error),
        };
        assert!(said.contains(words), "{habit}: {said}");
        scene.habit("source", "none", 1).await;
        let after = scene.plan().await.unwrap();
        assert_eq!((after.complaints, after.read), (Vec::new(), (5, 5)), "after {habit}");
    }
    assert_eq!(scene.vendor.arrived().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plan_keeps_in_mapping_lasts_for_the_run() {
    let scene = Scene::start().await;
    scene.connect("source").await;
    scene.connect("target").await;
    scene.sync("source", "target", &[Kind::Customer, Kind::Asset]).await;
    scene.habit("source", "mapping-across-calls", 1).await;
    let said = scene.plan().await.unwrap().complaints.iter().map(English::english).collect::<Vec<_>>().join("\n");
    assert!(said.contains("mapping: seen Some(\"value\")"), "{said}");
    scene.habit("source", "mapping-seen", 1).await;
    let failure = scene.check("source").await.unwrap_err();
    assert!(failure.contains("mapping: seen None"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_without_an_end_is_ended() {
    let scene = Scene::start().await;
    scene.connect("source").await;
    scene.connect("target").await;
    scene.sync("source", "target", &[Kind::Customer]).await;
    scene.habit("source", "cursor-endless", 1).await;
    let report = scene.plan().await.unwrap();
    let said = report.complaints.iter().map(English::english).collect::<Vec<_>>().join("\n");
    assert!(said.contains("source customers were not read to the end: broken: the walk did not end within"), "{said}");
    assert_eq!(scene.check("source").await, Ok(()));
}

/// What applying came to while the target had a habit.
struct Applied {
    done: u64,
    failed: u64,
    /// Writes as the host counted them, and as the vendor did.
    writes: (u64, usize),
    told: String,
}

/// Plans records of an RMM into the guest, applies while it has the habit, and brings the
/// rest in step when it has none any more.
async fn apply_with(habit: &str) -> Applied {
    let scene = Scene::start().await;
    let rmm = PulsewayRmm::start(&World::generate(Size::new(2, 2, 6), 11), RmmOptions::default()).unwrap();
    scene.app.engine.plugin_add(&component("pulseway-rmm")).await.unwrap();
    scene.app.connect_rmm(&rmm).await;
    scene.connect("guest").await;
    scene.sync("rmm", "guest", &[Kind::Customer]).await;
    let plan = scene.plan().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    scene.habit("guest", habit, 1).await;
    let report = scene.app.apply(&plan).await;
    let counts = report.run.counts;
    let applied = Applied {
        done: counts.done,
        failed: counts.failed,
        writes: (counts.writes, scene.vendor.writes()),
        told: report.failures.iter().map(|(what, why)| format!("{}: {}\n", what.english(), why.english())).collect(),
    };
    assert_ne!(report.run.status, RunStatus::Succeeded, "{habit}: {}", applied.told);
    scene.habit("guest", "none", 1).await;
    // What is uncertain is looked up after the vendor's quiet time, and again, before it may be repeated.
    for _ in 0..4 {
        if scene.app.uncertain().await.is_empty() {
            break;
        }
        scene.app.clock.advance_ms(15 * 60_000);
        scene.plan().await.unwrap_or_else(|error| panic!("{}", told(&error)));
    }
    let again = scene.app.apply(&scene.plan().await.unwrap()).await;
    assert_eq!(
        (again.run.counts.done, again.run.counts.failed),
        (2 - counts.done, 0),
        "after {habit}: {:?}",
        again.failures
    );
    applied
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_never_left_is_known_not_to_be_written() {
    for (habit, words) in [
        ("trap", "I was told to"),
        ("loop", "processor time"),
        ("write-unnamed", "the request names no change"),
        ("write-another-name", "`0.0` is not a change of this batch"),
    ] {
        let applied = apply_with(habit).await;
        assert!(applied.told.contains(words), "{habit}: {}", applied.told);
        assert_eq!((applied.done, applied.failed), (0, 2), "{habit}: {}", applied.told);
        assert_eq!(applied.writes, (0, 0), "{habit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_its_outcome_is_looked_up_before_it_is_tried_again() {
    for (habit, done) in [("fewer-outcomes", 1), ("foreign-outcome", 0), ("trap-after-write", 0)] {
        let applied = apply_with(habit).await;
        assert!(applied.told.contains("it is not known whether it was written"), "{habit}: {}", applied.told);
        assert_eq!((applied.done, applied.failed), (done, 0), "{habit}: {}", applied.told);
        // Nothing is sent twice in one run, and both sides count alike.
        assert_eq!(applied.writes, (2, 2), "{habit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_may_keep_things_and_be_woken_again_and_writes_nothing() {
    let applying = Scene::start().await;
    let rmm = PulsewayRmm::start(&World::generate(Size::new(2, 2, 6), 11), RmmOptions::default()).unwrap();
    applying.app.engine.plugin_add(&component("pulseway-rmm")).await.unwrap();
    applying.app.connect_rmm(&rmm).await;
    applying.connect("guest").await;
    applying.sync("rmm", "guest", &[Kind::Customer]).await;
    let plan = applying.plan().await.unwrap();
    applying.habit("guest", "schedule-while-reading", 1).await;
    let report = applying.app.apply(&plan).await;
    assert!(report.failures[0].1.english().contains("schedule: it was let"), "{:?}", report.failures);
    assert!(applying.app.engine.tick().await.unwrap().is_empty(), "not before its time");
    for (habit, words) in [
        ("write-while-reading", "through: []; put: true; woken: true"),
        ("mapping-while-reading", "mapping: put true seen Some(\"value\")"),
    ] {
        applying.habit("guest", habit, 1).await;
        applying.app.clock.advance_ms(2000);
        let woken = applying.app.engine.tick().await.unwrap();
        let outcomes: Vec<_> =
            woken.iter().map(|wake| (wake.job.as_str(), wake.outcome, wake.message.english())).collect();
        assert!(
            matches!(&outcomes[..], [("poll", JobOutcome::Failed, why)] if why.contains(words)),
            "{habit}: {outcomes:?}"
        );
    }
    applying.habit("guest", "mapping-seen", 1).await;
    let seen = told(&applying.plan().await.unwrap_err());
    assert!(seen.contains("mapping: seen Some(\"value\")"), "{seen}");
    let seen = applying.check("guest").await.unwrap_err();
    assert!(seen.contains("mapping: seen None"), "whose account it is, the vendor says: {seen}");
    assert_eq!(applying.vendor.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_guests_keep_nobody_else_from_answering() {
    let forever = Duration::from_secs(600);
    let scene = Scene::on(sandbox(Limits { cpu: forever, wall: forever, ..limits() })).await;
    scene.connect("bad").await;
    scene.connect("good").await;
    scene.habit("bad", "loop", 1).await;
    let bad = name("bad");
    let loops = async {
        let call = || scene.app.tenant.connection_check(&bad);
        let _ = tokio::join!(call(), call(), call(), call());
    };
    let answers = async {
        for _ in 0..5 {
            assert_eq!(scene.check("good").await, Ok(()));
        }
    };
    tokio::select! {
        () = loops => panic!("an endless loop ended"),
        answered = tokio::time::timeout(Duration::from_secs(60), answers) => answered.expect("the good one answers"),
    }
    // The loops were given up with their callers; their places are free again.
    scene.habit("bad", "none", 1).await;
    assert_eq!(scene.check("bad").await, Ok(()));
}
