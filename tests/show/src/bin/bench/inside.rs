//! The engine inside this process: what would take the program thousands of starts is set up through it.
//!
//! Leaves alone: measuring. What is measured is the program, or a single verb of the engine.

use crosswalk_engine::clock::Clock;
use crosswalk_engine::{Engine, NewConnection};
use crosswalk_model::Secret;
use crosswalk_model::connection::BucketOverride;
use crosswalk_runtime::{Runtime, RuntimeOptions};
use crosswalk_show::{Accounts, Trouble};
use crosswalk_store::{KeySource, Store};
use std::path::Path;
use std::sync::Arc;

/// An engine on a data folder, as the program has it there.
///
/// # Errors
/// The database or the sandbox cannot be opened.
pub(crate) fn engine(data: &Path, clock: Arc<dyn Clock>) -> Result<Engine, Trouble> {
    let store = Store::open(&data.join("crosswalk.db"), &KeySource::File(data.join("key")))?;
    let runtime = Runtime::new(RuntimeOptions { cache_dir: Some(data.join("cache")), ..RuntimeOptions::default() })?;
    Ok(Engine::new(store, runtime, clock, data.to_owned()))
}

/// How an operator connects to the simulated RMM, without limits of ours.
///
/// # Errors
/// The name is none.
pub(crate) fn rmm(name: &str, accounts: &Accounts) -> Result<NewConnection, Trouble> {
    let secrets = [("token-id", &accounts.rmm_token_id), ("token-secret", &accounts.rmm_token_secret)];
    connection(name, "pulseway-rmm", &[("api", format!("{}/api/v3", accounts.rmm_url))], &secrets, &["minute"])
}

/// The same, to the simulated PSA.
///
/// # Errors
/// The name is none.
pub(crate) fn psa(name: &str, accounts: &Accounts) -> Result<NewConnection, Trouble> {
    let secrets = [("secret", &accounts.psa_secret), ("integration-code", &accounts.psa_integration_code)];
    let endpoints = [("discovery", accounts.psa_url.clone()), ("zone", accounts.psa_url.clone())];
    let mut new = connection(name, "autotask", &endpoints, &secrets, &["hour", "threads"])?;
    new.settings.insert("user".to_owned(), accounts.psa_user.clone().into());
    new.settings.insert("owner-resource-id".to_owned(), 29_682_885.into());
    Ok(new)
}

/// A connection whose `unlimited` buckets have no limit.
///
/// # Errors
/// The name is none.
pub(crate) fn connection(
    name: &str,
    plugin: &str,
    endpoints: &[(&str, String)],
    secrets: &[(&str, &String)],
    unlimited: &[&str],
) -> Result<NewConnection, Trouble> {
    let none = BucketOverride { calls: Some(0), at_once: None };
    Ok(NewConnection {
        name: name.parse()?,
        plugin: plugin.parse()?,
        settings: Default::default(),
        secrets: secrets.iter().map(|(name, text)| ((*name).to_owned(), Secret::new((*text).clone()))).collect(),
        endpoints: endpoints.iter().map(|(name, url)| ((*name).to_owned(), url.clone())).collect(),
        grant_all: false,
        buckets: unlimited.iter().map(|name| ((*name).to_owned(), none)).collect(),
    })
}
