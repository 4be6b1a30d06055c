//! Records that the last read could not read whole: their ids, parents and reasons.
//!
//! What was known of such a record stays as it was. It is listed here until a page has it whole, or a walk to the end
//! no longer names it. The consequences for a plan are left to the planner.

use super::connections::connection_id;
use super::kept;
use super::rows::{collect, first, message, said, word};
use super::upsert::RecordRow;
use super::{StoreError, TenantStore, codec};
use crate::boxed;
use crosswalk_model::{ConnectionName, Gap, Kind, Record, Said, Timestamp};
use rusqlite::{Connection, params};
use std::collections::{HashMap, HashSet};

type Key = (i64, i64, Kind);

/// A record that could not be read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The id of the record.
    pub id: String,
    /// The parent, if known.
    pub parent: Option<String>,
    /// The reason.
    pub cause: Said,
}

impl TenantStore {
    /// Returns the records of a connection that the last reads could not read whole, by kind and id.
    ///
    /// # Errors
    /// `NotFound` (the connection).
    #[boxed]
    pub async fn unread(&self, connection: &ConnectionName) -> Result<HashMap<Kind, Vec<Unread>>, StoreError> {
        let (tenant, connection) = (self.id, connection.clone());
        self.read(move |db| {
            let connection = connection_id(db, tenant, &connection)?;
            let mut select = db.prepare_cached(
                "SELECT kind, id, parent, cause FROM unread WHERE tenant = ?1 AND connection = ?2 ORDER BY kind, id",
            )?;
            let mut unread: HashMap<Kind, Vec<Unread>> = HashMap::new();
            let mut rows = select.query([tenant, connection])?;
            while let Some(row) = rows.next()? {
                let one = Unread { id: row.get(1)?, parent: row.get(2)?, cause: said(row, 3)? };
                unread.entry(word(row, 0)?).or_default().push(one);
            }
            Ok(unread)
        })
        .await
    }
}

/// Fills in what was known before, where the vendor did not send it now.
pub(super) fn completed(
    db: &Connection,
    (tenant, connection, kind): Key,
    partly: Vec<Record>,
) -> Result<Vec<Record>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT parent, name, stamp, fields FROM records \
         WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id = ?4",
    )?;
    let mut complete = Vec::with_capacity(partly.len());
    for mut record in partly {
        let known = first(select.query(params![tenant, connection, kind.as_str(), record.id])?, |row| {
            Ok((
                row.get::<_, Option<String>>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, Option<String>>(2)?,
                row.get::<_, String>(3)?,
            ))
        })?;
        if let Some((parent, name, stamp, fields)) = known {
            record.parent = record.parent.or(parent);
            record.stamp = record.stamp.or(stamp);
            if record.name.is_empty() {
                record.name = name;
            }
            let told: HashSet<String> = record.fields.iter().map(|field| field.name.clone()).collect();
            record.fields.extend(codec::read_fields(&fields)?.into_iter().filter(|field| !told.contains(&field.name)));
        }
        complete.push(record);
    }
    Ok(complete)
}

/// Removes records from the list that a page has whole.
pub(super) fn read_whole(
    db: &Connection,
    (tenant, connection, kind): Key,
    records: &[RecordRow],
) -> Result<(), StoreError> {
    let mut any =
        db.prepare_cached("SELECT 1 FROM unread WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 LIMIT 1")?;
    if !any.exists(params![tenant, connection, kind.as_str()])? {
        return Ok(());
    }
    let mut remove =
        db.prepare_cached("DELETE FROM unread WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id = ?4")?;
    for record in records {
        remove.execute(params![tenant, connection, kind.as_str(), record.id()])?;
    }
    Ok(())
}

/// The stored state of a record that could not be read whole.
pub(super) enum Noted {
    /// The number of the stored record.
    Known(i64),
    /// It is not stored.
    Unknown,
    /// It is not stored, and this read named it before.
    Again,
}

/// Lists a record that could not be read whole. One that counted as gone is present again.
pub(super) fn note(
    db: &Connection,
    (tenant, connection, kind): Key,
    read: i64,
    gap: &Gap,
    at: Timestamp,
) -> Result<Noted, StoreError> {
    let Some(id) = &gap.item else { return Ok(Noted::Again) };
    let mut select = db.prepare_cached(
        "SELECT number, parent FROM records WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id = ?4",
    )?;
    let known = first(select.query(params![tenant, connection, kind.as_str(), id])?, |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?))
    })?;
    let mut named = db.prepare_cached(
        "SELECT 1 FROM unread WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND id = ?4 AND read = ?5",
    )?;
    let again = named.exists(params![tenant, connection, kind.as_str(), id, read])?;
    let parent = gap.parent.clone().or_else(|| known.as_ref().and_then(|(_, parent)| parent.clone()));
    db.prepare_cached(
        "INSERT INTO unread (tenant, connection, kind, id, parent, cause, read) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT DO UPDATE SET parent = excluded.parent, cause = excluded.cause, read = excluded.read",
    )?
    .execute(params![tenant, connection, kind.as_str(), id, parent, message(&gap.cause.said()), read])?;
    Ok(match known {
        Some((number, _)) => {
            // The vendor names the record, so it exists, and what was known of it stays.
            let revived = db
                .prepare_cached(
                    "UPDATE records SET gone_at = NULL, seen_at = ?2 WHERE number = ?1 AND gone_at IS NOT NULL",
                )?
                .execute([number, at.0])?;
            kept::note(db, (tenant, connection, kind), 0, revived > 0)?;
            Noted::Known(number)
        }
        None if again => Noted::Again,
        None => Noted::Unknown,
    })
}

/// The ids of the records that could not be read whole.
pub(super) fn ids(db: &Connection, (tenant, connection, kind): Key) -> Result<HashSet<String>, StoreError> {
    let mut select = db.prepare_cached("SELECT id FROM unread WHERE tenant = ?1 AND connection = ?2 AND kind = ?3")?;
    Ok(collect(select.query(params![tenant, connection, kind.as_str()])?, |row| Ok(row.get(0)?))?.into_iter().collect())
}

/// Removes the records that a walk to the end no longer named.
pub(super) fn settle(db: &Connection, (tenant, connection, kind): Key, read: i64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM unread WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND read < ?4")?
        .execute(params![tenant, connection, kind.as_str(), read])?;
    Ok(())
}

/// Whether a read left records unread.
pub(super) fn any(db: &Connection, (tenant, connection, kind): Key, read: i64) -> Result<bool, StoreError> {
    let mut any = db.prepare_cached(
        "SELECT 1 FROM unread WHERE tenant = ?1 AND connection = ?2 AND kind = ?3 AND read = ?4 LIMIT 1",
    )?;
    Ok(any.exists(params![tenant, connection, kind.as_str(), read])?)
}
