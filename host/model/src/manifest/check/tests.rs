//! One good manifest, and what is said about each way to spoil it.

use super::*;

const GOOD: &str = r#"
id = "vendor"
version = "1.2.0"
contract = "0.2.0"
title = "Vendor PSA"
description = "Tickets and customers."

[words.en]
customer = "account"

[endpoints.api]
title = "The API"
base = "https://api.vendor.example/v1"
hosts = "https://api*.vendor.example"
reads = [{ path = "/*/query", form = "query" }]

[endpoints.own]
title = "The customer's own server"

[auth]
scheme = "headers"
headers = { X-Key = "{secret:key}", X-User = "{setting:user}" }

[settings.user]
type = "text"
title = "User"
required = true

[settings.zone]
type = "text"
title = "Zone"
choices = ["eu", "us"]
default = "eu"

[settings.days]
type = "integer"
title = "Days"
min = 1
max = 30
default = 7

[settings.queue]
type = "text"
title = "Queue"
choices = "connector"

[settings.closed]
type = "boolean"
title = "Closed ones too"
default = false

[secrets.key]
title = "Key"

[secrets.spare]
title = "Spare key"
required = false

[jobs.refresh]
title = "Refresh"
every-minutes = 60

[buckets.all]
paths = "**"
calls = 1000

[limits]
memory-mib = 32
call-seconds = 300

[troubleshooting]
denied = "Look at the key."
"#;

#[test]
fn a_good_manifest_passes() {
    let manifest = Manifest::parse(GOOD).unwrap();
    assert_eq!(manifest.endpoints.len(), 2);
    assert_eq!(manifest.word(crate::Kind::Customer), "account");
}

/// Replaces `old` by `new` in the good manifest; the place and the reason must be told.
#[track_caller]
fn spoiled(old: &str, new: &str, place: &str, reason: &str) {
    assert_eq!(GOOD.matches(old).count(), 1, "`{old}` is not there once");
    match Manifest::parse(&GOOD.replace(old, new)) {
        Err(ManifestError::Wrong { at, why }) => {
            assert_eq!(at, place, "{why}");
            assert!(why.contains(reason), "`{reason}` is not in: {why}");
        }
        other => panic!("`{new}` gave {other:?}"),
    }
}

#[test]
fn versions() {
    spoiled("\"1.2.0\"", "\"1.2\"", "version", "`1.2` is not a version such as 1.2.0");
    spoiled("\"0.2.0\"", "\"soon\"", "contract", "`soon` is not a version");
    spoiled("\"0.2.0\"", "\"0.3.0\"", "contract", "contract 0.3.0 and this host speaks 0.2.0: use a newer host");
    spoiled("\"0.2.0\"", "\"0.2.7\"", "contract", "contract 0.2.7 and this host speaks 0.2.0: use a newer host");
    spoiled("\"0.2.0\"", "\"0.1.0\"", "contract", "build the plugin anew");
    spoiled("\"0.2.0\"", "\"0.2.0-rc.1\"", "contract", "contract 0.2.0-rc.1 and this host speaks 0.2.0");
}

#[test]
fn names_and_texts() {
    spoiled("\"Vendor PSA\"", "\" \"", "title", "it is empty");
    spoiled("[words.en]", "[words.english]", "words.english", "two lower-case letters");
    spoiled("\"account\"", "\"\"", "words.en.customer", "it is empty");
    spoiled("[endpoints.own]", "[endpoints.Own]", "endpoints.Own", "lower-case letters");
    spoiled("[settings.days]", "[settings.how_many]", "settings.how_many", "lower-case letters");
    spoiled("title = \"Key\"", "title = \"\"", "secrets.key.title", "it is empty");
    spoiled("\"Refresh\"", "\"\"", "jobs.refresh.title", "it is empty");
    spoiled("[jobs.refresh]", "[jobs.2nd]", "jobs.2nd", "starting with a letter");
    spoiled("denied =", "forbidden =", "troubleshooting.forbidden", "denied, throttled, unavailable");
    spoiled("\"Look at the key.\"", "\"\"", "troubleshooting.denied", "it is empty");
}

