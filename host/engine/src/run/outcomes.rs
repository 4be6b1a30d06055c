//! Outcomes of batches until they are stored. With a fast vendor several batches share a commit, because each commit
//! writes whole pages of every index.
//!
//! Only devices that were created or updated wait, for `WAIT` at most, and only if all of their batch went well and a
//! look-up would prove the write: a process that dies leaves them intended, and the next run looks them up. Whatever
//! queries this apply's writes has them stored first.

use super::batch::lock;
use super::session::{Session, Waiting};
use super::totals::ApplyTotals;
use crate::error::Error;
use crosswalk_model::{Action, Kind};
use crosswalk_store::BatchOutcomes;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// How long an outcome waits for others.
const WAIT: Duration = Duration::from_millis(250);
/// With so many changes they wait no longer.
const MOST: usize = 1000;

/// Takes what came of a batch: to be stored with that of others, or with all that waits.
///
/// # Errors
/// The database's.
pub(crate) async fn take_outcomes(
    session: &Session<'_, '_>,
    (kind, action): (Kind, Action),
    outcomes: BatchOutcomes,
    all_done: bool,
) -> Result<(), Error> {
    let mut waiting = session.outcomes.waiting.lock().await;
    waiting.batches.push(outcomes);
    let (since, _) = *waiting.since.get_or_insert_with(|| (Instant::now(), action.side()));
    let changes: usize = waiting.batches.iter().map(BatchOutcomes::changes).sum();
    if all_done && proves(session, kind, action) && changes < MOST && since.elapsed() < WAIT {
        session.outcomes.came.notify_one();
        return Ok(());
    }
    store(session, &mut waiting).await
}

/// Whether a look-up tells for certain what was written of changes that come by the thousand.
fn proves(session: &Session<'_, '_>, kind: Kind, action: Action) -> bool {
    let can = session.run.at(action.side()).description.kind(kind.counterpart());
    kind.has_serial()
        && match action {
            Action::Create => can.is_some_and(|can| can.reads.stamps && can.stamp.is_some()),
            Action::Update => can.is_some_and(|can| can.reads.ids),
            _ => false,
        }
}

/// Stores all outcomes that wait.
///
/// # Errors
/// The database's.
pub(crate) async fn store_outcomes(session: &Session<'_, '_>) -> Result<(), Error> {
    let mut waiting = session.outcomes.waiting.lock().await;
    store(session, &mut waiting).await
}

/// Does a part of an apply, and stores meanwhile what waited long enough, and all of it at the end.
///
/// # Errors
/// Those of the part; else the database's.
pub(crate) async fn storing_in_time(
    session: &Session<'_, '_>,
    part: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    let ended = Notify::new();
    let part = async {
        let went = part.await;
        ended.notify_one();
        went
    };
    let store = async {
        let mut stored = Ok(());
        loop {
            // Nothing is given up here amid storing.
            let is_over = tokio::select! {
                biased;
                () = ended.notified() => true,
                () = are_due(session) => false,
            };
            stored = stored.and(store_outcomes(session).await);
            if is_over {
                return stored;
            }
        }
    };
    let (went, stored) = tokio::join!(part, store);
    went.and(stored)
}

/// Comes to an end when outcomes have waited long enough.
async fn are_due(session: &Session<'_, '_>) {
    loop {
        let since = session.outcomes.waiting.lock().await.since;
        match since {
            Some((since, _)) => return tokio::time::sleep_until((since + WAIT).into()).await,
            None => session.outcomes.came.notified().await,
        }
    }
}

/// Whether outcomes wait.
pub(crate) async fn has_outcomes(session: &Session<'_, '_>) -> bool {
    session.outcomes.waiting.lock().await.since.is_some()
}

/// What storing outcomes came to since it was asked last.
pub(crate) fn stored_tally(session: &Session<'_, '_>) -> ApplyTotals {
    std::mem::take(&mut *lock(&session.outcomes.tally))
}

async fn store(session: &Session<'_, '_>, waiting: &mut Waiting) -> Result<(), Error> {
    let Waiting { batches, since } = std::mem::take(waiting);
    let Some((_, side)) = since else { return Ok(()) };
    let (run, side) = (session.run, &session.run.at(side).name);
    // All at once, so that the writer takes them together: what is wrong with one keeps none of the others back.
    let each = batches.into_iter().map(|batch| run.store.outcomes_store(session.plan, batch, side));
    let stored = futures_util::future::join_all(each).await;
    let (mut tally, mut went) = (lock(&session.outcomes.tally), Ok(()));
    for stored in stored {
        match stored {
            Ok(overtaken) => overtaken.into_iter().for_each(|one| tally.overtake(one)),
            Err(error) => {
                tracing::error!(%error, "outcomes could not be stored: the next run looks them up");
                went = Err(error);
            }
        }
    }
    Ok(went?)
}
