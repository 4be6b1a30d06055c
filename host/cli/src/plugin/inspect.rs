//! A plugin for people: its capabilities, and what it requires, section by section.

use crate::connection::show::labelled;
use crate::output::{or_dash, table, word, yes_or_dash};
use crosswalk_engine::PluginView;
use crosswalk_model::manifest::{Choices, SettingSpec, SettingType};
use crosswalk_model::{KindDescription, Manifest, Operation, Said, said};
use crosswalk_say::Lang;
use serde_json::Value;

/// Columns of [`abilities`].
pub(super) const ABILITIES: [&str; 8] =
    ["plugin", "kind", "lists", "looks-up-by", "creates", "updates", "moves", "deactivates"];

/// Lists the plugin's capabilities, one row per kind.
pub(super) fn abilities(view: &PluginView, lang: Lang) -> Vec<[String; 8]> {
    let kinds = view.description.iter().flat_map(|description| &description.kinds);
    let row = |can: &KindDescription| {
        let writes = |operation| yes_or_dash(lang, can.writes.contains(&operation));
        [
            view.manifest.id.to_string(),
            word(lang, can.kind.as_str()),
            yes_or_dash(lang, can.reads.everything),
            or_dash(Some(lookups(can, lang))),
            writes(Operation::Create),
            writes(Operation::Update),
            writes(Operation::Move),
            writes(Operation::Deactivate),
        ]
    };
    kinds.map(row).collect()
}

fn lookups(can: &KindDescription, lang: Lang) -> String {
    let ways = [
        (can.reads.ids, "id"),
        (can.reads.stamps, "stamp"),
        (can.reads.named, "name"),
        (can.reads.changed_since, "change"),
    ];
    ways.iter().filter(|(can, _)| *can).map(|(_, way)| word(lang, way)).collect::<Vec<_>>().join(", ")
}

/// Describes a plugin section by section, omitting empty sections.
pub(super) fn summary(view: &PluginView, lang: Lang) -> String {
    let manifest = &view.manifest;
    let mut text = format!("{} {}: {}\n", manifest.id, manifest.version, manifest.title);
    if !manifest.description.is_empty() {
        text.push_str(&format!("{}\n", manifest.description));
    }
    // The contract's own interfaces are shown without their package, so that others stand out.
    let own = |name: &String| name.strip_prefix("crosswalk:connector/").unwrap_or(name).to_owned();
    let imports = or_dash(Some(view.imports.iter().map(own).collect::<Vec<_>>().join(", ")));
    let lines = [
        ("contract", manifest.contract.as_str().into()),
        ("size", said!("desk-cli-bytes", count = view.size)),
        ("sha256", view.digest.as_str().into()),
        ("imports", imports.into()),
    ];
    text.push_str(&format!("\n{}", labelled(&lines, lang)));
    let able = abilities(view, lang).into_iter().map(|[_, kind, lists, looks, creates, updates, moves, retires]| {
        [kind, lists, looks, creates, updates, moves, retires]
    });
    let [_, columns @ ..] = ABILITIES;
    for (title, body) in [
        (said!("desk-cli-plugin-endpoints"), endpoints(manifest, lang)),
        (said!("desk-cli-plugin-logins"), logins(manifest, lang)),
        (said!("desk-cli-plugin-reads"), host_requests(manifest, lang)),
        (said!("desk-cli-plugin-settings"), settings(manifest, lang)),
        (said!("desk-cli-plugin-secrets"), secrets(manifest, lang)),
        (said!("desk-cli-plugin-buckets"), buckets(manifest, lang)),
        (said!("desk-cli-plugin-jobs"), jobs(manifest, lang)),
        (said!("desk-cli-plugin-abilities"), table(lang, columns, able)),
    ] {
        // A table without rows is only its header.
        if body.lines().count() > 1 {
            text.push_str(&format!("\n{}\n{body}\n", lang.say(title)));
        }
    }
    text
}

fn endpoints(manifest: &Manifest, lang: Lang) -> String {
    let rows = manifest.endpoints.iter().map(|(name, spec)| {
        let place: Said = match (&spec.base, &spec.hosts) {
            (Some(base), Some(hosts)) => said!("desk-cli-two-places", base, hosts),
            (Some(one), None) | (None, Some(one)) => one.as_str().into(),
            (None, None) => said!("desk-cli-own-url", endpoint = name),
        };
        let login = word(lang, if spec.auth { "yes" } else { "no" });
        [name.clone(), lang.say(place), login, spec.title.clone()]
    });
    table(lang, ["endpoint", "where", "logs-in", "what"], rows)
}

