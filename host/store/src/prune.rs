//! Pruning: deletes what is old and no longer needed, a few thousand rows a transaction, so that no writer waits long.
//!
//! [`RULES`] is the whole list; rows of other tables are never deleted here. Three things hold whatever the periods
//! are. A plan stays while a write of it is open, while it is the newest of its sync, and while a kept plan undoes what
//! it did. A record stays while a link leads from it or to it, or a person decided about it. A change stays while the
//! journal has an entry about it.
//!
//! The file does not shrink: SQLite fills free pages before it takes new ones, so a database that is pruned stops
//! growing. Returning the pages would move rows every day to save space that the next day needs again.

use super::kept;
use super::rows::{collect, count, first, time, word};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{Decider, Retention, Timestamp};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Statement, params};

/// Time from one pruning of a tenant to the next, in milliseconds.
pub(super) const EVERY_MS: i64 = 24 * 3_600_000;

/// Rows deleted in one transaction.
const BATCH: u64 = 2000;

/// Rows of a table that are deleted together.
struct Rule {
    /// Name for people, plural.
    what: &'static str,
    table: &'static str,
    /// Columns of the table that the query returns.
    key: &'static str,
    /// Query that returns the keys of the rows to delete. `prune/shared.sql` describes its parameters.
    rows: &'static str,
}

/// The part of a WITH clause that the queries of all rules share.
const SHARED: &str = include_str!("prune/shared.sql");

/// All rules, ordered so that nothing is left that refers to a deleted row. Rows that hang on plans and links go after
/// these.
const RULES: [Rule; 12] = [
    Rule { what: "journal entries", table: "journal", key: "id", rows: include_str!("prune/journal.sql") },
    Rule { what: "intents", table: "batches", key: "id", rows: include_str!("prune/batches.sql") },
    Rule { what: "plans", table: "plans", key: "id", rows: include_str!("prune/plans.sql") },
    Rule {
        what: "states of changes",
        table: "change_states",
        key: "plan, sequence",
        rows: include_str!("prune/change_states.sql"),
    },
    Rule { what: "changes", table: "changes", key: "plan, sequence", rows: include_str!("prune/changes.sql") },
    Rule { what: "findings", table: "findings", key: "plan, number", rows: include_str!("prune/findings.sql") },
    Rule { what: "runs", table: "runs", key: "id", rows: include_str!("prune/runs.sql") },
    Rule {
        what: "counts",
        table: "counts",
        key: "connection, customer, product, period, first_at",
        rows: include_str!("prune/counts.sql"),
    },
    Rule { what: "links", table: "links", key: "number", rows: include_str!("prune/links.sql") },
    Rule { what: "records", table: "records", key: "number", rows: include_str!("prune/records.sql") },
    Rule { what: "reads", table: "reads", key: "id", rows: include_str!("prune/reads.sql") },
    Rule {
        what: "counters of calls",
        table: "budget",
        key: "account, bucket, slice",
        rows: include_str!("prune/budget.sql"),
    },
];

impl Rule {
    /// Statement that counts all rows that will go.
    fn count(&self) -> String {
        format!("WITH {SHARED} SELECT count(*) FROM ({})", self.rows)
    }

    /// Statement that deletes up to [`BATCH`] rows. Of records it returns the connection, the kind and the bytes.
    fn delete(&self) -> String {
        let Rule { table, key, rows, .. } = self;
        let returning =
            if self.has_sizes() { format!("RETURNING connection, kind, {}", kept::SIZE) } else { String::new() };
        format!(
            "DELETE FROM {table} WHERE tenant = :tenant AND ({key}) IN (WITH {SHARED} SELECT * FROM ({rows}) LIMIT {BATCH}) \
             {returning}"
        )
    }

    /// Whether the bytes of the rows are summed up in `kept`.
    fn has_sizes(&self) -> bool {
        self.table == "records"
    }
}

