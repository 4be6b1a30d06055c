//! Writes that may have been carried out, as people see them: listed, reported in plans, and settled by hand.
//!
//! `rules::doubt` decides what a look-up settles. A person can settle a write at any time, with a reason that the
//! journal keeps.

use super::links;
use crate::boxed;
use crate::error::Error;
use crate::ground::progress::NoProgress;
use crate::ground::sync_run::{self, SyncRun};
use crate::ground::tenant::Tenant;
use crate::rules::plan::line::PRODUCT;
use crate::rules::plan::{same, shown};
use crate::run::references::{self, References};
use crate::run::{ending, journal, reading, recover};
use crosswalk_model::verb::{Call, Verb};
use crosswalk_model::{
    Action, Change, ChangeId, Direction, Event, Field, Kind, Link, Mode, Record, RunId, Said, SyncName, Timestamp, said,
};
use crosswalk_store::{ChangeStatus, JournalEntry, Settled, Unsettled};
use serde::Serialize;

/// A write whose outcome is unknown.
#[derive(Debug, Clone, Serialize)]
pub struct UncertainView {
    /// The change: `<plan>.<sequence>`.
    pub change: String,
    /// The sync.
    pub sync: SyncName,
    /// `uncertain`; `accepted`, while the vendor works on it; `intended`, when its run ended and it was not looked up
    /// yet.
    pub status: ChangeStatus,
    /// The kind.
    pub kind: Kind,
    /// The intended action.
    pub action: Action,
    /// The source record's id.
    pub source: String,
    /// The record's name.
    pub name: String,
    /// The target record; `None` while a create has none.
    pub target: Option<String>,
    /// The run that sent it.
    pub run: RunId,
    /// Time it was intended.
    pub intended_at: Timestamp,
    /// Number of look-ups after the quiet time that found nothing.
    pub looks: u32,
    /// Time of the next look-up; `None` means with the next run.
    pub due_at: Option<Timestamp>,
    /// Reason why the outcome is unknown.
    pub why: Said,
    /// Later decision on its link that stands, where the write was just settled as written.
    pub overtaken: Option<Said>,
}

/// A person's finding at the vendor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was written: the record has this id.
    Written(String),
    /// It was not written, and may be tried again.
    NotWritten,
}

impl Tenant {
    /// Returns the writes of a sync, or of all, whose outcome is unknown, oldest first.
    ///
    /// # Errors
    /// There is no such sync.
    #[boxed]
    pub async fn uncertain_list(&self, sync: Option<&SyncName>) -> Result<Vec<UncertainView>, Error> {
        let syncs = match sync {
            Some(sync) => vec![self.sync(sync).await?.name],
            None => self.sync_list().await?.into_iter().map(|sync| sync.name).collect(),
        };
        let mut views = Vec::new();
        for sync in syncs {
            views.extend(self.store.unsettled(&sync).await?.into_iter().map(|open| view(&sync, open)));
        }
        Ok(views)
    }

    /// Settles a write by hand, by a person's finding at the vendor and the reason for it.
    ///
    /// # Errors
    /// There is no such change, or it is settled; another process works on the sync; the reason is empty; the target
    /// has no such record, or does not answer now; the record belongs to another account, is of another product, or is
    /// linked to another record.
    #[boxed]
    pub async fn uncertain_settle(
        &self,
        change: ChangeId,
        found: &Found,
        reason: &str,
    ) -> Result<UncertainView, Error> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Error::invalid(said!("uncertain-no-reason"), said!("uncertain-hint-reason")));
        }
        let sync = self.plan_sync(change.plan).await?;
        let is_it = |open: &Unsettled| open.plan == change.plan && open.row.change.sequence == change.sequence;
        let not_open = || {
            Error::invalid(
                said!("uncertain-settled-already", change),
                said!("uncertain-hint-list", list = Call::of(Verb::UncertainList).with("sync", &sync)),
            )
        };
        if !self.store.unsettled(&sync).await?.iter().any(is_it) {
            return Err(not_open());
        }
        let run = sync_run::begin(self, &sync, Mode::Plan, &NoProgress).await?;
        let settled = match self.store.unsettled(&sync).await?.into_iter().find(is_it) {
            Some(open) => settle_by_hand(&run, self, open, found, reason).await,
            None => Err(not_open()),
        };
        match &settled {
            Ok(_) => ending::end_idle(&run).await?,
            Err(error) => run.fail(error).await,
        }
        settled
    }
}

