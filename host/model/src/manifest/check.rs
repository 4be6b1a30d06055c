//! The checks of a manifest beyond its syntax: everything that can be known without a connection.
//!
//! The first error is reported, with its place as a dotted path and what to write instead. What depends on the operator
//! (is the base a public address, is the secret set) is left to the connection's own check. Plain `http` is allowed
//! here: a vendor's server in the customer's own network may support nothing better, and the operator who grants it
//! sees the address.

use super::{BucketSpec, CONTRACT, Choices, EndpointSpec, HostPattern, Manifest, PathPattern, PatternError};
use super::{ReadForm, ReadSpec};
use super::{SettingSpec, SettingType};
use crate::Failure;
use crate::ids::valid_name;
use semver::Version;
use serde_json::Value;
use url::Url;

mod auth;

/// The largest memory that a manifest can ask for one call, in MiB.
const MEMORY_MIB_MAX: u32 = 64;

/// The longest time a manifest can ask for one call, in seconds.
const CALL_SECONDS_MAX: u32 = 600;

/// The shortest and the longest quiet time after an uncertain write, in seconds.
const QUIET_SECONDS: std::ops::RangeInclusive<u32> = 10..=3600;

/// The reason why a `plugin.toml` is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not TOML, an unknown or missing key, a value of the wrong type.
    #[error("the manifest cannot be read: {0}")]
    Syntax(String),
    /// It parses, but a value is impossible.
    #[error("the manifest is wrong at `{at}`: {why}")]
    Wrong {
        /// The place, as a dotted path.
        at: String,
        /// What is wrong, and what to write instead.
        why: String,
    },
}

type Checked = Result<(), ManifestError>;

fn wrong(at: impl Into<String>, why: impl Into<String>) -> ManifestError {
    ManifestError::Wrong { at: at.into(), why: why.into() }
}

/// Returns `Ok` if the condition holds, else the error at this place.
fn must(holds: bool, at: &str, why: impl Into<String>) -> Checked {
    if holds { Ok(()) } else { Err(wrong(at, why)) }
}

/// Checks what can be known without a connection.
pub(super) fn check(manifest: &Manifest) -> Checked {
    version(&manifest.version, "version")?;
    contract(&manifest.contract)?;
    text(&manifest.title, "title")?;
    words(manifest)?;
    for (name, endpoint) in &manifest.endpoints {
        check_endpoint(endpoint, &named("endpoints", name)?)?;
    }
    for (name, setting) in &manifest.settings {
        check_setting(setting, &named("settings", name)?)?;
    }
    for (name, secret) in &manifest.secrets {
        text(&secret.title, &format!("{}.title", named("secrets", name)?))?;
    }
    if let Some(auth) = &manifest.auth {
        auth::check_auth(auth, manifest)?;
    }
    for (name, job) in &manifest.jobs {
        let at = named("jobs", name)?;
        text(&job.title, &format!("{at}.title"))?;
        let never = "0 would be all the time: write minutes, or leave it out to run only when asked";
        must(job.every_minutes != Some(0), &format!("{at}.every-minutes"), never)?;
    }
    for (name, bucket) in &manifest.buckets {
        check_bucket(bucket, &named("buckets", name)?)?;
    }
    limit(manifest.limits.memory_mib, MEMORY_MIB_MAX, "MiB", "limits.memory-mib")?;
    limit(manifest.limits.call_seconds, CALL_SECONDS_MAX, "seconds", "limits.call-seconds")?;
    let quiet = "use 10 to 3600 seconds: longer than the vendor lets a request run";
    must(QUIET_SECONDS.contains(&manifest.quiet_seconds), "quiet-seconds", quiet)?;
    for (name, told) in &manifest.troubleshooting {
        let at = format!("troubleshooting.{name}");
        let why = format!("no failure has this name: use one of {}", Failure::NAMES.join(", "));
        must(Failure::NAMES.contains(&name.as_str()), &at, why)?;
        text(told, &at)?;
    }
    Ok(())
}

fn version(text: &str, at: &str) -> Result<Version, ManifestError> {
    Version::parse(text).map_err(|error| wrong(at, format!("`{text}` is not a version such as 1.2.0: {error}")))
}

