//! A plugin's manifest: `plugin.toml`, carried inside the component.
//!
//! It says who the plugin is, which endpoints it wants to reach, how the host logs in
//! for it, which settings and secrets a connection needs, its jobs, the vendor's call
//! limits, and what to tell an operator when something fails. The manifest *asks*; the
//! operator *grants*. Unknown keys are refused. What is checked here is everything that
//! can be known without a connection; patterns are parsed by [`PathPattern`] and
//! [`HostPattern`], once.

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

/// The contract version this host speaks (`wit/connector.wit`).
pub const CONTRACT: &str = "0.2.0";

/// The largest component, in bytes, unless the operator says otherwise: a connector in Rust
/// has some 100 KiB, one in JavaScript 2 MiB.
pub const COMPONENT_BYTES_MAX: u64 = 16 << 20;

/// The custom section of a component that holds its contract's version as text.
pub const CONTRACT_SECTION: &str = "crosswalk:contract";

/// The custom section of a component that holds its manifest as text.
pub const MANIFEST_SECTION: &str = "crosswalk:manifest";

/// What `plugin.toml` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Manifest {
    /// The plugin's name, the same in every version.
    pub id: PluginId,
    /// The plugin's own version, semver.
    pub version: String,
    /// The version of the contract it is written for.
    pub contract: String,
    /// What people read: the product's name.
    pub title: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// The vendor's words for our kinds, by language (`en`, `it`).
    #[serde(default)]
    pub words: BTreeMap<String, BTreeMap<Kind, String>>,
    /// Where it wants to go.
    #[serde(default)]
    pub endpoints: BTreeMap<String, EndpointSpec>,
    /// How the host logs in. None: it does not.
    pub auth: Option<Auth>,
    /// What an operator sets for a connection.
    #[serde(default)]
    pub settings: BTreeMap<String, SettingSpec>,
    /// What an operator must give and no connector sees.
    #[serde(default)]
    pub secrets: BTreeMap<String, SecretSpec>,
    /// What can be run by time.
    #[serde(default)]
    pub jobs: BTreeMap<String, JobSpec>,
    /// The vendor's limits on calls.
    #[serde(default)]
    pub buckets: BTreeMap<String, BucketSpec>,
    /// Limits it asks for, within the host's own.
    #[serde(default)]
    pub limits: LimitsAsked,
    /// How long a write may still be carried out after its reply failed to come, in seconds: longer than
    /// the vendor lets a request run and its reads lag behind. Before that, a write that is not found is
    /// not taken for absent. 120 unless it says otherwise.
    #[serde(default = "quiet")]
    pub quiet_seconds: u32,
    /// What to tell an operator, by failure (`denied`, `throttled`, …).
    #[serde(default)]
    pub troubleshooting: BTreeMap<String, String>,
}

/// One endpoint: a fixed base, a pattern of hosts, or a base that the operator sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EndpointSpec {
    /// What people read.
    #[serde(default)]
    pub title: String,
    /// The vendor's base URL (`https://api.vendor.example/v1`). None: the operator sets
    /// it per connection, as each customer of the vendor has its own.
    pub base: Option<String>,
    /// The hosts a request may name, where the vendor spreads over several
    /// (`https://webservices*.vendor.example`); `*` stands for part of one label.
    pub hosts: Option<String>,
    /// What is read by POST, such as a search (`{ path = "/v1/*/query", form = "query" }`). The
    /// operator approves it together with the endpoint; the gate holds each request against its form.
    #[serde(default)]
    pub reads: Vec<ReadSpec>,
    /// Whether credentials are attached. Yes, unless it says no.
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
    /// What it is.
    #[serde(rename = "type")]
    pub type_: SettingType,
    /// What people read.
    pub title: String,
    /// One sentence more.
    #[serde(default)]
    pub help: String,
    /// Whether a connection cannot be without it.
    #[serde(default)]
    pub required: bool,
    /// What it is when not set.
    pub default: Option<serde_json::Value>,
    /// The only values; or `"connector"`: ask the connector (`choices`).
    pub choices: Option<Choices>,
    /// Smallest number.
    pub min: Option<i64>,
    /// Largest number.
    pub max: Option<i64>,
}

/// What a setting is.
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

/// Where a setting's choices come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Choices {
    /// These.
    Fixed(Vec<String>),
    /// Only the word `connector`: the vendor's picklist, read when asked.
    From(String),
}

/// One secret of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretSpec {
    /// What people read.
    pub title: String,
    /// Where to find it at the vendor.
    #[serde(default)]
    pub help: String,
    /// Whether a connection cannot be without it. Yes, unless it says no.
    #[serde(default = "yes")]
    pub required: bool,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JobSpec {
    /// What people read.
    pub title: String,
    /// How often, for each connection that a sync uses. None: only when the connector asks to be woken for it.
    pub every_minutes: Option<u32>,
}

/// A limit of the vendor on calls. `paths` says which calls count; `{}` in it stands for
/// one segment and gives each of its values a bucket of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketSpec {
    /// Which calls, on any endpoint (`**`: all of them).
    pub paths: String,
    /// Calls in a window; none: as many as it likes.
    pub calls: Option<u32>,
    /// The window. 3,600 unless it says otherwise.
    #[serde(default = "hour")]
    pub window_seconds: u32,
    /// Calls under way at one time; none: as many as it likes.
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
    /// How long one call may take, host calls included.
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

    /// The vendor's word for a kind, in English; ours when it gives none.
    #[must_use]
    pub fn word(&self, kind: Kind) -> &str {
        self.words.get("en").and_then(|words| words.get(&kind)).map_or(kind.as_str(), String::as_str)
    }
}
