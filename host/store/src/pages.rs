//! Pages: storing one with the place where the next starts and what its walk rests on.
//!
//! Which records a walk met is noted apart from them (`sightings`), and those it could not read
//! whole apart from both (`unread`). When a walk begins and ends is in `reads.rs`.

use super::connections::connection_id;
use super::reads::is_open;
use super::rows::{check_length, int, to_document};
use super::unread::{self, Noted};
use super::upsert::{Encoded, Put, Upsert};
use super::{Read, StoreError, TenantStore};
use crate::boxed;
use crosswalk_model::{ConnectionName, Failure, Gap, Kind, Record, Timestamp};
use rusqlite::{CachedStatement, Connection, params};
use std::collections::HashSet;

/// The longest cursor, in bytes: the contract's limit.
const CURSOR: usize = 8 * 1024;

/// One page to be stored, with what the walk rests on.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageCommit<'a> {
    /// Its records.
    pub records: &'a [Record],
    /// Where the next page starts.
    pub next: Option<&'a str>,
    /// The vendor's total, where the page has one.
    pub total: Option<u64>,
    /// The number of its rows that count in the total and are no records.
    pub left_out: u64,
    /// Its gaps that name a single record.
    pub unread: &'a [Gap],
    /// All parents that could not be read so far, this page included; `None` when none is new.
    pub gaps: Option<&'a [(Option<String>, Failure)]>,
    /// The number of this page's gaps that name a parent not named before.
    pub fresh_gaps: u64,
    /// Whether the total changed.
    pub moved: bool,
}

/// What a page came to. Each of its records is counted once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageStats {
    /// Never stored before.
    pub fresh: u64,
    /// Differ in more than volatile fields.
    pub changed: u64,
    /// Do not.
    pub same: u64,
    /// This walk had them before; the later one is kept.
    pub repeated: u64,
    /// Gaps of single records that stand for a row of the total: nothing is stored of them.
    pub unread: u64,
    /// The id of the first that this walk had before with other values.
    pub twice: Option<String>,
}

impl PageStats {
    /// The number of records this walk met for the first time.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.fresh + self.changed + self.same
    }
}

impl TenantStore {
    /// Stores a page, where the next one starts, and what the walk rests on. A read that has
    /// ended meanwhile (another process took it up) still stores its records.
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
        check_length("the cursor", page.next.unwrap_or_default(), CURSOR)?;
        // Encoded here, by the caller's thread: the writer has enough to do.
        let named: HashSet<&str> = page.unread.iter().filter_map(|gap| gap.item.as_deref()).collect();
        let (partly, whole): (Vec<&Record>, Vec<&Record>) =
            page.records.iter().partition(|record| !named.is_empty() && named.contains(record.id.as_str()));
        let whole = Encoded::all(kind, whole)?;
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
            // What could not be read whole keeps what was known of it.
            let partly = Encoded::all(kind, &unread::completed(db, key, partly)?)?;
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
                        // Where it is not on the page, it is there all the same.
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

/// Notes which records a walk meets.
struct Sight<'c> {
    insert: CachedStatement<'c>,
    key: (i64, i64),
}

impl<'c> Sight<'c> {
    fn prepare(db: &'c Connection, tenant: i64, read: i64) -> Result<Self, StoreError> {
        // One that this host wrote in the meantime is met for the first time all the same.
        let insert = db.prepare_cached(
            "INSERT INTO sightings (tenant, read, record, walked) VALUES (?1, ?2, ?3, 1) \
             ON CONFLICT DO UPDATE SET walked = 1 WHERE walked = 0",
        )?;
        Ok(Self { insert, key: (tenant, read) })
    }

    /// Whether the walk meets the record for the first time.
    fn meets(&mut self, record: i64) -> Result<bool, StoreError> {
        Ok(self.insert.execute([self.key.0, self.key.1, record])? > 0)
    }
}
