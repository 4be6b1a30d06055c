//! The state of one walk, its limits, and its verdict: complete, short, doubted or failed.
//!
//! Pure. What is kept of a walk has a bound of its own, whatever a connector hands over:
//! cursors are kept as digests, parents that could not be read up to a number, texts cut.

use super::words::grouped;
use crosswalk_model::run::{ReadFlaw, ReadReport};
use crosswalk_model::said::Arg;
use crosswalk_model::{Failure, Field, Flaw, Gap, Kind, Page, Period, Record, Said, Value, said};
use crosswalk_store::{Kept, PageStats, Read, ReadsBefore};
use std::collections::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_128;

/// The most of a walk. An honest one of 100,000 records has some 1,000 pages and 300 MB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WalkLimits {
    pub(crate) pages: u64,
    /// Records, as often as they come.
    pub(crate) rows: u64,
    /// Bytes of all records.
    pub(crate) bytes: u64,
    /// Gaps, of parents and of single records.
    pub(crate) gaps: u64,
}

/// Of a walk over everything of a kind.
pub(crate) const WALK: WalkLimits = WalkLimits { pages: 10_000, rows: 1_000_000, bytes: 1 << 30, gaps: 100_000 };
/// Of a look-up: ids, a name, one parent's records. All of it is in memory at once.
pub(crate) const LOOK_UP: WalkLimits = WalkLimits { pages: 1_000, rows: 50_000, bytes: 64 << 20, gaps: 10_000 };

/// Bytes kept of the records of one kind of a connection, gone ones included: with more nothing is read.
/// A walk may add its own most to it.
const KEPT_OF_KIND: u64 = 2 << 30;
/// Bytes kept of all records of a tenant, in the same way.
const KEPT_OF_TENANT: u64 = 8 << 30;

/// Parents that could not be read and are kept by name; with more, nothing counts as read.
const PARENTS: usize = 10_000;
/// Records that a report names one by one where they could not be read whole.
const UNREAD_TOLD: usize = 100;
/// Flaws of records that a report names one by one.
const FLAWS_TOLD: usize = 100;
/// Characters kept of a gap's cause: there may be thousands of them.
const CAUSE: usize = 300;
/// Periods of a read of usage.
const PERIODS: usize = 120;

/// Counts a walk, and says which limit it crosses.
#[derive(Debug)]
pub(crate) struct Meter {
    limits: WalkLimits,
    pages: u64,
    rows: u64,
    bytes: u64,
    gaps: u64,
    cursors: HashSet<u128>,
}

impl Meter {
    pub(crate) fn new(limits: WalkLimits) -> Self {
        Self { limits, pages: 0, rows: 0, bytes: 0, gaps: 0, cursors: HashSet::new() }
    }

    /// The bytes counted so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Counts a page in.
    ///
    /// # Errors
    /// `Broken`: a limit is crossed, or a cursor came before, however long ago.
    pub(crate) fn count(&mut self, page: &Page) -> Result<(), Failure> {
        let WalkLimits { pages, rows, bytes, gaps } = self.limits;
        self.pages += 1;
        self.rows += page.items.len() as u64;
        self.bytes += page.items.iter().map(size).sum::<u64>();
        self.gaps += page.gaps.len() as u64;
        let crossed = |what: String| Err(Failure::broken(format!("the walk did not end within {what}")));
        if self.rows > rows {
            return crossed(format!("{} records", grouped(rows)));
        }
        if self.bytes > bytes {
            return crossed(format!("{} MiB of records", grouped(bytes >> 20)));
        }
        if self.gaps > gaps {
            return Err(Failure::broken(format!("the walk has more than {} gaps", grouped(gaps))));
        }
        let Some(cursor) = &page.next else { return Ok(()) };
        if !self.cursors.insert(xxh3_128(cursor.as_bytes())) {
            return Err(Failure::broken(format!("the connector gave the cursor `{}` twice", short(cursor, 80))));
        }
        if self.pages >= pages {
            return crossed(format!("{} pages", grouped(pages)));
        }
        Ok(())
    }
}

