//! One tenant's channel to one vendor account: the pooled HTTP client and the cache of its login's
//! token. All openings of the same connection in this process share it, and nothing else does; it
//! is dropped with the last of them.
//!
//! The client follows no redirects, uses no proxy, keeps no cookies and retries nothing by itself;
//! its TLS sessions are its own. The certificate verifier is shared by all clients, as it is large
//! and holds nothing of a tenant.

use super::address::{Lookup, Resolver, System};
use super::budget::AccountBudgets;
use super::token::TokenCache;
use crate::limits::HttpLimits;
use reqwest::Client;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::crypto::ring;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Idle connections are closed before a typical server closes them: a write on a connection that
/// just closed has an uncertain outcome.
const IDLE: Duration = Duration::from_secs(15);

/// The shared state of a connection's openings.
pub(crate) struct VendorChannel {
    client: OnceLock<Client>,
    /// One client per `host:port` granted as private. Its addresses are checked by another rule,
    /// and no request to another host may use its connections.
    private: Mutex<HashMap<String, Client>>,
    lookup: Arc<dyn Lookup>,
    /// The tenant's budgets, for all of its connections.
    pub(super) budgets: Arc<AccountBudgets>,
    /// By the login's fingerprint: a login with new secrets has its own token.
    token_caches: Mutex<HashMap<[u8; 32], Arc<TokenCache>>>,
}

impl Default for VendorChannel {
    fn default() -> Self {
        Self::with_lookup(Arc::new(System))
    }
}

impl VendorChannel {
    /// A channel with its own name resolution.
    pub(crate) fn with_lookup(lookup: Arc<dyn Lookup>) -> Self {
        let (client, private, budgets, token_caches) = Default::default();
        Self { client, private, lookup, budgets, token_caches }
    }

    /// A channel of a tenant with these budgets.
    pub(crate) fn with_budgets(budgets: Arc<AccountBudgets>) -> Self {
        Self { budgets, ..Self::default() }
    }

    /// Returns the token cache of the login with this fingerprint.
    pub(super) fn token_cache(&self, login: [u8; 32]) -> Arc<TokenCache> {
        let mut token_caches = self.token_caches.lock().unwrap_or_else(PoisonError::into_inner);
        token_caches.retain(|_, cache| Arc::strong_count(cache) > 1);
        Arc::clone(token_caches.entry(login).or_default())
    }

    /// Returns the client for public hosts, or for one `host:port` granted as private; made on
    /// first use.
    ///
    /// # Errors
    /// Why the client cannot be made.
    pub(super) fn client(&self, limits: &HttpLimits, private: Option<&str>) -> Result<Client, String> {
        let Some(place) = private else {
            if let Some(client) = self.client.get() {
                return Ok(client.clone());
            }
            let made = self.make(limits, false)?;
            return Ok(self.client.get_or_init(|| made).clone());
        };
        let mut clients = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(place) {
            return Ok(client.clone());
        }
        let made = self.make(limits, true)?;
        clients.insert(place.to_owned(), made.clone());
        Ok(made)
    }

    fn make(&self, limits: &HttpLimits, private: bool) -> Result<Client, String> {
        Client::builder()
            .tls_backend_preconfigured(tls()?)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .tcp_nodelay(true)
            .dns_resolver(Resolver { lookup: Arc::clone(&self.lookup), private })
            .connect_timeout(limits.connect)
            .pool_idle_timeout(IDLE)
            .http1_max_headers(limits.headers)
            .http2_max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
            .user_agent(concat!("crosswalk/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("the HTTP client cannot be made: {error}"))
    }
}

/// TLS of one client: the machine's certificate store, and its own session cache.
fn tls() -> Result<ClientConfig, String> {
    static SHARED: OnceLock<Result<ClientConfig, String>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?;
        let config = match rustls_platform_verifier::Verifier::new(provider) {
            Ok(verifier) => builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth(),
            Err(error) => {
                tracing::error!(%error, "no certificate store on this machine, so no https vendor can be reached; install the package ca-certificates");
                builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
            }
        };
        Ok(config)
    });
    let mut config = shared.clone()?;
    config.resumption = Resumption::in_memory_sessions(16);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
