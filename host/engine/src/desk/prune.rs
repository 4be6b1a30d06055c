//! Pruning of a tenant by the operator's retention.
//!
//! Selecting the rows is the store's. This is only the loop, which breaks off between two transactions when a stop is
//! requested: the rest stays valid and is pruned the next day.

use crate::boxed;
use crate::error::Error;
use crate::ground::tenant::Tenant;
use crosswalk_model::said::Arg;
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{Said, said};
use serde::Serialize;

/// Rows that were deleted, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// Whether nothing was deleted, and `removed` only lists what would be.
    pub dry_run: bool,
    /// Number of rows of each kind, without kinds that had none.
    pub removed: Vec<PrunedRows>,
}

/// Number of rows of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrunedRows {
    /// Name of the kind.
    pub what: &'static str,
    /// Number of rows.
    pub rows: u64,
}

impl PruneReport {
    /// `plans: 12, changes: 3,400`.
    #[must_use]
    pub fn words(&self) -> Said {
        if self.removed.is_empty() {
            return said!("prune-nothing");
        }
        let each =
            self.removed.iter().map(|one| said!("prune-rows", what = one.what.replace(' ', "-"), count = one.rows));
        said!("prune-removed", rows = Arg::list(each))
    }
}

impl Tenant {
    /// Deletes what is past its retention; with `dry_run` only reports it. After a leap of the clock it waits a week,
    /// unless a person confirms that the clock is right.
    ///
    /// # Errors
    /// The clock is doubtful; the database's; a stop was requested.
    #[boxed]
    pub async fn prune(&self, dry_run: bool, clock_is_right: bool) -> Result<PruneReport, Error> {
        let keep = self.parts.retention.get().copied().unwrap_or_default();
        let now = self.parts.clock.now();
        let store = &self.parts.store;
        if clock_is_right {
            store.clock_trust().await?;
        } else if let Some(since) = store.clock_doubted(now).await?.filter(|_| !dry_run) {
            return Err(Error::Invalid {
                message: said!("prune-clock-doubtful", since, now),
                hint: said!("prune-hint-clock", prune = Call::of(Verb::Prune).flag("clock-is-right")),
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