/// The bytes of a record, about as they are kept.
fn size(record: &Record) -> u64 {
    let fields: usize = record.fields.iter().map(field_size).sum();
    let texts = record.id.len() + record.name.len();
    let rest = [&record.parent, &record.stamp].map(|text| text.as_ref().map_or(0, String::len));
    (texts + rest[0] + rest[1] + fields) as u64
}

fn field_size(field: &Field) -> usize {
    field.name.len()
        + match &field.value {
            Value::Text(text) | Value::Time(text) | Value::Json(text) => text.len(),
            _ => 8,
        }
}

fn short(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Whether there is room for another walk beside what is kept.
///
/// # Errors
/// `Broken`, with what to do.
pub(crate) fn has_room(connection: &str, kind: Kind, kept: Kept) -> Result<(), Failure> {
    let full = |whose: String, most: u64| {
        let most = grouped(most >> 20);
        Err(Failure::broken(format!(
            "{most} MiB of {whose} are kept, and no more: see whether the vendor renews its ids, let `crosswalk prune` \
             drop what is gone, or remove the connection"
        )))
    };
    if kept.kind > KEPT_OF_KIND {
        return full(format!("the {kind}s of `{connection}`"), KEPT_OF_KIND);
    }
    if kept.tenant > KEPT_OF_TENANT {
        return full("all records of the tenant".to_owned(), KEPT_OF_TENANT);
    }
    Ok(())
}

/// Whether so many fewer records came than before that an answer without a total is not believed at once.
///
/// A page that comes back empty loses a page's worth or more: of fleets of up to ten pages that is a
/// tenth at least, and of larger ones only a break in the last pages stays below it. What an MSP loses
/// between two reads is less: a customer who leaves, a few devices. A fall by less than five records
/// is everyday in small lists, except to nothing at all.
fn is_large_drop(before: u64, now: u64) -> bool {
    let lost = before.saturating_sub(now);
    lost > 0 && (now == 0 || (lost >= 5 && lost * 10 >= before))
}

/// The state of one walk.
#[derive(Debug)]
pub(crate) struct Walk {
    kind: Kind,
    meter: Meter,
    /// Distinct records.
    pub(crate) records: u64,
    pub(crate) total: Option<u64>,
    left_out: u64,
    /// Gaps that stand for a row of the total.
    unread_rows: u64,
    moved: Option<(u64, u64)>,
    /// Taken up again after its total had changed; what it was nobody knows.
    unsound: bool,
    ended: bool,
    gaps: Vec<(Option<String>, Failure)>,
    parents: HashSet<Option<String>>,
    unread: Vec<(String, Failure)>,
    unread_total: u64,
    periods: Vec<Period>,
    flaws: Vec<Flaw>,
    flaws_total: u64,
    dropped: Option<(u64, u64)>,
    pub(crate) failure: Option<Failure>,
}

/// What a page means for the walk, for the store to keep beside it.
pub(crate) struct Taken {
    pub(crate) next: Option<String>,
    /// Gaps of single records.
    pub(crate) unread: Vec<Gap>,
    /// Parents that no page named before.
    pub(crate) fresh_gaps: u64,
    /// Whether the total changed with it.
    pub(crate) moved: bool,
}

impl Walk {
    pub(crate) fn new(kind: Kind, read: &Read, limits: WalkLimits) -> Self {
        Self {
            kind,
            meter: Meter::new(limits),
            records: read.records,
            total: read.total,
            left_out: read.left_out,
            unread_rows: read.unread,
            moved: None,
            unsound: !read.sound,
            ended: false,
            parents: read.gaps.iter().map(|(parent, _)| parent.clone()).collect(),
            gaps: read.gaps.clone(),
            unread: Vec::new(),
            unread_total: 0,
            periods: Vec::new(),
            flaws: Vec::new(),
            flaws_total: 0,
            dropped: None,
            failure: None,
        }
    }

    /// The parents that could not be read so far.
    pub(crate) fn gaps(&self) -> &[(Option<String>, Failure)] {
        &self.gaps
    }

    /// Takes a page in, and says where to go on.
    pub(crate) fn take(&mut self, page: &Page) -> Taken {
        let mut moved = false;
        if let Some(total) = page.total {
            if let Some(before) = self.total.filter(|before| *before != total) {
                self.moved.get_or_insert((before, total)).1 = total;
                moved = true;
            }
            self.total = Some(total);
        }
        self.left_out = self.left_out.saturating_add(page.left_out);
        if self.periods.is_empty() {
            self.periods = page.periods.iter().take(PERIODS).cloned().collect();
        }
        let room = FLAWS_TOLD.saturating_sub(self.flaws.len());
        self.flaws.extend(page.flaws.iter().take(room).cloned());
        self.flaws_total += page.flaws_total;
        let (mut unread, mut fresh_gaps) = (Vec::new(), 0);
        for gap in &page.gaps {
            let cause = brief(&gap.cause);
            match &gap.item {
                Some(id) => {
                    self.unread_total += 1;
                    if self.unread.len() < UNREAD_TOLD {
                        let named = page.items.iter().find(|item| item.id == *id && !item.name.is_empty());
                        let who = named.map_or_else(
                            || short(id, 80),
                            |item| format!("{} ({})", short(&item.name, 80), short(id, 80)),
                        );
                        self.unread.push((who, cause.clone()));
                    }
                    unread.push(Gap { cause: cause.clone(), ..gap.clone() });
                    // Rows of usage add up: without one of them its customer's sum is not known.
                    if self.kind != Kind::Usage {
                        continue;
                    }
                }
                None => fresh_gaps += u64::from(!self.parents.contains(&gap.parent)),
            }
            self.note_parent(gap.parent.clone(), cause);
        }
        self.unread_rows += fresh_gaps;
        let next = match self.meter.count(page) {
            Err(failure) => {
                self.failure = Some(failure);
                None
            }
            Ok(()) => {
                self.ended = page.next.is_none();
                page.next.clone()
            }
        };
        Taken { next, unread, fresh_gaps, moved }
    }

    fn note_parent(&mut self, parent: Option<String>, cause: Failure) {
        let parent = parent.filter(|_| self.parents.len() < PARENTS);
        if self.parents.insert(parent.clone()) {
            self.gaps.push((parent, cause));
        }
    }

    /// Counts in what storing a page came to.
    pub(crate) fn stored(&mut self, stats: PageStats) {
        self.records += stats.distinct();
        self.unread_rows += stats.unread;
        if let Some(id) = stats.twice {
            self.flaws_total += 1;
            if self.flaws.len() < FLAWS_TOLD {
                let what = "its id came again on a later page with other values: the later one is kept".to_owned();
                self.flaws.push(Flaw { name: short(&id, 80), id: short(&id, 80), what });
            }
        }
    }

    /// Whether it came to its end in a way that the reads before it have to confirm: no total,
    /// and of a kind whose number does not swing by itself. Alerts do: a storm ends.
    pub(crate) fn asks_before(&self) -> bool {
        self.ended && self.total.is_none() && self.kind != Kind::Alert && self.failure.is_none()
    }

    /// Compares with the reads before this one. A second read that agrees is believed.
    pub(crate) fn compare(&mut self, before: ReadsBefore) {
        let now = self.records;
        let Some(walked) = before.walked.filter(|walked| is_large_drop(*walked, now)) else { return };
        if before.doubted.is_none_or(|doubted| is_large_drop(doubted, now) || is_large_drop(now, doubted)) {
            self.dropped = Some((walked, self.records));
        }
    }

    /// Whether the only flaw is that far fewer records came than before.
    pub(crate) fn is_doubted(&self) -> bool {
        self.dropped.is_some() && self.failure.is_none()
    }

    fn flaw(&self) -> Option<ReadFlaw> {
        let came = self.records.saturating_add(self.left_out).saturating_add(self.unread_rows);
        if let Some((before, after)) = self.moved {
            return Some(ReadFlaw::Moved { before, after });
        }
        if self.unsound {
            let after = self.total.unwrap_or_default();
            return Some(ReadFlaw::Moved { before: after, after });
        }
        if let Some(told) = self.total.filter(|told| came < *told) {
            return Some(ReadFlaw::Short { told, came });
        }
        self.dropped.map(|(before, came)| ReadFlaw::Dropped { before, came })
    }

    pub(crate) fn report(self) -> ReadReport {
        let flaw = self.flaw().filter(|_| self.failure.is_none());
        let walked = self.ended && flaw.is_none() && self.failure.is_none();
        ReadReport {
            kind: self.kind,
            records: self.records,
            complete: walked && self.gaps.is_empty() && self.unread_total == 0,
            walked,
            failure: self.failure,
            flaw,
            gaps: self.gaps,
            unread: self.unread,
            unread_total: self.unread_total,
            periods: self.periods,
            flaws: self.flaws,
            flaws_total: self.flaws_total,
        }
    }
}

/// A failure with its text cut.
pub(crate) fn brief(failure: &Failure) -> Failure {
    let mut brief = failure.clone();
    match &mut brief {
        Failure::Denied { message }
        | Failure::Throttled { message, .. }
        | Failure::Unavailable { message }
        | Failure::NotFound { message }
        | Failure::Conflict { message }
        | Failure::Unsupported { message }
        | Failure::Broken { message } => *message = short(message, CAUSE),
        Failure::Rejected { message, fields } => {
            *message = short(message, CAUSE);
            fields.clear();
        }
    }
    brief
}

/// How many of the parents that could not be read are named.
const NAMED: usize = 10;

/// The parents of a read that could not be read and are named in what is told of it.
pub(crate) fn parents_to_name(report: &ReadReport) -> Vec<String> {
    report.gaps.iter().filter_map(|(parent, _)| parent.clone()).take(NAMED).collect()
}

/// What a read is reported to lack, one message each; `names` are those of parents, by id.
pub(crate) fn complaints(connection: &str, report: &ReadReport, names: &HashMap<String, String>) -> Vec<Said> {
    let kind = report.kind;
    let failed = report.failure.as_ref();
    let mut complaints: Vec<Said> =
        failed.map(|failure| said!("walk-failed", connection, kind, failure = failure.said())).into_iter().collect();
    complaints.extend(report.flaw.map(|flaw| match flaw {
        ReadFlaw::Moved { before, after } if before == after => said!("walk-moved-since", connection, kind),
        ReadFlaw::Moved { before, after } => said!("walk-moved", connection, kind, before, after),
        ReadFlaw::Short { told, came } => said!("walk-short", connection, kind, total = told, came),
        ReadFlaw::Dropped { before, came } => said!("walk-dropped", connection, kind, before, came),
    }));
    complaints.extend(of_parents(connection, report, names));
    complaints.extend(report.unread.first().map(|(first, cause)| {
        said!("walk-unread", connection, kind, count = report.unread_total, first, cause = cause.said())
    }));
    complaints
}

/// The message about parents that could not be read.
fn of_parents(connection: &str, report: &ReadReport, names: &HashMap<String, String>) -> Option<Said> {
    let kind = report.kind;
    let called = |parent: &Option<String>| match parent.as_ref().map(|id| (id, names.get(id))) {
        Some((id, Some(name))) => Arg::from(format!("{name} ({id})")),
        Some((id, None)) => Arg::from(id),
        None => Arg::from(said!("walk-parent-unknown")),
    };
    let (parent, cause) = report.gaps.first()?;
    let (count, first, cause) = (report.gaps.len(), called(parent), cause.said());
    let mut others: Vec<Arg> = report.gaps.iter().take(NAMED).skip(1).map(|(parent, _)| called(parent)).collect();
    let more = count.saturating_sub(NAMED);
    others.extend((more > 0).then(|| Arg::from(said!("walk-more", count = more))));
    Some(match others.is_empty() {
        true => said!("walk-parents-unread", connection, kind, count, first, cause),
        false => said!("walk-parents-unread-others", connection, kind, count, first, cause, others = Arg::List(others)),
    })
}

#[cfg(test)]
mod tests;