/// Values of the parameters that `prune/shared.sql` describes.
struct Parameters([(&'static str, Sql); 10]);

impl Parameters {
    fn new(tenant: i64, keep: &Retention, now: Timestamp, ahead: bool) -> Self {
        let before = |days| now.plus_ms(-Retention::ms(days)).0;
        Self([
            (":tenant", tenant.into()),
            (":operator", Sql::from(Decider::Operator.as_str().to_owned())),
            (":plans", before(keep.plans_days).into()),
            (":runs", before(keep.runs_days).into()),
            (":journal", before(keep.journal_days).into()),
            (":usage", before(keep.usage_days).into()),
            (":gone", before(keep.gone_days).into()),
            (":tickets", before(keep.tickets_days).into()),
            (":now", now.0.into()),
            (":ahead", i64::from(ahead).into()),
        ])
    }

    /// Binds those that the statement has.
    fn bind(&self, statement: &mut Statement<'_>) -> rusqlite::Result<()> {
        for (name, value) in &self.0 {
            if let Some(index) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(index, value)?;
            }
        }
        Ok(())
    }
}

/// A name of rows for people, and the number of them that will go or went.
pub type Pruned = (&'static str, u64);

impl TenantStore {
    /// Number of rows that would go now, by rule.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn prune_count(&self, keep: &Retention, now: Timestamp) -> Result<Vec<Pruned>, StoreError> {
        let parameters = Parameters::new(self.id, keep, now, true);
        self.read(move |db| {
            let each = RULES.iter().map(|rule| {
                let mut select = db.prepare(&rule.count())?;
                parameters.bind(&mut select)?;
                Ok((rule.what, first(select.raw_query(), |row| count(row, 0))?.unwrap_or(0)))
            });
            each.collect()
        })
        .await
    }

    /// Deletes up to 2,000 rows of the rule at this place of the list. Returns what was deleted and whether there may
    /// be more of it; `None` behind the last rule.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn prune_some(
        &self,
        place: usize,
        keep: &Retention,
        now: Timestamp,
    ) -> Result<Option<(Pruned, bool)>, StoreError> {
        let Some(rule) = RULES.get(place) else { return Ok(None) };
        let tenant = self.id;
        let parameters = Parameters::new(tenant, keep, now, false);
        let delete = move |db: &Connection| {
            let mut delete = db.prepare(&rule.delete())?;
            parameters.bind(&mut delete)?;
            if !rule.has_sizes() {
                return Ok(delete.raw_execute()? as u64);
            }
            let deleted = collect(delete.raw_query(), |row| Ok((row.get(0)?, word(row, 1)?, row.get::<_, i64>(2)?)))?;
            for (connection, kind, bytes) in &deleted {
                kept::note(db, (tenant, *connection, *kind), -bytes, false)?;
            }
            Ok(deleted.len() as u64)
        };
        let deleted = self.write_lightly(delete).await?;
        Ok(Some(((rule.what, deleted), deleted >= BATCH)))
    }

    /// Takes the pruning that is due since `due`, and returns when it is due next; `None` if it was taken already.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn prune_take(&self, due: Timestamp, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let tenant = self.id;
        self.write(move |db| {
            let taken = db
                .prepare_cached(
                    "UPDATE tenants SET pruned_at = ?2 WHERE id = ?1 AND coalesce(pruned_at, added_at) = ?3",
                )?
                .execute([tenant, now.0, due.0 - EVERY_MS])?;
            Ok((taken > 0).then(|| now.plus_ms(EVERY_MS)))
        })
        .await
    }
}

/// Time since which pruning is due at `now`; `None` if it is not.
pub(super) fn due(db: &Connection, tenant: i64, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(pruned_at, added_at) + ?2 FROM tenants \
         WHERE id = ?1 AND coalesce(pruned_at, added_at) + ?2 <= ?3",
    )?;
    first(select.query(params![tenant, EVERY_MS, now.0])?, |row| time(row, 0))
}