/// Whether this host supports a version of the contract. Before 1.0 every minor version is a contract of its own. A
/// patch version above the host's may use what the host does not have yet.
#[must_use]
pub fn speaks(version: &str) -> bool {
    let parse = |text| Version::parse(text).ok();
    parse(version).zip(parse(CONTRACT)).is_some_and(|(asked, ours)| {
        asked.pre.is_empty() && (asked.major, asked.minor) == (ours.major, ours.minor) && asked.patch <= ours.patch
    })
}

fn contract(text: &str) -> Checked {
    let asked = version(text, "contract")?;
    let spoken = version(CONTRACT, "contract")?;
    let advice = match asked > spoken {
        true => "use a newer host, or build the plugin for this one's contract",
        false => "build the plugin anew, for this host's contract",
    };
    must(
        speaks(text),
        "contract",
        format!("the plugin is for contract {asked} and this host speaks {spoken}: {advice}"),
    )
}

fn text(text: &str, at: &str) -> Checked {
    must(!text.trim().is_empty(), at, "it is empty: write a text for people")
}

/// Returns the path of an entry of a table, if its name follows the rule.
fn named(table: &str, name: &str) -> Result<String, ManifestError> {
    let at = format!("{table}.{name}");
    must(valid_name(name), &at, "a name is 1 to 40 lower-case letters, digits and dashes, starting with a letter")?;
    Ok(at)
}

fn words(manifest: &Manifest) -> Checked {
    for (language, words) in &manifest.words {
        let code = language.len() == 2 && language.bytes().all(|byte| byte.is_ascii_lowercase());
        must(code, &format!("words.{language}"), "a language is two lower-case letters, such as en or it")?;
        for (kind, word) in words {
            text(word, &format!("words.{language}.{kind}"))?;
        }
    }
    Ok(())
}

fn check_endpoint(endpoint: &EndpointSpec, at: &str) -> Checked {
    let base = endpoint.base.as_ref().map(|base| check_base(base, &format!("{at}.base"))).transpose()?;
    let hosts_at = format!("{at}.hosts");
    let hosts = endpoint.hosts.as_ref().map(|hosts| pattern(HostPattern::parse(hosts), &hosts_at)).transpose()?;
    if let (Some(base), Some(hosts)) = (base, hosts) {
        let why = "base and hosts are of different schemes: the same credentials go to both";
        must(base.scheme() == hosts.scheme(), &hosts_at, why)?;
    }
    for (place, read) in endpoint.reads.iter().enumerate() {
        let at = format!("{at}.reads[{place}]");
        check_read(read, &at)?;
        let twice = endpoint.reads[..place].iter().any(|other| other.path == read.path);
        must(!twice, &at, format!("`{}` is listed twice: list it once, with one form", read.path))?;
    }
    Ok(())
}

fn check_read(read: &ReadSpec, at: &str) -> Checked {
    let ReadSpec { path, form } = read;
    pattern(PathPattern::parse(path), at)?;
    let last = path.rsplit('/').next().unwrap_or_default();
    let why = format!(
        "`{path}` would let a write pass for a read: end it with a plain word, such as /v1/*/query, and list each \
        search by itself"
    );
    must(!matches!(last, "" | "*" | "**" | "{}"), at, why)?;
    let last = last.to_ascii_lowercase();
    match form {
        ReadForm::Graphql(_) => Ok(()),
        ReadForm::Query => {
            let why = format!(
                "`{path}` is a place for GraphQL, where a body alone tells a read: write form = {{ graphql = \"query\" }}"
            );
            must(!last.contains("graphql") && last != "gql", at, why)?;
            let soap = [".asmx", ".svc"].iter().any(|ending| last.ends_with(ending)) || last.contains("soap");
            let why = format!(
                "`{path}` is a place for SOAP: write form = {{ soap-action = {{ \"ACTION\" = \"ELEMENT\" }} }}"
            );
            must(!soap, at, why)
        }
        ReadForm::SoapAction(actions) => {
            must(!actions.is_empty(), at, "no SOAP action is named: write { \"ACTION\" = \"ELEMENT\" } for each read")?;
            let good =
                |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
            let name = |text: &String| good(text) && !text.contains([':', '<', '>', '/', '&']);
            let wrong = actions.iter().find(|(action, element)| !good(action) || !name(element));
            let why = wrong.map(|(action, element)| {
                format!("`{action}` = `{element}` is not a SOAP action with the name of its element, without prefix")
            });
            must(why.is_none(), at, why.unwrap_or_default())
        }
    }
}

