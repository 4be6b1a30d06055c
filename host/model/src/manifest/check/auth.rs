//! The checks of a declared login: headers that belong to the host, templates that name absent settings or secrets, an
//! endpoint that nobody can grant, invalid places.

use super::{Checked, ManifestError, must, pattern, wrong};
use crate::Manifest;
use crate::manifest::headers::refused_in_logins;
use crate::manifest::template::{Part, parts};
use crate::manifest::{Auth, Lifetime, OAuthClient, PathPattern, ReadSpec, TokenBody, TokenRequest};
use serde_json::Value;
use std::collections::BTreeMap;

/// The values that a login's own answer provides, and that templates may then name.
type Given = &'static [Part<'static>];
const NOTHING: Given = &[];
const TOKEN: Given = &[Part::Token];
const BOTH: Given = &[Part::Token, Part::RefreshToken];

pub(super) fn check_auth(auth: &Auth, manifest: &Manifest) -> Checked {
    let text = |template: &str, at: &str| check_template(template, manifest, NOTHING, at);
    let client = |client: &OAuthClient| {
        text(&client.id, "auth.client.id")?;
        text(&client.secret, "auth.client.secret")
    };
    let scope = |scope: Option<&String>| scope.map_or(Ok(()), |scope| text(scope, "auth.scope"));
    match auth {
        Auth::Headers { headers } => check_headers(headers, manifest, NOTHING),
        Auth::Basic { user, password } => {
            text(user, "auth.user")?;
            text(password, "auth.password")
        }
        Auth::ClientCredentials { endpoint, path, client: asking, scope: wanted } => {
            check_address(endpoint, path, manifest)?;
            client(asking)?;
            scope(wanted.as_ref())
        }
        Auth::Password { endpoint, path, client: asking, user, password, scope: wanted } => {
            check_address(endpoint, path, manifest)?;
            asking.as_ref().map_or(Ok(()), client)?;
            text(user, "auth.user")?;
            text(password, "auth.password")?;
            scope(wanted.as_ref())
        }
        Auth::TokenRequest(request) => check_token_request(request, manifest),
    }
}

fn check_token_request(request: &TokenRequest, manifest: &Manifest) -> Checked {
    check_address(&request.endpoint, &request.path, manifest)?;
    check_body(&request.body, manifest, NOTHING, "auth.body")?;
    let why = "nothing secret is sent, so it is not a login: name a secret where the vendor wants it, such as {secret:password}";
    must(names_secret(&request.body), "auth.body", why)?;
    request.success.as_ref().map_or(Ok(()), |place| check_place(place, "auth.success"))?;
    check_place(&request.token, "auth.token")?;
    match &request.lifetime {
        None => {}
        Some(Lifetime::Seconds(place)) => check_place(place, "auth.lifetime.seconds")?,
        Some(Lifetime::Until(place)) => check_place(place, "auth.lifetime.until")?,
    }
    check_headers(&request.headers, manifest, TOKEN)?;
    let carried = request.headers.values().any(|template| template.contains("{token}"));
    must(carried, "auth.headers", "no header carries the token: write {token} where it belongs")?;
    let Some(refresh) = &request.refresh else { return Ok(()) };
    check_path(&refresh.path, "auth.refresh.path")?;
    no_resource(&request.endpoint, &refresh.path, manifest, "auth.refresh.path")?;
    check_body(&refresh.body, manifest, BOTH, "auth.refresh.body")?;
    let why = "it sends no token, so it renews none: name {refresh-token} or {token}";
    must(names_token(&refresh.body), "auth.refresh.body", why)?;
    check_place(&refresh.token, "auth.refresh.token")
}

/// Checks that a login has one address: its endpoint has a base, from the manifest or the operator.
fn check_address(endpoint: &str, path: &str, manifest: &Manifest) -> Checked {
    let at = "auth.endpoint";
    let spec = manifest.endpoints.get(endpoint).ok_or_else(|| {
        let there: Vec<&str> = manifest.endpoints.keys().map(String::as_str).collect();
        wrong(at, format!("it names the endpoint `{endpoint}`, {}: write [endpoints.{endpoint}]", there_is(&there)))
    })?;
    let why = format!("a login has one address, and `{endpoint}` is a pattern of hosts: add a base");
    must(spec.base.is_some() || spec.hosts.is_none(), at, why)?;
    check_path(path, "auth.path")?;
    no_resource(endpoint, path, manifest, "auth.path")
}

/// Checks that a login does not ask a resource, because calls that only read log in, too.
fn no_resource(endpoint: &str, path: &str, manifest: &Manifest, at: &str) -> Checked {
    let Some(spec) = manifest.endpoints.get(endpoint) else { return Ok(()) };
    let base = spec.base.as_ref().and_then(|base| url::Url::parse(base).ok());
    let full = format!("{}{path}", base.as_ref().map_or("", |base| base.path().trim_end_matches('/')));
    let is = |read: &ReadSpec| {
        PathPattern::parse(&read.path)
            .is_ok_and(|pattern| pattern.kept(path).is_some() || pattern.kept(&full).is_some())
    };
    let why = format!("`{path}` is read as a resource, too: a login has a path of its own");
    must(!spec.reads.iter().any(is), at, why)
}

