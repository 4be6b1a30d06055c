//! Turns a file into something callable. A [`Runtime`] reads, compiles (or takes from the cache)
//! and links plugins; a [`Plugin`] is opened for a connection.

use super::bindings::{Connector as World, ConnectorPre};
use super::cache::Cache;
use super::call::Tenancy;
use super::catalog::{self, Inspected, PluginError};
use super::engine::{RuntimeError, Sandbox};
use super::gate::{AccountBudgets, Gate, GateProblem, VendorChannel};
use super::host::{CallState, ConnectionContext};
use super::limits::Limits;
use super::loaded::Loaded;
use super::no_account::NoAccount;
use super::ports::Ports;
use super::problem::Problems;
use super::registry::Registry;
use super::settings::check_settings;
use super::wasm::{self, WasmConnector};
use super::{Connector, inert_wasi};
use crate::boxed;
use crosswalk_model::manifest::COMPONENT_BYTES_MAX;
use crosswalk_model::{Connection, ConnectionName, Description, Failure, Manifest, Secret, TenantName};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Component, HasSelf, Linker};

/// Settings of a runtime.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// Folder of compiled components; `None` disables the cache.
    pub cache_dir: Option<PathBuf>,
    /// Number of threads that guests run on; at least two, so that one endless guest does not block
    /// the rest.
    pub guest_threads: usize,
    /// Limits of a call.
    pub limits: Limits,
    /// Maximum size of a component, in bytes.
    pub max_component_bytes: u64,
    /// Time limit for compiling a component.
    pub compile: Duration,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            cache_dir: None,
            guest_threads: std::thread::available_parallelism().map_or(2, usize::from).max(2),
            limits: Limits::default(),
            max_component_bytes: COMPONENT_BYTES_MAX,
            compile: Duration::from_secs(60),
        }
    }
}

/// The sandbox of a process: one engine, its guests and the loaded plugins. Cheap to clone.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    sandbox: Arc<Sandbox>,
    linker: Linker<CallState>,
    cache: Option<Cache>,
    limits: Limits,
    max_component_bytes: u64,
    compile: Duration,
    plugins: Registry<String, Loaded>,
    tenants: Registry<TenantName, Tenancy>,
    channels: Registry<(TenantName, ConnectionName), VendorChannel>,
    budgets: Registry<TenantName, AccountBudgets>,
}

impl Inner {
    fn load(&self, inspected: Inspected, bytes: &[u8]) -> Result<Arc<Loaded>, PluginError> {
        let component = self.compile(&inspected.digest, bytes)?;
        let mut linker = self.linker.clone();
        let misfit = |error: wasmtime::Error| PluginError::World(format!("{error:#}"));
        inert_wasi::link(&mut linker, &component, &inspected).map_err(misfit)?;
        let pre = linker.instantiate_pre(&component).and_then(ConnectorPre::new).map_err(misfit)?;
        let manifest = Arc::new(inspected.manifest.clone());
        let limits = self.limits.narrowed(&manifest.limits);
        let digest = inspected.digest.clone();
        let loaded = Loaded { inspected, manifest, sandbox: Arc::clone(&self.sandbox), pre, limits };
        Ok(self.plugins.put(digest, Arc::new(loaded)))
    }

    fn compile(&self, digest: &str, bytes: &[u8]) -> Result<Component, PluginError> {
        let engine = &self.sandbox.engine;
        if let Some(component) = self.cache.as_ref().and_then(|cache| cache.get(engine, digest)) {
            return Ok(component);
        }
        let component = Component::new(engine, bytes).map_err(|error| PluginError::Compile(format!("{error:#}")))?;
        if let Some(cache) = &self.cache {
            cache.put(engine, digest, &component);
        }
        Ok(component)
    }
}

/// A plugin, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Plugin(Arc<Loaded>);

