//! Connections: adds, checks, grants and changes them. Opening one for work is `ground::opened`'s.

use super::decisions::difference;
use super::plugins::{no_plugin, unusable};
use crate::boxed;
use crate::error::Error;
use crate::ground::accounts::{self, Checked, Standing, account_of};
use crate::ground::opened::{self, reading};
use crate::ground::tenant::Tenant;
use crate::ground::{claim, noting, plugins, schedules};
use crate::rules::grants;
use crosswalk_model::connection::BucketOverride;
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Connection, ConnectionName, Event, Grant, Grants, KnownAccount, Manifest, PluginId, Said, Secret, said,
};
use crosswalk_runtime::{Choice, SECRET_MIN, check_settings};
use crosswalk_store::{Claim, Health, JournalEntry};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// An operator's input for a new connection.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// Its name.
    pub name: ConnectionName,
    /// The plugin; its newest version is used.
    pub plugin: PluginId,
    /// Settings as text or JSON values; checked against the manifest.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// Secrets by the manifest's names.
    pub secrets: BTreeMap<String, Secret>,
    /// URL by endpoint. Naming an endpoint grants it.
    pub endpoints: BTreeMap<String, String>,
    /// Whether to grant every endpoint that has an address of its own, as the manifest asks.
    pub grant_all: bool,
    /// The operator's call limits in place of the vendor's.
    pub buckets: BTreeMap<String, BucketOverride>,
}

/// A connection, for people and programs. Secrets appear by name only.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionView {
    /// The connection.
    pub connection: Connection,
    /// Title of its plugin.
    pub title: String,
    /// Endpoints requested and granted.
    pub endpoints: Vec<EndpointView>,
    /// Requests by which the host logs in, in dry runs too: method and URL, or the endpoint's name and the path where
    /// it is not granted.
    pub login: Vec<String>,
    /// Names of the secrets that are set.
    pub secrets: Vec<String>,
    /// Health of its connector: crashes in a row, a rest, quarantine.
    pub health: HealthView,
    /// Its account as last returned; `None` before it was asked.
    pub account: Option<KnownAccount>,
    /// Names of the secrets that are too short to be found in what a vendor echoes.
    pub short_secrets: Vec<String>,
    /// Reason why its plugin cannot be used, with a hint; the plugin's requests are then unknown.
    pub problem: Option<Said>,
}

/// One endpoint: what the manifest asks for and what is granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndpointView {
    /// The name in the manifest.
    pub name: String,
    /// The manifest's request.
    pub asked: Said,
    /// The operator's grant.
    pub granted: Option<Grant>,
}

/// Health of a connection's connector.
#[derive(Debug, Clone, Serialize)]
pub struct HealthView {
    /// `ok`, `rests` after a crash, or `quarantine`.
    pub state: &'static str,
    /// Crashes in a row.
    pub crashes: u32,
    /// End of the rest from automatic work, or begin of the quarantine: RFC 3339.
    pub at: Option<String>,
    /// Reason for the quarantine.
    pub why: Option<Said>,
}

impl HealthView {
    fn of(health: Health) -> Self {
        let crashes = health.crashes;
        match (health.quarantine, health.rests_until) {
            (Some((since, why)), _) => {
                Self { state: "quarantine", crashes, at: Some(since.to_string()), why: Some(why) }
            }
            (None, Some(until)) => Self { state: "rests", crashes, at: Some(until.to_string()), why: None },
            (None, None) => Self { state: "ok", crashes, at: None, why: None },
        }
    }
}

