//! A plugin's manifest: `plugin.toml`, carried inside the component.
//!
//! It names the plugin, the endpoints it wants to reach, the login that the host does for it, the settings and secrets
//! of a connection, its jobs, the vendor's limits on calls, and the advice for an operator when something fails. The
//! manifest *asks*; the operator *grants*. Unknown keys are refused. Everything that can be known without a connection
//! is checked here. Patterns are parsed once, by [`PathPattern`] and [`HostPattern`].

use super::{Kind, PluginId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod auth;
mod check;
pub mod headers;
mod pattern;
mod reads;
pub mod template;

pub use auth::{Auth, ClientSent, Lifetime, OAuthClient, Refresh, TokenBody, TokenMethod, TokenRequest, bearer};
pub use check::{ManifestError, speaks};
pub use pattern::{HostPattern, PathPattern, PatternError};
pub use reads::{GraphqlReads, ReadForm, ReadSpec};

/// The contract version that this host implements (`wit/connector.wit`).
pub const CONTRACT: &str = "0.2.0";

/// The largest component, in bytes, unless the operator sets another limit. A connector in Rust has some 100 KiB, one
/// in JavaScript 2 MiB.
pub const COMPONENT_BYTES_MAX: u64 = 16 << 20;

/// The custom section of a component that holds its contract's version as text.
pub const CONTRACT_SECTION: &str = "crosswalk:contract";

/// The custom section of a component that holds its manifest as text.
pub const MANIFEST_SECTION: &str = "crosswalk:manifest";

/// The content of `plugin.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The plugin's id, the same in every version.
    pub id: PluginId,
    /// The plugin's own version, semver.
    pub version: String,
    /// The contract version that it is written for.
    pub contract: String,
    /// The product's name, for people.
    pub title: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// The vendor's words for our kinds, by language (`en`, `it`).
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<Kind, String>>,
    /// The endpoints it wants to reach.
    #[serde(default)]
    pub endpoints: BTreeMap<String, EndpointSpec>,
    /// The login that the host does. `None` means no login.
    pub auth: Option<Auth>,
    /// The settings of a connection.
    #[serde(default)]
    pub settings: BTreeMap<String, SettingSpec>,
    /// The secrets of a connection, which no connector sees.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSpec>,
    /// The jobs that can run by schedule.
    #[serde(default)]
    pub jobs: BTreeMap<String, JobSpec>,
    /// The vendor's limits on calls.
    #[serde(default)]
    pub buckets: BTreeMap<String, BucketSpec>,
    /// The limits it asks for, within the host's own.
    #[serde(default)]
    pub limits: LimitsAsked,
    /// Time in which a write may still be carried out after its reply failed to come, in seconds. It is longer than the
    /// vendor lets a request run and its reads lag behind. Before that, a write that is not found does not count as
    /// absent. Defaults to 120.
    #[serde(default = "quiet")]
    pub quiet_seconds: u32,
    /// Advice for an operator, by failure (`denied`, `throttled`, …).
    #[serde(default)]
    pub troubleshooting: BTreeMap<String, String>,
}

/// One endpoint: a fixed base, a pattern of hosts, or a base that the operator sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointSpec {
    /// The title, for people.
    #[serde(default)]
    pub title: String,
    /// The vendor's base URL (`https://api.vendor.example/v1`). `None` if the operator sets it per connection, because
    /// each customer of the vendor has its own.
    pub base: Option<String>,
    /// The hosts that a request may name, if the vendor uses several (`https://webservices*.vendor.example`); `*`
    /// stands for part of one label.
    pub hosts: Option<String>,
    /// The reads by POST, such as a search (`{ path = "/v1/*/query", form = "query" }`). The operator approves them
    /// together with the endpoint, and the gate checks each request against its form.
    #[serde(default)]
    pub reads: Vec<ReadSpec>,
    /// Whether credentials are attached. Defaults to yes.
    #[serde(default = "yes")]
    pub auth: bool,
}

fn yes() -> bool {
    true
}

/// One setting of a connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingSpec {
    /// The type of its value.
    #[serde(rename = "type")]
    pub type_: SettingType,
    /// The title, for people.
    pub title: String,
    /// One more sentence, for people.
    #[serde(default)]
    pub help: String,
    /// Whether a connection needs it.
    #[serde(default)]
    pub required: bool,
    /// The default.
    pub default: Option<serde_json::Value>,
    /// The only values, or `"connector"` to ask the connector (`choices`).
    pub choices: Option<Choices>,
    /// Smallest number.
    pub min: Option<i64>,
    /// Largest number.
    pub max: Option<i64>,
}

/// The type of a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingType {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Boolean,
}

/// The source of a setting's choices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choices {
    /// This list.
    Fixed(Vec<String>),
    /// Only the word `connector`: the vendor's picklist, read on demand.
    From(String),
}

/// One secret of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretSpec {
    /// The title, for people.
    pub title: String,
    /// The place where the vendor shows it.
    #[serde(default)]
    pub help: String,
    /// Whether a connection needs it. Defaults to yes.
    #[serde(default = "yes")]
    pub required: bool,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JobSpec {
    /// The title, for people.
    pub title: String,
    /// Interval in minutes, for each connection that a sync uses. `None` means only when the connector asks to be woken
    /// for it.
    pub every_minutes: Option<u32>,
}

/// A vendor's limit on calls. `paths` selects the calls that count; `{}` in it stands for one segment, and each of its
/// values has a bucket of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketSpec {
    /// The calls that count, on any endpoint (`**`: all of them).
    pub paths: String,
    /// Number of calls in a window. `None` means no limit.
    pub calls: Option<u32>,
    /// The window in seconds. Defaults to 3,600.
    #[serde(default = "hour")]
    pub window_seconds: u32,
    /// Number of calls at one time. `None` means no limit.
    pub at_once: Option<u32>,
}

fn hour() -> u32 {
    3600
}

fn quiet() -> u32 {
    120
}

/// Limits a plugin asks for; the host's own are the ceiling.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LimitsAsked {
    /// Linear memory of one call, in MiB.
    pub memory_mib: Option<u32>,
    /// The longest time of one call in seconds, host calls included.
    pub call_seconds: Option<u32>,
}

impl Manifest {
    /// Parses and checks the text of a `plugin.toml`.
    ///
    /// # Errors
    /// What is wrong, where, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError::Syntax(error.to_string()))?;
        check::check(&manifest)?;
        Ok(manifest)
    }

    /// Returns the vendor's word for a kind, in English; ours if it has none.
    #[must_use]
    pub fn word(&self, kind: Kind) -> &str {
        self.words.get("en").and_then(|words| words.get(&kind)).map_or(kind.as_str(), String::as_str)
    }
}
