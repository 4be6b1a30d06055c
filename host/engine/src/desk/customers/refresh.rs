//! Reads single customers again, with their accounts, contracts and contract lines, ahead of the next run. Plans nothing
//! and writes to neither side.

use crate::boxed;
use crate::error::Error;
use crate::ground::progress::Progress;
use crate::ground::sync_run::{self, SyncRun};
use crate::ground::tenant::Tenant;
use crate::run::ending;
use crate::run::reading::{self, read_of};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Kind, Mode, Record, SyncName, said};
use serde::Serialize;
use std::collections::HashMap;

/// Result of reading a customer again.
#[derive(Debug, Clone, Serialize)]
pub struct Refreshed {
    /// The source's id.
    pub id: String,
    /// Present name at the source; `None` if it is gone from there.
    pub name: Option<String>,
    /// Previous name at the source, if it changed.
    pub was: Option<String>,
    /// Present name of its account at the target.
    pub account: Option<String>,
    /// Previous name of its account at the target, if it changed.
    pub account_was: Option<String>,
}

impl Tenant {
    /// Reads customers, their accounts, contracts and contract lines again now, ahead of the next run. Writes to
    /// neither side.
    ///
    /// # Errors
    /// There is no such sync; another process works on it; the vendor's answer.
    #[boxed]
    pub async fn customer_refresh(
        &self,
        sync: &SyncName,
        customers: &[String],
        progress: &dyn Progress,
    ) -> Result<Vec<Refreshed>, Error> {
        let run = sync_run::begin(self, sync, Mode::Plan, progress).await?;
        let refreshed = refresh_customers(&run, customers).await;
        match &refreshed {
            Ok(_) => ending::end_idle(&run).await?,
            Err(error) => run.fail(error).await,
        }
        refreshed
    }
}

async fn refresh_customers(run: &SyncRun<'_>, customers: &[String]) -> Result<Vec<Refreshed>, Error> {
    let links = run.store.links_by_sources(&run.sync.name, Kind::Customer, customers).await?;
    let accounts: HashMap<String, String> =
        links.iter().filter_map(|link| Some((link.source.clone(), link.linked()?.to_owned()))).collect();
    let targets: Vec<String> = accounts.values().cloned().collect();
    let before = names_before(run, customers, &targets).await?;
    let sides = (
        reading::read_now(run, &run.source, Kind::Customer, customers).await?,
        reading::read_now(run, &run.target, Kind::Customer, &targets).await?,
    );
    let (Some(source), Some(target)) = sides else {
        return Err(Error::invalid(
            said!("customer-not-read-alone", source = &run.source.name, target = &run.target.name),
            said!("customer-hint-plan", plan = Call::of(Verb::Plan).with("sync", &run.sync.name)),
        ));
    };
    if run.sync.rules.bills() {
        let mut contracts = Vec::new();
        for account in &targets {
            contracts.extend(read_of(run, Kind::Contract, account).await?);
        }
        for contract in contracts {
            read_of(run, Kind::Usage, &contract).await?;
        }
    }
    let of = |id: &String| {
        let account = accounts.get(id);
        let (name, there) = (source.records.get(id), account.and_then(|account| target.records.get(account)));
        let changed = |record: Option<&Record>, before: Option<&String>| {
            before.filter(|before| record.is_some_and(|record| record.name != **before)).cloned()
        };
        Refreshed {
            id: id.clone(),
            was: changed(name, before.0.get(id)),
            name: name.map(|record| record.name.clone()),
            account_was: changed(there, account.and_then(|account| before.1.get(account))),
            account: there.map(|record| record.name.clone()).or_else(|| {
                let unread = account.filter(|account| target.unread.contains_key(*account))?;
                before.1.get(unread).cloned()
            }),
        }
    };
    Ok(customers.iter().map(of).collect())
}

async fn names_before(
    run: &SyncRun<'_>,
    customers: &[String],
    accounts: &[String],
) -> Result<(HashMap<String, String>, HashMap<String, String>), Error> {
    let names = |stored: Vec<crosswalk_store::Stored>| {
        stored.into_iter().map(|stored| (stored.record.id, stored.record.name)).collect()
    };
    Ok((
        names(run.store.records_by_ids(&run.source.name, Kind::Customer, customers).await?),
        names(run.store.records_by_ids(&run.target.name, Kind::Customer, accounts).await?),
    ))
}
