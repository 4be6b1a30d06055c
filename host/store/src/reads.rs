//! Reads: walks over everything a connection has of a kind, page by page.
//!
//! The rows of a page, the cursor of the next one and the state of the walk (its total, its gaps) are stored in one
//! transaction (`pages.rs`), so a crash repeats at most one page. Only the end of a complete walk decides what is gone.
//! A read belongs to a run, and another run resumes it only when that run has ended.

use super::connections::connection_id;
use super::kept::{self, Kept};
use super::rows::{collect, count, document, first, int};
use super::{StoreError, TenantStore};
use super::{sightings, unread};
use crate::boxed;
use crosswalk_model::{ConnectionName, Failure, Kind, RunId, Timestamp};
use rusqlite::{Connection, params};

/// Number of ended reads that are kept per connection and kind.
pub(super) const KEPT: i64 = 50;

/// A walk under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Its id.
    pub id: i64,
    /// The cursor of the next page; `None` at the beginning.
    pub cursor: Option<String>,
    /// Number of distinct records so far.
    pub records: u64,
    /// The vendor's total number of rows, as of the last page.
    pub total: Option<u64>,
    /// Number of rows so far that count in the total and are not records.
    pub left_out: u64,
    /// Number of gaps so far that stand for a row of the total.
    pub unread: u64,
    /// The parents that could not be read so far, each with the reason.
    pub gaps: Vec<(Option<String>, Failure)>,
    /// Whether an earlier run began it.
    pub resumed: bool,
    /// Whether its total has not changed so far.
    pub sound: bool,
    /// Size of what was kept of its kind, and of the tenant, when it began.
    pub kept: Kept,
}

/// Results of the reads before this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadsBefore {
    /// Number of records of the last walk that reached its end.
    pub walked: Option<u64>,
    /// Number of records of the last read that ended, if it was doubted.
    pub doubted: Option<u64>,
}

