//! Records: what vendors have, as last read or written. `upsert.rs` stores them.

use super::connections::connection_id;
use super::reads::last_walked;
use super::rows::{collect, count, first, limit, time_or_none, word};
use super::syncs::sync_id;
use super::upsert::{RecordRow, put_all};
use super::{StoreError, TenantStore, codec, unread};
use crate::boxed;
use crosswalk_model::signs::seen;
use crosswalk_model::{ConnectionName, Kind, Record, SyncName, Timestamp};
use rusqlite::{CachedStatement, Connection, Row, params};
use std::collections::HashSet;

/// A record with the store's own columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// Digest of its name, parent, stamp and fields, without the volatile ones.
    pub digest: [u8; 16],
    /// Time since which complete reads have missed it.
    pub gone_at: Option<Timestamp>,
    /// Time when it was stored first; `None` if that was before this column existed.
    pub first_at: Option<Timestamp>,
    /// The last time at which it was certainly present: when it was stored, or when the last complete read that found
    /// it began.
    pub seen_at: Timestamp,
}

/// Number of records of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// Present records.
    pub present: u64,
    /// Records that the last complete read missed.
    pub gone: u64,
}

/// Present records whose parent is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Astray {
    /// The parent.
    pub parent: String,
    /// Number of records.
    pub count: u64,
    /// The id of the first record.
    pub id: String,
    /// The name of the first record.
    pub name: String,
}

const COLUMNS: &str = "id, parent, name, stamp, fields, digest, gone_at, seen_at, first_at";

impl TenantStore {
    /// Stores records as read back after a write.
    ///
    /// # Errors
    /// `NotFound` (the connection); `TooLarge`.
    #[boxed]
    pub async fn records_put(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        records: &[Record],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let records = RecordRow::all(kind, records)?;
        let (tenant, connection) = (self.id, connection.clone());
        self.write(move |db| put_all(db, tenant, connection_id(db, tenant, &connection)?, kind, &records, at)).await
    }

