//! Accounts at vendors: what is wrong with one is said when it is set up, and what a
//! vendor does is told with what to do about it.

use super::{Office, PSA, RMM};
use std::net::TcpListener;
use std::path::Path;

#[test]
fn settings_and_secrets_that_are_wrong_are_all_named_and_none_is_taken() {
    let office = Office::open();
    let program = &office.program;
    program
        .run(&format!("connection add psa {PSA} --set user=u@x.example --set owner-resource-id=soon --set stamp-place=head --set colour=red"))
        .refused(
            1,
            &[
                "setting `owner-resource-id` is \"soon\", but must be a whole number",
                "setting `stamp-place` is `head`, but must be one of: udf, reference-number",
                "setting `colour` is not one of this plugin's settings",
                "crosswalk plugin inspect autotask",
            ],
        );
    program
        .run("connection add psa --plugin autotask --set user=u@x.example --set owner-resource-id=1")
        .refused(1, &["cannot log in without its secrets: integration-code, secret", "--secret-file NAME=FILE"]);
    program
        .run(&format!("connection add rmm {RMM} --secret-env pin=KEY"))
        .refused(1, &["there is no secret `pin`", "token-id, token-secret"]);
    program
        .run(&format!("connection add rmm {RMM} --endpoint web=http://x.example"))
        .refused(1, &["there is no endpoint `web`", "api"]);
    program
        .run(&format!("connection add rmm {RMM} --endpoint api=x.example"))
        .refused(1, &["`x.example` is not a URL for the endpoint `api`"]);
    program
        .run(&format!("connection add rmm {RMM} --bucket hour=1"))
        .refused(1, &["there is no bucket `hour`", "minute"]);
    let listed = program.run("connection list --json").ends(0).json();
    assert_eq!(listed, serde_json::json!([]));
    // What was there stays when a change of it is refused.
    let owner = || {
        program.run("connection show psa --json").ends(0).json()["connection"]["settings"]["owner-resource-id"].clone()
    };
    program.run(&format!("connection add psa {PSA} --set user=u@x.example")).ends(0);
    program.run("connection set psa --set owner-resource-id=soon").refused(1, &["must be a whole number"]);
    assert_eq!(owner(), 29_682_885);
}

#[test]
fn a_secret_comes_from_a_file_or_the_environment_and_is_seen_nowhere() {
    let office = Office::open();
    let program = &office.program;
    let typed = program.run("connection add rmm --plugin pulseway-rmm --secret token-id=abc").ends(2);
    assert!(
        typed.err.contains("every process can read this argument, so it must not hold a secret"),
        "{}",
        typed.whole()
    );
    program.run("connection add rmm --plugin pulseway-rmm --token-id abc").ends(2);
    program
        .run("connection add rmm --plugin pulseway-rmm --secret token-id")
        .refused(2, &["nobody can be asked for the secret `token-id`", "--secret-env token-id=VARIABLE"]);
    program
        .run("connection add rmm --plugin pulseway-rmm --secret-env token-id=NOT_THERE")
        .refused(2, &["the environment variable NOT_THERE is not set"]);
    let (id, secret) = (office.rmm.token_id(), office.rmm.token_secret());
    let file = program.write("token.txt", format!("{secret}\n"));
    let api = format!("api={}/api/v3", office.rmm.url());
    let added = program.run(&format!(
        "connection add rmm --plugin pulseway-rmm --secret-env token-id=RMM_ID --secret-file token-secret={} --endpoint {api} --json",
        file.display()
    ));
    assert_eq!(added.ends(0).json()["secrets"], serde_json::json!(["token-id", "token-secret"]));
    std::fs::remove_file(file).unwrap();
    for line in
        ["connection check rmm -vvv", "connection show rmm", "connection show rmm --json", "connection list", "journal"]
    {
        let said = program.run(line).ends(0);
        for hidden in [id, secret] {
            assert!(!said.out.contains(hidden) && !said.err.contains(hidden), "{}", said.whole());
        }
    }
    assert_nowhere_in(program.folder(), secret.as_bytes());
    // With another key than the one it was stored with, nothing is done.
    let mut other = office.program;
    other.variable("CROSSWALK_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let said = other.run("connection check rmm").ends(1);
    assert!(
        said.err.contains("this key is not the one the stored secrets were encrypted with: use the earlier key"),
        "{}",
        said.whole()
    );
}

fn assert_nowhere_in(folder: &Path, secret: &[u8]) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere_in(&path, secret);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "it stands in {}", path.display());
        }
    }
}