/// Describes the requests the host makes by itself, and the headers that carry their result.
fn logins(manifest: &Manifest, lang: Lang) -> String {
    let Some(auth) = &manifest.auth else { return String::new() };
    let carriers = auth.carriers().join(", ");
    let token = lang.say(said!("desk-cli-token-in", headers = &carriers));
    let rows = auth
        .requests()
        .into_iter()
        .map(|(endpoint, path)| ["POST".to_owned(), endpoint.to_owned(), path.to_owned(), token.clone()]);
    let mut rows: Vec<[String; 4]> = rows.collect();
    if rows.is_empty() {
        let none = || "-".to_owned();
        rows.push([none(), none(), none(), lang.say(said!("desk-cli-secrets-in", headers = carriers))]);
    }
    table(lang, ["method", "endpoint", "path", "every-request-carries"], rows)
}

fn host_requests(manifest: &Manifest, lang: Lang) -> String {
    let rows = manifest.endpoints.iter().flat_map(|(name, spec)| {
        spec.reads.iter().map(|read| [name.clone(), read.path.clone(), read.form.to_string()])
    });
    table(lang, ["endpoint", "path", "form"], rows)
}

fn settings(manifest: &Manifest, lang: Lang) -> String {
    let rows = manifest.settings.iter().map(|(name, spec)| {
        let default = match (&spec.default, spec.required) {
            (Some(Value::String(text)), _) => text.clone(),
            (Some(value), _) => value.to_string(),
            (None, true) => lang.say(said!("desk-cli-required")),
            (None, false) => "-".to_owned(),
        };
        [name.clone(), lang.say(values(spec)), default, sentence(&spec.title, &spec.help)]
    });
    table(lang, ["setting", "value", "default", "meaning"], rows)
}

/// The values that a setting takes.
fn values(spec: &SettingSpec) -> Said {
    let bound = |number: i64| number.to_string();
    match (spec.type_, &spec.choices) {
        (_, Some(Choices::Fixed(choices))) => choices.join(" | ").into(),
        (_, Some(Choices::From(_))) => said!("desk-cli-value-of-vendor"),
        (SettingType::Text, None) => said!("desk-cli-value-text"),
        (SettingType::Integer, None) => match (spec.min, spec.max) {
            (Some(min), Some(max)) => said!("desk-cli-value-from-to", min = bound(min), max = bound(max)),
            (Some(min), None) => said!("desk-cli-value-at-least", min = bound(min)),
            (None, Some(max)) => said!("desk-cli-value-at-most", max = bound(max)),
            (None, None) => said!("desk-cli-value-number"),
        },
        (SettingType::Boolean, None) => said!("desk-cli-value-boolean"),
    }
}

fn secrets(manifest: &Manifest, lang: Lang) -> String {
    let rows = manifest
        .secrets
        .iter()
        .map(|(name, spec)| [name.clone(), yes_or_dash(lang, spec.required), sentence(&spec.title, &spec.help)]);
    table(lang, ["secret", "required", "meaning"], rows)
}

fn buckets(manifest: &Manifest, lang: Lang) -> String {
    let rows = manifest.buckets.iter().map(|(name, spec)| {
        let calls = spec.calls.map(|calls| lang.say(said!("desk-cli-calls", calls, seconds = spec.window_seconds)));
        [name.clone(), spec.paths.clone(), or_dash(calls), or_dash(spec.at_once)]
    });
    table(lang, ["bucket", "paths", "calls", "at-once"], rows)
}

fn jobs(manifest: &Manifest, lang: Lang) -> String {
    let rows = manifest.jobs.iter().map(|(name, spec)| {
        let when = match spec.every_minutes {
            Some(minutes) => said!("desk-cli-job-every", minutes),
            None => said!("desk-cli-job-on-request"),
        };
        [name.clone(), lang.say(when), spec.title.clone()]
    });
    table(lang, ["job", "when", "what"], rows)
}

/// A plugin's title and help, in its own words.
fn sentence(title: &str, help: &str) -> String {
    if help.is_empty() { title.to_owned() } else { format!("{title}: {help}") }
}
