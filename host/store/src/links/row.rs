//! The rows of links: encoding, storing and reading them.

use crate::rows::{
    check_length, document_or_default, first, is_duplicate, message, said, time, time_or_none, to_document, word,
};
use crate::{StoreError, codec};
use crosswalk_model::{Decider, Kind, Link, LinkState, Value};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use std::collections::BTreeMap;

/// The columns that [`read`] reads, of the link `l`.
pub(super) const COLUMNS: &str = "l.kind, l.source, l.target_kind, l.target, l.state, l.made, l.decided_by, l.decided_at, \
     l.reason, l.candidates, l.declined, l.written, l.sent, l.volatile_at, l.missing_since, l.revision, l.shared, \
     l.memory";
/// The longest id, in bytes.
const ID_LIMIT: usize = 1024;

/// A link as its row holds it.
pub(crate) struct LinkRow {
    kind: Kind,
    source: String,
    target_kind: Kind,
    revision: i64,
    target: Option<String>,
    state: LinkState,
    made: bool,
    decided_by: &'static str,
    decided_at: i64,
    reason: String,
    candidates: Option<String>,
    declined: Option<String>,
    written: String,
    sent: Option<String>,
    volatile_at: Option<i64>,
    missing_since: Option<i64>,
    shared: bool,
    memory: Option<String>,
}

impl LinkRow {
    pub(crate) fn new(link: &Link) -> Result<Self, StoreError> {
        check_length("id", &link.source, ID_LIMIT)?;
        check_length("id", link.target.as_deref().unwrap_or_default(), ID_LIMIT)?;
        Ok(Self {
            kind: link.kind,
            source: link.source.clone(),
            target_kind: link.target_kind,
            revision: link.revision,
            target: link.target.clone(),
            state: link.state,
            made: link.made,
            decided_by: link.decider(),
            decided_at: link.decided_at.0,
            reason: message(&link.reason),
            candidates: list_or_none(&link.candidates)?,
            declined: list_or_none(&link.declined)?,
            written: write_values(&link.written),
            sent: (link.sent != link.written).then(|| write_values(&link.sent)),
            volatile_at: link.volatile_at.map(|at| at.0),
            missing_since: link.missing_since.map(|at| at.0),
            shared: link.shared,
            memory: (!link.memory.is_empty()).then(|| to_document(&link.memory)).transpose()?,
        })
    }
}

/// Stores links, each as [`put`]. If one takes the target of another that is given a new one only after it, the targets
/// of all are released first.
pub(super) fn put_all(db: &Connection, tenant: i64, sync: i64, links: &[LinkRow]) -> Result<(), StoreError> {
    if links.len() < 2 {
        return links.iter().try_for_each(|link| put(db, tenant, sync, link));
    }
    db.execute_batch("SAVEPOINT links")?;
    let put_each = || links.iter().try_for_each(|link| put(db, tenant, sync, link));
    let mut done = put_each();
    if done.is_err() {
        db.execute_batch("ROLLBACK TO links")?;
        links.iter().try_for_each(|link| set_free(db, tenant, sync, link))?;
        done = put_each();
    }
    db.execute_batch(if done.is_ok() { "RELEASE links" } else { "ROLLBACK TO links; RELEASE links" })?;
    done
}

