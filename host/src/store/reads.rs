//! Reads: walks over everything a connection has of a kind, page by page.
//!
//! A page's rows and the place where the next one starts are one transaction, so a crash
//! repeats at most one page. Which records a walk saw is kept apart from the records
//! (`sightings`): a record that did not change is not written again. Only the end of a
//! complete walk says what is gone.

use super::connections::connection_id;
use super::rows::{check_length, count, first, int};
use super::upsert::{Encoded, Put, Upsert};
use super::{StoreError, TenantStore};
use crate::model::{ConnectionName, Kind, Record, Timestamp};
use rusqlite::{Connection, params};

/// How many ended reads are kept per connection and kind, to look back on.
const KEPT: i64 = 50;

/// The longest cursor, in bytes: the contract's limit.
const CURSOR: usize = 8 * 1024;

/// A walk under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// Its id.
    pub id: i64,
    /// Where it goes on; none at the beginning.
    pub cursor: Option<String>,
    /// How many records it gave so far.
    pub records: u64,
    /// How many the vendor says there are, as of the last page.
    pub total: Option<u64>,
    /// Whether it was begun earlier.
    pub resumed: bool,
    /// Whether it was without a flaw when it was left; false where nobody can tell.
    pub sound: bool,
}

/// What a page came to. Each of its records is counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageStats {
    /// Never stored before.
    pub fresh: u64,
    /// Differ in more than volatile fields.
    pub changed: u64,
    /// Do not.
    pub same: u64,
    /// This walk had them before; the later one is kept.
    pub repeated: u64,
}

impl TenantStore {
    /// Begins a walk, or takes up one that was left in its middle and began no longer than
    /// `resume_within_ms` ago. Older ones are given up.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn read_begin(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        at: Timestamp,
        resume_within_ms: i64,
    ) -> Result<Read, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let key = params![tenant, connection, kind.as_str()];
            let mut select = db.prepare_cached(
                "SELECT id, cursor, records, total, started_at, sound FROM reads \
                 WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND ended_at IS NULL ORDER BY id DESC LIMIT 1",
            )?;
            let left = first(select.query(key)?, |row| {
                let total: Option<i64> = row.get(3)?;
                let read = Read {
                    id: row.get(0)?,
                    cursor: row.get(1)?,
                    records: count(row, 2)?,
                    total: total.and_then(|total| total.try_into().ok()),
                    resumed: true,
                    sound: row.get(5)?,
                };
                Ok((read, Timestamp(row.get(4)?)))
            })?;
            if let Some((read, started_at)) = left {
                if read.cursor.is_some() && at.since_ms(started_at) <= resume_within_ms {
                    set_sound(db, tenant, read.id, false)?;
                    return Ok(read);
                }
                end(db, tenant, read.id, false, 0, at)?;
            }
            db.prepare_cached("INSERT INTO reads (tenant, connection, kind, started_at) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![tenant, connection, kind.as_str(), at.0])?;
            let id = db.last_insert_rowid();
            db.prepare_cached(
                "DELETE FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND complete = 0 AND id < \
                 (SELECT max(id) - ?4 FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3)",
            )?
            .execute(params![tenant, connection, kind.as_str(), KEPT])?;
            Ok(Read { id, cursor: None, records: 0, total: None, resumed: false, sound: true })
        })
        .await
    }

    /// Stores a page and where the next one starts. A read that has ended meanwhile (another
    /// process took it up) still stores its records.
    ///
    /// # Errors
    /// `NotFound` (the connection, the read); `TooLarge`.
    #[expect(clippy::too_many_arguments, reason = "a page is all of these at once")]
    pub async fn page_commit(
        &self,
        read: &Read,
        connection: &ConnectionName,
        kind: Kind,
        records: &[Record],
        next: Option<&str>,
        total: Option<u64>,
        at: Timestamp,
    ) -> Result<PageStats, StoreError> {
        check_length("the cursor", next.unwrap_or_default(), CURSOR)?;
        // Encoded here, by the caller's thread: the writer has enough to do.
        let records = Encoded::all(kind, records)?;
        let (tenant, connection, read, next) = (self.id, connection.clone(), read.id, next.map(str::to_owned));
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let open = is_open(db, tenant, read, connection, kind)?;
            let mut stats = PageStats::default();
            let mut upsert = Upsert::prepare(db, tenant, connection, kind)?;
            let mut sight =
                db.prepare_cached("INSERT OR IGNORE INTO sightings (tenant, read, record) VALUES (?1, ?2, ?3)")?;
            for record in &records {
                let (number, put) = upsert.put(record, at, false)?;
                let new = !open || sight.execute([tenant, read, number])? > 0;
                let counter = match put {
                    _ if !new => &mut stats.repeated,
                    Put::Fresh => &mut stats.fresh,
                    Put::Changed => &mut stats.changed,
                    Put::Same => &mut stats.same,
                };
                *counter += 1;
            }
            if open {
                db.prepare_cached(
                    "UPDATE reads SET cursor = ?1, records = records + ?2, total = coalesce(?3, total) \
                     WHERE id = ?4 AND tenant = ?5",
                )?
                .execute(params![next, int(records.len()), total.map(int), read, tenant])?;
            }
            Ok(stats)
        })
        .await
    }

    /// Leaves a walk in its middle on purpose, `sound` when it had no flaw so far (no gap, its
    /// total steady): whoever takes it up may then still call it complete.
    ///
    /// # Errors
    /// The database's.
    pub async fn read_leave(&self, read: i64, sound: bool) -> Result<(), StoreError> {
        let tenant = self.id;
        self.write_lightly(move |db| set_sound(db, tenant, read, sound)).await
    }

    /// Ends a walk. After a complete one (unfiltered, to the end, its total steady) every
    /// record that it did not see counts as gone from `at`, except under parents that could
    /// not be read (a gap without a parent: anything may be under it, nothing counts as gone).
    /// Gives how many records this newly left behind.
    ///
    /// # Errors
    /// `NotFound` (the connection, the read).
    pub async fn read_finish(
        &self,
        read: i64,
        connection: &ConnectionName,
        kind: Kind,
        complete: bool,
        gaps: &[Option<String>],
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let (tenant, connection, gaps) = (self.id, connection.clone(), gaps.to_vec());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            if !is_open(db, tenant, read, connection, kind)? {
                let mut select = db.prepare_cached("SELECT missing FROM reads WHERE id = ?1 AND tenant = ?2")?;
                return first(select.query([read, tenant])?, |row| count(row, 0))?
                    .ok_or_else(|| StoreError::not_found("read", read));
            }
            let parents: Option<Vec<String>> = gaps.iter().cloned().collect();
            let missing = match (&parents, complete) {
                (Some(parents), true) => mark_gone(db, (tenant, connection, kind), read, parents, at)?,
                _ => 0,
            };
            end(db, tenant, read, complete && gaps.is_empty(), missing, at)?;
            Ok(missing)
        })
        .await
    }

    /// When the last complete read ended, and how many records it gave.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn read_last_complete(
        &self,
        connection: &ConnectionName,
        kind: Kind,
    ) -> Result<Option<(Timestamp, u64)>, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            Ok(last_complete(db, tenant, connection, kind)?.map(|read| (read.ended_at, read.records)))
        })
        .await
    }
}