/// The inputs for opening a plugin.
pub struct ConnectionSpec {
    /// The tenant that owns the connection.
    pub tenant: TenantName,
    /// The connection: settings, grants, budget.
    pub connection: Connection,
    /// Secrets by their names in the manifest. Only the gate sees them.
    pub secrets: BTreeMap<String, Secret>,
    /// The host's ports for this tenant and connection.
    pub ports: Arc<dyn Ports>,
}

/// Errors that prevent a connection from opening.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The connection belongs to another plugin.
    #[error("connection `{connection}` is for plugin `{wanted}`, and this is `{found}`")]
    Plugin {
        /// The connection.
        connection: ConnectionName,
        /// The connection's plugin.
        wanted: String,
        /// The plugin at hand.
        found: String,
    },
    /// The connection is pinned to another file.
    #[error(
        "connection `{connection}` is pinned to the component {wanted}, and this is {found}; only the operator upgrades it"
    )]
    Digest {
        /// The connection.
        connection: ConnectionName,
        /// The pinned digest.
        wanted: String,
        /// The digest of the plugin at hand.
        found: String,
    },
    /// The settings are invalid.
    #[error(transparent)]
    Settings(#[from] Problems),
    /// Required secrets are missing.
    #[error("missing: {}; give them with `crosswalk connection add`, from a prompt, a file or the environment", .0.join(", "))]
    Secrets(Vec<String>),
    /// Its grants and credentials do not make a usable gate.
    #[error(transparent)]
    Gate(#[from] GateProblem),
}

impl Runtime {
    /// Starts the engine and the guests' threads. One per process is enough.
    ///
    /// # Errors
    /// The engine, the threads or the cache cannot be set up on this machine.
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let RuntimeOptions { cache_dir, guest_threads, limits, max_component_bytes, compile } = options;
        let sandbox = Arc::new(Sandbox::new(&limits, guest_threads.max(2))?);
        let cache = cache_dir
            .map(|path| Cache::open(&path).map_err(|source| RuntimeError::Cache { path, source }))
            .transpose()?;
        let mut linker = Linker::new(&sandbox.engine);
        World::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)
            .map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let (plugins, tenants, channels) = (Registry::default(), Registry::default(), Registry::default());
        let budgets = Registry::default();
        Ok(Self(Arc::new(Inner {
            sandbox,
            linker,
            cache,
            limits,
            max_component_bytes,
            compile,
            plugins,
            tenants,
            channels,
            budgets,
        })))
    }

    /// Reads a component's manifest and imports without compiling it.
    ///
    /// # Errors
    /// Why this host cannot use the component.
    pub fn inspect(bytes: &[u8]) -> Result<Inspected, PluginError> {
        catalog::inspect(bytes)
    }

    /// Loads a plugin. If it has to be compiled, this takes a second or more, on threads made for
    /// blocking work.
    ///
    /// # Errors
    /// Why this host cannot use the component.
    #[boxed]
    pub async fn load(&self, bytes: &[u8]) -> Result<Plugin, PluginError> {
        self.check_size(bytes.len() as u64)?;
        self.link(catalog::inspect(bytes)?, bytes.to_vec()).await
    }

    /// Loads a plugin from a file if the file has the expected digest.
    ///
    /// # Errors
    /// The file is unreadable or has another digest, or this host cannot use the component.
    #[boxed]
    pub async fn load_file(&self, path: &Path, expected_digest: &str) -> Result<Plugin, PluginError> {
        let unreadable = |source| PluginError::File { path: path.to_owned(), source };
        self.check_size(std::fs::metadata(path).map_err(unreadable)?.len())?;
        let bytes = std::fs::read(path).map_err(unreadable)?;
        let found = catalog::digest(&bytes);
        if found != expected_digest {
            return Err(PluginError::Digest { expected: expected_digest.to_owned(), found });
        }
        self.link(catalog::inspect(&bytes)?, bytes).await
    }

    fn check_size(&self, size: u64) -> Result<(), PluginError> {
        let max = self.0.max_component_bytes;
        if size > max { Err(PluginError::TooLarge { size, max }) } else { Ok(()) }
    }

    async fn link(&self, inspected: Inspected, bytes: Vec<u8>) -> Result<Plugin, PluginError> {
        if let Some(loaded) = self.0.plugins.get(&inspected.digest) {
            return Ok(Plugin(loaded));
        }
        let inner = Arc::clone(&self.0);
        let loading = tokio::task::spawn_blocking(move || inner.load(inspected, &bytes));
        match tokio::time::timeout(self.0.compile, loading).await {
            Ok(Ok(loaded)) => loaded.map(Plugin),
            Ok(Err(_)) => Err(PluginError::Compile("the compiler failed; see the log".to_owned())),
            Err(_) => Err(PluginError::CompileTime(self.0.compile.as_secs())),
        }
    }

    /// Opens a plugin for a connection. Sends no request.
    ///
    /// # Errors
    /// What is missing or invalid, and what to supply.
    pub fn open(&self, plugin: &Plugin, spec: ConnectionSpec) -> Result<Arc<dyn Connector>, OpenError> {
        let ConnectionSpec { tenant, connection, secrets, ports } = spec;
        let manifest = &plugin.0.manifest;
        if connection.plugin != manifest.id {
            let (wanted, found) = (connection.plugin.to_string(), manifest.id.to_string());
            return Err(OpenError::Plugin { connection: connection.name, wanted, found });
        }
        if connection.digest != plugin.digest() {
            let (wanted, found) = (connection.digest, plugin.digest().to_owned());
            return Err(OpenError::Digest { connection: connection.name, wanted, found });
        }
        let settings = check_settings(manifest, &connection.settings)?;
        let missing = manifest.secrets.iter().filter(|(name, spec)| spec.required && !secrets.contains_key(*name));
        let missing: Vec<String> = missing.map(|(name, spec)| format!("secret `{name}` ({})", spec.title)).collect();
        if !missing.is_empty() {
            return Err(OpenError::Secrets(missing));
        }
        let budgets = self.0.budgets.get_or(&tenant, AccountBudgets::default);
        let channel =
            self.0.channels.get_or(&(tenant.clone(), connection.name.clone()), || VendorChannel::with_budgets(budgets));
        let tenancy = self.0.tenants.get_or(&tenant, || Tenancy::new(&self.0.limits));
        let limits = plugin.0.limits.clone();
        let gate =
            Gate::new(manifest, &connection, &settings, &secrets, channel, Arc::clone(&ports), limits.http.clone())?;
        let context = ConnectionContext {
            manifest: Arc::clone(manifest),
            settings: serde_json::Value::Object(settings.into_iter().collect()).to_string(),
            ports,
            gate: Some(Arc::new(gate)),
            limits,
        };
        Ok(Arc::new(WasmConnector { plugin: Arc::clone(&plugin.0), tenancy, connection: Arc::new(context) }))
    }
}

impl Plugin {
    /// The plugin's manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.0.manifest
    }

    /// Everything read from the plugin before it was compiled.
    #[must_use]
    pub fn inspected(&self) -> &Inspected {
        &self.0.inspected
    }

    /// SHA-256 of its file, lower-case hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.0.inspected.digest
    }

    /// Asks the plugin for its capabilities, without an account.
    ///
    /// # Errors
    /// The plugin crashes or exceeds a limit.
    #[boxed]
    pub async fn describe(&self) -> Result<Description, Failure> {
        let context = ConnectionContext {
            manifest: Arc::clone(&self.0.manifest),
            settings: "{}".to_owned(),
            ports: Arc::new(NoAccount),
            gate: None,
            limits: self.0.limits.clone(),
        };
        wasm::describe(&self.0, &Arc::new(Tenancy::new(&self.0.limits)), &Arc::new(context)).await
    }
}
