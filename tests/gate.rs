//! The gate and its host, through the whole program: what an operator is shown before
//! granting; that what a vendor echoes of a secret is seen nowhere; and that a connector which
//! floods, crashes or wakes itself costs little, is seen, and can be let go on.

use crate::harness::program::Program;
use crate::harness::vendor::Vendor;
use crate::harness::{SYNC, TestApp, component, name, secrets, texts, told};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crosswalk::engine::{JournalFilter, NewConnection, NewSync};
use crosswalk::model::connection::BucketOverride;
use crosswalk::model::sync::KindRules;
use crosswalk::model::{Kind, SyncRules};
use crosswalk_sims::{PulsewayRmm, RmmOptions, Size, World};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

const SECRET: &str = "s3cret+of/the=test&more";

/// Every form of a text that a vendor's answer may have it in.
fn forms(text: &str) -> Vec<String> {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    vec![
        text.to_owned(),
        form,
        serde_json::json!(text).to_string().trim_matches('"').replace('/', "\\/"),
        text.replace('&', "&amp;"),
        STANDARD.encode(text),
        text.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ]
}

/// A vendor that answers with all it was sent, and what it makes of it.
fn echoing(header: &'static str, status: u16) -> Vendor {
    Vendor::answering(move |arrived, _| {
        let sent = arrived.headers.iter().find_map(|line| {
            line.split_once(": ")
                .filter(|(name, _)| name.eq_ignore_ascii_case(header))
                .map(|(_, value)| value.to_owned())
        });
        let sent = sent.unwrap_or_else(|| "nothing was sent".to_owned());
        let basic = sent.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
        let plain = basic.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| sent.clone());
        let said: Vec<String> = plain.split(':').flat_map(forms).chain(forms(&plain)).chain([sent]).collect();
        (status, serde_json::json!({ "message": said.join(" | ") }).to_string())
    })
}

fn seen_nowhere(said: &str, secrets: &[&str]) {
    for secret in secrets {
        for form in forms(secret) {
            assert!(!said.contains(&form), "`{form}` is in:\n{said}");
        }
    }
}

fn stored_nowhere(folder: &Path, secrets: &[&str]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            stored_nowhere(&path, secrets);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for form in secrets.iter().flat_map(|secret| forms(secret)) {
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "`{form}` stands in {}", path.display());
        }
    }
}

#[test]
fn a_secret_that_a_vendor_echoes_is_on_no_terminal_and_in_no_file() {
    let mut program = Program::with_plugins();
    program.variable("KEY", SECRET);
    let vendor = echoing("x-key", 200);
    let add = "connection add guest --plugin misbehaving --secret-env key=KEY --set habit=echo";
    program.run(&format!("{add} --endpoint api={}", vendor.url())).ends(0);
    // The same by basic authentication, in the vendor's own refusal.
    let (user, password) = ("token-of-the-test", "p4ss/word+of&test");
    program.variable("USER_ID", user);
    program.variable("PASSWORD", password);
    let refusing = echoing("authorization", 403);
    let add =
        "connection add rmm --plugin pulseway-rmm --secret-env token-id=USER_ID --secret-env token-secret=PASSWORD";
    program.run(&format!("{add} --endpoint api={}", refusing.url())).ends(0);
    let together = format!("{user}:{password}");
    let secrets = [SECRET, user, password, &together];
    let said = program.run("connection check guest -vvv").ends(1);
    assert!(said.err.contains('…'), "the vendor's words came, blanked: {}", said.whole());
    seen_nowhere(&said.whole(), &secrets);
    for line in [
        "connection check guest",
        "connection check guest --json",
        "connection check rmm -vvv",
        "connection check rmm --json",
        "journal",
        "journal --json",
    ] {
        seen_nowhere(&program.run(line).whole(), &secrets);
    }
    assert!(!vendor.arrived().is_empty() && !refusing.arrived().is_empty(), "the vendors were asked");
    stored_nowhere(program.folder(), &secrets);
}

