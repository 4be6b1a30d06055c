//! Actors by number: on whose behalf a handle of the store writes.
//!
//! A handle carries one actor; its runs and journal entries are stored with it.

use super::rows::first;
use super::{StoreError, TenantStore};
use crosswalk_model::Actor;
use rusqlite::{Connection, Row, params};
use std::sync::Arc;

impl TenantStore {
    /// Returns a handle whose runs and journal entries are an actor's.
    #[must_use]
    pub fn by(&self, actor: Actor) -> Self {
        Self { actor: Arc::new(actor), ..self.clone() }
    }

    /// The actor of this handle.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// Returns the number of an actor, which it is given at its first use.
pub(super) fn actor_id(db: &Connection, tenant: i64, actor: &Actor) -> Result<i64, StoreError> {
    let text = actor.to_string();
    let mut select = db.prepare_cached("SELECT id FROM actors WHERE tenant = ?1 AND actor = ?2")?;
    if let Some(id) = first(select.query(params![tenant, text])?, |row| Ok(row.get(0)?))? {
        return Ok(id);
    }
    db.prepare_cached("INSERT INTO actors (tenant, actor) VALUES (?1, ?2)")?.execute(params![tenant, text])?;
    Ok(db.last_insert_rowid())
}

/// Reads an actor from a column of `actors.actor`, which is `NULL` in rows of earlier versions.
pub(super) fn read(row: &Row<'_>, at: usize) -> Result<Option<Actor>, StoreError> {
    let text: Option<String> = row.get(at)?;
    text.map(|text| text.parse().map_err(|error: String| StoreError::unreadable("actor", error))).transpose()
}