/// The last complete read of a kind.
pub(super) struct Complete {
    pub(super) started_at: Timestamp,
    ended_at: Timestamp,
    records: u64,
}

pub(super) fn last_complete(
    db: &Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
) -> Result<Option<Complete>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT started_at, ended_at, records FROM reads \
         WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND complete = 1 ORDER BY id DESC LIMIT 1",
    )?;
    first(select.query(params![tenant, connection, kind.as_str()])?, |row| {
        Ok(Complete { started_at: Timestamp(row.get(0)?), ended_at: Timestamp(row.get(1)?), records: count(row, 2)? })
    })
}

/// Makes every unfinished read of a kind count a record as seen: it was put there by us.
pub(super) fn sight_everywhere(
    db: &Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
) -> Result<Vec<i64>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT id FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND ended_at IS NULL",
    )?;
    super::rows::collect(select.query(params![tenant, connection, kind.as_str()])?, |row| Ok(row.get(0)?))
}

fn is_open(db: &Connection, tenant: i64, read: i64, connection: i64, kind: Kind) -> Result<bool, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT ended_at IS NULL FROM reads WHERE id = ?1 AND tenant = ?2 AND connection = ?3 AND kind = ?4",
    )?;
    first(select.query(params![read, tenant, connection, kind.as_str()])?, |row| Ok(row.get(0)?))?
        .ok_or_else(|| StoreError::not_found("read", read))
}

fn mark_gone(
    db: &Connection,
    (tenant, connection, kind): (i64, i64, Kind),
    read: i64,
    spared: &[String],
    at: Timestamp,
) -> Result<u64, StoreError> {
    // Until now a record counted as seen by the complete read before this one.
    let before = last_complete(db, tenant, connection, kind)?.map_or(0, |read| read.started_at.0);
    let spared = super::rows::to_document(&spared)?;
    let changed = db
        .prepare_cached(
            "UPDATE records SET gone_at = ?5, seen_at = max(seen_at, ?6) WHERE number IN ( \
                 SELECT number FROM records r WHERE r.tenant = ?1 AND r.connection = ?2 AND r.kind = ?3 \
                 AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.tenant = ?1 AND s.read = ?4 AND s.record = r.number)) \
             AND gone_at IS NULL AND (parent IS NULL OR parent NOT IN (SELECT value FROM json_each(?7)))",
        )?
        .execute(params![tenant, connection, kind.as_str(), read, at.0, before, spared])?;
    Ok(changed as u64)
}

fn set_sound(db: &Connection, tenant: i64, read: i64, sound: bool) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE reads SET sound = ?1 WHERE id = ?2 AND tenant = ?3 AND ended_at IS NULL")?
        .execute(params![sound, read, tenant])?;
    Ok(())
}

fn end(db: &Connection, tenant: i64, read: i64, complete: bool, missing: u64, at: Timestamp) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE reads SET ended_at = ?1, complete = ?2, missing = ?3 WHERE id = ?4 AND tenant = ?5")?
        .execute(params![at.0, complete, int(missing), read, tenant])?;
    db.prepare_cached("DELETE FROM sightings WHERE tenant = ?1 AND read = ?2")?.execute([tenant, read])?;
    Ok(())
}
