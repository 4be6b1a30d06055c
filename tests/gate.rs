//! The gate, through the whole program: what an operator is shown before granting, and that
//! what a vendor echoes of a secret is seen nowhere.

use crate::harness::component;
use crate::harness::program::Program;
use crate::harness::vendor::Vendor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
    for words in ["POST http://127.0.0.1:9/x/v2/security/authenticate", "may be no public address: 127.0.0.1:9"] {
        assert!(added.out.contains(words), "{words}: {}", added.whole());
    }
    let granted = program.run("connection grant psa api --url https://psa.office.example").ends(0);
    assert!(granted.out.contains("POST https://psa.office.example/v2/security/authenticate"), "{}", granted.whole());
    assert!(!granted.out.contains("no public address"), "{}", granted.whole());
    let granted = program.run("connection grant psa api --private psa.office.example:443").ends(0);
    assert!(granted.out.contains("may be no public address: psa.office.example:443"), "{}", granted.whole());
    program.run("connection grant psa api --private other.example:443").refused(1, &["is no server of the endpoint"]);
    program.run("connection grant psa api --private psa.office.example").refused(1, &["write HOST:PORT"]);
    program.run("connection grant psa api --url http://169.254.169.254/").refused(1, &["no grant opens"]);
}
