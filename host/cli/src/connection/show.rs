//! A connection for people, section by section, and the health of its connector.

use crate::output::{clean, or_dash, short_digest, table};
use crosswalk_engine::ConnectionView;
use crosswalk_model::connection::Grant;
use crosswalk_model::said::{Arg, Typed};
use crosswalk_model::{Account, Call, ConnectionName, Said, Verb, said};
use crosswalk_say::Lang;

/// Writes lines with a label before each, in columns. A line without a label goes on with the one above.
pub(crate) fn labelled(lines: &[(&str, Said)], lang: Lang) -> String {
    let label = |label: &str| if label.is_empty() { String::new() } else { lang.say(said!("desk-cli-label", label)) };
    let labels: Vec<String> = lines.iter().map(|(one, _)| label(one)).collect();
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or_default();
    let line = |(label, (_, said)): (&String, &(&str, Said))| format!("{label:width$}  {}\n", clean(&lang.say(said)));
    labels.iter().zip(lines).map(line).collect()
}

/// The call that confirms that two accounts are one.
pub(super) fn same_call(name: &ConnectionName) -> Call {
    Call::of(Verb::ConnectionCheck).with("name", name).flag("same").with("reason", "TEXT")
}

/// An account by its name and id.
pub(super) fn account(account: &Account) -> Said {
    match (account.name.as_str(), &account.id) {
        ("", None) => said!("desk-cli-account-unnamed"),
        ("", Some(id)) => said!("desk-cli-account-id", id),
        (name, None) => name.into(),
        (name, Some(id)) => format!("{name} ({id})").into(),
    }
}

/// Describes the health of its connector.
pub(super) fn health(view: &ConnectionView) -> Said {
    if view.account.as_ref().is_some_and(|known| known.other.is_some()) && view.health.state == "ok" {
        return said!("desk-cli-health-account");
    }
    if view.problem.is_some() {
        return said!("desk-cli-health-plugin");
    }
    let at = Arg::Typed(Typed::Moment(view.health.at.clone().unwrap_or_default()));
    match view.health.state {
        "quarantine" => said!("desk-cli-health-quarantine", at),
        "rests" => said!("desk-cli-health-rests", crashes = view.health.crashes, at),
        _ => said!("desk-cli-health-ok"),
    }
}

/// Describes a connection section by section, omitting empty sections.
pub(super) fn summary(view: &ConnectionView, lang: Lang) -> String {
    let connection = &view.connection;
    let mut text = labelled(&lines(view), lang);
    let endpoints = view.endpoints.iter().map(|endpoint| {
        let granted = granted(&connection.name, &endpoint.name, endpoint.granted.as_ref());
        [endpoint.name.clone(), lang.say(&endpoint.asked), lang.say(granted)]
    });
    text.push_str(&format!("\n{}\n", table(lang, ["endpoint", "asked", "granted"], endpoints)));
    let settings = connection.settings.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        [name.clone(), value]
    });
    let settings: Vec<[String; 2]> = settings.collect();
    if !settings.is_empty() {
        text.push_str(&format!("\n{}\n", table(lang, ["setting", "value"], settings)));
    }
    if !connection.buckets.is_empty() {
        let limit = |number: Option<u32>| match number {
            None => lang.say(said!("desk-cli-limit-of-vendor")),
            Some(0) => lang.say(said!("desk-cli-unlimited")),
            Some(number) => number.to_string(),
        };
        let rows =
            connection.buckets.iter().map(|(name, bucket)| [name.clone(), limit(bucket.calls), limit(bucket.at_once)]);
        text.push_str(&format!("\n{}\n", table(lang, ["bucket", "calls", "at-once"], rows)));
    }
    text
}

/// What there is to say before its tables, each with a label.
fn lines(view: &ConnectionView) -> Vec<(&'static str, Said)> {
    let connection = &view.connection;
    let plugin = format!("{} ({}, sha256 {})", connection.plugin, view.title, short_digest(&connection.digest));
    let mut lines: Vec<(&str, Said)> = vec![
        ("connection", connection.name.as_str().into()),
        ("plugin", plugin.into()),
        ("secrets", or_dash(Some(view.secrets.join(", "))).into()),
    ];
    if let Some(known) = &view.account {
        lines.push(("account", account(&known.account)));
        if let Some(other) = &known.other {
            let check = Call::of(Verb::ConnectionCheck).with("name", &connection.name);
            lines.push(("held", said!("desk-cli-answers-as", other = account(other), check)));
        }
    }
    if view.health.state != "ok" {
        lines.push(("state", health(view)));
    }
    if let Some(why) = &view.health.why {
        let release = Call::of(Verb::ConnectionRelease).with("name", &connection.name);
        lines.push(("", said!("desk-cli-quarantine-why", why, release)));
    }
    lines.extend(view.short_secrets.iter().map(|name| ("note", said!("desk-cli-secret-short", name))));
    lines.extend(view.login.iter().map(|request| ("logs-in-by", request.as_str().into())));
    lines
}

/// The grant of an endpoint.
fn granted(connection: &ConnectionName, endpoint: &str, grant: Option<&Grant>) -> Said {
    let Some(grant) = grant else {
        let grant = Call::of(Verb::ConnectionGrant).with("name", connection).with("endpoint", endpoint);
        return said!("desk-cli-not-granted", grant);
    };
    let at = match (&grant.base, &grant.hosts) {
        (Some(base), Some(hosts)) => said!("desk-cli-two-places", base, hosts),
        (one, other) => one.as_ref().or(other.as_ref()).map(String::as_str).unwrap_or_default().into(),
    };
    if grant.private.is_empty() {
        return at;
    }
    said!("desk-cli-granted-private", at, private = Arg::list(grant.private.iter().map(String::as_str)))
}