impl TenantStore {
    /// Begins a walk of a run, or resumes an unfinished one whose run has ended and that began at most
    /// `resume_within_ms` ago. Older ones are ended. Those of runs in progress are not touched.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn read_begin(
        &self,
        owner: Option<RunId>,
        connection: &ConnectionName,
        kind: Kind,
        at: Timestamp,
        resume_within_ms: i64,
    ) -> Result<Read, StoreError> {
        let (tenant, connection, owner) = (self.id, connection.clone(), owner.map(|run| run.0));
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let kept = kept::measured(db, (tenant, connection, kind))?;
            let mut taken = None;
            for (read, started_at) in unfinished(db, tenant, connection, kind, owner)? {
                let fits = read.cursor.is_some() && (0..=resume_within_ms).contains(&at.since_ms(started_at));
                if fits && taken.is_none() {
                    db.prepare_cached("UPDATE reads SET owner = ?1 WHERE id = ?2 AND tenant = ?3")?
                        .execute(params![owner, read.id, tenant])?;
                    taken = Some(read);
                } else {
                    end(db, tenant, read.id, Ending::default(), at)?;
                }
            }
            if let Some(read) = taken {
                return Ok(Read { kept, ..read });
            }
            db.prepare_cached(
                "INSERT INTO reads (tenant, connection, kind, started_at, owner, sound) VALUES (?1, ?2, ?3, ?4, ?5, 1)",
            )?
            .execute(params![tenant, connection, kind.as_str(), at.0, owner])?;
            let id = db.last_insert_rowid();
            db.prepare_cached(
                "DELETE FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND complete = 0 \
                 AND ended_at IS NOT NULL AND id < \
                 (SELECT max(id) - ?4 FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3) \
                 AND id IS NOT (SELECT max(id) FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND walked = 1)",
            )?
            .execute(params![tenant, connection, kind.as_str(), KEPT])?;
            Ok(Read {
                id,
                cursor: None,
                records: 0,
                total: None,
                left_out: 0,
                unread: 0,
                gaps: Vec::new(),
                resumed: false,
                sound: true,
                kept,
            })
        })
        .await
    }

    /// Returns the results of the reads of a kind before `read`. A doubted read counts only if it had ended before this
    /// one began: two at the same moment see the same accident.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn reads_before(
        &self,
        read: i64,
        connection: &ConnectionName,
        kind: Kind,
    ) -> Result<ReadsBefore, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let key = params![tenant, connection, kind.as_str(), read];
            let of = "FROM reads r WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id <> ?4 AND ended_at IS NOT NULL";
            let sql = format!("SELECT records {of} AND walked ORDER BY id DESC LIMIT 1");
            let walked = first(db.prepare_cached(&sql)?.query(key)?, |row| count(row, 0))?;
            let sql = format!(
                "SELECT records, doubted {of} AND (walked OR doubted) \
                 AND ended_at <= (SELECT started_at FROM reads WHERE id = ?4 AND tenant = ?1) AND id < ?4 \
                 ORDER BY id DESC LIMIT 1"
            );
            let last = first(db.prepare_cached(&sql)?.query(key)?, |row| Ok((count(row, 0)?, row.get::<_, bool>(1)?)))?;
            Ok(ReadsBefore { walked, doubted: last.filter(|(_, doubted)| *doubted).map(|(records, _)| records) })
        })
        .await
    }

    /// Ends a walk. After a complete one (unfiltered, to the end, with a steady total), every record that it did not
    /// see counts as gone from `at`, except under parents that could not be read. A gap without a parent may hide any
    /// record, so nothing counts as gone then. Returns the number of records that are newly gone.
    ///
    /// # Errors
    /// `NotFound` (the connection, the read).
    #[boxed]
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
            if complete {
                unread::settle(db, (tenant, connection, kind), read)?;
            }
            let whole = complete && gaps.is_empty() && !unread::any(db, (tenant, connection, kind), read)?;
            end(db, tenant, read, Ending { complete: whole, walked: complete, doubted: false, missing }, at)?;
            Ok(missing)
        })
        .await
    }

    /// Ends a walk that reached its end with far fewer records than the one before. Nothing counts as gone, and the
    /// next read decides.
    ///
    /// # Errors
    /// `NotFound` (the connection, the read).
    #[boxed]
    pub async fn read_doubt(
        &self,
        read: i64,
        connection: &ConnectionName,
        kind: Kind,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.write_lightly(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            if is_open(db, tenant, read, connection, kind)? {
                end(db, tenant, read, Ending { doubted: true, ..Ending::default() }, at)?;
            }
            Ok(())
        })
        .await
    }

    /// Returns when the last complete read ended, and its number of records.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
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

impl TenantStore {
    /// Whether a walk of a kind stored records and has not reached its end, though it began after the last that did.
    /// What is stored is then a mixture of both.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn read_broken_off(&self, connection: &ConnectionName, kind: Kind) -> Result<bool, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let of = "FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3";
            let sql = format!(
                "SELECT 1 {of} AND walked = 0 AND records > 0 AND id > coalesce((SELECT max(id) {of} AND walked = 1), 0) LIMIT 1"
            );
            Ok(db.prepare_cached(&sql)?.exists(params![tenant, connection, kind.as_str()])?)
        })
        .await
    }

    /// Returns when the last walk of a kind began that met every record, including those that could not be read whole.
    /// What a vendor added later, it may have missed.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn read_last_began(
        &self,
        connection: &ConnectionName,
        kind: Kind,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            last_walked(db, tenant, connection, kind)
        })
        .await
    }
}

/// The last complete read of a kind.
struct Complete {
    ended_at: Timestamp,
    records: u64,
}

fn last_complete(db: &Connection, tenant: i64, connection: i64, kind: Kind) -> Result<Option<Complete>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT ended_at, records FROM reads \
         WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND complete = 1 ORDER BY id DESC LIMIT 1",
    )?;
    first(select.query(params![tenant, connection, kind.as_str()])?, |row| {
        Ok(Complete { ended_at: Timestamp(row.get(0)?), records: count(row, 1)? })
    })
}