#[test]
fn endpoints() {
    let base = "\"https://api.vendor.example/v1\"";
    let at = "endpoints.api.base";
    spoiled(base, "\"api.vendor.example\"", at, "`api.vendor.example` is not a URL");
    spoiled(base, "\"ftp://api.vendor.example\"", at, "not https or http");
    spoiled(base, "\"https://me:word@api.vendor.example\"", at, "it holds credentials");
    spoiled(base, "\"https://api.vendor.example/?key=1\"", at, "a query or fragment");
    spoiled(base, "\"https://api.vendor.example/#top\"", at, "a query or fragment");
    spoiled(base, "\"http://api.vendor.example\"", "endpoints.api.hosts", "different schemes");
    spoiled(
        "\"https://api*.vendor.example\"",
        "\"https://*\"",
        "endpoints.api.hosts",
        "`https://*` is not a pattern: ",
    );
    let at = "endpoints.api.reads[0]";
    spoiled("\"/*/query\"", "\"query\"", at, "`query` is not a pattern: a path starts with `/`");
    for all in ["\"**\"", "\"/v1/**\"", "\"/v1/*\"", "\"/\""] {
        spoiled("\"/*/query\"", all, at, "would let a write pass for a read");
    }
    let query = "{ path = \"/*/query\", form = \"query\" }";
    for (read, why) in [
        ("{ path = \"/graphql\", form = \"query\" }", "is a place for GraphQL"),
        ("{ path = \"/api.asmx\", form = \"query\" }", "is a place for SOAP"),
        ("{ path = \"/soap\", form = { soap-action = {} } }", "no SOAP action is named"),
        ("{ path = \"/soap\", form = { soap-action = { \"urn:a\" = \"x:Get\" } } }", "without prefix"),
    ] {
        spoiled(query, read, at, why);
    }
    let twice = format!("{query}, {query}");
    spoiled(query, &twice, "endpoints.api.reads[1]", "is listed twice");
    for good in ["{ graphql = \"query\" }", "{ soap-action = { \"urn:a/Get\" = \"Get\" } }"] {
        let read = format!("{{ path = \"/graphql\", form = {good} }}");
        assert!(Manifest::parse(&GOOD.replace(query, &read)).is_ok(), "{good}");
    }
    for (read, why) in [
        ("\"/v1/*/query\"", "a read by POST, such as"),
        ("{ path = \"/search\" }", "missing field `form`"),
        ("{ path = \"/graphql\", form = { graphql = \"mutation\" } }", "unknown variant `mutation`"),
    ] {
        let told = Manifest::parse(&GOOD.replace(query, read)).unwrap_err().to_string();
        assert!(told.contains(why), "{read}: {told}");
    }
}

#[test]
fn logins() {
    let key = "\"{secret:key}\"";
    spoiled(key, "\"{secret:kye}\"", "auth.headers.X-Key", "names the secret `kye`, and there is key, spare");
    spoiled(key, "\"{setting:site}\"", "auth.headers.X-Key", "names the setting `site`, and there is closed, days");
    spoiled(key, "\"{key}\"", "auth.headers.X-Key", "a brace starts {secret:NAME}");
    spoiled(key, "\"{secret:spare}\"", "auth.headers.X-Key", "the secret `spare`, which can be left out");
    spoiled(key, "\"{setting:queue}\"", "auth.headers.X-Key", "the setting `queue`, which can be left out");
    spoiled(key, "\"a\\nb\"", "auth.headers.X-Key", "without line breaks");
    spoiled("X-Key", "\"X Key\"", "auth.headers.X Key", "`X Key` is not a header name");
    for own in ["Host", "Content-Length", "Proxy-Authorization", "X-HTTP-Method-Override", "Cookie"] {
        spoiled("X-Key", own, &format!("auth.headers.{own}"), "the host's to set");
    }
    spoiled("X-Key", "X_HTTP_METHOD_OVERRIDE", "auth.headers.X_HTTP_METHOD_OVERRIDE", "servers read as `-`");
    spoiled("X-Key", "Content-Type", "auth.headers.Content-Type", "the connector sets it");
    spoiled(
        "headers = { X-Key = \"{secret:key}\", X-User = \"{setting:user}\" }",
        "headers = {}",
        "auth.headers",
        "it is empty",
    );
    let basic = |user: &str| format!("scheme = \"basic\"\nuser = \"{user}\"\npassword = \"{{secret:key}}\"");
    let headers = "scheme = \"headers\"\nheaders = { X-Key = \"{secret:key}\", X-User = \"{setting:user}\" }";
    spoiled(headers, &basic("{setting:who}"), "auth.user", "the setting `who`");
    assert!(Manifest::parse(&GOOD.replace(headers, &basic("{setting:user}"))).is_ok());
}

