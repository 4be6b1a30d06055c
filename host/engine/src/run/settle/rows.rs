//! The outcome of one change as it is stored: status, link and journal entry.
//!
//! How a change ended is decided in `settle`; the rows are written with their batch.

use crate::error::Error;
use crate::rules::plan;
use crate::run::batch::Prepared;
use crate::run::references;
use crate::run::reverse::told_by_both;
use crate::run::session::Session;
use crosswalk_model::{Action, Event, Failure, Record, Said, said};
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
    let found = looked_up.then(|| said!("settle-found-unanswered"));
    let notes = sent.zip(kept).into_iter().flat_map(|(sent, kept)| plan::verify(sent, kept)).map(|note| {
        let (field, value) = (&note.name, note.kept.to_string());
        match note.by_another {
            true => said!("write-changed-by-another", field, value),
            false => said!("write-kept-as", field, value),
        }
    });
    let message = Said::several([planned.reason.clone()].into_iter().chain(found).chain(notes));
    let journal = session.entry(planned, Event::done(planned.action), message, Some(target.to_owned()));
    let mut settled = Settled { link: Some(link), ..Settled::new(planned.sequence, ChangeStatus::Done, journal) };
    told_by_both(&mut settled, planned, target);
    Ok(settled)
}

/// Returns the outcome of a change that the vendor or its connector refused.
pub(super) fn failed(session: &Session<'_, '_>, prepared: &Prepared, failure: &Failure) -> Settled {
    let planned = &prepared.planned;
    let message = failure.said();
    let journal = session.entry(planned, Event::Failed, message.clone(), planned.target.clone());
    Settled { message, failure: Some(failure.name()), ..Settled::new(planned.sequence, ChangeStatus::Failed, journal) }
}

/// Returns the outcome of a change whose precondition no longer held at the vendor.
pub(super) fn overruled(session: &Session<'_, '_>, prepared: &Prepared, message: String) -> Settled {
    let planned = &prepared.planned;
    let message = said!("write-overruled", message);
    let journal = session.entry(planned, Event::Stale, message.clone(), planned.target.clone());
    Settled { message, ..Settled::new(planned.sequence, ChangeStatus::Stale, journal) }
}

/// Returns a change that was certainly not written to the pending ones, to be tried again in this run.
pub(super) fn put_back(session: &Session<'_, '_>, prepared: &Prepared, failure: &Failure) -> Settled {
    let planned = &prepared.planned;
    let journal = session.entry(planned, Event::PutOff, failure.said(), None);
    Settled { status: ChangeStatus::Pending, failure: None, journal, ..failed(session, prepared, failure) }
}

/// Returns the outcome of a change that the vendor still works on.
pub(super) fn accepted(session: &Session<'_, '_>, prepared: &Prepared, token: String) -> Settled {
    let planned = &prepared.planned;
    let journal = session.entry(planned, Event::Accepted, token.as_str().into(), planned.target.clone());
    Settled {
        message: said!("write-not-settled"),
        token: Some(token),
        ..Settled::new(planned.sequence, ChangeStatus::Accepted, journal)
    }
}