#[test]
fn how_a_plugin_logs_in_and_what_it_reads_by_post_is_shown_before_it_is_granted() {
    let mut program = Program::prepared("with-a-login", &["pulseway-psa"]);
    let file = component("pulseway-psa");
    let inspected = program.run(&format!("plugin inspect {}", file.display())).ends(0);
    for words in
        ["The host logs in for it, in dry runs too", "POST", "/v2/security/authenticate", "/v2/security/refreshtoken"]
    {
        assert!(inspected.out.contains(words), "{words}: {}", inspected.whole());
    }
    let inspected = program.run(&format!("plugin inspect {}", component("guests").display())).ends(0);
    for words in ["It reads by POST", "/graphql", "GraphQL queries", "SOAP: Get", "search"] {
        assert!(inspected.out.contains(words), "{words}: {}", inspected.whole());
    }
    program.variable("PASSWORD", "a password of the test");
    let settings = "--set user=u --set tenant=t --set business-type=1 --set account-manager=1";
    let add = "connection add psa --plugin pulseway-psa --secret-env password=PASSWORD";
    let added = program.run(&format!("{add} {settings} --endpoint api=http://127.0.0.1:9/x")).ends(0);
    for words in ["POST http://127.0.0.1:9/x/v2/security/authenticate", "may have a private address: 127.0.0.1:9"] {
        assert!(added.out.contains(words), "{words}: {}", added.whole());
    }
    let granted = program.run("connection grant psa api --url https://psa.office.example").ends(0);
    assert!(granted.out.contains("POST https://psa.office.example/v2/security/authenticate"), "{}", granted.whole());
    assert!(!granted.out.contains("may have a private address"), "{}", granted.whole());
    let granted = program.run("connection grant psa api --private psa.office.example:443").ends(0);
    assert!(granted.out.contains("may have a private address: psa.office.example:443"), "{}", granted.whole());
    program
        .run("connection grant psa api --private other.example:443")
        .refused(1, &["is not a server of the endpoint"]);
    program.run("connection grant psa api --private psa.office.example").refused(1, &["write HOST:PORT"]);
    program.run("connection grant psa api --url http://169.254.169.254/").refused(1, &["no grant opens"]);
}

/// A host with the misbehaving guest, and the vendor it may reach.
struct Scene {
    app: TestApp,
    vendor: Vendor,
}

impl Scene {
    async fn start() -> Self {
        let app = TestApp::start().await;
        app.engine.plugin_add(&component("guests")).await.unwrap();
        Self { app, vendor: Vendor::start() }
    }

    async fn connect(&self, connection: &str, secret: &str, calls: Option<u32>) {
        let buckets = calls.map(|calls| ("all".to_owned(), BucketOverride { calls: Some(calls), at_once: None }));
        self.app
            .add(NewConnection {
                name: name(connection),
                plugin: name("misbehaving"),
                settings: BTreeMap::new(),
                secrets: secrets([("key", secret)]),
                endpoints: texts([("api", self.vendor.url().to_owned())]),
                grant_all: false,
                buckets: buckets.into_iter().collect(),
            })
            .await;
    }

    async fn habit(&self, connection: &str, habit: &str, times: u64) {
        let settings = [("habit".to_owned(), json!(habit)), ("times".to_owned(), json!(times))].into();
        self.app.tenant.connection_set(&name(connection), &settings, &BTreeMap::new(), &BTreeMap::new()).await.unwrap();
    }

    /// What `check` comes to: nothing, or what is told of its failure.
    async fn check(&self, connection: &str) -> Result<(), String> {
        self.app.tenant.connection_check(&name(connection)).await.map(drop).map_err(|error| told(&error))
    }

