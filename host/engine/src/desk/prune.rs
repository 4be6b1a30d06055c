//! Pruning a tenant: what is kept long enough goes, by the operator's retention.
//!
//! Which rows these are is the store's business. Here is only the loop, which breaks off between
//! two transactions when asked to stop: what is left is as good as it was, and goes the next day.

use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use serde::Serialize;

/// What went, or would go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// Whether nothing was deleted: these would be.
    pub dry_run: bool,
    /// How many rows of each kind there were, without kinds that had none.
    pub removed: Vec<PrunedRows>,
}

/// Rows of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrunedRows {
    /// The kind, in words.
    pub what: &'static str,
    /// How many.
    pub rows: u64,
}

impl PruneReport {
    /// `12 plans, 3400 changes`.
    #[must_use]
    pub fn words(&self) -> String {
        let each: Vec<String> = self.removed.iter().map(|one| format!("{} {}", one.rows, one.what)).collect();
        if each.is_empty() { "nothing is old enough".to_owned() } else { each.join(", ") }
    }
}

impl Tenant {
    /// Deletes what is older than it has to be kept; with `dry_run` only says what that is. After a
    /// leap of the clock it waits a week, unless a person says that the clock is right.
    ///
    /// # Errors
    /// The clock is doubtful; the database's; asked to stop.
    #[boxed]
    pub async fn prune(&self, dry_run: bool, clock_is_right: bool) -> Result<PruneReport, Error> {
        let keep = self.parts.retention.get().copied().unwrap_or_default();
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        if clock_is_right {
            store.clock_trust().await?;
        } else if let Some(since) = store.clock_doubted(now).await?.filter(|_| !dry_run) {
            return Err(Error::Invalid {
                message: format!("the clock leapt at {since} and says {now} now: nothing is deleted for its age"),
                hint: "`crosswalk prune --clock-is-right` says that it is right; else wait a week".to_owned(),
            });
        }
        let mut removed = Vec::new();
        if dry_run {
            removed = self.store.prune_count(&keep, now).await?;
        } else {
            let mut place = 0;
            while let Some(((what, rows), more)) = self.store.prune_some(place, &keep, now).await? {
                match removed.last_mut() {
                    Some((last, sum)) if *last == what => *sum += rows,
                    _ => removed.push((what, rows)),
                }
                place += usize::from(!more);
                if self.parts.stop.is_stopped() {
                    return Err(Error::Stopped);
                }
            }
        }
        let removed = removed.into_iter().filter(|(_, rows)| *rows > 0);
        Ok(PruneReport { dry_run, removed: removed.map(|(what, rows)| PrunedRows { what, rows }).collect() })
    }
}