/// The good manifest with another login.
fn with_login(auth: &str) -> String {
    let headers = "[auth]\nscheme = \"headers\"\nheaders = { X-Key = \"{secret:key}\", X-User = \"{setting:user}\" }\n";
    assert_eq!(GOOD.matches(headers).count(), 1);
    GOOD.replace(headers, auth)
}

/// Replaces `old` by `new` in a good login; the place and the reason must be told.
#[track_caller]
fn spoiled_login(auth: &str, old: &str, new: &str, place: &str, reason: &str) {
    assert_eq!(auth.matches(old).count(), 1, "`{old}` is not there once");
    match Manifest::parse(&with_login(&auth.replace(old, new))) {
        Err(ManifestError::Wrong { at, why }) => {
            assert_eq!(at, place, "{why}");
            assert!(why.contains(reason), "`{reason}` is not in: {why}");
        }
        other => panic!("`{new}` gave {other:?}"),
    }
}

#[test]
fn logins_by_oauth() {
    let password = r#"
[auth]
scheme = "oauth2-password"
endpoint = "own"
path = "/auth/oauth/token"
client = { id = "public-client", secret = "public" }
user = "{setting:user}"
password = "{secret:key}"
scope = "all"
"#;
    let client = r#"
[auth]
scheme = "oauth2-client-credentials"
endpoint = "api"
path = "/token"
client = { id = "{setting:user}", secret = "{secret:key}", sent = "body" }
"#;
    for good in [password, client, &password.replace("client = { id = \"public-client\", secret = \"public\" }", "")] {
        assert!(Manifest::parse(&with_login(good)).is_ok(), "{:?}", Manifest::parse(&with_login(good)));
    }
    let spoiled = |old, new, place, reason| spoiled_login(password, old, new, place, reason);
    spoiled(
        "\"own\"",
        "\"login\"",
        "auth.endpoint",
        "the endpoint `login`, and there is api, own: write [endpoints.login]",
    );
    spoiled("\"/auth/oauth/token\"", "\"token\"", "auth.path", "a path starts with `/`");
    spoiled("\"/auth/oauth/token\"", "\"/token?tenant=x\"", "auth.path", "is not a pattern");
    spoiled("\"/auth/oauth/token\"", "\"/*/token\"", "auth.path", "a login has one path: write it out");
    spoiled("\"public\"", "\"{secret:pub}\"", "auth.client.secret", "names the secret `pub`");
    spoiled("\"public-client\"", "\"{secret:spare}\"", "auth.client.id", "which can be left out");
    spoiled("{setting:user}", "{setting:who}", "auth.user", "names the setting `who`");
    spoiled("{secret:key}", "{token}", "auth.password", "there is no token yet");
    spoiled("\"all\"", "\"{all}\"", "auth.scope", "a brace starts {secret:NAME}");
    let pattern =
        with_login(password).replace("[endpoints.own]", "[endpoints.own]\nhosts = \"https://id*.vendor.example\"");
    let told = Manifest::parse(&pattern).unwrap_err().to_string();
    assert!(told.contains("a login has one address, and `own` is a pattern of hosts: add a base"), "{told}");
    for (old, new, told) in [
        ("scope = \"all\"", "scop = \"all\"", "unknown field `scop`"),
        ("user = \"{setting:user}\"", "", "missing field `user`"),
        ("secret = \"public\"", "secret = \"public\", sent = \"query\"", "unknown variant `query`"),
    ] {
        let error = Manifest::parse(&with_login(&password.replace(old, new))).unwrap_err().to_string();
        assert!(error.contains(told), "`{told}` is not in: {error}");
    }
}

