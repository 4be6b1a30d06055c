//! A connection: a tenant's account at a vendor, and what it may reach.

use super::manifest::ReadSpec;
use super::{ConnectionName, PluginId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A tenant's account at a vendor. Its secrets are kept apart, encrypted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its name, unique in the tenant.
    pub name: ConnectionName,
    /// Which plugin serves it.
    pub plugin: PluginId,
    /// The pinned component: SHA-256, lower-case hex. An upgrade is an act of the operator.
    pub digest: String,
    /// Settings, as checked against the manifest (defaults not filled in).
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Endpoint name → what the operator granted. An endpoint that is not here is denied.
    pub grants: Grants,
    /// Bucket name → the operator's numbers instead of the manifest's.
    pub buckets: BTreeMap<String, BucketOverride>,
    /// Counts up with every change of the above.
    pub revision: i64,
}

/// Endpoint name → what was granted.
pub type Grants = BTreeMap<String, Grant>;

/// What the operator granted of one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// The base URL: scheme, host, port, and a path that is put before every request's.
    /// None for an endpoint of which requests always name the host.
    pub base: Option<String>,
    /// The hosts requests may name, as a pattern with scheme; none: only the base's.
    pub hosts: Option<String>,
    /// What was approved as a read by POST, with its form.
    pub reads: Vec<ReadSpec>,
    /// `host:port` of servers that may have addresses which are not public: in the
    /// operator's own network, or on this machine. Everywhere else they are refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub private: Vec<String>,
}

/// One resolved endpoint, for people: what is asked and what is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// Its name in the manifest.
    pub name: String,
    /// What the manifest asks for, in words.
    pub asked: String,
    /// What the operator granted.
    pub granted: Option<Grant>,
}

/// The operator's numbers for a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BucketOverride {
    /// Calls in the window; 0: no limit.
    pub calls: Option<u32>,
    /// Calls at one time; 0: no limit.
    pub at_once: Option<u32>,
}