fn names_secret(body: &TokenBody) -> bool {
    any_part(body, &|part| matches!(part, Part::Secret(_)))
}

fn names_token(body: &TokenBody) -> bool {
    any_part(body, &|part| matches!(part, Part::Token | Part::RefreshToken))
}

/// Whether some template of a body has such a part.
fn any_part(body: &TokenBody, such: &dyn Fn(&Part<'_>) -> bool) -> bool {
    fn text(template: &str, such: &dyn Fn(&Part<'_>) -> bool) -> bool {
        parts(template).is_ok_and(|parts| parts.iter().any(such))
    }
    fn json(value: &Value, such: &dyn Fn(&Part<'_>) -> bool) -> bool {
        match value {
            Value::String(template) => text(template, such),
            Value::Array(list) => list.iter().any(|one| json(one, such)),
            Value::Object(map) => map.values().any(|one| json(one, such)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
    match body {
        TokenBody::Form(form) => form.values().any(|template| text(template, such)),
        TokenBody::Json(value) => json(value, such),
    }
}

fn check_path(path: &str, at: &str) -> Checked {
    pattern(PathPattern::parse(path), at)?;
    must(!path.contains(['*', '{']), at, "a login has one path: write it out, such as /oauth/token")
}

/// Checks a JSON pointer (RFC 6901, section 3). An empty pointer is the whole reply, which is not a token.
fn check_place(place: &str, at: &str) -> Checked {
    let escapes = place.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    let why = format!("`{place}` is not a place in a JSON reply: write a JSON pointer, such as /result/token");
    must(place.starts_with('/') && escapes, at, why)
}

fn check_body(body: &TokenBody, manifest: &Manifest, given: Given, at: &str) -> Checked {
    match body {
        TokenBody::Form(form) => {
            must(!form.is_empty(), &format!("{at}.form"), "it is empty: write what the vendor asks for")?;
            form.iter().try_for_each(|(name, text)| check_template(text, manifest, given, &format!("{at}.form.{name}")))
        }
        TokenBody::Json(json) => check_json(json, manifest, given, &format!("{at}.json")),
    }
}

fn check_json(json: &Value, manifest: &Manifest, given: Given, at: &str) -> Checked {
    match json {
        Value::String(text) => check_template(text, manifest, given, at),
        Value::Array(list) => list.iter().try_for_each(|one| check_json(one, manifest, given, at)),
        Value::Object(map) => {
            map.iter().try_for_each(|(name, one)| check_json(one, manifest, given, &format!("{at}.{name}")))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_headers(headers: &BTreeMap<String, String>, manifest: &Manifest, given: Given) -> Checked {
    must(!headers.is_empty(), "auth.headers", "it is empty: write a header, or leave `auth` out")?;
    for (name, template) in headers {
        let at = format!("auth.headers.{name}");
        check_header(name, &at)?;
        check_template(template, manifest, given, &at)?;
        let plain = template.bytes().all(|byte| (0x20..0x7f).contains(&byte));
        must(plain, &at, "a header's text is plain ASCII, without line breaks")?;
    }
    Ok(())
}

fn check_header(name: &str, at: &str) -> Checked {
    // RFC 9110, 5.6.2: token.
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    must(!name.is_empty() && name.bytes().all(token), at, format!("`{name}` is not a header name"))?;
    match refused_in_logins(name) {
        None => Ok(()),
        Some(why) => Err(wrong(at, format!("the header `{name}` {why}; leave it out"))),
    }
}

/// Checks a template. One that names something optional would leave a gap in the login.
fn check_template(template: &str, manifest: &Manifest, given: Given, at: &str) -> Checked {
    for part in parts(template).map_err(|why| wrong(at, why))? {
        match part {
            Part::Literal(_) => {}
            Part::Secret(name) => {
                let secret = manifest.secrets.get(name);
                let secret = secret.ok_or_else(|| missing("secret", name, manifest.secrets.keys(), at))?;
                must(secret.required, at, optional("secret", name))?;
            }
            Part::Setting(name) => {
                let setting = manifest.settings.get(name);
                let setting = setting.ok_or_else(|| missing("setting", name, manifest.settings.keys(), at))?;
                must(setting.required || setting.default.is_some(), at, optional("setting", name))?;
            }
            Part::Token | Part::RefreshToken => {
                let why = "there is no token yet: {token} belongs in the headers of a token-request and in the body of \
                    its refresh, {refresh-token} in the latter";
                must(given.contains(&part), at, why)?;
            }
        }
    }
    Ok(())
}

fn missing<'a>(what: &str, name: &str, there: impl Iterator<Item = &'a String>, at: &str) -> ManifestError {
    let there: Vec<&str> = there.map(String::as_str).collect();
    wrong(at, format!("it names the {what} `{name}`, {}: write [{what}s.{name}]", there_is(&there)))
}

fn there_is(names: &[&str]) -> String {
    if names.is_empty() { "and there is none".to_owned() } else { format!("and there is {}", names.join(", ")) }
}

fn optional(what: &str, name: &str) -> String {
    format!("it needs the {what} `{name}`, which can be left out: write required = true there")
}
