//! An opened connection: its connector, its description, and the error for its failures.
//!
//! Reads settings; changing them is `desk`'s.

use super::parts::Parts;
use super::patience::Patience;
use super::plugins;
use super::ports::ConnectionPorts;
use super::tenant::Tenant;
use crate::error::Error;
use crosswalk_model::{
    Call, Connection, ConnectionName, Description, Failure, KnownAccount, Manifest, Mode, Said, Verb, said,
};
use crosswalk_runtime::{CallContext, ConnectionSpec, Connector, Plugin};
use crosswalk_store::Opening;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A connection that is ready for calls.
pub(crate) struct Opened {
    pub(crate) name: ConnectionName,
    pub(crate) manifest: Manifest,
    pub(crate) description: Description,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) patience: Patience,
    /// Context of calls that only read; its scratch space is this connection's alone.
    pub(crate) reading: CallContext,
    /// Revision of the connection when it was opened.
    pub(crate) revision: i64,
    /// Account known when the connection was opened; `None` if it was never asked.
    pub(crate) account: Option<KnownAccount>,
}

impl Opened {
    /// Milliseconds during which a write may still be carried out after its reply failed to arrive.
    pub(crate) fn quiet_ms(&self) -> i64 {
        i64::from(self.manifest.quiet_seconds) * 1000
    }

    /// Turns a failure of this connection into an error with a hint.
    pub(crate) fn failed(&self, failure: Failure) -> Error {
        let own = self.manifest.troubleshooting.get(failure.name());
        let hint = own.map_or_else(|| general_hint(&failure), |text| text.as_str().into());
        Error::Vendor { connection: self.name.to_string(), failure, hint }
    }
}

/// Context of a call that only reads, outside a run.
pub(crate) fn reading() -> CallContext {
    CallContext { mode: Mode::Plan, scratch: Arc::default() }
}

fn general_hint(failure: &Failure) -> Said {
    match failure {
        Failure::Denied { .. } => said!("opened-hint-denied"),
        Failure::Throttled { .. } => said!("opened-hint-throttled"),
        Failure::Unavailable { .. } => said!("opened-hint-unavailable"),
        Failure::Broken { .. } => said!("opened-hint-broken"),
        _ => said!("opened-hint-other"),
    }
}

fn no_connection(name: &ConnectionName) -> Error {
    Error::not_found("connection", name, said!("find-hint-connection", list = Call::of(Verb::ConnectionList)))
}

/// Opens a connection: its pinned component, with its settings, secrets and grants.
pub(crate) async fn open(tenant: &Tenant, name: &ConnectionName) -> Result<Opened, Error> {
    let opening = tenant.store.connection_opening(name).await?.ok_or_else(|| no_connection(name))?;
    if let Some((since, why)) = &opening.quarantine {
        return Err(Error::invalid(
            said!("opened-quarantine", connection = name, since = *since, why),
            said!("opened-hint-quarantine", release = Call::of(Verb::ConnectionRelease).with("name", name)),
        ));
    }
    let plugin = plugins::plugin(&tenant.parts, &opening.connection.digest).await?;
    open_with(&tenant.parts, tenant, &plugin, opening).await
}

pub(crate) async fn connection(tenant: &Tenant, name: &ConnectionName) -> Result<Connection, Error> {
    tenant.store.connection_get(name).await?.ok_or_else(|| no_connection(name))
}

async fn open_with(parts: &Parts, tenant: &Tenant, plugin: &Plugin, opening: Opening) -> Result<Opened, Error> {
    let Opening { connection, secrets, account, .. } = opening;
    let (name, revision) = (connection.name.clone(), connection.revision);
    let ports = ConnectionPorts {
        store: tenant.store.clone(),
        connection: name.clone(),
        clock: parts.clock.clone(),
        crashed: AtomicBool::new(false),
    };
    let spec = ConnectionSpec { tenant: tenant.name.clone(), secrets, connection, ports: Arc::new(ports) };
    let connector = parts.runtime.open(plugin, spec).map_err(|error| {
        Error::invalid(
            said!("opened-not", connection = &name, problem = error.to_string()),
            said!("opened-hint-set", set = Call::of(Verb::ConnectionSet).with("name", &name)),
        )
    })?;
    let manifest = plugin.manifest().clone();
    let description = connector.describe().await.map_err(|failure| Error::Vendor {
        connection: name.to_string(),
        hint: general_hint(&failure),
        failure,
    })?;
    let (patience, reading) = (Patience::default(), reading());
    Ok(Opened { name, manifest, description, connector, patience, reading, revision, account })
}
