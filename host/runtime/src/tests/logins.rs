//! Logins by the host: the token requests a vendor sees, when they are repeated, and what a
//! connector sees, which is never the token.

use super::passing::{Setting, changing, get, request};
use super::vendor::{Answer, Arrived, Vendor, ok};
use super::*;
use crate::HttpLimits;
use crate::bindings::crosswalk::connector::http::{Body, Error, Method, Request, Response};
use crate::gate::{Reach, VendorChannel};
use std::sync::atomic::{AtomicUsize, Ordering};

const PASSWORD: &str = r#"
[auth]
scheme = "oauth2-password"
endpoint = "login"
path = "/oauth/token"
client = { id = "public-client", secret = "public" }
user = "{setting:user}"
password = "{secret:key}"
"#;

const OWN: &str = r#"
[auth]
scheme = "token-request"
endpoint = "login"
path = "/security/authenticate"
body = { form = { GrantType = "password", UserName = "{setting:user}", Password = "{secret:key}" } }
success = "/success"
token = "/result/accessToken"
lifetime = { until = "/result/accessTokenExpireOn" }
[auth.refresh]
path = "/security/refresh"
body = { json = { AccessToken = "{token}", RefreshToken = ["{refresh-token}"] } }
token = "/result/refreshToken"
"#;

/// A manifest with this login, at the vendor's root; the API is under `/v1`.
fn manifest(auth: &str) -> String {
    let head = r#"
id = "hand-made"
version = "1.0.0"
contract = "0.2.0"
title = "Hand-made"
[endpoints.api]
reads = [{ path = "/v1/search", form = "query" }]
[endpoints.login]
[settings.user]
type = "text"
title = "User"
required = true
[secrets.key]
title = "Key"
"#;
    format!("{head}{auth}")
}

/// The vendor's reply to its login of this number, from 1.
type Saying = fn(usize, &Arrived) -> Answer;

/// The vendor's script; `takes` decides whether it accepts the token of a login.
struct Script {
    logins: AtomicUsize,
    answer: Saying,
    takes: fn(usize, &Arrived) -> bool,
}

impl Script {
    fn say(&self, arrived: &Arrived) -> Answer {
        if !arrived.line.contains(" /v1/") {
            return (self.answer)(self.logins.fetch_add(1, Ordering::Relaxed) + 1, arrived);
        }
        let token = arrived.header("authorization").and_then(|value| value.strip_prefix("Bearer token-"));
        match token.and_then(|number| number.parse().ok()) {
            Some(number) if (self.takes)(number, arrived) => ok("{}"),
            _ => Answer::Reply("HTTP/1.1 401 Unauthorized", b"expired".to_vec()),
        }
    }
}

fn connection_of(base: &str) -> Connection {
    let grant = |base: String| {
        let (private, reads) = (private_of(&base), reads(&["/v1/search"]));
        Grant { base: Some(base), hosts: None, reads, private }
    };
    let grants = [("api", grant(format!("{base}/v1"))), ("login", grant(base.to_owned()))];
    Connection {
        grants: grants.into_iter().map(|(name, grant)| (name.to_owned(), grant)).collect(),
        ..connection("any", base)
    }
}

fn limits() -> HttpLimits {
    HttpLimits { first_pause: Duration::from_millis(5), tries: 2, ..HttpLimits::default() }
}

/// A gate whose vendor answers logins with this script and accepts those tokens.
async fn logging_in(auth: &str, answer: Saying, takes: fn(usize, &Arrived) -> bool) -> Setting {
    let script = Script { logins: AtomicUsize::new(0), answer, takes };
    let vendor = Vendor::start(move |_, arrived| script.say(arrived)).await;
    let connection = connection_of(&vendor.base);
    Setting::opened(vendor, &manifest(auth), &connection, limits(), &Arc::default())
}