    /// Returns all records of a kind, by id. For kinds with thousands of records at most.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn records_all(&self, connection: &ConnectionName, kind: Kind) -> Result<Vec<Stored>, StoreError> {
        self.select(connection, kind, |reader| reader.all("ORDER BY id", [])).await
    }

    /// Returns the present records of a kind, by id: like [`records_all`](Self::records_all), without those that are
    /// gone, which pile up over years.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn records_present(&self, connection: &ConnectionName, kind: Kind) -> Result<Vec<Record>, StoreError> {
        let stored = self.select(connection, kind, |reader| reader.all("AND gone_at IS NULL ORDER BY id", [])).await?;
        Ok(stored.into_iter().map(|stored| stored.record).collect())
    }

    /// Returns the present records of a kind that share a stamp with another one, by stamp and id.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn records_sharing_stamps(
        &self,
        connection: &ConnectionName,
        kind: Kind,
    ) -> Result<Vec<Stored>, StoreError> {
        let shared = "AND gone_at IS NULL AND stamp IN (SELECT stamp FROM records INDEXED BY records_by_stamp \
             WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND stamp IS NOT NULL \
             GROUP BY stamp HAVING count(*) > 1) ORDER BY +stamp, +id";
        self.select(connection, kind, move |reader| reader.all(shared, [])).await
    }

    /// Calls `pick` for each present record of a kind, one at a time and with these fields only, and returns the
    /// results. For kinds with too many records to hold them all in memory. In the order in which the records first
    /// came.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn records_pick<T: Send + 'static>(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        fields: &'static [&'static str],
        pick: impl Fn(Record) -> Option<T> + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        self.select(connection, kind, move |reader| {
            let mut select = reader.in_order_of_rows("id, parent, name, stamp, fields")?;
            let picked = collect(select.raw_query(), |row| Ok(pick(record(row, Some(fields))?)))?;
            Ok(picked.into_iter().flatten().collect())
        })
        .await
    }

    /// Calls `pick` with the id, the parent and one text of each record of a kind that is present, in use, and has that
    /// text, and returns the results.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn texts_pick<T: Send + 'static>(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        field: &'static str,
        pick: impl Fn(&str, Option<&str>, String) -> Option<T> + Send + 'static,
    ) -> Result<Vec<T>, StoreError> {
        self.select(connection, kind, move |reader| {
            let mut select = reader.in_order_of_rows("id, parent, fields")?;
            let mut rows = select.raw_query();
            let (active, field) = (codec::Named::new("active"), codec::Named::new(field));
            let mut picked = Vec::new();
            while let Some(row) = rows.next()? {
                let text = |at| row.get_ref(at)?.as_str().map_err(|error| StoreError::unreadable("record", error));
                let fields = text(2)?;
                if active.is_false(fields) {
                    continue;
                }
                let Some(found) = field.text(fields)? else { continue };
                let parent =
                    row.get_ref(1)?.as_str_or_null().map_err(|error| StoreError::unreadable("record", error))?;
                picked.extend(pick(text(0)?, parent, found));
            }
            Ok(picked)
        })
        .await
    }

    /// Returns the records of a parent, by id.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn records_of_parent(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        parent: &str,
    ) -> Result<Vec<Stored>, StoreError> {
        let parent = parent.to_owned();
        self.select(connection, kind, move |reader| reader.all("AND parent = ?4 ORDER BY +id", [&parent])).await
    }

    /// Returns the records with these ids, in their order. Unknown ids are left out.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn records_by_ids(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        ids: &[String],
    ) -> Result<Vec<Stored>, StoreError> {
        let ids = ids.to_vec();
        self.select(connection, kind, move |reader| reader.each("AND id = ?4", &ids)).await
    }

    /// Returns the records with these stamps, in their order. Several records may have one stamp.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn records_by_stamps(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        stamps: &[String],
    ) -> Result<Vec<Stored>, StoreError> {
        let stamps = stamps.to_vec();
        self.select(connection, kind, move |reader| reader.each("AND stamp = ?4 ORDER BY +id", &stamps)).await
    }

    /// Returns present records whose name, in its folded form, contains the text; by name.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn record_search(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        text: &str,
        most: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let text = seen(text);
        self.select(connection, kind, move |reader| reader.search(&text, most)).await
    }

    /// Returns present records whose parent is not present, by parent, up to `most` parents. A parent that is gone
    /// still counts as present if the sync links it or leaves it out.
    ///
    /// # Errors
    /// `NotFound` (the sync, the connection).
    #[boxed]
    pub async fn records_astray(
        &self,
        sync: &SyncName,
        connection: &ConnectionName,
        kind: Kind,
        parents: Kind,
        most: usize,
    ) -> Result<Vec<Astray>, StoreError> {
        let (tenant, sync, connection) = (self.id, sync.clone(), connection.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let connection = connection_id(db, tenant, &connection)?;
            // The parents come from the index alone. Rows are read only for those that are not present.
            let mut select = db.prepare_cached(
                "SELECT d.parent, count(*), min(r.id), r.name FROM \
                     (SELECT DISTINCT parent FROM records \
                      WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND parent IS NOT NULL) d \
                 JOIN records r ON r.tenant = ?1 AND r.connection = ?2 AND r.kind = ?3 AND r.parent = d.parent \
                 WHERE NOT EXISTS (SELECT 1 FROM records c WHERE c.tenant = ?1 AND c.connection = ?2 AND c.kind = ?4 \
                     AND c.id = d.parent AND (c.gone_at IS NULL OR EXISTS (SELECT 1 FROM links l WHERE l.tenant = ?1 \
                         AND l.sync = ?6 AND l.kind = ?4 AND l.source = d.parent AND l.target_kind = ?4 \
                         AND l.state IN ('linked', 'excluded')))) \
                 AND r.gone_at IS NULL GROUP BY d.parent ORDER BY d.parent LIMIT ?5",
            )?;
            let rows = params![tenant, connection, kind.as_str(), parents.as_str(), limit(most), sync];
            collect(select.query(rows)?, |row| {
                Ok(Astray { parent: row.get(0)?, count: count(row, 1)?, id: row.get(2)?, name: row.get(3)? })
            })
        })
        .await
    }

    /// Returns the parents of source records of a kind that are gone and linked, without the customers that are linked
    /// to an account, to which their records belong.
    ///
    /// # Errors
    /// `NotFound` (the sync, the connection).
    #[boxed]
    pub async fn parents_of_gone(
        &self,
        sync: &SyncName,
        kind: Kind,
        connection: &ConnectionName,
    ) -> Result<Vec<String>, StoreError> {
        let (tenant, sync, connection) = (self.id, sync.clone(), connection.clone());
        self.read(move |db| {
            let sync = sync_id(db, tenant, &sync)?;
            let connection = connection_id(db, tenant, &connection)?;
            // CROSS JOIN reads from the few records that are gone to their links, never the other way.
            let mut select = db.prepare_cached(
                "SELECT DISTINCT r.parent FROM records r INDEXED BY records_gone CROSS JOIN links l \
                 ON l.tenant = r.tenant AND l.sync = ?2 AND l.kind = r.kind AND l.source = r.id \
                 WHERE r.tenant = ?1 AND r.connection = ?3 AND r.kind = ?4 AND r.gone_at IS NOT NULL \
                 AND r.parent IS NOT NULL AND l.target_kind = ?5 AND l.state = 'linked' \
                 AND NOT EXISTS (SELECT 1 FROM links c WHERE c.tenant = ?1 AND c.sync = ?2 AND c.kind = 'customer' \
                     AND c.source = r.parent AND c.target_kind = 'customer' AND c.state = 'linked') \
                 ORDER BY r.parent",
            )?;
            let rows = params![tenant, sync, connection, kind.as_str(), kind.counterpart().as_str()];
            collect(select.query(rows)?, |row| Ok(row.get(0)?))
        })
        .await
    }

    /// Returns the number of records of each kind that has any.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn record_counts(&self, connection: &ConnectionName) -> Result<Vec<KindCount>, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut all = db.prepare_cached(
                "SELECT kind, count(*) FROM records WHERE tenant = ?1 AND connection = ?2 GROUP BY kind",
            )?;
            let mut gone = db.prepare_cached(
                "SELECT count(*) FROM records \
                 WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND gone_at IS NOT NULL",
            )?;
            let mut counts = collect(all.query([tenant, connection])?, |row| {
                let (kind, all): (Kind, u64) = (word(row, 0)?, count(row, 1)?);
                let gone = first(gone.query(params![tenant, connection, kind.as_str()])?, |row| count(row, 0))?;
                let gone = gone.unwrap_or(0);
                Ok(KindCount { kind, present: all - gone, gone })
            })?;
            counts.sort_by_key(|count| count.kind);
            Ok(counts)
        })
        .await
    }

    async fn select<T: Send + 'static>(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        work: impl FnOnce(&Reader<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let walked = last_walked(db, tenant, connection, kind)?;
            let unread = unread::ids(db, (tenant, connection, kind))?;
            work(&Reader { db, tenant, connection, kind, walked, unread })
        })
        .await
    }
}

