//! A plugin in memory: read, compiled and linked, and not bound to any connection.

use super::bindings::ConnectorPre;
use super::catalog::Inspected;
use super::engine::Sandbox;
use super::host::CallState;
use super::limits::Limits;
use crosswalk_model::Manifest;
use std::sync::Arc;

/// What [`Plugin`](super::Plugin) shares among its openings.
pub(super) struct Loaded {
    pub(super) inspected: Inspected,
    pub(super) manifest: Arc<Manifest>,
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) pre: ConnectorPre<CallState>,
    pub(super) limits: Limits,
}
