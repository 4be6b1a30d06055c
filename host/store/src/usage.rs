//! Billing by usage: the history of counts, the switches, and the last results.
//!
//! Counts are kept as spans. A report with the same count as the one before only moves the end of the span, so a year
//! of daily runs costs one row per line and change. A day without a report breaks a span, because the vendor's count of
//! that day is unknown.

use super::connections::connection_id;
use super::rows::{collect, document, first, message, said, time, to_document, word};
use super::syncs::sync_id;
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::usage::{Count, CountSpan, LastOutcome};
use crosswalk_model::{ConnectionName, Switches, SyncName, Timestamp};
use rusqlite::{Connection, Row, params};
use std::collections::{HashMap, HashSet};

/// Result of the last reading of usage: the reason why nothing is known, the customers of whom nothing is known, and
/// the month that decides.
pub(crate) type FetchedRow = (Option<String>, HashMap<String, String>, Option<String>);

/// Reports further apart than this leave a day between them of which nothing is known.
const UNBROKEN_MS: i64 = 36 * 3_600_000;

impl TenantStore {
    /// Stores what a complete report counted at `at`.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn counts_put(
        &self,
        connection: &ConnectionName,
        counts: Vec<Count>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.write(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut extend = db.prepare_cached(
                "UPDATE counts SET last_at = max(last_at, ?6) WHERE tenant = ?1 AND connection = ?2 AND customer = ?3 \
                 AND product = ?4 AND period = ?5 AND quantity = ?7 AND actual IS ?8 AND last_at >= ?9 \
                 AND first_at = (SELECT max(first_at) FROM counts WHERE tenant = ?1 AND connection = ?2 \
                     AND customer = ?3 AND product = ?4 AND period = ?5)",
            )?;
            let mut begin = db.prepare_cached(
                "INSERT INTO counts (tenant, connection, customer, product, period, first_at, last_at, quantity, actual) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8) \
                 ON CONFLICT DO UPDATE SET quantity = excluded.quantity, actual = excluded.actual",
            )?;
            for count in &counts {
                let Count { customer, product, period, quantity, actual } = count;
                let extended = extend.execute(params![
                    tenant, connection, customer, product, period, at.0, quantity, actual, at.0 - UNBROKEN_MS
                ])?;
                if extended == 0 {
                    begin.execute(params![tenant, connection, customer, product, period, at.0, quantity, actual])?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Returns the counts of a customer, by product and month, oldest first.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn counts_of(&self, connection: &ConnectionName, customer: &str) -> Result<Vec<CountSpan>, StoreError> {
        let (tenant, connection, customer) = (self.id, connection.clone(), customer.to_owned());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT customer, product, period, quantity, actual, first_at, last_at FROM counts \
                 WHERE tenant = ?1 AND connection = ?2 AND customer = ?3 ORDER BY product, first_at, period",
            )?;
            collect(select.query(params![tenant, connection, customer])?, |row| {
                Ok(CountSpan {
                    customer: row.get(0)?,
                    product: row.get(1)?,
                    period: row.get(2)?,
                    quantity: row.get(3)?,
                    actual: row.get(4)?,
                    first_at: time(row, 5)?,
                    last_at: time(row, 6)?,
                })
            })
        })
        .await
    }