impl Tenant {
    /// Adds a connection. Calls no vendor; `connection_check` does.
    ///
    /// # Errors
    /// The name is taken, there is no such plugin, a setting or secret is wrong or missing, an endpoint is unknown.
    #[boxed]
    pub async fn connection_add(&self, new: NewConnection) -> Result<ConnectionView, Error> {
        let row = self.parts.store.plugin_get(&new.plugin).await?.ok_or_else(|| no_plugin(&new.plugin))?;
        let plugin = plugins::plugin(&self.parts, &row.digest).await?;
        let manifest = plugin.manifest();
        let settings = settings_checked(manifest, &new.settings)?;
        secrets_checked(manifest, &new.secrets)?;
        buckets_checked(manifest, &new.buckets)?;
        let mut grants = Grants::new();
        for (name, spec) in &manifest.endpoints {
            let url = new.endpoints.get(name).map(String::as_str);
            if url.is_some() || (new.grant_all && (spec.base.is_some() || spec.hosts.is_some())) {
                grants.insert(name.clone(), grants::grant(name, spec, url)?);
            }
        }
        if let Some(unknown) = new.endpoints.keys().find(|name| !manifest.endpoints.contains_key(*name)) {
            return Err(no_endpoint(manifest, unknown));
        }
        let connection = Connection {
            name: new.name.clone(),
            plugin: new.plugin,
            digest: row.digest,
            settings,
            grants,
            buckets: new.buckets,
            revision: 0,
        };
        let (plugin, grants) = (connection.plugin.to_string(), json!(connection.grants).to_string());
        let message = said!("connection-added", connection = &new.name, plugin, grants);
        let mut entries = vec![noting::entry(self, Event::ConnectionAdded, message)];
        entries.extend(secret_entries(self, &new.name, &new.secrets));
        self.store.noting(None, &entries)?.connection_insert(&connection, &new.secrets).await?;
        self.connection_show(&new.name).await
    }

    /// Returns a connection.
    ///
    /// # Errors
    /// There is no connection of that name.
    #[boxed]
    pub async fn connection_show(&self, name: &ConnectionName) -> Result<ConnectionView, Error> {
        let connection = opened::connection(self, name).await?;
        let plugin = plugins::plugin(&self.parts, &connection.digest).await?;
        let manifest = plugin.manifest();
        let endpoints = manifest
            .endpoints
            .iter()
            .map(|(name, spec)| EndpointView {
                name: name.clone(),
                asked: grants::asked(spec),
                granted: connection.grants.get(name).cloned(),
            })
            .collect();
        let login = grants::logins(manifest, &connection.grants);
        let stored = connection_stored(self, connection).await?;
        Ok(ConnectionView { title: manifest.title.clone(), endpoints, login, ..stored })
    }

    /// Returns the plugin's troubleshooting texts, by the names of failures.
    ///
    /// # Errors
    /// There is no connection of that name.
    #[boxed]
    pub async fn connection_help(&self, name: &ConnectionName) -> Result<BTreeMap<String, String>, Error> {
        let connection = opened::connection(self, name).await?;
        let plugin = plugins::plugin(&self.parts, &connection.digest).await?;
        Ok(plugin.manifest().troubleshooting.clone())
    }

