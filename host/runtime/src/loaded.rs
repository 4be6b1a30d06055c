//! A plugin in memory: read, compiled and linked, but not bound to a connection.

use super::bindings::ConnectorPre;
use super::catalog::Inspected;
use super::engine::Sandbox;
use super::host::CallState;
use super::limits::Limits;
use crosswalk_model::Manifest;
use std::sync::Arc;

/// The part of a [`Plugin`](super::Plugin) that its openings share.
pub(super) struct Loaded {
    pub(super) inspected: Inspected,
    pub(super) manifest: Arc<Manifest>,
    pub(super) sandbox: Arc<Sandbox>,
    pub(super) pre: ConnectorPre<CallState>,
    pub(super) limits: Limits,
}