fn granted(number: usize, _: &Arrived) -> Answer {
    ok(&format!(r#"{{"access_token":"token-{number}","token_type":"bearer","expires_in":1000}}"#))
}

fn any(_: usize, _: &Arrived) -> bool {
    true
}

/// Number of token requests at the vendor.
fn logins(setting: &Setting) -> usize {
    setting.vendor.lines().iter().filter(|line| !line.contains(" /v1/")).count()
}

fn status(result: &Result<Response, Error>) -> u16 {
    result.as_ref().map(|reply| reply.status).unwrap_or_default()
}

fn text(reply: &Response) -> &str {
    match &reply.body {
        Body::Text(text) => text,
        Body::Bytes(_) => "",
    }
}

async fn later(setting: &Setting, seconds: i64) -> u16 {
    setting.ports.passed_ms.store(seconds * 1_000, Ordering::Relaxed);
    status(&setting.send(get("/x")).await)
}

#[tokio::test]
async fn twenty_requests_of_a_plan_log_in_once() {
    let setting = logging_in(PASSWORD, granted, any).await;
    let (results, _) = setting.pass(Reach::Reads, (0..20).map(|number| get(&format!("/{number}"))).collect()).await;
    assert!(results.iter().all(|result| status(result) == 200), "{results:?}");
    assert_eq!((logins(&setting), setting.vendor.lines().len()), (1, 21));
    let login = setting.vendor.first();
    assert_eq!(login.line, "POST /oauth/token");
    assert_eq!(login.header("authorization"), Some("Basic cHVibGljLWNsaWVudDpwdWJsaWM="));
    assert_eq!(login.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(login.body, "grant_type=password&password=s3cret-key&username=anna");
}

#[tokio::test]
async fn a_client_s_credentials_may_stand_in_the_body() {
    let auth = r#"
[auth]
scheme = "oauth2-client-credentials"
endpoint = "login"
path = "/oauth2/token"
client = { id = "{setting:user}", secret = "{secret:key}", sent = "body" }
scope = "a b"
"#;
    let setting = logging_in(auth, granted, any).await;
    assert_eq!(status(&setting.send(get("/x")).await), 200);
    let login = setting.vendor.first();
    assert_eq!(login.body, "client_id=anna&client_secret=s3cret-key&grant_type=client_credentials&scope=a+b");
    assert_eq!(login.header("authorization"), None);
}

#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end() {
    let setting = logging_in(PASSWORD, granted, |_, _| true).await;
    for (seconds, asked) in [(0, 1), (939, 1), (941, 2), (1_800, 2), (1_882, 3)] {
        assert_eq!((later(&setting, seconds).await, logins(&setting)), (200, asked), "after {seconds} s");
    }
    let endless = |number, _: &Arrived| ok(&format!(r#"{{"access_token":"token-{number}"}}"#));
    let setting = logging_in(PASSWORD, endless, any).await;
    for seconds in [0, 1_000_000] {
        assert_eq!((later(&setting, seconds).await, logins(&setting)), (200, 1), "no end is known");
    }
}

/// A token of the vendor's own shape, with a refresh token and this expiry.
fn own(number: usize, until: &str) -> Answer {
    ok(&format!(
        r#"{{"success":true,"result":{{"accessToken":"token-{number}","refreshToken":"refresh-{number}","accessTokenExpireOn":"{until}"}}}}"#
    ))
}

#[tokio::test]
async fn an_absolute_end_holds_with_and_without_a_time_zone() {
    let without_refresh = &OWN[..OWN.find("[auth.refresh]").unwrap()];
    for auth in [OWN, without_refresh] {
        let setting = logging_in(
            auth,
            |number, _| match number {
                1 => own(1, "2026-01-31T09:40:00"),
                2 => own(2, "2026-01-31T11:00:00+01:00"),
                _ => own(3, "2026-01-31T09:00:00Z"),
            },
            any,
        )
        .await;
        // Ten minutes, then twenty; then a clock that is off, which must not cause a login each
        // time.
        for (seconds, asked) in [(0, 1), (539, 1), (541, 2), (1_739, 2), (1_741, 3), (9_000, 3)] {
            assert_eq!((later(&setting, seconds).await, logins(&setting)), (200, asked), "after {seconds} s");
        }
    }
}

#[tokio::test]
async fn a_token_is_renewed_by_its_refresh_token_and_else_by_a_login() {
    let setting = logging_in(
        OWN,
        |number, arrived| match (number, arrived.line.as_str()) {
            (3, "POST /security/refresh") => ok(r#"{"success":false,"error":{"message":"used up"}}"#),
            (number, _) => own(number, &format!("2026-01-31T{:02}:30:00Z", 9 + number)),
        },
        any,
    )
    .await;
    assert_eq!((later(&setting, 0).await, later(&setting, 3_600).await), (200, 200));
    let refresh = setting.vendor.arrived.lock().unwrap()[2].clone();
    assert_eq!(refresh.line, "POST /security/refresh");
    assert_eq!(refresh.header("content-type"), Some("application/json"));
    assert_eq!(refresh.body, r#"{"AccessToken":"token-1","RefreshToken":["refresh-1"]}"#);
    assert_eq!(later(&setting, 7_200).await, 200);
    assert_eq!(
        setting.vendor.lines()[4..],
        ["POST /security/refresh", "POST /security/authenticate", "GET /v1/x"].map(str::to_owned)
    );
}

#[tokio::test]
async fn a_token_that_is_refused_in_mid_run_is_replaced_once() {
    // The vendor accepts each token for its first path only.
    let setting = logging_in(PASSWORD, granted, |number, arrived| arrived.line.ends_with(&number.to_string())).await;
    assert_eq!(status(&setting.send(get("/1")).await), 200);
    let (results, _) = setting.pass(Reach::Reads, (0..5).map(|_| get("/2")).collect()).await;
    assert!(results.iter().all(|result| status(result) == 200), "{results:?}");
    assert_eq!(logins(&setting), 2, "once for all five");

    let (results, sent, unanswered) = setting.write(vec![changing(Method::Post, "/items/3", "1.1")]).await;
    assert_eq!((status(&results[0]), logins(&setting)), (200, 3), "a write was refused before it did anything");
    assert_eq!((sent, unanswered), (vec!["1.1".to_owned()], Vec::new()));
}

#[tokio::test]
async fn where_a_new_token_does_not_help_the_401_is_handed_on() {
    let setting = logging_in(PASSWORD, granted, |_, arrived| !arrived.line.ends_with("forbidden")).await;
    for _ in 0..3 {
        assert_eq!(status(&setting.send(get("/forbidden")).await), 401);
    }
    assert_eq!(setting.vendor.lines().len(), 6, "two logins, and four questions");
    assert_eq!(status(&setting.send(get("/x")).await), 200);

    let setting = logging_in(PASSWORD, granted, |_, _| false).await;
    let (results, sent, _) = setting.write(vec![changing(Method::Post, "/items", "1.1")]).await;
    assert_eq!((status(&results[0]), logins(&setting)), (401, 1), "the token was new");
    assert_eq!((sent.len(), setting.vendor.lines().len()), (1, 2));
}

#[tokio::test]
async fn a_refused_login_is_the_vendor_s_401_and_shows_no_secret() {
    let refusals: [(&str, Saying); 4] = [
        (PASSWORD, |_, _| {
            Answer::Reply("HTTP/1.1 400 Bad Request", b"{\"error\":\"invalid_grant\"} s3cret-key".into())
        }),
        (PASSWORD, |_, _| Answer::Reply("HTTP/1.1 401 Unauthorized", b"invalid_grant".into())),
        (PASSWORD, |_, _| Answer::Reply("HTTP/1.1 403 Forbidden\r\nset-cookie: s3cret-key", b"invalid_grant".into())),
        (OWN, |_, _| ok(r#"{"success":false,"result":null,"error":{"message":"invalid_grant for s3cret-key"}}"#)),
    ];
    for (at, (auth, answer)) in refusals.into_iter().enumerate() {
        let setting = logging_in(auth, answer, any).await;
        let (results, _) = setting.pass(Reach::Reads, (0..5).map(|_| get("/x")).collect()).await;
        for reply in results.into_iter().chain([setting.send(get("/y")).await]) {
            let reply = reply.unwrap();
            assert_eq!(reply.status, 401, "{at}");
            assert!(text(&reply).contains("invalid_grant"), "{at}: {reply:?}");
            assert!(!format!("{reply:?}").contains("s3cret"), "{at}: {reply:?}");
        }
        assert_eq!(setting.vendor.lines().len(), 1, "{at}: many refusals would lock the account");
    }
}

#[tokio::test]
async fn a_login_without_an_answer_that_makes_sense_is_unreachable() {
    let answers: [(Saying, &str, usize); 8] = [
        (|_, _| Answer::Close, "the login failed: ", 2),
        (|_, _| Answer::Reply("HTTP/1.1 503 Busy", Vec::new()), "the login answered HTTP 503", 2),
        (|_, _| Answer::Reply("HTTP/1.1 404 Not Found", Vec::new()), "the login answered HTTP 404", 1),
        (|_, _| Answer::Reply("HTTP/1.1 302 Found\r\nlocation: /v1/x", Vec::new()), "the login answered HTTP 302", 1),
        (|_, _| ok("<html>Sign in</html>"), "answered without JSON", 1),
        (|_, _| ok(r#"{"access_token":""}"#), "no token at `/access_token`", 1),
        (|_, _| ok(r#"{"access_token":"a\nb"}"#), "that no header can carry", 1),
        (|_, _| ok(&format!(r#"{{"access_token":"{}"}}"#, "x".repeat(70_000))), "which is too much", 1),
    ];
    for (answer, outcome, asked) in answers {
        let setting = logging_in(PASSWORD, answer, any).await;
        let (results, _) = setting.pass(Reach::Reads, vec![get("/x"), get("/y")]).await;
        for result in &results {
            assert!(matches!(result, Err(Error::Unreachable(why)) if why.contains(outcome)), "{outcome}: {result:?}");
        }
        assert_eq!(setting.vendor.lines().len(), asked, "{outcome}: both waited for one login");
    }
    let busy = |_, _: &Arrived| Answer::Reply("HTTP/1.1 429 Slow\r\nretry-after: 3600", Vec::new());
    let setting = logging_in(PASSWORD, busy, any).await;
    assert!(matches!(setting.send(get("/x")).await, Err(Error::Throttled(3_600_000))));
    let never = |_, _: &Arrived| Answer::Reply("HTTP/1.1 429 Slow\r\nretry-after: 18446744073709551615", Vec::new());
    let setting = logging_in(PASSWORD, never, any).await;
    let outcome = setting.send(get("/x")).await;
    assert!(matches!(outcome, Err(Error::Throttled(ms)) if ms <= 3_600_000), "{outcome:?}");
    let silent = |_, _: &Arrived| ok(r#"{"result":{"accessToken":"token-1"}}"#);
    let setting = logging_in(OWN, silent, any).await;
    let outcome = setting.send(get("/x")).await;
    assert!(
        matches!(&outcome, Err(Error::Unreachable(why)) if why.contains("did not state at `/success`")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_login_that_is_never_answered_ends_with_the_call_and_spoils_no_other() {
    let silent_at_first = |number, arrived: &Arrived| match number {
        1 => Answer::Silence,
        _ => granted(number, arrived),
    };
    let setting = logging_in(PASSWORD, silent_at_first, any).await;
    let short = setting.pass_within(Duration::from_millis(200), Reach::Reads, vec![get("/x")]);
    let patient = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        setting.send(get("/z")).await
    };
    let ((cut_short, _), answered) = tokio::join!(short, patient);
    assert!(cut_short.iter().all(|result| matches!(result, Err(Error::Timeout(_)))), "{cut_short:?}");
    assert_eq!((status(&answered), logins(&setting)), (200, 2), "it waited for its turn, and then asked for itself");
}

#[tokio::test]
async fn a_vendor_that_wants_no_login_for_now_is_left_alone() {
    let busy = |_, _: &Arrived| Answer::Reply("HTTP/1.1 429 Slow\r\nretry-after: 3600", Vec::new());
    let setting = logging_in(PASSWORD, busy, any).await;
    for _ in 0..3 {
        assert!(matches!(setting.send(get("/x")).await, Err(Error::Throttled(3_600_000))));
    }
    assert_eq!(logins(&setting), 1);

    // A token is not renewed by a login either, where its renewal was put off.
    let at_renewal = |number, arrived: &Arrived| match arrived.line.as_str() {
        "POST /security/refresh" => Answer::Reply("HTTP/1.1 429 Slow\r\nretry-after: 3600", Vec::new()),
        _ => own(number, "2026-01-31T10:30:00Z"),
    };
    let setting = logging_in(OWN, at_renewal, any).await;
    assert_eq!((later(&setting, 0).await, later(&setting, 3_600).await), (200, 0));
    assert_eq!(setting.vendor.lines()[2..], ["POST /security/refresh".to_owned()]);
}

#[tokio::test]
async fn a_clock_that_is_off_is_no_reason_to_log_in_again_and_again() {
    // By the host's clock the token has ten seconds; then the clock goes back a day.
    let setting = logging_in(OWN, |number, _| own(number, "2026-01-31T09:30:10Z"), any).await;
    for seconds in [0, 9, 20, -86_400, 30] {
        assert_eq!((later(&setting, seconds).await, logins(&setting)), (200, 1), "after {seconds} s");
    }
    // A clock that goes back only keeps a token longer; the vendor's 401 ends it.
    let setting = logging_in(PASSWORD, granted, |number, arrived| number == 2 || arrived.line.ends_with("/x")).await;
    assert_eq!((later(&setting, 86_400).await, later(&setting, 0).await), (200, 200));
    assert_eq!((status(&setting.send(get("/late")).await), logins(&setting)), (200, 2));
}

#[tokio::test]
async fn a_login_passes_the_gate_like_any_request() {
    let vendor = Vendor::start(|_, _| ok("{}")).await;
    let mut connection = connection_of(&vendor.base);
    connection.grants.remove("login");
    let setting = Setting::opened(vendor, &manifest(PASSWORD), &connection, limits(), &Arc::default());
    let grant =
        "endpoint `login` is not granted to connection `psa`; to grant it: crosswalk connection grant psa login";
    assert!(matches!(setting.send(get("/x")).await, Err(Error::NotGranted(why)) if why == grant));
    assert_eq!(*setting.ports.refusals.lock().unwrap(), [grant]);
    assert_eq!(setting.vendor.lines(), Vec::<String>::new());

    let vendor = Vendor::start(|_, _| ok(r#"{"access_token":"token-1"}"#)).await;
    let connection = connection_of(&vendor.base);
    let budget = manifest(&format!("{PASSWORD}[buckets.all]\npaths = \"**\"\ncalls = 2\nat-once = 1\n"));
    let setting = Setting::opened(vendor, &budget, &connection, limits(), &Arc::default());
    assert_eq!(status(&setting.send(get("/x")).await), 200, "at one time, one call: the login ends first");
    assert!(matches!(setting.send(get("/x")).await, Err(Error::Throttled(_))), "the login was counted");
}

#[tokio::test]
async fn a_connector_neither_calls_the_login_nor_sends_a_token_on() {
    let setting = logging_in(OWN, |_, _| own(1, "2026-01-31T10:00:00Z"), any).await;
    assert_eq!(status(&setting.send(get("/x")).await), 200);
    let at_login = |method, path: &str| Request { endpoint: "login".to_owned(), ..request(method, path) };
    let mut refused =
        vec![setting.send(Request { headers: vec![("authorization".into(), "x".into())], ..get("/x") }).await];
    for path in ["/security/authenticate", "/Security/Refresh", "/security/refresh/"] {
        refused.push(setting.send(at_login(Method::Get, path)).await);
    }
    for leak in ["a token-1 b", "refresh-1"] {
        refused.push(setting.send(Request { query: vec![("q".into(), leak.into())], ..get("/x") }).await);
    }
    let (written, _, _) = setting
        .write(vec![Request { change: Some("1.1".into()), ..at_login(Method::Post, "/security/refresh") }])
        .await;
    for result in refused.into_iter().chain(written) {
        assert!(matches!(&result, Err(Error::Refused(_))), "{result:?}");
    }
    assert_eq!(setting.vendor.lines().len(), 2);
}

#[tokio::test]
async fn openings_of_one_connection_share_a_token_and_other_secrets_get_their_own() {
    let script = Script { logins: AtomicUsize::new(0), answer: granted, takes: any };
    let vendor = Vendor::start(move |_, arrived| script.say(arrived)).await;
    let (connection, channel) = (connection_of(&vendor.base), Arc::<VendorChannel>::default());
    let other = PASSWORD.replace("{setting:user}", "other.{setting:user}");
    let open = |auth: &str| {
        let vendor = Vendor { base: vendor.base.clone(), arrived: Arc::clone(&vendor.arrived) };
        Setting::opened(vendor, &manifest(auth), &connection, limits(), &channel)
    };
    let settings = [open(PASSWORD), open(PASSWORD), open(&other)];
    for (setting, asked) in settings.iter().zip([1, 1, 2]) {
        assert_eq!((status(&setting.send(get("/x")).await), logins(setting)), (200, asked));
    }
    drop(settings);
    let anew = open(PASSWORD);
    assert_eq!((status(&anew.send(get("/x")).await), logins(&anew)), (200, 3), "nothing is kept for nobody");
}