    /// Stores the result of the last reading of the source's usage: the reason why nothing is known, or the customers
    /// of whom nothing is known, and the month that decides.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn fetched_put(
        &self,
        sync: &SyncName,
        whole: Option<String>,
        gaps: &HashMap<String, String>,
        period: Option<String>,
    ) -> Result<(), StoreError> {
        let (tenant, sync, gaps) = (self.id, sync.clone(), to_document(gaps)?);
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            db.prepare_cached(
                "INSERT INTO fetched (tenant, sync, whole, gaps, period) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT DO UPDATE SET whole = excluded.whole, gaps = excluded.gaps, period = excluded.period",
            )?
            .execute(params![tenant, sync, whole, gaps, period])?;
            Ok(())
        })
        .await
    }

    /// Returns the result of the last reading of the source's usage; `None` if there was none.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn fetched(&self, sync: &SyncName) -> Result<Option<FetchedRow>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select =
                db.prepare_cached("SELECT whole, gaps, period FROM fetched WHERE tenant = ?1 AND sync = ?2")?;
            first(select.query([tenant, sync])?, |row| Ok((row.get(0)?, document(row, 1, "gaps")?, row.get(2)?)))
        })
        .await
    }

    /// Returns the source customers that have present usage.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn customers_with_usage(&self, connection: &ConnectionName) -> Result<HashSet<String>, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT DISTINCT parent FROM records WHERE tenant = ?1 AND connection = ?2 AND kind = 'usage' \
                 AND parent IS NOT NULL AND gone_at IS NULL",
            )?;
            Ok(collect(select.query([tenant, connection])?, |row| Ok(row.get(0)?))?.into_iter().collect())
        })
        .await
    }

    /// Returns the contract lines that other syncs of the tenant to any of these connections use, each with its sync.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn lines_of_others(
        &self,
        sync: &SyncName,
        targets: &[ConnectionName],
    ) -> Result<HashMap<String, String>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        let targets: Vec<&str> = targets.iter().map(ConnectionName::as_str).collect();
        let targets = serde_json::Value::from(targets).to_string();
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT l.target, s.name FROM connections c \
                 JOIN syncs s ON s.tenant = c.tenant AND s.target = c.id AND s.id <> ?2 \
                 JOIN links l ON l.tenant = s.tenant AND l.sync = s.id AND l.kind = 'usage' \
                 WHERE c.tenant = ?1 AND c.name IN (SELECT value FROM json_each(?3)) \
                     AND l.state = 'linked' AND l.target IS NOT NULL",
            )?;
            let rows = select.query(params![tenant, sync, targets])?;
            Ok(collect(rows, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
        })
        .await
    }

    /// Returns the switches that persons set, by source customer.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn switches(&self, sync: &SyncName) -> Result<HashMap<String, Switches>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select =
                db.prepare_cached("SELECT customer, usage, tickets FROM switches WHERE tenant = ?1 AND sync = ?2")?;
            let rows = collect(select.query([tenant, sync])?, |row| {
                Ok((row.get(0)?, Switches { usage: row.get(1)?, tickets: row.get(2)? }))
            })?;
            Ok(rows.into_iter().collect())
        })
        .await
    }

    /// Returns the last outcome, by source customer.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn outcomes(&self, sync: &SyncName) -> Result<HashMap<String, LastOutcome>, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut select = db.prepare_cached(
                "SELECT customer, ending, at, run, message, connection, failure FROM outcomes \
                 WHERE tenant = ?1 AND sync = ?2",
            )?;
            let rows = collect(select.query([tenant, sync])?, |row| Ok((row.get(0)?, outcome(row)?)))?;
            Ok(rows.into_iter().collect())
        })
        .await
    }

    /// Stores outcomes, by source customer; `None` deletes one. Customers that are not named keep theirs.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn outcomes_put(
        &self,
        sync: &SyncName,
        outcomes: HashMap<String, Option<LastOutcome>>,
    ) -> Result<(), StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let mut put = db.prepare_cached(
                "INSERT INTO outcomes (tenant, sync, customer, ending, at, run, message, connection, failure) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) \
                 ON CONFLICT DO UPDATE SET ending = excluded.ending, at = excluded.at, run = excluded.run, \
                     message = excluded.message, connection = excluded.connection, failure = excluded.failure",
            )?;
            let mut forget =
                db.prepare_cached("DELETE FROM outcomes WHERE tenant = ?1 AND sync = ?2 AND customer = ?3")?;
            for (customer, outcome) in &outcomes {
                let Some(outcome) = outcome else {
                    forget.execute(params![tenant, sync, customer])?;
                    continue;
                };
                let (connection, failure) = outcome.trouble.clone().unzip();
                put.execute(params![
                    tenant,
                    sync,
                    customer,
                    outcome.ending.as_str(),
                    outcome.at.0,
                    outcome.run.0,
                    message(&outcome.message),
                    connection,
                    failure
                ])?;
            }
            Ok(())
        })
        .await
    }
}

fn outcome(row: &Row<'_>) -> Result<LastOutcome, StoreError> {
    let (connection, failure): (Option<String>, Option<String>) = (row.get(5)?, row.get(6)?);
    Ok(LastOutcome {
        ending: word(row, 1)?,
        at: time(row, 2)?,
        run: crosswalk_model::RunId(row.get(3)?),
        message: said(row, 4)?,
        trouble: connection.zip(failure),
    })
}

/// Stores switches of source customers inside a transaction.
pub(super) fn put_switches(
    db: &Connection,
    tenant: i64,
    sync: i64,
    switches: &[(String, Switches)],
) -> Result<(), StoreError> {
    let mut put = db.prepare_cached(
        "INSERT INTO switches (tenant, sync, customer, usage, tickets) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO UPDATE SET usage = excluded.usage, tickets = excluded.tickets",
    )?;
    for (customer, switches) in switches {
        put.execute(params![tenant, sync, customer, switches.usage, switches.tickets])?;
    }
    Ok(())
}
