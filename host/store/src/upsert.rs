//! Storing records: the path that a hundred thousand records take in a sync.
//!
//! A record is stored with two digests: one over what a person would call the record, one over everything. The first
//! shows whether it changed, the second whether its row must be written again at all. The digest is fast and not
//! cryptographic. It protects against nobody, as whoever writes a record chooses its content anyway.

use super::kept;
use super::rows::{check_length, first};
use super::sightings::SightEverywhere;
use super::{StoreError, codec};
use crosswalk_model::{Kind, Record, Timestamp, Value, catalogue, said};
use rusqlite::{CachedStatement, Connection, Params, params};
use xxhash_rust::xxh3::xxh3_128;

/// The longest id, parent and stamp; the longest name; the longest fields together; in bytes.
const LIMITS: (usize, usize, usize) = (1024, 16 * 1024, 1024 * 1024);

/// Stores records that are certainly present, whatever reads are in progress.
pub(super) fn put_all(
    db: &Connection,
    tenant: i64,
    connection: i64,
    kind: Kind,
    records: &[RecordRow],
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut sight = SightEverywhere::prepare(db, tenant, connection, kind)?;
    let mut upsert = Upsert::prepare(db, tenant, connection, kind)?;
    for record in records {
        let (number, _) = upsert.put(record, at, true)?;
        sight.see(number)?;
    }
    upsert.sum_up(db)
}

/// A record as its row holds it.
pub(super) struct RecordRow {
    id: String,
    parent: Option<String>,
    name: String,
    stamp: Option<String>,
    fields: String,
    digests: [u8; 32],
}

impl RecordRow {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn all<'r>(kind: Kind, records: impl IntoIterator<Item = &'r Record>) -> Result<Vec<Self>, StoreError> {
        let volatile: Vec<&str> =
            catalogue::fields(kind).filter(|(_, field)| field.volatile).map(|(name, _)| name).collect();
        let mut buffer = Vec::with_capacity(1024);
        records.into_iter().map(|record| Self::new(record, &volatile, &mut buffer)).collect()
    }

    fn new(record: &Record, volatile: &[&str], buffer: &mut Vec<u8>) -> Result<Self, StoreError> {
        check_length("id", &record.id, LIMITS.0)?;
        check_length("parent", record.parent.as_deref().unwrap_or_default(), LIMITS.0)?;
        check_length("stamp", record.stamp.as_deref().unwrap_or_default(), LIMITS.0)?;
        check_length("name", &record.name, LIMITS.1)?;
        let fields = codec::write_fields(record.fields.iter().map(|field| (field.name.as_str(), &field.value)));
        if fields.len() > LIMITS.2 {
            return Err(StoreError::TooLarge {
                what: said!("too-large-fields", record = &record.id, bytes = fields.len(), most = LIMITS.2,),
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

/// Returns the digest without volatile fields, then the digest of everything. The order of the fields does not matter.
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

/// What storing a record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Put {
    Fresh,
    Changed,
    Same,
}

/// The statements that store a record, prepared once for many, and the sum of what they changed.
pub(super) struct Upsert<'c> {
    find: CachedStatement<'c>,
    insert: CachedStatement<'c>,
    change: CachedStatement<'c>,
    refresh: CachedStatement<'c>,
    revive: CachedStatement<'c>,
    touch: CachedStatement<'c>,
    key: (i64, i64, Kind),
    /// Number of bytes by which the records grew.
    grown: i64,
    moved: bool,
}

impl<'c> Upsert<'c> {
    pub(super) fn prepare(db: &'c Connection, tenant: i64, connection: i64, kind: Kind) -> Result<Self, StoreError> {
        Ok(Self {
            find: db.prepare_cached(
                "SELECT number, digest, gone_at IS NOT NULL, octet_length(fields) + octet_length(name) FROM records \
                 WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id = ?4",
            )?,
            insert: db.prepare_cached(
                "INSERT INTO records (tenant, connection, kind, id, digest, seen_at, first_at, parent, name, stamp, fields) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10)",
            )?,
            // Three ways to write a row, because an index is touched only if its columns may differ.
            change: db.prepare_cached(
                "UPDATE records SET digest = ?2, seen_at = ?3, parent = ?4, name = ?5, stamp = ?6, fields = ?7 \
                 WHERE number = ?1",
            )?,
            refresh: db
                .prepare_cached("UPDATE records SET digest = ?2, seen_at = ?3, fields = ?4 WHERE number = ?1")?,
            revive: db.prepare_cached("UPDATE records SET gone_at = NULL, seen_at = ?2 WHERE number = ?1")?,
            touch: db.prepare_cached("UPDATE records SET seen_at = ?2 WHERE number = ?1")?,
            key: (tenant, connection, kind),
            grown: 0,
            moved: false,
        })
    }

    /// Stores one record, and returns its number. With `touch`, the time is written even if nothing else differs.
    pub(super) fn put(&mut self, record: &RecordRow, at: Timestamp, touch: bool) -> Result<(i64, Put), StoreError> {
        let (tenant, connection, kind) = (self.key.0, self.key.1, self.key.2.as_str());
        let RecordRow { id, parent, name, stamp, fields, digests } = record;
        let found = first(self.find.query(params![tenant, connection, kind, id])?, |row| {
            let digest = row.get_ref(1)?.as_blob().map_err(|error| StoreError::unreadable("digest", error))?;
            let stable = digest.get(..16) == digests.get(..16);
            Ok((row.get(0)?, stable, digest == digests, row.get(2)?, row.get(3)?))
        })?;
        let bytes = (fields.len() + name.len()) as i64;
        let Some((number, stable, whole, gone, before)): Option<(i64, bool, bool, bool, i64)> = found else {
            self.grown += bytes + id.len() as i64 + kept::ROW;
            self.moved = true;
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
        self.moved |= gone || !stable;
        if !whole {
            self.grown += bytes - before;
        }
        if gone {
            run(&mut self.revive, params![number, at.0])?;
        }
        Ok((number, if stable { Put::Same } else { Put::Changed }))
    }

    /// Stores the sum of what changed.
    pub(super) fn sum_up(self, db: &Connection) -> Result<(), StoreError> {
        kept::note(db, self.key, self.grown, self.moved)
    }
}

fn run(statement: &mut CachedStatement<'_>, values: impl Params) -> Result<(), StoreError> {
    statement.execute(values)?;
    Ok(())
}
