//! A connection: a tenant's account at a vendor, and the hosts it may reach.

use super::manifest::ReadSpec;
use super::{ConnectionName, PluginId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A tenant's account at a vendor. Its secrets are stored apart, encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// The name, unique within the tenant.
    pub name: ConnectionName,
    /// The plugin that serves it.
    pub plugin: PluginId,
    /// SHA-256 of the pinned component, in lower-case hex. Only the operator upgrades it.
    pub digest: String,
    /// The settings, as checked against the manifest, without defaults.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Endpoint name → the operator's grant. An endpoint that is not listed is denied.
    pub grants: Grants,
    /// Bucket name → the operator's numbers, which replace the manifest's.
    pub buckets: BTreeMap<String, BucketOverride>,
    /// Counts up with every change of the above.
    pub revision: i64,
}

/// Endpoint name → grant.
pub type Grants = BTreeMap<String, Grant>;

/// The operator's grant for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// The base URL: scheme, host, port, and a path that precedes every request's. `None` for an endpoint whose
    /// requests always name the host.
    pub base: Option<String>,
    /// The hosts that requests may name, as a pattern with scheme. `None` allows the base's host only.
    pub hosts: Option<String>,
    /// The approved reads by POST, each with its form.
    pub reads: Vec<ReadSpec>,
    /// `host:port` of servers whose addresses may be private: in the operator's own network, or on this machine.
    /// Private addresses of other servers are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<String>,
}

/// One resolved endpoint, for people: what the manifest asks for and what is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// The name in the manifest.
    pub name: String,
    /// The manifest's request, in words.
    pub asked: String,
    /// The operator's grant.
    pub granted: Option<Grant>,
}

/// The operator's numbers for a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketOverride {
    /// Number of calls in the window. 0 means no limit.
    pub calls: Option<u32>,
    /// Number of calls at one time. 0 means no limit.
    pub at_once: Option<u32>,
}