fn check_base(base: &str, at: &str) -> Result<Url, ManifestError> {
    let form = "write https://host/path";
    let url = Url::parse(base).map_err(|error| wrong(at, format!("`{base}` is not a URL ({error}): {form}")))?;
    must(matches!(url.scheme(), "https" | "http"), at, format!("the scheme of `{base}` is not https or http: {form}"))?;
    let bare = url.username().is_empty() && url.password().is_none();
    must(bare, at, "it holds credentials: ask for them under `secrets` and name them in `auth`")?;
    must(url.query().is_none() && url.fragment().is_none(), at, format!("it holds a query or fragment: {form}"))?;
    Ok(url)
}

fn pattern<P>(parsed: Result<P, PatternError>, at: &str) -> Result<P, ManifestError> {
    parsed.map_err(|error| wrong(at, error.to_string()))
}

fn check_setting(setting: &SettingSpec, at: &str) -> Checked {
    text(&setting.title, &format!("{at}.title"))?;
    let number = setting.type_ == SettingType::Integer;
    must(number || setting.min.is_none(), &format!("{at}.min"), "only an integer has a smallest value")?;
    must(number || setting.max.is_none(), &format!("{at}.max"), "only an integer has a largest value")?;
    if let (Some(min), Some(max)) = (setting.min, setting.max) {
        must(min <= max, &format!("{at}.max"), format!("no number is at least {min} and at most {max}"))?;
    }
    check_choices(setting, &format!("{at}.choices"))?;
    setting.default.as_ref().map_or(Ok(()), |default| check_default(default, setting, &format!("{at}.default")))
}

fn check_choices(setting: &SettingSpec, at: &str) -> Checked {
    match &setting.choices {
        None => Ok(()),
        Some(Choices::From(word)) => {
            let why = format!("`{word}` is not known: write a list of texts, or \"connector\" to ask the connector");
            must(word == "connector", at, why)?;
            // The ids in a vendor's picklist are often numbers.
            must(setting.type_ != SettingType::Boolean, at, "a yes or no needs no choices")
        }
        Some(Choices::Fixed(list)) => {
            must(
                setting.type_ == SettingType::Text,
                at,
                "only a text has a list of choices; a number has min and max",
            )?;
            must(!list.is_empty(), at, "the list is empty: nothing could be chosen")
        }
    }
}

fn check_default(default: &Value, setting: &SettingSpec, at: &str) -> Checked {
    match (setting.type_, default) {
        (SettingType::Boolean, Value::Bool(_)) => Ok(()),
        (SettingType::Text, Value::String(text)) => match &setting.choices {
            Some(Choices::Fixed(list)) => {
                must(list.contains(text), at, format!("`{text}` is not one of the choices: {}", list.join(", ")))
            }
            _ => Ok(()),
        },
        (SettingType::Integer, Value::Number(number)) => {
            let whole = number.as_i64().ok_or_else(|| wrong(at, format!("{number} is not a whole number")))?;
            let low = setting.min.is_none_or(|min| min <= whole);
            let high = setting.max.is_none_or(|max| whole <= max);
            must(low && high, at, format!("{whole} is outside its own min and max"))
        }
        (SettingType::Boolean, other) => Err(wrong(at, format!("{other} is not a boolean: write true or false"))),
        (SettingType::Text, other) => Err(wrong(at, format!("{other} is not a text: write it in quotes"))),
        (SettingType::Integer, other) => Err(wrong(at, format!("{other} is not an integer: write it without quotes"))),
    }
}

fn check_bucket(bucket: &BucketSpec, at: &str) -> Checked {
    pattern(PathPattern::parse(&bucket.paths), &format!("{at}.paths"))?;
    let some = bucket.calls.is_some() || bucket.at_once.is_some();
    must(some, at, "it limits nothing: write calls, at-once or both")?;
    let none = "0 would let no call pass: leave it out for no limit";
    must(bucket.calls != Some(0), &format!("{at}.calls"), none)?;
    must(bucket.at_once != Some(0), &format!("{at}.at-once"), none)?;
    must(bucket.window_seconds > 0, &format!("{at}.window-seconds"), "a window has at least one second")
}

fn limit(asked: Option<u32>, max: u32, unit: &str, at: &str) -> Checked {
    let fits = asked.is_none_or(|asked| (1..=max).contains(&asked));
    must(fits, at, format!("a plugin can ask for 1 to {max} {unit}"))
}

#[cfg(test)]
mod tests;
