//! The outcome of one change as it is stored: status, link and journal entry.
//!
//! How a change ended is decided in `settle`; the rows are written with their batch.

use crate::error::Error;
use crate::rules::plan;
use crate::run::batch::Prepared;
use crate::run::references;
use crate::run::reverse::told_by_both;
use crate::run::session::Session;
use crosswalk_model::{Action, Event, Failure, Record};
use crosswalk_store::{ChangeStatus, Settled};

/// Returns the outcome of a change that was written, with its link, and remembers it for the changes that follow.
pub(super) async fn done(
    session: &Session<'_, '_>,
    prepared: &Prepared,
    target: &str,
    kept: Option<&Record>,
    looked_up: bool,
) -> Result<Settled, Error> {
    let planned = &prepared.planned;
    let sent = prepared.change.as_ref();
    let link = references::link_after(session.run, prepared.link.as_ref(), planned, sent, target, kept).await?;
    if matches!(planned.action, Action::Create | Action::Link | Action::Open) {
        session.learn(planned.kind, &planned.source, target);
    }
    session.wrote(planned, kept);
    let mut message = planned.reason.clone();
    if looked_up {
        message.push_str("; the vendor did not answer, it was looked up and is there");
    }
    for note in sent.zip(kept).into_iter().flat_map(|(sent, kept)| plan::verify(sent, kept)) {
        message.push_str(&match note.by_another {
            true => format!("; somebody else made {} `{}` before it was read back", note.name, note.kept),
            false => format!("; the vendor kept {} as `{}`", note.name, note.kept),
        });
    }
    let journal = session.entry(planned, Event::done(planned.action), message, Some(target.to_owned()));
    let mut settled = Settled { link: Some(link), ..Settled::new(planned.sequence, ChangeStatus::Done, journal) };
    told_by_both(&mut settled, planned, target);
    Ok(settled)
}

/// Returns the outcome of a change that the vendor or its connector refused.
pub(super) fn failed(session: &Session<'_, '_>, prepared: &Prepared, failure: &Failure) -> Settled {
    let planned = &prepared.planned;
    let message = failure.to_string();
    let journal = session.entry(planned, Event::Failed, message.clone(), planned.target.clone());
    Settled { message, failure: Some(failure.name()), ..Settled::new(planned.sequence, ChangeStatus::Failed, journal) }
}

/// Returns the outcome of a change whose precondition no longer held at the vendor.
pub(super) fn overruled(session: &Session<'_, '_>, prepared: &Prepared, message: &str) -> Settled {
    let planned = &prepared.planned;
    let message = format!("it was changed in the target since: {message}");
    let journal = session.entry(planned, Event::Stale, message.clone(), planned.target.clone());
    Settled { message, ..Settled::new(planned.sequence, ChangeStatus::Stale, journal) }
}

/// Returns a change that was certainly not written to the pending ones, to be tried again in this run.
pub(super) fn put_back(session: &Session<'_, '_>, prepared: &Prepared, failure: &Failure) -> Settled {
    let planned = &prepared.planned;
    let journal = session.entry(planned, Event::PutOff, failure.to_string(), None);
    Settled { status: ChangeStatus::Pending, failure: None, journal, ..failed(session, prepared, failure) }
}

/// Returns the outcome of a change that the vendor still works on.
pub(super) fn accepted(session: &Session<'_, '_>, prepared: &Prepared, token: String) -> Settled {
    let planned = &prepared.planned;
    let journal = session.entry(planned, Event::Accepted, token.clone(), planned.target.clone());
    Settled {
        message: "not settled yet; the next run asks again".to_owned(),
        token: Some(token),
        ..Settled::new(planned.sequence, ChangeStatus::Accepted, journal)
    }
}
