//! One good manifest, and what is said about each way to spoil it.

use super::*;

const GOOD: &str = r#"
id = "vendor"
version = "1.2.0"
contract = "0.1.0"
title = "Vendor PSA"
description = "Tickets and customers."

[words.en]
customer = "account"

[endpoints.api]
title = "The API"
base = "https://api.vendor.example/v1"
hosts = "https://api*.vendor.example"
reads = ["/*/query"]

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
    assert_eq!(manifest.word(crate::model::Kind::Customer), "account");
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
    spoiled("\"1.2.0\"", "\"1.2\"", "version", "`1.2` is no version such as 1.2.0");
    spoiled("\"0.1.0\"", "\"soon\"", "contract", "`soon` is no version");
    spoiled("\"0.1.0\"", "\"0.2.0\"", "contract", "contract 0.2.0 and this host speaks 0.1.0: use a newer host");
    spoiled("\"0.1.0\"", "\"0.1.7\"", "contract", "contract 0.1.7 and this host speaks 0.1.0: use a newer host");
    spoiled("\"0.1.0\"", "\"0.0.9\"", "contract", "build the plugin anew");
    spoiled("\"0.1.0\"", "\"0.1.0-rc.1\"", "contract", "contract 0.1.0-rc.1 and this host speaks 0.1.0");
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
    spoiled(base, "\"api.vendor.example\"", at, "`api.vendor.example` is no URL");
    spoiled(base, "\"ftp://api.vendor.example\"", at, "not https or http");
    spoiled(base, "\"https://me:word@api.vendor.example\"", at, "it holds credentials");
    spoiled(base, "\"https://api.vendor.example/?key=1\"", at, "a query or fragment");
    spoiled(base, "\"https://api.vendor.example/#top\"", at, "a query or fragment");
    spoiled(base, "\"http://api.vendor.example\"", "endpoints.api.hosts", "different schemes");
    spoiled("\"https://api*.vendor.example\"", "\"https://*\"", "endpoints.api.hosts", "`https://*` is no pattern: ");
    let at = "endpoints.api.reads[0]";
    spoiled("\"/*/query\"", "\"query\"", at, "`query` is no pattern: a path starts with `/`");
    for all in ["\"**\"", "\"/v1/**\"", "\"/v1/*\"", "\"/\""] {
        spoiled("\"/*/query\"", all, at, "would let a write pass for a read");
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
    spoiled("X-Key", "\"X Key\"", "auth.headers.X Key", "`X Key` is no header name");
    for own in ["Host", "Content-Length", "Proxy-Authorization", "X-HTTP-Method-Override", "Cookie"] {
        spoiled("X-Key", own, &format!("auth.headers.{own}"), "the host's own");
    }
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

#[test]
fn settings() {
    spoiled("\"connector\"", "\"vendor\"", "settings.queue.choices", "`vendor` is not known");
    spoiled("[\"eu\", \"us\"]", "[]", "settings.zone.choices", "the list is empty");
    spoiled("\"eu\"\n", "\"asia\"\n", "settings.zone.default", "`asia` is none of the choices: eu, us");
    spoiled("default = 7", "default = 31", "settings.days.default", "outside of its own min and max");
    spoiled("default = 7", "default = 0", "settings.days.default", "outside of its own min and max");
    spoiled("default = 7", "default = 7.5", "settings.days.default", "no whole number");
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
    spoiled("\"**\"", "\"all\"", "buckets.all.paths", "`all` is no pattern");
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
    unreadable("\"vendor\"\nversion", "\"My Vendor\"\nversion", "line 2", "`My Vendor` is no name");
    unreadable("scheme = \"headers\"", "scheme = \"magic\"", "scheme = \"magic\"", "unknown variant `magic`");
    unreadable("every-minutes = 60", "every-minutes = \"1h\"", "every-minutes = \"1h\"", "invalid type");
    unreadable("contract = \"0.1.0\"", "", "", "missing field `contract`");
}
