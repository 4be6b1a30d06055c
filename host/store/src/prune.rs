//! Pruning: what is old and serves nobody goes, a few thousand rows a transaction, so that no
//! writer waits long.
//!
//! [`rules`] is the whole list; what it does not name is never deleted here. Three things hold
//! whatever the times say: a plan stays while a write of it is open, while it is the newest of
//! its sync, and while a kept plan undoes what it did; a record stays while a link leads from it
//! or to it, or a person decided about it; a change stays while the journal speaks of it.
//!
//! The file does not shrink: SQLite fills the pages that became free before it takes new ones,
//! so a database that is pruned stops growing. Giving pages back would move rows about every
//! day to save what the next day needs again.

use super::kept;
use super::rows::{collect, count, first, time, word};
use super::{StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{Retention, Timestamp};
use rusqlite::{Connection, params};

/// From one pruning of a tenant to the next, in milliseconds.
pub(super) const EVERY_MS: i64 = 24 * 3_600_000;

/// Rows of a transaction.
const BATCH: u64 = 2000;

/// Which rows go together, under a name for people.
struct Rule {
    what: &'static str,
    table: &'static str,
    key: &'static str,
    /// A query that gives the keys.
    rows: String,
}

/// What goes, in an order in which nothing is left that refers to it. What hangs on plans and links
/// goes when these are gone; `ahead` counts it while they are still there.
fn rules(tenant: i64, keep: &Retention, now: Timestamp, ahead: bool) -> Vec<Rule> {
    let before = |days| now.plus_ms(-Retention::ms(days)).0;
    let (plans, runs, gone, tickets) =
        (before(keep.plans_days), before(keep.runs_days), before(keep.gone_days), before(keep.tickets_days));
    let (journal, usage) = (before(keep.journal_days), before(keep.usage_days));

    let old_plans = format!(
        "SELECT p.id FROM plans p WHERE p.tenant = {tenant} AND p.made_at < {plans} \
         AND p.id IS NOT (SELECT max(n.id) FROM plans n WHERE n.tenant = {tenant} AND n.sync = p.sync \
             AND n.whole = 1 AND n.hash IS NOT NULL) \
         AND NOT EXISTS (SELECT 1 FROM change_states s WHERE s.tenant = {tenant} AND s.plan = p.id \
             AND s.status IN ('intended', 'accepted', 'uncertain')) \
         AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.plan = p.id AND b.intended_at >= {plans}) \
         AND NOT EXISTS (SELECT 1 FROM plans u JOIN batches b ON b.tenant = u.tenant AND b.run = u.undoes \
             WHERE u.tenant = {tenant} AND u.undoes IS NOT NULL AND b.plan = p.id)"
    );
    let old_entry = format!("j.tenant = {tenant} AND j.at < {journal} AND (j.kind IS NOT 'usage' OR j.at < {usage})");
    let kept_plans = match ahead {
        true => format!("SELECT id FROM plans WHERE tenant = {tenant} AND id NOT IN ({old_plans})"),
        false => format!("SELECT id FROM plans WHERE tenant = {tenant}"),
    };
    // A plan that became free by the going of another keeps all it has for the next time.
    let bare = if ahead { "" } else { "AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.plan = p.id)" };
    // The plans that a table has rows of, each looked up once, without those that are kept.
    let left_plans = |table: &str| {
        format!(
            "WITH RECURSIVE d(plan) AS (SELECT min(plan) FROM {table} WHERE tenant = {tenant} UNION ALL \
             SELECT (SELECT min(plan) FROM {table} WHERE tenant = {tenant} AND plan > d.plan) FROM d \
             WHERE d.plan IS NOT NULL) \
             SELECT plan FROM d WHERE plan IS NOT NULL AND plan NOT IN ({kept_plans})"
        )
    };
    // Of records that are gone (of which there are few: they are looked at first): links that lead nowhere, and those of alerts to closed tickets.
    let old_links = format!(
        "SELECT l.number FROM records r CROSS JOIN syncs y ON y.tenant = {tenant} AND y.source = r.connection \
         CROSS JOIN links l ON l.tenant = {tenant} AND l.sync = y.id AND l.kind = r.kind AND l.source = r.id \
         LEFT JOIN records t ON t.tenant = {tenant} AND t.connection = y.target AND t.kind = 'ticket' \
             AND l.kind = 'alert' AND t.id = l.target \
         WHERE r.tenant = {tenant} AND r.gone_at IS NOT NULL AND ( \
             (l.target IS NULL AND l.decided_by <> 'operator' AND r.gone_at < {gone}) \
             OR (r.gone_at < {tickets} AND t.seen_at < {tickets} \
                 AND (t.gone_at IS NOT NULL OR t.fields ->> 'closed'))) \
         AND NOT EXISTS (SELECT 1 FROM change_states s JOIN changes c ON c.tenant = s.tenant AND c.plan = s.plan \
             AND c.sequence = s.sequence WHERE s.tenant = {tenant} AND s.status IN ('intended', 'accepted', 'uncertain') \
             AND c.source = l.source)"
    );
    let but_old_links = if ahead { format!("AND l.number NOT IN ({old_links})") } else { String::new() };
    let not_linked = format!(
        "NOT EXISTS (SELECT 1 FROM links l JOIN syncs y ON y.id = l.sync WHERE l.tenant = {tenant} \
             AND l.sync IN (SELECT id FROM syncs WHERE tenant = {tenant}) AND y.source = r.connection \
             AND l.kind = r.kind AND l.source = r.id {but_old_links}) \
         AND NOT EXISTS (SELECT 1 FROM links l JOIN syncs y ON y.id = l.sync WHERE l.tenant = {tenant} \
             AND l.sync IN (SELECT id FROM syncs WHERE tenant = {tenant}) AND y.target = r.connection \
             AND l.target_kind = r.kind AND l.target = r.id {but_old_links})"
    );
    let rule = |what, table, key, rows| Rule { what, table, key, rows };
    vec![
        rule("journal entries", "journal", "id", format!("SELECT j.id FROM journal j WHERE {old_entry}")),
        rule("intents", "batches", "id", format!("SELECT b.id FROM batches b WHERE b.plan IN ({old_plans})")),
        rule("plans", "plans", "id", format!("{old_plans} {bare}")),
        rule(
            "states of changes",
            "change_states",
            "plan, sequence",
            format!(
                "SELECT s.plan, s.sequence FROM change_states s WHERE s.tenant = {tenant} AND s.plan IN ({})",
                left_plans("change_states")
            ),
        ),
        rule(
            "changes",
            "changes",
            "plan, sequence",
            format!(
                "SELECT c.plan, c.sequence FROM changes c WHERE c.tenant = {tenant} AND c.plan IN ({}) \
                 AND NOT EXISTS (SELECT 1 FROM journal j WHERE j.tenant = {tenant} AND j.plan = c.plan \
                     AND j.sequence = c.sequence AND NOT ({old_entry}))",
                left_plans("changes")
            ),
        ),
        rule(
            "findings",
            "findings",
            "plan, number",
            format!(
                "SELECT f.plan, f.number FROM findings f WHERE f.tenant = {tenant} AND f.plan IN ({})",
                left_plans("findings")
            ),
        ),
        // The last that did anything tells that its sync is not new.
        rule(
            "runs",
            "runs",
            "id",
            format!(
                "SELECT r.id FROM runs r WHERE r.tenant = {tenant} AND r.started_at < {runs} AND r.status <> 'running' \
                 AND r.id IS NOT (SELECT max(n.id) FROM runs n WHERE n.tenant = {tenant} AND n.sync = r.sync \
                     AND n.counts ->> 'done' > 0) \
                 AND NOT EXISTS (SELECT 1 FROM plans p WHERE p.run = r.id AND p.id IN ({kept_plans})) \
                 AND NOT EXISTS (SELECT 1 FROM batches b WHERE b.run = r.id AND b.plan IN ({kept_plans}))"
            ),
        ),
        rule(
            "counts",
            "counts",
            "connection, customer, product, period, first_at",
            format!(
                "SELECT connection, customer, product, period, first_at FROM counts \
                 WHERE tenant = {tenant} AND last_at < {usage}"
            ),
        ),
        rule("links", "links", "number", old_links.clone()),
        rule(
            "records",
            "records",
            "number",
            format!(
                "SELECT r.number FROM records r WHERE r.tenant = {tenant} AND r.gone_at < {gone} AND {not_linked} \
                 UNION SELECT r.number FROM records r WHERE r.tenant = {tenant} AND r.kind = 'ticket' \
                     AND r.connection IN (SELECT id FROM connections WHERE tenant = {tenant}) \
                     AND r.seen_at < {tickets} AND r.fields ->> 'closed' AND {not_linked}"
            ),
        ),
        rule(
            "reads",
            "reads",
            "id",
            format!(
                "SELECT o.id FROM reads o WHERE o.tenant = {tenant} AND o.ended_at < {plans} \
                 AND o.id IS NOT (SELECT max(n.id) FROM reads n WHERE n.tenant = {tenant} \
                     AND n.connection = o.connection AND n.kind = o.kind AND n.ended_at IS NOT NULL) \
                 AND o.id IS NOT (SELECT max(n.id) FROM reads n WHERE n.tenant = {tenant} \
                     AND n.connection = o.connection AND n.kind = o.kind AND n.complete = 1) \
                 AND o.id IS NOT (SELECT max(n.id) FROM reads n WHERE n.tenant = {tenant} \
                     AND n.connection = o.connection AND n.kind = o.kind AND n.walked = 1)"
            ),
        ),
        rule(
            "counters of calls",
            "budget",
            "account, bucket, slice",
            format!(
                "SELECT account, bucket, slice FROM budget WHERE tenant = {tenant} AND expires_at <= {now}",
                now = now.0
            ),
        ),
    ]
}

/// How many rows of a kind go, or went.
pub type Pruned = (&'static str, u64);

impl TenantStore {
    /// How many rows would go now, by kind.
    ///
    /// # Errors
    /// The database's.
    #[boxed]
    pub async fn prune_count(&self, keep: &Retention, now: Timestamp) -> Result<Vec<Pruned>, StoreError> {
        let rules = rules(self.id, keep, now, true);
        self.read(move |db| {
            let each = rules.iter().map(|rule| {
                let mut select = db.prepare(&format!("SELECT count(*) FROM ({})", rule.rows))?;
                Ok((rule.what, first(select.query([])?, |row| count(row, 0))?.unwrap_or(0)))
            });
            each.collect()
        })
        .await
    }

    /// Deletes a few thousand rows of the kind at this place of the list. Gives the kind, how many,
    /// and whether there may be more of it; none behind the last kind.
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
        let tenant = self.id;
        let Some(Rule { what, table, key, rows }) = rules(tenant, keep, now, false).into_iter().nth(place) else {
            return Ok(None);
        };
        let mut sql = format!(
            "DELETE FROM {table} WHERE tenant = {tenant} AND ({key}) IN (SELECT * FROM ({rows}) LIMIT {BATCH})"
        );
        if table == "records" {
            sql.push_str(&format!(" RETURNING connection, kind, {}", kept::SIZE));
        }
        let delete = move |db: &Connection| {
            let mut delete = db.prepare(&sql)?;
            if table != "records" {
                return Ok(delete.execute([])? as u64);
            }
            let deleted = collect(delete.query([])?, |row| Ok((row.get(0)?, word(row, 1)?, row.get::<_, i64>(2)?)))?;
            for (connection, kind, bytes) in &deleted {
                kept::note(db, (tenant, *connection, *kind), -bytes, false)?;
            }
            Ok(deleted.len() as u64)
        };
        let deleted = self.write_lightly(delete).await?;
        Ok(Some(((what, deleted), deleted >= BATCH)))
    }

    /// Takes pruning that is due since `due`, and gives when it is due next; none when somebody
    /// else took it.
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

/// Since when pruning is due at `now`; `None` when it is not.
pub(super) fn due(db: &Connection, tenant: i64, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT coalesce(pruned_at, added_at) + ?2 FROM tenants \
         WHERE id = ?1 AND coalesce(pruned_at, added_at) + ?2 <= ?3",
    )?;
    first(select.query(params![tenant, EVERY_MS, now.0])?, |row| time(row, 0))
}
