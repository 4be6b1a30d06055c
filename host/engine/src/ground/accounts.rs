//! The account a connection answers as, and the consequences when it changes.
//!
//! Links, decisions and plans refer to the records of one account. The account is stored at the first answer. It is
//! compared at every `check`, at the first work after a change of settings, secrets, grants or component, and once a
//! day; and at each piece of work while the vendor has returned neither name nor id, as in an account without records.
//! While a connection answers as another account, nothing of its syncs is planned, applied or undone, and none of its
//! connector's jobs runs, until it answers as before or a person confirms that both are the same. A connection that is
//! in no sync takes over the new account at once.
//!
//! Several connections may lead to one account. What one of them bills there counts for all of them.

use super::opened::Opened;
use super::tenant::Tenant;
use super::{noting, patience};
use crate::error::Error;
use crosswalk_model::said::Arg;
use crosswalk_model::{Account, Call, ConnectionName, Event, KnownAccount, Sync, SyncName, Verb, said};
use crosswalk_runtime::Identity;
use crosswalk_store::TenantStore;
use serde::Serialize;
use std::collections::HashMap;

/// Age in milliseconds at which a stored account is asked for again: another database may answer at the same address.
const AGAIN_MS: i64 = 24 * 3_600_000;

/// A connection's answer about its account.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Identity as the connector returned it.
    pub identity: Identity,
    /// Result of the comparison with the known account.
    pub standing: Standing,
}

/// Relation of the returned account to the known one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Standing {
    /// No account was known; this one is now stored.
    Kept,
    /// The known account.
    Same,
    /// Another account than the known one; every sync of the connection is held.
    Other {
        /// The known account.
        known: Account,
        /// The syncs that are held.
        syncs: Vec<SyncName>,
    },
    /// Another account, taken over: no sync uses the connection, or a person confirmed that both are the same.
    Changed {
        /// The account known before.
        was: Account,
    },
}

/// Makes sure that a connection answers as the known account; asks the vendor where the stored answer does not suffice.
///
/// # Errors
/// `Held` if it answers as another account; the vendor's failure if it does not answer and never has since its last
/// change.
pub(crate) async fn identify(tenant: &Tenant, opened: &Opened) -> Result<(), Error> {
    let known = opened.account.as_ref();
    let age = known.map(|known| tenant.parts.clock.now().since_ms(known.asked_at));
    let sure = known.is_some_and(|known| known.other.is_none() && known.revision == opened.revision);
    let named = known.is_some_and(|known| known.account.is_told());
    if sure && named && age.is_some_and(|age| (0..AGAIN_MS).contains(&age)) {
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

/// Checks the stored state of a connection's account, without a call to the vendor.
///
/// # Errors
/// `Held` if the connection is known to answer as another account.
pub(crate) async fn not_held(tenant: &Tenant, name: &ConnectionName) -> Result<(), Error> {
    match tenant.store.account(name).await? {
        Some(KnownAccount { account, other: Some(other), .. }) => Err(held(name, &account, &other)),
        _ => Ok(()),
    }
}

/// Stores the account of a connection, or compares it with the known one.
pub(crate) async fn standing(tenant: &Tenant, opened: &Opened, identity: &Identity) -> Result<Standing, Error> {
    let (name, answered, now) = (&opened.name, account_of(identity), tenant.parts.clock.now());
    let known = tenant.store.account(name).await?;
    let asked = KnownAccount {
        account: answered.clone(),
        since: now,
        said_at: None,
        revision: opened.revision,
        asked_at: now,
        other: None,
    };
    let Some(known) = known.filter(|known| known.account.is_told()) else {
        let kept = said!("account-kept", connection = name, account = called(&answered));
        let store = noting::noting(tenant, None, Event::AccountKept, kept)?;
        let store = if answered.is_told() { &store } else { &tenant.store };
        store.account_put(name, &asked).await?;
        return Ok(Standing::Kept);
    };
    if known.account.is(&answered) {
        let account = known.account.clone().told_again(answered);
        let again = KnownAccount { account, since: known.since, said_at: known.said_at, ..asked };
        if known.other.is_some() {
            let message = said!("account-back", connection = name, account = called(&again.account));
            noting::noting(tenant, None, Event::AccountBack, message)?.account_put(name, &again).await?;
        } else {
            tenant.store.account_put(name, &again).await?;
        }
        return Ok(Standing::Same);
    }
    let uses = |sync: &crosswalk_model::Sync| sync.source == *name || sync.target == *name;
    let syncs: Vec<SyncName> = tenant.sync_list().await?.into_iter().filter(uses).map(|sync| sync.name).collect();
    if syncs.is_empty() {
        let (account, known_as) = (called(&answered), called(&known.account));
        let message = said!("account-changed", connection = name, account, known = known_as);
        noting::noting(tenant, None, Event::AccountChanged, message)?.account_change(name, &asked, true).await?;
        return Ok(Standing::Changed { was: known.account });
    }
    let other =
        KnownAccount { other: Some(answered.clone()), asked_at: now, revision: opened.revision, ..known.clone() };
    let first = known.other.as_ref() != Some(&answered);
    let (account, known_as) = (called(&answered), called(&known.account));
    let message = said!("account-other", connection = name, account, known = known_as);
    let store = if first { noting::noting(tenant, None, Event::AccountOther, message)? } else { tenant.store.clone() };
    store.account_put(name, &other).await?;
    Ok(Standing::Other { known: known.account, syncs })
}

/// Returns the connections that lead to the same account as `name`, itself included: those of the same plugin that
/// answer as that account. A connection that was never asked stands alone.
///
/// # Errors
/// The database's.
async fn same_account(store: &TenantStore, name: &ConnectionName) -> Result<Vec<ConnectionName>, Error> {
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

/// Returns the contract lines that other syncs bill in the account this sync writes to, through any connection, each
/// with the name of its sync.
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

/// An account in a message.
fn called(account: &Account) -> Arg {
    match (account.name.as_str(), &account.id) {
        ("", None) => said!("account-unnamed").into(),
        ("", Some(id)) => said!("account-of-id", id).into(),
        (name, None) => name.into(),
        (name, Some(id)) => format!("{name} ({id})").into(),
    }
}

fn held(name: &ConnectionName, known: &Account, answered: &Account) -> Error {
    let of = |verb| Call::of(verb).with("name", name);
    Error::Held {
        message: said!("account-held", connection = name, account = called(answered), known = called(known)),
        hint: said!(
            "account-hint-held",
            set = of(Verb::ConnectionSet),
            grant = of(Verb::ConnectionGrant),
            check = of(Verb::ConnectionCheck).flag("same").choose("reason"),
        ),
    }
}