async fn settle_by_hand(
    run: &SyncRun<'_>,
    tenant: &Tenant,
    open: Unsettled,
    found: &Found,
    reason: &str,
) -> Result<UncertainView, Error> {
    let planned = &open.row.change;
    let side = run.at(planned.action.side());
    match found {
        Found::Written(id) => {
            if let Some(target) = planned.target.as_ref().filter(|_| planned.direction() != Direction::AtSource)
                && target != id
            {
                let change = ChangeId { plan: open.plan, sequence: planned.sequence };
                return Err(Error::invalid(
                    said!("uncertain-of-another", change, target, id),
                    said!("uncertain-hint-written", target),
                ));
            }
            let kind = planned.kind.counterpart();
            // A vendor that cannot be asked leaves the decision to the person.
            let mut kept = None;
            let read = reading::read_ids(run, side, kind, std::slice::from_ref(id)).await;
            let untold = match read {
                Ok(None) => None,
                Ok(Some(read)) => {
                    let (mut records, untold) = read.by_id();
                    kept = records.remove(id);
                    if kept.is_none() && untold.is_none() {
                        return Err(Error::not_found(
                            "record",
                            format!("{kind} {id}"),
                            said!("uncertain-hint-look-in", connection = &side.name),
                        ));
                    }
                    untold
                }
                // A later call may succeed.
                Err(failure) if failure.is_passing() => {
                    let (connection, failure) = (&side.name, failure.said());
                    return Err(Error::invalid(
                        said!("uncertain-not-asked", kind, id, connection, failure),
                        said!("uncertain-hint-again"),
                    ));
                }
                Err(failure) => Some(failure.said()),
            };
            if let Some(why) = untold.filter(|_| kept.is_none()) {
                tracing::warn!(connection = %side.name, %why, "the record could not be read; the person's word stands");
            }
            let references = references::references(run, [planned], &References::default()).await?;
            let change = references::change_to_write(run, open.plan, planned, None, &references).ok().flatten();
            check_made(run, tenant, &open, change.as_ref(), id, kept.as_ref()).await?;
            let message = Said::several([planned.reason.clone(), said!("uncertain-written-by-hand", reason)]);
            let overtaken =
                recover::settle_written(run, side, &open, change.as_ref(), id, kept.as_ref(), message).await?;
            return Ok(UncertainView { overtaken, ..view(&run.sync.name, open) });
        }
        Found::NotWritten => {
            let message = said!("uncertain-not-written-by-hand", reason);
            let journal = JournalEntry {
                run: Some(open.run),
                ..journal::entry(run, open.plan, planned, Event::LookedUp, message, planned.target.clone())
            };
            let settled = Settled::new(planned.sequence, ChangeStatus::Pending, journal);
            run.store.batch_settle(open.plan, None, &[settled], &[], &side.name, run.now()).await?;
        }
    }
    Ok(view(&run.sync.name, open))
}

/// Checks that a record may be the result of a change: linked to no other record, and in the place it was to be created
/// in.
async fn check_made(
    run: &SyncRun<'_>,
    tenant: &Tenant,
    open: &Unsettled,
    sent: Option<&Change>,
    id: &str,
    kept: Option<&Record>,
) -> Result<(), Error> {
    let (planned, sync) = (&open.row.change, &run.sync);
    let kind = planned.kind;
    if planned.direction() == Direction::AtSource {
        let link = run.store.link_get(&sync.name, kind, id).await?;
        let other = link.as_ref().and_then(Link::linked).filter(|other| Some(*other) != planned.target.as_deref());
        return other.map_or(Ok(()), |other| {
            let forget = Call::of(Verb::LinkForget).with("sync", &sync.name).with("kind", kind).with("source", id);
            Err(Error::invalid(said!("link-taken", kind, target = id, other), said!("link-hint-free-first", forget)))
        });
    }
    if planned.target.is_some() {
        return Ok(());
    }
    let intended_at = open.doubt.as_ref().map_or(open.intended_at, |doubt| doubt.intended_at);
    links::check_nobodys(tenant, sync, kind, &planned.source, id, intended_at).await?;
    let (of, look) = (kind.counterpart(), || said!("uncertain-hint-look"));
    if let (Some(sent), Some(kept)) = (sent, kept) {
        let places = sent.parent.as_ref().zip(kept.parent.as_ref()).filter(|(sent, there)| sent != there);
        if let Some((sent, there)) = places.filter(|_| matches!(kind, Kind::Usage | Kind::Alert)) {
            return Err(Error::invalid(said!("uncertain-elsewhere", kind = of, id, there, sent), look()));
        }
        let of_it =
            |fields: &[Field]| fields.iter().find(|field| field.name == PRODUCT).map(|field| field.value.clone());
        let products = of_it(&sent.fields).zip(of_it(&kept.fields)).filter(|_| kind == Kind::Usage);
        let products = products.filter(|(sent, there)| !same(sent, there));
        if let Some((sent, there)) = products {
            let (there, sent) = (shown(&there), shown(&sent));
            return Err(Error::invalid(said!("uncertain-other-product", kind = of, id, there, sent), look()));
        }
        if kind != Kind::Usage && kind == of {
            run.store.records_put(&run.target.name, kind, std::slice::from_ref(kept), run.now()).await?;
        }
    }
    match kind {
        Kind::Usage | Kind::Alert => Ok(()),
        _ => links::check_made(tenant, sync, kind, &planned.source, id).await,
    }
}

fn view(sync: &SyncName, open: Unsettled) -> UncertainView {
    let Unsettled { plan, row, run, intended_at, doubt, .. } = open;
    let planned = row.change;
    UncertainView {
        change: ChangeId { plan, sequence: planned.sequence }.to_string(),
        sync: sync.clone(),
        status: row.status,
        kind: planned.kind,
        action: planned.action,
        source: planned.source,
        name: planned.name,
        target: planned.target,
        run,
        intended_at: doubt.as_ref().map_or(intended_at, |doubt| doubt.intended_at),
        looks: doubt.as_ref().map_or(0, |doubt| doubt.looks),
        due_at: doubt.as_ref().map(|doubt| doubt.due_at),
        why: match (doubt, row.status) {
            (Some(doubt), _) => doubt.why,
            (None, ChangeStatus::Accepted) => said!("uncertain-vendor-works"),
            (None, _) => said!("uncertain-run-ended"),
        },
        overtaken: None,
    }
}
