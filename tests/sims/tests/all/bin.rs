//! The `crosswalk-sims` program: says when it is ready, keeps its word, stops when told.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::client::Client;

fn start(arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crosswalk-sims"))
        .args(["--devices", "60", "--organisations", "4", "--sites", "6", "--until-stdin-closes"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line).unwrap();
    (child, ready)
}

#[test]
fn it_says_when_it_is_ready_and_stops_when_stdin_ends() {
    let file = std::env::temp_dir().join(format!("crosswalk-sims-{}.json", std::process::id()));
    let (mut child, ready) = start(&[
        "--ready-file",
        file.to_str().unwrap(),
        "--fault",
        "rmm:throttle=1",
        "--hourly-limit",
        "77",
        "--service",
        "Backup",
        "--contracts-for-new-accounts",
    ]);
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(written, ready);
    assert_eq!(ready["world"], serde_json::json!({"organisations": 4, "sites": 6, "devices": 60}));

    let mut rmm = Client::new(
        ready["rmm"]["url"].as_str().unwrap(),
        &[("Authorization", "Basic c2ltLXRva2VuLWlkOnNpbS10b2tlbi1zZWNyZXQ=")],
    );
    assert_eq!(rmm.get("/api/v3/assets").status, 429, "the fault it was started with");
    assert_eq!(rmm.get("/api/v3/assets").json()["Meta"]["TotalCount"], 60);
    assert_eq!(rmm.get("/_sim/counts").json()["reads"], 2);
    let text = |name: &str| ready["psa"][name].as_str().unwrap();
    let login =
        [("ApiIntegrationCode", text("integration_code")), ("UserName", text("user")), ("Secret", text("secret"))];
    let mut psa = Client::new(text("url"), &login);
    let threshold = psa.get("/ATServicesRest/V1.0/ThresholdInformation").json();
    assert_eq!(threshold["externalRequestThreshold"], 77);
    let everything = r#"{"filter":[{"op":"exist","field":"id"}]}"#;
    let services = psa.post("/ATServicesRest/V1.0/Services/query", everything).json();
    assert_eq!((&services["pageDetails"]["count"], &services["items"][0]["name"]), (&1.into(), &"Backup".into()));
    let usage = psa.get("/_sim/usage").json();
    assert_eq!(usage, serde_json::json!({"lines": [], "adjustments": []}));

    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_runs_the_rmm_it_is_told() {
    let (mut child, ready) = start(&["--rmm", "datto-rmm"]);
    let text = |name: &str| ready["rmm"][name].as_str().unwrap();
    assert!(!text("api_key").is_empty() && !text("api_secret").is_empty());
    assert_eq!(Client::new(text("url"), &[]).get("/api/v2/system/status").status, 200);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn the_psa_can_be_chosen() {
    let (mut child, ready) = start(&["--psa", "pulseway-psa", "--fault", "psa:throttle=writes"]);
    let text = |name: &str| ready["psa"][name].as_str().unwrap().to_owned();
    let mut psa = Client::new(&text("url"), &[]);
    assert_eq!(psa.get("/v2/crm/accounts/summary").status, 401);
    let form = [
        ("GrantType", "password"),
        ("UserName", &text("user")),
        ("Password", &text("password")),
        ("Tenant", &text("tenant")),
    ];
    let form = form.map(|(name, value)| format!("{name}={value}")).join("&");
    let login = psa.send_as("application/x-www-form-urlencoded", "POST", "/v2/security/authenticate", &form).unwrap();
    assert_eq!(login.json()["success"], true);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_licence_vendor_joins_when_asked_for() {
    let (mut child, ready) = start(&["--licences", "sophos-central", "--fault", "licences:throttle=path:/whoami"]);
    let text = |name: &str| ready["licences"][name].as_str().unwrap().to_owned();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &text("client_id")),
        ("client_secret", &text("client_secret")),
        ("scope", "token"),
    ];
    let form = form.map(|(name, value)| format!("{name}={value}")).join("&");
    let mut sophos = Client::new(&text("url"), &[]);
    let login = sophos.send_as("application/x-www-form-urlencoded", "POST", "/api/v2/oauth2/token", &form).unwrap();
    let bearer = format!("Bearer {}", login.json()["access_token"].as_str().unwrap());
    assert_eq!(Client::new(&text("url"), &[("Authorization", &bearer)]).get("/whoami/v1").status, 429);
    assert_eq!(
        sophos.get("/_sim/tenants").json()["tenants"].as_array().unwrap().len(),
        5,
        "four, and one that is gone"
    );
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());

    let (mut child, ready) = start(&[]);
    assert!(ready.get("licences").is_none());
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn it_refuses_what_it_does_not_know() {
    for arguments in [
        &["--fault", "psa:gremlins=1"][..],
        &["--fault", "throttle=1"],
        &["--fault", "hr:throttle=1"],
        &["--fault", "licences:throttle=1"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_crosswalk-sims")).args(arguments).output().unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: "));
    }
}
