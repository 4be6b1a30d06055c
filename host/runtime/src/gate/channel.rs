//! One tenant's line to one vendor account: the pooled HTTP client and the token of its
//! login, shared by every opening of the same connection in this process and by nothing
//! else. It goes away with the last opening.
//!
//! The client follows no redirects, uses no proxy, keeps no cookies, and retries
//! nothing by itself; TLS sessions are its own. What checks certificates is shared by
//! all clients, as it is large and holds nothing of any tenant.

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

/// Idle connections are closed before the usual server does it: a write on a connection
/// that just closed has an uncertain end.
const IDLE: Duration = Duration::from_secs(15);

/// See the module's text.
pub(crate) struct VendorChannel {
    client: OnceLock<Client>,
    /// One for each `host:port` that was granted as private: its addresses are checked by
    /// another rule, and no request to another host may meet a connection of it.
    private: Mutex<HashMap<String, Client>>,
    lookup: Arc<dyn Lookup>,
    /// The tenant's, whichever connection is asked for.
    pub(super) accounts: Arc<AccountBudgets>,
    /// By the fingerprint of the login: one whose secrets were changed has a token of its own.
    token_caches: Mutex<HashMap<[u8; 32], Arc<TokenCache>>>,
}

impl Default for VendorChannel {
    fn default() -> Self {
        Self::with_lookup(Arc::new(System))
    }
}

impl VendorChannel {
    /// A line that resolves names in this way.
    pub(crate) fn with_lookup(lookup: Arc<dyn Lookup>) -> Self {
        let (client, private, accounts, token_caches) = Default::default();
        Self { client, private, lookup, accounts, token_caches }
    }

    /// A line of a tenant with these accounts.
    pub(crate) fn with_accounts(accounts: Arc<AccountBudgets>) -> Self {
        Self { accounts, ..Self::default() }
    }

    /// What keeps the token of the login with this fingerprint.
    pub(super) fn token_cache(&self, login: [u8; 32]) -> Arc<TokenCache> {
        let mut token_caches = self.token_caches.lock().unwrap_or_else(PoisonError::into_inner);
        token_caches.retain(|_, cache| Arc::strong_count(cache) > 1);
        Arc::clone(token_caches.entry(login).or_default())
    }

    /// The client for public hosts, or for one `host:port` that was granted as private;
    /// made when it is first needed.
    ///
    /// # Errors
    /// Why there is none.
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

/// TLS for one client: the machine's certificate store, and a session cache of its own.
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