#[test]
fn logins_of_the_vendor_s_own() {
    let own = r#"
[auth]
scheme = "token-request"
endpoint = "api"
path = "/authenticate"
method = "POST"
body = { json = { who = [{ user = "{setting:user}" }], word = "{secret:key}", mfa = false } }
success = "/success"
token = "/result/a~1b"
lifetime = { until = "/result/ends" }
headers = { X-Token = "T {token}", X-User = "{setting:user}" }
[auth.refresh]
path = "/refresh"
body = { form = { old = "{token}", new = "{refresh-token}" } }
token = "/result/refresh"
"#;
    assert!(Manifest::parse(&with_login(own)).is_ok(), "{:?}", Manifest::parse(&with_login(own)));
    let spoiled = |old, new, place, reason| spoiled_login(own, old, new, place, reason);
    spoiled("\"/authenticate\"", "\"/{}\"", "auth.path", "a login has one path");
    spoiled(
        "user = \"{setting:user}\" }]",
        "user = \"{setting:who}\" }]",
        "auth.body.json.who.user",
        "the setting `who`",
    );
    spoiled("word = \"{secret:key}\"", "word = \"{token}\"", "auth.body.json.word", "there is no token yet");
    spoiled(
        "\"/success\"",
        "\"success\"",
        "auth.success",
        "`success` is not a place in a JSON reply: write a JSON pointer",
    );
    spoiled("\"/result/a~1b\"", "\"/result/a~2b\"", "auth.token", "write a JSON pointer, such as /result/token");
    spoiled(
        "{ until = \"/result/ends\" }",
        "{ seconds = \"\" }",
        "auth.lifetime.seconds",
        "not a place in a JSON reply",
    );
    spoiled("until = \"/result/ends\"", "until = \"ends\"", "auth.lifetime.until", "not a place in a JSON reply");
    spoiled("\"T {token}\"", "\"T\"", "auth.headers", "no header carries the token");
    spoiled("\"T {token}\"", "\"{refresh-token}\"", "auth.headers.X-Token", "there is no token yet");
    spoiled("X-Token", "Cookie", "auth.headers.Cookie", "the host's to set");
    spoiled("\"/refresh\"", "\"refresh\"", "auth.refresh.path", "a path starts with `/`");
    spoiled("\"/result/refresh\"", "\"\"", "auth.refresh.token", "not a place in a JSON reply");
    spoiled(
        "form = { old = \"{token}\", new = \"{refresh-token}\" }",
        "form = {}",
        "auth.refresh.body.form",
        "it is empty",
    );
    for (old, new, told) in [
        ("\"POST\"", "\"PUT\"", "unknown variant `PUT`, expected `POST`"),
        ("\"POST\"", "\"GET\"", "unknown variant `GET`"),
        (
            "lifetime = { until = \"/result/ends\" }",
            "lifetime = { minutes = \"/result/ends\" }",
            "unknown variant `minutes`",
        ),
        ("[auth.refresh]", "[auth.renew]", "unknown field `renew`"),
    ] {
        let error = Manifest::parse(&with_login(&own.replace(old, new))).unwrap_err().to_string();
        assert!(error.contains(told), "`{told}` is not in: {error}");
    }
}

