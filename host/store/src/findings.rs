//! Findings of plans, one by one. They are kept for the newest plans of a sync only, because each plan repeats what
//! still holds. The number of findings by cause stays with the plan itself.

use super::plans::plan_row;
use super::rows::{collect, count, first, int, limit, message, said, to_word, word};
use super::syncs::sync_id;
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{Cause, Finding, Kind, PlanId, Said, SyncName};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params, params_from_iter};

/// Number of whole plans of a sync whose findings are kept.
const WHOLE_PLANS: u32 = 3;
/// Number of plans of single records whose findings are kept.
const PART_PLANS: u32 = 20;
/// Rows that one transaction deletes.
const BATCH: usize = 5000;

/// Selects findings of a plan. `None` selects all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindingFilter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// With this cause.
    pub cause: Option<Cause>,
    /// Of this source customer.
    pub customer: Option<String>,
    /// Of the record with this id.
    pub source: Option<String>,
}

/// Findings of one kind with the same sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingGroup {
    /// The kind.
    pub kind: Kind,
    /// The cause.
    pub cause: Cause,
    /// The sentence.
    pub message: Said,
    /// Number of findings.
    pub count: u64,
    /// Number of source customers, of the findings whose customer is known.
    pub customers: u64,
    /// The id of the first record.
    pub source: String,
}

impl TenantStore {
    /// Adds findings to an unfinished plan, numbered from `first`.
    ///
    /// # Errors
    /// `NotFound` (the plan); `Stale`, if the plan is finished.
    #[boxed]
    pub async fn findings_insert(&self, plan: PlanId, number: u64, findings: Vec<Finding>) -> Result<(), StoreError> {
        let tenant = self.id;
        self.write_lightly(move |db| {
            if plan_row(db, tenant, plan)?.hash.is_some() {
                return Err(StoreError::stale("plan", plan));
            }
            let mut insert = db.prepare_cached(
                "INSERT INTO findings (tenant, plan, number, kind, cause, side, customer, source, message) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for (number, one) in (number..).zip(&findings) {
                insert.execute(params![
                    tenant,
                    plan.0,
                    int(number),
                    one.kind.as_str(),
                    one.cause.as_str(),
                    to_word(&one.side)?,
                    one.customer,
                    one.source,
                    message(&one.message)
                ])?;
            }
            Ok(())
        })
        .await
    }

