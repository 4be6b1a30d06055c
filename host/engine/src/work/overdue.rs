//! Looks up uncertain writes when they are due, even if the next slot of their sync is a month away. Reads only those
//! records and plans nothing. Once a write is settled, the work that waited for it is due.
//!
//! `rules::doubt` decides what a look-up proves; `schedule` holds the life cycle of due work.

use super::report::{JobOutcome, JobReport, LOST_MS, in_words};
use crate::error::Error;
use crate::ground::progress::NoProgress;
use crate::ground::sync_run;
use crate::ground::tenant::Tenant;
use crate::rules::doubt;
use crate::run::{ending, look_up, recover};
use crosswalk_model::{Mode, Said, SyncName, said};

/// Looks up the uncertain writes of a sync; `None` when another process works on the sync and so has looked them up.
pub(crate) async fn do_look_up(tenant: &Tenant, sync: &SyncName) -> Result<Option<JobReport>, Error> {
    let began = tenant.parts.clock.now();
    let before = tenant.store.unsettled(sync).await?;
    let went = look_up_open(tenant, sync).await;
    let now = tenant.parts.clock.now();
    // A write that could not be looked up is tried again after as long as it has been open.
    let since = before.iter().filter_map(|open| open.doubt.as_ref()).map(|doubt| doubt.since).min();
    let pause = now.since_ms(since.unwrap_or(now)).clamp(LOST_MS, doubt::UNCLEAR_MOST_MS);
    let pause = if matches!(went, Err(Error::Busy { .. })) { LOST_MS } else { pause };
    if !matches!(went, Err(Error::Stopped)) {
        tenant.store.doubts_put_off(sync, now, now.plus_ms(pause)).await?;
    }
    let (outcome, message) = match went {
        Err(Error::Busy { .. }) => return Ok(None),
        Err(error @ Error::Stopped) => (JobOutcome::Stopped, error.said()),
        Err(error) => (JobOutcome::Failed, in_words(&error)),
        Ok(open) => {
            let settled = before.len().saturating_sub(tenant.store.unsettled(sync).await?.len());
            if settled > 0 {
                tenant.store.schedule_bring_forward(sync, now).await?;
            }
            let outcome = if open.is_some() { JobOutcome::Partial } else { JobOutcome::Done };
            (outcome, Said::several([said!("job-writes-settled", count = settled)].into_iter().chain(open)))
        }
    };
    Ok(Some(JobReport {
        tenant: tenant.name.to_string(),
        job: "look-up".to_owned(),
        of: sync.to_string(),
        began_at: began.to_string(),
        took_ms: now.since_ms(began),
        outcome,
        message,
        failures: u32::from(outcome == JobOutcome::Failed),
        next_at: tenant.store.doubt_due(sync).await?.map(|at| at.to_string()),
    }))
}

/// Looks up open writes in a run of its own; returns a message about those still open.
async fn look_up_open(tenant: &Tenant, sync: &SyncName) -> Result<Option<Said>, Error> {
    let run = sync_run::begin(tenant, sync, Mode::Plan, &NoProgress).await?;
    let looked = tokio::select! {
        looked = recover::recover(&run) => looked,
        () = tenant.parts.stop.stopped() => Err(Error::Stopped),
    };
    match looked {
        Ok(()) => ending::end_idle(&run).await?,
        Err(error) => {
            run.fail(&error).await;
            return Err(error);
        }
    }
    Ok(look_up::uncertain(&run, &tenant.store.unsettled(sync).await?).1)
}