    /// Returns the tenant's connections. One whose plugin cannot be used is listed from what is stored.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn connection_list(&self) -> Result<Vec<ConnectionView>, Error> {
        let mut views = Vec::new();
        for connection in self.store.connection_list().await? {
            views.push(match self.connection_show(&connection.name).await {
                Err(error @ Error::Plugin(..)) => {
                    let problem = Some(unusable(&error));
                    ConnectionView { problem, ..connection_stored(self, connection).await? }
                }
                shown => shown?,
            });
        }
        Ok(views)
    }

    /// Grants an endpoint: as the manifest asks, or at the given URL. Each `host:port` of `private` may have addresses
    /// that are not public; with `private` alone, an endpoint that is granted keeps its URL.
    ///
    /// # Errors
    /// There is no such connection or endpoint; a URL is needed, or malformed; a private place is malformed, or not of
    /// this endpoint.
    #[boxed]
    pub async fn connection_grant(
        &self,
        name: &ConnectionName,
        endpoint: &str,
        url: Option<&str>,
        private: &[String],
    ) -> Result<ConnectionView, Error> {
        let mut connection = opened::connection(self, name).await?;
        let plugin = plugins::plugin(&self.parts, &connection.digest).await?;
        let manifest = plugin.manifest();
        let spec = manifest.endpoints.get(endpoint).ok_or_else(|| no_endpoint(manifest, endpoint))?;
        let known = connection.grants.get(endpoint).filter(|_| url.is_none() && !private.is_empty());
        let mut grant = known.cloned().map_or_else(|| grants::grant(endpoint, spec, url), Ok)?;
        grants::add_private(endpoint, &mut grant, private)?;
        let message = said!("connection-granted", connection = name, endpoint, grant = json!(grant).to_string());
        connection.grants.insert(endpoint.to_owned(), grant);
        noting::noting(self, None, Event::Granted, message)?.connection_update(&connection, &BTreeMap::new()).await?;
        self.connection_show(name).await
    }

    /// Withdraws the grant of an endpoint.
    ///
    /// # Errors
    /// There is no such connection, or the endpoint was not granted.
    #[boxed]
    pub async fn connection_revoke(&self, name: &ConnectionName, endpoint: &str) -> Result<ConnectionView, Error> {
        let mut connection = opened::connection(self, name).await?;
        if connection.grants.remove(endpoint).is_none() {
            return Err(Error::not_found(
                "grant",
                endpoint,
                said!("connection-hint-grants", list = Call::of(Verb::ConnectionList), connection = name),
            ));
        }
        let message = said!("connection-revoked", connection = name, endpoint);
        let store = noting::noting(self, None, Event::Revoked, message)?;
        store.connection_update(&connection, &BTreeMap::new()).await?;
        self.connection_show(name).await
    }

    /// Changes settings, secrets and call limits; those not named stay.
    ///
    /// # Errors
    /// There is no such connection; a setting, secret or bucket is wrong.
    #[boxed]
    pub async fn connection_set(
        &self,
        name: &ConnectionName,
        settings: &BTreeMap<String, serde_json::Value>,
        secrets: &BTreeMap<String, Secret>,
        buckets: &BTreeMap<String, BucketOverride>,
    ) -> Result<ConnectionView, Error> {
        let mut connection = opened::connection(self, name).await?;
        let plugin = plugins::plugin(&self.parts, &connection.digest).await?;
        let manifest = plugin.manifest();
        buckets_checked(manifest, buckets)?;
        if let Some(unknown) = secrets.keys().find(|secret| !manifest.secrets.contains_key(*secret)) {
            return Err(no_secret(manifest, unknown));
        }
        let before = json!({ "settings": connection.settings, "limits": connection.buckets });
        connection.settings.extend(settings.clone());
        connection.settings = settings_checked(manifest, &connection.settings)?;
        connection.buckets.extend(buckets.clone());
        let changed = difference(&before, &json!({ "settings": connection.settings, "limits": connection.buckets }));
        let changed = (!changed.is_empty()).then(|| {
            noting::entry(self, Event::ConnectionChanged, said!("connection-changed", connection = name, changed))
        });
        let entries: Vec<JournalEntry> = changed.into_iter().chain(secret_entries(self, name, secrets)).collect();
        self.store.noting(None, &entries)?.connection_update(&connection, secrets).await?;
        self.connection_show(name).await
    }

    /// Releases a connection from quarantine, or from its rest after a crash. Returns whether it was in either.
    ///
    /// # Errors
    /// There is no connection of that name.
    #[boxed]
    pub async fn connection_release(&self, name: &ConnectionName) -> Result<bool, Error> {
        opened::connection(self, name).await?;
        Ok(noting::noting(self, None, Event::ConnectionReleased, name.to_string().into())?
            .connection_release(name)
            .await?)
    }

    /// Returns the choices for a setting, read from the vendor now.
    ///
    /// # Errors
    /// The vendor's answer.
    #[boxed]
    pub async fn connection_choices(&self, name: &ConnectionName, setting: &str) -> Result<Vec<Choice>, Error> {
        let opened = opened::open(self, name).await?;
        opened.connector.choices(&reading(), setting).await.map_err(|failure| opened.failed(failure))
    }

    /// Asks the vendor whether the account is usable, and for its identity; stores the identity, or compares it with
    /// the known one.
    ///
    /// # Errors
    /// The vendor's answer, with a hint.
    #[boxed]
    pub async fn connection_check(&self, name: &ConnectionName) -> Result<Checked, Error> {
        let began = self.parts.clock.now();
        let opened = opened::open(self, name).await?;
        let identity = opened.connector.check(&reading()).await.map_err(|failure| opened.failed(failure))?;
        schedules::note_sound(self, &[name], began).await;
        let standing = accounts::standing(self, &opened, &identity).await?;
        Ok(Checked { identity, standing })
    }

    /// Checks a connection and records a person's word that the account which answers now is the known one under
    /// another id or name: links of the known account remain valid. Open plans of its syncs are void.
    ///
    /// # Errors
    /// The vendor's answer; the reason is empty; another process works on a sync of the connection.
    #[boxed]
    pub async fn connection_same(&self, name: &ConnectionName, reason: &str) -> Result<Checked, Error> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Error::invalid(said!("connection-no-reason"), said!("connection-hint-reason")));
        }
        let mut checked = self.connection_check(name).await?;
        let Standing::Other { known, syncs } = checked.standing else { return Ok(checked) };
        let mut leases = Vec::with_capacity(syncs.len());
        for sync in &syncs {
            leases.push(claim::claimed(self, &Claim::Sync(sync.clone())).await?);
        }
        let account = account_of(&checked.identity);
        let now = self.parts.clock.now();
        let revision = opened::connection(self, name).await?.revision;
        let changed = KnownAccount { account, since: now, said_at: Some(now), revision, asked_at: now, other: None };
        let account = changed.account.to_string();
        let message = said!("connection-same-account", connection = name, account, known = known.to_string(), reason);
        noting::noting(self, None, Event::AccountSame, message)?.account_change(name, &changed, false).await?;
        checked.standing = Standing::Changed { was: known };
        Ok(checked)
    }
}

