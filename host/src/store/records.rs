//! Records: what vendors have, as last read or written.
//!
//! A record is stored with two digests: one over what a person would call the record, one
//! over everything. The first says whether it changed, the second whether its row must be
//! written again at all. The digest is fast, not cryptographic: it guards against nobody,
//! as who writes a record can say in it what they like.

use super::connections::connection_id;
use super::reads::{last_complete, sight_everywhere};
use super::rows::{check_length, collect, count, first, limit, time_or_none, word};
use super::{StoreError, TenantStore, codec};
use crate::model::{ConnectionName, Kind, Record, Timestamp, Value, catalogue};
use rusqlite::{CachedStatement, Connection, Params, Row, params};
use xxhash_rust::xxh3::xxh3_128;

/// The longest id, parent and stamp; the longest name; the longest fields together: bytes.
const LIMITS: (usize, usize, usize) = (1024, 16 * 1024, 1024 * 1024);

/// A record with what the store knows of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// Over its name, parent, stamp and fields, without the volatile ones.
    pub digest: [u8; 16],
    /// Since when complete reads have missed it.
    pub gone_at: Option<Timestamp>,
    /// When it was there for sure the last time: when it was stored, or when the last
    /// complete read that found it began.
    pub seen_at: Timestamp,
}

/// How many records there are of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// There.
    pub present: u64,
    /// Missing from the last complete read.
    pub gone: u64,
}

const COLUMNS: &str = "id, parent, name, stamp, fields, digest, gone_at, seen_at";

impl TenantStore {
    /// Stores records as read back after a write.
    ///
    /// # Errors
    /// `NotFound` (the connection); `TooLarge`.
    pub async fn records_put(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        records: &[Record],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let records = Encoded::all(kind, records)?;
        let (tenant, connection) = (self.id, connection.clone());
        self.write(move |db| put_all(db, tenant, connection_id(db, tenant, &connection)?, kind, &records, at)).await
    }

    /// All records of a kind, by id: for kinds of which there are thousands at most.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn records_all(&self, connection: &ConnectionName, kind: Kind) -> Result<Vec<Stored>, StoreError> {
        self.select(connection, kind, |reader| reader.all("ORDER BY id", [])).await
    }

    /// The records of a parent, by id.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn records_of_parent(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        parent: &str,
    ) -> Result<Vec<Stored>, StoreError> {
        let parent = parent.to_owned();
        self.select(connection, kind, move |reader| reader.all("AND parent = ?4 ORDER BY +id", [&parent])).await
    }

    /// The records with these ids, in their order; unknown ones are left out.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn records_by_ids(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        ids: &[String],
    ) -> Result<Vec<Stored>, StoreError> {
        let ids = ids.to_vec();
        self.select(connection, kind, move |reader| reader.each("AND id = ?4", &ids)).await
    }

    /// The records with these stamps, in their order; a stamp may be on several.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn records_by_stamps(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        stamps: &[String],
    ) -> Result<Vec<Stored>, StoreError> {
        let stamps = stamps.to_vec();
        self.select(connection, kind, move |reader| reader.each("AND stamp = ?4 ORDER BY +id", &stamps)).await
    }

    /// Records that are there and whose name contains the text, ignoring case; by name.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    pub async fn record_search(
        &self,
        connection: &ConnectionName,
        kind: Kind,
        text: &str,
        most: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let text = text.trim().to_lowercase();
        self.select(connection, kind, move |reader| reader.search(&text, most)).await
    }

    /// How many records there are of each kind that has any.
    ///
    /// # Errors
    /// `NotFound` (the connection).
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
            let complete = last_complete(db, tenant, connection, kind)?;
            work(&Reader { db, tenant, connection, kind, complete: complete.map(|read| read.started_at) })
        })
        .await
    }
}

/// Reads records of one kind.
struct Reader<'c> {
    db: &'c Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
    complete: Option<Timestamp>,
}