    async fn state(&self, connection: &str) -> &'static str {
        self.app.tenant.connection_show(&name(connection)).await.unwrap().health.state
    }

    /// Refusals in the journal: entries, and how often they were counted.
    async fn refusals(&self) -> (usize, u64) {
        let filter =
            JournalFilter { event: Some(crosswalk::model::Event::Refused), limit: 10_000, ..JournalFilter::default() };
        let entries = self.app.tenant.journal(&filter).await.unwrap();
        let times = |detail: &Option<serde_json::Value>| detail.as_ref().and_then(|detail| detail["times"].as_u64());
        (entries.len(), entries.iter().map(|entry| times(&entry.detail).expect("a count")).sum())
    }

    /// A guest that was asked to wake itself at once: a sync into it is applied while it has the habit.
    async fn waking_itself(habit: &str) -> Self {
        let scene = Self::start().await;
        let rmm = PulsewayRmm::start(&World::generate(Size::new(2, 2, 6), 11), RmmOptions::default()).unwrap();
        scene.app.engine.plugin_add(&component("pulseway-rmm")).await.unwrap();
        scene.app.connect_rmm(&rmm).await;
        scene.connect("guest", "s3cret-of-the-test", None).await;
        let rules = SyncRules { kinds: [(Kind::Customer, KindRules::default())].into(), ..SyncRules::default() };
        let new = NewSync { name: name(SYNC), source: name("rmm"), target: name("guest"), rules };
        scene.app.tenant.sync_add(new).await.unwrap();
        let plan = scene.app.plan().await;
        scene.habit("guest", "wake-itself", 1).await;
        let _ = scene.app.apply(&plan).await;
        scene.habit("guest", habit, 1).await;
        scene
    }

    /// Looks at what is due every so often; gives how many jobs were done.
    async fn ticks(&self, every_ms: i64, times: usize) -> usize {
        let mut done = 0;
        for _ in 0..times {
            self.app.clock.advance_ms(every_ms);
            done += self.app.engine.tick().await.unwrap().iter().filter(|report| report.job == "poll").count();
        }
        done
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_refusals_are_few_lines_with_their_counts() {
    let scene = Scene::start().await;
    scene.connect("guest", "s3cret-of-the-test", None).await;
    scene.habit("guest", "refusal-flood", 1_000).await;
    assert_eq!(scene.check("guest").await, Ok(()));
    let (lines, times) = scene.refusals().await;
    assert!(lines <= 60, "{lines}");
    assert_eq!(times, 2_000, "each is counted");
    for _ in 0..5 {
        assert_eq!(scene.check("guest").await, Ok(()));
    }
    assert_eq!(scene.refusals().await, (lines, 12_000), "the same again takes no more room");
    scene.app.clock.advance_ms(25 * 60 * 60 * 1_000);
    assert_eq!(scene.check("guest").await, Ok(()));
    assert_eq!(scene.refusals().await, (2 * lines, 14_000), "a day later it is told again");
    assert_eq!(scene.vendor.arrived().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_twenty_megabytes_is_cut_before_anybody_keeps_it() {
    let scene = Scene::start().await;
    scene.connect("guest", "s3cret-of-the-test", None).await;
    scene.habit("guest", "long-failure", 100_000).await;
    let failure = scene.check("guest").await.unwrap_err();
    assert!(failure.len() < 3_000 && failure.contains("xxx…"), "{} bytes", failure.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_that_keeps_crashing_is_in_quarantine_until_somebody_lets_it_go_on() {
    let scene = Scene::start().await;
    scene.connect("guest", "s3cret-of-the-test", None).await;
    scene.connect("good", "another-secret", None).await;
    scene.habit("guest", "trap", 1).await;
    for crash in 1..=10 {
        let failure = scene.check("guest").await.unwrap_err();
        assert!(failure.contains("the connector crashed"), "{crash}: {failure}");
        assert_eq!(scene.state("guest").await, if crash < 10 { "rests" } else { "quarantine" }, "{crash}");
    }
    let failure = scene.check("guest").await.unwrap_err();
    for words in ["in quarantine since", "crashed 10 times in a row", "crosswalk connection release guest"] {
        assert!(failure.contains(words), "{words}: {failure}");
    }
    assert_eq!((scene.check("good").await, scene.state("good").await), (Ok(()), "ok"));
    scene.habit("guest", "none", 1).await;
    assert!(scene.check("guest").await.is_err(), "it stays there until somebody lets it go on");
    assert!(scene.app.tenant.connection_release(&name("guest")).await.unwrap());
    assert_eq!((scene.check("guest").await, scene.state("guest").await), (Ok(()), "ok"));
    assert!(!scene.app.tenant.connection_release(&name("guest")).await.unwrap(), "there is none any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_wakes_itself_all_the_time_is_slowed_down_and_then_stopped() {
    let scene = Scene::waking_itself("wake-itself").await;
    let done = scene.ticks(100, 450).await;
    assert!((10..=60).contains(&done), "{done} times in 45 s");
    let more = scene.ticks(10_000, 400).await;
    assert!(more <= 300, "{more} more within an hour");
    assert_eq!(scene.state("guest").await, "quarantine");
    assert_eq!(scene.ticks(10_000, 20).await, 0, "and then no more");
    let failure = scene.check("guest").await.unwrap_err();
    assert!(failure.contains("asked to be called again more than 300 times within an hour"), "{failure}");
    scene.app.tenant.connection_release(&name("guest")).await.unwrap();
    assert!(scene.ticks(10_000, 2).await > 0, "what waited goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_wakes_itself_and_crashes_rests_longer_each_time() {
    let scene = Scene::waking_itself("wake-and-trap").await;
    let done = scene.ticks(100, 450).await;
    assert!((1..=2).contains(&done), "{done} times in 45 s");
    let more = scene.ticks(60_000, 300).await;
    assert!((7..=9).contains(&more), "{more} more in five hours");
    assert_eq!(scene.state("guest").await, "quarantine");
    assert_eq!(scene.ticks(60_000, 60).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_to_one_account_share_its_budget_of_calls() {
    let scene = Scene::start().await;
    for (connection, secret) in [("one", "s3cret-of-both"), ("two", "s3cret-of-both"), ("other", "another-secret")] {
        scene.connect(connection, secret, Some(5)).await;
        scene.habit(connection, "call-flood", 3).await;
    }
    for (connection, refused) in [("one", "0 refused"), ("two", "1 refused"), ("other", "0 refused")] {
        let failure = scene.check(connection).await.unwrap_err();
        assert!(failure.contains(refused), "{connection}: {failure}");
    }
    assert_eq!(scene.vendor.arrived().len(), 8);
}

#[cfg(unix)]
#[test]
fn the_data_folder_is_its_owners_alone_and_an_open_one_is_told() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
    let chmod = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let mut program = Program::over(&data);
    program.variable("KEY", "s3cret-of-the-test");
    let said = program.run(&format!("plugin add {}", component("guests").display())).ends(0);
    assert!(!said.err.contains("chmod"), "{}", said.whole());
    program.run("connection add guest --plugin misbehaving --secret-env key=KEY").ends(0);
    for (path, wanted) in [("", 0o700), ("plugins", 0o700), ("crosswalk.db", 0o600), ("key", 0o600)] {
        assert_eq!(mode(&data.join(path)), wanted, "{path}");
    }
    chmod(&data, 0o755);
    let said = program.run("connection list").ends(0);
    assert!(said.err.contains(&format!("chmod 700 {}", data.display())), "{}", said.whole());
    chmod(&data, 0o700);
    assert!(!program.run("connection list").ends(0).err.contains("chmod"));
    for open in [0o644, 0o602, 0o620] {
        chmod(&data.join("key"), open);
        let said = program.run("connection list").ends(1);
        assert!(
            said.err.contains("can be read or changed by other users") && said.err.contains("chmod 600"),
            "{}",
            said.whole()
        );
    }
    chmod(&data.join("key"), 0o440);
    program.run("connection list").ends(0);
}