#[test]
fn settings() {
    spoiled("\"connector\"", "\"vendor\"", "settings.queue.choices", "`vendor` is not known");
    spoiled("[\"eu\", \"us\"]", "[]", "settings.zone.choices", "the list is empty");
    spoiled("\"eu\"\n", "\"asia\"\n", "settings.zone.default", "`asia` is not one of the choices: eu, us");
    spoiled("default = 7", "default = 31", "settings.days.default", "outside its own min and max");
    spoiled("default = 7", "default = 0", "settings.days.default", "outside its own min and max");
    spoiled("default = 7", "default = 7.5", "settings.days.default", "is not a whole number");
    spoiled("default = 7", "default = \"7\"", "settings.days.default", "without quotes");
    spoiled("default = false", "default = \"no\"", "settings.closed.default", "write true or false");
    spoiled("default = false", "choices = [\"yes\"]", "settings.closed.choices", "only a text has a list");
    spoiled("default = false", "choices = \"connector\"", "settings.closed.choices", "needs no choices");
    let numbers = GOOD.replace("[settings.queue]\ntype = \"text\"", "[settings.queue]\ntype = \"integer\"");
    assert!(Manifest::parse(&numbers).is_ok(), "a vendor's picklist may be of numbers");
    spoiled("default = false", "min = 1", "settings.closed.min", "only an integer");
    spoiled("default = false", "max = 1", "settings.closed.max", "only an integer");
    spoiled("max = 30", "max = 0", "settings.days.max", "no number is at least 1 and at most 0");
    spoiled("\"eu\"\n", "1\n", "settings.zone.default", "write it in quotes");
}

#[test]
fn buckets_jobs_and_limits() {
    spoiled("\"**\"", "\"all\"", "buckets.all.paths", "`all` is not a pattern");
    spoiled("calls = 1000", "", "buckets.all", "it limits nothing");
    spoiled("calls = 1000", "calls = 0", "buckets.all.calls", "0 would let no call pass");
    spoiled("calls = 1000", "at-once = 0", "buckets.all.at-once", "0 would let no call pass");
    spoiled("calls = 1000", "calls = 1\nwindow-seconds = 0", "buckets.all.window-seconds", "at least one second");
    spoiled("every-minutes = 60", "every-minutes = 0", "jobs.refresh.every-minutes", "all the time");
    spoiled("memory-mib = 32", "memory-mib = 65", "limits.memory-mib", "1 to 64 MiB");
    spoiled("memory-mib = 32", "memory-mib = 0", "limits.memory-mib", "1 to 64 MiB");
    spoiled("call-seconds = 300", "call-seconds = 601", "limits.call-seconds", "1 to 600 seconds");
}

/// What TOML and the shapes refuse: the message has the line and the key.
#[track_caller]
fn unreadable(old: &str, new: &str, line: &str, key: &str) {
    assert_eq!(GOOD.matches(old).count(), 1, "`{old}` is not there once");
    let error = Manifest::parse(&GOOD.replace(old, new)).unwrap_err();
    assert!(matches!(error, ManifestError::Syntax(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains(line) && text.contains(key), "`{line}` and `{key}` are not both in: {text}");
}

#[test]
fn what_cannot_be_read_names_line_and_key() {
    unreadable("title = \"Vendor PSA\"", "titel = \"Vendor PSA\"", "line 5", "titel");
    unreadable("calls = 1000", "cals = 1000", "cals = 1000", "unknown field `cals`");
    unreadable("memory-mib", "memory-gib", "memory-gib = 32", "unknown field `memory-gib`");
    unreadable("customer = \"account\"", "client = \"account\"", "client = \"account\"", "unknown variant `client`");
    unreadable("\"vendor\"\nversion", "\"My Vendor\"\nversion", "line 2", "`My Vendor` is not a valid name");
    unreadable("scheme = \"headers\"", "scheme = \"magic\"", "scheme = \"magic\"", "unknown variant `magic`");
    unreadable("every-minutes = 60", "every-minutes = \"1h\"", "every-minutes = \"1h\"", "invalid type");
    unreadable("contract = \"0.2.0\"", "", "", "missing field `contract`");
}