impl Reader<'_> {
    /// `rest` must not offer the key as an order where another index finds the rows: `+id`.
    fn statement(&self, columns: &str, rest: &str) -> Result<CachedStatement<'_>, StoreError> {
        let sql = format!("SELECT {columns} FROM records WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 {rest}");
        let mut select = self.db.prepare_cached(&sql)?;
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
            let name = row.get_ref(0)?.as_str().map_err(|error| StoreError::unreadable("name", error))?.to_lowercase();
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
        let text = |column| -> Result<&str, StoreError> {
            row.get_ref(column)?.as_str().map_err(|error| StoreError::unreadable("record", error))
        };
        let digest = row.get_ref(5)?.as_blob().map_err(|error| StoreError::unreadable("digest", error))?;
        let gone_at = time_or_none(row, 6)?;
        let seen_at = Timestamp(row.get(7)?);
        Ok(Stored {
            record: Record {
                id: row.get(0)?,
                parent: row.get(1)?,
                name: row.get(2)?,
                stamp: row.get(3)?,
                fields: codec::read_fields(text(4)?)?,
            },
            digest: *digest.first_chunk().ok_or_else(|| StoreError::unreadable("digest", "it is too short"))?,
            gone_at,
            seen_at: if gone_at.is_none() { seen_at.max(self.complete.unwrap_or(seen_at)) } else { seen_at },
        })
    }
}

/// Stores records that are known to be there, whatever reads are under way.
pub(super) fn put_all(
    db: &Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
    records: &[Encoded],
    at: Timestamp,
) -> Result<(), StoreError> {
    let reads = sight_everywhere(db, tenant, connection, kind)?;
    let mut upsert = Upsert::prepare(db, tenant, connection, kind)?;
    let mut sight = db.prepare_cached("INSERT OR IGNORE INTO sightings (tenant, read, record) VALUES (?1, ?2, ?3)")?;
    for record in records {
        let (number, _) = upsert.put(record, at, true)?;
        for read in &reads {
            sight.execute([tenant, *read, number])?;
        }
    }
    Ok(())
}

/// A record as its row has it.
pub(super) struct Encoded {
    id: String,
    parent: Option<String>,
    name: String,
    stamp: Option<String>,
    fields: String,
    digests: [u8; 32],
}

impl Encoded {
    pub(super) fn all<'r>(kind: Kind, records: impl IntoIterator<Item = &'r Record>) -> Result<Vec<Self>, StoreError> {
        let volatile: Vec<&str> =
            catalogue::fields(kind).filter(|(_, field)| field.volatile).map(|(name, _)| name).collect();
        let mut buffer = Vec::with_capacity(1024);
        records.into_iter().map(|record| Self::new(record, &volatile, &mut buffer)).collect()
    }

    fn new(record: &Record, volatile: &[&str], buffer: &mut Vec<u8>) -> Result<Self, StoreError> {
        check_length("the id", &record.id, LIMITS.0)?;
        check_length("the parent's id", record.parent.as_deref().unwrap_or_default(), LIMITS.0)?;
        check_length("the stamp", record.stamp.as_deref().unwrap_or_default(), LIMITS.0)?;
        check_length("the name", &record.name, LIMITS.1)?;
        let fields = codec::write_fields(record.fields.iter().map(|field| (field.name.as_str(), &field.value)));
        if fields.len() > LIMITS.2 {
            return Err(StoreError::TooLarge {
                what: format!(
                    "the fields of `{}` have {} bytes, at most {} are stored",
                    record.id,
                    fields.len(),
                    LIMITS.2
                ),
            });
        }
        Ok(Self {
            digests: digests(record, volatile, buffer),
            id: record.id.clone(),
            parent: record.parent.clone(),
            name: record.name.clone(),
            stamp: record.stamp.clone(),
            fields,
        })
    }
}

/// The digest without volatile fields, then the digest of everything. The order of the
/// fields does not count.
fn digests(record: &Record, volatile: &[&str], buffer: &mut Vec<u8>) -> [u8; 32] {
    buffer.clear();
    for text in [Some(&record.name), record.parent.as_ref(), record.stamp.as_ref()] {
        match text {
            Some(text) => put_text(buffer, b'+', text),
            None => buffer.push(b'-'),
        }
    }
    let mut fields: Vec<_> =
        record.fields.iter().map(|field| (volatile.contains(&field.name.as_str()), field)).collect();
    fields.sort_unstable_by_key(|(volatile, field)| (*volatile, field.name.as_str()));
    let mut stable = None;
    for (volatile, field) in fields {
        if volatile && stable.is_none() {
            stable = Some(xxh3_128(buffer));
        }
        put_text(buffer, b'f', &field.name);
        put_value(buffer, &field.value);
    }
    let whole = xxh3_128(buffer);
    let mut both = [0; 32];
    both[..16].copy_from_slice(&stable.unwrap_or(whole).to_le_bytes());
    both[16..].copy_from_slice(&whole.to_le_bytes());
    both
}

