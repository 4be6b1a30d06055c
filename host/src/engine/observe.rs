//! Observing: read a page, commit it with its cursor, repeat.
//!
//! The host decides that a read was complete: an unfiltered walk to the end, without
//! gaps, whose total did not move. Only a complete read lets a record count as gone.
//! While a page is committed the next is read already; a crash repeats a page or two and
//! loses none. Asked to stop, it breaks off at once: the place is committed, and with it
//! whether all was well so far, so that the next run reads on from there.

use super::connections::Opened;
use super::context::Work;
use super::progress::Stage;
use super::settle::{THROTTLE_MAX_MS, THROTTLE_MS};
use crate::error::Error;
use crate::model::run::ReadReport;
use crate::model::{Failure, Kind, Page, Query, Selection};
use crate::store::Read;
use std::collections::HashSet;
use std::time::Duration;

/// More pages than any honest walk has: a lying connector ends here.
const PAGES: usize = 10_000;
/// An unfinished read is taken up again when it is no older than this.
const RESUME_WITHIN_MS: i64 = 30 * 60 * 1000;
/// How often a page that met "too many calls" is asked for again.
const THROTTLE_WAITS: u32 = 10;

impl Work<'_> {
    /// Reads all kinds of the sync from both sides, the two side by side. A failure of
    /// one kind is in its report; it fails nothing else.
    pub(super) async fn observe(&self) -> Result<Observed, Error> {
        let (source, target) = tokio::join!(
            self.observe_side(&self.source, self.source_kinds()),
            self.observe_side(&self.target, self.kinds())
        );
        Ok(Observed { source: source?, target: target? })
    }

    async fn observe_side(&self, side: &Opened, kinds: impl Iterator<Item = Kind>) -> Result<Vec<ReadReport>, Error> {
        let mut reports = Vec::new();
        for kind in kinds {
            reports.push(self.observe_kind(side, kind).await?);
        }
        Ok(reports)
    }

    pub(super) async fn observe_kind(&self, side: &Opened, kind: Kind) -> Result<ReadReport, Error> {
        let stage = Stage::Reading { connection: side.name.to_string(), kind };
        self.progress.begin(stage.clone(), None);
        let query = Query { kind, selection: Selection::Everything };
        let read = self.store.read_begin(&side.name, kind, self.now(), RESUME_WITHIN_MS).await?;
        let mut walk = Walk::new(kind, &read);
        let Some(mut page) = self.page(side, &query, read.cursor.as_deref()).await else {
            return self.leave(&read, &walk).await;
        };
        for _ in 0..PAGES {
            let current = match page {
                Ok(current) => current,
                Err(failure) => {
                    walk.failure = Some(failure);
                    break;
                }
            };
            let next = walk.take(&current);
            self.progress.at(&stage, walk.records, current.total);
            let commit = self.store.page_commit(
                &read,
                &side.name,
                kind,
                &current.items,
                next.as_deref(),
                current.total,
                self.now(),
            );
            match &next {
                None => {
                    commit.await?;
                    break;
                }
                Some(cursor) => {
                    let (committed, following) = tokio::join!(commit, self.page(side, &query, Some(cursor)));
                    committed?;
                    match following {
                        Some(following) => page = following,
                        None => return self.leave(&read, &walk).await,
                    }
                }
            }
        }
        // To the end, but for what is told to be missing: all else that was not seen is gone.
        let walked = walk.ended && walk.steady && walk.failure.is_none();
        let report = walk.report();
        let gap_parents: Vec<Option<String>> = report.gaps.iter().map(|(parent, _)| parent.clone()).collect();
        // A read that failed is left unfinished and taken up again, unless its place is the fault.
        if report.failure.as_ref().is_none_or(|failure| !failure.is_passing()) {
            self.store.read_finish(read.id, &side.name, kind, walked, &gap_parents, self.now()).await?;
        }
        self.progress.end(&stage);
        Ok(report)
    }

    /// Reads a page, waiting where the vendor or its budget says "too many calls"; none when it is time to stop.
    async fn page(&self, side: &Opened, query: &Query, after: Option<&str>) -> Option<Result<Page, Failure>> {
        let read = async {
            for _ in 0..THROTTLE_WAITS {
                match side.connector.read(&self.reading, query, after).await {
                    Err(Failure::Throttled { retry_after_ms, .. }) => {
                        let ms = retry_after_ms.unwrap_or(THROTTLE_MS).min(THROTTLE_MAX_MS);
                        tokio::time::sleep(Duration::from_millis(ms)).await;
                    }
                    page => return page,
                }
            }
            side.connector.read(&self.reading, query, after).await
        };
        tokio::select! {
            page = read => Some(page),
            () = self.parts.stop.stopped() => None,
        }
    }

    /// Breaks a walk off on request.
    async fn leave(&self, read: &Read, walk: &Walk) -> Result<ReadReport, Error> {
        self.store.read_leave(read.id, walk.steady && walk.gaps.is_empty()).await?;
        Err(Error::Stopped)
    }
}

/// What both sides gave.
pub(super) struct Observed {
    pub(super) source: Vec<ReadReport>,
    pub(super) target: Vec<ReadReport>,
}

impl Observed {
    /// How a kind was read.
    pub(super) fn of(reports: &[ReadReport], kind: Kind) -> Option<&ReadReport> {
        reports.iter().find(|report| report.kind == kind)
    }

