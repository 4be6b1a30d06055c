//! Tests of the room as a whole: real components, a real engine, a real vendor on loopback.

mod calls;
mod guest;
mod inside;
mod loading;
mod logins;
mod passing;
mod ports;
mod vendor;

pub(super) use ports::TestPorts;

use super::{CallContext, ConnectionSpec, Connector, Limits, Plugin, Runtime, RuntimeOptions};
use crosswalk_model::connection::BucketOverride;
use crosswalk_model::manifest::{ReadForm, ReadSpec};
use crosswalk_model::{Connection, Failure, Grant, Mode, Secret, TenantName};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A runtime with these limits.
pub(super) fn runtime(change: impl FnOnce(&mut Limits)) -> Runtime {
    let mut options = RuntimeOptions { guest_threads: 2, ..RuntimeOptions::default() };
    options.limits.calls_at_once = 16;
    options.limits.http.first_pause = Duration::from_millis(5);
    change(&mut options.limits);
    Runtime::new(options).unwrap()
}

/// A connection of the hand-made plugin, with this base granted.
pub(super) fn connection(digest: &str, base: &str) -> Connection {
    let grant = |base: &str| Grant {
        base: Some(base.to_owned()),
        hosts: None,
        reads: reads(&["/search", "/*/query"]),
        private: private_of(base),
    };
    Connection {
        name: "psa".parse().unwrap(),
        plugin: "hand-made".parse().unwrap(),
        digest: digest.to_owned(),
        settings: BTreeMap::new(),
        grants: BTreeMap::from([("api".to_owned(), grant(base)), ("open".to_owned(), grant(base))]),
        buckets: BTreeMap::<String, BucketOverride>::new(),
        revision: 1,
    }
}

/// Searches at these paths.
pub(super) fn reads(paths: &[&str]) -> Vec<ReadSpec> {
    paths.iter().map(|&path| ReadSpec { path: path.to_owned(), form: ReadForm::Query }).collect()
}

/// The private grant for the address of a vendor on loopback.
pub(super) fn private_of(base: &str) -> Vec<String> {
    let url = url::Url::parse(base).unwrap();
    vec![format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap())]
}

/// The secrets of that connection.
pub(super) fn secrets() -> BTreeMap<String, Secret> {
    BTreeMap::from([("key".to_owned(), Secret::new("s3cret-key"))])
}

/// Opens a plugin for a tenant.
fn open_for(tenant: &str, runtime: &Runtime, plugin: &Plugin, base: &str) -> (Arc<dyn Connector>, Arc<TestPorts>) {
    let ports = Arc::new(TestPorts::default());
    let tenant: TenantName = tenant.parse().unwrap();
    let spec = ConnectionSpec {
        tenant,
        connection: connection(plugin.digest(), base),
        secrets: secrets(),
        ports: ports.clone(),
    };
    (runtime.open(plugin, spec).unwrap(), ports)
}

/// A guest, loaded and opened, whose vendor is not there.
async fn opened(runtime: &Runtime, guest: &[u8]) -> (Arc<dyn Connector>, Arc<TestPorts>) {
    let plugin = runtime.load(guest).await.unwrap();
    open_for("default", runtime, &plugin, "http://127.0.0.1:9")
}

fn context(mode: Mode) -> CallContext {
    CallContext { mode, scratch: Arc::default() }
}

/// `check` as text: the account, or the failure.
async fn check(connector: &Arc<dyn Connector>) -> Result<String, String> {
    let checked = connector.check(&context(Mode::Plan)).await;
    checked.map(|identity| identity.account).map_err(|failure: Failure| failure.to_string())
}
