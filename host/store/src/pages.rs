//! Pages: a page is stored together with the cursor of the next one and the state of its walk.
//!
//! The records that a walk met are stored apart from the records (`sightings`), and those that it could not read whole
//! apart from both (`unread`). The beginning and the end of a walk are in `reads.rs`.

use super::connections::connection_id;
use super::reads::is_open;
use super::rows::{check_length, int, to_document};
use super::sightings::Sight;
use super::unread::{self, Noted};
use super::upsert::{Put, RecordRow, Upsert};
use super::{Read, StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Failure, Gap, Kind, Record, Timestamp};
use rusqlite::params;
use std::collections::HashSet;

/// The longest cursor, in bytes: the contract's limit.
const CURSOR: usize = 8 * 1024;

/// A page to store, with the state of its walk.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageCommit<'a> {
    /// The records of the page.
    pub records: &'a [Record],
    /// The cursor of the next page.
    pub next: Option<&'a str>,
    /// The vendor's total, if the page has one.
    pub total: Option<u64>,
    /// Number of rows that count in the total and are not records.
    pub left_out: u64,
    /// The gaps that name a single record.
    pub unread: &'a [Gap],
    /// All parents that could not be read so far, this page included; `None` if none is new.
    pub gaps: Option<&'a [(Option<String>, Failure)]>,
    /// Number of this page's gaps that name a parent not named before.
    pub fresh_gaps: u64,
    /// Whether the total changed.
    pub moved: bool,
}

/// What storing a page changed. Each record is counted once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageStats {
    /// Records that were never stored before.
    pub fresh: u64,
    /// Records that differ in more than volatile fields.
    pub changed: u64,
    /// Records that do not.
    pub same: u64,
    /// Records that this walk met before. The later one is kept.
    pub repeated: u64,
    /// Gaps of single records that stand for a row of the total. Nothing is stored of these records.
    pub unread: u64,
    /// The id of the first record that this walk met before with other values.
    pub twice: Option<String>,
}

impl PageStats {
    /// Number of records that this walk met for the first time.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.fresh + self.changed + self.same
    }
}

impl TenantStore {
    /// Stores a page, the cursor of the next one, and the state of the walk. A read that has ended meanwhile (another
    /// process resumed it) still stores its records.
    ///
    /// # Errors
    /// `NotFound` (the connection, the read); `TooLarge`.
    #[boxed]
    pub async fn page_commit(
        &self,
        read: &Read,
        connection: &ConnectionName,
        kind: Kind,
        page: &PageCommit<'_>,
        at: Timestamp,
    ) -> Result<PageStats, StoreError> {
        check_length("cursor", page.next.unwrap_or_default(), CURSOR)?;
        // Encoded here, on the caller's thread, to relieve the writer.
        let named: HashSet<&str> = page.unread.iter().filter_map(|gap| gap.item.as_deref()).collect();
        let (partly, whole): (Vec<&Record>, Vec<&Record>) =
            page.records.iter().partition(|record| !named.is_empty() && named.contains(record.id.as_str()));
        let whole = RecordRow::all(kind, whole)?;
        let partly: Vec<Record> = partly.into_iter().cloned().collect();
        let (tenant, connection, read, next) = (self.id, connection.clone(), read.id, page.next.map(str::to_owned));
        let (total, left_out, moved) = (page.total.map(int), int(page.left_out), page.moved);
        let (unread, fresh_gaps) = (page.unread.to_vec(), page.fresh_gaps);
        let gaps = page.gaps.map(|gaps| to_document(&gaps)).transpose()?;
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let open = is_open(db, tenant, read, connection, kind)?;
            let key = (tenant, connection, kind);
            let mut stats = PageStats::default();
            // A record that could not be read whole keeps what was known of it.
            let partly = RecordRow::all(kind, &unread::completed(db, key, partly)?)?;
            let mut upsert = Upsert::prepare(db, tenant, connection, kind)?;
            let mut sight = Sight::prepare(db, tenant, read)?;
            for record in whole.iter().chain(&partly) {
                let (number, put) = upsert.put(record, at, false)?;
                let new = !open || sight.meets(number)?;
                if !new && put == Put::Changed && stats.twice.is_none() {
                    stats.twice = Some(record.id().to_owned());
                }
                let counter = match put {
                    _ if !new => &mut stats.repeated,
                    Put::Fresh => &mut stats.fresh,
                    Put::Changed => &mut stats.changed,
                    Put::Same => &mut stats.same,
                };
                *counter += 1;
            }
            upsert.sum_up(db)?;
            if open {
                unread::read_whole(db, key, &whole)?;
                for gap in &unread {
                    match unread::note(db, key, read, gap, at)? {
                        // A record that is not on the page still exists.
                        Noted::Known(number) => stats.same += u64::from(sight.meets(number)?),
                        Noted::Unknown => stats.unread += 1,
                        Noted::Again => {}
                    }
                }
                db.prepare_cached(
                    "UPDATE reads SET cursor = ?1, records = records + ?2, total = coalesce(?3, total), \
                     left_out = left_out + ?4, unread = unread + ?5, gaps = coalesce(?6, gaps), \
                     sound = sound AND NOT ?7 WHERE id = ?8 AND tenant = ?9",
                )?
                .execute(params![
                    next,
                    int(stats.distinct()),
                    total,
                    left_out,
                    int(stats.unread + fresh_gaps),
                    gaps,
                    moved,
                    read,
                    tenant
                ])?;
            }
            Ok(stats)
        })
        .await
    }
}