/// Returns when the last walk began that met every record, including those that could not be read whole.
pub(super) fn last_walked(
    db: &Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
) -> Result<Option<Timestamp>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT started_at FROM reads WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND walked = 1 \
         AND gaps = '[]' ORDER BY id DESC LIMIT 1",
    )?;
    first(select.query(params![tenant, connection, kind.as_str()])?, |row| Ok(Timestamp(row.get(0)?)))
}

/// The way a read ended.
#[derive(Clone, Copy, Default)]
struct Ending {
    complete: bool,
    walked: bool,
    doubted: bool,
    missing: u64,
}

/// The unfinished reads that no other run works on, newest first, each with its beginning: those of runs that have
/// ended or were deleted, and those of the own run.
fn unfinished(
    db: &Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
    owner: Option<i64>,
) -> Result<Vec<(Read, Timestamp)>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT id, cursor, records, total, started_at, sound, left_out, unread, gaps FROM reads r \
         WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND ended_at IS NULL \
         AND (owner IS ?4 OR NOT EXISTS \
             (SELECT 1 FROM runs u WHERE u.id = r.owner AND u.tenant = ?1 AND u.ended_at IS NULL)) ORDER BY id DESC",
    )?;
    collect(select.query(params![tenant, connection, kind.as_str(), owner])?, |row| {
        let total: Option<i64> = row.get(3)?;
        let read = Read {
            id: row.get(0)?,
            cursor: row.get(1)?,
            records: count(row, 2)?,
            total: total.and_then(|total| total.try_into().ok()),
            left_out: count(row, 6)?,
            unread: count(row, 7)?,
            gaps: document(row, 8, "gaps")?,
            resumed: true,
            sound: row.get(5)?,
            kept: Kept::default(),
        };
        Ok((read, Timestamp(row.get(4)?)))
    })
}

pub(super) fn is_open(
    db: &Connection,
    tenant: i64,
    read: i64,
    connection: i64,
    kind: Kind,
) -> Result<bool, StoreError> {
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
    // Until now the record counted as seen by the walk before this one.
    let before = last_walked(db, tenant, connection, kind)?.map_or(0, |began| began.0);
    let spared = super::rows::to_document(&spared)?;
    let changed = db
        .prepare_cached(
            "UPDATE records SET gone_at = ?5, seen_at = max(seen_at, ?6) WHERE number IN ( \
                 SELECT number FROM records r WHERE r.tenant = ?1 AND r.connection = ?2 AND r.kind = ?3 \
                 AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.tenant = ?1 AND s.read = ?4 AND s.record = r.number)) \
             AND gone_at IS NULL AND (parent IS NULL OR parent NOT IN (SELECT value FROM json_each(?7)))",
        )?
        .execute(params![tenant, connection, kind.as_str(), read, at.0, before, spared])?;
    kept::note(db, (tenant, connection, kind), 0, changed > 0)?;
    Ok(changed as u64)
}

/// Ends every walk of a connection that is in progress or unfinished, because its cursor is no longer valid.
pub(super) fn end_all(db: &Connection, tenant: i64, connection: i64, at: Timestamp) -> Result<(), StoreError> {
    let mut open =
        db.prepare_cached("SELECT id FROM reads WHERE tenant = ?1 AND connection = ?2 AND ended_at IS NULL")?;
    let open = collect(open.query([tenant, connection])?, |row| Ok(row.get(0)?))?;
    open.into_iter().try_for_each(|read| end(db, tenant, read, Ending::default(), at))
}

fn end(db: &Connection, tenant: i64, read: i64, ending: Ending, at: Timestamp) -> Result<(), StoreError> {
    let Ending { complete, walked, doubted, missing } = ending;
    db.prepare_cached(
        "UPDATE reads SET ended_at = ?1, complete = ?2, missing = ?3, walked = ?4, doubted = ?5 \
         WHERE id = ?6 AND tenant = ?7",
    )?
    .execute(params![at.0, complete, int(missing), walked, doubted, read, tenant])?;
    sightings::delete(db, tenant, read)
}
