//! Observing: read a page, commit it with its cursor, repeat.
//!
//! The host decides that a read was complete (`walk`): an unfiltered walk to the end, with every row of the vendor's
//! total accounted for, without gaps, whose total did not move. Only a complete read lets a record count as gone or as
//! new.
//!
//! While a page is committed, the next is read; a crash repeats a page or two and loses none. A stop breaks off at
//! once; the cursor is committed with the state of the walk, and the next run reads on from there.

use super::reading;
use crate::error::Error;
use crate::ground::opened::Opened;
use crate::ground::progress::Stage;
use crate::ground::sync_run::SyncRun;
use crate::rules::plan::Finding;
use crate::rules::walk::{WALK, Walk, complaints, has_room, parents_to_name};
use crosswalk_model::run::ReadReport;
use crosswalk_model::{Cause, Failure, Kind, Page, Query, Said, Selection, Side, said};
use crosswalk_store::PageCommit;
use std::collections::HashMap;

/// An unfinished read is taken up again when it is no older than this.
const RESUME_WITHIN_MS: i64 = 30 * 60 * 1000;
/// No read is that young.
const NEVER_MS: i64 = -1;

/// Reads all kinds of the sync from both sides, the two side by side. A failure of
/// one kind is in its report; it fails nothing else.
pub(crate) async fn observe(run: &SyncRun<'_>) -> Result<Observed, Error> {
    let (source, target) =
        tokio::join!(observe_side(run, &run.source, run.source_kinds()), observe_side(run, &run.target, run.kinds()));
    let observed = Observed { source: source?, target: target? };
    for (side, reports) in [(&run.source, &observed.source), (&run.target, &observed.target)] {
        for report in reports {
            tell_missing(run, side, report).await?;
        }
    }
    Ok(observed)
}

async fn observe_side(
    run: &SyncRun<'_>,
    side: &Opened,
    kinds: impl Iterator<Item = Kind>,
) -> Result<Vec<ReadReport>, Error> {
    let mut reports = Vec::new();
    for kind in kinds {
        reports.push(walk_kind(run, side, kind).await?);
    }
    Ok(reports)
}

/// Reads one kind of one side, and tells the run what is missing.
pub(crate) async fn observe_kind(run: &SyncRun<'_>, side: &Opened, kind: Kind) -> Result<ReadReport, Error> {
    let report = walk_kind(run, side, kind).await?;
    tell_missing(run, side, &report).await?;
    Ok(report)
}

/// Tells the run what of a kind was not read, with the names of whose it is.
async fn tell_missing(run: &SyncRun<'_>, side: &Opened, report: &ReadReport) -> Result<(), Error> {
    let ids = parents_to_name(report);
    let mut names = HashMap::new();
    for kind in [Kind::Customer, Kind::Contract].into_iter().filter(|_| !ids.is_empty()) {
        let of_usage = kind.is_account() || report.kind.is_billed();
        let stored = if of_usage { run.store.records_by_ids(&side.name, kind, &ids).await? } else { Vec::new() };
        names.extend(stored.into_iter().map(|stored| (stored.record.id, stored.record.name)));
    }
    run.complain(complaints(side.name.as_str(), report, &names));
    Ok(())
}

async fn walk_kind(run: &SyncRun<'_>, side: &Opened, kind: Kind) -> Result<ReadReport, Error> {
    let stage = Stage::Reading { connection: side.name.to_string(), kind };
    run.progress.begin(stage.clone(), None);
    let query = Query { kind, selection: Selection::Everything };
    // Counts of usage are billed from one walk: halves of two reports do not add up.
    let resume = if kind.is_billed() { NEVER_MS } else { RESUME_WITHIN_MS };
    let read = run.store.read_begin(Some(run.id), &side.name, kind, run.now(), resume).await?;
    let mut walk = Walk::new(kind, &read, WALK);
    let mut page = match has_room(side.name.as_str(), kind, read.kept) {
        Ok(()) => read_page(run, side, &query, read.cursor.as_deref()).await?,
        Err(failure) => Err(failure),
    };
    loop {
        let current = match page {
            Ok(current) => current,
            Err(failure) => {
                walk.failure = Some(failure);
                break;
            }
        };
        let taken = walk.take(&current);
        run.progress.at(&stage, walk.records, current.total);
        let commit = PageCommit {
            records: &current.items,
            next: taken.next.as_deref(),
            total: current.total,
            left_out: current.left_out,
            unread: &taken.unread,
            gaps: (!current.gaps.is_empty()).then(|| walk.gaps()),
            fresh_gaps: taken.fresh_gaps,
            moved: taken.moved,
        };
        let commit = run.store.page_commit(&read, &side.name, kind, &commit, run.now());
        let Some(cursor) = &taken.next else {
            let stats = commit.await?;
            walk.stored(stats);
            break;
        };
        let (committed, following) = tokio::join!(commit, read_page(run, side, &query, Some(cursor)));
        walk.stored(committed?);
        page = following?;
    }
    if walk.asks_before() {
        walk.compare(run.store.reads_before(read.id, &side.name, kind).await?);
    }
    let doubted = walk.is_doubted();
    let report = walk.report();
    let gap_parents: Vec<Option<String>> = report.gaps.iter().map(|(parent, _)| parent.clone()).collect();
    // A read that failed is left unfinished and taken up again, unless its place is the fault.
    if doubted {
        run.store.read_doubt(read.id, &side.name, kind, run.now()).await?;
    } else if report.failure.as_ref().is_none_or(|failure| !failure.is_passing()) {
        run.store.read_finish(read.id, &side.name, kind, report.walked, &gap_parents, run.now()).await?;
    }
    run.progress.end(&stage);
    Ok(report)
}

/// Reads a page, waiting and trying again where that may help.
///
/// # Errors
/// It is time to stop.
async fn read_page(
    run: &SyncRun<'_>,
    side: &Opened,
    query: &Query,
    after: Option<&str>,
) -> Result<Result<Page, Failure>, Error> {
    tokio::select! {
        page = reading::read_page(run, side, query, after) => Ok(page),
        () = run.stop.stopped() => Err(Error::Stopped),
    }
}

/// What both sides gave.
pub(crate) struct Observed {
    pub(crate) source: Vec<ReadReport>,
    pub(crate) target: Vec<ReadReport>,
}

impl Observed {
    /// How a kind was read.
    pub(crate) fn of(reports: &[ReadReport], kind: Kind) -> Option<&ReadReport> {
        reports.iter().find(|report| report.kind == kind)
    }

    /// What was wrong with records and set aside, each told by its record and connection.
    pub(crate) fn flaws(&self, source: &Opened, target: &Opened) -> Vec<Finding> {
        let mut found = Vec::new();
        for (which, side, reports) in [(Side::Source, source, &self.source), (Side::Target, target, &self.target)] {
            for report in reports {
                let kind = report.kind;
                let of = |source: &str, message: Said| Finding::new(Cause::Flawed, kind, "", source, message).at(which);
                found.extend(report.flaws.iter().map(|flaw| {
                    of(
                        &flaw.id,
                        said!("run-flawed", connection = &side.name, kind, name = &flaw.name, what = &flaw.what),
                    )
                }));
                let more = report.flaws_total.saturating_sub(report.flaws.len() as u64);
                if more > 0 {
                    found.push(of("", said!("run-flawed-more", connection = &side.name, kind, count = more)));
                }
            }
        }
        found
    }

    /// Records read in all: source, target.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let sum = |reports: &[ReadReport]| reports.iter().map(|report| report.records).sum();
        (sum(&self.source), sum(&self.target))
    }
}
