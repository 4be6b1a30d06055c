//! Whose account a connection answers as, and what follows when it is another one.
//!
//! Links, decisions and plans are about the records of one account. It is kept at the first answer, and
//! compared at every `check`, at the first work after a change of settings, secrets, grants or component,
//! and once a day; with each work while the vendor has told neither name nor id, as where it holds nothing yet.
//! While a connection answers as another account, nothing of its syncs is planned, applied or undone, and none
//! of its connector's jobs runs, until it answers as before, or a person says that both are the same. One that
//! is in no sync simply goes over to what it tells.
//!
//! Several connections may lead to one account. What is billed there by one of them is taken for all of them.

use super::opened::Opened;
use super::tenant::Tenant;
use super::{noting, patience};
use crate::error::Error;
use crosswalk_model::{Account, ConnectionName, KnownAccount, Sync, SyncName};
use crosswalk_runtime::Identity;
use crosswalk_store::TenantStore;
use serde::Serialize;
use std::collections::HashMap;

/// An account is asked for again after this long: behind the same address another database may stand.
const AGAIN_MS: i64 = 24 * 3_600_000;

/// What a connection told of its account.
#[derive(Debug, Clone)]
pub struct Checked {
    /// As the connector told it.
    pub identity: Identity,
    /// What that means.
    pub standing: Standing,
}

/// How an account that is told stands to the one that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Standing {
    /// It is the first that is told, and is kept.
    Kept,
    /// It is the known one.
    Same,
    /// It is another than this one, and every sync of the connection is held.
    Other {
        /// The known one.
        known: Account,
        /// Those syncs.
        syncs: Vec<SyncName>,
    },
    /// It was another than this one; no sync uses the connection, or a person said that both are the same.
    Changed {
        /// The one before.
        was: Account,
    },
}

/// Makes sure that a connection answers as the account that is known, asking where that is not sure.
///
/// # Errors
/// It answers as another: held. It does not answer, and has never since it was changed.
pub(crate) async fn identify(tenant: &Tenant, opened: &Opened) -> Result<(), Error> {
    let known = opened.account.as_ref();
    let age = known.map(|known| tenant.parts.clock.now().since_ms(known.asked_at));
    let sure = known.is_some_and(|known| known.other.is_none() && known.revision == opened.revision);
    let told = known.is_some_and(|known| known.account.is_told());
    if sure && told && age.is_some_and(|age| (0..AGAIN_MS).contains(&age)) {
        return Ok(());
    }
    let asked = tokio::select! {
        asked = patience::patiently(&opened.patience, &tenant.parts.stop, || opened.connector.check(&opened.reading)) => asked,
        () = tenant.parts.stop.stopped() => return Err(Error::Stopped),
    };
    match asked {
        Ok(identity) => match standing(tenant, opened, &identity).await? {
            Standing::Other { known, .. } => Err(held(&opened.name, &known, &account_of(&identity))),
            _ => Ok(()),
        },
        Err(_) if tenant.parts.stop.is_stopped() => Err(Error::Stopped),
        Err(failure) if sure => {
            tracing::debug!(connection = %opened.name, %failure, "the account is asked for again with the next run");
            Ok(())
        }
        Err(failure) => Err(opened.failed(failure)),
    }
}

/// Whether a connection is known to answer as another account; nothing is asked.
///
/// # Errors
/// It does: held.
pub(crate) async fn not_held(tenant: &Tenant, name: &ConnectionName) -> Result<(), Error> {
    match tenant.store.account(name).await? {
        Some(KnownAccount { account, other: Some(other), .. }) => Err(held(name, &account, &other)),
        _ => Ok(()),
    }
}