/// View of a connection from what is stored, without its plugin.
async fn connection_stored(tenant: &Tenant, connection: Connection) -> Result<ConnectionView, Error> {
    let name = &connection.name;
    let secrets = tenant.store.secrets(name).await?;
    let short = |secret: &Secret| secret.expose().len() < SECRET_MIN;
    Ok(ConnectionView {
        title: String::new(),
        endpoints: Vec::new(),
        login: Vec::new(),
        short_secrets: secrets.iter().filter(|(_, secret)| short(secret)).map(|(name, _)| name.clone()).collect(),
        secrets: secrets.into_keys().collect(),
        health: HealthView::of(tenant.store.health(name).await?),
        account: tenant.store.account(name).await?,
        problem: None,
        connection,
    })
}

/// Journal entries on secrets: that each was changed, and nothing else.
fn secret_entries(tenant: &Tenant, name: &ConnectionName, secrets: &BTreeMap<String, Secret>) -> Vec<JournalEntry> {
    let message = |secret: &String| said!("connection-secret-changed", connection = name, secret);
    secrets.keys().map(|secret| noting::entry(tenant, Event::SecretChanged, message(secret))).collect()
}

fn settings_checked(
    manifest: &Manifest,
    settings: &BTreeMap<String, serde_json::Value>,
) -> Result<BTreeMap<String, serde_json::Value>, Error> {
    match check_settings(manifest, settings) {
        Ok(_) => Ok(settings.clone()),
        Err(problems) => Err(Error::Problems {
            what: said!("connection-settings"),
            problems: problems.sentences().iter().map(|sentence| sentence.as_str().into()).collect(),
            hint: said!(
                "connection-hint-settings",
                inspect = Call::of(Verb::PluginInspect).with("plugin", &manifest.id)
            ),
        }),
    }
}

fn secrets_checked(manifest: &Manifest, secrets: &BTreeMap<String, Secret>) -> Result<(), Error> {
    if let Some(unknown) = secrets.keys().find(|name| !manifest.secrets.contains_key(*name)) {
        return Err(no_secret(manifest, unknown));
    }
    let missing: Vec<&str> = manifest
        .secrets
        .iter()
        .filter(|(name, spec)| spec.required && !secrets.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(
        said!("connection-secrets-missing", title = manifest.title.as_str(), secrets = Arg::list(missing)),
        said!("connection-hint-secrets"),
    ))
}

fn buckets_checked(manifest: &Manifest, buckets: &BTreeMap<String, BucketOverride>) -> Result<(), Error> {
    match buckets.keys().find(|name| !manifest.buckets.contains_key(*name)) {
        None => Ok(()),
        Some(unknown) => Err(Error::not_found("bucket", unknown, names(manifest, manifest.buckets.keys()))),
    }
}

fn no_endpoint(manifest: &Manifest, name: &str) -> Error {
    Error::not_found("endpoint", name, names(manifest, manifest.endpoints.keys()))
}

fn no_secret(manifest: &Manifest, name: &str) -> Error {
    Error::not_found("secret", name, names(manifest, manifest.secrets.keys()))
}

/// Advice that lists what a plugin has.
fn names<'a>(manifest: &Manifest, names: impl Iterator<Item = &'a String>) -> Said {
    let (plugin, names) = (manifest.id.to_string(), names.collect::<Vec<_>>());
    if names.is_empty() {
        return said!("plugin-has-none", plugin);
    }
    said!("plugin-has", plugin, names = Arg::list(names))
}