fn put_text(buffer: &mut Vec<u8>, tag: u8, text: &str) {
    buffer.push(tag);
    buffer.extend_from_slice(&text.len().to_le_bytes());
    buffer.extend_from_slice(text.as_bytes());
}

fn put_value(buffer: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Blank => buffer.push(b'x'),
        Value::Text(text) => put_text(buffer, b's', text),
        Value::Time(text) => put_text(buffer, b't', text),
        Value::Json(text) => put_text(buffer, b'j', text),
        Value::Integer(number) => {
            buffer.push(b'i');
            buffer.extend_from_slice(&number.to_le_bytes());
        }
        Value::Decimal(number) => {
            buffer.push(b'd');
            buffer.extend_from_slice(&number.to_bits().to_le_bytes());
        }
        Value::Boolean(yes) => buffer.extend_from_slice(&[b'b', u8::from(*yes)]),
    }
}

/// What storing a record came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    Fresh,
    Changed,
    Same,
}

/// The statements that store a record, prepared once for many.
pub(super) struct Upsert<'c> {
    find: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    change: CachedStatement<'c>,
    refresh: CachedStatement<'c>,
    revive: CachedStatement<'c>,
    touch: CachedStatement<'c>,
    key: (i64, i64, Kind),
}

impl<'c> Upsert<'c> {
    pub(super) fn prepare(db: &'c Connection, tenant: i64, connection: i64, kind: Kind) -> Result<Self, StoreError> {
        Ok(Self {
            find: db.prepare_cached(
                "SELECT number, digest, gone_at IS NOT NULL FROM records \
                 WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id = ?4",
            )?,
            insert: db.prepare_cached(
                "INSERT INTO records (tenant, connection, kind, id, digest, seen_at, parent, name, stamp, fields) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?,
            // Three ways to write a row: an index is touched only where its columns may differ.
            change: db.prepare_cached(
                "UPDATE records SET digest = ?2, seen_at = ?3, parent = ?4, name = ?5, stamp = ?6, fields = ?7 \
                 WHERE number = ?1",
            )?,
            refresh: db
                .prepare_cached("UPDATE records SET digest = ?2, seen_at = ?3, fields = ?4 WHERE number = ?1")?,
            revive: db.prepare_cached("UPDATE records SET gone_at = NULL, seen_at = ?2 WHERE number = ?1")?,
            touch: db.prepare_cached("UPDATE records SET seen_at = ?2 WHERE number = ?1")?,
            key: (tenant, connection, kind),
        })
    }

    /// Stores one record, and gives its number. With `touch`, also the time when nothing
    /// else differs.
    pub(super) fn put(&mut self, record: &Encoded, at: Timestamp, touch: bool) -> Result<(i64, Put), StoreError> {
        let (tenant, connection, kind) = (self.key.0, self.key.1, self.key.2.as_str());
        let Encoded { id, parent, name, stamp, fields, digests } = record;
        let found = first(self.find.query(params![tenant, connection, kind, id])?, |row| {
            let digest = row.get_ref(1)?.as_blob().map_err(|error| StoreError::unreadable("digest", error))?;
            let stable = digest.get(..16) == digests.get(..16);
            Ok((row.get(0)?, stable, digest == digests, row.get(2)?))
        })?;
        let Some((number, stable, whole, gone)): Option<(i64, bool, bool, bool)> = found else {
            let row = params![tenant, connection, kind, id, digests, at.0, parent, name, stamp, fields];
            return Ok((self.insert.insert(row)?, Put::Fresh));
        };
        if !stable {
            run(&mut self.change, params![number, digests, at.0, parent, name, stamp, fields])?;
        } else if !whole {
            run(&mut self.refresh, params![number, digests, at.0, fields])?;
        } else if touch && !gone {
            run(&mut self.touch, params![number, at.0])?;
        }
        if gone {
            run(&mut self.revive, params![number, at.0])?;
        }
        Ok((number, if stable { Put::Same } else { Put::Changed }))
    }
}

fn run(statement: &mut CachedStatement<'_>, values: impl Params) -> Result<(), StoreError> {
    statement.execute(values)?;
    Ok(())
}