/// Keeps or compares what a connection told of its account.
pub(crate) async fn standing(tenant: &Tenant, opened: &Opened, identity: &Identity) -> Result<Standing, Error> {
    let (name, told, now) = (&opened.name, account_of(identity), tenant.parts.clock.now());
    let known = tenant.store.account(name).await?;
    let asked = KnownAccount {
        account: told.clone(),
        since: now,
        said_at: None,
        revision: opened.revision,
        asked_at: now,
        other: None,
    };
    let Some(known) = known.filter(|known| known.account.is_told()) else {
        let store = noting::noting(tenant, None, "account-kept", format!("{name}: {told}"))?;
        let store = if told.is_told() { &store } else { &tenant.store };
        store.account_put(name, &asked).await?;
        return Ok(Standing::Kept);
    };
    if known.account.is(&told) {
        let account = known.account.clone().told_again(told);
        let again = KnownAccount { account, since: known.since, said_at: known.said_at, ..asked };
        if known.other.is_some() {
            let message = format!("{name}: {} answers again", again.account);
            noting::noting(tenant, None, "account-back", message)?.account_put(name, &again).await?;
        } else {
            tenant.store.account_put(name, &again).await?;
        }
        return Ok(Standing::Same);
    }
    let uses = |sync: &crosswalk_model::Sync| sync.source == *name || sync.target == *name;
    let syncs: Vec<SyncName> = tenant.sync_list().await?.into_iter().filter(uses).map(|sync| sync.name).collect();
    if syncs.is_empty() {
        let message = format!("{name}: {told}, was {}; it is in no sync", known.account);
        noting::noting(tenant, None, "account-changed", message)?.account_change(name, &asked, true).await?;
        return Ok(Standing::Changed { was: known.account });
    }
    let other = KnownAccount { other: Some(told.clone()), asked_at: now, revision: opened.revision, ..known.clone() };
    let first = known.other.as_ref() != Some(&told);
    let message = format!("{name}: {told} answers, was {}; its syncs are held", known.account);
    let store = if first { noting::noting(tenant, None, "account-other", message)? } else { tenant.store.clone() };
    store.account_put(name, &other).await?;
    Ok(Standing::Other { known: known.account, syncs })
}

/// The connections that lead to the account of one, itself among them: those of its plugin that answer as the same
/// account. One that was never asked leads nowhere else.
///
/// # Errors
/// The database's.
pub(crate) async fn same_account(store: &TenantStore, name: &ConnectionName) -> Result<Vec<ConnectionName>, Error> {
    let all = store.connection_list().await?;
    let plugin = all.iter().find(|one| one.name == *name).map(|one| one.plugin.clone());
    let mut same = vec![name.clone()];
    let Some(known) = store.account(name).await? else { return Ok(same) };
    for other in all.into_iter().filter(|other| other.name != *name && Some(&other.plugin) == plugin.as_ref()) {
        if store.account(&other.name).await?.is_some_and(|other| other.account.is(&known.account)) {
            same.push(other.name);
        }
    }
    Ok(same)
}

/// The lines of contracts that other syncs bill in the account a sync writes to, by whichever connection: the sync of
/// each.
///
/// # Errors
/// The database's.
pub(crate) async fn lines_of_others(store: &TenantStore, sync: &Sync) -> Result<HashMap<String, String>, Error> {
    let targets = same_account(store, &sync.target).await?;
    Ok(store.lines_of_others(&sync.name, &targets).await?)
}

pub(crate) fn account_of(identity: &Identity) -> Account {
    Account { name: identity.account.trim().to_owned(), id: identity.id.clone().filter(|id| !id.is_empty()) }
}

fn held(name: &ConnectionName, known: &Account, told: &Account) -> Error {
    Error::Held {
        message: format!(
            "`{name}` answers as {told}, and its links are about {known}: nothing of its syncs is planned or written"
        ),
        hint: format!(
            "point it back with `crosswalk connection set {name}` or `grant`; where both are the same account, say so with \
             `crosswalk connection check {name} --same --reason TEXT`; for another account add a connection and a sync of its own"
        ),
    }
}