    /// Returns findings of a plan in the order in which they were found, after a number (0: from the first), each with
    /// its number.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn findings_list(
        &self,
        plan: PlanId,
        filter: &FindingFilter,
        after: u64,
        most: usize,
    ) -> Result<Vec<(u64, Finding)>, StoreError> {
        let (tenant, filter) = (self.id, filter.clone());
        self.read(move |db| {
            plan_row(db, tenant, plan)?;
            let (wanted, mut values) = condition(tenant, plan, &filter);
            let sql = format!(
                "SELECT number, kind, cause, side, customer, source, message FROM findings \
                 WHERE {wanted} AND number > ? ORDER BY number LIMIT ?"
            );
            values.extend([Sql::from(int(after)), Sql::from(limit(most))]);
            collect(db.prepare_cached(&sql)?.query(params_from_iter(values))?, read_finding)
        })
        .await
    }

    /// Returns the kept findings of a plan, grouped by sentence, the most frequent first, and the number of findings
    /// and of groups in all.
    ///
    /// # Errors
    /// `NotFound` (the plan).
    #[boxed]
    pub async fn findings_groups(
        &self,
        plan: PlanId,
        filter: &FindingFilter,
        most: usize,
    ) -> Result<(Vec<FindingGroup>, u64, u64), StoreError> {
        let (tenant, filter) = (self.id, filter.clone());
        self.read(move |db| {
            plan_row(db, tenant, plan)?;
            let (wanted, mut values) = condition(tenant, plan, &filter);
            let groups = format!(
                "SELECT kind, cause, message, count(*) AS times, count(DISTINCT nullif(customer, '')) AS customers, \
                     min(number) AS first FROM findings WHERE {wanted} GROUP BY kind, cause, message"
            );
            let sql = format!("SELECT coalesce(sum(times), 0), count(*) FROM ({groups})");
            let all = |row: &Row<'_>| Ok((count(row, 0)?, count(row, 1)?));
            let all = first(db.prepare_cached(&sql)?.query(params_from_iter(&values))?, all)?.unwrap_or_default();
            let sql = format!(
                "SELECT g.kind, g.cause, g.message, g.times, g.customers, f.source FROM ({groups}) g \
                 JOIN findings f ON f.tenant = ? AND f.plan = ? AND f.number = g.first \
                 ORDER BY g.times DESC, g.first LIMIT ?"
            );
            values.extend([Sql::from(tenant), Sql::from(plan.0), Sql::from(limit(most))]);
            let group = |row: &Row<'_>| {
                Ok(FindingGroup {
                    kind: word(row, 0)?,
                    cause: word(row, 1)?,
                    message: said(row, 2)?,
                    count: count(row, 3)?,
                    customers: count(row, 4)?,
                    source: row.get(5)?,
                })
            };
            Ok((collect(db.prepare_cached(&sql)?.query(params_from_iter(values))?, group)?, all.0, all.1))
        })
        .await
    }

    /// Deletes some findings of the older plans of a sync, and returns their number; 0 if none is left.
    ///
    /// # Errors
    /// `NotFound` (the sync).
    #[boxed]
    pub async fn findings_trim(&self, sync: &SyncName) -> Result<usize, StoreError> {
        let (tenant, sync) = (self.id, sync.clone());
        self.write_lightly(move |db| trim(db, tenant, sync_id(db, tenant, &sync)?)).await
    }
}

/// Deletes some findings of the older plans of a sync, and returns their number.
pub(super) fn trim(db: &Connection, tenant: i64, sync: i64) -> Result<usize, StoreError> {
    let old = |whole: u32, kept: u32| {
        format!(
            "SELECT id FROM (SELECT id FROM plans WHERE tenant = ?1 AND sync = ?2 AND whole = {whole} \
             AND hash IS NOT NULL AND findings <> '[]' ORDER BY id DESC LIMIT 50 OFFSET {kept})"
        )
    };
    let sql = format!(
        "DELETE FROM findings WHERE tenant = ?1 AND (plan, number) IN (SELECT plan, number FROM findings \
             WHERE tenant = ?1 AND plan IN ({} UNION ALL {}) LIMIT {BATCH})",
        old(1, WHOLE_PLANS),
        old(0, PART_PLANS)
    );
    Ok(db.prepare_cached(&sql)?.execute([tenant, sync])?)
}

fn condition(tenant: i64, plan: PlanId, filter: &FindingFilter) -> (String, Vec<Sql>) {
    let (mut sql, mut values) = ("tenant = ? AND plan = ?".to_owned(), vec![Sql::from(tenant), Sql::from(plan.0)]);
    let words = [
        ("kind", filter.kind.map(Kind::as_str)),
        ("cause", filter.cause.map(Cause::as_str)),
        ("customer", filter.customer.as_deref()),
        ("source", filter.source.as_deref()),
    ];
    for (column, word) in words {
        if let Some(word) = word {
            sql.push_str(&format!(" AND {column} = ?"));
            values.push(Sql::from(word.to_owned()));
        }
    }
    (sql, values)
}

fn read_finding(row: &Row<'_>) -> Result<(u64, Finding), StoreError> {
    let finding = Finding {
        kind: word(row, 1)?,
        cause: word(row, 2)?,
        side: word(row, 3)?,
        customer: row.get(4)?,
        source: row.get(5)?,
        message: said(row, 6)?,
    };
    Ok((count(row, 0)?, finding))
}