/// Stores one link, if it has the stored revision and its target is free.
pub(crate) fn put(db: &Connection, tenant: i64, sync: i64, link: &LinkRow) -> Result<(), StoreError> {
    let sql = if link.revision == 0 {
        "INSERT INTO links (tenant, sync, kind, source, target_kind, revision, target, state, made, decided_by, \
             decided_at, reason, candidates, declined, written, sent, volatile_at, missing_since, shared, memory) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6 + 1, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20) \
         ON CONFLICT (tenant, sync, kind, source, target_kind) DO NOTHING"
    } else {
        "UPDATE links SET revision = ?6 + 1, target = ?7, state = ?8, made = ?9, decided_by = ?10, decided_at = ?11, \
             reason = ?12, candidates = ?13, declined = ?14, written = ?15, sent = ?16, volatile_at = ?17, missing_since = ?18, \
             shared = ?19, memory = ?20 \
         WHERE tenant = ?1 AND sync = ?2 AND kind = ?3 AND source = ?4 AND target_kind = ?5 AND revision = ?6"
    };
    let changed = db.prepare_cached(sql)?.execute(params![
        tenant,
        sync,
        link.kind.as_str(),
        link.source,
        link.target_kind.as_str(),
        link.revision,
        link.target,
        link.state.as_str(),
        link.made,
        link.decided_by,
        link.decided_at,
        link.reason,
        link.candidates,
        link.declined,
        link.written,
        link.sent,
        link.volatile_at,
        link.missing_since,
        link.shared,
        link.memory,
    ]);
    let changed = changed.map_err(|error| match is_duplicate(&error) {
        true => StoreError::stale(
            "link-to-a-taken-record",
            format!("{} {} → {}", link.kind, link.source, link.target.as_deref().unwrap_or_default()),
        ),
        false => error.into(),
    })?;
    if changed == 0 {
        return Err(StoreError::stale("link-of", format!("{} {}", link.kind, link.source)));
    }
    Ok(())
}

/// Removes the target of a stored link that is about to lose it, so that another link can take it within the same
/// transaction.
pub(crate) fn set_free(db: &Connection, tenant: i64, sync: i64, link: &LinkRow) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE links SET target = NULL WHERE tenant = ?1 AND sync = ?2 AND kind = ?3 AND source = ?4 \
         AND target_kind = ?5 AND revision = ?6 AND target IS NOT ?7",
    )?
    .execute(params![
        tenant,
        sync,
        link.kind.as_str(),
        link.source,
        link.target_kind.as_str(),
        link.revision,
        link.target
    ])?;
    Ok(())
}

/// The current state and target of a link.
pub(crate) fn state(
    db: &Connection,
    tenant: i64,
    sync: i64,
    link: &LinkRow,
) -> Result<Option<(LinkState, Option<String>)>, StoreError> {
    let mut select = db.prepare_cached(
        "SELECT state, target FROM links WHERE tenant = ?1 AND sync = ?2 AND kind = ?3 AND source = ?4 \
         AND target_kind = ?5",
    )?;
    let key = params![tenant, sync, link.kind.as_str(), link.source, link.target_kind.as_str()];
    first(select.query(key)?, |row| Ok((word(row, 0)?, row.get(1)?)))
}

/// Reads a link from [`COLUMNS`].
pub(super) fn read(row: &Row<'_>) -> Result<Link, StoreError> {
    let written = read_values(row, 11)?;
    let sent = if row.get_ref(12)? == ValueRef::Null { written.clone() } else { read_values(row, 12)? };
    Ok(Link {
        kind: word(row, 0)?,
        source: row.get(1)?,
        target_kind: word(row, 2)?,
        target: row.get(3)?,
        state: word(row, 4)?,
        made: row.get(5)?,
        decided_by: Decider::read(row.get_ref(6)?.as_str().map_err(|error| StoreError::unreadable("link", error))?),
        decided_at: time(row, 7)?,
        reason: said(row, 8)?,
        candidates: document_or_default(row, 9, "candidates")?,
        declined: document_or_default(row, 10, "declined targets")?,
        written,
        sent,
        volatile_at: time_or_none(row, 13)?,
        missing_since: time_or_none(row, 14)?,
        revision: row.get(15)?,
        shared: row.get(16)?,
        memory: document_or_default(row, 17, "memory of a link")?,
    })
}

fn write_values(values: &BTreeMap<String, Value>) -> String {
    codec::write_fields(values.iter().map(|(name, value)| (name.as_str(), value)))
}

fn read_values(row: &Row<'_>, column: usize) -> Result<BTreeMap<String, Value>, StoreError> {
    codec::read_map(row.get_ref(column)?.as_str().map_err(|error| StoreError::unreadable("link", error))?)
}

fn list_or_none(list: &[impl Serialize]) -> Result<Option<String>, StoreError> {
    if list.is_empty() { Ok(None) } else { to_document(&list).map(Some) }
}
