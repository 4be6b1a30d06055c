//! What a refusal keeps from being done: the record it is of, the kind it is of, or all that is left of a plan.
//!
//! A vendor may let nobody write or read one kind of record, and everything else. So one refusal ends nothing but its
//! own change; if everything of one kind and action is refused, the rest of it waits, and the others go on with what
//! does not depend on it. Only a login that is refused, or a vendor that does not answer, ends the apply.

use super::queue::Queue;
use super::session::Session;
use super::totals::ApplyTotals;
use crate::error::Error;
use crosswalk_model::{Action, Failure, Kind, Said, said};
use crosswalk_store::{ChangeFilter, ChangeStatus};

/// So many changes of one kind and action in a row are tried, where every one is refused.
const TRIED: usize = 20;
/// Changes read at a time.
const PAGE: usize = 1000;

/// Heeds what a batch of so many changes came to, where the vendor refused all of it.
///
/// # Errors
/// The database's.
pub(crate) async fn heed(
    session: &Session<'_, '_>,
    (kind, action): (Kind, Action),
    of: usize,
    queue: &mut Queue,
    tally: &mut ApplyTotals,
) -> Result<(), Error> {
    let Some(failure) = tally.denied.take() else {
        queue.refused = if of > 0 { 0 } else { queue.refused };
        return Ok(());
    };
    queue.refused += of;
    let side = session.run.at(action.side());
    if !queue.login_stands && side.connector.check(&side.reading).await.is_err() {
        tally.stop = Some(failure.said());
        return Ok(());
    }
    queue.login_stands = true;
    if queue.refused >= TRIED {
        queue.end();
        let why = said!("run-refuses-all", connection = &side.name, why = failure.said());
        wait(session, (kind, action), why, tally).await?;
    }
    Ok(())
}

/// Goes on after an error that is of one kind of record.
///
/// # Errors
/// It is of more than that.
pub(crate) async fn go_on(
    session: &Session<'_, '_>,
    (kind, action): (Kind, Action),
    went: Result<(), Error>,
    tally: &mut ApplyTotals,
) -> Result<(), Error> {
    let Err(error) = went else { return Ok(()) };
    let Error::Vendor { connection, failure, .. } = &error else { return Err(error) };
    let sides = [&session.run.source, &session.run.target];
    let side = sides.into_iter().find(|side| side.name.as_str() == connection.as_str());
    let Some(side) = side.filter(|_| !failure.is_passing() && !matches!(failure, Failure::Broken { .. })) else {
        return Err(error);
    };
    if side.connector.check(&side.reading).await.is_err() {
        return Err(error);
    }
    wait(session, (kind, action), error.said(), tally).await
}

/// Tells that what is left of a kind and action waits: so does what refers to its records.
async fn wait(
    session: &Session<'_, '_>,
    (kind, action): (Kind, Action),
    why: Said,
    tally: &mut ApplyTotals,
) -> Result<(), Error> {
    let (what, waits) = (said!("run-changes", action, kind), said!("run-rest-waits", why));
    session.run.complain([said!("run-failure", what = &what, why = &waits)]);
    tally.tell(what, waits);
    let (kind, action, status) = (Some(kind), Some(action), Some(ChangeStatus::Pending));
    let filter = ChangeFilter { kind, action, status, ..ChangeFilter::default() };
    let mut after = 0;
    loop {
        let left = session.run.store.plan_changes(session.plan, &filter, after, PAGE).await?;
        let Some(last) = left.last() else { return Ok(()) };
        after = last.change.sequence;
        left.iter().for_each(|row| session.leave_open(&row.change));
    }
}