#[test]
fn an_endpoint_that_is_not_granted_says_what_to_grant() {
    let office = Office::open();
    let program = &office.program;
    program.run(&format!("connection add rmm {RMM}")).ends(0);
    let said = program.run("connection check rmm").refused(1, &["rmm: denied", "endpoint `api` is not granted"]);
    let told =
        said.err.split("to grant it: crosswalk ").nth(1).and_then(|rest| rest.lines().next()).expect("what to type");
    assert_eq!(told, "connection grant rmm api");
    // This endpoint has no address of its own: that is said, and how to give one.
    program.run(told).refused(1, &["the endpoint `api` has no address of its own", "--url"]);
    program.run(&format!("{told} --url {}/api/v3", office.rmm.url())).ends(0);
    program.run("connection check rmm").ends(0);
    program.run("connection revoke rmm api").ends(0);
    program.run("connection check rmm").refused(1, &["is not granted"]);
    program.run("connection grant rmm web").refused(1, &["there is no endpoint `web`"]);
    program
        .run("connection check nobody")
        .refused(1, &["there is no connection `nobody`", "crosswalk connection list"]);

    // A host that the pattern granted does not fit: what to type works as it stands.
    let (url, user) = (office.psa.url(), office.psa.user());
    program.run(&format!("connection add psa {PSA} --set user={user} --endpoint discovery={url} --endpoint zone=https://elsewhere.example")).ends(0);
    let said = program.run("connection check psa").refused(1, &["is not granted to connection `psa`"]);
    let told =
        said.err.split("to grant it: crosswalk ").nth(1).and_then(|rest| rest.lines().next()).expect("what to type");
    program.run(&told.replace("PATTERN", &url)).ends(0);
    program.run("connection check psa").ends(0);
}

#[test]
fn wrong_credentials_say_so_with_the_plugins_own_advice() {
    let mut office = Office::open();
    office.program.variable("RMM_SECRET", "another-one");
    office.program.variable("PSA_SECRET", "another-one");
    let (program, url) = (&office.program, office.psa.url());
    program.run(&format!("connection add rmm {RMM} --endpoint api={}/api/v3", office.rmm.url())).ends(0);
    let user = office.psa.user();
    program
        .run(&format!("connection add psa {PSA} --set user={user} --endpoint discovery={url} --endpoint zone={url}"))
        .ends(0);
    program.run("connection check rmm").refused(1, &["rmm: denied", "hint: Check the token's id and secret"]);
    program.run("connection check psa").refused(1, &["psa: denied", "hint: Check the API user's name"]);
    program.run("sync add s --from rmm --to psa").ends(0);
    program.run("plan s").refused(1, &["denied", "hint: Check"]);
    // The other secret in its place, and it works.
    let mut program = office.program;
    program.variable("RIGHT", office.rmm.token_secret());
    program.run("connection set rmm --secret-env token-secret=RIGHT").ends(0);
    program.run("connection check rmm").ends(0);
}

#[test]
fn a_vendor_that_is_down_or_slow_or_answers_a_web_page_is_unavailable() {
    let office = Office::open();
    let program = &office.program;
    program.write("crosswalk.toml", "[limits]\ncall-seconds = 4\n");
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).unwrap();
    program.run(&format!("connection add rmm {RMM} --endpoint api=http://{nobody}/api/v3")).ends(0);
    let advice = "hint: Check the server's address";
    program.run("connection check rmm").refused(1, &["rmm: unavailable: no connection to the vendor", advice]);
    program.run(&format!("connection grant rmm api --url {}/api/v3", office.rmm.url())).ends(0);
    for (fault, words) in
        [("hang", "no complete reply within 3"), ("html-ok", "rmm: unavailable"), ("html-error", "rmm: unavailable")]
    {
        office.rmm.faults().set(fault, "on").unwrap();
        let said = program.run("connection check rmm").refused(1, &["rmm: unavailable", words, advice]);
        assert!(!said.err.contains('<'), "{}", said.whole());
        office.rmm.faults().clear();
    }
    program.run("connection check rmm").ends(0);
}