/// Builds a record from the first five of [`COLUMNS`], with all of its fields or the named ones.
fn record(row: &Row<'_>, only: Option<&[&str]>) -> Result<Record, StoreError> {
    let fields = row.get_ref(4)?.as_str().map_err(|error| StoreError::unreadable("record", error))?;
    Ok(Record {
        id: row.get(0)?,
        parent: row.get(1)?,
        name: row.get(2)?,
        stamp: row.get(3)?,
        fields: match only {
            Some(names) => codec::read_named(fields, names)?,
            None => codec::read_fields(fields)?,
        },
    })
}

/// Reads records of one kind.
struct Reader<'c> {
    db: &'c Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
    /// Beginning of the last walk that met every record.
    walked: Option<Timestamp>,
    /// The records that the last walk could not read whole.
    unread: HashSet<String>,
}

impl Reader<'_> {
    /// `rest` must not offer the key as an order if another index finds the rows: write `+id`.
    fn statement(&self, columns: &str, rest: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.prepare(&format!(
            "SELECT {columns} FROM records WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 {rest}"
        ))
    }

    /// All present records. In the order of ids each row would be on another page than the one before.
    fn in_order_of_rows(&self, columns: &str) -> Result<CachedStatement<'_>, StoreError> {
        self.prepare(&format!(
            "SELECT {columns} FROM records NOT INDEXED WHERE number IN \
                 (SELECT number FROM records WHERE tenant = ?1 AND connection = ?2 AND kind = ?3) AND gone_at IS NULL"
        ))
    }

    fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>, StoreError> {
        let mut select = self.db.prepare_cached(sql)?;
        select.raw_bind_parameter(1, self.tenant)?;
        select.raw_bind_parameter(2, self.connection)?;
        select.raw_bind_parameter(3, self.kind.as_str())?;
        Ok(select)
    }

    fn all<'a>(&self, rest: &str, more: impl IntoIterator<Item = &'a String>) -> Result<Vec<Stored>, StoreError> {
        let mut select = self.statement(COLUMNS, rest)?;
        for (at, text) in more.into_iter().enumerate() {
            select.raw_bind_parameter(4 + at, text)?;
        }
        collect(select.raw_query(), |row| self.stored(row))
    }

    fn each(&self, rest: &str, keys: &[String]) -> Result<Vec<Stored>, StoreError> {
        let mut select = self.statement(COLUMNS, rest)?;
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            select.raw_bind_parameter(4, key)?;
            found.append(&mut collect(select.raw_query(), |row| self.stored(row))?);
        }
        Ok(found)
    }

    fn search(&self, text: &str, most: usize) -> Result<Vec<Stored>, StoreError> {
        let mut names = self.statement("name, id", "AND gone_at IS NULL")?;
        let mut rows = names.raw_query();
        let mut found: Vec<(String, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            let name = seen(row.get_ref(0)?.as_str().map_err(|error| StoreError::unreadable("name", error))?);
            if name.contains(text) {
                found.push((name, row.get(1)?));
            }
        }
        found.sort_unstable();
        found.truncate(usize::try_from(limit(most)).unwrap_or(0));
        let ids: Vec<String> = found.into_iter().map(|(_, id)| id).collect();
        self.each("AND id = ?4", &ids)
    }

    fn stored(&self, row: &Row<'_>) -> Result<Stored, StoreError> {
        let digest = row.get_ref(5)?.as_blob().map_err(|error| StoreError::unreadable("digest", error))?;
        let gone_at = time_or_none(row, 6)?;
        let seen_at = Timestamp(row.get(7)?);
        let record = record(row, None)?;
        let walked = self.walked.filter(|_| gone_at.is_none() && !self.unread.contains(&record.id));
        Ok(Stored {
            record,
            digest: *digest.first_chunk().ok_or_else(|| StoreError::unreadable("digest", "it is too short"))?,
            gone_at,
            first_at: time_or_none(row, 8)?,
            seen_at: seen_at.max(walked.unwrap_or(seen_at)),
        })
    }
}