    /// Records read in all: source, target.
    pub(super) fn totals(&self) -> (u64, u64) {
        let sum = |reports: &[ReadReport]| reports.iter().map(|report| report.records).sum();
        (sum(&self.source), sum(&self.target))
    }

    /// What failed or is missing, one sentence each.
    pub(super) fn complaints(&self, source: &Opened, target: &Opened) -> Vec<String> {
        let mut said = Vec::new();
        for (side, reports) in [(source, &self.source), (target, &self.target)] {
            for report in reports {
                if let Some(failure) = &report.failure {
                    said.push(format!("{} {}s were not read to the end: {failure}", side.name, report.kind));
                } else if !report.gaps.is_empty() {
                    let (parent, cause) = &report.gaps[0];
                    said.push(format!(
                        "{} {}s of {} parent(s) could not be read, the first {}: {cause}",
                        side.name,
                        report.kind,
                        report.gaps.len(),
                        parent.as_deref().unwrap_or("unknown"),
                    ));
                } else if !report.complete {
                    said.push(format!(
                        "{} {}s changed in number while they were read: nothing counts as gone",
                        side.name, report.kind
                    ));
                }
            }
        }
        said
    }
}

/// The state of one walk, and its verdict.
struct Walk {
    kind: Kind,
    records: u64,
    total: Option<u64>,
    steady: bool,
    ended: bool,
    cursors: HashSet<String>,
    gaps: Vec<(Option<String>, Failure)>,
    failure: Option<Failure>,
}

impl Walk {
    fn new(kind: Kind, read: &Read) -> Self {
        Self {
            kind,
            records: read.records,
            total: read.total,
            // Of what went before an accident only the rows are known: the next full walk decides.
            steady: read.sound,
            ended: false,
            cursors: HashSet::new(),
            gaps: Vec::new(),
            failure: None,
        }
    }

    /// Takes a page in, and says where to go on.
    fn take(&mut self, page: &Page) -> Option<String> {
        self.records += page.items.len() as u64;
        if let Some(total) = page.total {
            if self.total.is_some_and(|before| before != total) {
                self.steady = false;
            }
            self.total = Some(total);
        }
        self.gaps.extend(page.gaps.iter().map(|gap| (gap.parent.clone(), gap.cause.clone())));
        match &page.next {
            None => {
                self.ended = true;
                None
            }
            Some(cursor) if !self.cursors.insert(cursor.clone()) => {
                self.failure =
                    Some(Failure::broken(format!("the connector gave the cursor `{}` twice", short(cursor))));
                None
            }
            Some(cursor) => Some(cursor.clone()),
        }
    }

    fn report(mut self) -> ReadReport {
        if !self.ended && self.failure.is_none() {
            self.failure = Some(Failure::broken(format!("the walk did not end within {PAGES} pages")));
        }
        ReadReport {
            kind: self.kind,
            records: self.records,
            complete: self.ended && self.steady && self.failure.is_none() && self.gaps.is_empty(),
            failure: self.failure,
            gaps: self.gaps,
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gap, Record};

    fn page(items: usize, next: Option<&str>, total: Option<u64>) -> Page {
        let record = Record { id: String::new(), parent: None, name: String::new(), stamp: None, fields: Vec::new() };
        Page { items: vec![record; items], next: next.map(str::to_owned), total, ..Page::default() }
    }

    fn walk(pages: &[Page]) -> ReadReport {
        let begun = Read { id: 1, cursor: None, records: 0, total: None, resumed: false, sound: true };
        walk_on(&begun, pages)
    }

    fn walk_on(read: &Read, pages: &[Page]) -> ReadReport {
        let mut walk = Walk::new(Kind::Asset, read);
        for page in pages {
            if walk.take(page).is_none() {
                break;
            }
        }
        walk.report()
    }

    #[test]
    fn complete_is_an_unfiltered_walk_to_the_end_with_a_steady_total_and_no_gaps() {
        assert!(walk(&[page(2, Some("a"), Some(3)), page(1, None, Some(3))]).complete);
        assert!(walk(&[page(0, None, None)]).complete);
        assert!(!walk(&[page(2, Some("a"), Some(3)), page(1, None, Some(4))]).complete);
        let mut gap = page(1, None, None);
        gap.gaps.push(Gap { parent: Some("7".to_owned()), item: None, cause: Failure::broken("x") });
        assert!(!walk(&[gap]).complete);
        assert!(!walk(&[page(2, Some("a"), None)]).complete);
    }

    #[test]
    fn a_walk_taken_up_again_is_complete_only_when_it_was_left_sound_and_its_total_still_holds() {
        let left = Read { id: 1, cursor: Some("a".into()), records: 2, total: Some(3), resumed: true, sound: true };
        let report = walk_on(&left, &[page(1, None, Some(3))]);
        assert!(report.complete && report.records == 3);
        assert!(!walk_on(&left, &[page(1, None, Some(4))]).complete);
        assert!(!walk_on(&Read { sound: false, ..left }, &[page(1, None, Some(3))]).complete);
    }

    #[test]
    fn a_cursor_given_twice_ends_the_walk_with_the_connectors_fault() {
        let report = walk(&[page(1, Some("a"), None), page(1, Some("a"), None), page(1, None, None)]);
        assert!(!report.complete);
        assert!(report.failure.unwrap().message().contains("`a` twice"));
    }
}
